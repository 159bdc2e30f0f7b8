//! Device: the facts of one device, and under them one of its sections: ports, VLANs, spanning tree, what it is made of, how it is.
//!
//! Start at [`Device`], then [`section`]: a section is a file of its own.

mod columns;
mod faceplate;
mod facts;
mod gauge;
mod health;
mod inventory;
mod measure;
pub mod port;
mod ports;
mod power;
pub mod section;
mod sensors;
mod spanning;
mod status;
mod vlans;
mod voice;

pub use faceplate::FACES;
pub use status::LINK_COLUMNS;

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, events};
use crate::query::{DevicePart, ViewRequest};
use crate::state::view::screens::DeviceView;
use crate::state::view::{View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::state::Room;
use crate::ui::text::EN;
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use section::{FACTS, SECTIONS, Section, TABS, named, shown};

/// The screen.
pub struct Device;

fn view_of(body: &ViewBody) -> Option<&DeviceView> {
    let ViewBody::Device(view) = body else { return None };
    Some(view)
}

/// What all sections say together, each once.
fn of_all(of: fn(&'static dyn Section) -> Vec<&'static str>) -> Vec<&'static str> {
    let mut all = Vec::new();
    for word in SECTIONS.iter().copied().flat_map(of) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all
}

impl Pane for Device {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Sections, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        named(state).page(state)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let section = named(state);
        let mut request = state.request(self.page(state));
        // Each section has columns of its own.
        request.sort = request.sort.filter(|sort| section.sorts().contains(&sort.column.as_str()));
        request.device = section.part();
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let view = view_of(body)?;
        shown(state, view).detail(view, state)
    }

    fn parts_of(&self, state: &UiState) -> usize {
        named(state).parts()
    }

    fn sorts(&self) -> &'static [&'static str] {
        ports::sorts()
    }

    fn sorts_of(&self, state: &UiState) -> &'static [&'static str] {
        named(state).sorts()
    }

    fn columns(&self) -> Vec<&'static str> {
        of_all(|section| section.columns())
    }

    fn fields(&self) -> Vec<&'static str> {
        of_all(|section| section.fields())
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        shown(state, view).listing(view, state)
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let view = view_of(body)?;
        shown(state, view).target(view, state)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let view = view_of(body)?;
        shown(state, view).open(view, state)
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(view) = view.and_then(|view| view_of(&view.body)) else { return Vec::new() };
        shown(state, view).gesture(state, view, gesture)
    }

    fn absorb(&self, state: &mut UiState, view: &View) -> Vec<Effect> {
        let Some(view) = view_of(&view.body) else { return Vec::new() };
        let Some(row) = view.device.as_ref() else { return Vec::new() };
        state.place.title.clone_from(&row.name);
        if state.device.section.is_some() {
            return Vec::new();
        }
        let first = section::first(state, view);
        state.device.section = Some(first.name());
        if first.part() == DevicePart::Ports {
            return Vec::new();
        }
        state.here_mut().lists = Default::default();
        vec![Effect::Watch]
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Device")));
        };
        if view.device.is_none() {
            let inner = Panel::new(tr("Device")).focus(Focus::Here).draw(scene, area, buf);
            notice(buf, inner, &[EN.unknown_device], scene.theme.style(Tone::Dim));
            return;
        }
        let mut rest = area;
        let mut take = |rows: u16| {
            let taken = Rect { height: rows.min(rest.height), ..rest };
            rest = Rect { y: taken.bottom(), height: rest.height - taken.height, ..rest };
            taken
        };
        if scene.state.room() != Room::Tiny {
            facts::draw(scene, take(FACTS), (buf, view));
        }
        section::tabs(scene, take(TABS), (buf, view));
        shown(scene.state, view).draw(scene, rest, (buf, view));
    }
}
