//! What operators look at, and when it is polled next: each second, beside its own place in the interval.

use super::super::poll::{Extent, PollPlan};
use crate::model::{DeviceId, IfIndex};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Devices polled so at one time: an operator looks at one, and there are some operators.
pub const MOST_LOOKED_AT: usize = 16;

/// So long it goes on after nobody looks any more: who pages through a list comes back.
const LINGERS: Duration = Duration::from_secs(5);

/// Devices that are looked at, each with the names of the interfaces; `None` is the whole device.
pub type Looked = BTreeMap<DeviceId, Option<Vec<String>>>;

/// One device.
struct Burst {
    ports: Option<Vec<String>>,
    due: Instant,
    /// When it ends; `None` while somebody looks.
    ends: Option<Instant>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Bursts {
    every: Option<Duration>,
    devices: BTreeMap<DeviceId, Burst>,
}

impl Bursts {
    /// Polls this often; `None` is never.
    pub(super) fn new(every: Option<Duration>) -> Self {
        Self { every: every.filter(|every| !every.is_zero()), devices: BTreeMap::new() }
    }

    /// Takes over what is looked at now.
    pub(super) fn look(&mut self, looked: &Looked, at: Instant) {
        if self.every.is_none() {
            return;
        }
        for (device, burst) in &mut self.devices {
            if !looked.contains_key(device) {
                burst.ends.get_or_insert(at + LINGERS);
            }
        }
        for (device, ports) in looked {
            let has_room = self.devices.len() < MOST_LOOKED_AT;
            match self.devices.get_mut(device) {
                Some(burst) => (burst.ports, burst.ends) = (ports.clone(), None),
                None if has_room => {
                    self.devices.insert(device.clone(), Burst { ports: ports.clone(), due: at, ends: None });
                }
                None => {}
            }
        }
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.devices.values().map(|burst| burst.due).min()
    }

    /// Takes all that are due, and gives them their next time.
    pub(super) fn take_due(&mut self, at: Instant) -> Vec<DeviceId> {
        let Some(every) = self.every else { return Vec::new() };
        self.devices.retain(|_, burst| burst.ends.is_none_or(|ends| at < ends));
        let due = self.devices.iter_mut().filter(|(_, burst)| burst.due <= at);
        due.map(|(device, burst)| {
            // At its pace; what was late is not made up for.
            burst.due = (burst.due + every).max(at + every / 2);
            device.clone()
        })
        .collect()
    }

    /// What of a device is looked at.
    pub(super) fn extent(&self, plan: &PollPlan) -> Extent {
        let ports = self.devices.get(&plan.device.id).and_then(|burst| burst.ports.as_ref());
        Extent::Looked(ports.map(|names| {
            let is_it = |name: &str, index: IfIndex, wanted: &String| {
                // A name that several ports have is told with the ifIndex behind it.
                wanted == name || wanted.strip_prefix(name).is_some_and(|rest| rest == format!("#{index}"))
            };
            let interfaces = plan.device.interfaces.iter();
            let wanted = interfaces.filter(|port| names.iter().any(|wanted| is_it(&port.name(), port.if_index, wanted)));
            wanted.map(|port| port.if_index).collect()
        }))
    }

    pub(super) fn len(&self) -> usize {
        self.devices.len()
    }
}
