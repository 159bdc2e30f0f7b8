//! A device as discovery reads it over SNMP: the past's inventories are made by this, and a test holds that both are equal.

use super::View;
use super::rows::Table;
use crate::mib::{Facts, Registry};
use crate::model::device::Vlan;
use crate::model::neighbour::NeighbourRow;
use crate::model::{ChassisId, Device, DeviceId, Evidence, IfIndex, Interface, PortId, SnmpAccess, Timestamp};
use crate::model::{identity, text};
use crate::sim::scenario::file::PortIdStyle;
use crate::sim::scenario::kind::CAPABILITIES;
use crate::sim::scenario::{Kind, Node, PortNumber};
use std::net::IpAddr;
use std::time::Duration;

impl View<'_> {
    /// The device, read in the way of `access` at `at`.
    pub fn describe(&self, mib: &Registry, access: SnmpAccess, at: Timestamp) -> Device {
        let answered_at = access.address.ip();
        let known = |said: &str| text::known(said.as_bytes());
        let mut device = Device::new(DeviceId::new(""), at);
        device.sys_name = known(&self.node.name);
        device.sys_descr = known(&self.sys_descr(&self.kind.sys_descr, &self.node.name));
        device.sys_object_id.clone_from(&self.kind.sys_object_id);
        device.sys_location = known(&self.scenario.location(self.node));
        device.sys_contact = known(&self.scenario.contact);
        device.sys_services = Some(self.kind.sys_services);
        let uptime = u64::from(self.scenario.sys_up_time(self.device, self.at));
        device.started_at = Some(at.minus(Duration::from_millis(uptime * 10)));
        device.chassis_id = self.kind.lldp.then_some(ChassisId::Mac(self.node.mac));
        device.engine_id = Some(self.engine_id().iter().map(|octet| format!("{octet:02x}")).collect());
        device.addresses = self.node.addresses.iter().map(|own| IpAddr::V4(own.net.addr())).collect();
        device.snmp = Some(access);
        device.interfaces = (0..self.scenario.port_count(self.node)).map(|port| self.interface(port)).collect();
        self.add_vlans(&mut device);
        device.neighbours = self.neighbours();
        self.add_bridge(&mut device, at);
        device.parts = self.parts();
        device.health = self.health(mib);
        self.identify(&mut device, mib);
        device.id = identity::propose(&device, answered_at);
        device
    }

    fn interface(&self, port: PortNumber) -> Interface {
        let scenario = self.scenario;
        let mut interface = Interface::new(IfIndex(self.if_index(port)));
        let state = scenario.port_state(self.node, self.device, (port, self.at));
        let known = |said: String| text::known(said.as_bytes());
        interface.if_name = known(scenario.port_name(self.node, port));
        interface.if_descr = known(scenario.port_descr(self.node, port));
        interface.if_alias = known(scenario.alias(self.node, self.device, port));
        interface.if_type = Some(scenario.if_type(self.node, port));
        interface.mac = scenario.port_mac(self.node, port);
        interface.mtu = Some(u32::from(super::interface::MTU));
        interface.speed_bps = Some(scenario.speed_bps(self.node, port, self.at));
        interface.admin_status = Some(state.admin);
        interface.oper_status = Some(state.oper);
        let own = self.node.addresses.iter().filter(|own| own.port == port);
        interface.addresses = own.map(|own| ipnet::IpNet::V4(own.net)).collect();
        interface.aggregate = scenario.cable(self.node, port).and_then(|cable| scenario.aggregate(self.node, cable)).map(IfIndex);
        interface.high_capacity_counters = Some(true);
        interface.last_change = self.changed(port);
        self.switch_port(&mut interface, port);
        interface
    }

    /// When its state was entered, as ifLastChange tells it.
    fn changed(&self, port: PortNumber) -> Option<Timestamp> {
        let (entered, uptime) = (self.last_change(usize::from(port)), self.scenario.sys_up_time(self.device, self.at));
        let age = u64::from(uptime.saturating_sub(entered)) * 10;
        #[allow(clippy::cast_possible_truncation, reason = "times of this age are far below 2^63")]
        let now = Timestamp((self.at * 1000.0).round() as i64);
        (entered > 0).then(|| now.minus(Duration::from_millis(age)))
    }

    fn add_vlans(&self, device: &mut Device) {
        if !self.kind.bridge {
            return;
        }
        let vlans = &self.scenario.vlans;
        device.vlans =
            vlans.iter().map(|vlan| Vlan { id: vlan.id, name: text::known(self.vlan_name(vlan).as_bytes()) }).collect();
        for (row, &port) in self.kind.bridge_ports.iter().enumerate() {
            let Some(interface) = device.interfaces.get_mut(usize::from(port)) else { continue };
            interface.bridge_port = u32::try_from(row + 1).ok();
            interface.pvid = Some(self.pvid(row));
            interface.vlans = vlans.iter().filter(|vlan| self.carries(row, vlan)).map(|vlan| vlan.id).collect();
        }
    }

    /// What it hears: LLDP in the order of its ports, then CDP.
    fn neighbours(&self) -> Vec<NeighbourRow> {
        let rows = 0..self.node.cables.len();
        let heard = |table: Table| rows.clone().filter(move |&row| table.is_of(self.kind) && table.is_present(self, row));
        let lldp = heard(Table::LldpRemote).filter_map(|row| self.lldp_row(row));
        lldp.chain(heard(Table::Cdp).filter_map(|row| self.cdp_row(row))).collect()
    }

    fn heard(&self, row: usize, protocol: Evidence) -> Option<(NeighbourRow, (&Node, &Kind, PortNumber))> {
        let cable = self.cable(row)?;
        let far = self.far(row)?;
        let mut heard = NeighbourRow::new(protocol);
        heard.local_if_index = Some(IfIndex(self.if_index(cable.port)));
        heard.local_port = Some(self.scenario.port_name(self.node, cable.port));
        heard.sys_name = text::known(far.0.name.as_bytes());
        heard.addresses = far.0.address.into_iter().map(IpAddr::V4).collect();
        Some((heard, far))
    }

    fn lldp_row(&self, row: usize) -> Option<NeighbourRow> {
        let (mut heard, (node, kind, port)) = self.heard(row, Evidence::Lldp)?;
        if let (PortIdStyle::Index, Some(local)) = (self.kind.port_id, heard.local_if_index) {
            heard.local_port = Some(local.to_string());
        }
        heard.chassis_id = Some(ChassisId::Mac(node.mac));
        heard.port_id = match kind.port_id {
            PortIdStyle::Name => Some(PortId::Name(self.scenario.port_name(node, port))),
            PortIdStyle::Index => Some(PortId::Text(self.scenario.if_index(node, port).to_string())),
            PortIdStyle::Mac => self.scenario.port_mac(node, port).map(PortId::Mac),
        };
        heard.port_descr = text::known(self.port_desc(node, kind, port).as_bytes());
        heard.sys_descr = text::known(self.sys_descr(&kind.sys_descr, &node.name).as_bytes());
        let words = (0u8..).zip(CAPABILITIES).filter(|(bit, _)| kind.capabilities & (0x80 >> bit) != 0);
        heard.capabilities = words.map(|(_, word)| word.to_owned()).collect();
        Some(heard)
    }

    fn cdp_row(&self, row: usize) -> Option<NeighbourRow> {
        let (mut heard, (node, kind, port)) = self.heard(row, Evidence::Cdp)?;
        heard.chassis_id = Some(ChassisId::Text(node.name.clone()));
        heard.port_id = Some(PortId::Name(self.scenario.port_descr(node, port)));
        let (platform, version) = (super::neighbour::platform(kind), self.sys_descr(&kind.sys_descr, &node.name));
        heard.sys_descr = Some(format!("{platform}\n{version}"));
        let [.., bits] = super::neighbour::cdp_capabilities(kind);
        let words = [(0x01, "router"), (0x08, "bridge")].into_iter().filter(|(bit, _)| bits & bit != 0);
        heard.capabilities = words.map(|(_, word)| word.to_owned()).collect();
        Some(heard)
    }

    /// Vendor, model, system, serial number and role, in the collector's order: the vendor's own objects, patterns, the chassis
    /// in ENTITY-MIB, the sysObjectID.
    fn identify(&self, device: &mut Device, mib: &Registry) {
        let said = |object: &str| {
            let (_, said) = self.kind.says.iter().find(|(name, _)| name == object)?;
            text::known(self.with_serial(said).as_bytes())
        };
        let has: Vec<&str> = self.kind.says.iter().map(|(name, _)| name.as_str()).collect();
        let facts = Facts { sys_object_id: device.sys_object_id.as_ref(), sys_descr: device.sys_descr.as_deref(), has: &has };
        let profile = mib.profile(&facts);
        let found = profile.map(|profile| {
            profile.identity(&facts, |reading| said(&reading.object).or_else(|| self.chassis_says(&reading.object)))
        });
        let found = found.unwrap_or_default();
        let part = |said: &Option<String>| said.clone().filter(|_| self.kind.entity);
        let by_object_id = || facts.sys_object_id.and_then(|id| mib.model(id)).map(str::to_owned);
        let model = found.model.or_else(|| part(&self.kind.model)).or_else(by_object_id);
        let role = profile.and_then(|profile| profile.role(model.as_deref(), facts.sys_descr));
        device.model = model;
        device.vendor = found.vendor.or_else(|| part(&self.kind.vendor));
        device.os = found.os;
        device.os_version = found.os_version.or_else(|| part(&self.kind.os_version));
        device.serial = found.serial.or_else(|| part(&self.kind.serial).map(|serial| self.with_serial(&serial)));
        device.role = role.unwrap_or(self.kind.role);
    }
    /// What a column of entPhysicalTable says of the chassis.
    fn chassis_says(&self, column: &str) -> Option<String> {
        match column {
            _ if !self.kind.entity => None,
            "entPhysicalDescr" => Some(self.chassis_descr()),
            "entPhysicalSoftwareRev" => self.kind.os_version.clone(),
            "entPhysicalSerialNum" => self.kind.serial.as_deref().map(|serial| self.with_serial(serial)),
            "entPhysicalMfgName" => self.kind.vendor.clone(),
            "entPhysicalModelName" => self.kind.model.clone(),
            _ => None,
        }
    }
}
