//! Where an access point is plugged in: by LLDP or CDP where it speaks or is heard, else by where switches see its address.

use super::rows::Uplink;
use crate::model::{AccessPoint, DeviceId, MacAddr, Role};
use crate::state::State;
use rustc_hash::FxHashMap;

/// Devices and neighbours that may be access points, by name and address; made once for a view.
pub(super) struct Places<'a> {
    state: &'a State,
    by_name: FxHashMap<String, &'a DeviceId>,
    by_mac: FxHashMap<MacAddr, &'a DeviceId>,
}

impl<'a> Places<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        let mut places = Self { state, by_name: FxHashMap::default(), by_mac: FxHashMap::default() };
        for device in state.devices.values().filter(|device| device.role == Role::AccessPoint) {
            places.by_name.insert(device.name(), &device.id);
            places.by_mac.extend(device.interfaces.iter().filter_map(|port| port.mac).map(|mac| (mac, &device.id)));
            if let Some(crate::model::ChassisId::Mac(mac)) = &device.chassis_id {
                places.by_mac.insert(*mac, &device.id);
            }
        }
        for neighbour in state.neighbours.values() {
            places.by_mac.extend(neighbour.mac.map(|mac| (mac, &neighbour.id)));
            if let Some(name) = &neighbour.name {
                places.by_name.entry(name.clone()).or_insert(&neighbour.id);
            }
        }
        places
    }

    fn known(&self, ap: &AccessPoint) -> Option<&'a DeviceId> {
        let by_mac = [ap.mac, Some(ap.key)].into_iter().flatten().find_map(|mac| self.by_mac.get(&mac));
        by_mac.or_else(|| self.by_name.get(&ap.name)).copied()
    }

    /// The access point as a device of its own.
    pub(super) fn device(&self, ap: &AccessPoint) -> Option<&'a DeviceId> {
        self.known(ap).filter(|id| self.state.devices.contains_key(*id))
    }

    /// The switch port behind which it is.
    pub(super) fn uplink(&self, ap: &AccessPoint) -> Option<Uplink> {
        let linked = self.known(ap).and_then(|id| Some((id, self.state.links_of(id).first()?)));
        if let Some((id, link)) = linked {
            let far = if link.a.device == *id { &link.b } else { &link.a };
            let by = link.evidence.first().map_or("link", |evidence| evidence.word());
            return Some(self.at(&far.device, far.port.clone(), by));
        }
        let seen = [ap.mac, Some(ap.key)].into_iter().flatten().find_map(|mac| self.state.endpoints.get(&mac))?;
        let switch = self.state.devices.get(&seen.device);
        let port = seen.if_index.and_then(|if_index| Some(switch?.interface(if_index)?.name()));
        Some(self.at(&seen.device, port, "mac"))
    }

    fn at(&self, device: &DeviceId, port: Option<String>, by: &str) -> Uplink {
        Uplink { device: device.clone(), device_name: self.state.name_of(device), port, by: by.to_owned() }
    }
}
