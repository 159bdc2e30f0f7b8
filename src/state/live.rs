//! What is measured now: rates out of the last two readings, and the counters that are followed. Not journalled.

use super::State;
pub use crate::analyse::port::PortRates;
use crate::analyse::port::{Impossible, PortCounters, Reading};
use crate::analyse::rate::Ceiling;
use crate::analyse::timeline::{LineTime, Moment, Timeline};
use crate::model::points;
use crate::model::poll::{Echoes, IfReading, LastChanges, PollKind, PollReading};
use crate::model::series::Cell;
use crate::model::{Device, DeviceId, EntityKey, IfIndex, Interface, Metric, Sample, SampleBatch, SampleRow, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use std::time::Duration;

/// What is known of a device since the engine started.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    pub(super) last_polled: Option<Timestamp>,
    /// When it last answered anything: a poll, an inventory, an echo.
    pub(super) heard: Option<Timestamp>,
    /// How often it is polled; `None` is as often as all.
    pub(super) interval: Option<Duration>,
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
    /// Ports whose counters lately grew by more than they can carry.
    pub(super) odd: Vec<Odd>,
    timeline: Timeline,
    /// When a sample of the device itself was last kept.
    kept: Option<Timestamp>,
    /// As the counters' ports are described.
    described: Option<Arc<Device>>,
    /// Names of ports that share theirs with another.
    shared_names: Vec<(IfIndex, String)>,
    /// By ifIndex.
    counters: Vec<(IfIndex, PortCounters)>,
    /// By ifIndex; apart from the counters, since views walk over all of them.
    rates: Vec<(IfIndex, PortRates)>,
}

/// A port whose counters grew by more than it can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Odd {
    pub(super) if_index: IfIndex,
    /// When last.
    pub(super) last: Timestamp,
    /// What they did, in words.
    pub(super) text: String,
}

/// What follows from a poll.
pub(super) struct Polled {
    /// The agent restarted.
    pub(super) restarted: bool,
    /// Whether the poll's own time has no samples yet.
    keeps: bool,
    /// Samples to keep; more than one batch where parts of the poll count for different times.
    pub(super) samples: Vec<SampleBatch>,
    /// Counters that grew by more than their port can carry.
    pub(super) impossible: Vec<(IfIndex, Impossible)>,
}

impl Polled {
    /// The rows of the poll's own time, taken out; that of the device comes first, if there is one.
    pub(super) fn device_rows(&mut self, at: Timestamp) -> Vec<SampleRow> {
        let own = self.samples.iter_mut().find(|batch| batch.at == at);
        own.map(|batch| std::mem::take(&mut batch.rows)).unwrap_or_default()
    }

    /// Puts them back, with what was added.
    pub(super) fn put_device_rows(&mut self, (device, at): (&DeviceId, Timestamp), rows: Vec<SampleRow>) {
        match self.samples.iter_mut().find(|batch| batch.at == at) {
            Some(batch) => batch.rows = rows,
            // The clock was set back: that time has its samples.
            None if rows.is_empty() || !self.keeps => {}
            None => self.samples.push(SampleBatch { device: device.clone(), at, rows }),
        }
    }
}

impl Live {
    /// Takes an answered poll. `None` where it is a duplicate or came late.
    pub(super) fn advance(&mut self, reading: &PollReading, device: &Arc<Device>) -> Option<Polled> {
        let moment = Moment { at: reading.at, steady: reading.steady, uptime: reading.sys_up_time, boots: reading.engine_boots };
        let advanced = self.timeline.advance(moment)?;
        self.describe(device);
        self.last_polled = Some(reading.at);
        self.interval = reading.interval;
        self.missed = 0;
        self.uptime = reading.sys_up_time.map(|uptime| (uptime, reading.at)).or(self.uptime);
        let keeps = self.kept.is_none_or(|kept| reading.at > kept);
        let mut polled = Polled { restarted: advanced.restarted, keeps, samples: Vec::new(), impossible: Vec::new() };
        if reading.kind == PollKind::Regular {
            (self.rtt_ms, self.loss_percent) = reached(reading);
            polled.samples.extend(self.device_batch(&device.id, (reading.at, device.interfaces.len())));
        }
        for port in &reading.interfaces {
            self.port((reading, port), device, (advanced.line, &mut polled));
        }
        self.ports_with_errors = self.rates.iter().filter(|(_, rates)| rates.has_errors()).count();
        Some(polled)
    }

    /// Takes one port's reading.
    fn port(&mut self, (reading, read): (&PollReading, &IfReading), device: &Device, (line, polled): (LineTime, &mut Polled)) {
        let Some(port) = device.interface(read.if_index) else { return };
        let age = Duration::from_millis(u64::from(read.age_ms));
        let own_line = LineTime { millis: line.millis.saturating_sub(i64::from(read.age_ms)), ..line };
        let (at, kind, ceiling) = (reading.at.minus(age), reading.kind, Ceiling::of_port(port));
        let reading = Reading { port: read, at, line: own_line, kind, ceiling };
        let step = slot(&mut self.counters, read.if_index).advance(&reading, slot(&mut self.rates, read.if_index));
        polled.impossible.extend(step.impossible.map(|impossible| (read.if_index, impossible)));
        let Some((at, cells)) = step.kept.filter(|(_, cells)| !cells.is_empty()) else { return };
        let shared = self.shared_names.iter().find(|(known, _)| *known == read.if_index);
        let name = shared.map_or_else(|| port.name(), |(_, name)| name.clone());
        let row = SampleRow { part: Some(name), cells };
        match polled.samples.iter_mut().rev().find(|batch| batch.at == at) {
            Some(batch) => batch.rows.push(row),
            None => polled.samples.push(SampleBatch { device: device.id.clone(), at, rows: vec![row] }),
        }
    }

    /// Takes a poll that was not answered. Returns the sample to keep.
    pub(super) fn miss(&mut self, device: &DeviceId, at: Timestamp, echoes: Option<Echoes>) -> Option<SampleBatch> {
        self.missed = self.missed.saturating_add(1);
        let answered = echoes.filter(|echoes| echoes.answered > 0);
        self.rtt_ms = answered.and_then(|echoes| echoes.rtt_ms);
        self.loss_percent = Some(answered.map_or(100.0, loss_percent));
        self.device_batch(device, (at, 0))
    }

    /// A batch with the device's own row, where that time has none yet, and room for its ports.
    fn device_batch(&mut self, device: &DeviceId, (at, ports): (Timestamp, usize)) -> Option<SampleBatch> {
        // The clock may have been set back.
        if self.kept.is_some_and(|kept| at <= kept) {
            return None;
        }
        let gauges = [(Metric::RttMs, self.rtt_ms), (Metric::LossPercent, self.loss_percent)];
        let cell = |(metric, value): (Metric, Option<f64>)| {
            value.map(|value| Cell { metric, value: metric.encode_gauge(value), broken: false })
        };
        let row = SampleRow { part: None, cells: gauges.into_iter().filter_map(cell).collect() };
        if row.cells.is_empty() {
            return None;
        }
        self.kept = Some(at);
        let mut rows = Vec::with_capacity(ports + 1);
        rows.push(row);
        Some(SampleBatch { device: device.clone(), at, rows })
    }

    /// Follows the device's description: counters stay with the port of the same name and MAC address, whatever its ifIndex.
    fn describe(&mut self, device: &Arc<Device>) {
        match self.described.replace(Arc::clone(device)) {
            Some(before) if Arc::ptr_eq(&before, device) || same_ports(&before, device) => {}
            before => {
                let names = port_names(device);
                if let Some(before) = before {
                    self.rekey(&before, (device, &names));
                }
                let ports = device.interfaces.iter().zip(names);
                let shared = ports.filter(|(port, name)| port.name() != *name).map(|(port, name)| (port.if_index, name));
                self.shared_names = shared.collect();
                // Not one more: there are hundreds of thousands of them.
                self.counters.reserve_exact(device.interfaces.len().saturating_sub(self.counters.len()));
                self.rates.reserve_exact(device.interfaces.len().saturating_sub(self.rates.len()));
            }
        }
    }

    fn rekey(&mut self, before: &Device, (device, names): (&Device, &[String])) {
        let known = port_names(before).into_iter().zip(&before.interfaces);
        let known: FxHashMap<String, &Interface> = known.collect();
        let (counters, rates) = (std::mem::take(&mut self.counters), std::mem::take(&mut self.rates));
        for (name, port) in names.iter().zip(&device.interfaces) {
            let Some(old) = known.get(name).filter(|old| old.mac.is_none() || port.mac.is_none() || old.mac == port.mac) else {
                continue;
            };
            let found = counters.binary_search_by_key(&old.if_index, |(known, _)| *known).ok().and_then(|at| counters.get(at));
            if let Some((_, kept)) = found {
                *slot(&mut self.counters, port.if_index) = kept.clone();
            }
            let found = rates.binary_search_by_key(&old.if_index, |(known, _)| *known).ok().and_then(|at| rates.get(at));
            if let Some((_, kept)) = found {
                *slot(&mut self.rates, port.if_index) = *kept;
            }
        }
        self.odd.clear();
    }

    /// Notes that a port's counter grew by more than the port can carry.
    pub(super) fn note_odd(&mut self, if_index: IfIndex, at: Timestamp, text: String) {
        self.odd.retain(|odd| odd.if_index != if_index && at.since(odd.last) < super::derive::ODD_PACE);
        self.odd.push(Odd { if_index, last: at, text });
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

/// Round trip and loss: ICMP's where it is permitted and answered, else those of the poll's own requests.
fn reached(reading: &PollReading) -> (Option<f64>, Option<f64>) {
    match reading.echoes.filter(|echoes| echoes.answered > 0) {
        Some(echoes) => (echoes.rtt_ms, Some(loss_percent(echoes))),
        None => {
            let loss = f64::from(reading.lost) / f64::from(reading.sent) * 100.0;
            (reading.rtt_ms, (reading.sent > 0).then_some(loss))
        }
    }
}

fn loss_percent(echoes: Echoes) -> f64 {
    f64::from(echoes.sent.saturating_sub(echoes.answered)) / f64::from(echoes.sent.max(1)) * 100.0
}

/// Whether all ports are the same ones, at the same ifIndex.
fn same_ports(before: &Device, device: &Device) -> bool {
    let identity = |port: &'_ Interface| (port.if_index, port.mac);
    let named = |port: &Interface, other: &Interface| port.if_name == other.if_name && port.if_descr == other.if_descr;
    before.interfaces.len() == device.interfaces.len()
        && before.interfaces.iter().zip(&device.interfaces).all(|(a, b)| identity(a) == identity(b) && named(a, b))
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
        self.live = all.into_iter().collect();
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
        let Some(part) = &sample.entity.part else {
            self.live.put_figure(&self.device, (metric, last));
            return self.live.put(metric, last);
        };
        if crate::model::series::is_named_part(part) {
            return self.live.put_named(&self.device, part, (metric, last));
        }
        let is_it = |place: &usize| self.names.get(*place) == Some(part);
        let near = [self.place, self.place + 1].into_iter().find(is_it);
        let Some(place) = near.or_else(|| self.names.iter().position(|name| name == part)) else { return };
        self.place = place;
        let Some(port) = self.device.interfaces.get(place) else { return };
        let rates = slot(&mut self.live.rates, port.if_index);
        rates.seen(last.at);
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
    pub fn port_counter(
        &self,
        device: &DeviceId,
        if_index: IfIndex,
        counter: crate::model::poll::IfCounter,
    ) -> Option<PortCounter> {
        /// Polls after which a value is stale.
        const STALE_POLLS: u32 = 3;
        let live = self.live.get(device)?;
        let at = live.rates(if_index)?.at()?;
        let interval = live.interval.unwrap_or(self.settings.poll_interval);
        if self.now.since(at) > interval.saturating_mul(STALE_POLLS) {
            return None;
        }
        let place = live.counters.binary_search_by_key(&if_index, |(known, _)| *known).ok()?;
        let (_, counters) = live.counters.get(place)?;
        counters.counter(counter).map(|value| PortCounter { value })
    }
}
