//! Neighbours that were heard of and have no inventory: they are kept, with the links to them.

use super::index::Index;
use super::pair::plain;
use super::ports::same_name;
use super::{Said, Unmatched, dress, end};
use crate::model::identity::is_owned;
use crate::model::{ChassisId, DeviceId, Link, LinkEnd, MacAddr, Neighbour, NeighbourRow, PortId};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::net::IpAddr;

/// A link to a neighbour is said by one end, which hears it directly.
const HEARD: f32 = 0.9;

pub(super) struct Heard {
    pub(super) neighbours: Vec<Neighbour>,
    pub(super) links: Vec<Link>,
}

/// A link to a neighbour before it is dressed.
struct Edge<'a> {
    from: u32,
    local: Option<u32>,
    said: Said<'a>,
    id: DeviceId,
    port: Option<String>,
    evidence: u16,
}

pub(super) fn resolve(index: &Index<'_>, rows: &[Unmatched<'_>]) -> Heard {
    let aliases = Aliases::of(rows);
    let mut neighbours: BTreeMap<DeviceId, Neighbour> = BTreeMap::new();
    let mut edges: Vec<Edge<'_>> = Vec::new();
    for unmatched in rows {
        let Some(id) = identity(unmatched.row, &aliases) else { continue };
        learn(neighbours.entry(id.clone()).or_insert_with(|| blank(id.clone())), unmatched.row);
        add_edge(&mut edges, unmatched, id);
    }
    let links = edges.iter().filter_map(|edge| link(index, edge)).collect();
    Heard { neighbours: neighbours.into_values().collect(), links }
}

/// Ids of neighbours that said a MAC address or an address of their own, by what else they said of themselves; `None` where
/// two say the same. CDP says a name where LLDP says the MAC address: both speak of one neighbour.
#[derive(Default)]
struct Aliases {
    names: FxHashMap<String, Option<DeviceId>>,
    addresses: FxHashMap<IpAddr, Option<DeviceId>>,
}

impl Aliases {
    fn of(rows: &[Unmatched<'_>]) -> Self {
        let mut aliases = Self::default();
        for Unmatched { row, .. } in rows {
            let id = match &row.chassis_id {
                Some(ChassisId::Mac(mac)) => id(mac),
                Some(ChassisId::Address(address)) => id(address),
                Some(ChassisId::Text(_)) | None => continue,
            };
            if let Some(name) = &row.sys_name {
                note(&mut aliases.names, name.to_lowercase(), &id);
            }
            for address in row.addresses.iter().filter(|address| is_owned(**address, None)) {
                note(&mut aliases.addresses, *address, &id);
            }
        }
        aliases
    }

    /// The id of the neighbour that said this name or one of these addresses.
    fn find(&self, name: Option<&str>, addresses: &[IpAddr]) -> Option<DeviceId> {
        let named = name.and_then(|name| self.names.get(&name.to_lowercase()).cloned().flatten());
        named.or_else(|| addresses.iter().find_map(|address| self.addresses.get(address).cloned().flatten()))
    }
}

fn note<K: Hash + Eq>(map: &mut FxHashMap<K, Option<DeviceId>>, key: K, id: &DeviceId) {
    map.entry(key).and_modify(|known| *known = known.take().filter(|known| known == id)).or_insert_with(|| Some(id.clone()));
}

/// The strongest identity that was heard. `None` where the row says nothing of who it is.
fn identity(row: &NeighbourRow, aliases: &Aliases) -> Option<DeviceId> {
    let name = match &row.chassis_id {
        Some(ChassisId::Mac(mac)) => return Some(id(mac)),
        Some(ChassisId::Address(address)) => return Some(id(address)),
        Some(ChassisId::Text(text)) if !text.is_empty() => Some(text),
        Some(ChassisId::Text(_)) | None => row.sys_name.as_ref().filter(|name| !name.is_empty()),
    };
    let own = name.map(|name| id(name)).or_else(|| row.addresses.first().map(|address| id(address)));
    let own = own.or_else(|| match row.port_id {
        Some(PortId::Mac(mac)) => Some(id(&mac)),
        _ => None,
    });
    aliases.find(name.map(String::as_str), &row.addresses).or(own)
}

fn id(text: &dyn std::fmt::Display) -> DeviceId {
    DeviceId::new(&format!("neighbour:{text}"))
}

const fn blank(id: DeviceId) -> Neighbour {
    Neighbour { id, name: None, addresses: Vec::new(), mac: None, description: None, capabilities: Vec::new() }
}

/// Adds what a row says to what is known of a neighbour.
fn learn(neighbour: &mut Neighbour, row: &NeighbourRow) {
    let text_id = match &row.chassis_id {
        Some(ChassisId::Text(text)) => Some(text),
        _ => None,
    };
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
    keep_first(&mut neighbour.name, row.sys_name.as_ref().or(text_id));
    keep_first(&mut neighbour.description, row.sys_descr.as_ref());
    neighbour.addresses.extend(&row.addresses);
    neighbour.addresses.sort_unstable();
    neighbour.addresses.dedup();
    neighbour.capabilities.extend(row.capabilities.iter().cloned());
    neighbour.capabilities.sort_unstable();
    neighbour.capabilities.dedup();
}

fn keep_first(slot: &mut Option<String>, heard: Option<&String>) {
    if slot.is_none() {
        *slot = heard.cloned();
    }
}

/// One edge for each port and neighbour; what several protocols say of it is joined.
fn add_edge<'a>(edges: &mut Vec<Edge<'a>>, unmatched: &Unmatched<'a>, id: DeviceId) {
    let row = unmatched.row;
    let port = row.port_id.as_ref().map(ToString::to_string).or_else(|| row.port_descr.clone());
    let evidence = 1 << (row.protocol as u16);
    // Rows of one device stand together.
    let known = edges.iter_mut().rev().take(super::NEAR).take_while(|edge| edge.from == unmatched.from).find(|edge| {
        let same = edge.local == unmatched.local && edge.id == id;
        let same_text = unmatched.local.is_some() || edge.said == Said::locally(row);
        same && same_text && (is_one_port(edge.port.as_deref(), port.as_deref()) || edge.evidence & evidence == 0)
    });
    match known {
        Some(edge) => {
            edge.evidence |= evidence;
            edge.port = edge.port.take().or(port);
        }
        None => edges.push(Edge { from: unmatched.from, local: unmatched.local, said: Said::locally(row), id, port, evidence }),
    }
}

/// Whether two rows name one port, one of them perhaps abbreviated.
fn is_one_port(x: Option<&str>, y: Option<&str>) -> bool {
    x == y || matches!((x, y), (Some(x), Some(y)) if same_name(x, y))
}

fn link(index: &Index<'_>, edge: &Edge<'_>) -> Option<Link> {
    let near = end(index, edge.from, edge.local, edge.said)?;
    let far = LinkEnd { device: edge.id.clone(), if_index: None, port: edge.port.clone() };
    let (a, b) = if near <= far { (near, far) } else { (far, near) };
    let mut link = plain(a, b, edge.evidence);
    link.confidence = HEARD;
    dress(index, &mut link, [(edge.from, edge.local), (u32::MAX, None)]);
    Some(link)
}
