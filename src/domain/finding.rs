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
        /// The planned day of arrival has passed, and the case is not decided.
        ArrivalPassed = "arrival_passed",
        /// The name in the machine-readable zone is another one.
        NameMismatch = "name_mismatch",
        /// Family name and given names are exchanged.
        NamesExchanged = "names_exchanged",
        /// The name cannot be compared with the machine-readable zone: it has letters without a rule.
        NameNotCompared = "name_not_compared",
        /// The machine-readable zone differs from the form.
        MrzMismatch = "mrz_mismatch",
    }
}

/// What is noticed about a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noticed {
    /// What.
    pub code: FindingCode,
    /// About which declaration, field or kind of evidence.
    pub subject: Option<String>,
    /// Its severity.
    pub severity: Severity,
    /// The stage whose officers deal with it; none: those of every stage.
    pub stage: Option<String>,
}

/// What screening noticed, and the values that it is about. Other values are another finding, even if the text is the
/// same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screened {
    /// What.
    pub noticed: Noticed,
    /// The values, to be compared only. They are personal data.
    pub values: String,
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
    /// Whether it is unresolved.
    pub const fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    /// Whether it stops the endorsement of its stage.
    pub fn is_blocking(&self) -> bool {
        self.noticed.severity == Severity::Blocking && self.is_open()
    }

    /// Whether it need not be raised again: it is open, or an officer has resolved it. One that was closed because it
    /// no longer applied is raised again when it does.
    pub const fn is_known(&self) -> bool {
        self.is_open() || self.resolved_by.is_some()
    }
}
