//! A job for the writer: the work of a use case in a transaction, and the caller who waits for the result.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::oneshot;

use super::ticket::Ticket;
use crate::{
    domain::ids::ApplicationId,
    store::{StoreError, Transient, Tx},
};

/// Something to do in a transaction that writes.
pub(super) trait WriteJob: Send {
    /// The case that the job decides on, if it decides on one.
    fn case(&self) -> Option<ApplicationId>;
    /// Whether it has begun, and how long it may go on.
    fn ticket(&self) -> &Ticket;
    /// Does the work, and keeps the result until the transaction is committed. May run more than once.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Whether a refused job still has something to write.
    fn records_refusals(&self) -> bool;
    /// Writes what a refused job leaves behind, after its changes were undone.
    fn record_refusal(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// The error of the database that the last run has ended with.
    fn failure(&self) -> Option<&StoreError>;
    /// Replaces the result of the last run by this error.
    fn fail(&mut self, error: StoreError);
    /// Sends the result of the last run to the caller, or the failure of the transaction.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran {
    /// Its changes are to be committed.
    Done,
    /// Its changes are to be undone. The error is the result.
    Refused,
    /// The same, because the database has refused a statement.
    Failed,
    /// The same, and the kind of the error does not say why.
    Unexplained,
    /// Its changes are to be undone, and the job retried.
    Raced,
}

/// A [`WriteJob`] whose caller waits for a `T` or an `E`.
pub(super) struct QueuedWrite<T, E, F, R> {
    pub case: Option<ApplicationId>,
    pub ticket: Arc<Ticket>,
    pub work: F,
    pub on_refusal: Option<R>,
    pub result: Option<Result<T, E>>,
    pub answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E: From<StoreError> + Transient, F, R> QueuedWrite<T, E, F, R> {
    fn keep(&mut self, result: std::thread::Result<Result<T, E>>) -> Ran {
        // A panic in one job must not end the writer that serves all others.
        let result =
            result.unwrap_or_else(|_| Err(StoreError::Broken("a transaction panicked".into()).into()));
        let ran = match &result {
            Ok(_) => Ran::Done,
            Err(error) if error.is_transient() => Ran::Raced,
            Err(error) if matches!(error.store_error(), Some(StoreError::Unexplained(_))) => Ran::Unexplained,
            Err(error) if error.is_of_database() => Ran::Failed,
            Err(_) => Ran::Refused,
        };
        self.result = Some(result);
        ran
    }
}

impl<T, E, F, R> WriteJob for QueuedWrite<T, E, F, R>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    R: Fn(&mut Tx<'_>, E) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Transient + Send,
{
    fn case(&self) -> Option<ApplicationId> {
        self.case
    }

    fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        self.keep(result)
    }

    fn records_refusals(&self) -> bool {
        self.on_refusal.is_some()
    }

    fn record_refusal(&mut self, tx: &mut Tx<'_>) -> Ran {
        let Some(Err(error)) = self.result.take() else { return Ran::Refused };
        let result = catch_unwind(AssertUnwindSafe(|| match &self.on_refusal {
            Some(record) => record(tx, error),
            None => Err(error),
        }));
        self.keep(result)
    }

    fn failure(&self) -> Option<&StoreError> {
        self.result.as_ref()?.as_ref().err()?.store_error()
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let result = match (failure, self.result) {
            (Some(failure), _) => Err(failure.into()),
            (None, Some(result)) => result,
            (None, None) => Err(StoreError::Broken("a transaction was never run".into()).into()),
        };
        // A caller who is gone needs no answer.
        let _ = self.answer.send(result);
    }
}
