//! Broken and hostile agents under a paused clock: each costs bounded requests, time and memory, is named, and harms no other device.

use super::{Agent, Client, Limits, Options, Walk};
use crate::model::inventory::Reason;
use crate::model::{Credential, Oid, SnmpVersion};
use crate::net::memory::{Memory, Reply};
use crate::wire::snmp::{ErrorStatus, Message, Pdu, PduKind, Value, VarBind, message};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

const BAD: &str = "192.0.2.66:161";
const GOOD: &str = "192.0.2.8:161";

const LIMITS: Limits = Limits {
    timeout: Duration::from_secs(1),
    retries: 2,
    deadline: Some(Duration::from_secs(60)),
    rows: 3000,
    octets: 3_000_000,
};

/// Rows of each column of the good agent.
const GOOD_ROWS: u32 = 300;

/// What an agent says to its n-th request: datagrams, and whether they come from another port.
type Says = fn(&Message, u32) -> Vec<Vec<u8>>;

struct Case {
    name: &'static str,
    says: Says,
    /// Of the walk of two columns; `None` where it ends well.
    reason: Option<Reason>,
    /// Requests that a get of three objects and that walk may cost.
    most: u32,
    /// A count of what was refused, or of what was not.
    counted: &'static str,
}

fn column(number: u32) -> Oid {
    Oid::new(&[1, 3, 6, 1, 2, 1, 2, 2, 1, number])
}

fn bind(oid: Oid, value: Value) -> VarBind {
    VarBind { oid, value }
}

/// The answer of an agent that has `value` for whatever is asked: for the object itself, or `next` for what follows it.
fn answer(request: &Message, value: &Value, next: fn(&Oid) -> Option<Oid>) -> Message {
    let pdu = &request.pdu;
    let mut row: Vec<Oid> = pdu.varbinds.iter().map(|bind| bind.oid.clone()).collect();
    let mut binds = Vec::new();
    let repetitions = if pdu.kind == PduKind::GetBulk { pdu.max_repetitions() } else { 1 };
    for _ in 0..repetitions {
        for oid in &mut row {
            let found = if pdu.kind == PduKind::Get { Some(oid.clone()) } else { next(oid) };
            binds.push(match found {
                Some(found) => bind(found.clone(), value.clone()),
                None => bind(oid.clone(), Value::EndOfMibView),
            });
            if let Some(found) = next(oid) {
                *oid = found;
            }
        }
    }
    request.reply(pdu.response(binds))
}

/// The next row of a column of `GOOD_ROWS` rows.
fn good_next(oid: &Oid) -> Option<Oid> {
    match oid.arcs() {
        [table @ .., column, row] if table.len() == 9 && *row < GOOD_ROWS => Some(Oid::new(table).child(&[*column, row + 1])),
        [table @ .., _] if table.len() == 9 => Some(oid.child(&[1])),
        _ => None,
    }
}

fn endless_next(oid: &Oid) -> Option<Oid> {
    match oid.suffix_of(&column(oid.arcs().get(9).copied().unwrap_or(1))) {
        Some([row, ..]) => Some(column(oid.arcs()[9]).child(&[row + 1])),
        _ => Some(oid.child(&[1])),
    }
}

fn good(request: &Message) -> Message {
    answer(request, &Value::Counter32(7), good_next)
}

fn error(request: &Message, status: u32, index: u32) -> Vec<u8> {
    let pdu = Pdu { error_status: ErrorStatus(status), error_index: index, ..request.pdu.response(Vec::new()) };
    request.reply(pdu).encode()
}

/// A good answer whose varbind list is these octets instead.
fn with_list(request: &Message, list: &[u8]) -> Vec<u8> {
    let mut numbers = vec![2, 4];
    numbers.extend(request.pdu.request_id.to_be_bytes());
    let pdu = [&numbers, [2, 1, 0, 2, 1, 0].as_slice(), &tlv(0x30, list)].concat();
    tlv(0x30, &[[2, 1, 1, 4, 6].as_slice(), b"public", &tlv(0xa2, &pdu)].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, high, low], content].concat()
}

const CASES: &[Case] = &[
    Case {
        name: "an endless table",
        says: |request, _| vec![answer(request, &Value::Integer(1), endless_next).encode()],
        reason: Some(Reason::Partial),
        most: 24,
        counted: "",
    },
    Case {
        name: "objects that go in a loop",
        says: |request, _| {
            let looping = |oid: &Oid| Some(column(oid.arcs()[9]).child(&[oid.arcs().get(10).map_or(1, |row| row % 5 + 1)]));
            vec![answer(request, &Value::Integer(1), looping).encode()]
        },
        reason: Some(Reason::NonIncreasing),
        most: 4,
        counted: "",
    },
    Case {
        name: "giant strings without end",
        says: |request, _| {
            let giant = Value::Octets(vec![b'x'; 30_000]);
            let mut whole = answer(request, &giant, endless_next);
            whole.pdu.varbinds.truncate(2);
            vec![whole.encode()]
        },
        reason: Some(Reason::Partial),
        most: 105,
        counted: "",
    },
    Case {
        name: "values of no known type",
        says: |request, _| {
            let mut bytes = answer(request, &Value::Counter32(7), good_next).encode();
            let types: Vec<usize> = (0..bytes.len() - 2).filter(|at| bytes[*at..*at + 3] == [0x41, 1, 7]).collect();
            types.into_iter().for_each(|at| bytes[at] = 0x5f);
            vec![bytes]
        },
        reason: None,
        most: 12,
        counted: "",
    },
    Case {
        name: "another request's number",
        says: |request, _| {
            let mut reply = good(request);
            reply.pdu.request_id ^= 1;
            vec![reply.encode()]
        },
        reason: Some(Reason::Timeout),
        most: 7,
        counted: "late",
    },
    Case {
        name: "an answer cut in half",
        says: |request, _| {
            let mut bytes = good(request).encode();
            bytes.truncate(bytes.len() / 2);
            vec![bytes]
        },
        reason: Some(Reason::Malformed),
        most: 8,
        counted: "malformed",
    },
    Case {
        name: "garbage",
        says: |_, count| vec![vec![0xfe; 1 + count as usize * 100]],
        reason: Some(Reason::Malformed),
        most: 8,
        counted: "malformed",
    },
    Case {
        name: "an empty datagram",
        says: |_, _| vec![Vec::new()],
        reason: Some(Reason::Malformed),
        most: 8,
        counted: "malformed",
    },
    Case {
        name: "indefinite lengths",
        says: |request, _| {
            let definite = good(request).encode();
            vec![[&[0x30, 0x80], &definite[4..], &[0, 0]].concat()]
        },
        reason: Some(Reason::Malformed),
        most: 8,
        counted: "malformed",
    },
    Case {
        name: "every answer fifty times",
        says: |request, _| vec![good(request).encode(); 50],
        reason: None,
        most: 12,
        counted: "late",
    },
    Case {
        name: "more than was asked for",
        says: |request, _| {
            let mut reply = good(request);
            let extra = (1..500).map(|row| bind(column(9).child(&[row]), Value::Octets(vec![b'x'; 60])));
            reply.pdu.varbinds.extend(extra);
            vec![reply.encode()]
        },
        reason: None,
        most: 12,
        counted: "",
    },
    Case {
        name: "nothing at all in the answer",
        says: |request, _| vec![request.reply(request.pdu.response(Vec::new())).encode()],
        reason: Some(Reason::Malformed),
        most: 2,
        counted: "",
    },
    Case {
        name: "an error-status that there is not",
        says: |request, _| vec![error(request, 4242, 0)],
        reason: Some(Reason::Partial),
        most: 10,
        counted: "",
    },
    Case {
        name: "an error-index beyond the request",
        says: |request, _| vec![error(request, 5, 2_000_000_000)],
        reason: Some(Reason::Partial),
        most: 10,
        counted: "",
    },
    Case {
        name: "too big whatever is asked",
        says: |request, _| vec![error(request, 1, 0)],
        reason: Some(Reason::TooBig),
        most: 20,
        counted: "",
    },
    Case {
        name: "names of 200 arcs",
        says: |request, _| vec![with_list(request, &tlv(0x30, &[tlv(6, &[0x2b; 200]), vec![5, 0]].concat()).repeat(20))],
        reason: Some(Reason::Malformed),
        most: 6,
        counted: "",
    },
    Case {
        name: "arcs beyond 32 bits",
        says: |request, _| {
            let name = [[0x2b].as_slice(), &[0xff; 9], &[0x7f]].concat();
            vec![with_list(request, &tlv(0x30, &[tlv(6, &name), vec![5, 0]].concat()).repeat(20))]
        },
        reason: Some(Reason::Malformed),
        most: 6,
        counted: "",
    },
    Case {
        name: "version 1 to a question of version 2c",
        says: |request, _| vec![message::encode(SnmpVersion::V1, b"public", &good(request).pdu)],
        reason: Some(Reason::Malformed),
        most: 8,
        counted: "version",
    },
    Case {
        name: "the question itself comes back",
        says: |request, _| vec![request.encode()],
        reason: Some(Reason::Malformed),
        most: 8,
        counted: "kind",
    },
    Case { name: "a mute agent", says: |_, _| Vec::new(), reason: Some(Reason::Timeout), most: 7, counted: "" },
];

fn peers(says: Says, asked: Arc<AtomicU32>) -> Memory {
    Memory::new(move |bytes, from| {
        let request = Message::decode(bytes).unwrap();
        let datagrams = if from == BAD.parse::<SocketAddr>().unwrap() {
            says(&request, asked.fetch_add(1, Relaxed))
        } else {
            vec![good(&request).encode()]
        };
        datagrams.into_iter().map(|bytes| Reply { after: Duration::from_millis(5), from, bytes }).collect()
    })
}

fn agent(address: &str) -> Agent {
    Agent { address: address.parse().unwrap(), credential: Arc::new(Credential::community("test", "public")) }
}

async fn check(case: &Case) {
    let name = case.name;
    let asked = Arc::new(AtomicU32::new(0));
    let client = Client::over(Arc::new(peers(case.says, Arc::clone(&asked))), Options::default());
    let start = tokio::time::Instant::now();
    let bad = async {
        let session = client.session(&agent(BAD), LIMITS);
        let names = [1, 2, 3].map(|number| column(number).child(&[1]));
        session.get(&names).await.ok();
        session.walk_columns(&[column(1), column(2)]).await
    };
    let beside = async {
        let session = client.session(&agent(GOOD), LIMITS);
        let walks = session.walk_columns(&[column(1), column(2)]).await;
        (walks, session.tally(), start.elapsed())
    };
    let (walks, (good_walks, tally, took)) = tokio::join!(bad, beside);
    assert!(good_walks.iter().all(|walk| walk.fault.is_none() && walk.rows.len() == GOOD_ROWS as usize), "{name}: its neighbour");
    assert!(tally.resent == 0 && took < Duration::from_millis(200), "{name}: its neighbour took {took:?}, {tally:?}");
    let asked = asked.load(Relaxed);
    assert!(asked <= case.most, "{name}: {asked} requests");
    assert!(start.elapsed() < Duration::from_secs(15), "{name}: {:?}", start.elapsed());
    let reasons: Vec<Option<Reason>> = walks.iter().map(|walk| walk.fault.as_ref().map(super::SnmpError::reason)).collect();
    assert!(
        reasons.contains(&case.reason),
        "{name}: {reasons:?}, {:?}",
        walks.iter().map(|walk| &walk.fault).collect::<Vec<_>>()
    );
    assert!(rows(&walks) <= LIMITS.rows && octets(&walks) <= LIMITS.octets, "{name}: {} rows", rows(&walks));
    let counts = client.counts();
    let counted = match case.counted {
        "" => 1,
        "late" => counts.late,
        word => counts.refused.get(word).copied().unwrap_or(0),
    };
    assert!(counted > 0, "{name}: {counts:?}");
}

fn rows(walks: &[Walk]) -> usize {
    walks.iter().map(|walk| walk.rows.len()).sum()
}

fn octets(walks: &[Walk]) -> usize {
    walks.iter().flat_map(|walk| &walk.rows).map(VarBind::octets).sum()
}

#[tokio::test(start_paused = true)]
async fn a_broken_agent_costs_little_is_named_and_harms_nobody() {
    for case in CASES {
        check(case).await;
    }
}
