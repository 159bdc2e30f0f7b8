//! What is read of a device, and in what company: columns that end together are read side by side, and a table that the agent does
//! not have costs one name in one request. Pure: [`inventory`](crate::collect::snmp::inventory) does the asking.

use super::columns::Columns;
use super::{addresses, arp, assemble, bridge, entity, fdb, interfaces, makers, neighbours, parts, poe, stack, stp, vlans};
use crate::mib::switching::{PoeIndex, Subject, SwitchRule};
use crate::mib::{Kind, NeighbourTable, Profile, Registry};
use crate::model::{Oid, limit};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Single cells, by column and row; `0` is the row of a scalar.
pub type Cells = BTreeMap<&'static str, Vec<u32>>;

/// Cells of one kind that are asked for singly: of more, the whole column is cheaper to walk.
const MAX_CELLS: usize = 48;

/// The states of VLANs on switches that keep a forwarding table for each, by management domain and VLAN.
const VLAN_STATE: &str = "vtpVlanState";
/// vtpVlanState operational
const OPERATIONAL: i64 = 1;
/// What needs no context of its own: VLAN 1 is what is told without one, 1002 to 1005 are those of FDDI and Token Ring.
const NOT_ASKED: [std::ops::RangeInclusive<u16>; 2] = [0..=1, 1002..=1005];

/// What the scalars say that a device has to be asked for beyond what every device is. Found once: it takes as long as reading a small
/// table does.
#[derive(Debug)]
pub struct Asked {
    /// Its vendor's profile.
    pub profile: Option<&'static Profile>,
    /// The objects of that.
    pub vendor_objects: Vec<&'static str>,
    neighbours: Vec<&'static NeighbourTable>,
    switching: Vec<&'static SwitchRule>,
}

impl Asked {
    /// Once the scalars were read, and those of [`assemble::probes`].
    pub fn of(columns: &Columns) -> Self {
        let profile = assemble::profile(columns);
        let vendor_objects = profile.into_iter().flat_map(Profile::reads).collect();
        Self { profile, vendor_objects, neighbours: neighbours::tables(columns), switching: makers::rules(columns) }
    }

    fn keeps_vlans_apart(&self) -> bool {
        self.profile.is_some_and(|profile| profile.quirks().per_vlan.is_some())
    }

    fn objects(&self, kind: Kind) -> impl Iterator<Item = &'static str> {
        let objects = self.vendor_objects.iter().copied();
        objects.filter(move |name| Registry::global().object(name).is_some_and(|object| object.kind == kind))
    }
}

/// The table of a column; `None` where it is no column.
pub fn table_of(column: &str) -> Option<&'static str> {
    Registry::global().table_of(column).map(|table| table.name.as_str())
}

/// Columns with their OIDs.
type Named = Vec<(&'static str, Oid)>;

/// Every column of a table that is read of any device.
pub fn columns_of(table: &str) -> &'static [(&'static str, Oid)] {
    static BY_TABLE: OnceLock<BTreeMap<&'static str, Named>> = OnceLock::new();
    let by_table = BY_TABLE.get_or_init(|| {
        let mut by_table: BTreeMap<&'static str, Named> = BTreeMap::new();
        for column in assemble::all_objects().into_iter().chain([VLAN_STATE]) {
            if let Some((table, oid)) = table_of(column).zip(Registry::global().oid(column)) {
                by_table.entry(table).or_default().push((column, oid));
            }
        }
        by_table
    });
    by_table.get(table).map_or(&[], Vec::as_slice)
}

/// The columns of the standards' tables that any device may have.
pub(super) const STANDARD: [&[&str]; 15] = [
    interfaces::COLUMNS,
    addresses::COLUMNS,
    bridge::COLUMNS,
    vlans::COLUMNS,
    stp::COLUMNS,
    poe::COLUMNS,
    stack::COLUMNS,
    parts::SHAPE,
    parts::TEXTS,
    fdb::COLUMNS_Q,
    fdb::COLUMNS_IEEE,
    fdb::COLUMNS_D,
    arp::COLUMNS,
    arp::COLUMNS_OLD,
    &[parts::ALIAS],
];

/// Tables that any device may have and that are worth a look.
fn standard_tables() -> &'static BTreeSet<&'static str> {
    static TABLES: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let follows = |table: &str| FOLLOWS.iter().any(|(column, _)| table_of(column) == Some(table));
        STANDARD.into_iter().flatten().filter_map(|name| table_of(name)).filter(|table| !follows(table)).collect()
    })
}

/// The table beside which makers tell what ports draw.
const POE: &str = "pethPsePortDetectionStatus";

/// Columns whose table is there where that of the other column is: a look at it would be wasted. Every agent has interfaces.
const FOLLOWS: [(&str, Option<&str>); 8] = [
    ("ifDescr", None),
    ("ifStackStatus", Some(interfaces::HIGH_SPEED)),
    ("dot3StatsDuplexStatus", Some(interfaces::HIGH_SPEED)),
    ("dot1qPvid", Some("dot1dBasePortIfIndex")),
    ("ieee8021BridgeBasePortIfIndex", Some("ieee8021QBridgeTpFdbPort")),
    ("ieee8021QBridgeVlanFdbId", Some("ieee8021QBridgeTpFdbPort")),
    ("ieee8021QBridgePvid", Some("ieee8021QBridgeVlanStaticName")),
    (parts::ALIAS, Some(entity::CLASS)),
];

/// The tables of which it is worth asking whether the device has them: as few as one request holds.
pub fn tables(columns: &Columns) -> Vec<&'static str> {
    let heard = neighbours::tables(columns).into_iter().filter_map(main_table);
    let all: BTreeSet<&'static str> = standard_tables().iter().copied().chain(heard).collect();
    all.into_iter().collect()
}

/// The table in which the neighbours themselves stand.
fn main_table(table: &'static NeighbourTable) -> Option<&'static str> {
    table.fields().find_map(|(_, column)| table_of(column))
}

/// The tables that no look is needed for: whether each is there, once it is known which of [`tables`] are.
pub fn followers(asked: &Asked, present: &BTreeSet<&'static str>) -> BTreeMap<&'static str, bool> {
    let is_there = |column: &str| table_of(column).is_some_and(|table| present.contains(table));
    let mut followers = BTreeMap::new();
    for &table in &asked.neighbours {
        let there = main_table(table).is_some_and(|main| present.contains(main));
        let own = table.remote_columns().chain(table.local_columns()).filter_map(table_of);
        for companion in own.filter(|name| main_table(table) != Some(*name)) {
            *followers.entry(companion).or_insert(false) |= there;
        }
    }
    // The few columns of the vendor's profile are asked for as they are.
    let vendors = asked.objects(Kind::Column).filter_map(table_of).filter(|table| !standard_tables().contains(table));
    followers.extend(vendors.map(|table| (table, true)));
    for (rule, column) in asked.switching.iter().flat_map(|rule| makers::walked(rule).map(move |column| (*rule, column))) {
        let there = rule.says.of != Subject::Poe || rule.says.index == PoeIndex::Interface || is_there(POE);
        followers.extend(table_of(column).filter(|table| !standard_tables().contains(table)).map(|table| (table, there)));
    }
    let fixed = FOLLOWS.iter().filter_map(|(column, main)| Some((table_of(column)?, main.is_none_or(is_there))));
    followers.extend(fixed);
    followers.extend(asked.keeps_vlans_apart().then(|| table_of(VLAN_STATE)).flatten().map(|table| (table, true)));
    followers
}

/// Columns of short tables, and of those with a row for each port. The short ones come first: they end within the first answers, and
/// the others go on in wide ones.
pub fn small(columns: &Columns, asked: &Asked) -> Vec<&'static str> {
    // What is absent is read to its end already.
    let lacks = |name: &str| columns.is_complete(name);
    let mut names: Vec<&'static str> = asked.neighbours.iter().flat_map(|table| table.remote_columns()).collect();
    names.extend(addresses::COLUMNS);
    names.extend(asked.keeps_vlans_apart().then_some(VLAN_STATE));
    names.extend(bridge::COLUMNS);
    // What a VLAN has now says all that was configured, and more.
    names.extend(vlans::COLUMNS.iter().filter(|name| !vlans::is_superseded(name, lacks)));
    names.extend(asked.switching.iter().flat_map(|rule| makers::walked(rule)));
    names.extend(asked.objects(Kind::Column).filter(|name| table_of(name) != table_of(entity::CLASS)));
    names.extend(parts::SHAPE);
    names.push(parts::ALIAS);
    names.extend(poe::COLUMNS);
    names.extend(stack::COLUMNS);
    names.extend(stp::COLUMNS);
    names.extend(interfaces::COLUMNS.iter().filter(|name| **name != interfaces::SPEED || lacks(interfaces::HIGH_SPEED)));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names
}

/// What is still wanted of the tables that are `present`: single cells, and columns that are better walked.
pub fn cells(columns: &Columns, asked: &Asked, present: &BTreeSet<&'static str>) -> (Cells, Vec<&'static str>) {
    let mut wanted = Wanted { columns, present, cells: Cells::new(), rest: Vec::new() };
    let is_bridge = table_of("dot1dStpPortState").is_some_and(|table| present.contains(table));
    let words = asked.switching.iter().filter_map(|rule| rule.says.protocol.as_ref()).map(|protocol| protocol.scalar.as_str());
    let of_bridge = bridge::SCALARS.iter().copied().chain(words).filter(|_| is_bridge);
    for scalar in asked.objects(Kind::Scalar).chain(of_bridge).filter(|name| !columns.is_complete(name)) {
        wanted.cells.insert(scalar, vec![0]);
    }
    let (maps, trunks) = makers::maps(&asked.switching, columns);
    wanted.add(&maps, Some(trunks));
    let of_chassis: Vec<&'static str> = entity::OF_CHASSIS.iter().copied().chain(asked.objects(Kind::Column)).collect();
    let of_chassis: Vec<&'static str> = of_chassis.into_iter().filter(|name| table_of(name) == table_of(entity::CLASS)).collect();
    // Without classes it can't be told which row is the chassis.
    let rows = if columns.len(entity::CLASS) == 0 { None } else { Some(entity::rows(columns)) };
    wanted.add(&of_chassis, rows);
    for table in &asked.neighbours {
        let names: Vec<&'static str> = table.local_columns().collect();
        wanted.add(&names, Some(neighbours::local_numbers(table, columns)));
    }
    let unsure = interfaces::of_unsure_speed(columns).into_iter().map(|if_index| if_index.0).collect();
    wanted.add(&[interfaces::SPEED], Some(unsure));
    (wanted.cells, wanted.rest)
}

struct Wanted<'a> {
    columns: &'a Columns,
    present: &'a BTreeSet<&'static str>,
    cells: Cells,
    rest: Vec<&'static str>,
}

impl Wanted<'_> {
    /// These rows of each of `names`; all rows where they are too many or not known.
    fn add(&mut self, names: &[&'static str], rows: Option<BTreeSet<u32>>) {
        let is_there = |name: &str| table_of(name).is_some_and(|table| self.present.contains(table));
        let open: Vec<&'static str> =
            names.iter().copied().filter(|name| is_there(name) && !self.columns.is_complete(name)).collect();
        match rows {
            Some(rows) if rows.len() * open.len() <= MAX_CELLS => {
                for name in open.into_iter().filter(|_| !rows.is_empty()) {
                    self.cells.insert(name, rows.iter().copied().collect());
                }
            }
            _ => self.rest.extend(open),
        }
    }
}

/// The VLANs whose forwarding tables are asked for one by one.
pub fn vlans(columns: &Columns) -> Vec<u16> {
    let operational = columns.rows(VLAN_STATE).filter(|(_, state)| state.as_i64() == Some(OPERATIONAL));
    let numbers = operational.filter_map(|(index, _)| index.last().copied().and_then(bridge::vlan_id));
    let asked: BTreeSet<u16> = numbers.filter(|vlan| !NOT_ASKED.iter().any(|left| left.contains(vlan))).collect();
    let mut asked: Vec<u16> = asked.into_iter().collect();
    limit::DEVICE_VLAN_TABLES.cut(&mut asked);
    asked
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture;
    use super::*;

    #[test]
    fn every_column_that_is_read_stands_in_a_table_that_is_asked_for() {
        let columns = fixture::columns(&["sysObjectID"], "sysObjectID.0 = @1.3.6.1.4.1.6527.1");
        let tables = tables(&columns);
        let asked = Asked::of(&columns);
        let followers = followers(&asked, &BTreeSet::new());
        // What a profile names without its table is walked as it is.
        for name in small(&columns, &asked) {
            assert!(table_of(name).is_none_or(|table| tables.contains(&table) || followers.contains_key(table)), "{name}");
        }
        for name in assemble::all_objects().into_iter().filter(|name| table_of(name).is_some()) {
            assert!(columns_of(table_of(name).unwrap()).iter().any(|(column, _)| *column == name), "{name}");
        }
        assert!(tables.contains(&"tmnxLldpRemTable"));
        assert_eq!(followers.get("tmnxLldpRemManAddrTable"), Some(&false));
        assert_eq!(super::followers(&asked, &BTreeSet::from(["tmnxLldpRemTable"])).get("tmnxLldpRemManAddrTable"), Some(&true));
        // The look at an ordinary device fits one request of the size that every agent is first asked.
        assert!(super::tables(&fixture::columns(&[], "")).len() <= 24);
    }

    #[test]
    fn of_a_large_chassis_one_row_is_read() {
        let mut lines: String = (1..500).map(|row| format!("entPhysicalClass.{row} = #9\n")).collect();
        lines.push_str(
            "entPhysicalClass.1001 = #3\nlldpRemChassisId.0.7.1 = a\nifDescr.3 = x\nifHighSpeed.3 = #1000\nifDescr.4 = y",
        );
        let names = ["entPhysicalClass", "lldpRemChassisId", "ifDescr", "ifHighSpeed"];
        let columns = fixture::columns(&names, &lines);
        let present = BTreeSet::from(["entPhysicalTable", "lldpLocPortTable", "ifTable"]);
        let (cells, rest) = cells(&columns, &Asked::of(&columns), &present);
        assert_eq!(cells["entPhysicalSerialNum"], [1001]);
        assert_eq!((&cells["lldpLocPortId"], &cells["ifSpeed"]), (&vec![7], &vec![4]));
        assert_eq!(rest, Vec::<&str>::new());
        let nothing = fixture::columns(&[], "");
        let (without, rest) = super::cells(&nothing, &Asked::of(&nothing), &present);
        assert!(without.is_empty() && rest.contains(&"entPhysicalSerialNum"));
    }

    #[test]
    fn vlans_that_need_a_context_are_asked_one_by_one() {
        let lines = "vtpVlanState.1.1 = #1\nvtpVlanState.1.10 = #1\nvtpVlanState.1.20 = #2\nvtpVlanState.1.1002 = #1\nvtpVlanState.1.9999 = #1";
        assert_eq!(vlans(&fixture::columns(&[VLAN_STATE], lines)), [10]);
        let many: String = (2..900).map(|vlan| format!("vtpVlanState.1.{vlan} = #1\n")).collect();
        let (asked, beyond) = limit::DEVICE_VLAN_TABLES.during(|| vlans(&fixture::columns(&[VLAN_STATE], &many)));
        assert!(asked.len() == limit::DEVICE_VLAN_TABLES.most() && beyond > 0);
    }
}
