//! One request, one view. Each screen has its function in the table.

use super::graph;
use super::lookup::Lookup;
use super::over::Over;
use super::rows::EventRow;
use super::screens::{Chrome, DeviceView, DiscoveryView, HealthView, InterfaceView, View, ViewBody};
use super::switch::{self, SwitchView};
use super::{Table, alarm, alarms, devices, events, health, interfaces, links, overview, timeline, vlans, wireless};
use crate::model::{Device, DeviceId, Severity, TimeRange};
use crate::query::{DevicePart, EventPart, Screen, Subject, ViewRequest};
use crate::state::State;
use std::sync::Arc;
use std::time::Duration;

/// Events shown beside a device or an interface.
pub(super) const RECENT: usize = 50;

/// Answers a view request out of the state. Sparklines, graphs and percentiles are left empty: the engine fills them from
/// the series store. A fault of the request stands in the chrome.
pub fn answer(state: &State, request: &ViewRequest) -> View {
    answer_over(state, request, None)
}

/// The same with the figures of a range in place of those of the state's moment.
pub fn answer_over(state: &State, request: &ViewRequest, over: Option<&Over>) -> View {
    let look = Lookup::over(state, over);
    let (body, fault) = body(&look, request);
    View { chrome: chrome(state, request, fault), body }
}

/// The same with events before those that the state remembers, the oldest first.
pub fn answer_with(state: &State, request: &ViewRequest, older: &[Arc<EventRow>]) -> View {
    let look = Lookup::of(state);
    let (body, fault) = happened(&look, older, request);
    View { chrome: chrome(state, request, fault), body }
}

/// What happened, as it is asked for.
fn happened(look: &Lookup<'_>, older: &[Arc<EventRow>], request: &ViewRequest) -> (ViewBody, Option<String>) {
    match &request.events.part {
        EventPart::Table => {
            let mut picked = events::events(look, older, request);
            let fault = picked.fault.take();
            (ViewBody::Events(picked.table(|event| event.row.clone())), fault)
        }
        EventPart::Timeline => {
            let (view, fault) = timeline::timeline(look, older, request);
            (ViewBody::Timeline(Box::new(view)), fault)
        }
        EventPart::Near(device, at) => (ViewBody::Near(Box::new(timeline::near(look, (device, *at)))), None),
    }
}

fn body(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    match request.screen {
        Screen::Overview => (ViewBody::Overview(Box::new(overview::overview(look, request))), None),
        Screen::Topology => graph::topology(look, request),
        Screen::Devices => {
            let mut picked = devices::devices(look, request);
            let fault = picked.fault.take();
            (ViewBody::Devices(picked.table(devices::DeviceRef::whole)), fault)
        }
        Screen::Device => device(look, request),
        Screen::Interfaces => ports(look, request),
        Screen::Interface => interface(look, request),
        Screen::Links => {
            let mut picked = links::links(look, request);
            let fault = picked.fault.take();
            (ViewBody::Links(picked.table(links::LinkRef::whole)), fault)
        }
        Screen::Events => happened(look, &[], request),
        Screen::Alarms => match &request.alarms.detail {
            Some(id) => (ViewBody::Alarm(Box::new(alarm::alarm(look, id))), None),
            None => {
                let (table, fault) = alarms::alarms(look, request);
                (ViewBody::Alarms(table), fault)
            }
        },
        Screen::Sensors => {
            let mut picked = health::sensors(look, request);
            let fault = picked.fault.take();
            (ViewBody::Sensors(picked.table(health::GaugeRef::whole)), fault)
        }
        Screen::Discovery => discovery(look, request),
        Screen::Flows => (ViewBody::Flows(Box::default()), None),
        Screen::Capture => (ViewBody::Capture(Box::default()), None),
        Screen::Vlans => vlans::vlans(look, request),
        Screen::Wireless => {
            let (view, fault) = wireless::wireless(look, request);
            (ViewBody::Wireless(Box::new(view)), fault)
        }
        Screen::Logs => (ViewBody::Logs(Box::default()), None),
        Screen::Help | Screen::Diff => (ViewBody::Empty, None),
    }
}

fn chrome(state: &State, request: &ViewRequest, fault: Option<String>) -> Chrome {
    let mut chrome = Chrome { at: state.now, past: request.at.is_some(), fault, ..Chrome::default() };
    for alarm in state.alarms.values().filter(|alarm| state.is_active(alarm)) {
        match alarm.severity {
            Severity::Critical => chrome.critical += 1,
            Severity::Major => chrome.major += 1,
            Severity::Minor | Severity::Warning | Severity::Indeterminate => chrome.minor += 1,
            Severity::Cleared => continue,
        }
        let cared_for = state.handling(&alarm.id).is_some_and(|handling| handling.acknowledged.is_some());
        chrome.unacknowledged += usize::from(!cared_for);
    }
    chrome
}

/// The device that the request is about, or what is wrong with the request.
fn subject<'a>(look: &Lookup<'a>, request: &ViewRequest) -> Result<&'a Arc<Device>, String> {
    let id = match &request.subject {
        Some(Subject::Device(id) | Subject::Interface(id, _)) => id,
        None => return Err("no device is named".to_owned()),
    };
    look.state.find(id.as_str()).map_err(|ids| unknown(id, &ids))
}

fn unknown(id: &DeviceId, ids: &[DeviceId]) -> String {
    if ids.is_empty() {
        return format!("there is no device `{id}` (at this time)");
    }
    let ids: Vec<&str> = ids.iter().map(DeviceId::as_str).collect();
    format!("several devices are called `{id}`: {}", ids.join(" "))
}

fn ports(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    let only = request.subject.is_some().then(|| subject(look, request));
    match only {
        Some(Err(fault)) => (ViewBody::Interfaces(Table::default()), Some(fault)),
        Some(Ok(device)) => port_table(look, request, Some(device)),
        None => port_table(look, request, None),
    }
}

fn port_table(look: &Lookup<'_>, request: &ViewRequest, only: Option<&Device>) -> (ViewBody, Option<String>) {
    let mut picked = interfaces::interfaces(look, request, only);
    let fault = picked.fault.take();
    (ViewBody::Interfaces(interfaces::table(picked)), fault)
}

fn device(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    let mut view = DeviceView {
        device: None,
        interfaces: Table::default(),
        links: Vec::new(),
        alarms: Vec::new(),
        recent: Vec::new(),
        health: HealthView::default(),
        switch: SwitchView::default(),
        work: None,
    };
    let device = match subject(look, request) {
        Ok(device) => device,
        Err(fault) => return (ViewBody::Device(Box::new(view)), Some(fault)),
    };
    view.device = Some(devices::DeviceRef::of(look, device).whole());
    view.health = health::health(look, device);
    let fault = part_of(look, (device, request), &mut view);
    view.links = links::of_device(look, &device.id);
    view.alarms = alarms::alarms_of(look, &device.id);
    view.work = look.state.maintenance_on(&device.id).cloned().map(Box::new);
    view.recent = events::of_device(look, &device.id, RECENT);
    (ViewBody::Device(Box::new(view)), fault)
}

/// Fills the part of a device that is asked for. Returns what is wrong with the request.
fn part_of(look: &Lookup<'_>, (device, request): (&Device, &ViewRequest), view: &mut DeviceView) -> Option<String> {
    let switch = &mut view.switch;
    switch.part = request.device;
    switch.face = switch::face(look, device);
    switch.vlan_count = switch::ids(device).len();
    match request.device {
        DevicePart::Ports => {
            let mut picked = interfaces::interfaces(look, request, Some(device));
            let fault = picked.fault.take();
            view.interfaces = interfaces::table(picked);
            fault
        }
        DevicePart::Vlans => {
            let (matrix, fault) = switch::matrix(look, device, request);
            switch.matrix = matrix;
            fault
        }
        DevicePart::SpanningTree => {
            switch.spanning = switch::spanning(look, device).map(Box::new);
            None
        }
        DevicePart::Inventory => {
            let (table, fault) = switch::inventory(device, (request, look.state.now));
            switch.inventory = table;
            fault
        }
        DevicePart::Brief => {
            let (sensors, fault) = health::of_request(look, device, request);
            view.health.sensors = sensors;
            fault
        }
    }
}

fn interface(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    let to = look.state.now;
    let range = TimeRange { from: to.minus(Duration::from_secs(u64::from(request.span_secs))), to };
    let mut view = InterfaceView::empty(range);
    let (device, port) = match (subject(look, request), &request.subject) {
        (Ok(device), Some(Subject::Interface(_, port))) => (device, port),
        (Err(fault), _) => return (ViewBody::Interface(Box::new(view)), Some(fault)),
        (Ok(_), _) => return (ViewBody::Interface(Box::new(view)), Some("no interface is named".to_owned())),
    };
    let names = crate::state::live::port_names(device);
    let mut found = names.into_iter().zip(interfaces::of_device(look, device)).filter(|(name, _)| name == port);
    let Some((name, row)) = found.next() else {
        let fault = format!("{} has no interface `{port}` (at this time)", device.name());
        return (ViewBody::Interface(Box::new(view)), Some(fault));
    };
    let row = row.whole(name);
    let is_its = |event: &EventRow| event.device.as_ref() == Some(&device.id) && event.object.ends_with(&format!(" {port}"));
    view.link = links::of_device(look, &device.id).into_iter().find(|link| link.a_if_index == Some(row.if_index));
    view.recent =
        look.state.recent.iter().rev().filter(|event| is_its(event)).take(RECENT).map(|event| (**event).clone()).collect();
    view.detail = Some(Box::new(switch::detail(look, device, row.if_index)));
    view.row = Some(row);
    (ViewBody::Interface(Box::new(view)), None)
}

/// Kinds of events that a discovery run brings.
const FOUND: [&str; 8] = [
    "device-seen",
    "device-merged",
    "device-replaced",
    "link-seen",
    "link-gone",
    "neighbour-seen",
    "neighbour-gone",
    "endpoint-moved",
];

fn discovery(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    let state = look.state;
    let since = state.progress.as_ref().map(|progress| progress.started_at);
    let is_found = |row: &EventRow| FOUND.contains(&row.kind.as_str()) && since.is_none_or(|since| row.at >= since);
    let mut picked = events::events_where(look, request, is_found);
    let fault = picked.fault.take();
    let changes = picked.table(|event| event.row.clone());
    let mut progress = state.progress.as_deref().cloned();
    if let Some(progress) = &mut progress {
        // A collector derives nothing, so that it can't know the links.
        progress.links = u64::try_from(state.links.len()).unwrap_or(u64::MAX);
    }
    let view = DiscoveryView {
        progress,
        changes,
        devices: state.devices.len(),
        links: state.links.len(),
        neighbours: state.neighbours.len(),
    };
    (ViewBody::Discovery(Box::new(view)), fault)
}
