//! Long work in slices, beside the requests. A job is a row (`store/job.rs`): after a crash, or in another instance,
//! the next worker continues where the last slice ended. The worker (`worker.rs`) executes [`WorkSlice`] again and
//! again; a slice is one transaction, so that its work and the progress in the row are committed together.
//!
//! To add a kind of job: a variant of `domain::job::JobKind`; a file here with its slice function, and a line in
//! [`work`]; the use case that wants it calls `workflow::job::begin`; its words `job-…` in `locales/*/console.ftl`. A
//! slice does at most `at_most` items and says where the next one begins. It does not know how often it runs: doing
//! something twice must do no harm, and a case that somebody else has changed meanwhile is decided again.

mod begin_histories;
mod begin_journal;
mod close_histories;
mod draw;
mod end_batch;
mod promote;
mod release_claims;
pub mod reseal;
pub mod rotate_keys;
mod seal_files;
mod watch_journeys;
pub mod worker;

use std::time::{Duration, Instant};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    domain::{
        actor::Actor,
        ids::{ApplicationId, BatchId, JobId},
        job::{Job, JobKind, JobState},
        policy::Operation,
    },
    store,
    workflow::{
        Service, WorkflowError,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
    },
};

/// What a slice has done.
#[derive(Debug, Default)]
pub struct Slice {
    /// The number of items that were done.
    pub done: usize,
    /// Where the next slice begins.
    pub cursor: Option<String>,
    /// Whether nothing is left.
    pub is_last: bool,
    /// Whether nothing was done, because the job has to wait for another one.
    pub waits: bool,
    /// Cases that were skipped and did not change, and why.
    pub skipped: Vec<(ApplicationId, String)>,
}

/// The error of a job that has skipped cases. It is stored and compared, so it keeps its wording.
const SKIPPED: &str = "some cases could not be done and stay as they are; the log names them";

/// The batch that a job is about.
fn batch_of(job: &Job) -> Result<BatchId, WorkflowError> {
    job.batch()
        .ok_or_else(|| WorkflowError::Internal(format!("job {} ({}) names no batch", job.id, job.kind)))
}

/// Where a job continues whose cursor is the last case that was done.
fn last_case(job: &Job) -> Result<Option<ApplicationId>, WorkflowError> {
    let cursor = job.cursor.as_deref().map(str::parse).transpose();
    cursor.map_err(|error| unreadable_cursor(job, error))
}

/// The cursor of a job that stores more than the last case. None: the job begins.
fn read_cursor<C: DeserializeOwned>(job: &Job) -> Result<Option<C>, WorkflowError> {
    let cursor = job.cursor.as_deref().map(serde_json::from_str).transpose();
    cursor.map_err(|error| unreadable_cursor(job, error))
}

fn write_cursor(cursor: &impl Serialize) -> Result<String, WorkflowError> {
    serde_json::to_string(cursor).map_err(|error| WorkflowError::Internal(error.to_string()))
}

/// Whether these were the last items: fewer were found than asked for.
fn is_end(found: usize, at_most: i64) -> bool {
    i64::try_from(found).is_ok_and(|found| found < at_most)
}

fn unreadable_cursor(job: &Job, error: impl std::fmt::Display) -> WorkflowError {
    WorkflowError::Internal(format!("the cursor of job {} ({}) cannot be read: {error}", job.id, job.kind))
}

/// The beginning of the error of a job of an unknown kind. It is stored and compared, so it keeps its wording.
const NO_CODE: &str = "this version has no code for jobs of the kind";

/// Does the next slice of a job.
fn work(kind: JobKind, ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    match kind {
        JobKind::Reseal => reseal::slice(ctx, job, at_most),
        JobKind::BeginHistories => begin_histories::slice(ctx, job, at_most),
        JobKind::BeginJournal => begin_journal::slice(ctx, job, at_most),
        JobKind::RotateKeys => rotate_keys::slice(ctx, job, at_most),
        JobKind::Draw => draw::slice(ctx, job, at_most),
        JobKind::Promote => promote::slice(ctx, job, at_most),
        JobKind::EndBatch => end_batch::slice(ctx, job, at_most),
        JobKind::ReleaseClaims => release_claims::slice(ctx, job, at_most),
        JobKind::CloseHistories => close_histories::slice(ctx, job, at_most),
        JobKind::WatchJourneys => watch_journeys::slice(ctx, job, at_most),
        JobKind::SealFiles => {
            Err(WorkflowError::Internal("its slices begin outside of a transaction".to_owned()))
        }
    }
}

/// Does one slice of a job, unless another instance is doing one.
#[derive(Clone, Copy, Debug)]
pub struct WorkSlice {
    /// The job.
    pub job: JobId,
    /// The maximum number of items.
    pub at_most: i64,
}

/// How a slice ended.
#[derive(Debug)]
pub enum Worked {
    /// The job has no work left, another instance is doing a slice, or it waits for another job.
    Nothing,
    /// A slice was done.
    Done {
        /// The job after the slice.
        job: Job,
        /// When the work began, after waiting for the writer.
        begun: Instant,
        /// How long the work took, without the commit.
        took: Duration,
        /// Cases that were skipped, and why.
        skipped: Vec<(ApplicationId, String)>,
    },
    /// The job has failed: this version has no code for it.
    Unknown(Job),
    /// Nothing was done yet: the slice begins with files, outside of the transaction ([`work_slice`]).
    WithFiles(Job),
}

impl Command for WorkSlice {
    type Subject = Installation;
    type Output = Worked;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Worked, WorkflowError> {
        let Some(job) = store::job::claim(ctx.tx, self.job)? else { return Ok(Worked::Nothing) };
        let Some(kind) = job.known_kind() else {
            let error = format!("{NO_CODE} {:?}", job.kind);
            return Ok(Worked::Unknown(fail(ctx, job, error)?));
        };
        if kind == JobKind::SealFiles {
            seal_files::check_cursor(&job)?;
            return Ok(Worked::WithFiles(job));
        }
        let begun = Instant::now();
        let slice = work(kind, ctx, &job, self.at_most)?;
        if slice.waits {
            return Ok(Worked::Nothing);
        }
        progress(ctx, job, begun, slice)
    }
}

/// Does one slice of a job of any kind.
pub async fn work_slice(service: &Service, slice: WorkSlice) -> Result<Worked, WorkflowError> {
    match service.execute(&Actor::system(), slice).await? {
        Worked::WithFiles(job) => seal_files::work(service, job).await,
        worked => Ok(worked),
    }
}

/// Records the progress of a slice.
fn progress(
    ctx: &mut Context<'_, '_>,
    mut job: Job,
    begun: Instant,
    slice: Slice,
) -> Result<Worked, WorkflowError> {
    job.done = job.done.saturating_add(i32::try_from(slice.done).unwrap_or(i32::MAX));
    job.total = job.total.map(|total| total.max(job.done));
    job.cursor = slice.cursor;
    job.started_at.get_or_insert(ctx.now);
    job.state = if slice.is_last { JobState::Finished } else { JobState::Running };
    job.finished_at = slice.is_last.then_some(ctx.now);
    if !slice.skipped.is_empty() {
        job.last_error = Some(SKIPPED.to_owned());
    } else if job.last_error.as_deref() != Some(SKIPPED) {
        // A retry has succeeded.
        job.last_error = None;
    }
    store::job::update(ctx.tx, &job)?;
    // Writing the job has also written everything before it.
    Ok(Worked::Done { job, begun, took: begun.elapsed(), skipped: slice.skipped })
}

fn fail(ctx: &mut Context<'_, '_>, mut job: Job, error: String) -> Result<Job, WorkflowError> {
    job.state = JobState::Failed;
    job.finished_at = Some(ctx.now);
    job.last_error = Some(error);
    store::job::update(ctx.tx, &job)?;
    Ok(job)
}

/// Marks a job as failed: a slice has ended with an error that a retry does not repair.
#[derive(Clone, Debug)]
struct FailJob {
    job: JobId,
    error: String,
}

impl Command for FailJob {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<(), WorkflowError> {
        if let Some(job) = store::job::claim(ctx.tx, self.job)? {
            fail(ctx, job, self.error.clone())?;
        }
        Ok(())
    }
}

/// Records the error of the last slice, which will be retried.
#[derive(Clone, Debug)]
struct ReportError {
    job: JobId,
    error: String,
}

impl Command for ReportError {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<(), WorkflowError> {
        if let Some(mut job) = store::job::claim(ctx.tx, self.job)? {
            job.last_error = Some(self.error.clone());
            store::job::update(ctx.tx, &job)?;
        }
        Ok(())
    }
}

/// Retries failed jobs at the start of the service, which may have the code that they need.
#[derive(Clone, Copy, Debug)]
struct RetryFailed;

impl Command for RetryFailed {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<(), WorkflowError> {
        store::job::retry_failed(ctx.tx)?;
        Ok(())
    }
}

/// Retries jobs that failed because an older version, which ran beside this one, had no code for them.
#[derive(Clone, Copy, Debug)]
struct RetryUnknown;

impl Command for RetryUnknown {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<(), WorkflowError> {
        store::job::retry_failed_with(ctx.tx, NO_CODE)?;
        Ok(())
    }
}

/// The jobs that have work left, the oldest first: some, and as many more as the worker does not run now.
#[derive(Clone, Copy, Debug)]
pub struct OpenJobs {
    /// How many jobs wait for a retry or for their next slice.
    pub waiting: usize,
}

impl Query for OpenJobs {
    type Subject = Installation;
    type Output = Vec<JobId>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        _: Permitted<Installation>,
    ) -> Result<Vec<JobId>, WorkflowError> {
        Ok(store::job::open(ctx.tx, i64::try_from(self.waiting).unwrap_or(i64::MAX))?)
    }
}
