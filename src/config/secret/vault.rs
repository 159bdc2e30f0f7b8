//! The encrypted file of `[secrets]`: TOML of `NAME = "VALUE"`, encrypted by age to one identity or a passphrase.
//!
//! Source: age-encryption.org/v1. The file is the tool's own, so that `age` opens it as well.

use super::files::{self, LARGEST_SECRET};
use super::{Key, credential_path, resolve_secret};
use crate::model::secret::Secret;
use age::secrecy::{ExposeSecret as _, SecretString};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

/// The largest encrypted file that is read: thousands of secrets.
const LARGEST: u64 = 1 << 20;
/// Letters of a name at most: it is a word in a configuration.
const LONGEST_NAME: usize = 64;
/// How a line of age's own text form begins.
const ARMOUR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE";
/// How an identity of age begins.
const IDENTITY: &str = "AGE-SECRET-KEY-1";

/// What opens a file, and shuts it again.
pub enum Lock {
    /// X25519
    Identity(Box<age::x25519::Identity>),
    /// scrypt
    Passphrase(SecretString),
}

impl Lock {
    /// Reads what opens the file. Errors: a sentence; also where an identity can be read by everybody.
    pub fn of(key: &Key) -> Result<Self, String> {
        match key {
            Key::Identity(place) => {
                let path = identity_path(place)?;
                if let Some(why) = files::too_open(&path) {
                    return Err(format!("the identity {why}"));
                }
                let text = files::text(&path, LARGEST_SECRET)?;
                let found = text.lines().map(str::trim).find(|line| line.starts_with(IDENTITY));
                let found = found.and_then(|line| age::x25519::Identity::from_str(line).ok());
                let found = found.ok_or_else(|| format!("{} holds no identity of age (a line {IDENTITY}...)", path.display()))?;
                Ok(Self::Identity(Box::new(found)))
            }
            Key::Passphrase(place) => {
                let secret = resolve_secret(place).map_err(|why| format!("its passphrase: {why}"))?;
                Ok(Self::Passphrase(SecretString::from(secret.expose())))
            }
        }
    }

    /// A new identity, and the text of its file.
    pub fn generate() -> (Self, Zeroizing<String>) {
        let identity = age::x25519::Identity::generate();
        let text = Zeroizing::new(format!(
            "# The identity that opens noctop's file of secrets: whoever can read this can read them.\n# public key: {}\n{}\n",
            identity.to_public(),
            identity.to_string().expose_secret()
        ));
        (Self::Identity(Box::new(identity)), text)
    }
}

/// The file of an identity. Errors: as those of a credential of systemd.
pub fn identity_path(place: &str) -> Result<PathBuf, String> {
    match place.strip_prefix("credential:") {
        Some(name) => credential_path(name),
        None => Ok(PathBuf::from(place.strip_prefix("file:").unwrap_or(place))),
    }
}

/// What the file holds. Printing it shows the names.
#[derive(Debug, Default)]
pub struct Vault {
    entries: BTreeMap<String, Secret>,
}

impl Vault {
    /// Opens a file. Errors: a sentence that names it, and nothing in it.
    pub fn read(path: &Path, lock: &Lock) -> Result<Self, String> {
        let closed = files::octets(path, LARGEST)?;
        if closed.starts_with(ARMOUR) {
            return Err(format!("{} is in age's text form: write it without --armor", path.display()));
        }
        let opened = match lock {
            Lock::Identity(identity) => age::decrypt(&**identity, &closed),
            Lock::Passphrase(passphrase) => age::decrypt(&age::scrypt::Identity::new(passphrase.clone()), &closed),
        };
        let opened = Zeroizing::new(opened.map_err(|error| format!("{} can't be opened: {}", path.display(), why(&error)))?);
        let text = std::str::from_utf8(&opened).map_err(|_| format!("{} is not UTF-8 text inside", path.display()))?;
        Self::parse(text).map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Writes it whole, or leaves what was there. Errors: a sentence.
    pub fn write(&self, path: &Path, lock: &Lock) -> Result<(), String> {
        let text = self.print();
        let closed = match lock {
            Lock::Identity(identity) => age::encrypt(&identity.to_public(), text.as_bytes()),
            Lock::Passphrase(passphrase) => age::encrypt(&age::scrypt::Recipient::new(passphrase.clone()), text.as_bytes()),
        };
        let closed = closed.map_err(|_| format!("{} could not be encrypted", path.display()))?;
        if closed.len() as u64 > LARGEST {
            return Err(format!("{} would be larger than {} KiB", path.display(), LARGEST >> 10));
        }
        files::write(path, &closed).map_err(|error| format!("{} can't be written: {error}", path.display()))
    }

    /// The secret of this name.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.entries.get(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Sets or replaces one; true where there was none of this name. Errors: a sentence, where the name or the secret can't be kept.
    pub fn set(&mut self, name: &str, secret: Secret) -> Result<bool, String> {
        check_name(name)?;
        let text = secret.expose();
        if text.is_empty() || text.len() as u64 > LARGEST_SECRET || text.contains(['\n', '\r', '\0']) {
            return Err(format!("a secret is one line of 1 to {LARGEST_SECRET} octets"));
        }
        Ok(self.entries.insert(name.to_owned(), secret).is_none())
    }

    /// Removes one; true where there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.entries.remove(name).is_some()
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The parser's own words would quote what it complains of.
        let (document, faults) = DeTable::parse_recoverable(text);
        if let Some(fault) = faults.first() {
            let before = fault.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            return Err(format!("its line {} is not NAME = \"VALUE\"", before.matches('\n').count() + 1));
        }
        let mut vault = Self::default();
        for (name, value) in document.into_inner() {
            let name = name.into_inner();
            let DeValue::String(text) = value.into_inner() else { return Err(format!("{name:?} in it is no string")) };
            let secret = match text {
                Cow::Borrowed(text) => Secret::new(text),
                Cow::Owned(text) => Secret::new(text),
            };
            vault.set(&name, secret).map_err(|why| format!("{name:?} in it: {why}"))?;
        }
        Ok(vault)
    }

    fn print(&self) -> Zeroizing<String> {
        // Six octets for one at most, so that the text is never moved.
        let room = self.entries.iter().map(|(name, secret)| name.len() + secret.expose().len() * 6 + 16).sum();
        let mut text = Zeroizing::new(String::with_capacity(room));
        for (name, secret) in &self.entries {
            text.push_str(name);
            text.push_str(" = \"");
            for c in secret.expose().chars() {
                match c {
                    '"' | '\\' => text.extend(['\\', c]),
                    c if c.is_control() => {
                        let _a_string_takes_all = write!(text, "\\u{:04x}", u32::from(c));
                    }
                    c => text.push(c),
                }
            }
            text.push_str("\"\n");
        }
        text
    }
}

/// What may be a name: a bare key of TOML. Errors: a sentence.
pub fn check_name(name: &str) -> Result<(), String> {
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(sign) {
        return Ok(());
    }
    Err(format!("a name is letters, figures, - and _, at most {LONGEST_NAME}"))
}

fn why(error: &age::DecryptError) -> &'static str {
    match error {
        age::DecryptError::NoMatchingKeys => "it is for another identity",
        age::DecryptError::KeyDecryptionFailed | age::DecryptError::DecryptionFailed => {
            "the passphrase or identity is not its own"
        }
        age::DecryptError::UnknownFormat | age::DecryptError::InvalidHeader => "it is no file of age",
        age::DecryptError::ExcessiveWork { .. } => "its passphrase was made to take longer than is waited for",
        _ => "it is damaged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read_again_whatever_letters_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.age");
        let (lock, text) = Lock::generate();
        let mut vault = Vault::default();
        for (name, secret) in [("a", "plain"), ("b-2", "\"quoted\" \\ and \t\u{1b}"), ("c_3", "비밀 'x' # =")] {
            assert_eq!(vault.set(name, Secret::new(secret)), Ok(true));
        }
        vault.write(&path, &lock).unwrap();
        let raw = std::fs::read(&path).unwrap();
        assert!(raw.starts_with(b"age-encryption.org/v1") && !raw.windows(5).any(|five| five == b"plain"));
        let again = Vault::read(&path, &lock).unwrap();
        assert_eq!(again.get("b-2").map(Secret::expose), Some("\"quoted\" \\ and \t\u{1b}"));
        assert_eq!(again.get("c_3").map(Secret::expose), Some("비밀 'x' # ="));
        assert_eq!(again.names().collect::<Vec<_>>(), ["a", "b-2", "c_3"]);
        assert_eq!(format!("{again:?}"), r#"Vault { entries: {"a": ***, "b-2": ***, "c_3": ***} }"#);
        assert!(text.contains(IDENTITY) && text.contains("# public key: age1"));
        let (other, _) = Lock::generate();
        assert!(Vault::read(&path, &other).unwrap_err().contains("for another identity"));
    }

    #[test]
    fn a_passphrase_opens_what_it_shut_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.age");
        let mut vault = Vault::default();
        vault.set("a", Secret::new("x")).unwrap();
        // The tool's own work factor takes a second: here it is held low by writing it by hand.
        let mut recipient = age::scrypt::Recipient::new(SecretString::from("right"));
        recipient.set_work_factor(2);
        std::fs::write(&path, age::encrypt(&recipient, vault.print().as_bytes()).unwrap()).unwrap();
        let lock = |text: &str| Lock::Passphrase(SecretString::from(text));
        assert_eq!(Vault::read(&path, &lock("right")).unwrap().get("a").map(Secret::expose), Some("x"));
        assert!(Vault::read(&path, &lock("wrong")).is_err());
        std::fs::write(&path, "-----BEGIN AGE ENCRYPTED FILE-----\n").unwrap();
        assert!(Vault::read(&path, &lock("right")).unwrap_err().contains("--armor"));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(Vault::read(&path, &lock("right")).unwrap_err().contains("no file of age"));
    }

    #[test]
    fn names_and_secrets_that_could_not_be_written_are_refused_without_showing_them() {
        let mut vault = Vault::default();
        for (name, secret) in [("a b", "x"), ("", "x"), ("a", ""), ("a", "sesame\nopen"), ("a", "sesame\0")] {
            let why = vault.set(name, Secret::new(secret)).unwrap_err();
            assert!(!why.contains("sesame"), "{why}");
        }
        for text in ["a = 1", "a = \"sesame", "a.b = \"sesame\"", "[x]\ny = \"sesame\""] {
            let why = Vault::parse(text).unwrap_err();
            assert!(!why.contains("sesame\""), "{why}");
        }
    }
}
