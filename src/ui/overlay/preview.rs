//! What a name in the jump list is of, at its side: from the engine's answer about it, else what the name itself says.

use crate::state::view::screens::DeviceView;
use crate::state::view::{EventRow, InterfaceView, Name, NameKind, ViewBody};
use crate::trf;
use crate::ui::lang::{sentence, tr};
use crate::ui::pane::Scene;
use crate::ui::text::{self, fit};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use crate::ui::widget::{put_all, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// How loud the word for a kind is.
pub(super) const fn tone(kind: NameKind) -> Tone {
    match kind {
        NameKind::Device => Tone::Accent,
        NameKind::Port => Tone::In,
        NameKind::Endpoint | NameKind::Host | NameKind::Client => Tone::Out,
        NameKind::Neighbour | NameKind::Ap => Tone::Header,
        NameKind::Alarm => Tone::Major,
        NameKind::Vlan => Tone::Key,
    }
}

/// Cells of the word before a fact.
const WORD: usize = 8;

/// Lines of text with a style each piece.
struct Page<'a> {
    scene: &'a Scene<'a>,
    area: Rect,
    y: u16,
}

impl Page<'_> {
    fn line(&mut self, buf: &mut Buffer, pieces: &[(&str, Style)]) {
        if self.y < self.area.bottom() {
            put_all(buf, Position::new(self.area.x + 1, self.y), self.area.width.saturating_sub(2), pieces);
            self.y += 1;
        }
    }

    fn fact(&mut self, buf: &mut Buffer, (word, value): (&str, Option<String>)) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        let (dim, plain) = (self.scene.theme.style(Tone::Dim), self.scene.theme.style(Tone::Text));
        let blanks = WORD.saturating_sub(text::width(word));
        let word = format!("{word}{:blanks$}  ", "");
        let room = usize::from(self.area.width).saturating_sub(2 + text::width(&word));
        let value = fit(&value, room, self.scene.glyphs.ellipsis);
        self.line(buf, &[(&word, dim), (&value, plain)]);
    }

    fn events(&mut self, buf: &mut Buffer, rows: &[EventRow]) {
        if rows.is_empty() || self.y + 2 > self.area.bottom() {
            return;
        }
        let theme = self.scene.theme;
        self.line(buf, &[("", theme.style(Tone::Dim))]);
        self.line(buf, &[(tr("EVENTS"), theme.style(Tone::Header))]);
        for row in rows {
            let at = format!("{} ", text::format_time(row.at, &self.scene.state.zone, "%m-%d %H:%M"));
            let words = sentence(&row.text);
            self.line(buf, &[(&at, theme.style(Tone::Dim)), (&words, theme.style(Tone::Text))]);
        }
    }
}

/// Draws it.
pub(super) fn draw(scene: &Scene<'_>, area: Rect, (buf, name): (&mut Buffer, Option<&Name>)) {
    let inner = Panel::new(name.map_or("", |name| tr(name.kind.word()))).draw(scene, area, buf);
    let Some(name) = name.filter(|_| !inner.is_empty()) else { return };
    let mut page = Page { scene, area: inner, y: inner.y };
    let strong = scene.theme.style(Tone::Strong);
    for line in text::lines(&name.text, usize::from(inner.width.saturating_sub(2))) {
        page.line(buf, &[(&line, strong)]);
    }
    page.fact(buf, (tr("where"), Some(name.place.clone())));
    match scene.detail.map(|view| &view.body) {
        Some(ViewBody::Device(view)) if is_device(view, name) => device(&mut page, buf, view),
        Some(ViewBody::Interface(view)) if is_port(view, name) => port(&mut page, buf, view),
        _ => {}
    }
    let last = inner.bottom().saturating_sub(1);
    if page.y <= last {
        page.y = last;
        page.line(buf, &[("Enter ", scene.theme.style(Tone::Key)), (leads(name.kind), scene.theme.style(Tone::Dim))]);
    }
}

/// Where Enter leads.
fn leads(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Device => tr("opens the device"),
        NameKind::Port => tr("opens the interface"),
        NameKind::Neighbour | NameKind::Endpoint => tr("opens the port that it hangs on"),
        NameKind::Alarm => tr("opens the alarm"),
        NameKind::Host => tr("shows its flows"),
        NameKind::Vlan => tr("opens the VLAN"),
        NameKind::Ap | NameKind::Client => tr("opens it among the access points"),
    }
}

fn is_device(view: &DeviceView, name: &Name) -> bool {
    view.device.as_ref().map(|row| &row.id) == name.device.as_ref()
}

fn is_port(view: &InterfaceView, name: &Name) -> bool {
    view.row.as_ref().is_some_and(|row| Some(&row.device) == name.device.as_ref() && Some(&row.name) == name.port.as_ref())
}

fn device(page: &mut Page<'_>, buf: &mut Buffer, view: &DeviceView) {
    let Some(row) = &view.device else { return };
    let scene = page.scene;
    let glyph = format!("{} ", scene.glyphs.status(row.status));
    let since = text::age(row.status_since, scene.state.shown_at());
    let status = scene.theme.status(row.status);
    page.line(buf, &[(&glyph, status), (tr(row.status.word()), status), (&format!("  {since}"), scene.theme.style(Tone::Dim))]);
    let what: Vec<&str> = [&row.vendor, &row.model, &row.os_version].into_iter().filter_map(Option::as_deref).collect();
    page.fact(buf, (tr("what"), Some(what.join(" "))));
    page.fact(buf, (tr("address"), row.addresses.first().map(ToString::to_string)));
    page.fact(buf, (tr("location"), row.sys_location.clone()));
    page.fact(buf, (tr("ports"), Some(trf!("{} of {} up", row.interfaces_up, row.interfaces))));
    let percent = |value: Option<f64>| value.map(|value| format!("{value:.0}%"));
    page.fact(buf, ("CPU", percent(row.cpu_percent)));
    for alarm in &view.alarms {
        let words = sentence(&alarm.text);
        let sign = format!("{} ", scene.glyphs.severity(alarm.severity));
        page.line(buf, &[(&sign, scene.theme.severity(alarm.severity)), (&words, scene.theme.style(Tone::Text))]);
    }
    page.events(buf, &view.recent);
}

fn port(page: &mut Page<'_>, buf: &mut Buffer, view: &InterfaceView) {
    let Some(row) = &view.row else { return };
    let scene = page.scene;
    let status = row.oper_status.map_or("-", |status| status.word());
    page.fact(buf, (tr("state"), Some(format!("{status}  {}", text::speed(row.speed_bps)))));
    page.fact(buf, (tr("alias"), row.if_alias.clone()));
    let peer = row.peer.as_ref().map(|peer| format!("{peer} {}", row.peer_port.as_deref().unwrap_or_default()));
    page.fact(buf, (tr("peer"), peer));
    page.fact(buf, ("VLAN", row.pvid.map(|pvid| pvid.to_string())));
    let sides = [(0, Tone::In, row.in_bps, &view.in_bps), (1, Tone::Out, row.out_bps, &view.out_bps)];
    for (side, tone, now, bands) in sides {
        #[allow(clippy::cast_possible_truncation, reason = "a picture needs no more")]
        let values: Vec<Option<f32>> = bands.iter().map(|band| band.value.map(|value| value as f32)).collect();
        let figure = format!("{:<4}{} ", scene.glyphs.in_out.get(side).copied().unwrap_or_default(), text::figure(now));
        let cells = page.area.width.saturating_sub(14);
        let curve = if values.is_empty() { String::new() } else { spark::row(&values, cells, spark::top(&values), scene.glyphs) };
        let style = scene.theme.style(tone);
        page.line(buf, &[(&figure, style), (&curve, style)]);
    }
    page.events(buf, &view.recent);
}
