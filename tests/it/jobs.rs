//! Jobs, which run in slices, and the scheduler's duties: their progress, who sees it, and what happens when the
//! service stops in the middle.

use corridor::{
    domain::{
        actor::{Actor, Role},
        duty::{Duty, DutyReport},
        ids::JobId,
        job::{Creator, Job, JobKind, JobState},
    },
    jobs::WorkSlice,
    random,
    store::{self, StoreError},
    workflow::{WorkflowError, duties::ListDuties, entrance::Context, rotate_keys},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{
    Setup, Storage, World, http::Request, on_both_databases, on_both_databases_with,
    on_databases_of_prepared, run_on,
};

/// What `corridor jobs --json` prints.
fn printed_by_the_command_line(world: &World) -> Value {
    let output = world.corridor().args(["jobs", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The report of the duties at this time.
async fn duties_at(world: &World, now: Timestamp) -> Vec<DutyReport> {
    let list = move |tx: &mut store::Tx<'_>| -> Result<_, WorkflowError> {
        Context::new(tx, &Actor::operator(), now).query(&ListDuties)
    };
    world.db().read(list).await.unwrap()
}

fn of(reports: &[DutyReport], duty: Duty) -> DutyReport {
    reports.iter().find(|report| report.duty == duty).unwrap().clone()
}

#[test]
fn a_job_resumes_where_it_stopped_and_reports_its_progress() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        world.mail().await;
        let (job, _) = rotate_keys::begin(&world.service()).await.unwrap();
        assert_eq!(world.jobs().await[0].state, JobState::Waiting);
        for done in 1..=2 {
            assert_eq!((world.slice(1).await.done, world.jobs().await[0].state), (done, JobState::Running));
            world.restart().await;
        }
        let printed = printed_by_the_command_line(world)["jobs"][0].clone();
        assert_eq!(
            (&printed["id"], &printed["state"], &printed["done"]),
            (&json!(job), &json!("running"), &json!(2))
        );
        let admin = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let page = world.page(&world.session(&admin).await, "/console/jobs").await;
        let html = String::from_utf8(page.bytes).unwrap();
        assert!(html.contains("Move everything to the new master key") && html.contains("Running"), "{html}");

        world.finish_jobs().await;
        let finished = &world.jobs().await[0];
        assert_eq!((finished.state, Some(finished.done)), (JobState::Finished, finished.total));
        assert!(finished.finished_at.is_some() && finished.last_error.is_none());
    });
}

#[test]
fn the_service_finishes_a_job_that_nobody_waits_for() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada", "Bo"]).await;
        let (job, _) = rotate_keys::begin(&world.service()).await.unwrap();
        world.until("the job is finished", async || world.jobs().await[0].state == JobState::Finished).await;
        assert_eq!(world.jobs().await[0].id, job);
    });
}

/// A job as another version may have left it.
async fn insert_job(world: &World, kind: &str, creator: Creator, cursor: Option<&str>) -> JobId {
    let job = Job {
        id: JobId(random::id()),
        kind: kind.to_owned(),
        subject: None,
        creator,
        state: JobState::Running,
        done: 7,
        total: Some(9),
        cursor: cursor.map(str::to_owned),
        last_error: None,
        created_at: world.now(),
        started_at: None,
        finished_at: None,
    };
    let id = job.id;
    let left: Result<(), StoreError> = world.db().write(move |tx| store::job::insert(tx, &job)).await;
    left.unwrap();
    id
}

#[test]
fn a_job_whose_code_is_gone_fails_with_a_clear_error_and_blocks_no_other_job() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada"]).await;
        let gone = insert_job(world, "conjure", Creator::of(&Actor::system()), None).await;
        let (next, _) = rotate_keys::begin(&world.service()).await.unwrap();
        let job = async |id: JobId| world.jobs().await.into_iter().find(|job| job.id == id).unwrap();
        for _ in 0..2 {
            let failed = (JobState::Failed, Some(world.now()));
            let is_failed = async || {
                let job = job(gone).await;
                (job.state, job.finished_at) == failed
            };
            world.until("the job has failed", is_failed).await;
            let printed = printed_by_the_command_line(world);
            let line =
                printed["jobs"].as_array().unwrap().iter().find(|job| job["id"] == json!(gone)).unwrap();
            assert_eq!(line["error"], "this version has no code for jobs of the kind \"conjure\"");
            assert_eq!((&line["state"], &line["done"]), (&json!("failed"), &json!(7)));
            // The next start retries it: a newer version may have the code.
            world.advance(SignedDuration::from_mins(1));
            world.restart().await;
        }
        world.until("the next job is finished", async || job(next).await.state == JobState::Finished).await;
    });
}

#[test]
fn a_job_whose_row_makes_no_sense_does_nothing_and_says_why() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        for kind in JobKind::ALL {
            let job = insert_job(world, kind.as_str(), Creator::of(&Actor::system()), Some("half")).await;
            let slice = world.service().execute(&Actor::system(), WorkSlice { job, at_most: 1 }).await;
            let error = slice.unwrap_err().to_string();
            let reason = if matches!(kind, JobKind::Draw | JobKind::Promote | JobKind::EndBatch) {
                "names no batch"
            } else {
                "the cursor of job"
            };
            assert!(error.contains(reason) && error.contains(&job.to_string()), "{kind:?}: {error}");
            let left = world.jobs().await.into_iter().find(|left| left.id == job).unwrap();
            assert_eq!((left.done, left.cursor.as_deref()), (7, Some("half")), "{kind:?}");
        }
        // The service would try them when it continues.
        run_on(&world.database_url(), "DELETE FROM jobs");
    });
}

#[test]
fn administrators_see_all_jobs_batch_managers_those_of_their_organisation_and_others_their_own() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let manager = world.person("batches@mfa.example", &[Role::BatchManager], Some("kz-mfa")).await;
        let other = world.person("batches@mofcom.example", &[Role::BatchManager], Some("cn-mofcom")).await;
        let admin = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let own = insert_job(world, "reseal", Creator::of(&manager.actor), None).await;
        let of_the_service = insert_job(world, "reseal", Creator::of(&Actor::system()), None).await;

        let listed = world.get(&world.batch_manager, "/api/v1/jobs").await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(listed["items"][0]["id"], json!(own));
        assert_eq!(world.get(&world.batch_manager, &format!("/api/v1/jobs/{own}")).await["done"], 7);
        let hidden = Request::get(format!("/api/v1/jobs/{of_the_service}"));
        assert_eq!(world.send_as(&world.batch_manager, hidden).await.refusal(), (404, "not_found"));
        assert_eq!(world.get(&world.sponsor, "/api/v1/jobs").await["items"], json!([]));

        for (who, sees, has_duties) in [(&manager, 1, false), (&other, 0, false), (&admin, 2, true)] {
            let page = world.page(&world.session(who).await, "/console/jobs").await;
            let html = String::from_utf8(page.bytes).unwrap();
            assert_eq!(html.matches("Encrypt every case under its own key").count(), sees);
            assert_eq!(html.contains("No jobs yet"), sees == 0);
            assert_eq!(html.contains("Close cases that were not answered in time"), has_duties);
        }
    });
}

#[test]
fn the_duties_report_when_they_were_done_what_is_overdue_and_what_comes_next() {
    on_both_databases(async |world| {
        let minutes = |minutes| world.now() + SignedDuration::from_mins(minutes);
        let (soon, later) = (minutes(10), minutes(30));
        for closes_at in [soon, later] {
            world.open_batch_with(json!({ "closes_at": closes_at.to_string() })).await;
        }
        let before = of(&duties_at(world, world.now()).await, Duty::CloseBatches);
        let nothing = (None, Some(soon), 0, 0, None);
        let seen = |report: DutyReport| {
            (report.last_at, report.next_at, report.done, report.overdue, report.oldest_overdue)
        };
        assert_eq!(seen(before), nothing);
        let overdue = of(&duties_at(world, later).await, Duty::CloseBatches);
        assert_eq!((overdue.overdue, overdue.oldest_overdue, overdue.next_at), (2, Some(soon), None));

        world.advance(SignedDuration::from_mins(11));
        let closed = async || seen(of(&duties_at(world, world.now()).await, Duty::CloseBatches));
        let expected = (Some(world.now()), Some(later), 1, 0, None);
        world.until("the first batch is closed", async || closed().await == expected).await;
        let printed = printed_by_the_command_line(world)["duties"].clone();
        assert_eq!((&printed[0]["duty"], &printed[0]["done"]), (&json!("close_batches"), &json!(1)));
        assert_eq!(printed.as_array().unwrap().len(), Duty::ALL.len());
        assert!(of(&duties_at(world, world.now()).await, Duty::RefreshStatistics).last_at.is_some());
    });
}

/// Migrates a database to the version that had the table `key_jobs`, with its reseal job half done.
fn migrate_to_a_half_done_reseal(storage: &Storage) {
    let url = storage.database_url();
    let folder = if url.starts_with("sqlite") { "sqlite" } else { "postgres" };
    let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| ("2026-11-26-000000".."2026-11-26-000401").contains(&name.as_str()))
        .collect();
    names.sort();
    for name in names {
        run_on(&url, &std::fs::read_to_string(format!("{folder}/{name}/up.sql")).unwrap());
        let version = name.split('_').next().unwrap().replace('-', "");
        run_on(&url, &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"));
    }
    run_on(
        &url,
        "UPDATE key_jobs SET after_case = (SELECT id FROM applications ORDER BY id LIMIT 1 OFFSET 99)
         WHERE name = 'reseal'",
    );
}

#[test]
fn an_upgrade_resumes_a_half_done_reseal_job() {
    on_databases_of_prepared("0e8a793", migrate_to_a_half_done_reseal, async |world, saved| {
        let job = async || world.jobs().await.into_iter().find(|job| job.kind == "reseal").unwrap();
        world.until("the reseal job is finished", async || job().await.state == JobState::Finished).await;
        let job = job().await;
        let cases = i32::try_from(saved.cases).unwrap();
        assert_eq!((job.kind.as_str(), job.done, job.total), ("reseal", cases, Some(cases)));
        let forms = world.bytes("SELECT form_sealed AS bytes FROM applications ORDER BY id");
        let under_case_key = |forms: &[Vec<u8>]| forms.iter().filter(|form| form[0] == 2).count();
        let (before, after) = forms.split_at(100);
        assert_eq!((under_case_key(before), under_case_key(after)), (0, after.len()));
    });
}
