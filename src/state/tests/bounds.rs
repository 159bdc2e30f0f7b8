//! What there is no room for: hostile descriptions, tables, controllers and alarms. What is known stays, and what is left out is counted.

use super::*;
use crate::model::device::Vlan;
use crate::model::inventory::{Problem, Reason};
use crate::model::upkeep::Upkeep;
use crate::model::{
    AccessPoint, Alarm, ArpRow, ChassisId, Device, Episode, Evidence, FdbRow, Gauge, GaugeKind, Health, Inventory, Limit,
    MacAddr, Measured, NeighbourRow, Physical, Role, WirelessClient, WirelessReading, limit,
};
use crate::state::room::Totals;
use crate::state::sample::device;
use std::net::IpAddr;

/// More than any bound on one device.
const MANY: usize = 300_000;

fn mac(number: usize) -> MacAddr {
    let [.., a, b, c, d] = number.to_be_bytes();
    MacAddr([0x02, 0x10, a, b, c, d])
}

fn address(number: usize) -> IpAddr {
    u32::try_from(0x0b00_0000 + number).unwrap().to_be_bytes().into()
}

/// Feeds an inventory, and says how much a bound left out of it.
fn read(state: &mut State, device: &Device, limit: &Limit) -> u64 {
    limit.during(|| feed(state, &inventory(10, device))).1
}

/// A switch that is known, well behaved.
fn honest() -> (State, Device) {
    let device = device(1, "sw-1", Role::Switch, 4);
    let mut state = State::new(Settings::default());
    feed(&mut state, &inventory(0, &device));
    (state, device)
}

/// One kind of rows that a device tells: how more are made, how many there are, and what bounds them.
type Rows = (fn(&mut Device, usize), fn(&Device) -> usize, &'static Limit, usize);

fn interfaces(device: &mut Device, count: usize) {
    let first = device.interfaces.len();
    device.interfaces.extend((first..first + count).map(|at| crate::model::Interface::new(IfIndex(at as u32 + 1000))));
}

fn neighbours(device: &mut Device, count: usize) {
    device.neighbours.extend((0..count).map(|number| NeighbourRow {
        local_if_index: Some(IfIndex(1)),
        chassis_id: Some(ChassisId::Mac(mac(number))),
        ..NeighbourRow::new(Evidence::Lldp)
    }));
}

fn gauges(device: &mut Device, count: usize) {
    let gauge = |number: usize| -> Gauge { super::health::gauge(GaugeKind::Processor, &number.to_string(), Measured::default()) };
    // As somebody might send it: what is made here is never longer than the bound.
    device.health = Health { gauges: (0..count).map(gauge).collect(), outline: 7 };
}

/// What a device may tell, of which it tells more than there is room for.
const TOLD: [Rows; 5] = [
    (interfaces, |device| device.interfaces.len(), &limit::DEVICE_INTERFACES, 20_000),
    (
        |device, count| device.addresses.extend((0..count).map(address)),
        |device| device.addresses.len(),
        &limit::DEVICE_ADDRESSES,
        9_000,
    ),
    (neighbours, |device| device.neighbours.len(), &limit::DEVICE_NEIGHBOURS, 9_000),
    (gauges, |device| device.health.gauges.len(), &limit::DEVICE_GAUGES, 5_000),
    (
        |device, count| device.parts = (0..count).map(|at| Physical { index: at as u32, ..Physical::default() }).collect(),
        |device| device.parts.len(),
        &limit::DEVICE_PARTS,
        5_000,
    ),
];

#[test]
fn a_device_that_tells_without_end_is_kept_as_far_as_there_is_room() {
    for (more, count, limit, told) in TOLD {
        let (mut state, device) = honest();
        let mut hostile = device.clone();
        more(&mut hostile, told);
        let beyond = read(&mut state, &hostile, limit);
        let known = state.device(&device.id).unwrap();
        assert_eq!(count(known), limit.most(), "{}", limit.name());
        assert!(beyond >= (told - limit.most()) as u64, "{}", limit.name());
        assert!(device.interfaces.iter().all(|port| known.interface(port.if_index).is_some()), "{}", limit.name());
        assert!(known.addresses.contains(&device.addresses[0]), "{}", limit.name());
        // Said again, it is no news.
        let derived = feed(&mut state, &inventory(20, &hostile)).derived;
        assert!(derived.iter().all(|event| !matches!(event.body, Body::DeviceSeen(_))), "{}", limit.name());
    }
}

#[test]
fn ports_that_are_known_stay_where_a_device_invents_lower_numbers() {
    let (mut state, mut device) = honest();
    device.interfaces.iter_mut().for_each(|port| port.if_index = IfIndex(port.if_index.0 + 1_000_000));
    read(&mut state, &device, &limit::DEVICE_INTERFACES);
    let known: Vec<IfIndex> = device.interfaces.iter().map(|port| port.if_index).collect();
    interfaces(&mut device, 20_000);
    read(&mut state, &device, &limit::DEVICE_INTERFACES);
    let now = state.device(&device.id).unwrap();
    assert!(known.iter().all(|port| now.interface(*port).is_some()));
}

#[test]
fn tables_of_addresses_without_end_are_kept_as_far_as_there_is_room() {
    let (mut state, device) = honest();
    let mut told = Inventory::of(device.snmp.as_ref().unwrap().address, event(10, Body::Tick).at, device.clone());
    told.sightings.fdb = Some((0..MANY).map(|at| FdbRow { mac: mac(at), if_index: Some(IfIndex(1)), vlan: None }).collect());
    told.sightings.arp = Some((0..MANY).map(|at| ArpRow { address: address(at), mac: mac(at), if_index: None }).collect());
    let told = event(10, Body::Inventory(Box::new(told)));
    let ((_, arp), macs) = limit::DEVICE_MACS.during(|| limit::DEVICE_ARP.during(|| feed(&mut state, &told)));
    let seen = state.sightings(&device.id).unwrap();
    let lengths = (seen.fdb.as_ref().unwrap().len(), seen.arp.as_ref().unwrap().len());
    assert_eq!(lengths, (limit::DEVICE_MACS.most(), limit::DEVICE_ARP.most()));
    assert!(macs >= (MANY - lengths.0) as u64 && arp >= (MANY - lengths.1) as u64);
}

/// A state of which one sum is almost at its bound because of other devices.
fn nearly_full(set: impl FnOnce(&mut Totals)) -> (State, Device) {
    let (mut state, device) = honest();
    set(&mut state.totals);
    (state, device)
}

#[test]
fn where_all_devices_together_tell_too_much_the_next_gets_the_rest() {
    let check = |set: fn(&mut Totals), more: fn(&mut Device, usize), (count, limit): (fn(&Device) -> usize, &Limit)| {
        let (mut state, known) = nearly_full(set);
        let mut other = device(2, "sw-2", Role::Switch, 0);
        more(&mut other, 50);
        let beyond = read(&mut state, &other, limit);
        assert_eq!(count(state.device(&other.id).unwrap()), 10, "{}", limit.name());
        assert!(beyond >= 40, "{}", limit.name());
        read(&mut state, &known, limit);
        assert_eq!(state.device(&known.id).unwrap().interfaces.len(), 4, "who is known stays whole");
    };
    check(
        |totals| totals.interfaces = limit::INTERFACES.most() - 10,
        interfaces,
        (|device| device.interfaces.len(), &limit::INTERFACES),
    );
    check(
        |totals| totals.neighbours = limit::NEIGHBOURS.most() - 10,
        neighbours,
        (|device| device.neighbours.len(), &limit::NEIGHBOURS),
    );
    fn vlans(device: &mut Device, count: usize) {
        interfaces(device, count);
        device.vlans = vec![Vlan { id: 7, name: None }];
        device.interfaces.iter_mut().for_each(|port| port.vlans = vec![7]);
    }
    check(
        |totals| totals.vlans = limit::VLAN_MEMBERSHIPS.most() - 10,
        vlans,
        (|device| device.interfaces.iter().map(|port| port.vlans.len()).sum(), &limit::VLAN_MEMBERSHIPS),
    );
}

#[test]
fn tables_of_all_devices_together_are_bounded() {
    let (mut state, device) = nearly_full(|totals| (totals.macs, totals.arp) = (limit::MACS.most() - 10, limit::ARP.most() - 10));
    let mut told = Inventory::of(device.snmp.as_ref().unwrap().address, event(10, Body::Tick).at, device.clone());
    told.sightings.fdb = Some((0..50).map(|at| FdbRow { mac: mac(at), if_index: Some(IfIndex(1)), vlan: None }).collect());
    told.sightings.arp = Some((0..50).map(|at| ArpRow { address: address(at), mac: mac(at), if_index: None }).collect());
    let told = event(10, Body::Inventory(Box::new(told)));
    let ((_, arp), macs) = limit::MACS.during(|| limit::ARP.during(|| feed(&mut state, &told)));
    let seen = state.sightings(&device.id).unwrap();
    assert_eq!((seen.fdb.as_ref().unwrap().len(), seen.arp.as_ref().unwrap().len()), (10, 10));
    assert!(macs >= 40 && arp >= 40);
}

#[test]
fn a_device_too_many_is_not_taken_and_those_that_are_known_go_on() {
    let (mut state, known) = honest();
    let filled = (0..limit::DEVICES.most() - 1).map(|number| {
        let id = DeviceId::new(&format!("addr:{}", address(number)));
        (id.clone(), Arc::new(Device::new(id, Timestamp(0))))
    });
    Arc::make_mut(&mut state.devices).extend(filled);
    let other = device(2, "sw-2", Role::Switch, 4);
    let (applied, beyond) = limit::DEVICES.during(|| feed(&mut state, &inventory(10, &other)));
    assert_eq!((state.devices().len(), applied.derived.len()), (limit::DEVICES.most(), 0));
    assert!(beyond >= 1 && state.device(&other.id).is_none() && state.sightings(&other.id).is_none());
    assert!(!state.reads.contains_key(&other.id) && state.live.get(&other.id).is_none());
    let mut again = known.clone();
    again.sys_location = Some("moved".to_owned());
    feed(&mut state, &inventory(20, &again));
    assert_eq!(state.device(&known.id).unwrap().sys_location.as_deref(), Some("moved"));
}

/// A controller with so many access points and stations.
fn controls(device: &Device, secs: i64, (points, stations): (usize, usize)) -> Event {
    let mut reading = WirelessReading::new(device.id.clone(), event(secs, Body::Tick).at);
    reading.extent = crate::model::wireless::Extent { access_points: true, clients: true };
    reading.access_points = (0..points).map(|at| AccessPoint { key: mac(at), ..AccessPoint::default() }).collect();
    reading.clients = (0..stations).map(|at| WirelessClient { mac: mac(at), ..WirelessClient::default() }).collect();
    event(secs, Body::Wireless(Box::new(reading)))
}

#[test]
fn a_controller_that_tells_without_end_loses_nothing_that_is_known() {
    let (mut state, device) = honest();
    feed(&mut state, &controls(&device, 10, (3, 3)));
    let (points, stations) = (&limit::CONTROLLER_APS, &limit::CONTROLLER_CLIENTS);
    let told = controls(&device, 40, (points.most() + 7, stations.most() + 9));
    let ((_, of_stations), of_points) = points.during(|| stations.during(|| feed(&mut state, &told)));
    assert_eq!(state.controlled(&device.id), (points.most(), stations.most()));
    assert!(of_points >= 7 && of_stations >= 9);
    // Of all controllers together.
    let (mut state, device) = nearly_full(|totals| {
        (totals.access_points, totals.stations) = (limit::ACCESS_POINTS.most() - 5, limit::STATIONS.most() - 5);
    });
    feed(&mut state, &controls(&device, 10, (3, 3)));
    let told = controls(&device, 40, (20, 20));
    let ((_, of_stations), of_points) = limit::ACCESS_POINTS.during(|| limit::STATIONS.during(|| feed(&mut state, &told)));
    assert_eq!(state.controlled(&device.id), (5, 5));
    assert!(of_points >= 15 && of_stations >= 15);
    let kept = state.wireless().next().unwrap();
    assert!((0..3).all(|at| kept.access_point(mac(at)).is_some()) && !kept.extent.access_points);
}

#[test]
fn sums_are_those_of_what_is_there_whatever_happened() {
    let (mut state, device) = honest();
    let mut check = |event: &Event| {
        feed(&mut state, event);
        let kept = state.totals;
        state.recount();
        assert_eq!(kept, state.totals, "{:?}", event.body);
    };
    story().iter().for_each(&mut check);
    let mut told = Inventory::of(device.snmp.as_ref().unwrap().address, event(2_000, Body::Tick).at, device.clone());
    told.sightings.fdb = Some(vec![FdbRow { mac: mac(1), if_index: Some(IfIndex(1)), vlan: Some(7) }]);
    told.sightings.arp = Some(vec![ArpRow { address: address(1), mac: mac(1), if_index: None }]);
    check(&event(2_000, Body::Inventory(Box::new(told))));
    check(&controls(&device, 2_010, (5, 7)));
    check(&controls(&device, 2_040, (2, 0)));
    let mut other = device.clone();
    (other.chassis_id, other.sys_name) = (Some(ChassisId::Mac(mac(77))), Some("else".to_owned()));
    other.interfaces.iter_mut().for_each(|port| port.mac = None);
    check(&inventory(2_100, &other));
}

fn alarm(number: usize, cleared_at: Option<Timestamp>) -> Alarm {
    Alarm {
        id: format!("made-up@{number:07}"),
        rule: "made-up".to_owned(),
        severity: Severity::Minor,
        object: String::new(),
        device: None,
        text: String::new(),
        raised_at: Timestamp(0),
        cleared_at,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    }
}

/// Fills the alarms to their bound.
fn alarms(state: &mut State, cleared: bool) {
    let all = (0..limit::ALARMS.most()).map(|at| alarm(at, cleared.then_some(event(0, Body::Tick).at)));
    state.alarms = Arc::new(all.map(|alarm| (alarm.id.clone(), Arc::new(alarm))).collect());
    state.index_alarms();
}

/// The device falls silent until its alarm is due.
fn fall_silent(state: &mut State, device: &Device) {
    for secs in [100, 110, 120] {
        feed(state, &silent(secs, device));
        feed(state, &event(secs + 1, Body::Tick));
    }
}

#[test]
fn of_alarms_those_that_cleared_make_room_first_and_none_is_lost_without_a_word() {
    let (mut state, device) = honest();
    feed(&mut state, &poll(30, &device, 0, &[]));
    alarms(&mut state, true);
    fall_silent(&mut state, &device);
    let down = format!("device-down@{}", device.id);
    assert!(state.alarms.contains_key(&down) && state.alarms.len() <= limit::ALARMS.most());

    let (mut state, device) = honest();
    feed(&mut state, &poll(30, &device, 0, &[]));
    alarms(&mut state, false);
    // What has no rule any more would be cleared at the next look.
    state.swept_at = event(1_000, Body::Tick).at;
    let ((), beyond) = limit::ALARMS.during(|| fall_silent(&mut state, &device));
    assert!(!state.alarms.contains_key(&down) && beyond >= 1);
    assert_eq!(state.alarms.len(), limit::ALARMS.most(), "those that stand stay");
    let limits = vec![crate::model::LimitReading { beyond, ..limit::ALARMS.reading() }];
    feed(&mut state, &event(130, Body::Upkeep(Box::new(Upkeep { limits, ..Upkeep::default() }))));
    let told = state.alarms.get("limit-reached@alarms").expect("that alarms find no room is an alarm");
    assert_eq!(told.severity, Severity::Critical);
    // As soon as there is room it is raised.
    feed(&mut state, &event(131, Body::Tick));
    Arc::make_mut(&mut state.alarms).retain(|id, _| !id.starts_with("made-up@0"));
    feed(&mut state, &event(132, Body::Tick));
    assert!(state.alarms.contains_key(&down));
}

#[test]
fn senders_that_say_ever_other_things_have_bounded_alarms() {
    let (mut state, _) = honest();
    let heard = |number: usize| crate::model::heard::Heard {
        rule: "authentication-failure".to_owned(),
        device: None,
        part: number.to_string(),
        object: String::new(),
        times: 5,
        ends: false,
        text: String::new(),
        severity: Severity::Warning,
        at: event(10, Body::Tick).at,
    };
    let most = limit::ALARM_WATCHES.most();
    let all = event(10, Body::Heard((0..most + 9).map(heard).collect()));
    let (_, beyond) = limit::ALARM_WATCHES.during(|| feed(&mut state, &all));
    assert_eq!((state.watches.len(), state.alarms.len()), (most, most));
    assert!(beyond >= 9);
}

#[test]
fn what_is_kept_beside_is_bounded_too() {
    let (mut state, device) = honest();
    let problem = |number: usize| {
        let mut told = Inventory::of((address(number), 161).into(), event(10, Body::Tick).at, device.clone());
        told.problems = vec![Problem { target: "x".to_owned(), reason: Reason::Partial, detail: String::new() }];
        event(10, Body::Inventory(Box::new(told)))
    };
    let most = limit::PROBLEMS.most();
    let filled = (0..most - 1).map(|number| (number.to_string(), Vec::new()));
    state.problems = Arc::new(filled.collect());
    let ((), beyond) = limit::PROBLEMS.during(|| (0..5).for_each(|number| drop(feed(&mut state, &problem(number)))));
    assert!(state.problems.len() == most && beyond >= 4);

    let episode = Episode { raised_at: Timestamp(0), cleared_at: Timestamp(1), severity: Severity::Minor, count: 1 };
    let filled = (0..limit::ALARM_EPISODES.most()).map(|number| (number.to_string(), Arc::new(vec![episode])));
    state.episodes = Arc::new(filled.collect());
    feed(&mut state, &poll(30, &device, 0, &[]));
    fall_silent(&mut state, &device);
    let ((), forgotten) = limit::ALARM_EPISODES.during(|| {
        for secs in [200, 230, 260, 2_000, 2_030] {
            feed(&mut state, &poll(secs, &device, 0, &[]));
            feed(&mut state, &event(secs + 1, Body::Tick));
        }
    });
    assert!(state.episodes.len() == limit::ALARM_EPISODES.most() && forgotten >= 1);
    assert_eq!(state.episodes(&format!("device-down@{}", device.id)).len(), 1, "the new one is kept");
}

#[test]
fn who_stood_in_whose_place_is_kept_of_those_that_are_there() {
    let (mut state, device) = honest();
    let id = |number: usize| DeviceId::new(&format!("engine:{number:08}"));
    let most = limit::PREDECESSORS.most();
    let strangers = (0..most).map(|number| (id(number), id(number + most)));
    let mut all: std::collections::BTreeMap<DeviceId, DeviceId> = strangers.collect();
    all.insert(device.id.clone(), id(7));
    state.predecessors = Arc::new(all);
    state.forget_predecessors();
    assert_eq!(state.predecessors(&device.id).first(), Some(&&id(7)));
    assert!(state.predecessors.len() <= MAX_PREDECESSORS);
}

#[test]
fn maintenance_has_a_bound_and_a_window_that_is_known_can_be_changed() {
    let (mut state, device) = honest();
    let begin = |name: String, until: i64| {
        let window = crate::model::Window {
            name,
            from: event(0, Body::Tick).at,
            until: event(until, Body::Tick).at,
            scope: crate::model::Scope::Device(device.id.clone()),
            by: "noc".to_owned(),
            note: None,
        };
        event(10, Body::Maintenance(Box::new(crate::model::MaintenanceAct::Begin(Box::new(window)))))
    };
    let most = limit::MAINTENANCE.most();
    let ((), beyond) =
        limit::MAINTENANCE.during(|| (0..most + 5).for_each(|number| drop(feed(&mut state, &begin(number.to_string(), 100)))));
    assert!(state.maintenance().len() == most && beyond >= 5);
    feed(&mut state, &begin("7".to_owned(), 900));
    assert!(state.maintenance().any(|window| window.name == "7" && window.until == event(900, Body::Tick).at));
}

#[test]
fn a_limit_that_leaves_something_out_is_an_alarm_until_it_left_out_nothing_for_two_hours() {
    let (mut state, _) = honest();
    let tell = |state: &mut State, secs: i64, beyond: u64| {
        let limits = vec![crate::model::LimitReading { beyond, ..limit::DEVICES.reading() }];
        feed(state, &event(secs, Body::Upkeep(Box::new(Upkeep { limits, ..Upkeep::default() }))));
        feed(state, &event(secs + 1, Body::Tick));
    };
    tell(&mut state, 10, 0);
    assert_eq!(standing(&state), []);
    tell(&mut state, 20, 3);
    let stands = [("limit-reached@noctop devices".to_owned(), Severity::Major, 1)];
    assert_eq!(standing(&state), stands);
    (30..7_200).step_by(60).for_each(|secs| tell(&mut state, secs, 3));
    assert_eq!(standing(&state), stands);
    (7_200..7_400).step_by(60).for_each(|secs| tell(&mut state, secs, 3));
    assert_eq!(standing(&state), []);
}
