//! What people change of their own account.

use crate::{
    domain::{
        actor::Actor,
        field_error::FieldError,
        journal::JournalAction,
        language::Language,
        notification::{Channel, Contents, Notification, PasswordChanged},
        policy::Operation,
        refusal::Forbidden,
    },
    password,
    store::{self, account::Account},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Command, Context},
        people::{
            limits::{self, GuessPassword},
            sign_in::{self, Credentials, Device, NewSession},
        },
        security_log::{self, SecurityEvent},
        subject::{Installation, Permitted},
    },
};

/// Changes the password of the account with this address, if the current one is right and the new one good enough. It
/// reports both faults at once.
pub async fn change(
    service: &Service,
    actor: &Actor,
    email: &str,
    device: Device,
    (current, new): (String, String),
) -> Result<NewSession> {
    password::refuse_if_full()?;
    let guess = GuessPassword { email: email.to_owned(), network: device.network.clone() };
    service.execute(actor, guess.clone()).await?;
    let known = service.query(actor, Credentials { email: email.to_owned() }).await?;
    let checked = known.password_hash.clone();
    let mut faults = Vec::new();
    let is_right = limits::check(service, &guess, current, known.password_hash).await?;
    if !is_right {
        security_log::sign_in_refused("password_refused", known.owner.map(|id| id.to_string()));
        faults.push(FieldError::new("/current", "wrong_password"));
    }
    faults.extend(password::fault(&new, email));
    let hashed = match faults.is_empty() {
        true => password::hash(new).await.map_err(WorkflowError::from),
        false => Err(WorkflowError::Invalid(faults)),
    };
    if hashed.is_err() && is_right {
        // The current password was no wrong guess.
        limits::take_back(service, &guess).await?;
    }
    service.execute(actor, ChangePassword { checked, password_hash: hashed?, device, guess }).await
}

/// Sets a new password, after the old one was checked. Every session ends; a new one is opened.
struct ChangePassword {
    /// The hash that the old one was checked against.
    checked: Option<String>,
    /// The hash of the new password.
    password_hash: String,
    device: Device,
    /// The right guess of the old one.
    guess: GuessPassword,
}

impl Command for ChangePassword {
    type Subject = Installation;
    type Output = NewSession;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn security_event(&self, opened: &NewSession) -> Option<SecurityEvent> {
        SecurityEvent::new("password_changed", opened.account.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<NewSession> {
        let before = own_account(ctx)?;
        if before.password_hash != self.checked {
            return Err(WorkflowError::field("/current", "wrong_password"));
        }
        let after = Account { password_hash: Some(self.password_hash.clone()), ..before.clone() };
        store::account::update(ctx.tx, &before, &after, JournalAction::ChangePassword, ctx.by())?;
        store::session::close_all(ctx.tx, before.id)?;
        self.guess.clear(ctx)?;
        tell_of_change(ctx, &before)?;
        sign_in::open_session(ctx, before.id, &self.device)
    }
}

/// Tells the owner of an account that its password was changed, in case somebody else has done it.
pub(super) fn tell_of_change(ctx: &mut Context<'_, '_>, account: &Account) -> Result<()> {
    let (name, path, at) = (account.name.clone(), "/forgot-password".to_owned(), ctx.now);
    let notification = Notification {
        channel: Channel::Email,
        language: account.language.clone(),
        recipient: account.email.clone(),
        contents: Contents::PasswordChanged(PasswordChanged { name, path, at }),
    };
    store::outbox::enqueue(ctx.tx, None, &notification, ctx.now)?;
    Ok(())
}

/// Sets the language of pages and messages.
#[derive(Clone, Copy, Debug)]
pub struct ChangeLanguage {
    /// The language.
    pub language: Language,
}

impl Command for ChangeLanguage {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let before = own_account(ctx)?;
        let after = Account { language: self.language.to_string(), ..before.clone() };
        Ok(store::account::update(ctx.tx, &before, &after, JournalAction::ChangeLanguage, ctx.by())?)
    }
}

/// The account of the person who acts, locked until the transaction ends.
fn own_account(ctx: &mut Context<'_, '_>) -> Result<Account> {
    let id = ctx.actor.account().ok_or(Forbidden::Role)?;
    store::account::by_id_for_update(ctx.tx, id)?.ok_or(WorkflowError::NotFound)
}
