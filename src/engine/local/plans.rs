//! What is to be polled, follows from the state: every device that answered SNMP, with the credential that opened it.

use crate::collect::icmp::rounds::Addresses;
use crate::collect::snmp::Agent;
use crate::collect::snmp::access::DEFAULT_COMMUNITY;
use crate::collect::snmp::poll::PollPlan;
use crate::collect::snmp::scope::Scope;
use crate::collect::snmp::targets::{self, Target};
use crate::config::Config;
use crate::engine::core::Core;
use crate::event::{Body, Event};
use crate::model::{Credential, Device, DeviceId};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::watch;

/// Where plans are read.
pub(super) type Planned = watch::Receiver<Arc<Vec<PollPlan>>>;

/// Makes plans anew after devices changed, at most once a second.
pub(super) struct Plans {
    credentials: Vec<Arc<Credential>>,
    config: Config,
    /// Who may be asked, before any device widened it.
    scope: Scope,
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
        let discovery = &config.discovery;
        let targets: Vec<Target> =
            discovery.targets.iter().filter_map(|text| targets::parse(text, discovery.port).ok()).collect();
        let scope = Scope::new(&targets, &discovery.scope, &discovery.exclude);
        let ((publish, planned), (pinged, addresses)) = (watch::channel(Arc::default()), watch::channel(Arc::default()));
        (
            Self { credentials, config: config.clone(), scope, publish, pinged, known: FxHashMap::default(), changed: true },
            planned,
            addresses,
        )
    }

    /// Follows an event and what was derived from it.
    pub(super) fn follow(&mut self, core: &Core, (event, derived): (&Event, &[Event])) {
        let touches = |event: &Event| {
            matches!(
                event.body,
                Body::DeviceSeen(_) | Body::DeviceMerged(..) | Body::DeviceReplaced(_) | Body::DeviceForgotten(_)
            )
        };
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
        let others = others(device, (access.address.ip(), credential), &self.scope);
        Some(PollPlan::of(Arc::clone(device), agent).every(self.config.poll_interval(access.address.ip())).or_at(others))
    }
}

/// Addresses that a silent device is asked for at, at most: each costs a request whenever a poll is missed.
const MOST_OTHERS: usize = 4;

/// Where else a device may be asked for, within the scope and where its credential may be shown: addresses of the device itself before
/// those of its links, which fall with them (a loopback interface's are host routes).
fn others(device: &Device, (polled, credential): (IpAddr, &Credential), scope: &Scope) -> Vec<IpAddr> {
    let mut scope = scope.clone();
    scope.name(polled);
    scope.learn(device, polled);
    let is_own = |address: &IpAddr| {
        let networks = device.interfaces.iter().flat_map(|port| &port.addresses);
        networks.into_iter().any(|network| network.addr() == *address && network.prefix_len() == network.max_prefix_len())
    };
    let leads_nowhere = |address: &IpAddr| {
        let is_link_local = match address {
            IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        is_link_local || address.is_loopback() || address.is_unspecified() || address.is_multicast()
    };
    let may_be_asked = |address: &&IpAddr| {
        **address != polled && !leads_nowhere(address) && credential.is_for(**address) && scope.permits(**address)
    };
    let mut others: Vec<IpAddr> = device.addresses.iter().filter(may_be_asked).copied().collect();
    others.sort_by_key(|address| (!is_own(address), address.is_ipv4() != polled.is_ipv4()));
    others.truncate(MOST_OTHERS);
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{IfIndex, Interface, Timestamp};

    fn check(scope: &[&str], exclude: &[&str], expected: &[&str]) {
        let mut device = Device::new(DeviceId::new("addr:10.0.12.2"), Timestamp(0));
        let networks = ["10.0.12.2/30", "10.0.12.6/30", "10.255.0.2/32", "127.0.0.1/8", "203.0.113.9/24", "fe80::1/64"];
        for (place, network) in (1..).zip(networks) {
            let network: ipnet::IpNet = network.parse().unwrap();
            device.addresses.push(network.addr());
            device.interfaces.push(Interface { addresses: vec![network], ..Interface::new(IfIndex(place)) });
        }
        let nets = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>();
        let scope = Scope::new(&[], &nets(scope), &nets(exclude));
        let found = others(&device, ("10.0.12.2".parse().unwrap(), &Credential::community("public", "public")), &scope);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_device_is_asked_for_within_the_scope_at_its_own_address_first() {
        check(&[], &[], &["10.255.0.2", "10.0.12.6"]);
        check(&["10.0.0.0/8"], &["10.255.0.0/16"], &["10.0.12.6"]);
        check(&["0.0.0.0/0"], &[], &["10.255.0.2", "10.0.12.6", "203.0.113.9"]);
        check(&["10.0.12.0/30"], &[], &[]);
    }
}
