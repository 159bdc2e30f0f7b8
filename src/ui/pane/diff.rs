//! What differs between two times: what came, went and changed, a row each.

use super::{Context, Gesture, Listing, Pane, Scene, Target, names_of};
use crate::engine::DiffRow;
use crate::model::Timestamp;
use crate::query::filter::{self, Column as Field, Kind, Row, Value, natural};
use crate::query::{Screen, ViewRequest};
use crate::state::view::{View, ViewBody};
use crate::trf;
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{sentence, tr};
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::update;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The screen.
pub struct Diff;

/// What the screen remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiffState {
    /// From when to when; `None` before anything was asked.
    pub span: Option<(Timestamp, Timestamp)>,
    /// All rows; `None` until they came.
    pub rows: Option<Vec<DiffRow>>,
    /// Which of them are shown, in order.
    pub shown: Vec<usize>,
    /// What is wrong with the filter.
    pub fault: Option<String>,
}

const COLUMNS: [Column<DiffRow>; 5] = [
    Column { title: "CHANGE", sort: "change", width: Width::Cells(9), align: Align::Left, drop: 0, cell: change },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(24), align: Align::Left, drop: 0, cell: object },
    Column { title: "BEFORE", sort: "before", width: Width::Grow(18), align: Align::Left, drop: 3, cell: before },
    Column { title: "AFTER", sort: "after", width: Width::Grow(18), align: Align::Left, drop: 1, cell: after },
    Column { title: "AT", sort: "at", width: Width::Cells(14), align: Align::Left, drop: 2, cell: at },
];

/// The fields that the filter knows.
const FIELDS: &[Field] = &[
    Field { names: &["change"], kind: Kind::Text },
    Field { names: &["object", "name", "device"], kind: Kind::Text },
    Field { names: &["kind"], kind: Kind::Text },
    Field { names: &["before"], kind: Kind::Text },
    Field { names: &["after"], kind: Kind::Text },
    Field { names: &["at"], kind: Kind::Time },
];

impl Row for DiffRow {
    fn value(&self, column: usize) -> Value<'_> {
        match column {
            0 => Value::Text(Cow::Borrowed(&self.change)),
            1 => Value::Text(Cow::Borrowed(&self.object)),
            2 => Value::Text(Cow::Borrowed(kind_of(self))),
            3 => Value::text(self.before.as_deref()),
            4 => Value::text(self.after.as_deref()),
            #[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits")]
            _ => Value::number(self.at.map(|at| at.millis() as f64 / 1000.0)),
        }
    }
}

/// `device`, `interface`, `link`, `neighbour`
fn kind_of(row: &DiffRow) -> &str {
    row.object.split_once(' ').map_or("", |(kind, _)| kind)
}

fn sign(row: &DiffRow) -> (&'static str, Tone) {
    match row.change.as_str() {
        "added" => ("+", Tone::Ok),
        "removed" => ("-", Tone::Critical),
        _ => ("~", Tone::Minor),
    }
}

fn change(row: &DiffRow, ink: &Ink<'_>) -> Line<'static> {
    let (sign, tone) = sign(row);
    let style = ink.theme.style(tone);
    Line::from(vec![Span::styled(sign, style), Span::styled(format!(" {}", tr(&row.change)), style)])
}

fn object(row: &DiffRow, ink: &Ink<'_>) -> Line<'static> {
    let (kind, name) = row.object.split_once(' ').unwrap_or(("", &row.object));
    Line::from(vec![
        Span::styled(format!("{} ", tr(kind)), ink.theme.style(Tone::Dim)),
        Span::styled(name.to_owned(), ink.theme.style(Tone::Strong)),
    ])
}

fn before(row: &DiffRow, ink: &Ink<'_>) -> Line<'static> {
    words(row.before.as_deref(), ink)
}

fn after(row: &DiffRow, ink: &Ink<'_>) -> Line<'static> {
    words(row.after.as_deref(), ink)
}

fn words(text: Option<&str>, ink: &Ink<'_>) -> Line<'static> {
    text.map_or_else(|| ink.tone("-", Tone::Dim), |text| ink.text(sentence(text).into_owned()))
}

fn at(row: &DiffRow, ink: &Ink<'_>) -> Line<'static> {
    let words = row.at.map_or_else(|| "-".to_owned(), |at| text::format_time(at, ink.zone, "%m-%d %H:%M:%S"));
    ink.tone(words, Tone::Dim)
}

/// Chooses and orders the rows anew: they came, or the filter or the order changed.
pub fn choose(state: &mut UiState) {
    let here = state.screens.get(&Screen::Diff).cloned().unwrap_or_default();
    let now = state.time.now;
    let diff = &mut state.diff;
    let rows = diff.rows.as_deref().unwrap_or_default();
    let matcher = filter::matcher(&here.filter, FIELDS, now);
    diff.fault = matcher.as_ref().err().map(ToString::to_string);
    let is_wanted = |row: &&DiffRow| matcher.as_ref().map_or(true, |matcher| matcher.matches(*row));
    let mut shown: Vec<(usize, &DiffRow)> = (0..).zip(rows).filter(|(_, row)| is_wanted(row)).collect();
    if let Some(sort) = &here.sort
        && let Some(column) = Field::find(FIELDS, &sort.column)
    {
        shown.sort_by(|(_, x), (_, y)| {
            let order = compare(&x.value(column), &y.value(column));
            if sort.descending { order.reverse() } else { order }
        });
    }
    diff.shown = shown.into_iter().map(|(at, _)| at).collect();
}

fn compare(x: &Value<'_>, y: &Value<'_>) -> Ordering {
    match (x, y) {
        (Value::Text(x), Value::Text(y)) => natural(x, y),
        (Value::Number(x), Value::Number(y)) => x.total_cmp(y),
        (Value::Unknown, Value::Unknown) => Ordering::Equal,
        (Value::Unknown, _) => Ordering::Greater,
        _ => Ordering::Less,
    }
}

/// The identity of a row.
fn key(row: &DiffRow) -> String {
    format!("{} {} {}", row.change, row.object, row.after.as_deref().unwrap_or_default())
}

impl Diff {
    /// The row under the cursor.
    pub fn selected<'s>(&self, state: &'s UiState) -> Option<&'s DiffRow> {
        let at = state.diff.shown.get(state.here().list().cursor)?;
        state.diff.rows.as_ref()?.get(*at)
    }
}

impl Pane for Diff {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Table]
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        // Its rows are the console's own: what is asked of the engine is the chrome alone.
        ViewRequest { at: state.time.at, ..ViewRequest::new(Screen::Diff, 1) }
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 5] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(FIELDS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, _body: &ViewBody, state: &UiState) -> Option<Listing> {
        let rows = state.diff.rows.as_ref()?;
        let keys = state.diff.shown.iter().filter_map(|at| rows.get(*at)).map(key).collect();
        Some(Listing { offset: 0, matched: state.diff.shown.len(), keys })
    }

    fn target(&self, _body: &ViewBody, state: &UiState) -> Option<Target> {
        let row = self.selected(state)?;
        let say = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let cell = row.object.split_once(' ').map_or(row.object.as_str(), |(_, name)| name).to_owned();
        let line = format!("{} {} {} > {}", row.change, row.object, say(&row.before), say(&row.after));
        Some(Target { cell, row: line, ..Target::default() })
    }

    fn moment(&self, _body: &ViewBody, state: &UiState) -> Option<Timestamp> {
        self.selected(state)?.at
    }

    fn gesture(&self, state: &mut UiState, _view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        if gesture == Gesture::Enter { update::diff::enter(state) } else { Vec::new() }
    }

    fn absorb(&self, state: &mut UiState, _view: &View) -> Vec<Effect> {
        choose(state);
        Vec::new()
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let (here, diff) = (scene.state.here(), &scene.state.diff);
        let own = own_words(scene);
        let all = diff.rows.as_deref().unwrap_or_default();
        let words = format!("{own}{}", summary(diff.shown.len(), all.len(), &here, ""));
        let note = diff.fault.clone().unwrap_or_else(|| counts(all));
        let inner = Panel::new(tr("Diff")).subtitle(&words).note(&note).focus(Focus::Here).draw(scene, area, buf);
        if diff.span.is_none() {
            let lines = [
                tr("What differs between two times: devices, ports, links, neighbours."),
                tr("Type  :diff -1h  (up to the time shown)  or  :diff 11:00 12:00"),
                tr("On Events, d asks for what changed since the event under the cursor."),
            ];
            return notice(buf, inner, &lines, scene.theme.style(Tone::Dim));
        }
        // Only the rows of the window are taken.
        let list = here.list();
        let rows: Vec<DiffRow> =
            diff.shown.iter().skip(list.top).take(usize::from(inner.height)).filter_map(|at| all.get(*at)).cloned().collect();
        let empty = match (&diff.rows, all.is_empty()) {
            (None, _) => tr("the two times are being compared"),
            (Some(_), true) => tr("nothing differs between these two times"),
            (Some(_), false) => EN.nothing_matches,
        };
        let rows = Rows {
            columns: &COLUMNS,
            rows: &rows,
            offset: list.top,
            matched: diff.shown.len(),
            list: Some(list),
            sort: here.sort.as_ref(),
            header: Header::Shown,
            empty: &[empty],
        };
        rows.draw(scene, inner, buf);
        rows.draw_marks(scene, inner, (key, buf));
    }
}

fn own_words(scene: &Scene<'_>) -> String {
    let Some((from, to)) = scene.state.diff.span else { return String::new() };
    let zone = &scene.state.zone;
    let same_day = text::format_time(from, zone, "%j") == text::format_time(to, zone, "%j");
    let form = if same_day { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    let (from, to) = (text::format_time(from, zone, form), text::format_time(to, zone, form));
    format!("{from} {} {to}   ", scene.glyphs.arrow)
}

/// How many of each change.
fn counts(rows: &[DiffRow]) -> String {
    let of = |change: &str| rows.iter().filter(|row| row.change == change).count();
    if rows.is_empty() {
        return String::new();
    }
    trf!("+ {} added  - {} removed  ~ {} changed", of("added"), of("removed"), of("changed"))
}
