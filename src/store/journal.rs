//! The journal: lines are appended and read. No function here changes or deletes one.
//!
//! The functions that write a row of a journaled table (`organisation.rs`, `account.rs`, `api_client.rs`,
//! `programme.rs`) call [`record`], which derives the line from the row before and after. So no use case can change
//! such a row without its line. To journal another table: a variant of `JournalKind`, an entry of its row, and its
//! rows in [`entries_after`].

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx, account, api_client,
    dialect::on_either,
    organisation, programme,
    schema::journal,
    tx::Subject,
    types::{AnyId, At},
};
use crate::{
    digest,
    domain::{
        actor::Actor,
        event::GENESIS,
        ids::OrganisationId,
        journal::{AuditedLine, JournalAction, JournalChange, JournalEntry, JournalKind, JournalLine},
    },
    keyring::{KeyError, KeyId, Keyring},
    random,
};

mod listing;

pub use listing::{Range, batch_lines, labels, lines};

/// Who changes a row, and when.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub at: Timestamp,
}

/// The end of a chain: the number and the hash of its last line.
struct End {
    seq: i32,
    hash: Vec<u8>,
}

/// Appends the line of a change. `before` are the subject's entries before the change, the current one last; there are
/// none if it is new. A subject that is older than its journal gets the lines that state what was found first.
pub(super) fn record(
    tx: &mut Tx<'_>,
    action: JournalAction,
    by: By<'_>,
    before: &[JournalEntry],
    after: &JournalEntry,
) -> Result<(), StoreError> {
    let end = begin_at(tx, before, by.at)?;
    append(tx, end, (action, by), before.last(), after).map(drop)
}

/// Begins the journal of a subject that has none, with lines that state what was found. `found` are its entries, the
/// current one last.
pub fn begin(tx: &mut Tx<'_>, found: &[JournalEntry], now: Timestamp) -> Result<(), StoreError> {
    begin_at(tx, found, now).map(drop)
}

fn begin_at(tx: &mut Tx<'_>, found: &[JournalEntry], at: Timestamp) -> Result<End, StoreError> {
    let genesis = End { seq: 0, hash: GENESIS.to_vec() };
    let Some(current) = found.last() else { return Ok(genesis) };
    if let Some(end) = end_of(tx, current.kind, &current.subject)? {
        return Ok(end);
    }
    let system = Actor::system();
    let by = (JournalAction::Found, By { actor: &system, at });
    let (mut end, mut before) = (genesis, None);
    for entry in found {
        end = append(tx, end, by, before, entry)?;
        before = Some(entry);
    }
    Ok(end)
}

fn end_of(tx: &mut Tx<'_>, kind: JournalKind, subject: &str) -> Result<Option<End>, StoreError> {
    let last: Option<(i32, Vec<u8>)> = journal::table
        .filter(journal::kind.eq(kind).and(journal::subject.eq(subject)))
        .order(journal::seq.desc())
        .select((journal::seq, journal::hash))
        .first(tx.conn()?)
        .optional()?;
    Ok(last.map(|(seq, hash)| End { seq, hash }))
}

/// Appends one line, if there is a difference.
fn append(
    tx: &mut Tx<'_>,
    end: End,
    (action, by): (JournalAction, By<'_>),
    before: Option<&JournalEntry>,
    after: &JournalEntry,
) -> Result<End, StoreError> {
    let (changes, words) = after.changes_since(before);
    if changes.is_empty() && words.is_empty() {
        return Ok(end);
    }
    let mut line = JournalLine {
        kind: after.kind,
        subject: after.subject.clone(),
        seq: end.seq + 1,
        at: by.at,
        actor_kind: by.actor.identity.kind().to_owned(),
        actor: by.actor.identity.id(),
        actor_organisation: by.actor.organisation_id(),
        organisation: after.organisation,
        action,
        changes,
        words: Some(words).filter(|words| !words.is_empty()),
        words_digest: None,
        previous_hash: end.hash,
        hash_key: tx.keyring.history_key(),
        hash: Vec::new(),
    };
    let sealed = seal_words(tx.keyring, &mut line)?;
    let changes = to_json(&line.changes)?;
    line.hash = tx.keyring.history_hash(&line.hash_key, &line.hashed_bytes(&changes))?;
    insert(tx, &line, &changes, sealed)?;
    Ok(End { seq: line.seq, hash: line.hash })
}

/// Seals the words, and sets their digest. They are sealed with a salt, so that nobody can guess them by their digest.
fn seal_words(keyring: &Keyring, line: &mut JournalLine) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(words) = &line.words else { return Ok(None) };
    let salt = digest::hex(&random::bytes::<16>());
    let plain = to_json(&(salt, words))?.into_bytes();
    line.words_digest = Some(digest::sha256(&plain));
    let place = sealing_place(line.kind, &line.subject, line.seq);
    Ok(Some(keyring.seal(&place, &plain)?))
}

pub(super) fn sealing_place(kind: JournalKind, subject: &str, seq: i32) -> String {
    format!("journal/{kind}/{subject}/{seq}/words")
}

fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Broken(e.to_string()))
}

fn insert(
    tx: &mut Tx<'_>,
    line: &JournalLine,
    changes: &str,
    sealed: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let inserted = diesel::insert_into(journal::table)
        .values((
            journal::kind.eq(line.kind),
            journal::subject.eq(&line.subject),
            journal::seq.eq(line.seq),
            journal::at.eq(At(line.at)),
            journal::actor_kind.eq(&line.actor_kind),
            journal::actor_id.eq(line.actor.map(AnyId)),
            journal::actor_organisation_id.eq(line.actor_organisation),
            journal::organisation_id.eq(line.organisation),
            journal::action.eq(line.action),
            journal::changes.eq(changes),
            journal::words_sealed.eq(sealed),
            journal::words_digest.eq(&line.words_digest),
            journal::previous_hash.eq(&line.previous_hash),
            journal::hash.eq(&line.hash),
            journal::hash_key.eq(&line.hash_key),
        ))
        .execute(tx.changing(Subject::Other)?);
    match inserted.map_err(StoreError::from) {
        // Another transaction has appended to the same chain.
        Err(StoreError::Duplicate(_)) => Err(StoreError::Raced),
        inserted => inserted.map(drop),
    }
}

#[derive(Queryable)]
struct Row {
    kind: JournalKind,
    subject: String,
    seq: i32,
    at: At,
    actor_kind: String,
    actor_id: Option<AnyId>,
    actor_organisation_id: Option<OrganisationId>,
    organisation_id: Option<OrganisationId>,
    action: JournalAction,
    changes: String,
    words_sealed: Option<Vec<u8>>,
    words_digest: Option<Vec<u8>>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
    hash_key: String,
}

/// A line with everything that an audit compares.
fn audited(keyring: &Keyring, row: Row) -> Result<AuditedLine, StoreError> {
    let changes = row.changes.clone();
    let (line, words) = into_line(keyring, row)?;
    let (words_fit, missing) = match words {
        Words::Fit => (true, None),
        Words::Changed => (false, None),
        Words::KeyMissing(key) => (true, Some(key.to_string())),
    };
    let mut missing_keys: Vec<String> = missing.into_iter().collect();
    let hash_fits = match keyring.history_hash(&line.hash_key, &line.hashed_bytes(&changes)) {
        Err(KeyError::Sealed(_)) => false,
        Err(KeyError::MissingMasterKey { key, .. }) => {
            missing_keys.push(key.to_string());
            true
        }
        hash => hash? == line.hash,
    };
    Ok(AuditedLine { line, hash_fits, words_fit, missing_keys })
}

/// Whether the words of a line have their digest.
enum Words {
    Fit,
    /// They are changed, were removed, or cannot be opened.
    Changed,
    /// They cannot be opened without this key.
    KeyMissing(KeyId),
}

/// A line, and whether its words have their digest.
fn into_line(keyring: &Keyring, row: Row) -> Result<(JournalLine, Words), StoreError> {
    let place = sealing_place(row.kind, &row.subject, row.seq);
    let (words, state) = match row.words_sealed.map(|sealed| keyring.open(&place, &sealed)) {
        None if row.words_digest.is_none() => (None, Words::Fit),
        None | Some(Err(KeyError::Sealed(_))) => (None, Words::Changed),
        Some(Ok(plain)) => {
            let read: Option<(String, Vec<JournalChange>)> = serde_json::from_slice(&plain).ok();
            let fit = row.words_digest == Some(digest::sha256(&plain));
            (read.map(|(_, words)| words), if fit { Words::Fit } else { Words::Changed })
        }
        Some(Err(KeyError::MissingMasterKey { key, .. })) => (None, Words::KeyMissing(key)),
        Some(Err(error)) => return Err(error.into()),
    };
    let changes = serde_json::from_str(&row.changes).map_err(|e| {
        let line = format!("{}/{}/{}", row.kind, row.subject, row.seq);
        StoreError::Unreadable(format!("the changes of the journal's line {line}: {e}"))
    })?;
    let line = JournalLine {
        kind: row.kind,
        subject: row.subject,
        seq: row.seq,
        at: row.at.0,
        actor_kind: row.actor_kind,
        actor: row.actor_id.map(|id| id.0),
        actor_organisation: row.actor_organisation_id,
        organisation: row.organisation_id,
        action: row.action,
        changes,
        words,
        words_digest: row.words_digest,
        previous_hash: row.previous_hash,
        hash_key: row.hash_key,
        hash: row.hash,
    };
    Ok((line, state))
}

/// Whether a line is hashed with this key.
pub fn has_lines_under(tx: &mut Tx<'_>, key: &str) -> Result<bool, StoreError> {
    let any = diesel::select(diesel::dsl::exists(journal::table.filter(journal::hash_key.eq(key))));
    Ok(on_either!(tx.conn()?, |conn| any.get_result(conn))?)
}

/// The lines of the subjects of a kind after `after`, up to and including `until` (none: to the last), each chain in
/// its order.
pub fn between(
    tx: &mut Tx<'_>,
    kind: JournalKind,
    after: Option<&str>,
    until: Option<&str>,
) -> Result<Vec<AuditedLine>, StoreError> {
    let mut query =
        journal::table.filter(journal::kind.eq(kind)).order((journal::subject, journal::seq)).into_boxed();
    if let Some(after) = after {
        query = query.filter(journal::subject.gt(after.to_owned()));
    }
    if let Some(until) = until {
        query = query.filter(journal::subject.le(until.to_owned()));
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    rows.into_iter().map(|row| audited(tx.keyring, row)).collect()
}

/// The next subjects of a kind after `after`, in the order of subjects, each with its entries, the current one last.
/// There are few programmes: all are returned at once.
pub fn entries_after(
    tx: &mut Tx<'_>,
    kind: JournalKind,
    after: Option<&str>,
    at_most: i64,
) -> Result<Vec<Vec<JournalEntry>>, StoreError> {
    match kind {
        JournalKind::Batch => Ok(Vec::new()),
        JournalKind::Programme if after.is_some() => Ok(Vec::new()),
        JournalKind::Programme => programme::journal_entries(tx),
        JournalKind::Organisation => organisation::journal_entries(tx, id_of(after)?, at_most),
        JournalKind::Account => account::journal_entries(tx, id_of(after)?, at_most),
        JournalKind::Client => api_client::journal_entries(tx, id_of(after)?, at_most),
    }
}

fn id_of<T: std::str::FromStr>(subject: Option<&str>) -> Result<Option<T>, StoreError> {
    let parsed = subject.map(str::parse).transpose();
    parsed.map_err(|_| StoreError::Broken(format!("{} is no id", subject.unwrap_or_default())))
}
