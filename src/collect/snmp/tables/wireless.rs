//! A wireless controller's tables to a reading: access points with their radios, network names, clients.
//!
//! Which column says what stands in `mibs/` ([`WirelessRule`]). Start at [`reading`]; [`groups`] says what is walked for it, [`cells`] what
//! is then asked for singly.

mod row;
#[cfg(test)]
mod tests;

use super::columns::Columns;
use crate::mib::wireless::{WirelessField as Field, WirelessIndex, WirelessKind};
use crate::mib::{Registry, WirelessRule};
use crate::model::wireless::{
    AccessPoint, ApStatus, MAX_ACCESS_POINTS, MAX_CLIENTS, MAX_RADIOS, MAX_SSIDS, Phy, Radio, Ssid, Traffic, WifiBand,
    WirelessClient, WirelessReading,
};
use crate::model::{DeviceId, MacAddr, Oid, Timestamp};
use row::{Cells, Row};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that are walked side by side, and how many rows of each are kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The columns.
    pub columns: Vec<&'static str>,
    /// Rows of each.
    pub rows: usize,
}

/// What is walked for the rules: a group for each index, since its columns end together. What is asked for singly is in none.
pub fn groups(rules: &[&'static WirelessRule]) -> Vec<Group> {
    let mut groups: Vec<(&[WirelessIndex], Group)> = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.is_by(WirelessIndex::Channel)) {
        let rows = match rule.of {
            WirelessKind::AccessPoint => MAX_ACCESS_POINTS,
            WirelessKind::Radio => MAX_ACCESS_POINTS * MAX_RADIOS,
            WirelessKind::Bssid => MAX_ACCESS_POINTS * MAX_RADIOS,
            WirelessKind::Ssid => MAX_SSIDS,
            WirelessKind::Client => MAX_CLIENTS,
        };
        match groups.iter_mut().find(|(index, _)| *index == rule.index.as_slice()) {
            Some((_, group)) => group.columns.extend(rule.columns()),
            None => groups.push((&rule.index, Group { columns: rule.columns().into_iter().collect(), rows })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The single cells of the rules by channel, of each radio that of its own channel: column, its OID, instance.
pub fn cells(rules: &[&'static WirelessRule], reading: &WirelessReading) -> Vec<(&'static str, Oid)> {
    let mut cells = Vec::new();
    for rule in rules.iter().filter(|rule| rule.is_by(WirelessIndex::Channel)) {
        for (column, base) in rule.columns().into_iter().filter_map(|name| Some((name, Registry::global().oid(name)?))) {
            for ap in &reading.access_points {
                let radios = ap.radios.iter().filter_map(|radio| Some((radio.slot, radio.channel?)));
                cells.extend(radios.map(|(slot, channel)| {
                    let octets = ap.key.0.iter().map(|octet| u32::from(*octet));
                    let index: Vec<u32> = octets.chain([u32::from(slot), u32::from(channel)]).collect();
                    (column, base.child(&index))
                }));
            }
        }
    }
    cells
}

/// All that the columns say of a controller's network.
pub fn reading((controller, at): (&DeviceId, Timestamp), rules: &[&'static WirelessRule], columns: &Columns) -> WirelessReading {
    let mut reader = Reader { at, ..Reader::default() };
    // Radios before what is told by their channel, access points before all: the order of the kinds, then of the sections.
    for kind in [WirelessKind::AccessPoint, WirelessKind::Radio, WirelessKind::Bssid, WirelessKind::Ssid, WirelessKind::Client] {
        for rule in rules.iter().filter(|rule| rule.of == kind) {
            reader.rule(rule, columns);
        }
    }
    let is_whole = |kind: WirelessKind| {
        let of_kind = rules.iter().filter(|rule| rule.of == kind);
        of_kind
            .flat_map(|rule| rule.says.first())
            .flat_map(|(_, sources)| sources.first())
            .all(|s| columns.is_complete(&s.column))
    };
    let mut reading = WirelessReading::new(controller.clone(), at);
    reading.extent.access_points = is_whole(WirelessKind::AccessPoint) && reader.aps.len() < MAX_ACCESS_POINTS;
    reading.extent.clients = is_whole(WirelessKind::Client) && !reader.clients_beyond;
    reader.fill(&mut reading);
    reading
}

#[derive(Default)]
struct Reader {
    at: Timestamp,
    aps: BTreeMap<MacAddr, AccessPoint>,
    radios: BTreeMap<(MacAddr, u16), Radio>,
    bssids: FxHashMap<MacAddr, (MacAddr, u16)>,
    ssids: Vec<Ssid>,
    clients: BTreeMap<MacAddr, WirelessClient>,
    /// Those that are told not to be on, in whatever table.
    off: BTreeSet<MacAddr>,
    clients_beyond: bool,
}

impl Reader {
    fn rule(&mut self, rule: &'static WirelessRule, columns: &Columns) {
        let cells = Cells::of(rule, columns);
        for row in cells.rows(self.at) {
            match rule.of {
                WirelessKind::AccessPoint => self.access_point(&row),
                WirelessKind::Radio => self.radio(&row),
                WirelessKind::Bssid => self.bssid(&row),
                WirelessKind::Ssid => self.ssid(&row),
                WirelessKind::Client => self.client(&row),
            };
        }
    }

    fn access_point(&mut self, row: &Row<'_>) -> Option<()> {
        let key = row.place.ap?;
        if self.aps.len() >= MAX_ACCESS_POINTS && !self.aps.contains_key(&key) {
            return None;
        }
        let ap = self.aps.entry(key).or_insert_with(|| AccessPoint { key, ..AccessPoint::default() });
        if let Some(name) = row.text(Field::Name) {
            ap.name = name;
        }
        or(&mut ap.mac, row.mac(Field::WiredMac));
        or(&mut ap.model, row.text(Field::Model));
        or(&mut ap.serial, row.text(Field::Serial));
        or(&mut ap.address, row.address(Field::Address));
        or(&mut ap.location, row.text(Field::Location));
        or(&mut ap.since, row.since(Field::Since));
        ap.status = match row.word(Field::Status).as_deref() {
            Some("up") => ApStatus::Up,
            Some("down") => ApStatus::Down,
            _ => ap.status,
        };
        Some(())
    }

    fn radio(&mut self, row: &Row<'_>) -> Option<()> {
        let key = (row.place.ap?, row.place.slot?);
        if row.place.channel.is_some() {
            // What is told by channel makes no radio.
            let radio = self.radios.get_mut(&key).filter(|radio| radio.channel == row.place.channel)?;
            or(&mut radio.noise_dbm, noise(row));
            return Some(());
        }
        if self.radios.len() >= MAX_ACCESS_POINTS * MAX_RADIOS && !self.radios.contains_key(&key) {
            return None;
        }
        let radio = self.radios.entry(key).or_insert_with(|| Radio { slot: key.1, ..Radio::default() });
        or(&mut radio.band, row.word(Field::Band).and_then(|word| WifiBand::from_word(&word)));
        or(&mut radio.channel, row.whole(Field::Channel));
        or(&mut radio.width_mhz, row.whole(Field::Width));
        or(&mut radio.tx_power_dbm, row.figure(Field::TxPower));
        or(&mut radio.utilisation_percent, row.percent(Field::Utilisation));
        or(&mut radio.noise_dbm, noise(row));
        or(&mut radio.clients, row.whole(Field::Clients));
        or(&mut radio.retry_percent, row.percent(Field::Retry));
        or(&mut radio.retries, row.counter(Field::Retries));
        or(&mut radio.frames, row.counter(Field::Frames));
        traffic(&mut radio.traffic, row);
        Some(())
    }

    fn bssid(&mut self, row: &Row<'_>) -> Option<()> {
        self.bssids.insert(row.place.bssid?, (row.place.ap?, row.place.slot?));
        Some(())
    }

    fn ssid(&mut self, row: &Row<'_>) -> Option<()> {
        let name = row.place.name.clone().or_else(|| row.text(Field::Name))?;
        if self.ssids.len() < MAX_SSIDS {
            self.ssids.push(Ssid { name, clients: row.whole(Field::Clients) });
        }
        Some(())
    }

    fn client(&mut self, row: &Row<'_>) -> Option<()> {
        let mac = row.place.client?;
        if row.word(Field::Present).is_some_and(|word| word != "yes") {
            self.off.insert(mac);
            return None;
        }
        if self.clients.len() >= MAX_CLIENTS && !self.clients.contains_key(&mac) {
            self.clients_beyond = true;
            return None;
        }
        // A table of users has rows for what is plugged in, too: those of stations make clients.
        let is_extra = row.place.address.is_some();
        if is_extra && !self.clients.contains_key(&mac) {
            return None;
        }
        let at_bssid = row.mac(Field::Bssid).and_then(|bssid| self.bssids.get(&bssid)).copied();
        let client = self.clients.entry(mac).or_insert_with(|| WirelessClient { mac, ..WirelessClient::default() });
        or(&mut client.address, row.place.address.or_else(|| row.address(Field::Address)));
        or(&mut client.name, row.text(Field::Name));
        or(&mut client.user, row.text(Field::User));
        or(&mut client.ssid, row.text(Field::Ssid));
        or(&mut client.ap, row.mac(Field::AccessPoint).or(at_bssid.map(|(ap, _)| ap)));
        or(&mut client.slot, row.whole(Field::Slot).or(at_bssid.map(|(_, slot)| slot)));
        or(&mut client.rssi_dbm, row.whole(Field::Rssi));
        or(&mut client.snr_db, row.whole(Field::Snr));
        or(&mut client.phy, row.word(Field::Phy).and_then(|word| Phy::from_word(&word)));
        or(&mut client.rate_mbps, row.whole(Field::Rate));
        or(&mut client.retry_percent, row.percent(Field::Retry));
        or(&mut client.since, row.since(Field::Since));
        traffic(&mut client.traffic, row);
        Some(())
    }

    /// Puts everything together.
    fn fill(mut self, reading: &mut WirelessReading) {
        for ((key, _), radio) in std::mem::take(&mut self.radios) {
            if let Some(ap) = self.aps.get_mut(&key).filter(|ap| ap.radios.len() < MAX_RADIOS) {
                ap.radios.push(radio);
            }
        }
        for ap in self.aps.values_mut().filter(|ap| ap.name.is_empty()) {
            ap.name = ap.key.to_string();
        }
        self.clients.retain(|mac, _| !self.off.contains(mac));
        let noise = |client: &WirelessClient| {
            let radios = &self.aps.get(&client.ap?)?.radios;
            radios.iter().find(|radio| Some(radio.slot) == client.slot)?.noise_dbm
        };
        let strengths: Vec<_> = self.clients.values().map(|client| strength(client, noise(client))).collect();
        for (client, (rssi, snr)) in self.clients.values_mut().zip(strengths) {
            (client.rssi_dbm, client.snr_db) = (rssi, snr);
        }
        self.ssids.sort_by(|a, b| a.name.cmp(&b.name));
        reading.access_points = self.aps.into_values().collect();
        reading.ssids = self.ssids;
        reading.clients = self.clients.into_values().collect();
    }
}

/// Of signal, noise and the distance between them two say the third: SNR = RSSI - noise, in dB.
#[allow(clippy::cast_possible_truncation, reason = "decibels are small")]
fn strength(client: &WirelessClient, noise: Option<f32>) -> (Option<i16>, Option<i16>) {
    let noise = noise.map(|noise| noise.round() as i16);
    match (client.rssi_dbm, client.snr_db, noise) {
        (None, Some(snr), Some(noise)) => (noise.checked_add(snr), Some(snr)),
        (Some(rssi), None, Some(noise)) => (Some(rssi), rssi.checked_sub(noise)),
        (rssi, snr, _) => (rssi, snr),
    }
}

/// Noise is far below 0 dBm; some agents leave the sign out.
fn noise(row: &Row<'_>) -> Option<f32> {
    row.figure(Field::Noise).map(|noise| -noise.abs())
}

fn traffic(traffic: &mut Traffic, row: &Row<'_>) {
    or(&mut traffic.in_octets, row.counter(Field::InOctets));
    or(&mut traffic.out_octets, row.counter(Field::OutOctets));
    or(&mut traffic.in_bps, row.figure(Field::InBps));
    or(&mut traffic.out_bps, row.figure(Field::OutBps));
}

/// What was told first stays.
fn or<T>(slot: &mut Option<T>, told: Option<T>) {
    if slot.is_none() {
        *slot = told;
    }
}
