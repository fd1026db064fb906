//! One-time links: to confirm an address, to choose a password. The table contains hashes of the tokens.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{StoreError, Tx, schema::one_time_links, tx::Subject, types::At};
use crate::{domain::ids::AccountId, text_enum};

text_enum! {
    /// What a link is for.
    pub enum Purpose {
        /// Confirms the address of a new account.
        ConfirmAddress = "confirm_address",
        /// Lets the person choose a password. Confirms the address too, because the link came by mail.
        ResetPassword = "reset_password",
    }
}

/// Adds a link. Earlier links work on: a stranger who asks for another does not take them from their owner.
pub fn create(
    tx: &mut Tx<'_>,
    account: AccountId,
    purpose: Purpose,
    token_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(one_time_links::table)
        .values((
            one_time_links::token_hash.eq(token_hash),
            one_time_links::account_id.eq(account),
            one_time_links::purpose.eq(purpose.as_str()),
            one_time_links::created_at.eq(At(now)),
            one_time_links::expires_at.eq(At(expires_at)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The account of a link that can still be used. Does not use it.
pub fn peek(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<AccountId>, StoreError> {
    Ok(one_time_links::table
        .find(token_hash)
        .filter(one_time_links::purpose.eq(purpose.as_str()))
        .filter(one_time_links::used_at.is_null().and(one_time_links::expires_at.gt(At(now))))
        .select(one_time_links::account_id)
        .first(tx.conn()?)
        .optional()?)
}

/// Uses a link up, and the account's other links with it. Of two attempts at once, one succeeds.
pub fn take(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<AccountId>, StoreError> {
    let Some(account) = peek(tx, purpose, token_hash, now)? else { return Ok(None) };
    let taken =
        diesel::update(one_time_links::table.find(token_hash).filter(one_time_links::used_at.is_null()))
            .set(one_time_links::used_at.eq(Some(At(now))))
            .execute(tx.changing(Subject::Other)?)?;
    if taken == 0 {
        return Ok(None);
    }
    let others = one_time_links::account_id.eq(account).and(one_time_links::used_at.is_null());
    diesel::delete(one_time_links::table.filter(others)).execute(tx.changing(Subject::Other)?)?;
    Ok(Some(account))
}

/// When the first link expires.
pub fn first_expiry(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    // The condition is where the search of the index begins.
    let all = one_time_links::table.filter(one_time_links::expires_at.gt(At(Timestamp::UNIX_EPOCH)));
    let first = all.order(one_time_links::expires_at).select(one_time_links::expires_at);
    let first: Option<At> = first.first(tx.conn()?).optional()?;
    Ok(first.map(|at| at.0))
}

/// Removes the links of an account.
pub fn delete_of(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    diesel::delete(one_time_links::table.filter(one_time_links::account_id.eq(account)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Removes expired links.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(one_time_links::table.filter(one_time_links::expires_at.le(At(now))))
        .execute(tx.changing(Subject::Other)?)?)
}
