//! One alarm in full: what explains it, what it hides, what is being done about it, what happened about that time.

use super::alarms::{self, AlarmRef};
use super::lookup::Lookup;
use super::rows::{AlarmRow, DeviceRow, EventRow, InterfaceRow};
use super::{devices, interfaces};
use crate::model::{Role, Severity, Window};
use crate::state::live::port_names;
use crate::state::view::gathered::gathered;
use crate::state::view::{EventLine, LogRow};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::time::Duration;

/// Lines of events that one alarm shows at most.
const MOST_EVENTS: usize = 60;
/// How long before it was raised its events begin: what led to it.
const BEFORE: Duration = Duration::from_secs(120);
/// Kinds of hidden alarms, and of those that remain, that are shown at most.
const MOST_KINDS: usize = 12;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlarmView {
    /// The alarm; `None` where it is not known (at that time).
    pub row: Option<AlarmRow>,
    /// The alarm that explains it.
    pub root: Option<AlarmRow>,
    /// What it hides, the most first.
    pub hides: Vec<Hidden>,
    /// Those of what it hides that would stand without it as well, at most twelve.
    pub remaining: Vec<AlarmRow>,
    /// How many would.
    pub remaining_total: usize,
    /// Its device.
    pub device: Option<DeviceRow>,
    /// Its interface.
    pub port: Option<InterfaceRow>,
    /// The maintenance that goes on there.
    pub work: Option<Window>,
    /// What happened on its device from shortly before it was raised, the oldest first; what repeats is one line.
    pub events: Vec<EventLine>,
    /// What the device said about the time when it was raised, the oldest first. Filled by the engine.
    pub lines: Vec<LogRow>,
    /// How many lines that were.
    pub line_count: u64,
}

/// Alarms of one kind that another hides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Hidden {
    pub rule: String,
    /// Of their devices; `None` where it is not known.
    pub role: Option<Role>,
    pub severity: Severity,
    pub count: usize,
}

/// The alarm of an id.
pub(super) fn alarm(look: &Lookup<'_>, id: &str) -> AlarmView {
    let (one, behind) = alarms::family(look, id);
    let Some(one) = one else { return AlarmView::default() };
    let remain = |row: &&AlarmRef<'_>| look.state.cause(&row.alarm.id).is_some_and(|cause| cause.remains);
    let remaining: Vec<&AlarmRef<'_>> = behind.iter().filter(remain).collect();
    let device = one.alarm.device.as_ref().and_then(|id| look.state.devices.get(id));
    AlarmView {
        root: one.root.and_then(|root| alarms::family(look, root).0).map(AlarmRef::whole),
        hides: hidden(look, &behind),
        remaining_total: remaining.len(),
        remaining: remaining.into_iter().take(MOST_KINDS).map(|row| row.whole()).collect(),
        device: device.map(|device| devices::DeviceRef::of(look, device).whole()),
        port: port_of(look, &one),
        work: look.state.maintenance_of(one.alarm).cloned(),
        events: events(look, (&one, &behind)),
        row: Some(one.whole()),
        lines: Vec::new(),
        line_count: 0,
    }
}

fn port_of(look: &Lookup<'_>, row: &AlarmRef<'_>) -> Option<InterfaceRow> {
    let device = look.state.devices.get(row.alarm.device.as_ref()?)?;
    let (_, port) = row.alarm.object.split_once(' ')?;
    let mut found = port_names(device).into_iter().zip(interfaces::of_device(look, device)).filter(|(name, _)| name == port);
    found.next().map(|(name, row)| row.whole(name))
}

fn hidden(look: &Lookup<'_>, behind: &[AlarmRef<'_>]) -> Vec<Hidden> {
    let mut kinds: FxHashMap<(&str, Option<Role>), (Severity, usize)> = FxHashMap::default();
    for row in behind {
        let role = row.alarm.device.as_ref().and_then(|id| look.state.devices.get(id)).map(|device| device.role);
        let (severity, count) = kinds.entry((&row.alarm.rule, role)).or_insert((Severity::Cleared, 0));
        *severity = (*severity).max(row.alarm.severity);
        *count += 1;
    }
    let of = |((rule, role), (severity, count)): ((&str, Option<Role>), (Severity, usize))| Hidden {
        rule: rule.to_owned(),
        role,
        severity,
        count,
    };
    let mut all: Vec<Hidden> = kinds.into_iter().map(of).collect();
    all.sort_by(|x, y| (Reverse(x.count), &x.rule, x.role).cmp(&(Reverse(y.count), &y.rule, y.role)));
    all.truncate(MOST_KINDS);
    all
}

/// Events of its device and of what it hides. That the latter is raised and clears is told by its number, not line by line.
fn events(look: &Lookup<'_>, (one, behind): (&AlarmRef<'_>, &[AlarmRef<'_>])) -> Vec<EventLine> {
    let from = one.alarm.raised_at.minus(BEFORE);
    let hidden: FxHashSet<&str> = behind.iter().map(|row| row.alarm.object.as_str()).collect();
    let is_its = |row: &EventRow| {
        let own = row.device == one.alarm.device && row.device.is_some() || row.object == one.alarm.object;
        let behind = hidden.contains(row.object.as_str());
        (own || behind) && !(behind && row.kind.starts_with("alarm-"))
    };
    // The newest stand last: what is older than the alarm ends the search.
    let recent = look.state.recent.iter().rev().take_while(|row| row.at >= from);
    let mut rows: Vec<EventRow> = recent.filter(|row| is_its(row)).map(|row| (**row).clone()).collect();
    rows.reverse();
    let mut lines = gathered(rows, (&one.alarm.object, behind.len()));
    lines.truncate(MOST_EVENTS);
    lines
}
