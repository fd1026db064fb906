//! The terms of batches and the forms of cases.

use corridor::domain::{
    batch::{Dimension, HoldAt, LimitTerms, OnFull, Ordering, Terms},
    calendar,
    ids::BatchId,
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

/// A batch that takes a place at approval and has a waiting list, with limits by direction (`None`) or category.
pub fn terms(name: &str, capacity: i32, limits: &[(Option<&str>, i32)], now: Timestamp) -> Terms {
    let limit = |(category, capacity): &(Option<&str>, i32)| match category {
        None => LimitTerms { dimension: Dimension::Direction, key: "CN-KZ".into(), capacity: *capacity },
        Some(category) => {
            LimitTerms { dimension: Dimension::Category, key: (*category).to_owned(), capacity: *capacity }
        }
    };
    Terms {
        name: name.to_owned(),
        capacity,
        limits: limits.iter().map(limit).collect(),
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: Ordering::FirstCome,
        opens_at: None,
        closes_at: None,
        travel_from: calendar::day_in(&TimeZone::UTC, now),
        travel_until: calendar::day_in(&TimeZone::UTC, now).saturating_add(180.days()),
    }
}

/// A valid application, as JSON for the API.
pub fn application(batch: BatchId, category: &str, number: usize, now: Timestamp) -> Value {
    let day = |days: i64| calendar::day_in(&TimeZone::UTC, now).saturating_add(days.days()).to_string();
    json!({
        "batch": batch, "direction": "CN-KZ", "category": category,
        "applicant": {
            "family_name": "Li", "given_names": format!("Guest {number}"), "native_name": "李", "sex": "F",
            "birth_date": "1980-04-02", "nationality": "CN", "residence": "CN",
            "email": format!("guest{number}@travellers.example"), "phone": "+8613800000000",
        },
        "travel_document": {
            "type": "passport", "number": format!("E{number:08}"), "issuer": "CN",
            "issued_on": day(-1886), "expires_on": day(1765),
        },
        "employment": { "employer": "Tianshan Turbines", "position": "Engineer", "host": "Steppe Power" },
        "journey": {
            "purpose": "Repair of a turbine", "arrive_on": day(30), "leave_on": day(49),
            "port_of_entry": "Khorgos", "itinerary": [{ "from": day(30), "to": day(49), "place": "Almaty" }],
        },
        "health": { "declarations": {
            "symptoms_14_days": false, "contact_14_days": false, "quarantine_consent": true, "truthful": true,
        } },
    })
}
