//! The polled counters under their IF-MIB names, for those who keep them in Prometheus as well. A port that was not read for
//! three polls is left out: Prometheus marks the series as gone, and no stale figure passes for a fresh one.

use super::text::{escaped, family};
use crate::model::poll::{Counter, IfCounter};
use crate::model::{AdminStatus, Device, DeviceStatus, Interface};
use crate::state::{PortCounter, State, port_names};
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use std::sync::Arc;

/// How wide a counter is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Bits32,
    Bits64,
}

/// The families of counters: IF-MIB's names (RFC 2863), 64 bits wide where the agent has them.
const COUNTERS: [(&str, IfCounter, Width); 20] = [
    ("ifHCInOctets", IfCounter::InOctets, Width::Bits64),
    ("ifHCOutOctets", IfCounter::OutOctets, Width::Bits64),
    ("ifInOctets", IfCounter::InOctets, Width::Bits32),
    ("ifOutOctets", IfCounter::OutOctets, Width::Bits32),
    ("ifHCInUcastPkts", IfCounter::InUcastPkts, Width::Bits64),
    ("ifHCOutUcastPkts", IfCounter::OutUcastPkts, Width::Bits64),
    ("ifInUcastPkts", IfCounter::InUcastPkts, Width::Bits32),
    ("ifOutUcastPkts", IfCounter::OutUcastPkts, Width::Bits32),
    ("ifHCInMulticastPkts", IfCounter::InMulticastPkts, Width::Bits64),
    ("ifHCOutMulticastPkts", IfCounter::OutMulticastPkts, Width::Bits64),
    ("ifInMulticastPkts", IfCounter::InMulticastPkts, Width::Bits32),
    ("ifOutMulticastPkts", IfCounter::OutMulticastPkts, Width::Bits32),
    ("ifHCInBroadcastPkts", IfCounter::InBroadcastPkts, Width::Bits64),
    ("ifHCOutBroadcastPkts", IfCounter::OutBroadcastPkts, Width::Bits64),
    ("ifInBroadcastPkts", IfCounter::InBroadcastPkts, Width::Bits32),
    ("ifOutBroadcastPkts", IfCounter::OutBroadcastPkts, Width::Bits32),
    ("ifInErrors", IfCounter::InErrors, Width::Bits32),
    ("ifOutErrors", IfCounter::OutErrors, Width::Bits32),
    ("ifInDiscards", IfCounter::InDiscards, Width::Bits32),
    ("ifOutDiscards", IfCounter::OutDiscards, Width::Bits32),
];

/// A figure of a port.
type Figure = fn(&State, &Device, &Interface) -> Option<u64>;

/// The families of states.
const GAUGES: [(&str, &str, Figure); 3] = [
    ("ifOperStatus", "1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent, 7 lowerLayerDown", |state, device, port| {
        let known = state.condition(&device.id).and_then(|condition| condition.port(port.if_index));
        known.map_or(port.oper_status, |port| port.oper).map(|status| u64::from(status.to_mib()))
    }),
    ("ifAdminStatus", "1 up, 2 down, 3 testing", |state, device, port| {
        let known = state.condition(&device.id).and_then(|condition| condition.port(port.if_index));
        known.map_or(port.admin_status, |port| port.admin).map(|status| match status {
            AdminStatus::Up => 1,
            AdminStatus::Down => 2,
            AdminStatus::Testing => 3,
        })
    }),
    ("ifHighSpeed", "Nominal speed, 1,000,000 bit/s", |_, _, port| port.speed_bps.map(|speed| speed / 1_000_000)),
];

/// Whether a device answers: the one family that IF-MIB has no name for.
const DEVICE_UP: (&str, &str, &str) = ("noctop_device_up", "gauge", "Whether a device answers.");

impl Width {
    const fn help(self) -> &'static str {
        match self {
            Self::Bits32 => "IF-MIB counter, 32 bits wide",
            Self::Bits64 => "IF-MIB counter",
        }
    }
}

/// Name, kind and help of all families.
pub(super) fn families() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let counters = COUNTERS.iter().map(|(name, _, width)| (*name, "counter", width.help()));
    let gauges = GAUGES.iter().map(|(name, help, _)| (*name, "gauge", *help));
    std::iter::once(DEVICE_UP).chain(counters).chain(gauges)
}

/// Writes all families. Errors: those of `out`.
pub(super) fn write(state: &State, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::of(state);
    family(out, DEVICE_UP)?;
    for device in state.devices() {
        let status = state.condition(&device.id).map(|condition| condition.status);
        let Some(status @ (DeviceStatus::Up | DeviceStatus::Down | DeviceStatus::Unreachable)) = status else { continue };
        writeln!(out, "noctop_device_up{{device=\"{}\"}} {}", names.device(device), u8::from(status == DeviceStatus::Up))?;
    }
    for (name, counter, width) in COUNTERS {
        ports(state, (&names, out), (name, "counter", width.help()), &|device, port| {
            let read: PortCounter = state.port_counter(&device.id, port.if_index, counter)?;
            match (read.value, width, counter) {
                (Counter::Bits64(value), Width::Bits64, _) => Some(value),
                (Counter::Bits32(value), Width::Bits32, _) => Some(u64::from(value)),
                // Errors and discards have one name, however wide an agent counts them.
                (Counter::Bits64(value), Width::Bits32, counter) if counter as usize >= IfCounter::InErrors as usize => {
                    Some(value)
                }
                _ => None,
            }
        })?;
    }
    for (name, help, figure) in GAUGES {
        ports(state, (&names, out), (name, "gauge", help), &|device, port| figure(state, device, port))?;
    }
    Ok(())
}

/// One family over all ports; its head only where there is a sample.
fn ports(
    state: &State,
    (names, out): (&Names, &mut dyn Write),
    head: (&str, &str, &str),
    figure: &dyn Fn(&Device, &Interface) -> Option<u64>,
) -> io::Result<()> {
    let mut begun = false;
    for device in state.devices() {
        let known: Vec<(usize, u64)> =
            device.interfaces.iter().enumerate().filter_map(|(place, port)| Some((place, figure(device, port)?))).collect();
        if known.is_empty() {
            continue;
        }
        if !std::mem::replace(&mut begun, true) {
            family(out, head)?;
        }
        let (device_name, port_names) = (names.device(device), port_names(device));
        for (place, value) in known {
            let (Some(port), Some(name)) = (device.interfaces.get(place), port_names.get(place)) else { continue };
            let alias = port.if_alias.as_deref().unwrap_or_default();
            let (name, alias, index) = (escaped(name), escaped(alias), port.if_index);
            writeln!(
                out,
                "{}{{device=\"{device_name}\",ifName=\"{name}\",ifIndex=\"{index}\",ifAlias=\"{alias}\"}} {value}",
                head.0
            )?;
        }
    }
    Ok(())
}

/// The names of devices as labels: the id where several devices share a name, since a series may stand only once on a page.
struct Names(FxHashMap<String, usize>);

impl Names {
    fn of(state: &State) -> Self {
        let mut names: FxHashMap<String, usize> = FxHashMap::default();
        for device in state.devices() {
            *names.entry(device.name()).or_default() += 1;
        }
        Self(names)
    }

    fn device(&self, device: &Arc<Device>) -> String {
        let name = device.name();
        if self.0.get(&name).is_some_and(|count| *count > 1) { escaped(device.id.as_str()) } else { escaped(&name) }
    }
}
