//! One device under several addresses is read once, and shown at the same address whatever the order of answers.

use super::frontier::{Hops, Origin, farther};
use crate::collect::snmp::tables::{Columns, lldp, system};
use crate::model::identity::{Mark, marks};
use crate::model::{ChassisId, Device, Inventory, limit};
use crate::wire::snmp::Value;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// By what a device is recognised within one run: its strongest mark, and its name, because clones share engine ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(Mark, Option<String>);

impl Key {
    /// From the scalars, before the device is read; `None` where they hold no strong mark.
    pub(super) fn of_columns(columns: &Columns) -> Option<Self> {
        let chassis = match lldp::local_chassis(columns) {
            Some(ChassisId::Mac(mac)) if mac.is_identity() => Some(Mark::Chassis(mac)),
            _ => None,
        };
        let engine = || columns.scalar("snmpEngineID").and_then(Value::as_octets).and_then(system::engine_id).map(Mark::Engine);
        chassis.or_else(engine).map(|mark| Self(mark, columns.text("sysName")))
    }

    /// From the device as it was read; addresses recognise none.
    pub(super) fn of_device(device: &Device) -> Option<Self> {
        let strongest = marks(device).into_iter().next().filter(|mark| !matches!(mark, Mark::Address(_)));
        strongest.map(|mark| Self(mark, device.sys_name.clone()))
    }
}

/// An address of a device, and how it came to be asked: the least is the one by which the device is shown.
type Rank = (Origin, IpAddr, u16);

#[derive(Debug, Default)]
struct Entry {
    /// `None` while it is being read.
    inventory: Option<Inventory>,
    rank: Option<Rank>,
    /// Addresses at which it answered.
    answered: BTreeSet<IpAddr>,
    hops: Option<Hops>,
}

/// The devices of a run.
#[derive(Debug, Default)]
pub(super) struct Known {
    entries: FxHashMap<Key, Entry>,
    /// Devices that nothing recognises.
    nameless: u64,
}

/// What is to be told after a device was read or met again.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    /// The inventory to be sent, where there is something new in it.
    pub(super) inventory: Option<Inventory>,
    /// The hops that its neighbours are to be followed, where they are more than before.
    pub(super) hops: Option<Hops>,
    /// Whether a target names it.
    pub(super) named: bool,
}

impl Known {
    /// Whether this visit is the one to read the device: no other has read it or is at it.
    pub(super) fn claim(&mut self, key: &Key) -> bool {
        if self.entries.contains_key(key) || !limit::CRAWL_DEVICES.has_room(self.entries.len()) {
            return false;
        }
        self.entries.insert(key.clone(), Entry::default());
        limit::CRAWL_DEVICES.holds(self.entries.len());
        true
    }

    /// A device was read, by the visit that claimed `claimed`.
    pub(super) fn read(&mut self, claimed: Option<Key>, inventory: Inventory, (origin, hops): (Origin, Hops)) -> News {
        let address = inventory.address;
        let Some(key) = claimed.or_else(|| Key::of_device(&inventory.device)) else {
            self.nameless += 1;
            return News { inventory: Some(inventory), hops: Some(hops), named: is_named(origin) };
        };
        if !self.entries.contains_key(&key) && !limit::CRAWL_DEVICES.has_room(self.entries.len()) {
            return News { named: is_named(origin), ..News::default() };
        }
        let entry = self.entries.entry(key).or_default();
        let first = entry.inventory.is_none();
        if first {
            entry.inventory = Some(inventory);
        }
        let mut news = entry.met(address, origin, hops);
        if first {
            news.inventory.clone_from(&entry.inventory);
        }
        news
    }

    /// A device that was read, or is being read, answered at another address.
    pub(super) fn met(&mut self, key: &Key, address: SocketAddr, (origin, hops): (Origin, Hops)) -> News {
        self.entries.get_mut(key).map(|entry| entry.met(address, origin, hops)).unwrap_or_default()
    }

    /// A device that answered at `address` was heard of on a shorter way: its inventory, where its neighbours are to be followed anew.
    pub(super) fn nearer(&mut self, address: IpAddr, hops: Hops) -> Option<&Inventory> {
        let entry = self.entries.values_mut().find(|entry| entry.answered.contains(&address))?;
        let farthest = entry.hops.map_or(hops, |known| farther(known, hops));
        if entry.hops == Some(farthest) {
            return None;
        }
        entry.hops = Some(farthest);
        entry.inventory.as_ref()
    }

    /// The addresses of all devices.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let inventories = self.entries.values().filter_map(|entry| entry.inventory.as_ref());
        inventories.flat_map(|inventory| inventory.device.addresses.iter().copied())
    }

    /// How many devices.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX).saturating_add(self.nameless)
    }

    /// The neighbours that a device hears, with the address it is shown at.
    pub(super) fn neighbours(inventory: &Inventory) -> (&[crate::model::NeighbourRow], IpAddr) {
        (&inventory.device.neighbours, inventory.address.ip())
    }

    /// The inventory of a device, to follow its neighbours farther.
    pub(super) fn inventory(&self, key: &Key) -> Option<&Inventory> {
        self.entries.get(key)?.inventory.as_ref()
    }
}

impl Entry {
    fn met(&mut self, address: SocketAddr, origin: Origin, hops: Hops) -> News {
        let rank = (origin, address.ip(), address.port());
        let is_better = self.rank.is_none_or(|known| rank < known);
        if is_better {
            self.rank = Some(rank);
        }
        self.answered.insert(address.ip());
        let farthest = self.hops.map_or(hops, |known| farther(known, hops));
        let goes_farther = self.hops != Some(farthest);
        self.hops = Some(farthest);
        let named = self.rank.is_some_and(|(origin, ..)| is_named(origin));
        News { inventory: self.renewed(), hops: goes_farther.then_some(farthest), named }
    }

    /// The inventory with the best address and all at which it answered; `None` where that changes nothing.
    fn renewed(&mut self) -> Option<Inventory> {
        let (_, address, port) = self.rank?;
        let inventory = self.inventory.as_mut()?;
        let before = inventory.device.addresses.len();
        inventory.device.addresses.extend(&self.answered);
        inventory.device.addresses.sort_unstable();
        inventory.device.addresses.dedup();
        let best = SocketAddr::new(address, port);
        let changed = inventory.address != best || inventory.device.addresses.len() != before;
        inventory.address = best;
        if let Some(snmp) = &mut inventory.device.snmp {
            snmp.address = best;
        }
        changed.then(|| inventory.clone())
    }
}

const fn is_named(origin: Origin) -> bool {
    matches!(origin, Origin::Named(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceId, MacAddr, SnmpAccess, SnmpVersion, Timestamp};

    fn inventory(address: &str) -> Inventory {
        let address: SocketAddr = address.parse().unwrap();
        let mut device = Device::new(DeviceId::new("chassis:00:1b:54:00:00:01"), Timestamp(0));
        device.chassis_id = Some(ChassisId::Mac(MacAddr([0, 0x1b, 0x54, 0, 0, 1])));
        device.snmp = Some(SnmpAccess { address, version: SnmpVersion::V2c, credential: "c".to_owned(), partial: false });
        device.addresses = vec![address.ip()];
        Inventory::of(address, Timestamp(0), device)
    }

    #[test]
    fn devices_without_end_are_not_read_beyond_the_bound_and_known_ones_are_met_again() {
        let (mut known, most) = (Known::default(), limit::CRAWL_DEVICES.most());
        let key = |number: usize| Key(Mark::Engine(number.to_string()), None);
        assert!((0..most).all(|number| known.claim(&key(number))));
        let (claimed, beyond) = limit::CRAWL_DEVICES.during(|| (most..most + 5).any(|number| known.claim(&key(number))));
        assert!(!claimed && beyond >= 5 && known.entries.len() == most);
        let (news, beyond) = limit::CRAWL_DEVICES.during(|| known.read(None, inventory("10.0.0.1:161"), (Origin::Heard, None)));
        assert!(news.inventory.is_none() && beyond >= 1 && known.entries.len() == most);
        let again = known.read(Some(key(3)), inventory("10.0.0.1:161"), (Origin::Heard, None));
        assert!(again.inventory.is_some(), "one that was claimed before is read to its end");
    }

    #[test]
    fn whatever_address_answers_first_the_last_word_is_the_same() {
        let addresses = ["10.0.0.9:161", "10.0.0.1:161"];
        let told: Vec<Inventory> = [[0, 1], [1, 0]]
            .into_iter()
            .map(|[first, second]| {
                let mut known = Known::default();
                let inventory = inventory(addresses[first]);
                let key = Key::of_device(&inventory.device).unwrap();
                assert!(known.claim(&key) && !known.claim(&key));
                let early = known.met(&key, addresses[second].parse().unwrap(), (Origin::Swept, Some(0)));
                assert_eq!(early.inventory, None, "it is still being read");
                known.read(Some(key), inventory, (Origin::Swept, Some(0))).inventory.unwrap()
            })
            .collect();
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0].address.to_string(), "10.0.0.1:161");
        assert_eq!(told[0].device.addresses.len(), 2);
    }

    #[test]
    fn a_named_address_is_preferred_and_the_same_news_is_told_once() {
        let mut known = Known::default();
        let heard = inventory("10.0.0.1:161");
        let key = Key::of_device(&heard.device).unwrap();
        assert!(known.read(None, heard, (Origin::Heard, Some(1))).inventory.is_some());
        let named = ("10.0.0.9:161".parse().unwrap(), (Origin::Named(0), None));
        let news = known.met(&key, named.0, named.1);
        assert_eq!(news.inventory.map(|inventory| inventory.address), Some(named.0));
        assert_eq!(news.hops, Some(None), "from a named target on, farther is followed");
        assert_eq!(known.met(&key, named.0, named.1), News { named: true, ..News::default() });
    }

    #[test]
    fn clones_with_one_engine_id_are_two_devices() {
        let [mut first, mut second] = [inventory("10.0.0.1:161"), inventory("10.0.0.2:161")];
        first.device.sys_name = Some("vm-1".to_owned());
        second.device.sys_name = Some("vm-2".to_owned());
        assert_ne!(Key::of_device(&first.device), Key::of_device(&second.device));
    }
}
