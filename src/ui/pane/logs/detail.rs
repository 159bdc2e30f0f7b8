//! One line in full: what it says, whose it is, what a trap carries, and what happened near to it.

use super::mark::Marker;
use super::table::{tone, word};
use crate::model::log::{JoinedBy, TrapDetail};
use crate::model::text::visible;
use crate::model::{LogKind, LogLine, unit};
use crate::state::view::ViewBody;
use crate::state::view::logs::{LogNear, LogRow};
use crate::ui::lang::{sentence, tr, trf, trn};
use crate::ui::pane::Scene;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

/// In which form a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Form {
    Under,
    Side,
    Whole,
}

/// A difference of clocks that is worth a word, milliseconds.
const SKEW_MS: i64 = 5_000;

/// A day, milliseconds.
const DAY_MS: i64 = 86_400_000;

/// One line of the panel, in pieces.
type Row = Vec<Span<'static>>;

/// Draws it.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, row, form): (&mut Buffer, Option<&LogRow>, Form)) {
    let title = row.map_or_else(|| tr("Line").to_owned(), |row| title(&row.line));
    let focus = if form == Form::Whole { Focus::Here } else { Focus::Away };
    let note = if form == Form::Whole { tr("Esc back  Enter device") } else { "" };
    let inner = Panel::new(&title).note(note).focus(focus).draw(scene, area, buf);
    let Some(row) = row else {
        return notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    };
    let cells = usize::from(inner.width.saturating_sub(2));
    let paper = Paper { scene, cells };
    let near = near(scene, row.number);
    let rows = match form {
        Form::Under => paper.brief(row, near),
        Form::Side | Form::Whole => paper.full(row, (near, usize::from(inner.height))),
    };
    for (row, y) in rows.iter().zip(inner.y..inner.bottom()) {
        let pieces: Vec<(&str, Style)> = row.iter().map(|span| (&*span.content, span.style)).collect();
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &pieces);
    }
}

fn title(line: &LogLine) -> String {
    match &line.trap {
        Some(trap) => trf!("trap {}  {}", trap.name, line.who()),
        None => format!("{}  {}", line.who(), line.message_id.as_deref().or(line.app.as_deref()).unwrap_or_default())
            .trim_end()
            .to_owned(),
    }
}

/// What is known to have happened near to the line with this number.
fn near<'a>(scene: &Scene<'a>, number: u64) -> Option<&'a LogNear> {
    match &scene.detail?.body {
        ViewBody::Logs(view) => view.near.as_deref().filter(|near| near.number == number),
        _ => None,
    }
}

/// What rows are written on.
struct Paper<'a> {
    scene: &'a Scene<'a>,
    cells: usize,
}

impl Paper<'_> {
    fn style(&self, tone: Tone) -> Style {
        self.scene.theme.style(tone)
    }

    fn span(&self, text: impl Into<String>, tone: Tone) -> Span<'static> {
        Span::styled(text.into(), self.style(tone))
    }

    /// A label and what it says.
    fn known(&self, label: &str, value: &str) -> Row {
        vec![self.span(format!("{label} "), Tone::Dim), self.span(value.to_owned(), Tone::Text)]
    }

    /// A few rows: the words that found no room in the list, whose line it is, what happened near.
    fn brief(&self, row: &LogRow, near: Option<&LogNear>) -> Vec<Row> {
        let line = &row.line;
        let mut rows: Vec<Row> = match &line.trap {
            Some(trap) => vec![self.trap_head(trap), self.binds_in_one(trap)],
            None => self.words(line).into_iter().take(2).collect(),
        };
        let mut whose = self.head(line);
        whose.push(self.span("  ", Tone::Dim));
        whose.extend(self.whose(line));
        rows.push(whose);
        rows.push(self.near_in_one(near));
        rows
    }

    /// Everything, as far as there is room.
    fn full(&self, row: &LogRow, (near, height): (Option<&LogNear>, usize)) -> Vec<Row> {
        let line = &row.line;
        let mut rows = vec![self.head(line)];
        let mut words = self.words(line);
        // What stands under a very long text is not pushed out by it.
        let most = (height / 2).max(3);
        if words.len() > most {
            let more = words.len() - most;
            words.truncate(most);
            words
                .push(vec![self.span(trn!(more, "1 more row: Y copies the line", "{} more rows: Y copies the line"), Tone::Dim)]);
        }
        rows.extend(words);
        rows.push(Vec::new());
        rows.push(self.whose(line));
        rows.extend(self.times(row));
        if let Some(trap) = &line.trap {
            rows.push(Vec::new());
            rows.push(self.trap_head(trap));
            rows.extend(trap.binds.iter().map(|bind| self.bind(&bind.name, &bind.value)));
            if trap.left_out > 0 {
                rows.push(vec![self.span(trn!(trap.left_out, "1 varbind left out", "{} varbinds left out"), Tone::Minor)]);
            }
        }
        rows.extend(self.faults(line));
        rows.push(Vec::new());
        rows.extend(self.near(line, near));
        rows
    }

    /// Severity, facility, program.
    fn head(&self, line: &LogLine) -> Row {
        let mut row = vec![self.span(word(line.severity), tone(line.severity))];
        if let Some(facility) = line.facility {
            row.push(self.span(format!(" {}", facility.word()), Tone::Dim));
        }
        if let Some(app) = &line.app {
            let process = line.process.as_ref().map(|process| format!("[{}]", visible(process))).unwrap_or_default();
            row.push(self.span(format!("  {}{process}", visible(app)), Tone::Header));
        }
        if let Some(id) = line.message_id.as_deref().filter(|_| line.kind == LogKind::Syslog) {
            row.push(self.span(format!("  {}", visible(id)), Tone::Header));
        }
        row
    }

    /// What it says, wrapped; what the filter matched is marked.
    fn words(&self, line: &LogLine) -> Vec<Row> {
        let raw = self.scene.state.logs.raw && !line.raw.is_empty();
        let text = if raw { String::from_utf8_lossy(&line.raw).trim_end().to_owned() } else { line.text.clone() };
        let marker = Marker::of(&self.scene.state.here().filter);
        let styles = (self.style(Tone::Strong), self.style(Tone::Match));
        wrapped(&visible(&text), self.cells).iter().map(|text| marker.spans(text, styles)).collect()
    }

    /// Whose line it is, and how that is known.
    fn whose(&self, line: &LogLine) -> Row {
        let mut row = match &line.device {
            Some(device) => {
                let port = device.port.as_ref().map(|port| format!(" {port}")).unwrap_or_default();
                vec![self.span(format!("{}{port}", device.name), Tone::Accent)]
            }
            None => vec![self.span(tr("no known device"), Tone::Minor)],
        };
        row.push(self.span(trf!("  from {}", line.source), Tone::Dim));
        let said = line.host.as_deref();
        let other = said.filter(|host| line.device.as_ref().is_none_or(|device| !host.eq_ignore_ascii_case(&device.name)));
        if let Some(host) = other {
            row.push(self.span(trf!(", says it is {}", visible(host)), Tone::Minor));
        }
        if line.device.as_ref().is_some_and(|device| device.by == JoinedBy::Host) {
            row.push(self.span(tr(", passed on"), Tone::Minor));
        }
        row
    }

    /// When it came, what its own clock says, and how often it was said.
    fn times(&self, row: &LogRow) -> Vec<Row> {
        let (line, zone) = (&row.line, &self.scene.state.zone);
        let exact = |at| text::format_time(at, zone, "%Y-%m-%d %H:%M:%S%.3f");
        let mut rows = vec![self.known(tr("received"), &exact(line.received))];
        if let Some(own) = line.own {
            let skew = own.at.0 - line.received.0;
            // The day is said where it is another one.
            let same_day = own.at.0.div_euclid(DAY_MS) == line.received.0.div_euclid(DAY_MS);
            let own_time = if same_day { text::format_time(own.at, zone, "%H:%M:%S%.3f") } else { exact(own.at) };
            let mut own_row = self.known(tr("own time"), &own_time);
            if !own.zoned {
                own_row.push(self.span(tr("  no zone"), Tone::Dim));
            } else if skew.abs() > SKEW_MS {
                let by = unit::age(skew.unsigned_abs() / 1000);
                let words = if skew < 0 { trf!("  {} behind", by) } else { trf!("  {} ahead", by) };
                own_row.push(self.span(words, Tone::Minor));
            }
            rows.push(own_row);
        }
        if row.count > 1 {
            rows.push(vec![self.span(trf!("said {} times since {}", row.count, exact(row.first)), Tone::Minor)]);
        }
        rows
    }

    fn faults(&self, line: &LogLine) -> Vec<Row> {
        let mut rows = Vec::new();
        if line.cut_octets > 0 {
            rows.push(vec![self.span(trn!(line.cut_octets, "1 octet was cut off", "{} octets were cut off"), Tone::Minor)]);
        }
        if line.masked > 0 {
            rows.push(vec![self.span(trn!(line.masked, "1 secret masked", "{} secrets masked"), Tone::Minor)]);
        }
        rows
    }

    fn trap_head(&self, trap: &TrapDetail) -> Row {
        let mut row = vec![self.span(trap.name.clone(), Tone::Header)];
        if let Some(oid) = &trap.oid {
            row.push(self.span(format!("  {oid}"), Tone::Dim));
        }
        row.push(self.span(format!("  {}{}", trap.version, if trap.inform { " inform" } else { "" }), Tone::Dim));
        if let Some(ticks) = trap.uptime_ticks {
            row.push(self.span(trf!("  up {}", unit::age(u64::from(ticks) / 100)), Tone::Dim));
        }
        row
    }

    fn bind(&self, name: &str, value: &str) -> Row {
        vec![self.span(format!("{name} = "), Tone::Dim), self.span(visible(value).into_owned(), Tone::Text)]
    }

    fn binds_in_one(&self, trap: &TrapDetail) -> Row {
        trap.binds
            .iter()
            .flat_map(|bind| self.bind(&bind.name, &bind.value).into_iter().chain([self.span("  ", Tone::Dim)]))
            .collect()
    }

    fn near_in_one(&self, near: Option<&LogNear>) -> Row {
        let Some(near) = near else { return Vec::new() };
        let mut row = vec![self.span(tr("near in time: "), Tone::Dim)];
        if let Some(alarm) = near.alarms.first() {
            let severity = self.scene.glyphs.severity(alarm.severity).trim();
            row.push(Span::styled(format!("{severity} "), self.scene.theme.severity(alarm.severity)));
            row.push(self.span(trf!("{} (o a)  ", sentence(&alarm.text)), Tone::Text));
        }
        if let Some(event) = near.events.first() {
            row.push(self.span(trf!("{} (o e)  ", sentence(&event.text)), Tone::Text));
        }
        row.push(self.span(trn!(near.lines, "1 other line", "{} other lines"), Tone::Dim));
        row
    }

    /// Alarms and events of the same device about that time, and how to get to them.
    fn near(&self, line: &LogLine, near: Option<&LogNear>) -> Vec<Row> {
        if line.device.is_none() {
            return Vec::new();
        }
        let mut rows = vec![vec![self.span(tr("Near in time (2 min), same device"), Tone::Title)]];
        let Some(near) = near else { return rows };
        for alarm in &near.alarms {
            let severity = self.scene.glyphs.severity(alarm.severity);
            rows.push(vec![
                Span::styled(format!("{severity} "), self.scene.theme.severity(alarm.severity)),
                self.span(sentence(&alarm.text).into_owned(), Tone::Text),
            ]);
        }
        for event in &near.events {
            rows.push(vec![
                self.span(format!("{} ", text::clock(event.at, &self.scene.state.zone)), Tone::Dim),
                self.span(sentence(&event.text).into_owned(), Tone::Text),
            ]);
        }
        rows.push(vec![self.span(trn!(near.lines, "1 other line", "{} other lines"), Tone::Dim)]);
        rows.push(vec![self.span(tr("o a alarms  o e events  o d device"), Tone::Key)]);
        rows
    }
}

/// Text in rows of at most `cells`: broken between words where there are any, else within.
fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let (mut rows, mut row, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive(' ') {
        let wide = text::width(word);
        // The blank behind a word needs no room at the edge.
        if used + text::width(word.trim_end_matches(' ')) > cells && used > 0 {
            rows.push(std::mem::take(&mut row).trim_end().to_owned());
            used = 0;
        }
        if wide <= cells + 1 {
            row.push_str(word);
            used += wide;
            continue;
        }
        for letter in word.graphemes(true) {
            let wide = text::width(letter);
            if used + wide > cells && used > 0 {
                rows.push(std::mem::take(&mut row));
                used = 0;
            }
            row.push_str(letter);
            used += wide;
        }
    }
    if !row.trim_end().is_empty() {
        rows.push(row.trim_end().to_owned());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words_and_within_long_ones() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("회의실 이름", 6), ["회의실", "이름"]);
        assert!(wrapped("", 5).is_empty());
        assert_eq!(wrapped("a", 0), ["a"]);
    }
}
