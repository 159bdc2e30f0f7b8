//! Processor, memory, flash, sensors and PoE of a device, by the standards' objects; and how discovery describes them.

use super::rows::Table;
use super::{Part, View, integer, text};
use crate::mib::Registry;
use crate::model::health::{self, Limits, Probe, Reckoning};
use crate::model::{Gauge, GaugeKind, Health, HealthStatus, Measured, Oid, SensorClass};
use crate::sim::scenario::{DeviceNumber, Node, Scenario};
use crate::sim::truth::health::{FIRST_SENSOR, SENSORS, UNIT_OCTETS};
use crate::wire::snmp::Value;

pub(super) const COLUMNS: Part = &[
    ("hrStorageType", Table::Storage, |view, row| view.storage_type(row).map(Value::Oid)),
    ("hrStorageDescr", Table::Storage, |_, row| STORAGES.get(row).map(|(name, ..)| text(name))),
    ("hrStorageAllocationUnits", Table::Storage, |_, _| integer(UNIT_OCTETS)),
    ("hrStorageSize", Table::Storage, |view, row| integer(view.storage(row).1)),
    ("hrStorageUsed", Table::Storage, |view, row| integer(view.storage(row).0)),
    ("hrProcessorLoad", Table::Processor, |view, _| integer(view.scenario.processor_load(view.device, view.at))),
    ("entPhySensorType", Table::Sensor, |_, row| SENSORS.get(row).and_then(|(_, class)| integer(data_type(*class)))),
    ("entPhySensorScale", Table::Sensor, |_, _| integer(UNITS)),
    ("entPhySensorPrecision", Table::Sensor, |_, _| integer(0)),
    ("entPhySensorValue", Table::Sensor, |view, row| integer(view.scenario.sensor_value(view.device, row, view.at))),
    ("entPhySensorOperStatus", Table::Sensor, |view, row| {
        integer(if view.scenario.sensor_fails(view.device, row) { NONOPERATIONAL } else { OK })
    }),
    ("pethMainPsePower", Table::Pse, |view, _| view.poe().and_then(|(budget, _)| integer(budget))),
    ("pethMainPseOperStatus", Table::Pse, |_, _| integer(PSE_ON)),
    ("pethMainPseConsumptionPower", Table::Pse, |view, _| view.poe().and_then(|(_, used)| integer(used))),
];

/// EntitySensorDataScale units (RFC 3433)
const UNITS: u8 = 9;
/// EntitySensorStatus ok, nonoperational (RFC 3433)
const OK: u8 = 1;
const NONOPERATIONAL: u8 = 3;
/// pethMainPseOperStatus on, off, faulty (RFC 3621)
const PSE_ON: u8 = 1;
const PSE_OFF: u8 = 2;
const PSE_FAULTY: u8 = 3;

/// A storage: name, last number of its type (RFC 2790 §4.2.2: ram, flashMemory), what it is.
type Storage = (&'static str, u32, GaugeKind);

/// By hrStorageIndex from 1 on.
pub(super) const STORAGES: [Storage; 2] = [("Physical memory", 2, GaugeKind::Memory), ("flash", 9, GaugeKind::Storage)];

/// EntitySensorDataType of a class (RFC 3433).
const fn data_type(class: SensorClass) -> u8 {
    match class {
        SensorClass::Temperature => 8,
        SensorClass::Fanspeed => 10,
        _ => 6,
    }
}

impl View<'_> {
    fn storage_type(&self, row: usize) -> Option<Oid> {
        let (_, last, _) = STORAGES.get(row)?;
        self.tree.storage_types.as_ref().map(|node| node.child(&[*last]))
    }

    fn storage(&self, row: usize) -> (i64, i64) {
        if row == 0 { self.scenario.memory_units(self.device, self.at) } else { self.scenario.flash_units(self.device) }
    }

    /// Budget and use of PoE, watts.
    pub(super) fn poe(&self) -> Option<(i64, i64)> {
        self.scenario.poe_watts(self.node, self.device, self.at)
    }

    /// The device's gauges as discovery describes them.
    pub fn health(&self, mib: &Registry) -> Health {
        let mut gauges =
            vec![gauge(GaugeKind::Processor, "Processor", vec![probe(mib, health::Part::Value, "hrProcessorLoad", 1)])];
        for ((name, _, kind), row) in STORAGES.iter().zip(1..) {
            let parts = [(health::Part::Used, "hrStorageUsed"), (health::Part::Total, "hrStorageSize")];
            let probes = parts.map(|(part, column)| Probe { factor: f64::from(UNIT_OCTETS), ..probe(mib, part, column, row) });
            let main = *kind == GaugeKind::Memory;
            gauges.push(Gauge { main, ..gauge(*kind, name, probes.to_vec()) });
        }
        if self.poe().is_some() {
            gauges.push(gauge(GaugeKind::PoeBudget, "PoE budget", vec![probe(mib, health::Part::Value, "pethMainPsePower", 1)]));
            let used = probe(mib, health::Part::Value, "pethMainPseConsumptionPower", 1);
            gauges.push(gauge(GaugeKind::PoeUsed, "PoE used", vec![used]));
        }
        if self.kind.entity {
            let words = [(OK, HealthStatus::Ok), (NONOPERATIONAL, HealthStatus::Critical), (2, HealthStatus::Off)];
            for ((name, class), row) in SENSORS.iter().zip(FIRST_SENSOR..) {
                let value = probe(mib, health::Part::Value, "entPhySensorValue", row);
                let status = stated(probe(mib, health::Part::Status, "entPhySensorOperStatus", row), &words);
                gauges.push(gauge(GaugeKind::Sensor(*class), name, vec![value, status]));
            }
        }
        if self.poe().is_some() {
            let words = [(PSE_ON, HealthStatus::Ok), (PSE_FAULTY, HealthStatus::Critical), (PSE_OFF, HealthStatus::Off)];
            let status = stated(probe(mib, health::Part::Status, "pethMainPseOperStatus", 1), &words);
            gauges.push(gauge(GaugeKind::Sensor(SensorClass::State), "PoE supply", vec![status]));
        }
        let mut health = Health::new(gauges);
        let measured = measured(&health, self.scenario, (self.node, self.device, self.at));
        health.gauges.iter_mut().zip(measured).for_each(|(gauge, measured)| gauge.measured = measured);
        health
    }
}

/// What the gauges of a device show at a time.
pub fn measured(health: &Health, scenario: &Scenario, (node, device, at): (&Node, DeviceNumber, f64)) -> Vec<Measured> {
    let poe = scenario.poe_watts(node, device, at);
    let sensor = |name: &str| SENSORS.iter().position(|(known, _)| *known == name);
    let raws = |gauge: &Gauge| -> Vec<i64> {
        match gauge.kind {
            GaugeKind::Processor => vec![scenario.processor_load(device, at)],
            GaugeKind::Memory => <[i64; 2]>::from(scenario.memory_units(device, at)).to_vec(),
            GaugeKind::Storage => <[i64; 2]>::from(scenario.flash_units(device)).to_vec(),
            GaugeKind::PoeBudget => poe.map(|(budget, _)| budget).into_iter().collect(),
            GaugeKind::PoeUsed => poe.map(|(_, used)| used).into_iter().collect(),
            GaugeKind::Sensor(SensorClass::State) => vec![i64::from(PSE_ON)],
            GaugeKind::Sensor(_) | GaugeKind::Supply => match sensor(&gauge.name) {
                Some(row) => {
                    let state = if scenario.sensor_fails(device, row) { NONOPERATIONAL } else { OK };
                    vec![scenario.sensor_value(device, row, at), i64::from(state)]
                }
                None => Vec::new(),
            },
        }
    };
    #[allow(clippy::cast_precision_loss, reason = "figures of a device are small")]
    let measure = |gauge: &Gauge| gauge.measure(&raws(gauge).into_iter().map(|raw| Some(raw as f64)).collect::<Vec<_>>());
    health.gauges.iter().map(measure).collect()
}

fn gauge(kind: GaugeKind, name: &str, probes: Vec<Probe>) -> Gauge {
    Gauge {
        kind,
        name: name.to_owned(),
        class: None,
        if_index: None,
        main: false,
        probes,
        limits: Limits::default(),
        measured: Measured::default(),
    }
}

fn probe(mib: &Registry, part: health::Part, column: &str, row: u32) -> Probe {
    Probe {
        part,
        oid: mib.oid(column).unwrap_or_else(|| Oid::new(&[])).child(&[row]),
        factor: 1.0,
        reckoning: Reckoning::default(),
        absent: Vec::new(),
        words: Vec::new(),
        texts: Vec::new(),
    }
}

fn stated(probe: Probe, words: &[(u8, HealthStatus)]) -> Probe {
    Probe { words: words.iter().map(|(number, status)| (i64::from(*number), *status)).collect(), ..probe }
}
