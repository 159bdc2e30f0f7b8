//! The flows of a past: what was talked in its last hours by minute, before by hour and by day.
//!
//! Minutes are those of receipt, as a collector files them: NetFlow and IPFIX tell a minute's flows in the next one. Ports' loads
//! stand by the minute in which the octets flowed.

use crate::model::Timestamp;
use crate::model::flow::{ExporterKey, FlowLevel, FlowName, FlowTime, FlowVersion, PortLoad, TalkKey, TalkSum, TalkTable};
use crate::sim::scenario::file::ExportForm;
use crate::sim::traffic::exporter::Exporter;
use crate::sim::traffic::told::{Told, application};
use crate::sim::traffic::{Slot, Traffic};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// Whole hours before the running one that are kept by minute; the hours are made of them.
const MINUTE_HOURS: i64 = 1;

/// Whole days before the running one that are kept by hour; the days are made of them.
const HOUR_DAYS: i64 = 1;

/// Days kept at all: as long as the past is.
const DAYS: i64 = 7;

/// Conversations of a stretch, the others summed up: all stretches and the sums beside them fit a store in memory, which a picture has.
const ROWS: usize = 800;

/// What was talked before a moment, the newest first.
#[derive(Debug)]
pub struct FlowTimes {
    traffic: Arc<Traffic>,
    left: VecDeque<(FlowLevel, Timestamp)>,
    /// What was told of the minute before the last one that was made.
    before: Option<(Timestamp, Vec<Vec<Told>>)>,
}

impl FlowTimes {
    /// Until `until`, whose minute is not over and is left out.
    pub fn new(traffic: Arc<Traffic>, until: Timestamp) -> Self {
        Self { traffic, left: Self::starts(until).into(), before: None }
    }

    /// The stretches, the newest first.
    pub(super) fn starts(until: Timestamp) -> Vec<(FlowLevel, Timestamp)> {
        let hour = FlowLevel::Hour.start_of(until).0 - MINUTE_HOURS * FlowLevel::Hour.millis();
        let day = FlowLevel::Day.start_of(until).0 - HOUR_DAYS * FlowLevel::Day.millis();
        let ends = [
            (FlowLevel::Minute, FlowLevel::Minute.start_of(until).0, hour),
            (FlowLevel::Hour, hour, day),
            (FlowLevel::Day, day, day - (DAYS - HOUR_DAYS) * FlowLevel::Day.millis()),
        ];
        let within = |(level, end, start): (FlowLevel, i64, i64)| {
            let count = (end - start) / level.millis();
            (1..=count).map(move |back| (level, Timestamp(end - back * level.millis())))
        };
        ends.into_iter().flat_map(within).collect()
    }

    fn told(&self, level: FlowLevel, start: Timestamp) -> Vec<Vec<Told>> {
        let seconds = u32::try_from(level.width().as_secs()).unwrap_or(60);
        let slot = Slot::of(start, seconds);
        self.traffic.exporters().iter().map(|exporter| self.traffic.told(exporter, slot)).collect()
    }

    fn minute(&mut self, start: Timestamp) -> FlowTime {
        let known = self.before.take().filter(|(of, _)| *of == start).map(|(_, told)| told);
        let now = known.unwrap_or_else(|| self.told(FlowLevel::Minute, start));
        let earlier = Timestamp(start.0 - FlowLevel::Minute.millis());
        let before = self.told(FlowLevel::Minute, earlier);
        let heard = self.traffic.exporters().iter().zip(now.iter().zip(&before));
        let heard: Vec<&[Told]> = heard
            .map(|(exporter, (now, before))| if exporter.export.how == ExportForm::Sflow5 { now.as_slice() } else { before })
            .collect();
        let time = self.time((FlowLevel::Minute, start), &heard, &now);
        self.before = Some((earlier, before));
        time
    }

    fn time(&self, (level, start): (FlowLevel, Timestamp), heard: &[&[Told]], flowed: &[Vec<Told>]) -> FlowTime {
        let exporters = self.traffic.exporters();
        let mut table = TalkTable::new(ROWS);
        for (told, place) in heard.iter().zip(0u16..) {
            let packets = exporters.get(usize::from(place)).is_some_and(|exporter| exporter.export.how == ExportForm::Sflow5);
            for told in *told {
                let record = &told.record;
                // Each sampled packet is a record of its own.
                let flows = if packets { record.packets } else { 1 };
                table.add_sum(&TalkKey::of(place, record), &TalkSum { flows, ..TalkSum::of(record) });
            }
        }
        let mut loads: FxHashMap<(u16, u32, bool), (u64, u64)> = FxHashMap::default();
        for (told, place) in flowed.iter().zip(0u16..) {
            for record in told.iter().map(|told| &told.record) {
                for (if_index, inward) in [(record.in_if, true), (record.out_if, false)] {
                    if if_index != 0 {
                        let sum = loads.entry((place, if_index, inward)).or_default();
                        *sum = (sum.0 + record.scaled_octets(), sum.1 + record.scaled_packets());
                    }
                }
            }
        }
        let mut loads: Vec<PortLoad> = loads
            .into_iter()
            .map(|((exporter, if_index, inward), (octets, packets))| PortLoad {
                exporter,
                if_index,
                inward,
                minute: start,
                octets,
                packets,
            })
            .collect();
        loads.sort_unstable_by_key(|load| (load.exporter, load.if_index, load.inward));
        FlowTime {
            start,
            level,
            exporters: exporters.iter().map(key).collect(),
            counts: Vec::new(),
            talks: table.take(),
            loads,
            names: exporters.iter().zip(0u16..).flat_map(|(exporter, place)| self.names(exporter, place)).collect(),
        }
    }

    /// What exporters with options tables say of names.
    fn names(&self, exporter: &Exporter, place: u16) -> Vec<(u16, FlowName)> {
        if !matches!(exporter.export.how, ExportForm::Netflow9 | ExportForm::Ipfix) {
            return Vec::new();
        }
        let ports = exporter.ports.iter().filter(|port| port.if_index != 0);
        let mut names: Vec<_> = ports.map(|port| (place, FlowName::Interface(port.if_index, port.name.clone()))).collect();
        if exporter.export.how == ExportForm::Netflow9 {
            let services = self.traffic.campus().scenario.services.iter().enumerate();
            names.extend(
                services.map(|(nth, service)| (place, FlowName::Application(application(Some(nth)), service.name.clone()))),
            );
        }
        names
    }
}

/// Who an exporter is to a collector.
pub fn key(exporter: &Exporter) -> ExporterKey {
    let version = exporter.version();
    let domain = if version == FlowVersion::Ipfix { crate::sim::traffic::live::DOMAIN } else { 0 };
    ExporterKey { address: IpAddr::V4(exporter.address), version, domain }
}

impl Iterator for FlowTimes {
    type Item = FlowTime;

    fn next(&mut self) -> Option<FlowTime> {
        let (level, start) = self.left.pop_front()?;
        if level == FlowLevel::Minute {
            return Some(self.minute(start));
        }
        let told = self.told(level, start);
        let heard: Vec<&[Told]> = told.iter().map(Vec::as_slice).collect();
        Some(self.time((level, start), &heard, &told))
    }
}
