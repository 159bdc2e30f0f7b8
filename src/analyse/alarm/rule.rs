//! A rule, compiled.

use super::object::On;
use super::schedule::Schedule;
use super::text::{Said, Template};
use super::{Origin, RuleSpec};
use crate::model::log::LogLine;
use crate::model::{DeviceId, Severity, Timestamp};
use crate::query::filter::{Matcher, Row};
use regex::Regex;
use std::time::Duration;

/// A rule, ready to be held against objects.
#[derive(Clone, Debug)]
pub struct Rule {
    /// As it is written.
    pub spec: RuleSpec,
    /// Where it comes from.
    pub origin: Origin,
    /// What it looks at.
    pub on: On,
    /// How long an object has to be ill.
    pub lasts: Duration,
    /// How long it has to be well; of what only happens, how long after the last time; zero is for ever there.
    pub clear_for: Duration,
    /// It is ill where nothing was measured for so long.
    pub missing: Option<Duration>,
    /// The column whose changes it tells.
    pub change: Option<usize>,
    /// How often something has to happen.
    pub count: u32,
    /// In which time.
    pub within: Duration,
    /// What tells alarms of one device apart.
    pub by: By,
    pub(super) when: Matcher,
    pub(super) clear: Option<Matcher>,
    pub(super) schedule: Option<Schedule>,
    pub(super) severity: Vec<(Option<Matcher>, Severity)>,
    pub(super) text: Vec<(Option<Matcher>, Template)>,
}

/// What tells alarms of one rule apart, where the rule is on what happens.
#[derive(Clone, Debug, Default)]
pub enum By {
    /// The device.
    #[default]
    Device,
    /// Nothing: one alarm for the whole network, on the device that told it first.
    All,
    /// What the event is about, as it is called.
    Object,
    /// The interface that the line names.
    Port,
    /// The instance of an object among the varbinds of a trap: of `bgpPeerState.10.0.0.1` the address.
    Bind(String),
    /// The first group of a regular expression over the text.
    Text(Box<Regex>),
}

impl By {
    /// What a line is about; `None` where it doesn't say.
    pub fn part(&self, line: &LogLine) -> Option<String> {
        match self {
            Self::Device | Self::All | Self::Object => Some(String::new()),
            Self::Port => {
                let port = line.device.as_ref().and_then(|device| device.port.clone());
                port.or_else(|| line.trap.as_ref()?.if_index.map(|index| format!("if{index}")))
            }
            Self::Bind(name) => {
                let instance = |bind: &crate::model::log::TrapBind| {
                    bind.name.strip_prefix(name.as_str())?.strip_prefix('.').map(str::to_owned)
                };
                line.trap.as_ref()?.binds.iter().find_map(instance)
            }
            Self::Text(regex) => regex.captures(&line.text)?.get(1).map(|found| found.as_str().to_owned()),
        }
    }
}

impl Rule {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Whether an object is ill at a time; `None` where that is not known. Outside its hours a rule finds everything well. `seen` is when
    /// the object was last measured, for rules on missing data.
    pub fn ill(&self, row: &impl Row, (at, seen): (Timestamp, Option<Timestamp>)) -> Option<bool> {
        let mut ill = self.when.tells(row);
        if let Some(missing) = self.missing {
            ill = match (ill, seen) {
                (Some(true), Some(seen)) => Some(at.since(seen) >= missing),
                (Some(true), None) => None,
                (other, _) => other,
            };
        }
        if let (Some(false) | None, Some(clear)) = (ill, &self.clear) {
            // Between the two lines it stays as it was.
            ill = clear.tells(row).filter(|well| *well).map(|_| false);
        }
        match ill {
            Some(true) if !self.holds(at) => Some(false),
            other => other,
        }
    }

    /// Whether something that happened is what the rule waits for.
    pub fn is_it(&self, row: &impl Row, at: Timestamp) -> bool {
        self.when.matches(row) && self.holds(at)
    }

    /// Whether something that happened ends what the rule told.
    pub fn ends(&self, row: &impl Row) -> bool {
        self.clear.as_ref().is_some_and(|clear| clear.matches(row))
    }

    fn holds(&self, at: Timestamp) -> bool {
        self.schedule.as_ref().is_none_or(|schedule| schedule.holds(at))
    }

    /// How bad it is for an object; `None` where it is no alarm.
    pub fn severity(&self, row: &impl Row) -> Option<Severity> {
        first(&self.severity, row).copied()
    }

    /// What is said of an object.
    pub fn text(&self, row: &impl Row, said: Said<'_>) -> String {
        first(&self.text, row).map(|template| template.fill(row, said)).unwrap_or_default()
    }

    /// Whether it is told by what happens, not by how something is.
    pub const fn is_of_moments(&self) -> bool {
        self.change.is_some() || matches!(self.on, On::Event | On::Log | On::Link)
    }

    /// The columns that decide, by their names.
    pub fn fields(&self) -> Vec<&'static str> {
        let mut places = self.when.columns();
        places.extend(self.clear.iter().flat_map(Matcher::columns));
        places.extend(self.severity.iter().filter_map(|(when, _)| when.as_ref()).flat_map(Matcher::columns));
        let columns = self.on.columns();
        places.into_iter().filter_map(|place| columns.get(place)?.names.first().copied()).collect()
    }
}

fn first<'a, T>(choices: &'a [(Option<Matcher>, T)], row: &impl Row) -> Option<&'a T> {
    let is_it = |when: &Option<Matcher>| when.as_ref().is_none_or(|when| when.tells(row) == Some(true));
    choices.iter().find(|(when, _)| is_it(when)).map(|(_, value)| value)
}

/// `RULE@DEVICE`, `RULE@DEVICE/PART`, or `RULE@PART` where there is no device.
pub fn alarm_id(rule: &str, device: Option<&DeviceId>, part: &str) -> String {
    match device {
        Some(device) if part.is_empty() => format!("{rule}@{device}"),
        Some(device) => format!("{rule}@{device}/{part}"),
        None => format!("{rule}@{part}"),
    }
}
