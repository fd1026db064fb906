//! Group commit. The writer runs all jobs of a group in one transaction, each under a savepoint of its own, commits
//! once, and then answers the callers. A job that waits alone has a transaction of its own and no savepoint.
//!
//! If a group cannot be committed as a whole (another instance changed a row first, a row lock was lost), its jobs run
//! again one by one, so that no job fails because of another.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};

use diesel::connection::SimpleConnection;

use super::{
    connections::{Connections, roll_back},
    job::{Ran, WriteJob},
};
use crate::{
    domain::ids::ApplicationId,
    store::{
        StoreError, Transient, Tx,
        connection::AnyConnection,
        dialect::{self, SQLITE_CHECKPOINT},
        prefetch::prefetch,
    },
};

/// How often a transaction that lost a race is run in all.
const MAX_TRIES: u32 = 8;

/// Runs groups of jobs, on a connection of its own.
pub(super) struct Writer {
    connections: Arc<Connections>,
    conn: Option<AnyConnection>,
}

impl Writer {
    pub const fn new(connections: Arc<Connections>) -> Self {
        Self { connections, conn: None }
    }

    /// Runs the jobs and answers their callers.
    pub fn run(&mut self, mut group: Vec<Box<dyn WriteJob>>) {
        if group.len() > 1 {
            group = self.run_group(group);
        }
        for job in group {
            self.run_alone(job);
        }
    }

    /// Runs the jobs in one transaction. Returns those that must run again alone. The others are answered.
    fn run_group(&mut self, mut group: Vec<Box<dyn WriteJob>>) -> Vec<Box<dyn WriteJob>> {
        match self.begin() {
            Ok(()) => {}
            Err(error @ StoreError::Unavailable(_)) => {
                group.into_iter().for_each(|job| job.answer(Some(error.copy())));
                return Vec::new();
            }
            Err(_) => return group,
        }
        let Ok(ran) = self.run_jobs(&mut group) else {
            self.roll_back();
            return group;
        };
        let failure = match self.commit() {
            Ok(()) => None,
            Err(error) => {
                self.roll_back();
                if !matches!(error, StoreError::Unavailable(_)) {
                    return group;
                }
                // The commit may have succeeded: running the jobs again could do everything twice.
                Some(error)
            }
        };
        let mut again = Vec::new();
        for (job, ran) in group.into_iter().zip(ran) {
            match ran {
                Ran::Raced => again.push(job),
                Ran::Done | Ran::Refused | Ran::Failed => job.answer(failure.as_ref().map(StoreError::copy)),
            }
        }
        again
    }

    fn run_jobs(&mut self, group: &mut [Box<dyn WriteJob>]) -> Result<Vec<Ran>, StoreError> {
        let connections = Arc::clone(&self.connections);
        let mut tx = connections.tx(self.conn()?);
        let cases: Vec<ApplicationId> = group.iter().filter_map(|job| job.case()).collect();
        prefetch(&mut tx, &cases)?;
        let mut all = Vec::with_capacity(group.len());
        for job in group {
            let (ran, is_undone) = run_to_be_undone_alone(&mut tx, job.as_mut())?;
            if matches!(ran, Ran::Failed | Ran::Raced) && !is_undone {
                // PostgreSQL may have aborted the transaction, and with it what the other jobs have done.
                return Err(StoreError::Raced);
            }
            all.push(ran);
        }
        tx.flush()?;
        Ok(all)
    }

    /// Runs a job in a transaction of its own, again while other transactions are faster.
    fn run_alone(&mut self, mut job: Box<dyn WriteJob>) {
        for tries in 1..=MAX_TRIES {
            match self.try_alone(job.as_mut()) {
                Err(error) if error.is_transient() && tries < MAX_TRIES => {}
                Ok(Ran::Raced) if tries < MAX_TRIES => {}
                ended => return job.answer(ended.err()),
            }
            thread::sleep(Duration::from_millis(u64::from(tries) * 3));
        }
    }

    fn try_alone(&mut self, job: &mut dyn WriteJob) -> Result<Ran, StoreError> {
        self.begin()?;
        let connections = Arc::clone(&self.connections);
        let mut tx = connections.tx(self.conn()?);
        // Most jobs that run alone need no savepoint: the whole transaction can be rolled back.
        let ran = match job.records_refusals() {
            true => run_to_be_undone_alone(&mut tx, job).map(|(ran, _)| ran),
            false => Ok(job.run(&mut tx)),
        };
        let ended = match ran {
            Ok(Ran::Done) => tx.flush().and_then(|()| self.commit()).map(|()| Ran::Done),
            Ok(ran) => {
                self.roll_back();
                Ok(ran)
            }
            Err(error) => Err(error),
        };
        if ended.is_err() {
            self.roll_back();
        }
        ended
    }

    /// Begins a transaction. A connection that was lost while it was idle is replaced.
    fn begin(&mut self) -> Result<(), StoreError> {
        if let Some(conn) = &mut self.conn {
            match dialect::begin_write(conn).map_err(StoreError::from) {
                Err(StoreError::Unavailable(_)) => self.conn = None,
                begun => return begun,
            }
        }
        let conn = self.conn.insert(self.connections.connect()?);
        Ok(dialect::begin_write(conn)?)
    }

    /// Drops the connection, with whatever transaction it has.
    pub fn reset(&mut self) {
        self.conn = None;
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        Ok(dialect::commit(self.conn()?)?)
    }

    /// Rolls the transaction back. If that fails, the connection is lost.
    fn roll_back(&mut self) {
        if self.conn.as_mut().is_some_and(|conn| !roll_back(conn)) {
            self.conn = None;
        }
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
        Ran::Refused | Ran::Failed | Ran::Raced => tx.undo_job()?,
    };
    Ok((ran, is_undone))
}
