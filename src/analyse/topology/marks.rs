//! By what devices are recognised: which device has a mark, and whose rows name it.
//!
//! A row is looked up by one mark after the other until one is a single device's. Each mark that was asked for is noted
//! with the device that asked: when its owner changes, those devices' rows are recognised anew, and no others.

use super::posting::Posting;
use crate::analyse::identity::is_own_mac;
use crate::model::identity::is_owned;
use crate::model::{ChassisId, Device, Evidence, MacAddr, NeighbourRow, PortId};
use ipnet::IpNet;
use std::hash::Hash;
use std::net::IpAddr;

/// What a device can be recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Mark {
    Chassis(ChassisId),
    Mac(MacAddr),
    /// sysName, in lower case
    Name(Box<str>),
    /// sysName without its domain
    Short(Box<str>),
    Address(IpAddr),
    /// A network that one of its ports is in.
    Net(IpNet),
}

/// Owners and askers of one kind of mark.
#[derive(Debug)]
struct Table<K> {
    owners: Posting<K>,
    askers: Posting<K>,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self { owners: Posting::default(), askers: Posting::default() }
    }
}

/// A MAC address as a number: tables of hundreds of thousands are looked up by it.
pub(super) type MacKey = u64;

/// The number of a MAC address; they sort alike.
pub(super) fn mac_key(mac: MacAddr) -> MacKey {
    let [a, b, c, d, e, f] = mac.0;
    MacKey::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// Marks of all devices.
#[derive(Debug, Default)]
pub(super) struct Marks {
    chassis: Table<ChassisId>,
    macs: Table<MacKey>,
    names: Table<Box<str>>,
    shorts: Table<Box<str>>,
    addresses: Table<IpAddr>,
    nets: Table<IpNet>,
}

/// A device that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) device: u32,
    /// By name or address only.
    pub(super) weak: bool,
}

/// Does the same with the table of the mark's kind, whatever it is; `&` or `&mut` says how it is borrowed.
macro_rules! by_kind {
    ([$($borrow:tt)+] $marks:expr, $mark:expr, |$table:ident, $key:ident| $does:expr) => {
        match $mark {
            Mark::Chassis($key) => {
                let $table = $($borrow)+ $marks.chassis;
                $does
            }
            Mark::Mac(mac) => {
                let ($table, $key) = ($($borrow)+ $marks.macs, &mac_key(*mac));
                $does
            }
            Mark::Name($key) => {
                let $table = $($borrow)+ $marks.names;
                $does
            }
            Mark::Short($key) => {
                let $table = $($borrow)+ $marks.shorts;
                $does
            }
            Mark::Address($key) => {
                let $table = $($borrow)+ $marks.addresses;
                $does
            }
            Mark::Net($key) => {
                let $table = $($borrow)+ $marks.nets;
                $does
            }
        }
    };
}

impl Marks {
    pub(super) fn reserve(&mut self, macs: usize) {
        self.macs.owners.reserve(macs);
    }

    /// Enters a mark; whether the device did not have it. By value: a name is not copied.
    pub(super) fn own(&mut self, mark: Mark, number: u32) -> bool {
        match mark {
            Mark::Chassis(chassis) => self.chassis.owners.insert(chassis, number),
            Mark::Mac(mac) => self.macs.owners.insert(mac_key(mac), number),
            Mark::Name(name) => self.names.owners.insert(name, number),
            Mark::Short(name) => self.shorts.owners.insert(name, number),
            Mark::Address(address) => self.addresses.owners.insert(address, number),
            Mark::Net(net) => self.nets.owners.insert(net, number),
        }
    }

    pub(super) fn disown(&mut self, mark: &Mark, number: u32) -> bool {
        by_kind!([&mut] self, mark, |table, key| table.owners.remove(key, number))
    }

    pub(super) fn note(&mut self, mark: &Mark, number: u32) {
        by_kind!([&mut] self, mark, |table, key| table.askers.insert(Clone::clone(key), number));
    }

    pub(super) fn forget(&mut self, mark: &Mark, number: u32) {
        by_kind!([&mut] self, mark, |table, key| table.askers.remove(key, number));
    }

    /// Devices whose rows depend on whose this mark is.
    pub(super) fn askers(&self, mark: &Mark) -> &[u32] {
        by_kind!([&] self, mark, |table, key| table.askers.all(key))
    }

    /// Whether no device's rows were looked up yet.
    pub(super) fn is_unasked(&self) -> bool {
        let [a, b, c] = [self.chassis.askers.is_empty(), self.macs.askers.is_empty(), self.addresses.askers.is_empty()];
        a && b && c && self.names.askers.is_empty() && self.shorts.askers.is_empty() && self.nets.owners.is_empty()
    }

    /// Devices that have the mark.
    pub(super) fn owners(&self, mark: &Mark) -> &[u32] {
        by_kind!([&] self, mark, |table, key| table.owners.all(key))
    }

    /// The only device with this MAC address.
    pub(super) fn with_mac(&self, mac: MacAddr) -> Option<u32> {
        self.with_mac_key(mac_key(mac))
    }

    /// The only device with the MAC address of this number.
    pub(super) fn with_mac_key(&self, mac: MacKey) -> Option<u32> {
        self.macs.owners.only(&mac)
    }

    /// How many devices have a port in this network.
    pub(super) fn in_net(&self, net: IpNet) -> usize {
        self.nets.owners.all(&net).len()
    }

    fn owner(&self, mark: &Mark) -> Option<u32> {
        by_kind!([&] self, mark, |table, key| table.owners.only(key))
    }

    /// The only device with this name, with or without its domain. CDP appends the serial number in parentheses.
    pub(super) fn named(&self, name: &str) -> Option<u32> {
        spellings(name)
            .iter()
            .find_map(|name| self.names.owners.only(name.as_str()).or_else(|| self.shorts.owners.only(short(name))))
    }
}

/// All marks of a device; some may stand twice.
pub(super) fn of(device: &Device) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(device.interfaces.len() + device.addresses.len() + 4);
    marks.extend(device.chassis_id.clone().map(Mark::Chassis));
    for port in &device.interfaces {
        marks.extend(port.mac.filter(|mac| is_own_mac(*mac)).map(Mark::Mac));
        let nets = port.addresses.iter().filter(|net| is_owned(net.addr(), None));
        marks.extend(nets.map(|net| Mark::Net(net.trunc())));
    }
    if let Some(name) = device.sys_name.as_deref().map(normal) {
        marks.push(Mark::Short(short(&name).into()));
        marks.push(Mark::Name(name.into()));
    }
    let answered_at = device.snmp.as_ref().map(|snmp| snmp.address.ip());
    marks.extend(device.addresses.iter().filter(|a| is_owned(**a, answered_at)).map(|a| Mark::Address(*a)));
    marks
}

/// Looks rows up, and keeps what it asked for.
pub(super) struct Asker<'m> {
    pub(super) marks: &'m Marks,
    pub(super) asked: Vec<Mark>,
}

impl Asker<'_> {
    fn ask(&mut self, mark: Mark) -> Option<u32> {
        let owner = self.marks.owner(&mark);
        self.asked.push(mark);
        owner
    }

    /// The device that a row speaks of.
    pub(super) fn recognise(&mut self, row: &NeighbourRow) -> Option<Found> {
        match row.protocol {
            Evidence::Ospf | Evidence::Bgp => self.peer(row),
            Evidence::Isis => self.intermediate_system(row),
            _ => self.neighbour(row),
        }
    }

    /// By chassis id, then a unique sysName, then a management address, then the port's MAC address.
    fn neighbour(&mut self, row: &NeighbourRow) -> Option<Found> {
        if let Some(device) = row.chassis_id.as_ref().and_then(|chassis| self.by_chassis(chassis)) {
            return Some(Found { device, weak: false });
        }
        let name = row.sys_name.as_deref().or(match &row.chassis_id {
            Some(ChassisId::Text(text)) => Some(text),
            _ => None,
        });
        let weak = name
            .and_then(|name| self.by_name(name))
            .or_else(|| row.addresses.iter().find_map(|address| self.ask(Mark::Address(*address))));
        if let Some(device) = weak {
            return Some(Found { device, weak: true });
        }
        match row.port_id {
            Some(PortId::Mac(mac)) => self.ask(Mark::Mac(mac)).map(|device| Found { device, weak: false }),
            _ => None,
        }
    }

    fn by_chassis(&mut self, chassis: &ChassisId) -> Option<u32> {
        self.ask(Mark::Chassis(chassis.clone())).or_else(|| match chassis {
            ChassisId::Mac(mac) => self.ask(Mark::Mac(*mac)),
            ChassisId::Address(address) => self.ask(Mark::Address(*address)),
            ChassisId::Text(_) => None,
        })
    }

    fn by_name(&mut self, name: &str) -> Option<u32> {
        spellings(name).into_iter().find_map(|name| {
            let full = self.ask(Mark::Name(name.as_str().into()));
            full.or_else(|| self.ask(Mark::Short(short(&name).into())))
        })
    }

    /// A routing peer: its address on the shared network is the device's own, its router id is only a number that looks like one.
    fn peer(&mut self, row: &NeighbourRow) -> Option<Found> {
        let on_link = row.addresses.iter().find_map(|address| self.ask(Mark::Address(*address)));
        let router_id = || match row.chassis_id {
            Some(ChassisId::Address(id)) if row.addresses.is_empty() => Some(id),
            _ => None,
        };
        on_link.or_else(|| router_id().and_then(|id| self.ask(Mark::Address(id)))).map(|device| Found { device, weak: true })
    }

    /// By its system id, which is by custom a MAC address or an IPv4 address written with twelve digits; else by its addresses.
    fn intermediate_system(&mut self, row: &NeighbourRow) -> Option<Found> {
        let on_link = row.addresses.iter().find_map(|address| self.ask(Mark::Address(*address)));
        let system_id = on_link.or_else(|| match &row.chassis_id {
            Some(ChassisId::Text(text)) => self.by_system_id(text).or_else(|| self.by_name(text)),
            Some(other) => self.by_chassis(&other.clone()),
            None => None,
        });
        system_id.map(|device| Found { device, weak: true })
    }

    fn by_system_id(&mut self, text: &str) -> Option<u32> {
        let mac: MacAddr = text.parse().ok()?;
        let by_mac = self.ask(Mark::Chassis(ChassisId::Mac(mac))).or_else(|| self.ask(Mark::Mac(mac)));
        by_mac.or_else(|| self.ask(Mark::Address(decimal_address(text)?)))
    }
}

/// 1921.6800.1001 is 192.168.1.1.
fn decimal_address(text: &str) -> Option<IpAddr> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let octet = |at: usize| digits.get(at..at + 3)?.parse::<u8>().ok();
    (digits.len() == 12).then_some(())?;
    Some(IpAddr::from([octet(0)?, octet(3)?, octet(6)?, octet(9)?]))
}

/// A name as it is compared, and without the serial number that CDP appends.
fn spellings(name: &str) -> Vec<String> {
    let name = normal(name);
    let without_serial = name.split_once('(').map(|(front, _)| front.trim_end().to_owned());
    [Some(name), without_serial].into_iter().flatten().filter(|name| !name.is_empty()).collect()
}

fn normal(name: &str) -> String {
    name.trim().trim_end_matches('.').to_lowercase()
}

/// The name without its domain; an address is no name with a domain.
fn short(name: &str) -> &str {
    if name.parse::<IpAddr>().is_ok() { name } else { name.split_once('.').map_or(name, |(host, _)| host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_id_can_be_an_address_in_digits() {
        assert_eq!(decimal_address("1921.6800.1001"), Some([192, 168, 1, 1].into()));
        assert_eq!(decimal_address("1921.6800.999"), None);
        assert_eq!(decimal_address("9921.6800.1001"), None);
    }
}
