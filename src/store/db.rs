//! The way to the database: [`Db::read`] and [`Db::write`], each of which is one transaction.
//!
//! Readers have a pool of connections. Writes wait in a queue for a writer (`db/queue.rs`), which commits them in
//! groups (`db/writer.rs`). SQLite has one writer: measured, several are slower and starve each other, because its busy
//! handler is no queue. PostgreSQL has a few, so that callers wait in front of the database and not for a row lock. Use
//! cases get a [`Tx`] and never open a transaction, so they do not depend on how commits are grouped.
//!
//! Every wait has a time limit (`ticket.rs`, `purpose.rs`). A wait that reaches it fails with
//! [`StoreError::Unavailable`].

mod checkpoint;
mod connections;
mod health;
mod job;
mod outage;
mod queue;
mod readiness;
mod ticket;
mod verdict;
mod writer;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

pub(super) use self::connections::{Target, retry_while_locked, sqlite_file};
pub use self::readiness::NotReady;
use self::{
    checkpoint::Checkpoints,
    connections::{Connections, roll_back},
    job::QueuedWrite,
    queue::WriteQueue,
    readiness::Readiness,
    ticket::{MAX_WAIT, Ticket},
};
use super::{StoreError, Transient, Tx, connection::AnyConnection, dialect, migrate, purpose::Purpose};
use crate::{domain::ids::ApplicationId, keyring::Keyring};

/// A handle to the database; clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    /// The purpose of this handle's reads.
    reads_for: Purpose,
}

struct Inner {
    connections: Arc<Connections>,
    /// One for each connection for reading. The other readers wait here.
    read_permits: Arc<Semaphore>,
    audit_permits: Arc<Semaphore>,
    queue: WriteQueue,
    readiness: Readiness,
    sqlite_file: Option<PathBuf>,
    _checkpoints: Option<Checkpoints>,
}

/// PostgreSQL's writers: while one commits, the other collects the next group. More would only wait for each other on
/// the counters of a batch.
const POSTGRES_WRITERS: usize = 2;

/// The maximum number of audits at a time.
const MAX_AUDITS: usize = 2;

/// How long a reader waits for its result.
const MAX_READ: Duration = Duration::from_secs(9);

/// How long after its start a reading may begin statements. PostgreSQL ends the last one before [`MAX_READ`]
/// (`purpose.rs`), unless it or the network stands still.
const LAST_READ: Duration = Duration::from_millis(3500);

impl Db {
    /// Opens `url` (`sqlite://path` or `postgres://…`) with `readers` connections for reading.
    pub fn open(url: &str, readers: u32, keyring: Arc<Keyring>) -> Result<Self, StoreError> {
        let sqlite_file = sqlite_file(url);
        let target = Target::of(url)?;
        let writers = if sqlite_file.is_some() { 1 } else { POSTGRES_WRITERS };
        let connections = Arc::new(Connections::new(target, keyring));
        let queue = WriteQueue::start(&connections, writers)?;
        let checkpoints = sqlite_file.is_some().then(|| Checkpoints::start(&connections)).transpose()?;
        let inner = Inner {
            connections,
            read_permits: Arc::new(Semaphore::new(readers as usize)),
            audit_permits: Arc::new(Semaphore::new(MAX_AUDITS)),
            queue,
            readiness: Readiness::default(),
            sqlite_file,
            _checkpoints: checkpoints,
        };
        Ok(Self { inner: Arc::new(inner), reads_for: Purpose::Read })
    }

    /// The same database, for long reads: no statement has a time limit.
    #[must_use]
    pub fn for_audits(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), reads_for: Purpose::Audit }
    }

    /// The file, if the database is SQLite.
    pub fn sqlite_file(&self) -> Option<&PathBuf> {
        self.inner.sqlite_file.as_ref()
    }

    /// The keys of this installation.
    pub fn keyring(&self) -> &Keyring {
        &self.inner.connections.keyring
    }

    /// Brings the schema up to date; returns how many migrations were applied. Waits while another process migrates.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        self.blocking(|connections| connections.target().migrate()).await
    }

    /// Updates the statistics by which the database plans its queries.
    pub async fn refresh_statistics(&self) -> Result<(), StoreError> {
        let refresh = |connections: &Connections| {
            Ok(dialect::refresh_statistics(&mut connections.connect(Purpose::Audit)?)?)
        };
        self.blocking(refresh).await
    }

    /// Whether the database answers and has the schema of this program.
    pub async fn is_ready(&self) -> Result<bool, StoreError> {
        self.on_reader(migrate::is_current).await
    }

    /// Whether the service can write, or why not. Checks at most once a second.
    pub async fn readiness(&self) -> Result<(), NotReady> {
        self.inner.readiness.of(self).await
    }

    /// Writes a consistent copy of an SQLite database to `file` while the service runs.
    pub async fn backup_sqlite(&self, file: PathBuf) -> Result<(), StoreError> {
        let copy = move |conn: &mut AnyConnection| {
            let copied = diesel::RunQueryDsl::execute(
                diesel::sql_query("VACUUM INTO ?")
                    .bind::<diesel::sql_types::Text, _>(file.display().to_string()),
                conn,
            );
            copied.map(|_| ()).map_err(StoreError::from)
        };
        self.for_audits().on_reader(copy).await
    }

    /// Runs `work` in a transaction that only reads.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        let purpose = self.reads_for;
        let read = move |connections: &Connections| {
            let mut conn = connections.reader(purpose, dialect::begin_read)?;
            let mut tx = connections.tx(&mut conn);
            if purpose != Purpose::Audit {
                tx = tx.until(Instant::now() + LAST_READ);
            }
            let result = work(&mut tx);
            let took = tx.statement_took();
            let is_alive = roll_back(&mut conn);
            let result = result.map_err(|error| match error.store_error() {
                Some(StoreError::Unexplained(message)) if is_alive => {
                    verdict::explain(&mut conn, message.clone(), took, purpose).into()
                }
                Some(StoreError::Unexplained(message)) => StoreError::Unavailable(message.clone()).into(),
                _ => error,
            });
            if is_alive {
                connections.keep(purpose, conn);
            }
            result
        };
        self.as_reader(read).await
    }

    /// Runs `work` in a transaction that may write: all of its changes are committed, durably, or none. It may run more
    /// than once, if another transaction changed the same rows first.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        self.write_for(None, work).await
    }

    /// The same for a job about one case. The cases of jobs that wait together are locked and read together.
    pub async fn write_for<T, E, F>(&self, case: Option<ApplicationId>, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        self.queue(case, work, None::<fn(&mut Tx<'_>, E) -> Result<T, E>>).await
    }

    /// The same, and `on_refusal` if `work` is refused: after everything that `work` has changed was undone, it may
    /// write something else in the same transaction, and say what the result is.
    pub async fn write_or_record<T, E, F, R>(
        &self,
        case: Option<ApplicationId>,
        work: F,
        on_refusal: R,
    ) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        R: Fn(&mut Tx<'_>, E) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        self.queue(case, work, Some(on_refusal)).await
    }

    async fn queue<T, E, F, R>(
        &self,
        case: Option<ApplicationId>,
        work: F,
        on_refusal: Option<R>,
    ) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        R: Fn(&mut Tx<'_>, E) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        self.inner.connections.outage.refuse()?;
        let (answer, answered) = oneshot::channel();
        let ticket = Arc::new(Ticket::new());
        let job = QueuedWrite { case, ticket: Arc::clone(&ticket), work, on_refusal, result: None, answer };
        self.inner.queue.push(Box::new(job))?;
        let result = ticket.answer(answered).await;
        if result.is_err() {
            self.has_not_answered();
        }
        result?
    }

    /// Runs `work` on a connection for reading, outside of a transaction.
    async fn on_reader<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let purpose = self.reads_for;
        self.as_reader(move |connections| {
            let mut conn = connections.reader(purpose, dialect::ping)?;
            let result = work(&mut conn);
            connections.keep(purpose, conn);
            result
        })
        .await
    }

    /// Waits for a permit, and runs `read`. If a request gets no result in time, it goes on without.
    async fn as_reader<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: FnOnce(&Connections) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.connections.outage.refuse()?;
        if self.reads_for == Purpose::Audit {
            let _permit = permit(&self.inner.audit_permits).await?;
            return self.blocking(read).await;
        }
        let mut permit = Some(permit(&self.inner.read_permits).await?);
        // A slow reading of SQLite ends, and keeps its permit until then. After a failover of PostgreSQL a reading may hang
        // for long, and must not keep others out.
        let kept = self.inner.sqlite_file.is_some().then(|| permit.take()).flatten();
        let read = move |connections: &Connections| {
            let _kept = kept;
            read(connections)
        };
        timeout(MAX_READ, self.blocking(read)).await.unwrap_or_else(|_| {
            self.has_not_answered();
            Err(StoreError::Unavailable("it has not answered in time".into()).into())
        })
    }

    /// PostgreSQL ends everything in time by itself, so it or the network stands still. SQLite may just be slow.
    fn has_not_answered(&self) {
        if self.inner.sqlite_file.is_none() {
            self.inner.connections.do_not_answer();
            self.inner.queue.replace_stuck_writers();
        }
    }

    async fn blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connections) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let connections = Arc::clone(&self.inner.connections);
        tokio::task::spawn_blocking(move || work(&connections))
            .await
            .unwrap_or_else(|e| Err(StoreError::Broken(format!("a transaction panicked: {e}")).into()))
    }
}

async fn permit(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
    let unavailable = |because: &str| StoreError::Unavailable(because.to_owned());
    let permit = timeout(MAX_WAIT, Arc::clone(permits).acquire_owned()).await;
    let permit = permit.map_err(|_| unavailable("too many readers are waiting"))?;
    permit.map_err(|_| unavailable("the service is stopping"))
}
