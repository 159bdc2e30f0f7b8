//! What every command that asks an engine begins with: the configuration, the handle, the time.

use super::{Failure, config_check};
use crate::cli::{Common, RowFormat};
use crate::clock;
use crate::config::Config;
use crate::engine::{self, AskError, Handle, Hosting, OpenError, OpenOptions};
use crate::model::audit::{self, Act};
use crate::model::{TimeRange, Timestamp};
use crate::query::time;
use crate::report::Format;

/// An engine for a command that only reads: the one that serves, else the store alone.
pub fn reader(common: &Common) -> Result<Handle, Failure> {
    let options = options(common, Hosting::Never)?;
    engine::open(options).map_err(refused)
}

/// The options that the common arguments and the configuration make. Whoever may not read the configuration or its secrets, as everybody who
/// is not the daemon, can still ask the daemon: a configuration that was merely found is then left out, and said so. Only an engine needs it.
///
/// Errors: the faults of a configuration that was named, or that is to be hosted, as exit code 2.
pub fn options(common: &Common, hosting: Hosting) -> Result<OpenOptions, Failure> {
    let loaded = if hosting == Hosting::Never { config_check::load(common) } else { config_check::load_to_host(common) };
    let (config, hosting) = match loaded {
        Ok(config) => (config, hosting),
        Err(failure) if hosting == Hosting::Always || common.config.is_some() => return Err(failure),
        Err(failure) => {
            eprintln!("noctop: {failure}");
            eprintln!("noctop: the configuration is left out: a running noctop is asked without it, and none is started");
            (Config::default(), Hosting::Never)
        }
    };
    Ok(OpenOptions::new(config, hosting).data(common.data.clone()).connect(common.connect.clone()))
}

/// How an engine that could not be opened ends a command.
pub fn refused(error: OpenError) -> Failure {
    Failure::failed(error)
}

/// How a question that was not answered ends a command.
pub fn unanswered(error: AskError) -> Failure {
    match error {
        AskError::Refused(why) => Failure::usage(why),
        other @ (AskError::Failed(_) | AskError::Gone) => Failure::failed(other),
    }
}

/// A time argument; `what` names it in the complaint.
pub fn moment(what: &str, text: &str) -> Result<Timestamp, Failure> {
    time::parse(text, clock::now())
        .ok_or_else(|| Failure::usage(format!("{what} {text:?} is no time: RFC 3339 (2026-11-22T12:00:00Z), -15m or @UNIX")))
}

/// `--from` and `--to`: what is not told to end ends now.
pub fn range(from: &str, to: Option<&str>) -> Result<TimeRange, Failure> {
    let range = TimeRange { from: moment("--from", from)?, to: moment("--to", to.unwrap_or("now"))? };
    if range.from >= range.to {
        return Err(Failure::usage("--from is not earlier than --to"));
    }
    Ok(range)
}

/// `--at`
pub fn at(common: &Common) -> Result<Option<Timestamp>, Failure> {
    common.at.as_deref().map(|text| moment("--at", text)).transpose()
}

/// Writes into the audit journal what a command did by itself, beside any engine. It is done already: where it can't be written, that is
/// said on stderr.
pub fn write_down(common: &Common, (act, outcome): (Act, audit::Outcome)) {
    // Where there is no store yet there is nothing to audit.
    let written = options(common, Hosting::Never).map(|options| engine::record(options, (act, outcome)));
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("noctop: this is not in the audit journal: {error}"),
        Err(failure) => eprintln!("noctop: this is not in the audit journal: {failure}"),
    }
}

/// The report's name of a format.
pub const fn format(format: RowFormat) -> Format {
    match format {
        RowFormat::Table => Format::Table,
        RowFormat::Json => Format::Json,
        RowFormat::Ndjson => Format::Ndjson,
        RowFormat::Csv => Format::Csv,
    }
}
