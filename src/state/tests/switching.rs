//! Readings of switches: what is told, what is taken over, what is not news.

use crate::event::{Body, Event};
use crate::model::{
    Bridge, BridgeId, BridgeReading, Device, IfIndex, Interface, MacAddr, Metric, Physical, PhysicalClass, PoePort, PoeStatus,
    PortReading, Role, StpPort, StpRole, Timestamp,
};
use crate::state::sample::{START, device, event, feed, hears, inventory};
use crate::state::{Settings, State};

fn id(last: u8, priority: u16) -> BridgeId {
    BridgeId { priority, mac: MacAddr([0, 0x1b, 0x54, last, 0, 0]) }
}

/// A switch whose root is the bridge 9, with a port that blocks and one that feeds.
fn switch() -> Device {
    let mut switch = device(1, "acc-1", Role::Switch, 2);
    switch.bridge = Some(Box::new(Bridge {
        address: Some(MacAddr([0, 0x1b, 0x54, 1, 0, 0])),
        root: Some(id(9, 4096)),
        topology_changes: Some(3),
        changed_at: Some(Timestamp(1000)),
        ..Bridge::default()
    }));
    switch.interfaces[0].stp_state = Some("blocking".to_owned());
    switch.interfaces[0].stp =
        Some(Box::new(StpPort { role: Some(StpRole::Alternate), path_cost: Some(2000), ..StpPort::default() }));
    switch.interfaces[1].poe = Some(Box::new(PoePort {
        place: Some((1, 2)),
        enabled: Some(true),
        status: Some(PoeStatus::Delivering),
        class: Some(4),
        draw_mw: Some(9000),
        limit_mw: Some(30_000),
    }));
    switch
}

fn reading(secs: i64, of: &Device, change: impl Fn(&mut BridgeReading)) -> Event {
    let port = |port: &Interface| PortReading {
        if_index: port.if_index,
        stp_state: port.stp_state.clone(),
        stp: port.stp.as_deref().cloned(),
        poe: port.poe.as_deref().cloned(),
    };
    let at = Timestamp::from_secs(START.secs() + secs);
    let ports = of.interfaces.iter().map(port).collect();
    let mut reading = BridgeReading { device: of.id.clone(), at, bridge: of.bridge.as_deref().cloned(), ports };
    change(&mut reading);
    event(secs, Body::Bridge(Box::new(reading)))
}

/// What is told of an event, and how much is derived of it.
fn told(state: &mut State, event: &Event) -> (Vec<String>, usize) {
    let before = state.recent().len();
    let applied = feed(state, event);
    let rows = state.recent().skip(before).map(|row| format!("{}: {}", row.object, row.text)).collect();
    (rows, applied.derived.len())
}

fn known() -> State {
    let mut state = State::new(Settings::default());
    feed(&mut state, &inventory(0, &switch()));
    state
}

fn bridge_mut(reading: &mut BridgeReading) -> &mut Bridge {
    reading.bridge.as_mut().unwrap()
}

#[test]
fn what_did_not_change_is_no_news_and_neither_is_a_draw_that_is_never_still() {
    let mut state = known();
    assert_eq!(told(&mut state, &reading(60, &switch(), |_| {})), (vec![], 0));
    let jitter = reading(120, &switch(), |reading| {
        bridge_mut(reading).changed_at = Some(Timestamp(9000));
        reading.ports[1].poe.as_mut().unwrap().draw_mw = Some(9400);
    });
    assert_eq!(told(&mut state, &jitter), (vec![], 0));
    let more = reading(180, &switch(), |reading| reading.ports[1].poe.as_mut().unwrap().draw_mw = Some(12_000));
    assert_eq!(told(&mut state, &more), (vec![], 1));
    let device = state.device(&switch().id).unwrap();
    let poe = device.interface(IfIndex(2)).unwrap().poe.as_deref().unwrap();
    assert_eq!((poe.draw_mw, poe.limit_mw), (Some(12_000), Some(30_000)));
}

#[test]
fn another_root_and_a_port_that_forwards_are_told_and_the_device_is_read_anew() {
    let mut state = known();
    let change = reading(60, &switch(), |reading| {
        bridge_mut(reading).root = Some(id(8, 0));
        bridge_mut(reading).topology_changes = Some(5);
        reading.ports[0].stp_state = Some("forwarding".to_owned());
        reading.ports[0].stp = Some(StpPort { role: Some(StpRole::Root), ..StpPort::default() });
    });
    let before = state.recent().len();
    let applied = feed(&mut state, &change);
    assert!(applied.reread.contains(&switch().id));
    let rows: Vec<String> = state.recent().skip(before).map(|row| format!("{} {}: {}", row.kind, row.object, row.text)).collect();
    let want = [
        "spanning-tree acc-1: root 4096 00:1b:54:09:00:00 > 0 00:1b:54:08:00:00",
        "alarm-raised acc-1: stp-root-changed: spanning tree: root 4096 00:1b:54:09:00:00 > 0 00:1b:54:08:00:00",
        "spanning-tree acc-1: the topology changed 2 times",
        "spanning-tree acc-1 Gi1: blocking > forwarding",
    ];
    assert_eq!(rows, want);
    let port = state.device(&switch().id).unwrap().interface(IfIndex(1)).unwrap().clone();
    let stp = port.stp.unwrap();
    assert_eq!((port.stp_state.as_deref(), stp.role, stp.path_cost), (Some("forwarding"), Some(StpRole::Root), Some(2000)));
}

#[test]
fn a_change_of_the_topology_is_told_by_the_root_where_that_is_known() {
    let mut state = known();
    let mut root = device(9, "core-1", Role::Switch, 2);
    root.bridge = Some(Box::new(Bridge {
        address: Some(id(9, 0).mac),
        root: Some(id(9, 4096)),
        topology_changes: Some(3),
        ..Bridge::default()
    }));
    feed(&mut state, &inventory(10, &root));
    let counted = |secs, of: &Device, count| reading(secs, of, |reading| bridge_mut(reading).topology_changes = Some(count));
    assert_eq!(told(&mut state, &counted(60, &switch(), 4)), (vec![], 1));
    assert_eq!(told(&mut state, &counted(61, &root, 4)).0, ["core-1: the topology changed"]);
    assert_eq!(told(&mut state, &counted(120, &root, 0)).0, Vec::<String>::new(), "its agent restarted and counts anew");
}

#[test]
fn an_inventory_tells_the_same_and_is_no_news_by_what_changes_all_the_time() {
    let mut state = known();
    let mut again = switch();
    again.interfaces[0].last_change = Some(Timestamp(5));
    again.interfaces[1].poe.as_mut().unwrap().draw_mw = Some(9100);
    assert_eq!(told(&mut state, &inventory(3600, &again)), (vec![], 0));
    again.interfaces[0].stp_state = Some("forwarding".to_owned());
    let (rows, derived) = told(&mut state, &inventory(7200, &again));
    assert_eq!((rows, derived), (vec!["acc-1 Gi1: blocking > forwarding".to_owned()], 2));
}

#[test]
fn parts_that_came_and_went_are_told_by_name() {
    let part = |index: u32, name: &str| Physical {
        index,
        class: PhysicalClass::PowerSupply,
        name: Some(name.to_owned()),
        serial: Some(format!("S{index}")),
        ..Physical::default()
    };
    let mut before = switch();
    before.parts = vec![part(1, "PSU 1"), part(2, "PSU 2")];
    let mut state = State::new(Settings::default());
    feed(&mut state, &inventory(0, &before));
    let mut after = before.clone();
    after.parts = vec![part(1, "PSU 1"), part(3, "Fan tray")];
    assert_eq!(told(&mut state, &inventory(60, &after)).0, ["acc-1: parts removed: PSU 2, parts added: Fan tray"]);
}

#[test]
fn what_ports_draw_is_sampled_unless_they_never_drew() {
    let mut state = known();
    let nothing = PoePort { draw_mw: Some(0), ..PoePort::default() };
    let applied = feed(&mut state, &reading(60, &switch(), |reading| reading.ports[0].poe = Some(nothing.clone())));
    let rows: Vec<_> = applied.samples.iter().flat_map(|batch| &batch.rows).collect();
    assert_eq!(rows.len(), 1);
    let value = Metric::PoeWatts.decode_gauge(rows[0].cells[0].value);
    assert_eq!((rows[0].part.as_deref(), value.to_bits()), (Some("Gi2"), 9.0f64.to_bits()));
}

#[test]
fn a_replay_of_what_was_derived_makes_the_same_state() {
    let (mut state, mut replayed) = (State::new(Settings::default()), State::new(Settings::default()));
    let change = reading(60, &switch(), |reading| {
        bridge_mut(reading).root = Some(id(8, 0));
        reading.ports[0].stp_state = Some("forwarding".to_owned());
    });
    for event in [inventory(0, &switch()), change] {
        for derived in feed(&mut state, &event).derived {
            feed(&mut replayed, &derived);
        }
    }
    assert_eq!(replayed.device(&switch().id), state.device(&switch().id));
    assert!(state.device(&switch().id).unwrap().bridge.as_ref().unwrap().root == Some(id(8, 0)));
}

#[test]
fn who_is_heard_of_at_another_port_soon_after_moved_there() {
    let laptop = device(77, "laptop", Role::Host, 1);
    let (mut one, mut two) = (device(1, "acc-1", Role::Switch, 2), device(2, "acc-2", Role::Switch, 2));
    let (nobody_one, nobody_two) = (one.clone(), two.clone());
    hears(&mut one, 1, &laptop, 1);
    hears(&mut two, 2, &laptop, 1);
    let mut state = State::new(Settings::default());
    let mut read = |secs, device: &Device| {
        let before = state.recent().len();
        feed(&mut state, &inventory(secs, device));
        feed(&mut state, &event(secs + 1, Body::Tick));
        state.recent().skip(before).map(|row| format!("{} {}: {}", row.kind, row.object, row.text)).collect::<Vec<String>>()
    };
    read(0, &one);
    read(0, &nobody_two);
    assert_eq!(read(60, &nobody_one), ["neighbour-gone laptop: is not heard of any more at acc-1 Gi1"]);
    let rows = read(62, &two);
    assert_eq!(rows.last().map(String::as_str), Some("endpoint-moved laptop: acc-1 Gi1 > acc-2 Gi2"), "{rows:?}");
    // It comes back a day later: that is no move.
    read(120, &nobody_two);
    let rows = read(90_000, &one);
    assert!(rows.iter().all(|row| !row.starts_with("endpoint-moved")), "{rows:?}");
}
