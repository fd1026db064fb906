//! The histories of authorizations and batches: chained events, one for each step. Places do not appear in them.

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Scope},
        event::{AuditedEvent, Chained},
        ids::BatchId,
        lifecycle::{AuthorizationState, BatchState, State},
    },
    store::{self, StoreError},
    workflow::{move_batch::BatchMove, tick::AdvanceBatch, verify},
};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Batch, Case, World, http::Request, on_both_databases, on_databases_of};

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
            let history = store::authorization_event::of(tx, &[held.number])?;
            Ok((held.state, history))
        })
        .await;
    read.unwrap()
}

async fn history_of(world: &World, batch: &Batch) -> Vec<AuditedEvent<BatchState>> {
    let id: BatchId = batch.parse().unwrap();
    world.db().read(move |tx| store::batch_event::of(tx, &[id])).await.unwrap()
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
        let number = world.case(&ada).await["authorization"]["number"].as_str().unwrap().to_owned();
        let (id, of) = (ada.id(), number.clone());
        let decided: Result<_, StoreError> =
            world.db().read(move |tx| store::event::issuing(tx, id, &of)).await;
        let (state, history) = authorization(world, &ada).await;
        assert_eq!((state, history.len()), (AuthorizationState::Valid, 0));

        world.organisation("border", OrganisationKind::Verifier).await;
        let border = world.program("border", &[Scope::AuthorizationsVerify]).await;
        let path = format!("/api/v1/authorizations/{number}/entry");
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
fn the_history_of_a_batch_has_the_commitment_and_the_seed_of_its_ballot() {
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
fn verify_finds_changes_in_a_history_and_in_the_row_that_it_describes() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
        let changes: [(&str, &str, &[u8], &[&str]); 6] = [
            ("authorizations", "state", b"expired", &["standing_differs", "state_differs"]),
            (
                "authorizations",
                "state",
                b"valid",
                &["standing_differs", "state_differs", "authorization_differs"],
            ),
            ("authorization_events", "facts", b"{\"fields\":[\"/x\"]}", &["chain_broken"]),
            ("authorization_events", "action", b"annul", &["chain_broken", "authorization_differs"]),
            ("batches", "name", b"Another", &["terms_differ"]),
            ("authorization_events", "to_state", b"annulled", &["chain_broken"]),
        ];
        for (table, column, with, found) in changes {
            let original = world.bytes(&format!("SELECT {} AS bytes FROM {table}", world.bytes_of(column)));
            let change = format!("UPDATE {table} SET {column} = {}", world.text_parameter());
            world.run_with(&change, with);
            assert_eq!(rules(world).await, found, "{table}.{column}");
            world.run_with(&change, &original[0]);
            assert_eq!(rules(world).await, [""; 0], "{table}.{column} is restored");
        }
    });
}

#[test]
fn verify_finds_a_validity_and_a_ballot_that_differ_from_the_history() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        world.submit(&batch, ["Ada"]).await;
        let other = world.open_batch(3).await;
        let [bo] = world.submit(&other, ["Bo"]).await;
        world.endorse_every_stage([&bo]).await;
        let date = if world.database_url().starts_with("sqlite") { "" } else { "::date" };
        let longer = format!("UPDATE authorizations SET valid_until = '2031-01-01'{date}");
        world.run(&longer).unwrap();
        assert_eq!(rules(world).await, ["standing_differs", "authorization_differs", "due_differs"]);
        world.run(&format!("UPDATE authorizations SET valid_until = '2026-04-20'{date}")).unwrap();
        assert_eq!(rules(world).await, [""; 0]);
        let commitment = "SELECT ballot_commitment AS bytes FROM batches WHERE ballot_commitment IS NOT NULL";
        let original = world.bytes(commitment).remove(0);
        let change = "UPDATE batches SET ballot_commitment = $1 WHERE ballot_commitment IS NOT NULL";
        world.run_with(change, &[7; 32]);
        assert_eq!(rules(world).await, ["ballot_differs", "ballot_differs"]);
        world.run_with(change, &original);
    });
}

#[test]
fn a_batch_is_returned_as_it_is_stored() {
    on_both_databases(async |world| {
        let limits = json!([
            { "dimension": "direction", "key": "KZ-CN", "capacity": 1 },
            { "dimension": "category", "key": "technical", "capacity": 1 },
        ]);
        let terms = json!({ "capacity": 2, "limits": limits, "opens_at": "2026-06-01T00:00:00.123456789Z" });
        let made = world.plan_batch(terms).await.expect(201);
        let batch = Batch::from(made["id"].as_str().unwrap());
        assert_eq!(world.batch(&batch).await, made);
        assert_eq!(made["opens_at"], "2026-06-01T00:00:00.123456Z");
        assert_eq!(rules(world).await, [""; 0]);
    });
}

#[test]
fn of_several_moves_of_a_batch_at_the_same_moment_one_succeeds() {
    on_both_databases(async |world| {
        for _ in 0..5 {
            let batch = world.open_batch(1).await;
            let close = || world.move_batch(&batch, "close");
            let answers = futures_util::future::join_all((0..6).map(|_| close())).await;
            let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
            statuses.sort();
            assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
            assert_eq!(actions(&history_of(world, &batch).await), words("create open close"));
        }
    });
}

#[test]
fn a_due_step_that_another_instance_has_taken_is_taken_once() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let seen_version = i32::try_from(world.batch(&batch).await["version"].as_i64().unwrap()).unwrap();
        let due = AdvanceBatch { batch: batch.parse().unwrap(), seen_version, step: BatchMove::Close };
        for _ in 0..2 {
            world.service().execute(&Actor::system(), due).await.unwrap();
        }
        assert_eq!(actions(&history_of(world, &batch).await), words("create open close"));
    });
}

#[test]
fn for_a_batch_rights_are_checked_before_the_version_and_the_version_before_the_state() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        world.move_batch(&batch, "end").await.expect(200);
        let stranger = world.program("cn-nhc", &[Scope::ReviewsWrite]).await;
        let path = format!("/api/v1/batches/{}", &*batch);
        let open = Request::post(format!("{path}/open"));
        assert_eq!(world.send_as(&stranger, open).await.status, 403);
        let stale = Request::patch(&path).if_match(1).json(&json!({ "capacity": 2 }));
        assert_eq!(world.send_as(&world.batch_manager, stale).await.refusal(), (412, "version_conflict"));
        let ended = world.change_batch(&batch, json!({ "capacity": 2 })).await;
        assert_eq!(ended.refusal(), (409, "batch_state"));
    });
}

#[test]
fn a_step_that_comes_before_the_begin_histories_job_begins_the_history() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        // The state that an earlier version left.
        world.run("DELETE FROM batch_events").unwrap();
        world.run_with("UPDATE batches SET event_seq = 0, event_hash = $1", b"");
        world.run_with("UPDATE authorizations SET event_hash = $1", b"");
        world.move_batch(&batch, "close").await.expect(200);
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
        let steps = history_of(world, &batch).await;
        assert_eq!(actions(&steps), words("found close"));
        assert_eq!((steps[0].event.to, &steps[0].event.actor_kind[..]), (BatchState::Open, "system"));
        assert_eq!(actions(&authorization(world, &ada).await.1), words("found surrender"));
        assert_eq!(rules(world).await, [""; 0]);
    });
}

/// The rules that `verify` finds broken.
async fn rules(world: &World) -> Vec<&'static str> {
    let report = verify::verify(&world.db()).await.unwrap();
    report.breaks.iter().map(|found| found.rule).collect()
}

#[test]
fn batches_and_authorizations_of_0e8a793_get_a_first_event_with_their_state() {
    on_databases_of("0e8a793", async |world, saved| {
        world
            .until("the job has begun the histories", async || {
                world.bytes("SELECT x'01' AS bytes FROM jobs WHERE kind = 'begin_histories' AND state <> 'finished'").is_empty()
            })
            .await;
        let auditor = saved.program("auditor");
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
        // Version 0e8a793 had no state for surrendered authorizations: they counted as revoked.
        let given_back =
            world.bytes("SELECT x'01' AS bytes FROM authorizations WHERE state = 'surrendered'").len();
        assert!(given_back > 0);
        assert_eq!(rules(world).await, [""; 0]);
    });
}
