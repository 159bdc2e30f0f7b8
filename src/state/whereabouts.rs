//! Where is an address, or what is called so: on which device, port and VLAN (contract §5 `where`).
//!
//! Endpoints hang on a port. Neighbours without an inventory and devices hang on the far ports of their links; an address of a
//! device's own port is on that port as well. Start at [`whereabouts`].

use super::State;
use crate::model::identity::is_owned;
use crate::model::{Device, DeviceId, Endpoint, IfIndex, Interface, Link, LinkEnd, MacAddr, Neighbour, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::net::IpAddr;

/// Rows that one answer holds; the rest is counted.
pub const MAX_ROWS: usize = 1000;

/// Hexadecimal digits from which on a part of a hardware address is looked for: an octet and a half is half the network.
const LEAST_DIGITS: usize = 4;
/// Digits of a whole one.
const ALL_DIGITS: usize = 12;

/// What a row is the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An address that is no device.
    Endpoint,
    /// A neighbour without an inventory.
    Neighbour,
    /// A device's own port.
    Device,
    /// A device, at the far end of one of its links.
    Link,
}

impl Kind {
    /// The word of the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Neighbour => "neighbour",
            Self::Device => "device",
            Self::Link => "link",
        }
    }
}

/// One place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct WhereRow {
    pub kind: Kind,
    pub mac: Option<MacAddr>,
    pub addresses: Vec<IpAddr>,
    /// Of a device or neighbour.
    pub name: Option<String>,
    /// The device that it hangs on; `None` where it is not known.
    pub device: Option<DeviceId>,
    pub device_name: Option<String>,
    pub if_index: Option<IfIndex>,
    pub port: Option<String>,
    pub vlan: Option<u16>,
    /// 0 to 1
    pub confidence: Option<f32>,
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
}

/// All places of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The places, what was seen last first.
    pub rows: Vec<WhereRow>,
    /// How many there are beyond [`MAX_ROWS`].
    pub more: usize,
}

/// The places of a hardware address (in any spelling, or its first or last digits), of an IP address, or of a device or
/// neighbour by its name. A part of a name or address is looked for where nothing is called just that.
pub fn whereabouts(state: &State, text: &str) -> Whereabouts {
    let text = text.trim();
    let mut search = Search { state, rows: Vec::new() };
    if !text.is_empty() {
        search.exactly(text);
        if search.rows.is_empty() {
            search.partly(text);
        }
    }
    let mut rows = search.rows;
    rows.sort_by_cached_key(|row| {
        let place = (row.device_name.clone(), row.if_index, row.port.clone());
        // What a device hears is behind it; what it hangs on is a device itself.
        let behind = row.device.as_ref().is_none_or(|id| !state.devices.contains_key(id));
        (row.kind > Kind::Neighbour, behind, Reverse(row.last_seen), row.kind, row.mac, place)
    });
    rows.dedup();
    let more = rows.len().saturating_sub(MAX_ROWS);
    rows.truncate(MAX_ROWS);
    Whereabouts { rows, more }
}

struct Search<'a> {
    state: &'a State,
    rows: Vec<WhereRow>,
}

impl Search<'_> {
    fn exactly(&mut self, text: &str) {
        if let Ok(mac) = text.parse::<MacAddr>() {
            self.macs(&|found| found == mac);
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            self.address(address);
        }
        let is_called = |name: &str| name.eq_ignore_ascii_case(text) || short(name).eq_ignore_ascii_case(text);
        self.called(&is_called, text);
    }

    fn partly(&mut self, text: &str) {
        if let Some(digits) = digits(text) {
            self.macs(&|mac| {
                let whole = format!("{:012x}", number(mac));
                whole.starts_with(&digits) || whole.ends_with(&digits)
            });
        }
        if self.rows.is_empty() && text.parse::<IpAddr>().is_err() {
            let wanted = text.to_lowercase();
            self.called(&|name| name.to_lowercase().contains(&wanted), text);
        }
    }

    fn macs(&mut self, is_wanted: &dyn Fn(MacAddr) -> bool) {
        for endpoint in self.state.endpoints.values().filter(|endpoint| is_wanted(endpoint.mac)) {
            self.rows.push(of_endpoint(self.state, endpoint));
        }
        for neighbour in self.state.neighbours.values().filter(|neighbour| neighbour.mac.is_some_and(is_wanted)) {
            self.neighbour(neighbour);
        }
        for device in self.state.devices.values() {
            let own = device.interfaces.iter().filter(|port| port.mac.is_some_and(is_wanted));
            let before = self.rows.len();
            for port in own {
                self.rows.push(of_port(self.state, device, port));
            }
            let is_chassis = matches!(device.chassis_id, Some(crate::model::ChassisId::Mac(mac)) if is_wanted(mac));
            if is_chassis || self.rows.len() > before {
                self.device(device);
            }
        }
    }

    fn address(&mut self, address: IpAddr) {
        for endpoint in self.state.endpoints.values().filter(|endpoint| endpoint.addresses.contains(&address)) {
            self.rows.push(of_endpoint(self.state, endpoint));
        }
        for neighbour in self.state.neighbours.values().filter(|neighbour| neighbour.addresses.contains(&address)) {
            self.neighbour(neighbour);
        }
        for device in self.state.devices.values() {
            let has = |port: &&Interface| port.addresses.iter().any(|net| net.addr() == address);
            let port = device.interfaces.iter().find(has);
            self.rows.extend(port.map(|port| of_port(self.state, device, port)));
            if port.is_some() || device.addresses.contains(&address) {
                self.device(device);
            }
        }
    }

    fn called(&mut self, is_wanted: &dyn Fn(&str) -> bool, id: &str) {
        let is_called = |name: Option<&String>, own: &DeviceId| name.is_some_and(|name| is_wanted(name)) || own.as_str() == id;
        for neighbour in self.state.neighbours.values().filter(|heard| is_called(heard.name.as_ref(), &heard.id)) {
            self.neighbour(neighbour);
        }
        for device in self.state.devices.values().filter(|device| is_called(device.sys_name.as_ref(), &device.id)) {
            self.device(device);
        }
    }

    /// The far ports of a device's links; the device itself where it has none.
    fn device(&mut self, device: &Device) {
        let links = self.state.links_of(&device.id);
        for link in links {
            let (near, far) = ends(link, &device.id);
            let own = near.if_index.and_then(|if_index| device.interface(if_index));
            let row = WhereRow { mac: own.and_then(|port| port.mac), ..of_device(device) };
            self.rows.push(at_far_end(self.state, link, (row, far)));
        }
        if links.is_empty() {
            let since = self.state.conditions.get(&device.id).map(|condition| condition.first_seen);
            self.rows.push(WhereRow { first_seen: since, ..of_device(device) });
        }
    }

    fn neighbour(&mut self, neighbour: &Neighbour) {
        let row = WhereRow {
            kind: Kind::Neighbour,
            mac: neighbour.mac,
            addresses: neighbour.addresses.clone(),
            name: neighbour.name.clone(),
            ..blank(Kind::Neighbour)
        };
        let links = self.state.links_of(&neighbour.id);
        for link in links {
            let (_, far) = ends(link, &neighbour.id);
            self.rows.push(at_far_end(self.state, link, (row.clone(), far)));
        }
        if links.is_empty() {
            self.rows.push(row);
        }
    }
}

/// The ends of a link: the one of this device, and the other.
fn ends<'a>(link: &'a Link, id: &DeviceId) -> (&'a LinkEnd, &'a LinkEnd) {
    if link.a.device == *id { (&link.a, &link.b) } else { (&link.b, &link.a) }
}

const fn blank(kind: Kind) -> WhereRow {
    WhereRow {
        kind,
        mac: None,
        addresses: Vec::new(),
        name: None,
        device: None,
        device_name: None,
        if_index: None,
        port: None,
        vlan: None,
        confidence: None,
        first_seen: None,
        last_seen: None,
    }
}

fn of_device(device: &Device) -> WhereRow {
    let mac = match device.chassis_id {
        Some(crate::model::ChassisId::Mac(mac)) => Some(mac),
        _ => None,
    };
    // Not those that every device has.
    let answered_at = device.snmp.as_ref().map(|snmp| snmp.address.ip());
    let addresses = device.addresses.iter().copied().filter(|address| is_owned(*address, answered_at)).collect();
    WhereRow { mac, addresses, name: Some(device.name()), ..blank(Kind::Link) }
}

fn at_far_end(state: &State, link: &Link, (row, far): (WhereRow, &LinkEnd)) -> WhereRow {
    let port = far.if_index.and_then(|if_index| state.devices.get(&far.device)?.interface(if_index));
    WhereRow {
        device: Some(far.device.clone()),
        device_name: Some(state.name_of(&far.device)),
        if_index: far.if_index,
        port: far.port.clone(),
        vlan: port.and_then(|port| port.pvid),
        confidence: Some(link.confidence),
        first_seen: link.first_seen,
        last_seen: state.link_last_seen(link),
        ..row
    }
}

fn of_port(state: &State, device: &Device, port: &Interface) -> WhereRow {
    WhereRow {
        kind: Kind::Device,
        mac: port.mac,
        addresses: port.addresses.iter().map(ipnet::IpNet::addr).collect(),
        device: Some(device.id.clone()),
        device_name: Some(device.name()),
        if_index: Some(port.if_index),
        port: Some(port.name()),
        vlan: port.pvid,
        first_seen: state.conditions.get(&device.id).map(|condition| condition.first_seen),
        last_seen: state.reads.get(&device.id).and_then(|read| read.whole),
        ..of_device(device)
    }
}

fn of_endpoint(state: &State, endpoint: &Endpoint) -> WhereRow {
    let port = endpoint.if_index.and_then(|if_index| state.devices.get(&endpoint.device)?.interface(if_index));
    WhereRow {
        mac: Some(endpoint.mac),
        addresses: endpoint.addresses.clone(),
        device: Some(endpoint.device.clone()),
        device_name: Some(state.name_of(&endpoint.device)),
        if_index: endpoint.if_index,
        port: port.map(Interface::name),
        vlan: endpoint.vlan,
        confidence: Some(endpoint.confidence),
        first_seen: Some(endpoint.first_seen),
        last_seen: Some(state.endpoint_last_seen(endpoint)),
        ..blank(Kind::Endpoint)
    }
}

/// A name without its domain; an address is no name with a domain.
fn short(name: &str) -> &str {
    if name.parse::<IpAddr>().is_ok() { name } else { name.split_once('.').map_or(name, |(host, _)| host) }
}

/// The digits of a part of a hardware address, where the text can be one.
pub(super) fn digits(text: &str) -> Option<String> {
    let separator = |c: char| matches!(c, ':' | '-' | '.');
    let possible = text.chars().all(|c| c.is_ascii_hexdigit() || separator(c));
    let digits: String = text.chars().filter(|c| !separator(*c)).collect::<String>().to_ascii_lowercase();
    (possible && (LEAST_DIGITS..=ALL_DIGITS).contains(&digits.len())).then_some(digits)
}

/// A hardware address as a number.
pub(super) fn number(mac: MacAddr) -> u64 {
    mac.0.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
}

#[cfg(test)]
mod tests;
