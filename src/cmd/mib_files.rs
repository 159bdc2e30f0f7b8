//! The user's own MIB files: vendor profiles that are laid over the built-in ones, and names out of SMI modules for `get` and `walk`.

use super::{Failure, config_check};
use crate::cli::Common;
use crate::config;
use crate::mib::modules::Folders;
use crate::mib::smi::{self, SmiError};
use crate::mib::{Kind, ParseObjectError, Registry};
use crate::model::Oid;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of profiles that are read: a folder named by mistake must not be read whole.
const MOST_FILES: usize = 1000;
/// Octets of one of them. The largest that is built in has 30 kB.
const LARGEST: u64 = 4 << 20;

/// Lays the profiles that the configuration names over what is built in.
///
/// Errors: exit code 2, with everything that is wrong with them.
pub fn lay_over(mib: &config::Mib) -> Result<(), Failure> {
    let files = profiles(&mib.profiles)?;
    if files.is_empty() {
        return Ok(());
    }
    let texts: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Registry::lay_over(&texts).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::usage(lines.join("\n"))
    })
}

/// Files, and the TOML files of folders, with their texts. Errors: exit code 2.
pub fn profiles(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        for file in toml_files(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))? {
            let name = file.display().to_string();
            let about = fs::metadata(&file).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
            if files.len() >= MOST_FILES || about.len() > LARGEST {
                return Err(Failure::usage(format!(
                    "{name}: more than {MOST_FILES} files of profiles, or one of more than 4 MiB"
                )));
            }
            let text = fs::read_to_string(&file).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
            files.push((name, text));
        }
    }
    Ok(files)
}

/// The file itself, or the TOML files of a folder, sorted.
fn toml_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries: std::io::Result<Vec<PathBuf>> = fs::read_dir(path)?.take(MOST_FILES).map(|entry| Ok(entry?.path())).collect();
    let mut files = entries?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    Ok(files)
}

/// What the name of a scalar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalars {
    /// Its one instance: `sysName` is `sysName.0`.
    Instance,
    /// The object itself.
    Object,
}

/// Names and numbers, as far as the objects that were asked for needed modules of the user's.
#[derive(Debug)]
pub struct Names {
    own: Option<Registry>,
    mib: config::Mib,
}

impl Names {
    /// What is built in, and the modules that the configuration always loads. Errors: exit code 2.
    pub fn new(common: &Common) -> Result<Self, Failure> {
        let mib = config_check::mib(common)?;
        let own = if mib.modules.is_empty() {
            None
        } else {
            Some(Registry::with_objects(smi::load(&folders(&mib), &mib.modules).map_err(Failure::usage)?))
        };
        Ok(Self { own, mib })
    }

    /// All that is known.
    pub fn registry(&self) -> &Registry {
        self.own.as_ref().unwrap_or_else(|| Registry::global())
    }

    /// The object that a text names. A name that is not built in is looked for in the user's modules.
    ///
    /// Errors: exit code 2.
    pub fn object(&mut self, text: &str, scalars: Scalars) -> Result<Oid, Failure> {
        if !self.is_known(text) {
            self.learn(text)?;
        }
        let mib = self.registry();
        let oid = mib.parse_object(text).map_err(Failure::usage)?;
        let scalar = mib.name(&oid).is_some_and(|(object, rest)| rest.is_empty() && object.kind == Kind::Scalar);
        Ok(if scalar && scalars == Scalars::Instance { oid.child(&[0]) } else { oid })
    }

    /// Loads the module that defines a name. What earlier names needed stays known.
    fn learn(&mut self, text: &str) -> Result<(), Failure> {
        match smi::find(&folders(&self.mib), text) {
            Ok(mut objects) => {
                objects.extend(self.registry().objects().iter().cloned());
                self.own = Some(Registry::with_objects(objects));
                Ok(())
            }
            // The name is built in under its newer module: RFC1213-MIB::ifDescr is IF-MIB's.
            Err(SmiError::NoModule { .. }) if self.registry().parse_object(text).is_ok() => Ok(()),
            Err(error) => Err(Failure::usage(error)),
        }
    }

    /// Whether no module has to be looked for: a number, a known name, or one that is wrong in itself.
    fn is_known(&self, text: &str) -> bool {
        let Some((module, name)) = text.trim().split_once("::") else {
            return !matches!(self.registry().parse_object(text), Err(ParseObjectError::Unknown(_)));
        };
        let name = name.split('.').next().unwrap_or(name);
        self.registry().object(name).is_some_and(|object| object.module == module)
    }
}

fn folders(mib: &config::Mib) -> Folders {
    Folders::new(mib.folders.clone()).and(&Folders::of_net_snmp())
}
