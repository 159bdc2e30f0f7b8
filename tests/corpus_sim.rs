//! The whole way: `noctop sim --recordings` plays every recorded agent, `noctop discover` finds them over UDP.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `snmp/`: without it the test says loudly that it did not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Ends the simulator when the test ends, however it does.
struct Playing(Child);

impl Drop for Playing {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json[key].as_str().filter(|text| !text.is_empty())
}

fn if_indexes(json: &Json) -> Vec<u64> {
    json.as_array().unwrap().iter().map(|port| port["ifIndex"].as_u64().unwrap()).collect()
}

#[test]
fn every_recorded_agent_is_discovered_over_udp() {
    let corpus = std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("snmp"));
    let Some(corpus) = corpus.filter(|folder| folder.is_dir()) else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no snmp/: the recorded agents were not played");
        return;
    };
    let mut simulator = Command::new(NOCTOP);
    simulator.args(["sim", "--listen", "127.102.0.0/16:0", "--recordings"]).arg(&corpus);
    let mut playing = Playing(simulator.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    // The lines come when the port is open; after the last the simulator keeps its output open, so they are counted.
    let recordings = std::fs::read_dir(&corpus)
        .unwrap()
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|ending| ending == "snmprec")));
    let lines = BufReader::new(playing.0.stdout.take().unwrap()).lines().take(recordings.count());
    let mut names = BTreeMap::new();
    for line in lines {
        let line = line.unwrap();
        let (address, name) = line.split_once(' ').unwrap();
        names.insert(address.to_owned(), name.to_owned());
    }
    let targets: Vec<&String> = names.keys().collect();
    let found =
        Command::new(NOCTOP).args(["discover", "--format", "json", "-c", "any", "--depth", "0"]).args(&targets).output().unwrap();
    let topology: Json = serde_json::from_slice(&found.stdout).unwrap();
    let mut wrong = Vec::new();
    for device in topology["devices"].as_array().unwrap() {
        let Some(name) = names.remove(device["snmp"]["address"].as_str().unwrap()) else { continue };
        let expected = std::fs::read(corpus.join(format!("{name}.EXPECTED.json"))).unwrap();
        let expected: Json = serde_json::from_slice(&expected).unwrap();
        let system = &expected["system"];
        if text(system, "sysObjectID") != text(device, "sysObjectId") {
            wrong.push(format!("{name}: sysObjectID {:?}", device["sysObjectId"]));
        }
        if text(system, "sysName").is_some_and(|said| Some(said) != text(device, "sysName")) {
            wrong.push(format!("{name}: sysName {:?}", device["sysName"]));
        }
        if if_indexes(&expected["ports"]) != if_indexes(&device["interfaces"]) {
            wrong.push(format!("{name}: ports {:?}", if_indexes(&device["interfaces"])));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(names.is_empty(), "not found: {names:?}");
}
