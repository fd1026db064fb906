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
    let found: Option<(String, String, String)> = accounts::table
        .find(id)
        .select((accounts::name, accounts::email, accounts::language))
        .first(tx.conn_unflushed())
        .optional()?;
    Ok(found.map(|(name, email, language)| Recipient { name, email, language }))
}

/// At most so many people of one organisation get a message.
const MOST: i64 = 20;

/// The people of an organisation who have a role and can sign in.
pub fn members(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    role: Role,
) -> Result<Vec<Recipient>, StoreError> {
    let mut members: Members = tx.prefetched.take(Subject::Accounts).unwrap_or_default();
    let of_organisation = match members.entry(organisation) {
        Entry::Occupied(read) => read.into_mut(),
        Entry::Vacant(missing) => missing.insert(all_members(tx, organisation)?),
    };
    let with_role = of_organisation.iter().filter(|member| member.has(role));
    let recipients = with_role.map(|member| member.recipient.clone()).collect();
    tx.prefetched.put(Subject::Accounts, members);
    Ok(recipients)
}

/// The members that this transaction has read, by organisation.
type Members = HashMap<OrganisationId, Vec<Member>>;

/// A member of an organisation.
struct Member {
    roles: String,
    recipient: Recipient,
}

impl Member {
    fn has(&self, role: Role) -> bool {
        self.roles.split(' ').any(|code| code == role.as_str())
    }
}

fn all_members(tx: &mut Tx<'_>, organisation: OrganisationId) -> Result<Vec<Member>, StoreError> {
    let query = accounts::table
        .filter(accounts::organisation_id.eq(Some(organisation)))
        .filter(accounts::disabled_at.is_null().and(accounts::confirmed_at.is_not_null()))
        .order(accounts::email_key)
        .select((accounts::roles, accounts::name, accounts::email, accounts::language))
        .limit(MOST);
    let found: Vec<(String, String, String, String)> =
        on_either!(tx.conn_unflushed(), |conn| query.load(conn))?;
    let member =
        |(roles, name, email, language)| Member { roles, recipient: Recipient { name, email, language } };
    Ok(found.into_iter().map(member).collect())
}
