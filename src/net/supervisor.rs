//! The service manager's ear (sd_notify(3)): told when the daemon is ready, that it still works, and when it ends.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Where the manager listens.
const SOCKET: &str = "NOTIFY_SOCKET";

/// How often it wants to hear that the daemon works, and which process is meant (sd_watchdog_enabled(3)).
const WATCHDOG: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// The manager that started this process.
#[derive(Debug)]
pub struct Supervisor {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Supervisor {
    /// By the environment; none where no manager wants to be told.
    pub fn of_environment() -> Option<Self> {
        let place = std::env::var_os(SOCKET)?;
        let address = match place.as_bytes().split_first()? {
            (b'@', name) => SocketAddr::from_abstract_name(name),
            (b'/', _) => SocketAddr::from_pathname(&place),
            _ => return None,
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, address: address.ok()? })
    }

    /// Says something; a manager that does not hear is not waited for.
    pub fn say(&self, what: Say) {
        let _not_heard = self.socket.send_to_addr(what.words().as_bytes(), &self.address);
    }
}

/// What a manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say<'a> {
    /// It serves; one line about it.
    Ready(&'a str),
    /// It works.
    Alive,
    /// It ends.
    Stopping,
}

impl Say<'_> {
    fn words(self) -> String {
        match self {
            Self::Ready(line) => format!("READY=1\nSTATUS={}", line.replace('\n', " ")),
            Self::Alive => "WATCHDOG=1".to_owned(),
            Self::Stopping => "STOPPING=1".to_owned(),
        }
    }
}

/// How often the manager is to be told that the daemon works: half of the time after which it would be killed. None where it does not
/// watch this process.
pub fn watchdog() -> Option<Duration> {
    let env = |name: &str| std::env::var(name).ok();
    half(env(WATCHDOG).as_deref(), env(WATCHDOG_PID).as_deref(), std::process::id())
}

fn half(micros: Option<&str>, pid: Option<&str>, own: u32) -> Option<Duration> {
    let is_meant = pid.is_none_or(|pid| pid.parse() == Ok(own));
    let micros: u64 = micros?.parse().ok()?;
    (is_meant && micros > 0).then(|| Duration::from_micros(micros / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_is_fed_twice_in_its_time_where_this_process_is_meant() {
        for (micros, pid, wanted) in [
            (Some("60000000"), None, Some(30)),
            (Some("60000000"), Some("7"), Some(30)),
            (Some("60000000"), Some("8"), None),
            (Some("0"), None, None),
            (Some("soon"), None, None),
            (None, Some("7"), None),
        ] {
            assert_eq!(half(micros, pid, 7), wanted.map(Duration::from_secs), "{micros:?} {pid:?}");
        }
    }

    #[test]
    fn a_manager_hears_what_is_said_at_a_path_and_at_an_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("noctop-test-{}", std::process::id());
        let addresses = [
            SocketAddr::from_pathname(folder.path().join("notify")).unwrap(),
            SocketAddr::from_abstract_name(name.as_bytes()).unwrap(),
        ];
        for address in addresses {
            let manager = UnixDatagram::bind_addr(&address).unwrap();
            let supervisor = Supervisor { socket: UnixDatagram::unbound().unwrap(), address };
            let mut heard = [0; 64];
            for (say, words) in
                [(Say::Ready("a\nb"), "READY=1\nSTATUS=a b"), (Say::Alive, "WATCHDOG=1"), (Say::Stopping, "STOPPING=1")]
            {
                supervisor.say(say);
                let length = manager.recv(&mut heard).unwrap();
                assert_eq!(&heard[..length], words.as_bytes());
            }
        }
    }
}
