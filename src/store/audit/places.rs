//! The places of batches: the sums of the ledger, and what the cases occupy.

use std::collections::BTreeMap;

use diesel::{dsl::sum, prelude::*};

use crate::{
    domain::{
        ids::{ApplicationId, BatchId},
        quota::{CountedUnder, Place},
    },
    store::{
        StoreError, Tx,
        schema::{applications, quota_entries},
    },
};

/// Places of a batch (held, taken), and what they are counted under.
pub type Places = (CountedUnder, (i64, i64));

/// The sums of the ledger of these batches.
pub fn of_ledger(tx: &mut Tx<'_>, batches: &[BatchId]) -> Result<Vec<(BatchId, Places)>, StoreError> {
    type Sums = (BatchId, String, String, Option<String>, Option<i64>, Option<i64>);
    let rows: Vec<Sums> = quota_entries::table
        .filter(quota_entries::batch_id.eq_any(batches.to_vec()))
        .group_by((
            quota_entries::batch_id,
            quota_entries::direction,
            quota_entries::category,
            quota_entries::sponsor,
        ))
        .select((
            quota_entries::batch_id,
            quota_entries::direction,
            quota_entries::category,
            quota_entries::sponsor,
            sum(quota_entries::held_delta),
            sum(quota_entries::taken_delta),
        ))
        .load(tx.conn()?)?;
    let places = |(batch, direction, category, sponsor, held, taken): Sums| {
        let under = CountedUnder { direction, category, sponsor };
        (batch, (under, (held.unwrap_or(0), taken.unwrap_or(0))))
    };
    Ok(rows.into_iter().map(places).collect())
}

/// What the cases of these batches occupy, each counted under what its newest line of the ledger says.
pub fn of_cases(tx: &mut Tx<'_>, batches: &[BatchId]) -> Result<Vec<(BatchId, Places)>, StoreError> {
    let occupying: Vec<(ApplicationId, BatchId, Place)> = applications::table
        .filter(applications::batch_id.eq_any(batches.to_vec()))
        .filter(applications::place.ne(Place::None))
        .select((applications::id, applications::batch_id, applications::place))
        .load(tx.conn()?)?;
    type Line = (ApplicationId, i32, String, String, Option<String>);
    let lines: Vec<Line> = quota_entries::table
        .inner_join(applications::table.on(applications::id.eq(quota_entries::application_id)))
        .filter(applications::batch_id.eq_any(batches.to_vec()))
        .filter(applications::place.ne(Place::None))
        .select((
            quota_entries::application_id,
            quota_entries::event_seq,
            quota_entries::direction,
            quota_entries::category,
            quota_entries::sponsor,
        ))
        .load(tx.conn()?)?;
    let mut newest: BTreeMap<ApplicationId, (i32, CountedUnder)> = BTreeMap::new();
    for (case, seq, direction, category, sponsor) in lines {
        if newest.get(&case).is_none_or(|(known, _)| *known < seq) {
            newest.insert(case, (seq, CountedUnder { direction, category, sponsor }));
        }
    }
    let places = |(case, batch, place)| {
        // A case without a line is reported as one whose place differs.
        let (_, under) = newest.get(&case)?;
        let counted = if place == Place::Held { (1, 0) } else { (0, 1) };
        Some((batch, (under.clone(), counted)))
    };
    Ok(occupying.into_iter().filter_map(places).collect())
}
