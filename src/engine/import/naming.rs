//! From labels to the place where a series is kept.
//!
//! `device`, `instance`, `host` or `sysName` is the device: a known one by id, name or address, else one of that id. `ifName`,
//! `ifDescr`, `interface` or `ifIndex` is the interface. The metric's name stays. Should two series come to the same name, the
//! second one's is told apart by the labels in which it differs from the first: `up{job="icmp"}`. Which labels the first one had is
//! noted in the store, so that a later import names alike.

use crate::history::{Store, StoreError};
use crate::model::series::{Kept, named_part};
use crate::model::{Device, DeviceId, EntityKey, Metric};
use crate::state::State;
use crate::wire::series::{Labels, Refusal};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Labels that name the device, the first one that is there.
const DEVICE: [&str; 4] = ["device", "instance", "host", "sysName"];
/// Labels that name the interface.
const INTERFACE: [&str; 4] = ["ifName", "ifDescr", "interface", "ifIndex"];
/// Labels that belong to a name: a histogram without them is no histogram.
const PART_OF_NAME: [&str; 2] = ["le", "quantile"];

/// Octets of a name with all that tells it apart: the store takes no longer ones.
const MAX_NAME: usize = 1000;
/// Series of one device: the store numbers some more.
const MAX_OF_DEVICE: usize = 16_000;

/// No label names the device.
pub const NO_DEVICE: Refusal = Refusal("no device: none of the labels device, instance, host and sysName");
/// Its name is that of several devices.
pub const SEVERAL_DEVICES: Refusal = Refusal("several devices have that name");
/// An interface's metric without one.
pub const NO_INTERFACE: Refusal = Refusal("no interface: none of the labels ifName, ifDescr, interface and ifIndex");
/// [`MAX_NAME`]
pub const NAME_TOO_LONG: Refusal = Refusal("name too long");
/// Control characters part names within the store.
pub const CONTROL: Refusal = Refusal("control character in a name");
/// [`MAX_OF_DEVICE`]
pub const TOO_MANY_OF_DEVICE: Refusal = Refusal("too many series of one device");
/// A metric of ours has one series an interface.
pub const SECOND_OF_METRIC: Refusal = Refusal("another series is taken as the same metric already");

/// Where the labels of first series are noted.
const NOTE: &str = "import.names";
/// Names in one note, some 200 kB.
const NOTED_AT_ONCE: usize = 1000;

/// Where a series is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub entity: EntityKey,
    /// Which metric of ours; `None` keeps its own name.
    pub metric: Option<Metric>,
}

type Pairs = BTreeMap<String, String>;

/// Gives names.
pub struct Namer {
    maps: BTreeMap<String, Metric>,
    devices: HashMap<String, Result<Arc<Device>, Refusal>>,
    addresses: HashMap<IpAddr, Arc<Device>>,
    /// What each name's first series was told apart by.
    first: BTreeMap<String, Pairs>,
    /// What the store had before.
    known: HashSet<EntityKey>,
    of_device: HashMap<DeviceId, usize>,
}

impl Namer {
    /// With the devices of a state and what a store has. Errors: those of the store.
    pub fn new(state: &State, store: &dyn Store, maps: BTreeMap<String, Metric>) -> Result<Self, StoreError> {
        let mut devices: HashMap<String, Result<Arc<Device>, Refusal>> = HashMap::new();
        let mut addresses = HashMap::new();
        for device in state.devices() {
            let named = devices.entry(device.name());
            named.and_modify(|known| *known = Err(SEVERAL_DEVICES)).or_insert_with(|| Ok(Arc::clone(device)));
            addresses.extend(device.addresses.iter().map(|address| (*address, Arc::clone(device))));
        }
        // An id is stronger than a name, and the address of an agent than one of a table.
        for device in state.devices() {
            devices.insert(device.id.as_str().to_owned(), Ok(Arc::clone(device)));
            addresses.extend(device.snmp.as_ref().map(|snmp| (snmp.address.ip(), Arc::clone(device))));
        }
        let known: HashSet<EntityKey> = store.entities()?.into_iter().collect();
        let mut of_device: HashMap<DeviceId, usize> = HashMap::new();
        known.iter().for_each(|entity| *of_device.entry(entity.device.clone()).or_default() += 1);
        Ok(Self { maps, devices, addresses, first: read_notes(store)?, known, of_device })
    }

    /// Where a series is kept.
    pub fn place(&mut self, labels: &Labels) -> Result<Place, Refusal> {
        let label = |wanted: [&'static str; 4]| wanted.into_iter().find_map(|label| Some((label, labels.get(label)?)));
        let (device_label, device) = label(DEVICE).ok_or(NO_DEVICE)?;
        let interface = label(INTERFACE);
        let told: Vec<&str> = std::iter::once(device_label).chain(interface.map(|(label, _)| label)).collect();
        let metric = self.maps.get(&labels.name).copied();
        let is_name = |label: &str| metric.is_none() && PART_OF_NAME.contains(&label);
        let others: Pairs = labels
            .pairs()
            .filter(|(label, _)| !told.contains(label) && !is_name(label))
            .map(|(l, v)| (l.to_owned(), v.to_owned()))
            .collect();
        let found = self.device(device)?;
        let id = found.as_ref().map_or_else(|| DeviceId::new(device), |device| device.id.clone());
        let part = match metric {
            Some(metric) => own_part(metric, found.as_deref(), interface)?,
            None => {
                let mine: Pairs =
                    labels.pairs().filter(|(label, _)| is_name(label)).map(|(l, v)| (l.to_owned(), v.to_owned())).collect();
                Some(self.named(&id, (&labels.name, mine), (interface.map(|(_, name)| name), &others))?)
            }
        };
        let texts = [labels.name.as_str(), device, interface.map_or("", |(_, name)| name)];
        if texts.iter().any(|text| text.chars().any(char::is_control)) {
            return Err(CONTROL);
        }
        if part.as_ref().is_some_and(|part| part.len() > MAX_NAME) || id.as_str().len() > MAX_NAME {
            return Err(NAME_TOO_LONG);
        }
        let entity = EntityKey { device: id, part };
        if let Some(metric) = metric {
            let key = format!("{}\u{1}{}\u{1}{:?}", metric.name(), entity.device.as_str(), entity.part);
            if self.first.entry(key).or_insert_with(|| others.clone()) != &others {
                return Err(SECOND_OF_METRIC);
            }
        }
        self.admit(&entity)?;
        Ok(Place { entity, metric })
    }

    /// A known device by its id, its name, or its address with or without a port.
    fn device(&self, text: &str) -> Result<Option<Arc<Device>>, Refusal> {
        if let Some(named) = self.devices.get(text) {
            return named.clone().map(Some);
        }
        let address = text.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
        Ok(address.and_then(|address: IpAddr| self.addresses.get(&address)).cloned())
    }

    /// The part under which a series with a name of its own is kept.
    fn named(
        &mut self,
        device: &DeviceId,
        (name, mut told): (&str, Pairs),
        (interface, others): (Option<&str>, &Pairs),
    ) -> Result<String, Refusal> {
        let plain = named_part(interface, &with_labels(name, &told));
        let key = format!("{}\u{1}{plain}", device.as_str());
        let first = match self.first.get(&key) {
            Some(first) => first,
            None => {
                let entity = EntityKey { device: device.clone(), part: Some(plain.clone()) };
                // What is there without a note had no other labels.
                let first = if self.known.contains(&entity) { Pairs::new() } else { others.clone() };
                self.first.entry(key).or_insert(first)
            }
        };
        if first == others {
            return Ok(plain);
        }
        for label in first.keys().chain(others.keys()) {
            if first.get(label) != others.get(label) {
                told.insert(label.clone(), others.get(label).cloned().unwrap_or_default());
            }
        }
        Ok(named_part(interface, &with_labels(name, &told)))
    }

    fn admit(&mut self, entity: &EntityKey) -> Result<(), Refusal> {
        if self.known.contains(entity) {
            return Ok(());
        }
        let count = self.of_device.entry(entity.device.clone()).or_default();
        if *count >= MAX_OF_DEVICE {
            return Err(TOO_MANY_OF_DEVICE);
        }
        *count += 1;
        self.known.insert(entity.clone());
        Ok(())
    }

    /// Notes in the store what first series were told apart by. Errors: those of the store.
    pub fn note(&self, store: &dyn Store) -> Result<(), StoreError> {
        let noted: Vec<(&String, &Pairs)> = self.first.iter().filter(|(_, others)| !others.is_empty()).collect();
        for (number, some) in noted.chunks(NOTED_AT_ONCE).enumerate() {
            // Strings and maps of strings can always be written.
            let bytes = postcard::to_stdvec(some).unwrap_or_default();
            store.meta_set(&format!("{NOTE}.{number}"), &bytes)?;
        }
        Ok(())
    }
}

fn read_notes(store: &dyn Store) -> Result<BTreeMap<String, Pairs>, StoreError> {
    let mut first = BTreeMap::new();
    for number in 0.. {
        let Some(bytes) = store.meta_get(&format!("{NOTE}.{number}"))? else { break };
        first.extend(postcard::from_bytes::<Vec<(String, Pairs)>>(&bytes).unwrap_or_default());
    }
    Ok(first)
}

/// Whether a metric of ours is one of interfaces.
fn is_of_interface(metric: Metric) -> bool {
    Metric::INTERFACE.contains(&metric) || matches!(metric.kept(), Kept::Counter { .. })
}

/// The part of a metric of ours: an interface goes by the name that its device gives it.
fn own_part(metric: Metric, device: Option<&Device>, interface: Option<(&str, &str)>) -> Result<Option<String>, Refusal> {
    let Some((label, text)) = interface else {
        return if is_of_interface(metric) { Err(NO_INTERFACE) } else { Ok(None) };
    };
    let known = device.into_iter().flat_map(|device| &device.interfaces).find(|known| match label {
        "ifIndex" => known.if_index.to_string() == text,
        "ifDescr" => known.if_descr.as_deref() == Some(text),
        _ => false,
    });
    Ok(Some(known.map_or_else(|| text.to_owned(), |known| known.name())))
}

/// A name with labels as Prometheus writes them.
fn with_labels(name: &str, labels: &Pairs) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let mut text = format!("{name}{{");
    for (index, (label, value)) in labels.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let value: String = value.chars().flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])).collect();
        let written = write!(text, "{comma}{label}=\"{value}\"");
        debug_assert!(written.is_ok(), "writing to a String does not fail");
    }
    text.push('}');
    text
}
