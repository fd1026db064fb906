//! Programmes by version. A version never changes, so it is parsed once and cached.

use std::sync::Arc;

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    dialect::on_either,
    journal::{self, By},
    schema::programmes,
    tx::Subject,
    types::At,
};
use crate::{
    digest,
    domain::{
        journal::{JournalAction, JournalEntry, JournalKind, JournalValue},
        programme::Programme,
    },
};

/// One version of a programme.
pub fn version(tx: &mut Tx<'_>, code: &str, version: i32) -> Result<Option<Arc<Programme>>, StoreError> {
    if let Some(programme) = tx.programmes.get(code, version) {
        return Ok(Some(programme));
    }
    let document: Option<String> =
        programmes::table.find((code, version)).select(programmes::document).first(tx.conn()?).optional()?;
    let Some(document) = document else { return Ok(None) };
    let programme: Programme = serde_json::from_str(&document)
        .map_err(|e| StoreError::Unreadable(format!("programme {code} version {version}: {e}")))?;
    let programme = Arc::new(programme);
    tx.programmes.insert(code, version, Arc::clone(&programme));
    Ok(Some(programme))
}

/// The newest version of a programme.
pub fn newest(tx: &mut Tx<'_>, code: &str) -> Result<Option<Arc<Programme>>, StoreError> {
    let newest: Option<i32> = programmes::table
        .filter(programmes::code.eq(code))
        .select(diesel::dsl::max(programmes::version))
        .first(tx.conn()?)?;
    newest.map_or(Ok(None), |number| version(tx, code, number))
}

/// The newest version of every programme, by code. There are few programmes: they are arrangements between countries.
pub fn all_newest(tx: &mut Tx<'_>) -> Result<Vec<Arc<Programme>>, StoreError> {
    let mut all: Vec<Arc<Programme>> = Vec::new();
    for programme in all_versions(tx)? {
        match all.last_mut() {
            Some(last) if last.code == programme.code => *last = programme,
            _ => all.push(programme),
        }
    }
    Ok(all)
}

/// Every version of every programme, by code and version.
pub fn all_versions(tx: &mut Tx<'_>) -> Result<Vec<Arc<Programme>>, StoreError> {
    let query = programmes::table
        .select((programmes::code, programmes::version))
        .order((programmes::code, programmes::version));
    let keys: Vec<(String, i32)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let mut all = Vec::with_capacity(keys.len());
    for (code, number) in keys {
        all.extend(version(tx, &code, number)?);
    }
    Ok(all)
}

/// Adds a version, with its line in the journal. If two are added at once, the primary key refuses the second.
pub fn insert(tx: &mut Tx<'_>, programme: &Programme, by: By<'_>) -> Result<(), StoreError> {
    let before = versions(tx, Some(&programme.code))?;
    let document = serde_json::to_string(programme).map_err(|e| StoreError::Broken(e.to_string()))?;
    let after = journal_entry(&programme.code, programme.version, &document);
    diesel::insert_into(programmes::table)
        .values((
            programmes::code.eq(&programme.code),
            programmes::version.eq(programme.version),
            programmes::document.eq(document),
            programmes::created_at.eq(At(by.at)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    let action = if before.is_empty() { JournalAction::Create } else { JournalAction::ApplyVersion };
    journal::record(tx, action, by, &before, &after)
}

/// The journal's entry of a version.
fn journal_entry(code: &str, version: i32, document: &str) -> JournalEntry {
    JournalEntry {
        kind: JournalKind::Programme,
        subject: code.to_owned(),
        organisation: None,
        values: vec![
            JournalValue::plain("version", Some(version.to_string())),
            JournalValue::plain("document_digest", Some(digest::hex(&digest::sha256(document.as_bytes())))),
        ],
    }
}

/// The journal's entry of each version, by code and version.
fn versions(tx: &mut Tx<'_>, code: Option<&str>) -> Result<Vec<JournalEntry>, StoreError> {
    let mut query = programmes::table
        .select((programmes::code, programmes::version, programmes::document))
        .order((programmes::code, programmes::version))
        .into_boxed();
    if let Some(code) = code {
        query = query.filter(programmes::code.eq(code.to_owned()));
    }
    let rows: Vec<(String, i32, String)> = query.load(tx.conn()?)?;
    Ok(rows.iter().map(|(code, version, document)| journal_entry(code, *version, document)).collect())
}

/// The journal's entries of every programme: one for each version.
pub(super) fn journal_entries(tx: &mut Tx<'_>) -> Result<Vec<Vec<JournalEntry>>, StoreError> {
    let all = versions(tx, None)?;
    Ok(all.chunk_by(|one, next| one.subject == next.subject).map(<[_]>::to_vec).collect())
}
