//! `corridor programme apply|show`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::{actor::Actor, programme::Programme},
    workflow::{WorkflowError, apply_programme::ApplyProgramme, programmes::ShowProgramme},
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a programme or a new version of it; open cases keep their version
    Apply {
        /// The programme file (TOML)
        file: PathBuf,
    },
    /// Print the newest version of a programme as JSON
    Show {
        /// Its code: cn-kz
        code: String,
    },
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let (service, operator) = (context.service().await?, Actor::operator());
    match args.verb {
        Verb::Apply { file } => {
            let path = file.display().to_string();
            let text = std::fs::read_to_string(&file).map_err(|e| CliError::Usage(format!("{path}: {e}")))?;
            let file: Programme =
                Programme::from_file(&text).map_err(|e| CliError::Usage(format!("{path}: {e}")))?;
            let applied = service.execute(&operator, ApplyProgramme { file }).await?;
            let words = format!("Programme {} is at version {}.", applied.code, applied.version);
            context.print(words, &json!({ "code": applied.code, "version": applied.version }))?;
        }
        Verb::Show { code } => {
            let query = ShowProgramme { code: code.clone() };
            let programme = match service.query(&operator, query).await {
                Err(WorkflowError::NotFound) => {
                    return Err(CliError::Failed(format!("there is no programme {code}")));
                }
                found => found?,
            };
            context.print_json(&*programme)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
