//! Links are resolved anew where something changed; only differences are events.

use super::{Deriver, dates};
use crate::analyse::topology::{Changes, Known, Resolver};
use crate::event::Body;
use crate::model::{DeviceId, Link, LinkEnd, LinkKey, Neighbour};
use crate::state::State;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is kept for links from one tick to the next. It follows from the rest of the state, and is built anew where it is missing.
#[derive(Debug, Default)]
pub(in crate::state) struct LinkWork {
    resolver: Option<Box<Resolver>>,
    /// Whether everything is resolved anew.
    stale: bool,
    /// Devices that changed since links were resolved.
    touched: BTreeSet<DeviceId>,
    /// Links that nobody speaks of because a port is down.
    held: BTreeSet<LinkKey>,
}

/// A copy of the state (for a view, for a checkpoint) starts without the resolver: few copies ever resolve links.
impl Clone for LinkWork {
    fn clone(&self) -> Self {
        Self { resolver: None, stale: self.is_due(), touched: BTreeSet::new(), held: BTreeSet::new() }
    }
}

impl LinkWork {
    /// Everything is to be resolved.
    pub(in crate::state) fn stale() -> Self {
        Self { stale: true, ..Self::default() }
    }

    /// Whether there is anything to resolve.
    pub(super) fn is_due(&self) -> bool {
        self.stale || !self.touched.is_empty()
    }

    /// A device changed.
    pub(in crate::state) fn touch(&mut self, id: &DeviceId) {
        self.touched.insert(id.clone());
    }

    /// A device was read whole: links that were only held because its port was down are looked at again.
    pub(in crate::state) fn read(&mut self, id: &DeviceId) {
        if self.held.iter().any(|(a, b)| a.device == *id || b.device == *id) {
            self.touch(id);
        }
    }
}

impl Deriver<'_> {
    /// Resolves what changed and derives what differs.
    pub(super) fn links(&mut self) {
        let mut work = std::mem::take(&mut self.state.link_work);
        let (resolver, changes) = match work.resolver.take().filter(|_| !work.stale) {
            Some(mut resolver) => {
                let changes = resolver.update(work.touched.iter().map(|id| (id.clone(), self.state.known(id))));
                (resolver, changes)
            }
            None => self.state.resolved(),
        };
        self.state.unknown_manual = resolver.unknown_manual();
        let Changes { gone, seen, neighbours, lost } = changes;
        let gone = self.gone(&resolver, gone, &mut work);
        let gone_between = dates::by_devices(&gone);
        let seen: Vec<Link> = seen.into_iter().filter_map(|link| self.dated(Link::clone(&link), &gone_between)).collect();
        let new = neighbours.into_iter().filter(|new| self.is_news(new)).collect::<Vec<_>>();
        self.state.link_work = LinkWork { resolver: Some(resolver), held: work.held, ..LinkWork::default() };
        // Who goes is told with its place: while its link is still there.
        let bodies = lost.into_iter().map(Body::NeighbourGone);
        let bodies = bodies.chain(new.into_iter().map(|neighbour| Body::NeighbourSeen(Box::new(neighbour))));
        let bodies = bodies.chain(gone.into_iter().map(|key| Body::LinkGone(Box::new(key))));
        let bodies = bodies.chain(seen.into_iter().map(|link| Body::LinkSeen(Box::new(link))));
        for body in bodies {
            self.emit(body);
        }
    }

    fn is_news(&self, neighbour: &Neighbour) -> bool {
        self.state.neighbours.get(&neighbour.id).is_none_or(|known| **known != *neighbour)
    }

    /// Links that are not found any more, but for those that only fell silent because their port is down.
    fn gone(&self, resolver: &Resolver, lost: Vec<LinkKey>, work: &mut LinkWork) -> Vec<LinkKey> {
        let fresh: BTreeSet<LinkKey> = lost.into_iter().filter(|key| self.state.links.contains_key(key)).collect();
        let is_used = |end: &LinkEnd| end.if_index.is_some_and(|port| resolver.is_used(&end.device, port));
        let is_touched = |key: &LinkKey| [&key.0, &key.1].iter().any(|end| work.touched.contains(&end.device));
        let stays = |key: &LinkKey| {
            let asked = fresh.contains(key) || is_touched(key);
            !is_used(&key.0) && !is_used(&key.1) && (!asked || is_silenced(self.state, key))
        };
        let candidates = fresh.iter().chain(&work.held).filter(|key| !resolver.is_found(key)).cloned();
        let (held, gone) = candidates.collect::<BTreeSet<LinkKey>>().into_iter().partition(stays);
        work.held = held;
        Vec::from_iter::<BTreeSet<LinkKey>>(gone)
    }
}

impl State {
    fn known(&self, id: &DeviceId) -> Option<Known> {
        let device = Arc::clone(self.devices.get(id)?);
        Some(Known { device, sightings: self.sightings.get(id).cloned() })
    }

    /// Everything resolved anew, and how it differs from what is known.
    fn resolved(&self) -> (Box<Resolver>, Changes) {
        let mut resolver = Box::new(Resolver::new(&self.settings.manual_links));
        let all = self.devices.keys().map(|id| (id.clone(), self.known(id)));
        let mut changes = resolver.update(all);
        changes.gone = self.links.keys().filter(|key| !resolver.is_found(key)).cloned().collect();
        let kept: BTreeMap<&DeviceId, ()> = changes.neighbours.iter().map(|neighbour| (&neighbour.id, ())).collect();
        changes.lost = self.neighbours.keys().filter(|id| !kept.contains_key(id)).cloned().collect();
        (resolver, changes)
    }
}

/// Whether the link is not heard of because one of its ports is down: its neighbours age out (IEEE 802.1AB §9.2.4), the
/// cable is still there.
fn is_silenced(state: &State, key: &LinkKey) -> bool {
    let ends = [&key.0, &key.1];
    let port = |end: &&LinkEnd| Some(state.conditions.get(&end.device)?.port(end.if_index?)?.is_down());
    ends.iter().all(|end| state.devices.contains_key(&end.device)) && ends.iter().filter_map(port).any(|down| down)
}
