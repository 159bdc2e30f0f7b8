//! Devices that are polled at once, beside their own place: somebody said that something happened there. However often that is said, no device is
//! asked more often than [`APART`].

use crate::model::DeviceId;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Between two such polls of one device: what happens meanwhile is seen by the second.
pub(super) const APART: Duration = Duration::from_secs(3);

/// When it is asked that is busy just now: what runs may have read the port before it changed.
pub(super) const BUSY: Duration = Duration::from_millis(500);

/// Such polls at one time: others follow.
pub(super) const MOST_AT_ONCE: usize = 64;

/// Who is to be polled at once, for whoever knows to say. At most one entry a device.
#[derive(Clone, Debug, Default)]
pub struct AtOnce(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    devices: Mutex<BTreeSet<DeviceId>>,
    some: Notify,
}

impl AtOnce {
    /// Asks for these.
    pub fn want(&self, devices: &BTreeSet<DeviceId>) {
        if devices.is_empty() {
            return;
        }
        self.0.devices.lock().unwrap_or_else(PoisonError::into_inner).extend(devices.iter().cloned());
        self.0.some.notify_one();
    }

    /// Waits until some are asked for.
    ///
    /// Cancel safety: nothing is lost.
    pub(super) async fn some(&self) {
        self.0.some.notified().await;
    }

    pub(super) fn take(&self) -> BTreeSet<DeviceId> {
        std::mem::take(&mut *self.0.devices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whose turn is when.
#[derive(Debug, Default)]
pub(super) struct Turns {
    wanted: BTreeMap<DeviceId, Instant>,
    last: FxHashMap<DeviceId, Instant>,
}

impl Turns {
    pub(super) fn want(&mut self, device: DeviceId, at: Instant) {
        let earliest = self.last.get(&device).map_or(at, |last| (*last + APART).max(at));
        self.wanted.entry(device).or_insert(earliest);
    }

    /// It could not be asked: again later.
    pub(super) fn put_off(&mut self, device: DeviceId, at: Instant) {
        self.last.remove(&device);
        self.wanted.insert(device, at + BUSY);
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.wanted.values().min().copied()
    }

    /// Takes those whose turn it is, so many at most.
    pub(super) fn take_due(&mut self, at: Instant, most: usize) -> Vec<DeviceId> {
        self.last.retain(|_, last| at < *last + APART);
        let due: Vec<DeviceId> =
            self.wanted.iter().filter(|(_, due)| **due <= at).map(|(device, _)| device.clone()).take(most).collect();
        for device in &due {
            self.wanted.remove(device);
            self.last.insert(device.clone(), at);
        }
        due
    }
}
