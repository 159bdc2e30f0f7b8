//! The configuration's file, and those of secrets that it names.

use super::super::facts::{ConfigFacts, SecretFile};
use crate::config::secret::vault::identity_path;
use crate::config::secret::{Key, Origin};
use crate::config::{Config, ConfigError};
use crate::engine::exposures;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use toml::Value;
use zeroize::Zeroizing;

/// What stands before the path of a file that a secret is in.
const FILE: &str = "file:";

/// What stands before the names of other places that a secret is in.
const ELSEWHERE: [&str; 4] = ["env:", "secret:", "credential:", "fd:"];

/// Keys whose values are secrets.
const SECRET_KEYS: [&str; 6] = ["community", "auth_password", "priv_password", "password", "secret", "token"];

/// The facts of a file that was read, or was not.
pub(super) fn facts(file: Option<PathBuf>, config: &Result<Config, ConfigError>) -> ConfigFacts {
    let Some(file) = file else { return ConfigFacts::default() };
    let (paths, holds_secrets) = match config {
        Ok(config) => written(config),
        // What can't be used is looked at as far as it is TOML.
        Err(_) => secrets(&fs::read_to_string(&file).map(Zeroizing::new).unwrap_or_default()),
    };
    let (faults, unreadable) = match config {
        Ok(_) => (Vec::new(), None),
        Err(ConfigError::Faulty(faults)) => (faults.iter().map(ToString::to_string).collect(), None),
        Err(error @ ConfigError::Unreadable(..)) => (Vec::new(), Some(error.to_string())),
    };
    let config = config.as_ref().ok();
    ConfigFacts {
        mode: mode(&file),
        file: Some(file),
        faults,
        unreadable,
        holds_secrets,
        secrets: paths.into_iter().map(secret).collect(),
        literals: config.map(literals).unwrap_or_default(),
        exposures: config.map(exposures).unwrap_or_default(),
        credentials: config.map_or(0, |config| config.credentials.len()),
        targets: config.map_or(0, |config| config.discovery.targets.len()),
    }
}

/// Files of secrets that a configuration names, and whether it holds secrets itself.
fn written(config: &Config) -> (Vec<PathBuf>, bool) {
    let files = config.secrets.written.iter().filter_map(|written| match &written.origin {
        Origin::File(path) => Some(path.clone()),
        _ => None,
    });
    let identity = match &config.secrets.key {
        Some(Key::Identity(place)) => identity_path(place).ok(),
        _ => None,
    };
    let files: BTreeSet<PathBuf> = files.chain(identity).collect();
    (files.into_iter().collect(), !literals(config).is_empty())
}

fn literals(config: &Config) -> Vec<String> {
    let literal = config.secrets.written.iter().filter(|written| written.origin == Origin::Literal);
    literal.map(|written| format!("{} ({})", written.key, written.place.0)).collect()
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|about| about.mode() & 0o7777)
}

fn secret(path: PathBuf) -> SecretFile {
    let mode =
        File::open(&path).and_then(|file| file.metadata()).map(|about| about.mode() & 0o7777).map_err(|error| error.to_string());
    SecretFile { path, mode: Some(mode) }
}

/// Files of secrets that a configuration names, and whether it holds secrets itself. Of what is no TOML nothing is told.
fn secrets(text: &str) -> (Vec<PathBuf>, bool) {
    let mut found = (Vec::new(), false);
    if let Ok(table) = text.parse::<toml::Table>() {
        look(&Value::Table(table), "", &mut found);
    }
    found.0.sort();
    found.0.dedup();
    found
}

fn look(value: &Value, key: &str, found: &mut (Vec<PathBuf>, bool)) {
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| look(value, key, found)),
        Value::Array(all) => all.iter().for_each(|value| look(value, key, found)),
        Value::String(text) => match text.strip_prefix(FILE) {
            Some(path) => found.0.push(PathBuf::from(path)),
            None => {
                found.1 |= SECRET_KEYS.contains(&key) && !text.is_empty() && !ELSEWHERE.iter().any(|kind| text.starts_with(kind))
            }
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        let text = "[[credential]]\nname = \"a\"\ncommunity = \"env:C\"\n[[credential]]\nauth_password = \"file:/etc/noctop/auth\"\n\
                    [[receiver]]\npassword = \"file:/etc/noctop/mail\"\n";
        let paths = ["/etc/noctop/auth", "/etc/noctop/mail"].map(PathBuf::from).to_vec();
        assert_eq!(secrets(text), (paths, false));
        assert_eq!(secrets("[[credential]]\ncommunity = \"s3cret\"\n"), (Vec::new(), true));
        assert_eq!(secrets("not = [toml"), (Vec::new(), false));
    }

    #[test]
    fn a_file_is_told_with_its_mode_and_its_faults() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, auth) = (folder.path().join("n.toml"), folder.path().join("auth"));
        fs::write(&auth, "x").unwrap();
        fs::write(&file, format!("[[credential]]\nname = \"a\"\nversion = \"2c\"\ncommunity = \"file:{}\"\n", auth.display()))
            .unwrap();
        for (path, mode) in [(&file, 0o644), (&auth, 0o600)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let told = facts(Some(file.clone()), &crate::config::read_file(&file));
        assert_eq!((told.mode, told.holds_secrets, told.credentials), (Some(0o644), false, 1));
        assert_eq!(told.secrets, [SecretFile { path: auth, mode: Some(Ok(0o600)) }]);
        fs::write(&file, "nonsense = 1\n").unwrap();
        assert_eq!(facts(Some(file.clone()), &crate::config::read_file(&file)).faults.len(), 1);
        let gone = folder.path().join("gone.toml");
        assert!(facts(Some(gone.clone()), &crate::config::read_file(&gone)).unreadable.is_some());
        assert_eq!(facts(None, &Ok(Config::default())), ConfigFacts::default());
    }
}
