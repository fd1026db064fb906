//! What a database knows about its key: the recorded versions, the check that identifies each key, and, in a database
//! of an earlier version without checks, some of its sealed values. Reads a database of any version.

use std::path::Path;

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, application, ballot, case_key,
    connection::AnyConnection,
    dialect, idempotency, master_key, outbox,
    schema::{applications, batches, case_keys, idempotency_keys, notifications},
    types::AnyId,
};
use crate::{
    domain::ids::NotificationId,
    keyring::{self, KeyError, KeyId, Keyring, Version},
};

/// How many of the first and of the last values of a column are tried.
const TRIED: i64 = 5;

/// What the database knows.
pub(super) struct KnownKeys {
    /// The oldest first.
    versions: Vec<Version>,
    /// Sealed values; none if each version has its check.
    samples: Vec<Sample>,
}

/// A value that is sealed under a master key.
struct Sample {
    place: String,
    sealed: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Column,
    CaseKey,
}

impl Sample {
    fn new(kind: Kind, place: String, sealed: Vec<u8>) -> Self {
        Self { place, sealed, kind }
    }

    /// None: it is erased, or sealed under the key of its case.
    fn key(&self) -> Option<KeyId> {
        keyring::key_of(&self.sealed)
    }

    fn opens_with(&self, keyring: &Keyring) -> bool {
        match self.kind {
            Kind::Column => keyring.open(&self.place, &self.sealed).is_ok(),
            Kind::CaseKey => keyring.unwrap_case_key(&self.place, &self.sealed).is_ok(),
        }
    }
}

impl KnownKeys {
    /// Reads it. An empty database knows nothing.
    pub fn read(conn: &mut AnyConnection) -> Result<Self, StoreError> {
        let versions = if dialect::has_table(conn, "key_checks")? {
            master_key::load(conn)?
        } else if dialect::has_table(conn, "master_keys")? {
            master_key::load_without_checks(conn)?
        } else {
            Vec::new()
        };
        let is_complete = !versions.is_empty() && versions.iter().all(|version| version.check.is_some());
        let samples = if is_complete { Vec::new() } else { samples(conn)? };
        Ok(Self { versions, samples })
    }

    /// Compares the keys of the file. None: there is no file, and nothing needs one.
    pub fn check(&self, keyring: Option<Keyring>, key_file: &Path) -> Result<Option<Keyring>, KeyError> {
        let path = || key_file.display().to_string();
        let Some(keyring) = keyring else {
            let key = self.versions.last().map(|newest| newest.key);
            let key = key.or_else(|| self.samples.iter().find_map(Sample::key));
            return match self.versions.is_empty() && self.samples.is_empty() {
                true => Ok(None),
                false => Err(KeyError::NoFile { path: path(), key }),
            };
        };
        keyring.use_versions(self.versions.clone())?;
        let sealed_under: Vec<KeyId> = self.samples.iter().filter_map(Sample::key).collect();
        if let Some(key) = sealed_under.iter().find(|key| keyring.has(**key) && !self.proves(&keyring, **key))
        {
            return Err(KeyError::OtherKey { path: path(), key: *key });
        }
        if let Some(key) = sealed_under.first()
            && !sealed_under.iter().any(|key| keyring.has(*key))
        {
            return Err(KeyError::MissingMasterKey { path: path(), key: *key });
        }
        Ok(Some(keyring))
    }

    /// Whether one of the values opens with this key of the file. More than one is tried: a value may be damaged.
    fn proves(&self, keyring: &Keyring, key: KeyId) -> bool {
        let mut under_it = self.samples.iter().filter(|sample| sample.key() == Some(key));
        under_it.any(|sample| sample.opens_with(keyring))
    }

    /// Records the versions, and the check of each key that a value has proved. If nothing is sealed, there is nothing to
    /// prove.
    pub fn record(
        &self,
        conn: &mut AnyConnection,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.versions.is_empty() {
            // The oldest first, so that the newest becomes current.
            for (number, key) in (1..).zip(keyring.ids().into_iter().rev()) {
                master_key::add_version(conn, number, key, now)?;
            }
        }
        for Version { key, check, .. } in master_key::load(conn)? {
            let is_proved = self.samples.is_empty() || self.proves(keyring, key);
            if check.is_none() && keyring.has(key) && is_proved {
                master_key::add_check(conn, keyring, key)?;
            }
        }
        Ok(keyring.use_versions(master_key::load(conn)?)?)
    }
}

/// Some of the oldest and of the newest values of each column. Case keys and forms are enough to know about cases: none is
/// without them.
fn samples(conn: &mut AnyConnection) -> Result<Vec<Sample>, StoreError> {
    /// The first and the last values of a column, as samples.
    macro_rules! ends_of {
        ($rows:expr, $id:expr, $place:expr, $kind:expr) => {{
            let mut rows: Vec<(_, Vec<u8>)> = $rows.order($id.asc()).limit(TRIED).load(&mut *conn)?;
            rows.extend($rows.order($id.desc()).limit(TRIED).load::<(_, Vec<u8>)>(&mut *conn)?);
            let samples = rows.into_iter().filter(|(_, sealed)| !sealed.is_empty());
            samples.map(|(id, sealed)| Sample::new($kind, $place(id), sealed)).collect::<Vec<_>>()
        }};
    }
    let mut all = Vec::new();
    if dialect::has_table(conn, "case_keys")? {
        let keys = case_keys::table.select((case_keys::application_id, case_keys::wrapped_key));
        all.extend(ends_of!(keys, case_keys::application_id, case_key::place, Kind::CaseKey));
    }
    if dialect::has_table(conn, "applications")? {
        let forms = applications::table.select((applications::id, applications::form_sealed));
        all.extend(ends_of!(forms, applications::id, application::sealing_place, Kind::Column));
        let seeds = batches::table
            .filter(batches::ballot_seed_sealed.is_not_null())
            .select((batches::id, batches::ballot_seed_sealed.assume_not_null()));
        all.extend(ends_of!(seeds, batches::id, ballot::sealing_place, Kind::Column));
    }
    if dialect::has_table(conn, "notifications")? {
        let messages = notifications::table.select((notifications::id, notifications::recipient_sealed));
        let place = |id: NotificationId| outbox::sealing_place(id, "recipient");
        all.extend(ends_of!(messages, notifications::id, place, Kind::Column));
    }
    if dialect::has_table(conn, "idempotency_keys")? {
        let answers = idempotency_keys::table.select((idempotency_keys::id, idempotency_keys::answer_sealed));
        let place = |id: AnyId| idempotency::sealing_place(id.0);
        all.extend(ends_of!(answers, idempotency_keys::id, place, Kind::Column));
    }
    Ok(all)
}
