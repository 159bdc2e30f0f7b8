//! Who does not answer, and what is known of why. Only in memory: what follows from it is journalled (statuses, alarms, causes).

use crate::model::{DeviceId, DeviceStatus, Link, Timestamp};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// Devices that missed their last poll.
    pub(super) silent: BTreeMap<DeviceId, Silent>,
    /// What silent devices are behind, as it was last judged.
    pub(super) behind: FxHashMap<DeviceId, Arc<Behind>>,
    /// Whether it was judged since the start.
    pub(super) judged: bool,
    /// Something changed that may change a verdict.
    pub(super) dirty: bool,
    /// Somebody waits for evidence.
    pub(super) waits: bool,
    /// Devices that fell silent since it was judged.
    pub(super) fresh: usize,
    /// When it is to be judged again anyway.
    pub(super) recheck: Option<Timestamp>,
    /// When who was last to be polled at once.
    pub(super) asked: BTreeMap<DeviceId, Timestamp>,
    /// Alarms or their causes may have changed.
    pub(super) unexplained: bool,
}

/// A device that missed polls.
#[derive(Clone, Debug)]
pub(super) struct Silent {
    /// When it last answered.
    pub(super) heard: Option<Timestamp>,
    /// When it first did not.
    pub(super) missed_at: Option<Timestamp>,
    /// Polls that it missed since, or since a way to it was there again.
    pub(super) misses: u32,
    /// Since when it counts as silent.
    pub(super) fell: Option<Timestamp>,
    /// It was judged to have a fault of its own, without doubt.
    pub(super) own: bool,
    /// It could not be reached, and a way to it is there again: it is to be asked anew.
    pub(super) hoped: bool,
    /// It was asked anew since a way to it was there again.
    pub(super) tried: bool,
    /// What was not answered, in words.
    pub(super) detail: String,
}

/// What a device is behind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Behind {
    /// The nearest first.
    pub(super) roots: Vec<DeviceId>,
    /// Whether it would stay unreached without the first of them.
    pub(super) remains: bool,
    /// From the first root to the device, without the root.
    pub(super) chain: Vec<Hop>,
}

/// A device on a chain, and how it belongs to the one before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hop {
    pub(super) device: DeviceId,
    pub(super) by: By,
}

/// How a device belongs to the one before it on a chain.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum By {
    /// It hangs on it by this link.
    Link(Arc<Link>),
    /// The one before routes for it.
    Route,
    /// It fell silent with it, and nothing answers any more.
    Silence,
}

impl Reach {
    /// Whether who is silent is to be judged now.
    pub(super) fn is_due(&self, at: Timestamp) -> bool {
        self.dirty || !self.judged || self.waits || self.recheck.is_some_and(|recheck| recheck <= at)
    }
}

/// Whether a device with this status does not answer.
pub(super) const fn is_lost(status: DeviceStatus) -> bool {
    matches!(status, DeviceStatus::Down | DeviceStatus::Unreachable)
}
