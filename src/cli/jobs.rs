//! `corridor jobs`: long work and the clock's duties, as any process sees them in the database.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::{
        actor::Actor,
        clock_fault::{ClockFault, ReportedFault},
        duty::DutyReport,
        job::Job,
    },
    shapes::{ClockFaultBody, DutyBody, JobBody},
    workflow::{
        Service,
        clock_check::{AcceptClock, ListClockFaults},
        duties::ListDuties,
        entrance,
        job::ListJobs,
    },
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// List so many jobs, the newest first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    last: u16,
    /// Say that the clock of this machine is right: on SQLite, after the service has stopped its timed work because of it
    #[arg(long)]
    accept_clock: bool,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let service = context.service().await?;
    if args.accept_clock {
        return accept_clock(context, &service).await;
    }
    let wanted = ListJobs { after: None, at_most: args.last.into() };
    let operator = Actor::operator();
    let all = move |ctx: &mut entrance::Context<'_, '_>| {
        Ok((ctx.query(&wanted)?, ctx.query(&ListDuties)?, ctx.query(&ListClockFaults)?))
    };
    let (jobs, duties, faults) = service.read(&operator, all).await?;
    let now = service.now();
    let mut words = format!("{}\n\n{}", jobs_table(&jobs), duties_table(&duties, now));
    for ReportedFault { host, fault: ClockFault { kind, own, other }, .. } in &faults {
        let (own, other) = (time(Some(*own)), time(Some(*other)));
        words.push_str(&format!(
            "\n\nThe clock of {host} cannot be trusted ({kind}): it shows {own}, compared with {other}. No timed work is \
             done there. Way out: {}",
            kind.way_out()
        ));
    }
    let value = json!({
        "jobs": jobs.into_iter().map(JobBody::from).collect::<Vec<_>>(),
        "clock_faults": faults.into_iter().map(ClockFaultBody::from).collect::<Vec<_>>(),
        "duties": duties.into_iter().map(|report| DutyBody::at(now, report)).collect::<Vec<_>>(),
    });
    context.print(words, &value)?;
    Ok(ExitCode::SUCCESS)
}

async fn accept_clock(context: &Context, service: &Service) -> Result<ExitCode, CliError> {
    if service.db().sqlite_file().is_none() {
        return Err(CliError::Failed(
            "on PostgreSQL the database's clock decides; set the clock that is wrong, and the work continues by itself"
                .into(),
        ));
    }
    let now = service.now();
    service.execute(&Actor::system(), AcceptClock).await?;
    context
        .print(format!("The clock was accepted: it is {}.", time(Some(now))), &json!({ "accepted": now }))?;
    Ok(ExitCode::SUCCESS)
}

fn jobs_table(jobs: &[Job]) -> String {
    if jobs.is_empty() {
        return "There are no jobs.".to_owned();
    }
    let mut lines = vec![format!("{:<36}  {:<15}  {:<8}  {:>17}  since", "job", "kind", "state", "done")];
    for job in jobs {
        let done = job.total.map_or_else(|| job.done.to_string(), |total| format!("{}/{total}", job.done));
        let since = time(Some(job.finished_at.or(job.started_at).unwrap_or(job.created_at)));
        lines.push(format!("{}  {:<15}  {:<8}  {done:>17}  {since}", job.id, job.kind, job.state));
        lines.extend(job.last_error.iter().map(|error| format!("    {error}")));
    }
    lines.join("\n")
}

fn duties_table(duties: &[DutyReport], now: Timestamp) -> String {
    let mut lines = vec![format!(
        "{:<21}  {:<20}  {:<20}  {:>8}  {:>7}  oldest overdue",
        "duty", "last", "next", "done", "overdue"
    )];
    for report in duties {
        let (last, next, oldest) = (time(report.last_at), time(report.next_at), time(report.oldest_overdue));
        let DutyReport { duty, done, overdue, last_error, .. } = report;
        let age = report
            .overdue_for(now)
            .map_or_else(String::new, |age| format!(" ({:#})", SignedDuration::from_secs(age.as_secs())));
        let late = if report.is_late(now) { "  LATE" } else { "" };
        lines.push(format!(
            "{duty:<21}  {last:<20}  {next:<20}  {done:>8}  {overdue:>7}  {oldest}{age}{late}"
        ));
        lines.extend(last_error.iter().map(|error| format!("    {error}")));
    }
    lines.join("\n")
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
