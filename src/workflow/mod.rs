//! What happens when somebody presses the button: a verb per file. A use case checks the actor's rights first, asks
//! the domain what follows, and has it applied. It opens no transaction, reads no clock, writes no mail and picks no
//! status code.

pub mod error;

pub use error::WorkflowError;
