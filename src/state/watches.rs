//! What rules remember between two moments, by the ids of their alarms. In memory, and with checkpoints: what a restart loses is found anew
//! by the next poll.

use super::State;
use crate::analyse::alarm::Watch;
use crate::model::DeviceId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    by_id: BTreeMap<String, Watch>,
    /// How many are of each device.
    of_device: BTreeMap<Option<DeviceId>, usize>,
}

impl Watches {
    /// All, by their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Watch> {
        self.by_id.values()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    fn get(&self, id: &str) -> Option<&Watch> {
        self.by_id.get(id)
    }

    fn put(&mut self, watch: Watch) {
        let device = watch.device.clone();
        if self.by_id.insert(watch.id.clone(), watch).is_none() {
            *self.of_device.entry(device).or_default() += 1;
        }
    }

    fn remove(&mut self, id: &str) {
        let Some(watch) = self.by_id.remove(id) else { return };
        if let Some(count) = self.of_device.get_mut(&watch.device) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_device.remove(&watch.device);
            }
        }
    }
}

impl FromIterator<Watch> for Watches {
    fn from_iter<I: IntoIterator<Item = Watch>>(all: I) -> Self {
        let mut made = Self::default();
        all.into_iter().for_each(|watch| made.put(watch));
        made
    }
}

/// Standing alarms, by the devices that they are on.
pub(super) type Alarmed = BTreeMap<Option<DeviceId>, BTreeSet<String>>;

impl State {
    /// What is remembered under the id of an alarm.
    pub(super) fn watch(&self, id: &str) -> Option<&Watch> {
        self.watches.get(id)
    }

    /// Remembers it. What is remembered already is not touched.
    pub(super) fn keep_watch(&mut self, watch: Watch) {
        if self.watches.get(&watch.id).is_none_or(|known| *known != watch) {
            Arc::make_mut(&mut self.watches).put(watch);
        }
    }

    /// Forgets it.
    pub(super) fn drop_watch(&mut self, id: &str) {
        if self.watches.get(id).is_some() {
            Arc::make_mut(&mut self.watches).remove(id);
        }
    }

    /// Whether an alarm stands on a device, or something of it is remembered.
    pub(super) fn is_busy(&self, device: Option<&DeviceId>) -> bool {
        if self.alarmed.is_empty() && self.watches.len() == 0 {
            return false;
        }
        let device = device.cloned();
        self.alarmed.contains_key(&device) || self.watches.of_device.contains_key(&device)
    }

    /// Whether an alarm of this id stands, or something is remembered under it.
    pub(super) fn is_about(&self, device: Option<&DeviceId>, id: &str) -> bool {
        self.watches.get(id).is_some() || self.alarmed.get(&device.cloned()).is_some_and(|ids| ids.contains(id))
    }

    /// An alarm stands now.
    pub(super) fn alarm_stands(&mut self, device: Option<&DeviceId>, id: &str) {
        let alarmed = Arc::make_mut(&mut self.alarmed);
        alarmed.entry(device.cloned()).or_default().insert(id.to_owned());
    }

    /// An alarm stands no more.
    pub(super) fn alarm_fell(&mut self, device: Option<&DeviceId>, id: &str) {
        let device = device.cloned();
        let alarmed = Arc::make_mut(&mut self.alarmed);
        if let Some(ids) = alarmed.get_mut(&device) {
            ids.remove(id);
            if ids.is_empty() {
                alarmed.remove(&device);
            }
        }
    }

    /// The alarms that stand, by their devices, as the alarms say it.
    pub(super) fn index_alarms(&mut self) {
        let mut alarmed = Alarmed::new();
        for alarm in self.alarms.values().filter(|alarm| alarm.cleared_at.is_none()) {
            alarmed.entry(alarm.device.clone()).or_default().insert(alarm.id.clone());
        }
        self.alarmed = Arc::new(alarmed);
        let cleared = self.alarms.values().filter_map(|alarm| Some((alarm.cleared_at?, alarm.id.clone())));
        self.cleared = Arc::new(cleared.collect());
    }
}
