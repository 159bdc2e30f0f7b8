//! Neighbours that were heard of and have no inventory: they are kept, with the links to them.

use super::changes::Delta;
use super::nodes::{Node, Nodes, Row};
use super::ports::same_name;
use super::posting::Posting;
use super::{At, NEAR, Said, beside, bit, far_text, is_primary, is_routing};
use crate::model::identity::is_owned;
use crate::model::{ChassisId, DeviceId, IfIndex, Link, LinkEnd, MacAddr, Neighbour, NeighbourRow, PortId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A link to a neighbour is said by one end, which hears it directly.
const HEARD: f32 = 0.9;
/// A routing peer on a wire of its own, of which nothing else is known.
const ROUTED: f32 = 0.5;
/// Devices whose rows describe one neighbour: a broken id that thousands share shall not cost all their rows each time.
const MAX_TELLERS: usize = 64;

/// What else a neighbour says of itself than its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Alias {
    /// In lower case.
    Name(Box<str>),
    Address(IpAddr),
}

/// What one device says of neighbours that are not known devices.
#[derive(Debug, Default)]
struct Told {
    /// Ids of neighbours that said a MAC address or an address of their own, by what else they said.
    says: Vec<(Alias, DeviceId)>,
    /// What its other rows were looked up by.
    asks: Vec<Alias>,
    /// Which of its rows speak of which neighbour.
    rows: Vec<(DeviceId, u32)>,
    links: Vec<Arc<Link>>,
}

/// All that is heard of neighbours.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// By number of the device that hears.
    told: FxHashMap<u32, Told>,
    /// How many rows say an alias with an id. CDP says a name where LLDP says the MAC address: both speak of one neighbour.
    aliases: FxHashMap<Alias, BTreeMap<DeviceId, u32>>,
    askers: Posting<Alias>,
    /// Devices that hear a neighbour, by their ids.
    tellers: FxHashMap<DeviceId, BTreeMap<DeviceId, u32>>,
    neighbours: BTreeMap<DeviceId, Neighbour>,
}

/// What is looked at to resolve what is heard.
pub(super) struct Around<'a> {
    pub(super) nodes: &'a Nodes,
    /// Whether the operator wrote down what is at a port.
    pub(super) overruled: &'a dyn Fn(u32, Option<IfIndex>) -> bool,
    /// Whether a known device is at a port.
    pub(super) linked: &'a dyn Fn(u32, IfIndex) -> bool,
}

/// A device that is gone or changed, with the id under which it was known.
pub(super) type Hearer = (u32, DeviceId);

impl Heard {
    /// Resolves anew what these devices hear, and what depends on it.
    pub(super) fn update(&mut self, around: &Around<'_>, hearers: Vec<Hearer>, delta: &mut Delta) {
        let mut open: BTreeMap<DeviceId, u32> = hearers.into_iter().map(|(number, id)| (id, number)).collect();
        let mut changed: FxHashSet<Alias> = FxHashSet::default();
        for number in open.values() {
            self.say(*number, around.nodes.get(*number), &mut changed);
        }
        for alias in changed {
            let askers = self.askers.all(&alias).iter();
            open.extend(askers.filter_map(|number| Some((around.nodes.device(*number)?.id.clone(), *number))));
        }
        let mut touched: FxHashSet<DeviceId> = FxHashSet::default();
        for (id, number) in &open {
            self.hear(around, (*number, id.clone()), &mut touched, delta);
        }
        for id in touched {
            self.describe(around.nodes, id, delta);
        }
    }

    /// Takes over what the device's rows say of neighbours' ids; the aliases that lead elsewhere now.
    fn say(&mut self, number: u32, node: Option<&Node>, changed: &mut FxHashSet<Alias>) {
        let new: Vec<(Alias, DeviceId)> = node.into_iter().flat_map(unmatched).flat_map(|(row, _, _)| aliases(row)).collect();
        if new.is_empty() && !self.told.contains_key(&number) {
            return;
        }
        let told = self.told.entry(number).or_default();
        if told.says == new {
            return;
        }
        let old = std::mem::replace(&mut told.says, new.clone());
        let mut before: FxHashMap<Alias, Option<DeviceId>> = FxHashMap::default();
        for alias in old.iter().chain(&new).map(|(alias, _)| alias) {
            before.entry(alias.clone()).or_insert_with(|| only(&self.aliases, alias));
        }
        for (alias, id) in new {
            *self.aliases.entry(alias).or_default().entry(id).or_default() += 1;
        }
        for (alias, id) in old {
            self.unsay(&alias, &id);
        }
        changed.extend(before.into_iter().filter(|(alias, was)| only(&self.aliases, alias) != *was).map(|(alias, _)| alias));
    }

    fn unsay(&mut self, alias: &Alias, id: &DeviceId) {
        let Some(ids) = self.aliases.get_mut(alias) else { return };
        if let Some(count) = ids.get_mut(id) {
            *count -= 1;
            if *count == 0 {
                ids.remove(id);
            }
        }
        if ids.is_empty() {
            self.aliases.remove(alias);
        }
    }

    /// Finds the neighbours of the device's rows, and makes the links to them.
    fn hear(&mut self, around: &Around<'_>, (number, id): Hearer, touched: &mut FxHashSet<DeviceId>, delta: &mut Delta) {
        let new = around.nodes.get(number).map(|node| self.told_by(around, (number, node))).unwrap_or_default();
        let known = self.told.remove(&number);
        if known.is_none() && new.rows.is_empty() && new.asks.is_empty() && new.says.is_empty() {
            return;
        }
        let old = known.unwrap_or_default();
        for alias in &old.asks {
            self.askers.remove(alias, number);
        }
        for alias in &new.asks {
            self.askers.insert(alias.clone(), number);
        }
        for (neighbour, _) in &old.rows {
            if let Some(tellers) = self.tellers.get_mut(neighbour) {
                tellers.remove(&id);
            }
        }
        for (neighbour, _) in &new.rows {
            self.tellers.entry(neighbour.clone()).or_default().insert(id.clone(), number);
        }
        touched.extend(old.rows.into_iter().chain(new.rows.iter().cloned()).map(|(neighbour, _)| neighbour));
        delta.change(&old.links, &new.links);
        // What it says is kept even where it hears nobody: it is compared the next time.
        if !(new.rows.is_empty() && new.asks.is_empty() && new.says.is_empty()) {
            self.told.insert(number, new);
        }
    }

    fn told_by(&self, around: &Around<'_>, (number, node): (u32, &Node)) -> Told {
        let mut told = Told { says: self.told.get(&number).map(|told| told.says.clone()).unwrap_or_default(), ..Told::default() };
        let mut edges: Vec<Edge<'_>> = Vec::new();
        for (row, found, place) in unmatched(node).filter(|(row, _, _)| is_primary(row.protocol)) {
            let Some(id) = self.identity(row, &mut told.asks) else { continue };
            told.rows.push((id.clone(), place));
            add_edge(&mut edges, Edge::of(row, found, id));
        }
        for (row, found, place) in unmatched(node).filter(|(row, _, _)| !is_primary(row.protocol)) {
            self.beside(around, (number, node), (row, found, place), (&mut told, &mut edges));
        }
        told.asks.sort_unstable();
        told.asks.dedup();
        let free = edges.iter().filter(|edge| {
            let if_index = node.port(edge.local).map(|port| port.if_index).or(edge.said.if_index);
            !(around.overruled)(number, if_index)
        });
        told.links = super::merged(free.map(|edge| edge.link(node)).collect()).into_iter().map(Arc::new).collect();
        told
    }

    /// A row of a protocol that isn't made for it speaks for a link that stands, or of a routing peer that nobody else names.
    fn beside<'a>(
        &self,
        around: &Around<'_>,
        (number, node): (u32, &'a Node),
        (row, found, place): (&'a NeighbourRow, &'a Row, u32),
        (told, edges): (&mut Told, &mut Vec<Edge<'a>>),
    ) {
        let Some(id) = self.identity(row, &mut told.asks) else { return };
        if let Some(edge) = edges.iter_mut().find(|edge| edge.id == id && edge.local == found.local && found.local.is_some()) {
            edge.evidence |= bit(row.protocol);
            told.rows.extend(is_routing(row.protocol).then_some((id, place)));
            return;
        }
        // An intermediate system's id says nothing that could be compared with what others call it.
        let has_address = is_routing(row.protocol) && row.addresses.iter().any(|address| is_owned(*address, None));
        let heard = |other: &Row| other.local == found.local && found.local.is_some();
        let is_named = node.said().any(|(other, found)| is_primary(other.protocol) && heard(found));
        let is_linked = node.port(found.local).is_some_and(|port| (around.linked)(number, port.if_index));
        if !has_address || is_named || is_linked {
            return;
        }
        told.rows.push((id.clone(), place));
        if beside::is_alone_on_a_wire(node, found) {
            add_edge(edges, Edge::of(row, found, id));
        }
    }

    /// The strongest identity that was heard. `None` where the row says nothing of who it is.
    fn identity(&self, row: &NeighbourRow, asks: &mut Vec<Alias>) -> Option<DeviceId> {
        // A router id only looks like an address: two networks may have the same.
        let is_peer = is_routing(row.protocol) && !row.addresses.is_empty();
        let name = match &row.chassis_id {
            Some(ChassisId::Mac(mac)) => return Some(id(mac)),
            Some(ChassisId::Address(address)) if !is_peer => return Some(id(address)),
            Some(ChassisId::Text(text)) if !text.is_empty() => Some(text),
            Some(_) | None => row.sys_name.as_ref().filter(|name| !name.is_empty()),
        };
        let own = name.map(|name| id(name)).or_else(|| row.addresses.first().map(|address| id(address)));
        let own = own.or_else(|| match row.port_id {
            Some(PortId::Mac(mac)) => Some(id(&mac)),
            _ => None,
        });
        let named = name.map(|name| Alias::Name(name.to_lowercase().into()));
        let addressed = row.addresses.iter().map(|address| Alias::Address(*address));
        for alias in named.into_iter().chain(addressed) {
            let known = only(&self.aliases, &alias);
            asks.push(alias);
            if known.is_some() {
                return known;
            }
        }
        own
    }

    /// Puts together what all rows say of a neighbour.
    fn describe(&mut self, nodes: &Nodes, id: DeviceId, delta: &mut Delta) {
        let tellers = self.tellers.get(&id).filter(|tellers| !tellers.is_empty());
        let Some(tellers) = tellers else {
            self.tellers.remove(&id);
            if self.neighbours.remove(&id).is_some() {
                delta.lost.push(id);
            }
            return;
        };
        let mut neighbour = blank(id.clone());
        let mut named: Option<(u8, &String)> = None;
        for number in tellers.values().take(MAX_TELLERS) {
            let rows = self.told.get(number).map(|told| told.rows.as_slice()).unwrap_or_default();
            let device = nodes.device(*number);
            for (_, place) in rows.iter().filter(|(told, _)| *told == id) {
                if let Some(row) = device.and_then(|device| device.neighbours.get(*place as usize)) {
                    learn(&mut neighbour, row);
                    let better = name(row).filter(|(rank, _)| named.is_none_or(|(best, _)| *rank < best));
                    named = better.or(named);
                }
            }
        }
        neighbour.name = named.map(|(_, name)| name.clone());
        if self.neighbours.get(&id) != Some(&neighbour) {
            self.neighbours.insert(id, neighbour.clone());
            delta.neighbours.push(neighbour);
        }
    }

    /// Whether anything is kept of what a device hears.
    pub(super) fn has(&self, number: u32) -> bool {
        self.told.contains_key(&number)
    }

    /// Links to neighbours.
    pub(super) fn links(&self) -> impl Iterator<Item = &Arc<Link>> {
        self.told.values().flat_map(|told| &told.links)
    }

    /// All neighbours, by id.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = &Neighbour> {
        self.neighbours.values()
    }

    /// Links to neighbours of one device.
    pub(super) fn links_of(&self, number: u32) -> &[Arc<Link>] {
        self.told.get(&number).map(|told| told.links.as_slice()).unwrap_or_default()
    }
}

/// Rows whose far end is no known device, with their places.
fn unmatched(node: &Node) -> impl Iterator<Item = (&NeighbourRow, &Row, u32)> {
    let rows = node.said().zip(0u32..).filter(|((_, found), _)| found.to.is_none());
    rows.map(|((row, found), place)| (row, found, place))
}

/// The id of a neighbour that is the only one to say this.
fn only(aliases: &FxHashMap<Alias, BTreeMap<DeviceId, u32>>, alias: &Alias) -> Option<DeviceId> {
    let ids = aliases.get(alias)?;
    (ids.len() == 1).then(|| ids.keys().next().cloned()).flatten()
}

/// What a row that says an id of its own says besides.
fn aliases(row: &NeighbourRow) -> Vec<(Alias, DeviceId)> {
    let id = match &row.chassis_id {
        _ if !is_primary(row.protocol) => return Vec::new(),
        Some(ChassisId::Mac(mac)) => id(mac),
        Some(ChassisId::Address(address)) => id(address),
        Some(ChassisId::Text(_)) | None => return Vec::new(),
    };
    let name = row.sys_name.as_ref().map(|name| Alias::Name(name.to_lowercase().into()));
    let addresses = row.addresses.iter().filter(|address| is_owned(**address, None)).map(|address| Alias::Address(*address));
    name.into_iter().chain(addresses).map(|alias| (alias, id.clone())).collect()
}

fn id(text: &dyn std::fmt::Display) -> DeviceId {
    DeviceId::new(&format!("neighbour:{text}"))
}

const fn blank(id: DeviceId) -> Neighbour {
    Neighbour { id, name: None, addresses: Vec::new(), mac: None, description: None, capabilities: Vec::new() }
}

/// Adds what a row says to what is known of a neighbour.
fn learn(neighbour: &mut Neighbour, row: &NeighbourRow) {
    let macs: [Option<MacAddr>; 2] = [
        match row.chassis_id {
            Some(ChassisId::Mac(mac)) => Some(mac),
            _ => None,
        },
        match row.port_id {
            Some(PortId::Mac(mac)) => Some(mac),
            _ => None,
        },
    ];
    neighbour.mac = neighbour.mac.or(macs[0]).or(macs[1]);
    if neighbour.description.is_none() {
        neighbour.description.clone_from(&row.sys_descr);
    }
    neighbour.addresses.extend(&row.addresses);
    neighbour.addresses.sort_unstable();
    neighbour.addresses.dedup();
    neighbour.capabilities.extend(row.capabilities.iter().cloned());
    neighbour.capabilities.sort_unstable();
    neighbour.capabilities.dedup();
}

/// The name that a row gives, and how little it is worth: some agents tell the octets of a MAC address as a device id.
fn name(row: &NeighbourRow) -> Option<(u8, &String)> {
    let rank = |name: &String, rank: u8| if name.chars().any(char::is_control) { rank + 2 } else { rank };
    match (&row.sys_name, &row.chassis_id) {
        (Some(name), _) => Some((rank(name, 0), name)),
        (None, Some(ChassisId::Text(text))) => Some((rank(text, 1), text)),
        _ => None,
    }
}

/// A link to a neighbour before it is dressed.
struct Edge<'a> {
    local: Option<u32>,
    said: Said<'a>,
    id: DeviceId,
    port: Option<String>,
    evidence: u16,
}

impl<'a> Edge<'a> {
    fn of(row: &'a NeighbourRow, found: &Row, id: DeviceId) -> Self {
        // The address of a routing peer is no port's name.
        let port = if is_primary(row.protocol) { far_text(row) } else { None };
        Self { local: found.local, said: Said::locally(row), id, port, evidence: bit(row.protocol) }
    }

    fn link(&self, node: &Node) -> Link {
        let at = At { node, port: self.local, said: self.said };
        let (near, far) = (at.end(), LinkEnd { device: self.id.clone(), if_index: None, port: self.port.clone() });
        let (a, b) = if near <= far { (near, far) } else { (far, near) };
        let mut link = Link::between(a, b, super::protocols(self.evidence));
        link.confidence = if link.evidence.iter().any(|protocol| is_primary(*protocol)) { HEARD } else { ROUTED };
        super::dress(&mut link, &[at]);
        link
    }
}

/// One edge for each port and neighbour; what several protocols say of it is joined.
fn add_edge<'a>(edges: &mut Vec<Edge<'a>>, new: Edge<'a>) {
    // Rows of one port stand together.
    let known = edges.iter_mut().rev().take(NEAR).find(|edge| {
        let same = edge.local == new.local && edge.id == new.id && (new.local.is_some() || edge.said == new.said);
        same && (is_one_port(edge.port.as_deref(), new.port.as_deref()) || edge.evidence & new.evidence == 0)
    });
    match known {
        Some(edge) => {
            edge.evidence |= new.evidence;
            edge.port = edge.port.take().or(new.port);
        }
        None => edges.push(new),
    }
}

/// Whether two rows name one port, one of them perhaps abbreviated.
fn is_one_port(x: Option<&str>, y: Option<&str>) -> bool {
    x == y || matches!((x, y), (Some(x), Some(y)) if same_name(x, y))
}
