//! The tables that discovery reads of every recorded agent of the corpus: local ports of LLDP, its second edition and vendors' own tables,
//! forwarding tables. Each is compared with what the recording says, read here apart from the program.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `snmp/`: without it the tests say loudly that they did not run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod recording;

use noctop::collect::snmp::tables::Assembly;
use noctop::model::{Device, Evidence, IfIndex, MacAddr, NeighbourRow};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Calls `differences` for every recording, and fails with all of them.
fn check(differences: impl Fn(&Path, &Json, &Assembly) -> Vec<String>) {
    let folder = std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("snmp"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no snmp/: the recorded agents were not read");
        return;
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut recordings: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "snmprec")).collect();
    recordings.sort();
    assert!(!recordings.is_empty());
    let mut faulty = Vec::new();
    for path in recordings {
        let expected: Json = serde_json::from_slice(&std::fs::read(path.with_extension("EXPECTED.json")).unwrap()).unwrap();
        let found = differences(&path, &expected, &recording::assembly(&path));
        faulty.extend(found.into_iter().map(|what| format!("{}: {what}", path.file_stem().unwrap().to_string_lossy())));
    }
    assert!(faulty.is_empty(), "{} differences\n{}", faulty.len(), faulty.join("\n"));
}

fn canonical(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The one interface that has this text in one of these fields.
fn named(device: &Device, text: &str, fields: fn(&noctop::model::Interface) -> Vec<&Option<String>>) -> Option<IfIndex> {
    let has = |interface: &&noctop::model::Interface| {
        fields(interface).into_iter().flatten().any(|name| canonical(name) == canonical(text))
    };
    let mut found = device.interfaces.iter().filter(has);
    found.next().filter(|_| found.next().is_none()).map(|interface| interface.if_index)
}

/// The rule of issue 3: lldpLocPortId as ifName or ifDescr, then as ifAlias, then the number as bridge port, then as ifIndex.
fn local_port(row: &Json, device: &Device) -> Option<IfIndex> {
    let number = |key: &str| row[key].as_u64().and_then(|number| u32::try_from(number).ok()).map(IfIndex);
    let known = |if_index: &IfIndex| device.interface(*if_index).is_some();
    let said = row["localPortId"].as_str().filter(|said| !said.is_empty());
    let by_text = said.and_then(|said| {
        named(device, said, |i| vec![&i.if_name, &i.if_descr]).or_else(|| named(device, said, |i| vec![&i.if_alias]))
    });
    by_text.or_else(|| number("basePortIfIndex").filter(known)).or_else(|| number("localPortNum").filter(known))
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or("").split('\0').next().unwrap_or("").trim().to_lowercase()
}

fn is_row(row: &NeighbourRow, want: &Json) -> bool {
    let same = |id: Option<String>, want: &Json| id.unwrap_or_default().to_lowercase() == text(want);
    row.protocol == Evidence::Lldp
        && same(row.chassis_id.as_ref().map(ToString::to_string), &want["chassisId"])
        && same(row.port_id.as_ref().map(ToString::to_string), &want["portId"])
}

#[test]
fn local_ports_of_lldp_are_those_that_the_local_tables_name() {
    check(|_, expected, assembly| {
        let device = &assembly.device;
        let mut wrong = Vec::new();
        for want in expected["lldp_remote_rows"].as_array().unwrap() {
            let Some(local) = local_port(want, device) else { continue };
            let heard: Vec<&NeighbourRow> = device.neighbours.iter().filter(|row| is_row(row, want)).collect();
            // A blank row is passed over; its presence is another test's matter.
            if !heard.is_empty() && !heard.iter().any(|row| row.local_if_index == Some(local)) {
                let found: Vec<_> = heard.iter().map(|row| row.local_if_index.map(|number| number.0)).collect();
                wrong.push(format!("local port of {}: expected {local}, found {found:?}", want["chassisId"]));
            }
        }
        wrong
    });
}

/// RouterOS tells local ports in a table of its own, by the last number of the row.
const ROUTER_OS_INTERFACE: &str = "1.3.6.1.4.1.14988.1.1.11.1.1.8";

#[test]
fn local_ports_of_router_os_are_those_of_its_own_table() {
    check(|path, _, assembly| {
        let root = ROUTER_OS_INTERFACE.parse().unwrap();
        let binds = recording::recording(path);
        let told: BTreeSet<IfIndex> = binds
            .iter()
            .filter(|bind| bind.oid.starts_with(&root))
            .filter_map(|bind| bind.value.as_u64().and_then(|number| u32::try_from(number).ok()).map(IfIndex))
            .collect();
        let lldp = assembly.device.neighbours.iter().filter(|row| row.protocol == Evidence::Lldp);
        let lost = lldp.filter(|row| !told.is_empty() && !row.local_if_index.is_some_and(|local| told.contains(&local)));
        lost.map(|row| format!("no local port for {:?}", row.sys_name)).collect()
    });
}

#[test]
fn the_second_edition_and_vendors_own_tables_are_heard() {
    check(|_, expected, assembly| {
        let device = &assembly.device;
        let heard: Vec<&NeighbourRow> = device.neighbours.iter().filter(|row| row.protocol == Evidence::Lldp).collect();
        if !expected["lldp_remote_rows"].as_array().is_none_or(Vec::is_empty) {
            return Vec::new();
        }
        let mut wrong = Vec::new();
        let second = expected["lldp_v2_rows"].as_u64().unwrap_or(0);
        if second > 0 && heard.len() as u64 != second {
            wrong.push(format!("LLDP-V2: expected {second} rows, found {}", heard.len()));
        }
        // Where LLDP-MIB has no row, LibreNMS found these in a table of the vendor's.
        for link in expected["links_librenms"].as_array().into_iter().flatten().filter(|link| link["protocol"] == "lldp") {
            let is_it = |row: &&&NeighbourRow| {
                let local = row.local_if_index.and_then(|number| device.interface(number));
                local.is_some_and(|local| text(&link["ifName"]) == local.if_name.as_deref().unwrap_or("").to_lowercase())
                    && row.sys_name.as_deref().unwrap_or("").to_lowercase() == text(&link["remote_hostname"])
            };
            if !heard.iter().any(|row| is_it(&row)) {
                wrong.push(format!("not heard: {link}"));
            }
        }
        wrong
    });
}

/// dot1qTpFdbPort and dot1dTpFdbPort: their index ends in the address.
const FDB_PORTS: [(&str, usize); 2] = [("1.3.6.1.2.1.17.7.1.2.2.1.2", 7), ("1.3.6.1.2.1.17.4.3.1.2", 6)];

/// The unicast addresses of a recording's forwarding table, and how many rows have one.
fn recorded_fdb(path: &Path) -> (BTreeSet<MacAddr>, usize) {
    let binds = recording::recording(path);
    for (root, length) in FDB_PORTS {
        let root = root.parse().unwrap();
        let indexes = binds.iter().filter_map(|bind| bind.oid.suffix_of(&root)).filter(|index| index.len() == length);
        let addresses: Vec<MacAddr> = indexes
            .filter_map(|index| index[length - 6..].iter().map(|arc| u8::try_from(*arc).ok()).collect::<Option<Vec<u8>>>())
            .map(|octets| MacAddr(octets.try_into().unwrap()))
            .filter(|mac| mac.is_identity())
            .collect();
        if !addresses.is_empty() {
            return (addresses.iter().copied().collect(), addresses.len());
        }
    }
    (BTreeSet::new(), 0)
}

#[test]
fn forwarding_tables_hold_every_recorded_address_and_row() {
    check(|path, expected, assembly| {
        let (addresses, rows) = recorded_fdb(path);
        let found = assembly.sightings.fdb.clone().unwrap();
        let seen: BTreeSet<MacAddr> = found.iter().map(|row| row.mac).collect();
        let mut wrong = Vec::new();
        if seen != addresses {
            wrong.push(format!("FDB: expected {} addresses, found {}", addresses.len(), seen.len()));
        }
        // Rows that differ only in a database of unknown VLAN can't be told apart.
        if found.len() != rows && found.iter().all(|row| row.vlan.is_some()) {
            wrong.push(format!("FDB: expected {rows} rows, found {}", found.len()));
        }
        let counted = expected["fdb"]["dot1q_rows"].as_u64().filter(|rows| *rows > 0).or(expected["fdb"]["dot1d_rows"].as_u64());
        if counted.is_some_and(|counted| counted > 0 && found.is_empty() && rows > 0) {
            wrong.push(format!("FDB: {counted:?} rows counted, none found"));
        }
        wrong
    });
}
