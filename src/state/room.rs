//! How much of the network there is room for. What is new beyond it is not taken and counted, what is known stays ([`limit`]).
//!
//! Sums over all devices are kept as descriptions and tables come and go, so that holding a description against them costs a look at its own
//! lengths. What follows from descriptions (links, neighbours, marks, conditions, alarms on ports) is bounded by them.

use super::State;
use crate::model::{
    ChassisId, Device, DeviceId, Health, IfIndex, Limit, MacAddr, NeighbourRow, PortId, Sightings, WirelessReading, limit,
};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// Sums over all devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) interfaces: usize,
    pub(super) neighbours: usize,
    pub(super) vlans: usize,
    pub(super) macs: usize,
    pub(super) arp: usize,
    pub(super) access_points: usize,
    pub(super) stations: usize,
}

/// Memberships of a device's ports in VLANs, the untagged ones a second time.
fn memberships(device: &Device) -> usize {
    device.interfaces.iter().map(|port| port.vlans.len() + port.untagged.len()).sum()
}

/// A bound on one thing, that on all of them, and how many all others have.
type Room = (&'static Limit, &'static Limit, usize);

/// Shortens a list to the room that there is: what is new goes first, from the end.
fn keep<T>(list: &mut Vec<T>, (one, all, others): Room, is_known: impl Fn(&T) -> bool) {
    let (of_one, of_all) = (one.most(), all.most().saturating_sub(others));
    let room = of_one.min(of_all);
    let Some(over) = list.len().checked_sub(room).filter(|over| *over > 0) else { return };
    if of_one <= of_all { one } else { all }.beyond(over);
    let mut new = room.saturating_sub(list.iter().filter(|one| is_known(one)).count());
    list.retain(|one| {
        let stays = is_known(one) || new > 0;
        new -= usize::from(stays && !is_known(one));
        stays
    });
    list.truncate(room);
}

/// By what a row of neighbours is the same one.
type Heard<'a> = (Option<IfIndex>, &'a Option<ChassisId>, &'a Option<PortId>);

const fn heard(row: &NeighbourRow) -> Heard<'_> {
    (row.local_if_index, &row.chassis_id, &row.port_id)
}

impl Totals {
    fn device(&mut self, device: &Device, times: fn(usize, usize) -> usize) {
        self.interfaces = times(self.interfaces, device.interfaces.len());
        self.neighbours = times(self.neighbours, device.neighbours.len());
        self.vlans = times(self.vlans, memberships(device));
    }

    fn tables(&mut self, seen: &Sightings, times: fn(usize, usize) -> usize) {
        self.macs = times(self.macs, seen.fdb.as_ref().map_or(0, Vec::len));
        self.arp = times(self.arp, seen.arp.as_ref().map_or(0, Vec::len));
    }

    fn air(&mut self, (access_points, stations): (usize, usize), times: fn(usize, usize) -> usize) {
        self.access_points = times(self.access_points, access_points);
        self.stations = times(self.stations, stations);
    }

    /// A description takes the place of another.
    pub(super) fn describe(&mut self, before: Option<&Device>, now: Option<&Device>) {
        before.into_iter().for_each(|device| self.device(device, usize::saturating_sub));
        now.into_iter().for_each(|device| self.device(device, usize::saturating_add));
    }

    /// Tables of addresses take the place of others.
    pub(super) fn see(&mut self, before: Option<&Sightings>, now: Option<&Sightings>) {
        before.into_iter().for_each(|seen| self.tables(seen, usize::saturating_sub));
        now.into_iter().for_each(|seen| self.tables(seen, usize::saturating_add));
    }

    /// What a controller controls takes the place of what it controlled.
    pub(super) fn control(&mut self, before: (usize, usize), now: (usize, usize)) {
        self.air(before, usize::saturating_sub);
        self.air(now, usize::saturating_add);
    }
}

impl State {
    /// Access points and stations of a controller, as they are known.
    pub(super) fn controlled(&self, controller: &DeviceId) -> (usize, usize) {
        self.wireless.get(controller).map_or((0, 0), |reading| (reading.access_points.len(), reading.clients.len()))
    }

    /// Sums everything up anew.
    pub(super) fn recount(&mut self) {
        let mut totals = Totals::default();
        self.devices.values().for_each(|device| totals.describe(None, Some(device)));
        self.sightings.values().for_each(|seen| totals.see(None, Some(seen)));
        self.wireless.keys().for_each(|controller| totals.control((0, 0), self.controlled(controller)));
        self.totals = totals;
    }

    /// Leaves out of a description what there is no room for.
    pub(super) fn fit(&self, device: &mut Device) {
        let known = self.devices.get(&device.id).map(AsRef::as_ref);
        let mut others = self.totals;
        others.describe(known, None);
        let ports = (&limit::DEVICE_INTERFACES, &limit::INTERFACES, others.interfaces);
        keep(&mut device.interfaces, ports, |port| known.is_some_and(|known| known.interface(port.if_index).is_some()));
        let addresses = (&limit::DEVICE_ADDRESSES, &limit::DEVICE_ADDRESSES, 0);
        keep(&mut device.addresses, addresses, |address| {
            known.is_some_and(|known| known.addresses.binary_search(address).is_ok())
        });
        let rows: OnceCell<BTreeSet<Heard<'_>>> = OnceCell::new();
        let all_rows = || known.into_iter().flat_map(|known| known.neighbours.iter().map(heard)).collect();
        let neighbours = (&limit::DEVICE_NEIGHBOURS, &limit::NEIGHBOURS, others.neighbours);
        keep(&mut device.neighbours, neighbours, |row| rows.get_or_init(all_rows).contains(&heard(row)));
        if device.health.gauges.len() > limit::DEVICE_GAUGES.most() {
            device.health = Health::new(std::mem::take(&mut device.health.gauges));
        }
        limit::DEVICE_PARTS.cut(&mut device.parts);
        fit_vlans(device, others.vlans);
    }

    /// Leaves out of a controller's reading what there is no room for: then it does not tell all, and nothing is gone that it does not tell.
    pub(super) fn fit_air(&self, now: &mut WirelessReading, before: Option<&WirelessReading>) {
        let mut others = self.totals;
        others.control(self.controlled(&now.controller), (0, 0));
        let told = (now.access_points.len(), now.clients.len());
        let points = (&limit::CONTROLLER_APS, &limit::ACCESS_POINTS, others.access_points);
        keep(&mut now.access_points, points, |ap| before.is_some_and(|before| before.access_point(ap.key).is_some()));
        let macs: OnceCell<BTreeSet<MacAddr>> = OnceCell::new();
        let all_macs = || before.into_iter().flat_map(|before| before.clients.iter().map(|client| client.mac)).collect();
        let stations = (&limit::CONTROLLER_CLIENTS, &limit::STATIONS, others.stations);
        keep(&mut now.clients, stations, |client| macs.get_or_init(all_macs).contains(&client.mac));
        now.extent.access_points &= now.access_points.len() == told.0;
        now.extent.clients &= now.clients.len() == told.1;
    }

    /// Leaves out of tables of addresses what there is no room for. They are sorted: of a table that is cut it is always the same part.
    pub(super) fn fit_tables(&self, id: &DeviceId, seen: &mut Sightings) {
        let mut others = self.totals;
        others.see(self.sightings.get(id).map(AsRef::as_ref), None);
        let (macs, arp) = ((&limit::DEVICE_MACS, &limit::MACS, others.macs), (&limit::DEVICE_ARP, &limit::ARP, others.arp));
        seen.fdb.iter_mut().for_each(|rows| keep(rows, macs, |_| false));
        seen.arp.iter_mut().for_each(|rows| keep(rows, arp, |_| false));
    }

    /// Whether there is room for another device. The host itself always has some.
    pub(super) fn has_room_for(&self, device: &Device) -> bool {
        device.snmp.is_none() || limit::DEVICES.has_room(self.devices.len())
    }

    /// Forgets who stood in whose place where there are too many: at first of places that nobody knows any more.
    pub(super) fn forget_predecessors(&mut self) {
        if self.predecessors.len() <= limit::PREDECESSORS.most() {
            return;
        }
        let mut kept: BTreeMap<DeviceId, DeviceId> = BTreeMap::new();
        for id in self.devices.keys() {
            let chain =
                std::iter::successors(self.predecessors.get_key_value(id), |(_, old)| self.predecessors.get_key_value(*old));
            let fresh = chain.take(super::MAX_PREDECESSORS).take_while(|(new, _)| !kept.contains_key(*new));
            let fresh: Vec<(DeviceId, DeviceId)> = fresh.map(|(new, old)| (new.clone(), old.clone())).collect();
            kept.extend(fresh);
        }
        while kept.len() > limit::PREDECESSORS.most() {
            kept.pop_first();
        }
        self.predecessors = std::sync::Arc::new(kept);
    }

    /// Counts where it is forgotten who stood in another's place.
    pub(super) fn room_for_predecessor(&self) {
        let _others_go = limit::PREDECESSORS.has_room(self.predecessors.len());
    }

    /// Counts where it is forgotten of another alarm when it stood, because this one clears.
    pub(super) fn room_for_episode(&self, id: &str) {
        if !self.episodes.contains_key(id) {
            let _the_oldest_goes = limit::ALARM_EPISODES.has_room(self.episodes.len());
        }
    }

    /// Tells how full the state is.
    pub fn tell_limits(&self) {
        let held = [
            (&limit::DEVICES, self.devices.len()),
            (&limit::INTERFACES, self.totals.interfaces),
            (&limit::NEIGHBOURS, self.totals.neighbours),
            (&limit::VLAN_MEMBERSHIPS, self.totals.vlans),
            (&limit::MACS, self.totals.macs),
            (&limit::ARP, self.totals.arp),
            (&limit::ENDPOINTS, self.endpoints.len()),
            (&limit::ACCESS_POINTS, self.totals.access_points),
            (&limit::STATIONS, self.totals.stations),
            (&limit::PREDECESSORS, self.predecessors.len()),
            (&limit::PROBLEMS, self.problems.len()),
            (&limit::ALARMS, self.alarms.len()),
            (&limit::ALARM_WATCHES, self.watches.len()),
            (&limit::ALARM_EPISODES, self.episodes.len()),
            (&limit::MAINTENANCE, self.maintenance.len()),
        ];
        held.into_iter().for_each(|(limit, count)| limit.holds(count));
    }
}

/// Leaves out the VLANs of ports for which there is no room.
fn fit_vlans(device: &mut Device, others: usize) {
    let mut room = limit::VLAN_MEMBERSHIPS.most().saturating_sub(others);
    let mut beyond = 0;
    for port in &mut device.interfaces {
        let wanted = port.vlans.len() + port.untagged.len();
        match room.checked_sub(wanted) {
            Some(left) => room = left,
            None => {
                beyond += wanted;
                port.vlans.clear();
                port.untagged.clear();
            }
        }
    }
    if beyond > 0 {
        limit::VLAN_MEMBERSHIPS.beyond(beyond);
    }
}
