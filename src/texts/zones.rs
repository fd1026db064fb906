//! Time zones by name. They are kept for as long as the process runs, so that [`super::Texts`] stays small.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::tz::TimeZone;

static ZONES: Mutex<BTreeMap<String, &'static TimeZone>> = Mutex::new(BTreeMap::new());

/// The zone with this name in the IANA database. Only names that exist are kept, so there are few.
pub(super) fn get(name: &str) -> Option<&'static TimeZone> {
    let mut zones = ZONES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = zones.get(name) {
        return Some(zone);
    }
    let zone: &'static TimeZone = Box::leak(Box::new(TimeZone::get(name).ok()?));
    zones.insert(name.to_owned(), zone);
    Some(zone)
}
