//! Black-box tests: real processes, real HTTP, real databases. A file per promise; `world/` explains its words.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod access_records;
mod arrows;
mod ballot;
mod browser;
mod case_keys;
mod command_line;
mod database_gone;
mod decision_cost;
mod entry;
mod erasure;
mod explain;
mod group_commit;
mod histories;
mod idempotency;
mod information;
mod jobs;
mod key_rotation;
mod limits;
mod mail_server;
mod migration;
mod model;
mod note;
mod outbox;
mod ranked;
mod refusal;
mod restart;
mod rights;
mod schema;
mod several_instances;
mod stale_version;
mod storm;
mod story;
mod upgrade;
mod waitlist;
mod waitlist_order;
mod world;
mod wrong_input;
