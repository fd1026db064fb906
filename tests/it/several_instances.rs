//! Several instances on one PostgreSQL share everything and fall over each other nowhere.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Setup, http::Request, on_postgres_with, postgres_server};

#[test]
fn two_instances_give_the_last_places_once() {
    let Some(server) = postgres_server() else { return };
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let limits = json!([{ "dimension": "direction", "key": "CN-KZ", "capacity": 8 }]);
        let batch = world.open_batch_with(json!({ "capacity": 10, "limits": limits })).await;
        let cases = world.crowd_at_the_last_stage(&batch, 120).await;
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
        // What was on its way from there is free when its lease is over.
        world.advance(SignedDuration::from_mins(5));
        world.restart().await;
    });
}
