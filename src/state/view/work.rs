//! What is being worked on at the moment that a view shows.

use crate::model::{Alarm, Device, DeviceId, Scope, Window};
use crate::state::State;

/// The maintenance that goes on at what an alarm is on.
pub(super) fn on_alarm<'a>(state: &'a State, alarm: &Alarm) -> Option<&'a Window> {
    if state.maintenance.is_empty() {
        return None;
    }
    let id = alarm.device.as_ref()?;
    let port = alarm.object.split_once(' ').map(|(_, port)| port);
    holding(state).find(|window| covers(state, &window.scope, (id, port)))
}

/// The maintenance that goes on at a device.
pub(super) fn on_device<'a>(state: &'a State, device: &Device) -> Option<&'a Window> {
    holding(state).find(|window| covers(state, &window.scope, (&device.id, None)))
}

fn holding(state: &State) -> impl Iterator<Item = &Window> {
    state.maintenance.values().map(AsRef::as_ref).filter(|window| window.holds(state.now))
}

fn covers(state: &State, scope: &Scope, (id, port): (&DeviceId, Option<&str>)) -> bool {
    match scope {
        Scope::All => true,
        Scope::Site(site) => {
            let location = state.devices.get(id).and_then(|device| device.sys_location.as_deref());
            location.is_some_and(|location| location.starts_with(site.as_str()))
        }
        Scope::Device(device) => device == id,
        Scope::Interface(device, name) => device == id && port == Some(name),
        Scope::Link(link) => {
            [&link.0, &link.1].into_iter().any(|end| end.device == *id && end.port.is_some() && end.port.as_deref() == port)
        }
        Scope::Path(a, b) => a == id || b == id,
    }
}
