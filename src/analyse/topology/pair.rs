//! Halves that speak of one cable become one link.
//!
//! Passes from strong to weak, as OpenNMS Enlinkd orders them: both ports named by both ends, then one port named, then
//! ports that differ, then by order. Each device knows its own port best, so a link's ends are the two local ports.

use super::nodes::{Node, Row};
use super::{At, NEAR, Said, bit, far_text, is_primary, link, ports};
use crate::model::{Confirmed, Link, NeighbourRow};
use rustc_hash::FxHashMap;

/// A link that only one end speaks of, its far port known.
const ONE_SIDED: f32 = 0.9;
/// The same, its far port not known.
const ONE_SIDED_PORTLESS: f32 = 0.7;
/// What is left of the confidence where a device was recognised by name or address only.
const WEAK: f32 = 0.9;

type Key = (u32, u32);

/// Half a link: what one row of one device says of another, or several protocols' rows of one port.
#[derive(Clone, Debug)]
struct Half<'a> {
    /// Place of the local port.
    local: Option<u32>,
    /// What the row says of the local port, for ports that are not in the interface table.
    said: Said<'a>,
    /// Place of the far port.
    remote: Option<u32>,
    /// The row that says something of the far port.
    far: &'a NeighbourRow,
    /// Protocols, a bit each.
    evidence: u16,
    /// Recognised by name or address only.
    weak: bool,
}

/// How two halves are brought together.
struct Pass {
    confidence: f32,
    forward: fn(&Half<'_>) -> Option<Key>,
    reverse: fn(&Half<'_>) -> Option<Key>,
}

const PASSES: [Pass; 6] = [
    // Both ends name both ports.
    Pass { confidence: 1.0, forward: |f| Some((f.local?, f.remote?)), reverse: |r| Some((r.remote?, r.local?)) },
    // One end names both ports, the other its own.
    Pass { confidence: 0.95, forward: |f| f.remote.is_none().then_some((f.local?, 0)), reverse: |r| Some((r.remote?, 0)) },
    Pass { confidence: 0.95, forward: |f| Some((f.remote?, 0)), reverse: |r| r.remote.is_none().then_some((r.local?, 0)) },
    // The far port was named wrongly (a description that people edit, another numbering).
    Pass { confidence: 0.8, forward: |f| Some((f.local?, 0)), reverse: |r| Some((r.remote?, 0)) },
    Pass { confidence: 0.8, forward: |f| Some((f.remote?, 0)), reverse: |r| Some((r.local?, 0)) },
    // Neither end knows the other's port: in the order of the ports.
    Pass {
        confidence: 0.6,
        forward: |f| f.remote.is_none().then_some((0, 0)),
        reverse: |r| r.remote.is_none().then_some((0, 0)),
    },
];

/// Two devices with their numbers, the one whose id sorts first in front.
#[derive(Clone, Copy)]
pub(super) struct Couple<'a> {
    pub(super) first: (u32, &'a Node),
    pub(super) second: (u32, &'a Node),
}

/// Links between two devices out of what neighbour protocols say.
pub(super) fn links(couple: &Couple<'_>) -> Vec<Link> {
    let (first, second) = (couple.first, couple.second);
    let forward = halves(first.1, second);
    let reverse = halves(second.1, first);
    let mut partner: Vec<Option<(usize, f32)>> = vec![None; forward.len()];
    let mut taken = vec![false; reverse.len()];
    for pass in &PASSES {
        if partner.iter().all(Option::is_some) || taken.iter().all(|taken| *taken) {
            break;
        }
        apply_pass(pass, (&forward, &reverse), &mut partner, &mut taken);
    }
    let both = forward.iter().zip(&partner).filter_map(|(half, partner)| {
        let (other, confidence) = (*partner)?;
        Some(two_sided((first.1, half), (second.1, reverse.get(other)?), confidence))
    });
    let alone = forward.iter().zip(&partner).filter(|(_, partner)| partner.is_none());
    let alone = alone.map(|(half, _)| one_sided(first.1, second.1, half));
    let answering = reverse.iter().zip(&taken).filter(|(_, taken)| !**taken);
    both.chain(alone).chain(answering.map(|(half, _)| one_sided(second.1, first.1, half))).collect()
}

/// What one device says of another, what several protocols say of one port joined.
fn halves<'a>(from: &'a Node, (number, to): (u32, &'a Node)) -> Vec<Half<'a>> {
    let rows = from.of_peer(number).filter(|(row, _)| is_primary(row.protocol));
    let mut halves: Vec<Half<'a>> = rows.map(|(row, found)| half(to, row, found)).collect();
    if halves.len() > 1 {
        halves.sort_by(|x, y| {
            let key = |h: &Half<'_>| (h.local, h.remote, h.evidence);
            let far = |h: &Half<'a>| (&h.far.port_id, &h.far.port_descr);
            key(x).cmp(&key(y)).then_with(|| x.said.cmp(&y.said)).then_with(|| far(x).cmp(&far(y)))
        });
        halves = one_each(halves);
    }
    halves
}

fn half<'a>(to: &Node, row: &'a NeighbourRow, found: &Row) -> Half<'a> {
    let remote = ports::remote(to.ports(), row);
    // A port id that names the aggregate says nothing of the member.
    let names_aggregate = to.port(remote).is_some_and(|port| ports::is_aggregate(to.device(), port.if_index));
    Half {
        local: found.local,
        said: Said::locally(row),
        remote: remote.filter(|_| !names_aggregate),
        far: row,
        evidence: bit(row.protocol),
        weak: found.weak,
    }
}

/// Joins what several protocols say of one local port.
fn one_each(halves: Vec<Half<'_>>) -> Vec<Half<'_>> {
    let mut joined: Vec<Half<'_>> = Vec::with_capacity(halves.len());
    for half in halves {
        let same_port = |known: &&mut Half<'_>| {
            (half.local.is_some() || known.said == half.said)
                && (known.remote == half.remote || known.remote.is_none() || half.remote.is_none())
        };
        // Sorted by local port: what can be joined is at the end.
        match joined.iter_mut().rev().take(NEAR).take_while(|known| known.local == half.local).find(|known| same_port(known)) {
            Some(known) => {
                known.evidence |= half.evidence;
                known.weak &= half.weak;
                let silent = known.far.port_id.is_none() && known.far.port_descr.is_none();
                if (known.remote.is_none() && half.remote.is_some()) || silent {
                    known.far = half.far;
                }
                known.remote = known.remote.or(half.remote);
            }
            None => joined.push(half),
        }
    }
    joined
}

fn apply_pass(
    pass: &Pass,
    (forward, reverse): (&[Half<'_>], &[Half<'_>]),
    partner: &mut [Option<(usize, f32)>],
    taken: &mut [bool],
) {
    let mut waiting: FxHashMap<Key, Vec<usize>> = FxHashMap::default();
    for (number, half) in reverse.iter().enumerate().rev() {
        if let (Some(key), Some(false)) = ((pass.reverse)(half), taken.get(number)) {
            waiting.entry(key).or_default().push(number);
        }
    }
    for (half, partner) in forward.iter().zip(partner).filter(|(_, partner)| partner.is_none()) {
        let found = (pass.forward)(half).and_then(|key| waiting.get_mut(&key)).and_then(Vec::pop);
        if let Some(slot) = found.and_then(|number| taken.get_mut(number)) {
            *slot = true;
            *partner = found.map(|number| (number, pass.confidence));
        }
    }
}

fn two_sided((first, forward): (&Node, &Half<'_>), (second, reverse): (&Node, &Half<'_>), confidence: f32) -> Link {
    let a = At { node: first, port: forward.local.or(reverse.remote), said: forward.said };
    let b = At { node: second, port: reverse.local.or(forward.remote), said: reverse.said };
    let mut link = link(a, b, forward.evidence | reverse.evidence);
    link.confirmed_by = Confirmed::Both;
    link.confidence = if forward.weak && reverse.weak { confidence * WEAK } else { confidence };
    link
}

fn one_sided(from: &Node, to: &Node, half: &Half<'_>) -> Link {
    let text = if half.remote.is_none() { far_text(half.far) } else { None };
    let near = At { node: from, port: half.local, said: half.said };
    let far = At { node: to, port: half.remote, said: Said::port(text.as_deref()) };
    let mut link = link(near, far, half.evidence);
    let confidence = if half.remote.is_some() { ONE_SIDED } else { ONE_SIDED_PORTLESS };
    link.confidence = if half.weak { confidence * WEAK } else { confidence };
    link
}
