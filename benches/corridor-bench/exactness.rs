//! `exactness`: concurrent endorsements for the last places of a batch. In each run, exactly as many cases are approved
//! as there are free places, no limit is exceeded, the waiting list is in the order of submission, and a surrendered
//! place goes to the first case on the waiting list whose own limit has room.

use std::{net::SocketAddr, sync::Barrier, thread, time::Instant};

use corridor::{
    clock::Clock,
    domain::ids::{ApplicationId, BatchId},
};
use serde_json::{Value, json};

use super::{
    form::terms,
    installation::{Installation, Progress},
    postgres,
    service::{Connection, Request, Service},
};

#[derive(clap::Args)]
pub struct Args {
    /// Runs on each database
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Concurrent clients per run, each with one endorsement
    #[arg(long, default_value_t = 500)]
    clients: usize,
}

/// Places in the batch, and how many of them are free before the concurrent endorsements.
const CAPACITY: i32 = 20;
const FREE: i32 = 10;
/// The limits of the categories add up to more than the capacity. So a case is waitlisted because its category or the
/// batch is full.
const CATEGORIES: &[&str] = &["technical", "business"];
const LIMITS: [(Option<&str>, i32); 3] = [(None, CAPACITY), (Some("technical"), 9), (Some("business"), 13)];
/// How many approved cases surrender their places.
const SURRENDERS: usize = 6;

pub async fn run(args: Args) {
    let installation = Installation::with_sqlite().await;
    check("SQLite, one instance", &installation, 1, &args).await;
    drop(installation);
    let server = postgres::Server::start();
    let installation = Installation::with_postgres(&server.url()).await;
    check("PostgreSQL, two instances", &installation, 2, &args).await;
}

async fn check(name: &str, installation: &Installation, instances: usize, args: &Args) {
    let started = Instant::now();
    let mut taken = [0, 0];
    for number in 1..=args.runs {
        let terms = terms(&format!("Run {number}"), CAPACITY, &LIMITS, Clock::System.now());
        let batch = installation.open_batch(terms).await;
        let first = installation
            .create_cases(&[batch], CATEGORIES, Progress::LastStage, (CAPACITY - FREE) as usize)
            .await;
        let cases = installation.create_cases(&[batch], CATEGORIES, Progress::LastStage, args.clients).await;
        let services: Vec<Service> = (0..instances).map(|_| installation.serve()).collect();
        let run = Run::new(installation, &services, batch);
        assert_eq!(run.endorse_concurrently(&first), [10, 0], "the first ten");
        let counts = run.endorse_concurrently(&cases);
        let expected = [FREE as usize, args.clients - FREE as usize];
        assert_eq!(counts, expected, "run {number}: approved, waitlisted");
        let technical = run.batch()["limits"].as_array().unwrap().iter().find_map(|limit| {
            (limit["key"] == "technical").then(|| limit["taken"].as_u64().unwrap() as usize)
        });
        taken[0] += technical.unwrap();
        taken[1] += CAPACITY as usize - technical.unwrap();
        run.check_waiting_list();
        run.check_promotions();
        drop(services);
        installation.verify();
    }
    println!(
        "{name}: {} runs of {} endorsements for the last {FREE} places: {FREE} approved in each run, every waiting \
         list in order, {} places surrendered and given to the right cases, limits kept (technical {} and business {} \
         of all taken places), verify clean after each run; {:.0} s",
        args.runs,
        args.clients,
        SURRENDERS * args.runs,
        taken[0],
        taken[1],
        started.elapsed().as_secs_f64()
    );
}

/// One run: its batch, and the tokens of the clients.
struct Run {
    addresses: Vec<SocketAddr>,
    batch: BatchId,
    officer: String,
    sponsor: String,
}

impl Run {
    fn new(installation: &Installation, services: &[Service], batch: BatchId) -> Self {
        let addresses = services.iter().map(|service| service.address).collect();
        let (officer, sponsor) =
            (services[0].token(installation.deciding_authority()), services[0].token(installation.sponsor()));
        Self { addresses, batch, officer, sponsor }
    }

    fn send(&self, request: &Request) -> Value {
        Connection::open(self.addresses[0]).unwrap().send(request).unwrap().expect(200)
    }

    fn batch(&self) -> Value {
        self.send(&Request::get(&format!("/api/v1/batches/{}", self.batch), &self.officer))
    }

    /// Endorses each case over a connection of its own. All connections are open before the first request is sent.
    /// Returns the numbers of approved and waitlisted cases.
    fn endorse_concurrently(&self, cases: &[ApplicationId]) -> [usize; 2] {
        let start = Barrier::new(cases.len());
        let body = json!({ "action": "endorse" });
        let endorse = |(case, address): (&ApplicationId, &SocketAddr)| {
            let request = Request::action(&case.to_string(), &self.officer, &body);
            let mut connection = Connection::open(*address).unwrap();
            start.wait();
            connection.send(&request).unwrap().expect(200)["state"].as_str().unwrap().to_owned()
        };
        let states: Vec<String> = thread::scope(|scope| {
            let pairs = cases.iter().zip(self.addresses.iter().cycle());
            let threads: Vec<_> = pairs.map(|pair| scope.spawn(move || endorse(pair))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        ["approved", "waitlisted"].map(|state| states.iter().filter(|other| *other == state).count())
    }

    /// The cases in this state, in the order of the listing.
    fn cases(&self, state: &str) -> Vec<Value> {
        let first = format!("/api/v1/applications?batch={}&state={state}&limit=200", self.batch);
        let (mut cases, mut path) = (Vec::new(), first.clone());
        loop {
            let page = self.send(&Request::get(&path, &self.officer));
            cases.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => return cases,
            }
        }
    }

    /// The waitlisted cases, by their number on the waiting list.
    fn waiting_list(&self) -> Vec<Value> {
        let show = |case: Value| {
            let path = format!("/api/v1/applications/{}", case["id"].as_str().unwrap());
            self.send(&Request::get(&path, &self.officer))
        };
        let mut cases: Vec<Value> = self.cases("waitlisted").into_iter().map(show).collect();
        cases.sort_by_key(|case| case["place_in_line"].as_u64());
        cases
    }

    /// Checks that the waiting list is numbered from 1 and in the order of submission.
    fn check_waiting_list(&self) {
        let cases = self.waiting_list();
        let numbers: Vec<_> = cases.iter().map(|case| case["place_in_line"].as_u64().unwrap()).collect();
        assert!(numbers.into_iter().eq(1..=cases.len() as u64), "the numbers have gaps or duplicates");
        let key = |case: &Value| ["submitted_at", "id"].map(|field| case[field].as_str().unwrap().to_owned());
        assert!(cases.is_sorted_by_key(key), "the waiting list is not in the order of submission");
    }

    /// Surrenders some places, one after the other, and checks that each goes to the right case.
    fn check_promotions(&self) {
        for case in self.cases("approved").iter().take(SURRENDERS) {
            let batch = self.batch();
            let has_room = |category: &Value| {
                let is_released = &case["category"] == category;
                let limits = batch["limits"].as_array().unwrap().iter();
                limits.filter(|limit| &limit["key"] == category).all(|limit| {
                    limit["taken"].as_i64().unwrap() - i64::from(is_released)
                        < limit["capacity"].as_i64().unwrap()
                })
            };
            let next = self.waiting_list().into_iter().find(|next| has_room(&next["category"])).unwrap();
            let request = Request::action(
                case["id"].as_str().unwrap(),
                &self.sponsor,
                &json!({ "action": "surrender" }),
            );
            assert_eq!(self.send(&request)["state"], "withdrawn");
            let path = format!("/api/v1/applications/{}", next["id"].as_str().unwrap());
            assert_eq!(self.send(&Request::get(&path, &self.officer))["state"], "approved", "{path}");
        }
    }
}
