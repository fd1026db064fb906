//! JSON that both the API and the command line print. JSON of the API only is in `web/api/shapes/`.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    domain::{
        ballot::Ballot,
        batch::{Batch, Limit},
        clock_fault::{ClockFault, ReportedFault},
        duty::DutyReport,
        job::Job,
    },
    workflow::{batch_overview::BatchView, outbox::ListedMessage},
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
    /// Increases with every change of the terms; the ETag.
    version: i32,
    /// For a batch by lot, after it has opened.
    ballot: Option<BallotBody>,
    /// Whether the lots are being drawn and the places given. Meanwhile nobody else gets one.
    drawing: bool,
}

/// The published part of a batch's ballot.
#[derive(Serialize, ToSchema)]
struct BallotBody {
    /// SHA-256 of the seed, in hexadecimal.
    commitment: String,
    /// The seed, after the draw was held.
    seed: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    drawn_at: Option<Timestamp>,
}

impl From<Ballot> for BallotBody {
    fn from(ballot: Ballot) -> Self {
        Self {
            commitment: ballot.commitment.to_string(),
            seed: ballot.draw.as_ref().map(|draw| draw.seed.to_string()),
            drawn_at: ballot.draw.map(|draw| draw.at),
        }
    }
}

/// A limit within a batch.
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
    /// The batch, with the number of waitlisted cases.
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
            ballot: batch.ballot.map(BallotBody::from),
            drawing: batch.drawing,
        }
    }
}

impl From<BatchView> for BatchBody {
    fn from(view: BatchView) -> Self {
        Self::new(view.batch, view.waitlisted)
    }
}

/// Long work, and how far it has come.
#[derive(Serialize, ToSchema)]
pub struct JobBody {
    id: Uuid,
    #[schema(example = "rotate_keys")]
    kind: String,
    /// What it is about, such as the id of a batch.
    subject: Option<Uuid>,
    #[schema(example = "running")]
    state: &'static str,
    /// Items that are done.
    done: i32,
    /// Items that there are, if that is known.
    total: Option<i32>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// What went wrong, for the operator.
    error: Option<String>,
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.0,
            kind: job.kind,
            subject: job.subject,
            state: job.state.as_str(),
            done: job.done,
            total: job.total,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            error: job.last_error,
        }
    }
}

/// A duty of the clock, and what of it is due.
#[derive(Serialize)]
pub struct DutyBody {
    duty: &'static str,
    last_at: Option<Timestamp>,
    next_at: Option<Timestamp>,
    done: i32,
    overdue: i32,
    oldest_overdue: Option<Timestamp>,
    overdue_seconds: Option<i64>,
    late: bool,
    error: Option<String>,
}

/// An instance whose clock cannot be trusted.
#[derive(Debug, Serialize)]
pub struct ClockFaultBody {
    host: String,
    fault: &'static str,
    clock: Timestamp,
    compared_with: Timestamp,
    way_out: &'static str,
}

impl From<ReportedFault> for ClockFaultBody {
    fn from(ReportedFault { host, fault, .. }: ReportedFault) -> Self {
        let ClockFault { kind, own, other } = fault;
        Self { host, fault: kind.as_str(), clock: own, compared_with: other, way_out: kind.way_out() }
    }
}

impl DutyBody {
    /// The report as it is at `now`.
    pub fn at(now: Timestamp, report: DutyReport) -> Self {
        Self {
            duty: report.duty.as_str(),
            last_at: report.last_at,
            next_at: report.next_at,
            done: report.done,
            overdue: report.overdue,
            oldest_overdue: report.oldest_overdue,
            overdue_seconds: report.overdue_for(now).map(|age| age.as_secs()),
            late: report.is_late(now),
            error: report.last_error,
        }
    }
}

/// A message to somebody: what it is about and how far it is. Its address and its contents are not shown.
#[derive(Serialize, ToSchema)]
pub struct MessageBody {
    id: Uuid,
    /// Its kind.
    #[schema(example = "information_requested")]
    message: String,
    /// `pending`, `sent` or `dead` (abandoned).
    #[schema(example = "dead")]
    state: &'static str,
    /// When it was sent or abandoned; of a pending one, when it is tried next.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    attempts: i32,
    /// Why the last attempt failed.
    #[schema(example = "permanent: 550")]
    failure: Option<String>,
    /// The case that it is about.
    application: Option<Uuid>,
}

impl From<ListedMessage> for MessageBody {
    fn from(message: ListedMessage) -> Self {
        Self {
            id: message.id.0,
            message: message.message,
            state: message.state.as_str(),
            at: message.at,
            attempts: message.attempts,
            failure: message.failure.map(|(outcome, detail)| format!("{outcome}: {detail}")),
            application: message.case.map(|case| case.0),
        }
    }
}
