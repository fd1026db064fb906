//! A cache of checked access tokens. The signature of a token is checked and its client is looked up at most once a
//! second, so a disabled client can act for one more second.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::domain::actor::Actor;

const FRESH: Duration = Duration::from_secs(1);
/// When the cache holds this many tokens, the expired entries are removed.
const MANY: usize = 1000;

/// The tokens and their actors.
#[derive(Default)]
pub struct KnownTokens(Mutex<HashMap<String, Known>>);

struct Known {
    since: Instant,
    expires_at: Timestamp,
    actor: Actor,
}

impl KnownTokens {
    /// The actor of the token, if it was checked within the last second.
    pub fn get(&self, token: &str, now: Timestamp) -> Option<Actor> {
        let tokens = self.lock();
        let known = tokens.get(token)?;
        (known.since.elapsed() < FRESH && now < known.expires_at).then(|| known.actor.clone())
    }

    /// Stores a token that was checked just now.
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
