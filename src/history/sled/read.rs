//! Reading samples: one series over a time, or the last values of everything at a time.

use super::calendar::day_of;
use super::names::Names;
use super::period::{Period, Place};
use super::writer::Writer;
use crate::history::blocks::Reading;
use crate::history::blocks::block::Block;
use crate::history::blocks::column::Encoder;
use crate::history::blocks::last::{Gather, Wanted};
use crate::history::blocks::shard::{Head, Shard};
use crate::history::rollup::day_of_end;
use crate::history::{EntityLast, LOOKBACK_SECS, LastSamples, StoreError};
use crate::model::{Metric, Sample, TimeRange, Timestamp};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// What is read: memory, days and names, all held for the time of the reading.
pub struct Source<'a> {
    /// What is not in a day's database yet.
    pub writer: &'a Writer,
    /// Names.
    pub names: &'a Names,
    /// The days that the time range touches.
    pub days: Vec<Arc<Period>>,
}

/// Below this many devices a second thread costs more than it saves.
const PARALLEL_FROM: usize = 64;
/// Shards kept at hand by a thread: devices are visited in the order of their shards.
const SHARDS_AT_HAND: usize = 8;

impl Source<'_> {
    /// One series; see `Store::samples_read`.
    pub fn series(&self, device: u32, part: u32, metric: Metric, range: TimeRange) -> Result<Vec<Sample>, StoreError> {
        let from = range.from.millis().saturating_sub(i64::from(LOOKBACK_SECS) * 1000);
        let to = range.to.millis();
        let mut readings = Vec::new();
        let Some(known) = self.names.get(device) else { return Ok(Vec::new()) };
        let is_wanted = |head: &Head| {
            head.device == device && head.may_have(part) && head.start <= to && from <= head.end && known.agrees(head.names)
        };
        for day in &self.days {
            let mut places = day.places(device, from, to);
            // An imported series lies in blocks of its own.
            places.retain(|place| place.parts.0 <= part && part <= place.parts.1);
            places.sort_by_key(|place| (place.shard, place.start));
            places.dedup_by_key(|place| place.shard);
            for place in places {
                let Some(shard) = day.shard(place.shard)? else { continue };
                for (head, body) in shard.blocks() {
                    if is_wanted(head) {
                        readings.extend(Block::read(body).and_then(|block| block.series(part, metric)).unwrap_or_default());
                    }
                }
            }
        }
        for (head, body) in self.writer.sealed_blocks() {
            if is_wanted(head) {
                readings.extend(Block::read(body).and_then(|block| block.series(part, metric)).unwrap_or_default());
            }
        }
        readings.extend(self.writer.open_block(device).map(|block| block.series(part, metric)).unwrap_or_default());
        Ok(in_range(readings, range, from))
    }

    /// Bodies of a device's blocks that overlap a time, in the order of writing.
    pub fn bodies(&self, device: u32, range: TimeRange) -> Result<Vec<Vec<u8>>, StoreError> {
        let (from, to) = (range.from.millis(), range.to.millis());
        let Some(known) = self.names.get(device) else { return Ok(Vec::new()) };
        let is_wanted = |head: &Head| head.device == device && head.start <= to && from <= head.end && known.agrees(head.names);
        let mut bodies = Vec::new();
        for day in &self.days {
            let mut shards: Vec<u32> = day.places(device, from, to).iter().map(|place| place.shard).collect();
            shards.sort_unstable();
            shards.dedup();
            for shard in shards {
                let Some(shard) = day.shard(shard)? else { continue };
                bodies.extend(shard.blocks().filter(|(head, _)| is_wanted(head)).map(|(_, body)| body.to_vec()));
            }
        }
        bodies.extend(self.writer.sealed_blocks().filter(|(head, _)| is_wanted(head)).map(|(_, body)| body.to_vec()));
        if let Some(open) = self.writer.open_block(device) {
            bodies.extend(open.seal(&mut Encoder::default()).into_iter().map(|body| body.bytes));
        }
        Ok(bodies)
    }

    /// The days of which a device has readings that are not in a period yet.
    pub fn days_in_memory(&self, device: u32) -> BTreeSet<i64> {
        let open = self.writer.open_block(device).and_then(|block| Some((block.start()?, block.end()?)));
        let sealed =
            self.writer.sealed_blocks().filter(|(head, _)| head.device == device).map(|(head, _)| (head.start, head.end));
        open.into_iter().chain(sealed).flat_map(|(start, end)| [day_of_end(start), day_of(end)]).collect()
    }

    /// The last values of these devices; see `Store::samples_at`.
    pub fn last(&self, devices: &[u32], wanted: &Wanted) -> Result<Vec<EntityLast>, StoreError> {
        let mut jobs: Vec<Job> = devices.iter().map(|device| self.job(*device, wanted)).collect();
        jobs.sort_by_key(|job| job.places.last().map(|(day, place)| (*day, place.shard)));
        let mut sealed: FxHashMap<u32, Vec<&[u8]>> = FxHashMap::default();
        for (head, body) in self.writer.sealed_blocks() {
            if wanted.overlaps(head.start, head.end) {
                sealed.entry(head.device).or_default().push(body);
            }
        }
        if jobs.len() < PARALLEL_FROM {
            return self.last_of(&jobs, wanted, &sealed);
        }
        let (first, second) = jobs.split_at(jobs.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| self.last_of(second, wanted, &sealed));
            let mut found = self.last_of(first, wanted, &sealed)?;
            match other.join() {
                Ok(more) => found.append(&mut more?),
                // A panic there is one here too: what was found is not the whole.
                Err(payload) => std::panic::resume_unwind(payload),
            }
            Ok(found)
        })
    }

    fn job(&self, device: u32, wanted: &Wanted) -> Job {
        let places = self.days.iter().enumerate();
        let mut places: Vec<(usize, Place)> = places
            .flat_map(|(index, day)| day.places(device, wanted.from, wanted.to).into_iter().map(move |place| (index, place)))
            .collect();
        places.sort_by_key(|(day, place)| (*day, place.shard));
        places.dedup_by_key(|(day, place)| (*day, place.shard));
        Job { device, places }
    }

    fn last_of(&self, jobs: &[Job], wanted: &Wanted, sealed: &FxHashMap<u32, Vec<&[u8]>>) -> Result<Vec<EntityLast>, StoreError> {
        let mut gather = Gather::new(wanted);
        let mut at_hand = AtHand::default();
        let mut found = Vec::new();
        for job in jobs {
            let Some(known) = self.names.get(job.device) else { continue };
            let Some(max_part) = known.max_part() else { continue };
            gather.clear();
            if let Some(block) = self.writer.open_block(job.device) {
                gather.open(block);
            }
            for body in sealed.get(&job.device).map(Vec::as_slice).unwrap_or_default() {
                gather.sealed(body, max_part);
            }
            for (day, place) in &job.places {
                let Some(shard) = at_hand.shard(&self.days, (*day, place.shard))? else { continue };
                for (head, body) in shard.blocks() {
                    if head.device == job.device && wanted.overlaps(head.start, head.end) && known.agrees(head.names) {
                        gather.sealed(body, max_part);
                    }
                }
            }
            found.extend(collect(self.names, job.device, &gather, wanted));
        }
        Ok(found)
    }
}

/// A device and the shards that it is in.
struct Job {
    device: u32,
    places: Vec<(usize, Place)>,
}

/// A day by its place in the source, and a shard of it.
type ShardKey = (usize, u32);

/// The shards that were used last.
#[derive(Default)]
struct AtHand {
    shards: VecDeque<(ShardKey, Option<Shard<Vec<u8>>>)>,
}

impl AtHand {
    fn shard(&mut self, days: &[Arc<Period>], key: ShardKey) -> Result<Option<&Shard<Vec<u8>>>, StoreError> {
        let place = match self.shards.iter().position(|(known, _)| *known == key) {
            Some(place) => place,
            None => {
                let Some(day) = days.get(key.0) else { return Ok(None) };
                let shard = day.shard(key.1)?;
                self.shards.truncate(SHARDS_AT_HAND - 1);
                self.shards.push_front((key, shard));
                0
            }
        };
        Ok(self.shards.get(place).and_then(|(_, shard)| shard.as_ref()))
    }
}

/// What a device's pairs say, with names.
fn collect<'a>(
    names: &'a Names,
    device: u32,
    gather: &'a Gather<'_>,
    wanted: &'a Wanted,
) -> impl Iterator<Item = EntityLast> + 'a {
    let sample = |reading: Reading| Sample { at: Timestamp(reading.at), value: reading.value, broken: reading.broken };
    gather.parts().filter_map(move |(part, pairs)| {
        let entity = names.get(device)?.parts.get(part as usize)?.key.as_ref()?;
        // A million of these are made at once: none may grow.
        let mut metrics = Vec::with_capacity(pairs.len());
        metrics.extend(wanted.metrics().zip(pairs).filter_map(|(metric, pair)| {
            Some(LastSamples { metric, before: pair.before.map(sample), last: sample(pair.last?) })
        }));
        Some(EntityLast { entity: Arc::clone(entity), metrics })
    })
}

/// Readings in order of time, each time once.
pub fn latest_first(mut readings: Vec<Reading>) -> Vec<Reading> {
    // Of one time: a value before a gap, and what was written later first.
    readings.reverse();
    readings.sort_by_key(|reading| (reading.at, reading.value.is_none()));
    readings.dedup_by_key(|reading| reading.at);
    readings
}

/// Readings in order of time, each time once, from the last value before the range to its end.
fn in_range(readings: Vec<Reading>, range: TimeRange, from: i64) -> Vec<Sample> {
    let mut readings = latest_first(readings);
    readings.retain(|reading| reading.at >= from && reading.at <= range.to.millis());
    let inside = readings.partition_point(|reading| reading.at < range.from.millis());
    let before = readings.iter().take(inside).rposition(|reading| reading.value.is_some());
    let wanted = before.and_then(|before| readings.get(before)).into_iter().chain(readings.iter().skip(inside));
    let samples: Vec<Sample> =
        wanted.map(|reading| Sample { at: Timestamp(reading.at), value: reading.value, broken: reading.broken }).collect();
    if samples.iter().any(|sample| sample.value.is_some()) { samples } else { Vec::new() }
}
