//! Whatever the order in which devices are polled: the same is told, and nothing else was told before.

use super::*;
use proptest::prelude::*;

/// `true` where a device with this number is reached from the first, through those that are alive.
fn reached(world: &World) -> BTreeSet<usize> {
    let number = |id: &DeviceId| world.devices.iter().position(|device| device.id == *id).unwrap();
    let (mut reached, mut open) = (BTreeSet::from([0]), vec![0]);
    while let Some(at) = open.pop() {
        for link in world.state.links_of(&world.devices[at].id) {
            let far = if number(&link.a.device) == at { number(&link.b.device) } else { number(&link.a.device) };
            if !world.dead.contains(&far) && reached.insert(far) {
                open.push(far);
            }
        }
    }
    reached
}

/// Kills devices; those that can't be reached without them fall silent as well. Returns who is down, by what is beside it.
fn cut(world: &mut World, killed: &BTreeSet<usize>) -> (BTreeSet<String>, BTreeSet<String>) {
    world.dead.clone_from(killed);
    let alive = reached(world);
    let name = |number: &usize| world.devices[*number].name();
    let beside = |number: &usize| {
        let ids = world.state.links_of(&world.devices[*number].id).iter().flat_map(|link| [&link.a.device, &link.b.device]);
        ids.filter_map(|id| world.devices.iter().position(|device| device.id == *id)).any(|far| alive.contains(&far))
    };
    let down: BTreeSet<String> = killed.iter().filter(|number| beside(number)).map(name).collect();
    // To whom no link is known is asked in some way of its own.
    let is_linked = |number: &usize| !world.state.links_of(&world.devices[*number].id).is_empty();
    let lost: BTreeSet<usize> = (0..world.devices.len()).filter(|number| !alive.contains(number)).filter(is_linked).collect();
    let behind = lost.iter().map(name).filter(|name| !down.contains(name)).collect();
    world.dead = lost;
    (down, behind)
}

fn names(world: &World, status: DeviceStatus) -> BTreeSet<String> {
    world.with(status).into_iter().collect()
}

/// A network of switches; printers where one hangs on another alone, if so wished; and devices to which no link is known.
fn cast(links: &[(usize, usize)], printers: bool, unlinked: usize) -> Vec<Device> {
    let linked = links.iter().map(|(a, b)| a.max(b) + 1).max().unwrap();
    let labels: Vec<String> = (0..linked + unlinked).map(|number| format!("d{number:02}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let named: Vec<(&str, &str)> = links.iter().map(|(a, b)| (labels[*a], labels[*b])).collect();
    let mut devices = switches(&labels, &named);
    for number in (1..linked).filter(|_| printers) {
        if links.iter().filter(|(a, b)| [*a, *b].contains(&number)).count() == 1 {
            devices[number].role = Role::Printer;
        }
    }
    devices
}

/// How polls come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pace {
    /// One after another, a tick now and then.
    Apart,
    /// All at the same instant, a tick after each.
    AtOnce,
}

impl World {
    fn paced(&mut self, pace: Pace, order: &[usize]) {
        match pace {
            Pace::Apart => self.round(order),
            Pace::AtOnce => self.batch(order),
        }
    }
}

fn pace() -> impl Strategy<Value = Pace> {
    prop_oneof![Just(Pace::Apart), Just(Pace::AtOnce)]
}

/// A connected network: device n hangs on one before it, and there are more links besides.
fn network() -> impl Strategy<Value = Vec<(usize, usize)>> {
    (4usize..14).prop_flat_map(|size| {
        let tree: Vec<_> = (1..size).map(|number| 0..number).collect();
        let more = prop::collection::vec((0..size, 0..size), 0..4);
        (tree, more).prop_map(|(tree, more)| {
            let tree = tree.into_iter().enumerate().map(|(number, on)| (on, number + 1));
            tree.chain(more.into_iter().filter(|(a, b)| a != b)).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_polls_tells_the_same(
        links in network(),
        seeds in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        orders in prop::collection::vec(any::<u64>(), 8),
        (asks, printers, unlinked, pace) in (any::<bool>(), any::<bool>(), 0usize..3, pace()),
        back in any::<u64>(),
    ) {
        let devices = cast(&links, printers, unlinked);
        let size = devices.len();
        let mut world = World::of(devices);
        world.asks = asks;
        // Who has no links answers.
        let linked = size - unlinked;
        let killed: BTreeSet<usize> = seeds.iter().map(|seed| 1 + seed.index(linked - 1)).collect();
        let (down, behind) = cut(&mut world, &killed);
        for order in &orders[..5] {
            world.paced(pace, &shuffled(size, *order));
        }
        prop_assert_eq!((names(&world, DeviceStatus::Down), names(&world, DeviceStatus::Unreachable)), (down.clone(), behind));
        prop_assert_eq!(world.ever_down(), down.clone(), "nothing else was ever told");
        let active: BTreeSet<String> = world.active().into_iter().collect();
        let expected: BTreeSet<String> = down.iter().map(|name| format!("device-down@{name}")).collect();
        prop_assert_eq!(active, expected);
        world.is_sound();
        // They come back, one round after another in any order.
        let gone: Vec<usize> = world.dead.iter().copied().collect();
        for number in shuffled(gone.len(), back) {
            world.dead.remove(&gone[number]);
            world.paced(pace, &shuffled(size, back ^ number as u64));
            world.is_sound();
        }
        world.round(&shuffled(size, back));
        prop_assert_eq!((names(&world, DeviceStatus::Up).len(), world.active(), world.state.causes.len()), (size, vec![], 0));
    }

    #[test]
    fn where_nothing_answers_any_more_there_is_one_alarm_in_any_order(
        links in network(),
        orders in prop::collection::vec(any::<u64>(), 5),
        (asks, printers, unlinked, pace) in (any::<bool>(), any::<bool>(), 0usize..4, pace()),
        lives in any::<bool>(),
    ) {
        let devices = cast(&links, printers, unlinked);
        let size = devices.len();
        let mut world = World::of(devices);
        world.asks = asks;
        world.dead = (0..size).collect();
        // Somebody to whom no link is known may go on answering: then what has no links either is down by itself.
        let lives = lives && unlinked > 0 && world.dead.remove(&(size - 1));
        let roots = if lives { unlinked } else { 1 };
        for order in &orders {
            world.paced(pace, &shuffled(size, *order));
        }
        let down = names(&world, DeviceStatus::Down);
        prop_assert_eq!((down.len(), names(&world, DeviceStatus::Unreachable).len()), (roots, size - roots - usize::from(lives)));
        prop_assert_eq!(world.ever_down(), down.clone(), "nothing else was ever told");
        let active: BTreeSet<String> = world.active().into_iter().collect();
        let expected: BTreeSet<String> = down.iter().map(|name| format!("device-down@{name}")).collect();
        prop_assert_eq!(active, expected);
        world.is_sound();
        let gone: Vec<usize> = world.dead.iter().copied().collect();
        for number in shuffled(gone.len(), orders[0]) {
            world.dead.remove(&gone[number]);
            world.paced(pace, &shuffled(size, orders[1] ^ number as u64));
            world.is_sound();
        }
        world.round(&shuffled(size, orders[2]));
        prop_assert_eq!((names(&world, DeviceStatus::Up).len(), world.active(), world.state.causes.len()), (size, vec![], 0));
    }
}

/// The numbers below `count` in an order that the seed says.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mix = |number: usize| (number as u64 + 1).wrapping_mul(seed | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
    let mut numbers: Vec<usize> = (0..count).collect();
    numbers.sort_by_key(|number| (mix(*number), *number));
    numbers
}
