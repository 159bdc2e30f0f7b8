//! Which stretches make up a range: as long ones as fit, shorter ones at its ends, longer ones where shorter ones are not kept any more.

use crate::model::flow::FlowLevel;
use crate::model::{TimeRange, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The starts of the stretches that are kept, by level.
pub type Kept = BTreeMap<FlowLevel, BTreeSet<Timestamp>>;

/// Stretches of one level, one after the other: the starts of the first and the last.
pub type Piece = (FlowLevel, TimeRange);

/// The longest stretches that still tell the steps of a curve apart.
pub fn coarsest(range: TimeRange, steps: usize) -> FlowLevel {
    let span = range.to.since(range.from);
    let step = span.checked_div(u32::try_from(steps.max(1)).unwrap_or(u32::MAX)).unwrap_or(span);
    let fits = |level: &FlowLevel| level.width() <= step;
    FlowLevel::ALL.into_iter().rev().find(|level| steps == 0 || fits(level)).unwrap_or(FlowLevel::Minute)
}

/// The stretches of a range, in order.
pub fn cover(range: TimeRange, (kept, coarsest): (&Kept, FlowLevel)) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = FlowLevel::Minute.start_of(range.from);
    while at < range.to {
        let Some((level, start)) = next(at, range.to, (kept, coarsest)) else { break };
        match pieces.last_mut() {
            Some((same, piece)) if *same == level => piece.to = start,
            _ => pieces.push((level, TimeRange { from: start, to: start })),
        }
        at = Timestamp(start.0 + level.millis());
    }
    pieces
}

/// The next stretch from a time on.
fn next(at: Timestamp, to: Timestamp, (kept, coarsest): (&Kept, FlowLevel)) -> Option<(FlowLevel, Timestamp)> {
    let has = |level: FlowLevel, start: Timestamp| kept.get(&level).is_some_and(|starts| starts.contains(&start));
    let fits = |level: FlowLevel| level.start_of(at) == at && at.0 + level.millis() <= to.0 && has(level, at);
    if let Some(level) = FlowLevel::ALL.into_iter().rev().find(|level| *level <= coarsest && fits(*level)) {
        return Some((level, at));
    }
    if has(FlowLevel::Minute, at) {
        return Some((FlowLevel::Minute, at));
    }
    // What has no shorter stretches any more is told by the longer one that it lies in, should it be there.
    for (longer, shorter) in [(FlowLevel::Hour, FlowLevel::Minute), (FlowLevel::Day, FlowLevel::Hour)] {
        let start = longer.start_of(at);
        let within = |level: FlowLevel| {
            let end = Timestamp(start.0 + longer.millis());
            kept.get(&level).is_some_and(|starts| starts.range(start..end).next().is_some())
        };
        if has(longer, start) && !within(shorter) && !(longer == FlowLevel::Day && within(FlowLevel::Minute)) {
            return Some((longer, start));
        }
    }
    // Nothing is there: on to the next stretch that begins later.
    let later = |level: FlowLevel| kept.get(&level).and_then(|starts| starts.range(Timestamp(at.0 + 1)..to).next().copied());
    let soonest = FlowLevel::ALL.into_iter().filter_map(later).min()?;
    next(soonest, to, (kept, coarsest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: i64, minute: i64) -> Timestamp {
        Timestamp(((day * 24 + hour) * 60 + minute) * 60_000)
    }

    fn check(range: (Timestamp, Timestamp), coarsest: FlowLevel, expected: &[(FlowLevel, Timestamp, Timestamp)]) {
        let mut kept = Kept::new();
        // Minutes of day 2 from 06:00 to day 3 12:30, hours of days 1 and 2 and the morning of 3, days 0 and 1.
        let minutes = (6 * 60..36 * 60 + 30).map(|minute| at(2, 0, minute));
        kept.insert(FlowLevel::Minute, minutes.collect());
        kept.insert(FlowLevel::Hour, (0..60).map(|hour| at(1, hour, 0)).collect());
        kept.insert(FlowLevel::Day, [at(0, 0, 0), at(1, 0, 0)].into());
        let pieces = cover(TimeRange { from: range.0, to: range.1 }, (&kept, coarsest));
        let expected: Vec<Piece> =
            expected.iter().map(|(level, from, to)| (*level, TimeRange { from: *from, to: *to })).collect();
        assert_eq!(pieces, expected);
    }

    #[test]
    fn a_range_is_made_of_the_longest_stretches_that_fit() {
        use FlowLevel::{Day, Hour, Minute};
        check(
            (at(3, 1, 58), at(3, 3, 2)),
            Day,
            &[(Minute, at(3, 1, 58), at(3, 1, 59)), (Hour, at(3, 2, 0), at(3, 2, 0)), (Minute, at(3, 3, 0), at(3, 3, 1))],
        );
        check((at(3, 1, 58), at(3, 3, 2)), Minute, &[(Minute, at(3, 1, 58), at(3, 3, 1))]);
        check((at(1, 0, 0), at(2, 1, 0)), Day, &[(Day, at(1, 0, 0), at(1, 0, 0)), (Hour, at(2, 0, 0), at(2, 0, 0))]);
        check((at(0, 5, 0), at(0, 6, 0)), Minute, &[(Day, at(0, 0, 0), at(0, 0, 0))]);
        check((at(2, 3, 20), at(2, 6, 1)), Minute, &[(Hour, at(2, 3, 0), at(2, 5, 0)), (Minute, at(2, 6, 0), at(2, 6, 0))]);
        check((at(3, 12, 29), at(5, 0, 0)), Day, &[(Minute, at(3, 12, 29), at(3, 12, 29))]);
        check((at(7, 0, 0), at(8, 0, 0)), Day, &[]);
    }

    #[test]
    fn a_curve_is_made_of_stretches_no_longer_than_its_steps() {
        let range = TimeRange { from: at(0, 0, 0), to: at(2, 0, 0) };
        let of = |steps| coarsest(range, steps);
        assert_eq!([of(0), of(1), of(2), of(3), of(48), of(49)].map(FlowLevel::word), ["1d", "1d", "1d", "1h", "1h", "1m"]);
    }
}
