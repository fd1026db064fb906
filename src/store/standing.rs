//! The values of many cases that the digests of events cover. For the audit, and for closing the histories from before
//! there were keys.

use std::collections::BTreeMap;

use super::{StoreError, Tx, application, authorization, evidence, finding, ledger};
use crate::domain::{
    authorization::Authorization,
    case::Case,
    evidence::Evidence,
    finding::Finding,
    ids::ApplicationId,
    quota::{CountedUnder, Place},
    standing::Standing,
};

/// The values of one case. Its form is not opened: it has the names only.
#[derive(Debug)]
pub struct Stands {
    /// The case.
    pub case: Case,
    papers: Vec<Evidence>,
    findings: Vec<Finding>,
    counted_under: Option<CountedUnder>,
    authorization: Option<Authorization>,
}

impl Stands {
    /// As the digest covers it.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            case: &self.case,
            papers: &self.papers,
            findings: &self.findings,
            counted_under: self.counted_under.as_ref(),
            authorization: self.authorization.as_ref(),
        }
    }
}

/// The values of these cases, in the order of their ids.
pub fn of_cases(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<Vec<Stands>, StoreError> {
    let mut papers = by_case(evidence::of_cases(tx, ids)?);
    let mut findings = by_case(finding::of_cases(tx, ids)?);
    let mut places = ledger::counted_under_of(tx, ids)?;
    // The newest of a case comes last and stays.
    let authorizations = authorization::of_cases(tx, ids)?;
    let mut authorizations: BTreeMap<ApplicationId, Authorization> =
        authorizations.into_iter().map(|held| (held.application, held)).collect();
    let stands = application::unopened(tx, ids)?.into_iter().map(|case| Stands {
        papers: papers.remove(&case.id).unwrap_or_default(),
        findings: findings.remove(&case.id).unwrap_or_default(),
        counted_under: places.remove(&case.id).filter(|_| case.place != Place::None),
        authorization: authorizations.remove(&case.id).filter(|_| case.state.is_past_approval()),
        case,
    });
    Ok(stands.collect())
}

fn by_case<T>(rows: Vec<(ApplicationId, T)>) -> BTreeMap<ApplicationId, Vec<T>> {
    let mut lists: BTreeMap<ApplicationId, Vec<T>> = BTreeMap::new();
    for (case, row) in rows {
        lists.entry(case).or_default().push(row);
    }
    lists
}
