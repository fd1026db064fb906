//! `crowd`: people who arrive at a steady rate, sign in, fill in an application and submit it, while others look at their
//! status and officers decide. Shows the rate up to which pages stay fast, and what happens beyond it.

use std::{
    cell::RefCell,
    fs,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_web::rt::{
    spawn,
    time::{interval, sleep, timeout},
};
use corridor::{
    clock::Clock,
    domain::{
        actor::{Actor, Role},
        ids::BatchId,
    },
    password, random,
    store::{self, StoreError, account::Account, journal::By},
};
use futures_util::future::join_all;
use serde_json::json;

mod person;

use self::person::{Person, Visit};
use super::{
    dataset,
    form::terms,
    installation::{Installation, Progress},
    postgres::Server,
    service::Service,
    throughput::DatabaseKind,
};

#[derive(clap::Args)]
pub struct Args {
    /// Measure only this database
    #[arg(long)]
    only: Option<DatabaseKind>,
    /// How many people arrive in a second; one measurement for each
    #[arg(long, value_delimiter = ',', default_value = "10,19,28,38")]
    rates: Vec<u32>,
    /// For how many seconds people arrive
    #[arg(long, default_value_t = 40)]
    seconds: u32,
    /// How many seconds those who are inside then have to finish
    #[arg(long, default_value_t = 60)]
    rest: u64,
}

const PASSWORD: &str = "copper kettle meadow 7";
/// Decisions in a second, by officers over the API.
const DECISIONS: u32 = 8;
/// Looks at a status page in a second, by people who have submitted.
const LOOKS: u32 = 20;

pub async fn run(args: Args) {
    println!(
        "| database | people a second | finished of arrived | errors | turned away, longest wait | pages p50 / p99 | sign-in p50 / p99 \
         | save p99 | upload p99 | submit p99 | CPU | MB |"
    );
    println!("| --- | --: | --- | --: | --- | --- | --- | --: | --: | --: | --: | --: |");
    for rate in &args.rates {
        if args.only != Some(DatabaseKind::Postgres) {
            measure("SQLite", &Installation::with_sqlite().await, *rate, &args).await;
        }
        if args.only != Some(DatabaseKind::Sqlite) {
            let server = Server::start();
            measure("PostgreSQL", &Installation::with_postgres(&server.url()).await, *rate, &args).await;
        }
    }
}

/// What people saw.
#[derive(Default)]
struct Seen {
    visits: Vec<(Visit, Duration)>,
    finished: u32,
    errors: Vec<String>,
    turned_away: u32,
    longest_wait: Duration,
    /// Those who have submitted, with the page of their case.
    outside: Vec<(Person, String)>,
}

impl Seen {
    /// The time within which this share of the visits was answered, in milliseconds.
    fn percentile(&self, visit: Visit, share: f64) -> f64 {
        let mut times: Vec<f64> = self
            .visits
            .iter()
            .filter(|(other, _)| *other == visit)
            .map(|(_, took)| took.as_secs_f64() * 1000.0)
            .collect();
        times.sort_by(f64::total_cmp);
        let index = (times.len() as f64 * share) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

async fn measure(database: &str, installation: &Installation, rate: u32, args: &Args) {
    let arrivals = rate * args.seconds;
    let batch = installation.open_batch(terms("Crowd", 1_000_000, &[], Clock::System.now())).await;
    create_accounts(installation, arrivals).await;
    let decisions = (DECISIONS * args.seconds) as usize;
    let cases = installation.create_cases(&[batch], &["technical"], Progress::LastStage, decisions).await;
    installation.checkpoint();
    let service = Rc::new(installation.serve());
    let seen = Rc::new(RefCell::new(Seen::default()));
    let token = service.token(installation.deciding_authority());
    let address = format!("http://{}", service.address);
    let officers = spawn(decide(address.clone(), token, cases.iter().map(ToString::to_string).collect()));
    let onlookers = spawn(look(Rc::clone(&seen)));
    let (begun, cpu) = (Instant::now(), service.cpu_seconds());
    let mut arrival = interval(Duration::from_secs(1) / rate);
    let mut people = Vec::new();
    for number in 0..arrivals {
        arrival.tick().await;
        people.push(spawn(apply(address.clone(), batch, number, Rc::clone(&seen))));
    }
    let busy = (service.cpu_seconds() - cpu) / begun.elapsed().as_secs_f64();
    let _ = timeout(Duration::from_secs(args.rest), join_all(people.iter_mut())).await;
    people.iter().for_each(|person| person.abort());
    onlookers.abort();
    officers.abort();
    print(database, rate, arrivals, &seen.borrow(), busy, &service);
    drop(service);
    installation.verify();
}

fn print(database: &str, rate: u32, arrivals: u32, seen: &Seen, busy: f64, service: &Service) {
    let at = |visit, share| seen.percentile(visit, share);
    println!(
        "| {database} | {rate} | {} / {arrivals} | {} | {}, {:.0} s | {:.0} / {:.0} ms | {:.0} / {:.0} ms | {:.0} ms | {:.0} ms \
         | {:.0} ms | {:.0} % | {:.0} |",
        seen.finished,
        seen.errors.len(),
        seen.turned_away,
        seen.longest_wait.as_secs_f64(),
        at(Visit::Page, 0.5),
        at(Visit::Page, 0.99),
        at(Visit::SignIn, 0.5),
        at(Visit::SignIn, 0.99),
        at(Visit::Save, 0.99),
        at(Visit::Upload, 0.99),
        at(Visit::Submit, 0.99),
        busy * 100.0,
        service.resident_megabytes().1,
    );
    for error in seen.errors.iter().take(3) {
        eprintln!("{error}");
    }
}

/// One person's way from the sign-in to the status of the submitted case.
async fn apply(address: String, batch: BatchId, number: u32, seen: Rc<RefCell<Seen>>) {
    let mut person = Person::new(address, number);
    let applied = person.apply(&email(number), PASSWORD, batch).await;
    let mut seen = seen.borrow_mut();
    seen.visits.append(&mut person.visits);
    seen.turned_away += person.turned_away;
    seen.longest_wait = seen.longest_wait.max(person.waited);
    match applied {
        Ok(case) => {
            seen.finished += 1;
            seen.outside.push((person, case));
        }
        Err(error) => seen.errors.push(error),
    }
}

/// People who have submitted look at their case.
async fn look(seen: Rc<RefCell<Seen>>) {
    let mut next = interval(Duration::from_secs(1) / LOOKS);
    loop {
        next.tick().await;
        let Some((mut person, case)) = seen.borrow_mut().outside.pop() else { continue };
        let seen = Rc::clone(&seen);
        spawn(async move {
            let looked = person.open(&case).await;
            let mut seen = seen.borrow_mut();
            seen.visits.append(&mut person.visits);
            match looked {
                Ok(_) => seen.outside.insert(0, (person, case)),
                Err(error) => seen.errors.push(error),
            }
        });
    }
}

/// Officers decide, each case after another.
async fn decide(address: String, token: String, cases: Vec<String>) {
    let client = reqwest::Client::new();
    let mut next = interval(Duration::from_secs(1) / DECISIONS);
    for case in cases {
        next.tick().await;
        let request =
            client.post(format!("{address}/api/v1/applications/{case}/actions")).bearer_auth(&token);
        let request = request.header("Content-Type", "application/json");
        let sent = request.body(json!({ "action": "endorse" }).to_string()).send();
        spawn(async move {
            if let Err(error) = sent.await {
                eprintln!("an endorsement failed: {error}");
            }
        });
    }
    sleep(Duration::MAX).await;
}

fn email(number: u32) -> String {
    format!("person-{number}@crowd.example")
}

/// Accounts with one hash, so that each sign-in costs a whole hash.
async fn create_accounts(installation: &Installation, count: u32) {
    let (db, now) = (installation.database(), Clock::System.now());
    let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
    let numbers: Vec<u32> = (0..count).collect();
    for some in numbers.chunks(100) {
        let (some, hash) = (some.to_vec(), hash.clone());
        let created: Result<(), StoreError> = db
            .write(move |tx| {
                let operator = Actor::operator();
                for number in &some {
                    let account = dataset::account(&email(*number), &hash, now);
                    let account = Account { roles: vec![Role::Applicant], ..account };
                    store::account::insert(tx, &account, By { actor: &operator, at: now })?;
                }
                Ok(())
            })
            .await;
        created.unwrap();
    }
}

/// A PDF of 20 kB.
fn pdf() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    while bytes.len() < 20_000 {
        bytes.extend(random::bytes::<32>());
    }
    bytes
}

impl Service {
    /// The processor time that it has used.
    fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
        (ticks(11) + ticks(12)) / 100.0
    }
}
