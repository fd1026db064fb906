//! What every command uses: the settings, the clock, the output.

use std::{
    io::{IsTerminal, stderr},
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    clock::Clock,
    config::Settings,
    domain::{actor::Actor, field_error::FieldError, job::Job, language::Language},
    keyring::KeyError,
    service::{self, StartError},
    store::{Db, NewKey, Opening, StoreError, files::Files},
    texts::Texts,
    workflow::{Service, WorkflowError, apply_programme::ApplyBundledProgramme},
};

/// The context of a command.
#[derive(Debug)]
pub struct Context {
    /// The settings of this run.
    pub settings: Settings,
    /// The source of the time.
    pub clock: Clock,
    /// Whether `--json` was given.
    pub json: bool,
}

/// Why a command failed. One line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments are wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The command failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The database failed, or its key is missing or another one.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file cannot be changed.
    #[error(transparent)]
    Keyring(#[from] KeyError),
    /// The service did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A use case refused.
    #[error("{}", explain(.0))]
    Refused(#[from] WorkflowError),
}

/// The API's explanation, in English.
fn explain(error: &WorkflowError) -> String {
    let t = Texts::of(Language::En);
    match error {
        WorkflowError::Invalid(faults) => {
            let line = |fault: &FieldError| {
                format!("{}: {}", fault.pointer.trim_start_matches('/'), t.field_error(fault))
            };
            faults.iter().map(line).collect::<Vec<_>>().join("\n       ")
        }
        WorkflowError::CapacityBelowUse(fault) => {
            format!("{}: {}", fault.pointer.trim_start_matches('/'), t.field_error(fault))
        }
        WorkflowError::Conflict(because) => {
            let title = t.get(&format!("problem-{because}"));
            format!("{title}. {}", t.get(&format!("problem-{because}.detail")))
        }
        WorkflowError::Forbidden(because) => t.get(&format!("forbidden-{because}")),
        WorkflowError::NotFound => "there is no such thing".to_owned(),
        other => other.to_string(),
    }
}

impl CliError {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Refused(WorkflowError::Invalid(_)) => ExitCode::from(2),
            Self::Failed(_) | Self::Store(_) | Self::Keyring(_) | Self::Start(_) | Self::Refused(_) => {
                ExitCode::FAILURE
            }
        }
    }

    /// An error with every faulty field.
    pub(super) fn of_faults(faults: &[FieldError]) -> Self {
        Self::Refused(WorkflowError::Invalid(faults.to_vec()))
    }
}

impl Context {
    /// Where the database and its key are.
    pub fn opening(&self) -> Opening {
        service::opening(&self.settings)
    }

    /// The database as it is, with its key.
    pub async fn open_database(&self) -> Result<Db, CliError> {
        Ok(self.opening().open_as_it_is().await?)
    }

    /// The use cases, on a migrated database that has its key.
    pub async fn service(&self) -> Result<Service, CliError> {
        self.service_with(NewKey::Refuse).await
    }

    /// The same. Says whether a new database gets a key.
    pub async fn service_with(&self, new_key: NewKey) -> Result<Service, CliError> {
        let db = self.opening().open(new_key, self.clock.now()).await?;
        let service = Service::new(db, self.clock.clone(), Files::at(&self.settings.files_url()));
        service.execute(&Actor::operator(), ApplyBundledProgramme).await?;
        Ok(service)
    }

    /// Prints a result: `value` as JSON with `--json`, otherwise `words`.
    pub fn print(&self, words: impl std::fmt::Display, value: &impl Serialize) -> Result<(), CliError> {
        if self.json { self.print_json(value) } else { print_line(&words.to_string()) }
    }

    /// The progress of something, for whoever watches; nothing for a program, a pipe or a log.
    pub fn progress_bar(&self, of_what: &str) -> ProgressBar {
        if self.json || !stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let shape = format!("{{wide_bar}} {{human_pos}}/{{human_len}} {of_what}, {{eta}} left");
        let shape = ProgressStyle::with_template(&shape);
        ProgressBar::new(0).with_style(shape.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Prints a result that is JSON in any case.
    pub fn print_json(&self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value).map_err(|e| CliError::Failed(e.to_string()))?;
        print_line(&text)
    }
}

/// Moves the bar to where a job is.
pub(super) fn show_progress(bar: &ProgressBar, job: &Job) {
    bar.set_length(u64::try_from(job.total.unwrap_or(job.done)).unwrap_or_default());
    bar.set_position(u64::try_from(job.done).unwrap_or_default());
}

fn print_line(text: &str) -> Result<(), CliError> {
    use std::io::Write;
    // One write: a reader may close the pipe after the first line.
    std::io::stdout()
        .write_all(format!("{text}\n").as_bytes())
        .map_err(|e| CliError::Failed(format!("stdout is closed: {e}")))
}
