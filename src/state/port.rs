//! What hangs on one port, and what could not be reached without it: asked before a port is switched.

use super::State;
use super::derive::chart;
use super::live::port_names;
use crate::analyse::reachability::{Place, Sign, cut_off};
use crate::model::port::{Hanging, MAX_NAMED};
use crate::model::{Device, DeviceId, IfIndex, Interface, Link, LinkEnd, MacAddr};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A port that was asked for.
#[derive(Clone, Debug)]
pub struct FoundPort {
    /// Its device.
    pub device: Arc<Device>,
    /// The port.
    pub port: Interface,
    /// The name by which it alone is known.
    pub name: String,
}

impl State {
    /// A port by its device's name or id, and its own name, ifAlias or ifIndex.
    ///
    /// Errors: a sentence; there is none, or there are several.
    pub fn find_port(&self, device: &str, port: &str) -> Result<FoundPort, String> {
        let found = self.find(device).map_err(|several| match several.as_slice() {
            [] => format!("there is no device {device}, neither by id nor by name"),
            several => {
                let ids: Vec<&str> = several.iter().map(DeviceId::as_str).collect();
                format!("{device} is the name of several devices; use an id: {}", ids.join(", "))
            }
        })?;
        let names = port_names(found);
        let ports = || found.interfaces.iter().zip(&names);
        let take =
            |(port, name): (&Interface, &String)| FoundPort { device: Arc::clone(found), port: port.clone(), name: name.clone() };
        if let Some(exact) = ports().find(|(_, name)| *name == port) {
            return Ok(take(exact));
        }
        let is_called = |own: &Option<String>| own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(port));
        let called: Vec<(&Interface, &String)> =
            ports().filter(|(own, _)| is_called(&own.if_name) || is_called(&own.if_descr) || is_called(&own.if_alias)).collect();
        let numbered = || port.parse().ok().and_then(|number| ports().find(|(own, _)| own.if_index == IfIndex(number)));
        match (called.as_slice(), numbered()) {
            ([only], _) => Ok(take(*only)),
            ([], Some(only)) => Ok(take(only)),
            ([], None) => {
                Err(format!("{} has no port {port}: noctop interfaces --filter 'device:{}'", found.name(), found.name()))
            }
            (several, _) => {
                let names: Vec<&str> = several.iter().take(MAX_NAMED).map(|(_, name)| name.as_str()).collect();
                Err(format!("{port} is the name of several ports of {}: {}", found.name(), names.join(", ")))
            }
        }
    }

    /// What hangs on a port, and what would be cut off without it.
    pub fn hanging_on(&self, found: &FoundPort) -> Hanging {
        let (device, port) = (&found.device, &found.port);
        let is_here = |end: &LinkEnd| self.is_of_port(end, (&device.id, port.if_index));
        let links: Vec<&Link> =
            self.links_of(&device.id).iter().map(Arc::as_ref).filter(|link| is_here(&link.a) || is_here(&link.b)).collect();
        let far = |link: &Link| if is_here(&link.a) { link.b.clone() } else { link.a.clone() };
        let told = |end: &LinkEnd| match &end.port {
            Some(port) => format!("{} {port}", self.name_of(&end.device)),
            None => self.name_of(&end.device),
        };
        let endpoints: Vec<_> =
            self.endpoints.values().filter(|end| end.device == device.id && end.if_index == Some(port.if_index)).collect();
        let address = |end: &&Arc<crate::model::Endpoint>| match end.addresses.first() {
            Some(address) => format!("{} {address}", end.mac),
            None => end.mac.to_string(),
        };
        let cut = self.cut_off_without((&device.id, port.if_index));
        let mut hanging = Hanging {
            links: links.iter().map(|link| told(&far(link))).take(MAX_NAMED).collect(),
            endpoints: endpoints.len(),
            addresses: endpoints.iter().map(address).take(MAX_NAMED).collect(),
            cut: cut.iter().filter(|id| **id != device.id).count(),
            cut_off: cut.iter().filter(|id| **id != device.id).map(|id| self.name_of(id)).take(MAX_NAMED).collect(),
            own_way: self.own_way((found, &cut), endpoints.iter().map(|end| end.mac)),
            notes: Vec::new(),
        };
        if links.is_empty() && endpoints.is_empty() {
            hanging
                .notes
                .push("what hangs on it is not known: no neighbour tells of it and no address was seen behind it".to_owned());
        }
        if device.bridge.as_ref().is_some_and(|bridge| bridge.root_port == Some(port.if_index)) {
            hanging.notes.push("it is the root port of the spanning tree: without it the tree changes".to_owned());
        }
        hanging
    }

    /// Whether an end of a link is at a port, or at a member of it where it is an aggregate.
    fn is_of_port(&self, end: &LinkEnd, (device, if_index): (&DeviceId, IfIndex)) -> bool {
        let Some(own) = end.if_index.filter(|_| end.device == *device) else { return false };
        let aggregate = || self.devices.get(device)?.interface(own)?.aggregate;
        own == if_index || aggregate() == Some(if_index)
    }

    /// What only this port joins to the rest of the network.
    fn cut_off_without(&self, port: (&DeviceId, IfIndex)) -> Vec<DeviceId> {
        let sign = |device: &Device| if self.is_own_host(&device.id) { Sign::Here } else { Sign::Unheard };
        let charted = chart(self, &sign);
        let is_it = |link: &Link| self.is_of_port(&link.a, port) || self.is_of_port(&link.b, port);
        let ways = charted.links.iter().enumerate().filter(|(_, link)| is_it(link)).map(|(way, _)| way);
        let cut: BTreeSet<usize> = ways.collect();
        if cut.is_empty() {
            return Vec::new();
        }
        let lost: Vec<Place> = cut_off(&charted.net, &BTreeSet::new(), &cut);
        lost.into_iter().filter_map(|place| charted.ids.get(place).map(|id| (*id).clone())).collect()
    }

    /// Why the device could not be managed any more, in a sentence.
    fn own_way(&self, (found, cut): (&FoundPort, &[DeviceId]), mut behind: impl Iterator<Item = MacAddr>) -> Option<String> {
        let (device, port) = (&found.device, &found.port);
        let (name, managed_at) = (device.name(), device.snmp.as_ref().map(|snmp| snmp.address.ip()));
        if self.is_own_host(&device.id) {
            return Some("it is a port of the host that noctop itself runs on".to_owned());
        }
        if managed_at.is_some_and(|address| port.addresses.iter().any(|net| net.addr() == address)) {
            return Some(format!("{name} is managed at an address of this port"));
        }
        let host = self.own.as_ref().and_then(|own| self.devices.get(own.id()));
        let is_host = |mac: MacAddr| host.is_some_and(|host| host.interfaces.iter().any(|own| own.mac == Some(mac)));
        if behind.any(is_host) {
            return Some("the host that noctop runs on is behind this port".to_owned());
        }
        cut.contains(&device.id).then(|| format!("the only known way to {name} itself goes through this port"))
    }
}
