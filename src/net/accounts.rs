//! Names of users and groups of this host.
//!
//! `/etc/passwd` and `/etc/group` are read here; accounts that are elsewhere (LDAP, SSSD) are asked for at getent(1), which knows
//! them also where this program is static and can't load the C library's modules.

use crate::clock::Stopwatch;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// getent(1): by its path, so that nobody's `PATH` counts.
const GETENT: &str = "/usr/bin/getent";

/// Octets of a file of accounts, or of getent's answer, that are read.
const LARGEST: u64 = 8 << 20;

/// How long a directory service may take: a console waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is looked whether getent has ended.
const LOOK: Duration = Duration::from_millis(5);

/// The file of accounts, and the name that getent knows it by.
#[derive(Clone, Copy)]
enum Base {
    Users,
    Groups,
}

impl Base {
    const fn of(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => (PASSWD, "passwd"),
            Self::Groups => (GROUP, "group"),
        }
    }
}

/// The name of a user.
pub fn user_name(uid: u32) -> Option<String> {
    entry(Base::Users, &uid.to_string(), 2).and_then(|line| field(&line, 0))
}

/// The number of a user, who is named or numbered.
pub fn user_id(name: &str) -> Option<u32> {
    number(Base::Users, name)
}

/// The name of a group.
pub fn group_name(gid: u32) -> Option<String> {
    entry(Base::Groups, &gid.to_string(), 2).and_then(|line| field(&line, 0))
}

/// The number of a group, which is named or numbered.
pub fn group_id(name: &str) -> Option<u32> {
    number(Base::Groups, name)
}

fn number(base: Base, name: &str) -> Option<u32> {
    let named = entry(base, name, 0).and_then(|line| field(&line, 2)).and_then(|number| number.parse().ok());
    named.or_else(|| name.parse().ok())
}

fn field(line: &str, place: usize) -> Option<String> {
    line.split(':').nth(place).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The line whose field at this place is so.
fn entry(base: Base, wanted: &str, place: usize) -> Option<String> {
    let (file, name) = base.of();
    if wanted.is_empty() || wanted.contains([':', '\n']) || wanted.starts_with('-') {
        return None;
    }
    in_file(Path::new(file), wanted, place).or_else(|| asked(name, wanted).filter(|line| matches(line, wanted, place)))
}

fn matches(line: &str, wanted: &str, place: usize) -> bool {
    line.split(':').nth(place) == Some(wanted)
}

fn in_file(file: &Path, wanted: &str, place: usize) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(file).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    text.lines().find(|line| matches(line, wanted, place)).map(str::to_owned)
}

/// What getent answers in time.
fn asked(base: &str, wanted: &str) -> Option<String> {
    let mut command = Command::new(GETENT);
    command.arg(base).arg(wanted).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let started = Stopwatch::start();
    // A line of one account fits in a pipe: it ends without being read.
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status.success(),
            Ok(None) if started.elapsed() < PATIENCE => std::thread::sleep(LOOK),
            Ok(None) | Err(_) => {
                let _gone_already = child.kill();
                let _reaped = child.wait();
                break false;
            }
        }
    };
    let mut line = String::new();
    child.stdout.take()?.take(LARGEST).read_to_string(&mut line).ok()?;
    (ended && !line.is_empty()).then(|| line.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_of_accounts_lead_to_each_other() {
        let cases: [(Option<u32>, Option<u32>); 4] = [
            (user_id("root"), Some(0)),
            (group_id("root"), Some(0)),
            (user_id("4242424"), Some(4_242_424)),
            (user_id("no-such-user-here"), None),
        ];
        for (found, wanted) in cases {
            assert_eq!(found, wanted);
        }
        assert_eq!((user_name(0).as_deref(), group_name(0).as_deref()), (Some("root"), Some("root")));
        assert_eq!(user_name(4_242_424), None);
    }

    #[test]
    fn a_name_that_would_be_an_option_or_two_fields_is_nobodys() {
        for name in ["-s", "a:b", "", "a\nb"] {
            assert_eq!(user_id(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_line_is_found_by_its_field() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("group");
        std::fs::write(&file, "root:x:0:\nnetops:x:1500:kim,lee\nbad line\n").unwrap();
        assert_eq!(in_file(&file, "netops", 0).as_deref(), Some("netops:x:1500:kim,lee"));
        assert_eq!(in_file(&file, "1500", 2).and_then(|line| field(&line, 0)).as_deref(), Some("netops"));
        assert_eq!(in_file(&file, "15", 2), None);
    }
}
