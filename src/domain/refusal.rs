//! The reasons of refusals, as values, so that pages can explain a missing button in the same words.

use crate::text_enum;

text_enum! {
    /// Why this actor may not (HTTP 403).
    pub enum Forbidden {
        /// None of the actor's roles has the right.
        Role = "role",
        /// The actor's roles need an organisation, and its account has none.
        NoOrganisation = "no_organisation",
        /// The API client was not given the scope.
        Scope = "scope",
        /// Another authority's stage.
        NotYourStage = "not_your_stage",
        /// The actor has endorsed an earlier stage of the case.
        FourEyes = "four_eyes",
        /// The actor's own case.
        OwnCase = "own_case",
        /// The actor's own account.
        OwnAccount = "own_account",
        /// A case of the actor's own sponsor.
        OwnSponsor = "own_sponsor",
        /// Not the programme or territory of the actor's organisation.
        NotYourTerritory = "not_your_territory",
    }
}

text_enum! {
    /// Why it cannot be done now (HTTP 409), though the actor may.
    pub enum Conflict {
        /// The lifecycle has no such step from this state.
        ActionNotAllowed = "action_not_allowed",
        /// Another officer has claimed the case.
        ClaimedByAnother = "claimed_by_another",
        /// A blocking finding of this stage is unresolved.
        BlockingFinding = "blocking_finding",
        /// The batch, or a limit of it, has no place left.
        BatchFull = "batch_full",
        /// The batch accepts no submissions now.
        BatchNotOpen = "batch_not_open",
        /// The state of the batch does not allow it.
        BatchState = "batch_state",
        /// The places are drawn by lot only when the batch closes.
        BallotNotDrawn = "ballot_not_drawn",
        /// Another live case has the same travel document.
        DuplicateCase = "duplicate_case",
        /// The case can be changed only as a draft and while information is requested.
        NotEditable = "not_editable",
        /// The finding is resolved already.
        FindingResolved = "finding_resolved",
        /// The journey can no longer be made: it or the validity of the passport is over.
        JourneyOver = "journey_over",
        /// The traveller has entered already.
        AlreadyEntered = "already_entered",
        /// The code, name or address is in use.
        AlreadyExists = "already_exists",
        /// The one-time link was used, has expired, or never existed.
        LinkUnusable = "link_unusable",
    }
}
