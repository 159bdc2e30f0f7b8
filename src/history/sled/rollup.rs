//! Days summed up: how minutes and hours are made of a closed day's samples, and read back together with what is not summed up.
//!
//! A day is done when as many values of it are on disk as when it was summed up: a day that is written to again is summed up
//! again, and of two rollups of one time the one that was written later counts. A crash on the way costs the day's work.

use super::calendar::{DAY_MS, Kind, PeriodKey, day_of};
use super::names::Device;
use super::period::Period;
use super::read::{Source, latest_first};
use super::{SledStore, read_lock};
use crate::history::StoreError;
use crate::history::blocks::block::{Block, Body};
use crate::history::blocks::column::{Column, Encoder};
use crate::history::blocks::shard::{Builder, Head, NamesCheck, SHARD_BYTES};
use crate::history::blocks::summary::{self, Lane, Sealed};
use crate::history::blocks::{BROKEN, PRESENT, Reading};
use crate::history::rollup::{SETTLE_MS, day_of_end, needed, of_days, running, sum_up};
use crate::model::rollup::{Level, Rollup};
use crate::model::{EntityKey, Metric, Sample, TimeRange, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Parts of a device that are summed up at once: ten metrics of each, every 30 s, take some 15 MB.
const PARTS_AT_ONCE: u32 = 16;
/// Shards of rollups that are written at once.
const SHARDS_AT_ONCE: usize = 32;

/// Bodies of a device's blocks in the order of writing.
type Bodies = Vec<Vec<u8>>;

/// Shards of one level that fill.
struct Filling {
    period: Arc<Period>,
    level: Level,
    shards: Vec<Builder>,
}

impl Filling {
    fn push(&mut self, device: u32, names: NamesCheck, sealed: &[Sealed]) -> Result<(), StoreError> {
        for block in sealed {
            for body in &block.bodies {
                let head = head((device, names), block, body);
                let is_full = self.shards.last().is_none_or(|shard| shard.len() + body.bytes.len() > SHARD_BYTES);
                if is_full {
                    if self.shards.len() >= SHARDS_AT_ONCE {
                        self.write()?;
                    }
                    self.shards.push(Builder::default());
                }
                if let Some(shard) = self.shards.last_mut() {
                    shard.push(head, &body.bytes);
                }
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let shards = std::mem::take(&mut self.shards);
        if shards.is_empty() { Ok(()) } else { self.period.write(shards.iter()) }
    }
}

fn head((device, names): (u32, NamesCheck), block: &Sealed, body: &Body) -> Head {
    // Without a number there are no pieces to be counted.
    Head {
        device,
        pieces: 1,
        start: block.start,
        end: block.end,
        samples: body.samples,
        names,
        parts: body.parts,
        ..Head::default()
    }
}

impl SledStore {
    /// The days that are over, have settled, and hold more than was summed up of them; the oldest first.
    pub(super) fn due(&self, now: Timestamp) -> Vec<i64> {
        let settled = |day: i64| (day + 1) * DAY_MS + SETTLE_MS <= now.millis();
        let days = self.periods.figures().into_iter().filter(|(key, _)| key.kind == Kind::Raw);
        days.filter(|(key, held)| settled(key.number) && held.samples > held.rolled).map(|(key, _)| key.number).collect()
    }

    /// Sums up a day. False when it was told to stop before the end.
    pub(super) fn roll_up(&self, number: i64) -> Result<bool, StoreError> {
        let key = PeriodKey::day(number);
        let Some(day) = self.periods.open(&self.folder, key)? else { return Ok(false) };
        // What comes after this is not in it, and makes it due again.
        let (devices, samples) = (day.devices(), day.figures().samples);
        drop(day);
        let mut filling = Vec::new();
        for level in Level::ALL {
            let key = PeriodKey::of(Kind::of_level(level), number * DAY_MS);
            let Some(period) = self.periods.open(&self.folder, key)? else { return Ok(false) };
            filling.push(Filling { period, level, shards: Vec::new() });
        }
        let mut encoder = Encoder::default();
        for device in devices {
            if self.stopping.load(Ordering::Relaxed) {
                return Ok(false);
            }
            self.folder.room_for(SHARDS_AT_ONCE * SHARD_BYTES)?;
            self.roll_up_device((number, device), (&mut encoder, &mut filling))?;
        }
        for level in &mut filling {
            level.write()?;
            self.note(&level.period)?;
        }
        self.mark_rolled(key, samples)?;
        Ok(true)
    }

    fn roll_up_device(
        &self,
        (number, device): (i64, u32),
        (encoder, filling): (&mut Encoder, &mut [Filling]),
    ) -> Result<(), StoreError> {
        let range = TimeRange { from: Timestamp(number * DAY_MS + 1), to: Timestamp((number + 1) * DAY_MS) };
        let (names, bodies) = self.bodies(device, needed(Level::Hour, range))?;
        let mut lanes: Vec<Vec<Lane>> = filling.iter().map(|_| Vec::new()).collect();
        for first in (0..names.parts).step_by(PARTS_AT_ONCE as usize) {
            for ((part, metric), readings) in series(&bodies, first..first.saturating_add(PARTS_AT_ONCE)) {
                let Some(metric) = Metric::from_number(metric) else { continue };
                let samples = ordered(readings);
                for (lanes, filling) in lanes.iter_mut().zip(filling.iter()) {
                    let mut rollups = sum_up(metric, &samples, (filling.level, range));
                    rollups.retain(summary::is_kept);
                    if !rollups.is_empty() {
                        lanes.push(Lane { part, metric, rollups });
                    }
                }
            }
        }
        for (lanes, filling) in lanes.iter().zip(filling) {
            filling.push(device, names, &summary::seal_lanes(encoder, filling.level, lanes))?;
        }
        Ok(())
    }

    /// All that is held of a device in a time. Locks are held for the reading of one day, not for the work on it.
    fn bodies(&self, device: u32, range: TimeRange) -> Result<(NamesCheck, Bodies), StoreError> {
        let (writer, names) = (read_lock(&self.writer), read_lock(&self.names));
        let Some(known) = names.get(device) else { return Ok((NamesCheck::default(), Vec::new())) };
        let days = self.periods.between(&self.folder, Kind::Raw, (range.from.millis(), range.to.millis()))?;
        let source = Source { writer: &writer, names: &names, days };
        Ok((known.check(), source.bodies(device, range)?))
    }

    /// See `Store::rollups_read`.
    pub(super) fn rollups(
        &self,
        entity: &EntityKey,
        metric: Metric,
        (level, range): (Level, TimeRange),
    ) -> Result<Vec<Rollup>, StoreError> {
        let (writer, names) = (read_lock(&self.writer), read_lock(&self.names));
        let Some(device) = names.device(&entity.device) else { return Ok(Vec::new()) };
        let Some(known) = names.get(device) else { return Ok(Vec::new()) };
        let Some(part) = known.part(entity.part.as_deref(), 0) else { return Ok(Vec::new()) };
        let (from, to) = (range.from.millis(), range.to.millis());
        let mut found = BTreeMap::new();
        for period in self.periods.between(&self.folder, Kind::of_level(level), (from, to))? {
            let kept = kept_rollups(&period, (device, known), ((part, metric), level, range))?;
            found.extend(kept.into_iter().map(|rollup| (rollup.at, rollup)));
        }
        let in_memory = Source { writer: &writer, names: &names, days: Vec::new() }.days_in_memory(device);
        let days = self.not_rolled_up(in_memory, range);
        let mut read = |range: TimeRange| {
            let days = self.periods.between(&self.folder, Kind::Raw, (range.from.millis(), range.to.millis()))?;
            Source { writer: &writer, names: &names, days }.series(device, part, metric, range)
        };
        let made = of_days(metric, (level, range), days.into_iter(), &mut read)?;
        let running = running(metric, (level, range), read)?;
        found.extend(made.into_iter().chain(running).map(|rollup| (rollup.at, rollup)));
        Ok(found.into_values().collect())
    }

    /// Days of a range of which more is held than was summed up.
    fn not_rolled_up(&self, mut days: BTreeSet<i64>, range: TimeRange) -> BTreeSet<i64> {
        let (first, last) = (day_of_end(range.from.millis()), day_of(range.to.millis()));
        days.retain(|day| (first..=last).contains(day));
        for (key, held) in self.periods.figures() {
            if key.kind == Kind::Raw && held.samples > held.rolled && (first..=last).contains(&key.number) {
                days.insert(key.number);
            }
        }
        days
    }
}

/// The rollups of a series that a period holds, those that were written later behind.
fn kept_rollups(
    period: &Period,
    (device, known): (u32, &Device),
    (series, level, range): ((u32, Metric), Level, TimeRange),
) -> Result<Vec<Rollup>, StoreError> {
    let (from, to) = (range.from.millis(), range.to.millis());
    let Some(number) = summary::part_of(series) else { return Ok(Vec::new()) };
    let mut places = period.places(device, from, to);
    places.retain(|place| place.parts.0 <= number && number <= place.parts.1);
    places.sort_by_key(|place| place.shard);
    places.dedup_by_key(|place| place.shard);
    let mut found = Vec::new();
    for place in places {
        let Some(shard) = period.shard(place.shard)? else { continue };
        for (head, body) in shard.blocks() {
            let is_near = head.start <= to && from <= head.end;
            if head.device == device && head.may_have(number) && is_near && known.agrees(head.names) {
                let rollups = Block::read(body).and_then(|block| summary::rollups(&block, level, series));
                found.extend(rollups.unwrap_or_default().into_iter().filter(|rollup| range.contains(rollup.at)));
            }
        }
    }
    Ok(found)
}

type Series = BTreeMap<(u32, u8), Vec<Reading>>;

/// The readings of some parts, series by series.
fn series(bodies: &Bodies, parts: std::ops::Range<u32>) -> Series {
    let mut all = Series::new();
    for block in bodies.iter().filter_map(|body| Block::read(body)) {
        let Some(times) = block.times() else { continue };
        for part in block.parts().map_while(|part| part).filter(|part| parts.contains(&part.number)) {
            let columns: Vec<(u8, Column<'_>)> = part.columns().map_while(|column| column).collect();
            let together = if block.is_separate() { Vec::new() } else { said(&columns, times.len()) };
            for (metric, column) in columns {
                let own = if block.is_separate() { said(&[(metric, column)], times.len()) } else { Vec::new() };
                let said = if block.is_separate() { &own } else { &together };
                add(all.entry((part.number, metric)).or_default(), column, (&times, said));
            }
        }
    }
    all
}

/// The rows in which a part said anything.
fn said(columns: &[(u8, Column<'_>)], rows: usize) -> Vec<bool> {
    let mut said = vec![columns.iter().any(|(_, column)| column.is_whole()); rows];
    for flags in columns.iter().filter_map(|(_, column)| column.flags()) {
        said.iter_mut().zip(flags).for_each(|(said, flags)| *said |= flags & PRESENT != 0);
    }
    said
}

fn add(readings: &mut Vec<Reading>, column: Column<'_>, (times, said): (&[i64], &[bool])) {
    let (Some(flags), Some(values)) = (column.flags(), column.values()) else { return };
    let mut values = values.into_iter();
    for ((at, flags), said) in times.iter().zip(flags).zip(said) {
        let value = if flags & PRESENT == 0 { None } else { values.next() };
        if *said {
            readings.push(Reading { at: *at, value, broken: flags & BROKEN != 0 });
        }
    }
}

fn ordered(readings: Vec<Reading>) -> Vec<Sample> {
    let sample = |reading: Reading| Sample { at: Timestamp(reading.at), value: reading.value, broken: reading.broken };
    latest_first(readings).into_iter().map(sample).collect()
}
