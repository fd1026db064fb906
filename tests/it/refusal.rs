//! Refusals and revocations: they need grounds of the programme and a message for the applicant, and release the place.

use corridor::domain::actor::Role;
use serde_json::{Value, json};

use crate::world::on_both_databases;

fn refuse(grounds: Value, message: Value) -> Value {
    json!({ "action": "refuse", "grounds": grounds, "message": message, "note": "between us" })
}

#[test]
fn a_refusal_names_its_grounds_and_is_mailed_to_the_applicant() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse(&ada, "nomination").await;
        let no =
            refuse(json!(["health_risk", "incomplete"]), json!("The certificate is older than three days."));
        let refused = world.act(&world.reviewers["kz-moh"], &ada, no).await.expect(200);
        assert_eq!(
            (&refused["state"], &refused["decided_at"]),
            (&json!("refused"), &json!("2026-03-02T08:00:00Z"))
        );

        let event = world.history(&world.sponsor, &ada).await.pop().unwrap();
        assert_eq!((&event["action"], &event["authority"]), (&json!("refuse"), &json!("kz-moh")));
        assert_eq!(event["facts"]["grounds"], json!(["health_risk", "incomplete"]));
        assert_eq!(event["message"], "The certificate is older than three days.");
        assert_eq!(event["note"], Value::Null, "the applicant does not see notes");

        assert_eq!(world.letter_kinds("Ada").await, ["Received", "Refused"]);
        let letter = world.mail_to("Ada").await.pop().unwrap();
        for needed in [
            "There is a risk to public health.",
            "What was asked for was not handed in.",
            "The certificate is older than three days.",
            "Ministry of Healthcare of the Republic of Kazakhstan",
            "8 Mangilik El Avenue",
            "1 April 2026",
        ] {
            assert!(letter.text.contains(needed), "{needed} is missing in {}", letter.text);
        }
        assert!(!letter.text.contains("between us"));
    });
}

#[test]
fn known_grounds_and_a_message_are_required() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let try_with = async |grounds: Value, message: Value| {
            let answer = world.act(&world.reviewers["cn-mofcom"], &ada, refuse(grounds, message)).await;
            assert_eq!(answer.refusal(), (422, "invalid"));
            answer.faults().into_iter().map(|(field, code)| format!("{field} {code}")).collect::<Vec<_>>()
        };
        assert_eq!(try_with(json!([]), json!("No.")).await, ["/grounds required"]);
        assert_eq!(try_with(json!(["security", "whim"]), json!("No.")).await, ["/grounds/1 unknown_code"]);
        assert_eq!(try_with(json!("security"), json!("No.")).await, ["/grounds wrong_type"]);
        assert_eq!(try_with(json!(["security"]), json!(" ")).await, ["/message required"]);
        assert_eq!(
            try_with(json!(["whim"]), Value::Null).await,
            ["/grounds/0 unknown_code", "/message required"]
        );
        assert_eq!(world.states([&ada]).await, ["in_review"]);
        assert_eq!(world.letter_kinds("Ada").await, ["Received"]);
    });
}

#[test]
fn a_refusal_gives_a_held_place_to_the_next_in_line() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        assert_eq!(world.in_use(&batch).await, (1, 0));
        assert_eq!(world.states([&ada, &bo]).await, ["in_review", "waitlisted"]);
        let no = refuse(json!(["not_essential"]), json!("It can wait."));
        world.act(&world.reviewers["cn-mofcom"], &ada, no).await.expect(200);
        assert_eq!(world.states([&ada, &bo]).await, ["refused", "in_review"]);
        assert_eq!(world.in_use(&batch).await, (1, 0));
        assert_eq!(world.ledger(&batch).await, ["hold", "release_held", "hold"]);
        assert_eq!(world.letter_kinds("Bo").await, ["On the waiting list", "Received"]);
    });
}

#[test]
fn a_refused_case_is_final_and_its_passport_can_be_used_again() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let form = world.form(&batch, "Ada");
        let ada = world.submit_form(&form).await;
        let no = refuse(json!(["not_essential"]), json!("It can wait."));
        world.act(&world.reviewers["cn-mofcom"], &ada, no.clone()).await.expect(200);
        for action in [no, json!({ "action": "endorse" }), json!({ "action": "claim" })] {
            let answer = world.act(&world.reviewers["cn-mofcom"], &ada, action).await;
            assert_eq!(answer.refusal(), (409, "action_not_allowed"));
        }
        let again = world.submit_form(&form).await;
        let findings = world.get(&world.reviewers["cn-mofcom"], &again.path()).await["findings"].clone();
        assert_eq!(findings[0]["code"], "earlier_refusal", "the officer sees the finding");
        assert_eq!(world.case(&again).await["findings"], json!([]), "the applicant does not");
    });
}

#[test]
fn a_revoked_authorization_frees_its_place() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        let revoke =
            |grounds: Value| json!({ "action": "revoke", "grounds": grounds, "message": "It was false." });
        let elsewhere = world.act(&world.reviewers["kz-moh"], &ada, revoke(json!(["false_statement"]))).await;
        assert_eq!(elsewhere.refusal(), (403, "forbidden"), "only the deciding authority revokes");
        let without = world.act(&world.reviewers["kz-mfa"], &ada, revoke(json!([]))).await;
        assert_eq!(without.refusal(), (422, "invalid"));
        world.act(&world.reviewers["kz-mfa"], &ada, revoke(json!(["false_statement"]))).await.expect(200);
        assert_eq!(world.states([&ada, &bo]).await, ["revoked", "approved"]);
        assert_eq!(world.case(&ada).await["authorization"]["state"], "revoked");
        assert_eq!(world.letter_kinds("Ada").await, ["Received", "Approved", "Revoked"]);
        assert_eq!(world.letter_kinds("Bo").await, ["Received", "On the waiting list", "Approved"]);
    });
}

#[test]
fn page_and_letter_name_the_same_authority_address_and_day_for_an_appeal() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let sponsor = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await;
        let [ada, bo, chu] = world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        world.endorse(&bo, "nomination").await;
        world.endorse_every_stage([&chu]).await;
        let no = refuse(json!(["incomplete"]), json!("It is not complete."));
        world.act(&world.reviewers["cn-mofcom"], &ada, no.clone()).await.expect(200);
        world.act(&world.reviewers["kz-moh"], &bo, no).await.expect(200);
        let revoke = json!({ "action": "revoke", "grounds": ["security"], "message": "It is not safe." });
        world.act(&world.reviewers["kz-mfa"], &chu, revoke).await.expect(200);
        for (case, name, authority, address) in [
            (&ada, "Ada", "Ministry of Commerce of the People&#39;s Republic of China", "2 Dongchang"),
            (&bo, "Bo", "Ministry of Healthcare of the Republic of Kazakhstan", "8 Mangilik El Avenue"),
            (&chu, "Chu", "Ministry of Foreign Affairs of the Republic of Kazakhstan", "31 Dinmukhamed"),
        ] {
            let letter = world.mail_to(name).await.pop().unwrap().text;
            let page =
                world.page(&world.session(&sponsor).await, &format!("/applications/{}", case.id)).await;
            let page = String::from_utf8(page.bytes).unwrap();
            let appeal = page.split("You can appeal").nth(1).unwrap().split("</").next().unwrap();
            assert!(appeal.contains(authority) && appeal.contains(address), "{name}: {appeal}");
            assert!(
                letter.contains(&authority.replace("&#39;", "'")) && letter.contains(address),
                "{letter}"
            );
            // Sixteen o'clock in China, the sponsor's travellers' side.
            for text in [appeal, letter.as_str()] {
                assert!(text.contains("1 April 2026 at 16:00 UTC+8 (08:00 UTC)"), "{name}: {text}");
            }
        }
    });
}
