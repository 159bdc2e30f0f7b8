//! Neighbours that give no management address, found by what others know of their MAC address.
//!
//! Many devices send no management address by LLDP. The hardware address that they send as chassis or port id stands in the ARP table
//! of a router or host that was read: that is where they may be asked.

use super::frontier::{Hops, farther};
use crate::model::{ArpRow, ChassisId, MacAddr, NeighbourRow, PortId, limit};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;

/// Addresses of one MAC address that lead on: a router that answers ARP for a whole network (RFC 1027) has thousands.
const MAX_OF_ONE: usize = 16;

/// What is known of MAC addresses, and who is looked for by one.
#[derive(Debug, Default)]
pub(super) struct Nameless {
    addresses: FxHashMap<MacAddr, Vec<IpAddr>>,
    kept: usize,
    seen: FxHashSet<(MacAddr, IpAddr)>,
    wanted: FxHashMap<MacAddr, Hops>,
}

impl Nameless {
    /// Takes an ARP table over. Addresses of who was looked for come back, with the hops left from there.
    pub(super) fn learn(&mut self, rows: &[ArpRow]) -> Vec<(IpAddr, Hops)> {
        let mut found = Vec::new();
        for row in rows.iter().filter(|row| row.mac.is_identity()) {
            if self.seen.contains(&(row.mac, row.address)) || !limit::CRAWL_ARP.has_room(self.kept) {
                continue;
            }
            self.seen.insert((row.mac, row.address));
            self.kept += 1;
            let known = self.addresses.entry(row.mac).or_default();
            known.push(row.address);
            if let Some(hops) = self.wanted.get(&row.mac)
                && known.len() <= MAX_OF_ONE
            {
                found.push((row.address, *hops));
            }
        }
        found
    }

    /// Looks for a neighbour without an address. What is known of it by now comes back.
    pub(super) fn want(&mut self, row: &NeighbourRow, hops: Hops) -> Vec<(IpAddr, Hops)> {
        let mut found = Vec::new();
        for mac in macs(row) {
            let known = self.wanted.get(&mac).copied();
            let farthest = known.map_or(hops, |known| farther(known, hops));
            if known.is_some() || limit::CRAWL_NAMELESS.has_room(self.wanted.len()) {
                self.wanted.insert(mac, farthest);
            }
            let known = self.addresses.get(&mac).into_iter().flatten().take(MAX_OF_ONE);
            found.extend(known.map(|address| (*address, farthest)));
        }
        found
    }
}

/// The MAC addresses by which a neighbour names itself and its port.
fn macs(row: &NeighbourRow) -> impl Iterator<Item = MacAddr> {
    let chassis = match row.chassis_id {
        Some(ChassisId::Mac(mac)) => Some(mac),
        _ => None,
    };
    let port = match row.port_id {
        Some(PortId::Mac(mac)) => Some(mac),
        _ => None,
    };
    [chassis, port.filter(|port| Some(*port) != chassis)].into_iter().flatten().filter(|mac| mac.is_identity())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Evidence;

    const MAC: MacAddr = MacAddr([0, 0x1b, 0x54, 0, 0, 7]);

    fn arp(last: u8, mac: MacAddr) -> ArpRow {
        ArpRow { address: IpAddr::from([10, 0, 0, last]), mac, if_index: None }
    }

    fn row() -> NeighbourRow {
        NeighbourRow { chassis_id: Some(ChassisId::Mac(MAC)), ..NeighbourRow::new(Evidence::Lldp) }
    }

    #[test]
    fn tables_without_end_are_remembered_as_far_as_there_is_room() {
        let mac = |number: usize| {
            let [.., a, b, c, d] = number.to_be_bytes();
            MacAddr([0, 0x1b, a, b, c, d])
        };
        let mut nameless = Nameless::default();
        let rows: Vec<ArpRow> = (0..limit::CRAWL_ARP.most() + 9).map(|number| arp(1, mac(number))).collect();
        let (_, beyond) = limit::CRAWL_ARP.during(|| nameless.learn(&rows));
        assert!(beyond >= 9 && nameless.addresses.len() == limit::CRAWL_ARP.most() && nameless.seen.len() == nameless.kept);
        let want = |nameless: &mut Nameless, number: usize| {
            let row = NeighbourRow { chassis_id: Some(ChassisId::Mac(mac(number))), ..NeighbourRow::new(Evidence::Lldp) };
            nameless.want(&row, None)
        };
        let most = limit::CRAWL_NAMELESS.most();
        let ((), beyond) = limit::CRAWL_NAMELESS.during(|| (0..most + 9).for_each(|number| drop(want(&mut nameless, number))));
        assert!(beyond >= 9 && nameless.wanted.len() == most);
        assert_eq!(want(&mut nameless, most + 3).len(), 1, "what is known of one is found all the same");
    }

    #[test]
    fn whoever_comes_first_the_address_is_found() {
        let mut nameless = Nameless::default();
        assert_eq!(nameless.want(&row(), Some(2)), []);
        assert_eq!(nameless.learn(&[arp(7, MAC), arp(8, MacAddr([0, 0x1b, 0x54, 0, 0, 8]))]), [(arp(7, MAC).address, Some(2))]);
        assert_eq!(nameless.learn(&[arp(7, MAC)]), [], "each address once");
        assert_eq!(nameless.want(&row(), None), [(arp(7, MAC).address, None)], "and again when it is nearer");
    }

    #[test]
    fn a_mac_address_with_a_whole_network_behind_it_leads_to_few() {
        let mut nameless = Nameless::default();
        nameless.learn(&(0..=255).map(|last| arp(last, MAC)).collect::<Vec<_>>());
        assert_eq!(nameless.want(&row(), None).len(), MAX_OF_ONE);
    }
}
