//! A block of flow records: a column for each field, each of which can be read alone.
//!
//! `rows · exporters · receipts · number of columns · (column · length) each · the columns`. Times are kept relative to when the last
//! record of the block was received, and a start relative to its end: what an exporter's clock is wrong by costs nothing.

use super::numbers::{put, put_wide, read_as, read_wide};
use crate::history::blocks::bytes::{Reader, put_block, put_varint, unzigzag, zigzag};
use crate::model::flow::{Direction, ExporterKey, FlowAddr, FlowColumns, FlowFields};
use crate::model::{MacAddr, TimeRange, Timestamp};

/// Rows of a block when it is full: the tables of its columns are a hundredth of it then, and it is decoded in some milliseconds.
pub const ROWS: usize = 65_536;
/// No block has more, so that a hostile one takes some 20 MB at most.
pub const MAX_ROWS: usize = 2 * ROWS;
/// Exporters of a block: what a number of 16 bits can tell apart.
pub const MAX_EXPORTERS: usize = 1 << 16;

/// The column of the exporters' indexes, which every reader needs.
const EXPORTER: u8 = 64;

/// When rows were received: so many rows each, in order.
pub type Receipts = Vec<(u32, Timestamp)>;

/// Writes a block. `receipts` has as many rows as there are.
pub fn encode(columns: &FlowColumns, receipts: &Receipts) -> Vec<u8> {
    let mut out = Vec::with_capacity(columns.len() * 16 + 1024);
    put_varint(&mut out, columns.len() as u64);
    put_block(&mut out, &postcard::to_stdvec(&columns.exporters).unwrap_or_default());
    put_receipts(&mut out, receipts, columns.received);
    let mut body = Vec::with_capacity(columns.len() * 16);
    let mut directory: Vec<(u8, usize)> = Vec::new();
    let mut column = |number: u8, write: &mut dyn FnMut(&mut Vec<u8>)| {
        let start = body.len();
        write(&mut body);
        directory.push((number, body.len() - start));
    };
    let mut numbers: Vec<u64> = Vec::with_capacity(columns.len());
    macro_rules! numbers {
        ($number:expr, $values:expr) => {
            numbers.clear();
            numbers.extend($values);
            column($number, &mut |out| put(out, &numbers));
        };
    }
    macro_rules! narrow {
        ($($field:ident $name:ident)*) => { $(numbers!(bit(FlowFields::$name), columns.$field.iter().map(|value| u64::from(*value)));)* };
    }
    numbers!(EXPORTER, columns.exporter.iter().map(|value| u64::from(*value)));
    narrow! {
        known KNOWN octets OCTETS packets PACKETS in_if IN_IF out_if OUT_IF src_as SRC_AS dst_as DST_AS sampling_interval SAMPLING_INTERVAL
        src_port SRC_PORT dst_port DST_PORT vlan VLAN tcp_flags TCP_FLAGS protocol PROTOCOL tos TOS src_mask SRC_MASK dst_mask DST_MASK
    }
    numbers!(bit(FlowFields::END), columns.end.iter().map(|end| ordered(end.0.wrapping_sub(columns.received.0))));
    let durations = columns.end.iter().zip(&columns.start).map(|(end, start)| ordered(end.0.wrapping_sub(start.0)));
    numbers!(bit(FlowFields::START), durations);
    numbers!(bit(FlowFields::DIRECTION), columns.direction.iter().map(|direction| *direction as u64));
    let mut wide: Vec<u128> = Vec::with_capacity(columns.len());
    macro_rules! wide {
        ($($name:ident $values:expr),*) => { $(
            wide.clear();
            wide.extend($values);
            column(bit(FlowFields::$name), &mut |out| put_wide(out, &wide));
        )* };
    }
    wide! {
        SRC columns.src.iter().map(|address| address.0),
        DST columns.dst.iter().map(|address| address.0),
        NEXT_HOP columns.next_hop.iter().map(|address| address.0),
        SRC_MAC columns.src_mac.iter().map(|mac| mac_number(*mac)),
        DST_MAC columns.dst_mac.iter().map(|mac| mac_number(*mac)),
        APP columns.app.iter().map(|app| u128::from(*app))
    }
    if !columns.more.is_empty() {
        column(bit(FlowFields::MORE), &mut |out| out.extend(postcard::to_stdvec(&columns.more).unwrap_or_default()));
    }
    put_varint(&mut out, directory.len() as u64);
    for (number, len) in directory {
        out.push(number);
        put_varint(&mut out, len as u64);
    }
    out.extend_from_slice(&body);
    out
}

/// The number of a column in a block: that of its bit.
const fn bit(field: FlowFields) -> u8 {
    field.0.trailing_zeros() as u8
}

/// Signed numbers as unsigned ones in the same order.
const fn ordered(value: i64) -> u64 {
    value as u64 ^ 1 << 63
}

const fn signed(value: u64) -> i64 {
    (value ^ 1 << 63) as i64
}

fn mac_number(mac: MacAddr) -> u128 {
    mac.0.iter().fold(0, |number, octet| number << 8 | u128::from(*octet))
}

fn mac_of(number: u128) -> MacAddr {
    let [.., a, b, c, d, e, f] = number.to_be_bytes();
    MacAddr([a, b, c, d, e, f])
}

const DIRECTIONS: [Direction; 3] = [Direction::Unknown, Direction::Ingress, Direction::Egress];

fn put_receipts(out: &mut Vec<u8>, receipts: &Receipts, last: Timestamp) {
    put_varint(out, receipts.len() as u64);
    for (rows, at) in receipts {
        put_varint(out, u64::from(*rows));
        put_varint(out, zigzag(last.0.wrapping_sub(at.0)));
    }
}

/// A block that is open for reading.
pub struct Block<'a> {
    rows: usize,
    received: Timestamp,
    exporters: Vec<ExporterKey>,
    receipts: Receipts,
    columns: Vec<(u8, &'a [u8])>,
}

impl<'a> Block<'a> {
    /// Opens a block whose last record was received at a time; `None` where it can't be right.
    pub fn open(bytes: &'a [u8], received: Timestamp) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let rows = reader.len().filter(|rows| *rows <= MAX_ROWS)?;
        let exporters: Vec<ExporterKey> = postcard::from_bytes(reader.block()?).ok()?;
        let receipts = read_receipts(&mut reader, rows, received)?;
        let count = reader.len().filter(|count| *count <= usize::from(u8::MAX))?;
        let directory: Vec<(u8, usize)> = (0..count).map(|_| Some((reader.byte()?, reader.len()?))).collect::<Option<_>>()?;
        let columns = directory.into_iter().map(|(number, len)| Some((number, reader.take(len)?))).collect::<Option<_>>()?;
        Some(Self { rows, received, exporters, receipts, columns })
    }

    fn column(&self, number: u8) -> Option<Reader<'a>> {
        self.columns.iter().find(|(known, _)| *known == number).map(|(_, bytes)| Reader::new(bytes))
    }

    fn numbers<T: Clone>(&self, number: u8, narrow: impl Fn(u64) -> T + Copy) -> Option<Vec<T>> {
        read_as(&mut self.column(number)?, self.rows, narrow)
    }

    fn wide<T: Clone>(&self, field: FlowFields, of: impl Fn(u128) -> T + Copy) -> Option<Vec<T>> {
        read_wide(&mut self.column(bit(field))?, self.rows, of)
    }

    /// The columns that are wanted of the rows that were received in a range; `None` where one can't be right.
    pub fn read(&self, range: TimeRange, fields: FlowFields) -> Option<FlowColumns> {
        let rows = self.rows;
        let mut columns = FlowColumns { received: self.received, exporters: self.exporters.clone(), ..FlowColumns::default() };
        columns.exporter = self.numbers(EXPORTER, |value| value as u16)?;
        if columns.exporter.iter().any(|exporter| usize::from(*exporter) >= self.exporters.len()) {
            return None;
        }
        macro_rules! narrow {
            ($($field:ident $name:ident $type:ty)*) => { $(
                if fields.has(FlowFields::$name) {
                    columns.$field = self.numbers(bit(FlowFields::$name), |value| value as $type)?;
                }
            )* };
        }
        narrow! {
            known KNOWN u32 octets OCTETS u64 packets PACKETS u64 in_if IN_IF u32 out_if OUT_IF u32 src_as SRC_AS u32 dst_as DST_AS u32
            sampling_interval SAMPLING_INTERVAL u32 src_port SRC_PORT u16 dst_port DST_PORT u16 vlan VLAN u16 tcp_flags TCP_FLAGS u16
            protocol PROTOCOL u8 tos TOS u8 src_mask SRC_MASK u8 dst_mask DST_MASK u8
        }
        macro_rules! wide {
            ($($field:ident $name:ident $of:expr),*) => { $(
                if fields.has(FlowFields::$name) {
                    columns.$field = self.wide(FlowFields::$name, $of)?;
                }
            )* };
        }
        wide! { src SRC FlowAddr, dst DST FlowAddr, next_hop NEXT_HOP FlowAddr, src_mac SRC_MAC mac_of, dst_mac DST_MAC mac_of,
        app APP |number| number as u64 }
        if fields.has(FlowFields::DIRECTION) {
            let direction = |value: u64| DIRECTIONS.get(value as usize).copied().unwrap_or_default();
            columns.direction = self.numbers(bit(FlowFields::DIRECTION), direction)?;
        }
        self.read_times(&mut columns, fields)?;
        if fields.has(FlowFields::MORE)
            && let Some(bytes) = self.column(bit(FlowFields::MORE))
        {
            columns.more = postcard::from_bytes(bytes.rest()).ok()?;
            columns.more.iter().all(|(row, _)| (*row as usize) < rows).then_some(())?;
        }
        Some(self.within(columns, range))
    }

    fn read_times(&self, columns: &mut FlowColumns, fields: FlowFields) -> Option<()> {
        if !fields.has(FlowFields::END) && !fields.has(FlowFields::START) {
            return Some(());
        }
        let received = self.received.0;
        let end = self.numbers(bit(FlowFields::END), |value| Timestamp(received.wrapping_add(signed(value))))?;
        if fields.has(FlowFields::START) {
            let durations: Vec<i64> = self.numbers(bit(FlowFields::START), signed)?;
            let starts = end.iter().zip(durations).map(|(end, duration)| Timestamp(end.0.wrapping_sub(duration)));
            columns.start = starts.collect();
        }
        if fields.has(FlowFields::END) {
            columns.end = end;
        }
        Some(())
    }

    /// Leaves out the rows that were not received in a range.
    fn within(&self, mut columns: FlowColumns, range: TimeRange) -> FlowColumns {
        if self.receipts.iter().all(|(_, at)| range.contains(*at)) {
            return columns;
        }
        let runs = self.receipts.iter().flat_map(|(rows, at)| std::iter::repeat_n(range.contains(*at), *rows as usize));
        let keep: Vec<bool> = runs.collect();
        let kept = |row: usize| keep.get(row).copied().unwrap_or(false);
        macro_rules! only {
            ($($field:ident)*) => { $(
                let mut row = 0;
                columns.$field.retain(|_| {
                    row += 1;
                    kept(row - 1)
                });
            )* };
        }
        only! {
            exporter known src dst next_hop octets packets start end in_if out_if src_as dst_as sampling_interval src_port dst_port vlan
            tcp_flags protocol tos src_mask dst_mask direction src_mac dst_mac app
        }
        let mut place = 0u32;
        let places: Vec<Option<u32>> = keep
            .iter()
            .map(|kept| {
                kept.then(|| {
                    place += 1;
                    place - 1
                })
            })
            .collect();
        let moved = |row: u32| places.get(row as usize).copied().flatten();
        columns.more = columns.more.into_iter().filter_map(|(row, more)| Some((moved(row)?, more))).collect();
        let last = self.receipts.iter().rev().find(|(_, at)| range.contains(*at));
        columns.received = last.map_or(self.received, |(_, at)| *at);
        columns
    }
}

fn read_receipts(reader: &mut Reader<'_>, rows: usize, received: Timestamp) -> Option<Receipts> {
    let count = reader.len().filter(|count| *count <= rows.max(1))?;
    let mut receipts = Receipts::new();
    let mut sum = 0usize;
    for _ in 0..count {
        let (rows, before) = (reader.u32()?, unzigzag(reader.varint()?));
        sum = sum.checked_add(rows as usize)?;
        receipts.push((rows, Timestamp(received.0.wrapping_sub(before))));
    }
    (sum == rows).then_some(receipts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{FlowRecord, FlowVersion, Known};
    use proptest::prelude::*;

    const ALL: TimeRange = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };

    fn exporter(domain: u32) -> ExporterKey {
        ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::Ipfix, domain }
    }

    fn record(seed: u64) -> FlowRecord {
        let spread = |by: u64| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(u32::try_from(by).unwrap() * 7);
        let address =
            |by| if seed.is_multiple_of(3) { FlowAddr(u128::from(spread(by)) << 64) } else { FlowAddr::v4(spread(by) as u32) };
        FlowRecord {
            known: Known(spread(1) as u32),
            src: address(2),
            dst: address(3),
            next_hop: FlowAddr::NONE,
            octets: if seed.is_multiple_of(11) { u64::MAX } else { spread(4) >> 40 },
            packets: seed % 5,
            start: Timestamp(spread(5) as i64),
            end: Timestamp(1_700_000_000_000 - seed as i64),
            in_if: spread(6) as u32 % 9,
            out_if: spread(7) as u32,
            src_as: 65_000,
            dst_as: spread(8) as u32,
            sampling_interval: 1,
            src_port: spread(9) as u16,
            dst_port: 443,
            vlan: 10,
            tcp_flags: spread(1) as u16,
            protocol: spread(2) as u8,
            tos: 0,
            src_mask: 24,
            dst_mask: spread(3) as u8,
            direction: DIRECTIONS[(seed % 3) as usize],
            src_mac: mac_of(u128::from(seed % 7)),
            dst_mac: mac_of(u128::from(spread(5) & 0xffff_ffff_ffff)),
            app: (seed % 4) << 40,
        }
    }

    fn columns(seeds: impl IntoIterator<Item = u64>) -> FlowColumns {
        let mut columns = FlowColumns {
            received: Timestamp(1_700_000_000_000),
            exporters: vec![exporter(0), exporter(1)],
            ..FlowColumns::default()
        };
        seeds.into_iter().for_each(|seed| columns.push((seed % 2) as u16, &record(seed)));
        if columns.len() > 2 {
            columns.more = vec![(1, vec![("mplsTopLabelStackSection".into(), "16".into())])];
        }
        columns
    }

    fn check(columns: &FlowColumns) {
        let receipts = vec![(columns.len() as u32, columns.received)];
        let bytes = encode(columns, &receipts);
        let read = Block::open(&bytes, columns.received).and_then(|block| block.read(ALL, FlowFields::ALL));
        assert_eq!(read.as_ref(), Some(columns));
    }

    #[test]
    fn a_block_comes_back_whole() {
        check(&columns([]));
        check(&columns(0..3));
        check(&columns(0..5000));
    }

    #[test]
    fn only_what_is_wanted_is_read_and_only_what_was_received_in_the_range() {
        let columns = columns(0..300);
        let at = |seconds: i64| Timestamp(columns.received.0 - seconds * 1000);
        let bytes = encode(&columns, &vec![(100, at(2)), (150, at(1)), (50, at(0))]);
        let block = Block::open(&bytes, columns.received).unwrap();
        let read = block.read(TimeRange { from: at(1), to: at(1) }, FlowFields::SRC).unwrap();
        assert_eq!((read.src.as_slice(), read.exporter.len(), read.received), (&columns.src[100..250], 150, at(1)));
        assert!(read.dst.is_empty() && read.more.is_empty());
        let first = block.read(TimeRange { from: at(9), to: at(2) }, FlowFields::ALL).unwrap();
        assert_eq!((first.len(), first.more.len(), first.get(7)), (100, 1, columns.get(7)));
        assert_eq!(block.read(TimeRange { from: at(9), to: at(8) }, FlowFields::ALL).unwrap().len(), 0);
    }

    #[test]
    fn an_exporter_that_is_not_there_and_rows_that_are_too_many_are_refused() {
        let mut wrong = columns(0..10);
        wrong.exporters.truncate(1);
        let bytes = encode(&wrong, &vec![(10, wrong.received)]);
        assert_eq!(Block::open(&bytes, wrong.received).and_then(|block| block.read(ALL, FlowFields::default())), None);
        let mut many = Vec::new();
        put_varint(&mut many, MAX_ROWS as u64 + 1);
        many.extend([1, 0, 0, 0]);
        assert!(Block::open(&many, Timestamp(0)).is_none());
        let short = encode(&columns(0..10), &vec![(9, Timestamp(0))]);
        assert!(Block::open(&short, Timestamp(0)).is_none());
    }

    proptest! {
        #[test]
        fn any_records_come_back(seeds in proptest::collection::vec(any::<u64>(), 0..400)) {
            check(&columns(seeds));
        }
    }
}
