//! The rotation of the master key while the service runs.

use std::process::Output;

use corridor::{
    jobs,
    workflow::{people::request_link::RequestLink, rotate_keys},
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{
    Case, Setup, World, http::Request, on_both_databases, on_both_databases_with, on_postgres_with,
    postgres_server,
};

fn keys(world: &World, arguments: &[&str]) -> Value {
    let Output { status, stdout, stderr } =
        world.corridor().arg("keys").args(arguments).arg("--json").output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

/// The master keys under which the case keys are wrapped.
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
fn a_message_about_an_account_is_sealed_again_and_can_still_be_sent() {
    on_both_databases(async |world| {
        let email = "officer@kz-moh.example";
        let officer = world.officer(email, "kz-moh").await;
        world.mail().await;
        let before = keys(world, &["list"])[0]["other_values"].as_i64().unwrap();
        let link = RequestLink { email: email.to_owned(), network: "192.0.2.1".to_owned() };
        world.service().execute(&officer.actor, link).await.unwrap();
        world.mail().await;
        assert_eq!(keys(world, &["list"])[0]["other_values"], before + 1);
        keys(world, &["rotate"]);
        let listed = keys(world, &["list"]);
        assert_eq!((&listed[0]["other_values"], &listed[1]["other_values"]), (&json!(before + 1), &json!(0)));
        let again = "UPDATE notifications SET state = 'pending', next_attempt_at = created_at";
        world.run(again).unwrap();
        assert!(world.mail().await.iter().any(|letter| letter.to == email));
    });
}

#[test]
fn a_rotation_goes_past_a_message_that_cannot_be_opened_and_says_so() {
    on_both_databases_with(&Setup { is_forged: true, ..Setup::default() }, async |world| {
        for name in ["aigerim", "bek"] {
            let email = format!("{name}@moh.example");
            let officer = world.officer(&email, "kz-moh").await;
            let link = RequestLink { email, network: "192.0.2.1".to_owned() };
            world.service().execute(&officer.actor, link).await.unwrap();
        }
        world.mail().await;
        let values = keys(world, &["list"])[0]["other_values"].as_i64().unwrap();
        let first = "id = (SELECT id FROM notifications WHERE application_id IS NULL ORDER BY id LIMIT 1)";
        let spoiled = [&[2][..], &[9; 60]].concat();
        world.run_with(&format!("UPDATE notifications SET recipient_sealed = $1 WHERE {first}"), &spoiled);
        let Output { status, stdout, stderr } =
            world.corridor().args(["keys", "rotate", "--json"]).output().unwrap();
        let rotated: Value = serde_json::from_slice(&stdout).unwrap();
        assert_eq!((&rotated["unreadable"], &rotated["other_values"]), (&json!(1), &json!(values - 1)));
        assert!(!status.success() && String::from_utf8_lossy(&stderr).contains("cannot be opened"));
    });
}

#[test]
fn a_rotation_that_has_failed_is_resumed() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada", "Bo"]).await;
        world.mail().await;
        let (job, _) = rotate_keys::begin(&world.service()).await.unwrap();
        world
            .run("UPDATE jobs SET state = 'failed', finished_at = created_at, last_error = 'a fault'")
            .unwrap();
        let rotated = jobs::rotate_keys::rotate(&world.service(), |_| ()).await.unwrap();
        assert_eq!((rotated.job, rotated.was_resumed, rotated.case_keys), (job, true, 2));
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
fn a_rotation_that_was_interrupted_twice_resumes_with_the_same_key() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada", "Bo", "Cem"]).await;
        world.mail().await;
        let (job, was_interrupted) = rotate_keys::begin(&world.service()).await.unwrap();
        assert!(!was_interrupted);
        let key = world.db().keyring().current();
        world.restart().await;
        let again = rotate_keys::begin(&world.service()).await.unwrap();
        assert_eq!(again, (job, true), "interrupted before the first slice");
        assert_eq!(world.slice(1).await.done, 1);
        world.restart().await;
        let rotated = jobs::rotate_keys::rotate(&world.service(), |_| ()).await.unwrap();
        assert_eq!((rotated.job, rotated.key, rotated.was_resumed), (job, key, true));
        assert_eq!(rotated.case_keys, 3);
        assert_eq!(used(world), [key.to_string().into_bytes()]);
    });
}

#[test]
fn tokens_from_before_a_rotation_are_accepted_until_they_expire_and_their_key_stays_published() {
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
        jobs::rotate_keys::rotate(&world.service(), |_| ()).await.unwrap();
        let both = published().await;
        assert!(both.len() == 2 && both[1] == old[0] && both[0] != old[0], "{both:?}");
        assert_eq!(ask().await, 200);
        world.advance(SignedDuration::from_mins(21));
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

/// A draft with documents, for a form that another case may have too.
async fn draft_with_documents(world: &World, form: &Value) -> Case {
    let draft = world.draft(form).await;
    world.add_required_evidence(&draft).await;
    draft
}

#[test]
fn a_document_with_a_live_case_is_refused_at_every_moment_of_a_rotation() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch(10).await;
        let form = world.form(&batch, "Ada");
        let number = form["travel_document"]["number"].as_str().unwrap().to_owned();
        world.submit_form(&form).await;
        world.submit(&batch, ["Bo"]).await;
        let again = draft_with_documents(world, &form).await;
        let check = async |moment: &str| {
            let refused = world.act(&world.sponsor, &again, json!({ "action": "submit" })).await;
            assert_eq!(refused.refusal(), (409, "duplicate_case"), "{moment}");
            let found = world.get(&world.sponsor, &format!("/api/v1/applications?q={number}")).await;
            assert_eq!(found["items"].as_array().unwrap().len(), 2, "{moment}");
        };
        check("before").await;
        rotate_keys::begin(&world.service()).await.unwrap();
        check("the new key is current").await;
        let old_hashes = async || keys(world, &["list"])[1]["document_hashes"].as_i64().unwrap();
        let before = old_hashes().await;
        while old_hashes().await == before {
            world.slice(1).await;
        }
        check("half of the hashes are new").await;
        let rotated = jobs::rotate_keys::rotate(&world.service(), |_| ()).await.unwrap();
        assert_eq!(rotated.hashes, 3);
        check("all hashes are new").await;
        let listed = keys(world, &["list"]);
        assert_eq!((&listed[0]["document_hashes"], &listed[1]["document_hashes"]), (&json!(3), &json!(0)));
    });
}

#[test]
fn two_instances_accept_a_document_once_while_the_keys_are_rotated() {
    let Some(server) = postgres_server() else { return };
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch(100).await;
        let mut pairs = Vec::new();
        for number in 0..12 {
            let form = world.form(&batch, &format!("Guest{number}"));
            pairs.push([draft_with_documents(world, &form).await, draft_with_documents(world, &form).await]);
        }
        world.start_process();
        world.token(&world.sponsor).await;
        let instances = world.both_addresses();
        let mut rotation = world.corridor().args(["keys", "rotate"]).spawn().unwrap();
        let submit = |(case, instance): (&Case, std::net::SocketAddr)| {
            let path = format!("{}/actions", case.path());
            world.try_at(instance, &world.sponsor, Request::post(path).json(&json!({ "action": "submit" })))
        };
        for pair in &pairs {
            let answers = join_all(pair.iter().zip(instances).map(submit)).await;
            let mut statuses: Vec<u16> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
        }
        assert!(rotation.wait().unwrap().success());
        world.kill_process();
        world.advance(SignedDuration::from_mins(5));
        world.restart().await;
    });
}

/// Leaves only the newest key in the key file, as an operator does after a rotation.
async fn drop_older_keys(world: &World) {
    let file = world.folder().join("secret.key");
    let keys = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, keys.lines().next().unwrap()).unwrap();
    world.restart().await;
    // The access tokens were signed with the old key. The world requests new ones after this time.
    world.advance(SignedDuration::from_mins(15));
}

#[test]
fn an_answer_from_before_a_rotation_is_repeated_even_when_its_key_is_gone() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let create = Request::post("/api/v1/applications").json(&world.form(&batch, "Ada"));
        let close = Request::post(format!("/api/v1/batches/{}/close", &*batch));
        let [create, close] = [create, close].map(|request| request.header("Idempotency-Key", "k"));
        let made = world.send_as(&world.sponsor, create.clone()).await.expect(201);
        let closed = world.send_as(&world.batch_manager, close.clone()).await.expect(200);
        world.mail().await;
        let rotated = keys(world, &["rotate"]);
        assert_eq!(rotated["other_values"], 2);
        assert_eq!(keys(world, &["list"])[1]["other_values"], 0);

        drop_older_keys(world).await;
        assert_eq!(world.send_as(&world.sponsor, create).await.expect(201), made);
        assert_eq!(world.send_as(&world.batch_manager, close).await.expect(200), closed);
        assert_eq!(world.find(&world.sponsor, "").await.len(), 1);
    });
}

#[test]
fn a_form_that_was_opened_before_a_rotation_is_accepted_until_its_key_is_gone_and_then_says_what_to_do() {
    on_both_databases(async |world| {
        let before = world.open_form("/sign-in").await;
        let new = keys(world, &["rotate"])["key"].clone();
        let current = || world.service().keys().current().to_string();
        world.until("the service uses the new key", async || current() == new).await;
        let purposes = &keys(world, &["list"])[0]["purposes"];
        assert!(purposes.as_array().unwrap().contains(&json!("forms")), "{purposes}");
        let fields = [("email", "nobody@example.org"), ("password", "wrong password")];
        let taken = world.send_form(&before, &fields).await;
        assert_eq!(taken.status, 401, "the form is accepted, but the password is wrong");
        let text = String::from_utf8(taken.bytes).unwrap();
        assert!(text.contains("nobody@example.org"), "the form still shows the typed e-mail address");

        drop_older_keys(world).await;
        let refused = world.send_form(&before, &fields).await;
        let text = String::from_utf8(refused.bytes).unwrap();
        assert_eq!(refused.status, 403);
        assert!(text.contains("This form is out of date") && text.contains("reload the page"), "{text}");
        let again = world.open_form("/sign-in").await;
        assert_eq!(world.send_form(&again, &fields).await.status, 401);
    });
}
