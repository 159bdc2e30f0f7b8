//! `noctop forget`: devices that are gone for good.

use super::{Failure, Outcome, attach, maintenance, written};
use crate::cli::{Common, ConsoleOptions, EXIT_SILENT, ForgetArgs};
use crate::config::parse_duration;
use crate::engine::{Answer, Command};
use crate::model::{ForgetOrder, Leaving};
use crate::report::{ForgottenRow, write_rows};
use std::io::{self, BufWriter, Write};

/// `noctop forget ...`
pub fn run(common: &Common, console: &ConsoleOptions, args: &ForgetArgs) -> Outcome {
    if !console.read_write && !args.dry_run {
        return Err(Failure::usage("this changes what is known: say --read-write, or --dry-run"));
    }
    let leaving = match &args.silent_for {
        Some(text) => {
            let least = parse_duration(text).map_err(|why| Failure::usage(format!("--silent-for: {why}")))?;
            Leaving::SilentFor(least.as_secs())
        }
        None => Leaving::Named(args.devices.clone()),
    };
    let (answering, dry_run) = (args.answering, args.dry_run);
    let handle = attach::reader(common)?;
    let order = ForgetOrder { leaving, answering, dry_run, by: maintenance::user() };
    let answer = handle.command(Command::Forget(order)).map_err(attach::unanswered)?;
    handle.close();
    let Answer::Forgotten(found) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let mut out = BufWriter::new(io::stdout().lock());
    let rows = found.iter().map(ForgottenRow::from);
    let result = write_rows(attach::format(args.format), rows, &mut out).and_then(|()| out.flush());
    if found.is_empty() && result.is_ok() {
        eprintln!("noctop: nobody has been silent for that long");
        return Ok(EXIT_SILENT);
    }
    written(result)
}
