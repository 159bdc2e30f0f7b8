//! Gauges out of the columns that the rules of `mibs/` name: sensors, processors, memory, storage, supplies, PoE.
//!
//! Start at [`health`]; what has to be read for it stands above: [`leads`] tell whether a rule has a row, [`wanted`] what is read then.

use super::columns::{Columns, text_to_nul};
use super::parts;
use super::plan::table_of;
use crate::mib::gauges::{GaugeRule, IndexOf, Limit, LimitWord, Thresholds, When, Words, instance};
use crate::mib::{Kind, Registry};
use crate::model::health::{Limits, MAX_GAUGES, Part, Probe};
use crate::model::{Gauge, GaugeKind, Health, HealthStatus, IfIndex, Oid, limit};
use crate::wire::snmp::Value;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a gauge's name at most: what a pane can show.
const MAX_NAME: usize = 80;

/// Rows of a table of parts that are asked for one by one: of more, the column is walked.
const MAX_ROWS: usize = 512;

/// What is read of a large table of parts: single rows of it.
const PARTS: &str = "entPhysicalTable";

/// The rules for the device of which this was read.
pub fn rules(columns: &Columns) -> Vec<&'static GaugeRule> {
    let id = columns.scalar("sysObjectID").and_then(|value| match value {
        Value::Oid(oid) => Some(oid),
        _ => None,
    });
    Registry::global().gauges(id)
}

/// Every object that the rules name: for a device of which everything is known.
pub fn objects(columns: &Columns) -> Vec<&'static str> {
    let all: BTreeSet<&'static str> = rules(columns).into_iter().flat_map(GaugeRule::objects).collect();
    all.into_iter().collect()
}

/// Tables and scalars of which a look tells whether the rules have rows.
pub fn leads(rules: &[&'static GaugeRule]) -> Vec<&'static str> {
    let all: BTreeSet<&'static str> = rules.iter().flat_map(|rule| rule.leads(Registry::global())).collect();
    all.into_iter().collect()
}

/// What is read of a device.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Scalars, in one request.
    pub scalars: Vec<&'static str>,
    /// Columns, walked side by side.
    pub columns: Vec<&'static str>,
}

/// What is read for those rules of which a lead is `present`, but names of parts.
pub fn wanted(rules: &[&'static GaugeRule], present: &BTreeSet<&'static str>) -> Wanted {
    let mib = Registry::global();
    let has_rows = |rule: &&&'static GaugeRule| rule.leads(mib).iter().any(|lead| present.contains(lead));
    let all: BTreeSet<&'static str> = rules.iter().filter(has_rows).flat_map(|rule| rule.objects()).collect();
    let is_scalar = |name: &&'static str| mib.object(name).is_some_and(|object| object.kind == Kind::Scalar);
    let (scalars, columns): (Vec<_>, Vec<_>) = all.into_iter().partition(is_scalar);
    let columns = columns.into_iter().filter(|name| table_of(name) != Some(PARTS)).collect();
    Wanted { scalars, columns }
}

/// The rows of the table of parts that name what was read; `None` where they are too many to be asked for singly.
pub fn parts(rules: &[&'static GaugeRule], columns: &Columns) -> BTreeMap<&'static str, Option<Vec<u32>>> {
    let mut rows: BTreeMap<&'static str, BTreeSet<u32>> = BTreeMap::new();
    let all = All::of(columns);
    for rule in rules {
        let names: Vec<&'static str> = rule.objects().into_iter().filter(|name| table_of(name) == Some(PARTS)).collect();
        if names.is_empty() {
            continue;
        }
        let indexes: BTreeSet<u32> = rows_of(rule, &all).into_iter().filter_map(|index| part_of(rule, &all, index)).collect();
        for name in names {
            rows.entry(name).or_default().extend(&indexes);
        }
    }
    rows.retain(|_, rows| !rows.is_empty());
    rows.into_iter().map(|(name, rows)| (name, (rows.len() <= MAX_ROWS).then(|| rows.into_iter().collect()))).collect()
}

/// The row of the table of parts that a row of a rule is about.
fn part_of(rule: &GaugeRule, all: &All<'_>, index: &[u32]) -> Option<u32> {
    match &rule.says.name_at {
        Some(column) => {
            all.find(column, index).and_then(|(_, value)| value.as_u64()).and_then(|number| u32::try_from(number).ok())
        }
        None => index.first().copied(),
    }
}

/// All gauges of a device.
pub fn health(columns: &Columns) -> Health {
    let all = All::of(columns);
    let mut gauges: Vec<Gauge> = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for rule in rules(columns) {
        let group = rule.says.one_of.as_deref();
        if group.is_some_and(|group| told.contains(group)) || gauges.len() >= MAX_GAUGES {
            continue;
        }
        let found = Reader { rule, all: &all }.gauges();
        if !found.is_empty() {
            told.extend(group);
        }
        gauges.extend(found);
    }
    Health::new(gauges)
}

/// The number of a value, or the first number of a text.
pub fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| first_number(&text_to_nul(value)?))
}

/// The number that a value has for a probe: of a state in words, that of its word.
pub fn raw(probe: &Probe, value: &Value) -> Option<f64> {
    if probe.texts.is_empty() {
        return number(value);
    }
    let said = spoken(value)?.to_lowercase();
    #[allow(clippy::cast_precision_loss, reason = "words have small numbers")]
    let told = probe.texts.iter().find(|(text, _)| *text == said).map(|(_, number)| *number as f64);
    told
}

fn first_number(text: &str) -> Option<f64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = text.split_at(start);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let number: f64 = rest.get(..end)?.trim_end_matches('.').parse().ok()?;
    Some(if before.ends_with('-') { -number } else { number })
}

type Rows<'a> = FxHashMap<&'a [u32], &'a Value>;

/// Rows by column, by index.
struct All<'a> {
    rows: FxHashMap<&'static str, Rows<'a>>,
    ports: Ports,
}

impl<'a> All<'a> {
    fn of(columns: &'a Columns) -> Self {
        let names = objects(columns);
        Self { rows: names.into_iter().map(|name| (name, columns.rows(name).collect())).collect(), ports: Ports::of(columns) }
    }

    fn column(&self, name: &str) -> Option<&Rows<'a>> {
        self.rows.get(name)
    }

    /// The value at an index, and the index under which it stands: the whole one, else what it begins with, else what it ends in. A
    /// scalar has one value for all.
    fn find(&self, name: &str, index: &[u32]) -> Option<(Vec<u32>, &'a Value)> {
        let (name, row) = instance(name);
        let rows = self.column(name)?;
        if let Some(row) = row {
            return Some((row.arcs().to_vec(), *rows.get(row.arcs())?));
        }
        let whole = std::iter::once(index);
        let fronts = (1..index.len()).rev().filter_map(|length| index.get(..length));
        let ends = (1..index.len()).filter_map(|from| index.get(from..));
        let scalar: &[u32] = &[0];
        let is_scalar = Registry::global().object(name).is_some_and(|object| object.kind == Kind::Scalar);
        let probes = whole.chain(fronts).chain(ends).filter(|_| !is_scalar).chain(is_scalar.then_some(scalar));
        let mut found = probes.filter_map(|probe| Some((probe.to_vec(), *rows.get(probe)?)));
        found.next()
    }

    /// The number that a row is told apart by; of an OID the last.
    fn mark(&self, name: &str, index: &[u32]) -> Option<i64> {
        match self.find(name, index)?.1 {
            Value::Oid(oid) => oid.arcs().last().map(|arc| i64::from(*arc)),
            value => value.as_i64(),
        }
    }
}

/// Which interfaces rows are about.
struct Ports {
    known: BTreeSet<IfIndex>,
    by_part: BTreeMap<u32, IfIndex>,
    by_name: BTreeMap<String, IfIndex>,
}

impl Ports {
    fn of(columns: &Columns) -> Self {
        let named = |column| columns.by_if_index(column).filter_map(|(port, value)| Some((text_to_nul(value)?, port)));
        Self {
            known: columns.by_if_index("ifDescr").map(|(port, _)| port).collect(),
            by_part: parts::interfaces(columns),
            by_name: named("ifDescr").chain(named("ifName")).collect(),
        }
    }

    /// The interface of a row whose index begins with an ifIndex or with a part of the device.
    fn of_row(&self, rule: &GaugeRule, index: &[u32]) -> Option<IfIndex> {
        let first = *index.first()?;
        match rule.index_of(Registry::global())? {
            IndexOf::Interface => Some(IfIndex(first)).filter(|port| self.known.contains(port)),
            IndexOf::Part => self.by_part.get(&first).copied(),
        }
    }

    /// The interface with which the name of a part begins: agents without entAliasMappingTable write it there.
    fn called(&self, rule: &GaugeRule, name: &str) -> Option<IfIndex> {
        let word = name.split(' ').next().filter(|word| word.contains('/'))?;
        let is_part = rule.index_of(Registry::global()) == Some(IndexOf::Part);
        self.by_name.get(word).copied().filter(|_| is_part)
    }
}

/// The indexes of all rows of a rule, in order.
fn rows_of<'a>(rule: &GaugeRule, all: &All<'a>) -> BTreeSet<&'a [u32]> {
    let parts = || rule.parts().filter(|(part, _)| *part != Part::Reclaimable).map(|(_, name)| instance(name));
    let own = parts().filter(|(_, row)| row.is_none()).filter_map(|(name, _)| all.column(name));
    let indexes: BTreeSet<&[u32]> = own.flat_map(|rows| rows.keys().copied()).collect();
    if indexes.is_empty() {
        // A rule of single cells: the first is its row.
        let cells = parts().filter_map(|(name, row)| Some((all.column(name)?, row?)));
        let found = cells.filter_map(|(rows, row)| rows.get_key_value(row.arcs()).map(|(index, _)| *index));
        return found.take(1).collect();
    }
    // Where a total or a status stands in another table, its rows are of another thing.
    let longest = indexes.iter().map(|index| index.len()).max().unwrap_or(0);
    indexes.into_iter().filter(|index| index.len() == longest).collect()
}

/// One rule at work.
struct Reader<'a> {
    rule: &'static GaugeRule,
    all: &'a All<'a>,
}

impl Reader<'_> {
    fn gauges(&self) -> Vec<Gauge> {
        let mut rows: Vec<&[u32]> = rows_of(self.rule, self.all).into_iter().collect();
        limit::DEVICE_GAUGES.cut(&mut rows);
        let found: Vec<(&[u32], Gauge)> = rows.into_iter().filter_map(|index| Some((index, self.gauge(index)?))).collect();
        let several = found.len() > 1;
        let numbers = ordinals(found.iter().map(|(index, _)| *index));
        let named = found.into_iter().zip(numbers).map(|((index, mut gauge), number)| {
            gauge.name = self.name(index, gauge.kind, several.then_some(number));
            gauge.if_index = self.all.ports.of_row(self.rule, index).or_else(|| self.all.ports.called(self.rule, &gauge.name));
            gauge
        });
        named.collect()
    }

    /// What a row says, still without a name; `None` where it says nothing or does not count.
    fn gauge(&self, index: &[u32]) -> Option<Gauge> {
        if !self.counts(index) {
            return None;
        }
        let kind = self.kind(index)?;
        let (probes, raws) = self.probes(index)?;
        let limits = self.limits(index);
        let kind_of_supply = self.rule.says.class.as_ref().and_then(|column| self.word(column, index));
        let class = kind_of_supply.or_else(|| self.rule.says.subject.clone());
        let mut gauge = Gauge {
            kind,
            name: String::new(),
            class,
            if_index: None,
            main: self.rule.says.main,
            probes,
            limits,
            measured: <_>::default(),
        };
        gauge.measured = gauge.measure(&raws);
        (gauge.measured.value.is_some() || gauge.measured.status != HealthStatus::Unknown).then_some(gauge)
    }

    fn counts(&self, index: &[u32]) -> bool {
        let absent = self.rule.says.status.as_ref().is_some_and(|words| {
            let mark = || self.all.mark(&words.column, index);
            let said = || spoken(self.all.find(&words.column, index)?.1).map(|said| said.to_lowercase());
            let number = if words.texts.is_empty() { mark() } else { said().and_then(|said| words.texts.get(&said).copied()) };
            number.is_some_and(|number| words.absent.contains(&number))
        });
        !absent && self.rule.says.when.iter().all(|when| self.fits(when, index))
    }

    fn fits(&self, when: &When, index: &[u32]) -> bool {
        let by_index = |place: usize| index.get(place.checked_sub(1)?).map(|number| i64::from(*number));
        let mark = when.index.map_or_else(|| self.all.mark(&when.column, index), by_index);
        let text = || spoken(self.all.find(&when.column, index)?.1).unwrap_or_default().into();
        let text: Option<String> = if when.index.is_none() { text() } else { None };
        let text = text.as_deref();
        (when.is.is_empty() || mark.is_some_and(|mark| when.is.contains(&mark)))
            && !mark.is_some_and(|mark| when.not.contains(&mark))
            && (!when.known || text.is_some())
            && (!when.anywhere || self.all.column(&when.column).is_some_and(|rows| !rows.is_empty()))
            && !text.is_some_and(|text| is_under(text, &when.not_under))
            && !text.is_some_and(|text| when.not_with.iter().any(|part| text.contains(part.as_str())))
            && !text.is_some_and(|text| when.not_says.iter().any(|said| said == text))
            && (when.says.is_empty() || text.is_some_and(|text| when.says.iter().any(|said| said == text)))
    }

    fn kind(&self, index: &[u32]) -> Option<GaugeKind> {
        if let Some(word) = self.rule.says.kind {
            return Some(word.into());
        }
        let by = self.rule.says.kind_by.as_ref()?;
        let word = self.word(&by.column, index)?;
        by.words.get(&word).map(|word| (*word).into())
    }

    /// The word of a number in a column.
    fn word(&self, column: &str, index: &[u32]) -> Option<String> {
        let number = self.all.find(column, index)?.1.as_i64()?;
        Registry::global().object(column)?.word(number).map(str::to_owned)
    }

    /// What is asked for a row, and the numbers that the inventory read; `None` where none is there.
    fn probes(&self, index: &[u32]) -> Option<(Vec<Probe>, Vec<Option<f64>>)> {
        let says = &self.rule.says;
        let (mut probes, mut raws) = (Vec::new(), Vec::new());
        for (part, column) in self.rule.parts() {
            if part != Part::Reclaimable && probes.iter().any(|probe: &Probe| probe.part == part) {
                continue;
            }
            let Some((at, value)) = self.all.find(column, index) else { continue };
            let oid: Oid = Registry::global().oid(instance(column).0)?.child(&at);
            let scaled = !matches!(part, Part::Status | Part::Percent);
            let factor = self.factor(if instance(column).1.is_some() { &at } else { index })?;
            let status = || says.status.iter().filter(|_| part == Part::Status);
            let probe = Probe {
                part,
                oid,
                factor: if scaled { factor } else { 1.0 },
                reckoning: if part == Part::Status { <_>::default() } else { says.reckoning.into() },
                absent: if part == Part::Status { Vec::new() } else { says.absent.clone() },
                words: status().flat_map(Words::numbers).collect(),
                texts: status().flat_map(|words| &words.texts).map(|(text, number)| (text.to_lowercase(), *number)).collect(),
            };
            raws.push(raw(&probe, value));
            probes.push(probe);
        }
        let tells = |probe: &Probe| !matches!(probe.part, Part::Total | Part::Reclaimable);
        probes.iter().any(tells).then_some((probes, raws))
    }

    /// What multiplies the numbers of a row; `None` where a column that should say it does not.
    fn factor(&self, index: &[u32]) -> Option<f64> {
        let says = &self.rule.says;
        let by = |column: &Option<String>| match column {
            None => Some(None),
            Some(column) => Some(Some(self.all.find(column, index).and_then(|(_, value)| number(value))?)),
        };
        let units = by(&says.factor_by)?.unwrap_or(1.0);
        // SensorDataScale: units(9), each step a thousand (RFC 3433).
        let scale = by(&says.scale_by)?.map_or(0.0, |scale| 3.0 * (scale - 9.0));
        // SensorPrecision below 0 counts digits that are accurate, and shifts nothing.
        let digits = by(&says.precision_by)?.unwrap_or(0.0).clamp(0.0, 9.0);
        Some(says.factor.unwrap_or(1.0) / says.divisor.unwrap_or(1.0) * units * 10f64.powf(scale - digits))
            .filter(|factor| factor.is_finite() && *factor != 0.0)
    }

    fn limits(&self, index: &[u32]) -> Limits {
        let says = &self.rule.says;
        let mut limits = Limits::default();
        let scaled = |raw: f64| {
            let probe = Probe {
                part: Part::Value,
                oid: Oid::new(&[]),
                factor: self.factor(index)?,
                reckoning: says.reckoning.into(),
                absent: says.absent.clone(),
                words: Vec::new(),
                texts: Vec::new(),
            };
            probe.value(raw)
        };
        for (word, limit) in &says.limits {
            let value = match limit {
                Limit::Number(value) => Some(*value),
                // A limit of 0 is one that was never set.
                Limit::Column(column) => {
                    self.all.find(column, index).and_then(|(_, value)| number(value)).filter(|raw| *raw != 0.0).and_then(scaled)
                }
            };
            *slot(&mut limits, *word) = value;
        }
        for (word, raw) in says.thresholds.iter().flat_map(|of| self.thresholds(of, index)) {
            *slot(&mut limits, word) = scaled(raw);
        }
        limits
    }

    /// The limits of a row in a table of their own.
    fn thresholds(&self, of: &Thresholds, index: &[u32]) -> Vec<(LimitWord, f64)> {
        /// SensorThresholdSeverity major: from there on it is critical.
        const MAJOR: i64 = 20;
        let Some(rows) = self.all.column(&of.value) else { return Vec::new() };
        let mut own: Vec<(&[u32], &Value)> = rows
            .iter()
            .filter(|(at, _)| at.len() == index.len() + 1 && at.starts_with(index))
            .map(|(at, value)| (*at, *value))
            .collect();
        own.sort_unstable_by_key(|(at, _)| *at);
        let limit = |(at, value): (&[u32], &Value)| {
            let at_this = |column: &str| self.all.column(column)?.get(at)?.as_i64();
            let is_critical = at_this(&of.severity)? >= MAJOR;
            let word = match (at_this(&of.relation)?, is_critical) {
                (1 | 2, true) => LimitWord::LowCritical,
                (1 | 2, false) => LimitWord::LowWarning,
                (3 | 4, true) => LimitWord::HighCritical,
                (3 | 4, false) => LimitWord::HighWarning,
                _ => return None,
            };
            Some((word, number(value)?))
        };
        own.into_iter().filter_map(limit).collect()
    }

    /// The name of a row: what a column says, with the rule's words around it; `number` tells rows apart that none names.
    fn name(&self, index: &[u32], kind: GaugeKind, number: Option<u32>) -> String {
        let says = &self.rule.says;
        let at = match &says.name_at {
            Some(column) => self.all.find(column, index).and_then(|(_, value)| Some(vec![u32::try_from(value.as_u64()?).ok()?])),
            None => Some(index.to_vec()),
        };
        let columns = says.name.iter().flat_map(|names| names.as_slice());
        let told = at.and_then(|at| columns.filter_map(|column| self.all.find(column, &at)).find_map(|(_, value)| spoken(value)));
        let row = || says.row_names.get(&Oid::new(index).to_string()).cloned();
        let cut = |told: String| says.cut.iter().find_map(|end| told.strip_suffix(end.as_str())).unwrap_or(&told).to_owned();
        let told = told.map(cut).or_else(row);
        let default = (says.before.is_none() && says.after.is_none() && told.is_none()).then(|| capital(kind.word()));
        let number = if told.is_none() { number.map(|number| number.to_string()) } else { None };
        // "Tray" in front of "Tray 1" says nothing more.
        let is_said = |word: &String| told.as_ref().is_some_and(|told| told.to_lowercase().contains(&word.to_lowercase()));
        let before = says.before.clone().filter(|word| !is_said(word));
        let row = index.last().filter(|_| says.numbered && number.is_none()).map(|number| number.to_string());
        let words = [before, default, told, number, says.after.clone(), row];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect()
    }
}

const fn slot(limits: &mut Limits, word: LimitWord) -> &mut Option<f64> {
    match word {
        LimitWord::LowCritical => &mut limits.low_critical,
        LimitWord::LowWarning => &mut limits.low_warning,
        LimitWord::HighWarning => &mut limits.high_warning,
        LimitWord::HighCritical => &mut limits.high_critical,
    }
}

/// What tells rows apart for people: the last number of the index where that is small and different, else the place.
fn ordinals<'a>(indexes: impl Iterator<Item = &'a [u32]>) -> Vec<u32> {
    /// Numbers that people count to.
    const SMALL: u32 = 1000;
    let lasts: Vec<u32> = indexes.map(|index| index.last().copied().unwrap_or(0)).collect();
    let distinct: BTreeSet<u32> = lasts.iter().copied().collect();
    if distinct.len() == lasts.len() && distinct.iter().all(|last| *last < SMALL) {
        lasts
    } else {
        (1..).zip(&lasts).map(|(place, _)| place).collect()
    }
}

/// A text as one line without control characters, or a number; `None` where it says nothing.
fn spoken(value: &Value) -> Option<String> {
    let text = match text_to_nul(value) {
        Some(text) => text,
        None => return value.as_u64().map(|number| number.to_string()),
    };
    let line = text.trim().lines().next().unwrap_or("").replace(|c: char| c.is_control(), " ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// Whether a path is one of `roots` or lies under one; what follows another sign than a letter or digit does.
fn is_under(path: &str, roots: &[String]) -> bool {
    let rest = |root: &String| path.strip_prefix(root.as_str());
    roots.iter().filter_map(rest).any(|rest| !rest.starts_with(|c: char| c.is_alphabetic()))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
