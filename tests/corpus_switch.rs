//! What the recorded switches of the corpus tell of their VLANs, spanning tree and parts, against what is expected of them.
//!
//! `NOCTOP_CORPUS=DIR cargo test --test corpus_switch -- --nocapture` prints a line for each device of any folder of that shape. Without
//! `NOCTOP_CORPUS`, the folder that holds `snmp/`, the test says loudly that it did not run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod recording;

use noctop::model::Device;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Of the expected rows of a device, so many are there: percent.
const ENOUGH: usize = 80;

/// The recordings, with what is expected of each; empty where there are none.
fn recordings() -> Vec<(String, PathBuf, Json)> {
    let folder = std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("snmp"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no snmp/: the recorded agents were not read");
        return Vec::new();
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "snmprec")).collect();
    paths.sort();
    let expected = |path: &PathBuf| std::fs::read(path.with_extension("EXPECTED.json")).ok();
    paths
        .into_iter()
        .filter_map(|path| {
            let json: Json = serde_json::from_slice(&expected(&path)?).ok()?;
            Some((path.file_stem()?.to_string_lossy().into_owned(), path, json))
        })
        .collect()
}

/// What an agent tells none of its own name is called by its number in many programs: `VLAN 12`, `Vlan_12`.
fn is_made_up(name: &str, id: u64) -> bool {
    let rest = name.to_ascii_lowercase();
    let rest = rest.strip_prefix("vlan").unwrap_or(&rest).trim_start_matches([' ', '_', '-', '0']);
    rest == id.to_string()
}

/// dot1qVlanCurrentEgressPorts: its index ends in the VLAN.
const CURRENT: &str = "1.3.6.1.2.1.17.7.1.4.2.1.4";

/// VLANs that are in use, whether somebody gave them a name or not.
fn in_use(path: &std::path::Path) -> BTreeSet<u64> {
    let root = CURRENT.parse().unwrap();
    let binds = recording::recording(path);
    binds.iter().filter_map(|bind| bind.oid.suffix_of(&root)?.last().copied()).map(u64::from).collect()
}

/// VLANs found, expected, and those that nobody expects and the recording does not tell.
fn vlans(device: &Device, expected: &Json, in_use: &BTreeSet<u64>) -> (usize, usize, usize) {
    let found: BTreeMap<u64, Option<&str>> = device.vlans.iter().map(|vlan| (u64::from(vlan.id), vlan.name.as_deref())).collect();
    let rows: Vec<(u64, &str)> = expected["vlans"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| Some((row["id"].as_u64()?, row["name"].as_str().unwrap_or("").trim())))
        .collect();
    let is_it = |(id, name): &&(u64, &str)| match found.get(id) {
        Some(Some(told)) => told.trim() == *name,
        Some(None) => name.is_empty() || is_made_up(name, *id),
        None => false,
    };
    let extra = found.keys().filter(|id| rows.iter().all(|(known, _)| known != *id) && !in_use.contains(id)).count();
    (rows.iter().filter(is_it).count(), rows.len(), if rows.is_empty() { 0 } else { extra })
}

#[test]
fn vlans_and_ports_of_the_spanning_tree_are_those_that_are_expected() {
    let mut faulty = Vec::new();
    let (mut all, mut right) = (0, 0);
    for (name, path, expected) in recordings() {
        let device = recording::assembled(&path);
        let (found, rows, extra) = vlans(&device, &expected, &in_use(&path));
        let tree = device.interfaces.iter().filter(|port| port.stp_state.is_some()).count();
        let want_tree = expected["stp_ports_librenms"].as_u64().unwrap_or(0);
        let count = |is_it: fn(&noctop::model::Interface) -> bool| device.interfaces.iter().filter(|port| is_it(port)).count();
        let parts = expected["inventory_count_librenms"].as_u64();
        println!(
            "{name:28} VLANs {found:3} of {rows:3} (+{extra}), STP ports {tree:3} (expected {want_tree:3}), parts {:4} (expected {}), \
             trunk {} access {} untagged {} pvid {}, members of aggregates {}, full duplex {}, last change {}, gauges with a port {}",
            device.parts.len(),
            parts.map_or("-".to_owned(), |parts| parts.to_string()),
            count(|port| port.mode.is_some_and(|mode| mode.word() == "trunk")),
            count(|port| port.mode.is_some_and(|mode| mode.word() == "access")),
            count(|port| !port.untagged.is_empty()),
            count(|port| port.pvid.is_some()),
            count(|port| port.aggregate.is_some()),
            count(|port| port.duplex.is_some_and(|duplex| duplex.word() == "full")),
            count(|port| port.last_change.is_some()),
            device.health.gauges.iter().filter(|gauge| gauge.if_index.is_some()).count(),
        );
        (all, right) = (all + rows, right + found);
        if found * 100 < rows * ENOUGH || (rows > 0 && extra > 0) {
            faulty.push(format!("{name}: {found} of {rows} VLANs, {extra} invented"));
        }
        // Ports that the tree of the recording has, whoever else leaves some out.
        if (tree as u64) < want_tree {
            faulty.push(format!("{name}: {tree} of {want_tree} ports of the spanning tree"));
        }
    }
    println!("VLANs: {right} of {all}");
    assert!(faulty.is_empty(), "{}", faulty.join("\n"));
}
