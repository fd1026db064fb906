//! Concurrency and crashes: places are never given twice or left free, and no acknowledged change is lost.

use std::collections::{BTreeMap, BTreeSet};

use corridor::workflow::{case_command::CaseCommand, entrance::Context, subject::SeenCase, submit::Submit};
use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{
    Batch, Case, Setup, Uncommitted, World, http::Request, on_both_databases, on_both_databases_with,
    on_postgres_with, postgres_server, waits_for_a_lock,
};

/// Sends the last endorsement of every case at the same time. Returns status and state of each answer; none if the
/// service did not answer.
async fn endorse_all(world: &World, cases: &[Case]) -> Vec<Option<(u16, String)>> {
    // Fetches the token first: the service may be killed while the requests run.
    if let Some(first) = cases.first() {
        world.token(world.reviewer(first, "decision")).await;
    }
    let endorse = json!({ "action": "endorse" });
    let sent = cases.iter().map(|case| {
        let request = Request::post(format!("{}/actions", case.path())).json(&endorse);
        world.try_as(world.reviewer(case, "decision"), request)
    });
    let state = |body: &serde_json::Value| body["state"].as_str().unwrap_or_default().to_owned();
    let answers = join_all(sent).await.into_iter();
    answers.map(|answer| answer.map(|answer| (answer.status, state(&answer.body)))).collect()
}

fn count(answers: &[Option<(u16, String)>]) -> BTreeMap<(u16, &str), usize> {
    let mut counts = BTreeMap::new();
    for (status, state) in answers.iter().flatten() {
        *counts.entry((*status, state.as_str())).or_default() += 1;
    }
    counts
}

#[test]
fn two_hundred_endorsements_at_once_take_exactly_the_twenty_places_left() {
    on_both_databases(async |world| {
        let batch = world.open_batch(20).await;
        let cases = world.cases_at_the_last_stage(&batch, 200).await;
        let answers = endorse_all(world, &cases).await;
        let expected = BTreeMap::from([((200, "approved"), 20), ((200, "waitlisted"), 180)]);
        assert_eq!(count(&answers), expected);
        assert_eq!(world.in_use(&batch).await, (0, 20));
        assert_eq!(world.batch(&batch).await["waitlisted"], 180);
    });
}

/// SQLite has one writer, so there this cannot happen.
#[test]
fn a_case_that_is_being_submitted_while_its_batch_ends_lapses_too() {
    let Some(server) = postgres_server() else { return };
    on_postgres_with(&server, &Setup::default(), async |world| {
        let batch = world.open_batch(10).await;
        let [waiting] = world.submit(&batch, ["Ada"]).await;
        let submitted = world.draft(&world.form(&batch, "Bo")).await;
        world.add_required_evidence(&submitted).await;

        let (actor, case, now) = (world.actor_of(&world.sponsor).await, submitted.id(), world.now());
        let submission = Uncommitted::after(&world.db(), move |tx| {
            Context::new(tx, &actor, now).execute(&Submit.on(SeenCase::any_version(case))).map(drop)
        })
        .await;
        let waits = async {
            world.until("the end waits", async || waits_for_a_lock(&world.database_url())).await;
            submission.commit().await;
        };
        let (ended, ()) = join(world.move_batch(&batch, "end"), waits).await;
        ended.expect(200);
        world.until_jobs_are_done().await;
        assert_eq!(world.states([&waiting, &submitted]).await, ["lapsed", "lapsed"]);
    });
}

#[test]
fn a_place_that_is_released_while_a_case_joins_the_waiting_list_is_not_left_free() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let cases = world.cases_at_the_last_stage(&batch, 30).await;
        world.endorse(&cases[0], "decision").await;
        for pair in cases.windows(2) {
            join(world.surrender(&pair[0]), world.endorse(&pair[1], "decision")).await;
            assert_eq!(
                world.states([&pair[1]]).await,
                ["approved"],
                "the released place goes to the next case"
            );
        }
    });
}

#[test]
fn a_killed_service_keeps_what_it_acknowledged_and_sends_its_pending_letters() {
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch(60).await;
        let cases = world.cases_at_the_last_stage(&batch, 200).await;
        world.stop().await;
        world.start_process();
        let (answers, ()) = join(endorse_all(world, &cases), kill_in_the_middle(world, &batch)).await;
        let acknowledged = answers.iter().flatten().filter(|(status, _)| *status == 200).count();
        assert!(
            (1..cases.len()).contains(&acknowledged),
            "{acknowledged} of {} endorsements were acknowledged",
            cases.len()
        );
        let verified = world.corridor().arg("verify").output().unwrap();
        // The documents of these cases are made up: they have no files.
        let verified = String::from_utf8(verified.stdout).unwrap();
        let breaks: Vec<_> = verified.lines().filter(|line| !line.starts_with("file_missing")).collect();
        assert!(breaks.is_empty(), "{breaks:#?}");

        world.start_process();
        for (case, answer) in cases.iter().zip(&answers) {
            let stored = world.case(case).await["state"].clone();
            if let Some((200, state)) = answer {
                assert_eq!(stored, state.as_str(), "{} was acknowledged", case.id);
            }
        }
        let open: Vec<Case> = join_all(cases.iter().map(async |case| (world.case(case).await, case.clone())))
            .await
            .into_iter()
            .filter(|(seen, _)| seen["state"] == "in_review")
            .map(|(_, case)| case)
            .collect();
        assert!(endorse_all(world, &open).await.iter().flatten().all(|(status, _)| *status == 200));
        assert_eq!(world.in_use(&batch).await, (0, 60));
        until_every_letter_is_sent(world, &cases).await;
        world.kill_process();
        // Messages that the killed service had claimed become due when their leases expire.
        world.advance(SignedDuration::from_mins(5));
        world.start().await;
    });
}

/// Waits until some endorsements are committed, then kills the service.
async fn kill_in_the_middle(world: &World, batch: &Batch) {
    world.until("some cases are approved", async || world.in_use(batch).await.1 > 5).await;
    world.kill_process();
}

/// Waits until every decision has its letter: one for each approved and each waitlisted case.
async fn until_every_letter_is_sent(world: &World, cases: &[Case]) {
    world
        .until("every letter is sent", async || {
            // A set, because the sponsor gets a letter with the same subject.
            let subjects: BTreeSet<String> = world.subjects_so_far().into_iter().collect();
            let count_letters =
                |kind: &str| subjects.iter().filter(|subject| subject.starts_with(kind)).count();
            count_letters("Approved") == 60 && count_letters("On the waiting list") == cases.len() - 60
        })
        .await;
}

#[test]
fn a_refused_request_among_many_does_not_affect_the_others() {
    on_both_databases(async |world| {
        let batch = world.open_batch(100).await;
        let cases = world.cases_at_the_last_stage(&batch, 60).await;
        world.token(world.reviewer(&cases[0], "decision")).await;
        let send = |case: &Case, body: serde_json::Value, version: Option<i64>| {
            let request = Request::post(format!("{}/actions", case.path())).json(&body);
            let request = version.into_iter().fold(request, Request::if_match);
            let reviewer = std::rc::Rc::clone(world.reviewer(case, "decision"));
            async move { world.try_as(&reviewer, request).await.unwrap().status }
        };
        let endorse = || json!({ "action": "endorse" });
        let mut requests = Vec::new();
        for (index, case) in cases.iter().enumerate() {
            match index % 4 {
                0 => requests.push((send(case, endorse(), None), vec![200])),
                1 => requests.push((send(case, endorse(), Some(1)), vec![412])),
                2 => requests
                    .push((send(case, json!({ "action": "refuse", "grounds": ["whim"] }), None), vec![422])),
                // Two requests for one case: only one of them succeeds.
                _ => {
                    requests.push((send(case, endorse(), None), vec![200, 409]));
                    requests.push((send(case, endorse(), None), vec![200, 409]));
                }
            }
        }
        let (requests, allowed): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
        let statuses = join_all(requests).await;
        for (status, allowed) in statuses.iter().zip(&allowed) {
            assert!(allowed.contains(status), "got {status}, expected one of {allowed:?}");
        }
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(200), count(409), count(412), count(422)), (30, 15, 15, 15));
        assert_eq!(world.in_use(&batch).await, (0, 30));
    });
}

#[test]
fn of_two_cases_with_the_same_document_submitted_at_once_one_is_refused() {
    on_both_databases(async |world| {
        let batch = world.open_batch(50).await;
        let mut drafts = Vec::new();
        for number in 0..10 {
            let ada = world.form(&batch, &format!("Ada{number}"));
            let mut bo = world.form(&batch, &format!("Bo{number}"));
            bo["travel_document"] = ada["travel_document"].clone();
            for form in [ada, bo] {
                let draft = world.draft(&form).await;
                world.add_required_evidence(&draft).await;
                drafts.push(draft);
            }
        }
        world.token(&world.sponsor).await;
        let submit = json!({ "action": "submit" });
        let requests = drafts.iter().map(|draft| {
            let request = Request::post(format!("{}/actions", draft.path())).json(&submit);
            world.try_as(&world.sponsor, request)
        });
        let mut statuses: Vec<u16> =
            join_all(requests).await.into_iter().map(|answer| answer.unwrap().status).collect();
        for pair in statuses.chunks_mut(2) {
            pair.sort_unstable();
            assert_eq!(pair, [200, 409]);
        }
    });
}
