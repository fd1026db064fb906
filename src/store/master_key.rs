//! The versions of the master key: which is current, so that all instances agree, and the check that identifies each
//! key. The keys themselves are in the key file.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect,
    schema::{key_checks, master_keys},
    tx::Subject,
    types::At,
};
use crate::keyring::{KeyId, Keyring, Version};

/// All versions, the oldest first.
pub fn versions(tx: &mut Tx<'_>) -> Result<Vec<Version>, StoreError> {
    load(tx.conn()?)
}

/// The same, before there is a transaction with keys.
pub(super) fn load(conn: &mut AnyConnection) -> Result<Vec<Version>, StoreError> {
    let checks: Vec<(String, Vec<u8>)> = key_checks::table.load(conn)?;
    with_checks(conn, checks.into_iter().collect())
}

/// The versions of a database that has no checks yet.
pub(super) fn load_without_checks(conn: &mut AnyConnection) -> Result<Vec<Version>, StoreError> {
    with_checks(conn, BTreeMap::new())
}

fn with_checks(
    conn: &mut AnyConnection,
    mut checks: BTreeMap<String, Vec<u8>>,
) -> Result<Vec<Version>, StoreError> {
    let rows: Vec<(i32, String, At)> = master_keys::table.order(master_keys::version).load(conn)?;
    rows.into_iter()
        .map(|(number, id, at)| {
            let key =
                id.parse().map_err(|_| StoreError::Broken(format!("{id} is not the id of a master key")))?;
            Ok(Version { number, key, activated_at: at.0, check: checks.remove(&id) })
        })
        .collect()
}

/// Makes this process use the current version. Fails if the key file does not hold it, or another key under its id.
pub fn sync(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let versions = versions(tx)?;
    Ok(tx.keyring.use_versions(versions)?)
}

/// Makes a key current. Fails if the key file lacks the key that is current so far: another rotation, with another key
/// file, was faster.
pub fn activate(tx: &mut Tx<'_>, key: KeyId, now: Timestamp) -> Result<(), StoreError> {
    dialect::lock_keys(tx.changing(Subject::Other)?)?;
    sync(tx)?;
    let number = versions(tx)?.last().map_or(1, |last| last.number + 1);
    let keyring = tx.keyring;
    let conn = tx.changing(Subject::Other)?;
    add_version(conn, number, key, now)?;
    add_check(conn, keyring, key)
}

pub(super) fn add_version(
    conn: &mut AnyConnection,
    number: i32,
    key: KeyId,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(master_keys::table)
        .values((
            master_keys::version.eq(number),
            master_keys::id.eq(key.to_string()),
            master_keys::activated_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Records the check that identifies this key.
pub(super) fn add_check(conn: &mut AnyConnection, keyring: &Keyring, key: KeyId) -> Result<(), StoreError> {
    let sealed = keyring.check_of(key)?;
    diesel::insert_into(key_checks::table)
        .values((key_checks::key_id.eq(key.to_string()), key_checks::sealed.eq(sealed)))
        .execute(conn)?;
    Ok(())
}
