//! Who waits for which answer: the requests in flight by their number, and the task that hands answers out.

use super::counts::{Counters, count};
use crate::clock::Stopwatch;
use crate::model::Timestamp;
use crate::net::datagram::{Arrival, Received, Room, Transport, Undelivered};
use crate::wire::snmp::{Fault, peek};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Answers that may wait for one asker: one, and a duplicate or an answer to an earlier try; what is more is dropped and counted.
pub(super) const ANSWERS: usize = 4;

/// Spreads consecutive numbers over the whole range, so that they are not guessed from one another (2^32 / golden ratio, odd).
const STRIDE: u32 = 0x9e37_79b1;

/// Buffers kept for the next datagram: as many as are usually between the receiver and who asked.
const KEPT_BUFFERS: usize = 64;

/// A buffer that has grown beyond this is not kept: one hostile agent would enlarge them all.
const KEPT_CAPACITY: usize = 32 * 1024;

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
        /// The same moment, for measuring.
        clock: Stopwatch,
        /// The whole message.
        bytes: Vec<u8>,
    },
    /// The network says that the request was not delivered.
    Undelivered(Undelivered),
    /// Something came from the peer that can't be read so far as to say what it answers.
    Unreadable(Fault),
}

/// Where answers wait for one asker.
#[derive(Default)]
pub(super) struct Slot(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    answers: VecDeque<Answer>,
    waker: Option<Waker>,
}

impl Slot {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an answer in, unless too many wait. Whether it was.
    fn put(&self, answer: impl FnOnce() -> Answer) -> bool {
        let mut waiting = self.waiting();
        if waiting.answers.len() >= ANSWERS {
            return false;
        }
        waiting.answers.push_back(answer());
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// The next answer. Cancel safety: nothing is lost.
    pub(super) async fn next(&self) -> Answer {
        poll_fn(|context| {
            let mut waiting = self.waiting();
            match waiting.answers.pop_front() {
                Some(answer) => Poll::Ready(answer),
                None => {
                    waiting.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

struct Waiter {
    peer: SocketAddr,
    attempt: u32,
    sent: Stopwatch,
    to: Arc<Slot>,
}

/// The requests in flight.
pub(super) struct Inbox {
    waiting: Mutex<FxHashMap<i32, Waiter>>,
    buffers: Mutex<Vec<Vec<u8>>>,
    next: AtomicU32,
    seed: u32,
}

impl Inbox {
    pub(super) fn new() -> Self {
        // The standard library's hash keys are the process's random numbers.
        let random = RandomState::new().build_hasher().finish();
        let [a, b, c, d, ..] = random.to_le_bytes();
        let seed = u32::from_le_bytes([a, b, c, d]);
        let next = AtomicU32::new(seed.rotate_left(16));
        Self { waiting: Mutex::default(), buffers: Mutex::default(), next, seed }
    }

    fn waiting(&self) -> MutexGuard<'_, FxHashMap<i32, Waiter>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer that has served before, where there is one.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// A buffer that is not needed any more.
    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.capacity() <= KEPT_CAPACITY && buffers.len() < KEPT_BUFFERS {
            buffers.push(buffer);
        }
    }

    /// Takes note that `to` waits for an answer of `peer`, and gives the number that the request must carry: positive, and
    /// used by no other request in flight.
    fn enter(&self, peer: SocketAddr, attempt: u32, sent: Stopwatch, to: &Arc<Slot>) -> i32 {
        let mut waiting = self.waiting();
        loop {
            let number = self.next.fetch_add(1, Relaxed).wrapping_mul(STRIDE) ^ self.seed;
            let id = i32::try_from(number & 0x7fff_ffff).unwrap_or(0);
            if id != 0 && !waiting.contains_key(&id) {
                waiting.insert(id, Waiter { peer, attempt, sent, to: Arc::clone(to) });
                return id;
            }
        }
    }

    /// Hands a datagram to whoever waits for it.
    fn deliver(&self, bytes: &[u8], received: &Received, counters: &Counters) {
        count(&counters.received);
        let head = match peek(bytes) {
            Ok(head) => head,
            Err(fault) => {
                counters.refuse(fault.word());
                return self.tell(received.peer, || Answer::Unreadable(fault));
            }
        };
        // Held until the answer is put in: whoever has left the inbox gets none any more.
        let waiting = self.waiting();
        let Some(waiter) = waiting.get(&head.id) else {
            return count(&counters.late);
        };
        if !same_peer(waiter.peer, received.peer) {
            return counters.refuse("source");
        }
        let (round_trip, attempt) = (waiter.sent.until(&received.clock), waiter.attempt);
        let (at, clock) = (received.at, received.clock);
        let answer = || {
            let mut buffer = self.buffer();
            buffer.extend_from_slice(bytes);
            Answer::Datagram { attempt, round_trip, at, clock, bytes: buffer }
        };
        if !waiter.to.put(answer) {
            count(&counters.late);
        }
    }

    /// Tells everyone who waits for `peer`. Rare, so that looking at all who wait is no matter.
    fn tell(&self, peer: SocketAddr, answer: impl Fn() -> Answer) {
        for waiter in self.waiting().values().filter(|waiter| same_peer(waiter.peer, peer)) {
            waiter.to.put(&answer);
        }
    }
}

/// RFC 3493 §3.3: the flow label of an answer is not the question's, and a global address comes without the scope.
fn same_peer(asked: SocketAddr, answered: SocketAddr) -> bool {
    asked.ip() == answered.ip() && asked.port() == answered.port()
}

/// Receives for as long as the transport works. Ends with the client, which aborts it.
pub(super) async fn receive(transport: Arc<dyn Transport>, inbox: Arc<Inbox>, counters: Arc<Counters>) {
    let mut room = Room::new();
    let mut take = |arrival: &Arrival, bytes: &[u8]| match arrival {
        Arrival::Datagram(received) => inbox.deliver(bytes, received, &counters),
        Arrival::Undelivered(peer, why) => inbox.tell(*peer, || Answer::Undelivered(*why)),
    };
    loop {
        if let Err(error) = transport.receive(&mut room, &mut take).await {
            tracing::error!(%error, "the SNMP socket is broken");
            return;
        }
    }
}

/// What an asker keeps between its questions, so that it need not be made anew for each.
#[derive(Default)]
pub(super) struct Desk {
    slot: Arc<Slot>,
    ids: Vec<i32>,
}

/// One asker's place in the inbox, for all tries of one question. Leaves it when dropped, answered or not.
pub(super) struct Place<'a> {
    inbox: &'a Inbox,
    counters: &'a Counters,
    peer: SocketAddr,
    desk: Desk,
    home: &'a Mutex<Option<Desk>>,
}

impl<'a> Place<'a> {
    /// With the desk that stands at `home`, if nobody else uses it.
    pub(super) fn new(inbox: &'a Inbox, counters: &'a Counters, peer: SocketAddr, home: &'a Mutex<Option<Desk>>) -> Self {
        let desk = home.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        Self { inbox, counters, peer, desk, home }
    }

    /// The number for the next try, which is sent now. Earlier ones stay valid: a late answer is an answer.
    pub(super) fn number(&mut self, attempt: u32, sent: Stopwatch) -> i32 {
        let id = self.inbox.enter(self.peer, attempt, sent, &self.desk.slot);
        self.desk.ids.push(id);
        id
    }

    /// The next answer to any try. Cancel safety: nothing is lost.
    pub(super) async fn answer(&self) -> Answer {
        self.desk.slot.next().await
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut desk = std::mem::take(&mut self.desk);
        let mut waiting = self.inbox.waiting();
        for id in desk.ids.drain(..) {
            waiting.remove(&id);
        }
        drop(waiting);
        let mut slot = desk.slot.waiting();
        slot.waker = None;
        while let Some(answer) = slot.answers.pop_front() {
            count(&self.counters.late);
            if let Answer::Datagram { bytes, .. } = answer {
                self.inbox.give_back(bytes);
            }
        }
        drop(slot);
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = Some(desk);
    }
}
