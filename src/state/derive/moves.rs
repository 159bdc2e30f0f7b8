//! Moves of endpoints in words. A few are told each by itself; of a storm, how many there were.

use super::tell::{Told, device};
use crate::event::EndpointChanges;
use crate::model::{DeviceId, Endpoint, IfIndex, unit};
use crate::state::State;
use crate::state::view::EventRow;
use std::time::Duration;

/// Moves of one event that are told each by itself.
const EACH: usize = 10;

/// Moves that are only counted are counted together for this long.
const TOGETHER: Duration = Duration::from_secs(60);

const MOVED: &str = "endpoint-moved";
const MANY: &str = "endpoints-moved";

/// Moves from one place that still is one to another. Who appears and who goes is not told: laptops do it all day.
pub(super) fn told(state: &State, changes: &EndpointChanges) -> Vec<Told> {
    let moved: Vec<(&Endpoint, &Endpoint)> = changes.seen.iter().filter_map(|now| Some((before(state, now)?, now))).collect();
    let (few, many) = moved.split_at(moved.len().min(EACH));
    let mut told: Vec<Told> = few.iter().map(|(before, now)| one(state, before, now)).collect();
    if let Some((_, first)) = many.first() {
        let text = moved_more(many.len());
        told.push(Told {
            object: "endpoints".to_owned(),
            device: None,
            source: "fdb",
            ..device(state, MANY, &first.device, text)
        });
    }
    told
}

fn moved_more(count: impl std::fmt::Display) -> String {
    unit::counted(count, "more endpoint moved", "more endpoints moved")
}

fn before<'a>(state: &'a State, now: &Endpoint) -> Option<&'a Endpoint> {
    let known = state.endpoints.get(&now.mac)?;
    let elsewhere = (&known.device, known.if_index) != (&now.device, now.if_index);
    // With a device that was replaced or merged nothing moved.
    (elsewhere && state.devices.contains_key(&known.device)).then_some(known)
}

fn one(state: &State, before: &Endpoint, now: &Endpoint) -> Told {
    let object = now.addresses.first().map_or_else(|| now.mac.to_string(), |address| format!("{address} {}", now.mac));
    let (from, to) = (place(state, &before.device, before.if_index), place(state, &now.device, now.if_index));
    Told { object, source: "fdb", ..device(state, MOVED, &now.device, format!("{from} > {to}")) }
}

fn place(state: &State, id: &DeviceId, if_index: Option<IfIndex>) -> String {
    let port = if_index.and_then(|if_index| Some(state.devices.get(id)?.interface(if_index)?.name()));
    port.map_or_else(|| state.name_of(id), |port| format!("{} {port}", state.name_of(id)))
}

/// Two rows that count moves within a minute as one.
pub fn joined(last: &EventRow, row: &EventRow) -> Option<EventRow> {
    let count = |row: &EventRow| row.text.split(' ').next().and_then(|count| count.parse::<u64>().ok());
    let together = last.kind == MANY && row.kind == MANY && row.at.since(last.at) <= TOGETHER;
    let sum = count(last)?.saturating_add(count(row)?);
    together.then(|| EventRow { text: moved_more(sum), ..last.clone() })
}
