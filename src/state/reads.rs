//! When devices were last read, and so when links and endpoints were last seen.
//!
//! A network that is well is read every hour and says the same: journalling each sighting would fill the disk with "still
//! there". So the journal says where something is, and the time of the last reading of those who say so is kept beside it. It
//! is written with checkpoints, not journalled: at a past time it is as old as the checkpoint before.

use super::State;
use crate::analyse::endpoints::is_only_routed;
use crate::model::{Confirmed, DeviceId, Endpoint, Inventory, Link, LinkEnd, MacAddr, Sightings, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// When a device was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Read {
    /// Its description, with what it hears of its neighbours.
    pub(super) whole: Option<Timestamp>,
    /// Its forwarding table.
    pub(super) fdb: Table,
    /// Its address table.
    pub(super) arp: Table,
}

/// The last two readings of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Table {
    /// The last.
    pub(super) last: Option<Timestamp>,
    /// The one before: what is missing in the last was seen in this one.
    pub(super) before: Option<Timestamp>,
}

impl Table {
    fn read(&mut self, at: Timestamp) {
        if self.last != Some(at) {
            self.before = self.last.replace(at);
        }
    }
}

impl State {
    /// Notes when what was read.
    pub(super) fn note_read(&mut self, id: &DeviceId, inventory: &Inventory, sightings: &Sightings) {
        let partial = inventory.device.snmp.as_ref().is_some_and(|snmp| snmp.partial);
        let read = Arc::make_mut(&mut self.reads).entry(id.clone()).or_default();
        if !partial || !inventory.device.neighbours.is_empty() {
            read.whole = Some(inventory.at);
        }
        if sightings.fdb.is_some() {
            read.fdb.read(inventory.at);
        }
        if sightings.arp.is_some() {
            read.arp.read(inventory.at);
        }
    }

    /// When something last spoke for a link: the last reading of those who speak for it, but not after a port went down.
    pub fn link_last_seen(&self, link: &Link) -> Option<Timestamp> {
        let read = |end: &LinkEnd| self.reads.get(&end.device).and_then(|read| read.whole);
        let read = match (read(&link.a), read(&link.b), link.confirmed_by) {
            (Some(a), Some(b), Confirmed::Both) => Some(a.max(b)),
            // Which of the two says so is not kept: the earlier reading is certain.
            (Some(a), Some(b), Confirmed::One) => Some(a.min(b)),
            (one, None, _) | (None, one, _) => one,
        };
        let down = [&link.a, &link.b].into_iter().filter_map(|end| {
            let port = self.conditions.get(&end.device)?.port(end.if_index?)?;
            port.is_down().then_some(port.since).flatten()
        });
        let seen = read.max(link.last_seen)?;
        Some(down.min().map_or(seen, |down| seen.min(down)).max(link.first_seen.unwrap_or(seen.min(self.now))))
    }

    /// A link with when it was last seen.
    pub(super) fn dated_link(&self, link: &Arc<Link>) -> Arc<Link> {
        let last_seen = self.link_last_seen(link);
        if link.last_seen == last_seen { Arc::clone(link) } else { Arc::new(Link { last_seen, ..(**link).clone() }) }
    }

    /// Whether a device told its forwarding table.
    pub(super) fn tells_fdb(&self, device: &DeviceId) -> bool {
        self.reads.get(device).is_some_and(|read| read.fdb.last.is_some())
    }

    /// The endpoint with this hardware address.
    pub fn endpoint(&self, mac: MacAddr) -> Option<Endpoint> {
        self.endpoints.get(&mac).map(|endpoint| self.dated_endpoint(endpoint))
    }

    /// All endpoints, by hardware address.
    pub fn endpoints(&self) -> impl ExactSizeIterator<Item = Endpoint> {
        self.endpoints.values().map(|endpoint| self.dated_endpoint(endpoint))
    }

    /// All endpoints as they were placed, by hardware address: when they were last seen is not brought up to date.
    pub fn placed_endpoints(&self) -> impl ExactSizeIterator<Item = &Arc<Endpoint>> {
        self.endpoints.values()
    }

    pub(super) fn dated_endpoint(&self, endpoint: &Endpoint) -> Endpoint {
        Endpoint { last_seen: self.endpoint_last_seen(endpoint), ..endpoint.clone() }
    }

    /// When it was last seen at its place.
    pub(super) fn endpoint_last_seen(&self, endpoint: &Endpoint) -> Timestamp {
        let read = match self.unseen.get(&endpoint.mac) {
            Some(unseen) => Some(*unseen),
            None => self.table_of(endpoint).and_then(|table| table.last),
        };
        read.map_or(endpoint.last_seen, |read| read.max(endpoint.last_seen))
    }

    /// The readings of the table that places an endpoint.
    pub(super) fn table_of(&self, endpoint: &Endpoint) -> Option<Table> {
        let read = self.reads.get(&endpoint.device)?;
        Some(if is_only_routed(endpoint.confidence) { read.arp } else { read.fdb })
    }
}
