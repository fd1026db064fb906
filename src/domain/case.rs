//! A case: one traveller's application, and the dossier on which an officer decides.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    actor::Actor,
    authorization::Authorization,
    ballot::Bytes32,
    batch::Batch,
    calendar,
    finding::Finding,
    form::Form,
    ids::{AccountId, ApplicationId, BatchId, OrganisationId},
    lifecycle::State,
    programme::{Authority, Programme, ends},
    quota::{CountedUnder, Place},
    review::Review,
    sponsorship::{RequestState, SponsorshipRequest},
};

/// The sponsor behind a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct SponsorRef {
    pub id: OrganisationId,
    pub code: String,
    pub name: String,
}

/// One traveller's application.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Case {
    pub id: ApplicationId,
    pub reference: String,
    pub programme: String,
    pub programme_version: i32,
    pub batch: BatchId,
    pub direction: String,
    pub category: String,
    pub state: State,
    pub stage: Option<String>,
    pub assignee: Option<AccountId>,
    pub applicant: Option<AccountId>,
    /// The sponsor that has accepted or entered the case.
    pub sponsor: Option<SponsorRef>,
    pub creator: Uuid,
    pub creator_organisation: Option<OrganisationId>,
    pub language: String,
    /// Shared with the case before a step: a step rarely changes it.
    pub form: Arc<Form>,
    /// SHA-256 of the form as it is sealed.
    pub form_digest: Vec<u8>,
    /// Whether the form is sealed under a master key, by a version without case keys: a job seals it again.
    pub has_old_seal: bool,
    pub place: Place,
    /// Points of category and project priority.
    pub rank: i32,
    /// Its place in the drawn order of a ballot.
    pub lot: Option<Bytes32>,
    /// Counts every change; sent as the ETag.
    pub version: i32,
    /// The end of the chain of events.
    pub event_seq: i32,
    /// Its hash.
    pub event_hash: Vec<u8>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    /// In review: when the stage is due. Information requested: the answer's deadline. Approved: the end of validity.
    pub due_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
}

impl Case {
    /// What a place would be counted under if the case got it now.
    pub fn counted_under(&self) -> CountedUnder {
        CountedUnder {
            direction: self.direction.clone(),
            category: self.category.clone(),
            sponsor: self.sponsor.as_ref().map(|sponsor| sponsor.code.clone()),
        }
    }
}

/// A case with all that a decision needs.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Dossier {
    pub case: Case,
    pub programme: Arc<Programme>,
    pub review: Review,
    pub findings: Vec<Finding>,
    /// The sponsor that the form names, while it has not accepted.
    pub sponsorship: Option<SponsorshipRequest>,
    /// Of an approved case.
    pub authorization: Option<Authorization>,
}

/// Where an appeal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeal<'a> {
    /// The authority that decides on it.
    pub authority: &'a Authority,
    /// Its deadline.
    pub until: Timestamp,
}

impl Dossier {
    /// The code of the authority that reviews `stage` in this case's direction.
    pub fn authority_of(&self, stage: &str) -> Option<&str> {
        self.programme.stage(stage)?.authority.get(&self.case.direction).map(String::as_str)
    }

    /// The authority whose stage it is now.
    pub fn current_authority(&self) -> Option<&Authority> {
        let code = self.authority_of(self.case.stage.as_deref()?)?;
        self.programme.authority(code)
    }

    /// The authority of the last stage, which decides.
    pub fn deciding_authority(&self) -> Option<&Authority> {
        let last = self.programme.stages.last()?;
        self.programme.authority(self.authority_of(&last.code)?)
    }

    /// The territory that the case is from.
    pub fn home(&self) -> &str {
        ends(&self.case.direction).0
    }

    /// The territory that it leads to.
    pub fn host(&self) -> &str {
        ends(&self.case.direction).1
    }

    /// Until when the case can wait for a place of its batch: until the day of leaving or the last day of travel has passed.
    pub fn waits_until(&self, batch: &Batch) -> Timestamp {
        let batch_ends = self.programme.end_everywhere(batch.travel_until);
        batch_ends.min(self.journey_ends().unwrap_or(batch_ends))
    }

    /// The moment at which the day of leaving has passed.
    pub fn journey_ends(&self) -> Option<Timestamp> {
        let host = self.programme.time_zone(self.host());
        self.case.form.journey.leave_on.map(|day| calendar::end_in(&host, day))
    }

    /// To whom and until when the applicant can appeal against a refusal or revocation that was decided `at` this time:
    /// to the authority that decided.
    pub fn appeal(&self, at: Timestamp) -> Option<Appeal<'_>> {
        let stages = &self.programme.stages;
        let stage = match self.case.state {
            // Refused at the first stage that had not endorsed it.
            State::Refused => stages.get(self.review.current().endorsements.len()).or(stages.last()),
            State::Revoked => stages.last(),
            _ => None,
        };
        let authority = self.programme.authority(self.authority_of(&stage?.code)?)?;
        Some(Appeal { authority, until: calendar::days_after(at, self.programme.rules.appeal_days) })
    }

    /// The sponsor that is asked to accept the case and has not answered yet.
    pub fn asked_sponsor(&self) -> Option<OrganisationId> {
        let request = self.sponsorship.as_ref().filter(|request| request.state == RequestState::Requested)?;
        Some(request.sponsor.id)
    }

    /// Whether the traveller has crossed the border on the authorization.
    pub fn has_entered(&self) -> bool {
        self.authorization.as_ref().is_some_and(|authorization| authorization.entered_on.is_some())
    }

    /// Whether the case is assigned to another officer than this one.
    pub fn is_claimed_by_another(&self, actor: &Actor) -> bool {
        self.case.assignee.is_some() && self.case.assignee != actor.account()
    }

    /// The findings of the current round.
    pub fn findings_of_round(&self) -> impl Iterator<Item = &Finding> {
        let round = self.review.round();
        self.findings.iter().filter(move |finding| finding.round == round)
    }

    /// What blocks the endorsement of the current stage.
    pub fn blocking_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_blocking() && self.is_for_current_stage(finding))
    }

    /// Whether the officers of the current stage deal with this finding: it is for their stage or every stage, or for one
    /// that has endorsed the case already in this round.
    pub fn is_for_current_stage(&self, finding: &Finding) -> bool {
        let endorsed = |stage: &str| self.review.current().endorsements.iter().any(|e| e.stage == stage);
        finding.round == self.review.round()
            && self.case.stage.as_deref().is_some_and(|current| {
                finding.noticed.stage.as_deref().is_none_or(|stage| stage == current || endorsed(stage))
            })
    }

    /// Whether every stage has been endorsed in the current round.
    pub fn is_fully_endorsed(&self) -> bool {
        let endorsements = &self.review.current().endorsements;
        self.programme.stages.iter().all(|stage| endorsements.iter().any(|e| e.stage == stage.code))
    }
}
