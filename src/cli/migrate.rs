//! `corridor migrate`: applies pending migrations.

use std::process::ExitCode;

use serde_json::json;

use super::{CliError, Context};

pub(super) async fn run(context: &Context) -> Result<ExitCode, CliError> {
    let applied = context.opening().migrate().await?;
    let words = match applied {
        0 => "The database is up to date.".to_owned(),
        applied => format!("The database is up to date; {applied} migrations were applied."),
    };
    context.print(words, &json!({ "applied": applied }))?;
    Ok(ExitCode::SUCCESS)
}
