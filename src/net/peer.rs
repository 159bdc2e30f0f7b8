//! Who is at the other end of a Unix socket, as the kernel says: user, groups and process at the time of the connection.
#![allow(unsafe_code, reason = "SO_PEERGROUPS has no safe interface")]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

/// Groups that a user may be in (Linux: NGROUPS_MAX).
const MOST_GROUPS: usize = 65_536;

/// Groups that are asked for at first: more are rare.
const USUAL_GROUPS: usize = 64;

/// Characters of a program's name that the kernel keeps (TASK_COMM_LEN), and some.
const LONGEST_COMM: usize = 64;

/// Who connected. Nothing of it can be forged by the one who did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its effective user.
    pub uid: u32,
    /// Its effective group.
    pub gid: u32,
    /// Its supplementary groups.
    pub groups: Vec<u32>,
    /// Its process; `None` where it is outside of this process's view (another pid namespace).
    pub pid: Option<u32>,
}

impl Peer {
    /// Whether it is in a group.
    pub fn is_in(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// The other end of a connected Unix stream socket.
///
/// Errors: the kernel does not say.
///
/// Source: unix(7) SO_PEERCRED, socket(7) SO_PEERGROUPS (Linux 4.13).
pub fn of(socket: impl AsFd) -> io::Result<Peer> {
    let socket = socket.as_fd();
    let mut size = u32::try_from(size_of::<libc::ucred>()).unwrap_or(0);
    let mut told = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    // SAFETY: the kernel writes at most `size` octets, the size of what `told` is, and the descriptor is open while it is borrowed.
    let failed = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            std::ptr::from_mut(&mut told).cast(),
            std::ptr::from_mut(&mut size),
        )
    };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    let pid = u32::try_from(told.pid).ok().filter(|pid| *pid > 0);
    Ok(Peer { uid: told.uid, gid: told.gid, groups: groups(socket)?, pid })
}

fn groups(socket: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let mut groups = vec![0u32; USUAL_GROUPS];
    loop {
        let mut size = u32::try_from(size_of_val(groups.as_slice())).unwrap_or(0);
        // SAFETY: the kernel writes at most `size` octets, the size of what `groups` holds.
        let failed = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                std::ptr::from_mut(&mut size),
            )
        };
        let told = usize::try_from(size).unwrap_or(0) / size_of::<u32>();
        if failed == 0 {
            groups.truncate(told);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        // ERANGE: there are more, and `size` says how many.
        if error.raw_os_error() != Some(libc::ERANGE) || told <= groups.len() || told > MOST_GROUPS {
            return Err(error);
        }
        groups.resize(told, 0);
    }
}

/// What the kernel calls a process's program now. The process may have ended and its number be another's: it is told, not relied on.
pub fn program(pid: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    let name: String = name.trim_end().chars().take(LONGEST_COMM).collect();
    (!name.is_empty()).then_some(name)
}

/// This process's own user, group and groups.
pub fn own() -> Peer {
    let groups = rustix::process::getgroups().map(|groups| groups.into_iter().map(rustix::process::Gid::as_raw).collect());
    Peer {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        groups: groups.unwrap_or_default(),
        pid: Some(std::process::id()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_who_is_at_the_other_end() {
        let (here, _there) = std::os::unix::net::UnixStream::pair().unwrap();
        let peer = of(&here).unwrap();
        let own = own();
        assert_eq!((peer.uid, peer.gid, peer.pid), (own.uid, own.gid, own.pid));
        let sorted = |mut groups: Vec<u32>| {
            groups.sort_unstable();
            groups
        };
        assert_eq!(sorted(peer.groups.clone()), sorted(own.groups));
        assert!(peer.is_in(peer.gid) && !peer.is_in(u32::MAX - 7));
        assert!(program(std::process::id()).is_some_and(|name| !name.is_empty()));
    }

    #[test]
    fn a_file_is_no_connection() {
        assert!(of(std::fs::File::open("/dev/null").unwrap()).is_err());
    }
}
