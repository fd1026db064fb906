//! The versions of the master key: which is current, so that all instances agree. The keys themselves are in the key
//! file.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{StoreError, Tx, schema::master_keys, tx::Subject, types::At};
use crate::keyring::{KeyId, Version};

/// All versions, the oldest first.
pub fn versions(tx: &mut Tx<'_>) -> Result<Vec<Version>, StoreError> {
    let rows: Vec<(i32, String, At)> = master_keys::table.order(master_keys::version).load(tx.conn()?)?;
    rows.into_iter()
        .map(|(number, id, at)| {
            let key =
                id.parse().map_err(|_| StoreError::Broken(format!("{id} is not the id of a master key")))?;
            Ok(Version { number, key, activated_at: at.0 })
        })
        .collect()
}

/// Makes this process use the current version. Fails if the key file does not hold it.
pub fn sync(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let versions = versions(tx)?;
    Ok(tx.keyring.use_versions(versions)?)
}

/// Makes the keys of the file the first versions of a new database, or of one from before there were versions.
pub fn register(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    if versions(tx)?.is_empty() {
        for key in tx.keyring.ids().into_iter().rev() {
            activate(tx, key, now)?;
        }
    }
    Ok(())
}

/// Makes a key current.
pub fn activate(tx: &mut Tx<'_>, key: KeyId, now: Timestamp) -> Result<(), StoreError> {
    let number = versions(tx)?.last().map_or(1, |last| last.number + 1);
    diesel::insert_into(master_keys::table)
        .values((
            master_keys::version.eq(number),
            master_keys::id.eq(key.to_string()),
            master_keys::activated_at.eq(At(now)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}
