//! What is given: nodes, what they last said, and the ways between them.

use crate::model::Timestamp;

/// A node's place in its [`Net`].
pub type Place = usize;

/// A device, or a neighbour that was only heard of.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it last said.
    pub sign: Sign,
    /// Whether it carries others' traffic: a switch does, a printer does not.
    pub carries: bool,
    /// How near to the world such a device is by its role, the nearest first.
    pub rank: u8,
    /// Routers one of which has to forward for it to be asked at its address; empty where none has to, or none is known.
    pub gateways: Vec<Place>,
}

/// What a node last said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is where the asking is done from.
    Here,
    /// It answers.
    Answers {
        /// When it last did; `None` where that is not known, as after a start.
        heard: Option<Timestamp>,
        /// It has missed a poll since, or is to be asked anew.
        doubted: bool,
    },
    /// It does not answer any more.
    Silent(Silence),
    /// It is never asked.
    Unheard,
}

/// How a device fell silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When it last answered.
    pub heard: Option<Timestamp>,
    /// When the first poll was not answered.
    pub missed: Option<Timestamp>,
    /// Since when it counts as silent.
    pub fell: Timestamp,
    /// It was seen to have a fault of its own: a living way led to it.
    pub own: bool,
    /// Until when fresh evidence of its neighbours is waited for.
    pub until: Timestamp,
}

/// A link as a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// One end.
    pub a: Place,
    /// The other.
    pub b: Place,
    /// Whether anything passes.
    pub pass: Pass,
    /// Both ends, or one and a protocol of neighbours, say so; addresses that were seen somewhere are less.
    pub firm: bool,
}

/// Whether anything passes a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Its ports are up, as far as is known.
    Open,
    /// A spanning tree blocks it: it opens when the tree has changed.
    Blocked,
    /// A port of it is down, since then.
    Shut(Option<Timestamp>),
}

/// The network as it is to be judged.
#[derive(Clone, Debug, Default)]
pub struct Net {
    nodes: Vec<Node>,
    ways: Vec<Way>,
    /// Ways by node.
    at: Vec<Vec<u32>>,
}

impl Net {
    /// Of nodes without ways.
    pub fn new(nodes: Vec<Node>) -> Self {
        Self { at: vec![Vec::new(); nodes.len()], nodes, ways: Vec::new() }
    }

    /// Adds a way; one that leads nowhere else, or to no node, is passed over.
    pub fn add(&mut self, way: Way) -> Option<usize> {
        let number = u32::try_from(self.ways.len()).ok()?;
        if way.a == way.b || way.a.max(way.b) >= self.nodes.len() {
            return None;
        }
        for end in [way.a, way.b] {
            self.at.get_mut(end)?.push(number);
        }
        self.ways.push(way);
        Some(self.ways.len() - 1)
    }

    /// How many nodes there are.
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What a node last said.
    pub fn sign(&self, place: Place) -> Sign {
        self.nodes.get(place).map_or(Sign::Unheard, |node| node.sign)
    }

    /// How a node fell silent.
    pub fn silence(&self, place: Place) -> Option<Silence> {
        match self.sign(place) {
            Sign::Silent(silence) => Some(silence),
            Sign::Here | Sign::Answers { .. } | Sign::Unheard => None,
        }
    }

    pub(super) fn node(&self, place: Place) -> Option<&Node> {
        self.nodes.get(place)
    }

    pub(super) fn carries(&self, place: Place) -> bool {
        self.nodes.get(place).is_some_and(|node| node.carries || node.sign == Sign::Here)
    }

    pub(super) fn gateways(&self, place: Place) -> &[Place] {
        self.nodes.get(place).map_or(&[], |node| node.gateways.as_slice())
    }

    /// The ways of a node: their numbers, them, and who is at the other end.
    pub(super) fn ways(&self, place: Place) -> impl Iterator<Item = (usize, Way, Place)> {
        let numbers = self.at.get(place).into_iter().flatten();
        numbers.filter_map(move |&number| {
            let number = usize::try_from(number).ok()?;
            let way = *self.ways.get(number)?;
            Some((number, way, if way.a == place { way.b } else { way.a }))
        })
    }

    /// The ways of a node that count: where anything firm is known of it, that alone.
    pub(super) fn counting(&self, place: Place) -> impl Iterator<Item = (usize, Way, Place)> {
        let firm = self.ways(place).any(|(_, way, _)| way.firm);
        let carried = self.ways(place).any(|(_, way, far)| way.firm >= firm && self.carries(far));
        // Who carries nothing for others is a way only for what hangs on such alone.
        self.ways(place).filter(move |(_, way, far)| way.firm >= firm && (!carried || self.carries(*far)))
    }

    /// All places.
    pub fn places(&self) -> std::ops::Range<Place> {
        0..self.nodes.len()
    }
}
