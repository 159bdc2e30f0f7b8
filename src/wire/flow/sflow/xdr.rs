//! The encoding of sFlow (XDR, RFC 4506): everything in words of four octets.

use crate::model::MacAddr;
use std::net::IpAddr;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xdr<'a>(pub(super) &'a [u8]);

impl<'a> Xdr<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(|word| u32::from_be_bytes(*word))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(|words| u64::from_be_bytes(*words))
    }

    /// A hardware address: six octets and two of padding (RFC 4506 §4.9).
    pub(super) fn mac(&mut self) -> Option<MacAddr> {
        let [a, b, c, d, e, f, _, _] = *self.array()?;
        Some(MacAddr([a, b, c, d, e, f]))
    }

    /// Its kind, then the address; the inner `None` is one that is not known.
    pub(super) fn address(&mut self) -> Option<Option<IpAddr>> {
        Some(match self.u32()? {
            0 => None,
            1 => Some(IpAddr::from(*self.array::<4>()?)),
            2 => Some(IpAddr::from(*self.array::<16>()?)),
            _ => return None,
        })
    }

    /// Octets behind their length, padded to whole words (RFC 4506 §4.10). Padding that is cut off is no fault.
    pub(super) fn opaque(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (octets, rest) = self.0.split_at_checked(length)?;
        let padding = length.wrapping_neg() & 3;
        self.0 = rest.get(padding..).unwrap_or_default();
        Some(octets)
    }

    /// Format and octets of a sample or record.
    pub(super) fn record(&mut self) -> Option<(u32, &'a [u8])> {
        let format = self.u32()?;
        let length = usize::try_from(self.u32()?).ok()?;
        let (octets, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some((format, octets))
    }
}
