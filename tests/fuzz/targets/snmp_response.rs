//! SNMP answers: any octets as a message of any version, and as what an agent answers to a get and a walk.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::collect::snmp::{Agent, Client, Limits, Options};
use noctop::model::access::{AuthProtocol, PrivProtocol, Proof};
use noctop::model::secret::Secret;
use noctop::model::{Credential, Oid};
use noctop::net::memory::{Memory, Reply};
use noctop::wire::snmp::usm::{self, KeyExtension, Keys};
use noctop::wire::snmp::{Message, peek};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

const LIMITS: Limits = Limits {
    timeout: Duration::from_millis(10),
    retries: 1,
    deadline: Some(Duration::from_secs(2)),
    rows: 300,
    octets: 20_000,
};

/// Requests that a get of three objects and a walk of three columns may cost, whatever is answered.
const MOST_REQUESTS: u32 = 700;

pub fn run(data: &[u8]) {
    let read = Message::decode(data);
    assert!(read.is_err() || peek(data).is_ok());
    usm::open_plain(data).ok();
    KEYS.open(&mut data.to_vec()).ok();
    converse(data);
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let proof = Proof::Usm {
        username: "noc".to_owned(),
        context: String::new(),
        auth: Some((AuthProtocol::Sha1, Secret::new("authentic"))),
        privacy: Some((PrivProtocol::Aes128, Secret::new("private"))),
    };
    Keys::localise(&proof, &[0x80, 0, 0x1f, 0x88, 4, b'a', b'b', b'c'], KeyExtension::Blumenthal).unwrap()
});

/// A response with the right number whose remainder, from error-status on, is `rest`.
fn response(id: i32, rest: &[u8]) -> Vec<u8> {
    let mut pdu = vec![0x02, 4];
    pdu.extend(id.to_be_bytes());
    pdu.extend(rest);
    let mut message = vec![0x02, 1, 1, 0x04, 6];
    message.extend(b"public");
    message.extend(long(0xa2, pdu));
    long(0x30, message)
}

fn long(tag: u8, content: Vec<u8>) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    [vec![tag, 0x82, high, low], content].concat()
}

/// An agent that answers with the pieces of `data` in turn; the first octet says how many pieces.
fn converse(data: &[u8]) {
    let Some((pieces, script)) = data.split_first() else { return };
    let size = (script.len() / usize::from(pieces % 8 + 1)).max(1);
    let script: Vec<Vec<u8>> = script.chunks(size).map(<[u8]>::to_vec).collect();
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let peers = move |bytes: &[u8], from| {
        let turn = counter.fetch_add(1, Relaxed) as usize;
        let id = peek(bytes).unwrap().id;
        let rest = script.get(turn % script.len().max(1)).map_or([].as_slice(), Vec::as_slice);
        vec![Reply { after: Duration::from_millis(1), from, bytes: response(id, rest) }]
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async move {
        let client = Client::over(Arc::new(Memory::new(peers)), Options::default());
        let address = "192.0.2.7:161".parse().unwrap();
        let agent = Agent { address, credential: Arc::new(Credential::community("fuzz", "public")) };
        let session = client.session(&agent, LIMITS);
        let names = [1, 2, 3].map(|column| Oid::new(&[1, 3, 6, 1, 2, 1, 2, 2, 1, column]));
        session.get(&names).await.ok();
        let walks = session.walk_columns(&names).await;
        assert!(walks.iter().map(|walk| walk.rows.len()).sum::<usize>() <= LIMITS.rows);
    });
    assert!(asked.load(Relaxed) <= MOST_REQUESTS, "{} requests", asked.load(Relaxed));
}
