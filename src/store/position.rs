//! The columns of cases that a step changes. The rows of many cases are written in one statement, each guarded by the
//! version that its step was decided on.

use std::collections::BTreeSet;

use diesel::{
    pg::PgConnection,
    prelude::*,
    sql_types::{Array, Binary, Bool, Integer, Nullable, Text},
};

use super::{
    StoreError,
    connection::AnyConnection,
    dialect::on_either,
    schema::applications,
    statement::{CachedSql, cached_sql, cached_sql_around, update_columns},
    tx::{FlushOrder, PendingRow, Subject},
    types::{At, Id, Instant},
};
use crate::domain::{
    case::Case,
    ids::{AccountId, ApplicationId},
};

/// The columns of a case that a step changes.
pub(super) struct Position {
    id: ApplicationId,
    seen_version: i32,
    state: &'static str,
    stage: Option<String>,
    assignee: Option<AccountId>,
    /// Whether the travel document must be unique now.
    is_live: bool,
    place: &'static str,
    version: i32,
    event_seq: i32,
    event_hash: Vec<u8>,
    updated_at: At,
    submitted_at: Option<At>,
    due_at: Option<At>,
    decided_at: Option<At>,
    unchanged: Unchanged,
}

/// Which columns keep their value. SQLite rewrites every index of a column that an update names; PostgreSQL detects
/// that the value is the same.
struct Unchanged {
    state: bool,
    stage: bool,
    assignee: bool,
    submitted_at: bool,
    due_at: bool,
    live: bool,
}

impl Position {
    pub fn of(case: &Case, before: &Case) -> Self {
        Self {
            id: case.id,
            seen_version: before.version,
            state: case.state.as_str(),
            stage: case.stage.clone(),
            assignee: case.assignee,
            is_live: case.state.is_live(),
            place: case.place.as_str(),
            version: case.version,
            event_seq: case.event_seq,
            event_hash: case.event_hash.clone(),
            updated_at: At(case.updated_at),
            submitted_at: case.submitted_at.map(At),
            due_at: case.due_at.map(At),
            decided_at: case.decided_at.map(At),
            unchanged: Unchanged {
                state: case.state == before.state,
                stage: case.stage == before.stage,
                assignee: case.assignee == before.assignee,
                submitted_at: case.submitted_at == before.submitted_at,
                due_at: case.due_at == before.due_at,
                live: case.state.is_live() == before.state.is_live(),
            },
        }
    }
}

impl PendingRow for Position {
    const ORDER: FlushOrder = FlushOrder::Positions;

    fn subject(&self) -> Subject {
        Subject::Case(self.id)
    }

    /// If a case has another version by now, the transaction has to be retried.
    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        let cases: BTreeSet<ApplicationId> = rows.iter().map(|row| row.id).collect();
        let changed = match conn {
            // One round trip, unless a case has two steps.
            AnyConnection::Postgres(conn) if rows.len() > 1 && cases.len() == rows.len() => {
                write_with_arrays(conn, rows)?
            }
            conn => {
                let mut changed = 0;
                for row in rows {
                    changed += write_one(conn, row)?;
                }
                changed
            }
        };
        if changed == rows.len() { Ok(()) } else { Err(StoreError::Raced) }
    }
}

/// With the names of the columns as text: Diesel would quote each of them anew for each row.
fn write_one(conn: &mut AnyConnection, row: &Position) -> QueryResult<usize> {
    let seen = applications::id.eq(row.id).and(applications::version.eq(row.seen_version));
    let Unchanged { state, stage, assignee, submitted_at, due_at, live } = row.unchanged;
    let set = (
        column("place = ", row.place.into_sql::<Text>()),
        column("version = ", row.version.into_sql::<Integer>()),
        column("event_seq = ", row.event_seq.into_sql::<Integer>()),
        column("event_hash = ", row.event_hash.as_slice().into_sql::<Binary>()),
        column("updated_at = ", row.updated_at.into_sql::<Instant>()),
        column("decided_at = ", row.decided_at.into_sql::<Nullable<Instant>>()),
        (!state).then(|| column("state = ", row.state.into_sql::<Text>())),
        (!stage).then(|| column("stage = ", row.stage.as_deref().into_sql::<Nullable<Text>>())),
        (!assignee).then(|| column("assignee_id = ", row.assignee.into_sql::<Nullable<Id>>())),
        (!live && row.is_live).then(|| cached_sql("live_document_hash = document_hash")),
        (!live && !row.is_live).then(|| cached_sql("live_document_hash = NULL")),
        (!submitted_at).then(|| column("submitted_at = ", row.submitted_at.into_sql::<Nullable<Instant>>())),
        (!due_at).then(|| column("due_at = ", row.due_at.into_sql::<Nullable<Instant>>())),
    );
    let update = update_columns("applications", seen, set);
    on_either!(conn, |conn| update.execute(conn))
}

fn column<V>(name: &'static str, value: V) -> CachedSql<V> {
    cached_sql_around(name, value, "")
}

/// Writes all rows with one statement, each column as an array. Diesel's query builder cannot express that.
fn write_with_arrays(conn: &mut PgConnection, rows: &[Position]) -> QueryResult<usize> {
    macro_rules! column {
        ($row:ident => $value:expr) => {
            rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let columns = (
        column!(row => row.id).into_sql::<Array<Id>>(),
        column!(row => row.seen_version).into_sql::<Array<Integer>>(),
        column!(row => row.state).into_sql::<Array<Text>>(),
        column!(row => row.stage.as_deref()).into_sql::<Array<Nullable<Text>>>(),
        column!(row => row.assignee).into_sql::<Array<Nullable<Id>>>(),
        column!(row => row.is_live).into_sql::<Array<Bool>>(),
        column!(row => row.place).into_sql::<Array<Text>>(),
        column!(row => row.version).into_sql::<Array<Integer>>(),
        column!(row => row.event_seq).into_sql::<Array<Integer>>(),
        column!(row => row.event_hash.as_slice()).into_sql::<Array<Binary>>(),
        column!(row => row.updated_at).into_sql::<Array<Instant>>(),
        column!(row => row.submitted_at).into_sql::<Array<Nullable<Instant>>>(),
        column!(row => row.due_at).into_sql::<Array<Nullable<Instant>>>(),
        column!(row => row.decided_at).into_sql::<Array<Nullable<Instant>>>(),
    );
    cached_sql_around(
        "UPDATE applications AS a SET state = p.state, stage = p.stage, assignee_id = p.assignee_id,
           live_document_hash = CASE WHEN p.is_live THEN a.document_hash END, place = p.place,
           version = p.version, event_seq = p.event_seq,
           event_hash = p.event_hash, updated_at = p.updated_at, submitted_at = p.submitted_at, due_at = p.due_at,
           decided_at = p.decided_at
         FROM unnest(",
        columns,
        ") AS p (id, seen_version, state, stage, assignee_id, is_live, place, version, event_seq,
             event_hash, updated_at, submitted_at, due_at, decided_at)
         WHERE a.id = p.id AND a.version = p.seen_version",
    )
    .execute(conn)
}
