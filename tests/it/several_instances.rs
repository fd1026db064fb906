//! Several instances on one PostgreSQL server work together without conflicts.

use std::collections::BTreeMap;

use corridor::{clock::Clock, domain::lifecycle::State};
use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::world::{Case, Setup, http::Request, on_postgres_with, postgres_server};

#[test]
fn two_instances_give_the_last_places_once() {
    let Some(server) = postgres_server() else { return };
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let limits = json!([{ "dimension": "direction", "key": "CN-KZ", "capacity": 8 }]);
        let batch = world.open_batch_with(json!({ "capacity": 10, "limits": limits })).await;
        let cases = world.cases_at_the_last_stage(&batch, 120).await;
        world.start_process();
        world.token(world.reviewer(&cases[0], "decision")).await;
        let instances = world.both_addresses();
        let sent = cases.iter().zip(instances.iter().cycle()).map(|(case, instance)| {
            let request =
                Request::post(format!("{}/actions", case.path())).json(&json!({ "action": "endorse" }));
            world.try_at(*instance, world.reviewer(case, "decision"), request)
        });
        let mut counts: BTreeMap<(u16, String), usize> = BTreeMap::new();
        for answer in join_all(sent).await {
            let answer = answer.unwrap();
            let state = answer.body["state"].as_str().unwrap_or_default().to_owned();
            *counts.entry((answer.status, state)).or_default() += 1;
        }
        let expected = [((200, "approved".to_owned()), 8), ((200, "waitlisted".to_owned()), 112)];
        assert_eq!(counts, BTreeMap::from(expected));
        assert_eq!(world.in_use(&batch).await, (0, 8));
        world.kill_process();
        // Messages that the killed instance had claimed become due when their leases expire.
        world.advance(SignedDuration::from_mins(5));
        world.restart().await;
    });
}

#[test]
fn an_instance_that_stands_still_in_a_transaction_keeps_the_rows_for_seconds_only() {
    let Some(server) = postgres_server() else { return };
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch(5).await;
        let cases = world.cases_at_the_last_stage(&batch, 2).await;
        world.start_process();
        world.token(world.reviewer(&cases[0], "decision")).await;
        let [own, frozen] = world.both_addresses();
        let endorse = async |instance, case: &Case| {
            let request =
                Request::post(format!("{}/actions", case.path())).json(&json!({ "action": "endorse" }));
            world.try_at(instance, world.reviewer(case, "decision"), request).await
        };
        let mut foreign = world.foreign();
        foreign.run("BEGIN; SELECT 1 FROM batches FOR NO KEY UPDATE");
        let other = async {
            world.until_waiting_for_locks(1).await;
            world.freeze_process();
            // Now the frozen instance has the batch's row, and does not go on.
            foreign.run("ROLLBACK");
            let mut answers = Vec::new();
            while answers.last() != Some(&200) && answers.len() < 5 {
                answers.push(endorse(own, &cases[1]).await.unwrap().status);
            }
            // Nothing else ends the request that waits for it.
            world.kill_process();
            answers
        };
        let (unanswered, answers) = join(endorse(frozen, &cases[0]), other).await;
        assert!(unanswered.is_none());
        assert_eq!((answers.first(), answers.last()), (Some(&503), Some(&200)), "{answers:?}");
        assert_eq!(world.in_use(&batch).await, (0, 1));
        world.advance(SignedDuration::from_mins(5));
        world.restart().await;
    });
}

#[test]
fn what_is_due_is_done_once_by_any_running_instance() {
    let Some(server) = postgres_server() else { return };
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 4, "hold_at": "submission" })).await;
        let holders = world.submit(&batch, ["Ada", "Bo", "Cai", "Dana"]).await;
        let waiting = world.submit(&batch, ["Emil", "Fan", "Gulnar", "Hao"]).await;
        let ask = async |case: &Case, respond_by: Timestamp| {
            let action = json!({
                "action": "request_information", "questions": ["Which turbine?"], "respond_by": respond_by,
            });
            world.act(world.reviewer(case, "nomination"), case, action).await.expect(200);
        };
        let lapsed_and_followed = async |lapsed: &Case, next: &Case| {
            world.until_state(lapsed, State::Lapsed).await;
            world.until_state(next, State::InReview).await;
            for (case, action) in [(lapsed, "lapse"), (next, "promote")] {
                let history = world.history(world.reviewer(case, "nomination"), case).await;
                assert_eq!(
                    history.iter().filter(|event| event["action"] == action).count(),
                    1,
                    "{history:?}"
                );
            }
            assert_eq!(world.in_use(&batch).await, (4, 0));
        };

        // Both instances find the two due cases at the same time.
        let soon = world.now() + SignedDuration::from_secs(2);
        ask(&holders[0], soon).await;
        ask(&holders[1], soon).await;
        world.until("both cases are due", async || Clock::System.now() > soon).await;
        world.advance(SignedDuration::from_secs(2));
        world.start_process();
        for (lapsed, next) in [(&holders[0], &waiting[0]), (&holders[1], &waiting[1])] {
            lapsed_and_followed(lapsed, next).await;
        }

        world.stop().await;
        ask(&holders[2], Clock::System.now() + SignedDuration::from_secs(1)).await;
        lapsed_and_followed(&holders[2], &waiting[2]).await;

        ask(&holders[3], Clock::System.now() + SignedDuration::from_mins(10)).await;
        world.kill_process();
        world.advance(SignedDuration::from_mins(20));
        world.start().await;
        lapsed_and_followed(&holders[3], &waiting[3]).await;
    });
}
