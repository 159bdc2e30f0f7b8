//! Noctop's own counters, in the names that Prometheus' guidelines ask for.

use super::process::Process;
use super::{Snapshot, text};
use crate::engine::command::{CollectorStatus, Status};
use crate::engine::core::PollFigures;
use crate::model::text::visible;
use crate::model::{DeviceStatus, LimitReading, Severity};
use crate::state::State;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use std::fmt;

/// Labels of one sample.
type Labels = Vec<(&'static str, String)>;

/// A family with its samples: everything is a plain figure at the moment of the scrape.
#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<(Labels, f64)>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    fn encode(self, value: f64, metric: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        match self {
            Self::Counter => ConstCounter::new(value).encode(metric),
            Self::Gauge => ConstGauge::new(value).encode(metric),
        }
    }
}

#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in &self.0 {
            let kind = match family.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            if let [(labels, value)] = family.samples.as_slice()
                && labels.is_empty()
            {
                family.kind.encode(*value, metric)?;
                continue;
            }
            for (labels, value) in &family.samples {
                family.kind.encode(*value, metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

/// All of them as text.
pub(super) fn text(snapshot: &Snapshot<'_>) -> String {
    let mut families = Vec::new();
    if let Some(status) = &snapshot.status {
        families.extend(of_noctop(status));
        families.extend(of_collectors(&status.collectors));
        families.extend(of_store(status));
        families.extend(of_limits(&status.limits));
    }
    families.extend(of_polling(snapshot.live.polling));
    families.push(gauge("noctop_event_queue_length", "Events that wait for the engine.", whole(snapshot.queue)));
    families.extend(of_network(&snapshot.live.state));
    families.extend(of_process(Process::now()));
    families.retain(|family| !family.samples.is_empty());
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(families)));
    let mut out = String::new();
    match prometheus_client::encoding::text::encode(&mut out, &registry) {
        Ok(()) => text::from_open_metrics(&out),
        // Writing to a string fails only where a figure can't be written: nothing is better than half of it.
        Err(fmt::Error) => String::new(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "Prometheus' samples are doubles")]
fn whole(number: usize) -> f64 {
    number as f64
}

#[allow(clippy::cast_precision_loss, reason = "Prometheus' samples are doubles")]
fn count(number: u64) -> f64 {
    number as f64
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    Family { name, help, kind: Kind::Gauge, samples: vec![(Vec::new(), value)] }
}

fn counter(name: &'static str, help: &'static str, value: f64) -> Family {
    Family { kind: Kind::Counter, ..gauge(name, help, value) }
}

fn of_noctop(status: &Status) -> Vec<Family> {
    let version = vec![("version", status.version.clone())];
    let build = gauge("noctop_build_info", "The version that runs.", 1.0);
    let started = status.started_at.millis() as f64 / 1000.0;
    vec![
        Family { samples: vec![(version, 1.0)], ..build },
        gauge("noctop_start_time_seconds", "When the engine started, seconds since 1970.", started),
    ]
}

fn of_collectors(collectors: &[CollectorStatus]) -> Vec<Family> {
    type Figure = fn(&CollectorStatus) -> u64;
    let of = |collector: &CollectorStatus| vec![("collector", collector.name.clone())];
    let figures: [(&'static str, &'static str, Figure); 4] = [
        ("noctop_collector_received", "Datagrams, frames or replies received.", |collector| collector.received),
        ("noctop_collector_decoded", "Records decoded.", |collector| collector.decoded),
        ("noctop_collector_retried", "Requests sent again.", |collector| collector.retried),
        ("noctop_collector_restarts", "Times that it failed or hung and was started again.", |collector| collector.restarts),
    ];
    let mut families: Vec<Family> = figures
        .into_iter()
        .map(|(name, help, figure)| Family {
            samples: collectors.iter().map(|collector| (of(collector), count(figure(collector)))).collect(),
            ..counter(name, help, 0.0)
        })
        .collect();
    let refused = collectors.iter().flat_map(|collector| {
        let one = move |(reason, number): (&String, &u64)| {
            let labels = vec![("collector", collector.name.clone()), ("reason", visible(reason).into_owned())];
            (labels, count(*number))
        };
        collector.refused.iter().map(one)
    });
    let refused = refused.collect();
    families.push(Family { samples: refused, ..counter("noctop_collector_refused", "Input refused, by reason.", 0.0) });
    let dropped = collectors.iter().flat_map(|collector| {
        let at =
            |place: &str, number: u64| (vec![("collector", collector.name.clone()), ("at", place.to_owned())], count(number));
        [at("kernel", collector.dropped_kernel), at("queue", collector.dropped_queue)]
    });
    let dropped = dropped.collect();
    families.push(Family { samples: dropped, ..counter("noctop_collector_dropped", "Input dropped, by place.", 0.0) });
    let lags = collectors.iter().filter_map(|collector| Some((of(collector), collector.lag_seconds?))).collect();
    families
        .push(Family { samples: lags, ..gauge("noctop_collector_lag_seconds", "How late polls begin: 95th percentile.", 0.0) });
    families
}

fn of_limits(limits: &[LimitReading]) -> Vec<Family> {
    let of = |limit: &LimitReading| vec![("limit", limit.name.clone())];
    let most = limits.iter().map(|limit| (of(limit), count(limit.most))).collect();
    let held = limits.iter().filter_map(|limit| Some((of(limit), count(limit.held?)))).collect();
    let beyond = limits.iter().map(|limit| (of(limit), count(limit.beyond))).collect();
    vec![
        Family { samples: most, ..gauge("noctop_limit_most", "How many are held at most.", 0.0) },
        Family { samples: held, ..gauge("noctop_limit_held", "How many are held.", 0.0) },
        Family { samples: beyond, ..counter("noctop_limit_beyond", "What found no room, was forgotten or summed up.", 0.0) },
    ]
}

fn of_store(status: &Status) -> Vec<Family> {
    let store = &status.store;
    vec![
        gauge("noctop_store_bytes", "Octets that the store takes.", count(store.bytes)),
        gauge("noctop_store_journal_bytes", "Octets of its journal and checkpoints.", count(store.journal_bytes)),
        gauge("noctop_store_series", "Series that it holds.", count(store.series)),
        gauge("noctop_store_samples", "Samples that it holds.", count(store.samples)),
        gauge("noctop_store_events", "Events that it holds.", count(store.events)),
        gauge("noctop_store_periods", "Periods that it is divided into.", whole(store.periods.len())),
        counter("noctop_store_lost", "Samples and records that could not be written.", count(store.lost)),
        gauge("noctop_store_set_aside", "Damaged files that were set aside.", whole(store.set_aside.len())),
    ]
}

fn of_polling(figures: Option<PollFigures>) -> Vec<Family> {
    let Some(PollFigures { missed_percent, lag_p95_ms, polls_per_second }) = figures else { return Vec::new() };
    let missed = gauge("noctop_polls_missed_ratio", "Polls that were skipped or came late, of all.", missed_percent / 100.0);
    let lag = lag_p95_ms.map(|lag| gauge("noctop_polls_lag_seconds", "How late polls begin: 95th percentile.", lag / 1000.0));
    let rate = polls_per_second.map(|rate| gauge("noctop_polls_per_second", "Polls begun per second, lately.", rate));
    [Some(missed), lag, rate].into_iter().flatten().collect()
}

fn of_network(state: &State) -> Vec<Family> {
    let mut by_status = [
        (DeviceStatus::Up, 0usize),
        (DeviceStatus::Down, 0),
        (DeviceStatus::Unreachable, 0),
        (DeviceStatus::Unknown, 0),
        (DeviceStatus::Maintenance, 0),
    ];
    let mut interfaces = 0;
    for device in state.devices() {
        interfaces += device.interfaces.len();
        let status = state.status(&device.id);
        by_status.iter_mut().filter(|(known, _)| *known == status).for_each(|(_, number)| *number += 1);
    }
    let severities = [Severity::Critical, Severity::Major, Severity::Minor, Severity::Warning, Severity::Indeterminate];
    let standing =
        |severity: Severity| state.alarms().filter(|alarm| state.is_active(alarm) && alarm.severity == severity).count();
    let devices = by_status.iter().map(|(status, number)| (vec![("status", status.word().to_owned())], whole(*number)));
    let alarms = severities.iter().map(|severity| (vec![("severity", severity.word().to_owned())], whole(standing(*severity))));
    vec![
        Family { samples: devices.collect(), ..gauge("noctop_devices", "Devices by status.", 0.0) },
        gauge("noctop_interfaces", "Interfaces of all devices.", whole(interfaces)),
        gauge("noctop_links", "Links between them.", whole(state.links().len())),
        Family { samples: alarms.collect(), ..gauge("noctop_alarms", "Standing alarms by severity.", 0.0) },
    ]
}

fn of_process(process: Process) -> Vec<Family> {
    let Process { cpu_seconds, resident_bytes, open_fds } = process;
    [
        cpu_seconds.map(|seconds| counter("process_cpu_seconds", "Processor time of the process.", seconds)),
        resident_bytes.map(|bytes| gauge("process_resident_memory_bytes", "Memory of the process in RAM.", count(bytes))),
        open_fds.map(|number| gauge("process_open_fds", "Open files and sockets.", whole(number))),
    ]
    .into_iter()
    .flatten()
    .collect()
}
