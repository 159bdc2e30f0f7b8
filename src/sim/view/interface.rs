//! IF-MIB and the addresses of IP-MIB.

use super::rows::{Table, port_of};
use super::{Part, View, integer, octets, text};
use crate::model::poll::IfCounter;
use crate::model::{AdminStatus, MacAddr};
use crate::sim::truth::PortState;
use crate::wire::snmp::Value;

/// ifMtu of Ethernet (RFC 894).
pub(super) const MTU: u16 = 1500;

/// ifHighSpeed counts in these, bit/s (RFC 2863).
const HIGH_SPEED_UNIT: u64 = 1_000_000;

pub(super) const COLUMNS: Part = &[
    ("ifIndex", Table::Port, |view, row| integer(view.if_index(port_of(row)))),
    ("ifDescr", Table::Port, |view, row| Some(text(&view.scenario.port_descr(view.node, port_of(row))))),
    ("ifType", Table::Port, |view, row| integer(view.scenario.if_type(view.node, port_of(row)))),
    ("ifMtu", Table::Port, |_, _| integer(MTU)),
    ("ifSpeed", Table::Port, |view, row| Some(Value::Gauge32(u32::try_from(view.speed(row)).unwrap_or(u32::MAX)))),
    ("ifPhysAddress", Table::Port, |view, row| Some(octets(&view.mac(row)))),
    ("ifAdminStatus", Table::Port, |view, row| integer(admin_to_mib(view.state(row).admin))),
    ("ifOperStatus", Table::Port, |view, row| integer(view.state(row).oper.to_mib())),
    ("ifLastChange", Table::Port, |view, row| Some(Value::TimeTicks(view.last_change(row)))),
    ("ifInOctets", Table::Port, |view, row| view.low(row, &[IfCounter::InOctets])),
    ("ifInUcastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::InUcastPkts])),
    ("ifInNUcastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts])),
    ("ifInDiscards", Table::Port, |view, row| view.low(row, &[IfCounter::InDiscards])),
    ("ifInErrors", Table::Port, |view, row| view.low(row, &[IfCounter::InErrors])),
    ("ifInUnknownProtos", Table::Port, |_, _| Some(Value::Counter32(0))),
    ("ifOutOctets", Table::Port, |view, row| view.low(row, &[IfCounter::OutOctets])),
    ("ifOutUcastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::OutUcastPkts])),
    ("ifOutNUcastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts])),
    ("ifOutDiscards", Table::Port, |view, row| view.low(row, &[IfCounter::OutDiscards])),
    ("ifOutErrors", Table::Port, |view, row| view.low(row, &[IfCounter::OutErrors])),
    ("ifName", Table::Port, |view, row| Some(text(&view.scenario.port_name(view.node, port_of(row))))),
    ("ifInMulticastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::InMulticastPkts])),
    ("ifInBroadcastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::InBroadcastPkts])),
    ("ifOutMulticastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::OutMulticastPkts])),
    ("ifOutBroadcastPkts", Table::Port, |view, row| view.low(row, &[IfCounter::OutBroadcastPkts])),
    ("ifHCInOctets", Table::Port, |view, row| view.high(row, IfCounter::InOctets)),
    ("ifHCInUcastPkts", Table::Port, |view, row| view.high(row, IfCounter::InUcastPkts)),
    ("ifHCInMulticastPkts", Table::Port, |view, row| view.high(row, IfCounter::InMulticastPkts)),
    ("ifHCInBroadcastPkts", Table::Port, |view, row| view.high(row, IfCounter::InBroadcastPkts)),
    ("ifHCOutOctets", Table::Port, |view, row| view.high(row, IfCounter::OutOctets)),
    ("ifHCOutUcastPkts", Table::Port, |view, row| view.high(row, IfCounter::OutUcastPkts)),
    ("ifHCOutMulticastPkts", Table::Port, |view, row| view.high(row, IfCounter::OutMulticastPkts)),
    ("ifHCOutBroadcastPkts", Table::Port, |view, row| view.high(row, IfCounter::OutBroadcastPkts)),
    ("ifHighSpeed", Table::Port, |view, row| {
        Some(Value::Gauge32(u32::try_from(view.speed(row) / HIGH_SPEED_UNIT).unwrap_or(u32::MAX)))
    }),
    ("ifAlias", Table::Port, |view, row| Some(text(&view.scenario.alias(view.node, view.device, port_of(row))))),
    ("ifCounterDiscontinuityTime", Table::Port, |_, _| Some(Value::TimeTicks(0))),
    ("ifStackStatus", Table::Stack, |_, _| integer(ROW_ACTIVE)),
    ("ipAdEntAddr", Table::Address, |view, row| view.own_address(row).map(|(_, net)| Value::IpAddress(net.addr()))),
    ("ipAdEntIfIndex", Table::Address, |view, row| view.own_address(row).and_then(|(if_index, _)| integer(if_index))),
    ("ipAdEntNetMask", Table::Address, |view, row| view.own_address(row).map(|(_, net)| Value::IpAddress(net.netmask()))),
    ("ipAddressIfIndex", Table::InetAddress, |view, row| view.own_address(row).and_then(|(if_index, _)| integer(if_index))),
    ("ipAddressType", Table::InetAddress, |_, _| integer(UNICAST)),
    ("ipAddressPrefix", Table::InetAddress, |view, row| view.prefix_pointer(row).map(Value::Oid)),
    ("ipAddressOrigin", Table::InetAddress, |_, _| integer(MANUAL)),
    ("ipAddressStatus", Table::InetAddress, |_, _| integer(PREFERRED)),
    ("ipAddressPrefixOrigin", Table::Prefix, |_, _| integer(MANUAL)),
];

/// RowStatus active (RFC 2579)
const ROW_ACTIVE: u8 = 1;
/// ipAddressType unicast (RFC 4293)
const UNICAST: u8 = 1;
/// ipAddressOrigin and ipAddressPrefixOrigin manual (RFC 4293)
const MANUAL: u8 = 2;
/// ipAddressStatus preferred (RFC 4293)
const PREFERRED: u8 = 1;

const fn admin_to_mib(status: AdminStatus) -> u8 {
    match status {
        AdminStatus::Up => 1,
        AdminStatus::Down => 2,
        AdminStatus::Testing => 3,
    }
}

impl View<'_> {
    fn speed(&self, row: usize) -> u64 {
        self.scenario.speed_bps(self.node, port_of(row), self.at)
    }

    fn mac(&self, row: usize) -> Vec<u8> {
        self.scenario.port_mac(self.node, port_of(row)).map_or_else(Vec::new, |MacAddr(mac)| mac.to_vec())
    }

    pub(super) fn state(&self, row: usize) -> PortState {
        self.scenario.port_state(self.node, self.device, (port_of(row), self.at))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "TimeTicks wrap (RFC 2578 §7.1.8)")]
    pub(super) fn last_change(&self, row: usize) -> u32 {
        let since = self.state(row).since - self.scenario.booted_at(self.device, self.at);
        (since.max(0.0) * 100.0) as u64 as u32
    }

    fn high(&self, row: usize, which: IfCounter) -> Option<Value> {
        let all = self.scenario.counters(self.node, self.device, (port_of(row), self.at));
        all.get(which as usize).copied().map(Value::Counter64)
    }

    /// The low 32 bits: Counter32 wraps (RFC 2578 §7.1.6).
    #[allow(clippy::cast_possible_truncation, reason = "Counter32 wraps")]
    fn low(&self, row: usize, which: &[IfCounter]) -> Option<Value> {
        let all = self.scenario.counters(self.node, self.device, (port_of(row), self.at));
        Some(Value::Counter32(which.iter().filter_map(|&one| all.get(one as usize)).sum::<u64>() as u32))
    }
}
