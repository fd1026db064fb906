//! Places became free: the first in line whose own limits have room gets one, and the next, while there is room.

use jiff::{Timestamp, civil::Date};

use crate::{
    domain::{
        authorization::validity,
        batch::Batch,
        case::Dossier,
        finding::Finding,
        ids::{ApplicationId, BatchId},
        job::JobKind,
        journey,
        lifecycle::{Action, State},
        policy::Operation,
        quota::Place,
        waitlist,
    },
    store::{self, Tx, waitlist::Waiting},
    workflow::{
        Result, WorkflowError,
        entrance::Context,
        job,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// The number of cases that are looked at in the transaction that freed a place. A job does the rest, so that the
/// transaction stays short, however many places were freed.
const AT_ONCE: i64 = 20;

/// Gives free places to those who wait. Runs in the transaction that freed the places, for the service itself.
pub fn from_line(ctx: &mut Context<'_, '_>, batch: BatchId) -> Result<()> {
    // From here on, no other transaction moves its places.
    let locked = store::batch::by_id_for_update(ctx.tx, batch)?;
    if locked.is_some_and(|batch| batch.promoting) {
        return Ok(());
    }
    if !next_cases(&mut ctx.as_system(), batch, AT_ONCE)?.is_over {
        store::batch::set_promoting(ctx.tx, batch, true)?;
        job::begin(ctx, JobKind::Promote, Some(batch.0), None)?;
    }
    Ok(())
}

/// Gives free places to those who wait, in the batch's order, until it has looked at this many cases. A case whose own
/// limit is full is skipped, one whose journey does not fit the travel window is passed over until the terms change, and
/// one whose journey is over lapses.
pub fn next_cases(system: &mut Context<'_, '_>, batch: BatchId, at_most: i64) -> Result<Given> {
    store::batch::by_id_for_update(system.tx, batch)?;
    give(system, batch, at_most, waitlist::gives_places)
}

/// The same for the draw. While it runs, nothing else gives places.
pub fn drawn(system: &mut Context<'_, '_>, batch: BatchId, at_most: i64) -> Result<Given> {
    store::batch::by_id_for_update(system.tx, batch)?;
    give(system, batch, at_most, waitlist::draw_gives_places)
}

/// Nobody joins the line or frees a place before the end of the transaction, so that no case is looked at twice.
fn give(
    system: &mut Context<'_, '_>,
    batch: BatchId,
    at_most: i64,
    gives_places: fn(&Batch) -> bool,
) -> Result<Given> {
    let (mut count, mut tried, mut last) = (0, 0, None);
    loop {
        let batch = store::batch::by_id(system.tx, batch)?.ok_or(WorkflowError::NotFound)?;
        let next = match gives_places(&batch) {
            true => store::waitlist::next_in_line(system.tx, &batch, last.as_ref(), Waiting::NotPassedOver)?,
            false => None,
        };
        let Some(next) = next else { return Ok(Given { count, is_over: true }) };
        if tried == at_most {
            return Ok(Given { count, is_over: false });
        }
        let promoted = promote(system, next.case)?;
        if promoted == Promoted::PassedOver {
            store::waitlist::pass_over(system.tx, next.case, &batch)?;
        }
        count += usize::from(promoted == Promoted::Done);
        // One that cannot be opened is tried again each time, so it must not use up a slice.
        tried += i64::from(promoted != Promoted::Unreadable);
        last = Some(next);
    }
}

/// The result of giving a place to a waiting case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Promoted {
    /// The case has it.
    Done,
    /// The case no longer waits: it was withdrawn while this transaction waited for its row, or it lapses now, because
    /// its journey is over.
    Gone,
    /// Its journey does not fit the batch's travel window any more.
    PassedOver,
    /// The case cannot be opened. It does not block the others.
    Unreadable,
}

/// The places that were given.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The number of places.
    pub count: usize,
    /// Whether no further case gets a place.
    pub is_over: bool,
}

/// Gives a place to a case that waits.
fn promote(system: &mut Context<'_, '_>, next: ApplicationId) -> Result<Promoted> {
    let promoted = Operation::Act(Action::Promote);
    let case = match Permitted::load(system, promoted, SeenCase::any_version(next)) {
        Ok(found) => found,
        Err(WorkflowError::ActionNotAllowed { .. }) => return Ok(Promoted::Gone),
        Err(error) if error.is_of_one_case() => {
            tracing::error!(code = error.log_code(), case = %next, %error, "a waitlisted case cannot be opened; it is skipped");
            return Ok(Promoted::Unreadable);
        }
        Err(error) => return Err(error),
    };
    let today = case.programme.day_in(case.host(), system.now);
    if journey::is_over(&case.case.form.journey, today) {
        let case = case.renew(system, Operation::Act(Action::Lapse))?;
        transition::apply(system, case, CaseStep::end(State::Lapsed))?;
        return Ok(Promoted::Gone);
    }
    if !can_travel(system.tx, &case, today)? {
        return Ok(Promoted::PassedOver);
    }
    let step = out_of_line(&case, system.now);
    transition::apply(system, case, step)?;
    Ok(Promoted::Done)
}

/// Whether an authorization could be issued for the case on this day.
pub(super) fn can_travel(tx: &mut Tx<'_>, dossier: &Dossier, on: Date) -> Result<bool> {
    let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
    let days_after_leaving = dossier.programme.rules.days_after_leaving;
    let window = (batch.travel_from, batch.travel_until);
    Ok(validity(&dossier.case.form, window, days_after_leaving, on).is_some())
}

/// Approved if all stages are endorsed; else to the first stage, holding the place. A finding that was raised while the
/// case waited sends it back to the last stage.
fn out_of_line(dossier: &Dossier, now: Timestamp) -> CaseStep {
    let stages = &dossier.programme.stages;
    let stage = match dossier.is_fully_endorsed() {
        false => stages.first(),
        true => stages.last().filter(|_| dossier.findings_of_round().any(Finding::is_blocking)),
    };
    match stage {
        Some(stage) => CaseStep::to_stage(dossier, &stage.code, Place::Held, now),
        None => CaseStep { place: Place::Taken, ..CaseStep::end(State::Approved) },
    }
}
