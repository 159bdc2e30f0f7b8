//! Radios and clients as rows: their columns for filter and sort, and which is worse.

use super::place::Places;
use super::plan::{ChannelRef, Sites};
use super::rows::{ClientRow, RadioRow};
use super::ssids::SsidRef;
use super::{BUSY_PERCENT, NOISY_DBM, RETRY_PERCENT, Reading, WEAK_DB};
use crate::model::wireless::RadioName;
use crate::model::wireless::is_made;
use crate::model::{AccessPoint, ApStatus, Radio, WifiBand, WirelessClient, WirelessReading};
use crate::query::filter::{Value, natural};
use crate::state::State;
use crate::state::view::lookup::secs;
use crate::state::view::table::columns;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A radio, by reference; `None` where of an access point none is known.
#[derive(Clone, Copy)]
pub(super) struct RadioRef<'a> {
    reading: &'a Reading<'a>,
    pub(super) ap: &'a AccessPoint,
    pub(super) radio: Option<&'a Radio>,
}

fn wide(value: Option<f32>) -> Option<f64> {
    value.map(f64::from)
}

impl<'a> RadioRef<'a> {
    /// Of one reading.
    pub(super) fn all(reading: &'a Reading<'a>) -> impl Iterator<Item = Self> {
        reading.told.access_points.iter().flat_map(move |ap| {
            let none = ap.radios.is_empty().then_some(None);
            ap.radios.iter().map(Some).chain(none).map(move |radio| Self { reading, ap, radio })
        })
    }

    pub(super) fn band(&self) -> Option<WifiBand> {
        self.radio.and_then(|radio| radio.band)
    }

    fn of<T>(&self, field: impl Fn(&Radio) -> Option<T>) -> Option<T> {
        self.radio.and_then(field)
    }

    fn utilisation(&self) -> Option<f64> {
        wide(self.of(|radio| radio.utilisation_percent))
    }

    fn noise(&self) -> Option<f64> {
        wide(self.of(|radio| radio.noise_dbm))
    }

    fn retry(&self) -> Option<f64> {
        wide(self.of(|radio| radio.retry_percent))
    }

    /// What stands alone is down when it does not answer: it can't say so.
    fn status(&self) -> ApStatus {
        self.reading.status(self.ap)
    }

    fn since(&self) -> Option<crate::model::Timestamp> {
        self.reading.down.or(self.ap.since)
    }

    pub(super) fn is_fault(&self) -> bool {
        self.status() == ApStatus::Down
            || self.utilisation().is_some_and(|busy| busy >= BUSY_PERCENT)
            || self.noise().is_some_and(|noise| noise >= NOISY_DBM)
            || self.retry().is_some_and(|retry| retry >= RETRY_PERCENT)
    }

    /// How badly it is off: what is down first, then busy channels, with what is sent again on top.
    fn badness(&self) -> f64 {
        if self.status() == ApStatus::Down {
            return f64::MAX;
        }
        let noise = self.noise().map_or(0.0, |noise| (noise - NOISY_DBM).max(0.0) * 4.0);
        self.utilisation().unwrap_or(0.0) + self.retry().unwrap_or(0.0) + noise
    }

    /// Worst first.
    pub(super) fn worse(a: &Self, b: &Self) -> Ordering {
        let slot = |row: &Self| row.radio.map(|radio| radio.slot);
        b.badness()
            .total_cmp(&a.badness())
            .then_with(|| natural(&a.ap.name, &b.ap.name))
            .then_with(|| slot(a).cmp(&slot(b)))
            .then_with(|| a.ap.key.cmp(&b.ap.key))
    }

    pub(super) fn whole(&self, state: &State, (sites, places): (&Sites, &Places<'_>)) -> RadioRow {
        let (ap, site) = (self.ap, self.ap.location.as_deref());
        let channel = self.of(|radio| radio.band.zip(radio.channel));
        RadioRow {
            name: RadioName {
                controller: self.reading.told.controller.clone(),
                key: ap.key,
                slot: self.radio.map(|radio| radio.slot),
            },
            controller_name: self.reading.controller_name.clone(),
            ap: ap.name.clone(),
            site: ap.location.clone(),
            status: self.status(),
            since: self.since().filter(|since| *since <= state.now),
            model: ap.model.clone(),
            address: ap.address,
            mac: ap.mac.or((!is_made(ap.key)).then_some(ap.key)),
            band: self.band(),
            channel: self.of(|radio| radio.channel),
            width_mhz: self.of(|radio| radio.width_mhz),
            tx_power_dbm: wide(self.of(|radio| radio.tx_power_dbm)),
            utilisation_percent: self.utilisation(),
            noise_dbm: self.noise(),
            clients: self.of(|radio| radio.clients),
            retry_percent: self.retry(),
            quality_percent: wide(self.of(|radio| radio.quality_percent)),
            alone: self.reading.told.alone,
            in_bps: wide(self.of(|radio| radio.traffic.in_bps)),
            out_bps: wide(self.of(|radio| radio.traffic.out_bps)),
            co_channel: channel.map_or(0, |key| sites.on_channel(site, key)),
            uplink: places.uplink(ap),
            sampled_at: self.reading.told.at,
            stale: self.reading.stale,
            spark: Vec::new(),
        }
    }
}

fn count(number: Option<u32>) -> Value<'static> {
    Value::number(number.map(f64::from))
}

fn word(band: Option<WifiBand>) -> Value<'static> {
    band.map_or(Value::Unknown, |band| Value::word(band.word()))
}

columns! {
    /// The columns of the radios' table.
    RADIO_COLUMNS, row: RadioRef<'_> {
        ["ap", "name"] Text => Value::Text(Cow::Borrowed(&row.ap.name));
        ["site", "location"] Text => Value::text(row.ap.location.as_deref());
        ["controller", "device"] Text => Value::Either(
            Cow::Borrowed(&row.reading.controller_name), Cow::Borrowed(row.reading.told.controller.as_str()));
        ["status", "state"] Text => Value::word(row.status().word());
        ["since", "statusSince"] Time => Value::number(row.since().map(secs));
        ["model"] Text => Value::text(row.ap.model.as_deref());
        ["serial"] Text => Value::text(row.ap.serial.as_deref());
        ["ip", "address"] Address => Value::Addresses(row.ap.address.as_slice());
        ["mac"] Mac => Value::Mac(row.ap.mac.unwrap_or(row.ap.key));
        ["slot"] Number => count(row.radio.map(|radio| u32::from(radio.slot)));
        ["band"] Text => word(row.band());
        ["channel", "ch"] Number => count(row.of(|radio| radio.channel).map(u32::from));
        ["widthMhz", "width"] Number => count(row.of(|radio| radio.width_mhz).map(u32::from));
        ["txPowerDbm", "tx"] Number => Value::number(wide(row.of(|radio| radio.tx_power_dbm)));
        ["channelUtilisationPercent", "utilisation", "util"] Percent => Value::number(row.utilisation());
        ["noiseDbm", "noise"] Number => Value::number(row.noise());
        ["clients", "cli"] Number => count(row.of(|radio| radio.clients));
        ["retryPercent", "retry"] Percent => Value::number(row.retry());
        ["qualityPercent", "quality"] Percent => Value::number(wide(row.of(|radio| radio.quality_percent)));
        ["inBps", "in"] Number => Value::number(wide(row.of(|radio| radio.traffic.in_bps)));
        ["outBps", "out"] Number => Value::number(wide(row.of(|radio| radio.traffic.out_bps)));
    }
}

/// A client, by reference.
#[derive(Clone, Copy)]
pub(super) struct ClientRef<'a> {
    reading: &'a Reading<'a>,
    client: &'a WirelessClient,
    ap: Option<&'a AccessPoint>,
    radio: Option<&'a Radio>,
}

/// The radio that a client is on.
pub(super) fn radio_of<'a>(reading: &'a WirelessReading, client: &WirelessClient) -> Option<&'a Radio> {
    let ap = reading.access_point(client.ap?)?;
    ap.radios.iter().find(|radio| Some(radio.slot) == client.slot)
}

impl<'a> ClientRef<'a> {
    /// Of one reading.
    pub(super) fn all(reading: &'a Reading<'a>) -> impl Iterator<Item = Self> {
        reading.told.clients.iter().map(move |client| {
            let ap = client.ap.and_then(|key| reading.told.access_point(key));
            let radio = ap.and_then(|ap| ap.radios.iter().find(|radio| Some(radio.slot) == client.slot));
            Self { reading, client, ap, radio }
        })
    }

    pub(super) fn band(&self) -> Option<WifiBand> {
        self.radio.and_then(|radio| radio.band)
    }

    pub(super) fn is_on(&self, radio: &RadioName) -> bool {
        self.reading.told.controller == radio.controller
            && self.client.ap == Some(radio.key)
            && (radio.slot.is_none() || self.client.slot == radio.slot)
    }

    pub(super) fn is_fault(&self) -> bool {
        self.client.snr_db.is_some_and(|snr| snr < WEAK_DB)
            || self.client.retry_percent.is_some_and(|retry| f64::from(retry) >= RETRY_PERCENT)
    }

    /// Who is heard worst comes first; who tells nothing comes last.
    pub(super) fn worse(a: &Self, b: &Self) -> Ordering {
        let key = |row: &Self| row.client.snr_db.or(row.client.rssi_dbm.map(|rssi| rssi.saturating_add(95))).unwrap_or(i16::MAX);
        key(a).cmp(&key(b)).then_with(|| a.client.mac.cmp(&b.client.mac))
    }

    pub(super) fn whole(self, places: &Places<'_>) -> ClientRow {
        let client = self.client;
        ClientRow {
            mac: client.mac,
            name: client.name.clone(),
            user: client.user.clone(),
            address: client.address,
            ssid: client.ssid.clone(),
            radio: client.ap.map(|key| RadioName { controller: self.reading.told.controller.clone(), key, slot: client.slot }),
            controller: self.reading.told.controller.clone(),
            controller_name: self.reading.controller_name.clone(),
            ap: self.ap.map(|ap| ap.name.clone()).or_else(|| client.ap.map(|key| key.to_string())),
            site: self.ap.and_then(|ap| ap.location.clone()),
            band: self.band(),
            channel: self.radio.and_then(|radio| radio.channel),
            rssi_dbm: client.rssi_dbm,
            snr_db: client.snr_db,
            phy: client.phy,
            rate_mbps: client.rate_mbps,
            retry_percent: wide(client.retry_percent),
            in_bps: wide(client.traffic.in_bps),
            out_bps: wide(client.traffic.out_bps),
            since: client.since,
            uplink: self.ap.and_then(|ap| places.uplink(ap)),
            stale: self.reading.stale,
        }
    }
}

columns! {
    /// The columns of the clients' table.
    CLIENT_COLUMNS, row: ClientRef<'_> {
        ["mac", "client"] Mac => Value::Mac(row.client.mac);
        ["name"] Text => Value::text(row.client.name.as_deref());
        ["user"] Text => Value::text(row.client.user.as_deref());
        ["ip", "address"] Address => Value::Addresses(row.client.address.as_slice());
        ["ssid"] Text => Value::text(row.client.ssid.as_deref());
        ["ap"] Text => Value::text(row.ap.map(|ap| ap.name.as_str()));
        ["site", "location"] Text => Value::text(row.ap.and_then(|ap| ap.location.as_deref()));
        ["controller", "device"] Text => Value::Either(
            Cow::Borrowed(&row.reading.controller_name), Cow::Borrowed(row.reading.told.controller.as_str()));
        ["slot"] Number => count(row.client.slot.map(u32::from));
        ["band"] Text => word(row.band());
        ["channel", "ch"] Number => count(row.radio.and_then(|radio| radio.channel).map(u32::from));
        ["rssiDbm", "rssi"] Number => Value::number(row.client.rssi_dbm.map(f64::from));
        ["snrDb", "snr"] Number => Value::number(row.client.snr_db.map(f64::from));
        ["phy"] Text => row.client.phy.map_or(Value::Unknown, |phy| Value::word(phy.word()));
        ["rateMbps", "rate"] Number => count(row.client.rate_mbps);
        ["retryPercent", "retry"] Percent => Value::number(wide(row.client.retry_percent));
        ["inBps", "in"] Number => Value::number(wide(row.client.traffic.in_bps));
        ["outBps", "out"] Number => Value::number(wide(row.client.traffic.out_bps));
        ["since"] Time => Value::number(row.client.since.map(secs));
    }
}

columns! {
    /// The columns of the channels' table.
    CHANNEL_COLUMNS, row: ChannelRef<'_> {
        ["band"] Text => Value::word(row.key.0.word());
        ["channel", "ch"] Number => Value::number(Some(f64::from(row.key.1)));
        ["radios", "aps"] Number => size(row.radios());
        ["clients", "cli"] Number => size(row.clients());
        ["utilisationMax", "utilisation", "util"] Percent => Value::number(row.busiest());
        ["utilisationMean", "mean"] Percent => Value::number(row.mean());
        ["site"] Text => Value::text(row.crowded().map(|(site, _)| site));
    }
}

columns! {
    /// The columns of the network names' table.
    SSID_COLUMNS, row: SsidRef<'_> {
        ["ssid", "name"] Text => Value::Text(Cow::Borrowed(&row.0.name));
        ["clients", "cli"] Number => row.0.clients.map_or(Value::Unknown, size);
        ["radios", "aps"] Number => size(row.0.access_points);
        ["inBps", "in"] Number => Value::number(row.0.in_bps);
        ["outBps", "out"] Number => Value::number(row.0.out_bps);
        ["weak"] Number => size(row.0.weak);
    }
}

#[allow(clippy::cast_precision_loss, reason = "some thousand radios")]
fn size(count: usize) -> Value<'static> {
    Value::number(Some(count as f64))
}
