//! Raw counters as agents send them, made into monotone ones, with a mark where no rate may be made across.
//!
//! RFC 2578 §7.1.6 and §7.1.10: a counter has no defined start and only differences mean something; RFC 2863 §3.1.8 and
//! ifCounterDiscontinuityTime say when even they don't. Where it is doubtful whether a counter wrapped or was reset, the
//! answer is a gap: a missing point is honest, a spike is not.

use crate::model::Timestamp;
use crate::model::poll::Counter;

/// How much above line speed a difference may seem to be: agents refresh their counters at moments of their own, so the
/// counted span and the span between two replies differ.
const SPEED_TOLERANCE: f64 = 1.1;

/// Least octets of a frame on an Ethernet wire with preamble and gap (IEEE 802.3: 64 + 8 + 12): the most packets that a
/// speed can carry.
const LEAST_WIRE_OCTETS: f64 = 84.0;

/// Largest difference that is taken for a wrap of 32 bits where the speed is not known: a quarter of the range.
const WRAP_WITHOUT_SPEED: u64 = 1 << 30;

/// Where a 32-bit counter wraps.
const RANGE_32: u64 = 1 << 32;

/// Hundredths of a second within which sysUpTime may differ from what the wall clock says, where a wrap is judged.
const UPTIME_SLACK: u64 = 30_000;

/// sysUpTime and the clock here may differ by this much, milliseconds, before a later start is believed.
const START_SLACK_MS: i64 = 10_000;

/// The most that octets and packets can grow in a second at a speed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ceiling {
    /// Octets a second.
    pub octets: Option<f64>,
    /// Packets, errors or discards a second.
    pub packets: Option<f64>,
}

impl Ceiling {
    /// Of a nominal speed in bit/s; unknown or zero speed has none.
    #[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
    pub fn of(speed_bps: Option<u64>) -> Self {
        let octets = speed_bps.filter(|speed| *speed > 0).map(|speed| speed as f64 / 8.0);
        Self { octets, packets: octets.map(|octets| octets / LEAST_WIRE_OCTETS) }
    }
}

/// What is known about the span between the reading before and this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// When this reading was received.
    pub at: Timestamp,
    /// The agent restarted, or the interface's counters were discontinued, since the reading before.
    pub broken: bool,
    /// The most that the counter can grow in a second.
    pub per_second: Option<f64>,
}

/// A reading made monotone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    /// Never less than the one before.
    pub value: u64,
    /// Whether no rate may be made between the reading before and this one.
    pub broken: bool,
}

/// Follows one counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounterTracker {
    pub(crate) last: Option<(Counter, Timestamp, u64)>,
}

impl CounterTracker {
    /// Takes a reading. `None` where it is a duplicate or came late: there is nothing to add.
    pub fn advance(&mut self, raw: Counter, span: Span) -> Option<Extended> {
        let Some((before, at, extended)) = self.last else {
            let value = number(raw);
            self.last = Some((raw, span.at, value));
            return Some(Extended { value, broken: true });
        };
        if span.at <= at {
            return None;
        }
        let growth = if span.broken { None } else { growth(before, raw, seconds(at, span.at), span.per_second) };
        let value = growth.and_then(|growth| extended.checked_add(growth));
        let taken = Extended { value: value.unwrap_or(extended), broken: value.is_none() };
        self.last = Some((raw, span.at, taken.value));
        Some(taken)
    }
}

const fn number(raw: Counter) -> u64 {
    match raw {
        Counter::Bits32(value) => value as u64,
        Counter::Bits64(value) => value,
    }
}

#[allow(clippy::cast_precision_loss, reason = "polling intervals are short")]
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.since(from).as_millis() as f64 / 1000.0
}

/// By how much the counter grew; `None` where that can't be said.
fn growth(before: Counter, now: Counter, seconds: f64, per_second: Option<f64>) -> Option<u64> {
    let most = per_second.map(|per_second| per_second * seconds * SPEED_TOLERANCE);
    let growth = match (before, now) {
        // RFC 2578 §7.1.10: a Counter64 does not wrap in practice. One that goes back was reset.
        (Counter::Bits64(before), Counter::Bits64(now)) => now.checked_sub(before)?,
        (Counter::Bits32(before), Counter::Bits32(now)) => growth_32(before, now, most)?,
        // The agent changed its mind about the width: the two count from different starts.
        _ => return None,
    };
    #[allow(clippy::cast_precision_loss, reason = "compared with a tolerance")]
    let plausible = most.is_none_or(|most| growth as f64 <= most);
    plausible.then_some(growth)
}

#[allow(clippy::cast_precision_loss, reason = "2^32 is exact")]
fn growth_32(before: u32, now: u32, most: Option<f64>) -> Option<u64> {
    // At this speed it may have wrapped more than once: RFC 2863 §3.1.6 asks for 64 bits there.
    if most.is_some_and(|most| most / SPEED_TOLERANCE >= RANGE_32 as f64) {
        return None;
    }
    if now >= before {
        return Some(u64::from(now - before));
    }
    let wrapped = u64::from(now.wrapping_sub(before));
    (most.is_some() || wrapped < WRAP_WITHOUT_SPEED).then_some(wrapped)
}

/// Follows sysUpTime: says when the agent restarted.
#[derive(Clone, Copy, Debug, Default)]
pub struct UptimeTracker {
    last: Option<(u32, Timestamp)>,
}

impl UptimeTracker {
    /// Takes a sysUpTime (hundredths of a second) and says whether the agent started after the reading before.
    pub fn restarted(&mut self, uptime: u32, at: Timestamp) -> bool {
        let before = self.last.replace((uptime, at));
        before.is_some_and(|(last, last_at)| at > last_at && started_between(last, last_at, uptime, at))
    }
}

fn started_between(last: u32, last_at: Timestamp, uptime: u32, at: Timestamp) -> bool {
    let elapsed = u64::try_from(at.since(last_at).as_millis() / 10).unwrap_or(u64::MAX);
    if uptime < last {
        // TimeTicks wrap after 497 days (RFC 2578 §7.1.8): the clock says whether it was due.
        let due = u64::from(last).saturating_add(elapsed);
        let wrapped = u64::from(uptime) + RANGE_32;
        return due.abs_diff(wrapped) > UPTIME_SLACK;
    }
    let started_at = at.millis().saturating_sub(i64::from(uptime).saturating_mul(10));
    started_at > last_at.millis().saturating_add(START_SLACK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIGABIT: Option<u64> = Some(1_000_000_000);

    fn run(readings: &[(i64, Counter)], per_second: Option<f64>) -> Vec<Option<Extended>> {
        let mut tracker = CounterTracker::default();
        let span = |at: &i64| Span { at: Timestamp::from_secs(*at), broken: false, per_second };
        readings.iter().map(|(at, raw)| tracker.advance(*raw, span(at))).collect()
    }

    fn last(readings: &[(i64, Counter)], per_second: Option<f64>) -> Option<(u64, bool)> {
        run(readings, per_second).last().copied().flatten().map(|e| (e.value, e.broken))
    }

    use Counter::{Bits32, Bits64};

    #[test]
    fn counter32_wrap_goes_on_counting() {
        let readings = [(0, Bits32(u32::MAX - 99)), (30, Bits32(900))];
        assert_eq!(last(&readings, Ceiling::of(GIGABIT).octets), Some((u64::from(u32::MAX) + 901, false)));
        assert_eq!(last(&readings, None), Some((u64::from(u32::MAX) + 901, false)));
    }

    #[test]
    fn counter64_wrap_is_not_a_spike() {
        assert_eq!(last(&[(0, Bits64(1 << 40)), (30, Bits64(5))], None), Some((1 << 40, true)));
        assert_eq!(last(&[(0, Bits64(u64::MAX)), (30, Bits64(5))], None), Some((u64::MAX, true)));
    }

    #[test]
    fn a_32_bit_wrap_above_line_speed_is_a_reset() {
        let readings = [(0, Bits32(3_000_000_000)), (10, Bits32(2_000_000_000))];
        assert_eq!(last(&readings, Ceiling::of(GIGABIT).octets), Some((3_000_000_000, true)));
    }

    #[test]
    fn a_32_bit_counter_too_slow_for_its_link_gives_no_rate() {
        let readings = [(0, Bits32(5)), (30, Bits32(500))];
        assert_eq!(last(&readings, Ceiling::of(Some(10_000_000_000)).octets), Some((5, true)));
    }

    #[test]
    fn a_change_of_width_and_a_discontinuity_break() {
        assert_eq!(last(&[(0, Bits32(7)), (30, Bits64(1 << 33))], None), Some((7, true)));
        let mut tracker = CounterTracker::default();
        let mut span = Span { at: Timestamp(0), broken: false, per_second: None };
        tracker.advance(Bits64(10), span);
        span = Span { at: Timestamp(1000), broken: true, ..span };
        assert_eq!(tracker.advance(Bits64(20), span), Some(Extended { value: 10, broken: true }));
        span = Span { at: Timestamp(2000), broken: false, ..span };
        assert_eq!(tracker.advance(Bits64(25), span), Some(Extended { value: 15, broken: false }));
    }

    #[test]
    fn a_late_or_duplicate_reply_adds_nothing() {
        let seen = run(&[(30, Bits64(10)), (30, Bits64(10)), (20, Bits64(5)), (60, Bits64(12))], None);
        assert_eq!(seen.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(seen.last().copied().flatten(), Some(Extended { value: 12, broken: false }));
    }

    #[test]
    fn uptime_going_back_is_a_restart_but_the_497_day_wrap_is_not() {
        let mut tracker = UptimeTracker::default();
        let at = Timestamp::from_secs;
        assert!(!tracker.restarted(u32::MAX - 1000, at(0)));
        assert!(!tracker.restarted(2000, at(30)), "wrapped 10 s after the reading, as due");
        assert!(!tracker.restarted(5000, at(60)));
        assert!(tracker.restarted(1000, at(90)), "went back");
        assert!(!tracker.restarted(4000, at(120)));
        assert!(tracker.restarted(5000, at(3600)), "is 50 s old an hour later");
    }

    proptest! {
        #[test]
        fn never_backwards_and_never_above_line_speed(
            readings in proptest::collection::vec((1..120i64, any::<u64>(), any::<bool>()), 2..40),
            speed in 1_000_000..100_000_000_000u64,
        ) {
            let ceiling = Ceiling::of(Some(speed)).octets;
            let mut tracker = CounterTracker::default();
            let (mut clock, mut before) = (0, None::<Extended>);
            for (gap, raw, wide) in readings {
                clock += gap;
                let raw = if wide { Counter::Bits64(raw) } else { Counter::Bits32((raw >> 32) as u32) };
                let now = tracker.advance(raw, Span { at: Timestamp::from_secs(clock), broken: false, per_second: ceiling }).unwrap();
                if let Some(before) = before {
                    prop_assert!(now.value >= before.value);
                    let rate = (now.value - before.value) as f64 / gap as f64;
                    prop_assert!(now.broken || rate <= ceiling.unwrap() * SPEED_TOLERANCE * 1.000_001);
                    prop_assert!(!now.broken || now.value == before.value);
                }
                before = Some(now);
            }
        }

        #[test]
        fn an_honest_counter_is_followed_exactly(start in any::<u32>(), steps in proptest::collection::vec(0..100_000_000u32, 1..50)) {
            let mut tracker = CounterTracker::default();
            let (mut raw, mut sum) = (start, u64::from(start));
            let per_second = Ceiling::of(GIGABIT).octets;
            tracker.advance(Counter::Bits32(raw), Span { at: Timestamp(0), broken: false, per_second });
            for (number, step) in steps.into_iter().enumerate() {
                raw = raw.wrapping_add(step);
                sum += u64::from(step);
                let at = Timestamp::from_secs(30 * (number as i64 + 1));
                let now = tracker.advance(Counter::Bits32(raw), Span { at, broken: false, per_second });
                prop_assert_eq!(now, Some(Extended { value: sum, broken: false }));
            }
        }
    }
}
