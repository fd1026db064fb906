//! `corridor ballot check`: computes a published draw again. Needs no database and no service.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Console};
use crate::{domain::ballot::Published, workflow::ballot};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compute a published draw again; exit code 1 when it is not right, each fault on its own line
    Check {
        /// What GET /api/v1/batches/{id}/ballot answered
        file: PathBuf,
    },
}

pub(super) fn run(console: &Console, args: Args) -> Result<ExitCode, CliError> {
    let Verb::Check { file } = args.verb;
    let failed = |reason: String| CliError::Failed(format!("{}: {reason}", file.display()));
    let text = fs::read_to_string(&file).map_err(|e| failed(e.to_string()))?;
    let published: Published =
        serde_json::from_str(&text).map_err(|e| failed(format!("this is no published draw: {e}")))?;
    let faults: Vec<String> = ballot::check(&published).iter().map(ToString::to_string).collect();
    let cases = published.cases.len();
    let words = match faults.as_slice() {
        [] => format!("The draw is right: {cases} cases."),
        faults => faults.join("\n"),
    };
    console.print(words, &json!({ "ok": faults.is_empty(), "cases": cases, "faults": faults }))?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
