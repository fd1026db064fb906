//! What a form must contain before it can be submitted, and the programme's rules.

use serde_json::{Value, json};

use super::{fault, with_value};
use crate::world::{REQUIRED_EVIDENCE, World, http::Request, on_both_databases};

/// The fields that may be missing in a draft, but not at submission.
const REQUIRED: [&str; 24] = [
    "/applicant/birth_date",
    "/applicant/email",
    "/applicant/family_name",
    "/applicant/given_names",
    "/applicant/nationality",
    "/applicant/phone",
    "/applicant/residence",
    "/applicant/sex",
    "/employment/employer",
    "/employment/host",
    "/employment/position",
    "/health/declarations/contact_14_days",
    "/health/declarations/quarantine_consent",
    "/health/declarations/symptoms_14_days",
    "/health/declarations/truthful",
    "/journey/arrive_on",
    "/journey/leave_on",
    "/journey/port_of_entry",
    "/journey/purpose",
    "/travel_document/expires_on",
    "/travel_document/issued_on",
    "/travel_document/issuer",
    "/travel_document/number",
    "/travel_document/type",
];

/// Changes that break a rule, and the expected faults.
fn broken_rules() -> Vec<(Value, Vec<(&'static str, &'static str)>)> {
    vec![
        (
            json!({ "applicant": { "birth_date": "2008-03-03" } }),
            vec![("/applicant/birth_date", "too_young")],
        ),
        (
            json!({ "applicant": { "birth_date": "1890-01-01" } }),
            vec![("/applicant/birth_date", "impossible_date")],
        ),
        (
            json!({ "applicant": { "birth_date": "2026-03-03" } }),
            vec![
                ("/applicant/birth_date", "impossible_date"),
                ("/travel_document/issued_on", "impossible_date"),
            ],
        ),
        (
            json!({ "applicant": { "nationality": "KZ", "residence": "KZ" } }),
            vec![("/applicant/nationality", "direction_mismatch")],
        ),
        (
            json!({ "travel_document": { "issued_on": "2026-03-03" } }),
            vec![("/travel_document/issued_on", "impossible_date")],
        ),
        (
            json!({ "travel_document": { "issued_on": "1980-04-01" } }),
            vec![("/travel_document/issued_on", "impossible_date")],
        ),
        (
            json!({ "travel_document": { "expires_on": "2026-10-19" } }),
            vec![("/travel_document/expires_on", "passport_expires_too_soon")],
        ),
        (
            json!({ "travel_document": { "expires_on": "2021-01-01" } }),
            vec![
                ("/travel_document/expires_on", "before_start"),
                ("/travel_document/expires_on", "passport_expires_too_soon"),
            ],
        ),
        (
            json!({ "journey": { "arrive_on": "2026-02-28" } }),
            vec![("/journey/arrive_on", "in_the_past"), ("/journey/arrive_on", "outside_travel_window")],
        ),
        (json!({ "journey": { "arrive_on": "2026-03-01" } }), vec![("/journey/arrive_on", "in_the_past")]),
        (
            json!({ "journey": { "leave_on": "2027-01-01" } }),
            vec![("/journey/leave_on", "outside_travel_window"), ("/journey/leave_on", "stay_too_long")],
        ),
        (
            json!({ "journey": { "leave_on": "2026-03-31", "itinerary": [] } }),
            vec![("/journey/leave_on", "before_start")],
        ),
        (json!({ "journey": { "leave_on": "2026-09-28" } }), vec![("/journey/leave_on", "stay_too_long")]),
        (
            json!({ "journey": { "itinerary": [{ "from": "2026-04-02", "to": "2026-04-01", "place": "Almaty" }, {}] } }),
            vec![
                ("/journey/itinerary/0/to", "before_start"),
                ("/journey/itinerary/1/from", "required"),
                ("/journey/itinerary/1/place", "required"),
                ("/journey/itinerary/1/to", "required"),
            ],
        ),
        (
            json!({ "journey": { "itinerary": [{ "from": "2026-04-01", "to": "2026-04-21", "place": "Almaty" }] } }),
            vec![("/journey/itinerary/0/from", "outside_journey")],
        ),
        (
            json!({ "health": { "declarations": { "truthful": false, "quarantine_consent": false } } }),
            vec![
                ("/health/declarations/quarantine_consent", "must_be_declared"),
                ("/health/declarations/truthful", "must_be_declared"),
            ],
        ),
        (
            json!({ "health": { "declarations": { "brave": true } } }),
            vec![("/health/declarations/brave", "unknown_field")],
        ),
        (json!({ "category": "key_project_expert" }), vec![("/evidence", "evidence_missing")]),
    ]
}

/// The faults when a draft with this form and these documents is submitted. It stays a draft.
async fn submission_faults(world: &World, form: &Value, evidence: &[&str]) -> Vec<(String, String)> {
    let case = world.draft(form).await;
    for kind in evidence {
        world.add_evidence(&case, kind).await.expect(201);
    }
    let before = world.case(&case).await;
    let answer = world.act(&world.sponsor, &case, json!({ "action": "submit" })).await;
    assert_eq!(answer.status, 422, "{form} {}", answer.body);
    assert_eq!(world.case(&case).await, before);
    answer.faults()
}

#[test]
fn each_missing_required_field_is_named() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        for at in REQUIRED {
            let form = with_value(world.form(&batch, "Ada"), at, &Value::Null);
            assert_eq!(submission_faults(world, &form, &REQUIRED_EVIDENCE).await, [fault(at, "required")]);
        }
    });
}

#[test]
fn all_missing_fields_of_an_empty_draft_are_named_at_once() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let form = json!({ "batch": &*batch, "direction": "CN-KZ", "category": "key_project_expert" });
        let mut expected = REQUIRED.map(|at| fault(at, "required")).to_vec();
        expected.extend(vec![fault("/evidence", "evidence_missing"); 5]);
        expected.sort();
        assert_eq!(submission_faults(world, &form, &[]).await, expected);
    });
}

#[test]
fn each_rule_of_the_programme_is_enforced() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        for (change, expected) in broken_rules() {
            let mut form = world.form(&batch, "Ada");
            json_patch::merge(&mut form, &change);
            let expected: Vec<_> = expected.into_iter().map(|(at, code)| fault(at, code)).collect();
            assert_eq!(submission_faults(world, &form, &REQUIRED_EVIDENCE).await, expected, "{change}");
        }
        assert_eq!(world.in_use(&batch).await, (0, 0));
        assert!(world.mail().await.is_empty());
    });
}

#[test]
fn a_form_at_the_edge_of_every_rule_is_accepted() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let mut form = world.form(&batch, "Ada");
        let edge = json!({
            "applicant": { "birth_date": "2008-03-02", "nationality": "UZ" },
            "travel_document": { "issued_on": "2026-03-02", "expires_on": "2027-02-28" },
            "journey": { "arrive_on": "2026-03-05", "leave_on": "2026-08-31", "itinerary": [] },
        });
        json_patch::merge(&mut form, &edge);
        world.submit_form(&form).await;
    });
}

#[test]
fn a_passport_has_one_live_case_in_a_programme() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let form = world.form(&batch, "Ada");
        let first = world.submit_form(&form).await;
        let mut other = world.form(&batch, "Bo");
        let number = form["travel_document"]["number"].as_str().unwrap();
        // The same passport number, written differently.
        other["travel_document"]["number"] =
            json!(format!("{}-{}", number[..3].to_lowercase(), &number[3..]));
        let second = world.draft(&other).await;
        world.add_required_evidence(&second).await;
        let submit = json!({ "action": "submit" });
        assert_eq!(
            world.act(&world.sponsor, &second, submit.clone()).await.refusal(),
            (409, "duplicate_case")
        );
        world.withdraw(&first).await;
        world.act(&world.sponsor, &second, submit).await.expect(200);
    });
}

#[test]
fn an_answer_cannot_make_a_second_live_case_of_a_passport() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = world.form(&batch, "Ada");
        world.submit_form(&ada).await;
        let form = world.form(&batch, "Bo");
        let bo = world.submit_form(&form).await;
        let ask = json!({ "action": "request_information", "questions": ["Is that your passport?"] });
        world.act(world.reviewer(&bo, "nomination"), &bo, ask).await.expect(200);
        let before = world.case(&bo).await;
        let number = &ada["travel_document"]["number"];
        let answer = world.edit(&bo, json!({ "travel_document": { "number": number } })).await;
        assert_eq!(answer.refusal(), (409, "duplicate_case"));
        assert_eq!(world.case(&bo).await, before);

        let answer = world.edit(&bo, json!({ "travel_document": { "number": "E99999999" } })).await;
        answer.expect(200);
        // The new number is now used by Bo's case, and the old one is free.
        let old = &form["travel_document"]["number"];
        for (number, expected) in [(&json!("E99999999"), 409), (old, 200)] {
            let mut form = world.form(&batch, "Cai");
            form["travel_document"]["number"] = number.clone();
            let cai = world.draft(&form).await;
            world.add_required_evidence(&cai).await;
            let answer = world.act(&world.sponsor, &cai, json!({ "action": "submit" })).await;
            assert_eq!(answer.status, expected, "{}", answer.body);
        }
    });
}

#[test]
fn a_batch_accepts_cases_only_while_it_is_open() {
    on_both_databases(async |world| {
        let window = json!({ "opens_at": "2026-03-02T09:00:00Z", "closes_at": "2026-03-02T10:00:00Z" });
        let batch = world.open_batch_with(window).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        world.add_required_evidence(&ada).await;
        let submit = async || {
            let answer = world.act(&world.sponsor, &ada, json!({ "action": "submit" })).await;
            (answer.status, answer.code().to_owned())
        };
        let not_open = (409, "batch_not_open".to_owned());
        assert_eq!(submit().await, not_open);
        world.advance(jiff::SignedDuration::from_hours(2));
        assert_eq!(submit().await, not_open, "the submission window is over");
        world
            .until("the clock closes the batch", async || world.batch(&batch).await["state"] == "closed")
            .await;
        let later = world.change_batch(&batch, json!({ "closes_at": "2026-03-02T12:00:00Z" })).await;
        later.expect(200);
        let open = Request::post(format!("/api/v1/batches/{}/open", &*batch));
        world.send_as(&world.batch_manager, open).await.expect(200);
        assert_eq!(submit().await, (200, String::new()));
    });
}
