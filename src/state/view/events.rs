//! The tables of events and alarms.

use super::lookup::{Lookup, secs};
use super::rows::EventRow;
use super::table::{Choice, Picked, columns, pick};
use crate::model::{Alarm, DeviceId, Severity};
use crate::query::filter::Value;
use crate::query::{Subject, ViewRequest};
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
    pub(super) alarm: &'a Alarm,
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
        ["state"] Text => Value::word(if row.alarm.cleared_at.is_some() { "cleared" } else { "active" });
        ["age"] Duration => Value::Number(row.look.state.now.since(row.alarm.raised_at).as_secs_f64());
        ["count"] Number => Value::Number(f64::from(row.alarm.count));
        ["text"] Text => Value::Text(Cow::Borrowed(&row.alarm.text));
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

/// The wanted alarms: those that stand first, the worst first, then the latest.
pub(super) fn alarms<'a>(look: &'a Lookup<'a>, request: &ViewRequest) -> Picked<AlarmRef<'a>> {
    let alarms = look.state.alarms.values().map(AsRef::as_ref);
    let mut alarms: Vec<&Alarm> = alarms.filter(|alarm: &&Alarm| is_about(request, alarm.device.as_ref())).collect();
    alarms.sort_by(|x, y| {
        let key = |alarm: &Alarm| (alarm.cleared_at.is_some(), Reverse(alarm.severity), Reverse(alarm.raised_at));
        key(x).cmp(&key(y)).then_with(|| x.id.cmp(&y.id))
    });
    let rows = alarms.into_iter().map(|alarm| AlarmRef { look, alarm }).collect();
    let is_fault = |alarm: &AlarmRef<'_>| alarm.alarm.cleared_at.is_none();
    pick(rows, &Choice { request, columns: ALARM_COLUMNS, now: look.state.now, is_fault })
}

/// The latest events of a device, at most `limit`.
pub(super) fn of_device(look: &Lookup<'_>, device: &DeviceId, limit: usize) -> Vec<EventRow> {
    let rows = look.state.recent.iter().rev().filter(|row| row.device.as_ref() == Some(device));
    rows.take(limit).map(|row| (**row).clone()).collect()
}
