//! One UDP socket for any number of peers, per address family, opened when first needed.
#![allow(unsafe_code, reason = "the socket's error queue (ip(7), IP_RECVERR) has no safe interface")]

use super::datagram::{Arrival, Pending, Received, Transport, Undelivered};
use crate::clock::{self, Stopwatch};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Receive buffer asked of the kernel: room for some thousand answers that arrive while the process is busy elsewhere. The
/// kernel gives less where net.core.rmem_max is lower.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;

/// How often a send is repeated that fails with an error which belongs to an earlier datagram (see [`Udp::send_on`]).
const STALE_ERRORS: usize = 16;

/// A socket for each address family.
pub struct Udp {
    v4: UdpSocket,
    v6: Option<UdpSocket>,
}

impl Udp {
    /// Opens sockets on ports of the kernel's choice. Must be called inside a tokio runtime.
    ///
    /// Errors: IPv4 can't be opened. A host without IPv6 is none: sends to IPv6 peers then fail.
    pub fn open() -> io::Result<Self> {
        Ok(Self {
            v4: open(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, 0).into())?,
            v6: open(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, 0).into()).ok(),
        })
    }

    /// With IP_RECVERR an ICMP error is reported once to whatever the socket does next, so that a send can fail for another
    /// peer's sake: the error queue has the same news with the right address, and the send is repeated.
    async fn send_on(socket: &UdpSocket, bytes: &[u8], peer: SocketAddr) -> io::Result<()> {
        let mut stale = 0;
        loop {
            match socket.send_to(bytes, peer).await {
                Ok(_) => return Ok(()),
                Err(error) if stale < STALE_ERRORS && may_be_stale(&error) => stale += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn receive_from_any(&self, into: &mut [u8]) -> io::Result<Arrival> {
        const INTEREST: Interest = Interest::READABLE.add(Interest::ERROR);
        loop {
            let socket = match &self.v6 {
                None => {
                    self.v4.ready(INTEREST).await?;
                    &self.v4
                }
                Some(v6) => tokio::select! {
                    ready = self.v4.ready(INTEREST) => { ready?; &self.v4 }
                    ready = v6.ready(INTEREST) => { ready?; v6 }
                },
            };
            if let Some(arrival) = take(socket, into) {
                return Ok(arrival);
            }
        }
    }
}

impl Transport for Udp {
    fn send<'a>(&'a self, bytes: &'a [u8], peer: SocketAddr) -> Pending<'a, io::Result<()>> {
        let socket = match (peer, &self.v6) {
            (SocketAddr::V4(_), _) => &self.v4,
            (SocketAddr::V6(_), Some(v6)) => v6,
            (SocketAddr::V6(_), None) => {
                return Box::pin(std::future::ready(Err(io::ErrorKind::NetworkUnreachable.into())));
            }
        };
        Box::pin(Self::send_on(socket, bytes, peer))
    }

    fn receive<'a>(&'a self, into: &'a mut [u8]) -> Pending<'a, io::Result<Arrival>> {
        Box::pin(self.receive_from_any(into))
    }
}

fn open(domain: Domain, address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    // Less buffer or no error queue is no reason to fail: answers may be lost under load, silence takes longer to notice.
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
    report_errors(&socket, domain).ok();
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn may_be_stale(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
        || matches!(error.raw_os_error(), Some(libc::EPROTO | libc::ENOPROTOOPT | libc::EACCES | libc::EMSGSIZE))
}

/// The next datagram, else the next entry of the error queue, else nothing.
fn take(socket: &UdpSocket, into: &mut [u8]) -> Option<Arrival> {
    if let Ok((length, peer)) = socket.try_recv_from(into) {
        return Some(Arrival::Datagram(Received { length, peer, at: clock::now(), clock: Stopwatch::start() }));
    }
    socket.try_io(Interest::ERROR, || next_error(socket.as_raw_fd())).ok().map(|(peer, why)| Arrival::Undelivered(peer, why))
}

/// Asks the kernel to queue ICMP errors with the address that they are about (ip(7), ipv6(7)).
fn report_errors(socket: &Socket, domain: Domain) -> io::Result<()> {
    let (level, option) =
        if domain == Domain::IPV6 { (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) } else { (libc::IPPROTO_IP, libc::IP_RECVERR) };
    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: the descriptor is open, and the pointer is to an int of the given size that outlives the call.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Octets for control messages: one extended error and the address of who reported it take 60.
const CONTROL: usize = 256;

/// Control messages are aligned as the kernel's `size_t` (cmsg(3)).
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// Takes one entry off the error queue: the peer that our datagram was for, and why it did not arrive.
fn next_error(fd: libc::c_int) -> io::Result<(SocketAddr, Undelivered)> {
    let mut control = Control([0; CONTROL]);
    // SAFETY: these are plain C structures for which all zeros is a valid value.
    let (mut name, mut header) = unsafe { (std::mem::zeroed::<libc::sockaddr_storage>(), std::mem::zeroed::<libc::msghdr>()) };
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = libc::socklen_t::try_from(size_of::<libc::sockaddr_storage>()).unwrap_or(0);
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = CONTROL as _;
    // SAFETY: every pointer in `header` is to a live buffer of the stated length; there is no payload buffer on purpose.
    let read = unsafe { libc::recvmsg(fd, &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
    if read < 0 {
        return Err(io::Error::last_os_error());
    }
    let peer = address(&name).ok_or(io::ErrorKind::InvalidData)?;
    match queued_errno(&header) {
        Some(libc::ECONNREFUSED) => Ok((peer, Undelivered::Refused)),
        // "Fragmentation needed" only lowers the path's MTU: the next datagram goes in fragments.
        Some(libc::EMSGSIZE) => Err(io::ErrorKind::InvalidData.into()),
        _ => Ok((peer, Undelivered::Unreachable)),
    }
}

/// The errno of the extended error among the control messages.
fn queued_errno(header: &libc::msghdr) -> Option<libc::c_int> {
    // SAFETY: the kernel filled the control buffer and its length; CMSG_FIRSTHDR and CMSG_NXTHDR stay inside it, and an entry
    // of these two kinds holds a sock_extended_err, read unaligned.
    unsafe {
        let mut entry = libc::CMSG_FIRSTHDR(header);
        while !entry.is_null() {
            let kind = ((*entry).cmsg_level, (*entry).cmsg_type);
            if matches!(kind, (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)) {
                let error: libc::sock_extended_err = libc::CMSG_DATA(entry).cast::<libc::sock_extended_err>().read_unaligned();
                return libc::c_int::try_from(error.ee_errno).ok();
            }
            entry = libc::CMSG_NXTHDR(header, entry);
        }
    }
    None
}

fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let name: *const libc::sockaddr_storage = name;
    match libc::c_int::from(
        // SAFETY: the pointer comes from a reference.
        unsafe { (*name).ss_family },
    ) {
        libc::AF_INET => {
            // SAFETY: a sockaddr_storage is large enough and aligned for any address, and the family says which it is.
            let v4 = unsafe { *name.cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { *name.cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(std::net::SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), 0, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Longer than any loopback delivery; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    async fn next(udp: &Udp, buffer: &mut [u8]) -> Arrival {
        tokio::time::timeout(PATIENCE, udp.receive(buffer)).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn datagrams_come_with_their_sender() {
        let udp = Udp::open().unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        udp.send(b"question", peer.local_addr().unwrap()).await.unwrap();
        let mut buffer = [0; 64];
        let (length, from) = peer.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..length], b"question");
        peer.send_to(b"answer", from).await.unwrap();
        let Arrival::Datagram(received) = next(&udp, &mut buffer).await else { panic!("no datagram") };
        assert_eq!((received.peer, &buffer[..received.length]), (peer.local_addr().unwrap(), b"answer".as_slice()));
    }

    #[tokio::test]
    async fn a_closed_port_is_told_by_its_address_and_disturbs_no_other_peer() {
        let udp = Udp::open().unwrap();
        let closed = {
            let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        let open = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        udp.send(b"x", closed).await.unwrap();
        udp.send(b"y", open.local_addr().unwrap()).await.unwrap();
        let mut buffer = [0; 64];
        let Arrival::Undelivered(peer, why) = next(&udp, &mut buffer).await else { panic!("no error") };
        assert_eq!((peer, why), (closed, Undelivered::Refused));
        assert_eq!(open.recv_from(&mut buffer).await.unwrap().0, 1);
    }
}
