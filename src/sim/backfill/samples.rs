//! The samples of a past, lazily: a stretch of one device at a time.

use super::{INTERVAL, Known, LENGTH, Past};
use crate::mib::Registry;
use crate::model::poll::IfCounter;
use crate::model::series::{Cell, named_part};
use crate::model::{Health, Metric, SampleBatch, SampleRow, Timestamp};
use crate::sim::scenario::{Node, PortNumber};
use crate::sim::truth::{Behind, seconds_of};
use std::time::Duration;

/// Step of the past before its last hour: what a store keeps of it after a day.
const COARSE: Duration = Duration::from_secs(300);

/// The last hour is as fine as live polls.
const FINE: Duration = Duration::from_secs(3600);

/// A stretch of a device that is made in one go.
const STRETCH: Duration = Duration::from_secs(86_400);

/// Readings of interfaces that a past has at most: the campus has a week, ten thousand devices an hour and a half.
const MOST_READINGS: u64 = 4_000_000;

/// In which order stretches come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The last hour of all devices, then day before day: what is looked at first comes first.
    NewestFirst,
    /// In the order of time, for stores that append.
    OldestFirst,
}

/// A stretch: after `from` until `to`, every `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    from: Timestamp,
    to: Timestamp,
    step: Duration,
}

/// The samples of a past; each item is a stretch of one device, in the order of time.
#[derive(Debug)]
pub struct Samples {
    past: Past,
    stretches: Vec<Stretch>,
    at: (usize, usize),
}

impl Past {
    /// All samples that come before those of [`Past::events`].
    pub fn samples(&self, order: Order) -> Samples {
        self.samples_of(order, LENGTH)
    }

    /// The samples of the last `length`.
    pub fn samples_of(&self, order: Order, length: Duration) -> Samples {
        let mut stretches = self.stretches(length.min(LENGTH));
        if order == Order::OldestFirst {
            stretches.reverse();
        }
        Samples { past: self.clone(), stretches, at: (0, 0) }
    }

    /// The stretches, the newest first.
    fn stretches(&self, length: Duration) -> Vec<Stretch> {
        let ports = self.devices.iter().map(|known| self.sampled_ports(known).len() as u64).sum::<u64>().max(1);
        let points = MOST_READINGS / ports;
        let most = Duration::from_secs(points.saturating_mul(COARSE.as_secs()));
        // The latest polls are events.
        let end = self.until.minus(INTERVAL * 2);
        let start = self.until.minus(length.min(most));
        let mut stretches = Vec::new();
        let mut to = end;
        if most >= LENGTH {
            let from = self.until.minus(FINE).max(start);
            stretches.push(Stretch { from, to, step: INTERVAL });
            to = from;
        }
        while to > start {
            let from = to.minus(STRETCH).max(start);
            stretches.push(Stretch { from, to, step: COARSE });
            to = from;
        }
        stretches
    }

    /// The ports that carry something, with their names.
    fn sampled_ports(&self, known: &Known) -> Vec<(PortNumber, String)> {
        let scenario = &self.campus.scenario;
        let Some(node) = scenario.node(known.number) else { return Vec::new() };
        let carries = |&port: &PortNumber| !matches!(scenario.behind(node, known.number, port), Behind::Empty | Behind::Disabled);
        (0..scenario.port_count(node)).filter(carries).map(|port| (port, scenario.port_name(node, port))).collect()
    }

    fn stretch(&self, known: &Known, stretch: Stretch) -> Vec<SampleBatch> {
        let Some(node) = self.campus.scenario.node(known.number) else { return Vec::new() };
        let ports = self.sampled_ports(known);
        // Of a device that is silent now the description of before holds: its gauges stay.
        let seen = [stretch.to, stretch.from].into_iter().find_map(|at| self.campus.view(known.address, at));
        let health = seen.map(|view| view.health(Registry::builtin())).unwrap_or_default();
        // Times lie on a grid that ends where the stretch ends, so that neighbouring stretches fit together.
        let span = stretch.to.since(stretch.from);
        let count = u32::try_from(span.as_secs() / stretch.step.as_secs().max(1)).unwrap_or(0);
        (0..count)
            .rev()
            .map(|back| self.batch((known, node), (&ports, &health), (stretch.to.minus(stretch.step * back), stretch.step)))
            .collect()
    }

    fn batch(
        &self,
        (known, node): (&Known, &Node),
        (ports, health): (&[(PortNumber, String)], &Health),
        (at, step): (Timestamp, Duration),
    ) -> SampleBatch {
        let scenario = &self.campus.scenario;
        let seconds = seconds_of(at);
        let gauge = |metric: Metric, value: f64| Cell { metric, value: metric.encode_gauge(value), broken: false };
        let device = known.id.clone();
        if !scenario.answers(known.number, seconds) {
            let rows = vec![SampleRow { part: None, cells: vec![gauge(Metric::LossPercent, 100.0)] }];
            return SampleBatch { device, at, rows };
        }
        let rtt = gauge(Metric::RttMs, scenario.rtt_ms(known.number, seconds));
        let measured = self.campus.view(known.address, at).map_or_else(Vec::new, |view| view.measured(health));
        let figures = [
            (Metric::CpuPercent, health.cpu_percent(&measured)),
            (Metric::MemoryPercent, health.memory_percent(&measured)),
            (Metric::TemperatureCelsius, health.temperature_celsius(&measured)),
            (Metric::PoeWatts, health.poe_watts(&measured)),
        ];
        let figures = figures.into_iter().filter_map(|(metric, value)| Some(gauge(metric, value?)));
        let cells = [rtt, gauge(Metric::LossPercent, 0.0)].into_iter().chain(figures).collect();
        let mut rows = vec![SampleRow { part: None, cells }];
        let named =
            health.gauges.iter().zip(&measured).filter_map(|(gauge, measured)| Some((gauge.series_name()?, measured.value?)));
        rows.extend(named.map(|(name, value)| SampleRow {
            part: Some(named_part(None, &name)),
            cells: vec![gauge(Metric::NamedGauge, value)],
        }));
        rows.extend(self.radio_rows(known, at));
        rows.extend(self.poe_rows(known, at));
        let broken = scenario.booted_at(known.number, seconds) > seconds_of(at.minus(step));
        for (port, name) in ports {
            let counters = scenario.counters(node, known.number, (*port, seconds));
            let state = scenario.port_state(node, known.number, (*port, seconds));
            let oper = Cell { metric: Metric::OperStatus, value: u64::from(state.oper.to_mib()), broken: false };
            let sums = SUMS.iter().map(|(metric, parts)| {
                let value = parts.iter().filter_map(|&part| counters.get(part as usize)).sum();
                Cell { metric: *metric, value, broken }
            });
            rows.push(SampleRow { part: Some(name.clone()), cells: sums.chain([oper]).collect() });
        }
        SampleBatch { device, at, rows }
    }
}

/// The counters whose sum is kept as a metric.
const SUMS: [(Metric, &[IfCounter]); 8] = [
    (Metric::InBps, &[IfCounter::InOctets]),
    (Metric::OutBps, &[IfCounter::OutOctets]),
    (Metric::InPps, &[IfCounter::InUcastPkts, IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts]),
    (Metric::OutPps, &[IfCounter::OutUcastPkts, IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts]),
    (Metric::InErrors, &[IfCounter::InErrors]),
    (Metric::OutErrors, &[IfCounter::OutErrors]),
    (Metric::InDiscards, &[IfCounter::InDiscards]),
    (Metric::OutDiscards, &[IfCounter::OutDiscards]),
];

impl Iterator for Samples {
    type Item = Vec<SampleBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let (stretch, device) = self.at;
        let chosen = *self.stretches.get(stretch)?;
        let Some(known) = self.past.devices.get(device) else {
            self.at = (stretch + 1, 0);
            return self.next();
        };
        self.at = (stretch, device + 1);
        Some(self.past.stretch(known, chosen))
    }
}
