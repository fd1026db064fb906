//! `kills`: kills the service or PostgreSQL at random moments, while concurrent clients send requests. After each
//! restart, every acknowledged change is stored and no limit is exceeded. At the end, every message has been sent; a
//! repeated message has the same `Message-ID`.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use corridor::{
    clock::Clock,
    demo::Rng,
    domain::ids::{ApplicationId, BatchId},
};
use serde_json::{Value, json};

use super::{
    database::Database,
    form::terms,
    installation::{Installation, Progress},
    mail_sink::MailSink,
    messages,
    postgres::Server,
    service::{Connection, Request, Service},
};

#[derive(clap::Args)]
pub struct Args {
    /// How often to kill the service on SQLite
    #[arg(long, default_value_t = 75)]
    on_sqlite: usize,
    /// How often to kill one of two instances on PostgreSQL
    #[arg(long, default_value_t = 75)]
    on_postgres: usize,
    /// How often to kill PostgreSQL
    #[arg(long, default_value_t = 50)]
    of_postgres: usize,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The number of concurrent clients.
const CLIENTS: usize = 12;
/// For each client and kill: the number of drafts, and of cases that need only the last endorsement.
const CASES: usize = 6;
/// The longest time between a start and a kill, in milliseconds.
const MAX_UPTIME: i64 = 250;
/// The longest time without another sent message. A message that a killed process has claimed is free after a minute.
const TIMEOUT: Duration = Duration::from_secs(180);

/// What is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Service,
    Database,
}

pub async fn run(args: Args) {
    let mut rng = Rng::new(args.seed);
    let installation = Installation::with_sqlite().await;
    let mut test = KillTest::new(&installation, None, 1).await;
    test.kill(Target::Service, args.on_sqlite, &mut rng).await;
    test.finish("SQLite");
    drop(test);
    drop(installation);
    let server = Server::start();
    let installation = Installation::with_postgres(&server.url()).await;
    let mut test = KillTest::new(&installation, Some(&server), 2).await;
    test.kill(Target::Service, args.on_postgres, &mut rng).await;
    test.kill(Target::Database, args.of_postgres, &mut rng).await;
    test.finish("PostgreSQL, two instances");
}

/// The last acknowledged version and state of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Acknowledged {
    version: i64,
    state: String,
}

/// The installation whose processes are killed, and all responses so far.
struct KillTest<'a> {
    installation: &'a Installation,
    server: Option<&'a Server>,
    instances: usize,
    sink: MailSink,
    batch: BatchId,
    acknowledged: BTreeMap<String, Acknowledged>,
    /// The number of requests with and without a response.
    answered: usize,
    unanswered: usize,
    kills: BTreeMap<&'static str, usize>,
    started: Instant,
}

impl<'a> KillTest<'a> {
    async fn new(installation: &'a Installation, server: Option<&'a Server>, instances: usize) -> Self {
        let terms = terms("Hot", 100, &[(Some("technical"), 60)], Clock::System.now());
        Self {
            installation,
            server,
            instances,
            sink: MailSink::start(),
            batch: installation.open_batch(terms).await,
            acknowledged: BTreeMap::new(),
            answered: 0,
            unanswered: 0,
            kills: BTreeMap::new(),
            started: Instant::now(),
        }
    }

    /// Kills the target several times. After each kill, checks the database and the cases with a response.
    async fn kill(&mut self, target: Target, times: usize, rng: &mut Rng) {
        let name = if target == Target::Service { "the service" } else { "PostgreSQL" };
        for number in 1..=times {
            let categories = &["technical", "business"];
            let drafts = self
                .installation
                .create_cases(&[self.batch], categories, Progress::Draft, CLIENTS * CASES)
                .await;
            let others = self
                .installation
                .create_cases(&[self.batch], categories, Progress::LastStage, CLIENTS * CASES)
                .await;
            let mut services: Vec<Service> =
                (0..self.instances).map(|_| self.installation.serve_with(&self.sink.url())).collect();
            let uptime = Duration::from_millis(rng.between(5, MAX_UPTIME).unsigned_abs());
            let acted_on = self.run_clients_until_kill(
                &mut services,
                [&drafts, &others],
                target,
                uptime,
                rng.between(1, 1_000_000_000).unsigned_abs(),
            );
            *self.kills.entry(name).or_default() += 1;
            // A killed PostgreSQL is running again, and the service must have survived.
            if target == Target::Service {
                services =
                    (0..self.instances).map(|_| self.installation.serve_with(&self.sink.url())).collect();
            }
            self.check_stored(&services[0], &acted_on);
            drop(services);
            self.installation.verify();
            if number % 25 == 0 {
                eprintln!("{number} kills of {name}");
            }
        }
    }

    /// Runs the clients, and kills the target after `uptime`. Returns the cases that the clients acted on.
    fn run_clients_until_kill(
        &mut self,
        services: &mut [Service],
        [drafts, others]: [&[ApplicationId]; 2],
        target: Target,
        uptime: Duration,
        seed: u64,
    ) -> BTreeSet<String> {
        let tokens = [
            services[0].token(self.installation.sponsor()),
            services[0].token(self.installation.deciding_authority()),
        ];
        let addresses: Vec<SocketAddr> = services.iter().map(|service| service.address).collect();
        let is_stopped = AtomicBool::new(false);
        let responses = Mutex::new(Responses::default());
        thread::scope(|scope| {
            for (number, cases) in drafts.chunks(CASES).zip(others.chunks(CASES)).enumerate() {
                let client = Client {
                    address: addresses[number % addresses.len()],
                    tokens: &tokens,
                    batch: self.batch,
                    is_stopped: &is_stopped,
                    rng: Rng::new(seed ^ number as u64),
                };
                let responses = &responses;
                scope.spawn(move || {
                    let own_responses = client.run(cases, number == 0);
                    responses.lock().unwrap_or_else(PoisonError::into_inner).add(own_responses);
                });
            }
            thread::sleep(uptime);
            match (target, self.server) {
                (Target::Database, Some(server)) => {
                    server.kill();
                    is_stopped.store(true, Relaxed);
                    server.restart();
                }
                _ => services[seed as usize % services.len()].kill(),
            }
            is_stopped.store(true, Relaxed);
        });
        let responses = responses.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.answered += responses.answered;
        self.unanswered += responses.unanswered;
        self.acknowledged.extend(responses.acknowledged);
        responses.acted_on
    }

    /// Checks that the stored cases are as acknowledged, or newer.
    fn check_stored(&self, service: &Service, cases: &BTreeSet<String>) {
        let token = wait_for_token(service, self.installation);
        let mut connection = Connection::open(service.address).unwrap();
        for case in cases {
            let Some(acknowledged) = self.acknowledged.get(case) else { continue };
            let request = Request::get(&format!("/api/v1/applications/{case}"), &token);
            let stored = Acknowledged::read(&connection.send(&request).unwrap().expect(200));
            assert!(
                stored == *acknowledged || stored.version > acknowledged.version,
                "case {case}: {acknowledged:?} was acknowledged, but {stored:?} is stored"
            );
        }
    }

    /// Waits until all messages are sent, checks all cases and messages, and prints the results.
    fn finish(&self, name: &str) {
        let service = self.installation.serve_with(&self.sink.url());
        self.check_stored(&service, &self.acknowledged.keys().cloned().collect());
        let mut database = Database::open(&self.installation.database_url);
        let (mut unsent, mut last_sent_at) = (i64::MAX, Instant::now());
        // There is no timeout for all messages together, because their number differs.
        while unsent > 0 {
            let unsent_now = messages::unsent(&mut database);
            if unsent_now < unsent {
                (unsent, last_sent_at) = (unsent_now, Instant::now());
            }
            assert!(last_sent_at.elapsed() < TIMEOUT, "{unsent} messages were not sent within {TIMEOUT:?}");
            thread::sleep(Duration::from_millis(200));
        }
        drop(service);
        self.installation.verify();
        let written: BTreeSet<String> = messages::ids(&mut database).into_iter().collect();
        let received = self.sink.received();
        let ids: BTreeSet<String> = received.iter().map(|message| message.id.clone()).collect();
        let distinct: BTreeSet<_> =
            received.iter().map(|message| (&message.recipient, &message.subject)).collect();
        assert!(written.is_subset(&ids), "{} messages never arrived", written.difference(&ids).count());
        assert!(
            ids.is_subset(&written),
            "{} received messages are not in the outbox",
            ids.difference(&written).count()
        );
        assert_eq!(distinct.len(), ids.len(), "a message was sent with two different ids");
        println!(
            "{name}: kills {:?}; {} requests answered, {} unanswered; {} cases as acknowledged; verify clean after \
             each kill; {} messages written, all arrived, {} repeated with the same Message-ID, none with another; \
             {:.0} s",
            self.kills,
            self.answered,
            self.unanswered,
            self.acknowledged.len(),
            written.len(),
            received.len() - ids.len(),
            self.started.elapsed().as_secs_f64()
        );
    }
}

/// Waits until the service has reconnected to its database. Returns a token.
fn wait_for_token(service: &Service, installation: &Installation) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Ok(token) = service.try_token(installation.deciding_authority()) {
            return token;
        }
        assert!(Instant::now() < deadline, "the service has not reconnected to its database");
        thread::sleep(Duration::from_millis(20));
    }
}

impl Acknowledged {
    fn read(case: &Value) -> Self {
        let state = case["state"].as_str().unwrap_or_default().to_owned();
        Self { version: case["version"].as_i64().unwrap_or_default(), state }
    }
}

/// The responses that clients received.
#[derive(Default)]
struct Responses {
    acknowledged: BTreeMap<String, Acknowledged>,
    acted_on: BTreeSet<String>,
    answered: usize,
    unanswered: usize,
}

impl Responses {
    fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.acted_on.extend(other.acted_on);
        self.answered += other.answered;
        self.unanswered += other.unanswered;
    }
}

/// A client. No other client acts on its cases.
struct Client<'a> {
    address: SocketAddr,
    tokens: &'a [String; 2],
    batch: BatchId,
    is_stopped: &'a AtomicBool,
    rng: Rng,
}

impl Client<'_> {
    /// Submits drafts, endorses cases at the last stage, and withdraws or surrenders some of them. One client also
    /// changes the capacity of the batch.
    fn run(
        mut self,
        (drafts, others): (&[ApplicationId], &[ApplicationId]),
        changes_capacity: bool,
    ) -> Responses {
        let mut responses = Responses::default();
        let Ok(mut connection) = Connection::open(self.address) else { return responses };
        let [sponsor, officer] = self.tokens;
        let mut requests: Vec<(String, &str, &str)> = Vec::new();
        requests.extend(drafts.iter().map(|case| (case.to_string(), "submit", sponsor.as_str())));
        requests.extend(others.iter().map(|case| (case.to_string(), "endorse", officer.as_str())));
        while !self.is_stopped.load(Relaxed) && !requests.is_empty() {
            if changes_capacity
                && self.rng.between(0, 3) == 0
                && !self.change_capacity(&mut connection, &mut responses)
            {
                return responses;
            }
            let at = usize::try_from(self.rng.between(1, requests.len() as i64)).unwrap() - 1;
            let (case, action, token) = requests.swap_remove(at);
            responses.acted_on.insert(case.clone());
            let Ok(response) = connection.send(&Request::action(&case, token, &json!({ "action": action })))
            else {
                responses.unanswered += 1;
                return responses;
            };
            responses.answered += 1;
            match response.status {
                200 => {
                    let acknowledged = Acknowledged::read(&response.json());
                    let gives_up = self.rng.between(0, 2) > 0;
                    match acknowledged.state.as_str() {
                        "approved" if gives_up => requests.push((case.clone(), "surrender", sponsor)),
                        "waitlisted" if gives_up => requests.push((case.clone(), "withdraw", sponsor)),
                        _ => {}
                    }
                    responses.acknowledged.insert(case, acknowledged);
                }
                // The case was promoted in the meantime, or the database is not available.
                409 | 503 => {}
                status => panic!("{action}: {status} {}", response.json()),
            }
        }
        responses
    }

    /// Changes the capacity of the batch. Returns false if the service no longer responds.
    fn change_capacity(&mut self, connection: &mut Connection, responses: &mut Responses) -> bool {
        let path = format!("/api/v1/batches/{}", self.batch);
        let [_, officer] = self.tokens;
        let Ok(response) = connection.send(&Request::get(&path, officer)) else { return false };
        let batch = response.json();
        let (Some(version), Some(taken)) = (batch["version"].as_i64(), batch["taken"].as_i64()) else {
            return true;
        };
        let capacity = (taken + self.rng.between(2, 8)).max(60);
        let change = Request::patch(&path, officer, version, &json!({ "capacity": capacity }));
        let Ok(response) = connection.send(&change) else { return false };
        assert!(matches!(response.status, 200 | 409 | 412 | 503), "{} {}", response.status, response.json());
        responses.answered += 1;
        true
    }
}
