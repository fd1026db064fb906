//! Places: what a case occupies, and how it moves. Never one place too many, never one too few.
//!
//! Read this before you write code that takes places. A place is counted in three kinds of row: the batch, each limit
//! that counts the case, and the ledger (append-only; the counters are its sums). Only `workflow/transition.rs` moves
//! them, in the transaction that moves the case, and last, since they are the hot rows: first the batch, whose lock
//! protects its limits, then the limits. Taking a place is a conditional update (`held + taken < capacity`) with a
//! CHECK constraint behind it; releasing one needs no condition. Code that releases a place also promotes from the
//! waiting list in the same transaction (`workflow/promote.rs`); of many places at once, a job gives the rest.
//!
//! What a place is counted under is part of the place. It is fixed when the place is held or taken, and the ledger
//! remembers it: a case that changes its sponsor afterwards keeps its place where it was counted, and frees it there.

use crate::text_enum;

/// What a place is counted under: in its batch, the limits with these keys count it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedUnder {
    /// The direction of the case.
    pub direction: String,
    /// Its category.
    pub category: String,
    /// The code of its sponsor.
    pub sponsor: Option<String>,
}

text_enum! {
    /// What a case occupies of its batch.
    pub enum Place {
        /// Nothing.
        None = "none",
        /// A place held for a case under review.
        Held = "held",
        /// A place of an approved case.
        Taken = "taken",
    }
}

text_enum! {
    /// One line of the ledger.
    pub enum Movement {
        /// A free place is held.
        Hold = "hold",
        /// A free place is taken.
        Take = "take",
        /// A held place is taken.
        TakeHeld = "take_held",
        /// A held place is free again.
        ReleaseHeld = "release_held",
        /// A taken place is free again.
        ReleaseTaken = "release_taken",
    }
}

impl Movement {
    /// What it does to the counters: held, taken.
    pub const fn deltas(self) -> (i32, i32) {
        match self {
            Self::Hold => (1, 0),
            Self::Take => (0, 1),
            Self::TakeHeld => (-1, 1),
            Self::ReleaseHeld => (-1, 0),
            Self::ReleaseTaken => (0, -1),
        }
    }

    /// Whether it needs a free place.
    pub const fn needs_room(self) -> bool {
        let (held, taken) = self.deltas();
        held + taken > 0
    }

    /// Whether it moves a place that the case has already.
    pub const fn is_of_own_place(self) -> bool {
        matches!(self, Self::TakeHeld | Self::ReleaseHeld | Self::ReleaseTaken)
    }

    /// Whether it frees a place.
    pub const fn frees(self) -> bool {
        let (held, taken) = self.deltas();
        held + taken < 0
    }

    /// The movement from what a case occupies to what it will occupy; none if that is the same.
    pub const fn between(from: Place, to: Place) -> Option<Self> {
        match (from, to) {
            (Place::None, Place::Held) => Some(Self::Hold),
            (Place::None, Place::Taken) => Some(Self::Take),
            (Place::Held, Place::Taken) => Some(Self::TakeHeld),
            (Place::Held, Place::None) => Some(Self::ReleaseHeld),
            (Place::Taken, Place::None) => Some(Self::ReleaseTaken),
            // A taken place never becomes a held one.
            (Place::Taken, Place::Held)
            | (Place::None, Place::None)
            | (Place::Held, Place::Held)
            | (Place::Taken, Place::Taken) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(from: Place) -> impl Strategy<Value = Place> {
        let allowed: Vec<Place> =
            Place::ALL.iter().copied().filter(|to| (from, *to) != (Place::Taken, Place::Held)).collect();
        proptest::sample::select(allowed)
    }

    proptest! {
        #[test]
        fn the_sums_of_the_ledger_are_what_the_case_occupies(steps in proptest::collection::vec(any::<u32>(), 0..30)) {
            let mut now = Place::None;
            let (mut held, mut taken) = (0, 0);
            for step in steps {
                let options: Vec<Place> = Place::ALL.iter().copied().filter(|to| (now, *to) != (Place::Taken, Place::Held)).collect();
                let next = options[step as usize % options.len()];
                if let Some(movement) = Movement::between(now, next) {
                    let (h, t) = movement.deltas();
                    held += h;
                    taken += t;
                }
                now = next;
                prop_assert_eq!((held, taken), (i32::from(now == Place::Held), i32::from(now == Place::Taken)));
            }
        }

        #[test]
        fn a_movement_exists_exactly_when_something_changes(to in place(Place::None)) {
            prop_assert_eq!(Movement::between(Place::None, to).is_some(), to != Place::None);
        }
    }
}
