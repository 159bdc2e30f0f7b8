//! Syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425): messages in, batches of lines out. Knows no device: the engine joins lines to
//! devices.
//!
//! A thread reads all UDP sockets with `recvmmsg`, another all streams, outside the runtime of the other collectors: a flood of lines delays no
//! poll. Start at [`Worker`] and [`Streams`], then `gather` (batches; traps use it too) and `clocks` (whose is wrong).

mod clocks;
mod gather;
#[cfg(test)]
mod stream_tests;
mod streams;
#[cfg(test)]
mod tests;
mod worker;

pub use clocks::WrongClock;
pub use gather::{Gather, MOST_LINES};
pub use streams::{Bounds, Streams};
pub use worker::Worker;

use crate::model::{LogLine, Timestamp};
use crate::wire::syslog::{self, Refusal};
use clocks::Clocks;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What came.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    decoded: AtomicU64,
    empty: AtomicU64,
    binary: AtomicU64,
    /// Datagrams that the kernel dropped.
    dropped_kernel: AtomicU64,
    /// Lines that the engine had no room for.
    dropped_queue: AtomicU64,
    cut: AtomicU64,
    masked: AtomicU64,
    /// Lines whose sender's clock is wrong.
    misdated: AtomicU64,
    /// Connections that there are now.
    connections: AtomicU64,
    crowded: AtomicU64,
    handshakes: AtomicU64,
    slow: AtomicU64,
    clocks: Clocks,
}

/// The counters at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub received: u64,
    /// Lines.
    pub decoded: u64,
    /// Messages that were no lines, by reason; and connections that were not taken or not kept.
    pub refused: BTreeMap<String, u64>,
    /// Datagrams that the kernel dropped.
    pub dropped_kernel: u64,
    /// Lines that the engine had no room for.
    pub dropped_queue: u64,
    /// Lines that were longer than is kept.
    pub cut: u64,
    /// Lines in which a secret was masked.
    pub masked: u64,
    /// Lines whose sender's clock is wrong.
    pub misdated: u64,
    /// Connections that there are now.
    pub connections: u64,
}

impl Counters {
    fn refuse(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Empty => &self.empty,
            Refusal::Binary => &self.binary,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Reads a message and counts what became of it.
    fn read(&self, octets: &[u8], from: (Timestamp, IpAddr)) -> Option<LogLine> {
        self.received.fetch_add(1, Relaxed);
        match syslog::read(octets, from) {
            Ok(line) => {
                self.decoded.fetch_add(1, Relaxed);
                self.cut.fetch_add(u64::from(line.cut_octets > 0), Relaxed);
                self.masked.fetch_add(u64::from(line.masked > 0), Relaxed);
                self.misdated.fetch_add(u64::from(self.clocks.look(&line)), Relaxed);
                Some(line)
            }
            Err(refusal) => {
                self.refuse(refusal);
                None
            }
        }
    }

    /// Whose clocks are wrong, the worst first.
    pub fn wrong_clocks(&self) -> Vec<WrongClock> {
        self.clocks.wrong()
    }

    /// As they are now.
    pub fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        let refused = [
            (Refusal::Empty.word(), of(&self.empty)),
            (Refusal::Binary.word(), of(&self.binary)),
            ("crowded", of(&self.crowded)),
            ("tls-handshake", of(&self.handshakes)),
            ("slow", of(&self.slow)),
        ];
        let refused = refused.into_iter().filter(|(_, count)| *count > 0);
        Counts {
            received: of(&self.received),
            decoded: of(&self.decoded),
            refused: refused.map(|(reason, count)| (reason.to_owned(), count)).collect(),
            dropped_kernel: of(&self.dropped_kernel),
            dropped_queue: of(&self.dropped_queue),
            cut: of(&self.cut),
            masked: of(&self.masked),
            misdated: of(&self.misdated),
            connections: of(&self.connections),
        }
    }
}
