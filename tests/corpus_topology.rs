//! Every recorded network of the corpus against the adjacencies that are known to be there:
//!
//! `NOCTOP_CORPUS=DIR cargo test --test corpus_topology -- --nocapture` prints a table for each of three ways. `DIR/topology` is a
//! folder of any number of networks of one shape: recordings, NETWORK.json, and expectations scenario by scenario.
//!
//! 1. The recordings are decoded and resolved.
//! 2. `noctop sim` serves exactly the recordings of a scenario, and `noctop discover` is given all of them as targets.
//! 3. The CDP networks whose devices were recorded with their addresses are crawled from one seed, in a network namespace where each
//!    device answers at its recorded addresses.
//!
//! Without `NOCTOP_CORPUS`, and without the right to make a namespace, the tests say loudly that they did not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

mod adjacency;
mod recording;

use adjacency::{End, Found, Scenario, Score, report};
use noctop::analyse::topology::{Known, resolve};
use noctop::model::{DeviceId, LinkEnd};
use noctop::sim::recording::Recording;
use noctop::sim::serve::{Recorded, Server};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Scenarios that a crawl from one seed can find: every device has the addresses that its neighbours tell.
const CRAWLED: [&str; 2] = ["nms17216_cdp", "nms8000_cdp"];
/// Set in the process that runs in a namespace of its own: the expectation that it crawls.
const INSIDE: &str = "NOCTOP_TEST_CRAWL";

/// The expectations of the corpus, or `None` with a loud word about it.
fn expectations() -> Option<Vec<PathBuf>> {
    let folder = std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("topology"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no topology/: the recorded networks were not resolved");
        return None;
    };
    let found: Vec<PathBuf> = entries(&folder).iter().filter(|path| path.is_dir()).flat_map(|network| entries(network)).collect();
    let found: Vec<PathBuf> = found.into_iter().filter(|path| path.to_string_lossy().ends_with("EXPECTED-LINKS.json")).collect();
    assert!(!found.is_empty(), "NOCTOP_CORPUS/topology holds no expectation");
    Some(found)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn decoded(scenario: &Scenario) -> Found {
    let id = |name: &str| format!("recorded:{name}");
    let known = scenario.recorded.iter().map(|recorded| {
        let mut device = recorded.device.clone();
        device.id = DeviceId::new(&id(&recorded.name));
        Known::of(Arc::new(device))
    });
    let resolved = resolve(&known.collect::<Vec<_>>(), &[]);
    let end = |end: &LinkEnd| End {
        device: end.device.to_string(),
        if_index: end.if_index.map(|number| number.0),
        port: end.port.clone(),
    };
    Found {
        links: resolved.links.iter().map(|link| [end(&link.a), end(&link.b)]).collect(),
        recorded: scenario.recorded.iter().map(|recorded| (id(&recorded.name), recorded.name.clone())).collect(),
        neighbours: resolved.neighbours.into_iter().map(|neighbour| (neighbour.id.to_string(), neighbour.name)).collect(),
    }
}

#[test]
fn recorded_networks_resolve_to_the_links_that_are_known_and_no_other() {
    let Some(expectations) = expectations() else { return };
    let scenarios = expectations.iter().map(|path| Scenario::read(path));
    let scores: Vec<Score> = scenarios.map(|scenario| Score::of(&scenario, &decoded(&scenario))).collect();
    let faults = report("decoded recordings", &scores);
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Ends the simulator when the test ends, however it does.
struct Playing(Child);

impl Drop for Playing {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn discovered(targets: &[String], more: &[&str]) -> Json {
    let mut command = Command::new(NOCTOP);
    let found = command.args(["discover", "--format", "json", "-c", "public"]).args(more).args(targets).output().unwrap();
    serde_json::from_slice(&found.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&found.stderr)))
}

/// Serves a scenario's recordings and no other, and discovers all of them.
fn played(scenario: &Scenario) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for recorded in &scenario.recorded {
        std::fs::copy(&recorded.file, folder.path().join(format!("{}.snmprec", recorded.name))).unwrap();
    }
    let mut simulator = Command::new(NOCTOP);
    simulator.args(["sim", "--listen", "127.103.0.0/16:0", "--recordings"]).arg(folder.path());
    let mut playing = Playing(simulator.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    // The lines come when the port is open; after the last the simulator keeps its output open, so they are counted.
    let lines = BufReader::new(playing.0.stdout.take().unwrap()).lines().take(scenario.recorded.len());
    let at = |line: String| line.split_once(' ').map(|(address, name)| (address.to_owned(), name.to_owned())).unwrap();
    let names: BTreeMap<String, String> = lines.map(|line| at(line.unwrap())).collect();
    let targets: Vec<String> = names.keys().cloned().collect();
    let json = discovered(&targets, &["--depth", "0"]);
    Found::of_json(&json, |device| names.get(device["snmp"]["address"].as_str()?).cloned())
}

#[test]
fn recorded_networks_are_discovered_with_the_links_that_are_known_and_no_other() {
    let Some(expectations) = expectations() else { return };
    let scenarios = expectations.iter().map(|path| Scenario::read(path));
    let scores: Vec<Score> = scenarios.map(|scenario| Score::of(&scenario, &played(&scenario))).collect();
    let faults = report("served by noctop sim, discovered by noctop discover", &scores);
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The addresses at which each recorded device of a scenario answers.
fn addresses(scenario: &Scenario, expectation: &Path) -> BTreeMap<Ipv4Addr, PathBuf> {
    let network: Json = serde_json::from_slice(&std::fs::read(expectation.with_file_name("NETWORK.json")).unwrap()).unwrap();
    let file = |device: &Json| expectation.with_file_name(device["file"].as_str().unwrap());
    let devices = network["devices"].as_array().unwrap().iter();
    let devices = devices.filter(|device| scenario.recorded.iter().any(|recorded| recorded.file == file(device)));
    let own = devices.flat_map(|device| device["ips"].as_array().unwrap().iter().map(move |address| (address, file(device))));
    own.filter_map(|(address, file)| Some((address.as_str()?.parse().ok()?, file)))
        .filter(|(a, _): &(Ipv4Addr, _)| !a.is_loopback())
        .collect()
}

/// In a namespace of its own: every device answers at its addresses, and one of them is the seed.
fn crawl_inside(expectation: &Path) {
    let scenario = Scenario::read(expectation);
    let addresses = addresses(&scenario, expectation);
    for address in addresses.keys() {
        assert!(Command::new("ip").args(["addr", "add", &format!("{address}/32"), "dev", "lo"]).status().unwrap().success());
    }
    let recording = |file: &PathBuf| Recording::parse("recorded", &std::fs::read(file).unwrap());
    let hosts = Recorded(addresses.iter().map(|(address, file)| (*address, recording(file))).collect());
    let _server = Server::start(Arc::new(hosts), "0.0.0.0/0".parse().unwrap(), 161, 1).unwrap();
    let seed = addresses.keys().next().unwrap().to_string();
    let json = discovered(&[seed], &["--scope", "0.0.0.0/0"]);
    let name = |device: &Json| {
        let at = device["snmp"]["address"].as_str()?.split(':').next()?.parse().ok()?;
        let file = addresses.get(&at)?;
        scenario.recorded.iter().find(|recorded| recorded.file == *file).map(|recorded| recorded.name.clone())
    };
    let found = Found::of_json(&json, name);
    let names: Vec<&String> = found.recorded.values().collect();
    assert_eq!(names.len(), scenario.recorded.len(), "found: {names:?}");
    let faults = report("crawled from one seed", &[Score::of(&scenario, &found)]);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn recorded_networks_are_crawled_from_one_seed() {
    if let Some(expectation) = std::env::var_os(INSIDE) {
        return crawl_inside(Path::new(&expectation));
    }
    let Some(expectations) = expectations() else { return };
    if !Command::new("unshare").args(["-n", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no network namespace can be made here (unshare -n): no recorded network was crawled");
        return;
    }
    let crawled = |path: &&PathBuf| CRAWLED.iter().any(|name| path.to_string_lossy().contains(&format!("{name}.")));
    for expectation in expectations.iter().filter(crawled) {
        let mut command = Command::new("unshare");
        command.args(["-n", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "recorded_networks_are_crawled_from_one_seed", "--nocapture"]).env(INSIDE, expectation);
        assert!(command.status().unwrap().success(), "{}", expectation.display());
    }
}
