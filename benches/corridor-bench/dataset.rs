//! Fills a database with generated cases that satisfy every invariant of `corridor verify`: valid hash chains, sealed
//! forms, counters that equal the sums of the ledger, a message for every decision. The store's own functions write
//! them.

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
    store::{self, Db, StoreError, Tx, account::Account, journal::By, organisation::Organisation},
    workflow::{WorkflowError, entrance::Context, job},
};
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

use super::{case_writer, database::Database};

/// Cases per transaction.
const CASES_PER_TRANSACTION: u32 = 100;
/// Cases per batch, and its capacity. The number is small, so that a small database also fills a page of batches.
const CASES_PER_BATCH: u32 = 100;

/// The programme, organisations, accounts and batches that the cases refer to.
pub struct Dataset {
    pub programme: Arc<Programme>,
    pub now: Timestamp,
    pub cases: u32,
    pub sponsors: Vec<SponsorRef>,
    /// The account of a representative of each sponsor, in the same order.
    pub representatives: Vec<AccountId>,
    /// The authority's code, and its officers.
    pub officers: Vec<(String, OrganisationId, Vec<AccountId>)>,
    pub batches: Vec<BatchRef>,
}

/// The columns of a batch that its cases need.
#[derive(Clone)]
pub struct BatchRef {
    pub id: BatchId,
    pub name: String,
    pub state: BatchState,
    pub travel_from: jiff::civil::Date,
    pub travel_until: jiff::civil::Date,
}

/// Fills a database that contains only the bundled programme.
pub async fn fill(db: &Db, url: &str, password_hash: &str, cases: u32, now: Timestamp) {
    let hash = password_hash.to_owned();
    let dataset: Result<Dataset, StoreError> =
        db.write(move |tx| Ok(Dataset { now, cases, ..set_up(tx, cases, &hash, now)? })).await;
    let dataset = Arc::new(dataset.unwrap());
    let mut database = Database::open(url);
    let indexes = database.indexes();
    for index in &indexes {
        database.run(&format!("DROP INDEX {}", index.name));
    }
    let next = Arc::new(AtomicU32::new(0));
    let writers = if url.starts_with("sqlite://") { 1 } else { 2 };
    let tasks: Vec<_> = (0..writers)
        .map(|_| actix_web::rt::spawn(write(db.clone(), Arc::clone(&dataset), Arc::clone(&next))))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    database.run(FINAL_VALUES);
    begin_histories(db, now).await;
    for index in &indexes {
        database.run(&index.sql);
    }
    database.run("ANALYZE");
    database.checkpoint();
}

/// Values that are simpler to set with one statement for all rows: counters are the sums of the ledger, batches with a
/// waiting list are full, and every message is sent.
const FINAL_VALUES: &str = "
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

/// Runs the job that writes the first event of every batch and authorization.
async fn begin_histories(db: &Db, now: Timestamp) {
    let begin = move |tx: &mut Tx<'_>| {
        job::begin(&mut Context::new(tx, &Actor::system(), now), JobKind::BeginHistories, None, None)
    };
    let job = db.write(begin).await.unwrap();
    loop {
        let slice = WorkSlice { job, at_most: 100 };
        let work = move |tx: &mut Tx<'_>| Context::new(tx, &Actor::system(), now).execute(&slice);
        let worked: Result<Worked, WorkflowError> = db.write(work).await;
        if matches!(worked.unwrap(), Worked::Nothing) {
            return;
        }
    }
}

/// Writes cases until all are written. `next` is the number of the next case, which the writers share.
async fn write(db: Db, dataset: Arc<Dataset>, next: Arc<AtomicU32>) {
    let cases = dataset.cases;
    loop {
        let from = next.fetch_add(CASES_PER_TRANSACTION, Relaxed);
        if from >= cases {
            return;
        }
        let (dataset, until) = (Arc::clone(&dataset), (from + CASES_PER_TRANSACTION).min(cases));
        let written: Result<(), StoreError> = db
            .write(move |tx| (from..until).try_for_each(|number| case_writer::write(tx, &dataset, number)))
            .await;
        written.unwrap();
        if from.is_multiple_of(50_000) {
            eprintln!("{from} of {cases} cases");
        }
    }
}

fn set_up(tx: &mut Tx<'_>, cases: u32, hash: &str, now: Timestamp) -> Result<Dataset, StoreError> {
    let programme = store::programme::newest(tx, "cn-kz")?.unwrap();
    let operator = Actor::operator();
    let by = By { actor: &operator, at: now };
    let mut officers = Vec::new();
    for authority in &programme.authorities {
        let organisation = store::organisation::by_code(tx, &authority.code)?.unwrap();
        let mut accounts = Vec::new();
        for number in 0..(cases / 8000).clamp(2, 30) {
            let account = account(&format!("officer-{number}@{}.example", authority.code), hash, now);
            let account = Account {
                roles: vec![Role::Officer],
                organisation: Some(organisation.clone().into()),
                ..account
            };
            store::account::insert(tx, &account, by)?;
            accounts.push(account.id);
        }
        officers.push((authority.code.clone(), organisation.id, accounts));
    }
    let (mut sponsors, mut representatives) = (Vec::new(), Vec::new());
    for number in 0..(cases / 2000).max(5) {
        let sponsor = Organisation {
            id: OrganisationId(random::id()),
            code: format!("sponsor-{number}"),
            name: format!("Enterprise {number}"),
            kind: OrganisationKind::Sponsor,
            territory: Some(["CN", "KZ"][number as usize % 2].to_owned()),
        };
        store::organisation::insert(tx, &sponsor, by)?;
        let Organisation { id, code, name, .. } = sponsor.clone();
        let account = account(&format!("representative@{code}.example"), hash, now);
        let account = Account { roles: vec![Role::Sponsor], organisation: Some(sponsor.into()), ..account };
        store::account::insert(tx, &account, by)?;
        representatives.push(account.id);
        sponsors.push(SponsorRef { id, code, name });
    }
    let count = (cases / CASES_PER_BATCH).max(10);
    let batches = (0..count).map(|number| batch(tx, number, count, now)).collect::<Result<_, _>>()?;
    Ok(Dataset { programme, now, cases, sponsors, representatives, officers, batches })
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

/// Creates batch `number` of `count`. The last tenth are planned, open or closed; the others have ended.
fn batch(tx: &mut Tx<'_>, number: u32, count: u32, now: Timestamp) -> Result<BatchRef, StoreError> {
    let opened_on = case_writer::day_of_batch(number, count, now);
    let state = match count - number {
        1 => BatchState::Planned,
        remaining if remaining <= 1 + count.div_ceil(20) => BatchState::Open,
        remaining if remaining <= 2 + count.div_ceil(10) => BatchState::Closed,
        _ => BatchState::Ended,
    };
    let (travel_from, travel_until) = match state {
        BatchState::Ended => (opened_on, opened_on.saturating_add(60.days())),
        _ => (
            calendar::day_in(&TimeZone::UTC, now).saturating_add(5.days()),
            calendar::day_in(&TimeZone::UTC, now).saturating_add(150.days()),
        ),
    };
    let limit = |key: &str| LimitTerms {
        dimension: Dimension::Direction,
        key: key.to_owned(),
        capacity: CASES_PER_BATCH.cast_signed(),
    };
    let terms = Terms {
        name: format!("Batch {}", number + 1),
        capacity: CASES_PER_BATCH.cast_signed(),
        limits: if number.is_multiple_of(3) { vec![limit("CN-KZ"), limit("KZ-CN")] } else { Vec::new() },
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: if number.is_multiple_of(5) { Ordering::Ranked } else { Ordering::FirstCome },
        opens_at: None,
        closes_at: None,
        travel_from,
        travel_until,
    };
    let batch = Batch::planned(BatchId(random::id()), "cn-kz".to_owned(), terms);
    let batch = Batch { state, ..batch };
    store::batch::insert(tx, &batch, now - SignedDuration::from_hours(24))?;
    Ok(BatchRef { id: batch.id, name: batch.name, state, travel_from, travel_until })
}

/// The random numbers of one case. A retried transaction generates the same case again.
pub fn rng_for(number: u32) -> Rng {
    Rng::new(u64::from(number).wrapping_mul(0x2545_F491_4F6C_DD1D))
}
