//! Where log lines go: to stderr, as text on a terminal and as JSON otherwise.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Begins to log. `levels` were checked when the settings were read.
pub(super) fn begin(levels: &str) {
    let filter = EnvFilter::builder().parse_lossy(levels);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second logger in one process (a test) is no reason to fail.
    let _ = if std::io::stderr().is_terminal() {
        lines.with_target(false).try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
}
