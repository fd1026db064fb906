//! Upgrades: a database of an earlier version (`tests/data`) is migrated, passes `verify`, and remains usable.

use std::collections::BTreeMap;

use corridor::{
    domain::lifecycle::{Action, State},
    workflow::verify,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Batch, Case, PDF, Program, STAGES, SavedDatabase, World, http::Request, on_databases_of};

#[test]
fn a_database_of_0e8a793_is_migrated_and_nothing_is_lost() {
    on_databases_of("0e8a793", async |world, saved| {
        assert!(world.db().is_ready().await.unwrap());
        let report = verify::verify(&world.db()).await.unwrap();
        assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        assert_eq!(report.cases, saved.cases);
        assert_eq!(counted_by_state(world).await, saved.cases_by_state);
        for authority in deciding_authorities(world) {
            for case in world.find(authority, "").await {
                world.get(authority, &case.path()).await;
                let history = world.every(authority, &format!("{}/events?limit=5", case.path())).await;
                assert_eq!(history[0]["action"], "create");
            }
        }
    });
}

/// Each reviews one direction.
fn deciding_authorities(world: &World) -> [&Program; 2] {
    ["kz-mfa", "cn-mfa"].map(|code| &*world.reviewers[code])
}

async fn counted_by_state(world: &World) -> BTreeMap<State, usize> {
    let mut counts = BTreeMap::new();
    for authority in deciding_authorities(world) {
        for line in world.every(authority, "/api/v1/applications").await {
            let state: State = line["state"].as_str().unwrap().parse().unwrap();
            *counts.entry(state).or_default() += 1;
        }
    }
    counts
}

/// A person of each role, with officers of both sides.
const ROLES: [&str; 10] = [
    "applicant@example.org",
    "sponsor@steppe.example",
    "cn-mofcom@example.org",
    "kz-mti@example.org",
    "kz-moh@example.org",
    "supervisor@example.org",
    "batches@example.org",
    "auditor@example.org",
    "administrator@example.org",
    "verifier@example.org",
];

#[test]
fn every_page_of_a_database_of_0e8a793_opens_for_each_role() {
    on_databases_of("0e8a793", async |world, saved| {
        for person in ROLES {
            let opened = world.browse(&saved.sessions[person]).await;
            assert!(opened.contains_key("/account"), "{person} must be signed in");
            // A page may link to one that this person may not see.
            let failed: Vec<_> = opened.iter().filter(|(_, status)| !matches!(status, 200 | 403)).collect();
            assert!(failed.is_empty(), "{person}: {failed:?}");
        }
        // Every case, in every state, as its sponsor and an auditor see it.
        let auditor = saved.program("auditor");
        for (who, program, session, pages) in [
            ("auditor", &auditor, "auditor@example.org", "/console/cases"),
            ("sponsor", &*world.sponsor, "sponsor@steppe.example", "/applications"),
        ] {
            let cases = world.find(program, "").await;
            assert!(cases.len() > 70, "{} cases of the {who}", cases.len());
            for case in cases {
                let page = world.page(&saved.sessions[session], &format!("{pages}/{}", case.id)).await;
                assert_eq!(page.status, 200, "{who}: {}", case.id);
            }
        }
    });
}

#[test]
fn every_listing_of_a_database_of_0e8a793_opens_for_each_program() {
    on_databases_of("0e8a793", async |world, saved| {
        let auditor = saved.program("auditor");
        let programs = world.reviewers.values().chain([&world.sponsor, &world.batch_manager]);
        for program in programs.map(|program| &**program).chain([&auditor]) {
            for path in listings(world).await {
                world.every(program, &path).await;
            }
            for batch in world.every(program, "/api/v1/batches").await {
                let path = format!("/api/v1/batches/{}", batch["id"].as_str().unwrap());
                assert_eq!(world.get(program, &path).await, batch);
            }
            world.get(program, "/api/v1/programmes/cn-kz").await;
        }
        for batch in world.every(&auditor, "/api/v1/batches").await {
            let path = format!("/api/v1/batches/{}", batch["id"].as_str().unwrap());
            world.every(&auditor, &format!("{path}/ledger?limit=5")).await;
            if batch["order"] == "ballot" && batch["state"] == "closed" {
                world.get(&auditor, &format!("{path}/ballot")).await;
            }
        }
    });
}

/// The listings with every filter.
async fn listings(world: &World) -> Vec<String> {
    let mut filters: Vec<String> =
        ["limit=20", "q=li", "assignee=none", "sponsor=tianshan", "programme=cn-kz"]
            .map(str::to_owned)
            .into();
    filters.extend(["due", "updated", "created"].map(|sort| format!("limit=20&sort={sort}")));
    filters.extend(["CN-KZ", "KZ-CN"].map(|direction| format!("direction={direction}")));
    filters.extend(STAGES.map(|stage| format!("stage={stage}")));
    filters.extend(State::ALL.iter().map(|state| format!("state={state}")));
    for batch in world.every(&world.batch_manager, "/api/v1/batches").await {
        filters.push(format!("batch={}", batch["id"].as_str().unwrap()));
    }
    let applications = filters.iter().map(|filter| format!("/api/v1/applications?{filter}"));
    let batches =
        ["planned", "open", "closed", "ended"].map(|state| format!("/api/v1/batches?state={state}"));
    applications.chain(batches).chain(["/api/v1/programmes".to_owned()]).collect()
}

#[test]
fn a_database_of_0e8a793_remains_usable() {
    on_databases_of("0e8a793", async |world, saved| {
        for stage in STAGES {
            let after = world.endorse(&first_that_offers(world, Action::Endorse, stage).await, stage).await;
            assert_eq!(after["state"], if stage == "decision" { "approved" } else { "in_review" });
        }
        let refused = first_that_offers(world, Action::Refuse, "health").await;
        let refuse = json!({ "action": "refuse", "grounds": ["health_risk"], "message": "No." });
        world.act(world.reviewer(&refused, "health"), &refused, refuse).await.expect(200);

        let case = first_of(world, "state=information_requested").await;
        let answer = json!({ "action": "respond", "answers": ["Nobody.", "Three weeks."] });
        assert_eq!(world.act(&world.sponsor, &case, answer).await.expect(200)["state"], "in_review");

        let spring = batch(world, "Spring").await;
        let of_spring = |state| format!("state={state}&batch={}", &*spring);
        let waitlisted = world.find(&world.sponsor, &of_spring("waitlisted")).await;
        world.surrender(&first_of(world, &of_spring("approved")).await).await;
        assert_eq!(world.find(&world.sponsor, &of_spring("waitlisted")).await.len(), waitlisted.len() - 1);
        assert_eq!(world.in_use(&spring).await, (0, 4), "the next case has the place");

        let lots = batch(world, "Lots, not drawn").await;
        world.move_batch(&lots, "close").await.expect(200);
        assert_eq!(world.in_use(&lots).await, (3, 0), "the draw gives every place");

        let first = batch(world, "Batch 1").await;
        let [ada] = world.submit(&first, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        assert_eq!(world.states([&ada]).await, ["approved"]);

        let valid = world.case(&first_of(world, &format!("state=approved&batch={}", &*first)).await).await;
        let entry =
            format!("/api/v1/authorizations/{}/entry", valid["authorization"]["number"].as_str().unwrap());
        let on = json!({ "on": world.day(0) });
        world.post(&saved.program("border"), &entry, &on).await.expect(204);
    });
}

/// A case at this stage on which its reviewer can take this action.
async fn first_that_offers(world: &World, action: Action, stage: &str) -> Case {
    for case in world.find(&world.sponsor, &format!("state=in_review&stage={stage}")).await {
        let seen = world.get(world.reviewer(&case, stage), &case.path()).await;
        if seen["available_actions"].as_array().unwrap().contains(&json!(action)) {
            return case;
        }
    }
    panic!("no case at {stage} offers {action}")
}

async fn first_of(world: &World, filters: &str) -> Case {
    world.find(&world.sponsor, filters).await.into_iter().next().unwrap()
}

async fn batch(world: &World, name: &str) -> Batch {
    let batches = world.every(&world.batch_manager, "/api/v1/batches").await;
    let found = batches.iter().find(|batch| batch["name"] == name).unwrap();
    Batch::from(found["id"].as_str().unwrap())
}

#[test]
fn messages_pending_in_a_database_of_0e8a793_are_sent_once() {
    on_databases_of("0e8a793", async |world, saved| {
        world.advance(SignedDuration::from_mins(30));
        let sent = world.mail().await;
        for pending in &saved.pending {
            let mut same = sent.iter().filter(|letter| letter.message_id == pending.message_id);
            let letter = same.next().unwrap_or_else(|| panic!("{} was not sent", pending.message_id));
            assert_eq!((&letter.to, same.count()), (&pending.to, 0));
            for part in [&letter.text, &letter.html] {
                assert!(part.contains(&format!("http://corridor.test{}", pending.path)), "{part}");
            }
            if let Some(reference) = &pending.reference {
                assert!(letter.subject.contains(reference), "{}", letter.subject);
            }
        }
        assert_eq!(sent.len(), saved.pending.len(), "no other letter is sent");
    });
}

#[test]
fn people_and_programs_of_a_database_of_0e8a793_sign_in_as_before() {
    on_databases_of("0e8a793", async |world, saved| {
        let with_token = Request::get("/api/v1/applications?limit=1")
            .header("Authorization", format!("Bearer {}", saved.token));
        world.send(with_token).await.expect(200);
        for (email, session) in &saved.sessions {
            assert_eq!(world.page(session, "/account").await.status, 200, "{email}");
            let new = world.sign_in(email, &saved.password).await.unwrap();
            assert_eq!(world.page(&new, "/account").await.status, 200, "{email}");
        }
        assert_eq!(world.sign_in("applicant@example.org", "another password").await, None);
        assert_eq!(
            world.sign_in("former@example.org", &saved.password).await,
            None,
            "the account is disabled"
        );

        let (_, token) = saved.link.split_once("token=").unwrap();
        let chosen = [("token", token), ("password", &saved.password)];
        world.fill_in(&saved.link, &chosen).await;
        assert!(world.sign_in(&saved.newcomer, &saved.password).await.is_some());
    });
}

#[test]
fn sealed_values_in_a_database_of_0e8a793_are_read_as_they_were_written() {
    on_databases_of("0e8a793", async |world, _: &SavedDatabase| {
        let mut documents = 0;
        for case in world.find(&world.sponsor, "").await {
            let seen = world.case(&case).await;
            assert!(seen["applicant"]["email"].as_str().unwrap().contains('@'), "{seen}");
            assert!(!seen["travel_document"]["number"].as_str().unwrap().contains('•'), "{seen}");
            if let Some(document) = seen["evidence"].as_array().unwrap().first() {
                let path = format!("{}/evidence/{}", case.path(), document["id"].as_str().unwrap());
                let file = world.send_as(&world.sponsor, Request::get(path)).await;
                assert!(file.bytes.starts_with(PDF), "{} of {}", document["id"], case.id);
                assert_eq!(document["bytes"], file.bytes.len());
                documents += 1;
            }
        }
        assert!(documents > 90, "only {documents} documents");
        let case = first_of(world, "state=information_requested").await;
        let history = world.history(world.reviewer(&case, "nomination"), &case).await;
        let question = history.iter().find(|event| event["action"] == "request_information").unwrap();
        assert_eq!(question["questions"], json!(["Who will be with you?", "Қанша уақытқа?"]));
        assert_eq!(question["note"], "The dates differ.");
    });
}

#[test]
fn a_year_later_the_scheduler_does_what_is_due_in_a_database_of_0e8a793() {
    on_databases_of("0e8a793", async |world, saved| {
        world.stop().await;
        world.advance(SignedDuration::from_hours(24 * 365));
        world.start().await;
        let auditor = saved.program("auditor");
        let is_over = |state: State| !state.is_undecided() && state != State::Approved;
        world
            .until("no case is left in a state that time ends", async || {
                counted_by_state(world).await.keys().all(|state| is_over(*state))
            })
            .await;
        for batch in world.every(&auditor, "/api/v1/batches").await {
            let expected = if batch["name"] == "Batch 2" { "planned" } else { "ended" };
            assert_eq!(batch["state"], expected, "{}", batch["name"]);
        }
        for (person, session) in &saved.sessions {
            assert_eq!(
                world.page(session, "/account").await.status,
                401,
                "the session of {person} has expired"
            );
        }
    });
}
