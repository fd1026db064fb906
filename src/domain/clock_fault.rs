//! When the clock of an instance cannot be trusted. Timed work cannot be undone: with a clock that is a year ahead,
//! every case lapses, every authorization expires and every ballot is drawn. PostgreSQL has a clock to compare with.
//! SQLite has none: the service compares the clock with how long the machine has been running, and at its start with
//! what it recorded last.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::text_enum;

/// The largest difference that is accepted.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// On SQLite: after a longer pause of the service, a person must confirm that the clock is right.
pub const LONG_PAUSE: SignedDuration = SignedDuration::from_hours(24 * 92);

text_enum! {
    /// What is wrong.
    pub enum ClockFaultKind {
        /// It differs from the database's clock.
        DiffersFromDatabase = "differs_from_database",
        /// It was set while the service ran.
        WasSet = "was_set",
        /// It shows a time before the last recorded work: it is behind, or was ahead.
        BeforeLastRecord = "before_last_record",
        /// The service was off for a very long time, or the clock is ahead.
        LongPause = "long_pause",
    }
}

/// A clock that cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFault {
    /// What is wrong.
    pub kind: ClockFaultKind,
    /// The time that the clock shows.
    pub own: Timestamp,
    /// The time that it was compared with.
    pub other: Timestamp,
}

/// The fault of an instance, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFault {
    /// The instance; new at each start.
    pub instance: Uuid,
    /// The name of its machine.
    pub host: String,
    /// The fault.
    pub fault: ClockFault,
}

impl ClockFaultKind {
    /// What the operator does about it.
    pub const fn way_out(self) -> &'static str {
        match self {
            Self::DiffersFromDatabase => {
                "set the clock that is wrong, this machine's or the database's; the work continues by itself"
            }
            Self::WasSet | Self::BeforeLastRecord | Self::LongPause => {
                "set the clock right; if it is right, run `corridor jobs --accept-clock`; the work continues by itself"
            }
        }
    }
}

/// Compares with the database's clock, which was read between `before` and `after`.
pub fn against_database(before: Timestamp, after: Timestamp, database: Timestamp) -> Option<ClockFault> {
    let is_ahead = before.duration_since(database) > TOLERANCE;
    let is_behind = database.duration_since(after) > TOLERANCE;
    let fault = ClockFault { kind: ClockFaultKind::DiffersFromDatabase, own: after, other: database };
    (is_ahead || is_behind).then_some(fault)
}

/// The clock, and how long the machine had been running then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The time that the clock showed.
    pub at: Timestamp,
    /// How long the machine had been running.
    pub uptime: SignedDuration,
}

/// What the database has recorded about the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRecord {
    /// When timed work was recorded last.
    pub last_work: Option<Timestamp>,
    /// When a person said last that the clock is right.
    pub accepted: Option<Timestamp>,
}

/// Compares with the last trusted reading of this process. If there is none, with what the database has recorded.
pub fn without_database(last: Option<Reading>, now: Reading, record: TimeRecord) -> Option<ClockFault> {
    let fault = |kind, other| Some(ClockFault { kind, own: now.at, other });
    if record.accepted.is_some_and(|accepted| is_near(accepted, now.at)) {
        return None;
    }
    if let Some(last) = last {
        let expected = last.at.saturating_add(now.uptime - last.uptime).unwrap_or(last.at);
        return if is_near(expected, now.at) { None } else { fault(ClockFaultKind::WasSet, expected) };
    }
    let last_work = record.last_work?;
    let since = now.at.duration_since(last_work);
    if since < -TOLERANCE {
        fault(ClockFaultKind::BeforeLastRecord, last_work)
    } else if since > LONG_PAUSE {
        fault(ClockFaultKind::LongPause, last_work)
    } else {
        None
    }
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn reading(seconds: i64, uptime: i64) -> Reading {
        Reading { at: at(seconds), uptime: SignedDuration::from_secs(uptime) }
    }

    #[test]
    fn a_slow_answer_of_the_database_is_no_difference() {
        assert_eq!(against_database(at(0), at(300), at(150)), None);
        assert_eq!(against_database(at(0), at(0), at(60)), None);
        for database in [-61, 61] {
            let fault = against_database(at(0), at(0), at(database)).unwrap();
            assert_eq!((fault.kind, fault.other), (ClockFaultKind::DiffersFromDatabase, at(database)));
        }
    }

    #[test]
    fn a_clock_that_was_set_is_noticed_until_it_is_set_back_or_accepted() {
        let (start, record) = (reading(0, 10), TimeRecord::default());
        assert_eq!(without_database(Some(start), reading(3600, 3610), record), None, "the machine slept");
        for wrong in [3600, -3600] {
            let now = reading(wrong + 1, 11);
            let fault = without_database(Some(start), now, record).unwrap();
            assert_eq!((fault.kind, fault.own, fault.other), (ClockFaultKind::WasSet, now.at, at(1)));
            let accepted = TimeRecord { accepted: Some(at(wrong)), ..record };
            assert_eq!(without_database(Some(start), now, accepted), None);
        }
        assert_eq!(without_database(Some(start), reading(2, 12), record), None, "it was set back");
    }

    #[test]
    fn at_the_start_a_pause_of_a_month_is_fine_and_a_year_or_the_past_is_not() {
        let days = |days: i64| days * 24 * 3600;
        let record = TimeRecord { last_work: Some(at(0)), accepted: None };
        let judged =
            |days_later| without_database(None, reading(days(days_later), 5), record).map(|fault| fault.kind);
        assert_eq!([judged(0), judged(31), judged(92)], [None; 3]);
        assert_eq!(judged(365), Some(ClockFaultKind::LongPause));
        assert_eq!(judged(-1), Some(ClockFaultKind::BeforeLastRecord));
        assert_eq!(
            without_database(None, reading(days(365), 5), TimeRecord::default()),
            None,
            "a new installation"
        );
    }
}
