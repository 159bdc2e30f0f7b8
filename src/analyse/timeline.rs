//! How the readings of one device lie in time: how long it was between two, whether the agent restarted, and at which time a sample is kept.
//!
//! Spans are measured with the clock that never steps. It does not count while the host is suspended, and the wall clock steps when
//! somebody sets it: where the two disagree, the agent's own sysUpTime says which of them is right. Where it can't, nobody knows how long
//! it was, and no rate is made.

use crate::model::Timestamp;
use std::time::Duration;

/// Milliseconds in a hundredth of a second, the unit of sysUpTime.
const TICK_MS: i64 = 10;

/// Agents round sysUpTime, tell it late and count it with cheap crystals: within this, and a hundredth of the span, it agrees.
const UPTIME_SLACK_MS: i64 = 10_000;

/// The two clocks of the host agree within this, or a hundredth of the span: slewing (adjtime) is slower.
const CLOCK_SLACK_MS: i64 = 100;

/// A sample is kept at most this far from the wall clock, while the difference is worked off; beyond, the clock was set.
const MAX_SLEW_MS: i64 = 5_000;

/// Part of a span by which the time of a sample may be moved towards the wall clock: no more than the error that rates may have.
const SLEW_PART: i64 = 100;

/// Least milliseconds by which it may: clocks are read one after the other.
const LEAST_SLEW_MS: i64 = 20;

/// What a reading says of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it was received, by the wall clock.
    pub at: Timestamp,
    /// The same moment on the clock that never steps.
    pub steady: Timestamp,
    /// sysUpTime, hundredths of a second.
    pub uptime: Option<u32>,
    /// snmpEngineBoots
    pub boots: Option<u32>,
}

/// A time of the device's own line, milliseconds: only differences mean something. Those of different epochs have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineTime {
    /// Milliseconds.
    pub millis: i64,
    /// Raised when the agent restarts, or nobody knows how long it was.
    pub epoch: u32,
}

/// What follows from a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// When it was, on the device's line.
    pub line: LineTime,
    /// Whether the agent started after the reading before.
    pub restarted: bool,
}

/// Follows the readings of one device.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timeline {
    last: Option<Moment>,
    /// The last reading that told an uptime.
    told: Option<Moment>,
    line: LineTime,
}

/// What lies between two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// So many milliseconds.
    Millis(i64),
    /// A restart of the agent.
    Restart,
    /// Nobody knows.
    Unknown,
}

impl Timeline {
    /// Takes a reading. `None` where it is a duplicate or came late: there is nothing to add.
    pub fn advance(&mut self, now: Moment) -> Option<Advanced> {
        let Some(last) = self.last else {
            self.last = Some(now);
            self.told = Some(now).filter(|now| now.uptime.is_some());
            return Some(Advanced { line: self.line, restarted: false });
        };
        if now.steady <= last.steady {
            return None;
        }
        let spans = Spans::between(&last, &now);
        let between = match (last.boots, now.boots) {
            (Some(before), Some(boots)) if before != boots => Between::Restart,
            _ => self.between(&now, spans),
        };
        self.last = Some(Moment { boots: now.boots.or(last.boots), ..now });
        self.told = Some(now).filter(|now| now.uptime.is_some()).or(self.told);
        let millis = if let Between::Millis(millis) = between { millis } else { spans.steady };
        self.line.millis = self.line.millis.saturating_add(millis);
        if !matches!(between, Between::Millis(_)) {
            self.line.epoch = self.line.epoch.wrapping_add(1);
        }
        Some(Advanced { line: self.line, restarted: between == Between::Restart })
    }

    fn between(&self, now: &Moment, spans: Spans) -> Between {
        let unless_agreed = if spans.agree() { Between::Millis(spans.steady) } else { Between::Unknown };
        let told = self.told.and_then(|told| Some((told, told.uptime?)));
        let Some(((told, before), uptime)) = told.zip(now.uptime) else { return unless_agreed };
        // Modulo 2^32: TimeTicks wrap after 497 days (RFC 2578 §7.1.8).
        let counted = i64::from(uptime.wrapping_sub(before)) * TICK_MS;
        let off = |span: i64| (counted - span).abs();
        let is_near = |span: i64| off(span) <= UPTIME_SLACK_MS + span.abs() / SLEW_PART;
        let since = Spans::between(&told, now);
        // A suspended host: its clock stood still, the agent's did not.
        let is_suspended = since.wall > since.steady && !since.agree() && off(since.wall) < off(since.steady);
        if is_suspended && is_near(since.wall) {
            return Between::Millis(spans.steady + since.wall - since.steady);
        }
        if is_near(since.steady) {
            return Between::Millis(spans.steady);
        }
        // It went back, or is younger than the reading before is old.
        if uptime < before || i64::from(uptime) * TICK_MS + UPTIME_SLACK_MS < since.wall.max(since.steady) {
            return Between::Restart;
        }
        // The agent's own clock is odd.
        unless_agreed
    }
}

/// Milliseconds between two readings, by both clocks.
#[derive(Clone, Copy)]
struct Spans {
    steady: i64,
    wall: i64,
}

impl Spans {
    const fn between(before: &Moment, now: &Moment) -> Self {
        let steady = now.steady.millis().saturating_sub(before.steady.millis());
        Self { steady, wall: now.at.millis().saturating_sub(before.at.millis()) }
    }

    fn agree(self) -> bool {
        (self.wall - self.steady).abs() <= CLOCK_SLACK_MS.max(self.steady / SLEW_PART)
    }
}

/// Where the samples of a series lie on the wall clock: never back, never with a span that makes another rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Of the last sample. Without one the time is the epoch's, and [`Self::has_begun`] says so: an `Option` would take eight octets more.
    at: Timestamp,
    millis: i64,
    epoch: u32,
    has_begun: bool,
}

/// When a sample is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptAt {
    /// The time.
    pub at: Timestamp,
    /// Whether the span since the sample before is not the time that passed: no rate may be made of it.
    pub broken: bool,
}

impl Keeping {
    /// The time for a sample that was received at `at`; `None` where the clock was set back and that time has its samples already.
    pub fn keep(&mut self, at: Timestamp, line: LineTime) -> Option<KeptAt> {
        let kept = if !self.has_begun {
            KeptAt { at, broken: true }
        } else if self.epoch == line.epoch {
            placed((self.at, at), line.millis.saturating_sub(self.millis))?
        } else {
            KeptAt { at: Some(at).filter(|at| *at > self.at)?, broken: true }
        };
        *self = Self { at: kept.at, millis: line.millis, epoch: line.epoch, has_begun: true };
        Some(kept)
    }
}

/// `passed` is how long it really was, milliseconds.
fn placed((last, at): (Timestamp, Timestamp), passed: i64) -> Option<KeptAt> {
    if passed <= 0 {
        return None;
    }
    let due = last.plus(Duration::from_millis(u64::try_from(passed).ok()?));
    let off = at.millis().saturating_sub(due.millis());
    let slew = (passed / SLEW_PART).max(LEAST_SLEW_MS).min(passed / 2);
    if off.abs() <= slew {
        return (at > last).then_some(KeptAt { at, broken: false });
    }
    if off.abs() <= MAX_SLEW_MS {
        let at = Timestamp(due.millis() + off.signum() * slew);
        return (at > last).then_some(KeptAt { at, broken: false });
    }
    (at > last).then_some(KeptAt { at, broken: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings of (steady, wall, uptime), in seconds: what lies between each and the one before.
    fn check(readings: &[(i64, i64, Option<i64>)], expected: &[(i64, u32, bool)]) {
        let mut timeline = Timeline::default();
        let seen: Vec<(i64, u32, bool)> = readings
            .iter()
            .filter_map(|(steady, wall, uptime)| {
                let uptime = uptime.map(|seconds| u32::try_from(seconds * 100).unwrap_or(u32::MAX));
                let (at, steady) = (Timestamp::from_secs(*wall), Timestamp::from_secs(*steady));
                let advanced = timeline.advance(Moment { at, steady, uptime, boots: None })?;
                Some((advanced.line.millis / 1000, advanced.line.epoch, advanced.restarted))
            })
            .collect();
        assert_eq!(seen, expected, "{readings:?}");
    }

    #[test]
    fn spans_are_what_the_steady_clock_says() {
        check(&[(0, 0, Some(100)), (30, 30, Some(130))], &[(0, 0, false), (30, 0, false)]);
        check(&[(0, 0, None), (30, 30, None)], &[(0, 0, false), (30, 0, false)]);
    }

    #[test]
    fn a_step_of_the_wall_clock_changes_no_span() {
        for step in [-3600, -20, 20, 3600] {
            check(&[(0, 0, Some(100)), (30, 30 + step, Some(130))], &[(0, 0, false), (30, 0, false)]);
        }
    }

    #[test]
    fn a_suspended_host_is_told_from_a_clock_that_was_set_by_the_agent() {
        check(&[(0, 0, Some(100)), (30, 3630, Some(3730))], &[(0, 0, false), (3630, 0, false)]);
        check(&[(0, 0, Some(100)), (30, 36, Some(136))], &[(0, 0, false), (36, 0, false)]);
        check(&[(0, 0, None), (30, 3630, None)], &[(0, 0, false), (30, 1, false)]);
    }

    #[test]
    fn uptime_going_back_is_a_restart_but_the_497_day_wrap_is_not() {
        check(&[(0, 0, Some(42_949_600)), (30, 30, Some(0))], &[(0, 0, false), (30, 1, true)]);
        check(&[(60, 60, Some(50)), (90, 90, Some(10))], &[(0, 0, false), (30, 1, true)]);
        check(&[(0, 0, Some(40)), (3480, 3480, Some(50))], &[(0, 0, false), (3480, 1, true)]);
        let wrapping = [(0, u32::MAX - 1000), (30, 2000)];
        let mut timeline = Timeline::default();
        let last = wrapping.map(|(at, uptime)| {
            let at = Timestamp::from_secs(at);
            timeline.advance(Moment { at, steady: at, uptime: Some(uptime), boots: None })
        });
        assert_eq!(last.last().copied().flatten().map(|advanced| advanced.restarted), Some(false), "wrapped 10 s after, as due");
    }

    #[test]
    fn more_boots_are_a_restart_even_where_the_uptime_looks_right() {
        let mut timeline = Timeline::default();
        let at = |secs, boots| Moment {
            at: Timestamp::from_secs(secs),
            steady: Timestamp::from_secs(secs),
            uptime: Some(500 + u32::try_from(secs).unwrap_or(0) * 100),
            boots: Some(boots),
        };
        let seen = [at(0, 1), at(30, 1), at(60, 2)].map(|moment| timeline.advance(moment).map(|advanced| advanced.restarted));
        assert_eq!(seen, [Some(false), Some(false), Some(true)]);
    }

    #[test]
    fn late_and_duplicated_readings_add_nothing() {
        check(&[(30, 30, Some(5)), (30, 31, Some(5)), (20, 32, Some(6)), (60, 60, Some(35))], &[(0, 0, false), (30, 0, false)]);
    }

    /// Samples each 30 s of the line whose wall times are given, in milliseconds: when they are kept, and whether broken.
    fn check_kept(walls: &[i64], expected: &[Option<(i64, bool)>]) {
        let mut keeping = Keeping::default();
        let kept = walls.iter().zip(0i64..).map(|(wall, number)| {
            let kept = keeping.keep(Timestamp(*wall), LineTime { millis: number * 30_000, epoch: 0 });
            kept.map(|kept| (kept.at.millis(), kept.broken))
        });
        assert_eq!(kept.collect::<Vec<_>>(), expected, "{walls:?}");
    }

    #[test]
    fn samples_are_kept_when_they_came() {
        check_kept(&[0, 30_005, 60_000], &[Some((0, true)), Some((30_005, false)), Some((60_000, false))]);
    }

    #[test]
    fn a_small_step_is_worked_off_without_a_gap() {
        let walls = [0, 29_000, 59_000, 89_000, 119_000];
        let kept = [Some((0, true)), Some((29_700, false)), Some((59_400, false)), Some((89_100, false)), Some((119_000, false))];
        check_kept(&walls, &kept);
    }

    #[test]
    fn a_clock_set_back_keeps_what_that_time_has_and_goes_on_after_it() {
        check_kept(
            &[100_000, 40_000, 70_000, 100_000, 130_000, 160_000],
            &[Some((100_000, true)), None, None, None, Some((130_000, true)), Some((160_000, false))],
        );
    }

    #[test]
    fn a_clock_set_forward_is_one_broken_span() {
        check_kept(&[0, 3_630_000, 3_660_000], &[Some((0, true)), Some((3_630_000, true)), Some((3_660_000, false))]);
    }
}
