//! What the Wireless screen is drawn from: plain data, complete for its window.

use crate::model::switching::{Duplex, PoePort};
use crate::model::wireless::Phy;
use crate::model::wireless::RadioName;
use crate::model::{ApStatus, DeviceId, MacAddr, Timestamp, WifiBand};
use crate::query::WirelessPart;
use crate::state::view::Table;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The Wireless screen. Only the table of its part is filled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WirelessView {
    /// Of all controllers together.
    pub summary: WirelessSummary,
    /// Which table is filled.
    pub part: WirelessPart,
    /// Radios of access points; one that has none known has a row, too.
    pub radios: Table<RadioRow>,
    /// Who is on them.
    pub clients: Table<ClientRow>,
    /// Channels in use.
    pub channels: Table<ChannelRow>,
    /// Network names.
    pub ssids: Table<SsidRow>,
    /// Which channels each site uses, of one band; the busiest sites first.
    pub plan: Vec<SitePlan>,
    /// The band of the plan.
    pub plan_band: Option<WifiBand>,
    /// One radio in full.
    pub detail: Option<Box<RadioDetail>>,
}

/// Counts of all wireless networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct WirelessSummary {
    /// Controllers that were read; none: no wireless network is known.
    pub controllers: usize,
    pub access_points: usize,
    pub access_points_up: usize,
    pub access_points_down: usize,
    pub clients: usize,
    /// Access points that tell themselves: they have no controller.
    pub alone: usize,
    /// By [`WifiBand::ALL`]; clients on a radio of unknown band are in none.
    pub clients_by_band: [usize; WifiBand::ALL.len()],
    /// Percent; `None` where no radio tells.
    pub utilisation_p95: Option<f64>,
    /// The network names with the most clients.
    pub ssids: Vec<(String, usize)>,
    /// Controllers whose clients were not all told or kept.
    pub cut: usize,
    /// Controllers whose reading is older than three intervals.
    pub stale: usize,
    /// Of the last reading of any controller.
    pub sampled_at: Option<Timestamp>,
}

/// A radio of an access point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it; model::wireless has the units")]
pub struct RadioRow {
    pub name: RadioName,
    pub controller_name: String,
    pub ap: String,
    pub site: Option<String>,
    pub status: ApStatus,
    pub since: Option<Timestamp>,
    pub model: Option<String>,
    pub address: Option<IpAddr>,
    pub mac: Option<MacAddr>,
    pub band: Option<WifiBand>,
    pub channel: Option<u16>,
    pub width_mhz: Option<u16>,
    pub tx_power_dbm: Option<f64>,
    pub utilisation_percent: Option<f64>,
    pub noise_dbm: Option<f64>,
    pub clients: Option<u32>,
    pub retry_percent: Option<f64>,
    /// How much of what its clients could get they get, where its agent reckons that.
    pub quality_percent: Option<f64>,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    /// It tells itself: it has no controller.
    pub alone: bool,
    /// Radios of the same site on the same channel, itself included.
    pub co_channel: usize,
    /// Where it is plugged in.
    pub uplink: Option<Uplink>,
    pub sampled_at: Timestamp,
    pub stale: bool,
    /// Channel utilisation over the last hour, filled by the engine from the series store.
    pub spark: Vec<Option<f32>>,
}

/// The switch port behind which something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Uplink {
    pub device: DeviceId,
    pub device_name: String,
    pub port: Option<String>,
    /// `lldp`, `cdp` or `mac`: by what that is known.
    pub by: String,
    /// The port of that switch towards the core: device, its name, port.
    pub next: Option<(DeviceId, String, String)>,
}

/// Somebody on a wireless network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it; model::wireless has the units")]
pub struct ClientRow {
    pub mac: MacAddr,
    pub name: Option<String>,
    pub user: Option<String>,
    pub address: Option<IpAddr>,
    pub ssid: Option<String>,
    /// Its radio, where that is known.
    pub radio: Option<RadioName>,
    pub controller: DeviceId,
    pub controller_name: String,
    pub ap: Option<String>,
    pub site: Option<String>,
    pub band: Option<WifiBand>,
    pub channel: Option<u16>,
    pub rssi_dbm: Option<i16>,
    pub snr_db: Option<i16>,
    pub phy: Option<Phy>,
    pub rate_mbps: Option<u32>,
    pub retry_percent: Option<f64>,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    pub since: Option<Timestamp>,
    /// Where its access point is plugged in.
    pub uplink: Option<Uplink>,
    pub stale: bool,
}

/// A channel of a band, and who uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ChannelRow {
    pub band: WifiBand,
    pub channel: u16,
    pub radios: usize,
    pub clients: usize,
    /// Percent, of the busiest radio and of all that tell.
    pub utilisation_max: Option<f64>,
    pub utilisation_mean: Option<f64>,
    /// The loudest noise, dBm.
    pub noise_max: Option<f64>,
    pub retry_mean: Option<f64>,
    /// The site that has the most radios on it, and how many.
    pub crowded: Option<(String, usize)>,
    /// Sites that use it.
    pub sites: usize,
}

/// A network name, of all controllers and access points together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SsidRow {
    pub name: String,
    pub clients: Option<usize>,
    /// By [`WifiBand::ALL`]; `None` where nothing says it.
    pub by_band: [Option<usize>; WifiBand::ALL.len()],
    /// Access points with somebody on it.
    pub access_points: usize,
    /// Controllers, and access points without one, that have it.
    pub controllers: usize,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    /// Clients that are heard badly, and all of whom that is known.
    pub weak: usize,
    pub heard: usize,
}

/// A port on the way from an access point towards the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ChainStep {
    pub device: DeviceId,
    pub device_name: String,
    pub port: Option<String>,
    /// What is at its far end, where that is a device that is known.
    pub peer: Option<String>,
    pub up: Option<bool>,
    pub speed_bps: Option<u64>,
    /// The larger of both directions, fraction of 1.
    pub utilisation: Option<f64>,
    pub errors_per_second: Option<f64>,
    pub duplex: Option<Duplex>,
    pub poe: Option<PoePort>,
}

/// Somebody else on the channel of a radio, in its site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CoChannel {
    pub ap: String,
    pub clients: Option<u32>,
    pub utilisation_percent: Option<f64>,
}

/// The channels of a site in one band.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SitePlan {
    pub site: String,
    pub access_points: usize,
    pub access_points_down: usize,
    pub clients: usize,
    /// By channel.
    pub channels: Vec<PlanCell>,
}

/// A channel in a site.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PlanCell {
    pub channel: u16,
    pub radios: usize,
    pub clients: usize,
    /// Percent, of the busiest.
    pub utilisation_max: Option<f64>,
}

/// One radio in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RadioDetail {
    pub row: RadioRow,
    pub serial: Option<String>,
    /// The access point as a device of its own, where it is one.
    pub device: Option<DeviceId>,
    /// All radios of the access point.
    pub radios: Vec<RadioRow>,
    /// Clients of the access point by network name, the most first.
    pub ssids: Vec<(String, usize)>,
    /// The channels of its site, in its band.
    pub channels: Vec<PlanCell>,
    /// Radios of its site on its channel, the busiest first.
    pub co_channel: Vec<CoChannel>,
    /// Where it is plugged in, and the way from there towards the core.
    pub chain: Vec<ChainStep>,
    /// Over the last hour, filled by the engine from the series store: percent, clients.
    pub utilisation_spark: Vec<Option<f32>>,
    pub clients_spark: Vec<Option<f32>>,
}
