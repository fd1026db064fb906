//! Whether a batch has a place for a case.

use crate::{
    domain::case::Case,
    store::{self, Tx},
    workflow::{Result, WorkflowError},
};

/// Whether the case has room in its batch and in every limit that counts it. A yes is a guess that the counters' guards
/// confirm in the end. A no is certain: the batch is this transaction's from now on, so that nobody frees a place
/// between the answer and the case's place in the line, where a promotion would have missed it.
pub(super) fn has_room(tx: &mut Tx<'_>, case: &Case) -> Result<bool> {
    let under = case.counted_under();
    let known = store::batch::by_id(tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    if known.has_room_for(&under) {
        return Ok(true);
    }
    let locked = store::batch::by_id_for_update(tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    Ok(locked.has_room_for(&under))
}
