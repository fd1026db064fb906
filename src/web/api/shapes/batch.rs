//! The draw and the ledger of a batch.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{domain::ballot::Published, workflow::batch_overview::LedgerEntry};

/// A draw that was held: enough to recompute it, and no personal data.
#[derive(Serialize, ToSchema)]
pub struct BallotList {
    batch: Uuid,
    /// SHA-256 of the seed in hexadecimal, as published when the batch opened.
    commitment: String,
    seed: String,
    #[schema(value_type = String, format = DateTime)]
    drawn_at: Timestamp,
    /// Every submitted case, in the order of HMAC-SHA-256(seed, id).
    cases: Vec<Uuid>,
}

impl From<Published> for BallotList {
    fn from(published: Published) -> Self {
        Self {
            batch: published.batch.0,
            commitment: published.commitment.to_string(),
            seed: published.seed.to_string(),
            drawn_at: published.drawn_at,
            cases: published.cases.into_iter().map(|case| case.0).collect(),
        }
    }
}

/// One entry of the quota ledger.
#[derive(Serialize, ToSchema)]
pub struct LedgerLine {
    application: Uuid,
    event: i32,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(example = "take")]
    movement: &'static str,
    held: i32,
    taken: i32,
    direction: String,
    category: String,
    sponsor: Option<String>,
}

impl From<LedgerEntry> for LedgerLine {
    fn from(entry: LedgerEntry) -> Self {
        Self {
            application: entry.application.0,
            event: entry.event_seq,
            at: entry.at,
            movement: entry.movement.as_str(),
            held: entry.held_delta,
            taken: entry.taken_delta,
            direction: entry.under.direction,
            category: entry.under.category,
            sponsor: entry.under.sponsor,
        }
    }
}
