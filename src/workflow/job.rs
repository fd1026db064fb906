//! Jobs: use cases start them, and people see their progress. `jobs/` does the work.

use uuid::Uuid;

use crate::{
    domain::{
        ids::JobId,
        job::{Creator, Job, JobKind, JobSight, JobState},
        policy::Operation,
    },
    random, store,
    workflow::{
        Result,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

/// Starts a job in the transaction of the caller: the caller's changes and the job are committed together, or neither.
/// `total` is the number of items, if it is known.
pub fn begin(
    ctx: &mut Context<'_, '_>,
    kind: JobKind,
    subject: Option<Uuid>,
    total: Option<i64>,
) -> Result<JobId> {
    let job = Job {
        id: JobId(random::id()),
        kind: kind.as_str().to_owned(),
        subject,
        creator: Creator::of(ctx.actor),
        state: JobState::Waiting,
        done: 0,
        total: total.and_then(|total| i32::try_from(total).ok()),
        cursor: None,
        last_error: None,
        created_at: ctx.now,
        started_at: None,
        finished_at: None,
    };
    store::job::insert(ctx.tx, &job)?;
    Ok(job.id)
}

/// The jobs that the actor may see, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct ListJobs {
    /// After this one.
    pub after: Option<JobId>,
    /// The maximum number of jobs.
    pub at_most: i64,
}

impl Query for ListJobs {
    type Subject = Installation;
    type Output = Vec<Job>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListJobs, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Job>> {
        Ok(store::job::list(ctx.tx, JobSight::of(ctx.actor), self.after, self.at_most)?)
    }
}

/// One job.
#[derive(Clone, Copy, Debug)]
pub struct ShowJob {
    /// Which.
    pub job: JobId,
}

impl Query for ShowJob {
    type Subject = JobId;
    type Output = Job;

    fn right(&self) -> (Operation, JobId) {
        (Operation::ShowJob, self.job)
    }

    fn run(&self, _: &mut Context<'_, '_>, on: Permitted<JobId>) -> Result<Job> {
        Ok(on.into_inner())
    }
}
