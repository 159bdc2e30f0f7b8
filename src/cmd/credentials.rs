//! The credentials of a command: `-c`, `--credentials`, else the configuration's.

use super::Failure;
use crate::cli::Common;
use crate::config;
use crate::model::Credential;
use crate::net::privilege;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

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
        privilege::forbid_dumps().map_err(Failure::failed)?;
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
        if all.is_empty() {
            eprintln!("noctop: no credential given; trying the community \"public\"");
        }
        Ok(all)
    }
}

/// Overwrites literal communities in this process's own arguments, where `ps` would show them. Linux only; where the kernel does
/// not allow it, the arguments stay as they are.
fn hide(communities: &[String]) {
    let literal = |text: &&String| !text.starts_with("env:") && !text.starts_with("file:") && !text.is_empty();
    let literals: Vec<&[u8]> = communities.iter().filter(literal).map(|text| text.as_bytes()).collect();
    if literals.is_empty() {
        return;
    }
    if let (Some(start), Ok(arguments)) = (arguments_start(), fs::read("/proc/self/cmdline")) {
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

/// arg_start of proc_pid_stat(5): the 48th field. The second, the command's name in parentheses, may hold anything.
fn arguments_start() -> Option<u64> {
    const AFTER_NAME: usize = 48 - 3;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(AFTER_NAME)?.parse().ok()
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
    fn literals_are_found_wherever_they_stand() {
        let arguments = b"noctop\0get\0-c\0secret\0-csecret\0--community=other\0secretive\0-c=secret\0";
        let found = places(arguments, &[b"secret", b"other"]);
        let texts: Vec<&[u8]> = found.iter().map(|(at, length)| &arguments[*at..at + length]).collect();
        assert_eq!(texts, [b"secret".as_slice(), b"secret", b"other", b"secret"]);
    }
}
