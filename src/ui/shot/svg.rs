//! A screen as an SVG picture (SVG 1.1): one `<text>` for each run of cells of one style, its place and length exact, so that
//! columns stand under each other in any monospace font.

use super::{glyphs, rows};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// A cell's width in tenths of a pixel at 14 px: what common monospace fonts have.
const CELL: f32 = 8.4;
/// A row's height in pixels; box lines of neighbouring rows meet.
const ROW: f32 = 18.0;
/// Space around the screen.
const MARGIN: f32 = 14.0;
/// Height of the window's title bar.
const BAR: f32 = 30.0;
const BACKGROUND: &str = "#11151c";
const FOREGROUND: &str = "#c9d3e3";

/// The xterm colours 0 to 15 as this picture shows them.
const ANSI: [u32; 16] = [
    0x16_1a_22, 0xd9_5a_5a, 0x5f_b0_6f, 0xd0_a5_45, 0x4a_80_c8, 0xa0_78_c8, 0x46_a8_a8, 0xb8_c2_d0, 0x5c_66_78, 0xff_6b_6b,
    0x7f_d0_8f, 0xf0_c6_5a, 0x78_a8_e8, 0xc8_9f_e8, 0x6f_d0_d0, 0xff_ff_ff,
];

/// Neighbouring cells of one style.
struct Run {
    x: u16,
    cells: u16,
    text: String,
    fg: String,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    /// Lines, blocks and braille as one path instead of text.
    shape: Option<String>,
}

/// The whole picture.
pub fn svg(buf: &Buffer, title: &str) -> String {
    let (columns, lines) = (f32::from(buf.area.width), f32::from(buf.area.height));
    let (width, height) = (columns * CELL + 2.0 * MARGIN, lines * ROW + 2.0 * MARGIN + BAR);
    let mut out = String::new();
    let _infallible = writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img" aria-label="{0}">
<title>{0}</title>
<rect width="{width:.0}" height="{height:.0}" rx="10" fill="{BACKGROUND}"/>
<circle cx="20" cy="17" r="5.5" fill="#ff6b6b"/><circle cx="38" cy="17" r="5.5" fill="#f0c65a"/><circle cx="56" cy="17" r="5.5" fill="#6ccb7f"/>
<text x="{1:.1}" y="21" fill="#8b95a7" text-anchor="middle" font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">{0}</text>
<g font-family="'JetBrains Mono', 'Cascadia Mono', 'DejaVu Sans Mono', 'Noto Sans Mono', 'Noto Sans Mono CJK KR', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">"##,
        escape(title),
        width / 2.0
    );
    for (row, y) in rows(buf).zip(0u16..) {
        let runs = runs(&row, y);
        for run in &runs {
            background(&mut out, run, y);
        }
        for run in &runs {
            foreground(&mut out, run, y);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn background(out: &mut String, run: &Run, y: u16) {
    let Some(bg) = &run.bg else { return };
    let (x, y) = (MARGIN + f32::from(run.x) * CELL, BAR + MARGIN + f32::from(y) * ROW);
    let _infallible =
        writeln!(out, r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{ROW}" fill="{bg}"/>"#, f32::from(run.cells) * CELL);
}

fn foreground(out: &mut String, run: &Run, y: u16) {
    if run.text.trim().is_empty() && run.shape.is_none() {
        return;
    }
    let x = MARGIN + f32::from(run.x) * CELL;
    let y = BAR + MARGIN + f32::from(y) * ROW + ROW * 0.74;
    let bold = if run.bold { r#" font-weight="bold""# } else { "" };
    let dim = if run.dim { r#" opacity="0.6""# } else { "" };
    if let Some(d) = &run.shape {
        let _infallible = writeln!(out, r#"<path d="{d}" fill="{}"{dim}/>"#, run.fg);
        return;
    }
    let _infallible = writeln!(
        out,
        r#"<text x="{x:.1}" y="{y:.1}" textLength="{:.1}" lengthAdjust="spacingAndGlyphs" fill="{}"{bold}{dim}>{}</text>"#,
        f32::from(run.cells) * CELL,
        run.fg,
        escape(&run.text)
    );
}

/// Cells joined while their style is the same; blanks at both ends are dropped, and three blanks part a run, so that a font
/// with other widths drifts nowhere.
fn runs(row: &[(&Cell, u16)], y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (cell, x) in row {
        let (fg, bg) = colours(cell);
        let cells = u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        let (bold, dim) = (cell.modifier.contains(Modifier::BOLD), cell.modifier.contains(Modifier::DIM));
        let shape = shape(cell, *x, y);
        match runs.last_mut() {
            Some(run)
                if run.fg == fg
                    && run.bg == bg
                    && run.bold == bold
                    && run.dim == dim
                    && run.shape.is_some() == shape.is_some() =>
            {
                run.text.push_str(cell.symbol());
                run.cells += cells;
                if let (Some(all), Some(one)) = (&mut run.shape, &shape) {
                    all.push_str(one);
                }
            }
            _ => runs.push(Run { x: *x, cells, text: cell.symbol().to_owned(), fg, bg, bold, dim, shape }),
        }
    }
    runs.into_iter().flat_map(split).collect()
}

/// The path of a cell that holds a line, a block or braille.
fn shape(cell: &Cell, x: u16, y: u16) -> Option<String> {
    let c = cell.symbol().chars().next()?;
    let place = glyphs::Cell { x: MARGIN + f32::from(x) * CELL, y: BAR + MARGIN + f32::from(y) * ROW, width: CELL, height: ROW };
    glyphs::path(c, place)
}

/// A run without the blanks at its ends and without long blanks in it; its background stays whole.
fn split(run: Run) -> Vec<Run> {
    let mut out = Vec::new();
    if run.bg.is_some() {
        out.push(Run { text: String::new(), fg: run.fg.clone(), bg: run.bg.clone(), shape: None, ..run });
    }
    if run.shape.is_some() {
        out.push(Run { bg: None, ..run });
        return out;
    }
    let mut x = run.x;
    let piece = |text: &str, x: u16| Run {
        x,
        cells: u16::try_from(text.width()).unwrap_or(0),
        text: text.to_owned(),
        fg: run.fg.clone(),
        bg: None,
        bold: run.bold,
        dim: run.dim,
        shape: None,
    };
    for part in run.text.split("   ") {
        let blanks = part.len() - part.trim_start_matches(' ').len();
        let word = part.trim_matches(' ');
        if !word.is_empty() {
            out.push(piece(word, x + u16::try_from(blanks).unwrap_or(0)));
        }
        x = x.saturating_add(u16::try_from(part.width()).unwrap_or(0)).saturating_add(3);
    }
    out
}

fn colours(cell: &Cell) -> (String, Option<String>) {
    let fg = hex(cell.fg).unwrap_or_else(|| FOREGROUND.to_owned());
    let bg = hex(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        return (bg.unwrap_or_else(|| BACKGROUND.to_owned()), Some(fg));
    }
    (fg, bg)
}

fn hex(colour: Color) -> Option<String> {
    let ansi = |index: usize| ANSI.get(index).copied();
    let rgb = match colour {
        Color::Reset => return None,
        Color::Black => ansi(0),
        Color::Red => ansi(1),
        Color::Green => ansi(2),
        Color::Yellow => ansi(3),
        Color::Blue => ansi(4),
        Color::Magenta => ansi(5),
        Color::Cyan => ansi(6),
        Color::Gray => ansi(7),
        Color::DarkGray => ansi(8),
        Color::LightRed => ansi(9),
        Color::LightGreen => ansi(10),
        Color::LightYellow => ansi(11),
        Color::LightBlue => ansi(12),
        Color::LightMagenta => ansi(13),
        Color::LightCyan => ansi(14),
        Color::White => ansi(15),
        Color::Indexed(index) => Some(indexed(index)),
        Color::Rgb(r, g, b) => Some(u32::from_be_bytes([0, r, g, b])),
    }?;
    Some(format!("#{rgb:06x}"))
}

/// xterm's 256 colours: the sixteen, the cube, the greys.
fn indexed(index: u8) -> u32 {
    let level = |step: u32| if step == 0 { 0 } else { 55 + 40 * step };
    match u32::from(index) {
        i @ 0..16 => usize::try_from(i).ok().and_then(|i| ANSI.get(i)).copied().unwrap_or(0),
        i @ 16..232 => {
            let i = i - 16;
            (level(i / 36) << 16) | (level(i / 6 % 6) << 8) | level(i % 6)
        }
        i => (8 + 10 * (i - 232)) * 0x01_01_01,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn each_run_has_its_exact_place_and_length() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        buf.set_string(0, 0, "a<b", Style::new().fg(Color::Rgb(1, 2, 3)));
        buf.set_string(8, 0, "회", Style::new().bg(Color::Indexed(16)));
        let picture = svg(&buf, "x & y");
        assert!(
            picture.contains(
                r##"<text x="14.0" y="57.3" textLength="25.2" lengthAdjust="spacingAndGlyphs" fill="#010203">a&lt;b</text>"##
            ),
            "{picture}"
        );
        assert!(picture.contains(r##"<rect x="81.2" y="44.0" width="16.8" height="18" fill="#000000"/>"##), "{picture}");
        assert!(picture.contains("x &amp; y"));
    }

    #[test]
    fn the_cube_and_the_greys_are_xterms() {
        assert_eq!(
            [indexed(16), indexed(196), indexed(231), indexed(232), indexed(255)],
            [0, 0xff_00_00, 0xff_ff_ff, 0x08_08_08, 0xee_ee_ee]
        );
    }
}
