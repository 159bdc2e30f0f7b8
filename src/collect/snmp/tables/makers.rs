//! What makers' own tables say of VLANs and ports, by the `[[switching]]` sections of `mibs/`: it fills what the standards' tables left open.

use super::bridge::vlan_id;
use super::columns::{Columns, text_to_nul};
use crate::mib::switching::{Subject, SwitchRule};
use crate::mib::{Kind, Registry};
use crate::model::{IfIndex, Interface, PortMode};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// VLANs of one bit map (CISCO-VTP-MIB vlanTrunkPortVlansEnabled and its fellows).
const VLANS_A_MAP: usize = 1024;

/// The rules for the device of which this was read.
pub fn rules(columns: &Columns) -> Vec<&'static SwitchRule> {
    let id = columns.scalar("sysObjectID").and_then(|value| match value {
        Value::Oid(oid) => Some(oid),
        _ => None,
    });
    Registry::global().switching(id)
}

/// Every object that the rules name: for a device of which everything is known.
pub fn objects(columns: &Columns) -> Vec<&'static str> {
    let all: BTreeSet<&'static str> = rules(columns).into_iter().flat_map(SwitchRule::objects).collect();
    all.into_iter().collect()
}

/// The columns of a rule that are walked: its bit maps are asked for of trunks alone.
pub fn walked(rule: &'static SwitchRule) -> impl Iterator<Item = &'static str> {
    let is_column = |name: &&str| Registry::global().object(name).is_some_and(|object| object.kind == Kind::Column);
    let carried = &rule.says.carried;
    rule.objects().into_iter().filter(is_column).filter(|name| !carried.iter().any(|map| map == name))
}

/// Bit maps of VLANs, and the trunks of which they are wanted.
pub fn maps(rules: &[&'static SwitchRule], columns: &Columns) -> (Vec<&'static str>, BTreeSet<u32>) {
    let names = rules.iter().flat_map(|rule| &rule.says.carried).map(String::as_str).collect();
    let modes = rules.iter().filter_map(|rule| rule.says.mode.as_ref());
    let trunks = modes.flat_map(|mode| {
        let is_trunk = |value: &Value| value.as_i64().is_some_and(|number| mode.trunk.contains(&number));
        columns.by_number(&mode.column).filter(move |(_, value)| is_trunk(value)).map(|(row, _)| row)
    });
    (names, trunks.collect())
}

/// Adds the VLANs that the rules tell, and names of those that have none.
pub fn name_vlans(rules: &[&'static SwitchRule], columns: &Columns, names: &mut BTreeMap<u16, Option<String>>) {
    for rule in rules.iter().filter(|rule| rule.says.of == Subject::Vlan) {
        let Some(name) = &rule.says.name else { continue };
        let ids: Option<BTreeMap<&[u32], &Value>> = rule.says.id.as_ref().map(|id| columns.rows(id).collect());
        let counts = Counting::of(rule, columns);
        for (index, value) in columns.rows(name).filter(|(index, _)| counts.counts(index)) {
            let number = match &ids {
                Some(ids) => ids.get(index).and_then(|id| number(id)),
                None => index.last().copied(),
            };
            if let Some(id) = number.and_then(vlan_id) {
                let known = names.entry(id).or_default();
                *known = known.take().or_else(|| text_to_nul(value));
            }
        }
    }
}

/// A column's numbers by index, and those that count.
type Mark<'a> = (BTreeMap<&'a [u32], i64>, &'static [i64]);

/// Rows that `when` lets through.
struct Counting<'a> {
    marks: Vec<Mark<'a>>,
}

impl<'a> Counting<'a> {
    fn of(rule: &'static SwitchRule, columns: &'a Columns) -> Self {
        let mark = |(index, value): (&'a [u32], &'a Value)| Some((index, value.as_i64()?));
        let marks = rule.says.when.iter().map(|when| (columns.rows(&when.column).filter_map(mark).collect(), when.is.as_slice()));
        Self { marks: marks.collect() }
    }

    /// An agent that does not tell the column has only rows that count.
    fn counts(&self, index: &[u32]) -> bool {
        self.marks.iter().all(|(marks, is)| marks.is_empty() || marks.get(index).is_some_and(|mark| is.contains(mark)))
    }
}

/// Fills mode, VLANs and port VLAN id of those interfaces of which the standards' tables say nothing. `known` are the device's VLANs: a
/// trunk is permitted many more than there are.
pub fn fill_ports(interfaces: &mut [Interface], rules: &[&'static SwitchRule], (columns, known): (&Columns, &BTreeSet<u16>)) {
    for rule in rules.iter().filter(|rule| rule.says.of == Subject::Port) {
        let says = Ports::of(rule, columns);
        for interface in interfaces.iter_mut() {
            says.fill(interface, known);
        }
    }
}

type ByPort<'a> = BTreeMap<IfIndex, &'a Value>;

/// What a rule's columns say, by ifIndex.
struct Ports<'a> {
    modes: BTreeMap<IfIndex, PortMode>,
    access: ByPort<'a>,
    voice: ByPort<'a>,
    native: ByPort<'a>,
    carried: Vec<ByPort<'a>>,
}

impl<'a> Ports<'a> {
    fn of(rule: &'static SwitchRule, columns: &'a Columns) -> Self {
        let by_port = |name: &Option<String>| name.iter().flat_map(|name| columns.by_if_index(name)).collect();
        let says = &rule.says;
        let modes = says.mode.iter().flat_map(|words| {
            let mode = |number: i64| match number {
                _ if words.trunk.contains(&number) => Some(PortMode::Trunk),
                _ if words.access.contains(&number) => Some(PortMode::Access),
                _ => None,
            };
            columns.by_if_index(&words.column).filter_map(move |(port, value)| Some((port, mode(value.as_i64()?)?)))
        });
        Self {
            modes: modes.collect(),
            access: by_port(&says.access),
            voice: by_port(&says.voice),
            native: by_port(&says.native),
            carried: says.carried.iter().map(|map| columns.by_if_index(map).collect()).collect(),
        }
    }

    fn fill(&self, interface: &mut Interface, known: &BTreeSet<u16>) {
        let vlan = |of: &ByPort<'_>| of.get(&interface.if_index).and_then(|value| number(value)).and_then(vlan_id);
        let (access, native) = (vlan(&self.access), vlan(&self.native));
        let mode = self.modes.get(&interface.if_index).copied().or(access.map(|_| PortMode::Access));
        match mode {
            Some(PortMode::Trunk) => {
                interface.mode = mode;
                interface.pvid = interface.pvid.or(native);
                if interface.vlans.is_empty() {
                    interface.vlans = self.carried(interface.if_index).filter(|id| known.contains(id)).collect();
                }
                if interface.untagged.is_empty() {
                    interface.untagged = native.filter(|id| interface.vlans.contains(id)).into_iter().collect();
                }
            }
            // Ports that are routed are no trunks either.
            Some(PortMode::Access) if access.is_some() => {
                interface.mode = mode;
                interface.pvid = interface.pvid.or(access);
                if interface.vlans.is_empty() {
                    interface.vlans = access.into_iter().chain(vlan(&self.voice)).collect();
                    interface.vlans.sort_unstable();
                    interface.vlans.dedup();
                }
                if interface.untagged.is_empty() {
                    interface.untagged = access.into_iter().collect();
                }
            }
            Some(PortMode::Access) | None => {}
        }
    }

    /// The VLANs of all bit maps of a port, in order: the highest bit of the first octet is the first VLAN of its map.
    fn carried(&self, port: IfIndex) -> impl Iterator<Item = u16> + '_ {
        self.carried.iter().enumerate().flat_map(move |(map, rows)| {
            let octets = rows.get(&port).and_then(|value| value.as_octets()).unwrap_or_default();
            let is_set = |at: usize| octets.get(at / 8).is_some_and(|octet| octet & (0x80 >> (at % 8)) != 0);
            let set = (0..VLANS_A_MAP.min(octets.len() * 8)).filter(move |at| is_set(*at));
            set.filter_map(move |at| u32::try_from(map * VLANS_A_MAP + at).ok().and_then(vlan_id))
        })
    }
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}
