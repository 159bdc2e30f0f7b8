//! The host's ports as interfaces: what the kernel's own calls say, and beside it what sysfs says of the same port.

use super::Places;
use crate::model::{AdminStatus, Interface, OperStatus, limit};
use crate::net::capture::Port;

/// ARPHRD_ETHER and ARPHRD_LOOPBACK of <linux/if_arp.h>, as IANAifType numbers.
const KINDS: [(&str, u32); 2] = [("1", 6), ("772", 24)];

/// operstate (RFC 2863 ifOperStatus in the kernel's words). `unknown` is what drivers without a state say.
const STATES: [(&str, OperStatus); 6] = [
    ("up", OperStatus::Up),
    ("down", OperStatus::Down),
    ("testing", OperStatus::Testing),
    ("dormant", OperStatus::Dormant),
    ("notpresent", OperStatus::NotPresent),
    ("lowerlayerdown", OperStatus::LowerLayerDown),
];

/// The interfaces, by number.
pub(super) fn interfaces(ports: &[Port], places: &Places) -> Vec<Interface> {
    let mut interfaces: Vec<Interface> = ports.iter().map(|port| interface(port, places)).collect();
    limit::OWN_INTERFACES.cut(&mut interfaces);
    interfaces.sort_by_key(|interface| interface.if_index);
    interfaces
}

fn interface(port: &Port, places: &Places) -> Interface {
    // In a namespace of its own, sysfs may still be that of another: it counts only where it speaks of the same port.
    let is_same = places.port(&port.name, "ifindex").and_then(|text| text.parse().ok()) == Some(port.if_index.0)
        && places.port(&port.name, "address").and_then(|text| text.parse().ok()).filter(|_| port.mac.is_some()) == port.mac;
    let said = |attribute: &str| if is_same { places.port(&port.name, attribute) } else { None };
    let number = |attribute: &str| said(attribute).and_then(|text| text.parse::<u64>().ok());
    let mut interface = Interface::new(port.if_index);
    interface.if_name = Some(port.name.clone());
    interface.if_descr = Some(port.name.clone());
    interface.if_alias = said("ifalias");
    interface.if_type = said("type").and_then(|kind| KINDS.iter().find(|(arp, _)| *arp == kind)).map(|(_, iana)| *iana);
    interface.mac = port.mac;
    interface.mtu = number("mtu").and_then(|mtu| u32::try_from(mtu).ok());
    // Megabits; -1 and an error where it is not known.
    interface.speed_bps = number("speed").filter(|megabits| *megabits > 0).map(|megabits| megabits.saturating_mul(1_000_000));
    interface.admin_status = Some(if port.is_up { AdminStatus::Up } else { AdminStatus::Down });
    interface.oper_status = Some(oper_status(port, said("operstate").as_deref()));
    interface.addresses = port.addresses.clone();
    interface
}

fn oper_status(port: &Port, operstate: Option<&str>) -> OperStatus {
    let told = STATES.iter().find(|(word, _)| Some(*word) == operstate).map(|(_, status)| *status);
    told.unwrap_or(if port.is_up && port.is_running { OperStatus::Up } else { OperStatus::Down })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IfIndex;

    fn port() -> Port {
        Port {
            if_index: IfIndex(3),
            name: "eth1".to_owned(),
            mac: "02:00:00:00:00:01".parse().ok(),
            addresses: vec!["10.0.0.5/24".parse().unwrap()],
            is_loopback: false,
            is_up: true,
            is_running: true,
        }
    }

    #[test]
    fn a_host_of_containers_by_the_thousand_tells_as_many_as_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { sys: folder.path().to_owned(), ..Places::default() };
        let most = limit::OWN_INTERFACES.most();
        let ports: Vec<Port> = (0..most + 9).map(|number| Port { if_index: IfIndex(number as u32 + 1), ..port() }).collect();
        let (told, beyond) = limit::OWN_INTERFACES.during(|| interfaces(&ports, &places));
        assert!(told.len() == most && beyond >= 9);
    }

    fn read(attributes: &[(&str, &str)]) -> Interface {
        let folder = tempfile::tempdir().unwrap();
        let port_folder = folder.path().join("class/net/eth1");
        std::fs::create_dir_all(&port_folder).unwrap();
        for (name, text) in attributes {
            std::fs::write(port_folder.join(name), format!("{text}\n")).unwrap();
        }
        let places = Places { sys: folder.path().to_owned(), ..Places::default() };
        interfaces(&[port()], &places).remove(0)
    }

    #[test]
    fn sysfs_adds_what_the_kernels_calls_do_not_say() {
        let told = [
            ("ifindex", "3"),
            ("address", "02:00:00:00:00:01"),
            ("type", "1"),
            ("mtu", "9000"),
            ("speed", "10000"),
            ("operstate", "lowerlayerdown"),
            ("ifalias", "to core-1"),
        ];
        let interface = read(&told);
        assert_eq!((interface.if_type, interface.mtu, interface.speed_bps), (Some(6), Some(9000), Some(10_000_000_000)));
        assert_eq!((interface.admin_status, interface.oper_status), (Some(AdminStatus::Up), Some(OperStatus::LowerLayerDown)));
        assert_eq!(interface.if_alias.as_deref(), Some("to core-1"));
        assert_eq!(interface.addresses, ["10.0.0.5/24".parse().unwrap()]);
    }

    #[test]
    fn sysfs_of_another_namespace_is_not_believed() {
        let told = [("ifindex", "3"), ("address", "02:00:00:00:00:99"), ("mtu", "9000"), ("operstate", "down")];
        let interface = read(&told);
        assert_eq!((interface.mtu, interface.oper_status), (None, Some(OperStatus::Up)));
    }

    #[test]
    fn an_unknown_speed_is_none_and_an_unknown_state_follows_the_flags() {
        let told = [("ifindex", "3"), ("address", "02:00:00:00:00:01"), ("speed", "-1"), ("operstate", "unknown")];
        let interface = read(&told);
        assert_eq!((interface.speed_bps, interface.oper_status), (None, Some(OperStatus::Up)));
    }
}
