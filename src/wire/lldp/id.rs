//! LLDP chassis and port ids, decoded by subtype (IEEE 802.1AB-2016 §8.5.2, §8.5.3): those of frames and those of LLDP-MIB alike.

use crate::model::{ChassisId, MacAddr, PortId, text};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// LldpChassisIdSubtype macAddress, networkAddress
const CHASSIS_MAC: i64 = 4;
const CHASSIS_ADDRESS: i64 = 5;
/// LldpPortIdSubtype interfaceAlias, macAddress, networkAddress, interfaceName
const PORT_ALIAS: i64 = 1;
const PORT_MAC: i64 = 3;
const PORT_ADDRESS: i64 = 4;
const PORT_NAME: i64 = 5;

/// IANA address family numbers
const FAMILY_IPV4: u8 = 1;
const FAMILY_IPV6: u8 = 2;

/// A chassis id; `None` where it is blank. An unknown subtype is decoded by what the octets look like.
pub fn chassis_id(subtype: Option<i64>, octets: &[u8]) -> Option<ChassisId> {
    let by_subtype = match subtype {
        Some(CHASSIS_MAC) => MacAddr::from_octets_or_text(octets).map(ChassisId::Mac),
        Some(CHASSIS_ADDRESS) => network_address(octets).map(ChassisId::Address),
        _ => mac_in_disguise(octets).map(ChassisId::Mac),
    };
    by_subtype.or_else(|| printable(octets).map(ChassisId::Text))
}

/// A port id; `None` where it is blank.
pub fn port_id(subtype: Option<i64>, octets: &[u8]) -> Option<PortId> {
    let as_text = || printable(octets);
    match subtype {
        Some(PORT_MAC) => MacAddr::from_octets_or_text(octets).map(PortId::Mac).or_else(|| as_text().map(PortId::Text)),
        Some(PORT_ADDRESS) => network_address(octets).map(PortId::Address).or_else(|| as_text().map(PortId::Text)),
        Some(PORT_NAME) => as_text().map(PortId::Name),
        Some(PORT_ALIAS) => as_text().map(PortId::Alias),
        _ => mac_in_disguise(octets).map(PortId::Mac).or_else(|| as_text().map(PortId::Text)),
    }
}

/// A MAC address under a subtype that does not say so: written as text with separators, or six octets that are no text.
fn mac_in_disguise(octets: &[u8]) -> Option<MacAddr> {
    let as_text = std::str::from_utf8(octets).ok().filter(|text| text.contains([':', '-', '.']));
    match as_text {
        Some(text) => text.trim().parse().ok(),
        None if octets.iter().all(|octet| octet.is_ascii_graphic() || *octet == b' ') => None,
        None => <[u8; 6]>::try_from(octets).ok().map(MacAddr),
    }
}

/// Address family and address (§8.5.2.3); bare octets and text occur too.
pub fn network_address(octets: &[u8]) -> Option<IpAddr> {
    let bare = |octets: &[u8]| match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(|v4| IpAddr::V4(Ipv4Addr::from(v4))),
        16 => <[u8; 16]>::try_from(octets).ok().map(|v6| IpAddr::V6(Ipv6Addr::from(v6))),
        _ => None,
    };
    match octets {
        [FAMILY_IPV4, rest @ ..] if rest.len() == 4 => bare(rest),
        [FAMILY_IPV6, rest @ ..] if rest.len() == 16 => bare(rest),
        _ => bare(octets).or_else(|| std::str::from_utf8(octets).ok()?.trim().parse().ok()),
    }
}

/// The octets as text up to the first NUL; hex where they are no text at all.
fn printable(octets: &[u8]) -> Option<String> {
    let is_binary = octets.iter().any(|octet| octet.is_ascii_control() && *octet != 0) && std::str::from_utf8(octets).is_err();
    if is_binary {
        return Some(octets.iter().map(|octet| format!("{octet:02x}")).collect());
    }
    text::known(octets.split(|octet| *octet == 0).next().unwrap_or(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_decoded_by_subtype() {
        let mac = MacAddr([0, 0x1b, 0x54, 0xaa, 0xbb, 0xcc]);
        for (subtype, octets, want) in [
            (4, &[0, 0x1b, 0x54, 0xaa, 0xbb, 0xcc][..], Some("mac 00:1b:54:aa:bb:cc")),
            (4, b"00:1B:54:AA:BB:CC", Some("mac 00:1b:54:aa:bb:cc")),
            (4, b"core-1", Some("mac 63:6f:72:65:2d:31")),
            (7, b"core-1", Some("text core-1")),
            (7, b"001b.54aa.bbcc", Some("mac 00:1b:54:aa:bb:cc")),
            (7, &mac.0, Some("mac 00:1b:54:aa:bb:cc")),
            (5, &[1, 10, 0, 0, 1], Some("address 10.0.0.1")),
            (5, &[10, 0, 0, 1], Some("address 10.0.0.1")),
            (5, b"10.0.0.1", Some("address 10.0.0.1")),
            (6, b"xe-0/0/1", Some("text xe-0/0/1")),
            (7, b"\0\0", None),
            (7, b"", None),
        ] {
            let found = chassis_id(Some(subtype), octets).map(|id| match id {
                ChassisId::Mac(mac) => format!("mac {mac}"),
                ChassisId::Address(address) => format!("address {address}"),
                ChassisId::Text(text) => format!("text {text}"),
            });
            assert_eq!(found.as_deref(), want, "{subtype} {octets:?}");
        }
    }

    #[test]
    fn port_ids_keep_what_kind_of_name_they_are() {
        assert_eq!(port_id(Some(5), b"Gi1/0/1\0"), Some(PortId::Name("Gi1/0/1".to_owned())));
        assert_eq!(port_id(Some(1), b"uplink"), Some(PortId::Alias("uplink".to_owned())));
        assert_eq!(port_id(Some(7), b"513"), Some(PortId::Text("513".to_owned())));
        assert_eq!(port_id(Some(3), &[0, 1, 2, 3, 4, 5]), Some(PortId::Mac(MacAddr([0, 1, 2, 3, 4, 5]))));
        assert_eq!(port_id(None, b""), None);
        assert_eq!(port_id(Some(4), b"nonsense"), Some(PortId::Text("nonsense".to_owned())));
    }
}
