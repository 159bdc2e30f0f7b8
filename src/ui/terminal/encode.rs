//! From one screen to the next in few bytes: what did not change is not sent, the cursor goes the shortest way, and attributes
//! are changed by one sequence each.
//!
//! The encoder remembers how it left the terminal (attributes, cursor) from frame to frame; whoever writes anything else tells it
//! so ([`Encoder::forget`]). Source: ECMA-48 (CUF, CUB, CUP, ECH, EL, SGR). Start at [`Encoder::frame`].

use super::kind::Kind;
use super::sgr::{PLAIN, Pen, anew, change};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Blanks from which erasing and moving on is shorter than writing them.
const ERASE_FROM: usize = 10;
/// Cells that are repeated rather than jumped over, at most: a jump takes four bytes.
const REPEAT_UP_TO: u16 = 4;
/// Rows that line feeds go down, at most: an absolute move takes six bytes.
const FEEDS_UP_TO: u16 = 4;
/// Attributes that are seen on a blank.
const SEEN_ON_BLANK: Modifier =
    Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT).union(Modifier::SLOW_BLINK);

impl Pen {
    const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a cell looks the same written with this pen.
    fn suits(self, cell: &Cell) -> bool {
        let seen = (self.modifier | cell.modifier) & SEEN_ON_BLANK;
        self == Self::of(cell) || (cell.symbol() == " " && self.bg == cell.bg && seen.is_empty())
    }
}

/// A cell that is to be another.
type Change<'a> = (u16, u16, &'a Cell);

/// The changes in pieces that one pen suits, with that pen.
fn runs<'a, 'c>(changes: &'a [Change<'c>]) -> Vec<(Pen, &'a [Change<'c>])> {
    let mut runs: Vec<(Pen, &[Change<'_>])> = Vec::new();
    let (mut start, mut pen) = (0, None);
    for (at, (_, _, cell)) in changes.iter().enumerate() {
        match pen {
            Some(pen) if Pen::suits(pen, cell) => {}
            before => {
                runs.extend(before.map(|pen| (pen, changes.get(start..at).unwrap_or_default())));
                (start, pen) = (at, Some(Pen::of(cell)));
            }
        }
    }
    runs.extend(pen.map(|pen| (pen, changes.get(start..).unwrap_or_default())));
    runs
}

/// The pieces pen by pen, that of the moment first, then as they appear.
fn by_pen<'a, 'c>(runs: &[(Pen, &'a [Change<'c>])], now: Option<Pen>) -> Vec<&'a [Change<'c>]> {
    let mut order: Vec<Pen> = now.into_iter().collect();
    let mut keyed: Vec<(usize, &[Change<'_>])> = Vec::with_capacity(runs.len());
    for (pen, run) in runs {
        let at = order.iter().position(|known| known == pen).unwrap_or_else(|| {
            order.push(*pen);
            order.len() - 1
        });
        keyed.push((at, run));
    }
    // Stable: within a pen the order of the screen stays.
    keyed.sort_by_key(|(at, _)| *at);
    keyed.into_iter().map(|(_, run)| run).collect()
}

/// What the screen shows, what it is to show.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// What it shows.
    pub from: &'a Buffer,
    /// What it is to show; of the same area.
    pub to: &'a Buffer,
    /// Where the caret was and where it is.
    pub carets: (Option<Position>, Option<Position>),
    /// Whether the screen is cleared first.
    pub clear: bool,
}

/// Turns screens into bytes.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    kind: Kind,
    pen: Option<Pen>,
    at: Option<(u16, u16)>,
    out: String,
}

impl Encoder {
    /// For a terminal of a kind.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, pen: None, at: None, out: String::new() }
    }

    /// Something else wrote: attributes and cursor are not known any more.
    pub const fn forget(&mut self) {
        self.pen = None;
        self.at = None;
    }

    /// The bytes that turn one screen into the other; empty where they look the same.
    pub fn frame(&mut self, step: Step<'_>) -> Vec<u8> {
        let (was, is) = step.carets;
        self.out.clear();
        if step.clear {
            self.forget();
            self.set(PLAIN);
            self.out.push_str("\x1b[2J");
        }
        if was.is_some() {
            self.out.push_str("\x1b[?25l");
        }
        let opening = self.out.len();
        let changes = with_second_halves(step.from.diff(step.to), (step.from, step.to));
        self.changes(&changes, (step.from, step.to));
        if self.out.len() == opening && was == is && !step.clear {
            return Vec::new();
        }
        if let Some(at) = is {
            self.go((at.x, at.y), None);
            self.out.push_str("\x1b[?25h");
        }
        let body = std::mem::take(&mut self.out);
        if self.kind.synchronises() { format!("\x1b[?2026h{body}\x1b[?2026l").into_bytes() } else { body.into_bytes() }
    }

    /// In the order of the screen, or pen by pen: a jump is often shorter than a colour. Where nothing hides the painting
    /// (no synchronised updates) always in order.
    fn changes(&mut self, changes: &[Change<'_>], screens: (&Buffer, &Buffer)) {
        let runs = runs(changes);
        let start = (self.pen, self.at, self.out.len());
        for (_, run) in &runs {
            self.run(run, screens);
        }
        if !self.kind.synchronises() {
            return;
        }
        let in_order = (self.pen, self.at, self.out.split_off(start.2));
        (self.pen, self.at) = (start.0, start.1);
        for run in by_pen(&runs, self.pen) {
            self.run(run, screens);
        }
        if in_order.2.len() <= self.out.len() - start.2 {
            self.out.truncate(start.2);
            self.out.push_str(&in_order.2);
            (self.pen, self.at) = (in_order.0, in_order.1);
        }
    }

    /// Changes that one pen suits.
    fn run(&mut self, changes: &[Change<'_>], (from, to): (&Buffer, &Buffer)) {
        let mut at = 0;
        while let Some((x, y, cell)) = changes.get(at).copied() {
            // Another colour of nothing is nothing. The second half of a wide glyph only looks like nothing: some terminals keep it
            // when the first half is written over.
            if !is_second_half(from, (x, y)) && from.cell((x, y)).is_some_and(|old| is_same_blank(old, cell)) {
                at += 1;
                continue;
            }
            let row = changes.get(at..).unwrap_or_default();
            if let Some(taken) = self.erase(row, to) {
                at += taken;
                continue;
            }
            self.go((x, y), Some(to));
            self.set_for(cell);
            self.write(cell.symbol(), to.area.right());
            at += 1;
        }
    }

    /// Blanks to the end of the row, or many of them: erased. Returns how many changes that was.
    fn erase(&mut self, changes: &[Change<'_>], to: &Buffer) -> Option<usize> {
        let (x, y, first) = changes.first().copied()?;
        if !is_bare(first) {
            return None;
        }
        let in_row = changes.iter().take_while(|(_, row, _)| *row == y).count();
        if in_row > 3 && (x..to.area.right()).all(|x| to.cell((x, y)).is_some_and(is_bare)) {
            self.erase_with((x, y), to);
            self.out.push_str("\x1b[K");
            return Some(in_row);
        }
        let run = changes
            .iter()
            .zip(x..)
            .take_while(|((column, row, cell), expected)| column == expected && *row == y && is_bare(cell))
            .count();
        if run < ERASE_FROM || !self.kind.is_ecma48() {
            return None;
        }
        self.erase_with((x, y), to);
        let _into_memory = write!(self.out, "\x1b[{run}X");
        Some(run)
    }

    /// Erased cells take the background of the pen (or not, terminals differ): the default one is the same everywhere.
    fn erase_with(&mut self, at: (u16, u16), to: &Buffer) {
        self.go(at, Some(to));
        let pen = self.pen.unwrap_or(PLAIN);
        let seen = pen.modifier & SEEN_ON_BLANK;
        if self.pen.is_none() || pen.bg != Color::Reset || !seen.is_empty() {
            self.set(Pen { bg: Color::Reset, modifier: pen.modifier - SEEN_ON_BLANK, ..pen });
        }
    }

    /// Writes a glyph with the pen as it is.
    fn write(&mut self, symbol: &str, right: u16) {
        self.out.push_str(symbol);
        let width = u16::try_from(symbol.width()).unwrap_or(1).max(1);
        // Terminals disagree about the width of clusters, and about where the cursor is after the last column.
        let sure = symbol.chars().nth(1).is_none();
        self.at = self.at.map(|(x, y)| (x + width, y)).filter(|(x, _)| sure && *x < right);
    }

    /// The shortest way to a cell; with the screen at hand, cells between may be written again instead.
    fn go(&mut self, to: (u16, u16), screen: Option<&Buffer>) {
        if self.at == Some(to) {
            return;
        }
        let mut best = absolute(to);
        if let Some(from) = self.at {
            for way in [relative(from, to), from_the_edge(from, to), screen.and_then(|screen| self.repeated(from, to, screen))] {
                if let Some(way) = way.filter(|way| way.len() < best.len()) {
                    best = way;
                }
            }
        }
        self.out.push_str(&best);
        self.at = Some(to);
    }

    /// The cells between in the same row, where the pen suits them and they are plain.
    fn repeated(&self, (x, y): (u16, u16), (to_x, to_y): (u16, u16), screen: &Buffer) -> Option<String> {
        if y != to_y || to_x <= x || to_x - x > REPEAT_UP_TO {
            return None;
        }
        let pen = self.pen?;
        (x..to_x)
            .map(|x| screen.cell((x, y)).filter(|cell| cell.symbol().len() == 1 && pen.suits(cell)).map(Cell::symbol))
            .collect()
    }

    fn set_for(&mut self, cell: &Cell) {
        if self.pen.is_some_and(|pen| pen.suits(cell)) {
            return;
        }
        let wanted = match (cell.symbol(), self.pen) {
            // A blank needs the background only.
            (" ", Some(pen)) if (cell.modifier & SEEN_ON_BLANK).is_empty() => {
                Pen { bg: cell.bg, modifier: pen.modifier - SEEN_ON_BLANK, ..pen }
            }
            _ => Pen::of(cell),
        };
        self.set(wanted);
    }

    fn set(&mut self, wanted: Pen) {
        if self.pen == Some(wanted) {
            return;
        }
        let anew = anew(wanted);
        let change = self.pen.filter(|_| self.kind.is_ecma48()).map(|pen| change(pen, wanted));
        let shortest = match change {
            Some(change) if change.len() < anew.len() => change,
            _ => anew,
        };
        let _into_memory = write!(self.out, "\x1b[{shortest}m");
        self.pen = Some(wanted);
    }
}

/// A blank without background and attributes: what erasing leaves.
fn is_bare(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && (cell.modifier & SEEN_ON_BLANK).is_empty()
}

fn is_same_blank(old: &Cell, new: &Cell) -> bool {
    let seen = (old.modifier | new.modifier) & SEEN_ON_BLANK;
    old.symbol() == " " && new.symbol() == " " && old.bg == new.bg && seen.is_empty()
}

/// The changes, and the second half of each wide glyph whose first half gives way: it looks like the blank that it is to be, but
/// tmux keeps it as a half of nothing when the first half is erased.
fn with_second_halves<'a>(changes: Vec<Change<'a>>, (from, to): (&Buffer, &'a Buffer)) -> Vec<Change<'a>> {
    let mut all = Vec::with_capacity(changes.len());
    let mut changes = changes.into_iter().peekable();
    while let Some((x, y, cell)) = changes.next() {
        all.push((x, y, cell));
        let gives_way = cell.symbol().width() < 2 && from.cell((x, y)).is_some_and(|old| old.symbol().width() == 2);
        let is_told = changes.peek().is_some_and(|(next, row, _)| (*next, *row) == (x + 1, y));
        if let Some(half) = to.cell((x + 1, y)).filter(|_| gives_way && !is_told) {
            all.push((x + 1, y, half));
        }
    }
    all
}

/// Whether a glyph of two cells began in the cell before.
fn is_second_half(screen: &Buffer, (x, y): (u16, u16)) -> bool {
    x.checked_sub(1).and_then(|x| screen.cell((x, y))).is_some_and(|before| before.symbol().width() == 2)
}

fn absolute((x, y): (u16, u16)) -> String {
    match (x, y) {
        (0, 0) => "\x1b[H".to_owned(),
        (0, y) => format!("\x1b[{}H", y + 1),
        (x, y) => format!("\x1b[{};{}H", y + 1, x + 1),
    }
}

/// Along the row from where the cursor stands.
fn sideways(from: u16, to: u16) -> String {
    match (from, to) {
        (from, to) if from == to => String::new(),
        (from, to) if from + 1 == to => "\x1b[C".to_owned(),
        (from, to) if from < to => format!("\x1b[{}C", to - from),
        (from, to) if from - to <= 3 => "\x08".repeat(usize::from(from - to)),
        (from, to) => format!("\x1b[{}D", from - to),
    }
}

/// Down by line feeds, which keep the column in raw mode, then sideways.
fn relative((x, y): (u16, u16), (to_x, to_y): (u16, u16)) -> Option<String> {
    let down = to_y.checked_sub(y).filter(|down| *down <= FEEDS_UP_TO)?;
    Some("\n".repeat(usize::from(down)) + &sideways(x, to_x))
}

/// To the left edge first.
fn from_the_edge((_, y): (u16, u16), to: (u16, u16)) -> Option<String> {
    relative((0, y), to).map(|way| "\r".to_owned() + &way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn frame(from: &Buffer, to: &Buffer) -> String {
        let step = Step { from, to, carets: (None, None), clear: false };
        let mut encoder = Encoder::new(Kind::default());
        encoder.set(PLAIN);
        encoder.out.clear();
        let bytes = String::from_utf8(encoder.frame(step)).unwrap();
        bytes.trim_start_matches("\x1b[?2026h").trim_end_matches("\x1b[?2026l").to_owned()
    }

    fn lines(lines: &[&str]) -> Buffer {
        Buffer::with_lines(lines.iter().copied())
    }

    #[test]
    fn a_frame_that_changes_nothing_is_not_sent() {
        let screen = lines(&["core-1", "up"]);
        assert_eq!(frame(&screen, &screen), "");
        let mut tinted = screen.clone();
        tinted.set_style(tinted.area, Style::new());
        if let Some(cell) = tinted.cell_mut((5, 1)) {
            cell.set_fg(Color::Red);
        }
        assert_eq!(frame(&screen, &tinted), "", "another colour of nothing is nothing");
    }

    #[test]
    fn a_frame_is_synchronised_and_holds_only_what_changed() {
        let (from, to) = (lines(&["core-1", "up    "]), lines(&["core-2", "up    "]));
        let mut encoder = Encoder::new(Kind::default());
        let bytes = encoder.frame(Step { from: &from, to: &to, carets: (None, None), clear: false });
        assert_eq!(String::from_utf8(bytes).unwrap(), "\x1b[?2026h\x1b[1;6H\x1b[m2\x1b[?2026l");
        let mut plain = Encoder::new(Kind::detect(Some("vt100"), None, None));
        let bytes = plain.frame(Step { from: &from, to: &to, carets: (None, None), clear: false });
        assert_eq!(String::from_utf8(bytes).unwrap(), "\x1b[1;6H\x1b[m2");
    }

    #[test]
    fn the_caret_is_the_terminals_own() {
        let screen = lines(&["core-1", "up"]);
        let mut encoder = Encoder::new(Kind::default());
        let step = Step { from: &screen, to: &screen, carets: (None, Some(Position::new(2, 1))), clear: false };
        let text = String::from_utf8(encoder.frame(step)).unwrap();
        assert!(text.contains("\x1b[2;3H\x1b[?25h"), "{text:?}");
    }

    #[test]
    fn the_cursor_goes_the_shortest_way() {
        for (from, to, way) in [
            ((0, 0), (0, 1), "\n"),
            ((7, 3), (0, 4), "\r\n"),
            ((7, 3), (8, 3), "\x1b[C"),
            ((7, 3), (30, 3), "\x1b[23C"),
            ((7, 3), (6, 4), "\n\x08"),
            ((60, 3), (50, 3), "\x1b[10D"),
            ((60, 3), (0, 0), "\x1b[H"),
            ((60, 3), (7, 20), "\x1b[21;8H"),
        ] {
            let mut encoder = Encoder { at: Some(from), ..Encoder::default() };
            encoder.go(to, None);
            assert_eq!(encoder.out, way, "{from:?} {to:?}");
        }
    }

    #[test]
    fn attributes_change_by_one_sequence() {
        let pen = |fg, modifier| Pen { fg, bg: Color::Reset, modifier };
        for (from, to, sequence) in [
            (PLAIN, pen(Color::Red, Modifier::BOLD), "1;31"),
            (pen(Color::Red, Modifier::BOLD), pen(Color::Blue, Modifier::BOLD), "34"),
            (pen(Color::Red, Modifier::BOLD | Modifier::DIM), pen(Color::Red, Modifier::DIM), "22;2"),
            (pen(Color::Rgb(1, 2, 3), Modifier::empty()), PLAIN, "39"),
            (pen(Color::Indexed(7), Modifier::REVERSED), pen(Color::Indexed(8), Modifier::empty()), "27;38;5;8"),
        ] {
            assert_eq!(change(from, to), sequence);
        }
        let mut encoder = Encoder { pen: Some(pen(Color::Red, Modifier::REVERSED)), ..Encoder::default() };
        encoder.set(pen(Color::Red, Modifier::REVERSED));
        assert_eq!(encoder.out, "", "no change is not the empty sequence, which resets");
        assert_eq!((anew(PLAIN).as_str(), anew(pen(Color::Red, Modifier::BOLD)).as_str()), ("", ";1;31"));
    }

    #[test]
    fn blanks_to_the_end_of_a_row_are_erased() {
        let from = lines(&["a long line of text"]);
        assert_eq!(frame(&from, &lines(&["a                  "])), "\x1b[1;3H\x1b[K");
        let middle = frame(&lines(&["a long line of text x"]), &lines(&["a                   x"]));
        assert_eq!(middle, "\x1b[1;3H    \x1b[C    \x1b[C  \x1b[C    ".replace("\x1b[C", " ").as_str());
    }

    #[test]
    fn the_second_half_of_a_wide_glyph_is_written_over_too() {
        let wide = Buffer::with_lines(["\u{d1a0}\u{d3f4}|"]);
        assert_eq!(frame(&wide, &Buffer::with_lines(["x   |"])), "\x1b[Hx   ");
    }
}
