//! Single echoes and their round trip: the one door of the crate surge-ping.
//!
//! surge-ping never sets its receive buffer, and under a burst of replies loses what does not fit: it is set here. It costs a task, a
//! map entry and a timer for each address that is waited for, so that networks are swept by [`super::batch`] instead.
#![allow(unsafe_code, reason = "surge-ping lends its socket only as a raw descriptor")]

use super::PingError;
use socket2::SockRef;
use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;
use surge_ping::{Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, SurgeError};

/// Replies that may wait in the kernel: about 8,000 of them. The kernel grants less where net.core.rmem_max is smaller.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Octets of an echo: as `ping` sends.
const PAYLOAD: [u8; 56] = [0; 56];

/// Sends echo requests. One socket for each IP version.
pub struct Pinger {
    v4: Client,
    v6: Option<Client>,
    next: AtomicU32,
}

impl Pinger {
    /// Opens the sockets. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When ICMP is not permitted or not possible. IPv6 may be missing without an error: such addresses are then silent.
    pub fn open() -> Result<Self, PingError> {
        let v4 = open(ICMP::V4).map_err(PingError::of)?;
        Ok(Self { v4, v6: open(ICMP::V6).ok(), next: AtomicU32::new(0) })
    }

    /// The round trip of one echo; `None` where no reply came in time, or none can come. Floor: about 10 µs of user-space time.
    ///
    /// Cancel safety: a dropped future leaves nothing behind.
    pub async fn ping(&self, address: IpAddr, timeout: Duration) -> Option<Duration> {
        let client = match address {
            IpAddr::V4(_) => &self.v4,
            IpAddr::V6(_) => self.v6.as_ref()?,
        };
        // A datagram socket has the kernel's identifier: the sequence alone must tell two echoes to one address apart.
        let [high_1, high_2, low_1, low_2] = self.next.fetch_add(1, Relaxed).to_be_bytes();
        let identifier = PingIdentifier(u16::from_be_bytes([high_1, high_2]));
        let sequence = PingSequence(u16::from_be_bytes([low_1, low_2]));
        let mut pinger = client.pinger(address, identifier).await;
        pinger.timeout(timeout);
        match pinger.ping(sequence, &PAYLOAD).await {
            Ok((packet, round_trip)) => is_reply(&packet, address).then_some(round_trip),
            Err(SurgeError::Timeout { .. }) => None,
            Err(error) => {
                tracing::debug!(%address, %error, "ping");
                None
            }
        }
    }
}

/// A router's "unreachable" comes back to the waiter too; only what the address itself says is a reply.
fn is_reply(packet: &IcmpPacket, address: IpAddr) -> bool {
    match packet {
        IcmpPacket::V4(packet) => IpAddr::V4(packet.get_source()) == address,
        IcmpPacket::V6(packet) => IpAddr::V6(packet.get_source()) == address,
    }
}

fn open(kind: ICMP) -> io::Result<Client> {
    let client = Client::new(&Config::builder().kind(kind).build())?;
    let socket = client.get_socket();
    // SAFETY: `socket` keeps the descriptor open for the whole life of the borrow.
    let descriptor = unsafe { BorrowedFd::borrow_raw(socket.get_native_sock()) };
    SockRef::from(&descriptor).set_recv_buffer_size(RECEIVE_BUFFER)?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loopback answers where the process may ping at all; where it may not, the error says what to do.
    #[tokio::test]
    async fn loopback_answers_or_the_error_names_the_remedy() {
        match Pinger::open() {
            Ok(pinger) => {
                let [first, second] = ["127.0.0.1", "127.0.0.2"].map(|text| text.parse().unwrap());
                let timeout = Duration::from_secs(2);
                assert!(pinger.ping(first, timeout).await.is_some());
                assert!(pinger.ping(second, timeout).await.is_some());
            }
            Err(error @ PingError::NotPermitted) => assert!(error.to_string().contains("setcap cap_net_raw")),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn surge_ping_leaves_its_receive_buffer_as_the_system_has_it() {
        // The defect that RECEIVE_BUFFER works round; when this fails, surge-ping has mended it.
        let Ok(client) = Client::new(&Config::default()) else { return };
        let socket = client.get_socket();
        // SAFETY: as in `open`.
        let descriptor = unsafe { BorrowedFd::borrow_raw(socket.get_native_sock()) };
        let plain = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(SockRef::from(&descriptor).recv_buffer_size().unwrap(), SockRef::from(&plain).recv_buffer_size().unwrap());
    }
}
