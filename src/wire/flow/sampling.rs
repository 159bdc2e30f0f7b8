//! By what an exporter samples: from the record itself, the sampler that it names, or what options data said.

use super::plan::Aside;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// The sampler of records that name none.
const WHOLE: u64 = 0;

/// The exporter says that it samples, and not how.
pub(super) const UNKNOWN: u32 = 0;

/// Samplers of one exporter, by its options data. What is new takes the place of what was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Samplers {
    by_id: FxHashMap<u64, u32>,
    by_interface: FxHashMap<u32, u32>,
    /// Of the last record that named one: records of a sampler follow each other.
    #[serde(skip)]
    last: Option<(u64, u32)>,
}

/// What one record of options data says of sampling; 0 where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// samplingInterval (34).
    pub(super) interval: u64,
    /// samplerRandomInterval (50).
    pub(super) random_interval: u64,
    /// selectorAlgorithm (304).
    pub(super) algorithm: u64,
    /// samplingPacketInterval, samplingPacketSpace (305, 306).
    pub(super) packets: (u64, u64),
    /// samplingSize, samplingPopulation (309, 310).
    pub(super) size: (u64, u64),
}

/// selectorAlgorithm: systematic count-based, random n-out-of-N (IANA psamp-parameters).
const COUNT_BASED: u64 = 1;
const N_OUT_OF_N: u64 = 3;

impl Told {
    /// By what packets are sampled; `None` where this does not say.
    pub(super) fn rate(&self) -> Option<u32> {
        let population = self.size.1.checked_div(self.size.0).filter(|rate| *rate > 0);
        let count = self.packets.0.checked_add(self.packets.1).and_then(|all| all.checked_div(self.packets.0));
        let count = count.filter(|rate| *rate > 0);
        let stated = [self.interval, self.random_interval].into_iter().find(|rate| *rate > 0);
        let rate = stated.or(match self.algorithm {
            N_OUT_OF_N => population.or(count),
            COUNT_BASED => count.filter(|rate| *rate > 1).or(population).or(count),
            _ => population.or(count),
        })?;
        u32::try_from(rate).ok()
    }
}

impl Samplers {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len().max(self.by_interface.len())
    }

    /// Takes over what options data says of a sampler, or of an interface. `false` where there is no room.
    pub(super) fn learn(&mut self, sampler: Option<u64>, interface: Option<u32>, rate: u32, most: usize) -> bool {
        self.last = None;
        match (sampler, interface) {
            (None, Some(interface)) => put(&mut self.by_interface, interface, rate, most),
            (sampler, _) => put(&mut self.by_id, sampler.unwrap_or(WHOLE), rate, most),
        }
    }

    /// The rate of records that say nothing of it and came in by an interface.
    pub(super) fn of_interface(&self, interface: u32) -> u32 {
        let known = self.by_interface.get(&interface).or_else(|| self.by_id.get(&WHOLE));
        known.copied().unwrap_or_else(|| self.unnamed())
    }

    /// The rate of records that say nothing of it, where it is the same for all interfaces.
    pub(super) fn whole(&self) -> Option<u32> {
        self.by_interface.is_empty().then(|| self.by_id.get(&WHOLE).copied().unwrap_or_else(|| self.unnamed()))
    }

    /// Of a record that names no sampler, of an exporter that has some.
    fn unnamed(&self) -> u32 {
        if self.by_id.values().any(|rate| *rate > 1) { UNKNOWN } else { 1 }
    }

    /// The rate of a record that says something of it.
    pub(super) fn of_record(&mut self, aside: &Aside, has_id: bool, interface: u32) -> u32 {
        let narrow = |rate: u64| u32::try_from(rate).unwrap_or(u32::MAX);
        if aside.sampling_interval > 0 {
            return narrow(aside.sampling_interval);
        }
        if let Some(rate) = aside.packet_interval.saturating_add(aside.packet_space).checked_div(aside.packet_interval) {
            return narrow(rate);
        }
        let rate = if has_id { self.of_sampler(aside.sampler_id) } else { self.of_interface(interface) };
        // samplingAlgorithm (35) says that packets are chosen.
        if rate == 1 && aside.sampling_algorithm > 0 { UNKNOWN } else { rate }
    }

    fn of_sampler(&mut self, id: u64) -> u32 {
        if let Some((last, rate)) = self.last
            && last == id
        {
            return rate;
        }
        // Sampler 0 that nobody told of is none.
        let rate = self.by_id.get(&id).copied().unwrap_or(if id == WHOLE { 1 } else { UNKNOWN });
        self.last = Some((id, rate));
        rate
    }
}

fn put<K: Eq + std::hash::Hash>(map: &mut FxHashMap<K, u32>, key: K, rate: u32, most: usize) -> bool {
    let has_room = map.len() < most || map.contains_key(&key);
    if has_room {
        map.insert(key, rate);
    }
    has_room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_in_every_way_it_is_told() {
        let none = Told::default();
        let check = |told: Told, rate: Option<u32>| assert_eq!(told.rate(), rate, "{told:?}");
        check(none, None);
        check(Told { interval: 100, random_interval: 7, ..none }, Some(100));
        check(Told { random_interval: 2000, ..none }, Some(2000));
        // One packet of every 1000: an interval of 1 and 999 packets left out (RFC 5477 §8.2.2).
        check(Told { algorithm: COUNT_BASED, packets: (1, 999), ..none }, Some(1000));
        check(Told { algorithm: N_OUT_OF_N, packets: (1, 0), size: (1, 256), ..none }, Some(256));
        check(Told { packets: (1, 0), ..none }, Some(1));
        check(Told { packets: (0, 5), size: (0, 9), ..none }, None);
        check(Told { packets: (u64::MAX, u64::MAX), interval: u64::MAX, ..none }, None);
    }

    #[test]
    fn the_record_wins_over_its_sampler_and_that_over_the_exporter() {
        let mut samplers = Samplers::default();
        for (sampler, rate) in [(Some(1), 2000), (Some(2), 4000)] {
            assert!(samplers.learn(sampler, None, rate, 10));
        }
        let aside = |sampling_interval, sampler_id| Aside { sampling_interval, sampler_id, ..Aside::default() };
        assert_eq!(samplers.of_record(&aside(0, 1), true, 0), 2000);
        assert_eq!(samplers.of_record(&aside(0, 2), true, 0), 4000);
        assert_eq!(samplers.of_record(&aside(50, 2), true, 0), 50);
        assert_eq!(samplers.of_record(&aside(0, 3), true, 0), UNKNOWN);
        assert_eq!(samplers.whole(), Some(UNKNOWN));
        samplers.learn(Some(1), None, 10, 10);
        assert_eq!(samplers.of_record(&aside(0, 1), true, 0), 10);
    }

    #[test]
    fn an_interface_has_its_own_rate_and_no_more_are_remembered_than_there_is_room_for() {
        let mut samplers = Samplers::default();
        assert!(samplers.learn(None, Some(3), 100, 1) && samplers.learn(None, Some(3), 200, 1));
        assert!(!samplers.learn(None, Some(4), 100, 1));
        assert_eq!((samplers.of_interface(3), samplers.of_interface(4), samplers.whole()), (200, 1, None));
    }
}
