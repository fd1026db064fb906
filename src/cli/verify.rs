//! `corridor verify`: checks every invariant on the live database and prints one violation per line.

use std::{path::PathBuf, process::ExitCode};

use clap::Args as ClapArgs;
use serde_json::json;

use super::{CliError, Context};
use crate::{
    keyring::KeyError,
    store::{StoreError, files::Files},
    workflow::{
        Service, WorkflowError,
        verify::{self, Against, BadCheckpoints, Break, Checkpoints, Report},
    },
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Also compare the events with the signed checkpoints in this file
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let db = context.open_database().await?;
    if !db.is_ready().await? {
        return Err(CliError::Failed("the database is not migrated; run `corridor migrate`".into()));
    }
    let checkpoints = match &args.checkpoints {
        Some(file) => Some(Checkpoints::read(&db, file).await.map_err(unusable)?),
        None => None,
    };
    let bar = context.progress_bar("cases");
    let against = Against { now: context.clock.now(), checkpoints: checkpoints.as_ref() };
    let mut report = verify::verify_against(&db, against, |progress| {
        bar.set_length(progress.all.max(progress.checked) as u64);
        bar.set_position(progress.checked as u64);
    })
    .await?;
    bar.finish_and_clear();
    let files = Files::at(&context.settings.files_url());
    // The database may be upgraded, and the service not started since.
    files.take_over(&context.settings.earlier_files()).map_err(WorkflowError::from)?;
    let service = Service::new(db, context.clock.clone(), files);
    let bar = context.progress_bar("documents");
    let files = verify::verify_files(&service, |documents| bar.set_position(documents as u64)).await?;
    bar.finish_and_clear();
    report.breaks.extend(files.breaks);
    context.print(words(&report, files.documents), &as_json(&report, files.documents))?;
    if let Some(key) = report.missing_keys.first() {
        let path = context.settings.secret_file().display().to_string();
        return Err(StoreError::from(KeyError::MissingMasterKey { path, key: *key }).into());
    }
    Ok(if report.breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A file that cannot be read is a wrong argument; a line that is no checkpoint of ours is a finding.
fn unusable(error: BadCheckpoints) -> CliError {
    match error {
        BadCheckpoints::Database(error) => error.into(),
        BadCheckpoints::Unreadable { .. } => CliError::Usage(error.to_string()),
        BadCheckpoints::Empty(_) | BadCheckpoints::Line { .. } => CliError::Failed(error.to_string()),
    }
}

fn words(report: &Report, documents: usize) -> String {
    let line = |kind: &str, b: &Break| format!("{kind}{}: {}: {}", b.rule, b.subject, b.detail);
    let mut lines: Vec<String> = report.breaks.iter().map(|b| line("", b)).collect();
    lines.extend(report.notes.iter().map(|note| line("note: ", note)));
    if report.breaks.is_empty() && !report.missing_keys.is_empty() {
        lines.push("The lines under a missing key could not be checked. Everything else holds.".to_owned());
    } else if report.breaks.is_empty() {
        let Report { cases, events, batches, checkpoints, old_lines, .. } = report;
        let checkpoints =
            if *checkpoints > 0 { format!(", {checkpoints} checkpoints") } else { String::new() };
        let old = match old_lines {
            0 => String::new(),
            lines => format!(" {lines} lines of the histories are from before their hashes had a key."),
        };
        lines.push(format!(
            "Everything holds ({cases} cases, {events} events, {batches} batches, {documents} documents{checkpoints}).{old}"
        ));
    }
    lines.join("\n")
}

fn as_json(report: &Report, documents: usize) -> serde_json::Value {
    let lines = |breaks: &[Break]| -> Vec<_> {
        let line = |b: &Break| json!({ "rule": b.rule, "subject": b.subject, "detail": b.detail });
        breaks.iter().map(line).collect()
    };
    json!({
        "ok": report.breaks.is_empty() && report.missing_keys.is_empty(), "batches": report.batches,
        "cases": report.cases, "events": report.events, "old_lines": report.old_lines, "documents": documents,
        "checkpoints": report.checkpoints, "breaks": lines(&report.breaks), "notes": lines(&report.notes),
    })
}
