//! The host that noctop runs on, and whom its ports hear: a real lldpd at the other end of a cable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "support/namespaces.rs"]
mod namespaces;

use namespaces::{Cable, Host, Network, wait_for};
use serde_json::Value;
use std::process::Output;
use std::time::Duration;

const HOSTS: &[Host] = &[Host { name: "edge", address: "10.99.1.1", access: &["rocommunity edge-ro"] }];

const CABLES: &[Cable] = &[Cable { a: ("noc", "eth0", "10.99.1.2/30"), b: ("edge", "lan0", "10.99.1.1/30") }];

/// lldpd speaks once a second here.
const LISTEN: &str = "3s";

/// `noctop discover` on a host of the network, under the host's own name.
fn discover(network: &Network, host: &str, (before, arguments): (&[&str], &[&str])) -> (Output, Value) {
    let hostname = ["unshare", "--uts", "sh", "-c", "hostname \"$0\"; exec \"$@\"", host];
    let fixed =
        [env!("CARGO_BIN_EXE_noctop"), "discover", "10.99.1.1", "--format", "json", "--timeout", "300ms", "--retries", "0"];
    let argv = [hostname.as_slice(), before, fixed.as_slice(), arguments].concat();
    let output = network.exec(host, &argv);
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {} {}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    (output, document)
}

fn list<'a>(document: &'a Value, name: &str) -> &'a Vec<Value> {
    document[name].as_array().expect("a list")
}

fn named<'a>(document: &'a Value, name: &str) -> &'a Value {
    list(document, "devices").iter().find(|device| device["sysName"] == name).unwrap_or_else(|| panic!("no {name} in {document}"))
}

/// The ports of the only link, by name of their devices.
fn ends(document: &Value) -> Vec<(String, String)> {
    let links = list(document, "links");
    assert_eq!(links.len(), 1, "{document}");
    assert_eq!(links[0]["evidence"], serde_json::json!(["lldp"]));
    let name = |id: &Value| {
        let all = list(document, "devices").iter().chain(list(document, "neighbours"));
        let found = all.clone().find(|other| other["id"] == *id).expect("a known end");
        found["sysName"].as_str().or(found["name"].as_str()).expect("a name").to_owned()
    };
    let mut ends: Vec<(String, String)> = ["a", "b"]
        .map(|side| (name(&links[0][side]["device"]), links[0][side]["port"].as_str().unwrap_or("-").to_owned()))
        .into();
    ends.sort();
    ends
}

fn pairs(ends: &[(&str, &str)]) -> Vec<(String, String)> {
    ends.iter().map(|(device, port)| ((*device).to_owned(), (*port).to_owned())).collect()
}

#[test]
fn the_host_is_on_the_map_with_whom_its_ports_hear() {
    if let Some(why) = namespaces::missing() {
        eprintln!("SKIPPED: frames of a real lldpd: {why}");
        return;
    }
    let network = Network::up(HOSTS, CABLES, &[]);
    let mut said = (Value::Null, Vec::new());
    // lldpd takes a moment to find its own management address.
    wait_for("edge's announcement", Duration::from_secs(40), || {
        let (output, document) = discover(&network, "noc", (&[], &["-c", "edge-ro", "--listen", LISTEN]));
        said = (document, output.stderr);
        list(&said.0, "links").len() == 1
    });
    let (document, stderr) = said;
    assert_eq!(ends(&document), pairs(&[("edge", "lan0"), ("noc", "eth0")]), "heard by this host alone");
    let noc = named(&document, "noc");
    assert_eq!((&noc["snmp"], &noc["role"]), (&Value::Null, &Value::from("server")), "{}", String::from_utf8_lossy(&stderr));
    assert_eq!(noc["addresses"], serde_json::json!(["10.99.1.2"]));
    assert_eq!(list(noc, "interfaces").len(), 2, "eth0 and lo");

    assert_eq!(network.neighbours("edge"), 0, "noctop only listens");

    // Without SNMP at the other end it is a neighbour, and nothing that was asked has answered.
    let (output, document) = discover(&network, "noc", (&[], &["-c", "wrong", "--listen", LISTEN]));
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(ends(&document), pairs(&[("edge", "lan0"), ("noc", "eth0")]));
    assert_eq!(list(&document, "neighbours").len(), 1);

    // Both descriptions of one machine are one device, and that of its agent stands.
    let (_, document) = discover(&network, "edge", (&[], &["-c", "edge-ro", "--listen", LISTEN]));
    assert_eq!(list(&document, "devices").len(), 1, "{document}");
    let edge = named(&document, "edge");
    assert_eq!(edge["snmp"]["credential"], "community 1", "{edge}");
    assert!(edge["id"].as_str().expect("an id").starts_with("chassis:"), "{edge}");

    // Without being asked for, this host is left out: what is heard within a short run is chance.
    let (_, document) = discover(&network, "noc", (&[], &["-c", "edge-ro"]));
    assert_eq!((list(&document, "devices").len(), list(&document, "links").len()), (1, 0));

    // Without permission it says so, waits for nothing, and shows the host by itself.
    let unprivileged = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    let (output, document) = discover(&network, "noc", (&unprivileged, &["-c", "edge-ro", "--listen", "1h"]));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("no permission to hear LLDP and CDP") && stderr.contains("setcap cap_net_raw"), "{stderr}");
    assert_eq!(named(&document, "noc")["addresses"], serde_json::json!(["10.99.1.2"]));
}
