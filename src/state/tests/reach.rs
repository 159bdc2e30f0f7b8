//! Who is down, who is only behind it, and what explains which alarm.

use super::super::sample::{campus, device, event, feed, inventory, link, poll, run, silent};
use super::*;
use crate::model::{Device, Role};
use std::collections::{BTreeMap, BTreeSet};

mod around;
mod orders;
mod shapes;

/// A network whose devices are polled in an order of one's own, and what of it is dead.
pub(in crate::state::tests) struct World {
    pub(in crate::state::tests) state: State,
    pub(in crate::state::tests) devices: Vec<Device>,
    pub(in crate::state::tests) derived: Vec<Event>,
    /// Who does not answer.
    pub(in crate::state::tests) dead: BTreeSet<usize>,
    /// Ports that are down, by device.
    pub(in crate::state::tests) shut: BTreeMap<usize, Vec<u32>>,
    /// Whether whoever is to be polled at once is.
    pub(in crate::state::tests) asks: bool,
    pub(in crate::state::tests) now: i64,
}

impl World {
    /// Found, and polled twice.
    pub(in crate::state::tests) fn of(devices: Vec<Device>) -> Self {
        let mut world = Self {
            state: State::new(Settings::default()),
            devices,
            derived: Vec::new(),
            dead: BTreeSet::new(),
            shut: BTreeMap::new(),
            asks: true,
            now: 0,
        };
        for number in 0..world.devices.len() {
            let read = inventory(0, &world.devices[number]);
            world.feed(&read);
        }
        world.tick();
        world.round(&(0..world.devices.len()).collect::<Vec<_>>());
        world
    }

    pub(in crate::state::tests) fn number(&self, name: &str) -> usize {
        self.devices.iter().position(|device| device.sys_name.as_deref() == Some(name)).unwrap()
    }

    pub(in crate::state::tests) fn kill(&mut self, names: &[&str]) {
        let dead: Vec<usize> = names.iter().map(|name| self.number(name)).collect();
        self.dead.extend(dead);
    }

    pub(in crate::state::tests) fn revive(&mut self, names: &[&str]) {
        let back: Vec<usize> = names.iter().map(|name| self.number(name)).collect();
        self.dead.retain(|number| !back.contains(number));
    }

    /// Something else happens.
    pub(in crate::state::tests) fn take(&mut self, event: &Event) {
        self.feed(event);
    }

    fn feed(&mut self, event: &Event) {
        let applied = feed(&mut self.state, event);
        self.derived.extend(applied.derived);
        if self.asks {
            for id in applied.poll_now {
                let number = self.devices.iter().position(|device| device.id == id).unwrap();
                self.now += 1;
                self.poll(number);
            }
        }
    }

    pub(in crate::state::tests) fn poll(&mut self, number: usize) {
        let device = self.devices[number].clone();
        let shut = self.shut.get(&number).cloned().unwrap_or_default();
        let event = if self.dead.contains(&number) { silent(self.now, &device) } else { poll(self.now, &device, 1000, &shut) };
        self.feed(&event);
    }

    pub(in crate::state::tests) fn tick(&mut self) {
        self.now += 1;
        let tick = event(self.now, Body::Tick);
        self.feed(&tick);
    }

    /// Everybody is polled once in 30 seconds, in this order.
    pub(in crate::state::tests) fn round(&mut self, order: &[usize]) {
        let end = self.now + 30;
        for number in order {
            self.poll(*number);
            if *number % 3 == 0 {
                self.tick();
            }
        }
        self.now = self.now.max(end - 1);
        self.tick();
    }

    /// Everybody is polled at the same instant 30 seconds later, in this order, with a tick after each.
    pub(in crate::state::tests) fn batch(&mut self, order: &[usize]) {
        self.now += 30;
        for number in order {
            self.poll(*number);
            let tick = event(self.now, Body::Tick);
            self.feed(&tick);
        }
    }

    pub(in crate::state::tests) fn rounds(&mut self, count: usize) {
        let order: Vec<usize> = (0..self.devices.len()).collect();
        (0..count).for_each(|_| self.round(&order));
    }

    pub(in crate::state::tests) fn status(&self, name: &str) -> DeviceStatus {
        self.state.condition(&self.devices[self.number(name)].id).unwrap().status
    }

    pub(in crate::state::tests) fn reason(&self, name: &str) -> String {
        self.state.condition(&self.devices[self.number(name)].id).unwrap().reason.clone()
    }

    /// Names of devices with this status, sorted.
    pub(in crate::state::tests) fn with(&self, status: DeviceStatus) -> Vec<String> {
        let is_it = |device: &&Device| self.state.condition(&device.id).is_some_and(|known| known.status == status);
        let mut names: Vec<String> = self.devices.iter().filter(is_it).map(Device::name).collect();
        names.sort();
        names
    }

    /// Alarms that count: `RULE@OBJECT`.
    pub(in crate::state::tests) fn active(&self) -> Vec<String> {
        let active = self.state.alarms().filter(|alarm| self.state.is_active(alarm));
        active.map(|alarm| format!("{}@{}", alarm.rule, alarm.object)).collect()
    }

    /// What stands under an alarm: `RULE@OBJECT`.
    pub(in crate::state::tests) fn under(&self, root: &str) -> Vec<String> {
        let of_root = |cause: &crate::model::Cause| {
            self.state.alarms.get(&cause.root).is_some_and(|alarm| format!("{}@{}", alarm.rule, alarm.object) == root)
        };
        let standing = self.state.alarms().filter(|alarm| alarm.cleared_at.is_none());
        let its = standing.filter(|alarm| self.state.cause(&alarm.id).is_some_and(of_root));
        its.map(|alarm| format!("{}@{}", alarm.rule, alarm.object)).collect()
    }

    pub(in crate::state::tests) fn cause(&self, alarm: &str) -> crate::model::Cause {
        let is_it = |known: &&Arc<Alarm>| format!("{}@{}", known.rule, known.object) == alarm && known.cleared_at.is_none();
        let found = self.state.alarms().find(is_it).unwrap_or_else(|| panic!("{alarm}: {:?}", standing(&self.state)));
        self.state.cause(&found.id).cloned().unwrap_or_else(|| panic!("{alarm} has no cause"))
    }

    /// What was ever raised as an alarm of its own on a device.
    pub(in crate::state::tests) fn ever_down(&self) -> BTreeSet<String> {
        let raised = self.derived.iter().filter_map(|event| match &event.body {
            Body::AlarmRaised(alarm) if alarm.rule == "device-down" => Some(alarm.object.clone()),
            _ => None,
        });
        raised.collect()
    }

    /// No root is explained, and every root stands.
    pub(in crate::state::tests) fn is_sound(&self) {
        for (id, cause) in self.state.causes.iter() {
            assert!(!self.state.causes.contains_key(&cause.root), "{id}: its root {} is explained", cause.root);
            assert!(
                self.state.alarms.get(&cause.root).is_some_and(|root| root.cleared_at.is_none()),
                "{id}: {} is over",
                cause.root
            );
            assert!(cause.chain.len() > 1, "{id}");
        }
    }
}

/// Switches joined by these links; ports are numbered in the order of the links of each.
pub(in crate::state::tests) fn switches(names: &[&str], links: &[(&str, &str)]) -> Vec<Device> {
    let ports = u32::try_from(links.len()).unwrap() + 1;
    let mut devices: Vec<Device> =
        names.iter().zip(1..).map(|(name, number)| device(number, name, Role::Switch, ports)).collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let mut used = vec![0; names.len()];
    for (a, b) in links {
        let (a, b) = (place(a), place(b));
        used[a] += 1;
        used[b] += 1;
        link(&mut devices, (a, used[a]), (b, used[b]));
    }
    devices
}

#[test]
fn a_leaf_of_a_dead_core_is_unreachable_and_listed_under_it() {
    let mut world = World::of(campus());
    world.kill(&["dist-1", "acc-1", "acc-2", "acc-3", "srv-1", "srv-2"]);
    world.rounds(3);
    assert_eq!(world.with(DeviceStatus::Down), ["dist-1"]);
    assert_eq!(world.with(DeviceStatus::Unreachable), ["acc-1", "acc-2", "acc-3", "srv-1", "srv-2"]);
    assert_eq!(world.reason("acc-1"), "behind dist-1");
    assert_eq!(world.active(), ["device-down@dist-1"]);
    let children: Vec<String> = ["acc-1", "acc-2", "acc-3", "srv-1", "srv-2"].map(|name| format!("unreachable@{name}")).into();
    assert_eq!(world.under("device-down@dist-1"), children);
    world.is_sound();
    let cause = world.cause("unreachable@srv-1");
    let told: Vec<(&str, &str)> = cause.chain.iter().map(|step| (step.object.as_str(), step.evidence.as_str())).collect();
    assert_eq!(
        told,
        [
            ("dist-1", "2 polls not answered: no answer to 3 requests"),
            ("acc-1", "dist-1 Gi3 - acc-1 Gi1, known by lldp at both ends, 100 %"),
            ("srv-1", "acc-1 Gi2 - srv-1 Gi1, known by lldp at both ends, 100 %"),
        ]
    );
    assert!(!cause.remains);
    world.revive(&["dist-1", "acc-1", "acc-2", "acc-3", "srv-1", "srv-2"]);
    world.rounds(1);
    assert_eq!((world.active(), world.with(DeviceStatus::Up).len()), (Vec::new(), 14));
    assert_eq!(world.ever_down(), BTreeSet::from(["dist-1".to_owned()]));
}

#[test]
fn who_is_back_has_everybody_behind_it_asked_at_once() {
    let mut world = World::of(campus());
    let silent = ["dist-1", "acc-1", "acc-2", "acc-3", "srv-1", "srv-2"];
    world.kill(&silent);
    world.rounds(3);
    world.revive(&silent);
    world.now += 10;
    world.poll(world.number("srv-1"));
    world.tick();
    assert_eq!((world.active(), world.with(DeviceStatus::Up).len()), (Vec::new(), 14), "one probe that was answered is enough");
}

#[test]
fn replay_gives_the_causes_of_any_time() {
    let mut world = World::of(campus());
    world.kill(&["dist-1", "acc-1", "acc-2", "acc-3", "srv-1", "srv-2"]);
    world.rounds(3);
    let (middle, live) = (world.derived.len(), world.state.clone());
    world.revive(&["dist-1"]);
    world.rounds(3);
    let (then, _) = run(&world.derived[..middle]);
    assert_eq!((&then.causes, &then.alarms, &then.conditions), (&live.causes, &live.alarms, &live.conditions));
    let (end, nothing) = run(&world.derived);
    assert_eq!(nothing, []);
    assert_eq!((&end.causes, &end.alarms, &end.episodes), (&world.state.causes, &world.state.alarms, &world.state.episodes));
    assert!(!live.causes.is_empty() && then.causes.len() == 5);
}

#[test]
fn what_was_known_stands_after_a_start() {
    let mut world = World::of(campus());
    world.kill(&["dist-1", "acc-1", "acc-2", "acc-3", "srv-1", "srv-2"]);
    world.rounds(3);
    let parts = checkpoint::encode(&world.state);
    world.state = checkpoint::decode(&parts, Settings::default()).unwrap();
    let before = world.derived.len();
    world.rounds(3);
    let changes: Vec<&Body> = world.derived[before..].iter().map(|event| &event.body).collect();
    assert!(changes.is_empty(), "{changes:?}");
    world.revive(&["dist-1", "acc-1", "acc-2", "acc-3", "srv-1", "srv-2"]);
    world.rounds(2);
    assert_eq!((world.active(), world.with(DeviceStatus::Up).len()), (Vec::new(), 14));
}
