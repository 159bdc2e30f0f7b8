//! Where the kernel and the distribution tell of the host.

use std::path::{Path, PathBuf};

/// Octets of a small file that are read: each holds a line or some; a neighbour table holds [`MAX_TABLE`].
const MAX_FILE: u64 = 64 << 10;

/// Octets of a table: some hundred thousand neighbours.
const MAX_TABLE: u64 = 16 << 20;

/// The folders that are read; others in tests.
#[derive(Clone, Debug)]
pub struct Places {
    /// sysfs(5)
    pub sys: PathBuf,
    /// proc(5)
    pub proc: PathBuf,
    /// os-release(5), the first that is there.
    pub os_release: Vec<PathBuf>,
}

impl Default for Places {
    fn default() -> Self {
        let os_release = ["/etc/os-release", "/usr/lib/os-release"].map(PathBuf::from).into();
        Self { sys: "/sys".into(), proc: "/proc".into(), os_release }
    }
}

impl Places {
    /// The content of an attribute of a port, trimmed; `None` where it can't be read or is empty.
    pub(super) fn port(&self, name: &str, attribute: &str) -> Option<String> {
        line(&self.sys.join("class/net").join(name).join(attribute))
    }

    /// A name of the host.
    pub(super) fn hostname(&self) -> Option<String> {
        line(&self.proc.join("sys/kernel/hostname")).filter(|name| name != "(none)")
    }

    /// The table of IPv4 neighbours.
    pub(super) fn arp(&self) -> Option<String> {
        read(&self.proc.join("net/arp"), MAX_TABLE)
    }

    /// Name and version of the operating system.
    pub(super) fn os(&self) -> (Option<String>, Option<String>) {
        let text = self.os_release.iter().find_map(|path| read(path, MAX_FILE)).unwrap_or_default();
        (variable(&text, "NAME"), variable(&text, "VERSION_ID"))
    }

    /// What `uname` says: kernel, host name, release, version.
    pub(super) fn kernel(&self) -> Option<String> {
        let part = |name: &str| line(&self.proc.join("sys/kernel").join(name));
        Some([part("ostype")?, part("hostname")?, part("osrelease")?, part("version")?].join(" "))
    }
}

fn read(path: &Path, most: u64) -> Option<String> {
    use std::io::Read as _;
    let mut octets = Vec::new();
    std::fs::File::open(path).ok()?.take(most).read_to_end(&mut octets).ok()?;
    Some(String::from_utf8_lossy(&octets).into_owned())
}

fn line(path: &Path) -> Option<String> {
    read(path, MAX_FILE).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A variable of os-release(5): shell syntax without substitutions.
fn variable(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Some(quoted.unwrap_or(value).replace("\\\"", "\"").replace("\\$", "$")).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_with_and_without_quotes() {
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\nID=debian\nEMPTY=\n";
        let found = ["NAME", "VERSION_ID", "ID", "EMPTY", "VERSION"].map(|name| variable(text, name));
        assert_eq!(found.map(|value| value.unwrap_or_else(|| "-".to_owned())), ["Debian GNU/Linux", "12", "debian", "-", "-"]);
    }
}
