//! What it is told: the configuration, and the files of secrets that it names.

use super::super::facts::{ConfigFacts, Facts, SecretFile};
use super::super::{Check, Group, Verdict};
use crate::model::text::visible;

const FILE: (Group, &str) = (Group::Configuration, "file");
const SECRETS: (Group, &str) = (Group::Configuration, "secrets");
const LITERALS: (Group, &str) = (Group::Configuration, "in the clear");
const EXPOSURES: (Group, &str) = (Group::Configuration, "communities");

/// Places that one sentence names.
const NAMED: usize = 4;

/// Bits by which others than the owner and its group read or write.
const OTHERS: u32 = 0o007;

/// Bits by which anybody but the owner writes.
const WRITERS: u32 = 0o022;

/// What is off with a configuration that can't be used.
const EVERYTHING: &str = "noctop does not start";

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let config = &facts.config;
    [Some(file(config)), secrets(config), literals(config), exposures(config)].into_iter().flatten().collect()
}

fn file(config: &ConfigFacts) -> Check {
    let Some(path) = &config.file else {
        return Check::new(
            FILE,
            Verdict::Warning,
            "there is none: the defaults are in force, with the community \"public\" and no target",
        )
        .run("noctop schema config")
        .and_do("write /etc/noctop/noctop.toml or ~/.config/noctop/noctop.toml");
    };
    let path = path.display().to_string();
    if let Some(why) = &config.unreadable {
        return Check::new(FILE, Verdict::Missing, visible(why)).disabling(EVERYTHING).run(format!("ls -l {path}"));
    }
    if let Some(first) = config.faults.first() {
        let says = format!("faults: {}; the first: {}", config.faults.len(), visible(first));
        return Check::new(FILE, Verdict::Missing, says)
            .disabling(EVERYTHING)
            .run(format!("noctop config check --config {path}"));
    }
    match config.mode {
        Some(mode) if mode & WRITERS != 0 => {
            let says = format!("{path} can be written by others than its owner (mode {mode:04o})");
            Check::new(FILE, Verdict::Warning, says).run(format!("sudo chmod go-w {path}"))
        }
        Some(mode) if mode & OTHERS != 0 && config.holds_secrets => {
            let says = format!("{path} holds secrets and is everybody's to read (mode {mode:04o})");
            Check::new(FILE, Verdict::Warning, says).run(format!("sudo chmod o-rwx {path}"))
        }
        _ => Check::new(FILE, Verdict::Ok, format!("{path}: credentials {}, targets {}", config.credentials, config.targets)),
    }
}

fn secrets(config: &ConfigFacts) -> Option<Check> {
    let unreadable = config.secrets.iter().find_map(|file| match &file.mode {
        Some(Err(why)) => Some((file, why)),
        _ => None,
    });
    if let Some((SecretFile { path, .. }, why)) = unreadable {
        let path = path.display();
        let check = Check::new(SECRETS, Verdict::Missing, format!("{path} can't be read: {why}"));
        return Some(check.disabling(EVERYTHING).run(format!("ls -l {path}")));
    }
    let open = config.secrets.iter().find_map(|file| match &file.mode {
        Some(Ok(mode)) if mode & (OTHERS | WRITERS) != 0 => Some((file, mode)),
        _ => None,
    });
    if let Some((SecretFile { path, .. }, mode)) = open {
        let path = path.display();
        let says = format!("{path} is open to others than its owner and group (mode {mode:04o})");
        return Some(Check::new(SECRETS, Verdict::Warning, says).run(format!("sudo chmod 0640 {path}")));
    }
    match config.secrets.len() {
        0 => None,
        files => {
            Some(Check::new(SECRETS, Verdict::Ok, format!("files that can be read by their owner and group alone: {files}")))
        }
    }
}

fn literals(config: &ConfigFacts) -> Option<Check> {
    let count = config.literals.len();
    let named: Vec<&str> = config.literals.iter().take(NAMED).map(String::as_str).collect();
    let named = if count > NAMED { format!("{}, ...", named.join(", ")) } else { named.join(", ") };
    (count > 0).then(|| {
        Check::new(
            LITERALS,
            Verdict::Warning,
            format!("secrets that stand in the configuration itself: {count} (key and line: {named})"),
        )
        .run("noctop secrets init")
        .run("noctop secrets set NAME")
        .and_do("write \"secret:NAME\" in their place")
    })
}

fn exposures(config: &ConfigFacts) -> Option<Check> {
    let count = config.exposures.len();
    (count > 0).then(|| {
        Check::new(
            EXPOSURES,
            Verdict::Warning,
            format!("targets that are sent a community in the clear over networks that are not trusted: {count}"),
        )
        .run("noctop config check")
        .and_do("use SNMPv3 there, or name the networks in trusted of [discovery]")
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::testing::{self, Case};
    use super::*;
    use std::path::PathBuf;

    fn of(mode: u32, holds_secrets: bool, secrets: &[Result<u32, &str>]) -> ConfigFacts {
        let secret = |mode: &Result<u32, &str>| SecretFile {
            path: PathBuf::from("/etc/noctop/auth"),
            mode: Some(mode.map_err(str::to_owned)),
        };
        ConfigFacts {
            file: Some(PathBuf::from("/etc/noctop/noctop.toml")),
            mode: Some(mode),
            holds_secrets,
            secrets: secrets.iter().map(secret).collect(),
            credentials: 2,
            targets: 3,
            ..ConfigFacts::default()
        }
    }

    fn facts(config: ConfigFacts) -> Facts {
        Facts { config, ..Facts::default() }
    }

    pub(in super::super) fn cases() -> Vec<Case> {
        use Verdict::{Missing, Ok, Warning};
        let faulty = ConfigFacts { faults: vec!["noctop.toml:3:1: unknown key".to_owned()], ..of(0o640, false, &[]) };
        let literal = ConfigFacts { literals: vec!["credential.community (3)".to_owned()], ..of(0o640, true, &[]) };
        let exposed = ConfigFacts { exposures: vec!["10.0.0.0/8 is asked".to_owned()], ..of(0o640, false, &[]) };
        let unreadable = ConfigFacts { unreadable: Some("no such file".to_owned()), ..of(0o640, false, &[]) };
        vec![
            (facts(ConfigFacts::default()), ("file", Warning, "the defaults are in force", "noctop.toml")),
            (facts(unreadable), ("file", Missing, "no such file", "ls -l /etc/noctop/noctop.toml")),
            (facts(faulty), ("file", Missing, "faults: 1; the first: noctop.toml:3:1: unknown key", "noctop config check")),
            (
                facts(literal),
                ("in the clear", Warning, "itself: 1 (key and line: credential.community (3))", "noctop secrets init"),
            ),
            (facts(exposed), ("communities", Warning, "over networks that are not trusted: 1", "noctop config check")),
            (facts(of(0o640, true, &[])), ("file", Ok, "/etc/noctop/noctop.toml: credentials 2, targets 3", "")),
            (facts(of(0o644, false, &[])), ("file", Ok, "credentials 2", "")),
            (facts(of(0o644, true, &[])), ("file", Warning, "everybody's to read (mode 0644)", "sudo chmod o-rwx")),
            (facts(of(0o660, false, &[])), ("file", Warning, "can be written by others than its owner (mode 0660)", "go-w")),
            (facts(of(0o640, false, &[Result::Ok(0o640)])), ("secrets", Ok, "owner and group alone: 1", "")),
            (
                facts(of(0o640, false, &[Result::Ok(0o644)])),
                ("secrets", Warning, "open to others than its owner and group (mode 0644)", "sudo chmod 0640 /etc/noctop/auth"),
            ),
            (
                facts(of(0o640, false, &[Result::Ok(0o600), Err("permission denied")])),
                ("secrets", Missing, "/etc/noctop/auth can't be read: permission denied", "ls -l"),
            ),
        ]
    }

    #[test]
    fn every_outcome_is_judged() {
        testing::check(checks, cases());
    }

    #[test]
    fn without_files_of_secrets_nothing_is_said_of_them() {
        assert!(checks(&facts(of(0o640, true, &[]))).iter().all(|check| check.name != "secrets"));
    }
}
