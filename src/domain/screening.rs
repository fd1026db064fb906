//! Screening: automatic checks of a submitted case before an officer sees it. It refuses nothing.

use jiff::{Timestamp, civil::Date};

use super::{
    calendar::months_after,
    finding::{FindingCode, Noticed, Screened, Severity},
    form::{Form, Journey, Sex, TravelDocument},
    journey,
    mrz::{self, NameMatch},
    programme::Programme,
};

/// What other cases say about the travel document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherCases {
    /// Whether there is a live case in the same programme, where a second one is not allowed.
    pub live_here: bool,
    /// When the newest live case in another programme was created, under any account.
    pub live_elsewhere: Option<Timestamp>,
    /// When the newest case that was refused or revoked was created.
    pub refused_before: Option<Timestamp>,
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
) -> Vec<Screened> {
    let document = &form.travel_document;
    let mut screened = Vec::new();
    let mut notice = |code, severity, subject: Option<&str>, stage: Option<&str>, values: String| {
        let (subject, stage) = (subject.map(Into::into), stage.map(Into::into));
        screened.push(Screened { noticed: Noticed { code, subject, severity, stage }, values });
    };
    let about_others = [
        (FindingCode::DuplicateCase, others.live_elsewhere),
        (FindingCode::EarlierRefusal, others.refused_before),
    ];
    for (code, other) in about_others {
        if let Some(created) = other {
            notice(
                code,
                Severity::Warning,
                None,
                None,
                values_of([form.document_identity(), Some(created.to_string())]),
            );
        }
    }
    if expires_soon(form, programme) {
        let (expires, leave) = (document.expires_on, form.journey.leave_on);
        let values = values_of([document.number.clone(), written(expires), written(leave)]);
        notice(FindingCode::PassportExpiresSoon, Severity::Warning, None, None, values);
    }
    for declaration in &programme.declarations {
        let answer = form.health.declarations.get(&declaration.code);
        if let Some(answer) = answer.filter(|answer| **answer != declaration.expected) {
            let (subject, stage) = (Some(declaration.code.as_str()), declaration.stage.as_deref());
            let values = answer.to_string();
            notice(FindingCode::DeclarationAnswered, Severity::Blocking, subject, stage, values);
        }
    }
    for kind in &programme.evidence {
        if programme.requires(kind, category) && !evidence.contains(&kind.kind) {
            let subject = Some(kind.kind.as_str());
            notice(FindingCode::EvidenceMissing, Severity::Blocking, subject, None, String::new());
        }
    }
    for (field, value) in mrz_mismatches(form) {
        let values = values_of([value, document.mrz.clone()]);
        notice(FindingCode::MrzMismatch, Severity::Blocking, Some(field), None, values);
    }
    if let Some((code, severity)) = name_mismatch(form) {
        let names = (form.applicant.family_name.clone(), form.applicant.given_names.clone());
        let values = values_of([names.0, names.1, document.mrz.clone()]);
        notice(code, severity, Some("/applicant/family_name"), None, values);
    }
    screened
}

/// The values that a finding is about, as one text. It is stored and compared, so it keeps its format.
fn values_of<const N: usize>(values: [Option<String>; N]) -> String {
    values.map(Option::unwrap_or_default).join("\n")
}

fn written<T: std::fmt::Display>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A finding for the last stage if the planned day of arrival has passed: the journey may no longer make sense.
pub fn passed_arrival(journey: &Journey, programme: &Programme, today: Date) -> Option<Screened> {
    journey::has_begun(journey, today).then(|| Screened {
        noticed: Noticed {
            code: FindingCode::ArrivalPassed,
            subject: None,
            severity: Severity::Blocking,
            stage: programme.stages.last().map(|stage| stage.code.clone()),
        },
        values: values_of([written(journey.arrive_on), written(journey.leave_on)]),
    })
}

fn expires_soon(form: &Form, programme: &Programme) -> bool {
    let (Some(expires), Some(leave)) = (form.travel_document.expires_on, form.journey.leave_on) else {
        return false;
    };
    expires
        < months_after(
            leave,
            programme.rules.passport_valid_months_after_leaving.saturating_add(CLOSE_MONTHS),
        )
}

/// The fields that differ from the machine-readable zone, and their values.
fn mrz_mismatches(form: &Form) -> Vec<(&'static str, Option<String>)> {
    let (applicant, document) = (&form.applicant, &form.travel_document);
    let Some(zone) = document.mrz.as_deref().and_then(|text| mrz::parse(text).ok()) else {
        return Vec::new();
    };
    let sex = match zone.sex {
        'F' => Some(Sex::F),
        'M' => Some(Sex::M),
        _ => None,
    };
    let fits_country =
        |zone: &str, code: &Option<String>| code.as_deref().is_none_or(|code| is_alpha3_of(zone, code));
    let fits_day = |zone, day: Option<Date>| day.is_none_or(|day| mrz::names_day(zone, day));
    let TravelDocument { number, issuer, expires_on, .. } = document;
    let compared = [
        ("/travel_document/number", number.as_deref() == Some(zone.number.as_str()), number.clone()),
        ("/travel_document/issuer", fits_country(&zone.issuer, issuer), issuer.clone()),
        ("/travel_document/expires_on", fits_day(zone.expiry, *expires_on), written(*expires_on)),
        ("/applicant/birth_date", fits_day(zone.birth, applicant.birth_date), written(applicant.birth_date)),
        (
            "/applicant/nationality",
            fits_country(&zone.nationality, &applicant.nationality),
            applicant.nationality.clone(),
        ),
        ("/applicant/sex", sex.is_none() || applicant.sex == sex, written(applicant.sex)),
    ];
    let differing = compared.into_iter().filter(|(_, fits, _)| !fits);
    differing.map(|(field, _, value)| (field, value)).collect()
}

/// How the name in the zone differs from the form. Passports are written in many ways, so this blocks nothing.
fn name_mismatch(form: &Form) -> Option<(FindingCode, Severity)> {
    let zone = mrz::parse(form.travel_document.mrz.as_deref()?).ok()?;
    let family = form.applicant.family_name.as_deref()?;
    let given = form.applicant.given_names.as_deref().unwrap_or_default();
    match mrz::compare_name(&zone.name, family, given) {
        NameMatch::Same => None,
        NameMatch::Exchanged => Some((FindingCode::NamesExchanged, Severity::Warning)),
        NameMatch::Different => Some((FindingCode::NameMismatch, Severity::Warning)),
        NameMatch::Unknown => Some((FindingCode::NameNotCompared, Severity::Info)),
    }
}

/// Whether a zone's country code names the country; ICAO writes Germany as `D`.
fn is_alpha3_of(zone: &str, alpha2: &str) -> bool {
    rust_iso3166::from_alpha2(alpha2).is_some_and(|country| country.alpha3 == zone)
        || (zone == "D" && alpha2 == "DE")
}
