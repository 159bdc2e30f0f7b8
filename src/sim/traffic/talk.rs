//! The conversations through a device in a stretch of time.

use super::exporter::{Cell, Exporter, Use};
use super::host::{Host, HostNumber};
use super::spread::{divide, fit};
use super::{Slot, Traffic, UNMONITORED};
use crate::model::flow::FlowAddr;
use crate::sim::hash::{between, mix, unit};
use crate::sim::scenario::file::{Class, Service};
use crate::sim::scenario::trouble::Surge;

/// Conversations of a cell are renewed after this long: the largest third, the next, and the smallest.
const LIVES: [f64; 3] = [86_400.0, 3600.0, 60.0];

/// How steeply conversations fall from the largest to the smallest: a few elephants and many mice (Zipf).
const STEEP: f64 = 1.15;

/// How long the share of a conversation stays the same, seconds: the same through all of a minute.
const STEADY: f64 = 300.0;

/// A cell with less than this of its row is not told by itself: its octets go into the largest of the row.
const LEAST_SHARE: f64 = 0.004;

/// Share of conversations between hosts that have IPv6 which use it.
const SIX: f64 = 0.15;

/// Services from this load on may have the largest conversations.
const HEAVY: f64 = 5.0;

/// Octets of a packet that only acknowledges.
const ACKNOWLEDGEMENT: f64 = 70.0;

/// Octets of the smallest and the largest frame, check sequence included (IEEE 802.3 §3.2).
const FRAMES: (f64, f64) = (64.0, 1518.0);

/// First ephemeral port, and how many there are (RFC 6335 §6).
const EPHEMERAL: (u16, u16) = (49_152, 16_384);

/// The surge's own service: a mirror is fetched.
const MIRROR: u16 = 873;

const TCP: u8 = 6;

/// One direction of a conversation through a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Talk {
    /// What tells it from all others of the slot, for whoever draws by chance.
    pub key: u64,
    /// Place of the port by which it comes in.
    pub from: usize,
    /// Place of the port by which it goes out.
    pub to: usize,
    /// Who sends, who receives.
    pub src: FlowAddr,
    /// As [`Self::src`].
    pub dst: FlowAddr,
    /// The hosts; `None` is not told apart.
    pub hosts: (HostNumber, HostNumber),
    /// IP protocol.
    pub protocol: u8,
    /// Source port.
    pub src_port: u16,
    /// Destination port; of ICMP type and code.
    pub dst_port: u16,
    /// Differentiated services code point.
    pub dscp: u8,
    /// Place in the scenario's services; `None` is the surge.
    pub service: Option<usize>,
    /// Octets of its frames, as interfaces count them.
    pub octets: u64,
    /// Packets.
    pub packets: u64,
}

/// A conversation before it has octets.
struct Sketch {
    talk: Talk,
    weight: f64,
    /// Mean octets of its packets.
    packet: f64,
}

impl Traffic {
    /// What is talked through an exporter in a slot. Those that come in by a port add up to what the port counts, less
    /// [`UNMONITORED`]. Of a device that is silent nothing.
    pub fn talks(&self, exporter: &Exporter, slot: Slot) -> Vec<Talk> {
        let scenario = &self.campus().scenario;
        if !scenario.answers(exporter.device, slot.to) {
            return Vec::new();
        }
        let mut moved = exporter.moved(scenario, slot);
        let mut talks: Vec<Talk> =
            scenario.surges.iter().flat_map(|surge| self.surge(exporter, surge, (&mut moved, slot))).collect();
        let (rows, columns): (Vec<f64>, Vec<f64>) = moved.iter().copied().unzip();
        let mut cells: Vec<_> = exporter.cells.iter().map(|cell| (cell.from, cell.to, cell.weight)).collect();
        fit(&mut cells, (&rows, &columns));
        // Whole octets: what a row has is divided, so that nothing of it is lost by rounding.
        for (row, octets) in rows.iter().enumerate() {
            let mut these: Vec<(usize, f64)> = cells.iter().map(|cell| cell.2).enumerate().collect();
            these.retain(|(place, share)| {
                exporter.cells.get(*place).is_some_and(|cell| cell.from == row) && *share > octets * LEAST_SHARE
            });
            let weights: Vec<f64> = these.iter().map(|(_, share)| *share).collect();
            let parts = divide(whole(*octets), &weights);
            let first = talks.len();
            for ((place, share), octets) in these.into_iter().zip(parts) {
                if let Some(cell) = exporter.cells.get(place) {
                    let all: f64 = rows.iter().sum();
                    talks.extend(self.cell(exporter, cell, (slot, octets, count(exporter.export.talks, share / all))));
                }
            }
            self.packets(exporter, row, talks.get_mut(first..).unwrap_or_default());
        }
        talks
    }

    /// A surge through this device, which is taken off what the others may have.
    fn surge(&self, exporter: &Exporter, surge: &Surge, (moved, slot): (&mut [(f64, f64)], Slot)) -> Vec<Talk> {
        let Some(place) = surge.path.iter().position(|&device| device == exporter.device) else { return Vec::new() };
        let towards =
            |device: Option<&u32>| exporter.ports.iter().position(|port| device.is_some_and(|device| port.far.contains(device)));
        let after = towards(surge.path.get(place + 1));
        let before = match place.checked_sub(1) {
            Some(before) => towards(surge.path.get(before)),
            None => exporter.ports.iter().position(|port| port.is_up),
        };
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let people = self.people();
        let server = people.hosts().iter().position(|host| host.class == Class::World);
        let client =
            people.hosts().iter().position(|host| Some(&host.device) == surge.path.last() && host.class == Class::Server);
        let (Some(server), Some(client)) = (server, client) else { return Vec::new() };
        let ends = [(server, client, MIRROR, EPHEMERAL.0), (client, server, EPHEMERAL.0, MIRROR)];
        let ways = [(before, after, &surge.forth), (after, before, &surge.back)];
        let mut talks = Vec::new();
        for ((src, dst, src_port, dst_port), (from, to, load)) in ends.into_iter().zip(ways) {
            let left = moved.get(from).map_or(0.0, |moved| moved.0);
            let octets = (load.octets(slot.from.max(surge.since), slot.to) * (1.0 - UNMONITORED)).min(left);
            if octets < 1.0 {
                continue;
            }
            if let Some(moved) = moved.get_mut(from) {
                moved.0 -= octets;
            }
            if let Some(moved) = moved.get_mut(to) {
                moved.1 = (moved.1 - octets).max(0.0);
            }
            let packet = if src_port == MIRROR { FRAMES.1 } else { ACKNOWLEDGEMENT * 4.0 };
            let number = |place: usize| HostNumber::try_from(place).unwrap_or(HostNumber::MAX);
            let address = |place: usize| people.hosts().get(place).map_or(FlowAddr::NONE, |host| host.address(false));
            talks.push(Talk {
                key: mix(u64::from(src_port), u64::from(exporter.device)),
                from,
                to,
                src: address(src),
                dst: address(dst),
                hosts: (number(src), number(dst)),
                protocol: TCP,
                src_port,
                dst_port,
                dscp: 0,
                service: None,
                octets: whole(octets),
                packets: whole(octets / packet).max(1),
            });
        }
        talks
    }

    /// The conversations of a cell.
    fn cell(&self, exporter: &Exporter, cell: &Cell, (slot, octets, count): (Slot, u64, u64)) -> Vec<Talk> {
        let scenario = &self.campus().scenario;
        let place = mix(u64::from(exporter.device), cell.from as u64 * 4096 + cell.to as u64);
        let seed = mix(scenario.seed ^ 0x7a1c, place);
        let sketches: Vec<Sketch> =
            (0..count).filter_map(|nth| self.sketch((exporter, cell), (slot, seed, (nth, count)))).collect();
        let parts = divide(octets, &sketches.iter().map(|sketch| sketch.weight).collect::<Vec<_>>());
        let with = |(sketch, octets): (Sketch, u64)| {
            #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
            let packets = whole(octets as f64 / sketch.packet).max(1);
            Talk { octets, packets, ..sketch.talk }
        };
        sketches.into_iter().zip(parts).map(with).filter(|talk| talk.octets > 0).collect()
    }

    /// A conversation of a cell: who, what, and how much beside the others.
    fn sketch(
        &self,
        (exporter, cell): (&Exporter, &Cell),
        (slot, seed, (nth, count)): (Slot, u64, (u64, u64)),
    ) -> Option<Sketch> {
        let scenario = &self.campus().scenario;
        let life = LIVES.get(usize::try_from(nth * 3 / count.max(1)).unwrap_or(2)).copied().unwrap_or(60.0);
        let key = mix(mix(seed, nth), whole(slot.from / life));
        let chance = |salt: u64| unit(mix(key, salt));
        // The largest are of services that carry much: the first of some draws that does.
        let draw = |salt: u64| cell.uses.iter().find(|one| chance(salt) <= one.until).or(cell.uses.last());
        let is_heavy = |used: &&Use| scenario.services.get(used.service).is_some_and(|service| service.load >= HEAVY);
        let salts = if nth * 3 < count { 6..12 } else { 0..0 };
        let used = salts.filter_map(draw).find(is_heavy).or_else(|| draw(1))?;
        let service = scenario.services.get(used.service)?;
        let [source, sink] = [cell.from, cell.to].map(|place| exporter.ports.get(place).map(|port| &port.zone));
        let (src, src_host) = self.one_of(source?.hosts(used.from), (chance(2), used.is_reply))?;
        let (dst, dst_host) = self.one_of(sink?.hosts(used.to), (chance(3), !used.is_reply))?;
        let six = chance(4) < SIX && src_host.v6.is_some() && dst_host.v6.is_some();
        let (src_port, dst_port) = transport_ports(service, used, mix(key, 5));
        #[allow(clippy::cast_precision_loss, reason = "small")]
        let rank = ((nth + 1) as f64).powf(-STEEP);
        let mood = between(mix(key, whole(slot.from / STEADY)), -0.9, 0.9).exp();
        let carries = (service.reply >= 0.5) == used.is_reply;
        let talk = Talk {
            key: mix(key, whole(slot.from)),
            from: cell.from,
            to: cell.to,
            src: src_host.address(six),
            dst: dst_host.address(six),
            hosts: (src, dst),
            protocol: if six && service.protocol == 1 { 58 } else { service.protocol },
            src_port,
            dst_port,
            dscp: service.dscp,
            service: Some(used.service),
            octets: 0,
            packets: 0,
        };
        Some(Sketch { talk, weight: rank * mood, packet: if carries { f64::from(service.packet) } else { ACKNOWLEDGEMENT } })
    }

    /// One of many: of servers the first ones are asked most.
    fn one_of(&self, hosts: &[HostNumber], (chance, is_server): (f64, bool)) -> Option<(HostNumber, &Host)> {
        let skewed = if is_server { chance.powi(3) } else { chance };
        #[allow(clippy::cast_precision_loss, reason = "few")]
        let place = whole(skewed * hosts.len() as f64);
        let number = *hosts.get(usize::try_from(place).unwrap_or(0).min(hosts.len().saturating_sub(1)))?;
        Some((number, self.people().host(number)?))
    }

    /// Brings the packets of what came in by a port near to what the port counts.
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn packets(&self, exporter: &Exporter, row: usize, talks: &mut [Talk]) {
        let scenario = &self.campus().scenario;
        let member = exporter.ports.get(row).and_then(|port| port.members.first());
        let (Some(&member), Some(node)) = (member, scenario.node(exporter.device)) else { return };
        let size = scenario.packet_sizes(node, exporter.device, member).1;
        let octets: u64 = talks.iter().map(|talk| talk.octets).sum();
        let packets: u64 = talks.iter().map(|talk| talk.packets).sum();
        let factor = octets as f64 / size / packets.max(1) as f64;
        for talk in talks {
            let octets = talk.octets as f64;
            let wanted = (talk.packets as f64 * factor).clamp(octets / FRAMES.1, octets / FRAMES.0);
            talk.packets = whole(wanted.ceil()).max(1);
        }
    }
}

/// How many conversations a cell has.
fn count(talks: u16, share: f64) -> u64 {
    whole((f64::from(talks) * share).ceil()).clamp(2, u64::from(talks).max(2))
}

fn transport_ports(service: &Service, used: &Use, key: u64) -> (u16, u16) {
    let ephemeral = EPHEMERAL.0 + u16::try_from(key % u64::from(EPHEMERAL.1)).unwrap_or(0);
    match service.protocol {
        // Type and code: a reply has type 0, a request 8 (RFC 792).
        1 => (0, if used.is_reply { 0 } else { service.port }),
        6 | 17 if used.is_reply => (service.port, ephemeral),
        6 | 17 => (ephemeral, service.port),
        _ => (0, 0),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative and far below 2^63")]
fn whole(number: f64) -> u64 {
    number.max(0.0) as u64
}
