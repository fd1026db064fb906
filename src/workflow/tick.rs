//! What the scheduler does: remind applicants, lapse, expire and complete cases, open, close and end batches. Safe with
//! several instances: every step is guarded by the version of its case or batch, and each is a transaction of its own.

use jiff::{
    SignedDuration, Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

use crate::{
    domain::{
        batch::Batch,
        calendar,
        duty::Duty,
        event::Facts,
        ids::{ApplicationId, BatchId},
        journey,
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
        notify_sponsor::NotifySponsor,
        people::sign_in,
        screen,
        subject::{Installation, Permitted, SeenBatch, SeenCase},
        transition::{self, AuthorizationStep, CaseStep},
    },
};

/// The maximum number of cases in one round.
const AT_MOST: i64 = 200;

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
            due.extend(cases.into_iter().map(|case| Due::Case(DueCase { duty, case, state, action })));
        }
        let journeys = store::journey_check::due(tx, now, AT_MOST)?;
        due.extend(journeys.into_iter().map(|case| Due::Journey(CheckJourney { case })));
        let sponsors = store::sponsorship::to_notify(tx, now, AT_MOST)?;
        due.extend(sponsors.into_iter().map(|sponsor| Due::Sponsor(NotifySponsor { sponsor })));
        due.extend(is_untidy(tx, now)?.then_some(Due::Untidy));
        due.extend((store::files_to_remove::count(tx, now)? > 0).then_some(Due::Files));
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

/// The batches whose application window has begun, to be opened, or is over, to be closed, and whose travel window is
/// over, to be ended.
fn due_batches(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<AdvanceBatch>> {
    let (mut due, programmes) = (Vec::new(), store::programme::all_newest(tx)?);
    for batch in store::batch::due(tx, now, latest_day(now), AT_MOST)? {
        let Some(programme) = programmes.iter().find(|programme| programme.code == batch.programme) else {
            continue;
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

/// Looks at the journey of an undecided case: lets the case lapse when the journey or the batch is over, tells the last
/// stage when the day of arrival has passed, and reminds the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckJourney {
    /// The case.
    pub case: ApplicationId,
}

/// When a case is looked at again whose key does not open.
const UNREADABLE: SignedDuration = SignedDuration::from_hours(1);

impl Command for CheckJourney {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        // Another instance may have looked at it.
        let due = match store::journey_check::of_case(ctx.tx, self.case)? {
            Some(due) if due <= ctx.now => due,
            _ => return Ok(()),
        };
        let notice = Operation::Act(Action::Notice);
        let mut permitted = match Permitted::load(ctx, notice, SeenCase::any_version(self.case)) {
            // It is decided.
            Err(WorkflowError::ActionNotAllowed { .. }) => {
                return Ok(store::journey_check::set(ctx.tx, self.case, None)?);
            }
            // It does not stop the others.
            Err(WorkflowError::CannotDecrypt(error)) => {
                tracing::error!(code = "cannot_decrypt", case = %self.case, %error, "cannot decrypt a case; its journey is checked later");
                let later = ctx.now.checked_add(UNREADABLE).ok();
                return Ok(store::journey_check::set(ctx.tx, self.case, later)?);
            }
            found => found?,
        };
        let next = screen::next_journey_check(&permitted, ctx.now);
        store::journey_check::set(ctx.tx, self.case, next)?;
        let host = permitted.programme.time_zone(permitted.host());
        let (due, today) = (calendar::day_in(&host, due), calendar::day_in(&host, ctx.now));
        let batch = store::batch::by_id(ctx.tx, permitted.case.batch)?.ok_or(WorkflowError::NotFound)?;
        if batch.state == BatchState::Ended || journey::is_over(&permitted.case.form.journey, today) {
            let permitted = permitted.renew(ctx, Operation::Act(Action::Lapse))?;
            transition::apply(ctx, permitted, CaseStep::end(State::Lapsed))?;
            return Ok(());
        }
        let is_reminded = journey::is_reminder_due(&permitted.case.form.journey, due, today);
        let findings = screen::notice_passed_arrival(ctx.tx, &mut permitted, ctx.now)?;
        if !findings.is_empty() {
            let facts = Facts { findings, ..Facts::default() };
            let step = CaseStep { facts, ..CaseStep::stay(&permitted) };
            transition::apply(ctx, permitted, step)?;
        }
        if is_reminded {
            let remind = Operation::Act(Action::Remind);
            let permitted = Permitted::load(ctx, remind, SeenCase::any_version(self.case))?;
            let step = CaseStep::stay(&permitted);
            transition::apply(ctx, permitted, step)?;
        }
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
