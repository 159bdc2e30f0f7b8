//! What a collector needs of datagrams, whoever carries them: [`Udp`](super::udp::Udp) or [`Memory`](super::memory::Memory).

use crate::clock::Stopwatch;
use crate::model::Timestamp;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// A future behind a pointer, so that a transport can be chosen at run time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The longest payload of UDP over IPv4: 65,535 less the two headers. A buffer of this size never cuts a datagram.
pub const MAX_DATAGRAM: usize = 65_507;

/// What came in.
#[derive(Clone, Copy, Debug)]
pub enum Arrival {
    /// A datagram of this many octets, written into the buffer.
    Datagram(Received),
    /// The network says that nothing at this address takes what was sent there.
    Undelivered(SocketAddr, Undelivered),
}

/// A datagram's envelope.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// Octets in the buffer.
    pub length: usize,
    /// Who sent it.
    pub peer: SocketAddr,
    /// When it was taken from the socket.
    pub at: Timestamp,
    /// The same moment, for measuring.
    pub clock: Stopwatch,
}

/// Why the network did not deliver (RFC 792, RFC 4443 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Port unreachable: the host is there, nothing listens.
    Refused,
    /// Host, network or route unreachable, or administratively prohibited.
    Unreachable,
}

/// Sends datagrams to anyone and receives from anyone.
pub trait Transport: Send + Sync + 'static {
    /// Sends one datagram.
    ///
    /// Errors: those of the local host (no route, message too long); that nobody listens is an [`Arrival`]. Cancel safety: a
    /// dropped future has sent all or nothing.
    fn send<'a>(&'a self, bytes: &'a [u8], peer: SocketAddr) -> Pending<'a, io::Result<()>>;

    /// Waits for the next arrival and writes a datagram into `into`; what does not fit is cut.
    ///
    /// Errors: the transport is broken for good. Cancel safety: nothing is lost when the future is dropped.
    fn receive<'a>(&'a self, into: &'a mut [u8]) -> Pending<'a, io::Result<Arrival>>;
}
