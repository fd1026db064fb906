//! Requests to sponsors that forms name, and when their representatives are told of them.

use std::convert::identity;

use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};

use super::{
    StoreError, Tx,
    dialect::{load_any, locked, on_either},
    schema::{applications, organisations, sponsor_notices, sponsorship_requests},
    tx::Subject,
    types::At,
};
use crate::domain::{
    case::{Case, SponsorRef},
    ids::{AccountId, ApplicationId, OrganisationId},
    lifecycle::State,
    sponsorship::{RequestState, SponsorshipRequest},
};

/// The request that a case has.
pub fn of_case(tx: &mut Tx<'_>, case: ApplicationId) -> Result<Option<SponsorshipRequest>, StoreError> {
    let requests = match tx.prefetched.take::<Vec<SponsorshipRequest>>(Subject::Case(case)) {
        Some(requests) => requests,
        None => of_cases(tx, &[case])?.into_iter().map(|(_, request)| request).collect(),
    };
    Ok(requests.into_iter().next())
}

fn of_cases(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, SponsorshipRequest)>, StoreError> {
    let requests = sponsorship_requests::table.inner_join(organisations::table).select((
        sponsorship_requests::application_id,
        organisations::id,
        organisations::code,
        organisations::name,
        sponsorship_requests::state,
    ));
    let found: Vec<(ApplicationId, OrganisationId, String, String, RequestState)> =
        load_any!(tx.conn_unflushed()?, requests, sponsorship_requests::application_id, *cases);
    let request = |(case, id, code, name, state)| {
        (case, SponsorshipRequest { sponsor: SponsorRef { id, code, name }, state })
    };
    Ok(found.into_iter().map(request).collect())
}

/// Prefetches the requests of those cases whose form can change. The others have none.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let state = |id: &ApplicationId| tx.prefetched.get::<Case>(Subject::Case(*id)).map(|case| case.state);
    let is_writable = |id: &ApplicationId| state(id).is_some_and(|state| State::WRITABLE.contains(&state));
    let writable: Vec<ApplicationId> = cases.iter().copied().filter(is_writable).collect();
    if !writable.is_empty() {
        let requests = of_cases(tx, &writable)?;
        tx.prefetched.put_lists(Subject::Case, &writable, requests, identity);
    }
    Ok(())
}

/// Asks a sponsor to accept the case, in place of an earlier request.
pub fn ask(
    tx: &mut Tx<'_>,
    case: ApplicationId,
    sponsor: OrganisationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    remove(tx, case)?;
    diesel::insert_into(sponsorship_requests::table)
        .values((
            sponsorship_requests::application_id.eq(case),
            sponsorship_requests::organisation_id.eq(sponsor),
            sponsorship_requests::state.eq(RequestState::Requested),
            sponsorship_requests::requested_at.eq(At(now)),
        ))
        .execute(tx.changing(Subject::Case(case))?)?;
    plan_notice(tx, sponsor, now)
}

/// Removes the request of a case, if it has one.
pub fn remove(tx: &mut Tx<'_>, case: ApplicationId) -> Result<(), StoreError> {
    diesel::delete(sponsorship_requests::table.find(case)).execute(tx.changing(Subject::Case(case))?)?;
    Ok(())
}

/// Records that the sponsor has declined.
pub fn decline(tx: &mut Tx<'_>, case: ApplicationId) -> Result<(), StoreError> {
    diesel::update(sponsorship_requests::table.find(case))
        .set(sponsorship_requests::state.eq(RequestState::Declined))
        .execute(tx.changing(Subject::Case(case))?)?;
    Ok(())
}

/// The least time between two messages to the representatives of one sponsor.
const BETWEEN_NOTICES: SignedDuration = SignedDuration::from_hours(24);

/// Plans a message to the sponsor's representatives: now, or a day after the last one. Does nothing if one is planned;
/// the lock makes its sender, who counts the requests, wait for this one.
fn plan_notice(tx: &mut Tx<'_>, sponsor: OrganisationId, now: Timestamp) -> Result<(), StoreError> {
    let planned = sponsor_notices::table
        .find(sponsor)
        .select((sponsor_notices::notify_at, sponsor_notices::notified_at));
    let found: Option<(Option<At>, Option<At>)> =
        locked!(tx.conn()?, planned, for_update(), first).optional()?;
    let (notify_at, notified_at) = found.unwrap_or_default();
    if notify_at.is_some() {
        return Ok(());
    }
    let earliest = notified_at.and_then(|at| at.0.checked_add(BETWEEN_NOTICES).ok());
    let notify_at = Some(At(earliest.unwrap_or(now).max(now)));
    let row = (sponsor_notices::organisation_id.eq(sponsor), sponsor_notices::notify_at.eq(notify_at));
    let insert = diesel::insert_into(sponsor_notices::table).values(row);
    let again = sponsor_notices::notify_at.eq(notify_at);
    on_either!(tx.changing(Subject::Other)?, |conn| insert
        .on_conflict(sponsor_notices::organisation_id)
        .do_update()
        .set(again)
        .execute(conn))?;
    Ok(())
}

/// The sponsors whose representatives are to be told now, those that have waited longest first.
pub fn to_notify(tx: &mut Tx<'_>, now: Timestamp, at_most: i64) -> Result<Vec<OrganisationId>, StoreError> {
    Ok(sponsor_notices::table
        .filter(sponsor_notices::notify_at.le(Some(At(now))))
        .order(sponsor_notices::notify_at)
        .limit(at_most)
        .select(sponsor_notices::organisation_id)
        .load(tx.conn()?)?)
}

/// When the next message to a sponsor is planned.
pub fn next_notice(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let first: Option<Option<At>> = sponsor_notices::table
        .filter(sponsor_notices::notify_at.is_not_null())
        .order(sponsor_notices::notify_at)
        .select(sponsor_notices::notify_at)
        .first(tx.conn()?)
        .optional()?;
    Ok(first.flatten().map(|at| at.0))
}

/// Takes the planned message to the sponsor, which is to be sent now. False: none is due.
pub fn take_notice(tx: &mut Tx<'_>, sponsor: OrganisationId, now: Timestamp) -> Result<bool, StoreError> {
    let is_due = sponsor_notices::notify_at.le(Some(At(now)));
    let taken = diesel::update(sponsor_notices::table.find(sponsor).filter(is_due))
        .set(sponsor_notices::notify_at.eq(None::<At>))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(taken == 1)
}

/// Records when the sponsor was told.
pub fn set_notified(tx: &mut Tx<'_>, sponsor: OrganisationId, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(sponsor_notices::table.find(sponsor))
        .set(sponsor_notices::notified_at.eq(Some(At(now))))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The ones of these cases that the sponsor is asked to accept and that are not this applicant's.
pub fn asked_of_others(
    tx: &mut Tx<'_>,
    sponsor: OrganisationId,
    cases: &[ApplicationId],
    own: Option<AccountId>,
) -> Result<Vec<ApplicationId>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let asked = sponsorship_requests::table
        .inner_join(applications::table)
        .filter(sponsorship_requests::application_id.eq_any(cases))
        .filter(sponsorship_requests::organisation_id.eq(sponsor))
        .select((sponsorship_requests::application_id, applications::applicant_id));
    let found: Vec<(ApplicationId, Option<AccountId>)> = asked.load(tx.conn()?)?;
    Ok(found.into_iter().filter(|(_, by)| by.is_none() || *by != own).map(|(case, _)| case).collect())
}

/// The number of requests that the sponsor can answer now, counted up to `at_most`.
pub fn count_open(tx: &mut Tx<'_>, sponsor: OrganisationId, at_most: i64) -> Result<usize, StoreError> {
    let open = sponsorship_requests::table
        .inner_join(applications::table)
        .filter(sponsorship_requests::organisation_id.eq(sponsor))
        .filter(sponsorship_requests::state.eq(RequestState::Requested))
        .filter(applications::state.eq_any(State::WRITABLE.map(State::as_str)))
        .select(sponsorship_requests::application_id)
        .limit(at_most);
    let found: Vec<ApplicationId> = open.load(tx.conn()?)?;
    Ok(found.len())
}
