//! CISCO-CDP-MIB: neighbours heard by CDP. cdpCacheIfIndex, the first part of the index, is an ifIndex.

use super::columns::{Columns, text_to_nul};
use super::lldp::MAX_NEIGHBOURS;
use super::lldp_id;
use super::ports::Ports;
use crate::model::{Evidence, IfIndex, NeighbourRow, PortId};
use crate::wire::cdp;
use crate::wire::snmp::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    "cdpCacheAddress",
    "cdpCacheVersion",
    "cdpCacheDeviceId",
    "cdpCacheDevicePort",
    "cdpCachePlatform",
    "cdpCacheCapabilities",
    "cdpCacheSysName",
];

/// How one column fills a row.
type Fill = fn(&mut NeighbourRow, &Value);

const FILLS: &[(&str, Fill)] = &[
    ("cdpCacheDeviceId", |row, value| {
        row.chassis_id = value.as_octets().and_then(|octets| lldp_id::chassis_id(None, octets));
        row.sys_name = text_to_nul(value).map(|id| cdp::without_serial(&id).to_owned());
    }),
    ("cdpCacheSysName", |row, value| row.sys_name = text_to_nul(value).or_else(|| row.sys_name.take())),
    ("cdpCacheDevicePort", |row, value| row.port_id = text_to_nul(value).map(PortId::Name)),
    ("cdpCachePlatform", |row, value| row.sys_descr = text_to_nul(value)),
    ("cdpCacheVersion", |row, value| {
        let said = [row.sys_descr.take(), text_to_nul(value)];
        row.sys_descr = said.into_iter().flatten().reduce(|platform, version| format!("{platform}\n{version}"));
    }),
    ("cdpCacheAddress", |row, value| row.addresses = address(value).into_iter().collect()),
    ("cdpCacheCapabilities", |row, value| row.capabilities = capabilities(value)),
];

/// The neighbours, by ifIndex and device index.
pub fn neighbours(columns: &Columns, ports: &Ports) -> Vec<NeighbourRow> {
    let mut rows: BTreeMap<(u32, u32), NeighbourRow> = BTreeMap::new();
    for (column, fill) in FILLS {
        for (index, value) in columns.rows(column) {
            let [if_index, device] = index else { continue };
            if rows.len() < MAX_NEIGHBOURS || rows.contains_key(&(*if_index, *device)) {
                fill(rows.entry((*if_index, *device)).or_insert_with(|| NeighbourRow::new(Evidence::Cdp)), value);
            }
        }
    }
    rows.retain(|_, row| row.chassis_id.is_some() || row.port_id.is_some());
    for ((number, _), row) in &mut rows {
        let if_index = IfIndex(*number);
        row.local_port = ports.name(if_index).map(str::to_owned);
        // cdpCacheIfIndex is the ifIndex, whether or not the interface table was read.
        row.local_if_index = Some(if_index);
    }
    rows.into_values().collect()
}

fn address(value: &Value) -> Option<IpAddr> {
    lldp_id::network_address(value.as_octets()?).filter(|address| !address.is_unspecified())
}

/// Four octets, the last of which holds the capabilities.
fn capabilities(value: &Value) -> Vec<String> {
    let bits = value.as_octets().unwrap_or_default().iter().fold(0_u32, |bits, octet| (bits << 8) | u32::from(*octet));
    cdp::capability_words(bits)
}

#[cfg(test)]
mod tests {
    use super::super::bridge::BasePorts;
    use super::super::columns::fixture::columns;
    use super::*;
    use crate::model::{ChassisId, Interface};

    #[test]
    fn a_cdp_row_is_decoded() {
        let ports = Ports::new(&[Interface::new(IfIndex(10_103))], BasePorts::new());
        let found = neighbours(
            &columns(
                COLUMNS,
                "cdpCacheDeviceId.10103.1 = core-1(FOC1234)\ncdpCacheDevicePort.10103.1 = GigabitEthernet0\ncdpCachePlatform.10103.1 = N9K
                 cdpCacheVersion.10103.1 = NX-OS 9\ncdpCacheAddress.10103.1 = 0xac1b3154\ncdpCacheCapabilities.10103.1 = 0x00000029
                 cdpCacheDeviceId.7.7 = lost\ncdpCacheDeviceId.8 = malformed",
            ),
            &ports,
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].local_if_index, Some(IfIndex(7)), "a port outside the interface table keeps its number");
        let row = &found[1];
        assert_eq!(row.chassis_id, Some(ChassisId::Text("core-1(FOC1234)".to_owned())));
        assert_eq!(row.sys_name.as_deref(), Some("core-1"));
        assert_eq!(row.sys_descr.as_deref(), Some("N9K\nNX-OS 9"));
        assert_eq!(row.addresses, ["172.27.49.84".parse::<IpAddr>().unwrap()]);
        assert_eq!(row.capabilities, ["router", "bridge"]);
        assert_eq!(row.local_port.as_deref(), Some("if10103"));
    }
}
