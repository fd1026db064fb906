//! `corridor backup FILE`: a consistent copy of the database while the service runs, and a copy of the uploaded
//! documents beside it. The key is not copied: whoever has both can read everything.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use serde_json::json;

use super::{CliError, Context};
use crate::{
    private,
    store::{Db, files::Files},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file for the database; it must not exist. The uploaded documents go to a folder beside it: FILE.files
    file: PathBuf,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let file = args.file;
    let papers = folder_of_papers(context);
    let copy_of_papers = beside(&file);
    // A database without its key cannot be restored: this checks the key too.
    let database = context.open_database().await?;
    refuse_existing(&copy_of_papers)?;
    create(&file)?;
    let copied = copy_all(context, &database, &file, papers.as_deref(), &copy_of_papers).await;
    if copied.is_err() {
        let _ = fs::remove_file(&file);
        let _ = fs::remove_dir_all(&copy_of_papers);
    }
    let papers_copied = copied?;
    remind_of_key(context);
    let bytes = fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
    let of_papers = match papers_copied {
        Some(files) => format!("{} the documents ({files} files)", copy_of_papers.display()),
        None => format!("the documents are in {}: copy them with its tools", context.settings.files_url()),
    };
    let words = format!("{} holds the database ({bytes} bytes), {of_papers}.", file.display());
    let value = json!({
        "file": file, "bytes": bytes, "papers": papers_copied.map(|_| &copy_of_papers), "paper_files": papers_copied,
        "key": context.settings.secret_file(),
    });
    context.print(words, &value)?;
    Ok(ExitCode::SUCCESS)
}

/// Copies the documents, the database, and the documents that were added meanwhile. So each row of the copy has its file:
/// the service writes a file before its row, and may remove a file soon after the database was copied. Returns the
/// number of files.
async fn copy_all(
    context: &Context,
    database: &Db,
    file: &Path,
    papers: Option<&Path>,
    copy_of_papers: &Path,
) -> Result<Option<u64>, CliError> {
    let copy_papers = || {
        papers.map(|papers| copy_folder(papers, copy_of_papers)).transpose().map_err(|e| {
            CliError::Failed(format!("cannot copy the documents to {}: {e}", copy_of_papers.display()))
        })
    };
    let before = copy_papers()?;
    copy_database(context, database, file).await?;
    let added = copy_papers()?;
    Ok(before.zip(added).map(|(before, added)| before + added))
}

/// The folder of the documents, or that of an earlier version if this one has not started yet. None: they are in a
/// bucket.
fn folder_of_papers(context: &Context) -> Option<PathBuf> {
    let files = Files::at(&context.settings.files_url());
    let folder = files.folder()?.to_owned();
    let earlier = context.settings.earlier_files();
    Some(if !folder.exists() && earlier.exists() { earlier } else { folder })
}

/// The folder for the copy of the documents.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".files");
    name.into()
}

fn refuse_existing(path: &Path) -> Result<(), CliError> {
    match path.exists() {
        true => Err(exists_already(path)),
        false => Ok(()),
    }
}

fn exists_already(path: &Path) -> CliError {
    CliError::Failed(format!("{} exists already; name a new file", path.display()))
}

/// Copies the files that the copy does not have yet, readable only by their owner, and returns their number. A folder
/// that does not exist becomes an empty one.
fn copy_folder(from: &Path, to: &Path) -> io::Result<u64> {
    private::make_folder(to)?;
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut files = 0;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            files += copy_folder(&entry.path(), &target)?;
        } else {
            files += copy_file(&entry.path(), &target)?;
        }
    }
    private::sync_folder(to)?;
    Ok(files)
}

/// Copies a file, unless the copy has it or the service has removed it meanwhile. Returns how many were copied.
fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    if to.exists() {
        return Ok(0);
    }
    let mut from = match fs::File::open(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let mut to = private::create(to)?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()?;
    Ok(1)
}

/// Creates the empty target file, readable only by its owner from the start.
fn create(file: &Path) -> Result<(), CliError> {
    match private::create(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists_already(file)),
        Err(error) => Err(CliError::Failed(format!("{} cannot be made: {error}", file.display()))),
    }
}

async fn copy_database(context: &Context, database: &Db, file: &Path) -> Result<(), CliError> {
    match database.sqlite_file() {
        Some(_) => database.backup_sqlite(file.to_owned()).await?,
        None => dump_postgres(&context.settings.database_url(), file)?,
    }
    let on_disk = fs::File::open(file).and_then(|copy| copy.sync_all());
    on_disk.map_err(|e| CliError::Failed(format!("{} cannot be written: {e}", file.display())))
}

fn remind_of_key(context: &Context) {
    eprintln!(
        "The key is not in the copy. Save {} too, in another place than the copy: without it nothing can be restored.",
        context.settings.secret_file().display(),
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
