//! Erasing a case: its key, and the plain columns about the person. The chain of events stays valid, because it covers
//! the digests of the words and not the words.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx, case_key,
    dialect::locked,
    evidence::NO_HASH,
    files_to_remove, idempotency, journey_check,
    schema::{applications, delivery_attempts, events, evidence, findings, notifications},
    tx::Subject,
    types::At,
};
use crate::domain::{
    delivery::DeliveryState,
    ids::{ApplicationId, NotificationId},
};

/// Erases the case. Sealed values are blanked too, in case one is still sealed under a master key. Its files are
/// removed after the commit (`files_to_remove.rs`).
pub fn erase(tx: &mut Tx<'_>, case: ApplicationId, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(applications::table.find(case))
        .set((
            applications::family_name.eq(""),
            applications::given_names.eq(""),
            applications::name_key.eq(""),
            applications::form_sealed.eq(ERASED),
            applications::document_hash.eq(None::<Vec<u8>>),
            applications::live_document_hash.eq(None::<Vec<u8>>),
        ))
        .execute(tx.changing(Subject::Case(case))?)?;
    diesel::update(events::table.filter(events::application_id.eq(case)))
        .set(events::words_sealed.eq(None::<Vec<u8>>))
        .execute(tx.changing(Subject::Case(case))?)?;
    diesel::update(
        evidence::table.filter(evidence::application_id.eq(case).and(evidence::removed_at.is_null())),
    )
    .set(evidence::removed_at.eq(Some(At(now))))
    .execute(tx.changing(Subject::Evidence(case))?)?;
    diesel::update(findings::table.filter(findings::application_id.eq(case)))
        .set(findings::values_sealed.eq(None::<Vec<u8>>))
        .execute(tx.changing(Subject::Case(case))?)?;
    journey_check::set(tx, case, None)?;
    files_to_remove::add_of_case(tx, case, now)?;
    // The step before finds the files by these columns, so they are cleared after it.
    diesel::update(evidence::table.filter(evidence::application_id.eq(case)))
        .set((
            evidence::file_name.eq(""),
            evidence::sha256.eq(NO_HASH),
            evidence::file_key_sealed.eq(None::<Vec<u8>>),
        ))
        .execute(tx.changing(Subject::Evidence(case))?)?;
    erase_messages(tx, case)?;
    idempotency::delete_about(tx, case)?;
    case_key::delete(tx, case)
}

/// The value of a sealed column of an erased case.
pub(super) const ERASED: &[u8] = &[];

/// Drops what was not sent, and blanks what was.
fn erase_messages(tx: &mut Tx<'_>, case: ApplicationId) -> Result<(), StoreError> {
    let of_case = notifications::application_id.eq(Some(case));
    let not_sent = notifications::table
        .filter(of_case.and(notifications::state.ne(DeliveryState::Sent)))
        .order(notifications::id)
        .select(notifications::id);
    // Locked, because a worker may be recording an attempt.
    let not_sent: Vec<NotificationId> = locked!(tx.conn()?, not_sent, for_update(), load)?;
    diesel::delete(
        delivery_attempts::table.filter(delivery_attempts::notification_id.eq_any(not_sent.clone())),
    )
    .execute(tx.changing(Subject::Case(case))?)?;
    diesel::delete(notifications::table.filter(notifications::id.eq_any(not_sent)))
        .execute(tx.changing(Subject::Case(case))?)?;
    diesel::update(notifications::table.filter(of_case))
        .set((notifications::recipient_sealed.eq(ERASED), notifications::contents_sealed.eq(ERASED)))
        .execute(tx.changing(Subject::Case(case))?)?;
    Ok(())
}
