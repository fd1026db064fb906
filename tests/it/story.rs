//! The usual case: a form with documents, three authorities, a place, an authorization and its letters.

use serde_json::{Value, json};

use crate::world::{STAGES, World, http::Request, on_both_databases};

#[test]
fn an_application_that_three_authorities_endorse_is_approved() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1000).await;
        let case = world.draft(&world.form(&batch, "Ada")).await;
        assert_eq!(
            world.case(&case).await["available_actions"],
            json!(["edit", "add_evidence", "remove_evidence", "submit", "withdraw"])
        );

        world.add_required_evidence(&case).await;
        let submitted = world.act(&world.sponsor, &case, json!({ "action": "submit" })).await;
        assert_eq!(submitted.header("ETag"), format!("\"{}\"", submitted.body["version"]));
        let submitted = submitted.expect(200);
        assert_eq!((&submitted["state"], &submitted["stage"]), (&json!("in_review"), &json!("nomination")));
        assert_eq!(submitted["deadlines"]["stage_due_at"], "2026-03-05T08:00:00Z");

        let nominated = world.endorse(&case, "nomination").await;
        assert_eq!((&nominated["state"], &nominated["stage"]), (&json!("in_review"), &json!("health")));
        let healthy = world.endorse(&case, "health").await;
        assert_eq!((&healthy["state"], &healthy["stage"]), (&json!("in_review"), &json!("decision")));
        assert_eq!(world.in_use(&batch).await, (0, 0), "only the last endorsement takes a place");
        let approved = world.endorse(&case, "decision").await;
        assert_eq!((&approved["state"], &approved["stage"]), (&json!("approved"), &Value::Null));
        assert_eq!(world.in_use(&batch).await, (0, 1));
        assert_eq!(world.ledger(&batch).await, ["take"]);
    });
}

#[test]
fn an_approved_traveller_has_an_authorization_with_number_and_validity() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        assert_eq!(world.case(&ada).await["authorization"], Value::Null);
        world.endorse_every_stage([&ada]).await;
        let mut authorization = world.case(&ada).await["authorization"].clone();
        let number = authorization["number"].take();
        let number = number.as_str().unwrap();
        assert!(number.starts_with("CNKZ-") && number.len() == "CNKZ-7Q3M-9XKD-4T6W".len(), "{number}");
        assert_eq!(
            authorization,
            json!({
                "number": null, "state": "valid", "valid_from": "2026-03-02", "valid_until": "2026-04-20",
                "issued_at": "2026-03-02T08:00:00Z",
            })
        );
    });
}

#[test]
fn the_history_shows_who_did_what_and_hides_officers_notes_from_the_applicant() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        for stage in STAGES {
            let action = json!({ "action": "endorse", "note": format!("{stage} is fine") });
            world.act(world.reviewer(&ada, stage), &ada, action).await.expect(200);
        }
        let officer = world.history(&world.reviewers["kz-mfa"], &ada).await;
        let steps: Vec<Value> = officer
            .iter()
            .map(|event| json!([event["action"], event["to"], event["to_stage"], event["authority"]]))
            .collect();
        assert_eq!(
            json!(steps),
            json!([
                ["create", "draft", null, null],
                ["add_evidence", "draft", null, null],
                ["add_evidence", "draft", null, null],
                ["add_evidence", "draft", null, null],
                ["add_evidence", "draft", null, null],
                ["submit", "in_review", "nomination", null],
                ["endorse", "in_review", "health", "cn-mofcom"],
                ["endorse", "in_review", "decision", "kz-moh"],
                ["endorse", "approved", null, "kz-mfa"],
            ])
        );
        assert_eq!(officer[7]["note"], "health is fine");

        let own = world.history(&world.sponsor, &ada).await;
        assert_eq!(own.len(), officer.len());
        assert!(own.iter().all(|event| event["note"].is_null()), "the applicant does not see notes");
    });
}

#[test]
fn every_change_is_mailed_once_and_the_approval_has_all_that_a_traveller_needs() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let mut form = world.form(&batch, "Ada");
        form["travel_document"]["number"] = json!("E98765432");
        let ada = world.submit_form(&form).await;
        assert_eq!(world.letter_kinds("Ada").await, ["Received"]);
        world.endorse_every_stage([&ada]).await;
        assert_eq!(world.letter_kinds("Ada").await, ["Received", "Approved"]);

        let case = world.case(&ada).await;
        let letters = world.mail_to("Ada").await;
        let [received, approved] = letters.as_slice() else { panic!("{letters:?}") };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let reference = text(&case["reference"]);
        for letter in [received, approved] {
            assert!(letter.subject.ends_with(&format!("application {reference}")), "{}", letter.subject);
            assert!(!letter.subject.contains("Li"), "a subject has no personal data");
            assert!(
                letter
                    .text
                    .contains(&format!("http://corridor.test/applications/{}", case["id"].as_str().unwrap()))
            );
            assert!(letter.html.contains(&reference));
        }
        assert!(
            received.text.contains("Ministry of Commerce of the People's Republic of China"),
            "{}",
            received.text
        );
        let number = text(&case["authorization"]["number"]);
        for needed in [
            number.as_str(),
            "2 March 2026",
            "20 April 2026",
            "CN •••••5432",
            "no right of entry",
            "another passport",
        ] {
            assert!(approved.text.contains(needed), "{needed} is missing in {}", approved.text);
        }
        assert!(!approved.text.contains("E98765432"), "no letter has the full passport number");
        let mut ids: Vec<_> = letters.iter().map(|letter| letter.message_id.clone()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 2);
    });
}

#[test]
fn an_uploaded_document_is_downloaded_unchanged() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let document = world.case(&ada).await["evidence"][0].clone();
        assert_eq!(
            (&document["media_type"], &document["file_name"]),
            (&json!("application/pdf"), &json!("document.pdf"))
        );
        let path = format!("{}/evidence/{}", ada.path(), document["id"].as_str().unwrap());
        let sent = world.send_as(&world.reviewers["cn-mofcom"], Request::get(path)).await;
        assert_eq!((sent.status, sent.bytes.as_slice()), (200, crate::world::PDF));
        assert!(sent.header("Content-Disposition").starts_with("attachment"));
        assert_eq!(sent.header("X-Content-Type-Options"), "nosniff");
    });
}

#[test]
fn a_case_is_found_by_its_reference_and_by_the_beginning_of_a_name() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let [ada, _bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let reference = world.case(&ada).await["reference"].as_str().unwrap().to_owned();
        assert_eq!(found(world, &format!("q={reference}")).await, 1);
        assert_eq!(found(world, "q=li").await, 2);
        assert_eq!(found(world, "state=approved").await, 0);
        assert_eq!(found(world, "state=in_review&state=approved&stage=nomination").await, 2);
    });
}

async fn found(world: &World, query: &str) -> usize {
    let page = world.get(&world.reviewers["cn-mofcom"], &format!("/api/v1/applications?{query}")).await;
    page["items"].as_array().unwrap().len()
}
