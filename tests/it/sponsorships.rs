//! A case is its sponsor's once the sponsor has accepted it. Until then the sponsor sees reference and name only, has no
//! rights over the case, and its limit is not touched.

use std::rc::Rc;

use corridor::{
    domain::actor::{Actor, Role, Scope},
    workflow::tick::{Due, ListDue},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{
    Batch, Case, Person, Program, Storage, World, http::Request, on_both_databases, on_databases_of_prepared,
    run_on,
};

fn accept() -> Value {
    json!({ "action": "accept_sponsorship" })
}

fn decline() -> Value {
    json!({ "action": "decline_sponsorship" })
}

fn submit() -> Value {
    json!({ "action": "submit" })
}

/// A traveller who applies alone.
async fn traveller(world: &World) -> Person {
    world.person("ada@home.example", &[Role::Applicant], None).await
}

/// A complete draft of the traveller's that names this sponsor, which has not answered.
async fn draft_naming(world: &World, who: &Person, batch: &Batch, sponsor: &str) -> Case {
    let form = world.form(batch, "Ada");
    let case = world.draft_in_person(who, &form).await;
    world.add_required_evidence_in_person(who, &case).await;
    name_sponsor(world, who, &case, json!(sponsor)).await;
    case
}

async fn name_sponsor(world: &World, who: &Person, case: &Case, sponsor: Value) {
    world.edit_in_person(who, case, json!({ "employment": { "sponsor": sponsor } })).await.expect(200);
}

/// What the sponsor's program gets of the case.
async fn seen_by(world: &World, sponsor: &Program, case: &Case) -> Value {
    world.send_as(sponsor, Request::get(case.path())).await.expect(200)
}

#[test]
fn a_case_is_the_sponsors_once_it_has_accepted() {
    on_both_databases(async |world| {
        let batch = world
            .open_batch_with(json!({ "capacity": 5, "hold_at": "submission", "on_full": "refuse",
            "limits": [{ "dimension": "sponsor", "key": "steppe", "capacity": 1 }] }))
            .await;
        let ada = traveller(world).await;
        let case = draft_naming(world, &ada, &batch, "steppe").await;
        let refused = world.act(&ada, &case, submit()).await;
        let not_accepted = ("/employment/sponsor".to_owned(), "sponsor_not_accepted".to_owned());
        assert_eq!((refused.status, refused.faults()), (422, vec![not_accepted]));
        // A stranger's request touches no limit: the sponsor's own traveller gets the place.
        let [own] = world.submit(&batch, ["Bo"]).await;
        world.withdraw(&own).await;
        world.act(&world.sponsor, &case, accept()).await.expect(200);
        let submitted = world.act(&ada, &case, submit()).await.expect(200);
        assert_eq!(
            (&submitted["state"], &submitted["sponsorship"]),
            (&json!("in_review"), &json!("accepted"))
        );
        assert_eq!(world.ledger(&batch).await.len(), 3);
        assert_eq!(
            seen_by(world, &world.sponsor, &case).await["travel_document"],
            submitted["travel_document"]
        );
        assert_eq!(world.batch(&batch).await["limits"][0]["held"], 1);
    });
}

#[test]
fn a_sponsor_that_has_not_accepted_sees_reference_and_name_and_can_only_answer() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = traveller(world).await;
        let case = draft_naming(world, &ada, &batch, "steppe").await;
        let seen = seen_by(world, &world.sponsor, &case).await;
        assert_eq!(seen["available_actions"], json!(["accept_sponsorship", "decline_sponsorship"]));
        assert_eq!(seen["sponsorship"], "requested");
        for hidden in [
            "/applicant/birth_date",
            "/applicant/email",
            "/travel_document/number",
            "/employment/employer",
            "/journey/leave_on",
            "/batch",
            "/category",
            "/direction",
        ] {
            assert_eq!(seen.pointer(hidden), Some(&Value::Null), "{hidden}");
        }
        assert_eq!((&seen["evidence"], &seen["health"]["declarations"]), (&json!([]), &json!({})));
        let whole = world.case_in_person(&ada, &case).await;
        assert_eq!(seen["applicant"]["family_name"], whole["applicant"]["family_name"]);
        assert_eq!(seen["reference"], whole["reference"]);

        let listed = world.get(&world.sponsor, "/api/v1/applications").await;
        assert_eq!(listed["items"][0]["reference"], whole["reference"]);
        assert_eq!(listed["items"][0]["category"], Value::Null);
        let evidence = whole["evidence"][0]["id"].as_str().unwrap();
        let version = whole["version"].as_i64().unwrap();
        let journey = json!({ "journey": { "purpose": "Mine." } });
        for request in [
            Request::get(format!("{}/events", case.path())),
            Request::get(format!("{}/evidence/{evidence}", case.path())),
            Request::patch(case.path()).if_match(version).json(&journey),
            Request::post(format!("{}/actions", case.path())).json(&submit()),
            Request::post(format!("{}/actions", case.path())).json(&json!({ "action": "withdraw" })),
        ] {
            assert_eq!(world.send_as(&world.sponsor, request).await.refusal(), (403, "forbidden"));
        }
        let stranger = world.another_sponsor("taiga").await;
        assert_eq!(world.send_as(&stranger, Request::get(case.path())).await.status, 404);
        assert_eq!(world.act(&stranger, &case, accept()).await.status, 404);
        assert_eq!(world.act(&ada, &case, accept()).await.refusal(), (403, "forbidden"));
    });
}

#[test]
fn a_declined_case_names_another_sponsor_or_none() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = traveller(world).await;
        let taiga = world.another_sponsor("taiga").await;
        let case = draft_naming(world, &ada, &batch, "steppe").await;
        world.act(&world.sponsor, &case, decline()).await.expect(200);
        assert_eq!(world.send_as(&world.sponsor, Request::get(case.path())).await.status, 404);
        assert_eq!(world.act(&world.sponsor, &case, accept()).await.status, 404);
        assert_eq!(world.case_in_person(&ada, &case).await["sponsorship"], "declined");
        assert_eq!(world.act(&ada, &case, submit()).await.status, 422);
        name_sponsor(world, &ada, &case, json!("taiga")).await;
        world.act(&taiga, &case, accept()).await.expect(200);
        // Another name ends what the first one may do.
        name_sponsor(world, &ada, &case, json!("steppe")).await;
        assert_eq!(world.send_as(&taiga, Request::get(case.path())).await.status, 404);
        name_sponsor(world, &ada, &case, Value::Null).await;
        assert_eq!(world.send_as(&world.sponsor, Request::get(case.path())).await.status, 404);
        world.act(&ada, &case, submit()).await.expect(200);
        let letters = world.mail().await.into_iter().filter(|letter| letter.to == "ada@home.example");
        let kinds: Vec<_> =
            letters.map(|letter| letter.subject.split(": ").next().unwrap().to_owned()).collect();
        assert_eq!(kinds, ["Your sponsor has declined", "Your sponsor has accepted", "Received"]);
    });
}

#[test]
fn another_sponsor_named_in_an_answer_must_accept_before_the_answer_counts() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = traveller(world).await;
        let taiga = world.another_sponsor("taiga").await;
        let case = draft_naming(world, &ada, &batch, "steppe").await;
        world.act(&world.sponsor, &case, accept()).await.expect(200);
        world.act(&ada, &case, submit()).await.expect(200);
        let ask = json!({ "action": "request_information", "questions": ["Who pays?"] });
        world.act(world.reviewer(&case, "nomination"), &case, ask).await.expect(200);
        name_sponsor(world, &ada, &case, json!("taiga")).await;
        let answer = json!({ "action": "respond", "answers": ["Taiga."] });
        let refused = world.act(&ada, &case, answer.clone()).await;
        assert_eq!(refused.faults()[0].1, "sponsor_not_accepted");
        world.act(&taiga, &case, accept()).await.expect(200);
        world.act(&ada, &case, answer).await.expect(200);
        assert_eq!(world.send_as(&world.sponsor, Request::get(case.path())).await.status, 404);
    });
}

#[test]
fn the_representatives_are_told_at_most_once_a_day_for_all_requests() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = traveller(world).await;
        world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await;
        let told = async || {
            world.until_outbox_is_empty().await;
            world.sent_to("hr@steppe.example")
        };
        let first = draft_naming(world, &ada, &batch, "steppe").await;
        world.until("the first message", async || told().await == 1).await;
        let second = draft_naming(world, &ada, &batch, "steppe").await;
        world.act(&world.sponsor, &first, accept()).await.expect(200);
        name_sponsor(world, &ada, &second, Value::Null).await;
        name_sponsor(world, &ada, &second, json!("steppe")).await;
        world.advance(SignedDuration::from_hours(23));
        let due = world.service().query(&Actor::system(), ListDue).await.unwrap();
        assert!(!due.iter().any(|due| matches!(due, Due::Sponsor(_))), "{due:?}");
        assert_eq!(told().await, 1);
        world.advance(SignedDuration::from_hours(1));
        world.until("the second message", async || told().await == 2).await;
        let letter = world.mail().await.into_iter().rfind(|letter| letter.to.contains("hr@steppe")).unwrap();
        let case = world.case_in_person(&ada, &second).await;
        for personal in
            ["reference", "id"].map(|name| case[name].as_str().unwrap()).into_iter().chain(["Ada"])
        {
            assert!(!letter.text.contains(personal), "{}", letter.text);
        }
    });
}

#[test]
fn representatives_answer_on_a_page() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = traveller(world).await;
        let first = draft_naming(world, &ada, &batch, "steppe").await;
        let second = draft_naming(world, &ada, &batch, "steppe").await;
        let hr = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await;
        let session = world.session(&hr).await;
        let page = async || String::from_utf8(world.page(&session, "/sponsorships").await.bytes).unwrap();
        let shown = page().await;
        for case in [&first, &second] {
            assert!(shown.contains(&case.id), "{shown}");
        }
        let elsewhere = world.page(&session, &format!("/applications/{}", first.id)).await;
        assert_eq!(elsewhere.header("Location"), "/sponsorships");
        world.act(&hr, &first, accept()).await.expect(200);
        world.act(&hr, &second, decline()).await.expect(200);
        let shown = page().await;
        assert!(!shown.contains(&first.id) && !shown.contains(&second.id), "{shown}");
        let own = world.page(&world.session(&ada).await, &format!("/applications/{}", second.id)).await;
        assert!(String::from_utf8(own.bytes).unwrap().contains("has declined to sponsor"));
    });
}

#[test]
fn an_authority_that_enters_a_case_cannot_speak_for_the_sponsor() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let scopes = [Scope::ApplicationsRead, Scope::ApplicationsWrite];
        let ministry = Rc::new(world.program("cn-mofcom", &scopes).await);
        let mut form = world.form(&batch, "Ada");
        form["employment"]["sponsor"] = json!("steppe");
        let case = world.draft_of(&ministry, &form).await;
        world.add_required_evidence(&case).await;
        assert_eq!(world.act(&case.owner, &case, submit()).await.faults()[0].1, "sponsor_not_accepted");
        world.act(&world.sponsor, &case, accept()).await.expect(200);
        world.act(&case.owner, &case, submit()).await.expect(200);
    });
}

#[test]
fn drafts_of_before_ask_their_sponsors_and_submitted_cases_keep_theirs() {
    let name_steppe = |storage: &Storage| {
        run_on(
            &storage.database_url(),
            "UPDATE applications SET sponsor_id = (SELECT id FROM organisations WHERE code = 'steppe')
             WHERE state IN ('draft', 'in_review') AND creator_organisation_id IS NULL",
        );
    };
    on_databases_of_prepared("0e8a793", name_steppe, async |world, _| {
        let cases = world.every(&world.sponsor, "/api/v1/applications").await;
        let of = |state: &str, is_whole: bool| {
            let is_it = |case: &&Value| case["state"] == state && case["category"].is_string() == is_whole;
            cases.iter().filter(is_it).count()
        };
        // Two drafts and ten submitted cases of travellers who applied alone.
        assert_eq!(of("draft", false), 2);
        assert_eq!(of("in_review", false), 0);
        assert!(of("in_review", true) >= 10 && of("draft", true) > 0);
    });
}
