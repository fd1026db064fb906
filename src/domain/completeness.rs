//! What a form must contain before it can be submitted, and the programme's rules about it. Reports every fault at
//! once.

use jiff::{Timestamp, civil::Date};

use super::{
    batch::Batch,
    calendar::{age_on, days_inclusive, months_after},
    email::EmailAddress,
    field_error::FieldError,
    form::{Form, Journey, Stop},
    programme::{Programme, ends},
};

/// Everything that keeps a form from being submitted. Ages and the passport are judged by the day at home, the journey by
/// the day where it leads to.
pub fn faults(
    form: &Form,
    direction: &str,
    category: &str,
    evidence: &[String],
    programme: &Programme,
    batch: &Batch,
    now: Timestamp,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let (home, host) = ends(direction);
    let (home_today, host_today) = (programme.day_in(home, now), programme.day_in(host, now));
    required(form, &mut faults);
    person(form, home, programme, home_today, &mut faults);
    document(form, programme, home_today, &mut faults);
    journey(form, programme, batch, host_today, &mut faults);
    declarations(form, programme, &mut faults);
    for kind in &programme.evidence {
        if programme.requires(kind, category) && !evidence.contains(&kind.kind) {
            faults.push(FieldError::new("/evidence", "evidence_missing").with("kind", &kind.kind));
        }
    }
    faults
}

fn required(form: &Form, faults: &mut Vec<FieldError>) {
    let (a, d, e, j) = (&form.applicant, &form.travel_document, &form.employment, &form.journey);
    let fields: [(&str, bool); 20] = [
        ("/applicant/family_name", a.family_name.is_some()),
        ("/applicant/given_names", a.given_names.is_some()),
        ("/applicant/birth_date", a.birth_date.is_some()),
        ("/applicant/sex", a.sex.is_some()),
        ("/applicant/nationality", a.nationality.is_some()),
        ("/applicant/residence", a.residence.is_some()),
        ("/applicant/email", a.email.is_some()),
        ("/applicant/phone", a.phone.is_some()),
        ("/travel_document/type", d.kind.is_some()),
        ("/travel_document/number", d.number.is_some()),
        ("/travel_document/issuer", d.issuer.is_some()),
        ("/travel_document/issued_on", d.issued_on.is_some()),
        ("/travel_document/expires_on", d.expires_on.is_some()),
        ("/employment/employer", e.employer.is_some()),
        ("/employment/position", e.position.is_some()),
        ("/employment/host", e.host.is_some()),
        ("/journey/purpose", j.purpose.is_some()),
        ("/journey/arrive_on", j.arrive_on.is_some()),
        ("/journey/leave_on", j.leave_on.is_some()),
        ("/journey/port_of_entry", j.port_of_entry.is_some()),
    ];
    faults.extend(fields.iter().filter(|(_, there)| !there).map(|(at, _)| FieldError::new(*at, "required")));
}

fn person(form: &Form, home: &str, programme: &Programme, today: Date, faults: &mut Vec<FieldError>) {
    let applicant = &form.applicant;
    if let Some(birth) = applicant.birth_date {
        let least = programme.rules.min_age_years;
        if birth > today || age_on(birth, today) > 120 {
            faults.push(FieldError::new("/applicant/birth_date", "impossible_date"));
        } else if age_on(birth, today) < least {
            faults.push(FieldError::new("/applicant/birth_date", "too_young").with("years", least));
        }
    }
    // A form of an earlier version may have one that the mailer cannot send to.
    if applicant.email.as_deref().is_some_and(|email| EmailAddress::parse(email).is_none()) {
        faults.push(FieldError::new("/applicant/email", "not_an_email"));
    }
    // Who travels from a side belongs to it: by nationality or by residence.
    if let (Some(nationality), Some(residence)) = (&applicant.nationality, &applicant.residence)
        && nationality != home
        && residence != home
    {
        faults.push(FieldError::new("/applicant/nationality", "direction_mismatch").with("country", home));
    }
}

fn document(form: &Form, programme: &Programme, today: Date, faults: &mut Vec<FieldError>) {
    let document = &form.travel_document;
    if let (Some(issued), Some(expires)) = (document.issued_on, document.expires_on)
        && expires <= issued
    {
        faults.push(FieldError::new("/travel_document/expires_on", "before_start"));
    }
    if let Some(issued) = document.issued_on {
        let born_later = form.applicant.birth_date.is_some_and(|birth| issued < birth);
        if issued > today || born_later {
            faults.push(FieldError::new("/travel_document/issued_on", "impossible_date"));
        }
    }
    let months = programme.rules.passport_valid_months_after_leaving;
    if let (Some(expires), Some(leave)) = (document.expires_on, form.journey.leave_on)
        && expires < months_after(leave, months)
    {
        let fault = FieldError::new("/travel_document/expires_on", "passport_expires_too_soon");
        faults.push(fault.with("months", months).with("date", months_after(leave, months)));
    }
}

fn journey(form: &Form, programme: &Programme, batch: &Batch, today: Date, faults: &mut Vec<FieldError>) {
    let journey = &form.journey;
    for (at, day) in [("/journey/arrive_on", journey.arrive_on), ("/journey/leave_on", journey.leave_on)] {
        if day.is_some_and(|day| day < batch.travel_from || day > batch.travel_until) {
            let fault = FieldError::new(at, "outside_travel_window");
            faults.push(fault.with("from", batch.travel_from).with("until", batch.travel_until));
        }
    }
    if journey.arrive_on.is_some_and(|arrive| arrive < today) {
        faults.push(FieldError::new("/journey/arrive_on", "in_the_past"));
    }
    if let (Some(arrive), Some(leave)) = (journey.arrive_on, journey.leave_on) {
        let most = programme.rules.max_stay_days;
        if leave < arrive {
            faults.push(FieldError::new("/journey/leave_on", "before_start"));
        } else if days_inclusive(arrive, leave) > most {
            faults.push(FieldError::new("/journey/leave_on", "stay_too_long").with("days", most));
        }
    }
    for (index, stop) in journey.itinerary.iter().enumerate() {
        itinerary(&form.journey, index, stop, faults);
    }
}

fn itinerary(journey: &Journey, index: usize, stop: &Stop, faults: &mut Vec<FieldError>) {
    let at = |field: &str| format!("/journey/itinerary/{index}/{field}");
    let fields = [("from", stop.from.is_some()), ("to", stop.to.is_some()), ("place", stop.place.is_some())];
    let missing = fields.iter().filter(|(_, there)| !there);
    faults.extend(missing.map(|(field, _)| FieldError::new(at(field), "required")));
    let (Some(from), Some(to)) = (stop.from, stop.to) else { return };
    let starts_early = journey.arrive_on.is_some_and(|arrive| from < arrive);
    let ends_late = journey.leave_on.is_some_and(|leave| to > leave);
    if to < from {
        faults.push(FieldError::new(at("to"), "before_start"));
    } else if starts_early || ends_late {
        faults.push(FieldError::new(at("from"), "outside_journey"));
    }
}

fn declarations(form: &Form, programme: &Programme, faults: &mut Vec<FieldError>) {
    for declaration in &programme.declarations {
        let at = format!("/health/declarations/{}", declaration.code);
        match form.health.declarations.get(&declaration.code) {
            None => faults.push(FieldError::new(at, "required")),
            Some(answer) if *answer != declaration.expected && declaration.stage.is_none() => {
                faults.push(FieldError::new(at, "must_be_declared"));
            }
            Some(_) => {}
        }
    }
    for code in form.health.declarations.keys() {
        if !programme.declarations.iter().any(|declaration| declaration.code == *code) {
            faults.push(FieldError::new(format!("/health/declarations/{code}"), "unknown_field"));
        }
    }
}
