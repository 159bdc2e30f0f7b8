//! The tables of wireless controllers of two families, and the reading that a collector makes of them.
//!
//! A controller of Cisco's drops an access point that it lost from its tables; one of Aruba's keeps it and says that it is down.

mod columns;

pub(super) use columns::{AIRESPACE, ARUBA, MIKROTIK};

use super::View;
use super::rows::Index;
use crate::model::poll::Counter;
use crate::model::wireless::{Extent, Phy, Traffic, ap_part, radio_part};
use crate::model::{AccessPoint, ApStatus, DeviceId, MacAddr, Radio, Ssid, Timestamp, WirelessClient, WirelessReading};
use crate::sim::wlan::{Antenna, Ap, Client, Controller, Family, Station};
use crate::wire::snmp::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A table of a wireless controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WlanTable {
    /// By access point
    Ap,
    /// By access point and slot
    Radio,
    /// By access point, slot and channel: its own
    Noise,
    /// By a number
    Ssid,
    /// By the name itself
    NamedSsid,
    /// By access point, slot and BSSID
    Bssid,
    /// By hardware address
    Station,
    /// By hardware address and address
    User,
    /// By the radio's interface
    OwnRadio,
    /// By hardware address and the radio's interface
    OwnStation,
}

#[allow(clippy::cast_possible_truncation, reason = "Counter32 wraps (RFC 2578 §7.1.6)")]
const fn low(count: u64) -> u32 {
    count as u32
}

/// Seconds between two times, whole.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a month")]
const fn lasted(from: f64, to: f64) -> u32 {
    (to - from).floor() as u32
}

fn with_mac(index: Index, mac: MacAddr) -> Index {
    mac.0.iter().fold(index, |index, octet| index.with(u32::from(*octet)))
}

/// Where agents listen.
const SNMP_PORT: u16 = 161;

/// ifIndex of the first radio: behind the wired ports.
const FIRST_RADIO: u16 = 3;

impl WlanTable {
    pub(super) fn rows(self, view: &View<'_>) -> usize {
        let Some(wlan) = view.wlan() else { return 0 };
        match self {
            Self::Ap => wlan.aps.len(),
            Self::Radio | Self::Noise | Self::OwnRadio => wlan.radios.len(),
            Self::Ssid | Self::NamedSsid => wlan.ssids.len(),
            Self::Bssid => wlan.bssids.len(),
            Self::Station | Self::User | Self::OwnStation => wlan.clients.len(),
        }
    }

    pub(super) fn index(self, view: &View<'_>, row: usize) -> Index {
        let none = || Index::new(&[]);
        let Some(wlan) = view.wlan() else { return none() };
        let radio = |place: usize| {
            let (ap, antenna) = wlan.radios.get(place).and_then(|(ap, radio)| {
                let ap = wlan.aps.get(*ap)?;
                Some((ap, ap.radios.get(*radio)?))
            })?;
            Some(with_mac(none(), ap.key).with(u32::from(antenna.slot)))
        };
        let client = wlan.clients.get(row);
        let index = match self {
            Self::Ap => wlan.aps.get(row).map(|ap| with_mac(none(), ap.key)),
            Self::Radio => radio(row),
            Self::Noise => radio(row).map(|index| index.with(u32::from(view.channel(row).unwrap_or(0)))),
            Self::Ssid => Some(none().with(u32::try_from(row + 1).unwrap_or(0))),
            Self::NamedSsid => wlan.ssid_order.get(row).and_then(|at| wlan.ssids.get(*at)).map(|name| {
                let length = none().with(u32::try_from(name.len()).unwrap_or(0));
                name.bytes().fold(length, |index, octet| index.with(u32::from(octet)))
            }),
            Self::Bssid => wlan.bssids.get(row).and_then(|(place, _, bssid)| Some(with_mac(radio(*place)?, *bssid))),
            Self::Station => client.map(|client| with_mac(none(), client.mac)),
            Self::OwnRadio => view.radio(row).map(|(_, antenna)| none().with(u32::from(own_slot(antenna)))),
            Self::OwnStation => client
                .zip(view.antenna_of(row))
                .map(|(client, (_, antenna))| with_mac(none(), client.mac).with(u32::from(own_slot(antenna)))),
            Self::User => client.map(|client| with_mac(none(), client.mac).with_address(client.address)),
        };
        index.unwrap_or_else(none)
    }

    pub(super) fn is_present(self, view: &View<'_>, (family, row): (Family, usize)) -> bool {
        let is_up = |ap: Option<&Ap>| ap.is_some_and(|ap| ap.is_up(view.scenario, view.at));
        match self {
            Self::Ap => family == Family::Aruba || is_up(view.ap(row)),
            Self::Radio | Self::Noise | Self::OwnRadio => is_up(view.radio(row).map(|(ap, _)| ap)),
            Self::Bssid => {
                let place = view.wlan().and_then(|wlan| wlan.bssids.get(row)).map(|(place, ..)| *place);
                is_up(place.and_then(|place| view.radio(place)).map(|(ap, _)| ap))
            }
            Self::Ssid | Self::NamedSsid => true,
            Self::Station | Self::User | Self::OwnStation => view.is_on(row),
        }
    }
}

/// The interface of a radio of an access point that stands alone.
const fn own_slot(antenna: &Antenna) -> u16 {
    FIRST_RADIO + antenna.slot
}

impl<'a> View<'a> {
    fn wlan(&self) -> Option<&'a Controller> {
        self.tree.wlans.controller(self.device)
    }

    fn ap(&self, row: usize) -> Option<&'a Ap> {
        self.wlan()?.aps.get(row)
    }

    fn radio(&self, row: usize) -> Option<(&'a Ap, &'a Antenna)> {
        let wlan = self.wlan()?;
        let (ap, radio) = *wlan.radios.get(row)?;
        let ap = wlan.aps.get(ap)?;
        Some((ap, ap.radios.get(radio)?))
    }

    fn client(&self, row: usize) -> Option<&'a Client> {
        self.wlan()?.clients.get(row)
    }

    fn antenna_of(&self, row: usize) -> Option<(&'a Ap, &'a Antenna)> {
        let client = self.client(row)?;
        let ap = self.ap(client.ap)?;
        Some((ap, ap.radios.get(client.radio)?))
    }

    fn station(&self, row: usize) -> Option<Station> {
        self.wlan()?.station(self.scenario, (self.client(row)?, self.at))
    }

    fn is_on(&self, row: usize) -> bool {
        self.wlan().zip(self.client(row)).is_some_and(|(wlan, client)| wlan.is_on(self.scenario, (client, self.at)))
    }

    fn ssid_of(&self, row: usize) -> Option<&'a str> {
        self.wlan()?.ssids.get(self.client(row)?.ssid).map(String::as_str)
    }

    fn bssid_of(&self, row: usize) -> Option<MacAddr> {
        let (wlan, client) = (self.wlan()?, self.client(row)?);
        let radio = wlan.radios.binary_search(&(client.ap, client.radio)).ok()?;
        wlan.bssids.iter().find(|(place, ssid, _)| *place == radio && *ssid == client.ssid).map(|(.., bssid)| *bssid)
    }

    fn on_ssid(&self, ssid: usize) -> u32 {
        let Some(wlan) = self.wlan() else { return 0 };
        let own = wlan.clients.iter().filter(|client| client.ssid == ssid);
        u32::try_from(own.filter(|client| wlan.is_on(self.scenario, (client, self.at))).count()).unwrap_or(u32::MAX)
    }

    fn on_radio(&self, row: usize) -> Option<u32> {
        let (_, radio) = *self.wlan()?.radios.get(row)?;
        let (ap, _) = self.radio(row)?;
        u32::try_from(self.wlan()?.clients_on(ap, (radio, self.at))).ok()
    }

    fn utilisation(&self, row: usize) -> Option<u32> {
        let (ap, antenna) = self.radio(row)?;
        let clients = usize::try_from(self.on_radio(row)?).ok()?;
        Some(antenna.utilisation(ap, (clients, self.at)))
    }

    /// Percent of what clients could get: the more is sent again the less.
    fn quality(&self, row: usize) -> Option<u32> {
        let (ap, antenna) = self.radio(row)?;
        Some(100_u32.saturating_sub(antenna.retry_percent(ap, self.at)).max(1))
    }

    fn channel(&self, row: usize) -> Option<u16> {
        let (ap, antenna) = self.radio(row)?;
        Some(antenna.channel(ap, self.at))
    }

    fn counted(&self, ap: &Ap) -> (f64, f64) {
        (self.scenario.booted_at(ap.lives_by, self.at), self.at)
    }

    fn frames(&self, row: usize) -> Option<(u64, u64)> {
        let (ap, antenna) = self.radio(row)?;
        Some(antenna.frames(ap, self.counted(ap)))
    }

    fn radio_octets(&self, row: usize) -> Option<(u64, u64)> {
        let (ap, antenna) = self.radio(row)?;
        Some(antenna.octets(ap, self.counted(ap)))
    }

    fn up_ticks(&self, row: usize) -> Option<Value> {
        let since = self.ap(row)?.up_since(self.scenario, self.at);
        Some(Value::TimeTicks(lasted(since, self.at).saturating_mul(100)))
    }

    fn stayed(&self, row: usize) -> Option<u32> {
        Some(lasted(self.station(row)?.since, self.at).max(1))
    }

    /// What a collector reads of a controller at `at`; `None` of what is none.
    pub fn wireless(&self, controller: DeviceId, at: Timestamp) -> Option<WirelessReading> {
        let (wlan, family) = (self.wlan()?, self.kind.wlan?);
        let mut reading = WirelessReading::new(controller, at);
        reading.extent = Extent { access_points: true, clients: true };
        let present = |row: &usize| WlanTable::Ap.is_present(self, (family, *row));
        let aps = (0..wlan.aps.len()).filter(present).filter_map(|row| self.access_point((wlan, family), (row, at)));
        reading.access_points = aps.collect();
        reading.ssids = wlan
            .ssids
            .iter()
            .enumerate()
            .map(|(at, name)| Ssid { name: name.clone(), clients: Some(self.on_ssid(at)), ..Ssid::default() })
            .collect();
        if family == Family::Mikrotik {
            reading.alone = true;
            self.tells_itself(&mut reading, at);
            reading.ssids.truncate(1);
        }
        reading.ssids.sort_by(|a, b| a.name.cmp(&b.name));
        reading.clients = (0..wlan.clients.len()).filter_map(|row| self.wireless_client(family, (row, at))).collect();
        Some(reading)
    }

    /// Clients and channel utilisation of each radio, by the part under which its series are kept.
    pub fn radio_figures(&self) -> Vec<(String, u32, Option<u32>)> {
        let rows = 0..self.wlan().map_or(0, |wlan| wlan.radios.len());
        let is_mikrotik = self.kind.wlan == Some(Family::Mikrotik);
        let mut figures = Vec::new();
        let mut whole: BTreeMap<MacAddr, (u32, Option<u32>)> = BTreeMap::new();
        for row in rows {
            let Some((ap, antenna)) = self.radio(row).filter(|(ap, _)| ap.is_up(self.scenario, self.at)) else { continue };
            let Some(clients) = self.on_radio(row) else { continue };
            let busy = self.utilisation(row).filter(|_| !is_mikrotik);
            let slot = if is_mikrotik { own_slot(antenna) } else { antenna.slot };
            figures.push((radio_part(ap.key, slot), clients, busy));
            let sum = whole.entry(ap.key).or_default();
            (sum.0, sum.1) = (sum.0 + clients, sum.1.max(busy));
        }
        figures.extend(whole.into_iter().map(|(key, (clients, busy))| (ap_part(key), clients, busy)));
        figures
    }

    /// When access points of a controller were lost, seconds of the epoch.
    pub fn losses(&self) -> Vec<f64> {
        let lost = |ap: &Ap| {
            let outages = self.scenario.outages.get(&ap.lives_by).into_iter().flatten().map(|outage| outage.from);
            outages.chain(ap.down_since).collect::<Vec<_>>()
        };
        self.wlan().into_iter().flat_map(|wlan| &wlan.aps).flat_map(lost).collect()
    }

    /// What an access point that stands alone is comes of its own inventory.
    fn tells_itself(&self, reading: &mut WirelessReading, at: Timestamp) {
        let Some(ap) = reading.access_points.first_mut() else { return };
        let Some(address) = ap.address else { return };
        let version = crate::model::SnmpVersion::V2c;
        let access =
            crate::model::SnmpAccess { address: (address, SNMP_PORT).into(), version, credential: String::new(), partial: false };
        let own = self.describe(crate::mib::Registry::global(), access, at);
        (ap.name, ap.model, ap.serial) = (own.name(), own.model, own.serial);
        (ap.location, ap.since) = (own.sys_location, own.started_at);
    }

    fn access_point(&self, (wlan, family): (&Controller, Family), (row, at): (usize, Timestamp)) -> Option<AccessPoint> {
        let ap = wlan.aps.get(row)?;
        let is_up = ap.is_up(self.scenario, self.at);
        let first = wlan.radios.partition_point(|(place, _)| *place < row);
        let radios = (first..wlan.radios.len()).take_while(|place| wlan.radios.get(*place).is_some_and(|(ap, _)| *ap == row));
        Some(AccessPoint {
            key: ap.key,
            name: ap.name.clone(),
            mac: (family != Family::Aruba).then_some(ap.mac),
            model: Some(wlan.model.clone()),
            serial: Some(ap.serial.clone()).filter(|serial| !serial.is_empty()),
            address: Some(IpAddr::V4(ap.address)),
            location: Some(ap.site.clone()),
            status: if is_up { ApStatus::Up } else { ApStatus::Down },
            since: ago(at, lasted(ap.up_since(self.scenario, self.at), self.at)),
            radios: if is_up { radios.filter_map(|place| self.wireless_radio(family, place)).collect() } else { Vec::new() },
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "figures of a radio are small")]
    fn wireless_radio(&self, family: Family, row: usize) -> Option<Radio> {
        let (ap, antenna) = self.radio(row)?;
        let mut radio = Radio {
            slot: antenna.slot,
            band: Some(antenna.band),
            channel: self.channel(row),
            width_mhz: Some(antenna.width),
            tx_power_dbm: Some(antenna.power_dbm(ap) as f32),
            utilisation_percent: self.utilisation(row).map(|percent| percent as f32),
            noise_dbm: Some(f32::from(antenna.noise_dbm(ap, self.at))),
            clients: self.on_radio(row),
            ..Radio::default()
        };
        match family {
            Family::Mikrotik => {
                // Its tables know neither power nor width, and nothing of how busy a channel is.
                (radio.slot, radio.quality_percent) = (own_slot(antenna), self.quality(row).map(|percent| percent as f32));
                (radio.tx_power_dbm, radio.width_mhz, radio.utilisation_percent) = (None, None, None);
            }
            Family::Airespace => {
                let (frames, retries) = self.frames(row)?;
                (radio.frames, radio.retries) = (Some(Counter::Bits32(low(frames))), Some(Counter::Bits32(low(retries))));
            }
            Family::Aruba => {
                radio.retry_percent = Some(antenna.retry_percent(ap, self.at) as f32);
                let (inward, outward) = self.radio_octets(row)?;
                radio.traffic.in_octets = Some(Counter::Bits32(low(inward)));
                radio.traffic.out_octets = Some(Counter::Bits32(low(outward)));
            }
        }
        Some(radio)
    }

    #[allow(clippy::cast_precision_loss, reason = "a percentage")]
    fn wireless_client(&self, family: Family, (row, at): (usize, Timestamp)) -> Option<WirelessClient> {
        let (client, station) = (self.client(row)?, self.station(row)?);
        let (ap, antenna) = self.antenna_of(row)?;
        let phy = match (family, client.phy) {
            // What Aruba's tables of this edition know.
            (Family::Aruba, Phy::Ax | Phy::Be) => Phy::Ac,
            (_, phy) => phy,
        };
        let whole = WirelessClient {
            mac: client.mac,
            name: Some(client.device.to_owned()),
            address: Some(IpAddr::V4(client.address)),
            user: Some(client.user.clone()).filter(|user| !user.is_empty()),
            ssid: self.ssid_of(row).map(str::to_owned),
            ap: Some(ap.key),
            slot: Some(if family == Family::Mikrotik { own_slot(antenna) } else { antenna.slot }),
            rssi_dbm: Some(station.rssi),
            snr_db: Some(station.snr),
            phy: Some(phy),
            rate_mbps: Some(station.rate),
            retry_percent: (family == Family::Aruba).then_some(station.retry as f32),
            traffic: Traffic {
                in_octets: Some(Counter::Bits64(station.octets.0)),
                out_octets: Some(Counter::Bits64(station.octets.1)),
                ..Traffic::default()
            },
            since: ago(at, self.stayed(row)?),
        };
        if family != Family::Mikrotik {
            return Some(whole);
        }
        // A registration says who is on which interface, and how it is heard.
        let octets = |count: u64| Some(Counter::Bits32(low(count)));
        let traffic = Traffic { in_octets: octets(station.octets.0), out_octets: octets(station.octets.1), ..Traffic::default() };
        // Its radios have one name each.
        let ssid = self.wlan().and_then(|wlan| wlan.ssids.first()).cloned();
        Some(WirelessClient { name: None, address: None, user: None, ssid, phy: None, traffic, ..whole })
    }
}

/// When something began that lasts so many seconds, as a collector reckons it.
fn ago(at: Timestamp, seconds: u32) -> Option<Timestamp> {
    let began = at.minus(std::time::Duration::from_secs(u64::from(seconds)));
    (seconds > 0).then(|| Timestamp::from_secs(began.secs()))
}
