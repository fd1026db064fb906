//! What happens when somebody presses the button: a verb per file. A use case checks the actor's rights first, asks
//! the domain what follows, and has it applied. It opens no transaction, reads no clock, writes no mail and picks no
//! status code.
//!
//! To add an action: its row in `domain/lifecycle.rs`, its verb here, its arm in `act.rs`; page and API then have it.

pub mod act;
pub mod add_evidence;
pub mod apply_programme;
pub mod ballot;
pub mod batch_overview;
pub mod change_batch;
pub mod check_draft;
pub mod claim;
pub mod create;
pub mod create_batch;
pub mod dossier;
pub mod edit;
pub mod endorse;
pub mod error;
pub mod history;
pub mod list_cases;
pub mod move_batch;
pub mod notices;
pub mod people;
pub mod programmes;
pub mod promote;
pub mod read_evidence;
pub mod record_entry;
pub mod refuse;
pub mod remove_evidence;
pub mod request_information;
pub mod resolve_finding;
pub mod respond;
pub mod revoke;
mod room;
pub mod screen;
pub mod show_case;
pub mod submit;
pub mod surrender;
pub mod tick;
pub mod transition;
pub mod verify;
pub mod view_document;
pub mod withdraw;

pub use error::WorkflowError;
