//! What devices of a kind tell in tables of their own, and how discovery describes it: by the rules of `mibs/`.

use super::rows::Index;
use super::{View, octets};
use crate::mib::gauges::{GaugeRule, Limit, LimitWord, instance};
use crate::mib::{Registry, Syntax};
use crate::model::health::{Limits, Part, Probe};
use crate::model::{Gauge, GaugeKind, Measured, Oid};
use crate::sim::agent::MibView;
use crate::sim::hash::mix;
use crate::sim::scenario::tell::{Cell, Reading, Tell};
use crate::sim::truth::seconds_of;
use crate::wire::snmp::Value;
use std::collections::BTreeSet;

impl View<'_> {
    /// The cells of a number.
    pub(super) fn tell(&self, number: u16) -> Option<&Tell> {
        self.kind.tells.get(usize::from(number))
    }

    /// The index of a row of them.
    pub(super) fn told_index(&self, number: u16, row: usize) -> Index {
        self.tell(number).and_then(|tell| tell.rows.get(row)).map_or(Index::new(&[]), |arcs| Index::new(arcs))
    }

    /// What a row says, in the syntax of its object.
    pub(super) fn told(&self, number: u16, (row, syntax): (usize, Syntax)) -> Option<Value> {
        let reading = Reading {
            device: &self.node.name,
            chance: mix(self.scenario.seed ^ 0x7e11, u64::from(self.device)),
            at: self.at,
            moment: seconds_of(self.scenario.moment),
        };
        let number = match self.tell(number)?.cell(row, reading) {
            Cell::Text(text) => return Some(octets(self.with_serial(text).as_bytes())),
            Cell::Number(number) => number,
        };
        let unsigned = u32::try_from(number).unwrap_or(0);
        Some(match syntax {
            Syntax::Counter32 => Value::Counter32(unsigned),
            Syntax::Gauge32 | Syntax::Unsigned => Value::Gauge32(unsigned),
            Syntax::TimeTicks => Value::TimeTicks(unsigned),
            _ => Value::Integer(number),
        })
    }

    /// The number of a cell.
    fn number(&self, oid: &Oid) -> Option<f64> {
        self.get(oid).as_f64()
    }

    /// What it tells, as gauges.
    pub(super) fn told_gauges(&self, mib: &Registry) -> Vec<Gauge> {
        if self.kind.tells.is_empty() {
            return Vec::new();
        }
        let mut gauges = Vec::new();
        let mut groups: BTreeSet<&str> = BTreeSet::new();
        for rule in mib.gauges(self.kind.sys_object_id.as_ref()) {
            let group = rule.says.one_of.as_deref();
            if group.is_some_and(|group| groups.contains(group)) {
                continue;
            }
            let found = Told { view: self, mib, rule }.gauges();
            if !found.is_empty() {
                groups.extend(group);
            }
            gauges.extend(found);
        }
        gauges
    }

    /// What a gauge of it shows now.
    pub(super) fn told_now(&self, gauge: &Gauge) -> Measured {
        let raws: Vec<Option<f64>> = gauge.probes.iter().map(|probe| self.number(&probe.oid)).collect();
        gauge.measure(&raws)
    }
}

/// A rule at work on what is told. It knows no more than the cells of a file need: no scales, no reckoning, no names of other tables.
struct Told<'a> {
    view: &'a View<'a>,
    mib: &'a Registry,
    rule: &'a GaugeRule,
}

impl Told<'_> {
    fn tell(&self, object: &str) -> Option<&Tell> {
        self.view.kind.tells.iter().find(|tell| tell.object == object)
    }

    fn cell(&self, object: &str, row: &[u32]) -> Option<Value> {
        let tell = self.tell(object)?;
        let row: &[u32] =
            if tell.rows.iter().any(|own| own == row) { row } else { tell.rows.first().filter(|own| **own == [0])? };
        let value = self.view.get(&self.mib.oid(object)?.child(row));
        (!value.is_absent()).then_some(value)
    }

    fn gauges(&self) -> Vec<Gauge> {
        let parts = || self.rule.parts().map(|(_, name)| instance(name).0);
        let rows: BTreeSet<&Vec<u32>> = parts().filter_map(|name| self.tell(name)).flat_map(|tell| &tell.rows).collect();
        let found: Vec<(&Vec<u32>, Gauge)> = rows.into_iter().filter_map(|row| Some((row, self.gauge(row)?))).collect();
        let several = found.len() > 1;
        let named = found.into_iter().map(|(row, mut gauge)| {
            gauge.name = self.name(row, gauge.kind, several);
            gauge
        });
        named.collect()
    }

    fn gauge(&self, row: &[u32]) -> Option<Gauge> {
        let says = &self.rule.says;
        let counts = says.when.iter().all(|when| {
            let mark = self.cell(&when.column, row).and_then(|value| value.as_i64());
            when.is.is_empty() || mark.is_some_and(|mark| when.is.contains(&mark))
        });
        let factor = says.factor.unwrap_or(1.0) / says.divisor.unwrap_or(1.0);
        let mut probes: Vec<Probe> = Vec::new();
        for (part, object) in self.rule.parts() {
            if probes.iter().any(|probe| probe.part == part) || self.cell(object, row).is_none() {
                continue;
            }
            let is_status = part == Part::Status;
            probes.push(Probe {
                part,
                oid: self.mib.oid(object)?.child(row),
                factor: if is_status { 1.0 } else { factor },
                reckoning: if is_status { <_>::default() } else { says.reckoning.into() },
                absent: if is_status { Vec::new() } else { says.absent.clone() },
                texts: Vec::new(),
                words: says.status.iter().filter(|_| is_status).flat_map(|words| words.numbers()).collect(),
            });
        }
        let kind: GaugeKind = says.kind?.into();
        let mut gauge = Gauge {
            kind,
            name: String::new(),
            class: says.subject.clone(),
            if_index: None,
            main: says.main,
            probes,
            limits: self.limits(row, factor),
            measured: Measured::default(),
        };
        gauge.measured = self.view.told_now(&gauge);
        let known = gauge.measured.value.is_some() || gauge.measured.status != crate::model::HealthStatus::Unknown;
        (counts && !gauge.probes.is_empty() && known).then_some(gauge)
    }

    fn limits(&self, row: &[u32], factor: f64) -> Limits {
        let mut limits = Limits::default();
        for (word, limit) in &self.rule.says.limits {
            let value = match limit {
                Limit::Number(value) => Some(*value),
                Limit::Column(column) => {
                    self.cell(column, row).and_then(|value| value.as_f64()).filter(|raw| *raw != 0.0).map(|raw| raw * factor)
                }
            };
            *match word {
                LimitWord::LowCritical => &mut limits.low_critical,
                LimitWord::LowWarning => &mut limits.low_warning,
                LimitWord::HighWarning => &mut limits.high_warning,
                LimitWord::HighCritical => &mut limits.high_critical,
            } = value;
        }
        limits
    }

    fn name(&self, row: &[u32], kind: GaugeKind, several: bool) -> String {
        let says = &self.rule.says;
        let told = says.name.iter().flat_map(|names| names.as_slice()).find_map(|name| match self.cell(name, row)? {
            Value::Octets(octets) if !octets.is_empty() => Some(String::from_utf8_lossy(&octets).into_owned()),
            _ => None,
        });
        let number = row.last().filter(|_| several && told.is_none()).map(u32::to_string);
        let nothing = says.before.is_none() && says.after.is_none() && told.is_none();
        let word = nothing.then(|| {
            let mut letters = kind.word().chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        });
        [says.before.clone(), word, told, number, says.after.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
