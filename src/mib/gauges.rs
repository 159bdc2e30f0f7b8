//! What is measured of a device, as data: which column or scalar says what of its sensors, processors, memory, storage, supplies and PoE.
//!
//! A `[[gauges]]` section of a file is one rule; `collect::snmp::tables::health` makes gauges of the rows that fit. There are no
//! expressions: what is done to a number is a factor, columns that scale it, and a named reckoning.

use super::file::MibFile;
use super::neighbours::Names;
use super::object::Kind;
use super::registry::{MibFault, Registry};
use crate::model::Oid;
use crate::model::health::{GaugeKind, HealthStatus, Part, Reckoning, SensorClass, subject};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is measured by one table or a few scalars. It is asked of the devices of the file's `enterprises`, of all devices where the file
/// names none.
///
/// Each row that one of the columns `value`, `used`, `free`, `total`, `percent` or `status` has, and that `when` lets through, is a gauge,
/// unless nothing is known of it. Of several columns of one key the first that the row has counts. Columns of other tables are found by
/// the whole index of the row, else by what its index begins with, else by what it ends in; a row behind the name of a column
/// (`hrStorageSize.1`) is that row for all.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Gauges {
    /// What is measured.
    pub kind: Option<GaugeWord>,
    /// Where a column says what is measured; a row of another word is no gauge.
    pub kind_by: Option<KindBy>,
    /// The value of a sensor or of PoE, the load of a processor.
    pub value: Option<Names>,
    /// Of memory, storage or supplies: what is used, or left of a supply.
    pub used: Option<Names>,
    /// What is free.
    pub free: Option<Names>,
    /// What counts as used and is not (buffers, caches): all of them.
    pub reclaimable: Vec<String>,
    /// What there is.
    pub total: Option<Names>,
    /// What is used, percent: needs no factor.
    pub percent: Option<Names>,
    /// How it is.
    pub status: Option<Words>,
    /// Columns that name it.
    pub name: Option<Names>,
    /// The column that holds the index of the row of `name`.
    pub name_at: Option<String>,
    /// The names of rows that the agent names nowhere, by their index: `{ "1.2" = "prints, black" }`.
    pub row_names: BTreeMap<String, String>,
    /// The last number of the row's index stands behind the name: cores of one processor.
    pub numbered: bool,
    /// Ends of names that say nothing: they are cut off.
    pub cut: Vec<String>,
    /// What its index begins with, where its table does not call it `ifIndex` or `entPhysicalIndex`.
    pub index: Option<IndexOf>,
    /// Words in front of the name unless it has them itself, or in its place.
    pub before: Option<String>,
    /// Words behind the name.
    pub after: Option<String>,
    /// The column that says of what kind a supply is, by its words.
    pub class: Option<String>,
    /// What a sensor is about, where a pane has to know: one of the words of `model::health::subject`.
    pub subject: Option<String>,
    /// Multiplies the numbers.
    pub factor: Option<f64>,
    /// Divides them.
    pub divisor: Option<f64>,
    /// A column that multiplies them too: allocation units. Of a part that is one row for all (`hrStorageSize.1`) that row's counts.
    pub factor_by: Option<String>,
    /// A column of SensorDataScale (RFC 3433): 8 is thousandths, 9 units, 10 thousands.
    pub scale_by: Option<String>,
    /// A column of SensorPrecision (RFC 3433): digits behind the point.
    pub precision_by: Option<String>,
    /// What else is done to the numbers.
    pub reckoning: Reckoned,
    /// Numbers that say that nothing is known.
    pub absent: Vec<i64>,
    /// Rows that count.
    pub when: Vec<When>,
    /// Beyond which it is not well: columns, or numbers as they would be read.
    pub limits: BTreeMap<LimitWord, Limit>,
    /// Limits in a table of their own.
    pub thresholds: Option<Thresholds>,
    /// Of the sections with the same word here, only the first that has a row counts; a vendor's own come first.
    pub one_of: Option<String>,
    /// Whether it stands for the whole device: the main memory, the load of all processors together.
    pub main: bool,
    /// Only devices whose sysObjectID lies under one of these, written from the enterprise number on.
    pub under: Vec<String>,
}

/// What is measured, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum GaugeWord {
    Processor,
    Memory,
    Storage,
    Supply,
    PoeBudget,
    PoeUsed,
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

impl From<GaugeWord> for GaugeKind {
    fn from(word: GaugeWord) -> Self {
        let class = match word {
            GaugeWord::Processor => return Self::Processor,
            GaugeWord::Memory => return Self::Memory,
            GaugeWord::Storage => return Self::Storage,
            GaugeWord::Supply => return Self::Supply,
            GaugeWord::PoeBudget => return Self::PoeBudget,
            GaugeWord::PoeUsed => return Self::PoeUsed,
            GaugeWord::Temperature => SensorClass::Temperature,
            GaugeWord::Humidity => SensorClass::Humidity,
            GaugeWord::Voltage => SensorClass::Voltage,
            GaugeWord::Current => SensorClass::Current,
            GaugeWord::Power => SensorClass::Power,
            GaugeWord::Energy => SensorClass::Energy,
            GaugeWord::Frequency => SensorClass::Frequency,
            GaugeWord::Fanspeed => SensorClass::Fanspeed,
            GaugeWord::Load => SensorClass::Load,
            GaugeWord::Runtime => SensorClass::Runtime,
            GaugeWord::Charge => SensorClass::Charge,
            GaugeWord::State => SensorClass::State,
            GaugeWord::Dbm => SensorClass::Dbm,
            GaugeWord::Signal => SensorClass::Signal,
            GaugeWord::Airflow => SensorClass::Airflow,
            GaugeWord::Pressure => SensorClass::Pressure,
            GaugeWord::Waterflow => SensorClass::Waterflow,
            GaugeWord::Delay => SensorClass::Delay,
            GaugeWord::Count => SensorClass::Count,
            GaugeWord::Percent => SensorClass::Percent,
        };
        Self::Sensor(class)
    }
}

/// A column whose numbers say what is measured.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KindBy {
    /// The column.
    pub column: String,
    /// Its words, and what each is.
    pub words: BTreeMap<String, GaugeWord>,
}

/// A column of states, and what its numbers mean. Others are unknown.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Words {
    /// The column.
    pub column: String,
    pub ok: Vec<i64>,
    pub warning: Vec<i64>,
    pub critical: Vec<i64>,
    /// Switched off, or taken out while it was watched.
    pub off: Vec<i64>,
    /// There is nothing: no gauge is made of the row. If it comes to that later, it is off.
    pub absent: Vec<i64>,
    /// Of an agent that says its state in words: the number of each, which is the value of the state too. Capitals don't count.
    pub texts: BTreeMap<String, i64>,
}

impl Words {
    /// All numbers and what each means.
    pub fn numbers(&self) -> Vec<(i64, HealthStatus)> {
        let of = [
            (&self.ok, HealthStatus::Ok),
            (&self.warning, HealthStatus::Warning),
            (&self.critical, HealthStatus::Critical),
            (&self.off, HealthStatus::Off),
            (&self.absent, HealthStatus::Off),
        ];
        of.into_iter().flat_map(|(numbers, status)| numbers.iter().map(move |number| (*number, status))).collect()
    }
}

/// What is done to a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reckoned {
    /// Nothing but the factor.
    #[default]
    Linear,
    /// 100 less the number: percent idle, percent free.
    Rest,
    /// Power to dBm; the factor makes milliwatts of it.
    Decibels,
    /// Degrees Fahrenheit.
    Fahrenheit,
    /// Kelvin.
    Kelvin,
}

impl From<Reckoned> for Reckoning {
    fn from(word: Reckoned) -> Self {
        match word {
            Reckoned::Linear => Self::Linear,
            Reckoned::Rest => Self::Rest,
            Reckoned::Decibels => Self::Decibels,
            Reckoned::Fahrenheit => Self::Fahrenheit,
            Reckoned::Kelvin => Self::Kelvin,
        }
    }
}

/// A row counts by a number of it; of an OID the last number counts. Everything that is said has to be so.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct When {
    /// The column.
    pub column: String,
    /// In place of a column: the number at this place of the row's own index, from 1.
    pub index: Option<usize>,
    /// It is one of these.
    pub is: Vec<i64>,
    /// It is none of these, or nothing.
    pub not: Vec<i64>,
    /// Its text is none of these paths and lies under none: `/run` leaves `/run/lock` out, and `/runner` in.
    pub not_under: Vec<String>,
    /// None of these stands in its text.
    pub not_with: Vec<String>,
    /// Its text is none of these.
    pub not_says: Vec<String>,
    /// It is told at all.
    pub known: bool,
    /// It is told of any row, whichever.
    pub anywhere: bool,
    /// Its text is one of these.
    pub says: Vec<String>,
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum LimitWord {
    LowCritical,
    LowWarning,
    HighWarning,
    HighCritical,
}

/// Where a limit stands.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Limit {
    /// The limit itself, in the unit of the value.
    Number(f64),
    /// A column; its numbers are scaled as the value is.
    Column(String),
}

/// A table of limits: its index is that of the value and a number (CISCO-ENTITY-SENSOR-MIB entSensorThresholdTable).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Thresholds {
    /// The limit.
    pub value: String,
    /// lessThan(1), lessOrEqual(2), greaterThan(3), greaterOrEqual(4)
    pub relation: String,
    /// minor(10), major(20), critical(30)
    pub severity: String,
}

/// The name of an object and the row of it that is meant, whichever row is read: `hrStorageSize.1`.
pub fn instance(name: &str) -> (&str, Option<Oid>) {
    match name.split_once('.') {
        Some((object, row)) => (object, row.parse().ok()),
        None => (name, None),
    }
}

/// What the index of a row begins with: so it is known which interface is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndexOf {
    /// ifIndex
    Interface,
    /// entPhysicalIndex
    Part,
}

/// A rule, ready to be used.
#[derive(Debug)]
pub struct GaugeRule {
    file: String,
    /// Nodes of sysObjectIDs; empty for all devices.
    under: Vec<Oid>,
    /// What it says.
    pub says: Gauges,
}

impl GaugeRule {
    /// From every section of a file.
    pub(super) fn of_file(name: &str, file: &MibFile, registry: &Registry) -> Vec<Self> {
        let root = registry.oid("enterprises").unwrap_or_else(|| Oid::new(&[]));
        let enterprises: Vec<Oid> = file.enterprises.iter().map(|number| root.child(&[*number])).collect();
        let rule = |says: &Gauges| {
            let own = says.under.iter().filter_map(|below| Some(root.child(below.parse::<Oid>().ok()?.arcs())));
            let under = if says.under.is_empty() { enterprises.clone() } else { own.collect() };
            Self { file: name.to_owned(), under, says: says.clone() }
        };
        file.gauges.iter().map(rule).collect()
    }

    /// Whether it is asked of devices with this sysObjectID.
    pub fn is_for(&self, sys_object_id: Option<&Oid>) -> bool {
        self.under.is_empty() || sys_object_id.is_some_and(|id| self.under.iter().any(|node| id.starts_with(node)))
    }

    /// Whether it is of some devices only.
    pub const fn is_vendors(&self) -> bool {
        !self.under.is_empty()
    }

    /// The objects that are polled: what each says, in the order of preference.
    pub fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        let says = &self.says;
        let pairs = [
            (Part::Value, &says.value),
            (Part::Used, &says.used),
            (Part::Free, &says.free),
            (Part::Total, &says.total),
            (Part::Percent, &says.percent),
        ];
        let named = pairs
            .into_iter()
            .flat_map(|(part, names)| names.iter().flat_map(Names::as_slice).map(move |name| (part, name.as_str())));
        let reclaimable = says.reclaimable.iter().map(|name| (Part::Reclaimable, name.as_str()));
        let status = says.status.iter().map(|words| (Part::Status, words.column.as_str()));
        named.chain(reclaimable).chain(status)
    }

    /// What its index begins with, as it says or as its table calls it.
    pub fn index_of(&self, registry: &Registry) -> Option<IndexOf> {
        let called = || {
            let (_, column) = self.parts().next()?;
            match registry.table_of(instance(column).0)?.index.first()?.as_str() {
                "ifIndex" => Some(IndexOf::Interface),
                "entPhysicalIndex" => Some(IndexOf::Part),
                _ => None,
            }
        };
        self.says.index.or_else(called)
    }

    /// Every object that is read of it, without instances.
    pub fn objects(&self) -> BTreeSet<&str> {
        let says = &self.says;
        let limits = says.limits.values().filter_map(|limit| match limit {
            Limit::Column(name) => Some(name.as_str()),
            Limit::Number(_) => None,
        });
        let thresholds = says.thresholds.iter().flat_map(|of| [&of.value, &of.relation, &of.severity]);
        let single = [&says.name_at, &says.class, &says.factor_by, &says.scale_by, &says.precision_by].into_iter().flatten();
        let several = says.when.iter().map(|when| &when.column).chain(says.kind_by.iter().map(|by| &by.column));
        let named = thresholds.chain(single).chain(several).chain(says.name.iter().flat_map(Names::as_slice));
        let all = self.parts().map(|(_, name)| name).chain(limits).chain(named.map(String::as_str));
        all.filter(|name| !name.is_empty()).map(|name| instance(name).0).collect()
    }

    /// The objects of which one is there where the rule has a row: tables, columns that stand alone, scalars.
    pub fn leads<'a>(&'a self, registry: &'a Registry) -> BTreeSet<&'a str> {
        let lead = |name: &'a str| {
            let (name, _) = instance(name);
            registry.table_of(name).map_or(name, |table| table.name.as_str())
        };
        self.parts().filter(|(part, _)| *part != Part::Reclaimable).map(|(_, name)| lead(name)).collect()
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self, registry: &Registry) -> Vec<MibFault> {
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(MibFault { file: self.file.clone(), what: format!("gauges: {what}") });
        for name in self.objects() {
            if registry.object(name).is_none_or(|object| !matches!(object.kind, Kind::Column | Kind::Scalar)) {
                fault(format!("no column or scalar is called {name:?}"));
            }
        }
        if self.says.kind.is_some() == self.says.kind_by.is_some() {
            fault("either `kind` or `kind-by` is needed".to_owned());
        }
        if let Some(by) = &self.says.kind_by {
            let known = registry.object(&by.column);
            for word in by.words.keys() {
                if known.is_some_and(|object| object.enums.iter().all(|(_, known)| known != word)) {
                    fault(format!("{} has no word {word:?}", by.column));
                }
            }
        }
        let is_pool = matches!(self.says.kind, Some(GaugeWord::Memory | GaugeWord::Storage | GaugeWord::Supply));
        let has_pool = self.parts().any(|(part, _)| matches!(part, Part::Used | Part::Free | Part::Percent));
        if is_pool && !has_pool {
            fault("of a pool `used`, `free` or `percent` is needed".to_owned());
        }
        if !is_pool && self.says.value.is_none() && self.says.status.is_none() {
            fault("`value` or `status` is needed".to_owned());
        }
        for when in self.says.when.iter().filter(|when| when.column.is_empty() == when.index.is_none_or(|place| place == 0)) {
            fault(format!("`when` needs either a column or a place of the index, from 1: {when:?}"));
        }
        for row in self.says.row_names.keys().filter(|row| row.parse::<Oid>().is_err()) {
            fault(format!("{row:?} is no index of a row"));
        }
        let named = self.says.subject.as_deref();
        if let Some(unknown) = named.filter(|named| !subject::all().any(|known| known == *named)) {
            fault(format!("no subject is called {unknown:?}: {}", subject::all().collect::<Vec<_>>().join(" ")));
        }
        if named.is_some() && (is_pool || self.says.class.is_some()) {
            fault("only a sensor has a subject".to_owned());
        }
        for below in self.says.under.iter().filter(|below| below.parse::<Oid>().is_err()) {
            fault(format!("{below:?} is not dotted numbers from the enterprise number on"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendors_rules_come_first_and_only_for_its_devices() {
        let mib = Registry::builtin();
        let rules = |id: &str| mib.gauges(Some(&id.parse().unwrap()));
        let (cisco, other) = (rules("1.3.6.1.4.1.9.1.1208"), rules("1.3.6.1.4.1.99999.1"));
        assert!(cisco.first().is_some_and(|rule| rule.is_vendors()));
        assert!(other.iter().all(|rule| !rule.is_vendors()) && !other.is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_section_is_said() {
        const TABLE: &str = "[[table]]\nname = \"xFanTable\"\noid = \"1.3.6.1.4.1.99999.1\"\nindex = [\"a\"]\n[table.columns]\n\
             xFanSpeed = { id = 2, syntax = \"integer\" }\nxFanType = { id = 3, syntax = \"integer\", enums = { fan = 1 } }\n";
        for (section, want) in [
            ("kind = \"fanspeed\"\nvalue = \"xFanSpeed\"", None),
            ("kind = \"fanspeed\"\nvalue = \"xNothing\"", Some("no column or scalar is called")),
            ("kind = \"fanspeed\"\nvalue = \"xFanTable\"", Some("no column or scalar is called")),
            ("kind = \"breeze\"\nvalue = \"xFanSpeed\"", Some("unknown variant")),
            ("kind = \"fanspeed\"", Some("`value` or `status` is needed")),
            ("kind = \"memory\"\ntotal = \"xFanSpeed\"", Some("`used`, `free` or `percent`")),
            ("value = \"xFanSpeed\"", Some("either `kind` or `kind-by`")),
            ("value = \"xFanSpeed\"\nkind-by = { column = \"xFanType\", words = { fan = \"fanspeed\" } }", None),
            ("value = \"xFanSpeed\"\nkind-by = { column = \"xFanType\", words = { van = \"fanspeed\" } }", Some("has no word")),
            ("kind = \"count\"\nvalue = \"xFanSpeed\"\nsubject = \"trunk\"", None),
            ("kind = \"count\"\nvalue = \"xFanSpeed\"\nsubject = \"breeze\"", Some("no subject is called")),
            ("kind = \"supply\"\npercent = \"xFanSpeed\"\nsubject = \"trunk\"", Some("only a sensor")),
            ("kind = \"fanspeed\"\nvalue = \"xFanSpeed\"\nunder = [\"x.y\"]", Some("dotted numbers")),
            ("kind = \"fanspeed\"\nvalue = \"xFanSpeed\"\nwhen = [{ index = 1, is = [2] }]", None),
            ("kind = \"fanspeed\"\nvalue = \"xFanSpeed\"\nwhen = [{ is = [2] }]", Some("a place of the index")),
            ("kind = \"fanspeed\"\nvalue = \"xFanSpeed\"\nrow-names = { \"1.2\" = \"left\" }", None),
            ("kind = \"fanspeed\"\nvalue = \"xFanSpeed\"\nrow-names = { left = \"left\" }", Some("no index of a row")),
        ] {
            let text = format!("{TABLE}[[gauges]]\n{section}\n");
            let (_, faults) = crate::mib::check::check(&[("x.toml", &text)]);
            match want {
                None => assert!(faults.is_empty(), "{section}: {faults:?}"),
                Some(want) => assert!(faults.iter().any(|fault| fault.what.contains(want)), "{section}: {faults:?}"),
            }
        }
    }
}
