//! Devices that are gone for good are known no more. What was seen of them stays in the history.

use super::Deriver;
use crate::event::Body;
use crate::model::Forgetting;

impl Deriver<'_> {
    /// An operator says so. What answers again, or is told of by its neighbours, is found again like anything new.
    pub(in crate::state) fn forget(&mut self, order: &Forgetting) {
        for id in &order.devices {
            if self.state.devices.contains_key(id) {
                self.emit(Body::DeviceForgotten(Box::new((id.clone(), order.by.clone()))));
            }
        }
    }
}
