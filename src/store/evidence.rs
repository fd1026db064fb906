//! The records of uploaded documents, with the key of each file. The files themselves are elsewhere (`files.rs`).

use std::sync::Arc;

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx, case_key,
    dialect::on_either,
    files::Contents,
    files_to_remove,
    one_of::one_of,
    schema::evidence,
    statement::always_same,
    tx::Subject,
    types::{AnyId, At},
};
use crate::{
    digest,
    domain::{
        evidence::{Evidence, MediaType},
        ids::{ApplicationId, EvidenceId},
    },
    keyring::FileKey,
};

#[derive(Queryable)]
pub(super) struct Row {
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
    file_key_sealed: Option<Vec<u8>>,
}

/// The documents of a case.
pub type Documents = Arc<[Evidence]>;

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
            key_sealed: row.file_key_sealed,
        }
    }
}

/// The documents of a case, the oldest first. A decision needs them twice, for its digest and for its answer.
pub fn of_case(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Documents, StoreError> {
    if let Some(documents) = tx.prefetched.get::<Documents>(Subject::Evidence(application)) {
        return Ok(Arc::clone(documents));
    }
    let query = evidence::table
        .filter(evidence::application_id.eq(application).and(evidence::removed_at.is_null()))
        .order((evidence::uploaded_at, evidence::id));
    let rows: Vec<Row> = on_either!(tx.conn_unflushed()?, |conn| query.load(conn))?;
    let documents: Documents = rows.into_iter().map(Evidence::from).collect();
    tx.prefetched.put(Subject::Evidence(application), Arc::clone(&documents));
    Ok(documents)
}

/// One document, even if it was removed.
pub fn by_id(tx: &mut Tx<'_>, id: EvidenceId) -> Result<Option<Evidence>, StoreError> {
    let row: Option<Row> = evidence::table.find(id).first(tx.conn()?).optional()?;
    Ok(row.map(Evidence::from))
}

/// The documents of several cases.
pub(super) fn of_cases(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, Evidence)>, StoreError> {
    let query = evidence::table
        .filter(one_of(evidence::application_id, cases))
        .filter(evidence::removed_at.is_null())
        .order((evidence::application_id, evidence::uploaded_at, evidence::id));
    let rows: Vec<Row> = on_either!(tx.conn_unflushed()?, |conn| query.load(conn))?;
    Ok(rows.into_iter().map(|row| (row.application_id, Evidence::from(row))).collect())
}

/// Prefetches the documents of several cases.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let documents = of_cases(tx, cases)?;
    tx.prefetched.put_lists(Subject::Evidence, cases, documents, Documents::from);
    Ok(())
}

/// Adds a document.
pub fn insert(tx: &mut Tx<'_>, document: &Evidence) -> Result<(), StoreError> {
    let insert = diesel::insert_into(evidence::table).values((
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
        evidence::file_key_sealed.eq(&document.key_sealed),
    ));
    struct Insert;
    let insert = always_same::<Insert, _>(insert);
    on_either!(tx.changing(Subject::Evidence(document.application))?, |conn| insert.execute(conn))?;
    Ok(())
}

/// Marks a document as removed. The row stays, and the file until the retention period is over. False: it was removed
/// before.
pub fn remove(tx: &mut Tx<'_>, document: &Evidence, now: Timestamp) -> Result<bool, StoreError> {
    let changed = diesel::update(evidence::table.find(document.id).filter(evidence::removed_at.is_null()))
        .set(evidence::removed_at.eq(Some(At(now))))
        .execute(tx.changing(Subject::Evidence(document.application))?)?;
    Ok(changed == 1)
}

/// Erases a removed document for good: its file is removed after the commit, and its key, its name and its hash now. The
/// rest of the row still counts for the limits.
pub fn erase(tx: &mut Tx<'_>, document: &Evidence, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(evidence::table.find(document.id))
        .set((
            evidence::file_name.eq(""),
            evidence::sha256.eq(NO_HASH),
            evidence::file_key_sealed.eq(None::<Vec<u8>>),
        ))
        .execute(tx.changing(Subject::Evidence(document.application))?)?;
    files_to_remove::add(tx, &document.storage_name, now)
}

/// The hash of an erased document: it has no file.
pub(super) const NO_HASH: &[u8] = &[];

/// The bytes that were ever uploaded to a case, including removed documents.
pub fn bytes_of_case(tx: &mut Tx<'_>, case: ApplicationId) -> Result<i64, StoreError> {
    let all = evidence::table.filter(evidence::application_id.eq(case));
    let sum: Option<i64> = all.select(diesel::dsl::sum(evidence::bytes)).first(tx.conn()?)?;
    Ok(sum.unwrap_or_default())
}

/// Where the key of a file belongs: to this document and to the bytes with this hash.
fn key_place(document: &Evidence) -> String {
    format!("evidence/{}/{}/file_key", document.id, digest::hex(&document.sha256))
}

/// Seals the key of a document's file under the key of the case.
pub fn seal_key(tx: &mut Tx<'_>, document: &Evidence, key: &FileKey) -> Result<Vec<u8>, StoreError> {
    case_key::seal(tx, document.application, &key_place(document), key.as_bytes())
}

/// How the file of a document is read.
pub fn contents(tx: &mut Tx<'_>, document: &Evidence) -> Result<Contents, StoreError> {
    let Some(sealed) = &document.key_sealed else { return Ok(Contents::Plain(document.sha256.clone())) };
    let key = case_key::open(tx, document.application, &key_place(document), sealed)?;
    Ok(Contents::Sealed(FileKey::from_bytes(&key)?))
}

/// The documents that have a file, also removed ones, in the order of their ids.
pub fn with_file(
    tx: &mut Tx<'_>,
    after: Option<EvidenceId>,
    at_most: i64,
) -> Result<Vec<Evidence>, StoreError> {
    let mut query =
        evidence::table.filter(evidence::sha256.ne(NO_HASH)).order(evidence::id).limit(at_most).into_boxed();
    if let Some(after) = after {
        query = query.filter(evidence::id.gt(after));
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(Evidence::from).collect())
}

/// The next plain files of earlier versions, by name, with the documents that have them: mostly one each.
pub fn plain(tx: &mut Tx<'_>, after: &str, at_most: i64) -> Result<Vec<Vec<Evidence>>, StoreError> {
    let is_plain = || evidence::file_key_sealed.is_null().and(evidence::sha256.ne(NO_HASH));
    let names: Vec<String> = evidence::table
        .filter(is_plain().and(evidence::storage_name.gt(after)))
        .order(evidence::storage_name)
        .select(evidence::storage_name)
        .distinct()
        .limit(at_most)
        .load(tx.conn()?)?;
    let rows: Vec<Row> = evidence::table
        .filter(is_plain().and(evidence::storage_name.eq_any(&names)))
        .order((evidence::storage_name, evidence::id))
        .load(tx.conn()?)?;
    let documents: Vec<Evidence> = rows.into_iter().map(Evidence::from).collect();
    Ok(documents.chunk_by(|a, b| a.storage_name == b.storage_name).map(<[_]>::to_vec).collect())
}

/// Whether a document has this plain file.
pub fn has_plain(tx: &mut Tx<'_>, storage_name: &str) -> Result<bool, StoreError> {
    let is_plain = evidence::file_key_sealed.is_null().and(evidence::sha256.ne(NO_HASH));
    let plain = evidence::table.filter(is_plain.and(evidence::storage_name.eq(storage_name)));
    Ok(diesel::select(diesel::dsl::exists(plain)).get_result(tx.conn()?)?)
}

/// Gives a document the sealed copy of its plain file. False: it has no plain file of this name any more.
pub fn set_sealed_file(
    tx: &mut Tx<'_>,
    document: &Evidence,
    storage_name: &str,
    key: &FileKey,
) -> Result<bool, StoreError> {
    let sealed = seal_key(tx, document, key)?;
    let unchanged = evidence::table
        .find(document.id)
        .filter(evidence::storage_name.eq(&document.storage_name))
        .filter(evidence::file_key_sealed.is_null().and(evidence::sha256.eq(&document.sha256)));
    let changed = diesel::update(unchanged)
        .set((evidence::storage_name.eq(storage_name), evidence::file_key_sealed.eq(Some(sealed))))
        .execute(tx.changing(Subject::Evidence(document.application))?)?;
    Ok(changed == 1)
}
