//! Devices that are gone for good.

use super::reach::{World, switches};
use super::*;
use crate::model::Forgetting;
use crate::state::checkpoint;

/// x – core – a – leaf.
fn world() -> World {
    let links = [("x", "core"), ("core", "a"), ("a", "leaf")];
    let mut world = World::of(switches(&["x", "core", "a", "leaf"], &links));
    world.kill(&["leaf"]);
    world.rounds(4);
    world
}

fn forget(world: &mut World, names: &[&str]) {
    let mut devices: Vec<DeviceId> = names.iter().map(|name| world.devices[world.number(name)].id.clone()).collect();
    devices.push(DeviceId::new("never known"));
    let order = Forgetting { devices, by: "kim".to_owned() };
    world.take(&event(world.now, Body::Forget(Box::new(order))));
    world.tick();
}

#[test]
fn whoever_is_forgotten_goes_with_alarms_and_links_and_is_found_again_when_it_answers() {
    let mut world = world();
    let leaf = world.devices[3].clone();
    assert_eq!(world.active(), ["device-down@leaf"]);
    assert_eq!(world.state.links_of(&leaf.id).len(), 1);
    forget(&mut world, &["leaf"]);
    assert_eq!(world.active(), Vec::<String>::new());
    assert!(world.state.find("leaf").is_err() && world.state.condition(&leaf.id).is_none());
    assert_eq!(world.state.links_of(&leaf.id).len(), 0);
    assert_eq!(world.state.devices().len(), 3);
    let told: Vec<&EventRow> = world.state.recent().filter(|row| row.kind == "device-forgotten").map(|row| &**row).collect();
    assert_eq!(told.len(), 1, "of whom was never known nothing is told");
    assert_eq!((told[0].object.as_str(), told[0].source.as_str()), ("leaf", "operator"));
    assert!(told[0].text.contains("kim"), "{}", told[0].text);
    // A poll that was on its way when it was forgotten brings nothing back.
    world.rounds(2);
    assert_eq!((world.state.devices().len(), world.active()), (3, Vec::new()));
    world.revive(&["leaf"]);
    world.take(&inventory(world.now, &leaf));
    world.rounds(2);
    assert_eq!(world.state.devices().len(), 4);
    assert_eq!(world.status("leaf"), DeviceStatus::Up);
    assert_eq!(world.state.links_of(&leaf.id).len(), 1);
}

#[test]
fn a_journal_with_a_forgotten_device_is_read_back_to_the_same_network() {
    let mut world = world();
    forget(&mut world, &["leaf"]);
    world.rounds(1);
    let mut again = State::new(Settings::default());
    for event in &world.derived {
        apply(&mut again, event);
    }
    let names = |state: &State| state.devices().map(|device| device.name()).collect::<Vec<_>>();
    assert_eq!(names(&again), ["x", "core", "a"]);
    assert_eq!(names(&again), names(&world.state));
    let links = |state: &State| state.links().map(|link| link.key()).collect::<Vec<_>>();
    assert_eq!(links(&again), links(&world.state));
    let read = checkpoint::decode(&checkpoint::encode(&world.state), Settings::default()).unwrap();
    assert_eq!(names(&read), names(&again));
}
