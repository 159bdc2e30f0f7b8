//! Configurations that are right, and configurations with faults and the exact lines that name them.
//!
//! `tests/config/invalid/NAME.toml` has its faults in `NAME.faults`; `NOCTOP_BLESS=1` writes that file anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end at once")]

use noctop::config::{self, Config};
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Reads one file and gives its faults as `noctop config check` prints them.
fn check(path: &Path) -> (Option<Config>, String) {
    let name = path.file_name().unwrap().to_str().unwrap();
    match config::parse(name, &std::fs::read_to_string(path).unwrap()) {
        Ok(config) => (Some(config), String::new()),
        Err(faults) => (None, faults.iter().map(|fault| format!("{fault}\n")).collect()),
    }
}

#[test]
fn every_fault_is_named_with_line_and_column() {
    for path in files("invalid") {
        let (_, faults) = check(&path);
        let golden = path.with_extension("faults");
        if std::env::var_os("NOCTOP_BLESS").is_some() {
            std::fs::write(&golden, &faults).unwrap();
        }
        assert_eq!(faults, std::fs::read_to_string(&golden).unwrap_or_default(), "{}", path.display());
        assert!(!faults.is_empty(), "{} has no fault", path.display());
    }
}

#[test]
fn right_configurations_have_no_fault() {
    for path in files("valid") {
        let (config, faults) = check(&path);
        assert!(config.is_some(), "{faults}");
    }
}

#[test]
fn the_contracts_example_is_read_whole() {
    let (config, _) = check(files("valid").iter().find(|path| path.ends_with("contract.toml")).unwrap());
    let config = config.unwrap();
    assert_eq!(config.site.as_deref(), Some("HQ"));
    assert_eq!(config.credentials.len(), 2);
    assert_eq!(config.discovery.targets.len(), 4);
    assert_eq!(config.polling.timeout.as_millis(), 500);
    assert_eq!(config.store.max_size, Some(20 << 30));
    assert_eq!(config.listeners.flows.len(), 3);
    assert_eq!(config.retention, config::Retention::default());
    assert_eq!(config.manual_links.len(), 1);
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(config::parse("empty", "").unwrap(), Config::default());
}

/// The file that a package installs as /etc/noctop/noctop.toml.
const SHIPPED: &str = include_str!("../docs/noctop.toml");

#[test]
fn the_shipped_file_means_the_defaults() {
    assert_eq!(config::parse("noctop.toml", SHIPPED).unwrap(), Config::default());
    let listeners = config::parse("noctop.toml", SHIPPED).unwrap().listeners;
    assert_eq!(listeners, config::Listeners::default(), "nothing listens as shipped");
}

#[test]
fn every_example_of_the_shipped_file_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(example) if !example.is_empty() && !example.starts_with(' ') => example.to_owned(),
        _ => line.to_owned(),
    };
    let text = SHIPPED.lines().map(uncommented).collect::<Vec<_>>().join("\n");
    // The files of secrets that it names are made elsewhere here.
    let text = text.replace("/etc/noctop/", &format!("{}/", folder.path().display()));
    for name in ["auth", "priv", "community"] {
        std::fs::write(folder.path().join(name), "long-enough\n").unwrap();
    }
    let config = config::parse("noctop.toml", &text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!((config.credentials.len(), config.discovery.targets.len()), (2, 1));
    assert!(config.listeners.flows.iter().all(|place| place.ip().is_loopback()));
}

#[test]
fn a_file_that_was_named_must_exist() {
    let missing = Path::new("no/such/noctop.toml");
    let sentence = config::load(Some(missing)).unwrap_err().to_string();
    assert!(sentence.starts_with("the configuration no/such/noctop.toml can't be read: "), "{sentence}");
}

#[test]
fn no_fault_shows_a_secret() {
    let text = "[[credential]]\nversion = \"3\"\nusername = \"noc\"\nauth = \"md5\"\nauth_password = \"s3cr3t\"\n";
    let faults = config::parse("f", text).unwrap_err();
    assert!(faults.iter().all(|fault| !fault.what.contains("s3cr3t")), "{faults:?}");
}
