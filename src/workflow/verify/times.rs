//! The times of events: a chain does not go back in time, and nothing has happened in the future.

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::{AuditedEvent, Chained};

/// How far the clocks of several machines may differ: the service stops timed work when they differ by more than a
/// minute, and each of two may be wrong.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// Checks the times of the events of a subject.
pub(super) fn check<S: Chained>(
    history: &[AuditedEvent<S>],
    now: Timestamp,
    broken: &mut impl FnMut(&'static str, String),
) {
    let latest = now.checked_add(TOLERANCE).unwrap_or(Timestamp::MAX);
    let mut newest: Option<Timestamp> = None;
    for AuditedEvent { event, .. } in history {
        if event.at > latest {
            broken("time_in_future", format!("event {} is of {}, and it is {now} now", event.seq, event.at));
        }
        if let Some(before) = newest.filter(|before| before.duration_since(event.at) > TOLERANCE) {
            let detail = format!("event {} is of {}, and an earlier one of {before}", event.seq, event.at);
            broken("time_goes_back", detail);
        }
        newest = newest.max(Some(event.at));
    }
}
