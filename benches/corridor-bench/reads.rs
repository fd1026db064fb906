//! `reads`: how long pages and listings take.

#[derive(clap::Args)]
pub struct Args {}

pub async fn run(_: Args) {}
