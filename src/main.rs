//! noctop's entry: choose the command or the console, print the error.

use noctop::{cli, cmd};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cmd::run(cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("noctop: {failure}");
            ExitCode::from(failure.code)
        }
    }
}
