//! Traps on their way to the state: of many that say the same the first is told at once, and the others as a number. A storm of traps moves
//! neither the journal nor the agents; all of them are log lines.

use crate::event::{Trap, TrapTold};
use crate::model::log::TrapBind;
use crate::model::{Severity, Timestamp, limit};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::time::Duration;

/// How long others that say the same are only counted.
const FOLDED_FOR: Duration = Duration::from_secs(60);

/// Between two hints that a sender's device is to be looked at, of which nothing else is told.
const HINT_EVERY: Duration = Duration::from_secs(1);

/// What is told of one sender in [`SPAN`] beside what is folded: a switch with 48 ports that lose power says so.
const MOST_TOLD: u32 = 100;

/// See [`MOST_TOLD`].
const SPAN: Duration = Duration::from_secs(10);

/// What was said, and how often since it was told.
struct Said {
    told_at: Timestamp,
    more: u32,
    last: Trap,
}

/// How a sender does.
struct Sender {
    from: Timestamp,
    told: u32,
    hinted_at: Timestamp,
    /// A hint that is still to be told.
    held: Option<Trap>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Fold {
    said: FxHashMap<u64, Said>,
    senders: FxHashMap<IpAddr, Sender>,
    /// Traps that are told by number only.
    pub(super) folded: u64,
}

impl Fold {
    /// Takes a trap; what is to be told of it now.
    pub(super) fn add(&mut self, trap: Trap, now: Timestamp) -> Option<Trap> {
        if trap.told.is_none() {
            return self.hint(trap, now);
        }
        let key = key(&trap);
        if let Some(said) = self.said.get_mut(&key)
            && now.since(said.told_at) < FOLDED_FOR
        {
            said.more = said.more.saturating_add(1);
            said.last = trap.clone();
            self.folded += 1;
            return self.hint(Trap { told: None, ..trap }, now);
        }
        if !self.may_tell(trap.source, now) || !limit::TRAP_SENDERS.has_room(self.said.len()) {
            self.folded += 1;
            return self.hint(Trap { told: None, ..trap }, now);
        }
        let more = self.said.insert(key, Said { told_at: now, more: 0, last: trap.clone() }).map_or(0, |said| said.more);
        Some(with_count(trap, more.saturating_add(1)))
    }

    fn sender(&mut self, source: IpAddr, now: Timestamp) -> Option<&mut Sender> {
        if !self.senders.contains_key(&source) && !limit::TRAP_SENDERS.has_room(self.senders.len()) {
            return None;
        }
        let fresh = || Sender { from: now, told: 0, hinted_at: Timestamp(i64::MIN / 2), held: None };
        Some(self.senders.entry(source).or_insert_with(fresh))
    }

    fn may_tell(&mut self, source: IpAddr, now: Timestamp) -> bool {
        let Some(sender) = self.sender(source, now) else { return false };
        if now.since(sender.from) >= SPAN {
            (sender.from, sender.told) = (now, 0);
        }
        sender.told += 1;
        sender.hinted_at = now;
        sender.held = None;
        sender.told <= MOST_TOLD
    }

    fn hint(&mut self, trap: Trap, now: Timestamp) -> Option<Trap> {
        if !trap.poll && !trap.reread {
            return None;
        }
        let sender = self.sender(trap.source, now)?;
        if now.since(sender.hinted_at) >= HINT_EVERY {
            sender.hinted_at = now;
            return Some(trap);
        }
        sender.held = Some(trap);
        None
    }

    /// What is to be told now of what was held back.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<Trap> {
        let mut due = Vec::new();
        self.said.retain(|_, said| {
            let over = now.since(said.told_at) >= FOLDED_FOR;
            if over && said.more > 0 {
                due.push(with_count(said.last.clone(), said.more));
                (said.told_at, said.more) = (now, 0);
                return true;
            }
            !over
        });
        self.senders.retain(|_, sender| {
            if now.since(sender.hinted_at) >= HINT_EVERY
                && let Some(trap) = sender.held.take()
            {
                sender.hinted_at = now;
                due.push(trap);
            }
            now.since(sender.from) < 2 * SPAN || now.since(sender.hinted_at) < SPAN
        });
        due
    }
}

fn with_count(trap: Trap, count: u32) -> Trap {
    Trap { told: trap.told.map(|told| Box::new(TrapTold { count, ..*told })), ..trap }
}

/// What makes two traps say the same: who, what, and of which part; figures may differ.
fn key(trap: &Trap) -> u64 {
    let mut hasher = FxHasher::default();
    (trap.source, trap.agent, &trap.name, trap.if_index).hash(&mut hasher);
    if let Some(told) = &trap.told {
        (told.severity == Some(Severity::Cleared)).hash(&mut hasher);
        for TrapBind { name, value } in &told.detail.binds {
            name.hash(&mut hasher);
            if !value.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                value.hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IfIndex;
    use crate::model::log::TrapDetail;

    fn trap(source: u8, port: u32) -> Trap {
        let detail = TrapDetail {
            oid: None,
            name: "linkDown".to_owned(),
            version: "v2c".to_owned(),
            inform: false,
            uptime_ticks: None,
            if_index: Some(IfIndex(port)),
            binds: Vec::new(),
            left_out: 0,
        };
        let told = Some(Box::new(TrapTold { detail, severity: None, count: 1 }));
        let if_index = Some(IfIndex(port));
        Trap { source: [10, 0, 0, source].into(), agent: None, name: None, if_index, poll: true, reread: false, told }
    }

    fn told(trap: Option<Trap>) -> Option<u32> {
        trap.and_then(|trap| trap.told).map(|told| told.count)
    }

    #[test]
    fn the_first_is_told_at_once_and_the_others_by_number() {
        let mut fold = Fold::default();
        assert_eq!(told(fold.add(trap(1, 1), Timestamp(0))), Some(1));
        for at in 1..500 {
            assert_eq!(told(fold.add(trap(1, 1), Timestamp(at))), None);
        }
        assert_eq!(told(fold.add(trap(1, 2), Timestamp(500))), Some(1));
        assert!(fold.due(Timestamp(59_000)).iter().all(|trap| trap.told.is_none()));
        let due: Vec<u32> = fold.due(Timestamp(60_000)).into_iter().filter_map(|trap| told(Some(trap))).collect();
        assert_eq!((due, fold.folded), (vec![499], 499));
        assert_eq!(fold.due(Timestamp(130_000)).len(), 0);
        assert_eq!(told(fold.add(trap(1, 1), Timestamp(130_001))), Some(1));
    }

    #[test]
    fn a_device_is_looked_at_after_the_last_of_many() {
        let mut fold = Fold::default();
        assert!(fold.add(trap(1, 1), Timestamp(0)).is_some());
        assert!(fold.add(trap(1, 1), Timestamp(300)).is_none());
        assert!(fold.due(Timestamp(900)).is_empty());
        let due = fold.due(Timestamp(1000));
        assert!(due.len() == 1 && due[0].poll && due[0].told.is_none());
        assert!(fold.due(Timestamp(2000)).is_empty());
    }

    #[test]
    fn made_up_senders_are_told_by_number_and_known_ones_go_on() {
        let (mut fold, most) = (Fold::default(), limit::TRAP_SENDERS.most());
        let from = |number: usize| Trap { source: u32::try_from(number).unwrap().to_be_bytes().into(), ..trap(1, 1) };
        let (told, beyond) = limit::TRAP_SENDERS
            .during(|| (0..most + 500).filter(|number| fold.add(from(*number), Timestamp(5)).is_some()).count());
        assert_eq!((told, fold.said.len(), fold.senders.len()), (most, most, most));
        assert!(beyond >= 500 && fold.folded == 500);
        assert!(fold.add(from(0), Timestamp(2000)).is_some_and(|trap| trap.poll), "a device that is known is looked at");
    }

    #[test]
    fn a_sender_that_says_ever_other_things_is_bounded() {
        let mut fold = Fold::default();
        let of_one = (0..5000).filter(|port| told(fold.add(trap(1, *port), Timestamp(5))).is_some()).count();
        assert_eq!(of_one, 100);
        // Others are heard all the same.
        assert_eq!(told(fold.add(trap(2, 1), Timestamp(5))), Some(1));
        fold.due(Timestamp(200_000));
        fold.due(Timestamp(400_000));
        assert!(fold.said.is_empty() && fold.senders.is_empty());
    }
}
