//! Organisations.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{StoreError, Tx, dialect::load_any, schema::organisations, tx::Subject, types::At};
use crate::{
    domain::{actor::OrganisationKind, ids::OrganisationId},
    random,
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

/// Adds an organisation.
pub fn create(
    tx: &mut Tx<'_>,
    code: &str,
    name: &str,
    kind: OrganisationKind,
    territory: Option<&str>,
    now: Timestamp,
) -> Result<Organisation, StoreError> {
    let id = OrganisationId(random::id());
    diesel::insert_into(organisations::table)
        .values((
            organisations::id.eq(id),
            organisations::code.eq(code),
            organisations::name.eq(name),
            organisations::kind.eq(kind),
            organisations::territory.eq(territory),
            organisations::created_at.eq(At(now)),
        ))
        .execute(tx.changing(Subject::Organisation(id))?)?;
    Ok(Organisation { id, code: code.into(), name: name.into(), kind, territory: territory.map(Into::into) })
}
