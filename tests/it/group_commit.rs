//! Jobs that commit together see each other's changes, even in rows that were prefetched.

use std::{fs, path::Path};

use corridor::{
    domain::{
        finding::{FindingCode, Noticed, Screened, Severity},
        ids::{AccountId, ApplicationId},
        quota::Movement,
    },
    store::{self, Db, Tx},
    workflow::WorkflowError,
};

use crate::world::{Setup, in_one_group, on_both_databases, on_both_databases_with};

/// Rows are changed without an event, which `verify` would notice.
fn by_hand() -> Setup {
    Setup { is_forged: true, ..Setup::default() }
}

/// A job about a case. It returns a number.
type Job = fn(&mut Tx<'_>, ApplicationId) -> Result<usize, WorkflowError>;

#[test]
fn a_job_sees_what_an_earlier_job_of_its_group_has_changed() {
    on_both_databases_with(&by_hand(), async |world| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ada = ada.id();
        let before = findings(&world.db(), ada).await;
        let jobs: [Job; 4] = [raise, count, fail_after_raising, count];
        let of_ada = |job: Job| (ada, move |tx: &mut Tx<'_>| job(tx, ada));
        let answers = in_one_group(&world.db(), jobs.map(of_ada).into()).await;
        let answers: Vec<Option<usize>> = answers.into_iter().map(Result::ok).collect();
        assert_eq!(answers, [Some(1), Some(before + 1), None, Some(before + 1)]);
        assert_eq!(findings(&world.db(), ada).await, before + 1);
    });
}

#[test]
fn a_job_does_not_see_the_places_of_a_refused_job_of_its_group() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ada = ada.id();
        let jobs: [Job; 3] = [places, fail_after_holding_places, places];
        let of_ada = |job: Job| (ada, move |tx: &mut Tx<'_>| job(tx, ada));
        let answers = in_one_group(&world.db(), jobs.map(of_ada).into()).await;
        let answers: Vec<Option<usize>> = answers.into_iter().map(Result::ok).collect();
        assert_eq!(answers, [Some(0), None, Some(0)]);
    });
}

/// The number of held places in the case's batch.
fn places(tx: &mut Tx<'_>, case: ApplicationId) -> Result<usize, WorkflowError> {
    let case = store::application::by_id(tx, case)?.unwrap();
    let batch = store::batch::by_id(tx, case.batch)?.unwrap();
    Ok(usize::try_from(batch.held).unwrap())
}

/// Holds two places and fails. Only the first is written to the database.
fn fail_after_holding_places(tx: &mut Tx<'_>, case: ApplicationId) -> Result<usize, WorkflowError> {
    let case = store::application::by_id(tx, case)?.unwrap();
    for held in 1..=2 {
        let batch = store::batch::by_id(tx, case.batch)?.unwrap();
        assert!(store::counters::move_place(tx, &batch, &case.counted_under(), Movement::Hold));
        if held == 1 {
            // A read flushes the pending writes.
            store::application::by_id(tx, case.id)?;
        }
    }
    assert_eq!(places(tx, case.id)?, 2);
    Err(WorkflowError::NotFound)
}

/// Adds a finding without reading the existing ones.
fn raise(tx: &mut Tx<'_>, case: ApplicationId) -> Result<usize, WorkflowError> {
    let noticed =
        Noticed { code: FindingCode::MrzMismatch, subject: None, severity: Severity::Warning, stage: None };
    let screened = Screened { noticed, values: String::new() };
    store::finding::insert(tx, case, 1, &screened, "2026-03-02T09:00:00Z".parse().unwrap())?;
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

/// A read that the database refuses, without a savepoint before it.
fn read_a_missing_table(tx: &mut Tx<'_>, _: ApplicationId) -> Result<usize, WorkflowError> {
    store::recipient::account(tx, AccountId(uuid::Uuid::nil()))?;
    Ok(0)
}

#[test]
fn a_read_that_fails_between_two_jobs_takes_neither_of_them_away() {
    on_both_databases_with(&by_hand(), async |world| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ada = ada.id();
        let before = findings(&world.db(), ada).await;
        world.run("ALTER TABLE accounts RENAME TO gone").unwrap();
        let jobs: [Job; 3] = [raise, read_a_missing_table, raise];
        let of_ada = |job: Job| (ada, move |tx: &mut Tx<'_>| job(tx, ada));
        let answers = in_one_group(&world.db(), jobs.map(of_ada).into()).await;
        world.run("ALTER TABLE gone RENAME TO accounts").unwrap();
        let answers: Vec<Option<usize>> = answers.into_iter().map(Result::ok).collect();
        assert_eq!(answers, [Some(1), None, Some(1)]);
        assert_eq!(findings(&world.db(), ada).await, before + 2);
    });
}

#[test]
fn every_statement_that_changes_rows_declares_what_it_changes() {
    let mut undeclared = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let is_undeclared = |statement: &str| {
                ["tx.conn()", "tx.conn_unflushed()"].iter().any(|conn| statement.contains(conn))
                    && statement.contains("execute(")
            };
            if source.split([';', '}']).any(is_undeclared) {
                undeclared.push(path);
            }
        }
    }
    assert!(
        undeclared.is_empty(),
        "use tx.changing(…): otherwise prefetched rows become stale: {undeclared:#?}"
    );
}
