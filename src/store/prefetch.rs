//! What the writer reads for a group of jobs before it runs them: the rows about all their cases, with one statement a
//! table. Each job then takes its rows from [`Tx::prefetched`].
//!
//! To prefetch another table: a function in the table's file, which puts the rows into `tx.prefetched`, and a line
//! here.

use super::{StoreError, Tx, application, batch, event, evidence, finding, ledger, sponsorship};
use crate::domain::ids::ApplicationId;

type Prefetcher = fn(&mut Tx<'_>, &[ApplicationId]) -> Result<(), StoreError>;

/// In the order of reading. The cases come first, because that locks them.
const PREFETCHERS: [Prefetcher; 7] = [
    application::prefetch,
    event::prefetch_reviews,
    finding::prefetch,
    evidence::prefetch,
    sponsorship::prefetch,
    batch::prefetch_of_cases,
    ledger::prefetch,
];

/// Locks these cases and reads everything that decisions on them need.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    if cases.is_empty() {
        return Ok(());
    }
    PREFETCHERS.iter().try_for_each(|prefetcher| prefetcher(tx, cases))
}
