//! Published ballots, compressed as they are sent.

use diesel::prelude::*;

use super::{StoreError, Tx, dialect::on_either, schema::published_ballots, tx::Subject};
use crate::domain::ids::BatchId;

/// The list of a draw, as JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// The length of the JSON.
    pub bytes: i64,
    /// Its SHA-256.
    pub sha256: Vec<u8>,
    /// The JSON, compressed.
    pub gzip: Vec<u8>,
}

/// The list of a batch, if it was made.
pub fn find(tx: &mut Tx<'_>, batch: BatchId) -> Result<Option<Stored>, StoreError> {
    let columns = (published_ballots::bytes, published_ballots::sha256, published_ballots::gzip);
    let found: Option<(i64, Vec<u8>, Vec<u8>)> =
        published_ballots::table.find(batch).select(columns).first(tx.conn()?).optional()?;
    Ok(found.map(|(bytes, sha256, gzip)| Stored { bytes, sha256, gzip }))
}

/// Stores the list of a batch, unless another instance has just stored it.
pub fn insert(tx: &mut Tx<'_>, batch: BatchId, list: &Stored) -> Result<(), StoreError> {
    let insert = diesel::insert_into(published_ballots::table).values((
        published_ballots::batch_id.eq(batch),
        published_ballots::bytes.eq(list.bytes),
        published_ballots::sha256.eq(&list.sha256),
        published_ballots::gzip.eq(&list.gzip),
    ));
    let conn = tx.changing(Subject::Other)?;
    on_either!(conn, |conn| insert.on_conflict_do_nothing().execute(conn))?;
    Ok(())
}
