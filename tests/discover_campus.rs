//! The demo campus on loopback, discovered from one of its switches by the ordinary discovery.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use ipnet::Ipv4Net;
use noctop::clock::{self, Stopwatch};
use noctop::collect::emitter;
use noctop::collect::snmp::access::Access;
use noctop::collect::snmp::crawl::{Control, CrawlOptions, CrawlOutcome, Keep, Ping, crawl};
use noctop::collect::snmp::{Client, Options};
use noctop::event::Body;
use noctop::mib::Registry;
use noctop::model::{Credential, Inventory};
use noctop::sim::serve::{Campus, Server};
use noctop::sim::{Scale, Scenario};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

struct Found {
    outcome: CrawlOutcome,
    /// The last inventory of each device, by name.
    devices: BTreeMap<String, Inventory>,
}

/// Serves a campus on `network` and discovers `targets` of it; `{port}` in a target is the port of the agents.
fn discover(network: Ipv4Net, devices: Option<usize>, targets: impl Fn(&Scenario) -> Vec<String>) -> (Arc<Scenario>, Found) {
    let scale = Scale { devices, network, ..Scale::at(clock::now(), 7) };
    let scenario = Arc::new(Scenario::campus(scale).unwrap());
    let campus = Campus::new(Arc::clone(&scenario), Registry::builtin()).unwrap();
    let server = Server::start(Arc::new(campus), network, 0, 1).unwrap();
    let credentials = [Credential::community("demo", &scenario.community)];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let found = runtime.block_on(async {
        let client = Client::open(Options::default()).unwrap();
        let options = CrawlOptions {
            port: server.port(),
            ping: Ping::Never,
            ..CrawlOptions::new(targets(&scenario), Arc::new(Access::new(&credentials)))
        };
        let (emitter, mut events) = emitter::channel(64);
        let (_pause, paused) = tokio::sync::watch::channel(false);
        let control = Control { paused, cancel: tokio_util::sync::CancellationToken::new(), keep: Keep::default() };
        let collecting = tokio::spawn(async move {
            let mut devices = BTreeMap::new();
            while let Some(event) = events.recv().await {
                if let Body::Inventory(inventory) = event.body {
                    devices.insert(inventory.device.name(), *inventory);
                }
            }
            devices
        });
        let clock = Stopwatch::start();
        let outcome = crawl(&client, &options, &emitter, control).await.unwrap();
        drop(emitter);
        let devices = collecting.await.unwrap();
        let counts = client.counts();
        eprintln!(
            "{} devices, {:?} in {:?}, {} requests, {} retried",
            devices.len(),
            outcome.summary,
            clock.elapsed(),
            counts.sent,
            counts.retried
        );
        Found { outcome, devices }
    });
    (scenario, found)
}

#[test]
fn the_campus_is_found_from_its_first_device() {
    let network: Ipv4Net = "127.102.0.0/16".parse().unwrap();
    let (scenario, found) = discover(network, None, |scenario| {
        scenario.agents().next().map(|(_, address, _)| address.to_string()).into_iter().collect()
    });
    let all: BTreeSet<&str> = scenario.agents().map(|(_, _, node)| node.name.as_str()).collect();
    let names: BTreeSet<&str> = found.devices.keys().map(String::as_str).collect();
    let heard: BTreeSet<IpAddr> =
        found.devices.values().flat_map(|inventory| &inventory.device.neighbours).flat_map(|row| row.addresses.clone()).collect();
    let agents = scenario.agents().filter(|(_, address, _)| heard.contains(&IpAddr::V4(*address)));
    let missing: Vec<&str> = agents.map(|(_, _, node)| node.name.as_str()).filter(|name| !names.contains(name)).collect();
    // One device of the campus is dead at the scenario's moment; what only that one hears, or nobody, can't be found from here.
    assert!(missing.len() <= 1, "heard of and not found: {missing:?}");
    assert!(names.len() >= 50, "{}", names.len());
    assert!(names.is_subset(&all), "not of this campus: {:?}", names.difference(&all).collect::<Vec<_>>());
    assert_eq!(found.outcome.problems, []);
    for inventory in found.devices.values() {
        let device = &inventory.device;
        assert!(!device.interfaces.is_empty(), "{} has no interfaces", device.name());
        assert!(device.vendor.is_some(), "{} has no vendor", device.name());
        let unplaced: Vec<_> = device.neighbours.iter().filter(|row| row.local_if_index.is_none()).collect();
        assert!(unplaced.is_empty(), "{}: {unplaced:?}", device.name());
    }
}

#[test]
fn the_campus_is_found_by_sweeping_it() {
    let network: Ipv4Net = "127.103.0.0/24".parse().unwrap();
    let (scenario, found) = discover(network, Some(40), |scenario| {
        let addresses: BTreeSet<_> = scenario.agents().map(|(_, address, _)| address).collect();
        vec![format!("{}-{}", addresses.first().unwrap(), addresses.last().unwrap())]
    });
    assert!(found.devices.len() + 1 >= scenario.agents().count(), "{} of {}", found.devices.len(), scenario.agents().count());
    assert_eq!((found.outcome.problems.as_slice(), found.outcome.named_problems), (&[][..], 0));
}
