//! Where noctop itself lately asked with a credential that it did not know to be right.

use crate::model::{Timestamp, limit};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long after such a question what an agent says of it may come: a question is repeated for some six seconds, and the agent sends its
/// notification in its own time.
const WITHIN: Duration = Duration::from_secs(15);

/// See the module.
#[derive(Debug, Default)]
pub struct Tries(Mutex<FxHashMap<IpAddr, Timestamp>>);

impl Tries {
    /// An agent is asked with a credential that it may not take. Beyond the bound nothing is noted: then a notification counts as another's.
    pub fn note(&self, agent: IpAddr, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= limit::SNMP_TRIES.most() {
            known.retain(|_, at| now.since(*at) <= WITHIN);
        }
        if known.contains_key(&agent) || limit::SNMP_TRIES.has_room(known.len()) {
            known.insert(agent, now);
        }
    }

    /// Whether an agent that complains at `now` may mean noctop itself.
    pub fn is_recent(&self, agent: IpAddr, now: Timestamp) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&agent).is_some_and(|at| *at <= now && now.since(*at) <= WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_without_end_is_noted_as_far_as_there_is_room() {
        let (at, tries) = (Timestamp::from_secs, Tries::default());
        let agent = |number: usize| IpAddr::from(u32::try_from(number).unwrap().to_be_bytes());
        let most = limit::SNMP_TRIES.most();
        let ((), beyond) = limit::SNMP_TRIES.during(|| (0..most + 9).for_each(|number| tries.note(agent(number), at(100))));
        assert!(beyond >= 9 && tries.0.lock().unwrap().len() == most);
        assert!(tries.is_recent(agent(0), at(100)) && !tries.is_recent(agent(most), at(100)));
        tries.note(agent(most), at(200));
        assert!(tries.is_recent(agent(most), at(200)), "old ones make room");
    }

    #[test]
    fn a_try_is_recent_for_some_seconds_at_its_agent() {
        let (at, agent) = (Timestamp::from_secs, IpAddr::from([192, 0, 2, 1]));
        let tries = Tries::default();
        tries.note(agent, at(100));
        assert_eq!([99, 100, 115, 116].map(|secs| tries.is_recent(agent, at(secs))), [false, true, true, false]);
        assert!(!tries.is_recent(IpAddr::from([192, 0, 2, 2]), at(100)));
    }
}
