//! Speaking live: a thread sends what every second brings, each device from its own address.

use super::Script;
use crate::clock;
use crate::model::LogKind;
use crate::net::pktinfo::{Envelope, ManyAddresses};
use std::io;
use std::net::{IpAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the thread sleeps before it looks whether something is to be said, or whether it shall end.
const LOOK: Duration = Duration::from_millis(100);

/// Seconds that are made up for at most where the process was stopped.
const MOST_SECONDS: i64 = 5;

/// Devices that speak; dropping it ends them.
#[derive(Debug)]
pub struct Speakers {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Speakers {
    /// Sends syslog and traps to their targets until it is dropped.
    ///
    /// # Errors
    /// When no socket can be opened.
    pub fn start(script: Script, (syslog, traps): (SocketAddrV4, SocketAddrV4)) -> io::Result<Self> {
        let socket = ManyAddresses::bind(0, script.scenario.network, LOOK)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let run = move || {
            let mut next = clock::now().secs();
            let mut waiting = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let now = clock::now();
                next = next.max(now.secs() - MOST_SECONDS);
                while next <= now.secs() {
                    waiting.extend(script.second(next));
                    next += 1;
                }
                waiting.sort_by_key(|datagram| datagram.at);
                let due = waiting.partition_point(|datagram| datagram.at <= now);
                for datagram in waiting.drain(..due) {
                    let IpAddr::V4(source) = datagram.source else { continue };
                    let target = if datagram.kind == LogKind::Trap { traps } else { syslog };
                    // Nobody listens yet, or no longer: who speaks by UDP does not care.
                    let _lost = socket.answer(&datagram.octets, Envelope { from: target, to: source });
                }
                std::thread::sleep(LOOK);
            }
        };
        let thread = std::thread::Builder::new().name("speakers".to_owned()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Speakers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
