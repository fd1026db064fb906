//! Sessions: who is signed in. The table contains hashes of the tokens.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    account::{ORGANISATION, OrganisationRow, Row, into_account},
    dialect::on_either,
    schema::{accounts, organisations, sessions},
    tx::Subject,
    types::At,
};
use crate::domain::{actor::Actor, ids::AccountId};

/// The account of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAccount {
    /// Its id.
    pub id: AccountId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The person's language.
    pub language: String,
    /// The time zone of the side of the account's organisation, such as `Asia/Almaty`.
    pub time_zone: Option<String>,
}

/// The session with this token hash, if it has not expired and its account may be used.
pub fn find(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<(Actor, SessionAccount)>, StoreError> {
    let query = sessions::table
        .inner_join(accounts::table.left_join(organisations::table))
        .filter(sessions::token_hash.eq(token_hash).and(sessions::expires_at.gt(At(now))))
        .select((accounts::all_columns, ORGANISATION.nullable()));
    let found: Option<(Row, OrganisationRow)> =
        on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    let account = found.map(|(row, organisation)| into_account(row, organisation)).filter(|a| a.is_active());
    Ok(account.map(|account| {
        let actor = account.actor();
        (
            actor,
            SessionAccount {
                id: account.id,
                name: account.name,
                email: account.email,
                language: account.language,
                time_zone: None,
            },
        )
    }))
}

/// Opens a session.
pub fn open(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token_hash),
            sessions::account_id.eq(account),
            sessions::created_at.eq(At(now)),
            sessions::last_seen_at.eq(At(now)),
            sessions::expires_at.eq(At(expires_at)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Ends a session.
pub fn close(tx: &mut Tx<'_>, token_hash: &[u8]) -> Result<(), StoreError> {
    diesel::delete(sessions::table.find(token_hash)).execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Ends every session of an account.
pub fn close_all(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    diesel::delete(sessions::table.filter(sessions::account_id.eq(account)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The number of sessions that an account has.
pub fn count(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<i64, StoreError> {
    let own = sessions::table.filter(sessions::account_id.eq(account).and(sessions::expires_at.gt(At(now))));
    Ok(own.count().get_result(tx.conn()?)?)
}

/// When the first session expires.
pub fn first_expiry(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    // The condition is where the search of the index begins.
    let all = sessions::table.filter(sessions::expires_at.gt(At(Timestamp::UNIX_EPOCH)));
    let first = all.order(sessions::expires_at).select(sessions::expires_at);
    let first: Option<At> = first.first(tx.conn()?).optional()?;
    Ok(first.map(|at| at.0))
}

/// Removes expired sessions.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(sessions::table.filter(sessions::expires_at.le(At(now))))
        .execute(tx.changing(Subject::Other)?)?)
}
