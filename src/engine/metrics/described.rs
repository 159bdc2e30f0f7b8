//! Which families there are, for the manual: a page of an engine that has counted one of everything is read back.

use super::{Snapshot, Wanted, page, polled};
use crate::engine::command::{CollectorStatus, Status, StoreSummary};
use crate::engine::core::{Live, PollFigures};
use crate::model::LimitReading;
use crate::state::State;
use std::collections::BTreeMap;

/// A family of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricFamily {
    /// Its name, as Prometheus keeps it.
    pub name: String,
    /// `counter` or `gauge`.
    pub kind: String,
    /// What it says.
    pub help: String,
    /// Whether it is about the network, not about noctop: only with `[metrics] polled`.
    pub polled: bool,
}

/// All families, noctop's own first.
pub fn metric_families() -> Vec<MetricFamily> {
    let collector = CollectorStatus {
        name: "snmp".to_owned(),
        refused: BTreeMap::from([("auth".to_owned(), 1)]),
        lag_seconds: Some(0.0),
        ..CollectorStatus::default()
    };
    let limits = vec![LimitReading { held: Some(0), ..LimitReading::default() }];
    let status = Status { collectors: vec![collector], store: StoreSummary::default(), limits, ..Status::default() };
    let polling = PollFigures { missed_percent: 0.0, lag_p95_ms: Some(0.0), polls_per_second: Some(0.0) };
    let live = Live { state: State::default(), notices: Vec::new(), polling: Some(polling), listeners: Vec::new() };
    let mut text = Vec::new();
    let written = page(&Snapshot { status: Some(status), live: &live, queue: 0 }, Wanted::Own, &mut text);
    let text = written.map_or(String::new(), |()| String::from_utf8_lossy(&text).into_owned());
    let mut families = families_of(&text);
    families.extend(polled::families().map(|(name, kind, help)| MetricFamily {
        name: name.to_owned(),
        kind: kind.to_owned(),
        help: help.to_owned(),
        polled: true,
    }));
    families
}

/// The heads of a page: `# HELP name what`, `# TYPE name kind`.
fn families_of(text: &str) -> Vec<MetricFamily> {
    let kind_of = |name: &str| {
        let head = format!("# TYPE {name} ");
        text.lines().find_map(|line| line.strip_prefix(&head)).unwrap_or("untyped").to_owned()
    };
    let helps = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' '));
    helps
        .map(|(name, help)| MetricFamily { name: name.to_owned(), kind: kind_of(name), help: help.to_owned(), polled: false })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_the_names_and_kinds_that_prometheus_sees() {
        let families = metric_families();
        let of =
            |name: &str| families.iter().find(|family| family.name == name).map(|family| (family.kind.as_str(), family.polled));
        assert_eq!(of("noctop_collector_refused_total"), Some(("counter", false)));
        assert_eq!(of("noctop_polls_lag_seconds"), Some(("gauge", false)));
        assert_eq!(of("ifHCInOctets"), Some(("counter", true)));
        assert_eq!(of("noctop_device_up"), Some(("gauge", true)));
    }
}
