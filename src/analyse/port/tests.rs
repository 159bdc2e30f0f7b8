//! What is shown and kept of counters that wrap, restart, stall, lie, and of clocks that step.

use super::*;
use crate::analyse::timeline::{Moment, Timeline};
use crate::model::series::Sample;
use crate::model::{IfIndex, points};
use proptest::prelude::*;

/// A gigabit.
const SPEED: u64 = 1_000_000_000;
/// Octets that it carries in a second.
const LINE: u64 = SPEED / 8;

/// A device with one port as noctop follows it: what was shown, and what was kept.
#[derive(Default)]
struct Followed {
    timeline: Timeline,
    port: PortCounters,
    rates: PortRates,
    shown: Vec<Option<f64>>,
    kept: Vec<Sample>,
    impossible: usize,
}

/// One poll as it came in.
#[derive(Clone, Copy, Debug)]
struct Told {
    steady: i64,
    wall: i64,
    uptime: Option<u32>,
    octets: Counter,
    discontinuity: Option<u32>,
    kind: PollKind,
}

impl Told {
    /// At a second, of an agent that has been up for ever.
    fn at(secs: i64, octets: Counter) -> Self {
        let uptime = u32::try_from(1_000_000 + secs * 100).ok();
        Self { steady: secs * 1000, wall: secs * 1000, uptime, octets, discontinuity: Some(0), kind: PollKind::Regular }
    }
}

impl Followed {
    fn take(&mut self, told: Told) {
        let moment = Moment { at: Timestamp(told.wall), steady: Timestamp(told.steady), uptime: told.uptime, boots: None };
        let Some(advanced) = self.timeline.advance(moment) else { return };
        let mut port = IfReading::new(IfIndex(1));
        port.set(IfCounter::InOctets, told.octets);
        port.discontinuity = told.discontinuity;
        let reading = Reading {
            port: &port,
            at: Timestamp(told.wall),
            line: advanced.line,
            kind: told.kind,
            ceiling: Ceiling::of(Some(SPEED)),
        };
        let step = self.port.advance(&reading, &mut self.rates);
        self.shown.push(self.rates.get(Metric::InBps));
        self.impossible += usize::from(step.impossible.is_some());
        if let Some((at, cells)) = step.kept {
            let cell = cells.iter().find(|cell| cell.metric == Metric::InBps).unwrap();
            self.kept.push(Sample { at, value: Some(cell.value), broken: cell.broken });
        }
    }

    fn all(told: impl IntoIterator<Item = Told>) -> Self {
        let mut followed = Self::default();
        told.into_iter().for_each(|told| followed.take(told));
        followed
    }

    /// Rates as a graph makes them of what was kept.
    fn drawn(&self) -> Vec<Option<f64>> {
        self.kept.windows(2).map(|pair| points::rate(Metric::InBps, &pair[0], &pair[1])).collect()
    }
}

use Counter::{Bits32, Bits64};

/// Readings of one counter at seconds, and the rates in Mb/s that are shown and drawn for them.
fn check(what: &str, told: Vec<Told>, expected: &[Option<u64>]) {
    let followed = Followed::all(told);
    let megabits =
        |rates: &[Option<f64>]| rates.iter().map(|rate| rate.map(|rate| (rate / 1e6).round() as u64)).collect::<Vec<_>>();
    assert_eq!(megabits(&followed.shown), expected, "shown: {what}");
    assert_eq!(megabits(&followed.drawn()), expected[1..], "drawn: {what}");
}

#[test]
fn octets_are_followed_over_wraps_and_gaps_are_honest() {
    let at = Told::at;
    let mega = |count: u64| Bits64(count * 1_000_000);
    check("a steady counter", vec![at(0, mega(9)), at(30, mega(309)), at(60, mega(609))], &[None, Some(80), Some(80)]);
    let near = u32::MAX - 100_000_000;
    check("32 bits wrap", vec![at(0, Bits32(near)), at(10, Bits32(near.wrapping_add(200_000_000)))], &[None, Some(160)]);
    check("a lost poll", vec![at(0, mega(0)), at(60, mega(600)), at(90, mega(900))], &[None, Some(80), Some(80)]);
    let reset = vec![at(0, mega(900)), at(30, mega(5)), at(60, mega(305))];
    check("a counter that went back", reset, &[None, None, Some(80)]);
    let cleared = |secs, count, time| Told { discontinuity: Some(time), ..at(secs, mega(count)) };
    check("a discontinuity", vec![cleared(0, 9, 1), cleared(30, 309, 2), cleared(60, 609, 2)], &[None, None, Some(80)]);
}

#[test]
fn a_restart_is_a_gap_even_for_a_port_that_the_next_poll_did_not_read() {
    let mut followed = Followed::default();
    followed.take(Told::at(0, Bits64(1000)));
    // The restart is told by a poll in which this port is missing.
    let restarted = Moment { at: Timestamp(30_000), steady: Timestamp(30_000), uptime: Some(500), boots: None };
    assert!(followed.timeline.advance(restarted).unwrap().restarted);
    followed.take(Told { uptime: Some(3500), ..Told::at(60, Bits64(5_000_000)) });
    assert_eq!(followed.drawn(), [None]);
}

#[test]
fn a_step_of_the_clock_is_no_spike_and_at_most_one_broken_span() {
    for (step, drawn) in [(-2i64, 0), (2, 0), (3600, 1), (-20, 1)] {
        let told = (0..20i64).map(|number| {
            let told = Told::at(number * 30, Bits64(u64::try_from(number).unwrap() * 300_000_000));
            Told { wall: told.wall + if number >= 10 { step * 1000 } else { 0 }, ..told }
        });
        let followed = Followed::all(told);
        assert!(followed.shown[1..].iter().all(|rate| *rate == Some(80e6)), "{step}: {:?}", followed.shown);
        let rates = followed.drawn();
        assert_eq!(rates.iter().filter(|rate| rate.is_none()).count(), drawn, "{step}: {rates:?}");
        assert!(rates.iter().flatten().all(|rate| (rate / 80e6 - 1.0).abs() < 0.0102), "{step}: {rates:?}");
    }
}

#[test]
fn a_counter_that_rises_by_more_than_the_line_carries_is_told_and_not_drawn() {
    let told = vec![Told::at(0, Bits64(0)), Told::at(30, Bits64(90 * LINE)), Told::at(60, Bits64(100 * LINE))];
    let followed = Followed::all(told);
    assert_eq!((followed.shown[1], followed.impossible), (None, 1));
    assert_eq!(followed.drawn().first(), Some(&None));
    assert!(followed.shown[2].is_some(), "it goes on from there");
}

#[test]
fn an_agent_that_refreshes_slowly_is_not_above_line_speed_and_no_octet_is_lost() {
    // At line speed, told in steps of 8 s, asked every 10 s.
    let told = (0..50i64).map(|number| Told::at(number * 10, Bits64(u64::try_from(number * 10 / 8 * 8).unwrap() * LINE)));
    let followed = Followed::all(told);
    assert_eq!(followed.impossible, 0);
    let total = followed.kept.last().unwrap().value.unwrap() - followed.kept[0].value.unwrap();
    assert_eq!(total, 488 * LINE);
    let most = followed.shown.iter().chain(&followed.drawn()).flatten().fold(0.0f64, |most, rate| most.max(*rate));
    assert!(most <= SPEED as f64 * SPEED_TOLERANCE, "{most}");
}

#[test]
fn bursts_are_shown_and_not_kept_and_a_break_in_one_is_not_forgotten() {
    let burst = |secs, octets| Told { kind: PollKind::Burst, ..Told::at(secs, octets) };
    let followed =
        Followed::all([Told::at(0, Bits64(500)), burst(1, Bits64(1500)), burst(2, Bits64(100)), Told::at(30, Bits64(28_100))]);
    assert_eq!(followed.shown, [None, Some(8000.0), None, Some(8000.0)]);
    assert_eq!((followed.kept.len(), followed.drawn()), (2, vec![None]));
}

#[test]
fn a_counter_that_stands_still_in_a_burst_may_not_be_refreshed_yet() {
    let burst = |secs, octets| Told { kind: PollKind::Burst, ..Told::at(secs, octets) };
    let mut followed = Followed::all([Told::at(0, Bits64(0)), Told::at(30, Bits64(30_000))]);
    (31..50).for_each(|secs| followed.take(burst(secs, Bits64(30_000))));
    assert_eq!(followed.shown[2..16], [Some(8000.0); 14]);
    assert_eq!(followed.shown.last(), Some(&Some(0.0)), "after a while it is idle");
}

/// What happens between two polls.
#[derive(Clone, Debug)]
enum Happens {
    /// The port carries this share of what it can.
    Traffic(f64),
    /// The poll is lost.
    Lost,
    /// The reply comes twice.
    Twice,
    /// The reply before comes once more, later.
    Late,
    /// The agent restarts: its counters start anew.
    Reboot,
    /// The counters are cleared, and the agent says so.
    Cleared,
    /// Somebody sets the host's clock, by seconds.
    Step(i64),
    /// The host sleeps for seconds.
    Sleep(i64),
    /// A burst between two polls.
    Burst(f64),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        8 => (0.0..1.0f64).prop_map(Happens::Traffic),
        1 => Just(Happens::Lost),
        1 => Just(Happens::Twice),
        1 => Just(Happens::Late),
        1 => Just(Happens::Reboot),
        1 => Just(Happens::Cleared),
        1 => prop_oneof![-7200..7200i64, -6..6i64].prop_map(Happens::Step),
        1 => (60..7200i64).prop_map(Happens::Sleep),
        2 => (0.0..1.0f64).prop_map(Happens::Burst),
    ]
}

/// An agent and the host that asks it.
struct World {
    steady: i64,
    wall: i64,
    /// Milliseconds since the agent started.
    up: i64,
    octets: u64,
    cleared: u32,
    wide: bool,
    last: Option<Told>,
}

impl World {
    fn new((start, wide): (u64, bool)) -> Self {
        Self { steady: 0, wall: 1_000_000_000, up: 500_000_000, octets: start, cleared: 0, wide, last: None }
    }

    /// Time passes at a load.
    fn pass(&mut self, millis: i64, load: f64) {
        self.steady += millis;
        self.wall += millis;
        self.grow(millis, load);
    }

    fn grow(&mut self, millis: i64, load: f64) {
        self.up += millis;
        self.octets = self.octets.wrapping_add((LINE as f64 * load * millis as f64 / 1000.0) as u64);
    }

    fn tell(&mut self, kind: PollKind) -> Told {
        let told = Told {
            steady: self.steady,
            wall: self.wall,
            uptime: Some((self.up / 10) as u32),
            octets: if self.wide { Bits64(self.octets) } else { Bits32(self.octets as u32) },
            discontinuity: Some(self.cleared),
            kind,
        };
        self.last = Some(told);
        told
    }

    /// What noctop gets to hear.
    fn happen(&mut self, what: &Happens, followed: &mut Followed) {
        match what {
            Happens::Traffic(load) => self.pass(30_000, *load),
            Happens::Lost => return self.pass(30_000, 0.5),
            Happens::Twice => {
                self.pass(30_000, 0.5);
                followed.take(self.tell(PollKind::Regular));
            }
            Happens::Late => {
                let late = self.last;
                self.pass(30_000, 0.5);
                followed.take(self.tell(PollKind::Regular));
                late.into_iter().for_each(|late| followed.take(Told { wall: self.wall + 5, ..late }));
                return;
            }
            Happens::Reboot => {
                self.pass(20_000, 0.5);
                (self.up, self.octets, self.cleared) = (0, 0, 0);
                self.pass(10_000, 0.9);
            }
            Happens::Cleared => {
                (self.octets, self.cleared) = (0, (self.up / 10) as u32);
                self.pass(30_000, 0.9);
            }
            Happens::Step(seconds) => {
                self.wall += seconds * 1000;
                self.pass(30_000, 0.5);
            }
            Happens::Sleep(seconds) => {
                self.wall += seconds * 1000;
                self.grow(seconds * 1000, 0.5);
                self.pass(30_000, 0.5);
            }
            Happens::Burst(load) => {
                self.pass(1_000, *load);
                followed.take(self.tell(PollKind::Burst));
                return;
            }
        }
        followed.take(self.tell(PollKind::Regular));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_no_rate_is_negative_or_above_line_speed(
        start in any::<u64>(), wide in any::<bool>(), story in proptest::collection::vec(happens(), 1..60),
    ) {
        let (mut world, mut followed) = (World::new((start >> 1, wide)), Followed::default());
        story.iter().for_each(|what| world.happen(what, &mut followed));
        for rate in followed.shown.iter().flatten() {
            prop_assert!((0.0..=SPEED as f64).contains(rate), "shown {rate}");
        }
        for rate in followed.drawn().iter().flatten() {
            prop_assert!((0.0..=SPEED as f64 * 1.0102).contains(rate), "drawn {rate}");
        }
        prop_assert!(followed.kept.windows(2).all(|pair| pair[0].at < pair[1].at && pair[0].value <= pair[1].value));
        prop_assert_eq!(followed.impossible, 0, "an honest agent is not accused");
    }

    #[test]
    fn arbitrary_counters_make_no_rate_above_line_speed_and_never_go_back(
        readings in proptest::collection::vec((1..120i64, any::<u64>(), any::<bool>()), 2..40),
    ) {
        let (mut secs, mut followed) = (0, Followed::default());
        for (gap, raw, wide) in readings {
            secs += gap;
            followed.take(Told::at(secs, if wide { Bits64(raw) } else { Bits32((raw >> 32) as u32) }));
        }
        for rate in followed.shown.iter().chain(&followed.drawn()).flatten() {
            prop_assert!((0.0..=SPEED as f64 * SPEED_TOLERANCE).contains(rate), "{rate}");
        }
        prop_assert!(followed.kept.windows(2).all(|pair| pair[0].value <= pair[1].value));
    }

    #[test]
    fn an_honest_counter_is_followed_exactly(
        start in any::<u32>(), wide in any::<bool>(), steps in proptest::collection::vec((0..LINE * 30, any::<bool>()), 1..50),
    ) {
        let (mut octets, mut sum, mut followed) = (u64::from(start), 0, Followed::default());
        let told = |secs, octets: u64| Told::at(secs, if wide { Bits64(octets) } else { Bits32(octets as u32) });
        followed.take(told(0, octets));
        for ((step, twice), number) in steps.into_iter().zip(1i64..) {
            octets += step;
            sum += step;
            (0..=u8::from(twice)).for_each(|_| followed.take(told(number * 30, octets)));
            let rate = step as f64 * 8.0 / 30.0;
            prop_assert!(followed.shown.last().copied().flatten().is_some_and(|shown| (shown - rate).abs() < 1e-3));
        }
        let total = |sample: Option<&Sample>| sample.and_then(|sample| sample.value);
        prop_assert_eq!(total(followed.kept.last()), total(followed.kept.first()).map(|first| first + sum));
        prop_assert!(followed.kept[1..].iter().all(|sample| !sample.broken));
    }

    #[test]
    fn a_poll_that_is_missing_makes_no_point(lost in proptest::collection::vec(any::<bool>(), 3..40)) {
        let (mut world, mut followed, mut told) = (World::new((0, true)), Followed::default(), 0);
        for lost in lost {
            world.happen(if lost { &Happens::Lost } else { &Happens::Traffic(0.5) }, &mut followed);
            told += usize::from(!lost);
        }
        prop_assert_eq!((followed.kept.len(), followed.shown.len()), (told, told));
    }
}
