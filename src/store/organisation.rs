//! Organisations.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    dialect::load_any,
    journal::{self, By},
    schema::organisations,
    tx::Subject,
    types::At,
};
use crate::domain::{
    actor::OrganisationKind,
    ids::OrganisationId,
    journal::{JournalAction, JournalEntry, JournalKind, JournalValue},
};

/// An authority, a sponsor or a verifier.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Organisation {
    pub id: OrganisationId,
    pub code: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub territory: Option<String>,
}

impl Organisation {
    /// Its entry in the journal.
    fn journal_entry(&self) -> JournalEntry {
        let Self { id, code, name, kind, territory } = self;
        JournalEntry {
            kind: JournalKind::Organisation,
            subject: id.to_string(),
            organisation: Some(*id),
            values: vec![
                JournalValue::plain("code", Some(code.as_str())),
                JournalValue::plain("name", Some(name.as_str())),
                JournalValue::plain("kind", Some(kind.as_str())),
                JournalValue::plain("territory", territory.as_deref()),
            ],
        }
    }
}

const COLUMNS: (
    organisations::id,
    organisations::code,
    organisations::name,
    organisations::kind,
    organisations::territory,
) = (
    organisations::id,
    organisations::code,
    organisations::name,
    organisations::kind,
    organisations::territory,
);

/// The organisation with this code.
pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Organisation>, StoreError> {
    Ok(organisations::table
        .filter(organisations::code.eq(code))
        .select(COLUMNS)
        .first(tx.conn()?)
        .optional()?)
}

/// The organisation with this id.
pub fn by_id(tx: &mut Tx<'_>, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    Ok(organisations::table.find(id).select(COLUMNS).first(tx.conn()?).optional()?)
}

/// The codes of the organisations with these ids.
pub fn codes_of(
    tx: &mut Tx<'_>,
    ids: &[OrganisationId],
) -> Result<Vec<(OrganisationId, String)>, StoreError> {
    let codes = organisations::table.select((organisations::id, organisations::code));
    Ok(load_any!(tx.conn()?, codes, organisations::id, ids))
}

/// Organisations by code, after `after`.
pub fn list(tx: &mut Tx<'_>, after: Option<&str>, at_most: i64) -> Result<Vec<Organisation>, StoreError> {
    let mut query =
        organisations::table.select(COLUMNS).order(organisations::code).limit(at_most).into_boxed();
    if let Some(after) = after {
        query = query.filter(organisations::code.gt(after.to_owned()));
    }
    Ok(query.load(tx.conn()?)?)
}

/// Adds an organisation, with its line in the journal.
pub fn insert(tx: &mut Tx<'_>, new: &Organisation, by: By<'_>) -> Result<(), StoreError> {
    diesel::insert_into(organisations::table)
        .values((
            organisations::id.eq(new.id),
            organisations::code.eq(&new.code),
            organisations::name.eq(&new.name),
            organisations::kind.eq(new.kind),
            organisations::territory.eq(&new.territory),
            organisations::created_at.eq(At(by.at)),
        ))
        .execute(tx.changing(Subject::Organisation(new.id))?)?;
    journal::record(tx, JournalAction::Create, by, &[], &new.journal_entry())
}

/// The journal's entries of the next organisations, in the order of their ids.
pub(super) fn journal_entries(
    tx: &mut Tx<'_>,
    after: Option<OrganisationId>,
    at_most: i64,
) -> Result<Vec<Vec<JournalEntry>>, StoreError> {
    let mut query = organisations::table.select(COLUMNS).order(organisations::id).limit(at_most).into_boxed();
    if let Some(after) = after {
        query = query.filter(organisations::id.gt(after));
    }
    let rows: Vec<Organisation> = query.load(tx.conn()?)?;
    Ok(rows.iter().map(|row| vec![row.journal_entry()]).collect())
}
