//! Accounts: the people who sign in.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    organisation::Organisation,
    schema::{accounts, organisations},
    tx::Subject,
    types::At,
};
use crate::domain::{
    actor::{Actor, Identity, Membership, OrganisationKind, Role},
    ids::{AccountId, OrganisationId},
};

/// A person who signs in.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    /// A PHC string; none before the first one-time link is used.
    pub password_hash: Option<String>,
    pub roles: Vec<Role>,
    pub organisation: Option<Membership>,
    pub language: String,
    pub created_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
}

impl Account {
    /// Whether the person may sign in, given the right password.
    pub const fn is_active(&self) -> bool {
        self.confirmed_at.is_some() && self.disabled_at.is_none()
    }

    /// The person as an actor.
    pub fn actor(&self) -> Actor {
        Actor {
            identity: Identity::Account(self.id),
            organisation: self.organisation.clone(),
            roles: self.roles.clone(),
            scopes: Vec::new(),
        }
    }
}

/// The form in which addresses are compared.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

#[derive(Queryable)]
pub(super) struct Row {
    id: AccountId,
    email: String,
    _email_key: String,
    name: String,
    password_hash: Option<String>,
    roles: String,
    _organisation_id: Option<OrganisationId>,
    language: String,
    created_at: At,
    confirmed_at: Option<At>,
    disabled_at: Option<At>,
}

pub(super) type OrganisationRow = Option<(OrganisationId, String, OrganisationKind, Option<String>)>;

pub(super) const ORGANISATION: (
    organisations::id,
    organisations::code,
    organisations::kind,
    organisations::territory,
) = (organisations::id, organisations::code, organisations::kind, organisations::territory);

pub(super) fn into_account(row: Row, organisation: OrganisationRow) -> Account {
    Account {
        id: row.id,
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
        // A role that this version does not know gives no rights.
        roles: row.roles.split(' ').filter_map(|code| code.parse().ok()).collect(),
        organisation: organisation.map(|(id, code, kind, territory)| Membership {
            id,
            code,
            kind,
            territory,
        }),
        language: row.language,
        created_at: row.created_at.0,
        confirmed_at: row.confirmed_at.map(|at| at.0),
        disabled_at: row.disabled_at.map(|at| at.0),
    }
}

/// The account with this id.
pub fn by_id(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    let found: Option<(Row, OrganisationRow)> = accounts::table
        .left_join(organisations::table)
        .filter(accounts::id.eq(id))
        .select((accounts::all_columns, ORGANISATION.nullable()))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(row, organisation)| into_account(row, organisation)))
}

/// The account with this address, in upper or lower case.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Account>, StoreError> {
    let found: Option<(Row, OrganisationRow)> = accounts::table
        .left_join(organisations::table)
        .filter(accounts::email_key.eq(email_key(email)))
        .select((accounts::all_columns, ORGANISATION.nullable()))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(row, organisation)| into_account(row, organisation)))
}

/// The person as an actor; none if the account cannot be used.
pub fn actor_of(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Actor>, StoreError> {
    Ok(by_id(tx, id)?.filter(Account::is_active).map(|account| account.actor()))
}

/// Accounts by address, after the address `after`.
pub fn list(tx: &mut Tx<'_>, after: Option<&str>, at_most: i64) -> Result<Vec<Account>, StoreError> {
    let mut query = accounts::table
        .left_join(organisations::table)
        .select((accounts::all_columns, ORGANISATION.nullable()))
        .order(accounts::email_key)
        .limit(at_most)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(accounts::email_key.gt(email_key(after)));
    }
    let rows: Vec<(Row, OrganisationRow)> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(|(row, organisation)| into_account(row, organisation)).collect())
}

/// The officers of an organisation, for a supervisor to assign to.
pub fn officers_of(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
) -> Result<Vec<(AccountId, String)>, StoreError> {
    let rows: Vec<(AccountId, String, String)> = accounts::table
        .filter(accounts::organisation_id.eq(Some(organisation)).and(accounts::disabled_at.is_null()))
        .order(accounts::email_key)
        .select((accounts::id, accounts::name, accounts::roles))
        .limit(200)
        .load(tx.conn()?)?;
    let is_officer = |roles: &str| roles.split(' ').any(|code| code == Role::Officer.as_str());
    Ok(rows.into_iter().filter(|(_, _, roles)| is_officer(roles)).map(|(id, name, _)| (id, name)).collect())
}

/// Adds an account.
pub fn insert(tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
    let mut roles: Vec<&str> = account.roles.iter().map(|role| role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(account.id),
            accounts::email.eq(account.email.trim()),
            accounts::email_key.eq(email_key(&account.email)),
            accounts::name.eq(&account.name),
            accounts::password_hash.eq(&account.password_hash),
            accounts::roles.eq(roles.join(" ")),
            accounts::organisation_id.eq(account.organisation.as_ref().map(|own| own.id)),
            accounts::language.eq(&account.language),
            accounts::created_at.eq(At(account.created_at)),
            accounts::confirmed_at.eq(account.confirmed_at.map(At)),
        ))
        .execute(tx.changing(Subject::Accounts)?)?;
    Ok(())
}

/// Sets the password's hash.
pub fn set_password(tx: &mut Tx<'_>, id: AccountId, hash: &str) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(id))
        .set(accounts::password_hash.eq(Some(hash)))
        .execute(tx.changing(Subject::Accounts)?)?;
    Ok(())
}

/// Records that the address is confirmed, unless it was before.
pub fn confirm(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(id).filter(accounts::confirmed_at.is_null()))
        .set(accounts::confirmed_at.eq(Some(At(now))))
        .execute(tx.changing(Subject::Accounts)?)?;
    Ok(())
}

/// Sets the language of pages and messages.
pub fn set_language(tx: &mut Tx<'_>, id: AccountId, language: &str) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(id))
        .set(accounts::language.eq(language))
        .execute(tx.changing(Subject::Accounts)?)?;
    Ok(())
}

/// Locks the account, or unlocks it (none).
pub fn set_disabled(tx: &mut Tx<'_>, id: AccountId, at: Option<Timestamp>) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(id))
        .set(accounts::disabled_at.eq(at.map(At)))
        .execute(tx.changing(Subject::Accounts)?)?;
    Ok(())
}

impl From<Organisation> for Membership {
    fn from(organisation: Organisation) -> Self {
        Self {
            id: organisation.id,
            code: organisation.code,
            kind: organisation.kind,
            territory: organisation.territory,
        }
    }
}
