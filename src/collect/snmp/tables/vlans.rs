//! VLANs: their names, which ports carry them, and how (RFC 4363 Q-BRIDGE-MIB, IEEE 802.1Q clause 17, makers' own tables).

use super::bridge::{BasePorts, at_port, vlan_id};
use super::columns::Columns;
use super::makers;
use crate::model::device::Vlan;
use crate::model::{FdbRow, Interface, PortMode, limit};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    "dot1qPvid",
    "ieee8021QBridgePvid",
    "dot1qVlanStaticName",
    "ieee8021QBridgeVlanStaticName",
    "dot1qVlanCurrentEgressPorts",
    "dot1qVlanCurrentUntaggedPorts",
    "dot1qVlanStaticEgressPorts",
    "dot1qVlanStaticUntaggedPorts",
    "ieee8021QBridgeVlanCurrentEgressPorts",
    "ieee8021QBridgeVlanCurrentUntaggedPorts",
    "ieee8021QBridgeVlanStaticEgressPorts",
    "ieee8021QBridgeVlanStaticUntaggedPorts",
    "dot1qVlanFdbId",
    "ieee8021QBridgeVlanFdbId",
];

/// Lists of ports: egress, untagged, and which part of the index is the VLAN. Of a VLAN as it is now, and as it is configured: the latter
/// is read where the former is not there, and those of IEEE 802.1Q where neither is.
const LISTS: [(&str, &str, usize); 4] = [
    ("dot1qVlanCurrentEgressPorts", "dot1qVlanCurrentUntaggedPorts", 1),
    ("dot1qVlanStaticEgressPorts", "dot1qVlanStaticUntaggedPorts", 0),
    ("ieee8021QBridgeVlanCurrentEgressPorts", "ieee8021QBridgeVlanCurrentUntaggedPorts", 2),
    ("ieee8021QBridgeVlanStaticEgressPorts", "ieee8021QBridgeVlanStaticUntaggedPorts", 1),
];

/// What VLANs of telephones are called: beside an access VLAN one that is tagged makes no trunk.
const VOICE: [&str; 4] = ["voice", "voip", "phone", "tele"];

/// The columns of which it is not worth reading all: `lacks` says whether a column is known to be absent.
pub fn is_superseded(column: &str, lacks: impl Fn(&str) -> bool) -> bool {
    let Some(place) = LISTS.iter().position(|(egress, untagged, _)| [*egress, *untagged].contains(&column)) else { return false };
    !LISTS.iter().take(place).all(|(egress, ..)| lacks(egress))
}

/// Fills port VLAN id, VLANs and mode of the interfaces, and returns the VLANs by id.
pub fn fill(interfaces: &mut [Interface], columns: &Columns, ports: &BasePorts) -> Vec<Vlan> {
    let pvids = columns.by_number("dot1qPvid");
    let newer = columns.rows("ieee8021QBridgePvid").filter_map(|(index, value)| Some((*index.get(1)?, value)));
    for (port, value) in newer.chain(pvids) {
        // Some agents number the rows of this table by ifIndex.
        let if_index = ports.get(&port).copied().or_else(|| ports.values().copied().find(|own| own.0 == port));
        let place = if_index.map(|own| interfaces.binary_search_by_key(&own, |interface| interface.if_index));
        if let Some(interface) = place.and_then(|place| interfaces.get_mut(place.ok()?)) {
            interface.pvid = value.as_u64().and_then(|id| u32::try_from(id).ok()).and_then(vlan_id);
        }
    }
    let members = lists(columns, ports, |(egress, _, at)| (egress, at));
    let untagged = lists(columns, ports, |(_, untagged, at)| (untagged, at));
    carry(interfaces, (&members, ports), |interface| &mut interface.vlans);
    carry(interfaces, (&untagged, ports), |interface| &mut interface.untagged);
    for interface in interfaces.iter_mut() {
        // What leaves a port untagged is carried by it.
        interface.untagged.retain(|id| interface.vlans.binary_search(id).is_ok());
    }
    let rules = makers::rules(columns);
    let mut names = names(columns, &members);
    makers::name_vlans(&rules, columns, &mut names);
    if names.is_empty() {
        names.extend(interfaces.iter().filter_map(|interface| interface.pvid).map(|id| (id, None)));
    }
    makers::fill_ports(interfaces, &rules, (columns, &names.keys().copied().collect()));
    let voice = voice(&names);
    let tells_tags = LISTS.iter().any(|(_, untagged, _)| columns.len(untagged) > 0);
    for interface in interfaces.iter_mut().filter(|interface| interface.mode.is_none()) {
        interface.mode = if tells_tags { by_tags(interface, &voice) } else { by_count(interface) };
    }
    names.into_iter().map(|(id, name)| Vlan { id, name }).collect()
}

/// Adds the VLANs in which addresses were learned, where no table of VLANs is told.
pub fn add_learned(vlans: &mut Vec<Vlan>, columns: &Columns, rows: &[FdbRow]) {
    let tables = LISTS.iter().map(|(egress, ..)| *egress).chain(["dot1qVlanStaticName", "ieee8021QBridgeVlanStaticName"]);
    if vlans.iter().any(|vlan| vlan.name.is_some()) || tables.into_iter().any(|column| columns.len(column) > 0) {
        return;
    }
    let known: BTreeSet<u16> = vlans.iter().map(|vlan| vlan.id).chain(rows.iter().filter_map(|row| row.vlan)).collect();
    *vlans = known.into_iter().map(|id| Vlan { id, name: None }).collect();
}

/// A list of ports and the place of the VLAN in its index.
type Listed = fn((&'static str, &'static str, usize)) -> (&'static str, usize);

/// Bridge ports by VLAN.
fn lists(columns: &Columns, ports: &BasePorts, listed: Listed) -> BTreeMap<u16, BTreeSet<u32>> {
    let mut left = limit::DEVICE_VLANS.most();
    let mut members: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
    for (column, at) in LISTS.into_iter().map(listed) {
        let is_text = columns.rows(column).any(|(_, value)| value.as_octets().is_some_and(is_hex_text));
        for (index, value) in columns.rows(column) {
            if let (Some(vlan), Some(octets)) = (index.get(at).copied().and_then(vlan_id), value.as_octets()) {
                if left == 0 {
                    limit::DEVICE_VLANS.beyond(1);
                    continue;
                }
                let members = members.entry(vlan).or_default();
                let before = members.len();
                let octets = if is_text { from_hex_text(octets) } else { octets.to_vec() };
                members.extend(port_list(&octets).filter(|port| ports.contains_key(port)).take(left));
                left -= members.len() - before;
            }
        }
    }
    members
}

fn carry(
    interfaces: &mut [Interface],
    (members, ports): (&BTreeMap<u16, BTreeSet<u32>>, &BasePorts),
    field: fn(&mut Interface) -> &mut Vec<u16>,
) {
    for (vlan, members) in members {
        for port in members {
            if let Some(interface) = at_port(interfaces, ports, *port) {
                field(interface).push(*vlan);
            }
        }
    }
}

/// How a port takes VLANs, by what leaves it with a tag.
fn by_tags(interface: &Interface, voice: &BTreeSet<u16>) -> Option<PortMode> {
    let mut tagged = interface.vlans.iter().filter(|id| !interface.untagged.contains(id));
    match (interface.untagged.len(), tagged.next(), tagged.next()) {
        (1, None, _) => Some(PortMode::Access),
        (1, Some(only), None) if voice.contains(only) => Some(PortMode::Access),
        (0 | 1, Some(_), _) => Some(PortMode::Trunk),
        _ => None,
    }
}

/// The same where nothing is told of tags: a port of one VLAN, which is its own, needs none.
fn by_count(interface: &Interface) -> Option<PortMode> {
    match interface.vlans.as_slice() {
        [] => None,
        [only] if interface.pvid == Some(*only) => Some(PortMode::Access),
        [_] => None,
        _ => Some(PortMode::Trunk),
    }
}

fn voice(names: &BTreeMap<u16, Option<String>>) -> BTreeSet<u16> {
    let is_voice = |name: &str| VOICE.iter().any(|word| name.to_ascii_lowercase().contains(word));
    names.iter().filter(|(_, name)| name.as_deref().is_some_and(is_voice)).map(|(id, _)| *id).collect()
}

/// PortList (RFC 4363 §5): the highest bit of the first octet is port 1. Junos writes the numbers out: `4097,4099`.
fn port_list(octets: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let written = is_written_out(octets).then(|| octets.split(|octet| *octet == b','));
    let numbers = written.into_iter().flatten().filter_map(|number| std::str::from_utf8(number).ok()?.parse().ok());
    let bits = if is_written_out(octets) { &[] } else { octets };
    let set = (1_u32..).zip(bits.iter().flat_map(|octet| (0..8).map(move |bit| octet & (0x80 >> bit) != 0)));
    numbers.chain(set.filter_map(|(port, set)| set.then_some(port)))
}

/// Pairs of hexadecimal digits with blanks between them: SONiC's agent writes the bit map out so, and an empty one as `0`.
fn is_hex_text(octets: &[u8]) -> bool {
    let is_pair = |pair: &[u8]| matches!(pair, [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    octets.len() > 4 && octets.split(|octet| *octet == b' ').all(is_pair)
}

fn from_hex_text(octets: &[u8]) -> Vec<u8> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    octets.split(|octet| *octet == b' ').filter_map(pair).collect()
}

/// Digits and at least one comma: as a bit map it would set the same few bits in every octet.
fn is_written_out(octets: &[u8]) -> bool {
    octets.contains(&b',') && octets.iter().all(|octet| octet.is_ascii_digit() || *octet == b',')
}

fn names(columns: &Columns, members: &BTreeMap<u16, BTreeSet<u32>>) -> BTreeMap<u16, Option<String>> {
    let mut names: BTreeMap<u16, Option<String>> = members.keys().map(|id| (*id, None)).collect();
    let newer = columns.rows("ieee8021QBridgeVlanStaticName").filter_map(|(index, value)| Some((*index.get(1)?, value)));
    for (number, value) in newer.chain(columns.by_number("dot1qVlanStaticName")) {
        if let Some(id) = vlan_id(number) {
            names.insert(id, Value::as_text(value));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::bridge::{self, base_ports};
    use super::super::columns::fixture;
    use super::*;
    use crate::model::IfIndex;

    const PORTS: &str = "dot1dBasePortIfIndex.1 = #101\ndot1dBasePortIfIndex.2 = #102\ndot1dBasePortIfIndex.3 = #103";

    fn read(lines: &str) -> (Vec<Interface>, Vec<Vlan>) {
        let makers = ["sysObjectID", "vtpVlanName", "vtpVlanType", "vmVlan", "vmVoiceVlanId", "vlanTrunkPortDynamicStatus"];
        let trunks = ["vlanTrunkPortNativeVlan", "vlanTrunkPortVlansEnabled", "vlanTrunkPortVlansEnabled2k"];
        let names = [COLUMNS, bridge::COLUMNS, &makers, &trunks, &["jnxL2aldVlanName", "jnxL2aldVlanTag"]].concat();
        let columns = fixture::columns(&names, &format!("{PORTS}\n{lines}"));
        let mut interfaces: Vec<Interface> = [101, 102, 103].map(|number| Interface::new(IfIndex(number))).into();
        let ports = base_ports(&columns);
        bridge::fill(&mut interfaces, &ports);
        let vlans = fill(&mut interfaces, &columns, &ports);
        (interfaces, vlans)
    }

    fn modes(interfaces: &[Interface]) -> Vec<&'static str> {
        interfaces.iter().map(|interface| interface.mode.map_or("-", PortMode::word)).collect()
    }

    fn named(vlans: &[Vlan]) -> Vec<(u16, Option<&str>)> {
        vlans.iter().map(|vlan| (vlan.id, vlan.name.as_deref())).collect()
    }

    #[test]
    fn vlans_reach_interfaces_by_bridge_port() {
        let (interfaces, vlans) = read(
            "dot1qPvid.2 = #20\ndot1qVlanStaticName.20 = users\ndot1qVlanCurrentEgressPorts.0.20 = 0x40
             dot1qVlanCurrentEgressPorts.0.30 = 0xc000\ndot1qVlanStaticEgressPorts.40 = 0,2,9",
        );
        assert_eq!(interfaces[0].vlans, [30]);
        assert_eq!(interfaces[1].vlans, [20, 30, 40]);
        assert_eq!((interfaces[0].pvid, interfaces[1].pvid), (None, Some(20)));
        assert_eq!((interfaces[0].bridge_port, interfaces[1].bridge_port), (Some(1), Some(2)));
        assert_eq!(named(&vlans), [(20, Some("users")), (30, None), (40, None)]);
        assert_eq!(modes(&interfaces), ["-", "trunk", "-"], "nothing is told of tags");
    }

    #[test]
    fn memberships_without_end_are_kept_as_far_as_there_is_room() {
        let ports: BasePorts = (1..=256).map(|port| (port, IfIndex(port))).collect();
        let all = "ff".repeat(32);
        let told: String = (1..=4094).map(|vlan| format!("dot1qVlanCurrentEgressPorts.0.{vlan} = 0x{all}\n")).collect();
        let columns = fixture::columns(COLUMNS, &told);
        let (members, beyond) = limit::DEVICE_VLANS.during(|| lists(&columns, &ports, |(egress, _, at)| (egress, at)));
        assert_eq!(members.values().map(BTreeSet::len).sum::<usize>(), limit::DEVICE_VLANS.most());
        assert!(beyond > 2000, "{beyond}");
    }

    #[test]
    fn the_mode_follows_from_what_is_tagged_and_a_telephone_makes_no_trunk() {
        let lines = "dot1qVlanStaticName.10 = users\ndot1qVlanStaticName.20 = Voice\ndot1qVlanStaticName.30 = iot
             dot1qVlanCurrentEgressPorts.0.10 = 0xe0\ndot1qVlanCurrentUntaggedPorts.0.10 = 0xc0
             dot1qVlanCurrentEgressPorts.0.20 = 0x60\ndot1qVlanCurrentUntaggedPorts.0.20 = 0x00";
        let (interfaces, _) = read(lines);
        assert_eq!(modes(&interfaces), ["access", "access", "trunk"]);
        assert_eq!((interfaces[1].untagged.as_slice(), interfaces[2].untagged.as_slice()), (&[10][..], &[][..]));
        let (interfaces, _) =
            read(&format!("{lines}\ndot1qVlanCurrentEgressPorts.0.30 = 0xc0\ndot1qVlanCurrentUntaggedPorts.0.30 = 0x80"));
        assert_eq!(modes(&interfaces), ["-", "trunk", "trunk"], "two without a tag are neither");
    }

    #[test]
    fn the_tables_of_ieee_802_1q_are_read_alike() {
        let (interfaces, vlans) = read(
            "ieee8021QBridgeVlanStaticName.1.97 = lan\nieee8021QBridgeVlanStaticEgressPorts.1.97 = 0xc0
             ieee8021QBridgeVlanStaticUntaggedPorts.1.97 = 0x80\nieee8021QBridgePvid.1.1 = #97",
        );
        assert_eq!((named(&vlans), modes(&interfaces)), (vec![(97, Some("lan"))], vec!["access", "trunk", "-"]));
        assert_eq!(interfaces[0].pvid, Some(97));
    }

    #[test]
    fn makers_tables_fill_what_the_standards_leave_open() {
        let (interfaces, vlans) = read(
            "sysObjectID.0 = @1.3.6.1.4.1.9.1.1208\nvtpVlanName.1.1 = default\nvtpVlanName.1.10 = users\nvtpVlanName.1.1030 = lab
             vtpVlanName.1.1002 = fddi-default\nvtpVlanType.1.1 = #1\nvtpVlanType.1.10 = #1\nvtpVlanType.1.1002 = #2\nvtpVlanType.1.1030 = #1
             vmVlan.101 = #10\nvmVoiceVlanId.101 = #4095\nvlanTrunkPortDynamicStatus.101 = #2\nvlanTrunkPortDynamicStatus.102 = #1
             vlanTrunkPortNativeVlan.102 = #1\nvlanTrunkPortVlansEnabled.102 = 0x7fffff\nvlanTrunkPortVlansEnabled2k.102 = 0x03
             vlanTrunkPortDynamicStatus.103 = #2",
        );
        assert_eq!(named(&vlans), [(1, Some("default")), (10, Some("users")), (1030, Some("lab"))]);
        assert_eq!(modes(&interfaces), ["access", "trunk", "-"], "what is routed is neither");
        assert_eq!((interfaces[0].vlans.as_slice(), interfaces[0].pvid), (&[10][..], Some(10)));
        assert_eq!((interfaces[1].vlans.as_slice(), interfaces[1].untagged.as_slice()), (&[1, 10, 1030][..], &[1][..]));
        let junos =
            "sysObjectID.0 = @1.3.6.1.4.1.2636.1\njnxL2aldVlanName.2 = noc\njnxL2aldVlanTag.2 = #23\njnxL2aldVlanName.3 = none";
        assert_eq!(named(&read(junos).1), [(23, Some("noc"))]);
    }

    #[test]
    fn numbers_that_are_no_vlan_are_passed_over_and_ports_tell_vlans_where_nothing_else_does() {
        assert!(read("dot1qVlanStaticName.5000 = x\ndot1dBasePortIfIndex.3 = #0").1.is_empty());
        assert_eq!(named(&read("dot1qPvid.1 = #20\ndot1qPvid.2 = #4095").1), [(20, None)]);
    }

    #[test]
    fn rows_by_if_index_and_bit_maps_written_out_are_read_too() {
        let lines = "dot1qPvid.102 = #20\ndot1qVlanCurrentEgressPorts.0.10 = ff 80 00\ndot1qVlanCurrentEgressPorts.0.30 = 0";
        let (interfaces, vlans) = read(lines);
        assert_eq!(interfaces[1].pvid, Some(20));
        assert_eq!((interfaces[0].vlans.as_slice(), vlans.len()), (&[10][..], 2));
        let (interfaces, _) = read("dot1qVlanCurrentEgressPorts.0.30 = 0");
        assert_eq!(interfaces[2].vlans, [30], "one octet is a bit map: ports 3 and 4");
    }

    #[test]
    fn addresses_tell_vlans_where_no_table_does() {
        let row = |vlan: u16| FdbRow { mac: crate::model::MacAddr([0; 6]), if_index: None, vlan: Some(vlan) };
        let add = |lines: &str| {
            let columns = fixture::columns(COLUMNS, lines);
            let mut vlans = vec![Vlan { id: 1, name: None }];
            add_learned(&mut vlans, &columns, &[row(2), row(1)]);
            vlans.into_iter().map(|vlan| vlan.id).collect::<Vec<u16>>()
        };
        assert_eq!((add(""), add("dot1qVlanCurrentEgressPorts.0.1 = 0x80")), (vec![1, 2], vec![1]));
    }

    #[test]
    fn of_several_lists_the_first_that_is_there_is_read() {
        let lacks = |absent: &'static [&'static str]| move |name: &str| absent.contains(&name);
        let egress = ["dot1qVlanCurrentEgressPorts", "dot1qVlanStaticEgressPorts", "ieee8021QBridgeVlanCurrentEgressPorts"];
        assert_eq!(egress.map(|name| is_superseded(name, lacks(&[]))), [false, true, true]);
        assert!(!is_superseded("dot1qVlanStaticUntaggedPorts", lacks(&["dot1qVlanCurrentEgressPorts"])));
        assert!(!is_superseded("dot1qPvid", lacks(&[])));
    }
}
