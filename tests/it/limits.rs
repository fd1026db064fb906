//! Limits in a batch, by direction, category and sponsor; and terms that are refused because of the places in use.

use std::rc::Rc;

use corridor::domain::actor::Scope;
use serde_json::{Value, json};

use crate::world::{World, http::Answer, on_both_databases};

fn limit(dimension: &str, key: &str, capacity: i32) -> Value {
    json!({ "dimension": dimension, "key": key, "capacity": capacity })
}

fn faults(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.refusal(), (422, "invalid"), "{}", answer.body);
    answer.faults().into_iter().map(|(field, code)| format!("{field} {code}")).collect()
}

#[test]
fn a_direction_gets_no_more_places_than_its_limit_even_if_the_batch_has_room() {
    on_both_databases(async |world| {
        let limits = json!([limit("direction", "CN-KZ", 1), limit("direction", "KZ-CN", 2)]);
        let batch = world.open_batch_with(json!({ "capacity": 3, "limits": limits })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let dana = world.submit_form(&world.form_to_china(&batch, "Dana")).await;
        world.endorse_every_stage([&ada, &bo, &dana]).await;
        assert_eq!(world.states([&ada, &bo, &dana]).await, ["approved", "waitlisted", "approved"]);
        let body = world.batch(&batch).await;
        assert_eq!((&body["taken"], &body["available"]), (&json!(2), &json!(1)));
        let counted: Vec<_> = body["limits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| (l["key"].clone(), l["taken"].clone()))
            .collect();
        assert_eq!(counted, [(json!("CN-KZ"), json!(1)), (json!("KZ-CN"), json!(1))]);
    });
}

#[test]
fn a_category_gets_no_more_places_than_its_limit() {
    on_both_databases(async |world| {
        let limits = json!([limit("category", "business", 1)]);
        let batch = world.open_batch_with(json!({ "capacity": 5, "limits": limits })).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let mut business = Vec::new();
        for name in ["Bo", "Chu"] {
            let mut form = world.form(&batch, name);
            form["category"] = json!("business");
            business.push(world.submit_form(&form).await);
        }
        let [bo, chu] = business.try_into().ok().unwrap();
        world.endorse_every_stage([&bo, &chu, &ada]).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["approved", "approved", "waitlisted"]);
    });
}

#[test]
fn a_sponsor_gets_no_more_places_than_its_limit_and_others_are_not_counted() {
    on_both_databases(async |world| {
        let other = Rc::new(world.another_sponsor("taiga").await);
        let limits = json!([limit("sponsor", "steppe", 1)]);
        let batch =
            world.open_batch_with(json!({ "capacity": 5, "limits": limits, "hold_at": "submission" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let chu = world.submit_form_of(&other, &world.form(&batch, "Chu")).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["in_review", "waitlisted", "in_review"]);
        world.withdraw(&chu).await;
        assert_eq!(world.states([&bo]).await, ["waitlisted"], "its own limit is still full");
        world.withdraw(&ada).await;
        assert_eq!(world.states([&bo]).await, ["in_review"]);
    });
}

#[test]
fn a_place_stays_counted_under_the_sponsor_it_was_held_for() {
    on_both_databases(async |world| {
        let taiga = world.another_sponsor("taiga").await;
        let accept = json!({ "action": "accept_sponsorship" });
        let scopes = [Scope::ApplicationsRead, Scope::ApplicationsWrite];
        let ministry = Rc::new(world.program("kz-mti", &scopes).await);
        let limits = json!([limit("sponsor", "steppe", 3), limit("sponsor", "taiga", 1)]);
        let terms = json!({ "capacity": 4, "limits": limits, "hold_at": "submission" });
        let batch = world.open_batch_with(terms).await;
        let held = async || {
            let body = world.batch(&batch).await;
            let limits = body["limits"].as_array().unwrap().clone();
            limits.iter().map(|l| (l["held"].clone(), l["taken"].clone())).collect::<Vec<_>>()
        };
        let mut cases = Vec::new();
        for (name, sponsor) in [("Ada", json!("taiga")), ("Bo", json!(null)), ("Chu", json!("taiga"))] {
            let mut form = world.form(&batch, name);
            form["employment"]["sponsor"] = json!("steppe");
            let case = world.draft_of(&ministry, &form).await;
            world.add_required_evidence(&case).await;
            world.act(&world.sponsor, &case, accept.clone()).await.expect(200);
            world.act(&ministry, &case, json!({ "action": "submit" })).await.expect(200);
            let ask = json!({ "action": "request_information", "questions": ["Who employs you?"] });
            world.act(world.reviewer(&case, "nomination"), &case, ask).await.expect(200);
            world.edit(&case, json!({ "employment": { "sponsor": sponsor } })).await.expect(200);
            if sponsor == "taiga" {
                world.act(&taiga, &case, accept.clone()).await.expect(200);
            }
            let answer = json!({ "action": "respond", "answers": ["This one."] });
            world.act(&ministry, &case, answer).await.expect(200);
            cases.push(case);
        }
        let [ada, bo, chu] = cases.try_into().ok().unwrap();
        assert_eq!(held().await, [(json!(3), json!(0)), (json!(0), json!(0))]);
        world.withdraw(&ada).await;
        let refuse = json!({ "action": "refuse", "grounds": ["not_essential"], "message": "It can wait." });
        world.act(world.reviewer(&bo, "nomination"), &bo, refuse).await.expect(200);
        world.endorse_every_stage([&chu]).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["withdrawn", "refused", "approved"]);
        assert_eq!(held().await, [(json!(0), json!(1)), (json!(0), json!(0))]);
        world.surrender(&chu).await;
        assert_eq!(held().await, [(json!(0), json!(0)), (json!(0), json!(0))]);
    });
}

#[test]
fn a_case_needs_room_in_every_limit_that_counts_it() {
    on_both_databases(async |world| {
        let limits = json!([
            limit("direction", "CN-KZ", 2),
            limit("category", "technical", 1),
            limit("sponsor", "steppe", 2)
        ]);
        let batch = world.open_batch_with(json!({ "capacity": 5, "limits": limits })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        assert_eq!(world.states([&ada, &bo]).await, ["approved", "waitlisted"]);
        let taken: Vec<_> = world.batch(&batch).await["limits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["taken"].clone())
            .collect();
        assert_eq!(taken, [1, 1, 1]);
    });
}

#[test]
fn raising_or_removing_a_limit_promotes_cases() {
    on_both_databases(async |world| {
        let limits = json!([limit("direction", "CN-KZ", 1)]);
        let batch = world.open_batch_with(json!({ "capacity": 5, "limits": limits })).await;
        let [ada, bo, chu] = world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        world.endorse_every_stage([&ada, &bo, &chu]).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["approved", "waitlisted", "waitlisted"]);
        world.change_batch(&batch, json!({ "limits": [limit("direction", "CN-KZ", 2)] })).await.expect(200);
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["approved", "approved", "waitlisted"]);
        world.change_batch(&batch, json!({ "limits": [] })).await.expect(200);
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["approved", "approved", "approved"]);
    });
}

#[test]
fn terms_below_what_is_in_use_are_refused_and_change_nothing() {
    on_both_databases(async |world| {
        let limits = json!([limit("direction", "CN-KZ", 4)]);
        let batch = world.open_batch_with(json!({ "capacity": 4, "limits": limits })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        let before = world.batch(&batch).await;
        for (change, field) in [
            (json!({ "capacity": 1, "limits": [] }), "/capacity"),
            (json!({ "limits": [limit("direction", "CN-KZ", 1)] }), "/limits/0/capacity"),
            (
                json!({ "limits": [limit("direction", "CN-KZ", 4), limit("category", "technical", 1)] }),
                "/limits/1/capacity",
            ),
            (
                json!({ "name": "Another name", "limits": [limit("sponsor", "steppe", 1)] }),
                "/limits/0/capacity",
            ),
        ] {
            let refused = world.change_batch(&batch, change.clone()).await;
            assert_eq!(refused.refusal(), (409, "capacity_below_use"), "{change}");
            assert_eq!(refused.faults(), [(field.to_owned(), "below_use".to_owned())], "{change}");
            assert_eq!(world.batch(&batch).await, before, "{change}");
        }
        let just = json!({ "capacity": 2, "limits": [limit("category", "technical", 2)] });
        let changed = world.change_batch(&batch, just).await.expect(200);
        assert_eq!((&changed["available"], &changed["limits"][0]["taken"]), (&json!(0), &json!(2)));
    });
}

#[test]
fn invalid_terms_are_refused_field_by_field() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        for (terms, expected) in wrong_terms() {
            let planned = world.plan_batch(terms.clone()).await;
            assert_eq!(faults(&planned), expected, "{terms}");
            let changed = world.change_batch(&batch, terms.clone()).await;
            assert_eq!(faults(&changed), expected, "{terms}");
        }
        assert_eq!(world.batch(&batch).await["version"], 2, "created and opened, nothing else");
        assert_eq!(batches(world).await, 1);
        let unknown = world.plan_batch(json!({ "capcity": 5 })).await;
        assert_eq!(unknown.refusal(), (422, "unknown_field"));
        let nothing = world.post(&world.batch_manager, "/api/v1/batches", &json!({})).await;
        let required = ["/capacity", "/name", "/programme", "/travel_from", "/travel_until"];
        assert_eq!(faults(&nothing), required.map(|field| format!("{field} required")));
    });
}

fn wrong_terms() -> Vec<(Value, Vec<&'static str>)> {
    let twice = json!([limit("direction", "CN-KZ", 1), limit("direction", "CN-KZ", 2)]);
    vec![
        (json!({ "capacity": -1 }), vec!["/capacity out_of_range"]),
        (json!({ "capacity": 1.5 }), vec!["/capacity wrong_type"]),
        (json!({ "capacity": 10_000_000 }), vec!["/capacity out_of_range"]),
        (json!({ "limits": [limit("direction", "CN-KZ", 11)] }), vec!["/limits/0/capacity out_of_range"]),
        (json!({ "limits": [limit("direction", "CN-KZ", -1)] }), vec!["/limits/0/capacity out_of_range"]),
        (json!({ "limits": twice }), vec!["/limits/1/key used_twice"]),
        (json!({ "limits": [limit("direction", "CN-RU", 1)] }), vec!["/limits/0/key unknown_code"]),
        (json!({ "limits": [limit("category", "tourist", 1)] }), vec!["/limits/0/key unknown_code"]),
        (json!({ "limits": [limit("sponsor", "nobody", 1)] }), vec!["/limits/0/key unknown_sponsor"]),
        (json!({ "limits": [limit("colour", "red", 1)] }), vec!["/limits/0/dimension unknown_code"]),
        (
            json!({ "hold_at": "sunrise", "on_full": "shrug", "order": "random" }),
            vec!["/hold_at unknown_code", "/on_full unknown_code", "/order unknown_code"],
        ),
        (
            json!({ "travel_from": "2026-12-31", "travel_until": "2026-01-01" }),
            vec!["/travel_until before_start"],
        ),
        (
            json!({ "opens_at": "2026-03-02T00:00:00Z", "closes_at": "2026-03-01T00:00:00Z" }),
            vec!["/closes_at before_start"],
        ),
        (
            json!({ "travel_from": "2026-02-30", "opens_at": "soon" }),
            vec!["/opens_at not_an_instant", "/travel_from not_a_date"],
        ),
    ]
}

async fn batches(world: &World) -> usize {
    world.get(&world.batch_manager, "/api/v1/batches").await["items"].as_array().unwrap().len()
}
