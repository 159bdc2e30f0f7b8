//! One UDP socket for any number of peers, per address family, opened when first needed.
#![allow(unsafe_code, reason = "neither recvmmsg(2) nor the socket's error queue (ip(7), IP_RECVERR) has a safe interface")]

use super::datagram::{Arrival, BATCH, Pending, Received, Room, Take, Transport, Undelivered};
use super::sockaddr::socket_address;
use crate::clock::{self, Stopwatch};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Receive buffer asked of the kernel: room for some thousand answers that arrive while the process is busy elsewhere. The
/// kernel gives less where net.core.rmem_max is lower.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;

/// How often a send is repeated that fails with an error which belongs to an earlier datagram.
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

    fn socket(&self, peer: SocketAddr) -> io::Result<&UdpSocket> {
        match (peer, &self.v6) {
            (SocketAddr::V4(_), _) => Ok(&self.v4),
            (SocketAddr::V6(_), Some(v6)) => Ok(v6),
            (SocketAddr::V6(_), None) => Err(io::ErrorKind::NetworkUnreachable.into()),
        }
    }

    async fn receive_from_any(&self, room: &mut Room, take: Take<'_>) -> io::Result<()> {
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
            if take_all(socket, room, take) {
                return Ok(());
            }
        }
    }
}

impl Transport for Udp {
    /// With IP_RECVERR an ICMP error is reported once to whatever the socket does next, so that a send can fail for another
    /// peer's sake: the error queue has the same news with the right address, and the send is repeated.
    fn try_send(&self, bytes: &[u8], peer: SocketAddr) -> io::Result<()> {
        let socket = self.socket(peer)?;
        let mut stale = 0;
        loop {
            match socket.try_send_to(bytes, peer) {
                Ok(_) => return Ok(()),
                Err(error) if stale < STALE_ERRORS && may_be_stale(&error) => stale += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn writable(&self, peer: SocketAddr) -> Pending<'_, io::Result<()>> {
        Box::pin(async move { self.socket(peer)?.writable().await })
    }

    fn receive<'a>(&'a self, room: &'a mut Room, take: Take<'a>) -> Pending<'a, io::Result<()>> {
        Box::pin(self.receive_from_any(room, take))
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

/// Hands over the datagrams that are there, as many as there is room for; where there are none, the next entry of the error queue.
/// Whether there was anything.
fn take_all(socket: &UdpSocket, room: &mut Room, take: Take<'_>) -> bool {
    let mut some = false;
    let read = socket.try_io(Interest::READABLE, || receive_many(socket.as_raw_fd(), room));
    if let Ok(envelopes) = read {
        let (at, clock) = (clock::now(), Stopwatch::start());
        for (envelope, place) in envelopes.iter().zip(room.places()) {
            let Some((length, peer)) = *envelope else { continue };
            take(&Arrival::Datagram(Received { length, peer, at, clock }), place.get(..length).unwrap_or_default());
            some = true;
        }
        return some;
    }
    if let Ok((peer, why)) = socket.try_io(Interest::ERROR, || next_error(socket.as_raw_fd())) {
        take(&Arrival::Undelivered(peer, why), &[]);
        some = true;
    }
    some
}

/// Length and sender of each datagram that was put into its place.
type Envelopes = [Option<(usize, SocketAddr)>; BATCH];

/// recvmmsg(2): what is there, without waiting.
fn receive_many(fd: libc::c_int, room: &mut Room) -> io::Result<Envelopes> {
    // SAFETY: these are plain C structures for which all zeros is a valid value.
    let mut names: [libc::sockaddr_storage; BATCH] = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let (mut places, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    for (place, buffer) in places.iter_mut().zip(room.places()) {
        *place = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    }
    for ((header, place), name) in headers.iter_mut().zip(&mut places).zip(&mut names) {
        header.msg_hdr.msg_iov = place;
        header.msg_hdr.msg_iovlen = 1;
        header.msg_hdr.msg_name = (&raw mut *name).cast();
        header.msg_hdr.msg_namelen = libc::socklen_t::try_from(size_of::<libc::sockaddr_storage>()).unwrap_or(0);
    }
    let count = libc::c_uint::try_from(BATCH).unwrap_or(0);
    // SAFETY: every pointer in the headers is to a live buffer of the stated length, one for each of the BATCH headers, and `room`
    // stays borrowed until the call is over.
    let read = unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), count, libc::MSG_DONTWAIT as _, std::ptr::null_mut()) };
    let read = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
    let mut envelopes = [None; BATCH];
    for ((envelope, header), name) in envelopes.iter_mut().zip(&headers).zip(&names).take(read) {
        *envelope = usize::try_from(header.msg_len).ok().zip(socket_address(name));
    }
    Ok(envelopes)
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
    let peer = socket_address(&name).ok_or(io::ErrorKind::InvalidData)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::datagram::send;
    use std::time::Duration;

    /// Longer than any loopback delivery; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Waits for so many arrivals.
    async fn next(udp: &Udp, count: usize) -> Vec<(Arrival, Vec<u8>)> {
        let (mut room, mut arrivals) = (Room::new(), Vec::new());
        while arrivals.len() < count {
            let mut take = |arrival: &Arrival, bytes: &[u8]| arrivals.push((*arrival, bytes.to_vec()));
            tokio::time::timeout(PATIENCE, udp.receive(&mut room, &mut take)).await.unwrap().unwrap();
        }
        arrivals
    }

    #[tokio::test]
    async fn datagrams_come_with_their_sender() {
        let udp = Udp::open().unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        send(&udp, b"question", peer.local_addr().unwrap()).await.unwrap();
        let mut buffer = [0; 64];
        let (length, from) = peer.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..length], b"question");
        let long = vec![7; 9000];
        for number in 0..2 * BATCH {
            peer.send_to(if number == 3 { &long } else { b"answer" }, from).await.unwrap();
        }
        for (number, (arrival, bytes)) in next(&udp, 2 * BATCH).await.into_iter().enumerate() {
            let Arrival::Datagram(received) = arrival else { panic!("no datagram") };
            assert_eq!(received.peer, peer.local_addr().unwrap());
            assert_eq!(bytes, if number == 3 { long.clone() } else { b"answer".to_vec() });
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_told_by_its_address_and_disturbs_no_other_peer() {
        let udp = Udp::open().unwrap();
        let closed = {
            let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        let open = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        send(&udp, b"x", closed).await.unwrap();
        send(&udp, b"y", open.local_addr().unwrap()).await.unwrap();
        let Some((Arrival::Undelivered(peer, why), _)) = next(&udp, 1).await.pop() else { panic!("no error") };
        assert_eq!((peer, why), (closed, Undelivered::Refused));
        assert_eq!(open.recv_from(&mut [0; 64]).await.unwrap().0, 1);
    }
}
