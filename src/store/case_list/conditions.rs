//! The conditions of a query for cases: the filter, and who may see them.

use diesel::{
    dsl::sql,
    expression::SqlLiteral,
    prelude::*,
    sql_types::{Bool, Nullable},
};

use super::{Assignee, CaseFilter, Search, Visible};
use crate::{
    domain::{
        ids::{AccountId, OrganisationId},
        lifecycle::State,
        sponsorship::RequestState,
    },
    store::{
        connection::MultiBackend,
        schema::{applications, sponsorship_requests},
    },
};

/// A condition on a case.
pub(super) type Condition =
    Box<dyn BoxableExpression<applications::table, MultiBackend, SqlType = Nullable<Bool>>>;

/// The conditions of the filter, without who may see the case.
pub(super) fn of_filter(filter: &CaseFilter) -> Vec<Condition> {
    let mut all: Vec<Condition> = Vec::new();
    if let Some(programme) = filter.programme.clone() {
        all.push(Box::new(applications::programme_code.eq(programme).nullable()));
    }
    if let Some(batch) = filter.batch {
        all.push(Box::new(applications::batch_id.eq(batch).nullable()));
    }
    if !filter.states.is_empty() {
        let states: Vec<&'static str> = filter.states.iter().map(|state| state.as_str()).collect();
        all.push(Box::new(applications::state.eq_any(states).nullable()));
    }
    if let Some(stage) = filter.stage.clone() {
        all.push(Box::new(applications::stage.eq(Some(stage))));
    }
    if let Some(direction) = filter.direction.clone() {
        all.push(Box::new(applications::direction.eq(direction).nullable()));
    }
    if !filter.at_stages.is_empty() {
        let stages = filter.at_stages.iter().cloned();
        all.push(any_of(stages.map(|at| -> Condition {
            let stage = applications::stage.eq(Some(at.stage)).and(applications::direction.eq(at.direction));
            let condition: Condition = Box::new(stage.and(applications::programme_code.eq(at.programme)));
            within(condition, at.versions.as_deref())
        })));
    }
    all.extend(filter.assignee.map(assigned_to));
    if let Some(sponsor) = filter.sponsor {
        all.push(Box::new(applications::sponsor_id.eq(Some(sponsor))));
    }
    if let Some(Search::Reference(reference)) = filter.search.clone() {
        all.push(Box::new(applications::reference.eq(reference).nullable()));
    }
    all
}

/// The case is claimed by this officer, or by nobody.
pub(super) fn assigned_to(assignee: Assignee) -> Condition {
    match assignee {
        Assignee::Nobody => Box::new(applications::assignee_id.is_null().nullable()),
        Assignee::Officer(id) => Box::new(applications::assignee_id.eq(Some(id))),
    }
}

/// The actor may see the case.
pub(super) fn visible(visible: &Visible) -> Condition {
    match visible {
        Visible::Any(ways) => any_of(ways.iter().map(self::visible)),
        Visible::Side { account, organisation } => any_of(sides(*account, *organisation)),
        Visible::Asked(sponsor) => asked(*sponsor),
        Visible::Reviewed(jurisdictions) => {
            let reviewed = any_of(jurisdictions.iter().map(|each| -> Condition {
                let programme = applications::programme_code.eq(each.programme.clone());
                let all: Condition =
                    Box::new(programme.and(applications::direction.eq(each.direction.clone())).nullable());
                within(all, each.versions.as_deref())
            }));
            Box::new(reviewed.and(was_submitted()))
        }
    }
}

/// The same as separate conditions; one of them must hold. Each can use an index.
pub(super) fn ways(visible: &Visible) -> Vec<Condition> {
    match visible {
        Visible::Any(several) => several.iter().flat_map(ways).collect(),
        Visible::Side { account, organisation } => sides(*account, *organisation),
        Visible::Asked(sponsor) => vec![asked(*sponsor)],
        Visible::Reviewed(jurisdictions) => {
            let one_by_one = jurisdictions.iter().map(|each| Visible::Reviewed(vec![each.clone()]));
            one_by_one.map(|one| self::visible(&one)).collect()
        }
    }
}

/// The conditions; a case is the actor's own if one of them holds.
pub(super) fn sides(account: Option<AccountId>, organisation: Option<OrganisationId>) -> Vec<Condition> {
    let mut sides: Vec<Condition> = Vec::new();
    if let Some(account) = account {
        sides.push(Box::new(applications::applicant_id.eq(Some(account))));
    }
    if let Some(organisation) = organisation {
        sides.push(Box::new(applications::sponsor_id.eq(Some(organisation))));
        let created = applications::creator_organisation_id.eq(Some(organisation));
        sides.push(Box::new(created.and(is_created_for_another())));
    }
    sides
}

/// The organisation that created the case is not its sponsor. An index has only these cases.
fn is_created_for_another() -> SqlLiteral<Bool> {
    sql("creator_organisation_id IS DISTINCT FROM sponsor_id")
}

/// The sponsor is asked to accept the case, and has not answered.
pub(super) fn asked(sponsor: OrganisationId) -> Condition {
    let open = sponsorship_requests::table
        .filter(sponsorship_requests::organisation_id.eq(sponsor))
        .filter(sponsorship_requests::state.eq(RequestState::Requested))
        .select(sponsorship_requests::application_id);
    let is_writable = applications::state.eq_any(State::WRITABLE.map(State::as_str));
    Box::new(applications::id.eq_any(open).and(is_writable).nullable())
}

/// The condition, for cases of these versions of their programme alone.
fn within(condition: Condition, versions: Option<&[i32]>) -> Condition {
    match versions.map(of_versions) {
        Some(versions) => Box::new(condition.and(versions)),
        None => condition,
    }
}

/// The case is of one of these versions of its programme.
pub(super) fn of_versions(versions: &[i32]) -> Condition {
    Box::new(applications::programme_version.eq_any(versions.to_vec()).nullable())
}

/// Authorities may see the case.
pub(super) fn was_submitted() -> Condition {
    Box::new(applications::submitted_at.is_not_null().nullable())
}

/// One of the conditions holds. Without conditions, never.
fn any_of(conditions: impl IntoIterator<Item = Condition>) -> Condition {
    let mut conditions = conditions.into_iter();
    let Some(first) = conditions.next() else { return never() };
    conditions.fold(first, |any, next| Box::new(any.or(next)))
}

fn never() -> Condition {
    Box::new(applications::id.is_null().nullable())
}
