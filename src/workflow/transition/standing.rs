//! The digest of the values of a case after an event.

use crate::{
    digest,
    domain::{
        authorization::Authorization,
        case::{Case, Dossier},
        job::JobKind,
        quota::{CountedUnder, Movement, Place},
        standing::Standing,
    },
    store::{self, StoreError},
    workflow::{Result, entrance::Context},
};

/// What the place of a case is counted under: the place that it has now, or that it had `before` and frees. None: it
/// has no place and had none.
pub(super) fn counted_under(
    ctx: &mut Context<'_, '_>,
    case: &Case,
    before: Place,
) -> Result<Option<CountedUnder>> {
    match Movement::between(before, case.place) {
        None if case.place == Place::None => Ok(None),
        Some(movement) if !movement.is_of_own_place() => Ok(Some(case.counted_under())),
        _ => {
            let under = store::ledger::counted_under(ctx.tx, case.id)?;
            let missing =
                || StoreError::Broken(format!("case {} has a place without a ledger entry", case.id));
            Ok(Some(under.ok_or_else(missing)?))
        }
    }
}

/// The authorization of a case that has ended: a decision does not need it, the digest does.
pub(super) fn authorization_of_ended(
    ctx: &mut Context<'_, '_>,
    dossier: &Dossier,
) -> Result<Option<Authorization>> {
    match dossier.authorization.is_none() && dossier.case.state.is_past_approval() {
        true => Ok(store::authorization::of_case(ctx.tx, dossier.case.id)?),
        false => Ok(None),
    }
}

/// The digest for the event that leaves the case like this. All of it is in memory already, except for a case that is
/// not one of its group. None: a job is about to seal the form again, and then adds a line with a digest.
pub(super) fn digest(
    ctx: &mut Context<'_, '_>,
    dossier: &Dossier,
    authorization: Option<&Authorization>,
    under: Option<&CountedUnder>,
) -> Result<Option<Vec<u8>>> {
    let case = &dossier.case;
    if case.has_old_seal && store::job::unfinished(ctx.tx, JobKind::Reseal, None)?.is_some() {
        return Ok(None);
    }
    let papers = store::evidence::of_case(ctx.tx, case.id)?;
    let standing = Standing {
        case,
        papers: &papers,
        findings: &dossier.findings,
        counted_under: under.filter(|_| case.place != Place::None),
        authorization,
    };
    Ok(Some(digest::sha256(&standing.bytes())))
}
