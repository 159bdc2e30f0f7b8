//! What is known of exporters beside the flows themselves: their counters, how much they tell a second, what they call their ports,
//! and what flowed through each port by minute. Bounded: a flood of made-up exporters takes no more room.

use super::flow_view::Sockets;
use crate::model::flow::{ExporterCounts, ExporterKey, FlowBatch, FlowName, FlowTime, FlowVersion, PortLoad};
use crate::model::upkeep::ExporterReading;
use crate::model::{Timestamp, limit};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

/// Where there is no room, streams that were silent for so long make some; and ports through which nothing flowed for so long.
const IDLE: Duration = Duration::from_secs(3600);
/// Between two looks for what is idle: a flood of made-up exporters must not make each of them cost a look at all.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Minutes of a port that are remembered: an hour's graph and what long flows still add to it.
const MOST_MINUTES: usize = 130;
/// Counters of so many tellings make a rate: ten seconds.
const RATE_OVER: usize = 11;
/// An exporter that was not heard for so long is said to be silent: templates are sent anew within half an hour, flows each minute.
pub(super) const STALE_AFTER: Duration = Duration::from_secs(300);

/// An exporter that was silent for so long was taken away.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(86_400);

/// One stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// Its counters, as last told.
    pub(super) counts: ExporterCounts,
    /// When it was last heard.
    pub(super) heard: Timestamp,
    /// Its flow records and octets at the last tellings.
    tellings: VecDeque<(Timestamp, [u64; 3])>,
}

/// Rates of a stream over its last tellings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) flows: f64,
    pub(super) packets: f64,
    pub(super) octets: f64,
}

impl Stream {
    fn tell(&mut self, at: Timestamp, counts: &ExporterCounts) {
        let figures = [counts.flow_records, counts.scaled_packets, counts.scaled_octets];
        // Its counters began anew with the collector.
        if self.tellings.back().is_some_and(|(_, before)| before[0] > figures[0]) {
            self.tellings.clear();
        }
        if counts.datagrams != self.counts.datagrams || counts.flow_records != self.counts.flow_records {
            self.heard = at;
        }
        self.tellings.push_back((at, figures));
        while self.tellings.len() > RATE_OVER {
            self.tellings.pop_front();
        }
        self.counts.clone_from(counts);
    }

    /// Rates; `None` before the second telling.
    pub(super) fn rates(&self, now: Timestamp) -> Option<Rates> {
        let (first, from) = self.tellings.front()?;
        let (_, to) = self.tellings.back()?;
        let secs = now.since(*first).as_secs_f64();
        if self.tellings.len() < 2 || secs < 1.0 {
            return None;
        }
        #[allow(clippy::cast_precision_loss, reason = "a rate needs no more")]
        let rate = |at: usize| to.get(at).zip(from.get(at)).map_or(0.0, |(to, from)| to.saturating_sub(*from) as f64 / secs);
        Some(Rates { flows: rate(0), packets: rate(1), octets: rate(2) })
    }
}

/// A direction of a port.
type Port = (IpAddr, u32, bool);

/// A minute's octets and packets.
type Minute = (Timestamp, u64, u64);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    streams: BTreeMap<ExporterKey, Stream>,
    interfaces: FxHashMap<(IpAddr, u32), String>,
    loads: FxHashMap<Port, VecDeque<Minute>>,
    /// When it was last looked for idle streams, and for idle ports.
    looked: [Option<Timestamp>; 2],
    /// How the sockets of the collectors do.
    pub(super) sockets: Sockets,
}

impl Ledger {
    /// What a collector told.
    pub(super) fn hear(&mut self, at: Timestamp, batch: &FlowBatch) {
        for (key, counts) in batch.exporters.iter().zip(&batch.counts) {
            if !self.streams.contains_key(key) && !self.has_room_for_stream(at) {
                continue;
            }
            self.streams.entry(*key).or_default().tell(at, counts);
        }
        self.call(&batch.exporters, &batch.names);
        self.load(&batch.exporters, &batch.loads);
    }

    /// Whether there is room for another stream; those that are idle make some.
    fn has_room_for_stream(&mut self, now: Timestamp) -> bool {
        if self.streams.len() >= limit::FLOW_STREAMS.most() && is_due(&mut self.looked[0], now) {
            self.streams.retain(|_, stream| now.since(stream.heard) < IDLE);
        }
        let has_room = limit::FLOW_STREAMS.has_room(self.streams.len());
        limit::FLOW_STREAMS.holds(self.streams.len() + usize::from(has_room));
        has_room
    }

    /// Whether there is room for another direction of a port. Idle is by the minutes of flows themselves.
    fn has_room_for_port(&mut self, minute: Timestamp) -> bool {
        if self.loads.len() >= limit::FLOW_PORTS.most() && is_due(&mut self.looked[1], minute) {
            self.loads.retain(|_, minutes| minutes.back().is_some_and(|(last, ..)| minute.since(*last) < IDLE));
        }
        let has_room = limit::FLOW_PORTS.has_room(self.loads.len());
        limit::FLOW_PORTS.holds(self.loads.len() + usize::from(has_room));
        has_room
    }

    /// How exporters do, by their addresses, all streams of one together. Those that were not heard for a day are not told any more, nor are
    /// frames that this host captured itself.
    pub(super) fn exporters(&self, now: Timestamp) -> Vec<ExporterReading> {
        let mut found: BTreeMap<IpAddr, ExporterReading> = BTreeMap::new();
        let recent = self
            .streams
            .iter()
            .filter(|(key, stream)| key.version != FlowVersion::Capture && now.since(stream.heard) < FORGOTTEN_AFTER);
        for (key, stream) in recent {
            let counts = &stream.counts;
            let lost = (!counts.loss_unknown).then_some(counts.lost);
            let known = found.entry(key.address).or_insert(ExporterReading {
                address: key.address,
                device: None,
                datagrams: 0,
                lost: Some(0),
                heard: stream.heard,
            });
            known.datagrams = known.datagrams.saturating_add(counts.datagrams);
            known.lost = known.lost.zip(lost).map(|(sum, lost)| sum.saturating_add(lost));
            known.heard = known.heard.max(stream.heard);
        }
        found.into_values().collect()
    }

    /// What the store keeps of a stretch of time.
    pub(super) fn remember(&mut self, time: &FlowTime) {
        for (key, counts) in time.exporters.iter().zip(&time.counts) {
            if !self.streams.contains_key(key) && !self.has_room_for_stream(time.end()) {
                continue;
            }
            self.streams.entry(*key).or_default().tell(time.end(), counts);
        }
        self.call(&time.exporters, &time.names);
        self.load(&time.exporters, &time.loads);
    }

    /// Names, by the exporters that they refer to.
    pub(super) fn call(&mut self, exporters: &[ExporterKey], names: &[(u16, FlowName)]) {
        for (exporter, name) in names {
            let Some(address) = exporters.get(usize::from(*exporter)).map(|key| key.address) else { continue };
            if let FlowName::Interface(if_index, name) = name {
                let port = (address, *if_index);
                if self.interfaces.contains_key(&port) || limit::FLOW_PORT_NAMES.has_room(self.interfaces.len()) {
                    self.interfaces.insert(port, name.clone());
                }
            }
        }
    }

    /// What flowed through ports.
    pub(super) fn load(&mut self, exporters: &[ExporterKey], loads: &[PortLoad]) {
        for load in loads {
            let Some(address) = exporters.get(usize::from(load.exporter)).map(|key| key.address) else { continue };
            let port = (address, load.if_index, load.inward);
            if !self.loads.contains_key(&port) && !self.has_room_for_port(load.minute) {
                continue;
            }
            let minutes = self.loads.entry(port).or_default();
            match minutes.binary_search_by_key(&load.minute, |(minute, ..)| *minute) {
                Ok(at) => {
                    if let Some((_, octets, packets)) = minutes.get_mut(at) {
                        *octets = octets.saturating_add(load.octets);
                        *packets = packets.saturating_add(load.packets);
                    }
                }
                // A flow that lies longer back than anything that is kept.
                Err(0) if minutes.len() >= MOST_MINUTES => {}
                Err(at) => minutes.insert(at, (load.minute, load.octets, load.packets)),
            }
            while minutes.len() > MOST_MINUTES {
                minutes.pop_front();
            }
        }
    }

    /// All streams, by their keys.
    pub(super) fn streams(&self) -> impl Iterator<Item = (&ExporterKey, &Stream)> {
        self.streams.iter()
    }

    /// Whether an address exports flows.
    pub(super) fn exports(&self, address: IpAddr) -> bool {
        let first = ExporterKey { address, version: FlowVersion::NetFlow1, domain: 0 };
        self.streams.range(first..).next().is_some_and(|(key, _)| key.address == address)
    }

    /// The streams of an exporter.
    pub(super) fn streams_of(&self, address: IpAddr) -> impl Iterator<Item = &Stream> {
        let first = ExporterKey { address, version: FlowVersion::NetFlow1, domain: 0 };
        self.streams.range(first..).take_while(move |(key, _)| key.address == address).map(|(_, stream)| stream)
    }

    /// What an exporter calls one of its ports.
    pub(super) fn interface(&self, exporter: IpAddr, if_index: u32) -> Option<&str> {
        self.interfaces.get(&(exporter, if_index)).map(String::as_str)
    }

    /// Ports that an exporter named, with their names.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = (IpAddr, u32, &str)> {
        self.interfaces.iter().map(|((exporter, if_index), name)| (*exporter, *if_index, name.as_str()))
    }

    /// The minutes of a direction of a port that begin in a stretch: start, octets, packets.
    pub(super) fn minutes(&self, port: Port, (from, to): (Timestamp, Timestamp)) -> Vec<Minute> {
        let minutes = self.loads.get(&port).map(|minutes| minutes.iter().filter(|(at, ..)| *at >= from && *at < to).copied());
        minutes.map(Iterator::collect).unwrap_or_default()
    }
}

/// Whether it is time to look again.
fn is_due(looked: &mut Option<Timestamp>, now: Timestamp) -> bool {
    let due = looked.is_none_or(|last| now.millis().abs_diff(last.millis()) >= LOOK_EVERY.as_millis() as u64);
    if due {
        *looked = Some(now);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000 + secs)
    }

    fn key(host: u8) -> ExporterKey {
        ExporterKey { address: [192, 0, 2, host].into(), version: FlowVersion::Ipfix, domain: 0 }
    }

    fn batch(records: u64, loads: Vec<PortLoad>) -> FlowBatch {
        let counts = ExporterCounts { flow_records: records, datagrams: records, ..ExporterCounts::default() };
        let names = vec![(0, FlowName::Interface(7, "ge-0/0/7".to_owned())), (9, FlowName::Interface(1, "nobody".to_owned()))];
        FlowBatch { exporters: vec![key(1)], counts: vec![counts], loads, names, ..FlowBatch::default() }
    }

    #[test]
    fn a_rate_is_of_the_last_tellings_and_not_of_the_counters_of_before() {
        let mut ledger = Ledger::default();
        ledger.hear(at(0), &batch(1000, Vec::new()));
        let rate =
            |ledger: &Ledger, secs: i64| ledger.streams().next().and_then(|(_, stream)| stream.rates(at(secs))).map(|r| r.flows);
        assert_eq!(rate(&ledger, 1), None);
        for secs in 1..30 {
            ledger.hear(at(secs), &batch(1000 + 50 * u64::try_from(secs).unwrap(), Vec::new()));
        }
        assert_eq!(rate(&ledger, 29), Some(50.0));
        ledger.hear(at(30), &batch(10, Vec::new()));
        assert_eq!(rate(&ledger, 31), None, "the collector began anew");
    }

    #[test]
    fn silence_is_told_by_when_something_was_heard_and_not_by_when_it_was_told() {
        let mut ledger = Ledger::default();
        ledger.hear(at(0), &batch(5, Vec::new()));
        ledger.hear(at(400), &batch(5, Vec::new()));
        assert_eq!(ledger.streams().next().unwrap().1.heard, at(0));
    }

    #[test]
    fn minutes_of_a_port_add_up_and_are_bounded() {
        let mut ledger = Ledger::default();
        let load = |minute: i64, octets: u64| PortLoad {
            exporter: 0,
            if_index: 7,
            inward: true,
            minute: at(minute * 60),
            octets,
            packets: 1,
        };
        ledger.hear(at(0), &batch(1, vec![load(1, 10), load(0, 5), load(1, 7)]));
        let port = ([192, 0, 2, 1].into(), 7, true);
        assert_eq!(ledger.minutes(port, (at(0), at(600))), [(at(0), 5, 1), (at(60), 17, 2)]);
        assert_eq!(ledger.minutes(port, (at(60), at(60))), []);
        for minute in 0..1000 {
            ledger.hear(at(0), &batch(1, vec![load(minute, 1)]));
        }
        assert_eq!(ledger.minutes(port, (at(0), at(1_000_000))).len(), MOST_MINUTES);
        ledger.hear(at(0), &batch(1, vec![load(-5, 1)]));
        assert_eq!(ledger.minutes(port, (at(-1000), at(0))), []);
    }

    #[test]
    fn made_up_exporters_take_no_more_room_than_there_is() {
        let mut ledger = Ledger::default();
        let most = limit::FLOW_STREAMS.most();
        let hear = |ledger: &mut Ledger, (number, secs): (usize, i64)| {
            let address = u32::try_from(number).unwrap().to_be_bytes().into();
            let exporter = ExporterKey { address, version: FlowVersion::NetFlow9, domain: 0 };
            let counts = ExporterCounts { datagrams: 1 + u64::try_from(secs).unwrap(), ..ExporterCounts::default() };
            ledger.hear(at(secs), &FlowBatch { exporters: vec![exporter], counts: vec![counts], ..FlowBatch::default() });
            address
        };
        let ((), beyond) = limit::FLOW_STREAMS.during(|| {
            for number in 0..most + 900 {
                hear(&mut ledger, (number, 0));
            }
        });
        assert!(ledger.streams().count() == most && beyond >= 900);
        let first = hear(&mut ledger, (0, 3000));
        assert!(ledger.exports(first), "those that are known go on");
        let late = hear(&mut ledger, (most + 5, 4000));
        assert_eq!(
            (ledger.streams().count(), ledger.exports(first), ledger.exports(late)),
            (2, true, true),
            "silent ones make room"
        );
    }

    #[test]
    fn made_up_ports_take_no_more_room_than_there_is() {
        let (ports, names) = (limit::FLOW_PORTS.most(), limit::FLOW_PORT_NAMES.most());
        let load = |if_index: usize, minute: i64| PortLoad {
            exporter: 0,
            if_index: u32::try_from(if_index).unwrap(),
            inward: true,
            minute: at(minute * 60),
            octets: 1,
            packets: 1,
        };
        let mut ledger = Ledger::default();
        let many = batch(1, (0..ports + 9).map(|if_index| load(if_index, 0)).collect());
        let ((), beyond) = limit::FLOW_PORTS.during(|| ledger.hear(at(0), &many));
        assert!(ledger.loads.len() == ports && beyond >= 9);
        ledger.hear(at(60), &batch(1, vec![load(3, 90)]));
        ledger.hear(at(60), &batch(1, vec![load(ports + 3, 90)]));
        assert_eq!(ledger.loads.len(), 2, "idle ones make room");
        let name = |if_index: usize, name: &str| (0, FlowName::Interface(u32::try_from(if_index).unwrap(), name.to_owned()));
        let many: Vec<_> = (0..names + 9).map(|if_index| name(if_index, "x")).collect();
        let ((), beyond) = limit::FLOW_PORT_NAMES.during(|| ledger.call(&[key(1)], &many));
        ledger.call(&[key(1)], &[name(7, "new")]);
        assert!(ledger.interfaces.len() == names && beyond >= 9);
        assert_eq!(ledger.interface([192, 0, 2, 1].into(), 7), Some("new"), "known ones can be called otherwise");
    }

    #[test]
    fn a_name_is_its_exporters_own() {
        let mut ledger = Ledger::default();
        ledger.hear(at(0), &batch(1, Vec::new()));
        assert_eq!(ledger.interface([192, 0, 2, 1].into(), 7), Some("ge-0/0/7"));
        assert_eq!((ledger.interface([192, 0, 2, 2].into(), 7), ledger.interfaces().count()), (None, 1));
    }
}
