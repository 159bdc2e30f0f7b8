//! Links that the operator wrote down: they stand whatever the protocols say.

use super::marks::Marks;
use super::nodes::Nodes;
use super::{At, bit, link};
use crate::model::{DeviceId, Evidence, IfIndex, Link, LinkEnd};
use rustc_hash::FxHashSet;

/// A link as the operator wrote it: each end a device (id, or name where it is unique) and a port's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualLink {
    /// One end.
    pub a: (String, String),
    /// The other.
    pub b: (String, String),
}

/// A device's number and the place of a port there.
type Port = (u32, u32);

/// What the operator wrote, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Manual {
    given: Vec<ManualLink>,
    /// For each of `given`, its ends; `None` where they are not known.
    resolved: Vec<Option<(Port, Port)>>,
    /// Ports that they use: what was found there gives way.
    used: FxHashSet<(u32, IfIndex)>,
}

impl Manual {
    pub(super) fn new(given: &[ManualLink]) -> Self {
        Self { given: given.to_vec(), resolved: vec![None; given.len()], used: FxHashSet::default() }
    }

    /// Those that name what is not known.
    pub(super) fn unknown(&self) -> Vec<usize> {
        let unknown = self.resolved.iter().enumerate().filter(|(_, ends)| ends.is_none());
        unknown.map(|(place, _)| place).collect()
    }

    /// Looks all up again; the devices at whose ports something changed.
    pub(super) fn resolve(&mut self, nodes: &Nodes, marks: &Marks) -> Vec<u32> {
        let ends = |link: &ManualLink| Some((port(nodes, marks, &link.a)?, port(nodes, marks, &link.b)?));
        let new: Vec<_> = self.given.iter().map(|link| ends(link).filter(|(a, b)| a != b)).collect();
        let changed = new.iter().zip(&self.resolved).filter(|(new, old)| new != old);
        let touched: Vec<u32> = changed.flat_map(|(new, old)| [*new, *old]).flatten().flat_map(|(a, b)| [a.0, b.0]).collect();
        self.resolved = new;
        let ports = self.resolved.iter().flatten().flat_map(|(a, b)| [*a, *b]);
        let if_index = |(number, place)| Some((number, nodes.get(number)?.port(Some(place))?.if_index));
        self.used = ports.filter_map(if_index).collect();
        touched
    }

    /// Whether what was found at this port gives way.
    pub(super) fn overrules(&self, number: u32, if_index: Option<IfIndex>) -> bool {
        !self.used.is_empty() && if_index.is_some_and(|if_index| self.used.contains(&(number, if_index)))
    }

    /// The links that were written between two devices.
    pub(super) fn between(&self, nodes: &Nodes, couple: (u32, u32)) -> Vec<Link> {
        let same = |(a, b): &&(Port, Port)| (a.0, b.0) == couple || (b.0, a.0) == couple;
        let made = |(a, b): &(Port, Port)| {
            let at = |(number, place): Port| Some(At::port(nodes.get(number)?, Some(place)));
            let mut link = link(at(*a)?, at(*b)?, bit(Evidence::Manual));
            link.confidence = 1.0;
            Some(link)
        };
        self.resolved.iter().flatten().filter(same).filter_map(made).collect()
    }

    /// Takes out of what was found between two devices what gives way, and adds what was written.
    pub(super) fn overrule(&self, nodes: &Nodes, couple: (u32, u32), links: &mut Vec<Link>) {
        if self.given.is_empty() {
            return;
        }
        let written = self.between(nodes, couple);
        let gives_way = |end: &LinkEnd| {
            let number = nodes.number(&end.device);
            number.is_some_and(|number| self.overrules(number, end.if_index))
        };
        links.retain(|found| {
            let same = written.iter().any(|link| link.a == found.a && link.b == found.b);
            same || !(gives_way(&found.a) || gives_way(&found.b))
        });
        links.extend(written);
    }

    /// Devices with which one has written links.
    pub(super) fn partners(&self, number: u32) -> impl Iterator<Item = u32> {
        self.resolved.iter().flatten().filter_map(move |(a, b)| match (a.0 == number, b.0 == number) {
            (true, _) => Some(b.0),
            (_, true) => Some(a.0),
            _ => None,
        })
    }
}

fn port(nodes: &Nodes, marks: &Marks, (device, port): &(String, String)) -> Option<Port> {
    let number = nodes.number(&DeviceId::new(device)).or_else(|| marks.named(device))?;
    Some((number, nodes.get(number)?.ports().named(port)?))
}
