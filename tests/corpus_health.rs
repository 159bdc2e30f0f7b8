//! What is measured of every recorded agent of the corpus, against what another program made of the same recording: sensors, processors,
//! memory, storage and supplies. A row counts as found where its class and value are right; names are everybody's own.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `snmp/`: without it the test says loudly that it did not run. The documented command is
//! `NOCTOP_CORPUS=DIR cargo test --test corpus_health -- --nocapture`; `NOCTOP_MISSES=1` names every row that is missing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod recording;

use noctop::model::{Device, Gauge, GaugeKind};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// The kinds of rows that are compared, as EXPECTED.json calls them.
const KINDS: [&str; 5] = ["sensors", "processors", "memory", "storage", "supplies"];

/// The least share of expected rows over all recordings, percent, by kind.
const LEAST_PERCENT: [usize; 5] = [85, 98, 90, 80, 55];

/// What one row says: its class, and the numbers that must be the same.
#[derive(Clone, Debug)]
struct Row {
    class: String,
    name: String,
    values: Vec<f64>,
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
        "memory" if number(json, "total") == Some(100.0) => vec![number(json, "pct")?],
        _ => {
            let total = number(json, "total").or_else(|| number(json, "size"))?;
            if total == 100.0 { vec![number(json, "pct")?] } else { vec![total, number(json, "used")?] }
        }
    };
    Some(Row { class, name: json["descr"].as_str().unwrap_or("").to_owned(), values })
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
    is_it.then(|| Row { class, name: gauge.name.clone(), values })
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

/// Of one recording and kind.
#[derive(Default)]
struct Score {
    right: usize,
    expected: usize,
    beside: usize,
    missing: Vec<Row>,
    further: Vec<Row>,
}

fn score(kind: &str, expected: &Json, device: &Device) -> Score {
    let wanted: Vec<Row> = expected[kind].as_array().into_iter().flatten().filter_map(|row| wanted(kind, row)).collect();
    let mut open: Vec<Row> = device.health.gauges.iter().filter_map(|gauge| found(kind, gauge)).collect();
    let mut score = Score { expected: wanted.len(), ..Score::default() };
    for want in wanted {
        match open.iter().position(|found| same(kind, &want, found)) {
            Some(at) => {
                open.swap_remove(at);
                score.right += 1;
            }
            None => score.missing.push(want),
        }
    }
    score.beside = open.len();
    score.further = open;
    score
}

fn recordings() -> Option<Vec<PathBuf>> {
    let folder =
        std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("snmp")).filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no snmp/: the recorded agents were not read");
        return None;
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut recordings: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "snmprec")).collect();
    recordings.sort();
    assert!(!recordings.is_empty(), "NOCTOP_CORPUS/snmp holds no recording");
    Some(recordings)
}

fn expected(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path.with_extension("EXPECTED.json")).unwrap()).unwrap()
}

#[test]
fn the_table_of_what_is_measured_has_what_is_expected() {
    let Some(recordings) = recordings() else { return };
    let tell_misses = std::env::var_os("NOCTOP_MISSES").is_some();
    let mut totals = [(0, 0, 0); KINDS.len()];
    println!("{:<34} {}", "recording (right/expected+beside)", KINDS.map(|kind| format!("{kind:>14}")).concat());
    for path in recordings {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (expected, device) = (expected(&path), recording::assembled(&path));
        let mut line = format!("{name:<34} ");
        let mut misses = Vec::new();
        for (kind, total) in KINDS.iter().zip(&mut totals) {
            let score = score(kind, &expected, &device);
            line.push_str(&format!("{:>14}", format!("{}/{}+{}", score.right, score.expected, score.beside)));
            *total = (total.0 + score.right, total.1 + score.expected, total.2 + score.beside);
            misses.extend(score.missing.iter().map(|row| format!("    - {kind} {} {:?} {:?}", row.class, row.name, row.values)));
            misses.extend(score.further.iter().map(|row| format!("    + {kind} {} {:?} {:?}", row.class, row.name, row.values)));
        }
        println!("{line}");
        if tell_misses {
            println!("{}", misses.join("\n"));
        }
    }
    let mut short = Vec::new();
    for ((kind, (right, of, beside)), least) in KINDS.iter().zip(totals).zip(LEAST_PERCENT) {
        let percent = (right * 100).checked_div(of).unwrap_or(100);
        println!("{kind:<12} {right:>5} of {of:<5} {percent:>3} %   {beside} beside");
        short.extend((percent < least).then(|| format!("{kind}: {percent} % of {least} %")));
    }
    assert!(short.is_empty(), "less than was reached before: {}", short.join(", "));
}
