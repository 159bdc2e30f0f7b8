//! PLACEHOLDER

use super::section::Section;
use crate::query::DevicePart;
use crate::state::view::screens::DeviceView;
use crate::ui::pane::Scene;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The section.
pub struct Inventory;

impl Section for Inventory {
    fn name(&self) -> &'static str {
        "inventory"
    }

    fn title(&self) -> &'static str {
        "Inventory"
    }

    fn applies(&self, _view: &DeviceView) -> bool {
        false
    }

    fn part(&self) -> DevicePart {
        DevicePart::Inventory
    }

    fn draw(&self, _scene: &Scene<'_>, _area: Rect, (_buf, _view): (&mut Buffer, &DeviceView)) {}
}
