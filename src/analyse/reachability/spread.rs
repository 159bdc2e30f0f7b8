//! Who is behind whom: from every device that is down itself along the ways through what is silent.

use super::net::{Net, Pass, Place};
use crate::model::Timestamp;
use std::cmp::Reverse;
use std::collections::VecDeque;

/// Roots that are kept for one device: it is enough to know that it has several.
const MAX_ROOTS: usize = 4;

/// That a node is behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it is behind.
    pub root: Place,
    /// The node before it on the way from there.
    pub from: Place,
    /// How it is known.
    pub via: Via,
    /// Whether another device with a fault of its own is on every such way, or it has one itself: it stays unreached without the root.
    pub remains: bool,
}

/// How two nodes of a way belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By this way.
    Way(usize),
    /// The one routes for the other.
    Gateway,
    /// Nothing leads there that is known of; they fell silent together, and nothing answers any more.
    Silence,
}

/// What is known of a node while labels spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It answers, or is a root: labels end here.
    Fixed,
    /// It may be behind something.
    Open,
    /// The same, and it has a fault of its own.
    Own,
    /// It is never asked: labels pass.
    Unheard,
}

/// Labels, and what they spread over.
pub(super) struct Spread<'n> {
    net: &'n Net,
    pub(super) parts: Vec<Part>,
    pub(super) labels: Vec<Vec<Label>>,
    /// Who is routed by a node alone or by others that are silent too.
    routed: Vec<Vec<Place>>,
}

impl<'n> Spread<'n> {
    pub(super) fn new(net: &'n Net, parts: Vec<Part>, unrouted: &[Place]) -> Self {
        let mut routed = vec![Vec::new(); net.len()];
        for place in unrouted {
            for gateway in net.gateways(*place) {
                if let Some(theirs) = routed.get_mut(*gateway) {
                    theirs.push(*place);
                }
            }
        }
        Self { net, parts, labels: vec![Vec::new(); net.len()], routed }
    }

    /// Whether a node has a label, or needs none.
    pub(super) fn is_settled(&self, place: Place) -> bool {
        !matches!(self.parts.get(place), Some(Part::Open | Part::Own))
            || self.labels.get(place).is_some_and(|own| !own.is_empty())
    }

    /// Spreads from roots, the nearest nodes first; with `only_new`, to nodes that have no label yet.
    pub(super) fn from(&mut self, roots: &[Place], reach: Reach) {
        for root in roots {
            if let Some(part) = self.parts.get_mut(*root) {
                *part = Part::Fixed;
            }
        }
        let start = |root: &Place| Step { place: *root, root: *root, remains: false };
        self.run(roots.iter().map(start).collect(), reach);
    }

    /// Puts a node to which nothing leads behind a root that it fell silent with, and what is reached through it.
    pub(super) fn apart(&mut self, place: Place, root: Place) {
        let label = Label { root, from: root, via: Via::Silence, remains: false };
        self.labels.get_mut(place).into_iter().for_each(|labels| labels.push(label));
        self.run(VecDeque::from([Step { place, root, remains: false }]), Reach::New);
    }

    fn run(&mut self, mut queue: VecDeque<Step>, reach: Reach) {
        let before: Vec<bool> = match reach {
            Reach::All => Vec::new(),
            Reach::New => self.labels.iter().map(|labels| !labels.is_empty()).collect(),
        };
        let mut aside = VecDeque::new();
        loop {
            while let Some(step) = queue.pop_front() {
                for next in self.step(step, &before) {
                    // Beyond a device with a fault of its own only after every way around it.
                    let part = self.parts.get(next.place);
                    if part == Some(&Part::Own) { aside.push_back(next) } else { queue.push_back(next) }
                }
            }
            match aside.pop_front() {
                Some(step) => queue.push_back(Step { remains: true, ..step }),
                None => break,
            }
        }
    }

    fn step(&mut self, at: Step, before: &[bool]) -> Vec<Step> {
        let by_way = self.net.ways(at.place).filter(|(_, way, _)| !matches!(way.pass, Pass::Shut(_)));
        let by_route = self.routed.get(at.place).into_iter().flatten().map(|far| (*far, Via::Gateway));
        let next: Vec<(Place, Via)> = by_way.map(|(number, _, far)| (far, Via::Way(number))).chain(by_route).collect();
        next.into_iter().filter_map(|next| self.accept(at, next, before)).collect()
    }

    fn accept(&mut self, at: Step, (place, via): (Place, Via), before: &[bool]) -> Option<Step> {
        let part = *self.parts.get(place)?;
        let labels = self.labels.get_mut(place)?;
        let has_room = labels.len() < MAX_ROOTS && labels.iter().all(|label| label.root != at.root);
        let was_settled = before.get(place) == Some(&true);
        if part == Part::Fixed || was_settled || !has_room || place == at.root {
            return None;
        }
        // Who answered after the root had fallen is not behind it.
        let is_late = match (self.net.silence(place), self.net.silence(at.root)) {
            (Some(own), Some(root)) => own.heard.is_some_and(|heard| heard > root.fell),
            _ => false,
        };
        if is_late || !is_way(self.net, (place, part), via) {
            return None;
        }
        labels.push(Label { root: at.root, from: at.place, via, remains: at.remains || part == Part::Own });
        Some(Step { place, root: at.root, remains: at.remains })
    }
}

/// Whether a way counts for the node that it leads to.
fn is_way(net: &Net, (place, part): (Place, Part), via: Via) -> bool {
    match (via, part) {
        (Via::Gateway | Via::Silence, _) => true,
        (Via::Way(_), Part::Unheard) => net.carries(place),
        (Via::Way(number), _) => net.counting(place).any(|(counting, ..)| counting == number),
    }
}

/// How near a node is to the world: by role, then by how many ways it has, then by when it fell. The least is the nearest.
pub(super) fn key(net: &Net, place: Place) -> (u8, Reverse<usize>, Option<Timestamp>, Place) {
    let rank = net.node(place).map_or(u8::MAX, |node| node.rank);
    (rank, Reverse(net.ways(place).count()), net.silence(place).map(|silence| silence.fell), place)
}

/// Over which nodes labels spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Over all that may be behind something.
    All,
    /// Over those of them that have no label yet.
    New,
}

#[derive(Clone, Copy)]
struct Step {
    place: Place,
    root: Place,
    remains: bool,
}
