//! The frame of every screen: breadcrumb, alarm counts and time on the first line, the numbered screens on the second, hints on
//! the last.

use super::action::ACTIONS;
use super::console::contexts;
use super::mouse::{self, Hit};
use super::notice::Level;
use super::pane::device::section;
use super::pane::{Context, Scene};
use super::state::{Access, Room};
use super::text::{self, EN, fit};
use super::theme::Tone;
use super::update::related;
use super::widget::{put, put_all};
use crate::model::audit::Role;
use crate::query::Screen;
use crate::ui::lang::{sentence, tr, trf};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// A numbered screen: its screen, its name, its short name, the action that opens it.
type Tab = (Screen, &'static str, &'static str, &'static str);

/// The numbered screens in order.
pub const TABS: [Tab; 10] = [
    (Screen::Overview, "Overview", "Ovw", "screen.overview"),
    (Screen::Topology, "Topology", "Topo", "screen.topology"),
    (Screen::Devices, "Devices", "Dev", "screen.devices"),
    (Screen::Interfaces, "Interfaces", "If", "screen.interfaces"),
    (Screen::Flows, "Flows", "Flow", "screen.flows"),
    (Screen::Wireless, "Wireless", "Wifi", "screen.wireless"),
    (Screen::Alarms, "Alarms", "Alrm", "screen.alarms"),
    (Screen::Logs, "Logs", "Logs", "screen.logs"),
    (Screen::Events, "Events", "Evt", "screen.events"),
    (Screen::Discovery, "Discovery", "Disc", "screen.discovery"),
];

/// Draws the frame and returns what is left for the screen.
pub fn draw(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    first_line(scene, Rect::new(area.x, area.y, area.width, 1), buf);
    let mut body = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    if scene.state.room() != Room::Tiny && body.height > 0 {
        tabs(scene, Rect::new(area.x, body.y, area.width, 1), buf);
        body.y += 1;
        body.height -= 1;
    }
    if body.height > 1 {
        body.height -= 1;
        last_line(scene, Rect::new(area.x, body.bottom(), area.width, 1), buf);
    }
    body
}

/// The name of a screen for the breadcrumb.
pub fn screen_name(screen: Screen) -> &'static str {
    match screen {
        Screen::Device => "Devices",
        Screen::Interface => "Interfaces",
        Screen::Capture => "Capture",
        Screen::Vlans => "VLANs",
        Screen::Help => "Help",
        Screen::Links => "Links",
        Screen::Sensors => "Sensors",
        Screen::Diff => "Diff",
        other => TABS.iter().find(|(screen, ..)| *screen == other).map_or("", |(_, name, ..)| name),
    }
}

fn first_line(scene: &Scene<'_>, line: Rect, buf: &mut Buffer) {
    let right = status(scene);
    let cells: usize = right.iter().map(|(text, _)| text::width(text)).sum();
    let right_cells = u16::try_from(cells).unwrap_or(u16::MAX).min(line.width);
    let left = Rect::new(line.x, line.y, line.width - right_cells, 1);
    breadcrumb(scene, left, buf);
    let pieces: Vec<(&str, Style)> = right.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    put_all(buf, Position::new(left.right(), line.y), right_cells, &pieces);
}

fn breadcrumb(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let (dim, strong) = (theme.style(Tone::Dim), theme.style(Tone::Strong));
    let crumb = format!(" {} ", scene.glyphs.crumb);
    let site = scene.view.map(|view| view.chrome.site.as_str()).unwrap_or_default();
    let screen = tr(screen_name(scene.state.place.screen));
    let title = scene.state.place.title.as_str();
    let mut pieces: Vec<(&str, Style)> = vec![(" ", dim)];
    if scene.state.room() == Room::Wide {
        pieces.push(("noctop", theme.style(Tone::Accent)));
        pieces.push(("  ", dim));
    }
    if !site.is_empty() && scene.state.room() != Room::Tiny {
        pieces.push((site, dim));
        pieces.push((&crumb, dim));
    }
    pieces.push((screen, if title.is_empty() { strong } else { dim }));
    if !title.is_empty() {
        pieces.push((&crumb, dim));
    }
    let used = put_all(buf, Position::new(area.x, area.y), area.width, &pieces);
    let section = section::crumb(scene).map(|section| format!("{crumb}{}", tr(section)));
    let room = usize::from(area.width.saturating_sub(used + 1));
    let title = fit(title, room, scene.glyphs.ellipsis);
    let mut pieces = vec![(title.as_str(), if section.is_some() { dim } else { strong })];
    if let Some(section) = section.as_deref().filter(|section| text::width(&title) + text::width(section) <= room) {
        pieces.push((section, strong));
    } else if let Some(first) = pieces.first_mut() {
        first.1 = strong;
    }
    put_all(buf, Position::new(area.x + used, area.y), area.width.saturating_sub(used), &pieces);
}

/// Alarm counts, time, access: from the right edge.
fn status(scene: &Scene<'_>) -> Vec<(String, Style)> {
    let theme = scene.theme;
    let wide = scene.state.room() == Room::Wide;
    let tiny = scene.state.room() == Room::Tiny;
    let mut out: Vec<(String, Style)> = Vec::new();
    if let Some(chrome) = scene.view.map(|view| &view.chrome) {
        let counts = [
            (if wide { tr("CRIT ") } else { "C" }, chrome.critical, Tone::Critical),
            (if wide { tr("MAJ ") } else { "M" }, chrome.major, Tone::Major),
            (if wide { tr("MIN ") } else { "m" }, chrome.minor, Tone::Minor),
        ];
        for (word, count, tone) in counts {
            let tone = if count > 0 { tone } else { Tone::Dim };
            out.push((format!("{word}{count}"), theme.style(tone)));
            out.push((if wide { "  " } else { " " }.to_owned(), theme.style(Tone::Text)));
        }
        // How many of them nobody cares for: the key that goes to the next one says it where there is little room.
        if chrome.unacknowledged > 0 && !tiny {
            let words = if wide { trf!("{} unacked  ", chrome.unacknowledged) } else { format!("u{} ", chrome.unacknowledged) };
            out.push((words, theme.style(Tone::Key)));
        }
    }
    if let Some(why) = &scene.state.lost {
        out.push((trf!(" LOST: {} ", fit(why, 24, scene.glyphs.ellipsis)), theme.style(Tone::Past)));
        out.push((" ".to_owned(), Style::new()));
    }
    out.extend(time(scene));
    let level = scene.state.notices.level;
    if level != Level::Off {
        let words = if wide { format!("{} {} ", scene.glyphs.bell, level.word()) } else { format!("{} ", scene.glyphs.bell) };
        out.push((words, theme.style(Tone::Accent)));
    }
    if !tiny {
        match (scene.state.role, scene.state.access) {
            (Some(Role::Viewer), _) => out.push((format!(" {} ", tr("viewer")), theme.style(Tone::Accent))),
            (Some(Role::Operator), _) if wide => out.push((format!(" {}", tr("operator")), theme.style(Tone::Dim))),
            _ => {}
        }
        match scene.state.access {
            _ if scene.state.role == Some(Role::Viewer) => {}
            Access::ReadOnly => out.push((format!(" {} ", tr(EN.read_only)), theme.style(Tone::Dim))),
            Access::ReadWrite => out.push((format!(" {} ", tr("rw")), theme.style(Tone::Major))),
        }
    }
    out
}

/// Seconds from one age of a pause to the next.
const PAUSED_STEP: u64 = 10;

/// LIVE, PAUSED with its age, or the past time in reverse video: it must not be mistaken for now.
fn time(scene: &Scene<'_>) -> Vec<(String, Style)> {
    let theme = scene.theme;
    let time = &scene.state.time;
    let zone = &scene.state.zone;
    let blank = (" ".to_owned(), Style::new());
    if let Some(at) = time.at {
        let past = scene.view.filter(|view| view.chrome.past).map_or(at, |view| view.chrome.at);
        let form = if time.now.since(past).as_secs() < 43_200 { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" };
        return vec![(format!(" {} {} ", tr(EN.past), text::format_time(past, zone, form)), theme.style(Tone::Past)), blank];
    }
    if let Some(paused) = time.paused {
        // In steps of ten seconds: a clock that stands need not be drawn each second.
        let secs = time.now.since(paused).as_secs();
        let age = crate::model::unit::age(secs - secs % PAUSED_STEP);
        return vec![(format!(" {} {age} ", tr(EN.paused)), theme.style(Tone::Paused)), blank];
    }
    let live = if scene.state.room() == Room::Tiny { String::new() } else { format!("{} {} ", scene.glyphs.live, tr(EN.live)) };
    let clock = if time.now.0 == 0 { "--:--:--".to_owned() } else { text::clock(time.now, zone) };
    vec![(live, theme.style(Tone::Live)), (clock, theme.style(Tone::Strong)), blank]
}

fn tabs(scene: &Scene<'_>, line: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let wide = scene.state.room() == Room::Wide;
    let current = match scene.state.place.screen {
        Screen::Device => Screen::Devices,
        Screen::Interface => Screen::Interfaces,
        other => other,
    };
    let mut x = line.x + 1;
    for (screen, name, short, action) in TABS {
        let key = scene.state.keymap.first_key(action).map(|key| key.to_string()).unwrap_or_default();
        let label = if wide { format!(" {} ", tr(name)) } else { tr(short).to_owned() };
        let left = line.right().saturating_sub(x);
        if usize::from(left) < text::width(&key) + text::width(&label) {
            break;
        }
        let (key_style, style) = if screen == current {
            (theme.style(Tone::Tab), theme.style(Tone::Tab))
        } else {
            (theme.style(Tone::Key), theme.style(Tone::Dim))
        };
        let start = x;
        x += put(buf, Position::new(x, line.y), left, (&key, key_style));
        x += put(buf, Position::new(x, line.y), left, (&label, style)) + 1;
        mouse::area(Rect::new(start, line.y, x - start - 1, 1), || Hit::Action(action));
    }
}

fn last_line(scene: &Scene<'_>, line: Rect, buf: &mut Buffer) {
    let at = Position::new(line.x + 1, line.y);
    let room = line.width.saturating_sub(2);
    if let Some(toast) = &scene.state.toast {
        let tone = if toast.fault { Tone::Fault } else { Tone::Accent };
        let words = fit(&sentence(&toast.text), usize::from(room), scene.glyphs.ellipsis);
        put(buf, at, room, (&words, scene.theme.style(tone)));
        return;
    }
    if let Some(fault) = scene.view.and_then(|view| view.chrome.fault.as_deref()) {
        let words = fit(&sentence(fault), usize::from(room), scene.glyphs.ellipsis);
        put(buf, at, room, (&words, scene.theme.style(Tone::Fault)));
        return;
    }
    hints(scene, Rect::new(at.x, at.y, room, 1), buf);
}

/// The keys that do something here, from the table of actions; what does not fit is left out, but never command and help.
fn hints(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    const ALWAYS: [&str; 2] = ["command", "help"];
    let active = contexts(scene.state);
    let keymap = &scene.state.keymap;
    let hint =
        |name: &'static str, hint: &str| keymap.first_key(name).map(|key| (key.to_string(), format!(" {}  ", tr(hint)), name));
    let wanted = |context: Context| {
        ACTIONS
            .iter()
            .filter(move |action| action.context == context && !action.hint.is_empty() && !ALWAYS.contains(&action.name))
            .filter(|action| action.is_offered(scene.state))
            .filter(|action| {
                let is_menu = action.context == Context::Related && action.name != "related.cancel";
                !is_menu || related::offers(scene.state, scene.view, action.name)
            })
    };
    let here = active.iter().filter(|context| **context != Context::Global).flat_map(|context| wanted(*context));
    let global = active.iter().filter(|context| **context == Context::Global).flat_map(|context| wanted(*context));
    let cells =
        |(key, words, _): &(String, String, &str)| u16::try_from(text::width(key) + text::width(words)).unwrap_or(u16::MAX);
    let last: Vec<_> = ACTIONS
        .iter()
        .filter(|action| active.contains(&action.context) && ALWAYS.contains(&action.name))
        .filter_map(|action| hint(action.name, action.hint))
        .collect();
    let kept: u16 = last.iter().map(cells).sum();
    let mut left = area.width.saturating_sub(kept);
    let mut shown = Vec::new();
    for pair in here.chain(global).filter_map(|action| hint(action.name, action.hint)) {
        if cells(&pair) <= left {
            left -= cells(&pair);
            shown.push(pair);
        }
    }
    let (key_style, style) = (scene.theme.style(Tone::Key), scene.theme.style(Tone::Dim));
    let mut x = area.x;
    for (key, words, name) in shown.iter().chain(&last) {
        let room = area.right().saturating_sub(x);
        let used = put_all(buf, Position::new(x, area.y), room, &[(key, key_style), (words, style)]);
        mouse::area(Rect::new(x, area.y, used.saturating_sub(1), 1), || Hit::Action(name));
        x += used;
    }
}
