//! The rows that belong to cases: lines of the ledger, documents, findings.

use diesel::prelude::*;

use crate::{
    domain::{
        finding::FindingCode,
        ids::{ApplicationId, EvidenceId},
    },
    store::{
        StoreError, Tx, case_key,
        ledger::Entry,
        schema::{evidence, findings, quota_entries},
        types::{AnyId, At},
    },
};

/// The lines of the ledger of these cases, by case and event.
pub fn ledger(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<crate::store::ledger::Row> = quota_entries::table
        .filter(quota_entries::application_id.eq_any(cases.to_vec()))
        .order((quota_entries::application_id, quota_entries::event_seq))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// A document, as far as the events name it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are columns")]
pub struct AuditedDocument {
    pub id: EvidenceId,
    pub case: ApplicationId,
    pub kind: String,
    pub is_removed: bool,
}

/// The documents of these cases, those that were removed too.
pub fn documents(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<AuditedDocument>, StoreError> {
    let rows: Vec<(EvidenceId, ApplicationId, String, Option<At>)> = evidence::table
        .filter(evidence::application_id.eq_any(cases))
        .select((evidence::id, evidence::application_id, evidence::kind, evidence::removed_at))
        .load(tx.conn()?)?;
    let document = |(id, case, kind, removed): (EvidenceId, ApplicationId, String, Option<At>)| {
        AuditedDocument { id, case, kind, is_removed: removed.is_some() }
    };
    Ok(rows.into_iter().map(document).collect())
}

/// A finding, as far as the events name it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are columns")]
pub struct AuditedFinding {
    pub case: ApplicationId,
    pub code: FindingCode,
    /// Whether an officer has settled it.
    pub is_settled: bool,
    /// Whether its sealed values open. None were stored by older versions.
    pub opens: bool,
}

/// The findings of these cases.
pub fn findings(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<AuditedFinding>, StoreError> {
    type Row = (crate::domain::ids::FindingId, ApplicationId, FindingCode, Option<AnyId>, Option<Vec<u8>>);
    let rows: Vec<Row> = findings::table
        .filter(findings::application_id.eq_any(cases))
        .select((
            findings::id,
            findings::application_id,
            findings::code,
            findings::resolved_by,
            findings::values_sealed,
        ))
        .load(tx.conn()?)?;
    case_key::prefetch(tx, cases)?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, case, code, settled, sealed) in rows {
        let place = crate::store::finding::sealing_place(id);
        let opens = super::sealed::opens(sealed, |sealed| case_key::open(tx, case, &place, sealed))?;
        found.push(AuditedFinding { case, code, is_settled: settled.is_some(), opens });
    }
    Ok(found)
}
