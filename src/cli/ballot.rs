//! `corridor ballot check`: recomputes a published draw. Needs no database and no service.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{domain::ballot::Published, workflow::ballot};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Recompute a published draw; exit code 1 if it is wrong, with one fault per line
    Check {
        /// The answer of GET /api/v1/batches/{id}/ballot, as a file
        file: PathBuf,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
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
    context.print(words, &json!({ "ok": faults.is_empty(), "cases": cases, "faults": faults }))?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
