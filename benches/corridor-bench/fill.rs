//! `fill`: fills an empty database with generated cases (`dataset.rs`).

use std::{path::PathBuf, sync::Arc, time::Instant};

use corridor::{
    clock::Clock,
    config::Settings,
    domain::actor::Actor,
    keyring::Keyring,
    password,
    store::{Db, Tx},
    workflow::{apply_programme::ApplyBundledProgramme, entrance::Context},
};

use super::dataset;

#[derive(clap::Args)]
pub struct Args {
    /// An empty database: `sqlite://path` or `postgres://…`
    #[arg(long)]
    database_url: String,
    /// The folder of the master key; created if it does not exist
    #[arg(long, default_value = "bench-data")]
    data_dir: PathBuf,
    /// Number of cases
    #[arg(long, default_value_t = 10_000)]
    cases: u32,
}

/// The password of every account.
pub const PASSWORD: &str = "four quiet winter rivers";

pub async fn run(args: Args) {
    let settings =
        Settings { database_url: Some(args.database_url), data_dir: args.data_dir, ..Settings::default() };
    let db = open(&settings);
    let now = Clock::System.now();
    db.migrate().await.unwrap();
    let apply =
        move |tx: &mut Tx<'_>| Context::new(tx, &Actor::operator(), now).execute(&ApplyBundledProgramme);
    db.write(apply).await.unwrap();
    let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
    let started = Instant::now();
    dataset::fill(&db, &settings.database_url(), &hash, args.cases, now).await;
    eprintln!("{} cases in {:?}", args.cases, started.elapsed());
}

/// Opens the database of these settings.
pub fn open(settings: &Settings) -> Db {
    let file = settings.secret_file();
    let keyring = Keyring::load(&file).unwrap().unwrap_or_else(|| Keyring::create(&file).unwrap());
    Db::open(&settings.database_url(), 4, Arc::new(keyring)).unwrap()
}
