//! Signed checkpoints: they are written daily by one instance, hold while cases are decided and erased and keys are
//! rotated, and a file that is not ours or was changed is refused with its line.

use std::{fs, path::Path, process::Output};

use corridor::{
    domain::{
        actor::Actor,
        checkpoint::Checkpoint,
        duty::{Duty, DutyReport},
    },
    jobs::rotate_keys,
    workflow::{checkpoint, duties::ListDuties, erase_case::EraseCase},
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Setup, World, on_both_databases, on_both_databases_with, on_databases_of};

/// Writes a checkpoint of everything that has happened.
async fn write(world: &World) -> Checkpoint {
    world.advance(SignedDuration::from_hours(1));
    checkpoint::write_now(&world.service(), &world.checkpoint_file()).await.unwrap()
}

/// What `corridor verify --checkpoints` prints, and its exit code.
fn verify(world: &World, file: &Path) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        world.corridor().args(["verify", "--checkpoints"]).arg(file).output().unwrap();
    let words = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (status.code(), words)
}

fn assert_holds(world: &World, count: usize) {
    let (code, words) = verify(world, &world.checkpoint_file());
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains(&format!("{count} checkpoints)")), "{words}");
}

fn lines(world: &World) -> Vec<String> {
    fs::read_to_string(world.checkpoint_file()).unwrap_or_default().lines().map(str::to_owned).collect()
}

async fn duty(world: &World) -> DutyReport {
    let duties = world.service().query(&Actor::operator(), ListDuties).await.unwrap();
    duties.into_iter().find(|report| report.duty == Duty::WriteCheckpoint).unwrap()
}

#[test]
fn a_checkpoint_is_written_each_day_and_agrees_with_the_history() {
    on_both_databases_with(&Setup { writes_checkpoints: true, ..Setup::default() }, async |world| {
        world.until("the first is written", async || duty(world).await.done == 1).await;
        let batch = world.open_batch(2).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        assert_eq!((lines(world).len(), duty(world).await.overdue), (1, 0));
        world.advance(SignedDuration::from_hours(25));
        world.until("the second is written", async || duty(world).await.done == 2).await;
        world.surrender(&bo).await;
        let last: Value = serde_json::from_str(&lines(world)[1]).unwrap();
        // Two cases and their batch. Nothing has happened to the authorizations.
        assert_eq!(last["format"], "corridor checkpoint 1");
        assert!(last["chains"].as_u64().unwrap() >= 3, "{last}");
        assert_holds(world, 2);
    });
}

#[test]
fn the_command_appends_a_checkpoint_now_if_the_clock_is_right() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        world.submit(&batch, ["Ada"]).await;
        let without = world.corridor().arg("checkpoint").output().unwrap();
        assert_eq!(without.status.code(), Some(2));
        let words = String::from_utf8(without.stderr).unwrap();
        assert!(words.contains("CORRIDOR_CHECKPOINT_FILE"), "{words}");
        let mut command = world.corridor();
        command.args(["checkpoint", "--json"]).env("CORRIDOR_CHECKPOINT_FILE", world.checkpoint_file());
        // The world's time is months ago, so that the clock of the command's process is far ahead of it. PostgreSQL has
        // a clock of its own, which agrees with the command's.
        if world.database_url().starts_with("sqlite") {
            let refused = command.output().unwrap();
            assert_eq!(refused.status.code(), Some(1));
            assert!(!world.checkpoint_file().exists());
            assert!(world.corridor().args(["jobs", "--accept-clock"]).output().unwrap().status.success());
        }
        let printed = command.output().unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
        assert_eq!(printed, serde_json::from_str::<Value>(&lines(world)[0]).unwrap());
        assert!(printed["chains"].as_u64().unwrap() >= 2, "{printed}");
        assert_holds(world, 1);
    });
}

#[test]
fn of_several_instances_one_writes_the_checkpoint() {
    on_both_databases(async |world| {
        for day in 1..=3 {
            let file = world.checkpoint_file();
            let service = world.service();
            let write = || checkpoint::write_if_due(&service, &file);
            let written = join_all((0..6).map(|_| write())).await;
            let count = written.into_iter().filter(|written| written.as_ref().unwrap().is_some()).count();
            assert_eq!((count, lines(world).len(), duty(world).await.done), (1, day, day as i32));
            world.advance(SignedDuration::from_hours(25));
        }
    });
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_of_the_duty_and_no_failed_decision() {
    on_both_databases_with(
        &Setup { checkpoint_file: Some("/no/such/folder/checkpoints.jsonl".into()), ..Setup::default() },
        async |world| {
            let failed =
                async || duty(world).await.last_error.is_some_and(|error| error.contains("/no/such/folder"));
            world.until("the duty has failed", failed).await;
            let batch = world.open_batch(2).await;
            let [ada] = world.submit(&batch, ["Ada"]).await;
            world.endorse_every_stage([&ada]).await;
            assert_eq!(world.states([&ada]).await, ["approved"]);
            let printed = world.corridor().arg("jobs").output().unwrap();
            let printed = String::from_utf8(printed.stdout).unwrap();
            assert!(printed.contains("/no/such/folder/checkpoints.jsonl cannot be written"), "{printed}");
            assert_eq!(duty(world).await.done, 0);
        },
    );
}

#[test]
fn checkpoints_hold_when_a_case_is_erased_and_when_the_keys_are_rotated() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&bo]).await;
        world.withdraw(&ada).await;
        world.mail().await;
        write(world).await;
        world.service().execute(&Actor::system(), EraseCase { case: ada.id() }).await.unwrap();
        assert_holds(world, 1);
        rotate_keys::rotate(&world.service(), |_| ()).await.unwrap();
        let (old, new) = (lines(world)[0].clone(), write(world).await);
        assert_ne!(serde_json::from_str::<Checkpoint>(&old).unwrap().key, new.key);
        assert_holds(world, 2);
    });
}

#[test]
fn what_happens_after_the_cut_is_not_covered_and_what_happened_before_is() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let covered = write(world).await;
        // A minute before the checkpoint: younger than the cut.
        world.endorse(&ada, "nomination").await;
        world.advance(SignedDuration::from_mins(1));
        let again = checkpoint::write_now(&world.service(), &world.checkpoint_file()).await.unwrap();
        assert_eq!((covered.events, &covered.root), (again.events, &again.root));
        world.advance(SignedDuration::from_mins(2));
        let later = checkpoint::write_now(&world.service(), &world.checkpoint_file()).await.unwrap();
        assert_eq!(later.events, again.events + 1);
        assert_holds(world, 3);
    });
}

#[test]
fn the_first_checkpoint_that_differs_is_named_with_what_differs() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let first = write(world).await;
        world.endorse(&ada, "nomination").await;
        let second = write(world).await;
        world.endorse(&bo, "nomination").await;
        write(world).await;
        let told = |world: &World| {
            let (code, words) = verify(world, &world.checkpoint_file());
            assert_eq!(code, Some(1), "{words}");
            let line = words.lines().find(|line| line.starts_with("checkpoint_differs")).unwrap_or_default();
            line.to_owned()
        };
        let ada = world.id_in_sql(&ada);
        let hash = |which: &str| {
            format!("UPDATE events SET hash = $1 WHERE application_id = {ada} AND seq = {which}")
        };
        let newest = "(SELECT max(seq) FROM events WHERE action = 'endorse')";
        let kept = world
            .bytes(&format!(
                "SELECT hash AS bytes FROM events WHERE application_id = {ada} AND seq = {newest}"
            ))
            .remove(0);
        world.run_with(&hash(newest), &[7; 32]);
        let line = told(world);
        assert!(line.contains(&format!("checkpoint {}", second.at)) && line.contains("line 2"), "{line}");
        assert!(line.contains("history was rewritten; 1 later checkpoint differs, too"), "{line}");
        world.run_with(&hash(newest), &kept);
        assert_holds(world, 3);

        let submitted = "(SELECT max(seq) FROM events WHERE action = 'submit')";
        let original = world
            .bytes(&format!(
                "SELECT hash AS bytes FROM events WHERE application_id = {ada} AND seq = {submitted}"
            ))
            .remove(0);
        world.run_with(&hash(submitted), &[7; 32]);
        let line = told(world);
        assert!(line.contains(&format!("checkpoint {}", first.at)) && line.contains("line 1"), "{line}");
        assert!(!line.contains("later"), "the later ones cover a later event: {line}");
        world.run_with(&hash(submitted), &original);
    });
}

#[test]
fn a_line_that_is_not_a_checkpoint_of_ours_is_refused_with_file_and_line() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        world.submit(&batch, ["Ada"]).await;
        write(world).await;
        write(world).await;
        let good = lines(world);
        let changed = |field: &str, value: Value| {
            let mut line: Value = serde_json::from_str(&good[1]).unwrap();
            line[field] = value;
            line.to_string()
        };
        let other_root = "0".repeat(64);
        let cases = [
            ("{", "this is not a checkpoint"),
            (&changed("more", json!(1)), "this is not a checkpoint"),
            (&changed("format", json!("corridor checkpoint 2")), "the format"),
            (&changed("installation", json!("00000000")), "it is from the installation"),
            (&changed("key", json!("00000000")), "the key file does not hold the key 00000000"),
            (&changed("key", json!("a key")), "is not the id of a key"),
            (&changed("signature", json!("00")), "the signature is not that of the key"),
            (&changed("events", json!(1)), "the signature is not that of the key"),
            (&changed("root", json!(other_root)), "the signature is not that of the key"),
            (&changed("at", json!("2026-01-01T00:00:00Z")), "the signature is not that of the key"),
        ];
        let file = world.folder().join("received.jsonl");
        for (line, because) in cases {
            fs::write(&file, format!("{}\n\n{line}\n", good[0])).unwrap();
            let (code, words) = verify(world, &file);
            assert_eq!(code, Some(1), "{line}: {words}");
            assert!(words.contains("received.jsonl, line 3: ") && words.contains(because), "{line}: {words}");
        }
        for (text, because) in [("", "has no checkpoint"), ("\n\n", "has no checkpoint")] {
            fs::write(&file, text).unwrap();
            let (code, words) = verify(world, &file);
            assert_eq!(code, Some(1), "{words}");
            assert!(words.contains("received.jsonl") && words.contains(because), "{words}");
        }
        let (code, words) = verify(world, &world.folder().join("missing.jsonl"));
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains("missing.jsonl cannot be read"), "{words}");
    });
}

#[test]
fn a_line_that_a_crash_has_cut_does_not_spoil_the_next() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        world.submit(&batch, ["Ada"]).await;
        write(world).await;
        let half = &lines(world)[0][..40];
        let torn = format!("{}\n{half}", lines(world)[0]);
        fs::write(world.checkpoint_file(), torn).unwrap();
        write(world).await;
        let (code, words) = verify(world, &world.checkpoint_file());
        assert_eq!(code, Some(1));
        assert!(words.contains("checkpoints.jsonl, line 2: this is not a checkpoint"), "{words}");
        let [first, _, last] = &lines(world)[..] else { panic!("three lines") };
        fs::write(world.checkpoint_file(), format!("{first}\n{last}\n")).unwrap();
        assert_holds(world, 2);
    });
}

#[test]
fn a_database_of_0e8a793_gets_a_checkpoint_that_holds() {
    on_databases_of("0e8a793", async |world, saved| {
        world.finish_jobs().await;
        world.advance(SignedDuration::from_hours(1));
        let written = write(world).await;
        assert!(written.chains > u64::try_from(saved.cases).unwrap(), "{written:?}");
        assert_holds(world, 1);
    });
}
