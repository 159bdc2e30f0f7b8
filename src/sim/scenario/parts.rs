//! What a kind of device is made of, as ENTITY-MIB tells it: stack, chassis, supplies, fans, modules, ports with their cages and optics, and the
//! sensors in them. The numbers are those of a large vendor's agents: thousands for each member.

use super::PortNumber;
use super::file::{KindFile, PortUse};
use super::kind::PortSpec;
use crate::model::{PhysicalClass, SensorClass};

/// A part of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSpec {
    /// entPhysicalIndex
    pub index: u32,
    /// entPhysicalContainedIn
    pub within: u32,
    /// entPhysicalParentRelPos
    pub position: u32,
    /// entPhysicalClass
    pub class: PhysicalClass,
    /// entPhysicalName
    pub name: String,
    /// entPhysicalModelName
    pub model: Option<String>,
    /// entPhysicalIsFRU
    pub replaceable: bool,
    /// The port that it is, or is in
    pub port: Option<PortNumber>,
    /// What it measures
    pub sensor: Option<Measures>,
}

/// What a sensor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measures {
    /// Air at the front, degrees Celsius
    Inlet,
    /// The processor, degrees Celsius
    Processor,
    /// Turns of a fan a minute
    Fan(u16),
    /// What a power supply gives, watts
    Supply(u16),
    /// Of an optic: received and sent light, dBm
    Received,
    /// See [`Self::Received`]
    Sent,
    /// The current of its laser, milliamperes
    Bias,
    /// Its temperature, degrees Celsius
    Optic,
}

impl Measures {
    /// Its class.
    pub const fn class(self) -> SensorClass {
        match self {
            Self::Inlet | Self::Processor | Self::Optic => SensorClass::Temperature,
            Self::Fan(_) => SensorClass::Fanspeed,
            Self::Supply(_) => SensorClass::Power,
            Self::Received | Self::Sent => SensorClass::Dbm,
            Self::Bias => SensorClass::Current,
        }
    }
}

/// The stack, where there is one.
const STACK: u32 = 1;
/// From one member to the next.
pub const MEMBER: u32 = 10_000;
/// Of the first member.
const FIRST: u32 = 1000;
/// Numbers within a member.
const SUPPLIES: u32 = 10;
const FANS: u32 = 30;
const SENSORS: u32 = 51;
const UPLINKS: u32 = 90;
const SLOTS: u32 = 100;
/// From one slot to the next.
const SLOT: u32 = 10;
/// The first port's, and from one port to the next: cage, port, optic and its sensors.
const PORTS: u32 = 1000;
const PORT: u32 = 10;

/// Bit rate from which on a port takes optics.
const OPTICAL: u64 = 10_000_000_000;

/// IANAifType ethernetCsmacd
const ETHERNET: u32 = 6;

/// All parts of a kind, by their numbers.
pub fn parts(file: &KindFile, ports: &[PortSpec]) -> Vec<PartSpec> {
    let members = file.chassis.members.max(1);
    let mut parts = Vec::new();
    if members > 1 {
        let name = format!("{} stack", file.vendor.as_deref().unwrap_or("Switch"));
        parts.push(PartSpec { within: 0, position: 0, ..part(STACK, 0, PhysicalClass::Stack, name) });
    }
    for member in 1..=members {
        Member { file, number: member, is_stack: members > 1 }.add(ports, &mut parts);
    }
    parts.sort_by_key(|part| part.index);
    parts
}

fn part(index: u32, within: u32, class: PhysicalClass, name: String) -> PartSpec {
    PartSpec { index, within, position: 0, class, name, model: None, replaceable: false, port: None, sensor: None }
}

/// The numbers in a port's name.
fn numbers(name: &str) -> Vec<u16> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

struct Member<'a> {
    file: &'a KindFile,
    number: u16,
    is_stack: bool,
}

impl Member<'_> {
    fn first(&self) -> u32 {
        FIRST + MEMBER * u32::from(self.number - 1)
    }

    /// A name, told apart from that of the other members.
    fn named(&self, name: &str) -> String {
        if self.is_stack { format!("Switch {} {name}", self.number) } else { name.to_owned() }
    }

    fn add(&self, ports: &[PortSpec], parts: &mut Vec<PartSpec>) {
        let first = self.first();
        let name = if self.is_stack { format!("Switch {}", self.number) } else { "Chassis".to_owned() };
        let chassis = part(first, if self.is_stack { STACK } else { 0 }, PhysicalClass::Chassis, name);
        let model = self.file.model.clone();
        parts.push(PartSpec { position: u32::from(self.number), model, replaceable: self.is_stack, ..chassis });
        self.add_body(parts);
        for module in &self.file.chassis.modules {
            let slot = first + SLOTS + SLOT * u32::from(module.slot);
            let position = u32::from(module.slot);
            parts.push(PartSpec { position, ..part(slot, first, PhysicalClass::Container, format!("Slot {}", module.slot)) });
            let name = format!("{} {}", module.name, module.slot);
            let (model, replaceable) = (Some(module.model.clone()), true);
            parts.push(PartSpec { position: 1, model, replaceable, ..part(slot + 1, slot, PhysicalClass::Module, name) });
        }
        if let Some(model) = &self.file.chassis.uplinks {
            let module = part(first + UPLINKS, first, PhysicalClass::Module, self.named("Uplink module"));
            parts.push(PartSpec { position: 1, model: Some(model.clone()), replaceable: true, ..module });
        }
        for (port, number) in ports.iter().zip(0..).filter(|(port, _)| port.if_type == ETHERNET) {
            self.add_port((port, number), parts);
        }
    }

    /// Supplies, fans and the chassis's own sensors.
    fn add_body(&self, parts: &mut Vec<PartSpec>) {
        let first = self.first();
        let mut sensors = vec![("Inlet".to_owned(), first, Measures::Inlet), ("CPU".to_owned(), first, Measures::Processor)];
        for number in 1..=2u16 {
            let (bay, position) = (first + FANS + 10 * u32::from(number - 1), u32::from(number));
            let fan = part(bay, first, PhysicalClass::Fan, self.named(&format!("Fan {number}")));
            parts.push(PartSpec { position, replaceable: true, ..fan });
            sensors.push((format!("Fan {number}"), bay, Measures::Fan(number)));
        }
        for number in 1..=2u16 {
            let (bay, position) = (first + SUPPLIES + 10 * u32::from(number - 1), u32::from(number));
            let name = self.named(&format!("Power supply {number}"));
            parts.push(PartSpec { position, ..part(bay, first, PhysicalClass::Container, format!("{name} bay")) });
            let (model, replaceable) = (self.file.chassis.supply.clone(), true);
            let supply = part(bay + 1, bay, PhysicalClass::PowerSupply, name);
            parts.push(PartSpec { position: 1, model, replaceable, ..supply });
            sensors.push((format!("Power supply {number}"), bay + 1, Measures::Supply(number)));
        }
        for ((name, within, measures), index) in sensors.into_iter().zip(first + SENSORS..) {
            let sensor = part(index, within, PhysicalClass::Sensor, self.named(&name));
            parts.push(PartSpec { position: 1, sensor: Some(measures), ..sensor });
        }
    }

    /// What a port is in, where it is one of this member.
    fn holder(&self, port: &PortSpec) -> Option<u32> {
        let numbers = numbers(&port.name);
        let (group, middle) = (numbers.first().copied().filter(|_| numbers.len() > 1).unwrap_or(0), numbers.get(1).copied());
        let is_own = !self.is_stack || group == self.number || (group == 0 && self.number == 1);
        let has_module = self.file.chassis.modules.iter().any(|module| module.slot == group);
        let first = self.first();
        is_own.then(|| match middle {
            _ if has_module => first + SLOTS + SLOT * u32::from(group) + 1,
            Some(1) if self.file.chassis.uplinks.is_some() && port.usage == PortUse::Up => first + UPLINKS,
            _ => first,
        })
    }

    /// A port; an optical one in its cage, beside it the optic with its sensors, which is there where a cable is.
    fn add_port(&self, (port, number): (&PortSpec, PortNumber), parts: &mut Vec<PartSpec>) {
        let Some(holder) = self.holder(port) else { return };
        let index = self.first() + PORTS + PORT * u32::from(number);
        let position = numbers(&port.name).last().copied().map_or(0, u32::from);
        let is_optical = port.is_socket() && port.speed_bps >= OPTICAL;
        let within = if is_optical { index } else { holder };
        let port_itself = part(index + 1, within, PhysicalClass::Port, port.name.clone());
        parts.push(PartSpec { position: if is_optical { 1 } else { position }, port: Some(number), ..port_itself });
        if !is_optical {
            return;
        }
        let cage = part(index, holder, PhysicalClass::Container, format!("{} cage", port.name));
        parts.push(PartSpec { position, ..cage });
        let model = if port.speed_bps > OPTICAL { "SFP-25G-SR-S" } else { "SFP-10G-SR" };
        let optic = part(index + 2, index, PhysicalClass::Module, format!("{} transceiver", port.name));
        let (model, replaceable) = (Some(model.to_owned()), true);
        parts.push(PartSpec { position: 2, model, replaceable, port: Some(number), ..optic });
        if !self.file.chassis.optics {
            return;
        }
        let sensors = [
            ("temperature", Measures::Optic),
            ("bias current", Measures::Bias),
            ("transmit power", Measures::Sent),
            ("receive power", Measures::Received),
        ];
        for ((name, measures), at) in sensors.into_iter().zip(index + 3..) {
            let sensor = part(at, index + 2, PhysicalClass::Sensor, format!("{} {name}", port.name));
            parts.push(PartSpec { position: at - index - 2, port: Some(number), sensor: Some(measures), ..sensor });
        }
    }
}
