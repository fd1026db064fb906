//! Entries at the border: after an entry the place is used, and the authorization cannot be surrendered.

use corridor::domain::{
    actor::{OrganisationKind, Scope},
    lifecycle::State,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Case, Program, World, http::Answer, on_both_databases};

/// A client of the border service.
async fn border(world: &World) -> Program {
    world.organisation("border", OrganisationKind::Verifier).await;
    world.program("border", &[Scope::AuthorizationsVerify]).await
}

async fn number(world: &World, case: &Case) -> String {
    world.case(case).await["authorization"]["number"].as_str().unwrap().to_owned()
}

async fn enter(world: &World, border: &Program, number: &str, on: &str) -> Answer {
    world.post(border, &format!("/api/v1/authorizations/{number}/entry"), &json!({ "on": on })).await
}

#[test]
fn after_an_entry_the_authorization_cannot_be_surrendered_and_the_journey_completes() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "travel_until": "2026-05-31" })).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let (border, number) = (border(world).await, number(world, &ada).await);
        world.advance(SignedDuration::from_hours(24 * 30));
        assert_eq!(enter(world, &border, &number, "2026-04-01").await.status, 204);

        let surrender = world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await;
        assert_eq!(surrender.refusal(), (409, "already_entered"));
        let again = enter(world, &border, &number, "2026-04-01").await;
        assert_eq!(again.refusal(), (409, "already_entered"));
        world.advance(SignedDuration::from_hours(24 * 61));
        world.until_state(&ada, State::Completed).await;
        assert_eq!(world.in_use(&batch).await, (0, 1), "the place stays taken");
        let last = world.history(&world.reviewers["kz-mfa"], &ada).await;
        let steps: Vec<Value> = last[last.len() - 2..].iter().map(|event| event["action"].clone()).collect();
        assert_eq!(steps, ["record_entry", "complete"]);
    });
}

#[test]
fn a_place_whose_traveller_has_entered_is_not_freed_by_a_revocation() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        let (border, number) = (border(world).await, number(world, &ada).await);
        assert_eq!(enter(world, &border, &number, "2026-03-02").await.status, 204);
        let revoke =
            json!({ "action": "revoke", "grounds": ["false_statement"], "message": "It was false." });
        world.act(&world.reviewers["kz-mfa"], &ada, revoke).await.expect(200);
        assert_eq!(world.states([&ada, &bo]).await, ["revoked", "waitlisted"]);
        assert_eq!(world.in_use(&batch).await, (0, 1));
    });
}

#[test]
fn an_entry_must_be_within_the_validity_and_not_in_the_future() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 2, "travel_from": "2026-03-10" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        let (border, ada_number, bo_number) =
            (border(world).await, number(world, &ada).await, number(world, &bo).await);
        world.advance(SignedDuration::from_hours(24 * 14));
        for (on, code) in [
            ("2026-03-09", "impossible_date"),
            ("2026-03-17", "impossible_date"),
            ("2027-01-01", "impossible_date"),
            ("2026-02-30", "malformed"),
        ] {
            let answer = enter(world, &border, &ada_number, on).await;
            assert_eq!((answer.status, answer.faults()), (422, vec![("/on".into(), code.into())]), "{on}");
        }
        world.surrender(&bo).await;
        assert_eq!(
            enter(world, &border, &bo_number, "2026-03-16").await.refusal(),
            (409, "action_not_allowed")
        );
        assert_eq!(
            enter(world, &border, "CNKZ-0000-0000-0000", "2026-03-16").await.refusal(),
            (404, "not_found")
        );
        assert_eq!(enter(world, &border, &ada_number, "2026-03-16").await.status, 204);
    });
}

#[test]
fn a_day_of_entry_is_a_day_where_the_border_is_and_the_number_is_forgiven() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let (border, number) = (border(world).await, number(world, &ada).await);
        // The clock shows 08:00 UTC; at 20:30 UTC it is half past one of the next day in Kazakhstan.
        world.advance(SignedDuration::from_mins(12 * 60 + 29));
        let too_early = enter(world, &border, &number, "2026-03-04").await;
        assert_eq!(too_early.faults(), [("/on".into(), "impossible_date".into())]);
        let typed = number.to_lowercase().replace('-', "%20");
        assert_eq!(enter(world, &border, &typed, "2026-03-03").await.status, 204);
        let again = enter(world, &border, &number.replace('-', ""), "2026-03-03").await;
        assert_eq!(again.refusal(), (409, "already_entered"));
    });
}
