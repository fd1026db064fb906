//! Ballots: the promised seed, the revealed one, and the lots.

use crate::{
    domain::{ballot::Published, batch::Batch, job::JobKind, lifecycle::BatchState},
    store::{self, StoreError, Tx},
    workflow::{Result, ballot, publish_ballot},
};

/// The seed is the one that was promised. Before the draw nobody has a lot, after it everybody has the seed's; while a
/// job draws, some have it already.
pub(super) fn check(
    tx: &mut Tx<'_>,
    batch: &Batch,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<()> {
    let is_to_be_drawn = matches!(batch.state, BatchState::Closed | BatchState::Ended);
    if batch.drawing {
        if batch.ballot.is_none() || !is_to_be_drawn {
            broken("ballot_differs", format!("being drawn, and {} without a promise", batch.state));
        }
        if store::job::unfinished(tx, JobKind::Draw, Some(batch.id.0))?.is_none() {
            broken("ballot_differs", "being drawn, and there is no job that draws it".to_owned());
        }
    }
    let Some(ballot) = &batch.ballot else {
        if batch.is_by_lot() && !matches!(batch.state, BatchState::Planned | BatchState::Ended) {
            broken("ballot_differs", "opened, and no seed was promised".to_owned());
        }
        return Ok(());
    };
    let promised = match store::ballot::sealed_seed(tx, batch.id) {
        Err(StoreError::Sealed(error)) => {
            broken("seed_unreadable", error.to_string());
            return Ok(());
        }
        promised => promised?,
    };
    if promised.map(|seed| ballot::commitment(&seed)) != Some(ballot.commitment) {
        broken("ballot_differs", "the sealed seed is not the promised one".to_owned());
    }
    if let Some(draw) = &ballot.draw
        && ballot::commitment(&draw.seed) != ballot.commitment
    {
        broken("ballot_differs", "the revealed seed is not the promised one".to_owned());
    }
    if ballot.draw.is_none() && is_to_be_drawn && !batch.drawing {
        broken("ballot_differs", format!("{}, and not drawn", batch.state));
    }
    let seed = ballot.draw.as_ref().map(|draw| draw.seed);
    let cases = store::ballot::cases(tx, batch.id)?;
    let ids = || cases.iter().map(|(case, _)| *case).collect();
    let is_published_right = match &ballot.draw {
        Some(draw) => {
            let (commitment, seed, drawn_at) = (ballot.commitment, draw.seed, draw.at);
            let drawn = Published { batch: batch.id, commitment, seed, drawn_at, cases: ids() };
            publish_ballot::is_as_drawn(tx, &drawn)?
        }
        None => store::published_ballot::find(tx, batch.id)?.is_none(),
    };
    if !is_published_right {
        broken("ballot_differs", "the list that is published is not the drawn one".to_owned());
    }
    for (case, lot) in cases {
        let is_right = match (lot, seed) {
            // Lots are drawn before the seed is revealed.
            (Some(lot), None) => batch.drawing && promised.map(|seed| ballot::lot(&seed, case)) == Some(lot),
            (lot, seed) => lot == seed.map(|seed| ballot::lot(&seed, case)),
        };
        if !is_right {
            broken("ballot_differs", format!("the lot of case {case} is not the seed's"));
        }
    }
    Ok(())
}
