//! What the ledger says after a restart, and how it is made short.

use super::episode::Episode;
use super::record::{Became, Record, Telling};
use super::{Output, Scheduler, Standing, notice};
use crate::config::notify::Notifications;
use crate::model::{NoticeOutcome, Timestamp};
use std::collections::BTreeMap;

impl Scheduler {
    /// Goes on where an earlier process ended. What was being sent then may have arrived: it is not sent again, but where the
    /// receiver takes the same twice for once.
    pub fn restore(plan: Notifications, site: String, (records, now): (Vec<Record>, Timestamp)) -> (Self, Output) {
        let mut scheduler = Self::new(plan, site, now);
        let mut begun: BTreeMap<(u64, Telling), Timestamp> = BTreeMap::new();
        for record in records {
            scheduler.replay(record, &mut begun);
        }
        let mut output = Output::default();
        for ((number, telling), at) in begun {
            let receiver = scheduler.plan.receivers.iter().find(|receiver| receiver.name == telling.receiver);
            if receiver.is_some_and(|receiver| receiver.idempotent) {
                continue;
            }
            let Some(episode) = scheduler.episodes.get_mut(&number) else { continue };
            output.records.push(Record::Done(at, Became::Uncertain, vec![(number, telling.clone())]));
            output.notices.push(notice(episode, &telling, (1, NoticeOutcome::Uncertain)));
            if let Some(lane) = scheduler.lanes.get_mut(&telling.receiver) {
                lane.figures.uncertain += 1;
            }
            episode.tell(telling, at, Became::Uncertain);
        }
        (scheduler, output)
    }

    fn replay(&mut self, record: Record, begun: &mut BTreeMap<(u64, Telling), Timestamp>) {
        match record {
            Record::Opened(number, anchor, facts) => {
                let id = facts.alarm.id.clone();
                let mut episode = Episode::new(Standing { facts: *facts, counts: false }, anchor);
                (episode.opened, episode.seen) = (true, false);
                self.by_alarm.insert(id, number);
                self.episodes.insert(number, episode);
                self.next_episode = self.next_episode.max(number + 1);
            }
            Record::Intent(at, tellings) => begun.extend(tellings.into_iter().map(|telling| (telling, at))),
            Record::Done(at, became, tellings) => {
                for (number, telling) in tellings {
                    if !matches!(became, Became::Held(_)) {
                        begun.remove(&(number, telling.clone()));
                    }
                    let Some(episode) = self.episodes.get_mut(&number) else { continue };
                    match became {
                        Became::Sent | Became::GivenUp | Became::Uncertain => episode.tell(telling, at, became),
                        Became::Held(_) => {
                            episode.held.insert(telling);
                        }
                        Became::Failed => {}
                    }
                }
            }
            Record::Closed(number) => {
                if let Some(episode) = self.episodes.remove(&number)
                    && self.by_alarm.get(&episode.facts.alarm.id) == Some(&number)
                {
                    self.by_alarm.remove(&episode.facts.alarm.id);
                }
                begun.retain(|(of, _), _| *of != number);
            }
        }
    }

    /// The ledger in short: what is not over, and what became of it.
    pub fn snapshot(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for (number, episode) in self.episodes.iter().filter(|(_, episode)| episode.opened) {
            records.push(episode.introduction(*number));
            records.extend(
                episode.told.iter().map(|(telling, (at, became))| Record::Done(*at, *became, vec![(*number, telling.clone())])),
            );
            let held = episode.held.iter().filter(|telling| !episode.told.contains_key(telling));
            records.extend(
                held.map(|telling| Record::Done(episode.anchor, Became::Held(episode.anchor), vec![(*number, telling.clone())])),
            );
        }
        records.extend(self.flights.values().map(|flight| Record::Intent(flight.at, flight.tellings.clone())));
        records
    }
}
