//! Uploaded files of erased cases that are still in the data folder. A file is removed after the transaction that
//! erased its case is committed. Its row is deleted only after that, so that a crash leaves no file behind.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    dialect::insert_rows,
    schema::{evidence, files_to_remove},
    tx::Subject,
};
use crate::domain::ids::ApplicationId;

/// The limit of a count. The exact number beyond it does not matter.
const COUNTED_AT_MOST: i64 = 1000;

/// Adds every file of a case, also those of documents that were removed from it.
pub(super) fn add_of_case(tx: &mut Tx<'_>, case: ApplicationId) -> Result<(), StoreError> {
    let names: Vec<String> = evidence::table
        .filter(evidence::application_id.eq(case))
        .order(evidence::id)
        .select(evidence::storage_name)
        .load(tx.conn()?)?;
    insert_rows!(tx.changing(Subject::Other)?, files_to_remove::table, &names, |name| {
        files_to_remove::storage_name.eq(name)
    });
    Ok(())
}

/// At most this many of the files that are still to be removed.
pub fn list(tx: &mut Tx<'_>, at_most: i64) -> Result<Vec<String>, StoreError> {
    Ok(files_to_remove::table
        .order(files_to_remove::storage_name)
        .limit(at_most)
        .select(files_to_remove::storage_name)
        .load(tx.conn()?)?)
}

/// The number of files to remove, counted up to [`COUNTED_AT_MOST`].
pub fn count(tx: &mut Tx<'_>) -> Result<i32, StoreError> {
    let names = list(tx, COUNTED_AT_MOST)?;
    Ok(i32::try_from(names.len()).unwrap_or(i32::MAX))
}

/// Deletes the rows of removed files.
pub fn delete(tx: &mut Tx<'_>, names: &[String]) -> Result<(), StoreError> {
    diesel::delete(files_to_remove::table.filter(files_to_remove::storage_name.eq_any(names)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}
