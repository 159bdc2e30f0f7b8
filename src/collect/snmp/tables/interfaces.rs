//! ifTable and ifXTable to interfaces (RFC 2863).

use super::columns::Columns;
use crate::model::{AdminStatus, Duplex, IfIndex, Interface, MacAddr, OperStatus, Timestamp};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The columns that an inventory reads of each interface.
pub const COLUMNS: &[&str] = &[
    "ifDescr",
    "ifType",
    "ifMtu",
    "ifSpeed",
    "ifPhysAddress",
    "ifAdminStatus",
    "ifOperStatus",
    "ifName",
    "ifHighSpeed",
    "ifAlias",
    "ifHCInOctets",
    LAST_CHANGE,
    DUPLEX,
];

/// sysUpTime when the state was entered.
const LAST_CHANGE: &str = "ifLastChange";

/// A table of its own: agents have rows in it for ports that they have no other of.
const DUPLEX: &str = "dot3StatsDuplexStatus";

/// sysUpTime is read some answers before the ports are: a change that seems to come so much after it did come in between, hundredths of a
/// second.
const READ_LATER: u64 = 3_000;

/// The column that is read only of interfaces whose ifHighSpeed does not settle the matter.
pub const SPEED: &str = "ifSpeed";
/// See [`SPEED`].
pub const HIGH_SPEED: &str = "ifHighSpeed";

/// ifHighSpeed of Ethernet, 10^6 bit/s: no other speed rounds to one of these, as 155,520,000 bit/s does to 156.
const WHOLE_SPEEDS: [u64; 4] = [10, 100, 1000, 2500];

/// The least ifHighSpeed that ifSpeed can't hold (RFC 2863), 10^6 bit/s.
const BEYOND_IF_SPEED: u64 = 4295;

/// RFC 2863 ifSpeed: a faster interface reports this, and its speed stands in ifHighSpeed.
const SPEED_SATURATED: u64 = u32::MAX as u64;

/// What is said of the speed of one interface.
#[derive(Default)]
struct Speed {
    if_speed: Option<u64>,
    if_high_speed: Option<u64>,
}

impl Speed {
    /// ifHighSpeed (in 10^6 bit/s) where ifSpeed is absent, 0 or saturated, or could not hold the speed; else ifSpeed.
    fn bps(&self) -> Option<u64> {
        let high = self.if_high_speed.map(|mega| mega.saturating_mul(1_000_000));
        match (self.if_speed, high) {
            (None | Some(0 | SPEED_SATURATED), Some(high)) => Some(high),
            (Some(_), Some(high)) if high > SPEED_SATURATED => Some(high),
            (low, _) => low,
        }
    }
}

/// How one column fills an interface.
type Fill = fn(&mut Interface, &Value);

/// Every column but the two of speed, and what it fills.
const FILLS: &[(&str, Fill)] = &[
    ("ifDescr", |interface, value| interface.if_descr = value.as_text()),
    ("ifName", |interface, value| interface.if_name = value.as_text()),
    ("ifAlias", |interface, value| interface.if_alias = value.as_text()),
    ("ifType", |interface, value| interface.if_type = small(value)),
    ("ifMtu", |interface, value| interface.mtu = small(value)),
    ("ifPhysAddress", |interface, value| interface.mac = value.as_octets().and_then(MacAddr::from_octets_or_text)),
    ("ifAdminStatus", |interface, value| interface.admin_status = value.as_i64().and_then(AdminStatus::from_mib)),
    ("ifOperStatus", |interface, value| interface.oper_status = value.as_i64().and_then(OperStatus::from_mib)),
    ("ifHCInOctets", |interface, _| interface.high_capacity_counters = Some(true)),
];

/// dot3StatsDuplexStatus halfDuplex(2), fullDuplex(3) (RFC 3635)
const fn duplex(number: i64) -> Option<Duplex> {
    match number {
        2 => Some(Duplex::Half),
        3 => Some(Duplex::Full),
        _ => None,
    }
}

/// Fills when the states of the interfaces were entered; `at` is when they were read. 0 is before the agent started (RFC 2863
/// ifLastChange); what lies behind sysUpTime is of before its last wrap.
pub fn date(interfaces: &mut [Interface], columns: &Columns, at: Timestamp) {
    let Some(uptime) = columns.scalar("sysUpTime").and_then(Value::as_u64) else { return };
    for (if_index, value) in columns.by_if_index(LAST_CHANGE) {
        let Ok(place) = interfaces.binary_search_by_key(&if_index, |interface| interface.if_index) else { continue };
        let entered = value.as_u64().filter(|entered| *entered > 0 && *entered <= uptime.saturating_add(READ_LATER));
        let age = entered.map(|entered| Duration::from_millis(uptime.saturating_sub(entered).saturating_mul(10)));
        if let Some(interface) = interfaces.get_mut(place) {
            interface.last_change = age.map(|age| at.minus(age));
        }
    }
}

fn small(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// The interfaces of which ifSpeed may say more than ifHighSpeed does.
pub fn of_unsure_speed(columns: &Columns) -> Vec<IfIndex> {
    let is_sure = |mega: u64| WHOLE_SPEEDS.contains(&mega) || mega >= BEYOND_IF_SPEED;
    let high = columns.by_if_index("ifHighSpeed").filter(|(_, value)| value.as_u64().is_some_and(is_sure));
    let sure: BTreeSet<IfIndex> = high.map(|(if_index, _)| if_index).collect();
    let all = columns.by_if_index("ifDescr").chain(columns.by_if_index("ifType")).map(|(if_index, _)| if_index);
    let unsure: BTreeSet<IfIndex> = all.filter(|if_index| !sure.contains(if_index)).collect();
    unsure.into_iter().collect()
}

/// All interfaces that either table has a row of, by ifIndex.
pub fn interfaces(columns: &Columns) -> Vec<Interface> {
    let mut found: BTreeMap<IfIndex, Interface> = BTreeMap::new();
    let mut speeds: BTreeMap<IfIndex, Speed> = BTreeMap::new();
    for (column, fill) in FILLS {
        for (if_index, value) in columns.by_if_index(column) {
            fill(found.entry(if_index).or_insert_with(|| Interface::new(if_index)), value);
        }
    }
    for (if_index, value) in columns.by_if_index("ifSpeed") {
        speeds.entry(if_index).or_default().if_speed = value.as_u64();
    }
    for (if_index, value) in columns.by_if_index("ifHighSpeed") {
        speeds.entry(if_index).or_default().if_high_speed = value.as_u64();
    }
    for (if_index, speed) in speeds {
        found.entry(if_index).or_insert_with(|| Interface::new(if_index)).speed_bps = speed.bps();
    }
    for (if_index, value) in columns.by_if_index(DUPLEX) {
        if let Some(interface) = found.get_mut(&if_index) {
            interface.duplex = value.as_i64().and_then(duplex);
        }
    }
    // Where the column was read to its end, an interface without it has 32-bit counters only.
    if columns.is_complete("ifHCInOctets") {
        for interface in found.values_mut() {
            interface.high_capacity_counters.get_or_insert(false);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    #[test]
    fn the_two_tables_are_united() {
        let found = interfaces(&columns(
            COLUMNS,
            "ifDescr.1 = lo\nifType.1 = #24\nifName.7 = Te1/1\nifHCInOctets.7 = #5\nifPhysAddress.7 = 0x001b54aabb01\nifAlias.7 = a\u{fc}b",
        ));
        assert_eq!(found.iter().map(|i| i.if_index.0).collect::<Vec<_>>(), [1, 7]);
        assert_eq!(found[0].high_capacity_counters, Some(false));
        assert_eq!(found[0].speed_bps, None);
        assert_eq!(found[1].mac.unwrap().to_string(), "00:1b:54:aa:bb:01");
        assert_eq!(found[1].high_capacity_counters, Some(true));
    }

    #[test]
    fn speed_is_if_high_speed_where_if_speed_can_not_tell() {
        for (low, high, want) in [
            (Some(1_000_000_000), Some(1000), Some(1_000_000_000)),
            (Some(10_500_000), Some(11), Some(10_500_000)),
            (Some(u64::from(u32::MAX)), Some(10_000), Some(10_000_000_000)),
            (Some(1_410_065_408), Some(10_000), Some(10_000_000_000)),
            (Some(0), Some(100), Some(100_000_000)),
            (None, Some(1000), Some(1_000_000_000)),
            (Some(0), None, Some(0)),
            (None, None, None),
        ] {
            assert_eq!(Speed { if_speed: low, if_high_speed: high }.bps(), want, "{low:?} {high:?}");
        }
    }

    #[test]
    fn if_speed_is_asked_where_if_high_speed_may_be_rounded() {
        let lines = "ifDescr.1 = a\nifDescr.2 = b\nifDescr.3 = c\nifDescr.4 = d\nifDescr.5 = e\nifHighSpeed.1 = #1000\nifHighSpeed.2 = #156
             ifHighSpeed.3 = #0\nifHighSpeed.4 = #40000";
        assert_eq!(of_unsure_speed(&columns(COLUMNS, lines)), [IfIndex(2), IfIndex(3), IfIndex(5)]);
    }

    #[test]
    fn the_last_change_is_dated_unless_it_lies_behind_the_uptime() {
        let lines = "sysUpTime.0 = #100000\nifDescr.1 = a\nifDescr.2 = b\nifDescr.3 = c\nifDescr.4 = d\nifLastChange.1 = #70000
             ifLastChange.2 = #0\nifLastChange.3 = #100500\nifLastChange.4 = #4000000000\ndot3StatsDuplexStatus.1 = #3
             dot3StatsDuplexStatus.2 = #2\ndot3StatsDuplexStatus.3 = #1\ndot3StatsDuplexStatus.9 = #3";
        let columns = columns(&[COLUMNS, &["sysUpTime"]].concat(), lines);
        let mut found = interfaces(&columns);
        date(&mut found, &columns, Timestamp(1_000_000));
        let dates: Vec<_> = found.iter().map(|port| port.last_change).collect();
        assert_eq!(dates, [Some(Timestamp(700_000)), None, Some(Timestamp(1_000_000)), None]);
        assert_eq!(
            found.iter().map(|port| port.duplex).collect::<Vec<_>>(),
            [Some(Duplex::Full), Some(Duplex::Half), None, None]
        );
    }

    #[test]
    fn if_index_above_two_to_the_31_is_kept() {
        let found = interfaces(&columns(COLUMNS, "ifDescr.4194316032 = gpon"));
        assert_eq!(found[0].if_index, IfIndex(4_194_316_032));
    }
}
