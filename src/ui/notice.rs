//! Telling an operator who looks elsewhere: the bell, a notification of the desktop, the window's title.
//!
//! Rung for critical alarms that are new, never for those that stood when it was switched on, nor for a past one; at most once in
//! ten seconds. Off until asked for (`B`). The time is the engine's, so that a test needs no clock.

use super::action::Turn;
use super::effect::Effect;
use super::lang::{tr, trf};
use crate::engine::WatchId;
use crate::model::{Alarm, Severity, Timestamp};
use crate::query::{Screen, Sort, ViewRequest};
use std::collections::BTreeSet;

/// The watch of the alarms that are rung for. Places have those between this and the detail's.
pub const ALARMS: WatchId = WatchId(u8::MAX);
/// Seconds between two rings, at least: an operator hears the first.
const PAUSE_SECS: u64 = 10;
/// Newest critical alarms that are looked through; more new ones at once ring the bell once all the same.
const NEWEST: usize = 50;

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    #[default]
    Off,
    Bell,
    Desktop,
}

impl Level {
    const fn next(self) -> Self {
        match self {
            Self::Off => Self::Bell,
            Self::Bell => Self::Desktop,
            Self::Desktop => Self::Off,
        }
    }

    /// What the first line says; empty where it is off.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "",
            Self::Bell => tr("bell"),
            Self::Desktop => tr("bell+desktop"),
        }
    }
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// How much is told.
    pub level: Level,
    /// Alarms that are known, with the time that they were raised; `None` before the first view.
    known: Option<BTreeSet<(String, Timestamp)>>,
    /// What waits for the pause between two rings to end.
    waiting: Vec<String>,
    rung: Option<Timestamp>,
}

impl Notices {
    /// What is asked of the engine while something is told.
    pub fn request() -> ViewRequest {
        let mut request = ViewRequest::new(Screen::Alarms, NEWEST);
        request.filter = "severity>=critical".to_owned();
        request.sort = Some(Sort { column: "raisedAt".to_owned(), descending: true });
        request
    }

    /// The critical alarms of now came.
    pub fn heard<'a>(&mut self, alarms: impl IntoIterator<Item = &'a Alarm>) {
        let is_critical = |alarm: &&Alarm| alarm.severity == Severity::Critical && alarm.cleared_at.is_none();
        let critical: Vec<&Alarm> = alarms.into_iter().filter(is_critical).collect();
        let now: BTreeSet<_> = critical.iter().map(|alarm| (alarm.id.clone(), alarm.raised_at)).collect();
        if let Some(known) = &self.known {
            let new = critical.iter().filter(|alarm| !known.contains(&(alarm.id.clone(), alarm.raised_at)));
            self.waiting.extend(new.map(|alarm| format!("{} {}", alarm.object, alarm.text)).take(NEWEST));
            self.waiting.truncate(NEWEST);
        }
        self.known = Some(now);
    }

    /// What is told at this moment, if anything. `live` is whether the display moves on.
    pub fn due(&mut self, now: Timestamp, live: bool) -> Option<Effect> {
        let quiet = self.rung.is_some_and(|rung| now.since(rung).as_secs() < PAUSE_SECS && now >= rung);
        if self.waiting.is_empty() || quiet || !live || self.level == Level::Off {
            return None;
        }
        let all = std::mem::take(&mut self.waiting);
        self.rung = Some(now);
        let words = match all.as_slice() {
            [one] => trf!("critical: {}", one),
            [first, rest @ ..] => trf!("critical: {} and {} more", first, rest.len()),
            [] => String::new(),
        };
        Some(Effect::Ring((self.level == Level::Desktop).then_some(words)))
    }
}

/// `B`
pub fn cycle(turn: &mut Turn<'_>) -> Vec<Effect> {
    let level = turn.state.notices.level.next();
    turn.state.notices = Notices { level, ..Notices::default() };
    turn.state.say(match level {
        Level::Off => tr("bell off"),
        Level::Bell => tr("bell for new critical alarms"),
        Level::Desktop => tr("bell and desktop notification (OSC 9) for new critical alarms"),
    });
    vec![Effect::WatchAlarms]
}

/// The window's title: `noctop seoul-hq: 2 critical`.
pub fn title(site: &str, critical: usize, lost: bool) -> String {
    let name = if site.is_empty() { "noctop".to_owned() } else { format!("noctop {site}") };
    match (lost, critical) {
        (true, _) => trf!("{}: connection lost", name),
        (false, 0) => name,
        (false, critical) => trf!("{}: {} critical", name, critical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(id: &str, severity: Severity) -> Alarm {
        Alarm {
            id: id.to_owned(),
            rule: "device-down".to_owned(),
            severity,
            object: id.to_owned(),
            device: None,
            text: "down".to_owned(),
            raised_at: Timestamp::from_secs(100),
            cleared_at: None,
            count: 1,
            if_index: None,
            runbook: None,
            flap: None,
        }
    }

    fn notices(level: Level) -> Notices {
        Notices { level, ..Notices::default() }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn what_stood_before_is_not_told_and_what_is_new_is() {
        let mut notices = notices(Level::Bell);
        notices.heard(&[alarm("a", Severity::Critical)]);
        assert_eq!(notices.due(at(200), true), None);
        notices.heard(&[alarm("a", Severity::Critical), alarm("m", Severity::Major)]);
        assert_eq!(notices.due(at(201), true), None, "major is not critical");
        notices.heard(&[alarm("b", Severity::Critical)]);
        assert_eq!(notices.due(at(202), true), Some(Effect::Ring(None)), "one cleared, one new");
        assert_eq!(notices.due(at(230), true), None);
    }

    #[test]
    fn it_rings_once_in_ten_seconds_and_then_for_all_that_waited() {
        let mut notices = notices(Level::Desktop);
        notices.heard(&[]);
        notices.heard(&[alarm("a", Severity::Critical)]);
        assert_eq!(notices.due(at(200), true), Some(Effect::Ring(Some("critical: a down".to_owned()))));
        notices.heard(&[alarm("a", Severity::Critical), alarm("b", Severity::Critical), alarm("c", Severity::Critical)]);
        assert_eq!(notices.due(at(209), true), None);
        assert_eq!(notices.due(at(210), true), Some(Effect::Ring(Some("critical: b down and 1 more".to_owned()))));
    }

    #[test]
    fn a_display_that_stands_still_is_silent() {
        let mut notices = notices(Level::Bell);
        notices.heard(&[]);
        notices.heard(&[alarm("a", Severity::Critical)]);
        assert_eq!(notices.due(at(200), false), None);
        assert_eq!(notices.due(at(300), true), Some(Effect::Ring(None)), "told when it moves on");
    }

    #[test]
    fn the_title_says_what_is_wrong() {
        assert_eq!(title("seoul-hq", 2, false), "noctop seoul-hq: 2 critical");
        assert_eq!((title("", 0, false), title("x", 2, true)), ("noctop".to_owned(), "noctop x: connection lost".to_owned()));
    }
}
