//! The Wireless screen: access points with their radios, who is on them, which channels are in use.
//!
//! Start at [`wireless`]; `rows` is what is drawn, `table` how rows are chosen, `place` where an access point is plugged in, `plan` the
//! channels.

mod place;
mod plan;
pub mod rows;
mod ssids;
mod table;
#[cfg(test)]
mod tests;

pub use table::{CHANNEL_COLUMNS, CLIENT_COLUMNS, RADIO_COLUMNS, SSID_COLUMNS};

use super::Table;
use super::lookup::Lookup;
use super::table::{Choice, Picked, pick};
use crate::model::wireless::WIRELESS_INTERVAL;
use crate::model::{AccessPoint, ApStatus, DeviceStatus, MacAddr, Timestamp, WifiBand, WirelessReading};
use crate::query::{ViewRequest, WirelessPart};
use crate::state::State;
use crate::state::wireless::JOURNALLED;
use place::Places;
use plan::Sites;
use rows::{ClientRow, RadioDetail, RadioRow, WirelessSummary, WirelessView};
use rustc_hash::{FxHashMap, FxHashSet};
use table::{ClientRef, RadioRef};

/// Intervals after which a reading is stale.
const STALE_READINGS: u32 = 3;

/// Network names that are shown.
const SSIDS: usize = 12;

/// From what percentage on a channel counts as full: voice suffers from there on.
pub const BUSY_PERCENT: f64 = 80.0;
/// From how much noise on a channel counts as noisy, dBm: a usual floor is -95.
pub const NOISY_DBM: f64 = -82.0;
/// From how many frames that are sent again on something is wrong, percent.
pub const RETRY_PERCENT: f64 = 25.0;
/// Below which distance from the noise a client is badly off, dB: 802.11n's middle rates need some 20.
pub const WEAK_DB: i16 = 15;

/// What is asked of the wireless networks, and what is wrong with the question.
pub(super) fn wireless(look: &Lookup<'_>, request: &ViewRequest) -> (WirelessView, Option<String>) {
    let readings = readings(look, request);
    let sites = Sites::of(&readings);
    let part = request.wireless.part;
    let mut view = WirelessView { part, summary: summary(&readings), ..WirelessView::default() };
    let fault = match part {
        WirelessPart::Radios => {
            let (radios, fault) = radios(look, request, (&readings, &sites));
            view.radios = radios;
            fault
        }
        WirelessPart::Clients => {
            let (clients, fault) = clients(look, request, &readings);
            view.clients = clients;
            fault
        }
        WirelessPart::Channels => {
            let mut picked = plan::channels(look, request, &readings);
            let fault = picked.fault.take();
            view.channels = picked.table(|row| row);
            fault
        }
        WirelessPart::Ssids => {
            let (ssids, fault) = ssids::ssids(look, request, &readings);
            view.ssids = ssids;
            fault
        }
        WirelessPart::Detail => {
            view.detail = detail(look, request, (&readings, &sites)).map(Box::new);
            let (clients, fault) = clients(look, request, &readings);
            view.clients = clients;
            fault
        }
    };
    if part != WirelessPart::Detail {
        let band = request.wireless.band.unwrap_or(WifiBand::Ghz5);
        (view.plan, view.plan_band) = (sites.plan(band), Some(band));
    }
    (view, fault)
}

/// A controller's reading with what is looked up once.
pub(super) struct Reading<'a> {
    pub(super) told: &'a WirelessReading,
    pub(super) controller_name: String,
    pub(super) stale: bool,
    /// Of an access point that stands alone and does not answer: since when.
    pub(super) down: Option<Timestamp>,
}

/// Every reading. An access point that its controller tells of as well is told by its controller.
fn readings<'a>(look: &Lookup<'a>, request: &ViewRequest) -> Vec<Reading<'a>> {
    let all = || look.state.wireless.values();
    let controlled = all().filter(|reading| !reading.alone).flat_map(|reading| &reading.access_points);
    let known: FxHashSet<MacAddr> = if all().any(|reading| reading.alone) {
        controlled.flat_map(|ap| [Some(ap.key), ap.mac].into_iter().flatten()).collect()
    } else {
        FxHashSet::default()
    };
    let is_twice = |reading: &WirelessReading| {
        let mut own = reading.access_points.iter().flat_map(|ap| [Some(ap.key), ap.mac].into_iter().flatten());
        reading.alone && own.any(|mac| known.contains(&mac))
    };
    all().filter(|reading| !is_twice(reading)).map(|reading| Reading::of(look, reading, request)).collect()
}

impl<'a> Reading<'a> {
    /// At a past time what was journalled last is as good as it gets.
    fn of(look: &Lookup<'_>, told: &'a WirelessReading, request: &ViewRequest) -> Self {
        let interval = if request.at.is_some() { JOURNALLED } else { WIRELESS_INTERVAL.max(look.state.settings.poll_interval) };
        let stale = look.state.now.since(told.at) > interval * STALE_READINGS;
        let condition = look.state.conditions.get(&told.controller).filter(|_| told.alone);
        let down = condition.filter(|condition| is_lost(condition.status)).map(|condition| condition.since);
        Self { told, controller_name: look.state.name_of(&told.controller), stale, down }
    }

    /// Whether an access point is there.
    pub(super) fn status(&self, ap: &AccessPoint) -> ApStatus {
        if self.down.is_some() { ApStatus::Down } else { ap.status }
    }
}

const fn is_lost(status: DeviceStatus) -> bool {
    matches!(status, DeviceStatus::Down | DeviceStatus::Unreachable)
}

/// Access points up, and those that are not; and clients: for the Overview.
pub(super) fn counts(state: &State) -> (usize, usize, Option<usize>) {
    let lost = |reading: &WirelessReading| {
        reading.alone && state.conditions.get(&reading.controller).is_some_and(|condition| is_lost(condition.status))
    };
    let count = |status: ApStatus| {
        let told = |reading: &WirelessReading| match (lost(reading), status) {
            (true, ApStatus::Down) => reading.access_points.len(),
            (true, _) => 0,
            (false, _) => reading.access_points.iter().filter(|ap| ap.status == status).count(),
        };
        state.wireless.values().map(|reading| told(reading)).sum()
    };
    let clients = state.wireless.values().filter_map(|reading| reading.client_count()).reduce(usize::saturating_add);
    (count(ApStatus::Up), count(ApStatus::Down), clients)
}

fn summary(readings: &[Reading<'_>]) -> WirelessSummary {
    let alone = readings.iter().filter(|reading| reading.told.alone).count();
    let mut view = WirelessSummary { controllers: readings.len() - alone, alone, ..WirelessSummary::default() };
    let mut busy: Vec<f64> = Vec::new();
    let mut ssids: FxHashMap<&str, usize> = FxHashMap::default();
    for reading in readings {
        let told = reading.told;
        view.access_points += told.access_points.len();
        let count = |status: ApStatus| told.access_points.iter().filter(|ap| reading.status(ap) == status).count();
        view.access_points_up += count(ApStatus::Up);
        view.access_points_down += count(ApStatus::Down);
        view.clients += told.client_count().unwrap_or(0);
        view.cut += usize::from(!told.extent.clients && !told.clients.is_empty());
        view.stale += usize::from(reading.stale);
        view.sampled_at = view.sampled_at.max(Some(told.at));
        let radios = told.access_points.iter().flat_map(|ap| &ap.radios);
        busy.extend(radios.filter_map(|radio| radio.utilisation_percent).map(f64::from));
        if told.clients.is_empty() {
            for ssid in told.ssids.iter().filter(|ssid| ssid.clients.is_some_and(|clients| clients > 0)) {
                *ssids.entry(&ssid.name).or_default() += usize::try_from(ssid.clients.unwrap_or(0)).unwrap_or(0);
            }
        }
        for client in &told.clients {
            *ssids.entry(client.ssid.as_deref().unwrap_or("-")).or_default() += 1;
            let band = table::radio_of(told, client).and_then(|radio| radio.band);
            if let Some(slot) = band.and_then(|band| view.clients_by_band.get_mut(band as usize)) {
                *slot += 1;
            }
        }
    }
    view.utilisation_p95 = p95(&mut busy);
    view.ssids = most(ssids);
    view
}

/// The largest of the lowest 95 of a hundred.
fn p95(values: &mut [f64]) -> Option<f64> {
    let at = (values.len() * 95).div_ceil(100).checked_sub(1)?;
    let (_, value, _) = values.select_nth_unstable_by(at, f64::total_cmp);
    Some(*value)
}

fn most(counts: FxHashMap<&str, usize>) -> Vec<(String, usize)> {
    let mut all: Vec<(&str, usize)> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    all.into_iter().take(SSIDS).map(|(name, count)| (name.to_owned(), count)).collect()
}

/// The wanted radios, worst first unless sorted otherwise.
fn radios(
    look: &Lookup<'_>,
    request: &ViewRequest,
    (readings, sites): (&[Reading<'_>], &Sites),
) -> (Table<RadioRow>, Option<String>) {
    let mut rows: Vec<RadioRef<'_>> = readings.iter().flat_map(RadioRef::all).collect();
    // What is down has no band: it is never filtered away.
    rows.retain(|row| request.wireless.band.is_none() || row.radio.is_none() || row.band() == request.wireless.band);
    rows.sort_by(RadioRef::worse);
    let choice = Choice { request, columns: RADIO_COLUMNS, now: look.state.now, is_fault: RadioRef::is_fault };
    let mut picked = pick(rows, &choice);
    let fault = picked.fault.take();
    let places = Places::of(look.state);
    (picked.table(|row| row.whole(look.state, (sites, &places))), fault)
}

/// The wanted clients, those that are heard worst first unless sorted otherwise. Of a detail those of its radio alone.
fn clients(look: &Lookup<'_>, request: &ViewRequest, readings: &[Reading<'_>]) -> (Table<ClientRow>, Option<String>) {
    let mut rows: Vec<ClientRef<'_>> = readings.iter().flat_map(ClientRef::all).collect();
    rows.retain(|row| request.wireless.band.is_none() || row.band() == request.wireless.band);
    if let Some(radio) = &request.wireless.radio {
        rows.retain(|row| row.is_on(radio));
    }
    rows.sort_by(ClientRef::worse);
    let choice = Choice { request, columns: CLIENT_COLUMNS, now: look.state.now, is_fault: ClientRef::is_fault };
    let mut picked: Picked<ClientRef<'_>> = pick(rows, &choice);
    let fault = picked.fault.take();
    let places = Places::of(look.state);
    (picked.table(|row| row.whole(&places)), fault)
}

/// One radio in full; `None` where it is not known at this time.
fn detail(look: &Lookup<'_>, request: &ViewRequest, (readings, sites): (&[Reading<'_>], &Sites)) -> Option<RadioDetail> {
    let name = request.wireless.radio.as_ref()?;
    let reading = readings.iter().find(|reading| reading.told.controller == name.controller)?;
    let own: Vec<RadioRef<'_>> = RadioRef::all(reading).filter(|row| row.ap.key == name.key).collect();
    let row = own.iter().find(|row| row.radio.map(|radio| radio.slot) == name.slot).or_else(|| own.first())?;
    let places = Places::of(look.state);
    let mut ssids: FxHashMap<&str, usize> = FxHashMap::default();
    for client in reading.told.clients.iter().filter(|client| client.ap == Some(name.key)) {
        *ssids.entry(client.ssid.as_deref().unwrap_or("-")).or_default() += 1;
    }
    let whole = |row: &RadioRef<'_>| row.whole(look.state, (sites, &places));
    Some(RadioDetail {
        serial: row.ap.serial.clone(),
        device: places.device(row.ap).cloned(),
        radios: own.iter().map(whole).collect(),
        ssids: most(ssids),
        co_channel: row.radio.map(|radio| plan::co_channel(readings, (row.ap, radio))).unwrap_or_default(),
        chain: place::chain(look, &places, row.ap),
        channels: row.band().map(|band| sites.channels(row.ap.location.as_deref(), band)).unwrap_or_default(),
        utilisation_spark: Vec::new(),
        clients_spark: Vec::new(),
        row: whole(row),
    })
}
