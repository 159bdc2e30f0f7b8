//! What is to be polled, follows from the state: every device that answered SNMP, with the credential that opened it.

use crate::collect::icmp::rounds::Addresses;
use crate::collect::snmp::Agent;
use crate::collect::snmp::access::DEFAULT_COMMUNITY;
use crate::collect::snmp::poll::PollPlan;
use crate::config::Config;
use crate::engine::core::Core;
use crate::event::{Body, Event};
use crate::model::{Credential, Device, DeviceId};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Where plans are read.
pub(super) type Planned = watch::Receiver<Arc<Vec<PollPlan>>>;

/// Makes plans anew after devices changed, at most once a second.
pub(super) struct Plans {
    credentials: Vec<Arc<Credential>>,
    config: Config,
    publish: watch::Sender<Arc<Vec<PollPlan>>>,
    pinged: watch::Sender<Arc<Addresses>>,
    /// As they were published last: of what did not change none is made anew.
    known: FxHashMap<DeviceId, PollPlan>,
    changed: bool,
}

impl Plans {
    /// With the configured credentials; with none, `public`.
    pub(super) fn new(config: &Config) -> (Self, Planned, watch::Receiver<Arc<Addresses>>) {
        let mut credentials: Vec<Arc<Credential>> = config.credentials.iter().cloned().map(Arc::new).collect();
        if credentials.is_empty() {
            credentials.push(Arc::new(Credential::community(DEFAULT_COMMUNITY, DEFAULT_COMMUNITY)));
        }
        let ((publish, planned), (pinged, addresses)) = (watch::channel(Arc::default()), watch::channel(Arc::default()));
        (
            Self { credentials, config: config.clone(), publish, pinged, known: FxHashMap::default(), changed: true },
            planned,
            addresses,
        )
    }

    /// Follows an event and what was derived from it.
    pub(super) fn follow(&mut self, core: &Core, (event, derived): (&Event, &[Event])) {
        let touches =
            |event: &Event| matches!(event.body, Body::DeviceSeen(_) | Body::DeviceMerged(..) | Body::DeviceReplaced(_));
        self.changed |= derived.iter().any(touches);
        if self.changed && matches!(event.body, Body::Tick) {
            self.changed = false;
            let plans: Vec<PollPlan> = core.state().devices().filter_map(|device| self.plan(device)).collect();
            let interval = self.config.polling.interval;
            // An echo to a loopback address is answered by this host's own kernel: of the agent there it says nothing.
            let pinged = |plan: &&PollPlan| !plan.agent.address.ip().is_loopback();
            let address = |plan: &PollPlan| (plan.agent.address.ip(), plan.interval.unwrap_or(interval));
            self.pinged.send_replace(Arc::new(plans.iter().filter(pinged).map(address).collect()));
            self.known = plans.iter().map(|plan| (plan.device.id.clone(), plan.clone())).collect();
            self.publish.send_replace(Arc::new(plans));
        }
    }

    /// A device whose credential is no longer configured is not polled.
    fn plan(&self, device: &Arc<Device>) -> Option<PollPlan> {
        let access = device.snmp.as_ref()?;
        let credential = self.credentials.iter().find(|credential| credential.name == access.credential)?;
        if let Some(known) = self.known.get(&device.id).filter(|known| Arc::ptr_eq(&known.device, device)) {
            return Some(known.clone());
        }
        let agent = Agent { address: access.address, credential: Arc::clone(credential) };
        Some(PollPlan::of(Arc::clone(device), agent).every(self.config.poll_interval(access.address.ip())))
    }
}
