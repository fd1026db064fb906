//! Group commit. The writer runs all jobs of a group in one transaction, each under a savepoint of its own, commits
//! once, and then answers the callers. A job that waits alone has a transaction of its own and no savepoint.
//!
//! If a group cannot be committed as a whole (another instance changed a row first, a row lock was lost, an error that
//! nothing explains), its jobs run again one by one, so that no job fails because of another. A job whose time limit
//! has passed (`ticket.rs`) is not run, or not run again: its caller learns that nothing was changed.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;

use super::{
    connections::{Connections, roll_back},
    health::{Activity, Health, WriterState},
    job::{Ran, WriteJob},
    ticket::LAST_STATEMENT,
    verdict,
};
use crate::{
    domain::ids::ApplicationId,
    store::{
        StoreError, Transient, Tx,
        connection::AnyConnection,
        dialect::{self, SQLITE_CHECKPOINT},
        prefetch::prefetch,
        purpose::Purpose,
    },
};

/// How often a transaction that lost a race is run in all.
const MAX_TRIES: u32 = 8;

/// Runs groups of jobs, on a connection of its own.
pub(super) struct Writer {
    connections: Arc<Connections>,
    conn: Option<AnyConnection>,
    /// The outages that had begun when the connection was made.
    outages: u32,
    health: Arc<Health>,
    state: Arc<WriterState>,
}

impl Writer {
    pub const fn new(connections: Arc<Connections>, health: Arc<Health>, state: Arc<WriterState>) -> Self {
        Self { connections, conn: None, outages: 0, health, state }
    }

    /// Runs the jobs and answers their callers.
    pub fn run(&mut self, mut group: Vec<Box<dyn WriteJob>>) {
        if group.len() > 1 {
            group = self.run_group(group);
        }
        for job in group {
            self.run_alone(job);
        }
        self.state.set(Activity::Idle);
    }

    /// Runs the jobs in one transaction. Returns those that must run again alone. The others are answered.
    fn run_group(&mut self, mut group: Vec<Box<dyn WriteJob>>) -> Vec<Box<dyn WriteJob>> {
        match self.begin(|| group.iter().any(|job| job.ticket().is_in_time())) {
            Ok(()) => {}
            Err(error) => {
                self.note(&error);
                group.into_iter().for_each(|job| job.answer(Some(error.copy())));
                return Vec::new();
            }
        }
        let Ok((ran, has_written)) = self.run_jobs(&mut group) else {
            self.roll_back();
            return group;
        };
        let failure = match self.commit(has_written) {
            Ok(()) => None,
            Err(error) => {
                let is_lost = !self.roll_back();
                if !is_lost && !matches!(error, StoreError::Unavailable(_)) {
                    return group;
                }
                // The commit may have succeeded: running the jobs again could do everything twice.
                Some(StoreError::Unavailable(error.to_string()))
            }
        };
        let mut again = Vec::new();
        for (job, ran) in group.into_iter().zip(ran) {
            job.failure().into_iter().for_each(|error| self.note(error));
            match ran {
                Ran::Raced | Ran::Unexplained => again.push(job),
                Ran::Done | Ran::Refused | Ran::Failed => job.answer(failure.as_ref().map(StoreError::copy)),
            }
        }
        again
    }

    /// Also returns whether there was something to write at the end.
    fn run_jobs(&mut self, group: &mut [Box<dyn WriteJob>]) -> Result<(Vec<Ran>, bool), StoreError> {
        let connections = Arc::clone(&self.connections);
        let mut tx = connections.tx(self.conn()?).until(Instant::now() + LAST_STATEMENT);
        let cases: Vec<ApplicationId> = group.iter().filter_map(|job| job.case()).collect();
        prefetch(&mut tx, &cases)?;
        let mut all = Vec::with_capacity(group.len());
        for job in group {
            if tx.is_out_of_time() || job.ticket().begin().is_none() {
                // Alone it gets its own time, if any is left.
                all.push(Ran::Raced);
                continue;
            }
            all.push(run_in_group(&mut tx, job.as_mut())?);
        }
        Ok((all, tx.flush()?))
    }

    /// Runs a job in a transaction of its own. Repeats it while other transactions change the same rows first, and once
    /// after an error that nothing explains.
    fn run_alone(&mut self, mut job: Box<dyn WriteJob>) {
        let mut is_unexplained = false;
        for tries in 1.. {
            match self.try_alone(job.as_mut()) {
                Err(error) if error.is_transient() && tries < MAX_TRIES => {}
                Ok(Ran::Raced) if tries < MAX_TRIES => {}
                Err(StoreError::Unexplained(_)) if !is_unexplained => is_unexplained = true,
                ended => return job.answer(ended.err()),
            }
            thread::sleep(Duration::from_millis(u64::from(tries) * 3));
        }
    }

    fn try_alone(&mut self, job: &mut dyn WriteJob) -> Result<Ran, StoreError> {
        if !job.ticket().is_in_time() {
            return Err(out_of_time());
        }
        self.begin(|| job.ticket().is_in_time())?;
        let Some(begun) = job.ticket().begin() else {
            self.roll_back();
            return Err(out_of_time());
        };
        let connections = Arc::clone(&self.connections);
        let mut tx = connections.tx(self.conn()?).until(begun + LAST_STATEMENT);
        // Most jobs that run alone need no savepoint: the whole transaction can be rolled back.
        let ran = match job.records_refusals() {
            true => run_to_be_undone_alone(&mut tx, job).map(|(ran, _)| ran),
            false => Ok(job.run(&mut tx)),
        };
        let ran = ran.and_then(|ran| match ran {
            Ran::Done => tx.flush().map(|has_written| (ran, has_written)),
            ran => Ok((ran, false)),
        });
        let took = tx.statement_took();
        match ran {
            Ok((Ran::Done, has_written)) => {
                let at = Instant::now();
                self.commit(has_written).map(|()| Ran::Done).map_err(|error| self.undo(error, at.elapsed()))
            }
            Ok((ran, _)) => match job.failure().map(StoreError::copy_exactly) {
                Some(error) => match self.undo(error, took) {
                    // The caller gets the error as the use case has returned it.
                    error if error.is_outage() || ran == Ran::Unexplained => Err(error),
                    _ => Ok(ran),
                },
                None => {
                    self.roll_back();
                    Ok(ran)
                }
            },
            Err(error) => Err(self.undo(error, took)),
        }
    }

    /// Begins a transaction. While another process has SQLite's file locked, it tries again, as long as it `is_wanted`.
    fn begin(&mut self, is_wanted: impl Fn() -> bool) -> Result<(), StoreError> {
        self.state.set(Activity::Opening(Instant::now()));
        loop {
            match self.try_to_begin() {
                Err(StoreError::Raced) if is_wanted() => thread::sleep(Duration::from_millis(2)),
                Err(StoreError::Raced) => {
                    return Err(StoreError::Unavailable("another process has locked the database".into()));
                }
                begun => {
                    self.state.set(Activity::Working(Instant::now()));
                    return begun;
                }
            }
        }
    }

    /// Begins a transaction. A connection that was lost while it was idle is replaced.
    fn try_to_begin(&mut self) -> Result<(), StoreError> {
        if self.outages != self.connections.outage.begun() {
            self.conn = None;
        }
        if let Some(conn) = &mut self.conn {
            match dialect::begin_write(conn).map_err(StoreError::from) {
                Err(StoreError::Unavailable(_) | StoreError::Unexplained(_)) => self.conn = None,
                begun => return begun,
            }
        }
        self.outages = self.connections.outage.begun();
        let conn = self.conn.insert(self.connections.connect(Purpose::Write)?);
        dialect::begin_write(conn).map_err(StoreError::from).map_err(StoreError::of_connection)
    }

    /// Drops the connection, with whatever transaction it has.
    pub fn reset(&mut self) {
        self.conn = None;
        self.state.set(Activity::Idle);
    }

    /// Commits, `has_just_written` or not.
    fn commit(&mut self, has_just_written: bool) -> Result<(), StoreError> {
        dialect::commit(self.conn()?, has_just_written)?;
        self.health.committed();
        self.connections.outage.works();
        Ok(())
    }

    /// Rolls the transaction back after an error of a statement that took this long, and says what the error means.
    fn undo(&mut self, error: StoreError, took: Duration) -> StoreError {
        let is_alive = self.roll_back();
        let error = match (error, &mut self.conn) {
            (StoreError::Unexplained(message), Some(conn)) if is_alive => {
                verdict::explain(conn, message, took, Purpose::Write)
            }
            (StoreError::Unexplained(message), _) => StoreError::Unavailable(message),
            (error, _) => error,
        };
        if error.is_outage() {
            // The next transaction gets another connection: this server may be read-only.
            self.conn = None;
            self.note(&error);
        }
        error
    }

    /// Records, for readiness, that there was no space.
    fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::NoSpace(_)) {
            self.health.set_lacks_space(true);
        }
    }

    /// Rolls the transaction back. False: that failed, so the connection is lost.
    fn roll_back(&mut self) -> bool {
        let is_alive = self.conn.as_mut().is_some_and(roll_back);
        if !is_alive {
            self.conn = None;
        }
        is_alive
    }

    fn conn(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.conn.as_mut().ok_or_else(|| StoreError::Broken("no transaction was begun".into()))
    }

    /// Copies the rest of SQLite's log, if the checkpoint thread has just copied most of it. The next commit then
    /// starts at the beginning of the log file. A commit that makes the file longer takes twice as long.
    pub fn restart_log(&mut self) {
        if self.connections.log_is_copied.swap(false, Ordering::Acquire)
            && let Some(conn) = &mut self.conn
        {
            // If this fails, the log only grows until the next checkpoint.
            let _ = conn.batch_execute(SQLITE_CHECKPOINT);
        }
    }
}

fn out_of_time() -> StoreError {
    StoreError::Unavailable("the database was too busy; nothing was changed".into())
}

/// Runs a job of a group. An error means that the whole group must be undone.
fn run_in_group(tx: &mut Tx<'_>, job: &mut dyn WriteJob) -> Result<Ran, StoreError> {
    let (ran, is_undone) = run_to_be_undone_alone(tx, job)?;
    let took = tx.statement_took();
    if matches!(ran, Ran::Done | Ran::Refused) {
        return Ok(ran);
    }
    if tx.has_run_out_of_time() {
        // The database has not refused anything.
        return Ok(Ran::Raced);
    }
    if !is_undone {
        // PostgreSQL may have aborted the transaction, and with it what the other jobs have done.
        return Err(StoreError::Raced);
    }
    if ran == Ran::Unexplained && verdict::has_timed_out(took, Purpose::Write) {
        let message = job.failure().map(ToString::to_string).unwrap_or_default();
        job.fail(verdict::timed_out(&message));
        return Ok(Ran::Failed);
    }
    Ok(ran)
}

/// Runs a job that can be undone without the rest of its transaction. A refused job is undone first, and then writes
/// what it leaves behind. Also returns whether the database was rolled back to a savepoint.
fn run_to_be_undone_alone(tx: &mut Tx<'_>, job: &mut dyn WriteJob) -> Result<(Ran, bool), StoreError> {
    let (ran, is_undone) = under_savepoint(tx, |tx| job.run(tx))?;
    if ran == Ran::Refused && job.records_refusals() {
        return under_savepoint(tx, |tx| job.record_refusal(tx));
    }
    Ok((ran, is_undone))
}

fn under_savepoint(tx: &mut Tx<'_>, run: impl FnOnce(&mut Tx<'_>) -> Ran) -> Result<(Ran, bool), StoreError> {
    tx.begin_job();
    let ran = run(tx);
    let is_undone = match ran {
        Ran::Done => {
            tx.keep_job()?;
            false
        }
        Ran::Refused | Ran::Failed | Ran::Unexplained | Ran::Raced => tx.undo_job()?,
    };
    Ok((ran, is_undone))
}
