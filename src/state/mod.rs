//! The state of the network, changed only by [`apply`](apply::apply). Single writer; no tokio, no clock, no I/O.
//!
//! Everything journalled is in persistent maps of `Arc`s, so that a clone for a view or a checkpoint costs little: a map
//! is copied (pointers only) when it is first changed after a clone, a device only when it itself changes.
//! Start at [`State`], then `apply`, then `derive` (what follows from an observation), then [`view`].

pub mod apply;
pub mod checkpoint;
mod condition;
mod coverage;
mod derive;
pub mod diff;
mod health;
mod live;
mod names;
mod port;
mod reach;
mod reads;
mod rehearse;
mod room;
#[cfg(test)]
pub(crate) mod sample;
mod shards;
mod standing;
mod store;
#[cfg(test)]
pub(crate) mod tests;
pub mod view;
mod watches;
pub mod whereabouts;
mod wireless;

pub use apply::{Applied, apply};
pub use condition::{Condition, PortCondition};
pub use derive::tell::{MAINTENANCE_OVER, ended_by};
pub use live::{LiveSample, PortCounter, PortRates, port_names};
pub use names::names;
pub use port::FoundPort;
pub use standing::UNREACHABLE;

use crate::analyse::alarm::Rules;
use crate::analyse::identity::Index;
use crate::analyse::topology::ManualLink;
use crate::event::DiscoveryProgress;
use crate::model::inventory::Problem;
use crate::model::topology::{Summary, Topology};
use crate::model::{
    Alarm, Cause, Device, DeviceId, Endpoint, Episode, Handling, Link, LinkKey, MacAddr, Neighbour, Notice, Sightings, Timestamp,
    Window,
};
use derive::LinkWork;
use live::Live;
use reads::Read;
use rustc_hash::FxHashMap;
use shards::Shards;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use view::EventRow;

/// What the engine tells the state of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How often each device is polled: what is older than three polls is stale.
    pub poll_interval: Duration,
    /// Links that the operator wrote down.
    pub manual_links: Vec<ManualLink>,
    /// What raises alarms.
    pub rules: Arc<Rules>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { poll_interval: Duration::from_secs(30), manual_links: Vec::new(), rules: Rules::shipped() }
    }
}

/// Events kept for the screens; the journal keeps them all.
pub const MAX_RECENT: usize = 2048;
/// Devices that are followed back where hardware was replaced several times.
pub const MAX_PREDECESSORS: usize = 8;
/// Times kept for which one alarm stood.
pub const MAX_EPISODES: usize = 64;
/// What is kept of who was told about one alarm.
pub const MAX_NOTICES: usize = 32;

/// Who was told about one alarm, and when.
type Told = Arc<Vec<(Timestamp, Notice)>>;

/// The network as it is known. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct State {
    // Journalled: follows from derived events alone.
    devices: Arc<BTreeMap<DeviceId, Arc<Device>>>,
    conditions: Arc<BTreeMap<DeviceId, Arc<Condition>>>,
    links: Arc<BTreeMap<LinkKey, Arc<Link>>>,
    neighbours: Arc<BTreeMap<DeviceId, Arc<Neighbour>>>,
    alarms: Arc<BTreeMap<String, Arc<Alarm>>>,
    /// What operators did about alarms that stand, by their id.
    handlings: Arc<BTreeMap<String, Arc<Handling>>>,
    /// What explains alarms that stand, by their id.
    causes: Arc<BTreeMap<String, Arc<Cause>>>,
    /// For which times alarms stood before, by their id, the oldest first.
    episodes: Arc<BTreeMap<String, Arc<Vec<Episode>>>>,
    /// Who was told about alarms that stand or cleared lately, by their id, the oldest first.
    notices: Arc<BTreeMap<String, Told>>,
    /// Maintenance that goes on or is planned, by name.
    maintenance: Arc<BTreeMap<String, Arc<Window>>>,
    recent: Arc<VecDeque<Arc<EventRow>>>,
    endpoints: Arc<BTreeMap<MacAddr, Arc<Endpoint>>>,
    /// What wireless controllers control.
    wireless: wireless::Wlans,
    /// Who stood in a device's place before.
    predecessors: Arc<BTreeMap<DeviceId, DeviceId>>,
    // Written with checkpoints, not journalled: see `reads`.
    reads: Arc<BTreeMap<DeviceId, Read>>,
    /// Endpoints that are in no table any more, and when they were last.
    unseen: Arc<BTreeMap<MacAddr, Timestamp>>,
    // Live: gone with the process, or put in from the series store for a past time.
    now: Timestamp,
    live: Shards<Live>,
    progress: Option<Arc<DiscoveryProgress>>,
    problems: Arc<BTreeMap<String, Vec<Problem>>>,
    sightings: Arc<BTreeMap<DeviceId, Arc<Sightings>>>,
    own: Option<derive::Own>,
    /// Who does not answer, and what is known of why.
    reach: Arc<reach::Reach>,
    link_work: LinkWork,
    endpoints_dirty: bool,
    /// When endpoints were last placed.
    endpoints_at: Timestamp,
    /// When each controller's state was last journalled.
    wireless_kept: BTreeMap<DeviceId, Timestamp>,
    /// Devices at whose address another one answered.
    displaced: BTreeSet<DeviceId>,
    unknown_manual: Vec<usize>,
    settings: Arc<Settings>,
    /// What rules remember; with checkpoints, as far as they have it.
    watches: Arc<watches::Watches>,
    /// How noctop's own did when it was last told.
    upkeep: Option<Arc<(Timestamp, crate::model::upkeep::Upkeep)>>,
    /// When it was last looked for what is missing, and at all standing alarms.
    missed_at: Timestamp,
    swept_at: Timestamp,
    // Indexes over the journalled part.
    marks: Option<Arc<Index>>,
    ends: Arc<FxHashMap<DeviceId, Vec<Arc<Link>>>>,
    down: Arc<BTreeSet<DeviceId>>,
    /// What maintenance covers; found when first asked for.
    coverage: Arc<OnceLock<coverage::Coverage>>,
    alarmed: Arc<watches::Alarmed>,
    /// Alarms that cleared, and when: the oldest are forgotten first.
    cleared: Arc<BTreeSet<(Timestamp, String)>>,
    /// Sums over all devices, which are bounded.
    totals: room::Totals,
}

impl State {
    /// An empty network.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), ..Self::default() }
    }

    /// Takes other settings over; manual links are resolved at the next tick.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = Arc::new(settings);
        self.link_work = LinkWork::stale();
    }

    /// What the engine told of the configuration.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time of the last event, or what [`Self::set_now`] said.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Sets the time that views show: for a past time, which lies after the last event before it.
    pub const fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// All devices, by id.
    pub fn devices(&self) -> impl ExactSizeIterator<Item = &Arc<Device>> {
        self.devices.values()
    }

    /// What a device says of where addresses are, as it was last read; `None` where it was not read since the start.
    pub fn sightings(&self, id: &DeviceId) -> Option<&Arc<Sightings>> {
        self.sightings.get(id)
    }

    /// One device.
    pub fn device(&self, id: &DeviceId) -> Option<&Arc<Device>> {
        self.devices.get(id)
    }

    /// How a device is.
    pub fn condition(&self, id: &DeviceId) -> Option<&Arc<Condition>> {
        self.conditions.get(id)
    }

    /// All links, by their two ends.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &Arc<Link>> {
        self.links.values()
    }

    /// The links of one device or neighbour, by their two ends.
    pub fn links_of(&self, id: &DeviceId) -> &[Arc<Link>] {
        self.ends.get(id).map_or(&[], Vec::as_slice)
    }

    /// All neighbours without an inventory, by id.
    pub fn neighbours(&self) -> impl ExactSizeIterator<Item = &Arc<Neighbour>> {
        self.neighbours.values()
    }

    /// All alarms that stand or cleared lately, by id.
    pub fn alarms(&self) -> impl ExactSizeIterator<Item = &Arc<Alarm>> {
        self.alarms.values()
    }

    /// What operators did about an alarm that stands.
    pub fn handling(&self, id: &str) -> Option<&Handling> {
        self.handlings.get(id).map(AsRef::as_ref)
    }

    /// What explains an alarm that stands.
    pub fn cause(&self, id: &str) -> Option<&Cause> {
        self.causes.get(id).map(AsRef::as_ref)
    }

    /// For which times an alarm stood before, the oldest first, at most [`MAX_EPISODES`].
    pub fn episodes(&self, id: &str) -> &[Episode] {
        self.episodes.get(id).map_or(&[], |episodes| episodes.as_slice())
    }

    /// Who was told about an alarm that stands or cleared lately, the oldest first, at most [`MAX_NOTICES`].
    pub fn notices(&self, id: &str) -> &[(Timestamp, Notice)] {
        self.notices.get(id).map_or(&[], |notices| notices.as_slice())
    }

    /// Maintenance that goes on or is planned, by name.
    pub fn maintenance(&self) -> impl ExactSizeIterator<Item = &Arc<Window>> {
        self.maintenance.values()
    }

    /// What happened lately, oldest first.
    pub fn recent(&self) -> impl ExactSizeIterator<Item = &Arc<EventRow>> + DoubleEndedIterator {
        self.recent.iter()
    }

    /// How far discovery is; `None` before the first run.
    pub fn progress(&self) -> Option<&DiscoveryProgress> {
        self.progress.as_deref()
    }

    /// Manual links of the settings that name a device or port that is not known, by their place there.
    pub fn unknown_manual(&self) -> &[usize] {
        &self.unknown_manual
    }

    /// Devices that stood in this one's place before, the latest first, at most [`MAX_PREDECESSORS`].
    pub fn predecessors(&self, id: &DeviceId) -> Vec<&DeviceId> {
        let chain = std::iter::successors(self.predecessors.get(id), |id| self.predecessors.get(*id));
        chain.take_while(|before| *before != id).take(MAX_PREDECESSORS).collect()
    }

    /// The only device with this id or name.
    ///
    /// Errors: the ids of those that share the name; empty where there is none.
    pub fn find(&self, id_or_name: &str) -> Result<&Arc<Device>, Vec<DeviceId>> {
        if let Some(device) = self.devices.get(&DeviceId::new(id_or_name)) {
            return Ok(device);
        }
        let named: Vec<&Arc<Device>> = self.devices.values().filter(|device| device.name() == id_or_name).collect();
        match named.as_slice() {
            [only] => Ok(only),
            several => Err(several.iter().map(|device| device.id.clone()).collect()),
        }
    }

    /// The name of a device or neighbour as operators know it; its id where it has none.
    pub fn name_of(&self, id: &DeviceId) -> String {
        if let Some(device) = self.devices.get(id) {
            return device.name();
        }
        let neighbour = self.neighbours.get(id);
        neighbour
            .and_then(|n| n.name.clone().or_else(|| n.addresses.first().map(ToString::to_string)))
            .unwrap_or_else(|| id.as_str().trim_start_matches("neighbour:").to_owned())
    }

    /// The whole network at this moment, as `discover` prints it.
    pub fn topology(&self) -> Topology {
        let progress = self.progress.as_deref();
        Topology {
            taken_at: self.now,
            devices: self.devices.values().cloned().collect(),
            neighbours: self.neighbours.values().cloned().collect(),
            links: self.links.values().map(|link| self.dated_link(link)).collect(),
            endpoints: self.endpoints().collect(),
            wireless: (*self.wireless).clone(),
            problems: self.problems.values().flatten().cloned().collect(),
            summary: Summary {
                asked: progress.map_or(0, |p| p.asked),
                answered: progress.map_or(0, |p| p.answered),
                silent: progress.map_or(0, |p| p.silent),
                seconds: progress.map_or(0.0, |p| self.now.since(p.started_at).as_secs_f64()),
            },
        }
    }
}
