//! The tables of a wireless controller, or of an access point that stands alone, to a reading: access points with their radios, network
//! names, clients.
//!
//! Which column says what stands in `mibs/` ([`WirelessRule`]). Start at [`reading`]; [`groups`] says what is walked for it, [`cells`] what
//! is then asked for singly.

mod row;
#[cfg(test)]
mod tests;

use super::columns::Columns;
use crate::mib::wireless::{WirelessField as Field, WirelessIndex, WirelessKind};
use crate::mib::{Registry, WirelessRule};
use crate::model::poll::Counter;
use crate::model::wireless::{
    AccessPoint, ApStatus, MAX_ACCESS_POINTS, MAX_CLIENTS, MAX_RADIOS, MAX_SSIDS, Phy, Radio, Ssid, Traffic, WifiBand,
    WirelessClient, WirelessReading, key_of,
};
use crate::model::{ChassisId, Device, MacAddr, Oid, Role, Timestamp, limit};
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

/// Rows of a device's own radios: an access point has some sixteen network names on each.
const MAX_OWN_ROWS: usize = 256;

/// More than any access point sends with, dBm: what seems to be more is no power, or that of a radio that only listens.
const MAX_TX_POWER_DBM: f32 = 40.0;

/// What is walked for the rules: a group for each index, since its columns end together. What is asked for singly is in none.
pub fn groups(rules: &[&'static WirelessRule]) -> Vec<Group> {
    let mut groups: Vec<(&[WirelessIndex], Group)> = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.is_by(WirelessIndex::Channel)) {
        let rows = match rule.of {
            WirelessKind::Radio | WirelessKind::Bssid if rule.own => MAX_OWN_ROWS,
            WirelessKind::AccessPoint => MAX_ACCESS_POINTS,
            WirelessKind::Radio | WirelessKind::Bssid => MAX_ACCESS_POINTS * MAX_RADIOS,
            WirelessKind::Ssid => MAX_SSIDS,
            WirelessKind::Client => MAX_CLIENTS,
        };
        match groups.iter_mut().find(|(index, _)| *index == rule.index.as_slice()) {
            Some((_, group)) => {
                group.columns.extend(rule.columns());
                group.rows = group.rows.max(rows);
            }
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

/// All that the columns say of a controller's network, or of the device's own radios.
pub fn reading((device, at): (&Device, Timestamp), rules: &[&'static WirelessRule], columns: &Columns) -> WirelessReading {
    let mut reader = Reader { at, own: own_key(device), ..Reader::default() };
    // Radios before what is told by their channel, access points before all: the order of the kinds, then of the sections.
    for kind in [WirelessKind::AccessPoint, WirelessKind::Radio, WirelessKind::Bssid, WirelessKind::Ssid, WirelessKind::Client] {
        for rule in rules.iter().filter(|rule| rule.of == kind) {
            reader.rule(rule, columns);
        }
    }
    let is_whole = |kind: WirelessKind| {
        let mut of_kind = rules.iter().filter(|rule| rule.of == kind).peekable();
        let is_asked = of_kind.peek().is_some();
        let firsts = of_kind.flat_map(|rule| rule.says.first()).flat_map(|(_, sources)| sources.first());
        is_asked && firsts.into_iter().all(|source| columns.is_complete(&source.column))
    };
    let mut reading = WirelessReading::new(device.id.clone(), at);
    reading.extent.access_points = is_whole(WirelessKind::AccessPoint) && reader.aps.len() < MAX_ACCESS_POINTS;
    reading.extent.clients = is_whole(WirelessKind::Client) && !reader.clients_beyond;
    reader.stand_alone(device, &mut reading);
    reader.fill(&mut reading);
    reading
}

/// By what a device is known as an access point of its own: its hardware address, else what is made of its id.
fn own_key(device: &Device) -> MacAddr {
    let ports = device.interfaces.iter().filter_map(|port| port.mac).filter(|mac| mac.0 != [0; 6]);
    match &device.chassis_id {
        Some(ChassisId::Mac(mac)) => *mac,
        _ => ports.min().unwrap_or_else(|| key_of(device.id.as_str())),
    }
}

#[derive(Default)]
struct Reader {
    at: Timestamp,
    /// The device as an access point.
    own: MacAddr,
    /// Radios by the word that names them, in the order of their rows.
    named: BTreeMap<(MacAddr, String), u16>,
    /// Radios whose band follows from their channel alone.
    guessed: BTreeSet<(MacAddr, u16)>,
    aps: BTreeMap<MacAddr, AccessPoint>,
    radios: BTreeMap<(MacAddr, u16), Radio>,
    bssids: FxHashMap<MacAddr, (MacAddr, u16)>,
    ssids: BTreeMap<String, Ssid>,
    /// Names of the device's own radios: who is on such a radio is on that name.
    names_of_own: BTreeMap<u16, Option<String>>,
    clients: BTreeMap<MacAddr, WirelessClient>,
    /// Channels of clients that tell no radio.
    channels: FxHashMap<MacAddr, u16>,
    /// Those that are told not to be on, in whatever table.
    off: BTreeSet<MacAddr>,
    clients_beyond: bool,
}

impl Reader {
    fn rule(&mut self, rule: &'static WirelessRule, columns: &Columns) {
        let cells = Cells::of(rule, columns);
        // Rows that are finer than radios are put together before they are compared with what other rules said.
        let mut radios: BTreeMap<(MacAddr, u16), Radio> = BTreeMap::new();
        for row in cells.rows(self.at) {
            match rule.of {
                WirelessKind::AccessPoint => self.access_point(&row),
                WirelessKind::Radio => self.radio(&row, (rule.own, &mut radios)),
                WirelessKind::Bssid => self.bssid(&row, rule.own),
                WirelessKind::Ssid => self.ssid(&row, rule.own),
                WirelessKind::Client => self.client(&row, rule.own),
            };
        }
        for (key, told) in radios {
            let has_room = self.radios.len() < MAX_ACCESS_POINTS * MAX_RADIOS;
            match self.radios.get_mut(&key) {
                Some(radio) => complete(radio, told),
                None if has_room => drop(self.radios.insert(key, told)),
                None => {}
            }
        }
    }

    /// The access point that a row is about.
    fn ap_of(&self, row: &Row<'_>, own: bool) -> Option<MacAddr> {
        row.place.ap.or_else(|| row.place.ap_id.as_deref().map(key_of)).or(own.then_some(self.own))
    }

    /// The radio that a row is about, by its number or by the word that names it.
    fn slot_of(&mut self, row: &Row<'_>, ap: MacAddr) -> Option<u16> {
        let Some(word) = row.naming(Field::Radio) else { return row.place.slot };
        let next = u16::try_from(self.named.range((ap, String::new())..).take_while(|((of, _), _)| *of == ap).count()).ok()?;
        Some(*self.named.entry((ap, word)).or_insert(next))
    }

    fn access_point(&mut self, row: &Row<'_>) -> Option<()> {
        let key = self.ap_of(row, false)?;
        if !self.aps.contains_key(&key) && !limit::CONTROLLER_APS.has_room(self.aps.len()) {
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

    fn radio(&mut self, row: &Row<'_>, (own, told): (bool, &mut BTreeMap<(MacAddr, u16), Radio>)) -> Option<()> {
        let ap = self.ap_of(row, own)?;
        let key = (ap, self.slot_of(row, ap)?);
        if row.place.channel.is_some() {
            // What is told by channel makes no radio.
            let radio = self.radios.get_mut(&key).filter(|radio| radio.channel == row.place.channel)?;
            or(&mut radio.noise_dbm, noise(row));
            return Some(());
        }
        let radio = told.entry(key).or_insert_with(|| Radio { slot: key.1, ..Radio::default() });
        if let Some((band, is_guess)) = row.band(Field::Band).filter(|_| radio.band.is_none()) {
            radio.band = Some(band);
            if is_guess {
                self.guessed.insert(key);
            }
        }
        or(&mut radio.channel, row.whole(Field::Channel).filter(|channel| *channel > 0));
        or(&mut radio.width_mhz, row.whole(Field::Width).filter(|width| *width > 0));
        or(&mut radio.tx_power_dbm, row.figure(Field::TxPower).filter(|power| *power <= MAX_TX_POWER_DBM));
        or(&mut radio.utilisation_percent, row.percent(Field::Utilisation));
        or(&mut radio.noise_dbm, noise(row));
        or(&mut radio.quality_percent, row.percent(Field::Quality));
        or(&mut radio.retry_percent, row.percent(Field::Retry));
        radio.clients = sum(radio.clients, row.whole(Field::Clients), u32::saturating_add);
        radio.retries = sum(radio.retries, row.counter(Field::Retries), add);
        radio.frames = sum(radio.frames, row.counter(Field::Frames), add);
        let (all, traffic) = (&mut radio.traffic, traffic_of(row));
        all.in_octets = sum(all.in_octets, traffic.in_octets, add);
        all.out_octets = sum(all.out_octets, traffic.out_octets, add);
        all.in_bps = sum(all.in_bps, traffic.in_bps, |a, b| a + b);
        all.out_bps = sum(all.out_bps, traffic.out_bps, |a, b| a + b);
        Some(())
    }

    fn bssid(&mut self, row: &Row<'_>, own: bool) -> Option<()> {
        let ap = self.ap_of(row, own)?;
        let bssid = row.place.bssid.or_else(|| row.mac(Field::Bssid))?;
        let slot = self.slot_of(row, ap)?;
        self.bssids.insert(bssid, (ap, slot));
        Some(())
    }

    /// The same name may stand in several rows: one for each radio or profile.
    fn ssid(&mut self, row: &Row<'_>, own: bool) -> Option<()> {
        let name = row.place.name.clone().or_else(|| row.text(Field::Name))?;
        if let Some(slot) = row.place.slot.filter(|_| own) {
            // With two names on one radio nobody knows who is on which.
            self.names_of_own.entry(slot).and_modify(|known| *known = None).or_insert_with(|| Some(name.clone()));
        }
        if !self.ssids.contains_key(&name) && !limit::CONTROLLER_SSIDS.has_room(self.ssids.len()) {
            return None;
        }
        let by_band: [Option<u32>; 3] = [Field::Clients2G, Field::Clients5G, Field::Clients6G].map(|field| row.whole(field));
        let in_bands = by_band.into_iter().flatten().reduce(u32::saturating_add);
        let ssid = self.ssids.entry(name.clone()).or_insert_with(|| Ssid { name, ..Ssid::default() });
        ssid.clients = sum(ssid.clients, row.whole(Field::Clients).or(in_bands), u32::saturating_add);
        for (slot, told) in ssid.by_band.iter_mut().zip(by_band) {
            *slot = sum(*slot, told, u32::saturating_add);
        }
        Some(())
    }

    fn client(&mut self, row: &Row<'_>, own: bool) -> Option<()> {
        let mac = row.place.client.or_else(|| row.mac(Field::Mac))?;
        if row.word(Field::Present).is_some_and(|word| word != "yes") {
            self.off.insert(mac);
            return None;
        }
        if !self.clients.contains_key(&mac) && !limit::CONTROLLER_CLIENTS.has_room(self.clients.len()) {
            self.clients_beyond = true;
            return None;
        }
        // A table of users has rows for what is plugged in, too: those of stations make clients.
        let is_extra = row.place.address.is_some();
        if is_extra && !self.clients.contains_key(&mac) {
            return None;
        }
        let at_bssid = row.mac(Field::Bssid).and_then(|bssid| self.bssids.get(&bssid)).copied();
        let by_id = || row.text(Field::ApId).map(|id| key_of(&id)).or(own.then_some(self.own));
        let ap = row.mac(Field::AccessPoint).or(at_bssid.map(|(ap, _)| ap)).or_else(by_id);
        let slot = row.whole(Field::Slot).or(at_bssid.map(|(_, slot)| slot)).or_else(|| self.slot_of(row, ap?));
        self.channels.extend(row.whole(Field::Channel).map(|channel| (mac, channel)));
        let client = self.clients.entry(mac).or_insert_with(|| WirelessClient { mac, ..WirelessClient::default() });
        or(&mut client.address, row.place.address.or_else(|| row.address(Field::Address)));
        or(&mut client.name, row.text(Field::Name));
        or(&mut client.user, row.text(Field::User));
        or(&mut client.ssid, row.text(Field::Ssid));
        or(&mut client.ap, ap);
        or(&mut client.slot, slot);
        or(&mut client.rssi_dbm, row.whole(Field::Rssi));
        or(&mut client.snr_db, row.whole(Field::Snr));
        or(&mut client.phy, row.word(Field::Phy).and_then(|word| Phy::from_word(&word)));
        or(&mut client.rate_mbps, row.whole(Field::Rate));
        or(&mut client.retry_percent, row.percent(Field::Retry));
        or(&mut client.since, row.since(Field::Since));
        let told = traffic_of(row);
        traffic(&mut client.traffic, told);
        Some(())
    }

    /// The device as an access point of its own, where it told a radio, a network name or somebody on one.
    fn stand_alone(&mut self, device: &Device, reading: &mut WirelessReading) {
        let has_radio = self.radios.keys().any(|(ap, _)| *ap == self.own);
        let is_ap = device.role == Role::AccessPoint && !(self.ssids.is_empty() && self.clients.is_empty());
        if !(has_radio || is_ap) || self.aps.contains_key(&self.own) {
            return;
        }
        let is_wired = |port: &&crate::model::Interface| port.if_type == Some(IF_TYPE_ETHERNET) && port.mac.is_some();
        let ap = AccessPoint {
            key: self.own,
            name: device.name(),
            mac: (!crate::model::wireless::is_made(self.own))
                .then_some(self.own)
                .or_else(|| device.interfaces.iter().find(is_wired)?.mac),
            model: device.model.clone(),
            serial: device.serial.clone(),
            address: device.snmp.as_ref().map(|snmp| snmp.address.ip()).or_else(|| device.addresses.first().copied()),
            location: device.sys_location.clone(),
            status: ApStatus::Up,
            since: device.started_at,
            radios: Vec::new(),
        };
        // It told itself: that it is there is certain.
        reading.alone = self.aps.is_empty();
        reading.extent.access_points |= reading.alone;
        self.aps.insert(self.own, ap);
    }

    /// A second radio at 2.4 GHz by its channel's number alone may as well be at 6 GHz, whose numbers begin at 1 again: that is not known.
    fn doubt_bands(&mut self) {
        let mut first: BTreeMap<MacAddr, u16> = BTreeMap::new();
        for ((ap, slot), radio) in &mut self.radios {
            if radio.band == Some(WifiBand::Ghz2) {
                let is_first = *first.entry(*ap).or_insert(*slot) == *slot;
                if !is_first && self.guessed.contains(&(*ap, *slot)) {
                    radio.band = None;
                }
            }
        }
    }

    /// Clients whose radio is told by its channel: that of their access point on it.
    fn place_by_channel(&mut self) {
        for (mac, client) in &mut self.clients {
            let Some((ap, channel)) = client.ap.zip(self.channels.get(mac)) else { continue };
            let is_known = client.slot.is_some_and(|slot| self.radios.contains_key(&(ap, slot)));
            let mut own = self.radios.range((ap, 0)..=(ap, u16::MAX));
            if let Some(((_, slot), _)) = own.find(|(_, radio)| !is_known && radio.channel == Some(*channel)) {
                client.slot = Some(*slot);
            }
        }
    }

    /// Puts everything together.
    fn fill(mut self, reading: &mut WirelessReading) {
        self.doubt_bands();
        self.place_by_channel();
        for ((key, _), radio) in std::mem::take(&mut self.radios) {
            if let Some(ap) = self.aps.get_mut(&key).filter(|ap| limit::AP_RADIOS.has_room(ap.radios.len())) {
                ap.radios.push(radio);
            }
        }
        for ap in self.aps.values_mut().filter(|ap| ap.name.is_empty()) {
            ap.name = ap.key.to_string();
        }
        self.clients.retain(|mac, _| !self.off.contains(mac));
        for client in self.clients.values_mut().filter(|client| client.ssid.is_none() && client.ap == Some(self.own)) {
            client.ssid = client.slot.and_then(|slot| self.names_of_own.get(&slot)?.clone());
        }
        let noise = |client: &WirelessClient| {
            let radios = &self.aps.get(&client.ap?)?.radios;
            radios.iter().find(|radio| Some(radio.slot) == client.slot)?.noise_dbm
        };
        let strengths: Vec<_> = self.clients.values().map(|client| strength(client, noise(client))).collect();
        for (client, (rssi, snr)) in self.clients.values_mut().zip(strengths) {
            (client.rssi_dbm, client.snr_db) = (rssi, snr);
        }
        if reading.extent.clients {
            self.count_ssids();
        }
        reading.access_points = self.aps.into_values().collect();
        reading.ssids = self.ssids.into_values().collect();
        reading.clients = self.clients.into_values().collect();
    }
}

impl Reader {
    /// Where everybody was told, who is on a network name need not be.
    fn count_ssids(&mut self) {
        let mut counts: FxHashMap<&str, u32> = FxHashMap::default();
        for name in self.clients.values().filter_map(|client| client.ssid.as_deref()) {
            *counts.entry(name).or_default() += 1;
        }
        for ssid in self.ssids.values_mut().filter(|ssid| ssid.clients.is_none()) {
            ssid.clients = Some(counts.get(ssid.name.as_str()).copied().unwrap_or(0));
        }
    }
}

/// ifType ethernetCsmacd (IANAifType-MIB)
const IF_TYPE_ETHERNET: u32 = 6;

/// Two of what can be added; one alone stays.
fn sum<T>(known: Option<T>, told: Option<T>, add: impl Fn(T, T) -> T) -> Option<T> {
    match (known, told) {
        (Some(known), Some(told)) => Some(add(known, told)),
        (known, told) => known.or(told),
    }
}

/// Counters of the parts of a radio. When a part goes the sum falls: a rate over that is refused as that of a counter that was reset.
const fn add(a: Counter, b: Counter) -> Counter {
    match (a, b) {
        (Counter::Bits32(a), Counter::Bits32(b)) => Counter::Bits32(a.wrapping_add(b)),
        (Counter::Bits64(a), Counter::Bits64(b)) => Counter::Bits64(a.wrapping_add(b)),
        (Counter::Bits32(a), Counter::Bits64(b)) | (Counter::Bits64(b), Counter::Bits32(a)) => {
            Counter::Bits64(b.wrapping_add(a as u64))
        }
    }
}

/// What a rule before did not say of a radio.
fn complete(radio: &mut Radio, told: Radio) {
    or(&mut radio.band, told.band);
    or(&mut radio.channel, told.channel);
    or(&mut radio.width_mhz, told.width_mhz);
    or(&mut radio.tx_power_dbm, told.tx_power_dbm);
    or(&mut radio.utilisation_percent, told.utilisation_percent);
    or(&mut radio.noise_dbm, told.noise_dbm);
    or(&mut radio.quality_percent, told.quality_percent);
    or(&mut radio.clients, told.clients);
    or(&mut radio.retry_percent, told.retry_percent);
    or(&mut radio.retries, told.retries);
    or(&mut radio.frames, told.frames);
    traffic(&mut radio.traffic, told.traffic);
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

/// Noise is far below 0 dBm; some agents leave the sign out. None is 0.
fn noise(row: &Row<'_>) -> Option<f32> {
    row.figure(Field::Noise).map(|noise| -noise.abs()).filter(|noise| *noise < 0.0)
}

fn traffic_of(row: &Row<'_>) -> Traffic {
    Traffic {
        in_octets: row.counter(Field::InOctets),
        out_octets: row.counter(Field::OutOctets),
        in_bps: row.figure(Field::InBps),
        out_bps: row.figure(Field::OutBps),
    }
}

fn traffic(known: &mut Traffic, told: Traffic) {
    or(&mut known.in_octets, told.in_octets);
    or(&mut known.out_octets, told.out_octets);
    or(&mut known.in_bps, told.in_bps);
    or(&mut known.out_bps, told.out_bps);
}

/// What was told first stays.
fn or<T>(slot: &mut Option<T>, told: Option<T>) {
    if slot.is_none() {
        *slot = told;
    }
}
