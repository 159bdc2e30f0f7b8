//! The user's own vendor profiles, from the file to the discovered device, through the binary.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use ipnet::Ipv4Net;
use noctop::sim::recording::Recording;
use noctop::sim::serve::{Recorded, Server};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const PROFILE: &str = "vendor = \"Brewery\"\nenterprises = [99999]\n[[system]]\nos = \"KettleOS\"\nrole = \"sensor\"\n\
    capture = ['Kettle (?P<model>\\S+) (?P<version>\\S+)']\n[system.read]\nserial = { object = \".4.0\" }\n";

/// Runs noctop; exit code, stdout, stderr.
fn noctop(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = assert_cmd::Command::cargo_bin("noctop").unwrap();
    let output = command.args(arguments).env_remove("NOCTOP_CONFIG").output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Writes a file into a folder and names it.
fn file(folder: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn mib_check_says_every_fault_with_its_place_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "good.toml", PROFILE);
    assert_eq!(noctop(&["mib", "check", &good]).0, Some(0));
    let bad = file(folder.path(), "bad.toml", "colour = 1\n[[system]]\nunder = [\"x\"]\ncapture = ['(']\n");
    let (code, _, said) = noctop(&["mib", "check", &bad]);
    assert_eq!(code, Some(2), "{said}");
    for place in ["bad.toml:1:1:", "bad.toml:3:", "bad.toml:4:12:"] {
        assert!(said.contains(place), "{place}\n{said}");
    }
}

#[test]
fn a_users_profile_names_the_device_that_discovery_finds() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "brewery.toml", PROFILE);
    let profiles = folder.path().display().to_string();
    let config = tempfile::tempdir().unwrap();
    let config = file(config.path(), "noctop.toml", &format!("[mib]\nprofiles = [{profiles:?}]\n"));
    let here = Ipv4Addr::new(127, 101, 44, 1);
    let said = "1.3.6.1.2.1.1.1.0|4|Kettle K-9 2.1\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.3\n1.3.6.1.2.1.1.5.0|4|kettle-9\n\
        1.3.6.1.4.1.99999.3.4.0|4|S0042\n";
    let hosts = Recorded(std::iter::once((here, Recording::parse("kettle", said.as_bytes()))).collect());
    let server = Server::start(Arc::new(hosts), Ipv4Net::new(here, 32).unwrap(), 0, 1).unwrap();
    let target = format!("{here}:{}", server.port());
    let (_, out, err) = noctop(&["--config", &config, "discover", "-c", "public", &target, "--no-ping", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let device = &found["devices"][0];
    let facts = ["vendor", "model", "os", "osVersion", "serial", "role"].map(|key| device[key].as_str().unwrap_or("-"));
    assert_eq!(facts, ["Brewery", "K-9", "KettleOS", "2.1", "S0042", "sensor"], "{err}");
}
