//! `kills`: kills the service, or its PostgreSQL, at random moments while a crowd works. After each restart every
//! acknowledged change is there and no place is oversold. In the end every message was sent, always with the same
//! `Message-ID`.

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
    /// Kills of the service on SQLite
    #[arg(long, default_value_t = 75)]
    on_sqlite: usize,
    /// Kills of one of two instances on PostgreSQL
    #[arg(long, default_value_t = 75)]
    on_postgres: usize,
    /// Kills of PostgreSQL itself
    #[arg(long, default_value_t = 50)]
    of_postgres: usize,
    /// Seed of the random moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The number of simultaneous clients.
const CROWD: usize = 12;
/// Drafts for each client until the next kill, and as many cases that need only the last endorsement.
const CASES: usize = 6;
/// The latest moment of a kill, in milliseconds after the start.
const LONGEST_LIFE: i64 = 250;
/// The timeout until another message is sent: claims of a killed process expire after a minute.
const TIMEOUT: Duration = Duration::from_secs(180);

/// What is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Service,
    Database,
}

pub async fn run(args: Args) {
    let mut rng = Rng::new(args.seed);
    let installation = Installation::with_sqlite().await;
    let mut test = KillTest::new(&installation, None, 1).await;
    test.kill(Victim::Service, args.on_sqlite, &mut rng).await;
    test.end("SQLite");
    drop(test);
    drop(installation);
    let server = Server::start();
    let installation = Installation::with_postgres(&server.url()).await;
    let mut test = KillTest::new(&installation, Some(&server), 2).await;
    test.kill(Victim::Service, args.on_postgres, &mut rng).await;
    test.kill(Victim::Database, args.of_postgres, &mut rng).await;
    test.end("PostgreSQL, two instances");
}

/// The last acknowledged status of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Acknowledged {
    version: i64,
    state: String,
}

/// An installation whose processes are killed, and what its clients were told.
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
    began: Instant,
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
            began: Instant::now(),
        }
    }

    async fn kill(&mut self, victim: Victim, times: usize, rng: &mut Rng) {
        let name = if victim == Victim::Service { "the service" } else { "PostgreSQL" };
        for number in 1..=times {
            let categories = &["technical", "business"];
            let drafts = self
                .installation
                .create_cases(&[self.batch], categories, Progress::Draft, CROWD * CASES)
                .await;
            let others = self
                .installation
                .create_cases(&[self.batch], categories, Progress::LastStage, CROWD * CASES)
                .await;
            let mut services: Vec<Service> =
                (0..self.instances).map(|_| self.installation.serve_with(&self.sink.url())).collect();
            let moment = Duration::from_millis(rng.between(5, LONGEST_LIFE).unsigned_abs());
            let touched = self.life(
                &mut services,
                [&drafts, &others],
                victim,
                moment,
                rng.between(1, 1_000_000_000).unsigned_abs(),
            );
            *self.kills.entry(name).or_default() += 1;
            // The service releases its own claims after a restart. When PostgreSQL is killed, the service must keep
            // running.
            if victim == Victim::Service {
                services =
                    (0..self.instances).map(|_| self.installation.serve_with(&self.sink.url())).collect();
            }
            self.compare(&services[0], &touched);
            drop(services);
            self.installation.verify();
            if number % 25 == 0 {
                eprintln!("{number} kills of {name}");
            }
        }
    }

    /// Runs the crowd until the kill. Returns the cases that it acted on.
    fn life(
        &mut self,
        services: &mut [Service],
        [drafts, others]: [&[ApplicationId]; 2],
        victim: Victim,
        moment: Duration,
        seed: u64,
    ) -> BTreeSet<String> {
        let tokens = [
            services[0].token(self.installation.sponsor()),
            services[0].token(self.installation.deciding_authority()),
        ];
        let addresses: Vec<SocketAddr> = services.iter().map(|service| service.address).collect();
        let is_over = AtomicBool::new(false);
        let responses = Mutex::new(Responses::default());
        thread::scope(|scope| {
            for (number, own) in drafts.chunks(CASES).zip(others.chunks(CASES)).enumerate() {
                let worker = Worker {
                    address: addresses[number % addresses.len()],
                    tokens: &tokens,
                    batch: self.batch,
                    is_over: &is_over,
                    rng: Rng::new(seed ^ number as u64),
                };
                let responses = &responses;
                scope.spawn(move || {
                    let own = worker.work(own, number == 0);
                    responses.lock().unwrap_or_else(PoisonError::into_inner).add(own);
                });
            }
            thread::sleep(moment);
            match (victim, self.server) {
                (Victim::Database, Some(server)) => {
                    server.kill();
                    is_over.store(true, Relaxed);
                    server.restart();
                }
                _ => services[seed as usize % services.len()].kill(),
            }
            is_over.store(true, Relaxed);
        });
        let responses = responses.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.answered += responses.answered;
        self.unanswered += responses.unanswered;
        self.acknowledged.extend(responses.acknowledged);
        responses.touched
    }

    /// Every acknowledged change is there, or a change that followed from it.
    fn compare(&self, service: &Service, cases: &BTreeSet<String>) {
        let token = until_answered(service, self.installation);
        let mut connection = Connection::open(service.address).unwrap();
        for case in cases {
            let Some(known) = self.acknowledged.get(case) else { continue };
            let kept =
                connection.send(&Request::get(&format!("/api/v1/applications/{case}"), &token)).unwrap();
            let kept = Acknowledged::read(&kept.expect(200));
            assert!(
                kept == *known || kept.version > known.version,
                "case {case}: {known:?} was acknowledged, {kept:?} is there"
            );
        }
    }

    /// Waits until all messages are sent, then compares everything acknowledged and everything sent.
    fn end(&self, name: &str) {
        let service = self.installation.serve_with(&self.sink.url());
        self.compare(&service, &self.acknowledged.keys().cloned().collect());
        let mut database = Database::open(&self.installation.database_url);
        let (mut unsent, mut left_at) = (i64::MAX, Instant::now());
        // Fails only if no message is sent for a while: the more the service took before, the longer this lasts.
        while unsent > 0 {
            let unsent_now = messages::unsent(&mut database);
            if unsent_now < unsent {
                (unsent, left_at) = (unsent_now, Instant::now());
            }
            assert!(left_at.elapsed() < TIMEOUT, "{unsent} messages are unsent, and none leaves");
            thread::sleep(Duration::from_millis(200));
        }
        drop(service);
        self.installation.verify();
        let written: BTreeSet<String> = messages::ids(&mut database).into_iter().collect();
        let taken = self.sink.taken();
        let ids: BTreeSet<String> = taken.iter().map(|message| message.id.clone()).collect();
        let told: BTreeSet<_> = taken.iter().map(|message| (&message.recipient, &message.subject)).collect();
        assert!(written.is_subset(&ids), "{} messages never arrived", written.difference(&ids).count());
        assert!(ids.is_subset(&written), "{} messages that nobody wrote", ids.difference(&written).count());
        assert_eq!(told.len(), ids.len(), "the same was told twice under two names");
        println!(
            "{name}: kills {:?}; {} requests answered, {} not; {} cases as acknowledged; verify clean after each; {} \
             messages written, all arrived, {} a second time under the same Message-ID, none under another; {:.0} s",
            self.kills,
            self.answered,
            self.unanswered,
            self.acknowledged.len(),
            written.len(),
            taken.len() - ids.len(),
            self.began.elapsed().as_secs_f64()
        );
    }
}

/// Waits until a service that lost its database answers again.
fn until_answered(service: &Service, installation: &Installation) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Ok(token) = service.try_token(installation.deciding_authority()) {
            return token;
        }
        assert!(Instant::now() < deadline, "the service has not come back to its database");
        thread::sleep(Duration::from_millis(20));
    }
}

impl Acknowledged {
    fn read(case: &Value) -> Self {
        let state = case["state"].as_str().unwrap_or_default().to_owned();
        Self { version: case["version"].as_i64().unwrap_or_default(), state }
    }
}

/// The answers that the crowd got.
#[derive(Default)]
struct Responses {
    acknowledged: BTreeMap<String, Acknowledged>,
    touched: BTreeSet<String>,
    answered: usize,
    unanswered: usize,
}

impl Responses {
    fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.touched.extend(other.touched);
        self.answered += other.answered;
        self.unanswered += other.unanswered;
    }
}

/// A client of the crowd. No other client acts on its cases.
struct Worker<'a> {
    address: SocketAddr,
    tokens: &'a [String; 2],
    batch: BatchId,
    is_over: &'a AtomicBool,
    rng: Rng,
}

impl Worker<'_> {
    /// Submits drafts, endorses cases at the last stage, withdraws or surrenders some of them; one client changes the
    /// capacity up and down.
    fn work(
        mut self,
        (drafts, others): (&[ApplicationId], &[ApplicationId]),
        turns_capacity: bool,
    ) -> Responses {
        let mut responses = Responses::default();
        let Ok(mut connection) = Connection::open(self.address) else { return responses };
        let [sponsor, officer] = self.tokens;
        let mut requests: Vec<(String, &str, &str)> = Vec::new();
        requests.extend(drafts.iter().map(|case| (case.to_string(), "submit", sponsor.as_str())));
        requests.extend(others.iter().map(|case| (case.to_string(), "endorse", officer.as_str())));
        while !self.is_over.load(Relaxed) && !requests.is_empty() {
            if turns_capacity
                && self.rng.between(0, 3) == 0
                && !self.turn_capacity(&mut connection, &mut responses)
            {
                return responses;
            }
            let at = usize::try_from(self.rng.between(1, requests.len() as i64)).unwrap() - 1;
            let (case, action, token) = requests.swap_remove(at);
            responses.touched.insert(case.clone());
            let Ok(response) = connection.send(&Request::action(&case, token, &json!({ "action": action })))
            else {
                responses.unanswered += 1;
                return responses;
            };
            responses.answered += 1;
            match response.status {
                200 => {
                    let known = Acknowledged::read(&response.json());
                    let leaves = self.rng.between(0, 2) > 0;
                    match known.state.as_str() {
                        "approved" if leaves => requests.push((case.clone(), "surrender", sponsor)),
                        "waitlisted" if leaves => requests.push((case.clone(), "withdraw", sponsor)),
                        _ => {}
                    }
                    responses.acknowledged.insert(case, known);
                }
                // The case was promoted in the meantime, or the database is away.
                409 | 503 => {}
                status => panic!("{action}: {status} {}", response.json()),
            }
        }
        responses
    }

    /// False if the service does not response any more.
    fn turn_capacity(&mut self, connection: &mut Connection, responses: &mut Responses) -> bool {
        let path = format!("/api/v1/batches/{}", self.batch);
        let [_, officer] = self.tokens;
        let Ok(seen) = connection.send(&Request::get(&path, officer)) else { return false };
        let seen = seen.json();
        let (Some(version), Some(taken)) = (seen["version"].as_i64(), seen["taken"].as_i64()) else {
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
