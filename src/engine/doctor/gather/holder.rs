//! Who has a port, or a lock, as far as proc lets this user see (proc(5)).

use super::super::facts::Holder;
use crate::net::privilege;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Who has an address.
pub(super) fn of_port(transport: &str, address: SocketAddr) -> Holder {
    let tables = [format!("/proc/net/{transport}"), format!("/proc/net/{transport}6")];
    let inode = tables.iter().filter_map(|table| fs::read_to_string(table).ok()).find_map(|table| inode_of(&table, address));
    let pid = inode.and_then(|inode| process_with(&format!("socket:[{inode}]")));
    pid.map(of_process).unwrap_or_default()
}

/// Who has a file locked.
pub(super) fn of_lock(file: &Path) -> Option<Holder> {
    let inode = fs::metadata(file).ok()?.ino();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    lock_of(&locks, inode).map(of_process)
}

fn of_process(pid: u32) -> Holder {
    let unit = privilege::unit_of(pid).map(|unit| format!("{unit}.service"));
    Holder { pid: Some(pid), name: privilege::status_of(pid, "Name"), unit }
}

/// The inode of the socket that listens at an address, or at all addresses of its port.
fn inode_of(table: &str, address: SocketAddr) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let local = local(fields.nth(1)?)?;
        let remote = fields.next()?;
        // What is connected is another's end; of UDP and of listening TCP the remote port is 0.
        let listens = remote.ends_with(":0000");
        let any = local.ip().is_unspecified() || address.ip().is_unspecified();
        let same = local.port() == address.port() && (any || local.ip() == address.ip());
        (listens && same).then(|| fields.nth(6)?.parse().ok()).flatten()
    })
}

/// `0100007F:00A2`: an address as the host's processor has it, in words of 32 bits, and a port.
fn local(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Vec<u32> =
        (0..address.len()).step_by(8).map(|at| u32::from_str_radix(address.get(at..at + 8)?, 16).ok()).collect::<Option<_>>()?;
    let octets: Vec<u8> = words.into_iter().flat_map(u32::to_ne_bytes).collect();
    let ip = match octets.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)),
        _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)),
    };
    Some(SocketAddr::new(ip, port))
}

/// The first process with an open file of that name.
fn process_with(file: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.into_iter().any(|open| fs::read_link(open.path()).is_ok_and(|link| link.to_str() == Some(file)))
    })
}

/// `1: FLOCK  ADVISORY  WRITE 812 fe:00:131 0 EOF`
fn lock_of(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace().filter(|field| *field != "->").skip(4);
        let (pid, place) = (fields.next()?, fields.next()?);
        (place.rsplit(':').next()?.parse() == Ok(inode)).then(|| pid.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_socket_is_found_by_its_address() {
        // As a processor of low octets first writes it.
        let table =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
   12: 0100007F:00A2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 0
   13: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0 0
   14: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 4713 2 0 0\n";
        if cfg!(target_endian = "big") {
            return;
        }
        for (address, wanted) in [
            ("127.0.0.1:162", Some(4711)),
            ("0.0.0.0:162", Some(4711)),
            ("127.0.0.2:162", None),
            ("10.0.0.1:514", Some(4712)),
            ("127.0.0.1:8080", None),
        ] {
            assert_eq!(inode_of(table, address.parse().unwrap()), wanted, "{address}");
        }
        let six =
            "x\n 1: 00000000000000000000000001000000:00A2 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 99 2 0 0\n";
        assert_eq!(inode_of(six, "[::1]:162".parse().unwrap()), Some(99));
        assert_eq!((inode_of("x\nnonsense\n 1: zz:1 q\n", "[::1]:162".parse().unwrap()), local("")), (None, None));
    }

    #[test]
    fn a_lock_is_found_by_its_inode() {
        let locks = "1: FLOCK  ADVISORY  WRITE 812 fe:00:131 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 813 fe:00:131 0 EOF\n2: POSIX  ADVISORY  READ 7 fe:00:9 0 EOF\n";
        assert_eq!([lock_of(locks, 131), lock_of(locks, 9), lock_of(locks, 1), lock_of("", 1)], [Some(812), Some(7), None, None]);
    }

    #[test]
    fn this_process_is_found_by_its_own_socket() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(of_port("udp", socket.local_addr().unwrap()).pid, Some(std::process::id()));
    }
}
