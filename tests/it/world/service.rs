//! The service under test: starting, stopping and restarting it, its clock, and what must hold at the end.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use corridor::{
    clock::Clock,
    config::{Settings, TrustedProxies},
    domain::{
        actor::Scope,
        delivery::{DeliveryState, Outcome},
    },
    service::{self, DemoMail, Running},
    store::{Db, StoreError, outbox},
    workflow::{Service, verify},
};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{databases::Storage, log, people::Program, proxy::Proxy, saved_database::SavedDatabase};

/// The start of every scenario: a Monday morning.
const BEGINNING: &str = "2026-03-02T08:00:00Z";
/// The authorities of the bundled programme.
const AUTHORITIES: [&str; 6] = ["cn-mofcom", "cn-nhc", "cn-mfa", "kz-mti", "kz-moh", "kz-mfa"];
/// The public address, if no browser has to reach it.
const PUBLIC_URL: &str = "http://corridor.test";
/// The timeout for a condition.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The state of one scenario.
pub struct World {
    /// The program of the sponsor `steppe`.
    pub sponsor: Rc<Program>,
    /// A program that runs batches.
    pub batch_manager: Rc<Program>,
    /// A program that reviews, for each authority.
    pub reviewers: BTreeMap<&'static str, Rc<Program>>,
    pub(super) agent: ureq::Agent,
    clock: Clock,
    running: RefCell<Option<Running>>,
    /// The program as a process of its own, if a scenario wants to kill it.
    process: RefCell<Option<(Child, SocketAddr)>>,
    number: Cell<u32>,
    storage: Storage,
    setup: Setup,
    beginning: Timestamp,
    /// The messages that were abandoned before the scenario started.
    given_up: i64,
    /// Whether there are documents without a file: [`World::cases_at_the_last_stage`].
    pub(super) has_made_up_files: Cell<bool>,
}

/// Options of a scenario's service.
#[derive(Clone, Default)]
pub struct Setup {
    /// The public address is the one that it listens on, so that a browser can reach it.
    pub is_browsed: bool,
    /// The clock starts at the machine's time, which a separate process uses.
    pub begins_now: bool,
    /// The clock runs like the machine's, from the machine's time on; `advance` sets it wrong.
    pub clock_runs: bool,
    /// The database is reached through this proxy.
    pub proxy: Option<Proxy>,
    /// The service writes checkpoints.
    pub writes_checkpoints: bool,
    /// It writes them to this file.
    pub checkpoint_file: Option<PathBuf>,
    /// Jobs wait until the scenario runs them, slice by slice.
    pub jobs_wait: bool,
    /// The scenario leaves the database changed by hand: `verify` is not asked at its end.
    pub is_forged: bool,
    /// The drafts of an organisation's programs in a day, instead of the default.
    pub program_drafts: Option<u32>,
    /// The mail server; without one, letters are files.
    pub smtp_url: Option<url::Url>,
}

/// Which limit of a process is set: only the one that it may raise, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    Soft,
    Hard,
}

/// A process of this machine, as Linux describes it.
pub struct Process(u32);

impl Process {
    /// The memory that it uses.
    pub fn resident_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }

    /// The number of its sockets.
    pub fn open_connections(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap();
        let targets = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
    }
}

impl World {
    pub(super) async fn begin(storage: Storage, setup: Setup) -> Self {
        let beginning = if setup.begins_now || setup.clock_runs {
            Clock::System.now()
        } else {
            BEGINNING.parse().unwrap()
        };
        let mut world = Self::empty(storage, setup, beginning);
        world.start().await;
        world.sponsor = Rc::new(world.another_sponsor("steppe").await);
        let scopes = [Scope::ApplicationsRead, Scope::BatchesWrite];
        world.batch_manager = Rc::new(world.program("kz-mfa", &scopes).await);
        for authority in AUTHORITIES {
            let scopes = [Scope::ApplicationsRead, Scope::ReviewsWrite];
            let reviewer = world.program(authority, &scopes).await;
            world.reviewers.insert(authority, Rc::new(reviewer));
        }
        world
    }

    /// A world that continues where the service of an earlier version stopped, with its accounts.
    pub(super) async fn resume(storage: Storage, saved: &SavedDatabase) -> Self {
        let mut world = Self::empty(storage, Setup::default(), saved.at);
        world.sponsor = Rc::new(saved.program("sponsor"));
        world.batch_manager = Rc::new(saved.program("batch_manager"));
        world.reviewers = AUTHORITIES.map(|code| (code, Rc::new(saved.program(code)))).into();
        world.given_up = saved.given_up;
        // The earlier version has used the numbers before for its passports.
        world.number.set(1000);
        world.start().await;
        world
    }

    fn empty(storage: Storage, setup: Setup, beginning: Timestamp) -> Self {
        let clock = match setup.clock_runs {
            true => Clock::wrong_by(SignedDuration::ZERO),
            false => Clock::fixed(beginning),
        };
        let placeholder = || Rc::new(Program::placeholder());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Self {
            sponsor: placeholder(),
            batch_manager: placeholder(),
            reviewers: BTreeMap::new(),
            agent,
            clock,
            running: RefCell::default(),
            process: RefCell::default(),
            number: Cell::new(0),
            storage,
            setup,
            beginning,
            given_up: 0,
            has_made_up_files: Cell::new(false),
        }
    }

    /// Starts the service.
    pub async fn start(&self) {
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: (!self.setup.is_browsed).then(|| PUBLIC_URL.parse().unwrap()),
            smtp_url: self.setup.smtp_url.clone(),
            database_url: Some(self.database_url()),
            data_dir: self.storage.folder().to_owned(),
            checkpoint_file: self
                .setup
                .checkpoint_file
                .clone()
                .or_else(|| self.setup.writes_checkpoints.then(|| self.checkpoint_file())),
            workers: Some(2),
            db_pool: Some(4),
            program_drafts: self.setup.program_drafts,
            trusted_proxies: TrustedProxies(vec![IpAddr::from([127, 0, 0, 1]).into()]),
            ..Settings::default()
        };
        let running = service::start(settings, self.clock.clone(), DemoMail::Hidden).await.unwrap();
        if self.setup.jobs_wait {
            running.stop_jobs();
        }
        *self.running.borrow_mut() = Some(running);
    }

    /// Stops the service as SIGTERM does.
    pub async fn stop(&self) {
        let running = self.running.take().unwrap();
        running.stop().await;
    }

    /// Stops the service and starts another on the same database and data folder.
    pub async fn restart(&self) {
        self.stop().await;
        self.start().await;
    }

    /// What must hold at the end of every scenario.
    pub(super) async fn end(self) {
        self.finish_jobs().await;
        self.until_outbox_is_empty().await;
        if !self.setup.is_forged {
            let report = verify::verify(&self.db()).await.unwrap();
            assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        }
        if !self.has_made_up_files.get() {
            let report = verify::verify_files(&self.service(), |_| ()).await.unwrap();
            assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        }
        self.stop().await;
        let errors = log::errors();
        assert!(errors.is_empty(), "this or a parallel scenario logged errors: {errors:#?}");
    }

    pub(super) fn jobs_wait(&self) -> bool {
        self.setup.jobs_wait
    }

    /// The use cases, as pages, API and command line call them.
    pub fn service(&self) -> Service {
        self.running.borrow().as_ref().unwrap().service.clone()
    }

    /// The database, for data that no use case shows.
    pub fn db(&self) -> Db {
        self.service().db().clone()
    }

    /// The value of `CORRIDOR_DATABASE_URL`.
    pub fn database_url(&self) -> String {
        let url = self.storage.database_url();
        self.setup.proxy.as_ref().map_or(url.clone(), |proxy| proxy.through(&url))
    }

    /// Starts the program as a process on the same database and data folder, instead of the service in this process or,
    /// on PostgreSQL, besides it. It uses the machine's clock.
    pub fn start_process(&self) {
        self.start_process_with(&[]);
    }

    /// The same with these variables in its environment.
    pub fn start_process_with(&self, variables: &[(&'static str, String)]) {
        let mut command = self.corridor();
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        self.start_command(command);
    }

    /// The same with a limit of the files and connections that the process may have open.
    pub fn start_process_with_open_files(&self, limited: Limited, most: u32) -> Process {
        let mut command = Command::new("/bin/sh");
        let option = if limited == Limited::Hard { "" } else { "-S" };
        command.args(["-c", &format!("ulimit {option} -n {most} && exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_corridor"));
        command.env_clear().env("CORRIDOR_DATABASE_URL", self.storage.database_url());
        command.env("CORRIDOR_DATA_DIR", self.storage.folder());
        self.start_command(command);
        Process(self.process.borrow().as_ref().unwrap().0.id())
    }

    fn start_command(&self, mut command: Command) {
        command.args(["serve", "--json", "--listen", "127.0.0.1:0"]);
        if !self.setup.is_browsed {
            command.args(["--public-url", PUBLIC_URL]);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("\"listen\"")).unwrap();
        let listen = line.split('"').nth(3).unwrap().parse().unwrap();
        *self.process.borrow_mut() = Some((child, listen));
        for program in self.reviewers.values().chain([&self.sponsor, &self.batch_manager]) {
            program.forget_token();
        }
    }

    /// Stops the program where it is, with SIGSTOP.
    pub fn freeze_process(&self) {
        let id = self.process.borrow().as_ref().unwrap().0.id().to_string();
        assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
    }

    /// Kills the program with SIGKILL.
    pub fn kill_process(&self) {
        let (mut child, _) = self.process.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The command `corridor` with this world's database and data folder, and no other environment.
    pub fn corridor(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command.env_clear().env("CORRIDOR_DATABASE_URL", self.storage.database_url());
        command.env("CORRIDOR_DATA_DIR", self.storage.folder());
        command
    }

    /// The address of the service.
    pub fn address(&self) -> SocketAddr {
        if let Some((_, address)) = self.process.borrow().as_ref() {
            return *address;
        }
        self.running.borrow().as_ref().unwrap().address
    }

    /// The service in this process and the separate process: two instances on one database.
    pub fn both_addresses(&self) -> [SocketAddr; 2] {
        let own = self.running.borrow().as_ref().unwrap().address;
        [own, self.process.borrow().as_ref().unwrap().1]
    }

    /// A copy of the folder and the database of a service that has stopped.
    pub fn copied(&self) -> Storage {
        self.storage.copied()
    }

    /// The file to which checkpoints are written.
    pub fn checkpoint_file(&self) -> PathBuf {
        self.storage.folder().join("checkpoints.jsonl")
    }

    /// The service's data folder.
    pub fn folder(&self) -> PathBuf {
        self.storage.folder().to_owned()
    }

    /// The uploaded files, without the file that says whose they are.
    pub fn files(&self) -> Vec<PathBuf> {
        fn within(folder: &std::path::Path) -> Vec<PathBuf> {
            let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
            let paths = entries.map(|entry| entry.unwrap().path());
            paths.flat_map(|path| if path.is_dir() { within(&path) } else { vec![path] }).collect()
        }
        let mut files = within(&self.folder().join("files"));
        files.retain(|path| path.file_name().unwrap() != "corridor-files");
        files.sort();
        files
    }

    /// The time of the clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The day this many days after the start: `2026-04-01`.
    pub fn day(&self, days: i64) -> String {
        let beginning = self.beginning.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        beginning.saturating_add(days.days()).to_string()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// A number that was not used in this world.
    pub fn next_number(&self) -> u32 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    /// Waits until a condition holds; `what` names it in the failure.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !holds().await {
            assert!(Instant::now() < deadline, "timeout after {TIMEOUT:?}: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until an attempt to send a message has failed.
    pub async fn until_an_attempt_has_failed(&self) {
        let db = self.db();
        self.until("an attempt fails", async || {
            let counts: Result<_, StoreError> = db.read(outbox::count_attempts).await;
            counts.unwrap().iter().any(|(outcome, _)| *outcome != Outcome::Sent)
        })
        .await;
    }

    /// Waits until every message is sent.
    pub async fn until_outbox_is_empty(&self) {
        let db = self.db();
        self.service().wake_notifier();
        self.until("the outbox is empty", async || {
            let counts: Result<_, StoreError> = db.read(outbox::count_by_state).await;
            let counts = counts.unwrap();
            let dead = counts.iter().find(|(state, _)| *state == DeliveryState::Dead);
            assert_eq!(
                dead.map_or(0, |(_, count)| *count),
                self.given_up,
                "messages were abandoned: {counts:?}"
            );
            counts.iter().all(|(state, count)| *state != DeliveryState::Pending || *count == 0)
        })
        .await;
    }
}
