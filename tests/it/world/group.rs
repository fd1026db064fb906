//! Jobs that commit together.

use corridor::{
    domain::ids::ApplicationId,
    store::{Db, Tx},
    workflow::WorkflowError,
};
use futures_util::future::{join, join_all};

use super::BusyWriters;

/// Runs these jobs in one transaction: they queue up while every writer is busy.
pub async fn in_one_group<T, F>(db: &Db, jobs: Vec<(ApplicationId, F)>) -> Vec<Result<T, WorkflowError>>
where
    F: Fn(&mut Tx<'_>) -> Result<T, WorkflowError> + Send + 'static,
    T: Send + 'static,
{
    let busy = BusyWriters::of(db).await;
    let queued = jobs.into_iter().map(|(case, job)| db.write_for(Some(case), job));
    // The jobs are in the queue before the writers are released.
    let (answers, ()) = join(join_all(queued), busy.release()).await;
    answers
}
