//! Makes the wireless networks of a scenario.

use super::{Antenna, Ap, Client, Controller, Family, WlanFile, Wlans};
use crate::model::wireless::Phy;
use crate::model::{MacAddr, Role, WifiBand};
use crate::sim::hash::{between, mix, pick, unit};
use crate::sim::scenario::plan::Fields;
use crate::sim::scenario::trouble::duration;
use crate::sim::scenario::{DeviceNumber, Scenario};
use crate::sim::traffic::host::{CLIENTS, wifi};
use crate::sim::truth::seconds_of;
use crate::sim::view::{DeskPlace, Tree, View};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Access points of one controller at most: a grown network shows no more of them than anybody looks at.
const MOST_APS: usize = 256;

/// How long before the scenario's moment everything was still well: access points were plugged in then.
const BEFORE: Duration = Duration::from_secs(30 * 86_400);

/// Who comes to an access point: at least so many, and up to so many more.
const GUESTS: (u64, u64) = (11, 28);

/// First octets of the addresses of clients that take part in no flow (RFC 1918 space).
const GUEST_NET: [u8; 2] = [10, 34];

/// First octets of the base addresses of access points that are no devices.
const BASE_OUI: [u8; 3] = [0x70, 0x0f, 0x6a];

/// Kinds of devices, as controllers name them.
const DEVICES: [&str; 8] = ["iPhone", "Galaxy S24", "Windows 11", "MacBook Air", "iPad", "ThinkPad", "Galaxy Tab", "Android"];

/// Login names.
const USERS: [&str; 24] = [
    "kim.minsu",
    "lee.jiwoo",
    "park.seojun",
    "choi.yuna",
    "jung.hoon",
    "kang.daeun",
    "cho.hyun",
    "yoon.sora",
    "jang.woojin",
    "lim.chaewon",
    "han.jisoo",
    "oh.taeyang",
    "seo.yerin",
    "shin.dohyun",
    "kwon.nari",
    "hwang.minho",
    "ahn.sujin",
    "song.jae",
    "yoo.haneul",
    "hong.gildong",
    "jeon.areum",
    "moon.siwoo",
    "bae.jina",
    "nam.kyung",
];

impl Wlans {
    /// All of a scenario's; those of controllers that it does not have are left out.
    pub fn of(scenario: &Scenario, tree: &Tree) -> Self {
        let places = if scenario.wlans.iter().any(|file| file.desks > 0) { desks(scenario, tree) } else { BTreeMap::new() };
        let one = |file: &WlanFile| Some(controller(scenario, file, (scenario.named(&file.controller)?, &places)));
        Self(scenario.wlans.iter().filter_map(one).collect())
    }
}

/// Desks by their switch.
fn desks(scenario: &Scenario, tree: &Tree) -> BTreeMap<DeviceNumber, Vec<DeskPlace>> {
    let before = scenario.moment.minus(BEFORE);
    let mut places: BTreeMap<DeviceNumber, Vec<DeskPlace>> = BTreeMap::new();
    for (device, ..) in scenario.agents() {
        for desk in View::of(scenario, tree, device, before).map_or_else(Vec::new, |view| view.desks()) {
            places.entry(desk.device).or_default().push(desk);
        }
        if places.len() > MOST_APS {
            break;
        }
    }
    places
}

fn controller(
    scenario: &Scenario,
    file: &WlanFile,
    (device, desks): (DeviceNumber, &BTreeMap<DeviceNumber, Vec<DeskPlace>>),
) -> Controller {
    let alone = stands_alone(scenario, device).then(|| access_point(scenario, device)).flatten();
    let mut aps: Vec<Ap> = if file.devices { devices(scenario) } else { alone.into_iter().collect() };
    let mut numbers: BTreeMap<(u16, u16), u16> = BTreeMap::new();
    for (switch, places) in desks {
        let Some(node) = scenario.node(*switch) else { continue };
        // Spread over the switch's ports.
        let spread = places.iter().step_by(places.len().div_ceil(file.desks.max(1)).max(1)).take(file.desks);
        for (desk, floor) in spread.zip(floors(node.floor)) {
            let number = numbers.entry((node.building, floor)).or_default();
            *number += 1;
            let fields = Fields { site: "", building: node.building, floor, number: *number };
            let [.., x, y, z] = desk.mac.0;
            let [a, b, c] = BASE_OUI;
            aps.push(Ap {
                key: MacAddr([a, b, c, x, y, z]),
                mac: desk.mac,
                name: fields.fill(&file.name),
                site: site(node.building, floor),
                serial: format!(
                    "FJC{:07X}",
                    mix(scenario.seed ^ 0x5e1a, u64::from(x) << 16 | u64::from(y) << 8 | u64::from(z)) >> 36
                ),
                address: desk.address,
                lives_by: *switch,
                down_since: None,
                seed: mix(scenario.seed ^ 0xa9, u64::from(*switch) << 16 | u64::from(desk.port)),
                radios: Vec::new(),
                guests: Vec::new(),
            });
        }
    }
    aps.truncate(MOST_APS);
    aps.sort_by_key(|ap| ap.key);
    // Aruba's tables of this edition know no 6 GHz.
    let knows_6ghz =
        scenario.node(device).and_then(|node| scenario.kind(node)).is_some_and(|kind| kind.wlan == Some(Family::Airespace));
    for ap in &mut aps {
        equip(ap, file, (scenario, if knows_6ghz { 4 } else { u64::MAX }));
    }
    let clients = clients(scenario, file, &mut aps);
    let radios: Vec<(usize, usize)> =
        aps.iter().enumerate().flat_map(|(at, ap)| (0..ap.radios.len()).map(move |radio| (at, radio))).collect();
    let mut ssid_order: Vec<usize> = (0..file.ssids.len()).collect();
    ssid_order.sort_by_key(|at| file.ssids.get(*at).map(|name| (name.len(), name.clone())));
    let bssids = bssids(&aps, &radios, file.ssids.len());
    Controller { device, model: file.model.clone(), ssids: file.ssids.clone(), aps, clients, radios, bssids, ssid_order }
}

/// The floors that the switch of a floor's rack serves: in turn its own and the one above.
fn floors(rack: u16) -> impl Iterator<Item = u16> {
    let first = rack.saturating_mul(2).saturating_sub(1).max(1);
    [first, first.saturating_add(1)].into_iter().cycle()
}

fn site(building: u16, floor: u16) -> String {
    format!("b{building} f{floor}")
}

/// Whether a device is an access point without a controller.
fn stands_alone(scenario: &Scenario, device: DeviceNumber) -> bool {
    let kind = scenario.node(device).and_then(|node| scenario.kind(node));
    kind.is_some_and(|kind| kind.role == Role::AccessPoint && kind.wlan.is_some())
}

/// A device as the access point that it is.
fn access_point(scenario: &Scenario, device: DeviceNumber) -> Option<Ap> {
    let (_, address, node) = scenario.agents().find(|(number, ..)| *number == device)?;
    Some(Ap {
        key: node.mac,
        mac: node.mac,
        name: node.name.clone(),
        site: scenario.location(node),
        serial: String::new(),
        address,
        lives_by: device,
        down_since: None,
        seed: mix(scenario.seed ^ 0xa3, u64::from(device)),
        radios: Vec::new(),
        guests: Vec::new(),
    })
}

/// Access points that are devices of their own.
fn devices(scenario: &Scenario) -> Vec<Ap> {
    // Those that have tables of their own have no controller.
    let is_ap = |kind: u16| {
        scenario.kinds.get(usize::from(kind)).is_some_and(|kind| kind.role == Role::AccessPoint && kind.wlan.is_none())
    };
    let all = scenario.agents().filter(|(_, _, node)| is_ap(node.kind));
    all.map(|(device, address, node)| {
        let mac = scenario.port_mac(node, 0).unwrap_or(node.mac);
        Ap {
            key: mac,
            mac,
            name: node.name.clone(),
            site: site(node.building, node.floor),
            serial: format!("CNK{:07X}", mix(scenario.seed ^ 0xc4, u64::from(device)) & 0x0fff_ffff),
            address,
            lives_by: device,
            down_since: None,
            seed: mix(scenario.seed ^ 0xa1, u64::from(device)),
            radios: Vec::new(),
            guests: Vec::new(),
        }
    })
    .collect()
}

/// Radios, one of so many access points with a third one, and what is wrong with them.
fn equip(ap: &mut Ap, file: &WlanFile, (scenario, tri_band): (&Scenario, u64)) {
    let [busy, noisy] = [&file.busy, &file.noisy].map(|names| names.contains(&ap.name));
    ap.down_since = file.down.get(&ap.name).and_then(|since| duration(since)).map(|since| seconds_of(scenario.moment) - since);
    let chance = |salt: u64| mix(ap.seed, salt);
    let is_tri_band = chance(1).is_multiple_of(tri_band);
    let bands = [WifiBand::Ghz2, WifiBand::Ghz5].into_iter().chain(is_tri_band.then_some(WifiBand::Ghz6));
    let radios = bands.zip(0u16..).map(|(band, slot)| {
        let of = |salt: u64| mix(chance(10 + u64::from(slot)), salt);
        let width = match (band, of(1) % 4) {
            (WifiBand::Ghz2, _) => 20,
            (WifiBand::Ghz5, 0 | 1) => 40,
            (WifiBand::Ghz5, _) => 80,
            (WifiBand::Ghz6, 0) => 160,
            (WifiBand::Ghz6 | WifiBand::Ghz60, _) => 80,
        };
        let hot = busy && band == WifiBand::Ghz5;
        let idle = match band {
            WifiBand::Ghz2 => between(of(2), 16.0, 34.0),
            WifiBand::Ghz5 => between(of(2), 4.0, 14.0),
            WifiBand::Ghz6 | WifiBand::Ghz60 => between(of(2), 1.0, 5.0),
        };
        let noise = between(of(3), -97.0, -92.0) + if noisy { 17.0 } else { 0.0 };
        Antenna {
            slot,
            band,
            place: pick(of(4), 64),
            width,
            busy: idle + if hot { 58.0 } else { 0.0 },
            noise,
            retry: between(of(5), 2.0, 8.0) + if hot { 14.0 } else { 0.0 } + if noisy { 24.0 } else { 0.0 },
            level: between(of(6), 0.3e6, 3.0e6) * if hot { 3.0 } else { 1.0 },
        }
    });
    ap.radios = radios.collect();
}

/// Who comes to the access points, sorted, and by access point.
fn clients(scenario: &Scenario, file: &WlanFile, aps: &mut [Ap]) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::new();
    for (at, ap) in aps.iter().enumerate() {
        let busy = file.busy.contains(&ap.name);
        let count = GUESTS.0 + mix(ap.seed, 2) % GUESTS.1 + if busy { 34 } else { 0 };
        clients.extend((0..count).map(|number| client(scenario, (file, ap, at), number)));
    }
    clients.sort_by_key(|client| client.mac);
    clients.dedup_by_key(|client| client.mac);
    for (place, client) in clients.iter().enumerate() {
        if let Some(ap) = aps.get_mut(client.ap) {
            ap.guests.push(place);
        }
    }
    clients
}

#[allow(clippy::cast_possible_truncation, reason = "octets of a hash")]
fn client(scenario: &Scenario, (file, ap, at): (&WlanFile, &Ap, usize), number: u64) -> Client {
    let seed = mix(ap.seed ^ 0xc1, number);
    let of = |salt: u64| mix(seed, salt);
    let is_device = scenario.node(ap.lives_by).is_some_and(|node| node.name == ap.name);
    // Those who take part in flows have the addresses that they have there.
    let (address, mac) = match u8::try_from(number) {
        Ok(host) if is_device && host < CLIENTS => wifi(scenario.seed, ap.lives_by, host),
        _ => {
            let [a, b, c, d, ..] = of(1).to_be_bytes();
            let [x, y] = GUEST_NET;
            let place = u32::try_from(at).unwrap_or(0) * 100 + u32::try_from(number).unwrap_or(0);
            let [_, _, p, q] = place.to_be_bytes();
            (Ipv4Addr::new(x, y, p, q.max(1)), MacAddr([0x02 | a & 0xf0, b, c, d, p, q]))
        }
    };
    let radio = match (of(2) % 100, ap.radios.len()) {
        (0..=11, _) => 0,
        (88.., 3..) => 2,
        _ => 1,
    };
    let band = ap.radios.get(radio).map_or(WifiBand::Ghz5, |radio| radio.band);
    let ssid = match of(3) % 100 {
        0..=61 => 0,
        62..=83 => 1,
        84..=92 => 2,
        _ => 3,
    };
    let phy = match (band, of(4) % 10) {
        (WifiBand::Ghz2, 0..=5) | (WifiBand::Ghz5, 0) => Phy::N,
        (WifiBand::Ghz5, 1..=5) => Phy::Ac,
        _ => Phy::Ax,
    };
    // Most are well heard; some stand at the far end of the corridor.
    let far = unit(of(5)).powi(2);
    Client {
        mac,
        address,
        device: DEVICES.get(pick(of(6), DEVICES.len())).copied().unwrap_or_default(),
        user: if ssid == 0 { USERS.get(pick(of(7), USERS.len())).copied().unwrap_or_default().to_owned() } else { String::new() },
        ssid: ssid.min(file.ssids.len().saturating_sub(1)),
        ap: at,
        radio,
        phy,
        snr: 46.0 - 36.0 * far,
        level: 4e3 + 9e5 * unit(of(8)).powi(5),
        seed,
    }
}

/// Each network name on each radio has an address of its own, counted up from the access point's.
fn bssids(aps: &[Ap], radios: &[(usize, usize)], ssids: usize) -> Vec<(usize, usize, MacAddr)> {
    let mut all = Vec::new();
    for (place, (ap, radio)) in radios.iter().enumerate() {
        let Some(MacAddr([a, b, c, d, e, f])) = aps.get(*ap).map(|ap| ap.key) else { continue };
        for ssid in 0..ssids {
            let low = u8::try_from(radio * 8 + ssid).unwrap_or(0);
            all.push((place, ssid, MacAddr([a ^ 0x04, b, c, d, e.wrapping_add(0x40), f.wrapping_add(low)])));
        }
    }
    // In the order of an index: by radio, then by address.
    all.sort_by_key(|(place, _, bssid)| (*place, *bssid));
    all
}
