//! The clock: the only place where the time is read.
//!
//! Each request reads the clock once and passes `now` down. Tests use a clock that they move themselves.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// The source of the time. Clones share the same clock.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until it is moved. For tests. It belongs to no machine, so it is compared with no other clock.
    Fixed(Arc<Mutex<Timestamp>>),
    /// Runs like the machine's clock, but is set wrong by this much. For tests.
    Wrong(Arc<Mutex<SignedDuration>>),
}

impl Clock {
    /// A clock that stands still at `at`.
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    /// A clock that runs, and can be set wrong.
    pub fn wrong_by(ahead: SignedDuration) -> Self {
        Self::Wrong(Arc::new(Mutex::new(ahead)))
    }

    /// The current time, truncated to microseconds: PostgreSQL stores no more.
    #[expect(clippy::disallowed_methods, reason = "this is the edge where the machine's clock is read")]
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
            Self::Wrong(ahead) => Timestamp::now()
                .saturating_add(*ahead.lock().unwrap_or_else(PoisonError::into_inner))
                .unwrap_or_default(),
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Moves a clock of a test forward. Does nothing to the machine's clock.
    pub fn advance(&self, by: SignedDuration) {
        match self {
            Self::System => {}
            Self::Fixed(at) => {
                let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
                *at = at.checked_add(by).unwrap_or(*at);
            }
            Self::Wrong(ahead) => {
                let mut ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
                *ahead = ahead.saturating_add(by);
            }
        }
    }

    /// How long the machine has been running, which nobody can set. None: the clock belongs to no machine.
    pub fn uptime(&self) -> Option<SignedDuration> {
        match self {
            Self::Fixed(_) => None,
            Self::System | Self::Wrong(_) => Some(uptime()),
        }
    }
}

static STARTED: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);

/// On Linux, only this file also counts the time while the machine sleeps. On other systems the time since the first
/// call is used.
fn uptime() -> SignedDuration {
    let of_linux = std::fs::read_to_string("/proc/uptime").ok();
    let seconds = of_linux.as_deref().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    match seconds.map(SignedDuration::try_from_secs_f64) {
        Some(Ok(uptime)) => uptime,
        _ => SignedDuration::try_from(STARTED.elapsed()).unwrap_or(SignedDuration::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_wrong_runs_beside_the_right_time() {
        let clock = Clock::wrong_by(SignedDuration::from_hours(5));
        clock.advance(SignedDuration::from_hours(-8));
        let behind = Clock::System.now().duration_since(clock.now());
        assert!((behind - SignedDuration::from_hours(3)).abs() < SignedDuration::from_secs(1), "{behind}");
        assert!(clock.uptime().is_some() && Clock::fixed(clock.now()).uptime().is_none());
    }
}
