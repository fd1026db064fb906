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
    /// When the session was used, as far as the database knows.
    pub last_seen_at: Timestamp,
}

/// From where somebody signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The client's network.
    pub network: String,
    /// The browser in plain words; empty if it is not known.
    pub browser: String,
}

/// A session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was used, to within a few minutes.
    pub last_seen_at: Timestamp,
    /// Where.
    pub device: Device,
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
        .select((accounts::all_columns, ORGANISATION.nullable(), sessions::last_seen_at));
    let found: Option<(Row, OrganisationRow, At)> =
        on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    let found = found.map(|(row, organisation, seen)| (into_account(row, organisation), seen.0));
    Ok(found.filter(|(account, _)| account.is_active()).map(|(account, last_seen_at)| {
        let actor = account.actor();
        (
            actor,
            SessionAccount {
                id: account.id,
                name: account.name,
                email: account.email,
                language: account.language,
                time_zone: None,
                last_seen_at,
            },
        )
    }))
}

/// Opens a session, with the time of the sign-in and the time at which it expires.
pub fn open(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &[u8],
    device: &Device,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token_hash),
            sessions::account_id.eq(account),
            sessions::created_at.eq(At(now)),
            sessions::last_seen_at.eq(At(now)),
            sessions::expires_at.eq(At(expires_at)),
            sessions::network.eq(&device.network),
            sessions::browser.eq(&device.browser),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The sessions of an account that have not expired, the one that was used last first.
pub fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    now: Timestamp,
    at_most: i64,
) -> Result<Vec<Session>, StoreError> {
    let own = sessions::table.filter(sessions::account_id.eq(account).and(sessions::expires_at.gt(At(now))));
    let rows: Vec<(Vec<u8>, At, At, String, String)> = own
        .order((sessions::last_seen_at.desc(), sessions::created_at.desc()))
        .limit(at_most)
        .select((
            sessions::token_hash,
            sessions::created_at,
            sessions::last_seen_at,
            sessions::network,
            sessions::browser,
        ))
        .load(tx.conn()?)?;
    let session = |(token_hash, created_at, last_seen_at, network, browser): (_, At, At, _, _)| Session {
        token_hash,
        created_at: created_at.0,
        last_seen_at: last_seen_at.0,
        device: Device { network, browser },
    };
    Ok(rows.into_iter().map(session).collect())
}

/// When a session began and when it expires, if it has not expired yet.
pub fn times(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let found: Option<(At, At)> = sessions::table
        .find(token_hash)
        .filter(sessions::expires_at.gt(At(now)))
        .select((sessions::created_at, sessions::expires_at))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(created_at, expires_at)| (created_at.0, expires_at.0)))
}

/// Records that a session is used at `now`, and its new expiry.
pub fn extend(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(token_hash))
        .set((sessions::last_seen_at.eq(At(now)), sessions::expires_at.eq(At(expires_at))))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Ends a session of an account.
pub fn close_of(tx: &mut Tx<'_>, account: AccountId, token_hash: &[u8]) -> Result<(), StoreError> {
    let own = sessions::table.find(token_hash).filter(sessions::account_id.eq(account));
    diesel::delete(own).execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Ends a session. Returns whose it was; none if it had ended.
pub fn close(tx: &mut Tx<'_>, token_hash: &[u8]) -> Result<Option<AccountId>, StoreError> {
    let ended = diesel::delete(sessions::table.find(token_hash)).returning(sessions::account_id);
    Ok(on_either!(tx.changing(Subject::Other)?, |conn| ended.get_result(conn)).optional()?)
}

/// Ends every session of an account.
pub fn close_all(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    diesel::delete(sessions::table.filter(sessions::account_id.eq(account)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
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
