//! The cost of decisions, in counts instead of times: statements, bytes of SQLite's write-ahead log, and shared rows.
//!
//! The figures of commit 0e8a793 come from these tests in a checkout of that commit; only the calls of the use cases
//! differed. Three runs gave the same numbers of statements, and bytes within half a percent.

use corridor::{
    domain::{
        actor::{Actor, Role},
        ids::ApplicationId,
    },
    keyring::Keyring,
    random,
    store::{self, Db, Tx},
    web::form_input,
    workflow::{
        WorkflowError, case_command::CaseCommand, endorse::Endorse, entrance::Context, subject::SeenCase,
        submit::Submit, surrender::Surrender,
    },
};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use jiff::Timestamp;

use crate::world::{
    Case, Setup, Uncommitted, World, in_one_group, on_both_databases, on_postgres_with, postgres_server,
    statements, waits_for_a_lock, with,
};

/// The maximum number of jobs that commit together.
const GROUP: usize = 60;

/// The statements of a group at 0e8a793, on SQLite and PostgreSQL.
struct Before {
    sqlite: usize,
    postgres: usize,
}

/// For cases that all get a place.
const APPROVALS: Before = Before { sqlite: 489, postgres: 14 };
/// For cases of which a third joins the waiting list.
const WITH_WAITING_LIST: Before = Before { sqlite: 609, postgres: 314 };

/// Bytes of SQLite's log per decision at 0e8a793: in groups, and in a transaction per decision.
const LOG_IN_GROUPS: u64 = 11_742;
const LOG_ALONE: u64 = 111_241;

#[test]
fn a_group_of_decisions_needs_at_most_one_statement_more_than_at_0e8a793() {
    statements::make_watchable();
    on_both_databases(async |world| {
        let warm_up = cases_of(world, 100, 2).await;
        let approvals = cases_of(world, 100, GROUP).await;
        let with_waiting_list = cases_of(world, 40, GROUP).await;
        let officer = world.officer("decider@mfa.example", "kz-mfa").await.actor;
        let db = open_without_service(world).await;
        count(world, &db, &officer, &warm_up).await;
        for (what, cases, before) in [
            ("approvals", approvals, APPROVALS),
            ("with a waiting list", with_waiting_list, WITH_WAITING_LIST),
        ] {
            let (decided, now) = count(world, &db, &officer, &cases).await;
            let before = if db.sqlite_file().is_some() { before.sqlite } else { before.postgres };
            assert_eq!(decided, GROUP);
            assert!(now.len() <= before + 1, "{what}: {} statements, {before} before: {now:#?}", now.len());
        }
        world.start().await;
    });
}

#[test]
fn a_submission_in_a_group_has_few_statements_of_its_own() {
    statements::make_watchable();
    on_both_databases(async |world| {
        let batch = world.open_batch(1000).await;
        let mut drafts = Vec::new();
        for number in 0..GROUP {
            let draft = world.draft(&world.form(&batch, &format!("Guest{number}"))).await;
            world.add_required_evidence(&draft).await;
            drafts.push(draft.id());
        }
        let actor = world.actor_of(&world.sponsor).await;
        let db = open_without_service(world).await;
        let (few, many) = drafts.split_at(10);
        // The first group fills the caches.
        submit(world, &db, &actor, &few[..2]).await;
        let of_few = submit(world, &db, &actor, &few[2..]).await;
        let of_many = submit(world, &db, &actor, many).await;
        // On both: savepoint, other cases with the document, the case, release. PostgreSQL locks the document; SQLite
        // gets events, messages and checks row by row.
        let own = if db.sqlite_file().is_some() { 7 } else { 5 };
        let more = many.len() - few[2..].len();
        assert!(of_many.len() <= of_few.len() + own * more, "{of_many:#?}");
        world.start().await;
    });
}

#[test]
fn a_group_of_drafts_is_counted_last_and_with_one_statement() {
    statements::make_watchable();
    on_both_databases(async |world| {
        let batch = world.open_batch(1000).await;
        let actor = world.actor_of(&world.sponsor).await;
        let forms: Vec<_> = (0..GROUP).map(|_| world.form(&batch, "Guest")).collect();
        let db = open_without_service(world).await;
        let now = world.now();
        let draft = |form: serde_json::Value| {
            let actor = actor.clone();
            let create = move |tx: &mut Tx<'_>| {
                Context::new(tx, &actor, now).execute(&form_input::read_new(&form, "en")).map(drop)
            };
            (ApplicationId(random::id()), Box::new(create) as Step)
        };
        let (answers, statements) = record(world, &db, forms.into_iter().map(draft).collect()).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        // All drafts of an organisation wait for this row: it is locked only while the group commits.
        let is_count =
            |statement: &&String| statement.starts_with("INSERT") && statement.contains("used_by_hour");
        assert_eq!(statements.iter().filter(is_count).count(), 1);
        assert!(is_count(&statements.last().unwrap()), "{statements:#?}");
        world.start().await;
    });
}

/// Submits the drafts in one group. Returns the statements of the transaction.
async fn submit(world: &World, db: &Db, actor: &Actor, drafts: &[ApplicationId]) -> Vec<String> {
    let job = |case: &ApplicationId| {
        let (actor, case, now) = (actor.clone(), *case, world.now());
        let submit = move |tx: &mut Tx<'_>| {
            let submit = Submit.on(SeenCase::any_version(case));
            Context::new(tx, &actor, now).execute(&submit).map(drop)
        };
        (case, Box::new(submit) as Step)
    };
    let (answers, statements) = record(world, db, drafts.iter().map(job).collect()).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    statements
}

#[test]
fn a_refused_decision_does_not_discard_what_was_prefetched_for_the_others() {
    statements::make_watchable();
    on_both_databases(async |world| {
        let cases = cases_of(world, 100, 30).await;
        let stranger = world.officer("stranger@moh.example", "kz-moh").await.actor;
        let db = open_without_service(world).await;
        let mut counts = Vec::new();
        // The first group fills the caches.
        for cases in [&cases[..], &cases[..2], &cases] {
            let (decided, statements) = count(world, &db, &stranger, cases).await;
            assert_eq!(decided, 0);
            counts.push(statements.len());
        }
        assert_eq!(counts[1], counts[2], "statements for 2 and for 30 refused decisions must be equal");
        world.start().await;
    });
}

/// Endorses the cases in one group. Returns how many succeeded, and the statements of the transaction.
async fn count(world: &World, db: &Db, actor: &Actor, cases: &[ApplicationId]) -> (usize, Vec<String>) {
    let (answers, statements) = record(world, db, endorsements(cases, actor, world.now())).await;
    (answers.iter().filter(|answer| answer.is_ok()).count(), statements)
}

/// Runs the steps in one group. Returns their results, and the statements of the transaction.
async fn record(
    world: &World,
    db: &Db,
    steps: Vec<(ApplicationId, Step)>,
) -> (Vec<Result<(), WorkflowError>>, Vec<String>) {
    statements::watch(&world.database_url());
    let answers = in_one_group(db, steps).await;
    let mut recorded = statements::recorded(&world.database_url());
    // Excludes the transactions that kept the writers busy, and SQLite's checkpoints.
    let of_others = ["BEGIN", "PRAGMA"];
    let is_of_others = |statement: &str| of_others.iter().any(|other| statement.starts_with(other));
    recorded.retain(|statement| !is_of_others(statement) && !statement.ends_with("COMMIT"));
    (answers, recorded)
}

#[test]
fn a_decision_writes_at_most_15_percent_more_to_sqlites_log_than_at_0e8a793() {
    with(Setup::default(), async |world| {
        let warm_up = cases_of(world, 100, 2).await;
        let together = cases_of(world, 200, 2 * GROUP).await;
        let alone = cases_of(world, 100, GROUP / 2).await;
        let officer = world.officer("decider@mfa.example", "kz-mfa").await.actor;
        let db = open_without_service(world).await;
        in_one_group(&db, endorsements(&warm_up, &officer, world.now())).await;
        let log = Log::watch(world).await;
        for group in together.chunks(GROUP) {
            in_one_group(&db, endorsements(group, &officer, world.now())).await;
        }
        let bytes_in_groups = log.bytes() / together.len() as u64;
        drop(log);
        let log = Log::watch(world).await;
        for (case, endorse) in endorsements(&alone, &officer, world.now()) {
            db.write_for(Some(case), endorse).await.unwrap();
        }
        let bytes_alone = log.bytes() / alone.len() as u64;
        drop(log);
        let most = |before: u64| before * 115 / 100;
        let is_fine = bytes_in_groups <= most(LOG_IN_GROUPS) && bytes_alone <= most(LOG_ALONE);
        assert!(is_fine, "bytes per decision: {bytes_in_groups} in groups, {bytes_alone} alone");
        world.start().await;
    });
}

/// SQLite's write-ahead log, empty at first. It only grows while this value exists: an open reader prevents a
/// checkpoint from resetting it.
struct Log {
    _reader: SqliteConnection,
    file: String,
}

impl Log {
    async fn watch(world: &World) -> Self {
        let url = world.database_url();
        let database = url.strip_prefix("sqlite://").unwrap();
        let mut reader = SqliteConnection::establish(database).unwrap();
        let file = format!("{database}-wal");
        world
            .until("the log is empty", async || {
                let emptied = "PRAGMA wal_checkpoint(TRUNCATE); BEGIN; SELECT count(*) FROM batches";
                let is_empty = reader.batch_execute(emptied).is_ok() && length(&file) == 0;
                if !is_empty {
                    // The checkpoint thread is running.
                    let _ = reader.batch_execute("ROLLBACK");
                }
                is_empty
            })
            .await;
        Self { _reader: reader, file }
    }

    fn bytes(&self) -> u64 {
        length(&self.file)
    }
}

fn length(file: &str) -> u64 {
    std::fs::metadata(file).unwrap().len()
}

#[test]
fn decisions_on_different_batches_do_not_write_the_same_rows() {
    let Some(server) = postgres_server() else { return };
    on_postgres_with(&server, &Setup::default(), async |world| {
        let (one, other) = (world.open_batch(2).await, world.open_batch(2).await);
        let one = ids(&world.cases_at_the_last_stage(&one, 4).await);
        let other = ids(&world.cases_at_the_last_stage(&other, 3).await);
        let officer = world.officer("decider@mfa.example", "kz-mfa").await.actor;
        let sponsor = world.person("sponsor@decider.example", &[Role::Sponsor], Some("steppe")).await.actor;
        let db = open_without_service(world).await;
        let now = world.now();

        let (by, cases) = ((officer.clone(), sponsor.clone()), one[..3].to_vec());
        let uncommitted = Uncommitted::after(&db, move |tx| decide(tx, &by, &cases, now)).await;

        // If the transactions shared a row, this one would wait for it until its timeout.
        let by = (officer.clone(), sponsor);
        let done: Result<(), WorkflowError> = db.write(move |tx| decide(tx, &by, &other, now)).await;
        done.unwrap();

        // A decision on the same batch waits.
        let (case, endorse) = endorsements(&one[3..], &officer, now).remove(0);
        let waiting = actix_web::rt::spawn({
            let db = db.clone();
            async move { db.write_for(Some(case), endorse).await }
        });
        world.until("a decision waits", async || waits_for_a_lock(&world.database_url())).await;
        uncommitted.commit().await;
        waiting.await.unwrap().unwrap();
        world.start().await;
    });
}

/// Two approvals, a case that joins the waiting list, and a surrender that promotes it. Writes every pending row.
fn decide(
    tx: &mut Tx<'_>,
    (officer, sponsor): &(Actor, Actor),
    cases: &[ApplicationId],
    now: Timestamp,
) -> Result<(), WorkflowError> {
    for case in cases {
        Context::new(tx, officer, now).execute(&Endorse::default().on(SeenCase::any_version(*case)))?;
    }
    let surrender = Surrender::default().on(SeenCase::any_version(cases[0]));
    Context::new(tx, sponsor, now).execute(&surrender)?;
    // A read flushes the pending rows.
    store::application::by_id(tx, cases[0])?;
    Ok(())
}

/// Stops the service, which would write too, and opens its database. All messages are sent before that.
async fn open_without_service(world: &World) -> Db {
    world.until_outbox_is_empty().await;
    world.stop().await;
    let keyring = Keyring::load(&world.folder().join("secret.key")).unwrap().unwrap();
    Db::open(&world.database_url(), 4, std::sync::Arc::new(keyring)).unwrap()
}

/// Cases that need only the last endorsement, in a new batch with `capacity` places.
async fn cases_of(world: &World, capacity: i32, count: usize) -> Vec<ApplicationId> {
    let batch = world.open_batch(capacity).await;
    ids(&world.cases_at_the_last_stage(&batch, count).await)
}

fn ids(cases: &[Case]) -> Vec<ApplicationId> {
    cases.iter().map(Case::id).collect()
}

type Step = Box<dyn Fn(&mut Tx<'_>) -> Result<(), WorkflowError> + Send>;

fn endorsements(cases: &[ApplicationId], actor: &Actor, now: Timestamp) -> Vec<(ApplicationId, Step)> {
    let endorsement = |case: &ApplicationId| {
        let (actor, case) = (actor.clone(), *case);
        let endorse = move |tx: &mut Tx<'_>| {
            let endorse = Endorse::default().on(SeenCase::any_version(case));
            Context::new(tx, &actor, now).execute(&endorse).map(drop)
        };
        (case, Box::new(endorse) as Step)
    };
    cases.iter().map(endorsement).collect()
}
