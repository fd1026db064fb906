//! The time of day, the one place where it is read.
//!
//! Doors ask the clock once per request and hand `now` down; a test holds the hands.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Where the service reads the time. Clones share their hands.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until moved; for tests.
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands still at `at`.
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    /// The time now, cut to microseconds, which is what PostgreSQL keeps.
    #[expect(clippy::disallowed_methods, reason = "this is the edge where the machine's clock is read")]
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Moves a fixed clock ahead; the machine's clock moves by itself.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Fixed(at) = self {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.checked_add(by).unwrap_or(*at);
        }
    }
}
