//! Listings of cases: what this actor may see, narrowed by what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        actor::{Actor, Role},
        batch::Batch,
        form,
        ids::BatchId,
        lifecycle::State,
        reference,
    },
    store::{
        self, Tx,
        case_list::{Assignee, CaseFilter, CaseLine, Jurisdiction, Key, Search, Sort, Visible},
    },
    workflow::WorkflowError,
};

/// What an actor asks to see.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are the words of the API")]
pub struct Wanted {
    pub programme: Option<String>,
    pub batch: Option<BatchId>,
    pub states: Vec<State>,
    pub stage: Option<String>,
    pub direction: Option<String>,
    pub assignee: Option<Assignee>,
    /// A sponsor's organisation code.
    pub sponsor: Option<String>,
    /// As typed: a reference, the beginning of a name, or a document's number.
    pub q: Option<String>,
    pub sort: Option<Sort>,
    pub after: Option<Key>,
    /// Officers: only what is at a stage of their own authority.
    pub at_own_stages: bool,
}

/// A page of cases, and where the next one begins.
#[derive(Clone, Debug)]
pub struct CasePage {
    /// The lines.
    pub lines: Vec<CaseLine>,
    /// Where to go on; none if this was the last page.
    pub next: Option<Key>,
}

/// At most `at_most` cases.
pub fn list_cases(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wanted: &Wanted,
    at_most: usize,
) -> Result<CasePage, WorkflowError> {
    let filter = filter(tx, actor, wanted)?;
    page(tx, &filter, at_most)
}

fn page(tx: &mut Tx<'_>, filter: &CaseFilter, at_most: usize) -> Result<CasePage, WorkflowError> {
    let mut lines = store::case_list::list(tx, filter, at_most + 1)?;
    let next = (lines.len() > at_most).then(|| {
        lines.truncate(at_most);
        lines.last().map(|line| filter.key_of(line))
    });
    Ok(CasePage { lines, next: next.flatten() })
}

/// At most so many of the actor's own cases: those that it applies with, sponsors or entered.
pub fn list_own_cases(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wanted: &Wanted,
    at_most: usize,
) -> Result<CasePage, WorkflowError> {
    let filter = CaseFilter { visible: side(actor), ..filter(tx, actor, wanted)? };
    page(tx, &filter, at_most)
}

/// How many cases there are, counted up to `at_most`.
pub fn count_cases(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wanted: &Wanted,
    at_most: usize,
) -> Result<usize, WorkflowError> {
    let filter = filter(tx, actor, wanted)?;
    Ok(store::case_list::count(tx, &filter, at_most)?)
}

fn filter(tx: &mut Tx<'_>, actor: &Actor, wanted: &Wanted) -> Result<CaseFilter, WorkflowError> {
    let visible = visible(tx, actor)?;
    let seats = if wanted.at_own_stages { own_seats(tx, actor)? } else { Vec::new() };
    let sponsor = match &wanted.sponsor {
        Some(code) => store::organisation::by_code(tx, code)?.map(|organisation| organisation.id),
        None => None,
    };
    if (wanted.at_own_stages && seats.is_empty()) || (wanted.sponsor.is_some() && sponsor.is_none()) {
        return Ok(CaseFilter::of(Visible::Nothing));
    }
    Ok(CaseFilter {
        programme: wanted.programme.clone(),
        batch: wanted.batch,
        states: wanted.states.clone(),
        at_stages: seats,
        stage: wanted.stage.clone(),
        direction: wanted.direction.clone(),
        assignee: wanted.assignee,
        sponsor,
        search: wanted.q.as_deref().map(str::trim).filter(|q| !q.is_empty()).map(understand),
        sort: wanted.sort.unwrap_or(Sort::Updated),
        after: wanted.after,
        ..CaseFilter::of(visible)
    })
}

/// Whose cases the actor may see in a listing: the same as [`crate::domain::case::Dossier::is_visible_to`], as a set.
fn visible(tx: &mut Tx<'_>, actor: &Actor) -> Result<Visible, WorkflowError> {
    let reviews = [Role::Officer, Role::Supervisor, Role::BatchManager].iter().any(|role| actor.is(*role));
    let side = side(actor);
    if !reviews && !actor.is(Role::Auditor) {
        return Ok(side);
    }
    let mut jurisdictions = jurisdictions(tx)?;
    if !actor.is(Role::Auditor) {
        let seats = seats(tx, actor)?;
        let has_a_seat = |each: &Jurisdiction| {
            seats.iter().any(|(code, _, direction)| *code == each.programme && *direction == each.direction)
        };
        jurisdictions.retain(has_a_seat);
    }
    Ok(match (Visible::Reviewed(jurisdictions), side) {
        (reviewed, Visible::Nothing) => reviewed,
        (reviewed, side) => Visible::Any(vec![reviewed, side]),
    })
}

/// Every programme in every direction, with the stages that any version of it has.
fn jurisdictions(tx: &mut Tx<'_>) -> Result<Vec<Jurisdiction>, WorkflowError> {
    let mut stages: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for programme in store::programme::all_versions(tx)? {
        for direction in &programme.directions {
            let known = stages.entry((programme.code.clone(), direction.clone())).or_default();
            known.extend(programme.stages.iter().map(|stage| stage.code.clone()));
        }
    }
    let each = stages.into_iter();
    Ok(each
        .map(|((programme, direction), stages)| Jurisdiction {
            programme,
            direction,
            stages: stages.into_iter().collect(),
        })
        .collect())
}

fn side(actor: &Actor) -> Visible {
    let account = actor.account().filter(|_| actor.is(Role::Applicant));
    let organisation = actor.organisation_id().filter(|_| actor.is(Role::Sponsor));
    match (account, organisation) {
        (None, None) => Visible::Nothing,
        _ => Visible::Side { account, organisation },
    }
}

fn own_seats(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<(String, String)>, WorkflowError> {
    Ok(seats(tx, actor)?.into_iter().map(|(_, stage, direction)| (stage, direction)).collect())
}

/// Programme, stage and direction of every desk of the actor's authority, in any version of any programme.
fn seats(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<(String, String, String)>, WorkflowError> {
    let Some(own) = &actor.organisation else { return Ok(Vec::new()) };
    let mut seats = Vec::new();
    for programme in store::programme::all_versions(tx)? {
        for stage in &programme.stages {
            for (direction, _) in stage.authority.iter().filter(|(_, code)| **code == own.code) {
                seats.push((programme.code.clone(), stage.code.clone(), direction.clone()));
            }
        }
    }
    seats.sort();
    seats.dedup();
    Ok(seats)
}

/// A reference, if its check character fits; else the beginning of a name, or a number that any country may have
/// put on a passport.
fn understand(typed: &str) -> Search {
    if let Some(reference) = reference::tidy(typed) {
        return Search::Reference(reference);
    }
    let documents = form::document_number(typed).map_or_else(Vec::new, |number| {
        rust_iso3166::ALL.iter().map(|country| format!("{} {number}", country.alpha2)).collect()
    });
    Search::Text { name: typed.to_lowercase(), documents }
}

/// The batches a case listing is narrowed by, the newest first.
pub fn batches_to_choose(tx: &mut Tx<'_>) -> Result<Vec<Batch>, WorkflowError> {
    Ok(store::batch::list(tx, &store::batch::BatchFilter::default(), 100)?)
}
