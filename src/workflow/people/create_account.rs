//! Create an account.

use crate::{
    domain::{
        actor::{Membership, Role},
        email::EmailAddress,
        ids::AccountId,
        policy::Operation,
        refusal::Conflict,
        typed,
    },
    random,
    store::{self, StoreError, Tx, account::Account, one_time_link::Purpose},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        people::{membership, request_link, sign_up::NAME},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// Creates an account. With a password it can be used at once; without one, its owner chooses one by a one-time link.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the command line")]
pub struct CreateAccount {
    pub email: String,
    pub name: Option<String>,
    pub roles: Vec<Role>,
    /// The organisation's code.
    pub organisation: Option<String>,
    pub language: String,
    /// The hash of its password; without one, a link is made.
    pub password_hash: Option<String>,
    pub link: FirstLink,
}

/// How the new account's first password is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstLink {
    /// By a link in an e-mail.
    Mailed,
    /// By a link that the caller passes on.
    Shown,
}

/// A new account, and the token of its link if the caller passes it on.
#[derive(Clone)]
#[expect(missing_docs, reason = "the comment above says it")]
pub struct CreatedAccount {
    pub account: Account,
    pub link_token: Option<String>,
}

impl Command for CreateAccount {
    type Subject = Installation;
    type Output = CreatedAccount;

    fn right(&self) -> (Operation, Installation) {
        (Operation::CreateAccount, Installation)
    }

    fn security_event(&self, created: &CreatedAccount) -> Option<SecurityEvent> {
        SecurityEvent::new("account_created", created.account.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<CreatedAccount> {
        let (organisation, email, name) = check(ctx.tx, self)?;
        let account = Account {
            id: AccountId(random::id()),
            name: name.unwrap_or_else(|| email.mailbox().user().to_owned()),
            email: email.as_typed().to_owned(),
            password_hash: self.password_hash.clone(),
            roles: self.roles.clone(),
            organisation,
            language: self.language.clone(),
            created_at: ctx.now,
            confirmed_at: self.password_hash.as_ref().map(|_| ctx.now),
            disabled_at: None,
        };
        store::account::insert(ctx.tx, &account, ctx.by()).map_err(|error| match error {
            StoreError::Duplicate(_) => Conflict::AlreadyExists.into(),
            error => WorkflowError::from(error),
        })?;
        let link_token = match (account.password_hash.is_some(), self.link) {
            (true, _) => None,
            (false, FirstLink::Mailed) => {
                request_link::send(ctx, &account, Purpose::ConfirmAddress)?;
                None
            }
            (false, FirstLink::Shown) => Some(request_link::make(ctx, &account, Purpose::ConfirmAddress)?.0),
        };
        Ok(CreatedAccount { account, link_token })
    }
}

fn check(tx: &mut Tx<'_>, new: &CreateAccount) -> Result<(Option<Membership>, EmailAddress, Option<String>)> {
    let mut faults = Vec::new();
    let email = EmailAddress::required(&new.email, "/email").map_err(|fault| faults.push(fault)).ok();
    let name = new.name.as_deref().map_or(Ok(String::new()), |name| typed::name(name, NAME));
    let name = name.map_err(|fault| faults.push(fault.at("/name"))).ok().filter(|name| !name.is_empty());
    let (organisation, of_roles) = membership::check(tx, &new.roles, new.organisation.as_deref())?;
    faults.extend(of_roles);
    match email {
        Some(email) if faults.is_empty() => Ok((organisation, email, name)),
        _ => Err(WorkflowError::Invalid(faults)),
    }
}
