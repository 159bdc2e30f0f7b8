//! The table of alarms: those that stand first, the worst first, and under each what it explains.
//!
//! Rows are chosen by reference: a storm has thousands of them and a screen thirty.

use super::Table;
use super::causes;
use super::lookup::{Lookup, secs};
use super::rows::{AlarmHead, AlarmRow};
use super::table::{columns, sorted};
use crate::model::{
    Acknowledgement, Alarm, DeviceId, Handling, LinkEnd, LinkKey, Severity, Silence, TimeRange, Timestamp, Window,
};
use crate::query::filter::{self, Column, Value};
use crate::query::{AlarmGroup, Screen, Subject, ViewRequest};
use crate::state::UNREACHABLE;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::cmp::Reverse;

/// An alarm, by reference.
#[derive(Clone, Copy)]
pub(super) struct AlarmRef<'a> {
    pub(super) look: &'a Lookup<'a>,
    pub(super) alarm: &'a Alarm,
    handling: Option<&'a Handling>,
    pub(super) root: Option<&'a str>,
    work: Option<&'a Window>,
    children: usize,
    folded: bool,
}

impl<'a> AlarmRef<'a> {
    fn silence(&self) -> Option<&'a Silence> {
        self.handling?.silence(self.look.state.now)
    }

    fn acknowledged(&self) -> Option<&'a Acknowledgement> {
        self.handling?.acknowledged.as_ref()
    }

    /// In one word, and in two where it is nobody's yet or somebody's.
    fn state(&self) -> (&'static str, &'static str) {
        let root = self.root.or_else(|| (self.alarm.rule == UNREACHABLE).then_some(UNREACHABLE));
        match (self.alarm.cleared_at, self.silence(), self.work, root, self.acknowledged()) {
            (Some(_), ..) => ("cleared", "cleared"),
            (None, Some(_), ..) => ("silenced", "silenced"),
            (None, None, Some(_), ..) => ("maintenance", "maintenance"),
            (None, None, None, Some(_), _) => ("explained", "explained"),
            (None, None, None, None, Some(_)) => ("active", "active,acknowledged"),
            (None, None, None, None, None) => ("active", "active,unacked"),
        }
    }

    fn site(&self) -> Option<&'a str> {
        let id = self.alarm.device.as_ref()?;
        self.look.state.devices.get(id)?.sys_location.as_deref().filter(|site| !site.is_empty())
    }

    /// The link of its interface.
    fn link(&self) -> Option<LinkKey> {
        let (id, (_, port)) = (self.alarm.device.as_ref()?, self.alarm.object.split_once(' ')?);
        let is_it = |end: &LinkEnd| end.device == *id && end.port.as_deref() == Some(port);
        let link = self.look.state.links_of(id).iter().find(|link| is_it(&link.a) || is_it(&link.b))?;
        Some(link.key())
    }

    /// The whole row.
    pub(super) fn whole(self) -> AlarmRow {
        AlarmRow {
            alarm: self.alarm.clone(),
            acknowledged: self.acknowledged().cloned(),
            silenced: self.silence().cloned(),
            root: self.root.map(str::to_owned),
            cause: self.look.state.cause(&self.alarm.id).cloned().map(Box::new),
            episodes: self.look.state.episodes(&self.alarm.id).to_vec(),
            notices: self.look.state.notices(&self.alarm.id).to_vec(),
            children: self.children,
            folded: self.folded,
            work: self.work.map(|window| (window.name.clone(), window.until)),
            device_name: self.alarm.device.as_ref().map(|id| self.look.state.name_of(id)),
            site: self.site().map(str::to_owned),
            link: self.link().map(Box::new),
            head: None,
        }
    }
}

pub(super) fn device_value<'a>(look: &'a Lookup<'a>, device: Option<&'a DeviceId>) -> Value<'a> {
    device.map_or(Value::Unknown, |id| Value::Either(look.state.name_of(id).into(), Cow::Borrowed(id.as_str())))
}

fn two_words<'a>((word, words): (&'static str, &'static str)) -> Value<'a> {
    Value::Either(Cow::Borrowed(word), Cow::Borrowed(words))
}

columns! {
    /// The columns of the alarms' table. `state` is one of active, explained, maintenance, silenced, cleared; of an active one also whether
    /// anybody cares for it: `active,unacked`, `active,acknowledged`.
    ALARM_COLUMNS, row: AlarmRef<'_> {
        ["id"] Text => Value::Text(Cow::Borrowed(&row.alarm.id));
        ["rule"] Text => Value::Text(Cow::Borrowed(&row.alarm.rule));
        ["severity", "sev"] Severity => Value::Number(f64::from(row.alarm.severity as u8));
        ["object", "name"] Text => Value::Text(Cow::Borrowed(&row.alarm.object));
        ["deviceName", "device"] Text => device_value(row.look, row.alarm.device.as_ref());
        ["raisedAt"] Time => Value::Number(secs(row.alarm.raised_at));
        ["clearedAt"] Time => Value::number(row.alarm.cleared_at.map(secs));
        ["state"] Text => two_words(row.state());
        ["age"] Duration => Value::Number(row.look.state.now.since(row.alarm.raised_at).as_secs_f64());
        ["count"] Number => Value::Number(f64::from(row.alarm.count));
        ["text"] Text => Value::Text(Cow::Borrowed(&row.alarm.text));
        ["acknowledgedBy", "ack"] Text => Value::text(row.acknowledged().map(|ack| ack.by.as_str()));
        ["note"] Text => Value::text(row.acknowledged().and_then(|ack| ack.note.as_deref()));
        ["root"] Text => Value::text(row.root);
        ["children"] Number => Value::Number(f64::from(u32::try_from(row.children).unwrap_or(u32::MAX)));
        ["site"] Text => Value::text(row.site());
        ["runbook"] Text => Value::text(row.alarm.runbook.as_deref());
    }
}

/// Whether a request is about everything, or about this device.
pub(super) fn is_about(request: &ViewRequest, device: Option<&DeviceId>) -> bool {
    match &request.subject {
        Some(Subject::Device(id) | Subject::Interface(id, _)) => device == Some(id),
        None => true,
    }
}

/// What explains which alarm that stands, by the id of what is explained.
pub(super) fn roots<'a>(look: &Lookup<'a>) -> FxHashMap<&'a str, &'a str> {
    let told = &look.state.causes;
    if told.is_empty() {
        return causes::roots(look);
    }
    told.iter().map(|(id, cause)| (id.as_str(), cause.root.as_str())).collect()
}

/// All alarms that a request is about, in the order of the screen.
fn rows<'a>(look: &'a Lookup<'a>, request: &ViewRequest) -> Vec<AlarmRef<'a>> {
    let state = look.state;
    let roots = roots(look);
    let mut children: FxHashMap<&str, usize> = FxHashMap::default();
    for root in roots.values() {
        *children.entry(*root).or_default() += 1;
    }
    let turned: FxHashSet<&str> = request.folded.iter().map(String::as_str).collect();
    let alarms = state.alarms.values().map(AsRef::as_ref).filter(|alarm: &&Alarm| is_about(request, alarm.device.as_ref()));
    let mut rows: Vec<AlarmRef<'_>> = alarms
        .map(|alarm| {
            let children = children.get(alarm.id.as_str()).copied().unwrap_or(0);
            AlarmRef {
                look,
                alarm,
                handling: state.handling(&alarm.id),
                root: roots.get(alarm.id.as_str()).copied(),
                work: state.maintenance_of(alarm),
                children,
                folded: children > 0 && request.alarms.fold != turned.contains(alarm.id.as_str()),
            }
        })
        .collect();
    rows.sort_by(|x, y| rank(x).cmp(&rank(y)).then_with(|| x.alarm.id.cmp(&y.alarm.id)));
    rows
}

/// The wanted alarms and what is wrong with the request: those that stand first, the worst first, then the latest; under each what it
/// explains, unless it is folded. What is silenced or worked on comes after what is not, what cleared last.
pub(super) fn alarms(look: &Lookup<'_>, request: &ViewRequest) -> (Table<AlarmRow>, Option<String>) {
    let mut rows = rows(look, request);
    let (total, mut fault) = (rows.len(), None);
    match filter::matcher(&request.filter, ALARM_COLUMNS, look.state.now) {
        Ok(matcher) if !matcher.is_all() => rows.retain(|row| matcher.matches(row)),
        Ok(_) => {}
        Err(error) => fault = Some(error.to_string()),
    }
    if request.faults_only {
        rows.retain(|row| row.state().0 == "active");
    }
    if let Some(sort) = &request.sort {
        match Column::find(ALARM_COLUMNS, &sort.column) {
            Some(column) => rows = sorted(&rows, column, sort, rows.len()),
            None => {
                fault.get_or_insert_with(|| format!("there is no column `{}` to sort by", sort.column));
            }
        }
    }
    let lines = grouped(under_roots(rows), request);
    let matched = lines.len();
    let offset = request.window.offset.min(matched);
    let window = lines.into_iter().skip(offset).take(request.window.rows);
    let rows = window.map(|(row, head)| AlarmRow { head: head.map(Box::new), ..row.whole() }).collect();
    (Table { matched, total, offset, rows }, fault)
}

type Rank = (bool, bool, Reverse<Severity>, Reverse<Timestamp>);

fn rank(row: &AlarmRef<'_>) -> Rank {
    let alarm = row.alarm;
    let quiet = row.silence().is_some() || row.work.is_some();
    (alarm.cleared_at.is_some(), quiet, Reverse(alarm.severity), Reverse(alarm.raised_at))
}

/// An alarm that stands by itself, and what of those that it explains is shown.
type Family<'a> = (AlarmRef<'a>, Vec<AlarmRef<'a>>);

/// What is explained stands under what explains it; under a fold it does not stand at all.
fn under_roots(rows: Vec<AlarmRef<'_>>) -> Vec<Family<'_>> {
    let here: FxHashSet<&str> = rows.iter().map(|row| row.alarm.id.as_str()).collect();
    let mut behind: FxHashMap<&str, Vec<AlarmRef<'_>>> = FxHashMap::default();
    let mut first = Vec::with_capacity(rows.len());
    for row in rows {
        match row.root.filter(|root| here.contains(root)) {
            Some(root) => behind.entry(root).or_default().push(row),
            None => first.push(row),
        }
    }
    let mut shown = |row: &AlarmRef<'_>| match row.folded {
        true => Vec::new(),
        false => behind.remove(row.alarm.id.as_str()).unwrap_or_default(),
    };
    first.into_iter().map(|row| (row, shown(&row))).collect()
}

/// What a group's members share; `None` where it is not known.
fn shared(row: &AlarmRef<'_>, group: AlarmGroup) -> Option<String> {
    match group {
        AlarmGroup::Cause => None,
        AlarmGroup::Site => row.site().map(str::to_owned),
        AlarmGroup::Device => row.alarm.device.as_ref().map(|id| row.look.state.name_of(id)),
        AlarmGroup::Rule => Some(row.alarm.rule.clone()),
        AlarmGroup::Severity => Some(row.alarm.severity.word().to_owned()),
    }
}

/// The lines of the table: groups in the order of their first alarm, each under its head.
fn grouped<'a>(families: Vec<Family<'a>>, request: &ViewRequest) -> Vec<(AlarmRef<'a>, Option<AlarmHead>)> {
    let group = request.alarms.group;
    let lines = |(row, behind): Family<'a>| std::iter::once(row).chain(behind).map(|row| (row, None));
    if group == AlarmGroup::Cause {
        return families.into_iter().flat_map(lines).collect();
    }
    let mut places: FxHashMap<Option<String>, usize> = FxHashMap::default();
    let mut groups: Vec<(Option<String>, Vec<Family<'_>>)> = Vec::new();
    for family in families {
        let title = shared(&family.0, group);
        let place = *places.entry(title.clone()).or_insert_with(|| {
            groups.push((title, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, members)) = groups.get_mut(place) {
            members.push(family);
        }
    }
    let mut out = Vec::new();
    for (title, members) in groups {
        let key = format!("{}:{}", group.word(), title.as_deref().unwrap_or_default());
        let folded = request.folded.contains(&key);
        let Some(first) = members.first().map(|(row, _)| *row) else { continue };
        let head = AlarmHead { key, title, count: members.len() };
        out.push((AlarmRef { folded, ..first }, Some(head)));
        if !folded {
            out.extend(members.into_iter().flat_map(lines));
        }
    }
    out
}

/// One alarm by its id, and those that it explains.
pub(super) fn family<'a>(look: &'a Lookup<'a>, id: &str) -> (Option<AlarmRef<'a>>, Vec<AlarmRef<'a>>) {
    let (mut one, mut behind) = (None, Vec::new());
    for row in rows(look, &ViewRequest::new(Screen::Alarms, usize::MAX)) {
        if row.alarm.id == id {
            one = Some(row);
        } else if row.root == Some(id) {
            behind.push(row);
        }
    }
    (one, behind)
}

/// The standing alarms of a device, as they stand in the list of all.
pub(super) fn alarms_of(look: &Lookup<'_>, device: &DeviceId) -> Vec<AlarmRow> {
    let mut request = ViewRequest::new(Screen::Alarms, usize::MAX);
    request.subject = Some(Subject::Device(device.clone()));
    let rows = rows(look, &request).into_iter();
    rows.filter(|row| row.alarm.cleared_at.is_none()).map(AlarmRef::whole).collect()
}

/// The alarms of a device that stood in a range, the worst first.
pub(super) fn alarms_then(look: &Lookup<'_>, (device, range): (&DeviceId, TimeRange)) -> Vec<AlarmRow> {
    let mut request = ViewRequest::new(Screen::Alarms, usize::MAX);
    request.subject = Some(Subject::Device(device.clone()));
    let stood =
        |row: &AlarmRef<'_>| row.alarm.raised_at <= range.to && row.alarm.cleared_at.is_none_or(|cleared| cleared >= range.from);
    let mut rows: Vec<AlarmRef<'_>> = rows(look, &request).into_iter().filter(stood).collect();
    rows.sort_by_key(|row| Reverse(row.alarm.severity));
    rows.into_iter().map(AlarmRef::whole).collect()
}
