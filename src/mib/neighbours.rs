//! Tables of neighbours as data: which column of which table says what of a neighbour, and what the parts of a row's index mean.
//!
//! A vendor's own table is a `[[neighbours]]` section of a file; `collect::snmp::tables::neighbours` reads every one of them alike.

use super::file::MibFile;
use super::registry::{MibFault, Registry};
use crate::model::{Evidence, Oid};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A table of neighbours. It is asked of the devices of the file's `enterprises`, of all devices where the file names none.
///
/// Of several tables of one protocol the vendor's own is taken first, and the next one only where that has no row. A vendor's
/// table that reads the same `chassis-id` as a standard one stands in its place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Neighbours {
    /// What spoke.
    pub protocol: Protocol,
    /// What the parts of a row's index mean.
    pub index: Vec<IndexPart>,
    /// What the columns say. Of several columns the first that says something counts; of `sys-descr` all do.
    pub columns: BTreeMap<Field, Names>,
    /// Columns, of any table, by which the local port is found.
    #[serde(default)]
    pub local: BTreeMap<LocalField, String>,
    /// A column of another table that holds addresses of the neighbours: its index begins with that of the row.
    #[serde(default)]
    pub addresses: Option<Addresses>,
    /// With the column `state`: the numbers of it that are a neighbour. Rows in another state are none.
    #[serde(default)]
    pub states: Vec<i64>,
}

/// What spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the protocols'")]
pub enum Protocol {
    Lldp,
    Cdp,
    Fdp,
    Edp,
    Ospf,
    Bgp,
    Isis,
}

impl From<Protocol> for Evidence {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Lldp => Self::Lldp,
            Protocol::Cdp => Self::Cdp,
            Protocol::Fdp => Self::Fdp,
            Protocol::Edp => Self::Edp,
            Protocol::Ospf => Self::Ospf,
            Protocol::Bgp => Self::Bgp,
            Protocol::Isis => Self::Isis,
        }
    }
}

/// What a part of an index means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndexPart {
    /// A time filter; the same neighbour may stand under several.
    TimeMark,
    /// A number that tells rows apart.
    RemIndex,
    /// The index of the destination address of a frame.
    DestAddress,
    /// A routing instance.
    Instance,
    /// lldpLocPortNum, which is not ifIndex: see `local`.
    LldpPort,
    /// ifIndex of the local port; 0 is none.
    IfIndex,
    /// dot1dBasePort of the local port.
    BridgePort,
    /// The number of an interface within a routing protocol: `local.if-index` says which it is.
    Circuit,
    /// Eight octets of which the last six are a MAC address.
    DeviceId,
    /// Four octets of the neighbour's address.
    Ipv4Address,
    /// InetAddressType, length and octets of the neighbour's address.
    InetAddress,
    /// The same, of the local end.
    LocalInetAddress,
    /// The neighbour's router id as one number.
    RouterId,
}

impl IndexPart {
    /// Sub-identifiers of it; `None` where it tells its own length.
    const fn width(self) -> Option<usize> {
        match self {
            Self::DeviceId => Some(8),
            Self::Ipv4Address => Some(4),
            Self::InetAddress | Self::LocalInetAddress => None,
            _ => Some(1),
        }
    }

    /// How many of `arcs` belong to it.
    fn length(self, arcs: &[u32]) -> Option<usize> {
        let length = match self.width() {
            Some(width) => width,
            // InetAddressType, then the length, then so many octets (RFC 4001 §4.1).
            None => usize::try_from(*arcs.get(1)?).ok()?.checked_add(2)?,
        };
        (length <= arcs.len()).then_some(length)
    }

    /// Whether it says which local port it is.
    const fn is_local(self) -> bool {
        matches!(self, Self::LldpPort | Self::IfIndex | Self::BridgePort | Self::Circuit)
    }
}

/// What a column says of the neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// LldpChassisIdSubtype, as a number or in words.
    ChassisIdSubtype,
    /// Chassis id, device id, router id or system id.
    ChassisId,
    /// LldpPortIdSubtype, as a number or in words.
    PortIdSubtype,
    /// Port id.
    PortId,
    /// Slot of the port: the port is then `SLOT:PORT`.
    PortSlot,
    /// Port description.
    PortDescr,
    /// System name; `name(SERIAL)` is taken for `name` where the protocol is not LLDP.
    SysName,
    /// System description, platform or software version: all are kept, a line each.
    SysDescr,
    /// Capabilities: bits with words, CDP's four octets, or text.
    Capabilities,
    /// An address of the neighbour.
    Address,
    /// The state of the adjacency, see `states`.
    State,
    /// ifIndex of the local port.
    LocalIfIndex,
    /// Name of the local port.
    LocalPort,
}

/// What a column says of local ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LocalField {
    /// LldpPortIdSubtype, by local port number.
    PortIdSubtype,
    /// Port id, by local port number.
    PortId,
    /// Port description, by local port number.
    PortDescr,
    /// ifIndex, by circuit, or else by the number that tells rows apart.
    IfIndex,
}

/// One column, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Names {
    /// One column
    One(String),
    /// Several columns
    Several(Vec<String>),
}

/// Where further addresses of the neighbours stand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Addresses {
    /// The column.
    pub column: String,
    /// Where in it.
    pub holds: Holds,
}

/// Where in a column an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Behind the index of the row: address family, length and octets.
    InIndex,
    /// In the value.
    InValue,
}

/// A table of neighbours, ready to be read.
#[derive(Debug)]
pub struct NeighbourTable {
    file: String,
    /// Nodes of the vendor's enterprises; empty for a standard table.
    under: Vec<Oid>,
    /// Its first column: older editions of a standard have lower numbers.
    first: Option<Oid>,
    /// What spoke.
    pub protocol: Protocol,
    /// What the parts of a row's index mean.
    pub index: Vec<IndexPart>,
    columns: Vec<(Field, Vec<String>)>,
    local: BTreeMap<LocalField, String>,
    /// Where further addresses stand.
    pub addresses: Option<Addresses>,
    states: Vec<i64>,
}

impl NeighbourTable {
    /// From every section of a file; `registry` knows the columns.
    pub(super) fn of_file(name: &str, file: &MibFile, registry: &Registry) -> Vec<Self> {
        let root = registry.oid("enterprises");
        let under: Vec<Oid> = root.iter().flat_map(|root| file.enterprises.iter().map(|number| root.child(&[*number]))).collect();
        let table = |section: &Neighbours| Self {
            file: name.to_owned(),
            under: under.clone(),
            first: section.columns.values().flat_map(Names::list).filter_map(|name| registry.oid(&name)).min(),
            protocol: section.protocol,
            index: section.index.clone(),
            columns: section.columns.iter().map(|(field, names)| (*field, names.list())).collect(),
            local: section.local.clone(),
            addresses: section.addresses.clone(),
            states: section.states.clone(),
        };
        file.neighbours.iter().map(table).collect()
    }

    /// Whether it is a vendor's own.
    pub const fn is_vendors(&self) -> bool {
        !self.under.is_empty()
    }

    /// By protocol, the vendor's own first, then the older edition.
    fn rank(&self) -> (Protocol, bool, Option<&Oid>) {
        (self.protocol, !self.is_vendors(), self.first.as_ref())
    }

    /// Whether it is asked of devices with this sysObjectID.
    pub fn is_for(&self, sys_object_id: Option<&Oid>) -> bool {
        !self.is_vendors() || sys_object_id.is_some_and(|id| self.under.iter().any(|node| id.starts_with(node)))
    }

    /// The columns of one field.
    pub fn columns(&self, field: Field) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(move |(known, _)| *known == field).flat_map(|(_, names)| names.iter().map(String::as_str))
    }

    /// Every field and each of its columns, in the order of the fields.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &str)> {
        self.columns.iter().flat_map(|(field, names)| names.iter().map(|name| (*field, name.as_str())))
    }

    /// The columns that are read of it, but those of local ports.
    pub fn remote_columns(&self) -> impl Iterator<Item = &str> {
        let addresses = self.addresses.iter().map(|addresses| addresses.column.as_str());
        let if_index = self.local(LocalField::IfIndex);
        self.columns.iter().flat_map(|(_, names)| names.iter().map(String::as_str)).chain(addresses).chain(if_index)
    }

    /// The columns that say what local ports are called, by local port number.
    pub fn local_columns(&self) -> impl Iterator<Item = &str> {
        [LocalField::PortIdSubtype, LocalField::PortId, LocalField::PortDescr].into_iter().filter_map(|field| self.local(field))
    }

    /// A column of local ports.
    pub fn local(&self, field: LocalField) -> Option<&str> {
        self.local.get(&field).map(String::as_str)
    }

    /// Whether a row in this state is a neighbour; every row is where the table has no state.
    pub fn is_neighbour(&self, state: Option<i64>) -> bool {
        self.states.is_empty() || state.is_some_and(|state| self.states.contains(&state))
    }

    /// The parts of an index; `None` where it does not have them.
    pub fn split<'a>(&self, mut index: &'a [u32]) -> Option<Vec<(IndexPart, &'a [u32])>> {
        let mut parts = Vec::with_capacity(self.index.len());
        for part in &self.index {
            let (arcs, rest) = index.split_at_checked(part.length(index)?)?;
            parts.push((*part, arcs));
            index = rest;
        }
        index.is_empty().then_some(parts)
    }

    /// The part of a whole index, where the table has it.
    pub fn part<'a>(&self, index: &'a [u32], wanted: IndexPart) -> Option<&'a [u32]> {
        self.split(index)?.into_iter().find(|(part, _)| *part == wanted).map(|(_, arcs)| arcs)
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self, registry: &Registry) -> Vec<MibFault> {
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(MibFault { file: self.file.clone(), what: format!("neighbours: {what}") });
        for name in self.remote_columns().chain(self.local_columns()) {
            if registry.table_of(name).is_none() {
                fault(format!("no column is called {name:?}"));
            }
        }
        let tables: std::collections::BTreeSet<&str> =
            self.fields().filter_map(|(_, name)| registry.table_of(name)).map(|table| table.name.as_str()).collect();
        if tables.len() > 1 {
            fault(format!("its columns stand in several tables: {}", tables.iter().copied().collect::<Vec<_>>().join(", ")));
        }
        let declared = tables.first().and_then(|table| registry.object(table)).map_or(0, |table| table.index.len());
        if declared != 0 && declared != self.declared_parts() {
            fault(format!("the index of its table has {declared} parts, not {}", self.declared_parts()));
        }
        let identified = self.columns(Field::ChassisId).next().is_some()
            || self.index.iter().any(|part| matches!(part, IndexPart::DeviceId | IndexPart::RouterId));
        if !identified {
            fault("a chassis-id is needed, or an index part that is one".to_owned());
        }
        if self.index.iter().filter(|part| part.is_local()).count() > 1 {
            fault("only one part of the index can be the local port".to_owned());
        }
        if self.states.is_empty() != self.columns(Field::State).next().is_none() {
            fault("the column `state` and the numbers in `states` need each other".to_owned());
        }
        faults
    }

    /// Objects of which its index is made: an InetAddress is two.
    fn declared_parts(&self) -> usize {
        self.index.iter().map(|part| if part.width().is_none() { 2 } else { 1 }).sum()
    }
}

impl Names {
    /// In their order.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    fn list(&self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name.clone()],
            Self::Several(names) => names.clone(),
        }
    }
}

/// The tables that are asked of a device: by protocol, the vendor's own first.
pub(super) fn asked<'a>(tables: &'a [NeighbourTable], sys_object_id: Option<&Oid>) -> Vec<&'a NeighbourTable> {
    let fitting: Vec<&NeighbourTable> = tables.iter().filter(|table| table.is_for(sys_object_id)).collect();
    let chassis = |table: &NeighbourTable| table.columns(Field::ChassisId).next().map(str::to_owned);
    let replaced = |table: &NeighbourTable| {
        let column = chassis(table);
        !table.is_vendors() && column.is_some() && fitting.iter().any(|other| other.is_vendors() && chassis(other) == column)
    };
    let mut asked: Vec<&NeighbourTable> = fitting.iter().copied().filter(|table| !replaced(table)).collect();
    asked.sort_by(|a, b| a.rank().cmp(&b.rank()));
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(index: &[IndexPart]) -> NeighbourTable {
        let file = MibFile {
            neighbours: vec![Neighbours {
                protocol: Protocol::Lldp,
                index: index.to_vec(),
                columns: BTreeMap::from([(Field::ChassisId, Names::One("lldpRemChassisId".to_owned()))]),
                local: BTreeMap::new(),
                addresses: None,
                states: Vec::new(),
            }],
            ..MibFile::default()
        };
        NeighbourTable::of_file("x.toml", &file, Registry::builtin()).pop().unwrap()
    }

    #[test]
    fn an_index_is_taken_apart_or_refused() {
        use IndexPart::{DeviceId, IfIndex, InetAddress, Instance, LocalInetAddress, RemIndex};
        for (index, arcs, want) in [
            (&[IfIndex, RemIndex][..], &[7, 1][..], Some(vec![1, 1])),
            (&[IfIndex, RemIndex], &[7], None),
            (&[IfIndex, RemIndex], &[7, 1, 9], None),
            (&[IfIndex, DeviceId], &[7, 0, 0, 0, 1, 2, 3, 4, 5], Some(vec![1, 8])),
            (&[InetAddress], &[1, 4, 10, 0, 0, 1], Some(vec![6])),
            (&[InetAddress], &[1, 4, 10, 0, 0], None),
            (&[InetAddress], &[1, u32::MAX, 10, 0, 0], None),
            (&[InetAddress], &[1], None),
            (&[Instance, LocalInetAddress, InetAddress], &[0, 1, 4, 1, 1, 1, 1, 1, 4, 2, 2, 2, 2], Some(vec![1, 6, 6])),
        ] {
            let parts = table(index).split(arcs);
            let lengths = parts.map(|parts| parts.iter().map(|(_, arcs)| arcs.len()).collect::<Vec<_>>());
            assert_eq!(lengths, want, "{index:?} {arcs:?}");
        }
    }

    #[test]
    fn a_vendors_table_is_asked_of_its_devices_only_and_first() {
        let mib = Registry::builtin();
        let columns = |id: &str| {
            let id: Oid = id.parse().unwrap();
            let tables = mib.neighbours(Some(&id));
            tables.iter().filter_map(|table| table.columns(Field::ChassisId).next().map(str::to_owned)).collect::<Vec<_>>()
        };
        let (nokia, other) = (columns("1.3.6.1.4.1.6527.1.3.3"), columns("1.3.6.1.4.1.99999.1"));
        assert_eq!(nokia.first().map(String::as_str), Some("tmnxLldpRemChassisId"));
        assert!(nokia.contains(&"lldpRemChassisId".to_owned()));
        assert!(!other.iter().any(|name| name.starts_with("tmnx")));
        // MikroTik's own section reads the standard table in its own way, and stands in its place.
        let mikrotik = mib.neighbours(Some(&"1.3.6.1.4.1.14988.1".parse().unwrap()));
        let lldp = mikrotik.iter().filter(|table| table.columns(Field::ChassisId).any(|name| name == "lldpRemChassisId"));
        assert_eq!(lldp.count(), 1);
        assert!(mikrotik[0].local(LocalField::IfIndex).is_some());
    }

    #[test]
    fn what_is_wrong_with_a_section_is_said() {
        const TABLE: &str = "[[table]]\nname = \"xNbrTable\"\noid = \"1.3.6.1.4.1.99999.1\"\nindex = [\"a\", \"b\"]\n[table.columns]\n\
             xNbrId = { id = 2, syntax = \"text\" }\nxNbrState = { id = 3, syntax = \"integer\" }\n";
        for (section, want) in [
            ("index = [\"if-index\", \"rem-index\"]\ncolumns = { chassis-id = \"xNbrId\" }", None),
            ("index = [\"if-index\", \"rem-index\"]\ncolumns = { chassis-id = \"xNothing\" }", Some("no column is called")),
            ("index = [\"if-index\"]\ncolumns = { chassis-id = \"xNbrId\" }", Some("has 2 parts, not 1")),
            ("index = [\"if-index\", \"circuit\"]\ncolumns = { chassis-id = \"xNbrId\" }", Some("only one part")),
            ("index = [\"if-index\", \"rem-index\"]\ncolumns = { sys-name = \"xNbrId\" }", Some("chassis-id is needed")),
            (
                "index = [\"if-index\", \"rem-index\"]\ncolumns = { chassis-id = \"xNbrId\", state = \"xNbrState\" }",
                Some("need each other"),
            ),
            (
                "index = [\"if-index\", \"rem-index\"]\ncolumns = { chassis-id = \"xNbrId\", port-id = \"ifName\" }",
                Some("several tables"),
            ),
            ("index = [\"if-index\", \"rem-index\"]\ncolumns = { chassis = \"xNbrId\" }", Some("unknown variant")),
        ] {
            let text = format!("{TABLE}[[neighbours]]\nprotocol = \"lldp\"\n{section}\n");
            let (_, faults) = crate::mib::check::check(&[("x.toml", &text)]);
            match want {
                None => assert!(faults.is_empty(), "{section}: {faults:?}"),
                Some(want) => assert!(faults.iter().any(|fault| fault.what.contains(want)), "{section}: {faults:?}"),
            }
        }
    }
}
