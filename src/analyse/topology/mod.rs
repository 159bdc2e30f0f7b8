//! Links out of what devices say of their neighbours.
//!
//! Each LLDP or CDP row is half a link: a local port and what was heard of the far end. The far device is recognised from
//! strong marks to weak (`index`), its port from names to numbers to MAC addresses (`ports`), and halves that speak of the
//! same cable are made one (`pair`). Who has no inventory becomes a neighbour (`heard`). The same devices give the same
//! links in the same order, whatever the order in which they were found. Start at [`resolve`].

mod heard;
mod index;
mod manual;
mod pair;
mod ports;
#[cfg(test)]
mod tests;

use crate::model::{Device, Evidence, IfIndex, Link, LinkEnd, Neighbour, NeighbourRow};
use index::Index;

pub use manual::ManualLink;

/// What follows from the rows of all devices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolution {
    /// Links, by their two ends.
    pub links: Vec<Link>,
    /// Neighbours without an inventory, by id.
    pub neighbours: Vec<Neighbour>,
    /// Manual links whose device or port is not known, by their place in what was given.
    pub unknown_manual: Vec<usize>,
}

/// Resolves the rows of all devices, which come sorted by id.
pub fn resolve(devices: &[&Device], manual: &[ManualLink]) -> Resolution {
    let index = Index::of(devices);
    let (halves, unmatched) = halves(&index);
    let mut links = pair::links(&index, halves);
    let heard = heard::resolve(&index, &unmatched);
    links.extend(heard.links);
    let unknown_manual = manual::overrule(&index, manual, &mut links);
    Resolution { links: merged(links), neighbours: heard.neighbours, unknown_manual }
}

/// Half a link: what one row of one device says.
#[derive(Clone, Debug)]
struct Half<'a> {
    from: u32,
    to: u32,
    /// Place of the local port among `from`'s interfaces.
    local: Option<u32>,
    /// What the row says of the local port, for ports that are not in the interface table.
    said: Said<'a>,
    /// Place of the remote port among `to`'s interfaces.
    remote: Option<u32>,
    /// The remote port as heard.
    remote_text: Option<String>,
    /// Protocols, a bit each.
    evidence: u16,
    /// Recognised by name or address only.
    weak: bool,
}

/// A port as a row says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Said<'a> {
    if_index: Option<IfIndex>,
    port: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn locally(row: &'a NeighbourRow) -> Self {
        Self { if_index: row.local_if_index, port: row.local_port.as_deref() }
    }

    const fn port(port: Option<&'a str>) -> Self {
        Self { if_index: None, port }
    }
}

/// A row whose far end is no known device.
struct Unmatched<'a> {
    from: u32,
    local: Option<u32>,
    row: &'a NeighbourRow,
}

fn halves<'a>(index: &Index<'a>) -> (Vec<Half<'a>>, Vec<Unmatched<'a>>) {
    let (mut halves, mut unmatched) = (Vec::new(), Vec::new());
    for (number, device) in (0u32..).zip(index.devices.iter().copied()) {
        for row in &device.neighbours {
            let local = local_port(index, number, row);
            match half(index, number, local, row) {
                // A device that hears itself: a loop or a mirror, never a link.
                Some(half) if half.to == number => {}
                Some(half) => halves.push(half),
                None => unmatched.push(Unmatched { from: number, local, row }),
            }
        }
    }
    (halves, unmatched)
}

fn local_port(index: &Index<'_>, device: u32, row: &NeighbourRow) -> Option<u32> {
    let by_index = row.local_if_index.and_then(|if_index| ports::by_if_index(index.device(device)?, if_index));
    by_index.or_else(|| index.ports(device)?.named(row.local_port.as_deref()?))
}

fn half<'a>(index: &Index<'a>, from: u32, local: Option<u32>, row: &'a NeighbourRow) -> Option<Half<'a>> {
    let found = index.recognise(row)?;
    let remote = index.ports(found.device).and_then(|ports| ports::remote(ports, row));
    if found.doubtful && remote.is_none() {
        return None;
    }
    let aggregate = remote.is_some_and(|port| is_aggregate(index, found.device, port));
    Some(Half {
        from,
        to: found.device,
        local,
        said: Said::locally(row),
        // A port id that names the aggregate says nothing of the member.
        remote: remote.filter(|_| !aggregate),
        remote_text: row.port_id.as_ref().map(ToString::to_string).or_else(|| row.port_descr.clone()),
        evidence: 1 << (row.protocol as u16),
        weak: found.weak,
    })
}

fn is_aggregate(index: &Index<'_>, device: u32, port: u32) -> bool {
    let Some(device) = index.device(device) else { return false };
    let number = device.interfaces.get(port as usize).map(|port| port.if_index);
    number.is_some() && device.interfaces.iter().any(|member| member.aggregate == number && Some(member.if_index) != number)
}

/// How far back a row is looked for that it could be joined with: rows of one port stand near each other, and a device
/// that tells thousands of rows of one port shall not cost their square.
const NEAR: usize = 256;

/// All protocols with their bit.
const PROTOCOLS: [Evidence; 12] = [
    Evidence::Lldp,
    Evidence::Cdp,
    Evidence::Fdp,
    Evidence::Edp,
    Evidence::Fdb,
    Evidence::Arp,
    Evidence::Stp,
    Evidence::Lacp,
    Evidence::Ospf,
    Evidence::Bgp,
    Evidence::Isis,
    Evidence::Manual,
];

fn protocols(bits: u16) -> Vec<Evidence> {
    PROTOCOLS.into_iter().filter(|protocol| bits & (1 << (*protocol as u16)) != 0).collect()
}

/// One end of a link at a known device.
fn end(index: &Index<'_>, device: u32, port: Option<u32>, said: Said<'_>) -> Option<LinkEnd> {
    let device = index.device(device)?;
    let port = port.and_then(|port| device.interfaces.get(port as usize));
    Some(LinkEnd {
        device: device.id.clone(),
        if_index: port.map(|port| port.if_index).or(said.if_index),
        port: port.map(|port| port.name()).or_else(|| said.port.map(str::to_owned)),
    })
}

/// What the ports at both ends say of the link: its aggregate, whether a spanning tree blocks it, its speed.
fn dress(index: &Index<'_>, link: &mut Link, ends: [(u32, Option<u32>); 2]) {
    let ports = ends.map(|(device, port)| {
        let device = index.device(device)?;
        Some((device, device.interfaces.get(port? as usize)?))
    });
    let aggregate = |(device, port): (&Device, &crate::model::Interface)| -> Option<String> {
        let number: IfIndex = port.aggregate.filter(|number| *number != port.if_index)?;
        Some(device.interface(number)?.name())
    };
    link.aggregate = ports.into_iter().flatten().find_map(aggregate);
    let states: Vec<bool> =
        ports.into_iter().flatten().filter_map(|(_, port)| port.stp_state.as_deref()).map(is_blocked).collect();
    link.stp_blocked = (!states.is_empty()).then(|| states.contains(&true));
    link.speed_bps = ports.into_iter().flatten().filter_map(|(_, port)| port.speed_bps).filter(|speed| *speed > 0).min();
}

/// dot1dStpPortState blocking(2), broken(6), and what RSTP calls discarding.
fn is_blocked(state: &str) -> bool {
    ["blocking", "discarding", "broken"].contains(&state)
}

/// Sorted, each pair of ends once: what was said twice of one pair is joined.
fn merged(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
    links.dedup_by(|later, first| {
        let same = later.a == first.a && later.b == first.b;
        if same {
            first.evidence.append(&mut later.evidence);
            first.evidence.sort_unstable();
            first.evidence.dedup();
            first.confidence = first.confidence.max(later.confidence);
            if later.confirmed_by == crate::model::Confirmed::Both {
                first.confirmed_by = later.confirmed_by;
            }
        }
        same
    });
    links
}
