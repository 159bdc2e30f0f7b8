//! Which interface a neighbour table's local port is. lldpRemLocalPortNum is **not** ifIndex (IEEE 802.1AB-2005 §12 lldpLocPortNum).
//!
//! Order: the local port's id and description as ifName or ifDescr, then as ifAlias, then as ifPhysAddress, then the port number as bridge
//! port, then as ifIndex. Bridge port first would be wrong on Juniper's EX3300.

use super::bridge::BasePorts;
use crate::model::{IfIndex, Interface, MacAddr, PortId};
use std::collections::BTreeMap;

/// A local port as lldpLocPortTable describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalPort {
    /// lldpLocPortId
    pub id: Option<PortId>,
    /// lldpLocPortDesc
    pub descr: Option<String>,
}

impl LocalPort {
    /// The texts that may name the interface.
    fn names(&self) -> impl Iterator<Item = &str> {
        let id = match &self.id {
            Some(PortId::Name(text) | PortId::Alias(text) | PortId::Text(text)) => Some(text.as_str()),
            Some(PortId::Mac(_) | PortId::Address(_) | PortId::BridgePort(_)) | None => None,
        };
        id.into_iter().chain(self.descr.as_deref())
    }

    /// How it is shown: the id, else the description.
    pub fn name(&self) -> Option<String> {
        self.names().next().map(str::to_owned).or_else(|| self.id.as_ref().map(ToString::to_string))
    }
}

/// A name to its interface; `None` where two have it.
type ByName = BTreeMap<String, Option<IfIndex>>;

/// Finds local ports. Names that two interfaces share name neither.
#[derive(Debug, Default)]
pub struct Ports {
    names: ByName,
    aliases: ByName,
    macs: BTreeMap<MacAddr, Option<IfIndex>>,
    base: BasePorts,
    known: BTreeMap<IfIndex, String>,
}

impl Ports {
    /// Of a device's interfaces and bridge ports.
    pub fn new(interfaces: &[Interface], base: BasePorts) -> Self {
        let mut ports = Self { base, ..Self::default() };
        for interface in interfaces {
            ports.known.insert(interface.if_index, interface.name());
            for name in [&interface.if_name, &interface.if_descr].into_iter().flatten() {
                add(&mut ports.names, canonical(name), interface.if_index);
            }
            if let Some(alias) = &interface.if_alias {
                add(&mut ports.aliases, canonical(alias), interface.if_index);
            }
            if let Some(mac) = interface.mac.filter(|mac| mac.is_identity()) {
                add(&mut ports.macs, mac, interface.if_index);
            }
        }
        ports
    }

    /// The interface of the local port `number`.
    pub fn find(&self, number: u32, local: Option<&LocalPort>) -> Option<IfIndex> {
        self.by_text(local)
            .or_else(|| self.by_mac(local))
            .or_else(|| self.base.get(&number).copied().filter(|if_index| self.known.contains_key(if_index)))
            .or_else(|| Some(IfIndex(number)).filter(|if_index| self.known.contains_key(if_index)))
    }

    /// The interface that is called so.
    pub fn named(&self, name: &str) -> Option<IfIndex> {
        let name = canonical(name);
        [&self.names, &self.aliases].into_iter().find_map(|known| known.get(&name).copied().flatten())
    }

    /// The interface of a bridge port.
    pub fn at_bridge_port(&self, number: u32) -> Option<IfIndex> {
        self.base.get(&number).copied()
    }

    /// The name of an interface.
    pub fn name(&self, if_index: IfIndex) -> Option<&str> {
        self.known.get(&if_index).map(String::as_str)
    }

    fn by_text(&self, local: Option<&LocalPort>) -> Option<IfIndex> {
        let local = local?;
        let one_of = |known: &ByName| local.names().find_map(|name| known.get(&canonical(name)).copied().flatten());
        one_of(&self.names).or_else(|| one_of(&self.aliases))
    }

    fn by_mac(&self, local: Option<&LocalPort>) -> Option<IfIndex> {
        match local?.id {
            Some(PortId::Mac(mac)) => self.macs.get(&mac).copied().flatten(),
            _ => None,
        }
    }
}

fn add<K: Ord>(known: &mut BTreeMap<K, Option<IfIndex>>, key: K, if_index: IfIndex) {
    known.entry(key).and_modify(|first| *first = first.filter(|first| *first == if_index)).or_insert(Some(if_index));
}

/// Agents write the same port as `gi 0/24` here and `Gi0/24` there.
fn canonical(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(number: u32, name: &str, alias: &str) -> Interface {
        let mut interface = Interface::new(IfIndex(number));
        interface.if_name = Some(name.to_owned());
        interface.if_alias = Some(alias.to_owned()).filter(|alias| !alias.is_empty());
        interface
    }

    fn text(id: &str, descr: &str) -> LocalPort {
        LocalPort { id: Some(PortId::Text(id.to_owned())), descr: Some(descr.to_owned()) }
    }

    #[test]
    fn the_order_of_evidence_is_kept() {
        let interfaces = [
            interface(501, "ge-0/0/0.0", "uplink"),
            interface(513, "ge-0/0/1.0", ""),
            interface(7, "gi0/24", "same"),
            interface(8, "x", "same"),
        ];
        let ports = Ports::new(&interfaces, BasePorts::from([(513, IfIndex(7)), (9, IfIndex(8)), (10, IfIndex(9999))]));
        for (number, local, want) in [
            (513, Some(text("513", "ge-0/0/0.0")), Some(501)),
            (513, Some(text("513", "uplink")), Some(501)),
            (513, Some(text("513", "nothing like it")), Some(7)),
            (513, None, Some(7)),
            (1, Some(text("Gi 0/24", "")), Some(7)),
            (9, Some(text("same", "")), Some(8)),
            (501, None, Some(501)),
            (10, None, None),
        ] {
            assert_eq!(ports.find(number, local.as_ref()), want.map(IfIndex), "{number} {local:?}");
        }
    }
}
