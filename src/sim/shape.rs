//! How load goes through the day and the week, and the smooth noise on top; both with their integrals in closed form.
//!
//! A counter is `level · (∫shape + shape · wobble)`. The wobble is bounded (seconds of traffic early or late), so its
//! slope is the noise of the rate, and the counter at any time needs no step before it.

use super::hash::{mix, unit};
use serde::Deserialize;
use std::sync::LazyLock;

/// What kind of place a port serves: the curve of its day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Desks: busy in working hours, quiet at weekends.
    #[default]
    Office,
    /// Machines: never quiet, a backup at night.
    Server,
    /// Towards the world: working hours and the evening.
    Wan,
    /// The same at any time.
    Flat,
}

const HOUR: f64 = 3600.0;
const HOURS: usize = 168;
const WEEK: f64 = 604_800.0;

type Day = [f64; 24];

const OFFICE: Day = [
    0.18, 0.15, 0.14, 0.14, 0.15, 0.18, 0.25, 0.42, 0.70, 0.92, 1.0, 0.98, 0.85, 0.93, 1.0, 0.97, 0.92, 0.80, 0.62, 0.50, 0.42,
    0.35, 0.28, 0.22,
];
const SERVER: Day = [
    0.50, 0.62, 0.95, 0.90, 0.60, 0.48, 0.48, 0.55, 0.68, 0.82, 0.90, 0.90, 0.86, 0.88, 0.92, 0.90, 0.84, 0.76, 0.68, 0.62, 0.58,
    0.54, 0.52, 0.50,
];
const WAN: Day = [
    0.30, 0.24, 0.20, 0.18, 0.18, 0.22, 0.32, 0.48, 0.72, 0.90, 0.98, 1.0, 0.92, 0.94, 0.98, 0.96, 0.92, 0.86, 0.80, 0.78, 0.76,
    0.68, 0.54, 0.40,
];

/// Values at each full hour of a week that begins on a Thursday, as 1970-01-01 was, and the integral up to each.
struct Week {
    at: [f64; HOURS],
    until: [f64; HOURS],
    whole: f64,
}

impl Week {
    fn new(day: &Day, weekend: f64) -> Self {
        let value = |hour: usize| {
            let factor = if matches!(hour / 24 % 7, 2 | 3) { weekend } else { 1.0 };
            day.get(hour % 24).copied().unwrap_or(1.0) * factor
        };
        let (mut at, mut until, mut sum) = ([0.0; HOURS], [0.0; HOURS], 0.0);
        for (hour, (at, until)) in at.iter_mut().zip(&mut until).enumerate() {
            (*at, *until) = (value(hour), sum);
            sum += HOUR * f64::midpoint(value(hour), value(hour + 1));
        }
        Self { at, until, whole: sum }
    }
}

static WEEKS: LazyLock<[Week; 4]> =
    LazyLock::new(|| [Week::new(&OFFICE, 0.55), Week::new(&SERVER, 0.9), Week::new(&WAN, 0.7), Week::new(&[1.0; 24], 1.0)]);

/// The shape at `at` (seconds since the epoch) and its integral since the epoch, in seconds of full load.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hours of a week are small and not negative")]
pub fn shape(profile: Profile, at: f64) -> (f64, f64) {
    let week = match profile {
        Profile::Office => &WEEKS[0],
        Profile::Server => &WEEKS[1],
        Profile::Wan => &WEEKS[2],
        Profile::Flat => &WEEKS[3],
    };
    let weeks = (at / WEEK).floor();
    let hours = (at - weeks * WEEK) / HOUR;
    let hour = (hours as usize).min(HOURS - 1);
    let into = hours - hours.floor();
    let (here, next) = (week.at[hour], week.at[(hour + 1) % HOURS]);
    let value = here + (next - here) * into;
    let integral = weeks * week.whole + week.until[hour] + HOUR * into * (here + (next - here) * into / 2.0);
    (value, integral)
}

/// Length in seconds and strength of each layer of noise. The rate never falls to nothing: the slope of a layer is at most three
/// times its strength, and those add up to 0.9. Networks breathe in minutes most of all.
const LAYERS: [(f64, f64); 3] = [(97.0, 0.07), (811.0, 0.15), (7213.0, 0.08)];

/// Seconds of traffic that came early (positive) or late at `at`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cells since the epoch are not negative")]
pub fn wobble(seed: u64, at: f64) -> f64 {
    LAYERS.iter().zip(0u64..).fold(0.0, |sum, (&(length, strength), layer)| {
        let cell = (at / length).floor();
        let into = at / length - cell;
        let key = mix(seed, layer);
        let knot = |cell: u64| unit(mix(key, cell)) * 2.0 - 1.0;
        let (here, next) = (knot(cell as u64), knot(cell as u64 + 1));
        let eased = into * into * (3.0 - 2.0 * into);
        sum + strength * length * (here + (next - here) * eased)
    })
}

/// A load: how much, in which shape, with how much noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Octets per second at the top of the shape.
    pub level: f64,
    /// The curve of its week.
    pub profile: Profile,
    /// Strength of the noise, 0 to 1.
    pub noise: f64,
    /// Which noise.
    pub seed: u64,
}

impl Load {
    /// Octets carried from `from` to `to`, seconds since the epoch; never negative, and never less for a later `to`.
    pub fn octets(&self, from: f64, to: f64) -> f64 {
        if to <= from || self.level <= 0.0 {
            return 0.0;
        }
        let ((shape_from, until_from), (shape_to, until_to)) = (shape(self.profile, from), shape(self.profile, to));
        let wobbled = shape_to * wobble(self.seed, to) - shape_from * wobble(self.seed, from);
        (self.level * (until_to - until_from + self.noise * wobbled)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: f64 = 1_795_348_800.0; // 2026-11-22T12:00:00Z, a Sunday

    #[test]
    fn the_integral_is_that_of_the_shape() {
        for profile in [Profile::Office, Profile::Server, Profile::Wan, Profile::Flat] {
            let (from, to) = (NOON - 300_000.0, NOON + 5000.0);
            let steps = 60_000;
            let width = (to - from) / f64::from(steps);
            let sum: f64 = (0..steps).map(|step| shape(profile, from + (f64::from(step) + 0.5) * width).0 * width).sum();
            let exact = shape(profile, to).1 - shape(profile, from).1;
            assert!((sum - exact).abs() < exact * 1e-6, "{profile:?}: {sum} {exact}");
        }
    }

    #[test]
    fn counters_never_go_back_and_noise_is_alive() {
        let load = Load { level: 1e6, profile: Profile::Office, noise: 1.0, seed: 7 };
        let (mut last, mut rates) = (0.0, Vec::new());
        for step in 1..40_000 {
            let octets = load.octets(NOON - 604_800.0, NOON - 604_800.0 + f64::from(step) * 15.0);
            assert!(octets > last, "at step {step}");
            rates.push(octets - last);
            last = octets;
        }
        let distinct = rates.windows(2).filter(|pair| (pair[0] - pair[1]).abs() > 1.0).count();
        assert!(distinct > rates.len() * 9 / 10);
    }

    #[test]
    fn a_working_day_is_busier_than_its_night_and_a_sunday() {
        let sunday = shape(Profile::Office, NOON).0;
        let monday = shape(Profile::Office, NOON + 86_400.0).0;
        let night = shape(Profile::Office, NOON + 86_400.0 + 15.0 * HOUR).0;
        assert!(monday > sunday * 1.5 && monday > night * 4.0, "{monday} {sunday} {night}");
    }
}
