//! `noctop schema` and `noctop mib check`: what the program's data looks like, and whether it is sound.

use super::{Failure, Outcome, mib_files, written};
use crate::cli::{EXIT_USAGE, SchemaArgs};
use crate::config;
use crate::mib;
use crate::report::schema;
use std::io::Write;
use std::path::PathBuf;

/// The name of the configuration's schema.
const CONFIG: &str = "config";

/// Prints the JSON Schema of a shape, or the names of all.
pub fn schema(args: &SchemaArgs, out: &mut dyn Write) -> Outcome {
    let names = || schema::names().chain([CONFIG]);
    let Some(name) = &args.name else {
        return written(names().try_for_each(|name| writeln!(out, "{name}")));
    };
    let found = if name == CONFIG { Some(config::schema()) } else { schema::schema(name) };
    let Some(found) = found else {
        let known: Vec<&str> = names().collect();
        return Err(Failure::usage(format!("there is no shape called {name:?}; there are: {}", known.join(", "))));
    };
    written(writeln!(out, "{found:#}"))
}

/// Checks the built-in MIB data together with further files, or the files of folders; exit 2 when something is wrong with one.
pub fn mib_check(paths: &[PathBuf], out: &mut dyn Write) -> Outcome {
    let named = mib_files::profiles(paths)?;
    let further: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (registry, faults) = mib::check::check(&further);
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        return Ok(EXIT_USAGE);
    }
    let (objects, profiles) = (registry.objects().len(), registry.profiles().len());
    written(writeln!(out, "{objects} objects and {profiles} vendor profiles, no fault"))
}
