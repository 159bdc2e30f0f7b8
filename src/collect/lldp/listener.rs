//! Hears announcements on the host's ports and publishes who is there.

use super::table::{Came, Table};
use crate::clock::Stopwatch;
use crate::model::{IfIndex, NeighbourRow};
use crate::net::capture::{self, Announcements, CaptureError, Heard, MAX_FRAME, Port};
use crate::wire::announcement::{self, Announcement, Fault};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

/// Ports come and go; one that is plugged in is heard after at most this time, less than the 30 s between two announcements.
const LOOKS_FOR_PORTS: Duration = Duration::from_secs(10);

/// Where it is read who is there, changed whenever that changes.
pub type Neighbours = watch::Receiver<Arc<Vec<NeighbourRow>>>;

/// Counters, for `status`.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    decoded: AtomicU64,
    dropped: AtomicU64,
    passed_over: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames received.
    pub received: u64,
    /// Of those, taken over.
    pub decoded: u64,
    /// Frames dropped by the kernel.
    pub dropped: u64,
    /// Malformed parts of frames that were taken over.
    pub passed_over: u64,
    /// Frames refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Counters {
    /// As they are now.
    pub fn counts(&self) -> Counts {
        Counts {
            received: self.received.load(Relaxed),
            decoded: self.decoded.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            passed_over: self.passed_over.load(Relaxed),
            refused: self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn refuse(&self, reason: &'static str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
    }
}

/// The listener, not running yet.
pub struct Listener {
    frames: Announcements,
    counters: Arc<Counters>,
    publish: watch::Sender<Arc<Vec<NeighbourRow>>>,
    table: Table,
    ports: BTreeMap<IfIndex, String>,
    clock: Stopwatch,
}

impl Listener {
    /// Opens the socket; who is heard goes to `publish`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn open(counters: Arc<Counters>, publish: watch::Sender<Arc<Vec<NeighbourRow>>>) -> Result<Self, CaptureError> {
        let frames = Announcements::open()?;
        let (table, ports) = (Table::default(), BTreeMap::new());
        let mut listener = Self { frames, counters, publish, table, ports, clock: Stopwatch::start() };
        listener.look_for_ports();
        Ok(listener)
    }

    /// Listens until cancelled.
    ///
    /// # Errors
    /// The socket broke.
    pub async fn run(mut self, stop: CancellationToken) -> std::io::Result<()> {
        let mut looks = interval(LOOKS_FOR_PORTS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut frame = Box::new([0; MAX_FRAME]);
        loop {
            let ends = self.table.next_end().map(|end| end.saturating_sub(self.clock.elapsed()));
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                heard = self.frames.receive(&mut frame) => match heard {
                    Ok(heard) => self.hear(heard, &*frame),
                    Err(error) => return Err(error),
                },
                _ = looks.tick() => self.look_for_ports(),
                () = sleep(ends.unwrap_or_default()), if ends.is_some() => self.forget(),
            }
        }
    }

    fn hear(&mut self, Heard { if_index, length }: Heard, frame: &[u8]) {
        self.counters.received.fetch_add(1, Relaxed);
        // A bridge tells a frame again that came in by one of its ports.
        let Some(name) = self.ports.get(&if_index) else { return self.counters.refuse("not-a-port") };
        match frame.get(..length).and_then(announcement::decode) {
            Some(Ok(said)) => {
                self.counters.decoded.fetch_add(1, Relaxed);
                self.counters.passed_over.fetch_add(u64::from(said.passed_over), Relaxed);
                self.take(if_index, name.clone(), said);
            }
            Some(Err(fault)) => self.refused(if_index, fault),
            None => self.counters.refuse("not-an-announcement"),
        }
    }

    fn take(&mut self, if_index: IfIndex, name: String, said: Announcement) {
        match self.table.hear((if_index, &name), said, self.clock.elapsed()) {
            Came::Changed => self.publish(),
            Came::Same => {}
            Came::TooMany => self.counters.refuse("too-many"),
        }
    }

    fn refused(&self, if_index: IfIndex, fault: Fault) {
        tracing::debug!(port = %if_index, %fault, "an announcement was refused");
        self.counters.refuse(fault.word());
    }

    fn publish(&self) {
        self.publish.send_replace(Arc::new(self.table.rows()));
    }

    fn forget(&mut self) {
        if self.table.forget(self.clock.elapsed(), |port| self.ports.contains_key(&port)) {
            self.publish();
        }
    }

    fn look_for_ports(&mut self) {
        let ports: BTreeMap<IfIndex, String> =
            capture::ports().into_iter().filter(is_listened_to).map(|port| (port.if_index, port.name)).collect();
        for if_index in ports.keys().filter(|if_index| !self.ports.contains_key(if_index)) {
            if let Err(error) = self.frames.join(*if_index) {
                tracing::debug!(port = %if_index, %error, "no announcements are heard on a port");
            }
        }
        self.ports = ports;
        self.counters.dropped.store(self.frames.dropped(), Relaxed);
        self.forget();
    }
}

/// Whether a neighbour can be plugged in there: not on a loopback, nor on a bridge, which tells what its ports hear.
fn is_listened_to(port: &Port) -> bool {
    let is_bridge = Path::new("/sys/class/net").join(&port.name).join("bridge").exists();
    !port.is_loopback && port.mac.is_some() && !is_bridge
}
