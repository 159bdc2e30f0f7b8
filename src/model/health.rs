//! The health of a device: what its sensors, processors, memory, storage, supplies and PoE say, and how that is read.
//!
//! A [`Gauge`] is one thing that is measured: what it is, under which name, which instances are asked ([`Probe`]) and what their numbers
//! mean. Inventory and poll make a [`Measured`] of the numbers in the same way ([`Gauge::measure`]). Start at [`Health`].

mod class;
pub mod subject;

pub use class::SensorClass;

use super::interface::IfIndex;
use super::oid::Oid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often gauges are read that are too many for every poll: temperatures and supplies change in minutes.
pub const SLOW_INTERVAL: Duration = Duration::from_secs(60);

/// How something is (contract §3). The order is from well to ill, then what says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warning,
    /// It fails, or is about to.
    Critical,
    /// Switched off, or not there any more.
    Off,
    /// Nobody says.
    #[default]
    Unknown,
}

impl HealthStatus {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GaugeKind {
    /// Load of a processor, percent.
    Processor,
    /// A memory pool.
    Memory,
    /// A file system, disk or flash.
    Storage,
    /// What a PSE may give over Ethernet in all, watts (RFC 3621 pethMainPsePower).
    PoeBudget,
    /// What it gives, watts (RFC 3621 pethMainPseConsumptionPower).
    PoeUsed,
    /// Toner, paper, batteries: what is left, percent.
    Supply,
    /// Anything else.
    Sensor(SensorClass),
}

impl GaugeKind {
    /// The word by which it is told apart: `processor`, `memory`, `storage`, `poe`, `supply`, or the class of the sensor.
    pub fn word(self) -> &'static str {
        match self {
            Self::Processor => "processor",
            Self::Memory => "memory",
            Self::Storage => "storage",
            Self::PoeBudget | Self::PoeUsed => "poe",
            Self::Supply => "supply",
            Self::Sensor(class) => class.word(),
        }
    }

    /// The unit of its value.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Self::Processor | Self::Memory | Self::Storage | Self::Supply => Some("percent"),
            Self::PoeBudget | Self::PoeUsed => Some("watt"),
            Self::Sensor(class) => class.unit(),
        }
    }

    /// What stands in front of its name in the name of its series; `None` where it has none of its own.
    pub const fn series(self) -> Option<&'static str> {
        match self {
            Self::Sensor(_) => Some("sensor:"),
            Self::Storage => Some("storage:"),
            Self::Supply => Some("supply:"),
            Self::Processor | Self::Memory | Self::PoeBudget | Self::PoeUsed => None,
        }
    }
}

/// What a number of an instance says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The value itself.
    Value,
    /// How it is, by [`Probe::words`].
    Status,
    /// What is used, octets or whatever `total` counts.
    Used,
    /// What is free.
    Free,
    /// What counts as used and is not.
    Reclaimable,
    /// What there is.
    Total,
    /// What is used, percent.
    Percent,
}

/// What is done to a number before its factor: the closed list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reckoning {
    /// Nothing.
    #[default]
    Linear,
    /// What is left to 100: percent idle, percent free.
    Rest,
    /// Power to dBm: the factor makes milliwatts of it.
    Decibels,
    /// Degrees Fahrenheit, once the factor was applied.
    Fahrenheit,
    /// Kelvin, once the factor was applied.
    Kelvin,
}

/// An instance that is asked, and what its number means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What its number says.
    pub part: Part,
    /// The instance.
    pub oid: Oid,
    /// Multiplies the number.
    pub factor: f64,
    /// What else is done to it.
    pub reckoning: Reckoning,
    /// Numbers that say that nothing is known.
    pub absent: Vec<i64>,
    /// Of a status: what its numbers mean; others are unknown.
    pub words: Vec<(i64, HealthStatus)>,
    /// Of a status that is told in words: the number of each, in small letters.
    pub texts: Vec<(String, i64)>,
}

/// What agents of all vendors send for "not known": the ends of INTEGER and Gauge32.
const NO_NUMBER: [f64; 3] = [2_147_483_647.0, -2_147_483_648.0, 4_294_967_295.0];

impl Probe {
    /// The value of a number; `None` where it says that nothing is known.
    pub fn value(&self, raw: f64) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "marks are small numbers")]
        let is_mark = |mark: &i64| *mark as f64 == raw;
        if !raw.is_finite() || NO_NUMBER.contains(&raw) || self.absent.iter().any(is_mark) {
            return None;
        }
        let scaled = raw * self.factor;
        let value = match self.reckoning {
            Reckoning::Linear => scaled,
            Reckoning::Rest => 100.0 - scaled,
            Reckoning::Decibels if scaled <= 0.0 => return None,
            Reckoning::Decibels => 10.0 * scaled.log10(),
            Reckoning::Fahrenheit => (scaled - 32.0) / 1.8,
            Reckoning::Kelvin => scaled - 273.15,
        };
        value.is_finite().then_some(value)
    }

    /// What a number of a status means.
    pub fn status(&self, raw: f64) -> HealthStatus {
        #[allow(clippy::cast_precision_loss, reason = "words have small numbers")]
        let is_it = |(number, _): &&(i64, HealthStatus)| *number as f64 == raw;
        self.words.iter().find(is_it).map_or(HealthStatus::Unknown, |(_, status)| *status)
    }
}

/// Beyond which a value is not well any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Limits {
    pub low_critical: Option<f64>,
    pub low_warning: Option<f64>,
    pub high_warning: Option<f64>,
    pub high_critical: Option<f64>,
}

impl Limits {
    /// How a value is by them; unknown where there are none.
    pub fn status(&self, value: f64) -> HealthStatus {
        let under = |limit: Option<f64>| limit.is_some_and(|limit| value <= limit);
        let over = |limit: Option<f64>| limit.is_some_and(|limit| value >= limit);
        if *self == Self::default() {
            HealthStatus::Unknown
        } else if under(self.low_critical) || over(self.high_critical) {
            HealthStatus::Critical
        } else if under(self.low_warning) || over(self.high_warning) {
            HealthStatus::Warning
        } else {
            HealthStatus::Ok
        }
    }
}

/// What was measured of one gauge at one time. What is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// In the unit of its kind; of memory and storage, percent used.
    pub value: Option<f64>,
    /// Octets used, of memory and storage.
    pub used: Option<u64>,
    /// Octets in all, of memory and storage.
    pub total: Option<u64>,
    /// How it is.
    pub status: HealthStatus,
}

/// One thing that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gauge {
    /// What it is.
    pub kind: GaugeKind,
    /// Its name: no other gauge of its kind of series has it.
    pub name: String,
    /// Of a supply: toner, wasteToner, input, … (RFC 3805 PrtMarkerSuppliesTypeTC). Of a sensor what it is about, where a pane has to know:
    /// see [`subject`].
    pub class: Option<String>,
    /// The interface that it is about: optics, what a port feeds.
    pub if_index: Option<IfIndex>,
    /// Whether it stands for the device: the main memory, the processor as a whole.
    pub main: bool,
    /// What is asked.
    pub probes: Vec<Probe>,
    /// Beyond which it is not well.
    pub limits: Limits,
    /// As the inventory read it.
    pub measured: Measured,
}

impl Gauge {
    /// What the numbers of its probes say, in their order; `None` is one that was not answered.
    pub fn measure(&self, raws: &[Option<f64>]) -> Measured {
        let known = |wanted: Part| {
            let mut of_part = self.probes.iter().zip(raws).filter(move |(probe, _)| probe.part == wanted);
            of_part.find_map(|(probe, raw)| probe.value((*raw)?))
        };
        let told = self.probes.iter().zip(raws).find(|(probe, _)| probe.part == Part::Status);
        let raw_status = told.and_then(|(_, raw)| *raw);
        let told = told.map(|(probe, raw)| raw.map_or(HealthStatus::Unknown, |raw| probe.status(raw)));
        let mut measured = match self.kind {
            GaugeKind::Memory | GaugeKind::Storage | GaugeKind::Supply => self.pool(raws),
            // More than all is no load.
            GaugeKind::Processor => {
                Measured { value: known(Part::Value).filter(|load| (0.0..=100.0).contains(load)), ..Measured::default() }
            }
            // A state's value is its bare number.
            GaugeKind::Sensor(SensorClass::State) => Measured { value: known(Part::Value).or(raw_status), ..Measured::default() },
            _ => Measured { value: known(Part::Value), ..Measured::default() },
        };
        let by_limits = measured.value.map_or(HealthStatus::Unknown, |value| self.limits.status(value));
        measured.status = match (told, by_limits) {
            (None, by_limits) => by_limits,
            // What is off or does not work has no value to compare.
            (Some(told), HealthStatus::Unknown) => told,
            (Some(HealthStatus::Off), _) => HealthStatus::Off,
            (Some(HealthStatus::Unknown), by_limits) => by_limits,
            (Some(told), by_limits) => told.max(by_limits),
        };
        measured
    }

    fn pool(&self, raws: &[Option<f64>]) -> Measured {
        let of = |wanted: Part| {
            self.probes.iter().zip(raws).filter(move |(probe, _)| probe.part == wanted).map(|(probe, raw)| probe.value((*raw)?))
        };
        let first = |wanted: Part| of(wanted).flatten().next();
        let (total, free) = (first(Part::Total).filter(|total| *total > 0.0), first(Part::Free));
        let reclaimable: f64 = of(Part::Reclaimable).flatten().sum();
        let used = first(Part::Used).or_else(|| Some(total? - free?)).map(|used| used - reclaimable);
        // Counted at different moments, or wrapped at 32 bits: then it says nothing.
        let used = used.filter(|used| *used >= 0.0 && total.is_none_or(|total| *used <= total * 1.01));
        let total = total.or_else(|| Some(used? + free?)).filter(|total| *total > 0.0);
        let percent =
            first(Part::Percent).or_else(|| Some(used? / total? * 100.0)).filter(|percent| (0.0..=100.0).contains(percent));
        let used = used.or_else(|| Some(total? * percent? / 100.0));
        let octets = |value: Option<f64>| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and not negative")]
            value.filter(|_| self.kind != GaugeKind::Supply).map(|value| value.round() as u64)
        };
        Measured { value: percent, used: octets(used), total: octets(total), status: HealthStatus::Unknown }
    }

    /// The name of its series, without the device: `sensor:Inlet`.
    pub fn series_name(&self) -> Option<String> {
        self.kind.series().map(|front| format!("{front}{}", self.name))
    }
}

/// All gauges of a device, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// By kind, then in the order of their tables.
    pub gauges: Vec<Gauge>,
    /// Changes whenever a place in `gauges` comes to mean something else.
    pub outline: u64,
}

/// Gauges of one device at most: a large chassis full of optics has some thousands, more would be an agent that makes them up.
pub const MAX_GAUGES: usize = 4096;

impl Health {
    /// Puts gauges in order, each under a name of its own.
    pub fn new(mut gauges: Vec<Gauge>) -> Self {
        super::limit::DEVICE_GAUGES.cut(&mut gauges);
        gauges.sort_by_key(|gauge| gauge.kind);
        name_apart(&mut gauges);
        let outline = if gauges.is_empty() { 0 } else { outline(&gauges) };
        Self { gauges, outline }
    }

    /// The same gauges, whatever was read of them.
    pub fn is_same_outline(&self, other: &Self) -> bool {
        let same = |(one, other): (&Gauge, &Gauge)| {
            let known = |gauge: &Gauge| (gauge.kind, gauge.if_index, gauge.limits);
            known(one) == known(other) && (&one.name, &one.probes) == (&other.name, &other.probes)
        };
        self.outline == other.outline
            && self.gauges.len() == other.gauges.len()
            && self.gauges.iter().zip(&other.gauges).all(same)
    }

    /// What the inventory read.
    pub fn measured(&self) -> Vec<Measured> {
        self.gauges.iter().map(|gauge| gauge.measured).collect()
    }

    /// Mean load of the processors, percent: of those that stand for the device, where some do.
    pub fn cpu_percent(&self, measured: &[Measured]) -> Option<f64> {
        let loads = self.of_device(GaugeKind::Processor, measured);
        let count = u32::try_from(loads.len()).ok().filter(|count| *count > 0)?;
        Some(loads.iter().sum::<f64>() / f64::from(count))
    }

    /// How full the main memory is, percent: of the pool that stands for the device, else of the first.
    pub fn memory_percent(&self, measured: &[Measured]) -> Option<f64> {
        self.of_device(GaugeKind::Memory, measured).first().copied()
    }

    /// The hottest temperature, degrees Celsius.
    pub fn temperature_celsius(&self, measured: &[Measured]) -> Option<f64> {
        self.values(GaugeKind::Sensor(SensorClass::Temperature), measured).map(|(_, value)| value).reduce(f64::max)
    }

    /// What is given over Ethernet, watts, by all that give.
    pub fn poe_watts(&self, measured: &[Measured]) -> Option<f64> {
        self.values(GaugeKind::PoeUsed, measured).map(|(_, value)| value).reduce(|sum, watts| sum + watts)
    }

    /// What may be given over Ethernet, watts.
    pub fn poe_budget_watts(&self, measured: &[Measured]) -> Option<f64> {
        self.values(GaugeKind::PoeBudget, measured).map(|(_, value)| value).reduce(|sum, watts| sum + watts)
    }

    fn values<'a>(&'a self, kind: GaugeKind, measured: &'a [Measured]) -> impl Iterator<Item = (&'a Gauge, f64)> {
        let of_kind = self.gauges.iter().zip(measured).filter(move |(gauge, _)| gauge.kind == kind);
        of_kind.filter_map(|(gauge, measured)| Some((gauge, measured.value?)))
    }

    fn of_device(&self, kind: GaugeKind, measured: &[Measured]) -> Vec<f64> {
        let any_main = self.gauges.iter().any(|gauge| gauge.kind == kind && gauge.main);
        self.values(kind, measured).filter(|(gauge, _)| gauge.main == any_main).map(|(_, value)| value).collect()
    }
}

/// Gauges of one kind of series that share a name are told apart by their class, and where that is the same by a number.
fn name_apart(gauges: &mut [Gauge]) {
    for add in [add_class, add_number] {
        let mut counts: BTreeMap<(Option<&str>, String), usize> = BTreeMap::new();
        for gauge in gauges.iter() {
            *counts.entry((series_of(gauge), gauge.name.clone())).or_default() += 1;
        }
        let mut seen: BTreeMap<(Option<&str>, String), usize> = BTreeMap::new();
        for gauge in gauges.iter_mut() {
            let key = (series_of(gauge), gauge.name.clone());
            if counts.get(&key).is_some_and(|count| *count > 1) {
                let number = seen.entry(key).or_default();
                *number += 1;
                add(gauge, *number);
            }
        }
    }
}

/// The names of processors must differ among themselves, those of sensors among all sensors.
fn series_of(gauge: &Gauge) -> Option<&'static str> {
    gauge.kind.series().or(Some(gauge.kind.word()))
}

fn add_class(gauge: &mut Gauge, _: usize) {
    if let GaugeKind::Sensor(class) = gauge.kind {
        gauge.name = format!("{} {}", gauge.name, class.word());
    }
}

fn add_number(gauge: &mut Gauge, number: usize) {
    if number > 1 {
        gauge.name = format!("{} #{number}", gauge.name);
    }
}

/// FNV-1a over kinds and names: the same in every process, which a poll of one and a state of another need.
fn outline(gauges: &[Gauge]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let octets = gauges.iter().flat_map(|gauge| gauge.kind.word().bytes().chain([0]).chain(gauge.name.bytes()).chain([0]));
    octets.fold(BASIS, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(PRIME))
}

/// What one poll read of the gauges of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthReading {
    /// The [`Health::outline`] by which it was asked.
    pub outline: u64,
    /// Place in [`Health::gauges`] and what was measured there; a gauge that was not asked is missing.
    pub measured: Vec<(u16, Measured)>,
}

#[cfg(test)]
mod tests;
