//! Black-box tests with real processes, real HTTP and real databases. Each file tests one promise; `world/mod.rs`
//! explains the test vocabulary.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod access_records;
mod account_changes;
mod addresses;
mod ballot;
mod batches;
mod browser;
mod cannot_write;
mod case_keys;
mod checkpoints;
mod clients;
mod clock;
mod command_line;
mod concurrency;
mod cursors;
mod database_gone;
mod day_limits;
mod dead_letters;
mod decision_cost;
mod entry;
mod erasure;
mod explain;
mod files;
mod findings;
mod group_commit;
mod guessing;
mod histories;
mod history_readers;
mod idempotency;
mod information;
mod installation_key;
mod jobs;
mod journal;
mod journal_audit;
mod journeys;
mod key_rotation;
mod keyed_histories;
mod limits;
mod long_work;
mod mail_server;
mod migration;
mod model;
mod module_dependencies;
mod newer_version;
mod note;
mod other_language;
mod outbox;
mod overdue;
mod password_changes;
#[cfg(feature = "postgres-tls")]
mod postgres_tls;
mod ranked;
mod refusal;
mod restart;
mod rights;
#[cfg(feature = "s3")]
mod s3;
mod schema;
mod security_events;
mod sessions;
mod several_instances;
mod sign_ups;
mod slow_clients;
mod sponsorships;
mod stale_version;
mod story;
mod tampering;
mod upgrade;
mod waitlist;
mod waitlist_order;
mod world;
mod wrong_input;
