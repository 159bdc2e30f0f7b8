//! What is measured of the gauges of a device now: values with their times, and the samples that they yield. Not journalled: what their
//! status is stands in the condition, which events change.

use super::State;
use super::live::Live;
use crate::model::health::HealthReading;
use crate::model::series::{Cell, named_part, split_named_part};
use crate::model::{Device, GaugeKind, Health, HealthStatus, Measured, Metric, Sample, SampleRow, Timestamp};

/// The last values of all gauges of one device, by their place in [`Health::gauges`].
#[derive(Clone, Debug, Default)]
pub(super) struct LiveHealth {
    outline: u64,
    last: Vec<Option<(Timestamp, Measured)>>,
}

impl LiveHealth {
    /// Forgets what belongs to other gauges.
    fn follow(&mut self, health: &Health) {
        if self.outline != health.outline || self.last.len() != health.gauges.len() {
            *self = Self { outline: health.outline, last: vec![None; health.gauges.len()] };
        }
    }

    fn set(&mut self, place: usize, value: (Timestamp, Measured)) {
        if let Some(slot) = self.last.get_mut(place)
            && slot.is_none_or(|(at, _)| at <= value.0)
        {
            *slot = Some(value);
        }
    }

    /// The last value of a gauge, and when it was read.
    pub(super) fn get(&self, place: usize) -> Option<(Timestamp, Measured)> {
        self.last.get(place).copied().flatten()
    }
}

/// The gauges of a device as metrics of its own, in the order of [`figures`].
const FIGURES: [Metric; 4] = [Metric::CpuPercent, Metric::MemoryPercent, Metric::TemperatureCelsius, Metric::PoeWatts];

fn figures(health: &Health, measured: &[Measured]) -> [Option<f64>; 4] {
    [
        health.cpu_percent(measured),
        health.memory_percent(measured),
        health.temperature_celsius(measured),
        health.poe_watts(measured),
    ]
}

fn cell(metric: Metric, value: f64) -> Cell {
    Cell { metric, value: metric.encode_gauge(value), broken: false }
}

impl Live {
    /// Takes what an inventory read of the gauges.
    pub(super) fn describe_health(&mut self, health: &Health, (at, measured): (Timestamp, &[Measured])) {
        self.health.follow(health);
        for (place, measured) in measured.iter().enumerate() {
            self.health.set(place, (at, *measured));
        }
        self.set_figures(health, measured);
    }

    /// Takes what a poll read of the gauges, and puts the samples of it into `rows`, of which the first is that of the device. What was
    /// asked by the description of before says nothing.
    pub(super) fn take_health(&mut self, device: &Device, (at, reading): (Timestamp, &HealthReading), rows: &mut Vec<SampleRow>) {
        let health = &device.health;
        if reading.outline != health.outline {
            return;
        }
        self.health.follow(health);
        let mut now = vec![Measured::default(); health.gauges.len()];
        for (place, measured) in &reading.measured {
            let place = usize::from(*place);
            self.health.set(place, (at, *measured));
            if let Some(slot) = now.get_mut(place) {
                *slot = *measured;
            }
            let named = health.gauges.get(place).and_then(|gauge| Some((gauge.series_name()?, measured.value?)));
            rows.extend(named.map(|(name, value)| SampleRow {
                part: Some(named_part(None, &name)),
                cells: vec![cell(Metric::NamedGauge, value)],
            }));
        }
        self.set_figures(health, &now);
        let figures = FIGURES.into_iter().zip(figures(health, &now));
        let cells = figures.filter_map(|(metric, value)| Some(cell(metric, value?)));
        match rows.first_mut().filter(|row| row.part.is_none()) {
            Some(row) => row.cells.extend(cells),
            None => rows.insert(0, SampleRow { part: None, cells: cells.collect() }),
        }
    }

    fn set_figures(&mut self, health: &Health, measured: &[Measured]) {
        for (metric, value) in FIGURES.into_iter().zip(figures(health, measured)) {
            let Some(value) = value else { continue };
            match self.gauges.iter_mut().find(|(known, _)| *known == metric) {
                Some((_, slot)) => *slot = value,
                None => self.gauges.push((metric, value)),
            }
        }
    }

    /// Puts a sample of a series under a name of its own in, out of the series store.
    pub(super) fn put_named(&mut self, device: &Device, part: &str, (metric, last): (Metric, &Sample)) {
        let Some((None, name)) = split_named_part(part) else { return };
        let is_it = |gauge: &crate::model::Gauge| {
            gauge.kind.series().and_then(|front| name.strip_prefix(front)).is_some_and(|rest| rest == gauge.name)
        };
        let Some(place) = device.health.gauges.iter().position(is_it) else { return };
        self.put_gauge(device, place, (metric, last));
    }

    /// Puts a figure of the device in, out of the series store, as the value of the one gauge that it is of; of several nobody knows which.
    pub(super) fn put_figure(&mut self, device: &Device, (metric, last): (Metric, &Sample)) {
        let kind = match metric {
            Metric::CpuPercent => GaugeKind::Processor,
            Metric::MemoryPercent => GaugeKind::Memory,
            _ => return,
        };
        let of_kind = || device.health.gauges.iter().enumerate().filter(move |(_, gauge)| gauge.kind == kind);
        let any_main = of_kind().any(|(_, gauge)| gauge.main);
        let mut of_device = of_kind().filter(|(_, gauge)| gauge.main == any_main);
        if let (Some((place, _)), None) = (of_device.next(), of_device.next()) {
            self.put_gauge(device, place, (metric, last));
        }
    }

    fn put_gauge(&mut self, device: &Device, place: usize, (metric, last): (Metric, &Sample)) {
        let Some(gauge) = device.health.gauges.get(place) else { return };
        self.health.follow(&device.health);
        let value = last.value.map(|kept| metric.decode_gauge(kept));
        let total = gauge.measured.total;
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "octets, for show"
        )]
        let used = total.zip(value).map(|(total, percent)| (total as f64 * percent / 100.0).round() as u64);
        self.health.set(place, (last.at, Measured { value, used, total, status: HealthStatus::Unknown }));
    }
}

impl State {
    /// The last value of a gauge and when it was read: of the last poll, else of the last inventory.
    pub(super) fn gauge_value(&self, device: &Device, place: usize) -> (Timestamp, Measured) {
        let live = self.live.get(&device.id).filter(|live| live.health.outline == device.health.outline);
        let described = || (device.taken_at, device.health.gauges.get(place).map(|gauge| gauge.measured).unwrap_or_default());
        live.and_then(|live| live.health.get(place)).unwrap_or_else(described)
    }
}
