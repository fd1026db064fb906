//! Recipients of messages: addresses, names and languages of accounts.

use std::collections::{HashMap, hash_map::Entry};

use diesel::prelude::*;

use super::{StoreError, Tx, dialect::on_either, schema::accounts, tx::Subject};
use crate::domain::{
    actor::Role,
    ids::{AccountId, OrganisationId},
};

/// A recipient of messages.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Recipient {
    pub name: String,
    pub email: String,
    pub language: String,
}

/// The person with this account.
pub fn account(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Recipient>, StoreError> {
    let query = accounts::table.find(id).select((accounts::name, accounts::email, accounts::language));
    let found: Option<(String, String, String)> =
        on_either!(tx.conn_unflushed()?, |conn| query.first(conn)).optional()?;
    Ok(found.map(|(name, email, language)| Recipient { name, email, language }))
}

/// At most so many people of one organisation get a message.
const MOST: i64 = 500;

/// The people of an organisation who have a role and can sign in.
pub fn members(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    role: Role,
) -> Result<Vec<Recipient>, StoreError> {
    let mut members: Members = tx.prefetched.take(Subject::Accounts).unwrap_or_default();
    let of_organisation = match members.entry((organisation, role)) {
        Entry::Occupied(read) => read.into_mut(),
        Entry::Vacant(missing) => missing.insert(members_with(tx, organisation, role)?),
    };
    let recipients = of_organisation.clone();
    tx.prefetched.put(Subject::Accounts, members);
    Ok(recipients)
}

/// The members that this transaction has read, by organisation and role.
type Members = HashMap<(OrganisationId, Role), Vec<Recipient>>;

fn members_with(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    role: Role,
) -> Result<Vec<Recipient>, StoreError> {
    let query = accounts::table
        .filter(accounts::organisation_id.eq(Some(organisation)))
        .filter(accounts::disabled_at.is_null().and(accounts::confirmed_at.is_not_null()))
        // No role's code is a part of another's.
        .filter(accounts::roles.like(format!("%{role}%")))
        .order(accounts::email_key)
        .select((accounts::name, accounts::email, accounts::language))
        .limit(MOST);
    let found: Vec<(String, String, String)> = on_either!(tx.conn_unflushed()?, |conn| query.load(conn))?;
    let recipient = |(name, email, language)| Recipient { name, email, language };
    Ok(found.into_iter().map(recipient).collect())
}
