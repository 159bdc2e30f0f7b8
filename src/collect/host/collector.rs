//! Tells the engine of the host: at once, when its neighbours change, and now and then.

use super::{Places, describe};
use crate::clock;
use crate::collect::Emitter;
use crate::collect::lldp::Neighbours;
use crate::event::Body;
use crate::model::Inventory;
use crate::net::capture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

/// The host's ports and addresses change rarely, and reading them costs a millisecond.
const INTERVAL: Duration = Duration::from_secs(30);

/// Neighbours that begin to speak together are told together.
const SETTLE: Duration = Duration::from_secs(1);

/// Counters, for `status`.
#[derive(Debug, Default)]
pub struct Counters {
    told: AtomicU64,
}

impl Counters {
    /// Times that the host was read and told.
    pub fn told(&self) -> u64 {
        self.told.load(Relaxed)
    }
}

/// See the module.
pub struct Collector {
    emitter: Emitter,
    neighbours: Option<Neighbours>,
    counters: Arc<Counters>,
    places: Places,
}

impl Collector {
    /// With the neighbours that are heard, where any can be.
    pub fn new(emitter: Emitter, neighbours: Option<Neighbours>, counters: Arc<Counters>) -> Self {
        Self { emitter, neighbours, counters, places: Places::default() }
    }

    /// Tells until cancelled, or until nobody listens.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut interval = interval(INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = interval.tick() => {}
                () = changed(&mut self.neighbours) => sleep(SETTLE).await,
            }
            if !self.tell().await {
                return;
            }
        }
    }

    /// Tells of the host once. Whether anyone listens.
    pub async fn tell(&mut self) -> bool {
        let Some(inventory) = self.read() else { return true };
        self.counters.told.fetch_add(1, Relaxed);
        self.emitter.send(inventory.at, Body::Inventory(Box::new(inventory))).await.is_ok()
    }

    /// The host as it is now; `None` where no port of it leads anywhere.
    pub fn read(&mut self) -> Option<Inventory> {
        let heard = self.neighbours.as_mut().map(|neighbours| Arc::clone(&neighbours.borrow_and_update())).unwrap_or_default();
        describe(&capture::ports(), &heard, (&self.places, clock::now()))
    }
}

/// When neighbours change; never where nobody listens to them.
async fn changed(neighbours: &mut Option<Neighbours>) {
    match neighbours {
        Some(heard) => {
            if heard.changed().await.is_err() {
                *neighbours = None;
            }
        }
        None => std::future::pending().await,
    }
}
