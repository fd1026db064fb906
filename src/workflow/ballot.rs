//! A ballot: promised when the batch opens, drawn when it opens no more, published from then on. The arithmetic
//! stands in `domain/ballot.rs`.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{
        actor::Actor,
        ballot::{self, Bytes32, Published},
        ids::BatchId,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx},
    workflow::{WorkflowError, batch_overview},
};

/// Draws the seed and shows its commitment.
pub(super) fn promise(tx: &mut Tx<'_>, batch: BatchId) -> Result<(), WorkflowError> {
    let seed = Bytes32(chance::random_bytes());
    Ok(store::ballot::promise(tx, batch, &seed)?)
}

/// Reveals the seed and gives every case that was handed in its lot. The batch's row is ours already, so that nobody
/// hands in a case beside (`submit.rs`).
pub(super) fn draw(tx: &mut Tx<'_>, batch: BatchId, now: Timestamp) -> Result<(), WorkflowError> {
    let seed = store::ballot::sealed_seed(tx, batch)?
        .ok_or_else(|| StoreError::Broken(format!("batch {batch} was opened without a seed")))?;
    store::ballot::reveal(tx, batch, &seed, now)?;
    for (case, _) in store::ballot::cases(tx, batch)? {
        store::ballot::set_lot(tx, case, ballot::lot(&seed, case))?;
    }
    Ok(())
}

/// The draw as everybody may see it.
pub fn published(tx: &mut Tx<'_>, actor: Option<&Actor>, batch: BatchId) -> Result<Published, WorkflowError> {
    let batch = batch_overview::show_batch(tx, actor, batch)?.batch;
    if !batch.is_by_lot() {
        return Err(WorkflowError::NotFound);
    }
    let ballot = batch.ballot.ok_or(Conflict::BallotNotDrawn)?;
    let draw = ballot.draw.ok_or(Conflict::BallotNotDrawn)?;
    let cases = store::ballot::cases(tx, batch.id)?.into_iter().map(|(case, _)| case).collect();
    let (commitment, seed, drawn_at) = (ballot.commitment, draw.seed, draw.at);
    Ok(Published { batch: batch.id, commitment, seed, drawn_at, cases })
}
