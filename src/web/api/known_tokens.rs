//! Access tokens that were checked a moment ago. A program in a hurry has its signature checked and its client looked up
//! once a second, not with every request; a client that is disabled acts for that second at most.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::domain::actor::Actor;

const FRESH: Duration = Duration::from_secs(1);
/// When so many are known, those that are not fresh are forgotten.
const MANY: usize = 1000;

/// The tokens, and who acts by them.
#[derive(Default)]
pub struct KnownTokens(Mutex<HashMap<String, Known>>);

struct Known {
    since: Instant,
    expires_at: Timestamp,
    actor: Actor,
}

impl KnownTokens {
    /// Who acts by the token, if it was checked a moment ago.
    pub fn get(&self, token: &str, now: Timestamp) -> Option<Actor> {
        let tokens = self.lock();
        let known = tokens.get(token)?;
        (known.since.elapsed() < FRESH && now < known.expires_at).then(|| known.actor.clone())
    }

    /// Remembers what was found out now.
    pub fn insert(&self, token: String, expires_at: Timestamp, actor: Actor) {
        let mut tokens = self.lock();
        if tokens.len() >= MANY {
            tokens.retain(|_, known| known.since.elapsed() < FRESH);
        }
        tokens.insert(token, Known { since: Instant::now(), expires_at, actor });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
