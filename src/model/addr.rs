//! IEEE 802 MAC addresses.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A 48-bit MAC address (IEEE 802-2014 clause 8.2). Written `00:1b:54:aa:bb:cc`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Whether the address can identify an interface: not all zero, not broadcast, not a group address.
    pub fn is_identity(self) -> bool {
        self.0 != [0; 6] && self.0[0] & 1 == 0
    }

    /// Six octets, or a text form that some agents send (`00:1b:54:aa:bb:cc`, `001b.54aa.bbcc`, `00-1b-...`).
    pub fn from_octets_or_text(octets: &[u8]) -> Option<Self> {
        if let Ok(six) = <[u8; 6]>::try_from(octets) {
            return Some(Self(six));
        }
        std::str::from_utf8(octets).ok()?.trim().parse().ok()
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a MAC address")]
pub struct NotAMac;

impl FromStr for MacAddr {
    type Err = NotAMac;

    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b':' | b'-' | b'.' | b' ')).collect();
        if digits.len() != 12 || text.len() > 17 {
            return Err(NotAMac);
        }
        let mut mac = [0u8; 6];
        for (octet, pair) in mac.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAMac)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| NotAMac)?;
        }
        Ok(Self(mac))
    }
}

impl Serialize for MacAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for MacAddr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 6]>::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_spelling_is_read() {
        let want = MacAddr([0, 0x1b, 0x54, 0xaa, 0xbb, 0xcc]);
        for text in ["00:1b:54:aa:bb:cc", "001b.54aa.bbcc", "00-1B-54-AA-BB-CC", "001b54aabbcc"] {
            assert_eq!(text.parse(), Ok(want), "{text}");
            assert_eq!(MacAddr::from_octets_or_text(text.as_bytes()), Some(want));
        }
        assert_eq!("00:1b:54".parse::<MacAddr>(), Err(NotAMac));
    }
}
