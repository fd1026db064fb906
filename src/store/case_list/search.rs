//! Search by text. First the cases of a document with this number, which are few. Then the cases whose name begins with
//! the text, in the order of the names: in any other order, all of them would have to be sorted.

use diesel::prelude::*;

use super::{
    CaseFilter,
    conditions::{of_filter, visible, ways},
};
use crate::{
    domain::ids::ApplicationId,
    store::{StoreError, Tx, schema::applications},
};

/// At most `at_most` cases, after `filter.after`.
pub(super) fn find(
    tx: &mut Tx<'_>,
    filter: &CaseFilter,
    name: &str,
    documents: &[String],
    at_most: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let mut found = match (filter.after, documents) {
        (None, [_, ..]) => by_document(tx, filter, documents, at_most)?,
        _ => Vec::new(),
    };
    for id in by_name(tx, filter, name, at_most)? {
        if found.len() < at_most && !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

fn by_document(
    tx: &mut Tx<'_>,
    filter: &CaseFilter,
    documents: &[String],
    at_most: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let hashes: Vec<Vec<u8>> =
        documents.iter().flat_map(|document| tx.keyring.lookup_hashes(document)).collect();
    let mut query = applications::table
        .filter(applications::document_hash.eq_any(hashes))
        .filter(visible(&filter.visible))
        .select(applications::id)
        .limit(i64::try_from(at_most).unwrap_or(i64::MAX))
        .into_boxed();
    for condition in of_filter(filter) {
        query = query.filter(condition);
    }
    let mut found: Vec<ApplicationId> = query.load(tx.conn()?)?;
    found.sort_by_key(|id| std::cmp::Reverse(id.0));
    Ok(found)
}

fn by_name(
    tx: &mut Tx<'_>,
    filter: &CaseFilter,
    name: &str,
    at_most: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let last = match filter.after {
        Some((_, id)) => name_of(tx, id)?.map(|name| (name, id)),
        None => None,
    };
    let mut found: Vec<(String, ApplicationId)> = Vec::new();
    for way in ways(&filter.visible) {
        let mut query = applications::table
            .filter(
                applications::name_key.ge(name).and(applications::name_key.lt(format!("{name}\u{10FFFF}"))),
            )
            .filter(way)
            .order((applications::name_key, applications::id))
            .select((applications::name_key, applications::id))
            .limit(i64::try_from(at_most).unwrap_or(i64::MAX))
            .into_boxed();
        for condition in of_filter(filter) {
            query = query.filter(condition);
        }
        if let Some((last, id)) = last.clone() {
            let later = applications::name_key.gt(last.clone()).or(applications::id.gt(id));
            query = query.filter(applications::name_key.ge(last).and(later));
        }
        found.extend(query.load::<(String, ApplicationId)>(tx.conn()?)?);
    }
    found.sort_by(|one, other| (&one.0, one.1.0).cmp(&(&other.0, other.1.0)));
    found.dedup();
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

fn name_of(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<String>, StoreError> {
    Ok(applications::table.find(id).select(applications::name_key).first(tx.conn()?).optional()?)
}
