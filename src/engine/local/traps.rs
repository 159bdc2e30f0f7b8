//! The listeners of `[traps] listen`, as the engine keeps them. They are none unless the configuration names them.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::trap::{self, Counters};
use crate::engine::command::CollectorStatus;
use crate::engine::notice::About;
use crate::net::listen::Listener;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// What was heard by all listeners.
#[derive(Clone, Default)]
pub(super) struct Traps {
    counters: Arc<Counters>,
    listening: Arc<AtomicBool>,
}

impl Traps {
    /// Binds the addresses; what can't be bound is said on the screen.
    pub(super) fn start(
        &self,
        (runtime, hub, emitter): (&Runtime, &Arc<Hub>, &Emitter),
        (addresses, stop): (&[SocketAddr], &CancellationToken),
    ) {
        let _inside = runtime.enter();
        let mut refusals = Vec::new();
        for address in addresses {
            match Listener::bind(*address) {
                Ok(listener) => {
                    self.listening.store(true, Relaxed);
                    let (counters, emitter, stop) = (Arc::clone(&self.counters), emitter.clone(), stop.clone());
                    runtime.spawn(async move { trap::listen(listener, (emitter, &counters), stop).await });
                }
                Err(error) => refusals.push(format!("{address}: {error}")),
            }
        }
        if !refusals.is_empty() {
            let what = format!("traps are not heard at {}; a port below 1024 needs CAP_NET_BIND_SERVICE", refusals.join("; "));
            hub.notices.set(About::Traps, what);
        }
    }

    /// The counters in the shape of a collector's; none where nothing is listened to.
    pub(super) fn status(&self) -> Option<CollectorStatus> {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
        let refused = Some(count(&self.counters.refused)).filter(|count| *count > 0).map(|count| ("malformed".to_owned(), count));
        self.listening.load(Relaxed).then(|| CollectorStatus {
            name: "trap".to_owned(),
            received: count(&self.counters.received),
            decoded: count(&self.counters.decoded),
            refused: refused.into_iter().collect(),
            dropped_queue: count(&self.counters.dropped),
            ..CollectorStatus::default()
        })
    }
}
