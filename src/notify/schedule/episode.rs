//! One trouble from its raising to its clearing: who was told, and what is to be told next.

use super::record::{Became, Record, Telling};
use super::{Standing, earlier};
use crate::config::notify::{Notifications, NotifyRule, Receiver, Shape, Way};
use crate::model::{AlarmFacts, NoticeKind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be told at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) telling: Telling,
    pub(super) at: Timestamp,
    /// Whether quiet hours hold it up.
    pub(super) held: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Episode {
    pub(super) facts: Arc<AlarmFacts>,
    /// When it was raised first: what receivers know it by.
    pub(super) since: Timestamp,
    /// From when steps count.
    pub(super) anchor: Timestamp,
    /// Whether it is anybody's trouble at present.
    pub(super) counts: bool,
    pub(super) cleared_at: Option<Timestamp>,
    /// It was raised again while receivers are told that it cleared.
    pub(super) reopened: Option<Standing>,
    pub(super) told: BTreeMap<Telling, (Timestamp, Became)>,
    /// How often each was tried that is not told yet, and since when.
    pub(super) attempts: BTreeMap<Telling, (u32, Timestamp)>,
    pub(super) held: BTreeSet<Telling>,
    /// What is on its way.
    pub(super) flying: BTreeSet<Telling>,
    /// Whether the ledger knows it.
    pub(super) opened: bool,
    /// Whether the network was heard to have it since the process started.
    pub(super) seen: bool,
    /// Since when it is missing after a restart.
    pub(super) missing: Option<Timestamp>,
}

impl Episode {
    pub(super) fn new(standing: Standing, anchor: Timestamp) -> Self {
        let since = standing.facts.alarm.raised_at;
        Self {
            facts: Arc::new(standing.facts),
            since,
            anchor,
            counts: standing.counts,
            cleared_at: None,
            reopened: None,
            told: BTreeMap::new(),
            attempts: BTreeMap::new(),
            held: BTreeSet::new(),
            flying: BTreeSet::new(),
            opened: false,
            seen: true,
            missing: None,
        }
    }

    /// It stands, or still stands.
    pub(super) fn stands(&mut self, standing: Standing, now: Timestamp) {
        if self.cleared_at.is_some() && self.told.keys().chain(&self.flying).any(|telling| telling.kind == NoticeKind::Cleared) {
            self.reopened = Some(standing);
            return;
        }
        let untold = self.told.is_empty() && self.attempts.is_empty() && self.flying.is_empty();
        // What comes to count later is told after the same time as what counts from the start.
        if self.seen && standing.counts && !self.counts && untold {
            self.anchor = self.anchor.max(now);
        }
        self.cleared_at = None;
        self.counts = standing.counts;
        self.facts = Arc::new(standing.facts);
        (self.seen, self.missing) = (true, None);
    }

    /// It cleared.
    pub(super) fn clears(&mut self, at: Timestamp) {
        self.reopened = None;
        self.cleared_at.get_or_insert(at);
        (self.seen, self.missing) = (true, None);
        let mut facts = AlarmFacts::clone(&self.facts);
        facts.alarm.cleared_at = self.cleared_at;
        self.facts = Arc::new(facts);
    }

    /// What a receiver was told of it, or could not be told for good.
    fn told_to<'a>(&'a self, receiver: &'a str) -> impl Iterator<Item = (&'a Telling, Timestamp, Became)> {
        let of = move |telling: &Telling| telling.receiver == receiver && telling.kind != NoticeKind::Cleared;
        self.told.iter().filter(move |(telling, _)| of(telling)).map(|(telling, (at, became))| (telling, *at, *became))
    }

    /// Whether a receiver heard of it, or may have.
    fn heard(&self, receiver: &str) -> bool {
        self.told_to(receiver).any(|(.., became)| matches!(became, Became::Sent | Became::Uncertain))
    }

    /// Everything that is to be told by now or later, as far as is known now.
    pub(super) fn due(&self, plan: &Notifications, now: Timestamp) -> Vec<Due> {
        let mut due = if self.cleared_at.is_some() { self.clearings(plan) } else { Vec::new() };
        if self.cleared_at.is_none() && self.counts {
            for rule in plan.rules.iter().filter(|rule| rule.filter.as_ref().is_none_or(|filter| filter.matches(&self.facts))) {
                self.steps(rule, plan, &mut due);
                self.repetitions(rule, now, &mut due);
            }
        }
        due.retain(|due| !self.told.contains_key(&due.telling) && !self.flying.contains(&due.telling));
        due
    }

    fn steps(&self, rule: &NotifyRule, plan: &Notifications, due: &mut Vec<Due>) {
        let Some(first) = rule.steps.first() else { return };
        let begin = first.after.max(rule.delay);
        // Where the night is slept through, the steps count from the morning.
        let base = quiet_end(rule, &self.facts, self.anchor.plus(begin)).map_or(self.anchor, |end| end.minus(begin));
        for (number, step) in (0u32..).zip(&rule.steps) {
            if step.unless_acknowledged && self.facts.acknowledged_by.is_some() {
                continue;
            }
            let wait = step.after.max(rule.delay);
            let at = base.plus(wait);
            let at = quiet_end(rule, &self.facts, at).unwrap_or(at);
            let kind = if number == 0 { NoticeKind::Raised } else { NoticeKind::Escalated };
            for name in &step.to {
                let wants = |receiver: &&Receiver| {
                    receiver.name == *name && receiver.only.as_ref().is_none_or(|only| only.matches(&self.facts))
                };
                if plan.receivers.iter().any(|receiver| wants(&receiver)) {
                    let telling = Telling { receiver: name.clone(), step: number, kind, turn: 0 };
                    due.push(Due { telling, at, held: at > self.anchor.plus(wait) });
                }
            }
        }
    }

    /// Those who heard of it are told again in turns, until somebody cares for it; what was missed meanwhile is not made up for.
    fn repetitions(&self, rule: &NotifyRule, now: Timestamp, due: &mut Vec<Due>) {
        let Some(repeat) = rule.repeat.filter(|_| self.facts.acknowledged_by.is_none()) else { return };
        let receivers: BTreeSet<&String> = rule.steps.iter().flat_map(|step| &step.to).collect();
        for name in receivers {
            let told: Vec<(&Telling, Timestamp, Became)> = self.told_to(name).collect();
            let first = told.iter().filter(|(telling, ..)| telling.turn == 0).map(|(_, at, _)| *at).min();
            let (Some(first), Some(last)) = (first, told.iter().map(|(_, at, _)| *at).max()) else { continue };
            let step = told.iter().map(|(telling, ..)| telling.step).max().unwrap_or(0);
            let passed = now.since(first).as_millis() / repeat.as_millis().max(1);
            let turn = u32::try_from(passed).unwrap_or(u32::MAX).max(1);
            for turn in [turn, turn.saturating_add(1)] {
                let at = first.plus(repeat.saturating_mul(turn));
                if at > last
                    && quiet_end(rule, &self.facts, at).is_none()
                    && !told.iter().any(|(telling, ..)| telling.turn >= turn)
                {
                    let telling = Telling { receiver: name.clone(), step, kind: NoticeKind::Repeated, turn };
                    due.push(Due { telling, at, held: false });
                }
            }
        }
    }

    /// Those who heard of it are told that it is over.
    fn clearings(&self, plan: &Notifications) -> Vec<Due> {
        let Some(cleared_at) = self.cleared_at else { return Vec::new() };
        let names: BTreeSet<&String> = self.told.keys().map(|telling| &telling.receiver).collect();
        let heard = names.into_iter().filter(|name| self.heard(name));
        let due = heard.filter_map(|name| {
            let receiver = plan.receivers.iter().find(|receiver| receiver.name == *name)?;
            let naming: Vec<&NotifyRule> =
                plan.rules.iter().filter(|rule| rule.steps.iter().any(|step| step.to.contains(name))).collect();
            if !naming.is_empty() && !naming.iter().any(|rule| rule.cleared) {
                return None;
            }
            let is_program = matches!(&receiver.way, Way::Webhook(hook) if matches!(hook.body, Shape::PagerDuty(_)));
            let told_at = |rule: &&NotifyRule| quiet_end(rule, &self.facts, cleared_at).unwrap_or(cleared_at);
            let at = if is_program { cleared_at } else { naming.iter().map(told_at).min().unwrap_or(cleared_at) };
            let telling = Telling { receiver: name.clone(), step: 0, kind: NoticeKind::Cleared, turn: 0 };
            Some(Due { telling, at, held: at > cleared_at })
        });
        due.collect()
    }

    /// What became of a telling for good. Forgets repetitions before this one: they never come again.
    pub(super) fn tell(&mut self, telling: Telling, at: Timestamp, became: Became) {
        self.attempts.remove(&telling);
        if telling.kind == NoticeKind::Repeated {
            self.told.retain(|known, _| {
                known.receiver != telling.receiver || known.kind != NoticeKind::Repeated || known.turn > telling.turn
            });
        }
        self.told.insert(telling, (at, became));
    }
}

impl Episode {
    /// The record that introduces it, where the ledger does not know it yet.
    pub(super) fn opening(&mut self, number: u64) -> Option<Record> {
        let known = std::mem::replace(&mut self.opened, true);
        (!known).then(|| self.introduction(number))
    }

    /// The record that introduces it. Receivers know it by its first raising.
    pub(super) fn introduction(&self, number: u64) -> Record {
        let mut facts = AlarmFacts::clone(&self.facts);
        facts.alarm.raised_at = self.since;
        Record::Opened(number, self.anchor, Box::new(facts))
    }
}

/// When the quiet hours of a rule end that go on at a time, for what is not told all the same.
fn quiet_end(rule: &NotifyRule, facts: &AlarmFacts, at: Timestamp) -> Option<Timestamp> {
    let quiet = rule.quiet.as_ref().filter(|quiet| !quiet.unless.as_ref().is_some_and(|unless| unless.matches(facts)))?;
    quiet.hours.end(at)
}

/// The earliest of what is due after now.
pub(super) fn next_after(due: &[Due], now: Timestamp) -> Option<Timestamp> {
    due.iter().filter(|due| due.at > now).map(|due| due.at).fold(None, |next, at| earlier(next, Some(at)))
}
