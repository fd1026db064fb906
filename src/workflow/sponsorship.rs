//! The sponsor that a form names: accepted from the start, or asked to accept. And the sponsor's answer.

use crate::{
    domain::{
        actor::{Actor, OrganisationKind},
        case::{Case, Dossier, SponsorRef},
        field_error::FieldError,
        lifecycle::Action,
        sponsorship::{RequestState, SponsorshipRequest},
    },
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        create::own_sponsor,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// The sponsor that a form names.
pub(super) enum Named {
    /// None, not even the actor's own.
    Nobody,
    /// One that has accepted or entered the case, or for which the actor acts.
    Accepted(SponsorRef),
    /// One that is to be asked.
    ToAsk(SponsorRef),
}

/// The sponsor that the case's form names, or the one that the actor acts for.
pub(super) fn named(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case: &Case,
    faults: &mut Vec<FieldError>,
) -> Result<Named> {
    let own = own_sponsor(actor);
    let Some(code) = &case.form.employment.sponsor else {
        return Ok(own.map_or(Named::Nobody, Named::Accepted));
    };
    if let Some(own) = own.as_ref().filter(|own| own.code != *code) {
        faults.push(FieldError::new("/employment/sponsor", "not_your_sponsor"));
        return Ok(Named::Accepted(own.clone()));
    }
    let found =
        store::organisation::by_code(tx, code)?.filter(|found| found.kind == OrganisationKind::Sponsor);
    let Some(found) = found else {
        faults.push(FieldError::new("/employment/sponsor", "unknown_sponsor"));
        return Ok(Named::Nobody);
    };
    let has_entered = case.creator_organisation == Some(found.id);
    let has_accepted = case.sponsor.as_ref().is_some_and(|sponsor| sponsor.id == found.id);
    let sponsor = SponsorRef { id: found.id, code: found.code, name: found.name };
    Ok(if own.is_some() || has_entered || has_accepted {
        Named::Accepted(sponsor)
    } else {
        Named::ToAsk(sponsor)
    })
}

/// Asks the named sponsor, unless it is asked already, or withdraws the request to another one.
pub(super) fn ask(ctx: &mut Context<'_, '_>, dossier: &mut Dossier, named: Named) -> Result<()> {
    let case = dossier.case.id;
    let asked = dossier.sponsorship.as_ref().map(|request| request.sponsor.id);
    match named {
        Named::ToAsk(sponsor) if asked == Some(sponsor.id) => {}
        Named::ToAsk(sponsor) => {
            store::sponsorship::ask(ctx.tx, case, sponsor.id, ctx.now)?;
            dossier.sponsorship = Some(SponsorshipRequest { sponsor, state: RequestState::Requested });
        }
        Named::Nobody | Named::Accepted(_) if asked.is_some() => {
            store::sponsorship::remove(ctx.tx, case)?;
            dossier.sponsorship = None;
        }
        Named::Nobody | Named::Accepted(_) => {}
    }
    Ok(())
}

impl Named {
    /// The sponsor that the case is counted under.
    pub fn accepted(&self) -> Option<SponsorRef> {
        if let Self::Accepted(sponsor) = self { Some(sponsor.clone()) } else { None }
    }
}

/// Accepts to sponsor the case. From then on the case is the sponsor's too.
#[derive(Clone, Copy, Debug)]
pub struct AcceptSponsorship;

impl CaseCommand for AcceptSponsorship {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::AcceptSponsorship
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let request = dossier.sponsorship.take().ok_or(WorkflowError::NotFound)?;
        store::sponsorship::remove(ctx.tx, dossier.case.id)?;
        dossier.case.sponsor = Some(request.sponsor);
        store::application::update_sponsor(ctx.tx, &dossier.case)?;
        let step = CaseStep::stay(&dossier);
        transition::apply(ctx, dossier, step)
    }
}

/// Declines to sponsor the case. The applicant can name another sponsor, or none.
#[derive(Clone, Copy, Debug)]
pub struct DeclineSponsorship;

impl CaseCommand for DeclineSponsorship {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::DeclineSponsorship
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let request = dossier.sponsorship.as_mut().ok_or(WorkflowError::NotFound)?;
        request.state = RequestState::Declined;
        store::sponsorship::decline(ctx.tx, dossier.case.id)?;
        let step = CaseStep::stay(&dossier);
        transition::apply(ctx, dossier, step)
    }
}
