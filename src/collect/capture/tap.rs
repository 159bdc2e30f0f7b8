//! NetFlow, IPFIX and sFlow that pass by on a captured port, decoded like what is sent to this host.
//!
//! A datagram counts once: what is addressed to this host and one of its own collectors takes is left to that; what this host forwards is
//! taken where it comes in. What this host itself exports to others is taken where it goes out.

use crate::collect::flow::Gather;
use crate::mib::elements;
use crate::model::Timestamp;
use crate::model::flow::{Direction, FlowBatch, FlowColumns};
use crate::wire::bpf::{self, End, Step, Test};
use crate::wire::flow::{Decoder, Limits};
use crate::wire::packet::Packet;
use std::net::{IpAddr, SocketAddr};

/// Ports that exporters send to by default: NetFlow (2055, 9995, 9996), IPFIX (4739, RFC 7011 §10.3.4), sFlow (6343).
const PORTS: [u16; 5] = [2055, 4739, 6343, 9995, 9996];

/// UDP (IANA protocol numbers).
const UDP: u8 = 17;

/// Ports that are looked at, at most: those of a configuration, and a program for the kernel has an end.
const MOST_PORTS: usize = 64;

/// Records that are held before they are handed over.
const PIECE_ROWS: usize = 16_384;

/// The largest datagram with its heads.
const WHOLE: u32 = 65_535 + 256;

/// What passes by.
#[derive(Debug)]
pub struct Tap {
    ports: Vec<u16>,
    /// Where this host's own collectors listen.
    listens: Vec<SocketAddr>,
    /// This host's addresses.
    own: Vec<IpAddr>,
    decoder: Decoder,
    gather: Gather,
    /// Datagrams decoded since [`Self::take`].
    decoded: u64,
    /// Datagrams that were not captured whole since then.
    cut: u64,
}

/// What passed by in a second.
#[derive(Debug, Default)]
pub struct Tapped {
    /// Who talked with whom; `None` where nothing passed.
    pub batch: Option<FlowBatch>,
    /// The records.
    pub records: FlowColumns,
    /// Datagrams that were decoded.
    pub datagrams: u64,
    /// Datagrams that were not captured whole.
    pub cut: u64,
}

impl Tap {
    /// On a host with these addresses whose collectors listen there.
    pub fn new(listens: &[SocketAddr], own: Vec<IpAddr>) -> Self {
        let mut ports: Vec<u16> = PORTS.into_iter().chain(listens.iter().map(SocketAddr::port)).collect();
        ports.sort_unstable();
        ports.dedup();
        ports.truncate(MOST_PORTS);
        let decoder = Decoder::new(elements::builtin(), Limits::default());
        Self { ports, listens: listens.to_vec(), own, decoder, gather: Gather::new(true), decoded: 0, cut: 0 }
    }

    /// A program that lets through such datagrams whole, and so many octets of everything else.
    pub fn program(&self, heads: u32) -> Vec<Step> {
        let test = Test::And(vec![Test::Protocol(UDP), Test::Ports(End::Dst, self.ports.clone())]);
        bpf::choose(&test, (WHOLE, heads, heads))
    }

    /// Decodes what a packet carries, where it is something to decode.
    #[inline]
    pub fn look(&mut self, (packet, octets): (&Packet, &[u8]), direction: Direction, at: Timestamp) {
        if packet.protocol == UDP && packet.payload_at > 0 && self.ports.contains(&packet.dst_port) {
            self.decode((packet, octets), direction, at);
        }
    }

    fn decode(&mut self, (packet, octets): (&Packet, &[u8]), direction: Direction, at: Timestamp) {
        let (Some(source), Some(payload)) = (packet.src.ip(), packet.udp_payload(octets)) else { return };
        if !looks_like_flows(payload) || !self.is_to_be_taken((source, packet), direction) {
            return;
        }
        if !packet.is_payload_whole(octets) {
            self.cut += 1;
            return;
        }
        self.decoded += 1;
        self.gather.received = at;
        self.decoder.datagram(source, at, payload, &mut self.gather);
    }

    fn is_own(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.own.contains(&address)
    }

    fn is_to_be_taken(&self, (source, packet): (IpAddr, &Packet), direction: Direction) -> bool {
        let takes = |listen: &SocketAddr, to: IpAddr| {
            listen.port() == packet.dst_port && (listen.ip().is_unspecified() || listen.ip() == to)
        };
        match packet.dst.ip() {
            Some(to) if self.is_own(to) => direction != Direction::Egress && !self.listens.iter().any(|listen| takes(listen, to)),
            _ => direction != Direction::Egress || self.is_own(source),
        }
    }

    /// Whether records are to be handed over before the second is over.
    pub fn is_full(&self) -> bool {
        self.gather.held() >= PIECE_ROWS
    }

    /// The records that wait.
    pub fn records(&mut self) -> FlowColumns {
        self.gather.take_records()
    }

    /// What passed by since this was asked last.
    pub fn take(&mut self, now: Timestamp) -> Tapped {
        let records = self.gather.take_records();
        let batch = self.gather.take_batch(&self.decoder, now);
        Tapped { batch, records, datagrams: std::mem::take(&mut self.decoded), cut: std::mem::take(&mut self.cut) }
    }
}

/// Whether a datagram begins as one of flows does: its version, and a length that fits it.
fn looks_like_flows(payload: &[u8]) -> bool {
    let Some([v0, v1, n0, n1, ..]) = payload.first_chunk::<20>() else { return false };
    let (version, number) = (u16::from_be_bytes([*v0, *v1]), usize::from(u16::from_be_bytes([*n0, *n1])));
    match version {
        // Count of records of a fixed size (RFC 3954's forerunners).
        1 => (1..=24).contains(&number) && payload.len() >= 16 + 52 * number.min(1),
        5 => (1..=30).contains(&number) && payload.len() == 24 + 48 * number,
        7 => (1..=28).contains(&number) && payload.len() == 24 + 52 * number,
        9 => number > 0,
        10 => number == payload.len(),
        0 => crate::wire::flow::sflow::Datagram::is_one(payload),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::packet::{LinkType, dissect};

    /// A datagram of NetFlow version 5 with one record from 10.1.1.1 to 10.1.1.2, sent from `from` to `to`.
    fn frame(from: [u8; 4], to: [u8; 4], port: u16) -> Vec<u8> {
        let mut payload = vec![0, 5, 0, 1, 0, 0, 0, 100, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        payload.extend([10, 1, 1, 1, 10, 1, 1, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 7, 0, 0, 10, 0, 0, 0, 0, 1, 0, 0, 0, 9]);
        payload.extend([0, 80, 0x9c, 0x40, 0, 0x10, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let length = |more: usize| u16::try_from(payload.len() + more).unwrap().to_be_bytes();
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
        frame.extend(length(28));
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        frame.extend([from, to].concat());
        frame.extend([&40_000_u16.to_be_bytes()[..], &port.to_be_bytes(), &length(8), &[0, 0]].concat());
        frame.extend(payload);
        frame
    }

    fn check((from, to, port): ([u8; 4], [u8; 4], u16), direction: Direction, taken: u64) {
        let own = vec![IpAddr::from([10, 0, 0, 9])];
        let mut tap = Tap::new(&["0.0.0.0:2055".parse().unwrap(), "127.0.0.1:7777".parse().unwrap()], own);
        let octets = frame(from, to, port);
        let packet = dissect(LinkType::Ethernet, &octets, u32::try_from(octets.len()).unwrap());
        tap.look((&packet, &octets), direction, Timestamp(61_000));
        let Tapped { batch, records, datagrams, cut } = tap.take(Timestamp(61_000));
        let octets = batch.map_or(0, |batch| batch.talks.total().octets);
        assert_eq!(
            (datagrams, cut, records.len() as u64, octets),
            (taken, 0, taken, 2560 * taken),
            "{from:?} {to:?} {port} {direction:?}"
        );
    }

    #[test]
    fn a_datagram_that_passes_by_is_decoded_once() {
        let (router, host, other) = ([10, 0, 0, 1], [10, 0, 0, 9], [10, 0, 0, 7]);
        check((router, other, 2055), Direction::Ingress, 1);
        check((router, other, 9995), Direction::Ingress, 1);
        // Forwarded: taken where it came in. Of this host itself: where it goes out.
        check((router, other, 2055), Direction::Egress, 0);
        check((host, other, 2055), Direction::Egress, 1);
        // For a collector of this host, and for none.
        check((router, host, 2055), Direction::Ingress, 0);
        check((router, host, 9995), Direction::Ingress, 1);
        check((router, host, 7777), Direction::Ingress, 1);
        check(([127, 0, 0, 1], [127, 0, 0, 1], 7777), Direction::Ingress, 0);
        check((router, other, 53), Direction::Ingress, 0);
    }

    #[test]
    fn what_is_cut_is_counted_and_what_is_no_flow_is_not() {
        let mut tap = Tap::new(&[], Vec::new());
        let octets = frame([10, 0, 0, 1], [10, 0, 0, 2], 2055);
        let whole = u32::try_from(octets.len()).unwrap();
        let seen = &octets[..octets.len() - 1];
        // As long as the heads and the first octets say, only the version counts.
        assert!(!looks_like_flows(&seen[42..]), "a length that does not fit is no NetFlow 5");
        let mut nine = octets.clone();
        nine[43] = 9;
        let packet = dissect(LinkType::Ethernet, &nine[..nine.len() - 1], whole);
        tap.look((&packet, &nine[..nine.len() - 1]), Direction::Ingress, Timestamp(0));
        assert_eq!((tap.take(Timestamp(0)).cut, looks_like_flows(b"GET / HTTP/1.1 and more")), (1, false));
    }
}
