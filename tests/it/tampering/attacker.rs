//! Somebody who can write to the database and knows the code, but has no key.

use corridor::{
    digest,
    domain::{
        event::{AuditedEvent, Chained, GENESIS},
        ids::{ApplicationId, BatchId},
    },
    store::{self, Db, StoreError},
};
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};
use uuid::Uuid;

use super::edits::{Edit, Files};
use crate::world::Storage;

/// The attacker, on a copy.
pub struct Attacker<'a> {
    storage: &'a Storage,
    db: Db,
}

impl<'a> Attacker<'a> {
    /// Opens the copy.
    pub async fn on(storage: &'a Storage) -> Self {
        Self { storage, db: super::open(storage) }
    }

    /// Makes an edit: the statements first, then the hashes of the chains that they have changed.
    pub async fn make(&self, edit: &Edit) {
        self.run(&edit.statements, edit.name);
        for case in &edit.rechained {
            self.rechain(*case, edit.name).await;
        }
        for batch in &edit.rechained_batches {
            self.rechain_batch(*batch, edit.name).await;
        }
        if let Some(files) = edit.files {
            self.edit_files(files);
        }
    }

    /// Runs statements without the checks of foreign keys.
    fn run(&self, statements: &str, name: &str) {
        let url = self.storage.database_url();
        let done = match url.strip_prefix("sqlite://") {
            Some(file) => SqliteConnection::establish(file).unwrap().batch_execute(&format!(
                "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF; {statements}"
            )),
            None => PgConnection::establish(&url)
                .unwrap()
                .batch_execute(&format!("SET session_replication_role = replica; {statements}")),
        };
        assert!(done.is_ok(), "{name}: {done:?}: {statements}");
    }

    /// Computes the hashes of a case again, and those of its authorizations, which begin at one of its events.
    async fn rechain(&self, case: Uuid, name: &str) {
        let id = ApplicationId(case);
        let events: Result<_, StoreError> = self.db.read(move |tx| store::audit::events_of(tx, &[id])).await;
        let mut chain = self.chain("events", &format!("application_id = {}", self.id(case)));
        let mut issued = Vec::new();
        for audited in events.unwrap() {
            let number = audited.event.facts.authorization.clone();
            chain.add(audited);
            issued.extend(number.map(|number| (number, chain.previous.clone())));
        }
        chain.end(&format!("UPDATE applications SET {{}} WHERE id = {}", self.id(case)));
        self.run(&chain.statements, name);
        issued.reverse();
        // The first event that names a number has issued it.
        let issued: std::collections::BTreeMap<String, Vec<u8>> = issued.into_iter().collect();
        for (number, hash) in issued {
            let of = number.clone();
            let events: Result<_, StoreError> =
                self.db.read(move |tx| store::authorization_event::of(tx, &[of])).await;
            let mut chain = self.chain("authorization_events", &format!("authorization_number = '{number}'"));
            chain.previous = hash;
            events.unwrap().into_iter().for_each(|audited| chain.add(audited));
            chain.end(&format!("UPDATE authorizations SET {{}} WHERE number = '{number}'"));
            self.run(&chain.statements, name);
        }
    }

    async fn rechain_batch(&self, batch: Uuid, name: &str) {
        let events: Result<_, StoreError> =
            self.db.read(move |tx| store::batch_event::of(tx, &[BatchId(batch)])).await;
        let mut chain = self.chain("batch_events", &format!("batch_id = {}", self.id(batch)));
        events.unwrap().into_iter().for_each(|audited| chain.add(audited));
        chain.end(&format!("UPDATE batches SET {{}} WHERE id = {}", self.id(batch)));
        self.run(&chain.statements, name);
    }

    fn chain(&self, table: &'static str, subject: &str) -> Chain {
        let is_sqlite = self.storage.database_url().starts_with("sqlite");
        let (previous, seq) = (GENESIS.to_vec(), 0);
        Chain { table, subject: subject.to_owned(), is_sqlite, previous, seq, statements: String::new() }
    }

    fn id(&self, id: Uuid) -> String {
        id_in_sql(id, self.storage.database_url().starts_with("sqlite"))
    }

    fn edit_files(&self, files: Files) {
        let (mut all, mut folders) = (Vec::new(), vec![self.storage.folder().join("files")]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { all.push(path) }
            }
        }
        all.sort();
        let file = all.first().unwrap();
        match files {
            Files::Replace => std::fs::write(file, b"%PDF-1.4 another").unwrap(),
            Files::Delete => std::fs::remove_file(file).unwrap(),
        }
    }
}

/// A UUID as an SQL literal.
pub fn id_in_sql(id: Uuid, is_sqlite: bool) -> String {
    if is_sqlite { format!("x'{}'", id.simple()) } else { format!("'{id}'::uuid") }
}

/// A chain whose hashes are computed again.
struct Chain {
    table: &'static str,
    subject: String,
    is_sqlite: bool,
    previous: Vec<u8>,
    seq: i32,
    statements: String,
}

impl Chain {
    fn add<S: Chained>(&mut self, audited: AuditedEvent<S>) {
        let AuditedEvent { mut event, facts, .. } = audited;
        // Without the key, nobody can write a line that has a key, but anybody can write one from before there were
        // keys.
        (event.hash_key, event.digest) = (None, None);
        event.previous_hash.clone_from(&self.previous);
        let hash = digest::sha256(&event.hashed_bytes(&facts));
        self.statements += &format!(
            "UPDATE {} SET previous_hash = {}, hash = {}, hash_key = NULL{} WHERE {} AND seq = {};\n",
            self.table,
            self.bytes(&self.previous),
            self.bytes(&hash),
            if self.table == "events" { ", digest = NULL" } else { "" },
            self.subject,
            event.seq
        );
        (self.previous, self.seq) = (hash, event.seq);
    }

    /// The row of the subject says where the chain ends.
    fn end(&mut self, update: &str) {
        let end = format!("event_seq = {}, event_hash = {}", self.seq, self.bytes(&self.previous));
        self.statements += &update.replace("{}", &end);
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        let hex = digest::hex(bytes);
        if self.is_sqlite { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") }
    }
}
