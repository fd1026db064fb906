//! The waitlist of a batch: which case comes first, which gets a free place, and which number a case has on it.
//!
//! 1. The order of the batch decides which of two waiting cases comes first:
//!    - `first_come`: the case that was submitted earlier;
//!    - `ranked`: the case with more points; of two with equal points, the case that was submitted earlier;
//!    - `ballot`: the case with the smaller lot.
//! 2. If two cases are equal under rule 1, the case with the smaller id comes first.
//! 3. A free place goes to the first case in line that finds room in every limit that counts it. A case whose direction,
//!    category or sponsor is full is skipped and keeps its place in the line.
//! 4. A batch that is full or has ended gives no places. A ballot gives none before the draw is finished: while it
//!    runs, the draw gives the places (rule 3). Its line has no order until the lots are known.
//!
//! The database applies these rules with an index (`store/waitlist.rs`); a property test compares both.

use std::cmp;

use super::{
    batch::{Batch, Ordering},
    case::Case,
    lifecycle::BatchState,
};

/// Which of two waiting cases comes first (rules 1 and 2): the lesser one.
pub fn compare(ordering: Ordering, one: &Case, other: &Case) -> cmp::Ordering {
    let by_time = || one.submitted_at.cmp(&other.submitted_at);
    let by_order = match ordering {
        Ordering::FirstCome => by_time(),
        Ordering::Ranked => other.rank.cmp(&one.rank).then_with(by_time),
        Ordering::Ballot => one.lot.cmp(&other.lot),
    };
    by_order.then_with(|| one.id.cmp(&other.id))
}

/// Whether a batch has a place for any waiting case (rule 4).
pub fn gives_places(batch: &Batch) -> bool {
    has_places(batch) && !batch.awaits_draw()
}

/// Whether the draw of a batch, while it runs, has a place for any waiting case (rule 4).
pub fn draw_gives_places(batch: &Batch) -> bool {
    has_places(batch) && batch.is_drawn()
}

fn has_places(batch: &Batch) -> bool {
    batch.available() > 0 && batch.state != BatchState::Ended
}

/// The waiting case that gets the next place of its batch (rule 3), if one does.
pub fn first_with_room<'a>(waiting: &'a [Case], batch: &Batch) -> Option<&'a Case> {
    let has_room = |case: &&Case| batch.has_room_for(&case.counted_under());
    let with_room = waiting.iter().filter(|_| gives_places(batch)).filter(has_room);
    with_room.min_by(|one, other| compare(batch.ordering, one, other))
}

/// The place of a case among the waiting cases of its batch, from 1. None: the line has no order yet (rule 4).
pub fn place(waiting: &[Case], case: &Case, batch: &Batch) -> Option<usize> {
    let has_order = !batch.is_by_lot() || batch.is_drawn();
    let before = || waiting.iter().filter(|other| compare(batch.ordering, other, case).is_lt()).count();
    has_order.then(|| before() + 1)
}
