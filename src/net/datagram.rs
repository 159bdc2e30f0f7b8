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
    /// A datagram.
    Datagram(Received),
    /// The network says that nothing at this address takes what was sent there.
    Undelivered(SocketAddr, Undelivered),
}

/// A datagram's envelope.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// Its octets.
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

/// What takes arrivals: each with its octets, none for [`Arrival::Undelivered`].
pub type Take<'a> = &'a mut (dyn FnMut(&Arrival, &[u8]) + Send);

/// Sends datagrams to anyone and receives from anyone.
pub trait Transport: Send + Sync + 'static {
    /// Sends one datagram at once, or not at all.
    ///
    /// Errors: `WouldBlock` where there is no room: [`Self::writable`] says when it is worth trying again. Else those of the local
    /// host (no route, message too long); that nobody listens is an [`Arrival`].
    fn try_send(&self, bytes: &[u8], peer: SocketAddr) -> io::Result<()>;

    /// Waits until there may be room for a datagram to this peer.
    ///
    /// Errors: the transport is broken for good.
    fn writable(&self, peer: SocketAddr) -> Pending<'_, io::Result<()>>;

    /// Waits until something has arrived, and hands over what is there, several at a time where several are. `room` is where
    /// datagrams are put meanwhile: one for each call at the same time.
    ///
    /// Errors: the transport is broken for good. Cancel safety: nothing is lost when the future is dropped.
    fn receive<'a>(&'a self, room: &'a mut Room, take: Take<'a>) -> Pending<'a, io::Result<()>>;
}

/// Datagrams taken from the kernel at one time: one system call and one wake-up for all of them.
pub const BATCH: usize = 16;

/// Room for [`BATCH`] datagrams of any length. Memory is only taken for what was really filled once.
pub struct Room(Vec<u8>);

impl Room {
    /// Empty room.
    pub fn new() -> Self {
        Self(vec![0; BATCH * MAX_DATAGRAM])
    }

    /// The places for single datagrams.
    pub fn places(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.0.chunks_exact_mut(MAX_DATAGRAM)
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends one datagram, waiting for room where there is none.
///
/// Errors: those of the local host. Cancel safety: a dropped future has sent all or nothing.
pub async fn send(transport: &dyn Transport, bytes: &[u8], peer: SocketAddr) -> io::Result<()> {
    loop {
        match transport.try_send(bytes, peer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => transport.writable(peer).await?,
            done => return done,
        }
    }
}
