//! `noctop top`: who talks most, out of the running engine or a store that nobody serves.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, EXIT_SILENT, TopArgs};
use crate::engine::{Answer, Command};
use crate::model::TimeRange;
use crate::model::flow::{TalkSum, TopAnswer, TopKey, TopRequest};
use crate::model::unit;
use crate::query::time;
use crate::report::tabular::write_rows_by;
use crate::report::{Format, top};
use std::io::{self, BufWriter, Write};

/// What `--compare` takes beside durations, in seconds.
const AGO: [(&str, u32); 3] = [("hour", 3600), ("day", 86_400), ("week", 604_800)];

/// Asks and prints.
pub fn run(common: &Common, args: &TopArgs) -> Outcome {
    let request = request(args)?;
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::Top(request.clone())).map_err(attach::unanswered)?;
    let Answer::Top(answer) = answer else { return Err(Failure::failed("the engine answered another question")) };
    handle.close();
    if let Some(fault) = &answer.fault {
        eprintln!("noctop: {fault}");
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let result = print(attach::format(args.format), (&request.by, &answer), &mut out).and_then(|()| out.flush());
    if answer.rows.is_empty() && result.is_ok() {
        let TimeRange { from, to } = request.range;
        eprintln!("noctop: no flow that matches was heard of from {from} to {to}");
        return Ok(EXIT_SILENT);
    }
    written(result)
}

fn request(args: &TopArgs) -> Result<TopRequest, Failure> {
    let range = attach::range(&args.from, Some(&args.to))?;
    Ok(TopRequest {
        by: keys(&args.by)?,
        filter: args.filter.clone(),
        range,
        limit: args.limit,
        steps: 0,
        compare_secs: args.compare.as_deref().map(ago).transpose()?,
    })
}

fn keys(text: &str) -> Result<Vec<TopKey>, Failure> {
    TopKey::list(text).map_err(|wrong| {
        let known: Vec<&str> = TopKey::NAMES.iter().map(|(key, _)| key.name()).collect();
        Failure::usage(format!("--by {wrong:?} is no key; there are: {} conversation", known.join(" ")))
    })
}

fn ago(text: &str) -> Result<u32, Failure> {
    if let Some((_, secs)) = AGO.iter().find(|(word, _)| *word == text) {
        return Ok(*secs);
    }
    let secs = time::duration(text).and_then(|ago| u32::try_from(ago.as_secs()).ok()).filter(|secs| *secs > 0);
    secs.ok_or_else(|| Failure::usage(format!("--compare {text:?} is neither hour, day or week nor a duration such as 2d")))
}

fn print(format: Format, (by, answer): (&[TopKey], &TopAnswer), out: &mut dyn Write) -> io::Result<()> {
    if format == Format::Table && answer.rows.is_empty() {
        return Ok(());
    }
    write_rows_by((format, &top::columns(by)), top::rows(by, answer), out)?;
    if format == Format::Table { write_totals(answer, out) } else { Ok(()) }
}

/// What the table's rows are a part of.
fn write_totals(answer: &TopAnswer, out: &mut dyn Write) -> io::Result<()> {
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let figure = |count: u64| unit::si(count as f64);
    let sum =
        |sum: &TalkSum| format!("{} octets, {} packets, {} flows", figure(sum.octets), figure(sum.packets), figure(sum.flows));
    writeln!(out, "\ntotal   {}; {} different", sum(&answer.total), answer.groups)?;
    writeln!(out, "others  {}", sum(&answer.other))?;
    if answer.not_kept.flows > 0 {
        writeln!(out, "of which not kept apart  {}", sum(&answer.not_kept))?;
    }
    if answer.total.unscaled_flows > 0 {
        writeln!(out, "rate unknown  {} flows stand in the sums as exported", figure(answer.total.unscaled_flows))?;
    }
    if let Some(range) = answer.range {
        writeln!(out, "{} to {}, by {}", range.from, range.to, resolution(&answer.resolution))?;
    }
    Ok(())
}

fn resolution(word: &str) -> &str {
    match word {
        "1m" => "minutes",
        "1h" => "hours",
        "1d" => "days",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_with_is_a_word_or_a_duration() {
        assert_eq!(ago("week").unwrap(), 604_800);
        assert_eq!(ago("2h").unwrap(), 7200);
        assert_eq!(ago("fortnight").unwrap_err().code, crate::cli::EXIT_USAGE);
    }

    #[test]
    fn an_unknown_key_is_answered_with_all_keys() {
        let wrong = keys("src,colour").unwrap_err();
        assert!(wrong.code == crate::cli::EXIT_USAGE && wrong.message.contains("\"colour\"") && wrong.message.contains(" dscp "));
        assert_eq!(keys("conv,app").unwrap(), [TopKey::Src, TopKey::Dst, TopKey::App]);
    }
}
