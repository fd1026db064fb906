//! A full batch has a waiting list. A released place goes to the first case on it whose limits have room.

use corridor::{domain::lifecycle::State, workflow::verify};
use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{STAGES, Setup, on_both_databases, on_both_databases_with};

#[test]
fn a_full_batch_waitlists_and_a_returned_authorization_promotes_the_next() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo, chu] = world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        world.endorse_every_stage([&ada, &bo, &chu]).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["approved", "waitlisted", "waitlisted"]);
        world.surrender(&ada).await;
        assert_eq!(world.states([&ada, &bo, &chu]).await, ["withdrawn", "approved", "waitlisted"]);
        assert_eq!(world.ledger(&batch).await, ["take", "release_taken", "take"]);
        assert_eq!(world.letter_kinds("Bo").await, ["Received", "On the waiting list", "Approved"]);
    });
}

#[test]
fn a_batch_that_holds_at_submission_waitlists_there_and_a_withdrawal_promotes_to_the_first_stage() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        assert_eq!(world.states([&ada, &bo]).await, ["in_review", "waitlisted"]);
        world.withdraw(&ada).await;
        let promoted = world.case(&bo).await;
        assert_eq!((&promoted["state"], &promoted["stage"]), (&json!("in_review"), &json!("nomination")));
        assert_eq!(world.in_use(&batch).await, (1, 0));
        world.endorse_every_stage([&bo]).await;
        assert_eq!(world.states([&bo]).await, ["approved"]);
        assert_eq!(world.ledger(&batch).await, ["hold", "release_held", "hold", "take_held"]);
    });
}

#[test]
fn a_case_whose_own_limit_is_full_is_skipped_and_keeps_its_number_on_the_waiting_list() {
    on_both_databases(async |world| {
        let limit = json!({ "dimension": "direction", "key": "CN-KZ", "capacity": 1 });
        let batch = world.open_batch_with(json!({ "capacity": 2, "limits": [limit] })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let dana = world.submit_form(&world.form_to_china(&batch, "Dana")).await;
        let erlan = world.submit_form(&world.form_to_china(&batch, "Erlan")).await;
        world.endorse_every_stage([&ada, &bo, &dana, &erlan]).await;
        let states = async || world.states([&ada, &bo, &dana, &erlan]).await;
        assert_eq!(states().await, ["approved", "waitlisted", "approved", "waitlisted"]);

        world.surrender(&dana).await;
        assert_eq!(
            states().await,
            ["approved", "waitlisted", "withdrawn", "approved"],
            "Bo is first, but the limit of the direction is full"
        );
        world.surrender(&ada).await;
        assert_eq!(states().await, ["withdrawn", "approved", "withdrawn", "approved"]);
    });
}

#[test]
fn of_many_places_at_once_a_job_gives_the_rest_and_nobody_is_approved_before_those_who_wait() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch(2).await;
        let cases = world.cases_at_the_last_stage(&batch, 34).await;
        let (waiting, late) = cases.split_at(32);
        for case in waiting {
            world.endorse(case, "decision").await;
        }
        world.change_batch(&batch, json!({ "capacity": 31 })).await.expect(200);
        assert_eq!(world.in_use(&batch).await, (0, 22), "twenty in the transaction of the change");
        let jobs = world.get(&world.batch_manager, "/api/v1/jobs").await["items"].clone();
        assert_eq!((&jobs[0]["kind"], &jobs[0]["subject"]), (&json!("promote"), &json!(*batch)));
        let is_sound = async || {
            let report = verify::verify(&world.db()).await.unwrap();
            assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        };
        is_sound().await;

        // Nine places are free, but not for a case that comes later.
        world.endorse(&late[0], "decision").await;
        assert_eq!(world.states([&late[0]]).await, ["waitlisted"]);
        world.slice(4).await;
        assert_eq!(world.in_use(&batch).await, (0, 26));
        is_sound().await;
        world.restart().await;
        world.surrender(&cases[0]).await;
        world.change_batch(&batch, json!({ "capacity": 33 })).await.expect(200);
        assert_eq!(world.in_use(&batch).await, (0, 25), "the job gives these places, too");
        assert_eq!(world.jobs().await.len(), 1);
        world.finish_jobs().await;
        assert_eq!(world.in_use(&batch).await, (0, 32));
        assert_eq!(world.states([&waiting[31], &late[0]]).await, ["approved", "approved"]);

        // With nobody in line a case gets a free place at once.
        world.endorse(&late[1], "decision").await;
        assert_eq!(world.states([&late[1]]).await, ["approved"]);
    });
}

#[test]
fn a_raised_capacity_promotes_as_many_as_fit_in_order() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo, chu, dai] = world.submit(&batch, ["Ada", "Bo", "Chu", "Dai"]).await;
        world.endorse_every_stage([&ada, &dai, &chu, &bo]).await;
        let states = async || world.states([&ada, &bo, &chu, &dai]).await;
        assert_eq!(states().await, ["approved", "waitlisted", "waitlisted", "waitlisted"]);
        let raised = world.change_batch(&batch, json!({ "capacity": 3 })).await.expect(200);
        assert_eq!(
            (&raised["taken"], &raised["available"], &raised["waitlisted"]),
            (&json!(3), &json!(0), &json!(1))
        );
        assert_eq!(
            states().await,
            ["approved", "approved", "approved", "waitlisted"],
            "the first submitted cases get the places"
        );
    });
}

#[test]
fn a_full_batch_without_a_waiting_list_refuses_and_nothing_changes() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "on_full": "refuse" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada]).await;
        world.endorse(&bo, "nomination").await;
        world.endorse(&bo, "health").await;
        let before = world.case(&bo).await;
        let full = world.act(&world.reviewers["kz-mfa"], &bo, json!({ "action": "endorse" })).await;
        assert_eq!(full.refusal(), (409, "batch_full"));
        assert_eq!(world.case(&bo).await, before);
        world.surrender(&ada).await;
        assert_eq!(world.endorse(&bo, "decision").await["state"], "approved");
    });
}

#[test]
fn a_full_batch_without_a_waiting_list_that_holds_at_submission_refuses_further_drafts() {
    on_both_databases(async |world| {
        let terms = json!({ "capacity": 1, "on_full": "refuse", "hold_at": "submission" });
        let batch = world.open_batch_with(terms).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let bo = world.draft(&world.form(&batch, "Bo")).await;
        world.add_required_evidence(&bo).await;
        let submit = json!({ "action": "submit" });
        assert_eq!(world.act(&world.sponsor, &bo, submit.clone()).await.refusal(), (409, "batch_full"));
        assert_eq!(world.states([&bo]).await, ["draft"]);
        assert_eq!(world.letter_kinds("Bo").await, [""; 0]);
        world.withdraw(&ada).await;
        assert_eq!(world.act(&world.sponsor, &bo, submit).await.expect(200)["state"], "in_review");
    });
}

#[test]
fn a_ranked_waiting_list_is_ordered_by_category_and_then_by_time() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 0, "order": "ranked" })).await;
        let mut cases = Vec::new();
        for (name, category) in
            [("Ada", "business"), ("Bo", "technical"), ("Chu", "medical_expert"), ("Dai", "technical")]
        {
            let mut form = world.form(&batch, name);
            form["category"] = json!(category);
            let case = world.submit_form(&form).await;
            world.endorse_every_stage([&case]).await;
            cases.push(case);
        }
        let [ada, bo, chu, dai] = cases.try_into().ok().unwrap();
        let mut numbers = Vec::new();
        for case in [&ada, &bo, &chu, &dai] {
            numbers.push(world.case(case).await["place_in_line"].clone());
        }
        assert_eq!(json!(numbers), json!([4, 2, 1, 3]));
        world.change_batch(&batch, json!({ "capacity": 2 })).await.expect(200);
        assert_eq!(
            world.states([&ada, &bo, &chu, &dai]).await,
            ["waitlisted", "approved", "approved", "waitlisted"]
        );
    });
}

#[test]
fn a_waitlisted_applicant_gets_a_number_and_moves_up_when_somebody_leaves() {
    on_both_databases(async |world| {
        let batch = world.open_batch(0).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        let letter = world.mail_to("Bo").await.pop().unwrap();
        for needed in [
            "Your place in the line is 2.",
            "in the order in which applications were submitted",
            "by 21 April 2026",
        ] {
            assert!(letter.text.contains(needed), "{needed} is missing in {}", letter.text);
        }
        assert_eq!(world.case(&bo).await["place_in_line"], 2);
        world.withdraw(&ada).await;
        assert_eq!(world.case(&bo).await["place_in_line"], 1);
        assert_eq!(world.case(&ada).await["place_in_line"], Value::Null);
        assert_eq!(
            world.states([&ada, &bo]).await,
            ["withdrawn", "waitlisted"],
            "Ada had no place to release"
        );
    });
}

#[test]
fn a_case_that_is_still_waitlisted_after_the_travel_window_lapses() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "travel_until": "2026-05-31" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        world.advance(SignedDuration::from_hours(24 * 91));
        world.until_state(&bo, State::Lapsed).await;
        world.until_state(&ada, State::Expired).await;
        assert_eq!(world.batch(&batch).await["state"], "ended");
        assert_eq!(world.in_use(&batch).await, (0, 0));
        assert_eq!(world.letter_kinds("Bo").await, ["Received", "On the waiting list", "Lapsed"]);
    });
}

#[test]
fn the_waiting_list_and_the_reviews_of_a_batch_end_with_it() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo, cy] = world.submit(&batch, ["Ada", "Bo", "Cy"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        assert_eq!(world.states([&ada, &bo, &cy]).await, ["approved", "waitlisted", "in_review"]);
        assert_eq!(world.move_batch(&batch, "end").await.status, 200);
        world.until_state(&bo, State::Lapsed).await;
        world.until_state(&cy, State::Lapsed).await;
        assert_eq!(world.states([&ada]).await, ["approved"], "an approved case keeps its place");
        assert_eq!(world.letter_kinds("Cy").await, ["Received", "Lapsed"]);
        assert_eq!(world.in_use(&batch).await, (0, 1));
    });
}

#[test]
fn the_undecided_cases_of_an_ended_batch_lapse_slice_by_slice() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let cases = world.submit(&batch, ["Ada", "Bo", "Cy", "Di", "Ed"]).await;
        world.move_batch(&batch, "end").await.expect(200);
        assert_eq!(world.batch(&batch).await["waitlisted"], 4);
        let job = world.slice(2).await;
        assert_eq!((job.kind.as_str(), job.done, job.total), ("end_batch", 2, Some(5)));
        let half = ["lapsed", "lapsed", "waitlisted", "waitlisted", "waitlisted"];
        assert_eq!(world.states(cases.each_ref()).await, half);
        world.restart().await;
        world.withdraw(&cases[3]).await;
        world.finish_jobs().await;
        let all = ["lapsed", "lapsed", "lapsed", "withdrawn", "lapsed"];
        assert_eq!(world.states(cases.each_ref()).await, all);
        assert_eq!(world.letter_kinds("Ed").await, ["On the waiting list", "Lapsed"]);
    });
}

#[test]
fn a_case_that_is_submitted_while_the_batch_ends_does_not_wait_for_ever() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "hold_at": "submission" })).await;
        let mut drafts = Vec::new();
        for name in ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kim", "Leo"] {
            let draft = world.draft(&world.form(&batch, name)).await;
            world.add_required_evidence(&draft).await;
            drafts.push(draft);
        }
        let submit = || json!({ "action": "submit" });
        let (first, others) = drafts.split_at(1);
        world.act(&world.sponsor, &first[0], submit()).await.expect(200);
        let submissions = join_all(others.iter().map(|draft| world.act(&world.sponsor, draft, submit())));
        let (answers, ended) = join(submissions, world.move_batch(&batch, "end")).await;
        ended.expect(200);
        for (draft, answer) in others.iter().zip(answers) {
            match answer.status {
                200 => world.until_state(draft, State::Lapsed).await,
                _ => assert_eq!(answer.refusal(), (409, "batch_not_open")),
            };
        }
    });
}

#[test]
fn a_case_that_is_endorsed_while_the_batch_ends_does_not_wait_for_ever() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let cases = world.cases_at_the_last_stage(&batch, 20).await;
        let decide = |case| world.act(world.reviewer(case, "decision"), case, json!({ "action": "endorse" }));
        let (answers, ended) =
            join(join_all(cases.iter().map(decide)), world.move_batch(&batch, "end")).await;
        ended.expect(200);
        for answer in answers {
            assert!(answer.status == 200 || answer.status == 409, "{}", answer.body);
        }
        let mut approved = 0;
        for case in &cases {
            let decided = async || {
                let state = world.case(case).await["state"].clone();
                (state == "approved" || state == "lapsed").then_some(state)
            };
            world.until("the case is decided or lapsed", async || decided().await.is_some()).await;
            approved += i64::from(decided().await == Some(json!("approved")));
        }
        assert!(approved <= 1);
        assert_eq!(world.in_use(&batch).await, (0, approved));
    });
}

#[test]
fn many_last_endorsements_at_once_take_exactly_the_free_places() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let names = ["Ada", "Bo", "Chu", "Dai", "Eva", "Fu", "Gao", "Hua"];
        let cases = world.submit(&batch, names).await;
        for stage in &STAGES[..2] {
            join_all(cases.iter().map(|case| world.endorse(case, stage))).await;
        }
        join_all(cases.iter().map(|case| world.endorse(case, "decision"))).await;
        assert_eq!(world.in_use(&batch).await, (0, 3));
        let states = world.states(cases.each_ref()).await;
        assert_eq!(states.iter().filter(|state| *state == "approved").count(), 3, "{states:?}");
        assert_eq!(states.iter().filter(|state| *state == "waitlisted").count(), 5, "{states:?}");
    });
}

#[test]
fn a_case_whose_key_cannot_be_opened_does_not_block_the_waiting_list() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo, chu] = world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        world.endorse_every_stage([&ada, &bo, &chu]).await;
        world.mail().await;
        let of = |case| format!("WHERE application_id = {}", world.id_in_sql(case));
        let original =
            world.bytes(&format!("SELECT wrapped_key AS bytes FROM case_keys {}", of(&bo))).remove(0);
        world.run_with(&format!("UPDATE case_keys SET wrapped_key = $1 {}", of(&bo)), &[0; 60]);
        // After the restart the key is not in the cache.
        world.restart().await;
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
        assert_eq!(world.states([&ada, &chu]).await, ["withdrawn", "approved"]);
        world.run_with(&format!("UPDATE case_keys SET wrapped_key = $1 {}", of(&bo)), &original);
        assert_eq!(world.states([&bo]).await, ["waitlisted"]);
    });
}
