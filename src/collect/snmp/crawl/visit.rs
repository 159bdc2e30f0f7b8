//! One agent asked, and read where nobody else does.

use super::frontier::Visit;
use super::known::{Key, Known};
use crate::clock::Stopwatch;
use crate::collect::snmp::access::{Access, Opened, Refusal};
use crate::collect::snmp::inventory::Reading;
use crate::collect::snmp::{Client, Limits};
use crate::model::Inventory;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What all visits share.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) access: Arc<Access>,
    pub(super) known: Mutex<Known>,
    /// Agents that have answered and are being read.
    pub(super) reading: AtomicU64,
    /// Places for those that are read.
    pub(super) readings: Semaphore,
}

impl Shared {
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a visit ended.
pub(super) struct Visited {
    pub(super) visit: Visit,
    pub(super) outcome: Outcome,
    /// Until it answered, or was given up.
    pub(super) open_took: Duration,
}

pub(super) enum Outcome {
    /// It was read, and how long that took.
    Read { claimed: Option<Key>, inventory: Box<Inventory>, took: Duration },
    /// It is a device that another visit reads.
    Met { key: Key, address: SocketAddr },
    /// No answer, or no access.
    Refused(Refusal),
}

/// Asks an agent, its other addresses after the first.
pub(super) async fn visit(shared: Arc<Shared>, visit: Visit, limits: Limits) -> Visited {
    let clock = Stopwatch::start();
    let opened = open(&shared, &visit, limits).await;
    let open_took = clock.elapsed();
    let outcome = match opened {
        Ok(opened) => read(&shared, opened).await,
        Err(refusal) => Outcome::Refused(refusal),
    };
    Visited { visit, outcome, open_took }
}

async fn open(shared: &Shared, visit: &Visit, limits: Limits) -> Result<Opened, Refusal> {
    let limits = if visit.quiet { Limits { retries: 0, ..limits } } else { limits };
    let mut result = shared.access.open(&shared.client, visit.address, limits).await;
    for other in &visit.others {
        if result.is_ok() {
            break;
        }
        let next = shared.access.open(&shared.client, *other, limits).await;
        result = if next.is_ok() { next } else { result };
    }
    result
}

async fn read(shared: &Shared, opened: Opened) -> Outcome {
    // The semaphore is never closed.
    let _place = shared.readings.acquire().await.ok();
    let clock = Stopwatch::start();
    let address = opened.session.agent().address;
    let _counted = Counted::new(&shared.reading);
    let reading = Reading::begin(opened).await;
    let key = Key::of_columns(reading.columns());
    if let Some(key) = &key
        && !shared.known().claim(key)
    {
        return Outcome::Met { key: key.clone(), address };
    }
    let inventory = Box::new(reading.finish().await);
    Outcome::Read { claimed: key, inventory, took: clock.elapsed() }
}

/// One more, as long as it lives: a visit that is cut off is counted down too.
struct Counted<'a>(&'a AtomicU64);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
