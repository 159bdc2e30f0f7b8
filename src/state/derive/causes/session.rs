//! Alarms on a session with a routing neighbour (BGP4-MIB bgpPeerEntry, OSPF-MIB ospfNbrEntry): the neighbour is named by its address
//! alone, and leads to the port that is in its network and to the device that has it.

use crate::model::{Alarm, Device, DeviceId, IfIndex};
use crate::state::State;
use rustc_hash::FxHashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Devices by their addresses; an address that several have says of none that it is this one.
pub(super) type Owners<'a> = FxHashMap<IpAddr, Option<&'a DeviceId>>;

/// Who has which address.
pub(super) fn owners(state: &State) -> Owners<'_> {
    let mut owners = Owners::default();
    for device in state.devices.values() {
        for address in device.addresses.iter().filter(|address| !address.is_loopback()) {
            let known = owners.entry(*address).or_insert(Some(&device.id));
            *known = known.filter(|owner| **owner == device.id);
        }
    }
    owners
}

/// The address of the neighbour that an alarm is on, where its id ends with one (`RULE@DEVICE/10.0.12.2.0`).
pub(super) fn neighbour(alarm: &Alarm) -> Option<IpAddr> {
    let device = alarm.device.as_ref().filter(|_| alarm.if_index.is_none())?;
    let on = alarm.id.strip_prefix(alarm.rule.as_str())?.strip_prefix('@')?;
    address(on.strip_prefix(device.as_str())?.strip_prefix('/')?)
}

/// The port of a device by which the neighbour is reached: whose network it is in.
pub(super) fn port(device: &Device, neighbour: IpAddr) -> Option<IfIndex> {
    let is_in = |network: &ipnet::IpNet| network.prefix_len() < network.max_prefix_len() && network.contains(&neighbour);
    device.interfaces.iter().find(|port| port.addresses.iter().any(is_in)).map(|port| port.if_index)
}

/// The address that an instance begins with: four numbers of an IpAddress (and what follows it, as ospfNbrAddressLessIndex does), or an
/// InetAddressType and an InetAddress with its length (RFC 4001).
fn address(instance: &str) -> Option<IpAddr> {
    let numbers: Vec<u8> = instance.split('.').map_while(|number| number.parse().ok()).collect();
    let address: Option<IpAddr> = match *numbers.as_slice() {
        [1, 4, a, b, c, d, ..] if numbers.len() >= 6 => Some(Ipv4Addr::new(a, b, c, d).into()),
        [2, 16, ref octets @ ..] if octets.len() >= 16 => {
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(octets.get(..16)?).ok()?).into())
        }
        [a, b, c, d] | [a, b, c, d, _] => Some(Ipv4Addr::new(a, b, c, d).into()),
        _ => None,
    };
    address.filter(|address| !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_begins_with_the_neighbours_address() {
        let check = |instance: &str, expected: Option<&str>| {
            assert_eq!(address(instance).map(|found| found.to_string()).as_deref(), expected, "{instance}");
        };
        check("10.0.12.2.0", Some("10.0.12.2"));
        check("10.0.12.2", Some("10.0.12.2"));
        check("1.4.192.0.2.1", Some("192.0.2.1"));
        check("2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1", Some("2001:db8::1"));
        check("0.0.0.0.7", None);
        check("Gi1/0/1", None);
        check("17", None);
        check("300.1.1.1", None);
    }
}
