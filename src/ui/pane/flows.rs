//! Flows: who talks with whom and by what, summed up by any key; the row under the cursor in full, the largest over time, and how the
//! collector and its exporters do.
//!
//! Enter goes behind a row: its keys are added to the filter, and what is behind is summed up by the next sensible key; Esc comes back.
//! Start at [`Flows`]; `table` has the columns, `parts` what stands under them, `words` says keys.

pub mod parts;
pub mod table;
pub mod words;

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, events};
use crate::model::flow::TopKey;
use crate::query::{FlowPart, FlowRequest, Screen, Subject, ViewRequest};
use crate::state::view::flows::{FlowRow, FlowsView};
use crate::state::view::{View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf};
use crate::ui::state::{Room, WEEK_SECS};
use crate::ui::text::{self, EN, figure};
use crate::ui::update::flows;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Rows};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
pub struct Flows;

/// Parts that Tab goes through.
pub const TALKERS: usize = 0;
/// See [`TALKERS`].
pub const EXPORTERS: usize = 1;
/// Rows of the collector's line, borders counted.
const COLLECTOR: u16 = 3;
/// Rows of the detail on a narrow screen, borders counted.
const DETAIL: u16 = 6;
/// The same beside the chart on a wide one.
const WIDE_DETAIL: u16 = 12;
/// Rows by which a list may stand lower than it was asked for: panels above it can be higher than usual.
const MOST_ABOVE: u16 = 4;
/// Rows that a list needs before anything stands under it.
const LEAST_LIST: u16 = 6;

fn view_of(body: &ViewBody) -> Option<&FlowsView> {
    match body {
        ViewBody::Flows(view) => Some(view),
        ViewBody::Capture(view) => Some(&view.flows),
        _ => None,
    }
}

/// The row under the cursor.
pub fn under_cursor<'v>(view: &'v FlowsView, state: &UiState) -> Option<&'v FlowRow> {
    let here = state.here();
    if here.focus != TALKERS {
        return None;
    }
    view.table.rows.get(here.list().cursor.checked_sub(view.table.offset)?)
}

/// The identity of a row.
pub fn key(row: &FlowRow) -> String {
    format!("{:?}", row.top.keys)
}

/// By what the screen sums up.
pub fn by(state: &UiState) -> Vec<TopKey> {
    if state.flows.by.is_empty() { words::GROUPS[0].1.to_vec() } else { state.flows.by.clone() }
}

/// Rows of the parts under the list: the middle one (chart and detail) and the collector's.
fn below(state: &UiState) -> (u16, u16) {
    let body = state.size.height.saturating_sub(3);
    match state.room() {
        Room::Tiny => (0, 0),
        Room::Middle if body < LEAST_LIST + DETAIL + COLLECTOR => (0, 0),
        Room::Middle => (DETAIL, COLLECTOR),
        Room::Wide if body < LEAST_LIST + WIDE_DETAIL + COLLECTOR => (DETAIL.min(body / 3), 0),
        Room::Wide => (WIDE_DETAIL, COLLECTOR),
    }
}

/// What a pane of flows asks.
pub fn request(state: &UiState, page: usize) -> ViewRequest {
    let mut request = state.request(page);
    let part = if state.room() == Room::Wide { FlowPart::Table } else { FlowPart::Brief };
    request.flows = FlowRequest { by: by(state), part };
    request
}

/// What a pane of flows asks about the row under the cursor.
pub fn detail(view: &FlowsView, state: &UiState) -> Option<ViewRequest> {
    let row = under_cursor(view, state)?;
    let mut request = ViewRequest::new(Screen::Flows, 1);
    request.filter = words::drilled(&state.here().filter, (&view.by, &row.top.keys));
    request.at = state.time.at;
    request.span_secs = state.span_secs;
    request.compare_secs = state.graph.week.then_some(WEEK_SECS);
    request.flows = FlowRequest { by: Vec::new(), part: FlowPart::Detail };
    Some(request)
}

/// What the cursor is on when it is on flows: the device that the row leads to, else the one that told of it.
pub fn target_of(view: &FlowsView, row: &FlowRow, arrow: &str) -> Target {
    let main = &row.main;
    let places = [&main.in_if, &main.out_if, &main.exporter].into_iter().flatten();
    let port = [&main.in_if, &main.out_if].into_iter().flatten().find(|port| port.device.is_some());
    let named = |id: &crate::model::DeviceId| {
        let exporter = main.exporter.as_ref().filter(|place| place.device.as_ref() == Some(id)).map(|place| place.name.clone());
        exporter.or_else(|| row.top.names.iter().flatten().next().cloned()).unwrap_or_else(|| id.as_str().to_owned())
    };
    let own = row.top.device.clone().or_else(|| places.filter_map(|place| place.device.clone()).next());
    let label = words::label(&view.by, (&row.top.keys, &row.top.names), arrow);
    let cells: Vec<String> = view.by.iter().zip(&row.top.keys).map(|(key, value)| words::value(*key, value)).collect();
    let of_own = port.filter(|port| port.device == own);
    Target {
        device: own.map(|id| (id.clone(), named(&id))),
        port: of_own.map(|port| port.name.clone()),
        cell: cells.first().cloned().unwrap_or_default(),
        row: format!(
            "{label} {} bit/s {} octets {} packets {} flows",
            figure(Some(row.top.bps)).trim(),
            row.top.sum.octets,
            row.top.sum.packets,
            row.top.sum.flows
        ),
        flows: (!row.top.keys.is_empty()).then(|| peers(view, row)),
    }
}

/// The filter for everything that the row's host talks.
fn peers(view: &FlowsView, row: &FlowRow) -> String {
    let host = row.top.keys.iter().find_map(|key| match key {
        crate::model::flow::KeyValue::Address(address) => Some(format!("host={address}")),
        _ => None,
    });
    host.unwrap_or_else(|| words::drilled("", (&view.by, &row.top.keys)))
}

/// Enter: what is behind the row.
pub fn drill(state: &mut UiState, view: &FlowsView) -> Vec<Effect> {
    let Some(row) = under_cursor(view, state) else { return Vec::new() };
    let next = words::next(&view.by);
    let filter = words::drilled(&state.here().filter, (&view.by, &row.top.keys));
    if filter == state.here().filter && next == view.by {
        return Vec::new();
    }
    flows::drill(state, (filter, next))
}

impl Pane for Flows {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Flows, Context::Table, Context::Graph]
    }

    fn page(&self, state: &UiState) -> usize {
        let (middle, collector) = below(state);
        usize::from(state.size.height.saturating_sub(6 + middle + collector)).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        request(state, self.page(state))
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        (below(state).0 > 0).then(|| detail(view_of(body)?, state)).flatten()
    }

    fn parts(&self) -> usize {
        2
    }

    fn sorts(&self) -> &'static [&'static str] {
        &table::SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        table::titles()
    }

    fn fields(&self) -> Vec<&'static str> {
        words::FIELDS.to_vec()
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        Some(match state.here().focus {
            TALKERS => Listing {
                offset: view.table.offset,
                matched: view.table.matched,
                keys: view.table.rows.iter().map(key).collect(),
            },
            _ => Listing {
                offset: 0,
                matched: view.exporters.len(),
                keys: view.exporters.iter().map(|row| format!("{:?}", row.key)).collect(),
            },
        })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let view = view_of(body)?;
        match state.here().focus {
            TALKERS => under_cursor(view, state).map(|row| target_of(view, row, ">")),
            _ => view.exporters.get(state.here().list().cursor).map(parts::target_of),
        }
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let view = view_of(body)?;
        if state.here().focus == TALKERS {
            return None;
        }
        let row = view.exporters.get(state.here().list().cursor)?;
        let title = row.name.clone().unwrap_or_else(|| row.key.address.to_string());
        Some(Place { screen: Screen::Device, subject: Some(Subject::Device(row.device.clone()?)), title })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        match (gesture, view.and_then(|view| view_of(&view.body))) {
            (Gesture::Enter, Some(view)) => drill(state, view),
            _ => Vec::new(),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Flows")));
        };
        let (middle, collector) = below(scene.state);
        let under = (middle + collector).min(area.height.saturating_sub(3));
        let list = Rect { height: area.height - under, ..area };
        if scene.state.here().focus == EXPORTERS {
            parts::exporters(scene, list, (buf, view));
        } else {
            talkers(scene, list, (buf, view, &nothing(view)));
        }
        let middle = Rect::new(area.x, list.bottom(), area.width, middle.min(under));
        parts::middle(scene, middle, (buf, view));
        let line = Rect::new(area.x, middle.bottom(), area.width, under - middle.height);
        parts::collector(scene, line, (buf, view));
    }
}

/// What is said where there is no row.
fn nothing(view: &FlowsView) -> Vec<String> {
    match (view.collector.exporters, view.collector.listen.is_empty()) {
        (0, true) => EN.no_flows.iter().map(|sentence| (*sentence).to_owned()).collect(),
        (0, false) => {
            let listen = view.collector.listen.join(" ");
            let mut lines = vec![trf!("No exporter was heard yet. noctop listens at {}.", listen)];
            lines.extend(EN.no_exporter.iter().map(|sentence| (*sentence).to_owned()));
            lines
        }
        (_, _) => EN.no_such_flows.iter().map(|sentence| (*sentence).to_owned()).collect(),
    }
}

/// The table of who talks most.
pub fn talkers(scene: &Scene<'_>, area: Rect, (buf, view, empty): (&mut Buffer, &FlowsView, &[String])) {
    let here = scene.state.here();
    let asked = by(scene.state);
    let by = words::by_words(if view.by.is_empty() { &asked } else { &view.by });
    let inner = Panel::new(&trf!("By {}", by))
        .subtitle(&subtitle(scene, view))
        .note(&format!("{} {}", text::span(scene.state.span_secs), view.resolution))
        .focus(Focus::of(TALKERS, here.focus))
        .draw(scene, area, buf);
    let empty: Vec<&str> = empty.iter().map(String::as_str).collect();
    // Rows are made ready for their columns: only those that are seen.
    let visible = usize::from(inner.height);
    let top = here.list().top.max(view.table.offset);
    let shown: Vec<table::Shown> = view
        .table
        .rows
        .iter()
        .skip(top - view.table.offset)
        .take(visible + usize::from(MOST_ABOVE))
        .map(|row| table::Shown::of(&view.by, row))
        .collect();
    Rows {
        columns: &table::columns(&view.by, scene),
        rows: &shown,
        offset: top,
        matched: view.table.matched,
        list: Some(here.list()),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty: &empty,
    }
    .draw(scene, inner, buf);
}

/// How many there are, how much they talk, against last week, sorted and filtered how.
fn subtitle(scene: &Scene<'_>, view: &FlowsView) -> String {
    let here = scene.state.here();
    let groups = view.groups.max(view.table.matched as u64);
    let mut words = if groups > view.table.matched as u64 {
        trf!("top {} of {}", view.table.matched, groups)
    } else {
        view.table.matched.to_string()
    };
    if view.total_bps.is_some() {
        words.push_str(&format!("  {}bit/s", figure(view.total_bps).trim()));
    }
    // What passes several of them is in the sums of each.
    if view.exporters.len() > 1 {
        words.push_str(&trf!(" seen by {} exporters", view.exporters.len()));
    }
    if scene.state.graph.week {
        words.push_str(&trf!("  week ago {}", parts::change(view.total.octets, view.earlier_octets)));
    }
    if let Some(sort) = &here.sort {
        words.push_str(&trf!("  sort {} {}", sort.column, tr(if sort.descending { "desc" } else { "asc" })));
    }
    if !here.filter.is_empty() {
        words.push_str(&format!("  /{}", here.filter));
    }
    words
}
