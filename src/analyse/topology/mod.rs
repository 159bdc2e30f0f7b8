//! Links out of what devices say of their neighbours.
//!
//! Each LLDP or CDP row is half a link: a local port and what was heard of the far end. The far device is recognised from
//! strong marks to weak (`marks`), its port from names to numbers to MAC addresses (`ports`), and halves that speak of the
//! same cable are made one (`pair`). Spanning trees, LACP and routing protocols add evidence (`beside`); who has no
//! inventory becomes a neighbour (`heard`); where all these are silent, forwarding tables speak (`forwarding`, `infer`);
//! what the operator wrote stands above all (`manual`). The same devices give the same links, whatever the order in which
//! they were found, and whether they came at once or one by one. Start at [`Resolver`].

mod beside;
mod changes;
mod forwarding;
mod heard;
mod infer;
mod manual;
mod marks;
mod nodes;
mod pair;
mod ports;
mod posting;
mod resolver;
mod shared;
#[cfg(test)]
mod tests;

use crate::model::{Device, Evidence, IfIndex, Interface, Link, LinkEnd, Neighbour, NeighbourRow};
use nodes::Node;
use std::sync::Arc;

pub use changes::Changes;
pub use manual::ManualLink;
pub use nodes::Known;
pub use resolver::Resolver;

/// What follows from the rows of all devices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolution {
    /// Links, by their two ends.
    pub links: Vec<Arc<Link>>,
    /// Neighbours without an inventory, by id.
    pub neighbours: Vec<Neighbour>,
    /// Manual links whose device or port is not known, by their place in what was given.
    pub unknown_manual: Vec<usize>,
}

/// Resolves the rows of all devices at once.
pub fn resolve(devices: &[Known], manual: &[ManualLink]) -> Resolution {
    let mut resolver = Resolver::new(manual);
    resolver.update(devices.iter().map(|known| (known.device.id.clone(), Some(known.clone()))));
    resolver.resolution()
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

/// How far back a row is looked for that it could be joined with: rows of one port stand near each other, and a device
/// that tells thousands of rows of one port shall not cost their square.
const NEAR: usize = 256;

/// Protocols whose rows are made for telling neighbours, and make links.
const fn is_primary(protocol: Evidence) -> bool {
    matches!(protocol, Evidence::Lldp | Evidence::Cdp | Evidence::Fdp | Evidence::Edp)
}

/// Protocols that tell where packets are routed to.
const fn is_routing(protocol: Evidence) -> bool {
    matches!(protocol, Evidence::Ospf | Evidence::Bgp | Evidence::Isis)
}

/// The far port as a row says it.
fn far_text(row: &NeighbourRow) -> Option<String> {
    row.port_id.as_ref().map(ToString::to_string).or_else(|| row.port_descr.clone())
}

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

/// The protocol's bit in a set of evidence.
const fn bit(protocol: Evidence) -> u16 {
    1 << (protocol as u16)
}

fn protocols(bits: u16) -> Vec<Evidence> {
    PROTOCOLS.into_iter().filter(|protocol| bits & bit(*protocol) != 0).collect()
}

/// An end of a link at a known device: the place of its port, and the port as a row says it where it has no place.
#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Node,
    port: Option<u32>,
    said: Said<'a>,
}

impl<'a> At<'a> {
    /// An end whose port is known or not told.
    fn port(node: &'a Node, port: Option<u32>) -> Self {
        Self { node, port, said: Said::default() }
    }

    fn end(&self) -> LinkEnd {
        let port = self.node.port(self.port);
        LinkEnd {
            device: self.node.device().id.clone(),
            if_index: port.map(|port| port.if_index).or(self.said.if_index),
            port: port.map(Interface::name).or_else(|| self.said.port.map(str::to_owned)),
        }
    }
}

/// A link between two ends in their order, with what the ports at both ends say of it.
fn link(near: At<'_>, far: At<'_>, evidence: u16) -> Link {
    let ends = (near.end(), far.end());
    let ((a, b), ports) = if ends.0 <= ends.1 { (ends, [near, far]) } else { ((ends.1, ends.0), [far, near]) };
    let mut link = Link::between(a, b, protocols(evidence));
    dress(&mut link, &ports);
    link
}

/// What the ports at both ends say of the link: its aggregate, whether a spanning tree blocks it, its speed.
fn dress(link: &mut Link, ends: &[At<'_>]) {
    let ports = || ends.iter().filter_map(|at| Some((at.node.device(), at.node.port(at.port)?)));
    let aggregate = |(device, port): (&Device, &Interface)| -> Option<String> {
        let number = port.aggregate.filter(|number| *number != port.if_index)?;
        Some(device.interface(number)?.name())
    };
    link.aggregate = ports().find_map(aggregate);
    let state = |(_, port): (&Device, &Interface)| port.stp_state.as_deref().map(is_blocked);
    link.stp_blocked = ports().filter_map(state).reduce(|one, other| one || other);
    link.speed_bps = ports().filter_map(|(_, port)| port.speed_bps).filter(|speed| *speed > 0).min();
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
            add_evidence(first, &later.evidence);
            first.confidence = first.confidence.max(later.confidence);
            if later.confirmed_by == crate::model::Confirmed::Both {
                first.confirmed_by = later.confirmed_by;
            }
        }
        same
    });
    links
}

fn add_evidence(link: &mut Link, evidence: &[Evidence]) {
    link.evidence.extend_from_slice(evidence);
    link.evidence.sort_unstable();
    link.evidence.dedup();
}
