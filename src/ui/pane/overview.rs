//! Overview: counts, traffic to the world, what is wrong, what is busy, what changed. One look says whether all is well.

mod parts;

use super::flows::{self, words};
use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, alarms, events};
use crate::model::flow::TopKey;
use crate::query::{Screen, Subject};
use crate::state::view::{FlowRow, LinkRow, OverviewView, View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::state::Room;
use crate::ui::text::EN;
use crate::ui::theme::Tone;
use crate::ui::update;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
pub struct Overview;

/// Parts that Tab goes through.
const ALARMS: usize = 0;
const BUSIEST: usize = 1;
const RECENT: usize = 2;
const TALKERS: usize = 3;

fn view_of(body: &ViewBody) -> Option<&OverviewView> {
    let ViewBody::Overview(view) = body else { return None };
    Some(view)
}

/// What the talkers are of.
const PAIR: [TopKey; 2] = [TopKey::Src, TopKey::Dst];

fn talker_of(row: &FlowRow) -> Target {
    let label = words::label(&PAIR, (&row.top.keys, &row.top.names), ">");
    Target {
        device: row.top.device.clone().map(|device| (device, row.top.names.iter().flatten().next().cloned().unwrap_or_default())),
        port: None,
        row: format!("{label} {} octets", row.top.sum.octets),
        cell: label,
        flows: Some(words::drilled("", (&PAIR, &row.top.keys))),
    }
}

fn link_key(row: &LinkRow) -> String {
    format!("{}/{}-{}/{}", row.a_device, row.a_port.as_deref().unwrap_or("-"), row.b_device, row.b_port.as_deref().unwrap_or("-"))
}

fn link_place(row: &LinkRow) -> Place {
    match &row.a_port {
        Some(port) => Place {
            screen: Screen::Interface,
            subject: Some(Subject::Interface(row.a_device.clone(), port.clone())),
            title: format!("{} {port}", row.a_name),
        },
        None => Place { screen: Screen::Device, subject: Some(Subject::Device(row.a_device.clone())), title: row.a_name.clone() },
    }
}

const fn devices(view: &OverviewView) -> usize {
    view.devices_up + view.devices_down + view.devices_unreachable + view.devices_unknown + view.devices_maintenance
}

impl Pane for Overview {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List]
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(state.size.height / 3).max(3)
    }

    fn parts(&self) -> usize {
        4
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        Some(match state.here().focus {
            ALARMS => {
                let table = &view.alarms;
                Listing {
                    offset: table.offset,
                    matched: table.rows.len(),
                    keys: table.rows.iter().map(|alarm| alarm.id.clone()).collect(),
                }
            }
            BUSIEST => Listing { offset: 0, matched: view.busiest.len(), keys: view.busiest.iter().map(link_key).collect() },
            TALKERS => Listing { offset: 0, matched: view.talkers.len(), keys: view.talkers.iter().map(flows::key).collect() },
            _ => Listing { offset: 0, matched: view.recent.len(), keys: view.recent.iter().map(events::key).collect() },
        })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let view = view_of(body)?;
        let here = state.here();
        let at = here.list().cursor;
        match here.focus {
            ALARMS => view.alarms.rows.get(at).map(alarms::target_of),
            BUSIEST => view.busiest.get(at).map(|row| Target {
                device: Some((row.a_device.clone(), row.a_name.clone())),
                port: row.a_port.clone(),
                cell: row.a_name.clone(),
                row: link_key(row),
                flows: None,
            }),
            TALKERS => view.talkers.get(at).map(talker_of),
            _ => view.recent.get(at).map(|row| Target {
                device: row.device.clone().map(|id| (id, row.object.clone())),
                port: None,
                cell: row.object.clone(),
                row: format!("{} {} {}", row.at, row.object, row.text),
                flows: None,
            }),
        }
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let view = view_of(body)?;
        let here = state.here();
        let at = here.list().cursor;
        match here.focus {
            TALKERS => None,
            ALARMS => view.alarms.rows.get(at).and_then(alarms::place_of),
            BUSIEST => view.busiest.get(at).map(link_place),
            _ => {
                let row = view.recent.get(at)?;
                let subject = Some(Subject::Device(row.device.clone()?));
                Some(Place { screen: Screen::Device, subject, title: row.object.clone() })
            }
        }
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let row = view.and_then(|view| view_of(&view.body)).and_then(|view| view.talkers.get(state.here().list().cursor));
        match (gesture, row) {
            (Gesture::Enter, Some(row)) if state.here().focus == TALKERS => {
                update::flows::open(state, words::drilled("", (&PAIR, &row.top.keys)))
            }
            _ => Vec::new(),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Overview")));
        };
        let area = parts::notices(scene, area, buf);
        if devices(view) == 0 {
            let inner = Panel::new(tr("Overview")).focus(Focus::Here).draw(scene, area, buf);
            notice(buf, inner, &EN.first_run, scene.theme.style(Tone::Dim));
            return;
        }
        match scene.state.room() {
            Room::Wide => wide(scene, area, (buf, view)),
            Room::Middle => middle(scene, area, (buf, view)),
            Room::Tiny => tiny(scene, area, (buf, view)),
        }
    }
}

/// Rows of the middle from which talkers have room beside alarms.
const TALKERS_FROM: u16 = 12;

fn wide(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let top = 10.min(area.height);
    let left = area.width * 2 / 5;
    parts::health(scene, Rect { width: left, height: top, ..area }, (buf, view));
    parts::traffic(scene, Rect::new(area.x + left, area.y, area.width - left, top), (buf, view));
    let rest = area.height - top;
    let middle = (rest / 2).max(5).min(rest);
    let side = area.width / 3;
    let y = area.y + top;
    parts::alarms(scene, Rect::new(area.x, y, area.width - side, middle), (buf, view));
    let upper = if middle >= TALKERS_FROM { middle / 2 } else { middle };
    parts::recent(scene, Rect::new(area.right() - side, y, side, upper), (buf, view));
    let rows = Rect::new(area.right() - side, y + upper, side, middle - upper);
    if rows.height > 0 {
        parts::talkers(scene, rows, (buf, view));
        parts::busiest(scene, Rect::new(area.x, y + middle, area.width, rest - middle), (buf, view));
    } else {
        let busiest = area.width - side;
        parts::busiest(scene, Rect::new(area.x, y + middle, busiest, rest - middle), (buf, view));
        parts::talkers(scene, Rect::new(area.x + busiest, y + middle, side, rest - middle), (buf, view));
    }
}

fn middle(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let lines = 2.min(area.height);
    parts::in_two_lines(scene, Rect { height: lines, ..area }, (buf, view));
    let rest = Rect::new(area.x, area.y + lines, area.width, area.height - lines);
    // The last part is what has the keys, where both have no room.
    let recent = if rest.height >= 18 { 6 } else { 0 };
    let halves = (rest.height - recent) / 2;
    let odd = rest.height - recent - 2 * halves;
    parts::alarms(scene, Rect { height: halves + odd, ..rest }, (buf, view));
    parts::busiest(scene, Rect::new(rest.x, rest.y + halves + odd, rest.width, halves), (buf, view));
    if recent > 0 {
        let last = Rect::new(rest.x, rest.bottom() - recent, rest.width, recent);
        // Talkers where there are any; what changed while it has the keys, or where nobody tells flows.
        if (view.talkers.is_empty() && scene.state.here().focus != TALKERS) || scene.state.here().focus == RECENT {
            parts::recent(scene, last, (buf, view));
        } else {
            parts::talkers(scene, last, (buf, view));
        }
    }
}

/// One line and the list that has the keys.
fn tiny(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let lines = 1.min(area.height);
    parts::in_two_lines(scene, Rect { height: lines, ..area }, (buf, view));
    let rest = Rect::new(area.x, area.y + lines, area.width, area.height - lines);
    match scene.state.here().focus {
        ALARMS => parts::alarms(scene, rest, (buf, view)),
        BUSIEST => parts::busiest(scene, rest, (buf, view)),
        TALKERS => parts::talkers(scene, rest, (buf, view)),
        _ => parts::recent(scene, rest, (buf, view)),
    }
}
