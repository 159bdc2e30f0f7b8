//! Who is asked next.

use super::nameless::Nameless;
use super::rest::Rest;
use crate::collect::snmp::scope::Scope;
use crate::collect::snmp::targets::{Span, Target};
use crate::model::{ArpRow, Evidence, NeighbourRow, Role, limit};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Hops that may still be followed; `None` is without limit.
pub(super) type Hops = Option<u32>;

/// How an address came to be asked. The order is that of preference among the addresses of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Origin {
    /// It is the target with this number.
    Named(usize),
    /// It lies in a network or range.
    Swept,
    /// A device heard of it.
    Heard,
}

/// One agent to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Visit {
    pub(super) address: SocketAddr,
    /// Other addresses of the same name, asked where the first is silent.
    pub(super) others: Vec<SocketAddr>,
    pub(super) origin: Origin,
    pub(super) hops: Hops,
    /// Whether it was silent to ICMP: then it is asked once.
    pub(super) quiet: bool,
}

/// A network or range, and how far it was gone through.
#[derive(Debug)]
struct Sweep {
    span: Span,
    next: u128,
}

/// Everyone who is still to be asked.
#[derive(Debug)]
pub(super) struct Frontier {
    pub(super) scope: Scope,
    port: u16,
    /// Hops followed from swept addresses.
    swept_hops: Hops,
    ready: VecDeque<Visit>,
    quiet: VecDeque<Visit>,
    sweeps: Vec<Sweep>,
    /// Single addresses that were asked or wait for it, and the hops they were asked with.
    asked: FxHashMap<IpAddr, Hops>,
    /// Heard of, and outside the scope as it is.
    outside: BTreeMap<IpAddr, Hops>,
    /// Neighbours that gave no address.
    nameless: Nameless,
    /// Neighbours of these roles are not asked.
    skip: Vec<Role>,
    /// Asked already, and heard again on a shorter way.
    nearer: Vec<(IpAddr, Hops)>,
}

impl Frontier {
    pub(super) fn new(scope: Scope, targets: &[Target], port: u16, swept_hops: Hops) -> Self {
        let sweeps = targets.iter().filter_map(|target| match target {
            Target::Sweep(span) => Some(Sweep { span: *span, next: 0 }),
            Target::Address(_) | Target::Name(..) => None,
        });
        Self {
            scope,
            port,
            swept_hops,
            ready: VecDeque::new(),
            quiet: VecDeque::new(),
            sweeps: sweeps.collect(),
            asked: FxHashMap::default(),
            outside: BTreeMap::new(),
            nameless: Nameless::default(),
            skip: Vec::new(),
            nearer: Vec::new(),
        }
    }

    /// Leaves out neighbours of these roles.
    pub(super) fn skipping(self, skip: &[Role]) -> Self {
        Self { skip: skip.to_vec(), ..self }
    }

    /// Adds a named target. Whether it may be asked.
    pub(super) fn name(&mut self, target: usize, addresses: &[SocketAddr], hops: Hops) -> bool {
        let mut permitted = addresses.iter().copied().filter(|address| self.scope.permits(address.ip()));
        let Some(address) = permitted.next() else { return false };
        let others = permitted.collect();
        if self.asked.insert(address.ip(), hops).is_none() {
            self.ready.push_back(Visit { address, others, origin: Origin::Named(target), hops, quiet: false });
        }
        true
    }

    /// The next who is to be asked by SNMP: `swept` are those of networks that need no ping first.
    pub(super) fn next_visit(&mut self, swept: Swept) -> Option<Visit> {
        if let Some(visit) = self.ready.pop_front() {
            return Some(visit);
        }
        match swept {
            Swept::AskedAtOnce => self.next_swept().map(|address| self.swept(address, false)),
            Swept::PingedFirst => self.quiet.pop_front(),
        }
    }

    /// The next address of a network.
    pub(super) fn next_swept(&mut self) -> Option<SocketAddr> {
        for at in 0..self.sweeps.len() {
            while let Some(address) = self.sweeps.get_mut(at).and_then(Sweep::advance) {
                let earlier = self.sweeps.get(..at).unwrap_or_default();
                let is_new = !self.asked.contains_key(&address) && !earlier.iter().any(|sweep| sweep.span.contains(address));
                if is_new && self.scope.permits(address) {
                    return Some(SocketAddr::new(address, self.port));
                }
            }
        }
        None
    }

    /// A pinged address goes on to SNMP.
    pub(super) fn pinged(&mut self, address: SocketAddr, answered: bool) {
        let visit = self.swept(address, !answered);
        if answered { self.ready.push_back(visit) } else { self.quiet.push_back(visit) }
    }

    fn swept(&self, address: SocketAddr, quiet: bool) -> Visit {
        Visit { address, others: Vec::new(), origin: Origin::Swept, hops: self.swept_hops, quiet }
    }

    /// Follows the neighbours of a device that answered at `answered_at`.
    pub(super) fn follow(&mut self, rows: &[NeighbourRow], answered_at: IpAddr, hops: Hops) {
        if hops == Some(0) {
            return;
        }
        let hops = hops.map(|left| left - 1);
        for row in rows {
            if self.skip.contains(&Role::told(&row.capabilities)) {
                continue;
            }
            let mut leads = row.addresses.iter().filter(|address| leads_somewhere(**address, answered_at)).peekable();
            if leads.peek().is_none() && names_itself(row) {
                let found = self.nameless.want(row, hops);
                self.hear_all(found, answered_at);
            }
            leads.for_each(|address| self.hear(*address, hops));
        }
    }

    /// Learns from an ARP table where neighbours without an address are.
    pub(super) fn learn(&mut self, arp: &[ArpRow], answered_at: IpAddr) {
        let found = self.nameless.learn(arp);
        self.hear_all(found, answered_at);
    }

    fn hear_all(&mut self, found: Vec<(IpAddr, Hops)>, answered_at: IpAddr) {
        for (address, hops) in found.into_iter().filter(|(address, _)| leads_somewhere(*address, answered_at)) {
            self.hear(address, hops);
        }
    }

    /// Heard of and never asked, because they lie outside the scope.
    pub(super) fn outside(&self) -> impl Iterator<Item = IpAddr> {
        self.outside.keys().copied()
    }

    fn hear(&mut self, address: IpAddr, hops: Hops) {
        if !self.scope.permits(address) {
            if let Some(known) = self.outside.get_mut(&address) {
                *known = farther(*known, hops);
            } else if limit::CRAWL_OUTSIDE.has_room(self.outside.len()) {
                self.outside.insert(address, hops);
            }
            return;
        }
        if let Some(known) = self.asked.get_mut(&address) {
            let farthest = farther(*known, hops);
            if farthest != *known {
                *known = farthest;
                self.nearer.push((address, farthest));
            }
        } else if !self.sweeps.iter().any(|sweep| sweep.span.contains(address))
            && limit::CRAWL_ADDRESSES.has_room(self.asked.len())
        {
            self.asked.insert(address, hops);
            let address = SocketAddr::new(address, self.port);
            self.ready.push_back(Visit { address, others: Vec::new(), origin: Origin::Heard, hops, quiet: false });
        }
    }

    /// Whoever was heard again on a shorter way since this was asked last: more hops are left from there. Otherwise what is found
    /// within a depth would depend on who answers first.
    pub(super) fn take_nearer(&mut self) -> Vec<(IpAddr, Hops)> {
        std::mem::take(&mut self.nearer)
    }

    /// The hops that are left from a visit, as far as is known by now.
    pub(super) fn hops(&self, visit: &Visit) -> Hops {
        self.asked.get(&visit.address.ip()).copied().map_or(visit.hops, |known| farther(known, visit.hops))
    }

    /// After the scope has grown: whoever lies in it now.
    pub(super) fn reconsider(&mut self) {
        let inside: Vec<(IpAddr, Hops)> = self
            .outside
            .iter()
            .filter(|(address, _)| self.scope.permits(**address))
            .map(|(address, hops)| (*address, *hops))
            .collect();
        for (address, hops) in inside {
            self.outside.remove(&address);
            self.hear(address, hops);
        }
    }

    /// Takes over what an earlier run left: who was asked, who waits, how far the networks were gone through.
    pub(super) fn go_on(&mut self, rest: &Rest) {
        self.scope.restore(&rest.found);
        self.asked.extend(rest.asked.iter().copied());
        self.outside.extend(rest.outside.iter().copied());
        for (sweep, next) in self.sweeps.iter_mut().zip(&rest.swept) {
            sweep.next = (*next).min(sweep.span.len());
        }
        let (quiet, ready): (Vec<Visit>, Vec<Visit>) = rest.visits.iter().cloned().partition(|visit| visit.quiet);
        self.ready.extend(ready);
        self.quiet.extend(quiet);
        // Whose echo was in flight is asked without another one.
        for address in &rest.pinging {
            self.quiet.push_back(self.swept(*address, true));
        }
    }

    /// Addresses that need not be asked again.
    pub(super) fn know(&mut self, known: &[IpAddr]) {
        for address in known {
            self.asked.entry(*address).or_insert(None);
        }
    }

    /// Notes what is left to be done; `flying` are the visits that are not back.
    pub(super) fn note(&self, rest: &mut Rest, flying: impl Iterator<Item = Visit>) {
        rest.found = self.scope.found().collect();
        rest.asked = self.asked.iter().map(|(address, hops)| (*address, *hops)).collect();
        rest.outside = self.outside.iter().map(|(address, hops)| (*address, *hops)).collect();
        rest.swept = self.sweeps.iter().map(|sweep| sweep.next).collect();
        rest.visits = flying.chain(self.ready.iter().cloned()).chain(self.quiet.iter().cloned()).collect();
    }

    /// Waiting to be asked by SNMP, sweeps not counted.
    pub(super) fn waiting(&self) -> usize {
        self.ready.len() + self.quiet.len()
    }

    /// Heard of and waiting.
    pub(super) fn heard_waiting(&self) -> usize {
        self.ready.iter().filter(|visit| visit.origin == Origin::Heard).count()
    }

    /// Addresses of networks not gone through yet.
    pub(super) fn unswept(&self) -> u64 {
        let left: u128 = self.sweeps.iter().map(|sweep| sweep.span.len() - sweep.next).sum();
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Whether any network is to be swept.
    pub(super) fn sweeps(&self) -> bool {
        !self.sweeps.is_empty()
    }

    /// Whoever was named and has not been asked.
    pub(super) fn unasked_targets(&self) -> impl Iterator<Item = usize> {
        self.ready.iter().filter_map(|visit| match visit.origin {
            Origin::Named(target) => Some(target),
            Origin::Swept | Origin::Heard => None,
        })
    }
}

/// Whether swept addresses go to SNMP by way of ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    AskedAtOnce,
    PingedFirst,
}

impl Sweep {
    fn advance(&mut self) -> Option<IpAddr> {
        let address = self.span.nth(self.next)?;
        self.next += 1;
        Some(address)
    }
}

/// Of two numbers of hops the one that leads farther.
pub(super) fn farther(a: Hops, b: Hops) -> Hops {
    a.zip(b).map(|(a, b)| a.max(b))
}

/// Whether the protocol tells of the device at the other end of the cable: a spanning tree or an aggregate names bridges by numbers
/// that are no address of theirs.
const fn names_itself(row: &NeighbourRow) -> bool {
    matches!(row.protocol, Evidence::Lldp | Evidence::Cdp | Evidence::Fdp | Evidence::Edp)
}

/// Whether an address that a neighbour gave can be its own, seen from here.
fn leads_somewhere(address: IpAddr, answered_at: IpAddr) -> bool {
    let local = address.is_unspecified() || address.is_multicast() || (address.is_loopback() && !answered_at.is_loopback());
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80,
    };
    !local && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::snmp::targets::parse;

    fn frontier(targets: &[&str], exclude: &[&str]) -> Frontier {
        let targets: Vec<Target> = targets.iter().map(|text| parse(text, 161).unwrap()).collect();
        let exclude: Vec<ipnet::IpNet> = exclude.iter().map(|text| text.parse().unwrap()).collect();
        Frontier::new(Scope::new(&targets, &[], &exclude), &targets, 161, Some(0)).skipping(&[Role::Phone])
    }

    #[test]
    fn a_device_that_hears_a_million_neighbours_has_few_of_them_asked() {
        let mut frontier = frontier(&["10.0.0.1"], &[]);
        let heard = |first: u32, count: usize| NeighbourRow {
            addresses: (first..).take(count).map(|bits| IpAddr::from(bits.to_be_bytes())).collect(),
            ..NeighbourRow::new(Evidence::Lldp)
        };
        frontier.scope = Scope::new(&[], &["10.0.0.0/8".parse().unwrap()], &[]);
        let from: IpAddr = "10.0.0.1".parse().unwrap();
        let inside = heard(0x0a10_0000, limit::CRAWL_ADDRESSES.most() + 1000);
        let ((), beyond) = limit::CRAWL_ADDRESSES.during(|| frontier.follow(&[inside], from, None));
        assert!(beyond >= 1000 && frontier.asked.len() == limit::CRAWL_ADDRESSES.most());
        assert_eq!(frontier.ready.len(), frontier.asked.len());
        let outside = heard(0x3010_0000, limit::CRAWL_OUTSIDE.most() + 1000);
        let ((), beyond) = limit::CRAWL_OUTSIDE.during(|| frontier.follow(&[outside], from, None));
        assert!(beyond >= 1000 && frontier.outside.len() == limit::CRAWL_OUTSIDE.most());
    }

    fn all(frontier: &mut Frontier) -> Vec<String> {
        std::iter::from_fn(|| frontier.next_visit(Swept::AskedAtOnce)).map(|visit| visit.address.ip().to_string()).collect()
    }

    fn row(addresses: &[&str], capabilities: &[&str]) -> NeighbourRow {
        let mut row = NeighbourRow::new(Evidence::Lldp);
        row.addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        row.capabilities = capabilities.iter().map(|word| (*word).to_owned()).collect();
        row
    }

    #[test]
    fn an_address_in_several_targets_is_asked_once() {
        let mut frontier = frontier(&["10.0.0.2", "10.0.0.0/30", "10.0.0.1-10.0.0.4"], &["10.0.0.4/32"]);
        assert!(frontier.name(0, &["10.0.0.2:161".parse().unwrap()], None));
        assert_eq!(all(&mut frontier), ["10.0.0.2", "10.0.0.1", "10.0.0.3"]);
        assert_eq!(frontier.unswept(), 0);
    }

    #[test]
    fn who_is_silent_to_ping_comes_last() {
        let mut frontier = frontier(&["10.0.0.0/30"], &[]);
        let first = frontier.next_swept().unwrap();
        let second = frontier.next_swept().unwrap();
        frontier.pinged(first, false);
        frontier.pinged(second, true);
        let visits: Vec<(SocketAddr, bool)> =
            std::iter::from_fn(|| frontier.next_visit(Swept::PingedFirst)).map(|visit| (visit.address, visit.quiet)).collect();
        assert_eq!(visits, [(second, false), (first, true)]);
    }

    #[test]
    fn neighbours_wait_until_the_scope_reaches_them() {
        let mut frontier = frontier(&["10.0.0.1"], &[]);
        let seed = "10.0.0.1".parse().unwrap();
        frontier.follow(&[row(&["10.0.0.7", "127.0.0.1", "0.0.0.0", "fe80::1"], &[])], seed, None);
        frontier.follow(&[row(&["10.0.0.8"], &["bridge", "telephone"])], seed, None);
        frontier.follow(&[row(&["10.0.0.9"], &[])], seed, Some(0));
        assert_eq!(all(&mut frontier), Vec::<String>::new());
        let mut device = crate::model::Device::new(crate::model::DeviceId::new("?"), crate::model::Timestamp(0));
        let mut interface = crate::model::Interface::new(crate::model::IfIndex(1));
        interface.addresses.push("10.0.0.1/24".parse().unwrap());
        device.interfaces.push(interface);
        frontier.scope.learn(&device, seed);
        frontier.reconsider();
        assert_eq!(all(&mut frontier), ["10.0.0.7"]);
    }
}
