//! Discovery of real daemons: two routers and a server, net-snmp and lldpd, v2c and v3, from one seed address.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

#[path = "support/namespaces.rs"]
mod namespaces;

use namespaces::{Cable, Host, Network, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const HOSTS: &[Host] = &[
    Host { name: "edge", address: "10.99.1.1", access: &["rocommunity edge-ro"] },
    Host {
        name: "core",
        address: "10.99.2.2",
        access: &["createUser noc SHA-256 \"auth-secret-1\" AES \"priv-secret-1\"", "rouser noc priv -V all"],
    },
    Host { name: "server", address: "10.99.4.2", access: &["rocommunity servers"] },
];

/// edge and core are joined by two parallel links.
const CABLES: &[Cable] = &[
    Cable { a: ("noc", "eth0", "10.99.1.2/30"), b: ("edge", "lan0", "10.99.1.1/30") },
    Cable { a: ("edge", "xe1", "10.99.2.1/30"), b: ("core", "xe1", "10.99.2.2/30") },
    Cable { a: ("edge", "xe2", "10.99.3.1/30"), b: ("core", "xe2", "10.99.3.2/30") },
    Cable { a: ("core", "ge3", "10.99.4.1/30"), b: ("server", "eth0", "10.99.4.2/30") },
];

const ROUTES: &[(&str, &str, &str)] = &[
    ("noc", "10.99.0.0/16", "10.99.1.1"),
    ("edge", "10.99.4.0/30", "10.99.2.2"),
    ("core", "10.99.1.0/30", "10.99.2.1"),
    ("server", "10.99.0.0/16", "10.99.4.1"),
];

const CREDENTIALS: &str = r#"
[[credential]]
name = "edge"
version = "2c"
community = "edge-ro"

[[credential]]
name = "servers"
version = "2c"
community = "servers"
networks = ["10.99.4.0/24"]

[[credential]]
name = "core"
version = "3"
username = "noc"
auth = "sha256"
auth_password = "auth-secret-1"
priv = "aes128"
priv_password = "priv-secret-1"
"#;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// `edge xe1 = core xe1`, the smaller name first, so that it does not depend on ids.
fn links(document: &Value) -> BTreeSet<(String, String, String)> {
    let devices = document["devices"].as_array().expect("devices");
    let name = |id: &str| {
        devices.iter().find(|device| text(device, "id") == id).map_or(id.to_owned(), |d| text(d, "sysName").to_owned())
    };
    let ends = |link: &Value| {
        let end = |side: &str| format!("{} {}", name(text(&link[side], "device")), text(&link[side], "port"));
        let mut both = [end("a"), end("b")];
        both.sort();
        let [a, b] = both;
        (a, b, text(link, "confirmedBy").to_owned())
    };
    document["links"].as_array().expect("links").iter().map(ends).collect()
}

fn interfaces(network: &Network, host: &str) -> BTreeSet<String> {
    let listed = network.exec(host, &["ip", "-br", "link"]);
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    names.lines().filter_map(|line| line.split(['@', ' ']).next()).map(str::to_owned).collect()
}

#[test]
fn one_seed_finds_every_device_interface_and_link_of_real_daemons() {
    if let Some(why) = namespaces::missing() {
        eprintln!("SKIPPED: discovery of real daemons: {why}");
        return;
    }
    let network = Network::up(HOSTS, CABLES, ROUTES);
    for (host, expected) in [("edge", 2), ("core", 3), ("server", 1)] {
        wait_for(&format!("{host}'s neighbours"), Duration::from_secs(30), || network.neighbours(host) == expected);
    }
    let credentials = network.folder().join("credentials.toml");
    std::fs::write(&credentials, CREDENTIALS).expect("credentials");
    let credentials = credentials.display().to_string();
    let noctop = env!("CARGO_BIN_EXE_noctop");
    let argv = [noctop, "discover", "10.99.1.1", "--credentials", &credentials, "--format", "json", "--timeout", "500ms"];

    // lldpd's rows reach snmpd by AgentX a moment after lldpd has them itself.
    let mut document = Value::Null;
    wait_for("all links in LLDP-MIB", Duration::from_secs(40), || {
        let output = network.exec("noc", &argv);
        document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {} {}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        });
        links(&document).iter().filter(|(_, _, confirmed)| confirmed == "both").count() == 3
    });

    let expected: BTreeSet<_> = [("core ge3", "server eth0"), ("core xe1", "edge xe1"), ("core xe2", "edge xe2")]
        .into_iter()
        .map(|(a, b)| (a.to_owned(), b.to_owned(), "both".to_owned()))
        .collect();
    assert_eq!(links(&document), expected, "every link once, confirmed by both ends, and nothing else");

    let devices = document["devices"].as_array().expect("devices");
    let names: BTreeSet<&str> = devices.iter().map(|device| text(device, "sysName")).collect();
    assert_eq!(names, BTreeSet::from(["core", "edge", "server"]));
    for device in devices {
        let host = text(device, "sysName");
        let found: BTreeSet<String> =
            device["interfaces"].as_array().expect("interfaces").iter().map(|port| text(port, "ifName").to_owned()).collect();
        assert_eq!(found, interfaces(&network, host), "interfaces of {host}");
        let version = if host == "core" { "3" } else { "2c" };
        assert_eq!(text(&device["snmp"], "version"), version, "{host}");
        assert_eq!(device["snmp"]["partial"], Value::Bool(false), "{host}");
    }
    assert_eq!(document["neighbours"].as_array().map(Vec::len), Some(0), "nobody without SNMP");
    assert_eq!(document["problems"].as_array().map(Vec::len), Some(0), "{}", document["problems"]);
    let printed = document.to_string();
    for secret in ["edge-ro", "auth-secret-1", "priv-secret-1"] {
        assert!(!printed.contains(secret), "{secret} is in the output");
    }
}
