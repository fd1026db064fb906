//! Fills a database with any number of cases so that every invariant holds: valid hash chains, sealed forms, a ledger
//! whose sums are the counters, a message for every decision. Cases are written by the store's own functions.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use corridor::{
    demo::Rng,
    domain::{
        actor::{Actor, OrganisationKind, Role},
        batch::{Batch, Dimension, HoldAt, LimitTerms, OnFull, Ordering, Terms},
        calendar,
        case::SponsorRef,
        ids::{AccountId, BatchId, OrganisationId},
        job::JobKind,
        lifecycle::BatchState,
        programme::Programme,
    },
    jobs::{WorkSlice, Worked},
    random,
    store::{self, Db, StoreError, Tx, account::Account},
    workflow::{WorkflowError, entrance::Context, job},
};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{case_writer, database::Database};

/// Cases per transaction.
const PER_TRANSACTION: u32 = 500;
/// Cases per batch; all approved ones fit into it. The number is small, so that a small database has enough batches for
/// a page too.
const BATCH: u32 = 100;

/// The accounts and batches of the cases.
pub struct Register {
    pub programme: Arc<Programme>,
    pub now: Timestamp,
    pub cases: u32,
    pub sponsors: Vec<SponsorRef>,
    /// The authority's code, and its officers.
    pub officers: Vec<(String, OrganisationId, Vec<AccountId>)>,
    pub batches: Vec<Tranche>,
}

/// A batch, with what its cases need.
#[derive(Clone)]
pub struct Tranche {
    pub id: BatchId,
    pub name: String,
    pub state: BatchState,
    pub from: jiff::civil::Date,
    pub until: jiff::civil::Date,
}

/// Fills a database that contains only the bundled programme.
pub async fn fill(db: &Db, url: &str, password_hash: &str, cases: u32, now: Timestamp) {
    let hash = password_hash.to_owned();
    let register: Result<Register, StoreError> =
        db.write(move |tx| Ok(Register { now, cases, ..set_up(tx, cases, &hash, now)? })).await;
    let register = Arc::new(register.unwrap());
    let mut database = Database::open(url);
    let indexes = database.indexes();
    for index in &indexes {
        database.run(&format!("DROP INDEX {}", index.name));
    }
    let next = Arc::new(AtomicU32::new(0));
    let writers = if url.starts_with("sqlite://") { 1 } else { 2 };
    let tasks: Vec<_> = (0..writers)
        .map(|_| actix_web::rt::spawn(write(db.clone(), Arc::clone(&register), Arc::clone(&next))))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    database.run(SUMS);
    begin_histories(db, now).await;
    for index in &indexes {
        database.run(&index.sql);
    }
    database.run("ANALYZE");
    database.checkpoint();
}

/// Simpler with one statement for all rows: counters are the sums of the ledger, batches with a line are full, and
/// every message was sent.
const SUMS: &str = "
    UPDATE batches SET held = used.held, taken = used.taken
      FROM (SELECT batch_id, sum(held_delta) AS held, sum(taken_delta) AS taken FROM quota_entries GROUP BY batch_id)
        AS used
      WHERE used.batch_id = batches.id;
    UPDATE batch_limits SET taken = used.taken
      FROM (SELECT batch_id, direction, sum(taken_delta) AS taken FROM quota_entries GROUP BY batch_id, direction)
        AS used
      WHERE used.batch_id = batch_limits.batch_id AND used.direction = batch_limits.key;
    UPDATE batches SET capacity = held + taken WHERE held + taken > 0
      AND id IN (SELECT batch_id FROM applications WHERE state = 'waitlisted');
    UPDATE notifications SET state = 'sent', attempts = 1, sent_at = created_at;
    INSERT INTO delivery_attempts (notification_id, attempt, at, outcome)
      SELECT id, 1, created_at, 'sent' FROM notifications;";

/// The histories of batches and authorizations begin with what they are now.
async fn begin_histories(db: &Db, now: Timestamp) {
    let begin = move |tx: &mut Tx<'_>| {
        job::begin(&mut Context::new(tx, &Actor::system(), now), JobKind::BeginHistories, None, None)
    };
    let job = db.write(begin).await.unwrap();
    loop {
        let slice = WorkSlice { job, at_most: 500 };
        let work = move |tx: &mut Tx<'_>| Context::new(tx, &Actor::system(), now).execute(&slice);
        let worked: Result<Worked, WorkflowError> = db.write(work).await;
        if matches!(worked.unwrap(), Worked::Nothing) {
            return;
        }
    }
}

async fn write(db: Db, register: Arc<Register>, next: Arc<AtomicU32>) {
    loop {
        let from = next.fetch_add(PER_TRANSACTION, Relaxed);
        if from >= register.cases {
            return;
        }
        let (register, until) = (Arc::clone(&register), (from + PER_TRANSACTION).min(register.cases));
        let written: Result<(), StoreError> = db
            .write(move |tx| (from..until).try_for_each(|number| case_writer::write(tx, &register, number)))
            .await;
        written.unwrap();
        if from.is_multiple_of(50_000) {
            eprintln!("{from} of all");
        }
    }
}

fn set_up(tx: &mut Tx<'_>, cases: u32, hash: &str, now: Timestamp) -> Result<Register, StoreError> {
    let programme = store::programme::newest(tx, "cn-kz")?.unwrap();
    let mut officers = Vec::new();
    for authority in &programme.authorities {
        let own = store::organisation::by_code(tx, &authority.code)?.unwrap();
        let mut accounts = Vec::new();
        for number in 0..(cases / 8000).clamp(2, 30) {
            let account = account(&format!("officer-{number}@{}.example", authority.code), hash, now);
            let account =
                Account { roles: vec![Role::Officer], organisation: Some(own.clone().into()), ..account };
            store::account::insert(tx, &account)?;
            accounts.push(account.id);
        }
        officers.push((authority.code.clone(), own.id, accounts));
    }
    let mut sponsors = Vec::new();
    for number in 0..(cases / 2000).max(5) {
        let (code, name) = (format!("sponsor-{number}"), format!("Enterprise {number}"));
        let side = ["CN", "KZ"][number as usize % 2];
        let made = store::organisation::create(tx, &code, &name, OrganisationKind::Sponsor, Some(side), now)?;
        sponsors.push(SponsorRef { id: made.id, code, name });
    }
    let many = (cases / BATCH).max(10);
    let batches = (0..many).map(|number| batch(tx, number, many, now)).collect::<Result<_, _>>()?;
    Ok(Register { programme, now, cases, sponsors, officers, batches })
}

/// An account that can sign in.
pub fn account(email: &str, hash: &str, now: Timestamp) -> Account {
    Account {
        id: AccountId(random::id()),
        email: email.to_owned(),
        name: "Officer".to_owned(),
        password_hash: Some(hash.to_owned()),
        roles: Vec::new(),
        organisation: None,
        language: "en".to_owned(),
        created_at: now,
        confirmed_at: Some(now),
        disabled_at: None,
    }
}

/// Batch number `number` of `many`: the last tenth is open, the others are over.
fn batch(tx: &mut Tx<'_>, number: u32, many: u32, now: Timestamp) -> Result<Tranche, StoreError> {
    let begun = case_writer::day_of_batch(number, many, now);
    let state = match many - number {
        1 => BatchState::Planned,
        left if left <= 1 + many.div_ceil(20) => BatchState::Open,
        left if left <= 2 + many.div_ceil(10) => BatchState::Closed,
        _ => BatchState::Ended,
    };
    let (from, until) = match state {
        BatchState::Ended => (begun, begun.saturating_add(60.days())),
        _ => {
            (calendar::day_of(now).saturating_add(5.days()), calendar::day_of(now).saturating_add(150.days()))
        }
    };
    let limit = |key: &str| LimitTerms {
        dimension: Dimension::Direction,
        key: key.to_owned(),
        capacity: BATCH.cast_signed(),
    };
    let terms = Terms {
        name: format!("Batch {}", number + 1),
        capacity: BATCH.cast_signed(),
        limits: if number.is_multiple_of(3) { vec![limit("CN-KZ"), limit("KZ-CN")] } else { Vec::new() },
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: if number.is_multiple_of(5) { Ordering::Ranked } else { Ordering::FirstCome },
        opens_at: None,
        closes_at: None,
        travel_from: from,
        travel_until: until,
    };
    let batch = Batch::planned(BatchId(random::id()), "cn-kz".to_owned(), terms);
    let batch = Batch { state, ..batch };
    store::batch::insert(tx, &batch, now - SignedDuration::from_hours(24))?;
    Ok(Tranche { id: batch.id, name: batch.name, state, from, until })
}

/// The random numbers of one case: a retried transaction writes the same case.
pub fn rng_of(number: u32) -> Rng {
    Rng::new(u64::from(number).wrapping_mul(0x2545_F491_4F6C_DD1D))
}
