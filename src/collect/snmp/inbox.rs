//! Who waits for which answer: the requests in flight by their number, and the task that hands answers out.

use super::counts::{Counters, count};
use crate::clock::Stopwatch;
use crate::model::Timestamp;
use crate::net::datagram::{Arrival, MAX_DATAGRAM, Received, Transport, Undelivered};
use crate::wire::snmp::peek;
use rustc_hash::FxHashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Answers that may wait for one asker: one, and a duplicate or an answer to an earlier try; what is more is dropped and counted.
pub(super) const ANSWERS: usize = 4;

/// Spreads consecutive numbers over the whole range, so that they are not guessed from one another (2^32 / golden ratio, odd).
const STRIDE: u32 = 0x9e37_79b1;

/// What an asker gets.
#[derive(Debug)]
pub(super) enum Answer {
    /// A datagram with the right number from the right peer. Its content is not yet checked.
    Datagram {
        /// Which try it answers, from 0.
        attempt: u32,
        /// Time between the request and this answer to it.
        round_trip: Duration,
        /// When it was received.
        at: Timestamp,
        /// The whole message.
        bytes: Vec<u8>,
    },
    /// The network says that the request was not delivered.
    Undelivered(Undelivered),
}

struct Waiter {
    peer: SocketAddr,
    attempt: u32,
    sent: Stopwatch,
    to: mpsc::Sender<Answer>,
}

/// The requests in flight.
pub(super) struct Inbox {
    waiting: Mutex<FxHashMap<i32, Waiter>>,
    next: AtomicU32,
    seed: u32,
}

impl Inbox {
    pub(super) fn new() -> Self {
        // The standard library's hash keys are the process's random numbers.
        let random = RandomState::new().build_hasher().finish();
        let [a, b, c, d, ..] = random.to_le_bytes();
        let seed = u32::from_le_bytes([a, b, c, d]);
        Self { waiting: Mutex::default(), next: AtomicU32::new(seed.rotate_left(16)), seed }
    }

    fn waiting(&self) -> MutexGuard<'_, FxHashMap<i32, Waiter>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that `to` waits for an answer of `peer`, and gives the number that the request must carry: positive, and
    /// used by no other request in flight.
    fn enter(&self, peer: SocketAddr, attempt: u32, to: mpsc::Sender<Answer>) -> i32 {
        let mut waiting = self.waiting();
        loop {
            let number = self.next.fetch_add(1, Relaxed).wrapping_mul(STRIDE) ^ self.seed;
            let id = i32::try_from(number & 0x7fff_ffff).unwrap_or(0);
            if id != 0 && !waiting.contains_key(&id) {
                waiting.insert(id, Waiter { peer, attempt, sent: Stopwatch::start(), to });
                return id;
            }
        }
    }

    /// Hands a datagram to whoever waits for it.
    fn deliver(&self, bytes: &[u8], received: &Received, counters: &Counters) {
        count(&counters.received);
        let head = match peek(bytes) {
            Ok(head) => head,
            Err(fault) => return counters.refuse(fault.word()),
        };
        let waiting = self.waiting();
        let Some(waiter) = waiting.get(&head.id) else {
            return count(&counters.late);
        };
        if !same_peer(waiter.peer, received.peer) {
            return counters.refuse("source");
        }
        let round_trip = waiter.sent.until(&received.clock);
        let answer = Answer::Datagram { attempt: waiter.attempt, round_trip, at: received.at, bytes: bytes.to_vec() };
        if waiter.to.try_send(answer).is_err() {
            count(&counters.late);
        }
    }

    /// Tells everyone who waits for `peer` that nothing was delivered to it. Rare, so that looking at all is no matter.
    fn undelivered(&self, peer: SocketAddr, why: Undelivered) {
        for waiter in self.waiting().values().filter(|waiter| same_peer(waiter.peer, peer)) {
            waiter.to.try_send(Answer::Undelivered(why)).ok();
        }
    }
}

/// RFC 3493 §3.3: the flow label of an answer is not the question's, and a global address comes without the scope.
fn same_peer(asked: SocketAddr, answered: SocketAddr) -> bool {
    asked.ip() == answered.ip() && asked.port() == answered.port()
}

/// Receives for as long as the transport works. Ends with the client, which aborts it.
pub(super) async fn receive(transport: Arc<dyn Transport>, inbox: Arc<Inbox>, counters: Arc<Counters>) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        match transport.receive(&mut buffer).await {
            Ok(Arrival::Datagram(received)) => {
                inbox.deliver(buffer.get(..received.length).unwrap_or_default(), &received, &counters);
            }
            Ok(Arrival::Undelivered(peer, why)) => inbox.undelivered(peer, why),
            Err(error) => {
                tracing::error!(%error, "the SNMP socket is broken");
                return;
            }
        }
    }
}

/// One asker's place in the inbox, for all tries of one question. Leaves it when dropped, answered or not.
pub(super) struct Place<'a> {
    inbox: &'a Inbox,
    counters: &'a Counters,
    peer: SocketAddr,
    to: mpsc::Sender<Answer>,
    pub(super) answers: mpsc::Receiver<Answer>,
    ids: Vec<i32>,
}

impl<'a> Place<'a> {
    pub(super) fn new(inbox: &'a Inbox, counters: &'a Counters, peer: SocketAddr) -> Self {
        let (to, answers) = mpsc::channel(ANSWERS);
        Self { inbox, counters, peer, to, answers, ids: Vec::new() }
    }

    /// The number for the next try. Earlier ones stay valid: a late answer is an answer.
    pub(super) fn number(&mut self, attempt: u32) -> i32 {
        let id = self.inbox.enter(self.peer, attempt, self.to.clone());
        self.ids.push(id);
        id
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.inbox.waiting();
        for id in &self.ids {
            waiting.remove(id);
        }
        drop(waiting);
        while self.answers.try_recv().is_ok() {
            count(&self.counters.late);
        }
    }
}
