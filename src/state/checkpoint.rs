//! The journalled state as bytes, in parts of about 64 KiB that a store can keep apart and compress.
//!
//! A part is a version octet and then postcard values of one kind one after another; its name says the kind. What is only
//! in memory (rates, discovery progress) is not in it.

use super::{Condition, Settings, State};
use crate::analyse::alarm::Watch;
use crate::model::{
    Alarm, Cause, Device, DeviceId, Endpoint, Episode, Handling, IfIndex, Link, MacAddr, Neighbour, Notice, Timestamp, Window,
    WirelessReading,
};
use crate::state::view::EventRow;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

/// Format version of a part: raised when the meaning of its bytes changes.
pub const CHECKPOINT_VERSION: u8 = 5;

/// About how large a part is: what the store packs best (docs/decisions on the store).
const PART_OCTETS: usize = 64 * 1024;

/// Why a checkpoint can't be read: an earlier one and the journal still can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Written by another version.
    #[error("part {part} of the checkpoint has version {found}, and this noctop knows {CHECKPOINT_VERSION}")]
    Version {
        /// Its name.
        part: String,
        /// Its version.
        found: u8,
    },
    /// Bytes that can't be right.
    #[error("part {0} of the checkpoint is damaged")]
    Damaged(String),
}

/// The journalled state in named parts. The same state gives the same bytes.
pub fn encode(state: &State) -> Vec<(String, Vec<u8>)> {
    let mut parts = Vec::new();
    shards(&mut parts, "head", [&state.now]);
    shards(&mut parts, "device", state.devices.values());
    shards(&mut parts, "condition", state.conditions.iter());
    shards(&mut parts, "link", state.links.values());
    shards(&mut parts, "neighbour", state.neighbours.values());
    shards(&mut parts, "alarm", state.alarms.values());
    shards(&mut parts, "handling", state.handlings.iter());
    shards(&mut parts, "cause", state.causes.iter());
    shards(&mut parts, "episode", state.episodes.iter());
    shards(&mut parts, "notice", state.notices.iter());
    shards(&mut parts, "maintenance", state.maintenance.values());
    shards(&mut parts, "watch", state.watches.iter());
    shards(&mut parts, "recent", state.recent.iter());
    shards(&mut parts, "endpoint", by_device(state));
    shards(&mut parts, "predecessor", state.predecessors.iter());
    shards(&mut parts, "read", state.reads.iter());
    shards(&mut parts, "unseen", state.unseen.iter());
    shards(&mut parts, "wireless", state.wireless.values());
    parts
}

/// An endpoint without its device.
type Hanging = (MacAddr, Vec<IpAddr>, Option<IfIndex>, Option<u16>, f32, [Timestamp; 2]);

/// Endpoints of one device in one value, so that its id stands there once. More are several values.
const HANGING: usize = 1000;

fn by_device(state: &State) -> Vec<(&DeviceId, Vec<Hanging>)> {
    let mut by_device: BTreeMap<&DeviceId, Vec<Hanging>> = BTreeMap::new();
    for endpoint in state.endpoints.values() {
        let Endpoint { mac, addresses, device, if_index, vlan, confidence, first_seen, last_seen } = &**endpoint;
        let hanging = (*mac, addresses.clone(), *if_index, *vlan, *confidence, [*first_seen, *last_seen]);
        by_device.entry(device).or_default().push(hanging);
    }
    let values = by_device.into_iter().flat_map(|(device, all)| {
        let pieces: Vec<Vec<Hanging>> = all.chunks(HANGING).map(<[Hanging]>::to_vec).collect();
        pieces.into_iter().map(move |piece| (device, piece))
    });
    values.collect()
}

fn endpoints(state: &State, values: Vec<(DeviceId, Vec<Hanging>)>) -> BTreeMap<MacAddr, Arc<Endpoint>> {
    let all = values.into_iter().flat_map(|(device, hanging)| {
        // Thousands hang on one device: they share its id.
        let device = state.devices.get_key_value(&device).map_or(&device, |(id, _)| id).clone();
        hanging.into_iter().map(move |(mac, addresses, if_index, vlan, confidence, [first_seen, last_seen])| {
            let device = device.clone();
            (mac, Arc::new(Endpoint { mac, addresses, device, if_index, vlan, confidence, first_seen, last_seen }))
        })
    });
    all.collect()
}

fn shards<T: Serialize>(parts: &mut Vec<(String, Vec<u8>)>, kind: &str, values: impl IntoIterator<Item = T>) {
    let fresh = || vec![CHECKPOINT_VERSION];
    let mut open = fresh();
    let mut number = 0u32;
    let mut values = values.into_iter().peekable();
    while let Some(value) = values.next() {
        // Writing to a Vec fails only for values that postcard can't hold, of which the state has none.
        let before = open.len();
        open = match postcard::to_extend(&value, open) {
            Ok(longer) => longer,
            Err(error) => {
                debug_assert!(false, "{kind} is not serialised: {error}");
                return;
            }
        };
        debug_assert!(open.len() > before, "a value takes octets");
        if open.len() >= PART_OCTETS || values.peek().is_none() {
            parts.push((format!("{kind}/{number:05}"), std::mem::replace(&mut open, fresh())));
            number += 1;
        }
    }
}

/// The state out of its parts, in any order.
///
/// Errors: a part of another version or damaged; nothing is taken then.
pub fn decode(parts: &[(String, Vec<u8>)], settings: Settings) -> Result<State, CheckpointError> {
    let mut parts: Vec<&(String, Vec<u8>)> = parts.iter().collect();
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    let mut state = State::new(settings);
    let now: Vec<Timestamp> = values(&parts, "head")?;
    state.now = now.first().copied().unwrap_or_default();
    let devices: Vec<Device> = values(&parts, "device")?;
    state.devices = Arc::new(devices.into_iter().map(|device| (device.id.clone(), Arc::new(device))).collect());
    let conditions: Vec<(DeviceId, Condition)> = values(&parts, "condition")?;
    state.conditions = Arc::new(conditions.into_iter().map(|(id, condition)| (id, Arc::new(condition))).collect());
    let links: Vec<Link> = values(&parts, "link")?;
    state.links = Arc::new(links.into_iter().map(|link| (link.key(), Arc::new(link))).collect());
    let neighbours: Vec<Neighbour> = values(&parts, "neighbour")?;
    state.neighbours = Arc::new(neighbours.into_iter().map(|neighbour| (neighbour.id.clone(), Arc::new(neighbour))).collect());
    let alarms: Vec<Alarm> = values(&parts, "alarm")?;
    state.alarms = Arc::new(alarms.into_iter().map(|alarm| (alarm.id.clone(), Arc::new(alarm))).collect::<BTreeMap<_, _>>());
    let handlings: Vec<(String, Handling)> = values(&parts, "handling")?;
    state.handlings = Arc::new(handlings.into_iter().map(|(id, handling)| (id, Arc::new(handling))).collect());
    let causes: Vec<(String, Cause)> = values(&parts, "cause")?;
    state.causes = Arc::new(causes.into_iter().map(|(id, cause)| (id, Arc::new(cause))).collect());
    let episodes: Vec<(String, Vec<Episode>)> = values(&parts, "episode")?;
    state.episodes = Arc::new(episodes.into_iter().map(|(id, episodes)| (id, Arc::new(episodes))).collect());
    let notices: Vec<(String, Vec<(Timestamp, Notice)>)> = values(&parts, "notice")?;
    state.notices = Arc::new(notices.into_iter().map(|(id, notices)| (id, Arc::new(notices))).collect());
    let windows: Vec<Window> = values(&parts, "maintenance")?;
    state.maintenance = Arc::new(windows.into_iter().map(|window| (window.name.clone(), Arc::new(window))).collect());
    let watches: Vec<Watch> = values(&parts, "watch")?;
    state.watches = Arc::new(watches.into_iter().collect());
    let recent: Vec<EventRow> = values(&parts, "recent")?;
    state.recent = Arc::new(recent.into_iter().map(Arc::new).collect::<VecDeque<_>>());
    state.endpoints = Arc::new(endpoints(&state, values(&parts, "endpoint")?));
    state.predecessors = Arc::new(values(&parts, "predecessor")?.into_iter().collect());
    state.reads = Arc::new(values(&parts, "read")?.into_iter().collect());
    state.unseen = Arc::new(values(&parts, "unseen")?.into_iter().collect());
    let wireless: Vec<WirelessReading> = values(&parts, "wireless")?;
    state.wireless = Arc::new(wireless.into_iter().map(|reading| (reading.controller.clone(), Arc::new(reading))).collect());
    state.index();
    Ok(state)
}

/// Parts from which on several threads decode them: going to a past time waits for this.
const THREADED: usize = 8;
/// Threads at most: memory is the bound beyond.
const MAX_THREADS: usize = 4;

fn values<T: DeserializeOwned + Send>(parts: &[&(String, Vec<u8>)], kind: &str) -> Result<Vec<T>, CheckpointError> {
    let is_kind = |name: &str| name.split_once('/').is_some_and(|(known, _)| known == kind);
    let parts: Vec<&(String, Vec<u8>)> = parts.iter().copied().filter(|(name, _)| is_kind(name)).collect();
    let threads =
        if parts.len() < THREADED { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS) };
    let decode = |share: &[&(String, Vec<u8>)]| share.iter().map(|part| part_values::<T>(part)).collect::<Result<Vec<_>, _>>();
    let decoded: Vec<Result<Vec<Vec<T>>, CheckpointError>> = std::thread::scope(|scope| {
        let mut shares = parts.chunks(parts.len().div_ceil(threads).max(1));
        let own = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|share| scope.spawn(move || decode(share))).collect();
        let damaged = || CheckpointError::Damaged(kind.to_owned());
        let first = decode(own);
        std::iter::once(first).chain(others.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(damaged())))).collect()
    });
    let mut values = Vec::new();
    for share in decoded {
        values.extend(share?.into_iter().flatten());
    }
    Ok(values)
}

fn part_values<T: DeserializeOwned>((name, bytes): &(String, Vec<u8>)) -> Result<Vec<T>, CheckpointError> {
    let damaged = || CheckpointError::Damaged(name.clone());
    let (version, mut rest) = bytes.split_first().ok_or_else(damaged)?;
    if *version != CHECKPOINT_VERSION {
        return Err(CheckpointError::Version { part: name.clone(), found: *version });
    }
    let mut values = Vec::new();
    while !rest.is_empty() {
        let (value, left) = postcard::take_from_bytes(rest).map_err(|_| damaged())?;
        // A value of no octets would never end.
        if left.len() >= rest.len() {
            return Err(damaged());
        }
        values.push(value);
        rest = left;
    }
    Ok(values)
}
