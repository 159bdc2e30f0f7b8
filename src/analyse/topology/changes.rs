//! What an update changed, and the inferred links as they are kept between updates.

use super::nodes::Nodes;
use crate::model::{DeviceId, Link, LinkKey, Neighbour};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What changed in the links and neighbours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Links that are not found any more, in the order of their ends.
    pub gone: Vec<LinkKey>,
    /// Links that are new or differ, in the order of their ends.
    pub seen: Vec<Arc<Link>>,
    /// Neighbours that are new or differ, by id.
    pub neighbours: Vec<Neighbour>,
    /// Neighbours that nobody speaks of any more, by id.
    pub lost: Vec<DeviceId>,
}

/// Changes as they come up, unsorted.
#[derive(Debug, Default)]
pub(super) struct Delta {
    gone: Vec<LinkKey>,
    seen: Vec<Arc<Link>>,
    pub(super) neighbours: Vec<Neighbour>,
    pub(super) lost: Vec<DeviceId>,
}

impl Delta {
    /// What differs between two lists of links, each sorted by its ends. Whether anything does.
    pub(super) fn change(&mut self, old: &[Arc<Link>], new: &[Arc<Link>]) -> bool {
        let before = (self.gone.len(), self.seen.len());
        let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some(x), Some(y)) => (&x.a, &x.b).cmp(&(&y.a, &y.b)),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            let lost = if order.is_le() { old.next() } else { None };
            let found = if order.is_ge() { new.next() } else { None };
            match (lost, found) {
                (Some(lost), None) => self.gone.push(lost.key()),
                (lost, Some(found)) if lost != Some(found) => self.seen.push(Arc::clone(found)),
                _ => {}
            }
        }
        before != (self.gone.len(), self.seen.len())
    }

    pub(super) fn sorted(mut self) -> Changes {
        self.seen.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        // A link that left one list and came up in another is still there.
        let seen = &self.seen;
        let is_seen = |key: &LinkKey| seen.binary_search_by(|link| (&link.a, &link.b).cmp(&(&key.0, &key.1))).is_ok();
        self.gone.retain(|key| !is_seen(key));
        self.gone.sort_unstable();
        self.neighbours.sort_by(|x, y| x.id.cmp(&y.id));
        self.lost.sort_unstable();
        Changes { gone: self.gone, seen: self.seen, neighbours: self.neighbours, lost: self.lost }
    }
}

/// Links that were inferred, by number of the device at each end.
#[derive(Debug, Default)]
pub(super) struct Inferred {
    at: FxHashMap<u32, Vec<Arc<Link>>>,
}

impl Inferred {
    pub(super) fn at(&self, number: u32) -> impl Iterator<Item = &Link> {
        self.at.get(&number).into_iter().flatten().map(AsRef::as_ref)
    }

    /// All, each once.
    pub(super) fn links(&self) -> impl Iterator<Item = &Arc<Link>> {
        let mut links: Vec<&Arc<Link>> = self.at.values().flatten().collect();
        links.sort_by_key(|link| Arc::as_ptr(link));
        links.dedup_by_key(|link| Arc::as_ptr(link));
        links.into_iter()
    }

    /// Takes out all links of these devices, which come with all that they are linked to; sorted.
    pub(super) fn take<'a>(&mut self, numbers: impl Iterator<Item = &'a u32>) -> Vec<Arc<Link>> {
        let mut links: Vec<Arc<Link>> = numbers.filter_map(|number| self.at.remove(number)).flatten().collect();
        links.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        links.dedup_by(|x, y| Arc::ptr_eq(x, y));
        links
    }

    pub(super) fn put(&mut self, nodes: &Nodes, link: &Arc<Link>) {
        for number in [&link.a, &link.b].into_iter().filter_map(|end| nodes.number(&end.device)) {
            self.at.entry(number).or_default().push(Arc::clone(link));
        }
    }
}
