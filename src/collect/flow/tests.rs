//! The collector from the socket to the event, and its bounds.

use super::gather::{Gather, MOST_HELD_ROWS};
use super::worker::{Keep, Worker};
use super::{Counters, Counts};
use crate::collect::{Pulse, emitter};
use crate::event::{Body, Event};
use crate::mib::elements;
use crate::model::flow::{ExporterKey, FlowAddr, FlowColumns, FlowName, FlowOrigin, FlowRecord, FlowVersion, TalkSum};
use crate::model::{Timestamp, limit};
use crate::net::intake::Intake;
use crate::wire::flow::{Decoder, Fields, Limits, Sink};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// A datagram of NetFlow v5: each record 100 octets and 2 packets, its source address the number given.
fn v5(sequence: u32, sources: &[u32]) -> Vec<u8> {
    let mut octets = Vec::new();
    let count = u16::try_from(sources.len()).unwrap();
    [5, count].iter().for_each(|word| octets.extend(word.to_be_bytes()));
    [3_600_000u32, 1_800_000_000, 0, sequence, 0, 0].iter().take(4).for_each(|word| octets.extend(word.to_be_bytes()));
    octets.extend([0; 4]);
    for source in sources {
        [*source, 0xc000_0201, 0].iter().for_each(|word| octets.extend(word.to_be_bytes()));
        [3u16, 7].iter().for_each(|word| octets.extend(word.to_be_bytes()));
        [2u32, 100, 3_590_000, 3_600_000].iter().for_each(|word| octets.extend(word.to_be_bytes()));
        [40_000u16, 443].iter().for_each(|word| octets.extend(word.to_be_bytes()));
        octets.extend([0, 0x1b, 6, 0]);
        octets.extend([0; 8]);
    }
    octets
}

/// A running worker.
struct Running {
    to: SocketAddr,
    stop: CancellationToken,
    counters: Arc<Counters>,
    thread: std::thread::JoinHandle<Result<(), String>>,
    events: Receiver<Event>,
}

fn start(keeps_records: bool, room: usize) -> Running {
    start_with((keeps_records, Vec::new()), room, Box::new(|_| {}))
}

fn start_with((keeps_records, learned): (bool, Vec<Vec<u8>>), room: usize, keep: Keep) -> Running {
    let intakes = Intake::bind("127.0.0.1:0".parse().unwrap(), 1).unwrap();
    let (to, stop, counters) = (intakes[0].address().unwrap(), CancellationToken::new(), Arc::<Counters>::default());
    let (emitter, events) = emitter::channel(room);
    let worker = Worker {
        number: 0,
        intakes: intakes.into(),
        elements: elements::builtin(),
        limits: Limits::default(),
        keeps_records,
        learned,
        keep,
        emitter,
        counters: Arc::clone(&counters),
        pulse: Pulse::default(),
    };
    let stopping = stop.clone();
    let thread = std::thread::spawn(move || worker.run(&stopping));
    Running { to, stop, counters, thread, events }
}

impl Running {
    /// Ends it; what it said: all talks together, records, exporters of the last batch.
    fn end(mut self) -> (TalkSum, usize, Vec<ExporterKey>, Counts) {
        self.stop.cancel();
        self.thread.join().unwrap().unwrap();
        let (mut sum, mut rows, mut exporters) = (TalkSum::default(), 0, Vec::new());
        while let Ok(event) = self.events.try_recv() {
            match event.body {
                Body::Flows(batch) => {
                    sum.merge(&batch.talks.total());
                    let loads: u64 = batch.loads.iter().filter(|load| load.inward).map(|load| load.octets).sum();
                    assert_eq!(loads, batch.talks.total().octets);
                    assert_eq!(batch.counts.len(), batch.exporters.len());
                    exporters = batch.exporters;
                }
                Body::FlowRecords(columns) => rows += columns.len(),
                other => panic!("{other:?}"),
            }
        }
        (sum, rows, exporters, self.counters.counts())
    }
}

#[test]
fn what_is_sent_before_the_end_is_told_to_the_last_flow() {
    for keeps in [true, false] {
        let running = start(keeps, 64);
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for number in 0..40 {
            sender.send_to(&v5(number * 3, &[1, 2, 3]), running.to).unwrap();
        }
        sender.send_to(b"no flow", running.to).unwrap();
        let (sum, rows, exporters, counts) = running.end();
        assert_eq!((sum.flows, sum.octets, sum.packets), (120, 12_000, 240));
        assert_eq!(rows, if keeps { 120 } else { 0 });
        let key = ExporterKey { address: Ipv4Addr::LOCALHOST.into(), version: FlowVersion::NetFlow5, domain: 0 };
        assert_eq!(exporters, [key]);
        assert_eq!((counts.received, counts.decoded, counts.refused.values().sum::<u64>()), (41, 120, 1));
        assert_eq!((counts.dropped_kernel, counts.dropped_queue, counts.exporters), (0, 0, 1));
    }
}

#[test]
fn once_a_second_is_told_without_being_asked() {
    let mut running = start(true, 64);
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(&v5(0, &[9]), running.to).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut kinds = Vec::new();
    while kinds.len() < 2 {
        let next = runtime.block_on(async { tokio::time::timeout(PATIENCE, running.events.recv()).await });
        kinds.push(matches!(next.unwrap().unwrap().body, Body::Flows(_)));
    }
    assert_eq!(kinds, [false, true], "the records, then the sums");
    let health = running.counters.health(9);
    assert!(running.end().0.is_default() && health.len() <= 1);
}

impl TalkSum {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn key(number: u32) -> ExporterKey {
    ExporterKey { address: IpAddr::V4(Ipv4Addr::from_bits(number)), version: FlowVersion::Ipfix, domain: 0 }
}

fn flow(source: u32) -> FlowRecord {
    FlowRecord { src: FlowAddr::v4(source), octets: 100, packets: 1, sampling_interval: 1, ..FlowRecord::default() }
}

fn none<'a>() -> Fields<'a> {
    Fields::none(FlowOrigin::default())
}

fn decoder() -> Decoder {
    Decoder::new(elements::builtin(), Limits::default())
}

#[test]
fn a_number_that_stands_for_another_exporter_mixes_nothing() {
    let mut gather = Gather::new(true);
    for number in [1, 2] {
        gather.exporter(0, &key(number));
        gather.name(0, FlowName::Interface(3, format!("port of {number}")));
        gather.flow(0, &flow(number), none());
    }
    let batch = gather.take_batch(&decoder(), NOW).unwrap();
    assert_eq!(batch.exporters, [key(1), key(2)]);
    let rows: Vec<_> = batch.talks.rows.iter().map(|(key, _)| (key.exporter, key.src)).collect();
    assert_eq!(rows, [(0, FlowAddr::v4(1)), (1, FlowAddr::v4(2))]);
    assert_eq!(batch.names, [(1, FlowName::Interface(3, "port of 2".to_owned()))]);
    let records = gather.take_records();
    assert_eq!((records.exporters.clone(), records.exporter.clone()), (vec![key(1), key(2)], vec![0, 1]));
    assert!(
        gather.take_batch(&decoder(), NOW).is_none()
            && gather.take_records() == FlowColumns { received: records.received, ..FlowColumns::default() }
    );
}

#[test]
fn records_that_the_engine_has_no_room_for_are_dropped_and_counted_and_stay_in_the_sums() {
    let mut gather = Gather::new(true);
    gather.exporter(0, &key(1));
    let flows = u32::try_from(MOST_HELD_ROWS).unwrap() + 10;
    (0..flows).for_each(|number| gather.flow(0, &flow(number % 7), none()));
    gather.settle();
    assert_eq!((gather.held(), gather.left_out.held), (MOST_HELD_ROWS, 10));
    assert_eq!(gather.take_batch(&decoder(), NOW).unwrap().talks.total().flows, u64::from(flows));
}

#[test]
fn a_flood_of_exporters_and_conversations_stays_within_its_bounds() {
    let limits = Limits { exporters: 500, ..Limits::default() };
    let (mut decoder, mut gather) = (Decoder::new(elements::builtin(), limits), Gather::new(false));
    for number in 0..50_000u32 {
        let source = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number));
        let sources: Vec<u32> = (0..4).map(|flow| number * 4 + flow).collect();
        decoder.datagram(source, NOW, &v5(0, &sources), &mut gather);
    }
    // One exporter that is known tells more conversations than a second has room for.
    for number in 0..40_000u32 {
        decoder.datagram(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000)), NOW, &v5(0, &[number, number + 100_000]), &mut gather);
    }
    let (batch, smaller) = limit::FLOW_TALKS.during(|| gather.take_batch(&decoder, NOW).unwrap());
    assert!(smaller > 0);
    assert_eq!((decoder.streams().count(), batch.exporters.len()), (500, 500));
    let refused: u64 = decoder.totals().refused.by_word().map(|(_, count)| count).sum();
    assert_eq!((refused, batch.talks.total().flows), (49_500, 500 * 4 + 80_000));
    let lists = [batch.talks.rows.len(), batch.talks.cut_src.len() * 4, batch.talks.cut_dst.len() * 4, batch.talks.rest.len()];
    assert!(lists.iter().all(|length| *length <= limit::FLOW_TALKS.most()), "{lists:?}");
}

#[test]
fn ports_and_names_without_end_find_no_room_and_are_counted() {
    let (mut decoder, mut gather) = (Decoder::new(elements::builtin(), Limits::default()), Gather::new(false));
    decoder.datagram(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0001)), NOW, &v5(0, &[1]), &mut gather);
    let (port, name) = (&limit::FLOW_SECOND_PORTS, &limit::FLOW_SECOND_NAMES);
    for number in 0..u32::try_from(port.most()).unwrap() + 9 {
        let record = FlowRecord { in_if: number + 1, end: NOW, octets: 1, packets: 1, ..FlowRecord::default() };
        gather.flow(0, &record, Fields::none(FlowOrigin::default()));
    }
    let named = |gather: &mut Gather| {
        for number in 0..u32::try_from(name.most()).unwrap() + 7 {
            gather.name(0, FlowName::Interface(number, number.to_string()));
        }
    };
    assert!(name.during(|| named(&mut gather)).1 >= 7);
    let (batch, beyond) = port.during(|| gather.take_batch(&decoder, NOW).unwrap());
    assert_eq!((batch.loads.len(), batch.names.len()), (port.most(), name.most()));
    assert!(beyond >= 9, "{beyond}");
}

/// An IPFIX message (RFC 7011 §3.1) of one set.
fn ipfix(set_id: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + body.len()).unwrap();
    let mut octets = [[0, 10], length.to_be_bytes()].concat();
    [1_800_000_000u32, 0, 77].iter().for_each(|word| octets.extend(word.to_be_bytes()));
    octets.extend(set_id.to_be_bytes());
    octets.extend((length - 16).to_be_bytes());
    octets.extend(body);
    octets
}

#[test]
fn translated_addresses_are_kept_and_other_fields_are_not_read() {
    let kept = |extra: [u8; 4]| {
        let mut decoder = Decoder::new(elements::builtin(), Limits::default());
        let mut gather = Gather::new(true);
        let template = [&[1, 0, 0, 3, 0, 8, 0, 4, 0, 1, 0, 4], extra.as_slice()].concat();
        for datagram in [ipfix(2, &template), ipfix(256, &[10, 0, 0, 1, 0, 0, 0, 100, 203, 0, 113, 7])] {
            decoder.datagram(IpAddr::V4(Ipv4Addr::LOCALHOST), NOW, &datagram, &mut gather);
        }
        let records = gather.take_records();
        assert_eq!(records.len(), 1);
        records.more
    };
    // postNATSourceIPv4Address (225), and ingressVRFID (234).
    assert_eq!(kept([0, 225, 0, 4]), [(0, vec![("postNATSourceIPv4Address".to_owned(), "203.0.113.7".to_owned())])]);
    assert_eq!(kept([0, 234, 0, 4]), []);
}

#[test]
fn templates_outlast_the_process() {
    // Template 256 of sourceIPv4Address (8), octetDeltaCount (1) and ingressInterface (10).
    let template = ipfix(2, &[1, 0, 0, 3, 0, 8, 0, 4, 0, 1, 0, 4, 0, 10, 0, 4]);
    let data = ipfix(256, &[10, 0, 0, 1, 0, 0, 0, 100, 0, 0, 0, 7]);
    let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
    let theirs = Arc::clone(&kept);
    let first = start_with((false, Vec::new()), 64, Box::new(move |learned| *theirs.lock().unwrap() = learned));
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(&template, first.to).unwrap();
    assert_eq!(first.end().0.flows, 0);
    let learned = kept.lock().unwrap().clone();
    for (learned, flows) in [(vec![learned], 1), (vec![b"noise".to_vec()], 0)] {
        let second = start_with((false, learned), 64, Box::new(|_| {}));
        sender.send_to(&data, second.to).unwrap();
        let (sum, _, exporters, counts) = second.end();
        assert_eq!((sum.flows, sum.octets, counts.received), (flows, flows * 100, 1));
        assert_eq!(exporters.first().map(|key| key.domain), Some(77));
    }
}
