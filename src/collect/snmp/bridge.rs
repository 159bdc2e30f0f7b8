//! The spanning tree and Power over Ethernet of a switch, read beside its polls: each minute what changes by itself of it. What an inventory
//! did not find is never asked.

use super::client::Client;
use super::error::SnmpError;
use super::poll::PollPlan;
use super::session::Limits;
use super::tables::{Columns, bridge, poe, stp};
use super::wireless::walk;
use crate::clock;
use crate::mib::Registry;
use crate::mib::switching::{PoeIndex, SwitchRule};
use crate::model::switching::BRIDGE_INTERVAL;
use crate::model::{Bridge, BridgeReading, Device, IfIndex, MacAddr, Oid, PoePort, PortReading, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

/// How long one reading may take: some requests for a stack of hundreds of ports.
const DEADLINE: Duration = Duration::from_secs(15);

/// A reading may come this much early, milliseconds: polls do not come to the millisecond.
const EARLY_MS: i64 = 2_000;

/// Scalars of the spanning tree that change by themselves.
const SCALARS: [&str; 6] = [
    "dot1dStpPriority",
    "dot1dStpTimeSinceTopologyChange",
    "dot1dStpTopChanges",
    "dot1dStpDesignatedRoot",
    "dot1dStpRootCost",
    "dot1dStpRootPort",
];

/// What of Power over Ethernet changes by itself.
const POE: [&str; 2] = ["pethPsePortDetectionStatus", "pethPsePortPowerClassifications"];

/// What is read of a device as a switch.
#[derive(Debug, Default)]
pub struct BridgePlan {
    /// Bridge ports, where it tells a spanning tree.
    ports: bridge::BasePorts,
    /// The device as a bridge, as its inventory told it.
    known: Option<Bridge>,
    /// Addresses by which it calls itself.
    own: BTreeSet<MacAddr>,
    /// Ports that feed, by their place in the standard's table.
    places: BTreeMap<poe::Place, IfIndex>,
    /// Ports whose maker tells by ifIndex what they draw.
    fed: BTreeSet<IfIndex>,
    rules: Vec<&'static SwitchRule>,
    /// When it is due next, milliseconds of the epoch; 0 is at once.
    due_at: AtomicI64,
}

impl BridgePlan {
    /// Nothing for what told neither a spanning tree nor Power over Ethernet.
    pub fn of(device: &Device) -> Arc<Self> {
        let with_tree = device.interfaces.iter().filter(|port| port.stp.is_some());
        let ports: bridge::BasePorts = with_tree.filter_map(|port| Some((port.bridge_port?, port.if_index))).collect();
        let fed = || device.interfaces.iter().filter_map(|port| Some((port.if_index, port.poe.as_deref()?)));
        let known = device.bridge.as_deref().filter(|_| !ports.is_empty()).cloned();
        let own = device.interfaces.iter().filter_map(|port| port.mac).chain(known.as_ref().and_then(|known| known.address));
        Arc::new(Self {
            own: own.collect(),
            known,
            places: fed().filter_map(|(if_index, poe)| Some((poe.place?, if_index))).collect(),
            fed: fed().map(|(if_index, _)| if_index).collect(),
            rules: poe::poe(&Registry::global().switching(device.sys_object_id.as_ref())).collect(),
            ports,
            due_at: AtomicI64::new(0),
        })
    }

    /// Whether it is to be read now; then it counts as read.
    fn is_due(&self, at: Timestamp) -> bool {
        let interval = i64::try_from(BRIDGE_INTERVAL.as_millis()).unwrap_or(i64::MAX);
        let due_at = self.due_at.load(Relaxed);
        let has_any = !self.ports.is_empty() || !self.fed.is_empty();
        // A clock that was set back must not silence anything.
        let is_due = has_any && (at.millis() >= due_at || due_at - at.millis() > interval);
        if is_due {
            self.due_at.store(at.millis() + interval - EARLY_MS, Relaxed);
        }
        is_due
    }

    /// The columns that are walked, side by side.
    fn columns(&self) -> Vec<&'static str> {
        let tree = stp::CHANGING.iter().copied().filter(|_| !self.ports.is_empty());
        let standard = POE.into_iter().filter(|_| !self.places.is_empty());
        let makers = self.rules.iter().filter(|rule| match rule.says.index {
            PoeIndex::Place => !self.places.is_empty(),
            PoeIndex::Interface => !self.fed.is_empty(),
        });
        let makers = makers.flat_map(|rule| [&rule.says.draw, &rule.says.limit]).flatten().map(String::as_str);
        tree.chain(standard).chain(makers).collect()
    }

    /// What was read, as a reading; `None` where nothing was told.
    fn reading(&self, device: &Device, columns: &Columns, at: Timestamp) -> Option<BridgeReading> {
        let known = self.known.clone().unwrap_or_default();
        // Its bridge ports are known; what was told now are the scalars, or nothing.
        let tells = SCALARS.iter().any(|name| columns.len(name) > 0);
        let told = tells.then(|| bridge::bridge(columns, &self.ports, at)).flatten();
        let bridge = told.map(|told| Bridge { address: known.address, protocol: known.protocol, ..told });
        let mut ports: BTreeMap<IfIndex, PortReading> = BTreeMap::new();
        let rows = stp::Rows::of(columns);
        for (port, if_index) in rows.ports().filter_map(|port| Some((port, *self.ports.get(&port)?))) {
            let reading = port_at(&mut ports, if_index);
            reading.stp_state = rows.state(port).map(str::to_owned);
            reading.stp = Some(rows.port(port, (if_index, bridge.as_ref(), &self.own)));
        }
        for (place, poe) in poe::places(columns, &self.rules) {
            if let Some(if_index) = self.places.get(&place) {
                port_at(&mut ports, *if_index).poe = Some(poe);
            }
        }
        for (if_index, own) in poe::by_interface(columns, &self.rules).into_iter().filter(|(port, _)| self.fed.contains(port)) {
            let poe = port_at(&mut ports, if_index).poe.get_or_insert_with(PoePort::default);
            (poe.draw_mw, poe.limit_mw) = (poe.draw_mw.or(own.draw_mw), poe.limit_mw.or(own.limit_mw));
        }
        let ports: Vec<PortReading> = ports.into_values().collect();
        (bridge.is_some() || !ports.is_empty()).then(|| BridgeReading { device: device.id.clone(), at, bridge, ports })
    }
}

fn port_at(ports: &mut BTreeMap<IfIndex, PortReading>, if_index: IfIndex) -> &mut PortReading {
    ports.entry(if_index).or_insert_with(|| PortReading { if_index, stp_state: None, stp: None, poe: None })
}

/// Reads a switch that is due; `None` for what is none, is not due, or told nothing.
pub async fn read(client: &Client, plan: &PollPlan, limits: Limits) -> Option<BridgeReading> {
    let at = clock::now();
    let bridge = &plan.bridge;
    if !bridge.is_due(at) {
        return None;
    }
    let mut read = Columns::default();
    let limits = Limits { deadline: Some(DEADLINE), ..limits };
    if !bridge.ports.is_empty() {
        scalars(client, (plan, limits), &mut read).await;
    }
    let left = DEADLINE.saturating_sub(clock::now().since(at));
    let limits = Limits { deadline: Some(left), ..limits };
    if let Some(error) = walk(client, (plan, limits), (&bridge.columns(), &mut read)).await.filter(SnmpError::is_final) {
        tracing::debug!(device = %plan.device.id, %error, "a switch's ports were not read to the end");
    }
    bridge.reading(&plan.device, &read, clock::now())
}

async fn scalars(client: &Client, (plan, limits): (&PollPlan, Limits), read: &mut Columns) {
    let named = SCALARS.into_iter().filter_map(|name| Some((name, Registry::global().oid(name)?)));
    let (names, bases): (Vec<&'static str>, Vec<Oid>) = named.unzip();
    let instances: Vec<Oid> = bases.iter().map(|base| base.child(&[0])).collect();
    let Ok(values) = client.session(&plan.agent, limits).get(&instances).await else { return };
    for ((name, base), value) in names.into_iter().zip(bases).zip(values) {
        read.insert(name, base, vec![value]);
    }
}

/// Objects of which a switch like this is asked each minute: for the record of what it costs.
#[cfg(test)]
fn asked(plan: &BridgePlan) -> usize {
    let rows = |name: &str| if stp::CHANGING.contains(&name) { plan.ports.len() } else { plan.fed.len() };
    plan.columns().into_iter().map(rows).sum::<usize>() + if plan.ports.is_empty() { 0 } else { SCALARS.len() }
}

#[cfg(test)]
mod tests {
    use super::super::tables::columns::fixture;
    use super::*;
    use crate::model::{DeviceId, Interface, PoeStatus, StpPort, StpRole};

    fn switch() -> Device {
        let mut device = Device::new(DeviceId::new("x"), Timestamp(0));
        device.sys_object_id = "1.3.6.1.4.1.9.1.1208".parse().ok();
        device.bridge = Some(Box::new(Bridge { protocol: Some("rstp".to_owned()), ..Bridge::default() }));
        device.interfaces = (1..=2)
            .map(|number| {
                let mut port = Interface::new(IfIndex(100 + number));
                port.bridge_port = Some(number);
                port.stp = Some(Box::new(StpPort::default()));
                port.poe = Some(Box::new(PoePort { place: Some((1, number)), ..PoePort::default() }));
                port
            })
            .collect();
        device
    }

    #[test]
    fn a_switch_is_read_each_minute_and_what_is_none_never() {
        let plan = BridgePlan::of(&switch());
        let due = |secs: i64| plan.is_due(Timestamp::from_secs(secs));
        assert_eq!([1000, 1030, 1059, 1060].map(due), [true, false, true, false]);
        assert!(due(10), "the clock was set back");
        let none = BridgePlan::of(&Device::new(DeviceId::new("x"), Timestamp(0)));
        assert!(!none.is_due(Timestamp::from_secs(1000)) && none.columns().is_empty());
        // Per port: four columns of the tree, two of the standard's table and two of the maker's.
        assert_eq!(asked(&plan), 2 * 8 + SCALARS.len());
    }

    #[test]
    fn what_was_read_is_placed_and_what_was_not_is_missing() {
        let plan = BridgePlan::of(&switch());
        let names = [&SCALARS[..], stp::CHANGING, &POE, &["cpeExtPsePortPwrConsumption"]].concat();
        let lines = "dot1dStpTopChanges.0 = #7\ndot1dStpDesignatedRoot.0 = 0x1000001b54000099\ndot1dStpRootPort.0 = #1
            dot1dStpPortState.1 = #5\ndot1dStpPortState.9 = #5\npethPsePortDetectionStatus.1.2 = #3\npethPsePortPowerClassifications.1.2 = #4
            cpeExtPsePortPwrConsumption.1.2 = #6300\npethPsePortDetectionStatus.7.7 = #3";
        let reading = plan.reading(&switch(), &fixture::columns(&names, lines), Timestamp(5)).unwrap();
        let bridge = reading.bridge.unwrap();
        assert_eq!(
            (bridge.topology_changes, bridge.root_port, bridge.protocol.as_deref()),
            (Some(7), Some(IfIndex(101)), Some("rstp"))
        );
        assert_eq!(reading.ports.len(), 2);
        assert_eq!(reading.ports[0].stp.as_ref().unwrap().role, Some(StpRole::Root));
        let poe = reading.ports[1].poe.as_ref().unwrap();
        assert_eq!((poe.status, poe.class, poe.draw_mw), (Some(PoeStatus::Delivering), Some(3), Some(6300)));
        assert_eq!(plan.reading(&switch(), &Columns::default(), Timestamp(5)), None);
    }
}
