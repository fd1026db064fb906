//! Files that are to be removed: those of erased cases and of removed documents of drafts, and those of uploads that were
//! not added to a case in time. A file is removed after the transaction that caused it is committed. Its row is deleted
//! only after that, so that a crash leaves no file behind.

use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};

use super::{
    StoreError, Tx,
    dialect::insert_rows,
    schema::{evidence, files_to_remove},
    tx::Subject,
    types::At,
};
use crate::domain::ids::ApplicationId;

/// The limit of a count. The exact number beyond it does not matter.
const COUNTED_AT_MOST: i64 = 1000;

/// The file of an upload is removed this long after its time has ended. The clocks of two instances differ by less.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);

/// Adds every file of a case, also those of documents that were removed from it.
pub(super) fn add_of_case(tx: &mut Tx<'_>, case: ApplicationId, now: Timestamp) -> Result<(), StoreError> {
    let names: Vec<String> = evidence::table
        .filter(evidence::application_id.eq(case).and(evidence::sha256.ne(super::evidence::NO_HASH)))
        .order(evidence::id)
        .select(evidence::storage_name)
        .load(tx.conn()?)?;
    insert_rows!(tx.changing(Subject::Other)?, files_to_remove, &names, |name| {
        storage_name: name,
        since: Some(At(now)),
    });
    Ok(())
}

/// Adds one file.
pub fn add(tx: &mut Tx<'_>, storage_name: &str, now: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(files_to_remove::table)
        .values((files_to_remove::storage_name.eq(storage_name), files_to_remove::since.eq(Some(At(now)))))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Adds the file of an upload, which is removed after `keep_until`. [`delete`] prevents that.
pub fn add_upload(tx: &mut Tx<'_>, storage_name: &str, keep_until: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(files_to_remove::table)
        .values((
            files_to_remove::storage_name.eq(storage_name),
            files_to_remove::keep_until.eq(Some(At(keep_until))),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Whether the file is to be removed now.
#[diesel::dsl::auto_type]
fn is_due(now: Timestamp) -> _ {
    let over: Option<At> = Some(At(now.checked_sub(MARGIN).unwrap_or(Timestamp::MIN)));
    let is_over = files_to_remove::keep_until.is_null().or(files_to_remove::keep_until.le(over));
    is_over.assume_not_null()
}

/// At most this many of the files that are to be removed now.
pub fn list(tx: &mut Tx<'_>, now: Timestamp, at_most: i64) -> Result<Vec<String>, StoreError> {
    Ok(files_to_remove::table
        .filter(is_due(now))
        .order(files_to_remove::storage_name)
        .limit(at_most)
        .select(files_to_remove::storage_name)
        .load(tx.conn()?)?)
}

/// The number of files to remove now, counted up to [`COUNTED_AT_MOST`].
pub fn count(tx: &mut Tx<'_>, now: Timestamp) -> Result<i32, StoreError> {
    let names = list(tx, now, COUNTED_AT_MOST)?;
    Ok(i32::try_from(names.len()).unwrap_or(i32::MAX))
}

/// The time since which the oldest of the counted files waits to be removed, if it is known.
pub fn oldest(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let due: Vec<(Option<At>, Option<At>)> = files_to_remove::table
        .filter(is_due(now))
        .order(files_to_remove::storage_name)
        .limit(COUNTED_AT_MOST)
        .select((files_to_remove::since, files_to_remove::keep_until))
        .load(tx.conn()?)?;
    Ok(due.into_iter().filter_map(|(since, keep_until)| since.or(keep_until)).map(|at| at.0).min())
}

/// Keeps the file of an upload for good. False: its time is over, and it may be removed already.
pub fn keep(tx: &mut Tx<'_>, storage_name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let in_time = files_to_remove::keep_until.gt(Some(At(now)));
    let kept = diesel::delete(files_to_remove::table.find(storage_name).filter(in_time))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(kept == 1)
}

/// Deletes the rows of files: they are removed, or are in a case now.
pub fn delete(tx: &mut Tx<'_>, names: &[String]) -> Result<(), StoreError> {
    diesel::delete(files_to_remove::table.filter(files_to_remove::storage_name.eq_any(names)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}
