//! The command line: one file per command. Results go to stdout, everything else to stderr. Exit codes: 0 success, 1
//! failure, 2 wrong arguments or settings.
//!
//! To add a command: write a file here with its `Args` struct and `run(&Context, Args) -> Result<ExitCode, CliError>`,
//! add a variant to [`Command`] and a line to [`dispatch`].

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    clock::Clock,
    config::{self, Settings},
};

mod account;
mod backup;
mod ballot;
mod batch;
mod checkpoint;
mod client;
mod context;
mod demo;
mod jobs;
mod keys;
mod logs;
mod mail;
mod migrate;
mod organisation;
mod programme;
mod serve;
mod verify;

pub use context::{CliError, Context};

/// Travel authorization for people whose work cannot wait for the border to reopen
#[derive(Debug, Parser)]
#[command(name = "corridor", version, propagate_version = true)]
pub struct CommandLine {
    #[command(flatten)]
    settings: Settings,

    /// Print machine-readable output
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default command)
    Serve,
    /// Run the service on a temporary database with made-up cases, and print accounts to try it with
    Demo,
    /// Migrate the database to this version's schema
    Migrate,
    /// Copy the database and the uploaded documents while the service runs
    Backup(backup::Args),
    /// Manage accounts: people who sign in
    Account(account::Args),
    /// Manage API clients: programs that use the API
    Client(client::Args),
    /// Manage organisations: authorities, sponsors, verifiers
    Organisation(organisation::Args),
    /// Manage programmes: the arrangements under which people travel
    Programme(programme::Args),
    /// Manage batches: groups of places
    Batch(batch::Args),
    /// Check ballots: draws that anybody can recompute
    Ballot(ballot::Args),
    /// List or rotate the master keys
    Keys(keys::Args),
    /// List long work and the clock's duties, and how far they are
    Jobs(jobs::Args),
    /// List undelivered messages, and send them again
    Mail(mail::Args),
    /// Append a signed checkpoint of all histories to the checkpoint file now
    Checkpoint,
    /// Check every invariant on the live database; exit code 1 if one does not hold
    Verify(verify::Args),
}

async fn dispatch(command: Command, context: &Context) -> Result<ExitCode, CliError> {
    match command {
        Command::Serve => serve::run(context).await,
        Command::Demo => demo::run(context).await,
        Command::Migrate => migrate::run(context).await,
        Command::Backup(args) => backup::run(context, args).await,
        Command::Account(args) => account::run(context, args).await,
        Command::Client(args) => client::run(context, args).await,
        Command::Organisation(args) => organisation::run(context, args).await,
        Command::Programme(args) => programme::run(context, args).await,
        Command::Batch(args) => batch::run(context, args).await,
        Command::Ballot(args) => ballot::run(context, args),
        Command::Keys(args) => keys::run(context, args).await,
        Command::Jobs(args) => jobs::run(context, args).await,
        Command::Mail(args) => mail::run(context, args).await,
        Command::Checkpoint => checkpoint::run(context).await,
        Command::Verify(args) => verify::run(context, args).await,
    }
}

/// Runs the program with `arguments`, the program's name first.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let line = match config::read::<CommandLine>(arguments) {
        Ok(line) => line,
        Err(bad) => return ExitCode::from(bad.report()),
    };
    logs::init(&line.settings.log);
    // The process-wide TLS provider. It can be installed only once; a second attempt is harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let context = Context { settings: line.settings, clock: Clock::System, json: line.json };
    let command = line.command.unwrap_or(Command::Serve);
    match actix_web::rt::System::new().block_on(dispatch(command, &context)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
