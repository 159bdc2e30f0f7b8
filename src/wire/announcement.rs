//! What a neighbour says of itself in a frame, whichever protocol it speaks.

use super::ethernet::{self, Protocol};
use super::{cdp, edp, lldp};
use crate::model::{Evidence, NeighbourRow};

/// A neighbour's announcement. Its port here is known by whoever received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The neighbour; without a local port.
    pub row: NeighbourRow,
    /// How long it holds, seconds; 0 takes it back.
    pub ttl_seconds: u16,
    /// Parts that were malformed, doubled or cut off, and passed over.
    pub passed_over: u32,
}

impl Announcement {
    /// Nothing said yet.
    pub(super) const fn new(protocol: Evidence) -> Self {
        Self { row: NeighbourRow::new(protocol), ttl_seconds: 0, passed_over: 0 }
    }
}

/// Why an announcement was refused whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// What must be there is missing, doubled, or not in its place.
    #[error("mandatory part missing or out of order")]
    Order,
    /// It ends inside a part that must be there.
    #[error("cut off")]
    CutOff,
    /// It does not say who it is of.
    #[error("no id")]
    NoId,
    /// The checksum does not fit.
    #[error("wrong checksum")]
    Checksum,
    /// A version that is not known.
    #[error("unknown version")]
    Version,
}

impl Fault {
    /// The word for counters.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::CutOff => "cut-off",
            Self::NoId => "no-id",
            Self::Checksum => "checksum",
            Self::Version => "version",
        }
    }
}

/// Reads the content of a frame.
type Decode = fn(&[u8]) -> Result<Announcement, Fault>;

/// Which protocol is whose.
const PROTOCOLS: [(Protocol, Decode); 4] = [
    (Protocol::EtherType(0x88cc), lldp::decode),
    (Protocol::Snap([0x00, 0x00, 0x0c], 0x2000), |content| cdp::decode(Evidence::Cdp, content)),
    (Protocol::Snap([0x00, 0xe0, 0x52], 0x2000), |content| cdp::decode(Evidence::Fdp, content)),
    (Protocol::Snap([0x00, 0xe0, 0x2b], 0x00bb), edp::decode),
];

/// Reads a frame from its destination address on; `None` where it is no announcement.
///
/// # Errors
/// An announcement that can't be used.
pub fn decode(frame: &[u8]) -> Option<Result<Announcement, Fault>> {
    let frame = ethernet::decode(frame)?;
    let (_, decode) = PROTOCOLS.iter().find(|(protocol, _)| *protocol == frame.protocol)?;
    Some(decode(frame.content))
}
