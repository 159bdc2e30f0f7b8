//! What is measured, as rows that can be compared: what another program expects of a recording, and what noctop made of it.

use noctop::model::health::{Part, Probe};
use noctop::model::{Device, Gauge, GaugeKind, Oid};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The kinds of rows, as EXPECTED.json calls them.
pub const KINDS: [&str; 5] = ["sensors", "processors", "memory", "storage", "supplies"];

/// What one row says: its class, the numbers that must be the same, and the instances that say it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub class: String,
    pub name: String,
    pub values: Vec<f64>,
    pub oids: Vec<Oid>,
}

impl Row {
    pub fn words(&self) -> String {
        let oid = self.oids.first().map(ToString::to_string).unwrap_or_default();
        format!("{} {:?} {:?} {oid}", self.class, self.name, self.values)
    }
}

fn number(json: &Json, key: &str) -> Option<f64> {
    json[key].as_f64().or_else(|| json[key].as_str()?.parse().ok())
}

/// An expected row; `None` where it has no value.
fn wanted(kind: &str, json: &Json) -> Option<Row> {
    let class = match kind {
        "sensors" => json["class"].as_str()?.replace("power_consumed", "energy"),
        "supplies" => json["type"].as_str()?.to_owned(),
        _ => kind.to_owned(),
    };
    let values = match kind {
        "sensors" => vec![number(json, "value")?],
        "processors" => vec![number(json, "usage_pct")?],
        "supplies" => vec![number(json, "level")?],
        // What is told in percent alone stands there as so many of a hundred.
        _ => {
            let total = number(json, "total").or_else(|| number(json, "size"))?;
            if total == 100.0 { vec![number(json, "pct")?] } else { vec![total, number(json, "used")?] }
        }
    };
    let oids = json["oid"].as_str().and_then(|oid| oid.trim_start_matches('.').parse().ok()).into_iter().collect();
    Some(Row { class, name: json["descr"].as_str().unwrap_or("").to_owned(), values, oids })
}

/// All rows of a kind that are expected; one that stands twice is one.
pub fn expected(kind: &str, json: &Json) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for row in json[kind].as_array().into_iter().flatten().filter_map(|row| wanted(kind, row)) {
        if row.oids.is_empty() || !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

/// What noctop made of it.
fn found(kind: &str, gauge: &Gauge) -> Option<Row> {
    let is_it = match kind {
        "sensors" => matches!(gauge.kind, GaugeKind::Sensor(_) | GaugeKind::PoeBudget | GaugeKind::PoeUsed),
        "processors" => gauge.kind == GaugeKind::Processor,
        "memory" => gauge.kind == GaugeKind::Memory,
        "storage" => gauge.kind == GaugeKind::Storage,
        _ => gauge.kind == GaugeKind::Supply,
    };
    let class = match (kind, gauge.kind) {
        // What PoE takes is a power like others.
        ("sensors", GaugeKind::PoeBudget | GaugeKind::PoeUsed) => "power".to_owned(),
        ("sensors", _) => gauge.kind.word().to_owned(),
        ("supplies", _) => gauge.class.clone().unwrap_or_default(),
        _ => kind.to_owned(),
    };
    let measured = gauge.measured;
    #[allow(clippy::cast_precision_loss, reason = "octets, for comparison")]
    let values = match (measured.total, measured.used) {
        (Some(total), Some(used)) if kind != "supplies" => vec![total as f64, used as f64],
        _ => vec![measured.value?],
    };
    let oids = gauge.probes.iter().map(|probe| probe.oid.clone()).collect();
    is_it.then(|| Row { class, name: gauge.name.clone(), values, oids })
}

/// The same class, and numbers that differ by rounding alone.
fn same(kind: &str, want: &Row, found: &Row) -> bool {
    let near = |(want, found): (&f64, &f64)| {
        let slack = match kind {
            "sensors" => 0.0051f64.max(want.abs() * 0.005),
            "memory" | "storage" if want.abs() > 100.0 => want.abs() * 0.01,
            _ => 1.0,
        };
        (want - found).abs() <= slack
    };
    // A supply's kind is told in other words by everybody.
    let class = kind == "supplies" || want.class == found.class;
    class && want.values.len() == found.values.len() && want.values.iter().zip(&found.values).all(near)
}

/// Whether a state that is expected as a row of its own is the status of what it is about: of a temperature, not beside it.
fn is_told(want: &Row, device: &Device) -> bool {
    #[allow(clippy::float_cmp, reason = "states are small whole numbers")]
    let means = |probe: &Probe, value: f64| {
        probe.words.iter().any(|(number, _)| f64::from(i32::try_from(*number).unwrap_or(-1)) == value)
    };
    let is_it = |probe: &Probe| {
        probe.part == Part::Status && want.oids.contains(&probe.oid) && want.values.iter().all(|value| means(probe, *value))
    };
    want.class == "state"
        && device.health.gauges.iter().any(|gauge| gauge.measured.value.is_some() && gauge.probes.iter().any(is_it))
}

/// Of one recording and kind.
#[derive(Default)]
pub struct Score {
    pub right: Vec<Row>,
    /// Expected, and not there.
    pub missing: Vec<Row>,
    /// There, and not expected.
    pub beside: Vec<Row>,
}

impl Score {
    /// A row counts as found where its class and value are right; names are everybody's own. One of the same instance comes first.
    pub fn of(kind: &str, expected: Vec<Row>, device: &Device) -> Self {
        let mut score =
            Self { beside: device.health.gauges.iter().filter_map(|gauge| found(kind, gauge)).collect(), ..Self::default() };
        let by_instance =
            |want: &Row, found: &Row| found.oids.iter().any(|oid| want.oids.contains(oid)) && same(kind, want, found);
        let rest = score.take(expected, by_instance);
        let rest = score.take(rest, |want, found| same(kind, want, found));
        let (told, missing) = rest.into_iter().partition(|want| is_told(want, device));
        score.right.extend(told);
        score.missing = missing;
        score
    }

    fn take(&mut self, expected: Vec<Row>, is_it: impl Fn(&Row, &Row) -> bool) -> Vec<Row> {
        let (mut missing, beside) = (Vec::new(), &mut self.beside);
        for want in expected {
            match beside.iter().position(|found| is_it(&want, found)) {
                Some(at) => {
                    beside.remove(at);
                    self.right.push(want);
                }
                None => missing.push(want),
            }
        }
        missing
    }

    pub fn expected(&self) -> usize {
        self.right.len() + self.missing.len()
    }

    /// Right, expected and beside of every class.
    pub fn by_class(&self) -> BTreeMap<&str, Count> {
        let mut classes: BTreeMap<&str, Count> = BTreeMap::new();
        for (rows, add) in [(&self.right, Count(1, 1, 0)), (&self.missing, Count(0, 1, 0)), (&self.beside, Count(0, 0, 1))] {
            for row in rows {
                classes.entry(row.class.as_str()).or_default().add(add);
            }
        }
        classes
    }
}

/// Right, expected, beside.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Count(pub usize, pub usize, pub usize);

impl Count {
    pub fn add(&mut self, other: Self) {
        *self = Self(self.0 + other.0, self.1 + other.1, self.2 + other.2);
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(right, expected, beside) = self;
        formatter.pad(&if *beside == 0 { format!("{right}/{expected}") } else { format!("{right}/{expected}+{beside}") })
    }
}
