//! Which standing alarm explains which other: what is on a device that is down, and the far ends of its links.
//!
//! Only what the data tells: links and the devices at their ends. Written rules are a later piece of work.

use super::lookup::Lookup;
use crate::model::{Alarm, DeviceId};
use crate::state::State;
use rustc_hash::FxHashMap;

/// Rules of alarms on a whole device: they explain what is on its ports.
const OF_DEVICE: [&str; 2] = ["device-down", "snmp-silent"];

/// The id of the alarm that explains another, by that other's id. Nothing that explains is explained itself.
pub(super) fn roots<'a>(look: &Lookup<'a>) -> FxHashMap<&'a str, &'a str> {
    let state = look.state;
    let standing = || state.alarms.values().map(AsRef::as_ref).filter(|alarm: &&Alarm| alarm.cleared_at.is_none());
    let of_device = |alarm: &&'a Alarm| OF_DEVICE.contains(&alarm.rule.as_str());
    let devices: FxHashMap<&DeviceId, &Alarm> =
        standing().filter(of_device).filter_map(|alarm| Some((alarm.device.as_ref()?, alarm))).collect();
    let explains = |alarm: &'a Alarm| {
        let own = alarm.device.as_ref()?;
        let root = devices.get(own).or_else(|| far_end(state, alarm).and_then(|far| devices.get(far)))?;
        (root.id != alarm.id).then_some((alarm.id.as_str(), root.id.as_str()))
    };
    standing().filter(|alarm| !of_device(alarm)).filter_map(explains).collect()
}

/// The device at the other end of the link of the port that an alarm is on.
fn far_end<'a>(state: &'a State, alarm: &Alarm) -> Option<&'a DeviceId> {
    let id = alarm.device.as_ref()?;
    let (_, port) = alarm.object.rsplit_once(' ')?;
    let device = state.devices.get(id)?;
    state.links_of(id).iter().find_map(|link| {
        let (near, far) = if link.a.device == *id { (&link.a, &link.b) } else { (&link.b, &link.a) };
        let named = near.if_index.and_then(|if_index| device.interface(if_index)).map(crate::model::Interface::name);
        (named.as_deref() == Some(port)).then_some(&far.device)
    })
}
