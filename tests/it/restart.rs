//! Restarts: acknowledged changes are kept, and pending messages are sent.

use corridor::domain::lifecycle::State;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{PDF, STAGES, http::Request, on_both_databases};

#[test]
fn an_application_continues_after_a_restart_at_any_step() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        world.restart().await;
        world.add_required_evidence(&ada).await;
        world.restart().await;
        world.act(&world.sponsor, &ada, json!({ "action": "submit" })).await.expect(200);
        for stage in STAGES {
            let before = world.case(&ada).await;
            world.restart().await;
            assert_eq!(world.case(&ada).await, before);
            world.endorse(&ada, stage).await;
        }
        world.restart().await;
        assert_eq!(world.states([&ada]).await, ["approved"]);
        assert_eq!(world.in_use(&batch).await, (0, 1));
        let evidence = world.case(&ada).await["evidence"][0]["id"].as_str().unwrap().to_owned();
        let sent =
            world.send_as(&world.sponsor, Request::get(format!("{}/evidence/{evidence}", ada.path()))).await;
        assert_eq!(sent.bytes, PDF);
        assert_eq!(world.letter_kinds("Ada").await, ["Received", "Approved"]);
    });
}

#[test]
fn a_token_and_a_version_stay_valid_after_a_restart() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let token = world.token(&world.sponsor).await;
        let version = world.case(&ada).await["version"].as_i64().unwrap();
        world.restart().await;
        let withdraw = Request::post(format!("{}/actions", ada.path()))
            .json(&json!({ "action": "withdraw" }))
            .header("Authorization", format!("Bearer {token}"))
            .if_match(version);
        assert_eq!(world.send(withdraw).await.expect(200)["state"], "withdrawn");
    });
}

#[test]
fn a_deadline_that_passes_while_the_service_is_stopped_takes_effect_after_the_start() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);
        world.stop().await;
        world.advance(SignedDuration::from_hours(24 * 11));
        world.start().await;
        world.until_state(&ada, State::Lapsed).await;
        assert_eq!(world.states([&bo]).await, ["in_review"]);
    });
}

#[test]
fn pending_letters_are_sent_once_after_a_restart() {
    on_both_databases(async |world| {
        let batch = world.open_batch(8).await;
        let names = ["Ada", "Bo", "Chu", "Dai", "Eva", "Fu", "Gao", "Hua"];
        let cases = world.submit(&batch, names).await;
        world.restart().await;
        world.endorse_every_stage([&cases[0], &cases[7]]).await;
        world.restart().await;
        let letters = world.mail().await;
        assert_eq!(letters.len(), names.len() + 2);
        let mut ids: Vec<_> = letters.iter().map(|letter| &letter.message_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), letters.len());
    });
}

#[test]
fn a_restart_does_not_load_the_programme_again() {
    on_both_databases(async |world| {
        let before = world.get(&world.sponsor, "/api/v1/programmes").await;
        world.restart().await;
        world.restart().await;
        assert_eq!(world.get(&world.sponsor, "/api/v1/programmes").await, before);
        assert_eq!(before["items"][0]["version"], 1);
    });
}
