//! What identifies a device, from strong to weak, and the id that follows from it (contract §3).

use super::addr::MacAddr;
use super::device::{Device, DeviceId};
use super::neighbour::ChassisId;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One mark by which a device can be recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mark {
    /// lldpLocChassisId that is a MAC address
    Chassis(MacAddr),
    /// snmpEngineID, lower-case hex
    Engine(String),
    /// vendor and chassis serial number
    Serial(String, String),
    /// MAC address of an interface
    Mac(MacAddr),
    /// an address that it owns
    Address(IpAddr),
}

/// Addresses that many devices have and none is known by: loopback, unspecified, multicast, IPv6 link-local.
///
/// `answered_at` is let through: a device that answers at a loopback address is known by it.
pub fn is_owned(address: IpAddr, answered_at: Option<IpAddr>) -> bool {
    if answered_at == Some(address) {
        return true;
    }
    let link_local = matches!(address, IpAddr::V6(v6) if (v6.segments()[0] & 0xffc0) == 0xfe80)
        || matches!(address, IpAddr::V4(v4) if v4.is_link_local());
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || link_local)
}

/// All marks of a device, strongest first.
pub fn marks(device: &Device) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Some(ChassisId::Mac(mac)) = &device.chassis_id
        && mac.is_identity()
    {
        marks.push(Mark::Chassis(*mac));
    }
    marks.extend(device.engine_id.clone().map(Mark::Engine));
    if let Some(serial) = &device.serial {
        marks.push(Mark::Serial(device.vendor.clone().unwrap_or_default(), serial.clone()));
    }
    let mut macs: Vec<MacAddr> = device.interfaces.iter().filter_map(|i| i.mac).filter(|mac| mac.is_identity()).collect();
    macs.sort_unstable();
    macs.dedup();
    marks.extend(macs.into_iter().map(Mark::Mac));
    let answered_at = device.snmp.as_ref().map(|snmp| snmp.address.ip());
    marks.extend(device.addresses.iter().copied().filter(|a| is_owned(*a, answered_at)).map(Mark::Address));
    marks
}

/// The id that follows from the strongest mark; `addr:` of `fallback` where there is none.
pub fn propose(device: &Device, fallback: IpAddr) -> DeviceId {
    let text = match marks(device).into_iter().next() {
        Some(Mark::Chassis(mac)) => format!("chassis:{mac}"),
        Some(Mark::Engine(hex)) => format!("engine:{hex}"),
        Some(Mark::Serial(vendor, serial)) => format!("serial:{vendor}:{serial}"),
        Some(Mark::Mac(mac)) => format!("mac:{mac}"),
        Some(Mark::Address(address)) => format!("addr:{address}"),
        None => format!("addr:{fallback}"),
    };
    DeviceId::new(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{IfIndex, Interface, Timestamp};

    #[test]
    fn the_strongest_mark_names_the_device() {
        let fallback: IpAddr = "10.0.0.1".parse().unwrap();
        let mut device = Device::new(DeviceId::new("?"), Timestamp(0));
        assert_eq!(propose(&device, fallback).as_str(), "addr:10.0.0.1");
        let mut port = Interface::new(IfIndex(1));
        port.mac = "00:1b:54:00:00:02".parse().ok();
        device.interfaces.push(port);
        assert_eq!(propose(&device, fallback).as_str(), "mac:00:1b:54:00:00:02");
        device.chassis_id = Some(ChassisId::Mac(MacAddr([0, 0x1b, 0x54, 0, 0, 1])));
        assert_eq!(propose(&device, fallback).as_str(), "chassis:00:1b:54:00:00:01");
    }

    #[test]
    fn loopback_is_nobodys_unless_it_answered_there() {
        let loopback: IpAddr = "127.1.0.1".parse().unwrap();
        assert!(!is_owned(loopback, None));
        assert!(is_owned(loopback, Some(loopback)));
    }
}
