//! The thread of one port.

use super::counters::Counters;
use super::meter::{Meter, Second, timestamp};
use super::tap::{Tap, Tapped};
use crate::clock::{self, Stopwatch};
use crate::collect::{Emitter, Pulse};
use crate::event::Body;
use crate::model::Timestamp;
use crate::model::flow::{FlowBatch, FlowColumns};
use crate::net::capture::ring::{Heads, Hears, Ring, RingOptions};
use crate::net::capture::{CaptureError, Port};
use crate::wire::packet::LinkType;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What moved is told at this pace.
const SECOND: Duration = Duration::from_secs(1);

/// Without frames the thread looks whether it is to end at this pace.
const LOOKS: Duration = Duration::from_millis(500);

/// Octets of a frame that are read: every head up to ports and flags, behind two tags, labels and IPv6's usual extension headers.
pub const HEADS: u32 = 160;

/// What frames of a port begin with, as the dissector calls it.
pub const fn link_type(heads: Heads) -> LinkType {
    match heads {
        Heads::Ethernet => LinkType::Ethernet,
        Heads::None => LinkType::Ip,
        Heads::Ieee80211 => LinkType::Ieee80211,
        Heads::Radiotap => LinkType::Radiotap,
    }
}

/// How a port is read.
#[derive(Debug)]
pub struct ReaderOptions {
    /// Whose frames.
    pub hears: Hears,
    /// What decodes flows that pass by.
    pub tap: Tap,
    /// Whether records are kept whole.
    pub keeps_records: bool,
}

/// A port that is read.
#[derive(Debug)]
pub struct Reader {
    keeps_records: bool,
    ring: Ring,
    meter: Meter,
    tap: Tap,
    emitter: Emitter,
    counters: Arc<Counters>,
}

impl Reader {
    /// Begins to read a port.
    ///
    /// # Errors
    /// Without CAP_NET_RAW, or when there is no such port.
    pub fn open(
        port: &Port,
        options: ReaderOptions,
        (emitter, counters): (Emitter, Arc<Counters>),
    ) -> Result<Self, CaptureError> {
        let ReaderOptions { hears, tap, keeps_records } = options;
        let ring = Ring::open(port, &RingOptions { hears, filter: tap.program(HEADS) })?;
        let meter = Meter::new(port, link_type(ring.heads()));
        Ok(Self { keeps_records, ring, meter, tap, emitter, counters })
    }

    /// Reads until cancelled; blocks its thread.
    ///
    /// # Errors
    /// The port is gone.
    pub fn run(mut self, (stop, pulse): (&CancellationToken, &Pulse)) -> Result<(), String> {
        let (mut clock, mut ran) = (Stopwatch::start(), Ok(()));
        while !stop.is_cancelled() {
            pulse.beat();
            let left = SECOND.saturating_sub(clock.elapsed());
            if let Err(error) = self.ring.wait(left.min(LOOKS)) {
                self.counters.broken.fetch_add(1, Relaxed);
                ran = Err(format!("the port can't be read on: {error}"));
                break;
            }
            let (meter, tap) = (&mut self.meter, &mut self.tap);
            self.ring.block(&mut |frame| {
                let packet = meter.add(&frame);
                tap.look((&packet, frame.octets), frame.direction, timestamp(frame.at_ns));
            });
            if self.tap.is_full() {
                let records = self.tap.records();
                self.offer(records);
            }
            if clock.elapsed() >= SECOND {
                clock = Stopwatch::start();
                self.tell();
                // A port that was taken away says that it went down, as one does that comes up again.
                if !self.ring.is_there() {
                    self.counters.broken.fetch_add(1, Relaxed);
                    ran = Err("the port is gone".to_owned());
                    break;
                }
            }
        }
        self.tell();
        let records = self.meter.end(clock::now());
        self.offer(records);
        ran
    }

    fn tell(&mut self) {
        let before = self.meter.dropped();
        let dropped = self.ring.statistics().dropped;
        self.counters.dropped_kernel.fetch_add(dropped.saturating_sub(before), Relaxed);
        let now = clock::now();
        let Second { batch, records, frames, cut, overflow } = self.meter.second(now, dropped);
        for (counter, count) in [(&self.counters.frames, frames), (&self.counters.cut, cut), (&self.counters.overflow, overflow)]
        {
            counter.fetch_add(count, Relaxed);
        }
        self.talks(batch, now);
        self.offer(records);
        let Tapped { batch, records, datagrams, cut } = self.tap.take(now);
        self.counters.tapped.fetch_add(datagrams, Relaxed);
        self.counters.tap_cut.fetch_add(cut, Relaxed);
        if let Some(batch) = batch {
            self.talks(batch, now);
        }
        self.offer(records);
    }

    fn talks(&self, batch: FlowBatch, now: Timestamp) {
        if !self.emitter.offer(now, Body::Flows(Box::new(batch))) {
            self.counters.dropped_queue.fetch_add(1, Relaxed);
        }
    }

    fn offer(&self, records: FlowColumns) {
        if records.is_empty() || !self.keeps_records {
            return;
        }
        let count = u64::try_from(records.len()).unwrap_or(0);
        let counter = match self.emitter.offer(clock::now(), Body::FlowRecords(Box::new(records))) {
            true => &self.counters.records,
            false => &self.counters.dropped_queue,
        };
        counter.fetch_add(count, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::emitter;
    use crate::model::flow::FlowVersion;
    use crate::net::capture::ports;
    use std::net::UdpSocket;

    /// NetFlow version 5: a record of 2560 octets.
    fn netflow() -> Vec<u8> {
        let mut payload = vec![0, 5, 0, 1, 0, 0, 0, 100, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        payload.extend([10, 1, 1, 1, 10, 1, 1, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 7, 0, 0, 10, 0, 0, 0, 0, 1, 0, 0, 0, 9]);
        payload.extend([0, 80, 0x9c, 0x40, 0, 0x10, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        payload
    }

    #[test]
    fn what_goes_through_a_port_and_what_passes_by_reach_the_engine() {
        let loopback = ports().into_iter().find(|port| port.is_loopback && port.is_up).expect("a loopback");
        let to = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = to.local_addr().unwrap();
        // A port on which exporters' datagrams are looked for; the collector that listens there listens elsewhere.
        let tap = Tap::new(&[([127, 9, 9, 9], address.port()).into()], Vec::new());
        let (emitter, mut events) = emitter::channel(64);
        let counters = Arc::<Counters>::default();
        let options = ReaderOptions { hears: Hears::Own, tap, keeps_records: true };
        let Ok(reader) = Reader::open(&loopback, options, (emitter, Arc::clone(&counters))) else {
            eprintln!("SKIPPED: no permission to capture");
            return;
        };
        let from = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..3 {
            from.send_to(&netflow(), address).unwrap();
        }
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let thread = std::thread::spawn(move || reader.run((&stopping, &Pulse::default())));
        let (mut captured, mut tapped) = (0, 0);
        while (captured, tapped) < (3 * 114, 3 * 2560) {
            let Body::Flows(batch) = events.blocking_recv().expect("the reader goes on").body else { continue };
            for (key, sum) in &batch.talks.rows {
                match batch.exporters[usize::from(key.exporter)].version {
                    FlowVersion::Capture if key.port == address.port().min(from.local_addr().unwrap().port()) => {
                        captured += sum.octets
                    }
                    FlowVersion::NetFlow5 => tapped += sum.octets,
                    _ => {}
                }
            }
        }
        stop.cancel();
        thread.join().unwrap().unwrap();
        // Each once, though the loopback shows each twice: Ethernet, IPv4 and UDP before 72 octets.
        assert_eq!((captured, tapped), (3 * 114, 3 * 2560));
        let counts = counters.counts();
        assert!(counts.frames >= 3 && counts.dropped_kernel == 0 && counts.tapped == 3, "{counts:?}");
        let mut records = 0;
        while let Some(event) = events.blocking_recv() {
            if let Body::FlowRecords(columns) = event.body {
                records += columns.len();
            }
        }
        assert!(records >= 1, "the flow ends with the reader");
    }
}
