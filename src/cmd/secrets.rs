//! `noctop secrets init|list|set|remove|check`: the encrypted file of secrets, so that nobody needs another tool for it.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, EXIT_FAILED, EXIT_OK, EXIT_USAGE, FormatArgs, SecretsCommand, SecretsInitArgs};
use crate::config::secret::vault::{Lock, Vault, check_name, identity_path};
use crate::config::secret::{Key, Origin, files};
use crate::config::{self, Config, ConfigError};
use crate::model::secret::Secret;
use crate::model::unit;
use crate::report::{SecretRow, write_rows};
use crate::ui::ask;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Names of the files where nobody says otherwise.
const FILE: &str = "secrets.age";
const IDENTITY: &str = "identity.txt";

/// Where the service has its configuration.
const SERVICE_FOLDER: &str = "/etc/noctop";

/// `noctop secrets ...`
pub fn run(common: &Common, command: &SecretsCommand) -> Outcome {
    match command {
        SecretsCommand::Init(args) => init(common, args),
        SecretsCommand::List(args) => list(common, args),
        SecretsCommand::Set(args) => set(common, &args.name),
        SecretsCommand::Remove(args) => remove(common, &args.name),
        SecretsCommand::Check => check(common),
    }
}

/// Which file, and what opens it.
struct Place {
    file: PathBuf,
    key: Key,
    /// Whether the configuration says so.
    configured: bool,
}

/// As the configuration says, else beside it.
fn place(common: &Common) -> Result<Place, Failure> {
    let found = config::find(common.config.as_deref());
    // The configuration may refer to what is only about to be set: nothing but [secrets] is read of it.
    let secrets = match &found {
        Some(path) if path.exists() => config::read_secrets(path).map_err(Failure::usage)?,
        _ => config::Secrets::default(),
    };
    if let (Some(file), Some(key)) = (secrets.file, secrets.key) {
        return Ok(Place { file, key, configured: true });
    }
    let folder = found.and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(own_folder);
    // What is to be written into the configuration has to hold wherever it is read.
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let key = Key::Identity(folder.join(IDENTITY).display().to_string());
    Ok(Place { file: folder.join(FILE), key, configured: false })
}

fn own_folder() -> PathBuf {
    // Its files in /proc are root's where a process must not be dumped; what stands in them is true.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next());
    let is_root = uid == Some("0");
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    user.filter(|_| !is_root).map_or_else(|| PathBuf::from(SERVICE_FOLDER), |folder| folder.join("noctop"))
}

/// The file as it is now. Errors: it is not there, or does not open.
fn open(place: &Place) -> Result<(Vault, Lock), Failure> {
    if !place.file.exists() {
        return Err(Failure::failed(format!("{} is not there: noctop secrets init", place.file.display())));
    }
    let lock = Lock::of(&place.key).map_err(Failure::failed)?;
    let vault = Vault::read(&place.file, &lock).map_err(Failure::failed)?;
    Ok((vault, lock))
}

fn init(common: &Common, args: &SecretsInitArgs) -> Outcome {
    let mut place = place(common)?;
    let before = (place.file.clone(), place.key.clone());
    if let Some(file) = &args.file {
        place.file.clone_from(file);
    }
    if let Some(identity) = &args.identity {
        place.key = Key::Identity(identity.display().to_string());
    }
    if let Some(passphrase) = &args.passphrase {
        if !["credential:", "fd:", "file:", "env:"].iter().any(|kind| passphrase.starts_with(kind)) {
            return Err(Failure::usage(
                "a passphrase is no argument: --passphrase takes credential:NAME, fd:N, file:PATH or env:NAME",
            ));
        }
        place.key = Key::Passphrase(passphrase.clone());
    }
    if place.file.exists() {
        return Err(Failure::failed(format!("{} is there already: noctop secrets list", place.file.display())));
    }
    let lock = lock(&place)?;
    make_folder(&place.file)?;
    Vault::default().write(&place.file, &lock).map_err(Failure::failed)?;
    let mut out = io::stdout().lock();
    let told = tell(&place, place.configured && before == (place.file.clone(), place.key.clone()), &mut out);
    written(told)
}

/// What opens a new file: an identity that is made, one that was there, or a passphrase.
fn lock(place: &Place) -> Result<Lock, Failure> {
    let Key::Identity(named) = &place.key else { return Lock::of(&place.key).map_err(Failure::failed) };
    let path = identity_path(named).map_err(Failure::usage)?;
    if path.exists() {
        eprintln!("noctop: the identity {} is there already, and is used", path.display());
        return Lock::of(&place.key).map_err(Failure::failed);
    }
    let (lock, text) = Lock::generate();
    make_folder(&path)?;
    let failed = |error: io::Error| Failure::failed(format!("{} can't be written: {error}", path.display()));
    files::write(&path, text.as_bytes()).map_err(failed)?;
    Ok(lock)
}

/// The folder of a file, for its owner alone where it is new.
fn make_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else { return Ok(()) };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Failure::failed(format!("{} can't be made: {error}", folder.display())))
}

fn tell(place: &Place, configured: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: an encrypted file, empty so far", place.file.display())?;
    let opened_by = match &place.key {
        Key::Identity(path) => {
            writeln!(out, "{path}: what opens it; keep a copy elsewhere, for without it the secrets are lost")?;
            ("identity", path)
        }
        Key::Passphrase(path) => ("passphrase", path),
    };
    if !configured {
        let text = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let file = text(&place.file.display().to_string());
        writeln!(
            out,
            "Write into the configuration:\n\n[secrets]\nfile = \"{file}\"\n{} = \"{}\"\n",
            opened_by.0,
            text(opened_by.1)
        )?;
    }
    writeln!(out, "Then: noctop secrets set NAME, and secret:NAME where a secret is wanted")
}

fn list(common: &Common, args: &FormatArgs) -> Outcome {
    let (vault, _) = open(&place(common)?)?;
    let used = referred(common).map(|(names, _)| names).unwrap_or_default();
    let rows = vault.names().map(|name| SecretRow { name: name.to_owned(), used: used.contains(name) });
    let mut out = BufWriter::new(io::stdout().lock());
    let result = write_rows(attach::format(args.format), rows, &mut out).and_then(|()| out.flush());
    written(result)
}

fn set(common: &Common, name: &str) -> Outcome {
    check_name(name).map_err(Failure::usage)?;
    let (mut vault, lock) = open(&place(common)?)?;
    let Some(secret) = asked(name)? else { return Err(Failure::failed("nothing was set")) };
    let is_new = vault.set(name, secret).map_err(Failure::usage)?;
    vault.write(&place(common)?.file, &lock).map_err(Failure::failed)?;
    eprintln!(
        "noctop: {name} is {}; a running engine reads it when it is started again",
        if is_new { "set" } else { "replaced" }
    );
    Ok(EXIT_OK)
}

/// Typed twice on a terminal, where nobody sees a slip; else one line of stdin. `None` where it was broken off.
fn asked(name: &str) -> Result<Option<Secret>, Failure> {
    if !io::stdin().is_terminal() {
        return piped().map(Some);
    }
    let failed = |error: io::Error| Failure::failed(format!("the terminal can't be read: {error}"));
    let Some(first) = ask::hidden(&format!("{name}, not shown")).map_err(failed)? else { return Ok(None) };
    let Some(second) = ask::hidden("once more").map_err(failed)? else { return Ok(None) };
    if first == second { Ok(Some(first)) } else { Err(Failure::failed("the two are not the same: nothing was set")) }
}

fn piped() -> Result<Secret, Failure> {
    let failed = |error: io::Error| Failure::failed(format!("stdin can't be read: {error}"));
    let room = usize::try_from(files::LARGEST_SECRET + 2).unwrap_or_default();
    let mut octets = Zeroizing::new(Vec::with_capacity(room + 64));
    io::stdin().lock().take(files::LARGEST_SECRET + 2).read_to_end(&mut octets).map_err(failed)?;
    let line = octets.strip_suffix(b"\n").unwrap_or(&octets);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| Failure::usage("stdin is not UTF-8 text"))?;
    Ok(Secret::new(text))
}

fn remove(common: &Common, name: &str) -> Outcome {
    let place = place(common)?;
    let (mut vault, lock) = open(&place)?;
    if !vault.remove(name) {
        return Err(Failure::usage(format!("there is no secret {name:?}: noctop secrets list")));
    }
    if referred(common).is_some_and(|(names, _)| names.contains(name)) {
        eprintln!("noctop: warning: the configuration still refers to secret:{name}");
    }
    vault.write(&place.file, &lock).map_err(Failure::failed)?;
    Ok(EXIT_OK)
}

/// The names that the configuration refers to, where it has no fault, and it.
fn referred(common: &Common) -> Option<(BTreeSet<String>, Config)> {
    let path = config::find(common.config.as_deref())?;
    let config = config::read_file(&path).ok()?;
    let names = config.secrets.written.iter().filter_map(|written| match &written.origin {
        Origin::Vault(name) => Some(name.clone()),
        _ => None,
    });
    Some((names.collect(), config))
}

fn check(common: &Common) -> Outcome {
    let place = place(common)?;
    let (vault, _) = open(&place)?;
    if !place.configured {
        eprintln!("noctop: no configuration has [secrets]: nothing refers to {}", place.file.display());
        return Ok(EXIT_FAILED);
    }
    let path = config::find(common.config.as_deref()).unwrap_or_default();
    match config::read_file(&path) {
        Ok(config) => {
            for fact in config::secret_facts(Some(&path), &config) {
                eprintln!("{}", super::config_check::warning(&path, &fact));
            }
        }
        Err(ConfigError::Faulty(faults)) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            return Ok(EXIT_USAGE);
        }
        Err(unreadable) => return Err(Failure::usage(unreadable)),
    }
    let used = referred(common).map(|(names, _)| names).unwrap_or_default();
    let idle: Vec<&str> = vault.names().filter(|name| !used.contains(*name)).collect();
    let mut text = format!(
        "{}: opens, {}, {} referred to",
        place.file.display(),
        unit::counted(vault.names().len(), "secret", "secrets"),
        used.len()
    );
    if !idle.is_empty() {
        text.push_str(&format!("; nothing refers to {}", idle.join(", ")));
    }
    written(writeln!(io::stdout(), "{text}"))
}
