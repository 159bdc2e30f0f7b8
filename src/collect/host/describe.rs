//! The host put together as an inventory.

use super::{Places, arp, interfaces};
use crate::model::identity::{is_owned, propose};
use crate::model::{Device, DeviceId, IfIndex, Inventory, NeighbourRow, Role, Sightings, Timestamp};
use crate::net::capture::Port;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// The host with these ports and these neighbours on them; `None` where no port of it leads anywhere (a container without a network).
pub fn describe(ports: &[Port], neighbours: &[NeighbourRow], (places, at): (&Places, Timestamp)) -> Option<Inventory> {
    ports.iter().find(|port| !port.is_loopback && port.is_up && port.is_running)?;
    let mut device = Device::new(DeviceId::new("?"), at);
    device.sys_name = places.hostname();
    device.sys_descr = places.kernel();
    (device.os, device.os_version) = places.os();
    device.role = Role::Server;
    device.interfaces = interfaces::interfaces(ports, places);
    device.addresses = addresses(ports);
    device.neighbours = neighbours.to_vec();
    let address = device.addresses.first().copied().unwrap_or_else(|| IpAddr::from([127, 0, 0, 1]));
    device.id = propose(&device, address);
    // It is asked nothing: there is no port.
    let mut inventory = Inventory::of(SocketAddr::new(address, 0), at, device);
    let names: BTreeMap<&str, IfIndex> = ports.iter().map(|port| (port.name.as_str(), port.if_index)).collect();
    inventory.sightings = Sightings { fdb: None, arp: places.arp().map(|text| arp::rows(&text, &names)) };
    Some(inventory)
}

/// The addresses of ports that lead somewhere, IPv4 first.
fn addresses(ports: &[Port]) -> Vec<IpAddr> {
    let of_ports = ports.iter().filter(|port| !port.is_loopback).flat_map(|port| &port.addresses);
    let mut addresses: Vec<IpAddr> = of_ports.map(ipnet::IpNet::addr).filter(|address| is_owned(*address, None)).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(number: u32, name: &str, addresses: &[&str]) -> Port {
        Port {
            if_index: IfIndex(number),
            name: name.to_owned(),
            mac: (name != "lo").then(|| format!("02:00:00:00:00:{number:02x}").parse().unwrap()),
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            is_loopback: name == "lo",
            is_up: true,
            is_running: true,
        }
    }

    fn described(ports: &[Port]) -> Option<Inventory> {
        let folder = tempfile::tempdir().unwrap();
        let proc = folder.path().join("proc");
        std::fs::create_dir_all(proc.join("sys/kernel")).unwrap();
        for (name, text) in [("hostname", "noc"), ("ostype", "Linux"), ("osrelease", "6.1"), ("version", "#1")] {
            std::fs::write(proc.join("sys/kernel").join(name), text).unwrap();
        }
        let os_release = folder.path().join("os-release");
        std::fs::write(&os_release, "NAME=Debian\nVERSION_ID=12\n").unwrap();
        let places = Places { sys: folder.path().join("sys"), proc, os_release: vec![os_release] };
        describe(ports, &[], (&places, Timestamp(7)))
    }

    #[test]
    fn the_host_is_a_device_by_its_own_ports() {
        let ports = [
            port(1, "lo", &["127.0.0.1/8", "::1/128"]),
            port(2, "eth0", &["10.0.0.5/24", "fe80::1/64", "2001:db8::5/64"]),
            port(3, "eth1", &["10.0.1.5/24"]),
        ];
        let Inventory { address, device, sightings, .. } = described(&ports).unwrap();
        assert_eq!(device.id.as_str(), "mac:02:00:00:00:00:02");
        assert_eq!((device.name().as_str(), device.role, device.snmp), ("noc", Role::Server, None));
        assert_eq!((device.os.as_deref(), device.os_version.as_deref()), (Some("Debian"), Some("12")));
        assert_eq!(device.sys_descr.as_deref(), Some("Linux noc 6.1 #1"));
        assert_eq!(device.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.5", "10.0.1.5", "2001:db8::5"]);
        assert_eq!(device.interfaces.len(), 3);
        assert_eq!(
            (address.to_string().as_str(), sightings.arp),
            ("10.0.0.5:0", None),
            "a table that can't be read is not empty"
        );
    }

    #[test]
    fn a_host_that_leads_nowhere_is_not_told_of() {
        let mut down = port(2, "eth0", &[]);
        down.is_running = false;
        assert_eq!(described(&[port(1, "lo", &["127.0.0.1/8"]), down]), None);
    }
}
