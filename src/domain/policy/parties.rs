//! Who is one of the parties of the table of rights.

use super::{Subject, sight};
use crate::domain::{
    actor::{Actor, Identity, Role, Scope},
    case::Dossier,
    ids::{AccountId, OrganisationId},
    party::Party,
    refusal::Forbidden,
};

/// Whether the actor could be `party` of the subject at some stage.
pub(super) fn could_be(party: Party, actor: &Actor, subject: Subject<'_>) -> bool {
    let reviews = || {
        let own = actor.organisation.as_ref();
        own.zip(subject.dossier()).is_some_and(|(own, dossier)| authority_reviews(dossier, &own.code))
    };
    let is_submitted = || subject.dossier().is_none_or(|dossier| dossier.case.submitted_at.is_some());
    match party {
        Party::Anyone => true,
        Party::SignedIn => actor.identity != Identity::Anonymous,
        Party::AccountHolder => actor.account().is_some(),
        Party::Applicant => actor.is(Role::Applicant),
        Party::SponsorMember => actor.is(Role::Sponsor),
        Party::Side => subject.dossier().is_some_and(|dossier| is_side(dossier, actor)),
        Party::AskedSponsor => subject.dossier().is_some_and(|dossier| is_asked(dossier, actor)),
        Party::Border => actor.is(Role::Verifier),
        Party::System => actor.identity == Identity::System,
        Party::StageOfficer | Party::OfficerHere | Party::DecidingOfficer => {
            actor.is(Role::Officer) && reviews()
        }
        Party::StageSupervisor | Party::Supervisor => actor.is(Role::Supervisor) && reviews(),
        Party::ReviewingOfficer => actor.is(Role::Officer) && is_submitted() && reviews(),
        Party::ReviewingSupervisor => actor.is(Role::Supervisor) && is_submitted() && reviews(),
        Party::CaseOfficer => {
            (actor.is(Role::Officer) || actor.is(Role::Supervisor)) && is_submitted() && reviews()
        }
        Party::Reader => subject.dossier().is_some_and(|dossier| sight::reads(actor, dossier)),
        Party::Reviewer => {
            [Role::Officer, Role::Supervisor, Role::BatchManager].iter().any(|role| actor.is(*role))
        }
        Party::Auditor => actor.is(Role::Auditor) && audits(actor, subject),
        Party::BatchManager | Party::AnyBatchManager => actor.is(Role::BatchManager),
        Party::ProgrammeAuthority => super::sees_planned_batches(actor) && takes_part(actor, subject),
        Party::SupervisorOfAnAuthority => actor.is(Role::Supervisor) && actor.organisation.is_some(),
        Party::Administrator => actor.is(Role::Administrator),
    }
}

/// Whether the actor is `party` of the subject now, or why not.
pub(super) fn is_party(party: Party, actor: &Actor, subject: Subject<'_>) -> Result<(), Forbidden> {
    if !could_be(party, actor, subject) {
        return Err(Forbidden::Role);
    }
    match party {
        Party::StageSupervisor | Party::OfficerHere => in_case(subject, |dossier| is_at(dossier, actor)),
        Party::CaseOfficer => in_case(subject, |dossier| is_impartial(dossier, actor)),
        Party::StageOfficer => in_case(subject, |dossier| {
            is_at(dossier, actor)?;
            is_impartial(dossier, actor)?;
            has_endorsed_nothing(dossier, actor)
        }),
        Party::DecidingOfficer => in_case(subject, |dossier| {
            let last = dossier.programme.stages.last().map(|stage| stage.code.as_str());
            if !last.is_some_and(|stage| is_authority_of(dossier, stage, actor)) {
                return Err(Forbidden::NotYourStage);
            }
            is_impartial(dossier, actor)
        }),
        Party::BatchManager if actor.identity != Identity::Operator && !manages(actor, subject) => {
            Err(Forbidden::NotYourTerritory)
        }
        _ => Ok(()),
    }
}

/// Whether the actor may act as `party` in the subject's lifecycle: a program needs the party's scope too.
pub(super) fn acts_as(party: Party, actor: &Actor, subject: Subject<'_>) -> Result<(), Forbidden> {
    if !could_be(party, actor, subject) {
        return Err(Forbidden::Role);
    }
    if !actor.has_scope(scope_of(party)) {
        return Err(Forbidden::Scope);
    }
    is_party(party, actor, subject)
}

/// The scope that a program needs to act as this party.
pub(super) const fn scope_of(party: Party) -> Scope {
    match party {
        Party::Side | Party::Applicant | Party::SponsorMember | Party::AskedSponsor => {
            Scope::ApplicationsWrite
        }
        Party::Border => Scope::AuthorizationsVerify,
        Party::BatchManager => Scope::BatchesWrite,
        _ => Scope::ReviewsWrite,
    }
}

fn in_case(
    subject: Subject<'_>,
    check: impl FnOnce(&Dossier) -> Result<(), Forbidden>,
) -> Result<(), Forbidden> {
    subject.dossier().map_or(Err(Forbidden::Role), check)
}

/// The applicant; the sponsor's representatives and programs; the organisation that entered the case.
pub fn is_side(dossier: &Dossier, actor: &Actor) -> bool {
    matches!(sight::own_sight(actor), Some(own) if own.covers(dossier))
}

/// Whether the actor is an officer of the authority that has the case now. Only such an officer can have claimed it.
pub fn is_officer_here(dossier: &Dossier, actor: &Actor) -> bool {
    is_party(Party::OfficerHere, actor, Subject::Case(dossier)).is_ok()
}

/// Whether the actor acts for the sponsor that is asked to accept the case.
pub fn is_asked(dossier: &Dossier, actor: &Actor) -> bool {
    matches!(sight::asked_sight(actor), Some(asked) if asked.covers(dossier))
}

/// Whether the case is this person's, or one that the organisation sponsors or entered.
pub(super) fn is_own(
    dossier: &Dossier,
    account: Option<AccountId>,
    organisation: Option<OrganisationId>,
) -> bool {
    let case = &dossier.case;
    let applies = account.is_some() && case.applicant == account;
    let sponsors = case.sponsor.as_ref().map(|sponsor| sponsor.id) == organisation;
    applies || (organisation.is_some() && (sponsors || case.creator_organisation == organisation))
}

/// Whether the authority of this code has a stage of the case.
pub(super) fn authority_reviews(dossier: &Dossier, authority: &str) -> bool {
    dossier.programme.stages.iter().any(|stage| dossier.authority_of(&stage.code) == Some(authority))
}

fn is_authority_of(dossier: &Dossier, stage: &str, actor: &Actor) -> bool {
    let own = actor.organisation.as_ref().map(|organisation| organisation.code.as_str());
    own.is_some() && dossier.authority_of(stage) == own
}

/// Whether the case is at a stage of the actor's authority.
fn is_at(dossier: &Dossier, actor: &Actor) -> Result<(), Forbidden> {
    match &dossier.case.stage {
        Some(stage) if is_authority_of(dossier, stage, actor) => Ok(()),
        _ => Err(Forbidden::NotYourStage),
    }
}

/// Whether an auditor's organisation has to do with the subject. Without an organisation an auditor reads everything.
fn audits(actor: &Actor, subject: Subject<'_>) -> bool {
    match subject {
        Subject::Case(dossier) => sight::audit_sight(actor).covers(dossier),
        Subject::Batch(..) | Subject::Programme(_) => {
            actor.organisation.is_none() || takes_part(actor, subject)
        }
        Subject::Installation | Subject::Job(_) => true,
    }
}

/// Whether the actor's organisation runs the programme's batches: it is one of those that the programme names, or, if it
/// names none, any of its authorities.
fn manages(actor: &Actor, subject: Subject<'_>) -> bool {
    let named = subject.programme().is_some_and(|programme| !programme.managers.is_empty());
    if !named {
        return takes_part(actor, subject);
    }
    let own = actor.organisation.as_ref();
    own.zip(subject.programme()).is_some_and(|(own, programme)| programme.is_managed_by(&own.code))
}

/// Whether the actor's organisation is one of the programme's authorities.
fn takes_part(actor: &Actor, subject: Subject<'_>) -> bool {
    let own = actor.organisation.as_ref();
    own.zip(subject.programme()).is_some_and(|(own, programme)| programme.authority(&own.code).is_some())
}

/// Nobody acts on a case of their own, one that their organisation has entered, or one of their own sponsor.
fn is_impartial(dossier: &Dossier, actor: &Actor) -> Result<(), Forbidden> {
    let case = &dossier.case;
    if actor.identity.id().is_some_and(|id| case.creator == id || case.applicant.is_some_and(|a| a.0 == id)) {
        return Err(Forbidden::OwnCase);
    }
    let Some(own) = actor.organisation_id() else { return Ok(()) };
    if case.creator_organisation == Some(own) {
        return Err(Forbidden::OwnCase);
    }
    match &case.sponsor {
        Some(sponsor) if sponsor.id == own => Err(Forbidden::OwnSponsor),
        _ => Ok(()),
    }
}

/// Nobody endorses two stages of a round.
fn has_endorsed_nothing(dossier: &Dossier, actor: &Actor) -> Result<(), Forbidden> {
    let again =
        dossier.review.current().endorsements.iter().any(|earlier| Some(earlier.by) == actor.identity.id());
    if again { Err(Forbidden::FourEyes) } else { Ok(()) }
}
