//! Alarms: which objects are held against the rules after what, and what is done about what the rules say.
//!
//! The rules themselves are in `analyse::alarm`; here is what they look at (`objects`), what happens once (`moments`), and what time alone
//! brings (`sweep`). One cause, one alarm: the same rule on the same object is the same alarm.

mod moments;
pub(super) mod objects;
mod sweep;

pub(super) use moments::{changed, times};

use super::Deriver;
use crate::analyse::alarm::{On, Rule, Step, Watch, damping, phase};
use crate::event::{ApEvent, Body};
use crate::model::{
    Alarm, AlarmAct, AlarmOrder, Device, DeviceId, GaugeKind, IfIndex, Link, MacAddr, Severity, Timestamp, limit,
};
use crate::state::State;
use std::sync::Arc;

/// What has to be known before an event is taken over: alarms on what goes away with it clear.
pub(super) fn before(state: &State, body: &Body) -> Vec<Body> {
    match body {
        Body::DeviceMerged(gone, _) => clear_where(state, gone, |_| true),
        Body::DeviceForgotten(told) => clear_where(state, &told.0, |_| true),
        Body::DeviceReplaced(replacement) => clear_where(state, &replacement.old, |_| true),
        Body::DeviceSeen(device) if state.devices.contains_key(&device.id) => {
            clear_where(state, &device.id, |alarm| is_on_lost(state, alarm, device))
        }
        _ => Vec::new(),
    }
}

fn clear_where(state: &State, device: &DeviceId, wanted: impl Fn(&Alarm) -> bool) -> Vec<Body> {
    let ids = state.alarmed.get(&Some(device.clone())).into_iter().flatten();
    let standing = ids.filter_map(|id| state.alarms.get(id)).filter(|alarm| wanted(alarm));
    standing.map(|alarm| Body::AlarmCleared(alarm.id.clone())).collect()
}

/// Whether an alarm is on a port or a sensor that its device has no more.
fn is_on_lost(state: &State, alarm: &Alarm, device: &Device) -> bool {
    let Some(part) = part_of(alarm) else { return false };
    match state.settings.rules.named(&alarm.rule).map(|rule| rule.on) {
        Some(On::Interface) => !device.interfaces.iter().any(|port| port.name() == part),
        Some(On::Sensor) => !device.health.gauges.iter().any(|gauge| gauge.name == part),
        _ => false,
    }
}

/// The part of the device that an alarm is on; what it is called where there is no device.
pub(super) fn part_of(alarm: &Alarm) -> Option<&str> {
    let object = alarm.id.strip_prefix(alarm.rule.as_str())?.strip_prefix('@')?;
    match &alarm.device {
        None => Some(object),
        Some(device) => object.strip_prefix(device.as_str())?.strip_prefix('/'),
    }
}

/// Letters of a name and of a note that are kept: operators write a line, not a page.
const MAX_BY: usize = 64;
const MAX_NOTE: usize = 500;
/// Seconds of silence at most: a month. Longer, the alarm's rule is what is wrong.
const MAX_SILENCE_SECS: u32 = 31 * 86_400;

/// What an operator does about alarms, for each of them that stands.
pub(super) fn handled(state: &State, order: &AlarmOrder) -> Vec<Body> {
    let by: String = order.by.chars().take(MAX_BY).collect();
    let act = match &order.act {
        AlarmAct::Acknowledge(note) => AlarmAct::Acknowledge(note.as_ref().map(|note| note.chars().take(MAX_NOTE).collect())),
        AlarmAct::Silence(secs) => AlarmAct::Silence((*secs).min(MAX_SILENCE_SECS)),
        AlarmAct::Release => AlarmAct::Release,
    };
    let stands = |id: &&String| state.alarms.get(*id).is_some_and(|alarm| alarm.cleared_at.is_none());
    let standing = order.alarms.iter().filter(stands);
    standing.map(|id| Body::AlarmHandled(Box::new((id.clone(), by.clone(), act.clone())))).collect()
}

/// What is looked at after an event was taken over.
#[derive(Clone, Debug)]
pub(super) enum After {
    /// Nothing.
    Nothing,
    /// A device's state.
    Device(DeviceId),
    /// A device was described anew: it, and its gauges.
    Described(DeviceId),
    /// A port's state, and that of the aggregate that it is in.
    Port(DeviceId, IfIndex),
    /// A gauge.
    Gauge(DeviceId, GaugeKind, String),
    /// An access point.
    Air(DeviceId, MacAddr),
    /// An access point that is forgotten.
    NoAir(DeviceId, MacAddr),
    /// A link that came or changed.
    Link(Box<Link>),
    /// A link that went.
    NoLink(Box<Link>),
}

impl After {
    /// What an event that is about to be taken over leads to.
    pub(super) fn of(state: &State, body: &Body) -> Self {
        match body {
            Body::DeviceStatus(change) => Self::Device(change.device.clone()),
            Body::DeviceSeen(device) => Self::Described(device.id.clone()),
            Body::DeviceReplaced(replacement) => Self::Described(replacement.new.id.clone()),
            Body::InterfaceStatus(change) => Self::Port(change.device.clone(), change.if_index),
            Body::GaugeStatus(change) => Self::Gauge(change.device.clone(), change.kind, change.name.clone()),
            Body::AccessPoint(change) if change.change == ApEvent::Forgotten => {
                Self::NoAir(change.controller.clone(), change.key)
            }
            Body::AccessPoint(change) => Self::Air(change.controller.clone(), change.key),
            Body::LinkSeen(link) => Self::Link(link.clone()),
            Body::LinkGone(key) => state.links.get(key).map_or(Self::Nothing, |link| Self::NoLink(Box::new(Link::clone(link)))),
            _ => Self::Nothing,
        }
    }
}

/// What a rule says of an object.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) rule: Arc<Rule>,
    pub(super) id: String,
    pub(super) device: Option<DeviceId>,
    pub(super) part: String,
    /// The object as alarms call it.
    pub(super) object: String,
    pub(super) if_index: Option<IfIndex>,
    /// Whether it is ill; `None` is not known.
    pub(super) ill: Option<bool>,
    /// How bad; `None` is no alarm.
    pub(super) severity: Option<Severity>,
    pub(super) text: String,
}

/// What is added to the text of an alarm that is held.
const FLAPPING: &str = ", flapping";

impl Verdict {
    /// What is remembered of it before anything is.
    fn watch(&self, at: Timestamp) -> Watch {
        Watch {
            id: self.id.clone(),
            rule: self.rule.name().to_owned(),
            device: self.device.clone(),
            part: self.part.clone(),
            well: false,
            since: at,
            seen: at,
            more: 0,
            hits: Vec::new(),
        }
    }

    /// The alarm, as the same one again where it stands or cleared just now.
    fn alarm(&self, at: Timestamp, known: Option<&Alarm>) -> Option<Alarm> {
        let mut alarm = Alarm {
            id: self.id.clone(),
            rule: self.rule.name().to_owned(),
            severity: self.severity?,
            object: self.object.clone(),
            device: self.device.clone(),
            text: self.text.clone(),
            raised_at: at,
            cleared_at: None,
            count: 1,
            if_index: self.if_index,
            runbook: self.rule.spec.runbook.clone(),
            flap: None,
        };
        if let Some((known, (count, flap))) = known.and_then(|known| Some((known, damping::again(known, at, 1)?))) {
            (alarm.raised_at, alarm.count, alarm.flap) = (known.raised_at, count, Some(flap));
            if flap.held {
                alarm.text.push_str(FLAPPING);
            }
        }
        Some(alarm)
    }
}

impl Deriver<'_> {
    /// Does what follows from what rules say of objects.
    pub(super) fn act(&mut self, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            self.act_on(&verdict);
        }
    }

    fn act_on(&mut self, verdict: &Verdict) {
        let known = self.state.alarms.get(&verdict.id).map(Arc::clone);
        let remembered = self.state.watch(&verdict.id).cloned();
        let had = remembered.is_some();
        let mut watch = remembered.unwrap_or_else(|| verdict.watch(self.at));
        // What is ill and is no alarm is none any more: the port leads nowhere now.
        let ill = verdict.ill.map(|ill| ill && verdict.severity.is_some());
        let (step, keep) = phase::step(&verdict.rule, ill, self.at, phase::Known { alarm: known.as_deref(), watch: &mut watch });
        if keep {
            self.state.keep_watch(watch);
        } else if had {
            self.state.drop_watch(&verdict.id);
        }
        if step == Step::Nothing && verdict.ill == Some(true) {
            self.grade(verdict, known.as_deref());
        }
        self.take_step(step, verdict, known.as_deref());
    }

    fn take_step(&mut self, step: Step, verdict: &Verdict, known: Option<&Alarm>) {
        match step {
            Step::Nothing => {}
            Step::Raise => {
                if known.is_none() && !self.has_room_for_alarm(verdict) {
                    return self.wait_for_room(verdict);
                }
                if let Some(alarm) = verdict.alarm(self.at, known) {
                    self.put(Body::AlarmRaised(Box::new(alarm)));
                }
            }
            Step::Count(times) => {
                if let Some(known) = known {
                    self.count(known, times);
                }
            }
            Step::Clear => self.put(Body::AlarmCleared(verdict.id.clone())),
        }
    }

    /// Whether there is room for one more alarm: those that cleared make some. That there is none is told in any case.
    fn has_room_for_alarm(&self, verdict: &Verdict) -> bool {
        let standing = self.state.alarms.len().saturating_sub(self.state.cleared.len());
        matches!(verdict.rule.on, On::Limit | On::Collector) || limit::ALARMS.has_room(standing)
    }

    /// What finds no room is looked at again each second, as far as it can be remembered; what happened and is over is counted alone.
    fn wait_for_room(&mut self, verdict: &Verdict) {
        if !verdict.rule.is_of_moments() && limit::ALARM_WATCHES.has_room(self.state.watches.len()) {
            let since = self.at.minus(verdict.rule.lasts);
            self.state.keep_watch(Watch { since, ..verdict.watch(self.at) });
        }
    }

    /// An alarm that stands counts so many times more.
    fn count(&mut self, known: &Alarm, times: u32) {
        let Some((count, flap)) = damping::again(known, self.at, times) else { return };
        let mut alarm = known.clone();
        (alarm.count, alarm.flap) = (count, Some(flap));
        if flap.held && !alarm.text.ends_with(FLAPPING) && !self.is_of_moments(&alarm.rule) {
            alarm.text.push_str(FLAPPING);
        }
        self.put(Body::AlarmRaised(Box::new(alarm)));
    }

    fn is_of_moments(&self, rule: &str) -> bool {
        self.state.settings.rules.named(rule).is_some_and(|rule| rule.is_of_moments())
    }

    /// An alarm that stands became worse or better.
    fn grade(&mut self, verdict: &Verdict, known: Option<&Alarm>) {
        let Some(known) = known.filter(|known| known.cleared_at.is_none()) else { return };
        let Some(severity) = verdict.severity.filter(|severity| *severity != known.severity) else { return };
        let alarm = Alarm { severity, text: verdict.text.clone(), ..known.clone() };
        self.put(Body::AlarmRaised(Box::new(alarm)));
    }

    /// Looks at all access points of a controller.
    pub(in crate::state) fn look_at_air(&mut self, controller: &DeviceId) {
        let verdicts = objects::air(self.state, self.at, controller, None);
        self.act(verdicts);
    }

    /// Looks at a device and everything on it.
    pub(in crate::state) fn look_at_all(&mut self, device: &DeviceId) {
        let ports: Vec<IfIndex> = self
            .state
            .devices
            .get(device)
            .map(|device| device.interfaces.iter().map(|port| port.if_index).collect())
            .unwrap_or_default();
        let mut verdicts = objects::device(self.state, self.at, device);
        verdicts.extend(objects::ports(self.state, self.at, device, &ports));
        verdicts.extend(objects::gauges(self.state, self.at, device, |_, _| true));
        self.act(verdicts);
    }

    /// Looks at what an event is about.
    pub(super) fn look_after(&mut self, after: &After) {
        let verdicts = match after {
            After::Nothing => return,
            After::Device(device) => objects::device(self.state, self.at, device),
            After::Described(device) => {
                let mut verdicts = objects::device(self.state, self.at, device);
                verdicts.extend(objects::gauges(self.state, self.at, device, |_, _| true));
                verdicts
            }
            After::Port(device, if_index) => {
                objects::ports(self.state, self.at, device, &objects::with_aggregate(self.state, device, *if_index))
            }
            After::Gauge(device, kind, name) => {
                objects::gauges(self.state, self.at, device, |_, gauge| gauge.kind == *kind && gauge.name == *name)
            }
            After::Air(controller, key) => objects::air(self.state, self.at, controller, Some(*key)),
            After::NoAir(controller, key) => {
                let part = key.to_string();
                let lost = clear_where(self.state, controller, |alarm| part_of(alarm) == Some(part.as_str()));
                lost.into_iter().for_each(|body| self.put(body));
                return;
            }
            After::Link(link) => return self.link_came(link),
            After::NoLink(link) => return self.link_went(link),
        };
        self.act(verdicts);
    }
}
