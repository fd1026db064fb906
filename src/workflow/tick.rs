//! What the clock does: lapse, expire, complete, open and end batches. Safe with several instances: every step is
//! guarded by the case's version, and each case is a transaction of its own.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::BatchState,
        calendar,
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, State},
        quota::Place,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        move_batch,
        transition::{self, Step},
    },
};

/// A case whose time has come, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The case.
    pub case: ApplicationId,
    /// What the clock does with it.
    pub action: Action,
}

/// Cases handled in one round; what is left comes in the next.
const AT_MOST: i64 = 200;

/// What is due now. Reads only; each of it is then done by [`carry_out`].
pub fn due(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Due>, WorkflowError> {
    let mut all = Vec::new();
    let mut add =
        |cases: Vec<ApplicationId>, action| all.extend(cases.into_iter().map(|case| Due { case, action }));
    add(store::application::due(tx, State::InformationRequested, now, AT_MOST)?, Action::Lapse);
    add(store::application::due(tx, State::Waitlisted, now, AT_MOST)?, Action::Lapse);
    add(store::application::due(tx, State::Approved, now, AT_MOST)?, Action::Expire);
    Ok(all)
}

/// Does what was due, if it still is: somebody may have answered, or another instance may have been faster.
pub fn carry_out(tx: &mut Tx<'_>, actor: &Actor, due: Due, now: Timestamp) -> Result<(), WorkflowError> {
    let target = Target { case: due.case, seen_version: None };
    let (dossier, _) = match dossier::for_action(tx, actor, target, due.action) {
        Ok(found) => found,
        Err(WorkflowError::ActionNotAllowed { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let is_due = dossier.case.due_at.is_some_and(|at| at <= now);
    if !is_due {
        return Ok(());
    }
    let step = match (due.action, dossier.has_entered) {
        (Action::Lapse, _) => Step::end(Action::Lapse, State::Lapsed),
        (_, true) => Step { place: Place::Taken, ..Step::end(Action::Complete, State::Completed) },
        (_, false) => Step::end(Action::Expire, State::Expired),
    };
    transition::apply(tx, dossier, step, actor, now)?;
    Ok(())
}

/// The batches whose application window is over, to be closed, and whose travel window is, to be ended: each with
/// the version that this was decided on.
pub fn due_batches(
    tx: &mut Tx<'_>,
    now: Timestamp,
) -> Result<Vec<(BatchId, i32, BatchState)>, WorkflowError> {
    let mut due = Vec::new();
    for batch in store::batch::due(tx, now, calendar::day_of(now), AT_MOST)? {
        let next = if now >= calendar::end_of(batch.travel_until) {
            BatchState::Ended
        } else if batch.state == BatchState::Open && batch.closes_at.is_some_and(|closes| closes <= now) {
            BatchState::Closed
        } else {
            continue;
        };
        due.push((batch.id, batch.version, next));
    }
    Ok(due)
}

/// Moves a batch on, unless somebody else was faster.
pub fn advance_batch(
    tx: &mut Tx<'_>,
    id: BatchId,
    seen_version: i32,
    next: BatchState,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    if let Some(batch) = store::batch::by_id(tx, id)?.filter(|batch| batch.version == seen_version) {
        move_batch::enter(tx, &batch, next, now)?;
    }
    Ok(())
}
