//! Batches: when they open, close and end by themselves, and who runs them.

use std::rc::Rc;

use corridor::{
    domain::actor::{Actor, OrganisationKind, Role, Scope},
    workflow::apply_programme::{ApplyProgramme, CN_KZ},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Batch, World, http::Request, on_both_databases};

async fn until_state(world: &World, batch: &Batch, state: &str) {
    world.until(&format!("the batch is {state}"), async || world.batch(batch).await["state"] == state).await;
}

#[test]
fn a_planned_batch_opens_and_closes_by_itself_at_its_times() {
    on_both_databases(async |world| {
        let at = |minutes| (world.now() + SignedDuration::from_mins(minutes)).to_string();
        let terms = json!({ "opens_at": at(10), "closes_at": at(30) });
        let planned = world.plan_batch(terms).await.expect(201);
        let batch = Batch::from(planned["id"].as_str().unwrap());
        let draft = world.draft(&world.form(&batch, "Ada")).await;
        world.add_required_evidence(&draft).await;
        let submit = json!({ "action": "submit" });
        let early = world.act(&world.sponsor, &draft, submit.clone()).await;
        assert_eq!(early.refusal(), (409, "batch_not_open"));
        world.advance(SignedDuration::from_mins(11));
        until_state(world, &batch, "open").await;
        world.act(&world.sponsor, &draft, submit).await.expect(200);
        world.advance(SignedDuration::from_mins(20));
        until_state(world, &batch, "closed").await;
    });
}

#[test]
fn a_batch_ends_when_its_last_day_is_over_on_both_sides() {
    on_both_databases(async |world| {
        // It is 08:00 UTC on the first day. The day ends at 16:00 UTC in China and at 19:00 UTC in Kazakhstan.
        let batch = world.open_batch_with(json!({ "travel_until": world.day(0) })).await;
        let later = world.open_batch_with(json!({ "travel_until": world.day(1) })).await;
        world.advance(SignedDuration::from_mins(10 * 60 + 58));
        assert_eq!(world.batch(&batch).await["state"], "open");
        world.advance(SignedDuration::from_mins(3));
        until_state(world, &batch, "ended").await;
        assert_eq!(world.batch(&later).await["state"], "open");
    });
}

#[test]
fn a_programme_names_who_runs_its_batches() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let health = Rc::new(world.program("cn-nhc", &[Scope::BatchesWrite]).await);
        let rename = async |program: &Rc<crate::world::Program>, name: &str| {
            let version = world.batch(&batch).await["version"].as_i64().unwrap();
            let path = format!("/api/v1/batches/{}", &*batch);
            let request = Request::patch(path).if_match(version).json(&json!({ "name": name }));
            world.send_as(program, request).await
        };
        rename(&health, "By any authority").await.expect(200);
        let managers = "[managers]\n\"CN-KZ\" = [\"kz-mfa\"]\n\"KZ-CN\" = [\"cn-mfa\"]\n\n[name]";
        let file = CN_KZ.replacen("[name]", managers, 1);
        let applied = ApplyProgramme { file: toml::from_str(&file).unwrap() };
        world.service().execute(&Actor::operator(), applied).await.unwrap();
        assert_eq!(rename(&health, "By the health authority").await.refusal(), (403, "forbidden"));
        let ministry = Rc::new(world.program("cn-mfa", &[Scope::BatchesWrite]).await);
        rename(&ministry, "By the ministry").await.expect(200);
    });
}

#[test]
fn every_representative_is_told_and_none_becomes_the_applicant_of_a_colleague() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let both = [Role::Applicant, Role::Sponsor];
        let boss = world.person("a-boss@steppe.example", &both, Some("steppe")).await;
        for number in 0..24 {
            // People without the role come first by address.
            let (email, role) = match number {
                0..22 => (format!("b{number:02}@steppe.example"), Role::Applicant),
                _ => (format!("z{number:02}@steppe.example"), Role::Sponsor),
            };
            world.person(&email, &[role], Some("steppe")).await;
        }
        let case = world.draft_in_person(&boss, &world.form(&batch, "Ada")).await;
        world.add_required_evidence(&case).await;
        world.act(&boss, &case, json!({ "action": "submit" })).await.expect(200);
        let mut told: Vec<String> = world.mail().await.into_iter().map(|letter| letter.to).collect();
        told.sort();
        let expected =
            ["a-boss@steppe.example", "ada@travellers.example", "z22@steppe.example", "z23@steppe.example"];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_case_on_the_waiting_list_is_not_decided() {
    on_both_databases(async |world| {
        let batch = world.open_batch(0).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let waiting = world.case(&ada).await;
        assert_eq!((&waiting["state"], &waiting["decided_at"]), (&json!("waitlisted"), &Value::Null));
        world.advance(SignedDuration::from_mins(1));
        world.change_batch(&batch, json!({ "capacity": 1 })).await.expect(200);
        assert_eq!(world.case(&ada).await["decided_at"], json!(world.now()));
    });
}

#[test]
fn which_companies_have_limits_is_shown_to_them_and_to_those_who_run_or_review_batches() {
    on_both_databases(async |world| {
        let another = world.another_sponsor("taiga").await;
        let limit = |dimension, key| json!({ "dimension": dimension, "key": key, "capacity": 1 });
        let limits = [limit("direction", "CN-KZ"), limit("sponsor", "steppe"), limit("sponsor", "taiga")];
        let batch = world.open_batch_with(json!({ "capacity": 5, "limits": limits })).await;
        let shown = |body: &Value| {
            let keys = body["limits"]
                .as_array()
                .unwrap()
                .iter()
                .map(|limit| limit["key"].as_str().unwrap().to_owned());
            keys.collect::<Vec<_>>()
        };
        let path = format!("/api/v1/batches/{}", &*batch);
        assert_eq!(shown(&world.send(Request::get(&path)).await.expect(200)), ["CN-KZ"]);
        let listed = world.send(Request::get("/api/v1/batches")).await.expect(200);
        assert_eq!(shown(&listed["items"][0]), ["CN-KZ"]);
        assert_eq!(shown(&world.get(&another, &path).await), ["CN-KZ", "taiga"]);
        assert_eq!(shown(&world.get(&world.sponsor, &path).await), ["CN-KZ", "steppe"]);
        for own in [&world.batch_manager, &world.reviewers["cn-nhc"]] {
            assert_eq!(shown(&world.get(own, &path).await), ["CN-KZ", "steppe", "taiga"]);
        }
        // An authority that has no seat in the programme.
        world.organisation("uz-mfa", OrganisationKind::Authority).await;
        let foreign = world.program("uz-mfa", Scope::ALL).await;
        assert_eq!(shown(&world.get(&foreign, &path).await), ["CN-KZ"]);
        let listed = world.get(&foreign, "/api/v1/batches").await;
        assert_eq!(shown(&listed["items"][0]), ["CN-KZ"]);
    });
}
