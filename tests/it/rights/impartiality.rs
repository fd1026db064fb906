//! Impartial review: one officer endorses one stage of a case, nobody decides on their own case, findings need a
//! reason, and a claimed case has one officer.

use std::rc::Rc;

use corridor::{
    domain::actor::{Actor, Role, Scope},
    web::actions,
    workflow::apply_programme::{ApplyProgramme, CN_KZ},
};
use serde_json::json;

use super::operations::{CaseOperation, outcome};
use crate::world::{World, on_both_databases};

/// Gives the nomination and health stages to one authority, for new cases.
pub async fn give_two_stages_to_one_authority(world: &World) {
    let file = CN_KZ.replace(r#""CN-KZ" = "kz-moh""#, r#""CN-KZ" = "cn-mofcom""#);
    assert_ne!(file, CN_KZ);
    let file = toml::from_str(&file).unwrap();
    let applied = world.service().execute(&Actor::operator(), ApplyProgramme { file }).await;
    assert_eq!(applied.unwrap().version, 2);
}

#[test]
fn the_officer_who_endorsed_a_stage_may_not_act_at_the_next() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let [before] = world.submit(&batch, ["Before"]).await;
        give_two_stages_to_one_authority(world).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let li = world.officer("li@mofcom.example", "cn-mofcom").await;
        let wang = world.officer("wang@mofcom.example", "cn-mofcom").await;
        let endorse = json!({ "action": "endorse" });
        world.act(&li, &ada, endorse.clone()).await.expect(200);
        for action in [
            endorse.clone(),
            json!({ "action": "claim" }),
            json!({ "action": "refuse", "grounds": ["security"], "message": "No." }),
            json!({ "action": "request_information", "questions": ["Why?"] }),
        ] {
            let answer = world.act(&li, &ada, action).await;
            assert_eq!(answer.refusal(), (403, "forbidden"));
        }
        let operation = CaseOperation::Act(actions::read(&endorse).unwrap());
        assert_eq!(outcome(world, &li, &ada, operation).await, "four_eyes");
        assert_eq!(
            world.offered(&li, &ada).await,
            json!(["note"]),
            "an officer who may not decide may still write notes"
        );
        assert_eq!(world.act(&wang, &ada, endorse).await.expect(200)["stage"], "decision");

        world.endorse(&before, "nomination").await;
        world.endorse(&before, "health").await;
        assert_eq!(
            world.states([&before]).await,
            ["in_review"],
            "a live case keeps its version of the programme"
        );
    });
}

#[test]
fn nobody_decides_on_their_own_case() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let roles = [Role::Applicant, Role::Officer];
        let li = world.person("li@mofcom.example", &roles, Some("cn-mofcom")).await;
        let mut form = world.form(&batch, "Li");
        form["employment"]["sponsor"] = json!("steppe");
        let own = world.draft_in_person(&li, &form).await;
        world.add_required_evidence(&own).await;
        world.act(&li, &own, json!({ "action": "submit" })).await.expect(200);
        let answer = world.act(&li, &own, json!({ "action": "endorse" })).await;
        assert_eq!(answer.refusal(), (403, "forbidden"));
        assert_eq!(world.offered(&li, &own).await, json!(["withdraw"]));
        let colleague = world.officer("wang@mofcom.example", "cn-mofcom").await;
        world.act(&colleague, &own, json!({ "action": "endorse" })).await.expect(200);
    });
}

#[test]
fn no_program_of_an_authority_decides_on_a_case_that_the_authority_entered() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let enters = Rc::new(world.program("cn-mofcom", &[Scope::ApplicationsWrite]).await);
        let entered = world.submit_form_of(&enters, &world.form(&batch, "Ada")).await;
        let [sponsored] = world.submit(&batch, ["Bo"]).await;
        let endorse = json!({ "action": "endorse" });
        let reviewer = &world.reviewers["cn-mofcom"];
        let own = world.act(reviewer, &entered, endorse.clone()).await;
        assert_eq!((own.refusal(), own.body["reason"].as_str()), ((403, "forbidden"), Some("own_case")));
        let officer = world.officer("li@mofcom.example", "cn-mofcom").await;
        assert_eq!(world.act(&officer, &entered, endorse.clone()).await.refusal(), (403, "forbidden"));
        world.act(reviewer, &sponsored, endorse).await.expect(200);
    });
}

#[test]
fn the_listing_of_an_actor_with_two_roles_has_the_cases_of_both() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let [others] = world.submit(&batch, ["Ada"]).await;
        let roles = [Role::Applicant, Role::Officer];
        let li = world.person("li@mofcom.example", &roles, Some("cn-mofcom")).await;
        let own = world.draft_in_person(&li, &world.form(&batch, "Li")).await;
        assert_eq!(world.listed(&li).await, [others.id(), own.id()]);

        let scopes = [Scope::ApplicationsRead, Scope::ApplicationsWrite, Scope::ReviewsWrite];
        let ministry = Rc::new(world.program("cn-mofcom", &scopes).await);
        let entered = world.draft_of(&ministry, &world.form(&batch, "Bo")).await;
        let page = world.get(&ministry, "/api/v1/applications").await;
        let mut ids: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [others.id.as_str(), entered.id.as_str()]);
    });
}

#[test]
fn a_finding_that_blocks_is_resolved_with_a_reason_before_its_stage_is_endorsed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let mut form = world.form(&batch, "Ada");
        form["health"]["declarations"]["symptoms_14_days"] = json!(true);
        let ada = world.submit_form(&form).await;
        world.endorse(&ada, "nomination").await;
        let findings = world.findings(&ada).await;
        let found = (&findings[0]["code"], &findings[0]["severity"], &findings[0]["stage"]);
        assert_eq!(found, (&json!("declaration_answered"), &json!("blocking"), &json!("health")));

        let health = &world.reviewers["kz-moh"];
        let blocked = world.act(health, &ada, json!({ "action": "endorse" })).await;
        assert_eq!(blocked.refusal(), (409, "blocking_finding"));
        let resolve = |note: Option<&str>| json!({ "action": "resolve_finding", "finding": findings[0]["id"], "note": note });
        assert_eq!(
            world.act(health, &ada, resolve(None)).await.faults(),
            [("/note".into(), "required".into())]
        );
        world.act(health, &ada, resolve(Some("A cold; tested twice."))).await.expect(200);
        assert_eq!(
            world.act(health, &ada, resolve(Some("Again."))).await.refusal(),
            (409, "finding_resolved")
        );
        world.endorse(&ada, "health").await;
        let event = world.history(health, &ada).await;
        let resolved = event.iter().find(|event| event["action"] == "resolve_finding").unwrap();
        assert_eq!(
            (&resolved["note"], &resolved["facts"]["finding"]),
            (&json!("A cold; tested twice."), &json!("declaration_answered"))
        );
    });
}

#[test]
fn only_the_assigned_officer_acts_on_a_claimed_case_until_it_is_released_or_reassigned() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let li = world.officer("li@mofcom.example", "cn-mofcom").await;
        let wang = world.officer("wang@mofcom.example", "cn-mofcom").await;
        let elsewhere = world.officer("x@moh.example", "kz-moh").await;
        let chief = world.person("chief@mofcom.example", &[Role::Supervisor], Some("cn-mofcom")).await;
        world.act(&li, &ada, json!({ "action": "claim" })).await.expect(200);
        let endorse = json!({ "action": "endorse" });
        assert_eq!(world.act(&wang, &ada, endorse.clone()).await.refusal(), (409, "claimed_by_another"));
        assert_eq!(
            world.act(&world.reviewers["cn-mofcom"], &ada, endorse.clone()).await.refusal(),
            (409, "claimed_by_another")
        );
        let assign = |to: &crate::world::Person| json!({ "action": "assign", "assignee": to.id.0 });
        let wrong = world.act(&chief, &ada, assign(&elsewhere)).await;
        assert_eq!(wrong.faults(), [("/assignee".into(), "not_an_officer_here".into())]);
        let given = world.act(&chief, &ada, assign(&wang)).await.expect(200);
        assert_eq!(given["assignee"], json!(wang.id.0));
        assert_eq!(world.act(&li, &ada, endorse.clone()).await.refusal(), (409, "claimed_by_another"));
        world.act(&wang, &ada, json!({ "action": "unclaim" })).await.expect(200);
        let endorsed = world.act(&li, &ada, endorse).await.expect(200);
        assert_eq!(endorsed["assignee"], json!(null), "the next stage starts without an assignee");
    });
}
