//! Rows of wireless networks: radios of access points, clients, channels.

use super::at;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::report::thousandths;
use crate::report::wireless::Radio;
use crate::state::view::wireless::rows as view;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;

/// A radio of an access point; of one whose radios are not known its fields are null.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct RadioRow {
    pub ap: String,
    pub mac: Option<String>,
    pub site: Option<String>,
    pub controller: String,
    pub controller_name: String,
    /// up, down, unknown
    pub status: &'static str,
    pub since: Option<String>,
    pub model: Option<String>,
    pub address: Option<String>,
    pub slot: Option<u16>,
    /// 2.4G, 5G, 6G
    pub band: Option<&'static str>,
    pub channel: Option<u16>,
    pub width_mhz: Option<u16>,
    pub channel_utilisation_percent: Option<f64>,
    pub noise_dbm: Option<f64>,
    pub clients: Option<u32>,
    pub retry_percent: Option<f64>,
    pub tx_power_dbm: Option<f64>,
    pub quality_percent: Option<f64>,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    /// Radios of the same site on the same channel, itself included.
    pub co_channel: usize,
    pub uplink_device: Option<String>,
    pub uplink_port: Option<String>,
    pub sampled_at: Option<String>,
    pub stale: bool,
}

impl From<&view::RadioRow> for RadioRow {
    fn from(row: &view::RadioRow) -> Self {
        let figure = |value: Option<f64>| value.map(thousandths);
        Self {
            ap: row.ap.clone(),
            mac: row.mac.map(|mac| mac.to_string()),
            site: row.site.clone(),
            controller: row.name.controller.to_string(),
            controller_name: row.controller_name.clone(),
            status: row.status.word(),
            since: at(row.since),
            model: row.model.clone(),
            address: row.address.map(|address| address.to_string()),
            slot: row.name.slot,
            band: row.band.map(|band| band.word()),
            channel: row.channel,
            width_mhz: row.width_mhz,
            channel_utilisation_percent: figure(row.utilisation_percent),
            noise_dbm: figure(row.noise_dbm),
            clients: row.clients,
            retry_percent: figure(row.retry_percent),
            tx_power_dbm: figure(row.tx_power_dbm),
            quality_percent: figure(row.quality_percent),
            in_bps: figure(row.in_bps),
            out_bps: figure(row.out_bps),
            co_channel: row.co_channel,
            uplink_device: row.uplink.as_ref().map(|uplink| uplink.device_name.clone()),
            uplink_port: row.uplink.as_ref().and_then(|uplink| uplink.port.clone()),
            sampled_at: at(Some(row.sampled_at)),
            stale: row.stale,
        }
    }
}

impl Row for RadioRow {
    const COLUMNS: &'static [Column] = &[
        column("ap", "AP", Show::Text),
        field("mac"),
        column("site", "SITE", Show::Text),
        field("controller"),
        column("controllerName", "CONTROLLER", Show::Text),
        column("status", "STATUS", Show::Text),
        field("since"),
        field("model"),
        field("address"),
        field("slot"),
        column("band", "BAND", Show::Text),
        column("channel", "CH", Show::Number),
        column("widthMhz", "MHZ", Show::Number),
        column("channelUtilisationPercent", "CH%", Show::Percent),
        column("noiseDbm", "NOISE", Show::Number),
        column("clients", "CLI", Show::Number),
        column("retryPercent", "RETRY", Show::Percent),
        column("txPowerDbm", "TX", Show::Number),
        field("qualityPercent"),
        column("inBps", "IN", Show::Figure),
        column("outBps", "OUT", Show::Figure),
        field("coChannel"),
        column("uplinkDevice", "SWITCH", Show::Text),
        column("uplinkPort", "PORT", Show::Text),
        field("sampledAt"),
        field("stale"),
    ];
}

/// Somebody on a wireless network.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct ClientRow {
    pub mac: String,
    pub name: Option<String>,
    pub user: Option<String>,
    pub address: Option<String>,
    pub ssid: Option<String>,
    pub ap: Option<String>,
    pub site: Option<String>,
    pub controller_name: String,
    pub slot: Option<u16>,
    pub band: Option<&'static str>,
    pub channel: Option<u16>,
    pub rssi_dbm: Option<i16>,
    pub snr_db: Option<i16>,
    pub phy: Option<&'static str>,
    pub rate_mbps: Option<u32>,
    pub retry_percent: Option<f64>,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    pub since: Option<String>,
    pub stale: bool,
}

impl From<&view::ClientRow> for ClientRow {
    fn from(row: &view::ClientRow) -> Self {
        Self {
            mac: row.mac.to_string(),
            name: row.name.clone(),
            user: row.user.clone(),
            address: row.address.map(|address| address.to_string()),
            ssid: row.ssid.clone(),
            ap: row.ap.clone(),
            site: row.site.clone(),
            controller_name: row.controller_name.clone(),
            slot: row.radio.as_ref().and_then(|radio| radio.slot),
            band: row.band.map(|band| band.word()),
            channel: row.channel,
            rssi_dbm: row.rssi_dbm,
            snr_db: row.snr_db,
            phy: row.phy.map(|phy| phy.word()),
            rate_mbps: row.rate_mbps,
            retry_percent: row.retry_percent.map(thousandths),
            in_bps: row.in_bps.map(thousandths),
            out_bps: row.out_bps.map(thousandths),
            since: at(row.since),
            stale: row.stale,
        }
    }
}

impl Row for ClientRow {
    const COLUMNS: &'static [Column] = &[
        column("mac", "MAC", Show::Text),
        column("name", "NAME", Show::Text),
        column("user", "USER", Show::Text),
        column("address", "ADDRESS", Show::Text),
        column("ssid", "SSID", Show::Text),
        column("ap", "AP", Show::Text),
        field("site"),
        field("controllerName"),
        field("slot"),
        column("band", "BAND", Show::Text),
        column("channel", "CH", Show::Number),
        column("rssiDbm", "RSSI", Show::Number),
        column("snrDb", "SNR", Show::Number),
        column("phy", "PHY", Show::Text),
        column("rateMbps", "RATE", Show::Number),
        column("retryPercent", "RETRY", Show::Percent),
        column("inBps", "IN", Show::Figure),
        column("outBps", "OUT", Show::Figure),
        field("since"),
        field("stale"),
    ];
}

/// An access point with its radios.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct AccessPointRow {
    /// Its controller; of one that stands alone itself.
    pub device: String,
    pub device_name: String,
    /// Whether it tells itself, without a controller.
    pub alone: bool,
    pub name: String,
    pub mac: Option<String>,
    /// up, down, unknown
    pub status: &'static str,
    pub since: Option<String>,
    pub site: Option<String>,
    pub model: Option<String>,
    pub address: Option<String>,
    /// On all its radios; null where one does not tell.
    pub clients: Option<u64>,
    /// Of its busiest radio.
    pub channel_utilisation_percent: Option<f64>,
    pub radios: Vec<Radio>,
    pub uplink_device: Option<String>,
    pub uplink_port: Option<String>,
    pub sampled_at: Option<String>,
    pub stale: bool,
}

impl AccessPointRow {
    /// Out of the rows of radios, in the order of each one's first.
    pub fn all(rows: &[view::RadioRow]) -> Vec<Self> {
        let mut all: Vec<(&crate::model::wireless::RadioName, Self)> = Vec::new();
        let mut places: FxHashMap<(&crate::model::DeviceId, crate::model::MacAddr), usize> = FxHashMap::default();
        for row in rows {
            let key = (&row.name.controller, row.name.key);
            match places.get(&key).and_then(|place| all.get_mut(*place)) {
                Some((_, known)) => known.add(row),
                None => {
                    places.insert(key, all.len());
                    all.push((&row.name, Self::new(row)));
                }
            }
        }
        all.into_iter().map(|(_, row)| row).collect()
    }

    fn new(row: &view::RadioRow) -> Self {
        let mut ap = Self {
            device: row.name.controller.to_string(),
            device_name: row.controller_name.clone(),
            alone: row.alone,
            name: row.ap.clone(),
            mac: row.mac.map(|mac| mac.to_string()),
            status: row.status.word(),
            since: at(row.since),
            site: row.site.clone(),
            model: row.model.clone(),
            address: row.address.map(|address| address.to_string()),
            clients: row.name.slot.map(|_| 0),
            channel_utilisation_percent: None,
            radios: Vec::new(),
            uplink_device: row.uplink.as_ref().map(|uplink| uplink.device_name.clone()),
            uplink_port: row.uplink.as_ref().and_then(|uplink| uplink.port.clone()),
            sampled_at: at(Some(row.sampled_at)),
            stale: row.stale,
        };
        ap.add(row);
        ap
    }

    fn add(&mut self, row: &view::RadioRow) {
        let Some(slot) = row.name.slot else { return };
        let busy = row.utilisation_percent.map(thousandths);
        self.clients = self.clients.zip(row.clients).map(|(sum, clients)| sum + u64::from(clients));
        self.channel_utilisation_percent = match (self.channel_utilisation_percent, busy) {
            (Some(known), Some(busy)) => Some(f64::max(known, busy)),
            (known, busy) => known.or(busy),
        };
        self.radios.push(Radio {
            index: slot.into(),
            band: row.band.map(|band| format!("{}Hz", band.word())),
            channel: row.channel.map(u32::from),
            clients: row.clients.map(u64::from),
            channel_utilisation_percent: busy,
            noise_dbm: row.noise_dbm.map(thousandths),
            tx_power_dbm: row.tx_power_dbm.map(thousandths),
        });
    }
}

impl Row for AccessPointRow {
    const COLUMNS: &'static [Column] = &[
        field("device"),
        column("deviceName", "CONTROLLER", Show::Text),
        field("alone"),
        column("name", "AP", Show::Text),
        field("mac"),
        column("status", "STATUS", Show::Text),
        field("since"),
        column("site", "SITE", Show::Text),
        field("model"),
        field("address"),
        column("clients", "CLI", Show::Number),
        column("channelUtilisationPercent", "CH%", Show::Percent),
        column("radios", "RADIOS", Show::Number),
        column("uplinkDevice", "SWITCH", Show::Text),
        column("uplinkPort", "PORT", Show::Text),
        field("sampledAt"),
        field("stale"),
    ];
}

/// A network name, of all controllers and access points together.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct SsidRow {
    pub name: String,
    pub clients: Option<usize>,
    #[serde(rename = "clients2G")]
    pub clients_2g: Option<usize>,
    #[serde(rename = "clients5G")]
    pub clients_5g: Option<usize>,
    #[serde(rename = "clients6G")]
    pub clients_6g: Option<usize>,
    /// Access points with somebody on it.
    pub access_points: usize,
    pub controllers: usize,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    /// Clients whose signal is less than 15 dB above the noise; null where no signal is known.
    pub weak_clients: Option<usize>,
}

impl From<&view::SsidRow> for SsidRow {
    fn from(row: &view::SsidRow) -> Self {
        let [clients_2g, clients_5g, clients_6g, _] = row.by_band;
        Self {
            name: row.name.clone(),
            clients: row.clients,
            clients_2g,
            clients_5g,
            clients_6g,
            access_points: row.access_points,
            controllers: row.controllers,
            in_bps: row.in_bps.map(thousandths),
            out_bps: row.out_bps.map(thousandths),
            weak_clients: (row.heard > 0).then_some(row.weak),
        }
    }
}

impl Row for SsidRow {
    const COLUMNS: &'static [Column] = &[
        column("name", "SSID", Show::Text),
        column("clients", "CLI", Show::Number),
        column("clients2G", "2.4G", Show::Number),
        column("clients5G", "5G", Show::Number),
        column("clients6G", "6G", Show::Number),
        column("accessPoints", "APS", Show::Number),
        field("controllers"),
        column("inBps", "IN", Show::Figure),
        column("outBps", "OUT", Show::Figure),
        column("weakClients", "WEAK", Show::Number),
    ];
}

/// A channel of a band.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct ChannelRow {
    pub band: &'static str,
    pub channel: u16,
    pub radios: usize,
    pub clients: usize,
    pub utilisation_max: Option<f64>,
    pub utilisation_mean: Option<f64>,
    pub noise_max: Option<f64>,
    pub retry_mean: Option<f64>,
    /// The site that has the most radios on it, where that are two or more.
    pub crowded_site: Option<String>,
    pub crowded_radios: Option<usize>,
    pub sites: usize,
}

impl From<&view::ChannelRow> for ChannelRow {
    fn from(row: &view::ChannelRow) -> Self {
        Self {
            band: row.band.word(),
            channel: row.channel,
            radios: row.radios,
            clients: row.clients,
            utilisation_max: row.utilisation_max.map(thousandths),
            utilisation_mean: row.utilisation_mean.map(thousandths),
            noise_max: row.noise_max.map(thousandths),
            retry_mean: row.retry_mean.map(thousandths),
            crowded_site: row.crowded.as_ref().map(|(site, _)| site.clone()),
            crowded_radios: row.crowded.as_ref().map(|(_, radios)| *radios),
            sites: row.sites,
        }
    }
}

impl Row for ChannelRow {
    const COLUMNS: &'static [Column] = &[
        column("band", "BAND", Show::Text),
        column("channel", "CH", Show::Number),
        column("radios", "APS", Show::Number),
        column("clients", "CLI", Show::Number),
        column("utilisationMax", "MAX%", Show::Percent),
        column("utilisationMean", "MEAN%", Show::Percent),
        column("noiseMax", "NOISE", Show::Number),
        column("retryMean", "RETRY", Show::Percent),
        column("crowdedSite", "MOST IN", Show::Text),
        column("crowdedRadios", "THERE", Show::Number),
        column("sites", "SITES", Show::Number),
    ];
}

#[cfg(test)]
mod tests;
