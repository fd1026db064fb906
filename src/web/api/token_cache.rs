//! A cache of checked access tokens. The signature of a token is checked and its client is looked up at most once a
//! second, so a client that was disabled elsewhere, by the command line or in another instance, can act for one more second.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::domain::actor::Actor;

const LIFETIME: Duration = Duration::from_secs(1);
/// When the cache holds this many tokens, the expired entries are removed.
const CAPACITY: usize = 1000;

/// The tokens and their actors.
#[derive(Default)]
pub struct TokenCache(Mutex<HashMap<String, CachedToken>>);

struct CachedToken {
    checked_at: Instant,
    expires_at: Timestamp,
    actor: Actor,
}

impl TokenCache {
    /// The actor of the token, if it was checked within the last second.
    pub fn get(&self, token: &str, now: Timestamp) -> Option<Actor> {
        let tokens = self.lock();
        let cached = tokens.get(token)?;
        (cached.checked_at.elapsed() < LIFETIME && now < cached.expires_at).then(|| cached.actor.clone())
    }

    /// Stores a token that was checked just now.
    pub fn insert(&self, token: String, expires_at: Timestamp, actor: Actor) {
        let mut tokens = self.lock();
        if tokens.len() >= CAPACITY {
            tokens.retain(|_, cached| cached.checked_at.elapsed() < LIFETIME);
        }
        tokens.insert(token, CachedToken { checked_at: Instant::now(), expires_at, actor });
    }

    /// Removes all tokens: a client may not act any more. In other instances that takes up to a second.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, CachedToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
