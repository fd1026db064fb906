//! What a person is can be changed: a locked officer, or one who moves to another authority, keeps no case and no right.

use corridor::domain::actor::{Actor, Role};
use corridor::workflow::people::list_people::FindAccount;
use serde_json::{Value, json};

use crate::world::{Batch, Case, Person, World, on_both_databases};

/// A case at the health stage that this officer has claimed.
async fn claimed(world: &World, batch: &Batch, officer: &Person) -> Case {
    let [case] = world.submit(batch, ["Ada"]).await;
    world.endorse(&case, "nomination").await;
    world.act(officer, &case, json!({ "action": "claim" })).await.expect(200);
    case
}

/// Action and kind of actor of the last event.
async fn last_event(world: &World, case: &Case) -> (String, String) {
    let history = world.history(world.reviewer(case, "health"), case).await;
    let text = |field: &str| history.last().unwrap()[field].as_str().unwrap().to_owned();
    (text("action"), text("actor_kind"))
}

fn unclaimed() -> (String, String) {
    ("unclaim".to_owned(), "system".to_owned())
}

/// Changes an account on its page. Returns the status.
async fn change(world: &World, session: &str, person: &Person, fields: &[(&str, &str)]) -> u16 {
    let path = format!("/admin/accounts/{}", person.id);
    world.send_in_session(session, "/account", &path, fields).await.status
}

async fn administrator(world: &World) -> (Person, String) {
    let administrator = world.person("admin@corridor.example", &[Role::Administrator], None).await;
    let session = world.session(&administrator).await;
    (administrator, session)
}

#[test]
fn the_cases_of_a_locked_officer_return_to_the_queue() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let aigerim = world.officer("aigerim@moh.example", "kz-moh").await;
        let bek = world.officer("bek@moh.example", "kz-moh").await;
        let (first, second) =
            (claimed(world, &batch, &aigerim).await, claimed(world, &batch, &aigerim).await);
        let asked = claimed(world, &batch, &aigerim).await;
        let ask = json!({ "action": "request_information", "questions": ["Why?"] });
        world.act(&aigerim, &asked, ask).await.expect(200);
        let of_bek = claimed(world, &batch, &bek).await;

        let (_, session) = administrator(world).await;
        let path = format!("/admin/accounts/{}/disabled", aigerim.id);
        let locked = world.send_in_session(&session, "/account", &path, &[("disabled", "true")]).await;
        assert_eq!(locked.status, 303);
        world.until_jobs_are_done().await;
        for case in [&first, &second, &asked] {
            assert_eq!(last_event(world, case).await, unclaimed());
        }
        assert_eq!(last_event(world, &of_bek).await.0, "claim");
        world.act(&bek, &first, json!({ "action": "claim" })).await.expect(200);
        world
            .act(&world.sponsor, &asked, json!({ "action": "respond", "answers": ["So."] }))
            .await
            .expect(200);
        world.act(&bek, &asked, json!({ "action": "claim" })).await.expect(200);
    });
}

#[test]
fn a_request_that_began_before_the_account_was_locked_claims_nothing() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [case] = world.submit(&batch, ["Ada"]).await;
        world.endorse(&case, "nomination").await;
        // As the session was read: this actor still has the role.
        let aigerim = world.officer("aigerim@moh.example", "kz-moh").await;
        world.lock_account(&aigerim).await;
        // Who asks for information becomes the case's officer, too.
        let ask = json!({ "action": "request_information", "questions": ["Why?"] });
        for action in [json!({ "action": "claim" }), ask] {
            let refused = world.act(&aigerim, &case, action).await;
            assert_eq!(refused.refusal(), (403, "forbidden"));
        }
    });
}

#[test]
fn an_officer_who_moves_to_another_authority_has_the_rights_there_and_none_here() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let aigerim = world.officer("aigerim@moh.example", "kz-moh").await;
        let case = claimed(world, &batch, &aigerim).await;
        let browser = world.session(&aigerim).await;
        let queue =
            async || String::from_utf8(world.page(&browser, "/console?tab=desk").await.bytes).unwrap();
        let page = format!("/console/cases/{}", case.id);
        assert_eq!(world.page(&browser, &page).await.status, 200);

        let (_, session) = administrator(world).await;
        let fields = [("role", "officer"), ("role", "supervisor"), ("organisation", "cn-nhc")];
        assert_eq!(change(world, &session, &aigerim, &fields).await, 303);
        world.until_jobs_are_done().await;
        assert_eq!(last_event(world, &case).await, unclaimed());
        // The session goes on, with the new rights.
        assert_eq!(world.page(&browser, "/account").await.status, 200);
        assert_eq!(world.page(&browser, &page).await.status, 404);
        assert!(!queue().await.contains(&case.id));

        let fields = [("role", "auditor"), ("organisation", "")];
        assert_eq!(change(world, &session, &aigerim, &fields).await, 303);
        let changed = world.service().query(&Actor::operator(), FindAccount::ById(aigerim.id)).await.unwrap();
        assert_eq!((changed.roles, changed.organisation), (vec![Role::Auditor], None));
    });
}

#[test]
fn an_officer_who_gets_another_role_in_the_same_authority_keeps_the_cases() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let aigerim = world.officer("aigerim@moh.example", "kz-moh").await;
        let case = claimed(world, &batch, &aigerim).await;
        let (_, session) = administrator(world).await;
        let both = [("role", "officer"), ("role", "supervisor"), ("organisation", "kz-moh")];
        assert_eq!(change(world, &session, &aigerim, &both).await, 303);
        world.until_jobs_are_done().await;
        assert_eq!(last_event(world, &case).await.0, "claim");
        let other = [("role", "supervisor"), ("organisation", "kz-moh")];
        assert_eq!(change(world, &session, &aigerim, &other).await, 303);
        world.until_jobs_are_done().await;
        assert_eq!(last_event(world, &case).await, unclaimed());
    });
}

#[test]
fn wrong_roles_are_refused_and_nobody_changes_their_own() {
    on_both_databases(async |world| {
        let aigerim = world.officer("aigerim@moh.example", "kz-moh").await;
        let (own, session) = administrator(world).await;
        for (fields, field) in [
            (vec![("organisation", "kz-moh")], "role"),
            (vec![("role", "king"), ("organisation", "kz-moh")], "role"),
            (vec![("role", "officer"), ("role", "king"), ("organisation", "kz-moh")], "role"),
            (vec![("role", "officer"), ("organisation", "nowhere")], "organisation"),
            (vec![("role", "officer"), ("organisation", "")], "organisation"),
            (vec![("role", "sponsor"), ("organisation", "kz-moh")], "organisation"),
        ] {
            let path = format!("/admin/accounts/{}", aigerim.id);
            let refused = world.send_in_session(&session, "/account", &path, &fields).await;
            let html = String::from_utf8(refused.bytes).unwrap();
            assert_eq!(refused.status, 422, "{fields:?}");
            assert!(html.contains(&format!("href=\"#{field}\"")), "{fields:?}");
        }
        let same = world.service().query(&Actor::operator(), FindAccount::ById(aigerim.id)).await.unwrap();
        assert_eq!(same.roles, [Role::Officer]);
        assert_eq!(
            change(world, &session, &own, &[("role", "officer"), ("organisation", "kz-moh")]).await,
            403
        );
        let path = format!("/admin/accounts/{}/disabled", own.id);
        let refused = world.send_in_session(&session, "/account", &path, &[("disabled", "true")]).await;
        assert_eq!(refused.status, 403);
        let nobody = Person { id: corridor::domain::ids::AccountId(uuid::Uuid::nil()), actor: own.actor };
        assert_eq!(change(world, &session, &nobody, &[("role", "auditor")]).await, 404);
    });
}

#[test]
fn the_command_line_lists_changes_and_locks_accounts() {
    on_both_databases(async |world| {
        world.officer("aigerim@moh.example", "kz-moh").await;
        let run = |arguments: &[&str]| {
            let output = world.corridor().arg("--json").arg("account").args(arguments).output().unwrap();
            let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            (output.status.code().unwrap(), printed, String::from_utf8(output.stderr).unwrap())
        };
        let line = || {
            let (_, listed, _) = run(&["list"]);
            let all = listed.as_array().unwrap().clone();
            all.into_iter().find(|line| line["email"] == "aigerim@moh.example").unwrap()
        };
        assert_eq!((&line()["roles"], &line()["organisation"]), (&json!(["officer"]), &json!("kz-moh")));
        let (code, ..) = run(&["change", "Aigerim@moh.example", "--role=officer", "--organisation=kz-mfa"]);
        assert_eq!((code, &line()["organisation"]), (0, &json!("kz-mfa")));
        let (code, ..) = run(&["change", "aigerim@moh.example", "--role=auditor", "--organisation="]);
        assert_eq!((code, &line()["roles"], &line()["organisation"]), (0, &json!(["auditor"]), &json!(null)));
        let (code, ..) = run(&["disable", "aigerim@moh.example"]);
        assert_eq!((code, &line()["state"]), (0, &json!("disabled")));
        let (code, ..) = run(&["enable", "aigerim@moh.example"]);
        assert_eq!((code, &line()["state"]), (0, &json!("active")));
        let (code, _, words) = run(&["change", "aigerim@moh.example", "--role=officer"]);
        assert_eq!(code, 2);
        assert!(words.contains("organisation"), "{words}");
        let (code, _, words) = run(&["disable", "nobody@moh.example"]);
        assert!(code == 1 && words.contains("nobody@moh.example"), "{words}");
        assert_eq!(run(&["change", "aigerim@moh.example"]).0, 2);
    });
}
