//! What happened, with how much of it when and where; bursts of the same kind as one row.
//!
//! What the state remembers is the latest; what is older comes from the engine, which reads it out of past states.

use super::events::{EVENT_COLUMNS, EventRef};
use super::lookup::Lookup;
use super::rows::{AlarmRow, EventRow};
use super::table::sorted;
use super::{LogRow, Table};
use crate::model::{DeviceId, Severity, TimeRange, Timestamp};
use crate::query::filter::{self, Column};
use crate::query::{Subject, ViewRequest};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Steps of the rates, about: one for each column of braille on a wide screen.
const STEPS: u64 = 180;
/// Devices that are named with their counts.
const MOST_DEVICES: usize = 40;
/// Events that follow one another within this time can be one burst.
const BURST_GAP: Duration = Duration::from_secs(20);
/// Events that make a burst; two are read as quickly as one with a number.
const LEAST_BURST: usize = 3;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelineView {
    /// The rows of the window, the newest first unless sorted otherwise.
    pub table: Table<EventLine>,
    /// Events that the rows are.
    pub events: usize,
    /// The range of the rates.
    pub range: Option<TimeRange>,
    /// How long a step of them is, seconds.
    pub step_secs: u32,
    /// How many of those that match there were in each step.
    pub rates: Vec<EventStep>,
    /// On which devices, the most first.
    pub devices: Vec<(String, u32)>,
    /// When the oldest event was that is at hand.
    pub kept_from: Option<Timestamp>,
}

/// A row: an event, or a burst of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// The event; of a burst the latest.
    pub event: EventRow,
    /// How many it stands for.
    pub count: u32,
    /// How many objects they are on.
    pub objects: u32,
    /// When the first of them was.
    pub first: Timestamp,
    /// By what the burst is folded and unfolded; `None` is none.
    pub burst: Option<String>,
}

impl std::ops::Deref for EventLine {
    type Target = EventRow;

    fn deref(&self) -> &EventRow {
        &self.event
    }
}

/// Events of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventStep {
    /// All.
    pub all: u32,
    /// Critical and major ones.
    pub faults: u32,
    /// Warnings and minor ones.
    pub warnings: u32,
}

/// What happened on a device about a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NearView {
    /// The device.
    pub device: Option<DeviceId>,
    /// The time.
    pub at: Timestamp,
    /// Alarms that stood then, the worst first.
    pub alarms: Vec<AlarmRow>,
    /// Events about it, the oldest first.
    pub events: Vec<EventRow>,
    /// What it said, the oldest first. Filled by the engine.
    pub lines: Vec<LogRow>,
    /// How many lines that were.
    pub line_count: u64,
}

/// How far to each side of a time something is near.
pub const NEAR: Duration = Duration::from_secs(120);
/// Things of each kind that are shown near a time.
const MOST_NEAR: usize = 12;

/// What is near to a time on a device.
pub(super) fn near(look: &Lookup<'_>, (device, at): (&DeviceId, Timestamp)) -> NearView {
    let range = TimeRange { from: at.minus(NEAR), to: at.plus(NEAR) };
    let state = look.state;
    let mut alarms = super::alarms::alarms_then(look, (device, range));
    alarms.truncate(MOST_NEAR);
    let recent = state.recent.iter().rev().take_while(|row| row.at >= range.from);
    let its = |row: &&Arc<EventRow>| row.at <= range.to && row.device.as_ref() == Some(device);
    let mut events: Vec<EventRow> = recent.filter(its).map(|row| (**row).clone()).collect();
    events.reverse();
    events.truncate(MOST_NEAR);
    NearView { device: Some(device.clone()), at, alarms, events, lines: Vec::new(), line_count: 0 }
}

/// The range and the width of the steps of the rates.
fn steps(request: &ViewRequest, to: Timestamp) -> (TimeRange, u64) {
    let span = Duration::from_secs(u64::from(request.span_secs.max(60)));
    let range = request.events.within.unwrap_or(TimeRange { from: to.minus(span), to });
    let secs = range.to.since(range.from).as_secs().max(1);
    let fine = secs.div_ceil(STEPS);
    let step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400, 604_800];
    let step = step.into_iter().find(|step| *step >= fine).unwrap_or(fine);
    let count = secs.div_ceil(step);
    let width = i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(1000);
    // Steps begin at whole steps, so that nothing moves between two of them.
    let last = range.to.0.div_euclid(width).saturating_add(1).saturating_mul(width);
    let from = Timestamp(last.saturating_sub(width.saturating_mul(i64::try_from(count).unwrap_or(1))));
    (TimeRange { from, to: Timestamp(last) }, step)
}

/// The timeline, and what is wrong with the request. `older` are events before those of the state, the oldest first.
pub(super) fn timeline(look: &Lookup<'_>, older: &[Arc<EventRow>], request: &ViewRequest) -> (TimelineView, Option<String>) {
    let state = look.state;
    let only = match &request.subject {
        Some(Subject::Device(id) | Subject::Interface(id, _)) => Some(id),
        None => None,
    };
    let within = request.events.within;
    let wanted = |row: &&EventRow| {
        only.is_none_or(|id| row.device.as_ref() == Some(id)) && within.is_none_or(|range| range.contains(row.at))
    };
    let all = older.iter().chain(state.recent.iter()).rev().map(AsRef::as_ref);
    let mut rows: Vec<EventRef<'_>> = all.filter(wanted).map(|row| EventRef { look, row }).collect();
    let kept_from = rows.last().map(|row| row.row.at);
    let (total, mut fault) = (rows.len(), None);
    match filter::matcher(&request.filter, EVENT_COLUMNS, state.now) {
        Ok(matcher) if !matcher.is_all() => rows.retain(|row| matcher.matches(row)),
        Ok(_) => {}
        Err(error) => fault = Some(error.to_string()),
    }
    if request.faults_only {
        rows.retain(|row| row.row.severity.is_some_and(|severity| severity >= Severity::Warning));
    }
    let (range, step) = steps(request, state.now);
    let (rates, devices) = (rates(&rows, (range, step)), devices(look, &rows));
    let events = rows.len();
    let mut sorted_rows = None;
    if let Some(sort) = &request.sort {
        match Column::find(EVENT_COLUMNS, &sort.column) {
            Some(column) => sorted_rows = Some(sorted(&rows, column, sort, rows.len())),
            None => {
                fault.get_or_insert_with(|| format!("there is no column `{}` to sort by", sort.column));
            }
        }
    }
    let spans = match &sorted_rows {
        // Sorted otherwise than by time nothing stands in a row.
        Some(sorted) => (0..sorted.len()).map(|at| (at, 1, None)).collect(),
        None => bursts(&rows, request),
    };
    let rows = sorted_rows.unwrap_or(rows);
    let matched = spans.len();
    let offset = offset(request, (&rows, &spans)).min(matched);
    let table = Table {
        matched,
        total,
        offset,
        rows: spans.iter().skip(offset).take(request.window.rows).filter_map(|span| line(&rows, span)).collect(),
    };
    let view = TimelineView {
        table,
        events,
        range: Some(range),
        step_secs: u32::try_from(step).unwrap_or(u32::MAX),
        rates,
        devices,
        kept_from,
    };
    (view, fault)
}

/// Where a row begins among the events, how many it stands for, and the name of its burst.
type Span = (usize, usize, Option<String>);

/// Events of the same kind from the same source that follow one another closely are one row, unless their burst is unfolded.
fn bursts(rows: &[EventRef<'_>], request: &ViewRequest) -> Vec<Span> {
    if !request.events.fold {
        return (0..rows.len()).map(|at| (at, 1, None)).collect();
    }
    let open: FxHashSet<&str> = request.folded.iter().map(String::as_str).collect();
    let (mut spans, mut at) = (Vec::with_capacity(rows.len()), 0);
    while let Some(first) = rows.get(at) {
        let joins = |pair: &[EventRef<'_>]| match pair {
            [newer, older] => {
                let (newer, older) = (newer.row, older.row);
                newer.kind == older.kind && newer.source == older.source && newer.at.since(older.at) <= BURST_GAP
            }
            _ => false,
        };
        let rest = rows.get(at..).unwrap_or_default();
        let count = 1 + rest.windows(2).take_while(|pair| joins(pair)).count();
        if count < LEAST_BURST {
            spans.extend((at..at + count).map(|at| (at, 1, None)));
        } else {
            // Its oldest event names it: what comes on top does not change that.
            let oldest = rest.get(count - 1).map_or(first.row.at, |row| row.row.at);
            let name = format!("{}@{}", first.row.kind, oldest.0);
            match open.contains(name.as_str()) {
                true => spans.extend((at..at + count).map(|at| (at, 1, Some(name.clone())))),
                false => spans.push((at, count, Some(name))),
            }
        }
        at += count;
    }
    spans
}

fn line(rows: &[EventRef<'_>], (at, count, burst): &Span) -> Option<EventLine> {
    let rows = rows.get(*at..at + count)?;
    let (latest, oldest) = (rows.first()?, rows.last()?);
    let objects: FxHashSet<&str> = rows.iter().map(|row| row.row.object.as_str()).collect();
    let mut event = latest.row.clone();
    event.severity = rows.iter().filter_map(|row| row.row.severity).max();
    Some(EventLine {
        event,
        count: u32::try_from(*count).unwrap_or(u32::MAX),
        objects: u32::try_from(objects.len()).unwrap_or(u32::MAX),
        first: oldest.row.at,
        burst: burst.clone(),
    })
}

/// The first row of the window: a page before what is sought, else as asked.
fn offset(request: &ViewRequest, (rows, spans): (&[EventRef<'_>], &[Span])) -> usize {
    let Some(seek) = request.events.seek else { return request.window.offset };
    let found = spans.iter().position(|(at, ..)| rows.get(*at).is_some_and(|row| row.row.at <= seek));
    found.unwrap_or(spans.len()).saturating_sub(request.window.rows / 3)
}

fn rates(rows: &[EventRef<'_>], (range, step): (TimeRange, u64)) -> Vec<EventStep> {
    let width = i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(1000).max(1);
    let count = usize::try_from((range.to.0 - range.from.0) / width).unwrap_or(0);
    let mut rates = vec![EventStep::default(); count];
    for row in rows {
        let place = usize::try_from((row.row.at.0 - range.from.0).div_euclid(width)).ok();
        let Some(step) = place.and_then(|place| rates.get_mut(place)) else { continue };
        step.all += 1;
        match row.row.severity {
            Some(Severity::Critical | Severity::Major) => step.faults += 1,
            Some(Severity::Minor | Severity::Warning) => step.warnings += 1,
            Some(Severity::Indeterminate | Severity::Cleared) | None => {}
        }
    }
    rates
}

fn devices(look: &Lookup<'_>, rows: &[EventRef<'_>]) -> Vec<(String, u32)> {
    let mut counts: FxHashMap<&DeviceId, u32> = FxHashMap::default();
    for id in rows.iter().filter_map(|row| row.row.device.as_ref()) {
        *counts.entry(id).or_default() += 1;
    }
    let mut all: Vec<(String, u32)> = counts.into_iter().map(|(id, count)| (look.state.name_of(id), count)).collect();
    all.sort_by(|x, y| y.1.cmp(&x.1).then_with(|| x.0.cmp(&y.0)));
    all.truncate(MOST_DEVICES);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Event, TrapSeen};
    use crate::query::{EventPart, Screen, Window};
    use crate::state::view::{ViewBody, answer};
    use crate::state::{Settings, State, apply};

    /// A state in which traps came at these seconds; those at even ones are faults.
    fn state(seconds: &[i64]) -> State {
        let mut state = State::new(Settings::default());
        for at in seconds {
            let seen = TrapSeen {
                device: None,
                source: [10, 0, 0, 1].into(),
                name: String::new(),
                if_index: None,
                text: format!("at {at}"),
                severity: (at % 2 == 0).then_some(Severity::Major),
            };
            apply(&mut state, &Event { at: Timestamp::from_secs(*at), body: Body::TrapSeen(Box::new(seen)) });
        }
        apply(&mut state, &Event { at: Timestamp::from_secs(10_000), body: Body::Tick });
        state
    }

    fn asked(state: &State, change: impl FnOnce(&mut ViewRequest)) -> TimelineView {
        let mut request = ViewRequest::new(Screen::Events, usize::MAX);
        (request.events.part, request.events.fold) = (EventPart::Timeline, true);
        change(&mut request);
        match answer(state, &request).body {
            ViewBody::Timeline(view) => *view,
            other => panic!("{other:?}"),
        }
    }

    fn shown(view: &TimelineView) -> Vec<(i64, u32)> {
        view.table.rows.iter().map(|line| (line.at.secs(), line.count)).collect()
    }

    #[test]
    fn what_follows_closely_is_one_row_until_it_is_unfolded() {
        let state = state(&[100, 200, 205, 219, 300, 310]);
        let view = asked(&state, |_| {});
        assert_eq!(shown(&view), [(310, 1), (300, 1), (219, 3), (100, 1)], "two are no burst");
        assert_eq!((view.events, view.table.total, view.table.matched), (6, 6, 4));
        let burst = view.table.rows[2].clone();
        assert_eq!((burst.first.secs(), burst.objects, burst.severity), (200, 1, Some(Severity::Major)));
        let name = burst.burst.unwrap();
        let open = asked(&state, |request| request.folded = vec![name.clone()]);
        assert_eq!(shown(&open), [(310, 1), (300, 1), (219, 1), (205, 1), (200, 1), (100, 1)]);
        assert!(open.table.rows[3].burst.is_some(), "its events know that they are one");
        assert_eq!(shown(&asked(&state, |request| request.events.fold = false)).len(), 6);
    }

    #[test]
    fn a_burst_keeps_its_name_while_it_grows() {
        let name = |seconds: &[i64]| asked(&state(seconds), |_| {}).table.rows[0].burst.clone();
        assert!(name(&[1, 2, 3]).is_some());
        assert_eq!(name(&[1, 2, 3]), name(&[1, 2, 3, 4]));
    }

    #[test]
    fn faults_filters_and_ranges_choose_what_is_counted() {
        let state = state(&[100, 201, 302, 9_500]);
        assert_eq!(shown(&asked(&state, |request| request.faults_only = true)), [(9_500, 1), (302, 1), (100, 1)]);
        assert_eq!(shown(&asked(&state, |request| request.filter = "text:302".to_owned())), [(302, 1)]);
        let range = TimeRange { from: Timestamp::from_secs(150), to: Timestamp::from_secs(302) };
        assert_eq!(shown(&asked(&state, |request| request.events.within = Some(range))), [(302, 1), (201, 1)]);
        let view = asked(&state, |_| {});
        let counted: u32 = view.rates.iter().map(|step| step.all).sum();
        assert_eq!((counted, view.step_secs), (1, 20), "of the last hour alone");
    }

    #[test]
    fn a_window_begins_before_what_is_sought() {
        let seconds: Vec<i64> = (0..90).map(|at| at * 100).collect();
        let view = asked(&state(&seconds), |request| {
            request.window = Window { offset: 0, rows: 30 };
            request.events.seek = Some(Timestamp::from_secs(4_050));
        });
        let times: Vec<i64> = shown(&view).into_iter().map(|(at, _)| at).collect();
        assert_eq!((times.first(), times.len()), (Some(&5_000), 30));
        assert!(times.contains(&4_000));
    }
}
