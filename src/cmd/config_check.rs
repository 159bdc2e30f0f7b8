//! `noctop config check`: every fault of the configuration, and exit code 2 when there is one.

use super::{Failure, Outcome, mib_files};
use crate::cli::{Common, EXIT_OK, EXIT_USAGE};
use crate::config::{self, ConfigError};

/// Reads the configuration that would be used and says what is wrong with it, a line each on stderr.
pub fn run(common: &Common) -> Outcome {
    let Some(path) = config::find(common.config.as_deref()) else {
        eprintln!("noctop: there is no configuration; the defaults are in force");
        return Ok(EXIT_OK);
    };
    match config::read_file(&path) {
        Ok(config) => {
            mib_files::lay_over(&config.mib)?;
            let credentials = config.credentials.len();
            println!("{}: no fault; {credentials} credentials, {} targets", path.display(), config.discovery.targets.len());
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

/// The configuration for a command that needs one; the profiles that it names are known from then on. Errors: all its faults, or
/// those of the profiles, as exit code 2.
pub fn load(common: &Common) -> Result<config::Config, Failure> {
    let config = config::load(common.config.as_deref()).map_err(Failure::usage)?;
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
