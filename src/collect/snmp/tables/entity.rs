//! The chassis: its model, serial number and software (RFC 6933 ENTITY-MIB).

use super::columns::{Columns, text_to_nul};
use crate::model::text;
use std::collections::BTreeSet;

/// The columns that say something of the chassis.
const COLUMNS: &[&str] =
    &["entPhysicalClass", "entPhysicalSerialNum", "entPhysicalModelName", "entPhysicalMfgName", "entPhysicalSoftwareRev"];

/// What is read of the chassis alone, once [`CLASS`] says which it is: a large chassis has thousands of parts.
pub const OF_CHASSIS: &[&str] = &["entPhysicalSerialNum", "entPhysicalModelName", "entPhysicalMfgName", "entPhysicalSoftwareRev"];
/// What is read of every part.
pub const CLASS: &str = "entPhysicalClass";

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
    let rows = rows(columns);
    let first = |column: &str| text(columns, column, &rows);
    Chassis {
        model: first("entPhysicalModelName"),
        serial: first("entPhysicalSerialNum"),
        vendor: first("entPhysicalMfgName"),
        version: first("entPhysicalSoftwareRev"),
    }
}

/// What a column of entPhysicalTable says of the chassis.
pub fn of_chassis(columns: &Columns, column: &str) -> Option<String> {
    text(columns, column, &rows(columns))
}

/// The rows that stand for the whole: those of class chassis; where there is none, the first row.
pub fn rows(columns: &Columns) -> BTreeSet<u32> {
    let is_chassis = columns.by_number("entPhysicalClass").filter(|(_, class)| class.as_i64() == Some(CHASSIS));
    let rows: BTreeSet<u32> = is_chassis.map(|(index, _)| index).collect();
    if !rows.is_empty() {
        return rows;
    }
    COLUMNS.iter().flat_map(|column| columns.by_number(column)).map(|(index, _)| index).min().into_iter().collect()
}

fn text(columns: &Columns, column: &str, rows: &BTreeSet<u32>) -> Option<String> {
    let of_chassis = columns.by_number(column).filter(|(index, _)| rows.contains(index));
    of_chassis.filter_map(|(_, value)| text_to_nul(value)).map(|text| text.trim().to_owned()).find(|text| is_said(text))
}

/// Agents fill the field with words for nothing.
fn is_said(said: &str) -> bool {
    const NOTHING: [&str; 10] =
        ["n/a", "na", "none", "null", "unknown", "unspecified", "not specified", "not available", "default string", "0"];
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
        assert_eq!(of_chassis(&columns, "entPhysicalModelName").as_deref(), Some("WS-C2960X-48TS-L"));
    }

    #[test]
    fn where_no_row_is_a_chassis_the_first_row_stands_for_it() {
        let columns =
            columns(COLUMNS, "entPhysicalModelName.8 = AP-2\nentPhysicalModelName.1 = AP-1\nentPhysicalSerialNum.8 = S2");
        assert_eq!(chassis(&columns), Chassis { model: Some("AP-1".to_owned()), ..Chassis::default() });
    }
}
