//! Does other hardware stand where a known device stood?
//!
//! A switch that failed is replaced by another one that is given its address and configuration. The new one is another device
//! by everything that it is made of; the old one must not stay down for ever.

use crate::model::identity::is_owned;
use crate::model::{ChassisId, Device, DeviceStatus, PortId};

/// Whether `new`, which is another device than `old`, stands in its place: it answers where only the old one did; or the old
/// one is down, and the new one has its name and its address or its place at a neighbour's port.
pub fn replaces(old: (&Device, DeviceStatus), new: &Device) -> bool {
    let (old, status) = old;
    let same_name = old.sys_name.is_some() && old.sys_name == new.sys_name;
    let down = status == DeviceStatus::Down;
    answers_there(old, new, same_name) || same_name && down && (shares_address(old, new) || shares_neighbour(old, new))
}

/// At the very address and port. Contexts of one box are told apart by their credentials and have names of their own.
fn answers_there(old: &Device, new: &Device, same_name: bool) -> bool {
    matches!((&old.snmp, &new.snmp), (Some(x), Some(y))
        if x.address == y.address && (same_name || x.credential == y.credential))
}

fn shares_address(old: &Device, new: &Device) -> bool {
    old.addresses.iter().any(|address| is_owned(*address, None) && new.addresses.contains(address))
}

/// Whether both hear the same port of the same neighbour.
fn shares_neighbour(old: &Device, new: &Device) -> bool {
    let heard = |device: &Device| -> Vec<(ChassisId, PortId)> {
        device.neighbours.iter().filter_map(|row| Some((row.chassis_id.clone()?, row.port_id.clone()?))).collect()
    };
    let before = heard(old);
    heard(new).iter().any(|heard| before.contains(heard))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceId, Evidence, MacAddr, NeighbourRow, SnmpAccess, SnmpVersion, Timestamp};

    fn device(id: &str, name: &str, address: &str) -> Device {
        let mut device = Device::new(DeviceId::new(id), Timestamp(0));
        device.sys_name = Some(name.to_owned());
        device.addresses = vec![address.parse().unwrap()];
        device.snmp = Some(SnmpAccess {
            address: format!("{address}:161").parse().unwrap(),
            version: SnmpVersion::V2c,
            credential: "campus".to_owned(),
            partial: false,
        });
        device
    }

    fn with_neighbour(mut device: Device, port: &str) -> Device {
        let mut row = NeighbourRow::new(Evidence::Lldp);
        row.chassis_id = Some(ChassisId::Mac(MacAddr([0, 1, 2, 3, 4, 5])));
        row.port_id = Some(PortId::Name(port.to_owned()));
        device.neighbours.push(row);
        device
    }

    fn check(old: &Device, new: &Device, at: DeviceStatus, want: bool) {
        assert_eq!(replaces((old, at), new), want, "{} {:?} then {} {:?}", old.name(), old.addresses, new.name(), new.addresses);
    }

    #[test]
    fn whoever_answers_at_the_address_stands_there() {
        let old = device("a", "acc-1", "10.0.0.7");
        check(&old, &device("b", "acc-1", "10.0.0.7"), DeviceStatus::Up, true);
        check(&old, &device("b", "spare", "10.0.0.7"), DeviceStatus::Up, true);
        check(&old, &device("b", "acc-1", "10.0.0.8"), DeviceStatus::Up, false);
    }

    #[test]
    fn a_context_of_the_same_box_replaces_none() {
        let mut context = device("b", "fw/dmz", "10.0.0.7");
        context.snmp.as_mut().unwrap().credential = "dmz".to_owned();
        check(&device("a", "fw/lan", "10.0.0.7"), &context, DeviceStatus::Up, false);
    }

    #[test]
    fn a_name_alone_replaces_none() {
        let old = device("a", "switch", "10.0.0.7");
        check(&old, &device("b", "switch", "10.0.0.8"), DeviceStatus::Down, false);
        let (there, elsewhere) = (device("b", "switch", "10.0.0.8"), device("c", "switch", "10.0.0.9"));
        check(&with_neighbour(old.clone(), "Gi1/0/7"), &with_neighbour(there, "Gi1/0/7"), DeviceStatus::Down, true);
        check(&with_neighbour(old, "Gi1/0/7"), &with_neighbour(elsewhere, "Gi1/0/8"), DeviceStatus::Down, false);
    }
}
