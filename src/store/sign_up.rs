//! Sign-ups whose address is not confirmed yet. The table contains hashes of the links' tokens.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{StoreError, Tx, schema::sign_ups, tx::Subject, types::At};
use crate::domain::email;

/// Somebody who has signed up and has not used the mailed link yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like those of an account")]
pub struct SignUp {
    pub email: String,
    pub name: String,
    pub language: String,
}

/// Adds a sign-up with the hash of its link's token. Other sign-ups with the same address stay.
pub fn insert(
    tx: &mut Tx<'_>,
    sign_up: &SignUp,
    token_hash: &[u8],
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(sign_ups::table)
        .values((
            sign_ups::token_hash.eq(token_hash),
            sign_ups::email.eq(&sign_up.email),
            sign_ups::email_key.eq(email::key(&sign_up.email)),
            sign_ups::name.eq(&sign_up.name),
            sign_ups::language.eq(&sign_up.language),
            sign_ups::expires_at.eq(At(expires_at)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The sign-up of a link that can still be used. Does not use it.
pub fn peek(tx: &mut Tx<'_>, token_hash: &[u8], now: Timestamp) -> Result<Option<SignUp>, StoreError> {
    let found: Option<(String, String, String)> = sign_ups::table
        .find(token_hash)
        .filter(sign_ups::expires_at.gt(At(now)))
        .select((sign_ups::email, sign_ups::name, sign_ups::language))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(email, name, language)| SignUp { email, name, language }))
}

/// Uses a link up. Of two attempts at once, one succeeds.
pub fn take(tx: &mut Tx<'_>, token_hash: &[u8], now: Timestamp) -> Result<Option<SignUp>, StoreError> {
    let Some(sign_up) = peek(tx, token_hash, now)? else { return Ok(None) };
    let taken = diesel::delete(sign_ups::table.find(token_hash)).execute(tx.changing(Subject::Other)?)?;
    Ok((taken == 1).then_some(sign_up))
}

/// Removes the sign-ups with this address: it has an account now.
pub fn delete_of(tx: &mut Tx<'_>, email: &str) -> Result<(), StoreError> {
    diesel::delete(sign_ups::table.filter(sign_ups::email_key.eq(email::key(email))))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// When the first sign-up expires.
pub fn first_expiry(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    // The condition is where the search of the index begins.
    let all = sign_ups::table.filter(sign_ups::expires_at.gt(At(Timestamp::UNIX_EPOCH)));
    let first = all.order(sign_ups::expires_at).select(sign_ups::expires_at);
    let first: Option<At> = first.first(tx.conn()?).optional()?;
    Ok(first.map(|at| at.0))
}

/// Removes expired sign-ups.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(sign_ups::table.filter(sign_ups::expires_at.le(At(now))))
        .execute(tx.changing(Subject::Other)?)?)
}
