//! Jobs that commit together see each other's changes, whatever was read ahead for them.

use std::{
    fs,
    path::Path,
    sync::{Mutex, mpsc::channel},
};

use corridor::{
    domain::{
        finding::{FindingCode, Noticed, Severity},
        ids::ApplicationId,
    },
    store::{self, Db, Tx},
    workflow::WorkflowError,
};
use futures_util::future::{LocalBoxFuture, join, join_all};

use crate::world::on_both_databases;

/// A job about a case; it answers with a number.
type Job = fn(&mut Tx<'_>, ApplicationId) -> Result<usize, WorkflowError>;

#[test]
fn a_job_sees_what_an_earlier_job_of_its_group_has_changed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let before = findings(&world.db(), ada.id()).await;
        let answers = in_one_group(&world.db(), ada.id(), &[raise, count, fail_after_raising, count]).await;
        assert_eq!(answers, [Some(1), Some(before + 1), None, Some(before + 1)]);
        assert_eq!(findings(&world.db(), ada.id()).await, before + 1);
    });
}

/// Raises a finding without reading those that are there.
fn raise(tx: &mut Tx<'_>, case: ApplicationId) -> Result<usize, WorkflowError> {
    let noticed =
        Noticed { code: FindingCode::MrzMismatch, subject: None, severity: Severity::Warning, stage: None };
    store::finding::insert(tx, case, &noticed, "2026-03-02T09:00:00Z".parse().unwrap())?;
    Ok(1)
}

fn fail_after_raising(tx: &mut Tx<'_>, case: ApplicationId) -> Result<usize, WorkflowError> {
    raise(tx, case)?;
    Err(WorkflowError::NotFound)
}

fn count(tx: &mut Tx<'_>, case: ApplicationId) -> Result<usize, WorkflowError> {
    Ok(store::finding::of_case(tx, case)?.len())
}

async fn findings(db: &Db, case: ApplicationId) -> usize {
    db.read(move |tx| count(tx, case)).await.unwrap()
}

/// Runs the jobs in one transaction: they queue up while every writer is busy. PostgreSQL has two writers.
async fn in_one_group(db: &Db, case: ApplicationId, jobs: &[Job]) -> Vec<Option<usize>> {
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
    let queued = jobs.iter().map(|job| {
        let job = *job;
        db.write_for(Some(case), move |tx| job(tx, case))
    });
    // The jobs are in the queue before the writers are released.
    let (answers, ()) = join(join_all(queued), async { drop(releases) }).await;
    join_all(blockers).await;
    answers.into_iter().map(Result::ok).collect()
}

#[test]
fn every_statement_that_changes_rows_says_what_they_are_about() {
    let mut silent = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let is_silent = |statement: &str| {
                ["tx.conn()", "tx.conn_unflushed()"].iter().any(|conn| statement.contains(conn))
                    && statement.contains("execute(")
            };
            if source.split([';', '}']).any(is_silent) {
                silent.push(path);
            }
        }
    }
    assert!(silent.is_empty(), "use tx.changing(…), or prefetched rows become stale: {silent:#?}");
}
