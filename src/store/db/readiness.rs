//! Whether the service can write. A load balancer may ask often: the answer is kept for a second. A check makes a small
//! transaction of each kind that a request needs, so that it fails when requests fail. How long requests take does not
//! matter.

use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio::{sync::Mutex, time::timeout};

use super::{
    Db,
    connections::Connections,
    health::{Activity, Health},
};
use crate::store::{
    StoreError, Transient, connection::AnyConnection, dialect, migrate, purpose::Purpose, write_check,
};

/// How long an answer is kept.
const KEEP: Duration = Duration::from_secs(1);
/// The time limit of a check. A load balancer waits for a second or two.
const MAX_LOOK: Duration = Duration::from_millis(900);
/// A writer that cannot begin a transaction for this long is locked out.
const LOCKED_OUT: Duration = Duration::from_secs(1);
/// A writer that is in a transaction for this long is stuck.
const STUCK: Duration = Duration::from_secs(10);

/// Why the service cannot write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// Migrations are missing.
    #[error("the database is not migrated")]
    NotMigrated,
    /// A later version has migrated it.
    #[error("the database is of a later version")]
    NewerDatabase,
    /// There is no connection, or no answer in time.
    #[error("the database does not answer")]
    NoAnswer,
    /// Another program keeps a lock.
    #[error("another process has locked the database")]
    Locked,
    /// Its disk is full or fails.
    #[error("the database cannot store anything; its disk may be full")]
    NoSpace,
    /// It is a standby, or was set to read-only.
    #[error("the database is read-only")]
    ReadOnly,
    /// A writer's thread has ended. It is started again.
    #[error("a writer has ended")]
    WriterEnded,
    /// No writer ends its transaction.
    #[error("the transactions take too long")]
    Stuck,
}

impl From<StoreError> for NotReady {
    fn from(error: StoreError) -> Self {
        tracing::debug!(%error, "a check of the database failed");
        match error {
            StoreError::NewerDatabase(_) => Self::NewerDatabase,
            StoreError::NoSpace(_) => Self::NoSpace,
            _ => Self::NoAnswer,
        }
    }
}

impl Transient for NotReady {
    fn is_transient(&self) -> bool {
        false
    }
}

type Answer = Result<(), NotReady>;

/// The last answer, and when it was found.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Answer)>>);

impl Readiness {
    /// Whether the service can write. A caller that asks during a check waits for its result.
    pub async fn of(&self, db: &Db) -> Answer {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < KEEP
        {
            return answer;
        }
        let answer = look(db).await;
        match (last.map_or(Ok(()), |(_, answer)| answer), answer) {
            (before, Err(because)) if before != answer => tracing::warn!(%because, "not ready"),
            (Err(_), Ok(())) => tracing::info!("ready again"),
            _ => {}
        }
        *last = Some((Instant::now(), answer));
        answer
    }
}

async fn look(db: &Db) -> Answer {
    if db.inner.connections.outage.is_known() {
        return Err(NotReady::NoAnswer);
    }
    if db.inner.queue.start_ended_writers()? > 0 {
        return Err(NotReady::WriterEnded);
    }
    let (server, writer) = join(timeout(MAX_LOOK, db.blocking(check)), can_commit(db)).await;
    if server.is_err() {
        db.has_not_answered();
    }
    writer.and_then(|()| server.unwrap_or(Err(NotReady::NoAnswer)))
}

/// Checks the schema and, on PostgreSQL, whether something stops all writers of this server.
fn check(connections: &Connections) -> Answer {
    let mut conn = connections.reader(Purpose::Check, dialect::ping)?;
    check_on(&mut conn)?;
    connections.keep(Purpose::Check, conn);
    Ok(())
}

fn check_on(conn: &mut AnyConnection) -> Answer {
    if !migrate::is_current(conn)? {
        return Err(NotReady::NotMigrated);
    }
    let failed = |_| NotReady::NoAnswer;
    if dialect::is_read_only(conn).map_err(failed)? {
        return Err(NotReady::ReadOnly);
    }
    dialect::lock_hot_tables(conn).map_err(|_| NotReady::Locked)
}

/// Commits a small transaction, unless one was committed just now. After a write has failed for want of space, the
/// transaction stores something large.
async fn can_commit(db: &Db) -> Answer {
    let health = &db.inner.queue.health;
    if let Some(because) = stopped(db, health) {
        return Err(because);
    }
    if health.has_committed_within(KEEP) && !health.lacks_space() {
        return Ok(());
    }
    let (is_large, is_sqlite) = (health.lacks_space(), db.inner.sqlite_file.is_some());
    let written = db.write(move |tx| match is_sqlite {
        true => write_check::write(tx, is_large),
        false if is_large => Ok(dialect::demand_space(tx.conn()?)?),
        // Instances would wait for each other's row.
        false => Ok(()),
    });
    match timeout(MAX_LOOK, written).await {
        Ok(Ok(())) => {
            if is_large {
                health.set_lacks_space(false);
            }
            Ok(())
        }
        Ok(Err(error)) => Err(error.into()),
        // The writer may be busy with a long transaction of ours.
        Err(_) => stopped(db, health).map_or(Ok(()), Err),
    }
}

/// Why no writer makes progress.
fn stopped(db: &Db, health: &Health) -> Option<NotReady> {
    let opening = |activity| match activity {
        Activity::Opening(since) => Some(since),
        _ => None,
    };
    let busy = |activity| match activity {
        Activity::Opening(since) | Activity::Working(since) => Some(since),
        _ => None,
    };
    if health.all_since(LOCKED_OUT, opening) {
        return Some(if db.inner.sqlite_file.is_some() { NotReady::Locked } else { NotReady::NoAnswer });
    }
    health.all_since(STUCK, busy).then_some(NotReady::Stuck)
}
