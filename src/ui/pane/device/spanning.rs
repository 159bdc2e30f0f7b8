//! PLACEHOLDER

use super::section::Section;
use crate::query::DevicePart;
use crate::state::view::screens::DeviceView;
use crate::ui::pane::Scene;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The section.
pub struct SpanningTree;

impl Section for SpanningTree {
    fn name(&self) -> &'static str {
        "spanning-tree"
    }

    fn title(&self) -> &'static str {
        "Spanning tree"
    }

    fn applies(&self, _view: &DeviceView) -> bool {
        false
    }

    fn part(&self) -> DevicePart {
        DevicePart::SpanningTree
    }

    fn draw(&self, _scene: &Scene<'_>, _area: Rect, (_buf, _view): (&mut Buffer, &DeviceView)) {}
}
