//! What is measured over time: metrics, samples, and the batch that one poll of one device yields.

use super::device::DeviceId;
use super::time::Timestamp;
use super::unit::Unit;
use serde::{Deserialize, Serialize};

/// A metric as the contract names it (§5). Rates are kept as the counters they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum Metric {
    InBps = 0,
    OutBps = 1,
    InPps = 2,
    OutPps = 3,
    InErrors = 4,
    OutErrors = 5,
    InDiscards = 6,
    OutDiscards = 7,
    OperStatus = 8,
    RttMs = 9,
    LossPercent = 10,
    CpuPercent = 11,
    MemoryPercent = 12,
    TemperatureCelsius = 13,
    PoeWatts = 14,
    Clients = 15,
    ChannelUtilisationPercent = 16,
    /// dot3StatsFCSErrors (RFC 3635): frames whose check sequence is wrong.
    InFcsErrors = 17,
    /// A gauge that has a name of its own: `sensor:NAME`, or what an import brought ([`named_part`]).
    NamedGauge = 18,
    /// Whole numbers under a name of their own, as they were imported.
    NamedWhole = 19,
    /// Numbers under a name of their own that are not whole in thousandths, as they were imported.
    NamedFloat = 20,
}

/// How a metric is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// A monotone 64-bit counter; what is shown is its rate times this factor (8 for octets shown as bit/s).
    Counter {
        /// Shown rate per counted unit.
        factor: f64,
    },
    /// A gauge in thousandths, zigzag-encoded.
    Milli,
    /// A small number as it is.
    Plain,
    /// The bits of an IEEE 754 double.
    Float,
}

impl Metric {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 21] = [
        Self::InBps,
        Self::OutBps,
        Self::InPps,
        Self::OutPps,
        Self::InErrors,
        Self::OutErrors,
        Self::InDiscards,
        Self::OutDiscards,
        Self::OperStatus,
        Self::RttMs,
        Self::LossPercent,
        Self::CpuPercent,
        Self::MemoryPercent,
        Self::TemperatureCelsius,
        Self::PoeWatts,
        Self::Clients,
        Self::ChannelUtilisationPercent,
        Self::InFcsErrors,
        Self::NamedGauge,
        Self::NamedWhole,
        Self::NamedFloat,
    ];

    /// The kinds in which a series under a name of its own is kept: a reading of it looks at all three.
    pub const NAMED: [Self; 3] = [Self::NamedGauge, Self::NamedWhole, Self::NamedFloat];

    /// The metrics of one interface, in column order.
    pub const INTERFACE: [Self; 10] = [
        Self::InBps,
        Self::OutBps,
        Self::InPps,
        Self::OutPps,
        Self::InErrors,
        Self::OutErrors,
        Self::InDiscards,
        Self::OutDiscards,
        Self::OperStatus,
        Self::InFcsErrors,
    ];

    /// From its number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number, stable on disk.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name of the contract: `in_bps`, `rtt_ms`, …
    pub const fn name(self) -> &'static str {
        match self {
            Self::InBps => "in_bps",
            Self::OutBps => "out_bps",
            Self::InPps => "in_pps",
            Self::OutPps => "out_pps",
            Self::InErrors => "in_errors",
            Self::OutErrors => "out_errors",
            Self::InDiscards => "in_discards",
            Self::OutDiscards => "out_discards",
            Self::OperStatus => "oper_status",
            Self::RttMs => "rtt_ms",
            Self::LossPercent => "loss_percent",
            Self::CpuPercent => "cpu_percent",
            Self::MemoryPercent => "memory_percent",
            Self::TemperatureCelsius => "temperature_celsius",
            Self::PoeWatts => "poe_watts",
            Self::Clients => "clients",
            Self::ChannelUtilisationPercent => "channel_utilisation_percent",
            Self::InFcsErrors => "in_fcs_errors",
            Self::NamedGauge => "gauge",
            Self::NamedWhole => "whole",
            Self::NamedFloat => "float",
        }
    }

    /// From the name of the contract.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name && !Self::NAMED.contains(metric))
    }

    /// The unit of what is shown.
    pub const fn unit(self) -> Unit {
        match self {
            Self::InBps | Self::OutBps => Unit::BitsPerSecond,
            Self::InPps | Self::OutPps => Unit::PacketsPerSecond,
            Self::InErrors | Self::OutErrors | Self::InDiscards | Self::OutDiscards | Self::InFcsErrors => Unit::PerSecond,
            Self::OperStatus => Unit::State,
            Self::RttMs => Unit::Milliseconds,
            Self::LossPercent | Self::CpuPercent | Self::MemoryPercent | Self::ChannelUtilisationPercent => Unit::Percent,
            Self::TemperatureCelsius => Unit::Celsius,
            Self::PoeWatts => Unit::Watts,
            // What the name says; a sensor's unit stands in its device's description.
            Self::Clients | Self::NamedGauge | Self::NamedWhole | Self::NamedFloat => Unit::Count,
        }
    }

    /// How it is kept.
    pub const fn kept(self) -> Kept {
        match self {
            Self::InBps | Self::OutBps => Kept::Counter { factor: 8.0 },
            Self::InPps
            | Self::OutPps
            | Self::InErrors
            | Self::OutErrors
            | Self::InDiscards
            | Self::OutDiscards
            | Self::InFcsErrors => Kept::Counter { factor: 1.0 },
            Self::OperStatus | Self::Clients | Self::NamedWhole => Kept::Plain,
            Self::NamedFloat => Kept::Float,
            _ => Kept::Milli,
        }
    }

    /// A gauge's value as it is kept. Counters are kept as they are counted.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap,
        reason = "saturating by definition of `as`"
    )]
    pub fn encode_gauge(self, value: f64) -> u64 {
        match self.kept() {
            Kept::Milli => {
                let milli = (value * 1000.0).round() as i64;
                ((milli << 1) ^ (milli >> 63)) as u64
            }
            Kept::Plain | Kept::Counter { .. } => value.round() as u64,
            Kept::Float => value.to_bits(),
        }
    }

    /// The inverse of [`Self::encode_gauge`].
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "gauges are small")]
    pub fn decode_gauge(self, kept: u64) -> f64 {
        match self.kept() {
            Kept::Milli => ((kept >> 1) as i64 ^ -((kept & 1) as i64)) as f64 / 1000.0,
            Kept::Plain | Kept::Counter { .. } => kept as f64,
            Kept::Float => f64::from_bits(kept),
        }
    }
}

/// What a row of samples belongs to: a device, or one of its interfaces by name (series follow ifName, not ifIndex).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntityKey {
    /// The device.
    pub device: DeviceId,
    /// The interface's name, `None` for the device itself.
    pub part: Option<String>,
}

/// What the part of a series under a name of its own begins with: no interface is called so ([`is_named_part`]).
const NAMED_MARK: char = '\u{1}';

/// The part under which a series with a name of its own is kept: of the device, or of one of its interfaces.
pub fn named_part(interface: Option<&str>, name: &str) -> String {
    match interface {
        None => format!("{NAMED_MARK}{name}"),
        Some(interface) => format!("{NAMED_MARK}{name}{NAMED_MARK}{interface}"),
    }
}

/// The interface and the name of a part that [`named_part`] made; `None` where it is an interface's own.
pub fn split_named_part(part: &str) -> Option<(Option<&str>, &str)> {
    let rest = part.strip_prefix(NAMED_MARK)?;
    match rest.split_once(NAMED_MARK) {
        Some((name, interface)) => Some((Some(interface), name)),
        None => Some((None, rest)),
    }
}

/// Whether a part is that of a series under a name of its own.
pub fn is_named_part(part: &str) -> bool {
    part.starts_with(NAMED_MARK)
}

/// Samples of one metric of one entity, in order of their times: what is imported comes so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesColumn {
    /// Whose.
    pub entity: EntityKey,
    /// Which.
    pub metric: Metric,
    /// Times, milliseconds of the epoch, rising.
    pub times: Vec<i64>,
    /// Kept values ([`Metric::kept`]), one for each time.
    pub values: Vec<u64>,
}

/// One cell: what was counted or gauged, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Which metric.
    pub metric: Metric,
    /// Kept value ([`Metric::kept`]).
    pub value: u64,
    /// Whether no rate may be made between the sample before and this one (reboot, discontinuity, first reading).
    pub broken: bool,
}

/// All that one poll says of one entity. A metric that is missing is a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleRow {
    /// The interface's name, `None` for the device itself.
    pub part: Option<String>,
    /// What was read; each metric at most once.
    pub cells: Vec<Cell>,
}

/// All that one poll says of one device. One time serves all its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleBatch {
    /// The device.
    pub device: DeviceId,
    /// When the reply was received.
    pub at: Timestamp,
    /// Its rows.
    pub rows: Vec<SampleRow>,
}

/// One kept value at one time, as a store returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When it was received.
    pub at: Timestamp,
    /// Kept value; `None` is a gap.
    pub value: Option<u64>,
    /// Whether no rate may be made with the sample before.
    pub broken: bool,
}

/// A point of a series as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// End of the interval that it describes.
    pub at: Timestamp,
    /// Value in the metric's unit; `None` is a gap.
    pub value: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_round_trip() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_number(metric.number()), Some(metric));
            let named = Metric::NAMED.contains(&metric);
            assert_eq!(Metric::from_name(metric.name()), (!named).then_some(metric));
        }
    }

    #[test]
    fn gauges_keep_thousandths_and_sign() {
        for value in [0.0, 12.345, -7.5, 1e6] {
            assert!((Metric::RttMs.decode_gauge(Metric::RttMs.encode_gauge(value)) - value).abs() < 1e-9);
        }
    }
}
