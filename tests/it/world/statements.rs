//! The SQL statements that a database gets.

use std::{collections::BTreeMap, sync::Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// The recorded statements of each watched database, by its address without the scheme.
static WATCHED: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

/// Makes all connections watchable that are opened from now on.
pub fn make_watchable() {
    set_default_instrumentation(|| Some(Box::new(Recorder { url: String::new() }))).unwrap();
}

/// Starts to record the statements that the database at `url` gets, on every connection.
pub fn watch(url: &str) {
    WATCHED.lock().unwrap().insert(address(url).to_owned(), Vec::new());
}

/// Stops recording, and returns the statements in order, without their values.
pub fn recorded(url: &str) -> Vec<String> {
    WATCHED.lock().unwrap().remove(address(url)).unwrap()
}

fn address(url: &str) -> &str {
    url.rsplit("://").next().unwrap()
}

/// The recorder of one connection.
struct Recorder {
    url: String,
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.url = url.to_owned(),
            InstrumentationEvent::StartQuery { query, .. } => {
                let mut watched = WATCHED.lock().unwrap();
                let own = watched.iter_mut().find(|(address, _)| self.url.contains(address.as_str()));
                if let Some((_, statements)) = own {
                    let text = query.to_string();
                    statements.push(text.split(" -- binds: ").next().unwrap().to_owned());
                }
            }
            _ => {}
        }
    }
}
