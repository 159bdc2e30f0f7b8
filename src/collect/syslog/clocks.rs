//! How wrong the clocks of senders are: what lines say of their time, beside when they came. Lines are kept by when they came, so that a wrong
//! clock spoils nothing; but whoever compares logs of two devices has to know.

use crate::model::{LogLine, Timestamp, limit};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A clock that is off by less is right: lines take time on their way.
const RIGHT_WITHIN: i64 = 120;

/// Lines in a row after which a clock is said to be wrong: one may have waited in a queue.
const LINES: u32 = 3;

/// Zones lie apart by this (seconds): a line without a zone is compared by what remains.
const ZONE: i64 = 900;

/// Senders that were silent for so long are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// How a sender's clock is.
#[derive(Clone, Copy, Debug)]
struct Clock {
    off_secs: i64,
    zoned: bool,
    in_a_row: u32,
    heard: Timestamp,
}

/// Whose clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongClock {
    /// The sender.
    pub source: IpAddr,
    /// By how much it is ahead. Units: seconds.
    pub off_secs: i64,
    /// Whether its lines name their zone; where they don't, whole zones may have to be added.
    pub zoned: bool,
}

/// The clocks of all senders.
#[derive(Debug, Default)]
pub(super) struct Clocks(Mutex<FxHashMap<IpAddr, Clock>>);

impl Clocks {
    /// Compares what a line says of its time. Whether its sender's clock is wrong.
    pub(super) fn look(&self, line: &LogLine) -> bool {
        let Some(own) = line.own else { return false };
        let apart = (own.at.0 - line.received.0) / 1000;
        // Without a zone: the nearest whole zone is taken off.
        let off_secs = if own.zoned { apart } else { apart - (apart + ZONE / 2 * apart.signum()) / ZONE * ZONE };
        let mut clocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clocks.len() >= limit::SYSLOG_CLOCKS.most() && !clocks.contains_key(&line.source) {
            Self::forget(&mut clocks, line.received);
            if !limit::SYSLOG_CLOCKS.has_room(clocks.len()) {
                return false;
            }
        }
        let fresh = Clock { off_secs, zoned: own.zoned, in_a_row: 0, heard: line.received };
        let clock = clocks.entry(line.source).or_insert(fresh);
        let in_a_row = if off_secs.abs() > RIGHT_WITHIN { clock.in_a_row.saturating_add(1) } else { 0 };
        *clock = Clock { in_a_row, ..fresh };
        in_a_row >= LINES
    }

    /// Those that were silent for long make room.
    fn forget(clocks: &mut FxHashMap<IpAddr, Clock>, now: Timestamp) {
        clocks.retain(|_, clock| now.since(clock.heard) < FORGOTTEN);
    }

    /// Whose clocks are wrong, the worst first.
    pub(super) fn wrong(&self) -> Vec<WrongClock> {
        let clocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = clocks.iter().filter(|(_, clock)| clock.in_a_row >= LINES);
        let mut wrong: Vec<WrongClock> =
            wrong.map(|(source, clock)| WrongClock { source: *source, off_secs: clock.off_secs, zoned: clock.zoned }).collect();
        wrong.sort_by_key(|wrong| (std::cmp::Reverse(wrong.off_secs.abs()), wrong.source));
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogKind;
    use crate::model::log::OwnTime;

    fn line(source: u8, off_secs: i64, zoned: bool) -> LogLine {
        let received = Timestamp(1_795_348_800_000);
        let mut line = LogLine::new(received, [10, 0, 0, source].into(), LogKind::Syslog);
        line.own = Some(OwnTime { at: Timestamp(received.0 + off_secs * 1000), zoned });
        line
    }

    #[test]
    fn a_clock_is_wrong_after_three_lines_and_zones_are_no_fault() {
        let check = |off: i64, zoned: bool, expected: Option<i64>| {
            let clocks = Clocks::default();
            let wrong: Vec<bool> = (0..3).map(|_| clocks.look(&line(1, off, zoned))).collect();
            assert_eq!(wrong, [false, false, expected.is_some()], "{off} {zoned}");
            assert_eq!(clocks.wrong().first().map(|wrong| wrong.off_secs), expected, "{off} {zoned}");
        };
        check(0, true, None);
        check(-90, true, None);
        check(3600, true, Some(3600));
        check(-300, true, Some(-300));
        // Nine hours ahead is Seoul; Nepal is 5:45 ahead.
        check(9 * 3600, false, None);
        check(5 * 3600 + 45 * 60 + 3, false, None);
        check(9 * 3600 + 300, false, Some(300));
        check(-5 * 3600 - 200, false, Some(-200));
    }

    #[test]
    fn made_up_senders_take_bounded_room_and_old_ones_make_some() {
        let (clocks, most) = (Clocks::default(), limit::SYSLOG_CLOCKS.most());
        let from = |number: usize, secs: i64| {
            let mut line = line(1, 0, true);
            line.source = u32::try_from(number).unwrap().to_be_bytes().into();
            line.received = Timestamp(line.received.0 + secs * 1000);
            line
        };
        let ((), beyond) = limit::SYSLOG_CLOCKS.during(|| assert!(!(0..most + 9).any(|number| clocks.look(&from(number, 0)))));
        assert!(beyond >= 9 && clocks.0.lock().unwrap().len() == most);
        clocks.look(&from(most, 3601));
        assert_eq!(clocks.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn one_right_line_is_enough_and_the_worst_stands_first() {
        let clocks = Clocks::default();
        for _ in 0..3 {
            clocks.look(&line(1, 400, true));
            clocks.look(&line(2, -86_400, true));
        }
        assert_eq!(clocks.wrong().iter().map(|wrong| wrong.off_secs).collect::<Vec<_>>(), [-86_400, 400]);
        clocks.look(&line(2, 0, true));
        assert_eq!(clocks.wrong().len(), 1);
    }
}
