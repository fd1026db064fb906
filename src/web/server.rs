//! The service: what handlers share, how it starts, how it stops.

use std::{
    fs::{File, OpenOptions},
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::{Compress, from_fn},
    rt::task::JoinHandle,
    web,
};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tracing_actix_web::TracingLogger;
use url::Url;

use super::{
    api::{self, KnownTokens},
    assets, extract, headers, health,
    logs::RequestLog,
    pages, problem, visitor,
};
use crate::{
    clock::Clock,
    config::Settings,
    notify::{self, mail::Postman},
    scheduler,
    secret::{Secret, SecretError},
    store::{Db, StoreError},
    workflow::{WorkflowError, apply_programme::apply_bundled},
};

/// What every handler can reach: `web::Data<Service>`.
pub struct Service {
    /// The database.
    pub db: Db,
    /// Where `now` comes from. Ask once a request.
    pub clock: Clock,
    /// The settings.
    pub settings: Settings,
    /// The address that people see.
    pub public_url: Url,
    /// Access tokens that were checked a moment ago.
    pub tokens: KnownTokens,
    /// Whether everything here is made up, and messages are shown to whoever asks.
    pub is_demo: bool,
    stopping: watch::Sender<bool>,
    outbox: Arc<Notify>,
}

impl Service {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether people reach the service by TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The full address of a page, for messages: `path` begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Whether the service is about to end.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Says that a message was put into the outbox, after the commit: the notifier looks at once.
    pub fn outbox_filled(&self) {
        self.outbox.notify_one();
    }

    /// Becomes true when the service is about to end; background work waits for it beside its own timers.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process serves this database file.
    #[error(
        "another `corridor serve` is running on {0}; stop it first, or give this one its own CORRIDOR_DATABASE_URL"
    )]
    AlreadyServed(String),
    /// The lock file cannot be made.
    #[error("the lock file {0} cannot be used: {1}")]
    Lock(String, std::io::Error),
    /// The mail server's settings cannot be used.
    #[error("CORRIDOR_SMTP_URL: {0}")]
    Mail(String),
    /// The address is taken, or not ours.
    #[error("cannot listen on {0} (CORRIDOR_LISTEN): {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The database could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bundled programme could not be loaded.
    #[error("the bundled programme cannot be loaded: {0}")]
    Programme(#[from] WorkflowError),
    /// The master key could not be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// A service that runs. Dropping it does not stop it.
pub struct Running {
    /// What its handlers share.
    pub service: Arc<Service>,
    /// Where it listens.
    pub address: SocketAddr,
    server: ServerHandle,
    background: Vec<JoinHandle<()>>,
    _lock: Option<File>,
}

/// Seconds that requests under way may still take when the service ends.
const GRACE_SECONDS: u64 = 30;

/// Starts the service: the same for `corridor serve` and for tests (which listen on port 0). Must be called inside
/// an actix runtime.
pub async fn start(settings: Settings, clock: Clock) -> Result<Running, StartError> {
    start_as(settings, clock, false).await
}

/// Starts the service of `corridor demo`: messages can be read by whoever reaches it.
pub async fn start_demo(settings: Settings, clock: Clock) -> Result<Running, StartError> {
    start_as(settings, clock, true).await
}

async fn start_as(settings: Settings, clock: Clock, is_demo: bool) -> Result<Running, StartError> {
    tracing::info!(?settings, version = env!("CARGO_PKG_VERSION"), "starting");
    let secret = Arc::new(Secret::load_or_create(&settings.secret_file())?);
    let db = Db::open(&settings.database_url(), settings.db_pool(), secret)?;
    let lock = db.sqlite_file().map(|file| lock(file)).transpose()?;
    db.migrate().await?;
    prepare(&db, clock.now()).await?;
    // Takes a moment in which nobody can write: before anybody wants to.
    db.refresh_statistics().await?;

    let taken = |e| StartError::Listen(settings.listen, e);
    let listener = TcpListener::bind(settings.listen).map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let service = Arc::new(Service {
        public_url: settings.public_url.clone().unwrap_or_else(|| plain_url(address)),
        tokens: KnownTokens::default(),
        is_demo,
        db,
        clock,
        settings,
        stopping: watch::Sender::new(false),
        outbox: Arc::default(),
    });
    let postman = Postman::of(&service.settings, &service.public_url).map_err(StartError::Mail)?;
    let server = http_server(Arc::clone(&service), listener).map_err(|e| StartError::Listen(address, e))?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let background = background(&service, postman);
    Ok(Running { service, address, server: handle, background, _lock: lock })
}

impl Running {
    /// Ends the service: not ready any more, accepts nothing new, finishes what is under way.
    pub async fn stop(self) {
        self.service.stopping.send_replace(true);
        let work = async {
            self.server.stop(true).await;
            for task in self.background {
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(GRACE_SECONDS + 1), work).await;
    }
}

/// What the database must hold before the first request.
async fn prepare(db: &Db, now: Timestamp) -> Result<(), WorkflowError> {
    let load = || db.write(move |tx| apply_bundled(tx, now));
    match load().await {
        // Another instance that starts at the same moment was faster: then it is there.
        Err(WorkflowError::Store(StoreError::Duplicate(_))) => load().await,
        loaded => loaded,
    }
}

/// What runs beside the requests: one line for each. A task ends soon after [`Service::stopping`] becomes true.
fn background(service: &Arc<Service>, postman: Postman) -> Vec<JoinHandle<()>> {
    let (db, clock) = (service.db.clone(), service.clock.clone());
    vec![
        actix_web::rt::spawn(notify::worker::run(
            db.clone(),
            clock.clone(),
            postman,
            Arc::clone(&service.outbox),
            service.stopping(),
        )),
        actix_web::rt::spawn(scheduler::run(db, clock, service.stopping())),
    ]
}

fn http_server(service: Arc<Service>, listener: TcpListener) -> std::io::Result<actix_web::dev::Server> {
    let workers = service.settings.workers();
    let app = move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&service)))
            .configure(extract::configure)
            .configure(routes)
            .default_service(web::to(problem::not_found))
            // The last one wrapped is the first to see a request.
            .wrap(from_fn(extract::refuse_unprintable_paths))
            .wrap(from_fn(visitor::remember))
            .wrap(from_fn(problem::catch_panic))
            .wrap(from_fn(problem::dress))
            .wrap(from_fn(headers::add))
            .wrap(Compress::default())
            .wrap(from_fn(headers::answer_head_as_get))
            .wrap(TracingLogger::<RequestLog>::new())
    };
    let server = HttpServer::new(app)
        .workers(workers)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(15))
        .shutdown_timeout(GRACE_SECONDS)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Every door. Each file configures its own routes; they are tried in this order, so the busiest come first.
fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(api::routes)
        .configure(health::routes)
        .configure(assets::routes)
        .configure(pages::routes)
        .configure(problem::routes);
}

fn plain_url(address: SocketAddr) -> Url {
    // Without the zone of a link-local address: no URL has one.
    let address = SocketAddr::new(address.ip(), address.port());
    #[expect(clippy::expect_used, reason = "an IP address and a port are a host and a port")]
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

/// Two processes that serve one SQLite file would each think that they alone promote, send and expire.
fn lock(database: &Path) -> Result<File, StartError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let unusable = |e| StartError::Lock(Path::new(&path).display().to_string(), e);
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
