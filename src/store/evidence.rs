//! The records of uploaded documents. The files themselves are in the data folder (`files.rs`).

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    dialect::on_either,
    schema::evidence,
    tx::Subject,
    types::{AnyId, At},
};
use crate::domain::{
    evidence::{Evidence, MediaType},
    ids::{ApplicationId, EvidenceId},
};

#[derive(Queryable)]
struct Row {
    id: EvidenceId,
    application_id: ApplicationId,
    kind: String,
    file_name: String,
    media_type: MediaType,
    bytes: i32,
    sha256: Vec<u8>,
    storage_name: String,
    uploaded_by: AnyId,
    uploaded_at: At,
    _removed_at: Option<At>,
}

impl From<Row> for Evidence {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            application: row.application_id,
            kind: row.kind,
            file_name: row.file_name,
            media_type: row.media_type,
            bytes: row.bytes,
            sha256: row.sha256,
            storage_name: row.storage_name,
            uploaded_by: row.uploaded_by.0,
            uploaded_at: row.uploaded_at.0,
        }
    }
}

/// The documents of a case, the oldest first.
pub fn of_case(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Vec<Evidence>, StoreError> {
    if let Some(documents) = tx.prefetched.get::<Vec<Evidence>>(Subject::Evidence(application)) {
        return Ok(documents.clone());
    }
    let query = evidence::table
        .filter(evidence::application_id.eq(application).and(evidence::removed_at.is_null()))
        .order((evidence::uploaded_at, evidence::id));
    let rows: Vec<Row> = on_either!(tx.conn_unflushed(), |conn| query.load(conn))?;
    let documents: Vec<Evidence> = rows.into_iter().map(Evidence::from).collect();
    tx.prefetched.put(Subject::Evidence(application), documents.clone());
    Ok(documents)
}

/// The documents of several cases.
pub(super) fn of_cases(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, Evidence)>, StoreError> {
    let query = evidence::table
        .filter(evidence::application_id.eq_any(cases).and(evidence::removed_at.is_null()))
        .order((evidence::application_id, evidence::uploaded_at, evidence::id));
    let rows: Vec<Row> = on_either!(tx.conn_unflushed(), |conn| query.load(conn))?;
    Ok(rows.into_iter().map(|row| (row.application_id, Evidence::from(row))).collect())
}

/// Prefetches the documents of several cases.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let documents = of_cases(tx, cases)?;
    tx.prefetched.put_lists(Subject::Evidence, cases, documents);
    Ok(())
}

/// Adds a document.
pub fn insert(tx: &mut Tx<'_>, document: &Evidence) -> Result<(), StoreError> {
    diesel::insert_into(evidence::table)
        .values((
            evidence::id.eq(document.id),
            evidence::application_id.eq(document.application),
            evidence::kind.eq(&document.kind),
            evidence::file_name.eq(&document.file_name),
            evidence::media_type.eq(document.media_type),
            evidence::bytes.eq(document.bytes),
            evidence::sha256.eq(&document.sha256),
            evidence::storage_name.eq(&document.storage_name),
            evidence::uploaded_by.eq(AnyId(document.uploaded_by)),
            evidence::uploaded_at.eq(At(document.uploaded_at)),
        ))
        .execute(tx.changing(Subject::Evidence(document.application))?)?;
    Ok(())
}

/// Marks a document as removed. The row and the file stay until the retention period is over. False: it was removed
/// before.
pub fn remove(tx: &mut Tx<'_>, document: &Evidence, now: Timestamp) -> Result<bool, StoreError> {
    let changed = diesel::update(evidence::table.find(document.id).filter(evidence::removed_at.is_null()))
        .set(evidence::removed_at.eq(Some(At(now))))
        .execute(tx.changing(Subject::Evidence(document.application))?)?;
    Ok(changed == 1)
}
