//! The master key is rotated while the service runs, and nobody notices.

use std::process::Output;

use corridor::workflow::{WorkflowError, rotate_keys};
use serde_json::{Value, json};

use crate::world::{World, http::Request, on_both_databases};

fn keys(world: &World, arguments: &[&str]) -> Value {
    let Output { status, stdout, stderr } =
        world.corridor().arg("keys").args(arguments).arg("--json").output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

/// The master keys that the keys of the cases are wrapped under.
fn used(world: &World) -> Vec<Vec<u8>> {
    let column = if world.database_url().starts_with("sqlite") {
        "CAST(master_key AS BLOB)"
    } else {
        "convert_to(master_key, 'UTF8')"
    };
    world.bytes(&format!("SELECT DISTINCT {column} AS bytes FROM case_keys"))
}

#[test]
fn a_rotation_moves_every_case_under_the_new_key_while_the_service_runs() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.mail().await;
        let rotated = keys(world, &["rotate"]);
        assert_eq!((&rotated["case_keys"], &rotated["unreadable"]), (&json!(2), &json!(0)));
        let new = rotated["key"].as_str().unwrap();
        assert_eq!(used(world), [new.as_bytes()]);

        world.endorse_every_stage([&ada, &bo]).await;
        assert_eq!(world.states([&ada, &bo]).await, ["approved", "approved"]);
        world.restart().await;
        world.submit(&batch, ["Cem"]).await;
        assert_eq!(used(world), [new.as_bytes()], "a new case is under the new key");
        let listed = keys(world, &["list"]);
        assert_eq!((&listed[0]["key"], &listed[0]["case_keys"]), (&json!(new), &json!(3)));
        assert_eq!((&listed[1]["case_keys"], &listed[1]["other_values"]), (&json!(0), &json!(0)));
    });
}

#[test]
fn a_running_service_begins_to_use_the_new_key() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let new = keys(world, &["rotate"])["key"].as_str().unwrap().to_owned();
        world
            .until("a new case is under the new key", async || {
                world.submit_form(&world.form(&batch, "Ada")).await;
                used(world).contains(&new.clone().into_bytes())
            })
            .await;
        keys(world, &["rotate"]);
    });
}

#[test]
fn a_rotation_that_was_interrupted_twice_goes_on_with_the_same_key() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada", "Bo", "Cem"]).await;
        world.mail().await;
        let (db, now) = (world.db(), world.now());
        assert!(!rotate_keys::begin(&db, now).await.unwrap(), "nothing was interrupted");
        let key = db.keyring().current();
        assert!(rotate_keys::begin(&db, now).await.unwrap(), "interrupted before the first slice");
        let slice: Result<_, WorkflowError> = db.write(|tx| rotate_keys::rewrap(tx, None, 1)).await;
        assert_eq!(slice.unwrap().done, 1);
        let rotated = rotate_keys::rotate(&db, now).await.unwrap();
        assert_eq!((rotated.key, rotated.was_resumed, rotated.case_keys), (key, true, 2));
        assert_eq!(used(world), [key.to_string().into_bytes()]);
    });
}

#[test]
fn tokens_from_before_a_rotation_are_taken_until_they_expire_and_their_key_stays_published() {
    on_both_databases(async |world| {
        let published = async || {
            let keys = world.send(Request::get("/.well-known/jwks.json")).await.expect(200);
            keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
        };
        let old = published().await;
        let token = world.token(&world.sponsor).await;
        let ask = async || {
            let request = Request::get("/api/v1/batches").header("Authorization", format!("Bearer {token}"));
            world.send(request).await.status
        };
        let (db, now) = (world.db(), world.now());
        rotate_keys::rotate(&db, now).await.unwrap();
        let both = published().await;
        assert!(both.len() == 2 && both[1] == old[0] && both[0] != old[0], "{both:?}");
        assert_eq!(ask().await, 200);
        world.advance(jiff::SignedDuration::from_mins(21));
        assert_eq!(published().await, both[..1]);
    });
}

#[test]
fn a_service_whose_key_file_lacks_the_current_key_does_not_start() {
    on_both_databases(async |world| {
        let file = world.folder().join("secret.key");
        let before = std::fs::read_to_string(&file).unwrap();
        let new = keys(world, &["rotate"])["key"].as_str().unwrap().to_owned();
        let after = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, before).unwrap();
        let refused = world.corridor().args(["keys", "list"]).output().unwrap();
        assert!(!refused.status.success());
        let words = String::from_utf8(refused.stderr).unwrap();
        assert!(words.contains(&format!("does not hold the master key {new}")), "{words}");
        std::fs::write(&file, after).unwrap();
    });
}
