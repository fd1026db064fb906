//! No listing and no lookup scans a growing table. The test records the statements of the use cases, lets the database
//! explain them on a filled database, checks each line of the plans, and compares the plans with a snapshot.

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{Arc, Mutex},
};

use corridor::{
    domain::{
        actor::{Actor, Role},
        batch::{Batch, Ordering},
        delivery::DeliveryState,
        ids::{ApplicationId, BatchId, NotificationId},
        journal::JournalKind,
        lifecycle::BatchState,
        lifecycle::State,
        notification::Channel,
    },
    jobs::OpenJobs,
    keyring::Keyring,
    store::{
        self, Db, Tx,
        batch::BatchFilter,
        case_list::{Assignee, Sort},
        waitlist::Waiting,
    },
    workflow::{
        WorkflowError,
        batch_overview::ShowBatch,
        duties::ListDuties,
        entrance::{Context, Query},
        history::{Position, ShowHistory},
        list_cases::{Among, BatchesToChoose, CountCases, ListCases, Wanted},
        list_journal::ListJournal,
        outbox::{ListMessages, ListedMessage, ShowMessages},
        show_case::ShowCase,
        tick::ListDue,
    },
};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_query, sql_types::Text,
};
use jiff::{SignedDuration, Timestamp};

use crate::world::{World, on_both_databases, statements};

#[path = "../../benches/corridor-bench/case_writer.rs"]
mod case_writer;
#[path = "../../benches/corridor-bench/database.rs"]
mod database;
#[path = "../../benches/corridor-bench/dataset.rs"]
mod dataset;

const CASES: u32 = 4000;

#[test]
fn no_listing_scans_a_growing_table() {
    statements::make_watchable();
    on_both_databases(async |world| {
        let db = fill(world).await;
        let mut plans = String::new();
        let mut faults = Vec::new();
        for reading in readings(&db, world.now()).await {
            let statements = recorded(&db, &world.database_url(), reading.read).await;
            assert!(!statements.is_empty(), "{} sent no statement", reading.what);
            writeln!(plans, "{}", reading.what).unwrap();
            let lines: Vec<String> = statements.iter().flat_map(|statement| plan(world, statement)).collect();
            for (number, line) in lines.iter().enumerate() {
                let next = lines.get(number + 1).map_or("", String::as_str);
                if let Some(fault) = fault(line, next, reading.order) {
                    faults.push(format!("{}: {line}: {fault}", reading.what));
                }
                writeln!(plans, "    {line}").unwrap();
            }
        }
        assert!(faults.is_empty(), "{}\n\n{plans}", faults.join("\n"));
        world.start().await;
        // The text of PostgreSQL's plans depends on its version. SQLite is compiled in.
        if world.database_url().starts_with("sqlite") {
            insta::assert_snapshot!(plans);
        }
    });
}

/// Stops the service, whose background work would be recorded too, and fills its database.
async fn fill(world: &World) -> Db {
    world.stop().await;
    let keyring = Keyring::load(&world.folder().join("secret.key")).unwrap().unwrap();
    let db = Db::open(&world.database_url(), 4, Arc::new(keyring)).unwrap();
    dataset::fill(&db, &world.database_url(), "$none", CASES, world.now()).await;
    db
}

/// Whether an index gives the order, or few rows are sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    OfAnIndex,
    OfFew,
}

/// Something that a page, a client or the service reads.
struct Reading {
    what: String,
    order: Order,
    read: Read,
}

type Read = Box<dyn FnOnce(&mut Tx<'_>) -> Result<(), WorkflowError> + Send>;

fn reading(
    what: impl Into<String>,
    order: Order,
    read: impl FnOnce(&mut Tx<'_>) -> Result<(), WorkflowError> + Send + 'static,
) -> Reading {
    Reading { what: what.into(), order, read: Box::new(read) }
}

/// A query of an actor.
fn query_of<Q: Query>(
    what: impl Into<String>,
    order: Order,
    actor: &Actor,
    now: Timestamp,
    query: Q,
) -> Reading {
    let actor = actor.clone();
    reading(what, order, move |tx| Context::new(tx, &actor, now).query(&query).map(drop))
}

/// A listing. Its time is the epoch, because no listing depends on the time.
fn listed(what: &str, order: Order, actor: &Actor, among: Among, wanted: Wanted) -> Reading {
    query_of(what, order, actor, Timestamp::UNIX_EPOCH, ListCases { among, wanted, at_most: 5 })
}

/// The first two pages of an officer's queue.
fn queue(what: &str, order: Order, actor: &Actor, wanted: Wanted) -> Reading {
    let actor = actor.clone();
    reading(what, order, move |tx| {
        let mut ctx = Context::new(tx, &actor, Timestamp::UNIX_EPOCH);
        let page = |wanted| ListCases { among: Among::Visible, wanted, at_most: 5 };
        let first = ctx.query(&page(wanted.clone()))?;
        if first.next.is_some() {
            ctx.query(&page(Wanted { after: first.next, ..wanted }))?;
        }
        Ok(())
    })
}

async fn readings(db: &Db, now: Timestamp) -> Vec<Reading> {
    let officer = actor_of(db, "officer-0@kz-moh.example").await;
    let traveller = actor_of(db, &traveller_of(db).await).await;
    let auditor = Actor { roles: vec![Role::Auditor], ..Actor::operator() };
    let mut readings = listings(&officer, &auditor);
    readings.extend(own(&traveller, sponsor_of(db).await));
    readings.extend(single(db, &officer, &auditor).await);
    readings.extend(journal(&officer, &auditor));
    readings.extend(messages());
    readings.extend(background_work(db, now).await);
    readings
}

fn listings(officer: &Actor, auditor: &Actor) -> Vec<Reading> {
    use Order::{OfAnIndex, OfFew};
    let me = officer.account().map(Assignee::Officer);
    let any = Wanted::default;
    let mut readings = Vec::new();
    for sort in Sort::ALL {
        let sorted = |wanted: Wanted| Wanted { sort: Some(*sort), ..wanted };
        let desk = Wanted { states: vec![State::InReview], at_own_stages: true, ..any() };
        let nobodys = Wanted { assignee: Some(Assignee::Nobody), ..desk.clone() };
        let waiting = Wanted { states: vec![State::InformationRequested], ..desk.clone() };
        let mine = Wanted { assignee: me, ..any() };
        let narrowed = Wanted {
            programme: Some("cn-kz".into()),
            direction: Some("CN-KZ".into()),
            stage: Some("health".into()),
            ..any()
        };
        let views = [
            ("desk", OfAnIndex, desk),
            ("unassigned", OfAnIndex, nobodys),
            ("waiting", OfAnIndex, waiting),
            ("waitlisted", OfAnIndex, Wanted { states: vec![State::Waitlisted], ..any() }),
            ("refused", OfAnIndex, Wanted { states: vec![State::Refused], ..any() }),
            ("all", OfAnIndex, any()),
            ("one programme, direction and stage", OfAnIndex, narrowed),
            ("mine", OfFew, mine),
            ("one sponsor", OfFew, Wanted { sponsor: Some("sponsor-1".into()), ..any() }),
        ];
        for (what, order, wanted) in views {
            readings.push(queue(&format!("queue: {what}, by {sort}"), order, officer, sorted(wanted)));
        }
        readings.push(queue(
            &format!("queue: all, by {sort}, for an auditor"),
            OfAnIndex,
            auditor,
            sorted(any()),
        ));
    }
    for (what, order, q) in [("name", OfAnIndex, "li"), ("document", OfFew, "E10000004")] {
        readings.push(queue(
            &format!("search by {what}"),
            order,
            officer,
            Wanted { q: Some(q.into()), ..any() },
        ));
    }
    let count = CountCases { wanted: any(), at_most: 100 };
    readings.push(query_of("count of a tab", OfAnIndex, officer, Timestamp::UNIX_EPOCH, count));
    readings
}

fn own(traveller: &Actor, sponsor: Actor) -> Vec<Reading> {
    let own = |what: &str, order, actor: &Actor, sort| {
        listed(what, order, actor, Among::Own, Wanted { sort: Some(sort), ..Wanted::default() })
    };
    let by_name = Wanted { q: Some("li".into()), ..Wanted::default() };
    vec![
        own("own cases of an applicant", Order::OfAnIndex, traveller, Sort::Updated),
        own("own cases of a sponsor, by updated", Order::OfAnIndex, &sponsor, Sort::Updated),
        own("own cases of a sponsor, by due", Order::OfFew, &sponsor, Sort::Due),
        listed("own cases of a sponsor, by name", Order::OfFew, &sponsor, Among::Own, by_name),
    ]
}

/// The first two pages of the journal, for an auditor of everything and for one of an authority.
fn journal(officer: &Actor, auditor: &Actor) -> Vec<Reading> {
    let of_authority = Actor { roles: vec![Role::Auditor], ..officer.clone() };
    let any = ListJournal::default;
    let accounts = ListJournal { kind: Some(JournalKind::Account), ..any() };
    let one = ListJournal { subject: officer.account().map(|id| id.to_string()), ..any() };
    let mut readings = Vec::new();
    for (what, actor, wanted) in [
        ("all", auditor, any()),
        ("accounts", auditor, accounts.clone()),
        ("one account", auditor, one),
        ("accounts, for an auditor of an authority", &of_authority, accounts),
        ("all, for an auditor of an authority", &of_authority, any()),
    ] {
        // The events of a batch and the batches of a programme are few.
        let order = if wanted.kind.is_some() { Order::OfAnIndex } else { Order::OfFew };
        let actor = actor.clone();
        readings.push(reading(format!("journal: {what}"), order, move |tx| {
            let mut ctx = Context::new(tx, &actor, Timestamp::UNIX_EPOCH);
            let first = ctx.query(&ListJournal { at_most: 1, ..wanted.clone() })?;
            ctx.query(&ListJournal { at_most: 1, after: first.next, ..wanted }).map(drop)
        }));
    }
    readings.push(reading("next slice of the journal's audit", Order::OfFew, |tx| {
        let rows =
            store::journal::entries_after(tx, JournalKind::Account, Some(&uuid::Uuid::nil().to_string()), 5)?;
        let last = rows.last().map(|entries| entries[0].subject.clone());
        Ok(store::journal::between(tx, JournalKind::Account, None, last.as_deref()).map(drop)?)
    }));
    readings
}

/// The first two pages of the messages that were abandoned, and of those that wait.
fn messages() -> Vec<Reading> {
    let pages = |state: DeliveryState| {
        reading(format!("messages: {state}"), Order::OfAnIndex, move |tx| {
            let operator = Actor::operator();
            let mut ctx = Context::new(tx, &operator, Timestamp::UNIX_EPOCH);
            let first = ctx.query(&ListMessages { state, after: None, at_most: 1 })?;
            let after = first
                .last()
                .map(ListedMessage::place)
                .or(Some((Timestamp::UNIX_EPOCH, NotificationId(uuid::Uuid::nil()))));
            ctx.query(&ListMessages { state, after, at_most: 1 }).map(drop)
        })
    };
    [DeliveryState::Dead, DeliveryState::Pending].map(pages).into()
}

async fn single(db: &Db, officer: &Actor, auditor: &Actor) -> Vec<Reading> {
    use Order::{OfAnIndex, OfFew};
    let (case, reference, batch, number) = examples(db).await;
    let epoch = Timestamp::UNIX_EPOCH;
    let of_batch = Wanted { batch: Some(batch), ..Wanted::default() };
    vec![
        queue("queue: one batch", OfFew, officer, of_batch),
        queue("search by reference", OfFew, auditor, Wanted { q: Some(reference), ..Wanted::default() }),
        query_of("case page", OfAnIndex, auditor, epoch, ShowCase { case }),
        query_of("messages of a case", OfFew, auditor, epoch, ShowMessages { case }),
        query_of(
            "history",
            OfAnIndex,
            auditor,
            epoch,
            ShowHistory { case, after: Position::BEGINNING, at_most: 50 },
        ),
        reading("authorization", OfAnIndex, move |tx| {
            Ok(store::authorization::by_number(tx, &number).map(drop)?)
        }),
        reading("other cases with the same document", OfFew, move |tx| {
            let case = store::application::by_id(tx, case)?.unwrap();
            Ok(store::application::others_with_document(tx, &case).map(drop)?)
        }),
        query_of("batch page", OfFew, officer, epoch, ShowBatch { batch }),
        reading("ledger", OfAnIndex, move |tx| {
            let first = store::ledger::entries(tx, batch, None, 5)?;
            let after = first.last().map(|line| (line.at, line.application, line.event_seq));
            Ok(store::ledger::entries(tx, batch, after, 5).map(drop)?)
        }),
        reading("batches", OfFew, |tx| {
            Context::new(tx, &auditor_of(), Timestamp::UNIX_EPOCH).query(&BatchesToChoose)?;
            let filter = BatchFilter { states: vec![BatchState::Open], ..BatchFilter::default() };
            Ok(store::batch::list(tx, &filter, 20).map(drop)?)
        }),
        reading("next slice of the audit", OfAnIndex, move |tx| {
            Ok(store::audit::cases(tx, Some(case), 5).map(drop)?)
        }),
        reading("rows that the audit reads of a slice", OfFew, move |tx| {
            store::audit::events_of(tx, &[case])?;
            store::audit::notified_events(tx, &[case])?;
            store::audit::rows_of_case::documents(tx, &[case])?;
            store::audit::rows_of_case::findings(tx, &[case])?;
            store::audit::sealed::keys(tx, &[case])?;
            Ok(store::audit::rows_of_case::ledger(tx, &[case]).map(drop)?)
        }),
        reading("messages and answers that the audit reads", OfAnIndex, |tx| {
            store::audit::sealed::answers(tx, uuid::Uuid::nil(), 5)?;
            Ok(store::audit::sealed::messages(tx, NotificationId(uuid::Uuid::nil()), 5).map(drop)?)
        }),
    ]
}

fn auditor_of() -> Actor {
    Actor { roles: vec![Role::Auditor], ..Actor::operator() }
}

async fn background_work(db: &Db, now: Timestamp) -> Vec<Reading> {
    let found: Result<_, WorkflowError> =
        db.read(|tx| Ok(store::batch::list(tx, &BatchFilter::default(), 100)?)).await;
    let batch = found.unwrap().into_iter().find(|batch| batch.state == BatchState::Open).unwrap();
    let in_batch = batch.clone();
    let in_line = move |tx: &mut Tx<'_>, ordering: Ordering| -> Result<(), WorkflowError> {
        let batch = Batch { ordering, ..in_batch.clone() };
        let first = store::waitlist::next_in_line(tx, &batch, None, Waiting::NotPassedOver)?.unwrap();
        store::waitlist::next_in_line(tx, &batch, Some(&first), Waiting::NotPassedOver)?;
        let first = store::application::by_id(tx, first.case)?.unwrap();
        Ok(store::waitlist::place_in_line(tx, &first, &batch).map(drop)?)
    };
    let ranked = in_line.clone();
    let of_batch = batch.id;
    let officer = actor_of(db, "officer-0@kz-moh.example").await.account().unwrap();
    vec![
        reading("next cases of a draw, or of an ended batch", Order::OfAnIndex, move |tx| {
            Ok(store::application::of_batch_after(tx, of_batch, None, 20).map(drop)?)
        }),
        reading("the cases of an officer", Order::OfFew, move |tx| {
            Ok(store::application::claimed_by_after(tx, officer, None, 20).map(drop)?)
        }),
        reading("whose journeys are checked next", Order::OfAnIndex, move |tx| {
            Ok(store::journey_check::due(tx, now, 20).map(drop)?)
        }),
        query_of("the duties", Order::OfFew, &Actor::operator(), now, ListDuties),
        query_of("open jobs", Order::OfFew, &Actor::system(), now, OpenJobs { waiting: 0 }),
        reading("waiting list, first come", Order::OfAnIndex, move |tx| in_line(tx, Ordering::FirstCome)),
        reading("waiting list, ranked", Order::OfAnIndex, move |tx| ranked(tx, Ordering::Ranked)),
        query_of("due cases and batches", Order::OfAnIndex, &Actor::system(), now, ListDue),
        reading("whether a message is due", Order::OfAnIndex, move |tx| {
            Ok(store::outbox::is_any_due(tx, Channel::Email, now).map(drop)?)
        }),
        reading("messages to send", Order::OfAnIndex, move |tx| {
            Ok(store::outbox::claim(tx, Channel::Email, now, 5, now + SignedDuration::from_mins(1))
                .map(drop)?)
        }),
        reading("expired sessions, links and sign-ups", Order::OfAnIndex, move |tx| {
            store::session::find(tx, b"none", now)?;
            store::session::first_expiry(tx)?;
            store::session::times(tx, b"none", now)?;
            store::one_time_link::first_expiry(tx)?;
            store::sign_up::peek(tx, b"none", now)?;
            Ok(store::sign_up::first_expiry(tx).map(drop)?)
        }),
    ]
}

async fn actor_of(db: &Db, email: &str) -> Actor {
    let email = email.to_owned();
    let found: Result<_, WorkflowError> =
        db.read(move |tx| Ok(store::account::by_email(tx, &email)?.unwrap().actor())).await;
    found.unwrap()
}

/// The e-mail address of an applicant with a case.
async fn traveller_of(db: &Db) -> String {
    let found: Result<_, WorkflowError> =
        db.read(|tx| Ok(store::account::list(tx, Some("traveller"), 1)?)).await;
    found.unwrap()[0].email.clone()
}

/// A representative of a sponsor.
async fn sponsor_of(db: &Db) -> Actor {
    let found: Result<_, WorkflowError> =
        db.read(|tx| Ok(store::organisation::by_code(tx, "sponsor-1")?.unwrap())).await;
    Actor { organisation: Some(found.unwrap().into()), roles: vec![Role::Sponsor], ..Actor::system() }
}

/// An approved case: its id, reference, batch and authorization number.
async fn examples(db: &Db) -> (ApplicationId, String, BatchId, String) {
    let found: Result<_, WorkflowError> = db
        .read(|tx| {
            let wanted = Wanted { states: vec![State::Approved], ..Wanted::default() };
            let page = ListCases { among: Among::Visible, wanted, at_most: 1 };
            let page = Context::new(tx, &auditor_of(), Timestamp::UNIX_EPOCH).query(&page)?;
            let line = &page.lines[0];
            let issued = store::authorization::of_case(tx, line.id)?.unwrap();
            Ok((line.id, line.reference.clone(), line.batch, issued.number))
        })
        .await;
    found.unwrap()
}

/// The distinct statements that a read sends, in order.
async fn recorded(db: &Db, url: &str, read: Read) -> Vec<String> {
    let (read, watched) = (Mutex::new(Some(read)), url.to_owned());
    let done: Result<(), WorkflowError> = db
        .write(move |tx| {
            statements::watch(&watched);
            read.lock().unwrap().take().unwrap()(tx)
        })
        .await;
    done.unwrap();
    let sent = statements::recorded(url);
    let mut known = BTreeSet::new();
    let is_explained =
        |statement: &String| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb));
    sent.into_iter().filter(|statement| is_explained(statement) && known.insert(statement.clone())).collect()
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The database's plan for the statement, without values. For PostgreSQL, sequential scans are switched off: with only
/// a few thousand rows it would prefer them.
fn plan(world: &World, statement: &str) -> Vec<String> {
    let url = world.database_url();
    if let Some(file) = url.strip_prefix("sqlite://") {
        let mut connection = SqliteConnection::establish(file).unwrap();
        let rows: Vec<Detail> =
            sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut connection).unwrap();
        return rows.into_iter().map(|row| row.detail).collect();
    }
    let mut connection = PgConnection::establish(&url).unwrap();
    let values = (1..).take_while(|number| statement.contains(&format!("${number}"))).map(|_| "NULL");
    let values = values.collect::<Vec<_>>().join(", ");
    let with = if values.is_empty() { String::new() } else { format!("({values})") };
    connection
        .batch_execute(&format!(
            "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE s AS {statement}"
        ))
        .unwrap();
    let rows: Vec<PlanLine> =
        sql_query(format!("EXPLAIN (COSTS OFF) EXECUTE s{with}")).load(&mut connection).unwrap();
    rows.into_iter().map(|row| row.line.trim().to_owned()).collect()
}

/// The tables that grow with every case. The others have a few hundred rows and may be scanned.
const GROWING: [&str; 10] = [
    "applications",
    "events",
    "quota_entries",
    "notifications",
    "delivery_attempts",
    "authorizations",
    "evidence",
    "findings",
    "journey_checks",
    "journal",
];

/// What is wrong with a line of a plan; `next` is the line after it.
fn fault(line: &str, next: &str, order: Order) -> Option<&'static str> {
    let line = line.trim_start_matches("->").trim();
    let is_scanned = |table: &&str| {
        [format!("SCAN {table}"), format!("Seq Scan on {table}")].iter().any(|scan| line.starts_with(scan))
    };
    // Without an `Index Cond`, PostgreSQL reads the whole index, which is as slow as a scan of the table.
    let reads_whole_index = |table: &&str| {
        line.contains("Scan using")
            && line.ends_with(&format!("on {table}"))
            && !next.starts_with("Index Cond")
    };
    if GROWING.iter().any(|table| is_scanned(table) || reads_whole_index(table)) {
        return Some("scans a table");
    }
    let sorts = line.contains("TEMP B-TREE FOR ORDER BY") || line == "Sort" || line == "Incremental Sort";
    (sorts && order == Order::OfAnIndex).then_some("sorts")
}
