//! sFlow version 5: datagrams of flow samples and counter samples, as XDR (RFC 4506).
//!
//! Source: sFlow version 5, July 2004, section 5.3.

use super::{low32, put};
use crate::model::MacAddr;
use std::net::IpAddr;

/// Formats of samples, enterprise 0.
#[allow(missing_docs, reason = "named as in the document")]
pub mod sample {
    pub const FLOW: u32 = 1;
    pub const COUNTERS: u32 = 2;
    pub const EXPANDED_FLOW: u32 = 3;
    pub const EXPANDED_COUNTERS: u32 = 4;
}

/// Formats of records in flow samples, enterprise 0.
#[allow(missing_docs, reason = "named as in the document")]
pub mod data {
    pub const RAW_HEADER: u32 = 1;
    pub const ETHERNET: u32 = 2;
    pub const IPV4: u32 = 3;
    pub const EXTENDED_SWITCH: u32 = 1001;
    pub const EXTENDED_ROUTER: u32 = 1002;
    pub const EXTENDED_GATEWAY: u32 = 1003;
}

/// Format of interface counters, enterprise 0.
pub const IF_COUNTERS: u32 = 1;

/// header_protocol of Ethernet.
const ETHERNET: u32 = 1;

/// Octets of the frame check sequence, which agents strip and count.
pub const FRAME_CHECK: u32 = 4;

/// AS_SEQUENCE, a segment of a path (RFC 4271 §4.3).
const AS_SEQUENCE: u32 = 2;

/// The version that is written.
const VERSION: u32 = 5;

/// A datagram that is being written.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// The agent's address, which need not be the datagram's source.
    pub agent: IpAddr,
    /// Which of the agent's parts.
    pub sub_agent: u32,
    /// Datagrams before it, of this sub-agent.
    pub sequence: u32,
    /// sysUpTime, milliseconds.
    pub up_time_ms: u32,
    samples: Vec<u8>,
    count: u32,
}

/// What a flow sample says around its records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowSample {
    /// Samples before it, of this data source.
    pub sequence: u32,
    /// ifIndex of the port that was sampled.
    pub source: u32,
    /// One in so many packets is sampled.
    pub rate: u32,
    /// Packets that could have been sampled.
    pub pool: u32,
    /// Samples lost in the agent.
    pub drops: u32,
    /// ifIndex, 0 where it is not known.
    pub input: u32,
    /// As [`Self::input`]; the two highest bits say another format (discarded, several).
    pub output: u32,
}

/// Interface counters, in the order of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of IF-MIB")]
pub struct IfCounters {
    pub if_index: u32,
    pub if_type: u32,
    pub if_speed: u64,
    /// 1 full duplex, 2 half duplex
    pub if_direction: u32,
    /// Bit 0 ifAdminStatus up, bit 1 ifOperStatus up
    pub if_status: u32,
    pub in_octets: u64,
    pub in_packets: [u32; 3],
    pub in_discards: u32,
    pub in_errors: u32,
    pub out_octets: u64,
    pub out_packets: [u32; 3],
    pub out_discards: u32,
    pub out_errors: u32,
}

impl Datagram {
    /// An empty datagram.
    pub const fn new(agent: IpAddr, sub_agent: u32, sequence: u32, up_time_ms: u32) -> Self {
        Self { agent, sub_agent, sequence, up_time_ms, samples: Vec::new(), count: 0 }
    }

    /// Octets so far.
    pub const fn len(&self) -> usize {
        let agent = match self.agent {
            IpAddr::V4(_) => 4,
            IpAddr::V6(_) => 16,
        };
        24 + agent + self.samples.len()
    }

    /// Whether there is nothing in it yet.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// With a sample as it is, whatever it holds.
    #[must_use]
    pub fn sample(mut self, format: u32, content: &[u8]) -> Self {
        self.count += 1;
        put(&mut self.samples, format.to_be_bytes());
        opaque(&mut self.samples, content);
        self
    }

    /// With a flow sample of records ([`raw_header`], [`extended_switch`], …).
    #[must_use]
    pub fn flow(self, about: &FlowSample, records: &[Vec<u8>]) -> Self {
        let source = about.source & 0x00ff_ffff;
        let head = [about.sequence, source, about.rate, about.pool, about.drops, about.input, about.output];
        self.sample(sample::FLOW, &with_records(&head, records))
    }

    /// With a flow sample whose interfaces have 32 bits each.
    #[must_use]
    pub fn expanded_flow(self, about: &FlowSample, records: &[Vec<u8>]) -> Self {
        let value = |port: u32| port & 0x3fff_ffff;
        let form = |port: u32| port >> 30;
        let (input, output) = (about.input, about.output);
        let ports = [form(input), value(input), form(output), value(output)];
        let head = [about.sequence, 0, about.source, about.rate, about.pool, about.drops];
        self.sample(sample::EXPANDED_FLOW, &with_records(&[head.as_slice(), &ports].concat(), records))
    }

    /// With a counter sample of a port.
    #[must_use]
    pub fn counters(self, sequence: u32, counters: &IfCounters) -> Self {
        let record = record(IF_COUNTERS, &if_counters(counters));
        self.sample(sample::COUNTERS, &with_records(&[sequence, counters.if_index & 0x00ff_ffff], &[record]))
    }

    /// The datagram.
    pub fn finish(self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(self.len());
        put(&mut octets, VERSION.to_be_bytes());
        address(&mut octets, self.agent);
        words(&mut octets, &[self.sub_agent, self.sequence, self.up_time_ms, self.count]);
        octets.extend_from_slice(&self.samples);
        octets
    }
}

/// A record of a sample: its format, its length, its content.
pub fn record(format: u32, content: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(8 + content.len());
    put(&mut octets, format.to_be_bytes());
    opaque(&mut octets, content);
    octets
}

/// The first octets of an Ethernet frame that had `frame_length` octets, its check sequence included.
pub fn raw_header(frame_length: u32, header: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    words(&mut content, &[ETHERNET, frame_length, FRAME_CHECK]);
    opaque(&mut content, header);
    record(data::RAW_HEADER, &content)
}

/// Addresses and type of a frame, for agents that don't show headers.
pub fn ethernet(frame_length: u32, (src, dst): (MacAddr, MacAddr), ether_type: u16) -> Vec<u8> {
    let mut content = Vec::new();
    words(&mut content, &[frame_length]);
    for MacAddr(mac) in [src, dst] {
        content.extend_from_slice(&mac);
        content.extend_from_slice(&[0; 2]);
    }
    words(&mut content, &[ether_type.into()]);
    record(data::ETHERNET, &content)
}

/// VLANs of a frame as it came and as it left.
pub fn extended_switch(src_vlan: u16, dst_vlan: u16) -> Vec<u8> {
    let mut content = Vec::new();
    words(&mut content, &[src_vlan.into(), 0, dst_vlan.into(), 0]);
    record(data::EXTENDED_SWITCH, &content)
}

/// Next hop and prefix lengths.
pub fn extended_router(next_hop: IpAddr, src_mask: u8, dst_mask: u8) -> Vec<u8> {
    let mut content = Vec::new();
    address(&mut content, next_hop);
    words(&mut content, &[src_mask.into(), dst_mask.into()]);
    record(data::EXTENDED_ROUTER, &content)
}

/// Next hop, the router's own AS, the source's, and the path to the destination.
pub fn extended_gateway(next_hop: IpAddr, (own, src): (u32, u32), dst_path: &[u32]) -> Vec<u8> {
    let mut content = Vec::new();
    address(&mut content, next_hop);
    words(&mut content, &[own, src, src]);
    if dst_path.is_empty() {
        words(&mut content, &[0]);
    } else {
        words(&mut content, &[1, AS_SEQUENCE, low32(dst_path.len() as u64)]);
        words(&mut content, dst_path);
    }
    // No communities, and the usual preference (RFC 4271 leaves it to the router).
    words(&mut content, &[0, 100]);
    record(data::EXTENDED_GATEWAY, &content)
}

fn if_counters(counters: &IfCounters) -> Vec<u8> {
    let mut content = Vec::new();
    words(&mut content, &[counters.if_index, counters.if_type]);
    put(&mut content, counters.if_speed.to_be_bytes());
    words(&mut content, &[counters.if_direction, counters.if_status]);
    put(&mut content, counters.in_octets.to_be_bytes());
    words(&mut content, &counters.in_packets);
    // ifInUnknownProtos
    words(&mut content, &[counters.in_discards, counters.in_errors, 0]);
    put(&mut content, counters.out_octets.to_be_bytes());
    words(&mut content, &counters.out_packets);
    // ifPromiscuousMode
    words(&mut content, &[counters.out_discards, counters.out_errors, 0]);
    content
}

fn with_records(head: &[u32], records: &[Vec<u8>]) -> Vec<u8> {
    let mut content = Vec::new();
    words(&mut content, head);
    words(&mut content, &[low32(records.len() as u64)]);
    records.iter().for_each(|record| content.extend_from_slice(record));
    content
}

fn words(octets: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| put(octets, word.to_be_bytes()));
}

/// Octets of any length: how many, then them, filled up to a multiple of four (RFC 4506 §4.10).
fn opaque(octets: &mut Vec<u8>, content: &[u8]) {
    words(octets, &[low32(content.len() as u64)]);
    octets.extend_from_slice(content);
    octets.extend(std::iter::repeat_n(0, (4 - content.len() % 4) % 4));
}

fn address(octets: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            words(octets, &[1]);
            put(octets, address.octets());
        }
        IpAddr::V6(address) => {
            words(octets, &[2]);
            put(octets, address.octets());
        }
    }
}
