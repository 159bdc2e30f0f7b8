//! One exporter's datagrams: what it tells in a second, with its templates, options, sequence numbers and counters.

use crate::model::Timestamp;
use crate::model::flow::{FlowRecord, FlowVersion};
use crate::model::poll::IfCounter;
use crate::sim::flows::sflow::{Datagram, FlowSample, IfCounters, extended_switch, raw_header};
use crate::sim::flows::template::{element, scope};
use crate::sim::flows::{Field, Form, Head, Message, Template, VARIABLE, Value, frame, v5};
use crate::sim::hash::{mix, pick};
use crate::sim::scenario::file::ExportForm;
use crate::sim::traffic::exporter::{Exporter, Port};
use crate::sim::traffic::told::{Told, application};
use crate::sim::traffic::{Slot, Traffic};
use crate::sim::truth::seconds_of;
use std::net::{IpAddr, Ipv4Addr};

/// Seconds of a cache's active timeout.
const MINUTE: i64 = 60;

/// Every so many seconds templates and options are told again (RFC 7011 §8.4 leaves it to the exporter; many take a minute and more).
const REFRESH: i64 = 20;

/// Every so many seconds sFlow agents tell counters (sFlow version 5 §4.2.3 recommends 20 to 120).
const COUNTERS: i64 = 30;

/// Octets of the largest payload that is sent: what passes Ethernet unfragmented.
const MOST: usize = 1400;

/// observationDomainId of the IPFIX exporters; v9 source id, v5 engine and sFlow sub-agent are 0.
pub const DOMAIN: u32 = 512;

/// samplerId of v9 exporters.
const SAMPLER: u64 = 1;

/// samplerMode: random (Cisco, NetFlow v9 field 49)
const RANDOM: u64 = 2;

/// selectorAlgorithm: systematic count-based sampling (IANA psamp-parameters)
const SYSTEMATIC: u64 = 1;

/// observationDomainId as a scope (IANA IPFIX 149)
const OBSERVATION_DOMAIN_ID: u16 = 149;

/// ifType of Ethernet
const ETHERNET: u32 = 6;

/// ifDirection full duplex; ifStatus: both up
const FULL_DUPLEX: u32 = 1;
const BOTH_UP: u32 = 3;

const FLOWS4: u16 = 256;
const FLOWS6: u16 = 257;
const INTERFACES: u16 = 258;
const SAMPLING: u16 = 259;
const APPLICATIONS: u16 = 260;

/// One exporter.
#[derive(Debug)]
pub struct Writer {
    place: usize,
    sequence: u32,
    /// Samples of each port so far, and packets that could have been sampled.
    pools: Vec<(u32, u32)>,
    counter_samples: u32,
    /// What is to be told in which second of the minute, the last first.
    due: Vec<(i64, Told)>,
    minute: i64,
    started: i64,
}

impl Writer {
    /// Of `traffic.exporters()[place]`, which has exported before `from`.
    pub fn new(traffic: &Traffic, place: usize, from: Timestamp) -> Self {
        let ports = traffic.exporters().get(place).map_or(0, |exporter| exporter.ports.len());
        let sequence = 1000 * u32::try_from(place + 1).unwrap_or(1);
        let pools = vec![(0, 0); ports];
        Self { place, sequence, pools, counter_samples: 0, due: Vec::new(), minute: i64::MIN, started: from.secs() }
    }

    /// Adds what it sends at the end of a second.
    pub fn second(&mut self, traffic: &Traffic, second: i64, out: &mut Vec<(Ipv4Addr, Vec<u8>)>) {
        let Some(exporter) = traffic.exporters().get(self.place) else { return };
        let at = Timestamp::from_secs(second + 1);
        let scenario = &traffic.campus().scenario;
        if !scenario.answers(exporter.device, seconds_of(at)) {
            return;
        }
        if self.minute != second.div_euclid(MINUTE) {
            self.minute = second.div_euclid(MINUTE);
            self.due = schedule(traffic, exporter, self.minute);
        }
        let mut told = Vec::new();
        while self.due.last().is_some_and(|(due, _)| *due <= second) {
            told.extend(self.due.pop().map(|(_, one)| one));
        }
        let head = Head {
            at,
            up_time_ms: scenario.sys_up_time(exporter.device, seconds_of(at)).wrapping_mul(10),
            sequence: 0,
            domain: 0,
        };
        let since = second - self.started;
        let datagrams = match exporter.export.how {
            ExportForm::Netflow5 => self.v5(&head, &told),
            ExportForm::Netflow9 => self.templated(traffic, (exporter, Form::V9), (&head, &told, since)),
            ExportForm::Ipfix => self.templated(traffic, (exporter, Form::Ipfix), (&head, &told, since)),
            ExportForm::Sflow5 => self.sflow(traffic, exporter, (&head, &told, second)),
        };
        out.extend(datagrams.into_iter().map(|datagram| (exporter.address, datagram)));
    }

    fn v5(&mut self, head: &Head, told: &[Told]) -> Vec<Vec<u8>> {
        let records: Vec<FlowRecord> = told.iter().map(|told| told.record).collect();
        let sampling = records.first().map_or(1, |record| record.sampling_interval);
        let mut write = |records: &[FlowRecord]| {
            let head = Head { sequence: self.sequence, ..*head };
            self.sequence = self.sequence.wrapping_add(u32::try_from(records.len()).unwrap_or(0));
            v5::datagram(&head, u16::try_from(sampling).unwrap_or(u16::MAX), records)
        };
        records.chunks(v5::MOST).map(&mut write).collect()
    }

    /// NetFlow v9 and IPFIX.
    fn templated(
        &mut self,
        traffic: &Traffic,
        (exporter, form): (&Exporter, Form),
        (head, told, since): (&Head, &[Told], i64),
    ) -> Vec<Vec<u8>> {
        let mut sets: Vec<(Template, Vec<Vec<u8>>)> = Vec::new();
        let mut datagrams = Vec::new();
        let domain = if form == Form::Ipfix { DOMAIN } else { 0 };
        let head = Head { domain, ..*head };
        if since % REFRESH == 0 {
            let tables = options(traffic, exporter, form);
            let all = [flows(form, 4), flows(form, 6)];
            let templates: Vec<&Template> = all.iter().chain(tables.iter().map(|(table, _)| table)).collect();
            let message = Message::new(form, Head { sequence: self.sequence, ..head }).templates(&templates);
            self.sequence = self.sequence.wrapping_add(u32::from(form == Form::V9));
            datagrams.push(message.finish());
            sets.extend(tables);
        }
        for (template, is_v4) in [(flows(form, 4), true), (flows(form, 6), false)] {
            let of_it = told.iter().filter(|told| told.record.src.is_v4() == is_v4);
            let rows: Vec<Vec<u8>> = of_it.map(|told| row(&template, &head, &told.record)).collect();
            sets.push((template, rows));
        }
        for (template, rows) in sets.iter().filter(|(_, rows)| !rows.is_empty()) {
            let widest = rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
            for rows in rows.chunks((MOST / widest).max(1)) {
                let message = Message::new(form, Head { sequence: self.sequence, ..head }).data(template, rows);
                // v9 counts datagrams (RFC 3954 §5.1), IPFIX data records (RFC 7011 §3.1).
                let step = if form == Form::V9 { 1 } else { u32::try_from(rows.len()).unwrap_or(0) };
                self.sequence = self.sequence.wrapping_add(step);
                datagrams.push(message.finish());
            }
        }
        datagrams
    }

    fn sflow(&mut self, traffic: &Traffic, exporter: &Exporter, (head, told, second): (&Head, &[Told], i64)) -> Vec<Vec<u8>> {
        let agent = IpAddr::V4(exporter.address);
        let new = |sequence: u32| Datagram::new(agent, 0, sequence, head.up_time_ms);
        let mut datagrams = Vec::new();
        let mut datagram = new(self.sequence);
        let mut full = |datagram: Datagram, sequence: &mut u32| {
            *sequence = sequence.wrapping_add(1);
            datagrams.push(datagram.finish());
            new(*sequence)
        };
        for told in told {
            let Some(sample) = self.sample(exporter, told) else { continue };
            let vlan = told.record.vlan;
            let length = usize::try_from(told.frame).unwrap_or(64);
            let header = frame::of(&told.record, length.saturating_sub(4), frame::SHOWN);
            let records = [raw_header(u32::try_from(told.frame).unwrap_or(64), &header), extended_switch(vlan, vlan)];
            datagram = datagram.flow(&sample, &records);
            if datagram.len() + 200 > MOST {
                datagram = full(datagram, &mut self.sequence);
            }
        }
        if (second + i64::try_from(self.place).unwrap_or(0)) % COUNTERS == 0 {
            for counters in exporter.ports.iter().filter_map(|port| counters(traffic, (exporter, port), head.at)) {
                self.counter_samples = self.counter_samples.wrapping_add(1);
                datagram = datagram.counters(self.counter_samples, &counters);
                if datagram.len() + 200 > MOST {
                    datagram = full(datagram, &mut self.sequence);
                }
            }
        }
        if !datagram.is_empty() {
            full(datagram, &mut self.sequence);
        }
        datagrams
    }

    /// The port that sampled: that of the device's two which has a number.
    fn sample(&mut self, exporter: &Exporter, told: &Told) -> Option<FlowSample> {
        let record = &told.record;
        let rate = exporter.export.sampling.max(1);
        let (sequence, pool) = self.pools.get_mut(told.from)?;
        (*sequence, *pool) = (sequence.wrapping_add(1), pool.wrapping_add(rate));
        let source = if record.in_if == 0 { record.out_if } else { record.in_if };
        Some(FlowSample { sequence: *sequence, source, rate, pool: *pool, drops: 0, input: record.in_if, output: record.out_if })
    }
}

/// What is told in each second of a minute, the last first.
fn schedule(traffic: &Traffic, exporter: &Exporter, minute: i64) -> Vec<(i64, Told)> {
    let start = minute * MINUTE;
    let slot = |minute: i64| Slot::of(Timestamp::from_secs(minute * MINUTE), 60);
    let phase = |key: u64| start + i64::try_from(pick(key, 60)).unwrap_or(0);
    let mut due: Vec<(i64, Told)> = if exporter.version() == FlowVersion::Sflow5 {
        let told = traffic.told(exporter, slot(minute));
        told.iter().flat_map(|told| (0..told.record.packets).map(|nth| (phase(mix(told.key, nth)), one_packet(told)))).collect()
    } else {
        traffic.told(exporter, slot(minute - 1)).into_iter().map(|told| (phase(told.key), told)).collect()
    };
    due.sort_by_key(|(second, told)| (std::cmp::Reverse(*second), told.key));
    due
}

/// One sampled packet of those that are told together.
fn one_packet(told: &Told) -> Told {
    Told { record: FlowRecord { octets: told.frame, packets: 1, ..told.record }, ..*told }
}

/// The template of flows of IPv4 (4) or IPv6 (6).
fn flows(form: Form, version: u8) -> Template {
    let addresses = match version {
        4 => [
            Field::of(element::SOURCE_IPV4_ADDRESS, 4),
            Field::of(element::DESTINATION_IPV4_ADDRESS, 4),
            Field::of(element::SOURCE_IPV4_PREFIX_LENGTH, 1),
            Field::of(element::DESTINATION_IPV4_PREFIX_LENGTH, 1),
        ],
        _ => [
            Field::of(element::SOURCE_IPV6_ADDRESS, 16),
            Field::of(element::DESTINATION_IPV6_ADDRESS, 16),
            Field::of(element::SOURCE_IPV6_PREFIX_LENGTH, 1),
            Field::of(element::DESTINATION_IPV6_PREFIX_LENGTH, 1),
        ],
    };
    let common = [
        Field::of(element::SOURCE_TRANSPORT_PORT, 2),
        Field::of(element::DESTINATION_TRANSPORT_PORT, 2),
        Field::of(element::PROTOCOL_IDENTIFIER, 1),
        Field::of(element::IP_CLASS_OF_SERVICE, 1),
        Field::of(element::TCP_CONTROL_BITS, if form == Form::V9 { 1 } else { 2 }),
        Field::of(element::FLOW_DIRECTION, 1),
        Field::of(element::INGRESS_INTERFACE, 4),
        Field::of(element::EGRESS_INTERFACE, 4),
        Field::of(element::OCTET_DELTA_COUNT, 8),
        Field::of(element::PACKET_DELTA_COUNT, 8),
    ];
    let own: &[Field] = match form {
        Form::V9 => &[
            Field::of(element::FLOW_START_SYS_UP_TIME, 4),
            Field::of(element::FLOW_END_SYS_UP_TIME, 4),
            Field::of(element::BGP_SOURCE_AS_NUMBER, 4),
            Field::of(element::BGP_DESTINATION_AS_NUMBER, 4),
            Field::of(element::SAMPLER_ID, 1),
            Field::of(element::APPLICATION_ID, 4),
        ],
        Form::Ipfix => &[
            Field::of(element::FLOW_START_MILLISECONDS, 8),
            Field::of(element::FLOW_END_MILLISECONDS, 8),
            Field::of(element::VLAN_ID, 2),
        ],
    };
    let fields: Vec<Field> = addresses.into_iter().chain(common).chain(own.iter().copied()).collect();
    Template::new(if version == 4 { FLOWS4 } else { FLOWS6 }, &fields)
}

fn row(template: &Template, head: &Head, record: &FlowRecord) -> Vec<u8> {
    template.row(|field| match field.number {
        element::SAMPLER_ID => Value::Number(SAMPLER),
        _ => crate::sim::flows::template::value_of(field, head, record),
    })
}

/// The options tables of an exporter: names of its interfaces, its sampling, and of v9 the names of applications.
fn options(traffic: &Traffic, exporter: &Exporter, form: Form) -> Vec<(Template, Vec<Vec<u8>>)> {
    let ports: Vec<&Port> = exporter.ports.iter().filter(|port| port.if_index != 0).collect();
    let rate = u64::from(exporter.export.sampling.max(1));
    match form {
        Form::V9 => {
            let system = Field::of(scope::SYSTEM, 4);
            let table = Template::options(
                INTERFACES,
                1,
                &[system, Field::of(element::INGRESS_INTERFACE, 4), Field::of(element::INTERFACE_NAME, 32)],
            );
            let rows = ports
                .iter()
                .map(|port| table.values(&[Value::Number(0), Value::Number(port.if_index.into()), Value::text(&port.name)]))
                .collect();
            let sampler = Template::options(
                SAMPLING,
                1,
                &[
                    system,
                    Field::of(element::SAMPLER_ID, 1),
                    Field::of(element::SAMPLER_MODE, 1),
                    Field::of(element::SAMPLER_RANDOM_INTERVAL, 4),
                    Field::of(element::SAMPLER_NAME, 16),
                ],
            );
            let sampled = sampler.values(&[
                Value::Number(0),
                Value::Number(SAMPLER),
                Value::Number(RANDOM),
                Value::Number(rate),
                Value::text(&format!("one-in-{rate}")),
            ]);
            vec![(table, rows), (sampler, vec![sampled]), applications(traffic)]
        }
        Form::Ipfix => {
            let table = Template::options(
                INTERFACES,
                1,
                &[Field::of(element::INGRESS_INTERFACE, 4), Field::of(element::INTERFACE_NAME, VARIABLE)],
            );
            let rows =
                ports.iter().map(|port| table.values(&[Value::Number(port.if_index.into()), Value::text(&port.name)])).collect();
            // One packet of each one: nothing is left out (RFC 5476 §6.5.2.1).
            let selector = Template::options(
                SAMPLING,
                1,
                &[
                    Field::of(OBSERVATION_DOMAIN_ID, 4),
                    Field::of(element::SELECTOR_ALGORITHM, 2),
                    Field::of(element::SAMPLING_PACKET_INTERVAL, 4),
                    Field::of(element::SAMPLING_PACKET_SPACE, 4),
                ],
            );
            let values = [u64::from(DOMAIN), SYSTEMATIC, 1, rate - 1].map(Value::Number);
            let selected = selector.values(&values);
            vec![(table, rows), (selector, vec![selected])]
        }
    }
}

fn applications(traffic: &Traffic) -> (Template, Vec<Vec<u8>>) {
    let fields = [Field::of(scope::SYSTEM, 4), Field::of(element::APPLICATION_ID, 4), Field::of(element::APPLICATION_NAME, 24)];
    let table = Template::options(APPLICATIONS, 1, &fields);
    let services = &traffic.campus().scenario.services;
    let named = services.iter().enumerate().map(|(place, service)| (application(Some(place)), service.name.as_str()));
    let rows = named
        .chain([(application(None), "rsync")])
        .map(|(id, name)| table.values(&[Value::Number(0), Value::Number(id), Value::text(name)]))
        .collect();
    (table, rows)
}

/// A port's counters as sFlow tells them; those of an aggregate are its members', which have no sample of their own here.
#[allow(clippy::cast_possible_truncation, reason = "counters of 32 bits wrap")]
fn counters(traffic: &Traffic, (exporter, port): (&Exporter, &Port), at: Timestamp) -> Option<IfCounters> {
    let scenario = &traffic.campus().scenario;
    let node = scenario.node(exporter.device)?;
    let &[member] = port.members.as_slice() else { return None };
    let all = scenario.counters(node, exporter.device, (member, seconds_of(at)));
    let of = |which: IfCounter| all.get(which as usize).copied().unwrap_or(0);
    let low = |which: IfCounter| of(which) as u32;
    Some(IfCounters {
        if_index: port.if_index,
        if_type: ETHERNET,
        if_speed: scenario.speed_bps(node, member, seconds_of(at)),
        if_direction: FULL_DUPLEX,
        if_status: BOTH_UP,
        in_octets: of(IfCounter::InOctets),
        in_packets: [IfCounter::InUcastPkts, IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts].map(low),
        in_discards: low(IfCounter::InDiscards),
        in_errors: low(IfCounter::InErrors),
        out_octets: of(IfCounter::OutOctets),
        out_packets: [IfCounter::OutUcastPkts, IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts].map(low),
        out_discards: low(IfCounter::OutDiscards),
        out_errors: low(IfCounter::OutErrors),
    })
}
