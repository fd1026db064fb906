//! When to try again.

use jiff::{SignedDuration, Timestamp};

use crate::{chance, store::outbox::Outcome};

/// After so long a message is given up.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(24);
const FIRST: i64 = 5;
const LONGEST: i64 = 30 * 60;

/// The next attempt after the `attempts`th failed; none: it is given up. Delays double from five seconds to half an
/// hour, give or take a fifth, so that what failed together does not come back together.
pub fn next_attempt(
    outcome: Outcome,
    attempts: i32,
    created_at: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    if outcome == Outcome::Permanent {
        return None;
    }
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let delay = (FIRST << doublings).min(LONGEST);
    let [chance] = chance::random_bytes::<1>();
    let jittered = delay * 1000 * (80 + i64::from(chance) * 40 / 255) / 100;
    let next = now.checked_add(SignedDuration::from_millis(jittered)).ok()?;
    (next.duration_since(created_at) <= GIVE_UP).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_a_day_is_enough() {
        let created: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let (mut now, mut attempts, mut last) = (created, 0, SignedDuration::ZERO);
        while let Some(next) = next_attempt(Outcome::Temporary, attempts + 1, created, now) {
            let delay = next.duration_since(now);
            assert!(delay.as_secs() >= 4 && delay.as_secs() <= 36 * 60);
            assert!(attempts > 8 || delay > last, "attempt {attempts}");
            (last, now, attempts) = (delay, next, attempts + 1);
        }
        assert!(attempts > 40 && now.duration_since(created) > SignedDuration::from_hours(23), "{attempts}");
        assert_eq!(next_attempt(Outcome::Permanent, 1, created, created), None);
    }
}
