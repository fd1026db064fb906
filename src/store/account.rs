//! Accounts: the people who sign in.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::on_either,
    journal::{self, By},
    organisation::Organisation,
    schema::{accounts, organisations},
    tx::Subject,
    types::At,
};
use crate::{
    digest,
    domain::{
        actor::{Actor, Identity, Membership, OrganisationKind, Role},
        email,
        ids::{AccountId, OrganisationId},
        journal::{JournalAction, JournalEntry, JournalKind, JournalValue},
    },
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

    /// The codes of its roles, as stored.
    fn role_codes(&self) -> String {
        let mut codes: Vec<&str> = self.roles.iter().map(|role| role.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    }

    /// Its entry in the journal.
    fn journal_entry(&self) -> JournalEntry {
        // The time of its creation is that of its first line.
        let Self {
            id,
            email,
            name,
            password_hash,
            roles: _,
            organisation,
            language,
            created_at: _,
            confirmed_at,
            disabled_at,
        } = self;
        // The hash of a password has a salt of its own, so its digest reveals nothing.
        let password = password_hash.as_ref().map(|hash| digest::hex(&digest::sha256(hash.as_bytes())));
        JournalEntry {
            kind: JournalKind::Account,
            subject: id.to_string(),
            organisation: organisation.as_ref().map(|own| own.id),
            values: vec![
                JournalValue::personal("email", email.trim()),
                JournalValue::personal("name", name),
                JournalValue::plain("roles", Some(self.role_codes())),
                JournalValue::plain("organisation", organisation.as_ref().map(|own| own.code.as_str())),
                JournalValue::plain("language", Some(language.as_str())),
                JournalValue::plain("password_digest", password),
                JournalValue::time("confirmed_at", *confirmed_at),
                JournalValue::time("disabled_at", *disabled_at),
            ],
        }
    }
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

/// The account with this address, however case and host are written.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Account>, StoreError> {
    let (key, old_key) = (email::key(email), email.trim().to_lowercase());
    match by_key(tx, &key)? {
        // Accounts from before hosts were compared as A-labels have them as they were typed.
        None if key != old_key => by_key(tx, &old_key),
        found => Ok(found),
    }
}

fn by_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Account>, StoreError> {
    let query = accounts::table
        .left_join(organisations::table)
        .filter(accounts::email_key.eq(key))
        .select((accounts::all_columns, ORGANISATION.nullable()));
    let found: Option<(Row, OrganisationRow)> =
        on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    Ok(found.map(|(row, organisation)| into_account(row, organisation)))
}

/// The person as an actor; none if the account cannot be used.
pub fn actor_of(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Actor>, StoreError> {
    Ok(by_id(tx, id)?.filter(Account::is_active).map(|account| account.actor()))
}

/// The same. The account stays as it is until the transaction ends.
pub fn actor_of_unchanging(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Actor>, StoreError> {
    // SQLite needs no lock: it has one writer.
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let _: Option<AccountId> =
            accounts::table.find(id).select(accounts::id).for_share().first(conn).optional()?;
    }
    actor_of(tx, id)
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
        query = query.filter(accounts::email_key.gt(email::key(after)));
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

/// The account with this id, locked until the transaction ends.
pub fn by_id_for_update(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    // SQLite needs no lock: it has one writer.
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let _: Option<AccountId> =
            accounts::table.find(id).select(accounts::id).for_no_key_update().first(conn).optional()?;
    }
    by_id(tx, id)
}

/// Adds an account, with its line in the journal.
pub fn insert(tx: &mut Tx<'_>, account: &Account, by: By<'_>) -> Result<(), StoreError> {
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(account.id),
            accounts::email.eq(account.email.trim()),
            accounts::email_key.eq(email::key(&account.email)),
            accounts::name.eq(&account.name),
            accounts::password_hash.eq(&account.password_hash),
            accounts::roles.eq(account.role_codes()),
            accounts::organisation_id.eq(account.organisation.as_ref().map(|own| own.id)),
            accounts::language.eq(&account.language),
            accounts::created_at.eq(At(account.created_at)),
            accounts::confirmed_at.eq(account.confirmed_at.map(At)),
            accounts::disabled_at.eq(account.disabled_at.map(At)),
        ))
        .execute(tx.changing(Subject::Accounts)?)?;
    journal::record(tx, JournalAction::Create, by, &[], &account.journal_entry())
}

/// Changes an account, with its line in the journal. `before` is the account as this transaction has locked it.
pub fn update(
    tx: &mut Tx<'_>,
    before: &Account,
    account: &Account,
    action: JournalAction,
    by: By<'_>,
) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(before.id))
        .set((
            accounts::email.eq(account.email.trim()),
            accounts::email_key.eq(email::key(&account.email)),
            accounts::name.eq(&account.name),
            accounts::password_hash.eq(&account.password_hash),
            accounts::roles.eq(account.role_codes()),
            accounts::organisation_id.eq(account.organisation.as_ref().map(|own| own.id)),
            accounts::language.eq(&account.language),
            accounts::confirmed_at.eq(account.confirmed_at.map(At)),
            accounts::disabled_at.eq(account.disabled_at.map(At)),
        ))
        .execute(tx.changing(Subject::Accounts)?)?;
    journal::record(tx, action, by, &[before.journal_entry()], &account.journal_entry())
}

/// The journal's entries of the next accounts, in the order of their ids.
pub(super) fn journal_entries(
    tx: &mut Tx<'_>,
    after: Option<AccountId>,
    at_most: i64,
) -> Result<Vec<Vec<JournalEntry>>, StoreError> {
    let mut query = accounts::table
        .left_join(organisations::table)
        .select((accounts::all_columns, ORGANISATION.nullable()))
        .order(accounts::id)
        .limit(at_most)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(accounts::id.gt(after));
    }
    let rows: Vec<(Row, OrganisationRow)> = query.load(tx.conn()?)?;
    Ok(rows
        .into_iter()
        .map(|(row, organisation)| vec![into_account(row, organisation).journal_entry()])
        .collect())
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
