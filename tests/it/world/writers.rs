//! Keeps writers busy, so that new jobs wait in the queue.

use std::sync::{
    Mutex,
    mpsc::{Sender, channel},
};

use actix_web::rt::task::JoinHandle;
use corridor::{store::Db, workflow::WorkflowError};

/// Every writer of a database, each in a transaction that ends with [`BusyWriters::release`].
pub struct BusyWriters {
    releases: Vec<Sender<()>>,
    transactions: Vec<JoinHandle<()>>,
}

impl BusyWriters {
    /// Waits until every writer is busy. PostgreSQL has two of them.
    pub async fn of(db: &Db) -> Self {
        let mut busy = Self { releases: Vec::new(), transactions: Vec::new() };
        for _ in 0..if db.sqlite_file().is_some() { 1 } else { 2 } {
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let (release, released) = channel::<()>();
            let (begun, released, db) = (Mutex::new(Some(begun)), Mutex::new(released), db.clone());
            busy.transactions.push(actix_web::rt::spawn(async move {
                let done: Result<(), WorkflowError> = db
                    .write(move |_| {
                        let begun = begun.lock().unwrap().take();
                        begun.into_iter().for_each(|begun| begun.send(()).unwrap());
                        let _ = released.lock().unwrap().recv();
                        Ok(())
                    })
                    .await;
                done.unwrap();
            }));
            has_begun.await.unwrap();
            busy.releases.push(release);
        }
        busy
    }

    /// Lets them continue.
    pub async fn release(self) {
        drop(self.releases);
        for transaction in self.transactions {
            transaction.await.unwrap();
        }
    }
}
