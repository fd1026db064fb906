//! Measurements of the service: `cargo bench --bench corridor-bench -- decisions --help`. A file per subcommand.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on may panic")]

use clap::{Parser, Subcommand};

mod database;
mod decisions;
mod fill;
mod life;
mod reads;
mod register;

#[derive(Parser)]
#[command(name = "corridor-bench")]
struct CommandLine {
    /// What cargo adds
    #[arg(long, global = true, hide = true)]
    bench: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure decisions over HTTP, and beside them what the database does with the same statements
    Decisions(decisions::Args),
    /// Fill an empty database with cases in every state, their histories, places and messages
    Fill(fill::Args),
    /// Measure pages and listings on filled databases
    Reads(reads::Args),
}

fn main() {
    let command = CommandLine::parse().command;
    actix_web::rt::System::new().block_on(async {
        match command {
            Command::Decisions(args) => decisions::run(args).await,
            Command::Fill(args) => fill::run(args).await,
            Command::Reads(args) => reads::run(args).await,
        }
    });
}
