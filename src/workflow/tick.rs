//! What the scheduler does: remind applicants, lapse, expire and complete cases, open, close and end batches. Safe with
//! several instances: every step is guarded by the version of its case or batch, and each is a transaction of its own.
//! Each kind is listed by itself, and items that have failed before are skipped, so that no failure delays the rest.

mod check_journey;
mod tidy_up;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use uuid::Uuid;

pub(super) use self::tidy_up::is_untidy;
pub use self::{
    check_journey::CheckJourney,
    tidy_up::{Leftovers, TidyUp},
};
use crate::{
    domain::{
        batch::Batch,
        calendar,
        duty::Duty,
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, AuthorizationState, BatchState, State},
        policy::Operation,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context, Query},
        move_batch::{self, BatchMove},
        notify_sponsor::NotifySponsor,
        subject::{Installation, Permitted, SeenBatch, SeenCase},
        transition::{self, AuthorizationStep, CaseStep},
    },
};

/// The maximum number of cases in one round.
const AT_MOST: i64 = 200;

/// The kinds of things that become due. Each is listed and done by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the words of the design")]
pub enum DueKind {
    Batches,
    Unanswered,
    Waiting,
    Expiring,
    Journeys,
    Sponsors,
    Untidy,
    Files,
}

impl DueKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Batches,
        Self::Unanswered,
        Self::Waiting,
        Self::Expiring,
        Self::Journeys,
        Self::Sponsors,
        Self::Untidy,
        Self::Files,
    ];
}

/// Something that is due now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A batch whose application window has begun or is over, or whose travel window is.
    Batch(AdvanceBatch),
    /// A case whose time has come.
    Case(DueCase),
    /// A case whose journey is to be looked at.
    Journey(CheckJourney),
    /// A sponsor whose representatives are to be told of requests.
    Sponsor(NotifySponsor),
    /// There are old rows to remove.
    Untidy,
    /// There are files to remove.
    Files,
}

impl Due {
    /// The duty that it belongs to.
    pub const fn duty(&self) -> Duty {
        match self {
            Self::Batch(AdvanceBatch { step: BatchMove::End, .. }) => Duty::EndBatches,
            Self::Batch(AdvanceBatch { step: BatchMove::Open, .. }) => Duty::OpenBatches,
            Self::Batch(AdvanceBatch { step: BatchMove::Close, .. }) => Duty::CloseBatches,
            Self::Case(DueCase { duty, .. }) => *duty,
            Self::Journey(_) => Duty::CheckJourneys,
            Self::Sponsor(_) => Duty::NotifySponsors,
            Self::Untidy => Duty::TidyUp,
            Self::Files => Duty::RemoveFiles,
        }
    }

    /// What it is about. Nil for what is there once.
    pub const fn id(&self) -> Uuid {
        match self {
            Self::Batch(batch) => batch.batch.0,
            Self::Case(case) => case.case.0,
            Self::Journey(check) => check.case.0,
            Self::Sponsor(notice) => notice.sponsor.0,
            Self::Untidy | Self::Files => Uuid::nil(),
        }
    }
}

/// Finds everything that is due. Each item is then executed as its own command.
#[derive(Clone, Copy, Debug)]
pub struct ListDue;

impl Query for ListDue {
    type Subject = Installation;
    type Output = Vec<Due>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Due>> {
        let mut due = Vec::new();
        for kind in DueKind::ALL {
            due.extend(of_kind(ctx.tx, kind, AT_MOST, ctx.now)?);
        }
        Ok(due)
    }
}

/// Finds what is due of one kind, and skips as many as have failed before.
#[derive(Clone, Copy, Debug)]
pub struct ListDueOf {
    /// The kind.
    pub kind: DueKind,
    /// How many have failed before. The list has this many more items.
    pub failed: usize,
}

impl Query for ListDueOf {
    type Subject = Installation;
    type Output = Vec<Due>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Due>> {
        let at_most = AT_MOST.saturating_add(i64::try_from(self.failed).unwrap_or(i64::MAX));
        of_kind(ctx.tx, self.kind, at_most, ctx.now)
    }
}

fn of_kind(tx: &mut Tx<'_>, kind: DueKind, at_most: i64, now: Timestamp) -> Result<Vec<Due>> {
    let (duty, state, action) = match kind {
        DueKind::Unanswered => (Duty::LapseUnanswered, State::InformationRequested, Action::Lapse),
        DueKind::Waiting => (Duty::LapseWaiting, State::Waitlisted, Action::Lapse),
        DueKind::Expiring => (Duty::ExpireAuthorizations, State::Approved, Action::Expire),
        DueKind::Batches => return Ok(due_batches(tx, now, at_most)?.into_iter().map(Due::Batch).collect()),
        DueKind::Journeys => {
            let cases = store::journey_check::due(tx, now, at_most)?;
            return Ok(cases.into_iter().map(|case| Due::Journey(CheckJourney { case })).collect());
        }
        DueKind::Sponsors => {
            let sponsors = store::sponsorship::to_notify(tx, now, at_most)?;
            return Ok(sponsors.into_iter().map(|sponsor| Due::Sponsor(NotifySponsor { sponsor })).collect());
        }
        DueKind::Untidy => return Ok(Vec::from_iter(is_untidy(tx, now)?.then_some(Due::Untidy))),
        DueKind::Files => {
            let has_files = !store::files_to_remove::list(tx, now, 1)?.is_empty();
            return Ok(Vec::from_iter(has_files.then_some(Due::Files)));
        }
    };
    let cases = store::application::due(tx, state, now, at_most)?;
    Ok(cases.into_iter().map(|case| Due::Case(DueCase { duty, case, state, action })).collect())
}

/// The batches whose application window has begun, to be opened, or is over, to be closed, and whose travel window is
/// over, to be ended.
fn due_batches(tx: &mut Tx<'_>, now: Timestamp, at_most: i64) -> Result<Vec<AdvanceBatch>> {
    let mut due = Vec::new();
    for batch in store::batch::due(tx, now, latest_day(now), at_most)? {
        let programme = match store::programme::newest(tx, &batch.programme) {
            Ok(Some(programme)) => programme,
            Ok(None) => continue,
            // The batches of the other programmes go on.
            Err(StoreError::Unreadable(error)) => {
                tracing::error!(code = "programme_unreadable", batch = %batch.id, error, "a batch cannot be moved");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let next = if now >= programme.end_everywhere(batch.travel_until) {
            BatchMove::End
        } else if batch.state == BatchState::Open && batch.closes_at.is_some_and(|closes| closes <= now) {
            BatchMove::Close
        } else if is_in_its_window(&batch, now) {
            BatchMove::Open
        } else {
            continue;
        };
        due.push(AdvanceBatch { batch: batch.id, seen_version: batch.version, step: next });
    }
    Ok(due)
}

/// Where days begin first.
const EASTERNMOST: TimeZone = TimeZone::fixed(Offset::constant(14));

/// Whether a planned batch is to be opened. One whose whole window has passed is left to its managers.
fn is_in_its_window(batch: &Batch, now: Timestamp) -> bool {
    batch.state == BatchState::Planned
        && batch.opens_at.is_some_and(|opens| opens <= now)
        && batch.closes_at.is_none_or(|closes| now < closes)
}

/// The latest day that it is anywhere at `now`.
fn latest_day(now: Timestamp) -> Date {
    calendar::day_in(&EASTERNMOST, now)
}

/// Takes a due step of a case, if it is still due: somebody may have answered, or another instance may have taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCase {
    /// The duty that it belongs to.
    pub duty: Duty,
    /// The case.
    pub case: ApplicationId,
    /// Its state when it was found due.
    pub state: State,
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
        let is_due = permitted.case.due_at.is_some_and(|at| at <= ctx.now);
        if permitted.case.state != self.state || !is_due {
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
