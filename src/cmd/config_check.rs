//! `noctop config check`: every fault of the configuration, and exit code 2 when there is one.

use super::{Failure, Outcome, credentials, mib_files};
use crate::cli::{Common, EXIT_OK, EXIT_USAGE};
use crate::config::{self, ConfigError};
use crate::engine::{self, notify_tools};
use crate::model::text::visible;
use crate::model::unit;
use std::path::Path;

/// Reads the configuration that would be used and says what is wrong with it, a line each on stderr.
pub fn run(common: &Common) -> Outcome {
    let Some(path) = config::find(common.config.as_deref()) else {
        eprintln!("noctop: there is no configuration; the defaults are in force");
        return Ok(EXIT_OK);
    };
    match config::read_file(&path) {
        Ok(config) => {
            mib_files::lay_over(&config.mib)?;
            let faults = late_faults(&path, &config);
            if !faults.is_empty() {
                eprintln!("{}", faults.join("\n"));
                return Ok(EXIT_USAGE);
            }
            for fact in config::secret_facts(Some(&path), &config) {
                eprintln!("{}", warning(&path, &fact));
            }
            for sentence in engine::exposures(&config) {
                eprintln!("{}: warning: {sentence}", path.display());
            }
            let credentials = config.credentials.len();
            let credentials = unit::counted(credentials, "credential", "credentials");
            let targets = unit::counted(config.discovery.targets.len(), "target", "targets");
            println!("{}: no fault; {credentials}, {targets}", path.display());
            Ok(EXIT_OK)
        }
        Err(ConfigError::Faulty(faults)) => {
            for fault in &faults {
                eprintln!("{fault}");
            }
            Ok(EXIT_USAGE)
        }
        Err(unreadable @ ConfigError::Unreadable(..)) => Err(Failure::usage(unreadable)),
    }
}

/// A fact about secrets as a line: it works, and should be otherwise.
pub fn warning(path: &Path, fact: &config::secret::Fact) -> String {
    let path = path.display();
    match fact.place {
        Some((line, column)) => format!("{path}:{line}:{column}: warning: {}", visible(&fact.what)),
        None => format!("{path}: warning: {}", visible(&fact.what)),
    }
}

/// What is wrong with receivers and only shows when they are used: templates, files of certificates. A line each.
fn late_faults(path: &Path, config: &config::Config) -> Vec<String> {
    let faults = notify_tools::check(config);
    let line = |(line, column, what): (usize, usize, String)| format!("{}:{line}:{column}: {}", path.display(), visible(&what));
    faults.into_iter().map(line).collect()
}

/// The configuration for an engine that is hosted: receivers that could not be told are refused at the start, not in the night.
/// Errors: as [`load`].
pub fn load_to_host(common: &Common) -> Result<config::Config, Failure> {
    let config = load(common)?;
    let path = config::find(common.config.as_deref()).unwrap_or_default();
    let faults = late_faults(&path, &config);
    if faults.is_empty() { Ok(config) } else { Err(Failure::usage(faults.join("\n"))) }
}

/// The configuration for a command that needs one; the profiles that it names are known from then on. Errors: all its faults, or
/// those of the profiles, as exit code 2.
pub fn load(common: &Common) -> Result<config::Config, Failure> {
    let config = config::load(common.config.as_deref()).map_err(Failure::usage)?;
    credentials::hide_variables();
    mib_files::lay_over(&config.mib)?;
    Ok(config)
}

/// What the configuration says of MIBs, for a command that can do without one: a file that was named has to be sound; of one that
/// merely lies there, what is wrong is a line on stderr. Errors: as [`load`], of a file that was named.
pub fn mib(common: &Common) -> Result<config::Mib, Failure> {
    if config::find(common.config.as_deref()).is_none() {
        return Ok(config::Mib::default());
    }
    match load(common) {
        Ok(config) => Ok(config.mib),
        Err(failure) if common.config.is_some() => Err(failure),
        Err(failure) => {
            eprintln!("noctop: the configuration's profiles and modules are not in force: {failure}");
            Ok(config::Mib::default())
        }
    }
}
