//! A transaction under way. It remembers what it has read of batches, and keeps the rows that it owes to tables which
//! only grow, so that many of them, of one decision or of several that commit together, go to the database in one
//! statement each. Whoever asks for [`Tx::conn`] finds everything written.

use std::collections::HashMap;

use diesel::connection::SimpleConnection;

use super::{
    StoreError, authorization, connection::AnyConnection, event, ledger, outbox, position,
    programme::ProgrammeCache,
};
use crate::{
    domain::{
        batch::Batch,
        case::{Case, Endorsement, SponsorRef},
        evidence::Evidence,
        finding::Finding,
        ids::{ApplicationId, BatchId, OrganisationId},
    },
    secret::Secret,
    store::recipient::Member,
};

/// A transaction under way, with the keys that open its sealed columns.
pub struct Tx<'a> {
    /// The connection as it is, rows may be owed: for tables whose rows are never owed.
    pub(super) raw: &'a mut AnyConnection,
    pub(super) secret: &'a Secret,
    pub(super) programmes: &'a ProgrammeCache,
    pub(super) owed: Owed,
    pub(super) known: Known,
    savepoint: Savepoint,
}

/// Whether the database can go back to where a wish began.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    /// The wish is alone in its transaction: all of it goes back, or nothing.
    Needless,
    /// The wish has given the database nothing to go back from yet.
    Due,
    /// One was made.
    Made,
}

/// What was read already and cannot have changed since, except by this transaction.
#[derive(Default)]
pub(super) struct Known {
    /// With the places that this transaction has moved. Others may have moved some since: the guards see to that.
    pub batches: HashMap<BatchId, Batch>,
    /// Of organisations that are written to.
    pub members: HashMap<OrganisationId, Vec<Member>>,
    pub sponsors: HashMap<OrganisationId, SponsorRef>,
    /// Locked and read for the decisions that are about to be made; each is taken out by the first who asks.
    pub cases: HashMap<ApplicationId, Case>,
    pub endorsements: HashMap<ApplicationId, Vec<Endorsement>>,
    pub findings: HashMap<ApplicationId, Vec<Finding>>,
    pub evidence: HashMap<ApplicationId, Vec<Evidence>>,
}

/// Rows that are not written yet, table by table.
#[derive(Default)]
pub(super) struct Owed {
    pub positions: Rows<position::Position>,
    pub events: Rows<event::Sealed>,
    pub authorizations: Rows<authorization::NewRow>,
    pub notifications: Rows<outbox::NewRow>,
    pub ledger: Rows<ledger::NewRow>,
    pub moves: Rows<ledger::Move>,
}

/// The rows of one table; the first `written` are in the database.
pub(super) struct Rows<R> {
    rows: Vec<R>,
    written: usize,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), written: 0 }
    }
}

impl<R> Rows<R> {
    pub fn push(&mut self, row: R) {
        self.rows.push(row);
    }

    /// What the database does not have yet.
    pub fn unwritten(&self) -> &[R] {
        &self.rows[self.written..]
    }

    fn mark(&self) -> (usize, usize) {
        (self.rows.len(), self.written)
    }

    /// As it was at the mark; what has been written since was rolled back.
    fn go_back(&mut self, (length, written): (usize, usize)) {
        self.rows.truncate(length);
        self.written = written;
    }
}

/// A statement takes so many values and no more: 32,766 in SQLite, 65,535 in PostgreSQL.
const ROWS_A_STATEMENT: usize = 500;

/// How far the rows were when a savepoint was made.
pub(super) struct Mark([(usize, usize); 6]);

impl Owed {
    fn mark(&self) -> Mark {
        let Self { positions, events, authorizations, notifications, ledger, moves } = self;
        Mark([
            positions.mark(),
            events.mark(),
            authorizations.mark(),
            notifications.mark(),
            ledger.mark(),
            moves.mark(),
        ])
    }

    fn go_back(&mut self, Mark([positions, events, authorizations, notifications, ledger, moves]): Mark) {
        self.positions.go_back(positions);
        self.events.go_back(events);
        self.authorizations.go_back(authorizations);
        self.notifications.go_back(notifications);
        self.ledger.go_back(ledger);
        self.moves.go_back(moves);
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        raw: &'a mut AnyConnection,
        secret: &'a Secret,
        programmes: &'a ProgrammeCache,
    ) -> Self {
        Self {
            raw,
            secret,
            programmes,
            owed: Owed::default(),
            known: Known::default(),
            savepoint: Savepoint::Needless,
        }
    }

    /// The connection, after everything that is owed was written.
    pub(super) fn conn(&mut self) -> Result<&mut AnyConnection, StoreError> {
        if self.savepoint == Savepoint::Due {
            self.raw.batch_execute("SAVEPOINT wish")?;
            self.savepoint = Savepoint::Made;
        }
        self.settle()?;
        Ok(self.raw)
    }

    /// Writes what is owed: a statement for each table, the counters of places last, since theirs are the hot rows.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        write(&mut self.owed.positions, self.raw, position::write)?;
        write(&mut self.owed.events, self.raw, event::write)?;
        write(&mut self.owed.authorizations, self.raw, authorization::write)?;
        write(&mut self.owed.notifications, self.raw, outbox::write)?;
        write(&mut self.owed.ledger, self.raw, ledger::write)?;
        write(&mut self.owed.moves, self.raw, ledger::move_counters)
    }

    /// Begins a wish that others share the transaction with: where to come back to, should it be refused.
    pub(super) fn begin_wish(&mut self) -> Mark {
        self.savepoint = Savepoint::Due;
        self.owed.mark()
    }

    /// The wish is to be kept.
    pub(super) fn keep_wish(&mut self) -> Result<(), StoreError> {
        let made = std::mem::replace(&mut self.savepoint, Savepoint::Needless);
        if made == Savepoint::Made {
            self.raw.batch_execute("RELEASE SAVEPOINT wish")?;
        }
        Ok(())
    }

    /// Forgets everything since the mark, and so does the database.
    pub(super) fn undo_wish(&mut self, mark: Mark) -> Result<(), StoreError> {
        let made = std::mem::replace(&mut self.savepoint, Savepoint::Needless);
        if made == Savepoint::Made {
            self.raw.batch_execute("ROLLBACK TO SAVEPOINT wish; RELEASE SAVEPOINT wish")?;
        }
        self.owed.go_back(mark);
        self.known = Known::default();
        Ok(())
    }
}

fn write<R>(
    rows: &mut Rows<R>,
    conn: &mut AnyConnection,
    write: impl Fn(&mut AnyConnection, &[R]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for some in rows.unwritten().chunks(ROWS_A_STATEMENT) {
        write(conn, some)?;
    }
    rows.written = rows.rows.len();
    Ok(())
}
