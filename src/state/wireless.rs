//! What wireless controllers control: their latest readings, and what follows from the one before. Journalled every few minutes whole, and
//! each change of an access point at once; so a past time has the access points exactly, and who was on them as of some minutes before.

use super::State;
use crate::analyse::rate::{Growth, Span, growth};
use crate::event::{ApChange, ApEvent, MAX_PART, WirelessPart};
use crate::model::poll::Counter;
use crate::model::series::Cell;
use crate::model::wireless::{CLIENTS_PART, MAX_ACCESS_POINTS, Traffic, WifiBand, ap_part, radio_part};
use crate::model::{
    AccessPoint, ApStatus, DeviceId, EntityKey, MacAddr, Metric, SampleBatch, SampleRow, Timestamp, WirelessClient,
    WirelessReading,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Access points that are down and no longer told are remembered so long: over a holiday.
const REMEMBERED: Duration = Duration::from_secs(14 * 86_400);

/// How often a reading is journalled that has at most [`SMALL`] clients; a larger one so many times more rarely. 900 clients are some 60 KiB.
pub(super) const JOURNALLED: Duration = Duration::from_secs(300);
/// See [`JOURNALLED`].
const SMALL: usize = 2000;

/// More than any radio carries, bit/s: what seems so is a counter that was reset.
const MOST_BPS: f64 = 50e9;

/// By controller.
pub(super) type Wlans = Arc<BTreeMap<DeviceId, Arc<WirelessReading>>>;

/// What follows from a reading, beside the reading itself.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) changes: Vec<ApChange>,
    pub(super) samples: Vec<SampleBatch>,
}

impl State {
    /// The latest readings of all wireless controllers.
    pub fn wireless(&self) -> impl ExactSizeIterator<Item = &Arc<WirelessReading>> {
        self.wireless.values()
    }

    /// The series of an access point by its name, or of one of its radios by its band or number. None where no access point is called so; of
    /// several with the name all.
    pub fn air_series(&self, ap: &str, radio: Option<&str>) -> Vec<EntityKey> {
        let one = |reading: &WirelessReading, ap: &AccessPoint| {
            let part = match radio {
                None => Some(ap_part(ap.key)),
                Some(word) => {
                    let by_number = |slot: u16| word.parse() == Ok(slot);
                    let band = WifiBand::from_word(word).filter(|_| word.parse::<u16>().is_err());
                    let mut own = ap.radios.iter();
                    let found = own.find(|radio| band.map_or_else(|| by_number(radio.slot), |band| radio.band == Some(band)));
                    found.map(|radio| radio_part(ap.key, radio.slot))
                }
            };
            part.map(|part| EntityKey { device: reading.controller.clone(), part: Some(part) })
        };
        let named = |reading: &Arc<WirelessReading>| {
            let of_name = reading.access_points.iter().filter(|known| known.name == ap);
            of_name.filter_map(|ap| one(reading, ap)).collect::<Vec<_>>()
        };
        let readings = self.wireless.values();
        let (alone, controlled): (Vec<_>, Vec<_>) = readings.partition(|reading| reading.alone);
        // What a controller tells of as well is told by its controller.
        let found: Vec<EntityKey> = controlled.into_iter().flat_map(named).collect();
        if found.is_empty() { alone.into_iter().flat_map(named).collect() } else { found }
    }

    /// Takes a reading over, with what the one before says of it. `None` where it is late, or of a controller that is not known.
    pub(super) fn follow_wireless(&mut self, told: &WirelessReading) -> Option<Followed> {
        self.devices.get(&told.controller)?;
        let before = self.wireless.get(&told.controller).cloned();
        if before.as_ref().map_or(told.is_empty(), |before| told.at <= before.at) {
            return None;
        }
        let mut now = told.clone();
        if let Some(before) = &before {
            keep_missing(&mut now, before);
            reckon_rates(&mut now, before);
        }
        self.fit_air(&mut now, before.as_deref());
        now.access_points.iter_mut().for_each(|ap| date(ap, told.at, before.as_deref()));
        sum_clients(&mut now);
        let changes = changes(&now, before.as_deref());
        let samples = vec![samples(&now)];
        let held = self.controlled(&told.controller);
        self.totals.control(held, (now.access_points.len(), now.clients.len()));
        Arc::make_mut(&mut self.wireless).insert(told.controller.clone(), Arc::new(now));
        Some(Followed { changes, samples })
    }

    /// The parts in which a controller's state is journalled now, if it is due; then it counts as journalled.
    pub(super) fn wireless_parts(&mut self, controller: &DeviceId, is_news: impl FnOnce() -> bool) -> Vec<WirelessPart> {
        let Some(reading) = self.wireless.get(controller).cloned() else { return Vec::new() };
        let interval = JOURNALLED * u32::try_from(1 + reading.clients.len() / SMALL).unwrap_or(u32::MAX);
        let last = self.wireless_kept.get(controller).copied();
        if last.is_some_and(|last| reading.at.since(last) < interval) && !is_news() {
            return Vec::new();
        }
        self.wireless_kept.insert(controller.clone(), reading.at);
        parts(&reading)
    }

    /// Takes a part over: the first replaces what was known.
    pub(super) fn take_wireless(&mut self, part: &WirelessPart) {
        let WirelessPart { part, reading } = part;
        let held = self.controlled(&reading.controller);
        let all = Arc::make_mut(&mut self.wireless);
        match all.get_mut(&reading.controller).filter(|_| *part > 0) {
            Some(known) => {
                let known = Arc::make_mut(known);
                known.access_points.extend(reading.access_points.iter().cloned());
                known.clients.extend(reading.clients.iter().cloned());
            }
            None => drop(all.insert(reading.controller.clone(), Arc::new(reading.clone()))),
        }
        self.totals.control(held, self.controlled(&reading.controller));
    }

    /// Takes a change over that no reading told: replay.
    pub(super) fn take_access_point(&mut self, change: &ApChange, at: Timestamp) {
        let Some(known) = self.wireless.get(&change.controller) else { return };
        let Ok(place) = known.access_points.binary_search_by_key(&change.key, |ap| ap.key) else { return };
        let differs = known.access_points.get(place).is_some_and(|ap| match change.change {
            ApEvent::New => false,
            ApEvent::Status(_, to) => ap.status != to,
            ApEvent::Channel(slot, _, to) => ap.radios.iter().any(|radio| radio.slot == slot && radio.channel != Some(to)),
            ApEvent::Forgotten => true,
        });
        if !differs {
            return;
        }
        let held = self.controlled(&change.controller);
        let Some(known) = Arc::make_mut(&mut self.wireless).get_mut(&change.controller).map(Arc::make_mut) else { return };
        match (change.change, known.access_points.get_mut(place)) {
            (ApEvent::Status(_, to), Some(ap)) => {
                (ap.status, ap.since) = (to, Some(at));
                if to == ApStatus::Down {
                    ap.radios.clear();
                    known.clients.retain(|client| client.ap != Some(change.key));
                }
            }
            (ApEvent::Channel(slot, _, to), Some(ap)) => {
                ap.radios.iter_mut().filter(|radio| radio.slot == slot).for_each(|radio| radio.channel = Some(to));
            }
            (ApEvent::Forgotten, Some(_)) => drop(known.access_points.remove(place)),
            (ApEvent::New, _) | (_, None) => {}
        }
        self.totals.control(held, self.controlled(&change.controller));
    }
}

/// Pieces of a reading that a journal record may hold.
fn parts(reading: &WirelessReading) -> Vec<WirelessPart> {
    let (most_aps, most_clients) = MAX_PART;
    let count = reading.access_points.len().div_ceil(most_aps).max(reading.clients.len().div_ceil(most_clients)).max(1);
    let piece = |at: usize| {
        let mut piece = WirelessReading::new(reading.controller.clone(), reading.at);
        piece.extent = reading.extent;
        piece.alone = reading.alone;
        piece.access_points = reading.access_points.chunks(most_aps).nth(at).unwrap_or_default().to_vec();
        piece.clients = reading.clients.chunks(most_clients).nth(at).unwrap_or_default().to_vec();
        if at == 0 {
            piece.ssids.clone_from(&reading.ssids);
        }
        WirelessPart { part: u16::try_from(at).unwrap_or(u16::MAX), reading: piece }
    };
    (0..count).map(piece).collect()
}

/// An access point that is no longer told is down where all were told (AireOS and others drop it from their tables), and else as it was.
fn keep_missing(now: &mut WirelessReading, before: &WirelessReading) {
    let mut missing: Vec<AccessPoint> = Vec::new();
    for ap in before.access_points.iter().filter(|ap| now.access_point(ap.key).is_none()) {
        let mut kept = ap.clone();
        if now.extent.access_points {
            let was_down = ap.status == ApStatus::Down;
            if was_down && ap.since.is_some_and(|since| now.at.since(since) > REMEMBERED) {
                continue;
            }
            kept.since = if was_down { ap.since } else { Some(now.at) };
            kept.status = ApStatus::Down;
            kept.radios.clear();
        }
        missing.push(kept);
    }
    let room = MAX_ACCESS_POINTS.saturating_sub(now.access_points.len());
    now.access_points.extend(missing.into_iter().take(room));
    now.access_points.sort_by_key(|ap| ap.key);
}

/// Since when it is as it is: told, or seen to change.
fn date(ap: &mut AccessPoint, at: Timestamp, before: Option<&WirelessReading>) {
    let known = before.and_then(|before| before.access_point(ap.key));
    let same = known.is_some_and(|known| known.status == ap.status);
    ap.since = match (ap.status, known, ap.since) {
        // How long it was up says nothing once it is down.
        (ApStatus::Down | ApStatus::Unknown, Some(known), _) if same => known.since,
        (ApStatus::Down, Some(_), _) => Some(at),
        (ApStatus::Down, None, _) => None,
        (_, _, Some(told)) => Some(told),
        (_, Some(known), None) if same => known.since,
        (_, Some(_), None) => Some(at),
        (_, None, None) => None,
    };
}

/// Rates out of the counters of two readings.
fn reckon_rates(now: &mut WirelessReading, before: &WirelessReading) {
    let seconds = now.at.since(before.at).as_secs_f64();
    if seconds <= 0.0 {
        return;
    }
    for ap in &mut now.access_points {
        let known = before.access_point(ap.key);
        for radio in &mut ap.radios {
            let Some(old) = known.and_then(|ap| ap.radios.iter().find(|old| old.slot == radio.slot)) else { continue };
            rates(&mut radio.traffic, &old.traffic, seconds);
            let grown = |before: Option<Counter>, now: Option<Counter>| grown((before, now), seconds);
            if let (None, Some(again), Some(frames)) =
                (radio.retry_percent, grown(old.retries, radio.retries), grown(old.frames, radio.frames).filter(|all| *all > 0.0))
            {
                radio.retry_percent = Some(narrow((again / frames * 100.0).min(100.0)));
            }
        }
    }
    let known: FxHashMap<MacAddr, &WirelessClient> = before.clients.iter().map(|client| (client.mac, client)).collect();
    for client in &mut now.clients {
        if let Some(old) = known.get(&client.mac) {
            rates(&mut client.traffic, &old.traffic, seconds);
        }
    }
}

fn rates(now: &mut Traffic, before: &Traffic, seconds: f64) {
    let is_wide = |counter: Option<Counter>| matches!(counter, Some(Counter::Bits64(_)));
    let bps = |before, now| {
        if !is_wide(now) && seconds > NARROW_SECONDS {
            return None;
        }
        let bps = grown((before, now), seconds)? / seconds * 8.0;
        (bps <= MOST_BPS).then(|| narrow(bps))
    };
    if now.in_bps.is_none() {
        now.in_bps = bps(before.in_octets, now.in_octets);
    }
    if now.out_bps.is_none() {
        now.out_bps = bps(before.out_octets, now.out_octets);
    }
}

/// Between two readings a 32-bit counter of octets may wrap unseen: at 200 Mbit/s in three minutes.
const NARROW_SECONDS: f64 = 180.0;

/// By how much a counter grew; `None` where that can't be said.
#[allow(clippy::cast_precision_loss, reason = "octets of a minute")]
fn grown((before, now): (Option<Counter>, Option<Counter>), seconds: f64) -> Option<f64> {
    match growth(before?, now?, Span { seconds, credit: 0.0, per_second: None }) {
        Growth::By(grown) | Growth::Late(grown) => Some(grown as f64),
        Growth::Impossible(_) | Growth::Unknown => None,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a rate for show")]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// What a radio does not tell of itself is the sum of what its clients do.
fn sum_clients(now: &mut WirelessReading) {
    #[derive(Default)]
    struct Sum {
        clients: u32,
        in_bps: Option<f32>,
        out_bps: Option<f32>,
    }
    let add = |sum: &mut Option<f32>, bps: Option<f32>| {
        if let Some(bps) = bps {
            *sum = Some(sum.unwrap_or(0.0) + bps);
        }
    };
    let mut sums: FxHashMap<(MacAddr, u16), Sum> = FxHashMap::default();
    for client in &now.clients {
        let Some(radio) = client.ap.zip(client.slot) else { continue };
        let sum = sums.entry(radio).or_default();
        sum.clients += 1;
        add(&mut sum.in_bps, client.traffic.in_bps);
        add(&mut sum.out_bps, client.traffic.out_bps);
    }
    // Where nobody is told one by one, but network names count somebody, nothing follows for a radio.
    let is_whole = now.extent.clients && !(now.clients.is_empty() && now.client_count() != Some(0));
    for ap in &mut now.access_points {
        for radio in &mut ap.radios {
            let sum = sums.remove(&(ap.key, radio.slot)).unwrap_or_default();
            if radio.clients.is_none() && is_whole && ap.status == ApStatus::Up {
                radio.clients = Some(sum.clients);
            }
            radio.traffic.in_bps = radio.traffic.in_bps.or(sum.in_bps);
            radio.traffic.out_bps = radio.traffic.out_bps.or(sum.out_bps);
        }
    }
}

/// What is to be told.
fn changes(now: &WirelessReading, before: Option<&WirelessReading>) -> Vec<ApChange> {
    let mut changes = Vec::new();
    let mut tell = |ap: &AccessPoint, change: ApEvent| {
        changes.push(ApChange { controller: now.controller.clone(), key: ap.key, name: ap.name.clone(), change });
    };
    for ap in &now.access_points {
        let known = before.and_then(|before| before.access_point(ap.key));
        let from = known.map_or(ApStatus::Unknown, |known| known.status);
        match known {
            // Of the first reading only what is wrong is news.
            None if before.is_some() => tell(ap, ApEvent::New),
            None if ap.status == ApStatus::Down => tell(ap, ApEvent::Status(from, ap.status)),
            None => {}
            Some(_) if from != ap.status => tell(ap, ApEvent::Status(from, ap.status)),
            Some(_) => {}
        }
        for radio in &ap.radios {
            let old = known.and_then(|known| known.radios.iter().find(|old| old.slot == radio.slot));
            if let Some((from, to)) = old.and_then(|old| old.channel).zip(radio.channel).filter(|(from, to)| from != to) {
                tell(ap, ApEvent::Channel(radio.slot, from, to));
            }
        }
    }
    let gone = before.into_iter().flat_map(|before| &before.access_points).filter(|ap| now.access_point(ap.key).is_none());
    for ap in gone {
        tell(ap, ApEvent::Forgotten);
    }
    changes
}

/// Clients and channel utilisation of each radio and of each access point (of which the busiest radio counts), and all clients.
fn samples(now: &WirelessReading) -> SampleBatch {
    let cell = |metric: Metric, value: f64| Cell { metric, value: metric.encode_gauge(value), broken: false };
    let mut rows = Vec::new();
    for ap in &now.access_points {
        let all = ap.radios.iter().filter_map(|radio| radio.clients).reduce(u32::saturating_add);
        let busiest = ap.radios.iter().filter_map(|radio| radio.utilisation_percent).reduce(f32::max);
        let clients = all.map(|clients| cell(Metric::Clients, f64::from(clients)));
        let busy = busiest.map(|percent| cell(Metric::ChannelUtilisationPercent, f64::from(percent)));
        let cells: Vec<Cell> = clients.into_iter().chain(busy).collect();
        if !cells.is_empty() {
            rows.push(SampleRow { part: Some(ap_part(ap.key)), cells });
        }
        for radio in &ap.radios {
            let clients = radio.clients.map(|clients| cell(Metric::Clients, f64::from(clients)));
            let busy = radio.utilisation_percent.map(|percent| cell(Metric::ChannelUtilisationPercent, f64::from(percent)));
            let cells: Vec<Cell> = clients.into_iter().chain(busy).collect();
            if !cells.is_empty() {
                rows.push(SampleRow { part: Some(radio_part(ap.key, radio.slot)), cells });
            }
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "at most some ten thousand")]
    let all = now.client_count().map(|count| cell(Metric::Clients, count as f64));
    if let Some(all) = all.filter(|_| !now.alone) {
        rows.push(SampleRow { part: Some(CLIENTS_PART.to_owned()), cells: vec![all] });
    }
    SampleBatch { device: now.controller.clone(), at: now.at, rows }
}
