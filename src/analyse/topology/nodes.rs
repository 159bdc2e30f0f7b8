//! The devices that links are resolved between, by number, with what is kept of each between two updates.

use super::marks::Mark;
use super::ports::{Order, Ports};
use crate::model::{Device, DeviceId, Evidence, IfIndex, Interface, NeighbourRow, PortId, Sightings};
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// A device and what it says of where addresses are.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its description.
    pub device: Arc<Device>,
    /// Its forwarding and address tables, where they were read.
    pub sightings: Option<Arc<Sightings>>,
}

impl Known {
    /// A device of which no forwarding table was read.
    pub const fn of(device: Arc<Device>) -> Self {
        Self { device, sightings: None }
    }

    /// Whether nothing differs, told by the parts that are shared and not by what is in them.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same = |a: &Option<Arc<Sightings>>, b: &Option<Arc<Sightings>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        Arc::ptr_eq(&self.device, &other.device) && same(&self.sightings, &other.sightings)
    }
}

/// One row, recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The known device that it speaks of.
    pub(super) to: Option<u32>,
    /// By name or address only.
    pub(super) weak: bool,
    /// Place of the local port among the interfaces.
    pub(super) local: Option<u32>,
}

/// Which rows speak of which other device. A device that hears itself is a loop or a mirror, never a link.
pub(super) fn peers(number: u32, rows: &[Row]) -> Vec<(u32, u32)> {
    let peers = (0u32..).zip(rows).filter_map(|(place, row)| Some((row.to?, place)));
    let mut peers: Vec<(u32, u32)> = peers.filter(|(to, _)| *to != number).collect();
    peers.sort_unstable();
    peers
}

/// The ports of other bridges at which the device's spanning tree says it is.
pub(super) fn claims(rows: &[NeighbourRow], found: &[Row]) -> Vec<(u32, u32)> {
    let claim = |(row, found): (&NeighbourRow, &Row)| match (row.protocol, &row.port_id) {
        (Evidence::Stp, Some(PortId::BridgePort(number))) => Some((found.to?, *number)),
        _ => None,
    };
    let mut claims: Vec<(u32, u32)> = rows.iter().zip(found).filter_map(claim).collect();
    claims.sort_unstable();
    claims.dedup();
    claims
}

/// What is kept of a device.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) known: Known,
    order: OnceLock<Order>,
    /// As many as the device has rows.
    pub(super) rows: Vec<Row>,
    /// Which rows speak of which other device, sorted.
    pub(super) peers: Vec<(u32, u32)>,
    /// Marks that its rows were looked up by.
    pub(super) asked: Vec<Mark>,
    /// Ports of bridges that its spanning tree names.
    pub(super) claims: Vec<(u32, u32)>,
    /// Devices with which it has rows or links in common, sorted.
    pub(super) partners: Vec<u32>,
}

impl Node {
    fn new(known: Known) -> Self {
        Self {
            known,
            order: OnceLock::new(),
            rows: Vec::new(),
            peers: Vec::new(),
            asked: Vec::new(),
            claims: Vec::new(),
            partners: Vec::new(),
        }
    }

    pub(super) fn device(&self) -> &Device {
        &self.known.device
    }

    /// The rows with what they were recognised as.
    pub(super) fn said(&self) -> impl Iterator<Item = (&NeighbourRow, &Row)> {
        self.known.device.neighbours.iter().zip(&self.rows)
    }

    /// The rows that speak of one device.
    pub(super) fn of_peer(&self, peer: u32) -> impl Iterator<Item = (&NeighbourRow, &Row)> {
        let start = self.peers.partition_point(|(to, _)| *to < peer);
        let rows = self.peers.get(start..).unwrap_or_default().iter().take_while(move |(to, _)| *to == peer);
        rows.filter_map(|(_, at)| Some((self.known.device.neighbours.get(*at as usize)?, self.rows.get(*at as usize)?)))
    }

    pub(super) fn ports(&self) -> Ports<'_> {
        Ports { device: self.device(), order: self.order.get_or_init(|| Order::of(self.device())) }
    }

    pub(super) fn port(&self, place: Option<u32>) -> Option<&Interface> {
        self.device().interfaces.get(place? as usize)
    }
}

/// Nodes by number. A number is used again after its device is gone, so nothing may follow from the order of numbers.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    list: Vec<Option<Node>>,
    numbers: FxHashMap<DeviceId, u32>,
    free: Vec<u32>,
}

impl Nodes {
    pub(super) fn number(&self, id: &DeviceId) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Node> {
        self.list.get(number as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Node> {
        self.list.get_mut(number as usize)?.as_mut()
    }

    pub(super) fn device(&self, number: u32) -> Option<&Device> {
        self.get(number).map(Node::device)
    }

    /// Numbers up to this one may be in use.
    pub(super) fn end(&self) -> usize {
        self.list.len()
    }

    /// Puts a device in or in the place of its older description, whose node is kept up to what its rows said.
    pub(super) fn put(&mut self, known: Known) -> u32 {
        if let Some(number) = self.number(&known.device.id) {
            if let Some(node) = self.get_mut(number) {
                node.known = known;
                node.order = OnceLock::new();
                node.rows.clear();
            }
            return number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.list.push(None);
            u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
        });
        self.numbers.insert(known.device.id.clone(), number);
        if let Some(slot) = self.list.get_mut(number as usize) {
            *slot = Some(Node::new(known));
        }
        number
    }

    /// Takes a device out. Its number is not given to another before [`Self::release`].
    pub(super) fn take(&mut self, id: &DeviceId) -> Option<(u32, Node)> {
        let number = self.numbers.remove(id)?;
        Some((number, self.list.get_mut(number as usize)?.take()?))
    }

    /// Lets these numbers be used again.
    pub(super) fn release(&mut self, numbers: impl IntoIterator<Item = u32>) {
        self.free.extend(numbers);
    }

    /// Sorts numbers by their devices' ids, each once; those of no device are left out.
    pub(super) fn sorted(&self, mut numbers: Vec<u32>) -> Vec<u32> {
        numbers.sort_unstable();
        numbers.dedup();
        numbers.retain(|number| self.get(*number).is_some());
        numbers.sort_by(|a, b| self.device(*a).map(|device| &device.id).cmp(&self.device(*b).map(|device| &device.id)));
        numbers
    }
}

/// Whether the port or what it is a member of has this ifIndex.
pub(super) fn is_or_carries(device: &Device, port: &Interface, if_index: IfIndex) -> bool {
    port.if_index == if_index || super::ports::carrier(device, port).if_index == if_index
}
