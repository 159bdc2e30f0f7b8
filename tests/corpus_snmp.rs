//! Every recorded agent of the corpus against what its recording says: its tables decoded, and the whole way over UDP from a played
//! agent by way of discovery.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `snmp/`: without it the test says loudly that it did not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod recording;

use ipnet::Ipv4Net;
use noctop::collect::emitter;
use noctop::collect::snmp::access::Access;
use noctop::collect::snmp::crawl::{Control, CrawlOptions, Keep, crawl};
use noctop::collect::snmp::{Client, Options};
use noctop::event::Body;
use noctop::model::{AdminStatus, Device, Evidence, IfIndex, Interface, MacAddr, OperStatus, text};
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

fn differences(want: &Json, device: &Device) -> Vec<String> {
    let mut differences = Vec::new();
    for (field, found) in [("sysDescr", &device.sys_descr), ("sysName", &device.sys_name)] {
        let want = expected_text(&want["system"][field]);
        // Where a device has no sysName, its vendor's own object may have named it.
        if want.as_ref() != found.as_ref() && !(field == "sysName" && want.is_none()) {
            differences.push(format!("{field}: expected {want:?}, found {found:?}"));
        }
    }
    let object_id = device.sys_object_id.as_ref().map(ToString::to_string);
    if want["system"]["sysObjectID"].as_str() != object_id.as_deref() {
        differences.push(format!("sysObjectID: expected {}, found {object_id:?}", want["system"]["sysObjectID"]));
    }
    let services = device.sys_services.map(u64::from);
    if want["system"]["sysServices"].as_u64() != services {
        differences.push(format!("sysServices: expected {}, found {services:?}", want["system"]["sysServices"]));
    }
    let ports = want["ports"].as_array().unwrap();
    let numbers: Vec<u64> = ports.iter().map(|port| port["ifIndex"].as_u64().unwrap()).collect();
    let found_numbers: Vec<u64> = device.interfaces.iter().map(|interface| u64::from(interface.if_index.0)).collect();
    if numbers != found_numbers {
        differences.push(format!("ports: expected {numbers:?}, found {found_numbers:?}"));
    }
    for port in ports {
        let number = IfIndex(u32::try_from(port["ifIndex"].as_u64().unwrap()).unwrap());
        if let Some(interface) = device.interface(number) {
            differences.extend(port_differences(port, interface).into_iter().map(|what| format!("port {number}: {what}")));
        }
    }
    differences.extend(neighbour_differences(want, device));
    differences
}

/// Neighbour rows that the recording has and we have not.
fn neighbour_differences(want: &Json, device: &Device) -> Vec<String> {
    let rows = &device.neighbours;
    let mut differences = Vec::new();
    let cdp = rows.iter().filter(|row| row.protocol == Evidence::Cdp).count();
    let cdp_wanted = want["cdp_rows"].as_array().map_or(0, Vec::len);
    if cdp != cdp_wanted {
        differences.push(format!("cdp rows: expected {cdp_wanted}, found {cdp}"));
    }
    for row in want["lldp_remote_rows"].as_array().unwrap() {
        let subtype_0 = row["chassisSubtype"].as_str().is_none() || expected_text(&row["chassisId"]).is_none();
        let chassis = expected_text(&row["chassisId"]).unwrap_or_default();
        let port = expected_text(&row["portId"]).unwrap_or_default();
        let name = expected_text(&row["sysName"]).map(|name| name.split('\0').next().unwrap_or("").to_owned());
        let is_it = |heard: &&noctop::model::NeighbourRow| {
            let same = |id: Option<String>, want: &str| id.is_some_and(|id| id.eq_ignore_ascii_case(want));
            same(heard.chassis_id.as_ref().map(ToString::to_string), &chassis)
                && same(heard.port_id.as_ref().map(ToString::to_string), &port)
                && heard.sys_name.as_deref().unwrap_or("") == name.as_deref().unwrap_or("").trim_end()
        };
        if !subtype_0 && !rows.iter().any(|row| is_it(&row)) {
            differences.push(format!("lldp row missing: {chassis} {port} {name:?}"));
        }
    }
    differences
}

/// All differences of all recordings, each read by `read`.
fn check(mut read: impl FnMut(&Path) -> Device) {
    let Some(folder) = corpus() else { return };
    let recordings = recordings(&folder);
    let mut faulty = Vec::new();
    for path in &recordings {
        let expected = std::fs::read_to_string(path.with_extension("EXPECTED.json")).unwrap();
        let differences = differences(&serde_json::from_str(&expected).unwrap(), &read(path));
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
