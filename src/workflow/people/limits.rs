//! Limits for what strangers may do: guess passwords and secrets, have mails sent. A guess is counted before the password
//! is hashed, so that of many at the same time only a few are checked, and no hash is computed for the others.
//!
//! A stranger's guesses count for the stranger's network, so that they do not keep the owner out. Only a large number of
//! guesses from anywhere closes an address for a while. A mailed link opens the account all the same.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        actor::Actor,
        limits::{
            AttemptLimit, GUESS_WINDOW, GUESSES_FROM_ANYWHERE, GUESSES_FROM_NETWORK,
            GUESSES_OF_ALL_ADDRESSES, MAIL_WINDOW, MAILS_FROM_NETWORK, MAILS_TO_ADDRESS, WRONG_SECRETS,
        },
        policy::Operation,
    },
    password,
    store::{self, counted::Counted},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
    },
};

/// Asks to guess the password of an address once. Whether there is such an account makes no difference.
#[derive(Clone, Debug)]
pub(super) struct GuessPassword {
    pub email: String,
    pub network: String,
}

impl GuessPassword {
    /// What is counted.
    fn guesses(&self) -> [(Counted, i32); 3] {
        let of = |network| Counted::Password { email: self.email.clone(), network };
        let from = self.network.clone();
        [
            (Counted::PasswordsFrom { network: from.clone() }, GUESSES_OF_ALL_ADDRESSES),
            (of(Some(from)), GUESSES_FROM_NETWORK),
            (of(None), GUESSES_FROM_ANYWHERE),
        ]
    }

    /// Forgets the guesses: the password was right. Those of other addresses stay counted.
    pub fn clear(&self, ctx: &mut Context<'_, '_>) -> Result<()> {
        store::counted::take_back(ctx.tx, &Counted::PasswordsFrom { network: self.network.clone() })?;
        self.forget(ctx)
    }

    /// Forgets the guesses for this address: the password is a new one.
    pub fn forget(&self, ctx: &mut Context<'_, '_>) -> Result<()> {
        for (guess, _) in self.guesses() {
            if matches!(guess, Counted::Password { .. }) {
                store::counted::clear(ctx.tx, &guess)?;
            }
        }
        Ok(())
    }
}

impl Command for GuessPassword {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        for (guess, most) in self.guesses() {
            let (count, since) =
                store::counted::add(ctx.tx, &guess, (begun_after(ctx.now, GUESS_WINDOW), ctx.now))?;
            if count > most {
                return Err(wait(AttemptLimit::Passwords, since, GUESS_WINDOW, ctx.now));
            }
        }
        Ok(())
    }
}

/// See [`take_back`].
#[derive(Clone, Debug)]
struct TakeBack(GuessPassword);

impl Command for TakeBack {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        for (guess, _) in self.0.guesses() {
            store::counted::take_back(ctx.tx, &guess)?;
        }
        Ok(())
    }
}

/// Whether the password of a counted guess is right. If too many others are checked meanwhile, the guess is taken back.
pub(super) async fn check(
    service: &Service,
    guess: &GuessPassword,
    password: String,
    hash: Option<String>,
) -> Result<bool> {
    match password::is_right(password, hash).await {
        Ok(is_right) => Ok(is_right),
        Err(busy) => {
            take_back(service, guess).await?;
            Err(busy.into())
        }
    }
}

/// Takes a counted guess back, which was not checked or was no wrong one.
pub(super) async fn take_back(service: &Service, guess: &GuessPassword) -> Result<()> {
    service.execute(&Actor::anonymous(), TakeBack(guess.clone())).await
}

/// Counts a wrong secret of a client.
#[derive(Clone, Debug)]
pub(super) struct CountWrongSecret {
    pub guess: Counted,
}

impl Command for CountWrongSecret {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let (count, since) =
            store::counted::add(ctx.tx, &self.guess, (begun_after(ctx.now, GUESS_WINDOW), ctx.now))?;
        match count > WRONG_SECRETS {
            // Many came at the same moment.
            true => Err(wait(AttemptLimit::Secrets, since, GUESS_WINDOW, ctx.now)),
            false => Ok(()),
        }
    }
}

/// Fails if too many secrets of the client were wrong. Secrets are random and cannot be guessed; the limit keeps the log
/// and the database quiet.
pub(super) fn refuse_many_secrets(ctx: &mut Context<'_, '_>, guess: &Counted) -> Result<()> {
    match store::counted::count(ctx.tx, guess, begun_after(ctx.now, GUESS_WINDOW))? {
        Some((count, since)) if count >= WRONG_SECRETS => {
            Err(wait(AttemptLimit::Secrets, since, GUESS_WINDOW, ctx.now))
        }
        _ => Ok(()),
    }
}

/// Counts a mail with a link to an address, which somebody in a network asks for. False: the address got enough of them;
/// the answer does not show this.
pub(super) fn may_send_link(ctx: &mut Context<'_, '_>, email: &str, network: &str) -> Result<bool> {
    let windows = (begun_after(ctx.now, MAIL_WINDOW), ctx.now);
    let asked = Counted::MailAskedFrom { network: network.to_owned() };
    let (count, since) = store::counted::add(ctx.tx, &asked, windows)?;
    if count > MAILS_FROM_NETWORK {
        return Err(wait(AttemptLimit::Mails, since, MAIL_WINDOW, ctx.now));
    }
    let sent = Counted::MailTo { email: email.trim().to_owned() };
    Ok(store::counted::add(ctx.tx, &sent, windows)?.0 <= MAILS_TO_ADDRESS)
}

/// Removes counts that are over.
pub(super) fn tidy_up(tx: &mut store::Tx<'_>, now: Timestamp) -> Result<usize> {
    Ok(store::counted::delete_old(tx, begun_after(now, GUESS_WINDOW.max(MAIL_WINDOW)))?)
}

/// Windows of this length that began before are over.
fn begun_after(now: Timestamp, window: SignedDuration) -> Timestamp {
    now.checked_sub(window).unwrap_or(now)
}

fn wait(limit: AttemptLimit, since: Timestamp, window: SignedDuration, now: Timestamp) -> WorkflowError {
    let left = since.checked_add(window).unwrap_or(now).duration_since(now).as_secs();
    WorkflowError::TooManyAttempts { limit, retry_after_seconds: u32::try_from(left).unwrap_or(1).max(1) }
}
