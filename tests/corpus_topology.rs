//! Every recorded network of the corpus, resolved to links, against the adjacencies that are known to be there.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `topology/`: without it the test says loudly that it did not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

mod recording;

use noctop::analyse::topology::{Known, Resolution, resolve};
use noctop::model::{Device, DeviceId, Evidence, IfIndex, LinkEnd};
use recording::assembled;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of recorded networks, or `None` with a loud word about it.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("topology"));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no topology/: the recorded networks were not resolved");
    }
    folder
}

fn sorted(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(suffix));
    paths.sort();
    paths
}

/// One scenario: the devices that were recorded, under the names of the expectation.
struct Network {
    names: BTreeMap<DeviceId, String>,
    devices: Vec<Device>,
    expected: Json,
}

impl Network {
    fn read(path: &Path) -> Self {
        let expected: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut names = BTreeMap::new();
        let mut devices = Vec::new();
        for recorded in expected["recordings"].as_array().unwrap() {
            let name = recorded["device"].as_str().unwrap();
            let mut device = assembled(&path.with_file_name(recorded["file"].as_str().unwrap()));
            device.id = DeviceId::new(&format!("recorded:{name}"));
            // All were recorded at one address, which is nobody's.
            device.addresses.retain(|address| !address.is_loopback());
            names.insert(device.id.clone(), name.to_owned());
            devices.push(device);
        }
        devices.sort_by(|x, y| x.id.cmp(&y.id));
        Self { names, devices, expected }
    }

    /// The name by which the expectation knows an end, and what else it may be called.
    fn called(&self, found: &Resolution, end: &LinkEnd) -> Vec<String> {
        if let Some(name) = self.names.get(&end.device) {
            return vec![name.to_lowercase()];
        }
        let heard = found.neighbours.iter().find(|neighbour| neighbour.id == end.device);
        let name = heard.and_then(|neighbour| neighbour.name.clone()).unwrap_or_default().to_lowercase();
        let id = end.device.as_str().trim_start_matches("neighbour:");
        vec![name, format!("chassis-{}", id.replace(':', "")), id.replace(':', " ")]
    }

    /// The port of an end, as the expectation may write it.
    fn ports(&self, end: &LinkEnd) -> BTreeSet<String> {
        let device = self.devices.iter().find(|device| device.id == end.device);
        let port = device.zip(end.if_index).and_then(|(device, index)| device.interface(index));
        let index = end.if_index.map(|IfIndex(index)| index.to_string());
        let names = port.into_iter().flat_map(|port| [port.if_name.clone(), port.if_descr.clone(), port.if_alias.clone()]);
        let mac = port.and_then(|port| port.mac).map(|mac| mac.to_string().replace(':', " ").to_uppercase());
        let said = end.port.as_ref().map(|port| port.replace(':', " ").to_uppercase());
        names.chain([index, mac, end.port.clone(), said]).flatten().collect()
    }
}

/// What is wrong with the links of one scenario, in words.
fn differences(network: &Network) -> Vec<String> {
    let known: Vec<Known> = network.devices.iter().cloned().map(|device| Known::of(Arc::new(device))).collect();
    let found = resolve(&known, &[]);
    let mut differences = Vec::new();
    for wanted in network.expected["adjacencies"].as_array().unwrap() {
        let text = |key: &str| wanted[key].as_str().unwrap().to_owned();
        let (from, to, port) = (text("source_device").to_lowercase(), text("target_device").to_lowercase(), text("source_port"));
        if from == to {
            continue;
        }
        let is_it = |near: &LinkEnd, far: &LinkEnd| {
            network.called(&found, near).contains(&from)
                && network.called(&found, far).contains(&to)
                // Port 0 stands for a port that the recording does not tell; some recordings have no interface table.
                && (port == "0" || network.ports(near).contains(&port) || near.if_index.is_none())
        };
        if !found.links.iter().any(|link| is_it(&link.a, &link.b) || is_it(&link.b, &link.a)) {
            differences.push(format!("missing: {from} {port} to {to} {}", text("target_port")));
        }
    }
    differences.extend(doubled(&found));
    if !differences.is_empty() {
        let ends = found.links.iter().map(|link| format!("found: {:?} - {:?}", link.a, link.b));
        differences.extend(ends);
    }
    differences
}

/// Ports of recorded devices that stand in two links between the same two devices: one cable seen as two.
fn doubled(found: &Resolution) -> Vec<String> {
    let mut seen: BTreeSet<(&DeviceId, IfIndex, &DeviceId)> = BTreeSet::new();
    let mut doubled = Vec::new();
    for link in found.links.iter().filter(|link| !link.evidence.contains(&Evidence::Manual)) {
        for (near, far) in [(&link.a, &link.b), (&link.b, &link.a)] {
            if let Some(index) = near.if_index
                && !far.device.as_str().starts_with("neighbour:")
                && !seen.insert((&near.device, index, &far.device))
            {
                doubled.push(format!("twice: {} {index} to {}", near.device, far.device));
            }
        }
    }
    doubled
}

#[test]
fn recorded_networks_have_the_links_that_are_known_and_each_once() {
    let Some(folder) = corpus() else { return };
    let networks = sorted(&folder, "");
    assert!(!networks.is_empty(), "NOCTOP_CORPUS/topology holds no network");
    let mut wrong = Vec::new();
    for scenario in networks.iter().flat_map(|network| sorted(network, "EXPECTED-LINKS.json")) {
        let network = Network::read(&scenario);
        let name = scenario.file_name().unwrap().to_string_lossy().into_owned();
        wrong.extend(differences(&network).into_iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
