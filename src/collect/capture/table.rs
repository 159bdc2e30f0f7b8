//! Flows that go on: addresses, ports, protocol, type of service, VLAN and way, with what was seen of each.
//!
//! Open addressing with a hash whose key nobody outside knows, so that nobody can choose addresses that collide. Entries stand densely in
//! one piece of memory; slots are their numbers, made anew when entries go, which is at most twice a second.

use crate::model::flow::{Direction, FlowAddr, FlowRecord, Known};
use crate::model::{MacAddr, Timestamp, limit};
use crate::wire::packet::Packet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Flows that one port's table holds: as many as a campus uplink has at once; 14 MiB when it is full.
pub const MOST_FLOWS: usize = 65_536;

/// Slots of an empty table; there are always at least twice as many as entries.
const FIRST_SLOTS: usize = 1024;

/// RFC 9293 §3.1: FIN and RST end a flow.
const ENDS: u16 = 0x05;

/// When a flow is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// One that goes on is told after this time, and goes on: what is kept for a minute is not older than that.
    pub active: Duration,
    /// One of which nothing more is seen has ended (NetFlow's default).
    pub inactive: Duration,
    /// One that said that it ends: its last acknowledgements are waited for.
    pub ended: Duration,
    /// When there is no room, one that was silent for so long makes it.
    pub crowded: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            active: Duration::from_secs(60),
            inactive: Duration::from_secs(15),
            ended: Duration::from_secs(2),
            crowded: Duration::from_secs(1),
        }
    }
}

impl Timeouts {
    /// Flows are whole: none is told before it ended.
    pub fn whole() -> Self {
        Self { active: Duration::MAX, ..Self::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    src: FlowAddr,
    dst: FlowAddr,
    /// Ports; of what is no IP its EtherType.
    ports: u32,
    /// Protocol, type of service, way, whether it is IP.
    kind: u32,
    vlan: u16,
}

/// Both halves of the product: each bit of the result depends on all of both.
#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Key {
    fn of(packet: &Packet, direction: Direction) -> Self {
        let (ports, is_ip) = if packet.is_ip() {
            (u32::from(packet.src_port) << 16 | u32::from(packet.dst_port), 1)
        } else {
            (u32::from(packet.ether_type), 0)
        };
        let kind = u32::from(packet.protocol) | u32::from(packet.tos) << 8 | (direction as u32) << 16 | is_ip << 24;
        Self { src: packet.src, dst: packet.dst, ports, kind, vlan: packet.vlan }
    }

    #[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
    fn hash(&self, seed: u64) -> u64 {
        let halves = |address: FlowAddr| (address.0 as u64, (address.0 >> 64) as u64);
        let ((src, src_upper), (dst, dst_upper)) = (halves(self.src), halves(self.dst));
        let rest = (self.ports as u64) << 32 | self.kind as u64;
        let lower = fold(src ^ seed, dst ^ 0x9e37_79b9_7f4a_7c15);
        let upper = fold(src_upper ^ seed.rotate_left(16) ^ self.vlan as u64, dst_upper ^ seed.rotate_left(48));
        fold(lower ^ upper.rotate_left(23) ^ rest, seed | 1)
    }
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Entry {
    key: Key,
    hash: u64,
    known: Known,
    src_mac: MacAddr,
    dst_mac: MacAddr,
    /// Whether somebody wants it, as was said when it began.
    pub is_wanted: bool,
    is_new: bool,
    flags: u16,
    first: Timestamp,
    last: Timestamp,
    octets: u64,
    packets: u64,
    moved_octets: u64,
    moved_packets: u64,
    moved_flags: u16,
}

impl Entry {
    /// As it stands since it was told last, of the port with this ifIndex.
    fn record(&self, if_index: u32) -> FlowRecord {
        let [protocol, tos, way, _] = self.key.kind.to_le_bytes();
        let [s0, s1, d0, d1] = if self.known.has(Known::PROTOCOL) { self.key.ports.to_be_bytes() } else { [0; 4] };
        let direction = if way == Direction::Egress as u8 { Direction::Egress } else { Direction::Ingress };
        let told = Known::OCTETS.with(Known::PACKETS).with(Known::START).with(Known::END);
        let (in_if, out_if, port) = match direction {
            Direction::Egress => (0, if_index, Known::OUT_IF),
            _ => (if_index, 0, Known::IN_IF),
        };
        FlowRecord {
            known: self.known.with(told).with(port),
            src: self.key.src,
            dst: self.key.dst,
            octets: self.octets,
            packets: self.packets,
            start: self.first,
            end: self.last,
            in_if,
            out_if,
            sampling_interval: 1,
            src_port: u16::from_be_bytes([s0, s1]),
            dst_port: u16::from_be_bytes([d0, d1]),
            vlan: self.key.vlan,
            tcp_flags: self.flags,
            protocol,
            tos,
            direction,
            src_mac: self.src_mac,
            dst_mac: self.dst_mac,
            ..FlowRecord::default()
        }
    }

    fn is_over(&self, now: Timestamp, timeouts: &Timeouts) -> bool {
        let silent = now.since(self.last);
        silent >= timeouts.inactive || (self.flags & ENDS != 0 && silent >= timeouts.ended)
    }
}

/// See the module.
#[derive(Debug)]
pub struct FlowTable {
    if_index: u32,
    most: usize,
    timeouts: Timeouts,
    seed: u64,
    /// Numbers of entries plus one; 0 is none. A power of two.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    /// Entries that moved since [`Self::moved`].
    moved: Vec<u32>,
    /// Since the last [`Self::told`] there was no room, and none could be made.
    is_crowded: bool,
    /// Flows that made room.
    evicted: Vec<FlowRecord>,
}

impl FlowTable {
    /// Of the port with this ifIndex, for so many flows.
    pub fn new(if_index: u32, most: usize, timeouts: Timeouts) -> Self {
        Self {
            if_index,
            most,
            timeouts,
            seed: RandomState::new().hash_one(0_u8),
            slots: vec![0; FIRST_SLOTS],
            entries: Vec::new(),
            moved: Vec::new(),
            is_crowded: false,
            evicted: Vec::new(),
        }
    }

    /// Flows that go on.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a packet. A flow that begins is wanted where `is_wanted` says so; whether it is, or `None` where there is no room for it.
    #[inline]
    pub fn add(
        &mut self,
        (packet, direction): (&Packet, Direction),
        at: Timestamp,
        is_wanted: impl FnOnce(&Packet) -> bool,
    ) -> Option<bool> {
        let key = Key::of(packet, direction);
        let hash = key.hash(self.seed);
        let number = match self.find(&key, hash) {
            Some(number) => number,
            None => self.begin((key, hash), packet, at, is_wanted)?,
        };
        let entry = self.entries.get_mut(number)?;
        if entry.moved_packets == 0 {
            self.moved.push(u32::try_from(number).unwrap_or(u32::MAX));
        }
        if entry.packets == 0 {
            entry.first = at;
        }
        let octets = u64::from(packet.wire_octets);
        entry.octets += octets;
        entry.packets += 1;
        entry.moved_octets += octets;
        entry.moved_packets += 1;
        entry.flags |= packet.tcp_flags;
        entry.moved_flags |= packet.tcp_flags;
        entry.last = at;
        Some(entry.is_wanted)
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lowest bits are what is wanted")]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn find(&self, key: &Key, hash: u64) -> Option<usize> {
        let mut place = self.place(hash);
        loop {
            let number = usize::try_from(self.slots.get(place)?.checked_sub(1)?).ok()?;
            let entry = self.entries.get(number)?;
            if entry.hash == hash && entry.key == *key {
                return Some(number);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    #[cold]
    fn begin(
        &mut self,
        (key, hash): (Key, u64),
        packet: &Packet,
        at: Timestamp,
        is_wanted: impl FnOnce(&Packet) -> bool,
    ) -> Option<usize> {
        if self.entries.len() >= self.most {
            self.make_room(at);
        }
        if self.entries.len() >= self.most {
            limit::CAPTURE_FLOWS.beyond(1);
            return None;
        }
        let number = self.entries.len();
        self.entries.push(Entry {
            key,
            hash,
            known: packet.known,
            src_mac: packet.src_mac,
            dst_mac: packet.dst_mac,
            is_wanted: is_wanted(packet),
            is_new: true,
            flags: 0,
            first: at,
            last: at,
            octets: 0,
            packets: 0,
            moved_octets: 0,
            moved_packets: 0,
            moved_flags: 0,
        });
        if self.entries.len() * 2 > self.slots.len() {
            self.slots = vec![0; self.slots.len() * 2];
            self.fill_slots();
        } else {
            self.put(hash, number);
        }
        Some(number)
    }

    fn put(&mut self, hash: u64, number: usize) {
        let mut place = self.place(hash);
        while let Some(slot) = self.slots.get_mut(place) {
            if *slot == 0 {
                *slot = u32::try_from(number + 1).unwrap_or(0);
                return;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    fn fill_slots(&mut self) {
        self.slots.fill(0);
        for number in 0..self.entries.len() {
            let hash = self.entries.get(number).map_or(0, |entry| entry.hash);
            self.put(hash, number);
        }
    }

    /// Once a second at most: looking for what is idle takes a millisecond, which a flood must not have for each of its packets.
    fn make_room(&mut self, now: Timestamp) {
        if !self.is_crowded {
            self.is_crowded = true;
            let (if_index, crowded) = (self.if_index, self.timeouts.crowded);
            let evicted = &mut self.evicted;
            // What moved is still to be told as moved.
            self.entries.retain(|entry| {
                let stays = entry.moved_packets > 0 || now.since(entry.last) < crowded;
                if !stays && entry.packets > 0 && entry.is_wanted {
                    evicted.push(entry.record(if_index));
                }
                stays
            });
            self.renumber();
        }
    }

    /// After entries went.
    fn renumber(&mut self) {
        self.fill_slots();
        self.moved.clear();
        let numbers = self.entries.iter().zip(0_u32..).filter(|(entry, _)| entry.moved_packets > 0).map(|(_, number)| number);
        self.moved.extend(numbers);
    }

    /// What moved since this was asked last: a record of just that for each flow, and whether the flow is new.
    pub fn moved(&mut self, mut each: impl FnMut(&FlowRecord, bool)) {
        for number in self.moved.drain(..) {
            let Some(entry) = usize::try_from(number).ok().and_then(|number| self.entries.get_mut(number)) else { continue };
            let record = entry.record(self.if_index);
            let record =
                FlowRecord { octets: entry.moved_octets, packets: entry.moved_packets, tcp_flags: entry.moved_flags, ..record };
            if entry.is_wanted {
                each(&record, entry.is_new);
            }
            (entry.moved_octets, entry.moved_packets, entry.moved_flags, entry.is_new) = (0, 0, 0, false);
        }
    }

    /// Flows that ended, and those that go on for long: each with what was seen of it since it was told last. To be asked once a second,
    /// after [`Self::moved`].
    pub fn told(&mut self, now: Timestamp, mut each: impl FnMut(&FlowRecord)) {
        self.is_crowded = false;
        self.evicted.drain(..).for_each(|record| each(&record));
        let (if_index, timeouts, before) = (self.if_index, self.timeouts, self.entries.len());
        self.entries.retain_mut(|entry| {
            let is_over = entry.is_over(now, &timeouts);
            let is_long = entry.packets > 0 && now.since(entry.first) >= timeouts.active;
            if (is_over || is_long) && entry.packets > 0 && entry.is_wanted {
                each(&entry.record(if_index));
            }
            if is_long {
                (entry.octets, entry.packets, entry.flags) = (0, 0, entry.flags & ENDS);
            }
            !is_over
        });
        if self.entries.len() != before {
            self.renumber();
        }
    }

    /// All that go on, as they end now.
    pub fn end(&mut self, mut each: impl FnMut(&FlowRecord)) {
        self.evicted.drain(..).for_each(|record| each(&record));
        let if_index = self.if_index;
        self.entries
            .drain(..)
            .filter(|entry| entry.packets > 0 && entry.is_wanted)
            .for_each(|entry| each(&entry.record(if_index)));
        self.renumber();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: u32, flags: u16) -> Packet {
        let known = Known::PROTOCOL.with(Known::SRC_PORT).with(Known::DST_PORT).with(Known::TCP_FLAGS);
        let (src, dst) = (FlowAddr::v4(0x0a00_0000 + number), FlowAddr::v4(1));
        Packet {
            known,
            src,
            dst,
            wire_octets: 100,
            src_port: 50_000,
            dst_port: 443,
            protocol: 6,
            tcp_flags: flags,
            ..Packet::default()
        }
    }

    fn add(table: &mut FlowTable, packet: &Packet, at: i64) -> Option<bool> {
        table.add((packet, Direction::Ingress), Timestamp(at), |_| true)
    }

    fn moved(table: &mut FlowTable) -> Vec<(u64, u64, bool)> {
        let mut found = Vec::new();
        table.moved(|record, is_new| found.push((record.octets, record.packets, is_new)));
        found
    }

    fn told(table: &mut FlowTable, at: i64) -> Vec<FlowRecord> {
        let mut found = Vec::new();
        table.told(Timestamp(at), |record| found.push(*record));
        found
    }

    #[test]
    fn what_moved_is_told_once_and_the_whole_when_it_ended() {
        let mut table = FlowTable::new(7, 10, Timeouts::default());
        for at in [0, 10, 20] {
            add(&mut table, &packet(1, 0x10), at);
        }
        assert_eq!(moved(&mut table), [(300, 3, true)]);
        add(&mut table, &packet(1, 0x02), 1500);
        assert_eq!((moved(&mut table), moved(&mut table)), (vec![(100, 1, false)], vec![]));
        assert_eq!(told(&mut table, 16_499), []);
        let [record] = told(&mut table, 16_500)[..] else { panic!("one") };
        assert_eq!((record.octets, record.packets, record.tcp_flags), (400, 4, 0x12));
        assert_eq!((record.start, record.end, record.in_if, record.dst_port), (Timestamp(0), Timestamp(1500), 7, 443));
        assert!(table.is_empty() && told(&mut table, 99_999).is_empty());
    }

    #[test]
    fn a_long_flow_is_told_in_pieces_that_add_up() {
        let mut table = FlowTable::new(7, 10, Timeouts::default());
        let mut pieces = Vec::new();
        for second in 0..150 {
            add(&mut table, &packet(1, 0x10), second * 1000);
            moved(&mut table);
            pieces.extend(told(&mut table, second * 1000 + 999));
        }
        pieces.extend(told(&mut table, 1_000_000));
        let octets: Vec<u64> = pieces.iter().map(|record| record.octets / 100).collect();
        assert_eq!(octets, [61, 61, 28], "a second is told when it is over");
        assert!(pieces.windows(2).all(|pair| pair[0].end < pair[1].start));
    }

    #[test]
    fn a_flow_that_says_that_it_ends_is_told_soon() {
        let mut table = FlowTable::new(7, 10, Timeouts::default());
        add(&mut table, &packet(1, 0x11), 0);
        add(&mut table, &packet(2, 0x10), 0);
        moved(&mut table);
        assert_eq!((told(&mut table, 2000).len(), table.len()), (1, 1));
        assert_eq!(add(&mut table, &packet(2, 0x10), 2500), Some(true));
        assert_eq!(moved(&mut table), [(100, 1, false)], "numbers hold after an entry went");
    }

    #[test]
    fn ways_and_vlans_are_told_apart() {
        let mut table = FlowTable::new(7, 10, Timeouts::default());
        add(&mut table, &packet(1, 0), 0);
        table.add((&packet(1, 0), Direction::Egress), Timestamp(0), |_| true);
        add(&mut table, &Packet { vlan: 3, known: packet(1, 0).known.with(Known::VLAN), ..packet(1, 0) }, 0);
        assert_eq!(table.len(), 3);
        let mut ports = Vec::new();
        table.end(|record| ports.push((record.in_if, record.out_if, record.vlan)));
        assert_eq!(ports, [(7, 0, 0), (0, 7, 0), (7, 0, 3)]);
        assert!(table.is_empty());
    }

    #[test]
    fn a_flood_finds_a_bound_and_the_idle_make_room() {
        let mut table = FlowTable::new(7, 3000, Timeouts::default());
        for number in 0..3000 {
            assert_eq!(add(&mut table, &packet(number, 0), 0), Some(true));
        }
        let (added, beyond) = limit::CAPTURE_FLOWS.during(|| add(&mut table, &packet(9999, 0), 10));
        assert!(added.is_none() && beyond > 0);
        assert_eq!(moved(&mut table).len(), 3000);
        assert!(told(&mut table, 1000).is_empty());
        // Of the next second: those that were silent go, and are told.
        assert_eq!(add(&mut table, &packet(5, 0), 1500), Some(true));
        assert_eq!(add(&mut table, &packet(9999, 0), 1501), Some(true));
        assert_eq!(table.len(), 2);
        assert_eq!(moved(&mut table), [(100, 1, false), (100, 1, true)]);
        assert_eq!(told(&mut table, 2000).len(), 2999);
    }

    #[test]
    fn what_nobody_wants_is_told_nowhere() {
        let mut table = FlowTable::new(7, 10, Timeouts::default());
        let wanted = table.add((&packet(1, 0), Direction::Ingress), Timestamp(0), |packet| packet.dst_port == 80);
        assert_eq!((wanted, moved(&mut table).len(), told(&mut table, 99_999).len()), (Some(false), 0, 0));
    }
}
