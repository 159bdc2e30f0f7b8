//! A past gone through again with one rule: `noctop alarms test`.
//!
//! The journal says what happened, the series what was measured, the logs' store what was said. They are merged by time, and the state goes
//! through them as it did then, with this rule alone. Start at [`Reader::rehearse`].

use super::past;
use super::reader::Reader;
use crate::analyse::alarm::{Ear, On, Rule, Rules};
use crate::config;
use crate::engine::command::{AlarmTest, AlarmTested, RuleSource};
use crate::engine::handle::AskError;
use crate::engine::record;
use crate::event::{Body, Event};
use crate::history::StoreError;
use crate::history::logs::{LogOrder, LogQuestion, Patience};
use crate::model::{Alarm, DeviceId, EntityKey, Metric, Sample, TimeRange, Timestamp};
use crate::query::Window;
use crate::query::filter;
use crate::state::{LiveSample, Settings, State};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Records that are read at once.
const BATCH: usize = 4096;
/// Lines that are read at once, and at most.
const LINES: usize = 5_000;
const MOST_LINES: usize = 500_000;
/// Samples that are held in memory at once, about: 100 MB.
const SAMPLES_AT_ONCE: u64 = 2_000_000;
/// A stretch of samples is at least so long.
const SHORTEST: Duration = Duration::from_secs(600);
/// Longer pasts are looked at in steps of [`COARSE`], shorter ones second by second.
const FINE_FOR: Duration = Duration::from_secs(2 * 86_400);
const COARSE: Duration = Duration::from_secs(10);
const FINE: Duration = Duration::from_secs(1);
/// Alarms that are told at most.
const MOST_ALARMS: usize = 10_000;

/// Columns of objects whose values are kept as series, and which.
const KEPT: [(&str, &[Metric]); 22] = [
    ("inBps", &[Metric::InBps]),
    ("outBps", &[Metric::OutBps]),
    ("inUtilisation", &[Metric::InBps]),
    ("outUtilisation", &[Metric::OutBps]),
    ("utilisation", &[Metric::InBps, Metric::OutBps]),
    ("inPps", &[Metric::InPps]),
    ("outPps", &[Metric::OutPps]),
    ("inErrorsPerSecond", &[Metric::InErrors]),
    ("outErrorsPerSecond", &[Metric::OutErrors]),
    ("errorsPerSecond", &[Metric::InErrors, Metric::OutErrors]),
    ("errorShare", &[Metric::InErrors, Metric::OutErrors, Metric::InPps, Metric::OutPps]),
    ("inDiscardsPerSecond", &[Metric::InDiscards]),
    ("outDiscardsPerSecond", &[Metric::OutDiscards]),
    ("discardsPerSecond", &[Metric::InDiscards, Metric::OutDiscards]),
    ("discardShare", &[Metric::InDiscards, Metric::OutDiscards, Metric::InPps, Metric::OutPps]),
    ("fcsErrorsPerSecond", &[Metric::InFcsErrors]),
    ("rttMs", &[Metric::RttMs]),
    ("lossPercent", &[Metric::LossPercent]),
    ("cpuPercent", &[Metric::CpuPercent]),
    ("memoryPercent", &[Metric::MemoryPercent]),
    ("temperatureCelsius", &[Metric::TemperatureCelsius]),
    ("poePercent", &[Metric::PoeWatts]),
];

/// Columns of which nothing is kept.
const NOT_KEPT: [&str; 5] = ["impossible", "impossibleText", "missedPolls", "uptimeSeconds", "noiseDbm"];

/// The series that a rule needs.
fn metrics(rule: &Rule) -> Vec<Metric> {
    let fields = rule.fields();
    let mut found: Vec<Metric> =
        KEPT.iter().filter(|(field, _)| fields.contains(field)).flat_map(|(_, metrics)| metrics.iter().copied()).collect();
    if rule.missing.is_some() {
        found.push(Metric::LossPercent);
    }
    if rule.on == On::Sensor && fields.contains(&"value") {
        found.extend([Metric::NamedGauge, Metric::CpuPercent, Metric::MemoryPercent]);
    }
    found.sort_by_key(|metric| metric.number());
    found.dedup();
    found
}

fn failed(error: StoreError) -> AskError {
    AskError::Failed(error.to_string())
}

/// Something of a past.
enum Moment {
    Event(Box<Event>),
    Samples(DeviceId, Vec<LiveSample>),
    Heard(Vec<crate::model::heard::Heard>),
}

impl Reader {
    /// What a rule would have raised and cleared.
    pub(super) fn rehearse(&self, test: &AlarmTest) -> Result<AlarmTested, AskError> {
        let rule = self.rule(&test.rule)?;
        let range = test.range;
        let mut told = AlarmTested { gaps: gaps(&rule), ..AlarmTested::default() };
        let span = self.store().span().map_err(failed)?;
        if let Some(first) = span.map(|span| span.from).filter(|first| *first > range.from) {
            told.gaps.push(format!("history begins at {}", first.rfc3339()));
        }
        let rules = Arc::new(Rules::of([Rule::clone(&rule)]));
        let settings = Settings { rules, ..self.settings().clone() };
        let restored = past::restore(&**self.store(), (range.from, &settings), None).map_err(failed)?;
        let mut rehearsal = Rehearsal {
            reader: self,
            rule: &rule,
            seq: restored.seq,
            state: restored.state,
            now: range.from,
            step: if range.to.since(range.from) <= FINE_FOR { FINE } else { COARSE },
            last: BTreeMap::new(),
            raised: Vec::new(),
            gaps: Vec::new(),
        };
        rehearsal.state.set_now(range.from);
        rehearsal.state.forget_alarms();
        rehearsal.go(range).map_err(failed)?;
        told.gaps.append(&mut rehearsal.gaps);
        let name = |alarm: &Alarm| alarm.device.as_ref().map(|device| rehearsal.state.name_of(device));
        told.alarms = rehearsal.raised.iter().map(|alarm| (alarm.clone(), name(alarm))).collect();
        Ok(told)
    }

    fn rule(&self, source: &RuleSource) -> Result<Arc<Rule>, AskError> {
        match source {
            RuleSource::Name(name) => self.settings().rules.named(name).cloned().ok_or_else(|| {
                let names: Vec<&str> = self.settings().rules.iter().map(|rule| rule.name()).collect();
                AskError::Refused(format!("there is no rule {name:?}; there are {}", names.join(", ")))
            }),
            RuleSource::Text(file, text) => {
                let rules = config::parse_rule(file, text)
                    .map_err(|faults| AskError::Refused(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
                let mut rules = rules.into_iter();
                match (rules.next(), rules.next()) {
                    (Some(only), None) => Ok(Arc::new(only)),
                    (None, _) => Err(AskError::Refused(format!("{file} has no [[alarm]]"))),
                    (Some(_), Some(_)) => Err(AskError::Refused(format!("{file} has several [[alarm]]: try one at a time"))),
                }
            }
        }
    }
}

/// What a rule looks at and nobody keeps.
fn gaps(rule: &Rule) -> Vec<String> {
    if matches!(rule.on, On::Collector | On::FlowExporter | On::Limit) {
        return vec![format!("nothing is kept of how {}s did: such a rule says nothing of the past", rule.on.word())];
    }
    let fields = rule.fields();
    let lost = NOT_KEPT.iter().filter(|field| fields.contains(field));
    lost.map(|field| format!("nothing is kept of {field}: the rule says nothing of it")).collect()
}

/// A past that is gone through.
struct Rehearsal<'a> {
    reader: &'a Reader,
    rule: &'a Rule,
    /// The last record of the journal that is in the state.
    seq: u64,
    state: State,
    now: Timestamp,
    step: Duration,
    /// The last sample of each series.
    last: BTreeMap<(EntityKey, u16), Sample>,
    raised: Vec<Alarm>,
    gaps: Vec<String>,
}

impl Rehearsal<'_> {
    fn go(&mut self, range: TimeRange) -> Result<(), StoreError> {
        let metrics = metrics(self.rule);
        let entities = if metrics.is_empty() { Vec::new() } else { self.entities()? };
        let mut from = range.from;
        while from < range.to {
            let to = from.plus(self.stretch(entities.len() * metrics.len())).min(range.to);
            let mut moments: Vec<(Timestamp, Moment)> = self.events(to)?;
            moments.extend(self.samples(TimeRange { from, to }, (&entities, &metrics))?);
            if self.rule.on == On::Log {
                moments.extend(self.lines(TimeRange { from, to })?);
            }
            // What happened at the same time stands in the order of the sources: events, samples, lines.
            moments.sort_by_key(|(at, _)| *at);
            for (at, moment) in moments {
                self.wait(at);
                self.take(at, moment);
            }
            from = to;
        }
        self.wait(range.to.plus(self.step));
        Ok(())
    }

    /// So long a stretch that its samples find room.
    fn stretch(&self, series: usize) -> Duration {
        let series = u64::try_from(series).unwrap_or(u64::MAX).max(1);
        let polls = SAMPLES_AT_ONCE / series;
        Duration::from_secs(polls.saturating_mul(30).min(86_400)).max(SHORTEST)
    }

    /// Time passes, up to a moment: a second is over once what happened in it is known.
    fn wait(&mut self, until: Timestamp) {
        while self.now.plus(self.step) < until {
            self.now = self.now.plus(self.step);
            let told = self.state.rehearse_tick(self.now);
            self.tell(told);
        }
    }

    fn take(&mut self, at: Timestamp, moment: Moment) {
        let told = match moment {
            Moment::Event(event) => self.state.rehearse(&event),
            Moment::Samples(device, samples) => self.state.rehearse_samples(at, &device, &samples),
            Moment::Heard(heard) => self.state.rehearse_heard(at, &heard),
        };
        self.tell(told);
    }

    /// Alarms that were raised and cleared; the same one that was raised again goes on.
    fn tell(&mut self, events: Vec<Event>) {
        for Event { at, body } in events {
            match body {
                Body::AlarmRaised(alarm) => {
                    let has_room = self.raised.len() < MOST_ALARMS;
                    let is_same = |known: &&mut Alarm| known.id == alarm.id && known.raised_at == alarm.raised_at;
                    match self.raised.iter_mut().rev().find(is_same) {
                        Some(known) => *known = *alarm,
                        None if has_room => self.raised.push(*alarm),
                        None if self.gaps.is_empty() => self.gaps.push(format!("only the first {MOST_ALARMS} alarms are told")),
                        None => {}
                    }
                }
                Body::AlarmCleared(id) => {
                    let known = self.raised.iter_mut().rev().find(|known| known.id == id);
                    if let Some(known) = known {
                        known.cleared_at = Some(at);
                    }
                }
                _ => {}
            }
        }
    }

    fn events(&mut self, until: Timestamp) -> Result<Vec<(Timestamp, Moment)>, StoreError> {
        let mut found = Vec::new();
        loop {
            let records = self.reader.store().journal_read(self.seq, until, BATCH)?;
            for record in &records {
                self.seq = record.seq;
                if let Ok(event) = record::decode(&record.bytes) {
                    found.push((event.at, Moment::Event(Box::new(event))));
                }
            }
            if records.len() < BATCH {
                return Ok(found);
            }
        }
    }

    /// Whose series are looked at: those of ports for rules on interfaces, else those of devices and their sensors.
    fn entities(&self) -> Result<Vec<EntityKey>, StoreError> {
        let mut all = self.reader.store().entities()?;
        let is_port = |entity: &EntityKey| entity.part.as_deref().is_some_and(|part| !crate::model::series::is_named_part(part));
        all.retain(|entity| (self.rule.on == On::Interface) == is_port(entity));
        Ok(all)
    }

    fn samples(
        &mut self,
        range: TimeRange,
        (entities, metrics): (&[EntityKey], &[Metric]),
    ) -> Result<Vec<(Timestamp, Moment)>, StoreError> {
        let mut by_time: BTreeMap<(Timestamp, DeviceId), Vec<LiveSample>> = BTreeMap::new();
        for entity in entities {
            let shared = Arc::new(entity.clone());
            for metric in metrics {
                let key = (entity.clone(), u16::from(metric.number()));
                for sample in self.reader.store().samples_read(entity, *metric, range)? {
                    let before = self.last.get(&key).copied();
                    if before.is_some_and(|before| before.at >= sample.at) {
                        continue;
                    }
                    if sample.value.is_some() {
                        self.last.insert(key.clone(), sample);
                    }
                    // The one before the range only serves the first rate.
                    if sample.at < range.from {
                        continue;
                    }
                    let live = LiveSample { entity: Arc::clone(&shared), metric: *metric, before, last: sample };
                    by_time.entry((sample.at, entity.device.clone())).or_default().push(live);
                }
            }
        }
        Ok(by_time.into_iter().map(|((at, device), samples)| (at, Moment::Samples(device, samples))).collect())
    }

    /// What was said, as far as the rule waits for it.
    fn lines(&mut self, range: TimeRange) -> Result<Vec<(Timestamp, Moment)>, StoreError> {
        let (when, clear) = (self.rule.spec.when.clone().unwrap_or_default(), self.rule.spec.clear.clone());
        let text = clear.map_or_else(|| when.clone(), |clear| format!("({when}) or ({clear})"));
        let Ok(filter) = filter::parse(&text) else { return Ok(Vec::new()) };
        let ear = Ear::new(&Rules::of([self.rule.clone()]));
        let mut found = Vec::new();
        let mut offset = 0;
        while offset < MOST_LINES {
            let question = LogQuestion {
                filter: filter.clone(),
                range,
                now: range.to,
                window: Window { offset, rows: LINES },
                seek: None,
                order: LogOrder::OldestFirst,
                fold: false,
                faults_only: false,
                rates: None,
                patience: Patience::default(),
            };
            let answer = self.reader.store().logs().logs_ask(&question)?;
            // An offset beyond the end is the last window again.
            if answer.offset < offset || answer.rows.is_empty() {
                break;
            }
            for row in &answer.rows {
                let heard = ear.hear([&*row.line]);
                if !heard.is_empty() {
                    found.push((row.line.received, Moment::Heard(heard)));
                }
            }
            offset += answer.rows.len();
        }
        if offset >= MOST_LINES {
            self.gaps.push(format!("only {MOST_LINES} lines a day are looked at"));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
