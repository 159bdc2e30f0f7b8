//! How layers look: an input on the last line, a list over it, small menus. The caret is the terminal's own, so that Korean
//! input methods compose where the text stands.

mod faults;
mod preview;

use super::command;
use super::lang::{sentence, tr};
use super::layer::{Layer, Picker};
use super::mouse::{self, Hit};
use super::pane::{self, Context, Scene};
use super::state::Room;
use super::text::{self, EN, fit};
use super::theme::Tone;
use super::update::related;
use super::update::work::Work;
use super::widget::panel::{Focus, Panel};
use super::widget::{notice, put, put_all};
use crate::query::Screen;
use crate::state::view::Name;
use crate::trf;
use crate::ui::action::ACTIONS;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};
use tui_input::Input;

/// Cells of a menu, at least.
const MENU: u16 = 30;
/// Rows of a list over the command line.
const LIST_ROWS: u16 = 12;
/// Columns of a list: wider lines are hard to read.
const LIST_COLUMNS: u16 = 76;

/// Draws the topmost layer; returns where the caret is.
pub fn draw(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if !scene.state.layers.is_empty() {
        // What lies under a layer is not met by the mouse.
        mouse::area(area, || Hit::Cover);
    }
    match scene.state.layers.last()? {
        Layer::Filter(input) => {
            let caret = line(scene, area, (buf, "/", input));
            filter_help(scene, area, buf);
            Some(caret)
        }
        Layer::Note(input) => {
            let caret = line(scene, area, (buf, tr("note: "), input));
            let by = trf!("acknowledged by {}; Enter writes it, empty is without a note", scene.state.user);
            above(scene, area, (buf, &by, Tone::Dim));
            Some(caret)
        }
        Layer::Silence => {
            keyed(scene, area, (buf, "Silence for", Context::Silence, "silence.cancel"));
            None
        }
        Layer::Until(input) => {
            let caret = line(scene, area, (buf, tr("silent until: "), input));
            above(scene, area, (buf, tr("30m   8h   2d   18:00   2026-11-22T18:00:00Z"), Tone::Dim));
            Some(caret)
        }
        Layer::Work(choices, at) => {
            work(scene, area, (buf, choices, *at));
            None
        }
        Layer::GoTo(input) => {
            let caret = line(scene, area, (buf, "= ", input));
            above(scene, area, (buf, tr("11:45   -15m   2026-11-22T12:00:00Z   @UNIX   empty: now"), Tone::Dim));
            Some(caret)
        }
        Layer::Palette(picker) => {
            let rows: Vec<Row> =
                picker.items.iter().map(|item| (item.line.as_str(), item.help.as_str(), item.keys.as_str())).collect();
            list(scene, area, (buf, tr("Commands"), &rows, picker.cursor));
            Some(line(scene, area, (buf, ":", &picker.input)))
        }
        Layer::Jump(picker) => {
            jump(scene, area, (buf, picker));
            Some(line(scene, area, (buf, tr("jump to "), &picker.input)))
        }
        Layer::Related => {
            related(scene, area, buf);
            None
        }
        Layer::Columns(at) => {
            columns(scene, area, (buf, *at));
            None
        }
        Layer::Groups(at) => {
            groups(scene, area, (buf, *at));
            None
        }
        Layer::Narrow(choices, at) => {
            narrow(scene, area, (buf, choices, *at));
            None
        }
        Layer::Export => {
            keyed(scene, area, (buf, "Export the rows", Context::Export, "export.cancel"));
            None
        }
        Layer::Faults(from) => {
            faults::draw(scene, area, (buf, *from));
            None
        }
        Layer::Save => {
            keyed(scene, area, (buf, tr("Screen to a file"), Context::Save, "save.cancel"));
            None
        }
    }
}

type Row<'a> = (&'a str, &'a str, &'a str);

/// An input on the last line.
fn line(scene: &Scene<'_>, area: Rect, (buf, prompt, input): (&mut Buffer, &str, &Input)) -> Position {
    let y = area.bottom().saturating_sub(1);
    let row = Rect::new(area.x, y, area.width, 1);
    Clear.render(row, buf);
    let used = put(buf, Position::new(area.x, y), area.width, (prompt, scene.theme.style(Tone::Key)));
    let room = area.width.saturating_sub(used + 1);
    let scroll = input.visual_scroll(usize::from(room));
    let shown = skip_cells(input.value(), scroll);
    let x = area.x + used;
    put(buf, Position::new(x, y), room, (shown, scene.theme.style(Tone::Strong)));
    let caret = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(room).min(room);
    Position::new((x + caret).min(area.right().saturating_sub(1)), y)
}

/// The text from the first character that begins at or after a cell.
fn skip_cells(written: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, c) in written.char_indices() {
        if used >= cells {
            return written.get(at..).unwrap_or_default();
        }
        used += text::width(c.encode_utf8(&mut [0; 4]));
    }
    if cells == 0 { written } else { "" }
}

/// One line right above the input.
fn above(scene: &Scene<'_>, area: Rect, (buf, words, tone): (&mut Buffer, &str, Tone)) {
    let Some(y) = area.bottom().checked_sub(2).filter(|y| *y > area.y) else { return };
    Clear.render(Rect::new(area.x, y, area.width, 1), buf);
    let words = fit(words, usize::from(area.width.saturating_sub(2)), scene.glyphs.ellipsis);
    put(buf, Position::new(area.x + 1, y), area.width, (&words, scene.theme.style(tone)));
}

/// What a filter can say; a fault of what is written points at its column.
fn filter_help(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let written = match scene.state.layers.last() {
        Some(Layer::Filter(input)) if scene.state.place.screen != Screen::Help => input.value(),
        _ => return,
    };
    let fault = if written.trim().is_empty() { None } else { crate::query::filter::parse(written).err() };
    if let Some(fault) = fault {
        let indent = fault.column.min(usize::from(area.width / 2));
        above(scene, area, (buf, &format!("{:1$}^ {2}", "", indent.saturating_sub(1), sentence(&fault.message)), Tone::Fault));
        return;
    }
    let fields = command::fields_for(written, &pane::of(scene.state.place.screen).fields());
    if !fields.is_empty() {
        let words = format!("Tab  {}", fields.join("  "));
        above(scene, area, (buf, &words, Tone::Key));
        return;
    }
    let of_flows = matches!(scene.state.place.screen, Screen::Flows | Screen::Capture);
    let of_logs = scene.state.place.screen == Screen::Logs;
    let words = if of_logs {
        tr("word   /regex/   host:core   sev>=warning   app=sshd   if:Te1/1/4   kind=trap   ip:10.0.0.0/8   and or not ( )")
    } else if of_flows {
        "src:10.0.0.0/8  dst port 443  host 10.0.0.9  proto tcp  app:https  device:core  if:Gi0/1  bps>10M  and or not ( )"
    } else {
        "word   field:part   util>70%   speed>=10G   ip:10.0.0.0/8   name~\"^core\"   and or not ( )"
    };
    above(scene, area, (buf, words, Tone::Dim));
}

/// A list over the last line with the chosen row in view.
fn list(scene: &Scene<'_>, area: Rect, (buf, title, rows, cursor): (&mut Buffer, &str, &[Row<'_>], Option<usize>)) {
    let height =
        u16::try_from(rows.len()).unwrap_or(u16::MAX).min(LIST_ROWS).saturating_add(2).min(area.height.saturating_sub(2));
    if rows.is_empty() || height < 3 {
        return;
    }
    let width = area.width.min(LIST_COLUMNS);
    let place = Rect::new(area.x, area.bottom() - 1 - height, width, height);
    Clear.render(place, buf);
    let note = format!("{}", rows.len());
    let inner = Panel::new(title).note(&note).focus(Focus::Here).draw(scene, place, buf);
    let first = cursor.map_or(0, |at| (at + 1).saturating_sub(usize::from(inner.height)));
    let (strong, dim, key) = (scene.theme.style(Tone::Strong), scene.theme.style(Tone::Dim), scene.theme.style(Tone::Key));
    let column = inner.width.min(26);
    for ((at, (text, help, keys)), y) in rows.iter().enumerate().skip(first).zip(inner.y..inner.bottom()) {
        let row = Rect::new(inner.x, y, inner.width, 1);
        mouse::area(row, || Hit::Choice(at));
        let text_column = if help.is_empty() {
            inner.width.saturating_sub(2)
        } else {
            column.max(u16::try_from(text::width(text)).unwrap_or(column) + 2)
        };
        let name = fit(text, usize::from(text_column.saturating_sub(1)), scene.glyphs.ellipsis);
        put(buf, Position::new(row.x + 1, y), text_column, (&name, strong));
        let keys_cells = u16::try_from(text::width(keys)).unwrap_or(0);
        let x = row.x + 1 + text_column;
        let room = row.right().saturating_sub(x + keys_cells + 2);
        let help = fit(help, usize::from(room), scene.glyphs.ellipsis);
        put(buf, Position::new(x, y), room, (&help, dim));
        if row.width > keys_cells + 1 {
            put(buf, Position::new(row.right() - keys_cells - 1, y), keys_cells, (keys, key));
        }
        if cursor == Some(at) {
            buf.set_style(row, scene.theme.selected());
            put(buf, Position::new(row.x, y), 1, (scene.glyphs.cursor, scene.theme.style(Tone::Accent)));
        }
    }
}

/// Columns from which what is chosen has a preview at the side.
const PREVIEW_FROM: u16 = 80;
/// Cells of the preview.
const PREVIEW: u16 = 42;

fn jump(scene: &Scene<'_>, area: Rect, (buf, picker): (&mut Buffer, &Picker<Name>)) {
    // The whole of the screen below the frame: half a screen under it would only be half seen.
    let frame = if scene.state.room() == Room::Tiny { 1 } else { 2 };
    let height = area.height.saturating_sub(frame + 1);
    if height < 3 {
        return;
    }
    let place = Rect::new(area.x, area.y + frame, area.width, height);
    Clear.render(place, buf);
    let side = if area.width >= PREVIEW_FROM { PREVIEW.max(area.width / 3) } else { 0 };
    let list = Rect { width: place.width - side, ..place };
    let note = if picker.items.is_empty() { String::new() } else { picker.items.len().to_string() };
    let inner = Panel::new(tr("Jump")).note(&note).focus(Focus::Here).draw(scene, list, buf);
    if picker.items.is_empty() {
        let words =
            if picker.input.value().is_empty() { tr("a name, an address, a part of either") } else { tr("nothing is called so") };
        notice(buf, inner, &[words], scene.theme.style(Tone::Dim));
    }
    let first = picker.cursor.map_or(0, |at| (at + 1).saturating_sub(usize::from(inner.height)));
    for ((at, name), y) in picker.items.iter().enumerate().skip(first).zip(inner.y..inner.bottom()) {
        let row = Rect::new(inner.x, y, inner.width, 1);
        mouse::area(row, || Hit::Choice(at));
        name_row(scene, row, (buf, name));
        if picker.cursor == Some(at) {
            buf.set_style(row, scene.theme.selected());
            put(buf, Position::new(row.x, y), 1, (scene.glyphs.cursor, scene.theme.style(Tone::Accent)));
        }
    }
    if side > 0 {
        let chosen = picker.chosen().or_else(|| picker.items.first());
        preview::draw(scene, Rect { x: list.right(), width: side, ..place }, (buf, chosen));
    }
}

/// Cells of the word for what a name is of.
const KIND: usize = 10;

/// What it is of, what it is called, where it is.
fn name_row(scene: &Scene<'_>, row: Rect, (buf, name): (&mut Buffer, &Name)) {
    let word = fit(tr(name.kind.word()), KIND, scene.glyphs.ellipsis);
    let blanks = " ".repeat(KIND - text::width(&word));
    let room = row.width.saturating_sub(1);
    let pieces = [(word.as_str(), scene.theme.style(preview::tone(name.kind))), (blanks.as_str(), scene.theme.style(Tone::Dim))];
    let used = 1 + put_all(buf, Position::new(row.x + 1, row.y), room, &pieces);
    let wide = usize::from(row.width.saturating_sub(used + 1));
    let called = fit(&name.text, wide, scene.glyphs.ellipsis);
    let used = used + put(buf, Position::new(row.x + used, row.y), row.width - used, (&called, scene.theme.style(Tone::Strong)));
    let left = row.width.saturating_sub(used + 3);
    let where_it_is = fit(&name.place, usize::from(left), scene.glyphs.ellipsis);
    if text::width(&where_it_is) > 2 {
        put(buf, Position::new(row.x + used + 2, row.y), left, (&where_it_is, scene.theme.style(Tone::Dim)));
    }
}

fn related(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    keyed(scene, area, (buf, "Related", Context::Related, "related.cancel"));
}

/// A menu of the actions of a context with their keys, but for the one that leaves it.
fn keyed(scene: &Scene<'_>, area: Rect, (buf, title, context, leave): (&mut Buffer, &str, Context, &str)) {
    let key = |name: &str| scene.state.keymap.first_key(name).map(|key| key.to_string()).unwrap_or_default();
    let items: Vec<(String, &str, &'static str)> = ACTIONS
        .iter()
        .filter(|action| action.context == context && action.name != leave)
        .filter(|action| context != Context::Related || related::offers(scene.state, scene.view, action.name))
        .map(|action| (key(action.name), tr(action.help), action.name))
        .collect();
    let widest = items.iter().map(|(key, help, _)| text::width(key) + text::width(help) + 4).max().unwrap_or(0);
    let inner = menu(scene, area, (buf, tr(title), (items.len().max(1), widest)));
    if items.is_empty() {
        notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    }
    for ((key, help, name), y) in items.iter().zip(inner.y..inner.bottom()) {
        mouse::area(Rect { y, height: 1, ..inner }, || Hit::Action(name));
        let pieces = [
            (key.as_str(), scene.theme.style(Tone::Key)),
            ("  ", scene.theme.style(Tone::Dim)),
            (*help, scene.theme.style(Tone::Text)),
        ];
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(1), &pieces);
    }
}

/// What can be worked on, and the keys that say for how long.
fn work(scene: &Scene<'_>, area: Rect, (buf, choices, at): (&mut Buffer, &[Work], usize)) {
    let rows: Vec<Row<'_>> = choices.iter().map(|choice| (choice.label.as_str(), "", "")).collect();
    list(scene, area, (buf, tr("Maintenance of"), &rows, Some(at)));
}

/// What narrows the log.
fn narrow(scene: &Scene<'_>, area: Rect, (buf, choices, at): (&mut Buffer, &[pane::logs::menu::Narrowing], usize)) {
    let rows: Vec<Row<'_>> = choices.iter().map(|choice| (choice.label.as_str(), choice.filter.as_str(), "")).collect();
    list(scene, area, (buf, tr("Narrow the list"), &rows, Some(at)));
}

/// By what flows can be summed up.
fn groups(scene: &Scene<'_>, area: Rect, (buf, at): (&mut Buffer, usize)) {
    let groups = pane::flows::words::GROUPS;
    let inner = menu(scene, area, (buf, tr("Sum up by"), (groups.len(), 0)));
    let first = (at + 1).saturating_sub(usize::from(inner.height));
    let now = pane::flows::words::group_of(&scene.state.flows.by);
    for ((row, (name, _)), y) in groups.iter().enumerate().skip(first).zip(inner.y..inner.bottom()) {
        mouse::area(Rect { y, height: 1, ..inner }, || Hit::Row(row));
        let style = scene.theme.style(if row == now { Tone::Strong } else { Tone::Text });
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(1), &[(name, style)]);
        if row == at {
            buf.set_style(Rect::new(inner.x, y, inner.width, 1), scene.theme.selected());
            put(buf, Position::new(inner.x, y), 1, (scene.glyphs.cursor, scene.theme.style(Tone::Accent)));
        }
    }
}

fn columns(scene: &Scene<'_>, area: Rect, (buf, at): (&mut Buffer, usize)) {
    let titles = pane::of(scene.state.place.screen).columns();
    let hidden = scene.state.here().hidden;
    let inner = menu(scene, area, (buf, tr("Columns"), (titles.len(), 0)));
    let first = (at + 1).saturating_sub(usize::from(inner.height));
    for ((row, title), y) in titles.iter().enumerate().skip(first).zip(inner.y..inner.bottom()) {
        mouse::area(Rect { y, height: 1, ..inner }, || Hit::Row(row));
        let (sign, tone) = if hidden.contains(title) { ("[ ] ", Tone::Dim) } else { ("[x] ", Tone::Text) };
        let style = scene.theme.style(tone);
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(1), &[(sign, style), (tr(title), style)]);
        if row == at {
            buf.set_style(Rect::new(inner.x, y, inner.width, 1), scene.theme.selected());
        }
    }
}

/// A small menu in the middle.
fn menu(scene: &Scene<'_>, area: Rect, (buf, title, (items, widest)): (&mut Buffer, &str, (usize, usize))) -> Rect {
    let height = u16::try_from(items).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
    let width = u16::try_from(widest + 2).unwrap_or(u16::MAX).max(MENU).min(area.width);
    let place = Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    Clear.render(place, buf);
    Panel::new(title).focus(Focus::Here).draw(scene, place, buf)
}
