//! A whole device out of its columns.

use super::columns::Columns;
use super::neighbours::{self, Places};
use super::{
    addresses, arp, bridge, entity, fdb, health, interfaces, lldp, makers, parts, plan, poe, ports::Ports, role, stack, stp,
    subnets::Subnets, system, vlans,
};
use crate::mib::file::Reading;
use crate::mib::{Facts, Identity, Profile, Registry};
use crate::model::{Device, DeviceId, Oid, Sightings, SnmpAccess, Timestamp, identity};
use crate::wire::snmp::Value;

/// The scalars that are read first, in one request where the agent permits.
pub fn scalars() -> Vec<&'static str> {
    [system::SCALARS, lldp::SCALARS, stp::SCALARS].concat()
}

/// All objects that may be read of a device, its vendor's own apart.
pub fn all_objects() -> Vec<&'static str> {
    [scalars(), bridge::SCALARS.to_vec(), plan::STANDARD.concat(), neighbours::all_columns()].concat()
}

/// A device, and what was passed over on the way.
#[derive(Debug)]
pub struct Assembly {
    /// The device. Its id is a proposal by its strongest mark.
    pub device: Device,
    /// Its forwarding and neighbour-address tables.
    pub sightings: Sightings,
    /// Rows of neighbours that were blank, malformed or of chassis subtype 0.
    pub skipped_neighbours: u64,
}

/// The vendor profile that fits what the system group and the objects of [`probes`] say.
pub fn profile(columns: &Columns) -> Option<&'static Profile> {
    let has = answered(columns);
    with_facts(columns, &has, |facts| Registry::global().profile(facts))
}

/// The scalars that have to be read before [`profile`] can tell devices apart which share a sysObjectID.
pub fn probes(columns: &Columns) -> Vec<&'static str> {
    with_facts(columns, &[], |facts| Registry::global().probes(facts))
}

/// The OID of an object of [`probes`] or [`vendor_objects`]: by name, or below the device's own sysObjectID.
pub fn base(name: &str, columns: &Columns) -> Option<Oid> {
    let Some(below) = name.strip_prefix('.') else { return Registry::global().oid(name) };
    match columns.scalar("sysObjectID") {
        Some(Value::Oid(own)) => Some(own.child(below.parse::<Oid>().ok()?.arcs())),
        _ => None,
    }
}

/// The objects of the vendor that hold facts about the device, once [`probes`] are read.
pub fn vendor_objects(columns: &Columns) -> Vec<&'static str> {
    profile(columns).into_iter().flat_map(Profile::reads).chain(makers::objects(columns)).collect()
}

fn answered(columns: &Columns) -> Vec<&'static str> {
    probes(columns).into_iter().filter(|name| columns.len(name) > 0).collect()
}

fn with_facts<T>(columns: &Columns, has: &[&str], ask: impl FnOnce(&Facts<'_>) -> T) -> T {
    let sys_object_id = columns.scalar("sysObjectID").and_then(|value| match value {
        Value::Oid(oid) => Some(oid),
        _ => None,
    });
    let sys_descr = columns.text("sysDescr");
    ask(&Facts { sys_object_id, sys_descr: sys_descr.as_deref(), has })
}

/// Puts a device together. `access` is how it was read, `at` is when.
pub fn assemble(columns: &Columns, access: SnmpAccess, at: Timestamp) -> Assembly {
    let answered_at = access.address.ip();
    let mut device = Device::new(DeviceId::new(""), at);
    device.snmp = Some(access);
    system::fill(&mut device, columns, at);
    device.chassis_id = lldp::local_chassis(columns);
    device.interfaces = interfaces::interfaces(columns);
    interfaces::date(&mut device.interfaces, columns, at);
    device.addresses = addresses::fill(&mut device.interfaces, columns);
    if !device.addresses.contains(&answered_at) {
        device.addresses.push(answered_at);
        device.addresses.sort_unstable();
    }
    let base_ports = bridge::base_ports(columns);
    switch(&mut device, columns, &base_ports);
    stack::fill(&mut device.interfaces, columns);
    stp::share_roots(&mut device.interfaces);
    let sightings = Sightings { fdb: fdb::rows(columns, &base_ports, &device.interfaces), arp: arp::rows(columns) };
    vlans::add_learned(&mut device.vlans, columns, sightings.fdb.as_deref().unwrap_or_default());
    let skipped_neighbours = hear(&mut device, columns, base_ports);
    identify(&mut device, columns);
    device.health = health::health(columns);
    device.id = identity::propose(&device, answered_at);
    Assembly { device, sightings, skipped_neighbours }
}

/// Fills what the device is as a switch: its bridge, VLANs, spanning tree, Power over Ethernet and parts.
fn switch(device: &mut Device, columns: &Columns, base_ports: &bridge::BasePorts) {
    bridge::fill(&mut device.interfaces, base_ports);
    device.vlans = vlans::fill(&mut device.interfaces, columns, base_ports);
    let bridge = bridge::bridge(columns, base_ports, device.taken_at);
    stp::fill(&mut device.interfaces, (columns, bridge.as_ref()), base_ports);
    device.bridge = bridge.map(Box::new);
    poe::fill(&mut device.interfaces, (columns, base_ports), &parts::interfaces(columns));
    device.parts = parts::parts(columns);
}

/// Fills the neighbours: what protocols tell, then the spanning tree, then link aggregation. How many rows said nothing.
fn hear(device: &mut Device, columns: &Columns, base_ports: bridge::BasePorts) -> u64 {
    let designated = stp::neighbours(&device.interfaces, columns, &base_ports);
    let (ports, subnets) = (Ports::new(&device.interfaces, base_ports), Subnets::new(&device.interfaces));
    let heard = neighbours::neighbours(columns, Places { ports: &ports, subnets: &subnets });
    device.neighbours = heard.rows;
    device.neighbours.extend(designated);
    device.neighbours.extend(stack::partners(&device.interfaces, columns));
    heard.skipped
}

/// Fills vendor, model, system, serial and role: the vendor's own objects, then patterns, then ENTITY-MIB, then the sysObjectID.
fn identify(device: &mut Device, columns: &Columns) {
    let mib = Registry::global();
    let has = answered(columns);
    let facts = Facts { sys_object_id: device.sys_object_id.as_ref(), sys_descr: device.sys_descr.as_deref(), has: &has };
    let profile = mib.profile(&facts);
    let chassis = entity::chassis(columns);
    let found = profile.map_or_else(Identity::default, |profile| profile.identity(&facts, |reading| text_of(reading, columns)));
    let by_object_id = |of: fn(&Registry, &Oid) -> Option<String>| facts.sys_object_id.and_then(|id| of(mib, id));
    let model = found.model.or(chassis.model).or_else(|| by_object_id(|mib, id| mib.model(id).map(str::to_owned)));
    let role = profile.and_then(|profile| profile.role(model.as_deref(), facts.sys_descr));
    device.model = model;
    device.vendor = found.vendor.or(chassis.vendor).or_else(|| by_object_id(|mib, id| mib.vendor(id).map(str::to_owned)));
    device.os = found.os;
    device.os_version = found.os_version.or(chassis.version);
    device.serial = found.serial.or(chassis.serial);
    device.sys_name = device.sys_name.take().or(found.name);
    device.role = role.unwrap_or_else(|| role::guess(device, columns));
}

/// The text of an object that a profile reads.
fn text_of(reading: &Reading, columns: &Columns) -> Option<String> {
    if let Some(at) = &reading.at {
        let row = columns.first_text(at)?.parse().ok()?;
        return columns.text_at(&reading.object, &[row]);
    }
    let mib = Registry::global();
    let (object, entity) = (base(&reading.object, columns)?, mib.oid("entPhysicalTable")?);
    if object.starts_with(&entity) { entity::of_chassis(columns, &reading.object) } else { columns.first_text(&reading.object) }
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture;
    use super::*;
    use crate::model::{Role, SnmpVersion};

    fn access() -> SnmpAccess {
        SnmpAccess {
            address: "10.0.0.11:161".parse().unwrap(),
            version: SnmpVersion::V2c,
            credential: "public".to_owned(),
            partial: false,
        }
    }

    #[test]
    fn a_device_is_put_together() {
        let columns = fixture::columns(
            &all_objects(),
            "sysName.0 = dist-1\nsysObjectID.0 = @1.3.6.1.4.1.9.1.1208
             sysDescr.0 = Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)
             ifName.10101 = Gi1/0/1\nlldpLocChassisIdSubtype.0 = #4\nlldpLocChassisId.0 = 0x001b54aabbcc
             entPhysicalClass.1 = #3\nentPhysicalModelName.1 = WS-C2960X-48TS-L\nentPhysicalSerialNum.1 = FOC1",
        );
        let device = assemble(&columns, access(), Timestamp(0)).device;
        assert_eq!(device.id.as_str(), "chassis:00:1b:54:aa:bb:cc");
        assert_eq!(device.vendor.as_deref(), Some("Cisco"));
        assert_eq!(device.model.as_deref(), Some("WS-C2960X-48TS-L"));
        assert_eq!((device.os.as_deref(), device.os_version.as_deref()), (Some("IOS"), Some("15.2(7)E3")));
        assert_eq!((device.serial.as_deref(), device.role), (Some("FOC1"), Role::Switch));
        assert_eq!(device.addresses, ["10.0.0.11".parse::<std::net::IpAddr>().unwrap()]);
    }

    #[test]
    fn nothing_read_is_a_device_known_by_its_address() {
        let device = assemble(&Columns::default(), access(), Timestamp(0)).device;
        assert_eq!(device.id.as_str(), "addr:10.0.0.11");
        assert_eq!((device.role, device.sys_name), (Role::Unknown, None));
    }
}
