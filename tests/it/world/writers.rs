//! Transactions that are held open: others wait for their rows, or for their writers.

use std::sync::{
    Mutex,
    mpsc::{Sender, channel},
};

use actix_web::rt::task::JoinHandle;
use corridor::{
    store::{Db, Tx},
    workflow::WorkflowError,
};

/// A transaction that has done its work and is not committed yet.
pub struct Uncommitted {
    release: Sender<()>,
    transaction: JoinHandle<()>,
}

impl Uncommitted {
    /// Does the work, and returns when it is done.
    pub async fn after(
        db: &Db,
        work: impl Fn(&mut Tx<'_>) -> Result<(), WorkflowError> + Send + 'static,
    ) -> Self {
        let (written, is_written) = tokio::sync::oneshot::channel();
        let (release, released) = channel::<()>();
        let (written, released, db) = (Mutex::new(Some(written)), Mutex::new(released), db.clone());
        let transaction = actix_web::rt::spawn(async move {
            let held = move |tx: &mut Tx<'_>| {
                work(tx)?;
                written.lock().unwrap().take().into_iter().for_each(|written| written.send(()).unwrap());
                let _ = released.lock().unwrap().recv();
                Ok(())
            };
            let done: Result<(), WorkflowError> = db.write(held).await;
            done.unwrap();
        });
        is_written.await.unwrap();
        Self { release, transaction }
    }

    /// Commits it.
    pub async fn commit(self) {
        drop(self.release);
        self.transaction.await.unwrap();
    }
}

/// Every writer of a database, each in a transaction that ends with [`BusyWriters::release`]: new jobs wait in the queue.
pub struct BusyWriters(Vec<Uncommitted>);

impl BusyWriters {
    /// Waits until every writer is busy. PostgreSQL has two of them.
    pub async fn of(db: &Db) -> Self {
        let mut busy = Vec::new();
        for _ in 0..if db.sqlite_file().is_some() { 1 } else { 2 } {
            busy.push(Uncommitted::after(db, |_| Ok(())).await);
        }
        Self(busy)
    }

    /// Lets them continue.
    pub async fn release(self) {
        for transaction in self.0 {
            transaction.commit().await;
        }
    }
}
