//! No lost updates: a change names the version that was seen in `If-Match`, and is refused if the version is stale.

use std::sync::atomic::{AtomicUsize, Ordering};

use corridor::{
    domain::{lifecycle::Action, policy::Operation},
    workflow::{
        WorkflowError,
        case_command::CaseCommand,
        claim::Claim,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};
use serde_json::{Value, json};

use crate::world::{Case, World, http::Request, on_both_databases};

async fn version(world: &World, case: &Case) -> i64 {
    world.case(case).await["version"].as_i64().unwrap()
}

fn edit(case: &Case) -> Request {
    Request::patch(case.path()).json(&json!({ "employment": { "position": "Chief engineer" } }))
}

#[test]
fn a_change_needs_the_version_that_was_seen_and_a_stale_one_changes_nothing() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        let seen = version(world, &ada).await;
        let without = world.send_as(&world.sponsor, edit(&ada)).await;
        assert_eq!(without.refusal(), (428, "version_required"));

        let changed = world.send_as(&world.sponsor, edit(&ada).if_match(seen)).await;
        assert_eq!(changed.header("ETag"), format!("\"{}\"", seen + 1));
        changed.expect(200);
        let before = world.case(&ada).await;
        let other = Request::patch(ada.path()).json(&json!({ "employment": { "position": "Director" } }));
        let stale = world.send_as(&world.sponsor, other.if_match(seen)).await;
        assert_eq!(stale.refusal(), (412, "version_conflict"));
        assert_eq!(world.case(&ada).await, before);
    });
}

#[test]
fn a_tag_that_was_never_issued_matches_nothing() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let draft = world.draft(&world.form(&batch, "Bo")).await;
        let seen = version(world, &ada).await;
        for tag in [
            format!("\"{}\"", seen + 1),
            "\"x\"".into(),
            format!("{seen}"),
            format!("W/\"{seen}\""),
            "*".into(),
        ] {
            let change = world.send_as(&world.sponsor, edit(&draft).header("If-Match", &tag)).await;
            assert_eq!(change.refusal(), (412, "version_conflict"), "{tag}");
            let action =
                Request::post(format!("{}/actions", ada.path())).json(&json!({ "action": "endorse" }));
            let answer = world.send_as(&world.reviewers["cn-mofcom"], action.header("If-Match", &tag)).await;
            assert_eq!(answer.refusal(), (412, "version_conflict"), "{tag}");
        }
        assert_eq!(version(world, &ada).await, seen);
    });
}

#[test]
fn an_action_on_a_stale_version_is_refused_and_without_a_version_it_is_accepted() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let seen = version(world, &ada).await;
        let endorse = |seen: Option<i64>| {
            let request =
                Request::post(format!("{}/actions", ada.path())).json(&json!({ "action": "endorse" }));
            seen.into_iter().fold(request, Request::if_match)
        };
        let nomination = &world.reviewers["cn-mofcom"];
        let stale = world.send_as(nomination, endorse(Some(seen - 1))).await;
        assert_eq!(stale.refusal(), (412, "version_conflict"));
        world.send_as(nomination, endorse(Some(seen))).await.expect(200);
        let stranger = world.send_as(nomination, endorse(Some(seen))).await;
        assert_eq!(stranger.refusal(), (403, "forbidden"), "rights are checked before versions");
        world.send_as(&world.reviewers["kz-moh"], endorse(None)).await.expect(200);
    });
}

#[test]
fn viewing_the_passport_number_does_not_change_the_version() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let seen = version(world, &ada).await;
        let officer = world.officer("li@mofcom.example", "cn-mofcom").await;
        assert!(world.view_passport_number(&officer, &ada).await.starts_with('E'));
        assert_eq!(version(world, &ada).await, seen);
        let history = world.history(&world.reviewers["cn-mofcom"], &ada).await;
        assert_eq!(history.last().unwrap()["action"], "view_document", "the view is in the history");
    });
}

#[test]
fn a_batch_is_changed_at_the_version_that_was_seen() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let before = world.batch(&batch).await;
        let path = format!("/api/v1/batches/{}", &*batch);
        let raise = || Request::patch(&path).json(&json!({ "capacity": 6 }));
        let refusal = async |request: Request| {
            let answer = world.send_as(&world.batch_manager, request).await;
            (answer.status, answer.code().to_owned())
        };
        assert_eq!(refusal(raise()).await, (428, "version_required".into()));
        let seen = before["version"].as_i64().unwrap();
        assert_eq!(refusal(raise().if_match(seen - 1)).await, (412, "version_conflict".into()));
        assert_eq!(world.batch(&batch).await, before);
        assert_eq!(refusal(raise().if_match(seen)).await, (200, String::new()));
        assert_eq!(world.batch(&batch).await["capacity"], Value::from(6));
    });
}

/// Endorses with a permission that was loaded before the case was claimed in the same transaction.
fn endorse_late(ctx: &mut Context<'_, '_>, case: SeenCase, is_claimed: bool) -> Result<(), WorkflowError> {
    let permitted = Permitted::load(ctx, Operation::Act(Action::Endorse), case)?;
    if is_claimed {
        ctx.execute(&Claim.on(case))?;
    }
    let step = CaseStep::to_stage(&permitted, "health", permitted.case.place, ctx.now);
    transition::apply(ctx, permitted, step).map(drop)
}

#[test]
fn a_permission_for_a_case_that_has_changed_since_changes_nothing_and_the_command_runs_again() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let officer = world.officer("li@mofcom.example", "cn-mofcom").await.actor;
        let (db, now, case) = (world.db(), world.now(), SeenCase::any_version(ada.id()));
        let before = world.history(&world.reviewers["cn-mofcom"], &ada).await;
        let endorse = async |is_claimed: fn(usize) -> bool| {
            let (officer, tries) = (officer.clone(), AtomicUsize::new(0));
            db.write(move |tx| {
                let tried = tries.fetch_add(1, Ordering::Relaxed);
                endorse_late(&mut Context::new(tx, &officer, now), case, is_claimed(tried))
            })
            .await
        };
        let stale = endorse(|_| true).await.unwrap_err();
        assert!(matches!(stale, WorkflowError::Unavailable(_)), "a retry may succeed: {stale:?}");
        assert_eq!(
            world.history(&world.reviewers["cn-mofcom"], &ada).await,
            before,
            "a refused command writes nothing"
        );

        endorse(|tried| tried == 0).await.unwrap();
        let after = world.history(&world.reviewers["cn-mofcom"], &ada).await;
        let actions: Vec<_> = after[before.len()..].iter().map(|event| &event["action"]).collect();
        assert_eq!(actions, ["endorse"]);
    });
}
