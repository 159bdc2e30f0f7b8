//! The switch pane: a stack, a chassis, and a switch that tells next to nothing, made of the model and answered by the views themselves.

use super::fixture::{ago, now};
use super::golden::{layers, state as console};
use noctop::engine::handle::{Backend, Sink};
use noctop::engine::{Answer, AskError, Command, Handle, Update, WatchId};
use noctop::event::{Body, Event};
use noctop::model::device::Vlan;
use noctop::model::health::{Health, Limits, SensorClass};
use noctop::model::poll::{Counter, IfCounter, IfReading, PollReading};
use noctop::model::sighting::{ArpRow, FdbRow};
use noctop::model::{
    AdminStatus, Bridge, BridgeId, ChassisId, Device, DeviceId, Duplex, Evidence, Gauge, GaugeKind, HealthStatus, IfIndex,
    Interface, Inventory, MacAddr, Measured, NeighbourRow, OperStatus, Physical, PhysicalClass, PoePort, PoeStatus, PortId,
    PortMode, Role, SnmpAccess, SnmpVersion, StpPort, StpRole, Timestamp,
};
use noctop::query::{Screen, Subject, ViewRequest};
use noctop::state::view::{View, answer};
use noctop::state::{Settings, State, apply};
use noctop::ui::lang::Lang;
use noctop::ui::state::Place;
use noctop::ui::{GlyphSet, UiState, shot};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

const CORE: u8 = 1;
const DIST: u8 = 2;
const STACK: u8 = 3;
const PLAIN: u8 = 4;

fn mac(device: u8, port: u32) -> MacAddr {
    MacAddr([0x02, 0, 0x5e, device, (port >> 8) as u8, port as u8])
}

fn id(number: u8) -> DeviceId {
    DeviceId::new(&format!("chassis:{}", mac(number, 0)))
}

fn device(number: u8, name: &str) -> Device {
    let mut device = Device::new(id(number), ago(600));
    device.sys_name = Some(name.to_owned());
    device.chassis_id = Some(ChassisId::Mac(mac(number, 0)));
    device.role = Role::Switch;
    let address: IpAddr = format!("10.1.0.{number}").parse().unwrap();
    device.addresses = vec![address];
    device.snmp = Some(SnmpAccess {
        address: SocketAddr::new(address, 161),
        version: SnmpVersion::V2c,
        credential: "campus".to_owned(),
        partial: false,
    });
    device.sys_location = Some("b1 f2 IDF-2".to_owned());
    device
}

fn port(number: u8, index: u32, name: &str, gbps: u64) -> Interface {
    let mut port = Interface::new(IfIndex(index));
    port.if_name = Some(name.to_owned());
    port.if_type = Some(6);
    port.mac = Some(mac(number, index));
    port.speed_bps = Some(gbps * 1_000_000_000);
    port.admin_status = Some(AdminStatus::Up);
    port.oper_status = Some(OperStatus::Up);
    port.duplex = Some(Duplex::Full);
    port.last_change = Some(ago(86_400 * 3 + u64::from(index) * 7));
    port
}

fn access(port: &mut Interface, vlan: u16) {
    port.mode = Some(PortMode::Access);
    (port.pvid, port.vlans, port.untagged) = (Some(vlan), vec![vlan], vec![vlan]);
}

fn trunk(port: &mut Interface) {
    port.mode = Some(PortMode::Trunk);
    (port.pvid, port.vlans, port.untagged) = (Some(99), vec![10, 20, 21, 22, 30, 99], vec![99]);
}

fn bridge(number: u8, priority: u16) -> Bridge {
    Bridge {
        address: Some(mac(number, 0)),
        protocol: Some("rstp".to_owned()),
        priority: Some(priority),
        root: Some(BridgeId { priority: 4096, mac: mac(CORE, 0) }),
        root_cost: Some(0),
        root_port: None,
        topology_changes: Some(17),
        changed_at: Some(ago(3_700)),
    }
}

fn stp(port: &mut Interface, (role, state): (StpRole, &str), designated: (u8, u16)) {
    port.stp_state = Some(state.to_owned());
    port.stp = Some(Box::new(StpPort {
        role: Some(role),
        priority: Some(128),
        path_cost: Some(if port.speed_bps >= Some(10_000_000_000) { 2_000 } else { 20_000 }),
        designated_bridge: Some(BridgeId { priority: designated.1, mac: mac(designated.0, 0) }),
        designated_cost: Some(0),
        forward_transitions: Some(3),
    }));
}

fn vlans() -> Vec<Vlan> {
    let named = [(10, "users"), (20, "voice"), (21, "voice-2"), (22, "cameras"), (30, "aps"), (99, "native")];
    named.map(|(id, name)| Vlan { id, name: Some(name.to_owned()) }).to_vec()
}

fn hears(device: &mut Device, index: u32, (number, name, far): (u8, &str, &str)) {
    let mut row = NeighbourRow::new(Evidence::Lldp);
    row.local_if_index = Some(IfIndex(index));
    row.chassis_id = Some(ChassisId::Mac(mac(number, 0)));
    row.port_id = Some(PortId::Name(far.to_owned()));
    row.sys_name = Some(name.to_owned());
    device.neighbours.push(row);
}

fn part(index: u32, (within, position): (u32, i32), (class, name): (PhysicalClass, &str)) -> Physical {
    Physical {
        index,
        within,
        position: Some(position),
        class,
        name: Some(name.to_owned()),
        replaceable: Some(false),
        ..Physical::default()
    }
}

fn module(index: u32, place: (u32, i32), what: (PhysicalClass, &str), (model, serial): (&str, &str)) -> Physical {
    Physical {
        model: Some(model.to_owned()),
        serial: Some(serial.to_owned()),
        hardware: Some("V02".to_owned()),
        replaceable: Some(true),
        maker: Some("Example Networks".to_owned()),
        ..part(index, place, what)
    }
}

fn gauge(kind: GaugeKind, name: &str, (value, status): (Option<f64>, HealthStatus)) -> Gauge {
    Gauge {
        kind,
        name: name.to_owned(),
        class: None,
        if_index: None,
        main: false,
        probes: Vec::new(),
        limits: Limits::default(),
        measured: Measured { value, status, ..Measured::default() },
    }
}

/// Two members: 48 and 24 ports with PoE, four cages each; an uplink of two to the core, and one to dist-2 that is blocked.
fn stack() -> Device {
    let mut device = device(STACK, "stack-1");
    (device.vendor, device.model) = (Some("Cisco".to_owned()), Some("C9300-48P".to_owned()));
    for (member, ports) in [(1u32, 48u32), (2, 24)] {
        for number in 1..=ports {
            let index = member * 1000 + number;
            let mut port = port(STACK, index, &format!("Gi{member}/0/{number}"), 1);
            let vlan = match number % 12 {
                0 => 22,
                1..=8 => 10,
                9 => 20,
                _ => 30,
            };
            access(&mut port, vlan);
            stp(&mut port, (StpRole::Designated, "forwarding"), (STACK, 32_768));
            let idle = number % 5 == 0;
            if idle {
                (port.oper_status, port.stp_state) = (Some(OperStatus::Down), Some("disabled".to_owned()));
            }
            port.poe = Some(Box::new(PoePort {
                enabled: Some(true),
                status: Some(match (member, number) {
                    (1, 20) => PoeStatus::Fault,
                    _ if idle || number % 3 == 0 => PoeStatus::Searching,
                    _ => PoeStatus::Delivering,
                }),
                class: (!idle).then_some((number % 5) as u8),
                draw_mw: (!idle && number % 3 > 0).then_some(2_400 + number * 310),
                limit_mw: Some(15_400),
                place: None,
            }));
            device.interfaces.push(port);
        }
        for number in 1..=4 {
            let mut port = port(STACK, member * 1000 + 100 + number, &format!("Te{member}/1/{number}"), 10);
            trunk(&mut port);
            if number == 1 {
                port.aggregate = Some(IfIndex(5001));
            }
            if number > 2 {
                port.oper_status = Some(OperStatus::Down);
            }
            device.interfaces.push(port);
        }
    }
    let of = |device: &mut Device, index: u32, change: fn(&mut Interface)| {
        device.interfaces.iter_mut().filter(|port| port.if_index == IfIndex(index)).for_each(change);
    };
    of(&mut device, 1007, |port| port.admin_status = Some(AdminStatus::Down));
    of(&mut device, 1031, |port| port.stp_state = Some("broken".to_owned()));
    of(&mut device, 1005, |port| port.duplex = Some(Duplex::Half));
    of(&mut device, 1102, |port| {
        port.oper_status = Some(OperStatus::Up);
        stp(port, (StpRole::Alternate, "blocking"), (DIST, 8_192));
    });
    let mut uplink = port(STACK, 5001, "Po1", 20);
    uplink.if_type = Some(161);
    trunk(&mut uplink);
    stp(&mut uplink, (StpRole::Root, "forwarding"), (CORE, 4_096));
    device.interfaces.push(uplink);
    device.interfaces.sort_by_key(|port| port.if_index);
    device.vlans = vlans();
    device.bridge = Some(Box::new(Bridge { root_cost: Some(2_000), root_port: Some(IfIndex(5001)), ..bridge(STACK, 32_768) }));
    for (index, far) in [(1101, "Ethernet1/1"), (2101, "Ethernet2/1")] {
        hears(&mut device, index, (CORE, "core-1", far));
    }
    hears(&mut device, 1102, (DIST, "dist-2", "Te1/0/3"));
    device.parts = stack_parts();
    device.health = stack_health();
    device
}

fn stack_parts() -> Vec<Physical> {
    let mut parts = vec![part(1, (0, 0), (PhysicalClass::Stack, "Stack"))];
    for member in 1..=2u32 {
        let base = member * 100;
        let place = member as i32;
        parts.extend([
            module(
                base,
                (1, place),
                (PhysicalClass::Chassis, &format!("Switch {member}")),
                ("C9300-48P", &format!("FOC2{member}31A0X")),
            ),
            module(
                base + 1,
                (base, 1),
                (PhysicalClass::PowerSupply, &format!("Switch {member} PSU A")),
                ("PWR-C1-715WAC", &format!("LIT2{member}11A")),
            ),
            module(
                base + 2,
                (base, 2),
                (PhysicalClass::PowerSupply, &format!("Switch {member} PSU B")),
                ("PWR-C1-715WAC", &format!("LIT2{member}11B")),
            ),
            part(base + 3, (base, 3), (PhysicalClass::Fan, &format!("Switch {member} FAN 1"))),
            module(
                base + 4,
                (base, 4),
                (PhysicalClass::Module, &format!("Switch {member} uplink module")),
                ("C9300-NM-4G", &format!("FJZ2{member}07")),
            ),
            part(base + 5, (base, 5), (PhysicalClass::Sensor, &format!("Switch {member} inlet"))),
            part(base + 6, (base + 1, 1), (PhysicalClass::Sensor, &format!("Switch {member} PSU A state"))),
            part(base + 7, (base + 2, 1), (PhysicalClass::Sensor, &format!("Switch {member} PSU B state"))),
        ]);
        for cage in 1..=4u32 {
            let container = base + 10 + cage;
            parts.push(part(
                container,
                (base + 4, cage as i32),
                (PhysicalClass::Container, &format!("Switch {member} cage {cage}")),
            ));
            if cage <= 2 {
                let mut optic = module(
                    container + 10,
                    (container, 1),
                    (PhysicalClass::Module, "SFP-10G-SR"),
                    ("SFP-10G-SR", &format!("AVD{member}{cage}")),
                );
                optic.if_index = Some(IfIndex(member * 1000 + 100 + cage));
                parts.push(optic);
            }
        }
    }
    parts
}

fn stack_health() -> Health {
    let state = GaugeKind::Sensor(SensorClass::State);
    let light = |name: &str, index: u32, value: f64, status: HealthStatus| Gauge {
        if_index: Some(IfIndex(index)),
        limits: Limits { low_critical: Some(-14.0), low_warning: Some(-11.0), high_warning: Some(0.0), high_critical: Some(2.5) },
        ..gauge(GaugeKind::Sensor(SensorClass::Dbm), name, (Some(value), status))
    };
    let gauges = vec![
        gauge(GaugeKind::Processor, "CPU 1", (Some(9.0), HealthStatus::Unknown)),
        gauge(GaugeKind::Memory, "Processor", (Some(52.0), HealthStatus::Unknown)),
        gauge(GaugeKind::PoeBudget, "PSE 1", (Some(715.0), HealthStatus::Unknown)),
        gauge(GaugeKind::PoeUsed, "PSE 1", (Some(212.4), HealthStatus::Ok)),
        gauge(GaugeKind::Sensor(SensorClass::Temperature), "Switch 1 inlet", (Some(41.0), HealthStatus::Ok)),
        gauge(GaugeKind::Sensor(SensorClass::Temperature), "Switch 2 inlet", (Some(38.0), HealthStatus::Ok)),
        gauge(GaugeKind::Sensor(SensorClass::Fanspeed), "Switch 1 FAN 1", (Some(5_400.0), HealthStatus::Ok)),
        gauge(GaugeKind::Sensor(SensorClass::Fanspeed), "Switch 2 FAN 1", (Some(0.0), HealthStatus::Warning)),
        gauge(state, "Switch 1 PSU A state", (Some(1.0), HealthStatus::Ok)),
        gauge(state, "Switch 1 PSU B state", (None, HealthStatus::Critical)),
        gauge(state, "Switch 2 PSU A state", (Some(1.0), HealthStatus::Ok)),
        gauge(state, "Switch 2 PSU B state", (Some(1.0), HealthStatus::Ok)),
        light("Te1/1/1 Rx", 1101, -12.4, HealthStatus::Warning),
        light("Te1/1/1 Tx", 1101, -2.1, HealthStatus::Ok),
    ];
    Health { gauges, ..Health::default() }
}

/// A chassis with two line cards: the root of the tree.
fn core() -> Device {
    let mut device = device(CORE, "core-1");
    (device.vendor, device.model) = (Some("Arista".to_owned()), Some("DCS-7304".to_owned()));
    for card in 1..=2u32 {
        for number in 1..=24u32 {
            let mut port =
                port(CORE, card * 100 + number, &format!("Ethernet{card}/{number}"), if number > 20 { 100 } else { 10 });
            trunk(&mut port);
            stp(&mut port, (StpRole::Designated, "forwarding"), (CORE, 4_096));
            if number > 6 {
                (port.oper_status, port.stp_state) = (Some(OperStatus::Down), Some("disabled".to_owned()));
            }
            device.interfaces.push(port);
        }
    }
    device.vlans = vlans();
    device.bridge = Some(Box::new(bridge(CORE, 4_096)));
    hears(&mut device, 101, (STACK, "stack-1", "Te1/1/1"));
    hears(&mut device, 201, (STACK, "stack-1", "Te2/1/1"));
    hears(&mut device, 102, (DIST, "dist-2", "Te1/0/1"));
    device.parts = vec![
        module(1, (0, 0), (PhysicalClass::Chassis, "Chassis"), ("DCS-7304", "JPE1907")),
        module(10, (1, 1), (PhysicalClass::Module, "Linecard 1"), ("7300X-64T", "JPE2001")),
        module(20, (1, 2), (PhysicalClass::Module, "Linecard 2"), ("7300X-64T", "JPE2002")),
        // Agents tell parts that hold each other, and parts of what is not told: nothing of them is lost.
        part(30, (31, 1), (PhysicalClass::Module, "Ring A")),
        part(31, (30, 1), (PhysicalClass::Module, "Ring B")),
        part(40, (77, 1), (PhysicalClass::Fan, "Orphan fan")),
    ];
    device
}

fn dist() -> Device {
    let mut device = device(DIST, "dist-2");
    for number in 1..=8u32 {
        let mut port = port(DIST, number, &format!("Te1/0/{number}"), 10);
        trunk(&mut port);
        let role = if number == 1 { StpRole::Root } else { StpRole::Designated };
        stp(&mut port, (role, "forwarding"), if number == 1 { (CORE, 4_096) } else { (DIST, 8_192) });
        device.interfaces.push(port);
    }
    device.vlans = vlans();
    device.bridge = Some(Box::new(Bridge { root_cost: Some(2_000), root_port: Some(IfIndex(1)), ..bridge(DIST, 8_192) }));
    hears(&mut device, 1, (CORE, "core-1", "Ethernet1/2"));
    hears(&mut device, 3, (STACK, "stack-1", "Te1/1/2"));
    device
}

/// A switch whose agent tells nothing but its interfaces.
fn plain() -> Device {
    let mut device = device(PLAIN, "plain-1");
    for number in 1..=8u32 {
        let mut port = Interface::new(IfIndex(number));
        port.if_name = Some(format!("port{number}"));
        port.if_type = Some(6);
        port.speed_bps = Some(1_000_000_000);
        (port.admin_status, port.oper_status) = (Some(AdminStatus::Up), Some(OperStatus::Up));
        device.interfaces.push(port);
    }
    device
}

/// Octets that a port counts in a poll's time; the first member of the uplink carries nearly all.
fn octets(device: &Device, port: &Interface) -> u64 {
    match (device.sys_name.as_deref(), port.if_index.0) {
        (Some("stack-1"), 1101) => 9_000_000_000,
        (Some("stack-1"), 2101) => 700_000_000,
        (Some("stack-1"), 5001) => 9_700_000_000,
        (_, index) => u64::from(index % 37) * 4_000_000,
    }
}

fn poll(device: &Device, (nth, at): (u64, Timestamp)) -> Event {
    let reading = |port: &Interface| {
        let mut reading = IfReading::new(port.if_index);
        reading.admin_status = port.admin_status;
        let flaps = port.name() == "Gi1/0/9" && nth % 2 == 1;
        reading.oper_status = if flaps { Some(OperStatus::Down) } else { port.oper_status };
        if reading.oper_status == Some(OperStatus::Up) {
            let octets = octets(device, port) * nth;
            reading.set(IfCounter::InOctets, Counter::Bits64(octets));
            reading.set(IfCounter::OutOctets, Counter::Bits64(octets / 3));
            reading.set(IfCounter::InErrors, Counter::Bits64(if port.name() == "Gi1/0/17" { nth * 45 } else { 0 }));
            reading.set(IfCounter::OutErrors, Counter::Bits64(0));
        }
        reading
    };
    let reading = PollReading {
        sys_up_time: u32::try_from(nth * 3_000 + 500_000).ok(),
        rtt_ms: Some(1.5),
        sent: 4,
        interfaces: device.interfaces.iter().map(reading).collect(),
        ..PollReading::new(device.id.clone(), at)
    };
    Event { at, body: Body::Poll(Box::new(reading)) }
}

/// The network after its inventory and ten polls.
pub fn network() -> State {
    let mut state = State::new(Settings::default());
    let devices = [core(), dist(), stack(), plain()];
    for device in &devices {
        let address = device.snmp.as_ref().unwrap().address;
        let mut inventory = Inventory::of(address, ago(600), device.clone());
        if device.id == id(STACK) {
            let fdb = (1..=9u32).map(|n| FdbRow {
                mac: mac(0x50, n),
                if_index: Some(IfIndex(if n < 4 { 1017 } else { 1000 + n })),
                vlan: Some(10),
            });
            inventory.sightings.fdb = Some(fdb.collect());
        }
        if device.id == id(CORE) {
            let arp = (1..=9u32).map(|n| ArpRow {
                address: format!("10.20.4.{n}").parse().unwrap(),
                mac: mac(0x50, n),
                if_index: None,
            });
            inventory.sightings.arp = Some(arp.collect());
        }
        apply(&mut state, &Event { at: ago(600), body: Body::Inventory(Box::new(inventory)) });
    }
    for nth in 0..10u64 {
        let at = ago(30 * (10 - nth) - 25);
        for device in &devices {
            apply(&mut state, &poll(device, (nth + 1, at)));
        }
        apply(&mut state, &Event { at, body: Body::Tick });
    }
    apply(&mut state, &Event { at: now(), body: Body::Tick });
    state
}

struct Switches {
    state: State,
    sink: Mutex<Option<Sink>>,
}

impl Backend for Switches {
    fn watch(&self, watch: WatchId, request: ViewRequest) {
        if let (Ok(view), Some(sink)) = (self.ask(request), self.sink.lock().unwrap().as_ref()) {
            sink(Update::View(watch, Arc::new(view)));
        }
    }
    fn unwatch(&self, _: WatchId) {}
    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        Ok(answer(&self.state, &request))
    }
    fn command(&self, _: Command) -> Result<Answer, AskError> {
        Ok(Answer::Accepted)
    }
    fn subscribe(&self, sink: Sink) {
        *self.sink.lock().unwrap() = Some(sink);
    }
    fn close(&self) {}
}

fn handle() -> Handle {
    Handle::new(Arc::new(Switches { state: network(), sink: Mutex::default() }))
}

fn at(number: u8, name: &str, size: (u16, u16), glyphs: GlyphSet) -> UiState {
    let mut state = console(Screen::Device, size, glyphs);
    state.place = Place { screen: Screen::Device, subject: Some(Subject::Device(id(number))), title: name.to_owned() };
    state
}

fn drawn(state: UiState, keys: &str) -> ratatui::buffer::Buffer {
    shot::render(&handle(), state, &shot::keys(keys)).unwrap()
}

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn check(name: &str, (number, device): (u8, &str), keys: &str) {
    for size in SIZES {
        for (set, glyphs) in [("unicode", GlyphSet::Unicode), ("ascii", GlyphSet::Ascii)] {
            let buf = drawn(at(number, device, size, glyphs), keys);
            let text = shot::text(&buf);
            assert!(set != "ascii" || text.is_ascii(), "{name} is not ASCII:\n{text}");
            insta::assert_snapshot!(format!("switch-{name}-{}x{}-{set}", size.0, size.1), layers(&buf));
        }
    }
    let mut korean = at(number, device, (120, 36), GlyphSet::Unicode);
    korean.lang = Lang::Ko;
    insta::assert_snapshot!(format!("switch-{name}-korean"), shot::text(&drawn(korean, keys)));
}

#[test]
fn ports_of_a_stack() {
    check("ports", (STACK, "stack-1"), "");
    for (name, keys) in [
        ("speed", "f"),
        ("poe", "f f"),
        ("vlan", "f f f"),
        ("load", "f f f f"),
        ("errors", "f f f f f"),
        ("uplink", "/ Te1/1/1 Enter"),
        ("busy", "/ Gi1/0/17 Enter"),
    ] {
        let text = shot::text(&drawn(at(STACK, "stack-1", (120, 36), GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("switch-face-{name}"), text);
    }
}

#[test]
fn ports_of_a_chassis() {
    check("chassis", (CORE, "core-1"), "l l");
}

#[test]
fn vlans_port_by_port() {
    check("vlans", (STACK, "stack-1"), ") j");
}

#[test]
fn the_spanning_tree() {
    check("spanning", (STACK, "stack-1"), ") )");
    for (name, keys) in [("tree", ") ) tab j"), ("blocked", ") ) tab tab")] {
        let text = shot::text(&drawn(at(STACK, "stack-1", (80, 24), GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("switch-spanning-{name}"), text);
    }
}

#[test]
fn the_inventory() {
    check("inventory", (STACK, "stack-1"), ") ) ) j");
    for (name, number, keys) in [
        ("folded", STACK, ") ) ) j z"),
        ("searched", STACK, ") ) ) / class:sensor Enter"),
        ("faults", STACK, ") ) ) !"),
        ("ring", CORE, ") ) )"),
    ] {
        let text = shot::text(&drawn(at(number, "x", (80, 24), GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("switch-inventory-{name}"), text);
    }
}

#[test]
fn what_is_not_told_is_said() {
    for (name, keys, words) in [
        ("vlans", ")", "this agent tells no VLANs"),
        ("spanning", ") )", "this agent tells no spanning tree"),
        ("inventory", ") ) )", "this agent tells nothing of what the device is made of"),
        ("status", ") ) ) )", "no health"),
        ("ports", "", "not told: VLANs, STP, PoE, MACs"),
    ] {
        let text = shot::text(&drawn(at(PLAIN, "plain-1", (120, 36), GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("switch-silent-{name}"), text);
        assert!(name == "status" || text.contains(words), "{name}:\n{text}");
    }
}

#[test]
fn the_cursor_of_the_plate_is_that_of_the_table() {
    let name = |keys: &str| {
        let text = shot::text(&drawn(at(STACK, "stack-1", (120, 36), GlyphSet::Unicode), keys));
        let line = text.lines().find(|line| line.contains('▌')).unwrap_or_default().to_owned();
        line.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!([name(""), name("l"), name("l l h"), name("j l")], ["Gi1/0/1", "Gi1/0/3", "Gi1/0/3", "Gi1/0/4"]);
}

#[test]
fn an_interface_says_what_its_switch_tells() {
    let mut state = at(STACK, "stack-1", (120, 36), GlyphSet::Unicode);
    let subject = Some(Subject::Interface(id(STACK), "Te1/1/1".to_owned()));
    state.place = Place { screen: Screen::Interface, subject, title: "stack-1 Te1/1/1".to_owned() };
    insta::assert_snapshot!("switch-interface", shot::text(&drawn(state, "")));
}
