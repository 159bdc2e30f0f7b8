//! A shard: blocks of several devices in one stored value, with a table in front so that one is found without the others.
//!
//! `CRC-32 of the rest · version · table · bodies`; the table alone, with a CRC of its own, is kept as the index row.

use super::bytes::{Reader, put_varint, zigzag};

/// Format of a shard.
const VERSION: u8 = 1;

/// A shard has at most so many bytes of blocks. Values of about 64 kB took the least of sled's space (1.31 times their
/// bytes, in segments of 256 KiB); a value above a quarter of a segment would become a file of its own.
pub const SHARD_BYTES: usize = 56 << 10;

/// One block of a shard, as its table says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Number of the device.
    pub device: u32,
    /// Number of the block, by which a restart knows what was sealed; 0 for a backfilled one.
    pub no: u64,
    /// Which piece of the block, from 0.
    pub piece: u32,
    /// In how many pieces the block lies.
    pub pieces: u32,
    /// First reading, milliseconds.
    pub start: i64,
    /// Last reading.
    pub end: i64,
    /// Values.
    pub samples: u64,
    /// By what names its parts go.
    pub names: NamesCheck,
    /// The lowest and the highest number of its parts.
    pub parts: (u32, u32),
    /// Bytes of its body.
    pub len: usize,
}

impl Head {
    /// Whether the block may have a part.
    pub const fn may_have(&self, part: u32) -> bool {
        self.parts.0 <= part && part <= self.parts.1
    }
}

/// A sum over the names that numbers stood for when a block was written: should the names ever be lost and their numbers
/// given anew, the block is not taken for another's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamesCheck {
    /// Parts that the device had.
    pub parts: u32,
    /// CRC-32 of the device's id and the parts' names.
    pub sum: u32,
}

/// A shard that still takes blocks.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    heads: Vec<Head>,
    bodies: Vec<u8>,
}

impl Builder {
    /// Takes a block.
    pub fn push(&mut self, mut head: Head, body: &[u8]) {
        head.len = body.len();
        self.heads.push(head);
        self.bodies.extend_from_slice(body);
    }

    /// Its blocks.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Bytes of its blocks.
    pub const fn len(&self) -> usize {
        self.bodies.len()
    }

    /// Whether it has no block.
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Its blocks with their bodies.
    pub fn blocks(&self) -> impl Iterator<Item = (&Head, &[u8])> {
        with_bodies(&self.heads, &self.bodies)
    }

    /// The table as an index row.
    pub fn index_row(&self) -> Vec<u8> {
        index_row(&self.heads)
    }

    /// The value.
    pub fn value(&self) -> Vec<u8> {
        sealed(|out| {
            put_table(out, &self.heads);
            out.extend_from_slice(&self.bodies);
        })
    }
}

/// A table as an index row.
pub fn index_row(heads: &[Head]) -> Vec<u8> {
    sealed(|out| put_table(out, heads))
}

fn with_bodies<'a>(heads: &'a [Head], bodies: &'a [u8]) -> impl Iterator<Item = (&'a Head, &'a [u8])> {
    let mut at = 0;
    heads.iter().map(move |head| {
        let body = bodies.get(at..at + head.len).unwrap_or_default();
        at += head.len;
        (head, body)
    })
}

/// Bytes with the CRC-32 of the rest and a version in front.
pub fn sealed(fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![0, 0, 0, 0, VERSION];
    fill(&mut out);
    let sum = crc32fast::hash(out.get(4..).unwrap_or_default());
    out.iter_mut().zip(sum.to_le_bytes()).for_each(|(to, from)| *to = from);
    out
}

/// The bytes of [`sealed`], or `None` when they are not what was written.
pub fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = bytes.split_first_chunk::<4>()?;
    let (version, body) = rest.split_first()?;
    (u32::from_le_bytes(*sum) == crc32fast::hash(rest) && *version == VERSION).then_some(body)
}

/// The head is of the same device with the same names as the one before.
const SAME_DEVICE: u8 = 1;
/// The block is whole and was backfilled: without a number.
const UNNUMBERED: u8 = 2;

fn put_table(out: &mut Vec<u8>, heads: &[Head]) {
    put_varint(out, heads.len() as u64);
    let mut before: Option<&Head> = None;
    for head in heads {
        let same = before.is_some_and(|before| (before.device, before.names) == (head.device, head.names));
        let unnumbered = (head.no, head.piece, head.pieces) == (0, 0, 1);
        out.push(if same { SAME_DEVICE } else { 0 } | if unnumbered { UNNUMBERED } else { 0 });
        if !same {
            for number in [head.device, head.names.parts, head.names.sum] {
                put_varint(out, u64::from(number));
            }
        }
        if !unnumbered {
            put_varint(out, head.no);
            put_varint(out, u64::from(head.piece));
            put_varint(out, u64::from(head.pieces));
        }
        put_varint(out, zigzag(head.start.wrapping_sub(before.map_or(0, |before| before.start))));
        put_varint(out, head.end.wrapping_sub(head.start) as u64);
        put_varint(out, head.samples);
        put_varint(out, u64::from(head.parts.0));
        put_varint(out, u64::from(head.parts.1.wrapping_sub(head.parts.0)));
        put_varint(out, head.len as u64);
        before = Some(head);
    }
}

fn read_table(reader: &mut Reader<'_>) -> Option<Vec<Head>> {
    let count = reader.len()?;
    let mut heads: Vec<Head> = Vec::new();
    for _ in 0..count {
        let head = read_head(reader, heads.last())?;
        heads.push(head);
    }
    Some(heads)
}

fn read_head(reader: &mut Reader<'_>, before: Option<&Head>) -> Option<Head> {
    let flags = reader.byte()?;
    let (device, names) = if flags & SAME_DEVICE != 0 {
        (before?.device, before?.names)
    } else {
        (reader.u32()?, NamesCheck { parts: reader.u32()?, sum: reader.u32()? })
    };
    let (no, piece, pieces) = if flags & UNNUMBERED != 0 { (0, 0, 1) } else { (reader.varint()?, reader.u32()?, reader.u32()?) };
    let start = before.map_or(0, |before| before.start).wrapping_add(reader.signed()?);
    let end = start.checked_add_unsigned(reader.varint()?)?;
    let samples = reader.varint()?;
    let first = reader.u32()?;
    let parts = (first, first.checked_add(reader.u32()?)?);
    Some(Head { device, no, piece, pieces, start, end, samples, names, parts, len: reader.len()? })
}

/// The blocks that an index row names.
pub fn read_index_row(bytes: &[u8]) -> Option<Vec<Head>> {
    read_table(&mut Reader::new(unsealed(bytes)?))
}

/// A value read back, which it holds on to.
pub struct Shard<B> {
    heads: Vec<Head>,
    bytes: B,
    bodies_at: usize,
}

impl<B: AsRef<[u8]>> Shard<B> {
    /// Reads a value; `None` when it is damaged.
    pub fn read(bytes: B) -> Option<Self> {
        let whole = bytes.as_ref();
        let mut reader = Reader::new(unsealed(whole)?);
        let heads = read_table(&mut reader)?;
        let bodies_at = whole.len() - reader.rest().len();
        Some(Self { heads, bytes, bodies_at })
    }

    /// Its blocks with their bodies.
    pub fn blocks(&self) -> impl Iterator<Item = (&Head, &[u8])> {
        with_bodies(&self.heads, self.bytes.as_ref().get(self.bodies_at..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head() -> impl Strategy<Value = Head> {
        let names = prop_oneof![Just((3, 9)), any::<(u32, u32)>()].prop_map(|(parts, sum)| NamesCheck { parts, sum });
        let number = prop_oneof![Just((0, 0, 1)), any::<(u64, u32, u32)>()];
        let times = (-1i64 << 40..1i64 << 42, 0..1i64 << 40);
        (prop_oneof![0..3u32, any::<u32>()], number, times, names, (0..1u32 << 20, 0..9u32), any::<u64>()).prop_map(
            |(device, (no, piece, pieces), (start, span), names, (first, more), samples)| Head {
                device,
                no,
                piece,
                pieces,
                start,
                end: start + span,
                samples,
                names,
                parts: (first, first + more),
                len: 0,
            },
        )
    }

    proptest! {
        #[test]
        fn heads_and_bodies_come_back(heads in prop::collection::vec((head(), prop::collection::vec(any::<u8>(), 0..20)), 0..12)) {
            let mut builder = Builder::default();
            heads.iter().for_each(|(head, body)| builder.push(*head, body));
            let shard = Shard::read(builder.value()).unwrap();
            let expected: Vec<(Head, &[u8])> =
                heads.iter().map(|(head, body)| (Head { len: body.len(), ..*head }, body.as_slice())).collect();
            prop_assert_eq!(shard.blocks().map(|(head, body)| (*head, body)).collect::<Vec<_>>(), expected);
            prop_assert_eq!(read_index_row(&builder.index_row()).unwrap(), builder.heads());
        }

        #[test]
        fn tables_of_anything_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_table(&mut Reader::new(&bytes));
        }
    }
}
