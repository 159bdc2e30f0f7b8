//! From what is written to a rule, or to what is wrong with it and where.

use super::Origin;
use super::object::On;
use super::rule::{By, Rule};
use super::schedule::{self, Schedule};
use super::spec::{Choice, RuleSpec};
use super::text::Template;
use crate::model::{Severity, Timestamp};
use crate::query::filter::{self, Column, FilterError, Matcher};
use crate::query::time;
use regex::RegexBuilder;
use std::time::Duration;

/// How long something that only happens is told where the rule says nothing.
const TOLD_FOR: Duration = Duration::from_secs(3600);
/// In which time something has to happen where the rule says nothing.
const WITHIN: Duration = Duration::from_secs(300);
/// Times that may be asked for: each is remembered.
const MOST_TIMES: u32 = 10_000;
/// Letters of a name: it stands in front of every id.
const LONGEST_NAME: usize = 64;
/// Octets of a compiled expression that tells alarms apart.
const REGEX_LIMIT: usize = 1 << 20;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// The key.
    pub key: &'static str,
    /// Which of a list.
    pub place: usize,
    /// Whether it is the condition of a choice, not its value.
    pub of_condition: bool,
    /// The character of the value, from 0, where that is known.
    pub at: Option<usize>,
    /// A sentence.
    pub what: String,
}

impl RuleFault {
    fn of(key: &'static str, what: impl Into<String>) -> Self {
        Self { key, place: 0, of_condition: false, at: None, what: what.into() }
    }

    fn filter(key: &'static str, error: &FilterError) -> Self {
        Self { at: error.column.checked_sub(1), ..Self::of(key, error.message.clone()) }
    }
}

/// Compiles a rule; `None` is one that is not enabled.
///
/// Errors: the first thing that is wrong.
pub fn compile(spec: &RuleSpec, origin: Origin) -> Result<Option<Rule>, RuleFault> {
    check_name(&spec.name)?;
    if spec.enabled == Some(false) {
        return Ok(None);
    }
    let on = On::from_word(&spec.on).ok_or_else(|| {
        let words: Vec<&str> = On::ALL.iter().map(|on| on.word()).collect();
        RuleFault::of("on", format!("{:?} is nothing that rules look at; there are {}", spec.on, words.join(", ")))
    })?;
    let columns = on.columns();
    let optional = |key, text: &Option<String>| text.as_deref().map(|text| bound(key, text, columns)).transpose();
    if spec.when.is_none() && spec.missing.is_none() && spec.change.is_none() {
        return Err(RuleFault::of("name", "a rule says when it holds: when, missing or change"));
    }
    let change = spec.change.as_deref().map(|name| column("change", name, columns)).transpose()?;
    let is_of_moments = change.is_some() || matches!(on, On::Event | On::Log | On::Link);
    let rule = Rule {
        on,
        origin,
        lasts: duration("for", spec.lasts.as_deref())?.unwrap_or_default(),
        clear_for: duration("clear_for", spec.clear_for.as_deref())?.unwrap_or(if is_of_moments && spec.clear.is_none() {
            TOLD_FOR
        } else {
            Duration::ZERO
        }),
        missing: duration("missing", spec.missing.as_deref())?,
        change,
        count: count(spec, is_of_moments)?,
        within: duration("within", spec.within.as_deref())?.unwrap_or(WITHIN),
        by: by(spec, on)?,
        when: optional("when", &spec.when)?.map_or_else(|| bound("when", "", columns), Ok)?,
        clear: optional("clear", &spec.clear)?,
        schedule: schedule(spec)?,
        severity: choices("severity", &spec.severity, columns)?
            .into_iter()
            .enumerate()
            .map(|(place, (when, word))| Ok((when, severity(place, word)?)))
            .collect::<Result<Vec<_>, RuleFault>>()?,
        text: choices("text", &spec.text, columns)?
            .into_iter()
            .enumerate()
            .map(|(place, (when, text))| {
                let fault = |(at, what)| RuleFault { place, at: Some(at), ..RuleFault::of("text", what) };
                Ok((when, Template::read(text, columns).map_err(fault)?))
            })
            .collect::<Result<Vec<_>, RuleFault>>()?,
        spec: spec.clone(),
    };
    if rule.severity.is_empty() {
        return Err(RuleFault::of("name", "a rule says how bad it is: severity"));
    }
    if rule.text.is_empty() {
        return Err(RuleFault::of("name", "a rule says what is the matter: text"));
    }
    Ok(Some(rule))
}

fn check_name(name: &str) -> Result<(), RuleFault> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(RuleFault::of(
            "name",
            format!("{name:?} is no name: small letters, digits, - and _, at most {LONGEST_NAME}"),
        ));
    }
    Ok(())
}

fn bound(key: &'static str, text: &str, columns: &[Column]) -> Result<Matcher, RuleFault> {
    // Times in rules would have to be relative to something: none of their columns is one.
    filter::matcher(text, columns, Timestamp::default()).map_err(|error| RuleFault::filter(key, &error))
}

fn column(key: &'static str, name: &str, columns: &[Column]) -> Result<usize, RuleFault> {
    Column::find(columns, name).ok_or_else(|| {
        let names: Vec<&str> = columns.iter().filter_map(|column| column.names.last().copied()).collect();
        RuleFault::of(key, format!("there is no field `{name}` here; there are {}", names.join(" ")))
    })
}

fn duration(key: &'static str, text: Option<&str>) -> Result<Option<Duration>, RuleFault> {
    let Some(text) = text else { return Ok(None) };
    let read = if text == "0s" { Some(Duration::ZERO) } else { time::duration(text) };
    read.map(Some).ok_or_else(|| RuleFault::of(key, format!("{text:?} is no duration, such as 30s, 5m or 1d")))
}

fn count(spec: &RuleSpec, is_of_moments: bool) -> Result<u32, RuleFault> {
    match spec.count {
        None => Ok(1),
        Some(_) if !is_of_moments => Err(RuleFault::of("count", "only what happens is counted: rules on event and log")),
        Some(count @ 1..=MOST_TIMES) => Ok(count),
        Some(_) => Err(RuleFault::of("count", format!("1 to {MOST_TIMES} times can be waited for"))),
    }
}

fn by(spec: &RuleSpec, on: On) -> Result<By, RuleFault> {
    let Some(text) = spec.by.as_deref() else { return Ok(By::Device) };
    match (on, text) {
        (On::Event | On::Log, "device") => return Ok(By::Device),
        (On::Event, "all") => return Ok(By::All),
        (On::Event, "object") => return Ok(By::Object),
        (On::Event, _) => return Err(RuleFault::of("by", "events are told apart by device, object, or not at all: all")),
        (On::Log, _) => {}
        _ => return Err(RuleFault::of("by", "only what happens is told apart by something: rules on event and log")),
    }
    if let Some(pattern) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        let built = RegexBuilder::new(pattern).size_limit(REGEX_LIMIT).build();
        return match built {
            Ok(regex) if regex.captures_len() > 1 => Ok(By::Text(Box::new(regex))),
            Ok(_) => Err(RuleFault::of("by", "the regular expression has no group: what is in the first ( ) tells alarms apart")),
            Err(_) => Err(RuleFault::of("by", "the regular expression is not valid")),
        };
    }
    Ok(if text == "port" { By::Port } else { By::Bind(text.to_owned()) })
}

fn schedule(spec: &RuleSpec) -> Result<Option<Schedule>, RuleFault> {
    let hours = spec.between.as_deref().map(schedule::hours).transpose().map_err(|what| RuleFault::of("between", what))?;
    let day =
        |(place, text): (usize, &String)| schedule::day(text).map_err(|what| RuleFault { place, ..RuleFault::of("days", what) });
    let days = spec.days.iter().enumerate().map(day).collect::<Result<Vec<_>, _>>()?;
    Schedule::new(hours, days, spec.zone.as_deref()).map_err(|what| RuleFault::of("zone", what))
}

/// Choices with their conditions bound.
type Bound<'a> = Vec<(Option<Matcher>, &'a str)>;

fn choices<'a>(key: &'static str, choices: &'a [Choice], columns: &[Column]) -> Result<Bound<'a>, RuleFault> {
    let one = |(place, choice): (usize, &'a Choice)| {
        let fault = |fault| RuleFault { place, of_condition: true, ..fault };
        let when = choice.when.as_deref().map(|when| bound(key, when, columns).map_err(fault)).transpose()?;
        Ok((when, choice.is.as_str()))
    };
    choices.iter().enumerate().map(one).collect()
}

fn severity(place: usize, word: &str) -> Result<Severity, RuleFault> {
    const WORDS: [Severity; 5] =
        [Severity::Critical, Severity::Major, Severity::Minor, Severity::Warning, Severity::Indeterminate];
    let found = WORDS.into_iter().find(|severity| severity.word() == word);
    found.ok_or_else(|| RuleFault {
        place,
        ..RuleFault::of("severity", format!("{word:?} is no severity: {}", WORDS.map(Severity::word).join(", ")))
    })
}
