//! Events in words, for the event screens. Only what is journalled is looked at, so that a replay tells the same.

use super::{inventory, moves};
use crate::event::{
    ApChange, ApEvent, Body, DeviceStatusChange, Event, GaugeStatusChange, InterfaceStatusChange, Replacement, StpChange,
    StpEvent, TrapSeen,
};
use crate::model::{
    AdminStatus, Alarm, AlarmAct, ApStatus, BridgeId, ChassisId, Device, DeviceId, DeviceStatus, Explained, Link, LinkEnd,
    LinkKey, Notice, NoticeOutcome, OperStatus, Physical, Severity, Timestamp, Window, unit,
};
use crate::state::State;
use crate::state::standing::UNREACHABLE;
use crate::state::view::EventRow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is told of an event.
pub(super) struct Told {
    pub(super) kind: &'static str,
    pub(super) object: String,
    pub(super) device: Option<DeviceId>,
    pub(super) text: String,
    pub(super) source: &'static str,
    pub(super) severity: Option<Severity>,
}

/// The rows of an event, given the state before it. None for observations and for what people need not read.
pub fn rows(state: &State, event: &Event) -> Vec<EventRow> {
    let told = match &event.body {
        Body::Endpoints(changes) => moves::told(state, changes),
        Body::Explained(changes) => explained(state, changes),
        _ => told(state, event).into_iter().collect(),
    };
    told.into_iter().map(|told| row(event.at, told)).collect()
}

fn row(at: Timestamp, told: Told) -> EventRow {
    EventRow {
        at,
        kind: told.kind.to_owned(),
        object: told.object,
        device: told.device,
        text: told.text,
        source: told.source.to_owned(),
        severity: told.severity,
    }
}

fn told(state: &State, event: &Event) -> Option<Told> {
    match &event.body {
        Body::DeviceSeen(device) => device_seen(state, device),
        Body::DeviceMerged(gone, stays) => {
            Some(device(state, "device-merged", stays, format!("is the same device as {}", state.name_of(gone))))
        }
        // Thousands behind one device are told with it, not each by itself.
        Body::DeviceStatus(change)
            if [change.from, change.to].contains(&DeviceStatus::Unreachable) && change.to != DeviceStatus::Down =>
        {
            None
        }
        Body::DeviceForgotten(forgotten) => {
            let (id, by) = &**forgotten;
            Some(Told { source: "operator", ..device(state, "device-forgotten", id, format!("is gone for good, says {by}")) })
        }
        Body::DeviceStatus(change) => Some(device_status(state, change)),
        Body::InterfaceStatus(change) => Some(interface_status(state, change)),
        Body::GaugeStatus(change) => Some(gauge_status(state, change)),
        Body::LinkSeen(link) => link_seen(state, (link, event.at)),
        Body::LinkGone(key) => link_gone(state, key),
        Body::NeighbourSeen(neighbour) => {
            let new = !state.neighbours.contains_key(&neighbour.id);
            let name =
                neighbour.name.clone().unwrap_or_else(|| neighbour.id.as_str().trim_start_matches("neighbour:").to_owned());
            let told = device(state, "neighbour-seen", &neighbour.id, "new neighbour without an inventory".to_owned());
            new.then_some(Told { object: name, source: "lldp", ..told })
        }
        Body::NeighbourGone(id) => neighbour_gone(state, id),
        Body::AlarmRaised(alarm) => alarm_raised(state, alarm),
        Body::AlarmCleared(id) if id.starts_with(UNREACHABLE) => None,
        Body::AlarmCleared(id) => state.alarms.get(id).map(|alarm| alarm_row("alarm-cleared", alarm, Severity::Cleared)),
        Body::AlarmHandled(handled) => alarm_handled(state, handled),
        Body::Restarted(id) => Some(device(state, "restarted", id, "the agent restarted".to_owned())),
        Body::DeviceReplaced(replacement) => Some(device_replaced(state, replacement)),
        Body::AccessPoint(change) => Some(access_point(change)),
        Body::SpanningTree(change) => Some(spanning_tree(state, change)),
        Body::MaintenanceSet(window) => Some(maintenance("maintenance-set", &window.name, begun(window))),
        Body::MaintenanceOver(name, by) => {
            let by = by.as_deref().map(ended_by);
            Some(maintenance(MAINTENANCE_OVER, name, by.unwrap_or_else(|| "maintenance is over".to_owned())))
        }
        Body::NoticeSeen(notice) => noticed(state, notice),
        Body::TrapSeen(trap) => Some(trap_seen(state, trap)),
        Body::Endpoints(_)
        | Body::Explained(_)
        | Body::Maintenance(_)
        | Body::Notice(_)
        | Body::Wireless(_)
        | Body::WirelessSeen(_)
        | Body::Inventory(_)
        | Body::Poll(_)
        | Body::Silent(_)
        | Body::Discovery(_)
        | Body::Tick
        | Body::Trap(_)
        | Body::Flows(_)
        | Body::FlowRecords(_)
        | Body::AlarmOrder(_)
        | Body::Bridge(_)
        | Body::BridgeSeen(_)
        | Body::Heard(_)
        | Body::Upkeep(_)
        | Body::Elsewhere(_)
        | Body::Forget(_)
        | Body::Logs(_) => None,
    }
}

pub(super) fn device(state: &State, kind: &'static str, id: &DeviceId, text: String) -> Told {
    Told { kind, object: state.name_of(id), device: Some(id.clone()), text, source: "snmp", severity: None }
}

fn device_seen(state: &State, seen: &Device) -> Option<Told> {
    let text = match state.devices.get(&seen.id) {
        None => first_words(seen),
        Some(known) => changes(known, seen)?,
    };
    Some(Told { object: seen.name(), ..device(state, "device-seen", &seen.id, text) })
}

fn first_words(device: &Device) -> String {
    let what: Vec<&str> = [&device.vendor, &device.model].into_iter().filter_map(Option::as_deref).collect();
    let at = device.snmp.as_ref().map(|snmp| format!(" at {}", snmp.address.ip())).unwrap_or_default();
    let what = if what.is_empty() { device.role.word().to_owned() } else { what.join(" ") };
    format!("new device: {what}, {}{at}", unit::counted(device.interfaces.len(), "port", "ports"))
}

/// A fact of a device, and how it is said.
type Fact = (&'static str, fn(&Device) -> Option<String>);

/// What a device is made of, as a replacement is told.
const HARDWARE: [Fact; 4] = [
    ("serial", |d| d.serial.clone()),
    ("chassis", |d| d.chassis_id.as_ref().map(ToString::to_string)),
    ("model", |d| d.model.clone()),
    ("name", |d| Some(d.name())),
];

fn device_replaced(state: &State, replacement: &Replacement) -> Told {
    let Replacement { old, new } = replacement;
    let known = state.devices.get(old);
    let differs = |(name, field): (&str, fn(&Device) -> Option<String>)| {
        let (before, after) = (known.and_then(|known| field(known)), field(new));
        let word = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        (before != after).then(|| format!("{name} {} > {}", word(before), word(after)))
    };
    let words: Vec<String> = HARDWARE.into_iter().filter_map(differs).collect();
    let text = format!("other hardware in its place: {} (was {old})", words.join(", "));
    Told { object: new.name(), severity: Some(Severity::Warning), ..device(state, "device-replaced", &new.id, text) }
}

/// The fields of a device whose changes are told.
type TextField = (&'static str, fn(&Device) -> Option<&str>);
const TOLD: [TextField; 9] = [
    ("name", |d| d.sys_name.as_deref()),
    ("description", |d| d.sys_descr.as_deref()),
    ("location", |d| d.sys_location.as_deref()),
    ("contact", |d| d.sys_contact.as_deref()),
    ("model", |d| d.model.as_deref()),
    ("os", |d| d.os.as_deref()),
    ("os version", |d| d.os_version.as_deref()),
    ("serial", |d| d.serial.as_deref()),
    ("role", |d| Some(d.role.word())),
];

/// What changed, in words. `None` where it is only what it hears of its neighbours, which links tell, or how it was read.
fn changes(known: &Device, seen: &Device) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for (name, field) in TOLD {
        let (before, after) = (field(known), field(seen));
        if before != after {
            words.push(format!("{name} {} > {}", before.unwrap_or("-"), after.unwrap_or("-")));
        }
    }
    let asked = |device: &Device| device.snmp.as_ref().map(|access| access.address);
    if let (Some(before), Some(after)) = (asked(known), asked(seen))
        && before != after
    {
        words.push(format!("polled at {after}, no longer at {before}"));
    }
    let added = seen.interfaces.iter().filter(|port| known.interface(port.if_index).is_none()).count();
    let removed = known.interfaces.iter().filter(|port| seen.interface(port.if_index).is_none()).count();
    words.extend((added > 0).then(|| unit::counted(added, "port added", "ports added")));
    words.extend((removed > 0).then(|| unit::counted(removed, "port removed", "ports removed")));
    words.extend((known.addresses != seen.addresses).then(|| "addresses changed".to_owned()));
    words.extend((known.vlans != seen.vlans).then(|| "VLANs changed".to_owned()));
    words.extend((added + removed == 0 && have_ports_changed(known, seen)).then(|| "ports changed".to_owned()));
    words.extend(parts_changed(known, seen));
    (!words.is_empty()).then(|| words.join(", "))
}

/// Whether ports are described otherwise; what changes all the time is left out.
fn have_ports_changed(known: &Device, seen: &Device) -> bool {
    known.interfaces.iter().zip(&seen.interfaces).any(|(old, new)| {
        let mut settled = new.clone();
        inventory::settle(&mut settled, old);
        settled != *old
    })
}

/// Parts that are told by name; of more the number is told.
const NAMED_PARTS: usize = 3;

/// Parts that came and went, as far as they can be replaced.
fn parts_changed(known: &Device, seen: &Device) -> Vec<String> {
    let marks = |device: &Device| -> BTreeMap<(u32, Option<String>), String> {
        let replaceable = device.parts.iter().filter(|part| part.replaceable == Some(true) || part.serial.is_some());
        let name =
            |part: &Physical| part.name.clone().or_else(|| part.descr.clone()).unwrap_or_else(|| part.class.word().to_owned());
        replaceable.map(|part| ((part.index, part.serial.clone()), name(part))).collect()
    };
    let (before, after) = (marks(known), marks(seen));
    // Parts that were never read before did not come now.
    if before.is_empty() || after.is_empty() {
        return Vec::new();
    }
    let told = |word: &str, of: &BTreeMap<(u32, Option<String>), String>, other: &BTreeMap<(u32, Option<String>), String>| {
        let names: Vec<&str> = of.iter().filter(|(mark, _)| !other.contains_key(mark)).map(|(_, name)| name.as_str()).collect();
        match names.len() {
            0 => None,
            1..=NAMED_PARTS => Some(format!("parts {word}: {}", names.join(", "))),
            count => Some(format!("{count} parts {word}")),
        }
    };
    told("removed", &before, &after).into_iter().chain(told("added", &after, &before)).collect()
}

fn spanning_tree(state: &State, change: &StpChange) -> Told {
    let called = |bridge: &BridgeId| {
        let is_it = |device: &&Arc<Device>| device.bridge.as_ref().is_some_and(|known| known.address == Some(bridge.mac));
        state.devices.values().find(is_it).map_or_else(|| bridge.to_string(), |device| device.name())
    };
    let (text, severity) = match &change.change {
        StpEvent::Root(before, after) => (format!("root {} > {}", called(before), called(after)), Some(Severity::Warning)),
        StpEvent::Topology(1) => ("the topology changed".to_owned(), None),
        StpEvent::Topology(count) => (format!("the topology changed {count} times"), None),
        StpEvent::Port(_, from, to) => (format!("{from} > {to}"), None),
    };
    let told = device(state, "spanning-tree", &change.device, text);
    let object = match &change.change {
        StpEvent::Port(port, ..) => format!("{} {port}", told.object),
        StpEvent::Root(..) | StpEvent::Topology(_) => told.object.clone(),
    };
    Told { object, severity, source: "stp", ..told }
}

fn device_status(state: &State, change: &DeviceStatusChange) -> Told {
    let severity = match change.to {
        DeviceStatus::Down => Some(Severity::Critical),
        DeviceStatus::Unreachable => Some(Severity::Major),
        DeviceStatus::Up | DeviceStatus::Unknown | DeviceStatus::Maintenance => None,
    };
    let text = match change.from == change.to {
        true => format!("{}: {}", change.to.word(), change.reason),
        false => format!("{} > {} ({})", change.from.word(), change.to.word(), change.reason),
    };
    Told { severity, ..device(state, "device-status", &change.device, text) }
}

fn interface_status(state: &State, change: &InterfaceStatusChange) -> Told {
    let word = |status: Option<OperStatus>| status.map_or("-", OperStatus::word);
    let admin = if change.admin == Some(AdminStatus::Down) { ", administratively down" } else { "" };
    let text = if change.from == change.to {
        format!("administratively {}", change.admin.map_or("-", AdminStatus::word))
    } else {
        format!("{} > {}{admin}", word(change.from), word(change.to))
    };
    let object = format!("{} {}", state.name_of(&change.device), change.name);
    Told { object, ..device(state, "interface-status", &change.device, text) }
}

fn gauge_status(state: &State, change: &GaugeStatusChange) -> Told {
    let (text, severity) = super::sensors::told(state, change);
    let object = format!("{} {}", state.name_of(&change.device), change.name);
    Told { object, severity, ..device(state, "sensor-status", &change.device, text) }
}

fn access_point(change: &ApChange) -> Told {
    let (kind, text) = match change.change {
        ApEvent::New => ("ap-seen", "new access point".to_owned()),
        ApEvent::Status(from, to) => ("ap-status", format!("{} > {}", from.word(), to.word())),
        ApEvent::Channel(_, from, to) => ("ap-channel", format!("channel {from} > {to}")),
        ApEvent::Forgotten => ("ap-gone", "was down for two weeks and is forgotten".to_owned()),
    };
    let severity = matches!(change.change, ApEvent::Status(_, ApStatus::Down)).then_some(Severity::Major);
    Told { kind, object: change.name.clone(), device: Some(change.controller.clone()), text, source: "snmp", severity }
}

/// Who is heard of elsewhere within this time moved there.
const MOVED_WITHIN: Duration = Duration::from_secs(3600);

/// What stands before the place in the words of who is gone.
const GONE_FROM: &str = "is not heard of any more at ";

/// A neighbour that was lately heard of elsewhere.
fn neighbour_moved(state: &State, (link, at): (&Link, Timestamp)) -> Option<Told> {
    let is_it = |end: &&LinkEnd| state.neighbours.contains_key(&end.device);
    let (end, far) = [(&link.a, &link.b), (&link.b, &link.a)].into_iter().find(|(end, _)| is_it(end))?;
    let was = |row: &&Arc<EventRow>| row.kind == "neighbour-gone" && row.device.as_ref() == Some(&end.device);
    let row = state.recent.iter().rev().take_while(|row| at.since(row.at) <= MOVED_WITHIN).find(was)?;
    let from = row.text.strip_prefix(GONE_FROM)?;
    let to = place(state, far);
    (from != to).then(|| {
        let source = link.evidence.first().map_or("lldp", |protocol| protocol.word());
        Told { source, ..device(state, "endpoint-moved", &end.device, format!("{from} > {to}")) }
    })
}

/// `acc-1 Gi1/0/7`
fn place(state: &State, end: &LinkEnd) -> String {
    end.port.as_ref().map_or_else(|| state.name_of(&end.device), |port| format!("{} {port}", state.name_of(&end.device)))
}

fn link_seen(state: &State, (link, at): (&Link, Timestamp)) -> Option<Told> {
    let text = match state.links.get(&link.key()) {
        None => match neighbour_moved(state, (link, at)) {
            Some(moved) => return Some(moved),
            None => "new link".to_owned(),
        },
        Some(known) if known.stp_blocked != link.stp_blocked && link.stp_blocked == Some(true) => {
            "blocked by spanning tree".to_owned()
        }
        Some(known) if known.stp_blocked != link.stp_blocked && known.stp_blocked == Some(true) => "forwarding again".to_owned(),
        Some(_) => return None,
    };
    let source = link.evidence.first().map_or("lldp", |protocol| protocol.word());
    Some(Told { source, ..link_row(state, "link-seen", (&link.a, &link.b), text) })
}

/// A link to a neighbour goes with the neighbour, which is told.
fn link_gone(state: &State, key: &LinkKey) -> Option<Told> {
    let known = [&key.0, &key.1].into_iter().all(|end| state.devices.contains_key(&end.device));
    let source = state.links.get(key).and_then(|link| link.evidence.first()).map_or("lldp", |protocol| protocol.word());
    known.then(|| Told { source, ..link_row(state, "link-gone", (&key.0, &key.1), "is gone".to_owned()) })
}

/// A neighbour that was asked meanwhile is a device now, which is told.
fn neighbour_gone(state: &State, id: &DeviceId) -> Option<Told> {
    let heard = state.neighbours.get(id)?;
    let is_it = |device: &Device| {
        let mac = matches!(device.chassis_id, Some(ChassisId::Mac(mac)) if Some(mac) == heard.mac);
        mac || device.sys_name.is_some() && device.sys_name == heard.name
    };
    let asked = state.devices.values().any(|device| is_it(device));
    let far = |link: &Arc<Link>| if link.a.device == *id { place(state, &link.b) } else { place(state, &link.a) };
    let text = state
        .links_of(id)
        .first()
        .map_or_else(|| "is not heard of any more".to_owned(), |link| format!("{GONE_FROM}{}", far(link)));
    (!asked).then(|| Told { source: "lldp", ..device(state, "neighbour-gone", id, text) })
}

fn link_row(state: &State, kind: &'static str, (a, b): (&LinkEnd, &LinkEnd), text: String) -> Told {
    Told { object: link_words(state, a, b), ..device(state, kind, &a.device, text) }
}

/// `core-1 Te1/1 - dist-1 49`
pub fn link_words(state: &State, a: &LinkEnd, b: &LinkEnd) -> String {
    let end = |end: &LinkEnd| match &end.port {
        Some(port) => format!("{} {port}", state.name_of(&end.device)),
        None => state.name_of(&end.device),
    };
    format!("{} - {}", end(a), end(b))
}

/// An alarm that stands already is not told again: it counts. That it became worse or better is news.
fn alarm_raised(state: &State, alarm: &Alarm) -> Option<Told> {
    let standing = state.alarms.get(&alarm.id).filter(|known| known.cleared_at.is_none());
    let is_news = standing.is_none_or(|known| known.severity != alarm.severity);
    (is_news && alarm.rule != UNREACHABLE).then(|| alarm_row("alarm-raised", alarm, alarm.severity))
}

/// Kind of the rows that say how many alarms are explained.
pub const EXPLAINED: &str = "alarms-explained";

/// What such a row says.
pub fn explained_words(count: usize) -> String {
    unit::counted(count, "alarm is explained by it", "alarms are explained by it")
}

/// How many alarms a row says are explained; `None` of other rows.
pub fn explained_count(row: &EventRow) -> Option<usize> {
    let count = row.text.split(' ').next().and_then(|count| count.parse().ok());
    count.filter(|_| row.kind == EXPLAINED)
}

/// How many alarms are newly explained by each root, a row for each root.
fn explained(state: &State, changes: &[Explained]) -> Vec<Told> {
    let mut roots: BTreeMap<&str, usize> = BTreeMap::new();
    let is_new = |change: &&Explained| !state.causes.contains_key(&change.alarm);
    for cause in changes.iter().filter(is_new).filter_map(|change| change.cause.as_ref()) {
        *roots.entry(cause.root.as_str()).or_default() += 1;
    }
    let told = |(root, count): (&str, usize)| {
        let alarm = state.alarms.get(root)?;
        let text = explained_words(count);
        Some(Told { text, severity: None, ..alarm_row(EXPLAINED, alarm, alarm.severity) })
    };
    roots.into_iter().filter_map(told).collect()
}

fn alarm_handled(state: &State, (id, by, act): &(String, String, AlarmAct)) -> Option<Told> {
    let (kind, text) = match act {
        AlarmAct::Acknowledge(None) => ("alarm-acknowledged", format!("acknowledged by {by}")),
        AlarmAct::Acknowledge(Some(note)) => ("alarm-acknowledged", format!("acknowledged by {by}: {note}")),
        AlarmAct::Silence(secs) => {
            ("alarm-silenced", format!("silenced by {by} for {}", crate::model::unit::age(u64::from(*secs))))
        }
        AlarmAct::Release => ("alarm-released", format!("released by {by}")),
    };
    let alarm = state.alarms.get(id)?;
    Some(Told { text, source: "operator", severity: None, ..alarm_row(kind, alarm, alarm.severity) })
}

/// Kind of the rows that say that maintenance is over.
pub const MAINTENANCE_OVER: &str = "maintenance-over";

/// What such a row says where it was ended before its time.
pub fn ended_by(who: &str) -> String {
    format!("maintenance ended by {who}")
}

fn maintenance(kind: &'static str, name: &str, text: String) -> Told {
    Told { kind, object: name.to_owned(), device: None, text, source: "operator", severity: None }
}

fn begun(window: &Window) -> String {
    let Window { from, until, by, note, .. } = window;
    let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("maintenance by {by} for {}{note}", crate::model::unit::age(until.since(*from).as_secs()))
}

fn noticed(state: &State, notice: &Notice) -> Option<Told> {
    let alarm = state.alarms.get(&notice.alarm)?;
    let Notice { receiver, kind, attempt, outcome, .. } = notice;
    let kind = kind.word();
    let (text, severity) = match outcome {
        NoticeOutcome::Sent => (format!("{receiver} was told: {kind}"), None),
        NoticeOutcome::Failed(why, Some(_)) => {
            (format!("{receiver} could not be told (try {attempt}): {why}"), Some(Severity::Warning))
        }
        NoticeOutcome::Failed(why, None) => {
            (format!("{receiver} was not told after {}: {why}", unit::counted(attempt, "try", "tries")), Some(Severity::Minor))
        }
        NoticeOutcome::Held(_) => (format!("{receiver} is told after its quiet hours"), None),
        NoticeOutcome::Uncertain => (format!("{receiver} may have been told: noctop ended meanwhile"), Some(Severity::Warning)),
    };
    Some(Told { text, source: "notify", ..alarm_row("notified", alarm, Severity::Cleared) }).map(|told| Told { severity, ..told })
}

fn trap_seen(state: &State, trap: &TrapSeen) -> Told {
    let TrapSeen { device, source, text, severity, .. } = trap;
    let object = device.as_ref().map_or_else(|| source.to_string(), |id| state.name_of(id));
    Told { kind: "trap", object, device: device.clone(), text: text.clone(), source: "trap", severity: *severity }
}

fn alarm_row(kind: &'static str, alarm: &Alarm, severity: Severity) -> Told {
    let text = format!("{}: {}", alarm.rule, alarm.text);
    Told { kind, object: alarm.object.clone(), device: alarm.device.clone(), text, source: "alarm", severity: Some(severity) }
}
