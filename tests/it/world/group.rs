//! Jobs that commit together.

use std::sync::{Mutex, mpsc::channel};

use corridor::{
    domain::ids::ApplicationId,
    store::{Db, Tx},
    workflow::WorkflowError,
};
use futures_util::future::{LocalBoxFuture, join, join_all};

/// Runs these jobs about cases in one transaction: they queue up while every writer is busy. PostgreSQL has two writers.
pub async fn in_one_group<T, F>(db: &Db, jobs: Vec<(ApplicationId, F)>) -> Vec<Result<T, WorkflowError>>
where
    F: Fn(&mut Tx<'_>) -> Result<T, WorkflowError> + Send + 'static,
    T: Send + 'static,
{
    let mut releases = Vec::new();
    let mut blockers: Vec<LocalBoxFuture<'static, ()>> = Vec::new();
    for _ in 0..if db.sqlite_file().is_some() { 1 } else { 2 } {
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (release, released) = channel::<()>();
        let (begun, released, db) = (Mutex::new(Some(begun)), Mutex::new(released), db.clone());
        let blocked = actix_web::rt::spawn(async move {
            let done: Result<(), WorkflowError> = db
                .write(move |_| {
                    let begun = begun.lock().unwrap().take();
                    begun.into_iter().for_each(|begun| begun.send(()).unwrap());
                    let _ = released.lock().unwrap().recv();
                    Ok(())
                })
                .await;
            done.unwrap();
        });
        has_begun.await.unwrap();
        releases.push(release);
        blockers.push(Box::pin(async { blocked.await.unwrap() }));
    }
    let queued = jobs.into_iter().map(|(case, job)| db.write_for(Some(case), job));
    // The jobs are in the queue before the writers are released.
    let (answers, ()) = join(join_all(queued), async { drop(releases) }).await;
    join_all(blockers).await;
    answers
}
