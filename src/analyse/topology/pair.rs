//! Halves that speak of one cable become one link.
//!
//! Passes from strong to weak, as OpenNMS Enlinkd orders them: both ports named by both ends, then one port named, then
//! ports that differ, then by order. Each device knows its own port best, so a link's ends are the two local ports.

use super::index::Index;
use super::{Half, NEAR, Said, dress, end, protocols};
use crate::model::{Confirmed, Link, LinkEnd};
use rustc_hash::FxHashMap;

/// A link that only one end speaks of, its far port known.
const ONE_SIDED: f32 = 0.9;
/// The same, its far port not known.
const ONE_SIDED_PORTLESS: f32 = 0.7;
/// What is left of the confidence where a device was recognised by name or address only.
const WEAK: f32 = 0.9;

type Key = (u32, u32);

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

/// Links between known devices.
pub(super) fn links(index: &Index<'_>, mut halves: Vec<Half<'_>>) -> Vec<Link> {
    let couple = |half: &Half<'_>| (half.from.min(half.to), half.from.max(half.to));
    halves.sort_by(|x, y| {
        let key = |h: &Half<'_>| (couple(h), h.from, h.local, h.remote, h.evidence);
        key(x).cmp(&key(y)).then_with(|| x.said.cmp(&y.said)).then_with(|| x.remote_text.cmp(&y.remote_text))
    });
    let mut links = Vec::with_capacity(halves.len() / 2 + 1);
    for group in halves.chunk_by(|x, y| couple(x) == couple(y)) {
        let (forward, reverse): (Vec<_>, Vec<_>) = group.iter().cloned().partition(|half| half.from < half.to);
        links.extend(group_links(index, &one_each(forward), &one_each(reverse)));
    }
    links
}

/// Joins what several protocols say of one local port.
fn one_each(halves: Vec<Half<'_>>) -> Vec<Half<'_>> {
    let mut joined: Vec<Half<'_>> = Vec::with_capacity(halves.len());
    for half in halves {
        let same_port = |known: &&mut Half<'_>| {
            known.local == half.local
                && (half.local.is_some() || known.said == half.said)
                && (known.remote == half.remote || known.remote.is_none() || half.remote.is_none())
        };
        // Sorted by local port: what can be joined is at the end.
        match joined.iter_mut().rev().take(NEAR).take_while(|known| known.local == half.local).find(|known| same_port(known)) {
            Some(known) => {
                known.evidence |= half.evidence;
                known.remote = known.remote.or(half.remote);
                known.remote_text = known.remote_text.take().or(half.remote_text);
                known.weak &= half.weak;
            }
            None => joined.push(half),
        }
    }
    joined
}

fn group_links(index: &Index<'_>, forward: &[Half<'_>], reverse: &[Half<'_>]) -> Vec<Link> {
    let mut partner: Vec<Option<(usize, f32)>> = vec![None; forward.len()];
    let mut taken = vec![false; reverse.len()];
    for pass in &PASSES {
        apply_pass(pass, (forward, reverse), &mut partner, &mut taken);
    }
    let both = forward.iter().zip(&partner).filter_map(|(half, partner)| {
        let (other, confidence) = (*partner)?;
        two_sided(index, half, reverse.get(other)?, confidence)
    });
    let lone = forward.iter().zip(&partner).filter(|(_, partner)| partner.is_none()).map(|(half, _)| half);
    let lone = lone.chain(reverse.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(half, _)| half));
    both.chain(lone.filter_map(|half| one_sided(index, half))).collect()
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

fn two_sided(index: &Index<'_>, forward: &Half<'_>, reverse: &Half<'_>, confidence: f32) -> Option<Link> {
    let a_port = forward.local.or(reverse.remote);
    let b_port = reverse.local.or(forward.remote);
    let a = end(index, forward.from, a_port, forward.said)?;
    let b = end(index, reverse.from, b_port, reverse.said)?;
    let weak = forward.weak && reverse.weak;
    let mut link = plain(a, b, forward.evidence | reverse.evidence);
    link.confirmed_by = Confirmed::Both;
    link.confidence = if weak { confidence * WEAK } else { confidence };
    dress(index, &mut link, [(forward.from, a_port), (reverse.from, b_port)]);
    Some(link)
}

fn one_sided(index: &Index<'_>, half: &Half<'_>) -> Option<Link> {
    let near = end(index, half.from, half.local, half.said)?;
    let far = end(index, half.to, half.remote, Said::port(half.remote_text.as_deref()))?;
    let ends = [(half.from, half.local), (half.to, half.remote)];
    let (a, b, ends) = if near <= far { (near, far, ends) } else { (far, near, [ends[1], ends[0]]) };
    let mut link = plain(a, b, half.evidence);
    let confidence = if half.remote.is_some() { ONE_SIDED } else { ONE_SIDED_PORTLESS };
    link.confidence = if half.weak { confidence * WEAK } else { confidence };
    dress(index, &mut link, ends);
    Some(link)
}

/// A link of which nothing but its ends and evidence is known.
pub(super) fn plain(a: LinkEnd, b: LinkEnd, evidence: u16) -> Link {
    Link::between(a, b, protocols(evidence))
}
