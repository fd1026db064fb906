//! The program `corridor`. See `corridor --help`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    corridor::cli::run(std::env::args_os().collect())
}
