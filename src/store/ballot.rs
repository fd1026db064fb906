//! Ballots: the seed, sealed until the draw, and the lots of the cases afterwards.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    schema::{applications, batches},
    tx::Subject,
    types::At,
};
use crate::domain::{
    ballot::Bytes32,
    ids::{ApplicationId, BatchId},
};

pub(super) fn sealing_place(batch: BatchId) -> String {
    format!("batches/{batch}/ballot_seed")
}

/// Stores the seed of a ballot, sealed, and its commitment, which is public.
pub fn promise(
    tx: &mut Tx<'_>,
    batch: BatchId,
    seed: &Bytes32,
    commitment: Bytes32,
) -> Result<(), StoreError> {
    let sealed = tx.keyring.seal(&sealing_place(batch), &seed.0)?;
    diesel::update(batches::table.find(batch))
        .set((batches::ballot_commitment.eq(Some(commitment)), batches::ballot_seed_sealed.eq(Some(sealed))))
        .execute(tx.changing(Subject::Batch(batch))?)?;
    Ok(())
}

/// The seed of a ballot, whether it is revealed or not.
pub fn sealed_seed(tx: &mut Tx<'_>, batch: BatchId) -> Result<Option<Bytes32>, StoreError> {
    let sealed: Option<Vec<u8>> =
        batches::table.find(batch).select(batches::ballot_seed_sealed).first(tx.conn()?)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let seed = tx.keyring.open(&sealing_place(batch), &sealed)?;
    let seed = seed.try_into().map_err(|_| StoreError::Broken(format!("the seed of {batch} is no seed")))?;
    Ok(Some(Bytes32(seed)))
}

/// Locks the submitted cases of a batch until the transaction ends. Call this before locking the batch: every
/// transaction locks cases before batches, so that no two wait for each other. SQLite needs no lock: it has one writer.
pub fn lock_cases(tx: &mut Tx<'_>, batch: BatchId) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let submitted = applications::batch_id.eq(batch).and(applications::submitted_at.is_not_null());
        applications::table
            .filter(submitted)
            .order(applications::id)
            .select(applications::id)
            .for_update()
            .load::<ApplicationId>(conn)?;
    }
    Ok(())
}

/// Reveals the seed.
pub fn reveal(tx: &mut Tx<'_>, batch: BatchId, seed: &Bytes32, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(batches::table.find(batch))
        .set((batches::ballot_seed.eq(Some(*seed)), batches::drawn_at.eq(Some(At(now)))))
        .execute(tx.changing(Subject::Batch(batch))?)?;
    Ok(())
}

/// The submitted cases with their lots, in the order of the draw; before the draw in no order.
pub fn cases(tx: &mut Tx<'_>, batch: BatchId) -> Result<Vec<(ApplicationId, Option<Bytes32>)>, StoreError> {
    Ok(applications::table
        .filter(applications::batch_id.eq(batch).and(applications::submitted_at.is_not_null()))
        .order((applications::lot, applications::id))
        .select((applications::id, applications::lot))
        .load(tx.conn()?)?)
}

/// Sets the lot of a case.
pub fn set_lot(tx: &mut Tx<'_>, case: ApplicationId, lot: Bytes32) -> Result<(), StoreError> {
    diesel::update(applications::table.find(case))
        .set(applications::lot.eq(Some(lot)))
        .execute(tx.changing(Subject::Case(case))?)?;
    Ok(())
}
