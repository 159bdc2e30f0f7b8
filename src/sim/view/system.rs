//! The system group and the SNMP engine.

use super::rows::Table;
use super::{Part, View, integer, octets, text};
use crate::model::MacAddr;
use crate::sim::agent::MAX_MESSAGE;
use crate::sim::hash::mix;
use crate::wire::snmp::Value;

pub(super) const COLUMNS: Part = &[
    ("sysDescr", Table::Scalar, |view, _| Some(text(&view.sys_descr(&view.kind.sys_descr, &view.node.name)))),
    ("sysObjectID", Table::Scalar, |view, _| view.kind.sys_object_id.clone().map(Value::Oid)),
    ("sysUpTime", Table::Scalar, |view, _| Some(Value::TimeTicks(view.scenario.sys_up_time(view.device, view.at)))),
    ("sysContact", Table::Scalar, |view, _| Some(text(&view.scenario.contact))),
    ("sysName", Table::Scalar, |view, _| Some(text(&view.node.name))),
    ("sysLocation", Table::Scalar, |view, _| Some(text(&view.scenario.location(view.node)))),
    ("sysServices", Table::Scalar, |view, _| integer(view.kind.sys_services)),
    ("ifNumber", Table::Scalar, |view, _| integer(view.scenario.port_count(view.node))),
    ("ipForwarding", Table::Scalar, |view, _| integer(if view.kind.routed { 1 } else { 2 })),
    ("snmpEngineID", Table::Scalar, |view, _| Some(octets(&view.engine_id()))),
    ("snmpEngineBoots", Table::Scalar, |view, _| integer(view.boots())),
    ("snmpEngineTime", Table::Scalar, |view, _| integer(view.scenario.sys_up_time(view.device, view.at) / 100)),
    ("snmpEngineMaxMessageSize", Table::Scalar, |_, _| integer(MAX_MESSAGE)),
];

/// Place of the enterprise number in an OID below `enterprises`.
const ENTERPRISE_AT: usize = 6;

/// First octet of an engine id whose form RFC 3411 fixes, and the format "MAC address".
const ENGINE_ID: (u32, u8) = (0x8000_0000, 3);

impl View<'_> {
    /// sysDescr of a kind for the device called `name`.
    pub(super) fn sys_descr(&self, template: &str, name: &str) -> String {
        template.replace("{name}", name)
    }

    /// A template with this device's serial number: five signs that look like one.
    pub(super) fn with_serial(&self, template: &str) -> String {
        const SIGNS: [char; 32] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N',
            'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Z',
        ];
        let hash = mix(self.scenario.seed ^ 0x5e71a1, u64::from(self.device));
        // The device's own number is in it, so that no two are the same.
        let number = (hash & !0xf_ffff | u64::from(self.device) & 0xf_ffff) & 0x7_ffff_ffff;
        let serial: String = (0..7).rev().filter_map(|at| SIGNS.get((number >> (5 * at)) as usize & 31)).collect();
        template.replace("{serial}", &serial)
    }

    /// snmpEngineID (RFC 3411 §5): the enterprise and the MAC address.
    pub fn engine_id(&self) -> Vec<u8> {
        let arcs = self.kind.sys_object_id.as_ref().map_or(&[][..], |oid| oid.arcs());
        let enterprise = arcs.get(ENTERPRISE_AT).copied().unwrap_or(0);
        let MacAddr(mac) = self.node.mac;
        [&(ENGINE_ID.0 | enterprise).to_be_bytes()[..], &[ENGINE_ID.1], &mac].concat()
    }

    fn boots(&self) -> u32 {
        let restarts =
            self.scenario.outages.get(&self.device).into_iter().flatten().filter(|outage| outage.to <= self.at).count();
        let before = u32::try_from(mix(self.scenario.seed, u64::from(self.device)) % 9).unwrap_or(0) + 1;
        before + u32::try_from(restarts).unwrap_or(0)
    }

    pub(super) fn chassis_descr(&self) -> String {
        [self.kind.vendor.as_deref(), self.kind.model.as_deref(), Some("chassis")]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }
}
