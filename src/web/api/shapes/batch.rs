//! The draw and the ledger of a batch.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::workflow::batch_overview::LedgerEntry;

/// A draw that was held: enough to recompute it, and no personal data. Describes `domain::ballot::Published`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
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
