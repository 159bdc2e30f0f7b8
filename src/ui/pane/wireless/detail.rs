//! What stands about the tables: the counts above them; under them what is under the cursor, in full.

use super::{cells, clients, counted, radios, way};
use crate::model::{ApStatus, DeviceStatus};
use crate::query::WirelessPart;
use crate::state::view::wireless::rows::{RadioDetail, SsidRow, WirelessSummary};
use crate::state::view::{ChannelRow, ClientRow, RadioRow, WirelessView};
use crate::trf;
use crate::ui::lang::tr;
use crate::ui::pane::Scene;
use crate::ui::text::{self, EN, figure};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Ink, Rows, ink};
use crate::ui::widget::{notice, put, put_all, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Cells of a label in a card.
const LABEL: u16 = 11;
/// Columns from which on the counts have a gauge.
const GAUGED: u16 = 100;
/// Network names in one line.
const SSIDS: usize = 6;

type Piece = (String, Style);

fn put_pieces(buf: &mut Buffer, at: Position, width: u16, pieces: &[Piece]) -> u16 {
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
    put_all(buf, at, width, &pieces)
}

/// Access points, clients by band, how full the channels are; on a wide screen the network names under it.
pub fn summary_line(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &WirelessSummary)) {
    if area.is_empty() || view.controllers + view.alone == 0 {
        return;
    }
    let [dim, text, strong] = [Tone::Dim, Tone::Text, Tone::Strong].map(|tone| scene.theme.style(tone));
    let mut pieces: Vec<Piece> =
        vec![("AP ".to_owned(), dim), (format!("{}/{}", view.access_points_up, view.access_points), strong)];
    if view.access_points_down > 0 {
        let down = format!("  {} {}", scene.glyphs.status(DeviceStatus::Down), counted(view.access_points_down, tr("down")));
        pieces.push((down, scene.theme.style(Tone::Critical)));
    }
    pieces.push((format!("  {} ", tr("clients")), dim));
    pieces.push((view.clients.to_string(), strong));
    if view.alone > 0 {
        pieces.push((format!("  {} ", tr("alone")), dim));
        pieces.push((view.alone.to_string(), text));
    }
    for (band, clients) in crate::model::WifiBand::ALL.iter().zip(view.clients_by_band) {
        // Few networks have any at 60 GHz.
        if *band == crate::model::WifiBand::Ghz60 && clients == 0 {
            continue;
        }
        pieces.push((format!("  {} ", band.word()), dim));
        pieces.push((clients.to_string(), text));
    }
    if let Some(busy) = view.utilisation_p95 {
        pieces.push((format!("  {} ", tr("busy p95")), dim));
        if area.width >= GAUGED {
            let bar = bar(Some(busy / 100.0), 8, scene.theme, scene.glyphs);
            pieces.extend(bar.into_iter().map(|span| (span.content.into_owned(), span.style)));
            pieces.push((" ".to_owned(), dim));
        }
        pieces.push((format!("{busy:.0}%"), scene.theme.utilisation(Some(busy / 100.0))));
    }
    if view.stale > 0 {
        let age = text::age(view.sampled_at, scene.state.shown_at());
        pieces.push((format!("  ~{age}"), dim));
    }
    let width = area.width.saturating_sub(2);
    put_pieces(buf, Position::new(area.x + 1, area.y), width, &pieces);
    if area.height > 1 {
        let mut pieces: Vec<Piece> = vec![("SSID ".to_owned(), dim)];
        for (name, clients) in view.ssids.iter().take(SSIDS) {
            pieces.push((format!("{name} "), text));
            pieces.push((format!("{clients}   "), dim));
        }
        put_pieces(buf, Position::new(area.x + 1, area.y + 1), width, &pieces);
    }
}

/// The clients of the radio under the cursor, those that are heard worst first.
pub fn clients(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &RadioRow, Option<&WirelessView>)) {
    if area.height < 3 {
        return;
    }
    let band = row.band.map_or("", |band| band.word());
    let words = match row.clients {
        Some(clients) => trf!("clients {} on {}, worst signal first", clients, band),
        None => String::new(),
    };
    let inner = Panel::new(&row.ap).subtitle(&words).focus(Focus::Away).draw(scene, area, buf);
    if row.status == ApStatus::Down {
        let since = row.since.map_or_else(|| "-".to_owned(), |since| text::age(Some(since), scene.state.shown_at()));
        let lost = if row.alone {
            trf!("down for {}: it does not answer", since)
        } else {
            trf!("down for {}: {} has lost it", since, row.controller_name)
        };
        let place = uplink_words(row);
        notice(buf, inner, &[&lost, &place], scene.theme.style(Tone::Dim));
        return;
    }
    let Some(view) = view else { return };
    Rows {
        columns: &clients::OF_RADIO,
        rows: &view.clients.rows,
        offset: 0,
        matched: view.clients.rows.len(),
        list: None,
        sort: None,
        header: Header::Shown,
        empty: &[if row.clients.is_some_and(|count| count > 0) {
            tr("its agent tells nobody one by one")
        } else if row.clients.is_none() {
            tr("who is on it is not told")
        } else {
            tr("nobody is on it")
        }],
    }
    .draw(scene, inner, buf);
}

fn uplink_words(row: &RadioRow) -> String {
    match &row.uplink {
        None => tr("where it is plugged in is not known").to_owned(),
        Some(uplink) => {
            let port = uplink.port.as_deref().unwrap_or("-");
            trf!("plugged into {} {}, seen by {}", uplink.device_name, port, uplink.by)
        }
    }
}

/// A line of a card: a label, and what stands behind it.
struct Card<'a, 'b> {
    scene: &'a Scene<'a>,
    buf: &'b mut Buffer,
    area: Rect,
    y: u16,
}

impl Card<'_, '_> {
    fn line(&mut self, label: &str, pieces: &[Piece]) {
        if self.y >= self.area.bottom() {
            return;
        }
        let style = self.scene.theme.style(Tone::Header);
        put(self.buf, Position::new(self.area.x + 1, self.y), LABEL, (label, style));
        let width = self.area.width.saturating_sub(LABEL + 2);
        put_pieces(self.buf, Position::new(self.area.x + 1 + LABEL, self.y), width, pieces);
        self.y += 1;
    }

    fn style(&self, tone: Tone) -> Style {
        self.scene.theme.style(tone)
    }

    fn words(&mut self, label: &str, words: Option<String>) {
        let known = words.filter(|words| !words.is_empty());
        let tone = if known.is_some() { Tone::Text } else { Tone::Dim };
        let piece = (known.unwrap_or_else(|| "-".to_owned()), self.style(tone));
        self.line(label, &[piece]);
    }

    fn curve(&mut self, label: &str, (values, top, last): (&[Option<f32>], f32, String)) {
        if values.is_empty() || self.scene.state.slow {
            return;
        }
        let cells = self.area.width.saturating_sub(LABEL + 9);
        let curve = spark::row(values, cells, top.max(1.0), self.scene.glyphs);
        let pieces = [(curve, self.style(Tone::In)), (format!(" {last}"), self.style(Tone::Text))];
        self.line(label, &pieces);
    }
}

/// An access point in full, at the side of a wide screen.
pub fn card(scene: &Scene<'_>, area: Rect, (buf, detail): (&mut Buffer, Option<&RadioDetail>)) {
    if area.height < 3 || area.width < LABEL + 8 {
        return;
    }
    let Some(detail) = detail else {
        let inner = Panel::new("").focus(Focus::Away).draw(scene, area, buf);
        return notice(buf, inner, &[tr(EN.waiting)], scene.theme.style(Tone::Dim));
    };
    let row = &detail.row;
    let title = format!("{} {}", row.ap, row.site.as_deref().unwrap_or(""));
    let inner = Panel::new(title.trim()).note(tr(row.status.word())).focus(Focus::Away).draw(scene, area, buf);
    let mut card = Card { scene, buf, area: inner, y: inner.y };
    chain(&mut card, detail);
    let controller = if row.alone { tr("none, alone").to_owned() } else { row.controller_name.clone() };
    card.words(tr("controller"), Some(format!("{controller}  {}", age_words(row, scene))));
    let model = [row.model.as_deref(), detail.serial.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("  ");
    let address = row.address.map(|address| address.to_string()).or_else(|| row.mac.map(|mac| mac.to_string()));
    card.words(
        tr("model"),
        Some([Some(model), address].into_iter().flatten().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("  ")),
    );
    for radio in &detail.radios {
        radio_line(&mut card, radio);
    }
    let busy = row.utilisation_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.0}%"));
    card.curve(tr("busy 1h"), (&detail.utilisation_spark, 100.0, busy));
    let on = row.clients.map_or_else(|| "-".to_owned(), |clients| clients.to_string());
    card.curve(tr("clients 1h"), (&detail.clients_spark, spark::top(&detail.clients_spark), on));
    let ssids: Vec<String> = detail.ssids.iter().take(SSIDS).map(|(name, clients)| format!("{name} {clients}")).collect();
    card.words("SSID", Some(ssids.join("  ")));
    if !detail.co_channel.is_empty() {
        card.words(tr("co-channel"), Some(neighbours(detail)));
    }
    let unknown = unknown(row);
    if row.status == ApStatus::Up && !unknown.is_empty() {
        card.words(tr("not told"), Some(unknown.join(", ")));
    }
}

/// What its agent leaves out.
fn unknown(row: &RadioRow) -> Vec<&'static str> {
    if row.name.slot.is_none() {
        return vec![tr("radios")];
    }
    let told = [
        (row.channel.is_some(), "channel"),
        (row.utilisation_percent.is_some(), "utilisation"),
        (row.noise_dbm.is_some(), "noise"),
        (row.clients.is_some(), "clients"),
        (row.tx_power_dbm.is_some(), "power"),
    ];
    told.into_iter().filter(|(known, _)| !known).map(|(_, word)| tr(word)).collect()
}

/// Who else of the floor is on its channel, by name.
fn neighbours(detail: &RadioDetail) -> String {
    let one = |other: &crate::state::view::wireless::rows::CoChannel| {
        let busy = other.utilisation_percent.map(|percent| format!(" {percent:.0}%")).unwrap_or_default();
        format!("{}{busy}", other.ap)
    };
    detail.co_channel.iter().map(one).collect::<Vec<_>>().join("  ")
}

/// Where it is plugged in, what it is fed with, and the way towards the core.
fn chain(card: &mut Card<'_, '_>, detail: &RadioDetail) {
    let scene = card.scene;
    let Some(first) = detail.chain.first() else {
        return card.words(tr("switch"), None);
    };
    let by = detail.row.uplink.as_ref().map(|uplink| format!(" {}", uplink.by)).unwrap_or_default();
    let mut pieces = way::port(scene, first);
    pieces.push((by, card.style(Tone::Dim)));
    card.line(tr("switch"), &pieces);
    if let Some(poe) = &first.poe {
        card.line("PoE", &way::power(scene, poe));
    }
    for (at, step) in detail.chain.iter().enumerate().skip(1) {
        let mut pieces = way::port(scene, step);
        pieces.extend(step.peer.as_ref().map(|peer| (format!(" > {peer}"), card.style(Tone::Dim))));
        card.line(if at == 1 { tr("uplink") } else { "" }, &pieces);
    }
}

/// Who is on a network name, those that are heard worst first.
pub fn network_name(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &SsidRow, Option<&WirelessView>)) {
    if area.height < 3 {
        return;
    }
    let count = row.clients.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let words = trf!("clients {}, worst signal first", count);
    let inner = Panel::new(&row.name).subtitle(&words).focus(Focus::Away).draw(scene, area, buf);
    let Some(view) = view else { return };
    let own = view.clients.rows.iter().filter(|client| client.ssid.as_deref().unwrap_or("-") == row.name).cloned();
    let rows: Vec<ClientRow> = own.take(usize::from(inner.height)).collect();
    let none =
        if row.clients.is_some_and(|count| count > 0) { tr("its agent tells nobody one by one") } else { tr("nobody is on it") };
    Rows {
        columns: &clients::COLUMNS,
        rows: &rows,
        offset: 0,
        matched: rows.len(),
        list: None,
        sort: None,
        header: Header::Shown,
        empty: &[none],
    }
    .draw(scene, inner, buf);
}

fn age_words(row: &RadioRow, scene: &Scene<'_>) -> String {
    match (row.status, row.since) {
        (ApStatus::Up, Some(since)) => trf!("up for {}", text::age(Some(since), scene.state.shown_at())),
        (ApStatus::Down, Some(since)) => trf!("down for {}", text::age(Some(since), scene.state.shown_at())),
        _ => String::new(),
    }
}

/// A radio in a line: band, channel, how busy, who.
fn radio_line(card: &mut Card<'_, '_>, radio: &RadioRow) {
    let Some(band) = radio.band else { return };
    let fraction = radio.utilisation_percent.map(|percent| percent / 100.0);
    let channel = radio.channel.map_or_else(|| "-".to_owned(), |channel| channel.to_string());
    let width = radio.width_mhz.map(|width| format!("/{width}")).unwrap_or_default();
    let mut pieces = vec![(format!("{:<8}", format!("{channel}{width}")), card.style(Tone::Text))];
    let bars = bar(fraction, 8, card.scene.theme, card.scene.glyphs);
    pieces.extend(bars.into_iter().map(|span| (span.content.into_owned(), span.style)));
    let busy = radio.utilisation_percent.map_or_else(|| "   -".to_owned(), |percent| format!("{percent:>3.0}%"));
    pieces.push((busy, card.scene.theme.utilisation(fraction)));
    let clients = radio.clients.map_or_else(|| "-".to_owned(), |clients| clients.to_string());
    pieces.push((format!(" {clients:>3}"), card.style(Tone::Text)));
    pieces.push((format!(" {}", tr("cl")), card.style(Tone::Dim)));
    card.line(band.word(), &pieces);
}

/// A client in full.
pub fn client(scene: &Scene<'_>, area: Rect, (buf, row, detail): (&mut Buffer, &ClientRow, Option<&RadioDetail>)) {
    if area.height < 3 {
        return;
    }
    let name = row.user.clone().or_else(|| row.name.clone()).unwrap_or_else(|| row.mac.to_string());
    let words = format!("{}  {}", row.mac, row.address.map(|address| address.to_string()).unwrap_or_default());
    let inner = Panel::new(&name).subtitle(&words).focus(Focus::Away).draw(scene, area, buf);
    let pen = ink(scene, 8);
    let mut card = Card { scene, buf, area: inner, y: inner.y };
    card.line(tr("signal"), &signal(row, &pen, scene));
    card.line(tr("on"), &[(way(row), scene.theme.style(Tone::Text))]);
    card.line(tr("way"), &steps(row, detail, scene));
    let rates = [
        (format!("{} {}", scene.glyphs.in_out[0], figure(row.in_bps).trim()), scene.theme.style(Tone::In)),
        (format!("  {} {}", scene.glyphs.in_out[1], figure(row.out_bps).trim()), scene.theme.style(Tone::Out)),
        (format!("   SSID {}", row.ssid.as_deref().unwrap_or("-")), scene.theme.style(Tone::Text)),
    ];
    card.line(tr("traffic"), &rates);
    let stay = row.since.map(|since| trf!("{} on this access point", text::age(Some(since), scene.state.shown_at())));
    card.words(tr("since"), stay);
    card.words(tr("device"), row.name.clone());
}

fn signal(row: &ClientRow, pen: &Ink<'_>, scene: &Scene<'_>) -> Vec<Piece> {
    let dim = scene.theme.style(Tone::Dim);
    let spans = cells::rssi(row.rssi_dbm, row.snr_db, pen).spans;
    let mut pieces: Vec<Piece> = spans.into_iter().map(|span| (span.content.into_owned(), span.style)).collect();
    pieces.push((" dBm  SNR ".to_owned(), dim));
    pieces
        .push((row.snr_db.map_or_else(|| "-".to_owned(), |snr| snr.to_string()), scene.theme.style(cells::quality(row.snr_db))));
    pieces.push((" dB  ".to_owned(), dim));
    pieces.push((row.phy.map_or("-", |phy| phy.word()).to_owned(), scene.theme.style(Tone::Text)));
    pieces.push((row.rate_mbps.map_or_else(String::new, |rate| format!(" {rate} Mbit/s")), scene.theme.style(Tone::Text)));
    if let Some(retry) = row.retry_percent {
        pieces.push((format!("  {} {retry:.0}%", tr("retry")), dim));
    }
    pieces
}

/// From its access point over the switch port towards the core.
fn steps(row: &ClientRow, detail: Option<&RadioDetail>, scene: &Scene<'_>) -> Vec<Piece> {
    let plain = scene.theme.style(Tone::Text);
    let mut pieces = vec![(row.ap.clone().unwrap_or_else(|| "-".to_owned()), plain)];
    if let Some(detail) = detail {
        let busy = detail.row.utilisation_percent.map(|percent| percent / 100.0);
        pieces.extend(busy.map(|busy| (format!(" {:.0}%", busy * 100.0), scene.theme.utilisation(Some(busy)))));
        pieces.extend(way::line(scene, &detail.chain));
        if detail.chain.is_empty() {
            pieces.push((format!("  {}", tr("where it is plugged in is not known")), scene.theme.style(Tone::Dim)));
        }
    }
    pieces
}

/// Where a client is: access point, channel.
fn way(row: &ClientRow) -> String {
    let mut words = vec![row.ap.clone().unwrap_or_else(|| "-".to_owned())];
    words.extend(row.site.clone());
    words.extend(row.band.map(|band| band.word().to_owned()));
    words.extend(row.channel.map(|channel| trf!("channel {}", channel)));
    words.join("  ")
}

/// The radios on the channel under the cursor.
pub fn channel(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &ChannelRow, Option<&WirelessView>)) {
    if area.height < 3 {
        return;
    }
    let title = format!("{} {}", row.band.word(), row.channel);
    let words = trf!("radios {}, clients {}", row.radios, row.clients);
    let inner = Panel::new(&title).subtitle(&words).focus(Focus::Away).draw(scene, area, buf);
    let is_it = |radio: &RadioRow| radio.band == Some(row.band) && radio.channel == Some(row.channel);
    let Some(view) = view.filter(|view| view.part == WirelessPart::Radios && view.radios.rows.iter().all(is_it)) else { return };
    Rows {
        columns: &radios::COLUMNS,
        rows: &view.radios.rows,
        offset: 0,
        matched: view.radios.rows.len(),
        list: None,
        sort: None,
        header: Header::Shown,
        empty: &[],
    }
    .draw(scene, inner, buf);
}
