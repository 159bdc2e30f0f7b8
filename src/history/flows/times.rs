//! What was talked in a stretch of time, in bytes: rows as columns, the rest as it is.

use super::numbers::{put, put_wide, read, read_as, read_wide};
use crate::history::blocks::bytes::{Reader, put_block, put_varint};
use crate::model::flow::{Direction, ExporterKey, FlowAddr, FlowLevel, FlowTime, PortLoad, TalkKey, TalkSum, Talks};
use crate::model::{MacAddr, Timestamp};

/// Rows of one list of one stretch at most: more than are ever kept, and some 40 MB of a hostile file.
pub const MAX_ROWS: usize = 50_000;

/// Writes it.
pub fn encode(time: &FlowTime) -> Vec<u8> {
    let mut out = Vec::new();
    for part in [postcard::to_stdvec(&time.exporters), postcard::to_stdvec(&time.counts), postcard::to_stdvec(&time.names)] {
        put_block(&mut out, &part.unwrap_or_default());
    }
    let talks = &time.talks;
    for rows in [&talks.rows, &talks.rest] {
        put_keys(&mut out, rows.iter().map(|(key, _)| key).collect());
        put_sums(&mut out, rows.iter().map(|(_, sum)| sum).collect());
    }
    for addresses in [&talks.cut_src, &talks.cut_dst] {
        put_varint(&mut out, addresses.len() as u64);
        put_wide(&mut out, &addresses.iter().map(|(address, _)| address.0).collect::<Vec<_>>());
        put_sums(&mut out, addresses.iter().map(|(_, sum)| sum).collect());
    }
    let services: Vec<_> =
        talks.cut_port.iter().map(|((protocol, port), sum)| (u64::from(*protocol) << 16 | u64::from(*port), sum)).collect();
    let ases = |list: &'_ [(u32, TalkSum)]| list.iter().map(|(number, sum)| (u64::from(*number), *sum)).collect::<Vec<_>>();
    let services: Vec<(u64, TalkSum)> = services.into_iter().map(|(number, sum)| (number, *sum)).collect();
    for numbered in [services, ases(&talks.cut_src_as), ases(&talks.cut_dst_as)] {
        put_varint(&mut out, numbered.len() as u64);
        put(&mut out, &numbered.iter().map(|(number, _)| *number).collect::<Vec<_>>());
        put_sums(&mut out, numbered.iter().map(|(_, sum)| sum).collect());
    }
    put_loads(&mut out, time);
    out
}

fn put_keys(out: &mut Vec<u8>, keys: Vec<&TalkKey>) {
    put_varint(out, keys.len() as u64);
    put_wide(out, &keys.iter().map(|key| key.src.0).collect::<Vec<_>>());
    put_wide(out, &keys.iter().map(|key| key.dst.0).collect::<Vec<_>>());
    let of: [fn(&TalkKey) -> u64; 9] = [
        |key| u64::from(key.exporter),
        |key| u64::from(key.in_if),
        |key| u64::from(key.out_if),
        |key| u64::from(key.port),
        |key| u64::from(key.port_is_src),
        |key| u64::from(key.vlan),
        |key| u64::from(key.protocol),
        |key| u64::from(key.tos),
        |key| key.direction as u64,
    ];
    of.iter().for_each(|of| put(out, &keys.iter().map(|key| of(key)).collect::<Vec<_>>()));
}

fn put_sums(out: &mut Vec<u8>, sums: Vec<&TalkSum>) {
    let of: [fn(&TalkSum) -> u64; 9] = [
        |sum| sum.octets,
        |sum| sum.packets,
        // Nothing where nothing is sampled.
        |sum| sum.packets.wrapping_sub(sum.seen_packets),
        |sum| sum.flows,
        |sum| sum.unscaled_flows,
        |sum| u64::from(sum.sampling_interval),
        |sum| u64::from(sum.src_as),
        |sum| u64::from(sum.dst_as),
        |sum| u64::from(sum.tcp_flags),
    ];
    of.iter().for_each(|of| put(out, &sums.iter().map(|sum| of(sum)).collect::<Vec<_>>()));
    let wide: [fn(&TalkSum) -> u128; 3] =
        [|sum| mac_number(sum.src_mac), |sum| mac_number(sum.dst_mac), |sum| u128::from(sum.app)];
    wide.iter().for_each(|of| put_wide(out, &sums.iter().map(|sum| of(sum)).collect::<Vec<_>>()));
}

fn mac_number(mac: MacAddr) -> u128 {
    mac.0.iter().fold(0, |number, octet| number << 8 | u128::from(*octet))
}

fn mac_of(number: u128) -> MacAddr {
    let [.., a, b, c, d, e, f] = number.to_be_bytes();
    MacAddr([a, b, c, d, e, f])
}

fn put_loads(out: &mut Vec<u8>, time: &FlowTime) {
    let loads = &time.loads;
    put_varint(out, loads.len() as u64);
    let start = time.start.0;
    let of: [&dyn Fn(&PortLoad) -> u64; 6] = [
        &|load| u64::from(load.exporter),
        &|load| u64::from(load.if_index),
        &|load| u64::from(load.inward),
        &|load| load.minute.0.wrapping_sub(start) as u64,
        &|load| load.octets,
        &|load| load.packets,
    ];
    of.iter().for_each(|of| put(out, &loads.iter().map(of).collect::<Vec<_>>()));
}

/// Reads it back; `None` where it can't be right.
pub fn decode(bytes: &[u8], start: Timestamp, level: FlowLevel) -> Option<FlowTime> {
    let mut reader = Reader::new(bytes);
    let reader = &mut reader;
    let exporters: Vec<ExporterKey> = postcard::from_bytes(reader.block()?).ok()?;
    let counts = postcard::from_bytes(reader.block()?).ok()?;
    let names = postcard::from_bytes(reader.block()?).ok()?;
    let mut talks = Talks { rows: read_rows(reader)?, rest: read_rows(reader)?, ..Talks::default() };
    talks.cut_src = read_addresses(reader)?;
    talks.cut_dst = read_addresses(reader)?;
    talks.cut_port = read_numbered(reader, |number| ((number >> 16) as u8, number as u16))?;
    talks.cut_src_as = read_numbered(reader, |number| number as u32)?;
    talks.cut_dst_as = read_numbered(reader, |number| number as u32)?;
    let loads = read_loads(reader, start)?;
    let time = FlowTime { start, level, exporters, counts, talks, loads, names };
    (reader.is_empty() && is_sound(&time)).then_some(time)
}

/// Whether everything that names an exporter names one that is there.
fn is_sound(time: &FlowTime) -> bool {
    let known = |exporter: u16| usize::from(exporter) < time.exporters.len();
    time.talks.rows.iter().chain(&time.talks.rest).all(|(key, _)| known(key.exporter))
        && time.loads.iter().all(|load| known(load.exporter))
        && time.names.iter().all(|(exporter, _)| known(*exporter))
        && (time.counts.is_empty() || time.counts.len() == time.exporters.len())
}

fn rows_of(reader: &mut Reader<'_>) -> Option<usize> {
    reader.len().filter(|rows| *rows <= MAX_ROWS)
}

fn read_rows(reader: &mut Reader<'_>) -> Option<Vec<(TalkKey, TalkSum)>> {
    let rows = rows_of(reader)?;
    let mut keys = vec![TalkKey::default(); rows];
    macro_rules! column {
        ($($field:ident = $read:expr),* $(,)?) => { $(
            for (key, value) in keys.iter_mut().zip($read) {
                key.$field = value;
            }
        )* };
    }
    column! {
        src = read_wide(reader, rows, FlowAddr)?,
        dst = read_wide(reader, rows, FlowAddr)?,
        exporter = read_as(reader, rows, |value| value as u16)?,
        in_if = read_as(reader, rows, |value| value as u32)?,
        out_if = read_as(reader, rows, |value| value as u32)?,
        port = read_as(reader, rows, |value| value as u16)?,
        port_is_src = read_as(reader, rows, |value| value == 1)?,
        vlan = read_as(reader, rows, |value| value as u16)?,
        protocol = read_as(reader, rows, |value| value as u8)?,
        tos = read_as(reader, rows, |value| value as u8)?,
        direction = read_as(reader, rows, direction)?,
    }
    Some(keys.into_iter().zip(read_sums(reader, rows)?).collect())
}

fn direction(value: u64) -> Direction {
    [Direction::Unknown, Direction::Ingress, Direction::Egress].get(value as usize).copied().unwrap_or_default()
}

fn read_sums(reader: &mut Reader<'_>, rows: usize) -> Option<Vec<TalkSum>> {
    let mut sums = vec![TalkSum::default(); rows];
    macro_rules! column {
        ($($field:ident = $read:expr),* $(,)?) => { $(
            for (sum, value) in sums.iter_mut().zip($read) {
                sum.$field = value;
            }
        )* };
    }
    column! {
        octets = read(reader, rows)?,
        packets = read(reader, rows)?,
        seen_packets = read(reader, rows)?,
        flows = read(reader, rows)?,
        unscaled_flows = read(reader, rows)?,
        sampling_interval = read_as(reader, rows, |value| value as u32)?,
        src_as = read_as(reader, rows, |value| value as u32)?,
        dst_as = read_as(reader, rows, |value| value as u32)?,
        tcp_flags = read_as(reader, rows, |value| value as u16)?,
        src_mac = read_wide(reader, rows, mac_of)?,
        dst_mac = read_wide(reader, rows, mac_of)?,
        app = read_wide(reader, rows, |value| value as u64)?,
    }
    sums.iter_mut().for_each(|sum| sum.seen_packets = sum.packets.wrapping_sub(sum.seen_packets));
    Some(sums)
}

fn read_addresses(reader: &mut Reader<'_>) -> Option<Vec<(FlowAddr, TalkSum)>> {
    let rows = rows_of(reader)?;
    let addresses = read_wide(reader, rows, FlowAddr)?;
    Some(addresses.into_iter().zip(read_sums(reader, rows)?).collect())
}

fn read_numbered<T: Clone>(reader: &mut Reader<'_>, of: impl Fn(u64) -> T + Copy) -> Option<Vec<(T, TalkSum)>> {
    let rows = rows_of(reader)?;
    let keys = read_as(reader, rows, of)?;
    Some(keys.into_iter().zip(read_sums(reader, rows)?).collect())
}

fn read_loads(reader: &mut Reader<'_>, start: Timestamp) -> Option<Vec<PortLoad>> {
    let rows = rows_of(reader)?;
    let exporters: Vec<u16> = read_as(reader, rows, |value| value as u16)?;
    let ports: Vec<(u32, bool)> =
        read_as(reader, rows, |value| value as u32)?.into_iter().zip(read_as(reader, rows, |value| value == 1)?).collect();
    let minutes: Vec<Timestamp> = read_as(reader, rows, |value| Timestamp(start.0.wrapping_add(value as i64)))?;
    let figures: Vec<(u64, u64)> = read(reader, rows)?.into_iter().zip(read(reader, rows)?).collect();
    let loads = exporters.into_iter().zip(ports).zip(minutes).zip(figures);
    Some(
        loads
            .map(|(((exporter, (if_index, inward)), minute), (octets, packets))| PortLoad {
                exporter,
                if_index,
                inward,
                minute,
                octets,
                packets,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{ExporterCounts, FlowName, FlowVersion};

    fn sum(n: u64) -> TalkSum {
        TalkSum {
            octets: n * 1000,
            packets: n * 10,
            seen_packets: if n.is_multiple_of(2) { n * 10 } else { n },
            flows: n,
            unscaled_flows: n % 3,
            sampling_interval: 10,
            src_as: 65_000,
            dst_as: n as u32,
            src_mac: MacAddr([0, 1, 2, 3, 4, n as u8]),
            dst_mac: MacAddr::default(),
            app: n << 50,
            tcp_flags: 0x1b,
        }
    }

    fn time(rows: u64) -> FlowTime {
        let exporter = ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::NetFlow9, domain: 1 };
        let key = |n: u64| TalkKey {
            src: FlowAddr::v4(n as u32),
            dst: FlowAddr(u128::from(n) << 90),
            in_if: n as u32,
            port: 443,
            port_is_src: n.is_multiple_of(2),
            protocol: 6,
            direction: Direction::Egress,
            ..TalkKey::default()
        };
        let talks = Talks {
            rows: (0..rows).map(|n| (key(n), sum(n))).collect(),
            rest: vec![(key(0), sum(9))],
            cut_src: (0..rows / 2).map(|n| (FlowAddr::v4(n as u32), sum(n))).collect(),
            cut_dst: vec![],
            cut_port: (0..5).map(|n| ((6, n * 9000), sum(u64::from(n)))).collect(),
            cut_src_as: vec![(u32::MAX, sum(1))],
            cut_dst_as: vec![(0, sum(2))],
        };
        let load = PortLoad { exporter: 0, if_index: 3, inward: true, minute: Timestamp(60_000), octets: 5, packets: 1 };
        FlowTime {
            start: Timestamp(120_000),
            level: FlowLevel::Minute,
            exporters: vec![exporter],
            counts: vec![ExporterCounts { datagrams: 7, ..ExporterCounts::default() }],
            talks,
            loads: vec![load, PortLoad { minute: Timestamp(120_000), inward: false, ..load }],
            names: vec![(0, FlowName::Interface(3, "Gi0/3".into()))],
        }
    }

    #[test]
    fn a_minute_comes_back_whole() {
        for rows in [0, 1, 50, 5000] {
            let time = time(rows);
            assert_eq!(decode(&encode(&time), time.start, time.level), Some(time));
        }
        let empty = FlowTime::default();
        assert_eq!(decode(&encode(&empty), empty.start, empty.level), Some(empty));
    }

    #[test]
    fn bytes_that_are_cut_or_name_what_is_not_there_are_refused() {
        let bytes = encode(&time(20));
        for len in 0..bytes.len() {
            assert_eq!(decode(&bytes[..len], Timestamp(0), FlowLevel::Minute), None, "{len}");
        }
        let mut wrong = time(20);
        wrong.exporters.clear();
        wrong.counts.clear();
        assert_eq!(decode(&encode(&wrong), wrong.start, wrong.level), None);
    }
}
