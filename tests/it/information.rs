//! An authority requests information. The applicant answers in time, or the case lapses.

use corridor::domain::{actor::Role, lifecycle::State};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{http::Request, on_both_databases};

#[test]
fn an_answer_returns_the_case_to_the_same_officer_and_shows_what_changed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse(&ada, "nomination").await;
        let officer = world.officer("aigerim@moh.example", "kz-moh").await;
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?", "When exactly?"], "note": "vague" });
        let requested = world.act(&officer, &ada, ask).await.expect(200);
        assert_eq!(
            (&requested["state"], &requested["stage"]),
            (&json!("information_requested"), &json!("health"))
        );
        assert_eq!(requested["assignee"], json!(officer.id.0), "the officer who asks becomes the assignee");
        assert_eq!(
            requested["deadlines"]["respond_by"], "2026-03-12T08:00:00Z",
            "the programme allows ten days"
        );

        let case = world.case(&ada).await;
        assert_eq!(
            case["available_actions"],
            json!(["edit", "add_evidence", "remove_evidence", "respond", "withdraw"])
        );
        let edit = Request::patch(ada.path())
            .if_match(case["version"].as_i64().unwrap())
            .json(&json!({ "journey": { "purpose": "Repair of turbine 3 at Ekibastuz" } }));
        world.send_as(&world.sponsor, edit).await.expect(200);
        let answer = json!({ "action": "respond", "answers": ["Number 3.", "As the form says."] });
        let back = world.act(&world.sponsor, &ada, answer).await.expect(200);
        assert_eq!((&back["state"], &back["stage"]), (&json!("in_review"), &json!("health")));

        let seen = world.get(&world.reviewers["kz-moh"], &ada.path()).await;
        assert_eq!(seen["assignee"], json!(officer.id.0), "the same officer stays assigned");
        let history = world.history(&world.reviewers["kz-moh"], &ada).await;
        let of = |action: &str| history.iter().find(|event| event["action"] == action).unwrap();
        assert_eq!(of("request_information")["questions"], json!(["Which turbine?", "When exactly?"]));
        assert_eq!(
            of("edit")["changes"],
            json!([
                { "field": "/journey/purpose", "old": "Repair of a turbine", "new": "Repair of turbine 3 at Ekibastuz" },
            ])
        );
        assert_eq!(of("respond")["answers"], json!(["Number 3.", "As the form says."]));
        assert_eq!(of("respond")["facts"]["fields"], json!(["/journey/purpose"]));

        let endorsed = world.act(&officer, &ada, json!({ "action": "endorse" })).await.expect(200);
        assert_eq!(endorsed["stage"], "decision");
    });
}

#[test]
fn the_question_is_mailed_with_its_deadline() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"], "respond_by": "2026-03-06T12:00:00Z" });
        world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);
        assert_eq!(world.letter_kinds("Ada").await, ["Received", "More information needed"]);
        let letter = world.mail_to("Ada").await.pop().unwrap();
        for needed in ["Which turbine?", "6 March 2026", "lapses", "Ministry of Commerce"] {
            assert!(letter.text.contains(needed), "{needed} is missing in {}", letter.text);
        }
    });
}

#[test]
fn a_deadline_that_passes_lapses_the_case_and_frees_its_place() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        assert_eq!(world.states([&ada, &bo]).await, ["in_review", "waitlisted"]);
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);

        world.advance(SignedDuration::from_hours(10 * 24 - 1));
        assert_eq!(world.states([&ada, &bo]).await, ["information_requested", "waitlisted"]);
        world.advance(SignedDuration::from_hours(1));
        world.until_state(&ada, State::Lapsed).await;
        assert_eq!(
            world.states([&ada, &bo]).await,
            ["lapsed", "in_review"],
            "the next on the waiting list gets the place"
        );
        assert_eq!(world.in_use(&batch).await, (1, 0));
        assert_eq!(world.letter_kinds("Ada").await, ["Received", "More information needed", "Lapsed"]);

        let late =
            world.act(&world.sponsor, &ada, json!({ "action": "respond", "answers": ["Sorry!"] })).await;
        assert_eq!(late.refusal(), (409, "action_not_allowed"));
        assert_eq!(late.body["available_actions"], json!([]));
    });
}

#[test]
fn a_request_for_information_needs_a_question_and_a_possible_deadline() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ask = async |questions: Value, respond_by: Value| {
            let mut action = json!({ "action": "request_information", "questions": questions });
            if !respond_by.is_null() {
                action["respond_by"] = respond_by;
            }
            let answer = world.act(&world.reviewers["cn-mofcom"], &ada, action).await;
            assert_eq!(answer.refusal(), (422, "invalid"), "{}", answer.body);
            answer.faults().into_iter().map(|(field, code)| format!("{field} {code}")).collect::<Vec<_>>()
        };
        assert_eq!(ask(json!([]), Value::Null).await, ["/questions required"]);
        assert_eq!(ask(json!(["  "]), Value::Null).await, ["/questions required"]);
        assert_eq!(ask(json!("Why?"), Value::Null).await, ["/questions wrong_type"]);
        assert_eq!(ask(json!(["Why?"]), json!("2026-03-02T08:00:00Z")).await, ["/respond_by in_the_past"]);
        assert_eq!(ask(json!(["Why?"]), json!("2026-09-01T00:00:00Z")).await, ["/respond_by too_late"]);
        assert_eq!(ask(json!(["Why?"]), json!("tomorrow")).await, ["/respond_by not_an_instant"]);
        assert_eq!(world.states([&ada]).await, ["in_review"]);
        assert_eq!(world.letter_kinds("Ada").await, ["Received"]);
    });
}

#[test]
fn an_answer_needs_text_and_a_form_that_is_still_complete() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);
        let respond = async |answers: Value| {
            world.act(&world.sponsor, &ada, json!({ "action": "respond", "answers": answers })).await
        };
        assert_eq!(respond(json!([])).await.faults(), [("/answers".into(), "required".into())]);

        let version = world.case(&ada).await["version"].as_i64().unwrap();
        let empty =
            Request::patch(ada.path()).if_match(version).json(&json!({ "journey": { "purpose": null } }));
        world.send_as(&world.sponsor, empty).await.expect(200);
        assert_eq!(
            respond(json!(["Three."])).await.faults(),
            [("/journey/purpose".into(), "required".into())]
        );
        assert_eq!(world.states([&ada]).await, ["information_requested"]);
    });
}

#[test]
fn only_the_applicants_side_answers() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);
        let respond = json!({ "action": "respond", "answers": ["Three."] });
        let by_officer = world.act(&world.reviewers["cn-mofcom"], &ada, respond.clone()).await;
        assert_eq!(by_officer.refusal(), (403, "forbidden"));
        let stranger = world.person("eve@strangers.example", &[Role::Applicant], None).await;
        assert_eq!(world.act(&stranger, &ada, respond).await.refusal(), (404, "not_found"));
    });
}
