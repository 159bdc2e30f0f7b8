//! The traps of simulated devices: v2c, and v1 of those that are old.

use crate::mib::Registry;
use crate::model::{Oid, SnmpVersion};
use crate::sim::scenario::trouble::Notification;
use crate::sim::scenario::{DeviceNumber, PortNumber, Scenario};
use crate::wire::snmp::trap::encode_v1;
use crate::wire::snmp::{Message, Pdu, PduKind, TrapV1, Value, VarBind};

/// Model names of devices whose agents speak version 1.
const OLD: [&str; 1] = ["WS-C2960X-24PS-L"];

/// A generic trap with its number in version 1 (RFC 1157 §4.1.6).
#[derive(Clone, Copy)]
struct Name(&'static str, i64);

/// The link of a port fell or rose.
pub(super) fn link(scenario: &Scenario, device: DeviceNumber, (port, up, at): (PortNumber, bool, f64)) -> Vec<u8> {
    let Some(node) = scenario.node(device) else { return Vec::new() };
    let if_index = scenario.if_index(node, port);
    let column = |name: &str, value: Value| bind(name, &[if_index], value);
    let binds = [
        column("ifIndex", Value::Integer(i64::from(if_index))),
        column("ifAdminStatus", Value::Integer(1)),
        column("ifOperStatus", Value::Integer(if up { 1 } else { 2 })),
        column("ifDescr", Value::Octets(scenario.port_descr(node, port).into_bytes())),
    ];
    let name = if up { Name("linkUp", 3) } else { Name("linkDown", 2) };
    trap(scenario, device, (name, at), &binds.into_iter().flatten().collect::<Vec<_>>())
}

/// The agent restarted.
pub(super) fn cold_start(scenario: &Scenario, device: DeviceNumber, at: f64) -> Vec<u8> {
    trap(scenario, device, (Name("coldStart", 0), at), &[])
}

/// Somebody used a wrong community.
pub(super) fn authentication_failure(scenario: &Scenario, device: DeviceNumber, at: f64) -> Vec<u8> {
    trap(scenario, device, (Name("authenticationFailure", 4), at), &[])
}

/// A notification of the scenario; `None` where no MIB has its name.
pub(super) fn named(scenario: &Scenario, device: DeviceNumber, (what, at): (&Notification, f64)) -> Option<Vec<u8>> {
    let name = oid_of(&what.name)?;
    let uptime_ticks = scenario.sys_up_time(device, at);
    let mut pdu = Pdu::request(PduKind::Trap, i32::try_from(uptime_ticks & 0x7fff_ffff).unwrap_or(0), &[]);
    let told = what.binds.iter().filter_map(|told| {
        let text = || told.text.as_ref().map(|text| Value::Octets(text.clone().into_bytes()));
        let value = told.number.map(Value::Integer).or_else(text)?;
        Some(VarBind { oid: oid_of(&told.object)?.child(&told.index), value })
    });
    let head = [bind("sysUpTime", &[0], Value::TimeTicks(uptime_ticks)), bind("snmpTrapOID", &[0], Value::Oid(name))];
    pdu.varbinds = head.into_iter().flatten().chain(told).collect();
    let community = scenario.community.as_bytes().to_vec();
    Some(Message { version: SnmpVersion::V2c, community, pdu }.encode())
}

/// By its name, or its number as it is written.
fn oid_of(name: &str) -> Option<Oid> {
    Registry::builtin().oid(name).or_else(|| name.parse().ok())
}

fn bind(name: &str, index: &[u32], value: Value) -> Option<VarBind> {
    Registry::builtin().oid(name).map(|oid| VarBind { oid: oid.child(index), value })
}

fn trap(scenario: &Scenario, device: DeviceNumber, (Name(name, generic), at): (Name, f64), binds: &[VarBind]) -> Vec<u8> {
    let uptime_ticks = scenario.sys_up_time(device, at);
    let node = scenario.node(device);
    let kind = node.and_then(|node| scenario.kind(node));
    let community = scenario.community.as_bytes();
    if kind.and_then(|kind| kind.model.as_deref()).is_some_and(|model| OLD.contains(&model)) {
        let enterprise = kind.and_then(|kind| kind.sys_object_id.clone()).unwrap_or_else(|| Oid::new(&[]));
        let agent = node.and_then(|node| node.address);
        let v1 = TrapV1 { enterprise, agent, generic, specific: 0, uptime_ticks };
        return encode_v1(community, &v1, binds);
    }
    let mut pdu = Pdu::request(PduKind::Trap, i32::try_from(uptime_ticks & 0x7fff_ffff).unwrap_or(0), &[]);
    let name = Registry::builtin().oid(name);
    let head = [
        bind("sysUpTime", &[0], Value::TimeTicks(uptime_ticks)),
        name.and_then(|name| bind("snmpTrapOID", &[0], Value::Oid(name))),
    ];
    pdu.varbinds = head.into_iter().flatten().chain(binds.iter().cloned()).collect();
    Message { version: SnmpVersion::V2c, community: community.to_vec(), pdu }.encode()
}
