//! Names that can be jumped to, found as they are typed.

use super::State;
use super::live::port_names;
use super::view::screens::Name;
use super::whereabouts::{digits, number};
use crate::model::{Device, DeviceId, Endpoint, MacAddr};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

/// Longest text that is looked for: more is no name.
const MAX_TEXT: usize = 128;

/// A name with its score; the best are the greatest. Ties go by the order of the network.
type Scored = (u32, Reverse<usize>, Name);

struct Search {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
    text: String,
    macs: bool,
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
    fn offer(&mut self, text: &str, device: &DeviceId, port: Option<&str>) {
        self.seen += 1;
        let Some(score) = self.pattern.score(Utf32Str::new(text, &mut self.buffer), &mut self.matcher) else { return };
        self.keep(score, || Name { text: text.to_owned(), device: device.clone(), port: port.map(str::to_owned) });
    }

    /// Keeps a name that is among the best; it is made only then.
    fn keep(&mut self, score: u32, name: impl FnOnce() -> Name) {
        let rank = (score, Reverse(self.seen));
        if self.best.len() >= self.limit && self.best.peek().is_some_and(|worst| (worst.0.0.0, worst.0.0.1) >= rank) {
            return;
        }
        self.best.push(Reverse(OrderedName((rank.0, rank.1, name()))));
        if self.best.len() > self.limit {
            self.best.pop();
        }
    }

    fn device(&mut self, device: &Device) {
        let name = device.name();
        self.offer(&name, &device.id, None);
        for address in device.addresses.iter().map(ToString::to_string).filter(|address| *address != name) {
            self.offer(&format!("{address} {name}"), &device.id, None);
        }
        let mut text = std::mem::take(&mut self.text);
        for (port, described) in port_names(device).iter().zip(&device.interfaces) {
            text.clear();
            let alias = described.if_alias.as_deref().filter(|alias| !alias.is_empty());
            for word in [Some(name.as_str()), Some(port), alias].into_iter().flatten() {
                text.push_str(word);
                text.push(' ');
            }
            if self.macs {
                text.extend(described.mac.map(|mac| mac.to_string()));
            }
            self.offer(text.trim_end(), &device.id, Some(port));
        }
        self.text = text;
    }
}

impl Search {
    /// Endpoints are looked at only for a part of a hardware or IP address: there may be hundreds of thousands.
    fn endpoints(&mut self, state: &State, text: &str) {
        let part = digits(text);
        let address = text.len() >= LEAST_ADDRESS && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':'));
        if part.is_none() && !address {
            return;
        }
        let wanted = part.and_then(|part| Some((u64::from_str_radix(&part, 16).ok()?, part.len())));
        let exactly = text.parse::<std::net::IpAddr>().ok();
        let mut written = String::new();
        for endpoint in state.endpoints.values() {
            let mut has_address = || {
                endpoint.addresses.iter().any(|address| {
                    written.clear();
                    write!(written, "{address}").is_ok() && written.contains(text)
                })
            };
            if wanted.is_some_and(|wanted| has_digits(endpoint.mac, wanted)) || address && has_address() {
                // All hold what was typed; who is called just that comes first.
                let is_it = endpoint.addresses.iter().any(|address| Some(*address) == exactly);
                let letters = u32::try_from(text.len()).unwrap_or(0).saturating_add(u32::from(is_it));
                self.seen += 1;
                self.keep(letters.saturating_mul(LETTER), || endpoint_name(state, endpoint));
            }
        }
    }
}

/// What a letter that matches is worth, as the pattern counts those that stand together.
const LETTER: u32 = 20;

/// An endpoint by its addresses, with the port that it hangs on.
fn endpoint_name(state: &State, endpoint: &Endpoint) -> Name {
    let mut text = endpoint.mac.to_string();
    for address in &endpoint.addresses {
        text.push(' ');
        text.push_str(&address.to_string());
    }
    let device = state.devices.get(&endpoint.device);
    let port = endpoint.if_index.and_then(|if_index| Some(device?.interface(if_index)?.name()));
    for word in std::iter::once(state.name_of(&endpoint.device)).chain(port.clone()) {
        text.push(' ');
        text.push_str(&word);
    }
    Name { text, device: endpoint.device.clone(), port }
}

/// Letters from which on a part of an IP address is looked for.
const LEAST_ADDRESS: usize = 4;

/// Whether a hardware address holds these hexadecimal digits, anywhere.
fn has_digits(mac: MacAddr, (wanted, count): (u64, usize)) -> bool {
    let mask = (1u64 << (count * 4)) - 1;
    (0..=12usize.saturating_sub(count)).any(|shift| number(mac) >> (shift * 4) & mask == wanted)
}

/// Whether somebody may be typing a MAC address: they are written out only then.
fn looks_like_mac(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    digits >= 4 && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '-' | '.'))
}

/// At most `limit` names that match `text` fuzzily, best first: devices by name and address, ports by name, alias and MAC
/// address, endpoints and neighbours by name and address, which lead to the port that they hang on.
pub fn names(state: &State, text: &str, limit: usize) -> Vec<Name> {
    let text: String = text.chars().take(MAX_TEXT).collect();
    if limit == 0 {
        return Vec::new();
    }
    let mut search = Search {
        pattern: Pattern::parse(&text, CaseMatching::Ignore, Normalization::Smart),
        matcher: Matcher::new(Config::DEFAULT),
        buffer: Vec::new(),
        text: String::new(),
        macs: looks_like_mac(&text),
        best: BinaryHeap::new(),
        limit,
        seen: 0,
    };
    for device in state.devices.values() {
        search.device(device);
    }
    search.endpoints(state, &text);
    for neighbour in state.neighbours.values() {
        let mut text = state.name_of(&neighbour.id);
        for address in &neighbour.addresses {
            text.push(' ');
            text.push_str(&address.to_string());
        }
        text.extend(neighbour.mac.map(|mac| format!(" {mac}")));
        // It has no screen of its own: it is found on the port that hears it.
        let near =
            state.links_of(&neighbour.id).first().map(|link| if link.a.device == neighbour.id { &link.b } else { &link.a });
        match near {
            Some(near) => search.offer(&text, &near.device, near.port.as_deref()),
            None => search.offer(&text, &neighbour.id, None),
        }
    }
    search.best.into_sorted_vec().into_iter().map(|Reverse(OrderedName((_, _, name)))| name).collect()
}
