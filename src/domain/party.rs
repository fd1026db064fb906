//! The parties of the tables of rights. `policy/parties.rs` decides who belongs to a party.

/// A group of actors, defined by their relation to the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Everybody, signed in or not.
    Anyone,
    /// A person or program that is signed in, and the service itself.
    SignedIn,
    /// A person who is signed in, about the own account.
    AccountHolder,
    /// Somebody who applies for their own journey.
    Applicant,
    /// A representative or program of a sponsor.
    SponsorMember,
    /// The applicant, the sponsor once it has accepted the case, and the sponsor or authority that entered it.
    Side,
    /// A representative or program of the sponsor that the form names and that has not answered yet.
    AskedSponsor,
    /// An officer of the authority whose stage it is, with no part in the case.
    StageOfficer,
    /// The same, even with a part in the case.
    OfficerHere,
    /// A supervisor of the authority whose stage it is.
    StageSupervisor,
    /// An officer of the authority that decides (the last stage).
    DecidingOfficer,
    /// A supervisor of an authority that reviews the case at some stage.
    Supervisor,
    /// An officer of an authority that reviews the case at some stage, once it was submitted.
    ReviewingOfficer,
    /// A supervisor of such an authority, once the case was submitted.
    ReviewingSupervisor,
    /// An officer or supervisor of such an authority, once the case was submitted, with no part in it.
    CaseOfficer,
    /// Everybody who may read the case (`policy/sight.rs`): its side; once it was submitted, the authorities that
    /// review it and auditors; the service itself.
    Reader,
    /// Somebody who reviews cases or runs batches: an officer, a supervisor, a batch manager.
    Reviewer,
    /// An auditor; of a case, once it was submitted.
    Auditor,
    /// A batch manager of an authority of the programme, and the operator.
    BatchManager,
    /// A batch manager of any authority.
    AnyBatchManager,
    /// Somebody who reviews, runs or audits batches for an authority of the programme.
    ProgrammeAuthority,
    /// A supervisor of any authority.
    SupervisorOfAnAuthority,
    /// An administrator of accounts, organisations and programmes.
    Administrator,
    /// Somebody who checks authorizations at the border.
    Border,
    /// The service itself: the clock, or a released place.
    System,
}
