//! Findings: what screening or an officer noticed about a case.

use jiff::Timestamp;
use uuid::Uuid;

use super::ids::FindingId;
use crate::text_enum;

text_enum! {
    /// The severity of a finding.
    pub enum Severity {
        /// Good to know.
        Info = "info",
        /// Needs attention.
        Warning = "warning",
        /// Must be resolved before its stage can be endorsed.
        Blocking = "blocking",
    }
}

text_enum! {
    /// What can be noticed.
    pub enum FindingCode {
        /// Another live case has the same travel document, in another programme.
        DuplicateCase = "duplicate_case",
        /// A case with the same travel document was refused or revoked.
        EarlierRefusal = "earlier_refusal",
        /// The passport is valid only a little longer than required.
        PassportExpiresSoon = "passport_expires_soon",
        /// A declaration was not answered as expected.
        DeclarationAnswered = "declaration_answered",
        /// A required kind of evidence is missing.
        EvidenceMissing = "evidence_missing",
        /// The machine-readable zone differs from the form.
        MrzMismatch = "mrz_mismatch",
    }
}

/// A finding as screening makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noticed {
    /// What.
    pub code: FindingCode,
    /// About which declaration, field or kind of evidence.
    pub subject: Option<String>,
    /// Its severity.
    pub severity: Severity,
    /// Which stage must deal with it; none: every stage.
    pub stage: Option<String>,
}

/// A finding of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Finding {
    pub id: FindingId,
    /// The round of review to which it belongs, from 1.
    pub round: i32,
    pub noticed: Noticed,
    pub raised_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<Uuid>,
}

impl Finding {
    /// Whether it stops the endorsement of `stage`.
    pub fn blocks(&self, stage: &str) -> bool {
        self.noticed.severity == Severity::Blocking
            && self.resolved_at.is_none()
            && self.noticed.stage.as_deref().is_none_or(|own| own == stage)
    }
}
