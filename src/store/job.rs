//! Jobs: long work in slices. The row of a job holds everything about it, so that another process can continue it.

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    StoreError, Tx,
    dialect::locked,
    schema::jobs,
    tx::Subject,
    types::{AnyId, At},
};
use crate::domain::{
    ids::{JobId, OrganisationId},
    job::{Creator, Job, JobKind, JobSight, JobState},
};

#[derive(Queryable)]
struct Row {
    id: JobId,
    kind: String,
    subject: Option<AnyId>,
    creator_kind: String,
    creator: Option<AnyId>,
    organisation: Option<OrganisationId>,
    state: JobState,
    done: i32,
    total: Option<i32>,
    cursor: Option<String>,
    last_error: Option<String>,
    created_at: At,
    started_at: Option<At>,
    finished_at: Option<At>,
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        let Row { creator_kind: kind, creator, organisation, .. } = row;
        Self {
            id: row.id,
            kind: row.kind,
            subject: row.subject.map(|id| id.0),
            creator: Creator { kind, id: creator.map(|id| id.0), organisation },
            state: row.state,
            done: row.done,
            total: row.total,
            cursor: row.cursor,
            last_error: row.last_error,
            created_at: row.created_at.0,
            started_at: row.started_at.map(|at| at.0),
            finished_at: row.finished_at.map(|at| at.0),
        }
    }
}

/// The maximum number of open jobs of a state that are read.
const OPEN_AT_MOST: i64 = 50;

/// Adds a job that waits for its first slice.
pub fn insert(tx: &mut Tx<'_>, job: &Job) -> Result<(), StoreError> {
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(job.id),
            jobs::kind.eq(&job.kind),
            jobs::subject_id.eq(job.subject.map(AnyId)),
            jobs::created_by_kind.eq(&job.creator.kind),
            jobs::created_by.eq(job.creator.id.map(AnyId)),
            jobs::organisation_id.eq(job.creator.organisation),
            jobs::state.eq(job.state),
            jobs::done.eq(job.done),
            jobs::total.eq(job.total),
            jobs::cursor.eq(&job.cursor),
            jobs::created_at.eq(At(job.created_at)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The job with this id.
pub fn by_id(tx: &mut Tx<'_>, id: JobId) -> Result<Option<Job>, StoreError> {
    let row: Option<Row> = jobs::table.find(id).first(tx.conn()?).optional()?;
    Ok(row.map(Job::from))
}

/// Jobs that have work left, the oldest first: [`OPEN_AT_MOST`] of each state, and `more` of each.
pub fn open(tx: &mut Tx<'_>, more: i64) -> Result<Vec<JobId>, StoreError> {
    let at_most = OPEN_AT_MOST.saturating_add(more);
    let mut open: Vec<JobId> = Vec::new();
    for state in JobState::ALL.iter().filter(|state| state.is_open()) {
        let of_state = jobs::table.filter(jobs::state.eq(state)).order(jobs::id).select(jobs::id);
        open.extend(of_state.limit(at_most).load::<JobId>(tx.conn()?)?);
    }
    open.sort();
    Ok(open)
}

/// Locks a job that has work left until the transaction ends. None: no work is left, or another instance is doing a
/// slice. This is a lock and not a lease, so that nobody has to wait after an instance was killed. SQLite needs no
/// lock: it has one writer.
pub fn claim(tx: &mut Tx<'_>, id: JobId) -> Result<Option<Job>, StoreError> {
    let query = jobs::table.find(id);
    let row: Option<Row> = locked!(tx.conn()?, query, for_update().skip_locked(), first).optional()?;
    Ok(row.map(Job::from).filter(|job| job.state.is_open()))
}

/// Writes the state, progress and cursor of a job.
pub fn update(tx: &mut Tx<'_>, job: &Job) -> Result<(), StoreError> {
    diesel::update(jobs::table.find(job.id))
        .set((
            jobs::state.eq(job.state),
            jobs::done.eq(job.done),
            jobs::total.eq(job.total),
            jobs::cursor.eq(&job.cursor),
            jobs::last_error.eq(&job.last_error),
            jobs::started_at.eq(job.started_at.map(At)),
            jobs::finished_at.eq(job.finished_at.map(At)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Marks a job for a retry if it has failed.
pub fn retry_if_failed(tx: &mut Tx<'_>, id: JobId) -> Result<(), StoreError> {
    diesel::update(jobs::table.find(id).filter(jobs::state.eq(JobState::Failed)))
        .set((jobs::state.eq(JobState::Waiting), jobs::finished_at.eq(None::<At>)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Marks all failed jobs for a retry. Returns their number.
pub fn retry_failed(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    Ok(diesel::update(jobs::table.filter(jobs::state.eq(JobState::Failed)))
        .set((jobs::state.eq(JobState::Waiting), jobs::finished_at.eq(None::<At>)))
        .execute(tx.changing(Subject::Other)?)?)
}

/// Marks failed jobs of known kinds whose error begins like this for a retry. Returns their number.
pub fn retry_failed_with(tx: &mut Tx<'_>, error: &str) -> Result<usize, StoreError> {
    let known: Vec<&str> = JobKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let failed = jobs::state.eq(JobState::Failed).and(jobs::kind.eq_any(known));
    let with_error = jobs::table.filter(failed.and(jobs::last_error.like(format!("{error}%"))));
    Ok(diesel::update(with_error)
        .set((jobs::state.eq(JobState::Waiting), jobs::finished_at.eq(None::<At>)))
        .execute(tx.changing(Subject::Other)?)?)
}

/// The newest job of a kind about a subject that is not finished: it has work left, or failed.
pub fn unfinished(tx: &mut Tx<'_>, kind: JobKind, subject: Option<Uuid>) -> Result<Option<Job>, StoreError> {
    let mut query = jobs::table
        .filter(jobs::kind.eq(kind.as_str()).and(jobs::state.ne(JobState::Finished)))
        .order(jobs::id.desc())
        .into_boxed();
    query = match subject {
        Some(subject) => query.filter(jobs::subject_id.eq(Some(AnyId(subject)))),
        None => query.filter(jobs::subject_id.is_null()),
    };
    let row: Option<Row> = query.first(tx.conn()?).optional()?;
    Ok(row.map(Job::from))
}

/// The jobs that such an actor may see, the newest first.
pub fn list(
    tx: &mut Tx<'_>,
    sight: JobSight,
    after: Option<JobId>,
    at_most: i64,
) -> Result<Vec<Job>, StoreError> {
    let mut query = jobs::table.order(jobs::id.desc()).limit(at_most).into_boxed();
    if let JobSight::Own { creator, organisation } = sight {
        // A comparison with NULL is no match.
        let own = jobs::created_by.eq(creator.map(AnyId)).or(jobs::organisation_id.eq(organisation));
        query = query.filter(own);
    }
    if let Some(after) = after {
        query = query.filter(jobs::id.lt(after));
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(Job::from).collect())
}
