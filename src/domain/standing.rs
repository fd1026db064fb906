//! The values of a case after an event. The event stores a digest of them, so that `verify` notices every change that
//! has no event.
//!
//! Only values that never change without an event belong here. The lot is not here: the draw of a batch sets it, and
//! the batch's seed proves it. The version and the hashes of the travel document are not here either: they follow from
//! the other values and from the current key. A migration that changes one of these columns must leave a job that adds
//! an event.

use super::{
    authorization::Authorization, case::Case, evidence::Evidence, finding::Finding,
    hashed_fields::HashedFields, quota::CountedUnder,
};

/// The values of a case after an event. The form is included as it is sealed: its digest reveals nothing about its
/// contents, and does not change when the keys are rotated.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Standing<'a> {
    pub case: &'a Case,
    pub papers: &'a [Evidence],
    pub findings: &'a [Finding],
    /// Of a case that has a place.
    pub counted_under: Option<&'a CountedUnder>,
    /// Of a case that is or was approved.
    pub authorization: Option<&'a Authorization>,
}

impl Standing<'_> {
    /// The bytes that the digest is made of.
    pub fn bytes(&self) -> Vec<u8> {
        let mut papers: Vec<&Evidence> = self.papers.iter().collect();
        papers.sort_by_key(|paper| paper.id);
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| finding.id);
        let none = HashedFields::default;
        none()
            .text("corridor standing 1")
            .list(of_case(self.case))
            .list(papers.into_iter().fold(none(), |all, paper| all.list(of_paper(paper))))
            .list(findings.into_iter().fold(none(), |all, finding| all.list(of_finding(finding))))
            .list(self.counted_under.map(of_place).unwrap_or_default())
            .list(self.authorization.map(of_authorization).unwrap_or_default())
            .into_bytes()
    }
}

fn of_case(case: &Case) -> HashedFields {
    let applicant = &case.form.applicant;
    HashedFields::default()
        .id(case.id.0)
        .text(&case.reference)
        .text(&case.programme)
        .number(case.programme_version)
        .id(case.batch.0)
        .text(&case.direction)
        .text(&case.category)
        .text(case.state.as_str())
        .some_text(case.stage.as_deref())
        .some_id(case.assignee.map(|id| id.0))
        .some_id(case.applicant.map(|id| id.0))
        .some_id(case.sponsor.as_ref().map(|sponsor| sponsor.id.0))
        .id(case.creator)
        .some_id(case.creator_organisation.map(|id| id.0))
        .text(&case.language)
        // The column of a name that is not filled in is empty.
        .text(applicant.family_name.as_deref().unwrap_or_default())
        .text(applicant.given_names.as_deref().unwrap_or_default())
        .bytes(&case.form_digest)
        .text(case.place.as_str())
        .number(case.rank)
        .time(case.created_at)
        .some_time(case.submitted_at)
        .some_time(case.due_at)
        .some_time(case.decided_at)
}

fn of_paper(paper: &Evidence) -> HashedFields {
    HashedFields::default()
        .id(paper.id.0)
        .text(&paper.kind)
        .text(&paper.file_name)
        .text(paper.media_type.as_str())
        .bytes(&paper.sha256)
        .id(paper.uploaded_by)
        .time(paper.uploaded_at)
}

fn of_finding(finding: &Finding) -> HashedFields {
    HashedFields::default()
        .id(finding.id.0)
        .number(finding.round)
        .text(finding.noticed.code.as_str())
        .some_text(finding.noticed.subject.as_deref())
        .text(finding.noticed.severity.as_str())
        .some_text(finding.noticed.stage.as_deref())
        .time(finding.raised_at)
        .some_time(finding.resolved_at)
        .some_id(finding.resolved_by)
}

fn of_place(under: &CountedUnder) -> HashedFields {
    HashedFields::default().text(&under.direction).text(&under.category).some_text(under.sponsor.as_deref())
}

fn of_authorization(authorization: &Authorization) -> HashedFields {
    HashedFields::default()
        .text(&authorization.number)
        .text(authorization.state.as_str())
        .some_day(Some(authorization.valid_from))
        .some_day(Some(authorization.valid_until))
        .time(authorization.issued_at)
        .some_time(authorization.ended_at)
        .some_day(authorization.entered_on)
        .some_day(authorization.exited_on)
}
