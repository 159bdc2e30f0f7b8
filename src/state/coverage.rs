//! What maintenance covers: what is worked on, and what hangs on it alone.
//!
//! It follows from the windows and the topology alone, not from the time: which window goes on is asked of the window.

use super::State;
use super::derive::{Plugged, chart};
use crate::analyse::reachability::{Place, Sign, cut_off};
use crate::event::Body;
use crate::model::{Alarm, Device, DeviceId, IfIndex, Link, LinkEnd, Scope};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

/// Names of windows, by what they cover.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    all: Vec<String>,
    devices: FxHashMap<DeviceId, Vec<String>>,
    ports: FxHashMap<(DeviceId, IfIndex), Vec<String>>,
    /// What may be an access point; looked for when there is an alarm on one.
    plugged: OnceLock<Plugged>,
}

/// Whether an event may change what is covered.
pub(super) fn changes(state: &State, body: &Body) -> bool {
    match body {
        Body::MaintenanceSet(_) | Body::MaintenanceOver(..) => true,
        Body::DeviceSeen(_)
        | Body::DeviceMerged(..)
        | Body::DeviceReplaced(_)
        | Body::DeviceForgotten(_)
        | Body::LinkSeen(_)
        | Body::LinkGone(_)
        | Body::NeighbourSeen(_)
        | Body::NeighbourGone(_) => !state.maintenance.is_empty(),
        _ => false,
    }
}

/// What one window covers.
#[derive(Default)]
struct Covered {
    all: bool,
    devices: BTreeSet<DeviceId>,
    ports: BTreeSet<(DeviceId, IfIndex)>,
}

impl Coverage {
    pub(super) fn of(state: &State) -> Self {
        let mut coverage = Self::default();
        for window in state.maintenance.values() {
            let covered = covered(state, &window.scope);
            let name = || window.name.clone();
            coverage.all.extend(covered.all.then(name));
            covered.devices.into_iter().for_each(|id| coverage.devices.entry(id).or_default().push(name()));
            covered.ports.into_iter().for_each(|port| coverage.ports.entry(port).or_default().push(name()));
        }
        coverage
    }

    /// Windows that cover everything.
    pub(super) fn everywhere(&self) -> &[String] {
        &self.all
    }

    /// Windows that cover a device whole.
    pub(super) fn on_device(&self, id: &DeviceId) -> &[String] {
        self.devices.get(id).map_or(&[], Vec::as_slice)
    }

    /// Windows that cover the access point of an alarm of its controller: it as a device, and where it is plugged in.
    pub(super) fn on_access_point(&self, state: &State, alarm: &Alarm) -> Vec<String> {
        let Some(place) = self.plugged.get_or_init(|| Plugged::of(state)).place(state, alarm) else { return Vec::new() };
        let own = place.own.iter().flat_map(|id| self.on_device(id));
        let at = place.if_index.map_or(&[][..], |if_index| self.on_port(&place.device, if_index));
        own.chain(self.on_device(&place.device)).chain(at).cloned().collect()
    }

    /// Windows that cover a port.
    pub(super) fn on_port(&self, id: &DeviceId, if_index: IfIndex) -> &[String] {
        self.ports.get(&(id.clone(), if_index)).map_or(&[], Vec::as_slice)
    }
}

fn covered(state: &State, scope: &Scope) -> Covered {
    let mut covered = Covered::default();
    match scope {
        Scope::All => covered.all = true,
        Scope::Site(site) => {
            let is_there =
                |device: &&Arc<Device>| device.sys_location.as_ref().is_some_and(|place| place.starts_with(site.as_str()));
            covered.devices.extend(state.devices.values().filter(is_there).map(|device| device.id.clone()));
        }
        Scope::Device(id) => covered.devices.extend(known(state, id)),
        Scope::Interface(id, port) => covered.ports.extend(port_named(state, id, port)),
        Scope::Link(key) => {
            let ports = [&key.0, &key.1].into_iter().filter_map(|end| port_at(state, end));
            covered.ports.extend(ports);
        }
        Scope::Path(from, to) => covered.devices = between(state, (from, to)),
    }
    inherit(state, &mut covered);
    covered
}

/// A device by its id or its name.
fn known(state: &State, id: &DeviceId) -> Option<DeviceId> {
    state.find(id.as_str()).ok().map(|device| device.id.clone())
}

fn port_named(state: &State, id: &DeviceId, name: &str) -> Option<(DeviceId, IfIndex)> {
    let device = state.find(id.as_str()).ok()?;
    let port = device.interfaces.iter().find(|port| port.name() == name)?;
    Some((device.id.clone(), port.if_index))
}

fn port_at(state: &State, end: &LinkEnd) -> Option<(DeviceId, IfIndex)> {
    match (end.if_index, &end.port) {
        (Some(if_index), _) => Some((known(state, &end.device)?, if_index)),
        (None, Some(port)) => port_named(state, &end.device, port),
        (None, None) => None,
    }
}

/// Adds what hangs on the covered devices and ports alone, and the other ends of their links.
fn inherit(state: &State, covered: &mut Covered) {
    if covered.devices.is_empty() && covered.ports.is_empty() {
        return;
    }
    let sign = |device: &Device| if state.is_own_host(&device.id) { Sign::Here } else { Sign::Unheard };
    let charted = chart(state, &sign);
    let is_covered = |end: &LinkEnd| {
        let if_index = end.if_index?;
        let aggregate = || state.devices.get(&end.device)?.interface(if_index)?.aggregate;
        let covers = |if_index: IfIndex| covered.ports.contains(&(end.device.clone(), if_index));
        (covers(if_index) || aggregate().is_some_and(covers)).then_some(())
    };
    let links = charted.links.iter().enumerate();
    let cut: Vec<(usize, &Link)> = links
        .filter(|(_, link)| is_covered(&link.a).is_some() || is_covered(&link.b).is_some())
        .map(|(way, link)| (way, link.as_ref()))
        .collect();
    let taken: BTreeSet<Place> = covered.devices.iter().filter_map(|id| charted.places.get(id).copied()).collect();
    let lost = cut_off(&charted.net, &taken, &cut.iter().map(|(way, _)| *way).collect());
    let ends = cut.iter().flat_map(|(_, link)| [&link.a, &link.b]);
    let ends: Vec<(DeviceId, IfIndex)> = ends.filter_map(|end| Some((end.device.clone(), end.if_index?))).collect();
    covered.ports.extend(ends);
    covered.devices.extend(lost.into_iter().filter_map(|place| charted.ids.get(place).map(|id| (*id).clone())));
    // Ports of others that lead to what is worked on go down with it, perhaps before it is known to be down itself.
    let leads = |link: &Link| covered.devices.contains(&link.a.device) || covered.devices.contains(&link.b.device);
    let ends = charted.links.iter().filter(|link| leads(link)).flat_map(|link| [&link.a, &link.b]);
    let ends: Vec<(DeviceId, IfIndex)> = ends.filter_map(|end| Some((end.device.clone(), end.if_index?))).collect();
    covered.ports.extend(ends);
}

/// The devices on the shortest ways between two.
fn between(state: &State, (from, to): (&DeviceId, &DeviceId)) -> BTreeSet<DeviceId> {
    let (Some(from), Some(to)) = (known(state, from), known(state, to)) else { return BTreeSet::new() };
    let (there, back) = (distances(state, &from), distances(state, &to));
    let Some(whole) = there.get(&to) else { return BTreeSet::from([from, to]) };
    let is_on = |id: &&DeviceId| there.get(*id).zip(back.get(*id)).is_some_and(|(there, back)| there + back == *whole);
    there.keys().filter(is_on).cloned().collect()
}

/// How many links away from a device each is.
fn distances(state: &State, from: &DeviceId) -> FxHashMap<DeviceId, usize> {
    let mut far = FxHashMap::from_iter([(from.clone(), 0)]);
    let mut queue = VecDeque::from([(from.clone(), 0)]);
    while let Some((id, distance)) = queue.pop_front() {
        for end in state.links_of(&id).iter().flat_map(|link| [&link.a, &link.b]) {
            if !far.contains_key(&end.device) {
                far.insert(end.device.clone(), distance + 1);
                queue.push_back((end.device.clone(), distance + 1));
            }
        }
    }
    far
}
