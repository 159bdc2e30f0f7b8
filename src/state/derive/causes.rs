//! Which standing alarm explains which other, and by what chain: journalled where it changes.
//!
//! An alarm is followed from what it is on to what explains that, until nothing explains it any more: that is its root. So no root is
//! explained itself. Only what the data tells counts: who is behind whom (`reach`), links, aggregates, what is plugged in where.

mod chain;
pub(in crate::state) mod plugged;
mod session;

use super::Deriver;
use crate::event::Body;
use crate::model::{Alarm, Cause, CauseRule, CauseStep, DeviceId, Explained, IfIndex, Interface, LinkEnd};
use crate::state::State;
use crate::state::reach::is_lost;
use crate::state::standing::{AP_DOWN, DEVICE_DOWN, SNMP_SILENT, UNREACHABLE};
use plugged::Plugged;
use rustc_hash::FxHashMap;
use session::Owners;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Standing alarms up to which causes are looked for after each event; with more, once a second.
const FEW_ALARMS: usize = 256;
/// Changes in one event: a record of the journal stays small.
const CHANGES: usize = 256;
/// Steps from an alarm to its root at most: a port, its aggregate, the far end, that device, what it is behind.
const MAX_STEPS: usize = 8;

const INTERFACE_DOWN: &str = "interface-down";
/// The rule of aggregates that lost members and go on.
const AGGREGATE_DEGRADED: &str = "aggregate-degraded";

impl Deriver<'_> {
    /// Finds causes anew where something changed that they follow from, and derives what differs.
    pub(super) fn explain(&mut self, is_tick: bool) {
        let touches = |body: &Body| {
            matches!(
                body,
                Body::AlarmRaised(_)
                    | Body::AlarmCleared(_)
                    | Body::DeviceStatus(_)
                    | Body::LinkSeen(_)
                    | Body::LinkGone(_)
                    | Body::DeviceMerged(..)
                    | Body::DeviceReplaced(_)
                    | Body::DeviceForgotten(_)
            )
        };
        let touched = self.derived.iter().any(|event| touches(&event.body));
        if !touched && !self.state.reach.unexplained {
            return;
        }
        let is_much = self.state.alarms.len() > FEW_ALARMS;
        // Until it was judged who is behind whom, the causes of before stand.
        if is_much && !is_tick || !self.state.reach.judged {
            Arc::make_mut(&mut self.state.reach).unexplained = true;
            return;
        }
        let changes = changes(self.state);
        Arc::make_mut(&mut self.state.reach).unexplained = false;
        for piece in changes.chunks(CHANGES) {
            self.put(Body::Explained(piece.to_vec()));
        }
    }
}

fn changes(state: &State) -> Vec<Explained> {
    let look = Look::of(state);
    let standing = state.alarms.values().filter(|alarm| alarm.cleared_at.is_none());
    let found: BTreeMap<&str, Cause> = standing.filter_map(|alarm| Some((alarm.id.as_str(), look.cause(alarm)?))).collect();
    let gone = state.causes.keys().filter(|id| !found.contains_key(id.as_str()));
    let gone: Vec<Explained> = gone.map(|id| Explained { alarm: id.clone(), cause: None }).collect();
    let is_news = |(id, cause): &(&str, Cause)| state.causes.get(*id).is_none_or(|known| **known != *cause);
    let new = found.into_iter().filter(is_news).map(|(id, cause)| Explained { alarm: id.to_owned(), cause: Some(cause) });
    gone.into_iter().chain(new).collect()
}

/// What explains an alarm next.
struct Next<'a> {
    /// By this alarm.
    to: &'a Alarm,
    rule: CauseRule,
    /// From behind what that is on, to what the alarm is on.
    steps: Vec<CauseStep>,
    remains: bool,
}

/// Look-ups over the alarms that stand.
struct Look<'a> {
    state: &'a State,
    /// Ports that are down.
    ports: FxHashMap<(&'a DeviceId, IfIndex), &'a Alarm>,
    /// Aggregates that lost members.
    degraded: FxHashMap<(&'a DeviceId, IfIndex), &'a Alarm>,
    plugged: OnceCell<Plugged>,
    owners: OnceCell<Owners<'a>>,
}

impl<'a> Look<'a> {
    fn of(state: &'a State) -> Self {
        let of_rule = |rule: &'static str| {
            let standing = state.alarms.values().filter(move |alarm| alarm.cleared_at.is_none() && alarm.rule == rule);
            standing.filter_map(|alarm| Some((port_of(state, alarm)?, alarm.as_ref()))).collect()
        };
        Self {
            state,
            ports: of_rule(INTERFACE_DOWN),
            degraded: of_rule(AGGREGATE_DEGRADED),
            plugged: OnceCell::new(),
            owners: OnceCell::new(),
        }
    }

    /// The cause of an alarm; `None` where nothing explains it.
    fn cause(&self, alarm: &'a Alarm) -> Option<Cause> {
        let mut at = alarm;
        let mut found: Vec<Next<'a>> = Vec::new();
        while let Some(next) = self.next(at) {
            if next.to.id == alarm.id || found.iter().any(|known| known.to.id == next.to.id) || found.len() >= MAX_STEPS {
                return None;
            }
            at = next.to;
            found.push(next);
        }
        let nearest = found.first()?;
        let rule = if found.iter().any(|next| next.rule == CauseRule::Behind) { CauseRule::Behind } else { nearest.rule };
        let remains = found.iter().any(|next| next.remains);
        let steps = found.into_iter().rev().flat_map(|next| next.steps);
        let chain = std::iter::once(chain::root(at)).chain(steps).collect();
        Some(Cause { root: at.id.clone(), rule, chain, remains })
    }

    fn next(&self, alarm: &'a Alarm) -> Option<Next<'a>> {
        let device = alarm.device.as_ref()?;
        match alarm.rule.as_str() {
            DEVICE_DOWN | UNREACHABLE => self.behind(device),
            AP_DOWN => self.access_point((alarm, device)),
            _ => {
                let own = self.on_lost((alarm, device), CauseRule::Part).or_else(|| self.on_port((alarm, device)));
                own.or_else(|| self.session((alarm, device)))
            }
        }
    }

    /// An alarm on a session with a neighbour: the port to it may be down, the neighbour itself, or the other end said so first.
    fn session(&self, (alarm, device): (&'a Alarm, &DeviceId)) -> Option<Next<'a>> {
        let neighbour = session::neighbour(alarm)?;
        let port = self.state.devices.get(device).and_then(|known| session::port(known, neighbour));
        if let Some(to) = port.and_then(|port| self.at((device, port))) {
            return Some(Next { to, rule: CauseRule::Part, steps: vec![chain::session(alarm, neighbour)], remains: false });
        }
        let owner = (*self.owners.get_or_init(|| session::owners(self.state)).get(&neighbour)?)?;
        let steps = vec![chain::session(alarm, neighbour)];
        if let Some(to) = self.lost(owner) {
            return Some(Next { to, rule: CauseRule::FarEnd, steps, remains: self.was_before(alarm, owner) });
        }
        if let Some(to) =
            port.and_then(|port| self.far_ends(device, port).iter().find_map(|(end, _)| self.at((&end.device, end.if_index?))))
        {
            return Some(Next { to, rule: CauseRule::FarEnd, steps, remains: false });
        }
        let to = self.other_end((alarm, device), owner)?;
        Some(Next { to, rule: CauseRule::FarEnd, steps, remains: false })
    }

    /// The alarm of the same rule at the neighbour, on the session with this device, where that was raised first.
    fn other_end(&self, (alarm, device): (&Alarm, &DeviceId), neighbour: &DeviceId) -> Option<&'a Alarm> {
        let key = |alarm: &Alarm| (alarm.raised_at, alarm.id.clone());
        let owners = self.owners.get_or_init(|| session::owners(self.state));
        let is_it = |other: &Alarm| {
            let with = || session::neighbour(other).and_then(|address| *owners.get(&address)?);
            other.cleared_at.is_none()
                && other.rule == alarm.rule
                && other.device.as_ref() == Some(neighbour)
                && with() == Some(device)
        };
        self.state.alarms.values().map(AsRef::as_ref).find(|other| is_it(other) && key(other) < key(alarm))
    }

    /// A device that is behind others.
    fn behind(&self, device: &DeviceId) -> Option<Next<'a>> {
        let behind = self.state.reach.behind.get(device)?;
        let to = behind.roots.iter().find_map(|root| self.standing(&format!("{DEVICE_DOWN}@{root}")))?;
        let steps = chain::hops(self.state, behind);
        Some(Next { to, rule: CauseRule::Behind, steps, remains: behind.remains })
    }

    fn standing(&self, id: &str) -> Option<&'a Alarm> {
        self.state.alarms.get(id).map(AsRef::as_ref).filter(|alarm| alarm.cleared_at.is_none())
    }

    /// The alarm that says that a device does not answer.
    fn lost(&self, device: &DeviceId) -> Option<&'a Alarm> {
        let status = self.state.conditions.get(device)?.status;
        let rules: &[&str] = if is_lost(status) { &[DEVICE_DOWN, UNREACHABLE] } else { &[] };
        rules.iter().find_map(|rule| self.standing(&format!("{rule}@{device}")))
    }

    /// An alarm on a part of a device that does not answer, or whose agent does not.
    fn on_lost(&self, (alarm, device): (&'a Alarm, &DeviceId), rule: CauseRule) -> Option<Next<'a>> {
        let silent = || self.standing(&format!("{SNMP_SILENT}@{device}"));
        let to = self.lost(device).or_else(silent).filter(|to| to.id != alarm.id)?;
        let steps = vec![chain::part(alarm, to)];
        Some(Next { to, rule, steps, remains: self.was_before(alarm, device) })
    }

    /// Whether an alarm stood while a device still answered.
    fn was_before(&self, alarm: &Alarm, device: &DeviceId) -> bool {
        let heard = self.state.reach.silent.get(device).and_then(|silent| silent.heard);
        let since = || {
            let condition = self.state.conditions.get(device)?;
            Some(condition.since.minus(self.state.interval_of(device).saturating_mul(3)))
        };
        heard.or_else(since).is_some_and(|heard| alarm.raised_at < heard)
    }

    /// An alarm on a port: the port itself may be down, its aggregate, or what is at the other end.
    fn on_port(&self, (alarm, device): (&'a Alarm, &DeviceId)) -> Option<Next<'a>> {
        let (_, if_index) = port_of(self.state, alarm)?;
        let own = self.ports.get(&(device, if_index)).copied().filter(|own| own.id != alarm.id);
        if let Some(to) = own {
            let remains = alarm.raised_at < to.raised_at;
            return Some(Next { to, rule: CauseRule::Part, steps: vec![chain::part(alarm, to)], remains });
        }
        let port = self.state.devices.get(device)?.interface(if_index)?;
        let ends = self.far_ends(device, if_index);
        self.far_device(alarm, &ends).or_else(|| self.aggregate((alarm, device), port)).or_else(|| self.far_port(alarm, &ends))
    }

    /// The other ends of the links of a port, or of the members of an aggregate, with the link.
    fn far_ends(&self, device: &DeviceId, if_index: IfIndex) -> Vec<(&'a LinkEnd, &'a crate::model::Link)> {
        let known = self.state.devices.get(device);
        let is_it = |end: &LinkEnd| {
            let own = end.if_index.filter(|_| end.device == *device);
            let aggregate = || known?.interface(own?)?.aggregate;
            own == Some(if_index) || own.is_some() && aggregate() == Some(if_index)
        };
        let links = self.state.links_of(device).iter();
        let far = links.filter_map(|link| match (is_it(&link.a), is_it(&link.b)) {
            (true, _) => Some((&link.b, link.as_ref())),
            (_, true) => Some((&link.a, link.as_ref())),
            _ => None,
        });
        far.collect()
    }

    fn far_device(&self, alarm: &'a Alarm, ends: &[(&LinkEnd, &crate::model::Link)]) -> Option<Next<'a>> {
        let (end, link, to) = ends.iter().find_map(|(end, link)| Some((end, link, self.lost(&end.device)?)))?;
        let steps = vec![chain::far_end(alarm, link)];
        Some(Next { to, rule: CauseRule::FarEnd, steps, remains: self.was_before(alarm, &end.device) })
    }

    /// What is the matter with a port or an aggregate.
    fn at(&self, port: (&DeviceId, IfIndex)) -> Option<&'a Alarm> {
        self.ports.get(&port).or_else(|| self.degraded.get(&port)).copied()
    }

    /// Of a member the alarm on its aggregate.
    fn aggregate(&self, (alarm, device): (&'a Alarm, &DeviceId), port: &Interface) -> Option<Next<'a>> {
        let aggregate = port.aggregate.filter(|aggregate| *aggregate != port.if_index)?;
        let to = self.at((device, aggregate))?;
        Some(Next { to, rule: CauseRule::Aggregate, steps: vec![chain::member(alarm, to)], remains: false })
    }

    /// Of two ends of one link the alarm that was raised first.
    fn far_port(&self, alarm: &'a Alarm, ends: &[(&LinkEnd, &crate::model::Link)]) -> Option<Next<'a>> {
        let key = |alarm: &Alarm| (alarm.raised_at, alarm.id.clone());
        let own = port_of(self.state, alarm).and_then(|(device, if_index)| Some((self.state.devices.get(device)?, if_index)));
        let is_member_of = |port: &Interface, if_index: IfIndex| port.aggregate == Some(if_index) && port.if_index != if_index;
        let is_aggregate = own.is_some_and(|(device, own)| device.interfaces.iter().any(|port| is_member_of(port, own)));
        let far = ends.iter().find_map(|(end, link)| {
            let if_index = end.if_index?;
            let aggregate = || self.state.devices.get(&end.device)?.interface(if_index)?.aggregate;
            let to = if is_aggregate { self.at((&end.device, aggregate()?)) } else { self.at((&end.device, if_index)) };
            Some((to?, link))
        });
        let is_of_link = [INTERFACE_DOWN, AGGREGATE_DEGRADED].contains(&alarm.rule.as_str());
        let (to, link) = far.filter(|(to, _)| !is_of_link || key(to) < key(alarm))?;
        Some(Next { to, rule: CauseRule::FarEnd, steps: vec![chain::far_end(alarm, link)], remains: false })
    }

    /// An access point that its controller lost: the controller itself, or where it is plugged in.
    fn access_point(&self, (alarm, controller): (&'a Alarm, &DeviceId)) -> Option<Next<'a>> {
        let plugged = self.plugged.get_or_init(|| Plugged::of(self.state)).place(self.state, alarm);
        if let Some(place) = plugged {
            let port = || self.ports.get(&(&place.device, place.if_index?)).copied();
            let own = || place.own.as_ref().and_then(|own| self.lost(own));
            if let Some(to) = self.lost(&place.device).or_else(own).or_else(port) {
                let steps = vec![chain::plugged(alarm, &place.words(self.state))];
                return Some(Next { to, rule: CauseRule::Served, steps, remains: self.was_before(alarm, &place.device) });
            }
        }
        self.on_lost((alarm, controller), CauseRule::Served)
    }
}

/// The port that an alarm is on: as it says, or as its id does (`RULE@DEVICE/PORT`).
pub(in crate::state) fn port_of<'a>(state: &'a State, alarm: &'a Alarm) -> Option<(&'a DeviceId, IfIndex)> {
    let device = alarm.device.as_ref()?;
    if let Some(if_index) = alarm.if_index {
        return Some((device, if_index));
    }
    let on = alarm.id.strip_prefix(alarm.rule.as_str())?.strip_prefix('@')?;
    let name = on.strip_prefix(device.as_str())?.strip_prefix('/')?;
    let port = state.devices.get(device)?.interfaces.iter().find(|port| port.name() == name)?;
    Some((device, port.if_index))
}
