//! Processor, memory, flash, sensors and PoE of a device, by the standards' objects; and how discovery describes them.

use super::rows::Table;
use super::{Part, View, integer, text};
use crate::mib::Registry;
use crate::model::health::{self, Limits, Probe, Reckoning};
use crate::model::{Gauge, GaugeKind, Health, HealthStatus, Measured, Oid, SensorClass};
use crate::sim::scenario::parts::PartSpec;
use crate::sim::truth::health::UNIT_OCTETS;
use crate::sim::truth::switching::BUDGET_WATTS;
use crate::wire::snmp::Value;
use rustc_hash::FxHashMap;

pub(super) const COLUMNS: Part = &[
    ("hrStorageType", Table::Storage, |view, row| view.storage_type(row).map(Value::Oid)),
    ("hrStorageDescr", Table::Storage, |_, row| STORAGES.get(row).map(|(name, ..)| text(name))),
    ("hrStorageAllocationUnits", Table::Storage, |_, _| integer(UNIT_OCTETS)),
    ("hrStorageSize", Table::Storage, |view, row| integer(view.storage(row).1)),
    ("hrStorageUsed", Table::Storage, |view, row| integer(view.storage(row).0)),
    ("hrProcessorLoad", Table::Processor, |view, _| integer(view.scenario.processor_load(view.device, view.at))),
    ("pethMainPsePower", Table::Pse, |view, _| view.poe().and_then(|(budget, _)| integer(budget))),
    ("pethMainPseOperStatus", Table::Pse, |_, _| integer(PSE_ON)),
    ("pethMainPseConsumptionPower", Table::Pse, |view, _| view.poe().and_then(|(_, used)| integer(used))),
];

/// pethMainPseOperStatus on, off, faulty (RFC 3621)
const PSE_ON: u8 = 1;
const PSE_OFF: u8 = 2;
const PSE_FAULTY: u8 = 3;

/// A storage: name, last number of its type (RFC 2790 §4.2.2: ram, flashMemory), what it is.
type Storage = (&'static str, u32, GaugeKind);

/// By hrStorageIndex from 1 on.
pub(super) const STORAGES: [Storage; 2] = [("Physical memory", 2, GaugeKind::Memory), ("flash", 9, GaugeKind::Storage)];

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
        let ports: Vec<_> = self.poe_ports().filter_map(|port| self.poe_port(port)).collect();
        let groups = ports.iter().filter_map(|poe| poe.place).map(|(group, _)| group).max()?;
        let drawn: u32 = ports.iter().filter_map(|poe| poe.draw_mw).sum();
        Some((i64::from(BUDGET_WATTS * groups), i64::from((drawn + 500) / 1000)))
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
        gauges.extend(self.sensor_gauges(mib));
        if self.poe().is_some() {
            let words = [(PSE_ON, HealthStatus::Ok), (PSE_FAULTY, HealthStatus::Critical), (PSE_OFF, HealthStatus::Off)];
            let status = stated(probe(mib, health::Part::Status, "pethMainPseOperStatus", 1), &words);
            gauges.push(gauge(GaugeKind::Sensor(SensorClass::State), "PoE supply", vec![status]));
        }
        gauges.extend(self.told_gauges(mib));
        let mut health = Health::new(gauges);
        let measured = self.measured(&health);
        health.gauges.iter_mut().zip(measured).for_each(|(gauge, measured)| gauge.measured = measured);
        health
    }

    /// What the gauges of the device show now.
    pub fn measured(&self, health: &Health) -> Vec<Measured> {
        let poe = self.poe();
        let parts = self.kind.sensors.iter().filter_map(|at| self.part(*at));
        let sensors: FxHashMap<&str, &PartSpec> = parts.map(|part| (part.name.as_str(), part)).collect();
        let raws = |gauge: &Gauge| -> Vec<i64> {
            match gauge.kind {
                GaugeKind::Processor => vec![self.scenario.processor_load(self.device, self.at)],
                GaugeKind::Memory => <[i64; 2]>::from(self.scenario.memory_units(self.device, self.at)).to_vec(),
                GaugeKind::Storage => <[i64; 2]>::from(self.scenario.flash_units(self.device)).to_vec(),
                GaugeKind::PoeBudget => poe.map(|(budget, _)| budget).into_iter().collect(),
                GaugeKind::PoeUsed => poe.map(|(_, used)| used).into_iter().collect(),
                GaugeKind::Sensor(SensorClass::State) => vec![i64::from(PSE_ON)],
                GaugeKind::Sensor(_) | GaugeKind::Supply => {
                    sensors.get(gauge.name.as_str()).map_or_else(Vec::new, |part| self.sensor_raws(part))
                }
            }
        };
        let tells = !self.kind.tells.is_empty();
        #[allow(clippy::cast_precision_loss, reason = "figures of a device are small")]
        let measure = |gauge: &Gauge| match gauge.kind {
            GaugeKind::Sensor(_) if tells => self.told_now(gauge),
            _ => gauge.measure(&raws(gauge).into_iter().map(|raw| Some(raw as f64)).collect::<Vec<_>>()),
        };
        health.gauges.iter().map(measure).collect()
    }
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
