//! The vocabulary of the scenarios.
//!
//! A scenario is a closure that gets a [`World`]: a service in this process, on a database of its own, with a clock
//! that stands still until the scenario moves it, and with its mail in a folder.
//!
//! ```ignore
//! #[test]
//! fn a_full_batch_waitlists_and_a_withdrawal_promotes_the_next() {
//!     on_both_databases(async |world| {
//!         let batch = world.open_batch(1).await;
//!         let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
//!         world.endorse_every_stage([&ada, &bo]).await;
//!         assert_eq!(world.states([&ada, &bo]).await, ["approved", "waitlisted"]);
//!     });
//! }
//! ```
//!
//! - **Actors** that every world has: `world.sponsor` (the program of the sponsor `steppe`, which creates the cases
//!   unless the scenario names another), `world.reviewers` (a program of each authority), `world.batch_manager`.
//!   More: `world.program(…)`, `world.another_sponsor("…")`, `world.person(…)`, `world.officer(…)` (`people.rs`).
//! - **Batches**: `open_batch(capacity)`, `open_batch_with(terms)`, `change_batch`, `in_use`, `ledger` (`batches.rs`).
//! - **Cases**: `form` (valid; change it as you like), `draft`, `add_required_evidence`, `submit(&batch, names)`,
//!   `endorse(&case, stage)`, `endorse_every_stage`, `withdraw`, `surrender`, `states`, `history`, and
//!   `act(who, &case, json)` for everything else (`cases.rs`). A program acts through HTTP, a person through the use cases
//!   that the pages call: `draft_in_person`, `offered`, `listed`, `view_passport_number` (`in_person.rs`).
//! - **HTTP**: `send`, `send_as`, `get`, `post` with a [`http::Request`]; an [`http::Answer`] says
//!   `refusal()` (status and code) and `faults()` (pointer and code of each field) (`http.rs`).
//! - **Mail**: `mail`, `mail_to("Ada")`, `letter_kinds("Ada")` (`mail.rs`).
//! - **Time**: `advance(…)` moves the clock, which stands still. With `Setup { clock_runs: true, .. }` it runs like a
//!   machine's, and `advance` sets it wrong. `until_state` and `until` wait for what the scheduler does.
//! - **Jobs**: the service runs them. With `Setup { jobs_wait: true, .. }` the scenario does: `slice(…)` runs one
//!   slice, `finish_jobs` all of them (`jobs.rs`).
//! - **In a browser**: `browser::Browser` (`browser.rs`), in a world of `with(Setup { is_browsed: true, .. }, …)`.
//! - **Below the use cases**: `in_one_group(db, jobs)` commits jobs together (`group.rs`); `statements::watch` and
//!   `recorded` record the SQL that a database gets (`statements.rs`).
//! - **Writers**: `BusyWriters::of(&db)` keeps them busy, so that new jobs wait in the queue (`writers.rs`).
//! - **Uploaded files**: `files()` lists them; at the end each is compared with its document.
//! - **Outages**: `Proxy` cuts, freezes and redirects connections (`proxy.rs`), `world.foreign()` is another program that may lock the database
//!   (`foreign.rs`), `SmallDisk` can be filled (`small_disk.rs`), `OwnPostgres` is a server that a test may stop and
//!   follow by a standby, whose messages are Russian (`own_postgres.rs`).
//! - `restart` stops the service and starts another on the same database (`service.rs`).
//! - **Databases of earlier versions** (`saved_database.rs`): `on_databases_of("0e8a793", …)` starts with a copy of a
//!   database from `tests/data`, with its own actors. Its people read pages with `page` and `browse` (`pages.rs`).
//!
//! After the scenario the harness waits until every message is sent, checks every invariant of `corridor verify`, stops
//! the service and checks that it logged no error. An answer 500 fails the test wherever it occurs.

mod batches;
pub mod browser;
mod cases;
mod certificates;
mod databases;
mod foreign;
mod group;
pub mod http;
mod in_person;
mod jobs;
mod log;
mod mail;
mod mail_server;
mod many_cases;
mod own_postgres;
mod pages;
mod people;
mod proxy;
mod rows;
mod saved_database;
mod service;
mod small_disk;
pub mod statements;
mod writers;

pub use batches::Batch;
pub use cases::{Case, PDF, REQUIRED_EVIDENCE, STAGES, form, opposite_direction};
#[cfg(feature = "postgres-tls")]
pub use certificates::Certificates;
pub use databases::{Storage, postgres_server};
pub use foreign::Foreign;
pub use group::in_one_group;
pub use log::security_log;
pub use mail_server::{Encryption, MailServer};
pub use many_cases::uploaded;
pub use own_postgres::{OwnPostgres, is_root};
pub use people::{Person, Program};
pub use proxy::Proxy;
pub use rows::{run_on, waits_for_a_lock};
pub use saved_database::SavedDatabase;
pub use service::{Limited, Setup, World};
pub use small_disk::SmallDisk;
pub use writers::{BusyWriters, Uncommitted};

use jiff::SignedDuration;

/// The longest delay before a failed message is retried.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_mins(30);
const NO_POSTGRES: &str = "--- not on PostgreSQL: CORRIDOR_TEST_POSTGRES is not set; ./test sets it";

/// Runs a scenario only on a PostgreSQL server.
pub fn on_postgres_with(server: &str, setup: &Setup, scenario: impl AsyncFn(&World)) {
    on(Storage::with_postgres(server), setup.clone(), &scenario);
}

/// Runs a scenario once, on SQLite, with a service of this kind.
pub fn with(setup: Setup, scenario: impl AsyncFn(&World)) {
    on(Storage::with_sqlite(), setup, &scenario);
}

/// Runs a scenario on SQLite, and on PostgreSQL if `CORRIDOR_TEST_POSTGRES` names a server (as in `./test`).
pub fn on_both_databases(scenario: impl AsyncFn(&World)) {
    on_both_databases_with(&Setup::default(), scenario);
}

/// The same with a setup.
pub fn on_both_databases_with(setup: &Setup, scenario: impl AsyncFn(&World)) {
    eprintln!("--- on SQLite");
    on(Storage::with_sqlite(), setup.clone(), &scenario);
    match databases::postgres_server() {
        Some(server) => {
            eprintln!("--- on PostgreSQL");
            on(Storage::with_postgres(&server), setup.clone(), &scenario);
        }
        None => eprintln!("{NO_POSTGRES}"),
    }
}

/// Runs a scenario on copies of the databases that the version of this commit left: SQLite's, and PostgreSQL's if there
/// is a server. The clock starts when that version ended.
pub fn on_databases_of(commit: &str, scenario: impl AsyncFn(&World, &SavedDatabase)) {
    on_databases_of_prepared(commit, |_| (), scenario);
}

/// The same, after `prepare` has changed the copies.
pub fn on_databases_of_prepared(
    commit: &str,
    prepare: impl Fn(&Storage),
    scenario: impl AsyncFn(&World, &SavedDatabase),
) {
    let resume = |(storage, saved): (Storage, SavedDatabase)| {
        prepare(&storage);
        run(World::resume(storage, &saved), &async |world| {
            scenario(world, &saved).await;
            world.advance(LONGEST_DELAY);
        });
    };
    eprintln!("--- on SQLite");
    resume(Storage::with_saved_sqlite(commit));
    match databases::postgres_server() {
        Some(server) => {
            eprintln!("--- on PostgreSQL");
            resume(Storage::with_saved_postgres(commit, &server));
        }
        None => eprintln!("{NO_POSTGRES}"),
    }
}

fn on(storage: Storage, setup: Setup, scenario: &impl AsyncFn(&World)) {
    run(World::begin(storage, setup), scenario);
}

fn run(beginning: impl Future<Output = World>, scenario: &impl AsyncFn(&World)) {
    log::record_errors();
    actix_web::rt::System::new().block_on(async {
        let world = beginning.await;
        scenario(&world).await;
        world.end().await;
    });
}
