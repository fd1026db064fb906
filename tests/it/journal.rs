//! The journal: every change of batches, programmes, organisations, accounts and API clients leaves a line, and auditors
//! read it.

use std::{collections::BTreeSet, io::Write, process::Stdio};

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        lifecycle::BatchAction,
        policy::Operation,
    },
    password,
    workflow::{
        apply_programme::CN_KZ,
        list_journal::{ListJournal, ListedLine},
        people::create_account::{CreateAccount, FirstLink},
    },
};
use serde_json::{Value, json};

use crate::world::{
    Batch, Program, Setup, World,
    browser::{Browser, Scripts},
    http::Request,
    on_both_databases, with,
};

const PASSWORD: &str = "copper kettle meadow 7";
const NEW_PASSWORD: &str = "violet anchor harbour 9";

/// Every operation that changes something that has a journal: how it is taken, and the lines that it leaves, each as
/// kind, action and actor.
const CHANGES: [(&str, &str, &[&str]); 30] = [
    ("create_organisation", "corridor organisation create", &["organisation create operator"]),
    ("create_organisation", "POST /admin/organisations", &["organisation create account"]),
    ("create_client", "corridor client create", &["client create operator"]),
    ("create_account", "corridor account create", &["account create operator"]),
    ("create_account", "POST /admin/accounts", &["account create account"]),
    ("change_roles", "POST /admin/accounts/{id}", &["account change_roles account"]),
    ("change_roles", "corridor account change", &["account change_roles operator"]),
    ("disable_account", "corridor account disable", &["account disable operator"]),
    ("disable_account", "corridor account enable", &["account enable operator"]),
    ("disable_client", "corridor client disable", &["client disable operator"]),
    ("disable_client", "corridor client enable", &["client enable operator"]),
    ("rotate_client", "corridor client rotate", &["client rotate_secret operator"]),
    ("disable_client", "POST /admin/clients/{client_id}/disabled", &["client disable account"]),
    ("rotate_client", "POST /admin/clients/{client_id}/secret", &["client rotate_secret account"]),
    ("disable_account", "POST /admin/accounts/{id}/disabled, true", &["account disable account"]),
    ("disable_account", "POST /admin/accounts/{id}/disabled, false", &["account enable account"]),
    ("change_account", "POST /account/language", &["account change_language account"]),
    ("change_account", "POST /account/password", &["account change_password account"]),
    ("sign_in", "POST /sign-up", &[]),
    ("sign_in", "POST /choose-password", &["account create account"]),
    ("sign_in", "POST /choose-password, again", &["account choose_password account"]),
    (
        "apply_programme",
        "corridor programme apply",
        &["organisation create operator", "programme apply_version operator"],
    ),
    ("create_batch", "corridor batch create", &["batch create operator"]),
    ("create_batch", "POST /api/v1/batches", &["batch create client"]),
    ("change_batch", "PATCH /api/v1/batches/{id}", &["batch change client"]),
    ("open_batch", "POST /api/v1/batches/{id}/open", &["batch open client"]),
    ("open_batch", "corridor batch open", &["batch open operator"]),
    (
        "close_batch",
        "POST /api/v1/batches/{id}/close",
        // The draw is a step of its own, which a job takes.
        &["batch close client", "batch draw system"],
    ),
    ("end_batch", "POST /api/v1/batches/{id}/end", &["batch end client"]),
    ("sign_in", "POST /sign-in", &[]),
];

/// The other operations. They read, or they change nothing that has a journal. `draw_batch` is a part of closing,
/// `maintain` is the work of jobs and the clock; `resend_message` is told in the history of the case.
const OTHERS: [&str; 28] = [
    "show_case",
    "list_cases",
    "show_queue",
    "show_history",
    "show_document",
    "show_evidence",
    "check_draft",
    "list_batches",
    "plan_batches",
    "show_batch",
    "show_ledger",
    "show_ballot",
    "list_programmes",
    "show_programme",
    "list_accounts",
    "list_clients",
    "list_organisations",
    "list_officers",
    "list_jobs",
    "show_job",
    "list_journal",
    "list_duties",
    "list_messages",
    "resend_message",
    "show_messages",
    "show_sponsor_limits",
    "maintain",
    "draw_batch",
];

/// What only an upgrade does.
const IS_UPGRADE: [BatchAction; 2] = [BatchAction::Found, BatchAction::CloseHistory];

#[test]
fn every_operation_is_tested_for_its_line_or_listed_as_one_without() {
    let operations = Operation::OTHERS.iter().copied();
    let of_batches = BatchAction::ALL.iter().copied().filter(|action| !IS_UPGRADE.contains(action));
    let known: BTreeSet<&str> =
        operations.chain(of_batches.map(Operation::Batch)).map(Operation::as_str).collect();
    let tested: BTreeSet<&str> = CHANGES.iter().map(|(operation, ..)| *operation).chain(OTHERS).collect();
    assert_eq!(known, tested);
}

#[test]
fn every_change_leaves_its_line() {
    on_both_databases(async |world| {
        let mut story = Story::begin(world).await;
        for (_, step, expected) in CHANGES {
            let before = story.lines().await;
            story.take(step).await;
            let mut after = story.lines().await;
            for line in &before {
                let index = after.iter().position(|other| other == line).unwrap();
                after.remove(index);
            }
            assert_eq!(after, expected, "{step}");
        }
    });
}

/// The people, batches and ids that the steps are about.
struct Story<'a> {
    world: &'a World,
    auditor: Actor,
    administrator: String,
    ada: String,
    officer: String,
    client_id: String,
    /// A batch by lot, which the API runs.
    batch: Batch,
    /// A batch that the command line has planned.
    planned: Batch,
}

impl<'a> Story<'a> {
    async fn begin(world: &'a World) -> Self {
        let auditor = world.person("auditor@audit.example", &[Role::Auditor], None).await.actor;
        let administrator = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
        let ada = CreateAccount {
            email: "ada@travellers.example".into(),
            name: Some("Ada".into()),
            roles: vec![Role::Applicant],
            organisation: None,
            language: "en".into(),
            password_hash: Some(hash),
            link: FirstLink::Shown,
        };
        let ada = world.service().execute(&Actor::operator(), ada).await.unwrap().account;
        let administrator = world.session(&administrator).await;
        let (batch, planned) = (Batch::from(""), Batch::from(""));
        let ada = ada.id.to_string();
        let officer = world.officer("bek@mfa.example", "kz-mfa").await.id.to_string();
        Self { world, auditor, administrator, ada, officer, client_id: String::new(), batch, planned }
    }

    /// Kind, action and actor of all lines, sorted.
    async fn lines(&self) -> Vec<String> {
        let all = ListJournal { at_most: 1000, ..ListJournal::default() };
        let page = self.world.service().query(&self.auditor, all).await.unwrap();
        let word = |line: &ListedLine| format!("{} {} {}", line.place.kind, line.action, line.actor_kind);
        let mut lines: Vec<String> = page.lines.iter().map(word).collect();
        lines.sort();
        lines
    }

    async fn take(&mut self, step: &str) {
        match step.split_once(' ').unwrap() {
            ("corridor", command) => self.run(command),
            (_, path) if path.starts_with("/api/") => self.call(step).await,
            _ => self.browse(step).await,
        }
    }

    fn run(&mut self, command: &str) {
        let file = self.world.folder().join("changed.toml");
        let changed = CN_KZ.replace("max_stay_days = 180", "max_stay_days = 90");
        std::fs::write(&file, changed.replace("\"cn-nhc\"", "\"cn-nhc-2\"")).unwrap();
        let file = file.display().to_string();
        let (batch, client_id) = (self.planned.to_string(), self.client_id.clone());
        let arguments: &[&str] = match command {
            "organisation create" => &["--code=rail", "--name=Rail", "--kind=sponsor", "--territory=KZ"],
            "client create" => &["--name=HR", "--organisation=rail", "--scope=applications:read"],
            "account create" => {
                &["--email=hr@rail.example", "--role=sponsor", "--organisation=rail", "--password-stdin"]
            }
            "programme apply" => &[&file],
            "batch create" => {
                &["--programme=cn-kz", "--name=Autumn", "--capacity=3", "--travel-from=2026-03-01"]
            }
            "account change" => &["bek@mfa.example", "--role=officer", "--role=supervisor"],
            "account disable" | "account enable" => &["bek@mfa.example"],
            "client disable" | "client enable" | "client rotate" => &[&client_id],
            "batch open" => &[&batch],
            other => panic!("{other}"),
        };
        let mut process = self.world.corridor();
        process.args(command.split(' ')).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = process.stderr(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let made = || serde_json::from_slice::<Value>(&output.stdout).unwrap();
        match command {
            "batch create" => self.planned = Batch::from(made()["id"].as_str().unwrap()),
            "client create" => self.client_id = made()["client_id"].as_str().unwrap().to_owned(),
            _ => {}
        }
    }

    async fn call(&mut self, step: &str) {
        let world = self.world;
        match step {
            "POST /api/v1/batches" => {
                let terms = json!({ "order": "ballot", "hold_at": "submission" });
                let made = world.plan_batch(terms).await.expect(201);
                self.batch = Batch::from(made["id"].as_str().unwrap());
            }
            "PATCH /api/v1/batches/{id}" => {
                world.change_batch(&self.batch, json!({ "capacity": 7 })).await.expect(200);
            }
            _ => {
                let verb = step.rsplit('/').next().unwrap();
                world.move_batch(&self.batch, verb).await.expect(200);
            }
        }
    }

    async fn browse(&self, step: &str) {
        let world = self.world;
        let disable = format!("/admin/accounts/{}/disabled", self.ada);
        match step {
            "POST /sign-up" => {
                world.fill_in("/sign-up", &[("email", "bo@travellers.example"), ("name", "Bo")]).await;
            }
            "POST /choose-password" | "POST /choose-password, again" => {
                if step.ends_with("again") {
                    world.fill_in("/forgot-password", &[("email", "bo@travellers.example")]).await;
                }
                let letters = world.mail_to("Bo").await;
                let (path, token) = letters.last().unwrap().link();
                world.fill_in(&path, &[("token", &token), ("password", PASSWORD)]).await;
            }
            "POST /sign-in" => {
                world.sign_in("ada@travellers.example", NEW_PASSWORD).await.unwrap();
            }
            "POST /account/language" | "POST /account/password" => {
                let session = world.sign_in("ada@travellers.example", PASSWORD).await.unwrap();
                let fields = [("language", "ru"), ("current", PASSWORD), ("password", NEW_PASSWORD)];
                self.send(&session, "/account", step.strip_prefix("POST ").unwrap(), &fields).await;
            }
            "POST /admin/organisations" => {
                let fields = [("code", "road"), ("name", "Road"), ("kind", "sponsor"), ("territory", "KZ")];
                self.send(&self.administrator, "/admin/organisations", "/admin/organisations", &fields).await;
            }
            "POST /admin/accounts" => {
                let fields = [
                    ("email", "hr@road.example"),
                    ("name", "HR"),
                    ("role", "sponsor"),
                    ("organisation", "rail"),
                ];
                self.send(&self.administrator, "/admin/accounts", "/admin/accounts", &fields).await;
            }
            "POST /admin/accounts/{id}" => {
                let path = format!("/admin/accounts/{}", self.officer);
                let fields = [("role", "officer"), ("organisation", "kz-moh")];
                self.send(&self.administrator, "/admin/accounts", &path, &fields).await;
            }
            "POST /admin/clients/{client_id}/disabled" => {
                let path = format!("/admin/clients/{}/disabled", self.client_id);
                self.send(&self.administrator, "/admin/clients", &path, &[("disabled", "true")]).await;
            }
            "POST /admin/clients/{client_id}/secret" => {
                let path = format!("/admin/clients/{}/secret", self.client_id);
                let shown = world.send_in_session(&self.administrator, "/admin/clients", &path, &[]).await;
                assert_eq!(shown.status, 200);
            }
            "POST /admin/accounts/{id}/disabled, true" => {
                self.send(&self.administrator, "/admin/accounts", &disable, &[("disabled", "true")]).await;
            }
            "POST /admin/accounts/{id}/disabled, false" => {
                self.send(&self.administrator, "/admin/accounts", &disable, &[("disabled", "false")]).await;
            }
            other => panic!("{other}"),
        }
    }

    /// Sends a form of a page in a session.
    async fn send(&self, session: &str, page: &str, path: &str, fields: &[(&str, &str)]) {
        let answer = self.world.send_in_session(session, page, path, fields).await;
        assert_eq!(answer.status, 303, "{path}");
    }
}

#[test]
fn a_line_says_who_changed_what_with_old_and_new_values() {
    on_both_databases(async |world| {
        let auditor = world.program("kz-mfa", &[Scope::AuditRead]).await;
        let batch = world.open_batch(3).await;
        world.change_batch(&batch, json!({ "capacity": 5, "name": "Spring" })).await.expect(200);
        let lines = about(world, &auditor, &format!("kind=batch&subject={}", &*batch)).await;
        assert_eq!(actions(&lines), ["change", "open", "create"]);
        assert_eq!(lines[0]["label"], "Spring");
        assert_eq!(lines[0]["changes"][1], json!({ "field": "capacity", "old": "3", "new": "5" }));
        assert_eq!(lines[1]["changes"], json!([{ "field": "state", "old": "planned", "new": "open" }]));
        assert_eq!(
            (&lines[0]["actor_kind"], &lines[0]["organisation"]),
            (&json!("client"), &json!("kz-mfa"))
        );

        let officer = world.officer("aigerim@mfa.example", "kz-mfa").await;
        let lines = about(world, &auditor, &format!("subject={}", officer.id)).await;
        assert_eq!((&lines[0]["kind"], &lines[0]["action"]), (&json!("account"), &json!("create")));
        let changes = lines[0]["changes"].as_array().unwrap();
        let new =
            |field: &str| changes.iter().find(|change| change["field"] == field).unwrap()["new"].clone();
        assert_eq!(new("email"), "aigerim@mfa.example");
        assert_eq!((new("roles"), new("organisation")), (json!("officer"), json!("kz-mfa")));
        assert_eq!(new("password_digest").as_str().unwrap().len(), 64);
    });
}

async fn about(world: &World, auditor: &Program, query: &str) -> Vec<Value> {
    world.every(auditor, &format!("/api/v1/journal?{query}")).await
}

fn actions(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["action"].as_str().unwrap()).collect()
}

#[test]
fn names_and_addresses_of_people_do_not_stand_in_the_database_in_plain() {
    on_both_databases(async |world| {
        world.person("quetzal@travellers.example", &[Role::Applicant], None).await;
        let rows = world.bytes(&format!(
            "SELECT {} AS bytes FROM journal WHERE kind = 'account'",
            world.bytes_of("changes || CAST(subject AS TEXT)")
        ));
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| !String::from_utf8_lossy(row).contains("quetzal")));
        let sealed = world.bytes("SELECT words_sealed AS bytes FROM journal WHERE words_sealed IS NOT NULL");
        assert!(sealed.iter().all(|words| !String::from_utf8_lossy(words).contains("quetzal")));
    });
}

#[test]
fn an_auditor_of_an_authority_sees_what_concerns_it_and_the_programmes_it_sits_in() {
    on_both_databases(async |world| {
        world.open_batch(1).await;
        world.organisation("uz-mfa", OrganisationKind::Authority).await;
        let foreign = world.program("uz-mfa", &[Scope::AuditRead]).await;
        let own = world.program("kz-moh", &[Scope::AuditRead]).await;
        let officer = world.officer("aigerim@moh.example", "kz-moh").await;
        let stranger = world.officer("bek@mfa.example", "kz-mfa").await;

        let seen = about(world, &own, "limit=3").await;
        let kinds: BTreeSet<&str> = seen.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, BTreeSet::from(["account", "batch", "client", "organisation", "programme"]));
        let labels = |kind: &str| -> BTreeSet<String> {
            let of_kind = seen.iter().filter(|line| line["kind"] == kind);
            of_kind.map(|line| line["label"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(labels("account"), BTreeSet::from(["aigerim@moh.example".to_owned()]));
        assert_eq!(labels("organisation"), BTreeSet::from(["kz-moh".to_owned()]));
        assert_eq!(about(world, &own, &format!("subject={}", stranger.id)).await, [Value::Null; 0]);

        let seen = about(world, &foreign, "").await;
        let kinds: Vec<&str> = seen.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["client", "organisation"]);
        for query in ["kind=batch", "kind=programme", "kind=programme&subject=cn-kz"] {
            assert_eq!(about(world, &foreign, query).await, [Value::Null; 0], "{query}");
        }
        assert_eq!(
            about(world, &foreign, &format!("kind=account&subject={}", officer.id)).await,
            [Value::Null; 0]
        );
    });
}

#[test]
fn the_journal_comes_newest_first_and_its_pages_leave_nothing_out() {
    on_both_databases(async |world| {
        let auditor = world.program("kz-mfa", &[Scope::AuditRead]).await;
        for _ in 0..3 {
            world.open_batch(1).await;
            world.officer(&format!("officer-{}@mfa.example", world.next_number()), "kz-mfa").await;
            world.advance(jiff::SignedDuration::from_secs(1));
        }
        let all = about(world, &auditor, "limit=200").await;
        for query in ["limit=1", "limit=2", "limit=7"] {
            assert_eq!(about(world, &auditor, query).await, all, "{query}");
        }
        let times: Vec<&str> = all.iter().map(|line| line["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
        for kind in ["batch", "programme", "organisation", "account", "client"] {
            let of_kind: Vec<&Value> = all.iter().filter(|line| line["kind"] == kind).collect();
            let filtered = about(world, &auditor, &format!("kind={kind}&limit=2")).await;
            assert!(!of_kind.is_empty() && filtered.iter().collect::<Vec<_>>() == of_kind, "{kind}");
        }
    });
}

#[test]
fn wrong_questions_to_the_journal_name_their_field() {
    on_both_databases(async |world| {
        let auditor = world.program("kz-mfa", &[Scope::AuditRead]).await;
        for (query, field, code) in [
            ("kind=passport", "/kind", "unknown_code"),
            ("cursor=x", "/cursor", "not_a_cursor"),
            ("limit=0", "/limit", "out_of_range"),
            ("since=2026", "/since", "unknown_field"),
            ("subject=%00", "/subject", "unprintable"),
        ] {
            let answer = world.send_as(&auditor, Request::get(format!("/api/v1/journal?{query}"))).await;
            assert_eq!(answer.status, 422, "{query}");
            assert_eq!(answer.faults(), [(field.to_owned(), code.to_owned())], "{query}");
        }
        let officer = world.program("kz-mfa", &[Scope::ReviewsWrite]).await;
        let refused = world.send_as(&officer, Request::get("/api/v1/journal")).await;
        assert_eq!((refused.status, refused.body["reason"].as_str()), (403, Some("scope")));
        assert_eq!(world.send(Request::get("/api/v1/journal")).await.status, 401);
    });
}

#[test]
fn the_page_shows_the_journal_without_scripts() {
    with(Setup { is_browsed: true, ..Setup::default() }, async |world| {
        let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
        let auditor = CreateAccount {
            email: "auditor@audit.example".into(),
            name: Some("Aru".into()),
            roles: vec![Role::Auditor],
            organisation: None,
            language: "en".into(),
            password_hash: Some(hash),
            link: FirstLink::Shown,
        };
        world.service().execute(&Actor::operator(), auditor).await.unwrap();
        for _ in 0..30 {
            world.open_batch(1).await;
        }
        let batch = world.open_batch(1000).await;
        world.change_batch(&batch, json!({ "capacity": 1200 })).await.expect(200);
        let browser = Browser::open(world, Scripts::Blocked).await;
        browser.sign_in("auditor@audit.example", PASSWORD).await;
        browser.click("nav a[href=\"/console/journal\"]").await;
        browser.screenshot("console-journal").await;
        assert!(browser.text().await.contains("Batch: terms changed"));
        browser.click("main .pagination a").await;
        browser.fill("kind", "account").await;
        browser.click("main form button").await;
        browser.screenshot("console-journal-accounts").await;
        let text = browser.text().await;
        assert!(text.contains("Account: created") && text.contains("auditor@audit.example"), "{text}");
        assert!(!text.contains("Batch: "), "{text}");
        browser.close().await;
    });
}
