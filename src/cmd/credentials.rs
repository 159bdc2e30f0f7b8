//! The credentials of a command: `-c`, `--credentials`, else the configuration's.

use super::Failure;
use crate::cli::Common;
use crate::config;
use crate::model::Credential;
use crate::net::privilege;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// What a command line says of credentials.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// `-c`, each a literal, `env:NAME` or `file:PATH`.
    pub communities: &'a [String],
    /// `--credentials`
    pub file: Option<&'a Path>,
    /// The common options: the configuration.
    pub common: &'a Common,
}

impl Given<'_> {
    /// The credentials in the order in which they are tried: those of `-c`, then those of the file; with neither, the
    /// configuration's. Literals vanish from the process's arguments. When there is none at all, it is said that `public` is tried.
    ///
    /// Errors: exit code 2.
    pub fn credentials(&self) -> Result<Vec<Credential>, Failure> {
        hide(self.communities);
        let found = self.found();
        hide_variables();
        let all = found?;
        if all.is_empty() {
            eprintln!("noctop: no credential given; trying the community \"public\"");
        }
        Ok(all)
    }

    fn found(&self) -> Result<Vec<Credential>, Failure> {
        let mut all = Vec::new();
        for (at, text) in self.communities.iter().enumerate() {
            let secret = config::resolve_secret(text).map_err(Failure::usage)?;
            all.push(Credential::community(&format!("community {}", at + 1), secret.expose()));
        }
        if let Some(file) = self.file {
            all.extend(config::read_credentials(file).map_err(Failure::usage)?);
        }
        if all.is_empty() && config::find(self.common.config.as_deref()).is_some() {
            all = config::load(self.common.config.as_deref()).map_err(Failure::usage)?.credentials;
        }
        Ok(all)
    }
}

/// Takes the variables that secrets were read from out of this process's own environment, where `/proc/PID/environ` and programs that it
/// starts would have them. They are remembered, wiped at the end. Linux only; where the kernel does not allow it, they stay.
///
/// Then nobody is let at this process's memory any more, it itself through `/proc/self/mem` among them: so it is the last that is hidden.
pub fn hide_variables() {
    overwrite_variables(&config::read_variables());
    if let Err(error) = privilege::forbid_dumps() {
        tracing::error!("{error}");
    }
}

fn overwrite_variables(names: &[String]) {
    if names.is_empty() {
        return;
    }
    if let (Some(start), Ok(block)) = (field_of_stat(ENVIRONMENT_START), fs::read("/proc/self/environ")) {
        for (at, length) in values(&Zeroizing::new(block), names) {
            overwrite(start + at as u64, length).ok();
        }
    }
}

/// Where in the environment the values of these variables stand.
fn values(block: &[u8], names: &[String]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for variable in block.split(|octet| *octet == 0) {
        let value = names.iter().find_map(|name| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        found.extend(value.map(|value| (at + variable.len() - value.len(), value.len())));
        at += variable.len() + 1;
    }
    found
}

/// Overwrites literal communities in this process's own arguments, where `ps` would show them. Linux only; where the kernel does
/// not allow it, the arguments stay as they are.
fn hide(communities: &[String]) {
    let literal = |text: &&String| !text.starts_with("env:") && !text.starts_with("file:") && !text.is_empty();
    let literals: Vec<&[u8]> = communities.iter().filter(literal).map(|text| text.as_bytes()).collect();
    if literals.is_empty() {
        return;
    }
    if let (Some(start), Ok(arguments)) = (field_of_stat(ARGUMENTS_START), fs::read("/proc/self/cmdline")) {
        for (at, length) in places(&arguments, &literals) {
            overwrite(start + at as u64, length).ok();
        }
    }
}

/// Where in the arguments a literal stands, alone or behind `-c` or `--community=`.
fn places(arguments: &[u8], literals: &[&[u8]]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for argument in arguments.split(|octet| *octet == 0) {
        let prefixes: [&[u8]; 4] = [b"", b"-c", b"-c=", b"--community="];
        let matched = prefixes.iter().find(|prefix| argument.strip_prefix(**prefix).is_some_and(|rest| literals.contains(&rest)));
        if let Some(prefix) = matched {
            found.push((at + prefix.len(), argument.len() - prefix.len()));
        }
        at += argument.len() + 1;
    }
    found
}

/// arg_start and env_start of proc_pid_stat(5), as fields from 1.
const ARGUMENTS_START: usize = 48;
const ENVIRONMENT_START: usize = 50;

/// A field of proc_pid_stat(5). The second, the command's name in parentheses, may hold anything.
fn field_of_stat(number: usize) -> Option<u64> {
    const FIRST_AFTER_NAME: usize = 3;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(number.checked_sub(FIRST_AFTER_NAME)?)?.parse().ok()
}

fn overwrite(address: u64, length: usize) -> std::io::Result<()> {
    let mut memory = OpenOptions::new().write(true).open("/proc/self/mem")?;
    memory.seek(SeekFrom::Start(address))?;
    memory.write_all(&vec![b'*'; length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_the_whole_name_of_their_variable() {
        let block = b"A=secret\0AB=other\0B=secret\0";
        let texts = |names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found = values(block, &names);
            found.iter().map(|(at, length)| String::from_utf8_lossy(&block[*at..at + length]).into_owned()).collect()
        };
        assert_eq!(texts(&["A"]), ["secret"]);
        assert_eq!(texts(&["AB", "B"]), ["other", "secret"]);
    }

    #[test]
    fn literals_are_found_wherever_they_stand() {
        let arguments = b"noctop\0get\0-c\0secret\0-csecret\0--community=other\0secretive\0-c=secret\0";
        let found = places(arguments, &[b"secret", b"other"]);
        let texts: Vec<&[u8]> = found.iter().map(|(at, length)| &arguments[*at..at + length]).collect();
        assert_eq!(texts, [b"secret".as_slice(), b"secret", b"other", b"secret"]);
    }
}
