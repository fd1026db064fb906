//! The log of all services in this process. A line at level error fails the test. The lines of the security log are kept.

use std::{
    fmt::{Debug, Write},
    sync::{Mutex, Once, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::{Context, SubscriberExt},
    registry,
};

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static SECURITY: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RECORDING: Once = Once::new();

/// Starts to record errors.
pub(super) fn record_errors() {
    RECORDING.call_once(|| {
        let security = Targets::new().with_target("corridor::security", LevelFilter::INFO);
        let subscriber = registry()
            .with(ErrorRecorder.with_filter(LevelFilter::ERROR))
            .with(SecurityRecorder.with_filter(security));
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// The errors of all services so far. Scenarios run in parallel, so one may report an error of another.
pub(super) fn errors() -> Vec<String> {
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The lines of the security log about somebody, in this order. Scenarios run in parallel, so `about` is an id.
pub fn security_log(about: &str) -> Vec<String> {
    let lines = SECURITY.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| line.contains(about)).cloned().collect()
}

struct SecurityRecorder;

impl<S: Subscriber> Layer<S> for SecurityRecorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        SECURITY.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }
}

struct ErrorRecorder;

impl<S: Subscriber> Layer<S> for ErrorRecorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut line = Line(event.metadata().target().to_owned());
            event.record(&mut line);
            // Some scenarios cause errors on purpose: a database that cannot be reached, a missing key, an unknown kind
            // of job, a damaged file, a wrong clock, a checkpoint file that cannot be written, a message that the mail
            // server refuses. These errors have these codes; for a download that is cut, actix has a line too.
            let codes = [
                "unavailable",
                "cannot_decrypt",
                "\"unreadable\"",
                "\"cannot_decrypt\"",
                "\"unknown_job\"",
                "\"document_lost\"",
                "\"wrong_clock\"",
                "\"file_not_removed\"",
                "\"writer_panicked\"",
                "\"writer_ended\"",
                "\"checkpoint_failed\"",
                "\"message_abandoned\"",
            ];
            let is_cut = line.0.contains("payload stream error: Files(Damaged");
            if is_cut || codes.iter().any(|code| line.0.contains(&format!("code={code}"))) {
                return;
            }
            ERRORS.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
