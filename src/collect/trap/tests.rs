//! What trap listeners take, refuse, acknowledge and count.

use super::usm::{Came, Distrust};
use super::*;
use crate::collect::Pulse;
use crate::collect::emitter::channel;
use crate::event::{Body, Event};
use crate::mib::Registry;
use crate::model::access::{AuthProtocol, Credential, PrivProtocol, Proof};
use crate::model::secret::Secret;
use crate::model::{Oid, SnmpVersion, Timestamp};
use crate::net::intake::Intake;
use crate::wire::snmp::usm::{Complaint, Envelope, KeyExtension, Keys, Senders, discovery, open_plain};
use crate::wire::snmp::{Message, Pdu, PduKind, Value, VarBind};
use proptest::prelude::*;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc;
use tokio_util::sync::CancellationToken;

const THEIRS: [u8; 9] = [0x80, 0, 0x1f, 0x88, 4, 1, 2, 3, 4];

fn credential(name: &str, auth: Option<&str>, privacy: Option<PrivProtocol>) -> Credential {
    Credential {
        name: name.to_owned(),
        version: SnmpVersion::V3,
        proof: Proof::Usm {
            username: name.to_owned(),
            context: String::new(),
            auth: auth.map(|password| (AuthProtocol::Sha256, Secret::new(password))),
            privacy: privacy.map(|protocol| (protocol, Secret::new("private!"))),
        },
        networks: Vec::new(),
    }
}

fn own() -> OwnEngine {
    OwnEngine { id: vec![0x80, 0, 0, 0, 5, 9, 9, 9], boots: 3, started: Timestamp(0) }
}

fn receiver() -> Receiver {
    let users = [
        credential("full", Some("authentic"), Some(PrivProtocol::Aes128)),
        credential("plain", Some("authentic"), None),
        credential("open", None, None),
        credential("long", Some("authentic"), Some(PrivProtocol::Aes256)),
    ];
    Receiver::new(&users, own(), Senders::default())
}

fn pdu(kind: PduKind) -> Pdu {
    let mib = Registry::builtin();
    let value = Value::Oid(mib.oid("linkDown").unwrap());
    let varbinds = vec![VarBind { oid: mib.scalar("snmpTrapOID").unwrap(), value }];
    Pdu { varbinds, ..Pdu::request(kind, 77, &[]) }
}

fn keys(of: &Credential, engine: &[u8]) -> Keys {
    Keys::localise(&of.proof, engine, KeyExtension::Blumenthal).unwrap()
}

fn at(seconds: i64) -> (IpAddr, Timestamp) {
    ("10.0.0.1".parse().unwrap(), Timestamp(seconds * 1000))
}

#[test]
fn traps_of_every_level_are_believed_once() {
    let mut receiver = receiver();
    for (of, once) in [
        (credential("full", Some("authentic"), Some(PrivProtocol::Aes128)), true),
        (credential("plain", Some("authentic"), None), true),
        (credential("long", Some("authentic"), Some(PrivProtocol::Aes256)), true),
        (credential("open", None, None), false),
    ] {
        let bytes = keys(&of, &THEIRS).seal(&pdu(PduKind::Trap), 5, 1000).unwrap();
        let opened = receiver.open(&bytes, at(10));
        assert!(matches!(&opened.came, Came::Proved(read) if read.readable && !read.inform), "{}: {opened:?}", of.name);
        assert_eq!((opened.user.as_deref(), opened.answer), (Some(of.name.as_str()), None));
        let again = receiver.open(&bytes, at(20)).came;
        assert_eq!(again == Came::Distrusted(Distrust::Replayed), once, "{}: {again:?}", of.name);
    }
}

#[test]
fn an_agent_that_lengthens_its_keys_in_the_other_way_is_understood() {
    let of = credential("long", Some("authentic"), Some(PrivProtocol::Aes256));
    let mut short = of.clone();
    if let Proof::Usm { auth, .. } = &mut short.proof {
        *auth = Some((AuthProtocol::Sha1, Secret::new("authentic")));
    }
    let mut receiver = Receiver::new(&[short.clone()], own(), Senders::default());
    let keys = Keys::localise(&short.proof, &THEIRS, KeyExtension::Reeder).unwrap();
    for time in [1000, 1001] {
        let opened = receiver.open(&keys.seal(&pdu(PduKind::Trap), 5, time).unwrap(), at(10));
        assert!(matches!(opened.came, Came::Proved(_)), "{opened:?}");
    }
}

#[test]
fn what_is_not_believed_says_why() {
    let mut receiver = receiver();
    let full = credential("full", Some("authentic"), Some(PrivProtocol::Aes128));
    let mut check = |of: &Credential, (boots, time), expected: Distrust| {
        let bytes = keys(of, &THEIRS).seal(&pdu(PduKind::Trap), boots, time).unwrap();
        assert_eq!(receiver.open(&bytes, at(10)).came, Came::Distrusted(expected));
    };
    check(&credential("stranger", Some("authentic"), None), (5, 1000), Distrust::UnknownUser);
    check(&credential("full", Some("authentic"), None), (5, 1000), Distrust::Level);
    check(&credential("full", None, None), (5, 1000), Distrust::Level);
    check(&credential("full", Some("another1"), Some(PrivProtocol::Aes128)), (5, 1000), Distrust::WrongDigest);
    check(&credential("full", Some("authentic"), Some(PrivProtocol::Des)), (5, 1000), Distrust::NotDecipherable);
    let bytes = keys(&full, &THEIRS).seal(&pdu(PduKind::Trap), 5, 1001).unwrap();
    assert!(matches!(receiver.open(&bytes, at(10)).came, Came::Proved(_)));
    let mut check = |time, expected: Distrust| {
        let bytes = keys(&full, &THEIRS).seal(&pdu(PduKind::Trap), 5, time).unwrap();
        assert_eq!(receiver.open(&bytes, at(10)).came, Came::Distrusted(expected));
    };
    check(700, Distrust::Late);
    assert_eq!(receiver.open(b"\x30\x03\x02\x01\x03", at(10)).came, Came::Distrusted(Distrust::Malformed));
    let question = keys(&full, &THEIRS).seal(&pdu(PduKind::Get), 5, 1002).unwrap();
    assert_eq!(receiver.open(&question, at(10)).came, Came::Distrusted(Distrust::Kind));
}

#[test]
fn an_inform_finds_its_way_by_discovery_and_is_acknowledged() {
    for of in [
        credential("full", Some("authentic"), Some(PrivProtocol::Aes128)),
        credential("plain", Some("authentic"), None),
        credential("open", None, None),
    ] {
        let mut receiver = receiver();
        let asked = receiver.open(&discovery(1), at(1000));
        assert_eq!(asked.came, Came::Discovery);
        let told = open_plain(&asked.answer.unwrap()).unwrap();
        assert_eq!((Complaint::of(&told.pdu), &told.engine.id), (Complaint::UnknownEngineId, &own().id));
        let keys = keys(&of, &told.engine.id);
        if of.name != "open" {
            // RFC 3414 §4: the time is asked for by a message that is authentic and out of time.
            let asked = receiver.open(&keys.seal(&pdu(PduKind::Inform), 0, 0).unwrap(), at(1000));
            assert_eq!(asked.came, Came::Discovery);
            let told = keys.open(&mut asked.answer.unwrap()).unwrap();
            assert_eq!((Complaint::of(&told.pdu), told.authentic), (Complaint::NotInTimeWindow, true));
            assert_eq!((told.engine.boots, told.engine.time), (3, 1000));
        }
        let inform = keys.seal(&pdu(PduKind::Inform), 3, 1001).unwrap();
        let opened = receiver.open(&inform, at(1001));
        assert!(matches!(&opened.came, Came::Proved(read) if read.inform), "{opened:?}");
        let receipt = keys.open(&mut opened.answer.unwrap()).unwrap();
        assert_eq!((receipt.pdu.kind, receipt.pdu.request_id), (PduKind::Response, 77));
        assert_eq!((receipt.pdu.varbinds, receipt.authentic), (pdu(PduKind::Inform).varbinds, of.name != "open"));
        // For another engine it is not for us, whoever sends it; its sender is told who we are.
        let wrong = Keys::localise(&of.proof, &THEIRS, KeyExtension::Blumenthal).unwrap();
        let opened = receiver.open(&wrong.seal(&pdu(PduKind::Inform), 3, 1001).unwrap(), at(1001));
        assert_eq!(opened.came, Came::Distrusted(Distrust::UnknownEngine));
        assert_eq!(open_plain(&opened.answer.unwrap()).unwrap().engine.id, own().id);
    }
}

#[test]
fn an_inform_of_an_earlier_start_is_out_of_time_and_reports_are_bounded() {
    let mut receiver = receiver();
    let of = credential("plain", Some("authentic"), None);
    let keys = keys(&of, &own().id);
    for (boots, time) in [(2, 1000), (3, 700), (3, 1300), (4, 1000)] {
        let opened = receiver.open(&keys.seal(&pdu(PduKind::Inform), boots, time).unwrap(), at(1000));
        assert_eq!(opened.came, Came::Distrusted(Distrust::Late), "{boots} {time}");
        assert!(opened.answer.is_some());
    }
    let answered = (0..2000).filter(|_| receiver.open(&discovery(1), at(1001)).answer.is_some()).count();
    assert_eq!(answered, 500);
    assert!(receiver.open(&discovery(1), at(1002)).answer.is_some());
    assert!(Envelope::default().context.is_none());
}

fn message(kind: PduKind, name: &str) -> Message {
    let mib = Registry::builtin();
    let value = Value::Oid(mib.oid(name).unwrap());
    let varbinds = vec![VarBind { oid: mib.scalar("snmpTrapOID").unwrap(), value }];
    Message { version: SnmpVersion::V2c, community: b"public".to_vec(), pdu: Pdu { varbinds, ..Pdu::request(kind, 77, &[]) } }
}

/// A worker over loopback, and what it tells.
struct Running {
    target: std::net::SocketAddr,
    events: mpsc::Receiver<Event>,
    counters: Arc<Counters>,
    kept: mpsc::Receiver<Vec<u8>>,
    stop: CancellationToken,
    thread: std::thread::JoinHandle<Result<(), String>>,
}

fn running() -> Running {
    let intakes = Intake::bind("127.0.0.1:0".parse().unwrap(), 1).unwrap();
    let target = intakes[0].address().unwrap();
    let (emitter, mut receive) = channel(64);
    let (tell, events) = mpsc::channel();
    std::thread::spawn(move || while receive.blocking_recv().is_some_and(|event| tell.send(event).is_ok()) {});
    let (keep, kept) = mpsc::channel();
    let counters = Arc::new(Counters::default());
    let mib = Arc::new(Registry::with_objects(Vec::new()));
    let keep: Keep = Box::new(move |octets| keep.send(octets).unwrap_or_default());
    let (intakes, receiver, tries, pulse) = (intakes.into(), receiver(), Arc::default(), Pulse::default());
    let worker = Worker { intakes, mib, receiver, keep, emitter, tries, counters: Arc::clone(&counters), pulse };
    let stop = CancellationToken::new();
    let ending = stop.clone();
    let thread = std::thread::spawn(move || worker.run(&ending));
    Running { target, events, counters, kept, stop, thread }
}

#[test]
fn traps_reach_the_engine_and_informs_their_sender() {
    let running = running();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut buffer = [0; 1500];
    sender.send_to(b"noise", running.target).unwrap();
    let inform = message(PduKind::Inform, "linkDown").encode();
    // Its receipt was lost, and it is sent again.
    for _ in 0..2 {
        sender.send_to(&inform, running.target).unwrap();
        let (length, _) = sender.recv_from(&mut buffer).unwrap();
        assert_eq!(Message::decode(&buffer[..length]).unwrap().pdu.kind, PduKind::Response);
    }
    let full = credential("full", Some("authentic"), Some(PrivProtocol::Aes128));
    let sealed = keys(&full, &THEIRS).seal(&pdu(PduKind::Trap), 5, 1000).unwrap();
    sender.send_to(&sealed, running.target).unwrap();
    sender.send_to(&sealed, running.target).unwrap();
    let (mut lines, mut traps) = (Vec::new(), Vec::new());
    while lines.len() < 3 || traps.is_empty() {
        match running.events.recv().unwrap().body {
            Body::Logs(batch) => lines.extend(batch.lines),
            Body::Trap(trap) => traps.push(trap),
            _ => {}
        }
    }
    running.stop.cancel();
    running.thread.join().unwrap().unwrap();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["linkDown", "linkDown", "SNMPv3 message of user \"full\" is not believed: it was sent before"]);
    assert!(traps[0].poll && traps[0].reread && traps[0].told.is_some());
    assert_eq!(traps[0].name, Registry::builtin().oid("linkDown"));
    let counts = running.counters.counts();
    assert_eq!((counts.received, counts.decoded, counts.acknowledged, counts.repeated), (5, 3, 2, 1));
    assert_eq!(counts.refused, [("malformed".to_owned(), 1), ("replayed".to_owned(), 1)].into());
    let kept = running.kept.recv().unwrap();
    let mut again = Receiver::new(&[full], own(), Senders::restore(&kept));
    assert_eq!(again.open(&sealed, at(0)).came, Came::Distrusted(Distrust::Late));
}

#[test]
fn a_wrong_community_is_an_event_and_no_reason_to_read_a_device() {
    let (_, trap) = super::line::Words::new(Registry::builtin()).line(
        &crate::wire::snmp::Notification::decode(&message(PduKind::Trap, "authenticationFailure").encode()).unwrap(),
        {
            let (source, at) = at(1);
            (at, source)
        },
    );
    assert!(!trap.poll && !trap.reread && trap.told.is_some());
}

/// What a complaint is taken for, where `told` is the address in it and this host asks from 192.0.2.7.
fn means_us(name: &str, told: Option<[u8; 4]>) -> (bool, String) {
    let mib = Registry::builtin();
    let mut message = message(PduKind::Trap, name);
    let oid: crate::model::Oid = "1.3.6.1.4.1.99999.1.5.0".parse().unwrap();
    message.pdu.varbinds.extend(told.map(|address| VarBind { oid, value: Value::IpAddress(address.into()) }));
    let read = crate::wire::snmp::Notification::decode(&message.encode()).unwrap();
    let (source, now) = at(1);
    let words = super::line::Words::new(mib);
    let (mut line, mut trap) = words.line(&read, (now, source));
    let ours = words.may_mean(&read, &trap, || Some(IpAddr::from([192, 0, 2, 7])));
    super::line::mark_own(&mut line, &mut trap);
    assert_eq!(line.trap.as_deref(), trap.told.as_ref().map(|told| &told.detail));
    (ours, line.text)
}

#[test]
fn a_complaint_is_about_us_if_it_names_us_or_nobody() {
    assert_eq!(
        means_us("authenticationFailure", None),
        (true, "authenticationFailure noctop=tried a credential itself".to_owned())
    );
    assert!(means_us("authenticationFailure", Some([192, 0, 2, 7])).0);
    assert!(!means_us("authenticationFailure", Some([203, 0, 113, 9])).0, "somebody else failed");
    assert!(!means_us("linkDown", None).0);
}

#[test]
fn the_meaning_of_a_trap_may_lie_in_a_varbind() {
    let severity = |state: i64| {
        let mib = Registry::builtin();
        let mut message = message(PduKind::Trap, "ospfNbrStateChange");
        let neighbour = mib.oid("ospfNbrState").unwrap().child(&[10, 0, 0, 2, 0]);
        message.pdu.varbinds.push(VarBind { oid: neighbour, value: Value::Integer(state) });
        let read = crate::wire::snmp::Notification::decode(&message.encode()).unwrap();
        let (source, at) = at(1);
        super::line::Words::new(mib).line(&read, (at, source)).1.told.unwrap().severity.unwrap().word()
    };
    assert_eq!((severity(1), severity(8)), ("major", "cleared"));
}

#[test]
fn names_of_the_users_modules_name_traps() {
    let folders = crate::mib::modules::Folders::new(vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smi")]);
    let objects = crate::mib::smi::load(&folders, &["BREWERY-MIB".to_owned()]).unwrap();
    let mib = Registry::with_objects(objects);
    let named = |oid: &str| mib.text(&oid.parse::<Oid>().unwrap());
    assert_eq!(named("1.3.6.1.4.1.99999.0.1"), "kettleBoilsOver");
    assert_eq!(named("1.3.6.1.6.3.1.1.5.3"), "linkDown");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_message_is_never_believed(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let of = credential("plain", Some("authentic"), None);
        let sealed = keys(&of, &THEIRS).seal(&pdu(PduKind::Trap), 5, 1000).unwrap();
        let mut bytes = sealed.clone();
        for (at, octet) in changes {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        prop_assume!(bytes != sealed);
        let mut receiver = Receiver::new(&[of], own(), Senders::default());
        prop_assert!(!matches!(receiver.open(&bytes, at(10)).came, Came::Proved(_)));
    }
}
