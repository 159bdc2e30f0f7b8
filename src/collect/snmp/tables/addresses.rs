//! ipAddrTable and ipAddressTable to the addresses of interfaces (RFC 4293).

use super::columns::Columns;
use crate::model::{IfIndex, Interface};
use crate::wire::snmp::Value;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The columns that are read.
pub const COLUMNS: &[&str] = &["ipAdEntIfIndex", "ipAdEntNetMask", "ipAddressIfIndex", "ipAddressType", "ipAddressPrefix"];

/// ipAddressType: broadcast addresses are listed too and are nobody's own.
const BROADCAST: i64 = 3;

/// An owned address: whose, and how long its prefix is where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owned {
    if_index: IfIndex,
    prefix: Option<u8>,
}

/// Adds the addresses to their interfaces, and returns all that the device owns, sorted. An address of which the prefix is not known
/// stands as a host prefix.
pub fn fill(interfaces: &mut [Interface], columns: &Columns) -> Vec<IpAddr> {
    let mut owned = from_old_table(columns);
    for (address, row) in from_new_table(columns) {
        let known = owned.entry(address).or_insert(row);
        known.prefix = row.prefix.or(known.prefix);
    }
    for (address, row) in &owned {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let at = interfaces.binary_search_by_key(&row.if_index, |interface| interface.if_index);
        let interface = at.ok().and_then(|at| interfaces.get_mut(at));
        if let (Some(interface), Ok(net)) = (interface, IpNet::new(*address, row.prefix.unwrap_or(longest))) {
            interface.addresses.push(net);
        }
    }
    owned.into_keys().collect()
}

fn if_index(value: &Value) -> Option<IfIndex> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).map(IfIndex)
}

fn from_old_table(columns: &Columns) -> BTreeMap<IpAddr, Owned> {
    let mut owned = BTreeMap::new();
    for (index, value) in columns.rows("ipAdEntIfIndex") {
        if let (Some(address), Some(if_index)) = (ipv4(index), if_index(value)) {
            owned.insert(IpAddr::V4(address), Owned { if_index, prefix: None });
        }
    }
    for (index, value) in columns.rows("ipAdEntNetMask") {
        if let (Some(address), Value::IpAddress(mask)) = (ipv4(index), value)
            && let Some(row) = owned.get_mut(&IpAddr::V4(address))
        {
            row.prefix = ipnet::ipv4_mask_to_prefix(*mask).ok();
        }
    }
    owned
}

fn from_new_table(columns: &Columns) -> BTreeMap<IpAddr, Owned> {
    let mut owned = BTreeMap::new();
    for (index, value) in columns.rows("ipAddressIfIndex") {
        if let (Some(address), Some(if_index)) = (inet_address(index), if_index(value)) {
            owned.insert(address, Owned { if_index, prefix: None });
        }
    }
    for (index, value) in columns.rows("ipAddressPrefix") {
        if let (Some(row), Value::Oid(pointer)) = (inet_address(index).and_then(|address| owned.get_mut(&address)), value) {
            // A RowPointer into ipAddressPrefixTable, whose index ends in the length; zeroDotZero (two arcs) where there is none.
            row.prefix = pointer.arcs().last().filter(|_| pointer.arcs().len() > 2).and_then(|length| u8::try_from(*length).ok());
        }
    }
    for (index, value) in columns.rows("ipAddressType") {
        if value.as_i64() == Some(BROADCAST)
            && let Some(address) = inet_address(index)
        {
            owned.remove(&address);
        }
    }
    owned
}

/// Four arcs as an address.
pub fn ipv4(arcs: &[u32]) -> Option<Ipv4Addr> {
    octets::<4>(arcs).map(Ipv4Addr::from)
}

/// Sixteen arcs as an address.
pub fn ipv6(arcs: &[u32]) -> Option<Ipv6Addr> {
    octets::<16>(arcs).map(Ipv6Addr::from)
}

fn octets<const N: usize>(arcs: &[u32]) -> Option<[u8; N]> {
    let arcs: &[u32; N] = arcs.try_into().ok()?;
    let mut octets = [0; N];
    for (octet, arc) in octets.iter_mut().zip(arcs) {
        *octet = u8::try_from(*arc).ok()?;
    }
    Some(octets)
}

/// InetAddressType, length and octets as they stand in an index (RFC 4001); a zone behind them is dropped, a length that an agent
/// left out is done without.
pub fn inet_address(index: &[u32]) -> Option<IpAddr> {
    let (kind, rest) = index.split_first()?;
    let address = |octets: &[u32]| match octets.len() {
        4 | 8 => octets.get(..4).and_then(ipv4).map(IpAddr::V4),
        16 | 20 => octets.get(..16).and_then(ipv6).map(IpAddr::V6),
        _ => None,
    };
    match (kind, rest) {
        (1..=4, [length, octets @ ..]) if usize::try_from(*length).is_ok_and(|length| length == octets.len()) => address(octets),
        (1..=4, octets) => address(octets),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    fn filled(lines: &str) -> (Vec<Interface>, Vec<String>) {
        let mut interfaces = vec![Interface::new(IfIndex(2)), Interface::new(IfIndex(3))];
        let owned = fill(&mut interfaces, &columns(COLUMNS, lines));
        (interfaces, owned.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn both_tables_are_read_and_broadcast_is_nobodys() {
        let (interfaces, owned) = filled(
            "ipAdEntIfIndex.10.0.0.1 = #2\nipAdEntNetMask.10.0.0.1 = !255.255.255.0\nipAddressIfIndex.1.4.10.0.0.255 = #2
             ipAddressType.1.4.10.0.0.255 = #3\nipAddressIfIndex.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1 = #3
             ipAddressPrefix.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1 = @1.3.6.1.2.1.4.32.1.5.3.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.0.64",
        );
        assert_eq!(owned, ["10.0.0.1", "2001:db8::1"]);
        assert_eq!(interfaces[0].addresses, ["10.0.0.1/24".parse::<IpNet>().unwrap()]);
        assert_eq!(interfaces[1].addresses, ["2001:db8::1/64".parse::<IpNet>().unwrap()]);
    }

    #[test]
    fn malformed_indexes_are_passed_over() {
        let (_, owned) = filled(
            "ipAddressIfIndex.1.10.0.0.7 = #2\nipAddressIfIndex.1.4.300.0.0.1 = #2\nipAddressIfIndex.9 = #2\nipAdEntIfIndex.10.0 = #2",
        );
        assert_eq!(owned, ["10.0.0.7"], "a missing length is tolerated");
    }
}
