//! Datagrams that never leave the process: for tests under a paused clock, where a real socket would race tokio's auto-advance.

use super::datagram::{Arrival, Pending, Received, Room, Take, Transport};
use crate::clock::{self, Stopwatch};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// One answer of a played peer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// How long it takes, by tokio's clock.
    pub after: Duration,
    /// Where it comes from.
    pub from: SocketAddr,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// Plays every peer there is: given a datagram and where it goes, says what comes back.
pub type Peers = dyn Fn(&[u8], SocketAddr) -> Vec<Reply> + Send + Sync;

/// A transport whose peers are a function.
pub struct Memory {
    peers: Box<Peers>,
    deliver: mpsc::UnboundedSender<Reply>,
    inbox: Mutex<mpsc::UnboundedReceiver<Reply>>,
}

impl Memory {
    /// With these peers.
    pub fn new(peers: impl Fn(&[u8], SocketAddr) -> Vec<Reply> + Send + Sync + 'static) -> Self {
        let (deliver, inbox) = mpsc::unbounded_channel();
        Self { peers: Box::new(peers), deliver, inbox: Mutex::new(inbox) }
    }
}

impl Transport for Memory {
    fn try_send(&self, bytes: &[u8], peer: SocketAddr) -> io::Result<()> {
        for reply in (self.peers)(bytes, peer) {
            let deliver = self.deliver.clone();
            tokio::spawn(async move {
                tokio::time::sleep(reply.after).await;
                // The receiver is gone when the test has ended.
                deliver.send(reply).ok();
            });
        }
        Ok(())
    }

    fn writable(&self, _: SocketAddr) -> Pending<'_, io::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn receive<'a>(&'a self, _: &'a mut Room, take: Take<'a>) -> Pending<'a, io::Result<()>> {
        Box::pin(async move {
            let mut inbox = self.inbox.lock().await;
            let Some(first) = inbox.recv().await else {
                return Err(io::ErrorKind::BrokenPipe.into());
            };
            let mut next = Some(first);
            while let Some(Reply { from, bytes, .. }) = next {
                // Round trips are those of tokio's clock, as the replies' delays are.
                let clock = Stopwatch::at(tokio::time::sleep(Duration::ZERO).deadline().into_std());
                let received = Received { length: bytes.len(), peer: from, at: clock::now(), clock };
                take(&Arrival::Datagram(received), &bytes);
                next = inbox.try_recv().ok();
            }
            Ok(())
        })
    }
}
