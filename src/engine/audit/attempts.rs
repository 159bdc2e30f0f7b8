//! Attempts of those who are known by their address alone: of each address the first is told at once, of what follows in a minute the number.

use crate::model::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// For how long attempts are counted together.
pub(in crate::engine) const WINDOW: Duration = Duration::from_secs(60);

/// Addresses that are kept apart; what comes from others is counted together, without an address.
const MOST_KEPT: usize = 1024;

/// See the module.
#[derive(Debug, Default)]
pub(in crate::engine) struct Attempts(BTreeMap<Option<IpAddr>, Count>);

#[derive(Debug)]
struct Count {
    since: Timestamp,
    waiting: u64,
}

/// How many attempts from where; `None` are addresses beyond those that are kept apart.
pub(in crate::engine) type Counted = (Option<IpAddr>, u64);

impl Attempts {
    /// One more. What is to be told of it now; `None` while it is only counted.
    pub(in crate::engine) fn add(&mut self, address: IpAddr, now: Timestamp) -> Option<Counted> {
        let known = self.0.contains_key(&Some(address)) || self.0.len() < MOST_KEPT;
        let key = known.then_some(address);
        match self.0.get_mut(&key) {
            Some(count) => {
                count.waiting = count.waiting.saturating_add(1);
                None
            }
            None => {
                self.0.insert(key, Count { since: now, waiting: 0 });
                Some((key, 1))
            }
        }
    }

    /// What was counted in minutes that are over. Addresses from which nothing came are forgotten.
    pub(in crate::engine) fn due(&mut self, now: Timestamp) -> Vec<Counted> {
        let mut told = Vec::new();
        self.0.retain(|address, count| {
            // A clock that steps back ends a window as well.
            let is_over = now < count.since || now.since(count.since) >= WINDOW;
            if !is_over {
                return true;
            }
            let waiting = std::mem::take(&mut count.waiting);
            count.since = now;
            if waiting > 0 {
                told.push((*address, waiting));
            }
            waiting > 0
        });
        told
    }

    /// What was counted and not told: it ends.
    pub(in crate::engine) fn rest(&mut self) -> Vec<Counted> {
        let all = std::mem::take(&mut self.0);
        all.into_iter().filter(|(_, count)| count.waiting > 0).map(|(address, count)| (address, count.waiting)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from(0x0a00_0000 + number).into()
    }

    #[test]
    fn the_first_is_told_and_then_a_number_a_minute_for_each_address() {
        let mut attempts = Attempts::default();
        let at = Timestamp::from_secs;
        assert_eq!(attempts.add(address(1), at(0)), Some((Some(address(1)), 1)));
        assert!((1..40).all(|second| attempts.add(address(1), at(second)).is_none()));
        assert_eq!(attempts.add(address(2), at(41)), Some((Some(address(2)), 1)), "somebody else is told");
        assert_eq!(attempts.due(at(59)), []);
        assert_eq!(attempts.due(at(60)), [(Some(address(1)), 39)]);
        assert_eq!(attempts.add(address(1), at(61)), None, "a minute of its own began");
        assert_eq!(attempts.due(at(101)), [], "the other address is forgotten");
        assert_eq!(attempts.due(at(120)), [(Some(address(1)), 1)]);
        assert_eq!(attempts.due(at(180)), []);
        assert_eq!(attempts.add(address(1), at(181)), Some((Some(address(1)), 1)));
        assert_eq!((attempts.add(address(1), at(182)), attempts.rest()), (None, vec![(Some(address(1)), 1)]));
        assert_eq!(attempts.rest(), []);
    }

    #[test]
    fn however_many_addresses_try_the_memory_is_bounded_and_none_is_lost() {
        let mut attempts = Attempts::default();
        let told: u64 = (0..5000).filter_map(|number| attempts.add(address(number), Timestamp(0))).map(|(_, count)| count).sum();
        assert!(attempts.0.len() <= MOST_KEPT + 1);
        let counted: u64 = attempts.due(Timestamp::from_secs(60)).iter().map(|(_, count)| count).sum();
        assert_eq!(told + counted, 5000);
    }
}
