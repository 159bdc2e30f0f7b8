//! What is wrong in a network, and since when. Conditions count back from the scenario's moment.

use super::file::{BindFile, ConditionFile, Unfed};
use super::kind::bit_rate;
use super::{DeviceNumber, PortNumber, Scenario, Side, WireNumber};
use crate::sim::hash::mix;
use crate::sim::shape::{Load, Profile};

/// A device was away, and what is reached through it alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Which
    pub device: DeviceNumber,
    /// What is reached through it alone
    pub behind: Vec<DeviceNumber>,
    /// When
    pub outage: Outage,
}

impl Cut {
    /// Whether a device is not reached for want of it.
    pub fn takes(&self, device: DeviceNumber) -> bool {
        self.device == device || self.behind.contains(&device)
    }
}

/// A time of silence, seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// Its first moment
    pub from: f64,
    /// The first moment after it; infinite while it lasts
    pub to: f64,
}

impl Outage {
    /// Whether it is so at `at`.
    pub fn covers(&self, at: f64) -> bool {
        self.from <= at && at < self.to
    }
}

/// A link that falls and rises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flap {
    /// The first fall
    pub since: f64,
    /// From fall to fall
    pub every: f64,
    /// How long each time
    pub down: f64,
}

impl Flap {
    /// Whether it is down at `at`.
    pub fn covers(&self, at: f64) -> bool {
        at >= self.since && (at - self.since).rem_euclid(self.every) < self.down
    }

    /// The last time before or at `at` when it fell or rose.
    pub fn changed(&self, at: f64) -> Option<f64> {
        let fell = self.since + ((at - self.since) / self.every).floor() * self.every;
        (at >= self.since).then_some(if at - fell < self.down { fell } else { fell + self.down })
    }

    /// Maps time so that it stands still while the link is down and catches up while it is up.
    pub fn warp(&self, at: f64) -> f64 {
        if at < self.since {
            return at;
        }
        let into = (at - self.since).rem_euclid(self.every);
        at - into + (into - self.down).max(0.0) * self.every / (self.every - self.down)
    }
}

/// What a link carries since a moment: instead of its ordinary load, or on top of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hot {
    /// Since when
    pub since: f64,
    /// What goes from a to b
    pub forth: Load,
    /// What goes from b to a
    pub back: Load,
}

/// What comes on top along a path: one conversation, as everyone on the path sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// Devices, from where it comes to where it goes
    pub path: Vec<DeviceNumber>,
    /// Since when
    pub since: f64,
    /// What goes along the path
    pub forth: Load,
    /// What goes the other way
    pub back: Load,
}

/// Something that a device tells again and again for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<T> {
    /// Who
    pub device: DeviceNumber,
    /// From when to when
    pub during: Outage,
    /// Seconds from one to the next
    pub every: i64,
    /// What
    pub what: T,
}

impl<T> Told<T> {
    /// Whether it is told in the second that begins at `second`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "seconds of this age fit into 53 bits")]
    pub fn is_due(&self, second: i64) -> bool {
        self.during.covers(second as f64) && (second - self.during.from as i64).rem_euclid(self.every) == 0
    }
}

/// A log line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// RFC 5424 §6.2.1
    pub severity: u8,
    /// The program, or the facility of a mnemonic
    pub app: String,
    /// The mnemonic or the message id
    pub id: String,
    /// What it says; `{n}` is a number that differs each time
    pub text: String,
}

/// A notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Its name, or its number
    pub name: String,
    /// What comes with it
    pub binds: Vec<BindFile>,
}

/// What is wrong with a wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireTrouble {
    /// When it was down; in order, apart from each other
    pub outages: Vec<Outage>,
    /// Whether it flaps
    pub flap: Option<Flap>,
    /// Whether it is full
    pub hot: Option<Hot>,
    /// What comes on top of its ordinary load
    pub surges: Vec<Hot>,
}

/// What is wrong with a port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortTrouble {
    /// ifInErrors a second
    pub errors: f64,
    /// ifOutDiscards a second
    pub discards: f64,
    /// ifAlias instead of the usual one
    pub alias: Option<String>,
    /// Since when it is down, seconds since the epoch
    pub fallen: Option<f64>,
    /// Why it feeds nothing
    pub unfed: Option<Unfed>,
    /// What light it receives, dBm
    pub dim: Option<f64>,
}

/// `3d4h`, `90s`: days, hours, minutes and seconds as seconds.
pub fn duration(text: &str) -> Option<f64> {
    let (mut sum, mut number) = (0.0, String::new());
    for c in text.chars() {
        let unit = match c {
            'd' => 86_400.0,
            'h' => 3600.0,
            'm' => 60.0,
            's' => 1.0,
            digit if digit.is_ascii_digit() || digit == '.' => {
                number.push(digit);
                continue;
            }
            _ => return None,
        };
        sum += std::mem::take(&mut number).parse::<f64>().ok()? * unit;
    }
    (number.is_empty() && sum > 0.0).then_some(sum)
}

/// A fault of a condition, or that what it names isn't there.
type Applied = Result<(), String>;

/// Breaks what `conditions` say. Returns what could not be applied, one sentence each.
pub fn apply(scenario: &mut Scenario, conditions: &[ConditionFile]) -> Vec<String> {
    let mut faults: Vec<String> = conditions.iter().filter_map(|one| apply_one(scenario, one).err()).collect();
    for trouble in scenario.wire_troubles.values_mut() {
        merge(&mut trouble.outages);
    }
    faults.dedup();
    faults
}

fn apply_one(scenario: &mut Scenario, condition: &ConditionFile) -> Applied {
    match condition {
        ConditionFile::Hot { link, member, forth, back, since } => {
            let (wire, side) = find_wire(scenario, link, *member)?;
            let hot = hot(scenario, wire, ago(scenario, since)?, if side == Side::A { (*forth, *back) } else { (*back, *forth) });
            scenario.wire_troubles.entry(wire).or_default().hot = hot;
        }
        ConditionFile::Surge { path, forth, back, since } => surge(scenario, path, (forth, back), ago(scenario, since)?)?,
        ConditionFile::Down { link, member, since } => {
            let (wire, _) = find_wire(scenario, link, *member)?;
            let outage = Outage { from: ago(scenario, since)?, to: f64::INFINITY };
            scenario.wire_troubles.entry(wire).or_default().outages.push(outage);
        }
        ConditionFile::Flap { link, since, every, down } => {
            let (wire, _) = find_wire(scenario, link, 0)?;
            let (every, down) = (seconds(every)?, seconds(down)?);
            if down >= every {
                return Err("a flapping link is down for less than it takes from fall to fall".to_owned());
            }
            let flap = Flap { since: ago(scenario, since)?, every, down };
            scenario.wire_troubles.entry(wire).or_default().flap = Some(flap);
        }
        ConditionFile::Dead { device, since } => {
            let outage = Outage { from: ago(scenario, since)?, to: f64::INFINITY };
            silence(scenario, find_device(scenario, device)?, outage);
        }
        ConditionFile::Reboot { device, since, took } => {
            let back = ago(scenario, since)?;
            silence(scenario, find_device(scenario, device)?, Outage { from: back - seconds(took)?, to: back });
        }
        ConditionFile::Cut { device, behind, since, took } => {
            let (device, from) = (find_device(scenario, device)?, ago(scenario, since)?);
            let behind = match behind.as_slice() {
                [] => scenario.behind_alone(device),
                names => names.iter().map(|name| find_device(scenario, name)).collect::<Result<_, _>>()?,
            };
            scenario.cuts.push(Cut { device, behind, outage: Outage { from, to: from + seconds(took)? } });
        }
        ConditionFile::Says { device, since, took, every, severity, app, id, text } => {
            let line = Line { severity: *severity, app: app.clone(), id: id.clone(), text: text.clone() };
            let told = told(scenario, (device, line), [since, took, every])?;
            scenario.sayings.push(told);
        }
        ConditionFile::Notifies { device, since, took, every, notification, binds } => {
            let what = Notification { name: notification.clone(), binds: binds.clone() };
            let told = told(scenario, (device, what), [since, took, every])?;
            scenario.notifications.push(told);
        }
        ConditionFile::Faulty { device, port, errors, discards, alias } => {
            let trouble = trouble_of(scenario, device, port)?;
            (trouble.errors, trouble.discards) = (*errors, *discards);
            trouble.alias = alias.clone().or(trouble.alias.take());
        }
        ConditionFile::Fallen { device, port, alias, since } => {
            let since = ago(scenario, since)?;
            let trouble = trouble_of(scenario, device, port)?;
            trouble.fallen = Some(since);
            trouble.alias = alias.clone().or(trouble.alias.take());
        }
        ConditionFile::Unfed { device, port, why } => trouble_of(scenario, device, port)?.unfed = Some(*why),
        ConditionFile::Dim { device, port, dbm } => trouble_of(scenario, device, port)?.dim = Some(*dbm),
        ConditionFile::Broken { device, part, absent } => {
            let number = find_device(scenario, device)?;
            let parts = scenario.node(number).and_then(|node| scenario.kind(node)).map_or(&[][..], |kind| &kind.parts);
            let index = parts.iter().find(|known| known.name == *part).map(|part| part.index);
            let index = index.ok_or_else(|| format!("{device} has no part {part}"))?;
            scenario.part_troubles.insert((number, index), *absent);
        }
    }
    Ok(())
}

/// Something that a device tells: since when, for how long, how often.
#[allow(clippy::cast_possible_truncation, reason = "times of a file are far below 2^63")]
fn told<T>(scenario: &Scenario, (device, what): (&str, T), [since, took, every]: [&str; 3]) -> Result<Told<T>, String> {
    let from = ago(scenario, since)?;
    let to = if took.is_empty() { f64::INFINITY } else { from + seconds(took)? };
    let every = (seconds(every)? as i64).max(1);
    Ok(Told { device: find_device(scenario, device)?, during: Outage { from, to }, every, what })
}

fn seconds(text: &str) -> Result<f64, String> {
    duration(text).ok_or_else(|| format!("{text:?} is not a duration such as 90s or 3d4h"))
}

fn ago(scenario: &Scenario, text: &str) -> Result<f64, String> {
    Ok(super::super::truth::seconds_of(scenario.moment) - seconds(text)?)
}

fn find_device(scenario: &Scenario, name: &str) -> Result<DeviceNumber, String> {
    scenario.named(name).ok_or_else(|| format!("there is no device {name}"))
}

/// What is wrong with a port, to be added to.
fn trouble_of<'a>(scenario: &'a mut Scenario, device: &str, port: &str) -> Result<&'a mut PortTrouble, String> {
    let number = find_device(scenario, device)?;
    let port = find_port(scenario, number, port).ok_or_else(|| format!("{device} has no port {port}"))?;
    Ok(scenario.port_troubles.entry((number, port)).or_default())
}

fn find_port(scenario: &Scenario, device: DeviceNumber, name: &str) -> Option<PortNumber> {
    let node = scenario.node(device)?;
    let total = scenario.port_count(node);
    (0..total).find(|&port| scenario.port_name(node, port) == name)
}

fn find_wire(scenario: &Scenario, [a, b]: &[String; 2], member: usize) -> Result<(WireNumber, Side), String> {
    let (first, second) = (find_device(scenario, a)?, find_device(scenario, b)?);
    let cables = scenario.node(first).map_or(&[][..], |node| &node.cables);
    cables
        .iter()
        .filter(|cable| {
            let wire = scenario.wires.get(cable.wire as usize);
            wire.is_some_and(|wire| wire.end(cable.side.other()).device == second)
        })
        .nth(member)
        .map(|cable| (cable.wire, cable.side))
        .ok_or_else(|| format!("there is no link {member} between {a} and {b}"))
}

/// Noise of a full link: it has little room left.
const HOT_NOISE: f64 = 0.06;

/// Noise of what comes on top.
const SURGE_NOISE: f64 = 0.1;

#[allow(clippy::cast_precision_loss, reason = "speeds are far below 2^53")]
fn hot(scenario: &Scenario, wire: WireNumber, since: f64, (forth, back): (f64, f64)) -> Option<Hot> {
    let speed = scenario.wires.get(wire as usize)?.speed_bps as f64 / 8.0;
    let load = |percent: f64, salt: u64| Load {
        level: speed * percent / 100.0,
        profile: Profile::Flat,
        noise: HOT_NOISE,
        seed: mix(mix(scenario.seed, u64::from(wire)), salt),
    };
    Some(Hot { since, forth: load(forth, 11), back: load(back, 12) })
}

fn surge(scenario: &mut Scenario, path: &[String], rates: (&str, &str), since: f64) -> Applied {
    let level = |text: &str| {
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let octets = bit_rate(text).map(|bits| bits as f64 / 8.0);
        octets.ok_or_else(|| format!("{text:?} is not a bit rate such as 600M"))
    };
    let (forth, back) = (level(rates.0)?, level(rates.1)?);
    // The same seed all along: what surges on one link surges on the next.
    let load = |level: f64, salt: u64| Load { level, profile: Profile::Flat, noise: SURGE_NOISE, seed: mix(scenario.seed, salt) };
    let (along, against) = (load(forth, 21), load(back, 22));
    for pair in path.windows(2) {
        let [from, to] = pair else { continue };
        let (wire, side) = find_wire(scenario, &[from.clone(), to.clone()], 0)?;
        let (forth, back) = if side == Side::A { (along, against) } else { (against, along) };
        scenario.wire_troubles.entry(wire).or_default().surges.push(Hot { since, forth, back });
    }
    let path = path.iter().map(|name| find_device(scenario, name)).collect::<Result<_, _>>()?;
    scenario.surges.push(Surge { path, since, forth: along, back: against });
    Ok(())
}

/// A device is silent, with everything that it feeds; its links are down.
fn silence(scenario: &mut Scenario, device: DeviceNumber, outage: Outage) {
    scenario.outages.entry(device).or_default().push(outage);
    let cables = scenario.node(device).map_or_else(Vec::new, |node| node.cables.clone());
    for cable in cables {
        scenario.wire_troubles.entry(cable.wire).or_default().outages.push(outage);
        let Some(far) = scenario.wires.get(cable.wire as usize).map(|wire| wire.end(cable.side.other()).device) else {
            continue;
        };
        let fed = scenario.node(far).is_some_and(|node| scenario.kind(node).is_some_and(|kind| kind.poe));
        if fed && far != device && cable.side == Side::B && !scenario.outages.contains_key(&far) {
            silence(scenario, far, outage);
        }
    }
}

fn merge(outages: &mut Vec<Outage>) {
    outages.sort_by(|a, b| a.from.total_cmp(&b.from));
    outages.dedup_by(|later, earlier| {
        let touches = later.from <= earlier.to;
        if touches {
            earlier.to = earlier.to.max(later.to);
        }
        touches
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_sums_of_units() {
        assert_eq!(["3d4h", "90s", "1m30s"].map(duration), [273_600.0, 90.0, 90.0].map(Some));
        assert_eq!(["", "5", "h", "2w"].map(duration), [None; 4]);
    }

    #[test]
    fn a_flapping_link_carries_nothing_while_down_and_loses_nothing() {
        let flap = Flap { since: 1000.0, every: 100.0, down: 25.0 };
        assert_eq!(flap.warp(1010.0).to_bits(), flap.warp(1024.0).to_bits());
        assert!((flap.warp(1100.0) - 1100.0).abs() < 1e-9 && flap.warp(1062.5) > flap.warp(1025.0));
        assert_eq!([1010.0, 1030.0].map(|at| flap.covers(at)), [true, false]);
        assert_eq!([1110.0, 1130.0, 5.0].map(|at| flap.changed(at)), [Some(1100.0), Some(1125.0), None]);
    }

    #[test]
    fn overlapping_outages_are_one() {
        let outage = |from, to| Outage { from, to };
        let mut outages = vec![outage(5.0, f64::INFINITY), outage(1.0, 2.0), outage(5.0, f64::INFINITY)];
        merge(&mut outages);
        assert_eq!(outages, [outage(1.0, 2.0), outage(5.0, f64::INFINITY)]);
    }
}
