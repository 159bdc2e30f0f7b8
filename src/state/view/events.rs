//! The tables of events and alarms.

use super::lookup::{Lookup, secs};
use super::rows::{AlarmRow, EventRow};
use super::table::{Choice, Picked, columns, pick};
use crate::model::{Acknowledgement, Alarm, DeviceId, Handling, Severity, Silence, Timestamp, Window};
use crate::query::filter::Value;
use crate::query::{Screen, Subject, ViewRequest};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::cmp::Reverse;

/// An event, by reference.
#[derive(Clone, Copy)]
pub(super) struct EventRef<'a> {
    look: &'a Lookup<'a>,
    pub(super) row: &'a EventRow,
}

/// An alarm, by reference.
#[derive(Clone, Copy)]
pub(super) struct AlarmRef<'a> {
    look: &'a Lookup<'a>,
    alarm: &'a Alarm,
    handling: Option<&'a Handling>,
    root: Option<&'a str>,
    children: usize,
    folded: bool,
    maintenance: Option<&'a Window>,
}

impl AlarmRef<'_> {
    fn silence(&self) -> Option<&Silence> {
        self.handling?.silence(self.look.state.now)
    }

    fn acknowledged(&self) -> Option<&Acknowledgement> {
        self.handling?.acknowledged.as_ref()
    }

    fn state(&self) -> &'static str {
        match (self.alarm.cleared_at, self.silence(), self.maintenance) {
            (Some(_), ..) => "cleared",
            (None, Some(_), _) => "silenced",
            (None, None, Some(_)) => "maintenance",
            (None, None, None) => "active",
        }
    }

    /// The whole row.
    pub(super) fn whole(self) -> AlarmRow {
        AlarmRow {
            alarm: self.alarm.clone(),
            acknowledged: self.acknowledged().cloned(),
            silenced: self.silence().cloned(),
            maintenance: self.maintenance.map(|window| window.name.clone()),
            root: self.root.map(str::to_owned),
            cause: self.look.state.cause(&self.alarm.id).cloned().map(Box::new),
            episodes: self.look.state.episodes(&self.alarm.id).to_vec(),
            notices: self.look.state.notices(&self.alarm.id).to_vec(),
            children: self.children,
            folded: self.folded,
        }
    }
}

fn device_value<'a>(look: &'a Lookup<'a>, device: Option<&'a DeviceId>) -> Value<'a> {
    device.map_or(Value::Unknown, |id| Value::Either(look.state.name_of(id).into(), Cow::Borrowed(id.as_str())))
}

columns! {
    /// The columns of the events' table.
    EVENT_COLUMNS, row: EventRef<'_> {
        ["at"] Time => Value::Number(secs(row.row.at));
        ["age"] Duration => Value::Number(row.look.state.now.since(row.row.at).as_secs_f64());
        ["kind"] Text => Value::Text(Cow::Borrowed(&row.row.kind));
        ["object", "name"] Text => Value::Text(Cow::Borrowed(&row.row.object));
        ["deviceName", "device"] Text => device_value(row.look, row.row.device.as_ref());
        ["text"] Text => Value::Text(Cow::Borrowed(&row.row.text));
        ["source"] Text => Value::Text(Cow::Borrowed(&row.row.source));
        ["severity", "sev"] Severity => Value::number(row.row.severity.map(|severity| f64::from(severity as u8)));
    }
}

columns! {
    /// The columns of the alarms' table.
    ALARM_COLUMNS, row: AlarmRef<'_> {
        ["id"] Text => Value::Text(Cow::Borrowed(&row.alarm.id));
        ["rule"] Text => Value::Text(Cow::Borrowed(&row.alarm.rule));
        ["severity", "sev"] Severity => Value::Number(f64::from(row.alarm.severity as u8));
        ["object", "name"] Text => Value::Text(Cow::Borrowed(&row.alarm.object));
        ["deviceName", "device"] Text => device_value(row.look, row.alarm.device.as_ref());
        ["raisedAt"] Time => Value::Number(secs(row.alarm.raised_at));
        ["clearedAt"] Time => Value::number(row.alarm.cleared_at.map(secs));
        ["state"] Text => Value::word(row.state());
        ["age"] Duration => Value::Number(row.look.state.now.since(row.alarm.raised_at).as_secs_f64());
        ["count"] Number => Value::Number(f64::from(row.alarm.count));
        ["text"] Text => Value::Text(Cow::Borrowed(&row.alarm.text));
        ["acknowledgedBy", "ack"] Text => Value::text(row.acknowledged().map(|ack| ack.by.as_str()));
        ["note"] Text => Value::text(row.acknowledged().and_then(|ack| ack.note.as_deref()));
        ["root"] Text => Value::text(row.root);
        ["children"] Number => Value::Number(f64::from(u32::try_from(row.children).unwrap_or(u32::MAX)));
    }
}

/// Whether a request is about everything, or about this device.
fn is_about(request: &ViewRequest, device: Option<&DeviceId>) -> bool {
    match &request.subject {
        Some(Subject::Device(id) | Subject::Interface(id, _)) => device == Some(id),
        None => true,
    }
}

/// The wanted events, the latest first. `wanted` chooses by kind.
pub(super) fn events<'a>(
    look: &'a Lookup<'a>,
    request: &ViewRequest,
    wanted: impl Fn(&EventRow) -> bool,
) -> Picked<EventRef<'a>> {
    let rows =
        look.state.recent.iter().rev().map(AsRef::as_ref).filter(|row| wanted(row) && is_about(request, row.device.as_ref()));
    let rows = rows.map(|row| EventRef { look, row }).collect();
    let is_fault = |event: &EventRef<'_>| event.row.severity.is_some_and(|severity| severity >= Severity::Warning);
    pick(rows, &Choice { request, columns: EVENT_COLUMNS, now: look.state.now, is_fault })
}

/// The wanted alarms: those that stand first, the worst first, then the latest; under each what it explains, unless it is folded.
/// What is silenced or in maintenance comes after what is not, what cleared last.
pub(super) fn alarms<'a>(look: &'a Lookup<'a>, request: &ViewRequest) -> Picked<AlarmRef<'a>> {
    let state = look.state;
    let mut children: FxHashMap<&str, usize> = FxHashMap::default();
    for cause in state.causes.values() {
        *children.entry(cause.root.as_str()).or_default() += 1;
    }
    let alarms = state.alarms.values().map(AsRef::as_ref).filter(|alarm: &&Alarm| is_about(request, alarm.device.as_ref()));
    let mut rows: Vec<AlarmRef<'_>> = alarms
        .map(|alarm| AlarmRef {
            look,
            alarm,
            handling: state.handling(&alarm.id),
            root: state.cause(&alarm.id).map(|cause| cause.root.as_str()),
            children: children.get(alarm.id.as_str()).copied().unwrap_or(0),
            folded: request.folded.contains(&alarm.id),
            maintenance: state.maintenance_of(alarm),
        })
        .collect();
    rows.sort_by(|x, y| rank(x).cmp(&rank(y)).then_with(|| x.alarm.id.cmp(&y.alarm.id)));
    let is_fault = |row: &AlarmRef<'_>| row.look.state.is_active(row.alarm);
    pick(under_roots(rows), &Choice { request, columns: ALARM_COLUMNS, now: state.now, is_fault })
}

type Rank = (bool, bool, Reverse<Severity>, Reverse<Timestamp>);

fn rank(row: &AlarmRef<'_>) -> Rank {
    let alarm = row.alarm;
    (alarm.cleared_at.is_some(), row.silence().is_some() || row.maintenance.is_some(), Reverse(alarm.severity), Reverse(alarm.raised_at))
}

/// What is explained stands under what explains it; under a fold it does not stand at all.
fn under_roots(rows: Vec<AlarmRef<'_>>) -> Vec<AlarmRef<'_>> {
    let here: FxHashSet<&str> = rows.iter().map(|row| row.alarm.id.as_str()).collect();
    let mut behind: FxHashMap<&str, Vec<AlarmRef<'_>>> = FxHashMap::default();
    let mut first = Vec::with_capacity(rows.len());
    for row in rows {
        match row.root.filter(|root| here.contains(root)) {
            Some(root) => behind.entry(root).or_default().push(row),
            None => first.push(row),
        }
    }
    let mut out = Vec::with_capacity(here.len());
    for row in first {
        out.push(row);
        if !row.folded {
            out.extend(behind.remove(row.alarm.id.as_str()).unwrap_or_default());
        }
    }
    out
}

/// The standing alarms of a device, as they stand in the list of all.
pub(super) fn alarms_of(look: &Lookup<'_>, device: &DeviceId) -> Vec<AlarmRow> {
    let mut request = ViewRequest::new(Screen::Alarms, usize::MAX);
    request.subject = Some(Subject::Device(device.clone()));
    let rows = alarms(look, &request).rows.into_iter();
    rows.filter(|row| row.alarm.cleared_at.is_none()).map(AlarmRef::whole).collect()
}

/// The latest events of a device, at most `limit`.
pub(super) fn of_device(look: &Lookup<'_>, device: &DeviceId, limit: usize) -> Vec<EventRow> {
    let rows = look.state.recent.iter().rev().filter(|row| row.device.as_ref() == Some(device));
    rows.take(limit).map(|row| (**row).clone()).collect()
}
