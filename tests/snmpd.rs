//! The SNMP engine against net-snmp's agent, which each test starts by itself on loopback. Skipped, loudly, where there is none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

use noctop::collect::snmp::{Agent, Client, Failure, Limits, Options};
use noctop::model::access::{AuthProtocol, PrivProtocol, Proof};
use noctop::model::inventory::Reason;
use noctop::model::secret::Secret;
use noctop::model::{Credential, Oid, SnmpVersion};
use noctop::wire::snmp::Value;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const SYS_NAME: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 5, 0];
const SYSTEM: [u32; 7] = [1, 3, 6, 1, 2, 1, 1];
const SYS_OR_ID: [u32; 10] = [1, 3, 6, 1, 2, 1, 1, 9, 1, 2];
const SYS_OR_DESCR: [u32; 10] = [1, 3, 6, 1, 2, 1, 1, 9, 1, 3];

/// Name, authentication, its word for snmpd, privacy, its word.
type User = (&'static str, Option<(AuthProtocol, &'static str)>, Option<(PrivProtocol, &'static str)>);

const USERS: [User; 8] = [
    ("sha256aes128", Some((AuthProtocol::Sha256, "SHA-256")), Some((PrivProtocol::Aes128, "AES"))),
    ("sha1aes256", Some((AuthProtocol::Sha1, "SHA")), Some((PrivProtocol::Aes256, "AES-256"))),
    ("md5des", Some((AuthProtocol::Md5, "MD5")), Some((PrivProtocol::Des, "DES"))),
    ("sha512aes256", Some((AuthProtocol::Sha512, "SHA-512")), Some((PrivProtocol::Aes256, "AES-256"))),
    ("sha224aes192", Some((AuthProtocol::Sha224, "SHA-224")), Some((PrivProtocol::Aes192, "AES-192"))),
    ("sha384aes128", Some((AuthProtocol::Sha384, "SHA-384")), Some((PrivProtocol::Aes128, "AES"))),
    ("sha256only", Some((AuthProtocol::Sha256, "SHA-256")), None),
    ("noauth", None, None),
];

const AUTH_PASSWORD: &str = "authentic-password";
const PRIV_PASSWORD: &str = "private-password";

/// A running snmpd, killed when dropped.
struct Snmpd {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Snmpd {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn configuration(address: SocketAddr) -> String {
    let mut text = format!("agentaddress udp:{address}\nrocommunity public\nsysName noctop-test\nengineID noctop-test-engine\n");
    for (name, auth, privacy) in USERS {
        let auth_part = auth.map(|(_, word)| format!(" {word} {AUTH_PASSWORD}")).unwrap_or_default();
        let priv_part = privacy.map(|(_, word)| format!(" {word} {PRIV_PASSWORD}")).unwrap_or_default();
        let level = if auth.is_some() { "auth" } else { "noauth" };
        text += &format!("createUser {name}{auth_part}{priv_part}\nrouser {name} {level}\n");
    }
    text
}

/// Starts an agent and waits until it answers; `None` where snmpd is not installed.
async fn snmpd() -> Option<Snmpd> {
    let folder = tempfile::tempdir().unwrap();
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::fs::write(folder.path().join("snmpd.conf"), configuration(address)).unwrap();
    let started = Command::new("snmpd")
        .args(["-f", "-Lf", "/dev/null", "-I", "-smux", "-C", "-c"])
        .arg(folder.path().join("snmpd.conf"))
        .env("PATH", format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default()))
        .env("SNMP_PERSISTENT_DIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = started else {
        eprintln!("SKIPPED: snmpd is not installed; the SNMP engine was not tested against a real agent");
        return None;
    };
    let snmpd = Snmpd { child, address, _folder: folder };
    let limits = Limits { timeout: Duration::from_millis(200), retries: 0, ..Limits::default() };
    for _ in 0..100 {
        let client = Client::open(Options::default()).unwrap();
        let asked = client.session(&agent(address, community("public")), limits).get(&[oid(&SYS_NAME)]).await;
        match asked {
            Ok(_) => return Some(snmpd),
            // Not listening yet: the refusal comes at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("snmpd did not answer");
}

fn oid(arcs: &[u32]) -> Oid {
    Oid::new(arcs)
}

fn agent(address: SocketAddr, credential: Credential) -> Agent {
    Agent { address, credential: Arc::new(credential) }
}

fn community(text: &str) -> Credential {
    Credential::community("test", text)
}

fn usm((name, auth, privacy): User, auth_password: &str, priv_password: &str) -> Credential {
    let proof = Proof::Usm {
        username: name.to_owned(),
        context: String::new(),
        auth: auth.map(|(protocol, _)| (protocol, Secret::new(auth_password))),
        privacy: privacy.map(|(protocol, _)| (protocol, Secret::new(priv_password))),
    };
    Credential { name: name.to_owned(), version: SnmpVersion::V3, proof, networks: Vec::new() }
}

async fn check_reads(client: &Client, agent: &Agent) {
    let what = &agent.credential.name;
    let session = client.session(agent, Limits::default());
    let missing = oid(&[1, 3, 6, 1, 2, 1, 1, 99, 0]);
    let got = session.get(&[oid(&SYS_NAME), missing]).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(got[0].value, Value::Octets(b"noctop-test".to_vec()), "{what}");
    assert!(got[1].value.is_absent(), "{what}");
    let walks = session.walk_columns(&[oid(&SYS_OR_ID), oid(&SYS_OR_DESCR)]).await;
    assert!(walks.iter().all(|walk| walk.fault.is_none() && walk.rows.len() > 3), "{what}: {walks:?}");
    assert_eq!(walks[0].rows.len(), walks[1].rows.len(), "{what}");
    let tally = session.tally();
    assert!(tally.quickest.is_some() && tally.sent >= tally.answered, "{what}: {tally:?}");
}

#[tokio::test]
async fn every_version_and_level_reads_the_agent() {
    let Some(snmpd) = snmpd().await else { return };
    let client = Client::open(Options::default()).unwrap();
    check_reads(&client, &agent(snmpd.address, community("public"))).await;
    let v1 = Credential { version: SnmpVersion::V1, ..community("public") };
    check_reads(&client, &agent(snmpd.address, v1)).await;
    for user in USERS {
        let agent = agent(snmpd.address, usm(user, AUTH_PASSWORD, PRIV_PASSWORD));
        check_reads(&client, &agent).await;
        let engine = client.session(&agent, Limits::default()).engine_id().unwrap();
        assert_eq!(engine.get(..5), Some([0x80, 0, 0x1f, 0x88, 4].as_slice()), "net-snmp's enterprise number, text");
    }
    let counts = client.counts();
    assert_eq!((counts.timeouts, counts.late, counts.unreadable), (0, 0, 0), "{counts:?}");
    assert!(counts.refused.is_empty(), "{counts:?}");
}

#[tokio::test]
async fn the_system_group_is_the_same_by_bulk_and_by_next() {
    let Some(snmpd) = snmpd().await else { return };
    let client = Client::open(Options::default()).unwrap();
    let v1 = Credential { version: SnmpVersion::V1, ..community("public") };
    let names = |walk: noctop::collect::snmp::Walk| walk.rows.into_iter().map(|row| row.oid).collect::<Vec<_>>();
    let by_next = names(client.walk(&agent(snmpd.address, v1), &oid(&SYSTEM)).await);
    let by_bulk = names(client.walk(&agent(snmpd.address, community("public")), &oid(&SYSTEM)).await);
    assert!(by_bulk.len() > 20);
    assert_eq!(by_bulk, by_next);
}

#[tokio::test]
async fn wrong_credentials_are_told_apart() {
    let Some(snmpd) = snmpd().await else { return };
    let client = Client::open(Options::default()).unwrap();
    let limits = Limits { timeout: Duration::from_millis(300), retries: 1, ..Limits::default() };
    let stranger = ("nobody", Some((AuthProtocol::Sha256, "")), None);
    let cases = [
        ("wrong community", community("wrong"), Reason::Timeout),
        ("wrong authentication password", usm(USERS[0], "something else", PRIV_PASSWORD), Reason::Auth),
        (
            "wrong authentication protocol",
            usm(("sha256only", Some((AuthProtocol::Md5, "")), None), AUTH_PASSWORD, ""),
            Reason::Auth,
        ),
        ("unknown user", usm(stranger, AUTH_PASSWORD, PRIV_PASSWORD), Reason::Auth),
        ("too low a level", usm(("sha256only", None, None), "", ""), Reason::Auth),
        ("empty password", usm(USERS[0], "", PRIV_PASSWORD), Reason::Auth),
    ];
    for (what, credential, reason) in cases {
        let session = client.session(&agent(snmpd.address, credential), limits);
        let error = session.get(&[oid(&SYS_NAME)]).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{what}: {error}");
    }
}

#[tokio::test]
async fn a_closed_port_is_refused_at_once() {
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::open(Options::default()).unwrap();
    let error = client.get(&agent(address, community("public")), &[oid(&SYS_NAME)]).await.unwrap_err();
    assert_eq!(error.failure, Failure::Refused);
    assert_eq!(client.known_agents(), 0, "nothing is kept of an address that never answered");
}

fn noctop(arguments: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::cargo_bin("noctop")
        .unwrap()
        .env("NOCTOP_CONFIG", "/nonexistent")
        .args(arguments)
        .timeout(Duration::from_secs(30))
        .output()
        .unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_command_line_reads_the_agent() {
    let Some(snmpd) = snmpd().await else { return };
    let target = snmpd.address.to_string();
    let (code, out, err) = noctop(&["get", &target, "-c", "public", "sysName", "sysUpTime.0", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&rows[0]["name"], &rows[0]["value"]), (&"sysName.0".into(), &"noctop-test".into()));
    let (code, out, err) = noctop(&["walk", &target, "-c", "public", "system", "--format", "ndjson"]);
    assert!(code == 0 && out.lines().count() > 20, "{code} {err}");
    assert!(out.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let (code, out, _) = noctop(&["walk", &target, "-c", "public", "sysName.0", "--format", "csv"]);
    assert_eq!((code, out.lines().count()), (0, 2), "an instance stands for itself: {out}");
    let (code, out, err) = noctop(&["get", &target, "-c", "public", "sysName", "ifDescr.4999"]);
    assert!(code == 3 && out.contains("noctop-test") && err.contains("ifDescr.4999"), "{code} {out} {err}");
    let (code, _, err) = noctop(&["get", &target, "-c", "wrong", "sysName", "--timeout", "100ms", "--retries", "0"]);
    assert!(code == 4 && err.contains("timeout"), "{code} {err}");
    let (code, _, err) = noctop(&["get", &target, "-c", "public", "noSuchThing"]);
    assert!(code == 2 && err.contains("noSuchThing"), "{code} {err}");
}
