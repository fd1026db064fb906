//! Requests that may be sent twice. A client chooses a key for a request; a repeat with the same key gets the same
//! answer and changes nothing. The answer is stored in the transaction of the command, so that a crash leaves both or
//! neither. An answer about a case is removed when the case is erased.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedMutexGuard;

use super::{
    Result, Service, WorkflowError,
    entrance::{Command, Context},
    report::{Outcome, report},
    security_log::{self, SecurityEvent},
    subject::Subject,
};
pub use crate::store::idempotency::{Answer, Key};
use crate::{
    domain::{actor::Actor, ids::ClientId, limits::Adjustable, policy, refusal::Forbidden},
    store::{Tx, idempotency},
};

/// How long an answer is stored.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long a request waits for an earlier one with the same key.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it checks whether the earlier one, on another instance, is finished.
const PAUSE: Duration = Duration::from_millis(50);
/// How many old answers are removed at once.
const REMOVED_AT_ONCE: i64 = 1000;

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer for the caller.
    pub answer: Answer,
    /// Where it comes from.
    pub how: How,
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The command was executed now.
    Done,
    /// The command was refused now, and the refusal is stored. If a right was missing: which one.
    Refused(Option<Forbidden>),
    /// The request was answered before, and nothing was done now.
    Replayed,
}

impl Service {
    /// Executes a command and reads, in the same transaction, what the answer shows. `render` makes the answer from
    /// this or from a refusal. With a key, the answer is stored in the transaction, and a repeat within a day gets it
    /// again. Without a key, the answer is made after the transaction, and a refusal is an error.
    pub async fn answer<C, V, R, M>(
        &self,
        actor: &Actor,
        command: C,
        key: Option<Key>,
        read: R,
        render: M,
    ) -> Result<Answered>
    where
        C: Command,
        V: Send + 'static,
        R: Fn(&mut Context<'_, '_>, C::Output) -> Result<V> + Send + Sync + 'static,
        M: Fn(Result<V, &WorkflowError>) -> Result<Answer> + Send + Sync + 'static,
    {
        let Some(key) = key else {
            let view = self.execute_then(actor, command, read).await?;
            return Ok(Answered { answer: render(Ok(view))?, how: How::Done });
        };
        let begun = Instant::now();
        let turn = self.under_way.turn(&key).await.ok_or(WorkflowError::KeyInUse)?;
        let (operation, subject) = command.right();
        let case = subject.case();
        let request = Arc::new(Request {
            actor: actor.clone(),
            now: self.now(),
            adjustable: self.adjustable(),
            command,
            key,
            read,
            render,
            _turn: turn,
        });
        let result = loop {
            let (first, second) = (Arc::clone(&request), Arc::clone(&request));
            let refused = move |tx: &mut Tx<'_>, error| second.keep_refusal(tx, error);
            match self.db().write_or_record(case, move |tx| first.run(tx), refused).await {
                Ok(Err(WorkflowError::KeyInUse)) if begun.elapsed() < WAIT_TIMEOUT => {
                    tokio::time::sleep(PAUSE).await;
                }
                tried => break tried.and_then(|tried| tried),
            }
        };
        let outcome = match &result {
            Ok((Answered { how: How::Refused(Some(because)), .. }, _)) => Outcome::Forbidden(*because),
            Ok((Answered { how: How::Refused(None), .. }, _)) => Outcome::Refused,
            Ok((Answered { how: How::Replayed, .. }, _)) => Outcome::Replayed,
            result => Outcome::from(result),
        };
        if outcome == Outcome::Done {
            self.wake_notifier();
        }
        report(actor, operation, begun, outcome);
        let (answered, security_events) = result?;
        security_log::done(actor, &security_events);
        Ok(answered)
    }
}

/// A request with a key. It runs in a transaction, more than once if it loses a race.
struct Request<C, R, M> {
    actor: Actor,
    now: Timestamp,
    adjustable: Adjustable,
    command: C,
    key: Key,
    read: R,
    render: M,
    /// Held until the writer has dropped the job, even if the caller no longer waits.
    _turn: OwnedMutexGuard<()>,
}

/// The result of a transaction, and what it tells the security log. An error inside is only for the caller and is not
/// stored.
type Tried = Result<(Answered, Vec<SecurityEvent>)>;

impl<C, V, R, M> Request<C, R, M>
where
    C: Command,
    R: Fn(&mut Context<'_, '_>, C::Output) -> Result<V>,
    M: Fn(Result<V, &WorkflowError>) -> Result<Answer>,
{
    /// Finds the answer of an earlier request; otherwise executes the command and stores its answer.
    fn run(&self, tx: &mut Tx<'_>) -> Result<Tried> {
        if !idempotency::try_reserve(tx, &self.key)? {
            return Ok(Err(WorkflowError::KeyInUse));
        }
        match idempotency::find(tx, &self.key)? {
            Some(stored) if is_kept(stored.at, self.now) => return Ok(self.replay(stored)),
            Some(_) => idempotency::delete(tx, &self.key)?,
            None => {}
        }
        let mut ctx = Context::new(tx, &self.actor, self.now).limited_by(self.adjustable);
        let output = ctx.execute(&self.command)?;
        let about = self.command.case_of(&output);
        let answer = (self.render)(Ok((self.read)(&mut ctx, output)?))?;
        let security_events = ctx.security_events;
        idempotency::insert(tx, &self.key, about, &answer, self.now)?;
        Ok(Ok((Answered { answer, how: How::Done }, security_events)))
    }

    fn replay(&self, stored: idempotency::Stored) -> Tried {
        if stored.fingerprint != self.key.fingerprint {
            return Err(WorkflowError::KeyReused);
        }
        let answer = stored.answer.map_err(WorkflowError::AnswerUnreadable)?;
        // An actor that has lost the right gets no stored answer.
        if answer.status < 400 {
            let (operation, _) = self.command.right();
            policy::admit(operation, &self.actor)?;
        }
        Ok((Answered { answer, how: How::Replayed }, Vec::new()))
    }

    /// Stores a refusal, after the changes of the command were rolled back.
    fn keep_refusal(&self, tx: &mut Tx<'_>, error: WorkflowError) -> Result<Tried> {
        if !error.is_final() {
            return Err(error);
        }
        let answer = (self.render)(Err(&error))?;
        // The removal of an expired answer was rolled back too.
        idempotency::delete(tx, &self.key)?;
        let (_, subject) = self.command.right();
        idempotency::insert(tx, &self.key, subject.case(), &answer, self.now)?;
        let because = match error {
            WorkflowError::Forbidden(because) => Some(because),
            _ => None,
        };
        Ok(Ok((Answered { answer, how: How::Refused(because) }, Vec::new())))
    }
}

fn is_kept(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < KEPT_FOR
}

fn too_old(now: Timestamp) -> Timestamp {
    now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN)
}

/// Whether [`tidy_up`] has something to do.
pub(super) fn is_untidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool> {
    Ok(idempotency::has_old(tx, too_old(now))?)
}

/// When the first answer becomes too old.
pub(super) fn first_expiry(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    let first = idempotency::first(tx)?;
    Ok(first.and_then(|created_at| created_at.checked_add(KEPT_FOR).ok()))
}

/// Removes answers that no repeat gets any more.
pub(super) fn tidy_up(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    idempotency::delete_old(tx, too_old(now), REMOVED_AT_ONCE)?;
    Ok(())
}

/// The keys of the running requests of this process.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<Turns>);

/// A lock for each key: the running request holds it, and the others wait for it.
type Turns = HashMap<(ClientId, Vec<u8>), Arc<tokio::sync::Mutex<()>>>;

impl UnderWay {
    /// Waits until no other request holds the key. None: the wait timed out.
    async fn turn(&self, key: &Key) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            keys.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(keys.entry((key.client, key.hash.clone())).or_default())
        };
        tokio::time::timeout(WAIT_TIMEOUT, turn.lock_owned()).await.ok()
    }
}
