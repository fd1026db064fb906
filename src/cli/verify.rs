//! `corridor verify`: every invariant on the live database; each break on a line of its own.

use std::{
    io::{IsTerminal, stderr},
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{CliError, Console};
use crate::workflow::verify;

pub(super) async fn run(console: &Console) -> Result<ExitCode, CliError> {
    let db = console.open_database()?;
    if !db.is_ready().await? {
        return Err(CliError::Failed("the database is not migrated; run `corridor migrate`".into()));
    }
    let bar = progress_bar(console);
    let report = verify::verify_telling(&db, |progress| {
        bar.set_length(progress.all.max(progress.checked) as u64);
        bar.set_position(progress.checked as u64);
    })
    .await?;
    bar.finish_and_clear();
    let breaks: Vec<_> = report
        .breaks
        .iter()
        .map(|b| json!({ "rule": b.rule, "subject": b.subject, "detail": b.detail }))
        .collect();
    let words = if report.breaks.is_empty() {
        format!(
            "Everything holds ({} cases, {} events, {} batches).",
            report.cases, report.events, report.batches
        )
    } else {
        let line = |b: &verify::Break| format!("{}: {}: {}", b.rule, b.subject, b.detail);
        report.breaks.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let value = json!({
        "ok": report.breaks.is_empty(), "batches": report.batches, "cases": report.cases, "events": report.events,
        "breaks": breaks,
    });
    console.print(words, &value)?;
    Ok(if report.breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For whoever watches; nothing for a program, a pipe or a log.
fn progress_bar(console: &Console) -> ProgressBar {
    if console.json || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let shape = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} cases, {eta} left");
    ProgressBar::new(0).with_style(shape.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
