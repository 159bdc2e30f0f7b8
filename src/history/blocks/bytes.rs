//! Variable-length numbers (LEB128), signed ones folded to unsigned (zigzag), and bitmaps as runs.

/// Appends a number, seven bits a byte, low bits first.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that [`put_varint`] takes.
pub fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Small magnitudes to small numbers.
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Reads what the `put_` functions wrote; `None` at the end of the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// From the start of some bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A number of [`put_varint`].
    #[inline]
    pub fn varint(&mut self) -> Option<u64> {
        let first = *self.rest.first()?;
        if first < 0x80 {
            self.rest = self.rest.get(1..)?;
            return Some(u64::from(first));
        }
        let mut value = 0u64;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(index + 1..)?;
                return Some(value);
            }
        }
        None
    }

    /// A number that counts or measures something in memory.
    pub fn len(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    /// A number of 32 bits.
    pub fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.varint()?).ok()
    }

    /// A signed number.
    pub fn signed(&mut self) -> Option<i64> {
        self.varint().map(unzigzag)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// Bytes with their length in front.
    pub fn block(&mut self) -> Option<&'a [u8]> {
        let len = self.len()?;
        self.take(len)
    }

    /// All that is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Appends bytes with their length in front.
pub fn put_block(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a bitmap as lengths of runs, the first one of clear bits; the last run is left out.
pub fn put_runs(out: &mut Vec<u8>, bits: impl Iterator<Item = bool>) {
    let mut runs = Vec::new();
    let (mut current, mut length) = (false, 0);
    for bit in bits {
        if bit == current {
            length += 1;
        } else {
            put_varint(&mut runs, length);
            (current, length) = (bit, 1);
        }
    }
    put_varint(&mut runs, length);
    put_block(out, &runs);
}

/// The bitmap of [`put_runs`], `len` bits.
pub fn read_runs(runs: &[u8], len: usize) -> Option<Vec<bool>> {
    let mut reader = Reader::new(runs);
    let mut bits = Vec::with_capacity(len);
    let mut current = false;
    while !reader.is_empty() {
        let run = reader.len()?;
        if run > len - bits.len() {
            return None;
        }
        bits.resize(bits.len() + run, current);
        current = !current;
    }
    (bits.len() == len).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_and_know_their_length() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(out.len(), varint_len(value));
            assert_eq!(Reader::new(&out).varint(), Some(value));
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
    }

    #[test]
    fn a_number_that_does_not_end_is_refused() {
        assert_eq!(Reader::new(&[0x80; 3]).varint(), None);
        assert_eq!(Reader::new(&[0xff; 20]).varint(), None);
        assert_eq!(Reader::new(&[5, 1, 2]).block(), None);
    }

    #[test]
    fn bitmaps_round_trip() {
        for pattern in [vec![], vec![true], vec![false; 9], vec![true, true, false, true, false, false]] {
            let mut out = Vec::new();
            put_runs(&mut out, pattern.iter().copied());
            let runs = Reader::new(&out).block().unwrap();
            assert_eq!(read_runs(runs, pattern.len()), Some(pattern.clone()));
            assert_eq!(read_runs(runs, pattern.len() + 1), None);
        }
    }
}
