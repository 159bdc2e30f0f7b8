//! Where secrets of the configuration come from: a literal, `env:NAME`, `file:PATH`, `credential:NAME` (systemd), `fd:N`, or `secret:NAME`
//! out of the encrypted file of `[secrets]`.
//!
//! A secret stands in no fault, no `Debug` and no log; what is told of it is where it was written ([`Written`]). Start at [`resolve`]; `vault`
//! is the encrypted file, `facts` what is worth a warning.

mod facts;
pub mod files;
pub mod vault;

pub(in crate::config) use facts::is_open;
pub use facts::{Fact, facts};

use super::read::Section;
use super::value;
use crate::model::secret::Secret;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vault::{Lock, Vault};

/// Where systemd puts what `LoadCredential=` names (systemd.exec(5)).
const CREDENTIALS_FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// `[secrets]`, and where each secret of the configuration is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The encrypted file.
    pub file: Option<PathBuf>,
    /// What opens it.
    pub key: Option<Key>,
    /// Every secret of the configuration, in the order in which they were read.
    pub written: Vec<Written>,
}

/// What opens the encrypted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A file with an identity of age (X25519), or `credential:NAME`.
    Identity(String),
    /// Where a passphrase is read; never the passphrase itself.
    Passphrase(String),
}

/// A secret of the configuration: which key it is of, where that stands, and where the secret itself is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Such as `credential.community`.
    pub key: String,
    /// Line and column, from 1.
    pub place: (usize, usize),
    /// Where the secret is.
    pub origin: Origin,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the configuration itself.
    Literal,
    /// There too, and no secret by its looks.
    Open,
    /// In a variable of the environment.
    Environment(String),
    /// On the first line of a file.
    File(PathBuf),
    /// In a file that systemd hands over.
    Credential(String),
    /// On a descriptor that was handed over.
    Descriptor(u32),
    /// In the encrypted file, under this name.
    Vault(String),
}

/// The encrypted file while a configuration is read.
#[derive(Debug, Default)]
pub(super) enum Held {
    /// There is no `[secrets]`.
    #[default]
    None,
    /// It can't be opened, which is told once.
    Shut,
    /// Open.
    Open(Vault),
}

/// What can be read once only, or is taken out of the environment once it is read: by how it is written.
static READ_ONCE: Mutex<BTreeMap<String, Secret>> = Mutex::new(BTreeMap::new());

fn read_once() -> MutexGuard<'static, BTreeMap<String, Secret>> {
    READ_ONCE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A secret as it is written on a command line: a literal, `env:NAME`, `file:PATH` (the first line of it), `credential:NAME` or `fd:N`.
///
/// Errors: a sentence that names the variable or file, never the secret.
pub fn resolve_secret(text: &str) -> Result<Secret, String> {
    let told = "it is read out of the [secrets] file of a configuration only: write it there";
    resolve(text, &Held::None).map(|(secret, _)| secret).map_err(|why| why.unwrap_or_else(|| told.to_owned()))
}

/// The variables of the environment that were read for secrets until now: whoever can, takes them out of the process's own environment.
pub fn read_variables() -> Vec<String> {
    read_once().keys().filter_map(|written| written.strip_prefix("env:")).map(str::to_owned).collect()
}

/// A secret as it is written in a configuration. Errors: a sentence without it; none where the reason was told already.
pub(super) fn resolve(text: &str, held: &Held) -> Result<(Secret, Origin), Option<String>> {
    let Some((kind, name)) = text.split_once(':') else { return Ok((Secret::new(text), Origin::Literal)) };
    let found = match kind {
        "env" => variable(text, name).map(|secret| (secret, Origin::Environment(name.to_owned()))),
        "file" => files::first_line(Path::new(name)).map(|secret| (secret, Origin::File(PathBuf::from(name)))),
        "credential" => credential(name).map(|secret| (secret, Origin::Credential(name.to_owned()))),
        "fd" => descriptor(text, name),
        "secret" => return in_vault(name, held).map(|secret| (secret, Origin::Vault(name.to_owned()))),
        _ => Ok((Secret::new(text), Origin::Literal)),
    };
    found.map_err(Some)
}

fn variable(text: &str, name: &str) -> Result<Secret, String> {
    let mut once = read_once();
    if let Some(secret) = once.get(text) {
        return Ok(secret.clone());
    }
    let secret = match std::env::var(name) {
        Ok(secret) if !secret.is_empty() => Secret::new(secret),
        Ok(_) => return Err(format!("the environment variable {name} is empty")),
        Err(std::env::VarError::NotPresent) => return Err(format!("the environment variable {name} is not set")),
        Err(std::env::VarError::NotUnicode(_)) => return Err(format!("the environment variable {name} is not UTF-8 text")),
    };
    once.insert(text.to_owned(), secret.clone());
    Ok(secret)
}

/// The file of a credential that systemd hands over. Errors: it hands over none, or the name is none.
pub(super) fn credential_path(name: &str) -> Result<PathBuf, String> {
    let folder = std::env::var_os(CREDENTIALS_FOLDER).filter(|folder| !folder.is_empty());
    if name.is_empty() || name.contains('/') {
        return Err(format!("{name:?} is no name of a credential of systemd"));
    }
    let folder =
        folder.ok_or_else(|| format!("systemd handed over no credential {name}: LoadCredential={name}:PATH in the unit"))?;
    Ok(Path::new(&folder).join(name))
}

fn credential(name: &str) -> Result<Secret, String> {
    files::first_line(&credential_path(name)?)
}

/// A pipe can be read once.
fn descriptor(text: &str, number: &str) -> Result<(Secret, Origin), String> {
    let number: u32 = number.parse().map_err(|_| format!("fd:{number} names no descriptor: a number is wanted"))?;
    let mut once = read_once();
    let secret = match once.get(text) {
        Some(secret) => secret.clone(),
        None => files::first_line(&PathBuf::from(format!("/proc/self/fd/{number}")))?,
    };
    once.insert(text.to_owned(), secret.clone());
    Ok((secret, Origin::Descriptor(number)))
}

fn in_vault(name: &str, held: &Held) -> Result<Secret, Option<String>> {
    match held {
        Held::Open(vault) => vault
            .get(name)
            .cloned()
            .ok_or_else(|| Some(format!("the file of [secrets] holds no {name:?}: noctop secrets set {name}"))),
        Held::None => Err(Some("there is no [secrets] in this configuration: noctop secrets init".to_owned())),
        Held::Shut => Err(None),
    }
}

/// Reads `[secrets]`, and opens the file that it names.
pub(super) fn section(root: &Section<'_, '_>) -> Secrets {
    let Some((secrets, place)) = names(root) else { return Secrets::default() };
    let (Some(file), Some(key)) = (&secrets.file, &secrets.key) else {
        root.hold(Held::Shut);
        return secrets;
    };
    match Lock::of(key).and_then(|lock| Vault::read(file, &lock)) {
        Ok(vault) => root.hold(Held::Open(vault)),
        Err(why) => {
            root.fault(place, format!("secrets: {why}"));
            root.hold(Held::Shut);
        }
    }
    secrets
}

/// What `[secrets]` names, and where it begins; nothing is opened.
pub(super) fn names(root: &Section<'_, '_>) -> Option<(Secrets, usize)> {
    let section = root.table("secrets")?;
    let start = section.start();
    let file = section.get("file", value::path);
    let identity = section.get("identity", value::text).map(Key::Identity);
    let passphrase = section.get("passphrase", passphrase).map(Key::Passphrase);
    if section.raw("file").is_none() {
        section.fault(start, "[secrets] needs file");
    }
    match (section.raw("identity"), section.raw("passphrase")) {
        (None, None) => section.fault(start, "[secrets] needs identity or passphrase"),
        (Some(_), Some(place)) => section.fault(place.span().start, "[secrets] has either identity or passphrase"),
        _ => {}
    }
    section.finish();
    Some((Secrets { file, key: identity.or(passphrase), written: Vec::new() }, start))
}

/// Beside the file that it opens it would be of no use.
fn passphrase(value: &toml::de::DeValue<'_>) -> Result<String, String> {
    let wanted = || "it is not written here: credential:NAME, fd:N, file:PATH or env:NAME".to_owned();
    let text = value.as_str().ok_or_else(wanted)?;
    let elsewhere = ["credential:", "fd:", "file:", "env:"].iter().any(|kind| text.starts_with(kind));
    if elsewhere { Ok(text.to_owned()) } else { Err(wanted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_another_word_before_its_colon_is_a_literal() {
        let origin = |text: &str| resolve(text, &Held::None).map(|(secret, origin)| (secret.expose().to_owned(), origin));
        assert_eq!(origin("a:b"), Ok(("a:b".to_owned(), Origin::Literal)));
        assert_eq!(origin("https://x"), Ok(("https://x".to_owned(), Origin::Literal)));
        assert!(origin("fd:x").is_err() && origin("credential:../x").is_err() && origin("secret:x").is_err());
        assert_eq!(resolve("secret:x", &Held::Shut), Err(None));
    }

    #[test]
    fn a_variable_is_remembered_once_it_was_read() {
        let path = std::env::var("PATH").unwrap();
        assert_eq!(resolve_secret("env:PATH").unwrap().expose(), path);
        assert!(read_variables().contains(&"PATH".to_owned()));
    }
}
