//! Connects database, use cases, notifier, scheduler and web server, starts them and stops them.

use std::{
    fs::{File, OpenOptions},
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{dev::ServerHandle, rt::task::JoinHandle};
use tokio::sync::watch;
use url::Url;

use crate::{
    clock::Clock,
    config::Settings,
    domain::{
        actor::Actor,
        limits::{Adjustable, PROGRAM_DRAFTS},
        notification::Channel,
    },
    jobs,
    notify::{mail::Mailer, transport::Transports, worker::Worker},
    private, scheduler,
    store::{
        NewKey, Opening, StoreError,
        files::{Files, FilesError},
    },
    web::{self, Connections, Site},
    workflow::{Service, WorkflowError, apply_programme::ApplyBundledProgramme, claim_files},
};

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process serves this database file.
    #[error(
        "another `corridor serve` is running on {0}; stop it first, or give this one its own CORRIDOR_DATABASE_URL"
    )]
    AlreadyServed(String),
    /// The lock file cannot be created.
    #[error("the lock file {0} cannot be used: {1}")]
    Lock(String, std::io::Error),
    /// The settings of the mail server are invalid.
    #[error("CORRIDOR_SMTP_URL: {0}")]
    Mail(String),
    /// The address is in use, or not an address of this machine.
    #[error("cannot listen on {0} (CORRIDOR_LISTEN): {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The database failed, or its key is missing or another one.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The uploaded files cannot be used, or are those of another database.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The bundled programme could not be loaded.
    #[error("the bundled programme cannot be loaded: {0}")]
    Programme(#[from] WorkflowError),
}

/// Whether messages in the mail folder are shown on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoMail {
    /// Not shown.
    Hidden,
    /// Shown to everybody: `corridor demo`.
    Shown,
}

/// A running service. Dropping it does not stop it.
pub struct Running {
    /// The use cases.
    pub service: Service,
    /// The public address.
    pub public_url: Url,
    /// The address that it listens on.
    pub address: SocketAddr,
    stopping: watch::Sender<bool>,
    server: ServerHandle,
    background: Vec<JoinHandle<()>>,
    jobs: watch::Sender<bool>,
    _lock: Option<File>,
}

/// Where the database of these settings and its key are.
pub fn opening(settings: &Settings) -> Opening {
    Opening { url: settings.database_url(), readers: settings.db_pool(), key_file: settings.secret_file() }
}

/// Starts the service, for `corridor serve` and for tests (which listen on port 0). Must be called inside an actix
/// runtime.
pub async fn start(settings: Settings, clock: Clock, demo_mail: DemoMail) -> Result<Running, StartError> {
    tracing::info!(?settings, version = env!("CARGO_PKG_VERSION"), "starting");
    let opening = opening(&settings);
    let lock = opening.sqlite_file().map(|file| lock(&file)).transpose()?;
    let db = opening.open(NewKey::Make, clock.now()).await?;
    let files = Files::at(&settings.files_url());
    files.take_over(&settings.earlier_files())?;
    let program_drafts = settings.program_drafts.map_or(PROGRAM_DRAFTS, i64::from);
    let service = Service::new(db, clock, files).limited_by(Adjustable { program_drafts });
    claim_files::claim(&service).await.map_err(|error| match error {
        WorkflowError::Files(error) => StartError::Files(error),
        error => StartError::Programme(error),
    })?;
    prepare(&service).await?;
    // Blocks all writes for a moment, so do it before the first request.
    service.db().refresh_statistics().await?;

    let cannot_listen = |e| StartError::Listen(settings.listen, e);
    let listener = TcpListener::bind(settings.listen).map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| plain_url(address));
    let mailer = Mailer::of(&settings, &public_url).map_err(StartError::Mail)?;
    let stopping = watch::Sender::new(false);
    let mail_folder = (demo_mail == DemoMail::Shown).then(|| settings.data_dir.join("mail"));
    let proxies = settings.trusted_proxies.0.clone();
    let site = Site::new(service.clone(), public_url.clone(), mail_folder, proxies, stopping.subscribe());
    let connections = Connections::new(open_files(), settings.trusted_proxies.0.clone());
    let server = web::serve(Arc::new(site), listener, connections, settings.workers())
        .map_err(|e| StartError::Listen(address, e))?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let jobs = watch::Sender::new(false);
    let mut background = background(&service, mailer, &stopping, &jobs);
    if let Some(file) = settings.checkpoint_file {
        let checkpoints = scheduler::checkpoints::run(service.clone(), file, stopping.subscribe());
        background.push(actix_web::rt::spawn(checkpoints));
    }
    Ok(Running { service, public_url, address, stopping, server: handle, background, jobs, _lock: lock })
}

impl Running {
    /// Begins no further slice of a job here. Another instance goes on with the jobs, or the next start.
    pub fn stop_jobs(&self) {
        self.jobs.send_replace(true);
    }

    /// Ends the service: not ready any more, accepts nothing new, finishes what is under way.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        self.stop_jobs();
        let work = async {
            self.server.stop(true).await;
            for task in self.background {
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(web::GRACE_SECONDS + 1), work).await;
    }
}

/// Writes what the database must contain before the first request.
async fn prepare(service: &Service) -> Result<(), WorkflowError> {
    let operator = Actor::operator();
    let load = async || service.execute(&operator, ApplyBundledProgramme).await;
    match load().await {
        // Another instance that started at the same moment was faster and wrote the same rows.
        Err(WorkflowError::Store(StoreError::Duplicate(_))) => load().await,
        loaded => loaded,
    }
}

/// What runs beside the requests: the notifier of each channel, the scheduler, and the worker of the jobs. A task ends
/// soon after its sender becomes true.
fn background(
    service: &Service,
    mailer: Mailer,
    stopping: &watch::Sender<bool>,
    jobs: &watch::Sender<bool>,
) -> Vec<JoinHandle<()>> {
    let transports = Arc::new(Transports { mailer });
    let notifier = |channel: &Channel| Worker {
        channel: *channel,
        db: service.db().clone(),
        clock: service.clock().clone(),
        clock_is_right: service.clock_watch().is_right(),
        transports: Arc::clone(&transports),
    };
    let notifiers = Channel::ALL.iter().map(notifier);
    let mut tasks: Vec<_> = notifiers
        .map(|notifier| actix_web::rt::spawn(notifier.run(service.outbox(), stopping.subscribe())))
        .collect();
    tasks.push(actix_web::rt::spawn(scheduler::run(service.clone(), stopping.subscribe())));
    tasks.push(actix_web::rt::spawn(jobs::worker::run(service.clone(), jobs.subscribe())));
    tasks
}

/// Raises the number of files and connections that the process may have open to what the system allows, and returns it.
fn open_files() -> u64 {
    // On Windows there is no such limit.
    let most = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    tracing::info!(most, "open files and connections");
    most
}

fn plain_url(address: SocketAddr) -> Url {
    // A URL cannot contain the zone of a link-local address.
    let address = SocketAddr::new(address.ip(), address.port());
    #[expect(clippy::expect_used, reason = "an IP address and a port are a host and a port")]
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

/// Two processes on one SQLite file would both promote, send and expire. The lock prevents that.
fn lock(database: &Path) -> Result<File, StartError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let unusable = |e| StartError::Lock(Path::new(&path).display().to_string(), e);
    if let Some(folder) = database.parent() {
        private::make_folder(folder).map_err(unusable)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(StartError::AlreadyServed(database.display().to_string()))
        }
        Err(std::fs::TryLockError::Error(e)) => Err(unusable(e)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
