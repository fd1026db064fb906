//! `corridor backup FILE`: a consistent copy of the database while the service runs.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use serde_json::json;

use super::{CliError, Context};
use crate::private;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to write; it must not exist
    file: PathBuf,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let file = args.file;
    let url = context.settings.database_url();
    let sqlite = url.strip_prefix("sqlite://");
    if let Some(path) = sqlite.filter(|path| !Path::new(path).exists()) {
        return Err(CliError::Failed(format!("there is no database at {path}")));
    }
    create(&file)?;
    let copied = match sqlite {
        Some(_) => copy_sqlite(context, &file).await,
        None => dump_postgres(&url, &file),
    };
    if copied.is_err() {
        let _ = std::fs::remove_file(&file);
    }
    copied?;
    remind_of_key_and_uploads(context);
    let bytes = std::fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
    let words = format!("{} holds the database ({bytes} bytes).", file.display());
    context.print(words, &json!({ "file": file, "bytes": bytes }))?;
    Ok(ExitCode::SUCCESS)
}

/// Creates the empty target file, readable only by its owner from the start.
fn create(file: &Path) -> Result<(), CliError> {
    match private::create(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(CliError::Failed(format!("{} exists already; name a new file", file.display())))
        }
        Err(error) => Err(CliError::Failed(format!("{} cannot be made: {error}", file.display()))),
    }
}

async fn copy_sqlite(context: &Context, file: &Path) -> Result<(), CliError> {
    Ok(context.open_database()?.backup_sqlite(file.to_owned()).await?)
}

/// A copy of the database without the key and the uploads cannot be restored completely.
fn remind_of_key_and_uploads(context: &Context) {
    eprintln!(
        "Save these too, in another place than the copy: the key {} (without it no personal data can be read) and \
         the uploads in {}.",
        context.settings.secret_file().display(),
        context.settings.data_dir.display(),
    );
}

/// Dumps PostgreSQL with its own tool. The password goes through the environment: everybody can read a command line.
fn dump_postgres(url: &str, file: &Path) -> Result<(), CliError> {
    let mut dump = Command::new("pg_dump");
    dump.args(["--format=custom", "--no-owner", "--file"]).arg(file);
    let (name, password) = without_password(url);
    dump.arg("--dbname").arg(name);
    if let Some(password) = password {
        dump.env("PGPASSWORD", password);
    }
    match dump.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(CliError::Failed(format!("pg_dump failed ({status})"))),
        Err(_) => Err(CliError::Failed(format!(
            "pg_dump is not installed here; install PostgreSQL's client programs, or run on the database's machine: \
             pg_dump --format=custom --no-owner --file {} DATABASE",
            file.display()
        ))),
    }
}

fn without_password(url: &str) -> (String, Option<String>) {
    let Ok(mut parsed) = url::Url::parse(url) else { return (url.to_owned(), None) };
    let password = parsed.password().map(|password| {
        let bytes = url::form_urlencoded::parse(format!("p={}", password.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned());
        bytes.unwrap_or_default()
    });
    let _ = parsed.set_password(None);
    (parsed.into(), password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_leaves_the_command_line() {
        let (url, password) = without_password("postgres://u:a%2Bb+c@db/corridor?sslmode=disable");
        assert_eq!(url, "postgres://u@db/corridor?sslmode=disable");
        assert_eq!(password.as_deref(), Some("a+b+c"));
    }
}
