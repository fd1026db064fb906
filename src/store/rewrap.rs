//! After a rotation: reseals everything that is directly under an older master key. These are the case keys and the
//! columns that belong to no case. Values under a case key do not change.

use diesel::{
    dsl::sql,
    expression::SqlLiteral,
    prelude::*,
    sql_types::{Array, Binary, Bool, Text},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    StoreError, Tx, ballot, case_key,
    connection::AnyConnection,
    dialect::{locked, on_either},
    idempotency, journal, outbox,
    schema::{batches, case_keys, idempotency_keys, journal as lines, notifications},
    statement::{cached_sql_around, update},
    tx::Subject,
    types::{AnyId, Id},
};
use crate::{
    domain::{
        ids::{ApplicationId, BatchId, NotificationId},
        journal::JournalKind,
    },
    keyring::{self, KeyId, WrappedKey},
};

/// What a slice has done.
#[derive(Debug, Default)]
pub struct Slice {
    /// Where the next one begins; none: nothing is left.
    pub last: Option<ApplicationId>,
    /// Keys that were wrapped again.
    pub done: usize,
    /// Cases whose keys or forms cannot be opened, and why. They do not change.
    pub unreadable: Vec<(ApplicationId, String)>,
}

/// Wraps the next case keys that are under another master key than the current one, in the order of their cases.
pub fn case_keys(tx: &mut Tx<'_>, after: Option<ApplicationId>, at_most: i64) -> Result<Slice, StoreError> {
    let current = tx.keyring.current().to_string();
    let after = after.unwrap_or(ApplicationId(Uuid::nil()));
    let query = case_keys::table
        .filter(case_keys::application_id.gt(after).and(case_keys::master_key.ne(current)))
        .order(case_keys::application_id)
        .limit(at_most)
        .select((case_keys::application_id, case_keys::wrapped_key));
    let rows: Vec<(ApplicationId, Vec<u8>)> = locked!(tx.conn()?, query, for_update(), load)?;
    let mut slice = Slice { last: rows.last().map(|(case, _)| *case), ..Slice::default() };
    let mut wrapped = Vec::with_capacity(rows.len());
    for (case, key) in rows {
        match tx.keyring.rewrap(&case_key::place(case), &key) {
            Ok(key) => wrapped.push((case, key)),
            Err(error) => slice.unreadable.push((case, error.to_string())),
        }
    }
    slice.done = wrapped.len();
    write(tx.changing_many()?, &wrapped)?;
    Ok(slice)
}

fn write(conn: &mut AnyConnection, keys: &[(ApplicationId, WrappedKey)]) -> Result<(), StoreError> {
    match conn {
        AnyConnection::Postgres(conn) => {
            let columns = (
                keys.iter().map(|(case, _)| *case).collect::<Vec<_>>().into_sql::<Array<Id>>(),
                keys.iter()
                    .map(|(_, key)| key.bytes.as_slice())
                    .collect::<Vec<_>>()
                    .into_sql::<Array<Binary>>(),
                keys.iter()
                    .map(|(_, key)| key.master_key.to_string())
                    .collect::<Vec<_>>()
                    .into_sql::<Array<Text>>(),
            );
            cached_sql_around(
                "UPDATE case_keys AS k SET wrapped_key = w.wrapped_key, master_key = w.master_key FROM unnest(",
                columns,
                ") AS w (id, wrapped_key, master_key) WHERE k.application_id = w.id",
            )
            .execute(conn)?;
        }
        AnyConnection::Sqlite(conn) => {
            for (case, key) in keys {
                let set = (
                    case_keys::wrapped_key.eq(&key.bytes),
                    case_keys::master_key.eq(key.master_key.to_string()),
                );
                update(case_keys::table, case_keys::application_id.eq(case), set).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// The columns that belong to no case, but for the words of the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Messages about accounts.
    #[default]
    Messages,
    /// Seeds of ballots.
    Seeds,
    /// Stored answers. One that cannot be opened is removed within a day.
    Answers,
}

/// What a slice of a column has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resealed {
    /// The last row that was looked at; none: there are no more.
    pub last: Option<Uuid>,
    /// Rows that were sealed again.
    pub done: usize,
    /// Rows that cannot be opened. They do not change; the log names them.
    pub unreadable: usize,
}

impl Column {
    /// The column that comes after this one.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Messages => Some(Self::Seeds),
            Self::Seeds => Some(Self::Answers),
            Self::Answers => None,
        }
    }

    /// Seals the next rows again that are under another master key than the current one, in the order of their ids.
    pub fn reseal(self, tx: &mut Tx<'_>, after: Option<Uuid>, at_most: i64) -> Result<Resealed, StoreError> {
        let after = after.unwrap_or(Uuid::nil());
        match self {
            Self::Messages => messages(tx, NotificationId(after), at_most),
            Self::Seeds => seeds(tx, BatchId(after), at_most),
            Self::Answers => answers(tx, AnyId(after), at_most),
        }
    }
}

impl Resealed {
    fn count(&mut self, row: Uuid, result: Result<(), StoreError>) -> Result<(), StoreError> {
        self.last = Some(row);
        match result {
            Ok(()) => self.done += 1,
            Err(StoreError::Sealed(error)) => {
                tracing::error!(code = "cannot_decrypt", %row, %error, "a value cannot be decrypted; it stays under its old key");
                self.unreadable += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn messages(tx: &mut Tx<'_>, after: NotificationId, at_most: i64) -> Result<Resealed, StoreError> {
    let is_old = is_under("recipient_sealed", "<>", tx.keyring.current());
    let query = notifications::table
        .filter(notifications::id.gt(after).and(notifications::application_id.is_null()).and(is_old))
        .order(notifications::id)
        .limit(at_most)
        .select((notifications::id, notifications::recipient_sealed, notifications::contents_sealed));
    let rows: Vec<(NotificationId, Vec<u8>, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let mut resealed = Resealed::default();
    for (id, recipient, contents) in &rows {
        let mut reseal = || {
            let recipient = again(tx, &outbox::sealing_place(*id, "recipient"), recipient)?;
            let contents = again(tx, &outbox::sealing_place(*id, "contents"), contents)?;
            let set =
                (notifications::recipient_sealed.eq(recipient), notifications::contents_sealed.eq(contents));
            diesel::update(notifications::table.find(id)).set(set).execute(tx.changing(Subject::Other)?)?;
            Ok(())
        };
        resealed.count(id.0, reseal())?;
    }
    Ok(resealed)
}

fn seeds(tx: &mut Tx<'_>, after: BatchId, at_most: i64) -> Result<Resealed, StoreError> {
    let is_old = is_under("ballot_seed_sealed", "<>", tx.keyring.current());
    let query = batches::table
        .filter(batches::id.gt(after).and(batches::ballot_seed_sealed.is_not_null()).and(is_old))
        .order(batches::id)
        .limit(at_most)
        .select((batches::id, batches::ballot_seed_sealed.assume_not_null()));
    let rows: Vec<(BatchId, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let mut resealed = Resealed::default();
    for (id, seed) in &rows {
        let mut reseal = || {
            let seed = again(tx, &ballot::sealing_place(*id), seed)?;
            diesel::update(batches::table.find(id))
                .set(batches::ballot_seed_sealed.eq(Some(seed)))
                .execute(tx.changing(Subject::Batch(*id))?)?;
            Ok(())
        };
        resealed.count(id.0, reseal())?;
    }
    Ok(resealed)
}

fn answers(tx: &mut Tx<'_>, after: AnyId, at_most: i64) -> Result<Resealed, StoreError> {
    let is_old = is_under("answer_sealed", "<>", tx.keyring.current());
    let query = idempotency_keys::table
        .filter(idempotency_keys::id.gt(after).and(is_old))
        .order(idempotency_keys::id)
        .limit(at_most)
        .select((idempotency_keys::id, idempotency_keys::answer_sealed));
    let rows: Vec<(AnyId, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let mut resealed = Resealed::default();
    for (id, answer) in &rows {
        let mut reseal = || {
            let answer = again(tx, &idempotency::sealing_place(id.0), answer)?;
            diesel::update(idempotency_keys::table.find(id))
                .set(idempotency_keys::answer_sealed.eq(answer))
                .execute(tx.changing(Subject::Other)?)?;
            Ok(())
        };
        resealed.count(id.0, reseal())?;
    }
    Ok(resealed)
}

/// A line of the journal.
pub type LineKey = (JournalKind, String, i32);

/// Reseals the words of the journal's next lines, in the order of kind, subject and number. Returns the last line that
/// was looked at (none: there are no more), and how many were resealed. Words that cannot be opened do not change;
/// `verify` reports them.
pub fn journal_words(
    tx: &mut Tx<'_>,
    after: Option<&LineKey>,
    at_most: i64,
) -> Result<(Option<LineKey>, usize), StoreError> {
    let mut query = lines::table
        .filter(lines::words_sealed.is_not_null())
        .order((lines::kind, lines::subject, lines::seq))
        .limit(at_most)
        .select((lines::kind, lines::subject, lines::seq, lines::words_sealed.assume_not_null()))
        .into_boxed();
    if let Some((kind, subject, seq)) = after {
        let later = lines::subject
            .gt(subject.clone())
            .or(lines::subject.eq(subject.clone()).and(lines::seq.gt(*seq)));
        query = query.filter(lines::kind.gt(kind).or(lines::kind.eq(kind).and(later)));
    }
    let rows: Vec<(JournalKind, String, i32, Vec<u8>)> = query.load(tx.conn()?)?;
    let last = rows.last().map(|(kind, subject, seq, _)| (*kind, subject.clone(), *seq));
    let current = tx.keyring.current();
    let mut moved = 0;
    for (kind, subject, seq, words) in rows {
        if keyring::key_of(&words) == Some(current) {
            continue;
        }
        let Ok(words) = again(tx, &journal::sealing_place(kind, &subject, seq), &words) else { continue };
        diesel::update(lines::table.find((kind.as_str(), &subject, seq)))
            .set(lines::words_sealed.eq(Some(words)))
            .execute(tx.changing(Subject::Other)?)?;
        moved += 1;
    }
    Ok((last, moved))
}

fn again(tx: &Tx<'_>, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(tx.keyring.seal(place, &tx.keyring.open(place, sealed)?)?)
}

/// Compares the key id that a sealed column names.
fn is_under(
    column: &str,
    operator: &str,
    key: KeyId,
) -> diesel::expression::UncheckedBind<
    SqlLiteral<Bool>,
    diesel::internal::derives::as_expression::Bound<Binary, Vec<u8>>,
> {
    sql::<Bool>(&format!("substr({column}, 2, 4) {operator} ")).bind::<Binary, _>(key.bytes().to_vec())
}

/// The values directly under a master key: case keys, other columns.
pub fn count(tx: &mut Tx<'_>, key: KeyId) -> Result<(i64, i64), StoreError> {
    let keys =
        case_keys::table.filter(case_keys::master_key.eq(key.to_string())).count().get_result(tx.conn()?)?;
    let messages = notifications::table
        .filter(notifications::application_id.is_null().and(is_under("recipient_sealed", "=", key)))
        .count();
    let messages: i64 = on_either!(tx.conn()?, |conn| messages.get_result(conn))?;
    let seeds = batches::table
        .filter(batches::ballot_seed_sealed.is_not_null().and(is_under("ballot_seed_sealed", "=", key)))
        .count();
    let seeds: i64 = on_either!(tx.conn()?, |conn| seeds.get_result(conn))?;
    let answers = idempotency_keys::table.filter(is_under("answer_sealed", "=", key)).count();
    let answers: i64 = on_either!(tx.conn()?, |conn| answers.get_result(conn))?;
    let words = lines::table
        .filter(lines::words_sealed.is_not_null().and(is_under("words_sealed", "=", key)))
        .count();
    let words: i64 = on_either!(tx.conn()?, |conn| words.get_result(conn))?;
    Ok((keys, messages + seeds + answers + words))
}
