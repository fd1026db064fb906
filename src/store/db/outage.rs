//! Whether the database is known to be away. Once an attempt to connect has failed, or an answer has not come in time,
//! requests are refused at once, and one thread tries to connect until it succeeds. Otherwise each request would wait for
//! an attempt of its own, one after the other.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::channel,
    },
    thread,
    time::{Duration, Instant},
};

use super::connections::Target;
use crate::store::{StoreError, purpose::Purpose};

/// The time between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// How long an attempt may take. Each server of the URL has three seconds to accept the connection.
const ATTEMPT: Duration = Duration::from_secs(15);

/// If the database has worked within this time, a failed attempt to connect is no outage: the server may have no room
/// for another connection.
const WORKS: Duration = Duration::from_secs(1);

/// What is known.
pub(super) struct Outage {
    is_known: Arc<AtomicBool>,
    begun: AtomicU32,
    worked_at: Mutex<Option<Instant>>,
    target: Weak<Target>,
}

impl Outage {
    /// Nothing is known of the database yet.
    pub fn new(target: &Arc<Target>) -> Self {
        Self {
            is_known: Arc::default(),
            begun: AtomicU32::new(0),
            worked_at: Mutex::default(),
            target: Arc::downgrade(target),
        }
    }

    /// Whether the database is known to be away.
    pub fn is_known(&self) -> bool {
        self.is_known.load(Ordering::Acquire)
    }

    /// Fails if the database is known to be away.
    pub fn refuse(&self) -> Result<(), StoreError> {
        match self.is_known() {
            true => {
                Err(StoreError::Unavailable("it did not answer a moment ago; nothing was changed".into()))
            }
            false => Ok(()),
        }
    }

    /// How many outages have begun. A connection from before the last one is not worth a try.
    pub fn begun(&self) -> u32 {
        self.begun.load(Ordering::Acquire)
    }

    /// A transaction has ended well.
    pub fn works(&self) {
        *self.worked_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// An attempt to connect has failed, or no answer has come in time. Returns whether an outage begins with this. It
    /// ends when a connection succeeds.
    pub fn begin(&self) -> bool {
        let worked_at = *self.worked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let works = worked_at.is_some_and(|at| at.elapsed() < WORKS);
        if works || self.is_known.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.begun.fetch_add(1, Ordering::AcqRel);
        let (is_known, target) = (Arc::clone(&self.is_known), Weak::clone(&self.target));
        let wait_for_its_end = move || {
            // The target is gone when the service has stopped.
            while let Some(target) = target.upgrade()
                && !connects(target)
            {
                thread::sleep(PAUSE);
            }
            is_known.store(false, Ordering::Release);
        };
        if thread::Builder::new().name("outage".to_owned()).spawn(wait_for_its_end).is_err() {
            self.is_known.store(false, Ordering::Release);
        }
        true
    }
}

/// Whether an attempt to connect succeeds. It has a thread of its own: a server that accepts the connection and then does
/// not answer would block all further attempts.
fn connects(target: Arc<Target>) -> bool {
    let (sender, connected) = channel();
    let attempt = move || {
        // Nobody waits any more if this took too long.
        let _ = sender.send(target.connect(Purpose::Check).is_ok());
    };
    let started = thread::Builder::new().name("connect".to_owned()).spawn(attempt);
    started.is_ok() && connected.recv_timeout(ATTEMPT).unwrap_or(false)
}
