//! The rows of one part of the document, for csv and tables: each with the names of what it refers to, and its columns.

use super::{Endpoint, Link, Neighbour, Problem};
use crate::model::topology::Topology;
use crate::model::{self, IfIndex};
use crate::report::equipment::Device;
use crate::report::tabular::{Column, Row, Show, column, field};
use serde::Serialize;
use std::collections::BTreeMap;

/// An interface with whose it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedInterface {
    device: String,
    device_name: Option<String>,
    #[serde(flatten)]
    interface: crate::report::equipment::Interface,
}

/// A link with the names of its ends.
#[derive(Serialize)]
pub struct NamedLink {
    #[serde(flatten)]
    link: Link,
    #[serde(rename = "aName")]
    a_name: Option<String>,
    #[serde(rename = "bName")]
    b_name: Option<String>,
}

fn names(topology: &Topology) -> BTreeMap<String, String> {
    let devices = topology.devices.iter().map(|device| (device.id.to_string(), device.name()));
    let neighbours = topology.neighbours.iter().filter_map(|heard| Some((heard.id.to_string(), heard.name.clone()?)));
    devices.chain(neighbours).collect()
}

pub fn named_links(topology: &Topology, links: Vec<Link>) -> impl Iterator<Item = NamedLink> {
    let names = names(topology);
    links.into_iter().map(move |link| {
        let (a_name, b_name) = (names.get(&link.a.device).cloned(), names.get(&link.b.device).cloned());
        NamedLink { link, a_name, b_name }
    })
}

pub fn interfaces(topology: &Topology, devices: Vec<Device>) -> impl Iterator<Item = OwnedInterface> {
    let names = names(topology);
    devices.into_iter().flat_map(move |device| {
        let name = names.get(&device.id).cloned();
        let id = device.id;
        device.interfaces.into_iter().map(move |interface| OwnedInterface {
            device: id.clone(),
            device_name: name.clone(),
            interface,
        })
    })
}

/// An endpoint with the names of its device and port.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedEndpoint {
    #[serde(flatten)]
    endpoint: Endpoint,
    device_name: Option<String>,
    port: Option<String>,
}

pub fn placed_endpoints(topology: &Topology, endpoints: Vec<Endpoint>) -> impl Iterator<Item = PlacedEndpoint> {
    let devices: BTreeMap<&str, &model::Device> =
        topology.devices.iter().map(|device| (device.id.as_str(), device.as_ref())).collect();
    endpoints.into_iter().map(move |endpoint| {
        let device = devices.get(endpoint.device.as_str());
        let port = device.zip(endpoint.if_index).and_then(|(device, index)| device.interface(IfIndex(index)));
        PlacedEndpoint { device_name: device.map(|device| device.name()), port: port.map(model::Interface::name), endpoint }
    })
}

impl Row for PlacedEndpoint {
    const COLUMNS: &'static [Column] = &[
        column("mac", "MAC", Show::Text),
        column("addresses", "ADDRESSES", Show::Text),
        field("device"),
        field("ifIndex"),
        column("vlan", "VLAN", Show::Number),
        column("confidence", "CONF", Show::Fraction),
        column("deviceName", "DEVICE", Show::Text),
        column("port", "PORT", Show::Text),
    ];
}

impl Row for Device {
    const COLUMNS: &'static [Column] = &[
        field("id"),
        column("sysName", "NAME", Show::Text),
        field("sysDescr"),
        field("sysObjectId"),
        field("sysLocation"),
        field("sysContact"),
        field("sysServices"),
        column("uptimeSeconds", "UPTIME", Show::Age),
        column("vendor", "VENDOR", Show::Text),
        column("model", "MODEL", Show::Text),
        field("os"),
        column("osVersion", "VERSION", Show::Text),
        field("serial"),
        column("role", "ROLE", Show::Text),
        field("chassisId"),
        field("addresses"),
        column("snmp.address", "ADDRESS", Show::Text),
        column("snmp.version", "SNMP", Show::Text),
        field("snmp.credential"),
        field("snmp.partial"),
        column("interfaces", "PORTS", Show::Number),
        field("vlans"),
        field("sensors"),
        field("processors"),
        field("memory"),
        field("storage"),
        field("supplies"),
        field("wireless"),
        field("power"),
        field("bridge"),
        field("parts"),
    ];
}

impl Row for OwnedInterface {
    const COLUMNS: &'static [Column] = &[
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        column("ifIndex", "INDEX", Show::Number),
        column("ifName", "NAME", Show::Text),
        field("ifDescr"),
        column("ifAlias", "ALIAS", Show::Text),
        field("ifType"),
        column("mac", "MAC", Show::Text),
        column("mtu", "MTU", Show::Number),
        column("speedBps", "SPEED", Show::Speed),
        column("adminStatus", "ADMIN", Show::Text),
        column("operStatus", "OPER", Show::Text),
        column("addresses", "ADDRESSES", Show::Text),
        column("pvid", "PVID", Show::Number),
        field("vlans"),
        field("aggregate"),
        field("stpState"),
        field("untaggedVlans"),
        column("mode", "MODE", Show::Text),
        field("duplex"),
        field("lastChangeAt"),
        field("stp"),
        field("poe"),
        field("highCapacityCounters"),
    ];
}

impl Row for NamedLink {
    const COLUMNS: &'static [Column] = &[
        field("a.device"),
        field("a.ifIndex"),
        column("aName", "A", Show::Text),
        column("a.port", "PORT", Show::Text),
        field("b.device"),
        field("b.ifIndex"),
        column("bName", "B", Show::Text),
        column("b.port", "PORT", Show::Text),
        column("evidence", "EVIDENCE", Show::Text),
        column("confirmedBy", "ENDS", Show::Text),
        column("confidence", "CONF", Show::Fraction),
        column("aggregate", "AGGREGATE", Show::Text),
        field("stpBlocked"),
        column("speedBps", "SPEED", Show::Speed),
        field("firstSeen"),
        field("lastSeen"),
    ];
}

impl Row for Neighbour {
    const COLUMNS: &'static [Column] = &[
        column("id", "ID", Show::Text),
        column("name", "NAME", Show::Text),
        column("addresses", "ADDRESSES", Show::Text),
        column("mac", "MAC", Show::Text),
        column("description", "DESCRIPTION", Show::Text),
        column("capabilities", "CAPABILITIES", Show::Text),
    ];
}

impl Row for Problem {
    const COLUMNS: &'static [Column] = &[
        column("target", "TARGET", Show::Text),
        field("device"),
        column("reason", "REASON", Show::Text),
        column("detail", "DETAIL", Show::Text),
    ];
}
