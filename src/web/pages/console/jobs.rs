//! `/console/jobs`: long work and how far it is; for administrators also the clock's duties.

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    domain::{
        clock_fault::{ClockFault, ClockFaultKind, ReportedFault},
        duty::DutyReport,
        ids::JobId,
        job::{Job, JobState},
    },
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Query},
        pages::{Page, render},
    },
    workflow::{
        WorkflowError, clock_check::ListClockFaults, duties::ListDuties, entrance::Context, job::ListJobs,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/console/jobs").get(show));
}

const AT_A_TIME: usize = 20;

#[derive(Deserialize)]
struct After {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/console/jobs.html")]
struct JobsPage {
    page: Page,
    jobs: Vec<Job>,
    next: Option<String>,
    /// None: they are not this reader's to see.
    duties: Option<Vec<DutyReport>>,
    clock_faults: Vec<ReportedFault>,
    now: Timestamp,
}

impl JobsPage {
    /// The words for a kind; its code, if this version does not know it.
    fn kind(&self, job: &Job) -> String {
        self.page.t.try_get(&format!("job-kind-{}", job.kind)).unwrap_or_else(|| job.kind.clone())
    }

    fn tag(&self, job: &Job) -> &'static str {
        match job.state {
            JobState::Waiting => "warning",
            JobState::Running => "open",
            JobState::Finished => "done",
            JobState::Failed => "problem",
        }
    }

    fn moment(&self, at: &Option<Timestamp>) -> String {
        at.map_or_else(|| "–".to_owned(), |at| self.page.t.instant(at))
    }

    fn since(&self, at: &Timestamp) -> String {
        self.page.t.with("duty-oldest", "at", self.page.t.instant(at))
    }

    /// What is wrong with a clock, with both times.
    fn clock_fault(&self, reported: &ReportedFault) -> String {
        let ClockFault { kind, own, other } = reported.fault;
        let times = [("own", self.page.t.instant(own)), ("other", self.page.t.instant(other))];
        self.page.t.with_all(&format!("clock-fault-{kind}"), &times)
    }

    fn way_out(&self, reported: &ReportedFault) -> String {
        self.page.t.get(match reported.fault.kind {
            ClockFaultKind::DiffersFromDatabase => "clock-fault-set-the-clock",
            _ => "clock-fault-accept",
        })
    }

    fn is_late(&self, report: &DutyReport) -> bool {
        report.is_late(self.now)
    }

    fn progress(&self, job: &Job) -> String {
        let done = self.page.t.number(job.done);
        match job.total {
            Some(total) => {
                self.page.t.with_two("job-done-of", ("done", done), ("total", self.page.t.number(total)))
            }
            None => done,
        }
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<After>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let cursors = Cursors::of(&service, &actor.0, "/console/jobs");
    let after: Option<JobId> = cursors.open(query.0.after.as_deref())?;
    let wanted = ListJobs { after, at_most: AT_A_TIME as i64 + 1 };
    let both = move |ctx: &mut Context<'_, '_>| {
        let jobs = ctx.query(&wanted)?;
        match ctx.query(&ListDuties) {
            Ok(duties) => Ok((jobs, Some(duties), ctx.query(&ListClockFaults)?)),
            Err(WorkflowError::Forbidden(_)) => Ok((jobs, None, Vec::new())),
            Err(error) => Err(error),
        }
    };
    let (mut jobs, duties, clock_faults) = service.read(&actor.0, both).await?;
    let next = cursors.cut(&mut jobs, AT_A_TIME, |last| last.id)?;
    render(&JobsPage { page, jobs, next, duties, clock_faults, now: service.now() })
}
