//! What is to be polled, follows from the state: every device that answered SNMP, with the credential that opened it.

use crate::collect::snmp::Agent;
use crate::collect::snmp::access::DEFAULT_COMMUNITY;
use crate::collect::snmp::poll::PollPlan;
use crate::engine::core::Core;
use crate::event::{Body, Event};
use crate::model::{Credential, Device};
use std::sync::Arc;
use tokio::sync::watch;

/// Where plans are read.
pub(super) type Planned = watch::Receiver<Arc<Vec<PollPlan>>>;

/// Makes plans anew after devices changed, at most once a second.
pub(super) struct Plans {
    credentials: Vec<Arc<Credential>>,
    publish: watch::Sender<Arc<Vec<PollPlan>>>,
    changed: bool,
}

impl Plans {
    /// With the configured credentials; with none, `public`.
    pub(super) fn new(credentials: &[Credential]) -> (Self, Planned) {
        let mut credentials: Vec<Arc<Credential>> = credentials.iter().cloned().map(Arc::new).collect();
        if credentials.is_empty() {
            credentials.push(Arc::new(Credential::community(DEFAULT_COMMUNITY, DEFAULT_COMMUNITY)));
        }
        let (publish, planned) = watch::channel(Arc::default());
        (Self { credentials, publish, changed: true }, planned)
    }

    /// Follows an event and what was derived from it.
    pub(super) fn follow(&mut self, core: &Core, (event, derived): (&Event, &[Event])) {
        let touches =
            |event: &Event| matches!(event.body, Body::DeviceSeen(_) | Body::DeviceMerged(..) | Body::DeviceReplaced(_));
        self.changed |= derived.iter().any(touches);
        if self.changed && matches!(event.body, Body::Tick) {
            self.changed = false;
            let plans = core.state().devices().filter_map(|device| self.plan(device)).collect();
            self.publish.send_replace(Arc::new(plans));
        }
    }

    /// A device whose credential is no longer configured is not polled.
    fn plan(&self, device: &Device) -> Option<PollPlan> {
        let access = device.snmp.as_ref()?;
        let credential = self.credentials.iter().find(|credential| credential.name == access.credential)?;
        Some(PollPlan::of(device, Agent { address: access.address, credential: Arc::clone(credential) }))
    }
}
