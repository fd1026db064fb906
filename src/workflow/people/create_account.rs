//! Make an account for somebody.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{
        actor::{Actor, Membership, OrganisationKind, Role},
        field_error::FieldError,
        form,
        ids::AccountId,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx, account::Account, one_time_link::Purpose},
    workflow::{
        WorkflowError,
        people::{must_be_administrator, request_link},
    },
};

/// Who gets an account, and as what.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the command line")]
pub struct CreateAccount {
    pub email: String,
    pub name: Option<String>,
    pub roles: Vec<Role>,
    /// The organisation's code.
    pub organisation: Option<String>,
    pub language: String,
    /// The hash of a password that the door was given; without one, a link is made.
    pub password_hash: Option<String>,
}

/// How the new account's first password is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstLink {
    /// By a link in an e-mail.
    Mailed,
    /// By a link that the door hands over.
    Shown,
}

/// Makes the account. With a password it can be used at once; without one, `token` becomes its one-time link.
pub fn create_account(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wish: &CreateAccount,
    link: FirstLink,
    token: &str,
    now: Timestamp,
) -> Result<Account, WorkflowError> {
    must_be_administrator(actor)?;
    let organisation = check(tx, wish)?;
    let email = wish.email.trim().to_owned();
    let account = Account {
        id: AccountId(chance::fresh_id()),
        name: wish.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| local_part(&email)),
        email,
        password_hash: wish.password_hash.clone(),
        roles: wish.roles.clone(),
        organisation,
        language: wish.language.clone(),
        created_at: now,
        confirmed_at: wish.password_hash.as_ref().map(|_| now),
        disabled_at: None,
    };
    store::account::insert(tx, &account).map_err(|error| match error {
        StoreError::Duplicate(_) => Conflict::AlreadyExists.into(),
        error => WorkflowError::from(error),
    })?;
    match (account.password_hash.is_some(), link) {
        (true, _) => {}
        (false, FirstLink::Mailed) => request_link::send(tx, &account, Purpose::ConfirmAddress, token, now)?,
        (false, FirstLink::Shown) => {
            request_link::make(tx, &account, Purpose::ConfirmAddress, token, now)?;
        }
    }
    Ok(account)
}

fn check(tx: &mut Tx<'_>, wish: &CreateAccount) -> Result<Option<Membership>, WorkflowError> {
    let mut faults = Vec::new();
    if !form::is_email(wish.email.trim()) {
        faults.push(FieldError::new("/email", "not_an_email"));
    }
    if wish.name.as_ref().is_some_and(|name| name.chars().count() > 100) {
        faults.push(FieldError::new("/name", "too_long").with("most", 100));
    }
    if wish.roles.is_empty() {
        faults.push(FieldError::new("/role", "required"));
    }
    let organisation = match &wish.organisation {
        None => None,
        Some(code) => {
            let found = store::organisation::by_code(tx, code)?;
            if found.is_none() {
                faults.push(FieldError::new("/organisation", "unknown_organisation"));
            }
            found.map(Membership::from)
        }
    };
    for kind in wish.roles.iter().filter_map(|role| needed(*role)) {
        if organisation.as_ref().map(|own| own.kind) != Some(kind)
            && faults.iter().all(|f| f.pointer != "/organisation")
        {
            faults.push(FieldError::new("/organisation", "role_needs_organisation").with("kind", kind));
        }
    }
    if faults.is_empty() { Ok(organisation) } else { Err(WorkflowError::Invalid(faults)) }
}

/// The kind of organisation that a role is nothing without.
const fn needed(role: Role) -> Option<OrganisationKind> {
    match role {
        Role::Sponsor => Some(OrganisationKind::Sponsor),
        Role::Officer | Role::Supervisor | Role::BatchManager => Some(OrganisationKind::Authority),
        Role::Verifier => Some(OrganisationKind::Verifier),
        Role::Applicant | Role::Auditor | Role::Administrator => None,
    }
}

fn local_part(email: &str) -> String {
    email.split('@').next().unwrap_or_default().to_owned()
}
