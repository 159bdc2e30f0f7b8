//! One UDP socket that answers for any number of addresses: each datagram comes with the address that was asked, and the
//! answer leaves from there (IP_PKTINFO, ip(7)). Thousands of simulated agents cost one file descriptor.
#![allow(unsafe_code, reason = "control messages of recvmsg(2) and sendmsg(2) have no safe wrapper in the standard library")]

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Receive buffer that is asked for, octets: a sweep of thousands of agents arrives in bursts.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Octets of the control buffer: one in_pktinfo with its header, and room for alignment.
const CONTROL: usize = 64;

/// A control buffer, aligned as cmsghdr must be.
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// Where a datagram came from and which of our addresses it was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender
    pub from: SocketAddrV4,
    /// The address that was asked
    pub to: Ipv4Addr,
}

/// A UDP socket on all addresses.
#[derive(Debug)]
pub struct ManyAddresses {
    socket: Socket,
    port: u16,
}

impl ManyAddresses {
    /// Opens `port` (0 lets the system choose) on all addresses, of the loopback interface alone where `loopback` is in
    /// `within`. Waits at most `wait` for each datagram.
    ///
    /// # Errors
    /// As bind(2): the port is taken, or is below 1024 and not allowed.
    pub fn bind(port: u16, within: ipnet::Ipv4Net, wait: Duration) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        if within.network().is_loopback() {
            // Nobody else shall reach the agents. Older kernels refuse this to plain users; the owner of the socket still
            // looks at the address that was asked.
            let _refused = socket.bind_device(Some(b"lo"));
        }
        let _less_is_given = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.set_read_timeout(Some(wait))?;
        let on: libc::c_int = 1;
        // SAFETY: `on` lives through the call and its size is that of the option's type.
        let set = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_IP,
                libc::IP_PKTINFO,
                (&raw const on).cast(),
                len_of::<libc::c_int>(),
            )
        };
        if set != 0 {
            return Err(io::Error::last_os_error());
        }
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
        let port = socket.local_addr()?.as_socket_ipv4().map_or(port, |local| local.port());
        Ok(Self { socket, port })
    }

    /// The port that it has.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The next datagram: its length and envelope.
    ///
    /// # Errors
    /// `WouldBlock` when none came in time; else as recvmsg(2).
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Envelope)> {
        // SAFETY: all-zero is a valid value of these plain C structures.
        let (mut from, mut header): (libc::sockaddr_in, libc::msghdr) = unsafe { (zeroed(), zeroed()) };
        let mut control = Control([0; CONTROL]);
        let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        header.msg_name = (&raw mut from).cast();
        header.msg_namelen = len_of::<libc::sockaddr_in>();
        header.msg_iov = &raw mut part;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = CONTROL as _;
        // SAFETY: every pointer in `header` is to a live local or to `buffer`, with its true length.
        let length = unsafe { libc::recvmsg(self.socket.as_raw_fd(), &raw mut header, 0) };
        let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
        let to = destination(&header).ok_or_else(|| io::Error::other("a datagram came without the address that was asked"))?;
        let from = SocketAddrV4::new(Ipv4Addr::from(u32::from_be(from.sin_addr.s_addr)), u16::from_be(from.sin_port));
        Ok((length, Envelope { from, to }))
    }

    /// Answers: from the address that was asked to the one that asked.
    ///
    /// # Errors
    /// As sendmsg(2).
    pub fn answer(&self, bytes: &[u8], envelope: Envelope) -> io::Result<()> {
        // SAFETY: all-zero is a valid value of these plain C structures.
        let (mut to, mut header, mut info): (libc::sockaddr_in, libc::msghdr, libc::in_pktinfo) =
            unsafe { (zeroed(), zeroed(), zeroed()) };
        to.sin_family = libc::AF_INET as libc::sa_family_t;
        to.sin_port = envelope.from.port().to_be();
        to.sin_addr.s_addr = u32::from(*envelope.from.ip()).to_be();
        info.ipi_spec_dst.s_addr = u32::from(envelope.to).to_be();
        let mut control = Control([0; CONTROL]);
        let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        header.msg_name = (&raw mut to).cast();
        header.msg_namelen = len_of::<libc::sockaddr_in>();
        header.msg_iov = &raw mut part;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        // SAFETY: CMSG_SPACE only computes; the control buffer is larger than one in_pktinfo with its header.
        header.msg_controllen = unsafe { libc::CMSG_SPACE(len_of::<libc::in_pktinfo>()) } as _;
        // SAFETY: the first header lies inside `control`, which is aligned, zeroed and large enough for the data behind it.
        unsafe {
            let first = libc::CMSG_FIRSTHDR(&raw const header);
            (*first).cmsg_level = libc::IPPROTO_IP;
            (*first).cmsg_type = libc::IP_PKTINFO;
            (*first).cmsg_len = libc::CMSG_LEN(len_of::<libc::in_pktinfo>()) as _;
            libc::CMSG_DATA(first).cast::<libc::in_pktinfo>().write_unaligned(info);
        }
        // SAFETY: every pointer in `header` is to a live local or to `bytes`, which sendmsg only reads.
        let sent = unsafe { libc::sendmsg(self.socket.as_raw_fd(), &raw const header, 0) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

/// The address that was asked, out of the control messages of a received datagram.
fn destination(header: &libc::msghdr) -> Option<Ipv4Addr> {
    // SAFETY: `header` is as recvmsg left it and its control buffer is alive: the macros stay inside msg_controllen.
    unsafe {
        let mut next = libc::CMSG_FIRSTHDR(header);
        while !next.is_null() {
            if (*next).cmsg_level == libc::IPPROTO_IP && (*next).cmsg_type == libc::IP_PKTINFO {
                let info = libc::CMSG_DATA(next).cast::<libc::in_pktinfo>().read_unaligned();
                return Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)));
            }
            next = libc::CMSG_NXTHDR(header, next);
        }
    }
    None
}

fn len_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or(libc::socklen_t::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    #[test]
    fn an_answer_comes_from_the_address_that_was_asked() {
        let net = "127.77.0.0/16".parse().unwrap();
        let many = ManyAddresses::bind(0, net, Duration::from_secs(5)).unwrap();
        let asker = UdpSocket::bind("127.0.0.1:0").unwrap();
        asker.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        for host in ["127.77.0.1", "127.77.3.9"] {
            asker.send_to(b"who?", (host, many.port())).unwrap();
            let mut buffer = [0; 100];
            let (length, envelope) = many.receive(&mut buffer).unwrap();
            assert_eq!((&buffer[..length], envelope.to.to_string().as_str()), (&b"who?"[..], host));
            many.answer(b"me", envelope).unwrap();
            let (length, from) = asker.recv_from(&mut buffer).unwrap();
            assert_eq!((length, from), (2, SocketAddr::from((host.parse::<Ipv4Addr>().unwrap(), many.port()))));
        }
    }

    #[test]
    fn waiting_ends() {
        let net = "127.77.0.0/16".parse().unwrap();
        let many = ManyAddresses::bind(0, net, Duration::from_millis(1)).unwrap();
        assert_eq!(many.receive(&mut [0; 10]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
