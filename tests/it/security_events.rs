//! Sign-ins, refusals and administration leave a line in the security log, with the network of the client and without
//! names or addresses of people.

use corridor::{
    domain::actor::{Actor, Role, Scope},
    random,
    workflow::people::change_client::DisableClient,
};

use crate::world::{http::Request, on_both_databases, security_log};

const PASSWORD: &str = "copper kettle meadow 7";

/// What the lines about an id say, without the id and in order: level, event, network.
fn lines(about: &str) -> Vec<String> {
    let field = |line: &str, name: &str| {
        let rest = line.split(&format!(" {name}=\"")).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap().to_owned()
    };
    let lines = security_log(about);
    assert!(lines.iter().all(|line| !line.contains('@')), "{lines:?}");
    let told = |line: &String| {
        let level = line.split(' ').next().unwrap();
        format!("{level} {} {}", field(line, "event"), field(line, "network")).trim_end().to_owned()
    };
    lines.iter().map(told).collect()
}

#[test]
fn a_sign_in_and_a_refused_one_name_the_account_and_the_network() {
    on_both_databases(async |world| {
        let email = format!("aigerim-{}@mfa.example", random::id().simple());
        let person = world.person_with_password(&email, &[Role::Officer], Some("kz-mfa"), PASSWORD).await;
        let id = person.id.to_string();
        assert_eq!(lines(&id), ["INFO account_created"]);
        let form = world.open_form("/sign-in").await;
        for (password, network) in [("wrong", "203.0.113.9"), (PASSWORD, "2001:db8:1:2:3:4:5:6")] {
            world.send_form_from(&form, &[("email", &email), ("password", password)], network).await;
        }
        world.lock_account(&person).await;
        world.send_form_from(&form, &[("email", &email), ("password", PASSWORD)], "203.0.113.9").await;
        assert_eq!(
            lines(&id),
            [
                "INFO account_created",
                "WARN sign_in_refused 203.0.113.9",
                "INFO signed_in 2001:db8:1:2::",
                "INFO account_locked",
                "WARN sign_in_refused 203.0.113.9",
            ]
        );
        // A stranger's address is typed by a stranger, and not logged.
        for _ in 0..11 {
            let fields = [("email", "nobody@nowhere.example"), ("password", "wrong")];
            world.send_form_from(&form, &fields, "198.51.100.77").await;
        }
        let found = lines("198.51.100.77");
        let count = |event: &str| found.iter().filter(|line| line.contains(event)).count();
        assert!(count("WARN sign_in_refused") >= 10 && count("WARN too_many_attempts") >= 1, "{found:?}");
    });
}

#[test]
fn passwords_links_and_secrets_leave_lines() {
    on_both_databases(async |world| {
        let email = format!("ada-{}@travellers.example", random::id().simple());
        let person = world.person_with_password(&email, &[Role::Applicant], None, PASSWORD).await;
        let id = person.id.to_string();
        let session = world.session(&person).await;
        let new = "violet anchor harbour 9";
        for current in ["wrong", PASSWORD] {
            let fields = [("current", current), ("password", new)];
            world.send_in_session(&session, "/account", "/account/password", &fields).await;
        }
        world.fill_in("/forgot-password", &[("email", &email)]).await;
        let letters = world.mail().await;
        let (link, token) = letters.last().unwrap().link();
        world.fill_in(&link, &[("token", &token), ("password", PASSWORD)]).await;
        for path in ["/sign-out", "/account/sign-out-everywhere"] {
            let session = world.session(&person).await;
            world.send_in_session(&session, "/account", path, &[]).await;
        }
        assert_eq!(
            lines(&id),
            [
                "INFO account_created",
                "WARN password_refused 127.0.0.1",
                "INFO password_changed 127.0.0.1",
                "INFO password_chosen 127.0.0.1",
                "INFO session_ended 127.0.0.1",
                "INFO signed_out_everywhere 127.0.0.1",
            ]
        );

        let program = world.program("kz-mfa", &[Scope::ApplicationsRead]).await;
        let (client, secret) = program.credentials();
        for secret in ["wrong", secret] {
            let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
            world.send(Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form)).await;
        }
        // No token is issued, so no line says so.
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope=batches:manage"
        );
        let refused = Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form);
        assert_eq!(world.send(refused).await.status, 400);
        assert_eq!(
            lines(client),
            ["INFO client_created", "WARN secret_refused 127.0.0.1", "INFO token_issued 127.0.0.1"]
        );
        let token = world.token(&program).await;
        let lock = DisableClient { client_id: client.to_owned(), disabled: true };
        world.service().execute(&Actor::operator(), lock).await.unwrap();
        let request = Request::get("/api/v1/batches").header("Authorization", format!("Bearer {token}"));
        assert_eq!(world.send(request).await.status, 401);
        let rest = &lines(client)[3..];
        assert_eq!(
            rest,
            ["INFO token_issued 127.0.0.1", "INFO client_locked", "WARN token_refused 127.0.0.1"]
        );
        assert!(security_log(client).iter().all(|line| !line.contains(secret)));
    });
}

#[test]
fn a_request_that_is_sent_twice_leaves_one_line() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        for _ in 0..2 {
            let close = Request::post(format!("/api/v1/batches/{}/close", &*batch));
            let close = close.header("Idempotency-Key", "close-it");
            world.send_as(&world.batch_manager, close).await.expect(200);
        }
        let (created, moved) = ("INFO batch_created 127.0.0.1", "INFO batch_moved 127.0.0.1");
        assert_eq!(lines(&batch), [created, moved, moved]);
    });
}

#[test]
fn administration_and_refused_rights_leave_lines() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        assert_eq!(lines(&batch), ["INFO batch_created 127.0.0.1", "INFO batch_moved 127.0.0.1"]);
        let administrator = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let officer = world.officer("aigerim@mfa.example", "kz-mfa").await;
        let (admin, stranger) = (world.session(&administrator).await, world.session(&officer).await);
        let program = world.program("kz-mfa", &[Scope::ApplicationsRead]).await;
        let (client, account) = (program.credentials().0.to_owned(), officer.id.to_string());
        let send = async |session: &str, path: &str, fields: &[(&str, &str)]| {
            world.send_in_session(session, "/account", path, fields).await.status
        };
        assert_eq!(send(&stranger, &format!("/admin/clients/{client}/secret"), &[]).await, 403);
        assert_eq!(world.page(&stranger, "/admin/accounts").await.status, 403);
        let roles = [("role", "supervisor"), ("organisation", "kz-mfa")];
        assert_eq!(send(&admin, &format!("/admin/accounts/{account}"), &roles).await, 303);
        for disabled in ["true", "false"] {
            let fields = [("disabled", disabled)];
            assert_eq!(send(&admin, &format!("/admin/accounts/{account}/disabled"), &fields).await, 303);
            assert_eq!(send(&admin, &format!("/admin/clients/{client}/disabled"), &fields).await, 303);
        }
        assert_eq!(send(&admin, &format!("/admin/clients/{client}/secret"), &[]).await, 200);
        let code = format!("org-{}", world.next_number());
        let new = [("code", code.as_str()), ("name", "New"), ("kind", "sponsor")];
        assert_eq!(send(&admin, "/admin/organisations", &new).await, 303);
        assert_eq!(
            lines(&administrator.id.to_string()),
            [
                "INFO account_created",
                "INFO roles_changed 127.0.0.1",
                "INFO account_locked 127.0.0.1",
                "INFO client_locked 127.0.0.1",
                "INFO account_unlocked 127.0.0.1",
                "INFO client_unlocked 127.0.0.1",
                "INFO client_secret_replaced 127.0.0.1",
                "INFO organisation_created 127.0.0.1",
            ]
        );
        let refused = lines(&account);
        let refused: Vec<&String> = refused.iter().filter(|line| line.starts_with("WARN")).collect();
        assert_eq!(refused, ["WARN right_refused 127.0.0.1", "WARN right_refused 127.0.0.1"]);
    });
}
