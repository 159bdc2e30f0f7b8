//! The table of events.

use super::alarms::{device_value, is_about};
use super::lookup::{Lookup, secs};
use super::rows::EventRow;
use super::table::{Choice, Picked, columns, pick};
use crate::model::{DeviceId, Severity};
use crate::query::ViewRequest;
use crate::query::filter::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// An event, by reference.
#[derive(Clone, Copy)]
pub(super) struct EventRef<'a> {
    pub(super) look: &'a Lookup<'a>,
    pub(super) row: &'a EventRow,
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

/// The wanted events, the latest first. `older` are those before what the state remembers, the oldest first.
pub(super) fn events<'a>(look: &'a Lookup<'a>, older: &'a [Arc<EventRow>], request: &ViewRequest) -> Picked<EventRef<'a>> {
    let within = request.events.within.or(request.range);
    let all = older.iter().chain(look.state.recent.iter()).rev().map(AsRef::as_ref);
    chosen(look, request, all.filter(|row: &&EventRow| within.is_none_or(|range| range.contains(row.at))))
}

/// The events that the state remembers and that are wanted by their kind, the latest first.
pub(super) fn events_where<'a>(
    look: &'a Lookup<'a>,
    request: &ViewRequest,
    wanted: impl Fn(&EventRow) -> bool,
) -> Picked<EventRef<'a>> {
    chosen(look, request, look.state.recent.iter().rev().map(AsRef::as_ref).filter(|row| wanted(row)))
}

fn chosen<'a>(look: &'a Lookup<'a>, request: &ViewRequest, all: impl Iterator<Item = &'a EventRow>) -> Picked<EventRef<'a>> {
    let rows = all.filter(|row| is_about(request, row.device.as_ref())).map(|row| EventRef { look, row }).collect();
    let is_fault = |event: &EventRef<'_>| event.row.severity.is_some_and(|severity| severity >= Severity::Warning);
    pick(rows, &Choice { request, columns: EVENT_COLUMNS, now: look.state.now, is_fault })
}

/// The latest events of a device, at most `limit`.
pub(super) fn of_device(look: &Lookup<'_>, device: &DeviceId, limit: usize) -> Vec<EventRow> {
    let rows = look.state.recent.iter().rev().filter(|row| row.device.as_ref() == Some(device));
    rows.take(limit).map(|row| (**row).clone()).collect()
}
