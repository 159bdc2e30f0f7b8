//! The wireless networks of a scenario: which access points a controller has, with which radios, and who comes to them.
//!
//! Facts only, made once from the scenario ([`Wlans::of`]); what of it is true at a time is in `truth`, how agents tell it in
//! [`view`](super::view). Access points are devices of the scenario, or stand at desks of its access switches, where switches learn
//! their addresses.

mod build;
mod truth;

pub use truth::Station;

use super::scenario::DeviceNumber;
use crate::model::wireless::Phy;
use crate::model::{MacAddr, WifiBand};
use serde::Deserialize;
use std::net::Ipv4Addr;

/// Whose tables a controller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// AIRESPACE-WIRELESS-MIB, CISCO-LWAPP-…
    Airespace,
    /// WLSX-WLAN-MIB, WLSX-USER-MIB
    Aruba,
    /// MIKROTIK-MIB mtxrWlApTable, mtxrWlRtabTable: an access point that stands alone and tells itself
    Mikrotik,
}

/// A wireless network in a scenario file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WlanFile {
    /// Name of its controller
    pub controller: String,
    /// Whether it has those access points that are devices
    #[serde(default)]
    pub devices: bool,
    /// Further access points at the desks of each access switch
    #[serde(default)]
    pub desks: usize,
    /// Their names; `{b}` building, `{f}` floor, `{nn}` number there
    #[serde(default)]
    pub name: String,
    /// Model name of its access points
    pub model: String,
    /// Network names, the most used first
    pub ssids: Vec<String>,
    /// Access points whose channels are full
    #[serde(default)]
    pub busy: Vec<String>,
    /// Access points with somebody else's noise on their channels
    #[serde(default)]
    pub noisy: Vec<String>,
    /// Access points that are down: since when, as durations before the scenario's moment
    #[serde(default)]
    pub down: std::collections::BTreeMap<String, String>,
}

/// All wireless networks of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Wlans(Vec<Controller>);

impl Wlans {
    /// That of a controller.
    pub fn controller(&self, device: DeviceNumber) -> Option<&Controller> {
        self.0.iter().find(|controller| controller.device == device)
    }
}

impl Wlans {
    /// What feeds access points that stand at desks, or the access points themselves: the device, and the last octet of the wired address,
    /// which is the place among the ports of a switch.
    pub fn fed_by(&self) -> impl Iterator<Item = (DeviceNumber, usize)> + '_ {
        let aps = self.0.iter().flat_map(|controller| &controller.aps);
        aps.map(|Ap { lives_by, mac: MacAddr([.., place]), .. }| (*lives_by, usize::from(*place)))
    }
}

/// A controller and what it controls.
#[derive(Clone, Debug)]
pub struct Controller {
    /// The controller
    pub device: DeviceNumber,
    /// Model name of its access points
    pub model: String,
    /// Network names
    pub ssids: Vec<String>,
    /// By their key
    pub aps: Vec<Ap>,
    /// By hardware address
    pub clients: Vec<Client>,
    /// The radios, by access point and slot: their places.
    pub radios: Vec<(usize, usize)>,
    /// Network names on radios, by access point, slot and BSSID: place of the radio in [`Self::radios`], network name, BSSID.
    pub bssids: Vec<(usize, usize, MacAddr)>,
    /// Network names in the order of an index: their places.
    pub ssid_order: Vec<usize>,
}

/// An access point.
#[derive(Clone, Debug)]
pub struct Ap {
    /// By what its controller knows it
    pub key: MacAddr,
    /// Its wired port
    pub mac: MacAddr,
    /// Its name
    pub name: String,
    /// Building and floor
    pub site: String,
    /// Serial number
    pub serial: String,
    /// Its address
    pub address: Ipv4Addr,
    /// The device that it is, or the switch that feeds it: it is up while that answers.
    pub lives_by: DeviceNumber,
    /// When it went down, seconds of the epoch
    pub down_since: Option<f64>,
    /// What looks like chance in it
    pub seed: u64,
    /// Its radios, by slot
    pub radios: Vec<Antenna>,
    /// Who may be on it: places in [`Controller::clients`]
    pub guests: Vec<usize>,
}

/// A radio of an access point.
#[derive(Clone, Debug)]
pub struct Antenna {
    /// Its number
    pub slot: u16,
    /// Its band
    pub band: WifiBand,
    /// Place of its usual channel among those of the band
    pub place: usize,
    /// MHz
    pub width: u16,
    /// Percent of the channel that others keep busy
    pub busy: f64,
    /// dBm
    pub noise: f64,
    /// Percent of frames that are sent again
    pub retry: f64,
    /// Octets a second at the busiest hour
    pub level: f64,
}

/// Somebody who comes and goes.
#[derive(Clone, Debug)]
pub struct Client {
    /// Hardware address
    pub mac: MacAddr,
    /// Its address
    pub address: Ipv4Addr,
    /// Kind of device
    pub device: &'static str,
    /// Who logs in; empty for those who don't
    pub user: String,
    /// Place of its network name
    pub ssid: usize,
    /// Place of its access point
    pub ap: usize,
    /// Place of the radio there
    pub radio: usize,
    /// How it speaks
    pub phy: Phy,
    /// dB above the noise, usually
    pub snr: f64,
    /// Octets a second at the busiest hour
    pub level: f64,
    /// What looks like chance in it
    pub seed: u64,
}
