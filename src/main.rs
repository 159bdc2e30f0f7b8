//! noctop's entry: choose the command or the console, print the error.

use mimalloc::MiMalloc;
use noctop::{cli, cmd};
use std::process::ExitCode;

/// Of the program, not of the library: tests and fuzz targets keep the system's, which sanitisers watch (docs/decisions/0098-allocator.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match cmd::run(cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("noctop: {failure}");
            ExitCode::from(failure.code)
        }
    }
}
