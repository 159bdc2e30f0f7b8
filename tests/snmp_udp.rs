//! The SNMP engine over real UDP, against broken responders of its own beside a healthy one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

use noctop::collect::snmp::{Agent, Client, Limits, Options, SnmpError, Walk};
use noctop::model::inventory::Reason;
use noctop::model::{Credential, Oid};
use noctop::wire::snmp::{Message, PduKind, Value, VarBind};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

const ROWS: u32 = 200;
const COLUMN: [u32; 10] = [1, 3, 6, 1, 2, 1, 2, 2, 1, 10];

/// Long enough for a loaded machine; only broken agents wait for it.
const LIMITS: Limits = Limits {
    timeout: Duration::from_millis(700),
    retries: 1,
    deadline: Some(Duration::from_secs(20)),
    rows: 2000,
    octets: 1_000_000,
};

/// What a responder makes of the right answer, and sends from its own socket or another.
type Breaks = fn(&Message, Vec<u8>, &Wires<'_>);

struct Wires<'a> {
    own: &'a UdpSocket,
    other: &'a UdpSocket,
    to: SocketAddr,
}

impl Wires<'_> {
    fn send(&self, bytes: &[u8]) {
        self.own.send_to(bytes, self.to).unwrap();
    }
}

/// An agent on loopback until it is dropped.
struct Responder {
    address: SocketAddr,
    asked: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Responder {
    fn start(breaks: Breaks) -> Self {
        let own = UdpSocket::bind("127.0.0.1:0").unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        own.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let address = own.local_addr().unwrap();
        let (asked, stop) = (Arc::<AtomicU32>::default(), Arc::<AtomicBool>::default());
        let (counter, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !stopped.load(Relaxed) {
                let Ok((length, to)) = own.recv_from(&mut buffer) else { continue };
                counter.fetch_add(1, Relaxed);
                let request = Message::decode(&buffer[..length]).unwrap();
                breaks(&request, answer(&request).encode(), &Wires { own: &own, other: &other, to });
            }
        });
        Self { address, asked, stop, thread: Some(thread) }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

/// The answer of a column of [`ROWS`] rows.
fn answer(request: &Message) -> Message {
    let next = |oid: &Oid| match oid.suffix_of(&Oid::new(&COLUMN)) {
        Some([row, ..]) if *row >= ROWS => None,
        Some(index) => Some(Oid::new(&COLUMN).child(&[index.first().map_or(1, |row| row + 1)])),
        None => None,
    };
    let mut binds = Vec::new();
    for bind in &request.pdu.varbinds {
        let mut oid = bind.oid.clone();
        let count = if request.pdu.kind == PduKind::GetBulk { request.pdu.max_repetitions() } else { 1 };
        for _ in 0..count {
            match next(&oid) {
                Some(found) => oid = found,
                None => {
                    binds.push(VarBind { oid: oid.clone(), value: Value::EndOfMibView });
                    break;
                }
            }
            binds.push(VarBind { oid: oid.clone(), value: Value::Counter32(7) });
        }
    }
    request.reply(request.pdu.response(binds))
}

async fn walk(client: &Client, address: SocketAddr) -> Walk {
    let agent = Agent { address, credential: Arc::new(Credential::community("test", "public")) };
    client.session(&agent, LIMITS).walk(&Oid::new(&COLUMN)).await
}

/// A broken responder: its name, what it does, what its walk comes to, and how many requests it may cost.
const BROKEN: [(&str, Breaks, Option<Reason>, u32); 6] = [
    ("cut datagrams", |_, bytes, wires| wires.send(&bytes[..bytes.len() / 3]), Some(Reason::Malformed), 4),
    ("answers from another port", |_, bytes, wires| drop(wires.other.send_to(&bytes, wires.to)), Some(Reason::Timeout), 4),
    (
        "garbage, and empty datagrams",
        |_, _, wires| (0..40).for_each(|size| wires.send(&vec![0xa5; size])),
        Some(Reason::Malformed),
        4,
    ),
    ("every answer thirty times", |_, bytes, wires| (0..30).for_each(|_| wires.send(&bytes)), None, 12),
    (
        "another request's number",
        |request, _, wires| {
            let mut other = request.clone();
            other.pdu.request_id ^= 0x55;
            wires.send(&answer(&other).encode());
        },
        Some(Reason::Timeout),
        4,
    ),
    ("silence", |_, _, _| (), Some(Reason::Timeout), 4),
];

#[tokio::test]
async fn broken_responders_harm_neither_the_engine_nor_a_healthy_one_beside_them() {
    let healthy = Responder::start(|_, bytes, wires| wires.send(&bytes));
    let client = Client::open(Options::default()).unwrap();
    let mut walks = tokio::task::JoinSet::new();
    let broken: Vec<Responder> = BROKEN.iter().map(|(_, breaks, ..)| Responder::start(*breaks)).collect();
    for (number, responder) in broken.iter().enumerate() {
        let (client, address) = (client.clone(), responder.address);
        walks.spawn(async move { (number, walk(&client, address).await) });
    }
    for _ in 0..5 {
        let beside = walk(&client, healthy.address).await;
        assert_eq!((beside.rows.len(), beside.fault), (ROWS as usize, None));
    }
    while let Some(done) = walks.join_next().await {
        let (number, walk) = done.unwrap();
        let (name, _, reason, most) = BROKEN[number];
        assert_eq!(walk.fault.as_ref().map(SnmpError::reason), reason, "{name}: {:?}", walk.fault);
        assert_eq!(walk.rows.len(), if reason.is_none() { ROWS as usize } else { 0 }, "{name}");
        let asked = broken[number].asked.load(Relaxed);
        assert!(asked <= most, "{name}: {asked} requests");
    }
    let counts = client.counts();
    assert!(counts.late > 0 && counts.refused.contains_key("source") && counts.refused.contains_key("malformed"), "{counts:?}");
}

#[tokio::test]
async fn hundreds_of_agents_are_asked_at_once_and_each_gets_its_own_answer() {
    let healthy = Responder::start(|_, bytes, wires| wires.send(&bytes));
    let client = Client::open(Options { in_flight_per_agent: 64, ..Options::default() }).unwrap();
    let mut walks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (client, address) = (client.clone(), healthy.address);
        walks.spawn(async move { walk(&client, address).await });
    }
    while let Some(done) = walks.join_next().await {
        let walk = done.unwrap();
        assert_eq!((walk.rows.len(), walk.fault), (ROWS as usize, None));
    }
}
