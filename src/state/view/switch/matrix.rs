//! The VLANs of one device, port by port.

use super::super::lookup::Lookup;
use super::super::screens::VlanPort;
use super::super::table::{Choice, columns, pick};
use super::super::vlans::{Membership, is_blocked as port_is_blocked, is_up, port_is, switch_ports};
use super::{DeviceVlan, Matrix};
use crate::model::{Device, Interface};
use crate::query::ViewRequest;
use crate::query::filter::Value;
use std::collections::BTreeMap;

/// Ports of the matrix: a large chassis.
const MOST_PORTS: usize = 512;

/// VLANs that a device knows or carries.
pub(in crate::state::view) fn ids(device: &Device) -> BTreeMap<u16, Option<&str>> {
    let mut ids: BTreeMap<u16, Option<&str>> = BTreeMap::new();
    for (_, membership) in switch_ports(device) {
        ids.extend(membership.all().map(|id| (id, None)));
    }
    ids.extend(device.vlans.iter().map(|vlan| (vlan.id, vlan.name.as_deref())));
    ids
}

#[derive(Clone, Copy)]
struct VlanOf<'a> {
    id: u16,
    name: Option<&'a str>,
    all: &'a [(&'a Interface, Membership<'a>, bool)],
}

impl VlanOf<'_> {
    fn count(&self, wanted: fn(VlanPort) -> bool) -> usize {
        self.ports().filter(|port| wanted(*port)).count()
    }

    fn ports(&self) -> impl Iterator<Item = VlanPort> {
        self.all.iter().map(|(port, membership, up)| port_is(membership, (self.id, *up, port_is_blocked(port))))
    }

    fn whole(self) -> DeviceVlan {
        DeviceVlan {
            id: self.id,
            name: self.name.map(str::to_owned),
            untagged: self.count(|port| matches!(port, VlanPort::Access { .. } | VlanPort::Native { .. })),
            tagged: self.count(|port| matches!(port, VlanPort::Tagged { .. })),
            blocked: self.count(|port| port == VlanPort::Blocked),
            ports: self.ports().collect(),
        }
    }
}

columns! {
    /// The columns of a device's VLANs.
    DEVICE_VLAN_COLUMNS, row: VlanOf<'_> {
        ["vlan", "id"] Number => Value::Number(f64::from(row.id));
        ["name"] Text => Value::text(row.name);
        ["untagged"] Number => number(row.count(|port| matches!(port, VlanPort::Access { .. } | VlanPort::Native { .. })));
        ["tagged"] Number => number(row.count(|port| matches!(port, VlanPort::Tagged { .. })));
        ["blocked"] Number => number(row.count(|port| port == VlanPort::Blocked));
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of ports")]
fn number(count: usize) -> Value<'static> {
    Value::Number(count as f64)
}

/// The matrix.
pub(in crate::state::view) fn matrix(look: &Lookup<'_>, device: &Device, request: &ViewRequest) -> (Matrix, Option<String>) {
    let ports: Vec<(&Interface, Membership<'_>, bool)> = switch_ports(device)
        .take(MOST_PORTS)
        .map(|(port, membership)| (port, membership, is_up(look, &device.id, port)))
        .collect();
    let rows = ids(device).into_iter().map(|(id, name)| VlanOf { id, name, all: &ports }).collect();
    let choice = Choice {
        request,
        columns: DEVICE_VLAN_COLUMNS,
        now: look.state.now,
        is_fault: |row: &VlanOf<'_>| row.count(|port| port == VlanPort::Blocked) > 0,
    };
    let mut picked = pick(rows, &choice);
    let fault = picked.fault.take();
    (Matrix { ports: ports.iter().map(|(port, ..)| port.name()).collect(), rows: picked.table(VlanOf::whole) }, fault)
}
