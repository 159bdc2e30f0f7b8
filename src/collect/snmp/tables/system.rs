//! The system group, the engine id and whether the device forwards packets.

use super::columns::Columns;
use crate::model::{Device, Timestamp};
use crate::wire::snmp::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// The scalars that are read of every device.
pub const SCALARS: &[&str] = &[
    "sysDescr",
    "sysObjectID",
    "sysUpTime",
    "sysContact",
    "sysName",
    "sysLocation",
    "sysServices",
    "snmpEngineID",
    "ipForwarding",
];

/// RFC 3411 SnmpEngineID is 5 to 32 octets; fewer identify nothing.
const ENGINE_ID_LENGTHS: std::ops::RangeInclusive<usize> = 5..=32;

/// Fills the fields that the system group knows. `at` is when it was read.
pub fn fill(device: &mut Device, columns: &Columns, at: Timestamp) {
    device.sys_name = columns.text("sysName");
    device.sys_descr = columns.text("sysDescr");
    device.sys_contact = columns.text("sysContact");
    device.sys_location = columns.text("sysLocation");
    device.sys_object_id = match columns.scalar("sysObjectID") {
        Some(Value::Oid(oid)) => Some(oid.clone()),
        _ => None,
    };
    device.sys_services = columns.scalar("sysServices").and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
    // Hundredths of a second (RFC 3418 sysUpTime).
    let uptime = columns.scalar("sysUpTime").and_then(Value::as_u64);
    device.started_at = uptime.map(|hundredths| at.minus(Duration::from_millis(hundredths.saturating_mul(10))));
    device.engine_id = columns.scalar("snmpEngineID").and_then(Value::as_octets).and_then(engine_id);
}

/// An engine id as lower-case hex; `None` where it can't identify an engine.
pub fn engine_id(octets: &[u8]) -> Option<String> {
    let blank = octets.iter().all(|octet| *octet == 0) || octets.iter().all(|octet| *octet == 0xff);
    if blank || !ENGINE_ID_LENGTHS.contains(&octets.len()) {
        return None;
    }
    let mut hex = String::with_capacity(octets.len() * 2);
    for octet in octets {
        // Writing to a String does not fail.
        let _ = write!(hex, "{octet:02x}");
    }
    Some(hex)
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;
    use crate::model::DeviceId;

    #[test]
    fn the_system_group_is_read() {
        let columns = columns(
            SCALARS,
            "sysName.0 = Z\nsysObjectID.0 = @1.3.6.1.4.1.9.1.1\nsysUpTime.0 = #500\nsysServices.0 = #6\nsnmpEngineID.0 = 0x80001f8804",
        );
        let mut device = Device::new(DeviceId::new("?"), Timestamp(0));
        fill(&mut device, &columns, Timestamp(10_000));
        assert_eq!(device.sys_name.as_deref(), Some("Z"));
        assert_eq!(device.sys_object_id.unwrap().to_string(), "1.3.6.1.4.1.9.1.1");
        assert_eq!(device.started_at, Some(Timestamp(5_000)));
        assert_eq!(device.engine_id.as_deref(), Some("80001f8804"));
        assert_eq!(device.sys_descr, None);
    }

    #[test]
    fn a_blank_engine_id_identifies_nothing() {
        assert_eq!(engine_id(&[0; 12]), None);
        assert_eq!(engine_id(&[1, 2, 3]), None);
    }
}
