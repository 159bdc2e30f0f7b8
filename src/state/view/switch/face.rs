//! The ports as they stand on the housing: by stack member or line card, sockets apart from cages for transceivers.

use super::super::interfaces::{PortRef, of_device};
use super::super::lookup::Lookup;
use super::{FacePort, is_blocked};
use crate::model::{Device, IfIndex, Interface, Physical, PhysicalClass, PortMode};
use rustc_hash::{FxHashMap, FxHashSet};

/// Ports of a faceplate: a large chassis.
const MOST_PORTS: usize = 1024;
/// IANAifType: ethernetCsmacd, fastEther, fastEtherFX, gigabitEthernet.
const ETHERNET: [u32; 4] = [6, 62, 69, 117];
/// Beginnings of names that are no sockets, though some agents say Ethernet of them.
const NO_SOCKETS: [&str; 19] = [
    "po",
    "port-channel",
    "portchannel",
    "bond",
    "ae",
    "trk",
    "lag",
    "vlan",
    "irb",
    "bvi",
    "br",
    "lo",
    "tun",
    "null",
    "veth",
    "docker",
    "mgmt",
    "stack",
    "cpu",
];
/// Beginnings of names of ports that hold a transceiver, on devices that have sockets beside them.
const CAGES: [&str; 16] =
    ["te", "tw", "fo", "fi", "hu", "xe-", "et-", "xge", "40ge", "100ge", "25ge", "sfp", "qsfp", "ten", "xgig", "hundred"];
/// Words of parts that hold or are a transceiver.
const OPTICS: [&str; 6] = ["sfp", "xfp", "gbic", "transceiver", "cage", "optic"];
/// Parts that are looked through from a port upwards.
const MOST_ABOVE: usize = 3;

/// The physical ports of a device.
pub(in crate::state::view) fn face<'a>(look: &'a Lookup<'a>, device: &'a Device) -> Vec<FacePort> {
    let cages = cages(device);
    let ports = (0usize..).zip(of_device(look, device)).filter(|(_, row)| is_socket(row.port));
    let mut ports: Vec<FacePort> = ports.take(MOST_PORTS).map(|(place, row)| of_port(&row, place, &cages)).collect();
    // A device whose ports all have such names has no sockets beside them: these are its ports.
    if !ports.is_empty() && ports.iter().all(|port| port.cage) {
        for port in &mut ports {
            port.cage = cages.contains(&port.if_index);
        }
    }
    ports.sort_by(|x, y| {
        (x.slot, x.cage, stem(&x.name), x.number, x.if_index).cmp(&(y.slot, y.cage, stem(&y.name), y.number, y.if_index))
    });
    ports
}

fn is_socket(port: &Interface) -> bool {
    let name = port.name().to_ascii_lowercase();
    port.if_type.is_none_or(|kind| ETHERNET.contains(&kind))
        && name.ends_with(|c: char| c.is_ascii_digit())
        && !name.contains('.')
        && !NO_SOCKETS
            .iter()
            .any(|word| name.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_alphabetic())))
}

fn of_port(row: &PortRef<'_>, place: usize, cages: &FxHashSet<IfIndex>) -> FacePort {
    let port = row.port;
    let name = port.name();
    let (slot, number) = numbers(&name);
    let lower = name.to_ascii_lowercase();
    let vlan = port.untagged.first().copied().or(port.pvid);
    FacePort {
        if_index: port.if_index,
        place,
        slot,
        number,
        cage: cages.contains(&port.if_index) || CAGES.iter().any(|word| lower.starts_with(word)),
        admin: row.admin(),
        oper: row.oper(),
        flapping: row.is_flapping(),
        stp_blocked: is_blocked(port.stp_state.as_deref()),
        stp_broken: port.stp_state.as_deref() == Some("broken"),
        alarm: row.alarm,
        speed_bps: port.speed_bps,
        poe: port.poe.as_ref().and_then(|poe| poe.status),
        poe_draw_mw: port.poe.as_ref().and_then(|poe| poe.draw_mw),
        vlan,
        trunk: port.mode.map_or(port.vlans.len() > 1, |mode| mode == PortMode::Trunk),
        utilisation: row.busiest(),
        errors_per_second: row.errors(),
        name,
    }
}

/// The name without its last number.
pub(super) fn stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Member and number out of a name: `Gi2/0/17` is (2, 17), `Ethernet1/3` is (1, 3), `swp5` is (0, 5).
pub(super) fn numbers(name: &str) -> (u32, u32) {
    let all: Vec<u32> = name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    // A number at the front belongs to the kind of port (`100GE1/0/1`) unless it is all there is before a separator (`1/1/24`).
    let all = match name.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) if at > 0 => all.get(1..).unwrap_or_default().to_vec(),
        _ => all,
    };
    match all.as_slice() {
        [] => (0, 0),
        [number] => (0, *number),
        [slot, .., number] => (*slot, *number),
    }
}

/// Interfaces that are, or stand in, a cage for a transceiver, as the parts and the optics say.
fn cages(device: &Device) -> FxHashSet<IfIndex> {
    let by_index: FxHashMap<u32, &Physical> = device.parts.iter().map(|part| (part.index, part)).collect();
    let says = |part: &Physical| {
        let texts = [&part.name, &part.descr, &part.model].into_iter().flatten();
        texts.map(|text| text.to_ascii_lowercase()).any(|text| OPTICS.iter().any(|word| text.contains(word)))
    };
    let holds = |part: &&Physical| {
        let mut at = Some(*part);
        for _ in 0..MOST_ABOVE {
            match at {
                Some(part) if says(part) => return true,
                Some(part) if !matches!(part.class, PhysicalClass::Chassis | PhysicalClass::Stack) => {
                    at = by_index.get(&part.within).copied();
                }
                _ => return false,
            }
        }
        false
    };
    let parts = device.parts.iter().filter(|part| part.if_index.is_some()).filter(holds).filter_map(|part| part.if_index);
    let is_light =
        |gauge: &&crate::model::Gauge| gauge.kind == crate::model::GaugeKind::Sensor(crate::model::health::SensorClass::Dbm);
    parts.chain(device.health.gauges.iter().filter(is_light).filter_map(|gauge| gauge.if_index)).collect()
}
