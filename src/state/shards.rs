//! A map by device in pieces: after a clone for a view, a change copies the piece that it is in and not the whole. Views are made ten times
//! a second, and each of thousands of polls between them changes its device.

use crate::model::DeviceId;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Pieces: of 5,000 devices each holds 80, and a clone takes 64 references.
const PIECES: usize = 64;

type Piece<T> = FxHashMap<DeviceId, Arc<T>>;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Shards<T> {
    pieces: Vec<Arc<Piece<T>>>,
}

impl<T> Default for Shards<T> {
    fn default() -> Self {
        Self { pieces: vec![Arc::default(); PIECES] }
    }
}

/// The upper half is the better mixed one.
fn place(id: &DeviceId) -> usize {
    let mut hasher = FxHasher::default();
    id.hash(&mut hasher);
    usize::try_from(hasher.finish() >> 32).unwrap_or(0) % PIECES
}

impl<T: Clone + Default> Shards<T> {
    /// What is known of a device.
    pub(super) fn get(&self, id: &DeviceId) -> Option<&Arc<T>> {
        self.pieces.get(place(id))?.get(id)
    }

    /// The same, to be changed; made where there was nothing.
    pub(super) fn of(&mut self, id: &DeviceId) -> &mut T {
        #[allow(clippy::indexing_slicing, reason = "there are as many pieces as places")]
        let piece = Arc::make_mut(&mut self.pieces[place(id)]);
        Arc::make_mut(piece.entry(id.clone()).or_default())
    }

    /// Forgets a device.
    pub(super) fn remove(&mut self, id: &DeviceId) {
        if let Some(piece) = self.pieces.get_mut(place(id)).filter(|piece| piece.contains_key(id)) {
            Arc::make_mut(piece).remove(id);
        }
    }

    /// All, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flat_map(|piece| piece.values()).map(AsRef::as_ref)
    }
}

impl<T: Clone + Default> FromIterator<(DeviceId, T)> for Shards<T> {
    fn from_iter<I: IntoIterator<Item = (DeviceId, T)>>(all: I) -> Self {
        let mut shards = Self::default();
        for (id, one) in all {
            *shards.of(&id) = one;
        }
        shards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_after_a_clone_leaves_the_clone_and_the_other_pieces_alone() {
        let id = |number: u32| DeviceId::new(&format!("mac:{number}"));
        let mut shards: Shards<u32> = (0..1000).map(|number| (id(number), number)).collect();
        let clone = shards.clone();
        *shards.of(&id(7)) = 70;
        shards.remove(&id(8));
        shards.remove(&id(2000));
        assert_eq!((shards.get(&id(7)).map(|one| **one), clone.get(&id(7)).map(|one| **one)), (Some(70), Some(7)));
        assert_eq!((shards.get(&id(8)), clone.get(&id(8)).map(|one| **one)), (None, Some(8)));
        assert_eq!((shards.values().count(), clone.values().sum::<u32>()), (999, 499_500));
        let shared = shards.pieces.iter().zip(&clone.pieces).filter(|(one, other)| Arc::ptr_eq(one, other)).count();
        assert!(shared >= PIECES - 2, "{shared}");
    }
}
