//! Other cases with the same travel document.

use diesel::prelude::*;

use crate::{
    domain::{case::Case, lifecycle::State, screening::OtherCases},
    store::{
        StoreError, Tx,
        dialect::{self, on_either},
        schema::{applications, master_keys},
        types::At,
    },
};

/// What other cases say about the travel document of this one. Hashes are compared under every key of the file: while
/// the keys are rotated, the unique constraint sees those of one version only. Instances may disagree on the version
/// for a moment, so the document is locked until the transaction ends.
pub fn others_with_document(tx: &mut Tx<'_>, case: &Case) -> Result<OtherCases, StoreError> {
    let mut others = OtherCases::default();
    let Some(identity) = case.form.document_identity() else { return Ok(others) };
    dialect::lock_document(tx.conn_for_cases()?, &format!("{} {identity}", case.programme))?;
    // Two hashes at a time: SQLite plans a condition on a list again each time. The oldest hashes first: a rotation
    // replaces an older hash with a newer one, so no case is missed between two statements.
    for hashes in tx.keyring.lookup_hashes(&identity).rchunks(2) {
        let (Some(one), Some(other)) = (hashes.first(), hashes.last()) else { continue };
        let same_document = || {
            let has_hash = applications::document_hash.eq(one).or(applications::document_hash.eq(other));
            applications::table.filter(has_hash.and(applications::id.ne(case.id)))
        };
        // By the index of the unique constraint.
        let has_live_hash =
            applications::live_document_hash.eq(one).or(applications::live_document_hash.eq(other));
        let live_here = applications::table
            .filter(applications::programme_code.eq(&case.programme).and(has_live_hash))
            .filter(applications::id.ne(case.id));
        let newest = diesel::dsl::max(applications::created_at);
        let live_elsewhere = same_document()
            .filter(applications::programme_code.ne(&case.programme))
            .filter(applications::live_document_hash.is_not_null());
        let is_refused = applications::state.eq(State::Refused).or(applications::state.eq(State::Revoked));
        let current_key =
            master_keys::table.order(master_keys::version.desc()).select(master_keys::id).limit(1);
        let query = diesel::select((
            diesel::dsl::exists(live_here),
            live_elsewhere.select(newest).single_value(),
            same_document().filter(is_refused).select(newest).single_value(),
            current_key.single_value(),
        ));
        let found: (bool, Option<At>, Option<At>, Option<String>) =
            on_either!(tx.conn_for_cases()?, |conn| query.get_result(conn))?;
        let (live_here, live_elsewhere, refused_before, current_key) = found;
        if let Some(key) = current_key.and_then(|id| id.parse().ok()).filter(|key| !tx.keyring.has(*key)) {
            // Another instance may have written a hash that is not among these.
            tx.keyring.require(key)?;
            return Err(StoreError::Raced);
        }
        others.live_here |= live_here;
        others.live_elsewhere = others.live_elsewhere.max(live_elsewhere.map(|at| at.0));
        others.refused_before = others.refused_before.max(refused_before.map(|at| at.0));
    }
    Ok(others)
}
