//! Rules on what happens: events, links that go, values that change, log lines and traps.

use super::{Verdict, objects};
use crate::analyse::alarm::object::{EventObject, LinkObject, LinkSide};
use crate::analyse::alarm::{By, On, Rule, Said, Step, alarm_id, phase};
use crate::event::{Body, StpEvent};
use crate::model::heard::Heard;
use crate::model::{DeviceId, IfIndex, Link, LinkEnd, limit};
use crate::query::filter::{Row, Value};
use crate::state::State;
use crate::state::derive::Deriver;
use crate::state::view::EventRow;
use std::sync::Arc;

/// How often an event says that something happened.
pub(in crate::state::derive) const fn times(body: &Body) -> u32 {
    match body {
        Body::SpanningTree(change) => match change.change {
            StpEvent::Topology(times) => times,
            StpEvent::Root(..) | StpEvent::Port(..) => 1,
        },
        _ => 1,
    }
}

/// A value that changed, before it is taken over.
pub(in crate::state::derive) struct Changed {
    rule: Arc<Rule>,
    device: DeviceId,
    if_index: Option<IfIndex>,
    before: String,
    after: String,
}

/// What changes with a new description of a device, by the rules that tell changes.
pub(in crate::state::derive) fn changed(state: &State, body: &Body) -> Vec<Changed> {
    let Body::DeviceSeen(seen) = body else { return Vec::new() };
    let Some(known) = state.devices.get(&seen.id) else { return Vec::new() };
    let rules = |on: On| state.settings.rules.on(on).iter().filter_map(|rule| Some((rule, rule.change?)));
    let mut found = Vec::new();
    let of_device = |rule: &Arc<Rule>, column: usize| {
        let value = |device| objects::device_object(state, device).map(|object| text(&object.value(column)));
        difference(value(known)?, value(seen)?).map(|(before, after)| (Arc::clone(rule), None, before, after))
    };
    found.extend(rules(On::Device).filter_map(|(rule, column)| of_device(rule, column)));
    if rules(On::Interface).next().is_some()
        && let Some(around) = objects::Around::of(state, state.now, &seen.id)
    {
        for (place, port) in seen.interfaces.iter().enumerate() {
            let Some(old) = known.interface(port.if_index).filter(|old| *old != port) else { continue };
            for (rule, column) in rules(On::Interface) {
                let value = |port| text(&around.port(place, port).value(column));
                let differs = difference(value(old), value(port));
                found.extend(differs.map(|(before, after)| (Arc::clone(rule), Some(port.if_index), before, after)));
            }
        }
    }
    let whole = |(rule, if_index, before, after)| Changed { rule, device: seen.id.clone(), if_index, before, after };
    found.into_iter().map(whole).collect()
}

fn text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Unknown => None,
        Value::Text(text) | Value::Either(text, _) => Some(text.clone().into_owned()),
        Value::Number(number) if number.abs() >= 1e4 => Some(crate::model::unit::si(*number)),
        Value::Number(number) => Some(number.to_string()),
        Value::Numbers(numbers) => Some(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        Value::Addresses(addresses) => Some(addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        Value::Nets(nets) => Some(nets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        Value::Mac(mac) => Some(mac.to_string()),
    }
}

/// Both values, where both are known and they differ.
fn difference(before: Option<String>, after: Option<String>) -> Option<(String, String)> {
    before.zip(after).filter(|(before, after)| before != after)
}

impl Deriver<'_> {
    /// Tells changes, once they are taken over.
    pub(in crate::state::derive) fn tell_changes(&mut self, changes: Vec<Changed>) {
        for Changed { rule, device, if_index, before, after } in changes {
            let said = Said { before: Some(&before), after: Some(&after), count: None };
            let Some(verdict) = self.verdict_of_change(&rule, (&device, if_index), said) else { continue };
            self.hit(&verdict, 1);
        }
    }

    fn verdict_of_change(
        &self,
        rule: &Arc<Rule>,
        (id, if_index): (&DeviceId, Option<IfIndex>),
        said: Said<'_>,
    ) -> Option<Verdict> {
        let device = self.state.devices.get(id)?;
        match if_index {
            None => {
                let row = objects::device_object(self.state, device)?;
                self.moment(rule, &row, (Some(id), "", device.name(), said))
            }
            Some(if_index) => {
                let around = objects::Around::of(self.state, self.at, id)?;
                let place = device.interfaces.binary_search_by_key(&if_index, |port| port.if_index).ok()?;
                let port = device.interfaces.get(place)?;
                let name = port.name();
                let row = around.port(place, port);
                let object = format!("{} {name}", device.name());
                let verdict = self.moment(rule, &row, (Some(id), &name, object, said))?;
                Some(Verdict { if_index: Some(if_index), ..verdict })
            }
        }
    }

    /// Something that a rule may wait for.
    fn moment(
        &self,
        rule: &Arc<Rule>,
        row: &impl Row,
        (device, part, object, said): (Option<&DeviceId>, &str, String, Said<'_>),
    ) -> Option<Verdict> {
        if !rule.is_it(row, self.at) {
            return None;
        }
        let severity = rule.severity(row)?;
        Some(Verdict {
            rule: Arc::clone(rule),
            id: alarm_id(rule.name(), device, part),
            device: device.cloned(),
            part: part.to_owned(),
            object,
            if_index: None,
            ill: Some(true),
            severity: Some(severity),
            text: rule.text(row, said),
        })
    }

    /// Holds events against the rules on them. Alarms are no events that raise alarms.
    pub(in crate::state::derive) fn happened(&mut self, rows: &[Arc<EventRow>], times: u32) {
        let rules = self.state.settings.rules.on(On::Event).to_vec();
        if rules.is_empty() {
            return;
        }
        for row in rows.iter().filter(|row| !row.kind.starts_with("alarm-")) {
            for rule in &rules {
                self.held_against(rule, row, times);
            }
        }
    }

    fn held_against(&mut self, rule: &Arc<Rule>, row: &EventRow, times: u32) {
        let name = row.device.as_ref().map(|id| self.state.name_of(id));
        let object = EventObject {
            kind: &row.kind,
            object: &row.object,
            device: name.as_deref(),
            text: &row.text,
            source: &row.source,
            severity: row.severity,
            times,
            role: row.device.as_ref().and_then(|id| self.state.devices.get(id)).map(|device| device.role),
            device_status: row.device.as_ref().and_then(|id| self.state.conditions.get(id)).map(|known| known.status),
        };
        let (device, part) = match &rule.by {
            By::All => (None, "network"),
            By::Object => (row.device.as_ref(), row.object.as_str()),
            _ => (row.device.as_ref(), ""),
        };
        let ends = rule.ends(&object);
        if let Some(mut verdict) = self.moment(rule, &object, (device, part, row.object.clone(), Said::default())) {
            // One alarm for all is still on somebody, whom screens can go to; its id says whom it is for.
            verdict.device = device.or(row.device.as_ref()).cloned();
            self.hit(&verdict, times);
        } else if ends {
            self.end(&alarm_id(rule.name(), device, part));
        }
    }

    /// What listeners found in log lines.
    pub(in crate::state) fn found_in_lines(&mut self, all: &[Heard]) {
        for heard in all {
            let Some(rule) = self.state.settings.rules.named(&heard.rule).cloned() else { continue };
            let id = alarm_id(rule.name(), heard.device.as_ref(), &heard.part);
            if heard.ends {
                self.end(&id);
                continue;
            }
            let if_index = heard.device.as_ref().and_then(|id| {
                let device = self.state.devices.get(id)?;
                device.interfaces.iter().find(|port| port.name() == heard.part).map(|port| port.if_index)
            });
            let verdict = Verdict {
                rule,
                id,
                device: heard.device.clone(),
                part: heard.part.clone(),
                object: heard.object.clone(),
                if_index,
                ill: Some(true),
                severity: Some(heard.severity),
                text: heard.text.clone(),
            };
            self.hit(&verdict, heard.times);
        }
    }

    /// Something happened so many times.
    fn hit(&mut self, verdict: &Verdict, times: u32) {
        let known = self.state.alarms.get(&verdict.id).map(Arc::clone);
        let remembered = self.state.watch(&verdict.id).cloned();
        if remembered.is_none() && !limit::ALARM_WATCHES.has_room(self.state.watches.len()) {
            return;
        }
        let mut watch = remembered.unwrap_or_else(|| verdict.watch(self.at));
        let step = phase::hit(&verdict.rule, (self.at, times), phase::Known { alarm: known.as_deref(), watch: &mut watch });
        self.state.keep_watch(watch);
        self.take_step(step, verdict, known.as_deref());
    }

    /// What was told is over.
    fn end(&mut self, id: &str) {
        self.state.drop_watch(id);
        if self.state.alarms.get(id).is_some_and(|alarm| alarm.cleared_at.is_none()) {
            self.put(Body::AlarmCleared(id.to_owned()));
        }
    }

    /// A link came, or came back.
    pub(super) fn link_came(&mut self, link: &Link) {
        for rule in self.state.settings.rules.on(On::Link).to_vec() {
            for (end, _) in ends(link) {
                let id = alarm_id(rule.name(), Some(&end.device), &port_of(end));
                self.end(&id);
            }
            self.held_against_link(&rule, link, false);
        }
    }

    /// A link went.
    pub(super) fn link_went(&mut self, link: &Link) {
        for rule in self.state.settings.rules.on(On::Link).to_vec() {
            self.held_against_link(&rule, link, true);
        }
    }

    fn held_against_link(&mut self, rule: &Arc<Rule>, link: &Link, is_gone: bool) {
        let object = LinkObject { link, a: self.side(&link.a), b: self.side(&link.b), is_gone };
        let part = port_of(&link.a);
        let called = format!("{} {part}", object.a.device);
        if let Some(verdict) = self.moment(rule, &object, (Some(&link.a.device), &part, called, Said::default())) {
            self.hit(&Verdict { if_index: link.a.if_index, ..verdict }, 1);
        }
    }

    fn side(&self, end: &LinkEnd) -> LinkSide {
        let condition = self.state.conditions.get(&end.device);
        LinkSide {
            device: self.state.name_of(&end.device),
            port: end.port.clone(),
            status: condition.map(|condition| condition.status),
            oper: condition.and_then(|condition| condition.port(end.if_index?)?.oper),
            uptime_seconds: objects::uptime_seconds(self.state, &end.device),
        }
    }

    /// What is remembered of rules on what happens, and is over or has to be told.
    pub(super) fn look_at_moment(&mut self, rule: &Rule, mut watch: crate::analyse::alarm::Watch) {
        let known = self.state.alarms.get(&watch.id).map(Arc::clone);
        let id = watch.id.clone();
        let (step, keep) = phase::quiet(rule, self.at, phase::Known { alarm: known.as_deref(), watch: &mut watch });
        if keep {
            self.state.keep_watch(watch);
        } else {
            self.state.drop_watch(&id);
        }
        match (step, known) {
            (Step::Clear, Some(_)) => self.put(Body::AlarmCleared(id)),
            (Step::Count(times), Some(known)) => self.count(&known, times),
            _ => {}
        }
    }
}

fn ends(link: &Link) -> [(&LinkEnd, &LinkEnd); 2] {
    [(&link.a, &link.b), (&link.b, &link.a)]
}

fn port_of(end: &LinkEnd) -> String {
    end.port.clone().or_else(|| end.if_index.map(|index| format!("if{index}"))).unwrap_or_default()
}
