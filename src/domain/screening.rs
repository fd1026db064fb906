//! Screening: automatic checks of a submitted case before an officer sees it. It refuses nothing.

use super::{
    calendar::months_after,
    finding::{FindingCode, Severity},
    form::{Form, Sex},
    mrz,
    programme::Programme,
};

pub use super::finding::Noticed;

/// What other cases say about the travel document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherCases {
    /// A live case in the same programme, where a second one is not allowed.
    pub live_here: bool,
    /// A live case in another programme, under any account.
    pub live_elsewhere: bool,
    /// A case that was refused or revoked.
    pub refused_before: bool,
}

/// A passport whose validity exceeds the rule by less than this gets a finding.
const CLOSE_MONTHS: i32 = 1;

/// All findings about the case.
pub fn screen(
    form: &Form,
    category: &str,
    evidence: &[String],
    others: OtherCases,
    programme: &Programme,
) -> Vec<Noticed> {
    let mut noticed = Vec::new();
    let mut notice = |code, subject: Option<&str>, severity, stage: Option<&str>| {
        noticed.push(Noticed {
            code,
            subject: subject.map(Into::into),
            severity,
            stage: stage.map(Into::into),
        });
    };
    if others.live_elsewhere {
        notice(FindingCode::DuplicateCase, None, Severity::Warning, None);
    }
    if others.refused_before {
        notice(FindingCode::EarlierRefusal, None, Severity::Warning, None);
    }
    if expires_soon(form, programme) {
        notice(FindingCode::PassportExpiresSoon, None, Severity::Warning, None);
    }
    for declaration in &programme.declarations {
        let answer = form.health.declarations.get(&declaration.code);
        if answer.is_some_and(|answer| *answer != declaration.expected) {
            let stage = declaration.stage.as_deref();
            notice(FindingCode::DeclarationAnswered, Some(&declaration.code), Severity::Blocking, stage);
        }
    }
    for kind in &programme.evidence {
        if programme.requires(kind, category) && !evidence.contains(&kind.kind) {
            notice(FindingCode::EvidenceMissing, Some(&kind.kind), Severity::Blocking, None);
        }
    }
    for field in mrz_mismatches(form) {
        notice(FindingCode::MrzMismatch, Some(field), Severity::Blocking, None);
    }
    noticed
}

fn expires_soon(form: &Form, programme: &Programme) -> bool {
    let (Some(expires), Some(leave)) = (form.travel_document.expires_on, form.journey.leave_on) else {
        return false;
    };
    expires < months_after(leave, programme.rules.passport_valid_months_after_leaving + CLOSE_MONTHS)
}

/// The fields that differ from the machine-readable zone.
fn mrz_mismatches(form: &Form) -> Vec<&'static str> {
    let (applicant, document) = (&form.applicant, &form.travel_document);
    let Some(zone) = document.mrz.as_deref().and_then(|text| mrz::parse(text).ok()) else {
        return Vec::new();
    };
    let sex = match zone.sex {
        'F' => Some(Sex::F),
        'M' => Some(Sex::M),
        _ => None,
    };
    let mut fields = Vec::new();
    let mut expect = |field, fits: bool| {
        if !fits {
            fields.push(field);
        }
    };
    expect("/travel_document/number", document.number.as_deref() == Some(zone.number.as_str()));
    expect(
        "/travel_document/issuer",
        document.issuer.as_deref().is_none_or(|code| is_alpha3_of(&zone.issuer, code)),
    );
    expect(
        "/travel_document/expires_on",
        document.expires_on.is_none_or(|day| mrz::names_day(zone.expiry, day)),
    );
    expect("/applicant/birth_date", applicant.birth_date.is_none_or(|day| mrz::names_day(zone.birth, day)));
    expect(
        "/applicant/nationality",
        applicant.nationality.as_deref().is_none_or(|code| is_alpha3_of(&zone.nationality, code)),
    );
    expect("/applicant/sex", sex.is_none() || applicant.sex == sex);
    fields
}

/// Whether a zone's country code names the country; ICAO writes Germany as `D`.
fn is_alpha3_of(zone: &str, alpha2: &str) -> bool {
    rust_iso3166::from_alpha2(alpha2).is_some_and(|country| country.alpha3 == zone)
        || (zone == "D" && alpha2 == "DE")
}
