//! PLACEHOLDER

use super::section::Section;
use crate::query::DevicePart;
use crate::state::view::screens::DeviceView;
use crate::ui::pane::Scene;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The section.
pub struct Vlans;

impl Section for Vlans {
    fn name(&self) -> &'static str {
        "vlans"
    }

    fn title(&self) -> &'static str {
        "VLANs"
    }

    fn applies(&self, _view: &DeviceView) -> bool {
        false
    }

    fn part(&self) -> DevicePart {
        DevicePart::Vlans
    }

    fn draw(&self, _scene: &Scene<'_>, _area: Rect, (_buf, _view): (&mut Buffer, &DeviceView)) {}
}
