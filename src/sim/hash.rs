//! Deterministic chance: every figure that looks random is a hash of the seed and of what it belongs to.

/// Mixes two numbers into one that looks like neither (the finalizer of SplitMix64, public domain, S. Vigna).
pub const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash as a number from 0 up to 1.
#[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
pub const fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// A hash as a number between two.
pub const fn between(hash: u64, low: f64, high: f64) -> f64 {
    low + (high - low) * unit(hash)
}

/// One of `len` places.
pub const fn pick(hash: u64, len: usize) -> usize {
    if len == 0 { 0 } else { (hash % len as u64) as usize }
}
