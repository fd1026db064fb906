//! The one entrance. Pages, API, command line, scheduler and jobs call [`Service::execute`] with a command or
//! [`Service::query`] with a query. The entrance loads the subject, asks the table of rights (`domain/policy.rs`), runs
//! the use case in one transaction, retries lost races, reports the outcome and wakes the notifier. A use case never
//! opens a transaction, reads a clock or chooses a status code.
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
    clock_check::ClockWatch,
    idempotency::UnderWay,
    publish_ballot::Lists,
    report::{Outcome, measure, report},
    security_log::{self, SecurityEvent},
    subject::{Permitted, Subject},
};
use crate::{
    clock::Clock,
    domain::{
        actor::Actor,
        ids::ApplicationId,
        limits::{Adjustable, PROGRAM_DRAFTS},
        policy::Operation,
    },
    keyring::Keyring,
    store::{Db, StoreError, Transient, Tx, files::Files, journal::By},
};

/// A use case that changes something. It may run more than once, if another transaction wins a race.
pub trait Command: Send + Sync + 'static {
    /// What it is about; loaded, locked and permitted before [`Command::run`].
    type Subject: Subject;
    /// What it answers.
    type Output: Send + 'static;

    /// The right that it needs: a line of the table of rights, and what it is about.
    fn right(&self) -> (Operation, Self::Subject);

    /// The case that its answer is about. When the case is erased, a stored answer is removed too.
    fn case_of(&self, _: &Self::Output) -> Option<ApplicationId> {
        let (_, subject) = self.right();
        subject.case()
    }

    /// Its line in the security log, once it is done: sign-ins and administration have one.
    fn security_event(&self, _: &Self::Output) -> Option<SecurityEvent> {
        None
    }

    /// Runs it. Only the entrance can call this, because only the entrance creates a [`Permitted`].
    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<Self::Subject>) -> Result<Self::Output>;
}

/// A use case that only reads.
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
    /// The limits that the settings change.
    pub adjustable: Adjustable,
    /// Whether the limits of a day are counted. Not for the demo, which writes the history of months at once.
    pub counts_use: bool,
    /// The executed queries, with the time and the outcome of each.
    executed: Executed,
    /// What the executed commands tell the security log, once the transaction is committed.
    pub(super) security_events: Vec<SecurityEvent>,
}

type Executed = Vec<(Operation, Duration, Outcome)>;

/// Why queries have no answer, and which of them were executed. The database may replace its own errors.
struct Unanswered {
    error: WorkflowError,
    executed: Executed,
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self { error: error.into(), executed: Vec::new() }
    }
}

impl Transient for Unanswered {
    fn is_transient(&self) -> bool {
        self.error.is_transient()
    }

    fn store_error(&self) -> Option<&StoreError> {
        self.error.store_error()
    }
}

static SYSTEM: Actor = Actor::system();

impl<'a, 'tx> Context<'a, 'tx> {
    /// A context for `actor` at this time, in an open transaction.
    pub const fn new(tx: &'a mut Tx<'tx>, actor: &'a Actor, now: Timestamp) -> Self {
        Self {
            tx,
            actor,
            now,
            adjustable: Adjustable { program_drafts: PROGRAM_DRAFTS },
            counts_use: true,
            executed: Vec::new(),
            security_events: Vec::new(),
        }
    }

    /// The same with other limits.
    pub const fn limited_by(mut self, adjustable: Adjustable) -> Self {
        self.adjustable = adjustable;
        self
    }

    /// The same without limits of a day.
    pub const fn without_day_limits(mut self) -> Self {
        self.counts_use = false;
        self
    }

    /// The same transaction, for the service itself: for example, to give a released place to the next in line.
    pub const fn as_system(&mut self) -> Context<'_, 'tx> {
        Context::new(self.tx, &SYSTEM, self.now).limited_by(self.adjustable)
    }

    /// Who acts and when, for the journal.
    pub const fn by(&self) -> By<'a> {
        By { actor: self.actor, at: self.now }
    }

    /// Runs a command as a part of this transaction.
    pub fn execute<C: Command>(&mut self, command: &C) -> Result<C::Output> {
        let (operation, subject) = command.right();
        let permitted = Permitted::load(self, operation, subject)?;
        let output = command.run(self, permitted)?;
        self.security_events.extend(command.security_event(&output));
        Ok(output)
    }

    /// Runs a query as a part of this transaction.
    pub fn query<Q: Query>(&mut self, query: &Q) -> Result<Q::Output> {
        let (begun, (operation, subject)) = (Instant::now(), query.right());
        let permitted = Permitted::load(self, operation, subject);
        let result = permitted.and_then(|permitted| query.run(self, permitted));
        self.executed.push((operation, begun.elapsed(), Outcome::from(&result)));
        result
    }
}

/// The service as its callers see it; clones share it.
#[derive(Clone)]
pub struct Service {
    db: Db,
    clock: Clock,
    files: Files,
    adjustable: Adjustable,
    outbox: watch::Sender<()>,
    clock_watch: Arc<ClockWatch>,
    pub(super) under_way: Arc<UnderWay>,
    /// The published ballots.
    pub(super) lists: Arc<Lists>,
}

impl Service {
    /// A service on this database. `files` is the folder of the documents.
    pub fn new(db: Db, clock: Clock, files: Files) -> Self {
        let clock_watch = Arc::new(ClockWatch::new());
        let (adjustable, outbox) = (Adjustable::default(), watch::Sender::default());
        Self {
            db,
            clock,
            files,
            adjustable,
            outbox,
            clock_watch,
            under_way: Arc::default(),
            lists: Arc::default(),
        }
    }

    /// The same with other limits.
    pub const fn limited_by(mut self, adjustable: Adjustable) -> Self {
        self.adjustable = adjustable;
        self
    }

    /// Executes a command in its own transaction: everything becomes durable, or nothing.
    pub async fn execute<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Output> {
        self.execute_then(actor, command, |_, output| Ok(output)).await
    }

    /// The same, and runs `then` in the same transaction, to read the result.
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
        let (acting, now, adjustable) = (actor.clone(), self.now(), self.adjustable);
        let work = move |tx: &mut Tx<'_>| {
            let mut ctx = Context::new(tx, &acting, now).limited_by(adjustable);
            let output = ctx.execute(&command)?;
            let answer = then(&mut ctx, output)?;
            Ok((answer, ctx.security_events))
        };
        let result = self.db.write_for(case, work).await;
        report(actor, operation, begun, Outcome::from(&result));
        let (answer, security_events) = result?;
        self.wake_notifier();
        security_log::done(actor, &security_events);
        Ok(answer)
    }

    /// Answers a query from one consistent state of the database.
    pub async fn query<Q: Query>(&self, actor: &Actor, query: Q) -> Result<Q::Output> {
        let (begun, (operation, _)) = (Instant::now(), query.right());
        let (result, executed) = self.ask(actor, move |ctx| ctx.query(&query)).await;
        if executed == 0 {
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

    /// Answers the queries and reports each. Also returns how many were executed: none if the database cannot be
    /// reached.
    async fn ask<T: Send + 'static>(
        &self,
        actor: &Actor,
        queries: impl FnOnce(&mut Context<'_, '_>) -> Result<T> + Send + 'static,
    ) -> (Result<T>, usize) {
        let (acting, now) = (actor.clone(), self.now());
        let work = move |tx: &mut Tx<'_>| {
            let mut ctx = Context::new(tx, &acting, now);
            match queries(&mut ctx) {
                Ok(answer) => Ok((answer, ctx.executed)),
                Err(error) => Err(Unanswered { error, executed: ctx.executed }),
            }
        };
        let (result, executed) = match self.db.read(work).await {
            Ok((answer, executed)) => (Ok(answer), executed),
            Err(Unanswered { error, executed }) => (Err(error), executed),
        };
        for (operation, took, outcome) in &executed {
            measure(*operation, *took, *outcome);
        }
        // A page may run a query that its reader has no right to, and leave out the answer.
        match (&result, executed.last()) {
            (Err(WorkflowError::Forbidden(because)), Some((operation, ..))) => {
                security_log::right_refused(actor, *operation, *because);
            }
            (Err(WorkflowError::TooManyAttempts { limit, .. }), _) => security_log::limited(actor, *limit),
            _ => {}
        }
        (result, executed.len())
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the clock can be trusted.
    pub fn clock_watch(&self) -> &ClockWatch {
        &self.clock_watch
    }

    /// The limits that the settings change.
    pub const fn adjustable(&self) -> Adjustable {
        self.adjustable
    }

    /// The keys of this installation.
    pub fn keys(&self) -> &Keyring {
        self.db.keyring()
    }

    /// The folder of the documents.
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
