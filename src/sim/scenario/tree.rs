//! The spanning trees of a network: who is the root, and how each bridge reaches it (IEEE 802.1D-2004 §17).

use super::{DeviceNumber, End, PortNumber, Scenario, Side};
use crate::model::BridgeId;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Path cost of a link of 1 bit/s (IEEE 802.1D-2004 table 17-3: 20,000 at 1 Gbit/s).
const COST_OF_ONE: u64 = 20_000_000_000_000;

/// The priority that bridges have before anybody sets it (IEEE 802.1D-2004 table 17-2).
pub const DEFAULT_PRIORITY: u16 = 32_768;

/// The place of a bridge in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The root
    pub root: DeviceNumber,
    /// What the way there costs
    pub cost: u32,
    /// The port that leads there; `None` at the root
    pub port: Option<PortNumber>,
}

/// Path cost of a link.
pub fn path_cost(speed_bps: u64) -> u32 {
    u32::try_from(COST_OF_ONE / speed_bps.max(1)).unwrap_or(u32::MAX).clamp(1, 200_000_000)
}

impl Scenario {
    /// Its id as a bridge.
    pub fn bridge_id(&self, device: DeviceNumber) -> Option<BridgeId> {
        self.node(device).map(|node| BridgeId { priority: node.priority, mac: node.mac })
    }

    /// Whether it takes part in a spanning tree.
    pub fn is_bridge(&self, device: DeviceNumber) -> bool {
        self.node(device).and_then(|node| self.kind(node)).is_some_and(|kind| kind.bridge)
    }

    /// The bridges that one reaches by links that are not blocked: own port, far end, cost.
    fn reached(&self, device: DeviceNumber) -> Vec<(PortNumber, End, u32)> {
        let cables = self.node(device).map_or(&[][..], |node| &node.cables);
        let reach = |cable: &super::Cable| {
            let wire = self.wires.get(cable.wire as usize).filter(|wire| !wire.blocked)?;
            let far = wire.end(cable.side.other());
            self.is_bridge(far.device).then(|| (cable.port, far, path_cost(wire.speed_bps)))
        };
        cables.iter().filter_map(reach).collect()
    }

    /// Plants the trees: each part of the network that is connected has one.
    pub(super) fn plant(&mut self) {
        let mut open: BTreeSet<DeviceNumber> = (0..).take(self.nodes.len()).filter(|device| self.is_bridge(*device)).collect();
        while let Some(first) = open.first().copied() {
            let members = self.connected(first);
            let root = members.iter().copied().min_by_key(|device| self.bridge_id(*device)).unwrap_or(first);
            self.grow(root);
            open.retain(|device| !members.contains(device));
        }
    }

    fn connected(&self, first: DeviceNumber) -> BTreeSet<DeviceNumber> {
        let (mut members, mut next) = (BTreeSet::from([first]), vec![first]);
        while let Some(device) = next.pop() {
            let new = self.reached(device).into_iter().map(|(_, far, _)| far.device);
            next.extend(new.filter(|device| members.insert(*device)));
        }
        members
    }

    /// The cheapest way from each bridge to the root, over lower ports where several cost the same.
    fn grow(&mut self, root: DeviceNumber) {
        let mut found: FxHashMap<DeviceNumber, Branch> = FxHashMap::default();
        let mut next = BinaryHeap::from([Reverse((0, root, None))]);
        while let Some(Reverse((cost, device, port))) = next.pop() {
            if found.contains_key(&device) {
                continue;
            }
            found.insert(device, Branch { root, cost, port });
            for (_, far, link) in self.reached(device) {
                next.push(Reverse((cost.saturating_add(link), far.device, Some(far.port))));
            }
        }
        self.trees.extend(found);
    }

    /// The end of a wire that serves it: nearer to the root, else of the lower bridge id.
    pub fn designated(&self, wire: super::WireNumber) -> Option<Side> {
        let wire = self.wires.get(wire as usize)?;
        let rank = |side: Side| {
            let device = wire.end(side).device;
            Some((self.trees.get(&device)?.cost, self.bridge_id(device)?))
        };
        Some(if rank(Side::A)? <= rank(Side::B)? { Side::A } else { Side::B })
    }
}
