//! What is measured now: rates out of the last two readings, and the counters that are followed. Not journalled.

use super::State;
use crate::analyse::rate::{Ceiling, CounterTracker, Extended, Span, UptimeTracker};
use crate::model::points;
use crate::model::poll::{IfCounter, IfReading, LastChanges, PollReading};
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
    /// When tables of the device changed last, as of its last poll.
    pub(super) changes: LastChanges,
    pub(super) gauges: Vec<(Metric, f64)>,
    /// By their place in the device's description.
    pub(super) health: super::health::LiveHealth,
    /// Ports whose last two readings show errors.
    pub(super) ports_with_errors: usize,
    uptime_tracker: UptimeTracker,
    /// By ifIndex.
    counters: Vec<(IfIndex, PortCounters)>,
    /// By ifIndex; apart from the counters, since views walk over all of them.
    rates: Vec<(IfIndex, PortRates)>,
}

/// Rates of one port, each in its metric's unit.
#[derive(Clone, Copy, Debug)]
pub struct PortRates {
    /// When the later of the two readings was received.
    pub at: Option<Timestamp>,
    /// By [`Metric::number`], the counters of [`Metric::INTERFACE`]; not a number where it is not known.
    rates: [f64; RATES],
}

impl Default for PortRates {
    fn default() -> Self {
        Self { at: None, rates: [f64::NAN; RATES] }
    }
}

/// Metrics of an interface that are rates: all but the operational state.
const RATES: usize = 8;

impl PortRates {
    /// One of them.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.rates.get(usize::from(metric.number())).copied().filter(|rate| !rate.is_nan())
    }

    fn set(&mut self, metric: Metric, rate: Option<f64>) {
        if let Some(slot) = self.rates.get_mut(usize::from(metric.number())) {
            *slot = rate.unwrap_or(f64::NAN);
        }
    }

    fn has_errors(&self) -> bool {
        [Metric::InErrors, Metric::OutErrors].into_iter().filter_map(|metric| self.get(metric)).any(|rate| rate > 0.0)
    }
}

/// A port's counters.
#[derive(Clone, Debug, Default)]
struct PortCounters {
    trackers: [CounterTracker; IfCounter::COUNT],
    discontinuity: Option<u32>,
    last: [Option<Kept>; RATES],
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

impl PortCounters {
    /// Takes a reading; returns the rates that it shows and the cells to keep.
    fn advance(&mut self, reading: &IfReading, port: &Interface, (at, restarted): (Timestamp, bool)) -> (PortRates, Vec<Cell>) {
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
        let mut shown = PortRates { at: Some(at), ..PortRates::default() };
        for (metric, counters) in SUMS {
            let Some((value, parts, broken)) = sum(counters, &extended) else { continue };
            let (rate, cell) = self.keep(metric, Kept { value, parts, at }, broken);
            shown.set(metric, rate);
            cells.push(cell);
        }
        if let Some(oper) = reading.oper_status {
            cells.push(Cell { metric: Metric::OperStatus, value: u64::from(oper.to_mib()), broken: false });
        }
        (shown, cells)
    }

    fn keep(&mut self, metric: Metric, now: Kept, broken: bool) -> (Option<f64>, Cell) {
        let before = self.last.get_mut(usize::from(metric.number())).and_then(|slot| slot.replace(now));
        // A sum of other counters than before is another counter.
        let broken = broken || before.is_none_or(|before| before.parts != now.parts);
        let sample = |kept: Kept, broken| Sample { at: kept.at, value: Some(kept.value), broken };
        let rate = before.and_then(|before| points::rate(metric, &sample(before, false), &sample(now, broken)));
        (rate, Cell { metric, value: now.value, broken })
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
        for read in &reading.interfaces {
            let Ok(place) = device.interfaces.binary_search_by_key(&read.if_index, |port| port.if_index) else { continue };
            let (Some(port), Some(name)) = (device.interfaces.get(place), names.get(place)) else { continue };
            let (rates, cells) = slot(&mut self.counters, read.if_index).advance(read, port, (at, restarted));
            *slot(&mut self.rates, read.if_index) = rates;
            rows.push(SampleRow { part: Some(name.clone()), cells });
        }
        self.ports_with_errors = self.rates.iter().filter(|(_, rates)| rates.has_errors()).count();
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

    /// The rates of one port.
    pub(super) fn rates(&self, if_index: IfIndex) -> Option<&PortRates> {
        let place = self.rates.binary_search_by_key(&if_index, |(known, _)| *known).ok()?;
        self.rates.get(place).map(|(_, rates)| rates)
    }

    /// The rates of one port, which probably stand at `place`: for walks over all ports.
    pub(super) fn rates_near(&self, place: usize, if_index: IfIndex) -> Option<&PortRates> {
        match self.rates.get(place) {
            Some((known, rates)) if *known == if_index => Some(rates),
            _ => self.rates(if_index),
        }
    }

    /// A gauge of the device that came with samples ([`State::set_live`]).
    pub(super) fn gauge(&self, metric: Metric) -> Option<f64> {
        self.gauges.iter().find(|(known, _)| *known == metric).map(|(_, value)| *value)
    }
}

/// The entry of a port in a list by ifIndex.
fn slot<T: Default>(ports: &mut Vec<(IfIndex, T)>, if_index: IfIndex) -> &mut T {
    let place = match ports.last() {
        Some((last, _)) if *last < if_index => Err(ports.len()),
        None => Err(0),
        Some(_) => ports.binary_search_by_key(&if_index, |(known, _)| *known),
    };
    let place = place.unwrap_or_else(|place| {
        ports.insert(place, (if_index, T::default()));
        place
    });
    #[allow(clippy::indexing_slicing, reason = "the place was found or made just now")]
    &mut ports[place].1
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
    pub entity: Arc<EntityKey>,
    /// Which.
    pub metric: Metric,
    /// The one before the last, where there is one.
    pub before: Option<Sample>,
    /// The last.
    pub last: Sample,
}

impl State {
    /// Puts the rates of a past time in, out of the series store, in place of those of now. Quickest where the samples of
    /// a device, and of a port, stand together.
    pub fn set_live(&mut self, samples: impl IntoIterator<Item = LiveSample>) {
        let mut all: FxHashMap<DeviceId, Live> = FxHashMap::default();
        let mut run: Option<Run> = None;
        for sample in samples {
            if run.as_ref().is_none_or(|run| run.device.id != sample.entity.device) {
                run.take().into_iter().for_each(|run| run.end(&mut all));
                let Some(device) = self.devices.get(&sample.entity.device) else { continue };
                run = Some(Run::start(device, all.remove(&device.id).unwrap_or_default()));
            }
            if let Some(run) = &mut run {
                run.put(&sample);
            }
        }
        run.into_iter().for_each(|run| run.end(&mut all));
        self.live = Arc::new(all.into_iter().map(|(id, live)| (id, Arc::new(live))).collect());
    }
}

/// Samples of one device, one after another.
struct Run {
    device: Arc<Device>,
    names: Vec<String>,
    /// Where the port before stood.
    place: usize,
    live: Live,
}

impl Run {
    fn start(device: &Arc<Device>, live: Live) -> Self {
        Self { device: Arc::clone(device), names: port_names(device), place: 0, live }
    }

    fn end(mut self, all: &mut FxHashMap<DeviceId, Live>) {
        self.live.ports_with_errors = self.live.rates.iter().filter(|(_, rates)| rates.has_errors()).count();
        all.insert(self.device.id.clone(), self.live);
    }

    /// Puts one sample in; what belongs to a port that is not known is dropped.
    fn put(&mut self, sample: &LiveSample) {
        let (metric, last) = (sample.metric, &sample.last);
        let Some(part) = &sample.entity.part else { return self.live.put(metric, last) };
        if crate::model::series::is_named_part(part) {
            return self.live.put_named(&self.device, part, (metric, last));
        }
        let is_it = |place: &usize| self.names.get(*place) == Some(part);
        let near = [self.place, self.place + 1].into_iter().find(is_it);
        let Some(place) = near.or_else(|| self.names.iter().position(|name| name == part)) else { return };
        self.place = place;
        let Some(port) = self.device.interfaces.get(place) else { return };
        let rates = slot(&mut self.live.rates, port.if_index);
        rates.at = rates.at.max(Some(last.at));
        rates.set(metric, sample.before.as_ref().and_then(|before| points::rate(metric, before, last)));
    }
}

impl Live {
    /// Puts a sample of the device itself in.
    fn put(&mut self, metric: Metric, last: &Sample) {
        let value = last.value.map(|kept| metric.decode_gauge(kept));
        self.last_polled = self.last_polled.max(Some(last.at));
        match metric {
            Metric::RttMs => self.rtt_ms = value,
            Metric::LossPercent => self.loss_percent = value,
            _ => self.gauges.extend(value.map(|value| (metric, value))),
        }
    }
}

impl State {
    /// The rates of one port; `None` where it was never polled.
    pub fn rates(&self, device: &DeviceId, if_index: IfIndex) -> Option<&PortRates> {
        self.live.get(device)?.rates(if_index)
    }
}

/// A counter as it was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortCounter {
    /// As the agent says it.
    pub value: crate::model::poll::Counter,
}

impl State {
    /// A counter of a port as it was read last; `None` where it was not read for three polls.
    pub fn port_counter(&self, device: &DeviceId, if_index: IfIndex, counter: IfCounter) -> Option<PortCounter> {
        /// Polls after which a value is stale.
        const STALE_POLLS: u32 = 3;
        let live = self.live.get(device)?;
        let at = live.rates(if_index)?.at?;
        if self.now.since(at) > self.settings.poll_interval.saturating_mul(STALE_POLLS) {
            return None;
        }
        let place = live.counters.binary_search_by_key(&if_index, |(known, _)| *known).ok()?;
        let (_, counters) = live.counters.get(place)?;
        let (value, _, _) = counters.trackers.get(counter as usize)?.last?;
        Some(PortCounter { value })
    }
}
