//! The edits. Each is what an attacker would run: statements, and the chains whose hashes are computed again afterwards.

use uuid::Uuid;

use super::{attacker::id_in_sql, cast::Cast};

mod decisions;
mod history;
mod installation;
mod rows;

/// An edit of a copy.
#[derive(Default)]
pub struct Edit {
    /// What is done.
    pub name: &'static str,
    /// As SQL.
    pub statements: String,
    /// The cases whose chains get new hashes.
    pub rechained: Vec<Uuid>,
    /// The batches whose chains do.
    pub rechained_batches: Vec<Uuid>,
    /// What is done to the files of documents.
    pub files: Option<Files>,
}

/// What is done to a file of a document.
#[derive(Clone, Copy)]
pub enum Files {
    Replace,
    Delete,
}

/// The cast, and the dialect.
pub struct Sql<'a> {
    pub cast: &'a Cast,
    pub is_sqlite: bool,
}

/// All edits.
pub fn all(sql: &Sql<'_>) -> Vec<Edit> {
    [history::edits(sql), decisions::edits(sql), rows::edits(sql), installation::edits(sql)]
        .into_iter()
        .flatten()
        .collect()
}

impl Sql<'_> {
    /// An edit of rows.
    fn rows(&self, name: &'static str, statements: String) -> Edit {
        Edit { name, statements, ..Edit::default() }
    }

    /// An edit of the events of a case, with new hashes.
    fn events(&self, name: &'static str, case: Uuid, statements: String) -> Edit {
        Edit { rechained: vec![case], ..self.rows(name, statements) }
    }

    fn id(&self, id: Uuid) -> String {
        id_in_sql(id, self.is_sqlite)
    }

    /// What the two databases spell differently.
    fn either(&self, sqlite: &str, postgres: &str) -> String {
        if self.is_sqlite { sqlite } else { postgres }.to_owned()
    }

    /// A column of instants, moved by a year into the past.
    fn a_year_before(&self, column: &str) -> String {
        self.either(
            &format!("(CAST(substr({column}, 1, 4) AS INTEGER) - 1) || substr({column}, 5)"),
            &format!("{column} - interval '1 year'"),
        )
    }

    fn bytes(&self, text: &str) -> String {
        let hex = corridor::digest::hex(text.as_bytes());
        self.either(&format!("x'{hex}'"), &format!("'\\x{hex}'::bytea"))
    }

    /// Sets the counters to the sums of the ledger.
    fn counters(&self) -> String {
        let sum = |column: &str, of: &str| {
            format!("(SELECT coalesce(sum({column}), 0) FROM quota_entries q WHERE {of})")
        };
        let batch = "q.batch_id = batches.id";
        let limit = "q.batch_id = batch_limits.batch_id AND q.sponsor = batch_limits.key";
        format!(
            "UPDATE batches SET held = {}, taken = {}; UPDATE batch_limits SET held = {}, taken = {};",
            sum("held_delta", batch),
            sum("taken_delta", batch),
            sum("held_delta", limit),
            sum("taken_delta", limit)
        )
    }

    /// Deletes cases with everything that belongs to them, and adjusts the counters.
    fn delete_cases(&self, which: &str) -> String {
        let of = format!("application_id IN (SELECT id FROM applications WHERE {which})");
        let messages = format!("notification_id IN (SELECT id FROM notifications WHERE {of})");
        let authorizations =
            format!("authorization_number IN (SELECT number FROM authorizations WHERE {of})");
        let tables = [
            "notifications",
            "quota_entries",
            "findings",
            "evidence",
            "case_keys",
            "journey_checks",
            "passed_over",
            "access_records",
            "idempotency_keys",
            "authorizations",
            "events",
        ];
        let rows = tables.map(|table| format!("DELETE FROM {table} WHERE {of};")).concat();
        format!(
            "DELETE FROM delivery_attempts WHERE {messages}; DELETE FROM authorization_events WHERE {authorizations}; \
             {rows} DELETE FROM applications WHERE {which}; {}",
            self.counters()
        )
    }

    /// Removes the last event of a case, and sets its row back to where the one before led.
    fn truncate(&self, case: Uuid) -> String {
        let id = self.id(case);
        let last = format!("seq = (SELECT event_seq FROM applications WHERE id = {id})");
        let before = |column: &str| {
            format!("(SELECT {column} FROM events WHERE application_id = {id} ORDER BY seq DESC LIMIT 1)")
        };
        format!(
            "DELETE FROM notifications WHERE application_id = {id} AND event_{last}; \
             DELETE FROM quota_entries WHERE application_id = {id} AND event_{last}; \
             DELETE FROM events WHERE application_id = {id} AND {last}; \
             UPDATE applications SET state = {}, stage = {stage}, event_seq = event_seq - 1 WHERE id = {id};",
            before("to_state"),
            stage = before("to_stage")
        )
    }
}
