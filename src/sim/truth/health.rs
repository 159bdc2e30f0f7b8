//! How devices are inside: load, memory, temperatures, fans, power. Smooth through the day, a little noise on top.

use crate::model::PhysicalClass;
use crate::sim::hash::{between, mix, unit};
use crate::sim::scenario::parts::{MEMBER, Measures, PartSpec};
use crate::sim::scenario::{DeviceNumber, Node, Scenario};

/// One device of so many has a second power supply that failed.
const FAILED_SUPPLIES: u64 = 29;

/// What optics receive and send, dBm, and beyond which that is not well: alarm and warning below, warning and alarm above.
const LIGHT: (f64, f64) = (-6.5, -1.5);
/// See [`LIGHT`].
pub const LIGHT_LIMITS: [f64; 4] = [-14.4, -11.1, 0.5, 2.0];

/// Allocation units of memory and flash: hrStorageAllocationUnits.
pub const UNIT_OCTETS: u32 = 1024;

const DAY_SECS: f64 = 86_400.0;
/// When it is quietest, seconds of the day (UTC).
const QUIETEST_SECS: f64 = 4.0 * 3600.0;
/// How long a bit of noise lasts: as long as the poll interval, so that each poll sees another.
const NOISE_SECS: f64 = 30.0;

#[allow(clippy::cast_possible_truncation, reason = "figures of a device are small")]
const fn whole(value: f64) -> i64 {
    value.round() as i64
}

impl Scenario {
    /// Between 0 and 1.
    pub(super) fn bustle(&self, device: DeviceNumber, at: f64) -> f64 {
        let day = 0.5 - 0.5 * ((at - QUIETEST_SECS) / DAY_SECS * std::f64::consts::TAU).cos();
        let base = between(self.own_chance(device, 1), 0.1, 0.55);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of half minutes")]
        let noise = unit(mix(self.own_chance(device, 2), (at / NOISE_SECS) as u64));
        (base * (0.35 + 0.65 * day) + 0.1 * noise).clamp(0.0, 1.0)
    }

    pub(super) fn own_chance(&self, device: DeviceNumber, salt: u64) -> u64 {
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

    /// What a sensor shows, in the unit of its class; of a laser's current milliamperes.
    pub fn sensor_value(&self, device: DeviceNumber, part: &PartSpec, at: f64) -> f64 {
        let bustle = self.bustle(device, at);
        // The members of a stack stand above each other; the first has the figures of a device that stands alone.
        let member = u64::from(part.index / MEMBER);
        let of = |salt: u64| mix(self.own_chance(device, salt), member);
        let own = |salt: u64| if member == 0 { self.own_chance(device, salt) } else { of(salt) };
        let optic = |salt: u64| mix(self.own_chance(device, salt), u64::from(part.port.unwrap_or(0)));
        let dim = part.port.and_then(|port| self.port_troubles.get(&(device, port))).and_then(|trouble| trouble.dim);
        match part.sensor {
            None => 0.0,
            _ if self.part_fails(device, part) => 0.0,
            Some(Measures::Inlet) => (between(own(6), 21.0, 26.0) + 5.0 * bustle).round(),
            Some(Measures::Processor) => (between(own(7), 36.0, 44.0) + 22.0 * bustle).round(),
            Some(Measures::Fan(number)) => {
                (3100.0 + 2200.0 * bustle + between(mix(own(8), u64::from(number) + 1), -60.0, 60.0)).round()
            }
            Some(Measures::Supply(_)) => (between(own(9), 35.0, 140.0) * (0.7 + 0.3 * bustle)).round(),
            Some(Measures::Optic) => (between(optic(11), 28.0, 36.0) + 4.0 * bustle).round(),
            Some(Measures::Bias) => between(optic(12), 5.5, 8.5),
            Some(Measures::Sent) => between(optic(13), -3.2, -1.4),
            Some(Measures::Received) => dim.unwrap_or_else(|| between(optic(14), LIGHT.0, LIGHT.1)),
        }
    }

    /// Whether a part does not work: by chance the second supply, or what the scenario broke; what is in it neither.
    pub fn part_fails(&self, device: DeviceNumber, part: &PartSpec) -> bool {
        let is_second = part.sensor == Some(Measures::Supply(2)) && part.index < MEMBER;
        let broken = |index: u32| self.part_troubles.get(&(device, index)) == Some(&false);
        broken(part.index) || broken(part.within) || (is_second && self.own_chance(device, 10).is_multiple_of(FAILED_SUPPLIES))
    }

    /// Whether a part is there: it was not taken out, nor what it is in; optics are where cables are.
    pub fn has_part(&self, node: &Node, device: DeviceNumber, part: &PartSpec) -> bool {
        let absent = |index: u32| self.part_troubles.get(&(device, index)) == Some(&true);
        let is_optic = part.port.is_some() && !matches!(part.class, PhysicalClass::Port);
        let is_plugged = !is_optic || part.port.is_some_and(|port| self.cable(node, port).is_some());
        is_plugged && !absent(part.index) && !absent(part.within)
    }
}
