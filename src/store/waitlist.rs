//! The waitlist of a batch, in SQL. `domain/waitlist.rs` has the rules; `tests/it/waitlist_order.rs` compares both.

use diesel::{
    dsl::{exists, not, sql},
    expression::SqlLiteral,
    prelude::*,
    sql_types::Bool,
};

use super::{
    StoreError, Tx,
    schema::{applications, organisations, passed_over},
    tx::Subject,
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

/// A waiting case, with the values that its place in the line depends on.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct InLine {
    /// The case.
    pub case: ApplicationId,
    rank: i32,
    submitted_at: Option<At>,
    lot: Option<Bytes32>,
}

/// Which waiting cases are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// All of them.
    All,
    /// Those that were not passed over under the current terms.
    NotPassedOver,
}

/// The first waiting case of a batch after this one, in the batch's order, whose own limits have room.
pub fn next_in_line(
    tx: &mut Tx<'_>,
    batch: &Batch,
    after: Option<&InLine>,
    which: Waiting,
) -> Result<Option<InLine>, StoreError> {
    // A condition for each: of a list, PostgreSQL would expect that it leaves next to nothing, and sort that.
    let full = |dimension| {
        let of_dimension =
            batch.limits.iter().filter(move |l| l.dimension == dimension && l.available() <= 0);
        of_dimension.map(|limit| limit.key.clone())
    };
    use crate::domain::batch::Dimension::{Category, Direction, Sponsor};
    let full_sponsors: Vec<OrganisationId> = match full(Sponsor).collect::<Vec<_>>() {
        codes if codes.is_empty() => Vec::new(),
        codes => organisations::table
            .filter(organisations::code.eq_any(codes))
            .select(organisations::id)
            .load(tx.conn()?)?,
    };
    let mut query = applications::table
        .filter(applications::batch_id.eq(batch.id))
        .filter(is_waiting())
        .select((applications::id, applications::rank, applications::submitted_at, applications::lot))
        .limit(1)
        .into_boxed();
    for direction in full(Direction) {
        query = query.filter(applications::direction.ne(direction));
    }
    for category in full(Category) {
        query = query.filter(applications::category.ne(category));
    }
    for sponsor in full_sponsors {
        query =
            query.filter(applications::sponsor_id.is_null().or(applications::sponsor_id.ne(Some(sponsor))));
    }
    if which == Waiting::NotPassedOver {
        let of_these_terms = passed_over::table
            .filter(passed_over::application_id.eq(applications::id))
            .filter(passed_over::terms_version.eq(batch.version));
        query = query.filter(not(exists(of_these_terms)));
    }
    // The first condition of each order is the one that an index follows.
    let submitted_later = |than: &InLine| {
        let same = applications::submitted_at.eq(than.submitted_at).and(applications::id.gt(than.case));
        let later = applications::submitted_at.gt(than.submitted_at).or(same);
        applications::submitted_at.ge(than.submitted_at).and(later).assume_not_null()
    };
    query = match batch.ordering {
        Ordering::FirstCome => {
            if let Some(than) = after {
                query = query.filter(submitted_later(than));
            }
            query.order((applications::submitted_at, applications::id))
        }
        Ordering::Ranked => {
            if let Some(than) = after {
                let same = applications::rank.eq(than.rank).and(submitted_later(than));
                let lower = applications::rank.lt(than.rank).or(same);
                query = query.filter(applications::rank.le(than.rank).and(lower));
            }
            query.order((applications::rank.desc(), applications::submitted_at, applications::id))
        }
        Ordering::Ballot => {
            if let Some(than) = after {
                let same = applications::lot.eq(than.lot).and(applications::id.gt(than.case));
                let later = applications::lot.ge(than.lot).and(applications::lot.gt(than.lot).or(same));
                query = query.filter(later.assume_not_null());
            }
            query.order((applications::lot, applications::id))
        }
    };
    Ok(query.first(tx.conn()?).optional()?)
}

/// Passes over a waiting case until the terms of its batch change.
pub fn pass_over(tx: &mut Tx<'_>, case: ApplicationId, batch: &Batch) -> Result<(), StoreError> {
    diesel::delete(passed_over::table.find(case)).execute(tx.changing(Subject::Other)?)?;
    diesel::insert_into(passed_over::table)
        .values((passed_over::application_id.eq(case), passed_over::terms_version.eq(batch.version)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
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
