//! Measurements of the service: `cargo bench --bench corridor-bench -- decisions --help`. A file per subcommand.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on may panic")]

use clap::{Parser, Subcommand};

mod decisions;

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
}

fn main() {
    let command = CommandLine::parse().command;
    actix_web::rt::System::new().block_on(async {
        match command {
            Command::Decisions(args) => decisions::run(args).await,
        }
    });
}
