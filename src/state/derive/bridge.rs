//! Readings of switches: what differs from what is known, what happened in the spanning tree, and what ports draw.

use super::Deriver;
use crate::event::{Body, StpChange, StpEvent};
use crate::model::series::Cell;
use crate::model::{Bridge, BridgeReading, Device, Interface, Metric, PoePort, PortReading, SampleBatch, SampleRow, StpPort};
use crate::state::live::port_names;
use std::sync::Arc;

/// The time of the last topology change is reckoned from uptimes in hundredths and the time of an answer: what differs by less is the same
/// change, milliseconds.
const JITTER_MS: u64 = 30_000;

/// A draw that changed by less than a tenth and half a watt is journalled as it was: it is never still. Its series has it exactly.
const DRAW_MW: u32 = 500;

/// States between which a port goes to news: those of a link that falls are told by the link.
const TOLD: [&str; 2] = ["blocking", "broken"];

impl Deriver<'_> {
    /// A switch was read beside its polls.
    pub(in crate::state) fn bridge(&mut self, reading: &BridgeReading) -> Vec<SampleBatch> {
        let Some(device) = self.state.devices.get(&reading.device).map(Arc::clone) else { return Vec::new() };
        self.follow_bridge(&device, reading);
        draws(&device, reading).into_iter().collect()
    }

    /// Takes over what differs, and tells what happened.
    pub(super) fn follow_bridge(&mut self, device: &Device, reading: &BridgeReading) {
        let bridge = reading.bridge.as_ref().filter(|told| device.bridge.as_deref().is_none_or(|known| is_news(known, told)));
        let merged = |port: &PortReading| difference(device.interface(port.if_index)?, port);
        let ports: Vec<PortReading> = reading.ports.iter().filter_map(merged).collect();
        if bridge.is_none() && ports.is_empty() {
            return;
        }
        let mut happened: Vec<StpEvent> =
            bridge.zip(device.bridge.as_deref()).map_or_else(Vec::new, |(told, known)| self.changes(known, told));
        happened.extend(ports.iter().filter_map(|port| moved(device.interface(port.if_index)?, port)));
        // Where the tree changed, addresses are learned anew.
        if happened.iter().any(|change| !matches!(change, StpEvent::Topology(_))) {
            self.reread.insert(device.id.clone());
        }
        let seen = BridgeReading { device: device.id.clone(), at: reading.at, bridge: bridge.cloned(), ports };
        self.emit(Body::BridgeSeen(Box::new(seen)));
        for change in happened {
            self.emit(Body::SpanningTree(Box::new(StpChange { device: device.id.clone(), change })));
        }
    }

    /// What happened to the bridge as a whole. All bridges of a tree count a change: the root tells it, where it is known.
    fn changes(&self, known: &Bridge, told: &Bridge) -> Vec<StpEvent> {
        let root =
            known.root.zip(told.root).filter(|(before, now)| before != now).map(|(before, now)| StpEvent::Root(before, now));
        let count = known.topology_changes.zip(told.topology_changes).and_then(|(before, now)| now.checked_sub(before));
        let tells = || {
            let is_root = |device: &Arc<Device>| {
                device
                    .bridge
                    .as_deref()
                    .is_some_and(|bridge| bridge.address.is_some() && bridge.address == told.root.map(|root| root.mac))
            };
            told.is_root() == Some(true) || !self.state.devices.values().any(is_root)
        };
        let topology = count.filter(|count| *count > 0 && tells()).map(StpEvent::Topology);
        root.into_iter().chain(topology).collect()
    }
}

fn is_news(known: &Bridge, told: &Bridge) -> bool {
    let is_same_time = match (known.changed_at, told.changed_at) {
        (Some(before), Some(now)) => before.millis().abs_diff(now.millis()) <= JITTER_MS,
        (before, now) => before == now,
    };
    let rest = |bridge: &Bridge| Bridge { changed_at: None, ..bridge.clone() };
    !is_same_time || rest(known) != rest(told)
}

/// What of a port differs from what is known, with what was not told as it is known; `None` where nothing does.
fn difference(known: &Interface, told: &PortReading) -> Option<PortReading> {
    let state = told.stp_state.clone().filter(|state| known.stp_state.as_ref() != Some(state));
    let stp = told.stp.as_ref().map(|told| united(known.stp.as_deref(), told)).filter(|told| known.stp.as_deref() != Some(told));
    let poe = told.poe.as_ref().and_then(|told| poe_difference(known.poe.as_deref(), told));
    let differs = state.is_some() || stp.is_some() || poe.is_some();
    differs.then_some(PortReading { if_index: told.if_index, stp_state: state, stp, poe })
}

/// Readings beside the polls leave out what seldom changes.
fn united(known: Option<&StpPort>, told: &StpPort) -> StpPort {
    let of = |field: fn(&StpPort) -> Option<u32>| field(told).or_else(|| field(known?));
    StpPort {
        role: told.role.or_else(|| known.filter(|known| known.designated_bridge == told.designated_bridge)?.role),
        priority: told.priority.or_else(|| known?.priority),
        path_cost: of(|port| port.path_cost),
        designated_bridge: told.designated_bridge,
        designated_cost: of(|port| port.designated_cost),
        forward_transitions: of(|port| port.forward_transitions),
    }
}

fn poe_difference(known: Option<&PoePort>, told: &PoePort) -> Option<PoePort> {
    let Some(known) = known else { return Some(told.clone()) };
    let is_still = |(before, now): (u32, u32)| before.abs_diff(now) <= DRAW_MW.max(before / 10) && (before == 0) == (now == 0);
    let mut now = PoePort {
        place: known.place,
        enabled: told.enabled.or(known.enabled),
        status: told.status.or(known.status),
        class: if told.status.is_some() { told.class } else { known.class },
        draw_mw: told.draw_mw.or(known.draw_mw),
        limit_mw: told.limit_mw,
    };
    if known.draw_mw.zip(now.draw_mw).is_some_and(is_still) {
        now.draw_mw = known.draw_mw;
    }
    (now != *known).then_some(now)
}

/// Whether a port went to or from blocking.
fn moved(known: &Interface, told: &PortReading) -> Option<StpEvent> {
    let (from, to) = known.stp_state.as_deref().zip(told.stp_state.as_deref())?;
    let is_link = [from, to].contains(&"disabled");
    let is_told = [from, to].iter().any(|state| TOLD.contains(state));
    (is_told && !is_link).then(|| StpEvent::Port(known.name(), from.to_owned(), to.to_owned()))
}

/// Samples of what ports draw; of those that drew nothing and draw nothing there are none.
fn draws(device: &Device, reading: &BridgeReading) -> Option<SampleBatch> {
    let drawn: Vec<(&PortReading, u32)> =
        reading.ports.iter().filter_map(|port| Some((port, port.poe.as_ref()?.draw_mw?))).collect();
    if drawn.is_empty() {
        return None;
    }
    let names = port_names(device);
    let row = |(port, draw): (&PortReading, u32)| {
        let place = device.interfaces.binary_search_by_key(&port.if_index, |known| known.if_index).ok()?;
        let before = device.interfaces.get(place)?.poe.as_ref().and_then(|poe| poe.draw_mw);
        let value = Metric::PoeWatts.encode_gauge(f64::from(draw) / 1000.0);
        let cells = vec![Cell { metric: Metric::PoeWatts, value, broken: false }];
        (draw > 0 || before.is_some_and(|before| before > 0))
            .then(|| Some(SampleRow { part: Some(names.get(place)?.clone()), cells }))?
    };
    let rows: Vec<SampleRow> = drawn.into_iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| SampleBatch { device: device.id.clone(), at: reading.at, rows })
}

/// What an inventory says of the bridge and its ports, as a reading.
pub(super) fn reading_of(device: &Device) -> BridgeReading {
    let port = |port: &Interface| PortReading {
        if_index: port.if_index,
        stp_state: port.stp_state.clone(),
        stp: port.stp.as_deref().cloned(),
        poe: port.poe.as_deref().cloned(),
    };
    let ports = device.interfaces.iter().filter(|port| port.stp_state.is_some() || port.stp.is_some() || port.poe.is_some());
    BridgeReading {
        device: device.id.clone(),
        at: device.taken_at,
        bridge: device.bridge.as_deref().cloned(),
        ports: ports.map(port).collect(),
    }
}
