//! A table: columns are data (title, width, what it is sorted by, how a row fills it). Only the visible rows are built.
//!
//! When there is not enough room whole columns go, the least important first; nothing is squeezed.

use super::{notice, put};
use crate::model::Timestamp;
use crate::query::Sort;
use crate::ui::glyph::Glyphs;
use crate::ui::lang::{tr, trf};
use crate::ui::mouse::{self, Hit};
use crate::ui::pane::Scene;
use crate::ui::state::{ListState, ScreenState};
use crate::ui::text::{self, fit};
use crate::ui::theme::{Theme, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always so many cells.
    Cells(u16),
    /// At least so many, and its share of what is left.
    Grow(u16),
}

impl Width {
    const fn least(self) -> u16 {
        match self {
            Self::Cells(cells) | Self::Grow(cells) => cells,
        }
    }
}

/// Where text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Align {
    Left,
    Right,
}

/// What a cell may depend on beside its row.
#[derive(Clone, Copy)]
pub struct Ink<'a> {
    /// Colours by meaning.
    pub theme: &'a Theme,
    /// Glyphs.
    pub glyphs: &'a Glyphs,
    /// Cells that the column has.
    pub width: u16,
    /// The time that is shown, for ages.
    pub now: Timestamp,
    /// Time zone of what is shown.
    pub zone: &'a jiff::tz::TimeZone,
    /// No sparklines on a slow line.
    pub slow: bool,
}

impl Ink<'_> {
    /// Plain text.
    pub fn text(&self, text: impl Into<String>) -> Line<'static> {
        Line::raw(text.into())
    }

    /// Text with a meaning.
    pub fn tone(&self, text: impl Into<String>, tone: Tone) -> Line<'static> {
        Line::from(Span::styled(text.into(), self.theme.style(tone)))
    }

    /// Text that may be unknown: then a dim `-`.
    pub fn known(&self, text: Option<&str>) -> Line<'static> {
        text.filter(|text| !text.is_empty()).map_or_else(|| self.tone("-", Tone::Dim), |text| self.text(text))
    }
}

/// A column of rows of type `R`.
pub struct Column<R: 'static> {
    /// Title in the header, and its name in the list of columns.
    pub title: &'static str,
    /// Field that the engine sorts by; empty where it can't.
    pub sort: &'static str,
    /// Width.
    pub width: Width,
    /// Side.
    pub align: Align,
    /// 0 always stays; the highest goes first.
    pub drop: u8,
    /// What stands in it.
    pub cell: fn(&R, &Ink<'_>) -> Line<'static>,
}

/// The columns that can be sorted by, in order.
pub const fn sorts<const N: usize, R>(columns: &[Column<R>]) -> [&'static str; N] {
    let mut out = [""; N];
    let (mut at, mut to) = (0, 0);
    while at < columns.len() && to < N {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler; bounded by the loop")]
        if !columns[at].sort.is_empty() {
            out[to] = columns[at].sort;
            to += 1;
        }
        at += 1;
    }
    out
}

/// Rows to be drawn.
pub struct Rows<'a, R: 'static> {
    /// Its columns.
    pub columns: &'a [Column<R>],
    /// The rows at hand.
    pub rows: &'a [R],
    /// Index of the first of them among all matching rows.
    pub offset: usize,
    /// Matching rows in all.
    pub matched: usize,
    /// The cursor; `None` draws none.
    pub list: Option<&'a ListState>,
    /// How it is sorted, for the arrow in the header.
    pub sort: Option<&'a Sort>,
    /// Whether column titles are shown.
    pub header: Header,
    /// What is said when there is no row.
    pub empty: &'a [&'a str],
}

/// Whether a table shows its column titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Header {
    Shown,
    Hidden,
}

/// A column that found room: which, where from the left edge, how wide.
type Placed<'a, R> = (&'a Column<R>, u16, u16);

/// Cells kept at the left for the cursor.
const GUTTER: u16 = 2;
/// Cells kept free at the right edge.
const RIGHT: u16 = 1;
/// Cells between columns.
const GAP: u16 = 1;

impl<R> Rows<'_, R> {
    /// Draws the table.
    pub fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        if self.matched == 0 {
            notice(buf, area, self.empty, scene.theme.style(Tone::Dim));
            return;
        }
        let hidden = scene.state.here().hidden;
        let placed = place(self.columns, area.width.saturating_sub(RIGHT), &hidden);
        let mut body = area;
        if self.header == Header::Shown {
            self.draw_header(scene, area, (&placed, buf));
            body.y += 1;
            body.height -= 1;
        }
        let mut list = self.list.cloned().unwrap_or_default();
        list.reveal(usize::from(body.height));
        for (at, y) in (list.top..).zip(body.y..body.bottom()) {
            let Some(row) = at.checked_sub(self.offset).and_then(|at| self.rows.get(at)) else { continue };
            let line = Rect::new(body.x, y, body.width, 1);
            self.draw_row(scene, line, (row, &placed, buf));
            mouse::area(line, || Hit::Row(at));
            if self.list.is_some_and(|list| list.cursor == at) {
                buf.set_style(line, scene.theme.selected());
                put(buf, Position::new(line.x, y), 1, (scene.glyphs.cursor, scene.theme.style(Tone::Accent)));
            }
        }
    }

    /// Puts a sign before the rows that are marked, by the key of each. After [`Rows::draw`], in the same area.
    pub fn draw_marks(&self, scene: &Scene<'_>, area: Rect, (key, buf): (fn(&R) -> String, &mut Buffer)) {
        let marks = scene.state.here().marks;
        if marks.is_empty() || area.is_empty() {
            return;
        }
        let body = if self.header == Header::Shown { Rect { y: area.y + 1, height: area.height - 1, ..area } } else { area };
        let mut list = self.list.cloned().unwrap_or_default();
        list.reveal(usize::from(body.height));
        for (at, y) in (list.top..).zip(body.y..body.bottom()) {
            let row = at.checked_sub(self.offset).and_then(|at| self.rows.get(at));
            let place = row.and_then(|row| marks.iter().position(|mark| mark.key == key(row)));
            if place.is_some() {
                put(buf, Position::new(body.x + 1, y), 1, (scene.glyphs.mark, scene.theme.style(Tone::Match)));
            }
        }
    }

    fn draw_header(&self, scene: &Scene<'_>, area: Rect, (placed, buf): (&[Placed<'_, R>], &mut Buffer)) {
        let style = scene.theme.style(Tone::Header);
        for (column, x, width) in placed {
            let sorted = self.sort.filter(|sort| !column.sort.is_empty() && sort.column == column.sort);
            let arrow = sorted.map_or("", |sort| scene.glyphs.sort[usize::from(sort.descending)]);
            let title = fit(&format!("{}{arrow}", tr(column.title)), usize::from(*width), "");
            let indent = if column.align == Align::Right { usize::from(*width).saturating_sub(text::width(&title)) } else { 0 };
            let style = if sorted.is_some() { scene.theme.style(Tone::Accent) } else { style };
            let at = Position::new(area.x + x + u16::try_from(indent).unwrap_or(0), area.y);
            if !column.sort.is_empty() {
                mouse::area(Rect::new(area.x + x, area.y, *width, 1), || Hit::Sort(column.sort));
            }
            put(buf, at, *width, (&title, style));
        }
    }

    fn draw_row(&self, scene: &Scene<'_>, line: Rect, (row, placed, buf): (&R, &[Placed<'_, R>], &mut Buffer)) {
        for (column, x, width) in placed {
            let ink = ink(scene, *width);
            let cell = (column.cell)(row, &ink);
            draw_cell(buf, Rect::new(line.x + x, line.y, *width, 1), &cell, (column.align, scene));
        }
    }
}

/// What cells are drawn with in a scene.
pub fn ink<'a>(scene: &Scene<'a>, width: u16) -> Ink<'a> {
    Ink {
        theme: scene.theme,
        glyphs: scene.glyphs,
        width,
        now: scene.state.shown_at(),
        zone: &scene.state.zone,
        slow: scene.state.slow,
    }
}

/// Draws a line into one row, aligned, cut by cells with an ellipsis.
pub fn draw_cell(buf: &mut Buffer, area: Rect, line: &Line<'_>, (align, scene): (Align, &Scene<'_>)) {
    let total: usize = line.spans.iter().map(|span| text::width(&span.content)).sum();
    let room = usize::from(area.width);
    let mut x = area.x;
    if align == Align::Right {
        x += u16::try_from(room.saturating_sub(total)).unwrap_or(0);
    }
    let mut left = room;
    for span in &line.spans {
        let cells = text::width(&span.content);
        let shown = fit(&span.content, left, scene.glyphs.ellipsis);
        let style = Style::new().patch(line.style).patch(span.style);
        let used = put(buf, Position::new(x, area.y), area.right().saturating_sub(x), (&shown, style));
        x += used;
        left = left.saturating_sub(usize::from(used));
        if cells > usize::from(used) || left == 0 {
            break;
        }
    }
}

/// Which columns find room in `width` cells, and where.
fn place<'a, R>(columns: &'a [Column<R>], width: u16, hidden: &std::collections::BTreeSet<&'static str>) -> Vec<Placed<'a, R>> {
    let mut kept: Vec<&Column<R>> = columns.iter().filter(|column| !hidden.contains(column.title)).collect();
    let needed =
        |kept: &[&Column<R>]| kept.iter().map(|column| column.width.least() + GAP).sum::<u16>().saturating_sub(GAP) + GUTTER;
    while needed(&kept) > width && kept.len() > 1 {
        let Some((at, column)) = kept.iter().enumerate().rev().max_by_key(|(at, column)| (column.drop, *at)) else { break };
        if column.drop == 0 {
            break;
        }
        kept.remove(at);
    }
    let growing = u16::try_from(kept.iter().filter(|column| matches!(column.width, Width::Grow(_))).count()).unwrap_or(0);
    let mut spare = width.saturating_sub(needed(&kept));
    let mut x = GUTTER.min(width);
    let mut left = growing;
    let mut placed = Vec::with_capacity(kept.len());
    for column in kept {
        let mut cells = column.width.least();
        if matches!(column.width, Width::Grow(_)) && left > 0 {
            let share = spare / left;
            cells += share;
            spare -= share;
            left -= 1;
        }
        let cells = cells.min(width.saturating_sub(x));
        if cells == 0 {
            break;
        }
        placed.push((column, x, cells));
        x += cells + GAP;
    }
    placed
}

/// The words for the panel's title: how many rows, of how many, sorted how.
pub fn summary(matched: usize, total: usize, here: &ScreenState, own_order: &str) -> String {
    let count = if matched == total { matched.to_string() } else { trf!("{} of {}", matched, total) };
    let mut out = count;
    match &here.sort {
        Some(sort) => out.push_str(&trf!("  sort {} {}", sort.column, tr(if sort.descending { "desc" } else { "asc" }))),
        None if !own_order.is_empty() => out.push_str(&format!("  {}", tr(own_order))),
        None => {}
    }
    if !here.filter.is_empty() {
        out.push_str(&format!("  /{}", here.filter));
    }
    if here.faults_only {
        out.push_str(tr("  ! faults"));
    }
    if !here.marks.is_empty() {
        out.push_str("  ");
        out.push_str(&trf!("{} marked", here.marks.len()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(_: &u8, ink: &Ink<'_>) -> Line<'static> {
        ink.text("x")
    }

    const COLUMNS: [Column<u8>; 3] = [
        Column { title: "NAME", sort: "name", width: Width::Grow(8), align: Align::Left, drop: 0, cell },
        Column { title: "OPTIONAL", sort: "", width: Width::Cells(10), align: Align::Left, drop: 5, cell },
        Column { title: "RATE", sort: "in", width: Width::Cells(6), align: Align::Right, drop: 1, cell },
    ];

    fn titles(width: u16) -> Vec<&'static str> {
        place(&COLUMNS, width, &Default::default()).iter().map(|(column, ..)| column.title).collect()
    }

    #[test]
    fn columns_go_by_importance_and_are_never_squeezed() {
        assert_eq!(titles(40), ["NAME", "OPTIONAL", "RATE"]);
        assert_eq!(titles(20), ["NAME", "RATE"]);
        assert_eq!(titles(12), ["NAME"]);
        assert_eq!(titles(1), Vec::<&str>::new());
    }

    #[test]
    fn a_growing_column_takes_what_is_left() {
        let placed = place(&COLUMNS, 60, &Default::default());
        assert_eq!(placed.iter().map(|(_, x, width)| (*x, *width)).collect::<Vec<_>>(), [(2, 40), (43, 10), (54, 6)]);
    }

    #[test]
    fn sort_columns_come_from_the_table() {
        assert_eq!(sorts::<2, u8>(&COLUMNS), ["name", "in"]);
    }
}
