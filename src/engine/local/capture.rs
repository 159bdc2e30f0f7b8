//! The ports of `[capture] interfaces`, as the engine keeps them. None is read unless the configuration names it.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::capture::{Counters, Counts, Reader, ReaderOptions, Tap};
use crate::config::Listeners;
use crate::engine::command::CollectorStatus;
use crate::model::Function;
use crate::net::capture::ring::Hears;
use crate::net::capture::{self, CaptureError};
use crate::net::privilege;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What was captured on all ports.
#[derive(Clone, Default)]
pub(super) struct Capture {
    counters: Arc<Counters>,
    capturing: Arc<AtomicBool>,
}

impl Capture {
    /// Begins to read the ports, a thread for each; those that can't be read are said on the screen.
    pub(super) fn start(&self, (hub, emitter): (&Arc<Hub>, &Emitter), (listeners, stop): (&Listeners, &CancellationToken)) {
        let mut refusals = Vec::new();
        for name in &listeners.capture {
            match self.open((name, listeners), emitter) {
                Ok(reader) => {
                    let stop = stop.clone();
                    let thread = std::thread::Builder::new().name("noctop-capture".to_owned()).spawn(move || {
                        privilege::keep(&[]);
                        reader.run(&stop);
                    });
                    match thread {
                        Ok(_detached_and_ended_by_stop) => self.capturing.store(true, Relaxed),
                        Err(error) => refusals.push(format!("{name}: {error}")),
                    }
                }
                // The same for each port: said once.
                Err(CaptureError::NotPermitted(_)) => return hub.refuse(Function::Capture, (Vec::new(), &[])),
                Err(error) => refusals.push(format!("{name}: {error}")),
            }
        }
        if !refusals.is_empty() {
            hub.refuse(Function::Capture, (Vec::new(), &refusals));
        }
    }

    fn open(&self, (name, listeners): (&str, &Listeners), emitter: &Emitter) -> Result<Reader, CaptureError> {
        let port = capture::port(name)?;
        let own = capture::ports().into_iter().flat_map(|port| port.addresses).map(|net| net.addr()).collect();
        let hears = if listeners.capture_promiscuous { Hears::Everything } else { Hears::Own };
        let keeps_records = listeners.keep_flow_records != Some(Duration::ZERO);
        let options = ReaderOptions { hears, tap: Tap::new(&listeners.flows, own), keeps_records };
        Reader::open(&port, options, (emitter.clone(), Arc::clone(&self.counters)))
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
