//! How samples lie in bytes: columns, blocks of one device, shards of several blocks, and the open block that still grows.
//!
//! Pure: no files, no clock, no sled. Everything read back is checked: a decoder answers `None` for bytes that can't be
//! right and never panics or allocates more than the bytes can hold. Start at [`open`] (how samples come in), then
//! [`block`] (what they become), then `column`.

pub mod block;
pub mod bytes;
pub mod chunks;
pub mod column;
pub mod grid;
pub mod last;
pub mod long;
pub mod open;
pub mod shard;
pub mod summary;

/// A row of a column has a value there.
pub const PRESENT: u8 = 1;
/// No rate may be made between the value before and this one.
pub const BROKEN: u8 = 2;

/// A value read back: when (milliseconds since the epoch), what (`None` is a gap), and whether a rate may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: i64,
    /// What.
    pub value: Option<u64>,
    /// Whether the rate is broken here.
    pub broken: bool,
}
