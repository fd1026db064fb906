//! Delays after failures: each failure of an item doubles its delay, and items that have not failed come first. Kept in
//! memory: after a start everything is tried again.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The delay after the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(60);

/// The items that have failed, and when each is tried again.
#[derive(Debug)]
pub struct Backoff<K>(BTreeMap<K, Failed>);

#[derive(Clone, Copy, Debug)]
struct Failed {
    delay: Duration,
    again_at: Instant,
}

impl<K> Default for Backoff<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Backoff<K> {
    /// The number of items that have failed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets the items that are not listed any more. Returns those that may be tried now, the ones that have not
    /// failed first.
    pub fn ready<T>(&mut self, listed: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
        let keys: std::collections::BTreeSet<K> = listed.iter().map(&key).collect();
        self.0.retain(|failed, _| keys.contains(failed));
        let now = Instant::now();
        let (mut fresh, mut failed) = (Vec::new(), Vec::new());
        for item in listed {
            match self.0.get(&key(&item)) {
                None => fresh.push(item),
                Some(before) if before.again_at <= now => failed.push((before.again_at, item)),
                Some(_) => {}
            }
        }
        failed.sort_by_key(|(again_at, _)| *again_at);
        fresh.extend(failed.into_iter().map(|(_, item)| item));
        fresh
    }

    /// Records that the item has failed.
    pub fn failed(&mut self, key: K) {
        let delay = self.0.get(&key).map_or(FIRST, |before| (before.delay * 2).min(LONGEST));
        self.0.insert(key, Failed { delay, again_at: Instant::now() + delay });
    }

    /// Records that the item is done.
    pub fn done(&mut self, key: &K) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_failed_waits_and_comes_last() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.ready(vec![1, 2, 3], |item| *item), [1, 2, 3]);
        backoff.failed(1);
        assert_eq!(backoff.ready(vec![1, 2, 3], |item| *item), [2, 3]);
        backoff.0.get_mut(&1).unwrap().again_at = Instant::now();
        assert_eq!(backoff.ready(vec![1, 2, 3], |item| *item), [2, 3, 1]);
        assert_eq!(backoff.ready(vec![2], |item| *item), [2]);
        assert_eq!(backoff.len(), 0, "1 is not listed any more");
    }

    #[test]
    fn the_delay_doubles_up_to_a_minute() {
        let mut backoff = Backoff::default();
        let delays: Vec<u64> = (0..8)
            .map(|_| {
                backoff.failed(1);
                backoff.0[&1].delay.as_secs()
            })
            .collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.done(&1);
        backoff.failed(1);
        assert_eq!(backoff.0[&1].delay, FIRST);
    }
}
