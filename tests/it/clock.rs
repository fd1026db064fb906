//! A clock that cannot be trusted: timed work, jobs and messages stop and say so, and continue when it is right.

use corridor::{
    domain::{
        actor::{Actor, Role},
        clock_fault::{ClockFaultKind, ReportedFault},
    },
    workflow::clock_check::{AcceptClock, ListClockFaults},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Batch, Setup, World, on_both_databases_with, with};

fn running_clock() -> Setup {
    Setup { clock_runs: true, ..Setup::default() }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn faults(world: &World) -> Vec<ReportedFault> {
    world.service().query(&Actor::operator(), ListClockFaults).await.unwrap()
}

async fn until_a_fault_is_reported(world: &World) -> ReportedFault {
    world.until("the fault is reported", async || !faults(world).await.is_empty()).await;
    faults(world).await.remove(0)
}

async fn until_the_clock_is_right(world: &World) {
    world.until("the clock is trusted again", async || faults(world).await.is_empty()).await;
}

/// Waits until the scheduler has had the time for several rounds.
async fn several_rounds(world: &World) {
    let then = world.now() + SignedDuration::from_secs(3);
    world.until("several rounds are over", async || world.now() > then).await;
}

fn texts(world: &World, column: &str, table: &str) -> Vec<String> {
    let rows = world.bytes(&format!("SELECT {} AS bytes FROM {table}", world.bytes_of(column)));
    rows.into_iter().map(|row| String::from_utf8(row).unwrap()).collect()
}

/// An open batch that closes in ten minutes, and a case in it that has to be answered within days.
async fn with_something_due(world: &World) -> Batch {
    let closes_at = world.now() + SignedDuration::from_mins(10);
    let batch = world.open_batch_with(json!({ "capacity": 1, "closes_at": closes_at.to_string() })).await;
    let [ada] = world.submit(&batch, ["Ada"]).await;
    let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
    world.act(&world.reviewers["cn-mofcom"], &ada, ask).await.expect(200);
    world.mail().await;
    batch
}

fn assert_nothing_was_done(world: &World) {
    assert_eq!(texts(world, "state", "batches"), ["open"]);
    assert_eq!(texts(world, "state", "applications"), ["information_requested"]);
}

#[test]
fn a_clock_that_jumps_a_year_ahead_does_nothing_and_the_work_continues_when_it_is_set_back() {
    on_both_databases_with(&running_clock(), async |world| {
        let admin = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let batch = with_something_due(world).await;
        let letters = world.sent_to("ada@travellers.example");
        world.advance(days(400));
        let reported = until_a_fault_is_reported(world).await;
        let is_sqlite = world.database_url().starts_with("sqlite");
        let expected = if is_sqlite { ClockFaultKind::WasSet } else { ClockFaultKind::DiffersFromDatabase };
        assert_eq!(reported.fault.kind, expected);
        let ahead = reported.fault.own.duration_since(reported.fault.other);
        assert!((ahead - days(400)).abs() < SignedDuration::from_secs(5), "{ahead}");
        world.run("UPDATE notifications SET state = 'pending', next_attempt_at = created_at").unwrap();
        several_rounds(world).await;
        assert_nothing_was_done(world);
        assert_eq!(world.sent_to("ada@travellers.example"), letters, "a message was sent");

        let page = world.page(&world.session(&admin).await, "/console/jobs").await;
        let html = String::from_utf8(page.bytes).unwrap();
        assert!(html.contains("cannot be trusted: it does no scheduled work"), "{html}");
        let printed = world.corridor().args(["jobs", "--json"]).output().unwrap();
        let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
        let fault = &printed["clock_faults"][0];
        assert_eq!((&fault["fault"], &fault["clock"]), (&json!(expected), &json!(reported.fault.own)));
        assert_eq!(fault["compared_with"], json!(reported.fault.other));
        assert!(fault["way_out"].as_str().unwrap().contains("set the clock"));

        world.advance(days(-400));
        until_the_clock_is_right(world).await;
        assert_nothing_was_done(world);
        let closes_at = world.now() + SignedDuration::from_secs(2);
        world.change_batch(&batch, json!({ "closes_at": closes_at.to_string() })).await.expect(200);
        world.until("the batch is closed", async || texts(world, "state", "batches") == ["closed"]).await;
    });
}

#[test]
fn a_service_that_starts_with_a_clock_a_year_ahead_does_nothing() {
    on_both_databases_with(&running_clock(), async |world| {
        with_something_due(world).await;
        world.stop().await;
        world.advance(days(365));
        world.start().await;
        until_a_fault_is_reported(world).await;
        several_rounds(world).await;
        assert_nothing_was_done(world);
        world.advance(days(-365));
        until_the_clock_is_right(world).await;
    });
}

#[test]
fn a_clock_that_is_behind_does_nothing_either() {
    on_both_databases_with(&running_clock(), async |world| {
        with_something_due(world).await;
        world.stop().await;
        world.advance(days(-30));
        world.start().await;
        let reported = until_a_fault_is_reported(world).await;
        let is_sqlite = world.database_url().starts_with("sqlite");
        let expected =
            if is_sqlite { ClockFaultKind::BeforeLastRecord } else { ClockFaultKind::DiffersFromDatabase };
        assert_eq!(reported.fault.kind, expected);
        // The clock is set while the service runs, as by a time server soon after the machine has started.
        world.advance(days(30));
        until_the_clock_is_right(world).await;
    });
}

#[test]
fn a_service_that_was_off_for_a_month_continues_at_once() {
    with(running_clock(), async |world| {
        with_something_due(world).await;
        world.stop().await;
        world.advance(days(31));
        world.start().await;
        world.until("the batch is closed", async || texts(world, "state", "batches") == ["closed"]).await;
        world
            .until("the case has lapsed", async || texts(world, "state", "applications") == ["lapsed"])
            .await;
        assert!(faults(world).await.is_empty());
    });
}

#[test]
fn after_a_very_long_pause_a_person_says_that_the_clock_is_right() {
    with(running_clock(), async |world| {
        with_something_due(world).await;
        world.stop().await;
        world.advance(days(200));
        world.start().await;
        assert_eq!(until_a_fault_is_reported(world).await.fault.kind, ClockFaultKind::LongPause);
        world.service().execute(&Actor::system(), AcceptClock).await.unwrap();
        until_the_clock_is_right(world).await;
        world.until("the batch is closed", async || texts(world, "state", "batches") == ["closed"]).await;
        world.mail().await;

        // It was wrong after all. The records of the future would stop the service until then.
        world.stop().await;
        world.advance(days(-200));
        world.start().await;
        assert_eq!(until_a_fault_is_reported(world).await.fault.kind, ClockFaultKind::BeforeLastRecord);
        let accepted = world.corridor().args(["jobs", "--accept-clock"]).output().unwrap();
        assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
        until_the_clock_is_right(world).await;
        world.restart().await;
        several_rounds(world).await;
        assert!(faults(world).await.is_empty());
    });
}

#[test]
fn on_postgresql_nobody_can_accept_a_clock_that_differs() {
    on_both_databases_with(&Setup { begins_now: true, ..Setup::default() }, async |world| {
        let accepted = world.corridor().args(["jobs", "--accept-clock"]).output().unwrap();
        assert_eq!(accepted.status.success(), world.database_url().starts_with("sqlite"));
    });
}
