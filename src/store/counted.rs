//! What strangers may do only so often, counted in a window of time: guess a password or a secret, have a mail sent. Only
//! hashes of addresses and networks are stored.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{StoreError, Tx, dialect::on_either, schema::sign_in_failures, tx::Subject, types::At};
use crate::domain::email;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Guesses of the password of an address.
    Password {
        /// The address.
        email: String,
        /// From this network. None: from anywhere.
        network: Option<String>,
    },
    /// Guesses of passwords, of whatever address.
    PasswordsFrom {
        /// The network.
        network: String,
    },
    /// Wrong secrets of an API client.
    Secret {
        /// The client's id.
        client_id: String,
        /// From this network.
        network: String,
    },
    /// Mails with a link to an address.
    MailTo {
        /// The address.
        email: String,
    },
    /// Mails that were asked for from a network.
    MailAskedFrom {
        /// The network.
        network: String,
    },
}

fn hash(tx: &Tx<'_>, counted: &Counted) -> Vec<u8> {
    let text = match counted {
        Counted::Password { email, network: None } => format!("sign-in {}", email::key(email)),
        Counted::Password { email, network: Some(network) } => {
            format!("sign-in {} from {network}", email::key(email))
        }
        Counted::PasswordsFrom { network } => format!("sign-in from {network}"),
        Counted::Secret { client_id, network } => format!("client {client_id} from {network}"),
        Counted::MailTo { email } => format!("mail to {}", email::key(email)),
        Counted::MailAskedFrom { network } => format!("mail asked from {network}"),
    };
    tx.keyring.lookup_hash(&text)
}

/// The number in a window that began after `from`, and its beginning.
pub fn count(
    tx: &mut Tx<'_>,
    counted: &Counted,
    from: Timestamp,
) -> Result<Option<(i32, Timestamp)>, StoreError> {
    let hash = hash(tx, counted);
    let found: Option<(i32, At)> = sign_in_failures::table
        .find(hash)
        .filter(sign_in_failures::since.gt(At(from)))
        .select((sign_in_failures::failures, sign_in_failures::since))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(guesses, since)| (guesses, since.0)))
}

/// Counts once more. If the last window began before `from`, a new one begins. Returns the number in the window,
/// this one included, and its beginning. Of several at the same time, each gets another number.
pub fn add(
    tx: &mut Tx<'_>,
    counted: &Counted,
    (from, now): (Timestamp, Timestamp),
) -> Result<(i32, Timestamp), StoreError> {
    let hash = hash(tx, counted);
    let conn = tx.changing(Subject::Other)?;
    let is_over = sign_in_failures::since.le(At(from));
    diesel::delete(sign_in_failures::table.find(&hash).filter(is_over)).execute(conn)?;
    let insert = diesel::insert_into(sign_in_failures::table).values((
        sign_in_failures::address_hash.eq(&hash),
        sign_in_failures::failures.eq(1),
        sign_in_failures::since.eq(At(now)),
    ));
    let (guesses, since): (i32, At) = on_either!(conn, |conn| insert
        .on_conflict(sign_in_failures::address_hash)
        .do_update()
        .set(sign_in_failures::failures.eq(sign_in_failures::failures + 1))
        .returning((sign_in_failures::failures, sign_in_failures::since))
        .get_result(conn))?;
    Ok((guesses, since.0))
}

/// Begins the count again.
pub fn clear(tx: &mut Tx<'_>, counted: &Counted) -> Result<(), StoreError> {
    let hash = hash(tx, counted);
    diesel::delete(sign_in_failures::table.find(hash)).execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Counts once less.
pub fn take_back(tx: &mut Tx<'_>, counted: &Counted) -> Result<(), StoreError> {
    let hash = hash(tx, counted);
    let conn = tx.changing(Subject::Other)?;
    diesel::update(sign_in_failures::table.find(hash).filter(sign_in_failures::failures.gt(0)))
        .set(sign_in_failures::failures.eq(sign_in_failures::failures - 1))
        .execute(conn)?;
    Ok(())
}

/// Removes windows that began before `before`.
pub fn delete_old(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(sign_in_failures::table.filter(sign_in_failures::since.le(At(before))))
        .execute(tx.changing(Subject::Other)?)?)
}
