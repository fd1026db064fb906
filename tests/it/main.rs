//! Black-box tests: real processes, real HTTP, real databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod command_line;
