//! Kinds of devices, worked out from their files.

use super::PortNumber;
use super::file::{KindFile, LagFile, PortIdStyle, PortUse, PortsFile};
use super::parts::{PartSpec, parts};
use super::tell::Tell;
use crate::model::{Oid, PhysicalClass, Role, SensorClass};
use crate::sim::wlan::Family;

/// A port of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSpec {
    /// ifName
    pub name: String,
    /// ifDescr
    pub descr: String,
    /// ifIndex
    pub if_index: u32,
    /// ifType
    pub if_type: u32,
    /// Nominal speed, bit/s
    pub speed_bps: u64,
    /// What it is for
    pub usage: PortUse,
}

impl PortSpec {
    /// Whether a cable could be plugged in.
    pub const fn is_socket(&self) -> bool {
        matches!(self.usage, PortUse::Access | PortUse::Up | PortUse::Down)
    }
}

/// How aggregates are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LagNames {
    /// ifName with `{n}`
    pub name: String,
    /// ifDescr with `{n}`
    pub descr: String,
    /// ifIndex of number 1
    pub if_index: u32,
}

/// A kind of device.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Its name in the file
    pub name: String,
    /// What it is for
    pub role: Role,
    /// Vendor's name
    pub vendor: Option<String>,
    /// Model name
    pub model: Option<String>,
    /// Operating system's version
    pub os_version: Option<String>,
    /// Serial number with `{serial}`
    pub serial: Option<String>,
    /// What its vendor's own scalars say, by name
    pub says: Vec<(String, String)>,
    /// What it tells in tables of its own
    pub tells: Vec<Tell>,
    /// sysDescr with `{name}`
    pub sys_descr: String,
    /// sysObjectID; `None` has no SNMP
    pub sys_object_id: Option<Oid>,
    /// sysServices
    pub sys_services: u8,
    /// First octets of its MAC addresses
    pub oui: [u8; 3],
    /// Whether it speaks LLDP
    pub lldp: bool,
    /// Whether it speaks CDP
    pub cdp: bool,
    /// Whether it bridges
    pub bridge: bool,
    /// Whether its links have addresses
    pub routed: bool,
    /// Whether it dies with the switch that feeds it
    pub poe: bool,
    /// Whether it has an entPhysicalTable
    pub entity: bool,
    /// What it is made of, by entPhysicalIndex
    pub parts: Vec<PartSpec>,
    /// Sensors among its parts, by their places
    pub sensors: Vec<usize>,
    /// Those of them that measure light
    pub lights: Vec<usize>,
    /// Whether its sensors stand in CISCO-ENTITY-SENSOR-MIB
    pub optics: bool,
    /// Whether its access ports feed what is plugged in
    pub feeds: bool,
    /// Whose tables of wireless networks it has
    pub wlan: Option<Family>,
    /// How it names its ports in LLDP
    pub port_id: PortIdStyle,
    /// LldpSystemCapabilitiesMap, bit 0 in the highest bit (IEEE 802.1AB §9.1)
    pub capabilities: u8,
    /// Ports, by ifIndex
    pub ports: Vec<PortSpec>,
    /// Bridge port numbers count these, from 1
    pub bridge_ports: Vec<PortNumber>,
    /// How aggregates are named
    pub lag: Option<LagNames>,
}

/// Names of LldpSystemCapabilitiesMap, from bit 0 (LLDP-MIB).
pub const CAPABILITIES: [&str; 8] =
    ["other", "repeater", "bridge", "wlanAccessPoint", "router", "telephone", "docsisCableDevice", "stationOnly"];

impl Kind {
    /// From its file. Faults are added to `faults`.
    pub fn new(file: &KindFile, faults: &mut Vec<String>) -> Self {
        let mut ports: Vec<PortSpec> = Vec::new();
        for group in &file.ports {
            expand(group, file, &mut ports, faults);
        }
        let ordered = ports.windows(2).all(|pair| matches!(pair, [before, after] if before.if_index < after.if_index));
        let last = ports.last().map_or(0, |port| port.if_index);
        if !ordered || file.lag.as_ref().is_some_and(|lag| lag.index <= last) {
            faults.push(format!("kind {}: ports and aggregates stand in ascending order of ifIndex", file.name));
        }
        if ports.len() > 250 {
            faults.push(format!("kind {}: more than 250 ports, and so more than its MAC addresses", file.name));
        }
        let parts = if file.entity { parts(file, &ports) } else { Vec::new() };
        let measuring = |is_it: fn(&PartSpec) -> bool| (0..).zip(&parts).filter(move |(_, part)| is_it(part)).map(|(at, _)| at);
        let sensors = measuring(|part| part.sensor.is_some()).collect();
        let lights = measuring(|part| part.sensor.is_some_and(|measures| measures.class() == SensorClass::Dbm)).collect();
        let bridge_ports = (0..).zip(&ports).filter(|(_, port)| port.is_socket()).map(|(number, _)| number).collect();
        Self {
            name: file.name.clone(),
            role: file.role,
            vendor: file.vendor.clone(),
            model: file.model.clone(),
            os_version: file.os_version.clone(),
            serial: file.serial.clone(),
            says: file.says.clone().into_iter().collect(),
            tells: file.tells.iter().map(|tell| Tell::new(tell, faults)).collect(),
            sys_descr: file.sys_descr.clone(),
            sys_object_id: object_id(file, faults),
            sys_services: file.sys_services,
            oui: oui(file, faults),
            lldp: file.lldp,
            cdp: file.cdp,
            bridge: file.bridge,
            routed: file.routed,
            poe: file.poe,
            entity: file.entity,
            sensors,
            lights,
            optics: file.chassis.optics,
            parts,
            feeds: file.feeds,
            wlan: file.wlan,
            port_id: file.port_id,
            capabilities: capabilities(file, faults),
            ports,
            bridge_ports,
            lag: file.lag.as_ref().map(names),
        }
    }

    /// The member of a stack, or the only one, that a port belongs to (pethPsePortGroupIndex).
    pub fn group_of(&self, port: &PortSpec) -> u32 {
        let stacked = self.parts.iter().any(|part| part.class == PhysicalClass::Stack);
        let first = port.name.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse().ok());
        first.filter(|_| stacked).unwrap_or(1)
    }

    /// First port with this use, if there is one.
    pub fn first(&self, usage: PortUse) -> Option<PortNumber> {
        (0..).zip(&self.ports).find(|(_, port)| port.usage == usage).map(|(number, _)| number)
    }
}

fn names(lag: &LagFile) -> LagNames {
    LagNames { name: lag.name.clone(), descr: lag.descr.clone().unwrap_or_else(|| lag.name.clone()), if_index: lag.index }
}

fn expand(group: &PortsFile, kind: &KindFile, ports: &mut Vec<PortSpec>, faults: &mut Vec<String>) {
    let Some(speed_bps) = bit_rate(&group.speed) else {
        faults.push(format!("kind {}: speed {:?} is not a bit rate such as 10G", kind.name, group.speed));
        return;
    };
    for at in 0..group.count {
        let number = group.first.saturating_add(at).to_string();
        ports.push(PortSpec {
            name: group.name.replace("{n}", &number),
            descr: group.descr.as_ref().unwrap_or(&group.name).replace("{n}", &number),
            if_index: group.index.saturating_add(group.step.saturating_mul(u32::from(at))),
            if_type: group.if_type,
            speed_bps,
            usage: group.r#use,
        });
    }
}

fn object_id(file: &KindFile, faults: &mut Vec<String>) -> Option<Oid> {
    let text = file.sys_object_id.as_ref()?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        faults.push(format!("kind {}: sys_object_id {text:?} is not a numeric OID", file.name));
    }
    parsed
}

fn oui(file: &KindFile, faults: &mut Vec<String>) -> [u8; 3] {
    let octets: Vec<u8> = file.oui.split(':').filter_map(|part| u8::from_str_radix(part, 16).ok()).collect();
    <[u8; 3]>::try_from(octets.as_slice()).unwrap_or_else(|_| {
        faults.push(format!("kind {}: oui {:?} is not three octets such as 00:1b:54", file.name, file.oui));
        [2, 0, 0]
    })
}

fn capabilities(file: &KindFile, faults: &mut Vec<String>) -> u8 {
    file.capabilities.iter().fold(0, |bits, name| match CAPABILITIES.iter().position(|known| known == name) {
        Some(bit) => bits | (0x80 >> bit),
        None => {
            faults.push(format!("kind {}: capability {name:?} is none of {}", file.name, CAPABILITIES.join(", ")));
            bits
        }
    })
}

/// `10G`, `2.5G`, `40M`, `64k` or a plain number as bit/s.
pub fn bit_rate(text: &str) -> Option<u64> {
    let (digits, factor) = match text.char_indices().last()? {
        (at, 'k') => (text.get(..at)?, 1e3),
        (at, 'M') => (text.get(..at)?, 1e6),
        (at, 'G') => (text.get(..at)?, 1e9),
        _ => (text, 1.0),
    };
    let number: f64 = digits.parse().ok().filter(|number| (0.0..1e7).contains(number) || factor < 2.0)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be positive and small")]
    (number >= 0.0).then_some((number * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_rates_are_read() {
        assert_eq!(
            ["10G", "2.5G", "40M", "64k", "5"].map(bit_rate),
            [10_000_000_000, 2_500_000_000, 40_000_000, 64_000, 5].map(Some)
        );
        assert_eq!(["", "fast", "-1G"].map(bit_rate), [None; 3]);
    }
}
