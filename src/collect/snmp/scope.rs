//! Who may be asked (contract §1 `discover`).
//!
//! With `--scope`, nothing outside it. Without, the given networks and ranges, and, where single addresses were given, the private
//! prefixes on the interfaces of devices that answered. Public addresses only when named. What is excluded is never asked.

use super::targets::{Span, Target};
use crate::model::Device;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Networks that are spelled out: it is told five times a second.
const MAX_WORDS: usize = 16;

/// Who may be asked, as far as is known yet.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `--scope`; empty where it follows from the targets.
    given: Vec<IpNet>,
    /// Networks and ranges among the targets.
    spans: Vec<Span>,
    /// Single addresses among the targets, names resolved.
    named: BTreeSet<IpAddr>,
    /// Private prefixes found on interfaces.
    found: BTreeSet<IpNet>,
    exclude: Vec<IpNet>,
    /// Whether devices may widen it.
    grows: bool,
}

impl Scope {
    /// From the targets and the options.
    pub fn new(targets: &[Target], given: &[IpNet], exclude: &[IpNet]) -> Self {
        let mut scope = Self { given: given.to_vec(), exclude: exclude.to_vec(), ..Self::default() };
        for target in targets {
            match target {
                Target::Address(address) => scope.name(address.ip()),
                Target::Name(..) => scope.grows = given.is_empty(),
                Target::Sweep(span) => scope.spans.push(*span),
            }
        }
        scope
    }

    /// Adds an address that was named, or that a name resolved to.
    pub fn name(&mut self, address: IpAddr) {
        self.named.insert(address);
        self.grows = self.given.is_empty();
    }

    /// Widens the scope by the private prefixes of a device that answered at `answered_at`.
    pub fn learn(&mut self, device: &Device, answered_at: IpAddr) {
        if !self.grows {
            return;
        }
        if answered_at.is_loopback() {
            // All of loopback is this host: simulated devices answer there, each at its own address.
            self.found.insert(loopback(answered_at));
        }
        let nets = device.interfaces.iter().flat_map(|interface| &interface.addresses);
        self.found.extend(nets.filter(|net| is_private(net.addr())).map(IpNet::trunc));
    }

    /// The private prefixes that widened it.
    pub fn found(&self) -> impl Iterator<Item = IpNet> {
        self.found.iter().copied()
    }

    /// Takes prefixes over that widened it in an earlier run.
    pub fn restore(&mut self, found: &[IpNet]) {
        if self.grows {
            self.found.extend(found);
        }
    }

    /// Whether `address` may be asked.
    pub fn permits(&self, address: IpAddr) -> bool {
        !self.exclude.iter().any(|net| net.contains(&address)) && self.includes(address)
    }

    fn includes(&self, address: IpAddr) -> bool {
        if !self.given.is_empty() {
            return self.given.iter().any(|net| net.contains(&address));
        }
        self.named.contains(&address)
            || self.spans.iter().any(|span| span.contains(address))
            || self.found.iter().any(|net| net.contains(&address))
    }

    /// The scope in words, for the screen: the first [`MAX_WORDS`] networks, and how many more.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = if self.given.is_empty() {
            let spans = self.spans.iter().map(ToString::to_string);
            spans.chain(self.found.iter().map(ToString::to_string)).collect()
        } else {
            self.given.iter().map(ToString::to_string).collect()
        };
        if words.len() > MAX_WORDS {
            let more = words.len() - MAX_WORDS;
            words.truncate(MAX_WORDS);
            words.push(format!("and {more} more"));
        }
        words.extend(self.exclude.iter().map(|net| format!("not {net}")));
        words
    }
}

fn loopback(address: IpAddr) -> IpNet {
    let net = IpNet::new(address, if address.is_ipv4() { 8 } else { 128 });
    net.map_or_else(|_| IpNet::from(address), |net| net.trunc())
}

/// RFC 1918, RFC 6598 shared, RFC 4193 unique local. Loopback and link-local are on every device and lead nowhere.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64),
        IpAddr::V6(v6) => v6.segments()[0] & 0xfe00 == 0xfc00,
    }
}

#[cfg(test)]
mod tests {
    use super::super::targets::parse;
    use super::*;
    use crate::model::{DeviceId, IfIndex, Interface, Timestamp};

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn scope(targets: &[&str], given: &[&str], exclude: &[&str]) -> Scope {
        let targets: Vec<Target> = targets.iter().map(|text| parse(text, 161).unwrap()).collect();
        Scope::new(&targets, &nets(given), &nets(exclude))
    }

    fn device(addresses: &[&str]) -> Device {
        let mut device = Device::new(DeviceId::new("?"), Timestamp(0));
        let mut interface = Interface::new(IfIndex(1));
        interface.addresses = nets(addresses);
        device.interfaces.push(interface);
        device
    }

    fn permitted(scope: &Scope, addresses: &[&str]) -> Vec<bool> {
        addresses.iter().map(|text| scope.permits(text.parse().unwrap())).collect()
    }

    #[test]
    fn single_addresses_open_the_private_prefixes_of_who_answered() {
        let mut scope = scope(&["10.0.0.1"], &[], &[]);
        let asked = ["10.0.0.1", "10.0.0.2", "192.168.7.9", "198.51.100.2", "127.0.0.1", "169.254.1.1"];
        assert_eq!(permitted(&scope, &asked), [true, false, false, false, false, false]);
        let found = device(&["10.0.0.1/24", "192.168.7.1/24", "198.51.100.1/24", "127.0.0.1/8", "169.254.1.2/16"]);
        scope.learn(&found, "10.0.0.1".parse().unwrap());
        assert_eq!(permitted(&scope, &asked), [true, true, true, false, false, false]);
    }

    #[test]
    fn sweeps_stay_within_themselves() {
        let mut scope = scope(&["10.0.0.0/24"], &[], &["10.0.0.128/25"]);
        scope.learn(&device(&["10.0.5.1/24"]), "10.0.0.1".parse().unwrap());
        assert_eq!(permitted(&scope, &["10.0.0.9", "10.0.0.200", "10.0.5.2"]), [true, false, false]);
    }

    #[test]
    fn nothing_is_asked_outside_a_given_scope() {
        let mut scope = scope(&["10.0.0.1", "172.16.0.1"], &["10.0.0.0/8"], &[]);
        scope.learn(&device(&["172.16.0.1/24"]), "10.0.0.1".parse().unwrap());
        assert_eq!(permitted(&scope, &["10.0.0.1", "10.9.9.9", "172.16.0.1"]), [true, true, false]);
    }

    #[test]
    fn loopback_is_open_to_those_who_answered_there() {
        let mut scope = scope(&["127.20.0.1:16161"], &[], &[]);
        scope.learn(&device(&[]), "127.20.0.1".parse().unwrap());
        assert_eq!(permitted(&scope, &["127.20.3.7", "10.0.0.1"]), [true, false]);
    }

    #[test]
    fn a_wide_scope_is_told_in_few_words() {
        let mut scope = scope(&["10.0.0.1"], &[], &["10.9.0.0/16"]);
        let nets: Vec<String> = (0..20).map(|number| format!("10.0.{number}.1/24")).collect();
        scope.learn(&device(&nets.iter().map(String::as_str).collect::<Vec<_>>()), "10.0.0.1".parse().unwrap());
        let words = scope.words();
        assert_eq!((words[0].as_str(), words[16].as_str(), words[17].as_str()), ("10.0.0.0/24", "and 4 more", "not 10.9.0.0/16"));
    }

    #[test]
    fn a_public_address_is_asked_when_it_is_named() {
        assert_eq!(permitted(&scope(&["198.51.100.1"], &[], &[]), &["198.51.100.1", "198.51.100.2"]), [true, false]);
    }
}
