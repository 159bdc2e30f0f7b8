//! One ICMP socket that sends and receives many messages with one call (sendmmsg(2), recvmmsg(2)): at a hundred thousand addresses a
//! second the calls are what costs.
#![allow(
    unsafe_code,
    reason = "sendmmsg, recvmmsg, socket filters and the error queue have no safe wrapper in the standard library"
)]

use super::packet::LENGTH;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use tokio::io::unix::AsyncFd;

/// Messages of one call.
pub(super) const BATCH: usize = 64;

/// A reply, the longest IPv4 header before it (60 octets), and some room: what is longer is not ours.
const MESSAGE: usize = 128;

/// Octets of replies, and of echoes, that may wait in the kernel, about 20,000 each. A process without CAP_NET_ADMIN gets what
/// net.core.rmem_max and wmem_max allow.
const BUFFER: libc::c_int = 16 << 20;

/// icmp(7): the raw socket hands over only types whose bit is clear. The constant is in <linux/icmp.h>.
const ICMP_FILTER: libc::c_int = 1;
/// <netinet/icmp6.h>
const ICMP6_FILTER: libc::c_int = 1;

/// Where what was received is put.
pub(super) struct Inbox {
    messages: Box<[[u8; MESSAGE]; BATCH]>,
    names: Box<[libc::sockaddr_storage; BATCH]>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        // SAFETY: all-zero is a valid value of this plain C structure.
        let names = unsafe { zeroed::<[libc::sockaddr_storage; BATCH]>() };
        Self { messages: Box::new([[0; MESSAGE]; BATCH]), names: Box::new(names) }
    }
}

/// An ICMP socket of one IP version.
#[derive(Debug)]
pub(super) struct IcmpSocket {
    socket: Socket,
    /// Whether messages come with their IPv4 header.
    pub(super) has_header: bool,
}

impl AsFd for IcmpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for IcmpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl IcmpSocket {
    /// A raw socket where the process may have one: it takes only echo replies with this identifier. Else a datagram socket, whose
    /// kernel does the same.
    pub(super) fn open(domain: Domain, identifier: u16) -> io::Result<Self> {
        let protocol = if domain == Domain::IPV4 { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
        let opened = match Socket::new(domain, Type::RAW, Some(protocol)) {
            Ok(socket) => Self { socket, has_header: domain == Domain::IPV4 }.filtered(domain, identifier)?,
            Err(_) => Self { socket: Socket::new(domain, Type::DGRAM, Some(protocol))?, has_header: false },
        };
        opened.tell_errors(domain)?;
        if domain == Domain::IPV4 {
            // An echo is never cut up: with DF it needs no identification, whose making is a tenth of what sending costs.
            set(&opened.socket, (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER), &libc::IP_PMTUDISC_DO)?;
        }
        opened.socket.set_nonblocking(true)?;
        // An echo to a network of the host's own waits in the kernel for up to 3 s until its address is resolved, and counts as unsent:
        // with the usual buffer some 270 silent addresses would hold up all others.
        for (forced, plain) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)] {
            if set(&opened.socket, (libc::SOL_SOCKET, forced), &BUFFER).is_err() {
                let _less_is_given = set(&opened.socket, (libc::SOL_SOCKET, plain), &BUFFER);
            }
        }
        Ok(opened)
    }

    /// With the runtime told to watch it. Must be called inside a tokio runtime.
    pub(super) fn registered(self) -> io::Result<AsyncFd<Self>> {
        // SAFETY: the socket owns its descriptor, and lends the same one until it is dropped.
        Ok(unsafe { AsyncFd::register(self) }?)
    }

    /// Octets that may wait in the kernel, with what it needs itself for each message.
    pub(super) fn buffer(&self) -> usize {
        self.socket.recv_buffer_size().unwrap_or(0)
    }

    /// A raw socket hears the replies to every ping of the host: all but ours are dropped before they are copied.
    fn filtered(self, domain: Domain, identifier: u16) -> io::Result<Self> {
        let equal =
            libc::sock_filter { jf: 1, ..instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, u32::from(identifier)) };
        let [take, drop] = [u32::MAX, 0].map(|length| instruction(libc::BPF_RET | libc::BPF_K, length));
        // The identifier stands at the fifth octet of the message; an IPv4 header of any length stands before it.
        if domain == Domain::IPV4 {
            set(&self.socket, (libc::SOL_RAW, ICMP_FILTER), &!1_u32)?;
            let header = instruction(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0);
            let load = instruction(libc::BPF_LD | libc::BPF_H | libc::BPF_IND, 4);
            attach(&self.socket, &mut [header, load, equal, take, drop])?;
        } else {
            // RFC 3542 §3.2: a bit for each type, of which only that of the reply is clear.
            let mut blocked = [u32::MAX; 8];
            blocked[4] = !(1 << (129 - 128));
            set(&self.socket, (libc::IPPROTO_ICMPV6, ICMP6_FILTER), &blocked)?;
            let load = instruction(libc::BPF_LD | libc::BPF_H | libc::BPF_ABS, 4);
            attach(&self.socket, &mut [load, equal, take, drop])?;
        }
        Ok(self)
    }

    /// Without this a raw socket never says that the neighbour table is full: it drops the message and reports success.
    fn tell_errors(&self, domain: Domain) -> io::Result<()> {
        let option =
            if domain == Domain::IPV4 { (libc::IPPROTO_IP, libc::IP_RECVERR) } else { (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) };
        set(&self.socket, option, &1_i32)
    }

    /// Sends the messages in order; how many. Errors: the first was not sent.
    pub(super) fn send(&self, messages: &mut [[u8; LENGTH]], addresses: &[IpAddr]) -> io::Result<usize> {
        let count = messages.len().min(addresses.len()).min(BATCH);
        let mut names: [SockAddr; BATCH] = std::array::from_fn(|at| name(addresses.get(at)));
        // SAFETY: all-zero is a valid value of these plain C structures.
        let (mut parts, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
        let each = headers.iter_mut().zip(parts.iter_mut()).zip(messages.iter_mut().zip(names.iter_mut()));
        for ((header, part), (message, name)) in each {
            *part = libc::iovec { iov_base: message.as_mut_ptr().cast(), iov_len: LENGTH };
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = name.as_ptr().cast_mut().cast();
            header.msg_hdr.msg_namelen = name.len();
        }
        let length = libc::c_uint::try_from(count).unwrap_or(0);
        // SAFETY: the first `count` headers point to live locals and to `messages`, with their true lengths; sendmmsg reads names.
        let sent = unsafe { libc::sendmmsg(self.as_raw_fd(), headers.as_mut_ptr(), length, 0) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    /// Takes what has come: each message with who sent it. Errors: `WouldBlock` where there is nothing.
    pub(super) fn receive(&self, inbox: &mut Inbox, mut take: impl FnMut(IpAddr, &[u8])) -> io::Result<usize> {
        // SAFETY: all-zero is a valid value of these plain C structures.
        let (mut parts, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
        let buffers = inbox.messages.iter_mut().zip(inbox.names.iter_mut());
        for ((header, part), (message, name)) in headers.iter_mut().zip(parts.iter_mut()).zip(buffers) {
            *part = libc::iovec { iov_base: message.as_mut_ptr().cast(), iov_len: MESSAGE };
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = (&raw mut *name).cast();
            header.msg_hdr.msg_namelen = libc::socklen_t::try_from(size_of::<libc::sockaddr_storage>()).unwrap_or(0);
        }
        let (fd, length) = (self.as_raw_fd(), libc::c_uint::try_from(BATCH).unwrap_or(0));
        // SAFETY: every header points to a live local or into `inbox`, with its true length.
        let received = unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), length, libc::MSG_DONTWAIT as _, std::ptr::null_mut()) };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        for ((header, name), message) in headers.iter().zip(inbox.names.iter()).zip(inbox.messages.iter()).take(received) {
            let octets = usize::try_from(header.msg_len).ok().and_then(|length| message.get(..length));
            if let Some((from, octets)) = address(name).zip(octets) {
                take(from, octets);
            }
        }
        Ok(received)
    }

    /// Takes the network's complaints (ICMP unreachable and the like) off the socket, so that they don't stand for the errors of
    /// the next message; how many there were.
    pub(super) fn drain_errors(&self) -> u64 {
        let mut drained = 0;
        loop {
            // SAFETY: all-zero is a valid value of this plain C structure; it has room for nothing, on purpose.
            let mut header = unsafe { zeroed::<libc::msghdr>() };
            // SAFETY: the header points nowhere and says so.
            let read = unsafe { libc::recvmsg(self.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
            if read < 0 {
                return drained;
            }
            drained += 1;
        }
    }
}

fn instruction(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: u16::try_from(code).unwrap_or(0), jt: 0, jf: 0, k }
}

fn attach(socket: &Socket, program: &mut [libc::sock_filter]) -> io::Result<()> {
    let len = libc::c_ushort::try_from(program.len()).unwrap_or(0);
    set(socket, (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER), &libc::sock_fprog { len, filter: program.as_mut_ptr() })
}

fn set<T>(socket: &Socket, (level, option): (libc::c_int, libc::c_int), value: &T) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>()).unwrap_or(0);
    // SAFETY: `value` is a live plain C value of `length` octets; the kernel copies it, and what a filter program points to.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const *value).cast(), length) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn name(address: Option<&IpAddr>) -> SockAddr {
    SocketAddr::new(address.copied().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), 0).into()
}

fn address(name: &libc::sockaddr_storage) -> Option<IpAddr> {
    let pointer: *const libc::sockaddr_storage = name;
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: a sockaddr_storage is large enough and aligned for any address, and the family says which it is.
            let v4 = unsafe { *pointer.cast::<libc::sockaddr_in>() };
            Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr))))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { *pointer.cast::<libc::sockaddr_in6>() };
            Some(IpAddr::V6(Ipv6Addr::from(v6.sin6_addr.s6_addr)))
        }
        _ => None,
    }
}
