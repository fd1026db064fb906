//! THE table: from which state, by which action, to which state, by whom. Pages, the API's `available_actions`, the
//! documentation's diagram and the tests derive from it.

use super::party::Party;
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
        /// Write something down for the other officers.
        Note = "note",
        /// Look at the full number of the travel document.
        ViewDocument = "view_document",
        /// Erase the personal data of a case that is over.
        Erase = "erase",
    }
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

impl Target {
    /// Whether a step from one state may end in the other.
    pub fn leads(self, from: State, to: State) -> bool {
        match self {
            Self::Stay => to == from,
            Self::To(state) => to == state,
            Self::NextStage => matches!(to, State::InReview | State::Approved | State::Waitlisted),
            Self::FirstStage => matches!(to, State::InReview | State::Waitlisted),
            Self::OutOfLine => matches!(to, State::InReview | State::Approved),
        }
    }
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
    const SUBMITTED: &[State] =
        &[InReview, InformationRequested, Waitlisted, Approved, Refused, Withdrawn, Lapsed, Revoked, Expired, Completed];
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
        row(SUBMITTED,                                             Note,               Stay,                     &[CaseOfficer]),
        row(&[Approved],                                           Expire,             To(Expired),              &[System]),
        row(&[Approved],                                           Complete,           To(Completed),            &[System]),
    ]
};

impl State {
    /// Whether no action leads elsewhere, an appeal apart.
    pub fn is_final(self) -> bool {
        let leads = |row: &Row| row.from.contains(&self) && row.to != Target::Stay;
        !TABLE.iter().any(|row| leads(row) && row.action != Action::Appeal)
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

#[cfg(test)]
mod tests;
