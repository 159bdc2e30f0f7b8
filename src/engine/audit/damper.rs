//! Keeps a flood of attempts from filling the disk: so many of one user and kind in a minute are told, of the others their number.

use crate::model::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// For how long attempts are counted together.
const WINDOW: Duration = Duration::from_secs(60);

/// Attempts of one user and kind that are told in it: more than any person makes, and any script that does well.
const MOST: u32 = 30;

/// Users and kinds that are kept apart; those that are over make room, and where none is, all begin anew.
const MOST_KEPT: usize = 1024;

/// See the module.
#[derive(Debug, Default)]
pub struct Damper(BTreeMap<(Option<u32>, String), Count>);

#[derive(Debug)]
struct Count {
    since: Timestamp,
    seen: u32,
    left_out: u64,
}

impl Damper {
    /// Whether one is told: how many before it were left out; `None` where it is left out itself.
    pub fn pass(&mut self, (uid, kind): (Option<u32>, &str), now: Timestamp) -> Option<u64> {
        if self.0.len() >= MOST_KEPT {
            self.0.retain(|_, count| now.since(count.since) < WINDOW);
        }
        if self.0.len() >= MOST_KEPT {
            self.0.clear();
        }
        let count = self.0.entry((uid, kind.to_owned())).or_insert(Count { since: now, seen: 0, left_out: 0 });
        // A clock that steps back begins a window as well.
        if now < count.since || now.since(count.since) >= WINDOW {
            (count.since, count.seen) = (now, 0);
        }
        count.seen = count.seen.saturating_add(1);
        if count.seen > MOST {
            count.left_out += 1;
            return None;
        }
        Some(std::mem::take(&mut count.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_told_with_the_next_that_passes() {
        let mut damper = Damper::default();
        let mut tell = |uid, secs| damper.pass((Some(uid), "refused"), Timestamp::from_secs(secs));
        let told = (0..100).filter(|_| tell(7, 0).is_some()).count();
        assert_eq!(told, MOST as usize);
        assert_eq!(tell(8, 0), Some(0), "somebody else is told");
        assert_eq!(tell(7, 60), Some(70));
        assert_eq!(tell(7, 61), Some(0));
        assert_eq!(tell(7, 10), Some(0), "a clock that steps back");
    }

    #[test]
    fn however_many_users_try_the_memory_is_bounded() {
        let mut damper = Damper::default();
        for uid in 0..10_000 {
            assert!(damper.pass((Some(uid), "refused"), Timestamp(0)).is_some());
        }
        assert!(damper.0.len() <= MOST_KEPT);
    }
}
