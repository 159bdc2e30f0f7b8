//! What is measured now: rates out of the last two readings, and the counters that are followed. Not journalled.

use super::State;
use super::series;
use crate::analyse::rate::{Ceiling, CounterTracker, Extended, Span, UptimeTracker};
use crate::model::poll::{IfCounter, IfReading, PollReading};
use crate::model::series::Cell;
use crate::model::{Device, DeviceId, EntityKey, IfIndex, Interface, Metric, Sample, SampleBatch, SampleRow, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What is known of a device since the engine started.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    pub(super) last_polled: Option<Timestamp>,
    pub(super) missed: u32,
    pub(super) rtt_ms: Option<f64>,
    pub(super) loss_percent: Option<f64>,
    pub(super) uptime: Option<(u32, Timestamp)>,
    pub(super) gauges: Vec<(Metric, f64)>,
    uptime_tracker: UptimeTracker,
    /// By ifIndex.
    ports: Vec<PortLive>,
}

/// Rates of one port, each in its metric's unit; `None` is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PortRates {
    /// When the later of the two readings was received.
    pub at: Option<Timestamp>,
    /// By [`Metric::number`], the counters of [`Metric::INTERFACE`].
    rates: [Option<f64>; RATES],
}

/// Metrics of an interface that are rates: all but the operational state.
const RATES: usize = 8;

impl PortRates {
    /// One of them.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.rates.get(usize::from(metric.number())).copied().flatten()
    }

    fn set(&mut self, metric: Metric, rate: Option<f64>) {
        if let Some(slot) = self.rates.get_mut(usize::from(metric.number())) {
            *slot = rate;
        }
    }
}

/// A port's counters.
#[derive(Clone, Debug)]
struct PortLive {
    if_index: IfIndex,
    trackers: [CounterTracker; IfCounter::COUNT],
    discontinuity: Option<u32>,
    last: [Option<Kept>; RATES],
    shown: PortRates,
}

/// The last value of a metric, and of which counters it is the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kept {
    value: u64,
    parts: u8,
    at: Timestamp,
}

/// The counters whose sum is a metric (RFC 2863: packets are counted apart as unicast, multicast and broadcast).
const SUMS: [(Metric, &[IfCounter]); RATES] = [
    (Metric::InBps, &[IfCounter::InOctets]),
    (Metric::OutBps, &[IfCounter::OutOctets]),
    (Metric::InPps, &[IfCounter::InUcastPkts, IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts]),
    (Metric::OutPps, &[IfCounter::OutUcastPkts, IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts]),
    (Metric::InErrors, &[IfCounter::InErrors]),
    (Metric::OutErrors, &[IfCounter::OutErrors]),
    (Metric::InDiscards, &[IfCounter::InDiscards]),
    (Metric::OutDiscards, &[IfCounter::OutDiscards]),
];

impl PortLive {
    const fn new(if_index: IfIndex) -> Self {
        Self {
            if_index,
            trackers: [CounterTracker { last: None }; IfCounter::COUNT],
            discontinuity: None,
            last: [None; RATES],
            shown: PortRates { at: None, rates: [None; RATES] },
        }
    }

    /// Takes a reading; returns the cells to keep.
    fn advance(&mut self, reading: &IfReading, port: &Interface, (at, restarted): (Timestamp, bool)) -> Vec<Cell> {
        let discontinued =
            self.discontinuity.is_some() && reading.discontinuity.is_some() && self.discontinuity != reading.discontinuity;
        self.discontinuity = reading.discontinuity.or(self.discontinuity);
        let ceiling = Ceiling::of(port.speed_bps);
        let broken = restarted || discontinued;
        let mut extended: [Option<Extended>; IfCounter::COUNT] = [None; IfCounter::COUNT];
        for (counter, (tracker, slot)) in IfCounter::ALL.into_iter().zip(self.trackers.iter_mut().zip(&mut extended)) {
            let octets = matches!(counter, IfCounter::InOctets | IfCounter::OutOctets);
            let per_second = if octets { ceiling.octets } else { ceiling.packets };
            *slot = reading.counter(counter).and_then(|raw| tracker.advance(raw, Span { at, broken, per_second }));
        }
        let mut cells = Vec::with_capacity(RATES + 1);
        self.shown.at = Some(at);
        for (metric, counters) in SUMS {
            let cell =
                sum(counters, &extended).map(|(value, parts, broken)| self.keep(metric, Kept { value, parts, at }, broken));
            if cell.is_none() {
                self.shown.set(metric, None);
            }
            cells.extend(cell);
        }
        if let Some(oper) = reading.oper_status {
            cells.push(Cell { metric: Metric::OperStatus, value: u64::from(oper.to_mib()), broken: false });
        }
        cells
    }

    fn keep(&mut self, metric: Metric, now: Kept, broken: bool) -> Cell {
        let before = self.last.get_mut(usize::from(metric.number())).and_then(|slot| slot.replace(now));
        // A sum of other counters than before is another counter.
        let broken = broken || before.is_none_or(|before| before.parts != now.parts);
        let sample = |kept: Kept, broken| Sample { at: kept.at, value: Some(kept.value), broken };
        let rate = before.and_then(|before| series::rate(metric, &sample(before, false), &sample(now, broken)));
        self.shown.set(metric, rate);
        Cell { metric, value: now.value, broken }
    }
}

/// The sum of those counters that were read, which they were, and whether any of them is broken.
fn sum(counters: &[IfCounter], extended: &[Option<Extended>; IfCounter::COUNT]) -> Option<(u64, u8, bool)> {
    let mut total: Option<(u64, u8, bool)> = None;
    for (bit, counter) in counters.iter().enumerate() {
        if let Some(Some(one)) = extended.get(*counter as usize) {
            let (value, parts, broken) = total.unwrap_or_default();
            total = Some((value.wrapping_add(one.value), parts | (1 << bit), broken || one.broken));
        }
    }
    total
}

impl Live {
    /// Whether a poll received at this time is a duplicate or came late.
    pub(super) fn is_late(&self, at: Timestamp) -> bool {
        self.last_polled.is_some_and(|last| at <= last)
    }

    /// Takes an answered poll. Returns whether the agent restarted, and the samples to keep.
    pub(super) fn advance(&mut self, reading: &PollReading, device: &Device) -> (bool, SampleBatch) {
        let at = reading.at;
        self.last_polled = Some(at);
        self.missed = 0;
        self.rtt_ms = reading.rtt_ms;
        self.loss_percent = (reading.sent > 0).then(|| f64::from(reading.lost) / f64::from(reading.sent) * 100.0);
        self.uptime = reading.sys_up_time.map(|uptime| (uptime, at)).or(self.uptime);
        let restarted = reading.sys_up_time.is_some_and(|uptime| self.uptime_tracker.restarted(uptime, at));
        let names = port_names(device);
        let mut rows = vec![self.device_row()];
        for port_reading in &reading.interfaces {
            let Ok(place) = device.interfaces.binary_search_by_key(&port_reading.if_index, |port| port.if_index) else {
                continue;
            };
            let (Some(port), Some(name)) = (device.interfaces.get(place), names.get(place)) else { continue };
            let cells = self.port_mut(port.if_index).map(|live| live.advance(port_reading, port, (at, restarted)));
            rows.push(SampleRow { part: Some(name.clone()), cells: cells.unwrap_or_default() });
        }
        rows.retain(|row| !row.cells.is_empty());
        (restarted, SampleBatch { device: device.id.clone(), at, rows })
    }

    /// Takes a poll that was not answered. Returns the sample to keep.
    pub(super) fn miss(&mut self, device: &DeviceId, at: Timestamp) -> SampleBatch {
        self.missed = self.missed.saturating_add(1);
        self.rtt_ms = None;
        self.loss_percent = Some(100.0);
        SampleBatch { device: device.clone(), at, rows: vec![self.device_row()] }
    }

    fn device_row(&self) -> SampleRow {
        let gauges = [(Metric::RttMs, self.rtt_ms), (Metric::LossPercent, self.loss_percent)];
        let cell = |(metric, value): (Metric, Option<f64>)| {
            value.map(|value| Cell { metric, value: metric.encode_gauge(value), broken: false })
        };
        SampleRow { part: None, cells: gauges.into_iter().filter_map(cell).collect() }
    }

    fn port_mut(&mut self, if_index: IfIndex) -> Option<&mut PortLive> {
        let place = match self.ports.binary_search_by_key(&if_index, |port| port.if_index) {
            Ok(place) => place,
            Err(place) => {
                self.ports.insert(place, PortLive::new(if_index));
                place
            }
        };
        self.ports.get_mut(place)
    }

    /// The rates of one port.
    pub(super) fn rates(&self, if_index: IfIndex) -> Option<&PortRates> {
        let place = self.ports.binary_search_by_key(&if_index, |port| port.if_index).ok()?;
        self.ports.get(place).map(|port| &port.shown)
    }

    /// The rates of all ports.
    pub(super) fn all_rates(&self) -> impl Iterator<Item = &PortRates> {
        self.ports.iter().map(|port| &port.shown)
    }

    /// A gauge of the device that came with samples ([`State::set_live`]).
    pub(super) fn gauge(&self, metric: Metric) -> Option<f64> {
        self.gauges.iter().find(|(known, _)| *known == metric).map(|(_, value)| *value)
    }
}

/// The names by which a device's ports are known, in their order, each once: a name that several ports have gets the
/// ifIndex behind it, else their series would run into one.
pub fn port_names(device: &Device) -> Vec<String> {
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let unique = |port: &Interface| {
        let name = port.name();
        let name = if seen.contains(&name) { format!("{name}#{}", port.if_index) } else { name };
        seen.insert(name.clone());
        name
    };
    device.interfaces.iter().map(unique).collect()
}

/// The last samples of one metric of one entity, out of the series store.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSample {
    /// Whose.
    pub entity: EntityKey,
    /// Which.
    pub metric: Metric,
    /// The one before the last, where there is one.
    pub before: Option<Sample>,
    /// The last.
    pub last: Sample,
}

impl State {
    /// Puts the rates of a past time in, out of the series store, in place of those of now.
    pub fn set_live(&mut self, samples: impl IntoIterator<Item = LiveSample>) {
        let mut all: FxHashMap<DeviceId, (Live, FxHashMap<String, IfIndex>)> = FxHashMap::default();
        for sample in samples {
            let Some(device) = self.devices.get(&sample.entity.device) else { continue };
            let (live, ports) = all.entry(device.id.clone()).or_insert_with(|| {
                (
                    Live::default(),
                    port_names(device).into_iter().zip(device.interfaces.iter().map(|port| port.if_index)).collect(),
                )
            });
            let port = sample.entity.part.as_ref().map(|name| ports.get(name).copied());
            live.put(port, &sample);
        }
        self.live = Arc::new(all.into_iter().map(|(id, (live, _))| (id, Arc::new(live))).collect());
    }
}

impl Live {
    /// Puts one sample in: of the device (`None`), of a port, or of a port that is not known (`Some(None)`).
    fn put(&mut self, port: Option<Option<IfIndex>>, sample: &LiveSample) {
        let (metric, last) = (sample.metric, &sample.last);
        match port {
            Some(Some(if_index)) => {
                let rate = sample.before.as_ref().and_then(|before| series::rate(metric, before, last));
                if let Some(port) = self.port_mut(if_index) {
                    port.shown.at = port.shown.at.max(Some(last.at));
                    port.shown.set(metric, rate);
                }
            }
            Some(None) => {}
            None => {
                let value = last.value.map(|kept| metric.decode_gauge(kept));
                self.last_polled = self.last_polled.max(Some(last.at));
                match metric {
                    Metric::RttMs => self.rtt_ms = value,
                    Metric::LossPercent => self.loss_percent = value,
                    _ => self.gauges.extend(value.map(|value| (metric, value))),
                }
            }
        }
    }
}

impl State {
    /// The rates of one port; `None` where it was never polled.
    pub fn rates(&self, device: &DeviceId, if_index: IfIndex) -> Option<&PortRates> {
        self.live.get(device)?.rates(if_index)
    }
}
