//! Who did what in a time: what an auditor asks for each month.

use super::{ATTACHED, STARTED, STOPPED};
use crate::config::notify::Hours;
use crate::model::TimeRange;
use crate::model::audit::{AuditReport, Class, Outcome, Person, Record, Tally, Verdict};
use std::collections::BTreeMap;

/// Records of one kind that a report names; it says how many more there are.
const MOST_NAMED: usize = 1_000;

/// How the kinds of the journal's own records begin: what they tell is in the verdict.
const CHAIN: &str = "chain.";

/// Places and commands of one user that are counted apart.
const MOST_WORDS: usize = 200;

/// Users and places that a report counts apart.
const MOST_PEOPLE: usize = 10_000;

#[derive(Default)]
struct Counted {
    person: Person,
    from: BTreeMap<String, u64>,
    commands: BTreeMap<String, u64>,
    changes: BTreeMap<String, u64>,
}

/// A report that is being made.
pub struct Making<'h> {
    hours: Option<&'h Hours>,
    people: BTreeMap<(String, Option<u32>), Counted>,
    report: AuditReport,
}

fn name(list: &mut Vec<Record>, record: &Record, unnamed: &mut u64) {
    if list.len() < MOST_NAMED { list.push(record.clone()) } else { *unnamed += 1 }
}

/// Counts one more. What consoles say of themselves can be anything: beyond a bound it is counted together.
fn add(counts: &mut BTreeMap<String, u64>, what: &str) {
    let what = if counts.len() < MOST_WORDS || counts.contains_key(what) { what } else { "others" };
    *counts.entry(what.to_owned()).or_default() += 1;
}

fn tallies(counts: BTreeMap<String, u64>) -> Vec<Tally> {
    let mut all: Vec<Tally> = counts.into_iter().map(|(what, count)| Tally { what, count }).collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
    all
}

impl<'h> Making<'h> {
    /// Of a time; `hours` are those at which people are expected.
    pub fn new(range: TimeRange, hours: Option<&'h Hours>) -> Self {
        let report = AuditReport {
            range,
            people: Vec::new(),
            changes: Vec::new(),
            refused: Vec::new(),
            outside: hours.map(|_| Vec::new()),
            engine: Vec::new(),
            unnamed: 0,
            verdict: Verdict::default(),
        };
        Self { hours, people: BTreeMap::new(), report }
    }

    /// Counts a record.
    pub fn take(&mut self, record: &Record) {
        if record.act.kind.starts_with(CHAIN) {
            return;
        }
        let key = (record.actor.user.clone(), record.actor.uid);
        if self.people.len() >= MOST_PEOPLE && !self.people.contains_key(&key) {
            self.report.unnamed += 1;
            return;
        }
        let is_outside = self.hours.map(|hours| hours.end(record.moment()).is_none());
        let counted = self.people.entry(key).or_default();
        counted.about(record, is_outside);
        let report = &mut self.report;
        match (&record.act.kind, &record.outcome) {
            (_, Outcome::Refused(_)) => name(&mut report.refused, record, &mut report.unnamed),
            (kind, _) if *kind == STARTED || *kind == STOPPED => name(&mut report.engine, record, &mut report.unnamed),
            (kind, _) if *kind == ATTACHED => {
                if let (Some(true), Some(list)) = (is_outside, &mut report.outside) {
                    name(list, record, &mut report.unnamed);
                }
            }
            // What the journal says of its own files changed nothing.
            (kind, _) if kind.starts_with("chain.") => {}
            _ if record.act.class == Class::Change => name(&mut report.changes, record, &mut report.unnamed),
            _ => {}
        }
    }

    /// The report.
    pub fn done(self, verdict: Verdict) -> AuditReport {
        let person = |counted: Counted| Person {
            from: tallies(counted.from),
            commands: tallies(counted.commands),
            changes: tallies(counted.changes),
            ..counted.person
        };
        let people = self.people.into_values().map(person).collect();
        let mut report = AuditReport { people, verdict, ..self.report };
        let lists = [Some(&mut report.changes), Some(&mut report.refused), report.outside.as_mut(), Some(&mut report.engine)];
        lists.into_iter().flatten().for_each(|list| list.sort_by(|a, b| a.at.cmp(&b.at)));
        report
    }
}

impl Counted {
    fn about(&mut self, record: &Record, is_outside: Option<bool>) {
        let Self { person, from, commands, changes } = self;
        (person.user, person.uid) = (record.actor.user.clone(), record.actor.uid);
        if person.first.is_empty() || record.at < person.first {
            person.first.clone_from(&record.at);
        }
        if record.at > person.last {
            person.last.clone_from(&record.at);
        }
        let role = record.actor.role.map(|role| role.word().to_owned());
        // "operator" before "viewer": the higher is the lesser word.
        person.role = match (person.role.take(), role) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        match &record.outcome {
            Outcome::Refused(_) => person.refused += 1,
            _ if record.act.kind == ATTACHED => {
                person.attached += 1;
                person.outside = is_outside.map(|outside| person.outside.unwrap_or(0) + u64::from(outside));
                add(from, record.actor.said.from.as_deref().unwrap_or("-"));
                add(commands, record.actor.said.command.as_deref().unwrap_or("-"));
            }
            // What became of something that was accepted before is no second change.
            Outcome::Accepted if record.act.class == Class::Change => add(changes, &record.act.kind),
            _ => {}
        }
    }
}
