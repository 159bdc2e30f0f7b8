//! Links that the operator wrote down: they stand whatever the protocols say.

use super::index::Index;
use super::pair::plain;
use super::{Said, dress, end};
use crate::model::{Evidence, Link, LinkEnd};
use rustc_hash::FxHashSet;

/// A link as the operator wrote it: each end a device (id, or name where it is unique) and a port's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualLink {
    /// One end.
    pub a: (String, String),
    /// The other.
    pub b: (String, String),
}

/// Adds the manual links and takes out what was found on their ports. Returns those that name what is not known.
pub(super) fn overrule(index: &Index<'_>, manual: &[ManualLink], links: &mut Vec<Link>) -> Vec<usize> {
    let resolved: Vec<_> = manual.iter().map(|link| (port(index, &link.a), port(index, &link.b))).collect();
    let mut unknown = Vec::new();
    let mut added = Vec::new();
    for (number, ends) in resolved.into_iter().enumerate() {
        let made = match ends {
            (Some(a), Some(b)) if a != b => written(index, a, b),
            _ => None,
        };
        match made {
            Some(link) => added.push(link),
            None => unknown.push(number),
        }
    }
    let used: FxHashSet<&LinkEnd> = added.iter().flat_map(|link| [&link.a, &link.b]).collect();
    let pairs: FxHashSet<(&LinkEnd, &LinkEnd)> = added.iter().map(|link| (&link.a, &link.b)).collect();
    links.retain(|link| pairs.contains(&(&link.a, &link.b)) || !(used.contains(&link.a) || used.contains(&link.b)));
    links.extend(added);
    unknown
}

fn port(index: &Index<'_>, (device, port): &(String, String)) -> Option<(u32, u32)> {
    let by_id = index.devices.binary_search_by(|known| known.id.as_str().cmp(device)).ok();
    let number = by_id.and_then(|at| u32::try_from(at).ok()).or_else(|| index.named(device))?;
    Some((number, index.ports(number)?.named(port)?))
}

fn written(index: &Index<'_>, a: (u32, u32), b: (u32, u32)) -> Option<Link> {
    let ends = (end(index, a.0, Some(a.1), Said::default())?, end(index, b.0, Some(b.1), Said::default())?);
    let ((near, far), (x, y)) = if ends.0 <= ends.1 { (ends, (a, b)) } else { ((ends.1, ends.0), (b, a)) };
    let mut link = plain(near, far, 1 << (Evidence::Manual as u16));
    link.confidence = 1.0;
    dress(index, &mut link, [(x.0, Some(x.1)), (y.0, Some(y.1))]);
    Some(link)
}
