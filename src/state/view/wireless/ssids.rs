//! Network names: who is on each, in which bands and on how many access points.

use super::rows::SsidRow;
use super::table::{SSID_COLUMNS, radio_of};
use super::{Reading, WEAK_DB};
use crate::model::MacAddr;
use crate::query::ViewRequest;
use crate::state::view::Table;
use crate::state::view::lookup::Lookup;
use crate::state::view::table::{Choice, pick};
use std::collections::{BTreeMap, BTreeSet};

/// A network name, by reference.
#[derive(Clone, Copy)]
pub(in crate::state::view) struct SsidRef<'a>(pub(super) &'a SsidRow);

/// Access points on which somebody is, with the controller's place: the same key may stand at two.
type Used = BTreeSet<(usize, MacAddr)>;

fn empty(name: &str) -> SsidRow {
    SsidRow {
        name: name.to_owned(),
        clients: None,
        by_band: Default::default(),
        access_points: 0,
        controllers: 0,
        in_bps: None,
        out_bps: None,
        weak: 0,
        heard: 0,
    }
}

/// The wanted names, those with the most clients first unless sorted otherwise.
pub(super) fn ssids(look: &Lookup<'_>, request: &ViewRequest, readings: &[Reading<'_>]) -> (Table<SsidRow>, Option<String>) {
    let mut rows: BTreeMap<&str, (SsidRow, Used)> = BTreeMap::new();
    for (place, reading) in readings.iter().enumerate() {
        tell(reading, &mut rows);
        count(reading, place, &mut rows);
    }
    let mut rows: Vec<SsidRow> = rows.into_values().map(|(row, used)| SsidRow { access_points: used.len(), ..row }).collect();
    rows.sort_by(|a, b| b.clients.cmp(&a.clients).then_with(|| a.name.cmp(&b.name)));
    let refs: Vec<SsidRef<'_>> = rows.iter().map(SsidRef).collect();
    let choice = Choice { request, columns: SSID_COLUMNS, now: look.state.now, is_fault: |row: &SsidRef<'_>| row.0.weak > 0 };
    let mut picked = pick(refs, &choice);
    let fault = picked.fault.take();
    (picked.table(|row| row.0.clone()), fault)
}

/// The names that a controller tells; and where it tells nobody one by one, how many are on them.
fn tell<'a>(reading: &'a Reading<'_>, rows: &mut BTreeMap<&'a str, (SsidRow, Used)>) {
    let counted = !reading.told.clients.is_empty();
    for ssid in &reading.told.ssids {
        let (row, _) = rows.entry(&ssid.name).or_insert_with(|| (empty(&ssid.name), Used::new()));
        row.controllers += 1;
        if counted {
            continue;
        }
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        row.clients = added(row.clients, ssid.clients.map(size));
        for (slot, told) in row.by_band.iter_mut().zip(ssid.by_band) {
            *slot = added(*slot, told.map(size));
        }
    }
}

/// Who is on them, one by one.
fn count<'a>(reading: &'a Reading<'_>, place: usize, rows: &mut BTreeMap<&'a str, (SsidRow, Used)>) {
    if !reading.told.clients.is_empty() {
        // A name that is told and on which nobody is: that is known.
        for ssid in &reading.told.ssids {
            if let Some((row, _)) = rows.get_mut(ssid.name.as_str()) {
                row.clients = added(row.clients, Some(0));
            }
        }
    }
    for client in &reading.told.clients {
        let name = client.ssid.as_deref().unwrap_or("-");
        let (row, used) = rows.entry(name).or_insert_with(|| (empty(name), Used::new()));
        row.clients = added(row.clients, Some(1));
        let band = radio_of(reading.told, client).and_then(|radio| radio.band);
        if let Some(slot) = band.and_then(|band| row.by_band.get_mut(band as usize)) {
            *slot = added(*slot, Some(1));
        }
        used.extend(client.ap.map(|ap| (place, ap)));
        row.in_bps = super::super::interfaces::sum(row.in_bps, client.traffic.in_bps.map(f64::from));
        row.out_bps = super::super::interfaces::sum(row.out_bps, client.traffic.out_bps.map(f64::from));
        row.heard += usize::from(client.snr_db.is_some());
        row.weak += usize::from(client.snr_db.is_some_and(|snr| snr < WEAK_DB));
    }
}

fn added(known: Option<usize>, more: Option<usize>) -> Option<usize> {
    match (known, more) {
        (Some(known), Some(more)) => Some(known.saturating_add(more)),
        (known, more) => known.or(more),
    }
}
