//! `noctop history`: a series out of the store, and what a month of a port is billed by.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, HistoryArgs};
use crate::clock;
use crate::engine::command::Gap;
use crate::engine::{Answer, Command, Handle, command};
use crate::model::series::split_named_part;
use crate::model::{DeviceId, EntityKey, Metric, TimeRange, Timestamp};
use crate::query::{series_name, time};
use crate::report::history::{Billing, History, HistoryGap};
use crate::report::{Format, json, write_rows};
use std::io::{self, BufWriter, Write};

/// Asks for the series and prints it.
pub fn run(common: &Common, args: &HistoryArgs) -> Outcome {
    let request = request(args)?;
    let handle = attach::reader(common)?;
    let found = ask(&handle, request.clone())?;
    let mut history = History::new(&found.series, found.metric, &found.resolution, (&found.points, &found.summary));
    let gaps = found.gaps.iter().cloned();
    history.gaps = gaps.map(|Gap { from, to, reason }| HistoryGap { from: from.rfc3339(), to: to.rfc3339(), reason }).collect();
    if let Some(month) = &args.month {
        history.billing = billing(&handle, month, (&request, &found))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match attach::format(args.format) {
        Format::Json => json::write_document(&history, &mut out),
        Format::Table => write_table(history, &mut out),
        rows @ (Format::Ndjson | Format::Csv) => write_rows(rows, history.points, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    handle.close();
    written(result)
}

fn ask(handle: &Handle, request: command::HistoryRequest) -> Result<command::History, Failure> {
    match handle.command(Command::History(request)).map_err(attach::unanswered)? {
        Answer::History(found) => Ok(found),
        _ => Err(Failure::failed("the engine answered another question")),
    }
}

/// The bill of a port's month: both directions, whichever was asked for. Only traffic of ports is billed.
fn billing(
    handle: &Handle,
    month: &str,
    (request, found): (&command::HistoryRequest, &command::History),
) -> Result<Option<Billing>, Failure> {
    let other = match request.metric {
        Metric::InBps => Metric::OutBps,
        Metric::OutBps => Metric::InBps,
        _ => return Ok(None),
    };
    // Only the summary is wanted of it: an hour a point is the least to send.
    let other = command::HistoryRequest { metric: other, step_secs: Some(3600), ..request.clone() };
    let other = ask(handle, other)?;
    let sides = if request.metric == Metric::InBps { [&found.summary, &other.summary] } else { [&other.summary, &found.summary] };
    Ok(Some(Billing::new(month, request.range, sides)))
}

fn write_table(history: History, out: &mut dyn Write) -> io::Result<()> {
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let summary = history.summary.clone();
    write_rows(Format::Table, history.points, out)?;
    let (unit, resolution) = (history.unit, history.resolution);
    let [min, mean, max, p95] = [summary.min, summary.mean, summary.max, summary.p95].map(figure);
    writeln!(out, "\n{resolution}, {unit}: min {min}  mean {mean}  max {max}  p95 {p95}")?;
    if let Some(billing) = history.billing {
        let [inward, outward, larger] = [billing.p95_in_bps, billing.p95_out_bps, billing.p95_larger_bps].map(figure);
        let count = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let (known, of) = (count(billing.intervals), count(billing.intervals_of));
        let month = billing.month;
        writeln!(
            out,
            "{month}: 95th percentile of 5-minute averages, {unit}: in {inward}  out {outward}  larger {larger}  ({known} of {of} known)"
        )?;
    }
    Ok(())
}

fn request(args: &HistoryArgs) -> Result<command::HistoryRequest, Failure> {
    let mut name = series_name::parse(&args.series).map_err(Failure::usage)?;
    let range = range(args)?;
    if args.month.is_some()
        && let Some((None, port)) = name.part.as_deref().and_then(split_named_part)
        && !port.starts_with(SENSOR)
    {
        // DEVICE/INTERFACE: a month of a port is a month of its traffic.
        (name.part, name.metric) = (Some(port.to_owned()), Metric::InBps);
    }
    let step = args.step.as_deref().map(step_secs).transpose()?;
    let entity = EntityKey { device: DeviceId::new(&name.device), part: name.part };
    Ok(command::HistoryRequest { entity, metric: name.metric, range, step_secs: step })
}

/// What names of sensors begin with (contract §5).
const SENSOR: &str = "sensor:";

fn range(args: &HistoryArgs) -> Result<TimeRange, Failure> {
    match (&args.month, &args.from) {
        (Some(text), _) => month(text, clock::now())
            .ok_or_else(|| Failure::usage(format!("--month {text:?} is no month that has begun, such as 2026-10"))),
        (None, Some(from)) => attach::range(from, args.to.as_deref()),
        (None, None) => Err(Failure::usage("name the range: --from, or --month")),
    }
}

/// A month of UTC, as days are in the store; the one that is not over yet ends now.
pub(super) fn month(text: &str, now: Timestamp) -> Option<TimeRange> {
    let (year, number) = text.split_once('-').filter(|(year, number)| year.len() == 4 && number.len() == 2)?;
    let (year, number): (u16, u8) = (year.parse().ok()?, number.parse().ok()?);
    let first = |year: u16, number: u8| Timestamp::parse_absolute(&format!("{year:04}-{number:02}-01T00:00:00Z"));
    let from = first(year, number)?;
    let to = if number == 12 { first(year + 1, 1)? } else { first(year, number + 1)? };
    (from <= now).then(|| TimeRange { from, to: to.min(now) })
}

fn step_secs(text: &str) -> Result<u32, Failure> {
    let secs = time::duration(text).and_then(|step| u32::try_from(step.as_secs()).ok()).filter(|secs| *secs > 0);
    secs.ok_or_else(|| Failure::usage(format!("--step {text:?} is no duration of a second or more, such as 5m")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_one_of_utc_and_ends_now_at_the_latest() {
        let now = Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap();
        let shown = |text| month(text, now).map(|range| (range.from.rfc3339(), range.to.rfc3339()));
        let pair = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(shown("2026-10"), pair("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"));
        assert_eq!(shown("2025-12"), pair("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"));
        assert_eq!(shown("2026-11"), pair("2026-11-01T00:00:00Z", "2026-11-22T12:00:00Z"));
        for text in ["2026-12", "2026-13", "2026-1", "october", "2026"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
