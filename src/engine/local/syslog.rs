//! The listener of `[syslog] listen`, as the engine keeps it: a thread of its own, none unless the configuration names an address.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::syslog::{Counters, Counts, Worker};
use crate::engine::command::CollectorStatus;
use crate::engine::notice::About;
use crate::net::intake::Intake;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio_util::sync::CancellationToken;

/// What was heard by all sockets.
#[derive(Clone, Default)]
pub(super) struct Syslog {
    counters: Arc<Counters>,
    listening: Arc<AtomicBool>,
}

impl Syslog {
    /// Binds the addresses and starts the thread; what can't be bound is said on the screen.
    pub(super) fn start(&self, (hub, emitter): (&Hub, &Emitter), (listen, stop): (&[String], &CancellationToken)) {
        let (mut intakes, mut faults) = (Vec::new(), Vec::new());
        for place in listen {
            match bind(place) {
                Ok(bound) => intakes.extend(bound),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            hub.notices.set(About::Syslog, format!("syslog is not heard at {}", faults.join("; ")));
        }
        if intakes.is_empty() {
            return;
        }
        self.listening.store(true, Relaxed);
        let worker = Worker { intakes, emitter: emitter.clone(), counters: Arc::clone(&self.counters) };
        let stop = stop.clone();
        let thread = std::thread::Builder::new().name("noctop-syslog".to_owned());
        if let Err(error) = thread.spawn(move || worker.run(&stop)) {
            self.listening.store(false, Relaxed);
            hub.notices.set(About::Syslog, format!("syslog is not heard: a thread did not start: {error}"));
        }
    }

    /// The counters in the shape of a collector's; none where nothing is listened to.
    pub(super) fn status(&self) -> Option<CollectorStatus> {
        self.listening.load(Relaxed).then(|| {
            let Counts { received, decoded, refused, dropped_kernel, dropped_queue, cut, masked } = self.counters.counts();
            let lines = Some(crate::engine::command::LineCounts { cut, masked });
            CollectorStatus {
                name: "syslog".to_owned(),
                received,
                decoded,
                refused,
                dropped_kernel,
                dropped_queue,
                lines,
                ..CollectorStatus::default()
            }
        })
    }
}

/// A socket for `udp:ADDRESS:PORT`. Errors: why there is none.
fn bind(place: &str) -> Result<Vec<Intake>, String> {
    let Some(address) = place.strip_prefix("udp:") else {
        return Err(format!("{place}: only UDP is heard; name it as \"udp:0.0.0.0:514\""));
    };
    let address: SocketAddr = address.parse().map_err(|_| format!("{place}: no address and port"))?;
    Intake::bind(address, 1).map_err(|error| {
        let hint = if address.port() < 1024 { "; a port below 1024 needs CAP_NET_BIND_SERVICE" } else { "" };
        format!("{place}: {error}{hint}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_heard_says_why() {
        assert!(bind("tcp:127.0.0.1:0").unwrap_err().contains("only UDP"));
        let taken = bind("udp:127.0.0.1:0").unwrap();
        let address = taken[0].address().unwrap();
        assert!(bind(&format!("udp:{address}")).unwrap_err().starts_with(&format!("udp:{address}: ")));
    }
}
