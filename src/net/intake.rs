//! UDP sockets into which others pour datagrams without waiting for anything: flow exporters. A thread reads them in batches.
//!
//! Several threads can share a port: each has a socket of its own there, and the kernel gives all datagrams of a sender to the same one,
//! whatever port they come from, because what a sender said before is needed to read what it says next.
#![allow(
    unsafe_code,
    reason = "recvmmsg(2), poll(2), SO_RCVBUFFORCE, SO_MEMINFO and SO_ATTACH_REUSEPORT_CBPF have no safe interface"
)]

use super::sockaddr::socket_address;
use crate::clock;
use crate::model::Timestamp;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Receive buffer asked of the kernel: at 100,000 datagrams a second it outlasts a third of a second in which nobody reads.
pub const RECEIVE_BUFFER: usize = 64 * 1024 * 1024;

/// Datagrams taken from the kernel at one time. Larger batches save no more system calls and fall out of the processor's cache.
const BATCH: usize = 32;

/// Octets of a place for one datagram: the longest that UDP carries, and so many more that the places' starts, which are all that is
/// used as a rule, don't share the same lines of the cache.
const PLACE: usize = 65_536 + 1_728;

/// One address at which datagrams are taken.
#[derive(Debug)]
pub struct Intake {
    socket: Socket,
    drops: Mutex<Drops>,
}

#[derive(Debug, Default)]
struct Drops {
    /// What the kernel said last; its counter has 32 bits.
    last: u32,
    all: u64,
}

impl Intake {
    /// Opens an address for so many readers, each with a socket of its own. Where the kernel can't tell senders apart there is one.
    ///
    /// # Errors
    /// The address is taken, or its port is below 1024 and the process may not (CAP_NET_BIND_SERVICE).
    pub fn bind(address: SocketAddr, readers: usize) -> io::Result<Vec<Self>> {
        Self::bind_beside(address, readers, &[])
    }

    /// As [`Self::bind`], beside others: `[::]` takes IPv4 as well, but where an IPv4 address of the same port is among the others.
    ///
    /// # Errors
    /// Those of [`Self::bind`].
    pub fn bind_beside(address: SocketAddr, readers: usize, others: &[SocketAddr]) -> io::Result<Vec<Self>> {
        let only_v6 = others.iter().any(|other| other.is_ipv4() && other.port() == address.port());
        let families = if only_v6 { Families::Own } else { Families::Both };
        // Sharing a port shares it with other processes of the same user as well, who would take a part unnoticed: none may be there.
        let alone = Self::open(address, (Sharing::No, families))?;
        if readers < 2 {
            return Ok(vec![alone]);
        }
        let address = alone.address()?;
        drop(alone);
        let first = Self::open(address, (Sharing::Yes, families))?;
        if by_sender(&first.socket, readers).is_err() {
            return Ok(vec![first]);
        }
        let others = (1..readers).map(|_| Self::open(address, (Sharing::Yes, families)));
        std::iter::once(Ok(first)).chain(others).collect()
    }

    fn open(address: SocketAddr, (sharing, families): (Sharing, Families)) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(families == Families::Own)?;
        }
        socket.set_reuse_port(sharing == Sharing::Yes)?;
        // Less is no reason to fail: what is lost by it is counted.
        if set(&socket, libc::SO_RCVBUFFORCE, RECEIVE_BUFFER).is_err() {
            socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
        }
        // An address that comes later (DHCP, a port that is plugged in) is heard when it comes. Where that can't be had it is needed now.
        free_bind(&socket, address).ok();
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(Self { socket, drops: Mutex::default() })
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// The socket's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()?.as_socket().ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    /// Answers a sender, at once or not at all.
    ///
    /// # Errors
    /// The socket's.
    pub fn answer(&self, octets: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(octets, &to.into()).map(drop)
    }

    /// How much the kernel holds for it. Units: octets, of which a datagram takes some hundred more than it has.
    pub fn buffer_octets(&self) -> usize {
        self.socket.recv_buffer_size().unwrap_or(0)
    }

    /// Datagrams that the kernel dropped since it was opened, most for want of room. It is asked each time, so that what was dropped
    /// last counts even if nothing comes any more.
    ///
    /// Source: SO_MEMINFO, SK_MEMINFO_DROPS (linux/sock_diag.h).
    pub fn dropped(&self) -> u64 {
        const WORDS: usize = 9;
        const DROPS: usize = libc::SK_MEMINFO_DROPS as usize;
        let mut words = [0u32; WORDS];
        let mut size = libc::socklen_t::try_from(size_of_val(&words)).unwrap_or(0);
        // SAFETY: the descriptor is open, and the kernel writes at most `size` octets, which the array has.
        let result = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                words.as_mut_ptr().cast(),
                &raw mut size,
            )
        };
        let mut drops = self.drops.lock().unwrap_or_else(PoisonError::into_inner);
        if let (0, Some(now)) = (result, words.get(DROPS)) {
            drops.all += u64::from(now.wrapping_sub(drops.last));
            drops.last = *now;
        }
        drops.all
    }

    /// Takes what is there, without waiting: each datagram with its sender and the time. How many there were.
    ///
    /// # Errors
    /// The socket's; nothing being there is none.
    pub fn take(&self, room: &mut IntakeRoom, mut each: impl FnMut(SocketAddr, Timestamp, &[u8])) -> io::Result<usize> {
        let read = room.receive(self.socket.as_raw_fd());
        let read = match read {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return Ok(0),
            read => read?,
        };
        let now = clock::now();
        for place in 0..read {
            if let Some((sender, octets)) = room.datagram(place) {
                each(sender, now, octets);
            }
        }
        Ok(read)
    }
}

/// Waits until one of them has something, at most so long. Which have.
///
/// # Errors
/// The system's.
pub fn wait(intakes: &[Intake], patience: Duration, ready: &mut Vec<bool>) -> io::Result<()> {
    let mut polled: Vec<libc::pollfd> =
        intakes.iter().map(|intake| libc::pollfd { fd: intake.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 }).collect();
    let count = libc::nfds_t::try_from(polled.len()).unwrap_or(0);
    let patience = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer is to `count` structures that outlive the call.
    let result = unsafe { libc::poll(polled.as_mut_ptr(), count, patience) };
    ready.clear();
    ready.extend(polled.iter().map(|polled| result > 0 && polled.revents != 0));
    match io::Error::last_os_error() {
        error if result < 0 && error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// Lets a socket be bound to an address that is not there yet (ip(7), IP_FREEBIND).
pub(super) fn free_bind(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv4() { socket.set_freebind_v4(true) } else { socket.set_freebind_v6(true) }
}

/// Whether a port is shared with other sockets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Yes,
    No,
}

/// What an IPv6 socket takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Families {
    Both,
    Own,
}

/// Room for a batch of datagrams. Memory is only taken for what was really filled once.
pub struct IntakeRoom {
    places: Vec<u8>,
    names: Box<[libc::sockaddr_storage; BATCH]>,
    lengths: [usize; BATCH],
}

impl Default for IntakeRoom {
    fn default() -> Self {
        // SAFETY: a plain C structure for which all zeros is a valid value.
        let name: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
        Self { places: vec![0; BATCH * PLACE], names: Box::new([name; BATCH]), lengths: [0; BATCH] }
    }
}

impl IntakeRoom {
    /// recvmmsg(2): what is there, without waiting.
    fn receive(&mut self, fd: libc::c_int) -> io::Result<usize> {
        // SAFETY: plain C structures for which all zeros is a valid value.
        let (mut vectors, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) =
            unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        for (vector, place) in vectors.iter_mut().zip(self.places.chunks_exact_mut(PLACE)) {
            *vector = libc::iovec { iov_base: place.as_mut_ptr().cast(), iov_len: place.len() };
        }
        for ((header, vector), name) in headers.iter_mut().zip(&mut vectors).zip(self.names.iter_mut()) {
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = (&raw mut *name).cast();
            header.msg_hdr.msg_namelen = libc::socklen_t::try_from(size_of::<libc::sockaddr_storage>()).unwrap_or(0);
        }
        let count = libc::c_uint::try_from(BATCH).unwrap_or(0);
        // SAFETY: every pointer in the headers is to a live buffer of the stated length, one for each of the BATCH headers, and `self`
        // stays borrowed until the call is over.
        let read = unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), count, libc::MSG_DONTWAIT as _, std::ptr::null_mut()) };
        let read = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
        for (length, header) in self.lengths.iter_mut().zip(&headers).take(read) {
            *length = usize::try_from(header.msg_len).unwrap_or(0);
        }
        Ok(read)
    }

    /// A datagram of the last batch.
    fn datagram(&self, place: usize) -> Option<(SocketAddr, &[u8])> {
        let octets = self.places.chunks_exact(PLACE).nth(place)?.get(..*self.lengths.get(place)?)?;
        Some((socket_address(self.names.get(place)?)?, octets))
    }
}

/// Sets an option of a number.
fn set(socket: &Socket, option: libc::c_int, value: usize) -> io::Result<()> {
    let value = libc::c_int::try_from(value).unwrap_or(libc::c_int::MAX);
    let size = libc::socklen_t::try_from(size_of_val(&value)).unwrap_or(0);
    // SAFETY: the descriptor is open, and the pointer is to an int of the given size that outlives the call.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const value).cast(), size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has the kernel choose among so many sockets by the sender's address alone: by itself it takes the ports as well.
///
/// Source: socket(7), SO_ATTACH_REUSEPORT_CBPF; negative offsets are from the network header (linux/filter.h, SKF_NET_OFF).
fn by_sender(socket: &Socket, sockets: usize) -> io::Result<()> {
    #[allow(clippy::cast_sign_loss, reason = "the kernel reads it as a signed number again")]
    const HEADER: u32 = libc::SKF_NET_OFF as u32;
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const XOR: u32 = libc::BPF_ALU | libc::BPF_XOR | libc::BPF_X;
    const TO_X: u32 = libc::BPF_MISC | libc::BPF_TAX;
    let sockets = u32::try_from(sockets).unwrap_or(1);
    let step =
        |code: u32, (yes, no): (u8, u8), k: u32| libc::sock_filter { code: u16::try_from(code).unwrap_or(0), jt: yes, jf: no, k };
    // The source address stands at octet 12 of IPv4 (RFC 791 §3.1), at 8 to 23 of IPv6 (RFC 8200 §3).
    let mut program = [
        step(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, (0, 0), HEADER),
        step(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K, (0, 0), 4),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, (2, 0), 6),
        step(LOAD, (0, 0), HEADER + 12),
        step(libc::BPF_JMP | libc::BPF_JA, (0, 0), 10),
        step(LOAD, (0, 0), HEADER + 8),
        step(TO_X, (0, 0), 0),
        step(LOAD, (0, 0), HEADER + 12),
        step(XOR, (0, 0), 0),
        step(TO_X, (0, 0), 0),
        step(LOAD, (0, 0), HEADER + 16),
        step(XOR, (0, 0), 0),
        step(TO_X, (0, 0), 0),
        step(LOAD, (0, 0), HEADER + 20),
        step(XOR, (0, 0), 0),
        step(libc::BPF_ALU | libc::BPF_MUL | libc::BPF_K, (0, 0), 0x9e37_79b1),
        step(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K, (0, 0), 16),
        step(libc::BPF_ALU | libc::BPF_MOD | libc::BPF_K, (0, 0), sockets),
        step(libc::BPF_RET | libc::BPF_A, (0, 0), 0),
    ];
    let length = libc::c_ushort::try_from(program.len()).unwrap_or(0);
    let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    let size = libc::socklen_t::try_from(size_of_val(&program)).unwrap_or(0);
    // SAFETY: the descriptor is open; the structure names as many instructions as there are, and both outlive the call, which copies them.
    let result = unsafe {
        let option = libc::SO_ATTACH_REUSEPORT_CBPF;
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const program).cast(), size)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    /// Longer than any loopback delivery; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// What each reader gets of what `send` sends, once `count` datagrams are there.
    fn received(intakes: &[Intake], count: usize) -> Vec<Vec<(SocketAddr, Vec<u8>)>> {
        let (mut room, mut ready, mut got) = (IntakeRoom::default(), Vec::new(), vec![Vec::new(); intakes.len()]);
        while got.iter().map(Vec::len).sum::<usize>() < count {
            wait(intakes, PATIENCE, &mut ready).unwrap();
            assert!(ready.contains(&true), "nothing came");
            for (intake, got) in intakes.iter().zip(&mut got) {
                intake.take(&mut room, |sender, _, octets| got.push((sender, octets.to_vec()))).unwrap();
            }
        }
        got
    }

    #[test]
    fn datagrams_come_with_their_sender_over_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let intakes = Intake::bind(address.parse().unwrap(), 1).unwrap();
            let sender = UdpSocket::bind(address).unwrap();
            let to = intakes[0].address().unwrap();
            let long = vec![7; 60_000];
            for number in 0..BATCH + 5 {
                sender.send_to(if number == 3 { &long } else { &[9; 5] }, to).unwrap();
            }
            for (number, (from, octets)) in received(&intakes, BATCH + 5).remove(0).into_iter().enumerate() {
                assert_eq!(from, sender.local_addr().unwrap());
                assert_eq!(octets, if number == 3 { long.clone() } else { vec![9; 5] });
            }
        }
    }

    #[test]
    fn all_datagrams_of_an_address_go_to_one_reader_whatever_their_port() {
        let intakes = Intake::bind("0.0.0.0:0".parse().unwrap(), 3).unwrap();
        assert_eq!(intakes.len(), 3);
        let port = intakes[0].address().unwrap().port();
        for sender in 1..=40 {
            for _port in 0..4 {
                let socket = UdpSocket::bind((std::net::Ipv4Addr::new(127, 0, 7, sender), 0)).unwrap();
                socket.send_to(&[sender], ("127.0.0.1", port)).unwrap();
            }
        }
        let got = received(&intakes, 160);
        let of = |got: &[(SocketAddr, Vec<u8>)]| got.iter().map(|(from, _)| from.ip()).collect::<std::collections::BTreeSet<_>>();
        let senders: Vec<_> = got.iter().map(|got| of(got)).collect();
        assert_eq!(senders.iter().map(std::collections::BTreeSet::len).sum::<usize>(), 40, "each at one reader only");
        assert!(senders.iter().all(|senders| !senders.is_empty()), "and each reader has some");
    }

    #[test]
    fn the_address_of_all_hosts_takes_both_families_where_nobody_else_takes_one() {
        let both = Intake::bind("[::]:0".parse().unwrap(), 2).unwrap();
        let port = both[0].address().unwrap().port();
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"x", ("127.0.0.1", port)).unwrap();
        let got: Vec<_> = received(&both, 1).concat();
        assert_eq!(got[0].0.ip().to_canonical(), std::net::Ipv4Addr::LOCALHOST);
        drop(both);
        let all: [SocketAddr; 2] =
            [(std::net::Ipv4Addr::UNSPECIFIED, port).into(), (std::net::Ipv6Addr::UNSPECIFIED, port).into()];
        let bound: Vec<_> = all.iter().rev().map(|address| Intake::bind_beside(*address, 1, &all)).collect();
        assert!(bound.iter().all(Result::is_ok), "{bound:?}");
    }

    #[test]
    fn a_taken_port_is_told_even_where_several_would_share_it() {
        let taken = Intake::bind("127.0.0.1:0".parse().unwrap(), 2).unwrap();
        let error = Intake::bind(taken[0].address().unwrap(), 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn drops_are_counted_though_nothing_comes_after_them() {
        let intake = Intake::bind("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0);
        intake.socket.set_recv_buffer_size(4096).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = intake.address().unwrap();
        (0..100).for_each(|_| assert_eq!(sender.send_to(&[0; 1400], to).unwrap(), 1400));
        let dropped = intake.dropped();
        let kept = received(std::slice::from_ref(&intake), 100 - usize::try_from(dropped).unwrap()).remove(0).len();
        assert!(dropped > 0);
        assert_eq!((dropped + kept as u64, intake.dropped()), (100, dropped));
    }
}
