//! Alarms: what is wrong now, worst first, and under each what it explains.

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, cells, events, names_of};
use crate::model::{Severity, Timestamp};
use crate::query::{Screen, Subject, ViewRequest, Window};
use crate::state::view::{ALARM_COLUMNS, AlarmRow, EventRow, View, ViewBody};
use crate::trf;
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{sentence, tr};
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::update;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use crate::ui::widget::{notice, put_all, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The screen.
pub struct Alarms;

/// Its columns.
pub const COLUMNS: [Column<AlarmRow>; 8] = [
    Column { title: "SEV", sort: "severity", width: Width::Cells(4), align: Align::Left, drop: 0, cell: grouped },
    Column { title: "AGE", sort: "raisedAt", width: Width::Cells(6), align: Align::Right, drop: 1, cell: age },
    Column { title: "SINCE", sort: "", width: Width::Cells(11), align: Align::Left, drop: 5, cell: since },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(14), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(24), align: Align::Left, drop: 2, cell: what },
    Column { title: "RULE", sort: "rule", width: Width::Cells(14), align: Align::Left, drop: 6, cell: rule },
    Column { title: "CNT", sort: "count", width: Width::Cells(4), align: Align::Right, drop: 4, cell: count },
    Column { title: "ACK", sort: "ack", width: Width::Cells(10), align: Align::Left, drop: 3, cell: ack },
];

/// The columns where there is little room.
pub const BRIEF: [Column<AlarmRow>; 6] = [
    Column { title: "SEV", sort: "", width: Width::Cells(3), align: Align::Left, drop: 0, cell: severity },
    Column { title: "AGE", sort: "", width: Width::Cells(6), align: Align::Right, drop: 1, cell: age },
    Column { title: "OBJECT", sort: "", width: Width::Grow(18), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(24), align: Align::Left, drop: 2, cell: what },
    Column { title: "CNT", sort: "", width: Width::Cells(4), align: Align::Right, drop: 4, cell: count },
    Column { title: "ACK", sort: "", width: Width::Cells(6), align: Align::Left, drop: 3, cell: ack },
];

/// What stands back: it cleared, or it is silent.
fn is_quiet(alarm: &AlarmRow) -> bool {
    alarm.cleared_at.is_some() || alarm.silenced.is_some()
}

fn severity(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let shown = if alarm.cleared_at.is_some() { Severity::Cleared } else { alarm.severity };
    match is_quiet(alarm) {
        true => ink.tone(ink.glyphs.severity(shown), Tone::Dim),
        false => cells::severity(shown, ink),
    }
}

/// The severity, after a sign for where it stands in its group.
fn grouped(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let [folded, open, inside] = ink.glyphs.group;
    let sign = match (alarm.children, &alarm.root) {
        (1.., _) if alarm.folded => folded,
        (1.., _) => open,
        (0, Some(_)) => inside,
        (0, None) => " ",
    };
    let mut line = severity(alarm, ink);
    let style = line.style;
    line.spans.iter_mut().for_each(|span| span.style = style.patch(span.style));
    line.style = Style::new();
    line.spans.insert(0, Span::styled(sign, ink.theme.style(Tone::Accent)));
    line
}

fn age(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    cells::ago(Some(alarm.raised_at), ink)
}

fn object(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = match alarm.severity >= Severity::Major {
        _ if is_quiet(alarm) => Tone::Dim,
        true => Tone::Strong,
        false => Tone::Text,
    };
    ink.tone(alarm.object.clone(), tone)
}

fn what(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if is_quiet(alarm) { Tone::Dim } else { Tone::Text };
    let mut line = ink.tone(sentence(&alarm.text).into_owned(), tone);
    if alarm.children > 0 {
        line.spans.insert(0, Span::styled(format!("+{} ", alarm.children), ink.theme.style(Tone::Accent)));
    }
    line
}

fn since(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let form = if ink.now.since(alarm.raised_at).as_secs() < 86_400 { "%H:%M:%S" } else { "%m-%d %H:%M" };
    ink.tone(text::format_time(alarm.raised_at, ink.zone, form), Tone::Dim)
}

fn rule(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(alarm.rule.clone(), Tone::Dim)
}

fn count(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if alarm.count > 1 && !is_quiet(alarm) { Tone::Minor } else { Tone::Dim };
    ink.tone(alarm.count.to_string(), tone)
}

fn ack(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    match (&alarm.acknowledged, &alarm.silenced) {
        (_, Some(silence)) => {
            let left = crate::model::unit::age(silence.until.since(ink.now).as_secs());
            ink.tone(format!("{}{left}", tr("mute ")), Tone::Dim)
        }
        (Some(ack), None) => ink.tone(ack.by.clone(), Tone::Ok),
        (None, None) => ink.tone("-", Tone::Dim),
    }
}

/// What the cursor is on when it is on an alarm.
pub fn target_of(alarm: &AlarmRow) -> Target {
    // An alarm on a port names it after the device: `core-2 Te1/1/4`.
    let (name, port) = match alarm.object.split_once(' ') {
        Some((name, port)) => (name.to_owned(), Some(port.to_owned())),
        None => (alarm.object.clone(), None),
    };
    Target {
        device: alarm.device.clone().map(|id| (id, name)),
        port,
        cell: alarm.object.clone(),
        row: format!("{} {} {} {}", alarm.severity.word(), alarm.raised_at, alarm.object, alarm.text),
        flows: None,
    }
}

/// Where Enter on an alarm goes: to the port, else to the device.
pub fn place_of(alarm: &AlarmRow) -> Option<Place> {
    let target = target_of(alarm);
    let (id, name) = target.device?;
    Some(match target.port {
        Some(port) => {
            let title = format!("{name} {port}");
            Place { screen: Screen::Interface, subject: Some(Subject::Interface(id, port)), title }
        }
        None => Place { screen: Screen::Device, subject: Some(Subject::Device(id)), title: name },
    })
}

fn key(alarm: &AlarmRow) -> String {
    alarm.id.clone()
}

/// Rows of the detail under the list, and of the events under that.
const DETAIL: u16 = 6;
const EVENTS: u16 = 5;
/// Cells of the detail at the side, of 120; more on wider screens.
const SIDE: u16 = 44;
/// Events of the device that are asked for: its past, as far as it is at hand.
const PAST_EVENTS: usize = 400;
/// Days of the strip of how often it was raised.
const DAYS: usize = 30;
const DAY_SECS: u64 = 86_400;

fn under_cursor<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v AlarmRow> {
    let ViewBody::Alarms(table) = body else { return None };
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

/// Rows under the list.
fn under(state: &UiState) -> u16 {
    if state.room() == Room::Middle { DETAIL + EVENTS } else { 0 }
}

impl Pane for Alarms {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Alarms, Context::List, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(state.size.height.saturating_sub(6 + under(state))).max(1)
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let device = under_cursor(body, state).filter(|_| state.room() != Room::Tiny)?.device.clone()?;
        let mut request = ViewRequest::new(Screen::Events, PAST_EVENTS);
        request.subject = Some(Subject::Device(device));
        request.window = Window { offset: 0, rows: PAST_EVENTS };
        request.at = state.time.at;
        Some(request)
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 6] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(ALARM_COLUMNS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let ViewBody::Alarms(table) = body else { return None };
        let keys = table.rows.iter().map(key).collect();
        Some(Listing { offset: table.offset, matched: table.matched, keys })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        under_cursor(body, state).map(target_of)
    }

    fn moment(&self, body: &ViewBody, state: &UiState) -> Option<Timestamp> {
        under_cursor(body, state).map(|alarm| alarm.raised_at)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        under_cursor(body, state).and_then(place_of)
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let row = view.and_then(|view| under_cursor(&view.body, state));
        let head = row.and_then(|row| row.root.clone().or_else(|| (row.children > 0).then(|| row.id.clone())));
        let Some(head) = head.filter(|_| gesture == Gesture::Fold) else { return Vec::new() };
        let here = state.here_mut();
        if !here.folded.remove(&head) {
            here.folded.insert(head.clone());
            here.list_mut().key = Some(head);
        }
        vec![Effect::Watch]
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        if !matches!(scene.body(), Some(ViewBody::Alarms(_))) {
            return events::waiting(scene, area, (buf, tr("Alarms")));
        }
        let (list, detail, after) = areas(scene.state, area);
        draw_list(scene, list, buf);
        let alarm = scene.body().and_then(|body| under_cursor(body, scene.state));
        let past = alarm.map_or(&[][..], |alarm| past_of(scene, alarm));
        draw_detail(scene, detail, (buf, alarm, past));
        draw_after(scene, after, (buf, alarm, past));
    }
}

/// Where the list, the detail and the events stand; what finds no room is empty.
fn areas(state: &UiState, area: Rect) -> (Rect, Rect, Rect) {
    let nothing = Rect::new(area.x, area.bottom(), 0, 0);
    match state.room() {
        Room::Tiny => (area, nothing, nothing),
        Room::Middle if area.height < DETAIL + EVENTS + 4 => (area, nothing, nothing),
        Room::Middle => {
            let list = Rect { height: area.height - DETAIL - EVENTS, ..area };
            let detail = Rect { y: list.bottom(), height: DETAIL, ..area };
            (list, detail, Rect { y: detail.bottom(), height: EVENTS, ..area })
        }
        Room::Wide => {
            let side = SIDE.max(area.width / 3);
            let list = Rect { width: area.width - side, ..area };
            let detail = Rect { x: list.right(), width: side, height: area.height / 2, ..area };
            (list, detail, Rect { y: detail.bottom(), height: area.height - detail.height, ..detail })
        }
    }
}

fn draw_list(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let here = scene.state.here();
    let Some(ViewBody::Alarms(table)) = scene.body() else { return };
    let words = summary(table.matched, table.total, &here, tr("worst first"));
    let inner = Panel::new(tr("Alarms")).subtitle(&words).focus(Focus::Here).draw(scene, area, buf);
    let empty = if table.total > 0 { EN.nothing_matches } else { EN.no_alarms };
    let columns = if scene.state.room() == Room::Tiny { &BRIEF[..] } else { &COLUMNS[..] };
    let rows = Rows {
        columns,
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(here.list()),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty: &[empty],
    };
    rows.draw(scene, inner, buf);
    rows.draw_marks(scene, inner, (key, buf));
}

/// What the engine told of the alarm's device, the latest first; it may still be about another one.
fn past_of<'a>(scene: &Scene<'a>, alarm: &AlarmRow) -> &'a [EventRow] {
    match scene.detail.map(|view| &view.body) {
        Some(ViewBody::Events(table)) if table.rows.first().is_some_and(|row| row.device == alarm.device) => &table.rows,
        _ => &[],
    }
}

type Piece = (String, Style);

fn draw_detail(scene: &Scene<'_>, area: Rect, (buf, alarm, past): (&mut Buffer, Option<&AlarmRow>, &[EventRow])) {
    if area.is_empty() {
        return;
    }
    let title = alarm.map_or(String::new(), |alarm| alarm.object.clone());
    let inner = Panel::new(&title).draw(scene, area, buf);
    let Some(alarm) = alarm else {
        notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
        return;
    };
    let mut lines = vec![];
    let room = usize::from(inner.width.saturating_sub(2));
    let words = format!("{}  {}", tr(alarm.severity.word()), sentence(&alarm.text));
    let style = scene.theme.severity(alarm.severity);
    lines.extend(text::lines(&words, room).into_iter().map(|line| vec![(line, style)]));
    lines.extend(facts(scene, alarm));
    let note = alarm.acknowledged.as_ref().and_then(|ack| ack.note.as_ref()).filter(|_| scene.state.room() == Room::Wide);
    let plain = scene.theme.style(Tone::Text);
    lines.extend(note.into_iter().flat_map(|note| text::lines(note, room)).map(|line| vec![(line, plain)]));
    lines.push(history(scene, (alarm, past), inner.width));
    if scene.state.room() == Room::Wide {
        lines.push(vec![(alarm.id.clone(), scene.theme.style(Tone::Faint))]);
    }
    for (pieces, y) in lines.iter().zip(inner.y..inner.bottom()) {
        let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &pieces);
    }
}

/// When, how often, by which rule; who cares; what explains it.
fn facts(scene: &Scene<'_>, alarm: &AlarmRow) -> Vec<Vec<Piece>> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let zone = &scene.state.zone;
    let raised = text::date_clock(alarm.raised_at, zone);
    let age = text::age(Some(alarm.raised_at), scene.state.shown_at());
    let mut when = vec![(format!("{} ", tr("raised")), dim), (raised, plain), (format!("  {age}"), dim)];
    if let Some(cleared) = alarm.cleared_at {
        when.push((format!("  {} {}", tr("cleared"), text::clock(cleared, zone)), scene.theme.style(Tone::Ok)));
    }
    let rule = vec![
        (format!("{} ", tr("rule")), dim),
        (alarm.rule.clone(), plain),
        (format!("  {}", trf!("{} times", alarm.count)), dim),
    ];
    let care = match (&alarm.silenced, &alarm.acknowledged) {
        (Some(silence), _) => {
            let until = text::format_time(silence.until, zone, "%m-%d %H:%M");
            vec![(trf!("silenced by {} until {}", silence.by, until), scene.theme.style(Tone::Maintenance))]
        }
        (None, Some(ack)) => {
            let words = trf!("acknowledged by {} at {}", ack.by, text::clock(ack.at, zone));
            let note = ack.note.as_ref().filter(|_| scene.state.room() == Room::Middle);
            let note = note.map_or(String::new(), |note| format!("  {note}"));
            vec![(words, scene.theme.style(Tone::Ok)), (note, plain)]
        }
        (None, None) => {
            let why = update::alarms::hint(scene.state).map_or(String::new(), |why| format!("  {why}"));
            vec![(tr("nobody acknowledged it").to_owned(), dim), (why, dim)]
        }
    };
    let cause = match (&alarm.root, alarm.children) {
        (Some(root), _) => vec![(format!("{} ", tr("explained by")), dim), (root.clone(), plain)],
        (None, 0) => Vec::new(),
        (None, children) => vec![(trf!("explains {} other alarms; z folds them", children), scene.theme.style(Tone::Accent))],
    };
    let lines = match scene.state.room() {
        // Two facts a line where there is width and no height.
        Room::Middle => {
            vec![[when, vec![("   ".to_owned(), dim)], rule].concat(), [care, vec![("   ".to_owned(), dim)], cause].concat()]
        }
        Room::Wide | Room::Tiny => vec![when, rule, care, cause],
    };
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// How often it was raised, a cell a day; what is not kept is not known.
fn history(scene: &Scene<'_>, (alarm, past): (&AlarmRow, &[EventRow]), width: u16) -> Vec<Piece> {
    let now = scene.state.shown_at();
    let is_it = |row: &&EventRow| {
        row.kind == "alarm-raised" && row.object == alarm.object && row.text.starts_with(&format!("{}:", alarm.rule))
    };
    let mut days = [0.0f32; DAYS];
    let mut times = 0usize;
    for row in past.iter().filter(is_it) {
        let ago = usize::try_from(now.since(row.at).as_secs() / DAY_SECS).unwrap_or(DAYS);
        if let Some(day) = DAYS.checked_sub(ago + 1).and_then(|at| days.get_mut(at)) {
            *day += 1.0;
            times += 1;
        }
    }
    let dim = scene.theme.style(Tone::Dim);
    let values: Vec<Option<f32>> = days.iter().map(|count| Some(*count).filter(|count| *count > 0.0)).collect();
    let head = format!("{} ", tr("30 d"));
    let said = match times {
        0 => tr("the first one that is kept").to_owned(),
        times => trf!("{} times", times),
    };
    let room = usize::from(width).saturating_sub(text::width(&head) + text::width(&said) + 4);
    let cells = u16::try_from(room.min(DAYS)).unwrap_or(0);
    if times == 0 || cells < 10 {
        return vec![(head, dim), (said, dim)];
    }
    // Blanks are days without: a rule of dots shows the days.
    let strip: String = spark::row(&values, cells, spark::top(&values), scene.glyphs)
        .chars()
        .map(|c| if c == ' ' || c == '\u{2800}' { '.' } else { c })
        .collect();
    vec![(head, dim), (strip, scene.theme.severity(alarm.severity)), (format!("  {said}"), dim)]
}

fn draw_after(scene: &Scene<'_>, area: Rect, (buf, alarm, past): (&mut Buffer, Option<&AlarmRow>, &[EventRow])) {
    if area.is_empty() {
        return;
    }
    let inner = Panel::new(tr("Events after it")).draw(scene, area, buf);
    let Some(alarm) = alarm else { return };
    // The first ones after it: what followed from it.
    let mut rows: Vec<EventRow> = past.iter().take_while(|row| row.at >= alarm.raised_at).cloned().collect();
    rows.reverse();
    Rows {
        columns: &events::BRIEF,
        rows: &rows,
        offset: 0,
        matched: rows.len(),
        list: None,
        sort: None,
        header: Header::Hidden,
        empty: &[tr("nothing is told of it since")],
    }
    .draw(scene, inner, buf);
}
