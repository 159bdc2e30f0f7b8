//! The events of a past: inventories at its beginning, then every change as the polls around it would have seen it, then
//! the latest polls.

use super::{INTERVAL, Known, Past};
use crate::event::{Body, DiscoveryPhase, DiscoveryProgress, Event, Silent};
use crate::mib::Registry;
use crate::model::health::HealthReading;
use crate::model::inventory::Reason;
use crate::model::poll::{Counter, IfCounter, IfReading, PollReading};
use crate::model::{IfIndex, Inventory, Timestamp};
use crate::sim::scenario::{DeviceNumber, PortNumber, WireNumber};
use crate::sim::truth::seconds_of;
use std::collections::BTreeMap;

/// How long after a change a poll sees it.
const SEEN_AFTER: f64 = 4.0;

/// Networks above this size get no latest polls: they would take longer than waiting for real ones.
const MOST_WITH_LATEST_POLLS: usize = 1500;

/// The phases of a discovery run and how long each takes with agents like these, 95th percentile in milliseconds.
const DISCOVERY: [(&str, f64); 4] = [("reach", 1.0), ("snmp", 4.0), ("inventory", 190.0), ("neighbours", 85.0)];

/// Requests of one poll of a device, as the sent counter has it.
const REQUESTS: u32 = 3;

/// The counters that agents keep in 32 bits alone (IF-MIB has no high-capacity form of them).
const NARROW: [IfCounter; 4] = [IfCounter::InErrors, IfCounter::OutErrors, IfCounter::InDiscards, IfCounter::OutDiscards];

/// What is to be polled at a time: a device, and which of its ports.
type Polls = BTreeMap<(i64, DeviceNumber), Vec<PortNumber>>;

impl Past {
    /// All events, in the order of their times.
    pub fn events(&self) -> Vec<Event> {
        let start = self.start();
        let mut events: Vec<Event> = self.devices.iter().flat_map(|device| self.first_seen(device)).collect();
        events.push(self.discovered());
        events.push(tick(start));
        let mut polls = Polls::new();
        self.wire_changes(&mut polls);
        self.device_changes(&mut polls);
        self.cuts(&mut polls);
        for ((at, number), ports) in polls {
            let Some(device) = self.devices.iter().find(|device| device.number == number) else { continue };
            events.extend(self.poll(device, (Timestamp(at), &ports)));
            events.push(tick(Timestamp(at)));
        }
        if self.is_small() {
            for at in [self.until.minus(INTERVAL), self.until] {
                events.extend(self.devices.iter().flat_map(|device| self.poll(device, (at, &self.all_ports(device)))));
                events.push(tick(at));
            }
            events.extend(self.wireless());
            events.extend(self.bridges());
            events.extend(self.story());
            events.sort_by_key(|event| event.at);
        }
        events
    }

    /// The run that found them all.
    fn discovered(&self) -> Event {
        let at = self.start();
        let found = self.devices.len() as u64;
        let phase = |name: &str, done: u64, p95_ms: f64| DiscoveryPhase {
            name: name.to_owned(),
            done,
            p95_ms: Some(p95_ms),
            ..DiscoveryPhase::default()
        };
        let range =
            self.devices.first().zip(self.devices.last()).map(|(first, last)| format!("{}-{}", first.address, last.address));
        let progress = DiscoveryProgress {
            run: 1,
            targets: range.into_iter().collect(),
            scope: vec![self.campus.scenario.network.to_string()],
            started_at: at,
            running: false,
            paused: false,
            phases: DISCOVERY.map(|(name, p95_ms)| phase(name, found, p95_ms)).to_vec(),
            asked: found,
            answered: found,
            silent: 0,
            devices: found,
            links: 0,
            in_flight: 0,
            seconds_left: None,
            failures: Vec::new(),
            failed: 0,
        };
        Event { at, body: Body::Discovery(progress) }
    }

    fn first_seen(&self, known: &Known) -> Vec<Event> {
        let at = self.start();
        let device = self.describe(known.address, at);
        let inventory =
            device.map(|(device, sightings)| Inventory { sightings, ..Inventory::of(self.target(known.address), at, device) });
        let seen = inventory.map(|inventory| Event { at, body: Body::Inventory(Box::new(inventory)) });
        // Counters have to be known once before anything can be said of their growth.
        let ports = if self.is_small() { self.all_ports(known) } else { Vec::new() };
        seen.into_iter().chain(self.poll(known, (at, &ports))).collect()
    }

    fn is_small(&self) -> bool {
        self.devices.len() <= MOST_WITH_LATEST_POLLS
    }

    pub(super) fn all_ports(&self, known: &Known) -> Vec<PortNumber> {
        let scenario = &self.campus.scenario;
        scenario.node(known.number).map_or_else(Vec::new, |node| (0..scenario.port_count(node)).collect())
    }

    /// Falls and rises of links: both ends are polled soon after.
    fn wire_changes(&self, polls: &mut Polls) {
        let (from, to) = self.seconds();
        for (&wire, trouble) in &self.campus.scenario.wire_troubles {
            let mut edges: Vec<f64> = trouble.outages.iter().flat_map(|outage| [outage.from, outage.to]).collect();
            if let Some(flap) = trouble.flap {
                let mut fall = flap.since.max(from);
                while fall < to {
                    edges.extend([fall, fall + flap.down]);
                    fall += flap.every;
                }
            }
            for edge in edges.into_iter().filter(|&edge| from < edge && edge + SEEN_AFTER < to - INTERVAL.as_secs_f64()) {
                self.poll_ends(wire, edge + SEEN_AFTER, polls);
            }
        }
    }

    fn poll_ends(&self, wire: WireNumber, at: f64, polls: &mut Polls) {
        let scenario = &self.campus.scenario;
        let Some(wire) = scenario.wires.get(wire as usize) else { return };
        for end in [wire.a, wire.b] {
            let Some(node) = scenario.node(end.device) else { continue };
            let ports = polls.entry((millis(at), end.device)).or_default();
            ports.push(end.port);
            // The aggregate may fall with its last member.
            let cable = scenario.cable(node, end.port);
            if let Some(aggregate) = cable.and_then(|cable| scenario.aggregate(node, cable)) {
                let total = scenario.port_count(node);
                ports.extend((0..total).find(|&port| scenario.if_index(node, port) == aggregate));
            }
        }
    }

    /// Devices that fall silent are asked until they count as down; those that come back are read whole.
    fn device_changes(&self, polls: &mut Polls) {
        let (from, to) = self.seconds();
        for device in &self.devices {
            for edge in self.told_changes(device).into_iter().map(|edge| edge + SEEN_AFTER) {
                if from < edge && edge < to - INTERVAL.as_secs_f64() {
                    polls.entry((millis(edge), device.number)).or_default();
                }
            }
            for outage in self.campus.scenario.outages.get(&device.number).into_iter().flatten() {
                let missed = [1.0, 2.0, 3.0].map(|times| outage.from + SEEN_AFTER + times * INTERVAL.as_secs_f64());
                for at in missed.into_iter().filter(|&at| from < at && at < to.min(outage.to) - INTERVAL.as_secs_f64()) {
                    polls.entry((millis(at), device.number)).or_default();
                }
                let back = outage.to + 2.0 * SEEN_AFTER;
                if from < back && back < to - INTERVAL.as_secs_f64() {
                    polls.entry((millis(back), device.number)).or_default().extend(self.all_ports(device));
                }
            }
        }
    }

    /// Where part of the network is not reached all of it is asked until it counts as silent, first the one for want of which it is, and the
    /// others answer in between; then all are read.
    fn cuts(&self, polls: &mut Polls) {
        if !self.is_small() {
            return;
        }
        let (from, to) = self.seconds();
        for cut in &self.campus.scenario.cuts {
            let outage = &cut.outage;
            for device in self.devices.iter().filter(|device| !cut.takes(device.number)) {
                for at in [1.0, 2.0].map(|times| outage.from + times * INTERVAL.as_secs_f64()).into_iter().filter(|&at| from < at)
                {
                    polls.entry((millis(at), device.number)).or_default();
                }
            }
            for device in self.devices.iter().filter(|device| cut.takes(device.number)) {
                let after = if device.number == cut.device { SEEN_AFTER } else { 2.0 * SEEN_AFTER };
                let missed = [0.0, 1.0, 2.0].map(|times| outage.from + after + times * INTERVAL.as_secs_f64());
                let back = outage.to + after;
                for at in missed.into_iter().filter(|&at| from < at && at < outage.to) {
                    polls.entry((millis(at), device.number)).or_default();
                }
                if from < back && back < to - INTERVAL.as_secs_f64() {
                    polls.entry((millis(back), device.number)).or_default().extend(self.all_ports(device));
                }
            }
        }
    }

    /// When what a device tells of power, the room or telephones becomes another.
    fn told_changes(&self, device: &Known) -> Vec<f64> {
        let scenario = &self.campus.scenario;
        let node = scenario.node(device.number);
        let Some((node, kind)) = node.and_then(|node| Some((node, scenario.kind(node)?))) else { return Vec::new() };
        let moment = seconds_of(scenario.moment);
        kind.tells.iter().flat_map(|tell| tell.edges(&node.name, moment)).collect()
    }

    /// What a poll reads of the gauges: all, since simulated devices have few.
    fn health(&self, known: &Known, at: Timestamp) -> Option<HealthReading> {
        let health = self.campus.view(known.address, at)?.health(Registry::builtin());
        let measured = (0..).zip(health.measured()).collect();
        Some(HealthReading { outline: health.outline, measured })
    }

    /// A poll of some ports, or that it was not answered. Of no ports: sysUpTime alone.
    pub(super) fn poll(&self, known: &Known, (at, ports): (Timestamp, &[PortNumber])) -> Option<Event> {
        let scenario = &self.campus.scenario;
        let node = scenario.node(known.number)?;
        let seconds = seconds_of(at);
        if !scenario.answers(known.number, seconds) {
            let detail = format!("no answer to {REQUESTS} requests in 3.0 s");
            let (device, target) = (Some(known.id.clone()), self.target(known.address));
            let silent = Silent { device, target, reason: Reason::Timeout, detail, sent: REQUESTS, echoes: None };
            return Some(Event { at, body: Body::Silent(silent) });
        }
        let mut interfaces: Vec<IfReading> = ports
            .iter()
            .map(|&port| {
                let state = scenario.port_state(node, known.number, (port, seconds));
                let mut reading = IfReading::new(IfIndex(scenario.if_index(node, port)));
                (reading.admin_status, reading.oper_status) = (Some(state.admin), Some(state.oper));
                reading.discontinuity = Some(0);
                let counters = scenario.counters(node, known.number, (port, seconds));
                let told = IfCounter::ALL.into_iter().zip(counters).filter(|(which, _)| *which != IfCounter::InFcsErrors);
                for (which, count) in told {
                    reading
                        .set(which, if NARROW.contains(&which) { Counter::Bits32(low(count)) } else { Counter::Bits64(count) });
                }
                reading
            })
            .collect();
        interfaces.sort_by_key(|reading| reading.if_index);
        interfaces.dedup_by_key(|reading| reading.if_index);
        let reading = PollReading {
            sys_up_time: Some(scenario.sys_up_time(known.number, seconds)),
            rtt_ms: Some(scenario.rtt_ms(known.number, seconds)),
            sent: REQUESTS,
            interfaces,
            health: self.health(known, at),
            ..PollReading::new(known.id.clone(), at)
        };
        Some(Event { at, body: Body::Poll(Box::new(reading)) })
    }
}

fn tick(at: Timestamp) -> Event {
    Event { at, body: Body::Tick }
}

#[allow(clippy::cast_possible_truncation, reason = "times of this age are far below 2^63")]
pub(super) fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[allow(clippy::cast_possible_truncation, reason = "Counter32 wraps (RFC 2578 §7.1.6)")]
const fn low(count: u64) -> u32 {
    count as u32
}
