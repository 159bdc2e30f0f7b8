//! The shapes of one device in `noctop.topology/1` (contract §3): the device, its interfaces and what else it is made of.
//!
//! What is not known is an empty list or null: unknown is never 0 or `""`.

use super::millionths;
use super::switching::{Bridge, Part, Poe, Stp};
use super::wireless::Wireless;
use crate::model::{self, Gauge, GaugeKind, Health, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// How a device was reached by SNMP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Snmp {
    /// Address and port.
    pub address: String,
    /// `1`, `2c` or `3`
    pub version: String,
    /// Name of the credential, never the secret.
    pub credential: String,
    /// Whether some table could not be read to its end.
    pub partial: bool,
}

impl Snmp {
    /// Of the model's type.
    pub fn new(snmp: &model::SnmpAccess) -> Self {
        Self {
            address: snmp.address.to_string(),
            version: snmp.version.to_string(),
            credential: snmp.credential.clone(),
            partial: snmp.partial,
        }
    }
}

/// One interface (RFC 2863).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Interface {
    pub if_index: u32,
    pub if_name: Option<String>,
    pub if_descr: Option<String>,
    pub if_alias: Option<String>,
    pub if_type: Option<u32>,
    pub mac: Option<String>,
    pub mtu: Option<u32>,
    pub speed_bps: Option<u64>,
    /// up, down, testing
    pub admin_status: Option<&'static str>,
    /// up, down, testing, unknown, dormant, notPresent, lowerLayerDown
    pub oper_status: Option<&'static str>,
    pub addresses: Vec<String>,
    pub pvid: Option<u16>,
    pub vlans: Vec<u16>,
    /// ifIndex of the aggregate of which it is a member.
    pub aggregate: Option<u32>,
    pub stp_state: Option<String>,
    /// VLANs of `vlans` that leave it without a tag.
    pub untagged_vlans: Vec<u16>,
    /// access, trunk
    pub mode: Option<&'static str>,
    /// half, full
    pub duplex: Option<&'static str>,
    /// When its state changed last, as its agent says.
    pub last_change_at: Option<String>,
    pub stp: Option<Stp>,
    pub poe: Option<Poe>,
    pub high_capacity_counters: Option<bool>,
}

impl Interface {
    /// Of the model's type.
    pub fn new(interface: &model::Interface) -> Self {
        Self {
            if_index: interface.if_index.0,
            if_name: interface.if_name.clone(),
            if_descr: interface.if_descr.clone(),
            if_alias: interface.if_alias.clone(),
            if_type: interface.if_type,
            mac: interface.mac.map(|mac| mac.to_string()),
            mtu: interface.mtu,
            speed_bps: interface.speed_bps,
            admin_status: interface.admin_status.map(model::AdminStatus::word),
            oper_status: interface.oper_status.map(model::OperStatus::word),
            addresses: interface.addresses.iter().map(ToString::to_string).collect(),
            pvid: interface.pvid,
            vlans: interface.vlans.clone(),
            aggregate: interface.aggregate.map(|index| index.0),
            stp_state: interface.stp_state.clone(),
            untagged_vlans: interface.untagged.clone(),
            mode: interface.mode.map(model::PortMode::word),
            duplex: interface.duplex.map(model::Duplex::word),
            last_change_at: interface.last_change.map(Timestamp::rfc3339),
            stp: interface.stp.as_deref().map(Stp::new),
            poe: interface.poe.as_deref().map(Poe::new),
            high_capacity_counters: interface.high_capacity_counters,
        }
    }
}

/// A VLAN that a device knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Vlan {
    pub id: u16,
    pub name: Option<String>,
}

/// A sensor and its reading.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Sensor {
    /// temperature, humidity, voltage, current, power, fanspeed, … (contract §3)
    pub class: String,
    pub name: String,
    pub value: Option<f64>,
    pub unit: Option<String>,
    /// ok, warning, critical, unknown, off
    pub status: String,
}

/// A processor's load.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Processor {
    pub name: String,
    pub utilisation_percent: Option<f64>,
}

impl Sensor {
    fn new(gauge: &Gauge) -> Option<Self> {
        let GaugeKind::Sensor(class) = gauge.kind else { return None };
        Some(Self {
            class: class.word().to_owned(),
            name: gauge.name.clone(),
            value: gauge.measured.value.map(millionths),
            unit: class.unit().map(str::to_owned),
            status: gauge.measured.status.word().to_owned(),
        })
    }
}

impl Processor {
    fn new(gauge: &Gauge) -> Option<Self> {
        let utilisation_percent = gauge.measured.value.map(millionths);
        (gauge.kind == GaugeKind::Processor).then(|| Self { name: gauge.name.clone(), utilisation_percent })
    }
}

/// Memory or storage: what is used of what there is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Volume {
    pub name: String,
    pub used_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
    /// Some agents tell nothing else.
    pub used_percent: Option<f64>,
}

impl Volume {
    fn new(gauge: &Gauge, kind: GaugeKind) -> Option<Self> {
        let model::Measured { value, used, total, .. } = gauge.measured;
        let used_percent = value.map(millionths);
        (gauge.kind == kind).then(|| Self { name: gauge.name.clone(), used_bytes: used, total_bytes: total, used_percent })
    }
}

/// A consumable of a printer or a UPS.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Supply {
    pub name: String,
    pub class: String,
    pub percent: Option<f64>,
}

impl Supply {
    fn new(gauge: &Gauge) -> Option<Self> {
        (gauge.kind == GaugeKind::Supply).then(|| Self {
            name: gauge.name.clone(),
            class: gauge.class.clone().unwrap_or_else(|| "other".to_owned()),
            percent: gauge.measured.value.map(millionths),
        })
    }
}

/// Power over Ethernet.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Power {
    pub poe_budget_watts: Option<f64>,
    pub poe_used_watts: Option<f64>,
}

impl Power {
    fn new(health: &Health) -> Option<Self> {
        let measured = health.measured();
        let (budget, used) = (health.poe_budget_watts(&measured), health.poe_watts(&measured));
        (budget.is_some() || used.is_some())
            .then(|| Self { poe_budget_watts: budget.map(millionths), poe_used_watts: used.map(millionths) })
    }
}

/// One device.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Device {
    /// `chassis:MAC`, `engine:HEX`, `serial:VENDOR:TEXT`, `mac:LOWEST` or `addr:ADDRESS`: the first that is known.
    pub id: String,
    pub sys_name: Option<String>,
    pub sys_descr: Option<String>,
    pub sys_object_id: Option<String>,
    pub sys_location: Option<String>,
    pub sys_contact: Option<String>,
    pub sys_services: Option<u8>,
    pub uptime_seconds: Option<u64>,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub serial: Option<String>,
    /// router, switch, firewall, wlan-controller, access-point, server, host, printer, … (contract §3)
    pub role: &'static str,
    pub chassis_id: Option<String>,
    pub addresses: Vec<String>,
    /// Null where it was not reached by SNMP.
    pub snmp: Option<Snmp>,
    pub interfaces: Vec<Interface>,
    pub vlans: Vec<Vlan>,
    pub sensors: Vec<Sensor>,
    pub processors: Vec<Processor>,
    pub memory: Vec<Volume>,
    pub storage: Vec<Volume>,
    pub supplies: Vec<Supply>,
    pub wireless: Option<Wireless>,
    pub power: Option<Power>,
    /// Null where it is no bridge, or does not tell.
    pub bridge: Option<Bridge>,
    /// What it is made of.
    pub parts: Vec<Part>,
}

impl Device {
    /// Of the model's type, without its wireless network. The uptime is that of the moment at which the inventory was taken.
    pub fn new(device: &model::Device) -> Self {
        Self {
            id: device.id.to_string(),
            sys_name: device.sys_name.clone(),
            sys_descr: device.sys_descr.clone(),
            sys_object_id: device.sys_object_id.as_ref().map(ToString::to_string),
            sys_location: device.sys_location.clone(),
            sys_contact: device.sys_contact.clone(),
            sys_services: device.sys_services,
            uptime_seconds: uptime_seconds(device.started_at, device.taken_at),
            vendor: device.vendor.clone(),
            model: device.model.clone(),
            os: device.os.clone(),
            os_version: device.os_version.clone(),
            serial: device.serial.clone(),
            role: device.role.word(),
            chassis_id: device.chassis_id.as_ref().map(ToString::to_string),
            addresses: device.addresses.iter().map(ToString::to_string).collect(),
            snmp: device.snmp.as_ref().map(Snmp::new),
            interfaces: device.interfaces.iter().map(Interface::new).collect(),
            vlans: device.vlans.iter().map(|vlan| Vlan { id: vlan.id, name: vlan.name.clone() }).collect(),
            sensors: each(&device.health, Sensor::new),
            processors: each(&device.health, Processor::new),
            memory: each(&device.health, |gauge| Volume::new(gauge, GaugeKind::Memory)),
            storage: each(&device.health, |gauge| Volume::new(gauge, GaugeKind::Storage)),
            supplies: each(&device.health, Supply::new),
            wireless: None,
            power: Power::new(&device.health),
            bridge: device.bridge.as_deref().map(|bridge| {
                let port = bridge.root_port.and_then(|index| device.interface(index));
                Bridge::new(bridge, port.map(model::Interface::name))
            }),
            parts: device.parts.iter().map(Part::new).collect(),
        }
    }
}

/// The gauges of which `shape` makes something.
fn each<T>(health: &Health, shape: impl Fn(&Gauge) -> Option<T>) -> Vec<T> {
    health.gauges.iter().filter_map(shape).collect()
}

fn uptime_seconds(started_at: Option<Timestamp>, at: Timestamp) -> Option<u64> {
    started_at.map(|started_at| at.since(started_at)).as_ref().map(Duration::as_secs)
}
