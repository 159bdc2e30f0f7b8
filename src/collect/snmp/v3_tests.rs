//! SNMPv3 against a played engine under a paused clock.

use super::v3::Engine;
use super::{Agent, Client, Limits, Options, SnmpError};
use crate::clock::Stopwatch;
use crate::model::access::{AuthProtocol, PrivProtocol, Proof};
use crate::model::inventory::Reason;
use crate::model::secret::Secret;
use crate::model::{Credential, Oid, SnmpVersion};
use crate::net::memory::{Memory, Reply};
use crate::wire::snmp::usm::{EngineSays, KeyExtension, Keys, open_plain};
use crate::wire::snmp::{Pdu, PduKind, Value, VarBind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const ENGINE: [u8; 8] = [0x80, 0, 0x1f, 0x88, 4, b'a', b'b', b'c'];

fn proof(auth: Option<&str>, privacy: Option<&str>) -> Proof {
    Proof::Usm {
        username: "noc".to_owned(),
        context: String::new(),
        auth: auth.map(|password| (AuthProtocol::Sha1, Secret::new(password))),
        privacy: privacy.map(|password| (PrivProtocol::Aes256, Secret::new(password))),
    }
}

fn keys(proof: &Proof, form: KeyExtension) -> Keys {
    Keys::localise(proof, &ENGINE, form).unwrap()
}

static FULL: LazyLock<Proof> = LazyLock::new(|| proof(Some("authentic"), Some("private")));
static NO_PRIVACY: LazyLock<Keys> = LazyLock::new(|| keys(&proof(Some("authentic"), None), KeyExtension::Blumenthal));
static NO_AUTH: LazyLock<Keys> = LazyLock::new(|| keys(&proof(None, None), KeyExtension::Blumenthal));
static BLUMENTHAL: LazyLock<Keys> = LazyLock::new(|| keys(&FULL, KeyExtension::Blumenthal));
static REEDER: LazyLock<Keys> = LazyLock::new(|| keys(&FULL, KeyExtension::Reeder));

fn report(id: i32, counter: u32) -> Pdu {
    let bind = VarBind { oid: Oid::new(&[1, 3, 6, 1, 6, 3, 15, 1, 1, counter, 0]), value: Value::Counter32(1) };
    Pdu { kind: PduKind::Report, ..Pdu::request(PduKind::Get, id, &[]).response(vec![bind]) }
}

/// An engine that has started `boots` times and has one user.
struct Played {
    boots: AtomicU32,
    form: KeyExtension,
    asked: AtomicU32,
}

impl Played {
    fn answer(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.asked.fetch_add(1, Relaxed);
        let boots = self.boots.load(Relaxed);
        if let Ok(opened) = open_plain(bytes) {
            return NO_AUTH.seal(&report(opened.pdu.request_id, 4), boots, 1000).ok();
        }
        let keys: &Keys = match self.form {
            KeyExtension::Blumenthal => &BLUMENTHAL,
            KeyExtension::Reeder => &REEDER,
        };
        // What it can't decipher is dropped, as net-snmp does.
        let opened = keys.open(&mut bytes.to_vec()).ok()?;
        if opened.engine.boots != boots {
            return NO_PRIVACY.seal(&report(opened.pdu.request_id, 2), boots, 1000).ok();
        }
        let binds = opened.pdu.varbinds.iter().map(|bind| VarBind { oid: bind.oid.clone(), value: Value::Integer(7) }).collect();
        keys.seal(&opened.pdu.response(binds), boots, 1000).ok()
    }
}

struct Scene {
    played: Arc<Played>,
    client: Client,
}

impl Scene {
    fn new(form: KeyExtension) -> Self {
        let played = Arc::new(Played { boots: AtomicU32::new(3), form, asked: AtomicU32::new(0) });
        let peers = Arc::clone(&played);
        let memory = Memory::new(move |bytes, from| {
            let reply = |bytes| Reply { after: Duration::from_millis(1), from, bytes };
            peers.answer(bytes).map(reply).into_iter().collect()
        });
        Self { played, client: Client::over(Arc::new(memory), Options::default()) }
    }

    async fn get(&self) -> Result<u32, SnmpError> {
        let address: SocketAddr = "192.0.2.7:161".parse().unwrap();
        let credential = Credential { name: "v3".into(), version: SnmpVersion::V3, proof: FULL.clone(), networks: Vec::new() };
        let before = self.played.asked.load(Relaxed);
        let session = self.client.session(&Agent { address, credential: Arc::new(credential) }, Limits::default());
        let got = session.get(&[Oid::new(&[1, 3, 6])]).await?;
        assert_eq!(got[0].value, Value::Integer(7));
        assert_eq!(session.engine_id().as_deref(), Some(ENGINE.as_slice()));
        Ok(self.played.asked.load(Relaxed) - before)
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_is_met_once_and_a_restart_costs_one_report() {
    let scene = Scene::new(KeyExtension::Blumenthal);
    assert_eq!(scene.get().await, Ok(2), "engine, question");
    assert_eq!(scene.get().await, Ok(1));
    scene.played.boots.store(4, Relaxed);
    assert_eq!(scene.get().await, Ok(2));
    assert_eq!(scene.get().await, Ok(1));
    assert_eq!(scene.client.counts().timeouts, 0);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_goes_back_in_time_is_not_believed() {
    let scene = Scene::new(KeyExtension::Blumenthal);
    assert_eq!(scene.get().await, Ok(2));
    scene.played.boots.store(2, Relaxed);
    assert_eq!(scene.get().await.unwrap_err().reason(), Reason::Auth);
    assert_eq!(scene.client.counts().refused.get("not-authentic"), Some(&3));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_reports_for_ever_is_given_up() {
    for counter in [2, 4] {
        let asked = Arc::new(AtomicU32::new(0));
        let peers = Arc::clone(&asked);
        let memory = Memory::new(move |bytes, from| {
            let boots = peers.fetch_add(1, Relaxed);
            let id = crate::wire::snmp::peek(bytes).unwrap().id;
            // Another engine each time, or the same one that is never content with the time.
            let counter = if boots == 0 { 4 } else { counter };
            let bytes = NO_AUTH.seal(&report(id, counter), boots, 1000).unwrap();
            vec![Reply { after: Duration::from_millis(1), from, bytes }]
        });
        let client = Client::over(Arc::new(memory), Options::default());
        let credential = Credential { name: "v3".into(), version: SnmpVersion::V3, proof: FULL.clone(), networks: Vec::new() };
        let agent = Agent { address: "192.0.2.7:161".parse().unwrap(), credential: Arc::new(credential) };
        let error = client.session(&agent, Limits::default()).get(&[Oid::new(&[1, 3, 6])]).await.unwrap_err();
        assert_eq!(error.reason(), Reason::Auth, "{error}");
        assert!(asked.load(Relaxed) <= 6, "{} requests", asked.load(Relaxed));
    }
}

#[tokio::test(start_paused = true)]
async fn the_other_form_of_key_extension_is_found() {
    let scene = Scene::new(KeyExtension::Reeder);
    scene.get().await.unwrap();
    assert!(scene.client.counts().timeouts <= 1);
    assert_eq!(scene.get().await, Ok(1), "and remembered");
}

#[test]
fn an_engines_time_goes_on_while_it_is_silent() {
    let says = EngineSays { id: ENGINE.to_vec(), boots: 3, time: 100 };
    let engine = Engine::new(says.clone(), true).since(Stopwatch::started(Duration::from_secs(400)));
    assert_eq!(engine.time_now(), 500);
    assert!(!engine.is_replay(&EngineSays { time: 600, ..says.clone() }));
    assert!(engine.is_replay(&EngineSays { boots: 2, time: 600, ..says }));
}
