//! What happened, beyond what the state remembers, and what devices said about a time.
//!
//! The state keeps the latest events alone. What is older is asked of past states: the one at the oldest event that is known remembers
//! those before it, and so on.

use super::reader::{Live, Reader};
use crate::history::StoreError;
use crate::model::{DeviceId, TimeRange, Timestamp};
use crate::query::{EventPart, LogRequest, Screen, ViewRequest};
use crate::state::view::timeline::NEAR;
use crate::state::view::{EventRow, LogRow, View, ViewBody};
use crate::state::{MAX_RECENT, State};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Past states that are asked for one answer at most: some 30,000 events, which nobody reads.
const MOST_HOPS: usize = 16;

/// Neighbours whose lines are shown beside those of a device: of one in the middle there are too many.
const MOST_NEIGHBOURS: usize = 4;

/// Lines that are shown about a time.
const MOST_LINES: usize = 12;

/// Events of a past.
pub(super) type Rows = Arc<Vec<Arc<EventRow>>>;

/// Events that were read before: of now, and of a past time.
#[derive(Default)]
pub(super) struct OlderCache([Mutex<Option<Older>>; 2]);

/// Events before an edge.
#[derive(Clone)]
struct Older {
    edge: Edge,
    /// From when on they are complete.
    from: Timestamp,
    rows: Rows,
}

/// Where what is known begins: the time of its oldest event, and how many events of that time are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    at: Timestamp,
    same: usize,
}

impl Edge {
    fn of(rows: &[Arc<EventRow>]) -> Option<Self> {
        let at = rows.first()?.at;
        Some(Self { at, same: rows.iter().take_while(|row| row.at == at).count() })
    }

    /// Those of `rows` that lie before it. They end with all events of its own time.
    fn before(self, rows: &[Arc<EventRow>]) -> &[Arc<EventRow>] {
        let later = rows.iter().rev().take_while(|row| row.at > self.at).count();
        rows.get(..rows.len().saturating_sub(later + self.same)).unwrap_or_default()
    }

    /// Those of `rows` that do not.
    fn after(self, rows: &[Arc<EventRow>]) -> &[Arc<EventRow>] {
        rows.get(self.before(rows).len()..).unwrap_or_default()
    }
}

/// From when on events are wanted; `None` is what is at hand.
fn wanted_from(request: &ViewRequest, now: Timestamp) -> Option<Timestamp> {
    let within = request.events.within.or(request.range).map(|range| range.from);
    match &request.events.part {
        EventPart::Near(_, at) => Some(at.minus(NEAR)),
        EventPart::Timeline => Some(within.unwrap_or_else(|| now.minus(Duration::from_secs(u64::from(request.span_secs))))),
        EventPart::Table => within,
    }
}

impl Reader {
    /// Events before those that a state remembers, as far as a request is about them, the oldest first.
    pub(super) fn older_events(&self, state: &State, request: &ViewRequest) -> Result<Rows, StoreError> {
        let Some(from) = wanted_from(request, state.now()) else { return Ok(Rows::default()) };
        let recent: Vec<Arc<EventRow>> = state.recent().cloned().collect();
        let Some(edge) = Edge::of(&recent).filter(|edge| recent.len() >= MAX_RECENT && edge.at > from) else {
            return Ok(Rows::default());
        };
        let [now, past] = &self.older.0;
        let slot = if request.at.is_some() { past } else { now };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slot.as_ref().filter(|known| known.from <= from);
        if let Some(known) = known.filter(|known| known.edge == edge) {
            return Ok(Arc::clone(&known.rows));
        }
        let rows: Rows = Arc::new(self.hop(edge, (from, known))?);
        *slot = Some(Older { edge, from, rows: Arc::clone(&rows) });
        Ok(rows)
    }

    /// Goes back from past state to past state.
    fn hop(&self, mut edge: Edge, (from, known): (Timestamp, Option<&Older>)) -> Result<Vec<Arc<EventRow>>, StoreError> {
        let mut found: Vec<Vec<Arc<EventRow>>> = Vec::new();
        for _ in 0..MOST_HOPS {
            if edge.at <= from {
                break;
            }
            let recent: Vec<Arc<EventRow>> = self.state_at(edge.at)?.recent().cloned().collect();
            let rows = edge.before(&recent);
            let joined =
                known.filter(|known| rows.first().is_some_and(|row| row.at <= known.edge.at && known.edge.at <= edge.at));
            if let Some(known) = joined {
                found.push(known.edge.after(rows).to_vec());
                found.push(known.rows.iter().filter(|row| row.at >= from).cloned().collect());
                break;
            }
            let Some(next) = Edge::of(rows) else { break };
            found.push(rows.to_vec());
            // One that is not full remembers everything.
            if recent.len() < MAX_RECENT || next == edge {
                break;
            }
            edge = next;
        }
        Ok(found.into_iter().rev().flatten().collect())
    }

    /// Fills what an alarm or a time shows of log lines.
    pub(super) fn fill_moments(
        &self,
        view: &mut View,
        (state, live, request): (&State, &Live, &ViewRequest),
    ) -> Result<(), StoreError> {
        match &mut view.body {
            ViewBody::Alarm(alarm) => {
                let row = alarm.row.as_ref();
                if let Some((device, at)) = row.and_then(|row| Some((row.device.clone()?, row.raised_at))) {
                    // Who fell silent says nothing: his neighbours do.
                    let ends = state.links_of(&device).iter().flat_map(|link| [&link.a.device, &link.b.device]);
                    let near: BTreeSet<DeviceId> = ends.filter(|id| **id != device).cloned().collect();
                    let mut whose = vec![device];
                    if near.len() <= MOST_NEIGHBOURS {
                        whose.extend(near);
                    }
                    (alarm.lines, alarm.line_count) = self.lines_about(live, (&whose, at), request)?;
                }
            }
            ViewBody::Near(near) => {
                if let Some(device) = near.device.clone() {
                    (near.lines, near.line_count) = self.lines_about(live, (&[device], near.at), request)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What devices said about a time: a few lines, and how many there are.
    fn lines_about(
        &self,
        live: &Live,
        (devices, at): (&[DeviceId], Timestamp),
        request: &ViewRequest,
    ) -> Result<(Vec<LogRow>, u64), StoreError> {
        let mut lines = ViewRequest::new(Screen::Logs, MOST_LINES);
        let only = |id: &DeviceId| format!("device=\"{}\"", id.as_str().replace('\\', "\\\\").replace('"', "\\\""));
        lines.filter = devices.iter().map(only).collect::<Vec<_>>().join(" or ");
        lines.at = request.at;
        let within = TimeRange { from: at.minus(NEAR), to: at.plus(NEAR) };
        lines.logs = LogRequest { within: Some(within), seek: Some(at), ..LogRequest::default() };
        let body = self.ask(live, &lines)?.body;
        Ok(match body {
            ViewBody::Logs(view) => (view.table.rows, view.lines),
            _ => (Vec::new(), 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::core::Core;
    use crate::event::{Body, Event, TrapSeen};
    use crate::history::{MemoryStore, Store};
    use crate::state::Settings;

    fn row(at: i64, object: &str) -> Arc<EventRow> {
        Arc::new(EventRow {
            at: Timestamp(at),
            kind: "link-seen".to_owned(),
            object: object.to_owned(),
            device: None,
            text: String::new(),
            source: "lldp".to_owned(),
            severity: None,
        })
    }

    fn names(rows: &[Arc<EventRow>]) -> String {
        rows.iter().map(|row| row.object.as_str()).collect()
    }

    #[test]
    fn events_of_one_moment_are_parted_where_what_is_known_begins() {
        let all: Vec<Arc<EventRow>> = [(1, "a"), (5, "b"), (5, "c"), (5, "d"), (9, "e")].map(|(at, name)| row(at, name)).to_vec();
        // What is known begins with the last two of time 5.
        let edge = Edge::of(&all[2..]).unwrap();
        assert_eq!(edge, Edge { at: Timestamp(5), same: 2 });
        assert_eq!((names(edge.before(&all[..4])), names(edge.after(&all[..4]))), ("ab".to_owned(), "cd".to_owned()));
        assert_eq!(names(edge.before(&all)), "ab", "what is later lies behind it");
        assert_eq!(Edge::of(&[]), None);
    }

    fn trap(millis: i64) -> Event {
        let text = format!("trap {millis}");
        let seen = TrapSeen {
            device: None,
            source: [10, 0, 0, 1].into(),
            name: "linkDown".to_owned(),
            if_index: None,
            text,
            severity: None,
        };
        Event { at: Timestamp(millis), body: Body::TrapSeen(Box::new(seen)) }
    }

    #[test]
    fn events_older_than_the_state_remembers_come_from_past_states_each_once() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let mut core = Core::restore(store, "HQ", Settings::default()).unwrap();
        // Two of each moment, so that what is known begins in the middle of one.
        let total = 3 * i64::try_from(MAX_RECENT).unwrap() + 701;
        core.sow((0..total).map(|number| trap(1_000_000 + number / 2 * 10)).collect()).unwrap();
        let all = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX) };
        let listed = |core: &Core, range: Option<TimeRange>| {
            let request = ViewRequest { range, ..ViewRequest::new(Screen::Events, usize::MAX) };
            match core.answer(&request).body {
                ViewBody::Events(table) => table.rows.iter().map(|row| row.at.millis()).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(listed(&core, None).len(), MAX_RECENT, "what is at hand");
        let wanted: Vec<i64> = (0..total).rev().map(|number| 1_000_000 + number / 2 * 10).collect();
        assert_eq!(listed(&core, Some(all)), wanted);
        assert_eq!(listed(&core, Some(all)), wanted, "out of what was read before");
        // More came: what was read before is joined with what fell out of memory since.
        core.sow((total..total + 333).map(|number| trap(1_000_000 + number / 2 * 10)).collect()).unwrap();
        let wanted: Vec<i64> = (0..total + 333).rev().map(|number| 1_000_000 + number / 2 * 10).collect();
        assert_eq!(listed(&core, Some(all)), wanted);
        let part = TimeRange { from: Timestamp(1_000_000 + 5_000), to: Timestamp(1_000_000 + 6_000) };
        assert_eq!(listed(&core, Some(part)).len(), 202, "a range alone, both ends with it");
    }
}
