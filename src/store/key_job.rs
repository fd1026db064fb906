//! Work on all cases that is done in slices, such as sealing them again: how far it has come, so that it goes on after
//! a restart.

use diesel::prelude::*;

use super::{StoreError, Tx, connection::AnyConnection, schema::key_jobs, tx::Subject};
use crate::{domain::ids::ApplicationId, text_enum};

text_enum! {
    /// Which work.
    pub enum KeyJob {
        /// Seal under the keys of the cases what is sealed under a master key.
        Reseal = "reseal",
        /// Begin the histories of authorizations and batches that are older than their histories.
        BeginHistories = "begin_histories",
    }
}

/// Whether the job has work left.
pub fn is_unfinished(tx: &mut Tx<'_>, job: KeyJob) -> Result<bool, StoreError> {
    let row = key_jobs::table.find(job.as_str());
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(tx.conn()?)?)
}

/// Locks the job until the transaction ends, and returns the last case that was done. None if there is nothing to do, or
/// if another instance is doing it.
pub fn claim(tx: &mut Tx<'_>, job: KeyJob) -> Result<Option<Option<ApplicationId>>, StoreError> {
    let row = key_jobs::table.find(job.as_str()).select(key_jobs::after_case);
    Ok(match tx.conn()? {
        AnyConnection::Postgres(conn) => row.for_update().skip_locked().first(conn).optional()?,
        AnyConnection::Sqlite(conn) => row.first(conn).optional()?,
    })
}

/// Remembers the last case that was done; none: the job is done.
pub fn advance(tx: &mut Tx<'_>, job: KeyJob, last: Option<ApplicationId>) -> Result<(), StoreError> {
    let row = key_jobs::table.find(job.as_str());
    match last {
        Some(last) => {
            diesel::update(row)
                .set(key_jobs::after_case.eq(Some(last)))
                .execute(tx.changing(Subject::Other)?)?;
        }
        None => {
            diesel::delete(row).execute(tx.changing(Subject::Other)?)?;
        }
    }
    Ok(())
}
