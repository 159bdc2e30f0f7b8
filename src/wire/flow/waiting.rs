//! Data that came before its template: kept for a while, in bounds, and decoded when the template comes.

use super::limits::Limits;
use super::stream::Told;
use std::collections::VecDeque;

/// Stands before the octets, as the datagram's header did: a plan reads eight octets that end with a field.
pub(super) const LEAD: usize = 16;

/// A data set.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) id: u16,
    pub(super) told: Told,
    /// [`LEAD`] octets and those of the set.
    pub(super) octets: Box<[u8]>,
}

/// Those of one exporter, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    sets: VecDeque<Set>,
    octets: usize,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    /// Keeps a set; the oldest make room. Returns how many were given up for it, itself among them.
    pub(super) fn keep(&mut self, id: u16, (told, body): (Told, &[u8]), limits: &Limits, all: &mut usize) -> u64 {
        let size = LEAD + body.len();
        if size > limits.waiting_octets || limits.waiting_sets == 0 {
            return 1;
        }
        let mut given_up = 0;
        while self.sets.len() >= limits.waiting_sets || self.octets + size > limits.waiting_octets {
            match self.sets.pop_front() {
                Some(set) => self.left(&set, all),
                None => break,
            }
            given_up += 1;
        }
        if *all + size > limits.all_waiting_octets {
            return given_up + 1;
        }
        let octets = [&[0; LEAD], body].concat().into_boxed_slice();
        self.octets += size;
        *all += size;
        self.sets.push_back(Set { id, told, octets });
        given_up
    }

    /// Takes out the sets of a template.
    pub(super) fn take(&mut self, id: u16, all: &mut usize) -> Vec<Set> {
        if self.sets.is_empty() {
            return Vec::new();
        }
        let (taken, rest): (VecDeque<Set>, VecDeque<Set>) =
            std::mem::take(&mut self.sets).into_iter().partition(|set| set.id == id);
        self.sets = rest;
        taken.iter().for_each(|set| self.left(set, all));
        taken.into()
    }

    fn left(&mut self, set: &Set, all: &mut usize) {
        self.octets = self.octets.saturating_sub(set.octets.len());
        *all = all.saturating_sub(set.octets.len());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test says what it expects")]

    use super::*;

    #[test]
    fn the_oldest_make_room_and_no_more_is_kept_than_the_limits_say() {
        let limits = Limits { waiting_sets: 3, waiting_octets: 100, all_waiting_octets: 80, ..Limits::default() };
        let (mut waiting, mut all) = (Waiting::default(), 0);
        let mut keep = |id, body: &[u8]| waiting.keep(id, (Told::default(), body), &limits, &mut all);
        assert_eq!((keep(256, &[1; 4]), keep(257, &[2; 4]), keep(258, &[3; 4]), keep(259, &[4; 4])), (0, 0, 0, 1));
        // Larger than all that may wait of one exporter, then of all.
        assert_eq!((keep(260, &[0; 90]), keep(261, &[0; 80])), (1, 4));
        assert_eq!((waiting.len(), waiting.octets(), all), (0, 0, 0));
        assert_eq!(waiting.keep(300, (Told::default(), &[9]), &limits, &mut all), 0);
        assert_eq!(waiting.take(299, &mut all).len(), 0);
        let taken = waiting.take(300, &mut all);
        assert_eq!((taken.len(), taken[0].octets[LEAD], waiting.octets(), all), (1, 9, 0, 0));
    }
}
