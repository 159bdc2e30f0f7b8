//! Power over Ethernet of ports (RFC 3621 pethPsePortTable), and what they draw by their makers' tables.
//!
//! The table counts ports by group (a member of a stack, a line card) and port, and does not say which interface one is. Of several ways to
//! tell, that which places most rows counts for all of them.

use super::bridge::BasePorts;
use super::columns::Columns;
use super::makers;
use crate::mib::switching::{PoeIndex, Subject, SwitchRule};
use crate::model::{IfIndex, Interface, PoePort, PoeStatus};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] = &["pethPsePortAdminEnable", "pethPsePortDetectionStatus", "pethPsePortPowerClassifications"];

/// IANAifType of Ethernet: ethernetCsmacd, and those that older agents tell.
const ETHERNET: [u32; 3] = [6, 62, 117];

/// A port that drew more would be an agent's mistake: IEEE 802.3bt ends at 90 W of the supply, makers at some 100.
const MAX_MW: u32 = 200_000;

/// The highest class (IEEE 802.3 §145).
const MAX_CLASS: u64 = 8;

/// TruthValue true (RFC 2579)
const TRUE: i64 = 1;

/// pethPsePortGroupIndex and pethPsePortIndex.
pub type Place = (u32, u32);

/// What is told of each place: the standard's table, and its maker's.
pub fn places(columns: &Columns, rules: &[&'static SwitchRule]) -> BTreeMap<Place, PoePort> {
    let mut ports: BTreeMap<Place, PoePort> = BTreeMap::new();
    for (place, value) in rows(columns, "pethPsePortAdminEnable") {
        port_at(&mut ports, place).enabled = value.as_i64().map(|number| number == TRUE);
    }
    for (place, value) in rows(columns, "pethPsePortDetectionStatus") {
        port_at(&mut ports, place).status = value.as_i64().and_then(PoeStatus::from_mib);
    }
    for (place, value) in rows(columns, "pethPsePortPowerClassifications") {
        let class = value.as_u64().and_then(|number| number.checked_sub(1)).filter(|class| *class <= MAX_CLASS);
        port_at(&mut ports, place).class = class.and_then(|class| u8::try_from(class).ok());
    }
    for rule in poe(rules).filter(|rule| rule.says.index == PoeIndex::Place) {
        for (place, value) in rule.says.draw.iter().flat_map(|column| rows(columns, column)) {
            port_at(&mut ports, place).draw_mw = milliwatts(value);
        }
        for (place, value) in rule.says.limit.iter().flat_map(|column| rows(columns, column)) {
            port_at(&mut ports, place).limit_mw = milliwatts(value).filter(|limit| *limit > 0);
        }
    }
    for port in ports.values_mut() {
        // Agents keep the class of whoever was there last.
        port.class = port.class.filter(|_| port.status == Some(PoeStatus::Delivering));
    }
    ports
}

/// What makers' tables tell by ifIndex.
pub fn by_interface(columns: &Columns, rules: &[&'static SwitchRule]) -> BTreeMap<IfIndex, PoePort> {
    let mut ports: BTreeMap<IfIndex, PoePort> = BTreeMap::new();
    for rule in poe(rules).filter(|rule| rule.says.index == PoeIndex::Interface) {
        for (port, value) in rule.says.draw.iter().flat_map(|column| columns.by_if_index(column)) {
            ports.entry(port).or_default().draw_mw = milliwatts(value);
        }
        for (port, value) in rule.says.limit.iter().flat_map(|column| columns.by_if_index(column)) {
            ports.entry(port).or_default().limit_mw = milliwatts(value).filter(|limit| *limit > 0);
        }
    }
    ports
}

/// The rules of Power over Ethernet.
pub fn poe(rules: &[&'static SwitchRule]) -> impl Iterator<Item = &'static SwitchRule> {
    rules.iter().copied().filter(|rule| rule.says.of == Subject::Poe)
}

fn port_at(ports: &mut BTreeMap<Place, PoePort>, place: Place) -> &mut PoePort {
    ports.entry(place).or_insert_with(|| PoePort { place: Some(place), ..PoePort::default() })
}

fn rows<'a>(columns: &'a Columns, column: &str) -> impl Iterator<Item = (Place, &'a Value)> {
    columns.rows(column).filter_map(|(index, value)| match index {
        [group, port] => Some(((*group, *port), value)),
        _ => None,
    })
}

fn milliwatts(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= MAX_MW)
}

/// Fills the ports of the interfaces. `parts` are the interfaces of physical parts.
pub fn fill(interfaces: &mut [Interface], (columns, ports): (&Columns, &BasePorts), parts: &BTreeMap<u32, IfIndex>) {
    let rules = makers::rules(columns);
    let places = places(columns, &rules);
    let found = placed(&places, (interfaces, ports, &by_part((columns, &rules), parts)));
    let mut told: BTreeMap<IfIndex, PoePort> = by_interface(columns, &rules);
    for (place, port) in places {
        if let Some(if_index) = found.get(&place) {
            let own = told.remove(if_index).unwrap_or_default();
            let (draw_mw, limit_mw) = (port.draw_mw.or(own.draw_mw), port.limit_mw.or(own.limit_mw));
            told.insert(*if_index, PoePort { draw_mw, limit_mw, ..port });
        }
    }
    for interface in interfaces {
        interface.poe = told.remove(&interface.if_index).map(Box::new);
    }
}

/// The interfaces of places by the part that their maker names.
fn by_part((columns, rules): (&Columns, &[&'static SwitchRule]), parts: &BTreeMap<u32, IfIndex>) -> BTreeMap<Place, IfIndex> {
    let named = poe(rules).filter_map(|rule| rule.says.part.as_ref()).flat_map(|column| rows(columns, column));
    named.filter_map(|(place, value)| Some((place, *parts.get(&u32::try_from(value.as_u64()?).ok()?)?))).collect()
}

/// The interface of each place.
fn placed(
    places: &BTreeMap<Place, PoePort>,
    (interfaces, ports, by_part): (&[Interface], &BasePorts, &BTreeMap<Place, IfIndex>),
) -> BTreeMap<Place, IfIndex> {
    let ethernet: Vec<&Interface> =
        interfaces.iter().filter(|port| port.if_type.is_none_or(|kind| ETHERNET.contains(&kind))).collect();
    let is_ethernet = |if_index: &IfIndex| ethernet.binary_search_by_key(if_index, |port| port.if_index).is_ok();
    let groups: BTreeSet<u32> = places.keys().map(|(group, _)| *group).collect();
    let names = names(&ethernet);
    let by_name = |(group, port): Place| {
        names.get(&(Some(group), port)).or_else(|| names.get(&(None, port)).filter(|_| groups.len() == 1)).copied()
    };
    let by_number = |(_, port): Place| Some(IfIndex(port)).filter(is_ethernet);
    let by_bridge_port = |(_, port): Place| ports.get(&port).copied().filter(is_ethernet);
    let way = |find: &dyn Fn(Place) -> Option<IfIndex>| -> BTreeMap<Place, IfIndex> {
        let found: BTreeMap<Place, IfIndex> = places.keys().filter_map(|place| Some((*place, find(*place)?))).collect();
        // A way that leads twice to one interface leads astray.
        let distinct: BTreeSet<IfIndex> = found.values().copied().collect();
        if distinct.len() == found.len() { found } else { BTreeMap::new() }
    };
    let ways = [way(&|place| by_part.get(&place).copied()), way(&by_name), way(&by_number), way(&by_bridge_port)];
    // Of those that place as many the first: `max_by_key` takes the last.
    ways.into_iter().rev().max_by_key(BTreeMap::len).unwrap_or_default()
}

/// Interfaces by the numbers in their names: the first is the group, the last the port; those between are 0 where the port is one of the
/// switch itself (`Gi2/0/13`, not `Te2/1/1`). A name with one number has no group.
fn names(ethernet: &[&Interface]) -> BTreeMap<(Option<u32>, u32), IfIndex> {
    let mut names: BTreeMap<(Option<u32>, u32), (u32, IfIndex)> = BTreeMap::new();
    for port in ethernet {
        let Some(numbers) = port.if_name.as_deref().or(port.if_descr.as_deref()).map(numbers) else { continue };
        let (key, middle) = match numbers.as_slice() {
            [port] => ((None, *port), 0),
            [group, middle @ .., port] => ((Some(*group), *port), middle.iter().copied().max().unwrap_or(0)),
            [] => continue,
        };
        let new = (middle, port.if_index);
        names.entry(key).and_modify(|known| *known = new.min(*known)).or_insert(new);
    }
    names.into_iter().map(|(key, (_, if_index))| (key, if_index)).collect()
}

fn numbers(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture;
    use super::*;

    fn read(names: &[(u32, &str)], lines: &str) -> Vec<String> {
        let own = ["sysObjectID", "cpeExtPsePortPwrConsumption", "cpeExtPsePortPwrAllocated", "hwPoePortConsumingPower"];
        let columns = fixture::columns(&[COLUMNS, &own].concat(), lines);
        let mut interfaces: Vec<Interface> = names
            .iter()
            .map(|(number, name)| {
                let mut port = Interface::new(IfIndex(*number));
                (port.if_name, port.if_type) = (Some((*name).to_owned()), Some(6));
                port
            })
            .collect();
        fill(&mut interfaces, (&columns, &BasePorts::from([(1, IfIndex(901))])), &BTreeMap::new());
        let told = interfaces.iter().filter_map(|port| Some((port.if_name.as_deref()?, port.poe.as_deref()?)));
        let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
        told.map(|(name, poe)| {
            let class = number(poe.class.map(u32::from));
            format!("{name} {} {class} {} {}", poe.status.map_or("-", PoeStatus::word), number(poe.draw_mw), number(poe.limit_mw))
        })
        .collect()
    }

    #[test]
    fn ports_of_a_stack_are_found_by_group_and_port_and_uplinks_are_none() {
        let names = [(11, "Gi1/0/1"), (12, "Gi1/0/2"), (18, "Te1/1/1"), (21, "Gi2/0/1"), (28, "Te2/1/1")];
        let lines = "sysObjectID.0 = @1.3.6.1.4.1.9.1.2494\npethPsePortAdminEnable.1.1 = #1\npethPsePortDetectionStatus.1.1 = #3
             pethPsePortPowerClassifications.1.1 = #5\npethPsePortDetectionStatus.1.2 = #2\npethPsePortPowerClassifications.1.2 = #1
             pethPsePortDetectionStatus.2.1 = #4\ncpeExtPsePortPwrConsumption.1.1 = #15400\ncpeExtPsePortPwrAllocated.1.1 = #30000
             cpeExtPsePortPwrConsumption.1.2 = #0\ncpeExtPsePortPwrConsumption.2.1 = #99999999";
        assert_eq!(read(&names, lines), ["Gi1/0/1 delivering 4 15400 30000", "Gi1/0/2 searching - 0 -", "Gi2/0/1 fault - - -"]);
    }

    #[test]
    fn names_of_one_number_belong_to_the_only_group_and_else_the_number_is_the_interface_or_the_bridge_port() {
        let status = "pethPsePortDetectionStatus.1.1 = #3\npethPsePortDetectionStatus.1.2 = #2";
        assert_eq!(read(&[(1, "1"), (2, "2"), (3, "3")], status), ["1 delivering - - -", "2 searching - - -"]);
        assert_eq!(read(&[(7, "Eth7/9"), (8, "Eth7/8")], "pethPsePortDetectionStatus.1.8 = #3"), ["Eth7/8 delivering - - -"]);
        assert_eq!(read(&[(901, "uplink")], "pethPsePortDetectionStatus.1.1 = #3"), ["uplink delivering - - -"]);
        assert_eq!(read(&[(901, "uplink")], "pethPsePortDetectionStatus.1.2 = #3"), Vec::<String>::new());
    }

    #[test]
    fn a_makers_table_by_if_index_needs_no_other() {
        let lines = "sysObjectID.0 = @1.3.6.1.4.1.2011.2.23\nhwPoePortConsumingPower.5 = #4200";
        assert_eq!(read(&[(5, "GigabitEthernet0/0/1")], lines), ["GigabitEthernet0/0/1 - - 4200 -"]);
    }
}
