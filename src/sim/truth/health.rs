//! How devices are inside: load, memory, temperatures, fans, power. Smooth through the day, a little noise on top.

use crate::model::SensorClass;
use crate::sim::hash::{between, mix, unit};
use crate::sim::scenario::{DeviceNumber, Node, Scenario};

/// A part with a sensor: its name, and what it measures.
pub type Sensor = (&'static str, SensorClass);

/// The sensors of a chassis, by entPhysicalIndex from [`FIRST_SENSOR`] on.
pub const SENSORS: [Sensor; 6] = [
    ("Inlet", SensorClass::Temperature),
    ("CPU", SensorClass::Temperature),
    ("Fan 1", SensorClass::Fanspeed),
    ("Fan 2", SensorClass::Fanspeed),
    ("Power supply 1", SensorClass::Power),
    ("Power supply 2", SensorClass::Power),
];

/// entPhysicalIndex of the first of [`SENSORS`]: apart from the chassis.
pub const FIRST_SENSOR: u32 = 1001;

/// The sensor of the second power supply, which fails in a few devices.
const SECOND_SUPPLY: usize = 5;

/// One device of so many has a power supply that failed.
const FAILED_SUPPLIES: u64 = 29;

/// Allocation units of memory and flash: hrStorageAllocationUnits.
pub const UNIT_OCTETS: u32 = 1024;

const DAY_SECS: f64 = 86_400.0;
/// When it is quietest, seconds of the day (UTC).
const QUIETEST_SECS: f64 = 4.0 * 3600.0;
/// How long a bit of noise lasts: as long as the poll interval, so that each poll sees another.
const NOISE_SECS: f64 = 30.0;

/// Watts that one fed device takes, and what a switch may give in all.
const FED_WATTS: (f64, u32) = (9.5, 370);

#[allow(clippy::cast_possible_truncation, reason = "figures of a device are small")]
const fn whole(value: f64) -> i64 {
    value.round() as i64
}

impl Scenario {
    /// Between 0 and 1.
    fn bustle(&self, device: DeviceNumber, at: f64) -> f64 {
        let day = 0.5 - 0.5 * ((at - QUIETEST_SECS) / DAY_SECS * std::f64::consts::TAU).cos();
        let base = between(self.own_chance(device, 1), 0.1, 0.55);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of half minutes")]
        let noise = unit(mix(self.own_chance(device, 2), (at / NOISE_SECS) as u64));
        (base * (0.35 + 0.65 * day) + 0.1 * noise).clamp(0.0, 1.0)
    }

    fn own_chance(&self, device: DeviceNumber, salt: u64) -> u64 {
        mix(self.seed ^ 0x4ea1_7400 ^ salt, u64::from(device))
    }

    /// hrProcessorLoad, percent.
    pub fn processor_load(&self, device: DeviceNumber, at: f64) -> i64 {
        whole(100.0 * self.bustle(device, at))
    }

    /// Memory used and in all, in [`UNIT_OCTETS`].
    pub fn memory_units(&self, device: DeviceNumber, at: f64) -> (i64, i64) {
        let total = 1i64 << (19 + self.own_chance(device, 3) % 3);
        #[allow(clippy::cast_precision_loss, reason = "at most 2^21")]
        let used = total as f64 * (between(self.own_chance(device, 4), 0.3, 0.6) + 0.2 * self.bustle(device, at));
        (whole(used), total)
    }

    /// Flash used and in all, in [`UNIT_OCTETS`]: software images, which stay.
    pub fn flash_units(&self, device: DeviceNumber) -> (i64, i64) {
        let total = 1i64 << 21;
        #[allow(clippy::cast_precision_loss, reason = "at most 2^21")]
        let used = total as f64 * between(self.own_chance(device, 5), 0.25, 0.8);
        (whole(used), total)
    }

    /// What a sensor shows, whole units.
    pub fn sensor_value(&self, device: DeviceNumber, sensor: usize, at: f64) -> i64 {
        let bustle = self.bustle(device, at);
        match SENSORS.get(sensor) {
            _ if self.sensor_fails(device, sensor) => 0,
            Some((_, SensorClass::Temperature)) if sensor == 0 => {
                whole(between(self.own_chance(device, 6), 21.0, 26.0) + 5.0 * bustle)
            }
            Some((_, SensorClass::Temperature)) => whole(between(self.own_chance(device, 7), 36.0, 44.0) + 22.0 * bustle),
            Some((_, SensorClass::Fanspeed)) => {
                whole(3100.0 + 2200.0 * bustle + between(mix(self.own_chance(device, 8), sensor as u64), -60.0, 60.0))
            }
            _ => whole(between(self.own_chance(device, 9), 35.0, 140.0) * (0.7 + 0.3 * bustle)),
        }
    }

    /// Whether a sensor does not work: its power supply has failed.
    pub fn sensor_fails(&self, device: DeviceNumber, sensor: usize) -> bool {
        sensor == SECOND_SUPPLY && self.own_chance(device, 10).is_multiple_of(FAILED_SUPPLIES)
    }

    /// What a switch may give over Ethernet and what it gives now, watts; `None` where it feeds nothing.
    pub fn poe_watts(&self, node: &Node, device: DeviceNumber, at: f64) -> Option<(i64, i64)> {
        let is_fed = |wire: u32| {
            let wire = self.wires.get(wire as usize)?;
            let ends = [wire.a.device, wire.b.device].into_iter().find(|end| *end != device)?;
            self.kind(self.node(ends)?).map(|kind| kind.poe)
        };
        let fed = node.cables.iter().filter(|cable| is_fed(cable.wire) == Some(true)).count();
        let feeds = fed > 0 && self.kind(node).is_some_and(|kind| kind.bridge && !kind.poe);
        let (each, budget) = FED_WATTS;
        #[allow(clippy::cast_precision_loss, reason = "a few dozen ports")]
        feeds.then(|| (i64::from(budget), whole(fed as f64 * each * (0.8 + 0.4 * self.bustle(device, at)))))
    }
}
