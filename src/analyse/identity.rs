//! Is this inventory one of the devices that we know?
//!
//! Equipment is found under any number of addresses, names and VRFs. Strong marks (chassis id, engine id, serial number)
//! decide alone; MAC addresses by overlap; an address only where no stronger mark speaks against it.

use crate::model::identity::{Mark, is_owned, marks};
use crate::model::{ChassisId, Device, DeviceId, MacAddr};
use rustc_hash::{FxHashMap, FxHashSet};

/// By what two descriptions were recognised as one device, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Chassis id
    Chassis,
    /// snmpEngineID
    Engine,
    /// Serial number
    Serial,
    /// MAC addresses of interfaces
    Macs,
    /// An address that both own
    Address,
}

/// First three octets and more of addresses that several routers share by design: VRRP (RFC 5798 §7.3), HSRP v1 and v2, GLBP.
const SHARED_PREFIXES: [&[u8]; 5] =
    [&[0, 0, 0x5e, 0, 1], &[0, 0, 0x5e, 0, 2], &[0, 0, 0x0c, 7, 0xac], &[0, 0, 0x0c, 0x9f], &[0, 7, 0xb4]];

/// Whether the address can be one device's alone.
pub fn is_own_mac(mac: MacAddr) -> bool {
    mac.is_identity() && !SHARED_PREFIXES.iter().any(|prefix| mac.0.starts_with(prefix))
}

/// Whether two descriptions are of one device, and by what.
pub fn same(a: &Device, b: &Device) -> Option<Likeness> {
    let (macs_a, macs_b) = (own_macs(a), own_macs(b));
    let disjoint = !macs_a.is_empty() && !macs_b.is_empty() && macs_a.is_disjoint(&macs_b);
    match (chassis(a), chassis(b)) {
        (Some(x), Some(y)) if x == y => return (!contradicted(a, b, disjoint)).then_some(Likeness::Chassis),
        // lldpd and some switches take another port's address after a change: that one is still the device's own.
        (Some(x), Some(y)) if !macs_b.contains(&x) && !macs_a.contains(&y) => return None,
        _ => {}
    }
    for (x, y, likeness) in [(&a.engine_id, &b.engine_id, Likeness::Engine), (&a.serial, &b.serial, Likeness::Serial)] {
        match (x, y) {
            // Cloned virtual machines and copied configurations share these; they don't share their ports' addresses.
            (Some(x), Some(y)) if x == y => return (!disjoint).then_some(likeness),
            (Some(_), Some(_)) if disjoint => return None,
            _ => {}
        }
    }
    let shared = macs_a.intersection(&macs_b).count();
    if shared > 0 && shared * 2 >= macs_a.len().min(macs_b.len()) {
        return Some(Likeness::Macs);
    }
    (!disjoint && shares_address(a, b)).then_some(Likeness::Address)
}

/// Whether everything else speaks against an equal chassis id (several agents that were given one recording's answers).
fn contradicted(a: &Device, b: &Device, disjoint: bool) -> bool {
    let differ = |x: &Option<String>, y: &Option<String>| matches!((x, y), (Some(x), Some(y)) if x != y);
    disjoint && (differ(&a.engine_id, &b.engine_id) || differ(&a.serial, &b.serial))
}

fn chassis(device: &Device) -> Option<MacAddr> {
    match device.chassis_id {
        Some(ChassisId::Mac(mac)) if mac.is_identity() => Some(mac),
        _ => None,
    }
}

fn own_macs(device: &Device) -> FxHashSet<MacAddr> {
    device.interfaces.iter().filter_map(|port| port.mac).filter(|mac| is_own_mac(*mac)).collect()
}

fn shares_address(a: &Device, b: &Device) -> bool {
    let answered = |device: &Device| device.snmp.as_ref().map(|snmp| snmp.address.ip());
    let differ = match (&a.snmp, &b.snmp) {
        // Behind one address, ports tell agents apart.
        (Some(x), Some(y)) => x.address.ip() == y.address.ip() && x.address.port() != y.address.port(),
        _ => false,
    };
    let (at_a, at_b) = (answered(a), answered(b));
    !differ
        && a.addresses.iter().any(|address| is_owned(*address, at_a) && is_owned(*address, at_b) && b.addresses.contains(address))
}

/// Marks of all known devices, for finding candidates without comparing with each device.
#[derive(Clone, Debug, Default)]
pub struct Index {
    owners: FxHashMap<Mark, Vec<DeviceId>>,
}

impl Index {
    /// Of these devices.
    pub fn of<'a>(devices: impl IntoIterator<Item = &'a Device>) -> Self {
        let mut index = Self::default();
        for device in devices {
            index.insert(device);
        }
        index
    }

    /// Adds a device's marks under its id.
    pub fn insert(&mut self, device: &Device) {
        for mark in marks(device).into_iter().filter(is_telling) {
            let owners = self.owners.entry(mark).or_default();
            if let Err(at) = owners.binary_search(&device.id) {
                owners.insert(at, device.id.clone());
            }
        }
    }

    /// Takes a device's marks out.
    pub fn remove(&mut self, device: &Device) {
        for mark in marks(device) {
            if let Some(owners) = self.owners.get_mut(&mark) {
                owners.retain(|owner| *owner != device.id);
                if owners.is_empty() {
                    self.owners.remove(&mark);
                }
            }
        }
    }

    /// Known devices that share a mark with this one, in the order of their ids.
    pub fn candidates(&self, device: &Device) -> Vec<DeviceId> {
        let mut found: Vec<DeviceId> =
            marks(device).iter().filter_map(|mark| self.owners.get(mark)).take(MAX_CANDIDATES).flatten().cloned().collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(MAX_CANDIDATES);
        found
    }
}

/// Candidates compared with one inventory: thousands that share a mark are a clone army, not one device.
const MAX_CANDIDATES: usize = 256;

fn is_telling(mark: &Mark) -> bool {
    !matches!(mark, Mark::Mac(mac) if !is_own_mac(*mac))
}

/// An id for a device whose proposed id is another device's: the strongest mark that makes a free one.
pub fn distinct_id(device: &Device, is_taken: impl Fn(&DeviceId) -> bool) -> DeviceId {
    let weaker = marks(device).into_iter().filter_map(|mark| match mark {
        Mark::Mac(mac) => Some(format!("mac:{mac}")),
        Mark::Address(address) => Some(format!("addr:{address}")),
        Mark::Chassis(_) | Mark::Engine(_) | Mark::Serial(..) => None,
    });
    let answered = device.snmp.iter().flat_map(|snmp| [format!("addr:{}", snmp.address.ip()), format!("addr:{}", snmp.address)]);
    let numbered = (2..).map(|number: u32| format!("{}#{number}", device.id));
    let mut ids = weaker.chain(answered).chain(numbered).map(|text| DeviceId::new(&text));
    ids.find(|id| !is_taken(id)).unwrap_or_else(|| device.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{IfIndex, Interface, Timestamp};

    fn device(id: &str, macs: &[u8]) -> Device {
        let mut device = Device::new(DeviceId::new(id), Timestamp(0));
        for mac in macs {
            let mut port = Interface::new(IfIndex(u32::from(*mac)));
            port.mac = Some(MacAddr([0, 0x1b, 0x54, 0, 0, *mac]));
            device.interfaces.push(port);
        }
        device
    }

    fn with_address(mut device: Device, address: &str) -> Device {
        device.addresses.push(address.parse().unwrap());
        device
    }

    #[test]
    fn a_chassis_id_decides_under_any_address() {
        let mut a = with_address(device("a", &[1]), "10.0.0.1");
        let mut b = with_address(device("b", &[1]), "10.9.0.1");
        a.chassis_id = Some(ChassisId::Mac(MacAddr([0, 1, 2, 3, 4, 5])));
        b.chassis_id = a.chassis_id.clone();
        assert_eq!(same(&a, &b), Some(Likeness::Chassis));
        b.chassis_id = Some(ChassisId::Mac(MacAddr([0, 1, 2, 3, 4, 6])));
        assert_eq!(same(&a, &b), None);
    }

    #[test]
    fn cloned_engine_ids_do_not_merge_machines_with_other_macs() {
        let (mut a, mut b) = (device("a", &[1, 2]), device("b", &[3, 4]));
        a.engine_id = Some("80001f88".to_owned());
        b.engine_id = a.engine_id.clone();
        assert_eq!(same(&a, &b), None);
        assert_eq!(
            same(&a, &{
                let mut c = device("c", &[2]);
                c.engine_id = a.engine_id.clone();
                c
            }),
            Some(Likeness::Engine)
        );
    }

    #[test]
    fn a_shared_virtual_address_is_no_identity() {
        let vrrp = |id| {
            let mut device = device(id, &[]);
            let mut port = Interface::new(IfIndex(1));
            port.mac = Some(MacAddr([0, 0, 0x5e, 0, 1, 10]));
            device.interfaces.push(port);
            device
        };
        assert_eq!(same(&vrrp("a"), &vrrp("b")), None);
    }

    #[test]
    fn an_address_counts_only_without_contradiction() {
        let a = with_address(device("a", &[1]), "192.168.1.1");
        assert_eq!(same(&a, &with_address(device("b", &[2]), "192.168.1.1")), None);
        assert_eq!(same(&a, &with_address(device("b", &[]), "192.168.1.1")), Some(Likeness::Address));
        let loopback = with_address(device("c", &[]), "127.0.0.1");
        assert_eq!(same(&loopback, &with_address(device("d", &[]), "127.0.0.1")), None);
    }

    #[test]
    fn the_index_finds_who_shares_a_mark_and_forgets() {
        let (a, b) = (device("a", &[1, 2]), device("b", &[3]));
        let mut index = Index::of([&a, &b]);
        assert_eq!(index.candidates(&device("x", &[2, 3])), [a.id.clone(), b.id.clone()]);
        index.remove(&a);
        assert_eq!(index.candidates(&device("x", &[2, 3])), std::slice::from_ref(&b.id));
    }

    #[test]
    fn a_taken_id_gives_way_to_a_weaker_mark() {
        let a = with_address(device("engine:ff", &[7]), "10.0.0.7");
        assert_eq!(distinct_id(&a, |_| false).as_str(), "mac:00:1b:54:00:00:07");
        assert_eq!(distinct_id(&a, |id| id.as_str().starts_with("mac:")).as_str(), "addr:10.0.0.7");
        assert_eq!(distinct_id(&a, |id| !id.as_str().contains('#')).as_str(), "engine:ff#2");
    }
}
