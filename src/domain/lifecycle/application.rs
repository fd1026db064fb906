//! The lifecycle of an application, which is also called a case.

use super::{AnyRow, AuthorizationState, Lifecycle, Row, Target, row};
use crate::{domain::party::Party, text_enum};

text_enum! {
    /// The state of a case.
    pub enum State {
        /// A draft; only its own side sees it.
        Draft = "draft",
        /// At a stage, under review by an authority.
        InReview = "in_review",
        /// At a stage, waiting for the applicant's answer.
        InformationRequested = "information_requested",
        /// Waiting for a place.
        Waitlisted = "waitlisted",
        /// An authorization is issued.
        Approved = "approved",
        /// Refused by an authority.
        Refused = "refused",
        /// Withdrawn by the applicant or sponsor.
        Withdrawn = "withdrawn",
        /// A deadline passed.
        Lapsed = "lapsed",
        /// An authority revoked the authorization.
        Revoked = "revoked",
        /// The authorization's validity ended unused.
        Expired = "expired",
        /// The journey is over.
        Completed = "completed",
    }
}

text_enum! {
    /// What can be done to an application and to its authorization.
    pub enum Action {
        /// Create a draft.
        Create = "create",
        /// Change the form.
        Edit = "edit",
        /// Add an uploaded document.
        AddEvidence = "add_evidence",
        /// Remove one.
        RemoveEvidence = "remove_evidence",
        /// Accept to sponsor the case.
        AcceptSponsorship = "accept_sponsorship",
        /// Decline to sponsor the case.
        DeclineSponsorship = "decline_sponsorship",
        /// Submit the case.
        Submit = "submit",
        /// Claim the case.
        Claim = "claim",
        /// Release the case.
        Unclaim = "unclaim",
        /// Assign the case to an officer.
        Assign = "assign",
        /// Endorse the case at a stage.
        Endorse = "endorse",
        /// Request information from the applicant.
        RequestInformation = "request_information",
        /// Answer.
        Respond = "respond",
        /// Resolve a finding.
        ResolveFinding = "resolve_finding",
        /// Refuse the case.
        Refuse = "refuse",
        /// Withdraw the case before a decision.
        Withdraw = "withdraw",
        /// Return an authorization.
        Surrender = "surrender",
        /// Issue an authorization.
        Issue = "issue",
        /// End an authorization whose conditions are no longer met.
        Revoke = "revoke",
        /// End an authorization whose conditions were never met.
        Annul = "annul",
        /// Tie an authorization to another travel document.
        ChangeDocument = "change_document",
        /// The traveller has entered on the authorization.
        RecordEntry = "record_entry",
        /// The traveller has left.
        RecordExit = "record_exit",
        /// A place was released.
        Promote = "promote",
        /// Notice something about the case without a request, as a finding.
        Notice = "notice",
        /// Remind the applicant that the time for the journey is running out.
        Remind = "remind",
        /// A deadline has passed, or the time for the journey.
        Lapse = "lapse",
        /// The validity is over.
        Expire = "expire",
        /// The stay is over.
        Complete = "complete",
        /// Suspend an authorization.
        Suspend = "suspend",
        /// Reinstate an authorization.
        Reinstate = "reinstate",
        /// Appeal against a decision.
        Appeal = "appeal",
        /// Write a note for the other officers.
        Note = "note",
        /// View the full number of the travel document.
        ViewDocument = "view_document",
        /// Send a message about the case again.
        ResendMessage = "resend_message",
        /// Erase the personal data of a final case.
        Erase = "erase",
        /// Begin the history of an authorization from before there were histories.
        Found = "found",
        /// Close a history from before the hashes had a key, with a line that has one.
        CloseHistory = "close_history",
    }
}

/// In review at the next stage; after the last, approved, or waitlisted when no place is left.
const NEXT_STAGE: Target<State> = Target::OneOf(&[State::InReview, State::Approved, State::Waitlisted]);
/// In review at the first stage; waitlisted when the batch holds at submission, is full and keeps a waitlist.
const FIRST_STAGE: Target<State> = Target::OneOf(&[State::InReview, State::Waitlisted]);
/// Approved if all stages are endorsed; else in review at the first stage, holding the place.
const OUT_OF_LINE: Target<State> = Target::OneOf(&[State::InReview, State::Approved]);

impl Lifecycle for State {
    type Action = Action;

    /// Further conditions of an action are in `workflow/<action>.rs`. From `Approved` on the application follows its
    /// authorization ([`State::following`]).
    #[rustfmt::skip]
    const TABLE: &'static [Row<Self>] = {
        use Action::*; use Party::*; use State::*; use Target::*;
        const NOTHING: &[State] = &[];
        const WRITABLE: &[State] = &State::WRITABLE;
        const UNDECIDED: &[State] = &State::UNDECIDED;
        const SUBMITTED: &[State] =
            &[InReview, InformationRequested, Waitlisted, Approved, Refused, Withdrawn, Lapsed, Revoked, Expired, Completed];
        &[
            row(NOTHING,                                               Create,             To(Draft),                &[Applicant, SponsorMember]),
            row(WRITABLE,                                              Edit,               Stay,                     &[Side]),
            row(WRITABLE,                                              AddEvidence,        Stay,                     &[Side]),
            row(WRITABLE,                                              RemoveEvidence,     Stay,                     &[Side]),
            row(WRITABLE,                                              AcceptSponsorship,  Stay,                     &[AskedSponsor]),
            row(WRITABLE,                                              DeclineSponsorship, Stay,                     &[AskedSponsor]),
            row(&[Draft],                                              Submit,             FIRST_STAGE,              &[Side]),
            row(&[InReview],                                           Claim,              Stay,                     &[StageOfficer]),
            row(&[InReview, InformationRequested],                     Unclaim,            Stay,                     &[StageOfficer, StageSupervisor, System]),
            row(&[InReview],                                           Assign,             Stay,                     &[StageSupervisor]),
            row(&[InReview],                                           Endorse,            NEXT_STAGE,               &[StageOfficer]),
            row(&[InReview],                                           RequestInformation, To(InformationRequested), &[StageOfficer]),
            row(&[InReview],                                           ResolveFinding,     Stay,                     &[StageOfficer]),
            row(&[InReview],                                           Refuse,             To(Refused),              &[StageOfficer]),
            row(&[InformationRequested],                               Respond,            To(InReview),             &[Side]),
            row(&[Waitlisted],                                         Promote,            OUT_OF_LINE,              &[System]),
            row(UNDECIDED,                                             Notice,             Stay,                     &[System]),
            row(UNDECIDED,                                             Remind,             Stay,                     &[System]),
            row(UNDECIDED,                                             Lapse,              To(Lapsed),               &[System]),
            row(&[Draft, InReview, InformationRequested, Waitlisted],  Withdraw,           To(Withdrawn),            &[Side]),
            row(&[Refused, Revoked],                                   Appeal,             To(InReview),             &[Side]),
            row(SUBMITTED,                                             Note,               Stay,                     &[CaseOfficer]),
            row(State::ALL,                                            CloseHistory,       Stay,                     &[System]),
        ]
    };

    fn row(row: &AnyRow) -> Option<&Row<Self>> {
        if let AnyRow::Application(row) = row { Some(row) } else { None }
    }

    fn allows(action: Action, from: Option<Self>, to: Self) -> bool {
        let is_in_table = Self::TABLE.iter().any(|row| row.action == action && row.leads(from, to));
        let moves_nothing = matches!(action, Action::ViewDocument | Action::ResendMessage | Action::Erase);
        is_in_table
            || (moves_nothing && from == Some(to))
            || from.is_some_and(|from| follows(action, from, to))
    }
}

/// Whether the application goes from one state to the other when its authorization makes the action.
fn follows(action: Action, from: State, to: State) -> bool {
    let states = AuthorizationState::ALL;
    let mut pairs = states.iter().flat_map(|before| states.iter().map(move |after| (*before, *after)));
    pairs.any(|(before, after)| {
        let is_same = State::following(before) == from && State::following(after) == to;
        is_same && AuthorizationState::allows(action, Some(before), after)
    })
}

impl State {
    /// The states between submission and decision.
    pub const UNDECIDED: [Self; 3] = [Self::InReview, Self::InformationRequested, Self::Waitlisted];

    /// The states in which the form can change, and its sponsor can answer.
    pub const WRITABLE: [Self; 2] = [Self::Draft, Self::InformationRequested];

    /// Whether the case is submitted and not decided.
    pub fn is_undecided(self) -> bool {
        Self::UNDECIDED.contains(&self)
    }

    /// The state of an application whose authorization is in this state.
    pub const fn following(authorization: AuthorizationState) -> Self {
        match authorization {
            AuthorizationState::Valid | AuthorizationState::Suspended => Self::Approved,
            AuthorizationState::Used => Self::Completed,
            AuthorizationState::Expired => Self::Expired,
            AuthorizationState::Revoked | AuthorizationState::Annulled => Self::Revoked,
            AuthorizationState::Surrendered => Self::Withdrawn,
        }
    }

    /// Whether no action except an appeal leads to another state.
    pub fn is_final(self) -> bool {
        let leads = |row: &Row<Self>| row.from.contains(&self) && row.to != Target::Stay;
        let is_moved = Self::TABLE.iter().any(|row| leads(row) && row.action != Action::Appeal);
        let mut live = AuthorizationState::ALL.iter().filter(|state| !state.is_final());
        !is_moved && live.all(|state| Self::following(*state) != self)
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

    /// Whether a case in this state is at one of its programme's stages.
    pub const fn is_at_a_stage(self) -> bool {
        matches!(self, Self::InReview | Self::InformationRequested)
    }

    /// Whether the case is submitted and not final. A travel document has at most one such case.
    pub fn is_live(self) -> bool {
        self != Self::Draft && !self.is_final()
    }
}
