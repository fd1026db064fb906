//! A ballot: its seed is committed to when the batch opens, and it is drawn and published after the batch closes. The
//! rules are in `domain/ballot.rs`; the hashes that they need are computed here.

use crate::{
    digest,
    domain::{
        ballot::{Bytes32, Fault, Published},
        event::Facts,
        ids::{ApplicationId, BatchId},
        job::JobKind,
        lifecycle::BatchAction,
        policy::Operation,
    },
    random,
    store::{self, Tx},
    workflow::{
        Result,
        entrance::Context,
        job,
        subject::{Permitted, SeenBatch},
        transition::{self, BatchStep},
    },
};

/// What is published of a seed before the draw: its SHA-256.
pub fn commitment(seed: &Bytes32) -> Bytes32 {
    Bytes32::of_hash(&digest::sha256(&seed.0))
}

/// The lot of a case: HMAC-SHA-256 of its id under the seed.
pub fn lot(seed: &Bytes32, case: ApplicationId) -> Bytes32 {
    Bytes32::of_hash(&digest::hmac_sha256(&seed.0, case.to_string().as_bytes()))
}

/// Everything that is wrong with a published draw.
pub fn check(published: &Published) -> Vec<Fault> {
    published.faults(commitment(&published.seed), |case| lot(&published.seed, case))
}

/// Draws the seed, and returns its commitment.
pub(super) fn promise(tx: &mut Tx<'_>, batch: BatchId) -> Result<Bytes32> {
    let seed = Bytes32(random::bytes());
    store::ballot::promise(tx, batch, &seed, commitment(&seed))?;
    Ok(commitment(&seed))
}

/// Starts the draw of a closed batch, which is a job (`jobs/draw.rs`). Until it is finished, only the draw gives
/// places, and a newly waitlisted case waits for its lot.
pub(super) fn begin(ctx: &mut Context<'_, '_>, batch: BatchId) -> Result<()> {
    store::ballot::begin_draw(ctx.tx, batch)?;
    let cases = store::ballot::count_submitted(ctx.tx, batch)?;
    job::begin(ctx, JobKind::Draw, Some(batch.0), Some(cases))?;
    Ok(())
}

/// Reveals the seed after every case has its lot. Then anybody can compute the order.
pub fn reveal(system: &mut Context<'_, '_>, batch: BatchId, seed: Bytes32) -> Result<()> {
    let seen = SeenBatch { id: batch, version: None };
    let on = Permitted::load(system, Operation::Batch(BatchAction::Draw), seen)?;
    store::ballot::reveal(system.tx, batch, &seed, system.now)?;
    let facts = Facts { seed: Some(seed.to_string()), ..Facts::default() };
    let step = BatchStep { facts, ..BatchStep::to(on.0.state) };
    transition::apply(system, on, step)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_what_anybody_else_computes() {
        // python3 -c 'import hmac; print(hmac.new(bytes(range(32)), b"01920000-0000-7000-8000-0000000000ab", "sha256").hexdigest())'
        let seed = Bytes32(std::array::from_fn(|index| index as u8));
        let case = "01920000-0000-7000-8000-0000000000AB".parse().unwrap();
        assert_eq!(
            lot(&seed, case).to_string(),
            "fbc5df3a05f441a8f492b51807f0e260a2bf41235e271df90a01355d92358be0"
        );
        assert_eq!(
            commitment(&seed).to_string(),
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
        );
    }
}
