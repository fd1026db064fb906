//! The waitlist of a batch, in SQL. `domain/waitlist.rs` has the rules; `tests/it/waitlist_order.rs` compares both.

use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Bool};

use super::{
    StoreError, Tx,
    schema::{applications, organisations},
    types::At,
};
use crate::domain::{
    ballot::Bytes32,
    batch::{Batch, Ordering},
    case::Case,
    ids::{ApplicationId, BatchId, OrganisationId},
};

/// The case is waitlisted. This must be SQL text: the partial indexes `applications_in_line_…` contain only such cases,
/// and neither database uses them for a bound value.
fn is_waiting() -> SqlLiteral<Bool> {
    sql("applications.state = 'waitlisted'")
}

/// The first waiting case of a batch, in the batch's order, whose own limits have room, but for these cases.
pub fn first_in_line(
    tx: &mut Tx<'_>,
    batch: &Batch,
    but: &[ApplicationId],
) -> Result<Option<ApplicationId>, StoreError> {
    first_of_line(tx, batch, None, but).map(|first| first.map(|(case, _)| case))
}

/// The same for cases with a later lot than this one; also returns the lot. A draw gives many places and need not check
/// skipped cases again.
pub fn next_by_lot(
    tx: &mut Tx<'_>,
    batch: &Batch,
    after: Option<(Bytes32, ApplicationId)>,
) -> Result<Option<(ApplicationId, Option<Bytes32>)>, StoreError> {
    first_of_line(tx, batch, after, &[])
}

fn first_of_line(
    tx: &mut Tx<'_>,
    batch: &Batch,
    after: Option<(Bytes32, ApplicationId)>,
    but: &[ApplicationId],
) -> Result<Option<(ApplicationId, Option<Bytes32>)>, StoreError> {
    let full = |dimension| {
        let of_dimension =
            batch.limits.iter().filter(move |l| l.dimension == dimension && l.available() <= 0);
        of_dimension.map(|limit| limit.key.clone()).collect::<Vec<_>>()
    };
    use crate::domain::batch::Dimension::{Category, Direction, Sponsor};
    let full_sponsors: Vec<Option<OrganisationId>> = organisations::table
        .filter(organisations::code.eq_any(full(Sponsor)))
        .select(organisations::id.nullable())
        .load(tx.conn()?)?;
    let mut query = applications::table
        .filter(applications::batch_id.eq(batch.id))
        .filter(is_waiting())
        .filter(applications::direction.ne_all(full(Direction)))
        .filter(applications::category.ne_all(full(Category)))
        .select((applications::id, applications::lot))
        .limit(1)
        .into_boxed();
    if let Some((lot, case)) = after {
        let equal = applications::lot.eq(Some(lot)).and(applications::id.gt(case));
        // The first condition is the one that an index follows.
        let later = applications::lot.ge(Some(lot)).and(applications::lot.gt(Some(lot)).or(equal));
        query = query.filter(later.assume_not_null());
    }
    if !but.is_empty() {
        query = query.filter(applications::id.ne_all(but.to_vec()));
    }
    if !full_sponsors.is_empty() {
        query = query
            .filter(applications::sponsor_id.is_null().or(applications::sponsor_id.ne_all(full_sponsors)));
    }
    query = match batch.ordering {
        Ordering::FirstCome => query.order((applications::submitted_at, applications::id)),
        Ordering::Ranked => {
            query.order((applications::rank.desc(), applications::submitted_at, applications::id))
        }
        Ordering::Ballot => query.order((applications::lot, applications::id)),
    };
    Ok(query.first(tx.conn()?).optional()?)
}

/// The place of a waiting case in its batch's line, from 1. None: the order is by lot, and the seed is not revealed yet.
pub fn place_in_line(tx: &mut Tx<'_>, case: &Case, batch: &Batch) -> Result<Option<u32>, StoreError> {
    let Some(submitted) = case.submitted_at.map(At) else { return Ok(None) };
    let waiting = applications::table.filter(applications::batch_id.eq(case.batch)).filter(is_waiting());
    let earlier = applications::submitted_at
        .le(Some(submitted))
        .and(applications::submitted_at.lt(Some(submitted)).or(applications::id.lt(case.id)));
    let before: i64 = match batch.ordering {
        Ordering::FirstCome => waiting.filter(earlier).count().get_result(tx.conn()?)?,
        Ordering::Ranked => waiting
            .filter(
                applications::rank
                    .gt(case.rank)
                    .or(applications::rank.eq(case.rank).and(earlier.assume_not_null())),
            )
            .count()
            .get_result(tx.conn()?)?,
        Ordering::Ballot => {
            let Some(lot) = case.lot.filter(|_| batch.is_drawn()) else { return Ok(None) };
            let equal = applications::lot.eq(Some(lot)).and(applications::id.lt(case.id));
            waiting.filter(applications::lot.lt(Some(lot)).or(equal)).count().get_result(tx.conn()?)?
        }
    };
    Ok(Some(u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)))
}

/// The number of waiting cases in each of these batches; batches without any are left out.
pub fn count_waiting(tx: &mut Tx<'_>, batch: &[BatchId]) -> Result<Vec<(BatchId, i64)>, StoreError> {
    Ok(applications::table
        .filter(applications::batch_id.eq_any(batch.to_vec()))
        .filter(is_waiting())
        .group_by(applications::batch_id)
        .select((applications::batch_id, diesel::dsl::count_star()))
        .load(tx.conn()?)?)
}
