//! One `[[notify]]`: which alarms, who is told when, and when not.

use super::hours::{self, Hours};
use super::{AlarmFilter, NotifyRule, Quiet, Step};
use crate::config::read::Section;
use crate::config::value;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use std::time::Duration;
use toml::de::DeValue;

/// An alarm stands so long before anybody is told: polls come each 30 s, and what explains it is found by the next.
const DELAY: Duration = Duration::from_secs(30);

/// The least time between two repetitions.
const LEAST_REPEAT: Duration = Duration::from_secs(1);

/// Steps of one rule at most.
const MOST_STEPS: usize = 16;

/// Reads one rule; `None` where a fault was noted that leaves nothing of it. `number` counts from 1 and names what has no name.
pub(super) fn read(section: Section<'_, '_>, (number, receivers): (usize, &[String])) -> Option<NotifyRule> {
    let name = section.get("name", value::text).unwrap_or_else(|| format!("notify {number}"));
    let filter = section.get("filter", filter);
    let steps = steps(&section, receivers);
    let rule = NotifyRule {
        name,
        filter,
        repeat: section.get("repeat", repeat),
        cleared: section.get("cleared", value::yes_or_no).unwrap_or(true),
        delay: section.get("delay", value::duration_or_none).unwrap_or(DELAY),
        quiet: section.table("quiet").and_then(quiet),
        steps: steps.unwrap_or_default(),
    };
    section.finish();
    (!rule.steps.is_empty()).then_some(rule)
}

/// `to = [..]` is one step; `steps = [..]` are several.
fn steps(section: &Section<'_, '_>, receivers: &[String]) -> Option<Vec<Step>> {
    if let Some(place) = section.raw("to") {
        if section.raw("steps").is_some() {
            section.fault(place.span().start, "a rule has either to or steps");
        }
        let to = names(section, receivers);
        return Some(vec![Step { to, after: Duration::ZERO, unless_acknowledged: false }]);
    }
    let tables = section.tables("steps");
    if tables.is_empty() {
        section.fault(section.start(), "a rule needs to = [\"RECEIVER\"], or steps = [{ to = [..], after = \"15m\" }]");
        return None;
    }
    if let Some(beyond) = tables.get(MOST_STEPS) {
        section.fault(beyond.start(), format!("there are more than {MOST_STEPS} steps"));
    }
    let mut steps: Vec<Step> = Vec::new();
    for table in tables.into_iter().take(MOST_STEPS) {
        let start = table.start();
        let step = step(table, (receivers, steps.is_empty()));
        if steps.last().is_some_and(|before| before.after > step.after) {
            section.fault(start, "a step comes after the one before it: its after is less");
        }
        steps.push(step);
    }
    Some(steps)
}

fn step(section: Section<'_, '_>, (receivers, first): (&[String], bool)) -> Step {
    if section.raw("to").is_none() {
        section.fault(section.start(), "a step needs to = [\"RECEIVER\"]");
    }
    let step = Step {
        to: names(&section, receivers),
        after: section.get("after", value::duration_or_none).unwrap_or_default(),
        unless_acknowledged: section.get("unless", unless).unwrap_or(!first),
    };
    section.finish();
    step
}

/// The receivers of `to`, all of them known.
fn names(section: &Section<'_, '_>, receivers: &[String]) -> Vec<String> {
    let names = section.list("to", value::text);
    let elements = section.raw("to").and_then(|list| list.get_ref().as_array());
    for element in elements.into_iter().flatten() {
        if let Some(name) = element.get_ref().as_str().filter(|name| !receivers.iter().any(|known| known == name)) {
            let known =
                if receivers.is_empty() { "there is none".to_owned() } else { format!("known are {}", receivers.join(", ")) };
            section.fault(element.span().start, format!("there is no [[receiver]] {name:?}; {known}"));
        }
    }
    if names.is_empty()
        && let Some(place) = section.raw("to")
    {
        section.fault(place.span().start, "to names nobody");
    }
    names
}

fn quiet(section: Section<'_, '_>) -> Option<Quiet> {
    if section.raw("between").is_none() {
        section.fault(section.start(), "quiet needs between = \"22:00-07:00\"");
    }
    let hours = section.get("between", between);
    let days = section.list("days", day);
    let zone = section.get("zone", zone);
    let unless = section.get("unless", filter);
    section.finish();
    let hours = hours?.on(days);
    Some(Quiet { hours: zone.map_or(hours.clone(), |zone| hours.within(zone)), unless })
}

impl Hours {
    /// Hours by three keys of a table: a stretch of the day, days, a zone.
    pub(in crate::config) fn read(
        section: &Section<'_, '_>,
        (stretch, days, zone_key): (&'static str, &'static str, &'static str),
    ) -> Option<Self> {
        let (hours, on) = (section.get(stretch, between), section.list(days, day));
        let zone = section.get(zone_key, zone);
        if let (None, Some(place)) = (section.raw(stretch), section.raw(days).or(section.raw(zone_key))) {
            section.fault(place.span().start, format!("this belongs to {stretch}, which is missing"));
        }
        let hours = hours?.on(on);
        Some(zone.map_or(hours.clone(), |zone| hours.within(zone)))
    }
}

pub(super) fn filter(value: &DeValue<'_>) -> Result<AlarmFilter, String> {
    AlarmFilter::parse(&value::text(value)?)
}

fn between(value: &DeValue<'_>) -> Result<Hours, String> {
    Hours::parse(&value::text(value)?)
}

fn day(value: &DeValue<'_>) -> Result<Weekday, String> {
    hours::day(&value::text(value)?)
}

fn zone(value: &DeValue<'_>) -> Result<TimeZone, String> {
    hours::zone(&value::text(value)?)
}

fn repeat(value: &DeValue<'_>) -> Result<Duration, String> {
    let repeat = value::duration(value)?;
    if repeat < LEAST_REPEAT { Err("a repetition comes after 1s or more".to_owned()) } else { Ok(repeat) }
}

fn unless(value: &DeValue<'_>) -> Result<bool, String> {
    match value::text(value)?.as_str() {
        "acknowledged" => Ok(true),
        "never" => Ok(false),
        other => Err(format!("{other:?} is neither \"acknowledged\" nor \"never\"")),
    }
}
