//! The chassis: its model, serial number and software (RFC 6933 ENTITY-MIB).

use super::columns::Columns;
use crate::model::text;
use std::collections::BTreeSet;

/// The columns that are read.
pub const COLUMNS: &[&str] =
    &["entPhysicalClass", "entPhysicalSerialNum", "entPhysicalModelName", "entPhysicalMfgName", "entPhysicalSoftwareRev"];

/// PhysicalClass chassis
const CHASSIS: i64 = 3;

/// What the physical parts say of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chassis {
    /// entPhysicalModelName
    pub model: Option<String>,
    /// entPhysicalSerialNum
    pub serial: Option<String>,
    /// entPhysicalMfgName
    pub vendor: Option<String>,
    /// entPhysicalSoftwareRev
    pub version: Option<String>,
}

/// The chassis: of several (a stack) the first that names itself in each respect.
pub fn chassis(columns: &Columns) -> Chassis {
    let is_chassis = columns.by_number("entPhysicalClass").filter(|(_, class)| class.as_i64() == Some(CHASSIS));
    let rows: BTreeSet<u32> = is_chassis.map(|(index, _)| index).collect();
    let first = |column: &str| {
        let of_chassis = columns.by_number(column).filter(|(index, _)| rows.contains(index));
        of_chassis.filter_map(|(_, value)| value.as_text()).find(|text| is_said(text))
    };
    Chassis {
        model: first("entPhysicalModelName"),
        serial: first("entPhysicalSerialNum"),
        vendor: first("entPhysicalMfgName"),
        version: first("entPhysicalSoftwareRev"),
    }
}

/// Agents fill the field with words for nothing.
fn is_said(said: &str) -> bool {
    const NOTHING: [&str; 8] = ["n/a", "na", "none", "null", "unknown", "unspecified", "not specified", "0"];
    let bare = text::visible(said).trim().to_ascii_lowercase();
    !bare.is_empty() && !NOTHING.contains(&bare.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    #[test]
    fn the_chassis_is_described_not_its_modules() {
        let columns = columns(
            COLUMNS,
            "entPhysicalClass.1 = #11\nentPhysicalClass.1000 = #3\nentPhysicalClass.1001 = #9\nentPhysicalModelName.1001 = SFP
             entPhysicalModelName.1000 = WS-C2960X-48TS-L\nentPhysicalSerialNum.1000 = N/A\nentPhysicalSerialNum.1 = STACK",
        );
        let found = chassis(&columns);
        assert_eq!(found.model.as_deref(), Some("WS-C2960X-48TS-L"));
        assert_eq!(found.serial, None);
    }
}
