//! Logging to stderr: as text on a terminal, otherwise as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `levels` were validated with the settings.
pub(super) fn init(levels: &str) {
    // A request that is not HTTP is answered with 400. It is not an error of the service.
    let filter = EnvFilter::builder().parse_lossy(format!("actix_http::h1=off,{levels}"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A test process may have a logger already.
    let _ = if std::io::stderr().is_terminal() {
        lines.with_target(false).try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
}
