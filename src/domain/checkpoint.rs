//! Checkpoints: one signed line about all chains of events, as they were at a moment. It is kept elsewhere, so that
//! somebody who can write to the database cannot change it. `workflow/checkpoint.rs` makes them,
//! `workflow/verify/checkpoints.rs` compares them with the database.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{duty::Record, hashed_fields::HashedFields};
use crate::text_enum;

text_enum! {
    /// The kinds of chain, in the order in which the root covers them. `store/chain_end.rs` reads them.
    pub enum ChainKind {
        /// Of a case.
        Case = "case",
        /// Of an authorization.
        Authorization = "authorization",
        /// Of a batch.
        Batch = "batch",
        /// Of a programme: its journal.
        Programme = "programme",
        /// Of an organisation: its journal.
        Organisation = "organisation",
        /// Of an account: its journal.
        Account = "account",
        /// Of an API client: its journal.
        Client = "client",
    }
}

/// A chain at the cut: its beginning, up to the last event that is not younger. A chain without such an event is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    /// What identifies the subject, as bytes.
    pub subject: Vec<u8>,
    /// The number of events.
    pub events: u32,
    /// The hash of the last of them.
    pub hash: Vec<u8>,
}

/// What all chains were at the cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number of chains.
    pub chains: u64,
    /// The number of events.
    pub events: u64,
    /// The root over the chains, in hexadecimal digits.
    pub root: String,
}

/// A line of the checkpoint file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// [`FORMAT`].
    pub format: String,
    /// The installation: the id of its first master key.
    pub installation: String,
    /// The moment of the cut.
    pub at: Timestamp,
    /// The number of chains.
    pub chains: u64,
    /// The number of events.
    pub events: u64,
    /// The root over the chains, in hexadecimal digits.
    pub root: String,
    /// The id of the master key whose key signs it.
    pub key: String,
    /// The Ed25519 signature (RFC 8032) of [`Self::signed_bytes`], in hexadecimal digits.
    pub signature: String,
}

/// The format of the lines. It also begins what is hashed and signed.
pub const FORMAT: &str = "corridor checkpoint 1";

/// How long before now the cut is: every older event is committed by now.
pub const CUT_LIES_BACK: SignedDuration = SignedDuration::from_mins(2);

/// How often a checkpoint is written.
const INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// The delay after a failed attempt. It is longer than a checkpoint takes, so that nobody begins a second one
/// meanwhile.
const RETRY: SignedDuration = SignedDuration::from_mins(10);

impl ChainEnd {
    /// The bytes of a chain that the root covers.
    pub fn hashed_bytes(&self, kind: ChainKind) -> Vec<u8> {
        let fields = HashedFields::default().text(kind.as_str()).bytes(&self.subject);
        fields.bytes(&self.events.to_be_bytes()).bytes(&self.hash).into_bytes()
    }
}

impl Checkpoint {
    /// What is signed: everything but the key and the signature.
    pub fn signed_bytes(&self) -> Vec<u8> {
        HashedFields::default()
            .text(&self.format)
            .text(&self.installation)
            .time(self.at)
            .bytes(&self.chains.to_be_bytes())
            .bytes(&self.events.to_be_bytes())
            .text(&self.root)
            .into_bytes()
    }
}

/// When the next checkpoint is due.
pub fn next_after(last: &Record) -> Timestamp {
    let pause = if last.last_error.is_some() { RETRY } else { INTERVAL };
    last.last_at.checked_add(pause).unwrap_or(Timestamp::MAX)
}
