//! What a device is made of: entPhysicalTable as a tree (RFC 6933), and which interface each part is.
//!
//! A large chassis has thousands of parts, most of them sensors, empty containers and ports. So the shape of the tree is read whole (four
//! columns of small numbers), and the texts of single parts: all of what can be replaced or has a serial number, the name alone of ports and
//! containers, none of sensors, which are gauges with names of their own.

use super::columns::{Columns, text_to_nul};
use crate::mib::Registry;
use crate::model::switching::MAX_PARTS;
use crate::model::{IfIndex, Physical, PhysicalClass, limit};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The shape of the tree: read of every part.
pub const SHAPE: &[&str] = &["entPhysicalClass", "entPhysicalContainedIn", "entPhysicalParentRelPos", "entPhysicalIsFRU"];

/// Which interface a part is.
pub const ALIAS: &str = "entAliasMappingIdentifier";

/// The text by which a part is known.
const NAME: &str = "entPhysicalName";

/// Texts of a part.
pub const TEXTS: &[&str] = &[
    NAME,
    "entPhysicalDescr",
    "entPhysicalModelName",
    "entPhysicalSerialNum",
    "entPhysicalHardwareRev",
    "entPhysicalFirmwareRev",
    "entPhysicalSoftwareRev",
    "entPhysicalMfgName",
];

/// Steps from a part to what contains it: a sensor in an optic in a port in a container in a module; more is a ring.
const MAX_STEPS: usize = 8;

/// TruthValue true (RFC 2579)
const TRUE: i64 = 1;

/// The cells that are still to be read, by column, once the shape is known.
pub fn wanted(columns: &Columns) -> Vec<(&'static str, Vec<u32>)> {
    let shape = shape(columns);
    let cells = |column: &'static str| {
        let known: BTreeSet<u32> = columns.by_number(column).map(|(row, _)| row).collect();
        let is_wanted = |part: &&Physical| !known.contains(&part.index) && says(part, column);
        (column, shape.values().filter(is_wanted).map(|part| part.index).collect::<Vec<u32>>())
    };
    TEXTS.iter().map(|column| cells(column)).filter(|(_, rows)| !rows.is_empty()).collect()
}

/// Whether a column is worth reading of a part.
fn says(part: &Physical, column: &str) -> bool {
    match part.class {
        PhysicalClass::Sensor => false,
        PhysicalClass::Port | PhysicalClass::Container if part.replaceable != Some(true) => column == NAME,
        _ => true,
    }
}

/// All parts, by their number.
pub fn parts(columns: &Columns) -> Vec<Physical> {
    let mut parts = shape(columns);
    let mut fill = |column: &str, field: fn(&mut Physical) -> &mut Option<String>| {
        for (row, value) in columns.by_number(column) {
            if let Some(part) = parts.get_mut(&row) {
                *field(part) = text_to_nul(value).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            }
        }
    };
    fill(NAME, |part| &mut part.name);
    fill("entPhysicalDescr", |part| &mut part.descr);
    fill("entPhysicalModelName", |part| &mut part.model);
    fill("entPhysicalSerialNum", |part| &mut part.serial);
    fill("entPhysicalHardwareRev", |part| &mut part.hardware);
    fill("entPhysicalFirmwareRev", |part| &mut part.firmware);
    fill("entPhysicalSoftwareRev", |part| &mut part.software);
    fill("entPhysicalMfgName", |part| &mut part.maker);
    for (row, if_index) in aliases(columns) {
        if let Some(part) = parts.get_mut(&row) {
            part.if_index = Some(if_index);
        }
    }
    parts.into_values().collect()
}

/// The tree without its texts; at most [`MAX_PARTS`].
fn shape(columns: &Columns) -> BTreeMap<u32, Physical> {
    let beyond = columns.len("entPhysicalClass").saturating_sub(MAX_PARTS);
    if beyond > 0 {
        limit::DEVICE_PARTS.beyond(beyond);
    }
    let classes = columns.by_number("entPhysicalClass").take(MAX_PARTS);
    let part = |(index, value): (u32, &Value)| {
        let class = value.as_i64().map(PhysicalClass::from_mib).unwrap_or_default();
        (index, Physical { index, class, ..Physical::default() })
    };
    let mut parts: BTreeMap<u32, Physical> = classes.map(part).collect();
    let mut each = |column: &str, set: fn(&mut Physical, i64)| {
        for (row, value) in columns.by_number(column) {
            if let Some((part, number)) = parts.get_mut(&row).zip(value.as_i64()) {
                set(part, number);
            }
        }
    };
    each("entPhysicalContainedIn", |part, number| part.within = u32::try_from(number).unwrap_or(0));
    // -1 is a place that is not known (RFC 6933).
    each("entPhysicalParentRelPos", |part, number| part.position = i32::try_from(number).ok().filter(|place| *place >= 0));
    each("entPhysicalIsFRU", |part, number| part.replaceable = Some(number == TRUE));
    parts
}

/// Which interface parts are: pointers to ifIndex.N.
fn aliases(columns: &Columns) -> impl Iterator<Item = (u32, IfIndex)> {
    let if_index = Registry::global().oid("ifIndex");
    columns.rows(ALIAS).filter_map(move |(index, value)| match (value, if_index.as_ref()?) {
        (Value::Oid(oid), base) => match oid.suffix_of(base)? {
            [number] if *number > 0 => Some((*index.first()?, IfIndex(*number))),
            _ => None,
        },
        _ => None,
    })
}

/// The interface of each part that has one: that of the part itself, of the part that contains it, or the only one that is contained in it
/// (a port in an optic).
pub fn interfaces(columns: &Columns) -> BTreeMap<u32, IfIndex> {
    let own: BTreeMap<u32, IfIndex> = aliases(columns).collect();
    if own.is_empty() {
        return own;
    }
    let shape = shape(columns);
    let mut inside: BTreeMap<u32, BTreeSet<IfIndex>> = BTreeMap::new();
    for (part, if_index) in &own {
        if let Some(within) = shape.get(part).map(|part| part.within) {
            inside.entry(within).or_default().insert(*if_index);
        }
    }
    let only = |part: u32| inside.get(&part).and_then(|inside| inside.first().copied().filter(|_| inside.len() == 1));
    let of = |part: u32| {
        let up = std::iter::successors(Some(part), |part| shape.get(part).map(|part| part.within).filter(|within| *within > 0));
        // What holds a whole device or line card says nothing of a port.
        let is_small = |part: &u32| shape.get(part).is_some_and(|part| is_small(part.class));
        up.take(MAX_STEPS).take_while(is_small).find_map(|part| own.get(&part).copied().or_else(|| only(part)))
    };
    shape.keys().filter_map(|part| Some((*part, of(*part)?))).collect()
}

const fn is_small(class: PhysicalClass) -> bool {
    matches!(
        class,
        PhysicalClass::Sensor
            | PhysicalClass::Port
            | PhysicalClass::Module
            | PhysicalClass::Container
            | PhysicalClass::Other
            | PhysicalClass::Unknown
    )
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture;
    use super::*;

    /// A chassis with a supply, a slot, in it an optic with a sensor and its port, and a line card of two ports.
    const LINES: &str = "entPhysicalClass.1 = #3\nentPhysicalClass.2 = #6\nentPhysicalClass.10 = #5\nentPhysicalClass.11 = #9
        entPhysicalClass.12 = #8\nentPhysicalClass.13 = #10\nentPhysicalClass.20 = #9\nentPhysicalClass.21 = #10\nentPhysicalClass.22 = #10
        entPhysicalClass.23 = #8\nentPhysicalContainedIn.2 = #1\nentPhysicalContainedIn.10 = #1\nentPhysicalContainedIn.11 = #10
        entPhysicalContainedIn.12 = #11\nentPhysicalContainedIn.13 = #11\nentPhysicalContainedIn.20 = #1\nentPhysicalContainedIn.21 = #20
        entPhysicalContainedIn.22 = #20\nentPhysicalContainedIn.23 = #20\nentPhysicalParentRelPos.1 = #-1\nentPhysicalParentRelPos.2 = #1
        entPhysicalIsFRU.2 = #1\nentPhysicalIsFRU.13 = #2\nentAliasMappingIdentifier.13.0 = @1.3.6.1.2.1.2.2.1.1.513
        entAliasMappingIdentifier.21.0 = @1.3.6.1.2.1.2.2.1.1.521\nentAliasMappingIdentifier.22.0 = @1.3.6.1.2.1.2.2.1.1.522
        entAliasMappingIdentifier.99.0 = @1.3.6.1.4.1.9";

    fn read(lines: &str) -> Columns {
        fixture::columns(&[SHAPE, TEXTS, &[ALIAS]].concat(), lines)
    }

    #[test]
    fn parts_make_a_tree() {
        let parts = parts(&read(&format!(
            "{LINES}\nentPhysicalName.2 = PSU 1\nentPhysicalSerialNum.2 = LIT1 \nentPhysicalModelName.2 = "
        )));
        let supply = &parts[1];
        assert_eq!((supply.class, supply.within, supply.position), (PhysicalClass::PowerSupply, 1, Some(1)));
        assert_eq!((supply.serial.as_deref(), supply.model.as_deref(), supply.replaceable), (Some("LIT1"), None, Some(true)));
        assert_eq!((parts.len(), parts[0].position, parts[0].within), (10, None, 0));
        assert_eq!(parts.iter().filter_map(|part| part.if_index).map(|at| at.0).collect::<Vec<_>>(), [513, 521, 522]);
    }

    #[test]
    fn a_sensor_belongs_to_the_port_of_its_optic_and_that_of_a_line_card_to_none() {
        let found = interfaces(&read(LINES));
        let of = |part: u32| found.get(&part).map(|at| at.0);
        assert_eq!([12, 13, 11, 21, 23, 20, 1].map(of), [Some(513), Some(513), Some(513), Some(521), None, None, None]);
    }

    #[test]
    fn of_sensors_nothing_is_read_and_of_ports_the_name() {
        let wanted: BTreeMap<&str, Vec<u32>> =
            wanted(&read(&format!("{LINES}\nentPhysicalName.1 = chassis"))).into_iter().collect();
        assert_eq!(wanted["entPhysicalName"], [2, 10, 11, 13, 20, 21, 22]);
        assert_eq!(wanted["entPhysicalSerialNum"], [1, 2, 11, 20]);
        let ring = read(
            "entPhysicalClass.1 = #9\nentPhysicalClass.2 = #9\nentPhysicalContainedIn.1 = #2\nentPhysicalContainedIn.2 = #1
             entPhysicalClass.3 = #10\nentAliasMappingIdentifier.3.0 = @1.3.6.1.2.1.2.2.1.1.5",
        );
        assert_eq!(interfaces(&ring).len(), 1, "a ring ends");
        let many: String = (1..=MAX_PARTS + 9).map(|row| format!("entPhysicalClass.{row} = #9\n")).collect();
        let (parts, beyond) = limit::DEVICE_PARTS.during(|| parts(&read(&many)));
        assert!(parts.len() == MAX_PARTS && beyond >= 9);
    }
}
