//! A batch's terms as a form.

use jiff::Timestamp;

use crate::{
    domain::batch::{Dimension, HoldAt, OnFull, Ordering, Terms},
    texts::Texts,
    web::{
        fields::Fields,
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
        let controls = vec![
            control("/name", Input::Line("text")),
            control("/capacity", Input::Line("number")),
            control("/travel_from", Input::Line("date")),
            control("/travel_until", Input::Line("date")),
            optional(control("/opens_at", Input::Line("datetime-local"))),
            optional(control("/closes_at", Input::Line("datetime-local"))),
            radios("/hold_at", HoldAt::ALL.iter().map(|code| code.as_str()).collect()),
            radios("/on_full", OnFull::ALL.iter().map(|code| code.as_str()).collect()),
            radios("/order", Ordering::ALL.iter().map(|code| code.as_str()).collect()),
        ];
        let filled = values.rows(LIMITS);
        let limits =
            (0..filled.saturating_add(1).min(MAX_LIMITS)).map(|row| limit(t, row, values, faults)).collect();
        Self { controls, limits }
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

/// The terms as the fields of the form. Times are in UTC.
pub fn of_terms(terms: &Terms) -> Fields {
    let minute = |at: Option<Timestamp>| at.map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string());
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
        let change = terms::read_change(&of_terms(&terms)).unwrap();
        assert_eq!(change.applied_to(terms.clone()), terms);
    }
}
