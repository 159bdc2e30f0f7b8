//! Sequence numbers: what was lost on the way, and when an exporter began anew.
//!
//! v5 and v7 count flows, v9 and sFlow datagrams, IPFIX data records. Some exporters count otherwise: Open vSwitch counts its v5 flows after
//! it has sent them and one more for each datagram, and its IPFIX messages go on by two. Such a rule is taken up when it explains what the
//! standard's does not; what looked like loss until then is forgotten.

use std::collections::VecDeque;

/// So many datagrams may come before one that was sent earlier; only then is what it held lost. It is also how long another rule may
/// take to show.
const REORDERED: u32 = 16;

/// So many times in a row has another rule to explain what the standard's does not.
const SWITCH: u32 = 8;

/// Fewer steps that are alike are chance.
const FEW: u32 = 3;

/// A gap over the number zero and of more than this is a counter that began anew, not a loss.
const LARGE_GAP: u32 = 1 << 20;

/// Two times of an exporter's start that differ by less are the same: clocks are set, and export times are whole seconds. Units: ms.
const START_SLACK_MS: u32 = 10_000;

/// How an exporter counts: what is always the same from one datagram to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The step is the units of the datagram before, and so many more. The standard's rule is that with none.
    Before(u32),
    /// The step is the units of the datagram itself, and so many more.
    Behind(u32),
    /// The step itself.
    Stride(u32),
}

const STANDARD: Rule = Rule::Before(0);

/// What a datagram says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Its sequence number.
    pub number: u32,
    /// Units that it holds.
    pub units: u32,
    /// When the exporter started, modulo 2^32; where it tells. Units: ms.
    pub started_ms: Option<u32>,
    /// Whether a counter that the exporter's domains share explains the number.
    pub is_shared: bool,
}

/// What is missing, and since when.
#[derive(Clone, Copy, Debug)]
struct Hole {
    from: u32,
    units: u32,
    noticed: u32,
}

/// The sequence numbers of one stream.
#[derive(Debug)]
pub struct Sequence {
    last: Option<Heard>,
    rule: Rule,
    holes: VecDeque<Hole>,
    lost: u64,
    restarts: u64,
    is_unknown: bool,
    /// Steps from one datagram to the next, and what was the same in them.
    steps: u32,
    before: Same,
    behind: Same,
    stride: Same,
    /// Whether the standard's rule explained any of them.
    is_standard: bool,
}

impl Default for Sequence {
    fn default() -> Self {
        let none = Same::default();
        Self {
            last: None,
            rule: STANDARD,
            holes: VecDeque::new(),
            lost: 0,
            restarts: 0,
            is_unknown: false,
            steps: 0,
            before: none,
            behind: none,
            stride: none,
            is_standard: false,
        }
    }
}

/// A measure of a step, and for how many steps in a row it was the same.
#[derive(Clone, Copy, Debug, Default)]
struct Same {
    value: u32,
    run: u32,
}

impl Same {
    fn note(&mut self, value: u32) {
        self.run = if self.run > 0 && self.value == value { self.run.saturating_add(1) } else { 1 };
        self.value = value;
    }
}

impl Sequence {
    /// Takes the number of the next datagram.
    pub fn heard(&mut self, heard: Heard) {
        let Some(last) = self.last else {
            self.last = Some(heard);
            return;
        };
        let step = heard.number.wrapping_sub(last.number);
        #[allow(clippy::cast_possible_wrap, reason = "half of the circle is the past")]
        let is_back = (step as i32) < 0;
        if is_back && self.fill(&heard) {
            return;
        }
        match (is_back, is_same_start(&last, &heard)) {
            // Late, or a second time.
            (true, Some(true)) => return,
            (true, _) => return self.restart(heard),
            (false, _) if step > LARGE_GAP && heard.number < last.number => return self.restart(heard),
            (false, _) => {}
        }
        self.steps = self.steps.saturating_add(1);
        self.before.note(if heard.is_shared { 0 } else { step.wrapping_sub(last.units) });
        self.behind.note(step.wrapping_sub(heard.units));
        self.stride.note(step);
        self.is_standard |= self.before.value == 0;
        self.gap(&last, &heard, step);
        self.settle_old();
        self.last = Some(heard);
    }

    /// Notes what is missing before a datagram, by the rule in force, and changes the rule where another is right.
    fn gap(&mut self, last: &Heard, heard: &Heard, step: u32) {
        let has_run = |same: &Same| same.run >= SWITCH;
        if self.before.value == 0 {
            if has_run(&self.before) && self.rule != STANDARD {
                self.follow(STANDARD);
            }
        } else if has_run(&self.stride) {
            self.follow(Rule::Stride(self.stride.value));
        } else if has_run(&self.behind) {
            self.follow(Rule::Behind(self.behind.value));
        } else if has_run(&self.before) {
            self.follow(Rule::Before(self.before.value));
        }
        let (from, missing) = match self.rule {
            STANDARD if heard.is_shared => return,
            Rule::Before(more) => (last.number.wrapping_add(last.units).wrapping_add(more), self.before.value.wrapping_sub(more)),
            Rule::Behind(more) => (last.number, self.behind.value.wrapping_sub(more)),
            // Units of a stride are datagrams.
            Rule::Stride(stride) => (last.number, step.checked_div(stride).map_or(0, |datagrams| datagrams.wrapping_sub(1))),
        };
        // Less than nothing is missing where numbers overlap.
        if (1..1 << 31).contains(&missing) {
            self.holes.push_back(Hole { from, units: missing, noticed: self.steps });
        }
    }

    fn follow(&mut self, rule: Rule) {
        if self.rule != rule {
            self.rule = rule;
            self.holes.clear();
            // A number that never moves tells nothing.
            self.is_unknown = rule == Rule::Stride(0);
        }
    }

    /// A datagram that comes late is not lost.
    fn fill(&mut self, heard: &Heard) -> bool {
        let hole = self.holes.iter_mut().find(|hole| heard.number.wrapping_sub(hole.from) <= hole.units);
        hole.is_some_and(|hole| {
            hole.units = hole.units.saturating_sub(heard.units.max(1));
            true
        })
    }

    fn restart(&mut self, heard: Heard) {
        self.restarts += 1;
        self.settle();
        *self = Self { last: Some(heard), lost: self.lost, restarts: self.restarts, rule: self.rule, ..Self::default() };
    }

    /// What has been missing for long is lost.
    fn settle_old(&mut self) {
        while let Some(hole) = self.holes.front().filter(|hole| self.steps.wrapping_sub(hole.noticed) >= REORDERED) {
            self.lost += u64::from(hole.units);
            self.holes.pop_front();
        }
    }

    /// Nothing more comes: what is missing is lost, unless another rule explains every step and the standard's none.
    pub fn settle(&mut self) {
        let is_behind = self.behind.run == self.steps && self.behind.value <= 1;
        let is_other = is_behind || (self.steps >= FEW && self.stride.run == self.steps);
        if self.rule == STANDARD && !self.is_standard && is_other && !self.holes.is_empty() {
            self.is_unknown = true;
            self.holes.clear();
        }
        self.lost += self.holes.drain(..).map(|hole| u64::from(hole.units)).sum::<u64>();
    }

    /// The number of the next datagram can't be known.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Units lost for certain.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Times that the numbers began anew.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Whether loss can't be told.
    pub fn is_unknown(&self) -> bool {
        self.is_unknown
    }
}

/// Whether both datagrams are of one run of the exporter; `None` where it does not tell.
fn is_same_start(last: &Heard, heard: &Heard) -> Option<bool> {
    let ahead = heard.started_ms?.wrapping_sub(last.started_ms?);
    Some(ahead.min(ahead.wrapping_neg()) <= START_SLACK_MS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test says what it expects")]

    use super::*;

    /// Numbers and units one after the other, and what is lost, how often it began anew, and whether loss is known.
    fn check(name: &str, datagrams: &[(u32, u32)], want: (u64, u64, bool)) {
        let mut sequence = Sequence::default();
        for (number, units) in datagrams {
            sequence.heard(Heard { number: *number, units: *units, ..Heard::default() });
        }
        sequence.settle();
        assert_eq!((sequence.lost(), sequence.restarts(), !sequence.is_unknown()), want, "{name}");
    }

    fn counted(rule: impl Fn(u32) -> (u32, u32), count: u32) -> Vec<(u32, u32)> {
        (0..count).map(rule).collect()
    }

    #[test]
    fn what_is_missing_is_lost_in_units() {
        check("nothing", &[(10, 30), (40, 30), (70, 5), (75, 1)], (0, 0, true));
        check("one datagram of 30 flows", &[(10, 30), (40, 30), (100, 30), (130, 30)], (30, 0, true));
        check("over the end of the numbers", &[(u32::MAX - 29, 30), (0, 30), (60, 30), (90, 2)], (30, 0, true));
        check("late by one", &[(1, 1), (2, 1), (4, 1), (3, 1), (5, 1)], (0, 0, true));
        check("twice lost, once late", &[(1, 1), (2, 1), (5, 1), (4, 1), (6, 1)], (1, 0, true));
    }

    #[test]
    fn a_counter_that_begins_anew_is_no_loss() {
        check("from zero", &[(1000, 10), (1010, 10), (0, 10), (10, 10)], (0, 1, true));
        check("past half of the circle", &[(4_000_000_000, 1), (4_000_000_001, 1), (0, 1), (1, 1)], (0, 1, true));
    }

    #[test]
    fn a_late_datagram_of_the_same_run_is_no_restart() {
        let mut sequence = Sequence::default();
        for (number, started_ms) in [(100, 5000), (101, 5400), (90, 4800), (102, 5100), (3, 900_000), (4, 900_000)] {
            sequence.heard(Heard { number, units: 1, started_ms: Some(started_ms), is_shared: false });
        }
        sequence.settle();
        assert_eq!((sequence.lost(), sequence.restarts()), (0, 1));
    }

    #[test]
    fn other_ways_of_counting_are_no_loss() {
        let flows = [1, 11, 7, 30, 30, 2, 9, 4, 17, 3, 8, 1, 5, 6, 30, 12, 14, 2, 2, 9];
        let after = |at: u32| (flows.iter().take(at as usize + 1).sum(), flows[at as usize]);
        let after_and_one = |at: u32| (after(at).0 + at, flows[at as usize]);
        check("counted after they are sent", &counted(after, 20), (0, 0, true));
        check("the same, and the datagram as well", &counted(after_and_one, 20), (0, 0, true));
        check("by two each", &counted(|at| (5 + 2 * at, 1), 20), (0, 0, true));
        check("never", &counted(|_| (7, 3), 20), (0, 0, false));
        check("too few to tell", &[(1, 1), (12, 11)], (0, 0, false));
        check("too few to tell, by one", &[(0, 1), (12, 11)], (0, 0, false));
        let mut some_lost = counted(|at| (5 + 2 * at, 1), 40);
        some_lost.drain(30..33);
        check("by two each, three lost", &some_lost, (3, 0, true));
    }

    #[test]
    fn a_counter_that_domains_share_is_no_loss() {
        let mut sequence = Sequence::default();
        for number in [0, 10, 15, 40] {
            sequence.heard(Heard { number, units: 2, is_shared: true, ..Heard::default() });
        }
        sequence.settle();
        assert_eq!(sequence.lost(), 0);
    }
}
