//! `exactness`: crowds that want the last places at the same moment. Each time, exactly as many cases are approved as
//! there are places, no limit is exceeded, the waiting line has the order of submission, and a surrendered place goes
//! to the first case in the line whose own limit has room.

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
    /// Number of crowds on each database
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Simultaneous endorsements per crowd
    #[arg(long, default_value_t = 500)]
    crowd: usize,
}

/// Places of a batch, and how many of them are left when the crowd comes.
const CAPACITY: i32 = 20;
const LEFT: i32 = 10;
/// The limits together have room for more than the batch: a case is skipped for one of two reasons.
const CATEGORIES: &[&str] = &["technical", "business"];
const LIMITS: [(Option<&str>, i32); 3] = [(None, CAPACITY), (Some("technical"), 9), (Some("business"), 13)];
/// How many approved cases surrender their place.
const GIVEN_BACK: usize = 6;

pub async fn run(args: Args) {
    let installation = Installation::with_sqlite().await;
    crowds("SQLite, one instance", &installation, 1, &args).await;
    drop(installation);
    let server = postgres::Server::start();
    let installation = Installation::with_postgres(&server.url()).await;
    crowds("PostgreSQL, two instances", &installation, 2, &args).await;
}

async fn crowds(name: &str, installation: &Installation, instances: usize, args: &Args) {
    let began = Instant::now();
    let mut busiest = [0, 0];
    for number in 1..=args.runs {
        let terms = terms(&format!("Crowd {number}"), CAPACITY, &LIMITS, Clock::System.now());
        let batch = installation.open_batch(terms).await;
        let early = installation
            .create_cases(&[batch], CATEGORIES, Progress::LastStage, (CAPACITY - LEFT) as usize)
            .await;
        let crowd = installation.create_cases(&[batch], CATEGORIES, Progress::LastStage, args.crowd).await;
        let services: Vec<Service> = (0..instances).map(|_| installation.serve()).collect();
        let scene = Scene::begin(installation, &services, batch);
        assert_eq!(scene.endorse_at_once(&early), [10, 0], "the first ten");
        let seen = scene.endorse_at_once(&crowd);
        assert_eq!(seen, [LEFT as usize, args.crowd - LEFT as usize], "run {number}: approved, waitlisted");
        let technical = scene.batch()["limits"].as_array().unwrap().iter().find_map(|limit| {
            (limit["key"] == "technical").then(|| limit["taken"].as_u64().unwrap() as usize)
        });
        busiest[0] += technical.unwrap();
        busiest[1] += CAPACITY as usize - technical.unwrap();
        scene.line_is_right();
        scene.give_back();
        drop(services);
        installation.verify();
    }
    println!(
        "{name}: {} crowds of {} on the last {LEFT} places: {LEFT} approved each time, every line in its order, {} \
         places given back and taken by the right ones, limits kept (technical {}, business {} of all that were \
         taken), verify clean after each; {:.0} s",
        args.runs,
        args.crowd,
        GIVEN_BACK * args.runs,
        busiest[0],
        busiest[1],
        began.elapsed().as_secs_f64()
    );
}

/// The batch of one crowd, and the clients that act on it.
struct Scene {
    addresses: Vec<SocketAddr>,
    batch: BatchId,
    officer: String,
    sponsor: String,
}

impl Scene {
    fn begin(installation: &Installation, services: &[Service], batch: BatchId) -> Self {
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

    /// One connection per case, all connected before the first request. Returns the numbers of approved and waitlisted
    /// cases.
    fn endorse_at_once(&self, cases: &[ApplicationId]) -> [usize; 2] {
        let start = Barrier::new(cases.len());
        let body = json!({ "action": "endorse" });
        let ask = |(case, address): (&ApplicationId, &SocketAddr)| {
            let request = Request::action(&case.to_string(), &self.officer, &body);
            let mut line = Connection::open(*address).unwrap();
            start.wait();
            line.send(&request).unwrap().expect(200)["state"].as_str().unwrap().to_owned()
        };
        let states: Vec<String> = thread::scope(|scope| {
            let asked = cases.iter().zip(self.addresses.iter().cycle());
            let threads: Vec<_> = asked.map(|pair| scope.spawn(move || ask(pair))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        ["approved", "waitlisted"].map(|state| states.iter().filter(|seen| *seen == state).count())
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

    /// The waiting cases, by their place in the line.
    fn line(&self) -> Vec<Value> {
        let show = |case: Value| {
            let path = format!("/api/v1/applications/{}", case["id"].as_str().unwrap());
            self.send(&Request::get(&path, &self.officer))
        };
        let mut line: Vec<Value> = self.cases("waitlisted").into_iter().map(show).collect();
        line.sort_by_key(|case| case["place_in_line"].as_u64());
        line
    }

    fn line_is_right(&self) {
        let line = self.line();
        let places: Vec<_> = line.iter().map(|case| case["place_in_line"].as_u64().unwrap()).collect();
        assert!(places.into_iter().eq(1..=line.len() as u64), "places have gaps or twins");
        let key = |case: &Value| ["submitted_at", "id"].map(|field| case[field].as_str().unwrap().to_owned());
        assert!(line.is_sorted_by_key(key), "the line is not in the order of submission");
    }

    /// Some places become free one after the other; each goes to the right case.
    fn give_back(&self) {
        for case in self.cases("approved").iter().take(GIVEN_BACK) {
            let batch = self.batch();
            let room = |category: &Value| {
                let given = &case["category"] == category;
                let limits = batch["limits"].as_array().unwrap().iter();
                limits.filter(|limit| &limit["key"] == category).all(|limit| {
                    limit["taken"].as_i64().unwrap() - i64::from(given) < limit["capacity"].as_i64().unwrap()
                })
            };
            let due = self.line().into_iter().find(|waiting| room(&waiting["category"])).unwrap();
            let request = Request::action(
                case["id"].as_str().unwrap(),
                &self.sponsor,
                &json!({ "action": "surrender" }),
            );
            assert_eq!(self.send(&request)["state"], "withdrawn");
            let path = format!("/api/v1/applications/{}", due["id"].as_str().unwrap());
            assert_eq!(self.send(&Request::get(&path, &self.officer))["state"], "approved", "{path}");
        }
    }
}
