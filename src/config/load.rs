//! Finding the file and reading it whole.

use super::read::{Fault, Section, Source};
use super::{Config, Origin, Secrets, sections};
use crate::model::Credential;
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use toml::de::DeTable;
use zeroize::Zeroizing;

/// The largest configuration that is read: a mistaken path must not fill the memory.
const LARGEST: u64 = 16 << 20;

/// Octets by which a reader looks beyond the end of a file.
const LOOK_BEYOND: usize = 64;

/// Why there is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there, or can't be read.
    #[error("the configuration {0} can't be read: {1}")]
    Unreadable(PathBuf, String),
    /// It has faults; one line each.
    #[error("{}", lines(.0))]
    Faulty(Vec<Fault>),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Where the configuration is: the file that was named, else the first of `$NOCTOP_CONFIG`,
/// `$XDG_CONFIG_HOME/noctop/noctop.toml`, `~/.config/noctop/noctop.toml` and `/etc/noctop/noctop.toml` that is there.
///
/// What is named, by argument or variable, need not exist: reading it then says so.
pub fn find(named: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = named {
        return Some(path.to_owned());
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = variable("NOCTOP_CONFIG") {
        return Some(path);
    }
    let user = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    let candidates = user.map(|folder| folder.join("noctop/noctop.toml")).into_iter();
    candidates.chain([PathBuf::from("/etc/noctop/noctop.toml")]).find(|path| path.exists())
}

/// Finds and reads the configuration; without any file, the default one.
///
/// Errors: a file that was named and is not there, or one with faults.
pub fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
    find(named).map_or_else(|| Ok(Config::default()), |path| read_file(&path))
}

/// Reads one file. Errors: unreadable, or every fault of it.
pub fn read_file(path: &Path) -> Result<Config, ConfigError> {
    let text = text_of(path)?;
    let config = parse(&path.display().to_string(), &text).map_err(ConfigError::Faulty)?;
    Ok(Config { origin: Some(Origin { path: path.to_owned(), sha256: sha256(text.as_bytes()) }), ..config })
}

/// Reads the `[[credential]]` part of a configuration file (`--credentials FILE`). Errors: as [`read_file`].
pub fn read_credentials(path: &Path) -> Result<Vec<Credential>, ConfigError> {
    read_file(path).map(|config| config.credentials)
}

/// By which the audit journal tells one configuration from another.
fn sha256(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Secrets may stand in it: it is wiped when it is dropped.
fn text_of(path: &Path) -> Result<Zeroizing<String>, ConfigError> {
    let unreadable = |what: String| ConfigError::Unreadable(path.to_owned(), what);
    let about = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if about.is_dir() {
        return Err(unreadable("it is a folder; name the file in it".to_owned()));
    }
    if about.len() > LARGEST {
        return Err(unreadable(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    // With room for all of it and a look beyond, nothing is moved while it is read.
    let room = usize::try_from(about.len()).unwrap_or_default().saturating_add(LOOK_BEYOND);
    let mut octets = Zeroizing::new(Vec::with_capacity(room));
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    file.take(LARGEST).read_to_end(&mut octets).map_err(|error| unreadable(error.to_string()))?;
    match std::str::from_utf8(&octets) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let line = octets.iter().take(error.valid_up_to()).filter(|octet| **octet == b'\n').count() + 1;
            Err(unreadable(format!("line {line} is not UTF-8 text")))
        }
    }
}

/// Reads `[secrets]` of a file alone: what it names, whatever else is wrong with the file. Nothing is opened.
///
/// Errors: unreadable, or no TOML.
pub fn read_secrets(path: &Path) -> Result<Secrets, ConfigError> {
    let text = text_of(path)?;
    let name = path.display().to_string();
    let source = Source::new(&name, &text);
    let (document, syntax) = DeTable::parse_recoverable(&text);
    for error in &syntax {
        source.fault(error.span().map_or(0, |span| span.start), error.message());
    }
    let found = super::secret::names(&Section::root(&source, document.get_ref()));
    let faults = source.into_faults();
    if faults.is_empty() { Ok(found.map(|(secrets, _)| secrets).unwrap_or_default()) } else { Err(ConfigError::Faulty(faults)) }
}

/// Reads a text. `name` stands in front of each fault.
///
/// Errors: every fault, in the order of the file.
pub fn parse(name: &str, text: &str) -> Result<Config, Vec<Fault>> {
    parse_document(name, text, sections::config)
}

/// Reads a text as `read` does. Errors: every fault, in the order of the file.
pub(super) fn parse_document<T>(
    name: &str,
    text: &str,
    read: impl for<'a, 'i> FnOnce(Section<'a, 'i>) -> T,
) -> Result<T, Vec<Fault>> {
    let source = Source::new(name, text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    let broken = !syntax.is_empty();
    for error in &syntax {
        source.fault(error.span().map_or(0, |span| span.start), error.message());
    }
    let checked = Source::new(name, text);
    let made = read(Section::root(&checked, document.get_ref()));
    let mut faults = source.into_faults();
    // One slip makes several complaints of the parser; the first on a line is the telling one.
    faults.dedup_by_key(|fault| fault.line);
    // What could not be read at all would be called missing or unknown a second time.
    let syntax_lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    let is_echo = |fault: &Fault| broken && (syntax_lines.contains(&fault.line) || fault.what.contains(" needs "));
    faults.extend(checked.into_faults().into_iter().filter(|fault| !is_echo(fault)));
    faults.sort();
    if faults.is_empty() { Ok(made) } else { Err(faults) }
}
