//! API clients that asked a moment ago. A program in a hurry is looked up once a second, not with every request; a
//! client that is disabled acts for that second at most.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::store::api_client::ApiClient;

const FRESH: Duration = Duration::from_secs(1);
/// When so many are known, those that are not fresh are forgotten.
const MANY: usize = 1000;

/// The clients, by their public names.
#[derive(Default)]
pub struct KnownClients(Mutex<HashMap<String, (Instant, ApiClient)>>);

impl KnownClients {
    /// The client, if it was looked up a moment ago.
    pub fn get(&self, client_id: &str) -> Option<ApiClient> {
        let known = self.lock();
        let (since, client) = known.get(client_id)?;
        (since.elapsed() < FRESH).then(|| client.clone())
    }

    /// Remembers what was looked up now.
    pub fn insert(&self, client_id: String, client: ApiClient) {
        let mut known = self.lock();
        if known.len() >= MANY {
            known.retain(|_, (since, _)| since.elapsed() < FRESH);
        }
        known.insert(client_id, (Instant::now(), client));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, ApiClient)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
