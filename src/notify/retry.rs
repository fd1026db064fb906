//! When to retry a message, by its attempt policy.

use jiff::{SignedDuration, Timestamp};

use crate::domain::delivery::AttemptPolicy;

/// The figures of a policy.
struct Schedule {
    first_delay: SignedDuration,
    longest_delay: SignedDuration,
    /// The factor between one delay and the next.
    growth: i32,
    /// A message is abandoned at this age.
    max_age: SignedDuration,
}

const fn schedule(policy: AttemptPolicy) -> Schedule {
    match policy {
        // Most mail servers are back within a day. After that somebody must look at the message.
        AttemptPolicy::ForADay => Schedule {
            first_delay: SignedDuration::from_secs(5),
            longest_delay: SignedDuration::from_mins(30),
            growth: 3,
            max_age: SignedDuration::from_hours(24),
        },
    }
}

/// The time of the next attempt, after attempt number `attempt` (from 1) failed at `now`. None after the last attempt,
/// which happens when the message reaches its maximum age. `jitter` spreads messages that failed together.
pub fn next_attempt_at(
    policy: AttemptPolicy,
    created_at: Timestamp,
    attempt: i32,
    now: Timestamp,
    jitter: u8,
) -> Option<Timestamp> {
    let schedule = schedule(policy);
    let given_up_at = created_at.saturating_add(schedule.max_age).ok()?;
    let next = now.saturating_add(schedule.delay(attempt, jitter)).ok()?;
    (now < given_up_at).then(|| next.min(given_up_at))
}

impl Schedule {
    /// The delay after this attempt: three quarters to five quarters of its usual length, by `jitter`.
    fn delay(&self, attempt: i32, jitter: u8) -> SignedDuration {
        let mut delay = self.first_delay;
        for _ in 1..attempt {
            delay = (delay * self.growth).min(self.longest_delay);
            if delay == self.longest_delay {
                break;
            }
        }
        delay * 3 / 4 + delay / 2 * i32::from(jitter) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: AttemptPolicy = AttemptPolicy::ForADay;

    fn delay(attempt: i32, jitter: u8) -> SignedDuration {
        schedule(POLICY).delay(attempt, jitter)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn delays_grow_from_five_seconds_to_half_an_hour_and_stay_there() {
        let middle: Vec<i64> = (1..=9).map(|attempt| delay(attempt, 128).as_secs()).collect();
        assert_eq!(middle, [5, 15, 45, 135, 405, 1216, 1801, 1801, 1801]);
        assert_eq!(delay(i32::MAX, 128), delay(9, 128));
    }

    #[test]
    fn the_dice_move_a_delay_by_a_quarter_at_most() {
        for attempt in 1..12 {
            let (least, most) = (delay(attempt, 0).as_secs_f64(), delay(attempt, 255).as_secs_f64());
            let whole = (least + most) / 2.0;
            assert!((least / whole - 0.75).abs() < 0.01 && (most / whole - 1.25).abs() < 0.01, "{attempt}");
        }
    }

    #[test]
    fn a_message_is_tried_for_a_day_and_at_its_very_end_once_more() {
        let created = at("2026-03-01T10:00:00Z");
        let mut now = created;
        let mut attempts = 1;
        while let Some(next) = next_attempt_at(POLICY, created, attempts, now, 128) {
            assert!(next > now);
            now = next;
            attempts += 1;
        }
        assert_eq!(now, at("2026-03-02T10:00:00Z"));
        assert!((50..60).contains(&attempts), "{attempts}");
    }
}
