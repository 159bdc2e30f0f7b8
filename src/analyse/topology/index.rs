//! Which known device does a row speak of?

use super::ports::Ports;
use crate::analyse::identity::is_own_mac;
use crate::model::identity::is_owned;
use crate::model::{ChassisId, Device, MacAddr, NeighbourRow, PortId};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::hash::Hash;
use std::net::IpAddr;

/// Marks of all devices. `None` as an owner: several have it.
pub(super) struct Index<'a> {
    pub(super) devices: &'a [&'a Device],
    chassis: FxHashMap<&'a ChassisId, Option<u32>>,
    macs: FxHashMap<MacAddr, Option<u32>>,
    names: FxHashMap<String, Option<u32>>,
    short_names: FxHashMap<String, Option<u32>>,
    addresses: FxHashMap<IpAddr, Option<u32>>,
    ports: Vec<OnceCell<Ports<'a>>>,
}

/// A device that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) device: u32,
    /// By name or address only.
    pub(super) weak: bool,
    /// Its chassis id says otherwise: believed only if the port is found too.
    pub(super) doubtful: bool,
}

fn note<K: Hash + Eq>(map: &mut FxHashMap<K, Option<u32>>, key: K, device: u32) {
    map.entry(key).and_modify(|owner| *owner = owner.filter(|owner| *owner == device)).or_insert(Some(device));
}

fn get<K: Hash + Eq + ?Sized, Q: Hash + Eq + std::borrow::Borrow<K>>(map: &FxHashMap<Q, Option<u32>>, key: &K) -> Option<u32> {
    map.get(key).copied().flatten()
}

impl<'a> Index<'a> {
    pub(super) fn of(devices: &'a [&'a Device]) -> Self {
        let ports: usize = devices.iter().map(|device| device.interfaces.len()).sum();
        let mut index = Self {
            devices,
            chassis: FxHashMap::default(),
            macs: FxHashMap::with_capacity_and_hasher(ports, rustc_hash::FxBuildHasher),
            names: FxHashMap::default(),
            short_names: FxHashMap::default(),
            addresses: FxHashMap::default(),
            ports: std::iter::repeat_with(OnceCell::new).take(devices.len()).collect(),
        };
        for (number, device) in (0u32..).zip(devices.iter().copied()) {
            index.add(number, device);
        }
        index
    }

    fn add(&mut self, number: u32, device: &'a Device) {
        if let Some(chassis) = &device.chassis_id {
            note(&mut self.chassis, chassis, number);
        }
        for mac in device.interfaces.iter().filter_map(|port| port.mac).filter(|mac| is_own_mac(*mac)) {
            note(&mut self.macs, mac, number);
        }
        if let Some(name) = device.sys_name.as_deref().map(normal) {
            note(&mut self.short_names, short(&name).to_owned(), number);
            note(&mut self.names, name, number);
        }
        let answered_at = device.snmp.as_ref().map(|snmp| snmp.address.ip());
        for address in device.addresses.iter().filter(|address| is_owned(**address, answered_at)) {
            note(&mut self.addresses, *address, number);
        }
    }

    pub(super) fn device(&self, number: u32) -> Option<&'a Device> {
        self.devices.get(number as usize).copied()
    }

    /// The device's ports by their names.
    pub(super) fn ports(&self, number: u32) -> Option<&Ports<'a>> {
        let device = self.device(number)?;
        self.ports.get(number as usize).map(|cell| cell.get_or_init(|| Ports::of(device)))
    }

    /// By chassis id, then a unique sysName, then a management address, then the port's MAC address.
    pub(super) fn recognise(&self, row: &NeighbourRow) -> Option<Found> {
        if let Some(device) = row.chassis_id.as_ref().and_then(|chassis| self.by_chassis(chassis)) {
            return Some(Found { device, weak: false, doubtful: false });
        }
        let name = row.sys_name.as_deref().or(match &row.chassis_id {
            Some(ChassisId::Text(text)) => Some(text),
            _ => None,
        });
        let port_mac = match row.port_id {
            Some(PortId::Mac(mac)) => Some(mac),
            _ => None,
        };
        let weak = name
            .and_then(|name| self.named(name))
            .or_else(|| row.addresses.iter().find_map(|address| get(&self.addresses, address)))
            .map(|device| Found { device, weak: true, doubtful: self.contradicts(device, row) });
        weak.or_else(|| {
            port_mac.and_then(|mac| get(&self.macs, &mac)).map(|device| Found { device, weak: false, doubtful: false })
        })
    }

    fn by_chassis(&self, chassis: &ChassisId) -> Option<u32> {
        get(&self.chassis, chassis).or_else(|| match chassis {
            ChassisId::Mac(mac) => get(&self.macs, mac),
            ChassisId::Address(address) => get(&self.addresses, address),
            ChassisId::Text(_) => None,
        })
    }

    /// The only device with this name, with or without its domain. CDP appends the serial number in parentheses.
    pub(super) fn named(&self, name: &str) -> Option<u32> {
        let name = normal(name);
        let without_serial = name.split_once('(').map(|(front, _)| front.trim_end());
        [Some(name.as_str()), without_serial]
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty())
            .find_map(|name| get(&self.names, name).or_else(|| get(&self.short_names, short(name))))
    }

    /// Whether the device's own chassis id is another MAC address than the row says.
    fn contradicts(&self, device: u32, row: &NeighbourRow) -> bool {
        let own = self.device(device).and_then(|device| device.chassis_id.as_ref());
        matches!((own, &row.chassis_id), (Some(ChassisId::Mac(own)), Some(ChassisId::Mac(heard))) if own != heard)
    }
}

fn normal(name: &str) -> String {
    name.trim().trim_end_matches('.').to_lowercase()
}

/// The name without its domain; an address is no name with a domain.
fn short(name: &str) -> &str {
    if name.parse::<IpAddr>().is_ok() { name } else { name.split_once('.').map_or(name, |(host, _)| host) }
}
