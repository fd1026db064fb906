//! Sign in and out.

use jiff::{SignedDuration, Timestamp};

/// Why a sign-in has to wait.
pub use crate::password::Busy;
/// The account of a session, and from where somebody signs in.
pub use crate::store::session::{Device, SessionAccount};
use crate::{
    digest,
    domain::{
        actor::Actor,
        ids::AccountId,
        limits::{IDLE_SESSION, SESSION},
        policy::Operation,
    },
    password, random,
    store::{self, Tx, account::Account},
    workflow::{
        Result, Service, WorkflowError, day_limits,
        entrance::{Command, Context, Query},
        people::limits::{self, GuessPassword},
        security_log::{self, SecurityEvent},
        subject::{Installation, Permitted},
        tick::Leftovers,
    },
};

/// How often the use of a session is written down. Most requests only read.
const NOTED: SignedDuration = SignedDuration::from_mins(5);

/// A session that was just opened.
#[derive(Clone)]
pub struct NewSession {
    /// Whose.
    pub account: Account,
    /// What the browser keeps; the database stores only its hash, so that a copy of it opens no session.
    pub token: String,
}

/// What the database keeps of a session's token.
pub fn hash_of(token: &str) -> Vec<u8> {
    digest::sha256(token.as_bytes())
}

/// Signs a person in by address and password, on a device, and ends the session that the browser had before. Takes
/// the same time for every address.
pub async fn sign_in(
    service: &Service,
    email: String,
    password: String,
    device: Device,
    replaces: Option<Vec<u8>>,
) -> Result<NewSession> {
    let nobody = Actor::anonymous();
    // Before the guess is counted: nothing was checked yet.
    password::refuse_if_full()?;
    let guess = GuessPassword { email: email.clone(), network: device.network.clone() };
    service.execute(&nobody, guess.clone()).await?;
    let known = service.query(&nobody, Credentials { email }).await?;
    let is_long = password.chars().count() > password::MOST;
    let tried = if is_long { String::new() } else { password };
    let checked = known.password_hash.clone();
    let is_right = limits::check(service, &guess, tried, known.password_hash).await?;
    match known.account.filter(|_| is_right) {
        Some(account) => {
            service.execute(&nobody, OpenSession { account, checked, device, guess, replaces }).await
        }
        None => {
            security_log::sign_in_refused("sign_in_refused", known.owner.map(|id| id.to_string()));
            Err(WorkflowError::SignInFailed)
        }
    }
}

/// What an address is checked against. An unknown address has neither account nor hash; the answer does not show this.
#[derive(Clone)]
pub(super) struct KnownCredentials {
    /// The account, if it may sign in.
    pub account: Option<AccountId>,
    /// Whose address it is.
    pub owner: Option<AccountId>,
    /// Its password's hash.
    pub password_hash: Option<String>,
}

/// Looks an address up.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    /// The address.
    pub email: String,
}

impl Query for Credentials {
    type Subject = Installation;
    type Output = KnownCredentials;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<KnownCredentials> {
        let found = store::account::by_email(ctx.tx, &self.email)?;
        let owner = found.as_ref().map(|account| account.id);
        let account = found.filter(Account::is_active);
        Ok(KnownCredentials {
            owner,
            account: account.as_ref().map(|account| account.id),
            password_hash: account.and_then(|account| account.password_hash),
        })
    }
}

/// Opens a session for an account whose password was right.
struct OpenSession {
    account: AccountId,
    /// The hash that the password was checked against.
    checked: Option<String>,
    device: Device,
    /// The right guess.
    guess: GuessPassword,
    /// The hash of the browser's earlier session, which ends.
    replaces: Option<Vec<u8>>,
}

impl Command for OpenSession {
    type Subject = Installation;
    type Output = NewSession;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn security_event(&self, _: &NewSession) -> Option<SecurityEvent> {
        SecurityEvent::new("signed_in", self.account)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<NewSession> {
        // The password may have been changed, or the account locked, while it was checked.
        let account = store::account::by_id_for_update(ctx.tx, self.account)?;
        if account.is_none_or(|account| account.password_hash != self.checked) {
            return Err(WorkflowError::SignInFailed);
        }
        if let Some(old) = &self.replaces {
            store::session::close(ctx.tx, old)?;
        }
        self.guess.clear(ctx)?;
        open_session(ctx, self.account, &self.device)
    }
}

/// Opens a session as a part of another command.
pub(super) fn open_session(
    ctx: &mut Context<'_, '_>,
    account: AccountId,
    device: &Device,
) -> Result<NewSession> {
    let (tx, now) = (&mut *ctx.tx, ctx.now);
    let account =
        store::account::by_id(tx, account)?.filter(Account::is_active).ok_or(WorkflowError::SignInFailed)?;
    let token = random::token();
    store::session::open(tx, account.id, &hash_of(&token), device, (now, end_of(now, now)))?;
    Ok(NewSession { account, token })
}

/// When a session ends that began and was used at these times.
fn end_of(began: Timestamp, used: Timestamp) -> Timestamp {
    let after = |at: Timestamp, time| at.checked_add(time).unwrap_or(at);
    after(began, SESSION).min(after(used, IDLE_SESSION))
}

/// Whether the use of a session at `now` is to be written down ([`NoteUse`]).
pub fn is_use_to_be_noted(session: &SessionAccount, now: Timestamp) -> bool {
    now.duration_since(session.last_seen_at) >= NOTED
}

/// Writes down that a session is used, so that it does not end as one that nobody uses.
#[derive(Clone, Debug)]
pub struct NoteUse {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
}

impl Command for NoteUse {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        if let Some((began, ends)) = store::session::times(ctx.tx, &self.token_hash, ctx.now)? {
            let ends = end_of(began, ctx.now).max(ends);
            store::session::extend(ctx.tx, &self.token_hash, ctx.now, ends)?;
        }
        Ok(())
    }
}

/// Ends a session.
#[derive(Clone, Debug)]
pub struct SignOut {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
}

impl Command for SignOut {
    type Subject = Installation;
    type Output = Option<AccountId>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn security_event(&self, of: &Option<AccountId>) -> Option<SecurityEvent> {
        SecurityEvent::new("session_ended", (*of)?)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Option<AccountId>> {
        Ok(store::session::close(ctx.tx, &self.token_hash)?)
    }
}

/// The person whose session it is, and as what the person acts; nobody if the session is over.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
}

impl Query for CurrentSession {
    type Subject = Installation;
    type Output = Option<(Actor, SessionAccount)>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        _: Permitted<Installation>,
    ) -> Result<Option<(Actor, SessionAccount)>> {
        let Some((actor, account)) = store::session::find(ctx.tx, &self.token_hash, ctx.now)? else {
            return Ok(None);
        };
        let territory =
            actor.organisation.as_ref().and_then(|organisation| organisation.territory.as_deref());
        let time_zone = territory.map_or(Ok(None), |territory| time_zone_of(ctx.tx, territory))?;
        Ok(Some((actor, SessionAccount { time_zone, ..account })))
    }
}

/// The time zone of a territory by the programmes that it takes part in.
fn time_zone_of(tx: &mut Tx<'_>, territory: &str) -> Result<Option<String>> {
    let programmes = store::programme::all_newest(tx)?;
    Ok(programmes.iter().find_map(|programme| programme.zone_name(territory).map(str::to_owned)))
}

/// Whether [`tidy_up`] has something to do.
pub(in crate::workflow) fn is_untidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool> {
    Ok(first_expiry(tx)?.is_some_and(|first| first <= now))
}

/// When the first session, link or sign-up has expired or will expire.
pub(in crate::workflow) fn first_expiry(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    let firsts = [
        store::session::first_expiry(tx)?,
        store::one_time_link::first_expiry(tx)?,
        store::sign_up::first_expiry(tx)?,
    ];
    Ok(firsts.into_iter().flatten().min())
}

/// Removes sessions, links, sign-ups or counts that are over.
pub(in crate::workflow) fn tidy_up(tx: &mut Tx<'_>, what: Leftovers, now: Timestamp) -> Result<()> {
    match what {
        Leftovers::Sessions => store::session::delete_expired(tx, now)?,
        Leftovers::Links => store::one_time_link::delete_expired(tx, now)?,
        Leftovers::SignUps => store::sign_up::delete_expired(tx, now)?,
        Leftovers::Counts => limits::tidy_up(tx, now)? + day_limits::tidy_up(tx, now)?,
        Leftovers::Answers => 0,
    };
    Ok(())
}
