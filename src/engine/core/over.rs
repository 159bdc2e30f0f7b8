//! Figures of a range for whole tables: top N by any metric. Each series that the sort or the filter needs is read once, at
//! the resolution that the range asks for, by as many threads as there are cores; the window's rows are read in full after.

use super::series::{Resolution, Series};
use crate::history::{Store, StoreError};
use crate::model::rollup::Level;
use crate::model::{Device, DeviceId, EntityKey, IfIndex, Metric, TimeRange, bands};
use crate::query::{Screen, ViewRequest};
use crate::state::view::over::{Figures, Over, OverDevice, OverMetrics};
use crate::state::view::{self, DeviceRow, InterfaceRow, View, ViewBody, rows::Extremes};
use crate::state::{State, port_names};
use std::sync::Arc;

/// Ranges up to this are summed up from samples, finer than anyone compares ports by.
const SAMPLES_UP_TO_SECS: u64 = 6 * 3600;
/// Ranges up to this are summed up from minutes.
const MINUTES_UP_TO_SECS: u64 = 7 * 86_400;
/// Threads that read; the store's locks leave little to more of them.
const MOST_THREADS: usize = 8;

/// Which columns of the interfaces' table stand on which metrics.
const PORT_COLUMNS: [(Metric, &[&str]); 8] = [
    (Metric::InBps, &["inbps", "in", "inutilisation", "util", "utilisation", "p95inbps", "p95bps", "p95", "maxinbps", "maxbps"]),
    (
        Metric::OutBps,
        &["outbps", "out", "oututilisation", "util", "utilisation", "p95outbps", "p95bps", "p95", "maxoutbps", "maxbps"],
    ),
    (Metric::InPps, &["inpps"]),
    (Metric::OutPps, &["outpps"]),
    (Metric::InErrors, &["inerrorspersecond", "errorspersecond", "err"]),
    (Metric::OutErrors, &["outerrorspersecond", "errorspersecond", "err"]),
    (Metric::InDiscards, &["indiscardspersecond", "discardspersecond", "discards"]),
    (Metric::OutDiscards, &["outdiscardspersecond", "discardspersecond", "discards"]),
];

/// The gauges of a device.
const OWN: [Metric; 5] =
    [Metric::RttMs, Metric::LossPercent, Metric::CpuPercent, Metric::MemoryPercent, Metric::TemperatureCelsius];

/// Whether a range can be asked about on a screen.
pub(super) const fn applies(screen: Screen) -> bool {
    matches!(screen, Screen::Interfaces | Screen::Devices)
}

/// The answer to a request about a range, its rows in full.
pub(super) fn answer(store: &dyn Store, state: &State, request: &ViewRequest, range: TimeRange) -> Result<View, StoreError> {
    let reading = Reading { store, range };
    let over = reading.all(state, request)?;
    let mut view = view::answer_over(state, request, Some(&over));
    match &mut view.body {
        ViewBody::Interfaces(table) => reading.ports(&mut table.rows)?,
        ViewBody::Devices(table) => reading.devices(state, &mut table.rows)?,
        _ => {}
    }
    Ok(view)
}

/// Words of a filter expression and the sort column, in small letters.
fn words(request: &ViewRequest) -> Vec<String> {
    let filter = request.filter.split(|c: char| !c.is_ascii_alphanumeric());
    filter.chain(request.sort.iter().map(|sort| sort.column.as_str())).map(str::to_ascii_lowercase).collect()
}

#[derive(Clone, Copy)]
struct Reading<'a> {
    store: &'a dyn Store,
    range: TimeRange,
}

impl Reading<'_> {
    fn resolution(self) -> Resolution {
        match self.range.to.since(self.range.from).as_secs() {
            span if span <= SAMPLES_UP_TO_SECS => Resolution::Sample,
            span if span <= MINUTES_UP_TO_SECS => Resolution::Rollup(Level::Minute),
            _ => Resolution::Rollup(Level::Hour),
        }
    }

    fn figures(self, entity: &EntityKey, metric: Metric) -> Result<Option<Figures>, StoreError> {
        let series = Series { store: self.store, entities: std::slice::from_ref(entity), metrics: &[metric] };
        let found = series.read(self.range, (self.resolution(), None))?;
        let summary = bands::summary(&found.bands, self.range);
        let (Some(mean), Some(max), Some(p95)) = (summary.mean, summary.max, summary.p95) else { return Ok(None) };
        Ok(Some(Figures { mean, max, p95 }))
    }

    fn metrics(self, entity: &EntityKey, metrics: &[Metric]) -> Result<OverMetrics, StoreError> {
        let mut made = OverMetrics::with_capacity(metrics.len());
        for metric in metrics {
            made.extend(self.figures(entity, *metric)?.map(|figures| (*metric, figures)));
        }
        Ok(made)
    }

    /// What the sort and the filter need, of everything.
    fn all(self, state: &State, request: &ViewRequest) -> Result<Over, StoreError> {
        let words = words(request);
        let asked = |names: &[&str]| names.iter().any(|name| words.iter().any(|word| word == name));
        let (own, ports): (&[Metric], Vec<Metric>) = match request.screen {
            Screen::Devices if asked(&["traffic", "trafficbps"]) => (&OWN, vec![Metric::InBps, Metric::OutBps]),
            Screen::Devices => (&OWN, Vec::new()),
            _ => (&[], PORT_COLUMNS.iter().filter(|(_, names)| asked(names)).map(|(metric, _)| *metric).collect()),
        };
        let devices: Vec<&Arc<Device>> = state.devices().collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let share = devices.len().div_ceil(threads).max(1);
        let ports = ports.as_slice();
        let parts = std::thread::scope(|scope| {
            let readers: Vec<_> = devices
                .chunks(share)
                .map(|devices| {
                    scope.spawn(move || {
                        devices.iter().map(|device| Ok((device.id.clone(), self.device(device, (own, ports))?))).collect::<Result<
                            Vec<_>,
                            StoreError,
                        >>(
                        )
                    })
                })
                .collect();
            // A fault of noctop's own goes on to whoever asked.
            readers
                .into_iter()
                .map(|reader| reader.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
                .collect::<Vec<_>>()
        });
        let mut over = Over::default();
        for part in parts {
            over.0.extend(part?);
        }
        Ok(over)
    }

    fn device(self, device: &Device, (own, ports): (&[Metric], &[Metric])) -> Result<OverDevice, StoreError> {
        let mut made = OverDevice::default();
        if !own.is_empty() {
            made.own = self.metrics(&EntityKey { device: device.id.clone(), part: None }, own)?;
        }
        if !ports.is_empty() {
            for (port, name) in device.interfaces.iter().zip(port_names(device)) {
                let entity = EntityKey { device: device.id.clone(), part: Some(name) };
                let metrics = self.metrics(&entity, ports)?;
                if !metrics.is_empty() {
                    made.ports.push((port.if_index, metrics));
                }
            }
            made.ports.sort_by_key(|(if_index, _)| *if_index);
        }
        Ok(made)
    }

    /// All rates of the rows of the window.
    fn ports(self, rows: &mut [InterfaceRow]) -> Result<(), StoreError> {
        for row in rows {
            let entity = EntityKey { device: row.device.clone(), part: Some(row.name.clone()) };
            let metrics = self.metrics(&entity, &PORT_COLUMNS.map(|(metric, _)| metric))?;
            let of = |metric: Metric| metrics.iter().find(|(known, _)| *known == metric).map(|(_, figures)| *figures);
            let mean = |metric: Metric| of(metric).map(|figures| figures.mean);
            (row.in_bps, row.out_bps) = (mean(Metric::InBps), mean(Metric::OutBps));
            (row.in_pps, row.out_pps) = (mean(Metric::InPps), mean(Metric::OutPps));
            (row.in_errors_per_second, row.out_errors_per_second) = (mean(Metric::InErrors), mean(Metric::OutErrors));
            (row.in_discards_per_second, row.out_discards_per_second) = (mean(Metric::InDiscards), mean(Metric::OutDiscards));
            let load = |rate: Option<f64>| share_of(rate, row.speed_bps);
            (row.in_utilisation, row.out_utilisation) = (load(row.in_bps), load(row.out_bps));
            let (inward, outward) = (of(Metric::InBps), of(Metric::OutBps));
            (row.p95_in_bps, row.p95_out_bps) = (inward.map(|f| f.p95), outward.map(|f| f.p95));
            (row.max_in_bps, row.max_out_bps) = (inward.map(|f| f.max), outward.map(|f| f.max));
        }
        Ok(())
    }

    /// The traffic of the devices of the window: their own figures were read for all.
    fn devices(self, state: &State, rows: &mut [DeviceRow]) -> Result<(), StoreError> {
        for row in rows {
            row.traffic_bps = self.traffic(state, &row.id)?;
            row.over.retain(|(_, Extremes { max, p95 })| max.is_finite() && p95.is_finite());
        }
        Ok(())
    }

    fn traffic(self, state: &State, id: &DeviceId) -> Result<Option<f64>, StoreError> {
        let Some(device) = state.device(id) else { return Ok(None) };
        let names = port_names(device);
        let name_of = |if_index: IfIndex| {
            let place = device.interfaces.iter().position(|port| port.if_index == if_index)?;
            names.get(place).cloned()
        };
        let ends = state.links_of(id).iter().flat_map(|link| [&link.a, &link.b]).filter(|end| end.device == *id);
        let mut sum: Option<f64> = None;
        for name in ends.filter_map(|end| end.if_index.and_then(name_of)) {
            let entity = EntityKey { device: id.clone(), part: Some(name) };
            for (_, figures) in self.metrics(&entity, &[Metric::InBps, Metric::OutBps])? {
                sum = Some(sum.unwrap_or_default() + figures.mean);
            }
        }
        Ok(sum)
    }
}

#[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
fn share_of(rate: Option<f64>, speed_bps: Option<u64>) -> Option<f64> {
    let speed = speed_bps.filter(|speed| *speed > 0)?;
    rate.map(|rate| rate / speed as f64)
}
