//! A batch's terms out of a body: all of them for a new batch, some for a change. The console's pages hand in the
//! same bodies.

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::reader::Reader;
use crate::domain::{
    batch::{Dimension, HoldAt, LimitTerms, MOST_PLACES, OnFull, Ordering, Terms},
    field_error::FieldError,
};

/// What a change asks for. None: stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    name: Option<String>,
    capacity: Option<i32>,
    limits: Option<Vec<LimitTerms>>,
    hold_at: Option<HoldAt>,
    on_full: Option<OnFull>,
    ordering: Option<Ordering>,
    /// Some(None) takes the date away.
    opens_at: Option<Option<Timestamp>>,
    closes_at: Option<Option<Timestamp>>,
    travel_from: Option<Date>,
    travel_until: Option<Date>,
}

impl Change {
    /// Makes the change.
    pub fn apply(&self, terms: &mut Terms) {
        fn set<T: Clone>(field: &mut T, new: &Option<T>) {
            if let Some(new) = new {
                field.clone_from(new);
            }
        }
        set(&mut terms.name, &self.name);
        set(&mut terms.capacity, &self.capacity);
        set(&mut terms.limits, &self.limits);
        set(&mut terms.hold_at, &self.hold_at);
        set(&mut terms.on_full, &self.on_full);
        set(&mut terms.ordering, &self.ordering);
        set(&mut terms.opens_at, &self.opens_at);
        set(&mut terms.closes_at, &self.closes_at);
        set(&mut terms.travel_from, &self.travel_from);
        set(&mut terms.travel_until, &self.travel_until);
    }
}

/// A change of terms, or every fault of the body.
pub fn read_change(body: &Value) -> Result<Change, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(body, &mut faults);
    let change = read(&mut reader);
    reader.finish();
    if faults.is_empty() { Ok(change) } else { Err(faults) }
}

/// The programme's code and the terms of a new batch, or every fault of the body.
pub fn read_new(body: &Value) -> Result<(String, Terms), Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(body, &mut faults);
    let programme = reader.text("programme", 64);
    let change = read(&mut reader);
    reader.require(&["programme", "name", "capacity", "travel_from", "travel_until"]);
    reader.finish();
    let mut terms = Terms {
        name: String::new(),
        capacity: 0,
        limits: Vec::new(),
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: Ordering::FirstCome,
        opens_at: None,
        closes_at: None,
        travel_from: Date::MIN,
        travel_until: Date::MIN,
    };
    change.apply(&mut terms);
    match programme {
        Some(programme) if faults.is_empty() => Ok((programme, terms)),
        _ => Err(faults),
    }
}

fn read(reader: &mut Reader<'_>) -> Change {
    let given = |reader: &Reader<'_>, name| reader.mentions(name);
    let (opens, closes) = (given(reader, "opens_at"), given(reader, "closes_at"));
    let has_limits = given(reader, "limits");
    let limits = reader.objects("limits", 100, |limit| LimitTerms {
        dimension: limit.code("dimension").unwrap_or_else(|| {
            limit.require(&["dimension"]);
            Dimension::Direction
        }),
        key: limit.text("key", 64).unwrap_or_default(),
        capacity: limit.number("capacity", 0..=MOST_PLACES).unwrap_or_else(|| {
            limit.require(&["capacity"]);
            0
        }),
    });
    Change {
        name: reader.text("name", 100),
        capacity: reader.number("capacity", 0..=MOST_PLACES),
        limits: has_limits.then_some(limits),
        hold_at: reader.code("hold_at"),
        on_full: reader.code("on_full"),
        ordering: reader.code("order"),
        opens_at: opens.then(|| reader.instant("opens_at")),
        closes_at: closes.then(|| reader.instant("closes_at")),
        travel_from: reader.date("travel_from"),
        travel_until: reader.date("travel_until"),
    }
}
