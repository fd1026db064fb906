//! Keeps SQLite's log short: a thread copies it into the database, so that no commit has to wait for that.

use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use diesel::connection::SimpleConnection;

use super::connections::Connections;
use crate::store::{StoreError, dialect::SQLITE_CHECKPOINT, purpose::Purpose};

/// How often the log is copied.
const INTERVAL: Duration = Duration::from_millis(100);

/// The thread runs until this is dropped.
pub(super) struct Checkpoints {
    _running: Sender<()>,
}

impl Checkpoints {
    /// Starts the thread.
    pub fn start(connections: &Arc<Connections>) -> Result<Self, StoreError> {
        let (running, stop) = channel();
        let connections = Arc::clone(connections);
        let work = move || {
            let mut own = None;
            while stop.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                own = own.or_else(|| connections.connect(Purpose::Write).ok());
                match own.as_mut().map(|conn| conn.batch_execute(SQLITE_CHECKPOINT)) {
                    Some(Ok(())) => connections.log_is_copied.store(true, Ordering::Release),
                    // The next round tries again. At worst the writer copies the log itself.
                    _ => own = None,
                }
            }
        };
        let started = thread::Builder::new().name("checkpoints".to_owned()).spawn(work);
        started
            .map(|_| Self { _running: running })
            .map_err(|e| StoreError::Unavailable(format!("no thread for checkpoints: {e}")))
    }
}
