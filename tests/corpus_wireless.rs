//! What is read of the wireless networks of every recorded agent of the corpus, against what another program made of the same recording. A row
//! counts as found where its class and value are right; names are everybody's own.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `snmp/`: without it the test says loudly that it did not run. The documented command is
//! `NOCTOP_CORPUS=DIR cargo test --test corpus_wireless -- --nocapture`; every row that is missing is named, with the reason where it is known.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod recording;

use noctop::collect::snmp::tables::{Columns, wireless};
use noctop::mib::Registry;
use noctop::model::{Radio, Timestamp, WirelessReading};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The least share of expected rows over all recordings, percent.
const LEAST_PERCENT: usize = 80;

/// What is not taken over, and why: recording (empty: all), class, what its name begins with, reason.
const EXCEPTIONS: [(&str, &str, &str, &str); 9] = [
    ("routeros", "distance", "", "the model has no distance: a link's length is no state"),
    ("routeros", "rssi", "60G", "of the link to the remote end; the model has signals of clients alone"),
    ("routeros", "rate", "60G", "of the link to the remote end; the model has rates of clients alone"),
    ("routeros", "frequency", "60G", "two recordings in one: the 60 GHz radio has the interface of the 2.4 GHz one"),
    ("routeros", "quality", "60G", "the same"),
    ("routeros", "noise-floor", "SSID", "0 dBm of an interface that CAPsMAN made is no noise"),
    ("routeros", "ccq", "SSID", "0 of such an interface is no quality"),
    ("fortiap_fap231g", "", "", "a radio that only listens: channel 0 and a power of 50 dBm are none"),
    ("merakimr_cw9176", "frequency", "Frequency (Radio 40)", "channel 5 of a third radio may be at 6 GHz: the band is not told"),
];

type Row = (String, String, f64);

fn expected(path: &Path) -> Vec<Row> {
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path.with_extension("EXPECTED.json")).unwrap()).unwrap();
    let text = |row: &Json, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let number = |row: &Json| row["value"].as_f64().or_else(|| row["value"].as_str()?.parse().ok());
    let rows = json["wireless"]["sensors"].as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(|row| Some((text(row, "class"), text(row, "descr"), number(row)?))).collect()
}

fn read(path: &Path) -> Option<WirelessReading> {
    let device = recording::assembled(path);
    let rules = Registry::global().wireless(device.role, device.sys_object_id.as_ref());
    if rules.is_empty() {
        return None;
    }
    let names: Vec<&'static str> = rules.iter().flat_map(|rule| rule.columns()).collect();
    let columns = Columns::select(Registry::global(), &names, &recording::recording(path));
    Some(wireless::reading((&device, Timestamp::from_secs(1_000_000)), &rules, &columns))
}

/// What noctop says: figures of each radio, and counts.
#[allow(clippy::cast_precision_loss, reason = "small counts")]
fn found(reading: &WirelessReading) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut row =
        |class: &str, name: &str, value: Option<f64>| rows.extend(value.map(|value| (class.to_owned(), name.to_owned(), value)));
    if !reading.alone && reading.extent.access_points {
        row("ap-count", "", Some(reading.access_points.len() as f64));
    }
    row("clients", "all", reading.client_count().map(|count| count as f64));
    for ssid in &reading.ssids {
        row("clients", &ssid.name, ssid.clients.map(f64::from));
        ssid.by_band.iter().for_each(|count| row("clients", &ssid.name, count.map(f64::from)));
    }
    for radio in reading.access_points.iter().flat_map(|ap| &ap.radios) {
        let Radio { band, channel, tx_power_dbm, noise_dbm, quality_percent, clients, .. } = radio;
        let name = format!("radio {}", radio.slot);
        row("frequency", &name, band.zip(*channel).and_then(|(band, channel)| band.mhz(channel)).map(f64::from));
        row("channel", &name, channel.map(f64::from));
        row("power", &name, tx_power_dbm.map(f64::from));
        row("noise-floor", &name, noise_dbm.map(f64::from));
        row("ccq", &name, quality_percent.map(f64::from));
        row("clients", &name, clients.map(f64::from));
    }
    rows
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

fn reason(name: &str, row: &Row) -> Option<&'static str> {
    let is_it = |exception: &&(&str, &str, &str, &str)| {
        let (of, class, begins, _) = exception;
        *of == name && (class.is_empty() || *class == row.0) && row.1.starts_with(begins)
    };
    EXCEPTIONS.iter().find(is_it).map(|(.., reason)| *reason)
}

#[test]
fn wireless_networks_are_what_is_expected() {
    let Some(recordings) = recordings() else { return };
    let (mut right, mut all, mut invented) = (0, 0, Vec::new());
    println!("recording and class (right/expected+beside)");
    for path in recordings {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (wanted, reading) = (expected(&path), read(&path));
        let mut open = reading.as_ref().map(found).unwrap_or_default();
        if wanted.is_empty() {
            // Nothing expected may also mean that nobody looked: it is printed, not judged.
            if reading.is_some_and(|reading| !reading.is_empty()) {
                println!("{name:<28} nothing expected, {} rows read", open.len());
            }
            continue;
        }
        let mut classes: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
        let mut missing = Vec::new();
        for want in wanted {
            let count = classes.entry(want.0.clone()).or_default();
            count.1 += 1;
            match open.iter().position(|row| row.0 == want.0 && (row.2 - want.2).abs() < 0.51) {
                Some(at) => {
                    open.swap_remove(at);
                    count.0 += 1;
                }
                None => missing.push(want),
            }
        }
        for row in &open {
            classes.entry(row.0.clone()).or_default().2 += 1;
        }
        let known = classes.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        let words: Vec<String> =
            classes.iter().map(|(class, (right, of, beside))| format!("{class} {right}/{of}+{beside}")).collect();
        println!("{name:<28} {:>3}/{:<3} {}", known.0, known.1, words.join("  "));
        for row in &missing {
            println!("    - {} {:?} {}: {}", row.0, row.1, row.2, reason(&name, row).unwrap_or("MISSING"));
        }
        (right, all) = (right + known.0, all + known.1);
        invented.extend(missing.iter().filter(|row| reason(&name, row).is_none()).map(|row| format!("{name}: {row:?}")));
    }
    let percent = (right * 100).checked_div(all).unwrap_or(100);
    println!("wireless {right} of {all}, {percent} %");
    assert!(percent >= LEAST_PERCENT, "{percent} % of {LEAST_PERCENT} %");
    assert!(invented.is_empty(), "missing without a reason: {invented:?}");
}
