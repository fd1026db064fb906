//! How a listing finds its lines without looking at the others.
//!
//! An index gives rows in order only where everything before the order is fixed. So a listing is taken apart into walks
//! that fix enough: one for each desk (programme, direction, state, stage) that an authority sees, one for each way in
//! which a case is somebody's own. Each walk reads at most a page of keys; the pages are merged, and the lines of the
//! first ones are read. However many cases there are, a page costs the same.
//!
//! Where a filter names something that has few cases by its nature, such as a batch or an officer's hands, its cases
//! are read and sorted instead.

use std::{
    cmp::{Ordering, Reverse},
    collections::HashSet,
};

use diesel::prelude::*;

use super::{
    Assignee, CaseFilter, Jurisdiction, Key, Sort, Visible,
    conditions::{self, Condition, assigned_to, narrowing, was_submitted},
};
use crate::{
    domain::{ids::ApplicationId, lifecycle::State},
    store::{StoreError, Tx, schema::applications, types::At},
};

/// One of the walks that a listing is made of.
struct Walk {
    conditions: Vec<Condition>,
    /// Whether they fix programme, direction, state and stage.
    is_of_a_desk: bool,
}

/// A stretch of a walk. What has no due date comes last, and is walked only when the page is not full by then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
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
    for stretch in stretches(filter) {
        if keys.len() >= at_most {
            break;
        }
        for walk in walks(filter) {
            keys.extend(keys_of(tx, walk, filter, stretch, at_most)?);
        }
        keys.sort_by(|one, other| compare(filter.sort, one, other));
        keys.dedup();
    }
    Ok(keys.into_iter().take(at_most).map(|(_, id)| id).collect())
}

/// `at_most` cases, whichever are found first.
pub(super) fn in_any_order(
    tx: &mut Tx<'_>,
    filter: &CaseFilter,
    at_most: usize,
) -> Result<HashSet<ApplicationId>, StoreError> {
    let mut found = HashSet::new();
    for walk in walks(filter) {
        if found.len() >= at_most {
            break;
        }
        let mut query = applications::table
            .select(applications::id)
            .limit(i64::try_from(at_most).unwrap_or(i64::MAX))
            .into_boxed();
        for condition in walk.conditions {
            query = query.filter(condition);
        }
        found.extend(query.load::<ApplicationId>(tx.conn()?)?);
    }
    Ok(found)
}

fn stretches(filter: &CaseFilter) -> Vec<Stretch> {
    match (filter.sort, filter.after) {
        (Sort::Due, None | Some((Some(_), _))) => vec![Stretch::Dated, Stretch::Undated],
        (Sort::Due, Some((None, _))) => vec![Stretch::Undated],
        (Sort::Updated | Sort::Created, _) => vec![Stretch::Dated],
    }
}

fn compare(sort: Sort, one: &Key, other: &Key) -> Ordering {
    let by_due = |key: &Key| (key.0.is_none(), key.0, key.1.0);
    match sort {
        Sort::Due => by_due(one).cmp(&by_due(other)),
        Sort::Updated | Sort::Created => Reverse((one.0, one.1.0)).cmp(&Reverse((other.0, other.1.0))),
    }
}

fn walks(filter: &CaseFilter) -> Vec<Walk> {
    let few_by_nature = filter.batch.is_some()
        || filter.sponsor.is_some()
        || filter.search.is_some()
        || matches!(filter.assignee, Some(Assignee::Officer(_)));
    if few_by_nature {
        let mut conditions = narrowing(filter);
        conditions.push(conditions::visible(&filter.visible));
        return vec![Walk { conditions, is_of_a_desk: false }];
    }
    walks_of(&filter.visible, filter)
}

fn walks_of(visible: &Visible, filter: &CaseFilter) -> Vec<Walk> {
    match visible {
        Visible::Nothing => Vec::new(),
        Visible::Any(ways) => ways.iter().flat_map(|way| walks_of(way, filter)).collect(),
        Visible::Side { account, organisation } => {
            let own = conditions::sides(*account, *organisation).into_iter();
            own.map(|side| {
                let mut conditions = narrowing(filter);
                conditions.push(side);
                Walk { conditions, is_of_a_desk: false }
            })
            .collect()
        }
        Visible::Reviewed(jurisdictions) => jurisdictions
            .iter()
            .filter(|each| filter.programme.as_ref().is_none_or(|wanted| *wanted == each.programme))
            .filter(|each| filter.direction.as_ref().is_none_or(|wanted| *wanted == each.direction))
            .flat_map(|each| desks_of(each, filter))
            .collect(),
    }
}

/// A walk for each state and stage that the filter lets through. What was never submitted is at none.
fn desks_of(jurisdiction: &Jurisdiction, filter: &CaseFilter) -> Vec<Walk> {
    let wanted = |state: &&State| filter.states.is_empty() || filter.states.contains(state);
    let is_wanted = |stage: Option<&str>| {
        let seat = |(own, direction): &(String, String)| {
            Some(own.as_str()) == stage && *direction == jurisdiction.direction
        };
        (filter.stage.is_none() || filter.stage.as_deref() == stage)
            && (filter.seats.is_empty() || filter.seats.iter().any(seat))
    };
    let mut walks = Vec::new();
    for state in State::ALL.iter().filter(|state| **state != State::Draft).filter(wanted) {
        let stages = match state.is_at_a_stage() {
            true => jurisdiction.stages.iter().map(|stage| Some(stage.as_str())).collect(),
            false => vec![None],
        };
        for stage in stages.into_iter().filter(|stage| is_wanted(*stage)) {
            walks.push(desk(jurisdiction, *state, stage, filter.assignee));
        }
    }
    walks
}

fn desk(jurisdiction: &Jurisdiction, state: State, stage: Option<&str>, assignee: Option<Assignee>) -> Walk {
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
    // Nothing but a draft that was withdrawn leaves the drafts without being submitted.
    if state == State::Withdrawn {
        conditions.push(was_submitted());
    }
    conditions.extend(assignee.map(assigned_to));
    Walk { conditions, is_of_a_desk: true }
}

/// The first keys of a walk. PostgreSQL takes "stage is null" for no fixed value: an order that begins with the stage
/// is the same one, and an index's.
fn keys_of(
    tx: &mut Tx<'_>,
    walk: Walk,
    filter: &CaseFilter,
    stretch: Stretch,
    at_most: usize,
) -> Result<Vec<Key>, StoreError> {
    use applications::{created_at, due_at, id, stage, updated_at};
    let all = applications::table.limit(i64::try_from(at_most).unwrap_or(i64::MAX));
    let mut query = match filter.sort {
        Sort::Due => all.select((due_at, id)).into_boxed(),
        Sort::Updated => all.select((updated_at.nullable(), id)).into_boxed(),
        Sort::Created => all.select((created_at.nullable(), id)).into_boxed(),
    };
    query = match (filter.sort, walk.is_of_a_desk) {
        (Sort::Due, true) => query.order((stage, due_at, id)),
        (Sort::Due, false) => query.order((due_at, id)),
        (Sort::Updated, true) => query.order((stage.desc(), updated_at.desc(), id.desc())),
        (Sort::Updated, false) => query.order((updated_at.desc(), id.desc())),
        (Sort::Created, true) => query.order((stage.desc(), created_at.desc(), id.desc())),
        (Sort::Created, false) => query.order((created_at.desc(), id.desc())),
    };
    for condition in walk.conditions.into_iter().chain(within(filter, stretch)) {
        query = query.filter(condition);
    }
    let keys: Vec<(Option<At>, ApplicationId)> = query.load(tx.conn()?)?;
    Ok(keys.into_iter().map(|(value, case)| (value.map(|at| at.0), case)).collect())
}

/// What lies in the stretch and after the key. The bound on the value alone is what an index begins at.
fn within(filter: &CaseFilter, stretch: Stretch) -> Vec<Condition> {
    use applications::{created_at, due_at, id, updated_at};
    let mut all: Vec<Condition> = Vec::new();
    match (filter.sort, stretch) {
        (Sort::Due, Stretch::Dated) => all.push(Box::new(due_at.is_not_null().nullable())),
        (Sort::Due, Stretch::Undated) => all.push(Box::new(due_at.is_null().nullable())),
        (Sort::Updated | Sort::Created, _) => {}
    }
    let Some((value, last)) = filter.after else { return all };
    match (filter.sort, stretch, value.map(At)) {
        (Sort::Due, Stretch::Dated, Some(value)) => {
            all.push(Box::new(due_at.ge(Some(value)).and(due_at.gt(Some(value)).or(id.gt(last)))));
        }
        (Sort::Due, Stretch::Undated, None) => all.push(Box::new(id.gt(last).nullable())),
        (Sort::Due, ..) => {}
        (Sort::Updated, _, Some(value)) => {
            all.push(Box::new(updated_at.le(value).and(updated_at.lt(value).or(id.lt(last))).nullable()));
        }
        (Sort::Created, _, Some(value)) => {
            all.push(Box::new(created_at.le(value).and(created_at.lt(value).or(id.lt(last))).nullable()));
        }
        // No key that we made.
        (Sort::Updated | Sort::Created, _, None) => all.push(Box::new(id.is_null().nullable())),
    }
    all
}
