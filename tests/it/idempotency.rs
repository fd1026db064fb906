//! A request with an idempotency key is executed once, however often it is sent. Every repeat gets the same answer.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use corridor::{
    digest,
    domain::actor::{Actor, Identity, OrganisationKind, Scope},
    web::form_input,
    workflow::{
        WorkflowError,
        entrance::Context,
        idempotency::{Answered, Key},
        people::authenticate_client::ClientById,
    },
};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{
    BusyWriters, Case, PDF, Proxy, Setup, World,
    http::{Answer, Field, Request},
    on_both_databases, on_both_databases_with, on_postgres_with, postgres_server,
};

const KEY: &str = "Idempotency-Key";

fn draft(form: &Value, key: &str) -> Request {
    Request::post("/api/v1/applications").json(form).header(KEY, key)
}

fn act(case: &Case, action: &Value, key: &str) -> Request {
    Request::post(format!("{}/actions", case.path())).json(action).header(KEY, key)
}

fn upload(case: &Case, kind: &str, content: &[u8], key: &str) -> Request {
    let fields = [Field::text("kind", kind), Field::file("file", "document.pdf", content)];
    Request::post(format!("{}/evidence", case.path())).multipart(&fields).header(KEY, key)
}

/// What must be equal in a repeat: everything but the request id and the replay header.
fn compared_parts(answer: &Answer) -> (u16, String, String, String, Value) {
    let header = |name| answer.header(name).to_owned();
    (answer.status, header("Content-Type"), header("ETag"), header("Location"), answer.body.clone())
}

#[track_caller]
fn assert_repeats(first: &Answer, again: &Answer) {
    assert_eq!(compared_parts(again), compared_parts(first));
    assert_eq!((first.header("Idempotent-Replayed"), again.header("Idempotent-Replayed")), ("", "true"));
}

/// The result of a statement that counts.
fn count(world: &World, statement: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let query = sql_query(format!("SELECT ({statement}) AS number"));
    let line: Line = match world.database_url().strip_prefix("sqlite://") {
        Some(file) => query.get_result(&mut SqliteConnection::establish(file).unwrap()).unwrap(),
        None => query.get_result(&mut PgConnection::establish(&world.database_url()).unwrap()).unwrap(),
    };
    line.number
}

fn stored_answers(world: &World) -> i64 {
    count(world, "SELECT count(*) FROM idempotency_keys")
}

fn cases(world: &World) -> i64 {
    count(world, "SELECT count(*) FROM applications")
}

#[test]
fn a_repeat_gets_the_same_answer_and_changes_nothing() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let form = world.form(&batch, "Ada");
        let made = world.send_as(&world.sponsor, draft(&form, "ada")).await;
        assert_eq!(made.status, 201);
        assert_repeats(&made, &world.send_as(&world.sponsor, draft(&form, "ada")).await);
        assert_eq!(cases(world), 1);

        let [bo] = world.submit(&batch, ["Bo"]).await;
        let (officer, endorse) = (world.reviewer(&bo, "nomination"), json!({ "action": "endorse" }));
        let endorsed = world.send_as(officer, act(&bo, &endorse, "bo")).await;
        assert_eq!(endorsed.status, 200);
        let before = world.history(officer, &bo).await;
        assert_repeats(&endorsed, &world.send_as(officer, act(&bo, &endorse, "bo")).await);
        assert_eq!(world.history(officer, &bo).await, before);
    });
}

#[test]
fn every_post_accepts_a_key() {
    on_both_databases(async |world| {
        let manager = &world.batch_manager;
        let twice = async |program, request: Request| {
            let first = world.send_as(program, request.clone()).await;
            assert!(first.status < 300, "{}", first.body);
            assert_repeats(&first, &world.send_as(program, request).await);
            first
        };
        let terms = json!({
            "programme": "cn-kz", "name": "Batch A", "capacity": 3,
            "travel_from": world.day(-1), "travel_until": world.day(304),
        });
        let made = twice(manager, Request::post("/api/v1/batches").json(&terms).header(KEY, "make")).await;
        let batch = made.header("Location").to_owned();
        for step in ["open", "close", "open"] {
            let key = format!("{step} {}", stored_answers(world)).replace(' ', "-");
            twice(manager, Request::post(format!("{batch}/{step}")).header(KEY, key)).await;
        }
        let batch = made.body["id"].as_str().unwrap().into();
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        world.organisation("border", OrganisationKind::Verifier).await;
        let border = world.program("border", &[Scope::AuthorizationsVerify]).await;
        let number = world.case(&ada).await["authorization"]["number"].as_str().unwrap().to_owned();
        let entry = Request::post(format!("/api/v1/authorizations/{number}/entry"));
        let entry = entry.json(&json!({ "on": "2026-03-02" })).header(KEY, "entry");
        assert_eq!(twice(&border, entry).await.status, 204);
        let end = format!("{}/end", made.header("Location"));
        twice(manager, Request::post(end).header(KEY, "end")).await;
    });
}

#[test]
fn the_description_names_the_key_for_every_post_but_the_token() {
    on_both_databases(async |world| {
        let description = world.send(Request::get("/api/v1/openapi.json")).await.expect(200);
        for (path, item) in description["paths"].as_object().unwrap() {
            let Some(post) = item.get("post") else { continue };
            let parameters = post["parameters"].as_array().cloned().unwrap_or_default();
            let takes = parameters.iter().any(|parameter| parameter["name"] == KEY);
            assert_eq!(takes, path != "/api/v1/token", "{path}");
        }
    });
}

#[test]
fn the_same_key_with_another_request_is_refused() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let officer = world.reviewer(&ada, "nomination");
        let ask = json!({ "action": "request_information", "questions": ["Which turbine?"] });
        world.send_as(officer, act(&ada, &ask, "k")).await.expect(200);
        let endorse = json!({ "action": "endorse" });
        for other in [act(&ada, &endorse, "k"), act(&bo, &ask, "k"), act(&ada, &ask, "k").if_match(2)] {
            let answer = world.send_as(officer, other).await;
            assert_eq!(answer.refusal(), (422, "idempotency_key_reused"));
            assert_eq!(answer.body["type"], "/problems/idempotency_key_reused");
        }
        assert_eq!(world.states([&ada, &bo]).await, ["information_requested", "in_review"]);
        let page = world.send(Request::get("/problems/idempotency_key_reused")).await;
        assert_eq!(page.status, 200);
    });
}

#[test]
fn a_key_belongs_to_one_client() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let form = world.form(&batch, "Ada");
        let other = world.another_sponsor("tianshan").await;
        let own = world.send_as(&world.sponsor, draft(&form, "same")).await.expect(201);
        let others = world.send_as(&other, draft(&form, "same")).await;
        assert_eq!((others.status, others.header("Idempotent-Replayed")), (201, ""));
        assert_ne!(others.body["id"], own["id"]);
    });
}

#[test]
fn without_a_key_no_row_is_written() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        world.submit(&batch, ["Ada"]).await;
        assert_eq!(stored_answers(world), 0);
    });
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let form = world.form(&batch, "Ada");
        let first = world.send_as(&world.sponsor, draft(&form, "k")).await;
        world.advance(SignedDuration::from_hours(23));
        assert_repeats(&first, &world.send_as(&world.sponsor, draft(&form, "k")).await);
        world.advance(SignedDuration::from_hours(1));
        let later = world.send_as(&world.sponsor, draft(&form, "k")).await;
        assert_eq!((later.status, later.header("Idempotent-Replayed")), (201, ""));
        assert_ne!(later.body["id"], first.body["id"]);
        world.advance(SignedDuration::from_hours(24));
        world.until("the old answers are removed", async || stored_answers(world) == 0).await;
    });
}

#[test]
fn a_refusal_is_stored_although_its_changes_are_rolled_back() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "on_full": "refuse" })).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada]).await;
        for stage in ["nomination", "health"] {
            world.endorse(&bo, stage).await;
        }
        let officer = world.reviewer(&bo, "decision");
        let before = (world.history(officer, &bo).await, world.in_use(&batch).await);
        let endorse = act(&bo, &json!({ "action": "endorse" }), "k");
        let refused = world.send_as(officer, endorse.clone()).await;
        assert_eq!(refused.refusal(), (409, "batch_full"));
        assert_eq!((world.history(officer, &bo).await, world.in_use(&batch).await), before);
        // There is a place now, but the repeat gets the same answer as the first request.
        world.change_batch(&batch, json!({ "capacity": 2 })).await.expect(200);
        assert_repeats(&refused, &world.send_as(officer, endorse).await);
        world.endorse(&bo, "decision").await;
    });
}

#[test]
fn refusals_of_every_kind_are_stored_in_the_language_of_the_first_request() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let officer = world.reviewer(&ada, "nomination");
        let refuse = json!({ "action": "refuse", "grounds": [], "message": "" });
        let nobody = Request::post("/api/v1/applications/0192f0c1-0000-7000-8000-000000000000/actions");
        for (program, request, status) in [
            (officer, act(&ada, &refuse, "a"), 422),
            (officer, act(&ada, &json!({ "action": "endorse" }), "b").if_match(77), 412),
            (&world.sponsor, act(&ada, &json!({ "action": "endorse" }), "c"), 403),
            (officer, nobody.json(&json!({ "action": "endorse" })).header(KEY, "d"), 404),
            (&world.sponsor, act(&ada, &json!({ "action": "submit" }), "e"), 409),
        ] {
            let first = world.send_as(program, request.clone().header("Accept-Language", "ru")).await;
            assert_eq!((first.status, first.header("Content-Language")), (status, "ru"));
            assert_repeats(&first, &world.send_as(program, request).await);
        }
        assert_eq!(stored_answers(world), 5);
    });
}

#[test]
fn a_request_without_a_valid_token_or_without_a_database_is_not_stored() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let request = draft(&world.form(&batch, "Ada"), "k");
        let stranger = world.send(request.clone().header("Authorization", "Bearer none")).await;
        assert_eq!(stranger.status, 401);
        assert_eq!(world.send_as(&world.sponsor, request).await.header("Idempotent-Replayed"), "");
    });
    let Some(server) = postgres_server() else { return };
    let proxy = Proxy::to(&server);
    let setup = Setup { proxy: Some(proxy.clone()), ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch(5).await;
        let request = draft(&world.form(&batch, "Ada"), "k");
        world.token(&world.sponsor).await;
        proxy.cut();
        assert_eq!(world.send_as(&world.sponsor, request.clone()).await.status, 503);
        proxy.restore();
        let ready = async || world.send(Request::get("/readyz")).await.status == 200;
        world.until("the service is ready again", ready).await;
        let done = world.send_as(&world.sponsor, request).await;
        assert_eq!((done.status, done.header("Idempotent-Replayed")), (201, ""));
    });
}

#[test]
fn a_repeat_with_a_token_that_lacks_the_scope_is_refused() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let request = draft(&world.form(&batch, "Ada"), "k");
        world.send_as(&world.sponsor, request.clone()).await.expect(201);
        let (id, secret) = world.sponsor.credentials();
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=applications:read"
        );
        let token_request = Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form);
        let token = world.send(token_request).await.expect(200)["access_token"].as_str().unwrap().to_owned();
        let answer = world.send(request.header("Authorization", format!("Bearer {token}"))).await;
        assert_eq!(answer.refusal(), (403, "forbidden"));
    });
}

#[test]
fn an_upload_is_compared_by_the_hash_of_its_bytes() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        let first = world.send_as(&world.sponsor, upload(&ada, "passport_page", PDF, "k")).await;
        assert_eq!(first.status, 201);
        // A client library may use another boundary each time.
        let text = String::from_utf8(PDF.to_vec()).unwrap();
        let body = format!(
            "--other\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\npassport_page\r\n--other\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"document.pdf\"\r\n\r\n{text}\r\n--other--\r\n"
        );
        let same = Request::post(format!("{}/evidence", ada.path())).header(KEY, "k");
        let same = same.body("multipart/form-data; boundary=other", body);
        assert_repeats(&first, &world.send_as(&world.sponsor, same).await);
        for other in [
            upload(&ada, "passport_page", b"%PDF-1.4\n%%EOF\n", "k"),
            upload(&ada, "invitation_letter", PDF, "k"),
        ] {
            let answer = world.send_as(&world.sponsor, other).await;
            assert_eq!(answer.refusal(), (422, "idempotency_key_reused"));
        }
        let refused = upload(&ada, "holiday_photo", PDF, "other");
        let first = world.send_as(&world.sponsor, refused.clone()).await;
        assert_eq!(first.status, 422);
        assert_repeats(&first, &world.send_as(&world.sponsor, refused).await);
        assert_eq!(world.case(&ada).await["evidence"].as_array().unwrap().len(), 1);
        assert_eq!(world.files().len(), 1, "the data folder must have no other file");
    });
}

#[test]
fn an_invalid_key_is_refused_and_the_error_names_the_header() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let form = world.form(&batch, "Ada");
        let long = "k".repeat(256);
        let mut requests = Vec::from(["", "two words", "ключ", &long].map(|key| draft(&form, key)));
        requests.push(draft(&form, "one").header(KEY, "two"));
        requests.push(Request::post(format!("/api/v1/batches/{}/close", &*batch)).header(KEY, &long));
        for request in requests {
            let answer = world.send_as(&world.sponsor, request).await;
            let expected = vec![("/Idempotency-Key".to_owned(), "not_an_idempotency_key".to_owned())];
            assert_eq!((answer.status, answer.faults()), (422, expected));
        }
        let answer = world.send_as(&world.sponsor, draft(&form, &"k".repeat(255))).await;
        assert_eq!(answer.status, 201);
        assert_eq!(cases(world), 1);
    });
}

#[test]
fn identical_requests_at_the_same_moment_are_done_once() {
    on_both_databases(async |world| {
        let batch = world.open_batch(60).await;
        let requests: Vec<Request> =
            (0..12).map(|n| draft(&world.form(&batch, "Ada"), &format!("k{n}"))).collect();
        world.token(&world.sponsor).await;
        let busy = BusyWriters::of(&world.db()).await;
        let sent = join_all(requests.iter().cycle().take(36).map(|request| {
            let request = request.clone();
            world.send_as(&world.sponsor, request)
        }));
        let (answers, ()) = join(sent, busy.release()).await;
        assert_eq!((cases(world), stored_answers(world)), (12, 12));
        for number in 0..12 {
            assert_once(answers.iter().skip(number).step_by(12));
        }
    });
}

/// Checks that exactly one answer is the first and the others repeat it.
#[track_caller]
fn assert_once<'a>(answers: impl Iterator<Item = &'a Answer>) {
    let (firsts, repeats): (Vec<_>, Vec<_>) =
        answers.partition(|answer| answer.header("Idempotent-Replayed").is_empty());
    assert_eq!(firsts.len(), 1, "{firsts:?}");
    for repeat in repeats {
        assert_repeats(firsts[0], repeat);
    }
}

#[test]
fn identical_requests_to_two_instances_are_done_once() {
    let Some(server) = postgres_server() else { return };
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch(60).await;
        let cases_before = world.cases_at_the_last_stage(&batch, 20).await;
        world.start_process();
        world.token(&world.sponsor).await;
        world.token(world.reviewer(&cases_before[0], "decision")).await;
        let instances = world.both_addresses();
        let (form, endorse) = (world.form(&batch, "Ada"), json!({ "action": "endorse" }));
        let drafts: Vec<Request> = (0..20).map(|n| draft(&form, &format!("k{n}"))).collect();
        let mut sent = Vec::new();
        for instance in instances {
            for request in &drafts {
                sent.push((&*world.sponsor, instance, request.clone()));
            }
            for case in &cases_before {
                sent.push((&**world.reviewer(case, "decision"), instance, act(case, &endorse, &case.id)));
            }
        }
        let answers = join_all(
            sent.into_iter().map(|(program, instance, request)| world.try_at(instance, program, request)),
        )
        .await;
        let answers: Vec<Answer> = answers.into_iter().map(Option::unwrap).collect();
        assert!(answers.iter().all(|answer| answer.status < 300), "{answers:?}");
        for number in 0..40 {
            assert_once(answers.iter().skip(number).step_by(40));
        }
        assert_eq!((cases(world), stored_answers(world)), (40, 40));
        assert_eq!(world.in_use(&batch).await, (0, 20));
        world.kill_process();
        world.advance(SignedDuration::from_mins(5));
        world.restart().await;
    });
}

#[test]
fn a_request_and_its_repeat_that_cannot_begin_do_nothing_and_can_be_sent_again() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let request = draft(&world.form(&batch, "Ada"), "k");
        world.token(&world.sponsor).await;
        let busy = BusyWriters::of(&world.db()).await;
        let begun = Instant::now();
        let [one, two] =
            [request.clone(), request.clone()].map(|request| world.send_as(&world.sponsor, request));
        let (one, two) = join(one, two).await;
        // The repeat waits for the first. It gives up after five seconds, or takes its turn when the first could not begin.
        for answer in [one, two] {
            let refusal = answer.refusal();
            assert!(
                [(503, "unavailable"), (409, "idempotency_key_in_use")].contains(&refusal),
                "{refusal:?}"
            );
        }
        assert!(begun.elapsed() >= Duration::from_secs(5));
        busy.release().await;
        let first = world.send_as(&world.sponsor, request.clone()).await;
        assert_eq!(first.status, 201);
        assert_repeats(&first, &world.send_as(&world.sponsor, request).await);
    });
}

#[test]
fn a_crash_leaves_the_effect_with_its_answer_or_neither() {
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch(60).await;
        let form = world.form(&batch, "Ada");
        world.stop().await;
        world.start_process();
        world.token(&world.sponsor).await;
        let requests: Vec<Request> = (0..400).map(|n| draft(&form, &format!("k{n}"))).collect();
        let sent = requests.iter().map(|request| world.try_as(&world.sponsor, request.clone()));
        let killed = async {
            world.until("some cases are created", async || cases(world) > 5).await;
            world.kill_process();
        };
        let (answers, ()) = join(join_all(sent), killed).await;
        assert!(answers.iter().any(Option::is_none), "the service was killed too late");
        assert_eq!(stored_answers(world), cases(world));

        world.start_process();
        for (request, answer) in requests.iter().zip(&answers) {
            let again = world.send_as(&world.sponsor, request.clone()).await;
            assert_eq!(again.status, 201);
            // A request that had to wait too long got 503, and nothing was done.
            if let Some(first) = answer.as_ref().filter(|first| first.status != 503) {
                assert_repeats(first, &again);
            }
        }
        assert_eq!((cases(world), stored_answers(world)), (400, 400));
        world.kill_process();
        world.advance(SignedDuration::from_mins(5));
        world.start().await;
    });
}

#[test]
fn an_answer_in_the_format_of_another_version_is_reported_as_unreadable() {
    // `verify` would report the answer too.
    let setup = Setup { is_forged: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch(5).await;
        let request = draft(&world.form(&batch, "Ada"), "k");
        world.send_as(&world.sponsor, request.clone()).await.expect(201);
        let url = world.database_url();
        match url.strip_prefix("sqlite://") {
            Some(file) => sql_query("UPDATE idempotency_keys SET answer_sealed = x'ff00'")
                .execute(&mut SqliteConnection::establish(file).unwrap()),
            None => sql_query("UPDATE idempotency_keys SET answer_sealed = '\\xff00'::bytea")
                .execute(&mut PgConnection::establish(&url).unwrap()),
        }
        .unwrap();
        let answer = world.send_as(&world.sponsor, request).await;
        assert_eq!(answer.refusal(), (409, "idempotency_answer_unreadable"));
        assert_eq!(cases(world), 1);
    });
}

#[test]
fn an_answer_whose_key_is_gone_is_reported_as_unreadable_and_nothing_is_done_again() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let request = draft(&world.form(&batch, "Ada"), "k");
        world.send_as(&world.sponsor, request.clone()).await.expect(201);
        let mut of_another = world.bytes("SELECT answer_sealed AS bytes FROM idempotency_keys").remove(0);
        of_another[1..5].copy_from_slice(&[0, 0, 0, 1]);
        world.run_with("UPDATE idempotency_keys SET answer_sealed = $1", &of_another);
        let answer = world.send_as(&world.sponsor, request).await;
        assert_eq!(answer.refusal(), (409, "idempotency_answer_unreadable"));
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("encryption key") && detail.contains("Nothing was done now"), "{detail}");
        assert_eq!(cases(world), 1);

        let error = repeated(world).await.unwrap_err().to_string();
        assert!(error.contains("does not hold the master key 00000001"), "{error}");
    });
}

/// Repeats the request of the sponsor's program with the key `k`, through the use case.
async fn repeated(world: &World) -> Result<Answered, WorkflowError> {
    let client_id = world.sponsor.credentials().0.to_owned();
    let client = world
        .service()
        .query(&Actor::anonymous(), ClientById { client_id, secret_mark: None })
        .await
        .unwrap();
    let actor = client.actor(vec![Scope::ApplicationsWrite]);
    let Identity::Client(client) = actor.identity else { panic!("{actor:?}") };
    let fingerprint = world.bytes("SELECT fingerprint AS bytes FROM idempotency_keys").remove(0);
    let key = Key { client, hash: digest::sha256(b"k"), fingerprint };
    let command = form_input::read_new(&json!({}), "en");
    let again = |_: &mut Context<'_, '_>, _| -> Result<(), WorkflowError> {
        panic!("the command must not run again")
    };
    let rendered = |_: Result<(), &WorkflowError>| panic!("the answer must not be rendered again");
    world.service().answer(&actor, command, Some(key), again, rendered).await
}

#[test]
fn a_group_stores_its_answers_and_its_refusals() {
    on_both_databases(async |world| {
        let batch = world.open_batch(3).await;
        let cases = world.cases_at_the_last_stage(&batch, 18).await;
        let officer = world.reviewer(&cases[0], "decision");
        world.token(officer).await;
        let (endorse, revoke) = (
            json!({ "action": "endorse" }),
            json!({ "action": "revoke", "grounds": ["false_statement"], "message": "It was false." }),
        );
        // Every second case is not approved, and so cannot be revoked.
        let bodies = [endorse, revoke].into_iter().cycle();
        let requests: Vec<Request> =
            cases.iter().zip(bodies).map(|(case, body)| act(case, &body, &case.id)).collect();
        let sent = async || {
            let busy = BusyWriters::of(&world.db()).await;
            let sent = join_all(requests.iter().map(|request| world.send_as(officer, request.clone())));
            join(sent, busy.release()).await.0
        };
        let (first, again) = (sent().await, sent().await);
        let statuses: BTreeSet<u16> = first.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, BTreeSet::from([200, 409]));
        for (first, again) in first.iter().zip(&again) {
            assert_repeats(first, again);
        }
    });
}
