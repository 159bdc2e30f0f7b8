//! Where an access point that its controller lost is plugged in.

use crate::model::{Alarm, ChassisId, DeviceId, IfIndex, MacAddr, Role};
use crate::state::State;
use rustc_hash::FxHashMap;

/// Devices and neighbours that may be access points, by name and address.
#[derive(Debug)]
pub(in crate::state) struct Plugged {
    by_name: FxHashMap<String, DeviceId>,
    by_mac: FxHashMap<MacAddr, DeviceId>,
}

/// Where something is plugged in.
pub(in crate::state) struct Place {
    pub(in crate::state) device: DeviceId,
    pub(in crate::state) if_index: Option<IfIndex>,
    /// It as a device of its own.
    pub(in crate::state) own: Option<DeviceId>,
}

impl Place {
    pub(in crate::state) fn words(&self, state: &State) -> String {
        let device = state.devices.get(&self.device);
        let port = self.if_index.and_then(|if_index| Some(device?.interface(if_index)?.name()));
        port.map_or_else(|| state.name_of(&self.device), |port| format!("{} {port}", state.name_of(&self.device)))
    }
}

impl Plugged {
    pub(in crate::state) fn of(state: &State) -> Self {
        let mut known = Self { by_name: FxHashMap::default(), by_mac: FxHashMap::default() };
        for neighbour in state.neighbours.values() {
            known.by_mac.extend(neighbour.mac.map(|mac| (mac, neighbour.id.clone())));
            known.by_name.extend(neighbour.name.clone().map(|name| (name, neighbour.id.clone())));
        }
        for device in state.devices.values().filter(|device| device.role == Role::AccessPoint) {
            known.by_name.insert(device.name(), device.id.clone());
            let chassis = match &device.chassis_id {
                Some(ChassisId::Mac(mac)) => Some(*mac),
                _ => None,
            };
            let macs = device.interfaces.iter().filter_map(|port| port.mac).chain(chassis);
            known.by_mac.extend(macs.map(|mac| (mac, device.id.clone())));
        }
        known
    }

    /// The switch port behind which the access point of an alarm (`RULE@CONTROLLER/MAC`) is.
    pub(in crate::state) fn place(&self, state: &State, alarm: &Alarm) -> Option<Place> {
        let key = alarm.id.rsplit_once('/').and_then(|(_, key)| key.parse::<MacAddr>().ok());
        // Some controllers know it by its radio; switches see its wired port.
        let controller = alarm.device.as_ref().and_then(|id| state.wireless.get(id));
        let wired = controller.and_then(|controller| controller.access_point(key?)?.mac);
        let macs = || wired.into_iter().chain(key);
        let known = macs().find_map(|mac| self.by_mac.get(&mac)).or_else(|| self.by_name.get(&alarm.object));
        let linked = known.and_then(|id| Some((id, state.links_of(id).first()?)));
        if let Some((id, link)) = linked {
            let far = if link.a.device == *id { &link.b } else { &link.a };
            return Some(Place { device: far.device.clone(), if_index: far.if_index, own: Some(id.clone()) });
        }
        let seen = macs().find_map(|mac| state.endpoints.get(&mac))?;
        Some(Place { device: seen.device.clone(), if_index: seen.if_index, own: known.cloned() })
    }
}
