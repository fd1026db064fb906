//! `corridor verify`: checks every invariant on the live database and prints one violation per line.

use std::process::ExitCode;

use serde_json::json;

use super::{CliError, Context};
use crate::{
    keyring::KeyError,
    store::{StoreError, files::Files},
    workflow::{Service, WorkflowError, verify},
};

pub(super) async fn run(context: &Context) -> Result<ExitCode, CliError> {
    let db = context.open_database().await?;
    if !db.is_ready().await? {
        return Err(CliError::Failed("the database is not migrated; run `corridor migrate`".into()));
    }
    let bar = context.progress_bar("cases");
    let mut report = verify::verify_telling(&db, |progress| {
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
    let breaks: Vec<_> = report
        .breaks
        .iter()
        .map(|b| json!({ "rule": b.rule, "subject": b.subject, "detail": b.detail }))
        .collect();
    let is_checked = report.missing_keys.is_empty();
    let words = if report.breaks.is_empty() && !is_checked {
        "The lines under a missing key could not be checked. Everything else holds.".to_owned()
    } else if report.breaks.is_empty() {
        let old = match report.old_lines {
            0 => String::new(),
            lines => format!(" {lines} lines of the histories are from before their hashes had a key."),
        };
        format!(
            "Everything holds ({} cases, {} events, {} batches, {} documents).{old}",
            report.cases, report.events, report.batches, files.documents
        )
    } else {
        let line = |b: &verify::Break| format!("{}: {}: {}", b.rule, b.subject, b.detail);
        report.breaks.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let value = json!({
        "ok": report.breaks.is_empty() && is_checked, "batches": report.batches, "cases": report.cases,
        "events": report.events, "old_lines": report.old_lines, "documents": files.documents, "breaks": breaks,
    });
    context.print(words, &value)?;
    if let Some(key) = report.missing_keys.first() {
        let path = context.settings.secret_file().display().to_string();
        return Err(StoreError::from(KeyError::MissingMasterKey { path, key: *key }).into());
    }
    Ok(if report.breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
