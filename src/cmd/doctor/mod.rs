//! `noctop doctor`: what on this host is in noctop's way, and what to do about it.

mod show;

use super::{Outcome, console, credentials, mib_files, written};
use crate::cli::{Common, ConsoleOptions, DoctorArgs, EXIT_FAILED, EXIT_OK, EXIT_PARTIAL, RowFormat, When};
use crate::config::{self, Config, ConfigError};
use crate::engine::doctor::facts::Terminal;
use crate::engine::doctor::{Asked, Check, Step, Verdict, count, gather, judge};
use crate::report::doctor::{CheckRow, Doctor, StepRow, Summary};
use crate::report::{Format, json, write_rows};
use crate::ui::lang::speaking;
use crate::ui::terminal::measure::measure;
use crate::ui::{GlyphSet, Glyphs, UiOptions};
use show::Look;
use std::io::{self, BufWriter, Write};

/// Columns of what is printed where no terminal says how many it has.
const WIDTH: u16 = 80;

/// Longer lines are hard to read.
const MOST_WIDTH: u16 = 100;

/// Checks, prints, and says by the exit code whether something is missing.
pub fn run(common: &Common, (args, console): (&DoctorArgs, &ConsoleOptions)) -> Outcome {
    let options = console::options(console)?;
    let terminal = if args.format == RowFormat::Table { measure() } else { Terminal::default() };
    let look = look(common, (&options, &terminal));
    let file = config::find(common.config.as_deref());
    let (data, connect) = (common.data.clone(), common.connect.clone());
    let checks = judge::all(&gather(Asked { config: configured(common), file, data, connect, terminal }));
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = match args.format {
        RowFormat::Table => speaking(options.lang, || show::write(&checks, &look, &mut out)),
        RowFormat::Json => json::write_document(&document(&checks), &mut out),
        RowFormat::Ndjson => write_rows(Format::Ndjson, checks.iter().map(row), &mut out),
        RowFormat::Csv => write_rows(Format::Csv, checks.iter().map(row), &mut out),
    };
    written(printed.and_then(|()| out.flush()))?;
    Ok(code(&checks))
}

/// The configuration, with the profiles that it names in force. What is wrong with those is a fault of it.
fn configured(common: &Common) -> Result<Config, ConfigError> {
    let config = config::load(common.config.as_deref());
    credentials::hide_variables();
    let config = config?;
    match mib_files::lay_over(&config.mib) {
        Ok(()) => Ok(config),
        Err(failure) => {
            let file = config::find(common.config.as_deref()).unwrap_or_default();
            Err(ConfigError::Unreadable(file, failure.message))
        }
    }
}

/// Contract §5: 3 where something is missing, else 1 where something could not be found out.
fn code(checks: &[Check]) -> u8 {
    match checks.iter().map(|check| check.verdict).max() {
        Some(Verdict::Missing) => EXIT_PARTIAL,
        Some(Verdict::Unknown) => EXIT_FAILED,
        Some(Verdict::Warning | Verdict::Ok) | None => EXIT_OK,
    }
}

fn look(common: &Common, (options, terminal): (&UiOptions, &Terminal)) -> Look {
    let columns = terminal.size.map_or(WIDTH, |(columns, _)| columns).min(MOST_WIDTH);
    let set = options
        .glyphs
        .unwrap_or_else(|| terminal.ambiguous.map_or(GlyphSet::Unicode, |columns| GlyphSet::Unicode.from_probe(columns)));
    let coloured = match common.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal.is_terminal && !terminal.no_color && terminal.colours > 0,
    };
    Look { columns: usize::from(columns), glyphs: Glyphs::new(set), coloured }
}

fn document(checks: &[Check]) -> Doctor {
    let number = |verdict| count(checks, verdict);
    let summary = Summary {
        ok: number(Verdict::Ok),
        warning: number(Verdict::Warning),
        unknown: number(Verdict::Unknown),
        missing: number(Verdict::Missing),
    };
    Doctor { schema: "noctop.doctor/1", summary, checks: checks.iter().map(row).collect() }
}

fn row(check: &Check) -> CheckRow {
    let step = |step: &Step| {
        let kind = match step {
            Step::Run(_) => "run",
            Step::Or(_) => "or",
            Step::Do(_) => "do",
        };
        StepRow { kind: kind.to_owned(), text: step.text().to_owned() }
    };
    CheckRow {
        group: check.group.title().to_owned(),
        check: check.name.to_owned(),
        verdict: check.verdict.word().to_owned(),
        text: check.says.clone(),
        disables: check.disables.clone(),
        steps: check.steps.iter().map(step).collect(),
    }
}

#[cfg(test)]
mod tests;
