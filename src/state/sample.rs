//! A small hand-made network for tests: two routers, two core switches, two distribution switches, six access switches,
//! servers and access points heard and asked, all said by LLDP as agents say it.

use crate::event::{Body, Event, Silent};
use crate::model::inventory::Reason;
use crate::model::poll::{Counter, IfCounter, IfReading, PollReading};
use crate::model::{
    AdminStatus, ChassisId, Device, DeviceId, Evidence, IfIndex, Interface, Inventory, MacAddr, NeighbourRow, OperStatus, PortId,
    Role, SnmpAccess, SnmpVersion, Timestamp,
};
use crate::state::{Applied, Settings, State, apply};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// When the sample network starts.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_000_000);

/// A device with `ports` gigabit ports `Gi1`…, all up.
pub(crate) fn device(number: u8, name: &str, role: Role, ports: u32) -> Device {
    let chassis = MacAddr([0, 0x1b, 0x54, number, 0, 0]);
    let mut device = Device::new(DeviceId::new(&format!("chassis:{chassis}")), START);
    device.sys_name = Some(name.to_owned());
    device.chassis_id = Some(ChassisId::Mac(chassis));
    device.role = role;
    let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, number));
    device.addresses = vec![address];
    device.snmp = Some(SnmpAccess {
        address: SocketAddr::new(address, 161),
        version: SnmpVersion::V2c,
        credential: "public".to_owned(),
        partial: false,
    });
    device.interfaces = (1..=ports).map(|port| interface(number, port)).collect();
    device
}

fn interface(number: u8, port: u32) -> Interface {
    let mut interface = Interface::new(IfIndex(port));
    interface.if_name = Some(format!("Gi{port}"));
    interface.if_descr = Some(format!("GigabitEthernet{port}"));
    interface.mac = Some(MacAddr([0, 0x1b, 0x54, number, 0, port as u8]));
    interface.speed_bps = Some(1_000_000_000);
    interface.admin_status = Some(AdminStatus::Up);
    interface.oper_status = Some(OperStatus::Up);
    interface
}

/// Lets `a` hear `b` by LLDP: on its port, from the other's port.
pub(crate) fn hears(a: &mut Device, port: u32, b: &Device, far: u32) {
    let mut row = NeighbourRow::new(Evidence::Lldp);
    row.local_if_index = Some(IfIndex(port));
    row.chassis_id = b.chassis_id.clone();
    row.port_id = Some(PortId::Name(format!("Gi{far}")));
    row.sys_name = b.sys_name.clone();
    a.neighbours.push(row);
}

/// Both hear each other.
pub(crate) fn link(devices: &mut [Device], (a, port): (usize, u32), (b, far): (usize, u32)) {
    let (x, y) = (devices[a].clone(), devices[b].clone());
    hears(&mut devices[a], port, &y, far);
    hears(&mut devices[b], far, &x, port);
}

/// The whole network: wan-1, wan-2, core-1, core-2, dist-1, dist-2, acc-1 … acc-6, srv-1, srv-2; and ap-1 that is heard.
pub(crate) fn campus() -> Vec<Device> {
    let mut devices = vec![
        device(1, "wan-1", Role::Router, 4),
        device(2, "wan-2", Role::Router, 4),
        device(3, "core-1", Role::Switch, 8),
        device(4, "core-2", Role::Switch, 8),
        device(5, "dist-1", Role::Switch, 8),
        device(6, "dist-2", Role::Switch, 8),
    ];
    devices.extend((1..=6).map(|n| device(6 + n, &format!("acc-{n}"), Role::Switch, 8)));
    devices.extend((1..=2).map(|n| device(12 + n, &format!("srv-{n}"), Role::Server, 1)));
    for (a, b) in [
        ((0, 1), (2, 1)),
        ((1, 1), (3, 1)),
        ((2, 2), (3, 2)),
        ((2, 3), (3, 3)),
        ((2, 4), (4, 1)),
        ((3, 4), (4, 2)),
        ((2, 5), (5, 1)),
        ((3, 5), (5, 2)),
        ((12, 1), (6, 2)),
        ((13, 1), (6, 3)),
    ] {
        link(&mut devices, a, b);
    }
    for n in 0..6usize {
        link(&mut devices, (4 + n / 3, 3 + (n % 3) as u32), (6 + n, 1));
    }
    let mut row = NeighbourRow::new(Evidence::Lldp);
    row.local_if_index = Some(IfIndex(5));
    row.chassis_id = Some(ChassisId::Mac(MacAddr([0, 9, 9, 9, 9, 9])));
    row.port_id = Some(PortId::Text("eth0".to_owned()));
    row.sys_name = Some("ap-1".to_owned());
    row.capabilities = vec!["wlanAccessPoint".to_owned()];
    devices[7].neighbours.push(row);
    devices
}

/// An event of the sample's time line.
pub(crate) fn event(secs: i64, body: Body) -> Event {
    Event { at: Timestamp::from_secs(START.secs() + secs), body }
}

/// The inventory of a device.
pub(crate) fn inventory(secs: i64, device: &Device) -> Event {
    let at = Timestamp::from_secs(START.secs() + secs);
    let address = device.snmp.as_ref().map(|snmp| snmp.address).unwrap();
    event(secs, Body::Inventory(Box::new(Inventory::of(address, at, device.clone()))))
}

/// A poll in which every port counted `octets` in and half of it out, and `down` is down.
pub(crate) fn poll(secs: i64, device: &Device, octets: u64, down: &[u32]) -> Event {
    let interfaces = device.interfaces.iter().map(|port| {
        let mut reading = IfReading::new(port.if_index);
        reading.admin_status = Some(AdminStatus::Up);
        reading.oper_status = Some(if down.contains(&port.if_index.0) { OperStatus::Down } else { OperStatus::Up });
        reading.set(IfCounter::InOctets, Counter::Bits64(octets));
        reading.set(IfCounter::OutOctets, Counter::Bits64(octets / 2));
        reading.set(IfCounter::InUcastPkts, Counter::Bits64(octets / 100));
        reading.set(IfCounter::InErrors, Counter::Bits32(7));
        reading
    });
    let reading = PollReading {
        sys_up_time: u32::try_from(secs * 100 + 500_000).ok(),
        rtt_ms: Some(1.5),
        lost: 1,
        sent: 4,
        interfaces: interfaces.collect(),
        ..PollReading::new(device.id.clone(), Timestamp::from_secs(START.secs() + secs))
    };
    event(secs, Body::Poll(Box::new(reading)))
}

/// A poll that was not answered.
pub(crate) fn silent(secs: i64, device: &Device) -> Event {
    let target = device.snmp.as_ref().map(|snmp| snmp.address).unwrap();
    let detail = "no answer to 3 requests".to_owned();
    event(
        secs,
        Body::Silent(Silent { device: Some(device.id.clone()), target, reason: Reason::Timeout, detail, sent: 3, echoes: None }),
    )
}

/// Applies events in order to an empty state.
pub(crate) fn run(events: &[Event]) -> (State, Vec<Event>) {
    let mut state = State::new(Settings::default());
    let derived = events.iter().flat_map(|event| feed(&mut state, event).derived).collect();
    (state, derived)
}

/// Applies one event.
pub(crate) fn feed(state: &mut State, event: &Event) -> Applied {
    apply(state, event)
}

/// The events that bring the whole campus in.
pub(crate) fn discovered() -> Vec<Event> {
    let mut events: Vec<Event> = campus().iter().map(|device| inventory(0, device)).collect();
    events.push(event(1, Body::Tick));
    events
}
