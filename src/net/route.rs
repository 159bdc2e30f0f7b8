//! From which of its addresses this host reaches another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// Any port: nothing is sent.
const PORT: u16 = 161;

/// The address that datagrams to `far` carry; `None` where no route leads there. A socket that is connected asks the kernel's routes and sends nothing.
pub fn source_towards(far: IpAddr) -> Option<IpAddr> {
    let any = if far.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { IpAddr::from(Ipv6Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((far, PORT)).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_reached_from_loopback() {
        assert_eq!(source_towards(IpAddr::from([127, 0, 0, 5])), Some(IpAddr::from([127, 0, 0, 1])));
    }
}
