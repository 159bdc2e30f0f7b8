//! A UDP socket to which others send on their own: traps.

use std::io;
use std::net::SocketAddr;
use tokio::net::UdpSocket;

/// A bound socket.
#[derive(Debug)]
pub struct Listener(UdpSocket);

impl Listener {
    /// Binds an address. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The address is taken, or its port is below 1024 and the process may not (CAP_NET_BIND_SERVICE).
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket).map(Self)
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// The socket's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next datagram: how many octets of `buffer` it fills, and who sent it. What does not fit is cut off.
    ///
    /// Cancel safety: nothing is lost.
    ///
    /// # Errors
    /// The socket's.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buffer).await
    }

    /// Answers a sender.
    ///
    /// # Errors
    /// The socket's.
    pub async fn answer(&self, bytes: &[u8], peer: SocketAddr) -> io::Result<()> {
        self.0.send_to(bytes, peer).await.map(drop)
    }
}
