//! The alarms that need no rules to be written: a device is down, a port that matters is down.
//!
//! One cause, one alarm: a port that flaps keeps one alarm and counts, and clears when it has been steady for a while.

use super::poll::ANSWERS_PING;
use super::sensors;
use crate::analyse::port::Impossible;
use crate::event::{ApChange, ApEvent, Body, DeviceStatusChange, InterfaceStatusChange};
use crate::model::{
    Alarm, AlarmAct, AlarmOrder, ApStatus, Device, DeviceId, DeviceStatus, IfIndex, OperStatus, Role, Severity, Timestamp,
};
use crate::state::State;
use crate::state::condition::{FLAP_WINDOW, PortCondition};
use crate::state::standing::{DEVICE_DOWN, SNMP_SILENT};

const INTERFACE_DOWN: &str = "interface-down";
const IMPOSSIBLE_RATE: &str = "impossible-rate";
const AP_DOWN: &str = "ap-down";

/// What has to be known before an event is taken over: alarms on what goes away with it clear.
pub(super) fn before(state: &State, body: &Body) -> Vec<Body> {
    match body {
        Body::DeviceMerged(gone, _) => clear_where(state, |alarm| alarm.device.as_ref() == Some(gone)),
        Body::DeviceReplaced(replacement) => clear_where(state, |alarm| alarm.device.as_ref() == Some(&replacement.old)),
        Body::DeviceSeen(device) => {
            clear_where(state, |alarm| is_on_lost_port(alarm, device) || sensors::is_on_lost(alarm, device))
        }
        _ => Vec::new(),
    }
}

fn clear_where(state: &State, wanted: impl Fn(&Alarm) -> bool) -> Vec<Body> {
    let standing = state.alarms.values().filter(|alarm| alarm.cleared_at.is_none());
    standing.filter(|alarm| wanted(alarm)).map(|alarm| Body::AlarmCleared(alarm.id.clone())).collect()
}

fn is_on_lost_port(alarm: &Alarm, device: &Device) -> bool {
    alarm.rule == INTERFACE_DOWN
        && alarm.device.as_ref() == Some(&device.id)
        && !device.interfaces.iter().any(|port| alarm.id == port_alarm(&device.id, &port.name()))
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

/// What alarms follow from an event that was just taken over.
pub(super) fn follow(state: &State, at: Timestamp, body: &Body) -> Vec<Body> {
    match body {
        Body::DeviceStatus(change) => device_changed(state, at, change),
        Body::InterfaceStatus(change) => port_changed(state, at, change).into_iter().collect(),
        Body::AccessPoint(change) => access_point_changed(state, at, change).into_iter().collect(),
        Body::GaugeStatus(change) => sensors::changed(state, at, change).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Of a device stands what is the matter with it now: down, or its agent silent, never both.
fn device_changed(state: &State, at: Timestamp, change: &DeviceStatusChange) -> Vec<Body> {
    let rule = match change.to {
        DeviceStatus::Down => Some(DEVICE_DOWN),
        DeviceStatus::Up if change.reason.starts_with(ANSWERS_PING) => Some(SNMP_SILENT),
        DeviceStatus::Up | DeviceStatus::Maintenance => None,
        DeviceStatus::Unreachable | DeviceStatus::Unknown => return Vec::new(),
    };
    let over = |alarm: &Alarm| {
        let of_device =
            alarm.device.as_ref() == Some(&change.device) && [DEVICE_DOWN, SNMP_SILENT].contains(&alarm.rule.as_str());
        of_device && Some(alarm.rule.as_str()) != rule
    };
    let cleared = clear_where(state, over);
    cleared.into_iter().chain(rule.and_then(|rule| device_alarm(state, at, (rule, &change.device)))).collect()
}

fn device_alarm(state: &State, at: Timestamp, (rule, id): (&str, &DeviceId)) -> Option<Body> {
    let (device, condition) = (state.devices.get(id)?, state.conditions.get(id)?);
    let severity = match device.role {
        Role::Router | Role::Firewall | Role::Switch | Role::WlanController => Severity::Critical,
        Role::AccessPoint | Role::Server | Role::Storage | Role::Voip | Role::Ups | Role::Unknown => Severity::Major,
        Role::Host | Role::Phone | Role::Printer | Role::Pdu | Role::Sensor => Severity::Minor,
    };
    let severity = if rule == SNMP_SILENT { severity.min(Severity::Major) } else { severity };
    let alarm = Alarm {
        id: format!("{rule}@{id}"),
        rule: rule.to_owned(),
        severity,
        object: device.name(),
        device: Some(id.clone()),
        text: condition.reason.clone(),
        raised_at: at,
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    Some(raise(state, at, alarm))
}

/// Raises an alarm, as the same one again where it stands or cleared just now.
pub(super) fn raise(state: &State, at: Timestamp, mut alarm: Alarm) -> Body {
    if let Some(known) = state.alarms.get(&alarm.id)
        && known.cleared_at.is_none_or(|cleared| at.since(cleared) <= FLAP_WINDOW)
    {
        alarm.raised_at = known.raised_at;
        alarm.count = known.count.saturating_add(1);
    }
    Body::AlarmRaised(Box::new(alarm))
}

fn port_changed(state: &State, at: Timestamp, change: &InterfaceStatusChange) -> Option<Body> {
    let id = port_alarm(&change.device, &change.name);
    let port = state.conditions.get(&change.device)?.port(change.if_index)?;
    let standing = state.alarms.get(&id).is_some_and(|alarm| alarm.cleared_at.is_none());
    if !port.is_down() {
        let settled = !port.is_up() || !port.is_flapping(at);
        return (standing && settled).then_some(Body::AlarmCleared(id));
    }
    if change.from != Some(OperStatus::Up) {
        return None;
    }
    let severity = importance(state, &change.device, change.if_index)?;
    let object = format!("{} {}", state.name_of(&change.device), change.name);
    let alarm = Alarm {
        id,
        rule: INTERFACE_DOWN.to_owned(),
        severity,
        object,
        device: Some(change.device.clone()),
        text: text(state, at, (change, port)),
        raised_at: at,
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    Some(raise(state, at, alarm))
}

/// A counter grew by more than its port can carry: the counter or the speed is wrong, and no rate is drawn.
pub(super) fn impossible(
    state: &State,
    at: Timestamp,
    (device, if_index, impossible): (&Device, IfIndex, Impossible),
) -> Option<Body> {
    let port = device.interface(if_index)?;
    let (name, Impossible { counter, grown, millis }) = (port.name(), impossible);
    let speed = port.speed_bps.map_or_else(|| "its speed".to_owned(), |speed| format!("{} Mb/s", speed / 1_000_000));
    let alarm = Alarm {
        id: format!("{IMPOSSIBLE_RATE}@{}/{name}", device.id),
        rule: IMPOSSIBLE_RATE.to_owned(),
        severity: Severity::Minor,
        object: format!("{} {name}", device.name()),
        device: Some(device.id.clone()),
        text: format!("{} rose by {grown} in {} s, more than {speed} allows: no rate is drawn", counter.object(), millis / 1000),
        raised_at: at,
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    Some(raise(state, at, alarm))
}

/// An access point that its controller lost. Where it is a device of its own that is down, that is said already.
fn access_point_changed(state: &State, at: Timestamp, change: &ApChange) -> Option<Body> {
    let id = format!("{AP_DOWN}@{}/{}", change.controller, change.key);
    let standing = state.alarms.get(&id).is_some_and(|alarm| alarm.cleared_at.is_none());
    match change.change {
        ApEvent::Status(_, ApStatus::Down) => {}
        ApEvent::Status(_, ApStatus::Up) | ApEvent::Forgotten => return standing.then_some(Body::AlarmCleared(id)),
        ApEvent::Status(_, ApStatus::Unknown) | ApEvent::New | ApEvent::Channel(..) => return None,
    }
    let is_down = |id: &DeviceId| state.conditions.get(id).is_some_and(|known| known.status == DeviceStatus::Down);
    if state.find(&change.name).is_ok_and(|device| device.role == Role::AccessPoint && is_down(&device.id)) {
        return None;
    }
    let alarm = Alarm {
        id,
        rule: AP_DOWN.to_owned(),
        severity: Severity::Major,
        object: change.name.clone(),
        device: Some(change.controller.clone()),
        text: format!("down: {} has lost it", state.name_of(&change.controller)),
        raised_at: at,
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    Some(raise(state, at, alarm))
}

fn port_alarm(device: &DeviceId, name: &str) -> String {
    format!("{INTERFACE_DOWN}@{device}/{name}")
}

fn text(state: &State, at: Timestamp, (change, port): (&InterfaceStatusChange, &PortCondition)) -> String {
    let word = change.to.map_or("down", OperStatus::word);
    let peer = peer(state, &change.device, change.if_index).map(|peer| format!(", link to {}", state.name_of(&peer)));
    let flapping = port.is_flapping(at).then(|| format!(", flapping: {} changes in 10 min", port.changes_before(at)));
    format!("{word}{}{}", peer.unwrap_or_default(), flapping.unwrap_or_default())
}

/// The device at the other end of the port's link.
fn peer(state: &State, device: &DeviceId, if_index: IfIndex) -> Option<DeviceId> {
    state.links_of(device).iter().find_map(|link| {
        let (near, far) = if link.a.device == *device { (&link.a, &link.b) } else { (&link.b, &link.a) };
        (near.if_index == Some(if_index)).then(|| far.device.clone())
    })
}

/// How bad it is that this port is down; `None` for the ports of users, which come and go.
fn importance(state: &State, device: &DeviceId, if_index: IfIndex) -> Option<Severity> {
    match peer(state, device, if_index) {
        Some(peer) if state.devices.contains_key(&peer) => return Some(Severity::Major),
        Some(peer) if state.neighbours.get(&peer).is_some_and(|n| is_infrastructure(&n.capabilities)) => {
            return Some(Severity::Minor);
        }
        _ => {}
    }
    let known = state.devices.get(device)?;
    let port = known.interface(if_index)?;
    let is_aggregate = known.interfaces.iter().any(|member| member.aggregate == Some(if_index) && member.if_index != if_index);
    (is_aggregate || port.vlans.len() > 1).then_some(Severity::Minor)
}

/// Whether a neighbour carries others' traffic; a telephone with a port for a computer says bridge too.
fn is_infrastructure(capabilities: &[String]) -> bool {
    let has = |word: &str| capabilities.iter().any(|capability| capability == word);
    !has("telephone") && (has("bridge") || has("router") || has("wlanAccessPoint"))
}

/// Alarms of ports that flapped and have been steady for the whole window clear.
pub(super) fn settle(state: &State, at: Timestamp) -> Vec<Body> {
    let is_settled = |alarm: &Alarm| {
        let device = alarm.device.as_ref()?;
        let known = state.devices.get(device)?;
        let port = known.interfaces.iter().find(|port| alarm.id == port_alarm(device, &port.name()))?;
        let port = state.conditions.get(device)?.port(port.if_index)?;
        Some(!port.is_down() && !port.is_flapping(at))
    };
    clear_where(state, |alarm| match alarm.rule.as_str() {
        INTERFACE_DOWN => is_settled(alarm).unwrap_or(false),
        IMPOSSIBLE_RATE => !is_odd(state, at, alarm),
        _ => false,
    })
}

/// Whether the counters of the alarm's port lately grew by more than it can carry.
fn is_odd(state: &State, at: Timestamp, alarm: &Alarm) -> bool {
    let device = alarm.device.as_ref();
    let Some((known, live)) = device.and_then(|id| Some((state.devices.get(id)?, state.live.get(id)?))) else { return false };
    let lately = live.odd.iter().filter(|odd| at.since(odd.last) <= super::poll::ODD_PACE);
    lately
        .filter_map(|odd| known.interface(odd.if_index))
        .any(|port| alarm.id.strip_prefix(IMPOSSIBLE_RATE).is_some_and(|rest| rest == format!("@{}/{}", known.id, port.name())))
}
