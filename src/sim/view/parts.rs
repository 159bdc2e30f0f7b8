//! ENTITY-MIB: the tree of parts, which interface each is, and their sensors by ENTITY-SENSOR-MIB or CISCO-ENTITY-SENSOR-MIB; and how
//! discovery describes them.

use super::rows::Table;
use super::{Part, View, integer, text};
use crate::mib::Registry;
use crate::model::health::{self, Limits, Probe, Reckoning};
use crate::model::{Gauge, GaugeKind, HealthStatus, IfIndex, Measured, Oid, Physical, PhysicalClass, SensorClass};
use crate::sim::scenario::parts::PartSpec;
use crate::sim::truth::health::LIGHT_LIMITS;
use crate::wire::snmp::Value;

pub(super) const COLUMNS: Part = &[
    ("entPhysicalDescr", Table::Physical, |view, row| Some(text(&view.part_descr(view.part(row)?)))),
    ("entPhysicalContainedIn", Table::Physical, |view, row| integer(view.part(row)?.within)),
    ("entPhysicalParentRelPos", Table::Physical, |view, row| integer(view.part(row)?.position)),
    ("entPhysicalClass", Table::Physical, |view, row| integer(class_to_mib(view.part(row)?.class))),
    ("entPhysicalName", Table::Physical, |view, row| Some(text(&view.part(row)?.name))),
    ("entPhysicalSoftwareRev", Table::Physical, |view, row| Some(text(view.part_software(view.part(row)?).unwrap_or("")))),
    ("entPhysicalSerialNum", Table::Physical, |view, row| Some(text(&view.part_serial(view.part(row)?).unwrap_or_default()))),
    ("entPhysicalMfgName", Table::Physical, |view, row| Some(text(view.part_maker(view.part(row)?).unwrap_or("")))),
    ("entPhysicalModelName", Table::Physical, |view, row| Some(text(view.part(row)?.model.as_deref().unwrap_or("")))),
    ("entPhysicalIsFRU", Table::Physical, |view, row| integer(if view.part(row)?.replaceable { 1 } else { 2 })),
    ("entAliasMappingIdentifier", Table::Alias, |view, row| {
        let if_index = view.part_interface(view.part(row)?)?;
        Some(Value::Oid(view.tree.if_index.as_ref()?.child(&[if_index.0])))
    }),
    ("entPhySensorType", Table::Sensor, |view, row| integer(data_type(view.sensor(row)?.sensor?.class()))),
    ("entPhySensorScale", Table::Sensor, |view, row| integer(scale(view.sensor(row)?.sensor?.class()))),
    ("entPhySensorPrecision", Table::Sensor, |view, row| integer(precision(view.sensor(row)?.sensor?.class()))),
    ("entPhySensorValue", Table::Sensor, |view, row| integer(view.raw(view.sensor(row)?))),
    ("entPhySensorOperStatus", Table::Sensor, |view, row| integer(view.sensor_status(view.sensor(row)?))),
    ("entSensorType", Table::OwnSensor, |view, row| integer(data_type(view.sensor(row)?.sensor?.class()))),
    ("entSensorScale", Table::OwnSensor, |view, row| integer(scale(view.sensor(row)?.sensor?.class()))),
    ("entSensorPrecision", Table::OwnSensor, |view, row| integer(precision(view.sensor(row)?.sensor?.class()))),
    ("entSensorValue", Table::OwnSensor, |view, row| integer(view.raw(view.sensor(row)?))),
    ("entSensorStatus", Table::OwnSensor, |view, row| integer(view.sensor_status(view.sensor(row)?))),
    ("entSensorThresholdSeverity", Table::Threshold, |_, row| integer(threshold(row).0)),
    ("entSensorThresholdRelation", Table::Threshold, |_, row| integer(threshold(row).1)),
    ("entSensorThresholdValue", Table::Threshold, |_, row| integer(whole(threshold(row).2 * TENTHS))),
];

/// Limits of a sensor of light.
pub(super) const THRESHOLDS: usize = LIGHT_LIMITS.len();

/// EntitySensorStatus ok, nonoperational (RFC 3433)
const OK: u8 = 1;
const NONOPERATIONAL: u8 = 3;

/// Light and currents are told in tenths.
const TENTHS: f64 = 10.0;

/// IANAPhysicalClass (RFC 6933) counts from 1.
const fn class_to_mib(class: PhysicalClass) -> u8 {
    class as u8 + 1
}

/// EntitySensorDataType (RFC 3433), and dBm of CISCO-ENTITY-SENSOR-MIB.
const fn data_type(class: SensorClass) -> u8 {
    match class {
        SensorClass::Current => 5,
        SensorClass::Temperature => 8,
        SensorClass::Fanspeed => 10,
        SensorClass::Dbm => 14,
        _ => 6,
    }
}

/// EntitySensorDataScale milli(8), units(9)
const fn scale(class: SensorClass) -> u8 {
    if matches!(class, SensorClass::Current) { 8 } else { 9 }
}

/// Digits behind the point.
const fn precision(class: SensorClass) -> u8 {
    if matches!(class, SensorClass::Current | SensorClass::Dbm) { 1 } else { 0 }
}

#[allow(clippy::cast_possible_truncation, reason = "figures of a device are small")]
const fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// Severity, relation and value of a row of entSensorThresholdTable: alarm and warning below, warning and alarm above.
fn threshold(row: usize) -> (u8, u8, f64) {
    const MINOR: u8 = 10;
    const MAJOR: u8 = 20;
    const LESS: u8 = 1;
    const GREATER: u8 = 4;
    let place = row % THRESHOLDS;
    let severity = if place == 0 || place + 1 == THRESHOLDS { MAJOR } else { MINOR };
    let relation = if place < THRESHOLDS / 2 { LESS } else { GREATER };
    (severity, relation, LIGHT_LIMITS.get(place).copied().unwrap_or(0.0))
}

impl<'a> View<'a> {
    pub(super) fn part(&self, row: usize) -> Option<&'a PartSpec> {
        self.kind.parts.get(row)
    }

    pub(super) fn sensor(&self, row: usize) -> Option<&'a PartSpec> {
        self.part(*self.kind.sensors.get(row)?)
    }

    /// The sensor of light of a row of thresholds.
    pub(super) fn light(&self, row: usize) -> Option<&'a PartSpec> {
        self.part(*self.kind.lights.get(row / THRESHOLDS)?)
    }

    pub(super) fn has_part(&self, part: &PartSpec) -> bool {
        self.scenario.has_part(self.node, self.device, part)
    }

    fn part_descr(&self, part: &PartSpec) -> String {
        match part.class {
            PhysicalClass::Chassis => self.chassis_descr(),
            _ => part.name.clone(),
        }
    }

    fn part_software(&self, part: &PartSpec) -> Option<&'a str> {
        self.kind.os_version.as_deref().filter(|_| part.class == PhysicalClass::Chassis)
    }

    fn part_maker(&self, part: &PartSpec) -> Option<&'a str> {
        self.kind.vendor.as_deref().filter(|_| part.model.is_some())
    }

    /// Serial number: the chassis has the device's, what can be replaced one of its own.
    fn part_serial(&self, part: &PartSpec) -> Option<String> {
        let own = self.with_serial(self.kind.serial.as_deref()?);
        let is_first = part.class == PhysicalClass::Chassis && part.position <= 1;
        match part.model {
            _ if is_first => Some(own),
            Some(_) => {
                let tail: String = own.chars().skip(own.chars().count().saturating_sub(4)).collect();
                Some(format!("{}{tail}{:03X}", own.chars().take(3).collect::<String>(), part.index % 4096))
            }
            None => None,
        }
    }

    fn part_interface(&self, part: &PartSpec) -> Option<IfIndex> {
        part.port.filter(|_| part.class == PhysicalClass::Port).map(|port| IfIndex(self.if_index(port)))
    }

    pub(super) fn is_alias(&self, row: usize) -> bool {
        self.part(row).is_some_and(|part| self.part_interface(part).is_some())
    }

    fn sensor_status(&self, part: &PartSpec) -> u8 {
        if self.scenario.part_fails(self.device, part) { NONOPERATIONAL } else { OK }
    }

    fn raw(&self, part: &PartSpec) -> i64 {
        let digits = part.sensor.map_or(0, |measures| precision(measures.class()));
        whole(self.scenario.sensor_value(self.device, part, self.at) * if digits == 1 { TENTHS } else { 1.0 })
    }

    /// The numbers of a sensor that is called so: value and status.
    pub(super) fn sensor_raws(&self, part: &PartSpec) -> Vec<i64> {
        vec![self.raw(part), i64::from(self.sensor_status(part))]
    }

    /// The device's parts, as discovery reads them.
    pub(super) fn parts(&self) -> Vec<Physical> {
        let there = self.kind.parts.iter().filter(|part| self.has_part(part));
        let told = |said: Option<String>| said.filter(|text| !text.is_empty());
        there
            .map(|part| Physical {
                index: part.index,
                within: part.within,
                position: i32::try_from(part.position).ok(),
                class: part.class,
                name: told(Some(part.name.clone())),
                descr: told(Some(self.part_descr(part))),
                model: told(part.model.clone()),
                serial: told(self.part_serial(part)),
                hardware: None,
                firmware: None,
                software: self.part_software(part).map(str::to_owned),
                maker: self.part_maker(part).map(str::to_owned),
                replaceable: Some(part.replaceable),
                if_index: self.part_interface(part),
            })
            .collect()
    }

    /// The gauges of its sensors, as discovery describes them.
    pub(super) fn sensor_gauges(&self, mib: &Registry) -> Vec<Gauge> {
        let names = if self.kind.optics {
            ["entSensorValue", "entSensorStatus"]
        } else {
            ["entPhySensorValue", "entPhySensorOperStatus"]
        };
        let [value, status] = names.map(|name| mib.oid(name).unwrap_or_else(|| Oid::new(&[])));
        let words =
            vec![(i64::from(OK), HealthStatus::Ok), (i64::from(NONOPERATIONAL), HealthStatus::Critical), (2, HealthStatus::Off)];
        let there = self.kind.sensors.iter().filter_map(|at| self.part(*at)).filter(|part| self.has_part(part));
        let gauge = |part: &PartSpec| {
            let class = part.sensor?.class();
            let factor = 10f64.powf(3.0 * (f64::from(scale(class)) - 9.0) - f64::from(precision(class)));
            let probe = |part_of: health::Part, oid: &Oid, factor: f64| Probe {
                part: part_of,
                oid: oid.child(&[part.index]),
                factor,
                reckoning: Reckoning::default(),
                absent: Vec::new(),
                words: Vec::new(),
                texts: Vec::new(),
            };
            let status = Probe { words: words.clone(), ..probe(health::Part::Status, &status, 1.0) };
            #[allow(clippy::cast_precision_loss, reason = "tenths of dBm")]
            let limit = |place: usize| LIGHT_LIMITS.get(place).map(|limit| whole(limit * TENTHS) as f64 * factor);
            let [low_critical, low_warning, high_warning, high_critical] = [0, 1, 2, 3].map(limit);
            let limits = Limits { low_critical, low_warning, high_warning, high_critical };
            Some(Gauge {
                kind: GaugeKind::Sensor(class),
                name: part.name.clone(),
                class: None,
                if_index: part.port.map(|port| IfIndex(self.if_index(port))),
                main: false,
                probes: vec![probe(health::Part::Value, &value, factor), status],
                limits: if class == SensorClass::Dbm { limits } else { Limits::default() },
                measured: Measured::default(),
            })
        };
        there.filter_map(gauge).collect()
    }
}
