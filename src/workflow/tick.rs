//! What the scheduler does: lapse, expire and complete cases, close and end batches. Safe with several instances: every
//! step is guarded by the version of its case or batch, and each is a transaction of its own.

use jiff::Timestamp;

use crate::{
    domain::{
        calendar,
        duty::Duty,
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, AuthorizationState, BatchState, State},
        policy::Operation,
        refusal::Conflict,
    },
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context, Query},
        idempotency,
        move_batch::{self, BatchMove},
        people::sign_in,
        subject::{Installation, Permitted, SeenBatch, SeenCase},
        transition::{self, AuthorizationStep, CaseStep},
    },
};

/// The maximum number of cases in one round.
const AT_MOST: i64 = 200;

/// Something that is due now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A batch whose window has ended.
    Batch(AdvanceBatch),
    /// A case whose time has come.
    Case(DueCase),
    /// There are old rows to remove.
    Untidy,
    /// There are files of erased cases to remove.
    Files,
}

impl Due {
    /// The duty that it belongs to.
    pub const fn duty(&self) -> Duty {
        match self {
            Self::Batch(AdvanceBatch { step: BatchMove::End, .. }) => Duty::EndBatches,
            Self::Batch(_) => Duty::CloseBatches,
            Self::Case(DueCase { duty, .. }) => *duty,
            Self::Untidy => Duty::TidyUp,
            Self::Files => Duty::RemoveFiles,
        }
    }
}

/// Finds what is due. Each item is then executed as its own command.
#[derive(Clone, Copy, Debug)]
pub struct ListDue;

impl Query for ListDue {
    type Subject = Installation;
    type Output = Vec<Due>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Due>> {
        let (tx, now) = (&mut *ctx.tx, ctx.now);
        let mut due: Vec<Due> = due_batches(tx, now)?.into_iter().map(Due::Batch).collect();
        for (duty, state, action) in CASES {
            let cases = store::application::due(tx, state, now, AT_MOST)?;
            due.extend(cases.into_iter().map(|case| Due::Case(DueCase { duty, case, action })));
        }
        due.extend(is_untidy(tx, now)?.then_some(Due::Untidy));
        due.extend((store::files_to_remove::count(tx)? > 0).then_some(Due::Files));
        Ok(due)
    }
}

/// The duties that are about cases: those in this state whose time has come, and what is done to them.
const CASES: [(Duty, State, Action); 3] = [
    (Duty::LapseUnanswered, State::InformationRequested, Action::Lapse),
    (Duty::LapseWaiting, State::Waitlisted, Action::Lapse),
    (Duty::ExpireAuthorizations, State::Approved, Action::Expire),
];

/// Whether [`TidyUp`] has something to do.
pub(super) fn is_untidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool> {
    Ok(sign_in::is_untidy(tx, now)? || idempotency::is_untidy(tx, now)?)
}

/// The batches whose application window is over, to be closed, and whose travel window is, to be ended.
fn due_batches(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<AdvanceBatch>> {
    let mut due = Vec::new();
    for batch in store::batch::due(tx, now, calendar::day_of(now), AT_MOST)? {
        let next = if now >= calendar::end_of(batch.travel_until) {
            BatchMove::End
        } else if batch.state == BatchState::Open && batch.closes_at.is_some_and(|closes| closes <= now) {
            BatchMove::Close
        } else {
            continue;
        };
        due.push(AdvanceBatch { batch: batch.id, seen_version: batch.version, step: next });
    }
    Ok(due)
}

/// Takes a due step of a case, if it is still due: somebody may have answered, or another instance may have taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCase {
    /// The duty that it belongs to.
    pub duty: Duty,
    /// The case.
    pub case: ApplicationId,
    /// `lapse` or `expire`.
    pub action: Action,
}

impl Command for DueCase {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let case = SeenCase::any_version(self.case);
        let mut permitted = match Permitted::load(ctx, Operation::Act(self.action), case) {
            Err(WorkflowError::ActionNotAllowed { .. }) => return Ok(()),
            found => found?,
        };
        if permitted.case.due_at.is_none_or(|at| at > ctx.now) {
            return Ok(());
        }
        if self.action == Action::Lapse {
            transition::apply(ctx, permitted, CaseStep::end(State::Lapsed))?;
            return Ok(());
        }
        let end = if permitted.has_entered() {
            permitted = permitted.renew(ctx, Operation::Act(Action::Complete))?;
            AuthorizationState::Used
        } else {
            AuthorizationState::Expired
        };
        let step = AuthorizationStep::to(end, &permitted);
        transition::apply(ctx, permitted, step)?;
        Ok(())
    }
}

/// Takes a due step of a batch, unless somebody else has taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvanceBatch {
    /// The batch.
    pub batch: BatchId,
    /// Its version when it was found due.
    pub seen_version: i32,
    /// What is due.
    pub step: BatchMove,
}

impl Command for AdvanceBatch {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let seen = SeenBatch { id: self.batch, version: Some(self.seen_version) };
        match Permitted::load(ctx, Operation::Batch(self.step.action()), seen) {
            Err(WorkflowError::VersionConflict | WorkflowError::Conflict(Conflict::BatchState)) => Ok(()),
            on => move_batch::make(ctx, on?, self.step),
        }
    }
}

/// Removes sessions, links and counts that are over, and answers that no repeat gets any more.
#[derive(Clone, Copy, Debug)]
pub struct TidyUp;

impl Command for TidyUp {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        sign_in::tidy_up(ctx.tx, ctx.now)?;
        idempotency::tidy_up(ctx.tx, ctx.now)
    }
}
