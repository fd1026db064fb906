//! The rights of every role to every action in every state. The answers are a snapshot, so that a change is reviewed as
//! a diff.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    impartiality::give_two_stages_to_one_authority,
    operations::{CaseOperation, outcome},
    participants::Participants,
};
use crate::world::{Batch, Case, Person, World, on_both_databases};

/// A case of Ada's in every state, with a finding that does not block.
async fn cases(world: &World, participants: &Participants) -> Vec<(&'static str, Case)> {
    let batch = world.open_batch(10).await;
    let full = world.open_batch(0).await;
    let mut cases = vec![("draft", draft(world, &participants.ada, &batch).await)];
    for (state, batch, steps) in [
        ("in_review at health", &batch, vec!["submit", "nomination"]),
        ("in_review at health, claimed", &batch, vec!["submit", "nomination", "claim"]),
        ("information_requested at health", &batch, vec!["submit", "nomination", "claim", "ask"]),
        ("waitlisted", &full, vec!["submit", "nomination", "health", "decision"]),
        ("approved", &batch, vec!["submit", "nomination", "health", "decision"]),
        ("refused", &batch, vec!["submit", "nomination", "claim", "refuse"]),
        ("withdrawn", &batch, vec!["submit", "withdraw"]),
        ("withdrawn as a draft", &batch, vec!["withdraw"]),
    ] {
        let case = draft(world, &participants.ada, batch).await;
        for step in steps {
            take(world, participants, &case, step).await;
        }
        cases.push((state, case));
    }
    cases
}

async fn draft(world: &World, ada: &Person, batch: &Batch) -> Case {
    let mut form = world.form(batch, "Ada");
    form["employment"]["sponsor"] = json!("steppe");
    form["travel_document"]["expires_on"] = json!("2026-10-25");
    let case = world.draft_in_person(ada, &form).await;
    world.add_required_evidence(&case).await;
    case
}

async fn take(world: &World, participants: &Participants, case: &Case, step: &str) {
    let done = match step {
        "submit" | "withdraw" => world.act(&participants.ada, case, json!({ "action": step })).await,
        "claim" => world.act(&participants.aigerim, case, json!({ "action": "claim" })).await,
        "ask" => {
            let ask = json!({ "action": "request_information", "questions": ["Why?"] });
            world.act(&participants.aigerim, case, ask).await
        }
        "refuse" => {
            let no = json!({ "action": "refuse", "grounds": ["security"], "message": "No." });
            world.act(&participants.aigerim, case, no).await
        }
        stage => world.act(world.reviewer(case, stage), case, json!({ "action": "endorse" })).await,
    };
    done.expect(200);
}

#[test]
fn every_role_may_do_what_the_matrix_says_and_nothing_else() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let mut matrix = String::from("What each person may do with Ada's case, state by state.\n");
        for (state, case) in cases(world, &participants).await {
            let seen = world.case(&case).await;
            let finding = world.findings(&case).await;
            let finding = finding.first().and_then(|f| f["id"].as_str());
            let evidence = seen["evidence"][0]["id"].as_str().unwrap();
            matrix += &format!("\n## {state}\n");
            let mut hidden_from = Vec::new();
            for (name, operation) in CaseOperation::all(evidence, finding, &participants.aigerim) {
                let mut answers = answers(world, &participants, &case, operation).await;
                // People who cannot see the case have no other rights to it. The matrix lists them once.
                if name == "see" {
                    hidden_from = answers.get("unseen").cloned().unwrap_or_default();
                } else {
                    assert_eq!(answers.remove("unseen").unwrap_or_default(), hidden_from, "{name}, {state}");
                }
                matrix += &row(name, answers);
            }
        }
        insta::assert_snapshot!("rights_of_people", matrix);
    });
}

/// The people by the answer that they get.
async fn answers<'a>(
    world: &World,
    participants: &'a Participants,
    case: &Case,
    operation: CaseOperation,
) -> BTreeMap<String, Vec<&'a str>> {
    let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (what, person) in participants.people() {
        answers.entry(outcome(world, person, case, operation.clone()).await).or_default().push(what);
    }
    answers
}

/// One operation, with a line for each answer; `yes` first.
fn row(name: &str, mut answers: BTreeMap<String, Vec<&str>>) -> String {
    let yes = answers.remove("yes").map(|who| ("yes".to_owned(), who));
    let mut text = String::new();
    for (index, (answer, who)) in yes.into_iter().chain(answers).enumerate() {
        let head = if index == 0 { name } else { "" };
        text += &format!("{head:<20} {answer}: {}\n", who.join(", "));
    }
    text
}

#[test]
fn every_offered_action_is_allowed() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        for (state, case) in cases(world, &participants).await {
            let seen = world.case(&case).await;
            let findings = world.findings(&case).await;
            let finding = findings.first().and_then(|f| f["id"].as_str());
            let evidence = seen["evidence"][0]["id"].as_str().unwrap();
            for (what, person) in participants.people() {
                let offered: Value = world.offered(person, &case).await;
                for (name, operation) in
                    CaseOperation::all(evidence, finding, &participants.aigerim).into_iter().skip(4)
                {
                    let is_offered = offered.as_array().is_some_and(|all| all.contains(&json!(name)));
                    if is_offered {
                        let answer = outcome(world, person, &case, operation).await;
                        assert_eq!(answer, "yes", "{name} is offered to {what}, {state}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_listing_shows_a_person_exactly_the_cases_that_the_person_may_see() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let cases = cases(world, &participants).await;
        for (what, person) in participants.people() {
            let mut visible = Vec::new();
            for (_, case) in &cases {
                if outcome(world, person, case, CaseOperation::See).await == "yes" {
                    visible.push(case.id());
                }
            }
            visible.sort();
            assert_eq!(world.listed(person).await, visible, "{what}");
        }
    });
}

#[test]
fn a_listing_and_a_single_case_agree_when_a_new_version_gives_a_stage_to_another_authority() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let batch = world.open_batch(10).await;
        let [before] = world.submit(&batch, ["Before"]).await;
        give_two_stages_to_one_authority(world).await;
        let [after] = world.submit(&batch, ["After"]).await;
        let draft = world.draft(&world.form(&batch, "Draft")).await;
        for case in [&before, &after] {
            world.endorse(case, "nomination").await;
        }
        let health = world.officer("health@moh.example", "kz-moh").await;
        let nomination = world.officer("nomination@mofcom.example", "cn-mofcom").await;
        assert_eq!(
            world.listed(&health).await,
            [before.id()],
            "in the new version the authority has no stage"
        );
        assert_eq!(world.listed(&nomination).await, [before.id(), after.id()]);
        assert_eq!(world.at_own_stages(&health).await, [before.id()]);
        assert_eq!(world.at_own_stages(&nomination).await, [after.id()]);
        let others = [("health", &health), ("nomination", &nomination)];
        for (what, person) in participants.people().chain(others) {
            let mut visible = Vec::new();
            for case in [&before, &after, &draft] {
                if outcome(world, person, case, CaseOperation::See).await == "yes" {
                    visible.push(case.id());
                }
            }
            visible.sort();
            assert_eq!(world.listed(person).await, visible, "{what}");
        }
    });
}
