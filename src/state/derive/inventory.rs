//! An inventory: which device is it, and did its description really change?

use super::{Deriver, bridge};
use crate::analyse::identity::{self, Index, Likeness};
use crate::analyse::succession;
use crate::event::{Body, Replacement};
use crate::model::identity::Mark;
use crate::model::{Device, DeviceId, DeviceStatus, Interface, Inventory, Sightings, SnmpAccess, Timestamp};
use crate::state::State;
use std::net::IpAddr;
use std::sync::Arc;

/// sysUpTime and clocks jitter: a start that differs by less is the same start, milliseconds.
const START_JITTER_MS: i64 = 120_000;
/// sysUpTime wraps after 2^32 hundredths of a second; the start seems to leap by this, milliseconds.
const UPTIME_WRAP_MS: i64 = (1 << 32) * 10;

impl Deriver<'_> {
    /// A device was read whole.
    pub(in crate::state) fn inventory(&mut self, inventory: &Inventory) {
        self.problems(&inventory.address.to_string(), inventory.problems.clone());
        let mut device = normal(inventory);
        let (id, merged) = self.identify(&device);
        device.id = id;
        for other in &merged {
            self.emit(Body::DeviceMerged(other.clone(), device.id.clone()));
        }
        let (mut device, sightings) = self.with_own(device, &inventory.sightings, &merged);
        put_in_order(&mut device);
        match self.state.devices.get(&device.id).cloned() {
            None => {
                self.state.fit(&mut device);
                if !self.appeared(&device) {
                    return;
                }
            }
            Some(known) => {
                keep_what_was_not_read(&known, &mut device);
                self.state.fit(&mut device);
                self.follow_bridge(&known, &bridge::reading_of(&device));
                let known = self.state.devices.get(&device.id).cloned().unwrap_or(known);
                self.changed(&known, &mut device);
            }
        }
        self.state.displace(&device.id, inventory.device.snmp.as_ref());
        self.state.note_read(&device.id, inventory, &sightings);
        self.state.see(&device.id, &sightings);
        self.state.link_work.read(&device.id);
        if let Some(current) = self.state.devices.get(&device.id).cloned() {
            self.answered(&current.id);
            self.status(&current, DeviceStatus::Up, "answers".to_owned());
            for port in &device.interfaces {
                self.port(&current, port.if_index, (port.admin_status, port.oper_status));
            }
            self.health(&current, &device);
        }
    }

    /// What was read of the gauges, where they are those that are known.
    fn health(&mut self, current: &Device, read: &Device) {
        if current.health.outline != read.health.outline || read.health.gauges.is_empty() {
            return;
        }
        let measured = read.health.measured();
        let live = self.state.live.of(&current.id);
        live.describe_health(&current.health, (read.taken_at, &measured));
        self.gauges(current, measured.into_iter().enumerate());
    }

    /// The id under which the device is known, or a free one, and those that turn out to be the same device.
    fn identify(&mut self, device: &Device) -> (DeviceId, Vec<DeviceId>) {
        let mut like = self.state.like(device);
        like.sort();
        let Some((_, best)) = like.first().cloned() else {
            let is_taken = |id: &DeviceId| self.state.devices.contains_key(id);
            let id = if is_taken(&device.id) { identity::distinct_id(device, is_taken) } else { device.id.clone() };
            return (id, Vec::new());
        };
        // An address moves from one device to another; only what a device is made of merges two.
        let same = like.into_iter().skip(1).filter(|(likeness, _)| *likeness < Likeness::Address).map(|(_, id)| id);
        (best, same.collect())
    }

    /// A device that is not known, perhaps in the place of one that is. Whether there was room for it.
    fn appeared(&mut self, device: &Device) -> bool {
        match self.state.replaced_by(device) {
            Some(old) => {
                self.state.room_for_predecessor();
                self.emit(Body::DeviceReplaced(Box::new(Replacement { old, new: device.clone() })));
            }
            None if self.state.has_room_for(device) => self.emit(Body::DeviceSeen(Box::new(device.clone()))),
            None => return false,
        }
        true
    }

    fn changed(&mut self, known: &Device, device: &mut Device) {
        let down = self.state.conditions.get(&known.id).is_some_and(|condition| condition.status == DeviceStatus::Down);
        let displaced = self.state.displaced.remove(&known.id);
        keep_access(known, device, Access { stays: !down && !displaced });
        if let Some(started) = restarted_at(known, device) {
            let noted = self.state.conditions.get(&known.id).and_then(|condition| condition.restarted_at);
            if noted.is_none_or(|noted| noted < started.minus(std::time::Duration::from_millis(START_JITTER_MS.unsigned_abs()))) {
                self.emit(Body::Restarted(known.id.clone()));
            }
        }
        if !same_description(known, device) {
            self.emit(Body::DeviceSeen(Box::new(device.clone())));
        }
    }
}

impl State {
    /// Keeps a device's tables of where addresses are. A table that was not read to its end leaves the last one that was.
    fn see(&mut self, id: &DeviceId, new: &Sightings) {
        let known = self.sightings.get(id);
        let fdb = new.fdb.clone().or_else(|| known?.fdb.clone());
        let arp = new.arp.clone().or_else(|| known?.arp.clone());
        let mut seen = Sightings { fdb, arp };
        seen.fdb.iter_mut().filter(|rows| !rows.is_sorted()).for_each(|rows| rows.sort_unstable());
        seen.arp.iter_mut().filter(|rows| !rows.is_sorted()).for_each(|rows| rows.sort_unstable());
        self.fit_tables(id, &mut seen);
        if known.is_none_or(|known| **known != seen) {
            self.totals.see(known.map(AsRef::as_ref), Some(&seen));
            Arc::make_mut(&mut self.sightings).insert(id.clone(), Arc::new(seen));
            self.link_work.touch(id);
            self.endpoints_dirty = true;
        }
    }

    /// The device in whose place this new one stands.
    fn replaced_by(&mut self, new: &Device) -> Option<DeviceId> {
        let mut candidates = self.marked(new);
        candidates.extend(self.down.iter().cloned());
        let replaced = candidates.into_iter().find(|id| {
            let status = self.conditions.get(id).map(|condition| condition.status).unwrap_or_default();
            self.devices.get(id).is_some_and(|old| succession::replaces((old, status), new))
        });
        replaced.filter(|id| *id != new.id)
    }

    /// Known devices that were reached where this one answers now, are reached elsewhere or not at all: routers that share an
    /// address, addresses that were given to another device.
    fn displace(&mut self, id: &DeviceId, access: Option<&SnmpAccess>) {
        let Some(access) = access else { return };
        let is_there = |other: &DeviceId| {
            let other = self.devices.get(other).and_then(|other| other.snmp.as_ref());
            other.is_some_and(|other| other.address == access.address && other.credential == access.credential)
        };
        let mark = Mark::Address(access.address.ip());
        let owners = self.marks.iter().flat_map(|marks| marks.owners(&mark));
        let others: Vec<DeviceId> = owners.filter(|other| *other != id && is_there(other)).cloned().collect();
        self.displaced.extend(others);
    }

    fn marked(&mut self, device: &Device) -> Vec<DeviceId> {
        let devices = &self.devices;
        self.marks.get_or_insert_with(|| Arc::new(Index::of(devices.values().map(AsRef::as_ref)))).candidates(device)
    }

    /// Known devices that this description is of, with what says so.
    fn like(&mut self, device: &Device) -> Vec<(Likeness, DeviceId)> {
        let candidates = self.marked(device);
        let like = |id: DeviceId| Some((identity::same(self.devices.get(&id)?, device)?, id));
        candidates.into_iter().filter_map(like).collect()
    }
}

/// The description with everything in its order, each thing once: agents send tables in the order of their memory.
fn normal(inventory: &Inventory) -> Device {
    let mut device = inventory.device.clone();
    device.taken_at = inventory.at;
    put_in_order(&mut device);
    device
}

fn put_in_order(device: &mut Device) {
    device.addresses.sort_unstable();
    device.addresses.dedup();
    device.interfaces.sort_by_key(|port| port.if_index);
    device.interfaces.dedup_by_key(|port| port.if_index);
    device.vlans.sort_by_key(|vlan| vlan.id);
    device.vlans.dedup_by_key(|vlan| vlan.id);
    device.neighbours.sort_by_cached_key(|row| {
        let ids = (row.chassis_id.clone(), row.port_id.clone(), row.port_descr.clone());
        (row.local_if_index, row.local_port.clone(), row.protocol, ids, row.sys_name.clone(), row.addresses.clone())
    });
    device.neighbours.dedup();
}

/// A reading that stopped half way says nothing of what it did not reach.
fn keep_what_was_not_read(known: &Device, device: &mut Device) {
    if !device.snmp.as_ref().is_some_and(|snmp| snmp.partial) {
        return;
    }
    for port in &known.interfaces {
        if let Err(at) = device.interfaces.binary_search_by_key(&port.if_index, |port| port.if_index) {
            device.interfaces.insert(at, port.clone());
        }
    }
    if device.neighbours.is_empty() {
        device.neighbours.clone_from(&known.neighbours);
    }
    if device.vlans.is_empty() {
        device.vlans.clone_from(&known.vlans);
    }
    if device.health.gauges.is_empty() {
        device.health.clone_from(&known.health);
    }
    if device.parts.is_empty() {
        device.parts.clone_from(&known.parts);
    }
    if device.bridge.is_none() {
        device.bridge.clone_from(&known.bridge);
    }
    for port in &mut device.interfaces {
        if let Some(old) = known.interface(port.if_index) {
            port.stp = port.stp.take().or_else(|| old.stp.clone());
            port.stp_state = port.stp_state.take().or_else(|| old.stp_state.clone());
            port.poe = port.poe.take().or_else(|| old.poe.clone());
        }
    }
    device.chassis_id = device.chassis_id.take().or_else(|| known.chassis_id.clone());
    keep_facts(known, device);
}

/// What a device is does not become unknown because an answer was lost.
fn keep_facts(known: &Device, device: &mut Device) {
    let facts = [
        (&mut device.vendor, &known.vendor),
        (&mut device.model, &known.model),
        (&mut device.os, &known.os),
        (&mut device.os_version, &known.os_version),
        (&mut device.serial, &known.serial),
        (&mut device.engine_id, &known.engine_id),
        (&mut device.sys_name, &known.sys_name),
        (&mut device.sys_location, &known.sys_location),
        (&mut device.sys_contact, &known.sys_contact),
    ];
    for (read, before) in facts {
        if read.is_none() {
            read.clone_from(before);
        }
    }
}

/// Whether the access by which the device is known is still good.
struct Access {
    stays: bool,
}

/// A device that answers at several addresses keeps them all, and stays known by one as long as it answers there.
fn keep_access(known: &Device, device: &mut Device, access: Access) {
    // What is not on an interface was learned by an answer from there (NAT, agents without an IP-MIB).
    let on_interface =
        |address: &IpAddr| known.interfaces.iter().any(|port| port.addresses.iter().any(|net| net.addr() == *address));
    for address in known.addresses.iter().filter(|address| !on_interface(address)) {
        if let Err(at) = device.addresses.binary_search(address) {
            device.addresses.insert(at, *address);
        }
    }
    let (Some(old), Some(new)) = (&known.snmp, &mut device.snmp) else { return };
    if old.address != new.address && access.stays {
        let partial = new.partial;
        new.clone_from(old);
        new.partial = partial;
    }
}

/// When the agent started, where that is another start than the known one.
fn restarted_at(known: &Device, device: &Device) -> Option<Timestamp> {
    let (before, now) = (known.started_at?, device.started_at?);
    (now > before && !same_start(before, now)).then_some(now)
}

fn same_start(before: Timestamp, now: Timestamp) -> bool {
    let leap = now.millis().abs_diff(before.millis());
    leap <= START_JITTER_MS.unsigned_abs() || leap.abs_diff(UPTIME_WRAP_MS.unsigned_abs()) <= START_JITTER_MS.unsigned_abs()
}

/// Whether nothing changed but what changes all the time: when it was read, and the state of the ports, which has events
/// of its own.
fn same_description(known: &Device, device: &mut Device) -> bool {
    if let (Some(before), Some(now)) = (known.started_at, device.started_at)
        && same_start(before, now)
    {
        device.started_at = known.started_at;
    }
    let mut comparable = device.clone();
    comparable.taken_at = known.taken_at;
    for port in &mut comparable.interfaces {
        if let Some(old) = known.interface(port.if_index) {
            settle(port, old);
        }
    }
    if comparable.bridge.is_some() == known.bridge.is_some() {
        comparable.bridge.clone_from(&known.bridge);
    }
    // What is measured has samples of its own.
    if comparable.health.is_same_outline(&known.health) {
        comparable.health.clone_from(&known.health);
    }
    comparable == *known
}

/// Puts in what changes all the time of a port as it was: its states have events of their own, and so have its place in the spanning tree and
/// what it feeds.
pub(super) fn settle(port: &mut Interface, old: &Interface) {
    port.admin_status = old.admin_status;
    port.oper_status = old.oper_status;
    port.last_change = old.last_change;
    if port.stp.is_some() == old.stp.is_some() {
        port.stp.clone_from(&old.stp);
    }
    if port.stp_state.is_some() == old.stp_state.is_some() {
        port.stp_state.clone_from(&old.stp_state);
    }
    if port.poe.is_some() == old.poe.is_some() {
        port.poe.clone_from(&old.poe);
    }
}
