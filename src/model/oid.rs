//! SNMP object identifiers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// An object identifier (RFC 2578 §3.5): at most 128 sub-identifiers of 32 bits. Short ones, which nearly all are, need no memory of their own.
#[derive(Clone)]
pub struct Oid(Arcs);

/// RFC 2578 §3.5: an OID has at most 128 sub-identifiers.
pub const MAX_OID_ARCS: usize = 128;

/// Sub-identifiers that are kept in place: one row of ifXTable has 12, of lldpRemTable 14, of ipNetToMediaTable 15.
pub const INLINE_ARCS: usize = 15;

#[derive(Clone)]
enum Arcs {
    Inline { length: u8, arcs: [u32; INLINE_ARCS] },
    Shared(Arc<[u32]>),
}

impl Oid {
    /// From sub-identifiers; longer ones than [`MAX_OID_ARCS`] are cut.
    pub fn new(arcs: &[u32]) -> Self {
        Self::joined(arcs, &[])
    }

    /// The sub-identifiers.
    #[inline]
    pub fn arcs(&self) -> &[u32] {
        match &self.0 {
            Arcs::Inline { length, arcs } => arcs.get(..usize::from(*length)).unwrap_or(arcs),
            Arcs::Shared(arcs) => arcs,
        }
    }

    /// Whether `self` lies under `prefix` (or equals it).
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.arcs().starts_with(prefix.arcs())
    }

    /// What follows `prefix`, or `None` where `self` does not lie under it.
    pub fn suffix_of<'a>(&'a self, prefix: &Self) -> Option<&'a [u32]> {
        self.arcs().strip_prefix(prefix.arcs())
    }

    /// `self` with `suffix` behind it.
    pub fn child(&self, suffix: &[u32]) -> Self {
        let mut child = self.clone();
        child.append(suffix);
        child
    }

    /// Puts `suffix` behind it, where it stands: rows of tables are made by the million, and each copy of a name counts.
    #[inline]
    pub fn append(&mut self, suffix: &[u32]) {
        if let Arcs::Inline { length, arcs } = &mut self.0
            && let Ok(longer) = u8::try_from(usize::from(*length) + suffix.len())
            && let Some(behind) = arcs.get_mut(usize::from(*length)..usize::from(longer))
        {
            behind.iter_mut().zip(suffix).for_each(|(slot, arc)| *slot = *arc);
            *length = longer;
            return;
        }
        *self = Self::joined(self.arcs(), suffix);
    }

    fn joined(front: &[u32], back: &[u32]) -> Self {
        let length = front.len() + back.len();
        let mut arcs = [0; INLINE_ARCS];
        if let (Ok(short), Some((to_front, to_back))) = (u8::try_from(length), arcs.split_at_mut_checked(front.len()))
            && let Some(to_back) = to_back.get_mut(..back.len())
        {
            to_front.copy_from_slice(front);
            to_back.copy_from_slice(back);
            return Self(Arcs::Inline { length: short, arcs });
        }
        Self(Arcs::Shared(front.iter().chain(back).take(MAX_OID_ARCS).copied().collect()))
    }
}

impl PartialEq for Oid {
    fn eq(&self, other: &Self) -> bool {
        self.arcs() == other.arcs()
    }
}

impl Eq for Oid {}

impl PartialOrd for Oid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Oid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.arcs().cmp(other.arcs())
    }
}

impl Hash for Oid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.arcs().hash(state);
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, arc) in self.arcs().iter().enumerate() {
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
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.arcs().serialize(serializer) }
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

    #[test]
    fn length_makes_no_difference_but_in_memory() {
        assert_eq!(size_of::<Oid>(), 64);
        for length in [0, 1, INLINE_ARCS - 1, INLINE_ARCS, INLINE_ARCS + 1, MAX_OID_ARCS, MAX_OID_ARCS + 1] {
            let arcs: Vec<u32> = (0..length as u32).collect();
            let oid = Oid::new(&arcs);
            assert_eq!(oid.arcs(), &arcs[..length.min(MAX_OID_ARCS)]);
            assert!(oid.child(&[7]).starts_with(&oid));
            assert_eq!(oid.child(&[]), oid);
            assert_eq!(oid.child(&[7]) > oid, length < MAX_OID_ARCS, "cut at the most there may be");
        }
    }
}
