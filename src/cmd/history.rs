//! `noctop history`: a series out of the store.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, HistoryArgs};
use crate::engine::{Answer, Command, command};
use crate::model::{DeviceId, EntityKey, TimeRange};
use crate::query::{series_name, time};
use crate::report::history::History;
use crate::report::{Format, json, write_rows};
use std::io::{self, BufWriter, Write};

/// Asks for the series and prints it.
pub fn run(common: &Common, args: &HistoryArgs) -> Outcome {
    let request = request(args)?;
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::History(request)).map_err(attach::unanswered)?;
    let Answer::History(found) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let history = History::new(&found.series, found.metric, &found.resolution, &found.points);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match attach::format(args.format) {
        Format::Json => json::write_document(&history, &mut out),
        rows @ (Format::Table | Format::Ndjson | Format::Csv) => write_rows(rows, history.points, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    handle.close();
    written(result)
}

fn request(args: &HistoryArgs) -> Result<command::HistoryRequest, Failure> {
    let name = series_name::parse(&args.series).map_err(Failure::usage)?;
    let range = TimeRange { from: attach::moment("--from", &args.from)?, to: attach::moment("--to", &args.to)? };
    if range.from > range.to {
        return Err(Failure::usage("--from is later than --to"));
    }
    let step = args.step.as_deref().map(step_secs).transpose()?;
    let entity = EntityKey { device: DeviceId::new(&name.device), part: name.part };
    Ok(command::HistoryRequest { entity, metric: name.metric, range, step_secs: step })
}

fn step_secs(text: &str) -> Result<u32, Failure> {
    let secs = time::duration(text).and_then(|step| u32::try_from(step.as_secs()).ok()).filter(|secs| *secs > 0);
    secs.ok_or_else(|| Failure::usage(format!("--step {text:?} is no duration of a second or more, such as 5m")))
}
