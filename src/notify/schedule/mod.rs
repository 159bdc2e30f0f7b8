//! Who is told when: pure. What changed and the time come in; what is to be written down, sent and shown comes out.
//!
//! The order is the promise: what [`Output::records`] says is durable before its letters go out, and what became of a letter is
//! written after. So after a kill the ledger knows of every telling that it was sent, that it may have been, or that it was not.
//! Start at [`Scheduler::step`], then `episode` (what is due), `lane` (how much a receiver takes), `record` (the ledger).

mod episode;
mod lane;
pub mod record;
mod restore;
#[cfg(test)]
mod tests;

pub use lane::{Failing, Figures};

use super::letter::{Item, Letter};
use super::send::{Again, Failure};
use crate::config::notify::{Notifications, Receiver};
use crate::model::{AlarmFacts, Notice, NoticeOutcome, Timestamp};
use episode::{Due, Episode};
use lane::Lane;
use record::{Became, Record, Telling};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a receiver did not take for so long is given up: then nobody wants to hear it any more.
const GIVE_UP: Duration = Duration::from_secs(24 * 3600);

/// What the ledger knows and the network does not have after a restart is over after so long: its raising may have been lost with the
/// process, and it is raised again as the same.
const REJOIN: Duration = Duration::from_secs(600);

/// An alarm that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is known of it.
    pub facts: AlarmFacts,
    /// Whether it is anybody's trouble: a root, not silenced, not in maintenance.
    pub counts: bool,
}

/// What changed in the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An alarm stands, or something about it changed.
    Stands(Box<Standing>),
    /// The alarm of this id is over.
    Over(String, Timestamp),
    /// Everything that stood when the process started was told.
    Caught,
}

/// What follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// To be written down, durably before any letter goes out.
    pub records: Vec<Record>,
    /// Letters by their numbers.
    pub letters: Vec<(u64, Letter)>,
    /// To be shown.
    pub notices: Vec<Notice>,
}

/// How a receiver does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStatus {
    /// Its name.
    pub name: String,
    /// What became of what it was told.
    pub figures: Figures,
    /// What waits to be told to it.
    pub waiting: u64,
    /// Why it is not told anything at present.
    pub failing: Option<Failing>,
}

/// A letter on its way.
struct Flight {
    receiver: String,
    at: Timestamp,
    tellings: Vec<(u64, Telling)>,
}

/// See the module.
pub struct Scheduler {
    plan: Notifications,
    site: String,
    episodes: BTreeMap<u64, Episode>,
    /// The episode of an alarm.
    by_alarm: BTreeMap<String, u64>,
    lanes: BTreeMap<String, Lane>,
    flights: BTreeMap<u64, Flight>,
    next_episode: u64,
    next_letter: u64,
    waiting: BTreeMap<String, u64>,
    wake: Option<Timestamp>,
}

/// Something that is due, with where it stands in the order.
struct Ready {
    episode: u64,
    due: Due,
    severity: u8,
}

impl Scheduler {
    /// Nothing was told yet.
    pub fn new(plan: Notifications, site: String, now: Timestamp) -> Self {
        let lanes = plan.receivers.iter().map(|receiver| (receiver.name.clone(), Lane::new(receiver.rate, now)));
        Self {
            lanes: lanes.collect(),
            plan,
            site,
            episodes: BTreeMap::new(),
            by_alarm: BTreeMap::new(),
            flights: BTreeMap::new(),
            next_episode: 1,
            next_letter: 1,
            waiting: BTreeMap::new(),
            wake: None,
        }
    }

    /// Takes a change over. What follows comes with the next [`Self::step`].
    pub fn change(&mut self, now: Timestamp, change: Change) {
        match change {
            Change::Stands(standing) => {
                let known = self.by_alarm.get(&standing.facts.alarm.id).and_then(|number| self.episodes.get_mut(number));
                match known {
                    Some(episode) => episode.stands(*standing, now),
                    None => {
                        let anchor = standing.facts.alarm.raised_at;
                        self.open(*standing, anchor);
                    }
                }
            }
            Change::Over(alarm, at) => {
                let known = self.by_alarm.get(&alarm).and_then(|number| self.episodes.get_mut(number));
                known.into_iter().for_each(|episode| episode.clears(at));
            }
            Change::Caught => {
                let unseen = self.episodes.values_mut().filter(|episode| !episode.seen);
                unseen.for_each(|episode| episode.missing = Some(now));
            }
        }
    }

    fn open(&mut self, standing: Standing, anchor: Timestamp) {
        let number = self.next_episode;
        self.next_episode += 1;
        self.by_alarm.insert(standing.facts.alarm.id.clone(), number);
        self.episodes.insert(number, Episode::new(standing, anchor));
    }

    /// What is to be done now.
    pub fn step(&mut self, now: Timestamp) -> Output {
        let mut output = Output::default();
        self.wake = None;
        for episode in self.episodes.values_mut() {
            match episode.missing {
                Some(since) if now.since(since) >= REJOIN => episode.clears(now),
                Some(since) => self.wake = earlier(self.wake, Some(since.plus(REJOIN))),
                None => {}
            }
        }
        let mut ready = self.ready(now, &mut output);
        self.close(now, &mut output);
        self.waiting.clear();
        for receiver in self.plan.receivers.clone() {
            let mut theirs = ready.remove(&receiver.name).unwrap_or_default();
            theirs.sort_by_key(|ready| (Reverse(ready.severity), ready.due.at, ready.episode));
            self.waiting.insert(receiver.name.clone(), theirs.len() as u64);
            self.dispatch(&receiver, (theirs, now), &mut output);
        }
        output
    }

    /// Everything that is due now, by receiver; what is held is told once.
    fn ready(&mut self, now: Timestamp, output: &mut Output) -> BTreeMap<String, Vec<Ready>> {
        let mut ready: BTreeMap<String, Vec<Ready>> = BTreeMap::new();
        for (number, episode) in &mut self.episodes {
            let due = episode.due(&self.plan, now);
            self.wake = earlier(self.wake, episode::next_after(&due, now));
            let mut seen: Vec<&Telling> = Vec::new();
            for one in &due {
                if one.at > now {
                    if one.held && episode.held.insert(one.telling.clone()) {
                        output.records.extend(episode.opening(*number));
                        let became = Became::Held(one.at);
                        output.records.push(Record::Done(now, became, vec![(*number, one.telling.clone())]));
                        output.notices.push(notice(episode, &one.telling, (0, NoticeOutcome::Held(one.at))));
                    }
                    continue;
                }
                // Two rules may say the same.
                if !seen.contains(&&one.telling) {
                    seen.push(&one.telling);
                    let severity = episode.facts.alarm.severity as u8;
                    let lane = ready.entry(one.telling.receiver.clone()).or_default();
                    lane.push(Ready { episode: *number, due: one.clone(), severity });
                }
            }
        }
        ready
    }

    /// Forgets what is over; begins anew what was raised again.
    fn close(&mut self, now: Timestamp, output: &mut Output) {
        let plan = &self.plan;
        let is_over =
            |episode: &Episode| episode.cleared_at.is_some() && episode.flying.is_empty() && episode.due(plan, now).is_empty();
        let over: Vec<u64> = self.episodes.iter().filter(|(_, episode)| is_over(episode)).map(|(number, _)| *number).collect();
        for number in over {
            let Some(episode) = self.episodes.remove(&number) else { continue };
            if self.by_alarm.get(&episode.facts.alarm.id) == Some(&number) {
                self.by_alarm.remove(&episode.facts.alarm.id);
            }
            if episode.opened {
                output.records.push(Record::Closed(number));
            }
            if let Some(standing) = episode.reopened {
                let anchor = now.max(standing.facts.alarm.raised_at);
                self.open(standing, anchor);
                self.wake = earlier(self.wake, Some(now));
            }
        }
    }

    /// Sends a receiver what it may be sent of what is due.
    fn dispatch(&mut self, receiver: &Receiver, (mut ready, now): (Vec<Ready>, Timestamp), output: &mut Output) {
        let Some(lane) = self.lanes.get_mut(&receiver.name).filter(|lane| !lane.busy && !ready.is_empty()) else { return };
        if let Some(until) = lane.paused(now) {
            self.wake = earlier(self.wake, Some(until));
            return;
        }
        let count = match lane.allowance(now) {
            0 => {
                self.wake = earlier(self.wake, Some(lane.allowed_at()));
                return;
            }
            1 if receiver.takes_digests() => ready.len().min(lane.digest),
            _ => 1,
        };
        ready.truncate(count);
        lane.send();
        let mut items = Vec::with_capacity(ready.len());
        for Ready { episode: number, due, .. } in &ready {
            let Some(episode) = self.episodes.get_mut(number) else { continue };
            output.records.extend(episode.opening(*number));
            episode.flying.insert(due.telling.clone());
            let Telling { step, kind, turn, .. } = due.telling;
            items.push(Item { kind, step, turn, episode: *number, since: episode.since, facts: Arc::clone(&episode.facts) });
        }
        let tellings: Vec<(u64, Telling)> = ready.into_iter().map(|ready| (ready.episode, ready.due.telling)).collect();
        output.records.push(Record::Intent(now, tellings.clone()));
        let letter = Letter { receiver: receiver.name.clone(), site: self.site.clone(), at: now, items };
        output.letters.push((self.next_letter, letter));
        self.flights.insert(self.next_letter, Flight { receiver: receiver.name.clone(), at: now, tellings });
        self.next_letter += 1;
    }

    /// What became of a letter.
    pub fn done(&mut self, now: Timestamp, letter: u64, result: Result<(), Failure>) -> Output {
        let mut output = Output::default();
        let Some(Flight { receiver, tellings, .. }) = self.flights.remove(&letter) else { return output };
        let Some(lane) = self.lanes.get_mut(&receiver) else { return output };
        let (outcome, mut became) = match result {
            Ok(()) => {
                lane.taken(now);
                (NoticeOutcome::Sent, Became::Sent)
            }
            // A letter of many may be refused for its size: smaller ones are tried.
            Err(Failure { why, again: Again::Never }) if tellings.len() > 1 => {
                lane.digest = (tellings.len() / 2).max(1);
                let retry_at = lane.failed(now, (why.clone(), None));
                (NoticeOutcome::Failed(why, Some(retry_at)), Became::Failed)
            }
            Err(Failure { why, again: Again::Never }) => {
                lane.failed(now, (why.clone(), None));
                (NoticeOutcome::Failed(why, None), Became::GivenUp)
            }
            Err(Failure { why, again: Again::Later(asked) }) => {
                let retry_at = lane.failed(now, (why.clone(), asked));
                (NoticeOutcome::Failed(why, Some(retry_at)), Became::Failed)
            }
        };
        let mut given_up = Vec::new();
        for (number, telling) in &tellings {
            let Some(episode) = self.episodes.get_mut(number) else { continue };
            episode.flying.remove(telling);
            let (before, first) = episode.attempts.get(telling).copied().unwrap_or((0, now));
            let attempt = before + 1;
            let too_old = became == Became::Failed && now.since(first) > GIVE_UP;
            let theirs = match &outcome {
                NoticeOutcome::Failed(why, _) if too_old => NoticeOutcome::Failed(why.clone(), None),
                other => other.clone(),
            };
            if became == Became::Failed && !too_old {
                episode.attempts.insert(telling.clone(), (attempt, first));
            } else {
                episode.tell(telling.clone(), now, if too_old { Became::GivenUp } else { became });
            }
            if too_old {
                given_up.push((*number, telling.clone()));
            }
            // Of many tries the first and the last are shown.
            if attempt == 1 || !matches!(theirs, NoticeOutcome::Failed(_, Some(_))) {
                output.notices.push(notice(episode, telling, (attempt, theirs)));
            }
        }
        if became == Became::GivenUp {
            lane.figures.given_up += tellings.len() as u64;
        }
        lane.figures.given_up += given_up.len() as u64;
        if given_up.len() == tellings.len() && became == Became::Failed {
            became = Became::GivenUp;
        } else if !given_up.is_empty() {
            output.records.push(Record::Done(now, Became::GivenUp, given_up.clone()));
        }
        let rest = tellings.into_iter().filter(|telling| became == Became::GivenUp || !given_up.contains(telling)).collect();
        output.records.push(Record::Done(now, became, rest));
        output
    }

    /// When [`Self::step`] has something to do next, where nothing changes before.
    pub const fn wake(&self) -> Option<Timestamp> {
        self.wake
    }

    /// Whether a letter is on its way.
    pub fn is_busy(&self) -> bool {
        !self.flights.is_empty()
    }

    /// How receivers do, in the order of the configuration, as of the last step.
    pub fn lanes(&self) -> Vec<LaneStatus> {
        let names = self.plan.receivers.iter().map(|receiver| &receiver.name);
        let status = |name: &String| {
            let lane = self.lanes.get(name)?;
            let waiting = self.waiting.get(name).copied().unwrap_or(0);
            Some(LaneStatus { name: name.clone(), figures: lane.figures, waiting, failing: lane.failing.clone() })
        };
        names.filter_map(status).collect()
    }
}

fn notice(episode: &Episode, telling: &Telling, (attempt, outcome): (u32, NoticeOutcome)) -> Notice {
    let alarm = &episode.facts.alarm;
    let Telling { receiver, step, kind, .. } = telling.clone();
    Notice { alarm: alarm.id.clone(), raised_at: alarm.raised_at, receiver, step, kind, attempt, outcome }
}

/// The earlier of two times that may be.
fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
