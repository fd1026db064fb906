//! A transaction. It collects the rows of hot tables and writes them together ([`pending`]), so that many decisions,
//! of one job or of several that commit together, take one statement a table.

mod pending;
mod prefetched;

use std::time::{Duration, Instant};

use self::{pending::PendingWrites, prefetched::Prefetched};
pub(super) use self::{
    pending::{FlushOrder, PendingRow},
    prefetched::Subject,
};
use super::{
    StoreError, case_key::CaseKeyCache, connection::AnyConnection, dialect, programme_cache::ProgrammeCache,
};
use crate::keyring::Keyring;

/// A transaction, with the keys that open its sealed columns.
pub struct Tx<'a> {
    conn: &'a mut AnyConnection,
    pub(super) keyring: &'a Keyring,
    pub(super) programmes: &'a ProgrammeCache,
    pub(super) case_keys: &'a CaseKeyCache,
    /// Whether this transaction has created case keys: a key that it reads may not be committed yet.
    pub(super) has_new_case_keys: bool,
    pub(super) pending: PendingWrites,
    pub(super) prefetched: Prefetched,
    savepoint: Savepoint,
    time: Time,
}

/// The time of a transaction.
struct Time {
    /// When the last statement began.
    statement_at: Instant,
    /// After this, no further statement begins.
    deadline: Option<Instant>,
    /// Whether a statement was refused because of the deadline.
    has_run_out: bool,
}

impl Time {
    fn begin_statement(&mut self) -> Result<(), StoreError> {
        self.statement_at = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= self.statement_at) {
            self.has_run_out = true;
            return Err(StoreError::Unavailable("the transaction has taken too long".into()));
        }
        Ok(())
    }
}

/// Whether the database can roll back to the beginning of the current job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    /// The job has the transaction to itself.
    NotNeeded,
    /// The job shares the transaction and has not used the connection yet, so there is nothing to roll back.
    NotMade,
    /// The job shares the transaction and has used the connection.
    Made,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        conn: &'a mut AnyConnection,
        keyring: &'a Keyring,
        programmes: &'a ProgrammeCache,
        case_keys: &'a CaseKeyCache,
    ) -> Self {
        Self {
            conn,
            keyring,
            programmes,
            case_keys,
            has_new_case_keys: false,
            pending: PendingWrites::default(),
            prefetched: Prefetched::default(),
            savepoint: Savepoint::NotNeeded,
            time: Time { statement_at: Instant::now(), deadline: None, has_run_out: false },
        }
    }

    /// The same, in which no statement begins after the deadline.
    pub(super) const fn until(mut self, deadline: Instant) -> Self {
        self.time.deadline = Some(deadline);
        self
    }

    /// Whether no further statement may begin.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.time.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Whether a statement was refused because of that.
    pub(super) const fn has_run_out_of_time(&self) -> bool {
        self.time.has_run_out
    }

    /// How long the last statement has taken, if it has just ended.
    pub(super) fn statement_took(&self) -> Duration {
        self.time.statement_at.elapsed()
    }

    /// The connection, for reading, after all pending rows were written that a statement may read.
    pub(super) fn conn(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.begin_statement()?;
        self.flush_to(FlushOrder::LAST_READABLE)?;
        Ok(self.conn)
    }

    /// The connection, for the table of cases, after its pending rows were written. Those of other tables stay pending, so
    /// that a group of submissions, each of which looks for other cases and becomes live, writes them together.
    pub(super) fn conn_for_cases(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.begin_statement()?;
        self.flush_to(FlushOrder::Positions)?;
        Ok(self.conn)
    }

    fn begin_statement(&mut self) -> Result<(), StoreError> {
        self.time.begin_statement()?;
        if self.savepoint == Savepoint::NotMade {
            dialect::control(self.conn, "SAVEPOINT job")?;
            self.savepoint = Savepoint::Made;
        }
        Ok(())
    }

    /// The connection, for a statement that changes rows about `subject`. What was prefetched about it is dropped.
    pub(super) fn changing(&mut self, subject: Subject) -> Result<&mut AnyConnection, StoreError> {
        self.prefetched.forget(subject);
        self.conn()
    }

    /// The connection, for a statement that changes rows about many subjects. Everything that was prefetched is
    /// dropped.
    pub(super) fn changing_many(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.prefetched.clear();
        self.conn()
    }

    /// Adds a row of a hot table, which is written later. What was prefetched about its subject is dropped.
    pub(super) fn push<R: PendingRow>(&mut self, row: R) {
        self.prefetched.forget(row.subject());
        self.pending.push(row);
    }

    /// The connection, without writing the pending rows first: for reading tables that never have pending rows, or whose
    /// pending rows the caller adds.
    pub(super) fn conn_unflushed(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.time.begin_statement()?;
        Ok(self.conn)
    }

    /// Writes all pending rows. Returns whether there were any.
    pub(super) fn flush(&mut self) -> Result<bool, StoreError> {
        self.flush_to(FlushOrder::LAST)
    }

    fn flush_to(&mut self, last: FlushOrder) -> Result<bool, StoreError> {
        self.pending.flush_to(last, self.conn, || self.time.begin_statement())
    }

    /// Begins a job that shares the transaction with others, so that it can be undone alone.
    pub(super) fn begin_job(&mut self) {
        self.savepoint = Savepoint::NotMade;
        self.pending.set_mark();
        self.prefetched.set_mark();
    }

    /// Keeps what the job has done.
    pub(super) fn keep_job(&mut self) -> Result<(), StoreError> {
        let savepoint = std::mem::replace(&mut self.savepoint, Savepoint::NotNeeded);
        if savepoint == Savepoint::Made {
            dialect::control(self.conn, "RELEASE SAVEPOINT job")?;
        }
        Ok(())
    }

    /// Undoes what the job has done, here and in the database. False: there was no savepoint to go back to, because the
    /// job has only read rows that are never pending.
    pub(super) fn undo_job(&mut self) -> Result<bool, StoreError> {
        let savepoint = std::mem::replace(&mut self.savepoint, Savepoint::NotNeeded);
        if savepoint == Savepoint::Made {
            dialect::undo_savepoint(self.conn)?;
        }
        self.pending.undo_to_mark();
        self.prefetched.undo_to_mark();
        Ok(savepoint == Savepoint::Made)
    }
}
