//! Minutes are summed up to hours and hours to days, when they are over and what comes late has come.
//!
//! An hour says of how many blocks of minutes it was made: where there are more of them now, it is made again, and the later one
//! counts. So a pass that was broken off, or done twice, does no harm.

use super::FlowStore;
use crate::history::StoreError;
use crate::model::flow::{FlowLevel, FlowStretch, FlowTime};
use crate::model::{TimeRange, Timestamp};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// Conversations that an hour keeps apart: with its single sides some 300 kB, 13 GB in five years.
pub const HOUR_ROWS: usize = 10_000;
/// Conversations that a day keeps apart.
pub const DAY_ROWS: usize = 20_000;

/// One way up: from which level to which, how long after its end, and how many conversations it keeps.
struct Way {
    from: FlowLevel,
    to: FlowLevel,
    settle: Duration,
    rows: usize,
}

/// Exporters tell long flows after half an hour at the latest; what comes later still has the hour made again.
const WAYS: [Way; 2] = [
    Way { from: FlowLevel::Minute, to: FlowLevel::Hour, settle: Duration::from_secs(40 * 60), rows: HOUR_ROWS },
    Way { from: FlowLevel::Hour, to: FlowLevel::Day, settle: Duration::from_secs(2 * 3600), rows: DAY_ROWS },
];

/// Of each stretch how many blocks there are, and of how many it was made.
pub type Made = BTreeMap<i64, (u32, Option<u32>)>;

/// A store that sums up.
pub trait Rolling: FlowStore {
    /// What there is of a level in a range.
    fn made(&self, level: FlowLevel, range: TimeRange) -> Result<Made, StoreError>;
    /// Keeps a stretch that was made of so many blocks.
    fn put(&self, time: &FlowTime, sources: u32) -> Result<(), StoreError>;
}

/// Sums up what is due since a time; returns how many stretches were made.
pub fn roll_up(
    store: &dyn Rolling,
    (since, now): (Timestamp, Timestamp),
    is_stopping: &dyn Fn() -> bool,
) -> Result<u64, StoreError> {
    let mut done = 0;
    for way in &WAYS {
        let range = TimeRange { from: way.to.start_of(since), to: now };
        let mut blocks: BTreeMap<i64, u32> = BTreeMap::new();
        for (start, (count, _)) in store.made(way.from, range)? {
            *blocks.entry(way.to.start_of(Timestamp(start)).0).or_default() += count;
        }
        let made = store.made(way.to, range)?;
        let of = |start: &i64| made.get(start).and_then(|(_, sources)| *sources).unwrap_or(0);
        let is_over = |start: &i64| Timestamp(*start).plus(way.to.width()).plus(way.settle) <= now;
        for (start, count) in blocks.into_iter().filter(|(start, count)| is_over(start) && of(start) < *count) {
            if is_stopping() {
                return Ok(done);
            }
            let mut stretch = FlowStretch::new(way.to, Timestamp(start), way.rows);
            let within = TimeRange { from: Timestamp(start), to: Timestamp(start + way.to.millis() - 1) };
            store.flow_talks_scan(way.from, within, &mut |time| {
                stretch.add_time(time);
                ControlFlow::Continue(())
            })?;
            store.put(&stretch.time(), count)?;
            done += 1;
        }
    }
    Ok(done)
}
