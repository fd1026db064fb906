//! `corridor batch create|open|close|end`.

use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use jiff::{Timestamp, ZonedDateTime, civil::Date, tz::TimeZone};

use super::{CliError, Context, context::show_progress};
use crate::{
    domain::{
        actor::Actor,
        batch::{Dimension, HoldAt, LimitTerms, OnFull, Ordering, Terms},
        calendar,
        ids::BatchId,
        job::JobState,
    },
    jobs,
    shapes::BatchBody,
    workflow::{
        Service,
        batch_overview::ShowBatch,
        create_batch::CreateBatch,
        job::ListJobs,
        move_batch::{BatchMove, MoveBatch},
        subject::SeenBatch,
    },
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Plan a batch and print it as JSON
    Create(Box<Create>),
    /// Accept submissions (again)
    Open {
        /// The batch's id, which `batch create` has printed
        id: BatchId,
    },
    /// Accept no more submissions; reviews and promotions continue, and a ballot is drawn
    Close {
        /// The batch's id, which `batch create` has printed
        id: BatchId,
    },
    /// End the batch: all undecided cases lapse, and this cannot be undone
    End {
        /// The batch's id, which `batch create` has printed
        id: BatchId,
    },
}

#[derive(Debug, ClapArgs)]
struct Create {
    /// The programme's code
    #[arg(long)]
    programme: String,
    /// The batch's name: "Batch 1"
    #[arg(long)]
    name: String,
    /// The number of places
    #[arg(long)]
    capacity: i32,
    /// A limit within the batch: direction=CN-KZ:500, category=technical:100 or sponsor=CODE:20; may be repeated
    #[arg(long = "limit", value_name = "LIMIT", value_parser = limit)]
    limits: Vec<LimitTerms>,
    /// When the batch opens for submissions: 2026-12-01T09:00[Asia/Almaty] or 2026-12-01T04:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    opens: Option<Timestamp>,
    /// When it closes
    #[arg(long, value_name = "TIME", value_parser = moment)]
    closes: Option<Timestamp>,
    /// The first day of travel (YYYY-MM-DD). Default: today
    #[arg(long, value_name = "DAY")]
    travel_from: Option<Date>,
    /// The last day of travel. Default: 180 days later
    #[arg(long, value_name = "DAY")]
    travel_until: Option<Date>,
    /// What happens to a submission when no place is left: waitlist or refuse
    #[arg(long, default_value = "waitlist")]
    on_full: OnFull,
    /// When a place is held for a case: from submission or from approval
    #[arg(long, default_value = "approval")]
    hold_at: HoldAt,
    /// Who gets a place first: first_come, ranked or ballot (drawn by lot when the batch closes)
    #[arg(long, default_value = "first_come")]
    order: Ordering,
}

/// A time with an offset (RFC 3339) or with the name of a zone (RFC 9557).
fn moment(text: &str) -> Result<Timestamp, String> {
    // An offset that contradicts the zone is an error.
    let moment = match text.contains('[') {
        true => text.parse::<ZonedDateTime>().map(|zoned| zoned.timestamp()),
        false => text.parse(),
    };
    moment.map_err(|_| {
        "write it with an offset or a time zone: 2026-12-01T04:00Z, 2026-12-01T09:00[Asia/Almaty]".to_owned()
    })
}

fn limit(text: &str) -> Result<LimitTerms, String> {
    let form = || "write it as direction=CN-KZ:500".to_owned();
    let (dimension, rest) = text.split_once('=').ok_or_else(form)?;
    let (key, capacity) = rest.rsplit_once(':').ok_or_else(form)?;
    let dimension: Dimension =
        dimension.parse().map_err(|_| "a limit is by direction, category or sponsor".to_owned())?;
    Ok(LimitTerms { dimension, key: key.to_owned(), capacity: capacity.parse().map_err(|_| form())? })
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let service = context.service().await?;
    let operator = Actor::operator();
    let step = |id, step| MoveBatch { batch: SeenBatch { id, version: None }, step };
    let batch = match args.verb {
        Verb::Create(new) => {
            let today = calendar::day_in(&TimeZone::UTC, context.clock.now());
            service.execute(&operator, create_command(*new, today)).await?
        }
        Verb::Open { id } => service.execute(&operator, step(id, BatchMove::Open)).await?,
        Verb::Close { id } => service.execute(&operator, step(id, BatchMove::Close)).await?,
        Verb::End { id } => service.execute(&operator, step(id, BatchMove::End)).await?,
    };
    finish_jobs(context, &service, batch.id).await?;
    let view = service.query(&operator, ShowBatch { batch: batch.id }).await?;
    context.print_json(&BatchBody::from(view))?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for what closing or ending a batch begins, and works on it: there may be no service that does.
async fn finish_jobs(context: &Context, service: &Service, batch: BatchId) -> Result<(), CliError> {
    let newest = service.query(&Actor::operator(), ListJobs { after: None, at_most: 20 }).await?;
    for job in newest.into_iter().filter(|job| job.subject == Some(batch.0)) {
        let bar = context.progress_bar("cases");
        let job = jobs::worker::finish(service, job.id, |job| show_progress(&bar, job)).await?;
        bar.finish_and_clear();
        if job.state == JobState::Failed {
            let because = job.last_error.unwrap_or_default();
            return Err(CliError::Failed(format!("the job {} has failed: {because}", job.id)));
        }
    }
    Ok(())
}

fn create_command(new: Create, today: Date) -> CreateBatch {
    let from = new.travel_from.unwrap_or(today);
    let until = new.travel_until.unwrap_or_else(|| from.saturating_add(jiff::Span::new().days(180)));
    let terms = Terms {
        name: new.name,
        capacity: new.capacity,
        limits: new.limits,
        hold_at: new.hold_at,
        on_full: new.on_full,
        ordering: new.order,
        opens_at: new.opens,
        closes_at: new.closes,
        travel_from: from,
        travel_until: until,
    };
    CreateBatch { programme: new.programme, terms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_an_offset_or_a_zone() {
        let utc = |text| moment(text).map(|at| at.to_string());
        assert_eq!(utc("2026-12-01T09:00[Asia/Almaty]").unwrap(), "2026-12-01T04:00:00Z");
        assert_eq!(utc("2026-12-01T09:00:00+05:00").unwrap(), "2026-12-01T04:00:00Z");
        assert_eq!(utc("2026-12-01T04:00Z").unwrap(), "2026-12-01T04:00:00Z");
        for wrong in [
            "2026-12-01T09:00",
            "2026-12-01",
            "soon",
            "2026-12-01T09:00[Asia/Atlantis]",
            "2026-12-01T09:00+06:00[Asia/Almaty]",
        ] {
            assert!(utc(wrong).unwrap_err().contains("Asia/Almaty"), "{wrong}");
        }
    }
}
