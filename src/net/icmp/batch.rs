//! Echoes to many addresses over one socket for each IP version, in batches. What a reply belongs to stands in the reply itself.

use super::PingError;
use super::packet::{LENGTH, Marker, Tag, without_header};
use super::socket::{BATCH, IcmpSocket, Inbox};
use socket2::Domain;
use std::io;
use std::net::IpAddr;
use tokio::io::unix::AsyncFd;

/// What one reply takes of the kernel's receive buffer, with the kernel's own part (skb truesize: 768 octets on an Ethernet card, up to 1,280).
const REPLY_OCTETS: usize = 1280;

/// One echo that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Whom it asks.
    pub address: IpAddr,
    /// Number of the address in its sweep.
    pub number: u32,
    /// 0 is the first echo to it.
    pub attempt: u8,
}

/// One reply.
pub type Reply = Echo;

/// Why an echo was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The host has no room: its neighbour table is full, or the card's queue. Later it may have.
    NoRoom,
    /// There is no way to this address, or it is forbidden.
    NoWay,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// So many were sent, from the front.
    pub count: usize,
    /// Why the next was not.
    pub refused: Option<Refusal>,
}

/// Sends and receives echoes.
pub struct Echoes {
    v4: Option<AsyncFd<IcmpSocket>>,
    v6: Option<AsyncFd<IcmpSocket>>,
    marker: Marker,
    inbox: Inbox,
    strangers: u64,
    complaints: u64,
}

impl Echoes {
    /// Most echoes that are sent with one call.
    pub const BATCH: usize = BATCH;

    /// Opens the sockets. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When ICMP is not permitted or not possible. One IP version may be missing without an error: there is no way to such addresses.
    pub fn open() -> Result<Self, PingError> {
        let marker = Marker::new();
        let open = |domain| IcmpSocket::open(domain, marker.identifier())?.registered();
        let (v4, v6) = match (open(Domain::IPV4), open(Domain::IPV6)) {
            (Err(error), Err(_)) => return Err(PingError::of(error)),
            (v4, v6) => (v4.ok(), v6.ok()),
        };
        Ok(Self { v4, v6, marker, inbox: Inbox::new(), strangers: 0, complaints: 0 })
    }

    /// Replies that may wait in the kernel before any is lost.
    pub fn room(&self) -> usize {
        let buffers = [&self.v4, &self.v6].into_iter().flatten().map(|socket| socket.get_ref().buffer());
        buffers.min().unwrap_or(0) / REPLY_OCTETS
    }

    /// Messages that were no reply to us, so far: forged, from another address than was asked, or not an echo of ours.
    pub const fn strangers(&self) -> u64 {
        self.strangers
    }

    /// The network's complaints about our echoes (ICMP unreachable and the like), so far.
    pub const fn complaints(&self) -> u64 {
        self.complaints
    }

    /// Sends echoes in order until one is refused, at most [`Self::BATCH`].
    pub fn send(&mut self, echoes: &[Echo]) -> Sent {
        let Some(first) = echoes.first() else { return Sent::default() };
        let is_v4 = first.address.is_ipv4();
        let alike = echoes.iter().take(BATCH).take_while(|echo| echo.address.is_ipv4() == is_v4);
        let addresses: Vec<IpAddr> = alike.clone().map(|echo| echo.address).collect();
        let mut messages: Vec<[u8; LENGTH]> = alike.map(|echo| self.marker.request(echo.address, echo.tag())).collect();
        let Some(socket) = self.socket(is_v4).map(AsyncFd::get_ref) else {
            return Sent { count: 0, refused: Some(Refusal::NoWay) };
        };
        let mut drained = 0;
        let result = socket.send(&mut messages, &addresses).or_else(|error| {
            // A complaint about an earlier echo stands for the error of this one: taken off, the message itself has its turn.
            drained = socket.drain_errors();
            if drained > 0 || error.kind() == io::ErrorKind::Interrupted {
                socket.send(&mut messages, &addresses)
            } else {
                Err(error)
            }
        });
        self.complaints += drained;
        match result {
            Ok(count) => Sent { count, refused: None },
            Err(error) => Sent { count: 0, refused: Some(refusal(&error)) },
        }
    }

    /// Takes the replies that have come, and does not wait for any.
    pub fn try_receive(&mut self, into: &mut Vec<Reply>) {
        let Self { v4, v6, marker, inbox, strangers, complaints } = self;
        for socket in [v4, v6].into_iter().flatten().map(|socket| socket.get_ref()) {
            while take(socket, (marker, inbox), (into, strangers)).is_ok_and(|received| received == BATCH) {}
        }
        let _only_counted = complaints;
    }

    /// Waits for replies and takes a batch of them.
    ///
    /// Cancel safety: nothing is lost when the future is dropped.
    pub async fn receive(&mut self, into: &mut Vec<Reply>) {
        let Self { v4, v6, marker, inbox, strangers, complaints } = self;
        let socket = tokio::select! {
            socket = ready(v4.as_ref()) => socket,
            socket = ready(v6.as_ref()) => socket,
        };
        // The readiness is taken back only where nothing was there, so that none is missed.
        let result = socket.try_io(tokio::io::Interest::READABLE, |socket| take(socket, (marker, inbox), (into, strangers)));
        if result.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            *complaints += socket.get_ref().drain_errors();
        }
    }

    const fn socket(&self, is_v4: bool) -> Option<&AsyncFd<IcmpSocket>> {
        if is_v4 { self.v4.as_ref() } else { self.v6.as_ref() }
    }
}

impl Echo {
    const fn tag(&self) -> Tag {
        Tag { number: self.number, attempt: self.attempt }
    }
}

async fn ready(socket: Option<&AsyncFd<IcmpSocket>>) -> &AsyncFd<IcmpSocket> {
    match socket {
        // The guard keeps the readiness unless it is told otherwise.
        Some(socket) if socket.readable().await.is_ok() => socket,
        _ => std::future::pending().await,
    }
}

fn take(
    socket: &IcmpSocket,
    (marker, inbox): (&Marker, &mut Inbox),
    (into, strangers): (&mut Vec<Reply>, &mut u64),
) -> io::Result<usize> {
    socket.receive(inbox, |from, octets| {
        let message = if socket.has_header { without_header(octets).unwrap_or_default() } else { octets };
        match marker.reply(from, message) {
            Some(Tag { number, attempt }) => into.push(Reply { address: from, number, attempt }),
            None => *strangers += 1,
        }
    })
}

fn refusal(error: &io::Error) -> Refusal {
    match error.raw_os_error() {
        Some(libc::ENOBUFS | libc::ENOMEM | libc::EAGAIN | libc::EINTR) => Refusal::NoRoom,
        _ => Refusal::NoWay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Longer than any loopback delivery; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_batch_of_loopback_addresses_answers_with_its_numbers() {
        let Ok(mut echoes) = Echoes::open() else { return };
        let asked: Vec<Echo> = (1..=BATCH)
            .map(|at| Echo {
                address: IpAddr::from([127, 8, 8, u8::try_from(at).unwrap()]),
                number: 100_000 + at as u32,
                attempt: 0,
            })
            .collect();
        assert_eq!(echoes.send(&asked), Sent { count: BATCH, refused: None });
        let mut replies = Vec::new();
        tokio::time::timeout(PATIENCE, async {
            while replies.len() < BATCH {
                echoes.receive(&mut replies).await;
            }
        })
        .await
        .unwrap();
        replies.sort_by_key(|reply| reply.number);
        assert_eq!(replies, asked);
        assert!(echoes.room() > 0);
    }

    #[tokio::test]
    async fn both_ip_versions_answer() {
        let Ok(mut echoes) = Echoes::open() else { return };
        if echoes.v4.is_none() || echoes.v6.is_none() {
            return;
        }
        for (number, address) in [(1, "127.0.0.1"), (2, "::1")] {
            let echo = Echo { address: address.parse().unwrap(), number, attempt: 1 };
            assert_eq!(echoes.send(&[echo]).count, 1);
            let mut replies = Vec::new();
            tokio::time::timeout(PATIENCE, async {
                while replies.is_empty() {
                    echoes.receive(&mut replies).await;
                }
            })
            .await
            .unwrap();
            assert_eq!(replies, [echo]);
        }
    }

    #[tokio::test]
    async fn an_address_to_which_there_is_no_way_is_refused_and_the_next_is_not() {
        let Ok(mut echoes) = Echoes::open() else { return };
        let echo = |address: &str| Echo { address: address.parse().unwrap(), number: 1, attempt: 0 };
        // Broadcast needs a permission that the socket does not have.
        let sent = echoes.send(&[echo("127.0.0.1"), echo("255.255.255.255"), echo("127.0.0.2")]);
        assert_eq!(sent, Sent { count: 1, refused: None });
        assert_eq!(echoes.send(&[echo("255.255.255.255")]), Sent { count: 0, refused: Some(Refusal::NoWay) });
        assert_eq!(echoes.send(&[echo("127.0.0.2")]), Sent { count: 1, refused: None });
    }
}
