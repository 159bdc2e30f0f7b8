//! Taking derived events over. Nothing here derives anything, and nothing looks at what is only in memory: replay runs
//! through the same lines.

use super::coverage;
use super::derive::{LinkWork, moves, tell};
use super::view::EventRow;
use super::{Condition, MAX_EPISODES, MAX_NOTICES, MAX_RECENT, State};
use crate::event::{Body, DeviceStatusChange, EndpointChanges, Event, GaugeStatusChange, InterfaceStatusChange, Replacement};
use crate::model::{Acknowledgement, Alarm, AlarmAct, Episode, Explained, Handling, Notice, Silence};
use crate::model::{BridgeReading, Device, DeviceId, DeviceStatus, Endpoint, Link, LinkEnd, LinkKey, Timestamp, limit};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long an alarm that cleared is still shown, and can be raised again as the same one.
pub(super) const CLEARED_KEPT: Duration = Duration::from_secs(3600);

/// For how long it is kept when an alarm stood.
const EPISODES_KEPT: Duration = Duration::from_secs(30 * 86_400);

impl State {
    /// Takes a derived event over; observations change nothing here.
    pub(super) fn take(&mut self, event: &Event) -> Vec<Arc<EventRow>> {
        let rows: Vec<Arc<EventRow>> = tell::rows(self, event).into_iter().map(Arc::new).collect();
        let at = event.at;
        if coverage::changes(self, &event.body) {
            self.coverage = Arc::default();
        }
        match &event.body {
            Body::DeviceSeen(device) => self.take_device(device, at),
            Body::DeviceMerged(gone, _) => self.drop_device(gone),
            Body::DeviceForgotten(told) => self.forget_device(&told.0),
            Body::DeviceStatus(change) => self.take_status(change, at),
            Body::InterfaceStatus(change) => self.take_port(change, at),
            Body::GaugeStatus(change) => self.take_gauge(change, at),
            Body::LinkSeen(link) => self.take_link(link),
            Body::LinkGone(key) => self.drop_link(key),
            Body::NeighbourSeen(neighbour) => {
                self.endpoints_dirty = true;
                Arc::make_mut(&mut self.neighbours).insert(neighbour.id.clone(), Arc::new((**neighbour).clone()));
            }
            Body::NeighbourGone(id) => {
                self.endpoints_dirty = true;
                Arc::make_mut(&mut self.neighbours).remove(id);
            }
            Body::AlarmRaised(alarm) => self.take_alarm(alarm),
            Body::AlarmCleared(id) => self.clear_alarm(id, at),
            Body::AlarmHandled(handled) => self.take_handled(handled, at),
            Body::Restarted(id) => {
                if let Some(condition) = Arc::make_mut(&mut self.conditions).get_mut(id) {
                    Arc::make_mut(condition).restarted_at = Some(at);
                }
            }
            Body::DeviceReplaced(replacement) => {
                let Replacement { old, new } = &**replacement;
                self.drop_device(old);
                Arc::make_mut(&mut self.predecessors).insert(new.id.clone(), old.clone());
                self.take_device(new, at);
                self.forget_predecessors();
            }
            Body::Endpoints(changes) => self.take_endpoints(changes),
            Body::WirelessSeen(part) => self.take_wireless(part),
            Body::AccessPoint(change) => self.take_access_point(change, at),
            Body::BridgeSeen(reading) => self.take_bridge(reading),
            Body::Explained(changes) => self.take_explained(changes),
            Body::MaintenanceSet(window) => {
                Arc::make_mut(&mut self.maintenance).insert(window.name.clone(), Arc::new((**window).clone()));
            }
            Body::MaintenanceOver(name, _) => {
                Arc::make_mut(&mut self.maintenance).remove(name);
            }
            Body::NoticeSeen(notice) => self.take_notice(notice, at),
            Body::Inventory(_)
            | Body::Poll(_)
            | Body::Silent(_)
            | Body::Discovery(_)
            | Body::Tick
            | Body::Trap(_)
            | Body::Flows(_)
            | Body::FlowRecords(_)
            | Body::Wireless(_)
            | Body::AlarmOrder(_)
            | Body::Bridge(_)
            | Body::SpanningTree(_)
            | Body::Maintenance(_)
            | Body::Notice(_)
            | Body::TrapSeen(_)
            | Body::Heard(_)
            | Body::Upkeep(_)
            | Body::Elsewhere(_)
            | Body::Forget(_)
            | Body::Logs(_) => {}
        }
        for row in &rows {
            self.remember(row);
        }
        rows
    }

    fn remember(&mut self, row: &Arc<EventRow>) {
        let recent = Arc::make_mut(&mut self.recent);
        if let Some(last) = recent.back_mut()
            && let Some(joined) = moves::joined(last, row)
        {
            *last = Arc::new(joined);
            return;
        }
        if recent.len() >= MAX_RECENT {
            recent.pop_front();
        }
        recent.push_back(Arc::clone(row));
    }

    fn take_endpoints(&mut self, changes: &EndpointChanges) {
        let endpoints = Arc::make_mut(&mut self.endpoints);
        for gone in &changes.gone {
            endpoints.remove(gone);
        }
        for seen in &changes.seen {
            // Thousands hang on one device: they share its id.
            let device = self.devices.get_key_value(&seen.device).map_or(&seen.device, |(id, _)| id).clone();
            endpoints.insert(seen.mac, Arc::new(Endpoint { device, ..seen.clone() }));
        }
    }

    fn take_device(&mut self, device: &Device, at: Timestamp) {
        let known = Arc::make_mut(&mut self.devices).insert(device.id.clone(), Arc::new(device.clone()));
        self.totals.describe(known.as_deref(), Some(device));
        if let Some(marks) = &mut self.marks {
            let marks = Arc::make_mut(marks);
            if let Some(known) = known {
                marks.remove(&known);
            }
            marks.insert(device);
        }
        let conditions = Arc::make_mut(&mut self.conditions);
        match conditions.get_mut(&device.id) {
            Some(condition) => Arc::make_mut(condition).follow(device),
            None => {
                conditions.insert(device.id.clone(), Arc::new(Condition::first(device, at)));
            }
        }
        self.link_work.touch(&device.id);
        self.endpoints_dirty = true;
    }

    /// Takes over what differs of a switch. Links know which ports are blocked.
    fn take_bridge(&mut self, reading: &BridgeReading) {
        let Some(device) = Arc::make_mut(&mut self.devices).get_mut(&reading.device).map(Arc::make_mut) else { return };
        if let Some(bridge) = &reading.bridge {
            device.bridge = Some(Box::new(bridge.clone()));
        }
        let mut moved = false;
        for told in &reading.ports {
            let place = device.interfaces.binary_search_by_key(&told.if_index, |port| port.if_index);
            let Some(port) = place.ok().and_then(|place| device.interfaces.get_mut(place)) else { continue };
            if told.stp_state.is_some() {
                moved = true;
                port.stp_state.clone_from(&told.stp_state);
            }
            if let Some(stp) = &told.stp {
                port.stp = Some(Box::new(stp.clone()));
            }
            if let Some(poe) = &told.poe {
                port.poe = Some(Box::new(poe.clone()));
            }
        }
        if moved {
            self.link_work.touch(&reading.device);
        }
    }

    fn drop_device(&mut self, id: &DeviceId) {
        let device = Arc::make_mut(&mut self.devices).remove(id);
        self.totals.describe(device.as_deref(), None);
        if let (Some(device), Some(marks)) = (device, &mut self.marks) {
            Arc::make_mut(marks).remove(&device);
        }
        Arc::make_mut(&mut self.conditions).remove(id);
        self.live.remove(id);
        if self.wireless.contains_key(id) {
            self.totals.control(self.controlled(id), (0, 0));
            Arc::make_mut(&mut self.wireless).remove(id);
        }
        self.wireless_kept.remove(id);
        let seen = Arc::make_mut(&mut self.sightings).remove(id);
        self.totals.see(seen.as_deref(), None);
        Arc::make_mut(&mut self.reads).remove(id);
        Arc::make_mut(&mut self.down).remove(id);
        self.displaced.remove(id);
        self.link_work.touch(id);
        self.endpoints_dirty = true;
    }

    fn forget_device(&mut self, id: &DeviceId) {
        self.drop_device(id);
        Arc::make_mut(&mut self.predecessors).remove(id);
    }

    fn take_alarm(&mut self, alarm: &Alarm) {
        self.alarm_stands(alarm.device.as_ref(), &alarm.id);
        self.note_cleared(&alarm.id, None);
        self.make_room_for(&alarm.id);
        Arc::make_mut(&mut self.alarms).insert(alarm.id.clone(), Arc::new(alarm.clone()));
    }

    fn take_status(&mut self, change: &DeviceStatusChange, at: Timestamp) {
        if let Some(condition) = Arc::make_mut(&mut self.conditions).get_mut(&change.device) {
            let condition = Arc::make_mut(condition);
            // What it is behind may change while it stays unreachable.
            if condition.status != change.to || change.to != DeviceStatus::Unreachable {
                condition.since = at;
            }
            condition.status = change.to;
            condition.reason.clone_from(&change.reason);
            let down = Arc::make_mut(&mut self.down);
            if change.to == DeviceStatus::Down {
                down.insert(change.device.clone());
            } else {
                down.remove(&change.device);
            }
        }
    }

    fn take_port(&mut self, change: &InterfaceStatusChange, at: Timestamp) {
        let condition = Arc::make_mut(&mut self.conditions).get_mut(&change.device).map(Arc::make_mut);
        if let Some(port) = condition.and_then(|condition| condition.port_mut(change.if_index)) {
            port.admin = change.admin;
            port.change(change.to, at);
        }
    }

    fn take_gauge(&mut self, change: &GaugeStatusChange, at: Timestamp) {
        let condition = Arc::make_mut(&mut self.conditions).get_mut(&change.device).map(Arc::make_mut);
        if let Some(gauge) = condition.and_then(|condition| condition.gauge_mut(change.kind, &change.name)) {
            gauge.status = change.to;
            gauge.since = Some(at);
        }
    }

    fn take_link(&mut self, link: &Link) {
        self.endpoints_dirty = true;
        let key = link.key();
        let link = Arc::new(link.clone());
        Arc::make_mut(&mut self.links).insert(key, Arc::clone(&link));
        self.add_ends(&link);
    }

    /// Enters a link under the devices at its ends.
    fn add_ends(&mut self, link: &Arc<Link>) {
        for end in [&link.a, &link.b] {
            let links = Arc::make_mut(&mut self.ends).entry(end.device.clone()).or_default();
            match links.binary_search_by(|known| by_ends(known, &link.a, &link.b)) {
                Ok(at) => {
                    if let Some(slot) = links.get_mut(at) {
                        *slot = Arc::clone(link);
                    }
                }
                Err(at) => links.insert(at, Arc::clone(link)),
            }
        }
    }

    fn drop_link(&mut self, key: &LinkKey) {
        self.endpoints_dirty = true;
        Arc::make_mut(&mut self.links).remove(key);
        for end in [&key.0, &key.1] {
            let ends = Arc::make_mut(&mut self.ends);
            if let Some(links) = ends.get_mut(&end.device) {
                links.retain(|known| by_ends(known, &key.0, &key.1).is_ne());
                if links.is_empty() {
                    ends.remove(&end.device);
                }
            }
        }
    }

    fn clear_alarm(&mut self, id: &str, at: Timestamp) {
        if let Some(alarm) = self.alarms.get(id).cloned() {
            self.alarm_fell(alarm.device.as_ref(), id);
        }
        self.note_cleared(id, Some(at));
        let alarms = Arc::make_mut(&mut self.alarms);
        if let Some(alarm) = alarms.get_mut(id) {
            let alarm = Arc::make_mut(alarm);
            if alarm.cleared_at.is_none() {
                let Alarm { raised_at, severity, count, .. } = *alarm;
                remember(&mut self.episodes, id, Episode { raised_at, cleared_at: at, severity, count });
            }
            alarm.cleared_at = Some(at);
        }
        if self.causes.contains_key(id) {
            Arc::make_mut(&mut self.causes).remove(id);
        }
        if self.handlings.contains_key(id) {
            Arc::make_mut(&mut self.handlings).remove(id);
        }
        let is_old = |cleared: &(Timestamp, String)| at.since(cleared.0) > CLEARED_KEPT;
        while let Some(old) = self.cleared.first().filter(|cleared| is_old(cleared)).cloned() {
            Arc::make_mut(&mut self.cleared).remove(&old);
            Arc::make_mut(&mut self.alarms).remove(&old.1);
            if self.notices.contains_key(&old.1) {
                Arc::make_mut(&mut self.notices).remove(&old.1);
            }
        }
    }

    /// Of alarms that cleared the oldest make room for one that stands.
    fn make_room_for(&mut self, id: &str) {
        if self.alarms.len() < limit::ALARMS.most() || self.alarms.contains_key(id) {
            return;
        }
        let Some(oldest) = self.cleared.first().cloned() else { return };
        Arc::make_mut(&mut self.cleared).remove(&oldest);
        Arc::make_mut(&mut self.alarms).remove(&oldest.1);
        Arc::make_mut(&mut self.notices).remove(&oldest.1);
    }

    /// Notes when an alarm cleared, or that it stands again.
    fn note_cleared(&mut self, id: &str, at: Option<Timestamp>) {
        let Some(known) = self.alarms.get(id) else { return };
        if known.cleared_at.is_some() || at.is_some() {
            let cleared = Arc::make_mut(&mut self.cleared);
            known.cleared_at.map(|before| cleared.remove(&(before, id.to_owned())));
            at.map(|at| cleared.insert((at, id.to_owned())));
        }
    }

    fn take_explained(&mut self, changes: &[Explained]) {
        let causes = Arc::make_mut(&mut self.causes);
        for Explained { alarm, cause } in changes {
            match cause {
                Some(cause) => causes.insert(alarm.clone(), Arc::new(cause.clone())),
                None => causes.remove(alarm),
            };
        }
    }

    fn take_notice(&mut self, notice: &Notice, at: Timestamp) {
        let notices = Arc::make_mut(Arc::make_mut(&mut self.notices).entry(notice.alarm.clone()).or_default());
        if notices.len() >= MAX_NOTICES {
            notices.remove(0);
        }
        notices.push((at, notice.clone()));
    }

    fn take_handled(&mut self, (id, by, act): &(String, String, AlarmAct), at: Timestamp) {
        let handlings = Arc::make_mut(&mut self.handlings);
        let mut handling = handlings.get(id).map(|known| Handling::clone(known)).unwrap_or_default();
        match act {
            AlarmAct::Acknowledge(note) => {
                handling.acknowledged = Some(Acknowledgement { by: by.clone(), at, note: note.clone() });
            }
            AlarmAct::Silence(secs) => {
                let until = at.plus(Duration::from_secs(u64::from(*secs)));
                handling.silenced = Some(Silence { by: by.clone(), until });
            }
            AlarmAct::Release => {
                handlings.remove(id);
                return;
            }
        }
        handlings.insert(id.clone(), Arc::new(handling));
    }

    /// Builds the indexes anew, after a checkpoint was read.
    pub(super) fn index(&mut self) {
        self.ends = Arc::default();
        self.index_alarms();
        self.recount();
        self.marks = None;
        self.link_work = LinkWork::stale();
        self.endpoints_dirty = true;
        self.coverage = Arc::default();
        let down = self.conditions.iter().filter(|(_, condition)| condition.status == DeviceStatus::Down);
        self.down = Arc::new(down.map(|(id, _)| id.clone()).collect());
        let links: Vec<Arc<Link>> = self.links.values().cloned().collect();
        for link in &links {
            self.add_ends(link);
        }
    }
}

/// Keeps for which time an alarm stood. One that was raised again as the same goes on.
fn remember(all: &mut Arc<BTreeMap<String, Arc<Vec<Episode>>>>, id: &str, episode: Episode) {
    let all = Arc::make_mut(all);
    if !all.contains_key(id) && all.len() >= limit::ALARM_EPISODES.most() {
        let oldest = all.iter().min_by_key(|(_, episodes)| episodes.last().map(|last| last.cleared_at));
        if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
            all.remove(&oldest);
        }
    }
    let episodes = Arc::make_mut(all.entry(id.to_owned()).or_default());
    episodes.retain(|known| known.raised_at != episode.raised_at && episode.cleared_at.since(known.cleared_at) <= EPISODES_KEPT);
    if episodes.len() >= MAX_EPISODES {
        episodes.remove(0);
    }
    episodes.push(episode);
}

fn by_ends(link: &Link, a: &LinkEnd, b: &LinkEnd) -> std::cmp::Ordering {
    (&link.a, &link.b).cmp(&(a, b))
}
