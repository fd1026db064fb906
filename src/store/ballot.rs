//! Ballots: the seed, sealed until the draw, and the lots of the cases afterwards.

use diesel::{
    prelude::*,
    sql_types::{Array, Binary},
};
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    schema::{applications, batches},
    statement::{cached_sql_around, update},
    tx::Subject,
    types::{At, Id},
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

/// Marks the batch as drawing: until the draw is finished, only the draw gives its places.
pub fn begin_draw(tx: &mut Tx<'_>, batch: BatchId) -> Result<(), StoreError> {
    set_drawing(tx, batch, true)
}

/// Marks the draw as finished: places are given as in any other batch.
pub fn end_draw(tx: &mut Tx<'_>, batch: BatchId) -> Result<(), StoreError> {
    set_drawing(tx, batch, false)
}

fn set_drawing(tx: &mut Tx<'_>, batch: BatchId, drawing: bool) -> Result<(), StoreError> {
    diesel::update(batches::table.find(batch))
        .set(batches::drawing.eq(drawing))
        .execute(tx.changing(Subject::Batch(batch))?)?;
    Ok(())
}

/// The case is in this batch, and was submitted.
#[diesel::dsl::auto_type]
fn is_submitted_in(batch: BatchId) -> _ {
    applications::batch_id.eq(batch).and(applications::submitted_at.is_not_null())
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
        .filter(is_submitted_in(batch))
        .order((applications::lot, applications::id))
        .select((applications::id, applications::lot))
        .load(tx.conn()?)?)
}

/// The number of submitted cases of a batch.
pub fn count_submitted(tx: &mut Tx<'_>, batch: BatchId) -> Result<i64, StoreError> {
    Ok(applications::table.filter(is_submitted_in(batch)).count().get_result(tx.conn()?)?)
}

/// Sets the lots of these cases.
pub fn set_lots(tx: &mut Tx<'_>, lots: &[(ApplicationId, Bytes32)]) -> Result<(), StoreError> {
    match tx.changing_many()? {
        AnyConnection::Postgres(conn) => {
            let columns = (
                lots.iter().map(|(case, _)| *case).collect::<Vec<_>>().into_sql::<Array<Id>>(),
                lots.iter().map(|(_, lot)| &lot.0[..]).collect::<Vec<_>>().into_sql::<Array<Binary>>(),
            );
            let update = cached_sql_around(
                "UPDATE applications AS a SET lot = l.lot FROM unnest(",
                columns,
                ") AS l (id, lot) WHERE a.id = l.id",
            );
            update.execute(conn)?;
        }
        AnyConnection::Sqlite(conn) => {
            for (case, lot) in lots {
                let lot = applications::lot.eq(Some(*lot));
                update(applications::table, applications::id.eq(case), lot).execute(conn)?;
            }
        }
    }
    Ok(())
}
