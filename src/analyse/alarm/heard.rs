//! Log lines and traps that rules wait for. Lines are no state: they are looked at as they come, and what is found in them is told together.

use super::object::On;
use super::rule::{Rule, alarm_id};
use super::rules::Rules;
use super::text::Said;
use crate::model::heard::Heard;
use crate::model::log::LogLine;
use crate::model::{Severity, limit};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// All rules on log lines.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    rules: Vec<Arc<Rule>>,
}

impl Ear {
    /// Of these rules.
    pub fn new(rules: &Rules) -> Self {
        Self { rules: rules.on(On::Log).to_vec() }
    }

    /// Whether nothing is waited for.
    pub fn is_deaf(&self) -> bool {
        self.rules.is_empty()
    }

    /// What is found in lines, in the order in which it was found first.
    pub fn hear<'a>(&self, lines: impl IntoIterator<Item = &'a LogLine>) -> Vec<Heard> {
        let mut found = Found::default();
        if self.is_deaf() {
            return found.all;
        }
        for line in lines {
            for rule in &self.rules {
                if let Some(heard) = look(rule, line) {
                    found.put(heard);
                }
            }
        }
        found.all
    }
}

/// What was found, and where the last of each kind stands.
#[derive(Default)]
struct Found {
    all: Vec<Heard>,
    last: FxHashMap<String, usize>,
}

impl Found {
    /// Counts with the last of its kind, unless it began or ended in between.
    fn put(&mut self, heard: Heard) {
        let id = alarm_id(&heard.rule, heard.device.as_ref(), &heard.part);
        let place = self.last.get(&id).copied();
        if let Some(known) = place.and_then(|place| self.all.get_mut(place)).filter(|known| known.ends == heard.ends) {
            (known.text, known.severity, known.at) = (heard.text, heard.severity, heard.at);
            known.times = known.times.saturating_add(1);
        } else if limit::ALARM_LINES.has_room(self.all.len()) {
            self.last.insert(id, self.all.len());
            self.all.push(heard);
        }
    }
}

fn look(rule: &Rule, line: &LogLine) -> Option<Heard> {
    let ends = if rule.is_it(line, line.received) {
        false
    } else if rule.ends(line) {
        true
    } else {
        return None;
    };
    let severity = if ends { Severity::Cleared } else { rule.severity(line)? };
    let device = line.device.as_ref();
    let part = rule.by.part(line)?;
    let object = match part.as_str() {
        "" => line.who().into_owned(),
        part => format!("{} {part}", line.who()),
    };
    // A sender that is no device is what it is about.
    let part = match (device, part.as_str()) {
        (Some(_), _) => part,
        (None, "") => line.source.to_string(),
        (None, part) => format!("{}/{part}", line.source),
    };
    Some(Heard {
        rule: rule.name().to_owned(),
        device: device.map(|device| device.id.clone()),
        part,
        object,
        times: 1,
        ends,
        text: rule.text(line, Said::default()),
        severity,
        at: line.received,
    })
}

#[cfg(test)]
mod room_tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn different_things_without_end_are_told_of_one_batch_as_far_as_there_is_room() {
        let heard = |number: usize| Heard {
            rule: "r".to_owned(),
            device: None,
            part: number.to_string(),
            object: String::new(),
            times: 1,
            ends: false,
            text: String::new(),
            severity: Severity::Minor,
            at: Timestamp(0),
        };
        let (mut found, most) = (Found::default(), limit::ALARM_LINES.most());
        let ((), beyond) = limit::ALARM_LINES.during(|| (0..most + 9).for_each(|number| found.put(heard(number))));
        found.put(heard(0));
        assert!(beyond >= 9 && found.all.len() == most);
        assert_eq!(found.all[0].times, 2, "known ones go on being counted");
    }
}
