//! Reads a batch's terms from a JSON body or a page's form: all of them for a new batch, some for a change.

use jiff::civil::Date;

use crate::{
    domain::{
        batch::{Dimension, HoldAt, LimitTerms, MOST_PLACES, NAME, OnFull, Ordering, Terms, TermsChange},
        field_error::FieldError,
    },
    web::reader::{Input, Reader},
    workflow::create_batch::CreateBatch,
};

/// A change of terms, or every fault.
pub fn read_change<'a>(input: impl Into<Input<'a>>) -> Result<TermsChange, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(input.into(), &mut faults);
    let change = read(&mut reader);
    reader.finish();
    if faults.is_empty() { Ok(change) } else { Err(faults) }
}

/// A new batch, or every fault.
pub fn read_new<'a>(input: impl Into<Input<'a>>) -> Result<CreateBatch, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(input.into(), &mut faults);
    let programme = reader.text("programme", 64);
    let change = read(&mut reader);
    reader.require(&["programme", "name", "capacity", "travel_from", "travel_until"]);
    reader.finish();
    let usual = Terms {
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
    match programme {
        Some(programme) if faults.is_empty() => {
            Ok(CreateBatch { programme, terms: change.applied_to(usual) })
        }
        _ => Err(faults),
    }
}

fn read(reader: &mut Reader<'_>) -> TermsChange {
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
    TermsChange {
        name: reader.name("name", NAME),
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
