//! Rows that were read before they are needed: for a group of jobs, those of all its cases in one statement a table.
//! They are kept in memory by their type and by what they are about.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
};

use crate::domain::ids::{ApplicationId, BatchId, OrganisationId};

/// What a row is about. A change of one row about a subject drops everything that was prefetched about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) enum Subject {
    /// A case: its row, review, findings.
    Case(ApplicationId),
    /// The evidence of a case. A step of the case does not change it.
    Evidence(ApplicationId),
    /// What the place of a case is counted under.
    Place(ApplicationId),
    /// The key of a case. It never changes, so a change of the case does not drop it.
    CaseKey(ApplicationId),
    /// A batch and its limits.
    Batch(BatchId),
    Organisation(OrganisationId),
    /// All accounts together.
    Accounts,
    /// Something that is never prefetched, such as sessions.
    Other,
}

/// Prefetched rows. Nothing outside this transaction changes them, except the counters of batches: there the guards of
/// the counters decide in the end.
#[derive(Default)]
pub(in crate::store) struct Prefetched {
    values: HashMap<Subject, Vec<Box<dyn Any>>>,
    /// The subjects about which a value was put, changed or dropped since the mark. A value about any other subject is
    /// as it was at the mark.
    touched: HashSet<Subject>,
}

impl Prefetched {
    /// Sets the mark to which [`Self::undo_to_mark`] returns.
    pub fn set_mark(&mut self) {
        self.touched.clear();
    }

    /// Drops everything about the subjects that were touched since the mark: the values may contain what the database
    /// has rolled back.
    pub fn undo_to_mark(&mut self) {
        for subject in self.touched.drain() {
            self.values.remove(&subject);
        }
    }

    /// Keeps a value, in place of an earlier one of the same type.
    pub fn put<T: Any>(&mut self, subject: Subject, value: T) {
        self.touched.insert(subject);
        let values = self.values.entry(subject).or_default();
        values.retain(|kept| !kept.is::<T>());
        values.push(Box::new(value));
    }

    /// Keeps a list for each case, an empty one where there are no rows, in the form in which it is used. `subject` is
    /// what the rows are about.
    pub fn put_lists<T, L: Any>(
        &mut self,
        subject: fn(ApplicationId) -> Subject,
        cases: &[ApplicationId],
        rows: impl IntoIterator<Item = (ApplicationId, T)>,
        as_used: fn(Vec<T>) -> L,
    ) {
        let mut lists: HashMap<ApplicationId, Vec<T>> =
            cases.iter().map(|case| (*case, Vec::new())).collect();
        for (case, row) in rows {
            lists.entry(case).or_default().push(row);
        }
        for (case, list) in lists {
            self.put(subject(case), as_used(list));
        }
    }

    pub fn get<T: Any>(&self, subject: Subject) -> Option<&T> {
        self.values.get(&subject)?.iter().find_map(|value| value.downcast_ref())
    }

    pub fn get_mut<T: Any>(&mut self, subject: Subject) -> Option<&mut T> {
        self.touched.insert(subject);
        self.values.get_mut(&subject)?.iter_mut().find_map(|value| value.downcast_mut())
    }

    /// Removes a value and returns it. The next caller reads the database.
    pub fn take<T: Any>(&mut self, subject: Subject) -> Option<T> {
        let values = self.values.get_mut(&subject)?;
        let at = values.iter().position(|value| value.is::<T>())?;
        values.swap_remove(at).downcast().ok().map(|value| *value)
    }

    /// Drops everything about a subject.
    pub fn forget(&mut self, subject: Subject) {
        self.touched.insert(subject);
        self.values.remove(&subject);
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.values.clear();
    }
}
