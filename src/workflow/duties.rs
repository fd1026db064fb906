//! The scheduler's duties: when each was done, how much, and what is due. The process that asks may not be the one that
//! runs the scheduler, so the database holds everything. A table records what was done, whenever there was something to
//! do; what is due follows from the cases and batches.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        checkpoint,
        duty::{Agenda, Duty, DutyReport, Record},
        lifecycle::State,
        policy::Operation,
    },
    store::{self, Tx},
    workflow::{
        Result,
        entrance::{Command, Context, Query},
        idempotency,
        people::sign_in,
        subject::{Installation, Permitted},
        tick,
    },
};

/// The limit of a count. The exact number beyond it does not matter.
const COUNTED_AT_MOST: i64 = 1000;

/// How often the database refreshes its table statistics.
pub const STATISTICS: SignedDuration = SignedDuration::from_hours(1);

/// All duties.
#[derive(Clone, Copy, Debug)]
pub struct ListDuties;

impl Query for ListDuties {
    type Subject = Installation;
    type Output = Vec<DutyReport>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListDuties, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<DutyReport>> {
        let records = store::duty::records(ctx.tx)?;
        let of = |duty| records.iter().find(|(known, _)| *known == duty).map(|(_, record)| record.clone());
        Duty::ALL
            .iter()
            .map(|duty| {
                let record = match duty {
                    Duty::SyncKeys => key_changes(ctx.tx)?,
                    duty => of(*duty),
                };
                let agenda = agenda(ctx.tx, *duty, record.as_ref(), ctx.now)?;
                Ok(DutyReport::new(*duty, record, agenda, ctx.now))
            })
            .collect()
    }
}

/// What is due of a duty.
fn agenda(tx: &mut Tx<'_>, duty: Duty, record: Option<&Record>, now: Timestamp) -> Result<Agenda> {
    Ok(match duty {
        Duty::CloseBatches => store::duty::closing_batches(tx, now)?,
        Duty::OpenBatches => store::duty::opening_batches(tx, now)?,
        Duty::EndBatches => ending_batches(tx, now)?,
        Duty::LapseUnanswered => store::duty::cases(tx, State::InformationRequested, now)?,
        Duty::LapseWaiting => store::duty::cases(tx, State::Waitlisted, now)?,
        Duty::CheckJourneys => {
            let overdue = store::journey_check::due(tx, now, COUNTED_AT_MOST)?.len();
            let overdue = i32::try_from(overdue).unwrap_or(i32::MAX);
            Agenda { first: store::journey_check::first(tx)?, overdue }
        }
        Duty::NotifySponsors => {
            let overdue = store::sponsorship::to_notify(tx, now, COUNTED_AT_MOST)?.len();
            let overdue = i32::try_from(overdue).unwrap_or(i32::MAX);
            Agenda { first: store::sponsorship::next_notice(tx)?, overdue }
        }
        Duty::ExpireAuthorizations => store::duty::cases(tx, State::Approved, now)?,
        Duty::TidyUp => {
            let firsts = [sign_in::first_expiry(tx)?, idempotency::first_expiry(tx)?];
            let first = firsts.into_iter().flatten().min();
            Agenda { first, overdue: tick::is_untidy(tx, now)?.into() }
        }
        Duty::RemoveFiles => Agenda {
            first: store::files_to_remove::oldest(tx, now)?,
            overdue: store::files_to_remove::count(tx, now)?,
        },
        Duty::SendMessages => store::duty::unsent_messages(tx)?,
        Duty::WorkOnJobs => store::duty::jobs_in_trouble(tx)?,
        // Checked every second. There is something to do only after a rotation of the keys.
        Duty::SyncKeys => Agenda::default(),
        // Without a checkpoint file there is none to write.
        Duty::WriteCheckpoint => {
            let next = record.map(checkpoint::next_after);
            Agenda { first: next, overdue: next.is_some_and(|next| next <= now).into() }
        }
        Duty::RefreshStatistics => {
            let next = record.and_then(|record| record.last_at.checked_add(STATISTICS).ok());
            Agenda { first: next, overdue: next.is_some_and(|next| next <= now).into() }
        }
    })
}

/// The batches whose last day of travel is or will be over.
fn ending_batches(tx: &mut Tx<'_>, now: Timestamp) -> Result<Agenda> {
    let programmes = store::programme::all_newest(tx)?;
    let mut agenda = Agenda::default();
    for (code, last_day) in store::duty::ending_batches(tx)? {
        let Some(programme) = programmes.iter().find(|programme| programme.code == code) else { continue };
        let end = programme.end_everywhere(last_day);
        agenda.first = Some(agenda.first.map_or(end, |first| first.min(end)));
        agenda.overdue += i32::from(end <= now);
    }
    Ok(agenda)
}

/// Each process starts to use the newest key without writing anything. The key versions show when there was something
/// to do.
fn key_changes(tx: &mut Tx<'_>) -> Result<Option<Record>> {
    let versions = store::master_key::versions(tx)?;
    let done = i32::try_from(versions.len()).unwrap_or(i32::MAX);
    Ok(versions.last().map(|newest| Record { last_at: newest.activated_at, done, last_error: None }))
}

/// Records what has been done.
#[derive(Clone, Debug)]
pub struct RecordDuties {
    /// How much of each.
    pub done: Vec<(Duty, i32)>,
}

impl Command for RecordDuties {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        for (duty, count) in &self.done {
            store::duty::record(ctx.tx, *duty, *count, ctx.now)?;
        }
        Ok(())
    }
}
