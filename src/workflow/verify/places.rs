//! The places of batches: never one too many, and the counters of batch and limits are what the ledger adds up to, and
//! what the cases occupy.

use std::collections::BTreeMap;

use crate::{
    domain::{
        batch::{Batch, Dimension},
        ids::BatchId,
        quota::CountedUnder,
    },
    store::{self, Tx},
    workflow::Result,
};

/// What is in use (held, taken).
type InUse = (i64, i64);

/// The places of several batches.
pub(super) struct Places {
    ledger: BTreeMap<BatchId, Vec<(CountedUnder, InUse)>>,
    cases: BTreeMap<BatchId, Vec<(CountedUnder, InUse)>>,
}

impl Places {
    /// Reads them.
    pub fn of(tx: &mut Tx<'_>, batches: &[BatchId]) -> Result<Self> {
        let (mut ledger, mut cases) = (BTreeMap::new(), BTreeMap::new());
        for (batch, places) in store::audit::places::of_ledger(tx, batches)? {
            ledger.entry(batch).or_insert_with(Vec::new).push(places);
        }
        for (batch, places) in store::audit::places::of_cases(tx, batches)? {
            cases.entry(batch).or_insert_with(Vec::new).push(places);
        }
        Ok(Self { ledger, cases })
    }

    /// Checks the counters of a batch and of its limits.
    pub fn check(&self, batch: &Batch, broken: &mut impl FnMut(&'static str, String)) {
        let counters = (batch.held, batch.taken);
        if batch.held < 0 || batch.taken < 0 || batch.available() < 0 {
            let (held, taken) = counters;
            broken("capacity_exceeded", format!("{held} held and {taken} taken of {}", batch.capacity));
        }
        self.compare(batch.id, "", counters, &|_| true, broken);
        for limit in &batch.limits {
            let (name, counters) =
                (format!("{}={}: ", limit.dimension, limit.key), (limit.held, limit.taken));
            if limit.held < 0 || limit.taken < 0 || limit.available() < 0 {
                let (held, taken) = counters;
                broken(
                    "limit_exceeded",
                    format!("{name}{held} held and {taken} taken of {}", limit.capacity),
                );
            }
            let counts = |under: &CountedUnder| match limit.dimension {
                Dimension::Direction => under.direction == limit.key,
                Dimension::Category => under.category == limit.key,
                Dimension::Sponsor => under.sponsor.as_ref() == Some(&limit.key),
            };
            self.compare(batch.id, &name, counters, &counts, broken);
        }
    }

    fn compare(
        &self,
        batch: BatchId,
        name: &str,
        (held, taken): (i32, i32),
        counts: &dyn Fn(&CountedUnder) -> bool,
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let counters = (i64::from(held), i64::from(taken));
        for (source, places) in [("ledger", &self.ledger), ("cases", &self.cases)] {
            let counted = places.get(&batch).into_iter().flatten().filter(|(under, _)| counts(under));
            let sum = counted.fold((0, 0), |sum: InUse, (_, places)| (sum.0 + places.0, sum.1 + places.1));
            if sum != counters {
                broken("counter_differs", format!("{name}counters {counters:?}, {source} {sum:?}"));
            }
        }
    }
}
