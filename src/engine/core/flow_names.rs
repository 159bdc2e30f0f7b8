//! Names of everything in flows: exporters by their devices, ports by SNMP and by what the exporter itself calls them, hosts by
//! devices, neighbours and where they hang, services and protocols by IANA.

use super::flow_ledger::Ledger;
use crate::model::flow::{KeyValue, TopKey, TopRow, services};
use crate::model::identity::is_owned;
use crate::model::{Device, Endpoint, IfIndex, Interface};
use crate::state::State;
use crate::state::view::flows::{FlowHost, FlowPlace};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;
use std::sync::Arc;

/// A host's name is shown without its domain where it has one.
const DOMAIN: char = '.';

/// Names for the addresses of one view.
pub(super) struct Names<'a> {
    state: &'a State,
    ledger: &'a Ledger,
    devices: FxHashMap<IpAddr, &'a Arc<Device>>,
    neighbours: FxHashMap<IpAddr, &'a str>,
    endpoints: FxHashMap<IpAddr, &'a Endpoint>,
}

impl<'a> Names<'a> {
    /// Looks the addresses up, all at once: there may be far more devices and endpoints than a view has rows.
    pub(super) fn of(state: &'a State, ledger: &'a Ledger, wanted: &FxHashSet<IpAddr>) -> Self {
        let mut names = Self {
            state,
            ledger,
            devices: FxHashMap::default(),
            neighbours: FxHashMap::default(),
            endpoints: FxHashMap::default(),
        };
        if wanted.is_empty() {
            return names;
        }
        for device in state.devices() {
            for address in addresses_of(device).filter(|address| wanted.contains(address)) {
                names.devices.entry(address).or_insert(device);
            }
        }
        for neighbour in state.neighbours() {
            let Some(name) = neighbour.name.as_deref().filter(|name| !name.is_empty()) else { continue };
            for address in neighbour.addresses.iter().filter(|address| wanted.contains(address)) {
                names.neighbours.entry(*address).or_insert(name);
            }
        }
        for endpoint in state.placed_endpoints() {
            for address in endpoint.addresses.iter().filter(|address| wanted.contains(address)) {
                names.endpoints.entry(*address).or_insert(endpoint.as_ref());
            }
        }
        names
    }

    /// The same for the addresses of rows.
    pub(super) fn for_rows<'r>(state: &'a State, ledger: &'a Ledger, rows: impl IntoIterator<Item = &'r TopRow>) -> Self {
        let mut wanted = FxHashSet::default();
        for key in rows.into_iter().flat_map(|row| &row.keys) {
            match key {
                KeyValue::Address(address) | KeyValue::Exporter(address) | KeyValue::Interface(address, _) => {
                    wanted.insert(*address);
                }
                _ => {}
            }
        }
        Self::of(state, ledger, &wanted)
    }

    /// Fills the names of a row, and the device that it leads to.
    pub(super) fn fill(&self, by: &[TopKey], row: &mut TopRow) {
        row.names = row.keys.iter().zip(by).map(|(value, key)| self.name(*key, value)).collect();
        row.device = row.keys.iter().find_map(|value| match value {
            KeyValue::Address(address) | KeyValue::Exporter(address) | KeyValue::Interface(address, _) => {
                self.devices.get(address).map(|device| device.id.clone())
            }
            _ => None,
        });
    }

    fn name(&self, key: TopKey, value: &KeyValue) -> Option<String> {
        match value {
            KeyValue::Address(address) => self.host(*address),
            KeyValue::Exporter(address) => self.exporter(*address),
            KeyValue::Interface(exporter, if_index) => {
                let port = self.port(*exporter, *if_index).name;
                let device = self.exporter(*exporter).unwrap_or_else(|| exporter.to_string());
                Some(format!("{device} {port}"))
            }
            KeyValue::Service(protocol, port) => services::service_name(*protocol, *port).map(str::to_owned),
            KeyValue::Number(number) if key == TopKey::Protocol => {
                u8::try_from(*number).ok().and_then(services::protocol_name).map(str::to_owned)
            }
            KeyValue::Number(number) if key == TopKey::Dscp => u8::try_from(*number).ok().and_then(dscp_name).map(str::to_owned),
            _ => None,
        }
    }

    /// What a host is called.
    pub(super) fn host(&self, address: IpAddr) -> Option<String> {
        let device = self.devices.get(&address).map(|device| device.name());
        let named = device.or_else(|| self.neighbours.get(&address).map(|name| (*name).to_owned()))?;
        // A device without a name is called by its address, which stands there already.
        (named.parse::<IpAddr>().is_err()).then(|| short(&named).to_owned())
    }

    /// What an exporter is called.
    pub(super) fn exporter(&self, address: IpAddr) -> Option<String> {
        self.devices.get(&address).map(|device| device.name()).filter(|name| name.parse::<IpAddr>().is_err())
    }

    /// An exporter as a place.
    pub(super) fn place(&self, exporter: IpAddr) -> FlowPlace {
        FlowPlace {
            exporter,
            if_index: None,
            name: self.exporter(exporter).unwrap_or_else(|| exporter.to_string()),
            device: self.devices.get(&exporter).map(|device| device.id.clone()),
            also: None,
        }
    }

    /// A port of an exporter: by SNMP, cross-checked with what the exporter calls it.
    pub(super) fn port(&self, exporter: IpAddr, if_index: u32) -> FlowPlace {
        let device = self.devices.get(&exporter);
        let known = device.and_then(|device| device.interface(IfIndex(if_index)));
        let told = self.ledger.interface(exporter, if_index);
        let name = match (known, told) {
            (Some(port), _) => port.name(),
            (None, Some(told)) => told.to_owned(),
            (None, None) => format!("idx {if_index}"),
        };
        let also = told.filter(|told| known.is_some_and(|port| !is_called(port, told))).map(str::to_owned);
        FlowPlace { exporter, if_index: Some(if_index), name, device: device.map(|device| device.id.clone()), also }
    }

    /// Where a host hangs.
    pub(super) fn whereabouts(&self, address: IpAddr) -> FlowHost {
        let endpoint = self.endpoints.get(&address);
        let device = endpoint.and_then(|endpoint| self.state.device(&endpoint.device));
        let port = endpoint.and_then(|endpoint| device?.interface(endpoint.if_index?));
        FlowHost {
            address,
            name: self.host(address),
            device: endpoint.map(|endpoint| endpoint.device.clone()).or_else(|| self.devices.get(&address).map(|d| d.id.clone())),
            device_name: endpoint.map(|endpoint| self.state.name_of(&endpoint.device)),
            port: port.map(Interface::name),
            vlan: endpoint.and_then(|endpoint| endpoint.vlan),
            country: None,
        }
    }
}

/// The addresses that are a device's own.
pub(super) fn addresses_of(device: &Device) -> impl Iterator<Item = IpAddr> {
    let answered_at = device.snmp.as_ref().map(|snmp| snmp.address.ip());
    let ports = device.interfaces.iter().flat_map(|port| port.addresses.iter().map(ipnet::IpNet::addr));
    device.addresses.iter().copied().chain(ports).filter(move |address| is_owned(*address, answered_at))
}

/// Whether a port is called so, by any of its names.
pub(super) fn is_called(port: &Interface, name: &str) -> bool {
    [port.if_name.as_deref(), port.if_descr.as_deref(), port.if_alias.as_deref()]
        .into_iter()
        .flatten()
        .any(|known| known.eq_ignore_ascii_case(name))
}

fn short(name: &str) -> &str {
    name.split_once(DOMAIN).map_or(name, |(host, _)| host)
}

/// Per-hop behaviours by their codepoints. Source: IANA Differentiated Services Field Codepoints.
const DSCP: [(u8, &str); 22] = [
    (0, "BE"),
    (1, "LE"),
    (8, "CS1"),
    (10, "AF11"),
    (12, "AF12"),
    (14, "AF13"),
    (16, "CS2"),
    (18, "AF21"),
    (20, "AF22"),
    (22, "AF23"),
    (24, "CS3"),
    (26, "AF31"),
    (28, "AF32"),
    (30, "AF33"),
    (32, "CS4"),
    (34, "AF41"),
    (36, "AF42"),
    (38, "AF43"),
    (40, "CS5"),
    (46, "EF"),
    (48, "CS6"),
    (56, "CS7"),
];

fn dscp_name(codepoint: u8) -> Option<&'static str> {
    DSCP.iter().find(|(known, _)| *known == codepoint).map(|(_, name)| *name)
}
