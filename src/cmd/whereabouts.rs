//! `noctop where MAC|IP|NAME`: device, port and VLAN where an address is, or was.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, EXIT_SILENT, WhereArgs};
use crate::engine::{Answer, Command};
use crate::model::text::visible;
use crate::model::unit;
use crate::report::{WhereRow, write_rows};
use std::io::{self, BufWriter, Write};

/// Asks for the places and prints them; exit code 4 where there are none.
pub fn run(common: &Common, args: &WhereArgs) -> Outcome {
    let at = attach::at(common)?;
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::Where(args.what.clone(), at)).map_err(attach::unanswered)?;
    let Answer::Where(found) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let mut out = BufWriter::new(io::stdout().lock());
    let rows = found.rows.iter().map(WhereRow::from);
    let result = write_rows(attach::format(args.format), rows, &mut out).and_then(|()| out.flush());
    handle.close();
    if found.more > 0 {
        eprintln!("noctop: {} not shown: ask for less", unit::counted(found.more, "more place is", "more places are"));
    }
    let code = written(result)?;
    if found.rows.is_empty() {
        let when = at.map_or_else(String::new, |at| format!(" at {at}"));
        eprintln!("noctop: {} is not known{when}", visible(&args.what));
        return Ok(EXIT_SILENT);
    }
    Ok(code)
}
