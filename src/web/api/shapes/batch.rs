//! A batch and its ledger.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    domain::batch::{Batch, Limit},
    store::ledger::Entry,
    workflow::batch_overview::BatchView,
};

/// A batch with its counters.
#[derive(Serialize, ToSchema)]
pub struct BatchBody {
    id: Uuid,
    #[schema(example = "cn-kz")]
    programme: String,
    #[schema(example = "Batch 1")]
    name: String,
    #[schema(example = "open")]
    state: &'static str,
    #[schema(example = 1000)]
    capacity: i32,
    held: i32,
    taken: i32,
    available: i32,
    waitlisted: i64,
    limits: Vec<LimitBody>,
    #[schema(example = "approval")]
    hold_at: &'static str,
    #[schema(example = "waitlist")]
    on_full: &'static str,
    #[schema(example = "first_come")]
    order: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Timestamp>,
    #[schema(value_type = String, format = Date)]
    travel_from: Date,
    #[schema(value_type = String, format = Date)]
    travel_until: Date,
    /// Counts changes of the terms; the ETag.
    version: i32,
}

/// A cap inside a batch.
#[derive(Serialize, ToSchema)]
struct LimitBody {
    #[schema(example = "direction")]
    dimension: &'static str,
    #[schema(example = "CN-KZ")]
    key: String,
    capacity: i32,
    held: i32,
    taken: i32,
}

impl From<Limit> for LimitBody {
    fn from(limit: Limit) -> Self {
        Self {
            dimension: limit.dimension.as_str(),
            key: limit.key,
            capacity: limit.capacity,
            held: limit.held,
            taken: limit.taken,
        }
    }
}

impl BatchBody {
    /// The batch, with the length of its line.
    pub fn new(batch: Batch, waitlisted: i64) -> Self {
        Self {
            id: batch.id.0,
            available: batch.available(),
            programme: batch.programme,
            name: batch.name,
            state: batch.state.as_str(),
            capacity: batch.capacity,
            held: batch.held,
            taken: batch.taken,
            waitlisted,
            limits: batch.limits.into_iter().map(LimitBody::from).collect(),
            hold_at: batch.hold_at.as_str(),
            on_full: batch.on_full.as_str(),
            order: batch.ordering.as_str(),
            opens_at: batch.opens_at,
            closes_at: batch.closes_at,
            travel_from: batch.travel_from,
            travel_until: batch.travel_until,
            version: batch.version,
        }
    }
}

impl From<BatchView> for BatchBody {
    fn from(view: BatchView) -> Self {
        Self::new(view.batch, view.waitlisted)
    }
}

/// One line of the quota ledger.
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

impl From<Entry> for LedgerLine {
    fn from(entry: Entry) -> Self {
        Self {
            application: entry.application.0,
            event: entry.event_seq,
            at: entry.at,
            movement: entry.movement.as_str(),
            held: entry.held_delta,
            taken: entry.taken_delta,
            direction: entry.direction,
            category: entry.category,
            sponsor: entry.sponsor,
        }
    }
}
