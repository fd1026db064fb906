//! The database that is edited: cases in the states that matter, with their ids.

use corridor::domain::{actor::Scope, lifecycle::State};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Batch, Case, World};

/// The cases and batches, by what they are.
pub struct Cast {
    pub approved: Uuid,
    pub decision: Uuid,
    pub asked: Uuid,
    pub with_finding: Uuid,
    pub claimed: Uuid,
    pub withdrawn: Uuid,
    pub revoked: Uuid,
    pub batch: Uuid,
    pub ballot: Uuid,
    /// The number of the authorization of the approved case.
    pub number: String,
}

impl Cast {
    /// Fills the database.
    pub async fn fill(world: &World) -> Self {
        world.another_sponsor("rival").await;
        world.program("kz-moh", &[Scope::ReviewsWrite]).await;
        let limit = |capacity| json!([{ "dimension": "sponsor", "key": "steppe", "capacity": capacity }]);
        let batch = world.open_batch_with(json!({ "capacity": 2, "limits": limit(2) })).await;
        let ballot = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        let [approved, revoked, decision, asked, claimed, withdrawn, waiting] =
            world.submit(&batch, ["Ada", "Fay", "Bo", "Cem", "Gus", "Eve", "Hal"]).await;
        let mut form = world.form(&batch, "Dan");
        form["health"]["declarations"]["symptoms_14_days"] = json!(true);
        form["employment"]["sponsor"] = json!("steppe");
        let with_finding = world.submit_form(&form).await;
        world.endorse_every_stage([&approved, &revoked]).await;
        world.endorse_every_stage([&waiting]).await;
        assert_eq!(world.states([&waiting]).await, [State::Waitlisted.as_str()]);
        for stage in ["nomination", "health"] {
            world.endorse(&decision, stage).await;
        }
        let ask = json!({ "action": "request_information", "questions": ["Where will you stay?"] });
        world.act(world.reviewer(&asked, "nomination"), &asked, ask).await.expect(200);
        let officer = world.officer("officer@cn-mofcom.example", "cn-mofcom").await;
        world.act(&officer, &claimed, json!({ "action": "claim" })).await.expect(200);
        world.withdraw(&withdrawn).await;
        // With more places the one that waits is approved by a promotion.
        let more = json!({ "capacity": 1000, "limits": limit(9) });
        world.change_batch(&batch, more).await.expect(200);
        world.until_state(&waiting, State::Approved).await;
        let revoke =
            json!({ "action": "revoke", "grounds": ["false_statement"], "message": "It was false." });
        world.act(&world.reviewers["kz-mfa"], &revoked, revoke).await.expect(200);
        let number = world.case(&approved).await["authorization"]["number"].as_str().unwrap().to_owned();
        let id = |case: &Case| case.id().0;
        let of_batch = |batch: &Batch| batch.parse().unwrap();
        Self {
            approved: id(&approved),
            decision: id(&decision),
            asked: id(&asked),
            with_finding: id(&with_finding),
            claimed: id(&claimed),
            withdrawn: id(&withdrawn),
            revoked: id(&revoked),
            batch: of_batch(&batch),
            ballot: of_batch(&ballot),
            number,
        }
    }
}
