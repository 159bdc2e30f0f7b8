//! Neighbours that were heard of and have no inventory: they are kept, with the links to them.

use super::index::Index;
use super::pair::plain;
use super::{Unmatched, dress, end};
use crate::model::{ChassisId, DeviceId, Link, LinkEnd, MacAddr, Neighbour, NeighbourRow, PortId};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

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
    local_text: Option<&'a str>,
    id: DeviceId,
    port: Option<String>,
    evidence: u16,
}

pub(super) fn resolve(index: &Index<'_>, rows: &[Unmatched<'_>]) -> Heard {
    let by_name = ids_by_name(rows);
    let mut neighbours: BTreeMap<DeviceId, Neighbour> = BTreeMap::new();
    let mut edges: Vec<Edge<'_>> = Vec::new();
    for unmatched in rows {
        let Some(id) = identity(unmatched.row, &by_name) else { continue };
        learn(neighbours.entry(id.clone()).or_insert_with(|| blank(id.clone())), unmatched.row);
        add_edge(&mut edges, unmatched, id);
    }
    let links = edges.iter().filter_map(|edge| link(index, edge)).collect();
    Heard { neighbours: neighbours.into_values().collect(), links }
}

/// Ids of neighbours that said a MAC address or an address, by the name that they said too; `None` where two share it.
/// CDP says the name where LLDP says the address: both speak of one neighbour.
fn ids_by_name(rows: &[Unmatched<'_>]) -> FxHashMap<String, Option<DeviceId>> {
    let mut ids: FxHashMap<String, Option<DeviceId>> = FxHashMap::default();
    for Unmatched { row, .. } in rows {
        let strong = matches!(row.chassis_id, Some(ChassisId::Mac(_) | ChassisId::Address(_)));
        if let (true, Some(name), Some(id)) = (strong, &row.sys_name, identity(row, &FxHashMap::default())) {
            ids.entry(name.to_lowercase())
                .and_modify(|known| *known = known.take().filter(|known| *known == id))
                .or_insert(Some(id));
        }
    }
    ids
}

/// The strongest identity that was heard. `None` where the row says nothing of who it is.
fn identity(row: &NeighbourRow, by_name: &FxHashMap<String, Option<DeviceId>>) -> Option<DeviceId> {
    let name = match &row.chassis_id {
        Some(ChassisId::Mac(mac)) => return Some(id(mac)),
        Some(ChassisId::Address(address)) => return Some(id(address)),
        Some(ChassisId::Text(text)) if !text.is_empty() => Some(text),
        Some(ChassisId::Text(_)) | None => row.sys_name.as_ref().filter(|name| !name.is_empty()),
    };
    if let Some(name) = name {
        let known = by_name.get(&name.to_lowercase()).cloned().flatten();
        return Some(known.unwrap_or_else(|| id(name)));
    }
    match (&row.addresses.first(), &row.port_id) {
        (Some(address), _) => Some(id(address)),
        (None, Some(PortId::Mac(mac))) => Some(id(mac)),
        _ => None,
    }
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
        let same_text = unmatched.local.is_some() || edge.local_text == row.local_port.as_deref();
        same && same_text && (edge.port == port || edge.evidence & evidence == 0)
    });
    match known {
        Some(edge) => {
            edge.evidence |= evidence;
            edge.port = edge.port.take().or(port);
        }
        None => edges.push(Edge {
            from: unmatched.from,
            local: unmatched.local,
            local_text: row.local_port.as_deref(),
            id,
            port,
            evidence,
        }),
    }
}

fn link(index: &Index<'_>, edge: &Edge<'_>) -> Option<Link> {
    let near = end(index, edge.from, edge.local, edge.local_text)?;
    let far = LinkEnd { device: edge.id.clone(), if_index: None, port: edge.port.clone() };
    let (a, b) = if near <= far { (near, far) } else { (far, near) };
    let mut link = plain(a, b, edge.evidence);
    link.confidence = HEARD;
    dress(index, &mut link, [(edge.from, edge.local), (u32::MAX, None)]);
    Some(link)
}
