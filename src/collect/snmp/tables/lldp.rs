//! LLDP: the local chassis (LLDP-MIB, LLDP-V2-MIB). What is heard from others is read by [`super::neighbours`].

use super::columns::Columns;
use super::lldp_id;
use crate::model::ChassisId;
use crate::wire::snmp::Value;

/// The scalars that say who the device is.
pub const SCALARS: &[&str] = &["lldpLocChassisIdSubtype", "lldpLocChassisId", "lldpV2LocChassisIdSubtype", "lldpV2LocChassisId"];

/// lldpLocChassisId, of either edition.
pub fn local_chassis(columns: &Columns) -> Option<ChassisId> {
    let of = |subtype: &str, id: &str| {
        let subtype = columns.scalar(subtype).and_then(Value::as_i64);
        lldp_id::chassis_id(subtype, columns.scalar(id)?.as_octets()?)
    };
    of("lldpLocChassisIdSubtype", "lldpLocChassisId").or_else(|| of("lldpV2LocChassisIdSubtype", "lldpV2LocChassisId"))
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    #[test]
    fn the_local_chassis_is_that_of_either_edition() {
        let chassis = |lines: &str| local_chassis(&columns(SCALARS, lines)).map(|id| id.to_string());
        assert_eq!(
            chassis("lldpLocChassisIdSubtype.0 = #4\nlldpLocChassisId.0 = 0x001b54aabbcc").as_deref(),
            Some("00:1b:54:aa:bb:cc")
        );
        assert_eq!(chassis("lldpV2LocChassisIdSubtype.0 = #7\nlldpV2LocChassisId.0 = fw-1").as_deref(), Some("fw-1"));
        assert_eq!(chassis(""), None);
    }
}
