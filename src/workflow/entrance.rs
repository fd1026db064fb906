//! The one entrance. Pages, API, command line, scheduler and jobs call [`Service::execute`] with a command or
//! [`Service::query`] with a query. The entrance loads the subject, asks the table of rights (`domain/policy.rs`), runs
//! the use case in one transaction, tries again what lost a race, reports what happened and wakes the notifier. A use
//! case never opens a transaction, reads a clock or chooses a status code.
//!
//! To add a use case: a struct in a file of `workflow/` that implements [`Command`] or [`Query`], and its line in the
//! table of rights.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Result, WorkflowError,
    idempotency::UnderWay,
    report::{Outcome, log_refused, measure, report},
    subject::{Permitted, Subject},
};
use crate::{
    clock::Clock,
    domain::{actor::Actor, ids::ApplicationId, policy::Operation},
    keyring::Keyring,
    store::{Db, Tx, files::Files},
};

/// What changes something. It may run more than once, when another transaction was faster.
pub trait Command: Send + Sync + 'static {
    /// What it is about; loaded, locked and permitted before [`Command::run`].
    type Subject: Subject;
    /// What it answers.
    type Output: Send + 'static;

    /// The right that it needs: a line of the table of rights, and what it is about.
    fn right(&self) -> (Operation, Self::Subject);

    /// The case that its answer is about: when the case is erased, an answer that is kept for a repeat is removed.
    fn case_of(&self, _: &Self::Output) -> Option<ApplicationId> {
        self.right().1.case()
    }

    /// Does it. Only the entrance can call this: nobody else makes a [`Permitted`].
    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<Self::Subject>) -> Result<Self::Output>;
}

/// What reads something and changes nothing.
pub trait Query: Send + Sync + 'static {
    /// What it is about; loaded and permitted before [`Query::run`].
    type Subject: Subject;
    /// What it answers.
    type Output: Send + 'static;

    /// The right that it needs: a line of the table of rights, and what it is about.
    fn right(&self) -> (Operation, Self::Subject);

    /// Reads it.
    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<Self::Subject>) -> Result<Self::Output>;
}

/// What a use case works with: the transaction, who acts, and the time.
pub struct Context<'a, 'tx> {
    /// The transaction.
    pub tx: &'a mut Tx<'tx>,
    /// Who acts.
    pub actor: &'a Actor,
    /// The time of the request.
    pub now: Timestamp,
    /// The queries that were asked, how long each took and how it ended.
    asked: Vec<(Operation, Duration, Outcome)>,
}

static SYSTEM: Actor = Actor::system();

impl<'a, 'tx> Context<'a, 'tx> {
    /// Work for `actor` at this time, in a transaction under way.
    pub const fn new(tx: &'a mut Tx<'tx>, actor: &'a Actor, now: Timestamp) -> Self {
        Self { tx, actor, now, asked: Vec::new() }
    }

    /// The same transaction for the service itself: a place that came free goes to the next in line.
    pub const fn as_system(&mut self) -> Context<'_, 'tx> {
        Context::new(self.tx, &SYSTEM, self.now)
    }

    /// Runs a command as a part of this transaction.
    pub fn execute<C: Command>(&mut self, command: &C) -> Result<C::Output> {
        let (operation, subject) = command.right();
        let permitted = Permitted::load(self, operation, subject)?;
        command.run(self, permitted)
    }

    /// Runs a query as a part of this transaction.
    pub fn query<Q: Query>(&mut self, query: &Q) -> Result<Q::Output> {
        let (begun, (operation, subject)) = (Instant::now(), query.right());
        let permitted = Permitted::load(self, operation, subject);
        let result = permitted.and_then(|permitted| query.run(self, permitted));
        self.asked.push((operation, begun.elapsed(), Outcome::from(&result)));
        result
    }
}

/// The service as its callers see it; clones share it.
#[derive(Clone)]
pub struct Service {
    db: Db,
    clock: Clock,
    files: Files,
    outbox: watch::Sender<()>,
    pub(super) under_way: Arc<UnderWay>,
}

impl Service {
    /// A service on this database. `files` is where documents lie.
    pub fn new(db: Db, clock: Clock, files: Files) -> Self {
        Self { db, clock, files, outbox: watch::Sender::default(), under_way: Arc::default() }
    }

    /// Executes a command in a transaction of its own: all of it is kept, durably, or nothing.
    pub async fn execute<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Output> {
        self.execute_then(actor, command, |_, output| Ok(output)).await
    }

    /// The same, and `then` in the same transaction: what the caller wants to read of the result.
    pub async fn execute_then<C, A>(
        &self,
        actor: &Actor,
        command: C,
        then: impl Fn(&mut Context<'_, '_>, C::Output) -> Result<A> + Send + 'static,
    ) -> Result<A>
    where
        C: Command,
        A: Send + 'static,
    {
        let (begun, (operation, subject)) = (Instant::now(), command.right());
        let case = subject.case();
        let (acting, now) = (actor.clone(), self.now());
        let work = move |tx: &mut Tx<'_>| {
            let mut ctx = Context::new(tx, &acting, now);
            let output = ctx.execute(&command)?;
            then(&mut ctx, output)
        };
        let result = self.db.write_for(case, work).await;
        if result.is_ok() {
            self.wake_notifier();
        }
        report(actor, operation, begun, Outcome::from(&result));
        result
    }

    /// Answers a query from one consistent state of the database.
    pub async fn query<Q: Query>(&self, actor: &Actor, query: Q) -> Result<Q::Output> {
        let (begun, (operation, _)) = (Instant::now(), query.right());
        let (result, asked) = self.ask(actor, move |ctx| ctx.query(&query)).await;
        if asked == 0 {
            measure(operation, begun.elapsed(), Outcome::from(&result));
        }
        result
    }

    /// Answers several queries from the same state of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        actor: &Actor,
        queries: impl FnOnce(&mut Context<'_, '_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.ask(actor, queries).await.0
    }

    /// Answers the queries and reports each. How many were asked: none if the database could not be reached.
    async fn ask<T: Send + 'static>(
        &self,
        actor: &Actor,
        queries: impl FnOnce(&mut Context<'_, '_>) -> Result<T> + Send + 'static,
    ) -> (Result<T>, usize) {
        let (acting, now) = (actor.clone(), self.now());
        let work = move |tx: &mut Tx<'_>| {
            let mut ctx = Context::new(tx, &acting, now);
            let result = queries(&mut ctx);
            Ok::<_, WorkflowError>((result, ctx.asked))
        };
        let (result, asked) = match self.db.read(work).await {
            Ok(answered) => answered,
            Err(error) => return (Err(error), 0),
        };
        for (operation, took, outcome) in &asked {
            measure(*operation, *took, *outcome);
        }
        // A page may ask for what its reader has no right to, and leave it out.
        if let (Err(WorkflowError::Forbidden(because)), Some((operation, ..))) = (&result, asked.last()) {
            log_refused(actor, *operation, *because);
        }
        (result, asked.len())
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where `now` comes from.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The keys of this installation.
    pub fn keys(&self) -> &Keyring {
        self.db.keyring()
    }

    /// Where documents lie.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The database, for background work and for the checks of `corridor verify`.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Changes when a transaction may have put a message into the outbox.
    pub fn outbox(&self) -> watch::Receiver<()> {
        self.outbox.subscribe()
    }

    /// Tells the notifier that the outbox may be filled.
    pub fn wake_notifier(&self) {
        self.outbox.send_replace(());
    }
}
