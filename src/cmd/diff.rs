//! `noctop diff T1 T2`: what changed in the network between two times.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, DiffArgs};
use crate::engine::{Answer, Command, command};
use crate::report::{diff::DiffRow, write_rows};
use std::io::{self, BufWriter, Write};

/// Asks for the differences and prints them.
pub fn run(common: &Common, args: &DiffArgs) -> Outcome {
    let (from, to) = (attach::moment("T1", &args.from)?, attach::moment("T2", &args.to)?);
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::Diff(from, to)).map_err(attach::unanswered)?;
    let Answer::Diff(rows) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let mut out = BufWriter::new(io::stdout().lock());
    let result = write_rows(attach::format(args.format), rows.into_iter().map(shape), &mut out).and_then(|()| out.flush());
    handle.close();
    written(result)
}

fn shape(row: command::DiffRow) -> DiffRow {
    let command::DiffRow { change, object, before, after, at } = row;
    DiffRow { change, object, before, after, at: at.map(|at| at.rfc3339()) }
}
