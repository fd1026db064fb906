//! How a listing finds its lines without reading the others.
//!
//! An index returns rows in order only if all columns before the order are fixed. So a listing consists of several
//! index scans that fix enough columns: for an authority, one for each programme, direction, state and stage; for an
//! applicant or a sponsor, one for each way in which a case is their own. Each scan reads at most a page of keys. The
//! keys are merged, and only the lines of the first ones are read. So a page costs the same, however many cases there
//! are.
//!
//! If a filter names something that has few cases, such as a batch or an officer, its cases are read and sorted
//! instead.

use std::{
    cmp::{Ordering, Reverse},
    collections::HashSet,
};

use diesel::prelude::*;

use super::{
    Assignee, CaseFilter, Jurisdiction, Key, Sort, StageAt, Visible,
    conditions::{self, Condition, assigned_to, of_filter, of_versions, was_submitted},
};
use crate::{
    domain::{ids::ApplicationId, lifecycle::State},
    store::{StoreError, Tx, schema::applications, types::At},
};

/// One of the index scans of a listing.
struct Scan {
    conditions: Vec<Condition>,
    /// Whether they fix programme, direction, state and stage.
    fixes_stage: bool,
}

/// A part of a scan. Cases without a due date come last, and are read only if the page is not full yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Dated,
    Undated,
}

/// The first `at_most` cases after `filter.after`, in order.
pub(super) fn in_order(
    tx: &mut Tx<'_>,
    filter: &CaseFilter,
    at_most: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let mut keys: Vec<Key> = Vec::new();
    for part in parts(filter) {
        if keys.len() >= at_most {
            break;
        }
        for scan in scans(filter) {
            keys.extend(keys_of(tx, scan, filter, part, at_most)?);
        }
        keys.sort_by(|one, other| compare(filter.sort, one, other));
        keys.dedup();
    }
    Ok(keys.into_iter().take(at_most).map(|(_, id)| id).collect())
}

/// At most `at_most` cases, in no order.
pub(super) fn in_any_order(
    tx: &mut Tx<'_>,
    filter: &CaseFilter,
    at_most: usize,
) -> Result<HashSet<ApplicationId>, StoreError> {
    let mut found = HashSet::new();
    for scan in scans(filter) {
        if found.len() >= at_most {
            break;
        }
        let mut query = applications::table
            .select(applications::id)
            .limit(i64::try_from(at_most).unwrap_or(i64::MAX))
            .into_boxed();
        for condition in scan.conditions {
            query = query.filter(condition);
        }
        found.extend(query.load::<ApplicationId>(tx.conn()?)?);
    }
    Ok(found)
}

fn parts(filter: &CaseFilter) -> Vec<Part> {
    match (filter.sort, filter.after) {
        (Sort::Due, None | Some((Some(_), _))) => vec![Part::Dated, Part::Undated],
        (Sort::Due, Some((None, _))) => vec![Part::Undated],
        (Sort::Updated | Sort::Created, _) => vec![Part::Dated],
    }
}

fn compare(sort: Sort, one: &Key, other: &Key) -> Ordering {
    let by_due = |key: &Key| (key.0.is_none(), key.0, key.1.0);
    match sort {
        Sort::Due => by_due(one).cmp(&by_due(other)),
        Sort::Updated | Sort::Created => Reverse((one.0, one.1.0)).cmp(&Reverse((other.0, other.1.0))),
    }
}

fn scans(filter: &CaseFilter) -> Vec<Scan> {
    let has_few_cases = filter.batch.is_some()
        || filter.sponsor.is_some()
        || filter.search.is_some()
        || matches!(filter.assignee, Some(Assignee::Officer(_)));
    if has_few_cases {
        let mut conditions = of_filter(filter);
        conditions.push(conditions::visible(&filter.visible));
        return vec![Scan { conditions, fixes_stage: false }];
    }
    scans_of(&filter.visible, filter)
}

fn scans_of(visible: &Visible, filter: &CaseFilter) -> Vec<Scan> {
    match visible {
        Visible::Any(ways) => ways.iter().flat_map(|way| scans_of(way, filter)).collect(),
        Visible::Side { account, organisation } => {
            let own = conditions::sides(*account, *organisation).into_iter();
            own.map(|side| {
                let mut conditions = of_filter(filter);
                conditions.push(side);
                Scan { conditions, fixes_stage: false }
            })
            .collect()
        }
        Visible::Asked(sponsor) => {
            let mut conditions = of_filter(filter);
            conditions.push(conditions::asked(*sponsor));
            vec![Scan { conditions, fixes_stage: false }]
        }
        Visible::Reviewed(jurisdictions) => jurisdictions
            .iter()
            .filter(|each| filter.programme.as_ref().is_none_or(|wanted| *wanted == each.programme))
            .filter(|each| filter.direction.as_ref().is_none_or(|wanted| *wanted == each.direction))
            .flat_map(|each| scans_of_jurisdiction(each, filter))
            .collect(),
    }
}

/// A scan for each state and stage that matches the filter. Drafts are at no stage.
fn scans_of_jurisdiction(jurisdiction: &Jurisdiction, filter: &CaseFilter) -> Vec<Scan> {
    let wanted = |state: &&State| filter.states.is_empty() || filter.states.contains(state);
    let is_wanted = |stage: Option<&str>| filter.stage.is_none() || filter.stage.as_deref() == stage;
    let mut scans = Vec::new();
    for state in State::ALL.iter().filter(|state| **state != State::Draft).filter(wanted) {
        let stages = match state.is_at_a_stage() {
            true => jurisdiction.stages.iter().map(|stage| Some(stage.as_str())).collect(),
            false => vec![None],
        };
        for stage in stages.into_iter().filter(|stage| is_wanted(*stage)) {
            if filter.at_stages.is_empty() {
                scans.push(scan_of_stage(jurisdiction, *state, stage, filter.assignee, None));
            }
            let is_here = |at: &&StageAt| {
                at.programme == jurisdiction.programme
                    && at.direction == jurisdiction.direction
                    && Some(at.stage.as_str()) == stage
            };
            for at in filter.at_stages.iter().filter(is_here) {
                let versions = at.versions.as_deref();
                scans.push(scan_of_stage(jurisdiction, *state, stage, filter.assignee, versions));
            }
        }
    }
    scans
}

fn scan_of_stage(
    jurisdiction: &Jurisdiction,
    state: State,
    stage: Option<&str>,
    assignee: Option<Assignee>,
    versions: Option<&[i32]>,
) -> Scan {
    let stage: Condition = match stage {
        Some(stage) => Box::new(applications::stage.eq(Some(stage.to_owned()))),
        None => Box::new(applications::stage.is_null().nullable()),
    };
    let mut conditions: Vec<Condition> = vec![
        Box::new(applications::programme_code.eq(jurisdiction.programme.clone()).nullable()),
        Box::new(applications::direction.eq(jurisdiction.direction.clone()).nullable()),
        Box::new(applications::state.eq(state).nullable()),
        stage,
    ];
    // Cases in all other states were submitted. A withdrawn case may have been a draft.
    if state == State::Withdrawn {
        conditions.push(was_submitted());
    }
    conditions.extend(assignee.map(assigned_to));
    conditions.extend([jurisdiction.versions.as_deref(), versions].into_iter().flatten().map(of_versions));
    Scan { conditions, fixes_stage: true }
}

/// The first keys of a scan. PostgreSQL does not take "stage is null" for a fixed value, so the order begins with the
/// stage: the result is the same, and an index has this order.
fn keys_of(
    tx: &mut Tx<'_>,
    scan: Scan,
    filter: &CaseFilter,
    part: Part,
    at_most: usize,
) -> Result<Vec<Key>, StoreError> {
    use applications::{created_at, due_at, id, stage, updated_at};
    let all = applications::table.limit(i64::try_from(at_most).unwrap_or(i64::MAX));
    let mut query = match filter.sort {
        Sort::Due => all.select((due_at, id)).into_boxed(),
        Sort::Updated => all.select((updated_at.nullable(), id)).into_boxed(),
        Sort::Created => all.select((created_at.nullable(), id)).into_boxed(),
    };
    query = match (filter.sort, scan.fixes_stage) {
        (Sort::Due, true) => query.order((stage, due_at, id)),
        (Sort::Due, false) => query.order((due_at, id)),
        (Sort::Updated, true) => query.order((stage.desc(), updated_at.desc(), id.desc())),
        (Sort::Updated, false) => query.order((updated_at.desc(), id.desc())),
        (Sort::Created, true) => query.order((stage.desc(), created_at.desc(), id.desc())),
        (Sort::Created, false) => query.order((created_at.desc(), id.desc())),
    };
    for condition in scan.conditions.into_iter().chain(within(filter, part)) {
        query = query.filter(condition);
    }
    let keys: Vec<(Option<At>, ApplicationId)> = query.load(tx.conn()?)?;
    Ok(keys.into_iter().map(|(value, case)| (value.map(|at| at.0), case)).collect())
}

/// The case is in this part and after the key. The condition on the value alone is where an index scan begins.
fn within(filter: &CaseFilter, part: Part) -> Vec<Condition> {
    use applications::{created_at, due_at, id, updated_at};
    let mut all: Vec<Condition> = Vec::new();
    match (filter.sort, part) {
        (Sort::Due, Part::Dated) => all.push(Box::new(due_at.is_not_null().nullable())),
        (Sort::Due, Part::Undated) => all.push(Box::new(due_at.is_null().nullable())),
        (Sort::Updated | Sort::Created, _) => {}
    }
    let Some((value, last)) = filter.after else { return all };
    match (filter.sort, part, value.map(At)) {
        (Sort::Due, Part::Dated, Some(value)) => {
            all.push(Box::new(due_at.ge(Some(value)).and(due_at.gt(Some(value)).or(id.gt(last)))));
        }
        (Sort::Due, Part::Undated, None) => all.push(Box::new(id.gt(last).nullable())),
        (Sort::Due, ..) => {}
        (Sort::Updated, _, Some(value)) => {
            all.push(Box::new(updated_at.le(value).and(updated_at.lt(value).or(id.lt(last))).nullable()));
        }
        (Sort::Created, _, Some(value)) => {
            all.push(Box::new(created_at.le(value).and(created_at.lt(value).or(id.lt(last))).nullable()));
        }
        // Not one of our keys.
        (Sort::Updated | Sort::Created, _, None) => all.push(Box::new(id.is_null().nullable())),
    }
    all
}
