//! Who is told: addresses, names and languages of accounts.

use diesel::prelude::*;

use super::{StoreError, Tx, dialect::on_either, schema::accounts};
use crate::domain::{
    actor::Role,
    ids::{AccountId, OrganisationId},
};

/// Somebody who is told something.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Recipient {
    pub name: String,
    pub email: String,
    pub language: String,
}

/// The person behind an account.
pub fn account(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Recipient>, StoreError> {
    let found: Option<(String, String, String)> = accounts::table
        .find(id)
        .select((accounts::name, accounts::email, accounts::language))
        .first(tx.conn_unflushed())
        .optional()?;
    Ok(found.map(|(name, email, language)| Recipient { name, email, language }))
}

/// At most so many people of one organisation are written to.
const MOST: i64 = 20;

/// The people of an organisation who have a role and can sign in.
pub fn members(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    role: Role,
) -> Result<Vec<Recipient>, StoreError> {
    if !tx.known.members.contains_key(&organisation) {
        let members = all_members(tx, organisation)?;
        tx.known.members.insert(organisation, members);
    }
    let members = tx.known.members.get(&organisation).into_iter().flatten();
    Ok(members.filter(|member| member.has(role)).map(|member| member.recipient.clone()).collect())
}

/// Somebody of an organisation.
pub(super) struct Member {
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
