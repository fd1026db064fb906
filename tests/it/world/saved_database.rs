//! Databases of earlier versions, saved in `tests/data`. A copy of one is used like any other [`Storage`].

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use corridor::domain::lifecycle::State;
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use jiff::Timestamp;
use serde::Deserialize;

use super::{databases::Storage, people::Program};

/// What the earlier version recorded about its database when it stopped.
#[derive(Deserialize)]
pub struct SavedDatabase {
    /// When its service stopped.
    pub at: Timestamp,
    /// The password of every account.
    pub password: String,
    /// The token in each person's session cookie, by e-mail address.
    pub sessions: BTreeMap<String, String>,
    /// An access token of the program `sponsor`.
    pub token: String,
    /// The e-mail address of a person who has not chosen a password yet.
    pub newcomer: String,
    /// The newcomer's one-time link for that.
    pub link: String,
    /// How many cases there are.
    pub cases: usize,
    /// The number of cases that an auditor sees in each state: submitted cases only.
    pub cases_by_state: BTreeMap<State, usize>,
    /// The number of abandoned messages.
    pub given_up: i64,
    /// The messages that are still to be sent.
    pub pending: Vec<PendingMessage>,
    programs: BTreeMap<String, Credentials>,
}

/// A message as the earlier version would have sent it.
#[derive(Deserialize)]
pub struct PendingMessage {
    pub to: String,
    pub message_id: String,
    /// The path of its link.
    pub path: String,
    /// The case; none if the message is about an account.
    pub reference: Option<String>,
}

#[derive(Deserialize)]
struct Credentials {
    client_id: String,
    client_secret: String,
}

impl SavedDatabase {
    /// An API client that the earlier version created: `sponsor`, `batch_manager`, `auditor`, `border`, or the code of
    /// a reviewing authority.
    pub fn program(&self, name: &str) -> Program {
        let Credentials { client_id, client_secret } = &self.programs[name];
        Program::with_credentials(client_id, client_secret)
    }
}

impl Storage {
    /// A copy of the SQLite database of this commit's version.
    pub fn with_saved_sqlite(commit: &str) -> (Self, SavedDatabase) {
        let storage = Self::with_sqlite();
        let from = folder_of(commit, "sqlite");
        copy(&from.join("corridor.db"), &storage.folder().join("corridor.db"));
        (storage.with_evidence_and_key(&from), read(&from))
    }

    /// A copy of the PostgreSQL database of this commit's version, on the server at `server`.
    pub fn with_saved_postgres(commit: &str, server: &str) -> (Self, SavedDatabase) {
        let storage = Self::with_postgres(server);
        let from = folder_of(commit, "postgres");
        let statements = fs::read_to_string(from.join("corridor.sql")).unwrap();
        let mut connection = PgConnection::establish(&storage.database_url()).unwrap();
        connection.batch_execute(&statements).unwrap();
        (storage.with_evidence_and_key(&from), read(&from))
    }

    fn with_evidence_and_key(self, from: &Path) -> Self {
        copy(&from.join("evidence"), &self.folder().join("evidence"));
        let key = self.folder().join("secret.key");
        copy(&from.join("secret.key"), &key);
        // Git does not store the mode of the key file.
        #[cfg(unix)]
        fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        self
    }
}

fn folder_of(commit: &str, database: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(commit).join(database)
}

fn read(folder: &Path) -> SavedDatabase {
    serde_json::from_slice(&fs::read(folder.join("register.json")).unwrap()).unwrap()
}

/// Copies a file, or a folder with everything in it.
pub(super) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}
