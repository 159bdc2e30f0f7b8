//! What rules look at, made of the state: each function holds some objects against all rules on their kind.
//!
//! What is well and was well before costs a look at the columns that the rules name, and nothing else.

use super::Verdict;
use crate::analyse::alarm::object::{AirObject, DeviceObject, GaugeObject, Importance, PortObject, Surroundings};
use crate::analyse::alarm::{On, Rule, Said, alarm_id};
use crate::model::{
    ApStatus, Device, DeviceId, DeviceStatus, Duplex, Gauge, GaugeKind, IfIndex, Interface, Link, LinkEnd, MacAddr, Metric, Role,
    Timestamp,
};
use crate::query::filter::Row;
use crate::state::derive::poll;
use crate::state::live::Live;
use crate::state::{Condition, State};
use std::sync::Arc;
use std::time::Duration;

/// What an object is called, for whoever has to say it.
pub(super) struct What<'a> {
    pub(super) device: Option<&'a DeviceId>,
    pub(super) part: &'a str,
    pub(super) if_index: Option<IfIndex>,
    /// When it was measured.
    pub(super) seen: Option<Timestamp>,
    /// Whether something stands or is remembered of its device.
    pub(super) is_busy: bool,
    pub(super) object: &'a dyn Fn() -> String,
}

/// What a rule says of an object; `None` where it is well and nothing was the matter before.
pub(super) fn judge(state: &State, (rule, at): (&Arc<Rule>, Timestamp), row: &impl Row, what: &What<'_>) -> Option<Verdict> {
    let ill = rule.ill(row, (at, what.seen));
    let severity = if ill == Some(true) { rule.severity(row) } else { None };
    if severity.is_none() && !what.is_busy {
        return None;
    }
    let id = alarm_id(rule.name(), what.device, what.part);
    if severity.is_none() && !state.is_about(what.device, &id) {
        return None;
    }
    let text = severity.map(|_| rule.text(row, Said::default())).unwrap_or_default();
    let object = if severity.is_some() { (what.object)() } else { String::new() };
    Some(Verdict {
        rule: Arc::clone(rule),
        id,
        device: what.device.cloned(),
        part: what.part.to_owned(),
        object,
        if_index: what.if_index,
        ill,
        severity,
        text,
    })
}

/// Rules that look at how things are, not at what happens to them.
pub(super) fn lasting(state: &State, on: On) -> impl Iterator<Item = &Arc<Rule>> {
    state.settings.rules.on(on).iter().filter(|rule| !rule.is_of_moments())
}

/// How long ago a device's agent began, by what it told last (sysUpTime).
pub(super) fn uptime_seconds(state: &State, device: &DeviceId) -> Option<f64> {
    let (ticks, at) = state.live.get(device)?.uptime?;
    let started = at.minus(Duration::from_millis(u64::from(ticks) * 10));
    Some(state.now.since(started).as_secs_f64())
}

/// A device as rules see it.
pub(super) fn device_object<'a>(state: &'a State, device: &'a Device) -> Option<DeviceObject<'a>> {
    let condition = state.conditions.get(&device.id)?;
    let live = state.live.get(&device.id);
    let gauge = |metric: Metric| live.and_then(|live| live.gauge(metric));
    Some(DeviceObject {
        device,
        status: condition.status,
        reason: &condition.reason,
        is_silent: condition.reason.starts_with(poll::ANSWERS_PING),
        since: (condition.since, state.now),
        uptime_seconds: uptime_seconds(state, &device.id),
        rtt_ms: live.and_then(|live| live.rtt_ms),
        loss_percent: live.and_then(|live| live.loss_percent),
        cpu_percent: gauge(Metric::CpuPercent),
        memory_percent: gauge(Metric::MemoryPercent),
        temperature_celsius: gauge(Metric::TemperatureCelsius),
        poe_percent: gauge(Metric::PoeWatts).and_then(|watts| Some(watts * 100.0 / budget(device)?)),
        missed: live.map_or(0, |live| live.missed),
    })
}

/// What a device may give over Ethernet, watts.
fn budget(device: &Device) -> Option<f64> {
    let budgets = device.health.gauges.iter().filter(|gauge| gauge.kind == GaugeKind::PoeBudget);
    budgets.filter_map(|gauge| gauge.measured.value).reduce(|sum, watts| sum + watts).filter(|watts| *watts > 0.0)
}

/// A device.
pub(in crate::state::derive) fn device(state: &State, at: Timestamp, id: &DeviceId) -> Vec<Verdict> {
    let Some(known) = state.devices.get(id) else { return Vec::new() };
    let Some(object) = device_object(state, known) else { return Vec::new() };
    let what = What {
        device: Some(id),
        part: "",
        if_index: None,
        seen: state.live.get(id).and_then(|live| live.last_polled),
        is_busy: state.is_busy(Some(id)),
        object: &|| known.name(),
    };
    lasting(state, On::Device).filter_map(|rule| judge(state, (rule, at), &object, &what)).collect()
}

/// A device, by the rules on missing data alone.
pub(super) fn missing(state: &State, at: Timestamp, id: &DeviceId) -> Vec<Verdict> {
    let last = state.live.get(id).and_then(|live| live.last_polled);
    let is_late = |rule: &Arc<Rule>| rule.missing.is_some_and(|missing| last.is_some_and(|last| at.since(last) >= missing));
    if lasting(state, On::Device).any(is_late) { device(state, at, id) } else { Vec::new() }
}

/// What is around the ports of one device.
pub(super) struct Around<'a> {
    state: &'a State,
    device: &'a Device,
    condition: &'a Condition,
    live: Option<&'a Live>,
    links: &'a [Arc<Link>],
    /// Of each aggregate its members, and those that are down without an alarm of their own.
    members: Vec<(IfIndex, (usize, usize))>,
    at: Timestamp,
}

impl<'a> Around<'a> {
    pub(super) fn of(state: &'a State, at: Timestamp, id: &DeviceId) -> Option<Self> {
        let (device, condition) = (state.devices.get(id)?, state.conditions.get(id)?);
        let mut members: Vec<(IfIndex, (usize, usize))> = Vec::new();
        for (place, port) in device.interfaces.iter().enumerate() {
            let Some(aggregate) = port.aggregate.filter(|aggregate| *aggregate != port.if_index) else { continue };
            let is_down = condition.port_near(place, port.if_index).is_some_and(|port| port.is_down() && port.was_up);
            // A member that leads somewhere has an alarm of its own.
            let is_down = is_down && !leads(state, id, port.if_index);
            match members.iter_mut().find(|(known, _)| *known == aggregate) {
                Some((_, (all, down))) => (*all, *down) = (*all + 1, *down + usize::from(is_down)),
                None => members.push((aggregate, (1, usize::from(is_down)))),
            }
        }
        let live = state.live.get(id).map(AsRef::as_ref);
        Some(Self { state, device, condition, live, links: state.links_of(id), members, at })
    }

    /// The far end of a port's link. A host that was plugged in elsewhere is no longer there.
    fn far(&self, if_index: IfIndex) -> Option<&'a LinkEnd> {
        let (far, link) = self.links.iter().find_map(|link| {
            let (near, far) = if link.a.device == self.device.id { (&link.a, &link.b) } else { (&link.b, &link.a) };
            (near.if_index == Some(if_index)).then_some((far, link))
        })?;
        Some(far).filter(|_| !self.is_moved(if_index, (far, link)))
    }

    /// Whether the host at a port that is down was plugged in at another port, which came up then or since. Of a host of several ports
    /// that loses one, the others were up beside it.
    fn is_moved(&self, if_index: IfIndex, (far, link): (&LinkEnd, &Link)) -> bool {
        let Some(fell) = self.condition.port(if_index).filter(|port| port.is_down()).and_then(|port| port.since) else {
            return false;
        };
        let host =
            self.state.devices.get(&far.device).filter(|device| matches!(device.role, Role::Host | Role::Server | Role::Phone));
        let slack = self.state.interval_of(&self.device.id).saturating_mul(2);
        let since = link.first_seen.unwrap_or_default().plus(slack);
        host.is_some()
            && self.state.links_of(&far.device).iter().any(|other| {
                let near = if other.a.device == far.device { &other.b } else { &other.a };
                let port = near.if_index.and_then(|if_index| self.state.conditions.get(&near.device)?.port(if_index));
                let Some(port) = port.filter(|port| !port.is_down()) else { return false };
                let is_new = other.first_seen.is_some_and(|first| first >= fell.minus(slack) && first > since);
                let came_up = port.since.is_some_and(|up| up >= fell.minus(slack));
                // What is remembered of its changes ends with the last, by which it came up.
                let was_down = port.changes.iter().rev().nth(1).is_none_or(|down| *down <= since);
                (near.device != self.device.id || near.if_index != Some(if_index)) && (is_new || came_up && was_down)
            })
    }

    pub(super) fn port(&'a self, place: usize, port: &'a Interface) -> PortObject<'a> {
        let known = self.condition.port_near(place, port.if_index);
        PortObject {
            device: self.device,
            device_status: self.condition.status,
            port,
            admin: known.map_or(port.admin_status, |known| known.admin),
            oper: known.map_or(port.oper_status, |known| known.oper),
            was_up: known.is_some_and(|known| known.was_up),
            rates: self.live.and_then(|live| live.rates_near(place, port.if_index)),
            around: self,
        }
    }
}

impl Surroundings for Around<'_> {
    fn peer(&self, if_index: IfIndex) -> Option<String> {
        self.far(if_index).map(|far| self.state.name_of(&far.device))
    }

    fn peer_status(&self, if_index: IfIndex) -> Option<DeviceStatus> {
        self.far(if_index).and_then(|far| self.state.conditions.get(&far.device)).map(|condition| condition.status)
    }

    fn peer_duplex(&self, if_index: IfIndex) -> Option<Duplex> {
        let far = self.far(if_index)?;
        self.state.devices.get(&far.device)?.interface(far.if_index?)?.duplex
    }

    fn importance(&self, port: &Interface) -> Importance {
        if let Some(far) = self.far(port.if_index) {
            if self.state.devices.contains_key(&far.device) {
                return Importance::Link;
            }
            if self.state.neighbours.get(&far.device).is_some_and(|heard| carries_traffic(&heard.capabilities)) {
                return Importance::Infrastructure;
            }
        }
        if self.members(port.if_index).0 > 0 {
            return Importance::Aggregate;
        }
        if port.vlans.len() > 1 { Importance::Trunk } else { Importance::Edge }
    }

    fn members(&self, if_index: IfIndex) -> (usize, usize) {
        self.members.iter().find(|(known, _)| *known == if_index).map_or((0, 0), |(_, members)| *members)
    }

    fn odd(&self, if_index: IfIndex) -> Option<&str> {
        let mut lately = self.live?.odd.iter().filter(|odd| self.at.since(odd.last) <= poll::ODD_PACE);
        lately.find(|odd| odd.if_index == if_index).map(|odd| odd.text.as_str())
    }
}

/// Whether a link hangs on a port.
fn leads(state: &State, id: &DeviceId, if_index: IfIndex) -> bool {
    let is_it = |end: &LinkEnd| end.device == *id && end.if_index == Some(if_index);
    state.links_of(id).iter().any(|link: &Arc<Link>| is_it(&link.a) || is_it(&link.b))
}

/// Whether a neighbour carries others' traffic; a telephone with a port for a computer says bridge too.
fn carries_traffic(capabilities: &[String]) -> bool {
    let has = |word: &str| capabilities.iter().any(|capability| capability == word);
    !has("telephone") && (has("bridge") || has("router") || has("wlanAccessPoint"))
}

/// A port and the aggregate that it is in.
pub(super) fn with_aggregate(state: &State, id: &DeviceId, if_index: IfIndex) -> Vec<IfIndex> {
    let aggregate = state.devices.get(id).and_then(|device| device.interface(if_index)?.aggregate);
    std::iter::once(if_index).chain(aggregate.filter(|aggregate| *aggregate != if_index)).collect()
}

/// Ports of a device, by ifIndex.
pub(in crate::state::derive) fn ports(state: &State, at: Timestamp, id: &DeviceId, which: &[IfIndex]) -> Vec<Verdict> {
    let Some(around) = Around::of(state, at, id) else { return Vec::new() };
    let (is_busy, rules) = (state.is_busy(Some(id)), lasting(state, On::Interface).collect::<Vec<_>>());
    let interfaces = &around.device.interfaces;
    let mut found = Vec::new();
    for (number, if_index) in which.iter().enumerate() {
        // A poll reads all ports in their order.
        let near = interfaces.get(number).filter(|port| port.if_index == *if_index).map(|_| number);
        let place = near.or_else(|| interfaces.binary_search_by_key(if_index, |port| port.if_index).ok());
        let Some((place, port)) = place.and_then(|place| Some((place, interfaces.get(place)?))) else { continue };
        let object = around.port(place, port);
        let name = if is_busy { port.name() } else { String::new() };
        let what = What {
            device: Some(id),
            part: &name,
            if_index: Some(*if_index),
            seen: object.seen(),
            is_busy,
            object: &|| format!("{} {}", around.device.name(), port.name()),
        };
        found.extend(rules.iter().filter_map(|rule| judge(state, (rule, at), &object, &what)).map(|mut verdict| {
            if !is_busy {
                verdict.part = port.name();
                verdict.id = alarm_id(verdict.rule.name(), Some(id), &verdict.part);
            }
            verdict
        }));
    }
    found
}

/// Gauges of a device, by their place.
pub(in crate::state::derive) fn gauges(
    state: &State,
    at: Timestamp,
    id: &DeviceId,
    wanted: impl Fn(usize, &Gauge) -> bool,
) -> Vec<Verdict> {
    let (Some(device), Some(condition)) = (state.devices.get(id), state.conditions.get(id)) else { return Vec::new() };
    let (is_busy, rules) = (state.is_busy(Some(id)), lasting(state, On::Sensor).collect::<Vec<_>>());
    let mut found = Vec::new();
    for (place, gauge) in device.health.gauges.iter().enumerate().filter(|(place, gauge)| wanted(*place, gauge)) {
        let (seen, measured) = state.gauge_value(device, place);
        let status = condition.gauge_near(place, gauge).map_or(measured.status, |known| known.status);
        let object = GaugeObject { device, device_status: condition.status, gauge, status, value: measured.value };
        let what = What {
            device: Some(id),
            part: &gauge.name,
            if_index: gauge.if_index,
            seen: Some(seen),
            is_busy,
            object: &|| format!("{} {}", device.name(), gauge.name),
        };
        found.extend(rules.iter().filter_map(|rule| judge(state, (rule, at), &object, &what)));
    }
    found
}

/// Access points of a controller: all, or one.
pub(in crate::state::derive) fn air(state: &State, at: Timestamp, controller: &DeviceId, only: Option<MacAddr>) -> Vec<Verdict> {
    let Some(reading) = state.wireless.get(controller) else { return Vec::new() };
    let (is_busy, rules) = (state.is_busy(Some(controller)), lasting(state, On::AccessPoint).collect::<Vec<_>>());
    let name = state.name_of(controller);
    let mut found = Vec::new();
    for ap in reading.access_points.iter().filter(|ap| only.is_none_or(|key| ap.key == key)) {
        let own = || state.find(&ap.name).ok().filter(|device| device.role == Role::AccessPoint);
        let own = if ap.status == ApStatus::Down { own() } else { None };
        let device_status = own.and_then(|device| state.conditions.get(&device.id)).map(|condition| condition.status);
        let object = AirObject { ap, controller: &name, device_status };
        let key = ap.key.to_string();
        let what = What {
            device: Some(controller),
            part: &key,
            if_index: None,
            seen: Some(reading.at),
            is_busy,
            object: &|| ap.name.clone(),
        };
        found.extend(rules.iter().filter_map(|rule| judge(state, (rule, at), &object, &what)));
    }
    found
}

/// What a rule says now of an object that something stands of, or is remembered; `None` where it is there no more.
pub(super) fn again(state: &State, at: Timestamp, (rule, device, part): (&Rule, &DeviceId, &str)) -> Option<Vec<Verdict>> {
    let known = state.devices.get(device)?;
    let all = match rule.on {
        On::Device => self::device(state, at, device),
        On::Interface => {
            let port = known.interfaces.iter().find(|port| port.name() == part)?;
            ports(state, at, device, &[port.if_index])
        }
        On::Sensor => {
            known.health.gauges.iter().find(|gauge| gauge.name == part)?;
            gauges(state, at, device, |_, gauge| gauge.name == part)
        }
        On::AccessPoint => {
            let reading = state.wireless.get(device)?;
            let ap = reading.access_points.iter().find(|ap| ap.key.to_string() == part)?;
            air(state, at, device, Some(ap.key))
        }
        _ => return None,
    };
    Some(all.into_iter().filter(|verdict| verdict.rule.name() == rule.name()).collect())
}
