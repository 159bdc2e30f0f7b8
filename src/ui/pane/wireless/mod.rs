//! Wireless: access points with their radios, who is on them, which channels are in use; worst first.
//!
//! Tab goes through the four tables. Under the table stands what is under the cursor in full; at the side of a wide screen which floor uses
//! which channel. Enter on an access point goes to its clients, on a client to its access point, on a channel to its radios, on a network
//! name to its clients; Esc comes back. `u` goes to the switch port, `U` to that switch's port towards the core: so a complaint is followed from
//! the client on.
//! Start at [`Wireless`]; `radios`, `clients` and `channels` have the columns, `detail` and `plan` what stands beside.

mod cells;
mod channels;
mod clients;
mod detail;
mod plan;
mod radios;
mod ssids;
mod way;

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, events, names_of};
use crate::model::wireless::RadioName;
use crate::query::{Screen, Subject, ViewRequest, WirelessPart, WirelessRequest};
use crate::state::view::wireless::rows::{RadioDetail, SsidRow, Uplink};
use crate::state::view::wireless::{CLIENT_COLUMNS, RADIO_COLUMNS, SSID_COLUMNS};
use crate::state::view::{ChannelRow, ClientRow, RadioRow, View, ViewBody, WirelessView};
use crate::trf;
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::state::Room;
use crate::ui::text::{EN, figure};
use crate::ui::update::{navigate, wireless};
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Column, Header, Rows, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
pub struct Wireless;

/// Parts that Tab goes through.
pub const RADIOS: usize = 0;
/// See [`RADIOS`].
pub const CLIENTS: usize = 1;
/// See [`RADIOS`].
pub const CHANNELS: usize = 2;
/// See [`RADIOS`].
pub const SSIDS: usize = 3;

/// Rows of what stands under the table on a narrow screen, borders counted, and of the channels under that.
const DETAIL: u16 = 6;
const BARS: u16 = 5;
/// Rows of what stands under the table on a wide one.
const WIDE_DETAIL: u16 = 15;
/// Rows that a table needs before anything stands under it.
const LEAST_LIST: u16 = 7;
/// Clients that are asked for the detail.
const DETAIL_ROWS: usize = 40;

/// The areas of the screen.
struct Areas {
    summary: Rect,
    list: Rect,
    plan: Rect,
    detail: Rect,
    card: Rect,
    bars: Rect,
}

impl Areas {
    fn of(room: Room, area: Rect) -> Self {
        let none = Rect::new(area.x, area.bottom(), 0, 0);
        if room == Room::Tiny {
            return Self { summary: none, list: area, plan: none, detail: none, card: none, bars: none };
        }
        let summary = Rect { height: (if room == Room::Wide { 2 } else { 1 }).min(area.height), ..area };
        let rest = Rect { y: summary.bottom(), height: area.height - summary.height, ..area };
        let (detail, bars) = match room {
            Room::Wide if rest.height >= LEAST_LIST + WIDE_DETAIL => (WIDE_DETAIL, 0),
            Room::Middle if rest.height >= LEAST_LIST + DETAIL + BARS => (DETAIL, BARS),
            _ if rest.height >= LEAST_LIST + DETAIL => (DETAIL, 0),
            _ => (0, 0),
        };
        let upper = Rect { height: rest.height - detail - bars, ..rest };
        let side = if room == Room::Wide { plan::WIDTH.min(area.width / 2) } else { 0 };
        let lower = Rect { y: upper.bottom(), height: detail, ..rest };
        let left = |area: Rect| Rect { width: area.width - side, ..area };
        let right = |area: Rect| Rect { x: area.right() - side, width: side, ..area };
        Self {
            summary,
            list: left(upper),
            plan: right(upper),
            detail: left(lower),
            card: right(lower),
            bars: Rect { y: lower.bottom(), height: bars, ..rest },
        }
    }
}

fn view_of(body: &ViewBody) -> Option<&WirelessView> {
    match body {
        ViewBody::Wireless(view) => Some(view),
        _ => None,
    }
}

/// The part of the engine's answer that a part of the screen shows.
const fn part_of(focus: usize) -> WirelessPart {
    match focus {
        RADIOS => WirelessPart::Radios,
        CLIENTS => WirelessPart::Clients,
        SSIDS => WirelessPart::Ssids,
        _ => WirelessPart::Channels,
    }
}

fn at<'v, R>(table: &'v crate::state::view::Table<R>, state: &UiState) -> Option<&'v R> {
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

/// What is under the cursor.
enum Under<'v> {
    Radio(&'v RadioRow),
    Client(&'v ClientRow),
    Channel(&'v ChannelRow),
    Ssid(&'v SsidRow),
}

fn under_cursor<'v>(view: &'v WirelessView, state: &UiState) -> Option<Under<'v>> {
    // A view that is still about another part says nothing.
    if view.part != part_of(state.here().focus) {
        return None;
    }
    match view.part {
        WirelessPart::Radios => at(&view.radios, state).map(Under::Radio),
        WirelessPart::Clients => at(&view.clients, state).map(Under::Client),
        WirelessPart::Channels => at(&view.channels, state).map(Under::Channel),
        WirelessPart::Ssids => at(&view.ssids, state).map(Under::Ssid),
        WirelessPart::Detail => None,
    }
}

/// The identity of a radio.
fn key(name: &RadioName) -> String {
    format!("{}/{}/{:?}", name.controller, name.key, name.slot)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The filter that lets one access point through.
pub fn of_ap(name: &str) -> String {
    format!("ap={}", quoted(name))
}

fn of_channel(row: &ChannelRow) -> String {
    format!("band={} channel={}", row.band.word(), row.channel)
}

/// The filter that lets the clients of one network name through.
fn of_ssid(row: &SsidRow) -> String {
    format!("ssid={}", quoted(&row.name))
}

fn sorts_of(focus: usize) -> &'static [&'static str] {
    match focus {
        RADIOS => &radios::SORTS,
        CLIENTS => &clients::SORTS,
        SSIDS => &ssids::SORTS,
        _ => &channels::SORTS,
    }
}

/// Where `o` leads: the switch port, else the controller.
fn place_of(uplink: Option<&Uplink>, controller: (&crate::model::DeviceId, &str)) -> Target {
    let (device, port) = match uplink {
        Some(uplink) => ((uplink.device.clone(), uplink.device_name.clone()), uplink.port.clone()),
        None => ((controller.0.clone(), controller.1.to_owned()), None),
    };
    Target { device: Some(device), port, ..Target::default() }
}

fn target_of(under: &Under<'_>) -> Target {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    match under {
        Under::Radio(row) => {
            let place = place_of(row.uplink.as_ref(), (&row.name.controller, &row.controller_name));
            let band = or_dash(row.band.map(|band| band.word().to_owned()));
            let channel = or_dash(row.channel.map(|channel| channel.to_string()));
            let clients = or_dash(row.clients.map(|clients| clients.to_string()));
            let busy = or_dash(row.utilisation_percent.map(|percent| format!("{percent:.0}%")));
            let row_text = format!("{} {} {band} channel {channel} {busy} clients {clients}", row.ap, row.status.word());
            Target { cell: row.ap.clone(), row: row_text, ..place }
        }
        Under::Client(row) => {
            let place = place_of(row.uplink.as_ref(), (&row.controller, &row.controller_name));
            let ap = or_dash(row.ap.clone());
            let signal = or_dash(row.rssi_dbm.map(|rssi| format!("{rssi} dBm")));
            let rates = format!("in {} out {}", figure(row.in_bps).trim(), figure(row.out_bps).trim());
            let address = or_dash(row.address.map(|address| address.to_string()));
            let row_text = format!("{} {address} {} {ap} {signal} {rates}", row.mac, or_dash(row.user.clone()));
            let flows = row.address.map(|address| format!("host={address}"));
            Target { cell: row.mac.to_string(), row: row_text, flows, ..place }
        }
        Under::Channel(row) => Target {
            cell: format!("{} {}", row.band.word(), row.channel),
            row: format!("{} {} radios {} clients {}", row.band.word(), row.channel, row.radios, row.clients),
            ..Target::default()
        },
        Under::Ssid(row) => Target {
            cell: row.name.clone(),
            row: format!(
                "{} clients {} APs {}",
                row.name,
                or_dash(row.clients.map(|count| count.to_string())),
                row.access_points
            ),
            ..Target::default()
        },
    }
}

/// The port behind which something is, or that of its switch towards the core, as a place to go to.
fn step_of(under: &Under<'_>, gesture: Gesture) -> Option<Place> {
    let uplink = match under {
        Under::Radio(row) => row.uplink.as_ref()?,
        Under::Client(row) => row.uplink.as_ref()?,
        Under::Channel(_) | Under::Ssid(_) => return None,
    };
    let (device, name, port) = match gesture {
        Gesture::Port => (uplink.device.clone(), uplink.device_name.clone(), uplink.port.clone()?),
        Gesture::Uplink => uplink.next.clone()?,
        _ => return None,
    };
    let title = format!("{name} {port}");
    Some(Place { screen: Screen::Interface, subject: Some(Subject::Interface(device, port)), title })
}

impl Pane for Wireless {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Wireless, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        let body = Rect::new(0, 0, state.size.width, state.size.height.saturating_sub(3));
        usize::from(Areas::of(state.room(), body).list.height.saturating_sub(3)).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let mut request = state.request(self.page(state));
        let focus = state.here().focus;
        // Each part has columns of its own.
        request.sort = request.sort.filter(|sort| sorts_of(focus).contains(&sort.column.as_str()));
        request.wireless = WirelessRequest { part: part_of(focus), band: state.wireless.band, radio: None };
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let view = view_of(body).filter(|_| state.room() != Room::Tiny)?;
        let mut request = ViewRequest::new(Screen::Wireless, DETAIL_ROWS);
        (request.at, request.span_secs) = (state.time.at, state.span_secs);
        let part = WirelessPart::Detail;
        match under_cursor(view, state)? {
            Under::Radio(row) => request.wireless = WirelessRequest { part, band: None, radio: Some(row.name.clone()) },
            Under::Client(row) => request.wireless = WirelessRequest { part, band: None, radio: Some(row.radio.clone()?) },
            Under::Channel(row) => request.filter = of_channel(row),
            Under::Ssid(row) => {
                request.filter = of_ssid(row);
                request.wireless.part = WirelessPart::Clients;
            }
        }
        Some(request)
    }

    fn parts(&self) -> usize {
        4
    }

    fn sorts(&self) -> &'static [&'static str] {
        &radios::SORTS
    }

    fn sorts_of(&self, state: &UiState) -> &'static [&'static str] {
        sorts_of(state.here().focus)
    }

    fn columns(&self) -> Vec<&'static str> {
        let mut titles: Vec<&'static str> = radios::COLUMNS.iter().map(|column| column.title).collect();
        let more = clients::COLUMNS.iter().map(|column| column.title).chain(channels::COLUMNS.iter().map(|column| column.title));
        for title in more.chain(ssids::COLUMNS.iter().map(|column| column.title)) {
            if !titles.contains(&title) {
                titles.push(title);
            }
        }
        titles
    }

    fn fields(&self) -> Vec<&'static str> {
        let mut fields = names_of(RADIO_COLUMNS);
        fields.extend(names_of(CLIENT_COLUMNS));
        fields.extend(names_of(SSID_COLUMNS));
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        if view.part != part_of(state.here().focus) {
            return None;
        }
        let (offset, matched, keys) = match view.part {
            WirelessPart::Radios => {
                let table = &view.radios;
                (table.offset, table.matched, table.rows.iter().map(|row| key(&row.name)).collect())
            }
            WirelessPart::Channels => {
                let table = &view.channels;
                (table.offset, table.matched, table.rows.iter().map(of_channel).collect())
            }
            WirelessPart::Ssids => {
                let table = &view.ssids;
                (table.offset, table.matched, table.rows.iter().map(of_ssid).collect())
            }
            WirelessPart::Clients | WirelessPart::Detail => {
                let table = &view.clients;
                (table.offset, table.matched, table.rows.iter().map(|row| row.mac.to_string()).collect())
            }
        };
        Some(Listing { offset, matched, keys })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        under_cursor(view_of(body)?, state).map(|under| target_of(&under))
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        // An access point that is down has no clients: its controller says more.
        match under_cursor(view_of(body)?, state)? {
            Under::Radio(row) if row.name.slot.is_none() => Some(Place {
                screen: Screen::Device,
                subject: Some(Subject::Device(row.name.controller.clone())),
                title: row.controller_name.clone(),
            }),
            _ => None,
        }
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(view) = view.and_then(|view| view_of(&view.body)) else { return Vec::new() };
        if matches!(gesture, Gesture::Port | Gesture::Uplink) {
            let place = under_cursor(view, state).and_then(|under| step_of(&under, gesture));
            return match place {
                Some(place) => navigate(state, place),
                None => {
                    state.complain(EN.nothing_here);
                    Vec::new()
                }
            };
        }
        if gesture != Gesture::Enter {
            return Vec::new();
        }
        let to = match under_cursor(view, state) {
            Some(Under::Radio(row)) => (of_ap(&row.ap), CLIENTS),
            Some(Under::Client(row)) => match &row.ap {
                Some(ap) => (of_ap(ap), RADIOS),
                None => return Vec::new(),
            },
            Some(Under::Channel(row)) => (of_channel(row), RADIOS),
            Some(Under::Ssid(row)) => (of_ssid(row), CLIENTS),
            None => return Vec::new(),
        };
        wireless::drill(state, to)
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Wireless")));
        };
        let areas = Areas::of(scene.state.room(), area);
        detail::summary_line(scene, areas.summary, (buf, &view.summary));
        match view.part {
            WirelessPart::Radios => {
                let (title, own) = (tr("Access points"), tr("worst first"));
                table(scene, areas.list, (buf, &view.radios, (title, own, &radios::COLUMNS[..], view)));
            }
            WirelessPart::Clients | WirelessPart::Detail => {
                let (title, own) = (tr("Clients"), tr("worst signal first"));
                table(scene, areas.list, (buf, &view.clients, (title, own, &clients::COLUMNS[..], view)));
            }
            WirelessPart::Ssids => {
                let (title, own) = (tr("Network names"), tr("most clients first"));
                table(scene, areas.list, (buf, &view.ssids, (title, own, &ssids::COLUMNS[..], view)));
            }
            WirelessPart::Channels => {
                let (title, own) = (tr("Channels"), tr("by band"));
                table(scene, areas.list, (buf, &view.channels, (title, own, &channels::COLUMNS[..], view)));
            }
        }
        plan::grid(scene, areas.plan, (buf, view));
        let Some(under) = under_cursor(view, scene.state) else { return };
        let more = scene.detail.and_then(|view| view_of(&view.body));
        match &under {
            Under::Radio(row) => {
                let known = more.filter(|more| is_about(more, &row.name));
                detail::clients(scene, areas.detail, (buf, row, known));
                detail::card(scene, areas.card, (buf, detail_of(known)));
                plan::bars(scene, areas.bars, (buf, row, detail_of(known)));
            }
            Under::Client(row) => {
                let known = more.filter(|more| row.radio.as_ref().is_some_and(|radio| is_about(more, radio)));
                detail::client(scene, areas.detail, (buf, row, detail_of(known)));
                detail::card(scene, areas.card, (buf, detail_of(known)));
                if let Some(detail) = detail_of(known) {
                    plan::bars(scene, areas.bars, (buf, &detail.row, Some(detail)));
                }
            }
            Under::Ssid(row) => {
                let known = more.filter(|more| more.part == WirelessPart::Clients);
                let wide = Rect { width: area.width, height: areas.detail.height + areas.bars.height, ..areas.detail };
                detail::network_name(scene, wide, (buf, row, known));
            }
            Under::Channel(row) => {
                let known = more.filter(|more| more.part == WirelessPart::Radios);
                let wide = Rect { width: area.width, height: areas.detail.height + areas.bars.height, ..areas.detail };
                detail::channel(scene, wide, (buf, row, known));
            }
        }
    }
}

fn is_about(view: &WirelessView, radio: &RadioName) -> bool {
    detail_of(Some(view)).is_some_and(|detail| detail.row.name == *radio)
}

fn detail_of(view: Option<&WirelessView>) -> Option<&RadioDetail> {
    view.and_then(|view| view.detail.as_deref())
}

/// Title, words for the screen's own order, columns, and the view that the table is of.
type Titled<'a, R> = (&'a str, &'a str, &'static [Column<R>], &'a WirelessView);

fn table<R>(
    scene: &Scene<'_>,
    area: Rect,
    (buf, table, (title, own, columns, view)): (&mut Buffer, &crate::state::view::Table<R>, Titled<'_, R>),
) {
    let here = scene.state.here();
    let mut words = summary(table.matched, table.total, &here, own);
    if let Some(band) = scene.state.wireless.band {
        words = format!("{}  {words}", band.word());
    }
    let note = if view.summary.cut > 0 { tr("clients cut off") } else { "" };
    let inner = Panel::new(title).subtitle(&words).note(note).focus(Focus::Here).draw(scene, area, buf);
    let controllers = view.summary.controllers + view.summary.alone;
    let none: Vec<&str> = match (controllers, table.total, here.faults_only) {
        (0, ..) => NO_CONTROLLER.iter().map(|sentence| tr(sentence)).collect(),
        (_, 0, _) => vec![tr("nobody is here")],
        (_, _, true) => vec![tr(EN.no_faults)],
        (_, _, false) => vec![tr(EN.nothing_matches)],
    };
    let sort = here.sort.as_ref().filter(|sort| sorts_of(here.focus).contains(&sort.column.as_str()));
    Rows {
        columns,
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(here.list()),
        sort,
        header: Header::Shown,
        empty: &none,
    }
    .draw(scene, inner, buf);
}

/// What is said where no controller was read.
const NO_CONTROLLER: [&str; 4] = [
    "No wireless network is known yet.",
    "It is discovered as any device is: type  :discover ADDRESS  and give it an SNMP credential.",
    "Controllers of Cisco, Aruba, Huawei, Fortinet and Ruckus are read, and access points that stand alone.",
    "Access points that speak LLDP are on 2 Topology.",
];

/// A count with its word.
fn counted(count: usize, word: &str) -> String {
    trf!("{} {}", count, word)
}
