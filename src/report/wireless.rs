//! The shape of a wireless network in `noctop.topology/1` (contract §3): what a controller, or an access point that stands alone, tells.

use super::millionths;
use crate::model::topology::Topology;
use crate::model::wireless::is_made;
use crate::model::{self, DeviceId, MacAddr, WirelessReading};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a wireless controller or access point knows.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Wireless {
    pub access_points: Vec<AccessPoint>,
    pub ssids: Vec<Ssid>,
    /// Null where the clients were not read to their end.
    pub clients: Option<u64>,
}

/// An access point behind a controller.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct AccessPoint {
    pub name: String,
    pub mac: Option<String>,
    /// up, down, unknown
    pub status: String,
    pub clients: Option<u64>,
    /// Its own id, where it is a device itself.
    pub device: Option<String>,
    pub radios: Vec<Radio>,
}

/// One radio.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Radio {
    pub index: u32,
    /// 2.4GHz, 5GHz, 6GHz, 60GHz
    pub band: Option<String>,
    pub channel: Option<u32>,
    pub clients: Option<u64>,
    pub channel_utilisation_percent: Option<f64>,
    pub noise_dbm: Option<f64>,
    pub tx_power_dbm: Option<f64>,
}

/// A network name and who is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Ssid {
    pub name: String,
    pub clients: Option<u64>,
}

/// Devices by what access points are known by.
#[derive(Debug, Default)]
pub struct Owners {
    by_mac: BTreeMap<MacAddr, DeviceId>,
    by_address: BTreeMap<IpAddr, DeviceId>,
}

impl Owners {
    /// Of all devices; nothing where no wireless network needs it.
    pub fn of(topology: &Topology) -> Self {
        let mut owners = Self::default();
        for device in topology.devices.iter().filter(|_| !topology.wireless.is_empty()) {
            let macs = device.interfaces.iter().filter_map(|interface| interface.mac).filter(|mac| mac.is_identity());
            owners.by_mac.extend(macs.map(|mac| (mac, device.id.clone())));
            owners.by_address.extend(device.addresses.iter().map(|address| (*address, device.id.clone())));
        }
        owners
    }

    fn find(&self, ap: &model::AccessPoint) -> Option<&DeviceId> {
        let by_mac = ap.mac.and_then(|mac| self.by_mac.get(&mac)).or_else(|| self.by_mac.get(&ap.key));
        by_mac.or_else(|| self.by_address.get(&ap.address?))
    }
}

impl Wireless {
    /// Of one reading.
    pub fn new(reading: &WirelessReading, owners: &Owners) -> Self {
        let ap = |ap: &model::AccessPoint| {
            let own = reading.alone.then_some(&reading.controller);
            AccessPoint::new(ap, own.or_else(|| owners.find(ap)))
        };
        let ssid = |ssid: &model::Ssid| Ssid { name: ssid.name.clone(), clients: ssid.clients.map(u64::from) };
        Self {
            access_points: reading.access_points.iter().map(ap).collect(),
            ssids: reading.ssids.iter().map(ssid).collect(),
            clients: reading.client_count().map(|clients| clients as u64),
        }
    }
}

impl AccessPoint {
    fn new(ap: &model::AccessPoint, device: Option<&DeviceId>) -> Self {
        let counted: Vec<u64> = ap.radios.iter().filter_map(|radio| radio.clients).map(u64::from).collect();
        Self {
            name: ap.name.clone(),
            mac: ap.mac.or((!is_made(ap.key)).then_some(ap.key)).map(|mac| mac.to_string()),
            status: ap.status.word().to_owned(),
            clients: (!counted.is_empty()).then(|| counted.iter().sum()),
            device: device.map(ToString::to_string),
            radios: ap.radios.iter().map(Radio::new).collect(),
        }
    }
}

impl Radio {
    fn new(radio: &model::Radio) -> Self {
        let figure = |value: Option<f32>| value.map(|value| millionths(f64::from(value)));
        Self {
            index: radio.slot.into(),
            band: radio.band.map(|band| format!("{}Hz", band.word())),
            channel: radio.channel.map(u32::from),
            clients: radio.clients.map(u64::from),
            channel_utilisation_percent: figure(radio.utilisation_percent),
            noise_dbm: figure(radio.noise_dbm),
            tx_power_dbm: figure(radio.tx_power_dbm),
        }
    }
}
