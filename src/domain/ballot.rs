//! A ballot: places by lot, in a way that anybody can check.
//!
//! When the batch opens, the service draws a random seed, keeps it secret, and publishes its SHA-256: the commitment.
//! When the batch closes, it publishes the seed. The cases are ordered by their lots: the lot of a case is HMAC-SHA-256
//! (RFC 2104) of its id under the seed. Anybody with the commitment can compute the order again; `docs/ballot.md`
//! describes how, and what this does not prove. `workflow/ballot.rs` computes the two hashes.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ApplicationId, BatchId};

/// 32 bytes, written as 64 hexadecimal digits: a seed, its commitment, a lot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Bytes32(pub [u8; 32]);

/// What is known of a batch's ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// SHA-256 of the seed.
    pub commitment: Bytes32,
    /// The draw; none before it.
    pub draw: Option<Draw>,
}

/// A finished draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The seed.
    pub seed: Bytes32,
    /// When it was revealed.
    pub at: Timestamp,
}

/// The published draw: enough to compute it again, without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Published {
    pub batch: BatchId,
    pub commitment: Bytes32,
    pub seed: Bytes32,
    pub drawn_at: Timestamp,
    /// Every submitted case, in the drawn order.
    pub cases: Vec<ApplicationId>,
}

/// What is wrong with a published draw.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The seed does not match the commitment.
    #[error("the SHA-256 of the seed is {computed}, the commitment is {published}")]
    Commitment {
        /// The commitment of this seed.
        computed: Bytes32,
        /// The published commitment.
        published: Bytes32,
    },
    /// A case is listed twice.
    #[error("case {0} is listed more than once")]
    Twice(ApplicationId),
    /// The seed gives another order.
    #[error("place {place} has case {listed}, the seed gives it to {drawn}")]
    Order {
        /// The place, from 1.
        place: usize,
        /// The listed case.
        listed: ApplicationId,
        /// The expected case.
        drawn: ApplicationId,
    },
}

/// The cases in the order of their lots: the smallest comes first, and of equal ones the smaller id.
pub fn order(cases: &[ApplicationId], lot: impl Fn(ApplicationId) -> Bytes32) -> Vec<ApplicationId> {
    let mut drawn: Vec<_> = cases.iter().map(|case| (lot(*case), *case)).collect();
    drawn.sort_unstable();
    drawn.into_iter().map(|(_, case)| case).collect()
}

impl Published {
    /// Everything that is wrong with the draw, given the commitment and the lots of its seed.
    pub fn faults(&self, computed: Bytes32, lot: impl Fn(ApplicationId) -> Bytes32) -> Vec<Fault> {
        let mut faults = Vec::new();
        if computed != self.commitment {
            faults.push(Fault::Commitment { computed, published: self.commitment });
        }
        let mut seen = std::collections::BTreeSet::new();
        faults.extend(self.cases.iter().filter(|case| !seen.insert(**case)).map(|case| Fault::Twice(*case)));
        let drawn = order(&self.cases, lot);
        let pairs = (1..).zip(self.cases.iter().zip(drawn));
        let wrong = pairs.filter(|(_, (listed, drawn))| *listed != drawn);
        faults.extend(wrong.map(|(place, (listed, drawn))| Fault::Order { place, listed: *listed, drawn }));
        faults
    }
}

impl Bytes32 {
    /// The output of SHA-256 or HMAC-SHA-256: both have 32 bytes.
    pub fn of_hash(hash: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hash);
        Self(bytes)
    }
}

impl fmt::Display for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write 32 bytes as 64 hexadecimal digits")]
pub struct NotBytes32;

impl FromStr for Bytes32 {
    type Err = NotBytes32;

    fn from_str(text: &str) -> Result<Self, NotBytes32> {
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NotBytes32);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| NotBytes32)?;
        }
        Ok(Self(bytes))
    }
}

impl From<Bytes32> for String {
    fn from(bytes: Bytes32) -> Self {
        bytes.to_string()
    }
}

impl TryFrom<String> for Bytes32 {
    type Error = NotBytes32;

    fn try_from(text: String) -> Result<Self, NotBytes32> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::hash_set, prelude::*};
    use uuid::Uuid;

    /// No hash, but different for each seed.
    fn commitment(seed: Bytes32) -> Bytes32 {
        Bytes32(seed.0.map(u8::reverse_bits))
    }

    /// No hash, but different for each case.
    fn lot(seed: Bytes32) -> impl Fn(ApplicationId) -> Bytes32 {
        move |case| Bytes32(std::array::from_fn(|at| seed.0[at] ^ case.0.as_bytes()[(at + 7) % 16]))
    }

    fn published(seed: Bytes32, cases: &[ApplicationId]) -> Published {
        Published {
            batch: BatchId(Uuid::nil()),
            commitment: commitment(seed),
            seed,
            drawn_at: Timestamp::UNIX_EPOCH,
            cases: order(cases, lot(seed)),
        }
    }

    fn faults(published: &Published) -> Vec<Fault> {
        published.faults(commitment(published.seed), lot(published.seed))
    }

    fn cases() -> impl Strategy<Value = Vec<ApplicationId>> {
        hash_set(any::<u128>(), 0..40)
            .prop_map(|ids| ids.into_iter().map(|id| ApplicationId(Uuid::from_u128(id))).collect())
    }

    proptest! {
        #[test]
        fn the_order_is_the_same_however_the_cases_came(seed: [u8; 32], mut cases in cases(), turn: usize) {
            let lot = lot(Bytes32(seed));
            let drawn = order(&cases, &lot);
            let middle = turn % cases.len().max(1);
            cases.rotate_left(middle);
            prop_assert_eq!(order(&cases, &lot), drawn);
        }

        #[test]
        fn it_is_an_order_by_lots_of_exactly_these_cases(seed: [u8; 32], cases in cases()) {
            let lot = lot(Bytes32(seed));
            let mut drawn = order(&cases, &lot);
            prop_assert!(drawn.is_sorted_by_key(|case| lot(*case)));
            let mut cases = cases;
            drawn.sort();
            cases.sort();
            prop_assert_eq!(drawn, cases);
        }

        #[test]
        fn a_case_more_or_less_leaves_the_others_in_their_order(seed: [u8; 32], cases in cases(), left_out: usize) {
            prop_assume!(!cases.is_empty());
            let left_out = cases[left_out % cases.len()];
            let lot = lot(Bytes32(seed));
            let mut drawn = order(&cases, &lot);
            drawn.retain(|case| *case != left_out);
            let fewer: Vec<_> = cases.into_iter().filter(|case| *case != left_out).collect();
            prop_assert_eq!(order(&fewer, &lot), drawn);
        }

        #[test]
        fn what_was_bent_is_noticed(seed: [u8; 32], cases in cases(), one: usize, other: usize, flip in 0..32_usize) {
            let right = published(Bytes32(seed), &cases);
            prop_assert_eq!(faults(&right), []);
            let mut bent = right.clone();
            bent.seed.0[flip] ^= 1;
            let is_noticed = matches!(faults(&bent)[0], Fault::Commitment { .. });
            prop_assert!(is_noticed);
            if cases.len() > 1 {
                let (one, other) = (one % cases.len(), other % cases.len());
                let mut swapped = right.clone();
                swapped.cases.swap(one, other);
                prop_assert_eq!(faults(&swapped).len(), if one == other { 0 } else { 2 });
                let mut doubled = right;
                doubled.cases.push(doubled.cases[one]);
                let twice = Fault::Twice(doubled.cases[one]);
                prop_assert!(faults(&doubled).contains(&twice));
            }
        }

        #[test]
        fn hexadecimal_goes_there_and_back(bytes: [u8; 32]) {
            prop_assert_eq!(Bytes32(bytes).to_string().parse(), Ok(Bytes32(bytes)));
        }
    }

    #[test]
    fn what_is_no_hexadecimal_is_refused() {
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(text.parse::<Bytes32>(), Err(NotBytes32), "{text}");
        }
    }
}
