//! Limits of a day: drafts and documents of a person, and of all programs of an organisation together. A use is counted
//! in the transaction of the command, so a command that fails uses nothing.

use jiff::Timestamp;

use crate::{
    domain::{
        limits::{Allowance, DAY, Used},
        refusal::Forbidden,
    },
    store::{self, Tx, use_by_hour::UsedInHour},
    workflow::{Result, WorkflowError, entrance::Context},
};

/// Counts what the actor uses, or fails if that exceeds a limit.
pub(super) fn count(ctx: &mut Context<'_, '_>, used: Used) -> Result<()> {
    if !ctx.counts_use {
        return Ok(());
    }
    let allowance = Allowance::of(ctx.actor, ctx.adjustable).ok_or(Forbidden::Role)?;
    let before = store::use_by_hour::since(ctx.tx, allowance.who, day_before(ctx.now))?;
    let of_day = before.iter().fold(used, |sum, line| sum.plus(line.used));
    if let Some((limit, most)) = allowance.exceeded_by(of_day) {
        let free_at = free_at(&allowance, &before, used);
        let left = free_at.map_or(DAY, |free_at| free_at.duration_since(ctx.now)).as_secs();
        let retry_after_seconds = u32::try_from(left).unwrap_or_default().max(1);
        return Err(WorkflowError::LimitReached { limit, most, retry_after_seconds });
    }
    store::use_by_hour::add(ctx.tx, &allowance, &before, used, ctx.now);
    Ok(())
}

/// When so many hours are over that `used` no longer exceeds a limit.
fn free_at(allowance: &Allowance, before: &[UsedInHour], used: Used) -> Option<Timestamp> {
    let over = (1..=before.len()).find(|over| {
        let of_day = before[*over..].iter().fold(used, |sum, line| sum.plus(line.used));
        allowance.exceeded_by(of_day).is_none()
    })?;
    before[over - 1].hour.checked_add(DAY).ok()
}

/// Removes counts that are over.
pub(super) fn tidy_up(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize> {
    Ok(store::use_by_hour::delete_old(tx, day_before(now))?)
}

fn day_before(now: Timestamp) -> Timestamp {
    now.checked_sub(DAY).unwrap_or(Timestamp::MIN)
}
