//! Numbers out of octets in network byte order. What is not there is 0: callers check lengths before they read.

/// Two octets at a place.
#[inline]
pub(super) fn u16_at(octets: &[u8], at: usize) -> u16 {
    octets.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u16::from_be_bytes(*chunk))
}

/// Four octets at a place.
#[inline]
pub(super) fn u32_at(octets: &[u8], at: usize) -> u32 {
    octets.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u32::from_be_bytes(*chunk))
}

/// An octet at a place.
#[inline]
pub(super) fn u8_at(octets: &[u8], at: usize) -> u8 {
    octets.get(at).copied().unwrap_or(0)
}

/// A number of any length up to eight octets; of longer ones the last eight.
pub(super) fn unsigned(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |value, octet| value << 8 | u64::from(*octet))
}

/// The eight octets that end at a place: what a shorter field is masked out of, in one load.
#[inline]
pub(super) fn word_to(octets: &[u8], end: usize) -> u64 {
    octets.get(..end).and_then(|before| before.last_chunk()).map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

/// The sixteen octets that end at a place.
#[inline]
pub(super) fn wide_to(octets: &[u8], end: usize) -> u128 {
    octets.get(..end).and_then(|before| before.last_chunk()).map_or(0, |chunk| u128::from_be_bytes(*chunk))
}

/// The bits of a field of so many octets; none where it has no or too many.
#[inline]
pub(super) const fn mask(length: usize) -> u64 {
    match length {
        1..=7 => (1 << (8 * length)) - 1,
        8 => u64::MAX,
        _ => 0,
    }
}
