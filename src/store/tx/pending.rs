//! Rows that a transaction has to write and has not written yet. They are collected by table and written together, one
//! statement a table, however many decisions they come from.
//!
//! To add a hot table: implement [`PendingRow`] for its row type, and give it a place in [`FlushOrder`].

use std::{any::Any, collections::BTreeMap};

use super::prefetched::Subject;
use crate::store::{StoreError, connection::AnyConnection};

/// The hot tables, in the order in which their rows are written.
///
/// This is the lock order of all transactions that decide on cases: first the rows of the cases, last the counters of
/// batches and limits. Every decision on a batch updates the same counters, so their locks are taken as late and held
/// as briefly as possible. Because all transactions follow the same order, no two of them wait for each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum FlushOrder {
    Positions,
    CaseKeys,
    JourneyChecks,
    Events,
    AccessRecords,
    Authorizations,
    Notifications,
    QuotaEntries,
    IdempotencyKeys,
    Counters,
    /// Not read with the other tables, and so written only before the commit.
    UseByHour,
}

impl FlushOrder {
    /// The last of the tables that other statements read.
    pub const LAST_READABLE: Self = Self::Counters;
    /// The last of all.
    pub const LAST: Self = Self::UseByHour;
}

/// A row of a hot table.
pub(in crate::store) trait PendingRow: Sized + 'static {
    /// When the table is written. Each place belongs to one row type.
    const ORDER: FlushOrder;

    /// What the row is about.
    fn subject(&self) -> Subject;

    /// Writes many rows at once, with at least one statement.
    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError>;
}

/// A database takes a limited number of values in one statement: SQLite 32,766, PostgreSQL 65,535.
const ROWS_PER_STATEMENT: usize = 500;

/// All rows that are not written yet, by table, in the order of flushing.
#[derive(Default)]
pub(in crate::store) struct PendingWrites(BTreeMap<FlushOrder, Box<dyn Table>>);

impl PendingWrites {
    /// Adds a row, to be written with the next flush.
    pub fn push<R: PendingRow>(&mut self, row: R) {
        let table = self.0.entry(R::ORDER).or_insert_with(|| Box::new(Rows::<R>::default()));
        let table: &mut dyn Any = table.as_mut();
        let table: &mut Rows<R> = table.downcast_mut().expect("a place in the flush order has one row type");
        table.rows.push(row);
    }

    /// The rows of one type that are not written yet.
    pub fn unwritten<R: PendingRow>(&self) -> &[R] {
        let table = self.0.get(&R::ORDER).map(|table| table.as_ref() as &dyn Any);
        table.and_then(|table| table.downcast_ref::<Rows<R>>()).map_or(&[], |rows| rows.unwritten())
    }

    /// Writes the rows of the tables up to this one that are not written yet, if each may `begin`. Returns whether there
    /// were any.
    pub fn flush_to(
        &mut self,
        last: FlushOrder,
        conn: &mut AnyConnection,
        mut begin: impl FnMut() -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let mut has_written = false;
        for table in self.0.range_mut(..=last).map(|(_, table)| table).filter(|table| table.has_unwritten()) {
            begin()?;
            table.flush(conn)?;
            has_written = true;
        }
        Ok(has_written)
    }

    /// Sets the mark to which [`Self::undo_to_mark`] returns.
    pub fn set_mark(&mut self) {
        self.0.values_mut().for_each(|table| table.set_mark());
    }

    /// Drops the rows that came after the mark. Call this when the database has rolled back to the same point.
    pub fn undo_to_mark(&mut self) {
        self.0.values_mut().for_each(|table| table.undo_to_mark());
    }
}

/// The rows of one table, whatever their type.
trait Table: Any {
    fn has_unwritten(&self) -> bool;
    fn flush(&mut self, conn: &mut AnyConnection) -> Result<(), StoreError>;
    fn set_mark(&mut self);
    fn undo_to_mark(&mut self);
}

struct Rows<R> {
    rows: Vec<R>,
    /// How many of the rows are in the database, from the first on.
    written: usize,
    mark: Mark,
}

/// The number of rows, and of written rows, at a savepoint. A table that is created later had none.
#[derive(Clone, Copy, Default)]
struct Mark {
    rows: usize,
    written: usize,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), written: 0, mark: Mark::default() }
    }
}

impl<R> Rows<R> {
    fn unwritten(&self) -> &[R] {
        &self.rows[self.written..]
    }
}

impl<R: PendingRow> Table for Rows<R> {
    fn has_unwritten(&self) -> bool {
        !self.unwritten().is_empty()
    }

    fn flush(&mut self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        for chunk in self.unwritten().chunks(ROWS_PER_STATEMENT) {
            R::write(conn, chunk)?;
        }
        self.written = self.rows.len();
        Ok(())
    }

    fn set_mark(&mut self) {
        self.mark = Mark { rows: self.rows.len(), written: self.written };
    }

    fn undo_to_mark(&mut self) {
        self.rows.truncate(self.mark.rows);
        self.written = self.mark.written;
    }
}
