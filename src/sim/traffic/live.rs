//! Exporting live: the datagrams of every second, and the thread that sends them.
//!
//! NetFlow and IPFIX tell a minute's flows all through the next minute, as caches with an active timeout of a minute do; sFlow
//! tells a sampled packet in the second in which it was sampled.

mod datagrams;

use super::Traffic;
use crate::clock;
use crate::model::Timestamp;
use crate::net::pktinfo::{Envelope, ManyAddresses};
pub use datagrams::DOMAIN;
use datagrams::Writer;
use ipnet::Ipv4Net;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the thread sleeps before it looks whether a second has begun, or whether it shall end.
const LOOK: Duration = Duration::from_millis(100);

/// A free port of the loopback addresses, for a collector that is about to listen there.
///
/// # Errors
/// When no socket can be opened.
pub fn free_port() -> io::Result<u16> {
    ManyAddresses::bind(0, Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8), LOOK).map(|socket| socket.port())
}

/// Exporters that send; dropping it ends them.
#[derive(Debug)]
pub struct Exporters {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Exporters {
    /// Sends to `target` what the devices of `traffic` export, each from its own address, until it is dropped.
    ///
    /// # Errors
    /// When no socket can be opened.
    pub fn start(traffic: Arc<Traffic>, target: SocketAddrV4) -> io::Result<Self> {
        let network = traffic.campus().scenario.network;
        let socket = ManyAddresses::bind(0, network, LOOK)?;
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counter) = (Arc::clone(&stop), Arc::clone(&sent));
        let run = move || {
            let mut feed = Feed::new(traffic, clock::now());
            while !stopped.load(Ordering::Relaxed) {
                for (source, datagram) in feed.until(clock::now()) {
                    // Nobody listens yet, or no longer: an exporter does not care.
                    let envelope = Envelope { from: target, to: source };
                    counter.fetch_add(u64::from(socket.answer(&datagram, envelope).is_ok()), Ordering::Relaxed);
                }
                std::thread::sleep(LOOK);
            }
        };
        let thread = std::thread::Builder::new().name("exporters".to_owned()).spawn(run)?;
        Ok(Self { stop, sent, thread: Some(thread) })
    }

    /// Datagrams sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Exporters {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// The datagrams of all exporters, second by second. Pure but for what it counts: the same times give the same octets.
#[derive(Debug)]
pub struct Feed {
    traffic: Arc<Traffic>,
    writers: Vec<Writer>,
    /// The next second that is due.
    next: i64,
}

/// Seconds that are made up for at most where the process was stopped: who was away longer has lost what was in between.
const MOST_SECONDS: i64 = 5;

impl Feed {
    /// Of a network, beginning at a time.
    pub fn new(traffic: Arc<Traffic>, from: Timestamp) -> Self {
        let writers = (0..traffic.exporters().len()).map(|place| Writer::new(&traffic, place, from)).collect();
        Self { traffic, writers, next: from.secs() }
    }

    /// The datagrams of all seconds that ended by `now`, with their sources.
    pub fn until(&mut self, now: Timestamp) -> Vec<(Ipv4Addr, Vec<u8>)> {
        self.next = self.next.max(now.secs() - MOST_SECONDS);
        let mut datagrams = Vec::new();
        while self.next < now.secs() {
            for writer in &mut self.writers {
                writer.second(&self.traffic, self.next, &mut datagrams);
            }
            self.next += 1;
        }
        datagrams
    }
}
