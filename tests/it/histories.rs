//! Authorizations and batches have histories of their own: a step for each event, chained, and no trace of places.

use corridor::{
    domain::{
        actor::{OrganisationKind, Scope},
        event::{AuditedEvent, Chained},
        ids::BatchId,
        lifecycle::{AuthorizationState, BatchState, State},
    },
    store::{self, StoreError},
    workflow::verify,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Batch, Case, World, on_both_databases, on_registers_of};

/// The newest authorization of a case, and its history.
async fn authorization(
    world: &World,
    case: &Case,
) -> (AuthorizationState, Vec<AuditedEvent<AuthorizationState>>) {
    let id = case.id();
    let read: Result<_, StoreError> = world
        .db()
        .read(move |tx| {
            let held = store::authorization::of_case(tx, id)?.unwrap();
            let history = store::authorization_event::of_authorizations(tx, &[held.number])?;
            Ok((held.state, history))
        })
        .await;
    read.unwrap()
}

async fn history_of(world: &World, batch: &Batch) -> Vec<AuditedEvent<BatchState>> {
    let id: BatchId = batch.parse().unwrap();
    world.db().read(move |tx| store::batch_event::of_batch(tx, id)).await.unwrap()
}

fn actions<S: Chained>(history: &[AuditedEvent<S>]) -> Vec<String> {
    history.iter().map(|audited| audited.event.action.to_string()).collect()
}

#[test]
fn the_history_of_an_authorization_begins_at_the_event_that_decided() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "travel_until": "2026-05-31" })).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let id = ada.id();
        let decided: Result<_, StoreError> = world.db().read(move |tx| store::event::approval(tx, id)).await;
        let (state, history) = authorization(world, &ada).await;
        assert_eq!((state, history.len()), (AuthorizationState::Valid, 0));

        world.organisation("border", OrganisationKind::Verifier).await;
        let border = world.program("border", &[Scope::AuthorizationsVerify]).await;
        let number = world.case(&ada).await["authorization"]["number"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/authorizations/{}/entry", number);
        assert_eq!(world.post(&border, &path, &json!({ "on": "2026-03-02" })).await.status, 204);
        world.advance(SignedDuration::from_hours(24 * 120));
        world.until_state(&ada, State::Completed).await;
        let (state, history) = authorization(world, &ada).await;
        assert_eq!(Some(&history[0].event.previous_hash), decided.unwrap().as_ref());
        assert_eq!((state, actions(&history)), (AuthorizationState::Used, words("record_entry complete")));
        assert_eq!(history[0].event.facts.crossed_on.map(|on| on.to_string()).as_deref(), Some("2026-03-02"));
    });
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_case_follows_its_authorization() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
        let revoke =
            json!({ "action": "revoke", "grounds": ["false_statement"], "message": "It was false." });
        world.act(&world.reviewers["kz-mfa"], &bo, revoke).await.expect(200);
        assert_eq!(world.states([&ada, &bo]).await, ["withdrawn", "revoked"]);
        let (state, history) = authorization(world, &ada).await;
        assert_eq!((state, actions(&history)), (AuthorizationState::Surrendered, words("surrender")));
        let (state, history) = authorization(world, &bo).await;
        assert_eq!((state, actions(&history)), (AuthorizationState::Revoked, words("revoke")));
        assert_eq!(history[0].event.facts.grounds, ["false_statement"]);
        let again = world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await;
        assert_eq!(again.refusal(), (409, "action_not_allowed"));
    });
}

#[test]
fn the_history_of_a_batch_has_its_own_steps_and_no_trace_of_places() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
        assert_eq!(world.in_use(&batch).await, (0, 1));
        world.change_batch(&batch, json!({ "capacity": 7 })).await.expect(200);
        world.move_batch(&batch, "close").await.expect(200);
        world.move_batch(&batch, "end").await.expect(200);
        let history = history_of(world, &batch).await;
        assert_eq!(actions(&history), words("create open change close end"));
        let capacity = |audited: &AuditedEvent<BatchState>| {
            audited.event.facts.terms.as_ref().map(|terms| terms.capacity)
        };
        assert_eq!(history.iter().map(capacity).collect::<Vec<_>>(), [Some(1), None, Some(7), None, None]);
        let refused = world.change_batch(&batch, json!({ "capacity": 9 })).await;
        assert_eq!(refused.refusal(), (409, "batch_state"));
    });
}

#[test]
fn a_ballot_is_promised_and_drawn_in_the_history_of_its_batch() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        world.submit(&batch, ["Ada"]).await;
        world.move_batch(&batch, "close").await.expect(200);
        let published = world.get(&world.batch_manager, &format!("/api/v1/batches/{}/ballot", &*batch)).await;
        let history = history_of(world, &batch).await;
        assert_eq!(actions(&history), words("create open close draw"));
        assert_eq!(history[1].event.facts.commitment.as_deref(), published["commitment"].as_str());
        assert_eq!(history[3].event.facts.seed.as_deref(), published["seed"].as_str());
    });
}

#[test]
fn verify_finds_what_was_changed_in_a_history_or_beside_it() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
        let changes: [(&str, &str, &[u8], &[&str]); 5] = [
            ("authorizations", "state", b"expired", &["state_differs"]),
            ("authorizations", "state", b"valid", &["state_differs", "authorization_differs"]),
            ("authorization_events", "facts", b"{\"fields\":[\"/x\"]}", &["chain_broken"]),
            ("authorization_events", "action", b"annul", &["chain_broken"]),
            ("batches", "name", b"Another", &["terms_differ"]),
        ];
        for (table, column, with, found) in changes {
            let kept = world.bytes(&format!("SELECT {} AS bytes FROM {table}", world.bytes_of(column)));
            let change = format!("UPDATE {table} SET {column} = {}", world.text_parameter());
            world.run_with(&change, with);
            assert_eq!(rules(world).await, found, "{table}.{column}");
            world.run_with(&change, &kept[0]);
            assert_eq!(rules(world).await, [""; 0], "{table}.{column} is as it was");
        }
    });
}

/// The rules that do not hold.
async fn rules(world: &World) -> Vec<&'static str> {
    let report = verify::verify(&world.db()).await.unwrap();
    report.breaks.iter().map(|found| found.rule).collect()
}

#[test]
fn what_a_register_of_0e8a793_holds_gets_first_events_that_state_what_was_found() {
    on_registers_of("0e8a793", async |world, register| {
        world
            .until("the histories are begun", async || {
                world.bytes("SELECT x'01' AS bytes FROM jobs WHERE kind = 'begin_histories' AND state <> 'finished'").is_empty()
            })
            .await;
        let auditor = register.program("auditor");
        let batches = world.every(&auditor, "/api/v1/batches").await;
        for seen in &batches {
            let batch = Batch::from(seen["id"].as_str().unwrap());
            let history = history_of(world, &batch).await;
            assert_eq!(actions(&history), ["found"], "{seen}");
            let terms = history[0].event.facts.terms.as_ref().unwrap();
            assert_eq!(
                (history[0].event.to.as_str(), &terms.name[..]),
                (seen["state"].as_str().unwrap(), seen["name"].as_str().unwrap())
            );
        }
        let mut states = std::collections::BTreeMap::new();
        for (state, case) in
            [("approved", "valid"), ("completed", "used"), ("expired", "expired"), ("revoked", "revoked")]
        {
            for found in world.find(&auditor, &format!("state={state}")).await {
                let (held, history) = authorization(world, &found).await;
                assert_eq!((held.as_str(), actions(&history)), (case, vec!["found".to_owned()]));
                *states.entry(case).or_insert(0) += 1;
            }
        }
        assert_eq!(states.len(), 4, "{states:?}");
        // What was given back counted as revoked.
        let given_back =
            world.bytes("SELECT x'01' AS bytes FROM authorizations WHERE state = 'surrendered'").len();
        assert!(given_back > 0);
        assert_eq!(rules(world).await, [""; 0]);
    });
}
