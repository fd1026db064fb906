//! Black-box tests: real processes, real HTTP, real databases.

mod command_line;
