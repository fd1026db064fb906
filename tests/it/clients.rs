//! A leaked secret can be replaced and an API client locked; its tokens stop at once.

use corridor::domain::actor::{Role, Scope};
use serde_json::{Value, json};

use crate::world::{Program, World, http::Request, on_both_databases};

/// The status of a token request.
async fn ask_for_token(world: &World, id: &str, secret: &str) -> u16 {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    world.send(Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form)).await.status
}

/// The status of a request with a token.
async fn use_token(world: &World, token: &str) -> u16 {
    let request = Request::get("/api/v1/applications").header("Authorization", format!("Bearer {token}"));
    world.send(request).await.status
}

async fn a_program(world: &World) -> (Program, String) {
    let program = world.program("kz-mfa", &[Scope::ApplicationsRead]).await;
    let token = world.token(&program).await;
    assert_eq!(use_token(world, &token).await, 200);
    (program, token)
}

async fn administrator(world: &World) -> String {
    let administrator = world.person("admin@corridor.example", &[Role::Administrator], None).await;
    world.session(&administrator).await
}

#[test]
fn a_locked_client_gets_no_token_and_those_that_it_has_stop_at_once() {
    on_both_databases(async |world| {
        let ((program, token), session) = (a_program(world).await, administrator(world).await);
        let (id, secret) = program.credentials();
        let page = String::from_utf8(world.page(&session, "/admin/clients").await.bytes).unwrap();
        assert!(page.contains(id) && !page.contains(secret));
        let path = format!("/admin/clients/{id}/disabled");
        let lock = async |disabled: &str| {
            let fields = [("disabled", disabled)];
            world.send_in_session(&session, "/admin/clients", &path, &fields).await.status
        };
        assert_eq!(lock("true").await, 303);
        assert_eq!(use_token(world, &token).await, 401);
        assert_eq!(ask_for_token(world, id, secret).await, 401);
        assert_eq!(lock("false").await, 303);
        assert_eq!(ask_for_token(world, id, secret).await, 200);
    });
}

#[test]
fn a_new_secret_replaces_the_old_one_and_its_tokens_at_once() {
    on_both_databases(async |world| {
        let ((program, token), session) = (a_program(world).await, administrator(world).await);
        let (id, secret) = program.credentials();
        let path = format!("/admin/clients/{id}/secret");
        let shown = world.send_in_session(&session, "/admin/clients", &path, &[]).await;
        assert_eq!((shown.status, shown.header("Cache-Control")), (200, "no-store"));
        let html = String::from_utf8(shown.bytes).unwrap();
        let new = html.split("id=\"client_secret\">").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(use_token(world, &token).await, 401);
        assert_eq!(ask_for_token(world, id, secret).await, 401);
        assert_eq!(ask_for_token(world, id, new).await, 200);
        let again = String::from_utf8(world.page(&session, "/admin/clients").await.bytes).unwrap();
        assert!(!again.contains(new), "it is shown once");
    });
}

#[test]
fn the_command_line_lists_locks_and_renews_clients() {
    on_both_databases(async |world| {
        let (program, token) = a_program(world).await;
        let (id, secret) = program.credentials();
        let run = |arguments: &[&str]| {
            let output = world.corridor().arg("--json").arg("client").args(arguments).output().unwrap();
            let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            (output.status.success(), printed)
        };
        let line = || {
            let (_, listed) = run(&["list"]);
            listed.as_array().unwrap().iter().find(|line| line["client_id"] == id).unwrap().clone()
        };
        assert_eq!(
            (&line()["scopes"], &line()["organisation"]),
            (&json!(["applications:read"]), &json!("kz-mfa"))
        );
        assert!(run(&["disable", id]).0);
        assert!(line()["disabled_at"].is_string());
        world.until("the token stops", async || use_token(world, &token).await == 401).await;
        assert!(run(&["enable", id]).0);
        let (_, rotated) = run(&["rotate", id]);
        assert_eq!(rotated["client_id"], id);
        assert_eq!(ask_for_token(world, id, secret).await, 401);
        assert_eq!(ask_for_token(world, id, rotated["client_secret"].as_str().unwrap()).await, 200);
        for verb in ["disable", "enable", "rotate"] {
            assert!(!run(&[verb, "nobody"]).0, "{verb}");
        }
    });
}
