//! Links are resolved anew where descriptions changed; only differences are events.

use super::{Deriver, dates};
use crate::analyse::topology;
use crate::event::Body;
use crate::model::{Device, DeviceId, Link, LinkEnd, LinkKey, Neighbour};
use crate::state::State;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Deriver<'_> {
    /// Resolves all links and derives what differs.
    pub(super) fn links(&mut self) {
        let known = Arc::clone(&self.state.devices);
        let devices: Vec<&Device> = known.values().map(AsRef::as_ref).collect();
        let settings = Arc::clone(&self.state.settings);
        let found = topology::resolve(&devices, &settings.manual_links);
        self.state.unknown_manual = found.unknown_manual;
        let gone = self.gone(&found.links);
        let gone_between = dates::by_devices(&gone);
        let seen: Vec<Link> = found.links.into_iter().filter_map(|link| self.dated(link, &gone_between)).collect();
        let kept: BTreeSet<&DeviceId> = found.neighbours.iter().map(|neighbour| &neighbour.id).collect();
        let lost: Vec<DeviceId> = self.state.neighbours.keys().filter(|id| !kept.contains(id)).cloned().collect();
        let new: Vec<Neighbour> = found
            .neighbours
            .iter()
            .filter(|n| self.state.neighbours.get(&n.id).is_none_or(|old| **old != **n))
            .cloned()
            .collect();
        let bodies = new.into_iter().map(|neighbour| Body::NeighbourSeen(Box::new(neighbour)));
        let bodies = bodies.chain(gone.into_iter().map(|key| Body::LinkGone(Box::new(key))));
        let bodies = bodies.chain(seen.into_iter().map(|link| Body::LinkSeen(Box::new(link))));
        for body in bodies.chain(lost.into_iter().map(Body::NeighbourGone)) {
            self.emit(body);
        }
    }

    /// Links that are not found any more, but for those that only fell silent because their port is down.
    fn gone(&self, found: &[Link]) -> Vec<LinkKey> {
        let keys: BTreeMap<(&LinkEnd, &LinkEnd), ()> = found.iter().map(|link| ((&link.a, &link.b), ())).collect();
        let used: BTreeSet<&LinkEnd> =
            found.iter().flat_map(|link| [&link.a, &link.b]).filter(|end| end.if_index.is_some()).collect();
        let missing = self.state.links.values().filter(|link| !keys.contains_key(&(&link.a, &link.b)));
        let gone = missing.filter(|link| used.contains(&link.a) || used.contains(&link.b) || !is_silenced(self.state, link));
        gone.map(|link| link.key()).collect()
    }
}

/// Whether the link is not heard of because one of its ports is down: its neighbours age out (IEEE 802.1AB §9.2.4), the
/// cable is still there.
fn is_silenced(state: &State, link: &Link) -> bool {
    let ends = [&link.a, &link.b];
    let port = |end: &&LinkEnd| Some(state.conditions.get(&end.device)?.port(end.if_index?)?.is_down());
    ends.iter().all(|end| state.devices.contains_key(&end.device)) && ends.iter().filter_map(port).any(|down| down)
}
