//! Logs: syslog and traps as they come, the newest at the foot; how many came when; the line under the cursor in full, and what happened
//! near to it.
//!
//! The end is kept in view until somebody moves up (`F` takes it up again). Left and right move a time cursor over the rates and the list
//! with it. `b` shows patterns in place of lines. Start at [`Logs`]; `table` has the columns, `rate` the rates, `detail` the whole line, `menu` what narrows the list, `mark` what
//! a filter matched.

pub mod detail;
pub mod mark;
pub mod menu;
pub mod patterns;
pub mod rate;
pub mod table;

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, events, names_of};
use crate::model::Timestamp;
use crate::query::{LOG_COLUMNS, LogPart, LogRequest, Screen, Subject, ViewRequest};
use crate::state::view::logs::{LogRow, LogsView};
use crate::state::view::{View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf};
use crate::ui::state::Room;
use crate::ui::text::{self, EN, figure};
use crate::ui::update::logs;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Rows};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
pub struct Logs;

/// Parts that Tab goes through.
pub const MESSAGES: usize = 0;
/// See [`MESSAGES`].
pub const RATES: usize = 1;
/// Rows of the rates, borders counted: on a narrow screen and on a wide one.
const RATE: u16 = 5;
/// See [`RATE`].
const WIDE_RATE: u16 = 7;
/// Rows of the detail under the list, borders counted.
const DETAIL: u16 = 6;
/// Columns of the detail at the right; a third of what is wider.
const SIDE: u16 = 40;
/// Rows that a list needs before anything stands over or under it.
const LEAST_LIST: u16 = 6;

/// Where the parts of the screen are.
struct Places {
    rates: Rect,
    list: Rect,
    detail: Rect,
}

fn view_of(body: &ViewBody) -> Option<&LogsView> {
    match body {
        ViewBody::Logs(view) => Some(view),
        _ => None,
    }
}

/// The identity of a row.
pub fn key(row: &LogRow) -> String {
    row.number.to_string()
}

/// The row under the cursor.
pub fn under_cursor<'v>(view: &'v LogsView, state: &UiState) -> Option<&'v LogRow> {
    let list = &state.here().lists[MESSAGES];
    view.table.rows.get(list.cursor.checked_sub(view.table.offset)?)
}

fn places(state: &UiState, area: Rect) -> Places {
    let room = state.room();
    let wanted = if room == Room::Wide { WIDE_RATE } else { RATE };
    let has_rates = room != Room::Tiny && area.height >= LEAST_LIST + wanted;
    let rates = Rect { height: if has_rates { wanted } else { 0 }, ..area };
    let rest = Rect::new(area.x, rates.bottom(), area.width, area.height - rates.height);
    match room {
        Room::Wide => {
            let side = SIDE.max(area.width / 3).min(rest.width);
            let list = Rect { width: rest.width - side, ..rest };
            Places { rates, list, detail: Rect::new(list.right(), rest.y, side, rest.height) }
        }
        Room::Middle if rest.height >= LEAST_LIST + DETAIL => {
            let list = Rect { height: rest.height - DETAIL, ..rest };
            Places { rates, list, detail: Rect::new(rest.x, list.bottom(), rest.width, DETAIL) }
        }
        Room::Middle | Room::Tiny => Places { rates, list: rest, detail: Rect::new(rest.x, rest.bottom(), rest.width, 0) },
    }
}

/// The area under the chrome of a console of this size.
fn body_area(state: &UiState) -> Rect {
    Rect::new(0, 0, state.size.width, state.size.height.saturating_sub(3))
}

/// Whether the newest line is kept in view.
pub const fn follows(state: &UiState) -> bool {
    !state.logs.stopped && state.logs.seek.is_none()
}

impl Pane for Logs {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Logs]
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(places(state, body_area(state)).list.height.saturating_sub(3)).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let mut request = state.request(self.page(state));
        let list = &state.here().lists[MESSAGES];
        request.window.offset = list.top.saturating_sub(self.page(state));
        request.sort = None;
        let logs = &state.logs;
        let part = if logs.patterns { LogPart::Patterns } else { LogPart::Table };
        request.logs = LogRequest { part, fold: logs.fold, within: logs.within, seek: logs.seek };
        if follows(state) && !logs.patterns {
            // Beyond the end is the last window.
            request.window.offset = usize::MAX;
        }
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let row = under_cursor(view_of(body)?, state).filter(|row| row.line.device.is_some())?;
        if places(state, body_area(state)).detail.height == 0 && !state.logs.whole {
            return None;
        }
        let mut request = ViewRequest::new(Screen::Logs, 1);
        request.at = state.time.at;
        request.logs.part = LogPart::Near(row.number);
        Some(request)
    }

    fn parts(&self) -> usize {
        2
    }

    fn parts_of(&self, state: &UiState) -> usize {
        if state.logs.patterns { 1 } else { 2 }
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(LOG_COLUMNS)
    }

    fn columns(&self) -> Vec<&'static str> {
        table::COLUMNS.iter().map(|column| column.title).collect()
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        if state.logs.patterns {
            let table = &view.patterns;
            let keys = table.rows.iter().map(|row| row.pattern.clone()).collect();
            return Some(Listing { offset: table.offset, matched: table.matched, keys });
        }
        // The rates have no rows: their gestures reach the pane.
        (state.here().focus == MESSAGES).then(|| Listing {
            offset: view.table.offset,
            matched: view.table.matched,
            keys: view.table.rows.iter().map(key).collect(),
        })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let line = &under_cursor(view_of(body)?, state)?.line;
        let device = line.device.as_ref();
        Some(Target {
            device: device.map(|device| (device.id.clone(), device.name.to_string())),
            port: device.and_then(|device| device.port.clone()),
            cell: line.text.clone(),
            row: String::from_utf8_lossy(&line.raw).trim_end().to_owned(),
            flows: None,
        })
        .map(|target| if target.row.is_empty() { Target { row: line.text.clone(), ..target } } else { target })
    }

    fn moment(&self, body: &ViewBody, state: &UiState) -> Option<Timestamp> {
        under_cursor(view_of(body)?, state).map(|row| row.line.received)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        if !state.logs.whole {
            return None;
        }
        let device = under_cursor(view_of(body)?, state)?.line.device.clone()?;
        Some(Place { screen: Screen::Device, subject: Some(Subject::Device(device.id)), title: device.name.to_string() })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(view) = view.and_then(|view| view_of(&view.body)) else { return Vec::new() };
        if state.logs.patterns {
            return if gesture == Gesture::Enter { logs::only_pattern(state, view) } else { Vec::new() };
        }
        match gesture {
            Gesture::Left => logs::move_cursor(state, view, -1),
            Gesture::Right => logs::move_cursor(state, view, 1),
            Gesture::HalfUp | Gesture::PageUp | Gesture::First => logs::move_cursor(state, view, -logs::FAR),
            Gesture::HalfDown | Gesture::PageDown | Gesture::Last => logs::move_cursor(state, view, logs::FAR),
            Gesture::Enter if state.here().focus == RATES => logs::zoom(state, view),
            Gesture::Enter => {
                state.logs.whole = under_cursor(view, state).is_some();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn moved(&self, state: &mut UiState, gesture: Gesture) -> Vec<Effect> {
        if state.logs.patterns {
            return Vec::new();
        }
        logs::moved(state, gesture)
    }

    fn absorb(&self, state: &mut UiState, view: &View) -> Vec<Effect> {
        if let Some(view) = view_of(&view.body).filter(|_| !state.logs.patterns) {
            let page = self.page(state);
            logs::absorb(state, view, page);
        }
        Vec::new()
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Logs")));
        };
        if scene.state.logs.patterns {
            let places = places(scene.state, area);
            // There are no rates beside patterns: the list has their room.
            let height = places.rates.height + places.list.height;
            let list = Rect { y: area.y, height, ..places.list };
            let detail = match scene.state.room() {
                Room::Wide => Rect { y: area.y, height: area.height, ..places.detail },
                Room::Middle | Room::Tiny => places.detail,
            };
            return patterns::draw(scene, (list, detail), (buf, view));
        }
        let row = under_cursor(view, scene.state);
        if scene.state.logs.whole && row.is_some() {
            return detail::draw(scene, area, (buf, row, detail::Form::Whole));
        }
        let places = places(scene.state, area);
        if places.rates.height > 0 {
            rate::draw(scene, places.rates, (buf, view));
        }
        messages(scene, places.list, (buf, view));
        if places.detail.height > 0 {
            let form = if scene.state.room() == Room::Wide { detail::Form::Side } else { detail::Form::Under };
            detail::draw(scene, places.detail, (buf, row, form));
        }
    }
}

/// The list.
fn messages(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &LogsView)) {
    let here = scene.state.here();
    let rate = view.per_second.map(rate_words).unwrap_or_default();
    let inner = Panel::new(tr("Messages"))
        .subtitle(&subtitle(scene, view))
        .note(&rate)
        .focus(Focus::of(MESSAGES, here.focus))
        .draw(scene, area, buf);
    let empty = nothing(view, scene.state);
    let empty: Vec<&str> = empty.iter().map(String::as_str).collect();
    let list = &here.lists[MESSAGES];
    let top = list.top.max(view.table.offset);
    let marker = mark::Marker::of(&here.filter);
    let shown: Vec<table::Shown> = view
        .table
        .rows
        .iter()
        .skip(top - view.table.offset)
        .take(usize::from(inner.height))
        .map(|row| table::Shown::of(row, (&marker, scene)))
        .collect();
    Rows {
        columns: table::columns(scene.state),
        rows: &shown,
        offset: top,
        matched: view.table.matched,
        list: Some(list),
        sort: None,
        header: if scene.state.room() == Room::Tiny { Header::Hidden } else { Header::Shown },
        empty: &empty,
    }
    .draw(scene, inner, buf);
}

/// How many lines there are, of how many, whether the end is followed, and what is left out.
fn subtitle(scene: &Scene<'_>, view: &LogsView) -> String {
    let state = scene.state;
    let here = state.here();
    let (matched, total) = (view.lines, view.table.total as u64);
    let mut words = if matched == total { total.to_string() } else { trf!("{} of {}", matched, total) };
    let fold = if state.logs.fold { trf!("as {} folded (z)", view.table.matched) } else { String::new() };
    let follow = if follows(state) { tr("following (F)") } else { tr("stopped (F follows)") };
    let zone = &state.zone;
    let within = state.logs.within.map(|range| {
        format!("{}-{}", text::format_time(range.from, zone, "%H:%M"), text::format_time(range.to, zone, "%H:%M:%S"))
    });
    // The oldest line is news only where something was dropped.
    let kept = view.kept_from.filter(|_| view.dropped > 0);
    let kept = kept.map(|from| trf!("oldest kept {}, {} dropped", when(from, scene), view.dropped));
    let raw = if state.logs.raw { tr("raw (x)") } else { "" };
    let filter = if here.filter.is_empty() { String::new() } else { format!("/{}", here.filter) };
    let parts = [fold.as_str(), &filter, follow, raw, &within.unwrap_or_default(), &kept.unwrap_or_default()];
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        words.push_str("  ");
        words.push_str(part);
    }
    words
}

/// Lines a second; few of them a minute.
pub fn rate_words(per_second: f64) -> String {
    if per_second < 1.0 {
        trf!("{}/min", format!("{:.0}", per_second * 60.0))
    } else {
        trf!("{}/s", figure(Some(per_second)).trim())
    }
}

/// A time that may be of another day.
fn when(at: Timestamp, scene: &Scene<'_>) -> String {
    let form = if scene.state.shown_at().since(at).as_secs() < 86_400 { "%H:%M" } else { "%b %d %H:%M" };
    text::format_time(at, &scene.state.zone, form)
}

/// What is said where there is no line.
fn nothing(view: &LogsView, state: &UiState) -> Vec<String> {
    if view.table.total > 0 {
        return vec![EN.nothing_matches.to_owned()];
    }
    if view.kept_from.is_some() {
        return vec![tr("No line was kept of this time.").to_owned()];
    }
    if state.time.at.is_some() && view.listeners.is_empty() {
        return vec![tr("No line is kept.").to_owned()];
    }
    let syslog = view.listeners.iter().find(|listener| listener.name == "syslog");
    let mut lines = Vec::new();
    match syslog {
        None => {
            lines.push(tr("No log lines: nothing is listened for.").to_owned());
            lines.push(tr("Write  [syslog] listen = [\"udp:0.0.0.0:514\"]  and  [traps] listen = [\"0.0.0.0:162\"]  into the configuration,").to_owned());
        }
        Some(listener) => {
            lines.push(trf!("No line came yet. noctop listens at {}.", listener.listen.join(" ")));
        }
    }
    lines.push(
        tr("and have devices send here:  logging host ADDRESS  (Cisco),  set system syslog host ADDRESS any info  (Junos),")
            .to_owned(),
    );
    lines.push(tr("rsyslog:  *.* @ADDRESS:514").to_owned());
    for listener in &view.listeners {
        let (name, received, decoded) = (&listener.name, listener.received, listener.decoded);
        lines.push(trf!(
            "{}: {} datagrams, {} lines, {} refused, {} dropped",
            name,
            received,
            decoded,
            listener.refused,
            listener.dropped
        ));
    }
    lines
}
