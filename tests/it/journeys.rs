//! The journey of a case, as its days pass: reminders, a finding when the day of arrival has passed, and the end. No place
//! goes to a journey that is over, and no authorization outlives passport, travel window and journey.

use corridor::{
    domain::{actor::Actor, lifecycle::State},
    workflow::apply_programme::{ApplyProgramme, CN_KZ},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Batch, Case, World, http::Request, on_both_databases};

/// A submitted case of a journey between these days from the beginning.
async fn travelling(world: &World, batch: &Batch, name: &str, (arrive, leave): (i64, i64)) -> Case {
    let mut form = world.form(batch, name);
    let (arrive, leave) = (world.day(arrive), world.day(leave));
    form["journey"]["arrive_on"] = json!(arrive);
    form["journey"]["leave_on"] = json!(leave);
    form["journey"]["itinerary"] = json!([{ "from": arrive, "to": leave, "place": "Almaty" }]);
    world.submit_form(&form).await
}

async fn until_days_later(world: &World, days: i64) {
    world.advance(SignedDuration::from_hours(24 * days));
}

#[test]
fn a_freed_place_goes_to_the_next_who_can_still_travel() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1 })).await;
        let ada = travelling(world, &batch, "Ada", (30, 100)).await;
        let bo = travelling(world, &batch, "Bo", (5, 10)).await;
        let chu = travelling(world, &batch, "Chu", (40, 60)).await;
        world.endorse_every_stage([&ada, &bo, &chu]).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["approved", "waitlisted", "waitlisted"]);
        world.stop().await;
        until_days_later(world, 12).await;
        world.start().await;
        world.surrender(&ada).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["withdrawn", "lapsed", "approved"]);
        assert_eq!(world.letter_kinds("Bo").await.last().map(String::as_str), Some("Lapsed"));
    });
}

#[test]
fn a_case_whose_journey_is_over_lapses_after_two_reminders_wherever_it_is() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let ada = travelling(world, &batch, "Ada", (20, 30)).await;
        let bo = travelling(world, &batch, "Bo", (20, 30)).await;
        assert_eq!(world.states([&ada, &bo]).await, ["in_review", "waitlisted"]);
        let version = world.case(&ada).await["version"].clone();
        let reminders = async |name: &str| {
            let kinds = world.letter_kinds(name).await;
            kinds.iter().filter(|kind| kind.contains("journey ends")).count()
        };
        for (days, expected) in [(15, 0), (1, 1), (10, 1), (1, 2), (3, 2)] {
            until_days_later(world, days).await;
            world
                .until("the reminders are sent", async || {
                    reminders("Ada").await == expected && reminders("Bo").await == expected
                })
                .await;
            if days == 1 && expected == 1 {
                let now = world.case(&ada).await["version"].clone();
                assert_eq!(now, version, "a reminder changes nothing that was seen");
            }
        }
        assert_eq!(world.states([&ada, &bo]).await, ["in_review", "waitlisted"], "the day of leaving");
        until_days_later(world, 1).await;
        world.until_state(&ada, State::Lapsed).await;
        world.until_state(&bo, State::Lapsed).await;
        assert_eq!(world.in_use(&batch).await, (0, 0));
        let history = world.history(&world.reviewers["kz-mfa"], &ada).await;
        let last: Vec<&Value> = history.iter().rev().take(3).map(|event| &event["action"]).collect();
        assert_eq!(last, ["lapse", "remind", "notice"]);
    });
}

#[test]
fn the_last_stage_gets_a_blocking_finding_when_the_day_of_arrival_has_passed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let ada = travelling(world, &batch, "Ada", (5, 60)).await;
        world.endorse(&ada, "nomination").await;
        until_days_later(world, 7).await;
        world.endorse(&ada, "health").await;
        let decide = json!({ "action": "endorse" });
        let decision = world.reviewer(&ada, "decision");
        assert_eq!(world.act(decision, &ada, decide.clone()).await.refusal(), (409, "blocking_finding"));
        let findings = world.findings(&ada).await;
        assert_eq!(
            (&findings[0]["code"], &findings[0]["stage"]),
            (&json!("arrival_passed"), &json!("decision"))
        );
        let resolve =
            json!({ "action": "resolve_finding", "finding": findings[0]["id"], "note": "Confirmed." });
        world.act(decision, &ada, resolve).await.expect(200);
        world.act(decision, &ada, decide).await.expect(200);
        assert_eq!(world.case(&ada).await["authorization"]["valid_until"], world.day(60));
    });
}

#[test]
fn a_case_at_the_last_stage_is_stopped_when_the_day_of_arrival_passes() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let ada = travelling(world, &batch, "Ada", (5, 60)).await;
        world.endorse(&ada, "nomination").await;
        world.endorse(&ada, "health").await;
        let seen = world.get(&world.reviewers["kz-mfa"], &ada.path()).await["version"].as_i64().unwrap();
        until_days_later(world, 7).await;
        world.until("the finding is raised", async || world.findings(&ada).await.len() == 1).await;
        let path = format!("{}/actions", ada.path());
        let decide = Request::post(path).if_match(seen).json(&json!({ "action": "endorse" }));
        let stale = world.send_as(&world.reviewers["kz-mfa"], decide).await;
        assert_eq!(stale.refusal(), (412, "version_conflict"), "the officer has not seen the finding");
        let decided = world.act(world.reviewer(&ada, "decision"), &ada, json!({ "action": "endorse" })).await;
        assert_eq!(decided.refusal(), (409, "blocking_finding"));
        let own = world.history(&world.sponsor, &ada).await;
        assert!(own.iter().all(|event| event["action"] != "notice"), "only officers see it");
    });
}

#[test]
fn a_waiting_case_that_does_not_fit_the_travel_window_any_more_does_not_block_the_others() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = travelling(world, &batch, "Ada", (30, 100)).await;
        let bo = travelling(world, &batch, "Bo", (10, 20)).await;
        let chu = travelling(world, &batch, "Chu", (40, 60)).await;
        world.endorse_every_stage([&ada, &bo, &chu]).await;
        world.change_batch(&batch, json!({ "travel_from": world.day(25) })).await.expect(200);
        world.surrender(&ada).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["withdrawn", "waitlisted", "approved"]);
        world.change_batch(&batch, json!({ "capacity": 5 })).await.expect(200);
        assert_eq!(world.states([&bo]).await, ["waitlisted"]);
    });
}

#[test]
fn a_journey_that_is_over_is_not_approved_even_before_the_scheduler_has_seen_it() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let ada = travelling(world, &batch, "Ada", (5, 10)).await;
        world.endorse(&ada, "nomination").await;
        world.endorse(&ada, "health").await;
        until_days_later(world, 11).await;
        let decided = world.act(world.reviewer(&ada, "decision"), &ada, json!({ "action": "endorse" })).await;
        assert_eq!(decided.status, 409, "{}", decided.body);
        assert!(["journey_over", "action_not_allowed"].contains(&decided.code()), "{}", decided.body);
        world.until_state(&ada, State::Lapsed).await;
        assert_eq!(world.in_use(&batch).await, (0, 0));
    });
}

#[test]
fn an_authorization_ends_with_the_first_of_passport_window_and_journey() {
    on_both_databases(async |world| {
        let file = CN_KZ
            .replace("days_after_leaving = 0", "days_after_leaving = 5")
            .replace("passport_valid_months_after_leaving = 6", "passport_valid_months_after_leaving = 0");
        let applied = ApplyProgramme { file: toml::from_str(&file).unwrap() };
        world.service().execute(&Actor::operator(), applied).await.unwrap();
        let batch = world.open_batch_with(json!({ "capacity": 5, "travel_until": world.day(62) })).await;
        let ada = travelling(world, &batch, "Ada", (30, 50)).await;
        let bo = travelling(world, &batch, "Bo", (30, 60)).await;
        let mut form = world.form(&batch, "Chu");
        form["travel_document"]["expires_on"] = json!(world.day(51));
        let chu = world.submit_form(&form).await;
        world.endorse_every_stage([&ada, &bo, &chu]).await;
        for (case, last_day) in [(&ada, 55), (&bo, 62), (&chu, 51)] {
            let authorization = world.case(case).await["authorization"].clone();
            assert_eq!(authorization["valid_until"], world.day(last_day), "{authorization}");
        }
    });
}

#[test]
fn new_dates_move_the_end_of_the_journey() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let ada = travelling(world, &batch, "Ada", (20, 30)).await;
        let ask = json!({ "action": "request_information", "questions": ["Which days now?"] });
        world.act(world.reviewer(&ada, "nomination"), &ada, ask).await.expect(200);
        let later =
            json!({ "journey": { "arrive_on": world.day(60), "leave_on": world.day(80), "itinerary": [] } });
        world.edit(&ada, later).await.expect(200);
        world
            .act(&world.sponsor, &ada, json!({ "action": "respond", "answers": ["These."] }))
            .await
            .expect(200);
        until_days_later(world, 40).await;
        world.endorse(&ada, "nomination").await;
        until_days_later(world, 41).await;
        world.until_state(&ada, State::Lapsed).await;
    });
}

#[test]
fn a_finding_that_is_raised_while_a_case_waits_stops_its_promotion_to_an_approval() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = travelling(world, &batch, "Ada", (30, 100)).await;
        let bo = travelling(world, &batch, "Bo", (5, 60)).await;
        world.endorse_every_stage([&ada, &bo]).await;
        until_days_later(world, 7).await;
        world.until("the finding is raised", async || world.findings(&bo).await.len() == 1).await;
        world.surrender(&ada).await;
        let back = world.case(&bo).await;
        assert_eq!((&back["state"], &back["stage"]), (&json!("in_review"), &json!("decision")));
        assert_eq!(world.in_use(&batch).await, (1, 0));
        let officer = world.officer("second@mfa.example", "kz-mfa").await;
        let finding = world.findings(&bo).await[0]["id"].clone();
        let resolve = json!({ "action": "resolve_finding", "finding": finding, "note": "Confirmed." });
        world.act(&officer, &bo, resolve).await.expect(200);
        world.act(&officer, &bo, json!({ "action": "endorse" })).await.expect(200);
        assert_eq!(world.states([&bo]).await, ["approved"]);
    });
}

#[test]
fn a_case_that_does_not_fit_the_travel_window_is_neither_approved_nor_waitlisted() {
    on_both_databases(async |world| {
        for (capacity, travel_until) in [(1, 20), (0, 20)] {
            let batch = world.open_batch(capacity).await;
            let ada = travelling(world, &batch, "Ada", (30, 49)).await;
            world.endorse(&ada, "nomination").await;
            world.endorse(&ada, "health").await;
            let window = json!({ "travel_until": world.day(travel_until) });
            world.change_batch(&batch, window).await.expect(200);
            let decided =
                world.act(world.reviewer(&ada, "decision"), &ada, json!({ "action": "endorse" })).await;
            assert_eq!(decided.refusal(), (409, "journey_over"), "capacity {capacity}");
        }
    });
}

#[test]
fn a_free_place_goes_past_many_whose_journeys_do_not_fit_the_travel_window() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = travelling(world, &batch, "Ada", (5, 9)).await;
        let mut late = Vec::new();
        // More than are looked at in the transaction that frees the place.
        for number in 0..22 {
            late.push(travelling(world, &batch, &format!("Late{number}"), (30, 49)).await);
        }
        let bo = travelling(world, &batch, "Bo", (5, 9)).await;
        for case in [&ada].into_iter().chain(&late).chain([&bo]) {
            world.endorse_every_stage([case]).await;
        }
        world.change_batch(&batch, json!({ "travel_until": world.day(20) })).await.expect(200);

        world.surrender(&ada).await;
        world.until_jobs_are_done().await;
        assert_eq!(world.states([&late[0], &late[21], &bo]).await, ["waitlisted", "waitlisted", "approved"]);
        // They are not opened again for the next place, and have kept their places in the line.
        let is_sqlite = world.database_url().starts_with("sqlite");
        let id = if is_sqlite { "application_id" } else { "uuid_send(application_id)" };
        assert_eq!(world.bytes(&format!("SELECT {id} AS bytes FROM passed_over")).len(), 22);
        world.change_batch(&batch, json!({ "capacity": 2 })).await.expect(200);
        world.until_jobs_are_done().await;
        assert_eq!(world.in_use(&batch).await, (0, 1));
        world.change_batch(&batch, json!({ "travel_until": world.day(60) })).await.expect(200);
        world.until_jobs_are_done().await;
        assert_eq!(world.states([&late[0], &late[1]]).await, ["approved", "waitlisted"]);
    });
}

#[test]
fn nobody_is_asked_to_answer_after_the_journey() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let ada = travelling(world, &batch, "Ada", (2, 4)).await;
        let ask = |by: Option<String>| {
            let by = by.map_or(Value::Null, Value::from);
            json!({ "action": "request_information", "questions": ["Why?"], "respond_by": by })
        };
        let nomination = world.reviewer(&ada, "nomination");
        let late = world.act(nomination, &ada, ask(Some(format!("{}T20:00:00Z", world.day(4))))).await;
        assert_eq!(late.faults(), [("/respond_by".into(), "too_late".into())]);
        world.act(nomination, &ada, ask(None)).await.expect(200);
        let respond_by = world.case(&ada).await["deadlines"]["respond_by"].clone();
        assert_eq!(respond_by, format!("{}T19:00:00Z", world.day(4)));
    });
}
