//! Every recorded agent of the corpus against what its recording says: its tables decoded, and the whole way over UDP from a played
//! agent by way of discovery.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `snmp/`: without it the test says loudly that it did not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

#[path = "recording/identity.rs"]
mod identity;
mod recording;

use identity::{FACTS, INSISTED, Verdict};
use ipnet::Ipv4Net;
use noctop::collect::emitter;
use noctop::collect::snmp::access::Access;
use noctop::collect::snmp::crawl::{Control, CrawlOptions, Keep, crawl};
use noctop::collect::snmp::{Client, Options};
use noctop::event::Body;
use noctop::model::{AdminStatus, Device, Evidence, IfIndex, Interface, MacAddr, OperStatus, Role, text};
use noctop::sim::recording::Recording;
use noctop::sim::serve::{Recorded, Server};
use recording::{assembled, hex};
use serde_json::Value as Json;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of recordings, or `None` with a loud word about it.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("snmp"));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no snmp/: the recorded agents were not read");
    }
    folder
}

/// All recordings of the folder.
fn recordings(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut recordings: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "snmprec")).collect();
    recordings.sort();
    assert!(!recordings.is_empty(), "NOCTOP_CORPUS/snmp holds no recording");
    recordings
}

/// A text of EXPECTED.json as noctop keeps it; `None` where it is absent or blank.
fn expected_text(json: &Json) -> Option<String> {
    match json {
        Json::String(said) => text::known(said.as_bytes()),
        Json::Object(said) => text::known(&hex(said.get("hex")?.as_str()?)?),
        _ => None,
    }
}

/// What differs in one port, in words.
fn port_differences(want: &Json, found: &Interface) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |field: &str, want: String, found: String| {
        if want != found {
            differences.push(format!("{field}: expected {want}, found {found}"));
        }
    };
    for (field, found) in [("ifName", &found.if_name), ("ifDescr", &found.if_descr), ("ifAlias", &found.if_alias)] {
        check(field, format!("{:?}", expected_text(&want[field])), format!("{found:?}"));
    }
    let mac = want["mac"].as_str().and_then(|mac| mac.parse::<MacAddr>().ok());
    check("mac", format!("{mac:?}"), format!("{:?}", found.mac));
    check("ifType", format!("{:?}", want["ifType"].as_u64()), format!("{:?}", found.if_type.map(u64::from)));
    check("speed_bps", format!("{:?}", want["speed_bps"].as_u64()), format!("{:?}", found.speed_bps));
    let admin = want["admin"].as_i64().and_then(AdminStatus::from_mib);
    check("admin", format!("{admin:?}"), format!("{:?}", found.admin_status));
    let oper = want["oper"].as_i64().and_then(OperStatus::from_mib);
    check("oper", format!("{oper:?}"), format!("{:?}", found.oper_status));
    let counters = want["hc_counters"].as_bool().unwrap_or(false);
    check("hc_counters", counters.to_string(), found.high_capacity_counters.unwrap_or(false).to_string());
    differences
}

/// How much of one recording was found.
#[derive(Debug, Default)]
struct Score {
    /// What differs, in words. Empty is what the tests want.
    differences: Vec<String>,
    system: bool,
    /// Of each: right, expected.
    ports: (usize, usize),
    lldp: (usize, usize),
    cdp: (usize, usize),
}

fn system_differences(want: &Json, device: &Device) -> Vec<String> {
    let mut differences = Vec::new();
    let stated = want["system"].as_object();
    let is_stated = |field: &str| stated.is_some_and(|system| system.contains_key(field));
    for (field, found) in [("sysDescr", &device.sys_descr), ("sysName", &device.sys_name)] {
        let want = expected_text(&want["system"][field]);
        // Where a device has no sysName, its vendor's own object may have named it.
        if is_stated(field) && want.as_ref() != found.as_ref() && !(field == "sysName" && want.is_none()) {
            differences.push(format!("{field}: expected {want:?}, found {found:?}"));
        }
    }
    let object_id = device.sys_object_id.as_ref().map(ToString::to_string);
    if is_stated("sysObjectID") && want["system"]["sysObjectID"].as_str() != object_id.as_deref() {
        differences.push(format!("sysObjectID: expected {}, found {object_id:?}", want["system"]["sysObjectID"]));
    }
    let services = device.sys_services.map(u64::from);
    if is_stated("sysServices") && want["system"]["sysServices"].as_u64() != services {
        differences.push(format!("sysServices: expected {}, found {services:?}", want["system"]["sysServices"]));
    }
    differences
}

/// Everything that is expected of one recording against what was made of it. What the expectation does not state is not compared.
fn score(want: &Json, device: &Device) -> Score {
    let mut score = Score { differences: system_differences(want, device), ..Score::default() };
    score.system = score.differences.is_empty();
    score_ports(want, device, &mut score);
    score_lldp(want, device, &mut score);
    let wanted = want["cdp_rows"].as_array().map(Vec::len);
    let found = device.neighbours.iter().filter(|row| row.protocol == Evidence::Cdp).count();
    score.cdp = (found.min(wanted.unwrap_or(0)), wanted.unwrap_or(0));
    if wanted.is_some_and(|wanted| wanted != found) {
        score.differences.push(format!("cdp rows: expected {}, found {found}", score.cdp.1));
    }
    score
}

fn score_ports(want: &Json, device: &Device, score: &mut Score) {
    let Some(ports) = want["ports"].as_array() else { return };
    let numbers: Vec<u64> = ports.iter().filter_map(|port| port["ifIndex"].as_u64()).collect();
    let found: Vec<u64> = device.interfaces.iter().map(|interface| u64::from(interface.if_index.0)).collect();
    if numbers != found {
        score.differences.push(format!("ports: expected {numbers:?}, found {found:?}"));
    }
    score.ports.1 = ports.len();
    for (number, port) in numbers.iter().zip(ports) {
        let number = IfIndex(u32::try_from(*number).unwrap());
        let Some(interface) = device.interface(number) else { continue };
        let differences = port_differences(port, interface);
        score.ports.0 += usize::from(differences.is_empty());
        score.differences.extend(differences.into_iter().map(|what| format!("port {number}: {what}")));
    }
}

/// LLDP rows that the recording has. A blank one, or one of chassis subtype 0, says nothing and counts as found.
fn score_lldp(want: &Json, device: &Device, score: &mut Score) {
    for row in want["lldp_remote_rows"].as_array().into_iter().flatten() {
        let says_nothing = row["chassisSubtype"].as_str().is_none() || expected_text(&row["chassisId"]).is_none();
        let chassis = expected_text(&row["chassisId"]).unwrap_or_default();
        let port = expected_text(&row["portId"]).unwrap_or_default();
        let name = expected_text(&row["sysName"]).map(|name| name.split('\0').next().unwrap_or("").to_owned());
        let is_it = |heard: &noctop::model::NeighbourRow| {
            let same = |id: Option<String>, want: &str| id.is_some_and(|id| id.eq_ignore_ascii_case(want));
            same(heard.chassis_id.as_ref().map(ToString::to_string), &chassis)
                && same(heard.port_id.as_ref().map(ToString::to_string), &port)
                && heard.sys_name.as_deref().unwrap_or("") == name.as_deref().unwrap_or("").trim_end()
        };
        let found = says_nothing || device.neighbours.iter().any(is_it);
        score.lldp = (score.lldp.0 + usize::from(found), score.lldp.1 + 1);
        if !found {
            score.differences.push(format!("lldp row missing: {chassis} {port} {name:?}"));
        }
    }
}

/// What is expected of a recording.
fn expected(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path.with_extension("EXPECTED.json")).unwrap()).unwrap()
}

/// All differences of all recordings, each read by `read`.
fn check(mut read: impl FnMut(&Path) -> Device) {
    let Some(folder) = corpus() else { return };
    let recordings = recordings(&folder);
    let mut faulty = Vec::new();
    for path in &recordings {
        let differences = score(&expected(path), &read(path)).differences;
        if !differences.is_empty() {
            faulty.push(format!("{}:\n  {}", path.display(), differences.join("\n  ")));
        }
    }
    assert!(faulty.is_empty(), "{} of {} recordings differ\n{}", faulty.len(), recordings.len(), faulty.join("\n"));
}

#[test]
fn every_recorded_agent_is_decoded_as_its_recording_says() {
    check(assembled);
}

/// The least share of the identity facts that are insisted on, in percent, of each of them and of all together.
const LEAST_PERCENT: usize = 90;

/// Right and expected, over all recordings.
#[derive(Default)]
struct Totals {
    systems: (usize, usize),
    ports: (usize, usize),
    lldp: (usize, usize),
    cdp: (usize, usize),
    facts: [(usize, usize); FACTS.len()],
}

impl Totals {
    fn add(&mut self, score: &Score, verdicts: &[Verdict]) {
        let add = |sum: &mut (usize, usize), (right, of): (usize, usize)| *sum = (sum.0 + right, sum.1 + of);
        add(&mut self.systems, (usize::from(score.system), 1));
        add(&mut self.ports, score.ports);
        add(&mut self.lldp, score.lldp);
        add(&mut self.cdp, score.cdp);
        for (sum, verdict) in self.facts.iter_mut().zip(verdicts) {
            add(sum, (usize::from(*verdict == Verdict::Hit), usize::from(*verdict != Verdict::NotStated)));
        }
    }

    /// Of the facts that are insisted on: right, expected.
    fn insisted(&self) -> (usize, usize) {
        self.facts.iter().take(INSISTED).fold((0, 0), |sum, fact| (sum.0 + fact.0, sum.1 + fact.1))
    }

    fn print(&self) {
        let line =
            |name: &str, (right, of): (usize, usize)| println!("{name:<10} {right:>6} of {of:<6} {:>5} %", percent((right, of)));
        line("systems", self.systems);
        line("ports", self.ports);
        line("LLDP rows", self.lldp);
        line("CDP rows", self.cdp);
        for (name, sum) in FACTS.iter().zip(self.facts) {
            line(name, sum);
        }
        line("identity", self.insisted());
    }
}

/// Whole percents, rounded down; all of nothing is 100.
fn percent((right, of): (usize, usize)) -> usize {
    (right * 100).checked_div(of).unwrap_or(100)
}

/// The documented command is `NOCTOP_CORPUS=DIR cargo test --test corpus_snmp -- --nocapture table`.
#[test]
fn the_table_of_hits_and_misses_has_nine_of_ten_identities_and_every_port() {
    let Some(folder) = corpus() else { return };
    let mut totals = Totals::default();
    let (mut misses, mut faulty) = (Vec::new(), Vec::new());
    println!("{:<34} sys {:>11} {:>9} {:>9}  {}", "recording", "ports", "lldp", "cdp", FACTS.join(" "));
    for path in recordings(&folder) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (want, device) = (expected(&path), assembled(&path));
        let (score, verdicts) = (score(&want, &device), identity::verdicts(&want, &device));
        let of = |(right, of): (usize, usize)| format!("{right}/{of}");
        let marks = FACTS.iter().zip(&verdicts).map(|(fact, verdict)| format!("{:<width$}", mark(verdict), width = fact.len()));
        let (ports, lldp, cdp) = (of(score.ports), of(score.lldp), of(score.cdp));
        let system = if score.system { "✓" } else { "✗" };
        println!("{name:<34} {system:<3} {ports:>11} {lldp:>9} {cdp:>9}  {}", marks.collect::<Vec<_>>().join(" "));
        for (fact, verdict) in FACTS.iter().zip(&verdicts) {
            if let Verdict::Miss(want, found) = verdict {
                misses.push(format!("{name}: {fact}: expected {want:?}, found {}", found.as_deref().unwrap_or("nothing")));
            }
        }
        totals.add(&score, &verdicts);
        faulty.extend(score.differences.into_iter().map(|what| format!("{name}: {what}")));
    }
    println!("\n{}\n", misses.join("\n"));
    totals.print();
    assert!(faulty.is_empty(), "not as recorded:\n{}", faulty.join("\n"));
    let short = totals.facts.iter().take(INSISTED).chain([&totals.insisted()]).any(|fact| percent(*fact) < LEAST_PERCENT);
    assert!(!short, "less than {LEAST_PERCENT} % of an identity fact is right");
}

/// Whoever adds a vendor adds its recognition too.
#[test]
fn every_recorded_family_is_recognised() {
    let Some(folder) = corpus() else { return };
    let mut unknown = Vec::new();
    for path in recordings(&folder) {
        let device = assembled(&path);
        let facts = [device.vendor.is_some(), device.os.is_some() || device.model.is_some(), device.role != Role::Unknown];
        if facts.contains(&false) {
            unknown.push(format!("{}: {:?} {:?} {:?} {:?}", path.display(), device.vendor, device.os, device.model, device.role));
        }
    }
    assert!(unknown.is_empty(), "not known by vendor, system or model, and role:\n{}", unknown.join("\n"));
}

const fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::NotStated => "·",
        Verdict::Hit => "✓",
        Verdict::Miss(..) => "✗",
    }
}

/// One recording served on loopback, and discovered there.
fn discovered(path: &Path) -> Device {
    let here = Ipv4Addr::new(127, 101, 0, 1);
    let name = path.file_stem().unwrap().to_str().unwrap();
    let recording = Recording::parse(name, &std::fs::read(path).unwrap());
    let hosts = Recorded(std::iter::once((here, recording)).collect());
    let server = Server::start(Arc::new(hosts), Ipv4Net::new(here, 32).unwrap(), 0, 1).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::open(Options::default()).unwrap();
        let target = format!("{here}:{}", server.port());
        let options = CrawlOptions { depth: Some(0), ..CrawlOptions::new(vec![target], Arc::new(Access::new(&[]))) };
        let (emitter, mut events) = emitter::channel(64);
        let (_pause, paused) = tokio::sync::watch::channel(false);
        let control = Control { paused, cancel: tokio_util::sync::CancellationToken::new(), keep: Keep::default() };
        let outcome = crawl(&client, &options, &emitter, control).await.unwrap();
        drop(emitter);
        assert_eq!(outcome.problems, [], "{name}");
        while let Some(event) = events.recv().await {
            if let Body::Inventory(inventory) = event.body {
                return inventory.device;
            }
        }
        panic!("{name} was not found");
    })
}

#[test]
fn every_recorded_agent_is_discovered_over_udp_as_its_recording_says() {
    check(discovered);
}

/// What is asked for singly, in looks and in walks must come to the same as all that the agent has.
#[test]
fn what_is_measured_over_udp_is_what_the_whole_recording_says() {
    let Some(folder) = corpus() else { return };
    for path in recordings(&folder) {
        assert_eq!(discovered(&path).health, assembled(&path).health, "{}", path.display());
    }
}
