//! Failed sign-ins, counted by address in a window of time.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{StoreError, Tx, account::email_key, schema::sign_in_failures, tx::Subject, types::At};

fn address_hash(tx: &Tx<'_>, email: &str) -> Vec<u8> {
    tx.keyring.lookup_hash(&format!("sign-in {}", email_key(email)))
}

/// The number of failures with this address, and the time of the first, in a window that began after `from`.
pub fn count(tx: &mut Tx<'_>, email: &str, from: Timestamp) -> Result<Option<(i32, Timestamp)>, StoreError> {
    let hash = address_hash(tx, email);
    let found: Option<(i32, At)> = sign_in_failures::table
        .find(hash)
        .filter(sign_in_failures::since.gt(At(from)))
        .select((sign_in_failures::failures, sign_in_failures::since))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(failures, since)| (failures, since.0)))
}

/// Counts a failure. If the last window began before `from`, a new one begins.
pub fn add(tx: &mut Tx<'_>, email: &str, from: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let hash = address_hash(tx, email);
    let changed =
        diesel::update(sign_in_failures::table.find(&hash).filter(sign_in_failures::since.gt(At(from))))
            .set(sign_in_failures::failures.eq(sign_in_failures::failures + 1))
            .execute(tx.changing(Subject::Other)?)?;
    if changed == 0 {
        clear(tx, email)?;
        diesel::insert_into(sign_in_failures::table)
            .values((
                sign_in_failures::address_hash.eq(hash),
                sign_in_failures::failures.eq(1),
                sign_in_failures::since.eq(At(now)),
            ))
            .execute(tx.changing(Subject::Other)?)?;
    }
    Ok(())
}

/// Removes the failures of an address, after a successful sign-in.
pub fn clear(tx: &mut Tx<'_>, email: &str) -> Result<(), StoreError> {
    let hash = address_hash(tx, email);
    diesel::delete(sign_in_failures::table.find(hash)).execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Removes windows that began before `before`.
pub fn delete_old(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(sign_in_failures::table.filter(sign_in_failures::since.le(At(before))))
        .execute(tx.changing(Subject::Other)?)?)
}
