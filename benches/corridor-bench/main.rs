//! Benchmarks and stress tests of the service: `cargo bench --bench corridor-bench -- --help`. One file per subcommand.

#![expect(clippy::unwrap_used, reason = "an error ends the benchmark")]

use clap::{Parser, Subcommand};

mod case_writer;
mod chart;
mod crowd;
mod database;
mod dataset;
mod draw;
mod duplicates;
mod exactness;
mod fill;
mod form;
mod installation;
mod kills;
mod load;
mod mail;
mod mail_sink;
mod messages;
mod postgres;
mod reads;
mod report;
mod service;
mod throughput;

#[derive(Parser)]
#[command(name = "corridor-bench")]
struct CommandLine {
    /// Added by cargo
    #[arg(long, global = true, hide = true)]
    bench: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure requests over HTTP, and the same SQL statements without the service
    Throughput(throughput::Args),
    /// Send concurrent endorsements for the last places, and check that each place is given once and in order
    Exactness(exactness::Args),
    /// Kill the service and PostgreSQL at random moments, and check that nothing is lost
    Kills(kills::Args),
    /// Fill an empty database with cases in every state, and with their events, places and messages
    Fill(fill::Args),
    /// Measure decisions while a large batch is drawn by lot
    Draw(draw::Args),
    /// Measure submissions of which some are of a travel document that has a case already
    Duplicates(duplicates::Args),
    /// Measure how fast messages are sent to a mail server, beside Postfix's `smtp-source`
    Mail(mail::Args),
    /// Measure pages while a crowd signs in and applies
    Crowd(crowd::Args),
    /// Draw a chart of the results of `throughput`
    Chart(chart::Args),
    /// Measure pages and API listings on filled databases
    Reads(reads::Args),
}

fn main() {
    let command = CommandLine::parse().command;
    actix_web::rt::System::new().block_on(async {
        match command {
            Command::Throughput(args) => throughput::run(args).await,
            Command::Exactness(args) => exactness::run(args).await,
            Command::Kills(args) => kills::run(args).await,
            Command::Draw(args) => draw::run(args).await,
            Command::Duplicates(args) => duplicates::run(args).await,
            Command::Mail(args) => mail::run(args).await,
            Command::Crowd(args) => crowd::run(args).await,
            Command::Chart(args) => chart::run(&args),
            Command::Fill(args) => fill::run(args).await,
            Command::Reads(args) => reads::run(args).await,
        }
    });
}
