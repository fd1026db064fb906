//! A batch's terms as a form.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    domain::batch::{Dimension, HoldAt, OnFull, Ordering, Terms},
    texts::Texts,
    web::{
        fields::{Fields, ZONE},
        pages::{
            Faults,
            controls::{Choice, Control, Input},
        },
    },
};

/// The controls of the terms, and of each limit; the last row is empty, for one more limit.
pub struct TermsForm {
    /// Everything but the limits.
    pub controls: Vec<Control>,
    /// Dimension, key and capacity of each limit.
    pub limits: Vec<Vec<Control>>,
    /// The zone of the times, by its name in the IANA database.
    pub zone: String,
}

/// The name of the list of limits.
pub const LIMITS: &str = "limits";
const MAX_LIMITS: usize = 100;

impl TermsForm {
    /// The form filled with `values`.
    pub fn new(t: Texts, values: &Fields, faults: &Faults) -> Self {
        let control = |pointer: &str, input| Control::new(t, pointer, input, values, faults);
        let radios = |pointer: &str, codes: Vec<&str>| {
            let name = pointer.trim_start_matches('/');
            let choices = codes.into_iter().map(|code| Choice {
                value: code.to_owned(),
                label: t.get(&format!("terms-{name}-{code}")),
                hint: String::new(),
            });
            control(pointer, Input::Radios).with_choices(choices.collect())
        };
        let optional = |control: Control| Control { is_optional: true, ..control };
        let zone = values.get(ZONE).unwrap_or("UTC").to_owned();
        let hint = t.with("terms-zone", "zone", zone.replace('_', " "));
        let time = |pointer| {
            let control = control(pointer, Input::Line("datetime-local"));
            optional(Control { hint: hint.clone(), ..control })
        };
        let controls = vec![
            control("/name", Input::Line("text")),
            control("/capacity", Input::Line("number")),
            control("/travel_from", Input::Line("date")),
            control("/travel_until", Input::Line("date")),
            time("/opens_at"),
            time("/closes_at"),
            radios("/hold_at", HoldAt::ALL.iter().map(|code| code.as_str()).collect()),
            radios("/on_full", OnFull::ALL.iter().map(|code| code.as_str()).collect()),
            radios("/order", Ordering::ALL.iter().map(|code| code.as_str()).collect()),
        ];
        let filled = values.rows(LIMITS);
        let limits =
            (0..filled.saturating_add(1).min(MAX_LIMITS)).map(|row| limit(t, row, values, faults)).collect();
        Self { controls, limits, zone }
    }
}

fn limit(t: Texts, row: usize, values: &Fields, faults: &Faults) -> Vec<Control> {
    let dimensions = Dimension::ALL.iter().map(|dimension| Choice {
        value: dimension.to_string(),
        label: t.get(&format!("dimension-{dimension}")),
        hint: String::new(),
    });
    let control =
        |name: &str, input| Control::new(t, &format!("/limits/{row}/{name}"), input, values, faults);
    vec![
        control("dimension", Input::Select).with_choices(dimensions.collect()),
        control("key", Input::Line("text")),
        control("capacity", Input::Line("number")),
    ]
}

/// The terms as the fields of the form. Times are in the zone of this name.
pub fn of_terms(terms: &Terms, zone: &str) -> Fields {
    let time_zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let minute = |at: Option<Timestamp>| {
        at.map(|at| at.to_zoned_datetime(time_zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string())
    };
    let named = |name: &str, value: String| (name.to_owned(), value);
    let mut fields = vec![
        named("name", terms.name.clone()),
        named("capacity", terms.capacity.to_string()),
        named("hold_at", terms.hold_at.to_string()),
        named("on_full", terms.on_full.to_string()),
        named("order", terms.ordering.to_string()),
        named("opens_at", minute(terms.opens_at).unwrap_or_default()),
        named("closes_at", minute(terms.closes_at).unwrap_or_default()),
        named("travel_from", terms.travel_from.to_string()),
        named("travel_until", terms.travel_until.to_string()),
        named(ZONE, zone.to_owned()),
    ];
    for (row, limit) in terms.limits.iter().enumerate() {
        let at = |name: &str| format!("{LIMITS}-{row}-{name}");
        fields.push((at("dimension"), limit.dimension.to_string()));
        fields.push((at("key"), limit.key.clone()));
        fields.push((at("capacity"), limit.capacity.to_string()));
    }
    fields.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{domain::batch::LimitTerms, web::terms};

    #[test]
    fn the_form_of_some_terms_changes_nothing() {
        let terms = Terms {
            name: "Batch 2".to_owned(),
            capacity: 10,
            limits: vec![LimitTerms {
                dimension: Dimension::Direction,
                key: "CN-KZ".to_owned(),
                capacity: 5,
            }],
            hold_at: HoldAt::Submission,
            on_full: OnFull::Refuse,
            ordering: Ordering::Ranked,
            opens_at: None,
            closes_at: Some("2026-03-05T14:30:00Z".parse().unwrap()),
            travel_from: date(2026, 4, 1),
            travel_until: date(2026, 9, 1),
        };
        for zone in ["UTC", "Asia/Almaty", "America/New_York"] {
            let fields = of_terms(&terms, zone);
            assert_eq!(terms::read_change(&fields).unwrap().applied_to(terms.clone()), terms, "{zone}");
        }
        assert_eq!(of_terms(&terms, "Asia/Almaty").get("closes_at"), Some("2026-03-05T19:30"));
    }
}
