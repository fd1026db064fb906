//! Opened case keys, shared by all connections. Bounded, so that memory holds the keys of the cases in use and not of
//! all cases ever read.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{domain::ids::ApplicationId, keyring::CaseKey};

/// Keys in each of the two generations: at about 1 kB a key, 16 MB at most.
const GENERATION: usize = 8192;

/// The cache. A key that is used moves to the young generation; when that is full, the old generation is dropped.
#[derive(Default)]
pub struct CaseKeyCache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<ApplicationId, CaseKey>,
    old: HashMap<ApplicationId, CaseKey>,
}

impl CaseKeyCache {
    /// The key of the case, if it was opened lately.
    pub fn get(&self, case: ApplicationId) -> Option<CaseKey> {
        let mut generations = self.lock();
        if let Some(key) = generations.young.get(&case) {
            return Some(key.clone());
        }
        let key = generations.old.remove(&case)?;
        generations.insert(case, key.clone());
        Some(key)
    }

    /// Keeps a key. It must be committed: a key that is rolled back must not seal anything else.
    pub fn insert(&self, case: ApplicationId, key: CaseKey) {
        self.lock().insert(case, key);
    }

    /// Forgets a key.
    pub fn remove(&self, case: ApplicationId) {
        let mut generations = self.lock();
        generations.young.remove(&case);
        generations.old.remove(&case);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn insert(&mut self, case: ApplicationId, key: CaseKey) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(case, key);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::keyring::Keyring;

    fn case(number: usize) -> ApplicationId {
        ApplicationId(Uuid::from_u128(number as u128))
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let folder = std::env::temp_dir().join(format!("corridor-case-keys-{}", crate::random::id()));
        let keyring = Keyring::create(&folder.join("secret.key")).unwrap();
        let (key, _) = keyring.new_case_key("p").unwrap();
        let cache = CaseKeyCache::default();
        for number in 0..3 * GENERATION {
            cache.insert(case(number), key.clone());
            assert!(cache.get(case(0)).is_some(), "a key that is in use was dropped after {number} others");
        }
        let held = (0..3 * GENERATION).filter(|number| cache.get(case(*number)).is_some()).count();
        assert!(held <= 2 * GENERATION, "{held} keys are held");
        assert!(cache.get(case(1)).is_none());
    }
}
