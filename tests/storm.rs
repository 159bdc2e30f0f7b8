//! One core among thousands falls: one alarm, and everybody behind it listed under it. What it takes is printed, not asserted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use noctop::event::{Body, Event, Silent};
use noctop::model::inventory::Reason;
use noctop::model::poll::PollReading;
use noctop::model::{
    ChassisId, Device, DeviceId, DeviceStatus, Evidence, IfIndex, Interface, Inventory, MacAddr, NeighbourRow, OperStatus,
    PortId, Role, SnmpAccess, SnmpVersion, Timestamp,
};
use noctop::query::{Screen, ViewRequest};
use noctop::state::view::{ViewBody, answer};
use noctop::state::{Applied, Settings, State, apply};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

const START: i64 = 1_000_000;

fn device(number: u32, name: String) -> Device {
    let [_, high, middle, low] = number.to_be_bytes();
    let chassis = MacAddr([0, 0x1b, 0x55, high, middle, low]);
    let mut device = Device::new(DeviceId::new(&format!("chassis:{chassis}")), Timestamp::from_secs(START));
    device.sys_name = Some(name);
    device.chassis_id = Some(ChassisId::Mac(chassis));
    device.role = Role::Switch;
    let address = IpAddr::V4(Ipv4Addr::new(10, high, middle, low));
    device.addresses = vec![address];
    device.snmp = Some(SnmpAccess {
        address: SocketAddr::new(address, 161),
        version: SnmpVersion::V2c,
        credential: "public".to_owned(),
        partial: false,
    });
    device
}

fn join(devices: &mut [Device], upper: usize, lower: usize) {
    let ends = [upper, lower].map(|place| (place, u32::try_from(devices[place].interfaces.len()).unwrap() + 1));
    for ((near, port), (far, far_port)) in [(ends[0], ends[1]), (ends[1], ends[0])] {
        let mut interface = Interface::new(IfIndex(port));
        interface.if_name = Some(format!("Gi{port}"));
        interface.oper_status = Some(OperStatus::Up);
        let mut row = NeighbourRow::new(Evidence::Lldp);
        row.local_if_index = Some(IfIndex(port));
        row.chassis_id = devices[far].chassis_id.clone();
        row.port_id = Some(PortId::Name(format!("Gi{far_port}")));
        devices[near].interfaces.push(interface);
        devices[near].neighbours.push(row);
    }
}

/// A switch that stays, a core on it, `dists` on that and `accs` on each of these.
fn tree(dists: usize, accs: usize) -> Vec<Device> {
    let count = 2 + dists + dists * accs;
    let mut devices: Vec<Device> = (0u32..).map(|number| device(number, format!("sw-{number}"))).take(count).collect();
    join(&mut devices, 0, 1);
    for dist in 0..dists {
        join(&mut devices, 1, 2 + dist);
        for acc in 0..accs {
            join(&mut devices, 2 + dist, 2 + dists + dist * accs + acc);
        }
    }
    devices
}

struct Run {
    state: State,
    took: Duration,
    worst: Duration,
}

impl Run {
    fn feed(&mut self, secs: i64, body: Body) -> Applied {
        let event = Event { at: Timestamp::from_secs(START + secs), body };
        let begun = Instant::now();
        let applied = apply(&mut self.state, &event);
        let took = begun.elapsed();
        self.took += took;
        self.worst = self.worst.max(took);
        applied
    }

    fn poll(&mut self, secs: i64, device: &Device) {
        let reading = PollReading::new(device.id.clone(), Timestamp::from_secs(START + secs));
        self.feed(secs, Body::Poll(Box::new(reading)));
    }

    fn miss(&mut self, secs: i64, device: &Device) {
        let target = device.snmp.as_ref().unwrap().address;
        let (device, detail) = (Some(device.id.clone()), "no answer to 3 requests".to_owned());
        self.feed(secs, Body::Silent(Silent { device, target, reason: Reason::Timeout, detail, sent: 3, echoes: None }));
    }

    fn step(&mut self, what: &str) {
        eprintln!("{what}: {:.1} ms in all, {:.1} ms the longest event", ms(self.took), ms(self.worst));
        (self.took, self.worst) = (Duration::ZERO, Duration::ZERO);
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn check(dists: usize, accs: usize) {
    let devices = tree(dists, accs);
    let behind = devices.len() - 2;
    let mut run = Run { state: State::new(Settings::default()), took: Duration::ZERO, worst: Duration::ZERO };
    for device in &devices {
        let inventory = Inventory::of(device.snmp.as_ref().unwrap().address, Timestamp::from_secs(START), device.clone());
        run.feed(0, Body::Inventory(Box::new(inventory)));
    }
    run.feed(1, Body::Tick);
    devices.iter().for_each(|device| run.poll(10, device));
    run.feed(11, Body::Tick);
    run.step(&format!("{behind} behind a core, found and polled"));
    // The leaves are polled first, the core last.
    for round in [40, 70] {
        for (place, device) in devices.iter().enumerate().rev() {
            if place == 0 {
                run.poll(round + 15, device)
            } else {
                run.miss(round + i64::from(place == 1), device)
            }
            if place % 500 == 0 {
                run.feed(round + 1, Body::Tick);
            }
        }
        run.feed(round + 20, Body::Tick);
    }
    run.step("the core falls");
    let count = |state: &State, status: DeviceStatus| devices.iter().filter(|device| state.status(&device.id) == status).count();
    assert_eq!((count(&run.state, DeviceStatus::Down), count(&run.state, DeviceStatus::Unreachable)), (1, behind));
    let active: Vec<&str> =
        run.state.alarms().filter(|alarm| run.state.is_active(alarm)).map(|alarm| alarm.object.as_str()).collect();
    assert_eq!(active, ["sw-1"]);
    let begun = Instant::now();
    let view = answer(&run.state, &ViewRequest::new(Screen::Alarms, 30));
    eprintln!("a page of Alarms: {:.1} ms", ms(begun.elapsed()));
    assert_eq!((view.chrome.critical, view.chrome.major, view.chrome.minor), (1, 0, 0));
    let ViewBody::Alarms(body) = view.body else { panic!("no alarms") };
    let root = body.rows.first().unwrap();
    assert_eq!((root.alarm.object.as_str(), root.children), ("sw-1", behind));
    let told = run.state.recent().filter(|row| row.at > Timestamp::from_secs(START + 20)).count();
    assert!(told < 100, "a storm does not push out what happened before: {told} rows");
    for device in devices.iter().skip(1) {
        run.poll(100, device);
    }
    run.feed(101, Body::Tick);
    run.step("it comes back");
    assert_eq!(count(&run.state, DeviceStatus::Up), devices.len());
    assert_eq!(run.state.alarms().filter(|alarm| run.state.is_active(alarm)).count(), 0);
}

#[test]
fn a_core_among_a_hundred_is_one_alarm_with_99_under_it() {
    check(9, 10);
}

#[test]
fn five_thousand_behind_one_core_are_one_alarm() {
    check(50, 99);
}
