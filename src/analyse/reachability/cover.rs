//! What is reached through a part of the network alone.

use super::net::{Net, Place, Sign};
use std::collections::{BTreeSet, VecDeque};

/// The nodes that only these nodes and ways join to the rest of the network: to where the asking is done from, else to its largest part.
/// Whether ports are up now plays no part.
pub fn cut_off(net: &Net, taken: &BTreeSet<Place>, cut: &BTreeSet<usize>) -> Vec<Place> {
    let open = Open { net, taken, cut };
    let all = vec![true; net.len()];
    let groups = open.groups(&all);
    let is_here = |place: &&Place| net.sign(**place) == Sign::Here;
    let own = groups.iter().find(|group| group.iter().any(|place| is_here(&place)));
    let Some(main) = own.or_else(|| groups.iter().max_by_key(|group| (group.len(), std::cmp::Reverse(group.first().copied()))))
    else {
        return Vec::new();
    };
    let rank = |place: &&Place| (!is_here(place), !net.carries(**place), net.node(**place).map(|node| node.rank), **place);
    let reached = main.iter().min_by_key(rank).map(|from| open.reached(*from)).unwrap_or_default();
    let lost: Vec<bool> = net.places().map(|place| !reached.contains(&place)).collect();
    let hangs = |group: &&Vec<Place>| group.iter().any(|place| open.touches(*place));
    open.groups(&lost).iter().filter(hangs).flatten().copied().collect()
}

/// The network without what is taken out of it.
struct Open<'a> {
    net: &'a Net,
    taken: &'a BTreeSet<Place>,
    cut: &'a BTreeSet<usize>,
}

impl Open<'_> {
    fn next(&self, place: Place) -> impl Iterator<Item = Place> {
        let ways = self.net.ways(place);
        ways.filter(|(number, _, far)| !self.cut.contains(number) && !self.taken.contains(far)).map(|(_, _, far)| far)
    }

    /// Whether something was taken out beside it.
    fn touches(&self, place: Place) -> bool {
        self.net.ways(place).any(|(number, _, far)| self.cut.contains(&number) || self.taken.contains(&far))
    }

    /// The nodes that hang together, of those that are `wanted`.
    fn groups(&self, wanted: &[bool]) -> Vec<Vec<Place>> {
        let is_free = |place: Place| wanted.get(place) == Some(&true) && !self.taken.contains(&place);
        let mut seen = vec![false; self.net.len()];
        let mut groups = Vec::new();
        for first in self.net.places().filter(|place| is_free(*place)) {
            if seen.get(first) == Some(&true) {
                continue;
            }
            let (mut group, mut queue) = (Vec::new(), VecDeque::from([first]));
            seen.get_mut(first).into_iter().for_each(|seen| *seen = true);
            while let Some(place) = queue.pop_front() {
                group.push(place);
                for far in self.next(place).filter(|far| is_free(*far)) {
                    if let Some(seen @ false) = seen.get_mut(far) {
                        *seen = true;
                        queue.push_back(far);
                    }
                }
            }
            groups.push(group);
        }
        groups
    }

    /// What is reached from a node through those that carry others' traffic.
    fn reached(&self, from: Place) -> BTreeSet<Place> {
        let (mut reached, mut queue) = (BTreeSet::from([from]), VecDeque::from([from]));
        while let Some(place) = queue.pop_front() {
            let next: Vec<Place> = self.next(place).collect();
            for far in next {
                if reached.insert(far) && self.net.carries(far) {
                    queue.push_back(far);
                }
            }
        }
        reached
    }
}
