//! PostgreSQL's errors are recognised whatever its language is: this server's is Russian.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use corridor::{
    store::{self, StoreError},
    workflow::WorkflowError,
};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use futures_util::future::join;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{
    Case, Foreign, OwnPostgres, Setup, World, http::Answer, http::Request, in_one_group, on_postgres_with,
};

async fn endorse(world: &World, case: &Case) -> Answer {
    world.act(world.reviewer(case, "nomination"), case, json!({ "action": "endorse" })).await
}

fn is_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.header("Retry-After")), (503, "5"), "{}", answer.body);
}

fn on_a_russian_server(scenario: impl AsyncFn(&World, &OwnPostgres)) {
    let Some(server) = OwnPostgres::start() else { return };
    on_postgres_with(&server.url(), &Setup::default(), async |world| {
        let mut conn = PgConnection::establish(&world.database_url()).unwrap();
        let error = conn.batch_execute("SELECT 1/0").unwrap_err().to_string();
        assert!(error.contains("деление на ноль"), "{error}");
        scenario(world, &server).await;
    });
}

/// A lock on the row of a case.
fn lock(world: &World, case: &Case) -> Foreign {
    let mut foreign = world.foreign();
    foreign.run(&format!("BEGIN; SELECT 1 FROM applications WHERE id = '{}' FOR UPDATE", case.id()));
    foreign
}

#[test]
fn a_lock_timeout_is_503_and_the_next_request_succeeds() {
    on_a_russian_server(async |world, _| {
        let batch = world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let mut foreign = lock(world, &ada);
        is_unavailable(&endorse(world, &ada).await);
        endorse(world, &bo).await.expect(200);
        foreign.run("ROLLBACK");
        endorse(world, &ada).await.expect(200);
        let mut foreign = world.foreign();
        foreign.run("BEGIN; LOCK TABLE applications IN ACCESS EXCLUSIVE MODE");
        let read = Request::get(ada.path());
        is_unavailable(&world.send_as(&world.sponsor, read.clone()).await);
        foreign.run("ROLLBACK");
        world.send_as(&world.sponsor, read).await.expect(200);
    });
}

#[test]
fn a_statement_timeout_is_503_and_nothing_is_changed() {
    on_a_russian_server(async |world, _| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let mut foreign = world.foreign();
        foreign.run(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(30); RETURN NEW; END';
             CREATE TRIGGER slow BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION slow()",
        );
        is_unavailable(&endorse(world, &ada).await);
        foreign.run("DROP TRIGGER slow ON events");
        endorse(world, &ada).await.expect(200);
    });
}

#[test]
fn a_deadlock_is_retried() {
    on_a_russian_server(async |world, _| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        // The service finds the deadlock: the other program does not look for one.
        let mut foreign = world.foreign();
        let case = ada.id();
        foreign.run("SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE events IN EXCLUSIVE MODE");
        let wait = async {
            world.until_waiting_for_locks(1).await;
            // On a thread of its own, because it waits too.
            let locked = actix_web::web::block(move || {
                foreign.run(&format!("SELECT 1 FROM applications WHERE id = '{case}' FOR UPDATE; COMMIT"));
            });
            locked.await.unwrap();
        };
        let (endorsed, ()) = join(endorse(world, &ada), wait).await;
        endorsed.expect(200);
    });
}

#[test]
fn a_killed_connection_and_a_stopped_server_are_503_until_they_are_back() {
    on_a_russian_server(async |world, server| {
        let batch = world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let mut foreign = lock(world, &ada);
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let killed = async {
            world.until_waiting_for_locks(1).await;
            foreign.run(kill);
        };
        let (endorsed, ()) = join(endorse(world, &ada), killed).await;
        is_unavailable(&endorsed);
        foreign.run("ROLLBACK");
        endorse(world, &ada).await.expect(200);

        // All that are idle.
        foreign.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        endorse(world, &bo).await.expect(200);
        drop(foreign);

        let [chu] = world.submit(&batch, ["Chu"]).await;
        let foreign = lock(world, &chu);
        let stopped = async {
            world.until_waiting_for_locks(1).await;
            server.stop();
        };
        let (endorsed, ()) = join(endorse(world, &chu), stopped).await;
        is_unavailable(&endorsed);
        is_unavailable(&endorse(world, &chu).await);
        is_unavailable(&world.send_as(&world.sponsor, Request::get(chu.path())).await);
        is_unavailable(&world.send(Request::get("/")).await);
        drop(foreign);
        server.start_again();
        world
            .until("the service is ready", async || world.send(Request::get("/readyz")).await.status == 200)
            .await;
        endorse(world, &chu).await.expect(200);
        // What was being sent when the server stopped is due again after its lease.
        world.advance(SignedDuration::from_mins(5));
    });
}

/// Makes the next journey checks fail, this many times.
fn fail(foreign: &mut Foreign, times: u32) {
    foreign.run(&format!(
        "CREATE SEQUENCE failures;
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF nextval(''failures'') <= {times} THEN RAISE EXCEPTION ''нет''; END IF; RETURN NEW; END';
         CREATE TRIGGER fail BEFORE INSERT ON journey_checks FOR EACH ROW EXECUTE FUNCTION fail()",
    ));
}

#[test]
fn an_error_that_nothing_explains_is_tried_once_more_alone_and_harms_no_other_job() {
    on_a_russian_server(async |world, _| {
        let batch = world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let mut foreign = world.foreign();
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let broken: Result<(), WorkflowError> = {
            foreign.run("ALTER TABLE accounts RENAME TO gone");
            let done = world
                .db()
                .write(move |tx| {
                    counted.fetch_add(1, Relaxed);
                    Ok(store::account::by_email(tx, "ada@example.com").map(drop)?)
                })
                .await;
            foreign.run("ALTER TABLE gone RENAME TO accounts");
            done
        };
        assert!(matches!(&broken, Err(WorkflowError::Store(StoreError::Unexplained(_)))), "{broken:?}");
        // Once more if it was in a group first.
        assert!((2..=3).contains(&runs.load(Relaxed)), "{runs:?}");

        fail(&mut foreign, 1);
        let now = world.now();
        let jobs = [&ada, &bo].map(|case| {
            let id = case.id();
            (id, move |tx: &mut store::Tx<'_>| Ok(store::journey_check::set(tx, id, Some(now)).map(drop)?))
        });
        let answers: Vec<Result<(), WorkflowError>> = in_one_group(&world.db(), jobs.into()).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    });
}
