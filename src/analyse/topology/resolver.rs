//! Links kept true while devices change: only what a change touches is resolved anew.
//!
//! A device's description touches its own rows, the rows of those that asked for a mark whose owner changed, the links it
//! has with each of its partners, and, where no neighbour protocol speaks, all devices that see each other. The result is
//! that of resolving everything at once (property test), so that nothing may depend on the order of numbers or of changes.

use super::changes::{Changes, Delta, Inferred};
use super::forwarding::{self, Forwarding, Silent};
use super::heard::{Around, Heard};
use super::infer::Inference;
use super::manual::{Manual, ManualLink};
use super::marks::{self, Asker, Found, Mark, Marks};
use super::nodes::{Known, Node, Nodes, Row, claims, peers};
use super::pair::{self, Couple};
use super::posting::Posting;
use super::shared::shared_out;
use super::{Resolution, beside, merged, ports};
use crate::model::{ChassisId, DeviceId, IfIndex, Link, LinkKey, NeighbourRow};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Networks with more devices are not watched: a third device there decides nothing that a second has not.
const WATCHED_NET: usize = 4;

/// What has to be resolved anew.
#[derive(Debug, Default)]
struct Work {
    /// Devices whose rows are recognised anew.
    rows: Vec<u32>,
    /// Pairs of devices, the smaller number first.
    couples: Vec<(u32, u32)>,
    /// Devices that hear neighbours.
    heard: Vec<u32>,
    /// Devices whose silent ports changed, or what is seen there.
    silent: Vec<u32>,
    /// Devices that are gone.
    gone: Vec<(u32, DeviceId)>,
}

/// What a device's rows were recognised as.
struct Read {
    asked: Vec<Mark>,
    /// Devices that were recognised by a name while the row says a chassis id too.
    doubted: Vec<u32>,
    rows: Vec<Row>,
    peers: Vec<(u32, u32)>,
    claims: Vec<(u32, u32)>,
}

/// All links and neighbours of a network, resolved step by step.
#[derive(Debug)]
pub struct Resolver {
    nodes: Nodes,
    marks: Marks,
    /// Devices whose rows were recognised by a name or address while the device's chassis id says otherwise.
    doubters: Posting<u32>,
    manual: Manual,
    /// Links of neighbour protocols and of the operator between two known devices, by their numbers.
    couples: FxHashMap<(u32, u32), Vec<Arc<Link>>>,
    forwarding: Forwarding,
    inferred: Inferred,
    /// Devices that an address table with this address decided something about.
    watched: Posting<marks::MacKey>,
    watches: FxHashMap<u32, Vec<marks::MacKey>>,
    heard: Heard,
}

impl Resolver {
    /// Without a device.
    pub fn new(manual: &[ManualLink]) -> Self {
        Self {
            nodes: Nodes::default(),
            marks: Marks::default(),
            doubters: Posting::default(),
            manual: Manual::new(manual),
            couples: FxHashMap::default(),
            forwarding: Forwarding::default(),
            inferred: Inferred::default(),
            watched: Posting::default(),
            watches: FxHashMap::default(),
            heard: Heard::default(),
        }
    }

    /// Takes devices over: new, changed, or gone (`None`). Each comes once.
    pub fn update(&mut self, changes: impl IntoIterator<Item = (DeviceId, Option<Known>)>) -> Changes {
        let mut work = Work::default();
        let mut delta = Delta::default();
        let changes: Vec<_> = changes.into_iter().collect();
        self.reserve(&changes);
        for (id, known) in changes {
            match known {
                Some(known) => self.put(known, &mut work),
                None => self.remove(&id, &mut work),
            }
        }
        self.recognise(&mut work);
        self.look_at_manual(&mut work);
        self.pair(&mut work, &mut delta);
        self.infer(&mut work, &mut delta);
        self.hear(&work, &mut delta);
        self.nodes.release(work.gone.into_iter().map(|(number, _)| number));
        delta.sorted()
    }

    /// Everything, as [`resolve`](super::resolve) gives it.
    pub fn resolution(&self) -> Resolution {
        let paired = self.couples.values().flatten().chain(self.inferred.links());
        let mut links: Vec<Arc<Link>> = paired.chain(self.heard.links()).cloned().collect();
        links.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        let neighbours = self.heard.neighbours().cloned().collect();
        Resolution { links, neighbours, unknown_manual: self.unknown_manual() }
    }

    /// Manual links whose device or port is not known, by their place in what was given.
    pub fn unknown_manual(&self) -> Vec<usize> {
        self.manual.unknown()
    }

    /// Whether a link is found between these two ends.
    pub fn is_found(&self, key: &LinkKey) -> bool {
        let numbers = [&key.0, &key.1].map(|end| self.nodes.number(&end.device));
        let is_it = |link: &Link| link.a == key.0 && link.b == key.1;
        match numbers {
            [Some(a), Some(b)] => {
                let paired = self.couples.get(&couple(a, b)).map(Vec::as_slice).unwrap_or_default();
                paired.iter().any(|link| is_it(link)) || self.inferred.at(a).any(is_it)
            }
            [Some(number), None] | [None, Some(number)] => self.heard.links_of(number).iter().any(|link| is_it(link)),
            [None, None] => false,
        }
    }

    /// Whether a link is found at this port.
    pub fn is_used(&self, device: &DeviceId, if_index: IfIndex) -> bool {
        let Some(number) = self.nodes.number(device) else { return false };
        let heard = self.heard.links_of(number).iter().map(AsRef::as_ref);
        let links = heard.chain(self.paired_of(number)).chain(self.inferred.at(number));
        self.ports_with(number, links).any(|port| port == if_index)
    }

    fn ports_with<'a>(&'a self, number: u32, links: impl Iterator<Item = &'a Link> + 'a) -> impl Iterator<Item = IfIndex> {
        forwarding::linked(&self.nodes, number, links)
    }

    /// Links between a device and others by neighbour protocols and the operator.
    fn paired_of(&self, number: u32) -> impl Iterator<Item = &Link> {
        let partners = self.nodes.get(number).map(|node| node.partners.as_slice()).unwrap_or_default();
        let lists = partners.iter().filter_map(move |other| self.couples.get(&couple(number, *other)));
        lists.flatten().map(AsRef::as_ref)
    }

    fn reserve(&mut self, changes: &[(DeviceId, Option<Known>)]) {
        // Few changes are mostly devices that are known: their marks have their place.
        if changes.len() > self.nodes.end() {
            let known = changes.iter().filter_map(|(_, known)| known.as_ref());
            self.marks.reserve(known.map(|known| known.device.interfaces.len()).sum());
            self.couples.reserve(changes.len());
        }
    }

    fn put(&mut self, known: Known, work: &mut Work) {
        let number = self.nodes.number(&known.device.id);
        let old = number.and_then(|number| self.nodes.get(number)).map(|node| node.known.clone());
        if old.as_ref().is_some_and(|old| old.is(&known)) {
            return;
        }
        let same = old.as_ref().is_some_and(|old| Arc::ptr_eq(&old.device, &known.device));
        if same {
            // Only its tables of addresses differ.
            if let Some(node) = number.and_then(|number| self.nodes.get_mut(number)) {
                node.known = known;
            }
            work.silent.extend(number);
            return;
        }
        let new = marks::of(&known.device);
        let number = self.nodes.put(known);
        self.change_marks(number, old.map(|old| marks::of(&old.device)), new, work);
        self.touch(number, work);
        work.rows.push(number);
    }

    fn remove(&mut self, id: &DeviceId, work: &mut Work) {
        let Some((number, node)) = self.nodes.take(id) else { return };
        self.change_marks(number, Some(marks::of(node.device())), Vec::new(), work);
        for mark in &node.asked {
            self.marks.forget(mark, number);
        }
        for claim in &node.claims {
            self.forwarding.claims.remove(claim, number);
            let claimers = self.forwarding.claims.all(claim).iter().copied();
            work.silent.extend(claimers.chain([claim.0]));
        }
        for partner in &node.partners {
            work.couples.push(couple(number, *partner));
        }
        work.rows.extend(self.doubters.all(&number));
        work.silent.push(number);
        work.heard.push(number);
        work.gone.push((number, id.clone()));
    }

    /// What depends on a device's description beside its own rows.
    fn touch(&mut self, number: u32, work: &mut Work) {
        let partners = self.nodes.get(number).map(|node| node.partners.as_slice()).unwrap_or_default();
        work.couples.extend(partners.iter().map(|partner| couple(number, *partner)));
        work.rows.extend(self.doubters.all(&number));
        work.silent.push(number);
        work.heard.push(number);
    }

    /// Enters and takes out marks, and finds who asked for those that changed their owner.
    fn change_marks(&mut self, number: u32, old: Option<Vec<Mark>>, mut new: Vec<Mark>, work: &mut Work) {
        let mut lost = old.unwrap_or_default();
        if !lost.is_empty() {
            lost.sort_unstable();
            lost.dedup();
            new.sort_unstable();
            new.dedup();
            let kept: Vec<Mark> = lost.iter().filter(|mark| new.binary_search(mark).is_ok()).cloned().collect();
            lost.retain(|mark| kept.binary_search(mark).is_err());
            new.retain(|mark| kept.binary_search(mark).is_err());
        }
        // The first devices of all: there is nobody whom it could affect.
        let alone = self.marks.is_unasked() && self.forwarding.is_blind();
        for mark in lost {
            if self.marks.disown(&mark, number) {
                self.affects(&mark, work);
            }
        }
        for mark in new {
            if alone {
                self.marks.own(mark, number);
            } else if self.marks.own(mark.clone(), number) {
                self.affects(&mark, work);
            }
        }
    }

    fn affects(&mut self, mark: &Mark, work: &mut Work) {
        work.rows.extend(self.marks.askers(mark));
        match mark {
            Mark::Mac(mac) => {
                let mac = marks::mac_key(*mac);
                work.silent.extend(self.forwarding.seen(mac).iter().chain(self.watched.all(&mac)));
            }
            Mark::Net(_) => {
                let owners = self.marks.owners(mark);
                if owners.len() <= WATCHED_NET {
                    work.silent.extend(owners);
                }
            }
            _ => {}
        }
    }

    fn recognise(&mut self, work: &mut Work) {
        work.rows.sort_unstable();
        work.rows.dedup();
        let numbers = std::mem::take(&mut work.rows);
        let read = shared_out(&numbers, |number| self.read(*number));
        for (number, read) in numbers.into_iter().zip(read) {
            if let Some(read) = read {
                self.take_rows(number, read, work);
            }
        }
    }

    /// Looks up what a device's rows speak of.
    fn read(&self, number: u32) -> Option<Read> {
        let node = self.nodes.get(number)?;
        let rows = &node.device().neighbours;
        let mut asker = Asker { marks: &self.marks, asked: Vec::with_capacity(rows.len()) };
        let found: Vec<Option<Found>> = rows.iter().map(|row| asker.recognise(row)).collect();
        let mut asked = asker.asked;
        asked.sort_unstable();
        asked.dedup();
        let weak = rows.iter().zip(&found).filter(|(row, _)| has_mac(row)).filter_map(|(_, found)| *found);
        let doubted = weak.filter(|found| found.weak).map(|found| found.device).collect();
        let rows: Vec<Row> = rows.iter().zip(found).map(|(row, found)| self.row(node, row, found)).collect();
        let (peers, claims) = (peers(number, &rows), claims(&node.device().neighbours, &rows));
        Some(Read { asked, doubted, rows, peers, claims })
    }

    fn take_rows(&mut self, number: u32, read: Read, work: &mut Work) {
        let Some(node) = self.nodes.get_mut(number) else { return };
        let forgotten = std::mem::replace(&mut node.asked, read.asked);
        for mark in &forgotten {
            self.marks.forget(mark, number);
        }
        for mark in &node.asked {
            self.marks.note(mark, number);
        }
        for device in read.doubted {
            self.doubters.insert(device, number);
        }
        let old_peers = std::mem::replace(&mut node.peers, read.peers);
        let met = old_peers.iter().chain(&node.peers).map(|(to, _)| couple(number, *to));
        work.couples.extend(met);
        node.rows = read.rows;
        let old_claims = std::mem::replace(&mut node.claims, read.claims.clone());
        self.claim(number, &old_claims, &read.claims, work);
        work.heard.push(number);
        work.silent.push(number);
    }

    /// A row with its local port. One that was recognised by a name only counts where the chassis id or the port agrees.
    fn row(&self, node: &Node, row: &NeighbourRow, found: Option<Found>) -> Row {
        let believed = found.filter(|found| {
            let Some(far) = self.nodes.get(found.device).filter(|_| found.weak) else { return true };
            let doubtful = contradicts(far.device().chassis_id.as_ref(), row.chassis_id.as_ref());
            !doubtful || ports::remote(far.ports(), row).is_some()
        });
        let (to, weak) = (believed.map(|found| found.device), believed.is_some_and(|found| found.weak));
        Row { to, weak, local: ports::local(node.ports(), row) }
    }

    fn claim(&mut self, number: u32, old: &[(u32, u32)], new: &[(u32, u32)], work: &mut Work) {
        if old == new {
            return;
        }
        for claim in old {
            self.forwarding.claims.remove(claim, number);
        }
        for claim in new {
            self.forwarding.claims.insert(*claim, number);
        }
        for claim in old.iter().chain(new) {
            work.silent.extend(self.forwarding.claims.all(claim).iter().copied().chain([claim.0]));
        }
    }

    fn look_at_manual(&mut self, work: &mut Work) {
        for number in self.manual.resolve(&self.nodes, &self.marks) {
            self.touch(number, work);
            work.couples.extend(self.manual.partners(number).filter(|other| *other != number).map(|other| couple(number, other)));
        }
    }

    fn pair(&mut self, work: &mut Work, delta: &mut Delta) {
        work.couples.sort_unstable();
        work.couples.dedup();
        let couples = std::mem::take(&mut work.couples);
        let links = shared_out(&couples, |key| self.couple_links(*key));
        for (key, links) in couples.into_iter().zip(links) {
            let together = !links.is_empty() || self.has_rows(key);
            let old = if links.is_empty() { self.couples.remove(&key) } else { None };
            let changed = match old {
                Some(old) => delta.change(&old, &[]),
                None if links.is_empty() => false,
                None => {
                    let slot = self.couples.entry(key).or_default();
                    let changed = delta.change(slot, &links);
                    *slot = links;
                    changed
                }
            };
            self.partner(key, together);
            if changed {
                work.silent.extend([key.0, key.1]);
                work.heard.extend([key.0, key.1]);
            }
        }
    }

    fn couple_links(&self, key: (u32, u32)) -> Vec<Arc<Link>> {
        let (Some(x), Some(y)) = (self.nodes.get(key.0), self.nodes.get(key.1)) else { return Vec::new() };
        let (x, y) = ((key.0, x), (key.1, y));
        let (first, second) = if x.1.device().id <= y.1.device().id { (x, y) } else { (y, x) };
        let couple = Couple { first, second };
        let mut links = pair::links(&couple);
        beside::add(&couple, &mut links);
        self.manual.overrule(&self.nodes, key, &mut links);
        merged(links).into_iter().map(Arc::new).collect()
    }

    fn has_rows(&self, key: (u32, u32)) -> bool {
        let speaks = |one: u32, other: u32| self.nodes.get(one).is_some_and(|node| node.of_peer(other).next().is_some());
        speaks(key.0, key.1) || speaks(key.1, key.0)
    }

    /// Notes whether two devices have anything in common.
    fn partner(&mut self, key: (u32, u32), together: bool) {
        for (one, other) in [key, (key.1, key.0)] {
            let Some(node) = self.nodes.get_mut(one) else { continue };
            match (node.partners.binary_search(&other), together) {
                (Err(at), true) => node.partners.insert(at, other),
                (Ok(at), false) => {
                    node.partners.remove(at);
                }
                _ => {}
            }
        }
    }

    fn infer(&mut self, work: &mut Work, delta: &mut Delta) {
        work.silent.sort_unstable();
        work.silent.dedup();
        let before = self.forwarding.reach(work.silent.iter().copied());
        let silent = shared_out(&work.silent, |number| (*number, self.silent(*number)));
        self.forwarding.reserve(silent.iter().map(|(_, silent)| silent));
        for (number, silent) in silent {
            if !self.forwarding.same_use(number, &silent) {
                work.heard.push(number);
            }
            self.forwarding.put(number, silent);
        }
        let reached = self.forwarding.reach(before.iter().chain(&work.silent).copied());
        let old = self.inferred.take(before.iter().chain(&reached));
        let members = self.nodes.sorted(reached);
        let linked = |one: u32, other: u32| self.couples.contains_key(&couple(one, other));
        let inference = Inference::new((&self.nodes, &self.marks), &self.forwarding, &linked);
        let inferred = inference.links(&members);
        self.watch(before.iter().chain(&members), inferred.asked);
        let new: Vec<Arc<Link>> = inferred.links.into_iter().map(Arc::new).collect();
        delta.change(&old, &new);
        for end in old.iter().chain(&new).flat_map(|link| [&link.a, &link.b]) {
            work.heard.extend(self.nodes.number(&end.device));
        }
        for link in new {
            self.inferred.put(&self.nodes, &link);
        }
    }

    /// Notes which addresses were asked for of these devices' tables.
    fn watch<'a>(&mut self, members: impl Iterator<Item = &'a u32>, asked: Vec<(marks::MacKey, u32)>) {
        for number in members {
            for mac in self.watches.remove(number).into_iter().flatten() {
                self.watched.remove(&mac, *number);
            }
        }
        for (mac, number) in asked {
            if self.watched.insert(mac, number) {
                self.watches.entry(number).or_default().push(mac);
            }
        }
    }

    /// What a device sees on its silent ports; nothing where it is gone.
    fn silent(&self, number: u32) -> Silent {
        let Some(node) = self.nodes.get(number) else { return Silent::default() };
        let mut silent = Silent::of(node, self.ports_with(number, self.paired_of(number)));
        Forwarding::look(&mut silent, number, |mac| self.marks.with_mac_key(mac));
        silent
    }

    fn hear(&mut self, work: &Work, delta: &mut Delta) {
        let mut heard = std::mem::take(&mut self.heard);
        let mut hearers: Vec<u32> = work.heard.clone();
        hearers.sort_unstable();
        hearers.dedup();
        let hears = |number: &u32| self.nodes.get(*number).is_some_and(|node| node.rows.iter().any(|row| row.to.is_none()));
        hearers.retain(|number| heard.has(*number) || hears(number));
        let ids = hearers.iter().filter_map(|number| Some((*number, self.nodes.device(*number)?.id.clone())));
        let hearers = ids.chain(work.gone.iter().cloned()).collect();
        let overruled = |number: u32, if_index: Option<IfIndex>| self.manual.overrules(number, if_index);
        let linked = |number: u32, port: IfIndex| self.is_linked(number, port);
        let around = Around { nodes: &self.nodes, overruled: &overruled, linked: &linked };
        heard.update(&around, hearers, delta);
        self.heard = heard;
    }

    /// Whether a link to a known device is at the port.
    fn is_linked(&self, number: u32, port: IfIndex) -> bool {
        let used = self.forwarding.get(number).is_some_and(|silent| silent.is_used(port));
        used || self.ports_with(number, self.inferred.at(number)).any(|other| other == port)
    }
}

const fn couple(one: u32, other: u32) -> (u32, u32) {
    if one < other { (one, other) } else { (other, one) }
}

fn has_mac(row: &NeighbourRow) -> bool {
    matches!(row.chassis_id, Some(ChassisId::Mac(_)))
}

/// Whether the device's own chassis id is another MAC address than the row says.
fn contradicts(own: Option<&ChassisId>, heard: Option<&ChassisId>) -> bool {
    matches!((own, heard), (Some(ChassisId::Mac(own)), Some(ChassisId::Mac(heard))) if own != heard)
}
