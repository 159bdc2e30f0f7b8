//! Names that can be jumped to, found as they are typed: devices, ports, addresses, alarms, VLANs.
//!
//! Start at [`names`]. What is found is ranked by how well the text fits; what is called just that comes first.

use super::State;
use super::live::port_names;
use super::view::screens::{Name, NameKind};
use super::whereabouts::{digits, number};
use crate::model::{AccessPoint, Device, DeviceId, Endpoint, MacAddr, Neighbour, unit};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt::Write as _;
use std::net::IpAddr;

/// Longest text that is looked for: more is no name.
const MAX_TEXT: usize = 128;
/// Letters from which on a part of an IP address is looked for.
const LEAST_ADDRESS: usize = 4;
/// What a letter that matches is worth, as the pattern counts those that stand together.
const LETTER: u32 = 20;
/// What is called just so, or begins so, stands before what only mentions it.
const EXACT: u32 = 100_000;
const BEGINS: u32 = 200;

/// A name with its score; the best are the greatest. Ties go by the order of the network.
type Scored = (u32, Reverse<usize>, Name);

pub(super) struct Search {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
    /// What was typed, in small letters.
    wanted: String,
    /// The digits of a part of a hardware address, where it can be one: as a number, and how many.
    mac: Option<(u64, usize)>,
    /// Whether it can be a part of an IP address.
    address: bool,
    best: BinaryHeap<Reverse<OrderedName>>,
    limit: usize,
    seen: usize,
}

/// Ordered by score and place only.
struct OrderedName(Scored);

impl PartialEq for OrderedName {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OrderedName {}

impl PartialOrd for OrderedName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.0, self.0.1).cmp(&(other.0.0, other.0.1))
    }
}

impl Search {
    fn new(text: &str, limit: usize) -> Self {
        let wanted = text.trim().to_lowercase();
        let of_address = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
        let address = wanted.len() >= LEAST_ADDRESS && wanted.contains(['.', ':']) && wanted.chars().all(of_address);
        let mac = digits(&wanted).and_then(|part| Some((u64::from_str_radix(&part, 16).ok()?, part.len())));
        // Digits of an address stand together: fuzzy, `10.1.` would be found in most of them.
        let pattern = if address {
            Pattern::new(&wanted, CaseMatching::Ignore, Normalization::Never, AtomKind::Substring)
        } else {
            Pattern::parse(&wanted, CaseMatching::Ignore, Normalization::Smart)
        };
        let (matcher, buffer, best) = (Matcher::new(Config::DEFAULT), Vec::new(), BinaryHeap::new());
        Self { pattern, matcher, buffer, wanted, mac, address, best, limit, seen: 0 }
    }

    /// Offers something by the words that are looked into, the first of them its name. It is made only when it is kept.
    pub(super) fn offer(&mut self, words: &str, called: &str, make: impl FnOnce() -> Name) {
        self.seen += 1;
        let Some(score) = self.pattern.score(Utf32Str::new(words, &mut self.buffer), &mut self.matcher) else { return };
        self.keep(score + self.bonus(called), make);
    }

    /// Whether what is called so is what was typed, or begins with it.
    fn bonus(&self, called: &str) -> u32 {
        let begins = called.get(..self.wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(&self.wanted));
        match (begins, called.len() == self.wanted.len()) {
            _ if self.wanted.is_empty() => 0,
            (true, true) => EXACT,
            (true, false) => BEGINS,
            (false, _) => 0,
        }
    }

    /// Whether a hardware address holds the digits that were typed.
    pub(super) fn has_mac(&self, mac: MacAddr) -> bool {
        self.mac.is_some_and(|wanted| has_digits(mac, wanted))
    }

    /// Offers what holds all that was typed in an address of its own.
    pub(super) fn found(&mut self, addresses: &[IpAddr], make: impl FnOnce() -> Name) {
        self.seen += 1;
        let is_it = self.wanted.parse::<IpAddr>().is_ok_and(|wanted| addresses.contains(&wanted));
        let letters = u32::try_from(self.wanted.len()).unwrap_or(0).saturating_mul(LETTER);
        self.keep(letters.saturating_add(if is_it { EXACT } else { 0 }), make);
    }

    /// Keeps a name that is among the best.
    fn keep(&mut self, score: u32, make: impl FnOnce() -> Name) {
        let rank = (score, Reverse(self.seen));
        if self.best.len() >= self.limit && self.best.peek().is_some_and(|worst| (worst.0.0.0, worst.0.0.1) >= rank) {
            return;
        }
        self.best.push(Reverse(OrderedName((rank.0, rank.1, make()))));
        if self.best.len() > self.limit {
            self.best.pop();
        }
    }

    fn device(&mut self, device: &Device, words: &mut String) {
        let name = device.name();
        words.clone_from(&name);
        for address in &device.addresses {
            let _into_memory = write!(words, " {address}");
        }
        self.offer(words, &name, || device_name(device, &name));
        for (port, described) in port_names(device).iter().zip(&device.interfaces) {
            let alias = described.if_alias.as_deref().filter(|alias| !alias.is_empty());
            words.clear();
            let _into_memory = write!(words, "{name} {port}");
            let called = words.len();
            if let Some(alias) = alias {
                words.push(' ');
                words.push_str(alias);
            }
            let named = |text: &str| Name {
                kind: NameKind::Port,
                text: text.to_owned(),
                place: alias.unwrap_or_default().to_owned(),
                device: Some(device.id.clone()),
                device_name: name.clone(),
                port: Some(port.clone()),
                key: String::new(),
            };
            let text = words.get(..called).unwrap_or_default();
            match described.mac.filter(|mac| self.has_mac(*mac)) {
                Some(mac) => self.found(&[], || Name { place: mac.to_string(), ..named(text) }),
                None => self.offer(words, text, || named(text)),
            }
        }
    }

    /// Access points and clients: both are found where the access point stands.
    fn wireless(&mut self, state: &State, words: &mut String) {
        for reading in state.wireless() {
            let controller = &reading.controller;
            let aps: FxHashMap<MacAddr, &AccessPoint> = reading.access_points.iter().map(|ap| (ap.key, ap)).collect();
            for ap in &reading.access_points {
                words.clone_from(&ap.name);
                words.extend(ap.address.map(|address| format!(" {address}")));
                let make = || on_air(state, (NameKind::Ap, ap.name.clone()), (controller, Some(ap)));
                match [Some(ap.key), ap.mac].into_iter().flatten().any(|mac| self.has_mac(mac)) {
                    true => self.found(ap.address.as_slice(), make),
                    false => self.offer(words, &ap.name, make),
                }
            }
            for client in &reading.clients {
                let called = client.name.as_deref().or(client.user.as_deref()).unwrap_or_default();
                words.clear();
                words.push_str(called);
                words.extend(client.address.map(|address| format!(" {address}")));
                let ap = client.ap.and_then(|key| aps.get(&key)).copied();
                let make = || {
                    let facts = [Some(called.to_owned()), client.address.map(|address| address.to_string())];
                    let known = facts.into_iter().flatten().filter(|fact| !fact.is_empty());
                    let text: Vec<String> = std::iter::once(client.mac.to_string()).chain(known).collect();
                    on_air(state, (NameKind::Client, text.join(" ")), (controller, ap))
                };
                let has_part = self.address
                    && client.address.is_some_and(|address| has_address(&[address], (&self.wanted, &mut String::new())));
                if self.has_mac(client.mac) || has_part {
                    self.found(client.address.as_slice(), make);
                } else if !called.is_empty() {
                    self.offer(words, called, make);
                }
            }
        }
    }

    fn alarms(&mut self, state: &State) {
        for alarm in state.alarms.values().filter(|alarm| alarm.cleared_at.is_none()) {
            let words = format!("{} {}", alarm.object, alarm.text);
            // Not by its object alone: that is the device or the port itself.
            self.offer(&words, "", || Name {
                kind: NameKind::Alarm,
                text: words.clone(),
                place: alarm.severity.word().to_owned(),
                device: alarm.device.clone(),
                device_name: alarm.device.as_ref().map(|id| state.name_of(id)).unwrap_or_default(),
                port: None,
                key: alarm.id.clone(),
            });
        }
    }

    fn vlans(&mut self, state: &State) {
        let mut vlans: BTreeMap<u16, (Option<&str>, usize)> = BTreeMap::new();
        for vlan in state.devices.values().flat_map(|device| &device.vlans) {
            let (name, count) = vlans.entry(vlan.id).or_default();
            *name = name.or(vlan.name.as_deref());
            *count += 1;
        }
        for (id, (name, count)) in vlans {
            let words = format!("VLAN {id} {}", name.unwrap_or_default());
            self.offer(&words, &id.to_string(), || Name {
                kind: NameKind::Vlan,
                text: words.trim_end().to_owned(),
                place: format!("on {}", unit::counted(count, "device", "devices")),
                device: None,
                device_name: String::new(),
                port: None,
                key: id.to_string(),
            });
        }
    }

    /// Endpoints are looked at only for a part of a hardware or IP address: there may be hundreds of thousands.
    fn endpoints(&mut self, state: &State) {
        if self.mac.is_none() && !self.address {
            return;
        }
        let mut written = String::new();
        for endpoint in state.endpoints.values() {
            if self.has_mac(endpoint.mac) || self.address && has_address(&endpoint.addresses, (&self.wanted, &mut written)) {
                self.found(&endpoint.addresses, || endpoint_name(state, endpoint));
            }
        }
    }

    fn neighbour(&mut self, state: &State, neighbour: &Neighbour, words: &mut String) {
        let called = state.name_of(&neighbour.id);
        words.clone_from(&called);
        for address in &neighbour.addresses {
            let _into_memory = write!(words, " {address}");
        }
        // It has no screen of its own: it is found on the port that hears it.
        let near =
            state.links_of(&neighbour.id).first().map(|link| if link.a.device == neighbour.id { &link.b } else { &link.a });
        let (device, port) = near.map_or((&neighbour.id, None), |near| (&near.device, near.port.as_deref()));
        let make = || named_on(state, (NameKind::Neighbour, called.clone()), (device, port));
        match neighbour.mac.filter(|mac| self.has_mac(*mac)) {
            Some(_) => self.found(&neighbour.addresses, make),
            None => self.offer(words, &called, make),
        }
    }
}

fn device_name(device: &Device, name: &str) -> Name {
    let address = device.snmp.as_ref().map(|snmp| snmp.address.ip()).or_else(|| device.addresses.first().copied());
    let facts = [address.map(|address| address.to_string()), device.model.clone(), device.sys_location.clone()];
    Name {
        kind: NameKind::Device,
        text: name.to_owned(),
        place: facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join("  "),
        device: Some(device.id.clone()),
        device_name: name.to_owned(),
        port: None,
        key: String::new(),
    }
}

/// A name whose place is a port of a device, or the device where the port is not known.
pub(super) fn named_on(state: &State, (kind, text): (NameKind, String), (device, port): (&DeviceId, Option<&str>)) -> Name {
    let device_name = state.name_of(device);
    let place = port.map_or_else(|| device_name.clone(), |port| format!("{device_name} {port}"));
    Name { kind, text, place, device: Some(device.clone()), device_name, port: port.map(str::to_owned), key: String::new() }
}

/// What is on the air: its key is the access point, by which the wireless screen shows it.
fn on_air(state: &State, (kind, text): (NameKind, String), (controller, ap): (&DeviceId, Option<&AccessPoint>)) -> Name {
    let name = ap.map_or("", |ap| ap.name.as_str());
    let own = if kind == NameKind::Client { name } else { "" };
    let location = ap.and_then(|ap| ap.location.as_deref()).unwrap_or_default();
    let device_name = state.name_of(controller);
    let facts = [own, location, device_name.as_str()];
    Name {
        kind,
        text,
        place: facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join("  "),
        device: Some(controller.clone()),
        device_name,
        port: None,
        key: name.to_owned(),
    }
}

/// An endpoint by its addresses, with the port that it hangs on.
fn endpoint_name(state: &State, endpoint: &Endpoint) -> Name {
    let mut text = endpoint.mac.to_string();
    for address in &endpoint.addresses {
        let _into_memory = write!(text, " {address}");
    }
    let device = state.devices.get(&endpoint.device);
    let port = endpoint.if_index.and_then(|if_index| Some(device?.interface(if_index)?.name()));
    let mut name = named_on(state, (NameKind::Endpoint, text), (&endpoint.device, port.as_deref()));
    if let Some(vlan) = endpoint.vlan {
        let _into_memory = write!(name.place, "  VLAN {vlan}");
    }
    name
}

/// Whether one of the addresses is written with this part.
pub(super) fn has_address(addresses: &[IpAddr], (part, written): (&str, &mut String)) -> bool {
    addresses.iter().any(|address| {
        written.clear();
        write!(written, "{address}").is_ok() && written.contains(part)
    })
}

/// Whether a hardware address holds these hexadecimal digits, anywhere.
fn has_digits(mac: MacAddr, (wanted, count): (u64, usize)) -> bool {
    let mask = (1u64 << (count * 4)) - 1;
    (0..=12usize.saturating_sub(count)).any(|shift| number(mac) >> (shift * 4) & mask == wanted)
}

/// The flows of an address, whoever has it.
fn host(address: IpAddr) -> Name {
    Name {
        kind: NameKind::Host,
        text: address.to_string(),
        place: "its flows".to_owned(),
        device: None,
        device_name: String::new(),
        port: None,
        key: address.to_string(),
    }
}

/// At most `limit` names that match `text` fuzzily, best first: devices by name and address, ports by name, alias and MAC
/// address, endpoints and neighbours by name and address (they lead to the port that they hang on), alarms, VLANs. A whole IP
/// address brings its flows too.
pub fn names(state: &State, text: &str, limit: usize) -> Vec<Name> {
    let text: String = text.chars().take(MAX_TEXT).collect();
    if limit == 0 {
        return Vec::new();
    }
    let mut search = Search::new(&text, limit);
    let mut words = String::new();
    for device in state.devices.values() {
        search.device(device, &mut words);
    }
    search.endpoints(state);
    for neighbour in state.neighbours.values() {
        search.neighbour(state, neighbour, &mut words);
    }
    search.wireless(state, &mut words);
    search.alarms(state);
    search.vlans(state);
    let address = search.wanted.parse::<IpAddr>().ok();
    let mut best: Vec<Name> = search.best.into_sorted_vec().into_iter().map(|Reverse(OrderedName((_, _, name)))| name).collect();
    if let Some(address) = address {
        best.truncate(limit - 1);
        best.push(host(address));
    }
    best
}
