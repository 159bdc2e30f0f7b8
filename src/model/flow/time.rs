//! What was talked in a minute, an hour or a day, as it is kept; and which columns of records somebody wants.

use super::exporter::{ExporterCounts, ExporterKey, FlowName, PortLoad};
use super::talk::Talks;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a stretch is that is summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FlowLevel {
    #[default]
    Minute,
    Hour,
    Day,
}

impl FlowLevel {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Milliseconds of a stretch.
    pub const fn millis(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// How long a stretch is.
    pub const fn width(self) -> Duration {
        Duration::from_millis(self.millis().unsigned_abs())
    }

    /// The start of the stretch in which a time lies, in UTC.
    pub const fn start_of(self, at: Timestamp) -> Timestamp {
        Timestamp(at.0 - at.0.rem_euclid(self.millis()))
    }

    /// `1m`, `1h` or `1d`
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }
}

/// What was talked in one minute, hour or day. There may be several of one stretch: they add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowTime {
    /// The stretch's start.
    pub start: Timestamp,
    /// How long it is.
    pub level: FlowLevel,
    /// Whom keys, loads and names refer to by index.
    pub exporters: Vec<ExporterKey>,
    /// Their counters at its end, in the same order; empty where none were told.
    pub counts: Vec<ExporterCounts>,
    /// Who talked with whom.
    pub talks: Talks,
    /// What flowed through ports in it, by the flows' own times.
    pub loads: Vec<PortLoad>,
    /// Names, by exporter.
    pub names: Vec<(u16, FlowName)>,
}

impl FlowTime {
    /// The first moment after it.
    pub const fn end(&self) -> Timestamp {
        Timestamp(self.start.0.saturating_add(self.level.millis()))
    }
}

/// Which columns of records are wanted: a bit for each. The exporter's is always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlowFields(pub u32);

macro_rules! fields {
    ($($name:ident = $bit:literal $field:ident),* $(,)?) => {
        impl FlowFields {
            #![allow(missing_docs, reason = "named as the columns")]
            $(pub const $name: Self = Self(1 << $bit);)*

            /// Each with its name, in the order of their numbers.
            pub const NAMES: &'static [(Self, &'static str)] = &[$((Self::$name, stringify!($field))),*];
        }
    };
}

fields! {
    KNOWN = 0 known, SRC = 1 src, DST = 2 dst, NEXT_HOP = 3 next_hop, OCTETS = 4 octets, PACKETS = 5 packets, START = 6 start,
    END = 7 end, IN_IF = 8 in_if, OUT_IF = 9 out_if, SRC_AS = 10 src_as, DST_AS = 11 dst_as, SAMPLING_INTERVAL = 12 sampling_interval,
    SRC_PORT = 13 src_port, DST_PORT = 14 dst_port, VLAN = 15 vlan, TCP_FLAGS = 16 tcp_flags, PROTOCOL = 17 protocol, TOS = 18 tos,
    SRC_MASK = 19 src_mask, DST_MASK = 20 dst_mask, DIRECTION = 21 direction, SRC_MAC = 22 src_mac, DST_MAC = 23 dst_mac, APP = 24 app,
    MORE = 25 more,
}

impl FlowFields {
    /// All of them.
    pub const ALL: Self = Self((1 << 26) - 1);
    /// What sums need.
    pub const SUMS: Self = Self(Self::OCTETS.0 | Self::PACKETS.0 | Self::SAMPLING_INTERVAL.0);

    /// Whether all of `other` are wanted.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_begin_at_whole_minutes_hours_and_days_of_utc() {
        let at = Timestamp(90_061_001);
        assert_eq!(FlowLevel::ALL.map(|level| level.start_of(at).0), [90_060_000, 90_000_000, 86_400_000]);
        assert_eq!(FlowLevel::Minute.start_of(Timestamp(-1)), Timestamp(-60_000));
        let hour = FlowTime { start: Timestamp(0), level: FlowLevel::Hour, ..FlowTime::default() };
        assert_eq!(hour.end(), Timestamp(3_600_000));
    }

    #[test]
    fn each_column_has_a_bit_of_its_own() {
        let all = FlowFields::NAMES.iter().fold(FlowFields::default(), |all, (field, _)| all.with(*field));
        assert_eq!(all, FlowFields::ALL);
        assert!(all.has(FlowFields::SUMS) && !FlowFields::SUMS.has(FlowFields::SRC));
    }
}
