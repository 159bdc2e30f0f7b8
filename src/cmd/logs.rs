//! `noctop logs`: log lines, or what they say, headless.

use super::{Failure, Outcome, attach, rows, written};
use crate::cli::{Common, EXIT_PARTIAL, LogArgs};
use crate::query::{LogPart, Screen, ViewRequest};
use crate::report::{LogPatternRow, LogRow, write_rows};
use crate::state::view::ViewBody;
use std::io::{self, BufWriter, Write};

/// Seconds of which patterns are counted where no range is given.
const SPAN_SECS: u32 = 3600;

/// Asks for lines or patterns, and prints them.
pub fn run(common: &Common, args: &LogArgs) -> Outcome {
    let mut request = ViewRequest { span_secs: SPAN_SECS, ..rows::request(common, Screen::Logs, &args.rows)? };
    if args.patterns {
        request.logs.part = LogPart::Patterns;
    } else {
        // The last ones, where there are more.
        request.window.offset = usize::MAX;
    }
    let handle = attach::reader(common)?;
    let view = handle.ask(request).map_err(attach::unanswered)?;
    if let Some(fault) = &view.chrome.fault {
        return Err(Failure::usage(fault));
    }
    let ViewBody::Logs(logs) = &view.body else { return Err(Failure::failed("the engine answered another question")) };
    let mut out = BufWriter::new(io::stdout().lock());
    let format = attach::format(args.rows.format);
    let result = if args.patterns {
        write_rows(format, logs.patterns.rows.iter().map(LogPatternRow::from), &mut out)
    } else {
        write_rows(format, logs.table.rows.iter().map(LogRow::from), &mut out)
    };
    let code = written(result.and_then(|()| out.flush()))?;
    handle.close();
    match logs.looked_from {
        Some(from) => {
            eprintln!(
                "noctop: only lines since {} were looked at: more would take too long; narrow the filter or the range",
                from.rfc3339()
            );
            Ok(EXIT_PARTIAL)
        }
        None => Ok(code),
    }
}
