//! LLDP: the local chassis, and the neighbours that are heard (LLDP-MIB, LLDP-V2-MIB).
//!
//! State is per row: nothing is carried from one neighbour to the next, and a row that can't be placed keeps what it says.

use super::addresses::{ipv4, ipv6};
use super::columns::{Columns, text_to_nul};
use super::lldp_id;
use super::ports::{LocalPort, Ports};
use crate::mib::Registry;
use crate::model::{ChassisId, Evidence, IfIndex, NeighbourRow};
use crate::wire::snmp::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The scalars that say who the device is.
pub const SCALARS: &[&str] = &["lldpLocChassisIdSubtype", "lldpLocChassisId", "lldpV2LocChassisIdSubtype", "lldpV2LocChassisId"];

/// The columns of LLDP-MIB, and those of LLDP-V2-MIB in the same order.
pub const COLUMNS: &[&str] = &[
    "lldpLocPortIdSubtype",
    "lldpLocPortId",
    "lldpLocPortDesc",
    "lldpRemChassisIdSubtype",
    "lldpRemChassisId",
    "lldpRemPortIdSubtype",
    "lldpRemPortId",
    "lldpRemPortDesc",
    "lldpRemSysName",
    "lldpRemSysDesc",
    "lldpRemSysCapEnabled",
    "lldpRemManAddrIfSubtype",
];
/// See [`COLUMNS`].
pub const COLUMNS_V2: &[&str] = &[
    "lldpV2LocPortIdSubtype",
    "lldpV2LocPortId",
    "lldpV2LocPortDesc",
    "lldpV2RemChassisIdSubtype",
    "lldpV2RemChassisId",
    "lldpV2RemPortIdSubtype",
    "lldpV2RemPortId",
    "lldpV2RemPortDesc",
    "lldpV2RemSysName",
    "lldpV2RemSysDesc",
    "lldpV2RemSysCapEnabled",
    "lldpV2RemManAddrIfSubtype",
];

/// Neighbours kept of one device: more would be an agent that makes them up.
pub const MAX_NEIGHBOURS: usize = 4096;

/// LldpManAddrSubtype is an IANA address family.
const FAMILY_IPV4: u32 = 1;
const FAMILY_IPV6: u32 = 2;

/// The two editions differ in how long their indexes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edition {
    /// time mark, local port number, remote index
    First,
    /// time mark, ifIndex, destination address, remote index
    Second,
}

impl Edition {
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::First => COLUMNS,
            Self::Second => COLUMNS_V2,
        }
    }

    const fn index_len(self) -> usize {
        match self {
            Self::First => 3,
            Self::Second => 4,
        }
    }
}

/// What was heard, and how many rows were passed over (blank, or chassis subtype 0).
#[derive(Debug, Default)]
pub struct Heard {
    /// The neighbours, in the order of their rows.
    pub rows: Vec<NeighbourRow>,
    /// Rows passed over.
    pub skipped: u64,
}

/// lldpLocChassisId, of either edition.
pub fn local_chassis(columns: &Columns) -> Option<ChassisId> {
    let of = |subtype: &str, id: &str| {
        let subtype = columns.scalar(subtype).and_then(Value::as_i64);
        lldp_id::chassis_id(subtype, columns.scalar(id)?.as_octets()?)
    };
    of("lldpLocChassisIdSubtype", "lldpLocChassisId").or_else(|| of("lldpV2LocChassisIdSubtype", "lldpV2LocChassisId"))
}

/// All neighbours, of the first edition and, where that has none, of the second.
pub fn neighbours(columns: &Columns, ports: &Ports) -> Heard {
    let first = of_edition(Edition::First, columns, ports);
    if first.rows.is_empty() { of_edition(Edition::Second, columns, ports) } else { first }
}

/// One remote row as it stands.
#[derive(Debug, Default)]
struct Remote<'a> {
    chassis_subtype: Option<i64>,
    chassis: &'a [u8],
    port_subtype: Option<i64>,
    port: &'a [u8],
    row: Option<NeighbourRow>,
}

/// How one column fills a row.
type Fill = for<'a> fn(&mut Remote<'a>, &'a Value);

/// What each remote column fills, by its place in [`COLUMNS`].
const FILLS: [(usize, Fill); 8] = [
    (3, |remote, value| remote.chassis_subtype = value.as_i64()),
    (4, |remote, value| remote.chassis = value.as_octets().unwrap_or_default()),
    (5, |remote, value| remote.port_subtype = value.as_i64()),
    (6, |remote, value| remote.port = value.as_octets().unwrap_or_default()),
    (7, |remote, value| remote.row().port_descr = text_to_nul(value)),
    (8, |remote, value| remote.row().sys_name = text_to_nul(value)),
    (9, |remote, value| remote.row().sys_descr = text_to_nul(value)),
    (10, |remote, value| remote.row().capabilities = capabilities(value)),
];

impl Remote<'_> {
    fn row(&mut self) -> &mut NeighbourRow {
        self.row.get_or_insert_with(|| NeighbourRow::new(Evidence::Lldp))
    }

    /// The neighbour; `None` where the row says nothing.
    fn decoded(mut self) -> Option<NeighbourRow> {
        let chassis_id = lldp_id::chassis_id(self.chassis_subtype, self.chassis);
        let port_id = lldp_id::port_id(self.port_subtype, self.port);
        if self.chassis_subtype == Some(0) || (chassis_id.is_none() && port_id.is_none()) {
            return None;
        }
        let row = self.row();
        row.chassis_id = chassis_id;
        row.port_id = port_id;
        self.row
    }
}

fn of_edition(edition: Edition, columns: &Columns, ports: &Ports) -> Heard {
    let mut remotes: BTreeMap<&[u32], Remote<'_>> = BTreeMap::new();
    let name = |at: usize| edition.columns().get(at).copied().unwrap_or("");
    for (at, fill) in FILLS {
        for (index, value) in columns.rows(name(at)) {
            if remotes.len() < MAX_NEIGHBOURS || remotes.contains_key(index) {
                fill(remotes.entry(index).or_default(), value);
            }
        }
    }
    let mut addresses = management_addresses(edition, columns, &remotes);
    let locals = local_ports(edition, columns);
    let mut heard = Heard::default();
    let mut seen = BTreeMap::new();
    for (index, remote) in remotes {
        let Some(mut row) = remote.decoded() else {
            heard.skipped += 1;
            continue;
        };
        row.addresses = addresses.remove(index).unwrap_or_default();
        place(&mut row, edition, index, (&locals, ports));
        // Agents list a neighbour again under another time mark or an index of another length.
        let key = (row.local_if_index, row.local_port.clone(), row.chassis_id.clone(), row.port_id.clone(), row.sys_name.clone());
        match seen.get(&key).and_then(|at: &usize| heard.rows.get_mut(*at)) {
            Some(known) => merge_addresses(known, row.addresses),
            None => {
                seen.insert(key, heard.rows.len());
                heard.rows.push(row);
            }
        }
    }
    heard
}

fn merge_addresses(known: &mut NeighbourRow, addresses: Vec<IpAddr>) {
    for address in addresses {
        if !known.addresses.contains(&address) {
            known.addresses.push(address);
        }
    }
}

/// Fills the local port of a row, where its index says which it is. Malformed indexes (RouterOS has one-part ones) do not.
fn place(row: &mut NeighbourRow, edition: Edition, index: &[u32], (locals, ports): (&BTreeMap<u32, LocalPort>, &Ports)) {
    if index.len() != edition.index_len() {
        return;
    }
    let Some(number) = index.get(1).copied() else { return };
    let local = locals.get(&number);
    row.local_if_index = match edition {
        Edition::First => ports.find(number, local),
        Edition::Second => Some(IfIndex(number)).filter(|if_index| ports.name(*if_index).is_some()),
    };
    row.local_port = local
        .and_then(LocalPort::name)
        .or_else(|| row.local_if_index.and_then(|if_index| ports.name(if_index)).map(str::to_owned));
}

fn local_ports(edition: Edition, columns: &Columns) -> BTreeMap<u32, LocalPort> {
    let [subtype, id, descr] = match edition.columns() {
        [subtype, id, descr, ..] => [*subtype, *id, *descr],
        _ => return BTreeMap::new(),
    };
    let mut locals: BTreeMap<u32, LocalPort> = BTreeMap::new();
    let subtypes: BTreeMap<u32, i64> =
        columns.by_number(subtype).filter_map(|(port, value)| Some((port, value.as_i64()?))).collect();
    for (port, value) in columns.by_number(id) {
        locals.entry(port).or_default().id =
            value.as_octets().and_then(|octets| lldp_id::port_id(subtypes.get(&port).copied(), octets));
    }
    for (port, value) in columns.by_number(descr) {
        locals.entry(port).or_default().descr = text_to_nul(value);
    }
    locals
}

/// Management addresses by the index of their remote row: they stand in the index of their own table, behind that of the row.
fn management_addresses<'a>(
    edition: Edition,
    columns: &'a Columns,
    remotes: &BTreeMap<&'a [u32], Remote<'_>>,
) -> BTreeMap<&'a [u32], Vec<IpAddr>> {
    let mut found: BTreeMap<&[u32], Vec<IpAddr>> = BTreeMap::new();
    let Some(column) = edition.columns().last() else { return found };
    for (index, _) in columns.rows(column) {
        let of_row = [edition.index_len(), 1].into_iter().find_map(|length| {
            let (row, address) = index.split_at_checked(length)?;
            remotes.contains_key(row).then_some((row, address))
        });
        let Some((row, address)) = of_row else { continue };
        if let Some(address) = management_address(address).filter(|address| !address.is_unspecified()) {
            let addresses = found.entry(row).or_default();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    found
}

/// Address family, length and octets; some agents leave the length out.
fn management_address(index: &[u32]) -> Option<IpAddr> {
    match index {
        [FAMILY_IPV4, 4, octets @ ..] if octets.len() == 4 => ipv4(octets).map(IpAddr::V4),
        [FAMILY_IPV4, octets @ ..] => ipv4(octets).map(IpAddr::V4),
        [FAMILY_IPV6, 16, octets @ ..] if octets.len() == 16 => ipv6(octets).map(IpAddr::V6),
        [FAMILY_IPV6, octets @ ..] => ipv6(octets).map(IpAddr::V6),
        _ => None,
    }
}

fn capabilities(value: &Value) -> Vec<String> {
    let object = Registry::builtin().object("lldpRemSysCapEnabled");
    object.zip(value.as_octets()).map(|(object, octets)| object.words_of_bits(octets)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::bridge::BasePorts;
    use super::super::columns::fixture::columns;
    use super::*;
    use crate::model::Interface;

    fn ports() -> Ports {
        let mut interface = Interface::new(IfIndex(10_101));
        interface.if_name = Some("Gi1/0/1".to_owned());
        Ports::new(&[interface], BasePorts::new())
    }

    fn heard(lines: &str) -> Heard {
        neighbours(&columns(&[COLUMNS, COLUMNS_V2].concat(), lines), &ports())
    }

    #[test]
    fn a_row_is_decoded_and_placed() {
        let found = heard(
            "lldpLocPortIdSubtype.1 = #5\nlldpLocPortId.1 = Gi1/0/1\nlldpRemChassisIdSubtype.0.1.7 = #4
             lldpRemChassisId.0.1.7 = 0x001b54aabbcc\nlldpRemPortIdSubtype.0.1.7 = #5\nlldpRemPortId.0.1.7 = Te1/1/1
             lldpRemSysName.0.1.7 = core-1\nlldpRemSysCapEnabled.0.1.7 = 0x2800\nlldpRemManAddrIfSubtype.0.1.7.1.4.10.0.0.1 = #2
             lldpRemManAddrIfSubtype.0.1.7.1.4.0.0.0.0 = #2",
        );
        let row = &found.rows[0];
        assert_eq!(row.local_if_index, Some(IfIndex(10_101)));
        assert_eq!(row.local_port.as_deref(), Some("Gi1/0/1"));
        assert_eq!(row.chassis_id.as_ref().unwrap().to_string(), "00:1b:54:aa:bb:cc");
        assert_eq!(row.port_id.as_ref().unwrap().to_string(), "Te1/1/1");
        assert_eq!(row.addresses, ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(row.capabilities, ["bridge", "router"]);
    }

    #[test]
    fn a_nameless_neighbour_inherits_nothing() {
        let found = heard(
            "lldpRemChassisIdSubtype.0.1.1 = #7\nlldpRemChassisId.0.1.1 = a\nlldpRemSysName.0.1.1 = first
             lldpRemChassisIdSubtype.0.1.2 = #7\nlldpRemChassisId.0.1.2 = b",
        );
        assert_eq!(found.rows[1].sys_name, None);
        assert_eq!(found.rows[1].sys_descr, None);
    }

    #[test]
    fn blank_rows_are_counted_and_malformed_indexes_tolerated() {
        let found = heard(
            "lldpRemChassisIdSubtype.0.1.1 = #0\nlldpRemChassisId.0.1.1 = x\nlldpRemChassisId.0.1.2 = \u{0}
             lldpRemChassisIdSubtype.11 = #4\nlldpRemChassisId.11 = B8:69:F4:7F:41:70\nlldpRemManAddrIfSubtype.11.1.4.10.0.0.9 = #2
             lldpRemSysName.11 = odd",
        );
        assert_eq!(found.skipped, 2);
        assert_eq!(found.rows.len(), 1);
        assert_eq!(found.rows[0].local_if_index, None);
        assert_eq!(found.rows[0].addresses, ["10.0.0.9".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn a_neighbour_that_is_listed_twice_is_one_row_with_all_its_addresses() {
        let found = heard(
            "lldpRemChassisId.5.1.1 = a\nlldpRemManAddrIfSubtype.5.1.1.1.4.10.0.0.1 = #2
             lldpRemChassisId.9.1.2 = a\nlldpRemManAddrIfSubtype.9.1.2.1.4.10.0.0.2 = #2\nlldpRemChassisId.9.1.3 = b",
        );
        assert_eq!(found.rows.iter().map(|row| row.addresses.len()).collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn the_second_edition_is_read_where_the_first_is_empty() {
        let found = heard("lldpV2RemChassisIdSubtype.0.10101.1.3 = #7\nlldpV2RemChassisId.0.10101.1.3 = fw-1");
        assert_eq!(found.rows[0].local_if_index, Some(IfIndex(10_101)));
        assert_eq!(found.rows[0].local_port.as_deref(), Some("Gi1/0/1"));
    }
}
