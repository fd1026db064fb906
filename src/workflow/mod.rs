//! What the service does: one file per command or query. Everything comes in through [`entrance`], which checks the
//! actor's rights and owns the transaction; a use case asks the domain for the next step and applies it.
//!
//! To add an action on a case: its row in `domain/lifecycle.rs`, its command here, its name in `case_command.rs` and in
//! `web/actions.rs`; page and API then have it.

pub mod access;
pub mod add_evidence;
pub mod apply_programme;
pub mod ballot;
pub mod batch_overview;
pub mod case_command;
pub mod change_batch;
pub mod check_draft;
pub mod checkpoint;
pub mod claim;
pub mod claim_files;
pub mod clock_check;
pub mod create;
pub mod create_batch;
mod day_limits;
pub mod dossier;
pub mod duties;
pub mod edit;
pub mod endorse;
pub mod entrance;
pub mod erase_case;
pub mod error;
pub mod history;
pub mod idempotency;
pub mod job;
pub mod list_cases;
pub mod list_journal;
pub mod messages;
pub mod move_batch;
pub mod note;
pub mod notify_sponsor;
pub mod outbox;
pub mod people;
pub mod programmes;
pub mod promote;
pub mod publish_ballot;
pub mod read_evidence;
pub mod record_entry;
pub mod refuse;
pub mod remove_evidence;
mod report;
pub mod request_information;
pub mod resolve_finding;
pub mod respond;
pub mod revoke;
mod room;
pub mod rotate_keys;
pub mod screen;
pub mod security_log;
pub mod show_case;
pub mod sponsorship;
pub mod subject;
pub mod submit;
pub mod surrender;
pub mod tick;
pub mod transition;
pub mod verify;
pub mod view_document;
pub mod withdraw;

pub use entrance::Service;
pub use error::{Result, WorkflowError};
