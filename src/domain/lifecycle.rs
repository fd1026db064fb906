//! THE table: from which state, by which action, to which state, by whom. Pages, the API's `available_actions`, the
//! documentation's diagram and the tests derive from it.

use super::{
    actor::{Actor, Role, Scope},
    case::Dossier,
    refusal::Forbidden,
};
use crate::text_enum;

text_enum! {
    /// Where a case stands.
    pub enum State {
        /// Being written; nobody but its writers sees it.
        Draft = "draft",
        /// At a stage, before an authority.
        InReview = "in_review",
        /// At a stage, waiting for the applicant's answer.
        InformationRequested = "information_requested",
        /// Waiting for a place.
        Waitlisted = "waitlisted",
        /// An authorization is issued.
        Approved = "approved",
        /// An authority said no.
        Refused = "refused",
        /// The applicant or sponsor took it back.
        Withdrawn = "withdrawn",
        /// A deadline passed.
        Lapsed = "lapsed",
        /// The authorization was taken back by an authority.
        Revoked = "revoked",
        /// The authorization's validity ended unused.
        Expired = "expired",
        /// The journey is over.
        Completed = "completed",
    }
}

text_enum! {
    /// What can be done to a case.
    pub enum Action {
        /// Begin a draft.
        Create = "create",
        /// Change the form.
        Edit = "edit",
        /// Add an uploaded document.
        AddEvidence = "add_evidence",
        /// Remove one.
        RemoveEvidence = "remove_evidence",
        /// Hand the case in.
        Submit = "submit",
        /// Take the case on.
        Claim = "claim",
        /// Put it back.
        Unclaim = "unclaim",
        /// Give it to an officer.
        Assign = "assign",
        /// Say yes at a stage.
        Endorse = "endorse",
        /// Ask the applicant.
        RequestInformation = "request_information",
        /// Answer.
        Respond = "respond",
        /// Deal with a finding.
        ResolveFinding = "resolve_finding",
        /// Say no.
        Refuse = "refuse",
        /// Take the case back before a decision.
        Withdraw = "withdraw",
        /// Give an authorization back.
        Surrender = "surrender",
        /// Take an authorization back.
        Revoke = "revoke",
        /// The traveller has entered on the authorization.
        RecordEntry = "record_entry",
        /// A place has come free.
        Promote = "promote",
        /// A deadline has passed.
        Lapse = "lapse",
        /// The validity is over.
        Expire = "expire",
        /// The stay is over.
        Complete = "complete",
        /// Make an authorization invalid for a while.
        Suspend = "suspend",
        /// Make it valid again.
        Reinstate = "reinstate",
        /// Ask for a second look at a decision.
        Appeal = "appeal",
        /// Look at the full number of the travel document.
        ViewDocument = "view_document",
    }
}

/// Who may take a step, as seen from the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The applicant, and the sponsor or authority that entered the case.
    Side,
    /// An officer of the authority whose stage it is.
    StageOfficer,
    /// A supervisor of the authority whose stage it is.
    StageSupervisor,
    /// An officer of the authority that decides (the last stage).
    DecidingOfficer,
    /// A supervisor of an authority that reviews the case at some stage.
    Supervisor,
    /// Whoever checks authorizations at the border.
    Border,
    /// The service itself: the clock, a place that has come free.
    System,
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The state stays.
    Stay,
    /// To this state.
    To(State),
    /// In review at the next stage; after the last, approved, or waitlisted when no place is left.
    NextStage,
    /// In review at the first stage; waitlisted when the batch holds at submission, is full and keeps a line.
    FirstStage,
    /// Approved if all stages are endorsed; else in review at the first stage, holding the place.
    OutOfLine,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// From any of these states …
    pub from: &'static [State],
    /// … by this action …
    pub action: Action,
    /// … to there …
    pub to: Target,
    /// … by any of these.
    pub who: &'static [Party],
}

const fn row(from: &'static [State], action: Action, to: Target, who: &'static [Party]) -> Row {
    Row { from, action, to, who }
}

/// The whole lifecycle. What an action needs besides stands in `workflow/<action>.rs`.
#[rustfmt::skip]
pub const TABLE: &[Row] = {
    use Action::*; use Party::*; use State::*; use Target::*;
    const WRITABLE: &[State] = &[Draft, InformationRequested];
    &[
        row(WRITABLE,                                              Edit,               Stay,                     &[Side]),
        row(WRITABLE,                                              AddEvidence,        Stay,                     &[Side]),
        row(WRITABLE,                                              RemoveEvidence,     Stay,                     &[Side]),
        row(&[Draft],                                              Submit,             FirstStage,               &[Side]),
        row(&[InReview],                                           Claim,              Stay,                     &[StageOfficer]),
        row(&[InReview],                                           Unclaim,            Stay,                     &[StageOfficer, StageSupervisor]),
        row(&[InReview],                                           Assign,             Stay,                     &[StageSupervisor]),
        row(&[InReview],                                           Endorse,            NextStage,                &[StageOfficer]),
        row(&[InReview],                                           RequestInformation, To(InformationRequested), &[StageOfficer]),
        row(&[InReview],                                           ResolveFinding,     Stay,                     &[StageOfficer]),
        row(&[InReview],                                           Refuse,             To(Refused),              &[StageOfficer]),
        row(&[InformationRequested],                               Respond,            To(InReview),             &[Side]),
        row(&[InformationRequested],                               Lapse,              To(Lapsed),               &[System]),
        row(&[Waitlisted],                                         Promote,            OutOfLine,                &[System]),
        row(&[Waitlisted],                                         Lapse,              To(Lapsed),               &[System]),
        row(&[Draft, InReview, InformationRequested, Waitlisted],  Withdraw,           To(Withdrawn),            &[Side]),
        row(&[Approved],                                           Surrender,          To(Withdrawn),            &[Side]),
        row(&[Approved],                                           Revoke,             To(Revoked),              &[DecidingOfficer, Supervisor]),
        row(&[Approved],                                           RecordEntry,        Stay,                     &[Border]),
        row(&[Approved],                                           Suspend,            Stay,                     &[Supervisor, System]),
        row(&[Approved],                                           Reinstate,          Stay,                     &[Supervisor, System]),
        row(&[Refused, Revoked],                                   Appeal,             To(InReview),             &[Side]),
        row(&[Approved],                                           Expire,             To(Expired),              &[System]),
        row(&[Approved],                                           Complete,           To(Completed),            &[System]),
    ]
};

/// Why a step is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    /// This actor may not.
    Forbidden(Forbidden),
    /// Nobody may from this state.
    State,
}

impl State {
    /// Whether nothing can follow, an appeal apart.
    pub fn is_final(self) -> bool {
        !TABLE.iter().any(|row| row.from.contains(&self) && row.action != Action::Appeal)
    }

    /// Whether the case is or was approved, as far as the state tells.
    pub const fn is_past_approval(self) -> bool {
        match self {
            Self::Approved | Self::Withdrawn | Self::Revoked | Self::Expired | Self::Completed => true,
            Self::Draft
            | Self::InReview
            | Self::InformationRequested
            | Self::Waitlisted
            | Self::Refused
            | Self::Lapsed => false,
        }
    }

    /// Whether a case is at one of its programme's stages while it is in this state, and at none otherwise.
    pub const fn is_at_a_stage(self) -> bool {
        matches!(self, Self::InReview | Self::InformationRequested)
    }

    /// Whether the case is before somebody, or approved and not over: at most one such per travel document.
    pub fn is_live(self) -> bool {
        self != Self::Draft && !self.is_final()
    }
}

/// Whether `actor` may take `action` on the case now.
pub fn permits(dossier: &Dossier, actor: &Actor, action: Action) -> Result<Row, NotAllowed> {
    let rows: Vec<&Row> = TABLE.iter().filter(|row| row.action == action).collect();
    let ever = rows.iter().flat_map(|row| row.who).any(|party| could_be(dossier, actor, *party));
    if !ever {
        return Err(NotAllowed::Forbidden(Forbidden::Role));
    }
    let row = rows.into_iter().find(|row| row.from.contains(&dossier.case.state)).ok_or(NotAllowed::State)?;
    let mut because = Forbidden::Role;
    for party in row.who {
        match is_party(dossier, actor, *party) {
            Ok(()) => return Ok(*row),
            // To lack a role is the least that can be said: an officer is told whose stage it is.
            Err(reason) if because == Forbidden::Role => because = reason,
            Err(_) => {}
        }
    }
    Err(NotAllowed::Forbidden(because))
}

/// What `actor` may do with the case now, in the table's order. Actions on parts of a form are left to its pages.
pub fn available_actions(dossier: &Dossier, actor: &Actor) -> Vec<Action> {
    let mut available: Vec<Action> = Vec::new();
    for row in TABLE {
        if !available.contains(&row.action) && permits(dossier, actor, row.action).is_ok() {
            available.push(row.action);
        }
    }
    available.retain(|action| is_offered(dossier, actor, *action));
    available
}

/// Leaves out what the table allows but the case has no use for now.
fn is_offered(dossier: &Dossier, actor: &Actor, action: Action) -> bool {
    let mine = dossier.case.assignee.is_some() && dossier.case.assignee == actor.account();
    match action {
        Action::Claim => dossier.case.assignee.is_none() && actor.account().is_some(),
        Action::Unclaim => mine || (dossier.case.assignee.is_some() && actor.is(Role::Supervisor)),
        Action::Endorse => {
            !dossier.is_claimed_by_another(actor) && dossier.blocking_findings().next().is_none()
        }
        Action::RequestInformation | Action::Refuse => !dossier.is_claimed_by_another(actor),
        Action::ResolveFinding => {
            !dossier.is_claimed_by_another(actor) && dossier.findings.iter().any(|f| f.resolved_at.is_none())
        }
        Action::Surrender | Action::RecordEntry => !dossier.has_entered,
        // The table knows them; nothing carries them out yet.
        Action::Suspend | Action::Reinstate | Action::Appeal => false,
        _ => true,
    }
}

/// Whether the actor could be `party` of this case at some stage.
fn could_be(dossier: &Dossier, actor: &Actor, party: Party) -> bool {
    match party {
        Party::Side => is_side(dossier, actor),
        Party::Border => actor.is(Role::Verifier),
        Party::System => actor.identity == super::actor::Identity::System,
        Party::StageOfficer | Party::DecidingOfficer => {
            actor.is(Role::Officer) && reviews_somewhere(dossier, actor)
        }
        Party::StageSupervisor | Party::Supervisor => {
            actor.is(Role::Supervisor) && reviews_somewhere(dossier, actor)
        }
    }
}

fn is_party(dossier: &Dossier, actor: &Actor, party: Party) -> Result<(), Forbidden> {
    if !could_be(dossier, actor, party) {
        return Err(Forbidden::Role);
    }
    let scope = match party {
        Party::Side => Scope::ApplicationsWrite,
        Party::Border => Scope::AuthorizationsVerify,
        _ => Scope::ReviewsWrite,
    };
    if !actor.has_scope(scope) {
        return Err(Forbidden::Scope);
    }
    let here = || match &dossier.case.stage {
        Some(stage) if dossier.authority_of(stage) == actor_code(actor) => Ok(()),
        _ => Err(Forbidden::NotYourStage),
    };
    match party {
        Party::Side | Party::Border | Party::System | Party::Supervisor => Ok(()),
        Party::StageSupervisor => here(),
        Party::StageOfficer => {
            here().and_then(|()| impartial(dossier, actor)).and_then(|()| fresh_eyes(dossier, actor))
        }
        Party::DecidingOfficer => {
            let last = dossier.programme.stages.last().map(|stage| stage.code.as_str());
            match last {
                Some(stage) if dossier.authority_of(stage) == actor_code(actor) => impartial(dossier, actor),
                _ => Err(Forbidden::NotYourStage),
            }
        }
    }
}

/// The applicant; the sponsor's representatives and programs; the organisation that entered the case.
pub fn is_side(dossier: &Dossier, actor: &Actor) -> bool {
    let case = &dossier.case;
    let own = actor.is(Role::Applicant) && case.applicant.is_some() && case.applicant == actor.account();
    let organisation = actor.organisation_id();
    let sponsored = actor.is(Role::Sponsor)
        && organisation.is_some()
        && (case.sponsor.as_ref().map(|s| s.id) == organisation || case.creator_organisation == organisation);
    own || sponsored
}

/// Whether the actor's authority has a stage of this case.
pub fn reviews_somewhere(dossier: &Dossier, actor: &Actor) -> bool {
    let code = actor_code(actor);
    code.is_some() && dossier.programme.stages.iter().any(|stage| dossier.authority_of(&stage.code) == code)
}

fn actor_code(actor: &Actor) -> Option<&str> {
    actor.organisation.as_ref().map(|organisation| organisation.code.as_str())
}

/// Nobody acts on a case of their own or of their own sponsor.
fn impartial(dossier: &Dossier, actor: &Actor) -> Result<(), Forbidden> {
    let case = &dossier.case;
    if actor.identity.id().is_some_and(|id| case.creator == id || case.applicant.is_some_and(|a| a.0 == id)) {
        return Err(Forbidden::OwnCase);
    }
    match (&case.sponsor, actor.organisation_id()) {
        (Some(sponsor), Some(own)) if sponsor.id == own => Err(Forbidden::OwnSponsor),
        _ => Ok(()),
    }
}

/// Four eyes: nobody endorses two stages of a case, so whoever endorsed one has no business at the next.
fn fresh_eyes(dossier: &Dossier, actor: &Actor) -> Result<(), Forbidden> {
    let again = dossier.endorsements.iter().any(|earlier| Some(earlier.by) == actor.identity.id());
    if again { Err(Forbidden::FourEyes) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
