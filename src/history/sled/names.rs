//! Devices and their parts by number, as blocks name them. A number is never used again for another name.
//!
//! Rows: `device (4 bytes, big-endian) · chunk (2)` → the device's id and 256 of its parts with the metrics that they have. They
//! are kept twice, because every sample hangs on them: a row that one copy lacks, as sled does without a word after some
//! damage, is taken from the other.

use super::door::{ALL, Base, Changes};
use crate::history::StoreError;
use crate::history::blocks::bytes::{Reader, put_block, put_varint};
use crate::history::blocks::shard::{NamesCheck, sealed, unsealed};
use crate::model::series::Cell;
use crate::model::{DeviceId, EntityKey, limit};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Parts in a row: a new name rewrites so many.
const CHUNK: usize = 256;
/// Bytes of one name: ifName has at most 255 characters (RFC 2863, DisplayString), ifAlias-like ones at most four bytes each.
const MAX_NAME: usize = 1024;

/// One part.
pub struct Part {
    /// Its name; `None` when its row was damaged.
    pub key: Option<Arc<EntityKey>>,
    metrics: u32,
}

/// One device.
pub struct Device {
    id: Option<DeviceId>,
    /// Its parts by number.
    pub parts: Vec<Part>,
    own: Option<u32>,
    by_name: FxHashMap<Box<str>, u32>,
    /// Sums over the id and the names up to each part.
    sums: Vec<u32>,
}

/// All names.
#[derive(Default)]
pub struct Names {
    devices: Vec<Device>,
    by_id: FxHashMap<DeviceId, u32>,
    changed: BTreeSet<(u32, u16)>,
}

impl Device {
    fn new(id: Option<DeviceId>) -> Self {
        Self { id, parts: Vec::new(), own: None, by_name: FxHashMap::default(), sums: Vec::new() }
    }

    /// The number of a part. The one after `hint` is tried first: polls name them in one order.
    pub fn part(&self, name: Option<&str>, hint: u32) -> Option<u32> {
        let Some(name) = name else { return self.own };
        let next = self.parts.get(hint as usize).and_then(|part| part.key.as_ref());
        if next.is_some_and(|key| key.part.as_deref() == Some(name)) {
            return Some(hint);
        }
        self.by_name.get(name).copied()
    }

    fn add(&mut self, key: Option<Arc<EntityKey>>, metrics: u32) -> u32 {
        let number = self.parts.len() as u32;
        if let Some(key) = &key {
            match &key.part {
                Some(name) => drop(self.by_name.insert(name.as_str().into(), number)),
                None => self.own = Some(number),
            }
        }
        let mut sum = crc32fast::Hasher::new_with_initial(self.sums.last().copied().unwrap_or(0));
        if self.sums.is_empty() {
            sum.update(self.id.as_ref().map_or(&[], |id| id.as_str().as_bytes()));
        }
        let name = key.as_ref().and_then(|key| key.part.as_ref());
        sum.update(&[0xff, u8::from(name.is_some())]);
        sum.update(name.map_or(&[], |name| name.as_bytes()));
        self.sums.push(sum.finalize());
        self.parts.push(Part { key, metrics });
        number
    }

    /// The sum of all names so far.
    pub fn check(&self) -> NamesCheck {
        NamesCheck { parts: self.parts.len() as u32, sum: self.sums.last().copied().unwrap_or(0) }
    }

    /// Whether numbers stand for the same names as when this sum was taken.
    pub fn agrees(&self, check: NamesCheck) -> bool {
        let last = (check.parts as usize).checked_sub(1);
        last.and_then(|last| self.sums.get(last)).is_some_and(|sum| *sum == check.sum)
    }

    /// The highest number of a part.
    pub fn max_part(&self) -> Option<u32> {
        (self.parts.len() as u32).checked_sub(1)
    }
}

impl Names {
    /// Reads them out of their copies: databases and trees. Rows that a copy lacks count as changed.
    pub fn load(copies: &[(&Base, usize)]) -> Result<Self, StoreError> {
        let mut rows: BTreeMap<Vec<u8>, (Vec<u8>, usize)> = BTreeMap::new();
        for (base, tree) in copies {
            let scanned = base.scan(*tree, ALL, |key, value| {
                let kept = rows.entry(key.to_vec()).or_insert_with(|| (value.to_vec(), 0));
                kept.1 += usize::from(kept.0 == **value);
                // Names are only ever added: of two sound rows the longer is the later.
                let worse = unsealed(&kept.0).is_none() || kept.0.len() < value.len();
                if worse && unsealed(value).is_some() {
                    *kept = (value.to_vec(), usize::from(kept.0 == **value));
                }
                ControlFlow::Continue(())
            });
            match scanned {
                Err(StoreError::Damaged { .. }) if copies.len() > 1 => {}
                other => other?,
            }
        }
        let mut names = Self::default();
        for (key, (value, count)) in rows {
            let (Some(device), Some(chunk)) = (key.first_chunk::<4>(), key.last_chunk::<2>()) else { continue };
            let (device, chunk) = (u32::from_be_bytes(*device), u16::from_be_bytes(*chunk));
            names.take_row(device, chunk, &value);
            if count < copies.len() {
                names.changed.insert((device, chunk));
            }
        }
        Ok(names)
    }

    fn take_row(&mut self, number: u32, chunk: u16, value: &[u8]) {
        if number as usize >= limit::STORE_DEVICES.most() || usize::from(chunk) * CHUNK >= limit::STORE_PARTS.most() {
            return;
        }
        while self.devices.len() <= number as usize {
            self.devices.push(Device::new(None));
        }
        let Some(device) = self.devices.get_mut(number as usize) else { return };
        // Numbers of a row that is missing or damaged stay without a name.
        while device.parts.len() < usize::from(chunk) * CHUNK {
            device.add(None, 0);
        }
        let Some((id, parts)) = unsealed(value).and_then(read_row) else {
            for _ in 0..CHUNK {
                device.add(None, 0);
            }
            return;
        };
        device.id = Some(id.clone());
        for (part, metrics) in parts {
            device.add(Some(Arc::new(EntityKey { device: id.clone(), part })), metrics);
        }
        self.by_id.insert(id, number);
    }

    /// Writes what changed. The changes stay noted until [`Self::saved`].
    pub fn changes(&self) -> Changes {
        let rows = self.changed.iter().filter_map(|(number, chunk)| {
            let device = self.devices.get(*number as usize)?;
            let id = device.id.as_ref()?;
            let parts: Vec<&Part> = device.parts.iter().skip(usize::from(*chunk) * CHUNK).take(CHUNK).collect();
            let mut key = number.to_be_bytes().to_vec();
            key.extend_from_slice(&chunk.to_be_bytes());
            Some((key, Some(sealed(|out| put_row(out, id, &parts)))))
        });
        rows.collect()
    }

    /// What [`Self::changes`] gave is durable.
    pub fn saved(&mut self) {
        self.changed.clear();
    }

    /// The number of a device.
    pub fn device(&self, id: &DeviceId) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The number of a device, which is given one if need be.
    pub fn device_or_new(&mut self, id: &DeviceId) -> Option<u32> {
        if let Some(known) = self.device(id) {
            return Some(known);
        }
        if id.as_str().len() > MAX_NAME || !limit::STORE_DEVICES.has_room(self.devices.len()) {
            return None;
        }
        let number = self.devices.len() as u32;
        self.devices.push(Device::new(Some(id.clone())));
        self.by_id.insert(id.clone(), number);
        Some(number)
    }

    /// A device by number.
    pub fn get(&self, number: u32) -> Option<&Device> {
        self.devices.get(number as usize)
    }

    /// The number of a part, which is given one if need be; and its metrics are noted.
    pub fn part_or_new(&mut self, number: u32, name: Option<&str>, place: (u32, &[Cell])) -> Option<u32> {
        let device = self.devices.get_mut(number as usize)?;
        let metrics = place.1.iter().fold(0, |mask, cell| mask | 1 << cell.metric.number());
        let part = match device.part(name, place.0) {
            Some(part) => part,
            None if name.is_some_and(|name| name.len() > MAX_NAME) => return None,
            None if !limit::STORE_PARTS.has_room(device.parts.len()) => return None,
            None => {
                let id = device.id.clone()?;
                device.add(Some(Arc::new(EntityKey { device: id, part: name.map(str::to_owned) })), 0)
            }
        };
        let known = device.parts.get_mut(part as usize)?;
        if known.metrics | metrics != known.metrics {
            known.metrics |= metrics;
            self.changed.insert((number, (part as usize / CHUNK) as u16));
        }
        Some(part)
    }

    /// How many devices have a number.
    pub fn len(&self) -> u32 {
        self.devices.len() as u32
    }

    /// All entities.
    pub fn entities(&self) -> impl Iterator<Item = &Arc<EntityKey>> {
        self.devices.iter().flat_map(|device| &device.parts).filter_map(|part| part.key.as_ref())
    }

    /// How many series there are.
    pub fn series(&self) -> u64 {
        self.devices.iter().flat_map(|device| &device.parts).map(|part| u64::from(part.metrics.count_ones())).sum()
    }
}

fn put_row(out: &mut Vec<u8>, id: &DeviceId, parts: &[&Part]) {
    put_block(out, id.as_str().as_bytes());
    put_varint(out, parts.len() as u64);
    for part in parts {
        put_varint(out, u64::from(part.metrics));
        match part.key.as_ref().and_then(|key| key.part.as_ref()) {
            Some(name) => {
                out.push(1);
                put_block(out, name.as_bytes());
            }
            None => out.push(0),
        }
    }
}

type Row = (DeviceId, Vec<(Option<String>, u32)>);

fn read_row(bytes: &[u8]) -> Option<Row> {
    let mut reader = Reader::new(bytes);
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let id = DeviceId::new(&text(reader.block()?)?);
    let mut parts = Vec::new();
    for _ in 0..reader.len().filter(|count| *count <= CHUNK)? {
        let metrics = reader.u32()?;
        let name = if reader.byte()? == 0 { None } else { Some(text(reader.block()?)?) };
        parts.push((name, metrics));
    }
    Some((id, parts))
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn a_device_that_invents_names_costs_itself_alone_and_devices_are_bounded() {
        let (mut names, most) = (Names::default(), limit::STORE_PARTS.most());
        let first = names.device_or_new(&DeviceId::new("a")).unwrap();
        let part = |names: &mut Names, device: u32, number: usize| names.part_or_new(device, Some(&number.to_string()), (0, &[]));
        let (given, beyond) =
            limit::STORE_PARTS.during(|| (0..most + 9).filter(|number| part(&mut names, first, *number).is_some()).count());
        assert!(given == most && beyond >= 9);
        assert_eq!(part(&mut names, first, 7), Some(7), "known names are still written");
        let second = names.device_or_new(&DeviceId::new("b")).unwrap();
        assert!(part(&mut names, second, 0).is_some());
        names.devices.resize_with(limit::STORE_DEVICES.most(), || Device::new(None));
        let (refused, beyond) = limit::STORE_DEVICES.during(|| names.device_or_new(&DeviceId::new("c")));
        assert!(refused.is_none() && beyond >= 1 && names.device_or_new(&DeviceId::new("b")) == Some(second));
    }
}
