//! Invalid values in every field of the form: one by one, and all at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{fault, with_value};
use crate::world::{Batch, World, http::Request, on_both_databases};

/// The text fields, and their maximum lengths.
const TEXTS: [(&str, usize); 15] = [
    ("/applicant/family_name", 100),
    ("/applicant/given_names", 100),
    ("/applicant/native_name", 100),
    ("/employment/employer", 200),
    ("/employment/position", 200),
    ("/employment/host", 200),
    ("/employment/project", 200),
    ("/employment/sponsor", 64),
    ("/journey/purpose", 2000),
    ("/journey/port_of_entry", 200),
    ("/journey/itinerary/0/place", 200),
    ("/health/proofs/0/kind", 64),
    ("/health/proofs/0/issuer", 200),
    ("/health/proofs/0/number", 64),
    ("/travel_document/mrz", 120),
];

const DATES: [&str; 9] = [
    "/applicant/birth_date",
    "/travel_document/issued_on",
    "/travel_document/expires_on",
    "/journey/arrive_on",
    "/journey/leave_on",
    "/journey/itinerary/0/from",
    "/journey/itinerary/0/to",
    "/health/proofs/0/issued_on",
    "/health/proofs/0/valid_until",
];

const COUNTRIES: [&str; 3] = ["/applicant/nationality", "/applicant/residence", "/travel_document/issuer"];

/// The specimen of ICAO 9303-4 with a wrong digit after the number.
const WRONG_DIGIT: &str =
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C35UTO7408122F1204159ZE184226B<<<<<10";

/// Every invalid value: its pointer, the value, and the expected code.
fn invalid_values() -> Vec<(&'static str, Value, &'static str)> {
    let mut invalid_values = Vec::new();
    for (at, most) in TEXTS {
        invalid_values.push((at, json!(7), "wrong_type"));
        invalid_values.push((at, json!("长".repeat(most + 1)), "too_long"));
        invalid_values.push((at, json!("bell\u{7}"), "unprintable"));
        invalid_values.push((at, json!("nothing\u{0}"), "unprintable"));
        // These have several lines.
        if !["/journey/purpose", "/travel_document/mrz"].contains(&at) {
            for break_of_lines in ["two\nlines", "two\r\nlines", "two\tcolumns", "two\u{2028}lines"] {
                invalid_values.push((at, json!(break_of_lines), "one_line"));
            }
        }
    }
    for at in ["/applicant/family_name", "/applicant/given_names", "/applicant/native_name"] {
        for address in ["Pay at http://evil.example", "WWW.evil.example", "li.na@evil.example"] {
            invalid_values.push((at, json!(address), "not_a_name"));
        }
    }
    for at in DATES {
        for wrong in ["2026-02-30", "01.04.2026", "2026-4-1", "2026-04-01T00:00:00Z", "tomorrow"] {
            invalid_values.push((at, json!(wrong), "not_a_date"));
        }
        invalid_values.push((at, json!(20260401), "wrong_type"));
    }
    for at in COUNTRIES {
        for wrong in ["XX", "CHN", "China", "中国"] {
            invalid_values.push((at, json!(wrong), "unknown_country"));
        }
        invalid_values.push((at, json!(["CN"]), "wrong_type"));
    }
    invalid_values.extend(other_invalid_values());
    invalid_values
}

fn other_invalid_values() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/direction", json!("CN-RU"), "unknown_code"),
        ("/direction", json!(1), "wrong_type"),
        ("/category", json!("tourist"), "unknown_code"),
        ("/category", json!({}), "wrong_type"),
        ("/applicant/sex", json!("Q"), "unknown_code"),
        ("/applicant/sex", json!(true), "wrong_type"),
        ("/applicant/email", json!("nobody"), "not_an_email"),
        ("/applicant/email", json!("a@b@c"), "not_an_email"),
        ("/applicant/email", json!("a@b.example, c@d.example"), "not_an_email"),
        ("/applicant/email", json!("a@b.example\r\nBcc: c@d.example"), "not_an_email"),
        ("/applicant/phone", json!("8613800000000"), "not_a_phone"),
        ("/applicant/phone", json!("+86"), "not_a_phone"),
        ("/applicant/phone", json!("+86 CALL ME"), "not_a_phone"),
        ("/travel_document/type", json!("visa"), "unknown_code"),
        ("/travel_document/number", json!("E12"), "not_a_document_number"),
        ("/travel_document/number", json!("E123456789"), "not_a_document_number"),
        ("/travel_document/number", json!("Ж1234567"), "not_a_document_number"),
        ("/travel_document/number", json!(12345678), "wrong_type"),
        ("/travel_document/mrz", json!("P<UTOERIKSSON"), "not_an_mrz"),
        ("/travel_document/mrz", json!(WRONG_DIGIT), "check_digit"),
        ("/employment/sponsor", json!("taiga"), "not_your_sponsor"),
        ("/journey/itinerary", json!("Almaty"), "wrong_type"),
        ("/journey/itinerary", json!(vec![json!({}); 31]), "too_many"),
        ("/journey/itinerary/0", json!("Almaty"), "wrong_type"),
        ("/health/proofs", json!({ "kind": "pcr" }), "wrong_type"),
        ("/health/proofs", json!(vec![json!({}); 11]), "too_many"),
        ("/health/declarations", json!([true]), "wrong_type"),
        ("/health/declarations/truthful", json!("yes"), "wrong_type"),
        ("/health/declarations/bell\u{7}", json!(true), "unknown_field"),
        ("/applicant", json!("Li Na"), "wrong_type"),
        ("/travel_document", json!(["E12345678"]), "wrong_type"),
        ("/colour", json!("red"), "unknown_field"),
        ("/state", json!("approved"), "unknown_field"),
        ("/applicant/nickname", json!("Nana"), "unknown_field"),
        ("/journey/itinerary/0/hotel", json!("Otrar"), "unknown_field"),
    ]
}

/// A valid form that has every field of [`invalid_values`].
fn full_form(world: &World, batch: &Batch) -> Value {
    let proof = json!({ "kind": "pcr", "issuer": "Laboratory 5", "issued_on": "2026-02-28", "valid_until": "2026-04-02", "number": "5-77" });
    with_value(world.form(batch, "Ada"), "/health/proofs", &json!([proof]))
}

async fn number_of_cases(world: &World) -> usize {
    let page = world.get(&world.sponsor, "/api/v1/applications?limit=200").await;
    page["items"].as_array().unwrap().len()
}

#[test]
fn each_wrong_field_of_a_new_application_is_named_and_nothing_is_stored() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let form = full_form(world, &batch);
        for (at, value, code) in invalid_values() {
            let wrong = with_value(form.clone(), at, &value);
            let answer = world.post(&world.sponsor, "/api/v1/applications", &wrong).await;
            assert_eq!(answer.status, 422, "{at} {value}: {}", answer.body);
            assert_eq!(answer.faults(), [fault(at, code)], "{value}");
            let expected = if code == "unknown_field" { "unknown_field" } else { "invalid" };
            assert_eq!(answer.code(), expected);
        }
        assert_eq!(number_of_cases(world).await, 0);
        world.draft(&form).await;
    });
}

#[test]
fn each_wrong_field_of_a_change_is_named_and_the_draft_stays_as_it_was() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let form = full_form(world, &batch);
        let ada = world.draft(&form).await;
        let before = world.case(&ada).await;
        for (at, value, code) in invalid_values() {
            let patch = Request::patch(ada.path()).if_match(1).json(&with_value(form.clone(), at, &value));
            let answer = world.send_as(&world.sponsor, patch).await;
            assert_eq!(answer.status, 422, "{at} {value}: {}", answer.body);
            assert_eq!(answer.faults(), [fault(at, code)], "{value}");
        }
        assert_eq!(world.case(&ada).await, before);
    });
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let form = full_form(world, &batch);
        let ada = world.draft(&form).await;
        let mut wrong = form.clone();
        let mut expected = BTreeSet::new();
        for (at, value, code) in invalid_values() {
            let is_part = [
                "/applicant",
                "/travel_document",
                "/journey/itinerary",
                "/journey/itinerary/0",
                "/health/proofs",
                "/health/declarations",
            ];
            // An invalid object or list would replace the fields in it.
            if !is_part.contains(&at) && !expected.iter().any(|(known, _)| known == at) {
                wrong = with_value(wrong, at, &value);
                expected.insert(fault(at, code));
            }
        }
        assert!(expected.len() > 35, "{}", expected.len());
        let expected: Vec<_> = expected.into_iter().collect();
        let created = world.post(&world.sponsor, "/api/v1/applications", &wrong).await;
        assert_eq!((created.status, created.faults()), (422, expected.clone()));
        let patch = Request::patch(ada.path()).if_match(1).json(&wrong);
        let changed = world.send_as(&world.sponsor, patch).await;
        assert_eq!((changed.status, changed.faults()), (422, expected));
        assert_eq!(number_of_cases(world).await, 1);
    });
}

#[test]
fn errors_are_in_the_callers_language() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let wrong = with_value(world.form(&batch, "Ada"), "/applicant/email", &json!("nobody"));
        let mut messages = BTreeSet::new();
        for language in ["en", "zh-CN", "ru", "kk"] {
            let request =
                Request::post("/api/v1/applications").json(&wrong).header("Accept-Language", language);
            let answer = world.send_as(&world.sponsor, request).await;
            assert_eq!(answer.header("Content-Type"), "application/problem+json");
            let error = &answer.body["errors"][0];
            assert_eq!(error["code"], "not_an_email");
            messages.insert((answer.body["title"].to_string(), error["message"].to_string()));
        }
        assert_eq!(messages.len(), 4, "{messages:?}");
    });
}

#[test]
fn a_new_application_needs_an_open_batch_a_direction_and_a_category() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let post =
            async |body: Value| world.post(&world.sponsor, "/api/v1/applications", &body).await.faults();
        let missing = ["/batch", "/category", "/direction"].map(|at| fault(at, "required"));
        assert_eq!(post(json!({})).await, missing);
        let form = world.form(&batch, "Ada");
        let no_id = fault("/batch", "not_an_id");
        assert_eq!(post(with_value(form.clone(), "/batch", &json!("Batch 1"))).await, [no_id]);
        let unknown = json!("01890000-0000-7000-8000-000000000000");
        assert_eq!(post(with_value(form, "/batch", &unknown)).await, [fault("/batch", "unknown_batch")]);
    });
}

#[test]
fn after_submission_batch_direction_and_category_are_fixed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        let requested = world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);
        let change = json!({ "batch": &*batch, "direction": "KZ-CN", "category": "business" });
        let patch = Request::patch(ada.path()).if_match(requested["version"].as_i64().unwrap()).json(&change);
        let answer = world.send_as(&world.sponsor, patch).await;
        let fixed = ["/batch", "/category", "/direction"].map(|at| fault(at, "fixed_after_submission"));
        assert_eq!(answer.faults(), fixed);
    });
}
