//! Recordings of agents (`.snmprec`), read as the collector reads agents. Shared by the corpus tests.
#![allow(clippy::unwrap_used, reason = "a test that can't read its recording has to stop")]

use noctop::collect::snmp::tables::{self, Assembly, Columns};
use noctop::mib::Registry;
use noctop::model::{Device, Oid, SnmpAccess, SnmpVersion, Timestamp};
use noctop::wire::snmp::{Value, VarBind};
use std::collections::BTreeMap;
use std::path::Path;

/// A recording: `OID|TAG|VALUE`, the BER tag in decimal, with an x where the value is hex. Of an OID that stands twice the last counts.
/// Read here once more, apart from the simulator, so that a fault of the one reader is not hidden by the other.
pub fn recording(path: &Path) -> Vec<VarBind> {
    let octets = std::fs::read(path).unwrap();
    let mut values: BTreeMap<Oid, Value> = BTreeMap::new();
    for line in octets.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut parts = line.splitn(3, |octet| *octet == b'|');
        if let (Some(oid), Some(tag), Some(value)) = (parts.next(), parts.next(), parts.next())
            && let Some(varbind) = varbind(oid, tag, value)
        {
            values.insert(varbind.oid, varbind.value);
        }
    }
    values.into_iter().map(|(oid, value)| VarBind { oid, value }).collect()
}

fn varbind(oid: &[u8], tag: &[u8], value: &[u8]) -> Option<VarBind> {
    let text = String::from_utf8_lossy(value).trim().to_owned();
    let tag = std::str::from_utf8(tag).ok()?;
    let octets = || if tag.ends_with('x') { hex(&text) } else { Some(value.to_vec()) };
    let value = match tag.trim_end_matches('x') {
        "2" => Value::Integer(text.parse().ok()?),
        "4" => Value::Octets(octets()?),
        "6" => Value::Oid(text.trim_end_matches('.').parse().ok()?),
        "64" if tag.ends_with('x') => Value::IpAddress(<[u8; 4]>::try_from(octets()?).ok()?.into()),
        "64" => Value::IpAddress(text.parse().ok()?),
        "65" => Value::Counter32(text.parse().ok()?),
        "66" => Value::Gauge32(text.parse().ok()?),
        "67" => Value::TimeTicks(text.parse().ok()?),
        "70" => Value::Counter64(text.parse().ok()?),
        _ => return None,
    };
    Some(VarBind { oid: std::str::from_utf8(oid).ok()?.trim().parse().ok()?, value })
}

/// Octets out of hexadecimal digits.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A recorded agent as the device that the collector makes of it.
pub fn assembled(path: &Path) -> Device {
    assembly(path).device
}

/// The same, with its tables of addresses.
pub fn assembly(path: &Path) -> Assembly {
    let varbinds = recording(path);
    let mib = Registry::builtin();
    let mut columns = Columns::select(mib, &tables::assemble::all_objects(), &varbinds);
    for wanted in [tables::assemble::probes, tables::assemble::vendor_objects] {
        for name in wanted(&columns) {
            let Some(base) = tables::assemble::base(name, &columns) else { continue };
            columns.insert(
                name,
                base.clone(),
                varbinds.iter().filter(|varbind| varbind.oid.starts_with(&base)).cloned().collect(),
            );
        }
    }
    for name in tables::health::objects(&columns) {
        let Some(base) = mib.oid(name) else { continue };
        columns.insert(name, base.clone(), varbinds.iter().filter(|varbind| varbind.oid.starts_with(&base)).cloned().collect());
    }
    let address = "127.0.0.1:161".parse().unwrap();
    let access = SnmpAccess { address, version: SnmpVersion::V2c, credential: "public".to_owned(), partial: false };
    tables::assemble(&columns, access, Timestamp(0))
}
