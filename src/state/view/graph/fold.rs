//! Which nodes are drawn, and which stand folded under their parent.

use super::layer::{ACCESS, DISTRIBUTION, LEAF};
use super::net::Net;
use crate::model::Role;
use crate::query::MapRequest;
use std::collections::BTreeMap;

/// What the id of a fold begins with; no device's id does.
pub(super) const FOLD: &str = "fold:";
/// Networks of so few nodes are drawn whole at the first fold level: there is room.
const SMALL: usize = 16;
/// So many distribution switches under one core fold too.
const MANY_DISTRIBUTION: usize = 16;

/// Several nodes that are drawn as one.
pub(super) struct Fold {
    pub(super) id: String,
    pub(super) role: Role,
    pub(super) layer: u8,
    /// Those that are counted: the nodes of one role under one parent.
    pub(super) members: Vec<usize>,
    /// Those and everything under them.
    pub(super) all: Vec<usize>,
}

/// How a node stands on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not on the map.
    Hidden,
    /// As itself.
    Drawn,
    /// In the fold of this number.
    Folded(usize),
}

/// The map after folding.
pub(super) struct Folded {
    pub(super) standing: Vec<Standing>,
    pub(super) folds: Vec<Fold>,
    /// What the filter names.
    pub(super) named: Vec<bool>,
}

/// Folds what is visible. `kept` and what leads to it is drawn.
pub(super) fn fold(net: &Net<'_>, map: &MapRequest, visible: &[bool], kept: &[usize]) -> Folded {
    let mut keep = vec![false; net.len()];
    for at in kept {
        net.up_from(*at, |above| {
            if let Some(slot) = keep.get_mut(above) {
                *slot = true;
            }
        });
    }
    let small = visible.iter().filter(|visible| **visible).count() <= SMALL;
    let mut folder = Folder {
        net,
        map,
        keep,
        level: if map.level == 0 && small { u8::MAX } else { map.level },
        children: children(net, visible),
        folded: Folded { standing: vec![Standing::Hidden; net.len()], folds: Vec::new(), named: Vec::new() },
    };
    let roots: Vec<usize> =
        (0..net.len()).filter(|at| is_visible(visible, *at) && !has_visible_parent(net, visible, *at)).collect();
    folder.group(None, roots);
    folder.folded
}

fn is_visible(visible: &[bool], at: usize) -> bool {
    visible.get(at).copied().unwrap_or(false)
}

fn has_visible_parent(net: &Net<'_>, visible: &[bool], at: usize) -> bool {
    net.parents.get(at).copied().flatten().is_some_and(|parent| is_visible(visible, parent))
}

fn children(net: &Net<'_>, visible: &[bool]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); net.len()];
    for at in (0..net.len()).filter(|at| is_visible(visible, *at)) {
        if let Some(list) = net.parents.get(at).copied().flatten().and_then(|parent| children.get_mut(parent)) {
            list.push(at);
        }
    }
    children
}

struct Folder<'a> {
    net: &'a Net<'a>,
    map: &'a MapRequest,
    keep: Vec<bool>,
    level: u8,
    children: Vec<Vec<usize>>,
    folded: Folded,
}

impl Folder<'_> {
    /// Draws or folds nodes and everything under them, without recursion: chains may be long.
    fn group(&mut self, parent: Option<usize>, nodes: Vec<usize>) {
        let mut waiting = vec![(parent, nodes)];
        while let Some((parent, nodes)) = waiting.pop() {
            let mut groups: BTreeMap<(u8, Role), Vec<usize>> = BTreeMap::new();
            for at in nodes {
                let layer = self.net.layer(at);
                let role = self.net.nodes.get(at).map_or(Role::Unknown, |node| node.role);
                // Unmanaged switches stand with access switches.
                let layer = if role == Role::Switch && layer == LEAF { ACCESS } else { layer };
                groups.entry((layer, role)).or_default().push(at);
            }
            for ((layer, role), members) in groups {
                for drawn in self.fold_group(parent, (layer, role), members) {
                    self.stand(drawn, Standing::Drawn);
                    let under = self.children.get_mut(drawn).map(std::mem::take).unwrap_or_default();
                    waiting.push((Some(drawn), under));
                }
            }
        }
    }

    /// Folds what may be folded; returns what is drawn.
    fn fold_group(&mut self, parent: Option<usize>, (layer, role): (u8, Role), members: Vec<usize>) -> Vec<usize> {
        let alone = parent.is_none() && members.iter().any(|at| self.net.near.get(*at).is_some_and(|near| !near.is_empty()));
        let may = match self.level {
            0 => layer >= ACCESS || (layer == DISTRIBUTION && members.len() > MANY_DISTRIBUTION),
            1 => layer >= LEAF || parent.is_none() && layer >= ACCESS,
            _ => false,
        };
        let name = parent.and_then(|parent| self.net.id(parent)).map_or("-", |id| id.as_str());
        let word = if layer == DISTRIBUTION { "distribution" } else { role.word() };
        let id = format!("{FOLD}{name}:{word}");
        if !may || alone || self.map.opened.contains(&id) {
            return members;
        }
        let (kept, members): (Vec<_>, Vec<_>) = members.into_iter().partition(|at| self.keep.get(*at).copied().unwrap_or(false));
        if members.len() < 2 {
            return kept.into_iter().chain(members).collect();
        }
        let number = self.folded.folds.len();
        let all = self.below(&members);
        for at in &all {
            self.stand(*at, Standing::Folded(number));
        }
        self.folded.folds.push(Fold { id, role, layer, members, all });
        kept
    }

    fn stand(&mut self, at: usize, standing: Standing) {
        if let Some(slot) = self.folded.standing.get_mut(at) {
            *slot = standing;
        }
    }

    /// Nodes and everything under them.
    fn below(&self, nodes: &[usize]) -> Vec<usize> {
        let mut all = nodes.to_vec();
        let mut next = 0;
        while let Some(at) = all.get(next).copied() {
            all.extend(self.children.get(at).into_iter().flatten().copied());
            next += 1;
        }
        all
    }
}
