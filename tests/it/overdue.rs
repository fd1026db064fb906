//! Due work that fails does not delay anything else, and is reported.

use std::fs;

use corridor::{
    domain::{actor::Actor, duty::Duty, job::JobState, lifecycle::State},
    workflow::{duties::ListDuties, job::ListJobs},
};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Setup, World, on_both_databases, on_both_databases_with};

/// How many of a duty are overdue, and for how many minutes. As the scheduler asks, which logs those that are late.
async fn overdue(world: &World, duty: Duty) -> (i32, i64) {
    let reports = world.service().query(&Actor::system(), ListDuties).await.unwrap();
    let report = reports.iter().find(|report| report.duty == duty).unwrap();
    (report.overdue, report.overdue_for(world.now()).map_or(0, |age| age.as_mins()))
}

#[test]
fn two_hundred_unreadable_cases_do_not_keep_the_next_from_lapsing() {
    // Rows are changed without an event.
    let setup = Setup { is_forged: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 300 })).await;
        let cases = world.cases_at_the_last_stage(&batch, 205).await;
        let (last, unreadable) = cases.split_last().unwrap();
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        for case in &cases {
            world.act(world.reviewer(case, "decision"), case, ask.clone()).await.expect(200);
        }
        world.stop().await;
        world.run("CREATE TABLE kept AS SELECT id, form_sealed FROM applications").unwrap();
        for case in unreadable {
            let id = world.id_in_sql(case);
            let spoil = "UPDATE applications SET form_sealed = $1, due_at = ";
            let at = world.now() + SignedDuration::from_mins(1);
            world.run_with(&format!("{spoil}'{at:.6}' WHERE id = {id}"), b"\x02spoiled");
        }
        let id = world.id_in_sql(last);
        let at = world.now() + SignedDuration::from_mins(2);
        world.run(&format!("UPDATE applications SET due_at = '{at:.6}' WHERE id = {id}")).unwrap();
        world.advance(SignedDuration::from_mins(30));
        world.start().await;
        world.until_state(last, State::Lapsed).await;
        let (count, minutes) = overdue(world, Duty::LapseUnanswered).await;
        assert_eq!((count, minutes >= 29), (204, true));
        let printed = world.corridor().args(["jobs"]).output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        let line = printed.lines().find(|line| line.starts_with("lapse_unanswered")).unwrap();
        assert!(line.contains("204") && line.ends_with("LATE"), "{line}");
        // The harness would find that they cannot be read.
        world.stop().await;
        let restore = "UPDATE applications SET form_sealed = \
                       (SELECT kept.form_sealed FROM kept WHERE kept.id = applications.id)";
        world.run(restore).unwrap();
        world.run("DROP TABLE kept").unwrap();
        world.start().await;
        world.until_state(&unreadable[0], State::Lapsed).await;
    });
}

#[test]
fn two_hundred_files_that_cannot_be_removed_do_not_keep_the_next() {
    on_both_databases(async |world| {
        let name = |number: usize| format!("{number:040x}");
        let evidence = world.folder().join("files").join("00");
        for number in 0..205 {
            // A folder in the place of the file.
            fs::create_dir_all(evidence.join(name(number)).join("full")).unwrap();
            world
                .run(&format!("INSERT INTO files_to_remove (storage_name) VALUES ('{}')", name(number)))
                .unwrap();
        }
        let last = name(300);
        fs::write(evidence.join(&last), "x").unwrap();
        world.run(&format!("INSERT INTO files_to_remove (storage_name) VALUES ('{last}')")).unwrap();
        world.until("the last file is removed", async || !evidence.join(&last).exists()).await;
        world.until("its row is gone", async || overdue(world, Duty::RemoveFiles).await.0 == 205).await;
        fs::remove_dir_all(&evidence).unwrap();
        world.until("the others are given up", async || overdue(world, Duty::RemoveFiles).await.0 == 0).await;
    });
}

#[test]
fn two_hundred_jobs_that_fail_do_not_keep_the_next() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        world.submit(&batch, ["Ada"]).await;
        world.stop().await;
        let insert = |number: usize, kind: &str, subject: &str| {
            let id = format!("{number:032x}");
            let id = if world.database_url().starts_with("sqlite") {
                format!("x'{id}'")
            } else {
                format!("'{id}'::uuid")
            };
            let at = world.now();
            world
                .run(&format!(
                    "INSERT INTO jobs (id, kind, subject_id, created_by_kind, state, done, created_at) \
                     VALUES ({id}, '{kind}', {subject}, 'system', 'waiting', 0, '{at:.6}')"
                ))
                .unwrap();
        };
        // Draws of a batch whose seed does not open.
        world.run_with("UPDATE batches SET ballot_seed_sealed = $1", b"spoiled");
        for number in 1..=205 {
            insert(number, "draw", "(SELECT id FROM batches)");
        }
        insert(300, "reseal", "NULL");
        world.advance(SignedDuration::from_mins(10));
        world.start().await;
        let newest = async || {
            let newest = ListJobs { after: None, at_most: 1 };
            world.service().query(&Actor::system(), newest).await.unwrap().remove(0)
        };
        assert_eq!(newest().await.kind, "reseal");
        world.until("the last job is done", async || newest().await.state == JobState::Finished).await;
        assert_eq!(overdue(world, Duty::WorkOnJobs).await, (205, 10));
        world.stop().await;
        world.run("DELETE FROM jobs").unwrap();
        world.run("UPDATE batches SET ballot_seed_sealed = NULL").unwrap();
        world.start().await;
    });
}
