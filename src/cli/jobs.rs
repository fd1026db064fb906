//! `corridor jobs`: long work and the clock's duties, as any process sees them in the database.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use jiff::Timestamp;
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::{actor::Actor, duty::DutyReport, job::Job},
    shapes::{DutyBody, JobBody},
    workflow::{duties::ListDuties, entrance, job::ListJobs},
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// List so many jobs, the newest first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    last: u16,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let service = context.service().await?;
    let wanted = ListJobs { after: None, at_most: args.last.into() };
    let operator = Actor::operator();
    let both = move |ctx: &mut entrance::Context<'_, '_>| Ok((ctx.query(&wanted)?, ctx.query(&ListDuties)?));
    let (jobs, duties) = service.read(&operator, both).await?;
    let words = format!("{}\n\n{}", jobs_table(&jobs), duties_table(&duties));
    let value = json!({
        "jobs": jobs.into_iter().map(JobBody::from).collect::<Vec<_>>(),
        "duties": duties.into_iter().map(DutyBody::from).collect::<Vec<_>>(),
    });
    context.print(words, &value)?;
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

fn duties_table(duties: &[DutyReport]) -> String {
    let mut lines = vec![format!(
        "{:<21}  {:<20}  {:<20}  {:>8}  {:>7}  oldest overdue",
        "duty", "last", "next", "done", "overdue"
    )];
    lines.extend(duties.iter().map(|report| {
        let (last, next, oldest) = (time(report.last_at), time(report.next_at), time(report.oldest_overdue));
        let DutyReport { duty, done, overdue, .. } = report;
        format!("{duty:<21}  {last:<20}  {next:<20}  {done:>8}  {overdue:>7}  {oldest}")
    }));
    lines.join("\n")
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
