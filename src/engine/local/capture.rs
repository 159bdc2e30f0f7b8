//! The ports of `[capture] interfaces`, as the engine keeps them. None is read unless the configuration names it.
//!
//! A port that goes away is opened again when it is back: by the runtime, whose threads may, and not by its own, which holds no capability.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::capture::{Counters, Counts, Reader, ReaderOptions, Tap};
use crate::config::Listeners;
use crate::engine::command::CollectorStatus;
use crate::engine::supervise::{CAPTURE, PACE, Pace, Turn, Work, keep_thread};
use crate::model::Function;
use crate::net::capture::ring::Hears;
use crate::net::capture::{self, CaptureError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// A port that is plugged in is read again after so long: it costs a look at the list of ports.
const LOOKS_FOR_PORT: Duration = Duration::from_secs(4);

/// What was captured on all ports.
#[derive(Clone, Default)]
pub(super) struct Capture {
    counters: Arc<Counters>,
    capturing: Arc<AtomicBool>,
    /// Why ports are not read at present, by name.
    faults: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Capture {
    /// Begins to read the ports, a thread for each; those that can't be read are said on the screen, and tried again.
    pub(super) fn start(
        &self,
        (runtime, hub, emitter): (&Runtime, &Arc<Hub>, &Emitter),
        (listeners, stop): (&Listeners, &CancellationToken),
    ) {
        for name in &listeners.capture {
            let port = Arc::new(Port {
                name: name.clone(),
                listeners: listeners.clone(),
                emitter: emitter.clone(),
                hub: Arc::clone(hub),
                of: self.clone(),
            });
            let first = match port.open() {
                // The same for each port: said once.
                Err(CaptureError::NotPermitted(_)) => return hub.refuse(Function::Capture, (Vec::new(), &[])),
                first => port.told(first),
            };
            let (ward, stop) = (hub.wards.enter_at(Pace { longest: LOOKS_FOR_PORT, ..PACE }, (CAPTURE, name)), stop.clone());
            let mut first = Some(first);
            runtime.spawn(keep_thread(ward, stop, move |turn| {
                let opened = first.take().unwrap_or_else(|| port.told(port.open()));
                opened.map(|reader| Some(work((reader, Arc::clone(&port)), turn)))
            }));
        }
    }

    /// Whether a port can be read, and why not; what stands against any of them is said.
    fn note(&self, hub: &Hub, (name, fault): (&str, Option<&str>)) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match fault {
            Some(why) => faults.insert(name.to_owned(), why.to_owned()),
            None => faults.remove(name),
        };
        match faults.iter().map(|(name, why)| format!("{name}: {why}; it is read when it is back")).collect::<Vec<_>>() {
            told if !told.is_empty() => hub.refuse(Function::Capture, (Vec::new(), &told)),
            _ if before.is_some() => hub.works(Function::Capture),
            _ => {}
        }
    }

    /// The counters in the shape of a collector's; none where nothing is captured.
    pub(super) fn status(&self) -> Option<CollectorStatus> {
        let Counts { frames, records, refused, dropped_kernel, dropped_queue, tapped: _ } = self.counters.counts();
        self.capturing.load(Relaxed).then(|| CollectorStatus {
            name: "capture".to_owned(),
            received: frames,
            decoded: records,
            refused: refused.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect(),
            dropped_kernel,
            dropped_queue,
            ..CollectorStatus::default()
        })
    }
}

fn work((reader, port): (Reader, Arc<Port>), turn: &Turn) -> Work {
    let pulse = turn.pulse.clone();
    Box::new(move |turn| {
        let ran = reader.run((&turn.stop, &pulse));
        ran.inspect_err(|why| port.of.note(&port.hub, (&port.name, Some(why))))
    })
}

/// A port that is to be read.
struct Port {
    name: String,
    listeners: Listeners,
    emitter: Emitter,
    hub: Arc<Hub>,
    of: Capture,
}

impl Port {
    /// Opens it. What this host calls itself is looked up each time: its addresses change.
    fn open(&self) -> Result<Reader, CaptureError> {
        let port = capture::port(&self.name)?;
        let own = capture::ports().into_iter().flat_map(|port| port.addresses).map(|net| net.addr()).collect();
        let hears = if self.listeners.capture_promiscuous { Hears::Everything } else { Hears::Own };
        let keeps_records = self.listeners.keep_flow_records != Some(Duration::ZERO);
        let options = ReaderOptions { hears, tap: Tap::new(&self.listeners.flows, own), keeps_records };
        Reader::open(&port, options, (self.emitter.clone(), Arc::clone(&self.of.counters)))
    }

    /// Says what came of it.
    fn told(&self, opened: Result<Reader, CaptureError>) -> Result<Reader, String> {
        let opened = opened.map_err(|error| error.to_string());
        if opened.is_ok() {
            self.of.capturing.store(true, Relaxed);
        }
        self.of.note(&self.hub, (&self.name, opened.as_ref().err().map(String::as_str)));
        opened
    }
}
