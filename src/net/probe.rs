//! What sockets this process may open, found out by trying: each is closed at once.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// Whether it may have a raw socket of ICMP, and a datagram socket of it (icmp(7), ping_group_range).
pub fn icmp() -> (bool, bool) {
    let opens = |kind| Socket::new(Domain::IPV4, kind, Some(Protocol::ICMPV4)).is_ok();
    (opens(Type::RAW), opens(Type::DGRAM))
}

/// Whether it may have a packet socket (packet(7)).
pub fn packets() -> bool {
    Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0))).is_ok()
}

/// Whether it may have an address for datagrams.
///
/// # Errors
/// Those of bind(2): somebody has it, the port is below 1024, it is no address of this host.
pub fn udp(address: SocketAddr) -> io::Result<()> {
    bind(address, Type::DGRAM)
}

/// The same for streams.
///
/// # Errors
/// As [`udp`].
pub fn tcp(address: SocketAddr) -> io::Result<()> {
    bind(address, Type::STREAM)
}

fn bind(address: SocketAddr, kind: Type) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if kind == Type::STREAM {
        // Connections of an earlier listener that still end are nobody's.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    if kind == Type::STREAM { socket.listen(1) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_somebody_has_is_in_use_and_a_free_one_is_not() {
        let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr();
        let holder = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(udp(taken.unwrap()).is_ok(), "closed again");
        assert_eq!(udp(holder.local_addr().unwrap()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert_eq!(tcp(listener.local_addr().unwrap()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert_eq!(udp("203.0.113.9:9".parse().unwrap()).unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }
}
