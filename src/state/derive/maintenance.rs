//! Maintenance begins and ends.

use super::Deriver;
use crate::event::Body;
use crate::model::{MaintenanceAct, Window, limit};

impl Deriver<'_> {
    /// An operator, or the plan, begins or ends maintenance.
    pub(in crate::state) fn maintain(&mut self, act: &MaintenanceAct) {
        match act {
            MaintenanceAct::Begin(window) if window.until > self.at && self.has_room_for_window(window) => {
                if self.state.maintenance.get(&window.name).is_none_or(|known| **known != **window) {
                    self.emit(Body::MaintenanceSet(window.clone()));
                }
            }
            MaintenanceAct::End(name, by) if self.state.maintenance.contains_key(name) => {
                self.emit(Body::MaintenanceOver(name.clone(), Some(by.clone())));
            }
            MaintenanceAct::Begin(_) | MaintenanceAct::End(..) => {}
        }
    }

    fn has_room_for_window(&self, window: &Window) -> bool {
        let all = &self.state.maintenance;
        all.contains_key(&window.name) || limit::MAINTENANCE.has_room(all.len())
    }

    /// Windows whose time is past are over.
    pub(super) fn end_maintenance(&mut self) {
        let over = self.state.maintenance.values().filter(|window| window.until <= self.at);
        let over: Vec<String> = over.map(|window| window.name.clone()).collect();
        for name in over {
            self.emit(Body::MaintenanceOver(name, None));
        }
    }
}
