//! What is true of a wireless network at a time. Pure functions of its facts and of absolute time.

use super::{Antenna, Ap, Client, Controller};
use crate::model::WifiBand;
use crate::model::wireless::Phy;
use crate::sim::hash::{mix, unit};
use crate::sim::scenario::Scenario;
use crate::sim::shape::{Load, Profile, shape};

/// How long somebody stays, at least, seconds.
const STAY: f64 = 4500.0;
/// Stays that are looked back for when somebody came.
const STAYS: u32 = 8;
/// How often an access point looks whether another channel is better, seconds.
const PLANNED: f64 = 6.0 * 3600.0;
/// How long a bit of noise lasts, seconds: each reading sees another.
const FLUTTER: f64 = 60.0;
/// Share of what a client takes that it also sends.
const SENDS: f64 = 0.16;
/// Mean octets of a frame.
const FRAME: f64 = 740.0;
/// How far before a counter is looked at it began to count, seconds: a month.
const COUNTED: f64 = 30.0 * 86_400.0;

/// A client that is on: when it came, and how it is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Seconds of the epoch
    pub since: f64,
    /// dB
    pub snr: i16,
    /// dBm
    pub rssi: i16,
    /// Mbit/s
    pub rate: u32,
    /// Percent
    pub retry: u32,
    /// Octets from it and to it, since it came
    pub octets: (u64, u64),
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cells since the epoch are not negative")]
const fn cell(at: f64, length: f64) -> u64 {
    (at / length).floor() as u64
}

/// Between -1 and 1, another each minute.
fn flutter(seed: u64, at: f64) -> f64 {
    unit(mix(seed, cell(at, FLUTTER))) * 2.0 - 1.0
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are positive and far below 2^63")]
const fn whole(value: f64) -> u64 {
    value as u64
}

impl Ap {
    /// Whether its controller has it.
    pub fn is_up(&self, scenario: &Scenario, at: f64) -> bool {
        scenario.answers(self.lives_by, at) && self.down_since.is_none_or(|since| at < since)
    }

    /// Since when it is up, seconds of the epoch.
    pub fn up_since(&self, scenario: &Scenario, at: f64) -> f64 {
        scenario.booted_at(self.lives_by, at).max(at - COUNTED).min(at - 1.0)
    }
}

impl Antenna {
    /// Its channel.
    pub fn channel(&self, ap: &Ap, at: f64) -> u16 {
        let seed = mix(ap.seed, u64::from(self.slot) + 70);
        let planned = mix(seed, cell(at + unit(seed) * PLANNED, PLANNED));
        let moved = if unit(planned) < 0.08 { 1 + usize::try_from(planned % 3).unwrap_or(0) } else { 0 };
        let channels: Vec<u16> = match self.band {
            WifiBand::Ghz2 => vec![1, 6, 11],
            WifiBand::Ghz5 => vec![36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 149, 153, 157, 161],
            WifiBand::Ghz6 | WifiBand::Ghz60 => self.band.channels().to_vec(),
        };
        channels.get((self.place + moved) % channels.len().max(1)).copied().unwrap_or(1)
    }

    /// Percent of the time in which its channel is busy.
    pub fn utilisation(&self, ap: &Ap, (clients, at): (usize, f64)) -> u32 {
        let seed = mix(ap.seed, u64::from(self.slot) + 80);
        let bustle = shape(Profile::Office, at).0;
        #[allow(clippy::cast_precision_loss, reason = "a few dozen")]
        let own = clients as f64 * if self.band == WifiBand::Ghz2 { 1.9 } else { 0.9 };
        let slow = 5.0 * (unit(mix(seed, cell(at, 1800.0))) - 0.5);
        let busy = self.busy * (0.45 + 0.75 * bustle) + own + slow + 3.0 * flutter(seed, at);
        u32::try_from(whole(busy.clamp(1.0, 97.0).round())).unwrap_or(0)
    }

    /// dBm
    #[allow(clippy::cast_possible_truncation, reason = "decibels are small")]
    pub fn noise_dbm(&self, ap: &Ap, at: f64) -> i16 {
        (self.noise + flutter(mix(ap.seed, u64::from(self.slot) + 90), at)).round() as i16
    }

    /// Transmit power, dBm: what the plan gives it.
    pub fn power_dbm(&self, ap: &Ap) -> i64 {
        let step = i64::try_from(mix(ap.seed, u64::from(self.slot) + 60) % 4).unwrap_or(0);
        match self.band {
            WifiBand::Ghz2 => 14 - 3 * step,
            WifiBand::Ghz5 | WifiBand::Ghz6 | WifiBand::Ghz60 => 20 - 3 * step,
        }
    }

    fn load(&self, ap: &Ap, (level, salt): (f64, u64)) -> Load {
        Load { level, profile: Profile::Office, noise: 1.0, seed: mix(ap.seed, u64::from(self.slot) * 8 + salt) }
    }

    /// Octets from the air and into it, since it was switched on.
    pub fn octets(&self, ap: &Ap, (from, at): (f64, f64)) -> (u64, u64) {
        let out = self.load(ap, (self.level, 101)).octets(from, at);
        (whole(self.load(ap, (self.level * SENDS, 102)).octets(from, at)), whole(out))
    }

    /// Frames sent, and those that had to be sent again.
    pub fn frames(&self, ap: &Ap, (from, at): (f64, f64)) -> (u64, u64) {
        let each = self.level * 1.2 / FRAME;
        let frames = self.load(ap, (each, 103)).octets(from, at);
        let again = self.load(ap, (each * self.retry / 100.0, 104)).octets(from, at);
        (whole(frames), whole(again))
    }

    /// Percent of frames that are sent again, as an agent reckons it.
    pub fn retry_percent(&self, ap: &Ap, at: f64) -> u32 {
        let seed = mix(ap.seed, u64::from(self.slot) + 95);
        u32::try_from(whole((self.retry * (1.0 + 0.25 * flutter(seed, at))).clamp(0.0, 95.0).round())).unwrap_or(0)
    }
}

impl Client {
    /// Whether it is here in a stay.
    fn comes(&self, stay: u64) -> bool {
        #[allow(clippy::cast_precision_loss, reason = "stays since the epoch")]
        let bustle = shape(Profile::Office, stay as f64 * STAY).0;
        unit(mix(self.seed, stay)) < 0.28 + 0.66 * bustle
    }

    /// When it came, seconds of the epoch; `None` while it is away.
    fn since(&self, at: f64) -> Option<f64> {
        let shift = unit(mix(self.seed, 40)) * STAY;
        let stay = cell(at + shift, STAY);
        if !self.comes(stay) {
            return None;
        }
        let first = (1..STAYS).take_while(|back| stay.checked_sub(u64::from(*back)).is_some_and(|stay| self.comes(stay))).last();
        #[allow(clippy::cast_precision_loss, reason = "stays since the epoch")]
        let began = (stay - u64::from(first.unwrap_or(0))) as f64 * STAY - shift;
        Some(began.floor())
    }

    /// What it takes and sends.
    pub fn load(&self) -> (Load, Load) {
        let of = |level, salt| Load { level, profile: Profile::Office, noise: 1.0, seed: mix(self.seed, salt) };
        (of(self.level * SENDS, 51), of(self.level, 52))
    }
}

impl Controller {
    /// Whether a client is on, without more.
    pub fn is_on(&self, scenario: &Scenario, (client, at): (&Client, f64)) -> bool {
        client.since(at).is_some() && self.aps.get(client.ap).is_some_and(|ap| ap.is_up(scenario, at))
    }

    /// Clients of a radio.
    pub fn clients_on(&self, ap: &Ap, (radio, at): (usize, f64)) -> usize {
        let guests = ap.guests.iter().filter_map(|place| self.clients.get(*place));
        guests.filter(|client| client.radio == radio && client.since(at).is_some()).count()
    }

    /// A client that is on; `None` while it is not.
    pub fn station(&self, scenario: &Scenario, (client, at): (&Client, f64)) -> Option<Station> {
        let since = client.since(at)?;
        let ap = self.aps.get(client.ap).filter(|ap| ap.is_up(scenario, at))?;
        let antenna = ap.radios.get(client.radio)?;
        let noise = antenna.noise_dbm(ap, at);
        // Noise takes away from the signal's lead.
        let lead = client.snr - (antenna.noise + 95.0).max(0.0) + 2.5 * flutter(mix(client.seed, 41), at);
        #[allow(clippy::cast_possible_truncation, reason = "decibels are small")]
        let snr = lead.clamp(3.0, 60.0).round() as i16;
        let top = match client.phy {
            Phy::Ax | Phy::Be => 1201.0,
            Phy::Ac => 866.0,
            Phy::N => 300.0,
            Phy::A | Phy::B | Phy::G => 54.0,
        };
        let share = (f64::from(snr) / 40.0).clamp(0.05, 1.0).powf(1.4);
        let rate = u32::try_from(whole(top * share * f64::from(antenna.width) / 80.0)).unwrap_or(0).max(6);
        let weak = (25.0 - f64::from(snr)).max(0.0) * 1.7;
        let retry = (antenna.retry * 0.6 + weak).clamp(0.0, 90.0);
        let (up, down) = client.load();
        Some(Station {
            since,
            snr,
            rssi: noise + snr,
            rate,
            retry: u32::try_from(whole(retry)).unwrap_or(0),
            octets: (whole(up.octets(since, at)), whole(down.octets(since, at))),
        })
    }
}
