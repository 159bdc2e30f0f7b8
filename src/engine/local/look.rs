//! What operators look at, which is polled more often: told by the watches of all consoles.

use super::hub::Hub;
use crate::collect::snmp::poller::{Looked, MOST_LOOKED_AT};
use crate::engine::core::Core;
use crate::event::{Body, Event};
use crate::model::DeviceId;
use crate::query::Subject;
use std::sync::Arc;
use tokio::sync::watch;

/// Follows the watches, once a second.
pub(super) struct Look {
    hub: Arc<Hub>,
    publish: watch::Sender<Arc<Looked>>,
}

impl Look {
    /// With where it is read.
    pub(super) fn new(hub: Arc<Hub>) -> (Self, watch::Receiver<Arc<Looked>>) {
        let (publish, looked) = watch::channel(Arc::default());
        (Self { hub, publish }, looked)
    }

    /// Looks whenever a second passed.
    pub(super) fn follow(&mut self, core: &Core, event: &Event) {
        if !matches!(event.body, Body::Tick) {
            return;
        }
        let mut looked = Looked::new();
        for subject in self.hub.board.looked_at() {
            let (named, port) = match subject {
                Subject::Device(device) => (device, None),
                Subject::Interface(device, port) => (device, Some(port)),
            };
            let Ok(device) = core.state().find(named.as_str()) else { continue };
            if looked.len() < MOST_LOOKED_AT || looked.contains_key(&device.id) {
                add(&mut looked, &device.id, port);
            }
        }
        self.publish.send_if_modified(|known| {
            let is_new = **known != looked;
            if is_new {
                *known = Arc::new(looked);
            }
            is_new
        });
    }
}

/// Who looks at the whole device looks at its ports, too.
fn add(looked: &mut Looked, device: &DeviceId, port: Option<String>) {
    match (looked.get_mut(device), port) {
        (Some(None), _) => {}
        (Some(Some(ports)), Some(port)) => ports.push(port),
        (_, port) => drop(looked.insert(device.clone(), port.map(|port| vec![port]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_one_device_are_polled_together_and_the_whole_device_holds_them() {
        let (device, mut looked) = (DeviceId::new("addr:10.0.0.1"), Looked::new());
        let mut check = |port: Option<&str>, expected: Option<&[&str]>| {
            add(&mut looked, &device, port.map(str::to_owned));
            let names = looked.get(&device).cloned().flatten();
            assert_eq!(names, expected.map(|names| names.iter().map(ToString::to_string).collect()));
        };
        check(Some("Gi1"), Some(&["Gi1"]));
        check(Some("Gi2"), Some(&["Gi1", "Gi2"]));
        check(None, None);
        check(Some("Gi1"), None);
    }
}
