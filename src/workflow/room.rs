//! Whether a batch has a place for a case.

use crate::{
    domain::{batch::Batch, case::Case, ids::BatchId},
    store::{self, Tx},
    workflow::{Result, WorkflowError},
};

/// Whether the case has room in its batch and in every limit that counts it. A yes is a guess that the counters' guards
/// confirm in the end. A no is certain: the batch is this transaction's from now on, so that nobody frees a place
/// between the answer and the case's place in the line, where a promotion would have missed it.
pub(super) fn has_room(tx: &mut Tx<'_>, case: &Case) -> Result<bool> {
    let under = case.counted_under();
    let fits = |batch: Batch| batch.has_room_for(&under);
    Ok(fits(known(tx, case.batch)?)
        || fits(store::batch::by_id_for_update(tx, case.batch)?.ok_or(WorkflowError::NotFound)?))
}

fn known(tx: &mut Tx<'_>, id: BatchId) -> Result<Batch> {
    store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)
}
