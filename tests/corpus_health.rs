//! What is measured of every recorded agent of the corpus, against what another program made of the same recording: sensors, processors,
//! memory, storage and supplies.
//!
//! Needs `NOCTOP_CORPUS`, a folder of `NAME.snmprec` with `NAME.EXPECTED.json`, or one whose `snmp/` holds them: without it the test says
//! loudly that it did not run. The documented command is `NOCTOP_CORPUS=DIR cargo test --test corpus_health -- --nocapture`;
//! `NOCTOP_MISSES=1` names every row that is missing or beside. What is known to be otherwise stands in `recording/exceptions.toml`, with its
//! reason. VLANs, spanning tree and wireless have tests of their own beside this one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod recording;
#[path = "recording/rows.rs"]
mod rows;

use rows::{Count, KINDS, Row, Score};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The least share of expected rows of each recording and kind, percent.
const LEAST_PERCENT: usize = 80;

/// Rows of one recording and kind that are otherwise than expected, and why that is right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    recording: String,
    kind: String,
    /// Names of expected rows that are not to be there.
    #[serde(default)]
    missing: BTreeSet<String>,
    /// Names of rows that are there beside what is expected.
    #[serde(default)]
    beside: BTreeSet<String>,
    reason: String,
}

#[derive(Deserialize)]
struct Exceptions {
    exception: Vec<Exception>,
}

fn exceptions() -> Vec<Exception> {
    toml::from_str::<Exceptions>(include_str!("recording/exceptions.toml")).unwrap().exception
}

fn recordings() -> Option<Vec<PathBuf>> {
    let given = PathBuf::from(std::env::var_os("NOCTOP_CORPUS").unwrap_or_default());
    let folder = [given.join("snmp"), given].into_iter().find(|folder| !folder.as_os_str().is_empty() && folder.is_dir());
    let Some(folder) = folder else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or no folder: the recorded agents were not read");
        return None;
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut recordings: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "snmprec")).collect();
    recordings.sort();
    assert!(!recordings.is_empty(), "NOCTOP_CORPUS holds no recording");
    Some(recordings)
}

fn expected(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path.with_extension("EXPECTED.json")).unwrap()).unwrap()
}

fn listed(rows: &[Row], sign: char) -> Vec<String> {
    rows.iter().map(|row| format!("    {sign} {}", row.words())).collect()
}

/// What is wrong with one recording and kind, in words.
fn faults(name: &str, kind: &str, score: &Score) -> Vec<String> {
    let known = exceptions();
    let known: Vec<&Exception> = known.iter().filter(|known| known.recording == name && known.kind == kind).collect();
    let excepted = |rows: &[Row], names: fn(&Exception) -> &BTreeSet<String>| -> usize {
        rows.iter().filter(|row| known.iter().any(|known| names(known).contains(&row.name))).count()
    };
    let counted = score.expected() - excepted(&score.missing, |known| &known.missing);
    let mut faults = Vec::new();
    if score.right.len() * 100 < counted * LEAST_PERCENT {
        faults.push(format!("{name}: {} of {counted} {kind}\n{}", score.right.len(), listed(&score.missing, '-').join("\n")));
    }
    let is_known = |row: &&Row| known.iter().any(|known| known.beside.contains(&row.name));
    let invented: Vec<Row> = score.beside.iter().filter(|row| !is_known(row)).cloned().collect();
    if score.expected() > 0 && !invented.is_empty() {
        faults.push(format!("{name}: {kind} that nobody expects\n{}", listed(&invented, '+').join("\n")));
    }
    for known in known {
        let idle = |names: &BTreeSet<String>, rows: &[Row]| {
            names.iter().filter(|name| !rows.iter().any(|row| row.name == **name)).cloned().collect::<Vec<_>>()
        };
        let idle = [idle(&known.missing, &score.missing), idle(&known.beside, &score.beside)].concat();
        faults.extend((!idle.is_empty()).then(|| format!("{name}: {kind}: exceptions that excuse nothing: {}", idle.join(", "))));
    }
    faults
}

#[test]
fn of_what_is_measured_four_fifths_are_as_expected_and_nothing_is_invented() {
    let Some(recordings) = recordings() else { return };
    let tell_misses = std::env::var_os("NOCTOP_MISSES").is_some();
    let mut totals: BTreeMap<(usize, String), Count> = BTreeMap::new();
    let mut wrong = Vec::new();
    println!("{:<34} {}", "recording (right/expected+beside)", KINDS.map(|kind| format!("{kind:>12}")).concat());
    for path in recordings {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (expected, device) = (expected(&path), recording::assembled(&path));
        let (mut line, mut classes, mut misses) = (format!("{name:<34} "), String::new(), Vec::new());
        for (at, kind) in KINDS.iter().enumerate() {
            let score = Score::of(kind, rows::expected(kind, &expected), &device);
            line.push_str(&format!("{:>12}", Count(score.right.len(), score.expected(), score.beside.len())));
            for (class, count) in score.by_class() {
                let class = if *kind == "sensors" { class } else { "" };
                totals.entry((at, class.to_owned())).or_default().add(count);
                if !class.is_empty() {
                    classes.push_str(&format!(" {class} {count}"));
                }
            }
            misses.extend([listed(&score.missing, '-'), listed(&score.beside, '+')].concat());
            wrong.extend(faults(&name, kind, &score));
        }
        println!("{line}");
        if !classes.is_empty() {
            println!("   {classes}");
        }
        if tell_misses {
            misses.iter().for_each(|miss| println!("{miss}"));
        }
    }
    print_totals(&totals);
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

fn print_totals(totals: &BTreeMap<(usize, String), Count>) {
    println!();
    for (at, kind) in KINDS.iter().enumerate() {
        let of_kind = || totals.iter().filter(|((of, _), _)| *of == at);
        let mut sum = Count::default();
        of_kind().for_each(|(_, count)| sum.add(*count));
        let print = |name: &str, count: &Count| {
            let percent = (count.0 * 100).checked_div(count.1).unwrap_or(100);
            println!("{name:<16} {:>5} of {:<5} {percent:>3} %   {} beside", count.0, count.1, count.2);
        };
        print(kind, &sum);
        of_kind().filter(|((_, class), _)| !class.is_empty()).for_each(|((_, class), count)| print(&format!("  {class}"), count));
    }
}

#[test]
fn an_exception_has_its_reason() {
    for exception in exceptions() {
        let Exception { recording, kind, reason, missing, beside } = &exception;
        assert!(KINDS.contains(&kind.as_str()) && reason.len() > 20, "{recording} {kind}: {reason}");
        assert!(!missing.is_empty() || !beside.is_empty(), "{recording} {kind} excepts nothing");
    }
}
