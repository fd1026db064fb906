//! Ballots: nobody has a place before the draw, the seed matches its commitment, and anybody can check the draw.

use std::{
    io::{Read, Write},
    path::PathBuf,
    process::Command,
    sync::{Arc, LazyLock},
};

use corridor::{
    domain::{
        ballot::{Bytes32, Published},
        job::{Job, JobState},
    },
    keyring::Keyring,
    store::{self, Db, StoreError},
    workflow::{ballot, verify},
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Batch, Case, Setup, World, http::Request, on_both_databases, on_both_databases_with};

const NAMES: [&str; 6] = ["Ada", "Bo", "Chu", "Dai", "Eva", "Fu"];

/// The published draw, read without an account.
async fn published(world: &World, batch: &Batch) -> Value {
    world.send(Request::get(format!("/api/v1/batches/{}/ballot", &**batch))).await.expect(200)
}

/// The cases in drawn order.
async fn drawn<'a>(world: &World, batch: &Batch, cases: &'a [Case]) -> Vec<&'a Case> {
    let list = published(world, batch).await;
    let ids = list["cases"].as_array().unwrap().iter();
    ids.map(|id| cases.iter().find(|case| *id == case.id).unwrap()).collect()
}

async fn states(world: &World, cases: &[&Case]) -> Vec<String> {
    let mut states = Vec::new();
    for case in cases {
        states.extend(world.states([*case]).await);
    }
    states
}

async fn places(world: &World, cases: &[&Case]) -> Vec<Value> {
    let mut places = Vec::new();
    for case in cases {
        places.push(world.case(case).await["place_in_line"].clone());
    }
    places
}

#[test]
fn places_are_given_in_drawn_order_when_the_batch_closes_and_not_before() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 2, "order": "ballot" })).await;
        let promised = world.batch(&batch).await["ballot"].clone();
        assert_eq!((&promised["seed"], &promised["drawn_at"]), (&Value::Null, &Value::Null));
        let cases = world.submit(&batch, NAMES).await;
        world.endorse_every_stage(cases.each_ref()).await;
        assert_eq!(
            world.states(cases.each_ref()).await,
            ["waitlisted"; 6],
            "there is room, but the draw has not taken place"
        );
        assert_eq!(places(world, &cases.each_ref()).await, vec![Value::Null; 6]);
        assert_eq!(world.in_use(&batch).await, (0, 0));
        let letter = world.mail_to("Ada").await.pop().unwrap().text;
        assert!(
            letter.contains("your application takes part in the draw")
                && !letter.contains("place in the line")
        );
        world.change_batch(&batch, json!({ "capacity": 3 })).await.expect(200);
        assert_eq!(world.in_use(&batch).await, (0, 0), "a larger capacity gives no places before the draw");

        let closed = world.move_batch(&batch, "close").await.expect(200);
        assert_eq!(closed["ballot"]["commitment"], promised["commitment"]);
        let order = drawn(world, &batch, &cases).await;
        let approved = ["approved", "approved", "approved", "waitlisted", "waitlisted", "waitlisted"];
        assert_eq!(states(world, &order).await, approved);
        assert_eq!(places(world, &order[3..]).await, [1, 2, 3]);
        world.surrender(order[1]).await;
        assert_eq!(states(world, &order[..4]).await, ["approved", "withdrawn", "approved", "approved"]);
        assert_eq!(places(world, &order[4..]).await, [1, 2]);
        world.change_batch(&batch, json!({ "capacity": 4 })).await.expect(200);
        assert_eq!(states(world, &order[4..]).await, ["approved", "waitlisted"]);
    });
}

#[test]
fn if_places_are_held_at_submission_the_draw_comes_before_the_reviews() {
    on_both_databases(async |world| {
        let terms = json!({ "capacity": 2, "order": "ballot", "hold_at": "submission" });
        let batch = world.open_batch_with(terms).await;
        let cases = world.submit(&batch, ["Ada", "Bo", "Chu", "Dai"]).await;
        assert_eq!(world.states(cases.each_ref()).await, ["waitlisted"; 4]);
        world.withdraw(&cases[0]).await;
        world.move_batch(&batch, "close").await.expect(200);
        assert_eq!(world.in_use(&batch).await, (2, 0));
        let mut order = drawn(world, &batch, &cases).await;
        assert_eq!(order.len(), 4, "a withdrawn case is listed too");
        order.retain(|case| case.id != cases[0].id);
        assert_eq!(states(world, &order).await, ["in_review", "in_review", "waitlisted"]);
        let refuse = json!({ "action": "refuse", "grounds": ["not_essential"], "message": "It can wait." });
        world.act(world.reviewer(order[0], "nomination"), order[0], refuse).await.expect(200);
        assert_eq!(states(world, &order).await, ["refused", "in_review", "in_review"]);
        world.endorse_every_stage([order[1], order[2]]).await;
        assert_eq!(states(world, &order[1..]).await, ["approved", "approved"]);
    });
}

#[test]
fn the_draw_skips_a_case_whose_own_limit_is_full() {
    on_both_databases(async |world| {
        let limit = json!({ "dimension": "direction", "key": "CN-KZ", "capacity": 1 });
        let terms = json!({ "capacity": 3, "order": "ballot", "hold_at": "submission", "limits": [limit] });
        let batch = world.open_batch_with(terms).await;
        let mut cases = Vec::from(world.submit(&batch, ["Ada", "Bo", "Chu"]).await);
        for name in ["Dana", "Erlan"] {
            cases.push(world.submit_form(&world.form_to_china(&batch, name)).await);
        }
        world.move_batch(&batch, "close").await.expect(200);
        let order = drawn(world, &batch, &cases).await;
        let (there, back): (Vec<&Case>, Vec<&Case>) =
            order.into_iter().partition(|case| case.direction == "CN-KZ");
        assert_eq!(states(world, &there).await, ["in_review", "waitlisted", "waitlisted"]);
        assert_eq!(states(world, &back).await, ["in_review", "in_review"]);
        world.withdraw(there[0]).await;
        assert_eq!(states(world, &there).await, ["withdrawn", "in_review", "waitlisted"]);
    });
}

#[test]
fn a_case_whose_review_ends_after_the_draw_waits_in_drawn_order() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "order": "ballot" })).await;
        let cases = world.submit(&batch, ["Ada", "Bo", "Chu", "Dai"]).await;
        world.endorse_every_stage([&cases[3]]).await;
        world.move_batch(&batch, "close").await.expect(200);
        assert_eq!(world.states([&cases[3]]).await, ["approved"], "it is the only endorsed case");
        let order = drawn(world, &batch, &cases[..]).await;
        world.endorse_every_stage([&cases[2], &cases[1], &cases[0]]).await;
        let late: Vec<&Case> = order.into_iter().filter(|case| case.id != cases[3].id).collect();
        assert_eq!(places(world, &late).await, [1, 2, 3]);
        world.surrender(&cases[3]).await;
        assert_eq!(states(world, &late).await, ["approved", "waitlisted", "waitlisted"]);
    });
}

#[test]
fn the_scheduler_starts_the_draw_when_the_window_is_over() {
    on_both_databases(async |world| {
        let closes = (world.now() + SignedDuration::from_mins(10)).to_string();
        let terms = json!({ "capacity": 1, "order": "ballot", "hold_at": "submission", "closes_at": closes });
        let batch = world.open_batch_with(terms).await;
        let cases = world.submit(&batch, ["Ada", "Bo"]).await;
        world.advance(SignedDuration::from_mins(11));
        world.until("the batch is closed", async || world.batch(&batch).await["state"] == "closed").await;
        world.until_jobs_are_done().await;
        let order = drawn(world, &batch, &cases).await;
        assert_eq!(states(world, &order).await, ["in_review", "waitlisted"]);
        assert_eq!(
            world.letter_kinds(if order[0].id == cases[0].id { "Ada" } else { "Bo" }).await,
            ["On the waiting list", "Received"]
        );
    });
}

#[test]
fn a_batch_that_ends_before_its_draw_reveals_its_seed_and_gives_no_place() {
    on_both_databases(async |world| {
        let terms = json!({ "capacity": 1, "order": "ballot", "hold_at": "submission" });
        let batch = world.open_batch_with(terms).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.move_batch(&batch, "end").await.expect(200);
        world.until_state(&ada, corridor::domain::lifecycle::State::Lapsed).await;
        assert_eq!(published(world, &batch).await["cases"], json!([ada.id]));
        assert_eq!(world.ledger(&batch).await, [""; 0]);
    });
}

#[test]
fn after_opening_a_batch_cannot_change_to_a_ballot_or_from_it() {
    on_both_databases(async |world| {
        let planned = world.plan_batch(json!({ "order": "ranked" })).await.expect(201);
        let planned = Batch::from(planned["id"].as_str().unwrap());
        world.change_batch(&planned, json!({ "order": "ballot" })).await.expect(200);
        assert_eq!(world.batch(&planned).await["ballot"], Value::Null, "a planned batch has no commitment");
        let no_waiting_list = world.change_batch(&planned, json!({ "on_full": "refuse" })).await;
        assert_eq!(no_waiting_list.faults(), [("/on_full".to_owned(), "ballot_needs_line".to_owned())]);

        let by_lot = world.open_batch_with(json!({ "order": "ballot" })).await;
        let by_time = world.open_batch(1).await;
        for (batch, order) in [(&by_lot, "first_come"), (&by_lot, "ranked"), (&by_time, "ballot")] {
            let before = world.batch(batch).await;
            let refused = world.change_batch(batch, json!({ "order": order, "capacity": 7 })).await;
            assert_eq!(refused.refusal(), (422, "invalid"));
            assert_eq!(refused.faults(), [("/order".to_owned(), "fixed_after_opening".to_owned())]);
            assert_eq!(world.batch(batch).await, before);
        }
        world.change_batch(&by_time, json!({ "order": "ranked" })).await.expect(200);
        world.change_batch(&by_lot, json!({ "order": "ballot", "capacity": 7 })).await.expect(200);
        world.move_batch(&by_lot, "close").await.expect(200);
        assert_eq!(world.move_batch(&by_lot, "open").await.refusal(), (409, "batch_state"));
        let after = world.change_batch(&by_lot, json!({ "order": "ranked" })).await;
        assert_eq!(after.faults(), [("/order".to_owned(), "fixed_after_opening".to_owned())]);
    });
}

#[test]
fn the_list_is_public_but_only_after_the_draw() {
    on_both_databases(async |world| {
        let ask = async |batch: &Batch| {
            world.send(Request::get(format!("/api/v1/batches/{}/ballot", &**batch))).await
        };
        let by_time = world.open_batch(1).await;
        assert_eq!(ask(&by_time).await.refusal(), (404, "not_found"));
        let planned = world.plan_batch(json!({ "order": "ballot" })).await.expect(201);
        assert_eq!(ask(&Batch::from(planned["id"].as_str().unwrap())).await.refusal(), (404, "not_found"));
        let batch = world.open_batch_with(json!({ "order": "ballot" })).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        assert_eq!(ask(&batch).await.refusal(), (409, "ballot_not_drawn"));
        world.move_batch(&batch, "close").await.expect(200);
        let list = ask(&batch).await.expect(200);
        let mut members: Vec<_> = list.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["batch", "cases", "commitment", "drawn_at", "seed"]);
        assert_eq!(list["cases"], json!([ada.id]));
        let seed: Bytes32 = list["seed"].as_str().unwrap().parse().unwrap();
        assert_eq!(list["commitment"], ballot::commitment(&seed).to_string());
    });
}

#[test]
fn the_list_is_made_once_and_sent_compressed_or_not_at_all() {
    on_both_databases_with(&Setup { is_forged: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "order": "ballot" })).await;
        world.submit(&batch, NAMES).await;
        world.move_batch(&batch, "close").await.expect(200);
        let ask = async |encoding: &str, known: &str| {
            let request = Request::get(format!("/api/v1/batches/{}/ballot", &*batch));
            let request = request.header("Accept-Encoding", encoding).header("If-None-Match", known);
            world.send(request).await
        };
        let plain = ask("identity", "\"x\"").await;
        let (tag, length) = (plain.header("ETag").to_owned(), plain.header("Content-Length"));
        assert_eq!(
            (plain.status, plain.header("Content-Encoding"), length),
            (200, "identity", &*plain.bytes.len().to_string())
        );
        let packed = ask("gzip, deflate", &tag).await;
        let packed_tag = packed.header("ETag").to_owned();
        assert_eq!((packed.status, packed.header("Content-Encoding")), (200, "gzip"));
        assert_ne!(tag, packed_tag, "two representations have two tags");
        assert_eq!(packed.header("Vary"), "accept-encoding");
        assert!(packed.header("Cache-Control").contains("public"), "{}", packed.header("Cache-Control"));
        assert_eq!(unpacked(&packed.bytes), plain.bytes);
        for (encoding, known) in [
            ("identity", tag.as_str()),
            ("identity", "*"),
            ("identity", &format!("\"x\", W/{tag}")),
            ("gzip", &packed_tag),
        ] {
            let same = ask(encoding, known).await;
            assert_eq!((same.status, same.bytes.len()), (304, 0), "{known}");
            assert_eq!(same.header("ETag"), if encoding == "gzip" { &packed_tag } else { &tag });
        }

        // Another list in place of the stored one is sent after a restart, so it was not made again; `verify` notices.
        assert_sound(&world.db()).await;
        let mut other = GzEncoder::new(Vec::new(), Compression::fast());
        other.write_all(b"{}").unwrap();
        world.run_with("UPDATE published_ballots SET bytes = 2, gzip = $1", &other.finish().unwrap());
        world.restart().await;
        assert_eq!(ask("identity", "").await.bytes, b"{}");
        let report = verify::verify(&world.db()).await.unwrap();
        let rules: Vec<_> = report.breaks.iter().map(|broken| broken.rule).collect();
        assert_eq!(rules, ["ballot_differs"]);
    });
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

#[test]
fn a_case_that_is_submitted_during_the_draw_is_in_it_or_is_refused() {
    on_both_databases(async |world| {
        let terms = json!({ "capacity": 5, "order": "ballot", "hold_at": "submission" });
        let batch = world.open_batch_with(terms).await;
        let mut drafts = Vec::new();
        for name in NAMES.iter().chain(&NAMES) {
            let draft = world.draft(&world.form(&batch, name)).await;
            world.add_required_evidence(&draft).await;
            drafts.push(draft);
        }
        let submit = json!({ "action": "submit" });
        let (early, late) = drafts.split_at(3);
        join_all(early.iter().map(|draft| world.act(&world.sponsor, draft, submit.clone()))).await;
        let submissions = join_all(late.iter().map(|draft| world.act(&world.sponsor, draft, submit.clone())));
        let (answers, closed) = join(submissions, world.move_batch(&batch, "close")).await;
        closed.expect(200);
        let list = published(world, &batch).await;
        for (draft, answer) in late.iter().zip(answers) {
            let is_listed = list["cases"].as_array().unwrap().iter().any(|case| *case == draft.id);
            match answer.status {
                200 => assert!(is_listed, "{} was accepted", draft.id),
                _ => assert!(!is_listed && answer.refusal() == (409, "batch_not_open"), "{}", answer.body),
            }
        }
    });
}

#[test]
fn a_case_that_is_endorsed_during_the_draw_waits_like_the_others() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 5, "order": "ballot" })).await;
        let cases = world.cases_at_the_last_stage(&batch, 40).await;
        let (early, late) = cases.split_at(15);
        join_all(early.iter().map(|case| world.endorse(case, "decision"))).await;
        let endorsed = join_all(late.iter().map(|case| world.endorse(case, "decision")));
        let (_, closed) = join(endorsed, world.move_batch(&batch, "close")).await;
        closed.expect(200);
        assert_eq!(world.in_use(&batch).await, (0, 5));
        assert_eq!(world.batch(&batch).await["waitlisted"], 35);
    });
}

#[test]
fn verify_finds_a_lot_that_differs_from_the_seed() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.move_batch(&batch, "close").await.expect(200);
        let seed: Bytes32 = published(world, &batch).await["seed"].as_str().unwrap().parse().unwrap();
        let give = async |case: &Case, lot: Bytes32| {
            let id = case.id();
            let given: Result<_, StoreError> =
                world.db().write(move |tx| store::ballot::set_lots(tx, &[(id, lot)])).await;
            given.unwrap();
        };
        give(&ada, ballot::lot(&seed, bo.id())).await;
        let found = verify::verify(&world.db()).await.unwrap().breaks;
        // If the other lot gives another order, the published list differs too.
        assert!(found.iter().all(|found| found.rule == "ballot_differs"));
        assert!(found.iter().any(|found| found.detail.contains(&ada.id)));
        give(&ada, ballot::lot(&seed, ada.id())).await;
    });
}

/// Checks that `verify` finds nothing, also in the middle of a draw.
async fn assert_sound(db: &Db) {
    let report = verify::verify(db).await.unwrap();
    assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
}

static MANUAL_JOBS: LazyLock<Setup> = LazyLock::new(|| Setup { jobs_wait: true, ..Setup::default() });

#[test]
fn during_the_draw_the_batch_says_so_and_only_the_draw_gives_places() {
    on_both_databases_with(&MANUAL_JOBS, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 2, "order": "ballot" })).await;
        let cases = world.submit(&batch, NAMES).await;
        let [ada, bo, chu, dai, eva, fu] = cases.each_ref();
        world.endorse_every_stage([ada, bo, chu, dai]).await;
        assert_eq!(world.batch(&batch).await["drawing"], false);
        let closed = world.move_batch(&batch, "close").await.expect(200);
        assert_eq!((&closed["state"], &closed["drawing"]), (&json!("closed"), &json!(true)));
        let jobs = world.get(&world.batch_manager, "/api/v1/jobs").await["items"].clone();
        assert_eq!((&jobs[0]["kind"], &jobs[0]["subject"]), (&json!("draw"), &json!(*batch)));
        assert_eq!((&jobs[0]["state"], &jobs[0]["total"]), (&json!("waiting"), &json!(6)));

        // Some cases have lots, which are still secret.
        world.slice(4).await;
        assert_sound(&world.db()).await;
        world.endorse_every_stage([eva]).await;
        world.withdraw(dai).await;
        world.change_batch(&batch, json!({ "capacity": 3 })).await.expect(200);
        assert_eq!(world.move_batch(&batch, "open").await.refusal(), (409, "batch_state"));
        assert_eq!(places(world, &[ada, bo, chu, eva]).await, vec![Value::Null; 4]);
        let ask = Request::get(format!("/api/v1/batches/{}/ballot", &*batch));
        assert_eq!(world.send(ask).await.refusal(), (409, "ballot_not_drawn"));
        assert_eq!(world.batch(&batch).await["ballot"]["seed"], Value::Null);
        assert_eq!(world.in_use(&batch).await, (0, 0));

        // The order is published, but only the draw gives places.
        world.restart().await;
        world.slice(4).await;
        assert_sound(&world.db()).await;
        let mut order = drawn(world, &batch, &cases).await;
        assert_eq!(world.batch(&batch).await["drawing"], true);
        world.endorse_every_stage([fu]).await;
        order.retain(|case| case.id != dai.id);
        assert_eq!(states(world, &order).await, ["waitlisted"; 5]);
        assert_eq!(places(world, &order).await, [1, 2, 3, 4, 5]);
        world.slice(1).await;
        assert_eq!(states(world, &order).await[..2], ["approved", "waitlisted"]);
        assert_sound(&world.db()).await;
        world.finish_jobs().await;
        assert_eq!(world.batch(&batch).await["drawing"], false);
        let after = ["approved", "approved", "approved", "waitlisted", "waitlisted"];
        assert_eq!(states(world, &order).await, after);
        world.surrender(order[0]).await;
        assert_eq!(states(world, &order[3..]).await, ["approved", "waitlisted"]);
    });
}

/// The number that an SQL expression has in the database.
fn number(world: &World, expression: &str) -> usize {
    let text = if world.database_url().starts_with("sqlite") {
        format!("SELECT CAST(CAST(({expression}) AS TEXT) AS BLOB) AS bytes")
    } else {
        format!("SELECT convert_to(CAST(({expression}) AS TEXT), 'UTF8') AS bytes")
    };
    String::from_utf8(world.bytes(&text).remove(0)).unwrap().parse().unwrap()
}

#[test]
fn a_draw_that_is_killed_again_and_again_ends_in_the_published_order() {
    on_both_databases_with(&Setup { begins_now: true, ..MANUAL_JOBS.clone() }, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 60, "order": "ballot" })).await;
        let cases = world.cases_at_the_last_stage(&batch, 150).await;
        let (waiting, late) = cases.split_at(140);
        join_all(waiting.iter().map(|case| world.endorse(case, "decision"))).await;
        world.move_batch(&batch, "close").await.expect(200);
        world.stop().await;
        let keyring = Keyring::load(&world.folder().join("secret.key")).unwrap().unwrap();
        let db = Db::open(&world.database_url(), 1, Arc::new(keyring)).unwrap();
        let done = || number(world, "SELECT done FROM jobs WHERE kind = 'draw'");
        let approved = || number(world, "SELECT count(*) FROM applications WHERE state = 'approved'");
        let is_drawing = || number(world, "SELECT count(*) FROM batches WHERE drawing") == 1;
        let mut kills = 0;
        while is_drawing() {
            let before = done();
            world.start_process();
            world.until("a slice is done", async || done() > before || !is_drawing()).await;
            world.kill_process();
            kills += 1;
            assert_sound(&db).await;
            let revealed = number(world, "SELECT count(*) FROM batches WHERE drawn_at IS NOT NULL");
            assert!(revealed == 1 || approved() == 0, "no case has a place before the order is published");
        }
        assert!(kills > 2, "{kills}");
        drop(db);
        world.advance(SignedDuration::from_mins(10));
        world.start().await;
        let order = drawn(world, &batch, &cases).await;
        let list: Published = serde_json::from_value(published(world, &batch).await).unwrap();
        assert_eq!((list.cases.len(), ballot::check(&list)), (150, Vec::new()));
        assert_eq!(world.in_use(&batch).await, (0, 60));
        let endorsed: Vec<&Case> =
            order.into_iter().filter(|case| late.iter().all(|late| late.id != case.id)).collect();
        assert_eq!(states(world, &endorsed[..60]).await, ["approved"; 60]);
        assert_eq!(states(world, &endorsed[60..]).await, ["waitlisted"; 80]);
    });
}

#[test]
fn a_batch_that_ends_during_its_draw_reveals_its_seed_and_gives_no_further_place() {
    on_both_databases_with(&MANUAL_JOBS, async |world| {
        let terms = json!({ "capacity": 2, "order": "ballot", "hold_at": "submission" });
        let batch = world.open_batch_with(terms).await;
        let cases = world.submit(&batch, ["Ada", "Bo", "Chu", "Dai"]).await;
        world.move_batch(&batch, "close").await.expect(200);
        world.slice(2).await;
        world.move_batch(&batch, "end").await.expect(200);
        assert_sound(&world.db()).await;
        world.finish_jobs().await;
        assert_eq!(drawn(world, &batch, &cases).await.len(), 4);
        assert_eq!(world.states(cases.each_ref()).await, ["lapsed"; 4]);
        assert_eq!(world.batch(&batch).await["drawing"], false);
        assert_eq!(world.ledger(&batch).await, [""; 0]);
    });
}

#[test]
fn verify_finds_a_wrong_lot_in_the_middle_of_a_draw_and_a_draw_without_a_job() {
    on_both_databases_with(&MANUAL_JOBS, async |world| {
        let batch = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        let [ada, _] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.move_batch(&batch, "close").await.expect(200);
        let drawn = world.slice(1).await;
        let lot = world.bytes("SELECT lot AS bytes FROM applications WHERE lot IS NOT NULL").remove(0);
        let give = async |lot: Bytes32| {
            let id = ada.id();
            let given: Result<_, StoreError> =
                world.db().write(move |tx| store::ballot::set_lots(tx, &[(id, lot)])).await;
            given.unwrap();
        };
        let put = async |state: JobState| {
            let job = Job { state, ..drawn.clone() };
            let put: Result<_, StoreError> = world.db().write(move |tx| store::job::update(tx, &job)).await;
            put.unwrap();
        };
        let found = async || verify::verify(&world.db()).await.unwrap().breaks;
        give(Bytes32([7; 32])).await;
        assert!(found().await[0].detail.contains(&ada.id));
        give(Bytes32::of_hash(&lot)).await;
        assert_eq!(found().await, []);
        put(JobState::Finished).await;
        assert!(found().await[0].detail.contains("no job that draws it"));
        put(JobState::Running).await;
    });
}

/// The Python script of `docs/ballot.md`, in a file.
fn documented_script(world: &World) -> PathBuf {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ballot.md")).unwrap();
    let script = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(script.lines().count() <= 12, "the script is short enough to read");
    let file = world.folder().join("check.py");
    std::fs::write(&file, script).unwrap();
    file
}

#[test]
fn anybody_can_check_the_draw_with_or_without_our_program() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        world.submit(&batch, NAMES).await;
        world.move_batch(&batch, "close").await.expect(200);
        let right = published(world, &batch).await;
        let mut other_seed = right.clone();
        other_seed["seed"] = json!("00".repeat(32));
        let mut swapped = right.clone();
        swapped["cases"].as_array_mut().unwrap().swap(0, 3);
        let mut twice = right.clone();
        twice["cases"][5] = twice["cases"][4].clone();

        let (script, list) = (documented_script(world), world.folder().join("ballot.json"));
        let check = |value: &Value, mut command: Command| {
            std::fs::write(&list, value.to_string()).unwrap();
            let output = command.output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let ours = || {
            let mut command = world.corridor();
            command.args(["ballot", "check"]).arg(&list);
            command
        };
        let theirs = || {
            let mut command = Command::new("python3");
            command.arg(&script).arg(&list);
            command
        };
        let printed = "The draw is right: 6 cases.\n".to_owned();
        assert_eq!(check(&right, ours()), (Some(0), printed.clone()));
        assert_eq!(check(&right, theirs()), (Some(0), printed));
        for (wrong, lines) in [(&swapped, 2), (&twice, 1)] {
            let (code, printed) = check(wrong, ours());
            assert_eq!((code, printed.lines().count()), (Some(1), lines), "{printed}");
            assert_eq!(check(wrong, theirs()).0, Some(1));
        }
        let (code, printed) = check(&other_seed, ours());
        assert!(code == Some(1) && printed.starts_with("the SHA-256 of the seed is "), "{printed}");
        assert_eq!(check(&other_seed, theirs()).0, Some(1));
        assert_eq!(check(&json!({ "seed": "soon" }), ours()).0, Some(1));
    });
}
