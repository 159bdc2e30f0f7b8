//! One alarm in full: why it stands, what it hides, what is being done about it, how it went before.
//!
//! Rows of pieces, so that the same words stand at the side, under the list, and on a whole screen.

use super::{columns, history};
use crate::model::{CauseStep, Notice, NoticeOutcome, Timestamp, unit};
use crate::state::view::alarm::Hidden;
use crate::state::view::{AlarmRow, AlarmView};
use crate::ui::lang::{sentence, tr, trf, trn};
use crate::ui::pane::{Scene, cells};
use crate::ui::text::{self, figure, percent};
use crate::ui::theme::Tone;
use crate::ui::update;
use ratatui::style::Style;
use std::time::Duration;

/// Words in a style.
pub type Piece = (String, Style);
/// A row of them.
pub type Row = Vec<Piece>;

/// Notices that are shown: the latest.
const MOST_NOTICES: usize = 5;
/// Steps of a chain that are shown; of a longer one its two ends.
const MOST_STEPS: usize = 8;

/// What rows are written on.
pub struct Paper<'a> {
    /// The scene.
    pub scene: &'a Scene<'a>,
    /// Cells of a row.
    pub cells: usize,
}

impl Paper<'_> {
    fn style(&self, tone: Tone) -> Style {
        self.scene.theme.style(tone)
    }

    fn piece(&self, text: impl Into<String>, tone: Tone) -> Piece {
        (text.into(), self.style(tone))
    }

    /// A label and what it says.
    fn known(&self, label: &str, value: impl Into<String>) -> Row {
        vec![self.piece(format!("{label} "), Tone::Dim), self.piece(value, Tone::Text)]
    }

    fn clock(&self, at: Timestamp) -> String {
        let near = self.scene.state.shown_at().since(at).as_secs() < 86_400;
        text::format_time(at, &self.scene.state.zone, if near { "%H:%M:%S" } else { "%m-%d %H:%M" })
    }

    /// All of it, for the side and for a whole screen.
    pub fn full(&self, alarm: &AlarmRow, view: Option<&AlarmView>) -> Vec<Row> {
        let style = if alarm.cleared_at.is_some() { self.style(Tone::Ok) } else { self.scene.theme.severity(alarm.severity) };
        let words = format!("{}  {}", tr(alarm.severity.word()), sentence(&alarm.text));
        let mut rows: Vec<Row> = text::lines(&words, self.cells).into_iter().map(|line| vec![(line, style)]).collect();
        rows.push(self.raised(alarm));
        rows.extend(self.now(view));
        rows.extend(self.because(alarm, view));
        rows.extend(self.hidden(alarm, view));
        rows.push(Vec::new());
        rows.extend(self.handled(alarm));
        rows.extend(self.told(alarm));
        rows.push(self.rule(alarm));
        rows.extend(alarm.runbook.as_ref().map(|book| self.known(tr("runbook"), book.clone())));
        rows.extend(self.flap(alarm));
        rows.push(history::row(self, alarm));
        rows.push(vec![self.piece(tr("o then d i h f l t e: there, at that time"), Tone::Key)]);
        rows
    }

    /// A few rows, two facts in each: where there is width and no height.
    pub fn brief(&self, alarm: &AlarmRow, view: Option<&AlarmView>) -> Vec<Row> {
        let gap = || vec![self.piece("   ", Tone::Dim)];
        let mut first = self.raised(alarm);
        first.extend(gap());
        first.push((sentence(&alarm.text).into_owned(), self.scene.theme.severity(alarm.severity)));
        let mut rows = vec![first];
        if let Some(cause) = &alarm.cause {
            rows.push(self.path(&cause.chain));
        } else if alarm.children > 0 {
            let mut hidden: Row = self.hidden(alarm, view).into_iter().next().unwrap_or_default();
            for kind in view.into_iter().flat_map(|view| &view.hides).take(3) {
                hidden.extend(self.hidden_kind(kind));
            }
            rows.push(hidden);
        } else {
            rows.extend(self.now(view).into_iter().take(1));
        }
        let mut third = self.rule(alarm);
        third.extend(gap());
        third.extend(self.handled(alarm).into_iter().flatten());
        rows.push(third);
        let mut last = history::row(self, alarm);
        if let Some(book) = &alarm.runbook {
            last.extend(gap());
            last.extend(self.known(tr("runbook"), book.clone()));
        }
        rows.push(last);
        rows.extend(self.told(alarm).into_iter().next_back());
        rows
    }

    fn raised(&self, alarm: &AlarmRow) -> Row {
        let now = self.scene.state.shown_at();
        let mut row = self.known(tr("raised"), text::format_time(alarm.raised_at, &self.scene.state.zone, "%m-%d %H:%M:%S"));
        if let Some(cleared) = alarm.cleared_at {
            let stood = unit::age(cleared.since(alarm.raised_at).as_secs());
            row.push(self.piece(format!("  {}", trf!("cleared {} after {}", self.clock(cleared), stood)), Tone::Ok));
        } else {
            row.push(self.piece(format!("  {}", trf!("for {}", text::age(Some(alarm.raised_at), now))), Tone::Dim));
        }
        if alarm.count > 1 {
            row.push(self.piece(format!("  {}", trf!("{} times", alarm.count)), Tone::Minor));
        }
        row
    }

    /// What is measured of its object now, or was then.
    fn now(&self, view: Option<&AlarmView>) -> Vec<Row> {
        let Some(view) = view else { return Vec::new() };
        if let Some(port) = &view.port {
            let (word, tone) = cells::state_of(port);
            let mut row = vec![self.piece(tr(word), tone)];
            let rate = |word: &str, load: Option<f64>, bps: Option<f64>| {
                format!("  {word} {} {}", figure(bps).trim(), percent(load).trim())
            };
            if port.in_bps.is_some() || port.out_bps.is_some() {
                row.push(self.piece(rate(tr("in"), port.in_utilisation, port.in_bps), Tone::In));
                row.push(self.piece(rate(tr("out"), port.out_utilisation, port.out_bps), Tone::Out));
            }
            let errors = cells::sum(port.in_errors_per_second, port.out_errors_per_second).filter(|rate| *rate > 0.0);
            row.extend(errors.map(|rate| self.piece(format!("  {} {}/s", tr("err"), figure(Some(rate)).trim()), Tone::Minor)));
            if let Some(peer) = &port.peer {
                let peer = format!("{peer} {}", port.peer_port.as_deref().unwrap_or_default());
                row.push(self.piece(format!("  {} {}", self.scene.glyphs.arrow, peer.trim_end()), Tone::Dim));
            }
            return vec![row];
        }
        let Some(device) = &view.device else { return Vec::new() };
        let mut row = vec![(tr(device.status.word()).to_owned(), self.scene.theme.status(device.status))];
        if let Some(model) = &device.model {
            row.push(self.piece(format!("  {model}"), Tone::Dim));
        }
        row.extend(device.addresses.first().map(|address| self.piece(format!("  {address}"), Tone::Dim)));
        row.extend(device.sys_location.as_ref().map(|site| self.piece(format!("  {site}"), Tone::Dim)));
        vec![row]
    }

    /// What explains it: by which rule, and the chain from there to here.
    fn because(&self, alarm: &AlarmRow, view: Option<&AlarmView>) -> Vec<Row> {
        let root = view.and_then(|view| view.root.as_ref());
        let Some(id) = &alarm.root else { return Vec::new() };
        let mut head = vec![self.piece(format!("{} ", tr("explained by")), Tone::Dim)];
        head.push(match root {
            Some(root) => (root.object.clone(), self.scene.theme.severity(root.severity)),
            None => self.piece(id.clone(), Tone::Text),
        });
        let Some(cause) = &alarm.cause else { return vec![head] };
        head.push(self.piece(format!("  {}", tr(cause.rule.word())), Tone::Dim));
        let mut rows = vec![Vec::new(), head];
        rows.extend(self.chain(&cause.chain));
        let (words, tone) = match cause.remains {
            true => (tr("it would stand without it as well"), Tone::Minor),
            false => (tr("would clear with it"), Tone::Dim),
        };
        rows.push(vec![self.piece(words, tone)]);
        rows
    }

    /// A chain as a staircase: each step with what is known of it and since when.
    fn chain(&self, chain: &[CauseStep]) -> Vec<Row> {
        let [_, _, inside] = self.scene.glyphs.group;
        let left_out = chain.len().saturating_sub(MOST_STEPS);
        let mut rows = Vec::new();
        for (at, step) in chain.iter().enumerate() {
            let half = MOST_STEPS / 2;
            if left_out > 0 && at == half {
                rows.push(vec![self.piece(format!("  {}", trn!(left_out, "1 more step", "{} more steps")), Tone::Dim)]);
            }
            if left_out > 0 && (half..half + left_out).contains(&at) {
                continue;
            }
            let depth = rows.len();
            let lead = if at == 0 { String::new() } else { format!("{}{inside} ", "  ".repeat(depth.saturating_sub(1))) };
            let tone = if at == 0 || at + 1 == chain.len() { Tone::Strong } else { Tone::Text };
            let mut row = vec![self.piece(lead, Tone::Faint), self.piece(step.object.clone(), tone)];
            row.push(self.piece(format!("  {}", sentence(&step.evidence)), Tone::Dim));
            row.extend(step.since.map(|since| self.piece(format!("  {}", self.clock(since)), Tone::Dim)));
            rows.push(row);
        }
        rows
    }

    /// A chain in one row: `core-1 > dist-2 Te1/0/12 (link down 11:57:52) > acc-b2-07`.
    fn path(&self, chain: &[CauseStep]) -> Row {
        let mut row = vec![self.piece(format!("{} ", tr("path")), Tone::Dim)];
        for (at, step) in chain.iter().enumerate() {
            if at > 0 {
                row.push(self.piece(format!(" {} ", self.scene.glyphs.crumb), Tone::Dim));
            }
            row.push(self.piece(step.object.clone(), Tone::Text));
            let since = step.since.map(|since| format!(" {}", self.clock(since))).unwrap_or_default();
            row.push(self.piece(format!(" ({}{since})", sentence(&step.evidence)), Tone::Dim));
        }
        row
    }

    /// What it hides, and what would remain without it.
    fn hidden(&self, alarm: &AlarmRow, view: Option<&AlarmView>) -> Vec<Row> {
        if alarm.children == 0 {
            return Vec::new();
        }
        let mut rows = vec![];
        let words = trn!(alarm.children, "hides 1 other alarm", "hides {} other alarms");
        let mut head = vec![self.piece(words, Tone::Accent)];
        head.push(self.piece(format!("  {}", if alarm.folded { tr("z shows them") } else { tr("z folds them") }), Tone::Dim));
        rows.push(head);
        let Some(view) = view else { return rows };
        for hidden in view.hides.iter().take(5) {
            rows.push(self.hidden_kind(hidden));
        }
        let more: usize = view.hides.iter().skip(5).map(|hidden| hidden.count).sum();
        if more > 0 {
            rows.push(vec![self.piece(format!("      {}", trn!(more, "and 1 other", "and {} others")), Tone::Dim)]);
        }
        match view.remaining_total {
            0 => rows.push(vec![self.piece(tr("nothing of it would remain without it"), Tone::Dim)]),
            total => {
                rows.push(vec![self.piece(trf!("{} of it would remain without it:", total), Tone::Minor)]);
                for row in view.remaining.iter().take(3) {
                    let words = format!("  {}  {}", row.object, sentence(&row.text));
                    rows.push(vec![self.piece(words, Tone::Text)]);
                }
            }
        }
        rows
    }

    fn hidden_kind(&self, hidden: &Hidden) -> Row {
        let severity = self.scene.theme.severity(hidden.severity);
        let role = hidden.role.map_or_else(String::new, |role| format!("  {}", tr(role.word())));
        vec![
            (format!("{:>5} ", hidden.count), severity),
            self.piece(hidden.rule.clone(), Tone::Text),
            self.piece(role, Tone::Dim),
        ]
    }

    /// Who cares for it, or why nobody has to.
    fn handled(&self, alarm: &AlarmRow) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some((name, until)) = &alarm.work {
            let words = trf!("in maintenance until {}: {}", self.until(*until), name);
            rows.push(vec![self.piece(words, Tone::Maintenance)]);
        }
        if let Some(silence) = &alarm.silenced {
            let words = trf!("silenced by {} until {}", silence.by, self.until(silence.until));
            rows.push(vec![self.piece(words, Tone::Maintenance)]);
        }
        if let Some(ack) = &alarm.acknowledged {
            rows.push(vec![self.piece(trf!("acknowledged by {} at {}", ack.by, self.clock(ack.at)), Tone::Ok)]);
            let note = ack.note.as_ref().map(|note| text::lines(&format!("\u{201c}{note}\u{201d}"), self.cells));
            let quoted =
                if self.scene.glyphs.set == crate::ui::GlyphSet::Unicode { ("\u{201c}", "\u{201d}") } else { ("\"", "\"") };
            let plain = |line: String| line.replace('\u{201c}', quoted.0).replace('\u{201d}', quoted.1);
            rows.extend(note.into_iter().flatten().map(|line| vec![self.piece(plain(line), Tone::Text)]));
        }
        if rows.is_empty() && alarm.cleared_at.is_none() && alarm.root.is_none() {
            let why = update::alarms::hint(self.scene.state).map_or(String::new(), |why| format!("  {why}"));
            rows.push(vec![self.piece(format!("{}{why}", tr("nobody acknowledged it")), Tone::Dim)]);
        }
        rows
    }

    fn until(&self, at: Timestamp) -> String {
        let today = at.since(self.scene.state.shown_at()) < Duration::from_secs(86_400);
        text::format_time(at, &self.scene.state.zone, if today { "%H:%M" } else { "%m-%d %H:%M" })
    }

    /// Who was told, and what became of it.
    fn told(&self, alarm: &AlarmRow) -> Vec<Row> {
        let left_out = alarm.notices.len().saturating_sub(MOST_NOTICES);
        let mut rows: Vec<Row> = alarm.notices.iter().skip(left_out).map(|(at, notice)| self.notice(*at, notice)).collect();
        if left_out > 0 {
            rows.insert(0, vec![self.piece(trn!(left_out, "1 earlier notice", "{} earlier notices"), Tone::Dim)]);
        }
        rows
    }

    fn notice(&self, at: Timestamp, notice: &Notice) -> Row {
        let (word, tone) = match &notice.outcome {
            NoticeOutcome::Sent => (tr("told").to_owned(), Tone::Ok),
            NoticeOutcome::Failed(why, Some(again)) => {
                (trf!("not notified: {}; again {}", sentence(why), self.clock(*again)), Tone::Minor)
            }
            NoticeOutcome::Failed(why, None) => (trf!("not notified: {}", sentence(why)), Tone::Critical),
            NoticeOutcome::Held(until) => (trf!("told at {}", self.clock(*until)), Tone::Dim),
            NoticeOutcome::Uncertain => (tr("perhaps told").to_owned(), Tone::Minor),
        };
        let step = if notice.step > 0 { trf!(" step {}", notice.step + 1) } else { String::new() };
        vec![
            self.piece(format!("{} ", self.clock(at)), Tone::Dim),
            self.piece(format!("{} ", notice.receiver), Tone::Text),
            self.piece(format!("{}{step}  ", tr(notice.kind.word())), Tone::Dim),
            self.piece(word, tone),
        ]
    }

    fn rule(&self, alarm: &AlarmRow) -> Row {
        self.known(tr("rule"), alarm.rule.clone())
    }

    fn flap(&self, alarm: &AlarmRow) -> Option<Row> {
        let flap = alarm.flap.as_ref()?;
        let held = if flap.held { tr(", held until it decays") } else { "" };
        let words = trf!("flaps: penalty {} at {}", flap.penalty, self.clock(flap.at));
        Some(vec![self.piece(format!("{words}{held}"), if flap.held { Tone::Minor } else { Tone::Dim })])
    }

    /// The head of a group in full.
    pub fn head(&self, alarm: &AlarmRow) -> Vec<Row> {
        let Some(head) = &alarm.head else { return Vec::new() };
        let worst = (format!("{}  {}", tr(alarm.severity.word()), alarm.object), self.scene.theme.severity(alarm.severity));
        vec![
            vec![self.piece(columns::title_of(head), Tone::Header)],
            vec![self.piece(columns::count_of(head), Tone::Text)],
            vec![self.piece(format!("{} ", tr("the worst")), Tone::Dim), worst],
            vec![self.piece(if head_is_folded(alarm) { tr("z shows them") } else { tr("z folds them") }, Tone::Key)],
        ]
    }
}

const fn head_is_folded(alarm: &AlarmRow) -> bool {
    alarm.folded
}
