//! A ranked waiting list is ordered by points: of the category and of the project priority, from the programme file.

use serde_json::{Value, json};

use crate::world::{Batch, Case, World, on_both_databases};

/// A waitlisted case of this category, with this project priority.
async fn waitlisted(world: &World, batch: &Batch, name: &str, category: &str, priority: Value) -> Case {
    let mut form = world.form(batch, name);
    form["category"] = json!(category);
    form["employment"]["project_priority"] = priority;
    let case = world.submit_form(&form).await;
    world.endorse_every_stage([&case]).await;
    case
}

async fn places<const N: usize>(world: &World, cases: [&Case; N]) -> Vec<Value> {
    let mut places = Vec::new();
    for case in cases {
        places.push(world.case(case).await["place_in_line"].clone());
    }
    places
}

#[test]
fn points_of_category_and_project_add_up_and_time_decides_between_equals() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 0, "order": "ranked" })).await;
        let ada = waitlisted(world, &batch, "Ada", "business", Value::Null).await; // 10
        let bo = waitlisted(world, &batch, "Bo", "technical", json!("joint_list")).await; // 20 + 30
        let chu = waitlisted(world, &batch, "Chu", "business", json!("vital_supply")).await; // 10 + 20
        let dai = waitlisted(world, &batch, "Dai", "technical", json!("joint_list")).await; // 20 + 30
        assert_eq!(places(world, [&ada, &bo, &chu, &dai]).await, [4, 1, 3, 2]);
        world.change_batch(&batch, json!({ "capacity": 2 })).await.expect(200);
        let states = async || world.states([&ada, &bo, &chu, &dai]).await;
        assert_eq!(states().await, ["waitlisted", "approved", "waitlisted", "approved"]);
        world.surrender(&dai).await;
        assert_eq!(states().await, ["waitlisted", "approved", "approved", "withdrawn"]);
    });
}

#[test]
fn an_unknown_priority_is_refused_and_the_error_lists_the_known_ones() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let mut form = world.form(&batch, "Ada");
        let draft = world.draft(&form).await;
        form["employment"]["project_priority"] = json!("grand_plan");
        let begun = world.post(&world.sponsor, "/api/v1/applications", &form).await;
        let fault = vec![("/employment/project_priority".to_owned(), "unknown_code".to_owned())];
        assert_eq!(begun.faults(), fault);
        assert!(begun.body["errors"][0]["message"].as_str().unwrap().contains("joint_list, vital_supply"));
        let change = json!({ "employment": { "project_priority": "grand_plan" } });
        let edited = world.edit(&draft, change).await;
        assert_eq!(edited.faults(), fault);
        assert_eq!(world.case(&draft).await["employment"]["project_priority"], Value::Null);
    });
}

#[test]
fn the_priority_that_decides_the_rank_is_fixed_at_submission() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 0, "order": "ranked" })).await;
        let ada = waitlisted(world, &batch, "Ada", "technical", json!("vital_supply")).await;
        let bo = world.submit_form(&world.form(&batch, "Bo")).await;
        let ask = json!({ "action": "request_information", "questions": ["Which project?"] });
        world.act(world.reviewer(&bo, "nomination"), &bo, ask).await.expect(200);
        let raised = world.edit(&bo, json!({ "employment": { "project_priority": "joint_list" } })).await;
        let fault = ("/employment/project_priority".to_owned(), "fixed_after_submission".to_owned());
        assert_eq!(raised.faults(), [fault]);
        let same = json!({ "employment": { "project_priority": null, "project": "Turbine 3" } });
        world.edit(&bo, same).await.expect(200);
        world
            .act(&world.sponsor, &bo, json!({ "action": "respond", "answers": ["Turbine 3."] }))
            .await
            .expect(200);
        world.endorse_every_stage([&bo]).await;
        assert_eq!(places(world, [&ada, &bo]).await, [1, 2]);
    });
}

#[test]
fn the_order_of_an_open_batch_changes_only_while_nobody_waits() {
    on_both_databases(async |world| {
        let batch = world.open_batch(0).await;
        let ada = waitlisted(world, &batch, "Ada", "business", Value::Null).await;
        let bo = waitlisted(world, &batch, "Bo", "medical_expert", Value::Null).await;
        let ranked = json!({ "order": "ranked" });
        let changed = world.change_batch(&batch, ranked.clone()).await;
        assert_eq!(changed.faults(), [("/order".to_owned(), "fixed_while_waiting".to_owned())]);
        assert_eq!(places(world, [&ada, &bo]).await, [1, 2]);
        assert_eq!(world.batch(&batch).await["order"], "first_come");
        world.change_batch(&batch, json!({ "order": "first_come", "name": "Batch one" })).await.expect(200);

        world.withdraw(&ada).await;
        world.withdraw(&bo).await;
        world.change_batch(&batch, ranked).await.expect(200);
        let chu = waitlisted(world, &batch, "Chu", "business", Value::Null).await;
        let dai = waitlisted(world, &batch, "Dai", "medical_expert", Value::Null).await;
        assert_eq!(places(world, [&chu, &dai]).await, [2, 1]);
    });
}
