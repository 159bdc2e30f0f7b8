//! Live flows of a port, for `noctop capture`: no store, no engine, nothing that stays but the file that was asked for.

mod filter;
mod kernel;

use crate::clock::{self, Stopwatch};
use crate::collect::capture::meter::{address_of, dissect, timestamp};
use crate::collect::capture::{FlowTable, Timeouts, link_type};
use crate::model::flow::{Direction, ExporterKey, FlowRecord, FlowVersion};
pub use crate::net::capture::ring::Hears;
use crate::net::capture::ring::{Heads, Ring, RingOptions};
use crate::net::capture::{self, CaptureError, Frame};
use crate::net::signal::{self, Asked};
use crate::wire::packet::{LinkType, Packet};
use crate::wire::pcap::writer::Writer;
use filter::Filter;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Octets of a frame that are wanted where none are written.
const HEADS: u32 = crate::collect::capture::reader::HEADS;

/// Flows that go on at once: 220 MiB, where a port's table of the daemon holds less.
const MOST_FLOWS: usize = 1 << 20;

/// Flows that ended and wait to be printed.
const MOST_ENDED: usize = 1 << 20;

/// An interruption is noticed after this time.
const LOOKS: Duration = Duration::from_millis(200);

/// Ended flows are looked for at this pace.
const SECOND: Duration = Duration::from_secs(1);

/// What is captured.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    /// The port's name.
    pub interface: String,
    /// Filter expression (contract §6) over flow fields; empty is everything.
    pub filter: String,
    /// For how long; `None` until interrupted.
    pub lasts: Option<Duration>,
    /// Where frames that the filter lets through are written, as pcap.
    pub output: Option<PathBuf>,
    /// Frames that are for others as well.
    pub hears: Hears,
}

/// What was captured.
#[derive(Clone, Debug)]
pub struct Captured {
    /// This host, as the flows' exporter.
    pub key: ExporterKey,
    /// The largest first.
    pub flows: Vec<FlowRecord>,
    /// Frames that were read.
    pub frames: u64,
    /// Of those, frames that the filter let through.
    pub matched: u64,
    /// Frames for which the ring had no room.
    pub dropped: u64,
    /// Frames that were written.
    pub written: u64,
    /// Packets for whose flows there was no room, and flows that ended and found none.
    pub overflow: u64,
    /// Whether SIGINT or SIGTERM ended it.
    pub interrupted: bool,
}

/// Why nothing is captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFault {
    /// The arguments can't be used.
    #[error("{0}")]
    Usage(String),
    /// The port can't be read.
    #[error("{0}")]
    Port(#[from] CaptureError),
    /// The file can't be written.
    #[error("{} can't be written: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Captures. Blocks until the time is over or a signal ends it.
///
/// # Errors
/// See [`CaptureFault`]; a file that can't be written on is one too.
pub fn once(options: &CaptureOptions) -> Result<Captured, CaptureFault> {
    let filter = Filter::new(&options.filter, clock::now()).map_err(|error| CaptureFault::Usage(error.to_string()))?;
    let port = capture::port(&options.interface).map_err(|error| CaptureFault::Usage(error.to_string()))?;
    let wanted = if options.output.is_some() { u32::MAX } else { HEADS };
    let program = kernel::program(filter.expr(), wanted);
    let ring = Ring::open(&port, &RingOptions { hears: options.hears, filter: program })?;
    let file = options.output.as_ref().map(|path| Output::create(path, ring.heads())).transpose()?;
    let key = ExporterKey { address: address_of(&port), version: FlowVersion::Capture, domain: port.if_index.0 };
    let end = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&end);
    // Without handlers a signal ends the process, as it would anyway.
    signal::listen(Box::new(move |asked| theirs.store(asked != Asked::Stop, Ordering::Relaxed))).ok();
    let flows = Flows {
        link: link_type(ring.heads()),
        table: FlowTable::new(port.if_index.0, MOST_FLOWS, Timeouts::whole()),
        filter,
        file,
        ended: Vec::new(),
        counts: Counts::default(),
        if_index: port.if_index.0,
    };
    flows.run(ring, (&end, options.lasts)).map(|(flows, counts, dropped)| Captured {
        key,
        flows,
        frames: counts.frames,
        matched: counts.matched,
        dropped,
        written: counts.written,
        overflow: counts.overflow,
        interrupted: end.load(Ordering::Relaxed),
    })
}

/// The file, and where it is.
struct Output {
    writer: Writer<BufWriter<File>>,
    path: PathBuf,
}

impl Output {
    fn create(path: &std::path::Path, heads: Heads) -> Result<Self, CaptureFault> {
        // tcpdump.org's numbers of link types.
        let link = match heads {
            Heads::Ethernet => 1,
            Heads::None => 101,
            Heads::Ieee80211 => 105,
            Heads::Radiotap => 127,
        };
        let fault = |source| CaptureFault::File { path: path.to_owned(), source };
        let file = File::create(path).map_err(fault)?;
        Writer::new(BufWriter::new(file), link).map(|writer| Self { writer, path: path.to_owned() }).map_err(fault)
    }

    fn fault(&self, source: io::Error) -> CaptureFault {
        CaptureFault::File { path: self.path.clone(), source }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    frames: u64,
    matched: u64,
    written: u64,
    overflow: u64,
}

struct Flows {
    link: LinkType,
    if_index: u32,
    table: FlowTable,
    filter: Filter,
    file: Option<Output>,
    ended: Vec<FlowRecord>,
    counts: Counts,
}

impl Flows {
    fn run(
        mut self,
        mut ring: Ring,
        (end, lasts): (&AtomicBool, Option<Duration>),
    ) -> Result<(Vec<FlowRecord>, Counts, u64), CaptureFault> {
        let (whole, mut second) = (Stopwatch::start(), Stopwatch::start());
        let left = |clock: &Stopwatch| lasts.map_or(Duration::MAX, |lasts| lasts.saturating_sub(clock.elapsed()));
        while !end.load(Ordering::Relaxed) && !left(&whole).is_zero() {
            ring.wait(left(&whole).min(LOOKS)).map_err(CaptureError::Socket)?;
            let mut result = Ok(());
            while result.is_ok()
                && !left(&whole).is_zero()
                && ring.block(&mut |frame| {
                    if result.is_ok() {
                        result = self.frame(&frame);
                    }
                })
            {}
            result?;
            if second.elapsed() >= SECOND {
                second = Stopwatch::start();
                self.second();
            }
        }
        // What came before the end and was not handed over yet.
        let mut result = Ok(());
        let blocks = ring.wait(LOOKS).map_err(CaptureError::Socket)?;
        if blocks {
            ring.block(&mut |frame| {
                if result.is_ok() {
                    result = self.frame(&frame);
                }
            });
        }
        result?;
        let dropped = ring.statistics().dropped;
        self.finish().map(|(flows, counts)| (flows, counts, dropped))
    }

    #[inline]
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), CaptureFault> {
        let packet = dissect(self.link, frame);
        let at = timestamp(frame.at_ns);
        let Self { filter, table, if_index, counts, .. } = self;
        counts.frames += 1;
        let of = |packet: &Packet| record((packet, frame.direction), *if_index, at);
        let flow = table.add((&packet, frame.direction), at, |packet| filter.lets_flow(|| of(packet)));
        counts.overflow += u64::from(flow.is_none());
        let is_wanted =
            if filter.is_of_packets() { filter.lets(&of(&packet)) } else { flow.unwrap_or_else(|| filter.lets(&of(&packet))) };
        counts.matched += u64::from(is_wanted);
        if let Some(file) = self.file.as_mut().filter(|_| is_wanted) {
            let written = file.writer.frame((frame.octets, frame.wire_octets), frame.at_ns, frame.tag);
            written.map_err(|error| file.fault(error))?;
            counts.written += 1;
        }
        Ok(())
    }

    fn second(&mut self) {
        let Self { table, ended, counts, .. } = self;
        table.moved(|_, _| {});
        table.told(clock::now(), |record| {
            if ended.len() < MOST_ENDED {
                ended.push(*record);
            } else {
                counts.overflow += 1;
            }
        });
    }

    fn finish(mut self) -> Result<(Vec<FlowRecord>, Counts), CaptureFault> {
        let ended = &mut self.ended;
        self.table.end(|record| ended.push(*record));
        if self.filter.is_of_packets() {
            self.ended.retain(|record| self.filter.lets(record));
        }
        self.ended.sort_by(|a, b| b.octets.cmp(&a.octets).then_with(|| (a.start, a.src, a.dst).cmp(&(b.start, b.src, b.dst))));
        if let Some(Output { writer, path }) = self.file {
            writer.into_inner().flush().map_err(|source| CaptureFault::File { path, source })?;
        }
        Ok((self.ended, self.counts))
    }
}

/// A packet as a flow of this port.
fn record((packet, direction): (&Packet, Direction), if_index: u32, at: crate::model::Timestamp) -> FlowRecord {
    let (in_if, out_if) = if direction == Direction::Egress { (0, if_index) } else { (if_index, 0) };
    FlowRecord { in_if, out_if, direction, ..packet.record(at) }
}
