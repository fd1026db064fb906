//! Whether the clock of this instance can be trusted (`domain/clock_fault.rs`). The scheduler asks before each round; the
//! jobs and the notifier do nothing either while it cannot. The fault is logged every minute, and recorded, so that every
//! instance can show it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    domain::{
        actor::Actor,
        clock_fault::{self, ClockFault, Reading, ReportedFault, TimeRecord},
        policy::Operation,
    },
    random, store,
    workflow::{
        Result, Service,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
    },
};

/// How long a check is good for the jobs.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How often a fault is logged and recorded again.
const REPEATED: Duration = Duration::from_secs(60);

/// On PostgreSQL: when the fault of an instance that has stopped reporting is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(10);

/// What this process knows about its clock.
pub struct ClockWatch {
    /// New at each start.
    instance: Uuid,
    host: String,
    state: Mutex<State>,
    is_right: watch::Sender<bool>,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// The last reading that was trusted.
    trusted: Option<Reading>,
    checked: Option<Instant>,
    fault: Option<ClockFault>,
    reported: Option<Instant>,
}

impl ClockWatch {
    /// A clock that was not checked yet.
    pub(super) fn new() -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            instance: random::id(),
            host: host.trim().to_owned(),
            state: Mutex::default(),
            is_right: watch::Sender::new(false),
        }
    }

    /// Whether the clock was right at the last check.
    pub fn is_right(&self) -> watch::Receiver<bool> {
        self.is_right.subscribe()
    }

    /// What was wrong at the last check.
    pub fn fault(&self) -> Option<ClockFault> {
        self.state().fault
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        self.is_right
            .send_if_modified(|is_right| std::mem::replace(is_right, state.fault.is_none()) != *is_right);
    }
}

/// Whether the clock can be trusted. Asks again only if the last check is older than a second.
pub async fn is_right(service: &Service) -> Result<bool> {
    let state = service.clock_watch().state();
    match state.checked {
        Some(checked) if checked.elapsed() < GOOD_FOR => Ok(state.fault.is_none()),
        _ => check(service).await,
    }
}

/// Checks the clock, and reports a fault. True: it can be trusted.
pub async fn check(service: &Service) -> Result<bool> {
    let (watch, checked) = (service.clock_watch(), Some(Instant::now()));
    if service.clock().uptime().is_none() {
        watch.set(State { checked, ..State::default() });
        return Ok(true);
    }
    let before = service.now();
    let seen = service.query(&Actor::system(), ReadTime).await?;
    let now = Reading { at: service.now(), uptime: service.clock().uptime().unwrap_or_default() };
    let state = watch.state();
    let fault = match seen.database {
        Some(database) => clock_fault::against_database(before, now.at, database),
        None => clock_fault::without_database(state.trusted, now, seen.record),
    };
    let trusted = if fault.is_none() { Some(now) } else { state.trusted };
    let is_due = state.reported.is_none_or(|reported| reported.elapsed() > REPEATED);
    let is_reported =
        fault.is_some() && (is_due || state.fault.map(|old| old.kind) != fault.map(|new| new.kind));
    let reported = if is_reported { checked } else { state.reported.filter(|_| fault.is_some()) };
    watch.set(State { trusted, checked, fault, reported });
    match fault {
        Some(fault) if is_reported => report(service, fault).await?,
        Some(_) => {}
        None => forget(service, state.fault.is_some(), &seen).await?,
    }
    Ok(fault.is_none())
}

async fn report(service: &Service, fault: ClockFault) -> Result<()> {
    let watch = service.clock_watch();
    tracing::error!(
        code = "wrong_clock", kind = %fault.kind, host = watch.host, clock = %fault.own, compared_with = %fault.other,
        way_out = fault.kind.way_out(),
        "the clock of this machine cannot be trusted: no timed work, no jobs and no messages until it can"
    );
    let reported = ReportedFault { instance: watch.instance, host: watch.host.clone(), fault };
    service.execute(&Actor::system(), ReportFault(reported)).await
}

/// Removes the fault of this instance if it is over, and those of instances that have stopped.
async fn forget(service: &Service, was_wrong: bool, seen: &TimeSeen) -> Result<()> {
    let instance = service.clock_watch().instance;
    if was_wrong {
        tracing::info!("the clock of this machine can be trusted again: timed work continues");
    }
    let is_over = |reported: &&ReportedFault| {
        reported.instance == instance
            // One process at a time serves an SQLite file.
            || seen.database.is_none_or(|database| database.duration_since(reported.fault.other) > FORGOTTEN)
    };
    let over: Vec<Uuid> = seen.faults.iter().filter(is_over).map(|reported| reported.instance).collect();
    if over.is_empty() {
        return Ok(());
    }
    service.execute(&Actor::system(), ForgetFaults(over)).await
}

/// What the database knows about the time.
struct TimeSeen {
    database: Option<Timestamp>,
    record: TimeRecord,
    faults: Vec<ReportedFault>,
}

/// Reads it.
struct ReadTime;

impl Query for ReadTime {
    type Subject = Installation;
    type Output = TimeSeen;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<TimeSeen> {
        let (record, faults) = (store::clock::record(ctx.tx)?, store::clock::faults(ctx.tx)?);
        Ok(TimeSeen { database: store::clock::database_time(ctx.tx)?, record, faults })
    }
}

/// Records the fault of this instance.
struct ReportFault(ReportedFault);

impl Command for ReportFault {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        Ok(store::clock::report(ctx.tx, &self.0)?)
    }
}

/// Removes the faults of these instances.
struct ForgetFaults(Vec<Uuid>);

impl Command for ForgetFaults {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        Ok(store::clock::forget(ctx.tx, &self.0)?)
    }
}

/// The instances whose clock cannot be trusted.
#[derive(Clone, Copy, Debug)]
pub struct ListClockFaults;

impl Query for ListClockFaults {
    type Subject = Installation;
    type Output = Vec<ReportedFault>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListDuties, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<ReportedFault>> {
        Ok(store::clock::faults(ctx.tx)?)
    }
}

/// Records that the clock of this machine is right now, after a person has looked at it. For SQLite, which has no clock to
/// compare with.
#[derive(Clone, Copy, Debug)]
pub struct AcceptClock;

impl Command for AcceptClock {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        tracing::warn!(now = %ctx.now, "the clock of this machine was accepted as right");
        Ok(store::clock::accept(ctx.tx, ctx.now)?)
    }
}
