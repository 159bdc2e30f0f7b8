//! What sensors measure: the classes of the contract with their words and units.

use serde::{Deserialize, Serialize};

/// What a sensor measures (contract §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum SensorClass {
    Temperature,
    Humidity,
    Voltage,
    Current,
    Power,
    Energy,
    Frequency,
    Fanspeed,
    Load,
    Runtime,
    Charge,
    State,
    Dbm,
    Signal,
    Airflow,
    Pressure,
    Waterflow,
    Delay,
    Count,
    Percent,
}

/// Each class, its word and the unit of its values.
pub(super) const CLASSES: [(SensorClass, &str, Option<&str>); 20] = [
    (SensorClass::Temperature, "temperature", Some("celsius")),
    (SensorClass::Humidity, "humidity", Some("percent")),
    (SensorClass::Voltage, "voltage", Some("volt")),
    (SensorClass::Current, "current", Some("ampere")),
    (SensorClass::Power, "power", Some("watt")),
    (SensorClass::Energy, "energy", Some("kWh")),
    (SensorClass::Frequency, "frequency", Some("hertz")),
    (SensorClass::Fanspeed, "fanspeed", Some("rpm")),
    (SensorClass::Load, "load", Some("percent")),
    (SensorClass::Runtime, "runtime", Some("minute")),
    (SensorClass::Charge, "charge", Some("percent")),
    (SensorClass::State, "state", None),
    (SensorClass::Dbm, "dbm", Some("dBm")),
    (SensorClass::Signal, "signal", Some("dBm")),
    (SensorClass::Airflow, "airflow", Some("cfm")),
    (SensorClass::Pressure, "pressure", Some("kPa")),
    (SensorClass::Waterflow, "waterflow", Some("l/min")),
    (SensorClass::Delay, "delay", Some("second")),
    (SensorClass::Count, "count", None),
    (SensorClass::Percent, "percent", Some("percent")),
];

impl SensorClass {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("", |(_, word, _)| word)
    }

    /// The unit of its values; `None` where they are bare numbers.
    pub fn unit(self) -> Option<&'static str> {
        CLASSES.iter().find(|(class, ..)| *class == self).and_then(|(.., unit)| *unit)
    }

    /// From the word of the contract.
    pub fn from_word(word: &str) -> Option<Self> {
        CLASSES.iter().find(|(_, known, _)| *known == word).map(|(class, ..)| *class)
    }
}
