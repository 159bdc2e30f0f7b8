//! Who is down, and who only can't be reached: silent devices are judged by the ways to them, and what follows is journalled.
//!
//! A device that falls silent is judged when those on its ways have been heard of since, or a few polls later at most: else the leaf that
//! happens to be polled before its core would become an alarm of its own. Few are judged at once, a storm once a second.

pub(in crate::state) mod net;

use super::Deriver;
use crate::analyse::reachability::{self, Judged, Place, Verdict, Via, Why};
use crate::event::{Body, DeviceStatusChange};
use crate::model::{Alarm, Device, DeviceId, DeviceStatus, IfIndex, Link, Severity, unit};
use crate::state::condition::FLAP_WINDOW;
use crate::state::reach::{Behind, By, Hop, Reach, Silent, is_lost};
use crate::state::standing::{DEVICE_DOWN, UNREACHABLE};
use net::{Charted, chart, sign};
use std::sync::Arc;
use std::time::Duration;

/// Polls in a row without an answer after which a device counts as silent: one may be lost on the way.
const MISSED_IS_SILENT: u32 = 2;
/// Devices that are judged as soon as they fall silent; more at once wait for the next second, so that thousands cost one judgement.
const AT_ONCE: usize = 4;
/// How often the same device is polled out of turn at most.
const ASK_PACE: Duration = Duration::from_secs(5);
/// Silent devices up to which a first miss is followed up at once where something beside the device is wrong: in a storm the polls in
/// turn tell soon enough.
const FOLLOWED_UP: usize = 32;

impl Deriver<'_> {
    fn reach(&mut self) -> &mut Reach {
        Arc::make_mut(&mut self.state.reach)
    }

    /// A device answered, by SNMP or by ICMP.
    pub(super) fn answered(&mut self, id: &DeviceId) {
        let at = self.at;
        self.state.live.of(id).heard = Some(at);
        if self.state.reach.silent.contains_key(id) {
            let known = self.reach().silent.remove(id);
            self.reach().dirty |= known.as_ref().is_some_and(|known| known.fell.is_some() || known.hoped);
            if known.is_some_and(|known| known.fell.is_some()) {
                self.ask_silent_neighbours(id);
            }
        } else if self.state.reach.waits && self.state.reach.asked.contains_key(id) {
            self.reach().dirty = true;
        }
    }

    /// A device is back: who hangs on it is most likely back as well, and is probed rarely by now.
    fn ask_silent_neighbours(&mut self, id: &DeviceId) {
        let links = self.state.links_of(id);
        let far = links.iter().map(|link| if link.a.device == *id { &link.b.device } else { &link.a.device });
        let silent: Vec<DeviceId> = far.filter(|far| self.state.reach.silent.contains_key(far)).cloned().collect();
        silent.iter().for_each(|far| self.ask(far));
    }

    /// A poll was not answered, not even by ICMP. `missed` is how many before it were not answered by SNMP, with it.
    pub(super) fn unanswered(&mut self, device: &Device, (missed, detail): (u32, &str)) {
        let at = self.at;
        let heard = self.state.live.of(&device.id).heard;
        let first = Silent {
            heard,
            missed_at: None,
            misses: 0,
            fell: None,
            own: false,
            hoped: false,
            tried: false,
            detail: String::new(),
        };
        let silent = self.reach().silent.entry(device.id.clone()).or_insert(first);
        silent.missed_at = silent.missed_at.or(Some(at));
        silent.misses = silent.misses.saturating_add(1);
        let misses = silent.misses;
        silent.detail = format!("{}: {detail}", unit::counted(misses.max(missed), "poll not answered", "polls not answered"));
        if silent.fell.is_none() && misses >= MISSED_IS_SILENT {
            (silent.fell, silent.hoped) = (Some(at), false);
            let reach = self.reach();
            (reach.dirty, reach.fresh) = (true, reach.fresh.saturating_add(1));
        } else if silent.fell.is_some() && self.state.reach.waits {
            self.reach().dirty = true;
        } else if misses < MISSED_IS_SILENT && self.state.reach.silent.len() <= FOLLOWED_UP && self.is_suspect(&device.id) {
            self.ask(&device.id);
        }
    }

    /// Whether something beside a device is wrong.
    fn is_suspect(&self, id: &DeviceId) -> bool {
        let far = |link: &Link| if link.a.device == *id { link.b.clone() } else { link.a.clone() };
        self.state.links_of(id).iter().map(|link| far(link)).any(|end| {
            let port = end.if_index.and_then(|if_index| self.state.conditions.get(&end.device)?.port(if_index));
            self.state.reach.silent.contains_key(&end.device) || port.is_some_and(|port| port.is_down())
        })
    }

    /// Has a device polled at once.
    fn ask(&mut self, id: &DeviceId) {
        let at = self.at;
        if self.state.reach.asked.get(id).is_none_or(|asked| at.since(*asked) >= ASK_PACE) {
            let asked = &mut self.reach().asked;
            asked.retain(|_, asked| at.since(*asked) < ASK_PACE * 12);
            asked.insert(id.clone(), at);
            self.poll_now.insert(id.clone());
        }
    }

    /// A port changed: whoever is at the other end of its link is asked at once, and who is silent is judged anew.
    pub(super) fn beyond(&mut self, (id, if_index): (&DeviceId, IfIndex), fell: bool) {
        let is_it = |end: &crate::model::LinkEnd| end.device == *id && end.if_index == Some(if_index);
        let far: Vec<DeviceId> = self
            .state
            .links_of(id)
            .iter()
            .filter_map(|link| match (is_it(&link.a), is_it(&link.b)) {
                (true, _) => Some(link.b.device.clone()),
                (_, true) => Some(link.a.device.clone()),
                _ => None,
            })
            .filter(|far| self.state.devices.contains_key(far))
            .collect();
        if !self.state.reach.silent.is_empty() && !far.is_empty() {
            self.reach().dirty = true;
        }
        for far in far.iter().filter(|_| fell) {
            self.ask(far);
        }
    }

    /// What an observation changed is judged and explained: at once where it is little, else at the next tick.
    pub(in crate::state) fn conclude(&mut self, is_tick: bool) {
        let reach = &self.state.reach;
        let due = if is_tick {
            reach.is_due(self.at)
        } else {
            reach.dirty && reach.fresh <= AT_ONCE && reach.silent.len() <= FOLLOWED_UP
        };
        // Who is to be asked anew is no root any more: what is behind it is judged without it.
        if due && !self.judge() {
            self.judge();
        }
        self.explain(is_tick);
    }

    /// Whether every verdict was carried out.
    fn judge(&mut self) -> bool {
        self.take_up();
        let is_silent = |silent: &Silent| silent.fell.is_some() || silent.hoped;
        if !self.state.reach.silent.values().any(is_silent) {
            if !self.state.reach.judged || self.state.reach.dirty || self.state.reach.waits {
                let silent = std::mem::take(&mut self.reach().silent);
                *self.reach() =
                    Reach { judged: true, unexplained: true, silent, asked: self.state.reach.asked.clone(), ..Reach::default() };
            }
            return true;
        }
        let state = &*self.state;
        let charted = chart(state, &|device| sign(state, device));
        let judged = reachability::judge(&charted.net, self.at);
        let sentences = sentences(state, &charted, &judged);
        let behind = behind(&charted, &judged);
        let waits = judged.verdicts.iter().flatten().any(|verdict| matches!(verdict, Verdict::Wait(_)));
        let recheck = judged.recheck;
        let reach = self.reach();
        (reach.judged, reach.dirty, reach.waits, reach.recheck) = (true, false, waits, recheck);
        reach.fresh = 0;
        reach.behind = behind.into_iter().map(|(id, behind)| (id, Arc::new(behind))).collect();
        reach.unexplained = true;
        // Roots before what is behind them.
        let (down, others): (Vec<_>, Vec<_>) =
            sentences.into_iter().partition(|sentence| matches!(sentence.verdict, Verdict::Down(_)));
        down.into_iter().for_each(|sentence| self.execute(sentence));
        if self.state.reach.dirty {
            return false;
        }
        others.into_iter().for_each(|sentence| self.execute(sentence));
        true
    }

    /// Takes up who is known to be lost and has not been polled since the start.
    fn take_up(&mut self) {
        let is_known = |id: &DeviceId| self.state.reach.silent.contains_key(id);
        let lost: Vec<(DeviceId, Silent)> = if self.state.reach.judged {
            Vec::new()
        } else {
            let lost = self.state.conditions.iter().filter(|(id, condition)| is_lost(condition.status) && !is_known(id));
            lost.map(|(id, condition)| {
                let own = condition.status == DeviceStatus::Down;
                let fell = Some(condition.since);
                let detail = condition.reason.clone();
                (id.clone(), Silent { heard: None, missed_at: None, misses: 0, fell, own, hoped: false, tried: false, detail })
            })
            .collect()
        };
        let gone: Vec<DeviceId> =
            self.state.reach.silent.keys().filter(|id| !self.state.devices.contains_key(*id)).cloned().collect();
        if !lost.is_empty() || !gone.is_empty() {
            let silent = &mut self.reach().silent;
            silent.extend(lost);
            silent.retain(|id, _| !gone.contains(id));
        }
    }

    fn execute(&mut self, sentence: Sentence) {
        let Sentence { id, verdict, text, ask } = sentence;
        let Some(device) = self.state.devices.get(&id).cloned() else { return };
        let Some(status) = self.state.conditions.get(&id).map(|condition| condition.status) else { return };
        for id in &ask {
            self.ask(id);
        }
        match verdict {
            // There is a way again: whether it is well is not known before it was asked anew.
            Verdict::Down(why) if status == DeviceStatus::Unreachable && !matches!(why, Why::Port(_)) && !self.is_tried(&id) => {
                self.hope(&id);
                self.ask(&id);
            }
            Verdict::Down(why) => {
                if let Some(silent) = self.reach().silent.get_mut(&id) {
                    silent.own |= why.is_certain();
                }
                self.status(&device, DeviceStatus::Down, text);
            }
            Verdict::Behind => self.unreachable(&device, text),
            Verdict::Wait(_) if status == DeviceStatus::Unreachable && !self.is_tried(&id) => self.hope(&id),
            Verdict::Wait(_) => {}
        }
    }

    fn is_tried(&self, id: &DeviceId) -> bool {
        self.state.reach.silent.get(id).is_some_and(|silent| silent.tried)
    }

    fn hope(&mut self, id: &DeviceId) {
        if let Some(silent) = self.reach().silent.get_mut(id) {
            *silent = Silent { missed_at: None, misses: 0, fell: None, own: false, hoped: true, tried: true, ..silent.clone() };
        }
        // Those behind it are to be looked at again.
        self.reach().dirty = true;
        self.clear(&unreachable_alarm(id));
    }

    fn unreachable(&mut self, device: &Device, text: String) {
        if self.is_tried(&device.id) {
            self.reach().silent.entry(device.id.clone()).and_modify(|silent| silent.tried = false);
        }
        let known = self.state.conditions.get(&device.id);
        let from = known.map_or(DeviceStatus::Unknown, |condition| condition.status);
        let is_listed = self.state.alarms.get(&unreachable_alarm(&device.id)).is_some_and(|alarm| alarm.cleared_at.is_none());
        if from == DeviceStatus::Unreachable && is_listed && known.is_some_and(|condition| condition.reason == text) {
            return;
        }
        let change = DeviceStatusChange { device: device.id.clone(), from, to: DeviceStatus::Unreachable, reason: text.clone() };
        self.emit(Body::DeviceStatus(change));
        self.clear(&format!("{DEVICE_DOWN}@{}", device.id));
        let alarm = self.listed(device, text);
        self.put(Body::AlarmRaised(Box::new(alarm)));
    }

    /// The alarm that lists a device under what it is behind.
    fn listed(&self, device: &Device, text: String) -> Alarm {
        let id = unreachable_alarm(&device.id);
        let known = self
            .state
            .alarms
            .get(&id)
            .filter(|known| known.cleared_at.is_none_or(|cleared| self.at.since(cleared) <= FLAP_WINDOW));
        let count = |known: &Arc<Alarm>| known.count.saturating_add(u32::from(known.cleared_at.is_some()));
        Alarm {
            rule: UNREACHABLE.to_owned(),
            // X.733 §8.1.2.3: how bad it is can't be known.
            severity: Severity::Indeterminate,
            object: device.name(),
            device: Some(device.id.clone()),
            text,
            raised_at: known.map_or(self.at, |known| known.raised_at),
            cleared_at: None,
            count: known.map_or(1, count),
            if_index: None,
            runbook: None,
            flap: None,
            id,
        }
    }

    /// Clears an alarm where it stands.
    pub(super) fn clear(&mut self, id: &str) {
        if self.state.alarms.get(id).is_some_and(|alarm| alarm.cleared_at.is_none()) {
            self.put(Body::AlarmCleared(id.to_owned()));
        }
    }
}

pub(super) fn unreachable_alarm(id: &DeviceId) -> String {
    format!("{UNREACHABLE}@{id}")
}

/// A verdict as it is carried out.
struct Sentence {
    id: DeviceId,
    verdict: Verdict,
    text: String,
    ask: Vec<DeviceId>,
}

fn sentences(state: &crate::state::State, charted: &Charted<'_>, judged: &Judged) -> Vec<Sentence> {
    let verdicts = judged.verdicts.iter().enumerate().filter_map(|(place, verdict)| Some((place, verdict.clone()?)));
    let id_of = |place: Place| charted.ids.get(place).map(|id| (*id).clone());
    verdicts
        .filter_map(|(place, verdict)| {
            let id = id_of(place)?;
            let silent = state.reach.silent.get(&id)?;
            let ask = match &verdict {
                Verdict::Wait(ask) => ask.iter().filter_map(|place| id_of(*place)).collect(),
                Verdict::Down(_) | Verdict::Behind => Vec::new(),
            };
            let text = match &verdict {
                Verdict::Down(why) => format!("{}{}", silent.detail, because(state, charted, (&id, *why))),
                Verdict::Behind => behind_words(state, judged.labels_of(place).iter().filter_map(|label| id_of(label.root))),
                Verdict::Wait(_) => String::new(),
            };
            Some(Sentence { id, verdict, text, ask })
        })
        .collect()
}

/// What says that a device is down itself, beyond that it does not answer.
fn because(state: &crate::state::State, charted: &Charted<'_>, (id, why): (&DeviceId, Why)) -> String {
    match why {
        Why::Port(way) => {
            let link = charted.links.get(way);
            let far = link.map(|link| if link.a.device == *id { &link.b } else { &link.a });
            far.map(|far| format!("; {} is down", end_words(state, far))).unwrap_or_default()
        }
        Why::Nearest => "; nothing around it answers".to_owned(),
        Why::Way(_) | Why::Alone | Why::Known | Why::Doubt | Why::Edge => String::new(),
    }
}

/// `core-1 Gi3`
pub(super) fn end_words(state: &crate::state::State, end: &crate::model::LinkEnd) -> String {
    end.port.as_ref().map_or_else(|| state.name_of(&end.device), |port| format!("{} {port}", state.name_of(&end.device)))
}

/// `behind core-1 and core-2`
fn behind_words(state: &crate::state::State, roots: impl Iterator<Item = DeviceId>) -> String {
    let mut names: Vec<String> = roots.map(|root| state.name_of(&root)).collect();
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { format!("behind {last}") } else { format!("behind {} and {last}", names.join(", ")) }
}

fn behind(charted: &Charted<'_>, judged: &Judged) -> Vec<(DeviceId, Behind)> {
    let id_of = |place: Place| charted.ids.get(place).map(|id| (*id).clone());
    let is_judged = |place: &Place| judged.verdicts.get(*place).is_some_and(|verdict| verdict.is_some());
    let places = charted.net.places().filter(|place| is_judged(place) && !judged.labels_of(*place).is_empty());
    places
        .filter_map(|place| {
            let labels = judged.labels_of(place);
            let first = labels.first()?;
            let hop = |(place, label): (Place, reachability::Label)| {
                let by = match label.via {
                    Via::Way(way) => By::Link(charted.links.get(way).map(|link| Arc::clone(link))?),
                    Via::Gateway => By::Route,
                    Via::Silence => By::Silence,
                };
                Some(Hop { device: id_of(place)?, by })
            };
            let chain = judged.chain(place, first.root).into_iter().filter_map(hop).collect();
            let roots = labels.iter().filter_map(|label| id_of(label.root)).collect();
            Some((id_of(place)?, Behind { roots, remains: first.remains, chain }))
        })
        .collect()
}
