//! Views of a full document number or an uploaded document of somebody else's case are recorded before anything is
//! shown. They do not change the case.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::Value;

use crate::world::{BusyWriters, Case, PDF, Program, World, http::Request, on_both_databases};

/// The path of the case's first document.
async fn document(world: &World, case: &Case) -> String {
    let id = world.case(case).await["evidence"][0]["id"].as_str().unwrap().to_owned();
    format!("{}/evidence/{id}", case.path())
}

async fn read(world: &World, who: &Program, address: &str) {
    assert_eq!(world.send_as(who, Request::get(address)).await.bytes, PDF);
}

/// The views in a history: action, and which document.
fn views(history: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let views = history.iter().filter(|line| line["seq"].is_null());
    views.map(|line| (text(&line["action"]), text(&line["facts"]["evidence"]))).collect()
}

#[test]
fn a_view_is_listed_for_officers_and_changes_nothing() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let reviewer = &world.reviewers["cn-mofcom"];
        let officer = world.officer("li@mofcom.example", "cn-mofcom").await;
        let (before, seen) = (world.history(reviewer, &ada).await, world.case(&ada).await["version"].clone());
        let document = document(world, &ada).await;
        world.view_passport_number(&officer, &ada).await;
        read(world, reviewer, &document).await;

        let history = world.history(reviewer, &ada).await;
        assert_eq!(history[..before.len()], before, "a view adds no event to the chain");
        let kind_and_id = format!("passport_page {}", document.rsplit('/').next().unwrap());
        let expected = [("view_document".into(), String::new()), ("view_evidence".into(), kind_and_id)];
        assert_eq!(views(&history), expected);
        let view = history.last().unwrap();
        assert_eq!((&view["actor_kind"], &view["authority"]), (&"client".into(), &"cn-mofcom".into()));
        assert_eq!((&view["to"], &view["to_stage"]), (&"in_review".into(), &"nomination".into()));
        assert_eq!(view["hash"], Value::Null);
        assert_eq!(world.case(&ada).await["version"], seen);
        world.endorse(&ada, "nomination").await;
        let after = world.history(reviewer, &ada).await;
        assert_eq!(after[after.len() - 1]["seq"], before.len() + 1, "a view takes no event number");
    });
}

#[test]
fn the_cases_own_people_leave_no_record_and_see_none() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let document = document(world, &ada).await;
        read(world, &world.sponsor, &document).await;
        let reviewer = &world.reviewers["cn-mofcom"];
        assert_eq!(views(&world.history(reviewer, &ada).await), []);
        read(world, reviewer, &document).await;
        assert_eq!(views(&world.history(&world.sponsor, &ada).await), []);
        assert_eq!(views(&world.history(reviewer, &ada).await).len(), 1);
    });
}

#[test]
fn a_view_is_recorded_once_per_actor_subject_and_quarter_of_an_hour() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let first = document(world, &ada).await;
        let second = world.case(&ada).await["evidence"][1]["id"].as_str().unwrap().to_owned();
        let second = format!("{}/evidence/{second}", ada.path());
        let (reviewer, other) = (&world.reviewers["cn-mofcom"], &world.reviewers["kz-moh"]);
        let count = async || views(&world.history(reviewer, &ada).await).len();
        read(world, reviewer, &first).await;
        world.advance(SignedDuration::from_mins(14));
        read(world, reviewer, &first).await;
        assert_eq!(count().await, 1);
        read(world, reviewer, &second).await;
        assert_eq!(count().await, 2, "another document");
        world.advance(SignedDuration::from_mins(1));
        read(world, reviewer, &first).await;
        assert_eq!(count().await, 3, "a quarter of an hour later");
        world.endorse(&ada, "nomination").await;
        read(world, other, &first).await;
        assert_eq!(count().await, 4, "another program");
    });
}

#[test]
fn views_at_the_same_moment_are_recorded_once() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let document = document(world, &ada).await;
        let reviewer = &world.reviewers["cn-mofcom"];
        world.token(reviewer).await;
        let busy = BusyWriters::of(&world.db()).await;
        let reads = join_all((0..6).map(|_| read(world, reviewer, &document)));
        join(reads, busy.release()).await;
        assert_eq!(views(&world.history(reviewer, &ada).await).len(), 1);
    });
}

#[test]
fn nothing_is_shown_before_the_record_is_durable_and_other_reads_do_not_wait_for_the_writer() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let document = document(world, &ada).await;
        let (reviewer, other) = (&world.reviewers["cn-mofcom"], &world.reviewers["kz-moh"]);
        read(world, reviewer, &document).await;
        world.endorse(&ada, "nomination").await;
        world.token(other).await;
        let busy = BusyWriters::of(&world.db()).await;
        // Reads of the case's own side, and repeated views, write no record.
        read(world, &world.sponsor, &document).await;
        read(world, reviewer, &document).await;
        world.history(reviewer, &ada).await;
        let released = std::cell::Cell::new(false);
        let first_view = async {
            read(world, other, &document).await;
            assert!(released.get(), "the document was shown before the view was recorded");
        };
        let release = async {
            // Other reads do not wait for the writer.
            for _ in 0..20 {
                world.history(reviewer, &ada).await;
            }
            released.set(true);
            busy.release().await;
        };
        join(first_view, release).await;
        assert_eq!(views(&world.history(reviewer, &ada).await).len(), 2);
    });
}

#[test]
fn a_refused_view_leaves_no_record() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let document = document(world, &ada).await;
        let stranger = world.another_sponsor("tianshan").await;
        assert_eq!(world.send_as(&stranger, Request::get(&document)).await.refusal(), (404, "not_found"));
        let reviewer = &world.reviewers["cn-mofcom"];
        let nothing = format!("{}/evidence/0192f0c1-0000-7000-8000-000000000000", ada.path());
        assert_eq!(world.send_as(reviewer, Request::get(nothing)).await.refusal(), (404, "not_found"));
        assert_eq!(views(&world.history(reviewer, &ada).await), []);
    });
}

#[test]
fn the_pages_of_a_history_have_every_view_and_every_event_once() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        world.add_required_evidence(&ada).await;
        let submit = serde_json::json!({ "action": "submit" });
        world.act(&world.sponsor, &ada, submit).await.expect(200);
        let documents = world.case(&ada).await["evidence"].as_array().unwrap().clone();
        let reviewer = &world.reviewers["cn-mofcom"];
        for document in &documents {
            let id = document["id"].as_str().unwrap();
            read(world, reviewer, &format!("{}/evidence/{id}", ada.path())).await;
        }
        world.endorse(&ada, "nomination").await;
        for document in &documents[..2] {
            let id = document["id"].as_str().unwrap();
            read(world, &world.reviewers["kz-moh"], &format!("{}/evidence/{id}", ada.path())).await;
        }
        let whole = world.history(reviewer, &ada).await;
        assert_eq!(views(&whole).len(), 6);
        let actions: Vec<&str> = whole.iter().map(|line| line["action"].as_str().unwrap()).collect();
        let views_of = |count| vec!["view_evidence"; count];
        let tail = [vec!["submit"], views_of(4), vec!["endorse"], views_of(2)].concat();
        assert_eq!(actions[actions.len() - tail.len()..], tail);
        for limit in 1..=whole.len() + 1 {
            let pages = world.every(reviewer, &format!("{}/events?limit={limit}", ada.path())).await;
            assert_eq!(pages, whole, "{limit} lines per page");
        }
    });
}
