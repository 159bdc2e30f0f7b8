//! What stands in front of each block of a file: what it holds, of when, and how long it is.

/// Octets of a head.
pub const HEAD: usize = 48;

/// No block is longer: what claims to be is damaged. A full one of records takes about 1 MB, uncompressible ones 12 MB.
pub const MAX_BODY: u32 = 64 << 20;

/// The first octets of each block.
pub const MARK: [u8; 4] = *b"\xf1flw";

/// Format of the body. A reader passes over blocks of another.
const VERSION: u8 = 1;

/// Added up with others of its stretch.
const ADDED: u8 = 0;
/// Made of shorter stretches: the last one of its stretch counts.
const ROLLED: u8 = 1;

/// A block's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// When its first record was received; the start of a stretch.
    pub from: i64,
    /// When its last record was received; the start of a stretch.
    pub to: i64,
    /// Records, or rows of talks.
    pub rows: u32,
    /// Of how many blocks of shorter stretches it was made; `None` where it was not.
    pub sources: Option<u32>,
    /// Octets of the body.
    pub len: u32,
    /// CRC-32 of the body.
    pub crc: u32,
}

impl Head {
    /// Of a body.
    pub fn of(self, body: &[u8]) -> Self {
        Self { len: u32::try_from(body.len()).unwrap_or(u32::MAX), crc: crc32fast::hash(body), ..self }
    }

    /// As it is written: `mark · version · kind · 2 octets of nothing · rows · sources · from · to · length · CRC of the body · CRC of the
    /// head`, little-endian.
    pub fn encode(self) -> [u8; HEAD] {
        let mut out = Vec::with_capacity(HEAD);
        out.extend_from_slice(&MARK);
        out.extend_from_slice(&[VERSION, if self.sources.is_some() { ROLLED } else { ADDED }, 0, 0]);
        out.extend_from_slice(&self.rows.to_le_bytes());
        out.extend_from_slice(&self.sources.unwrap_or(0).to_le_bytes());
        out.extend_from_slice(&self.from.to_le_bytes());
        out.extend_from_slice(&self.to.to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out.try_into().unwrap_or([0; HEAD])
    }

    /// Reads it; `None` where it can't be right or is of another version.
    pub fn decode(bytes: &[u8; HEAD]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if !body.starts_with(&MARK) || crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (version, kind) = (*body.get(4)?, *body.get(5)?);
        let word = |at: usize| body.get(at..)?.first_chunk::<4>().map(|octets| u32::from_le_bytes(*octets));
        let long = |at: usize| body.get(at..)?.first_chunk::<8>().map(|octets| i64::from_le_bytes(*octets));
        let sources = word(12)?;
        let head = Self {
            from: long(16)?,
            to: long(24)?,
            rows: word(8)?,
            sources: (kind == ROLLED).then_some(sources),
            len: word(32)?,
            crc: word(36)?,
        };
        (version == VERSION && kind <= ROLLED && head.len <= MAX_BODY && head.from <= head.to).then_some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_and_any_flipped_bit_is_seen() {
        for sources in [None, Some(60)] {
            let head = Head { from: 5, to: 9, rows: 7, sources, ..Head::default() }.of(b"body");
            let bytes = head.encode();
            assert_eq!(Head::decode(&bytes), Some(head));
            for bit in 0..HEAD * 8 {
                let mut wrong = bytes;
                wrong[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Head::decode(&wrong), None, "{bit}");
            }
        }
        let huge = Head { len: MAX_BODY + 1, ..Head::default() };
        assert_eq!(Head::decode(&huge.encode()), None);
    }
}
