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

/// Docker makes the address of a container's port, and of its bridge, out of the IP address, which is the same on every host.
const CONTAINER_PREFIX: &[u8] = &[0x02, 0x42];

/// Whether several routers share the address by design.
pub fn is_shared_mac(mac: MacAddr) -> bool {
    // All of them begin with nought: most addresses need no further look.
    mac.0[0] == 0 && SHARED_PREFIXES.iter().any(|prefix| mac.0.starts_with(prefix))
}

/// Whether the address can be one device's alone.
pub fn is_own_mac(mac: MacAddr) -> bool {
    mac.is_identity() && !is_shared_mac(mac) && !mac.0.starts_with(CONTAINER_PREFIX)
}

/// Whether two descriptions are of one device, and by what.
pub fn same(a: &Device, b: &Device) -> Option<Likeness> {
    if are_two_agents(a, b) {
        return None;
    }
    let (macs_a, macs_b) = (own_macs(a), own_macs(b));
    let shared = macs_a.intersection(&macs_b).count();
    let fewer = macs_a.len().min(macs_b.len());
    // Every host of a kind has the same bridge for its virtual machines: half of two ports are not yet most of them.
    let is_most = shared * 2 > fewer || shared > 0 && shared * 2 == fewer && !differ(&a.sys_name, &b.sys_name);
    let disjoint = fewer > 0 && !is_most;
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
    if is_most {
        return Some(Likeness::Macs);
    }
    (!disjoint && !is_other_at_address(a, b) && shares_address(a, b)).then_some(Likeness::Address)
}

fn differ(x: &Option<String>, y: &Option<String>) -> bool {
    matches!((x, y), (Some(x), Some(y)) if x != y)
}

/// Whether everything else speaks against an equal chassis id (several agents that were given one recording's answers).
fn contradicted(a: &Device, b: &Device, disjoint: bool) -> bool {
    disjoint && (differ(&a.engine_id, &b.engine_id) || differ(&a.serial, &b.serial))
}

/// Whether two agents with names and addresses of their own answer, whatever they are made of: contexts of one firewall, and
/// switches that left the factory with one MAC address.
fn are_two_agents(a: &Device, b: &Device) -> bool {
    let apart = || !a.addresses.iter().any(|address| b.addresses.contains(address));
    differ(&a.engine_id, &b.engine_id) && differ(&a.sys_name, &b.sys_name) && apart()
}

/// Whether an address went from one device to another: hardware that was replaced, an address that two routers share.
fn is_other_at_address(a: &Device, b: &Device) -> bool {
    differ(&a.serial, &b.serial) || differ(&a.engine_id, &b.engine_id) && differ(&a.sys_name, &b.sys_name)
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

    /// Who has a mark, in the order of their ids.
    pub fn owners(&self, mark: &Mark) -> &[DeviceId] {
        self.owners.get(mark).map_or(&[], Vec::as_slice)
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

    fn called(mut device: Device, name: &str) -> Device {
        device.sys_name = Some(name.to_owned());
        device
    }

    fn with_mac(mut device: Device, mac: [u8; 6]) -> Device {
        let mut port = Interface::new(IfIndex(1000 + device.interfaces.len() as u32));
        port.mac = Some(MacAddr(mac));
        device.interfaces.push(port);
        device
    }

    #[test]
    fn hosts_of_one_image_are_as_many_as_their_network_cards() {
        let image = |id: &str, card: u8| {
            let bridge = with_mac(device(id, &[card]), [0x52, 0x54, 0, 1, 2, 3]);
            let mut host = with_address(with_mac(bridge, [0x02, 0x42, 0xac, 0x11, 0, 1]), "192.168.122.1");
            host.addresses.push("172.17.0.1".parse().unwrap());
            host.engine_id = Some("80001f88".to_owned());
            called(host, id)
        };
        assert_eq!(same(&image("web-1", 1), &image("web-2", 2)), None);
        assert_eq!(same(&image("web-1", 1), &called(image("web-1", 1), "web-one")), Some(Likeness::Engine));
    }

    #[test]
    fn routers_that_share_an_address_stay_two() {
        let router = |name: &str, engine: &str| {
            let mut router = with_address(called(device(name, &[]), name), "10.0.0.1");
            router.engine_id = Some(engine.to_owned());
            router
        };
        assert_eq!(same(&router("a", "80000001"), &router("b", "80000002")), None);
        assert_eq!(
            same(&router("a", "80000001"), &router("a", "80000002")),
            Some(Likeness::Address),
            "its agent was set up anew"
        );
    }

    #[test]
    fn switches_of_one_factory_address_are_two_agents() {
        let switch = |name: &str, engine: &str, address: &str| {
            let mut switch = with_address(called(device(name, &[1, 2]), name), address);
            switch.chassis_id = Some(ChassisId::Mac(MacAddr([0, 1, 2, 3, 4, 5])));
            switch.engine_id = Some(engine.to_owned());
            switch
        };
        let first = switch("acc-1", "80000001", "10.0.0.1");
        assert_eq!(same(&first, &switch("acc-2", "80000002", "10.0.0.2")), None);
        assert_eq!(same(&first, &switch("acc-1", "80000002", "10.0.0.2")), Some(Likeness::Chassis), "it has another address");
        assert_eq!(same(&first, &switch("acc-2", "80000001", "10.0.0.1")), Some(Likeness::Chassis), "it has another name");
    }

    #[test]
    fn contexts_of_one_firewall_are_two_agents() {
        let context = |name: &str, engine: &str, address: &str| {
            let mut context = with_address(called(device(name, &[1]), name), address);
            context.serial = Some("FTX1".to_owned());
            context.engine_id = Some(engine.to_owned());
            context
        };
        assert_eq!(same(&context("fw/a", "80000001", "10.0.0.1"), &context("fw/b", "80000002", "10.0.1.1")), None);
    }

    #[test]
    fn another_serial_number_at_the_address_is_other_hardware() {
        let ups = |serial: &str| {
            let mut ups = with_address(called(device(serial, &[]), "ups-1"), "10.0.0.1");
            ups.serial = Some(serial.to_owned());
            ups
        };
        assert_eq!(same(&ups("A1"), &ups("A1")), Some(Likeness::Serial));
        assert_eq!(same(&ups("A1"), &ups("B2")), None);
    }

    #[test]
    fn a_chassis_id_that_is_another_devices_port_is_not_that_device() {
        let mut a = device("a", &[1]);
        a.chassis_id = Some(ChassisId::Mac(MacAddr([0, 0x1b, 0x54, 0, 0, 2])));
        let mut b = device("b", &[2]);
        b.chassis_id = Some(ChassisId::Mac(MacAddr([0, 0x1b, 0x54, 0, 0, 9])));
        assert_eq!(same(&a, &b), None);
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
