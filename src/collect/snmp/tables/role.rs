//! What a device is for, where no vendor profile says so: from what it does.

use super::columns::Columns;
use crate::model::{Device, Role};
use crate::wire::snmp::Value;

/// sysServices bits (RFC 3418): 2 for datalink (bridge), 4 for internet (router), 64 for applications (host).
const DATALINK: u8 = 2;
const INTERNET: u8 = 4;
const APPLICATIONS: u8 = 64;

/// ipForwarding forwarding(1)
const FORWARDING: i64 = 1;

/// A switch bridges between more ports than the two of an access point or a bridged server.
const SWITCH_PORTS: usize = 4;

/// A guess by services, bridge ports and forwarding; `Unknown` where nothing speaks for anything.
pub fn guess(device: &Device, columns: &Columns) -> Role {
    let services = device.sys_services.unwrap_or(0);
    let forwards = columns.scalar("ipForwarding").and_then(Value::as_i64) == Some(FORWARDING);
    let does = |bit: u8| services & bit != 0;
    match () {
        () if columns.len("dot1dBasePortIfIndex") >= SWITCH_PORTS => Role::Switch,
        () if does(DATALINK) && !does(APPLICATIONS) => Role::Switch,
        () if forwards && does(INTERNET) && device.interfaces.len() > 1 => Role::Router,
        () if does(APPLICATIONS) => Role::Host,
        () => Role::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;
    use crate::model::{DeviceId, IfIndex, Interface, Timestamp};

    #[test]
    fn the_role_follows_from_what_a_device_does() {
        for (services, lines, role) in [
            (None, "", Role::Unknown),
            (Some(2), "", Role::Switch),
            (Some(78), "ipForwarding.0 = #1", Role::Router),
            (Some(72), "ipForwarding.0 = #2", Role::Host),
            (
                Some(78),
                "dot1dBasePortIfIndex.1 = #1\ndot1dBasePortIfIndex.2 = #2\ndot1dBasePortIfIndex.3 = #3\ndot1dBasePortIfIndex.4 = #4",
                Role::Switch,
            ),
        ] {
            let mut device = Device::new(DeviceId::new("?"), Timestamp(0));
            device.sys_services = services;
            device.interfaces = [1, 2].map(|number| Interface::new(IfIndex(number))).into();
            assert_eq!(guess(&device, &columns(&["ipForwarding", "dot1dBasePortIfIndex"], lines)), role, "{services:?} {lines}");
        }
    }
}
