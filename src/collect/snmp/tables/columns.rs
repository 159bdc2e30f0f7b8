//! What was read of a device, by column or scalar name.

use crate::mib::Registry;
use crate::model::{IfIndex, Oid};
use crate::wire::snmp::{Value, VarBind};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Rows by column name. A scalar is a column with the one row `.0`.
#[derive(Debug, Default)]
pub struct Columns {
    columns: FxHashMap<&'static str, Column>,
    /// What the agent says of one VLAN, where it keeps its bridge tables per VLAN.
    vlans: BTreeMap<u16, Columns>,
}

#[derive(Debug)]
struct Column {
    base: Oid,
    rows: Vec<VarBind>,
    complete: bool,
}

impl Columns {
    /// Files the rows of a column; `base` is the column's OID.
    pub fn insert(&mut self, name: &'static str, base: Oid, rows: Vec<VarBind>) {
        self.columns.insert(name, Column { base, rows, complete: true });
    }

    /// Files a column that the agent does not have: it is read to its end, and empty.
    pub fn insert_absent(&mut self, name: &'static str, base: Oid) {
        self.columns.entry(name).or_insert(Column { base, rows: Vec::new(), complete: true });
    }

    /// Files the rows of a column that was not read to its end.
    pub fn insert_partial(&mut self, name: &'static str, base: Oid, rows: Vec<VarBind>) {
        self.columns.insert(name, Column { base, rows, complete: false });
    }

    /// Adds single rows to a column, which stays as complete as it was.
    pub fn add(&mut self, name: &'static str, base: Oid, rows: Vec<VarBind>) {
        self.columns.entry(name).or_insert(Column { base, rows: Vec::new(), complete: false }).rows.extend(rows);
    }

    /// Whether the column was read to its end: only then does a missing row mean that there is none.
    pub fn is_complete(&self, name: &str) -> bool {
        self.columns.get(name).is_some_and(|column| column.complete)
    }

    /// Files what the agent says of one VLAN.
    pub fn insert_vlan(&mut self, vlan: u16, columns: Self) {
        self.vlans.insert(vlan, columns);
    }

    /// What the agent says of each VLAN, where it was asked so.
    pub fn vlans(&self) -> impl Iterator<Item = (u16, &Self)> {
        self.vlans.iter().map(|(vlan, columns)| (*vlan, columns))
    }

    /// Files what belongs to the columns or scalars `names` out of all that an agent has.
    pub fn select(mib: &Registry, names: &[&'static str], varbinds: &[VarBind]) -> Self {
        let mut columns = Self::default();
        for name in names {
            let Some(base) = mib.oid(name) else { continue };
            let rows: Vec<VarBind> = varbinds.iter().filter(|varbind| varbind.oid.starts_with(&base)).cloned().collect();
            columns.insert(name, base, rows);
        }
        columns
    }

    /// The rows of a column: index and value. Exceptions and nulls are left out.
    pub fn rows<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a [u32], &'a Value)> + use<'a> {
        self.columns.get(name).into_iter().flat_map(|column| {
            column
                .rows
                .iter()
                .filter(|varbind| !varbind.value.is_absent())
                .filter_map(|varbind| varbind.oid.suffix_of(&column.base).map(|index| (index, &varbind.value)))
        })
    }

    /// The rows of a column whose index is one number.
    pub fn by_number<'a>(&'a self, name: &str) -> impl Iterator<Item = (u32, &'a Value)> + use<'a> {
        self.rows(name).filter_map(|(index, value)| match index {
            [number] => Some((*number, value)),
            _ => None,
        })
    }

    /// The rows of a column whose index is an ifIndex.
    pub fn by_if_index<'a>(&'a self, name: &str) -> impl Iterator<Item = (IfIndex, &'a Value)> + use<'a> {
        self.by_number(name).map(|(number, value)| (IfIndex(number), value))
    }

    /// The value of a scalar.
    pub fn scalar(&self, name: &str) -> Option<&Value> {
        self.rows(name).find(|(index, _)| matches!(index, [0])).map(|(_, value)| value)
    }

    /// The text of a scalar; `None` where it is empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.scalar(name).and_then(Value::as_text)
    }

    /// The text of the row with this index.
    pub fn text_at(&self, name: &str, index: &[u32]) -> Option<String> {
        self.rows(name).find(|(at, _)| *at == index).and_then(|(_, value)| said(value))
    }

    /// The first text of a scalar or column that is not empty.
    pub fn first_text(&self, name: &str) -> Option<String> {
        self.rows(name).find_map(|(_, value)| said(value))
    }

    /// How many rows a column has.
    pub fn len(&self, name: &str) -> usize {
        self.rows(name).count()
    }
}

/// A value as text: up to the first NUL, or the number of a number that is not 0 (a serial number may be one).
fn said(value: &Value) -> Option<String> {
    let text = text_to_nul(value).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    text.or_else(|| value.as_u64().filter(|number| *number > 0).map(|number| number.to_string()))
}

/// Text up to the first NUL: some agents send the buffer that the text stood in.
pub fn text_to_nul(value: &Value) -> Option<String> {
    let octets = value.as_octets()?;
    crate::model::text::known(octets.split(|octet| *octet == 0).next().unwrap_or(octets))
}

#[cfg(test)]
pub mod fixture {
    //! Columns out of lines `ifDescr.1 = text`, for tests.

    use super::Columns;
    use crate::mib::Registry;
    use crate::wire::snmp::{Value, VarBind};

    /// A value: `text`, `#5` a number, `$5` a Counter64, `0x00aa` octets, `@1.3.6` an OID, `!10.0.0.1` an address.
    fn value(text: &str) -> Value {
        match text.as_bytes().first() {
            Some(b'#') => Value::Integer(text[1..].parse().unwrap()),
            Some(b'$') => Value::Counter64(text[1..].parse().unwrap()),
            Some(b'@') => Value::Oid(text[1..].parse().unwrap()),
            Some(b'!') => Value::IpAddress(text[1..].parse().unwrap()),
            Some(b'0') if text.starts_with("0x") => {
                let hex: Vec<u8> = text[2..].bytes().collect();
                let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
                Value::Octets(hex.chunks(2).map(pair).collect())
            }
            _ => Value::Octets(text.as_bytes().to_vec()),
        }
    }

    /// Parses the lines; `names` are the columns wanted.
    pub fn columns(names: &[&'static str], lines: &str) -> Columns {
        Columns::select(Registry::global(), names, &varbinds(lines))
    }

    /// Parses the lines.
    pub fn varbinds(lines: &str) -> Vec<VarBind> {
        let parsed = lines.lines().filter_map(|line| line.trim().split_once(" = "));
        parsed.map(|(name, text)| VarBind { oid: Registry::global().parse_object(name).unwrap(), value: value(text) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::columns;
    use super::*;

    #[test]
    fn every_wanted_object_is_known_to_the_mibs() {
        for name in crate::collect::snmp::tables::assemble::all_objects() {
            assert!(Registry::builtin().object(name).is_some_and(|object| object.syntax.is_some()), "{name}");
        }
    }

    #[test]
    fn exceptions_are_no_rows() {
        let mut read = columns(&["sysName"], "sysName.0 = core-1");
        assert_eq!(read.text("sysName").as_deref(), Some("core-1"));
        let base = Registry::builtin().oid("sysName").unwrap();
        read.insert("sysName", base.clone(), vec![VarBind { oid: base.child(&[0]), value: Value::NoSuchInstance }]);
        assert_eq!(read.text("sysName"), None);
        assert_eq!(read.len("sysName"), 0);
    }

    #[test]
    fn text_ends_at_nul() {
        assert_eq!(text_to_nul(&Value::Octets(b"sw02\0\0\n00 00".to_vec())).as_deref(), Some("sw02"));
        assert_eq!(text_to_nul(&Value::Octets(b"\0rest".to_vec())), None);
    }
}
