//! Sessions: who is signed in.

use jiff::Timestamp;

use super::{StoreError, Tx};
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
}

/// The session with this token hash, if it has not ended.
pub fn find(
    _tx: &mut Tx<'_>,
    _token_hash: &[u8],
    _now: Timestamp,
) -> Result<Option<(Actor, SessionAccount)>, StoreError> {
    Ok(None)
}
