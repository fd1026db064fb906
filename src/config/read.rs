//! Reads the command line, the environment and the file of `--config`.

use std::{
    collections::BTreeMap,
    error::Error as _,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use clap::{
    Arg, Command, CommandFactory, FromArgMatches,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Settings that may contain passwords: error messages do not repeat their values.
const WITH_PASSWORD: [&str; 2] = ["database_url", "smtp_url"];

/// Why the command line cannot be used. Also carries clap's output for `--help` and `--version`.
#[derive(Debug)]
pub enum BadCommandLine {
    /// A setting is wrong; the message is one line.
    Setting(String),
    /// Any other error of the command line.
    Usage(clap::Error),
}

impl BadCommandLine {
    /// Prints the error and returns the exit code.
    pub fn report(&self) -> u8 {
        match self {
            Self::Setting(line) => {
                eprintln!("error: {line}");
                2
            }
            Self::Usage(error) => {
                let _ = error.print();
                u8::try_from(error.exit_code()).unwrap_or(2)
            }
        }
    }
}

/// Parses `arguments` (program name first) as `C`, which flattens [`super::Settings`].
pub fn read<C: CommandFactory + FromArgMatches>(arguments: Vec<OsString>) -> Result<C, BadCommandLine> {
    let declared = C::command();
    let command = declared.clone().mut_args(ignore_empty_variable);
    let command = match config_file(&command, &arguments) {
        Some(path) => with_file(command, &declared, &path).map_err(BadCommandLine::Setting)?,
        None => command,
    };
    let mut matches = command.try_get_matches_from(arguments).map_err(|error| explain(&declared, error))?;
    C::from_arg_matches_mut(&mut matches).map_err(BadCommandLine::Usage)
}

/// An empty variable, such as `CORRIDOR_SMTP_URL=` in an environment file, counts as not set.
fn ignore_empty_variable(arg: Arg) -> Arg {
    let empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    if empty { without_variable(arg) } else { arg }
}

fn without_variable(arg: Arg) -> Arg {
    arg.env(Resettable::<clap::builder::OsStr>::Reset)
}

fn config_file(command: &Command, arguments: &[OsString]) -> Option<PathBuf> {
    let matches = command.clone().ignore_errors(true).try_get_matches_from(arguments).ok()?;
    matches.get_one::<PathBuf>("config").cloned()
}

/// Uses the values of the file as defaults.
fn with_file(command: Command, declared: &Command, path: &Path) -> Result<Command, String> {
    let values = file_values(declared, path)?;
    // Clap does not validate defaults, so each value is first parsed as a flag, without the environment.
    let without_environment = declared.clone().mut_args(without_variable);
    for (key, value) in &values {
        let flag = format!("--{}={value}", key.replace('_', "-"));
        if let Err(error) = without_environment.clone().try_get_matches_from(["corridor", &flag]) {
            return Err(format!("{key} in {} {}", path.display(), reason(&error)));
        }
    }
    Ok(command.mut_args(|arg| match values.get(arg.get_id().as_str()) {
        Some(value) => arg.default_value(value.clone()),
        None => arg,
    }))
}

fn file_values(declared: &Command, path: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = fs::read_to_string(path).map_err(|e| {
        format!("CORRIDOR_CONFIG (--config) names {}, which cannot be read: {e}", path.display())
    })?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        format!(
            "{} is not TOML: {}; write for example: listen = \"127.0.0.1:8080\"",
            path.display(),
            e.message()
        )
    })?;
    let allowed: Vec<&str> =
        settings(declared).map(|arg| arg.get_id().as_str()).filter(|id| *id != "config").collect();
    table
        .into_iter()
        .map(|(key, value)| {
            if !allowed.contains(&key.as_str()) {
                return Err(format!(
                    "{key} in {} is no setting; there are {}",
                    path.display(),
                    allowed.join(", ")
                ));
            }
            match value {
                toml::Value::String(text) => Ok((key, text)),
                toml::Value::Integer(number) => Ok((key, number.to_string())),
                _ => Err(format!("{key} in {} must be a text in quotes or a whole number", path.display())),
            }
        })
        .collect()
}

fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.get_env().is_some_and(starts_with_our_name))
}

fn starts_with_our_name(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("CORRIDOR_"))
}

/// One line if a setting is wrong; otherwise clap's own message.
fn explain(declared: &Command, error: clap::Error) -> BadCommandLine {
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
        return BadCommandLine::Usage(error);
    };
    let flag = shown.split_whitespace().next().unwrap_or_default();
    let wrong = settings(declared)
        .find(|arg| arg.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long)));
    match (wrong.and_then(|arg| arg.get_env().map(|env| (arg, env))), error.kind()) {
        (Some((arg, variable)), ErrorKind::ValueValidation | ErrorKind::InvalidValue) => {
            let value = match error.get(ContextKind::InvalidValue) {
                Some(ContextValue::String(value)) if !WITH_PASSWORD.contains(&arg.get_id().as_str()) => {
                    format!("= {value:?} ")
                }
                _ => String::new(),
            };
            BadCommandLine::Setting(format!("{} (or {flag}) {value}{}", variable.display(), reason(&error)))
        }
        _ => BadCommandLine::Usage(error),
    }
}

fn reason(error: &clap::Error) -> String {
    error.source().map_or_else(|| "needs a value".to_owned(), ToString::to_string)
}
