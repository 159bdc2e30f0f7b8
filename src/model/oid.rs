//! SNMP object identifiers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An object identifier (RFC 2578 §3.5): at most 128 sub-identifiers of 32 bits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Arc<[u32]>);

/// RFC 2578 §3.5: an OID has at most 128 sub-identifiers.
pub const MAX_OID_ARCS: usize = 128;

impl Oid {
    /// From sub-identifiers; longer ones than [`MAX_OID_ARCS`] are cut.
    pub fn new(arcs: &[u32]) -> Self {
        Self(arcs.get(..MAX_OID_ARCS).unwrap_or(arcs).into())
    }

    /// The sub-identifiers.
    pub fn arcs(&self) -> &[u32] {
        &self.0
    }

    /// Whether `self` lies under `prefix` (or equals it).
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// What follows `prefix`, or `None` where `self` does not lie under it.
    pub fn suffix_of<'a>(&'a self, prefix: &Self) -> Option<&'a [u32]> {
        self.0.strip_prefix(&*prefix.0)
    }

    /// `self` with `suffix` behind it.
    pub fn child(&self, suffix: &[u32]) -> Self {
        let mut arcs = Vec::with_capacity(self.0.len() + suffix.len());
        arcs.extend_from_slice(&self.0);
        arcs.extend_from_slice(suffix);
        Self::new(&arcs)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, arc) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write!(f, "{arc}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a numeric OID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a numeric OID")]
pub struct NotAnOid;

impl FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Self, NotAnOid> {
        let text = text.strip_prefix('.').unwrap_or(text);
        let arcs: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        let arcs = arcs.map_err(|_| NotAnOid)?;
        if arcs.is_empty() || arcs.len() > MAX_OID_ARCS {
            return Err(NotAnOid);
        }
        Ok(Self::new(&arcs))
    }
}

impl Serialize for Oid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            Vec::<u32>::deserialize(deserializer).map(|arcs| Self::new(&arcs))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_lexicographic_by_arc() {
        let parse = |text: &str| text.parse::<Oid>().ok();
        assert!(parse("1.3.6.1.2") < parse("1.3.6.1.10"));
        assert!(parse("1.3.6") < parse("1.3.6.0"));
        assert_eq!(parse(".1.3.6").map(|oid| oid.to_string()).as_deref(), Some("1.3.6"));
        assert_eq!("1.3.x".parse::<Oid>(), Err(NotAnOid));
    }
}
