//! The keys of cases: created with the case, read together for many cases, and what is sealed under them.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::{insert_rows, on_either},
    one_of::one_of,
    schema::case_keys,
    tx::{FlushOrder, PendingRow, Subject},
};
use crate::{
    domain::ids::ApplicationId,
    keyring::{self, CaseKey, KeyError, WrappedKey},
};

mod cache;

pub(super) use cache::CaseKeyCache;

pub(super) fn place(case: ApplicationId) -> String {
    format!("case_keys/{case}/wrapped_key")
}

/// Encrypts a value of a case under the case's key.
pub(super) fn seal(
    tx: &mut Tx<'_>,
    case: ApplicationId,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let key = match of_case(tx, case)? {
        Some(key) => key,
        None => create(tx, case)?,
    };
    Ok(key.seal(place, plain)?)
}

/// Decrypts a value of a case. Values from before there were case keys are sealed under a master key.
pub(super) fn open(
    tx: &mut Tx<'_>,
    case: ApplicationId,
    place: &str,
    sealed: &[u8],
) -> Result<Vec<u8>, StoreError> {
    if keyring::is_under_master_key(sealed) {
        return Ok(tx.keyring.open(place, sealed)?);
    }
    let key = of_case(tx, case)?.ok_or(KeyError::MissingCaseKey)?;
    Ok(key.open(place, sealed)?)
}

/// Gives a case its key, unless it has one.
pub(super) fn create(tx: &mut Tx<'_>, case: ApplicationId) -> Result<CaseKey, StoreError> {
    if let Some(Some(key)) = tx.prefetched.get::<Option<CaseKey>>(Subject::CaseKey(case)) {
        return Ok(key.clone());
    }
    let (key, wrapped) = tx.keyring.new_case_key(&place(case))?;
    tx.push(NewRow { case, wrapped });
    tx.has_new_case_keys = true;
    tx.prefetched.put(Subject::CaseKey(case), Some(key.clone()));
    Ok(key)
}

/// The key of a case; none if it has no key yet.
fn of_case(tx: &mut Tx<'_>, case: ApplicationId) -> Result<Option<CaseKey>, StoreError> {
    if let Some(key) = in_memory(tx, case) {
        return Ok(key);
    }
    let query = case_keys::table.find(case).select(case_keys::wrapped_key);
    let wrapped: Option<Vec<u8>> = on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    remember(tx, case, wrapped.as_deref())?;
    Ok(in_memory(tx, case).flatten())
}

/// Reads the keys of several cases in one statement. A key that cannot be opened is left out, so that it does not stop
/// the other cases: the code that needs it gets the error.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let missing: Vec<ApplicationId> =
        cases.iter().copied().filter(|case| in_memory(tx, *case).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let query = case_keys::table
        .filter(one_of(case_keys::application_id, &missing))
        .select((case_keys::application_id, case_keys::wrapped_key));
    let rows: Vec<(ApplicationId, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    for case in missing {
        tx.prefetched.put(Subject::CaseKey(case), None::<CaseKey>);
    }
    for (case, wrapped) in rows {
        if remember(tx, case, Some(&wrapped)).is_err() {
            tx.prefetched.forget(Subject::CaseKey(case));
        }
    }
    Ok(())
}

/// The key of a case, if it was read already; `Some(None)`: the case has none.
fn in_memory(tx: &mut Tx<'_>, case: ApplicationId) -> Option<Option<CaseKey>> {
    if let Some(key) = tx.prefetched.get::<Option<CaseKey>>(Subject::CaseKey(case)) {
        return Some(key.clone());
    }
    let key = Some(tx.case_keys.get(case)?);
    tx.prefetched.put(Subject::CaseKey(case), key.clone());
    Some(key)
}

/// Opens a key that was read, and keeps it for this transaction and, if it is committed, for others.
pub(super) fn remember(
    tx: &mut Tx<'_>,
    case: ApplicationId,
    wrapped: Option<&[u8]>,
) -> Result<(), StoreError> {
    if in_memory(tx, case).flatten().is_some() {
        return Ok(());
    }
    let key = wrapped.map(|wrapped| tx.keyring.unwrap_case_key(&place(case), wrapped)).transpose()?;
    if let Some(key) = key.as_ref().filter(|_| !tx.has_new_case_keys) {
        tx.case_keys.insert(case, key.clone());
    }
    tx.prefetched.put(Subject::CaseKey(case), key);
    Ok(())
}

/// Deletes the key of a case: nothing that is sealed under it can be read any more.
pub(super) fn delete(tx: &mut Tx<'_>, case: ApplicationId) -> Result<(), StoreError> {
    diesel::delete(case_keys::table.find(case)).execute(tx.changing(Subject::CaseKey(case))?)?;
    tx.case_keys.remove(case);
    Ok(())
}

/// A new key, wrapped.
struct NewRow {
    case: ApplicationId,
    wrapped: WrappedKey,
}

impl PendingRow for NewRow {
    const ORDER: FlushOrder = FlushOrder::CaseKeys;

    fn subject(&self) -> Subject {
        Subject::CaseKey(self.case)
    }

    /// If another transaction has given a case a key meanwhile, this one is tried again.
    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        match insert(conn, rows) {
            Err(StoreError::Duplicate(_)) => Err(StoreError::Raced),
            result => result,
        }
    }
}

fn insert(conn: &mut AnyConnection, rows: &[NewRow]) -> Result<(), StoreError> {
    insert_rows!(conn, case_keys, rows, |row| {
        application_id: row.case,
        wrapped_key: &row.wrapped.bytes,
        master_key: row.wrapped.master_key.to_string(),
    });
    Ok(())
}
