//! What time alone brings: waits that are over, data that is missing, alarms whose rule or object is gone; and what noctop tells of itself.

use super::objects::{self, What, judge};
use super::{Verdict, part_of};
use crate::analyse::alarm::object::{CollectorObject, ExporterObject, LimitObject};
use crate::analyse::alarm::{On, Rule, Watch, damping};
use crate::event::Body;
use crate::model::upkeep::{ExporterReading, Upkeep};
use crate::model::{Alarm, DeviceId, Timestamp};
use crate::state::State;
use crate::state::derive::Deriver;
use crate::state::standing::UNREACHABLE;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often all standing alarms are held against their rules, whether or not something was measured.
const SWEEP: Duration = Duration::from_secs(60);
/// How often it is looked for what is missing.
const MISSING: Duration = Duration::from_secs(10);

impl Deriver<'_> {
    /// A second passed.
    pub(in crate::state) fn settle(&mut self) {
        self.waits();
        if self.at.since(self.state.missed_at) >= MISSING {
            self.state.missed_at = self.at;
            self.missing();
        }
        if self.at.since(self.state.swept_at) >= SWEEP {
            self.state.swept_at = self.at;
            self.sweep();
        }
    }

    /// What is remembered and waited for long enough.
    fn waits(&mut self) {
        let over: Vec<Watch> = self.state.watches.iter().filter(|watch| is_over(self.state, watch, self.at)).cloned().collect();
        for watch in over {
            let Some(rule) = self.state.settings.rules.named(&watch.rule).cloned() else {
                self.state.drop_watch(&watch.id);
                continue;
            };
            if rule.is_of_moments() {
                self.look_at_moment(&rule, watch);
                continue;
            }
            match watch.device.as_ref().and_then(|device| objects::again(self.state, self.at, (&rule, device, &watch.part))) {
                Some(verdicts) => self.act(verdicts),
                // What noctop tells of itself is looked at when it tells it.
                None if watch.device.is_none() => {}
                None => self.state.drop_watch(&watch.id),
            }
        }
    }

    /// Devices of which nothing was measured for too long.
    fn missing(&mut self) {
        if !objects::lasting(self.state, On::Device).any(|rule| rule.missing.is_some()) {
            return;
        }
        let verdicts: Vec<Verdict> = self.state.devices.keys().flat_map(|id| objects::missing(self.state, self.at, id)).collect();
        self.act(verdicts);
    }

    /// Alarms that stand: whether what they are on is still there and still ill, and whether there is still a rule.
    fn sweep(&mut self) {
        // What only lists who is behind a root has no rule: `reach` raises and clears it.
        let of_rules = |alarm: &&Arc<Alarm>| alarm.cleared_at.is_none() && alarm.rule != UNREACHABLE;
        let standing: Vec<Arc<Alarm>> = self.state.alarms.values().filter(of_rules).cloned().collect();
        for alarm in standing {
            let Some(rule) = self.state.settings.rules.named(&alarm.rule).cloned() else {
                // What lists those behind what is down is no rule's.
                if alarm.rule != UNREACHABLE {
                    self.put(Body::AlarmCleared(alarm.id.clone()));
                }
                continue;
            };
            if rule.is_of_moments() {
                self.remember_moment(&alarm);
                continue;
            }
            let Some(part) = part_of(&alarm).or(Some("")) else { continue };
            match alarm.device.as_ref().map(|device| objects::again(self.state, self.at, (&rule, device, part))) {
                Some(Some(verdicts)) => self.act(verdicts),
                Some(None) => self.put(Body::AlarmCleared(alarm.id.clone())),
                None => self.sweep_own((&rule, &alarm, part)),
            }
        }
    }

    /// What was remembered of an alarm on something that happened went with the process: it is over some time after the last.
    fn remember_moment(&mut self, alarm: &Alarm) {
        if self.state.watch(&alarm.id).is_some() {
            return;
        }
        let last = alarm.flap.map_or(alarm.raised_at, |flap| flap.at);
        self.state.keep_watch(Watch {
            id: alarm.id.clone(),
            rule: alarm.rule.clone(),
            device: alarm.device.clone(),
            part: part_of(alarm).unwrap_or_default().to_owned(),
            well: true,
            since: last,
            seen: self.at,
            more: 0,
            hits: Vec::new(),
        });
    }

    /// An alarm on something of noctop's own that tells no more.
    fn sweep_own(&mut self, (rule, alarm, part): (&Rule, &Alarm, &str)) {
        let Some(upkeep) = &self.state.upkeep else { return };
        let tells = match rule.on {
            On::Collector => upkeep.1.collectors.iter().any(|collector| collector.name == part),
            On::Limit => upkeep.1.limits.iter().any(|limit| limit.name == part),
            On::FlowExporter => upkeep.1.exporters.iter().any(|exporter| exporter.address.to_string() == part),
            _ => false,
        };
        if !tells {
            self.put(Body::AlarmCleared(alarm.id.clone()));
        }
    }

    /// noctop told how its collectors, its store and the exporters do.
    pub(in crate::state) fn upkeep(&mut self, upkeep: &Upkeep) {
        let before = self.state.upkeep.replace(Arc::new((self.at, upkeep.clone())));
        let verdicts = own(self.state, self.at, (before.as_deref(), upkeep));
        self.act(verdicts);
    }
}

/// Whether what is remembered has to be looked at.
fn is_over(state: &State, watch: &Watch, at: Timestamp) -> bool {
    let Some(rule) = state.settings.rules.named(&watch.rule) else { return true };
    let alarm = state.alarms.get(&watch.id).filter(|alarm| alarm.cleared_at.is_none());
    let waited = at.since(watch.since);
    let is_told = |alarm: &Alarm| at.since(alarm.flap.map_or(alarm.raised_at, |flap| flap.at)) >= damping::PACE;
    match (alarm, rule.is_of_moments()) {
        (Some(alarm), _) if watch.more > 0 => is_told(alarm),
        (Some(_), true) => !rule.clear_for.is_zero() && waited >= rule.clear_for,
        (None, true) => watch.hits.iter().all(|(hit, _)| at.since(*hit) >= rule.within),
        (Some(alarm), false) => watch.well && waited >= rule.clear_for && !damping::is_held(alarm, at),
        (None, false) => waited >= rule.lasts,
    }
}

/// What rules say of noctop's own.
fn own(state: &State, at: Timestamp, (before, now): (Option<&(Timestamp, Upkeep)>, &Upkeep)) -> Vec<Verdict> {
    let seconds = before.map_or(0.0, |(then, _)| at.since(*then).as_secs_f64());
    let mut found = Vec::new();
    let is_busy = state.is_busy(None);
    for collector in &now.collectors {
        let before = before.and_then(|(_, before)| before.collectors.iter().find(|known| known.name == collector.name));
        let row = CollectorObject { now: collector, before, seconds };
        let what = What {
            device: None,
            part: &collector.name,
            if_index: None,
            seen: Some(at),
            is_busy,
            object: &|| format!("noctop {}", collector.name),
        };
        found.extend(objects::lasting(state, On::Collector).filter_map(|rule| judge(state, (rule, at), &row, &what)));
    }
    found.extend(of_limits(state, at, (before.map(|(_, before)| before), now)));
    let known: FxHashMap<IpAddr, &ExporterReading> =
        before.iter().flat_map(|(_, before)| &before.exporters).map(|known| (known.address, known)).collect();
    for exporter in &now.exporters {
        let before = known.get(&exporter.address).copied();
        let device: Option<&DeviceId> = exporter.device.as_ref();
        let name = device.map(|id| state.name_of(id));
        let row = ExporterObject { now: exporter, before, seconds, device: name.as_deref(), at };
        let part = exporter.address.to_string();
        let what = What {
            device: None,
            part: &part,
            if_index: None,
            seen: Some(exporter.heard),
            is_busy,
            object: &|| name.clone().unwrap_or_else(|| part.clone()),
        };
        found.extend(objects::lasting(state, On::FlowExporter).filter_map(|rule| judge(state, (rule, at), &row, &what)));
    }
    found
}

/// What rules say of bounds.
fn of_limits(state: &State, at: Timestamp, (before, now): (Option<&Upkeep>, &Upkeep)) -> Vec<Verdict> {
    let mut found = Vec::new();
    let is_busy = state.is_busy(None);
    for limit in &now.limits {
        let before = before.and_then(|before| before.limits.iter().find(|known| known.name == limit.name));
        let row = LimitObject { now: limit, before };
        let object = || format!("noctop {}", limit.name);
        let what = What { device: None, part: &limit.name, if_index: None, seen: Some(at), is_busy, object: &object };
        found.extend(objects::lasting(state, On::Limit).filter_map(|rule| judge(state, (rule, at), &row, &what)));
    }
    found
}
