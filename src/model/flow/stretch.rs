//! A stretch of time that is being summed up: batches of a second into a minute, minutes into an hour, hours into a day.

use super::exporter::{ExporterCounts, ExporterKey, FlowBatch, FlowName, PortLoad};
use super::table::TalkTable;
use super::time::{FlowLevel, FlowTime};
use crate::model::{Timestamp, limit};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What a name is of: its exporter, its kind, its number there.
type Named = (u16, u8, u64);

/// See the module.
#[derive(Clone, Debug)]
pub struct FlowStretch {
    start: Timestamp,
    level: FlowLevel,
    exporters: Vec<ExporterKey>,
    indexes: FxHashMap<ExporterKey, u16>,
    counts: Vec<ExporterCounts>,
    table: TalkTable,
    loads: FxHashMap<(u16, u32, bool), (u64, u64)>,
    names: BTreeMap<Named, FlowName>,
}

fn named(exporter: u16, name: &FlowName) -> Named {
    match name {
        FlowName::Interface(number, _) => (exporter, 0, u64::from(*number)),
        FlowName::Application(number, _) => (exporter, 1, *number),
        FlowName::Sampler(number, _) => (exporter, 2, *number),
        FlowName::Vrf(number, _) => (exporter, 3, u64::from(*number)),
    }
}

impl FlowStretch {
    /// One that begins at a time and keeps so many conversations apart.
    pub fn new(level: FlowLevel, start: Timestamp, limit: usize) -> Self {
        Self {
            start,
            level,
            exporters: Vec::new(),
            indexes: FxHashMap::default(),
            counts: Vec::new(),
            table: TalkTable::new(limit),
            loads: FxHashMap::default(),
            names: BTreeMap::new(),
        }
    }

    /// When it begins.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// Whether nothing was talked in it, nor told of its ports.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty() && self.loads.is_empty()
    }

    /// The index of an exporter here.
    fn exporter(&mut self, key: &ExporterKey) -> Option<u16> {
        if let Some(known) = self.indexes.get(key) {
            return Some(*known);
        }
        let next = u16::try_from(self.exporters.len()).ok().filter(|next| limit::FLOW_NUMBERS.has_room(usize::from(*next)))?;
        self.exporters.push(*key);
        self.counts.push(ExporterCounts::default());
        self.indexes.insert(*key, next);
        Some(next)
    }

    /// The indexes here of exporters there; those that found no room stand for the last one.
    fn exporters(&mut self, keys: &[ExporterKey]) -> Vec<u16> {
        let last = u16::try_from(limit::FLOW_NUMBERS.most() - 1).unwrap_or(u16::MAX);
        keys.iter().map(|key| self.exporter(key).unwrap_or(last)).collect()
    }

    /// Adds what a collector heard in a second; returns the loads that belong to other stretches, with their exporters.
    pub fn add_batch(&mut self, batch: &FlowBatch) -> Vec<(ExporterKey, PortLoad)> {
        let here = self.exporters(&batch.exporters);
        self.table.merge(&batch.talks, &here);
        self.tell(&here, (&batch.counts, &batch.names));
        let mut others = Vec::new();
        for load in &batch.loads {
            let exporter = batch.exporters.get(usize::from(load.exporter));
            if self.level.start_of(load.minute) == self.start {
                self.load(&here, load);
            } else if let Some(exporter) = exporter {
                others.push((*exporter, *load));
            }
        }
        others
    }

    /// Adds a shorter stretch, or another part of this one. The later ones come last.
    pub fn add_time(&mut self, time: &FlowTime) {
        let here = self.exporters(&time.exporters);
        self.table.merge(&time.talks, &here);
        self.tell(&here, (&time.counts, &time.names));
        time.loads.iter().for_each(|load| self.load(&here, load));
    }

    /// Adds what flowed through a port of an exporter.
    pub fn add_load(&mut self, exporter: &ExporterKey, load: &PortLoad) {
        let here = self.exporters(std::slice::from_ref(exporter));
        self.load(&here, &PortLoad { exporter: 0, ..*load });
    }

    fn tell(&mut self, here: &[u16], (counts, names): (&[ExporterCounts], &[(u16, FlowName)])) {
        for (index, counts) in here.iter().zip(counts) {
            if let Some(known) = self.counts.get_mut(usize::from(*index)) {
                known.clone_from(counts);
            }
        }
        for (exporter, name) in names {
            let Some(exporter) = here.get(usize::from(*exporter)) else { continue };
            let key = named(*exporter, name);
            if self.names.contains_key(&key) || limit::FLOW_NAMES.has_room(self.names.len()) {
                self.names.insert(key, name.clone());
            }
        }
    }

    fn load(&mut self, here: &[u16], load: &PortLoad) {
        let Some(exporter) = here.get(usize::from(load.exporter)) else { return };
        let key = (*exporter, load.if_index, load.inward);
        if !self.loads.contains_key(&key) && !limit::FLOW_LOADS.has_room(self.loads.len()) {
            return;
        }
        let sum = self.loads.entry(key).or_default();
        *sum = (sum.0.saturating_add(load.octets), sum.1.saturating_add(load.packets));
    }

    /// What it amounts to so far.
    pub fn time(&mut self) -> FlowTime {
        let minute = self.start;
        let load = |((exporter, if_index, inward), (octets, packets)): (&(u16, u32, bool), &(u64, u64))| PortLoad {
            exporter: *exporter,
            if_index: *if_index,
            inward: *inward,
            minute,
            octets: *octets,
            packets: *packets,
        };
        let mut loads: Vec<PortLoad> = self.loads.iter().map(load).collect();
        loads.sort_unstable_by_key(|load| (load.exporter, load.if_index, load.inward));
        FlowTime {
            start: self.start,
            level: self.level,
            exporters: self.exporters.clone(),
            counts: self.counts.clone(),
            talks: self.table.talks(),
            loads,
            names: self.names.iter().map(|((exporter, ..), name)| (*exporter, name.clone())).collect(),
        }
    }

    /// Begins the next one: exporters, their counters and their names stay known.
    pub fn begin(&mut self, start: Timestamp) {
        self.start = start;
        self.table.take();
        self.loads.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{FlowAddr, FlowVersion, TalkKey, TalkSum, Talks};

    fn exporter(domain: u32) -> ExporterKey {
        ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::Ipfix, domain }
    }

    fn batch(domains: &[u32], octets: u64) -> FlowBatch {
        let key = |exporter: usize| TalkKey { src: FlowAddr::v4(1), exporter: exporter as u16, ..TalkKey::default() };
        let sum = TalkSum { octets, flows: 1, ..TalkSum::default() };
        let load = |exporter: usize, minute| PortLoad {
            exporter: exporter as u16,
            if_index: 7,
            inward: true,
            minute,
            octets,
            packets: 1,
        };
        FlowBatch {
            exporters: domains.iter().map(|domain| exporter(*domain)).collect(),
            counts: domains.iter().map(|_| ExporterCounts { octets, ..ExporterCounts::default() }).collect(),
            talks: Talks { rows: (0..domains.len()).map(|n| (key(n), sum)).collect(), ..Talks::default() },
            loads: (0..domains.len()).flat_map(|n| [load(n, Timestamp(0)), load(n, Timestamp(60_000))]).collect(),
            names: vec![(0, FlowName::Interface(7, format!("Gi{octets}")))],
        }
    }

    #[test]
    fn what_is_told_without_end_finds_no_room_and_what_is_known_goes_on() {
        let key = |number: u32| ExporterKey {
            address: number.to_be_bytes().into(),
            version: super::super::FlowVersion::Ipfix,
            domain: 0,
        };
        let mut stretch = FlowStretch::new(FlowLevel::Minute, Timestamp(60_000), 10);
        let loads = (0..u32::try_from(limit::FLOW_LOADS.most()).unwrap() + 3).map(|if_index| PortLoad {
            exporter: 0,
            if_index,
            inward: true,
            minute: Timestamp(60_000),
            octets: 1,
            packets: 1,
        });
        let names = (0..u32::try_from(limit::FLOW_NAMES.most()).unwrap() + 5)
            .map(|number| (0, FlowName::Interface(number, "x".to_owned())));
        let batch = FlowBatch { exporters: vec![key(0)], loads: loads.collect(), names: names.collect(), ..FlowBatch::default() };
        let ((_, loads), names) = limit::FLOW_NAMES.during(|| limit::FLOW_LOADS.during(|| stretch.add_batch(&batch)));
        assert_eq!((stretch.loads.len(), stretch.names.len()), (limit::FLOW_LOADS.most(), limit::FLOW_NAMES.most()));
        assert!(loads >= 3 && names >= 5);
        let keys: Vec<ExporterKey> = (0..=u32::from(u16::MAX) + 3).map(key).collect();
        let (_, exporters) = limit::FLOW_NUMBERS.during(|| stretch.exporters(&keys));
        assert_eq!(stretch.exporters.len(), limit::FLOW_NUMBERS.most());
        assert!(exporters >= 4);
        assert_eq!(stretch.exporters(&keys[..2]), [0, 1], "those that are known keep their numbers");
    }

    #[test]
    fn batches_add_up_whatever_order_they_name_their_exporters_in() {
        let mut minute = FlowStretch::new(FlowLevel::Minute, Timestamp(60_000), 100);
        assert!(minute.is_empty());
        let late = minute.add_batch(&batch(&[1, 2], 10));
        assert_eq!(late.iter().map(|(key, load)| (key.domain, load.minute.0)).collect::<Vec<_>>(), [(1, 0), (2, 0)]);
        minute.add_batch(&batch(&[2, 1], 100));
        let time = minute.time();
        assert_eq!(time.exporters, [exporter(1), exporter(2)]);
        let sums: Vec<(u16, u64)> = time.talks.rows.iter().map(|(key, sum)| (key.exporter, sum.octets)).collect();
        assert_eq!(sums, [(0, 110), (1, 110)]);
        assert_eq!(time.loads.iter().map(|load| load.octets).collect::<Vec<_>>(), [110, 110]);
        assert_eq!(time.counts[0].octets, 100, "the last count");
        assert_eq!(time.names.len(), 2, "each exporter has a port 7 of its own");
    }

    #[test]
    fn what_is_made_of_minutes_is_what_is_made_of_seconds() {
        let mut hour = FlowStretch::new(FlowLevel::Hour, Timestamp(0), 100);
        for minute in 0..3 {
            let mut one = FlowStretch::new(FlowLevel::Minute, Timestamp(minute * 60_000), 100);
            one.add_batch(&batch(&[1], 10));
            hour.add_time(&one.time());
        }
        let time = hour.time();
        assert_eq!(time.talks.total().octets, 30);
        assert_eq!(time.loads.iter().map(|load| (load.minute.0, load.octets)).collect::<Vec<_>>(), [(0, 20)]);
        hour.begin(Timestamp(3_600_000));
        assert!(hour.is_empty());
        assert_eq!((hour.time().exporters.len(), hour.time().counts[0].octets), (1, 10));
    }
}
