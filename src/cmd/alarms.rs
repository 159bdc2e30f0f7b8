//! `noctop alarms test` and `noctop alarms rules`: what a rule would have done, and which rules there are.

use super::{Failure, Outcome, attach, config_check, rows, written};
use crate::cli::{AlarmTestArgs, AlarmsArgs, AlarmsCommand, Common, EXIT_PARTIAL, FormatArgs};
use crate::config;
use crate::engine::{Answer, Command, command};
use crate::query::Screen;
use crate::report::{self, RuleRow, write_rows};
use crate::state::view::AlarmRow;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What `file:` stands in front of.
const FILE: &str = "file:";

/// A rule's file is a page of text.
const LARGEST: u64 = 1 << 20;

/// Lists alarms, or does what is asked for.
pub fn run(common: &Common, args: &AlarmsArgs) -> Outcome {
    match &args.command {
        None => rows::run(common, Screen::Alarms, &args.rows),
        Some(AlarmsCommand::Test(args)) => test(common, args),
        Some(AlarmsCommand::Rules(args)) => rules(common, args),
    }
}

fn test(common: &Common, args: &AlarmTestArgs) -> Outcome {
    let range = attach::range(&args.from, Some(&args.to))?;
    let rule = source(&args.rule)?;
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::AlarmTest(Box::new(command::AlarmTest { rule, range })));
    handle.close();
    let Answer::AlarmTested(tested) = answer.map_err(attach::unanswered)? else {
        return Err(Failure::failed("the engine answered another question"));
    };
    let standing = tested.alarms.iter().filter(|(alarm, _)| alarm.cleared_at.is_none()).count();
    let mut out = BufWriter::new(io::stdout().lock());
    let row = |(alarm, name): &(crate::model::Alarm, Option<String>)| {
        let row = AlarmRow::of(alarm.clone());
        report::AlarmRow { device_name: name.clone(), ..report::AlarmRow::from(&row) }
    };
    let result = write_rows(attach::format(args.format), tested.alarms.iter().map(row), &mut out).and_then(|()| out.flush());
    let done = written(result)?;
    eprintln!("{} raised, {standing} of them still standing at the end", tested.alarms.len());
    for gap in &tested.gaps {
        eprintln!("{gap}");
    }
    Ok(if tested.gaps.is_empty() { done } else { EXIT_PARTIAL })
}

/// A name, or the text of a file; the faults of a file are told here.
fn source(rule: &str) -> Result<command::RuleSource, Failure> {
    let Some(path) = rule.strip_prefix(FILE) else { return Ok(command::RuleSource::Name(rule.to_owned())) };
    let unreadable = |error: io::Error| Failure::usage(format!("{path} can't be read: {error}"));
    if std::fs::metadata(Path::new(path)).map_err(unreadable)?.len() > LARGEST {
        return Err(Failure::usage(format!("{path} is larger than {} KiB", LARGEST >> 10)));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    if let Err(faults) = config::parse_rule(path, &text) {
        return Err(Failure::usage(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    }
    Ok(command::RuleSource::Text(path.to_owned(), text))
}

fn rules(common: &Common, args: &FormatArgs) -> Outcome {
    let config = config_check::load(common)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let row = |line: config::RuleLine| RuleRow {
        name: line.name,
        on: line.on.to_owned(),
        origin: line.origin.to_owned(),
        severity: line.severity,
        when: line.when,
        clear: line.clear,
        lasts: line.lasts,
        text: line.text,
        runbook: line.runbook,
    };
    let all = config.rules.lines().into_iter().map(row);
    written(write_rows(attach::format(args.format), all, &mut out).and_then(|()| out.flush()))
}
